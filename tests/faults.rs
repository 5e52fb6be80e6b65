//! Crashes at every step of a write, kills at any moment, full disks and second writers: nothing is lost, nothing is half done,
//! and the next call says what it found and goes on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may fail, reads files, and says what it leaves out"
)]

mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::world::{Done, World};

const SETTINGS: &str =
    "branch: main\ndefaults: {effect: allow, session_ttl: 3600}\nreview: {required: 1, evidence: recorded}\n";

/// Commands that write, each ready to be run in a world of its own.
struct Case {
    name: &'static str,
    world: World,
    bare: Option<World>,
    who: &'static str,
    arguments: &'static [&'static str],
}

fn ok(done: Done) -> Done {
    assert_eq!(done.code, 0, "{done:?}");
    done
}

/// A repository with a draft that is approved, and something live in staging.
fn ready() -> World {
    let world = World::in_memory();
    world.write("policyc.yaml", SETTINGS);
    world.write("environments/staging.yaml", "approvals: {required: 0}\n");
    world.write("policies/pay.yaml", "# careful\nid: pay\nrun_budget: 10\n");
    world.write("policies/mail.yaml", "id: mail\ndenied_actions: [mail.delete]\n");
    world.commit();
    ok(world.run_as("ada", "09:00", &["deploy", "--environment", "staging"]));
    ok(world.run_as("ada", "09:01", &["draft", "new", "less"]));
    world.write("policies/pay.yaml", "# careful\nid: pay\nrun_budget: 5\n");
    world.write("policies/more.yaml", "id: more\ndenied_actions: [x.y]\n");
    std::fs::remove_file(world.at("policies/mail.yaml")).unwrap();
    world
}

fn copy(of: &World) -> World {
    let world = World::in_memory();
    for entry in walkdir::WalkDir::new(of.path()).into_iter().filter_map(Result::ok) {
        let below = entry.path().strip_prefix(of.path()).unwrap();
        let to = world.path().join(below);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&to).unwrap();
        } else {
            std::fs::copy(entry.path(), &to).unwrap();
        }
    }
    world
}

fn cases() -> Vec<Case> {
    let changed = ready();
    let updated = copy(&changed);
    ok(updated.run_as("ada", "09:02", &["draft", "update"]));
    let submitted = copy(&updated);
    ok(submitted.run_as("ada", "09:03", &["submit"]));
    let approved = copy(&submitted);
    ok(approved.run_as("ben", "09:04", &["review", "less", "--approve"]));
    approved.git(&["switch", "-q", "main"]);
    let merged = copy(&approved);
    ok(merged.run_as("ada", "09:05", &["merge", "less"]));
    let bare = World::in_memory();
    bare.git(&["init", "-q", "--bare", "-b", "main"]);
    let shared = copy(&approved);
    shared.git(&["remote", "add", "origin", bare.path().to_str().unwrap()]);
    shared.git(&["push", "-q", "origin", "main", "draft/less"]);
    let case = |name, world, who, arguments| Case { name, world, bare: None, who, arguments };
    vec![
        case("draft update", changed, "ada", &["draft", "update"]),
        case("submit", updated, "ada", &["submit"]),
        case("review", submitted, "ben", &["review", "less", "--approve"]),
        case("merge", approved, "ada", &["merge", "less"]),
        case("deploy", copy(&merged), "ada", &["deploy", "--environment", "staging"]),
        case("kill switch", merged, "ada", &["kill-switch", "activate", "--environment", "staging", "--reason", "x"]),
        Case {
            name: "merge and push",
            world: shared,
            bare: Some(bare),
            who: "ada",
            arguments: &["merge", "less", "--push"],
        },
    ]
}

/// A case of its own, with a remote of its own.
fn fresh(case: &Case) -> (World, Option<World>) {
    let world = copy(&case.world);
    let bare = case.bare.as_ref().map(copy);
    if let Some(bare) = &bare {
        world.git(&["remote", "set-url", "origin", bare.path().to_str().unwrap()]);
    }
    (world, bare)
}

fn command(world: &World, case: &Case, fault: Option<&str>) -> Command {
    let mut command = world.command(case.arguments);
    let email = format!("{}@example.com", case.who);
    for (name, value) in [("NAME", case.who), ("EMAIL", &email), ("DATE", "2026-01-01T12:00:00Z")] {
        command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", "/nonexistent");
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.envs(fault.map(|fault| ("POLICYC_FAULT", fault)));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a repository says in the end: the branches' trees, what notes say, what is not committed, what is live.
fn told(world: &World) -> String {
    let mut text = String::new();
    for branch in world.git(&["for-each-ref", "--format=%(refname)", "refs/heads"]).lines() {
        text.push_str(&format!("{branch} {}\n", world.git(&["rev-parse", &format!("{branch}^{{tree}}")])));
    }
    text.push_str(&world.git(&["status", "--porcelain"]));
    let notes = world.git(&["for-each-ref", "refs/notes/policyc"]);
    if !notes.is_empty() {
        let mut lines: Vec<String> = Vec::new();
        for line in world.git(&["notes", "--ref", "policyc", "list"]).lines() {
            let note = line.split(' ').next().unwrap();
            lines.extend(world.git(&["cat-file", "-p", note]).lines().map(str::to_owned));
        }
        lines.sort();
        text.push_str(&lines.join("\n"));
    }
    text
}

/// What must hold of a repository whatever happened to it.
fn sound(world: &World, after: &str) {
    let fsck =
        Command::new("git").args(["fsck", "--strict", "--no-dangling"]).current_dir(world.path()).output().unwrap();
    assert!(fsck.status.success(), "{after}: {}", String::from_utf8_lossy(&fsck.stderr));
    assert!(!world.at(".git/index.lock").exists() || after.contains("kill"), "{after}: the index is locked");
}

/// Runs it again as a person would, and holds the end against that of an undisturbed run.
fn goes_on(world: &World, case: &Case, wanted: &str, after: &str) {
    // A kill may leave Git's own lock files behind, as it does with git itself; git says so, and a person removes them.
    for lock in walkdir::WalkDir::new(world.at(".git")).into_iter().filter_map(Result::ok) {
        let name = lock.file_name().to_string_lossy().into_owned();
        if std::path::Path::new(&name).extension().is_some_and(|ending| ending == "lock") && after.contains("kill") {
            std::fs::remove_file(lock.path()).unwrap();
        }
    }
    let again = command(world, case, None).output().unwrap();
    let err = String::from_utf8_lossy(&again.stderr).into_owned();
    let done = again.status.code() == Some(0) || again.status.code() == Some(1) && err.contains("PC0916");
    assert!(done, "{after}: {err}");
    assert_eq!(told(world), wanted, "{after}: {err}");
    assert!(!world.at(".git/policyc-pending.json").exists(), "{after}");
}

fn undisturbed(case: &Case) -> String {
    let (world, _bare) = fresh(case);
    let done = command(&world, case, None).output().unwrap();
    assert!(done.status.success(), "{}: {}", case.name, String::from_utf8_lossy(&done.stderr));
    told(&world)
}

#[test]
fn a_crash_or_a_full_disk_at_any_step_is_gone_on_from() {
    if !cfg!(debug_assertions) {
        println!("SKIPPED: a release build has no faults to ask for");
        return;
    }
    let (mut crashes, mut failures) = (0, 0);
    for case in cases() {
        let wanted = undisturbed(&case);
        for kind in ["crash", "fail"] {
            for step in 1.. {
                assert!(step < 40, "{} has no end", case.name);
                let (world, _bare) = fresh(&case);
                let before = told(&world);
                let fault = format!("{kind}:{step}");
                let done = command(&world, &case, Some(&fault)).output().unwrap();
                if done.status.success() {
                    break;
                }
                let after = format!("{} after {fault}", case.name);
                sound(&world, &after);
                if kind == "fail" {
                    failures += 1;
                    let err = String::from_utf8_lossy(&done.stderr);
                    assert!(done.status.code() == Some(3) && err.contains("no space is left"), "{after}: {err}");
                } else {
                    crashes += 1;
                }
                // Where the branch has not moved, a call that writes something else finds everything as it was.
                let now = told(&world);
                let moved = now != before && !world.at(".git/policyc-pending.json").exists();
                assert!(moved || kind == "crash" || now == before || now == wanted, "{after}: {now}");
                goes_on(&world, &case, &wanted, &after);
            }
        }
    }
    assert!(crashes >= 20 && failures >= 20, "{crashes} crashes, {failures} failures");
}

#[test]
fn a_kill_at_any_moment_is_gone_on_from() {
    // `.ci/kills` asks for hundreds.
    let kills: u32 = std::env::var("POLICYC_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let cases = cases();
    let wanted: Vec<String> = cases.iter().map(undisturbed).collect();
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut early = 0;
    for kill in 0..kills {
        let at = kill as usize % cases.len();
        let (case, wanted) = (&cases[at], &wanted[at]);
        let (world, _bare) = fresh(case);
        let whole = {
            let (world, _bare) = fresh(case);
            let began = Instant::now();
            command(&world, case, None).output().unwrap();
            began.elapsed()
        };
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let wait = whole.mul_f64(f64::from(u32::try_from(seed % 1_000).unwrap()) / 1_000.0);
        let mut child = command(&world, case, None).spawn().unwrap();
        std::thread::sleep(wait);
        early += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        // A git that it had started may still be at work at the remote.
        std::thread::sleep(Duration::from_millis(if case.bare.is_some() { 200 } else { 0 }));
        let after = format!("{} after the kill at {wait:?}", case.name);
        sound(&world, &after);
        goes_on(&world, case, wanted, &after);
        let verified = world.run_as("ada", "13:00", &["verify"]);
        assert_eq!(verified.code, 0, "{after}: {verified:?}");
    }
    assert!(early > kills / 4, "only {early} of {kills} were killed before they ended");
}

#[test]
fn a_disk_that_takes_no_more_is_told_and_changes_nothing() {
    for case in cases().into_iter().filter(|case| case.bare.is_none()) {
        let wanted = undisturbed(&case);
        let (world, _bare) = fresh(&case);
        let before = told(&world);
        // Files of more than no blocks cannot be written: the system itself refuses, in whatever library.
        let mut limited = Command::new("sh");
        let program = env!("CARGO_BIN_EXE_policyc");
        limited.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"", program]).args(case.arguments);
        let usual = command(&world, &case, None);
        limited.current_dir(world.path()).env_clear();
        for (name, value) in usual.get_envs() {
            limited.env(name, value.unwrap());
        }
        let done = limited.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
        let err = String::from_utf8_lossy(&done.stderr).into_owned();
        // What it says may itself be lost, where it is written to a file; the exit code is not.
        assert_ne!(done.status.code(), Some(0), "{}: {err}", case.name);
        sound(&world, case.name);
        assert_eq!(told(&world), before, "{}: {err}", case.name);
        goes_on(&world, &case, &wanted, case.name);
    }
}

#[test]
fn two_writers_wait_for_each_other() {
    let world = ready();
    world.git(&["switch", "-q", "main", "-f"]);
    world.write("environments/second.yaml", "approvals: {required: 0}\n");
    world.commit();
    let spawn = |environment: &'static str| {
        let arguments: &'static [&'static str] = match environment {
            "staging" => &["kill-switch", "activate", "--environment", "staging", "--reason", "x"],
            _ => &["deploy", "--environment", "second"],
        };
        let case = Case { name: environment, world: World::new(), bare: None, who: "ada", arguments };
        command(&world, &case, None).spawn().unwrap()
    };
    let children = [spawn("staging"), spawn("second")];
    for child in children {
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    assert_eq!(world.run_as("ada", "13:00", &["verify"]).code, 0);
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    let log = world.git(&["log", "--format=%s", "-2"]);
    assert!(log.contains("Stop staging") && log.contains("Deploy to second"), "{log}");
}

#[test]
fn somebody_who_never_ends_is_told_about() {
    let world = ready();
    let lock = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(world.at(".git/policyc/lock"))
        .unwrap();
    lock.lock().unwrap();
    let busy = world.run_as("ada", "10:00", &["draft", "update"]);
    assert!(busy.code == 3 && busy.err.contains("PC0921"), "{busy:?}");
    lock.unlock().unwrap();
    ok(world.run_as("ada", "10:01", &["draft", "update"]));
}

#[test]
fn an_interrupted_command_is_told_by_health_and_by_the_next_call() {
    if !cfg!(debug_assertions) {
        println!("SKIPPED: a release build has no faults to ask for");
        return;
    }
    let case = cases().into_iter().find(|case| case.name == "merge").unwrap();
    // The step after the files: they are new, and the branch is not there yet.
    let step = (1..10).find(|step| {
        let (world, _) = fresh(&case);
        command(&world, &case, Some(&format!("crash:{step}"))).output().unwrap();
        !world.git(&["status", "--porcelain"]).is_empty()
    });
    let (world, _) = fresh(&case);
    command(&world, &case, Some(&format!("crash:{}", step.unwrap()))).output().unwrap();
    let health = world.run(&["health"]);
    assert!(health.code == 1 && health.out.contains("`policyc merge` was interrupted"), "{health:?}");
    // What is only half written was nobody's edit.
    world.write("policies/more.yaml", "id: mo");
    // Somebody has changed one of the files since: it is left alone, and named.
    world.write("policies/pay.yaml", "id: pay\nrun_budget: 77\n");
    let next = world.run_as("ada", "10:00", &["draft", "new", "other", "--no-switch"]);
    assert!(next.err.contains("was interrupted before") && next.err.contains("policies/pay.yaml"), "{next:?}");
    assert_eq!(world.read("policies/pay.yaml"), "id: pay\nrun_budget: 77\n");
    assert!(
        world.at("policies/mail.yaml").exists() && !world.at("policies/more.yaml").exists(),
        "the others are as they were"
    );
}
