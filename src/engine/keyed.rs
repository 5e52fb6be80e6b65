use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::tally::{Series, Tally};

/// Something that is kept apart by agent, run or session. An unknown key may be any key.
#[derive(Debug, Clone)]
pub struct Keyed<S> {
    known: HashMap<Box<str>, S, RandomState>,
    unknown: S,
}

impl<S: Default> Default for Keyed<S> {
    fn default() -> Self {
        Self { known: HashMap::default(), unknown: S::default() }
    }
}

impl<S: Default> Keyed<S> {
    /// What is kept under a key, made if there is nothing.
    pub fn at(&mut self, key: Option<&str>) -> &mut S {
        let Some(key) = key else { return &mut self.unknown };
        if !self.known.contains_key(key) {
            self.known.insert(key.into(), S::default());
        }
        self.known.get_mut(key).unwrap_or(&mut self.unknown)
    }

    /// What surely and possibly belongs to a key, each measured as `of` says.
    fn sum<T: Tally>(&self, key: Option<&str>, of: impl Fn(&S) -> T) -> T {
        if let Some(key) = key {
            return self.known.get(key).map(&of).unwrap_or_default().plus(of(&self.unknown).maybe());
        }
        let all = self.known.values().chain(std::iter::once(&self.unknown));
        all.fold(T::default(), |sum, part| sum.plus(of(part))).maybe()
    }
}

impl<T: Tally> Keyed<Series<T>> {
    /// What lies in (now − window, now] under a key.
    pub fn within(&self, key: Option<&str>, now: Option<i128>, window: i128) -> T {
        self.sum(key, |series| series.within(now, window))
    }
}
