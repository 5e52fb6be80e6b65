//! Repositories that cannot answer say so, those of another shape answer, and nothing they configure runs.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::asking::{parsed, status, versions};
use crate::drawn::Written;
use crate::program::Program;
use crate::support::world::{Done, World};
use crate::told;

const HISTORY: &str = r#"
a
  + policies/pay.yaml "id: pay\nrun_budget: 1\n"
b < a
  + policies/pay.yaml "id: pay\nrun_budget: 2\n"
c < b
  + policies/mail.yaml "id: mail\n"
x < b
  + policies/pay.yaml "id: pay\nrun_budget: 3\n"
ref refs/heads/x x
ref refs/heads/main c
"#;

const ASKED: [&[&str]; 4] = [
    &["versions", "--format", "json", "--limit", "0"],
    &["status", "--format", "json"],
    &["show", "pay@1", "--source"],
    &["rollback", "pay", "1", "--commit", "--reason", "it was better"],
];

fn written() -> (Written, Program) {
    let written = told::drawn(HISTORY).0.write();
    let program = Program::at(written.world.path());
    program.run(&["config", "user.name", "Ada"]);
    program.run(&["config", "user.email", "ada@example.com"]);
    (written, program)
}

fn refused(done: &Done, code: &str, what: &str) {
    assert!(done.code == 3 && done.err.contains(code) && done.out.is_empty(), "{what}: {code}: {done:?}");
}

fn every_command_refuses(written: &Written, place: &str, code: &str) {
    for asked in ASKED {
        let done = written.world.run(&[&["-C", place], asked].concat());
        refused(&done, code, &asked.join(" "));
    }
}

#[test]
fn shallow_clones_are_refused() {
    let (written, program) = written();
    let from = format!("file://{}", written.world.path().display());
    program.run(&["clone", "-q", "--depth", "1", &from, "shallow"]);
    every_command_refuses(&written, "shallow", "PC0910");
}

#[test]
fn replaced_commits_are_refused() {
    let (written, program) = written();
    program.run(&["replace", &written.ids[1], &written.ids[0]]);
    every_command_refuses(&written, ".", "PC0911");
    program.run(&["pack-refs", "--all"]);
    every_command_refuses(&written, ".", "PC0911");
}

#[test]
fn grafts_are_refused() {
    let (written, _) = written();
    written.world.write(".git/info/grafts", format!("{}\n", written.ids[1]));
    every_command_refuses(&written, ".", "PC0911");
}

#[test]
fn a_branch_that_is_not_there_is_refused() {
    let (written, program) = written();
    let done = written.policyc(&["versions", "--branch", "nowhere"]);
    refused(&done, "PC0912", "--branch nowhere");
    program.run(&["symbolic-ref", "HEAD", "refs/heads/x"]);
    program.run(&["branch", "-q", "-D", "main"]);
    every_command_refuses(&written, ".", "PC0912");
    // Two places say what `main` is, and not the same.
    program.run(&["update-ref", "refs/remotes/one/main", &written.ids[2]]);
    program.run(&["update-ref", "refs/remotes/two/main", &written.ids[1]]);
    every_command_refuses(&written, ".", "PC0912");
}

#[test]
fn a_repository_without_a_commit_is_refused() {
    let world = World::with(&[("policies/pay.yaml", "id: pay\n")]);
    world.git(&["init", "-q", "-b", "main"]);
    for asked in ASKED {
        refused(&world.run(asked), "PC0912", &asked.join(" "));
    }
}

/// They are answered rightly or not at all.
#[test]
fn formats_that_are_not_read_are_refused() {
    for (format, extension) in [("--object-format=sha256", "objectformat"), ("--ref-format=reftable", "refstorage")] {
        let world = World::with(&[("policies/pay.yaml", "id: pay\nrun_budget: 1\n")]);
        world.git(&["init", "-q", "-b", "main", format]);
        world.commit();
        assert!(world.read(".git/config").to_lowercase().contains(extension));
        for asked in ASKED {
            let done = world.run(asked);
            if done.code == 0 {
                assert!(done.out.contains("pay"), "{format}: {done:?}");
            } else if asked[0] != "rollback" {
                refused(&done, "PC0913", format);
            }
        }
    }
}

/// A tree that is not there is not an empty one.
#[test]
fn missing_objects_are_refused() {
    for what in ["main~1^{tree}", "main~1:policies", "main~1:policies/pay.yaml", "main~1"] {
        let (written, program) = written();
        let id = program.run(&["rev-parse", what]);
        fs::remove_file(written.world.at(&format!(".git/objects/{}/{}", &id[..2], &id[2..]))).unwrap();
        for asked in &ASKED[..1] {
            let done = written.policyc(asked);
            assert!(done.code == 3 && done.out.is_empty(), "{what}: {done:?}");
        }
    }
}

/// Names that are not versions.
#[test]
fn what_is_no_version_is_said() {
    let (written, _) = written();
    for name in ["pay@9", "pay@0", "nobody@1", "pay@nowhere", "pay@-1"] {
        let done = written.policyc(&["show", name]);
        assert!(matches!(done.code, 1..=3) && done.out.is_empty() && !done.err.is_empty(), "{name}: {done:?}");
    }
}

#[test]
fn nothing_that_a_repository_configures_runs() {
    let (written, program) = written();
    let world = &written.world;
    let sprung = world.at(".git/sprung");
    world.write(".git/trap.sh", format!("#!/bin/sh\necho \"$0 $@\" >> {}\ncat\n", sprung.display()));
    make_executable(&world.at(".git/trap.sh"));
    let trap = world.at(".git/trap.sh");
    let trap = trap.to_str().unwrap();
    let keys = [
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.gitProxy",
        "core.askPass",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.x.textconv",
        "diff.x.command",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "merge.x.driver",
        "credential.helper",
        "gpg.program",
        "sequence.editor",
        "uploadpack.packObjectsHook",
        "pager.log",
        "alias.log",
        "trailer.x.command",
    ];
    for key in keys {
        program.run(&["config", key, trap]);
    }
    program.run(&["config", "filter.x.required", "true"]);
    program.run(&["config", "commit.gpgSign", "true"]);
    program.run(&["config", "log.showSignature", "true"]);
    world.write(".gitattributes", "* filter=x diff=x merge=x\n");
    for hook in [
        "post-checkout",
        "post-commit",
        "post-index-change",
        "reference-transaction",
        "pre-commit",
        "commit-msg",
        "prepare-commit-msg",
        "pre-auto-gc",
        "post-rewrite",
        "pre-merge-commit",
        "fsmonitor-watchman",
    ] {
        world.write(&format!(".git/hooks/{hook}"), world.read(".git/trap.sh"));
        make_executable(&world.at(&format!(".git/hooks/{hook}")));
    }
    world.write("policies/pay.yaml", "id: pay\nrun_budget: 9\n");
    let environment = [("PATH", std::env::var("PATH").unwrap())];
    let environment: Vec<(&str, &str)> = environment.iter().map(|(key, value)| (*key, value.as_str())).collect();
    for asked in &ASKED[..3] {
        let done = written.policyc_with(asked, &environment);
        assert_eq!(done.code, 0, "{asked:?}: {done:?}");
    }
    world.write("policies/pay.yaml", "id: pay\nrun_budget: 2\n");
    for asked in [ASKED[3], &["rollback", "pay", "1", "--draft", "back"]] {
        let done = written.policyc_with(asked, &environment);
        assert!(matches!(done.code, 0 | 1 | 3), "{asked:?}: {done:?}");
    }
    assert!(!sprung.exists(), "{}", fs::read_to_string(&sprung).unwrap_or_default());
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_bare_repository_and_a_linked_work_tree_say_the_same() {
    let (written, program) = written();
    let expected = written.reference().versions_told();
    program.run(&["clone", "-q", "--bare", ".", ".git/bare.git"]);
    let done = written.world.run(&[&["-C", ".git/bare.git"], ASKED[0]].concat());
    assert_eq!(versions(&done).unwrap(), expected);
    program.run(&["worktree", "add", "-q", "linked", "x"]);
    written.world.write("linked/policies/mail.yaml", "id: mail\nrun_budget: 5\n");
    let done = written.world.run(&[&["-C", "linked"], ASKED[0]].concat());
    assert_eq!(versions(&done).unwrap(), expected);
    let told = status(&written.world.run(&["-C", "linked", "status", "--format", "json"])).unwrap();
    let drafts = told::drafts(&told);
    assert_eq!(drafts, ["mail added draft work tree", "pay changed draft refs/heads/x"].map(str::to_owned));
}

#[test]
fn a_submodule_beside_changes_nothing() {
    let (written, program) = written();
    let expected = written.reference().versions_told();
    program.run(&["clone", "-q", ".", "vendored"]);
    written.world.write(".gitmodules", "[submodule \"vendored\"]\n\tpath = vendored\n\turl = ./vendored\n");
    program.run(&["add", "vendored", ".gitmodules"]);
    program.run(&["-c", "commit.gpgSign=false", "commit", "-q", "-m", "a submodule"]);
    assert_eq!(written.versions().unwrap(), expected);
    assert_eq!(written.status().unwrap(), written.reference().status_told(&written.world));
}

/// A merge that stopped leaves its marks in the work tree, where they are a broken document.
#[test]
fn a_merge_in_progress_is_told_and_changes_no_version() {
    let (written, program) = written();
    program.run(&["checkout", "-q", "-B", "y", "main"]);
    written.world.write("policies/pay.yaml", "id: pay\nrun_budget: 4\n");
    program.run(&["commit", "-q", "-a", "-m", "four"]);
    program.run(&["branch", "-f", "main", "y"]);
    program.run(&["checkout", "-q", "main"]);
    program.run(&["branch", "-q", "-D", "y"]);
    assert_eq!(program.output(&["merge", "x"]).status.code(), Some(1));
    assert!(written.world.read("policies/pay.yaml").contains("<<<<<<<"));
    let reference = written.reference();
    assert_eq!(written.versions().unwrap(), reference.versions_told());
    let told = written.status().unwrap();
    assert_eq!(told, reference.status_told(&written.world));
    let drafts = told::drafts(&told);
    assert_eq!(drafts, ["pay changed draft refs/heads/x", "pay broken draft work tree"].map(str::to_owned));
    assert!(!written.policyc(&["status"]).out.is_empty());
}

/// The canonical form of a version is a document of policyc, and its digest the one that is listed.
#[test]
fn the_canonical_form_of_a_version_has_its_digest() {
    let (written, _) = written();
    let listed = parsed(&written.policyc(ASKED[0])).unwrap();
    let newest = listed["data"].as_array().unwrap().iter().find(|event| event["id"] == "pay@2").unwrap();
    let shown = parsed(&written.policyc(&["show", "pay@2", "--format", "json"])).unwrap();
    assert_eq!(shown["run_budget"], json!(2), "{shown}");
    assert_eq!(newest["canonical_digest"], crate::documents::digest(&shown), "{shown}");
}
