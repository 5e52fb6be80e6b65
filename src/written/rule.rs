use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, JsonSchemaValue, Level};

/// One prioritised statement: allow, ask or deny.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "policyc rule",
    example = serde_json::json!({
        "id": "mail-needs-approval",
        "agent_id": "*",
        "policy_name": "Require approval for confidential mail",
        "target_integration": "mail",
        "operation": "send",
        "resource_scope": "*",
        "data_classification": "confidential",
        "policy_effect": "approval_required",
        "rationale": "Confidential data leaves the company only when a person has looked at it.",
    })
)]
pub struct Rule {
    /// The kind of document; may be left out.
    #[serde(default)]
    #[schemars(with = "RuleKind")]
    pub kind: Option<RuleKind>,
    /// The schema that an editor uses; without meaning.
    #[serde(default, rename = "$schema")]
    #[schemars(with = "String")]
    pub schema: Option<String>,
    /// The identity, unique over the repository; absent: the file's stem.
    #[serde(default)]
    #[schemars(with = "String")]
    pub id: Option<String>,
    /// A pattern of the agents it is about.
    pub agent_id: String,
    /// A name for people.
    #[schemars(length(min = 1))]
    pub policy_name: String,
    /// A pattern of the integration.
    pub target_integration: String,
    /// A pattern of the operation.
    pub operation: String,
    /// A pattern of the resource.
    pub resource_scope: String,
    /// The data it is about: for allow this level and below, for `approval_required` and deny this level and above.
    pub data_classification: Classification,
    /// What it says.
    pub policy_effect: Effect,
    /// Why, shown to those who meet it.
    #[schemars(length(min = 10, max = 1000))]
    pub rationale: String,
    /// Higher goes first.
    #[serde(default = "hundred")]
    #[schemars(range(min = 0, max = 1000))]
    pub priority: u64,
    /// What else must hold, and what makes the rule more restrictive.
    #[serde(default)]
    pub conditions: Option<Conditions>,
    /// How long an approval holds, in seconds; null: the settings' `defaults.session_ttl`.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub max_session_ttl: Option<u64>,
    /// false is the soft delete: kept and versioned, never evaluated.
    #[serde(default = "yes")]
    pub is_active: bool,
    /// Who changed it last, as claimed here.
    #[serde(default)]
    pub modified_by: Option<String>,
    /// When it was changed last, as claimed here (RFC 3339).
    #[serde(default)]
    pub modified_at: Option<String>,
}

/// The word `rule`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// A rule.
    Rule,
}

/// The data a rule is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Classification {
    /// A ceiling for allow, a floor for `approval_required` and deny.
    Level(Level),
    /// A bound that says which.
    Bound(Bound),
}

/// An explicit bound on the data a rule is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub struct Bound {
    /// This level and below.
    #[serde(default)]
    #[schemars(with = "Level")]
    pub at_most: Option<Level>,
    /// This level and above.
    #[serde(default)]
    #[schemars(with = "Level")]
    pub at_least: Option<Level>,
    /// This level only.
    #[serde(default)]
    #[schemars(with = "Level")]
    pub exactly: Option<Level>,
}

/// What else must hold, and what makes a matching rule more restrictive.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// Part of the match: each named argument is present and validates.
    #[serde(default)]
    pub arguments: BTreeMap<String, JsonSchemaValue>,
    /// More restrictive when the agent does this too often.
    #[serde(default)]
    pub rate_limit: Option<ActionRateLimit>,
    /// More restrictive at certain times.
    #[serde(default)]
    pub time_restriction: Option<TimeRestriction>,
    /// More restrictive when it costs too much.
    #[serde(default)]
    pub cost_threshold: Option<CostThreshold>,
    /// More restrictive unless a service agrees; never called by compile, test and simulate.
    #[serde(default)]
    pub webhook_check: Option<WebhookCheck>,
}

/// How often one agent may do one operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionRateLimit {
    /// The most actions in the window.
    pub max_actions: u64,
    /// The window in minutes.
    #[schemars(range(min = 1))]
    pub window_minutes: u64,
    /// Patterns of the actions the condition applies to; absent: all.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub action_types: Option<Vec<String>>,
    /// What the rule says when it is exceeded.
    #[serde(default = "ask")]
    pub on_exceed: Effect,
}

/// When an action is not wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeRestriction {
    /// Hours of the day, 0 to 23.
    #[serde(default)]
    #[schemars(inner(range(min = 0, max = 23)))]
    pub blocked_hours: Vec<u8>,
    /// Days of the week.
    #[serde(default)]
    pub blocked_days: Vec<Weekday>,
    /// An IANA timezone.
    #[serde(default = "utc")]
    pub timezone: String,
    /// Patterns of the actions the condition applies to; absent: all.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub action_types: Option<Vec<String>>,
    /// What the rule says at a blocked time.
    #[serde(default = "deny")]
    pub on_violation: Effect,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days of the week are known")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// How much may be spent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostThreshold {
    /// The most that one action may cost, in USD.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub max_cost_per_action: Option<f64>,
    /// The most that the agent may spend in an hour with this action, in USD.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub max_cost_per_hour: Option<f64>,
    /// What the rule says when it is exceeded.
    #[serde(default = "ask")]
    pub on_exceed: Effect,
}

/// A service that is asked at run time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookCheck {
    /// The address, https.
    #[schemars(regex(pattern = r"^https://[^\s/]+"))]
    pub url: String,
    /// How long its answer is waited for, in milliseconds.
    #[serde(default = "two_seconds")]
    #[schemars(range(min = 1))]
    pub timeout_ms: u64,
    /// What the rule says when no answer comes.
    #[serde(default = "deny")]
    pub on_timeout: Effect,
}

fn hundred() -> u64 {
    100
}

fn yes() -> bool {
    true
}

fn ask() -> Effect {
    Effect::ApprovalRequired
}

fn deny() -> Effect {
    Effect::Deny
}

fn utc() -> String {
    "UTC".to_owned()
}

fn two_seconds() -> u64 {
    2000
}
