use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::NonEmptyList;

/// Who the people behind accounts and agents are: all accounts and agents of one person are one principal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "policyc identities",
    example = serde_json::json!({
        "kind": "identities",
        "principals": {"ada": {"name": "Ada", "accounts": ["github:ada", "ada@example.com"]}},
        "groups": {"security": ["ada"]},
    })
)]
pub struct Identities {
    /// The kind of document; may be left out.
    #[serde(default)]
    #[schemars(with = "IdentitiesKind")]
    pub kind: Option<IdentitiesKind>,
    /// The schema that an editor uses; without meaning.
    #[serde(default, rename = "$schema")]
    #[schemars(with = "String")]
    pub schema: Option<String>,
    /// People, by id.
    #[serde(default)]
    pub principals: BTreeMap<String, Principal>,
    /// Groups of principals, by id.
    #[serde(default)]
    pub groups: BTreeMap<String, NonEmptyList>,
}

/// The word `identities`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentitiesKind {
    /// Identities.
    Identities,
}

/// One person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    /// The name.
    #[serde(default)]
    pub name: String,
    /// Accounts: `github:login`, `gitlab:login` or a mail address.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Patterns of the agents that act for this person.
    #[serde(default)]
    pub agents: Vec<String>,
    /// SSH public keys that sign for this person.
    #[serde(default)]
    #[schemars(inner(regex(pattern = r"^(ssh|ecdsa|sk)-[A-Za-z0-9@.-]+ [A-Za-z0-9+/=]+")))]
    pub keys: Vec<String>,
}
