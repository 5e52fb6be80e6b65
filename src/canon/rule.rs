use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{policy::arguments, texts};
use crate::model::{ActionPattern, ClassificationRange, Conditions, Level, Rule, Usd};

/// The canonical value of a rule.
pub fn rule(rule: &Rule) -> Value {
    json!({
        "kind": "rule",
        "id": rule.id.as_str(),
        "policy_name": rule.policy_name,
        "agent_id": rule.agent_id.as_str(),
        "target_integration": rule.target_integration.as_str(),
        "operation": rule.operation.as_str(),
        "resource_scope": rule.resource_scope.as_str(),
        "data_classification": classification(rule.data_classification),
        "policy_effect": rule.policy_effect,
        "rationale": rule.rationale,
        "priority": rule.priority,
        "conditions": conditions(&rule.conditions),
        "max_session_ttl": rule.max_session_ttl,
        "is_active": rule.is_active,
        "modified_by": rule.modified_by,
        "modified_at": rule.modified_at.map(|time| time.to_string()),
    })
}

/// One way to write each range of levels, whatever the effect.
pub fn classification(range: ClassificationRange) -> Value {
    match range {
        ClassificationRange { low, high } if low == high => json!({ "exactly": low }),
        ClassificationRange { low: Level::Public, high } => json!({ "at_most": high }),
        ClassificationRange { low, .. } => json!({ "at_least": low }),
    }
}

/// No condition at all is null, as it is typed.
fn conditions(conditions: &Conditions) -> Value {
    if *conditions == Conditions::default() {
        return Value::Null;
    }
    let Conditions { rate_limit, time_restriction, cost_threshold, webhook_check, .. } = conditions;
    let mut map = Map::new();
    map.insert("arguments".to_owned(), arguments(&conditions.arguments));
    let rate = rate_limit.as_ref().map(|rate| {
        json!({
            "max_actions": rate.max_actions,
            "window_minutes": rate.window_minutes,
            "action_types": action_types(rate.action_types.as_ref()),
            "on_exceed": rate.on_exceed,
        })
    });
    let time = time_restriction.as_ref().map(|time| {
        json!({
            "blocked_hours": time.blocked_hours,
            "blocked_days": time.blocked_days,
            "timezone": time.timezone.as_str(),
            "action_types": action_types(time.action_types.as_ref()),
            "on_violation": time.on_violation,
        })
    });
    let cost = cost_threshold.as_ref().map(|cost| {
        json!({
            "max_cost_per_action": cost.max_cost_per_action.map(Usd::to_json),
            "max_cost_per_hour": cost.max_cost_per_hour.map(Usd::to_json),
            "on_exceed": cost.on_exceed,
        })
    });
    let webhook = webhook_check
        .as_ref()
        .map(|check| json!({"url": check.url, "timeout_ms": check.timeout_ms, "on_timeout": check.on_timeout}));
    let rest = [("rate_limit", rate), ("time_restriction", time), ("cost_threshold", cost), ("webhook_check", webhook)];
    map.extend(rest.map(|(key, value)| (key.to_owned(), value.unwrap_or(Value::Null))));
    Value::Object(map)
}

fn action_types(types: Option<&BTreeSet<ActionPattern>>) -> Option<Vec<String>> {
    types.map(texts)
}
