use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What a decision says: allow < `approval_required` < deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The action may go ahead.
    Allow,
    /// A person must approve first.
    ApprovalRequired,
    /// The action must not happen.
    Deny,
}

impl Effect {
    /// All of them, the most permissive first.
    pub const ALL: [Self; 3] = [Self::Allow, Self::ApprovalRequired, Self::Deny];

    /// The word, as documents write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::ApprovalRequired => "approval_required",
            Self::Deny => "deny",
        }
    }
}

/// How sensitive data is: public < internal < confidential < restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For anybody.
    Public,
    /// For the company.
    Internal,
    /// For those who need it.
    Confidential,
    /// For named people.
    Restricted,
}

impl Level {
    /// The word, as documents write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }
}

/// How risky an action is: minimal < low < medium < high < critical.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Nothing to lose.
    Minimal,
    /// Easily undone.
    Low,
    /// Undone with effort.
    Medium,
    /// Hard to undo.
    High,
    /// Cannot be undone.
    Critical,
}

impl Risk {
    /// The word, as documents write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Why a decision is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// The kill switch of the environment is on.
    KillSwitch,
    /// The catalog says that the agent is suspended or retired.
    AgentInactive,
    /// The closed catalog does not know the agent.
    UnknownAgent,
    /// The closed catalog does not know the action.
    UnknownAction,
    /// A rule decided.
    Rule,
    /// A condition of the deciding rule made it more restrictive.
    RuleCondition,
    /// No rule matched; the default decided.
    NoMatchingRule,
    /// The action is on a list of denied actions.
    DeniedAction,
    /// The action is not on a list of allowed actions.
    NotInAllowlist,
    /// A rate limit is used up.
    RateLimited,
    /// A budget would be exceeded.
    BudgetExceeded,
    /// A required earlier action did not succeed.
    MissingEvidence,
    /// A required earlier action is too long ago.
    StaleEvidence,
    /// The arguments do not validate.
    ArgumentConstraint,
    /// An argument is not what an earlier action read.
    UngroundedArgument,
    /// A person must approve.
    ApprovalRequired,
}

impl Reason {
    /// The code, as decisions show it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KillSwitch => "KILL_SWITCH",
            Self::AgentInactive => "AGENT_INACTIVE",
            Self::UnknownAgent => "UNKNOWN_AGENT",
            Self::UnknownAction => "UNKNOWN_ACTION",
            Self::Rule => "RULE",
            Self::RuleCondition => "RULE_CONDITION",
            Self::NoMatchingRule => "NO_MATCHING_RULE",
            Self::DeniedAction => "DENIED_ACTION",
            Self::NotInAllowlist => "NOT_IN_ALLOWLIST",
            Self::RateLimited => "RATE_LIMITED",
            Self::BudgetExceeded => "BUDGET_EXCEEDED",
            Self::MissingEvidence => "MISSING_EVIDENCE",
            Self::StaleEvidence => "STALE_EVIDENCE",
            Self::ArgumentConstraint => "ARGUMENT_CONSTRAINT",
            Self::UngroundedArgument => "UNGROUNDED_ARGUMENT",
            Self::ApprovalRequired => "APPROVAL_REQUIRED",
        }
    }
}

/// A list of texts with at least one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct NonEmptyList(#[schemars(length(min = 1))] pub Vec<String>);

/// An amount of US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Amount(#[schemars(range(min = 0))] pub f64);

/// A JSON Schema (2020-12) inside a document: kept as a value, checked when the document is lowered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonSchemaValue(pub serde_json::Value);

impl JsonSchema for JsonSchemaValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "JsonSchema".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["object", "boolean"],
            "description": "a JSON Schema, 2020-12: `format` asserts, `$ref` stays inside, a keyword about one type needs `type` beside it"
        })
    }
}
