//! What a document holds for, in words.

use crate::model::{ActionPattern, ClassificationRange, Exception, Level, Pattern, Rule, Scope};

const EVERYTHING: &str = "every action";

/// What a policy holds for.
pub(super) fn policy(scope: &Scope) -> String {
    match scope {
        Scope::Global => EVERYTHING.to_owned(),
        Scope::Agent(target) => format!("agent {target}"),
        Scope::Run(target) => format!("run {target}"),
        Scope::Group(target) => format!("agents of group {target}"),
        Scope::Mission(target) => format!("actions for mission {target}"),
    }
}

/// What a rule matches, without its tests of arguments.
pub(super) fn rule(rule: &Rule) -> String {
    let named = [
        ("agent", &rule.agent_id),
        ("integration", &rule.target_integration),
        ("operation", &rule.operation),
        ("resource", &rule.resource_scope),
    ];
    let named = named.into_iter().filter(|(_, pattern)| !pattern.is_any());
    let mut parts: Vec<String> = named.map(|(fact, pattern)| format!("{fact} {pattern}")).collect();
    parts.extend(data(rule.data_classification));
    if parts.is_empty() { EVERYTHING.to_owned() } else { parts.join(", ") }
}

fn data(range: ClassificationRange) -> Option<String> {
    let (low, high) = (range.low.as_str(), range.high.as_str());
    match (range.low, range.high) {
        (Level::Public, Level::Restricted) => None,
        (Level::Public, _) => Some(format!("data up to {high}")),
        (_, Level::Restricted) => Some(format!("data from {low} on")),
        _ if low == high => Some(format!("{low} data")),
        _ => Some(format!("data from {low} to {high}")),
    }
}

/// What an exception is from, and for which callers and actions.
pub(super) fn exception(exception: &Exception) -> String {
    let mut parts = vec![format!("from {}", exception.policy)];
    let listed = |fact: &str, all: Vec<&str>| format!("{fact} {}", all.join(" or "));
    let names = |patterns: &std::collections::BTreeSet<Pattern>, fact: &str| {
        listed(fact, patterns.iter().map(Pattern::as_str).collect())
    };
    parts.extend(exception.agents.as_ref().map(|patterns| names(patterns, "agent")));
    parts.extend(exception.runs.as_ref().map(|patterns| names(patterns, "run")));
    let actions = |patterns: &std::collections::BTreeSet<ActionPattern>| {
        listed("action", patterns.iter().map(ActionPattern::as_str).collect())
    };
    parts.extend(exception.actions.as_ref().map(actions));
    parts.join(", ")
}

/// Where the catalog says what a record does not.
pub(super) fn silent(pattern: Option<&ActionPattern>) -> String {
    match pattern {
        Some(pattern) => format!("action {pattern}, where the record does not say it"),
        None => "every action, where neither the record nor its entry says it".to_owned(),
    }
}
