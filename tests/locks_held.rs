//! What somebody with a right to push tries, so that more is live than was approved: locks written by hand and put into commits.
//! Every reader has to hold them against what they must be.
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
const REVIEWED: &str = "branch: main\nreview: {required: 1, from: [security], evidence: recorded}\n";
const PROD: &str = "approvals: {required: 1, from: [security], evidence: recorded}\nrollback: {from: [oncall]}\n";
const STRICT: &str = "id: mail\ndenied_actions: [mail.delete, mail.send]\n";
const LOOSE: &str = "id: mail\ndenied_actions: [mail.delete]\n";

fn ok(done: Done) -> Done {
    assert_eq!(done.code, 0, "{done:?}");
    done
}

fn world(settings: &str, prod: &str) -> World {
    let world = World::with(&[
        ("policyc.yaml", settings),
        ("identities.yaml", IDENTITIES),
        ("environments/prod.yaml", prod),
        ("policies/mail.yaml", STRICT),
    ]);
    world.commit();
    world
}

/// A change that Ada drafts, Ben approves, and that is merged.
fn reviewed(world: &World, name: &str, files: &[(&str, &str)]) {
    ok(world.run_as("ada", "08:00", &["draft", "new", name]));
    for (path, text) in files {
        if text.is_empty() { std::fs::remove_file(world.at(path)).unwrap() } else { world.write(path, text) }
    }
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

fn lock(world: &World) -> Value {
    serde_json::from_str(&world.git(&["show", "main:environments/prod.lock.json"])).unwrap()
}

/// The lock that would follow, as somebody edits it, committed.
fn forged(world: &World, edit: impl FnOnce(&mut Value)) {
    let good = lock(world);
    let mut next = good.clone();
    next["sequence"] = json!(good["sequence"].as_u64().unwrap() + 1);
    let digest = policyc::text::Digest::of(&policyc::text::jcs_bytes(&good).unwrap());
    next["previous"] = json!(digest.to_string());
    next["approvals"] = json!([]);
    edit(&mut next);
    world.write("environments/prod.lock.json", next.to_string());
    world.commit();
}

/// What every reader says of the newest lock, one that remembers nothing too.
fn held(world: &World, good: bool) -> String {
    let done = world.run(&["check", "--environment", "prod"]);
    assert_eq!(done.code == 0, good, "{done:?}");
    let clone = World::clone_of(world.path());
    clone.git(&["fetch", "-q", "origin", "+refs/notes/policyc*:refs/policyc/origin/notes*"]);
    let anew = clone.run(&["check", "--environment", "prod"]);
    assert_eq!(anew.code == 0, good, "another clone: {anew:?}");
    done.err
}

fn effect(world: &World, operation: &str) -> String {
    let asked = ["eval", "--format", "json", "--agent", "a", "--environment", "prod", "--operation", operation];
    let told = world.run(&asked);
    assert_eq!(told.code, 0, "{told:?}");
    serde_json::from_str::<Value>(&told.out).unwrap()["effect"].as_str().unwrap().to_owned()
}

#[test]
fn reviews_of_a_document_say_nothing_of_older_defaults_or_a_catalog_that_is_gone() {
    let world = world(&format!("{REVIEWED}defaults: {{effect: allow}}\n"), PROD);
    deployed(&world);
    let open = lock(&world)["defaults"].clone();
    reviewed(
        &world,
        "closed",
        &[
            ("policyc.yaml", &format!("{REVIEWED}defaults: {{effect: deny}}\n")),
            ("catalog.yaml", "defaults: {risk_level: low}\n"),
        ],
    );
    ok(world.run_as("ada", "09:10", &["deploy", "--environment", "prod"]));
    held(&world, true);
    let before = lock(&world);
    reviewed(
        &world,
        "more",
        &[("policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete, mail.send, mail.move]\n")],
    );
    let at = world.git(&["rev-parse", "HEAD"]);
    ok(world.run_as("ada", "09:11", &["deploy", "--environment", "prod"]));
    let (honest, bundle) = (lock(&world), |lock: &Value| lock["bundle"].clone());
    world.git(&["reset", "-q", "--hard", &at]);
    for (key, value) in [("defaults", open), ("catalog", Value::Null)] {
        forged(&world, |next| {
            next["documents"] = honest["documents"].clone();
            next[key] = value;
            // Whatever bundle it names, it is the right one for what it pins only if that is computed.
            next["bundle"] = bundle(&honest);
        });
        held(&world, false);
        assert_eq!(
            lock(&world)["previous"],
            json!(policyc::text::Digest::of(&policyc::text::jcs_bytes(&before).unwrap()).to_string())
        );
        assert_eq!(effect(&world, "x.y"), "deny");
        world.git(&["reset", "-q", "--hard", &at]);
    }
}

#[test]
fn nobody_approves_the_return_of_what_they_wrote() {
    let world = world(REVIEWED, PROD);
    reviewed(&world, "loose", &[("policies/mail.yaml", LOOSE)]);
    let loose = world.git(&["rev-parse", "HEAD"]);
    reviewed(&world, "strict", &[("policies/mail.yaml", STRICT)]);
    ok(world.run_as("kim", "09:00", &["deploy", "--environment", "prod", "--approve"]));
    ok(world.run_as("ada", "09:01", &["deploy", "--environment", "prod"]));
    let back = ["deploy", "--environment", "prod", "--ref", &loose];
    let own = ok(world.run_as("ada", "09:02", &[&back[..], &["--approve"]].concat()));
    assert!(own.err.contains("counts for nothing"), "{own:?}");
    let refused = world.run_as("ada", "09:03", &back);
    assert!(refused.code == 1 && refused.err.contains("0 counted"), "{refused:?}");
}

#[test]
fn a_rollback_never_leads_forward_nor_to_what_only_some_runs_met() {
    let world = world(REVIEWED, &format!("{PROD}rollout: {{steps: [50, 100]}}\n"));
    let finished = || {
        deployed(&world);
        while lock(&world)["rollout"].is_object() {
            ok(world.run_as("ada", "09:05", &["rollout", "next", "--environment", "prod"]));
        }
        lock(&world)["sequence"].to_string()
    };
    let first = finished();
    world.write("policies/allow.yaml", "id: more\ndenied_actions: [x.y]\n");
    world.commit();
    let second = finished();
    std::fs::remove_file(world.at("policies/allow.yaml")).unwrap();
    world.write("policies/other.yaml", "id: other\ndenied_actions: [z.z]\n");
    world.commit();
    let third = finished();
    let back = |to: &str| {
        world.run_as("ops", "10:00", &["rollback", "--environment", "prod", "--to-version", to, "--reason", "incident"])
    };
    ok(back(&second));
    // The document is away again at the third: that leads forward.
    let forward = back(&third);
    assert!(forward.code == 1 && forward.err.replace("\n  │ ", " ").contains("never was live there"), "{forward:?}");
    ok(back(&first));
    assert_eq!(back(&second).code, 1, "forward again");
    held(&world, true);
    // By hand it is no better.
    let second: Value = second.parse().unwrap();
    let wanted: Vec<Value> = world
        .git(&["log", "--format=%H", "--", "environments/prod.lock.json"])
        .lines()
        .map(|commit| {
            serde_json::from_str(&world.git(&["show", &format!("{commit}:environments/prod.lock.json")])).unwrap()
        })
        .filter(|lock: &Value| lock["sequence"] == second)
        .collect();
    forged(&world, |next| {
        for key in ["documents", "bundle", "catalog", "defaults"] {
            next[key] = wanted[0][key].clone();
        }
    });
    assert!(held(&world, false).contains("rollouts begin with 50 %"));
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    // A version that reached half of the runs and was given up was never live.
    world.write("policies/mail.yaml", LOOSE);
    world.commit();
    ok(world.run_as("kim", "11:00", &["deploy", "--environment", "prod", "--approve"]));
    ok(world.run_as("ada", "11:01", &["deploy", "--environment", "prod"]));
    let half = lock(&world);
    ok(world.run_as("ops", "11:02", &["rollback", "--environment", "prod", "--to-version", &first, "--reason", "odd"]));
    forged(&world, |next| {
        for key in ["documents", "bundle", "catalog", "defaults"] {
            next[key] = half[key].clone();
        }
    });
    held(&world, false);
    assert_eq!(effect(&world, "mail.send"), "deny");
}

#[test]
fn notes_that_come_later_take_nothing_back_and_every_clone_agrees() {
    let world = world(REVIEWED, PROD);
    deployed(&world);
    reviewed(
        &world,
        "more",
        &[("policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete, mail.send, mail.move]\n")],
    );
    ok(world.run_as("ada", "09:10", &["deploy", "--environment", "prod"]));
    for line in
        world.git(&["log", "-p", "--format=", "refs/notes/policyc"]).lines().filter_map(|line| line.strip_prefix('+'))
    {
        let Ok(mut record) = serde_json::from_str::<Value>(line) else { continue };
        if record["type"] == "approve" {
            record["type"] = json!("request_changes");
            world.git(&["notes", "--ref", "policyc", "append", "-m", &record.to_string(), "main"]);
        }
    }
    held(&world, true);
    assert_eq!(effect(&world, "mail.move"), "deny");
}

#[test]
fn what_was_live_stays_what_it_was_when_a_document_comes_back() {
    let world = world(REVIEWED, PROD);
    reviewed(&world, "extra", &[("policies/extra.yaml", "id: extra\ndenied_actions: [x.y]\n")]);
    deployed(&world);
    reviewed(&world, "less", &[("policies/extra.yaml", "")]);
    ok(world.run_as("ada", "09:10", &["deploy", "--environment", "prod"]));
    held(&world, true);
    reviewed(&world, "again", &[("policies/extra.yaml", "id: extra\ndenied_actions: [x.y]\n")]);
    held(&world, true);
}

#[test]
fn a_lock_names_no_approvals_that_are_not_there() {
    let world = world(REVIEWED, PROD);
    deployed(&world);
    forged(&world, |next| {
        next["kill_switch"] = json!({"active": true, "by": "the board"});
        next["approvals"] =
            json!([{"principal": "the-board", "evidence": "attested", "digest": "sha256:0", "record": null}]);
    });
    assert!(held(&world, false).contains("names approvals"));
    assert_eq!(effect(&world, "x.y"), "deny", "it stops all the same");
    // Nothing but letting it go on takes that away.
    reviewed(&world, "other", &[("policies/other.yaml", "id: other\ndenied_actions: [z.z]\n")]);
    ok(world.run_as("ada", "10:00", &["deploy", "--environment", "prod"]));
    held(&world, true);
    assert_eq!(effect(&world, "x.y"), "deny");
    let off = ["kill-switch", "deactivate", "--environment", "prod", "--reason", "over"];
    let told = world.run_as("ada", "10:01", &off);
    assert!(told.code == 1 && told.err.contains("`activate` answers that"), "{told:?}");
    ok(world.run_as("ada", "10:02", &["kill-switch", "activate", "--environment", "prod", "--reason", "to end it"]));
    ok(world.run_as("kim", "10:03", &[&off[..], &["--approve"]].concat()));
    ok(world.run_as("ada", "10:04", &off));
    held(&world, true);
}

#[test]
fn an_environment_is_one_file_and_its_gates_are_judged_or_not_met() {
    let strict = PROD.replace("required: 1", "required: 2");
    let world = world(REVIEWED, &strict);
    world.write("environments/prod.json", "{\"approvals\": {\"required\": 0}}");
    world.commit();
    let deploy = ["deploy", "--environment", "prod"];
    let asked = world.run_as("ada", "09:00", &deploy);
    assert!(asked.code == 1 && asked.err.contains("PC0919"), "{asked:?}");
    world.git(&["rm", "-q", "environments/prod.json"]);
    world.write("environments/prod.yaml", "approvals: {required: 0}\ngates: {min_coverage: \"100%\"}\n");
    world.commit();
    let unjudged = world.run_as("ada", "09:01", &deploy);
    assert!(unjudged.code == 1 && unjudged.err.contains("gates cannot be judged"), "{unjudged:?}");
}

#[test]
fn the_kill_switch_goes_on_whatever_is_broken() {
    let world = world(REVIEWED, PROD);
    deployed(&world);
    world.write("environments/prod.yaml", "approvals: {required: many}\n");
    world.write("identities.yaml", "kind: identities\nprincipals: []\n");
    world.commit();
    ok(world.run_as("ops", "10:00", &["kill-switch", "activate", "--all", "--reason", "incident"]));
    assert!(world.run(&["status"]).out.contains("kill switch of `prod` is on"));
    // An index that another git holds keeps nobody from stopping either.
    let other = self::world(REVIEWED, PROD);
    deployed(&other);
    other.write(".git/index.lock", "");
    let stopped =
        ok(other.run_as("ops", "10:01", &["kill-switch", "activate", "--environment", "prod", "--reason", "x"]));
    assert!(stopped.out.contains("by the branch kill-switch/prod"), "{stopped:?}");
    assert_eq!(effect(&other, "x.y"), "deny");
    let audit = other.run(&["audit", "--environment", "prod"]);
    assert!(audit.out.contains("stopped by the branch"), "{audit:?}");
}

#[test]
fn the_lock_of_a_merge_is_no_better_than_the_pull_request_that_was_reviewed() {
    let forge = PROD.replace("evidence: recorded", "evidence: forge");
    let world = world(REVIEWED, &forge);
    // The first lock is honest, by a signature or not at all: nothing is live, and one is put into a merge.
    let base = world.git(&["rev-parse", "HEAD"]);
    world.git(&["switch", "-q", "-c", "readme"]);
    world.write("README.md", "hello\n");
    world.commit();
    let head = world.git(&["rev-parse", "HEAD"]);
    world.git(&["switch", "-q", "main"]);
    world.git(&["merge", "-q", "--no-ff", "--no-commit", "readme"]);
    let plan = world.run(&["deploy", "--environment", "prod", "--plan", "--format", "json"]);
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    let version: Value = serde_json::from_str(&world.run(&["versions", "mail", "--format", "json"]).out).unwrap();
    let pin = &version["data"][0];
    let lock = json!({
        "schema": "policyc.lock/v1", "environment": "prod", "sequence": 1, "previous": null,
        "documents": {"mail": {"version": 1, "commit": pin["commit"], "source_digest": pin["source_digest"], "canonical_digest": pin["canonical_digest"]}},
        "catalog": null, "defaults": {"commit": base, "effect": "allow", "session_ttl": 86400}, "bundle": plan["to"],
    });
    world.write("environments/prod.lock.json", lock.to_string());
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "-m", "Merge pull request #7 from ada/readme"]);
    let merge = world.git(&["rev-parse", "HEAD"]);
    world.git(&["update-ref", "refs/pull/7/head", &head]);
    let repository = json!({"full_name": "acme/policies"});
    let pull = json!({
        "url": "https://api.github.com/repos/acme/policies/pulls/7", "html_url": "https://github.com/acme/policies/pull/7",
        "number": 7, "state": "closed", "draft": false, "merged": true, "merged_at": "2026-01-02T00:00:00Z",
        "merge_commit_sha": merge, "title": "Readme", "user": {"login": "ada", "type": "User"},
        "updated_at": "2026-01-02T00:00:00Z",
        "head": {"ref": "readme", "sha": head, "repo": repository},
        "base": {"ref": "main", "sha": base, "repo": repository},
    });
    let review = json!([{
        "id": 1, "user": {"login": "kim@example.com", "type": "User"}, "state": "APPROVED", "commit_id": head,
        "submitted_at": "2026-01-01T12:00:00Z", "author_association": "MEMBER",
        "pull_request_url": "https://api.github.com/repos/acme/policies/pulls/7",
    }]);
    let facts = World::new();
    facts.write("pull.json", pull.to_string());
    facts.write("reviews.json", review.to_string());
    let files = ["pull.json", "reviews.json"].map(|name| facts.at(name).to_str().unwrap().to_owned());
    let done = world.run(&["check", "--environment", "prod", "--forge", &files[0], "--forge", &files[1]]);
    assert!(done.code == 1 && done.err.contains("is refused"), "{done:?}");
}
