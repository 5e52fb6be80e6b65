use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Amount, JsonSchemaValue, Level, NonEmptyList, Risk};

/// A guardrail: budgets, lists, rates, approvals, evidence and constraints for a scope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "policyc policy",
    example = serde_json::json!({"id": "no-shell", "scope": "global", "denied_actions": ["shell.*"]})
)]
pub struct Policy {
    /// The kind of document; may be left out.
    #[serde(default)]
    #[schemars(with = "PolicyKind")]
    pub kind: Option<PolicyKind>,
    /// The schema that an editor uses; without meaning.
    #[serde(default, rename = "$schema")]
    #[schemars(with = "String")]
    pub schema: Option<String>,
    /// The identity, unique over the repository; absent: the file's stem.
    #[serde(default)]
    #[schemars(with = "String")]
    pub id: Option<String>,
    /// A name for people; absent: the id.
    #[serde(default)]
    #[schemars(with = "String")]
    pub name: Option<String>,
    /// What the policy is for.
    #[serde(default)]
    pub description: String,
    /// Whether the policy is evaluated.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What the policy applies to.
    #[serde(default)]
    pub scope: ScopeKind,
    /// The agents, runs, groups or missions it applies to: a pattern; only and always for a scope other than global.
    #[serde(default)]
    pub target_id: Option<String>,
    /// The most that one session may cost in all, in USD.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub session_budget: Option<f64>,
    /// The most that one run may cost in all, in USD.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub run_budget: Option<f64>,
    /// The most that the actions matching a pattern may cost in one session, in USD.
    #[serde(default)]
    pub action_budgets: BTreeMap<String, Amount>,
    /// Patterns of actions that are denied.
    #[serde(default)]
    pub denied_actions: Vec<String>,
    /// Patterns of the only actions that are allowed. null: no such list. []: nothing is allowed.
    #[serde(default)]
    pub allowed_actions: Option<Vec<String>>,
    /// How often actions matching a pattern may happen.
    #[serde(default)]
    pub rate_limits: BTreeMap<String, Limits>,
    /// Whether actions that meet the criteria below need approval; without criteria, every action.
    #[serde(default)]
    pub require_approval: bool,
    /// Criterion: patterns of actions that need approval.
    #[serde(default)]
    pub approval_actions: Vec<String>,
    /// Criterion: tags of which one is enough.
    #[serde(default)]
    pub approval_tags: Vec<String>,
    /// Criterion: risk levels, exactly these.
    #[serde(default)]
    pub approval_risk_levels: Vec<Risk>,
    /// Criterion: a cost in USD from which on approval is needed.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub approval_threshold_usd: Option<f64>,
    /// Further criteria that ask for approval whatever `require_approval` says.
    #[serde(default)]
    pub approval_rules: Vec<ApprovalRule>,
    /// How long an approval is waited for, in seconds.
    #[serde(default = "an_hour")]
    #[schemars(range(min = 1))]
    pub approval_timeout_seconds: u64,
    /// Who approves where nothing else is said: addresses, principals or groups.
    #[serde(default)]
    pub default_approvers: Vec<String>,
    /// Actions that must have succeeded earlier in the run.
    #[serde(default)]
    pub evidence_requirements: BTreeMap<String, NonEmptyList>,
    /// How old evidence may be, in seconds: for all actions, or by pattern.
    #[serde(default)]
    pub evidence_max_age_seconds: Option<MaxAge>,
    /// Patterns of actions that commit to something; each needs an evidence requirement.
    #[serde(default)]
    pub commit_actions: Vec<String>,
    /// The only actions that count as evidence, where given.
    #[serde(default)]
    pub evidence_actions: Vec<String>,
    /// JSON Schemas that the arguments of matching actions must satisfy.
    #[serde(default)]
    pub argument_constraints: BTreeMap<String, JsonSchemaValue>,
    /// Arguments that must equal what an earlier action read.
    #[serde(default)]
    pub grounding_rules: BTreeMap<String, GroundedArguments>,
}

/// The word `policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyKind {
    /// A policy.
    Policy,
}

/// What a policy applies to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    /// Every action.
    #[default]
    Global,
    /// Actions of matching agents.
    Agent,
    /// Actions of matching runs.
    Run,
    /// Actions of agents in matching groups.
    Group,
    /// Actions for matching missions.
    Mission,
}

/// One limit, or several that all hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Limits {
    /// One limit.
    One(Limit),
    /// Several limits, all binding.
    Many(#[schemars(length(min = 1))] Vec<Limit>),
}

/// How often something may happen in a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The most actions in the window.
    pub max_count: u64,
    /// The window in seconds.
    #[schemars(range(min = 1))]
    pub window_seconds: u64,
    /// Whose actions are counted together.
    #[serde(default)]
    pub per: Per,
}

/// Whose actions are counted together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Each agent's.
    #[default]
    Agent,
    /// Each run's.
    Run,
    /// Each session's.
    Session,
    /// All that the policy applies to.
    Scope,
}

/// One criterion for approval; its parts are joined by "and".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// A name for people.
    #[serde(default)]
    pub name: Option<String>,
    /// What must hold for approval to be needed.
    pub when: When,
    /// Who approves; absent: the policy's `default_approvers`.
    #[serde(default)]
    pub approvers: Vec<String>,
    /// How many must approve.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub required: u64,
    /// How long the approval is waited for, in seconds; absent: the policy's `approval_timeout_seconds`.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub timeout_seconds: Option<u64>,
}

/// What must hold, all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct When {
    /// The action matches one of these patterns.
    #[serde(default)]
    #[schemars(length(min = 1), with = "Vec<String>")]
    pub actions: Option<Vec<String>>,
    /// The action bears one of these tags.
    #[serde(default)]
    #[schemars(length(min = 1), with = "Vec<String>")]
    pub tags: Option<Vec<String>>,
    /// The action's risk is this or higher.
    #[serde(default)]
    #[schemars(with = "Risk")]
    pub risk_at_least: Option<Risk>,
    /// The action costs this or more, in USD.
    #[serde(default)]
    #[schemars(range(min = 0), with = "f64")]
    pub cost_usd_at_least: Option<f64>,
    /// The action's data is this sensitive or more.
    #[serde(default)]
    #[schemars(with = "Level")]
    pub data_classification_at_least: Option<Level>,
    /// Each of these arguments is present and validates.
    #[serde(default)]
    #[schemars(length(min = 1), with = "BTreeMap<String, JsonSchemaValue>", extend("minProperties" = 1))]
    pub arguments: Option<BTreeMap<String, JsonSchemaValue>>,
}

/// How old evidence may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MaxAge {
    /// The same for all actions, in seconds.
    All(u64),
    /// By pattern of the action being decided, in seconds.
    ByPattern(BTreeMap<String, u64>),
}

/// Arguments by name, each with where its value must have been read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("minProperties" = 1))]
pub struct GroundedArguments(pub BTreeMap<String, Grounding>);

/// Where a value must have been read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grounding {
    /// A pattern of the action that read it.
    pub source_action: String,
    /// The field, with dots between its parts.
    #[schemars(length(min = 1))]
    pub source_field: String,
    /// Where in the earlier action the field is.
    #[serde(default)]
    pub source_from: GroundingFrom,
}

/// Where in an earlier action a field is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroundingFrom {
    /// In its result.
    #[default]
    Result,
    /// In its arguments.
    Arguments,
}

fn yes() -> bool {
    true
}

fn an_hour() -> u64 {
    3600
}

fn one() -> u64 {
    1
}
