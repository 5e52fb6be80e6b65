//! docs/walkthrough.md, run as it stands: every command in a shell, every output compared. `POLICYC_ACCEPT=1 cargo test --test
//! walkthrough` writes the outputs. Names of commits and digests hang on schemas that `init` writes, and are not compared.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use std::path::PathBuf;
use std::process::Command;

use support::world::World;

const PAGE: &str = "docs/walkthrough.md";

/// A command, the text that it was read from, and what it is shown to answer.
struct Step {
    command: String,
    shown: String,
    answer: String,
}

/// The commands of the page's console blocks. A command goes on in lines that begin with `> `.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in page.split("```console\n").skip(1).map(|rest| rest.split_once("```").unwrap().0) {
        for line in block.lines() {
            let goes_on = line.strip_prefix("> ").or((line == ">").then_some(""));
            match (line.strip_prefix("$ "), goes_on, steps.last_mut()) {
                (Some(command), ..) => {
                    steps.push(Step { command: command.to_owned(), shown: line.to_owned(), answer: String::new() });
                }
                (_, Some(more), Some(step)) if step.answer.is_empty() => {
                    step.command.push_str(&format!("\n{more}"));
                    step.shown.push_str(&format!("\n{line}"));
                }
                (_, _, Some(step)) => step.answer.push_str(&format!("{line}\n")),
                _ => panic!("an answer before the first command: {line}"),
            }
        }
    }
    steps
}

/// The same text with every name of a commit and every digest written alike.
fn alike(text: &str) -> String {
    let mut same = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_hexdigit() && !c.is_ascii_uppercase() {
            word.push(c);
            continue;
        }
        let is_name = word.len() >= 8 && word.bytes().any(|byte| byte.is_ascii_digit());
        same.push_str(if is_name { "HASH" } else { &word });
        word.clear();
        same.push(c);
    }
    // A column is as wide as what stands in it.
    same.lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}

#[test]
fn the_walkthrough_is_true() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let world = World::new();
    let mut folder: PathBuf = world.path().to_path_buf();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_policyc"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut accepted = String::new();
    let mut rest = page.as_str();
    let steps = steps(&page);
    assert!(steps.len() > 30, "the page shows too little");
    for (rank, step) in steps.iter().enumerate() {
        let clock = format!("2026-03-02T{:02}:{:02}:00Z", 9 + rank / 60, rank % 60);
        let script = format!("{}\nstatus=$?\npwd > \"$WHERE\"\nexit $status", step.command);
        let place = world.at("where");
        let done = Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{script}")])
            .current_dir(&folder)
            .env_clear()
            .envs([("PATH", path.as_str()), ("HOME", world.path().to_str().unwrap()), ("LC_ALL", "C")])
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
            .envs([("GIT_AUTHOR_DATE", &clock), ("GIT_COMMITTER_DATE", &clock)])
            .env("WHERE", &place)
            .output()
            .unwrap();
        let shown = String::from_utf8(done.stdout).unwrap().replace(world.path().to_str().unwrap(), "/home/you");
        if let Ok(now) = std::fs::read_to_string(&place) {
            folder = PathBuf::from(now.trim_end());
        }
        let same = alike(&shown) == alike(&step.answer);
        if std::env::var_os("POLICYC_ACCEPT").is_some() {
            let old = format!("{}\n{}", step.shown, step.answer);
            let (before, after) = rest.split_once(&old).unwrap();
            let new = if same { old.clone() } else { format!("{}\n{shown}", step.shown) };
            accepted.push_str(&format!("{before}{new}"));
            rest = after;
        } else {
            assert_eq!(alike(&shown), alike(&step.answer), "$ {}", step.command);
        }
    }
    accepted.push_str(rest);
    if std::env::var_os("POLICYC_ACCEPT").is_some() && accepted != page {
        std::fs::write(PAGE, accepted).unwrap();
    }
}
