//! What came of suites: as findings, JSON and `JUnit`; what they cover: for people, as JSON and lcov.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use schemars::JsonSchema;
use serde::Serialize;

use super::decision::{DecisionLine, Decisions};
use super::findings::{Place, Places};
use super::visible::{visible, visible_line};
use crate::compile::Compilation;
use crate::diag::{Diagnostic, codes};
use crate::lower::way_span;
use crate::model::{Effect, Reason};
use crate::source::SourceSet;
use crate::suite::{self, Coverage, StepRun, SuiteRun, TestRun};
use crate::syntax::counted;
use crate::text::Span;

/// What came of suites.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc tests")]
pub struct TestsReport {
    /// Always `policyc.tests/v1`.
    pub schema: &'static str,
    /// The suites that were run, by id.
    pub suites: Vec<SuiteLine>,
    /// How many tests there were.
    pub counts: TestCounts,
    /// What they cover.
    pub coverage: CoverageReport,
    /// The digest of the bundle.
    pub bundle: Option<String>,
}

/// What came of one suite.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SuiteLine {
    /// The suite.
    pub id: String,
    /// Its tests, in order.
    pub tests: Vec<TestLine>,
}

/// What came of one test.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TestLine {
    /// What it says.
    pub name: String,
    /// Whether every decision was as expected.
    pub passed: bool,
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// Its actions, in order.
    pub steps: Vec<StepLine>,
}

/// What came of one action.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StepLine {
    /// The effect that was expected.
    pub effect: Effect,
    /// The document that was expected to give it.
    pub by: Option<String>,
    /// The reason that was expected.
    pub reason: Option<Reason>,
    /// What is not as expected; null: nothing.
    pub problem: Option<String>,
    /// What was decided.
    pub decision: DecisionLine,
}

/// How many tests there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TestCounts {
    /// As expected.
    pub passed: usize,
    /// Not as expected.
    pub failed: usize,
    /// Among both: with a decision that hangs on facts the test does not give.
    pub uncertain: usize,
}

impl TestCounts {
    /// Counts tests.
    #[must_use]
    pub fn of(runs: &[SuiteRun<'_>]) -> Self {
        let tests = || runs.iter().flat_map(|run| &run.tests);
        Self {
            passed: tests().filter(|test| test.passed()).count(),
            failed: tests().filter(|test| !test.passed()).count(),
            uncertain: tests().filter(|test| test.is_uncertain()).count(),
        }
    }
}

/// What tests cover.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CoverageReport {
    /// The share of parts that had a say, in percent, rounded down to a tenth.
    pub percent: f64,
    /// How many parts had a say.
    pub covered: usize,
    /// How many parts there are.
    pub parts: usize,
    /// How often each effect was decided for sure.
    pub effects: BTreeMap<&'static str, u64>,
    /// Every part.
    pub points: Vec<PointLine>,
}

/// A part of a document, and how often it had a say.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PointLine {
    /// default, exception, policy or rule.
    pub kind: &'static str,
    /// The document; null: the default.
    pub id: Option<String>,
    /// The part.
    pub part: String,
    /// How often it had a say.
    pub hits: u64,
    /// The file; null: the default.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
}

/// The whole as JSON.
#[must_use]
pub fn tests(
    runs: &[SuiteRun<'_>],
    coverage: &Coverage<'_>,
    compilation: &Compilation,
    sources: &SourceSet,
) -> TestsReport {
    let mut places = Places::new(sources);
    let mut decisions = Decisions::new(compilation, sources);
    let suites = runs.iter().map(|run| SuiteLine {
        id: run.id.to_string(),
        tests: run.tests.iter().map(|test| line(run, test, compilation, &mut places, &mut decisions)).collect(),
    });
    TestsReport {
        schema: "policyc.tests/v1",
        suites: suites.collect(),
        counts: TestCounts::of(runs),
        coverage: covered(coverage, compilation, sources),
        bundle: compilation.canonical.as_ref().map(|canonical| canonical.digest.to_string()),
    }
}

fn line(
    run: &SuiteRun<'_>,
    test: &TestRun<'_>,
    compilation: &Compilation,
    places: &mut Places<'_>,
    decisions: &mut Decisions<'_>,
) -> TestLine {
    let steps = test.steps.iter().enumerate().map(|(rank, step)| StepLine {
        effect: step.expected.effect,
        by: step.expected.by.as_ref().map(ToString::to_string),
        reason: step.expected.reason,
        problem: step.problem.clone(),
        decision: decisions.line(&step.told, (rank + 1).to_string()),
    });
    let span = expectation(run, test, 0, compilation);
    TestLine { name: test.name.clone(), passed: test.passed(), place: places.place(span), steps: steps.collect() }
}

/// Where what is expected of an action stands.
fn expectation(run: &SuiteRun<'_>, test: &TestRun<'_>, step: usize, compilation: &Compilation) -> Span {
    let Some(root) = compilation.places.root(run.id) else { return Span::whole(crate::text::FileId(0)) };
    let found = match &test.place {
        suite::Place::Test(rank) => {
            let test = root.get("tests").and_then(|tests| tests.items().get(*rank));
            let expect = test.and_then(|test| test.get("expect"));
            expect.and_then(|expect| expect.items().get(step).or(Some(expect))).or(test)
        }
        suite::Place::Cell(agent, action) => {
            let matrix = root.get("matrix");
            let listed = matrix.and_then(|matrix| matrix.get("expect")?.get(agent)?.get(action));
            listed.or_else(|| matrix?.get("actions")?.get(action)).or(matrix)
        }
    };
    found.map_or(root.span, |node| node.span)
}

/// Failed tests as findings, each with the lines that decided; and tests that hang on facts they do not give.
#[must_use]
pub fn test_findings(runs: &[SuiteRun<'_>], compilation: &Compilation) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (run, test) in runs.iter().flat_map(|run| run.tests.iter().map(move |test| (run, test))) {
        if let (all, denied @ 1..) = test.earlier {
            let at = expectation(run, test, 0, compilation);
            found.push(earlier_denied(at, &test.name, all, denied));
        }
        for (rank, step) in test.steps.iter().enumerate() {
            let at = expectation(run, test, rank, compilation);
            let which = if test.steps.len() > 1 { format!(", action {}", rank + 1) } else { String::new() };
            let name = format!("`{}`{which}", test.name);
            if let Some(problem) = &step.problem {
                found.push(failed(at, &format!("{name}: {problem}"), step, compilation));
            } else if step.is_uncertain() {
                found.push(uncertain(at, &name, step));
            }
        }
    }
    found
}

fn failed(at: Span, message: &str, step: &StepRun<'_>, compilation: &Compilation) -> Diagnostic {
    let mut finding = Diagnostic::new(codes::TEST_FAILED, at, message);
    let deciding = step.told.reasons.iter().filter(|reason| reason.effect == step.told.effect);
    let mut help = Vec::new();
    for reason in deciding.take(3) {
        let by = reason.id.map_or_else(|| format!("the {}", reason.kind), |id| format!("{} `{id}`", reason.kind));
        let said = format!("{} from {by}", reason.code.as_str());
        if let Some((span, label)) = super::decision::spans(reason, compilation).first() {
            finding = finding.and(*span, format!("{said}: {label}"));
        }
        let needed = if reason.needed.is_empty() { String::new() } else { format!("; needed: {}", reason.needed) };
        let perhaps = if reason.certain { "" } else { "perhaps " };
        help.push(format!("decided {perhaps}by {said}{needed}"));
    }
    if !step.told.missing.is_empty() {
        help.push(format!("not known: {}", step.told.missing.join(", ")));
    }
    finding.help(help.join("; "))
}

/// Earlier actions that were denied: what a test sets up did not happen.
fn earlier_denied(at: Span, name: &str, all: u64, denied: u64) -> Diagnostic {
    let message = format!(
        "`{name}`: of {} {denied} were denied, so they count and prove nothing",
        counted(usize::try_from(all).unwrap_or(usize::MAX), "earlier action")
    );
    Diagnostic::new(codes::EARLIER_DENIED, at, message)
        .help("mend the actions under `before`, or write `expect: deny` beside those that are meant to be denied")
}

fn uncertain(at: Span, name: &str, step: &StepRun<'_>) -> Diagnostic {
    let missing = step.told.missing.join(", ");
    let lower = step.told.lower.as_str();
    let message = format!("{name}: decided only because {missing} is not known; it might be {lower}");
    Diagnostic::new(codes::TEST_UNCERTAIN, at, message)
        .help("give these facts in the test, so that it tests what it says")
}

/// What is not as expected, with the number of the action where there are several.
fn problems(test: &TestRun<'_>) -> Vec<String> {
    let several = test.steps.len() > 1;
    let told = test.steps.iter().enumerate().filter_map(|(rank, step)| {
        let reasons = step.told.reasons.iter().filter(|reason| reason.effect == step.told.effect && reason.certain);
        let by = reasons.map(|reason| match reason.id {
            Some(id) => format!("{} from {} `{id}`", reason.code.as_str(), reason.kind),
            None => format!("{} from the {}", reason.code.as_str(), reason.kind),
        });
        let by = by.collect::<Vec<_>>().join(", ");
        let problem = format!("{} (decided by {by})", step.problem.as_ref()?);
        Some(if several { format!("action {}: {problem}", rank + 1) } else { problem })
    });
    told.collect()
}

/// `JUnit` XML.
#[must_use]
pub fn junit(runs: &[SuiteRun<'_>]) -> String {
    let mut report = Report::new("policyc");
    for run in runs {
        let mut suite = TestSuite::new(visible_line(run.id.as_str()));
        for test in &run.tests {
            let problems: Vec<String> = problems(test);
            let mut status = if problems.is_empty() {
                TestCaseStatus::success()
            } else {
                TestCaseStatus::non_success(NonSuccessKind::Failure)
            };
            if let Some(first) = problems.first() {
                status.set_message(visible_line(first)).set_description(visible(&problems.join("\n")));
            }
            let mut case = TestCase::new(visible_line(&test.name), status);
            case.set_classname(visible_line(run.id.as_str())).set_time(Duration::ZERO);
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report.to_string().unwrap_or_default()
}

/// That no suite could be run, so that nobody takes a missing file for tests that passed.
#[must_use]
pub fn junit_not_run(why: &str) -> String {
    let mut report = Report::new("policyc");
    let mut suite = TestSuite::new("policyc");
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(visible_line(why));
    let mut case = TestCase::new("the suites can be run", status);
    case.set_classname("policyc").set_time(Duration::ZERO);
    suite.add_test_case(case);
    report.add_test_suite(suite);
    report.to_string().unwrap_or_default()
}

/// What tests cover, as JSON.
#[must_use]
pub fn covered(coverage: &Coverage<'_>, compilation: &Compilation, sources: &SourceSet) -> CoverageReport {
    let mut places = Places::new(sources);
    let (covered, parts) = coverage.total();
    let points = coverage.parts().map(|(point, hits)| {
        let root = point.id.and_then(|id| compilation.places.root(id));
        let place = root.map(|root| places.place(way_span(root, &point.way)));
        PointLine {
            kind: point.kind,
            id: point.id.map(ToString::to_string),
            part: point.part.clone(),
            hits,
            line: place.as_ref().map(|place| place.line),
            file: place.map(|place| place.file),
        }
    });
    CoverageReport {
        percent: coverage.percent(),
        covered,
        parts,
        effects: coverage.effects().map(|(effect, count)| (effect.as_str(), count)).collect(),
        points: points.collect(),
    }
}

/// What tests do not cover, for people.
#[must_use]
pub fn uncovered(report: &CoverageReport) -> String {
    let mut text = String::new();
    for point in report.points.iter().filter(|point| point.hits == 0) {
        let id = point.id.as_deref().map_or(String::new(), |id| format!(" `{id}`"));
        let place = match (&point.file, point.line) {
            (Some(file), Some(line)) => format!("  {}:{line}", visible_line(file)),
            _ => String::new(),
        };
        text.push_str(&format!("  never decided: {}{id} {}{place}\n", point.kind, visible_line(&point.part)));
    }
    let effects: Vec<String> = report.effects.iter().map(|(effect, count)| format!("{effect} {count}")).collect();
    text.push_str(&format!(
        "coverage {:.1} %: {} of {} parts decided something; effects decided: {}\n",
        report.percent,
        report.covered,
        report.parts,
        effects.join(", ")
    ));
    text
}

/// What tests cover, in the format of lcov: a line of a file for each part.
#[must_use]
pub fn lcov(report: &CoverageReport) -> String {
    let mut files: BTreeMap<&str, BTreeMap<usize, u64>> = BTreeMap::new();
    for point in &report.points {
        if let (Some(file), Some(line)) = (&point.file, point.line) {
            *files.entry(file).or_default().entry(line).or_default() += point.hits;
        }
    }
    let mut text = String::new();
    for (file, lines) in files {
        text.push_str(&format!("TN:policyc\nSF:{}\n", visible_line(file)));
        text.extend(lines.iter().map(|(line, hits)| format!("DA:{line},{hits}\n")));
        let hit = lines.values().filter(|hits| **hits > 0).count();
        text.push_str(&format!("LF:{}\nLH:{hit}\nend_of_record\n", lines.len()));
    }
    text
}
