use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where versions are live, and what it takes to change them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "policyc environment",
    example = serde_json::json!({
        "kind": "environment",
        "description": "what customers meet",
        "approvals": {"required": 2, "from": ["security"], "evidence": "forge"},
        "gates": {"max_newly_denied": "1%", "max_newly_allowed": 0},
        "rollout": {"steps": [5, 25, 50, 100]},
    })
)]
pub struct Environment {
    /// The kind of document; may be left out.
    #[serde(default)]
    #[schemars(with = "EnvironmentKind")]
    pub kind: Option<EnvironmentKind>,
    /// The schema that an editor uses; without meaning.
    #[serde(default, rename = "$schema")]
    #[schemars(with = "String")]
    pub schema: Option<String>,
    /// The name; the file's stem, and no other.
    #[serde(default)]
    #[schemars(with = "String")]
    pub id: Option<String>,
    /// What the environment is.
    #[serde(default)]
    pub description: String,
    /// What a deployment needs.
    #[serde(default)]
    pub approvals: Approvals,
    /// What a replay of recorded actions must show.
    #[serde(default)]
    pub gates: Gates,
    /// Who may roll back.
    #[serde(default)]
    pub rollback: Rollback,
    /// How a deployment spreads.
    #[serde(default)]
    pub rollout: Rollout,
    /// When the runtime is to stop by itself; enforced there.
    #[serde(default)]
    pub circuit_breaker: Option<CircuitBreaker>,
    /// Who signs decisions of this environment, and for how long.
    #[serde(default)]
    pub tokens: TokenSettings,
}

/// Who signs decisions, and for how long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenSettings {
    /// OpenSSH public keys, `ssh-ed25519 AAAA… comment`, that sign decision tokens; none: no token holds.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The longest that a token holds, in seconds; null: as long as an approval does.
    #[serde(default)]
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    pub max_ttl_seconds: Option<u64>,
}

/// The word `environment`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EnvironmentKind {
    /// An environment.
    Environment,
}

/// How many must approve, who, and how well it must be proven.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    /// How many principals must approve.
    #[serde(default = "one")]
    pub required: u64,
    /// Who may approve: principals or groups; empty: everybody.
    #[serde(default)]
    pub from: Vec<String>,
    /// The weakest evidence that counts.
    #[serde(default)]
    pub evidence: Evidence,
    /// What a change that permits more needs beyond that.
    #[serde(default)]
    pub loosening: Option<Loosening>,
}

impl Default for Approvals {
    fn default() -> Self {
        Self { required: 1, from: Vec::new(), evidence: Evidence::Forge, loosening: None }
    }
}

/// What a change that permits more needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Loosening {
    /// How many principals must approve.
    pub required: u64,
    /// Who may approve; empty: as above.
    #[serde(default)]
    pub from: Vec<String>,
}

/// How well an approval is proven: attested > forge > recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A record in the repository.
    Recorded,
    /// The forge says so.
    #[default]
    Forge,
    /// Signed by the approver.
    Attested,
}

/// What a replay of recorded actions must show.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// The most actions that may be newly denied.
    #[serde(default)]
    pub max_newly_denied: Option<NumberOrPercent>,
    /// The most actions that may be newly allowed.
    #[serde(default)]
    pub max_newly_allowed: Option<NumberOrPercent>,
    /// The most approvals a day.
    #[serde(default)]
    pub max_approvals_per_day: Option<u64>,
    /// The least share of actions that could be replayed for certain.
    #[serde(default)]
    #[schemars(with = "Option<Percent>")]
    pub min_coverage: Option<String>,
}

/// A number, or a share of all actions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum NumberOrPercent {
    /// So many actions.
    Number(u64),
    /// Such a share, as `1%` or `0.5%`.
    Percent(#[schemars(regex(pattern = r"^(100|[0-9]{1,2}(\.[0-9]{1,4})?)%$"))] String),
}

/// A share, as `95%`.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Percent(#[schemars(regex(pattern = r"^(100|[0-9]{1,2}(\.[0-9]{1,4})?)%$"))] String);

/// Who may roll back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// Principals or groups; empty: whoever may approve.
    #[serde(default)]
    pub from: Vec<String>,
}

/// How a deployment spreads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    /// Shares in percent, rising to 100.
    #[schemars(length(min = 1), inner(range(min = 1, max = 100)))]
    pub steps: Vec<u8>,
}

impl Default for Rollout {
    fn default() -> Self {
        Self { steps: vec![100] }
    }
}

/// When the runtime is to stop by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CircuitBreaker {
    /// Over how long the thresholds are measured, in seconds.
    #[schemars(range(min = 1))]
    pub window_seconds: u64,
    /// The largest share of denials, 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub max_deny_ratio: Option<f64>,
    /// The largest share of errors, 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub max_error_ratio: Option<f64>,
    /// The longest decision at the 99th percentile, in milliseconds.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub max_p99_ms: Option<u64>,
    /// Who is told: addresses, principals or groups.
    #[serde(default)]
    pub alerts: Vec<String>,
}

fn one() -> u64 {
    1
}
