//! What the catalog says and no region shows: where a record says nothing, where several ask for the same actions, and whom
//! limits are for.

use std::collections::BTreeSet;

use super::asking::{Asking, Whose};
use super::change::Path;
use super::context::Context;
use super::settings::{Setting, counts, key};
use super::{Change, Direction, Side, catalog, scoped};
use crate::model::{AgentEntry, Catalog, CatalogAction, Document, Kind, Pattern, Policy, Scope};

/// What changed in the catalog, with what it is said of.
type Said = (Change, String);

/// The settings of the catalog that are not the same on two sides.
pub(super) fn of((before, after): (&Side<'_>, &Side<'_>), cx: &Context<'_>, asking: &Asking<'_>) -> Vec<Setting> {
    let nothing = Catalog::default();
    let (old, new) = (before.catalog.unwrap_or(&nothing), after.catalog.unwrap_or(&nothing));
    let policies: Vec<&Policy> = before.documents.iter().chain(after.documents).filter_map(acting).collect();
    let sharing: Vec<&Policy> =
        policies.iter().copied().filter(|policy| asking.is_shared(policy, Whose::Any)).collect();
    let limiting: Vec<&Policy> =
        policies.iter().copied().filter(|policy| counts(policy) || sharing.contains(policy)).collect();
    let mut all = actions(old, new, &sharing);
    all.extend(agents(old, new, &limiting));
    all.extend(catalog::defaults(old, new).into_iter().map(|change| (change, scoped::silent(None))));
    all.retain(|(change, _)| change.is_one());
    let setting = |(mut change, scope): Said| {
        // What exceptions hold for is used up by other actions where facts are others.
        change.direction = if cx.counts() { Direction::Both } else { change.direction };
        Setting { kind: Kind::Catalog, id: None, change, scope }
    };
    all.into_iter().map(setting).collect()
}

fn acting(document: &Document) -> Option<&Policy> {
    if let Document::Policy(policy) = document { Some(policy).filter(|policy| policy.enabled) } else { None }
}

/// Facts of actions. Where several policies ask, the effect stays while one of them asks no more.
fn actions(before: &Catalog, after: &Catalog, sharing: &[&Policy]) -> Vec<Said> {
    let mut all = Vec::new();
    for pattern in before.actions.keys().chain(after.actions.keys()).collect::<BTreeSet<_>>() {
        let none = CatalogAction::default();
        let of = |catalog: &Catalog| catalog.actions.get(pattern).cloned().unwrap_or_else(|| none.clone());
        let (old, new) = (of(before), of(after));
        let path = Path::of("actions").key(pattern.as_str());
        for change in catalog::facts(&path, &old, &new, catalog::costs_alone(before, after, pattern)) {
            let asked = || sharing.iter().any(|policy| looks_at(policy, key(&change, 2), &old, &new));
            match key(&change, 2) {
                "cost_usd" | "resource" => all.push((change, scoped::silent(Some(pattern)))),
                "tags" | "risk_level" | "data_classification" if asked() => {
                    all.push((change, format!("action {pattern}, where several ask for approval")));
                }
                _ => {}
            }
        }
    }
    all
}

/// Whether a policy asks for approvals by a fact of an action.
fn looks_at(policy: &Policy, fact: &str, before: &CatalogAction, after: &CatalogAction) -> bool {
    let rules = || policy.approval_rules.iter().map(|rule| &rule.when);
    match fact {
        "tags" => {
            let (none, also_none) = (BTreeSet::new(), BTreeSet::new());
            let (old, new) = (before.tags.as_ref().unwrap_or(&none), after.tags.as_ref().unwrap_or(&also_none));
            let changed: BTreeSet<&String> = old.symmetric_difference(new).collect();
            let asks = |tags: &BTreeSet<String>| tags.iter().any(|tag| changed.contains(tag));
            asks(&policy.approval_tags) || rules().filter_map(|when| when.tags.as_ref()).any(asks)
        }
        "risk_level" => !policy.approval_risk_levels.is_empty() || rules().any(|when| when.risk_at_least.is_some()),
        _ => rules().any(|when| when.data_classification_at_least.is_some()),
    }
}

/// Groups and missions of agents, where policies for them limit what is done, or ask for what others ask for too.
fn agents(before: &Catalog, after: &Catalog, limiting: &[&Policy]) -> Vec<Said> {
    let mut all = Vec::new();
    for pattern in before.agents.keys().chain(after.agents.keys()).collect::<BTreeSet<_>>() {
        let of = |catalog: &Catalog| catalog.agents.get(pattern).cloned().unwrap_or_default();
        let (old, new): (AgentEntry, AgentEntry) = (of(before), of(after));
        let path = Path::of("agents").key(pattern.as_str());
        for change in catalog::agent_parts(&path, &old, &new) {
            let of = |entry: &AgentEntry| match key(&change, 2) {
                "groups" => entry.groups.clone().unwrap_or_default(),
                _ => entry.missions.clone().unwrap_or_default(),
            };
            let (before, after) = (of(&old), of(&new));
            let changed: BTreeSet<&String> = before.symmetric_difference(&after).collect();
            let is_for = |target: &Pattern| changed.iter().any(|name| target.matches(name));
            let limits = |policy: &&Policy| match (&policy.scope, key(&change, 2)) {
                (Scope::Group(target), "groups") | (Scope::Mission(target), "missions") => is_for(target),
                _ => false,
            };
            if limiting.iter().any(limits) {
                all.push((change, format!("agent {pattern}")));
            }
        }
    }
    all
}
