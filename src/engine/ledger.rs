use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::rules::Hashed;
use super::sightings::{Sighting, Sightings, Values};
use super::tally::{Count, Series, Spend, Tally, Total};

/// Things by their number; numbers are small and need no hashing.
type ByNumber<T> = HashMap<u64, T, BuildHasherDefault<Hashed>>;

/// What the actions of one agent, one run or one session amount to.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The counters of rate limits.
    pub counters: ByNumber<Series<Count>>,
    /// The sums of budgets.
    pub sums: ByNumber<Total<Spend>>,
    /// Actions by operation, for the rate conditions of rules.
    pub operations: HashMap<Box<str>, Series<Count>, RandomState>,
    /// Costs, for the cost conditions of rules.
    pub costs: Series<Spend>,
    /// What was proven.
    pub evidence: ByNumber<Sightings>,
    /// What was brought.
    pub values: ByNumber<Values>,
}

impl Ledger {
    fn within(&self, number: u64, now: Option<i128>, window: i128) -> Count {
        self.counters.get(&number).map(|series| series.within(now, window)).unwrap_or_default()
    }

    fn spent(&self, number: u64) -> Spend {
        self.sums.get(&number).map(Total::sum).unwrap_or_default()
    }

    fn evidence_before(&self, number: u64, turn: Option<u64>) -> impl Iterator<Item = Sighting> {
        self.evidence.get(&number).into_iter().flat_map(move |all| all.before(turn))
    }

    fn of_operation(&self, operation: &str, now: Option<i128>, window: i128) -> Count {
        self.operations.get(operation).map(|series| series.within(now, window)).unwrap_or_default()
    }

    /// Adds what another ledger holds.
    fn absorb(&mut self, other: &Self) {
        for (operation, series) in &other.operations {
            self.operations.entry(operation.clone()).or_default().absorb(series);
        }
        self.costs.absorb(&other.costs);
        for (number, series) in &other.counters {
            self.counters.entry(*number).or_default().absorb(series);
        }
        for (number, sum) in &other.sums {
            self.sums.entry(*number).or_default().add(sum.sum());
        }
        for (number, seen) in &other.evidence {
            self.evidence.entry(*number).or_default().absorb(seen);
        }
        for (number, values) in &other.values {
            self.values.entry(*number).or_default().absorb(values);
        }
    }

    fn finds(&self, number: u64, key: &str, turn: Option<u64>) -> (bool, bool) {
        self.values.get(&number).map_or((false, false), |values| values.finds(key, turn))
    }
}

/// The ledgers of agents, or of runs and sessions. What bears no key may belong to any.
#[derive(Debug, Default)]
pub struct Ledgers {
    known: HashMap<Box<str>, Ledger, RandomState>,
    unknown: Ledger,
    /// Whether anything bears no key.
    open: bool,
    /// All of them together, kept once an action without a key was met: what it asks would take a look at every ledger.
    all: Option<Box<Ledger>>,
}

impl Ledgers {
    /// Writes into the ledger of a key, made if there is none, and into that of all together.
    pub fn write(&mut self, key: Option<&str>, mut write: impl FnMut(&mut Ledger)) {
        let own = match key {
            None => {
                self.open = true;
                &mut self.unknown
            }
            Some(key) => {
                if !self.known.contains_key(key) {
                    self.known.insert(key.into(), Ledger::default());
                }
                self.known.get_mut(key).unwrap_or(&mut self.unknown)
            }
        };
        write(own);
        if let Some(all) = &mut self.all {
            write(all);
        }
    }

    /// Notes that an action without a key was met.
    pub fn met_unknown(&mut self) {
        if self.all.is_none() {
            let mut all = Ledger::default();
            self.known.values().chain(std::iter::once(&self.unknown)).for_each(|ledger| all.absorb(ledger));
            self.all = Some(Box::new(all));
        }
    }

    /// What is known of a key.
    pub fn read(&self, key: Option<&str>) -> Account<'_> {
        match key {
            Some(key) => Account { own: self.known.get(key), open: self.open.then_some(&self.unknown), all: None },
            None => match &self.all {
                Some(all) => Account { own: None, open: Some(all), all: None },
                None => Account { own: None, open: Some(&self.unknown), all: Some(self) },
            },
        }
    }
}

/// What surely belongs to a key and what may.
#[derive(Clone, Copy)]
pub struct Account<'m> {
    /// The key's own ledger.
    own: Option<&'m Ledger>,
    /// What bears no key, if there is anything.
    open: Option<&'m Ledger>,
    /// All of them, where the key is unknown: it may be any.
    all: Option<&'m Ledgers>,
}

impl<'m> Account<'m> {
    /// Everything under one key of which all is sure.
    pub fn only(ledger: &'m Ledger) -> Self {
        Self { own: Some(ledger), open: None, all: None }
    }

    /// The ledgers of which everything is only possible.
    fn possible(self) -> impl Iterator<Item = &'m Ledger> {
        self.all.into_iter().flat_map(|all| all.known.values()).chain(self.open)
    }

    fn sum<T: Tally>(self, of: impl Fn(&Ledger) -> T) -> T {
        let own = self.own.map(&of).unwrap_or_default();
        self.possible().fold(own, |sum, ledger| sum.plus(of(ledger).maybe()))
    }

    /// What a counter holds in (now − window, now].
    pub fn within(self, counter: usize, now: Option<i128>, window: i128) -> Count {
        self.sum(|ledger| ledger.within(counter as u64, now, window))
    }

    /// How often an operation was done in (now − window, now].
    pub fn of_operation(self, operation: &str, now: Option<i128>, window: i128) -> Count {
        self.sum(|ledger| ledger.of_operation(operation, now, window))
    }

    /// What all actions cost in (now − window, now].
    pub fn costs(self, now: Option<i128>, window: i128) -> Spend {
        self.sum(|ledger| ledger.costs.within(now, window))
    }

    /// What was spent.
    pub fn spent(self, sum: usize) -> Spend {
        self.sum(|ledger| ledger.spent(sum as u64))
    }

    /// The evidence that an action of this turn may look at. What may belong to another key is not sure.
    pub fn evidence(self, number: usize, turn: Option<u64>) -> SmallVec<[Sighting; 4]> {
        let number = number as u64;
        let own = self.own.into_iter().flat_map(|ledger| ledger.evidence_before(number, turn));
        let unsure = |sighting: Sighting| Sighting { sure: false, ..sighting };
        own.chain(self.possible().flat_map(|ledger| ledger.evidence_before(number, turn)).map(unsure)).collect()
    }

    /// Whether an action of this turn finds a value for sure, and whether it may find it at all.
    pub fn finds(self, number: usize, key: &str, turn: Option<u64>) -> (bool, bool) {
        let (sure, possible) = self.own.map_or((false, false), |ledger| ledger.finds(number as u64, key, turn));
        (sure, possible || self.possible().any(|ledger| ledger.finds(number as u64, key, turn).1))
    }
}
