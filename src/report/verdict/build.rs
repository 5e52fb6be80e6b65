use std::collections::BTreeSet;

use super::shape::{
    ApprovalsLine, ApprovedLine, CiReport, CiSideLine, EnvironmentGate, EventLine, LooseningLine, PartOutcome,
    PartVerdict, TouchedLine,
};
use crate::lifecycle::approvals::{Judgement, Outcome};
use crate::lifecycle::{Proposal, ProposedDocument};
use crate::report::diff::{DiffReport, headline, plural};
use crate::report::effects::EffectsReport;
use crate::report::findings::Findings;
use crate::report::history::ReviewLine;
use crate::report::simulation::{Simulation, grouped};
use crate::report::suites::TestsReport;
use crate::written::{Checks, Evidence};

/// What came of a part that may have nothing to answer with.
#[derive(Debug, Clone)]
pub enum Told<T> {
    /// The answer.
    Is(T),
    /// Nothing of that kind is there; what, in words.
    Absent(String),
    /// It could not be answered; why, in words.
    NotRun(String),
}

impl<T> Told<T> {
    /// The answer.
    pub fn answer(&self) -> Option<&T> {
        if let Self::Is(answer) = self { Some(answer) } else { None }
    }

    /// The same of what is made of the answer.
    pub fn map<U>(&self, turn: impl FnOnce(&T) -> U) -> Told<U> {
        match self {
            Self::Is(answer) => Told::Is(turn(answer)),
            Self::Absent(what) => Told::Absent(what.clone()),
            Self::NotRun(why) => Told::NotRun(why.clone()),
        }
    }

    fn into_answer(self) -> Option<T> {
        if let Self::Is(answer) = self { Some(answer) } else { None }
    }

    /// The verdict on it.
    fn verdict(&self, part: &'static str, judge: impl FnOnce(&T) -> (PartOutcome, String)) -> PartVerdict {
        let (outcome, sentence) = match self {
            Self::Is(answer) => judge(answer),
            Self::Absent(what) => (PartOutcome::Absent, what.clone()),
            Self::NotRun(why) => (PartOutcome::NotRun, why.clone()),
        };
        PartVerdict { part, outcome, sentence }
    }
}

/// All that is known of a change.
pub struct CiOf {
    /// What the run is about.
    pub event: EventLine,
    /// What is compared with.
    pub base: Option<CiSideLine>,
    /// Whether the branch lacks what it is to be merged into has by now.
    pub behind: bool,
    /// Whether what it is merged into is in error and head is not.
    pub mends: bool,
    /// What is judged.
    pub head: CiSideLine,
    /// What the base side asks beside approvals and gates.
    pub checks: Checks,
    /// The least share that tests must cover.
    pub least_coverage: Option<f64>,
    /// What is wrong.
    pub findings: Findings,
    /// What came of the suites.
    pub tests: Told<TestsReport>,
    /// The difference field by field.
    pub difference: Told<DiffReport>,
    /// What is permitted and forbidden.
    pub effects: Told<EffectsReport>,
    /// What it would have done to recorded actions.
    pub simulation: Told<Simulation>,
    /// The gates.
    pub gates: Told<Vec<EnvironmentGate>>,
    /// Files that govern, or that run policyc.
    pub governing: Vec<String>,
    /// Who must approve, and who has.
    pub approvals: Told<ApprovalsLine>,
}

/// The report on a change.
#[must_use]
pub fn ci(of: CiOf) -> CiReport {
    let touched = of.difference.answer().zip(of.tests.answer()).map(|(change, tests)| touched(change, tests));
    let mut parts = vec![
        check(&of.findings, &of.checks),
        of.tests.verdict("tests", |report| tests(report, of.least_coverage)),
        of.difference.verdict("difference", |report| (PartOutcome::Passed, headline(report))),
        of.effects.verdict("effects", |report| (PartOutcome::Passed, report.headline.sentence.clone())),
        of.simulation.verdict("recorded", |report| (PartOutcome::Passed, recorded(report))),
        of.gates.verdict("gates", |gates| judged(gates)),
        of.approvals.verdict("approvals", approved),
    ];
    if of.mends {
        mended(&mut parts, of.approvals.answer());
    }
    let against: Vec<&str> = parts.iter().filter(|part| part.is_against()).map(|part| part.part).collect();
    CiReport {
        schema: "policyc.ci/v1",
        verdict: if against.is_empty() { "passed" } else { "refused" },
        sentence: sentence(&parts, &against, of.effects.answer(), of.approvals.answer()),
        event: of.event,
        base: of.base,
        behind: of.behind,
        head: of.head,
        findings: of.findings,
        tests: of.tests.into_answer(),
        touched,
        difference: of.difference.into_answer(),
        effects: of.effects.into_answer(),
        simulation: of.simulation.into_answer(),
        gates: of.gates.into_answer().unwrap_or_default(),
        governing: of.governing,
        approvals: of.approvals.into_answer(),
        parts,
    }
}

impl PartVerdict {
    /// Whether the change is refused for it.
    #[must_use]
    pub fn is_against(&self) -> bool {
        matches!(self.outcome, PartOutcome::Refused | PartOutcome::NotRun)
    }
}

/// What is merged into cannot be mended otherwise: nothing can be compared with what is in error, so that a change that
/// mends it is judged by people alone, where they are asked and have approved.
fn mended(parts: &mut [PartVerdict], approvals: Option<&ApprovalsLine>) {
    let approved = approvals.is_some_and(|line| line.asked && line.outcome == "met" && !line.approvers.is_empty());
    let compares = |part: &PartVerdict| matches!(part.part, "difference" | "effects" | "recorded" | "gates");
    for part in parts.iter_mut().filter(|part| approved && compares(part) && part.outcome == PartOutcome::NotRun) {
        part.outcome = PartOutcome::Open;
        part.sentence.push_str("; this change mends it, and those who must have approved");
    }
}

/// Whether nothing but approvals of people is missing.
pub fn waits(parts: &[PartVerdict], approvals: Option<&ApprovalsLine>) -> bool {
    let mut against = parts.iter().filter(|part| part.is_against()).map(|part| part.part);
    let alone = against.next() == Some("approvals") && against.next().is_none();
    alone && approvals.is_some_and(|line| line.outcome == "not_met")
}

/// What only waits for people is told apart from what only a new commit mends, and what head's errors leave unanswered is not
/// named beside them.
fn sentence(
    parts: &[PartVerdict],
    against: &[&str],
    effects: Option<&EffectsReport>,
    approvals: Option<&ApprovalsLine>,
) -> String {
    let refused = |name: &str| parts.iter().any(|part| part.part == name && part.outcome == PartOutcome::Refused);
    let permits = effects.map_or(0, |effects| effects.headline.newly_permissive);
    match against {
        [] => {
            let open = approvals.is_some_and(|line| line.outcome != "met");
            let open = if open { "; approvals are missing, which this run does not ask for" } else { "" };
            let permits = match permits {
                0 => String::new(),
                regions => format!(", which permits more ({})", plural(regions, "region")),
            };
            format!("nothing stands against this change{permits}{open}")
        }
        _ if waits(parts, approvals) => "this change waits for approvals".to_owned(),
        against if refused("check") => {
            let causes = against.iter().filter(|name| refused(name)).copied().collect::<Vec<_>>();
            format!("this change is refused: see {}", causes.join(", "))
        }
        against => format!("this change is refused: see {}", against.join(", ")),
    }
}

fn check(findings: &Findings, checks: &Checks) -> PartVerdict {
    let counts = findings.counts;
    let refused = counts.error > 0 || counts.warning > 0 && checks.deny_warnings;
    let denied = if counts.error == 0 && refused { "; warnings are denied" } else { "" };
    let sentence = match (counts.error, counts.warning) {
        (0, 0) => "no errors, no warnings".to_owned(),
        (errors, warnings) => format!("{}, {}{denied}", plural(errors, "error"), plural(warnings, "warning")),
    };
    let outcome = if refused { PartOutcome::Refused } else { PartOutcome::Passed };
    PartVerdict { part: "check", outcome, sentence }
}

fn tests(report: &TestsReport, least: Option<f64>) -> (PartOutcome, String) {
    let (counts, coverage) = (report.counts, report.coverage.percent);
    let low = least.filter(|least| coverage < *least);
    let asked = low.map(|least| format!(", and {least} % are asked for")).unwrap_or_default();
    let all = counts.passed + counts.failed;
    let outcome = if counts.failed > 0 || low.is_some() { PartOutcome::Refused } else { PartOutcome::Passed };
    let came = match counts.failed {
        0 => format!("{} passed", plural(all, "test")),
        failed => format!("{failed} of {} failed", plural(all, "test")),
    };
    (outcome, format!("{came}, {coverage:.1} % covered{asked}"))
}

fn recorded(report: &Simulation) -> String {
    let actions = report.coverage.actions;
    let (tightened, loosened) = report.changes.as_ref().map_or((0, 0), |changes| (changes.tightened, changes.loosened));
    let certain = report.coverage.percent.head;
    let decided = match tightened + loosened {
        0 => format!("none of {} recorded actions is decided otherwise", grouped(actions)),
        all => format!(
            "{} of {} recorded actions decided otherwise, {} of them loosened",
            grouped(all),
            grouped(actions),
            grouped(loosened)
        ),
    };
    format!("{certain:.1} % decided for certain; {decided}")
}

fn judged(gates: &[EnvironmentGate]) -> (PartOutcome, String) {
    let unmet = gates.iter().filter(|gate| !gate.gate.met).count();
    match unmet {
        0 => (PartOutcome::Passed, format!("{} met", plural(gates.len(), "gate"))),
        unmet => (PartOutcome::Refused, format!("{unmet} of {} not met", plural(gates.len(), "gate"))),
    }
}

fn approved(line: &ApprovalsLine) -> (PartOutcome, String) {
    let sentence = match (line.outcome, line.changes.as_slice()) {
        (_, []) => "no document and nothing that governs is changed".to_owned(),
        ("met", _) if line.approvers.is_empty() => "no approval is asked for".to_owned(),
        ("met", _) => format!("approved; {} counted", plural(line.approvers.len(), "approval")),
        ("unknown", _) => "reviews are unknown: give the facts that policyc forge fetch writes with --forge".to_owned(),
        (_, changes) => {
            let lacking = changes.iter().filter(|change| change.outcome != "met").count();
            format!("approvals are missing for {lacking} of {}", plural(changes.len(), "change"))
        }
    };
    let outcome = match (line.outcome, line.asked) {
        ("met", _) => PartOutcome::Passed,
        (_, true) => PartOutcome::Refused,
        (_, false) => PartOutcome::Open,
    };
    (outcome, sentence)
}

/// What the tests cover of the documents that are added or changed.
fn touched(change: &DiffReport, tests: &TestsReport) -> TouchedLine {
    let there = change.documents.iter().filter(|document| document.fate != "removed");
    let ids: BTreeSet<&String> = there.filter_map(|document| document.id.as_ref()).collect();
    let of_them = |point: &&crate::report::suites::PointLine| point.id.as_ref().is_some_and(|id| ids.contains(id));
    let points: Vec<_> = tests.coverage.points.iter().filter(of_them).collect();
    let uncovered: Vec<_> = points.iter().filter(|point| point.hits == 0).map(|point| (*point).clone()).collect();
    let documents = points.iter().filter_map(|point| point.id.clone()).collect::<BTreeSet<String>>();
    TouchedLine {
        documents: documents.into_iter().collect(),
        covered: points.len() - uncovered.len(),
        parts: points.len(),
        uncovered,
    }
}

/// Who must approve, and who has; `asked`: whether the verdict asks for it.
#[must_use]
pub fn approvals(proposal: &Proposal, loosens: bool, asked: bool) -> ApprovalsLine {
    let needs = &proposal.base.needs;
    let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<String>>();
    let evidence = match needs.evidence {
        Evidence::Recorded => "recorded",
        Evidence::Forge => "forge",
        Evidence::Attested => "attested",
    };
    let governance = proposal.governance.as_ref().map(|judgement| ApprovedLine {
        document: None,
        change: "changed",
        from: None,
        to: None,
        ..of_judgement(judgement)
    });
    ApprovalsLine {
        outcome: word(proposal.outcome()),
        asked,
        loosens,
        required: needs.required,
        from: list(&needs.from),
        evidence: evidence.to_owned(),
        loosening: needs
            .loosening
            .as_ref()
            .map(|(required, from)| LooseningLine { required: *required, from: list(from) }),
        contributors: list(&proposal.contributors),
        approvers: list(&proposal.approvers()),
        changes: proposal.documents.iter().map(of_document).chain(governance).collect(),
    }
}

fn of_document(document: &ProposedDocument) -> ApprovedLine {
    let text = |digest: Option<crate::text::Digest>| digest.map(|digest| digest.to_string());
    ApprovedLine {
        document: Some(document.change.document.to_string()),
        change: document.kind.as_str(),
        from: text(document.change.from),
        to: text(document.change.to),
        ..of_judgement(&document.judgement)
    }
}

fn of_judgement(judgement: &Judgement) -> ApprovedLine {
    ApprovedLine {
        document: None,
        change: "",
        from: None,
        to: None,
        outcome: word(judgement.outcome),
        approvers: judgement.approvers.iter().cloned().collect(),
        missing: judgement.missing.clone(),
        reviews: judgement.reviews.iter().map(ReviewLine::of).collect(),
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Met => "met",
        Outcome::NotMet => "not_met",
        Outcome::Unknown => "unknown",
    }
}
