use schemars::JsonSchema;
use serde::Serialize;

use crate::report::diff::DiffReport;
use crate::report::effects::EffectsReport;
use crate::report::findings::Findings;
use crate::report::history::ReviewLine;
use crate::report::simulation::{GateLine, Simulation};
use crate::report::suites::{PointLine, TestsReport};

/// Everything that a reviewer needs to know of a change, `policyc.ci/v1`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc ci")]
pub struct CiReport {
    /// Always `policyc.ci/v1`.
    pub schema: &'static str,
    /// `passed` or `refused`.
    pub verdict: &'static str,
    /// The same as one sentence.
    pub sentence: String,
    /// What the run is about.
    pub event: EventLine,
    /// What is compared with; null where there is nothing.
    pub base: Option<CiSideLine>,
    /// Whether the branch lacks what it is to be merged into has by now: it is judged by that, and told without it.
    pub behind: bool,
    /// What is judged.
    pub head: CiSideLine,
    /// The parts of the verdict, in their order.
    pub parts: Vec<PartVerdict>,
    /// What is wrong with the documents of head.
    pub findings: Findings,
    /// What came of the suites; null where none could be run.
    pub tests: Option<TestsReport>,
    /// What the tests cover of the documents that the change touches; null where there is no base, or no suite was run.
    pub touched: Option<TouchedLine>,
    /// The difference field by field; null where the sides cannot be compared.
    pub difference: Option<DiffReport>,
    /// The regions of actions that the change permits and forbids; null where the sides cannot be compared.
    pub effects: Option<EffectsReport>,
    /// What the change would have done to recorded actions; null where no log was replayed.
    pub simulation: Option<Simulation>,
    /// The gates of environments.
    pub gates: Vec<EnvironmentGate>,
    /// Files that govern, or that run policyc, and that the change touches; sorted.
    pub governing: Vec<String>,
    /// Who must approve, and who has; null where there is no base, or nothing was committed.
    pub approvals: Option<ApprovalsLine>,
}

/// What a run is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EventLine {
    /// The event, as the CI system calls it; null outside of one.
    pub name: Option<String>,
    /// The number of the pull request.
    pub pull: Option<u64>,
    /// The branch that it is for.
    pub target: Option<String>,
}

/// One side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CiSideLine {
    /// What it is called.
    pub name: String,
    /// The commit; null: what is not committed.
    pub commit: Option<String>,
    /// The commit that people wrote and approve, where `commit` is a merge of it that the forge made.
    pub reviewed: Option<String>,
    /// The digest of the canonical bundle; null where it does not compile.
    pub bundle: Option<String>,
}

/// One part of the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartVerdict {
    /// check, tests, difference, effects, recorded, gates or approvals.
    pub part: &'static str,
    /// What came of it.
    pub outcome: PartOutcome,
    /// What came of it, in words.
    pub sentence: String,
}

/// What came of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartOutcome {
    /// Nothing stands against the change.
    Passed,
    /// The change is refused.
    Refused,
    /// It could not be answered, and so the change is refused.
    NotRun,
    /// Nothing of that kind is configured, or there is nothing to compare with.
    Absent,
    /// Something is missing that this run does not ask for, or that those who must approve have taken upon themselves.
    Open,
}

/// What tests cover of the documents that a change touches.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TouchedLine {
    /// The documents, sorted.
    pub documents: Vec<String>,
    /// How many of their parts had a say in a test.
    pub covered: usize,
    /// How many parts they have.
    pub parts: usize,
    /// The parts that had none.
    pub uncovered: Vec<PointLine>,
}

/// A gate of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EnvironmentGate {
    /// The environment.
    pub environment: String,
    /// The gate.
    #[serde(flatten)]
    pub gate: GateLine,
}

/// Who must approve, and who has.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ApprovalsLine {
    /// `met`, `not_met`, or `unknown` where no source of reviews was given.
    pub outcome: &'static str,
    /// Whether the verdict asks for it.
    pub asked: bool,
    /// Whether the change permits more, or may, so that more is needed.
    pub loosens: bool,
    /// How many principals must approve.
    pub required: u64,
    /// Who may; empty: everybody.
    pub from: Vec<String>,
    /// The weakest evidence that counts: recorded, forge or attested.
    pub evidence: String,
    /// How many, and who, beyond that for a change that permits more; null: no more.
    pub loosening: Option<LooseningLine>,
    /// Who had a hand in the change, and cannot approve it.
    pub contributors: Vec<String>,
    /// Whose approvals count for all of it.
    pub approvers: Vec<String>,
    /// What is approved: documents, and what governs.
    pub changes: Vec<ApprovedLine>,
}

/// What a change that permits more needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LooseningLine {
    /// How many principals.
    pub required: u64,
    /// Who; empty: whoever may approve at all.
    pub from: Vec<String>,
}

/// One thing to approve.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ApprovedLine {
    /// The document; null: what governs, all of it.
    pub document: Option<String>,
    /// added, changed, removed or broken.
    pub change: &'static str,
    /// The digest of what was written before, which reviews are bound to; null: it was not there.
    pub from: Option<String>,
    /// The digest of what is written now; null: it is removed.
    pub to: Option<String>,
    /// `met`, `not_met` or `unknown`.
    pub outcome: &'static str,
    /// Whose approvals count.
    pub approvers: Vec<String>,
    /// What is missing, in words.
    pub missing: Vec<String>,
    /// Every review.
    pub reviews: Vec<ReviewLine>,
}
