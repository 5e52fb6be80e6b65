//! All moments, as far as clocks and the ends of exceptions tell them apart.

use std::collections::{BTreeMap, BTreeSet};

use policyc::model::{Bundle, Clock, Time, TimeRestriction};

/// A Monday at noon.
const ORDINARY: &str = "2026-01-05T12:00:00Z";
/// Moments from which on a week is looked at: long ago, and before and after clocks are put forward and back.
const WEEKS: [&str; 8] = [
    "2020-06-01T00:00:00Z",
    "2025-01-06T00:00:00Z",
    "2026-01-05T00:00:00Z",
    "2026-03-28T00:00:00Z",
    "2026-06-01T00:00:00Z",
    "2026-10-24T00:00:00Z",
    "2030-01-07T00:00:00Z",
    "2030-07-01T00:00:00Z",
];
const HALF_AN_HOUR: i128 = 1_800_000_000_000;
const HALF_HOURS_OF_A_WEEK: i128 = 336;

/// Moments that nothing tells apart, each list one class.
pub fn classes(bundles: [&Bundle; 2]) -> Vec<Vec<Time>> {
    let clocks = clocks(bundles);
    let ends = ends(bundles);
    if clocks.is_empty() && ends.is_empty() {
        return vec![vec![Time::parse(ORDINARY).unwrap()]];
    }
    let told = |time: Time| {
        let blocked = clocks.iter().map(|(clock, restriction)| {
            let (hour, day) = clock.read(time);
            restriction.blocked_hours.contains(&hour) || restriction.blocked_days.contains(&day)
        });
        blocked.chain(ends.iter().map(|end| *end <= time)).collect::<Vec<bool>>()
    };
    let mut classes: BTreeMap<Vec<bool>, Vec<Time>> = BTreeMap::new();
    for time in candidates(&ends, !clocks.is_empty()) {
        let moments = classes.entry(told(time)).or_default();
        if moments.len() < 3 {
            moments.push(time);
        }
    }
    classes.into_values().collect()
}

fn clocks(bundles: [&Bundle; 2]) -> Vec<(Clock, &TimeRestriction)> {
    let rules = bundles.into_iter().flat_map(|bundle| bundle.rules.iter().filter(|rule| rule.is_active));
    let restrictions: BTreeSet<&TimeRestriction> =
        rules.filter_map(|rule| rule.conditions.time_restriction.as_ref()).collect();
    restrictions.into_iter().map(|one| (one.timezone.clock().unwrap(), one)).collect()
}

fn ends(bundles: [&Bundle; 2]) -> BTreeSet<Time> {
    let exceptions = bundles.into_iter().flat_map(|bundle| &bundle.exceptions);
    exceptions.flat_map(|exception| [exception.starts_at, exception.expires_at]).flatten().collect()
}

/// Around every end, and every half hour of a week from there and of some others.
fn candidates(ends: &BTreeSet<Time>, clocks: bool) -> Vec<Time> {
    let weeks = WEEKS.iter().map(|text| Time::parse(text).unwrap());
    let starts: Vec<Time> = ends.iter().copied().chain(weeks).collect();
    let mut times: Vec<i128> = starts.iter().flat_map(|start| [start.nanoseconds() - 1, start.nanoseconds()]).collect();
    if clocks {
        let week = |start: &Time| {
            let start = start.nanoseconds();
            (-HALF_HOURS_OF_A_WEEK..=HALF_HOURS_OF_A_WEEK).map(move |step| start + step * HALF_AN_HOUR)
        };
        times.extend(starts.iter().flat_map(week));
    }
    times.into_iter().map(|time| Time::of_unix_nanoseconds(time).unwrap()).collect()
}
