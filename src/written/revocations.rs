use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Decision tokens of an environment that hold no longer: written by policyc, and only ever longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "policyc revocations of an environment")]
pub struct Revocations {
    /// Always `policyc.revocations/v1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// What is revoked, in the order in which it was.
    pub revoked: Vec<Revocation>,
}

/// One revocation; it names exactly one of a token, a key and a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The `jti` of one token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub token: Option<String>,
    /// The id of a key: nothing that it signed holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub key: Option<String>,
    /// A time (RFC 3339): nothing that was issued before it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub issued_before: Option<String>,
    /// When it was revoked (RFC 3339).
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
}
