//! What commands send to a remote, and what they leave where somebody else was faster: a stop is sent and stays, and nothing goes
//! along that nobody asked to send.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may fail, reads files, and says what it leaves out"
)]

mod support;

use serde_json::Value;
use support::world::{Done, World};

const SETTINGS: &str = "branch: main\ndefaults: {effect: allow, session_ttl: 60}\n";
const STAGING: &str = "approvals: {required: 0}\n";

fn ok(done: Done) -> Done {
    assert_eq!(done.code, 0, "{done:?}");
    done
}

/// A remote with something live in staging, and two clones of it.
fn shared() -> (World, World, World) {
    let first = World::with(&[
        ("policyc.yaml", SETTINGS),
        ("environments/staging.yaml", STAGING),
        ("policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete]\n"),
    ]);
    first.commit();
    ok(first.run_as("ada", "09:00", &["deploy", "--environment", "staging"]));
    let bare = World::new();
    bare.git(&["init", "-q", "--bare", "-b", "main"]);
    first.git(&["push", "-q", bare.path().to_str().unwrap(), "main"]);
    let (ada, ben) = (World::clone_of(bare.path()), World::clone_of(bare.path()));
    (bare, ada, ben)
}

/// Has the remote take no push to main.
fn protect(bare: &World) {
    let hook = bare.at("hooks/update");
    std::fs::write(&hook, "#!/bin/sh\ntest \"$1\" != refs/heads/main\n").unwrap();
    std::process::Command::new("chmod").arg("+x").arg(&hook).status().unwrap();
}

fn stop(world: &World, who: &str, clock: &str, reason: &str, more: &[&str]) -> Done {
    let command = ["kill-switch", "activate", "--environment", "staging", "--reason", reason];
    world.run_as(who, clock, &[&command[..], more].concat())
}

fn effect(world: &World) -> String {
    let told =
        ok(world.run(&["eval", "--format", "json", "--agent", "a", "--environment", "staging", "--operation", "x.y"]));
    serde_json::from_str::<Value>(&told.out).unwrap()["effect"].as_str().unwrap().to_owned()
}

fn switch(world: &World, branch: &str) -> Value {
    let lock = world.git(&["show", &format!("{branch}:environments/staging.lock.json")]);
    serde_json::from_str::<Value>(&lock).unwrap()["kill_switch"].clone()
}

#[test]
fn whoever_stopped_first_stays_told_however_often_it_is_stopped() {
    let (bare, ada, ben) = shared();
    protect(&bare);
    ok(stop(&ada, "ada", "09:01", "mail is lost", &["--push"]));
    for (world, who, more) in [(&ada, "ops", &["--push"][..]), (&ada, "ops", &[]), (&ben, "ben", &["--push"])] {
        let again = stop(world, who, "09:02", "again", more);
        assert!(again.code <= 1 && !again.err.contains("PC0922"), "{who}: {again:?}");
        assert_eq!(effect(world), "deny");
        for place in [&bare, &ada] {
            let switch = switch(place, "kill-switch/staging");
            assert_eq!(
                (&switch["by"], &switch["reason"]),
                (&"ada@example.com".into(), &"mail is lost".into()),
                "{who}"
            );
        }
    }
    let clone = World::clone_of(bare.path());
    let status = clone.run(&["status"]);
    assert!(status.out.contains("mail is lost"), "{status:?}");
}

#[test]
fn a_stop_that_is_here_already_is_sent_where_that_is_asked_for_and_nothing_else_is() {
    let (bare, ada, _) = shared();
    ada.write("policies/secret.yaml", "id: secret\ndenied_actions: [x.y]\n");
    ada.commit();
    let unsent = ada.git(&["rev-parse", "HEAD"]);
    ok(stop(&ada, "ada", "09:01", "mail is lost", &[]));
    ok(stop(&ada, "ops", "09:02", "send it", &["--push"]));
    let sent = bare.git(&["rev-list", "kill-switch/staging"]);
    assert!(!sent.contains(&unsent), "commits that nobody asked to send");
    let switch = switch(&bare, "kill-switch/staging");
    assert_eq!((&switch["by"], &switch["reason"]), (&"ada@example.com".into(), &"mail is lost".into()));
    assert_eq!(effect(&World::clone_of(bare.path())), "deny");
    assert_eq!(bare.git(&["log", "--format=%s", "-1", "main"]), "Deploy to staging (sequence 1)");
    // The same where the first stop is a branch of here, over what was not sent.
    let (bare, ada, _) = shared();
    ada.write("policies/secret.yaml", "id: secret\ndenied_actions: [x.y]\n");
    ada.commit();
    let unsent = ada.git(&["rev-parse", "HEAD"]);
    ada.write(".git/index.lock", "");
    ok(stop(&ada, "ada", "09:01", "mail is lost", &[]));
    std::fs::remove_file(ada.at(".git/index.lock")).unwrap();
    protect(&bare);
    ok(stop(&ada, "ops", "09:02", "send it", &["--push"]));
    assert!(!bare.git(&["rev-list", "kill-switch/staging"]).contains(&unsent));
    assert_eq!(effect(&World::clone_of(bare.path())), "deny");
    assert_eq!(effect(&ada), "deny");
}

#[test]
fn a_draft_that_lets_it_go_on_leaves_the_stop_alone_until_it_is_merged() {
    let (bare, ada, _) = shared();
    protect(&bare);
    ok(stop(&ada, "ada", "09:01", "mail is lost", &["--push"]));
    std::fs::remove_file(bare.at("hooks/update")).unwrap();
    ok(stop(&ada, "ada", "09:02", "mail is lost", &["--push"]));
    assert_eq!(switch(&bare, "main")["active"], true);
    let off = ["kill-switch", "deactivate", "--environment", "staging", "--reason", "over"];
    let at = bare.git(&["rev-parse", "kill-switch/staging"]);
    ok(ada.run_as("ada", "09:03", &[&off[..], &["--draft", "on", "--push"]].concat()));
    assert_eq!(bare.git(&["rev-parse", "kill-switch/staging"]), at, "it stops until the draft is merged");
    assert_eq!(ada.git(&["rev-parse", "kill-switch/staging"]), at);
    assert_eq!(effect(&World::clone_of(bare.path())), "deny");
    // Once the lock says so, both are gone.
    ok(ada.run_as("ada", "09:04", &[&off[..], &["--push"]].concat()));
    assert_eq!(bare.git(&["for-each-ref", "refs/heads/kill-switch"]), "");
    assert_eq!(effect(&ada), "allow");
    assert_eq!(effect(&World::clone_of(bare.path())), "allow");
}

#[test]
fn a_stop_that_somebody_made_meanwhile_is_not_removed_with_another() {
    let (bare, ada, ben) = shared();
    ok(stop(&ada, "ada", "09:01", "mail is lost", &["--push"]));
    ben.git(&["pull", "-q"]);
    // Ben stops it by a branch, at a commit that everybody has; Ada has not seen that branch.
    ben.git(&["push", "-q", "origin", "main~1:refs/heads/kill-switch/staging"]);
    let off = ["kill-switch", "deactivate", "--environment", "staging", "--reason", "over", "--push"];
    let done = ada.run_as("ada", "09:03", &off);
    assert!(done.code == 3 && done.err.contains("is not where it was seen"), "{done:?}");
    assert_eq!(effect(&World::clone_of(bare.path())), "deny");
}

#[test]
fn a_branch_that_leads_to_what_is_not_here_stops_all_the_same() {
    let (_, ada, _) = shared();
    assert_eq!(effect(&ada), "allow");
    ada.write(".git/refs/heads/kill-switch/staging", format!("{}\n", "5".repeat(40)));
    assert_eq!(effect(&ada), "deny");
    assert_eq!(stop(&ada, "ada", "09:01", "x", &[]).code, 0);
}

#[test]
fn nothing_goes_along_that_nobody_asked_to_send() {
    let (bare, ada, _) = shared();
    ada.write("policies/secret.yaml", "id: secret\ndenied_actions: [x.y]\n");
    ada.commit();
    let unsent = ada.git(&["rev-parse", "HEAD"]);
    let sent = |world: &World| world.git(&["rev-list", "--all"]).contains(&unsent);
    let mut commands: Vec<(&[&str], &str)> = vec![
        (&["deploy", "--environment", "staging", "--draft", "one", "--push"], "09:01"),
        (&["draft", "new", "two", "--no-switch", "--push"], "09:02"),
        (&["deploy", "--environment", "staging", "--push"], "09:03"),
    ];
    for (command, clock) in commands.drain(..) {
        let done = ada.run_as("ada", clock, command);
        assert!(done.code == 3 && done.err.contains("`main` here has commits that `origin` has not"), "{done:?}");
        assert!(!sent(&bare), "{command:?}");
    }
    // A remote without the branch is no place for all of it either.
    let empty = World::new();
    empty.git(&["init", "-q", "--bare", "-b", "main"]);
    ada.git(&["remote", "set-url", "origin", empty.path().to_str().unwrap()]);
    let done = ada.run_as("ada", "09:04", &["deploy", "--environment", "staging", "--push"]);
    assert!(done.code == 3 && !sent(&empty), "{done:?}");
}

#[test]
fn who_was_slower_leaves_the_files_as_who_was_faster_has_them() {
    if !cfg!(debug_assertions) {
        println!("SKIPPED: a release build waits for nobody");
        return;
    }
    let mut met = 0;
    for step in 1..5 {
        // The lock is made anew, or changed: a file that comes, and one that is another.
        for first in [true, false] {
            let world = World::with(&[("policyc.yaml", SETTINGS), ("environments/staging.yaml", STAGING)]);
            world.write("policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete]\n");
            world.write("README.md", "one\n");
            world.commit();
            if !first {
                ok(world.run_as("ada", "09:00", &["deploy", "--environment", "staging"]));
                world.write("policies/mail.yaml", "id: mail\n");
                world.commit();
            }
            let mut command = world.command(&["deploy", "--environment", "staging"]);
            for name in ["AUTHOR", "COMMITTER"] {
                command.env(format!("GIT_{name}_NAME"), "ada").env(format!("GIT_{name}_EMAIL"), "ada@example.com");
            }
            command.env("PATH", std::env::var_os("PATH").unwrap()).env("POLICYC_FAULT", format!("wait:{step}"));
            let child =
                command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(500));
            world.write("README.md", "two\n");
            // With whatever is staged by then.
            world.git(&["commit", "-q", "-a", "-m", "readme"]);
            let done = child.wait_with_output().unwrap();
            let err = String::from_utf8_lossy(&done.stderr).into_owned();
            if done.status.code() == Some(0) {
                continue;
            }
            met += 1;
            assert_eq!(world.git(&["status", "--porcelain"]), "", "wait:{step}, first {first}: {err}");
            assert_eq!(world.read("README.md"), "two\n");
            // What was staged may be committed by now, and is as good as the same by anybody else.
            let again = world.run_as("ada", "09:05", &["deploy", "--environment", "staging"]);
            assert!(again.code == 0 || again.err.contains("PC0916"), "{again:?}");
            ok(world.run(&["check", "--environment", "staging"]));
            assert_eq!(world.git(&["status", "--porcelain"]), "");
        }
    }
    assert!(met >= 2, "{met} lost races");
}
