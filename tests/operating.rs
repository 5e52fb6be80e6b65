//! What operators ask, by the commands: one test for each row of what the hosted systems did for them (deploying a policy, and the
//! runbook of going live).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use std::collections::BTreeMap;
use std::io::Read as _;

use serde_json::{Value, json};
use support::world::{Done, World};

const SETTINGS: &str = "branch: main\ndefaults: {effect: allow, session_ttl: 3600}\nreview: {required: 1, from: [security], evidence: recorded}\nlogs: [{path: log.jsonl}]\nexpect: {active_policies: 2, stale_days: 30}\n";
const IDENTITIES: &str = "kind: identities\nprincipals:\n  ada: {accounts: [ada@example.com]}\n  ben: {accounts: [ben@example.com]}\n  ops: {accounts: [ops@example.com]}\ngroups:\n  security: [ben]\n  oncall: [ops]\n";
const PRODUCTION: &str = "approvals: {required: 1, from: [security], evidence: recorded}\nrollback: {from: [oncall]}\nrollout: {steps: [5, 25, 50, 100]}\ncircuit_breaker: {window_seconds: 300, max_deny_ratio: 0.4, max_p99_ms: 500, alerts: [oncall]}\n";
const SUITE: &str = "kind: suite\nid: tries\ntests:\n  - name: mail is not deleted\n    action: {agent_id: a, operation: mail.delete}\n    expect: {effect: deny}\n";

fn json_of(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

fn ok(done: Done) -> Done {
    assert_eq!(done.code, 0, "{done:?}");
    done
}

fn world() -> World {
    let world = World::with(&[
        ("policyc.yaml", SETTINGS),
        ("identities.yaml", IDENTITIES),
        ("environments/production.yaml", PRODUCTION),
        ("environments/staging.yaml", "approvals: {required: 0}\nrollback: {from: [oncall]}\n"),
        ("policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete]\n"),
        ("policies/pay.yaml", "id: pay\nrun_budget: 10\n"),
        ("policies/tries.yaml", SUITE),
    ]);
    let action = |n: u32| {
        format!(
            "{{\"id\": \"{n}\", \"agent_id\": \"a\", \"run_id\": \"r{n}\", \"operation\": \"{}\", \"cost_usd\": 0, \"timestamp\": \"2026-01-01T00:{n:02}:00Z\"}}\n",
            if n.is_multiple_of(4) { "mail.delete" } else { "mail.send" }
        )
    };
    world.write("log.jsonl", (0..20).map(action).collect::<String>());
    world.commit();
    world
}

/// A repository in which production is live, with a remote.
fn live() -> (World, World) {
    let (world, bare) = (world(), World::new());
    bare.git(&["init", "-q", "--bare", "-b", "main"]);
    world.git(&["remote", "add", "origin", bare.path().to_str().unwrap()]);
    world.git(&["push", "-q", "origin", "main"]);
    ok(world.run_as("ben", "09:00", &["deploy", "--environment", "production", "--approve"]));
    ok(world.run_as("ada", "09:01", &["deploy", "--environment", "production", "--push"]));
    (world, bare)
}

fn rows(report: &Value) -> BTreeMap<String, Value> {
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| (row["name"].as_str().unwrap().to_owned(), row.clone())).collect()
}

fn readiness(world: &World, more: &[&str]) -> (i32, BTreeMap<String, Value>, Value) {
    let asked = ["readiness", "--environment", "production", "--format", "json"];
    let done = world.run_as("ada", "12:00", &[&asked[..], more].concat());
    let report = json_of(&done);
    (done.code, rows(&report), report)
}

#[test]
fn seed_000_a_policy_is_drafted_submitted_approved_deployed_and_rolled_back_with_a_reason() {
    let (world, _bare) = live();
    ok(world.run_as("ada", "10:00", &["draft", "new", "stricter"]));
    world.write("policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete, mail.send]\n");
    ok(world.run_as("ada", "10:01", &["draft", "update"]));
    ok(world.run_as("ada", "10:02", &["submit", "stricter"]));
    ok(world.run_as("ben", "10:03", &["review", "stricter", "--approve"]));
    ok(world.run_as("ben", "10:04", &["merge", "stricter"]));
    ok(world.run_as("ben", "10:05", &["deploy", "--environment", "production"]));
    ok(world.run_as(
        "ops",
        "10:06",
        &["rollout", "abort", "--environment", "production", "--reason", "incident mitigation"],
    ));
    ok(world.run_as("ben", "10:07", &["deploy", "--environment", "production"]));
    for minute in ["10:08", "10:09", "10:10"] {
        ok(world.run_as("ben", minute, &["rollout", "next", "--environment", "production"]));
    }
    ok(world.run_as(
        "ops",
        "10:11",
        &["rollback", "mail", "1", "--environment", "production", "--reason", "incident mitigation"],
    ));
    let audit = json_of(&world.run(&["audit", "--kind", "rollback", "--format", "json"]));
    let entry = &audit["data"][0];
    assert_eq!(
        (&entry["reason"], &entry["environment"]),
        (&json!("incident mitigation"), &json!("production")),
        "{audit:#}"
    );
    assert!(entry["what"].as_str().unwrap().contains("approved by ops"), "{entry:#}");
    // And as a new version on the branch.
    world.git(&["switch", "-q", "main"]);
    ok(world.run_as("ops", "10:12", &["rollback", "mail", "1", "--reason", "incident mitigation"]));
    assert_eq!(world.git(&["branch", "--list", "rollback/mail-1"]).trim(), "rollback/mail-1");
}

#[test]
fn seed_001_health_is_checked() {
    let (world, bare) = live();
    let done = world.run_as("ada", "12:00", &["health", "--environment", "production", "--remote", "--verbose"]);
    assert!(done.code == 0 && done.out.contains("pass") && done.out.contains("environment production"), "{done:?}");
    std::fs::remove_dir_all(bare.path()).unwrap();
    let gone = world.run_as("ada", "12:01", &["health", "--remote", "--format", "json"]);
    assert_eq!((gone.code, &rows(&json_of(&gone))["remote"]["outcome"]), (1, &json!("fail")), "{gone:?}");
    ok(world.run_as("ada", "12:02", &["kill-switch", "activate", "--environment", "production", "--reason", "x"]));
    let stopped = world.run(&["health"]);
    assert!(stopped.code == 1 && stopped.out.contains("kill switch of production"), "{stopped:?}");
    world.write("policies/mail.yaml", "id: mail\nnothing: true\n");
    let wrong = world.run(&["health", "--format", "json"]);
    assert_eq!(rows(&json_of(&wrong))["policies here"]["outcome"], "fail");
}

#[test]
fn seed_001_the_policy_set_is_validated_and_listed_for_an_environment() {
    let (world, _bare) = live();
    let done = ok(world.run(&["validate", "--all", "--environment", "production"]));
    assert!(done.out.contains("production is at sequence 1 with 2 documents; 1 lock good, 0 refused"), "{done:?}");
    let listed =
        json_of(&world.run(&["list", "--environment", "production", "--status", "active", "--format", "json"]));
    assert_eq!(listed["pagination"]["total"], 2, "{listed:#}");
    assert_eq!(listed["data"][0]["policy_version"], 1);
    let mut forged: Value = serde_json::from_str(&world.read("environments/production.lock.json")).unwrap();
    forged["sequence"] = json!(9);
    world.write("environments/production.lock.json", forged.to_string());
    world.commit();
    let refused = world.run(&["validate", "--environment", "production"]);
    assert!(refused.code == 1 && refused.err.contains("its sequence is 9"), "{refused:?}");
}

#[test]
fn seed_001_no_policy_is_stale_or_orphaned_and_as_many_are_active_as_expected() {
    let (world, _bare) = live();
    let (code, found, _) = readiness(&world, &[]);
    assert_eq!(code, 0, "{found:#?}");
    for name in ["production: active policies", "production: stale policies", "production: orphaned policies"] {
        assert_eq!(found[name]["outcome"], "pass", "{:#}", found[name]);
        assert!(found[name]["threshold"].is_string() && found[name]["value"].is_string(), "{:#}", found[name]);
    }
    // The clock of the machine is past 2026-01-31, and these commits are of the first of January.
    world.write("policies/pay.yaml", "id: pay\nrun_budget: 9\n");
    std::fs::remove_file(world.at("policies/mail.yaml")).unwrap();
    std::fs::remove_file(world.at("policies/tries.yaml")).unwrap();
    world.write("policyc.yaml", SETTINGS.replace("active_policies: 2", "active_policies: 3"));
    world.commit();
    let (code, found, _) = readiness(&world, &[]);
    assert_eq!(code, 1);
    for (name, value) in [("active policies", "2"), ("stale policies", "1"), ("orphaned policies", "1")] {
        let row = &found[&format!("production: {name}")];
        assert_eq!((&row["outcome"], &row["value"]), (&json!("fail"), &json!(value)), "{row:#}");
    }
}

#[test]
fn seed_001_readiness_measures_connections_keys_audit_and_decisions() {
    let (world, bare) = live();
    let (_, found, report) = readiness(&world, &[]);
    assert_eq!(found["remote"]["outcome"], "pass");
    assert!(found["remote"]["value"].as_str().unwrap().contains(" ms"), "{:#}", found["remote"]);
    assert_eq!(found["signing key"]["outcome"], "degraded");
    assert_eq!(found["production: verifying keys"]["value"], "0 of 1 who approve have a key");
    assert_eq!(found["production: audit lag"]["outcome"], "pass");
    let decisions = &found["production: decision time"];
    assert!(decisions["outcome"] == "pass" && decisions["value"].as_str().unwrap().contains("p99"), "{decisions:#}");
    assert_eq!(decisions["threshold"], "p99 at most 500 ms");
    assert_eq!(found["production: circuit breaker"]["outcome"], "pass");
    assert_eq!(found["production: who may roll back"]["value"], "ops");
    assert_eq!(found["production: kill switch was tried"]["outcome"], "degraded");
    let roles = report["roles"].as_array().unwrap();
    let back = roles.iter().find(|role| role["role"] == "roll back" && role["environment"] == "production").unwrap();
    assert_eq!(back["principals"], json!(["ops"]), "{roles:#?}");
    std::fs::remove_dir_all(bare.path()).unwrap();
    let (code, found, _) = readiness(&world, &[]);
    assert_eq!((code, &found["remote"]["outcome"]), (1, &json!("fail")));
    let nothing = world.run_as("ada", "12:00", &["readiness", "--environment", "staging", "--format", "json"]);
    assert_eq!(rows(&json_of(&nothing))["staging: live"]["outcome"], "fail", "nothing is deployed there");
}

#[test]
fn seed_001_the_audit_is_told_with_a_limit_and_verified() {
    let (world, _bare) = live();
    ok(world.run_as(
        "ada",
        "10:00",
        &["kill-switch", "activate", "--environment", "production", "--reason", "go-live rehearsal"],
    ));
    let newest = json_of(&world.run(&["audit", "--limit", "1", "--format", "json"]));
    let entry = &newest["data"][0];
    assert_eq!(newest["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&entry["kind"], &entry["who"], &entry["reason"]),
        (&json!("kill_switch"), &json!("ada@example.com"), &json!("go-live rehearsal"))
    );
    assert_eq!(entry["at"], "2026-01-01T10:00:00Z");
    let all = json_of(&world.run(&["audit", "--limit", "0", "--since", "2026-01-01T09:00:00Z", "--format", "json"]));
    let kinds: Vec<&str> =
        all["data"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["kill_switch", "deploy", "review"], "{all:#}");
    let told = ok(world.run(&["audit", "--environment", "production"]));
    assert!(told.out.contains("production@2") && told.out.contains("go-live rehearsal"), "{told:?}");
    for command in [&["audit", "verify"][..], &["verify"]] {
        let done = ok(world.run(command));
        assert!(done.out.contains("locks of production") && done.out.contains("facts of a forge"), "{done:?}");
    }
    // A record whose signature is not what it says, and a line that is none.
    let note = "{\"at\":\"2026-01-01T10:01:00Z\",\"type\":\"approve\",\"by\":\"ben\",\"documents\":{},\"environment\":{\"name\":\"production\",\"change\":\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"},\"signature\":\"nothing\"}";
    world.git(&["notes", "--ref", "policyc", "append", "-m", note]);
    world.git(&["notes", "--ref", "policyc", "append", "-m", "no record"]);
    let wrong = world.run(&["verify", "--format", "json"]);
    let found = rows(&json_of(&wrong));
    assert_eq!(wrong.code, 1);
    assert_eq!(
        (&found["signatures of records"]["outcome"], &found["lines of records"]["outcome"]),
        (&json!("fail"), &json!("fail")),
        "{found:#?}"
    );
    let listed = json_of(&world.run(&["audit", "--kind", "review", "--format", "json"]));
    assert!(listed["data"].as_array().unwrap().iter().any(|entry| entry["evidence"] == "refuted"), "{listed:#}");
}

#[test]
fn seed_001_a_tenant_wide_kill_switch_denies_while_it_is_active() {
    let (world, _bare) = live();
    ok(world.run_as("ada", "09:05", &["deploy", "--environment", "staging"]));
    ok(world.run_as("ada", "10:00", &["kill-switch", "activate", "--all", "--reason", "go-live rollback"]));
    for environment in ["production", "staging"] {
        let told = world.run(&[
            "eval",
            "--format",
            "json",
            "--environment",
            environment,
            "--agent",
            "a",
            "--operation",
            "x.y",
        ]);
        assert_eq!(json_of(&told)["effect"], "deny", "{told:?}");
        let simulated = json_of(&world.run(&[
            "simulate",
            "log.jsonl",
            "--environment",
            environment,
            "--kill-switch",
            "--format",
            "json",
        ]));
        assert_eq!(simulated["totals"]["head"]["deny"], 20, "{environment}");
    }
    let off = ["kill-switch", "deactivate", "--all", "--reason", "stable"];
    ok(world.run_as(
        "ben",
        "10:01",
        &["kill-switch", "deactivate", "--environment", "production", "--reason", "stable", "--approve"],
    ));
    ok(world.run_as("ada", "10:02", &off));
    let told = world.run(&[
        "eval",
        "--format",
        "json",
        "--environment",
        "production",
        "--agent",
        "a",
        "--operation",
        "x.y",
        "--cost",
        "0",
        "--run",
        "r",
    ]);
    assert_eq!(json_of(&told)["effect"], "allow", "{told:?}");
}

#[test]
fn seed_001_a_rollout_goes_by_steps_and_its_denials_are_looked_at() {
    let (world, _bare) = live();
    world.write("policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete, mail.move]\n");
    world.commit();
    ok(world.run_as("ben", "10:00", &["deploy", "--environment", "production", "--approve"]));
    ok(world.run_as("ada", "10:01", &["deploy", "--environment", "production"]));
    let percent = || {
        serde_json::from_str::<Value>(&world.read("environments/production.lock.json")).unwrap()["rollout"]["percent"]
            .clone()
    };
    assert_eq!(percent(), 5);
    for expected in [json!(25), json!(50), Value::Null] {
        let side = world.run(&["simulate", "log.jsonl", "--environment", "production@after", "--format", "json"]);
        let report = json_of(&side);
        assert_eq!(
            report["totals"]["head"],
            json!({"allow": 15, "approval_required": 0, "deny": 5}),
            "the ratio: {side:?}"
        );
        assert!(report["groups"].as_array().is_some_and(|groups| !groups.is_empty()), "samples of denials: {report:#}");
        ok(world.run_as("ada", "10:02", &["rollout", "next", "--environment", "production"]));
        assert_eq!(percent(), expected);
    }
}

#[test]
fn seed_001_the_evidence_of_going_live_is_archived() {
    let (world, _bare) = live();
    let read = |name: &str| {
        let (code, ..) = readiness(&world, &["--archive", name]);
        assert_eq!(code, 0);
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(std::fs::File::open(world.at(name)).unwrap()));
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            files.insert(entry.path().unwrap().to_str().unwrap().to_owned(), bytes);
        }
        files
    };
    let files = read("evidence.tar.gz");
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "SHA256SUMS",
            "about.json",
            "audit.jsonl",
            "bundle.json",
            "environments/production.lock.json",
            "environments/production.yaml",
            "identities.yaml",
            "policyc.yaml",
            "readiness.json"
        ]
    );
    let sums = String::from_utf8(files["SHA256SUMS"].clone()).unwrap();
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        let digest = policyc::text::Digest::of(&files[name]).to_string();
        assert_eq!(digest, format!("sha256:{sum}"), "{name}");
    }
    let lock: Value = serde_json::from_slice(&files["environments/production.lock.json"]).unwrap();
    let bundle: Value = serde_json::from_slice(&files["bundle.json"]).unwrap();
    assert_eq!(bundle["digest"], lock["bundle"]);
    // But for what is measured it is the same again.
    let again = read("again.tar.gz");
    for name in names.iter().filter(|name| !["SHA256SUMS", "readiness.json"].contains(name)) {
        assert_eq!(files[*name], again[*name], "{name}");
    }
}
