//! `policyc diff` over real Git repositories.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use serde_json::Value;
use support::world::{Done, World};

const PAY: &str = "id: pay\nrun_budget: 5\ndenied_actions:\n  - bank.close\nrate_limits:\n  bank.pay: {max_count: 5, window_seconds: 60}\n";
const PAID: &str = "id: pay\n# more\nrun_budget: 9\ndenied_actions:\n  - bank.close\n  - shell.*\nrate_limits:\n  bank.pay: {max_count: 3, window_seconds: 60}\n";

/// A repository with a commit on main and another one on topic.
fn repository() -> World {
    let world = World::with(&[("policies/pay.yaml", PAY)]);
    world.commit();
    world.git(&["tag", "v1"]);
    world.git(&["checkout", "-q", "-b", "topic"]);
    world.write("policies/pay.yaml", PAID);
    world.commit();
    world
}

fn json(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"))
}

#[test]
fn changes_are_told_with_both_places() {
    let world = repository();
    let done = world.run(&["diff", "main..topic"]);
    let expected = "\
main → topic
1 loosening, 2 tightening changes in 1 document

policy pay changed: both  policies/pay.yaml:1
  loosening  run_budget  policies/pay.yaml:2 → :3
    − 5
    + 9
  tightening denied_actions  policies/pay.yaml:6
    + \"shell.*\"
  tightening rate_limits[\"bank.pay\"].max_count  policies/pay.yaml:6 → :8
    − 5
    + 3
";
    assert_eq!((done.out.as_str(), done.code), (expected, 0), "{done:?}");
}

#[test]
fn json_names_every_part() {
    let world = repository();
    let report = json(&world.run(&["diff", "main..topic", "--format", "json"]));
    assert_eq!(report["schema"], "policyc.diff/v1");
    assert_eq!(report["direction"], "both");
    let counts = serde_json::json!({"loosening": 1, "tightening": 2, "both": 0, "neutral": 0, "documents": 1});
    assert_eq!(report["counts"], counts);
    let document = &report["documents"][0];
    assert_eq!(document["summary"], "Updated: denied_actions, rate_limits, run_budget");
    let change = &document["changes"][1];
    assert_eq!(change["pointer"], "/denied_actions");
    assert_eq!(
        (&change["entry"], &change["after"], &change["what"]),
        (&true.into(), &"shell.*".into(), &"added".into())
    );
    assert_eq!(change["head"], serde_json::json!({"file": "policies/pay.yaml", "line": 6}));
    assert_eq!(change["base"], Value::Null);
    let schema: Value = serde_json::from_str(&std::fs::read_to_string("schemas/diff.json").unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Every form of a side names the same two states.
#[test]
fn sides_are_named_in_many_ways() {
    let world = repository();
    let expected = json(&world.run(&["diff", "main..topic", "--format", "json"]))["documents"].clone();
    assert!(expected.as_array().is_some_and(|documents| documents.len() == 1));
    let hash = world.git(&["rev-parse", "main"]);
    world.git(
        &["clone", "-q", "--bare", ".", "../copy.git"]
            .map(|word| if word == "../copy.git" { "copy.git" } else { word }),
    );
    for range in [
        None,
        Some("main"),
        Some("HEAD~1"),
        Some(hash.as_str()),
        Some("v1.."),
        Some("main...topic"),
        Some("main..WORKTREE"),
        Some(".git#branch=main"),
        Some(".git#tag=v1..HEAD"),
        Some(".git#ref=HEAD~1"),
        Some("copy.git#branch=main"),
        Some("./copy.git#tag=v1..copy.git#branch=topic"),
    ] {
        let arguments: Vec<&str> = ["diff", "--format", "json"].into_iter().chain(range).collect();
        let done = world.run(&arguments);
        assert_eq!(json(&done)["documents"], expected, "{range:?} {done:?}");
    }
    let back = json(&world.run(&["diff", "topic..main", "--format", "json"]));
    assert_eq!(back["counts"]["loosening"], 2, "the other way round");
}

#[test]
fn wrong_sides_are_refused() {
    let world = repository();
    for (range, code, told) in [
        ("nowhere", 3, "`nowhere` does not exist"),
        (".git#commit=x", 2, "branch=NAME"),
        (".git#branch=", 2, "branch=NAME"),
        ("WORKTREE...main", 2, "A...B"),
        ("nowhere.git#branch=main", 3, ""),
    ] {
        let done = world.run(&["diff", range]);
        assert_eq!(done.code, code, "{range} {done:?}");
        assert!(done.err.contains(told), "{range} {done:?}");
    }
    let done = world.run(&["diff", "main", "--format", "json", "--format", "human"]);
    assert_eq!(done.code, 2, "{done:?}");
    let done = world.run(&["diff", "main", "--format", "markdown=policies/a.md"]);
    assert_eq!(done.code, 3, "{done:?}");
}

/// A side in error is refused with its findings, whichever it is.
#[test]
fn a_side_that_does_not_compile_is_refused() {
    let world = repository();
    world.write("policies/pay.yaml", "id: pay\ndeny: [x]\n");
    let done = world.run(&["diff", "main"]);
    assert_eq!((done.code, done.out.as_str()), (1, ""), "{done:?}");
    assert!(done.err.contains("work tree is in error") && done.err.contains("PC0"), "{done:?}");
    world.commit();
    world.write("policies/pay.yaml", PAY);
    let done = world.run(&["diff", "HEAD"]);
    assert!(done.code == 1 && done.err.contains("HEAD is in error"), "{done:?}");
}

#[test]
fn exit_codes_tell_what_is_there() {
    let world = repository();
    let code = |arguments: &[&str]| world.run(arguments).code;
    assert_eq!(code(&["diff", "topic"]), 0);
    assert_eq!(code(&["diff", "topic", "--fail-on", "any"]), 0);
    assert_eq!(code(&["diff", "main", "--fail-on", "any"]), 1);
    assert_eq!(code(&["diff", "main", "--fail-on", "loosening"]), 1);
    world.write("policies/pay.yaml", PAY.replace("budget: 5", "budget: 4"));
    assert_eq!(code(&["diff", "main", "--fail-on", "loosening"]), 0);
    assert_eq!(code(&["diff", "main", "--fail-on", "any"]), 1);
    // It takes less to change what decides.
    world.write("policies/pay.yaml", PAY);
    world.write("policyc.yaml", "branch: main\nreview: {required: 0}\n");
    let done = world.run(&["diff", "main", "--fail-on", "loosening"]);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.out.contains("\n1 loosening change of what governs\n"), "{done:?}");
    assert!(done.out.contains("settings (governs) changed: loosening  policyc.yaml:1"), "{done:?}");
    assert!(done.out.contains("review.required  policyc.yaml:1 → :2"), "{done:?}");
}

/// Layout, comments and files are no difference.
#[test]
fn what_means_the_same_is_no_difference() {
    let world = repository();
    world.git(&["mv", "policies/pay.yaml", "policies/paid.yaml"]);
    world.write("policies/paid.yaml", PAID.replace("# more\n", "").replace("9\n", "9.0\n"));
    let done = world.run(&["diff", "HEAD"]);
    assert_eq!((done.code, done.out.as_str()), (0, "HEAD → work tree\nno difference in policy terms\n"), "{done:?}");
}

#[test]
fn the_effective_default_is_told() {
    let world = repository();
    let rule = "id: r\nagent_id: '*'\npolicy_name: one\ntarget_integration: '*'\noperation: '*'\nresource_scope: '*'\n\
                data_classification: restricted\npolicy_effect: allow\nrationale: because it is so\n";
    world.write("policies/r.yaml", rule);
    let done = world.run(&["diff", "HEAD"]);
    assert!(done.out.contains("\n1 loosening, 1 tightening changes in 1 document\n"), "{done:?}");
    let line = "an action that no rule matches: allow → deny (tightening; there are rules now)\n";
    assert!(done.out.contains(line), "{done:?}");
    assert!(done.out.contains("\nrule r added: loosening  policies/r.yaml:1\n"), "{done:?}");
    let markdown = world.run(&["diff", "HEAD", "--format", "markdown"]);
    assert!(markdown.out.contains("**an action that no rule matches: allow → deny"), "{markdown:?}");
}

/// What strangers wrote is no command, no escape and no markup.
#[test]
fn text_of_strangers_is_shown_as_text() {
    let world = World::with(&[("policies/pay.yaml", PAY), ("policies/x.yaml", "id: x\nrun_budget: 1\n")]);
    world.commit();
    let hostile = "id: x\nrun_budget: 1\ndescription: \"a\\e[31m|`@you\\n::error::x\\n##[group]\"\n";
    world.write("policies/x.yaml", hostile);
    for format in ["human", "markdown", "json"] {
        let done = world.run_with(&["diff", "HEAD", "--format", format], &[("GITHUB_ACTIONS", "true")], "");
        assert!(!done.out.contains('\u{1b}') && !done.out.contains("\n::error"), "{format} {done:?}");
        assert!(!done.out.contains("##["), "{format} {done:?}");
        if format == "markdown" {
            assert!(done.out.contains("\\|``` ") || done.out.contains("\\|`@you"), "{done:?}");
        }
    }
}

/// An entry of a map or a list is found however it is spelt; a catalog and an environment have lines, too.
#[test]
fn parts_are_found_as_they_are_written() {
    let world = World::with(&[
        ("policies/pay.yaml", "id: pay\nrun_budget: 1\n"),
        ("catalog.yaml", "actions:\n  bank.pay:\n    cost_usd: 1\n"),
        ("environments/production.yaml", "approvals:\n  required: 2\n"),
    ]);
    world.commit();
    world.write(
        "policies/pay.yaml",
        "id: pay\nrun_budget: 1\ndenied_actions:\n  - a.b\n  - files.**\naction_budgets:\n  mail.**: 3\n",
    );
    world.write("catalog.yaml", "actions:\n  bank.pay:\n    tags: []\n    cost_usd: 2\n");
    world.write("environments/production.yaml", "approvals:\n\n  required: 1\n");
    let report = json(&world.run(&["diff", "HEAD", "--format", "json"]));
    let line = |document: usize, path: &str, side: &str| {
        let changes = report["documents"][document]["changes"].as_array().unwrap();
        let found =
            changes.iter().rev().find(|change| change["path"] == path).unwrap_or_else(|| panic!("{path} {report:#}"));
        found[side]["line"].clone()
    };
    assert_eq!(line(0, "denied_actions", "head"), 5);
    assert_eq!(line(0, "action_budgets[\"mail.*\"]", "head"), 7);
    assert_eq!(line(1, "actions[\"bank.pay\"].cost_usd", "base"), 3);
    assert_eq!(line(1, "actions[\"bank.pay\"].cost_usd", "head"), 4);
    assert_eq!(line(2, "approvals.required", "head"), 3);
    assert_eq!(report["documents"][2]["governs"], true);
}

/// A policy repository in a folder of a Git repository is compared there.
#[test]
fn a_folder_of_a_repository_is_compared() {
    let world = World::new();
    world.write("teams/pay/policyc.yaml", "{}\n");
    world.write("teams/pay/policies/pay.yaml", PAY);
    world.commit();
    world.write("teams/pay/policies/pay.yaml", PAID);
    let done = world.run(&["-C", "teams/pay/policies", "diff", "--format", "json"]);
    assert_eq!(json(&done)["counts"]["documents"], 1, "{done:?}");
    let done = world.run(&["-C", "teams/pay", "diff", ".git#branch=main", "--format", "json"]);
    assert_eq!(json(&done)["counts"]["documents"], 1, "{done:?}");
}
