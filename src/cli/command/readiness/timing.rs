//! How long decisions take under what is live.

use std::path::Path;

use crate::cli::Stop;
use crate::cli::command::token;
use crate::cli::history::Forge;
use crate::engine::{Call, Engine, Granted, State};
use crate::host::Stopwatch;
use crate::model::{Action, Bundle, Document};

/// How often something is measured.
const TIMES: usize = 2_000;
/// How many tokens are signed and verified.
const TOKENS: u64 = 200;

/// The median, the 95th and the 99th percentile, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentiles {
    /// Half of all are not slower.
    pub p50: f64,
    /// 95 of 100.
    pub p95: f64,
    /// 99 of 100.
    pub p99: f64,
}

impl Percentiles {
    /// Of some measurements; `None` of none.
    pub fn of(mut all: Vec<f64>) -> Option<Self> {
        all.sort_by(f64::total_cmp);
        let at = |share: usize| all.get((all.len() * share / 100).min(all.len().checked_sub(1)?)).copied();
        Some(Self { p50: at(50)?, p95: at(95)?, p99: at(99)? })
    }

    /// In words.
    pub fn shown(self) -> String {
        format!("p50 {:.1} µs, p95 {:.1} µs, p99 {:.1} µs", self.p50, self.p95, self.p99)
    }
}

/// Decisions about the actions that suites try, else about one that nobody knows.
pub fn decisions(bundle: &Bundle, documents: &[Document]) -> Option<Percentiles> {
    let tried = documents.iter().filter_map(|document| match document {
        Document::Suite(suite) => Some(suite),
        _ => None,
    });
    let mut actions: Vec<Action> =
        tried.flat_map(|suite| &suite.tests).flat_map(|test| &test.steps).map(|(action, _)| action.clone()).collect();
    if actions.is_empty() {
        actions.push(Action { operation: "policyc.readiness".to_owned(), ..Action::default() });
    }
    let engine = Engine::new(bundle);
    let mut state = State::new(&engine);
    let mut taken = Vec::with_capacity(TIMES);
    for action in actions.iter().cycle().take(TIMES) {
        let watch = Stopwatch::begin();
        let decision = engine.decide_call(&mut state, &Call::of(action), |_| Granted::Yes);
        taken.push(watch.microseconds());
        std::hint::black_box(decision);
    }
    Percentiles::of(taken)
}

/// Decisions signed and verified; `None` where nothing could be.
///
/// # Errors
/// When the key cannot sign there.
pub fn tokens(here: &Path, environment: &str, key: Option<&Path>, forge: &Forge) -> Result<Option<Percentiles>, Stop> {
    Ok(Percentiles::of(token::test::timed(here, environment, key, forge, TOKENS)?))
}
