//! `policyc simulate` as a person, a program and a pull request meet it, in real Git repositories. The numbers of its
//! reports are held to a reference in `tests/replay`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};
use support::world::{Done, World};

const PAY: &str = "id: pay\ndescription: Small payments only.\ndenied_actions: [bank.close]\napproval_rules:\n  - {name: large, when: {actions: [bank.send], \
     arguments: {amount: {exclusiveMinimum: 100}}}, approvers: [a@example.com]}\n";
/// Ten calls of two agents: two closings, and payments of 20, 40, … 160.
fn log() -> String {
    let line = |rank: usize| {
        let (operation, amount) = if rank < 2 { ("close", 0) } else { ("send", 20 * (rank - 1)) };
        json!({
            "id": format!("c{rank}"), "timestamp": format!("2026-03-0{}T09:00:0{}Z", 1 + rank / 5, rank % 5),
            "agent_id": if rank.is_multiple_of(2) { "a" } else { "b" }, "run_id": format!("r{}", rank / 5), "turn": rank,
            "integration": "bank", "operation": operation, "arguments": {"amount": amount}, "outcome": "success",
            "labels": {"bad": rank == 9, "team": if rank < 5 { "x" } else { "y" }}, "recorded_decision": "allow",
        })
    };
    (0..10).map(|rank| format!("{}\n", line(rank))).collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A repository with two commits, in which large begins at 100, then at 50; nobody may close in the first only.
fn world() -> World {
    let world = World::with(&[("policies/pay.yaml", PAY)]);
    world.write("log.jsonl", log());
    world.commit();
    world.write(
        "policies/pay.yaml",
        PAY.replace("exclusiveMinimum: 100", "exclusiveMinimum: 50").replace("bank.close", "bank.x"),
    );
    world.git(&["commit", "-q", "-a", "-m", "second"]);
    world
}

fn simulate(world: &World, arguments: &[&str]) -> Done {
    world.run(&[&["simulate"], arguments].concat())
}

fn report(world: &World, arguments: &[&str]) -> Value {
    let done = simulate(world, &[arguments, &["--format", "json"]].concat());
    assert!(done.code < 2, "{done:?}");
    json(&done.out)
}

#[test]
fn two_sides_are_compared() {
    let world = world();
    let report = report(&world, &["log.jsonl", "--base", "HEAD~1"]);
    let schema = json(&world.run(&["schema", "simulation"]).out);
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&report), "{report}");
    // Amounts 20 to 160: 120, 140, 160 are over 100; 60 to 160 are over 50. Closings were denied and are no more.
    assert_eq!(report["totals"]["base"], json!({"allow": 5, "approval_required": 3, "deny": 2}));
    assert_eq!(report["totals"]["head"], json!({"allow": 4, "approval_required": 6, "deny": 0}));
    assert_eq!(report["matrix"]["deny"], json!({"allow": 2, "approval_required": 0, "deny": 0}));
    assert_eq!(report["matrix"]["allow"], json!({"allow": 2, "approval_required": 3, "deny": 0}));
    let changes = json!({"tightened": 3, "loosened": 2, "only_certainty": 0, "newly_denied": 0, "newly_allowed": 2});
    assert_eq!(report["changes"], changes);
    let group = report["groups"].as_array().unwrap().iter().find(|group| group["direction"] == "tightened").unwrap();
    let sample = &group["samples"][0];
    assert_eq!((&sample["base"]["kind"], &sample["head"]["id"]), (&json!("default"), &json!("pay")), "{group}");
    assert_eq!((&sample["head"]["file"], &sample["head"]["line"]), (&json!("policies/pay.yaml"), &json!(5)));
    assert_eq!((&sample["log"], &sample["line"], &sample["id"]), (&json!("log.jsonl"), &json!(5), &json!("c4")));
    assert_eq!(report["recorded"]["base"]["agree"], 5);
    assert_eq!(report["approvals"]["head"], json!({"total": 6, "days": 2, "busiest_day": "2026-03-02", "most": 5}));
    assert_eq!(report["changed"].as_array().unwrap().len(), 5);
    assert_eq!(report["edits"], json!([{"kind": "policy", "id": "pay", "edit": "changed", "reasons": 6}]));
}

#[test]
fn sides_are_revisions_the_work_tree_and_environments() {
    let world = world();
    world.write("policies/pay.yaml", "id: pay\ndenied_actions: [bank.send]\n");
    let denied = |report: &Value, side: &str| report["totals"][side]["deny"].clone();
    let compared = report(&world, &["log.jsonl", "--base", "HEAD", "--head", "HEAD~1"]);
    assert_eq!((denied(&compared, "base"), denied(&compared, "head")), (json!(0), json!(2)));
    let edited = report(&world, &["log.jsonl", "--base", "HEAD"]);
    assert_eq!((denied(&edited, "head"), &edited["head"]["name"]), (json!(8), &json!("work tree")));
    let alone = report(&world, &["log.jsonl", "--head", "HEAD~1"]);
    assert_eq!(
        (&alone["base"], &alone["matrix"], &alone["totals"]["base"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    let unknown = simulate(&world, &["log.jsonl", "--base", "nowhere"]);
    assert_eq!(unknown.code, 3, "{unknown:?}");
    world.write("policies/pay.yaml", "id: pay\nnonsense: 1\n");
    let broken = simulate(&world, &["log.jsonl"]);
    assert!(
        broken.code == 1 && broken.err.contains("PC0") && broken.err.contains("head does not compile"),
        "{broken:?}"
    );
    let base = simulate(&world, &["log.jsonl", "--base", "HEAD", "--head", "HEAD~1"]);
    assert_eq!(base.code, 0, "the files as they are do not matter: {base:?}");
    world.git(&["commit", "-q", "-a", "-m", "broken"]);
    let base = simulate(&world, &["log.jsonl", "--base", "HEAD", "--head", "HEAD~1"]);
    assert!(base.code == 1 && base.err.contains("base does not compile"), "{base:?}");
}

#[test]
fn an_environment_is_a_side() {
    let world =
        World::with(&[("policies/pay.yaml", PAY), ("environments/production.yaml", "approvals: {required: 0}\n")]);
    world.write("log.jsonl", log());
    world.commit();
    assert_eq!(world.run_as("ada", "09:00", &["deploy", "--environment", "production"]).code, 0);
    let stop = ["kill-switch", "activate", "--environment", "production", "--reason", "incident"];
    assert_eq!(world.run_as("ada", "09:01", &stop).code, 0);
    world.write("policies/pay.yaml", "id: pay\ndenied_actions: [bank.send]\n");
    let live = report(&world, &["log.jsonl", "--environment", "production"]);
    assert_eq!(
        live["totals"]["head"],
        json!({"allow": 5, "approval_required": 3, "deny": 2}),
        "the switch is left out"
    );
    let stopped = report(&world, &["log.jsonl", "--environment", "production", "--kill-switch"]);
    assert_eq!((&stopped["totals"]["head"]["deny"], &stopped["head"]["kill_switch"]), (&json!(10), &json!(true)));
    let compared = report(&world, &["log.jsonl", "--base", "environment:production"]);
    assert_eq!((&compared["totals"]["base"]["deny"], &compared["totals"]["head"]["deny"]), (&json!(2), &json!(8)));
    assert_eq!(simulate(&world, &["log.jsonl", "--environment", "staging"]).code, 3);
}

#[test]
fn one_policy_is_asked_about_alone() {
    let other = "id: nobody\ndenied_actions: ['*']\n---\nid: r\npolicy_name: n\nagent_id: a\ntarget_integration: bank\noperation: send\n\
         resource_scope: '*'\ndata_classification: public-restricted\npolicy_effect: deny\nrationale: ten characters\n";
    let other = other.replace("public-restricted", "restricted");
    let world = World::with(&[("policies/pay.yaml", PAY), ("policies/other.yaml", &other)]);
    world.write("log.jsonl", log());
    world.commit();
    assert_eq!(report(&world, &["log.jsonl"])["totals"]["head"]["deny"], 10);
    let pay = report(&world, &["log.jsonl", "--policy", "pay"]);
    assert_eq!(pay["totals"]["head"], json!({"allow": 5, "approval_required": 3, "deny": 2}));
    assert_eq!((&pay["head"]["only"], &pay["head"]["default_effect"]), (&json!("pay"), &json!("allow")));
    let wrong = simulate(&world, &["log.jsonl", "--policy", "pai"]);
    assert!(wrong.code == 3 && wrong.err.contains("did you mean `pay`"), "{wrong:?}");
}

#[test]
fn gates_take_the_worst_case_and_end_with_1() {
    let world = world();
    let run = |gate: &str, value: &str| simulate(&world, &["log.jsonl", "--base", "HEAD~1", gate, value]);
    assert_eq!(run("--max-newly-allowed", "2").code, 0);
    let breach = run("--max-newly-allowed", "1");
    assert!(breach.code == 1 && breach.out.contains("NOT MET  max-newly-allowed 1: 2 of 10 actions"), "{breach:?}");
    assert_eq!((run("--max-newly-allowed", "20%").code, run("--max-newly-allowed", "19.9%").code), (0, 1));
    assert_eq!((run("--max-newly-denied", "0").code, run("--max-approvals-per-day", "4").code), (0, 1));
    assert_eq!((run("--max-approvals-per-day", "5").code, run("--min-coverage", "100%").code), (0, 0));
    let alone = simulate(&world, &["log.jsonl", "--max-newly-denied", "0"]);
    assert!(alone.code == 2 && alone.err.contains("--base"), "{alone:?}");
    for text in ["5", "101%", "a%", "-1%"] {
        assert_eq!(simulate(&world, &["log.jsonl", "--min-coverage", text]).code, 2, "{text}");
    }
}

#[test]
fn knowing_less_than_base_fails_unless_it_is_said_otherwise() {
    let world = World::with(&[("policies/pay.yaml", PAY)]);
    world.write("log.jsonl", log());
    world.commit();
    world.write("policies/risk.yaml", "id: risk\nrequire_approval: true\napproval_risk_levels: [critical]\n");
    let less = simulate(&world, &["log.jsonl", "--base", "HEAD"]);
    assert!(less.code == 1 && less.out.contains("NOT MET  min-coverage"), "{less:?}");
    assert!(less.out.contains("lack risk_level: give it per operation in catalog.yaml"), "{}", less.out);
    assert_eq!(simulate(&world, &["log.jsonl", "--base", "HEAD", "--min-coverage", "0%"]).code, 0);
    let assumed = simulate(&world, &["log.jsonl", "--base", "HEAD", "--assume", "risk_level=low"]);
    assert!(assumed.code == 0 && assumed.out.contains("ASSUMED where record and catalog say nothing: risk_level=low"));
    let newly = simulate(&world, &["log.jsonl", "--base", "HEAD", "--min-coverage", "0%", "--max-newly-allowed", "0"]);
    assert_eq!(newly.code, 0, "what may be asked was not allowed for certain: {newly:?}");
    for wrong in ["risk_level=huge", "timestamp=now", "risk_level"] {
        assert_eq!(simulate(&world, &["log.jsonl", "--assume", wrong]).code, 2, "{wrong}");
    }
}

#[test]
fn a_log_of_names_alone_is_replayed_without_a_catalog() {
    let world = World::with(&[("policies/pay.yaml", PAY)]);
    world.write(
        "names.jsonl",
        "{\"operation\": \"bank.close\"}\n{\"operation\": \"send\"}\n{\"operation\": \"mail.read\"}\n",
    );
    let report = report(&world, &["names.jsonl"]);
    assert_eq!(report["totals"]["head"], json!({"allow": 1, "approval_required": 1, "deny": 1}));
    assert_eq!((&report["coverage"]["percent"]["head"], &report["coverage"]["untimed"]), (&json!(66.6), &json!(3)));
    assert_eq!(report["coverage"]["missing"][0]["facts"], json!(["arguments", "integration"]), "{report}");
    let text = simulate(&world, &["names.jsonl"]).out;
    assert!(
        text.contains(
            "1 action lacks arguments + integration: arguments: record it; integration: record it, or assume it"
        ),
        "{text}"
    );
}

#[test]
fn what_is_reported_can_be_chosen_and_everything_is_replayed() {
    let world = world();
    let of = |arguments: &[&str]| {
        let report = report(&world, &[&["log.jsonl"], arguments].concat());
        (report["coverage"]["actions"].as_u64().unwrap(), report["coverage"]["replayed"].as_u64().unwrap())
    };
    assert_eq!(of(&["--since", "2026-03-02T00:00:00Z"]), (5, 10));
    assert_eq!(of(&["--until", "2026-03-01T09:00:02Z"]), (2, 10));
    assert_eq!(of(&["--where", "agent_id=a"]), (5, 10));
    assert_eq!(of(&["--where", "agent_id!=a", "--where", "/labels/team=x"]), (2, 10));
    assert_eq!(of(&["--where", "action=bank.c*"]), (2, 10));
    assert_eq!(of(&["--sample", "3"]), (3, 10));
    let sampled = |file: &str| report(&world, &[file, "--sample", "4"])["digest"].clone();
    let mut lines: Vec<String> = log().lines().map(str::to_owned).collect();
    lines.reverse();
    world.write("back.jsonl", lines.join("\n"));
    assert_eq!(sampled("log.jsonl"), sampled("back.jsonl"), "a sample does not hang on the order of lines");
    for nothing in
        [["--where", "/labels/nothing=x"], ["--since", "2030-01-01T00:00:00Z"], ["--truth", "/labels/bda=true"]]
    {
        let done =
            simulate(&world, &[&["log.jsonl", "--base", "HEAD~1", "--max-newly-allowed", "0"], &nothing[..]].concat());
        assert!(
            done.code == 1 && done.out.is_empty() && done.err.contains("PC0"),
            "a report of nothing is no good one: {done:?}"
        );
    }
    for wrong in ["agent=a", "agent_id"] {
        assert_eq!(simulate(&world, &["log.jsonl", "--where", wrong]).code, 2, "{wrong}");
    }
}

#[test]
fn approvals_are_granted_denied_or_as_recorded() {
    let limited = "id: pay\nrequire_approval: true\nrate_limits:\n  bank.send: {max_count: 2, window_seconds: 60}\n";
    let world = World::with(&[("policies/pay.yaml", limited)]);
    let line = |rank: u32, outcome: &str| {
        format!(
            "{{\"operation\": \"bank.send\", \"agent_id\": \"a\", \"timestamp\": \"2026-03-01T09:00:0{rank}Z\", \"outcome\": \"{outcome}\"}}\n"
        )
    };
    world.write(
        "log.jsonl",
        ["success", "rejected", "success", "success"]
            .iter()
            .zip(0..)
            .map(|(outcome, rank)| line(rank, outcome))
            .collect::<String>(),
    );
    let denied =
        |approvals: &str| report(&world, &["log.jsonl", "--approvals", approvals])["totals"]["head"]["deny"].clone();
    assert_eq!([denied("granted"), denied("denied"), denied("as-recorded")], [json!(2), json!(0), json!(1)]);
}

#[test]
fn ground_truth_is_held_against() {
    let world = world();
    let truth =
        &report(&world, &["log.jsonl", "--truth", "/labels/bad=true", "--base", "HEAD~1"])["truth"]["sides"]["head"];
    assert_eq!(truth["bad"], json!({"allow": 0, "approval_required": 1, "deny": 0}));
    assert_eq!((&truth["recall"], &truth["good_stopped"]), (&json!(1.0), &json!(0.555_556)), "{truth}");
    assert_eq!(truth["precision"], json!(0.166_667));
    for wrong in ["bad=true", "/labels/bad"] {
        assert_eq!(simulate(&world, &["log.jsonl", "--truth", wrong]).code, 2);
    }
    let text = simulate(&world, &["log.jsonl", "--truth", "/labels/bad=True"]);
    assert!(
        text.code == 1 && text.err.contains("no action has a value at `/labels/bad`"),
        "a text, not true: {text:?}"
    );
    assert!(simulate(&world, &["log.jsonl", "--truth", "/labels/team=z"]).out.contains("nothing is bad"));
}

#[test]
fn every_decision_is_written_down() {
    let world = world();
    let done = simulate(&world, &["log.jsonl", "--base", "HEAD~1", "--decisions", "out/decisions.jsonl"]);
    assert_eq!(done.code, 0, "{done:?}");
    let lines: Vec<Value> = world.read("out/decisions.jsonl").lines().map(json).collect();
    assert_eq!(lines.len(), 10);
    assert_eq!(
        (&lines[4]["id"], &lines[4]["base"]["effect"], &lines[4]["head"]["effect"]),
        (&json!("c4"), &json!("allow"), &json!("approval_required"))
    );
    let schema = json(&world.run(&["schema", "decision"]).out);
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&lines[4]["head"]));
    // Written in the order of the replay: by time where decisions hang on earlier ones, once.
    world.write("policies/rate.yaml", "id: rate\nrate_limits:\n  bank.*: {max_count: 3, window_seconds: 60}\n");
    let mut lines: Vec<String> = log().lines().map(str::to_owned).collect();
    lines.reverse();
    world.write("back.jsonl", lines.join("\n"));
    assert_eq!(simulate(&world, &["back.jsonl", "--decisions", "out/back.jsonl"]).code, 0);
    let ids: Vec<Value> = world.read("out/back.jsonl").lines().map(|line| json(line)["id"].clone()).collect();
    assert_eq!(ids, (0..10).map(|rank| json!(format!("c{rank}"))).collect::<Vec<_>>());
    let same = |file: &str| report(&world, &[file])["digest"].clone();
    assert_eq!(same("log.jsonl"), same("back.jsonl"));
}

#[test]
fn bad_input_is_counted_and_named_and_never_fatal_unless_strict() {
    let world = world();
    let good = log();
    let duplicate =
        "{\"operation\": \"bank.send\", \"arguments\": {\"amount\": 1, \"amount\": 500}, \"id\": \"dup\"}\n";
    let text = format!("{{\"operation\": \n{good}{duplicate}nonsense\n{{\"operation\": \"bank.send\", \"argu");
    world.write("bad.jsonl", text);
    let read = report(&world, &["bad.jsonl"]);
    let coverage = &read["coverage"];
    assert_eq!(
        (&coverage["unreadable"], &coverage["actions"], &coverage["doubtful"]),
        (&json!(3), &json!(11), &json!(1)),
        "{coverage}"
    );
    let lines: Vec<u64> =
        coverage["unreadable_places"].as_array().unwrap().iter().map(|seen| seen["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1, 13, 14]);
    assert_eq!(coverage["doubtful_places"][0]["line"], 12);
    assert!(
        coverage["doubtful_places"][0]["message"].as_str().unwrap().contains("`amount` is given twice"),
        "{coverage}"
    );
    assert_eq!(coverage["percent"]["head"], json!(71.4), "10 of 14 places");
    assert_eq!((simulate(&world, &["bad.jsonl"]).code, simulate(&world, &["bad.jsonl", "--strict"]).code), (0, 1));
    world.write(
        "latin.jsonl",
        b"{\"operation\": \"bank.close\", \"agent_id\": \"J\xfcrgen\"}\n{\"operation\": \"bank.close\"}\n",
    );
    let latin = report(&world, &["latin.jsonl", "--from", "native"]);
    assert_eq!((&latin["coverage"]["unreadable"], &latin["coverage"]["actions"]), (&json!(1), &json!(1)));
    for empty in ["", "\n\n", "{\"operation\": \n"] {
        world.write("empty.jsonl", empty);
        let done = simulate(&world, &["empty.jsonl", "--from", "native"]);
        assert!(done.code == 1 && done.err.contains("no recorded action could be replayed"), "{empty:?}: {done:?}");
    }
    assert_eq!(simulate(&world, &["nothing.jsonl"]).code, 3);
}

#[test]
fn a_packed_log_that_breaks_off_is_replayed_up_to_there() {
    let world = world();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let long: String =
        (0..2000).map(|rank| format!("{{\"operation\": \"bank.close\", \"id\": \"x{}\"}}\n", rank * 7919)).collect();
    packer.write_all(long.as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    world.write("whole.jsonl.gz", &packed);
    assert_eq!(report(&world, &["whole.jsonl.gz"])["coverage"]["actions"], 2000);
    world.write("cut.jsonl.gz", &packed[..packed.len() / 2]);
    let cut = report(&world, &["cut.jsonl.gz"]);
    let coverage = &cut["coverage"];
    assert!(coverage["actions"].as_u64().unwrap() > 500, "{coverage}");
    let last = coverage["unreadable_places"].as_array().unwrap().last().unwrap();
    assert!(last["message"].as_str().unwrap().contains("breaks off"), "{coverage}");
    assert_eq!(&coverage["breaks"][0], last);
    assert!(simulate(&world, &["cut.jsonl.gz"]).out.contains("INCOMPLETE: cut.jsonl.gz:"));
    assert_eq!(simulate(&world, &["cut.jsonl.gz", "--strict"]).code, 1);
}

/// Lines of 100 MB are passed over, and what stands behind them is replayed.
#[test]
fn a_line_of_100_megabytes_is_passed_over() {
    let world = world();
    let mut text = b"{\"operation\": \"bank.close\"}\n{\"operation\": \"bank.send\", \"result\": \"".to_vec();
    text.resize(text.len() + (100 << 20), b'x');
    text.extend_from_slice(b"\"}\n{\"operation\": \"bank.close\"}\n");
    world.write("long.jsonl", text);
    let coverage = &report(&world, &["long.jsonl"])["coverage"];
    assert_eq!((&coverage["actions"], &coverage["unreadable"]), (&json!(2), &json!(1)), "{coverage}");
    assert_eq!(coverage["unreadable_places"][0]["line"], 2);
}

#[test]
fn times_that_go_back_are_counted_and_put_in_order() {
    let world = World::with(&[(
        "policies/rate.yaml",
        "id: rate\nrate_limits:\n  bank.send: {max_count: 1, window_seconds: 60, per: run}\n",
    )]);
    let line = |id: &str, run: &str, second: u32| {
        format!(
            "{{\"id\": \"{id}\", \"operation\": \"bank.send\", \"run_id\": \"{run}\", \"timestamp\": \"2026-03-01T09:00:{second:02}Z\"}}\n"
        )
    };
    world.write("log.jsonl", [line("late", "r", 30), line("early", "r", 10), line("other", "s", 5)].concat());
    let report = report(&world, &["log.jsonl"]);
    assert_eq!((&report["coverage"]["times_back"], &report["totals"]["head"]["deny"]), (&json!(2), &json!(1)));
    assert_eq!(report["changed"][0]["id"], "late", "the later one is the second");
    assert_eq!(report["changed"][0]["line"], 1);
}

#[test]
fn logs_come_from_a_pipe_in_every_form_and_from_several_files() {
    let world = world();
    for arguments in [&["-"][..], &["-", "--sample", "10"], &["-", "--threads", "3"]] {
        let piped = world.run_with(&[&["simulate", "--format", "json"], arguments].concat(), &[], &log());
        assert_eq!(json(&piped.out)["coverage"]["actions"], 10, "{arguments:?}: {piped:?}");
    }
    world.write("policies/rate.yaml", "id: rate\nrate_limits:\n  bank.*: {max_count: 3, window_seconds: 60}\n");
    let mut lines: Vec<String> = log().lines().map(str::to_owned).collect();
    lines.swap(0, 9);
    let piped = world.run_with(&["simulate", "--format", "json", "-"], &[], &lines.join("\n"));
    assert_eq!(json(&piped.out)["digest"], report(&world, &["log.jsonl"])["digest"], "read twice, since times go back");
    world.write("logs/a.jsonl", log());
    world.write("logs/b.json", json!([{"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "bank.close", "arguments": "{}"}}]}]).to_string());
    let both = report(&world, &["logs"]);
    assert_eq!((&both["coverage"]["actions"], both["logs"].as_array().unwrap().len()), (&json!(11), 2), "{both}");
    assert_eq!(both["logs"][1]["form"], "openai-chat");
}

#[test]
fn markdown_is_short_and_text_of_strangers_stays_text() {
    let world = world();
    let nasty = "`x`|@everyone [a](http://b) <img src=x> \u{202e} ::error::";
    let lines: String = (0..3000)
        .map(|rank| {
            format!("{}\n", json!({"operation": "bank.close", "agent_id": format!("{nasty} {rank}"), "id": nasty}))
        })
        .collect();
    world.write("log.jsonl", lines);
    let done = simulate(&world, &["log.jsonl", "--base", "HEAD~1", "--format", "markdown"]);
    assert!(done.out.chars().count() <= 60_000, "{}", done.out.chars().count());
    assert!(done.out.starts_with("## policyc: 3,000 of 3,000 recorded actions decided otherwise\n"));
    assert!(
        done.out.contains("`` `x`\\|@everyone [a](http://b) <img src=x> \\u{202e} ::error::"),
        "{}",
        &done.out[..3000]
    );
    assert!(!done.out.contains('\u{202e}'));
}

#[test]
fn results_go_to_files_side_by_side() {
    let world = world();
    let formats = [
        "--format",
        "json=out/r.json",
        "--format",
        "markdown=out/r.md",
        "--format",
        "html=out/r.html",
        "--format",
        "human",
    ];
    let done = simulate(&world, &[&["log.jsonl", "--base", "HEAD~1"][..], &formats].concat());
    assert!(done.code == 0 && done.out.contains("3 actions tightened, 2 actions loosened"), "{done:?}");
    assert_eq!(json(&world.read("out/r.json"))["changes"]["tightened"], 3);
    assert!(world.read("out/r.md").contains("| 🔴 deny |") && world.read("out/r.html").starts_with("<!DOCTYPE html>"));
    assert_eq!(simulate(&world, &["log.jsonl", "--format", "json", "--format", "markdown"]).code, 2);
    assert_eq!(simulate(&world, &["log.jsonl", "--format", "json=x", "--decisions", "x"]).code, 2);
    assert_eq!(simulate(&world, &["log.jsonl", "--format", "sarif"]).code, 2);
}

/// A reader that goes away is no error.
#[test]
fn a_closed_pipe_is_no_error() {
    let world = world();
    let mut child = world
        .command(&["simulate", "log.jsonl", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{done:?}");
}

/// The lines of a fenced block of README that holds a text.
fn block(fence: &str, wanted: &str) -> Vec<String> {
    let text = std::fs::read_to_string("README.md").unwrap();
    let blocks = text.split("\n```").filter_map(|block| block.strip_prefix(&format!("{fence}\n")));
    let found =
        blocks.into_iter().find(|block| block.contains(wanted)).unwrap_or_else(|| panic!("no {fence} with {wanted}"));
    found.lines().map(str::to_owned).collect()
}

/// README's change, applied in a repository with this project's policies, gives README's report.
#[test]
fn the_change_that_readme_shows_does_what_readme_says() {
    let world = World::of_project();
    world.commit();
    let (mut text, mut old, mut new) = (world.read("policies/banking/payments.yaml"), String::new(), String::new());
    for line in block("diff", "exclusiveMinimum").iter().map(String::as_str).chain(["-"]) {
        let (sign, line) = line.split_at(1);
        if sign == "-" && !new.is_empty() {
            assert_eq!(text.matches(&old).count(), 1, "{old}");
            text = text.replace(&old, &new);
            (old, new) = (String::new(), String::new());
        }
        if sign == "-" { &mut old } else { &mut new }.push_str(&format!("{line}\n"));
    }
    world.write("policies/banking/payments.yaml", text);
    world.git(&["commit", "-q", "-a", "-m", "ask less, wait more"]);
    let shown = block("text", "$ policyc simulate");
    let arguments: Vec<&str> = shown[0].strip_prefix("$ policyc ").unwrap().split(' ').collect();
    let done = world.run(&arguments);
    assert_eq!((done.code, done.err.as_str()), (0, "reading examples/logs/week.jsonl as native\n"));
    let expected = shown[1..].join("\n");
    if std::env::var_os("POLICYC_ACCEPT").is_some() {
        let page = std::fs::read_to_string("README.md").unwrap();
        let before =
            format!("{}\n{}", shown[0], if expected.is_empty() { String::new() } else { format!("{expected}\n") });
        std::fs::write("README.md", page.replace(&before, &format!("{}\n{}\n", shown[0], done.out.trim_end())))
            .unwrap();
        return;
    }
    assert_eq!(done.out.trim_end(), expected.trim_end());
}

/// A log that never comes to a change says nothing about it, and the report tells so.
#[test]
fn a_change_that_the_log_never_comes_to_is_told() {
    let world = world();
    world.write("other.jsonl", "{\"operation\": \"mail.read\", \"agent_id\": \"a\"}\n");
    let text = simulate(&world, &["other.jsonl", "--base", "HEAD~1"]).out;
    assert!(text.contains("change  changed policy `pay` (no action of this log comes to it)"), "{text}");
    world.write("policies/new.yaml", "id: new\ndenied_actions: [mail.read]\n");
    world.write("policies/pay.yaml", "id: pay\n");
    let text = simulate(&world, &["other.jsonl", "--base", "HEAD~1"]).out;
    assert!(text.contains("added policy `new` (a reason for 1 action), changed policy `pay` (no action"), "{text}");
    let same = simulate(&world, &["other.jsonl", "--base", "HEAD", "--head", "HEAD"]).out;
    assert!(same.contains("change  both sides say the same"), "{same}");
}

/// What is recorded so that it cannot be relied on is not mended by an assumption, and the advice says so.
#[test]
fn advice_helps() {
    let world = world();
    let lines = "{\"operation\": \"bank.send\", \"arguments\": \"[REDACTED]\"}\n{\"operation\": \"bank.send\"}\n";
    world.write("log.jsonl", lines);
    let text = simulate(&world, &["log.jsonl"]).out;
    assert!(
        text.contains("2 actions lack arguments: record it (1 of them record it in a way that cannot be relied on)"),
        "{text}"
    );
    let assumed = simulate(&world, &["log.jsonl", "--assume", "arguments={\"amount\": 1}"]).out;
    assert!(
        assumed.contains(
            "1 action lacks arguments: it is recorded in a way that cannot be relied on: only a better log helps"
        ),
        "{assumed}"
    );
}

/// A reason that surely holds is named before one that only may.
#[test]
fn the_sure_reason_decides() {
    let world = World::with(&[(
        "policies/p.yaml",
        "id: p\nargument_constraints:\n  bank.send: {type: object, required: [to]}\ndenied_actions: [bank.send]\n",
    )]);
    world.write("log.jsonl", "{\"operation\": \"bank.send\", \"agent_id\": \"a\"}\n");
    let report = report(&world, &["log.jsonl"]);
    assert_eq!(report["changed"][0]["head"]["code"], "DENIED_ACTION", "{}", report["changed"][0]);
}

/// A log that can be read only once is read whole, in every form, also where it has to be sorted.
#[test]
fn what_can_be_read_only_once_is_read_whole() {
    let mapping = "records:\n  mappings:\n    own: {operation: /op, timestamp: /at, id: /id}\n";
    let world = World::with(&[(
        "policies/rate.yaml",
        "id: rate\nrate_limits:\n  bank.send: {max_count: 5, window_seconds: 60}\n",
    )]);
    world.write("policyc.yaml", format!("branch: main\n{mapping}"));
    let time = |rank: usize| format!("2026-03-01T{:02}:{:02}:{:02}Z", rank / 3600, rank / 60 % 60, rank % 60);
    let line = |rank: usize| format!("{{\"op\": \"bank.send\", \"at\": \"{}\", \"id\": \"{rank}\"}}\n", time(rank));
    let mut lines: Vec<String> = (0..20_000).map(line).collect();
    lines.swap(3, 4);
    world.write("log.jsonl", lines.concat());
    let from_file = report(&world, &["log.jsonl", "--from", "own"]);
    assert_eq!(from_file["coverage"]["replayed"], 20_000);
    let piped = world.run_with(&["simulate", "-", "--from", "own", "--format", "json"], &[], &lines.concat());
    assert_eq!(json(&piped.out)["digest"], from_file["digest"]);
    // A name of a pipe is no plain file either.
    let native = lines.concat().replace("\"op\"", "\"operation\"").replace("\"at\"", "\"timestamp\"");
    for arguments in [&["/dev/stdin"][..], &["/dev/stdin", "--from", "native"]] {
        let piped = world.run_with(&[&["simulate", "--format", "json"], arguments].concat(), &[], &native);
        let coverage = &json(&piped.out)["coverage"];
        assert_eq!((&coverage["replayed"], &coverage["unreadable"]), (&json!(20_000), &json!(0)), "{arguments:?}");
    }
}

#[test]
fn results_take_the_place_of_nothing_that_is_read() {
    let world = world();
    for wrong in ["json=policies/x.yaml", "html=.git/config", "markdown=log.jsonl", "json=-"] {
        let done = simulate(&world, &["log.jsonl", "--format", wrong]);
        assert!(done.code >= 2 && done.out.is_empty(), "{wrong}: {done:?}");
    }
    for wrong in ["policyc.yaml", "./log.jsonl", "-"] {
        assert!(simulate(&world, &["log.jsonl", "--decisions", wrong]).code >= 2, "{wrong}");
    }
    assert!(world.read("log.jsonl") == log());
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let world = world();
    let twice = simulate(&world, &["log.jsonl", "--assume", "integration=a", "--assume", "integration=b"]);
    assert!(twice.code == 2 && twice.err.contains("assumed twice"), "{twice:?}");
    assert_eq!(simulate(&world, &["log.jsonl", "--kill-switch"]).code, 2);
    world.write("b.json", json!([{"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "bank.close", "arguments": "{}"}}]}]).to_string());
    let nowhere = simulate(&world, &["b.json", "--where", "/team=x"]);
    assert!(nowhere.code == 2 && nowhere.err.contains("only /labels/"), "{nowhere:?}");
}

/// What an assumption says of the resource does not make known what arguments of a template hide.
#[test]
fn an_assumption_mends_no_broken_record() {
    let rule = "id: r\npolicy_name: n\nagent_id: '*'\ntarget_integration: files\noperation: read\nresource_scope: public/*\n\
                data_classification: restricted\npolicy_effect: allow\nrationale: ten characters\n";
    let catalog = "kind: catalog\nactions:\n  files.read: {resource: '{arguments.path}', tags: []}\n";
    let world = World::with(&[("policies/r.yaml", rule), ("catalog.yaml", catalog)]);
    world.write("log.jsonl", "{\"operation\": \"files.read\", \"arguments\": {\"path\": \"[REDACTED]\"}, \"data_classification\": \"public\"}\n");
    let assumed = report(&world, &["log.jsonl", "--assume", "resource=public/x"]);
    assert_eq!((&assumed["totals"]["head"]["deny"], &assumed["coverage"]["certain"]["head"]), (&json!(1), &json!(0)));
}

/// Names of strangers that are longer than anything sensible do not fill the report.
#[test]
fn long_names_are_cut_and_told_apart() {
    let world = world();
    let line = |end: &str| {
        format!(
            "{}\n",
            json!({"operation": format!("bank.close{}{end}", "x".repeat(100_000)), "agent_id": "y".repeat(100_000)})
        )
    };
    world.write("policies/all.yaml", "id: all\ndenied_actions: ['*']\n");
    world.write("log.jsonl", [line("1"), line("2"), line("1")].concat());
    let report = report(&world, &["log.jsonl"]);
    let actions: Vec<u64> =
        report["groups"].as_array().unwrap().iter().map(|group| group["actions"].as_u64().unwrap()).collect();
    assert_eq!(actions, [2, 1]);
    assert!(report.to_string().len() < 20_000, "{}", report.to_string().len());
}
