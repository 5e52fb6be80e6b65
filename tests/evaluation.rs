//! docs/evaluation.md says what the policies stop on recorded attacks: its table is what `policyc simulate` finds. The logs
//! are not part of this repository: `POLICYC_SHARED` names the folder that holds `data/logs`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn logs() -> Option<PathBuf> {
    let folder =
        std::env::var_os("POLICYC_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from).join("data/logs");
    let there = folder.join("agentdojo.slack.jsonl.gz").exists();
    if !there {
        println!("skipped: {} does not hold the recorded attacks", folder.display());
    }
    there.then_some(folder)
}

fn simulate(log: &Path, arguments: &[&str]) -> Value {
    let log = log.to_str().unwrap();
    let all = [&["simulate", log, "--format", "json", "--threads", "2"], arguments].concat();
    let done = Command::new(env!("CARGO_BIN_EXE_policyc")).args(all).output().unwrap();
    serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

/// The cells of the row of a table that begins with a name.
fn row(page: &str, name: &str) -> Vec<String> {
    let line = page.lines().find(|line| line.starts_with(&format!("| {name} |"))).unwrap_or_else(|| panic!("{name}"));
    line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

const NOT_WANTED: &str = "/labels/user_task_id!=injection_task_*";

#[test]
fn the_table_is_what_a_replay_finds() {
    let Some(folder) = logs() else { return };
    let page = std::fs::read_to_string("docs/evaluation.md").unwrap();
    for suite in ["banking", "slack", "travel", "workspace"] {
        let log = folder.join(format!("agentdojo.{suite}.jsonl.gz"));
        let attacked = simulate(&log, &["--truth", "/injected=true", "--where", NOT_WANTED]);
        let bad = &attacked["truth"]["sides"]["head"]["bad"];
        let honest = simulate(&log, &["--where", NOT_WANTED, "--where", "/labels/attack_type=none"]);
        let good = &honest["totals"]["head"];
        let count =
            |of: &Value, keys: &[&str]| keys.iter().map(|key| of[key].as_u64().unwrap()).sum::<u64>().to_string();
        let row = row(&page, suite);
        let found = [
            count(bad, &["allow", "approval_required", "deny"]),
            count(bad, &["deny"]),
            count(bad, &["approval_required"]),
            count(bad, &["allow"]),
        ];
        assert_eq!(row[1..5], found, "{suite}");
        let found = [count(good, &["allow", "approval_required", "deny"]), count(good, &["approval_required", "deny"])];
        assert_eq!(row[7..9], found, "{suite}");
    }
    for log in ["tau.airline", "tau.retail", "tau.telecom", "swe-agent.shell"] {
        let totals = &simulate(&folder.join(format!("{log}.jsonl.gz")), &[])["totals"]["head"];
        let all = ["allow", "approval_required", "deny"].iter().map(|key| totals[key].as_u64().unwrap()).sum::<u64>();
        let found = [all.to_string(), totals["deny"].to_string(), totals["approval_required"].to_string()];
        assert_eq!(row(&page, log)[1..4], found, "{log}");
    }
}
