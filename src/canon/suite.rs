use serde_json::{Map, Value, json};

use crate::model::{DocumentId, Earlier, Expectation, Matrix, Suite, Test};

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
    let actions = matrix.actions.iter().map(|(name, action)| (name.clone(), action.to_json()));
    json!({
        "agents": matrix.agents,
        "actions": actions.collect::<Map<_, _>>(),
        "expect": matrix.expect,
        "now": matrix.now.map(|time| time.to_string()),
    })
}

fn test(test: &Test) -> Value {
    let actions: Vec<Value> = test.steps.iter().map(|(action, _)| action.to_json()).collect();
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
        "action": earlier.action.to_json(),
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
