use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::texts;
use crate::model::{ActionPattern, ApprovalRule, Grounding, JsonSchema, Limit, Pattern, Policy, Scope, Usd, When};

/// The canonical value of a policy.
pub fn policy(policy: &Policy) -> Value {
    let (scope, target) = scope(&policy.scope);
    json!({
        "kind": "policy",
        "id": policy.id.as_str(),
        "name": policy.name,
        "description": policy.description,
        "enabled": policy.enabled,
        "scope": scope,
        "target_id": target.map(Pattern::as_str),
        "session_budget": policy.session_budget.map(Usd::to_json),
        "run_budget": policy.run_budget.map(Usd::to_json),
        "action_budgets": by_action(&policy.action_budgets, |amount| amount.to_json()),
        "denied_actions": texts(&policy.denied_actions),
        "allowed_actions": policy.allowed_actions.as_ref().map(texts),
        "rate_limits": by_action(&policy.rate_limits, limits),
        "require_approval": policy.require_approval,
        "approval_actions": texts(&policy.approval_actions),
        "approval_tags": policy.approval_tags,
        "approval_risk_levels": policy.approval_risk_levels,
        "approval_threshold_usd": policy.approval_threshold_usd.map(Usd::to_json),
        "approval_rules": policy.approval_rules.iter().map(approval_rule).collect::<Vec<_>>(),
        "approval_timeout_seconds": policy.approval_timeout_seconds,
        "default_approvers": policy.default_approvers,
        "evidence_requirements": by_action(&policy.evidence_requirements, |evidence| json!(texts(evidence))),
        "evidence_max_age_seconds": max_age(&policy.evidence_max_age_seconds),
        "commit_actions": texts(&policy.commit_actions),
        "evidence_actions": texts(&policy.evidence_actions),
        "argument_constraints": by_action(&policy.argument_constraints, |schema| schema.0.clone()),
        "grounding_rules": by_action(&policy.grounding_rules, grounding),
    })
}

fn scope(scope: &Scope) -> (&'static str, Option<&Pattern>) {
    match scope {
        Scope::Global => ("global", None),
        Scope::Agent(target) => ("agent", Some(target)),
        Scope::Run(target) => ("run", Some(target)),
        Scope::Group(target) => ("group", Some(target)),
        Scope::Mission(target) => ("mission", Some(target)),
    }
}

fn by_action<T>(map: &BTreeMap<ActionPattern, T>, write: impl Fn(&T) -> Value) -> Value {
    Value::Object(map.iter().map(|(pattern, value)| (pattern.to_string(), write(value))).collect())
}

fn limits(limits: &BTreeSet<Limit>) -> Value {
    let limit =
        |limit: &Limit| json!({"max_count": limit.max_count, "window_seconds": limit.window_seconds, "per": limit.per});
    limits.iter().map(limit).collect()
}

/// No age at all is null, as it is typed.
fn max_age(ages: &BTreeMap<ActionPattern, u64>) -> Value {
    if ages.is_empty() { Value::Null } else { by_action(ages, |seconds| json!(seconds)) }
}

/// The canonical value of an approval rule.
pub fn approval_rule(rule: &ApprovalRule) -> Value {
    json!({
        "name": rule.name,
        "when": when(&rule.when),
        "approvers": rule.approvers,
        "required": rule.required,
        "timeout_seconds": rule.timeout_seconds,
    })
}

/// A part that asks nothing is left out: null is no test.
fn when(when: &When) -> Value {
    let mut map = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(key.to_owned(), value);
        }
    };
    put("actions", when.actions.as_ref().map(|actions| json!(texts(actions))));
    put("tags", when.tags.as_ref().map(|tags| json!(tags)));
    put("risk_at_least", when.risk_at_least.map(|risk| json!(risk)));
    put("cost_usd_at_least", when.cost_usd_at_least.map(Usd::to_json));
    put("data_classification_at_least", when.data_classification_at_least.map(|level| json!(level)));
    put("arguments", when.arguments.as_ref().map(arguments));
    Value::Object(map)
}

/// Tests of arguments by name.
pub fn arguments(map: &BTreeMap<String, JsonSchema>) -> Value {
    Value::Object(map.iter().map(|(name, schema)| (name.clone(), schema.0.clone())).collect())
}

fn grounding(map: &BTreeMap<String, Grounding>) -> Value {
    let write = |grounding: &Grounding| {
        json!({
            "source_action": grounding.source_action.as_str(),
            "source_field": grounding.source_field,
            "source_from": grounding.source_from,
        })
    };
    Value::Object(map.iter().map(|(argument, grounding)| (argument.clone(), write(grounding))).collect())
}
