//! Decision tokens: issued and verified by the command in real repositories, and by the library over generated changes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and touches files and processes"
)]

mod support;

use std::process::Command;

use policyc::text::{Digest, jcs_bytes};
use policyc::token::{self, Draft, Live, Refusal, Rehearsal, Revoked, SigningKey, Target, Trust};
use policyc::written::{Effect, TokenDecision};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::world::{Done, World};

const RULES: &str = "kind: rule\nid: mail\nagent_id: \"*\"\ntarget_integration: mail\noperation: \"*\"\nresource_scope: \"*\"\n\
     policy_name: n\ndata_classification: restricted\npolicy_effect: allow\nrationale: ten characters\nmax_session_ttl: 900\n---\n\
     kind: rule\nid: rest\nagent_id: \"*\"\ntarget_integration: \"*\"\noperation: \"*\"\nresource_scope: \"*\"\npolicy_name: n\n\
     data_classification: public\npolicy_effect: deny\nrationale: ten characters\npriority: 1\n";
const SEND: &str = r#"{"agent_id": "bot", "run_id": "r1", "integration": "mail", "operation": "send", "resource": "x", "data_classification": "public"}"#;
const NOW: &str = "2026-06-01T12:00:00Z";
const LATER: &str = "2026-06-01T12:14:59Z";
const IDENTITY: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "Ada"),
    ("GIT_AUTHOR_EMAIL", "ada@example.com"),
    ("GIT_COMMITTER_NAME", "Ada"),
    ("GIT_COMMITTER_EMAIL", "ada@example.com"),
];

/// A key that the real `ssh-keygen` made; the line of its public half.
fn keygen(world: &World, name: &str, more: &[&str]) -> String {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-C", "of a test", "-f"])
        .arg(world.at(name))
        .args(if more.is_empty() { &["-N", ""] } else { more })
        .status()
        .unwrap();
    assert!(made.success());
    world.read(&format!("{name}.pub")).trim().to_owned()
}

fn act(world: &World, arguments: &[&str]) {
    let done = world.run_as("ada", "12:00", arguments);
    assert_eq!(done.code, 0, "{done:?}");
}

fn deploy(world: &World, name: &str) {
    act(world, &["deploy", "--environment", name]);
}

/// A repository with production and staging live, each with a key of its own.
fn repository() -> World {
    let world = World::with(&[("policies/rules.yaml", RULES), (".gitignore", "/keys/\n/out/\n"), ("keys/.keep", "")]);
    for name in ["production", "staging"] {
        let key = keygen(&world, &format!("keys/{name}"), &[]);
        world.write(
            &format!("environments/{name}.yaml"),
            format!("approvals: {{required: 0}}\ntokens:\n  keys: [\"{key}\"]\n"),
        );
    }
    world.write("policyc.yaml", "branch: main\ndefaults: {effect: deny}\n");
    world.write("keys/send.json", SEND);
    world.commit();
    for name in ["production", "staging"] {
        deploy(&world, name);
    }
    world
}

fn json_of(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

fn issue_at(world: &World, environment: &str, now: &str, more: &[&str]) -> Done {
    let key = format!("keys/{environment}");
    let start = ["token", "issue", "keys/send.json", "--environment", environment, "--key", &key, "--now", now];
    world.run(&[&start[..], more].concat())
}

fn issue(world: &World, environment: &str) -> String {
    let done = issue_at(world, environment, NOW, &[]);
    assert_eq!(done.code, 0, "{done:?}");
    done.out.trim_end().to_owned()
}

fn verify(world: &World, environment: &str, token: &str, more: &[&str]) -> Done {
    let start = ["token", "verify", "--environment", environment, "--now", LATER, "--format", "json", token];
    world.run(&[&start[..], more].concat())
}

/// The name of the reason against a token, and the exit code with it.
fn refused(world: &World, environment: &str, token: &str, more: &[&str]) -> String {
    let done = verify(world, environment, token, more);
    let verdict = json_of(&done);
    assert_eq!((done.code, &verdict["valid"]), (1, &json!(false)), "{done:?}");
    verdict["refused"].as_str().unwrap().to_owned()
}

fn holds(world: &World, environment: &str, token: &str, more: &[&str]) {
    let done = verify(world, environment, token, more);
    assert_eq!((done.code, &json_of(&done)["valid"]), (0, &json!(true)), "{done:?}");
}

fn revoke(world: &World, environment: &str, more: &[&str]) -> Done {
    let start = ["token", "revoke", "--environment", environment, "--reason", "lost"];
    world.run_with(&[&start[..], more].concat(), &IDENTITY, "")
}

fn schema_holds(world: &World, name: &str, value: &Value) {
    let schema = json_of(&world.run(&["schema", name]));
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(value), "{name}: {value}");
}

#[test]
fn a_token_says_what_eval_says_and_holds_where_it_was_issued() {
    let world = repository();
    let done = issue_at(&world, "production", NOW, &["--format", "json"]);
    let issued = json_of(&done);
    schema_holds(&world, "issued-token", &issued);
    let (token, claims) = (issued["token"].as_str().unwrap(), &issued["claims"]);
    let eval = ["eval", "--environment", "production", "--action", "keys/send.json", "--format", "json"];
    let decision = json_of(&world.run(&eval));
    assert_eq!(claims["decision"]["effect"], decision["effect"]);
    assert_eq!(claims["decision"]["rule_id"], decision["rule_id"]);
    assert_eq!(claims["bundle"], decision["bundle"]);
    assert_eq!((&claims["decision"]["reasons"], &claims["sequence"]), (&json!(["RULE"]), &json!(1)));
    assert_eq!((&claims["agent_id"], &claims["run_id"]), (&json!("bot"), &json!("r1")));
    let value: Value = serde_json::from_str(SEND).unwrap();
    assert_eq!(claims["action"], Digest::of(&jcs_bytes(&value).unwrap()).to_string());
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 900, "the rule's own time");
    let valid = json_of(&verify(&world, "production", token, &["--action", "keys/send.json"]));
    schema_holds(&world, "token", &valid);
    assert_eq!((&valid["valid"], &valid["claims"]), (&json!(true), claims));
    // The same from standard input, with the key in the environment.
    let secret = world.read("keys/production");
    let piped = world.run_with(
        &["token", "issue", "-", "--environment", "production", "--now", NOW],
        &[("POLICYC_TOKEN_KEY", &secret)],
        SEND,
    );
    assert_eq!(piped.out.trim_end(), token, "one decision has one token");
    let read = ["token", "verify", "-", "--environment", "production", "--now", NOW];
    let read = world.run_with(&read, &[], &piped.out);
    assert!(read.code == 0 && read.out.starts_with("valid: allow for `bot` in run `r1`"), "{read:?}");
    let refused_in_words =
        world.run(&["token", "verify", token, "--environment", "production", "--now", "2027-01-01T00:00:00Z"]);
    assert!(refused_in_words.code == 1 && refused_in_words.err.contains("PC0932"), "{refused_in_words:?}");
    assert!(refused_in_words.err.contains("it has expired"), "{refused_in_words:?}");
}

#[test]
fn the_wrong_place_time_action_or_effect_is_refused() {
    let world = repository();
    let token = issue(&world, "production");
    assert_eq!(refused(&world, "staging", &token, &[]), "unknown_key");
    for (now, why) in [("2026-06-01T12:15:00Z", "expired"), ("2026-06-01T11:58:59Z", "future")] {
        let verdict = json_of(&world.run(&[
            "token",
            "verify",
            &token,
            "--environment",
            "production",
            "--now",
            now,
            "--format",
            "json",
        ]));
        assert_eq!(verdict["refused"], why, "{now}");
        assert_eq!(verdict["claims"]["aud"], "environment:production", "it was said, and is shown");
    }
    world.write("keys/other.json", SEND.replace("\"x\"", "\"y\""));
    assert_eq!(refused(&world, "production", &token, &["--action", "keys/other.json"]), "action");
    world.write("keys/send.json", SEND.replace("mail", "bank"));
    let denied = issue_at(&world, "production", NOW, &[]);
    assert!(denied.err.contains("deny, holds for 86400 seconds"), "{denied:?}");
    assert_eq!(refused(&world, "production", denied.out.trim_end(), &[]), "effect");
    holds(&world, "production", denied.out.trim_end(), &["--any-effect"]);
    for stripped in [&token[..token.len() - 1], &format!("{token}="), &format!("{token}\n"), &format!(" {token}")] {
        let done = verify(&world, "production", stripped, &[]);
        assert_eq!((done.code, &json_of(&done)["claims"]), (1, &Value::Null), "{stripped:?}");
    }
}

#[test]
fn only_keys_of_the_environment_sign() {
    let world = repository();
    let with = |environment: &str, key: &str| {
        world.run(&["token", "issue", "keys/send.json", "--environment", environment, "--key", key])
    };
    let foreign = with("production", "keys/staging");
    assert!(foreign.code == 3 && foreign.err.contains("PC0931") && foreign.out.is_empty(), "{foreign:?}");
    keygen(&world, "keys/locked", &["-N", "a passphrase"]);
    let locked = with("production", "keys/locked");
    assert!(locked.code == 3 && locked.err.contains("locked by a passphrase"), "{locked:?}");
    let public = with("production", "keys/production.pub");
    assert!(public.code == 3 && public.err.contains("no key as OpenSSH writes it"), "{public:?}");
    let none = world.run(&["token", "issue", "keys/send.json", "--environment", "production"]);
    assert!(none.code == 2 && none.err.contains("POLICYC_TOKEN_KEY"), "{none:?}");
    // A key that is not merged signs nothing.
    let own = world.read("keys/staging.pub");
    world.write("environments/production.yaml", format!("tokens:\n  keys: [\"{}\"]\n", own.trim()));
    assert_eq!(with("production", "keys/staging").code, 3);
    let nowhere = with("prodution", "keys/staging");
    assert!(nowhere.code == 3 && nowhere.err.contains("did you mean `production`"), "{nowhere:?}");
}

#[test]
fn another_bundle_a_later_lock_a_short_life_and_the_kill_switch_refuse() {
    let world = repository();
    let switch = |to: &str| act(&world, &["kill-switch", to, "--environment", "production", "--reason", "incident"]);
    let early = issue(&world, "production");
    switch("activate");
    assert_eq!(refused(&world, "production", &early, &[]), "kill_switch");
    let stopped = json_of(&issue_at(&world, "production", NOW, &["--format", "json"]));
    assert_eq!(stopped["claims"]["decision"]["reasons"], json!(["KILL_SWITCH"]));
    assert_eq!(stopped["claims"]["decision"]["effect"], "deny");
    assert_eq!(refused(&world, "production", stopped["token"].as_str().unwrap(), &["--any-effect"]), "kill_switch");
    switch("deactivate");
    holds(&world, "production", &early, &[]);
    let token = issue(&world, "production");
    let now = world.git(&["rev-parse", "HEAD"]);
    world.git(&["reset", "-q", "--hard", "HEAD~2"]);
    assert_eq!(refused(&world, "production", &token, &[]), "sequence", "a clone that is behind knows less");
    world.git(&["reset", "-q", "--hard", &now]);
    holds(&world, "production", &token, &[]);
    let short = world.read("environments/production.yaml");
    world.write("environments/production.yaml", format!("{short}  max_ttl_seconds: 600\n"));
    world.git(&["commit", "-q", "-a", "-m", "Shorter"]);
    assert_eq!(refused(&world, "production", &token, &[]), "too_long");
    let shorter = json_of(&issue_at(&world, "production", NOW, &["--format", "json"]));
    assert_eq!(shorter["claims"]["exp"].as_u64().unwrap() - shorter["claims"]["iat"].as_u64().unwrap(), 600);
    world.write("policies/rules.yaml", RULES.replace("ten characters", "other characters"));
    world.git(&["commit", "-q", "-a", "-m", "Rules"]);
    deploy(&world, "production");
    assert_eq!(refused(&world, "production", shorter["token"].as_str().unwrap(), &["--any-effect"]), "expired");
    let at = [
        "token",
        "verify",
        shorter["token"].as_str().unwrap(),
        "--environment",
        "production",
        "--now",
        NOW,
        "--format",
        "json",
    ];
    assert_eq!(json_of(&world.run(&at))["refused"], "bundle");
}

#[test]
fn what_hangs_on_earlier_actions_is_unknown_without_a_history() {
    let world = repository();
    world.write("policies/limit.yaml", "id: limit\nrate_limits:\n  mail.send: {max_count: 1, window_seconds: 60}\n");
    world.git(&["add", "policies"]);
    world.git(&["commit", "-q", "-m", "Limit"]);
    deploy(&world, "production");
    let at = |time: &str| SEND.replace('{', &format!("{{\"timestamp\": \"{time}\", "));
    world.write("keys/send.json", at("2026-06-01T11:00:00Z"));
    let effect = |more: &[&str]| {
        json_of(&issue_at(&world, "production", NOW, &[&["--format", "json"], more].concat()))["claims"]["decision"]
            .clone()
    };
    let unknown = effect(&[]);
    assert_eq!((&unknown["effect"], &unknown["certain"]), (&json!("deny"), &json!(false)));
    world.write("keys/none.jsonl", "");
    assert_eq!(effect(&["--history", "keys/none.jsonl"])["effect"], "allow");
    world.write("keys/once.jsonl", format!("{}\n", at("2026-06-01T10:59:30Z")));
    let once = effect(&["--history", "keys/once.jsonl"]);
    assert_eq!((&once["effect"], &once["certain"]), (&json!("deny"), &json!(true)));
}

#[test]
fn what_is_revoked_stays_revoked() {
    let world = repository();
    let token = issue(&world, "production");
    let done = revoke(&world, "production", &["--token", &token]);
    assert!(done.code == 0 && done.out.contains("is revoked in production"), "{done:?}");
    assert_eq!(world.git(&["status", "--porcelain"]), "", "the commit is checked out");
    let file: Value = serde_json::from_str(&world.read("environments/production.revoked.json")).unwrap();
    schema_holds(&world, "revocations", &file);
    assert_eq!(file["revoked"][0]["by"], "Ada <ada@example.com>");
    assert_eq!(world.run(&["check"]).code, 0, "the file is no environment");
    assert_eq!(refused(&world, "production", &token, &[]), "revoked_token");
    let again = revoke(&world, "production", &["--token", &token]);
    assert!(again.code == 1 && again.err.contains("PC0916"), "{again:?}");
    let log = world.run(&["log"]);
    assert!(log.out.contains("revocations"), "{log:?}");
    // A commit that takes it out again takes nothing back.
    world.write(
        "environments/production.revoked.json",
        r#"{"schema": "policyc.revocations/v1", "environment": "production", "revoked": []}"#,
    );
    world.git(&["commit", "-q", "-a", "-m", "Forget"]);
    assert_eq!(refused(&world, "production", &token, &[]), "revoked_token");
    world.git(&["rm", "-q", "environments/production.revoked.json"]);
    world.git(&["commit", "-q", "-m", "Remove"]);
    assert_eq!(refused(&world, "production", &token, &[]), "revoked_token");
    // What is written next holds it again.
    let kid = json_of(&world.run(&[
        "token",
        "test",
        "--environment",
        "staging",
        "--key",
        "keys/staging",
        "--format",
        "json",
    ]))["key"]
        .clone();
    assert_eq!(revoke(&world, "production", &["--key-id", kid.as_str().unwrap()]).code, 0);
    let file: Value = serde_json::from_str(&world.read("environments/production.revoked.json")).unwrap();
    assert_eq!(file["revoked"].as_array().unwrap().len(), 2, "{file}");
    holds(&world, "staging", &issue(&world, "staging"), &[]);
    let wrong = revoke(&world, "staging", &["--token", &token]);
    assert!(wrong.code == 2 && wrong.err.contains("no token of `staging`"), "{wrong:?}");
}

#[test]
fn keys_and_times_are_revoked_and_the_folder_counts_too() {
    let world = repository();
    let token = issue(&world, "staging");
    let file = |entries: &str| {
        format!("{{\"schema\": \"policyc.revocations/v1\", \"environment\": \"staging\", \"revoked\": [{entries}]}}")
    };
    let entry = |what: &str| format!("{{{what}, \"at\": \"{NOW}\", \"by\": \"a\", \"reason\": \"b\"}}");
    let path = "environments/staging.revoked.json";
    // Not committed, and it counts.
    for (before, why) in [("2026-06-01T12:00:00Z", None), ("2026-06-01T12:00:00.5Z", Some("revoked_before"))] {
        world.write(path, file(&entry(&format!("\"issued_before\": \"{before}\""))));
        match why {
            Some(why) => assert_eq!(refused(&world, "staging", &token, &[]), why),
            None => holds(&world, "staging", &token, &[]),
        }
    }
    for unreadable in [
        String::new(),
        "[]".to_owned(),
        file("").replace("staging", "production"),
        file(&entry("\"token\": \"x\"")),
        file(&entry("\"key\": \"AAAA\", \"token\": \"x\"")),
        file(&entry("\"issued_before\": \"yesterday\"")),
        file(&entry("\"none\": 1")),
        file("").replace("\"revoked\"", "\"revoked\": [], \"revoked\""),
    ] {
        world.write(path, &unreadable);
        assert_eq!(refused(&world, "staging", &token, &[]), "unreadable_revocations", "{unreadable}");
        let added = revoke(&world, "staging", &["--issued-before", NOW]);
        assert!(added.code == 3 && added.err.contains("PC0933"), "{added:?}");
    }
    std::fs::remove_file(world.at(path)).unwrap();
    // One key id in sixty-four begins like an option.
    let unlucky = revoke(&world, "staging", &["--key-id", "-AbcdEFGhijklmnopqrstuvwxyz0123456789_-ABCD"]);
    assert!(!unlucky.err.contains("unexpected argument"), "{unlucky:?}");
    let future = revoke(&world, "staging", &["--issued-before", "2999-01-01T00:00:00Z"]);
    assert!(future.code == 2 && future.err.contains("in the future"), "{future:?}");
    assert_eq!(revoke(&world, "staging", &["--issued-before", "2026-06-01T12:00:01Z"]).code, 0);
    assert_eq!(refused(&world, "staging", &token, &[]), "revoked_before");
    assert_eq!(revoke(&world, "staging", &["--issued-before", NOW]).code, 1, "that is revoked already");
    let test = json_of(&world.run(&[
        "token",
        "test",
        "--environment",
        "staging",
        "--key",
        "keys/staging",
        "--format",
        "json",
    ]));
    assert_eq!(revoke(&world, "staging", &["--key-id", test["key"].as_str().unwrap()]).code, 0);
    assert_eq!(refused(&world, "staging", &token, &[]), "revoked_key");
    let tested = world.run(&["token", "test", "--environment", "staging", "--key", "keys/staging"]);
    assert!(tested.code == 1 && tested.out.contains("FAILED  sound"), "{tested:?}");
}

#[test]
fn a_commit_that_cannot_be_read_is_settled_by_a_time() {
    let world = repository();
    let token = issue(&world, "production");
    let path = "environments/production.revoked.json";
    world.write(path, "<<<<<<< ours\n");
    world.git(&["add", path]);
    world.git(&["commit", "-q", "-m", "Conflict"]);
    assert_eq!(refused(&world, "production", &token, &[]), "unreadable_revocations");
    let id = format!("sha256:{}", "0".repeat(64));
    let added = revoke(&world, "production", &["--id", &id]);
    assert!(added.code == 3 && added.err.contains("settle it with --issued-before"), "{added:?}");
    world.git(&["rm", "-q", path]);
    world.git(&["commit", "-q", "-m", "Remove"]);
    assert_eq!(refused(&world, "production", &token, &[]), "unreadable_revocations", "nobody knows what it held");
    assert_eq!(revoke(&world, "production", &["--issued-before", "2026-06-01T12:00:00Z"]).code, 0);
    holds(&world, "production", &token, &[]);
}

fn deploy_in(world: &World, folder: &str) {
    act(world, &["-C", folder, "deploy", "--environment", "production"]);
}

/// The policy repository is a folder of a larger one.
#[test]
fn below_a_folder_everything_is_found() {
    let inner = repository();
    let world = World::new();
    for path in
        ["policyc.yaml", "policies/rules.yaml", "environments/production.yaml", "keys/production", "keys/send.json"]
    {
        world.write(&format!("deep/er/{path}"), inner.read(path));
    }
    world.write(".gitignore", "keys/\nout/\n");
    world.commit();
    let run = |arguments: &[&str]| world.run_with(&[&["-C", "deep/er"], arguments].concat(), &IDENTITY, "");
    deploy_in(&world, "deep/er");
    let key = world.at("deep/er/keys/production");
    let send = world.at("deep/er/keys/send.json");
    let issued =
        run(&["token", "issue", send.to_str().unwrap(), "--environment", "production", "--key", key.to_str().unwrap()]);
    assert_eq!(issued.code, 0, "{issued:?}");
    let token = issued.out.trim_end();
    assert_eq!(run(&["token", "verify", token, "--environment", "production"]).code, 0);
    assert_eq!(run(&["token", "revoke", "--token", token, "--environment", "production", "--reason", "x"]).code, 0);
    assert!(world.at("deep/er/environments/production.revoked.json").exists());
    assert_eq!(run(&["token", "verify", token, "--environment", "production"]).code, 1);
    std::fs::remove_file(world.at("deep/er/environments/production.revoked.json")).unwrap();
    assert_eq!(run(&["token", "verify", token, "--environment", "production"]).code, 1, "the commit says so");
}

#[test]
fn a_test_of_a_key_tries_forgeries() {
    let world = repository();
    let done = world.run(&["token", "test", "--environment", "production", "--key", "keys/production"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.ends_with("as they must be\n") && !done.out.contains("FAILED"), "{done:?}");
    let report = json_of(&world.run(&[
        "token",
        "test",
        "--environment",
        "production",
        "--key",
        "keys/production",
        "--format",
        "json",
    ]));
    schema_holds(&world, "token-test", &report);
    let attempts = report["attempts"].as_array().unwrap();
    let of = |name: &str| attempts.iter().find(|one| one["name"] == name).unwrap()["refused"].clone();
    for (name, why) in [
        ("sound", Value::Null),
        ("expired", json!("expired")),
        ("issued in the future", json!("future")),
        ("other bundle", json!("bundle")),
        ("other environment", json!("environment")),
        ("later lock", json!("sequence")),
        ("algorithm none", json!("algorithm")),
        ("algorithm none, signed", json!("algorithm")),
        ("algorithm HS256", json!("algorithm")),
        ("algorithm ES256", json!("algorithm")),
        ("critical extension", json!("header")),
        ("key in the header", json!("header")),
        ("signature stripped", json!("form")),
        ("signature left out", json!("form")),
        ("signature padded", json!("form")),
        ("payload flipped", json!("signature")),
        ("other key", json!("unknown_key")),
        ("other key under this name", json!("signature")),
    ] {
        assert_eq!(of(name), why, "{name}");
    }
    assert_eq!(attempts.len(), 18);
}

fn key() -> SigningKey {
    SigningKey::of_seed(&[7; 32])
}

fn draft() -> Draft {
    Draft {
        environment: "production".to_owned(),
        bundle: Digest::of(b"bundle").to_string(),
        sequence: 3,
        decision: TokenDecision {
            effect: Effect::Allow,
            certain: true,
            rule_id: Some("mail".to_owned()),
            policy_id: None,
            reasons: vec!["RULE".to_owned()],
        },
        action: Digest::of(b"action"),
        agent_id: Some("bot".to_owned()),
        run_id: None,
        issued_at: 1_000_000,
        ttl: 900,
    }
}

fn trust() -> Trust {
    Trust {
        environment: "production".to_owned(),
        keys: vec![SigningKey::of_seed(&[9; 32]).public(), key().public()],
        max_ttl: None,
        revoked: Revoked::default(),
        live: Live { bundle: Digest::of(b"bundle").to_string(), sequence: 3, kill_switch: false },
        now: 1_000_100,
        action: None,
        any_effect: false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_token_with_any_byte_changed_is_refused(at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let token = token::issue(&key(), &draft()).unwrap().token;
        let mut bytes = token.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        prop_assert!(token::verify(&String::from_utf8_lossy(&bytes), &trust()).is_err());
    }

    #[test]
    fn a_token_cut_or_grown_is_refused(at in any::<proptest::sample::Index>(), more in "[A-Za-z0-9_.=-]{1,4}") {
        let token = token::issue(&key(), &draft()).unwrap().token;
        prop_assert!(token::verify(&token[..at.index(token.len())], &trust()).is_err());
        let (before, after) = token.split_at(at.index(token.len() + 1));
        let grown = [before, &more, after].concat();
        prop_assert!(token::verify(&grown, &trust()).is_err());
    }

    #[test]
    fn every_forgery_of_any_token_is_refused(
        seed in any::<[u8; 32]>(),
        ttl in 1_u64..100_000,
        agent in proptest::option::of("[ -~ü\u{202e}]{0,20}"),
        effect in proptest::sample::select(Effect::ALL.to_vec()),
    ) {
        let stranger = SigningKey::of_seed(&seed);
        let decision = TokenDecision { effect, ..draft().decision };
        let draft = Draft { ttl, agent_id: agent, decision, ..draft() };
        let trust = Trust { now: draft.issued_at, any_effect: true, ..trust() };
        let issued = token::issue(&key(), &draft).unwrap();
        prop_assert_eq!(token::verify(&issued.token, &trust), Ok(issued.claims));
        for attack in token::attacks(&key(), &stranger, &draft).unwrap() {
            prop_assert!(token::verify(&attack.token, &trust).is_err(), "{}", attack.name);
        }
    }

    /// Nothing that is no token is one, and nothing of it makes the verifier fail.
    #[test]
    fn any_text_is_refused(text in "[A-Za-z0-9_.=-]{0,200}|\\PC{0,60}") {
        prop_assert!(token::verify(&text, &trust()).is_err());
        prop_assert!(token::unverified(&text).is_err());
    }
}

#[test]
fn every_byte_of_a_token_counts() {
    let token = token::issue(&key(), &draft()).unwrap().token;
    for at in 0..token.len() {
        for byte in [b'A', b'B', b'-', b'.', b'=', b' ', 0] {
            let mut bytes = token.clone().into_bytes();
            if bytes[at] != byte {
                bytes[at] = byte;
                assert!(token::verify(std::str::from_utf8(&bytes).unwrap(), &trust()).is_err(), "{at} {byte}");
            }
        }
    }
}

#[test]
fn the_clock_is_held_to_the_second() {
    let token = token::issue(&key(), &draft()).unwrap().token;
    let at = |now: u64| token::verify(&token, &Trust { now, ..trust() }).map(drop).map_err(|refused| refused.why);
    assert_eq!(at(1_000_000 - 61), Err(Refusal::Future));
    assert_eq!(at(1_000_000 - 60), Ok(()));
    assert_eq!(at(1_000_899), Ok(()));
    assert_eq!(at(1_000_900), Err(Refusal::Expired));
    assert_eq!(at(u64::MAX), Err(Refusal::Expired));
    let mut revoked = Revoked::default();
    assert!(revoked.take(Target::issued_before("1970-01-12T13:46:41Z").unwrap()));
    let refused = token::verify(&token, &Trust { revoked, ..trust() }).unwrap_err();
    assert_eq!(refused.why, Refusal::RevokedBefore);
}

#[test]
fn issuing_and_verifying_can_be_rehearsed() {
    let (key, draft, trust) = (key(), draft(), trust());
    let rehearsal = Rehearsal { key: &key, draft: &draft, trust: &trust };
    let tokens: std::collections::BTreeSet<String> = (0..20)
        .map(|round| {
            let issued = rehearsal.issue(round).unwrap();
            rehearsal.verify(&issued).unwrap();
            issued.token
        })
        .collect();
    assert_eq!(tokens.len(), 20);
}

/// The blocks of the page are what the commands say.
#[test]
fn the_page_shows_commands_that_run() {
    let world = repository();
    let page = std::fs::read_to_string("docs/tokens.md").unwrap();
    let mut ran = 0;
    let mut token = String::new();
    for (_, block) in support::blocks(&page).iter().filter(|(info, _)| info.first().is_some_and(|word| word == "sh")) {
        for line in block.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (words, input) = match words.iter().position(|word| *word == "<") {
                Some(at) => (&words[..at], token.as_str()),
                None => (&words[..], ""),
            };
            let done = world.run_with(&words[1..], &IDENTITY, input);
            assert_eq!((words[0], done.code), ("policyc", 0), "{line}: {done:?}");
            if words[2] == "issue" {
                token = done.out;
            }
            ran += 1;
        }
    }
    assert_eq!(ran, 5, "the page shows five commands");
}
