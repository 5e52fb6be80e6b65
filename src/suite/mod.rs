//! Floor 8: expected decisions. Runs suites against an engine, compares, and counts what they cover. See SPEC,
//! section 2.4.

mod cells;
mod coverage;

use crate::engine::{Call, Decision, Engine, State, Told};
use crate::model::{Action, DocumentId, Effect, Expectation, Suite, Test};
pub use coverage::{Coverage, Covered};

/// The run that the actions of a sequence belong to where they do not say.
const ONE_RUN: &str = "test";

/// What came of a suite.
#[derive(Debug)]
pub struct SuiteRun<'b> {
    /// The suite.
    pub id: &'b DocumentId,
    /// Its tests that were run, in order; those of its matrix last.
    pub tests: Vec<TestRun<'b>>,
}

/// What came of a test.
#[derive(Debug)]
pub struct TestRun<'b> {
    /// What it says; of a cell of a matrix, the agent and the action.
    pub name: String,
    /// Where it stands in its suite.
    pub place: Place,
    /// Its actions, in order.
    pub steps: Vec<StepRun<'b>>,
}

/// Where a test stands in its suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In `tests`, by its rank from 0.
    Test(usize),
    /// In the matrix: the agent and the action.
    Cell(String, String),
}

/// What came of one action.
#[derive(Debug)]
pub struct StepRun<'b> {
    /// The action as it was decided.
    pub action: Action,
    /// What was expected.
    pub expected: Expectation,
    /// What was decided, in words.
    pub told: Told<'b>,
    /// What is not as expected; `None`: nothing.
    pub problem: Option<String>,
}

impl TestRun<'_> {
    /// Whether every decision is as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.steps.iter().all(|step| step.problem.is_none())
    }

    /// Whether a decision hangs on facts that the test does not give.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        self.steps.iter().any(|step| step.told.effect != step.told.lower)
    }
}

/// Which tests are run.
pub trait Chosen {
    /// Whether a test is.
    fn holds(&self, suite: &DocumentId, test: &str, agents: &[&str]) -> bool;
}

/// Runs suites, and notes what they cover.
pub struct Runner<'e, 'b> {
    engine: &'e Engine<'b>,
    coverage: Coverage<'b>,
}

impl<'e, 'b> Runner<'e, 'b> {
    /// Nothing was run yet.
    #[must_use]
    pub fn new(engine: &'e Engine<'b>) -> Self {
        Self { engine, coverage: Coverage::new(engine) }
    }

    /// What was covered so far.
    #[must_use]
    pub fn coverage(&self) -> &Coverage<'b> {
        &self.coverage
    }

    /// Runs the chosen tests of a suite, each on a state of its own.
    pub fn run(&mut self, suite: &'b Suite, chosen: &dyn Chosen) -> SuiteRun<'b> {
        let written = suite.tests.iter().cloned().enumerate().map(|(rank, test)| (Place::Test(rank), test));
        let cells = suite.matrix.as_ref().map(cells::of).unwrap_or_default();
        let mut tests = Vec::new();
        for (place, test) in written.chain(cells) {
            let agents: Vec<&str> = test.steps.iter().filter_map(|(action, _)| action.agent_id.as_deref()).collect();
            if chosen.holds(&suite.id, &test.name, &agents) {
                tests.push(self.test(place, &test));
            }
        }
        SuiteRun { id: &suite.id, tests }
    }

    fn test(&mut self, place: Place, test: &Test) -> TestRun<'b> {
        let mut state = State::new(self.engine);
        let actions =
            || test.before.iter().map(|earlier| &earlier.action).chain(test.steps.iter().map(|(action, _)| action));
        let named = actions().find_map(|action| action.run_id.clone().or(action.session_id.clone()));
        let one_run = test.sequence || !test.before.is_empty();
        let run = one_run.then(|| named.unwrap_or_else(|| ONE_RUN.to_owned()));
        let complete = |action: &Action| {
            let mut action = action.clone();
            action.timestamp = action.timestamp.or(test.now);
            if action.run_id.is_none() && action.session_id.is_none() {
                action.run_id.clone_from(&run);
            }
            action
        };
        for earlier in &test.before {
            let mut action = complete(&earlier.action);
            for _ in 0..earlier.times {
                self.engine.decide(&mut state, &action);
                action.timestamp = action.timestamp.and_then(|time| time.after(earlier.every_seconds));
            }
        }
        let steps = test.steps.iter().map(|(action, expected)| self.step(&mut state, complete(action), expected));
        let steps = steps.collect();
        TestRun { name: test.name.clone(), place, steps }
    }

    fn step(&mut self, state: &mut State<'b>, action: Action, expected: &Expectation) -> StepRun<'b> {
        let decision: Decision = self.engine.decide(state, &action);
        let call = Call::of(&action);
        let told = self.engine.told(&decision, &call);
        self.coverage.add(self.engine, &decision, &call);
        let problem = problem(expected, &told);
        StepRun { expected: expected.clone(), told, problem, action }
    }
}

/// What is not as expected. The document and the reason must carry the effect: an allow that is merely mentioned beside
/// a deny proves nothing.
fn problem(expected: &Expectation, told: &Told<'_>) -> Option<String> {
    if told.effect != expected.effect {
        return Some(format!("expected {}, decided {}", expected.effect.as_str(), told.effect.as_str()));
    }
    let carries = |effect: Effect| told.reasons.iter().filter(move |reason| reason.effect == effect);
    let by_exception = expected.by.as_ref().is_some_and(|by| told.exceptions.contains(&by));
    let by = |id: Option<&DocumentId>| by_exception || expected.by.is_none() || id == expected.by.as_ref();
    if !by_exception && !carries(told.effect).any(|reason| by(reason.id)) {
        let by = expected.by.as_ref().map_or("", |by| by.as_str());
        return Some(format!("expected {} by `{by}`, which gives no reason of that effect", expected.effect.as_str()));
    }
    let wanted = expected.reason?;
    let found = carries(told.effect).any(|reason| reason.code == wanted && by(reason.id));
    let from = expected.by.as_ref().map_or(String::new(), |by| format!(" from `{by}`"));
    (!found).then(|| format!("expected the reason {}{from}, which is not among those of the effect", wanted.as_str()))
}
