//! Logs that are read by mappings of policyc.yaml.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use std::fs;

use policyc::model::{Effect, Fact, Mapping, Outcome};
use policyc::records::{Found, Item, Record, read_mapped};
use serde_json::json;
use support::{Memory, blocks};

/// The mappings of settings without findings.
fn mapping(settings: &str, name: &str) -> Mapping {
    let files = [("policyc.yaml", settings), ("policies/a.yaml", "id: a\ndenied_actions: [a.b]\n")];
    let (_, compilation) = Memory::new(files).compile();
    assert!(compilation.diagnostics.is_empty(), "{:?}", compilation.diagnostics);
    compilation.settings.mappings[name].clone()
}

fn items(mapping: &Mapping, log: &str) -> Vec<Item> {
    let mut items = Vec::new();
    read_mapped(mapping, log.as_bytes(), &mut |item| items.push(item));
    items
}

fn records(mapping: &Mapping, log: &str) -> Vec<Record> {
    let record = |item: Item| match item.found {
        Found::Record(record) => *record,
        other => panic!("{}: {other:?}", item.place),
    };
    items(mapping, log).into_iter().map(record).collect()
}

/// The mapping of these fields.
fn of(fields: &str) -> Mapping {
    mapping(&format!("records:\n  mappings:\n    x: {fields}\n"), "x")
}

fn own(name: &str, log: &str) -> Vec<Item> {
    let settings = fs::read_to_string("policyc.yaml").unwrap();
    let (_, part) = settings.split_once("\nrecords:\n").unwrap();
    let part = part.split("\n\n").next().unwrap();
    let log = fs::read_to_string(format!("examples/logs/{log}")).unwrap();
    items(&mapping(&format!("records:\n{part}\n"), name), &log)
}

fn record(item: &Item) -> &Record {
    let Found::Record(record) = &item.found else { panic!("{item:?}") };
    record
}

#[test]
fn decision_logs_of_opa() {
    let found = own("opa", "opa-decisions.jsonl");
    let decisions: Vec<_> = found.iter().map(|item| record(item).recorded_decision).collect();
    assert_eq!(decisions, [Some(Effect::Allow), Some(Effect::Deny), None]);
    let second = record(&found[1]);
    assert_eq!(second.action.broken.iter().copied().collect::<Vec<_>>(), [Fact::Arguments]);
    assert_eq!(second.doubts, ["a part of `arguments` was taken out; taken as unknown"]);
    assert!(record(&found[2]).doubts[0].contains("`ask`"), "{:?}", record(&found[2]).doubts);
    assert_eq!(record(&found[0]).labels, json!({"id": "opa-1", "version": "1.4.2"}));
}

#[test]
fn cloud_events_and_batches() {
    let found = own("cloudevents", "cloudevents.json");
    let outcomes: Vec<_> = found.iter().map(|item| record(item).action.outcome).collect();
    assert_eq!(outcomes, [Some(Outcome::Success), Some(Outcome::Error)]);
    assert_eq!(record(&found[0]).action.timestamp.unwrap().to_string(), "2026-03-02T12:00:00.123Z");
    assert_eq!((found[1].place.to_string().as_str(), found.len()), ("line 1, [1]", 2));

    let found = own("gateway", "gateway-batches.jsonl");
    assert_eq!((found[1].place.to_string().as_str(), found.len()), ("line 1, /calls/1", 3));
    let second = &record(&found[1]).action;
    assert_eq!((second.session_id.as_deref(), second.integration.as_deref()), (Some("s-12"), Some("library")));
    assert_eq!((second.turn, second.arguments.as_ref().unwrap().as_value()), (Some(2), &json!({"pages": 2})));
    assert!(matches!(&found[2].found, Found::Unreadable(why) if why.contains("`/calls`")));
}

/// The mappings that the page shows are those of the project's own settings.
#[test]
fn the_page_shows_mappings_that_are_run() {
    let page = fs::read_to_string("docs/reference/records.md").unwrap();
    let settings = fs::read_to_string("policyc.yaml").unwrap();
    let shown = blocks(&page).into_iter().find(|(_, text)| text.starts_with("records:\n")).unwrap().1;
    assert!(settings.contains(&shown), "{shown}");
}

#[test]
fn what_cannot_be_relied_on_is_unknown() {
    let all = of(
        "{operation: /a/tool, agent_id: /who/id, arguments: /a/args, outcome: {pointer: /ok, values: {\"true\": success}}, \
                  timestamp: {pointer: /t, unit: unix_ns}, error: /e, erased: [/gone]}",
    );
    let broken = |log: &str| {
        let action = records(&all, log).remove(0).action;
        action.broken.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(broken(r#"{"a": {"tool": "x"}}"#), []);
    assert_eq!(broken(r#"{"a": {"tool": "x"}, "ok": null, "t": null}"#), []);
    assert_eq!(broken(r#"{"a": {"tool": "x"}, "ok": {"y": 1}}"#), [Fact::Outcome]);
    assert_eq!(broken(r#"{"a": {"tool": "x"}, "who": {"id": "a", "id": "b"}}"#), [Fact::Agent]);
    assert_eq!(broken(r#"{"a": {"tool": "x"}, "t": "soon"}"#), [Fact::Timestamp]);
    assert_eq!(broken(r#"{"a": {"tool": "x", "args": {"k": 1}}, "gone": ["/a/args/k"]}"#), [Fact::Arguments]);
    assert_eq!(broken(r#"{"a": {"tool": "x"}, "gone": ["/who", "/e"]}"#), [Fact::Agent, Fact::Outcome]);
    for log in [
        r#"{"a": {"tool": "x", "tool": "y"}}"#,
        r#"{"a": {"tool": "x"}, "a": {}}"#,
        r#"{"a": {"tool": "x"}, "gone": ["nonsense"]}"#,
        r#"{"a": {"tool": "x"}, "gone": ["/a"]}"#,
        r#"{"a": {"tool": 7}}"#,
        r#"{"b": 1}"#,
        "[1]",
    ] {
        assert!(matches!(items(&all, log)[0].found, Found::Unreadable(_)), "{log}");
    }
    assert!(matches!(items(&all, "{\"a\": ")[0].found, Found::Unreadable(_)));
}

#[test]
fn pointers_lead_through_lists_and_odd_keys() {
    let odd = of(r#"{operation: "/c/1/a~1b", integration: "/~0", resource: /c/01, labels: ""}"#);
    let found = records(&odd, r#"{"c": [{}, {"a/b": "x"}], "~": "mail"}"#);
    let action = &found[0].action;
    assert_eq!((action.operation.as_str(), action.integration.as_deref()), ("x", Some("mail")));
    assert_eq!((&action.resource, &found[0].labels["~"]), (&None, &json!("mail")));
    let whole = of("{records: \"\", operation: /tool}");
    assert_eq!(records(&whole, r#"[[{"tool": "a"}], [{"tool": "b"}, {"tool": "c"}]]"#).len(), 3);
}
