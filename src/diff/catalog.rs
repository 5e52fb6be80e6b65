//! What a change of the catalog does: facts of actions and agents, and which of them there are at all.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::change::Path;
use super::context::Context;
use super::fields::one;
use super::sets::words;
use super::{Change, Direction};
use crate::canon;
use crate::model::{ActionPattern, AgentEntry, AgentState, Catalog, CatalogAction, Pattern, Polarity, Usd};

/// The changes of a catalog.
pub(super) fn changes(before: &Catalog, after: &Catalog, cx: &Context<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    for pattern in before.actions.keys().chain(after.actions.keys()).collect::<BTreeSet<_>>() {
        changes.extend(action(before, after, pattern));
    }
    for pattern in before.agents.keys().chain(after.agents.keys()).collect::<BTreeSet<_>>() {
        changes.extend(agent(before, after, pattern));
    }
    changes.extend(defaults(before, after));
    // What exceptions hold for is used up by other actions where facts are others.
    let decides_otherwise = |change: &&mut Change| cx.counts() && change.direction != Direction::Neutral;
    changes.iter_mut().filter(decides_otherwise).for_each(|change| change.direction = Direction::Both);
    for (name, old, new) in
        [("closed", before.closed, after.closed), ("closed_agents", before.closed_agents, after.closed_agents)]
    {
        changes.extend(one(&Path::of(name), old, new, Direction::Tightening.of(&old, &new)));
    }
    changes.retain(Change::is_one);
    changes
}

/// What it does that a name is listed on one side only, where it is denied if it is not.
fn listing(denied: bool, listed_before: bool, listed_after: bool) -> Direction {
    match (denied, listed_before, listed_after) {
        (true, false, true) => Direction::Loosening,
        (true, true, false) => Direction::Tightening,
        _ => Direction::Neutral,
    }
}

fn action(before: &Catalog, after: &Catalog, pattern: &ActionPattern) -> Vec<Change> {
    let (old, new) = (before.actions.get(pattern), after.actions.get(pattern));
    if old == new {
        return Vec::new();
    }
    let path = Path::of("actions").key(pattern.as_str());
    let nothing = CatalogAction::default();
    let facts = facts(&path, old.unwrap_or(&nothing), new.unwrap_or(&nothing), costs_alone(before, after, pattern));
    if old.is_some() && new.is_some() {
        return facts;
    }
    let others = if old.is_none() { &before.actions } else { &after.actions };
    let otherwise = others.keys().any(|other| other.covers(pattern, Polarity::Permits));
    let denied = (before.closed || after.closed) && !otherwise;
    let listed = listing(denied, old.is_some(), new.is_some());
    let direction = Direction::all(facts.iter().filter(|fact| fact.is_one()).map(|fact| fact.direction)).join(listed);
    vec![Change::new(
        &path,
        entry(before, "actions", pattern.as_str()),
        entry(after, "actions", pattern.as_str()),
        direction,
    )]
}

/// An entry as a canonical value.
fn entry(catalog: &Catalog, list: &str, name: &str) -> Option<Value> {
    canon::catalog(catalog).get(list)?.get(name).cloned()
}

/// Whether nothing but this entry says what anything costs. Where two say it, and it is open whether one applies, a higher
/// cost can become an unknown one.
pub(super) fn costs_alone(before: &Catalog, after: &Catalog, pattern: &ActionPattern) -> bool {
    let says = |catalog: &Catalog| {
        let others = catalog.actions.iter().filter(|(other, _)| *other != pattern);
        catalog.defaults.cost_usd.is_some() || others.into_iter().any(|(_, other)| other.cost_usd.is_some())
    };
    !says(before) && !says(after)
}

pub(super) fn facts(path: &Path, before: &CatalogAction, after: &CatalogAction, costs_alone: bool) -> Vec<Change> {
    let CatalogAction { description, arguments, tags, risk_level, cost_usd, data_classification, resource } = before;
    let schema = |entry: Option<&crate::model::JsonSchema>| json!(entry.map(|schema| &schema.0));
    // What is asked of risks and levels may be that they are exactly, or at most, some.
    let mut changes = one(&path.key("description"), &**description, &*after.description, Direction::Neutral);
    changes.extend(one(
        &path.key("arguments"),
        schema(arguments.as_ref()),
        schema(after.arguments.as_ref()),
        Direction::Neutral,
    ));
    changes.extend(belonging(&path.key("tags"), tags.as_ref(), after.tags.as_ref()));
    changes.extend(one(&path.key("risk_level"), json!(risk_level), json!(after.risk_level), Direction::Both));
    changes.extend(cost(&path.key("cost_usd"), *cost_usd, after.cost_usd, costs_alone));
    let (old, new) = (json!(data_classification), json!(after.data_classification));
    changes.extend(one(&path.key("data_classification"), old, new, Direction::Both));
    changes.extend(one(&path.key("resource"), json!(resource), json!(after.resource), Direction::Both));
    changes.retain(Change::is_one);
    changes
}

/// A higher cost restricts; an unknown one may be any.
fn cost(path: &Path, before: Option<Usd>, after: Option<Usd>, alone: bool) -> Vec<Change> {
    let direction = match (before, after) {
        (Some(before), Some(after)) if alone => Direction::Tightening.of(&before, &after),
        _ => Direction::Both,
    };
    let write = |cost: Option<Usd>| cost.map_or(Value::Null, Usd::to_json);
    one(path, write(before), write(after), direction)
}

/// Tags, groups and missions: policies ask whether there is one, never whether there is none. A set that nobody gives may
/// hold any.
fn belonging(path: &Path, before: Option<&BTreeSet<String>>, after: Option<&BTreeSet<String>>) -> Vec<Change> {
    let grow = match (before, after) {
        (Some(_), Some(_)) => Direction::Tightening,
        (None, Some(set)) | (Some(set), None) if set.is_empty() => Direction::Tightening,
        _ => Direction::Both,
    };
    words(grow).optional(path, before, after)
}

fn agent(before: &Catalog, after: &Catalog, pattern: &Pattern) -> Vec<Change> {
    let (old, new) = (before.agents.get(pattern), after.agents.get(pattern));
    if old == new {
        return Vec::new();
    }
    let path = Path::of("agents").key(pattern.as_str());
    let nothing = AgentEntry::default();
    let parts = agent_parts(&path, old.unwrap_or(&nothing), new.unwrap_or(&nothing));
    if old.is_some() && new.is_some() {
        return parts;
    }
    let others = if old.is_none() { &before.agents } else { &after.agents };
    let otherwise = others.keys().any(|other| other.covers(pattern));
    let denied = (before.closed_agents || after.closed_agents) && !otherwise;
    let listed = listing(denied, old.is_some(), new.is_some());
    let direction = Direction::all(parts.iter().map(|part| part.direction)).join(listed);
    vec![Change::new(
        &path,
        entry(before, "agents", pattern.as_str()),
        entry(after, "agents", pattern.as_str()),
        direction,
    )]
}

pub(super) fn agent_parts(path: &Path, before: &AgentEntry, after: &AgentEntry) -> Vec<Change> {
    let AgentEntry { groups, missions, owner, state } = before;
    let acts = |state: AgentState| state == AgentState::Active;
    let direction = Direction::Loosening.of(&acts(*state), &acts(after.state));
    let mut changes = belonging(&path.key("groups"), groups.as_ref(), after.groups.as_ref());
    changes.extend(belonging(&path.key("missions"), missions.as_ref(), after.missions.as_ref()));
    changes.extend(one(&path.key("owner"), json!(owner), json!(after.owner), Direction::Neutral));
    changes.extend(one(&path.key("state"), json!(state), json!(after.state), direction));
    changes.retain(Change::is_one);
    changes
}

pub(super) fn defaults(before: &Catalog, after: &Catalog) -> Vec<Change> {
    let path = Path::of("defaults");
    let (old, new) = (&before.defaults, &after.defaults);
    let entries = before.actions.values().chain(after.actions.values());
    let alone = !entries.into_iter().any(|entry| entry.cost_usd.is_some());
    let mut changes = cost(&path.key("cost_usd"), old.cost_usd, new.cost_usd, alone);
    let (level, new_level) = (json!(old.data_classification), json!(new.data_classification));
    changes.extend(one(&path.key("data_classification"), level, new_level, Direction::Both));
    changes.extend(one(&path.key("risk_level"), json!(old.risk_level), json!(new.risk_level), Direction::Both));
    changes
}
