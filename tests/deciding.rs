//! Deciding as a person, a program and an agent meet it: `eval`, its hook, `test` and `sync`.
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

const PAY: (&str, &str) = (
    "policies/pay.yaml",
    "id: pay\ndescription: Small payments only.\ndenied_actions: [bank.close]\nrate_limits:\n  bank.send: {max_count: 2, window_seconds: 60}\n\
     approval_rules:\n  - {name: large, when: {actions: [bank.send], arguments: {amount: {exclusiveMinimum: 100}}}, approvers: [a@example.com]}\n",
);

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn world() -> World {
    World::with(&[PAY])
}

fn eval(world: &World, arguments: &[&str]) -> Value {
    let done = world.run(&[&["eval", "--format", "json"], arguments].concat());
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:?}");
    assert_eq!(done.out.matches('\n').count(), 1, "one line: {done:?}");
    json(&done.out)
}

#[test]
fn one_action_is_decided_from_its_facts() {
    let world = world();
    let decision = eval(&world, &["--agent", "a", "--operation", "bank.close", "--run", "r"]);
    assert_eq!(decision["effect"], "deny");
    assert_eq!(decision["policy_id"], "pay");
    assert_eq!(decision["rationale"], "Small payments only.");
    assert_eq!(decision["policy_version"], Value::Null);
    let reason = &decision["reasons"][0];
    let place = (&reason["file"], &reason["line"], &reason["column"]);
    assert_eq!(place, (&json!("policies/pay.yaml"), &json!(3), &json!(18)), "{reason}");
    let schema = json(&world.run(&["schema", "decision"]).out);
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&decision), "{decision}");
}

#[test]
fn every_fact_has_an_option() {
    let world = World::with(&[(
        "policies/r.yaml",
        "id: r\nagent_id: a\ntarget_integration: m\noperation: o\nresource_scope: prod/*\npolicy_name: n\n\
         data_classification: internal\npolicy_effect: allow\nrationale: ten characters\nconditions:\n  \
         arguments: {n: {type: integer, minimum: 5}}\n  time_restriction: {blocked_hours: [3]}\n  \
         cost_threshold: {max_cost_per_action: 1}\n---\nid: p\nscope: group\ntarget_id: g\nrequire_approval: true\n\
         approval_tags: [t]\napproval_risk_levels: [critical]\n---\nid: q\nscope: mission\ntarget_id: x\ndenied_actions: [none]\n\
         ---\nid: s\nscope: run\ntarget_id: r\nsession_budget: 5\n",
    )]);
    let all = [
        "--agent",
        "a",
        "--integration",
        "m",
        "--operation",
        "o",
        "--resource",
        "prod/x",
        "--classification",
        "internal",
        "--arguments",
        r#"{"n": 5}"#,
        "--tag",
        "",
        "--risk",
        "low",
        "--cost",
        "0.5",
        "--run",
        "r",
        "--session",
        "s",
        "--turn",
        "1",
        "--group",
        "g",
        "--mission",
        "y",
        "--at",
        "2026-01-01T10:00:00Z",
    ];
    let decision = eval(&world, &all);
    assert_eq!((&decision["effect"], &decision["certain"]), (&json!("allow"), &json!(true)), "{decision}");
    for (option, other, effect) in [
        ("--agent", "b", "deny"),
        ("--integration", "n", "deny"),
        ("--resource", "dev", "deny"),
        ("--classification", "restricted", "deny"),
        ("--arguments", r#"{"n": 4}"#, "deny"),
        ("--tag", "t", "approval_required"),
        ("--risk", "critical", "approval_required"),
        ("--cost", "1.5", "approval_required"),
        ("--at", "2026-01-01T03:00:00Z", "deny"),
    ] {
        let mut changed = all.to_vec();
        let at = changed.iter().position(|word| *word == option).unwrap();
        changed[at + 1] = other;
        assert_eq!(eval(&world, &changed)["effect"], effect, "{option} {other}");
    }
}

#[test]
fn an_action_comes_from_a_file_or_from_standard_input() {
    let world = world();
    world.write("action.json", "{\n  \"id\": \"x\", \"operation\": \"bank.close\", \"agent_id\": \"a\"\n}\n");
    let decision = eval(&world, &["--action", "action.json"]);
    assert_eq!((&decision["id"], &decision["effect"]), (&json!("x"), &json!("deny")));
    let done = world.run_with(
        &["eval", "--format", "json"],
        &[],
        r#"{"operation": "bank.send", "agent_id": "a", "arguments": {}, "timestamp": "yesterday"}"#,
    );
    assert_eq!(json(&done.out)["effect"], "allow", "{done:?}");
    let doubt = json(&done.out)["doubts"][0].as_str().unwrap().to_owned();
    assert!(doubt.contains("`timestamp` is not an RFC 3339 time"), "{done:?}");
    for (arguments, input, code, told) in [
        (&["eval"][..], "{}", 3, "PC0908"),
        (&["eval"], "{\"operation\": \"x\", \"operation\": \"y\"}", 3, "PC0908"),
        (&["eval", "--action", "none.json"], "", 3, "PC0902"),
        (&["eval", "--agent", "a"], "", 2, "--operation"),
        (&["eval", "--operation", "x", "--arguments", "[]"], "", 2, "JSON object"),
        (&["eval", "--operation", "x", "--at", "noon"], "", 2, "2027-01-31"),
        (&["eval", "--operation", "x", "--stream"], "", 2, "cannot be used with"),
        (&["eval", "--operation", "x", "--history", "none"], "", 3, "PC0902"),
    ] {
        let done = world.run_with(arguments, &[], input);
        assert_eq!(done.code, code, "{arguments:?} {done:?}");
        assert!(done.err.contains(told), "{arguments:?} {done:?}");
    }
}

fn send(at: &str) -> String {
    format!(
        "{{\"operation\": \"bank.send\", \"agent_id\": \"a\", \"timestamp\": \"2026-01-01T00:00:{at}Z\", \"arguments\": {{}}}}\n"
    )
}

#[test]
fn a_stream_keeps_state_and_answers_every_line() {
    let world = world();
    let input = format!("{}{}{}not json\n\n{}", send("00"), send("10"), send("20"), send("59"));
    let done = world.run_with(&["eval", "--stream"], &[], &input);
    assert_eq!(done.code, 1, "a line could not be read: {done:?}");
    let decisions: Vec<Value> = done.out.lines().map(json).collect();
    let effects: Vec<_> = decisions.iter().map(|one| one["effect"].as_str().unwrap()).collect();
    assert_eq!(effects, ["allow", "allow", "deny", "deny", "deny"]);
    let ids: Vec<_> = decisions.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "6"]);
    assert_eq!(decisions[2]["reasons"][0]["code"], "RATE_LIMITED");
    assert!(decisions[3]["error"].is_string());
    assert_eq!(decisions[3]["lower"], "allow", "nothing is known of it");
}

#[test]
fn history_is_decided_first_and_not_told() {
    let world = world();
    world.write("earlier.jsonl", send("00") + &send("01"));
    let now = ["--agent", "a", "--operation", "bank.send", "--arguments", "{}", "--at", "2026-01-01T00:00:30Z"];
    assert_eq!(eval(&world, &now)["effect"], "allow");
    assert_eq!(eval(&world, &[&now[..], &["--history", "earlier.jsonl"]].concat())["effect"], "deny");
    world.write("earlier.jsonl", "{\"operation\"\n");
    let done = world.run(&[&["eval", "--history", "earlier.jsonl"], &now[..]].concat());
    assert_eq!(done.code, 3);
    assert!(done.err.contains("line 1"), "{done:?}");
}

/// A refused approval is no action that happened.
#[test]
fn refused_approvals_do_not_count() {
    let world = world();
    let large = send("00").replace("{}", "{\"amount\": 500}");
    world.write("earlier.jsonl", large.repeat(2));
    let now = [
        "--agent",
        "a",
        "--operation",
        "bank.send",
        "--arguments",
        "{}",
        "--at",
        "2026-01-01T00:00:30Z",
        "--history",
        "earlier.jsonl",
    ];
    assert_eq!(eval(&world, &now)["effect"], "deny");
    assert_eq!(eval(&world, &[&now[..], &["--approvals", "denied"]].concat())["effect"], "allow");
}

#[test]
fn a_deny_is_an_answer_unless_it_is_to_fail() {
    let world = world();
    let run = |operation: &str, least: &str| {
        world.run(&["eval", "--agent", "a", "--operation", operation, "--fail-on", least]).code
    };
    assert_eq!(run("bank.close", "deny"), 1);
    assert_eq!(run("bank.read", "deny"), 0);
    assert_eq!(run("bank.close", "approval_required"), 1);
}

#[test]
fn policies_with_errors_decide_nothing() {
    let world = World::with(&[("policies/a.yaml", "id: a\ndeny_actions: [x]\n")]);
    for command in [&["eval", "--operation", "x"][..], &["test"], &["sync", "--agent", "a"]] {
        let done = world.run(command);
        assert_eq!(done.code, 1, "{done:?}");
        assert!(done.out.is_empty() && done.err.contains("PC0301"), "{done:?}");
    }
}

const HOOK: &str = r#"{"session_id": "s1", "transcript_path": "/none", "cwd": "/w", "permission_mode": "default", "hook_event_name": "PreToolUse", "tool_name": "NAME", "tool_input": {"command": "rm -rf build"}, "tool_use_id": "toolu_1"}"#;

fn hook(world: &World, input: &str) -> Value {
    let done = world.run_with(&["eval", "--hook", "claude-code", "--agent", "dev"], &[], input);
    // Claude Code takes most other exit codes as leave to go on.
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:?}");
    let output = json(&done.out)["hookSpecificOutput"].clone();
    assert_eq!(output["hookEventName"], "PreToolUse");
    output
}

#[test]
fn an_agent_asks_before_it_acts() {
    let world = World::with(&[(
        "policies/agents.yaml",
        "id: p\ndenied_actions: [mcp.github.delete_repository]\nrequire_approval: true\napproval_actions: [claude-code.Bash]\n",
    )]);
    let answer = |tool: &str| hook(&world, &HOOK.replace("NAME", tool));
    assert_eq!(answer("Read")["permissionDecision"], "allow");
    assert_eq!(answer("Bash")["permissionDecision"], "ask");
    let denied = answer("mcp__github__delete_repository");
    assert_eq!(denied["permissionDecision"], "deny");
    assert!(denied["permissionDecisionReason"].as_str().unwrap().contains("DENIED_ACTION policy `p`"), "{denied}");
}

/// A hook begins anew each time: what it cannot know of earlier calls is unknown, unless it remembers.
#[test]
fn a_hook_remembers_only_what_it_is_told_to() {
    let limited = "id: p\nrate_limits:\n  claude-code.Bash: {max_count: 2, window_seconds: 3600}\n";
    let world = World::with(&[("policies/agents.yaml", limited)]);
    let ask = |arguments: &[&str]| {
        let all =
            [&["eval", "--hook", "claude-code", "--agent", "dev", "--at", "2026-01-01T00:00:00Z"], arguments].concat();
        let done = world.run_with(&all, &[], &HOOK.replace("NAME", "Bash"));
        json(&done.out)["hookSpecificOutput"].clone()
    };
    let unknown = ask(&[]);
    assert_eq!(unknown["permissionDecision"], "deny");
    assert!(unknown["permissionDecisionReason"].as_str().unwrap().contains("not known: history"), "{unknown}");
    let remembered: Vec<_> =
        (0..3).map(|_| ask(&["--remember", "session.jsonl"])["permissionDecision"].clone()).collect();
    assert_eq!(remembered, ["allow", "allow", "deny"]);
    assert_eq!(world.read("session.jsonl").lines().count(), 3);
}

/// Where nobody can tell the server from the tool, every reading is asked.
#[test]
fn a_tool_cannot_borrow_the_name_of_a_server() {
    let world = World::with(&[("policies/a.yaml", "id: p\nallowed_actions: [mcp.github.*, claude-code.*]\n")]);
    let answer = |tool: &str| hook(&world, &HOOK.replace("NAME", tool))["permissionDecision"].clone();
    assert_eq!(answer("mcp__github__create"), "allow");
    assert_eq!(answer("mcp__github__evil__x"), "deny");
}

/// A fact that is there and broken is not what the catalog says instead.
#[test]
fn a_broken_fact_is_unknown() {
    let world = World::with(&[
        (
            "catalog.yaml",
            "actions:\n  bank.pay: {cost_usd: 0.01, risk_level: low, tags: [money], data_classification: public, resource: \"{arguments.path}\"}\n",
        ),
        (
            "policies/a.yaml",
            "id: p\nsession_budget: 100\nrequire_approval: true\napproval_tags: [pii]\napproval_risk_levels: [critical]\napproval_rules:\n  - when: {data_classification_at_least: confidential}\n---\n\
         id: q\nevidence_requirements:\n  bank.commit: [bank.verify]\n",
        ),
    ]);
    let base =
        r#"{"agent_id": "a", "run_id": "r", "operation": "bank.pay", "arguments": {"path": "x"}, "tags": [] MORE}"#;
    let decide = |more: &str| {
        let done = world.run_with(&["eval", "--format", "json"], &[], &base.replace("MORE", more));
        json(&done.out)
    };
    assert_eq!(decide("")["effect"], "allow");
    for broken in [
        r#", "cost_usd": "5000""#,
        r#", "cost_usd": -5"#,
        r#", "cost_usd": 1e30"#,
        r#", "risk_level": "CRITICAL""#,
        r#", "data_classification": "Restricted""#,
    ] {
        let decision = decide(broken);
        assert_ne!(decision["effect"], "allow", "{broken}: {decision}");
        assert_eq!(decision["certain"], false, "{broken}");
    }
    let verify = |came: &str| {
        let lines = format!(
            "{{\"agent_id\": \"a\", \"run_id\": \"r\", \"operation\": \"bank.verify\", \"cost_usd\": 0, \"tags\": [], \"risk_level\": \"low\", \"data_classification\": \"public\", {came}}}\n\
             {{\"agent_id\": \"a\", \"run_id\": \"r\", \"operation\": \"bank.commit\", \"cost_usd\": 0, \"tags\": [], \"risk_level\": \"low\", \"data_classification\": \"public\"}}\n"
        );
        let done = world.run_with(&["eval", "--stream"], &[], &lines);
        json(done.out.lines().last().unwrap())["effect"].clone()
    };
    assert_eq!(verify(r#""outcome": "success""#), "allow");
    for came in [
        r#""outcome": "FAILURE", "result": {"ok": false}"#,
        r#""error": "bad \ud800", "result": {"x": 1}"#,
        r#""error": "bad \ud800", "outcome": "success""#,
        r#""error": 1e999, "result": {"x": 1}"#,
    ] {
        assert_eq!(verify(came), "deny", "{came}");
    }
}

/// What is said on the command line is never passed over.
#[test]
fn facts_are_not_passed_over() {
    let world = world();
    world.write("a.json", "{\"operation\": \"bank.read\"}");
    for arguments in [
        &["eval", "--cost", "5000"][..],
        &["eval", "--classification", "restricted", "--action", "a.json"],
        &["eval", "--tag", "pii"],
        &["eval", "--operation", ""],
        &["eval", "--hook", "claude-code", "--risk", "low"],
        &["eval", "--stream", "--action", "a.json"],
        &["eval", "--stream", "--history", "-"],
    ] {
        assert_eq!(world.run_with(arguments, &[], "{\"operation\": \"bank.read\"}\n").code, 2, "{arguments:?}");
    }
    let nothing = world.run(&["eval", "--stream", "--fail-on", "deny"]);
    assert_eq!(nothing.code, 1, "an empty stream is no success: {nothing:?}");
    let doubtful = world.run_with(&["eval", "--stream"], &[], "{\"operation\": \"bank.read\", \"turn\": \"x\"}\n");
    assert!(json(&doubtful.out)["doubts"][0].as_str().unwrap().contains("`turn`"), "{doubtful:?}");
}

/// Whatever goes wrong, the agent is told no.
#[test]
fn a_hook_that_cannot_decide_denies() {
    let world = world();
    for input in ["", "{", "{}", &HOOK.replace("PreToolUse", "Stop")] {
        assert_eq!(hook(&world, input)["permissionDecision"], "deny", "{input}");
    }
    let broken = World::with(&[("policies/a.yaml", "deny_actions: [x]\n")]);
    assert_eq!(hook(&broken, &HOOK.replace("NAME", "Read"))["permissionDecision"], "deny");
    assert_eq!(hook(&World::new(), &HOOK.replace("NAME", "Read"))["permissionDecision"], "deny");
}

const SUITE: &str = "kind: suite\nid: money\ntests:\n  - name: accounts stay open\n    action: {operation: bank.close, agent_id: a, run_id: r}\n    \
                     expect: {effect: deny, by: pay, reason: DENIED_ACTION}\n  - name: three in a minute are too many\n    before:\n      \
                     - {action: {operation: bank.send, agent_id: a, timestamp: \"2026-01-01T00:00:00Z\", arguments: {}}, times: 2, every_seconds: 10}\n    \
                     action: {operation: bank.send, agent_id: a, timestamp: \"2026-01-01T00:00:30Z\", arguments: {}}\n    \
                     expect: {effect: deny, reason: RATE_LIMITED}\n  - name: a row\n    now: \"2026-01-01T00:00:00Z\"\n    actions:\n      \
                     - {operation: bank.send, agent_id: a, arguments: {amount: 5}}\n      - {operation: bank.send, agent_id: a, arguments: {amount: 500}}\n    \
                     expect: [{effect: allow}, {effect: approval_required, by: pay}]\nmatrix:\n  agents: [a, b]\n  actions: {close: {operation: bank.close}, \
                     read: {operation: bank.read}}\n  expect: {a: {read: allow}, b: {read: allow}}\n";

fn tested(suite: &str) -> (World, Done) {
    let world = World::with(&[PAY, ("policies/tests/money.yaml", suite)]);
    let done = world.run(&["test"]);
    (world, done)
}

#[test]
fn suites_pass_and_say_how_many() {
    let (world, done) = tested(SUITE);
    assert_eq!((done.code, done.out.as_str()), (0, "7 tests passed\n"), "{done:?}");
    let filtered = world.run(&["test", "--filter", "test=accounts*", "--filter", "suite=money,agent=b"]);
    assert_eq!(filtered.out, "3 tests passed\n", "{filtered:?}");
    let none = world.run(&["test", "--filter", "test=nothing"]);
    assert_eq!(none.code, 1, "no test is no success");
    assert!(none.err.contains("no test matches"), "{none:?}");
    assert_eq!(world.run(&["test", "--filter", "tests=x"]).code, 2);
    assert_eq!(World::with(&[PAY]).run(&["test"]).code, 1, "no suite is no success");
}

#[test]
fn a_failure_shows_what_decided() {
    let (world, done) = tested(&SUITE.replace("expect: {effect: deny, by: pay", "expect: {effect: allow, by: pay"));
    assert_eq!(done.code, 1);
    for part in [
        "PC0601",
        "expected allow, decided deny",
        "DENIED_ACTION from policy `pay`",
        "policies/pay.yaml:3",
        "1 of 7 tests failed",
    ] {
        assert!(done.out.contains(part), "{part}: {}", done.out);
    }
    let github = world.run(&["test", "--format", "github"]);
    assert!(github.out.starts_with("::error file=policies/tests/money.yaml,line="), "{github:?}");
    let report = json(&world.run(&["test", "--format", "json"]).out);
    assert_eq!(report["counts"], json!({"passed": 6, "failed": 1, "uncertain": 0}));
    let schema = json(&world.run(&["schema", "tests"]).out);
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&report), "{report}");
    let junit = world.run(&["test", "--format", "junit"]).out;
    for part in [
        "<testsuites name=\"policyc\" tests=\"7\" skipped=\"0\" failures=\"1\"",
        "testcase name=\"accounts stay open\"",
        "<failure message=\"expected allow",
    ] {
        assert!(junit.contains(part), "{part}: {junit}");
    }
}

/// The effect alone is not enough: who gives it, and why, must be right too.
#[test]
fn the_right_effect_for_the_wrong_reason_fails() {
    for (wrong, told) in [
        ("reason: RATE_LIMITED}\n  - name: three", "expected the reason RATE_LIMITED from `pay`"),
        ("reason: NO_MATCHING_RULE}\n  - name: three", "expected the reason NO_MATCHING_RULE"),
    ] {
        let (_, done) = tested(&SUITE.replace("reason: DENIED_ACTION}\n  - name: three", wrong));
        assert!(done.code == 1 && done.out.contains(told), "{told}: {done:?}");
    }
    let maybe = ("policies/maybe.yaml", "id: maybe\nsession_budget: 5\n");
    let text = SUITE.replace("by: pay, reason: DENIED_ACTION", "by: maybe");
    let done = World::with(&[PAY, maybe, ("policies/tests/money.yaml", &text)]).run(&["test"]);
    assert!(done.out.contains("expected deny from `maybe`"), "a possible reason proves nothing: {done:?}");
    let (_, done) = tested(&SUITE.replace("read: {operation: bank.read}", "read: {operation: bank.close}"));
    assert!(done.out.contains("`a × read`: expected allow, decided deny"), "{done:?}");
    let (_, done) = tested(&SUITE.replace("b: {read: allow}", "b: {}"));
    assert!(
        done.out.contains("`b × read (not listed)`: expected deny, decided allow"),
        "what is not listed must be denied: {done:?}"
    );
}

#[test]
fn a_test_that_hangs_on_missing_facts_is_told() {
    let (world, done) = tested(
        &SUITE
            .replace("actions: {close", "actions: {pay: {operation: bank.send}, close")
            .replace("{read: allow}, b", "{read: allow, pay: approval_required}, b")
            .replace("b: {read: allow}", "b: {read: allow, pay: approval_required}"),
    );
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("PC0602") && done.out.contains("arguments is not known"), "{done:?}");
    let strict = world.run(&["test", "--deny-uncertain", "--format", "json"]);
    assert_eq!(strict.code, 1);
    assert_eq!(json(&strict.out)["counts"]["failed"], 2, "the outputs agree with the exit code");
}

#[test]
fn coverage_counts_what_decided() {
    let (world, _) = tested(SUITE);
    let done = world.run(&["test", "--coverage", "human", "--min-coverage", "100"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("coverage 100.0 %: 4 of 4 parts decided something"), "{done:?}");
    world.run(&["test", "--coverage", "lcov=out/lcov.info", "--coverage", "json=out/coverage.json"]);
    let lcov = world.read("out/lcov.info");
    assert!(lcov.contains("SF:policies/pay.yaml\nDA:3,"), "{lcov}");
    let coverage = json(&world.read("out/coverage.json"));
    assert_eq!(coverage["effects"], json!({"allow": 3, "approval_required": 1, "deny": 4}));
    let few = world.run(&["test", "--filter", "test=accounts*", "--min-coverage", "60"]);
    assert_eq!(few.code, 1);
    assert!(few.err.contains("50.0 %, and 60 % are asked for"), "{few:?}");
    assert_eq!(world.run(&["test", "--coverage", "json=policies/x.json"]).code, 3, "a result is no document");
}

/// What a test sets up and the policies deny did not happen.
#[test]
fn earlier_actions_that_are_denied_are_told() {
    let (_, done) = tested(&SUITE.replace(
        "before:\n      - {action: {operation: bank.send",
        "before:\n      - {action: {operation: bank.close",
    ));
    assert!(done.out.contains("PC0603") && done.out.contains("of 2 earlier actions 2 were denied"), "{done:?}");
}

#[test]
fn a_matrix_is_checked() {
    let (_, done) = tested(&SUITE.replace("b: {read: allow}", "c: {raed: allow}"));
    assert!(
        done.err.contains("PC0428")
            && done.err.contains("`c` is not among the `agents`")
            && done.err.contains("did you mean `read`"),
        "{done:?}"
    );
}

#[test]
fn sync_answers_what_an_agent_is_bound_by() {
    let world = World::with(&[(
        "policies/a.yaml",
        "id: all\nsession_budget: 5\nallowed_actions: [m.*]\ndenied_actions: [m.drop]\n---\nid: mine\nscope: agent\ntarget_id: a\nsession_budget: 2\n\
         allowed_actions: [m.read, m.drop]\nrequire_approval: true\n---\nid: other\nscope: agent\ntarget_id: b\nsession_budget: 1\n---\n\
         kind: exception\nid: e\npolicy: mine\nreason: incident twelve\nagents: [a]\nreasons: [APPROVAL_REQUIRED]\nexpires_at: \"2027-01-01T00:00:00Z\"\n",
    )]);
    let of = |arguments: &[&str]| {
        let done = world.run(&[&["sync", "--agent"], arguments].concat());
        assert_eq!(done.code, 0, "{done:?}");
        json(&done.out)
    };
    let mine = of(&["a", "--at", "2026-06-01T00:00:00Z"]);
    assert_eq!(mine["session_budget"], 2.0);
    assert_eq!(mine["allowed_actions"], json!([["m.*"], ["m.drop", "m.read"]]));
    assert_eq!(mine["denied_actions"], json!(["m.drop"]));
    assert_eq!(mine["require_approval"], false, "the exception covers the whole caller");
    assert_eq!(
        (&mine["exceptions_applied"][0]["id"], &mine["valid_until"]),
        (&json!("e"), &json!("2027-01-01T00:00:00Z"))
    );
    let fields: Vec<_> =
        mine["conflicts"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["session_budget", "allowed_actions", "denied_actions"]);
    let schema = json(&world.run(&["schema", "sync"]).out);
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&mine), "{mine}");
    let later = of(&["a"]);
    assert_eq!((&later["require_approval"], &later["exceptions"][0]["id"]), (&json!(true), &json!("e")));
    let stranger = of(&["z"]);
    assert_eq!((&stranger["session_budget"], &stranger["conflicts"]), (&json!(5.0), &json!([])));
}

/// What the engine denies for the catalog or passes over by an exception is not left out of the answer.
#[test]
fn sync_answers_with_the_catalog_and_exceptions_from_rules() {
    let world = World::with(&[
        ("catalog.yaml", "closed: true\nactions:\n  mail.send: {risk_level: critical}\n  mail.read: {}\n"),
        (
            "policies/r.yaml",
            "id: allow-mail\nagent_id: \"*\"\ntarget_integration: mail\noperation: \"*\"\nresource_scope: \"*\"\npolicy_name: n\n\
         data_classification: restricted\npolicy_effect: allow\nrationale: ten characters\n---\nkind: exception\nid: not-bob\npolicy: allow-mail\n\
         reason: ten characters\nagents: [bob]\nexpires_at: \"2027-01-01T00:00:00Z\"\n",
        ),
    ]);
    let of = |arguments: &[&str]| json(&world.run(&[&["sync", "--agent"], arguments].concat()).out);
    let ann = of(&["ann", "--at", "2026-01-01T00:00:00Z"]);
    assert_eq!(ann["allowed_actions"], json!([["mail.read", "mail.send"]]));
    assert_eq!(ann["catalog"]["actions"]["mail.send"]["risk_level"], "critical");
    assert_eq!((&ann["rules"][0]["id"], &ann["exceptions"]), (&json!("allow-mail"), &json!([])));
    let bob = of(&["bob", "--at", "2026-01-01T00:00:00Z"]);
    assert_eq!((&bob["rules"], &bob["exceptions_applied"][0]["id"]), (&json!([]), &json!("not-bob")));
    assert_eq!(of(&["bob"])["exceptions"][0]["id"], "not-bob");
}

/// A lock pins versions; what it says is held against Git.
#[test]
fn an_environment_decides_by_its_lock() {
    let world = World::with(&[PAY, ("environments/production.yaml", "approvals: {required: 0}\n")]);
    world.commit();
    let asked = |environment: &str, more: &[&str]| {
        let fixed = ["eval", "--format", "json", "--environment", environment, "--agent", "a"];
        world.run(&[&fixed[..], more].concat())
    };
    let run = |environment: &str| asked(environment, &["--operation", "bank.close", "--run", "r"]);
    assert!(run("prodution").err.contains("did you mean `production`"));
    let nothing = run("production");
    assert!(nothing.code == 3 && nothing.err.contains("nothing is deployed"), "{nothing:?}");
    assert_eq!(world.run_as("ada", "09:00", &["deploy", "--environment", "production"]).code, 0);
    let lock: Value = serde_json::from_str(&world.read("environments/production.lock.json")).unwrap();
    // What is in the folder is not what is live.
    world.write("policies/pay.yaml", "id: pay\nrun_budget: 1\n");
    let decision = json(&run("production").out);
    assert_eq!((&decision["effect"], &decision["policy_id"]), (&json!("deny"), &json!("pay")), "{decision}");
    assert_eq!(decision["policy_version"], 1, "{decision}");
    let live = json(&world.run(&["versions", "pay", "--format", "json"]).out);
    assert_eq!(live["data"][0]["live_in"], json!(["production"]), "{live}");
    let other = || json(&asked("production", &["--operation", "bank.read"]).out);
    assert_eq!(other()["effect"], "allow");
    // An edit that is not committed can stop everything, and start nothing.
    let mut edited = lock.clone();
    edited["kill_switch"] = json!({"active": true});
    world.write("environments/production.lock.json", edited.to_string());
    assert_eq!(other()["reasons"][0]["code"], "KILL_SWITCH");
    world.git(&["checkout", "-q", "environments"]);
    world.git(&["branch", "-q", "kill-switch/production"]);
    assert_eq!(other()["reasons"][0]["code"], "KILL_SWITCH", "the branch says so");
    world.git(&["branch", "-q", "-D", "kill-switch/production"]);
    assert_eq!(other()["effect"], "allow");
    // A lock that somebody wrote is refused, whatever is wrong with it, and what was live before stays live.
    for (pointer, wrong) in [
        ("/documents/pay/canonical_digest", json!("sha256:1")),
        ("/documents/pay/version", json!(7)),
        ("/documents/pay/source_digest", json!("sha256:1")),
        ("/bundle", json!("sha256:1")),
        ("/environment", json!("staging")),
        ("/documents/pay/commit", json!("HEAD")),
        ("/defaults/effect", json!("deny")),
        ("/sequence", json!("one")),
    ] {
        let mut bad = lock.clone();
        *bad.pointer_mut(pointer).unwrap() = wrong;
        bad["sequence"] = if pointer == "/sequence" { json!("one") } else { json!(2) };
        bad["previous"] = json!(policyc::text::Digest::of(&policyc::text::jcs_bytes(&lock).unwrap()).to_string());
        world.write("environments/production.lock.json", bad.to_string());
        world.git(&["add", "environments"]);
        world.git(&["commit", "-q", "-m", "lock"]);
        let done = run("production");
        assert!(done.code == 0 && done.err.contains("is refused"), "{pointer}: {done:?}");
        assert_eq!(json(&done.out)["policy_id"], "pay", "{pointer}");
        assert_eq!(other()["effect"], "allow", "{pointer}");
    }
    let stopped = ["kill-switch", "activate", "--environment", "production", "--reason", "incident"];
    world.git(&["checkout", "-q", "policies"]);
    assert_eq!(world.run_as("ada", "09:01", &stopped).code, 0);
    assert_eq!(json(&run("production").out)["reasons"][0]["code"], "KILL_SWITCH");
    let synced = json(&world.run(&["sync", "--agent", "a", "--environment", "production"]).out);
    assert_eq!((&synced["kill_switch"], &synced["allowed_actions"]), (&json!(true), &json!([])));
}

/// The first YAML or JSON block of a page that holds a text.
fn block(page: &str, wanted: &str) -> String {
    let text = std::fs::read_to_string(page).unwrap();
    let blocks = support::blocks(&text).into_iter().map(|(_, text)| text);
    blocks.into_iter().find(|text| text.contains(wanted)).unwrap_or_else(|| panic!("{page}: no block with {wanted}"))
}

/// What README and the reference show is what runs.
#[test]
fn documents_of_the_pages_do_what_they_say() {
    let office = "id: mail\nrate_limits:\n  mail.send: {max_count: 5, window_seconds: 60}\n---\nid: open\nagent_id: mail-1\ntarget_integration: mail\noperation: \"*\"\n\
                  resource_scope: \"*\"\npolicy_name: n\ndata_classification: restricted\npolicy_effect: allow\nrationale: ten characters\n";
    let suite = block("README.md", "kind: suite");
    let done = World::with(&[("policies/mail.yaml", office), ("policies/office.yaml", &suite)]).run(&["test"]);
    assert_eq!((done.code, done.out.as_str()), (0, "5 tests passed\n"), "{done:?}");
    let hooks = json(&block("README.md", "PreToolUse"));
    let command = hooks["hooks"]["PreToolUse"][0]["hooks"][0]["command"].as_str().unwrap();
    assert!(command.starts_with("policyc -C ") && command.contains("--hook claude-code"), "{command}");
    let policy = block("docs/reference/deciding.md", "id: coding-agents");
    let world = World::with(&[("policies/agents.yaml", &policy)]);
    assert_eq!(world.run(&["check", "--deny-warnings"]).code, 0);
    let answer = |tool: &str| {
        let arguments = ["eval", "--hook", "claude-code", "--agent", "dev", "--remember", "actions.jsonl"];
        json(&world.run_with(&arguments, &[], &HOOK.replace("NAME", tool)).out)["hookSpecificOutput"]["permissionDecision"].clone()
    };
    assert_eq!(answer("Bash"), "ask");
    assert_eq!(answer("mcp__github__delete_repository"), "deny");
    assert_eq!(answer("Read"), "allow");
    assert_eq!(world.run(&["test", "--coverage", "json="]).code, 2, "no file behind the =");
}
