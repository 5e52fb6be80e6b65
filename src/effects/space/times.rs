use std::collections::{BTreeMap, BTreeSet};

use crate::effects::bits::Bits;
use crate::effects::cuboid::Cells;
use crate::model::{Bundle, Clock, Exception, Time, TimeRestriction, Timezone, Weekday};

/// Nanoseconds of a quarter of an hour: every zone's offset is a whole number of them.
const QUARTER: i128 = 900 * 1_000_000_000;
/// Quarters of a week.
const WEEK: i128 = 7 * 24 * 4;
/// Quarters of a leap year.
const YEAR: i128 = 366 * 24 * 4;
/// The moment around which is looked where no document names one: 2026-01-05, a Monday.
const SOME_DAY: i128 = 1_767_571_200 * 1_000_000_000;

/// What looks at the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeTest<'d> {
    /// An hour or a day is blocked.
    Blocked(&'d TimeRestriction),
    /// An exception holds.
    During(&'d Exception),
}

/// A blocked hour or a blocked day on a clock.
type Restriction = (BTreeSet<u8>, BTreeSet<Weekday>, Timezone);

/// A cell of time: the interval between two bounds, and which restrictions block.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// From this bound on; 0: before the first.
    pub interval: usize,
    blocked: Bits,
}

/// All cells of time.
pub struct Times {
    /// The moments at which exceptions begin and end, rising.
    bounds: Vec<i128>,
    restrictions: Vec<(Restriction, Option<Clock>)>,
    cells: Vec<Moment>,
    /// How long it takes until everything was blocked that can be, in quarters of an hour.
    period: i128,
}

impl Times {
    /// For all documents of some bundles.
    pub fn new(bundles: &[&Bundle]) -> Self {
        let (mut bounds, mut restrictions) = (BTreeSet::new(), BTreeSet::new());
        for bundle in bundles {
            let moments = bundle.exceptions.iter().flat_map(|one| [one.starts_at, one.expires_at]).flatten();
            bounds.extend(moments.map(Time::nanoseconds));
            let all = bundle.rules.iter().filter_map(|rule| rule.conditions.time_restriction.as_ref());
            restrictions.extend(all.map(restriction));
        }
        let zones: BTreeSet<&str> = restrictions.iter().map(|(_, _, zone)| zone.as_str()).collect();
        let fixed = zones.iter().all(|zone| *zone == "UTC" || zone.starts_with("Etc/"));
        let with_clock = |one: Restriction| {
            let clock = one.2.clock();
            (one, clock)
        };
        let period = if fixed || zones.len() < 2 { WEEK } else { YEAR };
        let mut times = Self {
            bounds: bounds.into_iter().collect(),
            restrictions: restrictions.into_iter().map(with_clock).collect(),
            cells: Vec::new(),
            period,
        };
        times.cells = times.all();
        times
    }

    /// How many cells there are.
    pub fn size(&self) -> usize {
        self.cells.len()
    }

    fn all(&self) -> Vec<Moment> {
        if self.restrictions.is_empty() {
            return (0..=self.bounds.len()).map(|interval| Moment { interval, blocked: Bits::none(0) }).collect();
        }
        let anywhere: BTreeSet<Bits> = self.samples(SOME_DAY, i128::MAX).map(|(_, blocked)| blocked).collect();
        let mut cells = Vec::new();
        for interval in 0..=self.bounds.len() {
            let (from, to) = self.interval(interval);
            let blocked = if to - from >= self.period * QUARTER {
                anywhere.clone()
            } else {
                self.samples(from, to).map(|(_, blocked)| blocked).collect()
            };
            cells.extend(blocked.into_iter().map(|blocked| Moment { interval, blocked }));
        }
        cells
    }

    /// The ends of an interval; those without an end are as long as it takes.
    fn interval(&self, interval: usize) -> (i128, i128) {
        let whole = (self.period + 1) * QUARTER;
        let before = interval.checked_sub(1).and_then(|at| self.bounds.get(at)).copied();
        match (before, self.bounds.get(interval).copied()) {
            (None, None) => (SOME_DAY, SOME_DAY + whole),
            (None, Some(end)) => (end - whole, end),
            (Some(start), None) => (start, start + whole),
            (Some(start), Some(end)) => (start, end),
        }
    }

    /// Moments from one on to another, and what is blocked then.
    fn samples(&self, from: i128, to: i128) -> impl Iterator<Item = (Time, Bits)> {
        let first = from.div_euclid(QUARTER);
        let next = (first + 1..=first + self.period).map(|quarter| quarter * QUARTER);
        let moments = std::iter::once(from).chain(next.take_while(move |moment| *moment < to));
        moments.filter_map(Time::of_unix_nanoseconds).map(|time| (time, self.blocked(time)))
    }

    fn blocked(&self, time: Time) -> Bits {
        let mut read: BTreeMap<&str, (u8, Weekday)> = BTreeMap::new();
        let mut blocked = Bits::none(self.restrictions.len());
        for (at, ((hours, days, zone), clock)) in self.restrictions.iter().enumerate() {
            let Some(clock) = clock else { continue };
            let (hour, day) = *read.entry(zone.as_str()).or_insert_with(|| clock.read(time));
            if hours.contains(&hour) || days.contains(&day) {
                blocked.put(at);
            }
        }
        blocked
    }

    /// The cells in which a test holds.
    pub fn test(&self, test: &TimeTest<'_>) -> Option<Cells> {
        let holds = |cell: &Moment| match test {
            TimeTest::Blocked(one) => {
                let wanted = restriction(one);
                self.restrictions.iter().position(|(own, _)| *own == wanted).is_some_and(|at| cell.blocked.has(at))
            }
            TimeTest::During(exception) => self.during(exception, cell.interval),
        };
        let cells = (0..).zip(&self.cells).filter(|(_, cell)| holds(cell)).map(|(at, _)| at);
        let bits = Bits::of(self.size(), cells);
        (bits != Bits::all(self.size())).then(|| Cells::of(super::TIME, bits))
    }

    fn during(&self, exception: &Exception, interval: usize) -> bool {
        let (from, to) = self.interval(interval);
        let begun = exception.starts_at.is_none_or(|start| start.nanoseconds() <= from);
        begun && exception.expires_at.is_none_or(|end| to <= end.nanoseconds())
    }

    /// A moment of a cell.
    pub fn realise(&self, cell: usize) -> Option<Time> {
        let cell = self.cells.get(cell)?;
        let (from, to) = self.interval(cell.interval);
        // A week may lack an hour where clocks are put forward; the next one has it.
        let weeks = (0..3).map(|week| from + week * self.period * QUARTER).filter(|start| *start < to);
        let mut samples = weeks.flat_map(|start| self.samples(start, to));
        samples.find(|(_, blocked)| *blocked == cell.blocked).map(|(time, _)| time)
    }

    /// What some cells have in common: the first and the last bound, if they are one span, and the restrictions that block,
    /// or do not, in all of them.
    pub fn told(&self, cells: &Bits) -> String {
        let chosen: Vec<&Moment> = cells.iter().filter_map(|cell| self.cells.get(cell)).collect();
        let bound = |at: usize| self.bounds.get(at).and_then(|bound| Time::of_unix_nanoseconds(*bound));
        let mut parts = Vec::new();
        if let (Some(first), Some(last)) =
            (chosen.iter().map(|cell| cell.interval).min(), chosen.iter().map(|cell| cell.interval).max())
        {
            parts.extend(first.checked_sub(1).and_then(bound).map(|start| format!("from {start}")));
            parts.extend(bound(last).map(|end| format!("before {end}")));
            let held: BTreeSet<usize> = chosen.iter().map(|cell| cell.interval).collect();
            if held.len() < last - first + 1 {
                parts.push("with gaps".to_owned());
            }
        }
        let blocked = |at: usize| chosen.iter().filter(|cell| cell.blocked.has(at)).count();
        let those = |count: usize| (0..self.restrictions.len()).filter(move |at| blocked(*at) == count);
        let (never, always): (Vec<usize>, Vec<usize>) = (those(0).collect(), those(chosen.len()).collect());
        let when = |at: &usize| self.restrictions.get(*at).map(|((hours, days, zone), _)| when(hours, days, zone));
        let narrowest = always.iter().filter(|at| !always.iter().any(|other| self.holds(**at, *other)));
        parts.extend(narrowest.filter_map(when));
        let widest = never.iter().filter(|at| !never.iter().any(|other| self.holds(*other, **at)));
        parts.extend(widest.filter_map(when).map(|when| format!("not {when}")));
        parts.join(", ")
    }

    /// Whether one restriction blocks whenever another one does, and more.
    fn holds(&self, wide: usize, narrow: usize) -> bool {
        let of = |at: usize| self.restrictions.get(at).map(|(restriction, _)| restriction);
        of(wide).zip(of(narrow)).is_some_and(|((hours, days, zone), (fewer_hours, fewer_days, other))| {
            wide != narrow && zone == other && hours.is_superset(fewer_hours) && days.is_superset(fewer_days)
        })
    }
}

fn restriction(of: &TimeRestriction) -> Restriction {
    (of.blocked_hours.clone(), of.blocked_days.clone(), of.timezone.clone())
}

/// Hours and days in words: `at 0–5 or 22–23 o'clock or on saturday (UTC)`.
fn when(hours: &BTreeSet<u8>, days: &BTreeSet<Weekday>, zone: &Timezone) -> String {
    let mut parts = Vec::new();
    if !hours.is_empty() {
        parts.push(format!("in the hours {}", spans(hours)));
    }
    if !days.is_empty() {
        let days: Vec<String> =
            days.iter().map(|day| serde_json::json!(day).as_str().unwrap_or_default().to_owned()).collect();
        parts.push(format!("on {}", days.join(", ")));
    }
    format!("{} ({})", parts.join(" or "), zone.as_str())
}

fn spans(hours: &BTreeSet<u8>) -> String {
    let mut spans: Vec<(u8, u8)> = Vec::new();
    for hour in hours {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == *hour => *last = *hour,
            _ => spans.push((*hour, *hour)),
        }
    }
    let told = spans
        .into_iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}–{last}") });
    told.collect::<Vec<_>>().join(", ")
}
