use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{JsonSchemaValue, Level, Risk};

/// What is known of the actions agents can take, and of agents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "policyc catalog",
    example = serde_json::json!({
        "kind": "catalog",
        "closed": true,
        "actions": {"mail.send": {"risk_level": "medium", "data_classification": "internal", "cost_usd": 0}},
        "agents": {"mail-*": {"groups": ["office"], "state": "active"}},
    })
)]
pub struct Catalog {
    /// The kind of document; may be left out.
    #[serde(default)]
    #[schemars(with = "CatalogKind")]
    pub kind: Option<CatalogKind>,
    /// The schema that an editor uses; without meaning.
    #[serde(default, rename = "$schema")]
    #[schemars(with = "String")]
    pub schema: Option<String>,
    /// What is known of actions, by pattern.
    #[serde(default)]
    pub actions: BTreeMap<String, CatalogAction>,
    /// What is known of agents, by pattern.
    #[serde(default)]
    pub agents: BTreeMap<String, AgentEntry>,
    /// What holds where neither record nor catalog say anything.
    #[serde(default)]
    pub defaults: CatalogDefaults,
    /// Whether there is no action but these.
    #[serde(default)]
    pub closed: bool,
    /// Whether there is no agent but these.
    #[serde(default)]
    pub closed_agents: bool,
}

/// The word `catalog`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CatalogKind {
    /// A catalog.
    Catalog,
}

/// What is known of an action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogAction {
    /// What the action does.
    #[serde(default)]
    pub description: String,
    /// A JSON Schema of its arguments.
    #[serde(default)]
    pub arguments: Option<JsonSchemaValue>,
    /// Its tags; absent: unknown unless a record says them. `[]`: none.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// How risky it is.
    #[serde(default)]
    pub risk_level: Option<Risk>,
    /// What one call costs, in USD.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub cost_usd: Option<f64>,
    /// How sensitive its data is.
    #[serde(default)]
    pub data_classification: Option<Level>,
    /// What it is done to: a text with arguments in braces, such as `{arguments.path}`.
    #[serde(default)]
    pub resource: Option<String>,
}

/// What is known of an agent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentEntry {
    /// The groups it belongs to; absent: unknown unless a record says one. `[]`: none.
    #[serde(default)]
    pub groups: Option<Vec<String>>,
    /// The missions it works for; absent: unknown unless a record says one. `[]`: none.
    #[serde(default)]
    pub missions: Option<Vec<String>>,
    /// Who answers for it.
    #[serde(default)]
    pub owner: Option<String>,
    /// Whether it may act at all.
    #[serde(default)]
    pub state: AgentState,
}

/// Whether an agent may act.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// It may.
    #[default]
    Active,
    /// It may not for now.
    Suspended,
    /// It may not any more.
    Retired,
}

/// What holds where neither record nor catalog say anything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogDefaults {
    /// The cost of a call, in USD.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub cost_usd: Option<f64>,
    /// How sensitive the data is.
    #[serde(default)]
    pub data_classification: Option<Level>,
    /// How risky the action is.
    #[serde(default)]
    pub risk_level: Option<Risk>,
}
