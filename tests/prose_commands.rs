//! Sentences through the commands: where each field comes from, how documents are said, what standard input may hold,
//! and that an accepted reading is a part of what a version is.
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

const PAGE: &str = "---\nkind: policy\nid: pay\n---\n\n# Pay\n\n## Rules\n\n- Deny `shell.bash`.\n- Require approval for `bank.pay` when `amount` is over 500 from `ada@example.com`.\n";

fn json_of(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

fn repository(page: &str) -> World {
    let world = World::new();
    world.write("policyc.yaml", "branch: main\n");
    world.write("policies/pay.md", page);
    world.commit();
    world
}

#[test]
fn every_field_leads_to_its_sentence() {
    let world = repository(PAGE);
    let done = world.run(&["compile", "--origins", "origins.json", "-o", "bundle.json"]);
    assert_eq!(done.code, 0, "{done:?}");
    let origins = world.read("origins.json");
    assert!(origins.contains("\"line\": 11") || origins.contains("\"line\":11"), "{origins}");
    let eval = world.run_with(
        &["eval", "--format", "json"],
        &[],
        "{\"agent_id\": \"a\", \"integration\": \"shell\", \"operation\": \"bash\", \"arguments\": {}}",
    );
    assert!(eval.out.contains("pay.md"), "{eval:?}");
}

#[test]
fn what_is_said_compiles_to_the_same_bytes() {
    let world = repository(PAGE);
    let before = world.run(&["compile", "-o", "-"]);
    let said = world.run(&["show", "pay", "--as", "prose"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("- Deny `shell.bash`.\n"), "{said:?}");
    world.write("policies/pay.md", &said.out);
    assert_eq!(world.run(&["compile", "-o", "-"]).out, before.out);
    world.write("policies/tests.yaml", "kind: suite\nid: s\ntests:\n  - name: t\n    action: {agent_id: a, integration: shell, operation: bash}\n    expect: {effect: deny}\n");
    let refused = world.run(&["show", "s", "--as", "prose"]);
    assert!(refused.code != 0 && refused.err.contains("no sentences for a suite"), "{refused:?}");
}

#[test]
fn standard_input_holds_plain_sentences() {
    let world = World::new();
    let compile = |format: &str, text: &str| {
        world.run_with(&["compile", "-", "--source-format", format, "--format", "json"], &[], text)
    };
    let text = "A refund is `issue_refund`. The amount of a refund is its `amount`.\nRefunds over $200 must be approved.\n\n1. Block `db.drop`.\n";
    let done = compile("prose", text);
    assert_eq!(done.code, 0, "{done:?}");
    let document = json_of(&done)["data"]["policy"].clone();
    let document = if document.is_null() { json_of(&done) } else { document };
    let told = document.to_string();
    assert!(told.contains("\"denied_actions\":[\"db.drop\"]") && told.contains("\"exclusiveMinimum\":200"), "{told}");
    assert_eq!(compile("md", PAGE).code, 0);
    let refused = compile("prose", "Refunds over $200 must be approved.");
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.out.contains("PC02"), "{refused:?}");
}

#[test]
fn another_accepted_reading_is_another_version() {
    let sentence = "Keep agents out of the shell.";
    let lock = |means: &str| {
        let digest = policyc::text::Digest::of(sentence.as_bytes());
        let entry = json!({"digest": digest.to_string(), "sentence": sentence, "means": [means], "model": "a-model"});
        let lock = json!({"schema": "policyc.assist-lock/v1", "sentences": [entry]});
        format!("{}\n", serde_json::to_string_pretty(&lock).unwrap())
    };
    let world = World::new();
    world.write("policyc.yaml", "branch: main\n");
    world.write("policies/pay.md", PAGE.replace("- Deny `shell.bash`.", &format!("- {sentence}")));
    world.write("policies/pay.md.assist.lock.json", lock("Deny `shell.*`."));
    world.commit();
    let versions = || json_of(&world.run(&["versions", "pay", "--format", "json"]))["data"].as_array().unwrap().len();
    assert_eq!(versions(), 1);
    let shown = world.run(&["show", "pay@1", "--format", "json"]);
    assert!(shown.out.contains("shell.*"), "{shown:?}");
    world.write("policies/pay.md.assist.lock.json", lock("Deny `shell.bash`."));
    world.git(&["commit", "-q", "-a", "-m", "Another reading"]);
    assert_eq!(versions(), 2, "the page is the same, and says something else");
    let shown = world.run(&["show", "pay@2", "--format", "json"]);
    assert!(shown.out.contains("shell.bash"), "{shown:?}");
    // As remembered and as read from the beginning.
    assert_eq!(versions(), 2);
    world.git(&["rm", "-q", "policies/pay.md.assist.lock.json"]);
    world.git(&["commit", "-q", "-m", "No reading"]);
    let check = world.run(&["check"]);
    assert_eq!(check.code, 1, "{check:?}");
}
