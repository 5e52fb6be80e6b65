//! What machines of forges read: SARIF against the published schema and GitHub's limits, GitLab's code quality, `JUnit`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use std::collections::BTreeSet;

use policyc::report;
use serde_json::{Value, json};
use support::world::World;
use support::{Memory, checked};

fn sarif(world: &World) -> Value {
    let done = world.run(&["check", "--format", "sarif"]);
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

fn quality(world: &World) -> Value {
    let done = world.run(&["check", "--format", "gitlab"]);
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

const WRONG: &str = "id: pay\nname: Pay\ndenied_action: [a.b]\nrun_budget: -1\n";

/// The schema as OASIS publishes it: serde-sarif makes its types from it, and brings it along.
fn published() -> Value {
    let run = |program: &str, arguments: &[&str]| {
        let output = std::process::Command::new(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    // Of other platforms nothing was fetched.
    let rustc = run("rustc", &["-vV"]);
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let arguments = ["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&run(env!("CARGO"), &arguments)).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").unwrap();
    let manifest = std::path::Path::new(package["manifest_path"].as_str().unwrap());
    let schema = manifest.parent().unwrap().join("src/schema.json");
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    // Its pattern of languages has a bracket too many, which the validator refuses; we name no language.
    for part in ["run", "toolComponent"] {
        schema["definitions"][part]["properties"]["language"].as_object_mut().unwrap().remove("pattern").unwrap();
    }
    schema
}

#[test]
fn sarif_is_what_its_schema_asks_for() {
    let validator = jsonschema::draft7::new(&published()).unwrap();
    let clean = World::with(&[("policies/a.yaml", "id: a\ndenied_actions: [x.y]\n")]);
    for world in [World::with(&[("policies/pay.yaml", WRONG)]), clean] {
        let log = sarif(&world);
        let wrong: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
        assert_eq!(wrong, Vec::<String>::new(), "{log:#}");
        serde_json::from_value::<serde_sarif::sarif::Sarif>(log).unwrap();
    }
    assert!(!validator.is_valid(&json!({"version": "2.1.0", "runs": [{"results": []}]})), "it does refuse");
}

#[test]
fn places_are_relative_and_encoded_from_the_top_of_the_repository() {
    let world = World::new();
    world.write("sub dir/policyc.yaml", "branch: main\n");
    world.write("sub dir/policies/mönch #1.yaml", WRONG);
    world.commit();
    let done = world.run(&["-C", "sub dir", "check", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&done.out).unwrap();
    let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(location, &json!({"uri": "sub%20dir/policies/m%C3%B6nch%20%231.yaml", "uriBaseId": "SRCROOT"}));
    assert!(!done.out.contains(&world.path().display().to_string()));
    let done = world.run(&["-C", "sub dir", "check", "--format", "gitlab"]);
    let issues: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(issues[0]["location"]["path"], "sub dir/policies/mönch #1.yaml");
}

/// The fingerprints of all findings, by code.
fn fingerprints(log: &Value) -> BTreeSet<(String, String)> {
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |result: &Value| {
        (
            result["ruleId"].as_str().unwrap().to_owned(),
            result["partialFingerprints"]["policyc/v1"].as_str().unwrap().to_owned(),
        )
    };
    results.iter().map(of).collect()
}

#[test]
fn a_finding_keeps_its_fingerprint_when_lines_move_and_loses_it_when_its_line_changes() {
    let world = World::with(&[("policies/pay.yaml", WRONG)]);
    let before = fingerprints(&sarif(&world));
    assert!(before.len() >= 2);
    world.write("policies/pay.yaml", format!("# a remark\n\n{WRONG}"));
    assert_eq!(fingerprints(&sarif(&world)), before);
    world.write("policies/pay.yaml", WRONG.replace("run_budget: -1", "run_budget: -2"));
    assert_eq!(fingerprints(&sarif(&world)).intersection(&before).count(), before.len() - 1);
    // Two findings alike are two.
    let twice = World::with(&[("policies/a.yaml", "id: a\nrun_budget: -1\n---\nid: b\nrun_budget: -1\n")]);
    let log = sarif(&twice);
    let count = log["runs"][0]["results"].as_array().unwrap().iter().filter(|one| one["level"] == "error").count();
    assert_eq!(fingerprints(&log).len(), log["runs"][0]["results"].as_array().unwrap().len());
    assert!(count >= 2);
}

#[test]
fn limits_of_github_are_kept_and_what_is_left_out_is_said() {
    let rule = |rank: usize| format!("id: r{rank}\nrun_budget: -1\n---\n");
    let files: Vec<(String, String)> = (0..26)
        .map(|file| (format!("policies/{file}.yaml"), (0..1000).map(|at| rule(file * 1000 + at)).collect()))
        .collect();
    let mut memory = Memory::new([("policyc.yaml", "limits: {max_findings: 10000}\n")]);
    for (path, text) in &files {
        memory.put(path, policyc::source::Content::Text(text.as_str().into()), true);
    }
    let (sources, compilation) = checked(memory);
    assert!(compilation.diagnostics.len() > 25_000);
    let log = report::sarif(&compilation.diagnostics, &sources, "");
    let run = &log["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 25_000);
    assert!(run["results"].as_array().unwrap().iter().all(|one| one["level"] == "error"), "errors first");
    let said = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap();
    assert!(said.contains("are left out"), "{said}");
}

#[test]
fn code_quality_has_what_gitlab_reads() {
    let world = World::with(&[("policies/pay.yaml", WRONG)]);
    let issues = quality(&world);
    let issues = issues.as_array().unwrap();
    assert!(!issues.is_empty());
    let mut seen = BTreeSet::new();
    for issue in issues {
        // As https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format lists it.
        for key in ["description", "check_name", "fingerprint", "severity"] {
            assert!(issue[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {issue}");
        }
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap()));
        assert!(issue["location"]["lines"]["begin"].as_u64().is_some_and(|line| line > 0));
        assert!(!issue["location"]["path"].as_str().unwrap().starts_with("./"));
        assert!(seen.insert(issue["fingerprint"].as_str().unwrap().to_owned()));
    }
}

#[test]
fn junit_is_what_its_schema_names() {
    let world = World::of_project();
    world.write(
        "policies/tests/zz.yaml",
        "kind: suite\nid: zz\ntests:\n  - name: wrong\n    action: {integration: banking, operation: send_money, agent_id: a}\n    expect: {effect: allow}\n",
    );
    world.commit();
    let done = world.run(&["ci", "--junit", "junit.xml"]);
    assert_eq!(done.code, 1, "{done:?}");
    let xml = world.read("junit.xml");
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    let failed: usize = report.test_suites.iter().map(|suite| suite.failures).sum();
    assert_eq!((report.failures, failed), (1, 1));
    let cases: usize = report.test_suites.iter().map(|suite| suite.test_cases.len()).sum();
    assert_eq!(report.tests, cases);
    // Where no test could run, there is an error and not an empty success.
    world.write("policies/broken.yaml", "id: [\n");
    world.run(&["ci", "--junit", "junit.xml"]);
    let report = quick_junit::Report::deserialize_from_str(&world.read("junit.xml")).unwrap();
    assert_eq!((report.tests, report.errors), (1, 1));
}
