//! Counters (SPEC 4): intervals of what surely and what possibly happened before.

use policyc::model::{Per, Usd};

use super::Now;
use super::history::Past;
use super::truth::{Names, Truth};

const NANOSECONDS: i128 = 1_000_000_000;

/// So many seconds before now: "(now − window, now]".
#[derive(Debug, Clone, Copy)]
pub struct Window(pub u64);

/// How many actions: "counters are intervals".
pub struct Count {
    sure: u64,
    possible: u64,
    /// What an answer hangs on that is not known.
    names: Names,
}

impl Count {
    /// "A limit blocks when the actions already counted are ≥ `max_count`."
    pub fn at_least(&self, most: u64) -> Truth {
        if self.sure >= most {
            Truth::True
        } else if self.possible < most {
            Truth::False
        } else {
            Truth::Unknown(self.names.clone())
        }
    }
}

/// How many nano-dollars, the cost of the action itself among them; no upper end where a cost is unknown.
pub struct Spent {
    low: u128,
    high: Option<u128>,
    names: Names,
}

impl Spent {
    /// "A budget when spent + cost > limit."
    pub fn exceeds(&self, limit: Usd) -> Truth {
        let limit = u128::from(limit.nano());
        if self.low > limit {
            Truth::True
        } else if self.high.is_some_and(|high| high <= limit) {
            Truth::False
        } else {
            Truth::Unknown(self.names.clone())
        }
    }
}

/// Counts earlier actions of the same key in a window.
pub fn count(now: Now<'_>, per: Per, window: Window, counts: impl Fn(&Past) -> Truth) -> Count {
    let tests: Vec<Truth> = now.past.iter().map(|past| counted(now, past, per, Some(window), &counts)).collect();
    let number = |wanted: fn(&Truth) -> bool| tests.iter().map(|test| u64::from(wanted(test))).sum();
    Count { sure: number(Truth::is_true), possible: number(Truth::is_possible), names: names(now, per, true, false) }
}

/// Adds what earlier actions of the same key cost to what this one costs; "an unknown cost adds from 0 to infinity".
pub fn spent(now: Now<'_>, per: Per, window: Option<Window>, counts: impl Fn(&Past) -> Truth) -> Spent {
    let own = now.facts.cost.map(nano);
    let (mut low, mut high) = (own.unwrap_or(0), own);
    for past in now.past {
        let counts = counted(now, past, per, window, &counts);
        let cost = past.facts.cost.map(nano);
        if counts.is_true() {
            low += cost.unwrap_or(0);
        }
        if counts.is_possible() {
            high = high.zip(cost).map(|(high, cost)| high + cost);
        }
    }
    Spent { low, high, names: names(now, per, window.is_some(), true) }
}

fn nano(amount: Usd) -> u128 {
    u128::from(amount.nano())
}

/// "An action counts if its decision was not deny", for the same key, in the window.
fn counted(now: Now<'_>, past: &Past, per: Per, window: Option<Window>, counts: impl Fn(&Past) -> Truth) -> Truth {
    let inside = window.map_or(Truth::True, |window| in_window(now, past, window));
    Truth::all([past.executed(), counts(past), same_key(now, past, per), inside])
}

/// "An unknown key (agent, run, session) may be any key"; "`scope` means one for all that the policy applies to".
fn same_key(now: Now<'_>, past: &Past, per: Per) -> Truth {
    let (Some((now, _)), Some((then, _))) = (now.facts.key(per), past.facts.key(per)) else { return Truth::True };
    match (now, then) {
        (Some(now), Some(then)) => Truth::of(now == then),
        _ => Truth::unknown("history"),
    }
}

/// "In (now − window, now]"; "records without a time (…) their time tests are unknown".
fn in_window(now: Now<'_>, past: &Past, Window(seconds): Window) -> Truth {
    let (Some(now), Some(then)) = (now.facts.time(), past.facts.time()) else { return Truth::unknown("history") };
    let (now, then) = (now.nanoseconds(), then.nanoseconds());
    Truth::of(now - i128::from(seconds) * NANOSECONDS < then && then <= now)
}

/// The facts of the action itself that a counter reads and that are not known; else what is not known is the history.
fn names(now: Now<'_>, per: Per, window: bool, cost: bool) -> Names {
    let mut names = Names::new();
    if let Some((None, name)) = now.facts.key(per) {
        names.insert(name);
    }
    if window && now.facts.time().is_none() {
        names.insert("timestamp");
    }
    if cost && now.facts.cost.is_none() {
        names.insert("cost_usd");
    }
    if names.is_empty() {
        names.insert("history");
    }
    names
}
