use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Effect;

/// What a decision token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenClaims {
    /// Always `policyc`.
    pub iss: String,
    /// Where it holds: `environment:` and the name.
    pub aud: String,
    /// Its id: the digest of everything else that it says.
    pub jti: String,
    /// When it was issued, in Unix seconds.
    pub iat: u64,
    /// When it ends, in Unix seconds.
    pub exp: u64,
    /// The digest of the bundle that decided.
    pub bundle: String,
    /// The sequence of the lock that pinned the bundle.
    pub sequence: u64,
    /// The decision.
    pub decision: TokenDecision,
    /// The digest of the RFC 8785 bytes of the action, as it was read.
    pub action: String,
    /// Who acts, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub agent_id: Option<String>,
    /// The run, else the session, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub run_id: Option<String>,
}

/// The decision of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenDecision {
    /// What is enforced.
    pub effect: Effect,
    /// Whether unknown facts change nothing.
    pub certain: bool,
    /// The rule that decided.
    pub rule_id: Option<String>,
    /// The first policy that carries the effect.
    pub policy_id: Option<String>,
    /// The codes of the reasons, each once, the deciding one first.
    pub reasons: Vec<String>,
}
