//! A commit compiles to the same as a folder with the same content; nothing that a repository configures runs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use serde_json::Value;
use support::world::World;

const FILES: &[(&str, &str)] = &[
    ("policies/no-shell.yaml", "id: no-shell\ndenied_actions: [shell.*]\n"),
    ("policies/mail/limits.md", "---\nid: limits\n---\n```yaml policy\nrun_budget: 1\n```\n"),
    ("policies/budget.json", r#"[{"id": "budget", "session_budget": 5}]"#),
    ("catalog.yaml", "closed: true\nactions: {shell.bash: {}}\n"),
    ("environments/production.yaml", "rollout: {steps: [100]}\n"),
];

fn findings(world: &World, arguments: &[&str]) -> Value {
    let done = world.run(&[&["check", "--format", "json"], arguments].concat());
    serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"))
}

fn codes(findings: &Value) -> Vec<(&str, &str)> {
    let list = findings["findings"].as_array().unwrap();
    list.iter().map(|finding| (finding["code"].as_str().unwrap(), finding["file"].as_str().unwrap())).collect()
}

#[test]
fn a_commit_and_a_folder_with_the_same_content_are_the_same() {
    let world = World::with(FILES);
    world.commit();
    assert_eq!(findings(&world, &["--rev", "HEAD"]), findings(&world, &[]));
    let folder = world.run(&["compile", "-o", "-"]);
    for revision in ["HEAD", "main", "HEAD~0", &world.git(&["rev-parse", "HEAD"])] {
        assert_eq!(world.run(&["compile", "-o", "-", "--rev", revision]).out, folder.out, "{revision}");
    }
}

#[test]
fn a_commit_is_read_without_touching_the_work_tree() {
    let world = World::with(FILES);
    world.commit();
    let before = world.run(&["compile", "-o", "-"]).out;
    world.write("policies/no-shell.yaml", "id: no-shell\ndenied_actions: [shell.*, ssh.*]\n");
    assert_ne!(world.run(&["compile", "-o", "-", "policies"]).out, before);
    assert_eq!(world.run(&["compile", "-o", "-", "--rev", "HEAD"]).out, before);
    assert_eq!(world.git(&["status", "--porcelain"]), " M policies/no-shell.yaml", "the change is still there");
}

#[test]
fn a_policy_repository_may_be_a_folder_of_a_repository() {
    let world = World::new();
    for (path, text) in FILES {
        world.write(&format!("teams/pay/{path}"), text);
    }
    world.write("teams/pay/policyc.yaml", "{}\n");
    world.commit();
    let here = world.run(&["-C", "teams/pay/policies", "compile", "-o", "-"]);
    assert_eq!(here.code, 0, "{here:?}");
    assert_eq!(world.run(&["-C", "teams/pay", "compile", "-o", "-", "--rev", "HEAD"]).out, here.out);
    assert_eq!(codes(&findings(&world, &["-C", "teams/pay"])), []);
}

#[test]
fn a_bare_repository_is_read_at_a_revision() {
    let world = World::with(FILES);
    world.commit();
    let folder = world.run(&["compile", "-o", "-"]).out;
    world.git(&["clone", "-q", "--bare", ".", "copy.git"]);
    assert_eq!(world.run(&["-C", "copy.git", "compile", "-o", "-", "--rev", "main"]).out, folder);
}

/// Links and submodules in a commit are told, as those in a folder are.
#[test]
fn links_and_submodules_in_a_commit_are_not_followed() {
    let world = World::with(FILES);
    world.commit();
    let target = world.git_with(&["hash-object", "-w", "--stdin"], b"../../etc/passwd");
    let head = world.git(&["rev-parse", "HEAD"]);
    world.git(&["update-index", "--add", "--cacheinfo", &format!("120000,{target},policies/link.yaml")]);
    world.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},policies/vendored")]);
    world.git(&["commit", "-q", "-m", "links"]);
    let found = findings(&world, &["--rev", "HEAD"]);
    assert_eq!(codes(&found), [("PC0104", "policies/link.yaml"), ("PC0104", "policies/vendored")]);
}

/// A tree can hold names that no work tree can: they lead nowhere.
#[test]
fn names_that_lead_out_of_a_tree_are_only_names() {
    let world = World::with(FILES);
    world.commit();
    let blob = world.git_with(&["hash-object", "-w", "--stdin"], b"id: escaped\nrun_budget: 1\n");
    let raw: Vec<u8> = (0..40).step_by(2).map(|at| u8::from_str_radix(&blob[at..at + 2], 16).unwrap()).collect();
    let entry = |mode: &str, name: &str, id: &[u8]| [format!("{mode} {name}\0").as_bytes(), id].concat();
    let hash = |bytes: &[u8]| world.git_with(&["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], bytes);
    let bytes = |hex: &str| -> Vec<u8> {
        (0..40).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    };
    let inner = hash(&entry("100644", "evil.yaml", &raw));
    let dots = hash(&entry("40000", "..", &bytes(&inner)));
    let settings = world.git(&["rev-parse", "HEAD:policyc.yaml"]);
    let top = [entry("40000", "policies", &bytes(&dots)), entry("100644", "policyc.yaml", &bytes(&settings))].concat();
    let tree = hash(&top);
    let commit = world.git(&["commit-tree", &tree, "-m", "evil"]);
    let done = world.run(&["check", "--rev", &commit, "--format", "json"]);
    let found: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    // It is read as a document of that odd path, from the commit and from nowhere else.
    assert_eq!(found["bundle"]["policies"], 1, "{done:?}");
    let paths = world.run(&["list", "--rev", &commit, "--format", "json"]).out;
    assert!(paths.contains("policies/../evil.yaml"), "{paths}");
}

#[test]
fn line_breaks_of_the_platform_change_no_meaning() {
    let world = World::with(FILES);
    world.commit();
    let digest = |world: &World, arguments: &[&str]| findings(world, arguments)["bundle"]["digest"].clone();
    let committed = digest(&world, &["--rev", "HEAD"]);
    for (path, text) in FILES {
        world.write(path, text.replace('\n', "\r\n"));
    }
    assert_eq!(digest(&world, &[]), committed);
}

/// What a repository configures to run, a stranger may have configured.
#[test]
fn nothing_that_a_repository_configures_runs() {
    let world = World::with(FILES);
    world.commit();
    let trap = world.at("trap.sh");
    world.write("trap.sh", format!("#!/bin/sh\ntouch {}\n", world.at("sprung").display()));
    std::process::Command::new("chmod").arg("+x").arg(&trap).status().unwrap();
    let trap = trap.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.hooksPath",
        "diff.external",
        "core.pager",
        "core.editor",
        "filter.x.clean",
        "filter.x.smudge",
        "diff.x.textconv",
        "core.sshCommand",
        "credential.helper",
    ] {
        world.git(&["config", key, trap]);
    }
    world.write(".gitattributes", "* filter=x diff=x\n");
    for hook in ["post-checkout", "post-index-change", "reference-transaction", "pre-commit"] {
        std::fs::copy(world.at("trap.sh"), world.at(&format!(".git/hooks/{hook}"))).unwrap();
    }
    for arguments in [&["check"][..], &["check", "--rev", "HEAD"], &["compile"], &["list"]] {
        let done = world.run(arguments);
        assert_eq!(done.code, 0, "{done:?}");
    }
    assert!(!world.at("sprung").exists());
}

/// Expiry is judged when HEAD was committed, so that the answer does not depend on the clock.
#[test]
fn expiry_is_judged_by_the_commit_or_as_told() {
    let exception = "kind: exception\nid: e\npolicy: no-shell\nreason: a migration week\nagents: [a]\nexpires_at: 2026-06-01T00:00:00Z\n";
    let world = World::with(&[FILES[0], ("policies/e.yaml", exception)]);
    assert_eq!(codes(&findings(&world, &[])), [], "without Git nobody can tell");
    world.commit();
    assert_eq!(codes(&findings(&world, &[])), []);
    assert_eq!(codes(&findings(&world, &["--now", "2026-06-01T00:00:00Z"])), [("PC0503", "policies/e.yaml")]);
    assert_eq!(
        codes(&findings(&world, &["--rev", "HEAD", "--now", "2026-07-01T00:00:00Z"])),
        [("PC0503", "policies/e.yaml")]
    );
}
