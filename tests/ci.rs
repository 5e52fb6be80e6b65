//! `policyc ci` on pull requests in real repositories: what the forge checks out, its payloads and reviews, the verdict, the
//! files, and what history says after the forge has merged.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

#[path = "ci/forge.rs"]
mod forge;
mod support;

use forge::{FACTS, Forge, Landing, MAIL, NUMBER, PRODUCTION, SETTINGS, SUITE, record};
use serde_json::{Value, json};
use support::world::{Done, World};

fn part<'r>(report: &'r Value, name: &str) -> (&'r str, &'r str) {
    let parts = report["parts"].as_array().unwrap_or_else(|| panic!("no parts: {report}"));
    let part = parts.iter().find(|part| part["part"] == name).unwrap();
    (part["outcome"].as_str().unwrap(), part["sentence"].as_str().unwrap())
}

fn outcome<'r>(report: &'r Value, name: &str) -> &'r str {
    part(report, name).0
}

fn loosen(world: &World) {
    world.write(
        "policies/mail.yaml",
        MAIL.replace("denied_actions: [mail.delete]\n", "").replace("mail.read]", "mail.read, mail.delete]"),
    );
    world.write("policies/tests.yaml", SUITE.replace("    expect: {effect: deny}\n", "    expect: {effect: allow}\n"));
}

fn tighten(world: &World) {
    world.write("policies/mail.yaml", MAIL.replace("[mail.delete]", "[mail.delete, mail.forward]"));
}

#[test]
fn a_change_that_permits_more_is_told_with_its_row_its_witness_and_how_often_it_was_seen() {
    let forge = Forge::open(loosen);
    forge.trial();
    forge.facts(None, &[]);
    let (done, report) = forge.ci(&FACTS);
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(report["verdict"], "refused");
    let row = &report["effects"]["rows"][0];
    assert_eq!((row["transition"].as_str(), row["seen"]["times"].as_u64()), (Some("permissive"), Some(1)), "{row:#}");
    assert_eq!(row["witness"]["operation"], "delete");
    // One of the four recorded actions, and the gate says none.
    assert_eq!(
        part(&report, "recorded").1,
        "100.0 % decided for certain; 1 of 4 recorded actions decided otherwise, 1 of them loosened"
    );
    assert_eq!(outcome(&report, "gates"), "refused");
    assert_eq!(outcome(&report, "tests"), "passed");
    assert_eq!(outcome(&report, "check"), "passed", "{:#}", report["findings"]);
    assert_eq!(report["approvals"]["loosens"], true);
    assert_eq!(report["base"]["commit"], forge.base.as_str());
    assert!(report["head"]["bundle"].as_str().unwrap().starts_with("sha256:"));
    assert!(done.out.contains("::error title=policyc::"), "{}", done.out);
}

#[test]
fn approvals_are_those_of_others_on_the_head_and_as_many_as_the_base_side_asks() {
    let forge = Forge::open(tighten);
    forge.trial();
    let judged = |reviews: &[forge::Review<'_>]| {
        forge.facts(None, reviews);
        let (done, report) = forge.ci(&FACTS);
        (done.code, outcome(&report, "approvals").to_owned(), report["sentence"].as_str().unwrap().to_owned())
    };
    let waits = (1, "refused".to_owned(), "this change waits for approvals".to_owned());
    let passes = (0, "passed".to_owned(), "nothing stands against this change".to_owned());
    let head = forge.head.as_str();
    assert_eq!(judged(&[]), waits);
    assert_eq!(judged(&[("ada", head, "APPROVED")]), waits, "of whoever wrote it");
    assert_eq!(judged(&[("dan", head, "APPROVED")]), waits, "of somebody who is not asked");
    assert_eq!(judged(&[("benben", &forge.base, "APPROVED")]), waits, "of another commit");
    assert_eq!(judged(&[("benben", head, "CHANGES_REQUESTED")]), waits);
    assert_eq!(judged(&[("benben", head, "APPROVED")]), passes);
    assert_eq!(
        judged(&[("benben", head, "APPROVED"), ("cleo", head, "CHANGES_REQUESTED")]).0,
        0,
        "as many as are asked for"
    );
    assert_eq!(judged(&[("benben", head, "APPROVED"), ("benben", head, "CHANGES_REQUESTED")]), waits, "his last word");
    // A change that permits more needs two.
    let forge = Forge::open(|world| {
        world.write("policies/mail.yaml", MAIL.replace("mail.read]", "mail.read, mail.draft]"));
    });
    forge.trial();
    forge.facts(None, &[("benben", &forge.head, "APPROVED")]);
    assert_eq!(outcome(&forge.ci(&FACTS).1, "approvals"), "refused");
    forge.facts(None, &[("benben", &forge.head, "APPROVED"), ("cleo", &forge.head, "APPROVED")]);
    let (done, report) = forge.ci(&FACTS);
    assert_eq!((done.code, outcome(&report, "approvals")), (0, "passed"), "{done:?}");
    assert_eq!(report["approvals"]["approvers"], json!(["ben", "cleo"]));
}

#[test]
fn a_change_cannot_lower_what_it_is_judged_by() {
    let forge = Forge::open(|world| {
        loosen(world);
        world.write(
            "policyc.yaml",
            SETTINGS.replace("required: 1, from: [security], loosening: {required: 2}", "required: 0"),
        );
        world
            .write("environments/production.yaml", PRODUCTION.replace("max_newly_allowed: 0", "max_newly_allowed: 99"));
        world.write(
            "identities.yaml",
            forge::IDENTITIES.replace("\"github:ada\"", "\"github:other\"").replace("[ada, ben, cleo]", "[ada, dan]"),
        );
        world.write("log.jsonl", record(0, "send"));
        world.write(".github/workflows/policy.yml", "on: push\n");
    });
    forge.trial();
    forge.facts(None, &[("dan", &forge.head, "APPROVED")]);
    let (done, report) = forge.ci(&FACTS);
    assert_eq!(done.code, 1);
    assert_eq!(outcome(&report, "approvals"), "refused");
    assert_eq!(report["approvals"]["required"], 1);
    assert_eq!(report["approvals"]["approvers"], json!([]));
    let governing = [
        ".github/workflows/policy.yml",
        "environments/production.yaml",
        "identities.yaml",
        "log.jsonl",
        "policyc.yaml",
    ];
    assert_eq!(report["governing"], json!(governing));
    let allowed = report["gates"].as_array().unwrap().iter().find(|gate| gate["gate"] == "max-newly-allowed").unwrap();
    assert_eq!((&allowed["allowed"], &allowed["met"]), (&json!("0"), &json!(false)), "by the log that main has");
    assert_eq!(outcome(&report, "gates"), "refused");
    let governs = report["approvals"]["changes"].as_array().unwrap().iter().find(|one| one["document"].is_null());
    assert_eq!(governs.unwrap()["outcome"], "not_met");
}

#[test]
fn an_old_branch_is_judged_by_what_is_asked_now() {
    let forge = Forge::open(tighten);
    forge.meanwhile(|world| world.write("policyc.yaml", SETTINGS.replace("required: 1, from", "required: 2, from")));
    forge.world.git(&["checkout", "-q", "--detach", &forge.head]);
    forge.facts(None, &[("benben", &forge.head, "APPROVED")]);
    let (done, report) = forge.ci(&FACTS);
    assert_eq!((done.code, outcome(&report, "approvals")), (1, "refused"), "{done:?}");
    assert_eq!((&report["approvals"]["required"], &report["behind"]), (&json!(2), &json!(true)));
    // Nothing that only main has is told as a change.
    assert_eq!(report["governing"], json!([]));
    // A merge that the forge made before, too.
    let stale = Forge::open(tighten);
    let trial = stale.trial();
    stale.meanwhile(|world| world.write("policyc.yaml", SETTINGS.replace("required: 1, from", "required: 2, from")));
    stale.world.git(&["checkout", "-q", "--detach", &trial]);
    stale.facts(None, &[("benben", &stale.head, "APPROVED")]);
    let (done, report) = stale.ci(&FACTS);
    assert_eq!((done.code, &report["approvals"]["required"], &report["behind"]), (1, &json!(2), &json!(true)));
}

#[test]
fn what_cannot_be_answered_is_never_passed() {
    let broken = Forge::open(|world| world.write("policies/mail.yaml", "id: mail\ndenied_actions: [\n"));
    broken.trial();
    let (done, report) = broken.ci(&["--approvals", "told"]);
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(outcome(&report, "check"), "refused");
    for part in ["tests", "difference", "effects", "recorded", "gates"] {
        assert_eq!(outcome(&report, part), "not_run", "{part}");
    }
    // A log that is named and not there.
    let without_log = Forge::open(tighten);
    without_log.trial();
    let (done, report) = without_log.ci(&["--approvals", "told", "--log", "other.jsonl"]);
    assert_eq!((done.code, outcome(&report, "recorded"), outcome(&report, "gates")), (1, "not_run", "not_run"));
    assert_eq!(part(&report, "recorded").1, "the recorded actions cannot be replayed: there is no log `other.jsonl`");
    // What the change is judged by is in error.
    let by = Forge::open(loosen);
    by.meanwhile(|world| {
        world.write("environments/production.yaml", "kind: environment\ngates: {max_newly_allowed: x}\n");
    });
    by.world.git(&["checkout", "-q", "--detach", &by.head]);
    let (done, report) = by.ci(&["--approvals", "told"]);
    assert!(done.err.contains("what is merged into, as it is now, is in error:"), "{}", done.err);
    assert_eq!(
        (done.code, outcome(&report, "gates"), outcome(&report, "recorded")),
        (1, "not_run", "not_run"),
        "{:#}",
        report["parts"]
    );
    // Reviews that nobody told of are unknown, not none.
    let forge = Forge::open(tighten);
    forge.trial();
    let (done, report) = forge.ci(&[]);
    assert_eq!(
        (done.code, part(&report, "approvals").1),
        (1, "reviews are unknown: give the facts that policyc forge fetch writes with --forge")
    );
    let (done, report) = forge.ci(&["--approvals", "told"]);
    assert_eq!((done.code, outcome(&report, "approvals")), (0, "open"), "{done:?}");
}

#[test]
fn no_log_and_no_environment_are_said_and_no_error() {
    let world = World::with(&[("policies/mail.yaml", MAIL)]);
    world.commit();
    world.write("policies/mail.yaml", MAIL.replace("[mail.delete]", "[mail.delete, mail.forward]"));
    let done = world.run(&["ci", "--json", "ci.json"]);
    let report: Value = serde_json::from_str(&world.read("ci.json")).unwrap();
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(part(&report, "recorded"), ("absent", "no log of recorded actions is configured"));
    assert_eq!(part(&report, "gates"), ("absent", "no environment is configured"));
    assert_eq!(part(&report, "tests"), ("absent", "there is no test"));
    assert_eq!(part(&report, "approvals"), ("absent", "what is not committed cannot be approved yet"));
    assert_eq!(report["difference"]["counts"]["tightening"], 1);
    for word in ["no log of recorded actions", "no environment is configured", "there is no test"] {
        assert!(done.out.contains(word), "{}", done.out);
    }
}

/// What is in error on main can be mended by those who must approve, and by nobody else.
#[test]
fn what_main_has_broken_is_mended_with_approvals_alone() {
    let world = World::new();
    world.write("policyc.yaml", SETTINGS);
    world.write("identities.yaml", forge::IDENTITIES);
    world.write("policies/mail.yaml", "id: mail\ndenied_action: [mail.delete]\n");
    world.write("log.jsonl", record(0, "send"));
    world.commit();
    let base = world.git(&["rev-parse", "HEAD"]);
    world.git(&["remote", "add", "origin", "https://github.com/acme/policies"]);
    world.git(&["update-ref", "refs/remotes/origin/main", &base]);
    world.git(&["checkout", "-q", "-b", "topic"]);
    world.write("policies/mail.yaml", MAIL);
    world.git(&["commit", "-q", "-am", "Mend"]);
    let head = world.git(&["rev-parse", "HEAD"]);
    let forge = Forge { world, base, head };
    forge.trial();
    forge.facts(None, &[("benben", &forge.head, "APPROVED")]);
    let (done, report) = forge.ci(&FACTS);
    assert_eq!(
        (done.code, outcome(&report, "difference")),
        (1, "not_run"),
        "nobody knows what it permits, so two are needed"
    );
    assert!(done.err.contains("is in error:") && done.err.contains("denied_action"), "{}", done.err);
    forge.facts(None, &[("benben", &forge.head, "APPROVED"), ("cleo", &forge.head, "APPROVED")]);
    let (done, report) = forge.ci(&FACTS);
    assert_eq!((done.code, outcome(&report, "difference")), (0, "open"), "{done:?}");
    let (done, _) = forge.ci(&[FACTS.as_slice(), &["--approvals", "told"]].concat());
    assert_eq!(done.code, 1, "without asking them it is not answered");
}

#[test]
fn what_cannot_be_judged_is_not_mistaken_for_anything_else() {
    let forge = Forge::open(tighten);
    forge.trial();
    forge.payload();
    forge.world.write("old.md", "<!-- policyc:report -->\n## ✅ policyc: passed\n");
    forge.world.write("mine.md", "mine");
    // Facts that cannot be read are no missing approvals.
    let (done, _) = forge.ci(&["--forge", "nowhere.json", "--comment=old.md", "--summary=mine.md"]);
    assert_eq!(done.code, 3, "{done:?}");
    assert!(forge.world.read("old.md").contains("not judged") && forge.world.read("mine.md") == "mine");
    // An event, or facts, of something else.
    let event = forge.world.at("event.json");
    let environment = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", event.to_str().unwrap()),
        ("GITHUB_REPOSITORY", "evil/other"),
    ];
    assert_eq!(forge.world.run_with(&["ci"], &environment, "").code, 3);
    forge.facts(None, &[("benben", &forge.head, "APPROVED")]);
    for (from, to) in [("acme/policies", "acme/others"), ("\"ref\":\"main\"", "\"ref\":\"dev\"")] {
        for file in ["pull.json", "reviews.json"] {
            forge.world.write(file, forge.world.read(file).replace(from, to));
        }
        let (done, report) = forge.ci(&FACTS);
        assert_eq!((done.code, outcome(&report, "approvals")), (1, "not_run"), "{from}: {done:?}");
        assert!(!report["sentence"].as_str().unwrap().contains("waits"));
        forge.facts(None, &[("benben", &forge.head, "APPROVED")]);
    }
}

#[test]
fn on_a_laptop_it_is_what_origin_does_not_have() {
    let forge = Forge::open(tighten);
    // What is committed is judged as committed.
    let report = |forge: &Forge| {
        let done = forge.world.run(&["ci", "--json", ".git/../ci.json"]);
        (done.code, serde_json::from_str::<Value>(&forge.world.read("ci.json")).unwrap())
    };
    let (code, told) = report(&forge);
    assert_eq!((code, told["head"]["commit"].as_str()), (0, Some(forge.head.as_str())), "{told:#}");
    assert_eq!(outcome(&told, "approvals"), "open");
    // Committed on main itself, and not pushed.
    forge.world.git(&["checkout", "-q", "main"]);
    forge.world.git(&["merge", "-q", "--ff-only", "topic"]);
    let (_, told) = report(&forge);
    assert_eq!(
        (told["base"]["commit"].as_str(), &told["difference"]["counts"]["tightening"]),
        (Some(forge.base.as_str()), &json!(1))
    );
    std::fs::remove_file(forge.world.at("ci.json")).unwrap();
    let clone = World::new();
    clone.git(&["clone", "-q", "--depth", "1", &format!("file://{}", forge.world.path().display()), "."]);
    assert_eq!(clone.run(&["ci"]).code, 3);
}

/// What a change would be judged by, if it could choose.
#[test]
fn a_change_cannot_bring_what_it_is_judged_by() {
    // Settings at another place.
    let moved = Forge::open(|world| {
        loosen(world);
        world.write("agents/policyc.yaml", "branch: main\n");
        world.write("agents/policies/mail.yaml", "id: mail\nallowed_actions: [mail.*]\n");
    });
    moved.trial();
    moved.facts(None, &[]);
    let done = moved.ci(&[&["-C", "agents"], FACTS.as_slice()].concat()).0;
    assert_eq!(done.code, 3, "{done:?}");
    assert!(done.err.contains("its policies in the top of the repository"), "{}", done.err);
    // A log in the place of that of main: emptied, linked, mapped otherwise.
    for change in [
        (|world: &World| world.write("log.jsonl", record(0, "send"))) as fn(&World),
        |world| {
            std::fs::remove_file(world.at("log.jsonl")).unwrap();
            std::os::unix::fs::symlink("/etc/passwd", world.at("log.jsonl")).unwrap();
        },
        |world| std::fs::remove_file(world.at("log.jsonl")).unwrap(),
    ] {
        let forge = Forge::open(|world| {
            loosen(world);
            change(world);
        });
        forge.trial();
        let (done, report) = forge.ci(&["--approvals", "told"]);
        assert_eq!((done.code, outcome(&report, "gates")), (1, "refused"), "{done:?}");
        assert!(part(&report, "recorded").1.contains("of 4 recorded actions"), "{:?}", part(&report, "recorded"));
        assert_eq!(report["governing"], json!(["log.jsonl"]));
    }
    // Another branch, with rules of its own.
    let forge = Forge::open(tighten);
    let payload = |target: &str| {
        let mut payload = json!({"pull_request": {
            "number": NUMBER, "user": {"login": "ada"}, "head": {"sha": forge.head}, "base": {"ref": target, "sha": forge.base},
        }});
        payload["pull_request"]["state"] = json!("open");
        payload
    };
    forge.trial();
    forge.facts(None, &[("benben", &forge.head, "APPROVED")]);
    forge.event(payload("main"));
    assert_eq!(forge.ci_on("pull_request", &FACTS).0.code, 0);
    forge.event(payload("evil"));
    let (done, report) = forge.ci_on("pull_request", &FACTS);
    assert_eq!(
        (done.code, part(&report, "approvals").1),
        (1, "the change goes into `evil`, and the protected branch is `main`")
    );
    // A merge into what is not main.
    let forge = Forge::open(tighten);
    forge.world.git(&["checkout", "-q", "--detach", "main"]);
    forge.world.git(&["commit", "-q", "--allow-empty", "-m", "Of my own"]);
    forge.world.git(&["merge", "-q", "--no-ff", "-m", "Merge", &forge.head]);
    let done = forge.ci(&[]).0;
    assert_eq!(done.code, 3, "{done:?}");
    assert!(done.err.contains("merges the pull request into"), "{}", done.err);
    // A clone of a fork calls its own branch main.
    let forge = Forge::open(tighten);
    forge.meanwhile(|world| world.write("policyc.yaml", SETTINGS.replace("required: 1", "required: 0")));
    forge.world.git(&["remote", "set-url", "origin", "https://github.com/ada/policies"]);
    forge.world.git(&["checkout", "-q", "--detach", &forge.head]);
    forge.facts(None, &[]);
    assert_eq!(forge.ci(&FACTS).1["approvals"]["required"], 1);
    for (url, required) in [
        ("https://github.com/evil/acme/policies.git", 1),
        ("git@github.com:acme/policies.git", 0),
        ("ssh://git@github.com:22/acme/policies/", 0),
    ] {
        forge.world.git(&["remote", "set-url", "origin", url]);
        assert_eq!(forge.ci(&FACTS).1["approvals"]["required"], required, "{url}");
    }
    // Files that nobody committed.
    let forge = Forge::open(tighten);
    forge.trial();
    assert_eq!(forge.ci(&["--head", "WORKTREE"]).0.code, 2);
}

#[test]
fn a_branch_from_before_the_policies_is_not_answered() {
    let world = World::new();
    world.write("README.md", "nothing yet");
    world.commit();
    let empty = world.git(&["rev-parse", "HEAD"]);
    world.write("policyc.yaml", SETTINGS);
    world.write("policies/mail.yaml", MAIL);
    world.commit();
    let base = world.git(&["rev-parse", "HEAD"]);
    world.git(&["checkout", "-q", "--detach", &empty]);
    world.write("policyc.yaml", SETTINGS);
    world.write("policies/mail.yaml", MAIL.replace("mail.read]", "mail.read, mail.forward]"));
    world.commit();
    let head = world.git(&["rev-parse", "HEAD"]);
    world.git(&["remote", "add", "origin", "https://github.com/acme/policies"]);
    world.git(&["update-ref", "refs/remotes/origin/main", &base]);
    let forge = Forge { world, base, head };
    let (done, report) = forge.ci(&["--approvals", "told"]);
    assert_eq!(
        (done.code, outcome(&report, "difference"), outcome(&report, "effects")),
        (1, "not_run", "not_run"),
        "{done:?}"
    );
}

/// A `policyc versions` line of the newest version, with what the forge says after it has merged.
fn newest(forge: &Forge, landed: &str) -> Value {
    forge.facts(Some(landed), &[("benben", &forge.head, "APPROVED"), ("cleo", &forge.head, "APPROVED")]);
    let done = forge.world.run(&[&["versions", "mail", "--format", "json"], FACTS.as_slice()].concat());
    let page: Value = serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"));
    page["data"][0].clone()
}

#[test]
fn a_pull_request_goes_from_branch_to_version_however_it_is_merged() {
    for how in [Landing::Merge, Landing::Squash, Landing::Rebase] {
        let forge = Forge::open(tighten);
        forge.trial();
        forge.facts(None, &[("benben", &forge.head, "APPROVED")]);
        assert_eq!(forge.ci(&FACTS).0.code, 0, "{how:?}");
        let before = forge.world.git(&["rev-parse", "main"]);
        let landed = forge.land(how);
        let version = newest(&forge, &landed);
        let told = [
            &version["id"],
            &version["author_id"],
            &version["reviewer_id"],
            &version["pr"]["number"],
            &version["commit"],
        ];
        assert_eq!(
            told,
            [&json!("mail@2"), &json!("ada"), &json!("ben"), &json!(NUMBER), &json!(landed)],
            "{how:?} {version:#}"
        );
        // The push that follows tells the same, after the fact.
        let payload = json!({"ref": "refs/heads/main", "before": before, "after": landed});
        forge.event(payload);
        let (done, report) = forge.ci_on("push", &FACTS);
        assert_eq!(
            (done.code, outcome(&report, "approvals")),
            (0, "passed"),
            "{how:?} {done:?} {:#}",
            report["approvals"]
        );
    }
}

#[test]
fn policies_below_the_top_are_found_and_what_runs_policyc_is_told() {
    let forge = Forge::open(|world| {
        world.write("agents/policies/mail.yaml", MAIL.replace("[mail.delete]", "[mail.delete, mail.forward]"));
        world.write("CODEOWNERS", "* @ada");
        world.write(".gitlab/policyc.yml", "");
    });
    // The same repository, with its policies in a folder.
    forge.world.git(&["checkout", "-q", "--detach", &forge.base]);
    for path in ["policies", "environments", "policyc.yaml", "identities.yaml", "log.jsonl"] {
        forge.world.write("agents/keep", "");
        forge.world.git(&["mv", path, &format!("agents/{path}")]);
    }
    forge.world.git(&["commit", "-q", "-m", "Below"]);
    let base = forge.world.git(&["rev-parse", "HEAD"]);
    forge.world.git(&["update-ref", "refs/heads/main", &base]);
    forge.world.git(&["update-ref", "refs/remotes/origin/main", &base]);
    for (path, text) in [
        ("agents/policies/mail.yaml", MAIL.replace("mail.delete", "mail.forward")),
        ("CODEOWNERS", "* @ada".to_owned()),
        (".gitlab/policyc.yml", "x: 1".to_owned()),
    ] {
        forge.world.write(path, text);
    }
    forge.world.git(&["add", "agents/policies", "CODEOWNERS", ".gitlab"]);
    forge.world.git(&["commit", "-q", "-m", "Change"]);
    let head = forge.world.git(&["rev-parse", "HEAD"]);
    let forge = Forge { base, head, ..forge };
    forge.payload();
    let event = forge.world.at("event.json");
    let environment = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", event.to_str().unwrap()),
    ];
    for folder in ["agents", "agents/policies"] {
        let arguments = ["-C", folder, "ci", "--approvals", "told", "--json", "/dev/stdout"];
        let done = forge.world.run_with(&arguments, &environment, "");
        let json = &done.out[..done.out.rfind("\n}\n").unwrap_or_else(|| panic!("{done:?}")) + 2];
        let report: Value = serde_json::from_str(json).unwrap();
        assert_eq!(report["governing"], json!([".gitlab/policyc.yml", "CODEOWNERS"]));
        assert_eq!(report["difference"]["documents"][0]["id"], "mail");
        assert_eq!(report["effects"]["log"]["actions"], 4);
    }
}

#[test]
fn a_queue_is_judged_by_what_it_is_built_on() {
    let forge = Forge::open(tighten);
    let group = forge.trial();
    let payload = json!({"action": "checks_requested", "merge_group": {
        "base_ref": "refs/heads/main", "base_sha": forge.base, "head_sha": group,
        "head_ref": format!("refs/heads/gh-readonly-queue/main/pr-{NUMBER}-{}", forge.base),
    }});
    forge.event(payload);
    forge.facts(None, &[]);
    assert_eq!(forge.ci_on("merge_group", &FACTS).0.code, 1);
    forge.facts(None, &[("cleo", &forge.head, "APPROVED")]);
    let (done, report) = forge.ci_on("merge_group", &FACTS);
    assert_eq!((done.code, &report["event"]["pull"]), (0, &json!(NUMBER)), "{done:?}");
    // Somebody else's change in the same group was approved by nobody.
    forge.world.write("policies/other.yaml", "id: other\ndenied_actions: [mail.forward]\n");
    forge.world.git(&["add", "-A", "policies"]);
    forge.world.git(&["commit", "-q", "-m", "Another one"]);
    let group = forge.world.git(&["rev-parse", "HEAD"]);
    forge.event(json!({"merge_group": {
        "base_ref": "refs/heads/main", "base_sha": forge.base, "head_sha": group,
        "head_ref": format!("refs/heads/gh-readonly-queue/main/pr-{NUMBER}-{}", forge.base),
    }}));
    assert_eq!(outcome(&forge.ci_on("merge_group", &FACTS).1, "approvals"), "refused");
}

#[test]
fn what_the_event_says_is_checked_against_the_clone() {
    let forge = Forge::open(tighten);
    let refused = |done: &Done, words: &str| {
        assert_eq!(done.code, 3, "{done:?}");
        assert!(done.err.contains(words), "{}", done.err);
    };
    // Neither the head nor a merge of it.
    forge.world.git(&["checkout", "-q", "--detach", "main"]);
    refused(&forge.ci(&[]).0, "neither the head");
    let missing = json!({"ref": "refs/heads/main", "before": "1".repeat(40), "after": forge.base});
    forge.event(missing);
    refused(&forge.ci_on("push", &[]).0, "not in this clone");
    forge.world.write("event.json", "{}");
    for event in ["push", "pull_request", "merge_group", "pull_request_review"] {
        refused(&forge.ci_on(event, &[]).0, "holds no facts of a forge");
    }
    refused(&forge.ci_on("pull_request_target", &[]).0, "the code of the base branch");
    let done = forge.world.run_with(&["ci"], &[("GITHUB_ACTIONS", "true")], "");
    refused(&done, "GITHUB_EVENT_NAME");
    // A clone without its history.
    forge.payload();
    let clone = World::new();
    clone.git(&[
        "clone",
        "-q",
        "--depth",
        "1",
        "--branch",
        "topic",
        &format!("file://{}", forge.world.path().display()),
        ".",
    ]);
    let event = forge.world.at("event.json");
    let environment = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", event.to_str().unwrap()),
    ];
    let done = clone.run_with(&["ci"], &environment, "");
    assert_eq!(done.code, 3, "{done:?}");
    assert!(done.err.contains("fetch-depth: 0"), "{}", done.err);
}

#[test]
fn gitlab_is_understood_by_its_variables() {
    let forge = Forge::open(tighten);
    forge.world.git(&["checkout", "-q", "--detach", &forge.head]);
    let environment = [
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &forge.base),
        ("CI_MERGE_REQUEST_PROJECT_PATH", "acme/policies"),
        ("CI_DEFAULT_BRANCH", "main"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_COMMIT_SHA", &forge.head),
    ];
    let arguments = ["ci", "--approvals=told", "--json=ci.json", "--code-quality=quality.json", "--junit=junit.xml"];
    let done = forge.world.run_with(&arguments, &environment, "");
    assert_eq!(done.code, 0, "{done:?}");
    let report: Value = serde_json::from_str(&forge.world.read("ci.json")).unwrap();
    assert_eq!((&report["event"]["pull"], &report["base"]["commit"]), (&json!(7), &json!(forge.base)));
    let wrong = [environment.as_slice(), &[("CI_COMMIT_SHA", "x")]].concat();
    assert_eq!(forge.world.run_with(&arguments, &wrong, "").code, 3);
}

#[test]
fn the_same_change_makes_the_same_bytes() {
    let forge = Forge::open(loosen);
    forge.trial();
    forge.facts(None, &[]);
    let names = ["one", "two"];
    for name in names {
        let files: Vec<String> = ["json", "sarif", "junit", "code-quality", "summary", "comment"]
            .iter()
            .map(|kind| format!("--{kind}={name}.{kind}"))
            .collect();
        let mut arguments: Vec<&str> = files.iter().skip(1).map(String::as_str).collect();
        arguments.extend(FACTS);
        forge.ci(&arguments);
        std::fs::rename(forge.world.at("ci.json"), forge.world.at(&format!("{name}.json"))).unwrap();
    }
    for kind in ["json", "sarif", "junit", "code-quality", "summary", "comment"] {
        let [one, two] = names.map(|name| forge.world.read(&format!("{name}.{kind}")));
        assert!(!one.is_empty() && one == two, "{kind}");
    }
    // No result holds the place of the clone.
    let place = forge.world.path().display().to_string();
    for kind in ["json", "sarif", "summary", "comment"] {
        assert!(!forge.world.read(&format!("one.{kind}")).contains(&place), "{kind}");
    }
    assert!(forge.world.read("one.comment").starts_with("<!-- policyc:report -->\n## ❌ policyc: refused\n"));
}

/// What a branch can be made of to be compared with something else.
#[test]
fn a_branch_cannot_choose_what_it_is_compared_with() {
    // Merged crosswise, there are two commits in common, and one of them was loose already.
    let forge = Forge::open(loosen);
    let loose = forge.head.clone();
    forge.meanwhile(|world| {
        world.git(&["merge", "-q", "--no-ff", "-m", "Merge", &loose]);
        world.write("policies/mail.yaml", MAIL);
        world.write("policies/tests.yaml", SUITE);
    });
    let tight = forge.world.git(&["rev-parse", "main"]);
    forge.world.git(&["checkout", "-q", "--detach", &loose]);
    forge.world.git(&["commit", "-q", "--allow-empty", "-m", "Mine"]);
    let mine = forge.world.git(&["rev-parse", "HEAD"]);
    forge.world.git(&["checkout", "-q", "main"]);
    forge.world.git(&["merge", "-q", "--no-ff", "-m", "Theirs", &mine]);
    forge.world.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    forge.world.git(&["checkout", "-q", "--detach", &mine]);
    forge.world.git(&["merge", "-q", "-s", "ours", "-m", "Ours", &tight]);
    let head = forge.world.git(&["rev-parse", "HEAD"]);
    let crossed = forge.world.git(&["merge-base", "--all", "main", &head]).lines().count();
    assert_eq!(crossed, 2);
    let forge = Forge { head, ..forge };
    let done = forge.ci(&["--approvals", "told"]).0;
    assert_eq!(done.code, 3, "{done:?}");
    assert!(done.err.contains("crosswise"), "{}", done.err);
    // A folder that Git would take for a repository, and links where the policies are.
    let forge = Forge::open(|world| {
        tighten(world);
        world.write("policies/HEAD", "ref: refs/heads/main\n");
        world.write("policies/objects/keep", "");
        world.write("policies/refs/keep", "");
        std::os::unix::fs::symlink("policies", world.at("linked")).unwrap();
    });
    forge.trial();
    let (done, report) = forge.ci(&["-C", "policies", "--approvals", "told"]);
    assert_eq!(done.code, 3, "what is written below `-C` lands there: {done:?}");
    assert!(report.is_null());
    let event = forge.world.at("event.json");
    let environment = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", event.to_str().unwrap()),
    ];
    let done = forge.world.run_with(&["-C", "policies", "ci", "--approvals", "told"], &environment, "");
    assert!(done.out.contains("tightening"), "the repository around it is meant: {done:?}");
    let done = forge.world.run_with(&["-C", "linked", "ci", "--approvals", "told"], &environment, "");
    assert_eq!(done.code, 3, "{done:?}");
    assert!(done.err.contains("is a link"), "{}", done.err);
}

#[test]
fn logs_are_changed_with_approvals_only_and_not_by_links() {
    let forge = Forge::open(|world| world.write("log.jsonl", record(0, "send")));
    forge.trial();
    forge.facts(None, &[]);
    let (done, report) = forge.ci(&FACTS);
    assert_eq!((done.code, outcome(&report, "approvals")), (1, "refused"));
    assert_eq!(report["approvals"]["changes"][0]["document"], Value::Null);
    let forge = Forge::open(|world| {
        loosen(world);
        world.write("evil/log.jsonl", record(0, "send"));
        std::os::unix::fs::symlink("evil", world.at("logs")).unwrap();
        world.write("more/log.jsonl", record(0, "send"));
    });
    forge.trial();
    for (log, words) in [("logs/log.jsonl", "is a link"), ("more", "the change brings")] {
        let (done, report) = forge.ci(&["--approvals", "told", "--log", log]);
        assert_eq!(
            (done.code, outcome(&report, "recorded"), outcome(&report, "gates")),
            (1, "not_run", "not_run"),
            "{done:?}"
        );
        assert!(part(&report, "recorded").1.contains(words), "{:?}", part(&report, "recorded"));
    }
}

#[test]
fn nothing_is_overwritten_that_is_no_report() {
    let forge = Forge::open(tighten);
    forge.trial();
    forge.world.write("policies/doc.md", "## A rule\n");
    let done = forge.ci(&["--summary", "policies/doc.md"]).0;
    assert_eq!(done.code, 3, "{done:?}");
    assert_eq!(forge.world.read("policies/doc.md"), "## A rule\n");
    assert_eq!(forge.ci(&["--summary", "-"]).0.code, 2);
}

/// The schema does refuse.
#[test]
fn the_report_is_held_to_a_schema_that_says_something() {
    let text = std::fs::read_to_string("schemas/ci.json").unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    let forge = Forge::open(tighten);
    forge.trial();
    let (_, mut report) = forge.ci(&[]);
    assert!(schema.is_valid(&report));
    report["parts"][0]["outcome"] = json!("fine");
    assert!(!schema.is_valid(&report) && !schema.is_valid(&json!({"schema": "policyc.ci/v1"})));
}

/// Policies below the top of a repository whose branch is not `main`, on a laptop.
#[test]
fn the_branch_is_the_one_that_the_settings_of_the_folder_name() {
    let world = World::new();
    world.write("agents/policyc.yaml", "branch: trunk\n");
    world.write("agents/policies/mail.yaml", MAIL);
    world.git(&["init", "-q", "-b", "trunk"]);
    world.commit();
    world.git(&["checkout", "-q", "-b", "topic"]);
    world.write("agents/policies/mail.yaml", MAIL.replace("mail.delete", "mail.forward"));
    world.commit();
    let done = world.run(&["-C", "agents", "ci"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("in 1 document"), "{}", done.out);
}

/// A few small folders that stand at a thousand million places.
#[test]
fn a_folder_in_itself_ends() {
    let forge = Forge::open(tighten);
    let blob = forge.world.git_with(&["hash-object", "-w", "--stdin"], b"id: a\n");
    let mut tree = forge.world.git_with(&["mktree"], format!("100644 blob {blob}\ta.yaml\n").as_bytes());
    for _ in 0..9 {
        let rows: String = (0..10).map(|rank| format!("040000 tree {tree}\t{rank}\n")).collect();
        tree = forge.world.git_with(&["mktree"], rows.as_bytes());
    }
    let root = forge.world.git(&["ls-tree", &forge.base]);
    let rows: String = root.lines().filter(|row| !row.ends_with("\tpolicies")).map(|row| format!("{row}\n")).collect();
    let top = forge.world.git_with(&["mktree"], format!("{rows}040000 tree {tree}\tpolicies\n").as_bytes());
    let head = forge.world.git(&["commit-tree", &top, "-p", &forge.base, "-m", "Bomb"]);
    let done = forge.world.run(&["ci", "--head", &head, "--base", &forge.base]);
    assert_eq!(done.code, 3, "{done:?}");
}
