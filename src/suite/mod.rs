//! Floor 8: expected decisions. Runs suites against an engine, compares, and counts what they cover. See SPEC,
//! section 2.4.

mod cells;
mod coverage;

use std::collections::BTreeSet;

use crate::engine::{Call, Decision, Engine, State, Told, ToldReason};
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
    /// How many earlier actions there were, and how many of them were denied though nobody expected it: those prove and
    /// count nothing.
    pub earlier: (u64, u64),
    /// Its actions, in order.
    pub steps: Vec<StepRun<'b>>,
}

/// What came of the actions that a test sets up.
#[derive(Default)]
struct EarlierRun {
    all: u64,
    denied: u64,
    problem: Option<String>,
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

impl StepRun<'_> {
    /// Whether the decision hangs on facts that the test does not give, without being about them.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        self.told.effect != self.told.lower && self.expected.lower.is_none()
    }
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
        self.steps.iter().any(StepRun::is_uncertain)
    }
}

/// Which tests are run.
pub trait Chosen {
    /// Whether a test is.
    fn holds(&self, suite: &DocumentId, test: &str, agents: &[&str]) -> bool;
}

/// Every test is chosen.
pub struct Every;

impl Chosen for Every {
    fn holds(&self, _: &DocumentId, _: &str, _: &[&str]) -> bool {
        true
    }
}

/// Runs suites, and notes what they cover.
pub struct Runner<'e, 'b> {
    engine: &'e Engine<'b>,
    /// Whether a decision that hangs on facts the test does not give is not as expected.
    strict: bool,
    coverage: Coverage<'b>,
}

impl<'e, 'b> Runner<'e, 'b> {
    /// Nothing was run yet.
    #[must_use]
    pub fn new(engine: &'e Engine<'b>) -> Self {
        Self { engine, strict: false, coverage: Coverage::new(engine) }
    }

    /// The same, but tests fail whose decision hangs on facts that they do not give.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
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
        let earlier = self.before(&mut state, test, complete);
        let steps = test.steps.iter().map(|(action, expected)| self.step(&mut state, complete(action), expected));
        let mut steps: Vec<_> = steps.collect();
        if let (Some(first), Some(problem)) = (steps.first_mut(), earlier.problem) {
            first.problem.get_or_insert(problem);
        }
        TestRun { name: test.name.clone(), place, earlier: (earlier.all, earlier.denied), steps }
    }

    /// Decides what a test sets up.
    fn before(&self, state: &mut State<'b>, test: &Test, complete: impl Fn(&Action) -> Action) -> EarlierRun {
        let mut run = EarlierRun::default();
        for earlier in &test.before {
            let mut action = complete(&earlier.action);
            for _ in 0..earlier.times {
                let effect = self.engine.decide(state, &action).effect;
                run.all += 1;
                run.denied += u64::from(effect == Effect::Deny && earlier.expect.is_none());
                if let Some(expected) = earlier.expect.filter(|expected| *expected != effect) {
                    let problem = format!(
                        "earlier action {}: expected {}, decided {}",
                        run.all,
                        expected.as_str(),
                        effect.as_str()
                    );
                    run.problem.get_or_insert(problem);
                }
                action.timestamp = action.timestamp.and_then(|time| time.after(earlier.every_seconds));
            }
        }
        run
    }

    fn step(&mut self, state: &mut State<'b>, action: Action, expected: &Expectation) -> StepRun<'b> {
        let decision: Decision = self.engine.decide(state, &action);
        let call = Call::of(&action);
        let told = self.engine.told(&decision, &call);
        self.coverage.add(self.engine, &decision, &call);
        let problem = problem(expected, &told);
        let mut step = StepRun { expected: expected.clone(), told, problem, action };
        if self.strict && step.problem.is_none() && step.is_uncertain() {
            let (missing, lower) = (step.told.missing.join(", "), step.told.lower.as_str());
            step.problem = Some(format!("decided only because {missing} is not known; it might be {lower}"));
        }
        step
    }
}

/// What is not as expected. The document and the reason must carry the effect: an allow that is merely mentioned beside
/// a deny proves nothing.
fn problem(expected: &Expectation, told: &Told<'_>) -> Option<String> {
    let effect = expected.effect.as_str();
    if told.effect != expected.effect {
        return Some(format!("expected {effect}, decided {}", told.effect.as_str()));
    }
    if let Some(lower) = expected.lower.filter(|lower| *lower != told.lower) {
        return Some(format!("expected at least {}, decided at least {}", lower.as_str(), told.lower.as_str()));
    }
    if expected.by.as_ref().is_some_and(|by| told.lifted.iter().any(|lift| lift.exception == by)) {
        return not_lifted(expected, told);
    }
    let by = |reason: &&ToldReason<'_>| expected.by.is_none() || reason.id == expected.by.as_ref();
    let carrying = || firm(told).into_iter().filter(by);
    let from = expected.by.as_ref().map_or(String::new(), |by| format!(" from `{by}`"));
    if carrying().next().is_none() {
        return Some(format!("expected {effect}{from}, but it gives no certain reason for that"));
    }
    let with_code = || carrying().filter(|reason| expected.reason.is_none_or(|code| reason.code == code));
    if let (None, Some(wanted)) = (with_code().next(), expected.reason) {
        let wanted = wanted.as_str();
        return Some(format!("expected the reason {wanted}{from}, but it is no certain reason for that effect"));
    }
    asked(expected, &with_code().collect::<Vec<_>>())
}

/// The reasons that carry the effect: the sure ones; where the effect has only possible ones, those.
fn firm<'t, 'b>(told: &'t Told<'b>) -> Vec<&'t ToldReason<'b>> {
    let carrying = || told.reasons.iter().filter(|reason| reason.effect == told.effect);
    let sure: Vec<_> = carrying().filter(|reason| reason.certain).collect();
    if sure.is_empty() { carrying().collect() } else { sure }
}

/// What is not as expected of an exception: it must lift for sure, and what the expectation names as the reason.
fn not_lifted(expected: &Expectation, told: &Told<'_>) -> Option<String> {
    let by = expected.by.as_ref()?;
    let mut lifts = told.lifted.iter().filter(|lift| lift.exception == by && lift.certain);
    let wanted = expected.reason.map_or("a reason", |code| code.as_str());
    let fits = lifts.any(|lift| expected.reason.is_none_or(|code| lift.code == code));
    (!fits).then(|| format!("expected that `{by}` lifts {wanted} for sure"))
}

/// What is not as expected of who is asked to approve.
fn asked(expected: &Expectation, reasons: &[&ToldReason<'_>]) -> Option<String> {
    let same = |wanted: &BTreeSet<String>, reason: &ToldReason<'_>| {
        reason.approvers.iter().copied().eq(wanted.iter().map(String::as_str))
    };
    let fits = |reason: &&ToldReason<'_>| {
        expected.approvers.as_ref().is_none_or(|wanted| same(wanted, reason))
            && expected.required.is_none_or(|wanted| reason.required == wanted)
    };
    if reasons.iter().any(fits) {
        return None;
    }
    let who = |reason: &&ToldReason<'_>| format!("{} by {}", reason.required, reason.approvers.join(", "));
    let mut asked: Vec<String> = reasons.iter().filter(|reason| reason.required > 0).map(who).collect();
    asked.dedup();
    let required = expected.required.map_or(String::new(), |required| format!("{required} "));
    let by = expected.approvers.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
    let by = if by.is_empty() { by } else { format!(" by {by}") };
    let asked = if asked.is_empty() { "none".to_owned() } else { asked.join("; ") };
    Some(format!("expected {required}approvals{by}; asked for: {asked}"))
}
