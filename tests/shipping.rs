//! What runs policyc elsewhere: the action, the workflows, the hooks, and the files that `policyc init --ci` writes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may fail, reads files, starts programs and says what it left out"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::world::World;

const PIN: &str = "acme/policyc@0123456789abcdef0123456789abcdef01234567";

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

fn workflows() -> Vec<(String, String)> {
    let files = fs::read_dir(".github/workflows").unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.display().to_string(), read(&path))).collect()
}

/// What `init` and `init --ci` write, by path.
fn generated() -> Vec<(String, String)> {
    let mut all = Vec::new();
    let world = World::new();
    assert_eq!(world.run(&["init", "."]).code, 0);
    all.push(("init/policy.yml".to_owned(), world.read(".github/workflows/policy.yml")));
    for (ci, path) in [
        ("github", ".github/workflows/policy.yml"),
        ("gitlab", ".gitlab/policyc.yml"),
        ("pre-commit", ".pre-commit-config.yaml"),
    ] {
        let world = World::with(&[]);
        world.commit();
        let done = world.run(&["init", "--ci", ci, "--pin", PIN]);
        assert_eq!(done.code, 0, "{done:?}");
        all.push((format!("{ci}/{}", path.rsplit('/').next().unwrap()), world.read(path)));
    }
    all
}

/// Every `uses` of a workflow or action.
fn used(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: ")).collect()
}

#[test]
fn actions_of_others_are_pinned_by_commit_and_named_alike_everywhere() {
    let mut seen = BTreeSet::new();
    let ours = [("action.yml".to_owned(), read("action.yml"))];
    for (path, text) in workflows().into_iter().chain(generated()).chain(ours) {
        for used in used(&text) {
            if used == "$/" {
                continue;
            }
            let (name, rest) = used.split_once('@').unwrap_or_else(|| panic!("{path}: {used}"));
            let (commit, version) = rest.split_once(" # v").unwrap_or_else(|| panic!("{path}: {used}"));
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{path}: {used}");
            seen.insert((name.to_owned(), commit.to_owned(), version.to_owned()));
        }
    }
    let names: BTreeSet<&String> = seen.iter().map(|(name, ..)| name).collect();
    assert_eq!(names.len(), seen.len(), "one version of each: {seen:?}");
}

#[test]
fn no_text_of_a_caller_becomes_a_command() {
    let ours = [("action.yml".to_owned(), read("action.yml"))];
    for (path, text) in workflows().into_iter().chain(generated()).chain(ours) {
        let mut scripts = Vec::new();
        collect(&yaml(&text), &mut scripts);
        assert!(scripts.iter().all(|script| !script.contains("${{")), "{path}");
    }
}

/// Every script of a workflow.
fn collect(value: &Value, scripts: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            scripts.extend(map.get("run").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect(value, scripts));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, scripts)),
        _ => {}
    }
}

#[test]
fn jobs_have_the_permissions_that_they_say_and_an_end() {
    let github =
        workflows().into_iter().chain(generated().into_iter().filter(|(path, _)| path.ends_with("policy.yml")));
    for (path, text) in github {
        let workflow = yaml(&text);
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{path}");
        for (name, job) in workflow["jobs"].as_object().unwrap() {
            assert!(job["permissions"].is_object() && job["timeout-minutes"].is_number(), "{path}: {name}");
        }
        let bare = |line: &&str| [": write", ": read"].iter().any(|end| line.ends_with(end)) && !line.starts_with('#');
        if let Some(line) = text.lines().map(str::trim_start).find(bare) {
            panic!("{path}: a permission without its reason: {line}");
        }
    }
}

#[test]
fn the_own_workflow_judges_the_own_policies() {
    let text = read(".github/workflows/policy.yml");
    assert!(
        text.contains("policyc ci ") && text.contains("fetch-depth: 0") && text.contains("persist-credentials: false")
    );
    let triggers = yaml(&text)["on"].clone();
    for event in ["pull_request", "merge_group", "push"] {
        assert!(triggers.get(event).is_some(), "{event}");
    }
}

/// The toolchain is named in one way, and is the oldest that the package takes.
#[test]
fn everything_is_built_with_the_toolchain_of_the_package() {
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    let ours = [("action.yml".to_owned(), read("action.yml"))];
    for (path, text) in workflows().into_iter().chain(ours) {
        for (at, _) in text.match_indices("rustup toolchain install ") {
            let named = text[at..].split_whitespace().nth(3).unwrap();
            assert!(named.starts_with(&format!("{version}.")), "{path}: {named}");
        }
    }
}

/// Every input of the action reaches `policyc ci`, which knows each option that it is given.
#[test]
fn the_action_and_the_command_speak_of_the_same() {
    let action = yaml(&read("action.yml"));
    let script = action["runs"]["steps"].as_array().unwrap().iter().find(|step| step["id"] == "ci").unwrap();
    let (run, environment) = (script["run"].as_str().unwrap(), script["env"].to_string());
    let help = World::new().run(&["ci", "--help"]).out;
    for option in run.split(['"', ' ', '(']).filter_map(|word| word.strip_prefix("--")?.split('=').next()) {
        assert!(help.contains(&format!("--{option}")), "--{option}");
    }
    for input in ["base", "head", "environment", "logs", "reviews", "approvals", "working-directory"] {
        assert!(environment.contains(&format!("inputs.{input} ")), "{input}");
    }
    let inputs: BTreeSet<&String> = action["inputs"].as_object().unwrap().keys().collect();
    let reusable = yaml(&read(".github/workflows/policy-reusable.yml"));
    for input in reusable["on"]["workflow_call"]["inputs"].as_object().unwrap().keys() {
        assert!(inputs.contains(input), "{input}");
    }
}

#[test]
fn hooks_name_commands_that_there_are() {
    let hooks = yaml(&read(".pre-commit-hooks.yaml"));
    for hook in hooks.as_array().unwrap() {
        let words: Vec<&str> = hook["entry"].as_str().unwrap().split(' ').collect();
        let done = World::of_project().run(&words[1..]);
        assert_eq!((words[0], done.code), ("policyc", 0), "{done:?}");
    }
    let config = generated().into_iter().find(|(path, _)| path.starts_with("pre-commit")).unwrap().1;
    for hook in yaml(&config)["repos"][0]["hooks"].as_array().unwrap() {
        assert!(hooks.as_array().unwrap().iter().any(|known| known["id"] == hook["id"]), "{hook}");
    }
}

#[test]
fn init_pins_a_commit_and_keeps_what_is_there() {
    let world = World::with(&[]);
    world.commit();
    let done = world.run(&["init", "--ci", "github"]);
    assert_eq!(done.code, 2, "{done:?}");
    assert!(done.err.contains("--pin OWNER/NAME@COMMIT"), "{}", done.err);
    assert_eq!(world.run(&["init", "--ci", "github", "--pin", "acme/policyc@v1"]).code, 2);
    assert!(!world.at(".github").exists());
    // Below the top of the repository, CI is told the folder.
    let world = World::new();
    world.write("agents/policyc.yaml", "branch: main\n");
    world.commit();
    assert_eq!(world.run(&["-C", "agents", "init", "--ci", "github", "--pin", PIN]).code, 0);
    let text = world.read(".github/workflows/policy.yml");
    assert!(text.contains("working-directory: \"agents\"") && text.contains("@0123456789abcdef"), "{text}");
    world.write(".github/workflows/policy.yml", "mine");
    let done = world.run(&["-C", "agents", "init", "--ci", "github", "--pin", PIN]);
    assert_eq!(done.code, 3, "{done:?}");
    assert!(done.err.contains("remove it first"), "{}", done.err);
    let empty = World::new();
    assert_eq!(empty.run(&["init", "--ci", "github", "--pin", PIN]).code, 3);
    assert_eq!(world.read(".github/workflows/policy.yml"), "mine");
}

/// The shell of GitLab's job, run: what it ends with, and what policyc is given.
#[test]
fn the_script_of_gitlab_hands_the_verdict_on() {
    let text = generated().into_iter().find(|(path, _)| path.starts_with("gitlab")).unwrap().1;
    let job = &yaml(&text)["policyc"];
    let script = job["script"][0].as_str().unwrap();
    let world = World::new();
    world.write("bin/policyc", "#!/bin/sh\nfor word in \"$@\"; do printf '%s|' \"$word\"; done >>\"$CI_PROJECT_DIR/asked\"\necho >>\"$CI_PROJECT_DIR/asked\"\ncase \" $* \" in *' forge fetch '*) exit \"${FETCH:-0}\" ;; *' ci '*) [ -z \"${GITLAB_TOKEN:-}\" ] || exit 9; exit \"${VERDICT:-0}\" ;; esac\n");
    Command::new("chmod").args(["+x", "bin/policyc"]).current_dir(world.path()).status().unwrap();
    fs::create_dir(world.at(".policyc-ci")).unwrap();
    let run = |more: &[(&str, &str)]| {
        let path = format!("{}:{}", world.at("bin").display(), std::env::var("PATH").unwrap());
        let place = world.path().display().to_string();
        let mut command = Command::new("sh");
        command.args(["-c", script]).env_clear().current_dir(world.path());
        command.envs([("PATH", path.as_str()), ("CI_PROJECT_DIR", &place), ("POLICYC_FOLDER", "agents and more")]);
        let code = command.envs(more.iter().copied()).output().unwrap().status.code().unwrap();
        let asked = world.read("asked");
        fs::remove_file(world.at("asked")).unwrap();
        (code, asked)
    };
    for (verdict, code) in [("0", 0), ("1", 1), ("3", 3)] {
        let (found, asked) = run(&[("VERDICT", verdict)]);
        assert_eq!(found, code);
        assert!(asked.starts_with("-C|agents and more|ci|") && !asked.contains("told"), "{asked}");
    }
    assert!(run(&[("POLICYC_APPROVALS", "told")]).1.contains("|--approvals=told|"));
    let (code, asked) =
        run(&[("GITLAB_TOKEN", "x"), ("POLICYC_LOGS", "a b.jsonl\n--c.jsonl"), ("POLICYC_ENVIRONMENT", "e")]);
    assert_eq!(code, 0, "{asked}");
    assert!(asked.contains("|--log=a b.jsonl|--log=--c.jsonl|") && asked.contains("|--environment=e|"), "{asked}");
    assert!(asked.contains("forge.json|") && !asked.contains("told"), "{asked}");
    // Without an answer of the forge nothing is judged.
    let (code, asked) = run(&[("GITLAB_TOKEN", "x"), ("FETCH", "3")]);
    assert_eq!((code, asked.lines().count()), (2, 1), "{asked}");
}

/// zizmor at its strictest; where it is not at hand, that is said.
#[test]
fn zizmor_finds_nothing() {
    let program = std::env::var("POLICYC_ZIZMOR").unwrap_or_else(|_| "zizmor".to_owned());
    if Command::new(&program).arg("--version").output().is_err() {
        println!(
            "SKIPPED: zizmor is not at hand (`pip install zizmor`, or POLICYC_ZIZMOR=PATH): workflows were not audited"
        );
        return;
    }
    let folder = World::new();
    for (path, text) in generated().into_iter().filter(|(path, _)| path.ends_with("policy.yml")) {
        folder.write(&format!("{}/.github/workflows/policy.yml", path.split('/').next().unwrap()), text);
    }
    folder.write("own/action.yml", read("action.yml"));
    for (path, text) in workflows() {
        folder.write(&format!("own/{path}"), text);
    }
    let output = Command::new(&program)
        .args(["--persona", "pedantic", "--offline", "--no-progress", "."])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.contains("No findings to report"), "{told}");
}
