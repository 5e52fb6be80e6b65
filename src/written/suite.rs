use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Level, Reason, Risk};

/// Expected decisions: a test of policies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "policyc suite",
    example = serde_json::json!({
        "kind": "suite",
        "id": "shell-is-closed",
        "tests": [{
            "name": "nobody runs a shell",
            "action": {"integration": "shell", "operation": "bash", "arguments": {}},
            "expect": {"effect": "deny", "reason": "DENIED_ACTION"},
        }],
    })
)]
pub struct Suite {
    /// The kind of document.
    pub kind: SuiteKind,
    /// The schema that an editor uses; without meaning.
    #[serde(default, rename = "$schema")]
    #[schemars(with = "String")]
    pub schema: Option<String>,
    /// The identity, unique over the repository; absent: the file's stem.
    #[serde(default)]
    #[schemars(with = "String")]
    pub id: Option<String>,
    /// What the suite is for.
    #[serde(default)]
    pub description: String,
    /// The tests; may be left out beside a matrix.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub tests: Option<Vec<Test>>,
    /// Agents and actions, every one with every other; what is not listed under `expect` must be denied.
    #[serde(default)]
    pub matrix: Option<Matrix>,
}

/// Every agent with every action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// The agents.
    #[schemars(length(min = 1))]
    pub agents: Vec<String>,
    /// The actions by name, each without `agent_id`.
    #[schemars(extend("minProperties" = 1))]
    pub actions: BTreeMap<String, Action>,
    /// The effects by agent and action; what is not listed must be denied.
    pub expect: BTreeMap<String, BTreeMap<String, Effect>>,
    /// The time of actions that bear none (RFC 3339).
    #[serde(default)]
    pub now: Option<String>,
}

/// The word `suite`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuiteKind {
    /// A suite.
    Suite,
}

/// One action or one run, and the decisions expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// What the test says, unique in the suite.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Actions that are decided before, in order, and not judged: what counters and evidence need. Actions of one test
    /// that name neither run nor session share a run.
    #[serde(default)]
    pub before: Vec<Earlier>,
    /// The action to decide.
    #[serde(default)]
    #[schemars(with = "Action")]
    pub action: Option<Action>,
    /// The actions of one run to decide, in order; those that name neither run nor session share one.
    #[serde(default)]
    #[schemars(with = "Vec<Action>", length(min = 1))]
    pub actions: Option<Vec<Action>>,
    /// What is expected: one for `action`, one each for `actions`.
    pub expect: Expectations,
    /// The time of actions that bear none (RFC 3339).
    #[serde(default)]
    pub now: Option<String>,
    /// Marks what went wrong once: a rollback may not reopen it.
    #[serde(default)]
    pub never_again: bool,
}

/// An action before the one that is judged, done once or several times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// The action.
    pub action: Action,
    /// How often it is done.
    #[serde(default = "once")]
    #[schemars(range(min = 1, max = 10000))]
    pub times: u64,
    /// How many seconds lie between one and the next.
    #[serde(default)]
    #[schemars(range(max = 31_536_000))]
    pub every_seconds: u64,
    /// What each of them must be decided; absent: a denied one is warned about, because it did not happen.
    #[serde(default)]
    pub expect: Option<Effect>,
}

fn once() -> u64 {
    1
}

/// One expectation, or one each for several actions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Expectations {
    /// For `action`.
    One(Expectation),
    /// For `actions`.
    Many(#[schemars(length(min = 1))] Vec<Expectation>),
}

/// A decision that is expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The effect: the restrictive bound, which is what is enforced.
    pub effect: Effect,
    /// The id of a document that must give a reason of that effect, or of an exception that lifts one.
    #[serde(default)]
    pub by: Option<String>,
    /// A reason that must be given.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// The permissive bound, in a test about unknown facts: the decision is expected to lie between the two.
    #[serde(default)]
    pub lower: Option<Effect>,
    /// Who must be asked to approve, exactly these.
    #[serde(default)]
    pub approvers: Option<Vec<String>>,
    /// How many must be asked to approve.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub required: Option<u64>,
}

/// What came of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was tried and failed.
    Error,
    /// A guardrail stopped it.
    Blocked,
    /// A person refused it.
    Rejected,
}

/// An attempted tool call, as records have it; what is left out is unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The record's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// When (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// In which run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// In which turn of the run; calls of one turn are parallel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
    /// A group the agent belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// The mission it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mission_id: Option<String>,
    /// The integration, such as `mail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration: Option<String>,
    /// The operation, such as `send`.
    pub operation: String,
    /// What it is done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// How sensitive the data is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_classification: Option<Level>,
    /// The arguments; `{}` is known to be empty, absent is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<BTreeMap<String, serde_json::Value>>,
    /// The tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// The risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_level: Option<Risk>,
    /// The cost in USD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub cost_usd: Option<f64>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The error it ended with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What it gave back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<serde_json::Value>,
}
