use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reason;

/// A time-bound or count-bound carve-out from one policy or rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "policyc exception",
    example = serde_json::json!({
        "kind": "exception",
        "id": "migration-week",
        "policy": "no-shell",
        "reason": "the migration needs a shell until Friday",
        "agents": ["migration-bot"],
        "expires_at": "2027-01-31T00:00:00Z",
    })
)]
pub struct Exception {
    /// The kind of document.
    pub kind: ExceptionKind,
    /// The schema that an editor uses; without meaning.
    #[serde(default, rename = "$schema")]
    #[schemars(with = "String")]
    pub schema: Option<String>,
    /// The identity, unique over the repository; absent: the file's stem.
    #[serde(default)]
    #[schemars(with = "String")]
    pub id: Option<String>,
    /// The id of the policy or rule it is an exception from.
    pub policy: String,
    /// Why.
    #[schemars(length(min = 10))]
    pub reason: String,
    /// Patterns of the agents it is for.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub agents: Option<Vec<String>>,
    /// Patterns of the runs it is for.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub runs: Option<Vec<String>>,
    /// Patterns of the actions it is for; absent: all.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub actions: Option<Vec<String>>,
    /// The reasons it lifts; absent: all.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub reasons: Option<Vec<Reason>>,
    /// From when on it holds (RFC 3339); absent: always.
    #[serde(default)]
    pub starts_at: Option<String>,
    /// When it ends (RFC 3339, exclusive).
    #[serde(default)]
    pub expires_at: Option<String>,
    /// How many actions it may be used for.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub max_uses: Option<u64>,
}

/// The word `exception`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExceptionKind {
    /// An exception.
    Exception,
}
