use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Effect;

/// What is live in an environment: written by policyc, one commit a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "policyc environment lock")]
pub struct Lock {
    /// Always `policyc.lock/v1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// Grows by one at each change.
    #[schemars(range(min = 1))]
    pub sequence: u64,
    /// The digest of the lock before; null for the first.
    pub previous: Option<String>,
    /// What is pinned, by document.
    pub documents: BTreeMap<String, Pin>,
    /// The catalog that is pinned; null: there is none.
    pub catalog: Option<CatalogPin>,
    /// The defaults that are pinned.
    pub defaults: PinnedDefaults,
    /// The digest of the bundle that all of it makes.
    pub bundle: String,
    /// The approvals that the change used.
    #[serde(default)]
    pub approvals: Vec<UsedApproval>,
    /// A deployment on its way; null: none.
    #[serde(default)]
    pub rollout: Option<RolloutState>,
    /// Whether everything is stopped.
    #[serde(default)]
    pub kill_switch: KillSwitch,
}

/// One version of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// Its rank among the versions of the document.
    #[schemars(range(min = 1))]
    pub version: u64,
    /// The commit.
    pub commit: String,
    /// The digest of what was written.
    pub source_digest: String,
    /// The digest of what it means.
    pub canonical_digest: String,
}

/// A catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogPin {
    /// The commit.
    pub commit: String,
}

/// Defaults as they act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PinnedDefaults {
    /// The commit whose settings say so; null: nobody set any.
    #[serde(default)]
    pub commit: Option<String>,
    /// The effect of an action that no rule matches.
    pub effect: Effect,
    /// How long an approval holds, in seconds.
    pub session_ttl: u64,
}

/// An approval that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsedApproval {
    /// Who.
    pub principal: String,
    /// How well proven.
    pub evidence: super::Evidence,
    /// The digest that was approved: of the lock without the approvals that it uses.
    pub digest: String,
    /// The review record, where the environment itself was reviewed; null: the reviews of the versions that it brings count.
    #[serde(default)]
    pub record: Option<super::ReviewRecord>,
}

/// A deployment on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolloutState {
    /// The digest of the bundle before.
    pub from: String,
    /// The digest of the bundle after.
    pub to: String,
    /// The share of runs that meet the new one.
    #[schemars(range(min = 1, max = 99))]
    pub percent: u8,
    /// Whether it waits for somebody to look.
    #[serde(default)]
    pub held: bool,
    /// What is live for all other runs.
    pub before: Pinned,
}

/// What decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// The documents.
    pub documents: BTreeMap<String, Pin>,
    /// The catalog; null: there is none.
    pub catalog: Option<CatalogPin>,
    /// The defaults.
    pub defaults: PinnedDefaults,
}

/// Whether everything is stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KillSwitch {
    /// Whether it is on.
    pub active: bool,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// By whom.
    #[serde(default)]
    pub by: Option<String>,
    /// When (RFC 3339).
    #[serde(default)]
    pub at: Option<String>,
}
