use serde_json::{Value, json};

use super::texts;
use crate::model::{AgentEntry, Approvals, Catalog, CatalogAction, Environment, Identities, Principal, Usd};

/// The canonical value of the catalog.
#[must_use]
pub fn catalog(catalog: &Catalog) -> Value {
    let actions = catalog.actions.iter().map(|(pattern, entry)| (pattern.to_string(), action(entry)));
    let agents = catalog.agents.iter().map(|(pattern, entry)| (pattern.to_string(), agent(entry)));
    json!({
        "kind": "catalog",
        "actions": Value::Object(actions.collect()),
        "agents": Value::Object(agents.collect()),
        "defaults": {
            "cost_usd": catalog.defaults.cost_usd.map(Usd::to_json),
            "data_classification": catalog.defaults.data_classification,
            "risk_level": catalog.defaults.risk_level,
        },
        "closed": catalog.closed,
        "closed_agents": catalog.closed_agents,
    })
}

fn action(action: &CatalogAction) -> Value {
    json!({
        "description": action.description,
        "arguments": action.arguments.as_ref().map(|schema| &schema.0),
        "tags": action.tags,
        "risk_level": action.risk_level,
        "cost_usd": action.cost_usd.map(Usd::to_json),
        "data_classification": action.data_classification,
        "resource": action.resource,
    })
}

fn agent(agent: &AgentEntry) -> Value {
    json!({
        "groups": agent.groups,
        "missions": agent.missions,
        "owner": agent.owner,
        "state": agent.state,
    })
}

/// The canonical value of the identities.
#[must_use]
pub fn identities(identities: &Identities) -> Value {
    let principals = identities.principals.iter().map(|(id, entry)| (id.clone(), principal(entry)));
    json!({
        "kind": "identities",
        "principals": Value::Object(principals.collect()),
        "groups": identities.groups,
    })
}

fn principal(principal: &Principal) -> Value {
    json!({
        "name": principal.name,
        "accounts": principal.accounts,
        "agents": texts(&principal.agents),
        "keys": principal.keys,
    })
}

/// The canonical value of an environment.
#[must_use]
pub fn environment(environment: &Environment) -> Value {
    json!({
        "kind": "environment",
        "id": environment.id.as_str(),
        "description": environment.description,
        "approvals": approvals(&environment.approvals),
        "gates": environment.gates,
        "rollback": {"from": environment.rollback_from},
        "rollout": {"steps": environment.rollout_steps},
        "circuit_breaker": environment.circuit_breaker,
        "tokens": {"keys": environment.tokens.keys, "max_ttl_seconds": environment.tokens.max_ttl_seconds},
    })
}

fn approvals(approvals: &Approvals) -> Value {
    json!({
        "required": approvals.required,
        "from": approvals.from,
        "evidence": approvals.evidence,
        "loosening": approvals.loosening.as_ref().map(|(required, from)| json!({"required": required, "from": from})),
    })
}
