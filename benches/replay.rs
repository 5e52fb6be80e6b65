//! Replays of a generated log of a million actions (about 400 bytes a line), beside the least that could be done with it:
//! reading the file and counting its newlines.
//!
//! `cargo bench --bench replay` prints medians; "bytes" are those of the log. Nothing here asserts a time.
//! `POLICYC_BENCH_LINES` sets another number of actions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a benchmark")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a benchmark writes a log and reads it")]

mod generated;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use generated::{INTEGRATIONS, OPERATIONS, Random, compiled, rules};
use policyc::engine::Engine;
use policyc::replay::{self, Feed, Nobody, Question, Room, Side, Sides, Source, World};
use serde_json::{Value, json};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// As in the measurements of peers.
const RULES: usize = 1000;

fn lines() -> usize {
    std::env::var("POLICYC_BENCH_LINES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000)
}

/// Logs: one as agents leave it, in which names come again and again, and one in which hardly anything does.
static REPETITIVE: LazyLock<PathBuf> = LazyLock::new(|| write("repetitive", 250));
static DISTINCT: LazyLock<PathBuf> = LazyLock::new(|| write("distinct", 1_000_000));

fn write(name: &str, agents: usize) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("{name}-{}.jsonl", lines()));
    let mut out = BufWriter::new(File::create(&path).unwrap());
    let mut random = Random(11);
    for rank in 0..lines() {
        let (minute, second) = (rank / 60, rank % 60);
        let record = json!({
            "id": format!("call-{rank}"),
            "timestamp": format!("2026-{:02}-{:02}T{:02}:{:02}:{second:02}Z", minute / 40320 % 12 + 1, minute / 1440 % 28 + 1, minute / 60 % 24, minute % 60),
            "agent_id": format!("agent-{}", random.skewed(agents)),
            "run_id": format!("run-{}", rank / 8),
            "turn": rank % 8,
            "integration": random.pick(&INTEGRATIONS),
            "operation": random.pick(&OPERATIONS),
            "resource": format!("{}/{}", random.pick(&["prod", "dev", "hr", "lab"]), random.below(1000)),
            "data_classification": random.pick(&["public", "internal", "confidential", "restricted"]),
            "arguments": {"to": format!("person-{}@example.org", random.below(5000)), "subject": "the figures for last week", "amount": random.below(500)},
            "cost_usd": 0.002,
            "outcome": "success",
            "result": format!("stored as object {} of the bucket for reports", random.below(100_000)),
        });
        writeln!(out, "{record}").unwrap();
    }
    out.flush().unwrap();
    path
}

/// The same rules with one changed.
fn changed() -> Vec<Value> {
    let mut rules = rules(RULES);
    rules[500]["policy_effect"] = json!("deny");
    rules
}

/// The same rules, and policies that look at what happened before.
fn remembering() -> Vec<Value> {
    let mut documents = rules(RULES);
    documents.push(json!({
        "id": "rates", "name": "Rates", "scope": "global",
        "rate_limits": {"mail.send": [{"max_count": 100, "window_seconds": 3600, "per": "agent"}]},
        "run_budget": 5, "evidence_requirements": {"bank.delete": ["bank.read"]},
    }));
    documents
}

struct Files(Vec<PathBuf>);

impl World for Files {
    fn open(&mut self) -> io::Result<Feed> {
        let source =
            |path: &PathBuf| -> io::Result<Source> { Ok(Source::Native(Box::new(BufReader::new(File::open(path)?)))) };
        Ok(Feed::new(self.0.iter().map(source).collect::<io::Result<_>>()?))
    }

    fn scratch(&self) -> io::Result<Box<dyn Room>> {
        Ok(Box::new(tempfile::tempfile()?))
    }
}

fn size(log: &Path) -> BytesCount {
    BytesCount::new(std::fs::metadata(log).unwrap().len())
}

fn replays(bencher: Bencher<'_, '_>, log: &Path, base: Option<&[Value]>, head: &[Value], threads: usize) {
    let base = base.map(compiled);
    let head = compiled(head);
    let base = base.as_ref().map(|base| Engine::new(base.bundle.as_ref().unwrap()));
    let head = Engine::new(head.bundle.as_ref().unwrap());
    let side = |engine| Side { engine, kill_switch: false };
    let sides = Sides { base: base.as_ref().map(side), head: side(&head), regions: None };
    let question = Question { threads, ..Question::default() };
    let mut world = Files(vec![log.to_path_buf()]);
    bencher.counter(size(log)).counter(ItemsCount::new(lines())).bench_local(|| {
        let outcome = replay::run(sides, &question, None, &mut world, &mut Nobody).unwrap();
        assert_eq!(outcome.actions as usize, lines());
    });
}

/// The limit: nothing that reads the log can be faster.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn a_read_and_count_newlines(bencher: Bencher<'_, '_>) {
    let log = &*REPETITIVE;
    bencher.counter(size(log)).counter(ItemsCount::new(lines())).bench_local(|| {
        let mut file = File::open(log).unwrap();
        let mut block = vec![0; 256 << 10];
        let mut count = 0;
        loop {
            let read = file.read(&mut block).unwrap();
            if read == 0 {
                break;
            }
            count += memchr::memchr_iter(b'\n', &block[..read]).count();
        }
        assert_eq!(count, lines());
    });
}

#[divan::bench(sample_count = 5, sample_size = 1, args = [1, 2])]
fn b_rules(bencher: Bencher<'_, '_>, threads: usize) {
    replays(bencher, &REPETITIVE, None, &rules(RULES), threads);
}

#[divan::bench(sample_count = 5, sample_size = 1, args = [1, 2])]
fn c_two_sides(bencher: Bencher<'_, '_>, threads: usize) {
    replays(bencher, &REPETITIVE, Some(&rules(RULES)), &changed(), threads);
}

#[divan::bench(sample_count = 5, sample_size = 1, args = [1, 2])]
fn d_remembering(bencher: Bencher<'_, '_>, threads: usize) {
    replays(bencher, &REPETITIVE, None, &remembering(), threads);
}

#[divan::bench(sample_count = 5, sample_size = 1, args = [1])]
fn e_hardly_any_repetition(bencher: Bencher<'_, '_>, threads: usize) {
    replays(bencher, &DISTINCT, None, &rules(RULES), threads);
}
