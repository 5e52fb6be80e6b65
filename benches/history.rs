//! Versions from long histories, beside a bare walk of the same first-parent chain that compares the root tree's entry ids.
//!
//! `cargo bench --bench history [-- COMMITS]` writes three repositories with the git program, and prints medians of five
//! and ratios; the default is 10000 commits. Nothing here asserts a time.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark writes files, starts processes, looks at the clock and prints"
)]

mod timed;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use policyc::git::Database;
use policyc::lifecycle::{History, Memory};
use timed::median;

const POLICIES: usize = 1_000;

/// How policies lie in a repository, and which commits touch them.
struct Layout {
    name: &'static str,
    folders: usize,
    /// One commit in so many touches a policy; the others touch code beside.
    every: usize,
}

const LAYOUTS: [Layout; 3] = [
    Layout { name: "25 folders of 40, each commit changes one policy", folders: 25, every: 1 },
    Layout { name: "25 folders of 40, one commit in ten changes one", folders: 25, every: 10 },
    Layout { name: "one folder of 1000, each commit changes one policy", folders: 1, every: 1 },
];

fn policy(number: usize, edit: usize) -> (String, String) {
    let text = format!(
        "id: policy-{number}\nname: Policy {number}\n# edited {edit} times\ndescription: Keeps agents of team {number} within what they are for.\n\
         denied_actions: [shell.exec, \"mail.*\", files.delete_{edit}]\nrate_limits:\n  \"*.send_email\": {{max_count: {}, window_seconds: 3600}}\n\
         require_approval: true\napproval_actions: [\"bank.*\"]\napproval_threshold_usd: {}\ndefault_approvers: [someone@example.com]\n",
        edit % 50 + 1,
        edit * 10,
    );
    (format!("policy-{number}.yaml"), text)
}

fn path(layout: &Layout, number: usize) -> String {
    format!("policies/team-{}/{}", number % layout.folders, policy(number, 0).0)
}

/// The history as a stream for `git fast-import`.
fn stream(layout: &Layout, commits: usize) -> String {
    let mut text = String::new();
    let mut edits = vec![0; POLICIES];
    let file = |text: &mut String, path: &str, content: &str| {
        writeln!(text, "M 100644 inline {path}\ndata {}\n{content}", content.len()).unwrap();
    };
    for commit in 0..commits {
        let message = format!("Commit {commit}");
        writeln!(
            text,
            "commit refs/heads/main\ncommitter Ann <ann@example.com> {} +0000\ndata {}\n{message}",
            1_700_000_000 + commit * 600,
            message.len()
        )
        .unwrap();
        if commit == 0 {
            file(&mut text, "policyc.yaml", "branch: main\n");
            (0..POLICIES).for_each(|number| file(&mut text, &path(layout, number), &policy(number, 0).1));
        } else if commit % layout.every == 0 {
            let number = commit / layout.every * 7 % POLICIES;
            let edit = edits.get_mut(number).unwrap();
            *edit += 1;
            file(&mut text, &path(layout, number), &policy(number, *edit).1);
        } else {
            file(&mut text, &format!("src/part-{}/code.rs", commit % 97), &format!("// {commit}\n"));
        }
        text.push('\n');
    }
    text
}

fn write(folder: &Path, layout: &Layout, commits: usize) {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder).args(arguments).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", folder);
        command
    };
    assert!(git(&["init", "-q", "-b", "main"]).status().unwrap().success());
    let mut import = git(&["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    import.stdin.take().unwrap().write_all(stream(layout, commits).as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    assert!(git(&["repack", "-adq"]).status().unwrap().success());
}

/// Walks first parents and compares the entry ids of the root tree with those of the first parent.
fn bare_walk(folder: &Path) -> usize {
    let repository = git2::Repository::open(folder).unwrap();
    let entries = |tree: &git2::Tree<'_>| tree.iter().map(|entry| entry.id()).collect::<Vec<_>>();
    let mut commit = repository.find_reference("refs/heads/main").unwrap().peel_to_commit().unwrap();
    let mut own = entries(&commit.tree().unwrap());
    let mut changed = 0;
    while let Ok(parent) = commit.parent(0) {
        let before = entries(&parent.tree().unwrap());
        changed += usize::from(before != own);
        (commit, own) = (parent, before);
    }
    changed
}

fn history(folder: &Path, memory: Option<&[u8]>) -> History {
    let database = Database::open(folder).unwrap().unwrap();
    let protected = database.protected("main").unwrap();
    History::read(&database, protected, memory.and_then(Memory::of_bytes)).unwrap()
}

fn main() {
    let commits = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    println!("{commits} commits, {POLICIES} policies, {} threads", rayon::current_num_threads());
    for layout in &LAYOUTS {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), layout, commits);
        let walk = median(|| assert!(bare_walk(folder.path()) > 0));
        let first = median(|| drop(history(folder.path(), None)));
        let bytes = history(folder.path(), None).to_bytes();
        let second = median(|| drop(history(folder.path(), Some(&bytes))));
        let events = history(folder.path(), Some(&bytes)).events().len();
        println!("{}: {events} events", layout.name);
        println!("  bare walk   {:8.1} ms", walk.as_secs_f64() * 1e3);
        println!(
            "  first call  {:8.1} ms  {:.1} times the walk",
            first.as_secs_f64() * 1e3,
            first.as_secs_f64() / walk.as_secs_f64()
        );
        println!("  second call {:8.1} ms  ({} KiB remembered)", second.as_secs_f64() * 1e3, bytes.len() / 1024);
    }
}
