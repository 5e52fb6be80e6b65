//! The command as a person and a program meet it: exit codes, streams, files, pipes, the world saying no.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use std::fs;
use std::io::Read as _;
use std::process::Stdio;

use serde_json::Value;
use support::world::{Done, World};

const NO_SHELL: (&str, &str) = ("policies/no-shell.yaml", "id: no-shell\ndenied_actions: [shell.*]\n");

/// The code, the exit code and the stream of a failure of the world.
fn failed(done: &Done, code: &str) {
    assert_eq!(done.code, 3, "{done:?}");
    assert!(done.err.contains(code), "{done:?}");
    assert!(done.out.is_empty(), "{done:?}");
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn the_world_says_no_with_exit_code_3() {
    let world = World::new();
    failed(&world.run(&["check"]), "PC0901");
    failed(&world.run(&["-C", "nowhere", "check"]), "PC0902");
    std::fs::create_dir(world.at("empty")).unwrap();
    failed(&world.run(&["compile", "empty"]), "PC0902");
    let world = World::with(&[NO_SHELL]);
    failed(&world.run(&["check", "--rev", "HEAD"]), "PC0903");
    failed(&world.run(&["check", "policies/none.yaml"]), "PC0902");
    failed(&world.run(&["compile", "policies/none.yaml"]), "PC0902");
    failed(&world.run(&["show", "no-shel"]), "PC0905");
    world.commit();
    failed(&world.run(&["check", "--rev", "v1"]), "PC0904");
    failed(&world.run(&["compile", "-o", "policies/bundle.json"]), "PC0906");
    failed(&world.run(&["compile", "-o", "policyc.yaml"]), "PC0906");
    assert_eq!(world.read("policyc.yaml"), "branch: main\n");
}

#[test]
fn a_missing_environment_is_told_after_the_findings() {
    let world =
        World::with(&[("policies/a.yaml", "id: a\ndeny_actions: []\n"), ("environments/production.yaml", "{}\n")]);
    let done = world.run(&["check", "--environment", "prodution"]);
    assert_eq!(done.code, 3);
    assert!(done.out.contains("PC0301"), "{done:?}");
    assert!(done.err.contains("PC0905") && done.err.contains("did you mean `production`"), "{done:?}");
    assert_eq!(world.run(&["check", "--environment", "production"]).code, 1);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let world = World::with(&[NO_SHELL]);
    for arguments in [
        &["chekc"][..],
        &["compile", "-"],
        &["compile", "--source-format", "yaml"],
        &["compile", "-", "policies", "--source-format", "yaml"],
        &["check", "--format", "sarf"],
        &["check", "--format", "json", "--format", "human"],
        &["check", "--now", "tomorrow"],
        &["list", "--limit", "0"],
        &["explain", "PC9999"],
        &["schema", "polcy"],
    ] {
        let done = world.run(arguments);
        assert_eq!(done.code, 2, "{arguments:?} {done:?}");
        assert!(done.out.is_empty() && !done.err.is_empty(), "{arguments:?} {done:?}");
    }
}

#[test]
fn findings_are_exit_code_1_and_warnings_only_when_denied() {
    let world = World::with(&[("policies/no-shell.yaml", "denied_actions: [shell.*]\n")]);
    assert_eq!(world.run(&["check"]).code, 0);
    assert_eq!(world.run(&["check", "--deny-warnings"]).code, 1);
    assert_eq!(world.run(&["validate", "--all"]).code, 0);
    world.write("policies/b.yaml", "id: b\ndeny_actions: []\n");
    assert_eq!(world.run(&["check"]).code, 1);
    assert_eq!(world.run(&["check", "policies/no-shell.yaml"]).code, 0, "findings elsewhere are not asked for");
    assert_eq!(world.run(&["list"]).code, 1, "a list without what cannot be read would be a lie");
    let world = World::with(&[]);
    assert_eq!(world.run(&["check"]).code, 1, "no document at all");
}

#[test]
fn nothing_is_written_where_there_are_errors() {
    let world = World::with(&[("policies/b.yaml", "id: b\ndeny_actions: []\n")]);
    let done = world.run(&["compile", "-o", "bundle.json", "--origins", "origins.json"]);
    assert_eq!(done.code, 1);
    assert!(!world.at("bundle.json").exists() && !world.at("origins.json").exists());
    assert!(done.err.contains("PC0301") && done.out.contains("not compiled: 1 error"), "{done:?}");
}

#[test]
fn the_bundle_goes_to_a_file_or_to_standard_output() {
    let world = World::with(&[NO_SHELL]);
    let to_file = world.run(&["compile", "-o", "build/bundle.json", "--origins", "build/origins.json"]);
    assert_eq!((to_file.code, to_file.err.as_str()), (0, ""));
    let to_stdout = world.run(&["compile", "-o", "-"]);
    assert_eq!(to_stdout.out, world.read("build/bundle.json"));
    let bundle = json(&to_stdout.out);
    assert!(to_stdout.err.contains(bundle["digest"].as_str().unwrap()));
    let origins = json(&world.read("build/origins.json"));
    assert_eq!(origins["bundle"], bundle["digest"]);
    assert_eq!(origins["documents"]["no-shell"]["parts"]["/denied_actions/0"]["line"], 2);
    assert_eq!(origins["documents"]["no-shell"]["parts"]["/denied_actions/0"]["column"], 18);
    assert_eq!(world.run(&["compile", "-o", "-"]).out, to_stdout.out, "the same input gives the same bytes");
}

#[test]
fn one_source_from_standard_input_is_answered_like_the_endpoint() {
    let world = World::new();
    let yaml = "id: p\ndenied_actions: [b, a]\n";
    let sources = [
        ("yaml", yaml.to_owned()),
        ("yml", yaml.to_owned()),
        ("json", r#"{"denied_actions": ["a", "b"], "id": "p"}"#.to_owned()),
        ("markdown", format!("# P\n\n```yaml policy\n{yaml}```\n")),
        ("md", "---\nid: p\n---\n```json policy\n{\"denied_actions\": [\"a\", \"b\"]}\n```\n".to_owned()),
    ];
    let mut answers = Vec::new();
    for (format, source) in &sources {
        let done = world.run_with(&["compile", "-", "--source-format", format, "--format", "json"], &[], source);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{format}");
        answers.push(json(&done.out));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(answers[0]["ok"], true);
    assert_eq!(answers[0]["policy"]["denied_actions"], serde_json::json!(["a", "b"]));
    assert_eq!(answers[0]["policies"].as_array().unwrap().len(), 1);

    let done =
        world.run_with(&["compile", "-", "--source-format", "yaml", "--format", "json"], &[], "deny_actions: []\n");
    let answer = json(&done.out);
    assert_eq!(done.code, 1);
    assert_eq!((&answer["ok"], &answer["policy"]), (&Value::Bool(false), &Value::Null));
    assert_eq!(answer["errors"][0]["code"], "PC0301");
    assert_eq!(answer["errors"][0]["line"], 1);

    let two = "id: a\nrun_budget: 1\n---\nid: b\nrun_budget: 1\n";
    let done = world.run_with(&["compile", "-", "--source-format", "yaml", "--format", "json"], &[], two);
    assert_eq!(json(&done.out)["policy"], Value::Null, "null unless exactly one");
    let unnamed =
        world.run_with(&["compile", "-", "--source-format", "yaml", "--format", "json"], &[], "run_budget: 1\n");
    assert_eq!(json(&unnamed.out)["policy"]["id"], "unnamed");
}

/// A result is never written over a document, through a link, into Git's folder, or over another result.
#[cfg(unix)]
#[test]
fn results_take_the_place_of_nothing() {
    let world = World::with(&[NO_SHELL, ("environments/a.yaml", "{}\n")]);
    world.write("identities.yaml", "{}\n");
    world.commit();
    std::os::unix::fs::symlink("policies", world.at("alias")).unwrap();
    std::os::unix::fs::symlink("policyc.yaml", world.at("link.json")).unwrap();
    let taken = [
        "policies/no-shell.yaml",
        "policies/new.json",
        "alias/new.json",
        "policyc.yaml",
        ".git/config",
        "environments/b.yaml",
    ];
    for file in taken {
        let to_file = format!("json={file}");
        for arguments in
            [&["compile", "-o", file][..], &["compile", "--origins", file], &["check", "--format", &to_file]]
        {
            failed(&world.run(arguments), "PC0906");
        }
    }
    let stdin =
        |file: &str| world.run_with(&["compile", "-", "--source-format", "yaml", "-o", file], &[], "run_budget: 1\n");
    failed(&stdin("policyc.yaml"), "PC0906");
    failed(&stdin("policies/no-shell.yaml"), "PC0906");
    failed(&world.run(&["compile", "-o", "link.json"]), "PC0902");
    assert_eq!(world.run(&["compile", "-o", "b.json", "--origins", "./b.json"]).code, 2);
    assert_eq!(world.read("policyc.yaml"), "branch: main\n");
    assert_eq!(world.git(&["status", "--porcelain", "--untracked-files=no"]), "");
    // What is no plain file stays what it is.
    let made = std::process::Command::new("mkfifo").arg(world.at("pipe")).status().unwrap();
    assert!(made.success());
    let reader = std::process::Command::new("cat").arg(world.at("pipe")).stdout(Stdio::piped()).spawn().unwrap();
    assert_eq!(world.run(&["compile", "-o", "pipe"]).code, 0);
    assert!(String::from_utf8(reader.wait_with_output().unwrap().stdout).unwrap().contains("policyc.bundle/v1"));
}

#[test]
fn a_bundle_on_standard_output_stands_alone() {
    let world = World::with(&[("policies/no-shell.yaml", "denied_actions: [shell.*]\n")]);
    let done = world.run_with(&["compile", "-o", "-"], &[("GITHUB_ACTIONS", "true")], "");
    assert_eq!(json(&done.out)["schema"], "policyc.bundle/v1");
    assert!(done.err.contains("::warning file=policies/no-shell.yaml"), "{done:?}");
    assert_eq!(world.run(&["compile", "-o", "-", "--format", "json"]).code, 2);
    let done = world.run(&["compile", "-o", "bundle.json", "--deny-warnings"]);
    assert_eq!(done.code, 1);
    assert!(!world.at("bundle.json").exists(), "nothing is written where the run fails");
}

#[test]
fn findings_go_to_several_formats_at_once() {
    let world = World::with(&[("policies/b.yaml", "id: b\ndeny_actions: []\n")]);
    let done = world.run(&["check", "--format", "json=out/findings.json", "--format", "github=out/github.txt"]);
    assert_eq!(done.code, 1);
    assert!(done.out.contains("checked 0 policies"), "people still read standard output: {done:?}");
    let findings = json(&world.read("out/findings.json"));
    assert_eq!(findings["schema"], "policyc.findings/v1");
    assert_eq!(findings["counts"], serde_json::json!({"error": 1, "warning": 0, "note": 0, "omitted": 0}));
    let finding = &findings["findings"][0];
    assert_eq!(finding["code"], "PC0301");
    assert_eq!((finding["line"].as_u64(), finding["column"].as_u64()), (Some(2), Some(1)));
    assert_eq!((finding["end_line"].as_u64(), finding["end_column"].as_u64()), (Some(2), Some(13)));
    assert_eq!(finding["fix"]["replacement"], "denied_actions");
    let annotation = world.read("out/github.txt");
    assert!(
        annotation.starts_with("::error file=policies/b.yaml,line=2,col=1,endColumn=12,title=PC0301 unknown-key::"),
        "{annotation}"
    );
}

#[test]
fn findings_are_capped_with_a_count() {
    let policy = |n: usize| format!("id: p{n}\ndeny_actions: []\n---\n");
    let world = World::with(&[("policies/b.yaml", &(0..40).map(policy).collect::<String>())]);
    world.write("policyc.yaml", "limits: {max_findings: 25}\n");
    let done = world.run(&["check", "--format", "json"]);
    let findings = json(&done.out);
    assert_eq!(findings["findings"].as_array().unwrap().len(), 25);
    assert_eq!((findings["counts"]["error"].as_u64(), findings["counts"]["omitted"].as_u64()), (Some(40), Some(15)));
    assert!(world.run(&["check"]).out.contains("and 15 more findings"));
    let annotations = world.run(&["check", "--format", "github"]).out;
    assert_eq!(annotations.lines().count(), 10);
    assert!(annotations.lines().last().unwrap().contains("and 31 more"), "{annotations}");
}

#[test]
fn under_github_actions_no_stranger_gives_commands() {
    let evil = "::error title=x::owned";
    let policy =
        format!("id: a\n\"{evil}\": 1\n? |\n  two\n  ##[error]x\n: 1\nname: |\n  ::add-mask::x\n  ##[group]y\n");
    let world = World::with(&[
        ("policies/a.yaml", &policy),
        ("policies/::error::name\n::stop-commands::x.yaml", "id: b\nx: 1\n"),
    ]);
    let done = world.run_with(&["check"], &[("GITHUB_ACTIONS", "true")], "");
    let commands: Vec<&str> = done.out.lines().filter(|line| line.trim_start().starts_with("::")).collect();
    assert!(
        commands.len() >= 3 && commands.iter().all(|line| line.starts_with("::error file=policies/")),
        "{commands:#?}"
    );
    assert!(!done.out.contains("##["), "{}", done.out);
    // A repository whose settings fail to load talks on standard error, which the runner reads too.
    let done = world.run_with(&["show", "::error::x\n::stop::y"], &[("GITHUB_ACTIONS", "true")], "");
    let commands = done.err.lines().filter(|line| line.trim_start().starts_with("::"));
    assert!(commands.into_iter().all(|line| line.starts_with("::error file=policies/")), "{}", done.err);
    // JSON is the same value without them.
    let done = world.run_with(&["check", "--format", "json"], &[("GITHUB_ACTIONS", "true")], "");
    assert!(!done.out.contains("##[") && json(&done.out).to_string().contains("##["), "{}", done.out);
}

#[test]
fn colour_only_where_it_is_wanted() {
    let world = World::with(&[("policies/b.yaml", "id: b\ndeny_actions: []\n")]);
    assert!(!world.run(&["check"]).out.contains('\u{1b}'), "a pipe is no terminal");
    assert!(world.run_with(&["check"], &[("CLICOLOR_FORCE", "1")], "").out.contains('\u{1b}'));
    assert!(!world.run_with(&["check"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], "").out.contains('\u{1b}'));
}

#[test]
fn a_strangers_escapes_do_not_reach_the_terminal() {
    let world = World::with(&[("policies/a.yaml", "id: a\n\"k\\e[31m\\u202e\": 1\n# \u{202e} turned\n")]);
    let out = world.run(&["check"]).out;
    assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'), "{out}");
    assert!(out.contains("\\u{1b}[31m\\u{202e}"), "{out}");
}

/// The reader of a pipe may have seen enough.
#[test]
fn a_closed_pipe_is_no_error() {
    let world = World::with(&[NO_SHELL]);
    let mut child = world.command(&["explain"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[test]
fn init_writes_a_repository_that_passes_at_once_and_never_overwrites() {
    let world = World::new();
    world.write("team/policyc.yaml", "branch: trunk\n");
    let done = world.run(&["init", "team"]);
    assert_eq!(done.code, 0);
    assert_eq!(world.read("team/policyc.yaml"), "branch: trunk\n");
    assert!(done.out.contains("kept    policyc.yaml") && done.out.contains("created catalog.yaml"), "{done:?}");
    let fresh = World::new();
    assert_eq!(fresh.run(&["init"]).code, 0);
    let check = fresh.run(&["check", "--deny-warnings"]);
    assert_eq!(check.code, 0, "{check:?}");
    assert!(check.out.ends_with("no findings\n"));
    fresh.commit();
    assert_eq!(fresh.run(&["check", "--deny-warnings"]).code, 0);
    let again = fresh.run(&["init"]);
    assert!(!again.out.contains("created"), "{}", again.out);
    assert_eq!(fresh.git(&["status", "--porcelain"]), "");
}

#[test]
fn list_filters_and_pages() {
    let rule = |id: &str, agent: &str, effect: &str, level: &str, active: bool| {
        format!(
            "id: {id}\nagent_id: {agent}\npolicy_name: Name of {id}\ntarget_integration: mail\noperation: send\n\
             resource_scope: '*'\ndata_classification: {level}\npolicy_effect: {effect}\nrationale: because we say so\nis_active: {active}\n---\n"
        )
    };
    let text = [
        rule("a", "bot-1", "allow", "internal", true),
        rule("b", "bot-*", "deny", "confidential", true),
        rule("c", "other", "approval_required", "restricted", false),
    ];
    let world = World::with(&[("policies/rules.yaml", &text.concat()), NO_SHELL]);
    let ids = |arguments: &[&str]| -> Vec<String> {
        let done = world.run(&[&["list", "--format", "json"], arguments].concat());
        assert_eq!(done.code, 0, "{done:?}");
        let page = json(&done.out);
        page["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&[]), ["a", "b", "c", "no-shell"]);
    assert_eq!(ids(&["--agent", "bot-1"]), ["a", "b", "no-shell"]);
    assert_eq!(ids(&["--effect", "deny"]), ["b", "no-shell"]);
    assert_eq!(ids(&["--classification", "internal"]), ["a"]);
    assert_eq!(ids(&["--active", "false"]), ["c"]);
    assert_eq!(ids(&["--kind", "policy"]), ["no-shell"]);
    assert_eq!(ids(&["--search", "NAME OF B"]), ["b"]);
    assert_eq!(ids(&["--limit", "2", "--offset", "1"]), ["b", "c"]);
    assert!(ids(&["--search", "nothing such"]).is_empty());
    let page = json(&world.run(&["list", "--format", "json", "--limit", "2"]).out);
    assert_eq!(page["pagination"], serde_json::json!({"total": 4, "limit": 2, "offset": 0}));
    assert_eq!(page["data"][0]["file"], "policies/rules.yaml");
}

#[test]
fn show_tells_the_meaning_or_the_source() {
    let source = "# why\nid: no-shell # really\ndenied_actions: [shell.*]\n";
    let world = World::with(&[
        ("policies/no-shell.yaml", source),
        ("policies/two.yaml", "id: x\nrun_budget: 1\n---\nid: y\nrun_budget: 2 # two\n"),
    ]);
    assert_eq!(world.run(&["show", "no-shell", "--source"]).out, source);
    assert_eq!(world.run(&["show", "y", "--source"]).out, "id: y\nrun_budget: 2 # two\n");
    let value = json(&world.run(&["show", "no-shell", "--format", "json"]).out);
    assert_eq!(value["approval_timeout_seconds"], 3600);
    let yaml = world.run(&["show", "no-shell"]).out;
    let again = World::with(&[("policies/no-shell.yaml", &yaml)]);
    assert_eq!(json(&again.run(&["show", "no-shell", "--format", "json"]).out), value, "what is shown is a document");
}

#[test]
fn stale_schemas_are_found() {
    let world = World::with(&[NO_SHELL]);
    let done = world.run(&["schema", "--check"]);
    assert_eq!(done.code, 1);
    assert!(done.err.contains("PC0907"));
    assert_eq!(world.run(&["schema", "--write"]).code, 0);
    assert_eq!(world.run(&["schema", "--check"]).code, 0);
    assert_eq!(json(&world.run(&["schema", "policy"]).out), json(&world.read("schemas/policy.json")));
}

#[test]
fn manual_pages_and_completions_are_made() {
    let world = World::with(&[NO_SHELL]);
    assert!(world.run(&["man"]).out.contains(".TH policyc 1"));
    assert_eq!(world.run(&["man", "--out", "man"]).code, 0);
    assert!(world.read("man/policyc-check.1").contains("deny\\-warnings"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(world.run(&["completions", shell]).out.contains("policyc"), "{shell}");
    }
}

// ---- hostile folders

/// A finding's code, its file, and that reading ended soon is what matters; no test asserts a time.
fn found(world: &World) -> Vec<(String, String)> {
    let findings = json(&world.run(&["check", "--format", "json"]).out);
    let pair =
        |finding: &Value| (finding["code"].as_str().unwrap().to_owned(), finding["file"].as_str().unwrap().to_owned());
    findings["findings"].as_array().unwrap().iter().map(pair).collect()
}

#[test]
fn a_huge_file_is_refused_unread() {
    let world = World::with(&[NO_SHELL]);
    let file = fs::File::create(world.at("policies/huge.yaml")).unwrap();
    file.set_len(50 << 20).unwrap();
    assert_eq!(found(&world), [("PC0101".to_owned(), "policies/huge.yaml".to_owned())]);
}

#[test]
fn a_hundred_thousand_brackets_are_refused() {
    for open in ["[", "{a: ", "- "] {
        let world = World::with(&[("policies/deep.yaml", &open.repeat(100_000))]);
        let codes: Vec<String> = found(&world).into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, ["PC0211"], "{open}");
    }
    let world = World::with(&[("policies/deep.json", &"[".repeat(100_000))]);
    assert_eq!(found(&world)[0].0, "PC0211");
}

#[test]
fn a_hundred_thousand_values_are_refused() {
    let world = World::with(&[("policies/wide.yaml", &format!("id: a\ndenied_actions: [{}]\n", "a,".repeat(100_001)))]);
    assert_eq!(found(&world)[0].0, "PC0212");
}

/// Lists, maps and misspelt keys by the ten thousand: each took minutes when it was looked at one by one by one.
#[test]
fn wide_documents_are_read_to_their_end() {
    let many = |line: &dyn Fn(usize) -> String| (0..40_000).map(line).collect::<String>();
    let world = World::with(&[("policies/keys.yaml", &format!("id: a\n{}", many(&|n| format!("k{n}: 1\n"))))]);
    let findings = json(&world.run(&["check", "--format", "json"]).out);
    assert_eq!(findings["counts"]["error"], 40_000);
    let list = format!("id: a\ndenied_actions:\n{}", many(&|n| format!("- x{n}\n")));
    let starred = format!("id: b\ndenied_actions:\n{}", many(&|n| format!("- \"*{n}*x\"\n")));
    let map = format!("id: c\naction_budgets:\n{}", many(&|n| format!("  m{n}: 1\n")));
    let files = [("policies/a.yaml", &*list), ("policies/b.yaml", &starred), ("policies/c.yaml", &map)];
    assert_eq!(World::with(&files).run(&["check"]).code, 0);
}

#[cfg(unix)]
#[test]
fn links_and_devices_are_not_followed() {
    let world = World::with(&[NO_SHELL]);
    world.write("outside/deep/secret.yaml", "id: secret\nrun_budget: 1\n");
    std::os::unix::fs::symlink("../outside/deep/secret.yaml", world.at("policies/link.yaml")).unwrap();
    std::os::unix::fs::symlink("../outside", world.at("policies/folder")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", world.at("policies/passwd.md")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(world.at("policies/pipe.yaml")).status().unwrap();
    assert!(made.success());
    let expected =
        ["folder", "link.yaml", "passwd.md", "pipe.yaml"].map(|name| ("PC0104".to_owned(), format!("policies/{name}")));
    assert_eq!(found(&world), expected);
    // A link on the way to a folder of documents.
    let world = World::with(&[NO_SHELL]);
    let outside = World::new();
    outside.write("home/.docker/config.json", r#"{"auths": {"secret": 1}}"#);
    std::os::unix::fs::symlink(outside.at("home"), world.at("x")).unwrap();
    world.write("policyc.yaml", "documents: [policies/, x/.docker]\n");
    let done = world.run(&["check"]);
    assert!(done.out.contains("PC0104") && !done.out.contains("auths"), "{done:?}");
    // The folder of documents itself, and the settings.
    let world = World::with(&[]);
    world.write("elsewhere/deep/a.yaml", "id: a\nrun_budget: 1\n");
    std::os::unix::fs::symlink("elsewhere", world.at("policies")).unwrap();
    assert_eq!(found(&world), [("PC0104".to_owned(), "policies".to_owned())]);
}

#[test]
fn settings_that_lead_out_read_nothing_there() {
    let world = World::with(&[NO_SHELL]);
    for path in ["../", "/etc", "policies/../../x", "..", ".git/x", "a\\\\..\\\\b"] {
        world.write("policyc.yaml", format!("documents: [policies, \"{path}\"]\n"));
        assert_eq!(found(&world), [("PC0110".to_owned(), "policyc.yaml".to_owned())], "{path}");
    }
}

#[test]
fn documents_too_many_folders_deep_are_told() {
    let world = World::with(&[NO_SHELL]);
    world.write(&format!("policies/{}deep.yaml", "d/".repeat(70)), "id: deep\ndenied_actions: [a]\n");
    let found = found(&world);
    assert!(found.len() == 1 && found[0].0 == "PC0104", "{found:?}");
    world.commit();
    assert!(world.run(&["check", "--rev", "HEAD"]).out.contains("PC0104"));
}

/// A stranger's file on one line must neither flood a log nor break the renderer.
#[test]
fn long_lines_are_shown_in_part() {
    let list: Vec<String> = (0..90_000).map(|n| format!("\"a{n}\"")).collect();
    let long = format!("{{\"denied_actions\": [{}], \"id\": \"same\"}}", list.join(","));
    let comment = format!("# {}\nid: same\ndeny: 1\n", "x".repeat(900_000));
    let world = World::with(&[("policies/a.json", &long), ("policies/b.yaml", &comment)]);
    let done = world.run(&["check"]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.out.contains("PC0310") && done.out.contains("PC0301"), "{}", done.out);
    assert!(done.out.len() < 10_000, "{}", done.out.len());
}

/// Chains, circles and fans of references end: in a finding, not in a stack or an hour.
#[test]
fn references_that_lead_on_and_on_are_refused() {
    let chain: String = (0..15_000).map(|n| format!("d{n}: {{$ref: \"#/$defs/d{}\"}}, ", n + 1)).collect();
    let fan = |from: usize| {
        format!("f{from}: {{allOf: [{}]}}, ", format!("{{$ref: \"#/$defs/f{}\"}}, ", from + 1).repeat(100))
    };
    let fans: String = (0..6).map(fan).collect();
    for (defs, first) in [(format!("{chain}d15000: true"), "d0"), (format!("{fans}f6: true"), "f0")] {
        let policy = format!(
            "id: a\nargument_constraints:\n  x.y:\n    type: object\n    $defs: {{{defs}}}\n    properties: {{a: {{$ref: \"#/$defs/{first}\", maximum: 1}}}}\n"
        );
        let world = World::with(&[("policies/a.yaml", &policy)]);
        assert_eq!(found(&world), [("PC0212".to_owned(), "policies/a.yaml".to_owned())]);
    }
}

#[test]
fn a_path_is_read_at_the_revision_that_was_named() {
    let world = World::with(&[NO_SHELL]);
    world.commit();
    world.write("policies/new.yaml", "id: new\nrun_budget: 1\n");
    failed(&world.run(&["compile", "--rev", "HEAD", "policies/new.yaml"]), "PC0902");
    assert_eq!(world.run(&["compile", "--rev", "HEAD", "policies/no-shell.yaml"]).code, 0);
    assert_eq!(world.run(&["compile", "policies/new.yaml"]).code, 0);
}

#[test]
fn a_document_git_does_not_track_is_told() {
    let world = World::with(&[NO_SHELL]);
    world.commit();
    assert_eq!(found(&world), []);
    world.write("policies/new.yaml", "id: new\nrun_budget: 1\n");
    world.write(".gitignore", "policies/new.yaml\n");
    assert_eq!(
        found(&world),
        [("PC0106".to_owned(), "policies/new.yaml".to_owned())],
        "ignored is no reason to pass it over"
    );
}

/// `watch` sees a change made the way editors make it: a new file renamed over the old one.
#[test]
fn watch_survives_editors_that_rename() {
    let world = World::with(&[NO_SHELL]);
    let mut child = world.command(&["watch", "--checks", "3"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut seen = String::new();
    let mut until = |needle: &str| {
        let mut byte = [0; 1];
        while !seen.contains(needle) {
            assert_ne!(out.read(&mut byte).unwrap(), 0, "ended early: {seen}");
            seen.push(char::from(byte[0]));
        }
        seen.clear();
    };
    until("no findings\n");
    world.write("policies/.no-shell.yaml.swp", "id: no-shell\ndenied_actions: [shell.*, ssh.*]\n");
    fs::rename(world.at("policies/.no-shell.yaml.swp"), world.at("policies/no-shell.yaml")).unwrap();
    until("~ no-shell\n");
    until("no findings\n");
    world.write("policies/other.yaml", "id: other\nrun_budget: 1\n");
    until("+ other\n");
    assert!(child.wait().unwrap().success());
}
