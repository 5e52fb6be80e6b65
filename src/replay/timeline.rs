use std::collections::BTreeMap;

use crate::model::{Effect, Time};

/// What was decided in one hour of the log, base and head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hour {
    /// Actions by enforced effect: `[allow, approval_required, deny]` of base, of head.
    pub effects: [[u64; 3]; 2],
    /// Actions that ask for an approval, or may: of base, of head.
    pub asks: [u64; 2],
}

impl Hour {
    fn add(&mut self, other: &Self) {
        for side in 0..2 {
            let (Some(mine), Some(theirs)) = (self.effects.get_mut(side), other.effects.get(side)) else { continue };
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        }
        self.asks.iter_mut().zip(other.asks).for_each(|(mine, theirs)| *mine += theirs);
    }
}

/// Hours, by their number since 1970-01-01T00:00Z, and what bears no time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Timeline {
    hours: BTreeMap<i64, Hour>,
    untimed: Hour,
    /// Of the hour that was counted last, what is not in `hours` yet: times of a log hardly ever jump.
    latest: (i64, Hour),
}

impl Timeline {
    /// Counts an action; the effects are the bounds (lower, upper) of base and head.
    pub fn count(&mut self, time: Option<Time>, sides: [Option<(Effect, Effect)>; 2]) {
        let hour = match time {
            None => &mut self.untimed,
            Some(time) => {
                let number = time.unix_seconds().div_euclid(3600);
                if number != self.latest.0 {
                    self.settle();
                    self.latest.0 = number;
                }
                &mut self.latest.1
            }
        };
        for (side, bounds) in sides.into_iter().enumerate() {
            let Some((lower, upper)) = bounds else { continue };
            if let Some(count) = hour.effects.get_mut(side).and_then(|effects| effects.get_mut(upper as usize)) {
                *count += 1;
            }
            let asks = lower <= Effect::ApprovalRequired && upper >= Effect::ApprovalRequired;
            if let Some(count) = hour.asks.get_mut(side) {
                *count += u64::from(asks);
            }
        }
    }

    /// Puts the latest hour with the others.
    fn settle(&mut self) {
        let (number, hour) = std::mem::take(&mut self.latest);
        if hour != Hour::default() {
            self.hours.entry(number).or_default().add(&hour);
        }
    }

    /// All hours, and what bears no time.
    pub fn finish(mut self) -> (BTreeMap<i64, Hour>, Hour) {
        self.settle();
        (self.hours, self.untimed)
    }

    pub fn merge(&mut self, mut other: Self) {
        self.settle();
        other.settle();
        self.untimed.add(&other.untimed);
        for (number, hour) in &other.hours {
            self.hours.entry(*number).or_default().add(hour);
        }
    }
}
