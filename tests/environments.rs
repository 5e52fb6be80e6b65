//! What is live in environments, by the commands and in real repositories: deployments, rollouts, rollbacks, the kill switch, and
//! locks that somebody else wrote.
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

const SETTINGS: &str = "branch: main\ndefaults: {effect: allow, session_ttl: 3600}\n";
const IDENTITIES: &str = "kind: identities\nprincipals:\n  ada: {accounts: [ada@example.com]}\n  ben: {accounts: [ben@example.com]}\n  kim: {accounts: [kim@example.com]}\n  ops: {accounts: [ops@example.com]}\ngroups:\n  security: [ben, kim]\n  oncall: [ops]\n";
const PRODUCTION: &str = "approvals:\n  required: 1\n  from: [security]\n  evidence: recorded\n  loosening: {required: 2, from: [security]}\nrollback: {from: [oncall]}\nrollout: {steps: [10, 50, 100]}\n";
const STAGING: &str = "approvals: {required: 0}\n";
const SUITE: &str = "kind: suite\nid: incidents\ntests:\n  - name: files are never deleted again\n    never_again: true\n    action: {agent_id: a, operation: files.delete}\n    expect: {effect: deny}\n";

fn json_of(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

fn ok(done: Done) -> Done {
    assert_eq!(done.code, 0, "{done:?}");
    done
}

fn refused(done: &Done, words: &[&str]) {
    assert_eq!(done.code, 1, "{done:?}");
    let err = done.err.replace("\n  │ ", " ");
    for word in words {
        assert!(err.contains(word), "`{word}` is not in {err}");
    }
}

fn world() -> World {
    let world = World::with(&[
        ("policyc.yaml", SETTINGS),
        ("identities.yaml", IDENTITIES),
        ("environments/production.yaml", PRODUCTION),
        ("environments/staging.yaml", STAGING),
        ("policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete]\n"),
    ]);
    world.commit();
    world
}

fn change(world: &World, path: &str, text: &str) {
    world.write(path, text);
    world.commit();
}

fn effect(world: &World, environment: &str, operation: &str, more: &[&str]) -> String {
    let asked = ["eval", "--format", "json", "--agent", "a", "--environment", environment, "--operation", operation];
    let told = world.run(&[&asked[..], more].concat());
    assert_eq!(told.code, 0, "{told:?}");
    json_of(&told)["effect"].as_str().unwrap().to_owned()
}

fn lock(world: &World, environment: &str) -> Value {
    serde_json::from_str(&world.git(&["show", &format!("main:environments/{environment}.lock.json")])).unwrap()
}

/// Deploys to production with the approval of Ben, and of Kim where more is permitted.
fn deployed(world: &World) {
    for who in ["ben", "kim"] {
        ok(world.run_as(who, "10:00", &["deploy", "--environment", "production", "--approve"]));
    }
    ok(world.run_as("ada", "10:01", &["deploy", "--environment", "production"]));
    while lock(world, "production")["rollout"].is_object() {
        ok(world.run_as("ada", "10:02", &["rollout", "next", "--environment", "production"]));
    }
}

#[test]
fn what_is_deployed_is_live_and_nothing_else() {
    let world = world();
    let nothing = world.run(&["eval", "--environment", "staging", "--agent", "a", "--operation", "mail.delete"]);
    assert!(nothing.code == 3 && nothing.err.contains("nothing is deployed"), "{nothing:?}");
    let plan = json_of(&world.run(&["deploy", "--environment", "staging", "--plan", "--format", "json"]));
    assert_eq!(
        (&plan["verdict"], &plan["step"], &plan["sequence"]),
        (&json!("ready"), &json!("deploy"), &json!(1)),
        "{plan:#}"
    );
    assert_eq!(plan["pins"], json!([{"id": "mail", "from": null, "to": 1}]));
    ok(world.run_as("ada", "09:00", &["deploy", "--environment", "staging"]));
    assert_eq!(world.git(&["show", "--stat", "--format=", "main"]).lines().count(), 2, "one file, and the sum");
    assert!(world.at("environments/staging.lock.json").exists(), "the files here follow");
    assert_eq!(effect(&world, "staging", "mail.delete", &[]), "deny");
    change(&world, "policies/mail.yaml", "id: mail\ndenied_actions: [mail.send]\n");
    assert_eq!(
        (effect(&world, "staging", "mail.delete", &[]), effect(&world, "staging", "mail.send", &[])),
        ("deny".into(), "allow".into())
    );
    let again = world.run_as("ada", "09:01", &["deploy", "--environment", "staging", "--version-must-eq", "7"]);
    refused(&again, &["at sequence 1, not at 7"]);
    ok(world.run_as("ada", "09:02", &["deploy", "--environment", "staging", "--version-must-eq", "1"]));
    assert_eq!(effect(&world, "staging", "mail.send", &[]), "deny");
    let same = world.run_as("ada", "09:03", &["deploy", "--environment", "staging"]);
    assert!(same.code == 1 && same.err.contains("PC0916"), "{same:?}");
    // An old state of the branch can be deployed, a commit beside it cannot.
    ok(world.run_as("ada", "09:04", &["deploy", "--environment", "staging", "--ref", "main~3"]));
    assert_eq!(effect(&world, "staging", "mail.delete", &[]), "deny");
    world.git(&["switch", "-q", "-c", "beside"]);
    change(&world, "policies/more.yaml", "id: more\ndenied_actions: [x.y]\n");
    refused(
        &world.run_as("ada", "09:05", &["deploy", "--environment", "staging", "--ref", "beside"]),
        &["never was", "main"].map(|_| "was never the newest commit"),
    );
}

#[test]
fn a_deployment_waits_for_its_approvals_and_spreads_by_steps() {
    let world = world();
    let deploy = ["deploy", "--environment", "production"];
    refused(&world.run_as("ada", "09:00", &deploy), &["2 approvals by security needed", "0 counted"]);
    let own = ok(world.run_as("ada", "09:01", &["deploy", "--environment", "production", "--approve"]));
    assert!(own.out.contains("approved   by ada, which does not count"), "{own:?}");
    ok(world.run_as("ben", "09:02", &["deploy", "--environment", "production", "--approve"]));
    refused(&world.run_as("ada", "09:03", &deploy), &["2 approvals by security needed", "1 counted"]);
    ok(world.run_as("kim", "09:04", &["deploy", "--environment", "production", "--approve"]));
    ok(world.run_as("ada", "09:05", &deploy));
    let first = lock(&world, "production");
    assert_eq!((&first["rollout"], first["approvals"].as_array().unwrap().len()), (&Value::Null, 2), "{first:#}");
    // What tightens needs fewer, and goes to a tenth of the runs first.
    change(&world, "policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete, mail.send]\n");
    ok(world.run_as("ben", "09:06", &["deploy", "--environment", "production", "--approve"]));
    ok(world.run_as("ada", "09:07", &deploy));
    let share = |percent: usize| {
        let runs = 400;
        let denied = (0..runs)
            .filter(|run| effect(&world, "production", "mail.send", &["--run", &format!("run-{run}")]) == "deny");
        let denied = denied.count() * 100 / runs;
        assert!(denied.abs_diff(percent) <= 6, "{denied} % of runs, and {percent} % are to be");
    };
    assert_eq!(lock(&world, "production")["rollout"]["percent"], 10);
    share(10);
    assert_eq!(effect(&world, "production", "mail.send", &[]), "deny", "no run: the more restrictive side");
    let simulated = world.run(&["diff", "environment:production"]);
    assert!(simulated.code == 3 && simulated.err.contains("production@before"), "{simulated:?}");
    assert!(ok(world.run(&["diff", "environment:production@after"])).out.contains("no difference"));
    let stuck = world.run_as("ada", "09:08", &["deploy", "--environment", "production", "--ref", "main~1"]);
    refused(&stuck, &["a rollout is on its way"]);
    ok(world.run_as("ada", "09:09", &["rollout", "hold", "--environment", "production"]));
    assert_eq!(lock(&world, "production")["rollout"]["held"], true);
    ok(world.run_as("ada", "09:10", &["rollout", "next", "--environment", "production"]));
    assert_eq!(lock(&world, "production")["rollout"]["percent"], 50);
    ok(world.run_as("ada", "09:11", &["rollout", "next", "--environment", "production"]));
    assert_eq!(lock(&world, "production")["rollout"], Value::Null);
    assert_eq!(effect(&world, "production", "mail.send", &["--run", "run-1"]), "deny");
    assert_eq!(world.run_as("ada", "09:12", &["rollout", "next", "--environment", "production"]).code, 1);
}

#[test]
fn a_rollout_that_is_given_up_leaves_what_was_live() {
    let world = world();
    deployed(&world);
    change(&world, "policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete, mail.send]\n");
    ok(world.run_as("ben", "11:00", &["deploy", "--environment", "production", "--approve"]));
    ok(world.run_as("ada", "11:01", &["deploy", "--environment", "production"]));
    refused(
        &world.run_as("ada", "11:02", &["rollout", "abort", "--environment", "production", "--reason", "odd"]),
        &["1 approval by oncall needed"],
    );
    ok(world.run_as("ops", "11:03", &["rollout", "abort", "--environment", "production", "--reason", "odd"]));
    let after = lock(&world, "production");
    assert_eq!((&after["rollout"], &after["documents"]["mail"]["version"]), (&Value::Null, &json!(1)), "{after:#}");
    assert_eq!(effect(&world, "production", "mail.send", &[]), "allow");
}

#[test]
fn a_rollback_is_for_those_who_may_and_reopens_no_incident() {
    let world = world();
    deployed(&world);
    change(&world, "policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete, mail.send]\n");
    change(&world, "policies/files.yaml", "id: files\ndenied_actions: [files.delete]\n");
    deployed(&world);
    let sequence = lock(&world, "production")["sequence"].clone();
    let back = |who: &str, more: &[&str]| {
        world.run_as(
            who,
            "12:00",
            &[&["rollback", "--environment", "production", "--reason", "mail is lost"], more].concat(),
        )
    };
    assert_eq!(
        world.run_as("ops", "12:00", &["rollback", "mail", "1", "--environment", "production"]).code,
        2,
        "no reason"
    );
    refused(&back("ada", &["mail", "1"]), &["1 approval by oncall needed"]);
    let done = ok(back("ops", &["mail", "1"]));
    assert!(done.out.contains("mail 2 → 1"), "{done:?}");
    assert_eq!(effect(&world, "production", "mail.send", &[]), "allow");
    assert_eq!(lock(&world, "production")["sequence"], json!(sequence.as_u64().unwrap() + 1));
    assert!(world.git(&["log", "-1", "--format=%B"]).contains("mail is lost"));
    // Forward again is no rollback.
    refused(&back("ops", &["mail", "2"]), &["newer than what is live", "deployment"]);
    refused(&back("ops", &["--to-version", "4"]), &["newer than what is live"]);
    assert_eq!(back("ops", &["mail", "9"]).code, 3);
    // An incident that must never happen again is a test on the branch by now.
    change(&world, "policies/incidents.yaml", SUITE);
    refused(&back("ops", &["--to-version", "1"]), &["would reopen", "files are never deleted again"]);
    assert_eq!(effect(&world, "production", "files.delete", &[]), "deny");
}

#[test]
fn the_kill_switch_stops_at_once_and_goes_off_with_approvals() {
    let world = world();
    deployed(&world);
    ok(world.run_as("ada", "09:00", &["deploy", "--environment", "staging"]));
    assert_eq!(world.run_as("ada", "13:00", &["kill-switch", "activate", "--all"]).code, 2, "no reason");
    ok(world.run_as("ada", "13:00", &["kill-switch", "activate", "--all", "--reason", "incident 7"]));
    for environment in ["production", "staging"] {
        let told = world.run(&[
            "eval",
            "--format",
            "json",
            "--agent",
            "a",
            "--environment",
            environment,
            "--operation",
            "x.y",
        ]);
        assert_eq!(json_of(&told)["reasons"][0]["code"], "KILL_SWITCH");
        let synced = json_of(&world.run(&["sync", "--agent", "a", "--environment", environment]));
        assert_eq!((&synced["kill_switch"], &synced["allowed_actions"]), (&json!(true), &json!([])));
    }
    let switch = lock(&world, "production")["kill_switch"].clone();
    assert_eq!((&switch["by"], &switch["reason"]), (&json!("ada@example.com"), &json!("incident 7")));
    let again =
        world.run_as("ada", "13:01", &["kill-switch", "activate", "--environment", "production", "--reason", "again"]);
    assert!(again.code == 1 && again.err.contains("on already"), "{again:?}");
    let off = ["kill-switch", "deactivate", "--environment", "production", "--reason", "over"];
    refused(&world.run_as("ada", "13:02", &off), &["2 approvals by security needed"]);
    for who in ["ben", "kim"] {
        ok(world.run_as(who, "13:03", &[&off[..], &["--approve"]].concat()));
    }
    ok(world.run_as("ada", "13:04", &off));
    assert_eq!(effect(&world, "production", "x.y", &[]), "allow");
    assert_eq!(effect(&world, "staging", "x.y", &[]), "deny", "the other one is still stopped");
    // Before anything was deployed an environment can be stopped too.
    change(&world, "environments/new.yaml", STAGING);
    ok(world.run_as("ada", "13:05", &["kill-switch", "activate", "--environment", "new", "--reason", "not yet"]));
    assert_eq!(effect(&world, "new", "x.y", &[]), "deny");
    // A branch of the name stops where the protected branch takes no push.
    world.git(&["branch", "kill-switch/production"]);
    assert_eq!(effect(&world, "production", "x.y", &[]), "deny");
}

#[test]
fn a_protected_branch_gets_its_kill_switch_as_a_branch() {
    let (bare, first) = (World::new(), world());
    ok(first.run_as("ada", "09:00", &["deploy", "--environment", "staging"]));
    bare.git(&["init", "-q", "--bare", "-b", "main"]);
    first.git(&["remote", "add", "origin", bare.path().to_str().unwrap()]);
    first.git(&["push", "-q", "origin", "main"]);
    let ada = World::clone_of(bare.path());
    let hook = bare.at("hooks/update");
    std::fs::write(&hook, "#!/bin/sh\ntest \"$1\" != refs/heads/main\n").unwrap();
    std::process::Command::new("chmod").arg("+x").arg(&hook).status().unwrap();
    let stopped = ok(ada.run_as(
        "ada",
        "09:01",
        &["kill-switch", "activate", "--environment", "staging", "--reason", "x", "--push"],
    ));
    assert!(stopped.out.contains("kill-switch/staging"), "{stopped:?}");
    let ben = World::clone_of(bare.path());
    assert_eq!(effect(&ben, "staging", "x.y", &[]), "deny");
    assert_eq!(effect(&ada, "staging", "x.y", &[]), "deny");
}

/// What somebody else does to a lock.
type Edit<'a> = Box<dyn Fn(&mut Value) + 'a>;

/// Writes a lock as somebody else might, and commits it.
fn forged(world: &World, environment: &str, edit: impl FnOnce(&mut Value)) {
    let mut forged = lock(world, environment);
    edit(&mut forged);
    change(world, &format!("environments/{environment}.lock.json"), &forged.to_string());
}

#[test]
fn a_lock_that_somebody_wrote_is_refused_and_the_last_good_one_stays_live() {
    let world = world();
    change(&world, "environments/production.lock.json", "{}");
    let none = world.run(&["eval", "--environment", "production", "--agent", "a", "--operation", "x.y"]);
    assert!(none.code == 3 && none.err.contains("PC0909") && none.err.contains("missing field"), "{none:?}");
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    deployed(&world);
    change(&world, "policies/mail.yaml", "id: mail\n");
    let good = lock(&world, "production");
    let next = |lock: &mut Value| {
        let bytes = policyc::text::jcs_bytes(&good).unwrap();
        lock["sequence"] = json!(good["sequence"].as_u64().unwrap() + 1);
        lock["previous"] = json!(policyc::text::Digest::of(&bytes).to_string());
    };
    let empty = {
        ok(world.run_as("ada", "11:00", &["deploy", "--environment", "staging"]));
        lock(&world, "staging")
    };
    let loose = |lock: &mut Value| {
        for key in ["documents", "bundle", "defaults", "catalog"] {
            lock[key] = empty[key].clone();
        }
    };
    let cases: Vec<(&str, Edit<'_>)> = vec![
        ("its sequence is", Box::new(|lock| loose(lock))),
        (
            "does not follow",
            Box::new(|lock| {
                next(lock);
                lock["previous"] = json!(null);
            }),
        ),
        (
            "rollouts begin with 10 %",
            Box::new(|lock| {
                next(lock);
                loose(lock);
                lock["approvals"] = json!([]);
            }),
        ),
        (
            "another bundle",
            Box::new(|lock| {
                next(lock);
                lock["documents"] = json!({});
                lock["rollout"] = json!({"from": good["bundle"], "to": good["bundle"], "percent": 10, "held": false, "before": {"documents": good["documents"], "catalog": good["catalog"], "defaults": good["defaults"]}});
            }),
        ),
        (
            "is of another change",
            Box::new(|lock| {
                next(lock);
                loose(lock);
                lock["rollout"] = json!({"from": good["bundle"], "to": lock["bundle"], "percent": 10, "held": false, "before": {"documents": good["documents"], "catalog": good["catalog"], "defaults": good["defaults"]}});
            }),
        ),
        (
            "approvals by security needed",
            Box::new(|lock| {
                next(lock);
                loose(lock);
                lock["approvals"] = json!([]);
                lock["rollout"] = json!({"from": good["bundle"], "to": lock["bundle"], "percent": 10, "held": false, "before": {"documents": good["documents"], "catalog": good["catalog"], "defaults": good["defaults"]}});
            }),
        ),
        (
            "not what it names",
            Box::new(|lock| {
                next(lock);
                loose(lock);
                lock["documents"]["mail"]["canonical_digest"] = json!(format!("sha256:{}", "0".repeat(64)));
                lock["rollout"] = json!({"from": good["bundle"], "to": lock["bundle"], "percent": 10, "held": false, "before": {"documents": good["documents"], "catalog": good["catalog"], "defaults": good["defaults"]}});
            }),
        ),
        ("it changes nothing", Box::new(|lock| next(lock))),
        (
            "another environment",
            Box::new(|lock| {
                next(lock);
                lock["environment"] = json!("staging");
            }),
        ),
    ];
    for (why, edit) in &cases {
        let before = world.git(&["rev-parse", "HEAD"]);
        forged(&world, "production", |lock| edit(lock));
        let told = world.run(&[
            "eval",
            "--format",
            "json",
            "--agent",
            "a",
            "--environment",
            "production",
            "--operation",
            "mail.delete",
        ]);
        assert!(told.code == 0 && told.err.contains("is refused") && told.err.contains(why), "{why}: {told:?}");
        assert_eq!(json_of(&told)["effect"], "deny", "{why}: the last good lock decides");
        world.git(&["reset", "-q", "--hard", &before]);
    }
}

#[test]
fn a_refused_lock_can_stop_and_cannot_start() {
    let world = world();
    deployed(&world);
    // A refused lock that stops, stops.
    forged(&world, "production", |lock| lock["kill_switch"] = json!({"active": true}));
    assert_eq!(effect(&world, "production", "x.y", &[]), "deny");
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    // One that switches off without approvals does not.
    ok(world.run_as(
        "ada",
        "13:00",
        &["kill-switch", "activate", "--environment", "production", "--reason", "incident"],
    ));
    let on = lock(&world, "production");
    forged(&world, "production", |lock| {
        lock["sequence"] = json!(on["sequence"].as_u64().unwrap() + 1);
        lock["previous"] = json!(policyc::text::Digest::of(&policyc::text::jcs_bytes(&on).unwrap()).to_string());
        lock["kill_switch"] = json!({"active": false});
    });
    assert_eq!(effect(&world, "production", "x.y", &[]), "deny");
    // The next good lock follows the last good one.
    for who in ["ben", "kim"] {
        ok(world.run_as(
            who,
            "13:01",
            &["kill-switch", "deactivate", "--environment", "production", "--reason", "over", "--approve"],
        ));
    }
    ok(world.run_as("ada", "13:02", &["kill-switch", "deactivate", "--environment", "production", "--reason", "over"]));
    assert_eq!(effect(&world, "production", "x.y", &[]), "allow");
}

#[test]
fn gates_and_tests_of_what_is_to_be_live_are_judged_before_it_is() {
    let world = world();
    world.write(
        "environments/production.yaml",
        PRODUCTION.replace("rollout: {steps: [10, 50, 100]}", "gates: {max_newly_denied: 1, max_newly_allowed: 0}"),
    );
    world.write("policyc.yaml", format!("{SETTINGS}logs: [{{path: log.jsonl}}]\n"));
    let actions: String = (0..4).map(|n| format!("{{\"id\": \"{n}\", \"agent_id\": \"a\", \"operation\": \"mail.send\", \"timestamp\": \"2026-01-01T00:0{n}:00Z\"}}\n")).collect();
    world.write("log.jsonl", actions);
    world.commit();
    deployed(&world);
    change(&world, "policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete, mail.send]\n");
    ok(world.run_as("ben", "11:00", &["deploy", "--environment", "production", "--approve"]));
    refused(
        &world.run_as("ada", "11:01", &["deploy", "--environment", "production"]),
        &["max-newly-denied", "4 of 4 actions"],
    );
    let plan = json_of(&world.run(&["deploy", "--environment", "production", "--plan", "--format", "json"]));
    assert_eq!((&plan["verdict"], &plan["gates"][0]["met"]), (&json!("refused"), &json!(false)), "{plan:#}");
    // With a test that fails it is not deployed either.
    change(&world, "policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete, mail.move]\n");
    change(&world, "policies/incidents.yaml", SUITE);
    for who in ["ben", "kim"] {
        ok(world.run_as(who, "11:02", &["deploy", "--environment", "production", "--approve"]));
    }
    refused(
        &world.run_as("ada", "11:03", &["deploy", "--environment", "production"]),
        &["files are never deleted again", "fails with it"],
    );
}

#[test]
fn two_deployments_at_once_follow_each_other() {
    let (bare, first) = (World::new(), world());
    bare.git(&["init", "-q", "--bare", "-b", "main"]);
    first.git(&["remote", "add", "origin", bare.path().to_str().unwrap()]);
    first.git(&["push", "-q", "origin", "main"]);
    let (ada, ben) = (World::clone_of(bare.path()), World::clone_of(bare.path()));
    ok(ada.run_as("ada", "09:00", &["deploy", "--environment", "staging", "--push"]));
    // Ben's clone knows nothing of it yet.
    let same = ben.run_as("ben", "09:01", &["deploy", "--environment", "staging", "--push"]);
    assert!(same.code == 1 && same.err.contains("PC0916"), "{same:?}");
    ok(ben.run_as("ben", "09:02", &["kill-switch", "activate", "--environment", "staging", "--reason", "x", "--push"]));
    ok(ada.run_as(
        "ada",
        "09:03",
        &["kill-switch", "deactivate", "--environment", "staging", "--reason", "y", "--push"],
    ));
    let last: Value = serde_json::from_str(&bare.git(&["show", "main:environments/staging.lock.json"])).unwrap();
    assert_eq!((&last["sequence"], &last["kill_switch"]["active"]), (&json!(3), &json!(false)));
    assert_eq!(ada.git(&["rev-parse", "main"]), bare.git(&["rev-parse", "main"]));
}

#[test]
fn only_some_documents_are_deployed_where_that_is_asked_for() {
    let world = world();
    ok(world.run_as("ada", "09:00", &["deploy", "--environment", "staging"]));
    change(&world, "policies/mail.yaml", "id: mail\ndenied_actions: [mail.send]\n");
    change(&world, "policies/files.yaml", "id: files\ndenied_actions: [files.delete]\n");
    ok(world.run_as("ada", "09:01", &["deploy", "--environment", "staging", "--only", "files"]));
    assert_eq!(effect(&world, "staging", "files.delete", &[]), "deny");
    assert_eq!(effect(&world, "staging", "mail.send", &[]), "allow", "it stays as it was live");
    let unknown = world.run_as("ada", "09:02", &["deploy", "--environment", "staging", "--only", "fils"]);
    assert!(unknown.code == 3 && unknown.err.contains("did you mean `files`"), "{unknown:?}");
    let listed = json_of(&world.run(&["versions", "files", "--format", "json"]));
    assert_eq!(listed["data"][0]["live_in"], json!(["staging"]));
}

#[test]
fn reviews_of_what_was_merged_count_for_where_it_goes() {
    let world = world();
    change(
        &world,
        "policyc.yaml",
        &format!("{SETTINGS}review: {{required: 1, from: [security], evidence: recorded}}\n"),
    );
    deployed(&world);
    ok(world.run_as("ada", "12:00", &["draft", "new", "less"]));
    world.write("policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete, mail.send]\n");
    ok(world.run_as("ada", "12:01", &["draft", "update"]));
    ok(world.run_as("ada", "12:02", &["submit"]));
    ok(world.run_as("ben", "12:03", &["review", "less", "--approve"]));
    ok(world.run_as("ada", "12:04", &["merge", "less"]));
    // Ben has reviewed all that comes since what is live; nobody has to say it twice.
    let done = ok(world.run_as("ada", "12:05", &["deploy", "--environment", "production"]));
    assert!(done.out.contains("approved   by ben (recorded)"), "{done:?}");
    assert_eq!(effect(&world, "production", "mail.send", &[]), "deny");
    // In a clone without the notes nobody knows of the review, and that is no approval.
    world.git(&["switch", "-q", "main"]);
    let clone = World::clone_of(world.path());
    let told = clone.run(&["eval", "--environment", "production", "--agent", "a", "--operation", "mail.send"]);
    assert!(told.code == 3 && told.err.contains("lacks proof") && told.err.contains("git fetch origin"), "{told:?}");
    // Nothing is written over what cannot be told, but for what stops.
    let deploy = clone.run_as("ada", "12:06", &["deploy", "--environment", "production"]);
    assert!(deploy.code == 3 && deploy.err.contains("lacks proof"), "{deploy:?}");
    let stop = ["kill-switch", "activate", "--environment", "production", "--reason", "x"];
    let stop = ok(clone.run_as("ada", "12:07", &stop));
    assert!(stop.out.contains("production is at sequence 3"), "{stop:?}");
    assert_eq!(effect(&clone, "production", "mail.delete", &[]), "deny");
    clone.git(&["push", "-q", "origin", "main:refs/heads/from-clone"]);
    world.git(&["merge", "-q", "--ff-only", "from-clone"]);
    let held = ok(world.run(&["check", "--environment", "production"]));
    assert!(held.err.contains("kill switch of `production` is on") && held.out.contains("0 refused"), "{held:?}");
    clone.git(&["fetch", "-q", "origin", "+refs/notes/policyc*:refs/policyc/origin/notes*"]);
    let told = clone.run(&["eval", "--environment", "production", "--agent", "a", "--operation", "mail.send"]);
    assert!(!told.err.contains("is refused"), "{told:?}");
}
