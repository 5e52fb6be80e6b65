//! Drafts from their beginning to the merge, by the commands and in real repositories: alone, by several people, and with a
//! remote that others write to as well.
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

const SETTINGS: &str = "branch: main\ndefaults: {effect: deny, session_ttl: 3600}\nreview:\n  required: 1\n  from: [security]\n  evidence: recorded\n  loosening: {required: 2, from: [security]}\n";
const IDENTITIES: &str = "kind: identities\nprincipals:\n  ada: {accounts: [ada@example.com, ada@home.example.com]}\n  ben: {accounts: [ben@example.com]}\n  eve: {accounts: [eve@example.com]}\n  kim: {accounts: [kim@example.com]}\ngroups:\n  security: [ada, ben, kim]\n";
const PAY: &str = "# careful\nid: pay\nrun_budget: 10 # dollars\n";
const ENVIRONMENT: &str = "approvals: {required: 0}\n";

fn json_of(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

fn world() -> World {
    let world = World::with(&[
        ("policyc.yaml", SETTINGS),
        ("identities.yaml", IDENTITIES),
        ("policies/pay.yaml", PAY),
        ("policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete]\n"),
        ("environments/production.yaml", ENVIRONMENT),
    ]);
    world.commit();
    world
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

/// A draft by Ada that tightens, submitted.
fn tightened(world: &World) {
    ok(world.run_as("ada", "09:00", &["draft", "new", "less", "-m", "Spend less"]));
    world.write("policies/pay.yaml", PAY.replace("10 #", "5 #"));
    ok(world.run_as("ada", "09:01", &["draft", "update", "-m", "Five is enough"]));
    ok(world.run_as("ada", "09:02", &["submit"]));
}

#[test]
fn a_draft_becomes_a_version_once_somebody_else_approves_it() {
    let world = world();
    tightened(&world);
    let list = json_of(&world.run(&["draft", "list", "--format", "json"]));
    assert_eq!(list["count"], 1, "{list:#}");
    let draft = &list["data"][0];
    assert_eq!((&draft["name"], &draft["status"]), (&json!("less"), &json!("in_review")), "{draft:#}");
    assert_eq!(draft["documents"], json!(["pay changed"]));
    let own = ok(world.run_as("ada", "09:03", &["review", "--approve"]));
    assert!(own.err.contains("counts for nothing: `ada` contributed"), "{own:?}");
    let stranger = ok(world.run_as("eve", "09:04", &["review", "less", "--approve"]));
    assert!(stranger.err.contains("`eve` is not among those who may approve"), "{stranger:?}");
    refused(&world.run_as("ada", "09:05", &["merge", "less"]), &["PC0919", "approvals", "0 counted"]);
    let before = world.git(&["rev-parse", "main"]);
    ok(world.run_as("ben", "09:06", &["review", "less", "--approve", "-m", "fine"]));
    let merged = ok(world.run_as("ada", "09:07", &["merge", "less"]));
    assert!(merged.out.contains("draft less is merged"), "{merged:?}");
    assert_eq!(world.git(&["rev-parse", "main^1"]), before, "the first parent is what was merged into");
    assert!(world.git(&["log", "-1", "--format=%B", "main"]).contains("Approved-by: ben\nPolicyc-Draft: less"));
    let version = json_of(&world.run(&["versions", "pay", "--format", "json"]))["data"][0].clone();
    assert_eq!((&version["version_number"], &version["reviewer_id"]), (&json!(2), &json!("ben")), "{version:#}");
    assert_eq!(version["author_id"], "ada");
    assert_eq!(world.run_as("ada", "09:08", &["merge", "less"]).code, 1, "nothing is left to merge");
    ok(world.run_as("ada", "09:09", &["draft", "new", "later", "--no-switch"]));
    world.git(&["switch", "-q", "main"]);
    assert!(world.read("policies/pay.yaml").contains("5 #"), "comments and content are there");
    ok(world.run_as("ada", "09:10", &["draft", "delete", "less"]));
    assert_eq!(world.git(&["branch", "--list", "draft/less"]), "");
}

#[test]
fn an_approval_outlives_a_rebase_and_no_change_of_meaning() {
    let world = world();
    tightened(&world);
    ok(world.run_as("ben", "09:03", &["review", "less", "--approve"]));
    // The protected branch goes on with something else, and the draft is rebased: the change is the same.
    world.git(&["switch", "-q", "main"]);
    world.write("policies/other.yaml", "id: other\ndenied_actions: [x.y]\n");
    world.commit();
    world.git(&["switch", "-q", "draft/less"]);
    world.git(&["rebase", "-q", "main"]);
    assert_eq!(world.run_as("ada", "09:04", &["merge", "less", "--dry-run"]).code, 0);
    // A comment says nothing else; another number does.
    world.write("policies/pay.yaml", PAY.replace("10 #", "5 # about"));
    ok(world.run_as("ada", "09:05", &["draft", "update"]));
    assert_eq!(world.run_as("ada", "09:06", &["merge", "less", "--dry-run"]).code, 0);
    world.write("policies/pay.yaml", PAY.replace("10 #", "4 #"));
    ok(world.run_as("ada", "09:07", &["draft", "update"]));
    refused(&world.run_as("ada", "09:08", &["merge", "less"]), &["0 counted"]);
    let stale = world.run_as("ben", "09:09", &["review", "less", "--approve", "--at", "HEAD~1"]);
    refused(&stale, &["is at", "by now"]);
    ok(world.run_as("ben", "09:10", &["review", "less", "--approve", "--at", "draft/less"]));
    // A later no takes the yes back.
    ok(world.run_as("ben", "09:11", &["review", "less", "--request-changes", "-m", "wait"]));
    refused(&world.run_as("ada", "09:12", &["merge", "less"]), &["0 counted"]);
    ok(world.run_as("kim", "09:13", &["review", "less", "--approve"]));
    ok(world.run_as("ada", "09:14", &["merge", "less"]));
}

#[test]
fn what_permits_more_needs_more_and_all_accounts_of_one_person_are_one() {
    let world = world();
    // Ada commits under another address of hers.
    ok(world.run_as("ada", "09:00", &["draft", "new", "more"]));
    world.write("policies/pay.yaml", PAY.replace("10 #", "50 #"));
    world.git(&["-c", "user.name=A", "add", "-A"]);
    world.git(&["commit", "-q", "--author", "A <ada@home.example.com>", "-m", "More"]);
    ok(world.run_as("ada", "09:01", &["submit", "more"]));
    ok(world.run_as("ada", "09:02", &["review", "more", "--approve"]));
    ok(world.run_as("ben", "09:03", &["review", "more", "--approve"]));
    refused(&world.run_as("eve", "09:04", &["merge", "more"]), &["2 approvals by security needed", "1 counted"]);
    ok(world.run_as("kim", "09:05", &["review", "more", "--approve"]));
    ok(world.run_as("eve", "09:06", &["merge", "more"]));
}

#[test]
fn what_governs_is_judged_by_what_is_merged_already() {
    let world = world();
    ok(world.run_as("eve", "09:00", &["draft", "new", "easy"]));
    world.write("policyc.yaml", "branch: main\nreview: {required: 0}\n");
    world.write("identities.yaml", IDENTITIES.replace("security: [ada, ben, kim]", "security: [eve]"));
    ok(world.run_as("eve", "09:01", &["draft", "update"]));
    ok(world.run_as("eve", "09:02", &["submit"]));
    refused(&world.run_as("eve", "09:03", &["merge", "easy"]), &["approvals", "0 counted"]);
    ok(world.run_as("ben", "09:04", &["review", "easy", "--approve"]));
    refused(&world.run_as("eve", "09:05", &["merge", "easy"]), &["2 approvals by security needed"]);
    ok(world.run_as("kim", "09:06", &["review", "easy", "--approve"]));
    let shown = json_of(&world.run_as("kim", "09:07", &["draft", "show", "easy", "--format", "json"]));
    assert_eq!(shown["verdict"]["governing"], json!(["identities.yaml", "policyc.yaml"]), "{:#}", shown["verdict"]);
    // What was approved is this change of them, and no other.
    world.write("policyc.yaml", "branch: main\nreview: {required: 0}\ndefaults: {effect: allow}\n");
    ok(world.run_as("eve", "09:08", &["draft", "update"]));
    refused(&world.run_as("eve", "09:09", &["merge", "easy"]), &["0 counted"]);
    world.write("policyc.yaml", "branch: main\nreview: {required: 0}\n");
    ok(world.run_as("eve", "09:10", &["draft", "update"]));
    ok(world.run_as("eve", "09:11", &["merge", "easy"]));
}

#[test]
fn a_draft_in_error_or_in_conflict_is_told_and_not_merged() {
    let world = world();
    ok(world.run_as("ada", "09:00", &["draft", "new", "broken"]));
    world.write("policies/pay.yaml", "id: pay\nrun_budgett: 5\n");
    let updated = ok(world.run_as("ada", "09:01", &["draft", "update"]));
    assert!(updated.err.contains("it is in error"), "{updated:?}");
    refused(&world.run_as("ada", "09:02", &["submit"]), &["PC0919", "run_budgett"]);
    world.write("policies/pay.yaml", PAY.replace("10 #", "7 #"));
    ok(world.run_as("ada", "09:03", &["draft", "update"]));
    assert_eq!(world.run_as("ada", "09:04", &["draft", "update"]).code, 1, "an empty update is refused");
    world.git(&["switch", "-q", "main"]);
    world.write("policies/pay.yaml", PAY.replace("10 #", "8 #"));
    world.commit();
    let conflict = world.run_as("ada", "09:05", &["merge", "broken"]);
    assert!(conflict.code == 3 && conflict.err.contains("PC0918") && conflict.err.contains("pay.yaml"), "{conflict:?}");
    let kept = world.run_as("ada", "09:06", &["draft", "delete", "broken"]);
    refused(&kept, &["not merged", "--force"]);
    ok(world.run_as("ada", "09:07", &["draft", "delete", "broken", "--force"]));
}

#[test]
fn files_that_are_changed_here_are_never_lost_to_a_merge() {
    let world = world();
    tightened(&world);
    ok(world.run_as("ben", "09:03", &["review", "less", "--approve"]));
    world.git(&["switch", "-q", "main"]);
    world.write("policies/pay.yaml", "id: pay\nrun_budget: 1\n");
    let before = world.git(&["rev-parse", "main"]);
    let stopped = world.run_as("ada", "09:04", &["merge", "less"]);
    assert!(stopped.code == 3 && stopped.err.contains("not committed"), "{stopped:?}");
    assert_eq!(
        (world.git(&["rev-parse", "main"]), world.read("policies/pay.yaml").as_str()),
        (before, "id: pay\nrun_budget: 1\n")
    );
    // What the merge does not touch may be changed.
    world.git(&["checkout", "-q", "policies/pay.yaml"]);
    world.write("policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete, mail.move]\n");
    ok(world.run_as("ada", "09:05", &["merge", "less"]));
    assert!(world.read("policies/mail.yaml").contains("mail.move") && world.read("policies/pay.yaml").contains("5 #"));
    assert_eq!(world.git(&["status", "--porcelain"]), " M policies/mail.yaml");
}

/// A bare repository and two clones.
fn shared() -> (World, World, World) {
    let (bare, first) = (World::new(), world());
    bare.git(&["init", "-q", "--bare", "-b", "main"]);
    first.git(&["remote", "add", "origin", bare.path().to_str().unwrap()]);
    first.git(&["push", "-q", "origin", "main"]);
    let (ada, ben) = (World::clone_of(bare.path()), World::clone_of(bare.path()));
    (bare, ada, ben)
}

/// A draft in a clone, submitted and sent.
fn sent(clone: &World, who: &str, name: &str, path: &str, text: &str) {
    ok(clone.run_as(who, "10:00", &["draft", "new", name]));
    clone.write(path, text);
    ok(clone.run_as(who, "10:01", &["draft", "update"]));
    ok(clone.run_as(who, "10:02", &["submit", "--push"]));
    clone.git(&["switch", "-q", "main"]);
}

#[test]
fn two_people_at_once_lose_nothing_in_either_order() {
    for first_merges_first in [true, false] {
        let (bare, ada, ben) = shared();
        sent(&ada, "ada", "one", "policies/one.yaml", "id: one\ndenied_actions: [a.b]\n");
        sent(&ben, "ben", "two", "policies/two.yaml", "id: two\ndenied_actions: [c.d]\n");
        ada.git(&["fetch", "-q"]);
        ben.git(&["fetch", "-q"]);
        // Both add records to notes that the other does not have yet.
        ok(ben.run_as("ben", "10:03", &["review", "one", "--approve", "--push"]));
        ok(ada.run_as("ada", "10:03", &["review", "two", "--approve", "--push"]));
        let merges = [(&ada, "ada", "one"), (&ben, "ben", "two")];
        let order = if first_merges_first { [0, 1] } else { [1, 0] };
        for at in order {
            let (clone, who, name) = merges[at];
            ok(clone.run_as(who, "10:04", &["merge", name, "--push"]));
        }
        let tree = bare.git(&["ls-tree", "-r", "--name-only", "main"]);
        assert!(tree.contains("policies/one.yaml") && tree.contains("policies/two.yaml"), "{tree}");
        let notes = bare.git(&["log", "-p", "refs/notes/policyc"]);
        assert_eq!(notes.matches("\"type\":\"approve\"").count(), 2, "{notes}");
        for clone in [&ada, &ben] {
            ok(clone.run_as("eve", "10:05", &["draft", "list"]));
        }
    }
}

#[test]
fn two_people_on_one_draft_keep_both_changes_or_are_told() {
    let (bare, ada, ben) = shared();
    sent(&ada, "ada", "both", "policies/one.yaml", "id: one\ndenied_actions: [a.b]\n");
    ben.git(&["fetch", "-q"]);
    ben.git(&["switch", "-q", "draft/both"]);
    ada.git(&["switch", "-q", "draft/both"]);
    ada.write("policies/three.yaml", "id: three\ndenied_actions: [e.f]\n");
    ok(ada.run_as("ada", "10:10", &["draft", "update", "--push"]));
    ben.write("policies/two.yaml", "id: two\ndenied_actions: [c.d]\n");
    ok(ben.run_as("ben", "10:11", &["draft", "update", "--push"]));
    let tree = bare.git(&["ls-tree", "-r", "--name-only", "draft/both"]);
    assert!(["one", "two", "three"].iter().all(|name| tree.contains(&format!("policies/{name}.yaml"))), "{tree}");
    assert!(ben.at("policies/three.yaml").exists(), "the files of here follow");
    // The same place changed by both is told, and both commits are kept.
    ada.write("policies/one.yaml", "id: one\ndenied_actions: [a.ada]\n");
    ada.git(&["pull", "-q", "--rebase=false", "--no-edit", "origin", "draft/both"]);
    ok(ada.run_as("ada", "10:12", &["draft", "update", "--push"]));
    ben.write("policies/one.yaml", "id: one\ndenied_actions: [a.ben]\n");
    let told = ben.run_as("ben", "10:13", &["draft", "update", "--push"]);
    assert!(told.code == 3 && told.err.contains("PC0918"), "{told:?}");
    assert!(ben.git(&["show", "draft/both:policies/one.yaml"]).contains("a.ben"), "the own commit is kept");
    assert!(bare.git(&["show", "draft/both:policies/one.yaml"]).contains("a.ada"), "the other's too");
}

#[test]
fn a_remote_that_is_gone_or_says_no_changes_nothing_here() {
    let (bare, ada, ben) = shared();
    sent(&ada, "ada", "one", "policies/one.yaml", "id: one\ndenied_actions: [a.b]\n");
    ben.git(&["fetch", "-q"]);
    ok(ben.run_as("ben", "10:03", &["review", "one", "--approve", "--push"]));
    let before = ada.git(&["rev-parse", "main"]);
    let hook = bare.at("hooks/pre-receive");
    std::fs::write(&hook, "#!/bin/sh\necho 'the branch is protected' >&2\nexit 1\n").unwrap();
    std::os::unix::fs::PermissionsExt::set_mode(&mut std::fs::metadata(&hook).unwrap().permissions(), 0o755);
    std::process::Command::new("chmod").arg("+x").arg(&hook).status().unwrap();
    let refused = ada.run_as("ada", "10:04", &["merge", "one", "--push"]);
    assert!(
        refused.code == 3 && refused.err.contains("PC0920") && refused.err.contains("the branch is protected"),
        "{refused:?}"
    );
    assert_eq!(ada.git(&["rev-parse", "main"]), before);
    let gone = bare.path().with_extension("gone");
    std::fs::rename(bare.path(), &gone).unwrap();
    let lost = ada.run_as("ada", "10:05", &["merge", "one", "--push"]);
    assert!(lost.code == 3 && lost.err.contains("PC0920"), "{lost:?}");
    assert_eq!(ada.git(&["rev-parse", "main"]), before);
    std::fs::rename(&gone, bare.path()).unwrap();
    std::fs::remove_file(hook).unwrap();
    ok(ada.run_as("ada", "10:06", &["merge", "one", "--push"]));
    assert_eq!(ada.git(&["rev-parse", "main"]), bare.git(&["rev-parse", "main"]));
}

#[test]
fn a_signed_review_counts_as_attested_and_a_forged_one_not_at_all() {
    use ssh_key::private::Ed25519Keypair;
    use ssh_key::{LineEnding, PrivateKey};
    let key = |seed: u8| PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]));
    let (ben, eve) = (key(1), key(2));
    let world = world();
    let public = ben.public_key().to_openssh().unwrap();
    world.write(
        "identities.yaml",
        IDENTITIES.replace(
            "ben: {accounts: [ben@example.com]}",
            &format!("ben: {{accounts: [ben@example.com], keys: [\"{public}\"]}}"),
        ),
    );
    world.write("policyc.yaml", SETTINGS.replace("evidence: recorded", "evidence: attested"));
    world.commit();
    let keys = World::new();
    for (name, key) in [("ben", &ben), ("eve", &eve)] {
        keys.write(name, key.to_openssh(LineEnding::LF).unwrap().as_bytes());
    }
    let file = |name: &str| keys.at(name).to_str().unwrap().to_owned();
    tightened(&world);
    ok(world.run_as("ben", "09:03", &["review", "less", "--approve"]));
    refused(&world.run_as("ada", "09:04", &["merge", "less"]), &["evidence attested"]);
    // Eve says that she is Ben, and signs with her own key.
    let forged = world.run_as("ben", "09:05", &["review", "less", "--approve", "--key", &file("eve")]);
    refused(&forged, &["would count for nothing", "not by a key that identities give `ben`"]);
    refused(&world.run_as("ada", "09:06", &["merge", "less"]), &["0 counted"]);
    // A key that is named and cannot sign is no reason to record something weaker.
    let missing = world.run_as("ben", "09:07", &["review", "less", "--approve", "--key", "nowhere"]);
    assert_eq!(missing.code, 3, "{missing:?}");
    world.git(&["config", "gpg.format", "ssh"]);
    let unnamed = world.run_as("ben", "09:08", &["review", "less", "--approve"]);
    assert!(unnamed.code == 3 && unnamed.err.contains("names no key"), "{unnamed:?}");
    world.git(&["config", "user.signingkey", &file("ben")]);
    ok(world.run_as("ben", "09:09", &["review", "less", "--approve"]));
    ok(world.run_as("ada", "09:10", &["merge", "less"]));
    let version = json_of(&world.run(&["versions", "pay", "--format", "json"]))["data"][0].clone();
    assert_eq!((&version["reviewer_id"], &version["evidence"]), (&json!("ben"), &json!("attested")), "{version:#}");
}

#[test]
fn the_protected_branch_is_no_draft_under_any_name() {
    let (bare, ada, _ben) = shared();
    bare.git(&["branch", "dev", "main"]);
    bare.git(&["symbolic-ref", "HEAD", "refs/heads/dev"]);
    ada.git(&["fetch", "-q"]);
    for name in ["main", "origin/main", "refs/remotes/origin/main"] {
        for command in [&["draft", "delete", name, "--force", "--push"][..], &["merge", name], &["submit", name]] {
            let done = ada.run_as("ada", "10:00", command);
            assert!(done.code == 3 && done.err.contains("is the protected branch"), "{command:?}: {done:?}");
        }
    }
    let remote = ada.run_as("ada", "10:01", &["draft", "delete", "origin/dev", "--force"]);
    refused(&remote, &["only at a remote", "--push"]);
    assert_eq!(bare.git(&["branch", "--format=%(refname:short)"]), "dev\nmain");
}

#[test]
fn pushing_works_in_a_clone_that_init_has_set_up() {
    let (_bare, ada, ben) = shared();
    for clone in [&ada, &ben] {
        ok(clone.run_as("ada", "09:00", &["init"]));
        clone.git(&["clean", "-q", "-f", "-d"]);
    }
    sent(&ada, "ada", "one", "policies/one.yaml", "id: one\ndenied_actions: [a.b]\n");
    ben.git(&["fetch", "-q"]);
    ok(ben.run_as("ben", "10:03", &["review", "one", "--approve", "--push"]));
    ok(ada.run_as("ada", "10:04", &["merge", "one", "--push"]));
    // Fetching goes on working, and brings what others said.
    ben.git(&["fetch", "-q"]);
    ada.git(&["fetch", "-q"]);
    let version = json_of(&ada.run(&["versions", "one", "--format", "json"]))["data"][0].clone();
    assert_eq!(version["reviewer_id"], "ben", "{version:#}");
}

#[test]
fn nothing_is_judged_by_or_sent_with_commits_that_only_this_clone_has() {
    let (bare, ada, _ben) = shared();
    let before = bare.git(&["rev-parse", "main"]);
    sent(&ada, "ada", "one", "policies/one.yaml", "id: one\ndenied_actions: [a.b]\n");
    ada.git(&["switch", "-q", "main"]);
    ada.write("policyc.yaml", SETTINGS.replace("required: 1", "required: 0"));
    ada.commit();
    let own = ada.git(&["rev-parse", "main"]);
    // Nor does it go along with a draft over it.
    let told = ada.run_as("ada", "10:03", &["draft", "new", "two", "--push"]);
    assert!(told.code == 3 && told.err.contains("has commits that `origin` has not"), "{told:?}");
    assert!(!bare.git(&["rev-list", "--all"]).contains(&own));
    let told = ada.run_as("ada", "10:04", &["merge", "one", "--push"]);
    assert!(told.code == 3 && told.err.contains("has commits that `origin` has not"), "{told:?}");
    assert_eq!(bare.git(&["rev-parse", "main"]), before);
}

#[test]
fn a_remote_is_a_name_and_no_option_or_program() {
    let (_bare, ada, _ben) = shared();
    let made = ada.at("made");
    let option = format!("--push=--upload-pack=touch {};", made.display());
    let done = ada.run_as("ada", "10:00", &["draft", "new", "x", &option]);
    assert!(done.code == 3 && done.err.contains("is no name of a remote"), "{done:?}");
    let program = format!("touch {}; git-upload-pack", made.display());
    ada.git(&["config", "remote.origin.uploadpack", &program]);
    ada.git(&["config", "remote.origin.receivepack", &program.replace("upload", "receive")]);
    ok(ada.run_as("ada", "10:01", &["draft", "new", "y", "--push"]));
    assert!(!made.exists(), "what the clone is set up to run is not run");
}

#[test]
fn line_ends_and_modes_are_as_git_keeps_them() {
    let world = world();
    world.git(&["config", "core.autocrlf", "true"]);
    ok(world.run_as("ada", "09:00", &["draft", "new", "ends"]));
    world.write("policies/pay.yaml", PAY.replace("10 #", "5 #").replace('\n', "\r\n"));
    ok(world.run_as("ada", "09:01", &["draft", "update"]));
    assert_eq!(world.git(&["show", "--numstat", "--format=", "HEAD"]), "1\t1\tpolicies/pay.yaml");
    assert!(!world.git(&["show", "HEAD:policies/pay.yaml"]).contains('\r'));
    std::process::Command::new("chmod").arg("+x").arg(world.at("policies/mail.yaml")).status().unwrap();
    assert_eq!(world.run_as("ada", "09:02", &["draft", "update"]).code, 1, "nothing that a policy says is changed");
}

#[test]
fn what_was_deleted_or_moved_here_stays_so_when_a_branch_moves() {
    let world = world();
    std::fs::remove_file(world.at("policies/mail.yaml")).unwrap();
    world.git(&["mv", "policies/pay.yaml", "policies/paid.yaml"]);
    let before = world.git(&["status", "--porcelain"]);
    let stop = ["kill-switch", "activate", "--environment", "production", "--reason", "x"];
    ok(world.run_as("ada", "09:00", &stop));
    assert_eq!(world.git(&["status", "--porcelain"]), before);
    assert!(world.at("environments/production.lock.json").exists());
}
