//! Locks whose proof is not in a clone, and proofs that are better, other or older than a lock says: nobody takes what cannot be
//! told for good, nor anything older for what is live.
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

const IDENTITIES: &str = "kind: identities\nprincipals:\n  ada: {accounts: [ada@example.com]}\n  ben: {accounts: [ben@example.com]}\n  kim: {accounts: [kim@example.com]}\n  ops: {accounts: [ops@example.com]}\ngroups:\n  security: [ada, ben, kim]\n  oncall: [ops]\n";
const REVIEWED: &str = "branch: main\ndefaults: {effect: allow, session_ttl: 60}\nreview: {required: 1, from: [security], evidence: recorded}\n";
const PROD: &str = "approvals: {required: 1, from: [security], evidence: recorded}\nrollback: {from: [oncall]}\n";
const LOOSE: &str = "id: mail\ndenied_actions: [mail.delete]\n";
const STRICT: &str = "id: mail\ndenied_actions: [mail.delete, mail.send]\n";
const NEVER: &str = "kind: suite\nid: incidents\ntests:\n  - name: no mail is sent\n    never_again: true\n    action: {agent_id: a, operation: mail.send}\n    expect: {effect: deny}\n";

fn ok(done: Done) -> Done {
    assert_eq!(done.code, 0, "{done:?}");
    done
}

fn world(settings: &str, prod: &str) -> World {
    let world = World::with(&[
        ("policyc.yaml", settings),
        ("identities.yaml", IDENTITIES),
        ("environments/prod.yaml", prod),
        ("policies/mail.yaml", LOOSE),
    ]);
    world.commit();
    world
}

fn change(world: &World, path: &str, text: &str) {
    world.write(path, text);
    world.commit();
}

/// A change that Ada drafts, Ben approves, and that is merged.
fn reviewed(world: &World, name: &str, path: &str, text: &str) {
    ok(world.run_as("ada", "08:00", &["draft", "new", name]));
    world.write(path, text);
    ok(world.run_as("ada", "08:01", &["draft", "update"]));
    ok(world.run_as("ada", "08:02", &["submit"]));
    ok(world.run_as("ben", "08:03", &["review", name, "--approve"]));
    world.git(&["switch", "-q", "main"]);
    ok(world.run_as("ada", "08:04", &["merge", name]));
}

/// Deploys with Kim's approval of exactly that.
fn deployed(world: &World) {
    ok(world.run_as("kim", "09:00", &["deploy", "--environment", "prod", "--approve"]));
    ok(world.run_as("ada", "09:01", &["deploy", "--environment", "prod"]));
}

/// The loose version with an approval that travels in the lock, then the strict one with reviews in the notes.
fn tightened() -> World {
    let world = world(REVIEWED, PROD);
    deployed(&world);
    reviewed(&world, "less", "policies/mail.yaml", STRICT);
    ok(world.run_as("ada", "09:10", &["deploy", "--environment", "prod"]));
    world
}

fn lock(world: &World) -> Value {
    serde_json::from_str(&world.git(&["show", "main:environments/prod.lock.json"])).unwrap()
}

fn digest(value: &Value) -> String {
    policyc::text::Digest::of(&policyc::text::jcs_bytes(value).unwrap()).to_string()
}

/// What people approve of a lock.
fn change_digest(lock: &Value) -> String {
    let mut bare = lock.clone();
    bare["approvals"] = json!([]);
    for word in ["reason", "by", "at"] {
        bare["kill_switch"][word] = Value::Null;
    }
    digest(&bare)
}

/// The lock that would follow, as somebody edits it, committed.
fn forged(world: &World, edit: impl FnOnce(&mut Value)) {
    let good = lock(world);
    let mut next = good.clone();
    next["sequence"] = json!(good["sequence"].as_u64().unwrap() + 1);
    next["previous"] = json!(digest(&good));
    next["approvals"] = json!([]);
    edit(&mut next);
    change(world, "environments/prod.lock.json", &next.to_string());
}

fn asked(world: &World, more: &[&str]) -> Done {
    let operation = ["eval", "--format", "json", "--agent", "a", "--environment", "prod", "--operation", "mail.send"];
    world.run(&[&operation[..], more].concat())
}

fn effect(world: &World) -> String {
    let told = ok(asked(world, &[]));
    serde_json::from_str::<Value>(&told.out).unwrap()["effect"].as_str().unwrap().to_owned()
}

/// That nobody here says what is live, and no command takes that for an answer.
fn untold(clone: &World, more: &[&str]) {
    let archive = clone.at("evidence.tar.gz");
    let archive = archive.to_str().unwrap();
    for command in [
        &["check", "--environment", "prod"][..],
        &["verify"],
        &["audit", "verify"],
        &["verify", "--environment", "prod"],
        &["readiness", "--environment", "prod"],
        &["readiness", "--environment", "prod", "--archive", archive],
    ] {
        let done = clone.run(&[command, more].concat());
        assert!(done.code == 3 && done.err.contains("lacks proof"), "{command:?}: {done:?}");
    }
    assert!(!clone.at("evidence.tar.gz").exists(), "no evidence of what nobody can tell");
    let told = asked(clone, more);
    assert!(told.code == 3 && told.err.contains("lacks proof"), "{told:?}");
    assert!(!told.out.contains("allow"), "{told:?}");
    let health = clone.run(&[&["health", "--environment", "prod"], more].concat());
    assert!(health.code == 1 && health.out.contains("nobody can say here what is live"), "{health:?}");
    let audit = clone.run(&[&["audit", "--environment", "prod"], more].concat());
    assert!(audit.out.contains("not proven here"), "{audit:?}");
}

#[test]
fn a_clone_without_the_proof_of_a_lock_says_so_and_ends_with_3() {
    let world = tightened();
    ok(world.run(&["check", "--environment", "prod"]));
    untold(&World::clone_of(world.path()), &[]);
    // With the notes it is all there.
    let clone = World::clone_of(world.path());
    clone.git(&["fetch", "-q", "origin", "+refs/notes/policyc*:refs/policyc/origin/notes*"]);
    ok(clone.run(&["check", "--environment", "prod"]));
    assert_eq!(effect(&clone), "deny");
    // And what follows a lock that lacks proof lacks it too, whatever it carries itself.
    change(&world, "policies/more.yaml", "id: more\ndenied_actions: [x.y]\n");
    deployed(&world);
    untold(&World::clone_of(world.path()), &[]);
    assert_eq!(effect(&world), "deny");
}

#[test]
fn a_forged_lock_is_not_good_for_a_clone_without_notes() {
    let world = tightened();
    let loose = serde_json::from_str::<Value>(&world.git(&["show", "main~2:environments/prod.lock.json"])).unwrap();
    reviewed(&world, "open", "policies/other.yaml", "id: other\ndenied_actions: [z.z]\n");
    forged(&world, |next| {
        for key in ["documents", "bundle", "defaults", "catalog"] {
            next[key] = loose[key].clone();
        }
    });
    // It names nobody, so it is refused wherever it is read, and what was live stays live where that is known.
    let done = world.run(&["check", "--environment", "prod"]);
    assert!(done.code == 1 && done.err.contains("is refused"), "{done:?}");
    assert_eq!(effect(&world), "deny");
    untold(&World::clone_of(world.path()), &[]);
}

#[test]
fn an_approval_that_is_only_named_is_found_or_nobody_can_tell() {
    let world = tightened();
    reviewed(&world, "more", "policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete, mail.send, mail.move]\n");
    let at = world.git(&["rev-parse", "HEAD"]);
    ok(world.run_as("ada", "09:20", &["deploy", "--environment", "prod"]));
    let honest = lock(&world);
    world.git(&["reset", "-q", "--hard", &at]);
    let named = |who: &str, evidence: &str| {
        world.git(&["reset", "-q", "--hard", &at]);
        forged(&world, |next| {
            for key in ["documents", "bundle", "defaults", "catalog"] {
                next[key] = honest[key].clone();
            }
            let digest = change_digest(next);
            next["approvals"] = json!([{"principal": who, "evidence": evidence, "digest": digest, "record": null}]);
        });
        world.run(&["check", "--environment", "prod"])
    };
    ok(named("ben", "recorded"));
    // Ada wrote it, ops may not: that needs no proof.
    for who in ["ada", "ops", "nobody"] {
        let done = named(who, "recorded");
        assert!(done.code == 1 && done.err.contains("that it names is not there"), "{who}: {done:?}");
        assert_eq!(effect(&world), "deny");
    }
    // Kim may have said so, where nobody here sees it.
    let done = named("kim", "recorded");
    assert!(done.code == 3 && done.err.contains("`kim` that it names is not found here"), "{done:?}");
    // Whoever names more than there is proves less, not more.
    let done = named("ben", "attested");
    assert!(done.code == 3 && done.err.contains("`ben` that it names is not found here"), "{done:?}");
    // What is of another change proves nothing of this one.
    world.git(&["reset", "-q", "--hard", &at]);
    forged(&world, |next| {
        for key in ["documents", "bundle", "defaults", "catalog"] {
            next[key] = honest[key].clone();
        }
        next["approvals"] = json!([{"principal": "ben", "evidence": "recorded", "digest": "sha256:0", "record": null}]);
    });
    let done = world.run(&["check", "--environment", "prod"]);
    assert!(done.code == 1 && done.err.contains("is of another change"), "{done:?}");
}

#[test]
fn notes_or_facts_that_are_not_all_of_them_make_nothing_older_live() {
    let world = tightened();
    // A clone with a record of its own has notes, and not those that count.
    let clone = World::clone_of(world.path());
    ok(clone.run_as("ada", "10:00", &["draft", "new", "mine"]));
    clone.write("policies/mine.yaml", "id: mine\ndenied_actions: [m.m]\n");
    ok(clone.run_as("ada", "10:01", &["draft", "update"]));
    ok(clone.run_as("ada", "10:02", &["submit"]));
    untold(&clone, &[]);
    // Facts of a forge that say nothing of it are no proof that there is none.
    let clone = World::clone_of(world.path());
    clone.write("facts.json", "[]");
    untold(&clone, &["--forge", "facts.json"]);
}

#[test]
fn a_kill_switch_stays_on_where_what_lets_it_go_on_is_not_proven() {
    let world = world(REVIEWED, PROD);
    deployed(&world);
    ok(world.run_as("ada", "09:05", &["kill-switch", "activate", "--environment", "prod", "--reason", "incident"]));
    reviewed(&world, "less", "policies/mail.yaml", STRICT);
    ok(world.run_as("ada", "09:10", &["deploy", "--environment", "prod"]));
    let off = ["kill-switch", "deactivate", "--environment", "prod", "--reason", "over"];
    ok(world.run_as("kim", "09:11", &[&off[..], &["--approve"]].concat()));
    ok(world.run_as("ada", "09:12", &off));
    assert_eq!(effect(&world), "deny");
    let clone = World::clone_of(world.path());
    let told = ok(asked(&clone, &[]));
    assert!(told.out.contains("KILL_SWITCH"), "{told:?}");
    let listed = clone.run(&["list", "--environment", "prod"]);
    assert!(listed.code == 3 && listed.err.contains("lacks proof"), "{listed:?}");
}

/// What GitHub says of the merge of a draft that Kim approved there.
fn facts(world: &World, merge: &str, reviews: bool) -> String {
    let parent = |n: u8| world.git(&["rev-parse", &format!("{merge}^{n}")]);
    let repository = json!({"full_name": "acme/policies"});
    let pull = json!({
        "url": "https://api.github.com/repos/acme/policies/pulls/7", "html_url": "https://github.com/acme/policies/pull/7",
        "number": 7, "state": "closed", "draft": false, "merged": true, "merged_at": "2026-01-02T00:00:00Z",
        "merge_commit_sha": merge, "title": "Less", "user": {"login": "ada", "type": "User"},
        "updated_at": "2026-01-02T00:00:00Z",
        "head": {"ref": "draft/less", "sha": parent(2), "repo": repository},
        "base": {"ref": "main", "sha": parent(1), "repo": repository},
    });
    let review = json!({
        "id": 1, "user": {"login": "ben", "type": "User"}, "state": "APPROVED", "commit_id": parent(2),
        "submitted_at": "2026-01-01T12:00:00Z", "author_association": "MEMBER",
        "pull_request_url": "https://api.github.com/repos/acme/policies/pulls/7",
    });
    let name = if reviews { "reviews.json" } else { "pull.json" };
    world.write(&format!(".git/{name}"), if reviews { json!([review]) } else { pull }.to_string());
    world.at(&format!(".git/{name}")).to_str().unwrap().to_owned()
}

#[test]
fn a_proof_that_is_better_than_a_lock_says_is_a_proof() {
    let world = World::with(&[
        ("policyc.yaml", REVIEWED),
        ("identities.yaml", &IDENTITIES.replace("[ben@example.com]", "[ben@example.com, github:ben]")),
        ("environments/prod.yaml", PROD),
        ("policies/mail.yaml", LOOSE),
    ]);
    world.commit();
    deployed(&world);
    reviewed(&world, "less", "policies/mail.yaml", STRICT);
    let merge = world.git(&["rev-parse", "main"]);
    ok(world.run_as("ada", "09:10", &["deploy", "--environment", "prod"]));
    assert_eq!(lock(&world)["approvals"][0]["evidence"], "recorded");
    let (pull, reviews) = (facts(&world, &merge, false), facts(&world, &merge, true));
    // The lock says `recorded`; whoever has the facts knows it from the forge.
    let clone = World::clone_of(world.path());
    clone.git(&["fetch", "-q", "origin", "+refs/notes/policyc*:refs/policyc/origin/notes*"]);
    ok(clone.run(&["check", "--environment", "prod", "--forge", &pull, "--forge", &reviews]));
    ok(World::clone_of(world.path()).run(&["check", "--environment", "prod", "--forge", &pull, "--forge", &reviews]));
}

#[test]
fn a_lock_keeps_the_record_that_counted() {
    let world = world(REVIEWED, PROD);
    let deploy = ["deploy", "--environment", "prod"];
    ok(world.run_as("kim", "09:00", &[&deploy[..], &["--approve", "--reason", "too early"]].concat()));
    let note = world.git(&["notes", "--ref", "policyc", "show", "main"]);
    let mut no: Value = serde_json::from_str(&note).unwrap();
    no["type"] = json!("request_changes");
    no["at"] = json!("2026-01-01T09:01:00Z");
    world.git(&["notes", "--ref", "policyc", "append", "-m", &no.to_string(), "main"]);
    ok(world.run_as("kim", "09:02", &[&deploy[..], &["--approve", "--reason", "now"]].concat()));
    ok(world.run_as("ada", "09:03", &deploy));
    assert_eq!(lock(&world)["approvals"][0]["record"]["comment"], "now");
    ok(world.run(&["check", "--environment", "prod"]));
}

/// A key pair of its own, as files; answers the public one.
fn key(world: &World, name: &str) -> String {
    let file = world.at(&format!(".git/{name}"));
    let mut keygen = std::process::Command::new("ssh-keygen");
    let made = keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&file).status().unwrap();
    assert!(made.success());
    world.read(&format!(".git/{name}.pub")).trim().to_owned()
}

#[test]
fn what_was_signed_with_an_earlier_key_is_said_anew_and_stays_signed() {
    let world = world(REVIEWED, &PROD.replace("evidence: recorded", "evidence: attested"));
    let (old, new) = (key(&world, "old"), key(&world, "new"));
    let identities =
        |key: &str| IDENTITIES.replace("[kim@example.com]", &format!("[kim@example.com], keys: [\"{key}\"]"));
    change(&world, "identities.yaml", &identities(&old));
    let approve = |key: &str| {
        let key = world.at(&format!(".git/{key}"));
        world.run_as("kim", "09:00", &["deploy", "--environment", "prod", "--approve", "--key", key.to_str().unwrap()])
    };
    ok(approve("old"));
    // The key is changed: what it signed proves nothing of a deployment now, and is said again with the new one.
    change(&world, "identities.yaml", &identities(&new));
    let waits = world.run_as("ada", "09:01", &["deploy", "--environment", "prod"]);
    assert!(waits.code == 1 && waits.err.contains("0 counted"), "{waits:?}");
    ok(approve("new"));
    ok(world.run_as("ada", "09:02", &["deploy", "--environment", "prod"]));
    ok(world.run(&["check", "--environment", "prod"]));
    // It was signed with a key that Kim had; only what nobody's key ever signed is refuted.
    let verified = world.run(&["verify"]);
    assert!(
        verified.code == 0 && verified.out.contains("1 with keys of earlier, 0 not signed, 0 refuted"),
        "{verified:?}"
    );
    let audit = world.run(&["audit"]);
    assert!(!audit.out.contains("refuted"), "{audit:?}");
}

#[test]
fn a_log_that_cannot_be_read_hides_no_environment_and_stops_no_rollback() {
    let settings = format!("{REVIEWED}logs: [{{path: logs}}]\n");
    let world = world(&settings, PROD);
    world.write("environments/other.yaml", PROD);
    world.write("environments/gated.yaml", format!("{PROD}gates: {{max_newly_denied: 10}}\n"));
    world.write(
        "logs/a.jsonl",
        "{\"id\": \"1\", \"agent_id\": \"a\", \"operation\": \"mail.send\", \"timestamp\": \"2026-01-01T00:00:00Z\"}\n",
    );
    world.commit();
    let deploy = |name: &str, clock: &str| {
        ok(world.run_as("kim", clock, &["deploy", "--environment", name, "--approve"]));
        ok(world.run_as("ada", clock, &["deploy", "--environment", name]));
    };
    for name in ["prod", "other", "gated"] {
        deploy(name, "09:00");
    }
    std::os::unix::fs::symlink("nowhere", world.at("logs/b.jsonl")).unwrap();
    world.commit();
    change(&world, "policies/mail.yaml", STRICT);
    // Where nothing is asked of recorded actions, they are not needed.
    deploy("prod", "09:10");
    assert_eq!(effect(&world), "deny");
    let back = ["rollback", "mail", "1", "--environment", "prod", "--reason", "incident"];
    let back = ok(world.run_as("ops", "09:11", &back));
    assert!(back.err.contains("not replayed"), "{back:?}");
    let gated = world.run_as("ada", "09:12", &["deploy", "--environment", "gated"]);
    assert!(gated.code == 3 && gated.err.contains("logs/b.jsonl"), "{gated:?}");
    // A lock over it, by hand, has gates that nobody can judge; the others are told all the same.
    let before: Value = serde_json::from_str(&world.git(&["show", "main:environments/gated.lock.json"])).unwrap();
    let strict: Value = serde_json::from_str(&world.git(&["show", "main~1:environments/prod.lock.json"])).unwrap();
    let mut next = before.clone();
    for key in ["documents", "bundle", "defaults", "catalog"] {
        next[key] = strict[key].clone();
    }
    next["sequence"] = json!(2);
    next["previous"] = json!(digest(&before));
    next["approvals"] = json!([]);
    let change_of = change_digest(&next);
    let record = json!({"at": "2026-01-01T10:00:00Z", "type": "approve", "by": "kim@example.com", "documents": {}, "environment": {"name": "gated", "change": change_of}});
    next["approvals"] = json!([{"principal": "kim", "evidence": "recorded", "digest": change_of, "record": record}]);
    change(&world, "environments/gated.lock.json", &next.to_string());
    let status = ok(world.run(&["status"]));
    assert!(status.err.contains("what is live in `gated`") && !status.err.contains("`prod`"), "{status:?}");
    let versions = ok(world.run(&["versions", "mail", "--format", "json"]));
    let live: Value = serde_json::from_str(&versions.out).unwrap();
    assert_eq!(live["data"][1]["live_in"], json!(["other", "prod"]), "{live:#}");
    ok(world.run(&["check", "--environment", "prod"]));
    let health = world.run(&["health", "--verbose"]);
    assert!(health.out.contains("environment prod") && health.out.contains("environment gated"), "{health:?}");
    let verify = world.run(&["verify"]);
    assert!(verify.code == 3 && verify.out.contains("locks of other"), "{verify:?}");
}

#[test]
fn giving_a_rollout_up_reopens_no_incident_and_going_on_does_not_either() {
    let world = world(REVIEWED, &format!("{PROD}rollout: {{steps: [10, 50, 100]}}\n"));
    deployed(&world);
    change(&world, "policies/mail.yaml", STRICT);
    deployed(&world);
    change(&world, "policies/incidents.yaml", NEVER);
    let abort = ["rollout", "abort", "--environment", "prod", "--reason", "odd"];
    let refused = world.run_as("ops", "10:00", &abort);
    assert!(refused.code == 1 && refused.err.contains("would reopen"), "{refused:?}");
    // By hand it is no better, with the approval that it needs.
    let half = lock(&world);
    forged(&world, |next| {
        for key in ["documents", "catalog", "defaults"] {
            next[key] = half["rollout"]["before"][key].clone();
        }
        next["bundle"] = half["rollout"]["from"].clone();
        next["rollout"] = Value::Null;
        let change = change_digest(next);
        let record = json!({"at": "2026-01-01T10:00:00Z", "type": "approve", "by": "ops@example.com", "documents": {}, "environment": {"name": "prod", "change": change}});
        next["approvals"] = json!([{"principal": "ops", "evidence": "recorded", "digest": change, "record": record}]);
    });
    let held = world.run(&["check", "--environment", "prod"]);
    assert!(held.code == 1 && held.err.contains("it reopens `incidents: no mail is sent`"), "{held:?}");
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    while lock(&world)["rollout"].is_object() {
        ok(world.run_as("ada", "10:02", &["rollout", "next", "--environment", "prod"]));
    }
    assert_eq!(effect(&world), "deny");
    // The other way round: what is on its way fails by now, and goes no further.
    change(&world, "policies/incidents.yaml", &NEVER.replace("mail.send", "mail.delete"));
    change(&world, "policies/mail.yaml", LOOSE);
    deployed(&world);
    change(&world, "policies/incidents.yaml", NEVER);
    let next = world.run_as("ada", "10:04", &["rollout", "next", "--environment", "prod"]);
    assert!(next.code == 1 && next.err.contains("would reopen"), "{next:?}");
    forged(&world, |next| next["rollout"]["percent"] = json!(50));
    let held = world.run(&["check", "--environment", "prod"]);
    assert!(held.code == 1 && held.err.contains("it reopens"), "{held:?}");
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    ok(world.run_as("ops", "10:05", &abort));
    ok(world.run(&["check", "--environment", "prod"]));
}

#[test]
fn one_document_goes_back_without_bringing_the_rest_of_a_rollout_to_everybody() {
    let world = world(REVIEWED, &format!("{PROD}rollout: {{steps: [10, 100]}}\n"));
    world.write("policies/files.yaml", "id: files\ndenied_actions: [files.delete]\n");
    world.write("policies/more.yaml", "id: more\ndenied_actions: [m.m]\n");
    world.commit();
    deployed(&world);
    // Two documents change, for a tenth of the runs: one of them permits more.
    world.write("policies/mail.yaml", STRICT);
    world.write("policies/files.yaml", "id: files\n");
    world.commit();
    deployed(&world);
    let half = lock(&world);
    assert_eq!(half["rollout"]["percent"], 10);
    let back = ["rollback", "mail", "1", "--environment", "prod", "--reason", "incident"];
    let refused = world.run_as("ops", "10:00", &back);
    assert!(refused.code == 1 && lock(&world) == half, "{refused:?}");
    let all = ["rollback", "--to-version", "1", "--environment", "prod", "--reason", "incident"];
    ok(world.run_as("ops", "10:01", &all));
    assert_eq!(lock(&world)["rollout"], Value::Null);
    assert_eq!(lock(&world)["documents"]["files"]["version"], 1);
    ok(world.run(&["check", "--environment", "prod"]));
}

#[test]
fn the_first_stop_brings_no_defaults_along() {
    let world = world(REVIEWED, PROD);
    deployed(&world);
    // Everything that a deployment of nothing would make live: all is allowed.
    let open = lock(&world)["defaults"].clone();
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    ok(world.run_as("ada", "10:00", &["kill-switch", "activate", "--environment", "prod", "--reason", "x"]));
    let mut first = lock(&world);
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    first["defaults"] = open.clone();
    first["bundle"] = json!(bundle(&open));
    change(&world, "environments/prod.lock.json", &first.to_string());
    let held = world.run(&["check", "--environment", "prod"]);
    assert!(held.code == 1 && held.err.contains("change in one step"), "{held:?}");
    assert!(ok(world.run(&["status"])).out.contains("kill switch of `prod` is on"), "it stops all the same");
}

/// The digest of a bundle without documents and with these defaults.
fn bundle(defaults: &Value) -> String {
    use policyc::model::{Bundle, Catalog, Effect};
    assert_eq!(defaults["effect"], "allow");
    let ttl = defaults["session_ttl"].as_u64().unwrap();
    let bundle = Bundle::new(Vec::new(), Catalog::default(), Some(Effect::Allow), ttl);
    policyc::canon::bundle(&bundle).unwrap().digest.to_string()
}
