use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::doubts::Doubts;
use crate::model::{Action, Effect, Fact};

/// One recorded action.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// What was attempted.
    pub action: Action,
    /// What was decided when it was recorded.
    pub recorded_decision: Option<Effect>,
    /// What people know of it.
    pub labels: Value,
    /// What could not be relied on and is taken as unknown, in words.
    pub doubts: Vec<String>,
}

impl Record {
    /// To be replaced.
    pub fn to_native(&self) -> String {
        String::new()
    }
}

/// The fields of a native record as they stand in the text; other keys are passed over. Null is not given.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    timestamp: Option<&'a RawValue>,
    agent_id: Option<&'a RawValue>,
    run_id: Option<&'a RawValue>,
    session_id: Option<&'a RawValue>,
    turn: Option<&'a RawValue>,
    group_id: Option<&'a RawValue>,
    mission_id: Option<&'a RawValue>,
    integration: Option<&'a RawValue>,
    operation: Option<&'a RawValue>,
    resource: Option<&'a RawValue>,
    data_classification: Option<&'a RawValue>,
    arguments: Option<&'a RawValue>,
    tags: Option<&'a RawValue>,
    risk_level: Option<&'a RawValue>,
    cost_usd: Option<&'a RawValue>,
    outcome: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
    result: Option<&'a RawValue>,
    recorded_decision: Option<&'a RawValue>,
    labels: Option<&'a RawValue>,
}

/// Reads a native record.
///
/// # Errors
/// In words, when it is no JSON object, has a key twice, or names no operation.
pub fn read(text: &str) -> Result<Record, String> {
    // A list would be read as its fields in order.
    if !text.trim_start().starts_with('{') {
        return Err("it is no JSON object".to_owned());
    }
    let fields: Fields<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut doubts = Doubts::default();
    let operation = fields.operation.ok_or("it names no `operation`")?;
    let operation: String =
        serde_json::from_str(operation.get()).map_err(|_| "its `operation` is no text".to_owned())?;
    if operation.is_empty() {
        return Err("its `operation` is empty".to_owned());
    }
    let action = Action {
        id: doubts.name(None, "id", fields.id),
        timestamp: doubts.time(fields.timestamp),
        agent_id: doubts.name(Some(Fact::Agent), "agent_id", fields.agent_id),
        run_id: doubts.name(Some(Fact::Run), "run_id", fields.run_id),
        session_id: doubts.name(Some(Fact::Session), "session_id", fields.session_id),
        turn: doubts.turn(fields.turn),
        group_id: doubts.name(Some(Fact::Group), "group_id", fields.group_id),
        mission_id: doubts.name(Some(Fact::Mission), "mission_id", fields.mission_id),
        integration: doubts.name(Some(Fact::Integration), "integration", fields.integration),
        operation,
        resource: doubts.name(Some(Fact::Resource), "resource", fields.resource),
        data_classification: doubts.value(
            Some(Fact::Level),
            "data_classification",
            fields.data_classification,
            "public, internal, confidential or restricted",
        ),
        arguments: doubts.arguments(fields.arguments),
        tags: doubts.value(Some(Fact::Tags), "tags", fields.tags, "a list of texts"),
        risk_level: doubts.value(
            Some(Fact::Risk),
            "risk_level",
            fields.risk_level,
            "minimal, low, medium, high or critical",
        ),
        cost_usd: doubts.cost(fields.cost_usd),
        outcome: doubts.value(Some(Fact::Outcome), "outcome", fields.outcome, "success, error, blocked or rejected"),
        error: fields.error.and_then(error),
        broken: BTreeSet::new(),
        result: doubts.json(Some(Fact::Result), "result", fields.result),
    };
    let recorded_decision =
        doubts.value(None, "recorded_decision", fields.recorded_decision, "allow, approval_required or deny");
    let labels = doubts.json(None, "labels", fields.labels).unwrap_or(Value::Null);
    let action = Action { broken: doubts.broken, ..action };
    Ok(Record { action, recorded_decision, labels, doubts: doubts.told })
}

/// An error is told by a text or by anything else that is not null, also by what cannot be read.
fn error(raw: &RawValue) -> Option<String> {
    match serde_json::from_str::<Value>(raw.get()) {
        Ok(Value::Null) => None,
        Ok(Value::String(text)) => Some(text),
        Ok(_) | Err(_) => Some(raw.get().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Arguments;

    #[test]
    fn what_cannot_be_relied_on_is_unknown_and_noted() {
        let record = read(
            r#"{"operation": "send", "timestamp": "2026-01-01T00:00:00", "arguments": {"a": 1, "a": 2}, "tags": "x",
                "cost_usd": "0.1", "risk_level": "huge", "agent_id": 7, "run_id": null, "other": {}, "turn": -1}"#,
        )
        .unwrap();
        assert_eq!(record.action.agent_id.as_deref(), Some("7"));
        let broken = [Fact::Timestamp, Fact::Turn, Fact::Arguments, Fact::Tags, Fact::Risk, Fact::Cost];
        let (operation, agent_id) = ("send".to_owned(), Some("7".to_owned()));
        let expected = Action { operation, agent_id, broken: broken.into_iter().collect(), ..Action::default() };
        assert_eq!(record.action, expected);
        assert_eq!(record.doubts.len(), 6, "{:?}", record.doubts);
    }

    #[test]
    fn arguments_may_come_as_a_text() {
        let of = |text: &str| read(text).unwrap().action.arguments;
        let expected = Some([("a".to_owned(), Value::from(1))].into_iter().collect::<Arguments>());
        assert_eq!(of(r#"{"operation": "x", "arguments": "{\"a\": 1}"}"#), expected);
        assert_eq!(of(r#"{"operation": "x", "arguments": "{\"a\": 1"}"#), None);
        assert_eq!(of(r#"{"operation": "x", "arguments": []}"#), None);
    }

    #[test]
    fn a_record_without_operation_is_none() {
        for text in
            ["{}", "[]", "", r#"{"operation": ""}"#, r#"{"operation": 1}"#, r#"{"operation": "x", "operation": "y"}"#]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_error_is_anything_but_null() {
        let of = |text: &str| read(text).unwrap().action.error;
        assert_eq!(of(r#"{"operation": "x", "error": null}"#), None);
        assert_eq!(of(r#"{"operation": "x", "error": {"code": 5}}"#).as_deref(), Some(r#"{"code": 5}"#));
        assert_eq!(of(r#"{"operation": "x", "error": ""}"#).as_deref(), Some(""));
        assert_eq!(of(r#"{"operation": "x", "error": "bad \ud800"}"#).as_deref(), Some(r#""bad \ud800""#));
        assert_eq!(of(r#"{"operation": "x", "error": 1e999}"#).as_deref(), Some("1e999"));
    }
}
