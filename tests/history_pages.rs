//! What README.md and docs/git.md show of histories, told again from a repository written here: real commands, real Git.
//! `POLICYC_ACCEPT=1 cargo test --test history_pages` writes the blocks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use support::world::World;

const PAYMENTS: &str = "# Who pays what. Ask finance before you change this.\nid: payments\nname: Payments\napproval_rules:\n  - when:\n      actions: [bank.pay]\n      arguments: {amount: {exclusiveMinimum: 500}}\n    approvers: [finance@example.com]\n";
const SHELL: &str = "id: shell\nname: No shells\ndenied_actions: [shell.exec]\n";

/// A repository with four versions, a pull request, a draft, and an edit that is not committed.
fn story() -> World {
    let world = World::with(&[("policies/payments.yaml", PAYMENTS), ("policies/shell.yaml", SHELL)]);
    let commit = |who: &str, day: u32, message: &str| {
        let (name, email) = (who.to_owned(), format!("{}@example.com", who.to_lowercase()));
        let date = format!("2026-03-{day:02}T09:00:00Z");
        world.git(&["add", "-A"]);
        let identity = format!("user.name={name}");
        let author = format!("--author={name} <{email}>");
        world.git(&["-c", &identity, "commit", "-q", &author, "--date", &date, "-m", message]);
    };
    world.git(&["init", "-q", "-b", "main"]);
    commit("Ada", 2, "Ask for payments above 500, forbid shells");
    world.git(&["checkout", "-q", "-b", "ben/shells"]);
    world.write("policies/shell.yaml", SHELL.replace("[shell.exec]", "[shell.exec, shell.run]"));
    commit("Ben", 3, "Forbid shell.run as well");
    world.git(&["update-ref", "refs/pull/7/head", "HEAD"]);
    world.git(&["checkout", "-q", "main"]);
    let merge = "Merge pull request #7 from ben/shells\n\nApproved-by: Cleo <cleo@example.com>";
    world.git(&["merge", "-q", "--no-ff", "-m", merge, "ben/shells"]);
    world.git(&["branch", "-q", "-D", "ben/shells"]);
    let raised = PAYMENTS.replace("500", "800");
    world.write("policies/payments.yaml", &raised);
    commit("Ada", 5, "Ask for payments above 800 only");
    let mended = raised.replace("Who pays what.", "Who may pay what.");
    world.write("policies/payments.yaml", &mended);
    commit("Ada", 6, "Mend a comment");
    world.git(&["checkout", "-q", "-b", "cleo/mail"]);
    world.write("policies/mail.yaml", "id: mail\nrate_limits:\n  mail.send: {max_count: 20, window_seconds: 3600}\n");
    commit("Cleo", 7, "Limit mail");
    world.git(&["update-ref", "refs/pull/12/head", "HEAD"]);
    world.git(&["checkout", "-q", "main"]);
    world.write("policies/shell.yaml", SHELL);
    world
}

/// The blocks of a page that show a command about history.
fn blocks(page: &str) -> Vec<(String, String)> {
    let commands = ["versions", "diff", "status", "log", "show", "rollback"];
    let shown = page.split("\n```text\n$ policyc ").skip(1).filter_map(|rest| rest.split_once("\n```"));
    let block = |(block, _): (&str, &str)| {
        let (command, output) = block.split_once('\n').unwrap_or((block, ""));
        let (command, output) = (command.to_owned(), output.to_owned());
        commands.iter().any(|word| command.split(' ').next() == Some(word)).then_some((command, output))
    };
    shown.filter_map(block).collect()
}

fn hold(path: &str) {
    let mut page = std::fs::read_to_string(path).unwrap();
    let blocks = blocks(&page);
    assert!(blocks.len() >= 3, "{path} shows too little");
    let world = story();
    for (command, shown) in blocks {
        let arguments: Vec<&str> = command.split(' ').collect();
        let identity = [
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_AUTHOR_EMAIL", "ada@example.com"),
            ("GIT_COMMITTER_NAME", "Ada"),
            ("GIT_COMMITTER_EMAIL", "ada@example.com"),
            ("GIT_AUTHOR_DATE", "2026-03-08T09:00:00Z"),
            ("GIT_COMMITTER_DATE", "2026-03-08T09:00:00Z"),
        ];
        let done = world.run_with(&arguments, &identity, "");
        assert!(done.code == 0 || !done.err.is_empty(), "{command}: {done:?}");
        let told = format!("{}{}", done.out, done.err).trim_end().to_owned();
        if std::env::var_os("POLICYC_ACCEPT").is_some() {
            let before = if shown.is_empty() { String::new() } else { format!("\n{shown}") };
            page = page
                .replace(&format!("$ policyc {command}{before}\n```"), &format!("$ policyc {command}\n{told}\n```"));
            std::fs::write(path, &page).unwrap();
        } else {
            assert_eq!(told, shown, "{path}: policyc {command}");
        }
    }
}

#[test]
fn readme_tells_what_commands_say() {
    hold("README.md");
}

#[test]
fn the_page_about_git_tells_what_commands_say() {
    hold("docs/git.md");
}
