use serde_json::{Map, Value, json};

use crate::model::{Action, Arguments, DocumentId, Earlier, Expectation, Matrix, Suite, Test, Usd};

/// The canonical value of a suite: a value, kept in order.
pub fn suite(suite: &Suite) -> Value {
    json!({
        "kind": "suite",
        "id": suite.id.as_str(),
        "description": suite.description,
        "tests": (!suite.tests.is_empty()).then(|| suite.tests.iter().map(test).collect::<Vec<_>>()),
        "matrix": suite.matrix.as_ref().map(matrix),
    })
}

fn matrix(matrix: &Matrix) -> Value {
    let actions = matrix.actions.iter().map(|(name, action)| (name.clone(), self::action(action)));
    json!({
        "agents": matrix.agents,
        "actions": actions.collect::<Map<_, _>>(),
        "expect": matrix.expect,
        "now": matrix.now.map(|time| time.to_string()),
    })
}

fn test(test: &Test) -> Value {
    let actions: Vec<Value> = test.steps.iter().map(|(action, _)| self::action(action)).collect();
    let expected: Vec<Value> = test.steps.iter().map(|(_, expected)| expectation(expected)).collect();
    let mut map = Map::new();
    map.insert("name".to_owned(), json!(test.name));
    map.insert("before".to_owned(), test.before.iter().map(earlier).collect());
    if let (false, Some(action), Some(expected)) = (test.sequence, actions.first(), expected.first()) {
        map.insert("action".to_owned(), action.clone());
        map.insert("expect".to_owned(), expected.clone());
    } else {
        map.insert("actions".to_owned(), json!(actions));
        map.insert("expect".to_owned(), json!(expected));
    }
    map.insert("now".to_owned(), json!(test.now.map(|time| time.to_string())));
    map.insert("never_again".to_owned(), json!(test.never_again));
    Value::Object(map)
}

fn earlier(earlier: &Earlier) -> Value {
    json!({
        "action": action(&earlier.action),
        "times": earlier.times,
        "every_seconds": earlier.every_seconds,
        "expect": earlier.expect,
    })
}

fn expectation(expected: &Expectation) -> Value {
    json!({
        "effect": expected.effect,
        "by": expected.by.as_ref().map(DocumentId::as_str),
        "reason": expected.reason,
        "lower": expected.lower,
        "approvers": expected.approvers,
        "required": expected.required,
    })
}

/// An action with what is known of it; unknown facts are left out, since null is no value.
fn action(action: &Action) -> Value {
    let facts = [
        ("id", json!(action.id)),
        ("timestamp", json!(action.timestamp.map(|time| time.to_string()))),
        ("agent_id", json!(action.agent_id)),
        ("run_id", json!(action.run_id)),
        ("session_id", json!(action.session_id)),
        ("turn", json!(action.turn)),
        ("group_id", json!(action.group_id)),
        ("mission_id", json!(action.mission_id)),
        ("integration", json!(action.integration)),
        ("operation", json!(action.operation)),
        ("resource", json!(action.resource)),
        ("data_classification", json!(action.data_classification)),
        ("arguments", json!(action.arguments.as_ref().map(Arguments::as_value))),
        ("tags", json!(action.tags)),
        ("risk_level", json!(action.risk_level)),
        ("cost_usd", json!(action.cost_usd.map(Usd::to_json))),
        ("outcome", json!(action.outcome)),
        ("error", json!(action.error)),
        ("result", json!(action.result)),
    ];
    let known = facts.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(known.map(|(key, value)| (key.to_owned(), value)).collect())
}
