use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::value::RawValue;

use super::doubts::Doubts;
use super::misspelt;
use super::native_fields::Fields;
use crate::model::{Action, Effect, Fact, Outcome};

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

/// Reads a native record.
///
/// # Errors
/// In words, when it is no JSON object, has a key twice, names no operation, or says of what is no fact that it cannot be
/// relied on.
pub fn read(text: &str) -> Result<Record, String> {
    // A list would be read as its fields in order.
    if !text.trim_start().starts_with('{') {
        return Err("it is no JSON object".to_owned());
    }
    let fields: Fields<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut doubts = Doubts::default();
    doubts.told.extend(misspelt::doubts(&fields));
    record(&fields, doubts)
}

/// The record of some fields.
///
/// # Errors
/// In words, as above.
pub(super) fn record(fields: &Fields<'_>, mut doubts: Doubts) -> Result<Record, String> {
    let operation = operation(fields)?;
    let unreliable = unreliable(fields)?;
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
        result: doubts.result(fields.result),
    };
    let recorded_decision =
        doubts.value(None, "recorded_decision", fields.recorded_decision, "allow, approval_required or deny");
    let labels = doubts.json(None, "labels", fields.labels).unwrap_or(Value::Null);
    let outcome = action.outcome.or_else(|| told_by_result(fields, &action, &doubts));
    let mut action = Action { outcome, broken: doubts.broken, ..action };
    for fact in unreliable {
        action.mark_broken(fact);
        doubts.told.push(format!("the record says that its `{}` cannot be relied on; taken as unknown", fact.key()));
    }
    Ok(Record { action, recorded_decision, labels, doubts: doubts.told })
}

fn operation(fields: &Fields<'_>) -> Result<String, String> {
    let Some(operation) = fields.operation.filter(|raw| raw.get() != "null") else {
        let meant = misspelt::doubts(fields).find(|doubt| doubt.contains("`operation`"));
        let meant = meant.map_or(String::new(), |doubt| format!(" ({doubt})"));
        return Err(format!("it names no `operation`{meant}"));
    };
    let operation: String =
        serde_json::from_str(operation.get()).map_err(|_| "its `operation` is no text".to_owned())?;
    if operation.is_empty() { Err("its `operation` is empty".to_owned()) } else { Ok(operation) }
}

/// The facts that the record says cannot be relied on.
fn unreliable(fields: &Fields<'_>) -> Result<Vec<Fact>, String> {
    let Some(raw) = fields.unreliable.filter(|raw| raw.get() != "null") else { return Ok(Vec::new()) };
    let names: Vec<String> =
        serde_json::from_str(raw.get()).map_err(|_| "its `unreliable` is no list of facts".to_owned())?;
    let fact = |name: String| {
        let known = || Fact::ALL.map(Fact::key).join(", ");
        Fact::of_key(&name).ok_or_else(|| format!("its `unreliable` names `{name}`, which is no fact: {}", known()))
    };
    names.into_iter().map(fact).collect()
}

/// A result without an error is a success where no outcome is told, also one that cannot be relied on.
fn told_by_result(fields: &Fields<'_>, action: &Action, doubts: &Doubts) -> Option<Outcome> {
    let has_result = fields.result.is_some_and(|raw| raw.get() != "null");
    let is_open = has_result && action.error.is_none() && !doubts.broken.contains(&Fact::Outcome);
    is_open.then_some(Outcome::Success)
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
    fn a_record_may_say_what_of_it_cannot_be_relied_on() {
        let text = r#"{"operation": "x", "agent_id": "a", "arguments": {}, "unreliable": ["arguments", "turn"]}"#;
        let action = read(text).unwrap().action;
        assert_eq!(action.broken.into_iter().collect::<Vec<_>>(), [Fact::Turn, Fact::Arguments]);
        assert_eq!((action.arguments, action.agent_id.as_deref()), (None, Some("a")));
        for list in [r#"["operation"]"#, r#""turn""#, "[1]"] {
            assert!(read(&format!(r#"{{"operation": "x", "unreliable": {list}}}"#)).is_err(), "{list}");
        }
    }

    #[test]
    fn results_are_read_as_in_the_other_forms() {
        let of = |text: &str| read(&format!(r#"{{"operation": "x", {text}}}"#)).unwrap().action;
        assert_eq!(of(r#""result": "{\"a\": 1}""#).result, Some(serde_json::json!({"a": 1})));
        let cut = of(r#""result": "some [truncated]""#);
        assert_eq!((cut.outcome, cut.result), (Some(Outcome::Success), None));
        assert_eq!(cut.broken.into_iter().collect::<Vec<_>>(), [Fact::Result]);
        assert_eq!(of(r#""result": 1, "error": "no""#).outcome, None);
        assert_eq!(of(r#""result": 1, "error": null, "outcome": "blocked""#).outcome, Some(Outcome::Blocked));
        assert_eq!(of(r#""result": 1, "outcome": "odd""#).outcome, None);
        let redacted = of(r#""arguments": {"to": ["[REDACTED]"]}, "agent_id": "<redacted>""#);
        assert_eq!(redacted.broken.into_iter().collect::<Vec<_>>(), [Fact::Agent, Fact::Arguments]);
    }

    #[test]
    fn keys_that_are_nearly_right_are_told() {
        let doubts =
            read(r#"{"operation": "x", "agent": "a", "time": "t", "timestamp": null, "note": 1}"#).unwrap().doubts;
        let expected = ["`agent` is not read; is `agent_id` meant?", "`time` is not read; is `timestamp` meant?"];
        assert_eq!(doubts, expected);
        assert!(read(r#"{"tool": "x"}"#).unwrap_err().contains("is `operation` meant?"));
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
