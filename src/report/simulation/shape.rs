//! The report of a replay as JSON, version 1: what all other formats are made from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{Effect, Reason};

/// What a replay came to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc simulation")]
pub struct Simulation {
    /// Always `policyc.simulation/v1`.
    pub schema: &'static str,
    /// What holds today; null where only one side was asked about.
    pub base: Option<SideLine>,
    /// What is asked about.
    pub head: SideLine,
    /// What was read.
    pub logs: Vec<LogLine>,
    /// What was asked beside it.
    pub asked: AskedLine,
    /// How much could be replayed for certain.
    pub coverage: CoverageLine,
    /// Actions by what is enforced.
    pub totals: Pair<Effects>,
    /// By what base enforces, then by what head enforces; null on one side alone.
    pub matrix: Option<BTreeMap<Effect, Effects>>,
    /// How many actions the change alters; null on one side alone.
    pub changes: Option<ChangesLine>,
    /// What differs between the sides; null on one side alone.
    pub edits: Option<Vec<EditLine>>,
    /// Changed actions by the row of `policyc diff --effects` between the same sides that accounts for them; null on one side
    /// alone, and where one document alone was asked about.
    pub rows: Option<Vec<RowCount>>,
    /// Actions whose outcome the change alters (on one side alone: that are stopped), by what they have in common: the
    /// largest group first.
    pub groups: Vec<GroupLine>,
    /// The first of them, in the order of the log.
    pub changed: Vec<SampleLine>,
    /// How many more there are.
    pub changed_omitted: u64,
    /// How often documents took part.
    pub documents: Vec<DocumentLine>,
    /// The documents of head that never gave a reason.
    pub never_hit: Vec<String>,
    /// Approvals that are asked for, or may be.
    pub approvals: Pair<ApprovalsLine>,
    /// What was decided when.
    pub over_time: OverTime,
    /// Every operation, by name.
    pub operations: Vec<OperationLine>,
    /// Against the decisions that were recorded; null where none was.
    pub recorded: Option<Pair<RecordedLine>>,
    /// Against the ground truth; null where none was asked for.
    pub truth: Option<TruthLine>,
    /// The gates that were asked for, and those that are not met.
    pub gates: Vec<GateLine>,
    /// The digest of all this without places, samples and names of logs: the same for any number of threads, and for
    /// policies without memory for any order of lines.
    pub digest: String,
}

/// Something of both sides.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Pair<T> {
    /// Of base; null on one side alone.
    pub base: Option<T>,
    /// Of head.
    pub head: T,
}

/// One side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SideLine {
    /// As it was named: a revision, an environment, or `work tree`.
    pub name: String,
    /// The digest of its bundle.
    pub bundle: String,
    /// What happens where no rule matches.
    pub default_effect: Effect,
    /// Whether the kill switch was on.
    pub kill_switch: bool,
    /// The one policy, rule or exception that was asked about, without all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
}

/// A log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogLine {
    /// Its name.
    pub name: String,
    /// Its form.
    pub form: String,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AskedLine {
    /// What became of approvals: granted, denied or as-recorded.
    pub approvals: String,
    /// What was assumed of every action that does not say it.
    pub assumed: BTreeMap<String, String>,
    /// Only actions from then on.
    pub since: Option<String>,
    /// Only actions before.
    pub until: Option<String>,
    /// Only actions for which these hold.
    pub conditions: Vec<String>,
    /// Only so many actions, drawn by their ids.
    pub sample: Option<usize>,
}

/// How much could be replayed for certain.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CoverageLine {
    /// Actions that were replayed, reported or not.
    pub replayed: u64,
    /// Actions that are reported.
    pub actions: u64,
    /// Places that cannot be read: none of them was replayed.
    pub unreadable: u64,
    /// Those of them at which a log breaks off: what stands behind is unknown.
    pub breaks: Vec<SeenLine>,
    /// Calls that were told before and are not counted again.
    pub repeated: u64,
    /// Actions of which something cannot be relied on and was taken as unknown.
    pub doubtful: u64,
    /// How often a time lies before the one that stands before it.
    pub times_back: u64,
    /// Actions that are decided for certain.
    pub certain: Pair<u64>,
    /// The certain ones among actions and unreadable places, in percent, rounded down to a tenth.
    pub percent: Pair<f64>,
    /// The earliest time.
    pub from: Option<String>,
    /// The latest time.
    pub to: Option<String>,
    /// Actions without a time.
    pub untimed: u64,
    /// What would make more actions certain: each set of facts with how many actions lack it.
    pub missing: Vec<MissingLine>,
    /// The first places that cannot be read.
    pub unreadable_places: Vec<SeenLine>,
    /// The first actions of which something cannot be relied on.
    pub doubtful_places: Vec<SeenLine>,
}

/// Facts that actions lack.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MissingLine {
    /// The facts.
    pub facts: Vec<String>,
    /// How many actions would be certain with them.
    pub actions: Pair<u64>,
    /// How many of those give such a fact, but so that it cannot be relied on: only a better log helps.
    pub unreliable: Pair<u64>,
}

/// What was seen at a place.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SeenLine {
    /// Where.
    #[serde(flatten)]
    pub place: LogPlace,
    /// What.
    pub message: String,
}

/// A place in a log.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LogPlace {
    /// The log.
    pub log: String,
    /// The line, from 1.
    pub line: u64,
    /// The part of a document that begins there.
    pub part: Option<String>,
}

/// How many actions have each effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Effects {
    /// Allowed.
    pub allow: u64,
    /// Somebody is asked first.
    pub approval_required: u64,
    /// Denied.
    pub deny: u64,
}

impl Effects {
    /// From the counts in the order of effects.
    #[must_use]
    pub fn of([allow, approval_required, deny]: [u64; 3]) -> Self {
        Self { allow, approval_required, deny }
    }

    /// All of them.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.allow + self.approval_required + self.deny
    }

    /// Of one effect.
    #[must_use]
    pub fn get(&self, effect: Effect) -> u64 {
        match effect {
            Effect::Allow => self.allow,
            Effect::ApprovalRequired => self.approval_required,
            Effect::Deny => self.deny,
        }
    }

    /// Those that are stopped: denied, or somebody is asked.
    #[must_use]
    pub fn stopped(&self) -> u64 {
        self.approval_required + self.deny
    }
}

/// How many actions a change alters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangesLine {
    /// Enforced more restrictively.
    pub tightened: u64,
    /// Enforced less restrictively.
    pub loosened: u64,
    /// Enforced alike, but more or less is certain.
    pub only_certainty: u64,
    /// In the worst case newly denied: on either bound head denies and base does not.
    pub newly_denied: u64,
    /// In the worst case newly allowed: on either bound head allows and base does not.
    pub newly_allowed: u64,
}

/// Something that differs between the sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EditLine {
    /// catalog, default, exception, policy or rule.
    pub kind: &'static str,
    /// The document; null for the first two.
    pub id: Option<String>,
    /// added, removed or changed.
    pub edit: &'static str,
    /// For how many actions it gave a reason: on the side where that are more.
    pub reasons: u64,
}

/// How many actions a row accounts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RowCount {
    /// The row's number; null where no row accounts for the change, but a setting, earlier actions, a kill switch, or a
    /// fact that is unknown.
    pub row: Option<usize>,
    /// How many actions.
    pub actions: u64,
}

/// Actions that have their deciders, agent and name in common.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GroupLine {
    /// tightened, loosened, or stopped on one side alone.
    pub direction: &'static str,
    /// How many.
    pub actions: u64,
    /// Who decided on the base side.
    pub base: Option<DeciderLine>,
    /// Who decided on the head side.
    pub head: DeciderLine,
    /// Who acted; null where that is unknown, and on one side alone.
    pub agent_id: Option<String>,
    /// The action.
    pub action: String,
    /// The rows that account for them; empty where `rows` of the report is null.
    pub rows: Vec<RowCount>,
    /// The first of them.
    pub samples: Vec<SampleLine>,
}

/// Who decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeciderLine {
    /// What is enforced.
    pub effect: Effect,
    /// catalog, default, environment, policy or rule.
    pub kind: String,
    /// The document.
    pub id: Option<String>,
}

/// One action.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SampleLine {
    /// Where it stands.
    #[serde(flatten)]
    pub place: LogPlace,
    /// The record's own id.
    pub id: Option<String>,
    /// When.
    pub time: Option<String>,
    /// Who.
    pub agent_id: Option<String>,
    /// What.
    pub action: String,
    /// Done to what.
    pub resource: Option<String>,
    /// The number of the row that accounts for the change; null where none does, and where `rows` of the report is null.
    pub row: Option<usize>,
    /// What base says.
    pub base: Option<VerdictLine>,
    /// What head says.
    pub head: VerdictLine,
}

/// What a side says of an action, by the reason that decides.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VerdictLine {
    /// What is enforced.
    pub effect: Effect,
    /// The permissive bound.
    pub lower: Effect,
    /// The facts that would make it certain.
    pub missing: Vec<String>,
    /// The code of the reason; null where nothing was in the way.
    pub code: Option<Reason>,
    /// catalog, default, environment, policy or rule.
    pub kind: String,
    /// The document.
    pub id: Option<String>,
    /// The number of its version; null for a draft, and without history.
    pub version: Option<u64>,
    /// The part of it.
    pub part: String,
    /// The file.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, from 1.
    pub column: Option<usize>,
    /// Why the document says so.
    pub rationale: String,
    /// What would have been needed.
    pub needed: String,
}

/// How often a document took part.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DocumentLine {
    /// catalog, default, environment, exception, policy or rule.
    pub kind: &'static str,
    /// The document; null for the first three.
    pub id: Option<String>,
    /// On the base side; null where it is not there.
    pub base: Option<HitsLine>,
    /// On the head side; null where it is not there.
    pub head: Option<HitsLine>,
}

/// How often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HitsLine {
    /// It gave a reason; an exception: it lifted something. Surely or possibly.
    pub reasons: u64,
    /// It was the one that decided.
    pub decided: u64,
}

/// Approvals that are asked for, or may be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ApprovalsLine {
    /// All of them.
    pub total: u64,
    /// On how many days there were some.
    pub days: u64,
    /// The day with the most of them.
    pub busiest_day: Option<String>,
    /// How many there were on that day, with all that bear no time: they may be of any day.
    pub most: u64,
}

/// What was decided when.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OverTime {
    /// hour, day, week or month of thirty days.
    pub unit: &'static str,
    /// By time; stretches without an action are left out.
    pub buckets: Vec<BucketLine>,
}

/// One stretch of time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BucketLine {
    /// When it begins.
    pub from: String,
    /// What base enforces.
    pub base: Option<Effects>,
    /// What head enforces.
    pub head: Effects,
}

/// What became of one operation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OperationLine {
    /// Integration and operation.
    pub action: String,
    /// What base enforces.
    pub base: Option<Effects>,
    /// What head enforces.
    pub head: Effects,
    /// Enforced more restrictively.
    pub tightened: u64,
    /// Enforced less restrictively.
    pub loosened: u64,
    /// Not decided for certain by head.
    pub uncertain: u64,
}

/// Against the decisions that were recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordedLine {
    /// Actions with a recorded decision.
    pub actions: u64,
    /// Those that are decided alike here.
    pub agree: u64,
    /// By the recorded decision, then by what is enforced here.
    pub matrix: BTreeMap<Effect, Effects>,
}

/// Against the ground truth.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TruthLine {
    /// Where it stands in the record.
    pub pointer: String,
    /// The value of bad actions.
    pub bad_value: serde_json::Value,
    /// How well each side tells them apart.
    pub sides: Pair<TruthSide>,
}

/// How well a side tells bad actions from good ones. Stopped: denied, or somebody is asked.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TruthSide {
    /// Bad actions.
    pub bad: Effects,
    /// Good ones.
    pub good: Effects,
    /// Those of which nothing is told.
    pub untold: Effects,
    /// The share of bad actions that are stopped; null where there is none.
    pub recall: Option<f64>,
    /// The share of good actions that are stopped; null where there is none.
    pub good_stopped: Option<f64>,
    /// The share of bad ones among those stopped; null where none is.
    pub precision: Option<f64>,
}

/// A gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GateLine {
    /// Its name, as the option is called.
    pub gate: String,
    /// What is allowed.
    pub allowed: String,
    /// What was found.
    pub found: String,
    /// Whether it is met.
    pub met: bool,
}
