use crate::model::Usd;

/// What is added up over actions: an interval, because what an action adds may be unknown.
pub trait Tally: Copy + Default {
    /// With another one added.
    fn plus(self, other: Self) -> Self;
    /// With a part taken away again.
    fn minus(self, part: Self) -> Self;
    /// With what is certain made merely possible.
    fn maybe(self) -> Self;
}

/// How many actions: at least `low`, at most `high`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Those that surely count.
    pub low: u64,
    /// Those that may count.
    pub high: u64,
}

impl Count {
    /// One action that surely counts.
    pub const ONE: Self = Self { low: 1, high: 1 };
}

impl Tally for Count {
    fn plus(self, other: Self) -> Self {
        Self { low: self.low + other.low, high: self.high + other.high }
    }

    fn minus(self, part: Self) -> Self {
        Self { low: self.low - part.low, high: self.high - part.high }
    }

    fn maybe(self) -> Self {
        Self { low: 0, high: self.high }
    }
}

/// How much money, in nano-dollars: at least `low`; at most `high`, unless something of unknown cost is in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spend {
    /// What was surely spent.
    low: u128,
    /// What may have been spent where the cost is known.
    high: u128,
    /// How many actions of unknown cost may be in it.
    endless: u64,
}

impl Spend {
    /// The cost of one action; `None`: unknown, from nothing to no end.
    #[must_use]
    pub fn of(cost: Option<Usd>) -> Self {
        let nano = cost.map_or(0, |cost| u128::from(cost.nano()));
        Self { low: nano, high: nano, endless: u64::from(cost.is_none()) }
    }

    /// The least.
    #[must_use]
    pub fn low(self) -> u128 {
        self.low
    }

    /// The most; the largest number stands for no end.
    #[must_use]
    pub fn high(self) -> u128 {
        if self.endless > 0 { u128::MAX } else { self.high }
    }
}

impl Tally for Spend {
    fn plus(self, other: Self) -> Self {
        Self { low: self.low + other.low, high: self.high + other.high, endless: self.endless + other.endless }
    }

    fn minus(self, part: Self) -> Self {
        Self { low: self.low - part.low, high: self.high - part.high, endless: self.endless - part.endless }
    }

    fn maybe(self) -> Self {
        Self { low: 0, ..self }
    }
}

/// A sum over all time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Total<T>(T);

impl<T: Tally> Total<T> {
    /// Adds to it.
    pub fn add(&mut self, amount: T) {
        self.0 = self.0.plus(amount);
    }

    /// The sum.
    #[must_use]
    pub fn sum(&self) -> T {
        self.0
    }
}

/// Sums over windows of time. Every entry holds the sum up to and with itself, so that a window is one subtraction.
#[derive(Debug, Clone, Default)]
pub struct Series<T> {
    /// By time, equal times in the order in which they came.
    entries: Vec<(i128, T)>,
    /// The sum of what was forgotten.
    before: T,
    /// What bears no time: it may lie in any window.
    untimed: T,
}

impl<T: Tally> Series<T> {
    /// Adds something that happened at a time, in nanoseconds. With `keep`, what is older than that many nanoseconds
    /// before it is forgotten: only right where times never go back.
    pub fn add(&mut self, at: Option<i128>, amount: T, keep: Option<i128>) {
        let Some(at) = at else {
            self.untimed = self.untimed.plus(amount);
            return;
        };
        let rank = self.entries.partition_point(|(other, _)| *other <= at);
        let sum = self.up_to(rank).plus(amount);
        if rank == self.entries.len() {
            self.entries.push((at, sum));
        } else {
            self.entries.insert(rank, (at, sum));
            self.entries.iter_mut().skip(rank + 1).for_each(|(_, later)| *later = later.plus(amount));
        }
        if let Some(keep) = keep {
            self.forget(at.saturating_sub(keep));
        }
    }

    /// Adds what another series holds.
    pub fn absorb(&mut self, other: &Self) {
        let mut before = other.before;
        for (at, sum) in &other.entries {
            self.add(Some(*at), sum.minus(before), None);
            before = *sum;
        }
        self.untimed = self.untimed.plus(other.untimed);
    }

    /// Forgets what happened at `until` or before, once that is half of everything.
    fn forget(&mut self, until: i128) {
        let old = self.entries.partition_point(|(at, _)| *at <= until);
        if old > 16 && old * 2 >= self.entries.len() {
            self.before = self.up_to(old);
            self.entries.drain(..old);
        }
    }

    /// The sum of the first `rank` entries and of what was forgotten.
    fn up_to(&self, rank: usize) -> T {
        rank.checked_sub(1).and_then(|last| self.entries.get(last)).map_or(self.before, |(_, sum)| *sum)
    }

    /// What lies in (now − window, now]; without a now, whatever may lie there.
    #[must_use]
    pub fn within(&self, now: Option<i128>, window: i128) -> T {
        let Some(now) = now else { return self.up_to(self.entries.len()).plus(self.untimed).maybe() };
        let after = now.saturating_sub(window);
        // Most often now is the latest time, and what is kept is not much more than the window.
        let old = |(at, _): &(i128, T)| *at <= after;
        let few = self.entries.iter().take(8).position(|entry| !old(entry));
        let first = few.unwrap_or_else(|| self.entries.partition_point(old));
        let latest = self.entries.last().is_none_or(|(at, _)| *at <= now);
        let last = if latest { self.entries.len() } else { self.entries.partition_point(|(at, _)| *at <= now) };
        self.up_to(last).minus(self.up_to(first)).plus(self.untimed.maybe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_unknown_cost_has_no_end() {
        let spend = Spend::of(None).plus(Spend::of(Some(Usd::from_nano(5))));
        assert_eq!((spend.low(), spend.high()), (5, u128::MAX));
        assert_eq!(spend.maybe().low(), 0);
    }

    proptest! {
        /// Held to adding up every entry that lies in the window.
        #[test]
        fn a_window_is_what_its_entries_add_up_to(
            times in proptest::collection::vec(proptest::option::of(0_i128..40), 0..60),
            now in proptest::option::of(0_i128..50),
            window in 1_i128..20,
        ) {
            let mut series = Series::default();
            for at in &times {
                series.add(*at, Count::ONE, None);
            }
            let sure = times.iter().filter(|at| matches!((at, now), (Some(at), Some(now)) if now - window < *at && *at <= now));
            let possible = times.iter().filter(|at| match (at, now) {
                (Some(at), Some(now)) => now - window < *at && *at <= now,
                _ => true,
            });
            let expected = Count { low: sure.count() as u64, high: possible.count() as u64 };
            prop_assert_eq!(series.within(now, window), expected);
        }

        /// Forgetting changes no answer about a later moment.
        #[test]
        fn what_is_forgotten_does_not_matter(mut times in proptest::collection::vec(0_i128..400, 0..200), window in 1_i128..20) {
            times.sort_unstable();
            let (mut all, mut short) = (Series::default(), Series::default());
            for at in times {
                all.add(Some(at), Count::ONE, None);
                short.add(Some(at), Count::ONE, Some(window));
                prop_assert_eq!(all.within(Some(at), window), short.within(Some(at), window));
            }
        }
    }
}
