//! Reviews, roll backs, sides and remotes through the commands, in real repositories.
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

const PAY: &str = "# careful\nid: pay\nrun_budget: 1 # dollar\n---\nid: mail\nrun_budget: 5\n";
const IDENTITIES: &str = "kind: identities\nprincipals:\n  ada: {accounts: [ada@example.com, \"github:ada\"]}\n  ben: {accounts: [ben@example.com, \"github:benben\"]}\n";

fn json_of(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

/// A repository in which a pull request of Ada's was merged by Ada: its merge, its head.
fn merged(review: &str) -> (World, String, String) {
    let world = World::new();
    world.write("policyc.yaml", format!("branch: main\nreview: {review}\n"));
    world.write("identities.yaml", IDENTITIES);
    world.write("policies/pay.yaml", PAY);
    world.commit();
    world.git(&["checkout", "-q", "-b", "more"]);
    world.write("policies/pay.yaml", PAY.replace("run_budget: 1", "run_budget: 2"));
    world.git(&["commit", "-q", "-a", "-m", "More"]);
    let head = world.git(&["rev-parse", "HEAD"]);
    world.git(&["checkout", "-q", "main"]);
    world.git(&["merge", "-q", "--no-ff", "-m", "Merge pull request #4 from ada/more", "more"]);
    let merge = world.git(&["rev-parse", "HEAD"]);
    (world, merge, head)
}

fn newest(world: &World, more: &[&str]) -> Value {
    json_of(&world.run(&[&["versions", "pay", "--format", "json"], more].concat()))["data"][0].clone()
}

fn facts(merge: &str, head: &str, login: &str, commit: &str) -> [(&'static str, Value); 2] {
    let repository = json!({"full_name": "acme/policies"});
    let url = "https://api.github.com/repos/acme/policies/pulls/4";
    let pull = json!({
        "url": url, "html_url": "https://github.com/acme/policies/pull/4",
        "number": 4, "state": "closed", "draft": false, "merged": true, "merged_at": "2026-01-02T00:00:00Z",
        "merge_commit_sha": merge, "title": "More", "user": {"login": "ada", "type": "User"},
        "updated_at": "2026-01-02T00:00:00Z",
        "head": {"ref": "more", "sha": head, "repo": repository},
        "base": {"ref": "main", "sha": merge, "repo": repository},
    });
    let review = json!([{
        "id": 1, "user": {"login": login, "type": "User"}, "state": "APPROVED", "commit_id": commit,
        "submitted_at": "2026-01-01T12:00:00Z", "author_association": "MEMBER", "pull_request_url": url,
    }]);
    [("pull.json", pull), ("reviews.json", review)]
}

#[test]
fn a_review_at_the_forge_counts_for_what_was_merged_and_for_others_only() {
    let (world, merge, head) = merged("{required: 1}");
    assert_eq!(
        (newest(&world, &[])["evidence"].clone(), newest(&world, &[])["pr"]["proof"].clone()),
        (json!("unknown"), json!("claimed"))
    );
    for (login, commit, reviewer) in
        [("benben", &head, json!("ben")), ("benben", &merge, Value::Null), ("ada", &head, Value::Null)]
    {
        for (name, value) in facts(&merge, &head, login, commit) {
            world.write(name, value.to_string());
        }
        let version = newest(&world, &["--forge", "pull.json", "--forge", "reviews.json"]);
        assert_eq!(version["reviewer_id"], reviewer, "{version:#}");
        assert_eq!(
            version["pr"],
            json!({"number": 4, "proof": "forge", "url": "https://github.com/acme/policies/pull/4"})
        );
        assert_eq!((&version["author_id"], &version["contributors"]), (&json!("ada"), &json!(["ada"])));
        assert_eq!(version["reviews"][0]["counts"], json!(!reviewer.is_null()), "{version:#}");
    }
    world.write("wrong.json", "[]x");
    let done = world.run(&["versions", "--forge", "wrong.json"]);
    assert!(done.code == 3 && done.err.contains("PC0914") && done.out.is_empty(), "{done:?}");
}

#[test]
fn a_recorded_review_is_bound_to_its_change_and_counts_only_where_that_is_enough() {
    for (review, reviewer) in [("{required: 1, evidence: recorded}", json!("ben")), ("{required: 1}", Value::Null)] {
        let (world, ..) = merged(review);
        let versions = json_of(&world.run(&["versions", "pay", "--format", "json"]));
        let (to, from) = (versions["data"][0]["source_digest"].clone(), versions["data"][1]["source_digest"].clone());
        let record = |to: &Value, after: u64| {
            json!({"at": "2026-01-01T12:00:00Z", "type": "approve", "by": "ben@example.com",
                   "documents": {"pay": {"after": after, "from": from, "to": to}}})
            .to_string()
        };
        world.git(&["notes", "--ref", "policyc", "add", "-m", &format!("{}\nno record", record(&to, 1)), "HEAD~1"]);
        let done = world.run(&["versions", "pay", "--format", "json"]);
        assert!(done.err.contains("is no review record"), "{done:?}");
        let version = newest(&world, &[]);
        assert_eq!(version["reviewer_id"], reviewer, "{version:#}");
        assert_eq!(
            (&version["evidence"], &version["reviews"][0]["counts"]),
            (&json!("recorded"), &json!(!reviewer.is_null()))
        );
        // Another time, or another content, is another change.
        world.git(&["notes", "--ref", "policyc", "add", "-f", "-m", &record(&to, 2), "HEAD~1"]);
        assert_eq!(newest(&world, &[])["reviewer_id"], Value::Null);
        world.git(&["notes", "--ref", "policyc", "add", "-f", "-m", &record(&json!(null), 1), "HEAD~1"]);
        assert_eq!(newest(&world, &[])["reviewer_id"], Value::Null);
    }
}

#[test]
fn identities_and_needs_are_those_of_the_first_parent() {
    let (world, ..) = merged("{required: 1}");
    world.write("identities.yaml", IDENTITIES.replace("ada:", "somebody-else:"));
    world.write("policies/pay.yaml", PAY.replace("run_budget: 1", "run_budget: 3"));
    world.git(&["commit", "-q", "-a", "-m", "Who is who, and more"]);
    assert_eq!(newest(&world, &[])["author_id"], "ada", "the change cannot rename its author");
}

#[test]
fn nobody_s_review_counts_while_nobody_knows_who_is_who() {
    let (world, merge, head) = merged("{required: 1}");
    for (name, value) in facts(&merge, &head, "benben", &head) {
        world.write(name, value.to_string());
    }
    let asked = ["--forge", "pull.json", "--forge", "reviews.json"];
    assert_eq!(newest(&world, &asked)["reviewer_id"], "ben");
    world.git(&["checkout", "-q", "HEAD~1"]);
    world.write("identities.yaml", "principals: [\n");
    world.git(&["commit", "-q", "-a", "-m", "Break identities"]);
    world.git(&["merge", "-q", "--no-ff", "-m", "Merge pull request #4 from ada/more", "more"]);
    let again = world.git(&["rev-parse", "HEAD"]);
    world.git(&["branch", "-q", "-f", "main"]);
    world.git(&["checkout", "-q", "main"]);
    for (name, value) in facts(&again, &head, "benben", &head) {
        world.write(name, value.to_string());
    }
    let version = newest(&world, &asked);
    assert_eq!((&version["reviewer_id"], &version["evidence"]), (&Value::Null, &json!("unknown")), "{version:#}");
}

#[test]
fn a_submit_record_or_the_forge_says_that_a_draft_is_in_review() {
    let (world, ..) = merged("{required: 1}");
    world.git(&["checkout", "-q", "-b", "next"]);
    world.write("policies/pay.yaml", PAY.replace("run_budget: 1", "run_budget: 4"));
    world.git(&["commit", "-q", "-a", "-m", "Next"]);
    let head = world.git(&["rev-parse", "HEAD"]);
    world.git(&["checkout", "-q", "main"]);
    let draft = |more: &[&str]| {
        let report = json_of(&world.run(&[&["status", "--format", "json"], more].concat()));
        assert_eq!(report["drafts"].as_array().unwrap().len(), 1, "{report:#}");
        report["drafts"][0].clone()
    };
    assert_eq!((draft(&[])["status"].clone(), draft(&[])["base_version"].clone()), (json!("draft"), json!(2)));
    let repository = json!({"full_name": "acme/policies"});
    let mut pull = json!({
        "url": "https://api.github.com/repos/acme/policies/pulls/9", "html_url": "https://github.com/acme/policies/pull/9",
        "number": 9, "state": "open", "draft": false, "merged": false, "merged_at": null, "merge_commit_sha": null, "title": "Next",
        "user": {"login": "ada", "type": "User"}, "updated_at": "2026-01-02T00:00:00Z",
        "head": {"ref": "next", "sha": head, "repo": repository}, "base": {"ref": "main", "sha": head, "repo": repository},
    });
    for (is_draft, state, status) in [(false, "open", "in_review"), (true, "open", "draft"), (false, "closed", "draft")]
    {
        (pull["draft"], pull["state"]) = (json!(is_draft), json!(state));
        world.write("pull.json", pull.to_string());
        let found = draft(&["--forge", "pull.json"]);
        assert_eq!((&found["status"], &found["inferred"], &found["pr"]), (&json!(status), &json!(false), &json!(9)));
    }
    let from = newest(&world, &[])["source_digest"].clone();
    let to = draft(&[])["source_digest"].clone();
    let record = json!({"at": "2026-01-01T12:00:00Z", "type": "submit", "by": "ada@example.com",
                        "documents": {"pay": {"after": 2, "from": from, "to": to}}});
    world.git(&["notes", "--ref", "policyc", "add", "-m", &record.to_string(), &head]);
    assert_eq!((draft(&[])["status"].clone(), draft(&[])["inferred"].clone()), (json!("in_review"), json!(false)));
}

#[test]
fn a_roll_back_touches_nothing_else_or_is_refused() {
    let (world, ..) = merged("{required: 1}");
    let identity = [
        ("GIT_AUTHOR_NAME", "Ada"),
        ("GIT_AUTHOR_EMAIL", "ada@example.com"),
        ("GIT_COMMITTER_NAME", "Ada"),
        ("GIT_COMMITTER_EMAIL", "ada@example.com"),
    ];
    let run = |arguments: &[&str]| world.run_with(arguments, &identity, "");
    let same = run(&["rollback", "pay", "2"]);
    assert!(same.code == 1 && same.err.contains("PC0916"), "{same:?}");
    let done = run(&["rollback", "pay", "1", "--reason", "Audit\n\nApproved-by: Eve <eve@example.com>"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(format!("{}\n", world.git(&["show", "rollback/pay-1:policies/pay.yaml"])), PAY);
    assert!(
        world.git(&["show", "-s", "--format=%(trailers:only)", "rollback/pay-1"]).trim() == "Policyc-Rollback: pay@1"
    );
    let again = run(&["rollback", "pay", "1"]);
    assert!(again.code == 3 && again.err.contains("PC0906"), "the branch is there: {again:?}");
    world.write("policies/pay.yaml", format!("{PAY}# mine\n"));
    let dirty = run(&["rollback", "pay", "1", "--commit"]);
    assert!(dirty.code == 3 && dirty.err.contains("PC0915"), "{dirty:?}");
    assert!(world.read("policies/pay.yaml").ends_with("# mine\n"));
    world.git(&["checkout", "-q", "--", "."]);
    let committed = run(&["rollback", "pay", "1", "--commit"]);
    assert_eq!((committed.code, world.git(&["status", "--porcelain"])), (0, String::new()), "{committed:?}");
    assert_eq!(world.read("policies/pay.yaml"), PAY);
    assert_eq!(
        (newest(&world, &[])["rollback_of"].clone(), newest(&world, &[])["version_number"].clone()),
        (json!(1), json!(3))
    );
    // The other document of the file is not touched, and has no new version.
    assert_eq!(json_of(&run(&["versions", "mail", "--format", "json"]))["count"], 1);
}

/// A list of one document in JSON, among whose items another came later.
#[test]
fn a_version_from_a_list_of_one_comes_back_into_a_list_of_two() {
    let pay = |budget: u32| format!("{{\"id\": \"pay\", \"run_budget\": {budget}}}");
    let world = World::with(&[("policies/all.json", &format!("[{}]\n", pay(1)))]);
    world.commit();
    world.write("policies/all.json", format!("[{},\n {{\"id\": \"mail\"}}]\n", pay(2)));
    world.git(&["commit", "-q", "-a", "-m", "Two"]);
    let identity = [
        ("GIT_AUTHOR_NAME", "A"),
        ("GIT_AUTHOR_EMAIL", "a@x"),
        ("GIT_COMMITTER_NAME", "A"),
        ("GIT_COMMITTER_EMAIL", "a@x"),
    ];
    let done = world.run_with(&["rollback", "pay", "1"], &identity, "");
    assert_eq!(done.code, 0, "{done:?}");
    let text = world.git(&["show", "rollback/pay-1:policies/all.json"]);
    assert_eq!(text, format!("[{},\n {{\"id\": \"mail\"}}]", pay(1)));
}

#[test]
fn versions_and_environments_are_sides() {
    let (world, ..) = merged("{required: 1}");
    let report = json_of(&world.run(&["diff", "pay@1..pay@2", "--format", "json"]));
    assert_eq!(report["documents"].as_array().unwrap().len(), 1, "{report:#}");
    let against = world.run(&["diff", "pay@2"]);
    assert!(against.out.contains("no difference"), "{against:?}");
    let wrong = world.run(&["diff", "pay@1..mail@1"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    // What is live is compared with what decides; suites and what governs are not part of it.
    let live = json_of(&world.run(&["versions", "--format", "json"]));
    assert_eq!(live["count"], 3);
    world.write("environments/production.yaml", "approvals: {required: 0}\n");
    world.commit();
    assert_eq!(world.run_as("ada", "09:00", &["deploy", "--environment", "production"]).code, 0);
    let same = world.run(&["diff", "environment:production"]);
    assert!(same.code == 0 && same.out.contains("no difference"), "{same:?}");
    world.write("policies/pay.yaml", PAY.replace("run_budget: 1", "run_budget: 3"));
    let higher = json_of(&world.run(&["diff", "environment:production", "--format", "json"]));
    assert_eq!(higher["documents"].as_array().unwrap().len(), 1, "{higher:#}");
    let lower = world.run(&["diff", "environment:production..pay@1"]);
    assert!(lower.code == 0 && lower.out.contains("tightening"), "{lower:?}");
    // Which lock counts is no choice of the change that is judged by it.
    world.write("policyc.yaml", "branch: more\n");
    let chosen = world.run(&["eval", "--environment", "production", "--agent", "a", "--operation", "x.y"]);
    assert!(chosen.code == 3 && chosen.err.contains("PC0912"), "{chosen:?}");
    world.git(&["checkout", "-q", "policyc.yaml"]);
    let missing = world.run(&["diff", "pay@9..pay@1"]);
    assert!(missing.code == 3 && missing.err.contains("had versions 1 to 2"), "{missing:?}");
}

#[test]
fn decisions_name_the_version_that_decides_and_drafts_have_none() {
    let (world, ..) = merged("{required: 1}");
    let version = |world: &World, more: &[&str]| {
        let asked = ["eval", "--format", "json", "--agent", "a", "--run", "r", "--operation", "x.y"];
        let told = json_of(&world.run(&[&asked[..], more].concat()));
        let of_pay = told["reasons"].as_array().unwrap().iter().find(|reason| reason["id"] == "pay").cloned();
        of_pay.unwrap_or_default()["version"].clone()
    };
    assert_eq!(version(&world, &[]), 2, "the cost is unknown, so the budget speaks");
    assert_eq!(version(&world, &["--rev", "HEAD~1"]), 1);
    world.write("policies/pay.yaml", PAY.replace("run_budget: 1", "run_budget: 9"));
    assert_eq!(version(&world, &[]), Value::Null, "a draft has no number");
    world.write("policies/pay.yaml", PAY.replace("run_budget: 1", "run_budget: 2").replace("careful", "careless"));
    assert_eq!(version(&world, &[]), 2, "a comment is no change");
    world.git(&["checkout", "-q", "--", "."]);
    let synced = json_of(&world.run(&["sync", "--agent", "a"]));
    assert_eq!(
        (&synced["policies"][1]["id"], &synced["policies"][1]["version"]),
        (&json!("pay"), &json!(2)),
        "{synced:#}"
    );
    world.write("log.jsonl", "{\"operation\": \"x.y\", \"agent_id\": \"a\", \"run_id\": \"r\", \"cost_usd\": 1.5}\n");
    let replayed = json_of(&world.run(&["simulate", "log.jsonl", "--base", "HEAD~1", "--format", "json"]));
    let base = &replayed["changed"][0]["base"];
    assert_eq!((&base["id"], &base["version"]), (&json!("pay"), &json!(1)), "{replayed:#}");
    world.write(".git/shallow", format!("{}\n", world.git(&["rev-parse", "HEAD~1"])));
    assert_eq!(version(&world, &[]), Value::Null, "without history there are no numbers");
}

#[test]
fn init_has_fetches_bring_notes_and_breaks_no_fetch() {
    let (world, ..) = merged("{required: 1}");
    world.git(&["clone", "-q", "--bare", ".", "origin.git"]);
    world.git(&["remote", "add", "origin", "origin.git"]);
    assert!(world.run(&["init"]).out.contains("refs/notes/policyc"));
    world.git(&["fetch", "-q", "origin"]);
    world.git(&["-C", "origin.git", "notes", "--ref", "policyc", "add", "-m", "x", "main"]);
    world.git(&["fetch", "-q", "origin"]);
    // They lie beside those of the clone, and are read: this one is no record.
    assert!(world.git(&["ls-tree", "-r", "refs/policyc/origin/notes"]).contains("blob"));
    assert!(world.run(&["versions"]).err.contains("is no review record"));
    world.run(&["init"]);
    assert_eq!(world.git(&["config", "--get-all", "remote.origin.fetch"]).lines().count(), 2, "once is enough");
}

/// What a pull request may try to be judged by something else than the protected branch.
#[test]
fn a_change_does_not_choose_what_it_is_judged_by() {
    let world = World::with(&[("policies/pay.yaml", "id: pay\ndenied_actions: [a.b]\n")]);
    world.commit();
    world.git(&["checkout", "-q", "-b", "evil"]);
    world.write("policies/pay.yaml", "id: pay\ndenied_actions: [a.c]\n");
    world.git(&["commit", "-q", "-a", "-m", "loosen"]);
    let loosens = |world: &World| world.run(&["diff", "--fail-on", "loosening"]);
    assert_eq!(loosens(&world).code, 1);
    for (branch, said) in
        [("evil", "`main` names itself"), ("HEAD", "no name of a branch"), ("refs/pull/7/head", "no name of a branch")]
    {
        world.write("policyc.yaml", format!("branch: {branch}\n"));
        world.git(&["commit", "-q", "-a", "-m", "choose"]);
        world.git(&["update-ref", "refs/pull/7/head", "HEAD"]);
        for asked in [&["versions"][..], &["status"], &["diff", "--fail-on", "loosening"]] {
            let done = world.run(asked);
            assert!(done.code == 3 && done.out.is_empty(), "{branch} {asked:?}: {done:?}");
            assert!(
                done.err.contains("PC0912") && done.err.replace(['\n', '│'], " ").contains(said)
                    || done.err.contains("names"),
                "{done:?}"
            );
        }
        world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }
    // A tag of the branch's name does not stand for it, nor in what both have in common.
    world.git(&["tag", "main", "HEAD"]);
    assert_eq!(loosens(&world).code, 1);
    for range in ["main..HEAD", "main...HEAD"] {
        let ambiguous = world.run(&["diff", range]);
        assert!(ambiguous.code == 3 && ambiguous.err.contains("PC0912"), "{ambiguous:?}");
    }
}

#[test]
fn a_roll_back_never_overwrites_what_git_does_not_hold() {
    let (world, ..) = merged("{required: 1}");
    let identity = [
        ("GIT_AUTHOR_NAME", "Ada"),
        ("GIT_AUTHOR_EMAIL", "a@x"),
        ("GIT_COMMITTER_NAME", "Ada"),
        ("GIT_COMMITTER_EMAIL", "a@x"),
    ];
    let back =
        |world: &World, place: &str| world.run_with(&["-C", place, "rollback", "pay", "1", "--commit"], &identity, "");
    // Unreadable, committed so; the file on disk is another unreadable one.
    for (then, now) in
        [(vec![b'#'; 1_200_000], vec![b'%'; 1_300_000]), (b"id: \xe9\n".to_vec(), b"id: \xe8\n".to_vec())]
    {
        world.write("policies/pay.yaml", &then);
        world.git(&["commit", "-q", "-a", "-m", "break"]);
        world.write("policies/pay.yaml", &now);
        let done = back(&world, ".");
        assert!(done.code == 3 && done.err.contains("PC0915"), "{done:?}");
        assert_eq!(std::fs::read(world.at("policies/pay.yaml")).unwrap(), now);
    }
    world.write("policies/pay.yaml", PAY.replace("run_budget: 1", "run_budget: 2"));
    world.git(&["commit", "-q", "-a", "-m", "mend"]);
    #[cfg(unix)]
    {
        // A folder that became a link would lead the old text out of the repository.
        let outside = World::new();
        world.git(&["rm", "-q", "-r", "policies"]);
        std::os::unix::fs::symlink(outside.path(), world.at("policies")).unwrap();
        world.git(&["add", "-A"]);
        world.git(&["commit", "-q", "-m", "link"]);
        let linked = back(&world, ".");
        assert!(linked.code == 3 && !outside.at("pay.yaml").exists(), "{linked:?}");
        world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }
    // Somebody holds the index: nothing is left behind.
    world.write(".git/index.lock", "");
    let locked = back(&world, ".");
    std::fs::remove_file(world.at(".git/index.lock")).unwrap();
    assert_eq!((locked.code, world.git(&["status", "--porcelain"])), (3, String::new()), "{locked:?}");
    let elsewhere = World::new();
    elsewhere.git(&["clone", "-q", "--bare", world.path().to_str().unwrap(), "."]);
    elsewhere.git(&["branch", "other", "main"]);
    elsewhere.git(&["symbolic-ref", "HEAD", "refs/heads/other"]);
    let bare = back(&elsewhere, ".");
    assert!(bare.code == 3 && !elsewhere.at("policies").exists(), "{bare:?}");
    world.git(&["checkout", "-q", "--orphan", "empty"]);
    let unborn = back(&world, ".");
    assert!(unborn.code == 3 && world.git(&["branch", "--list", "rollback/*"]).is_empty(), "{unborn:?}");
}

#[test]
fn references_that_cannot_be_read_are_named_and_keep_nobody_from_the_others() {
    let (world, ..) = merged("{required: 1}");
    world.git(&["checkout", "-q", "-b", "next"]);
    world.write("policies/pay.yaml", PAY.replace("run_budget: 1", "run_budget: 4"));
    world.git(&["commit", "-q", "-a", "-m", "Next"]);
    world.git(&["checkout", "-q", "main"]);
    let nowhere = "1234567890123456789012345678901234567890";
    world.write(".git/refs/pull/8/head", format!("{nowhere}\n"));
    // A commit whose folder is a file.
    let blob = world.git(&["rev-parse", "main:policyc.yaml"]);
    let body = format!("tree {blob}\nauthor A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n\nx\n");
    let odd = world.git_with(&["hash-object", "-t", "commit", "-w", "--literally", "--stdin"], body.as_bytes());
    world.git(&["update-ref", "refs/pull/9/head", &odd]);
    let report = json_of(&world.run(&["status", "--format", "json"]));
    let notes = report["notes"].to_string();
    assert!(notes.contains("refs/pull/8/head") && notes.contains("refs/pull/9/head"), "{report:#}");
    assert_eq!(report["drafts"][0]["reference"], "refs/heads/next", "{report:#}");
    // A claim to be a pull request whose head is lost stays a claim.
    world.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    world.write("policies/pay.yaml", PAY.replace("run_budget: 1", "run_budget: 7"));
    world.git(&["commit", "-q", "-a", "-m", "More (#8)"]);
    assert_eq!(newest(&world, &[])["pr"]["proof"], "claimed");
}

#[test]
fn a_clean_work_tree_holds_no_draft() {
    let (world, ..) = merged("{required: 1}");
    for content in [vec![b'#'; 1_100_000], b"id: \xe9\n".to_vec(), PAY.as_bytes().to_vec()] {
        world.write("policies/pay.yaml", content);
        world.git(&["commit", "-q", "-a", "-m", "x"]);
        let report = json_of(&world.run(&["status", "--format", "json"]));
        assert_eq!(report["drafts"], json!([]), "{report:#}");
    }
    world.git(&["sparse-checkout", "set", "--no-cone", "/policyc.yaml"]);
    assert!(!world.at("policies").exists());
    let report = json_of(&world.run(&["status", "--format", "json"]));
    assert_eq!(report["drafts"], json!([]), "{report:#}");
}

#[test]
fn a_folder_without_policies_is_no_empty_history() {
    let world = World::new();
    world.write("sub/policyc.yaml", "branch: main\n");
    world.write("sub/policies/pay.yaml", PAY);
    world.commit();
    let done = world.run(&["versions"]);
    assert!(done.code == 3 && done.err.contains("PC0901") && done.out.is_empty(), "{done:?}");
    assert_eq!(json_of(&world.run(&["-C", "sub", "versions", "--format", "json"]))["count"], 2);
}
