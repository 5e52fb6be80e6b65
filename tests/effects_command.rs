//! `policyc diff --effects` over real Git repositories.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use serde_json::{Value, json};
use support::world::{Done, World};

const PAY: &str = "id: pay\ndenied_actions:\n  - bank.close\n  - \"shell.*\"\n";
const HOSTILE: &str = "a|b`@you.*";
const LOG: &str = "{\"agent_id\":\"ada\",\"integration\":\"shell\",\"operation\":\"ls\"}\n\
                   {\"agent_id\":\"ada\",\"integration\":\"shell\",\"operation\":\"ls\"}\n\
                   {\"agent_id\":\"ada\",\"operation\":\"x\"}\n\
                   {\"agent_id\":\"ada\",\"integration\":\"bank\",\"operation\":\"pay\"}\n";

/// A repository whose work tree permits shells but for one action, and denies actions of a name that is no word.
fn repository() -> World {
    let world = World::with(&[("policies/pay.yaml", PAY), ("log.jsonl", LOG)]);
    world.write("policyc.yaml", "branch: main\ndefaults: {effect: allow}\n");
    world.commit();
    world.write("policies/pay.yaml", PAY.replace("\"shell.*\"", &format!("shell.rm\n  - \"{HOSTILE}\"")));
    world
}

fn effects(world: &World, more: &[&str]) -> Done {
    let arguments: Vec<&str> = ["diff", "HEAD", "--effects"].iter().chain(more).copied().collect();
    world.run(&arguments)
}

#[test]
fn regions_are_told_with_examples_and_how_often_they_were_seen() {
    let done = effects(&repository(), &["--log", "log.jsonl"]);
    for told in [
        "HEAD → work tree\n1 region newly permitted, 1 newly forbidden.\n",
        "log: 4 recorded actions; 1 could not be placed, since a fact is unknown\n",
        "  R1 deny → allow  policy `pay` denied_actions (policies/pay.yaml:4) no longer decides; the default (policyc.yaml:2) does\n",
        "     for example: agent `x`, `shell.x`\n     seen 2 times in 4 recorded actions\n",
        "  R2 allow → deny  policy `pay` denied_actions (policies/pay.yaml:5) decides now; the default (policyc.yaml:2) did\n",
        "     never seen in 4 recorded actions\n",
    ] {
        assert!(done.code == 0 && done.out.contains(told), "{told}{done:?}");
    }
}

#[test]
fn json_is_as_its_schema_says() {
    let done = effects(&repository(), &["--log", "log.jsonl", "--format", "json"]);
    let report: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string("schemas/effects.json").unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(report["schema"], "policyc.effects/v1");
    assert_eq!(report["log"], json!({"actions": 4, "unplaced": 1, "unreadable": 0, "days": null}));
    let seen: Vec<&Value> = report["rows"].as_array().unwrap().iter().map(|row| &row["seen"]["times"]).collect();
    assert_eq!(seen, [2, 0]);
    assert_eq!(report["rows"][0]["witness"]["integration"], "shell");
}

/// What strangers wrote stands in code spans.
#[test]
fn names_do_not_escape_from_markdown() {
    let done = effects(&repository(), &["--format", "markdown"]);
    assert!(done.out.starts_with("## policyc: 1 region newly permitted, 1 newly forbidden.\n"), "{done:?}");
    assert!(done.out.contains("integration `` a\\|b`@you ``"), "{done:?}");
    for line in done.out.lines().filter(|line| line.contains("@you")) {
        for (at, _) in line.match_indices("@you") {
            assert!(line[..at].matches("``").count() % 2 == 1, "{line}");
        }
    }
}

#[test]
fn exit_codes_tell_what_is_there() {
    let world = repository();
    let code = |on: &str| effects(&world, &["--fail-on", on]).code;
    assert_eq!((code("loosening"), code("any")), (1, 1));
    world.write("policies/pay.yaml", format!("{PAY}  - bank.pay\n"));
    assert_eq!((code("loosening"), code("any")), (0, 1));
    world.write("policies/pay.yaml", format!("{PAY}# no more than a comment\n"));
    assert_eq!((code("loosening"), code("any")), (0, 0));
    let done = effects(&world, &[]);
    let proven = "Nothing newly permitted, nothing newly forbidden; proven for actions whose facts are known.";
    assert!(done.out.contains(proven), "{done:?}");
}

#[test]
fn one_document_is_refused() {
    let world = repository();
    world.commit();
    let done = world.run(&["diff", "pay@1..pay@2", "--effects"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""), "{done:?}");
    assert!(done.err.contains("is one document"), "{done:?}");
    let done = world.run(&["diff", "HEAD", "--log", "log.jsonl"]);
    assert_eq!(done.code, 2, "--log asks for --effects: {done:?}");
}

/// What is counted in a row is what a replay finds changed there.
#[test]
fn counts_are_those_of_a_replay() {
    let world = repository();
    let json = |arguments: &[&str]| -> Value {
        let done = world.run(arguments);
        serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"))
    };
    let regions = json(&["diff", "HEAD", "--effects", "--log", "log.jsonl", "--format", "json"]);
    let replayed = json(&["simulate", "log.jsonl", "--base", "HEAD", "--format", "json"]);
    let rows = regions["rows"].as_array().unwrap().iter();
    let seen: Vec<Value> = rows
        .filter(|row| row["seen"]["times"] != 0)
        .map(|row| json!({"row": row["number"], "actions": row["seen"]["times"]}))
        .collect();
    assert_eq!(seen, [json!({"row": 1, "actions": 2})]);
    assert_eq!(replayed["rows"], json!(seen), "{replayed:#}");
}

/// What strangers wrote does not reach a terminal as it is.
#[test]
fn values_do_not_reach_the_terminal() {
    let world = repository();
    let rule = "id: note\nkind: rule\npolicy_name: note\nagent_id: \"*\"\ntarget_integration: mail\noperation: send\n\
                resource_scope: \"*\"\ndata_classification: restricted\npolicy_effect: deny\nrationale: No such notes are sent.\n\
                conditions: {arguments: {note: {const: \"\\e[31mred\\u202E\"}}}\n";
    world.write("policies/note.yaml", rule);
    for format in ["human", "markdown"] {
        let done = effects(&world, &["--format", format]);
        assert!(done.code == 0 && done.out.contains("red"), "{done:?}");
        let control = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!done.out.contains(control), "{format}: {done:?}");
    }
}
