//! `policyc records`, and logs as they lie on disks: packed, broken off, in folders, of other encodings, very long.
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
use std::io::Write as _;
use std::path::Path;

use policyc::records::{Form, Found, Item, Record, detect, read, read_all};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::world::{Done, World};

const NATIVE: &str = include_str!("../examples/logs/native.jsonl");

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

/// So many native records, no two alike.
fn natives(count: usize) -> String {
    (0..count).map(|n| format!("{{\"id\":\"{}\",\"operation\":\"op-{n}\"}}\n", n * 7919 % 10_007)).collect()
}

fn stats(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"))
}

fn samples() -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> = fs::read_dir("examples/logs").unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn records(form: Form, bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    read_all(form, bytes, &mut |item: Item| {
        if let Found::Record(record) = item.found {
            records.push(*record);
        }
    });
    records
}

fn same(record: &Record) {
    let line = record.to_native();
    let again = read(&line).unwrap_or_else(|why| panic!("{why}: {line}"));
    assert_eq!(again.action, record.action, "{line}");
    assert_eq!((again.recorded_decision, &again.labels), (record.recorded_decision, &record.labels), "{line}");
    assert_eq!(again.to_native(), line);
    let written: Value = serde_json::from_str(&line).unwrap();
    assert!(!line.contains('\n') && written.as_object().unwrap().values().all(|value| !value.is_null()), "{line}");
}

#[test]
fn what_is_written_reads_back_the_same() {
    let mut count = 0;
    for path in samples() {
        let bytes = fs::read(&path).unwrap();
        let Ok(form) = detect(&bytes) else { continue };
        for record in records(form, &bytes) {
            same(&record);
            count += 1;
        }
    }
    assert!(count > 20);
}

fn word() -> BoxedStrategy<Value> {
    let words =
        ["a", "", "ümläut\u{200b}", "[REDACTED]", "cut [truncated]", "so on…", "{\"a\": [1, \"x\"]}", "\u{2028}\n"];
    let words = words.map(Value::from).into_iter().chain([json!(null), json!(7), json!(1.5), json!(true), json!([])]);
    prop_oneof![proptest::sample::select(words.collect::<Vec<_>>()), "\\PC{0,12}".prop_map(Value::from)].boxed()
}

fn value() -> BoxedStrategy<Value> {
    let blocks = json!([{"type": "text", "text": "[{\"type\": \"text\", \"text\": \"{}\"}]"}]);
    let leaf =
        prop_oneof![word(), Just(blocks), any::<i64>().prop_map(Value::from), any::<f64>().prop_map(Value::from)];
    let inner = leaf.prop_recursive(3, 12, 3, |inner| {
        let map = proptest::collection::btree_map("[a-z]{1,3}", inner.clone(), 0..3);
        let map = map.prop_map(|map| Value::Object(map.into_iter().collect()));
        prop_oneof![proptest::collection::vec(inner, 0..3).prop_map(Value::from), map]
    });
    inner.boxed()
}

/// Records that are right in some parts and odd in others.
fn record() -> BoxedStrategy<String> {
    let text = |good: &[&'static str]| {
        let good: Vec<Value> = good.iter().map(|text| Value::from(*text)).collect();
        prop_oneof![3 => proptest::sample::select(good), 1 => word()].boxed()
    };
    let cost =
        prop_oneof![any::<u64>().prop_map(|n| json!(n % 9_000_000_000)), (0.0..9e9).prop_map(Value::from), word()];
    let keys: Vec<(&'static str, BoxedStrategy<Value>)> = vec![
        ("id", text(&["c1", "7"])),
        ("timestamp", text(&["2026-01-01T00:00:00.123456789Z", "2026-01-01T01:00:00+02:00", "1970-01-01T00:00:00Z"])),
        ("agent_id", text(&["bot", "007"])),
        ("run_id", text(&["r"])),
        ("session_id", text(&["s"])),
        ("turn", prop_oneof![any::<u64>().prop_map(Value::from), word()].boxed()),
        ("group_id", text(&["g"])),
        ("mission_id", text(&["m"])),
        ("integration", text(&["mail"])),
        ("resource", text(&["a/b", "../x"])),
        ("data_classification", text(&["public", "restricted"])),
        ("arguments", value()),
        ("tags", prop_oneof![Just(json!(["a", "b", "a"])), word()].boxed()),
        ("risk_level", text(&["low", "critical"])),
        ("cost_usd", cost.boxed()),
        ("outcome", text(&["success", "error", "blocked", "rejected"])),
        ("error", value()),
        ("result", value()),
        ("recorded_decision", text(&["allow", "approval_required", "deny"])),
        ("labels", value()),
        ("unreliable", proptest::sample::select(vec![json!(["turn"]), json!([]), json!(["result", "tags"])]).boxed()),
    ];
    let part = |(key, value)| proptest::option::of(value).prop_map(move |value: Option<Value>| (key, value)).boxed();
    let parts: Vec<_> = keys.into_iter().map(part).collect();
    let text = |parts: Vec<(&str, Option<Value>)>| {
        let given = parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        let operation = ("operation".to_owned(), json!("x"));
        Value::Object(given.chain([operation]).collect()).to_string()
    };
    parts.prop_map(text).boxed()
}

proptest! {
    #[test]
    fn any_record_that_is_read_is_written_and_read_the_same(text in record()) {
        same(&read(&text).unwrap());
    }
}

#[test]
fn every_sample_is_counted_converted_and_drafted() {
    let root = env!("CARGO_MANIFEST_DIR");
    let world = World::new();
    let from = |name: &str| match name.split(['-', '.']).next() {
        Some("opa") => vec!["--from", "opa"],
        Some("cloudevents") => vec!["--from", "cloudevents"],
        Some("gateway") => vec!["--from", "gateway"],
        _ => vec![],
    };
    for path in samples() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let path = format!("{root}/{}", path.display());
        let run = |command: &str, more: &[&str]| {
            world.run(&[&["-C", root, "records", command, &path][..], &from(name), more].concat())
        };
        let counted = run("stats", &["--format", "json"]);
        let calls = stats(&counted)["calls"].as_u64().unwrap();
        assert!(calls > 0 && counted.code == 0, "{counted:?}");
        let converted = run("convert", &[]);
        assert_eq!(converted.out.lines().count() as u64, calls, "{converted:?}");
        world.write("native.jsonl", &converted.out);
        let again = world.run(&["records", "stats", "native.jsonl", "--format", "json"]);
        for part in ["calls", "operations", "agents", "facts", "first_time", "last_time", "runs"] {
            assert_eq!(stats(&again)[part], stats(&counted)[part], "{name} {part}");
        }
        let drafted = run("catalog", &[]);
        let policies = World::with(&[("catalog.yaml", &drafted.out), ("policies/a.yaml", "denied_actions: [a.b]\n")]);
        let checked = policies.run(&["check"]);
        assert!(checked.code == 0 && !checked.out.contains("catalog.yaml"), "{name} {checked:?} {}", drafted.out);
    }
}

#[test]
fn stats_fit_their_schema_and_people_see_them() {
    let world = World::with(&[("a.jsonl", NATIVE)]);
    let done = world.run(&["records", "stats", "a.jsonl", "--format", "json"]);
    assert_eq!(done.err, "reading a.jsonl as native\n");
    let schema: Value = serde_json::from_str(&fs::read_to_string("schemas/record-stats.json").unwrap()).unwrap();
    assert!(jsonschema::is_valid(&schema, &stats(&done)), "{done:?}");
    let facts = stats(&done)["facts"].as_array().unwrap().clone();
    let of = |fact: &str| facts.iter().find(|entry| entry["fact"] == fact).unwrap()["given"].clone();
    assert_eq!((of("agent_id"), of("cost_usd"), of("tags")), (json!(2), json!(1), json!(0)));
    let done = world.run(&["records", "stats", "a.jsonl"]);
    assert!(done.out.starts_with("a.jsonl: native, 2 calls\n") && done.out.contains("shop.order"), "{done:?}");
}

#[test]
fn packed_logs_and_folders_and_pipes_are_read() {
    let world = World::new();
    let text = natives(5_000);
    world.write("logs/a.jsonl", &text);
    world.write("logs/deep/b", gzip(text.as_bytes()));
    world.write("logs/c.dat", [zstd(text.as_bytes()), zstd(text.as_bytes())].concat());
    world.write("logs/.hidden", "nonsense");
    let done = world.run(&["records", "stats", "logs", "logs/a.jsonl", "--format", "json"]);
    assert_eq!((stats(&done)["calls"].clone(), stats(&done)["logs"].as_array().unwrap().len()), (json!(20_000), 3));
    let done = world.run_with(&["records", "convert", "-"], &[], NATIVE);
    assert_eq!((done.code, done.out.lines().count()), (0, 2));
    assert!(done.err.contains("reading standard input as native"), "{done:?}");
    for (path, words) in [("gone", "cannot read `gone`"), ("empty", "holds no file")] {
        fs::create_dir_all(world.at("empty")).unwrap();
        let done = world.run(&["records", "stats", path]);
        assert!(done.code == 3 && done.err.contains(words), "{done:?}");
    }
}

#[test]
fn a_log_that_breaks_off_is_read_up_to_there() {
    let world = World::new();
    let text = natives(40_000);
    for (name, packed) in [("a.gz", gzip(text.as_bytes())), ("a.zst", zstd(text.as_bytes()))] {
        world.write(name, &packed[..packed.len() * 9 / 10]);
        let done = world.run(&["records", "stats", name, "--format", "json"]);
        let found = stats(&done);
        let calls = found["calls"].as_u64().unwrap();
        assert!((20_000..40_000).contains(&calls) && done.code == 0, "{name} {found}");
        assert!(found["first_unreadable"].to_string().contains("breaks off here"), "{found}");
        assert_eq!(world.run(&["records", "stats", "--strict", name]).code, 1);
        let done = world.run(&["records", "convert", name]);
        assert_eq!(done.out.lines().count() as u64, calls);
        assert!(done.err.contains("breaks off here") && done.err.contains("unreadable"), "{}", done.err);
    }
    // A call whose result is lost is handed over all the same.
    let talk = include_str!("../examples/logs/claude-code-hook.jsonl");
    let before = talk.lines().find(|line| line.contains("\"PreToolUse\"")).unwrap();
    world.write("hook.gz", &gzip(format!("{before}\n").as_bytes())[..gzip(format!("{before}\n").as_bytes()).len() - 1]);
    let found = stats(&world.run(&["records", "stats", "hook.gz", "--format", "json"]));
    assert_eq!((found["calls"].clone(), found["unreadable"].clone()), (json!(1), json!(1)), "{found}");
    world.write("nothing.gz", &gzip(b"")[..12]);
    let done = world.run(&["records", "stats", "nothing.gz"]);
    assert!(done.code == 3 && done.err.contains("breaks off"), "{done:?}");
}

#[test]
fn other_encodings_and_half_lines_are_told_with_their_place() {
    let world = World::new();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(NATIVE.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    world.write("utf16", &utf16);
    let done = world.run(&["records", "stats", "utf16"]);
    assert!(done.code == 3 && done.err.contains("UTF-16"), "{done:?}");
    let latin = [NATIVE.as_bytes(), b"{\"operation\": \"caf\xe9\"}\n", &NATIVE.as_bytes()[..60]].concat();
    world.write("latin", &latin);
    let found = stats(&world.run(&["records", "stats", "latin", "--format", "json"]));
    assert_eq!((found["calls"].clone(), found["unreadable"].clone()), (json!(2), json!(2)));
    let told = &found["first_unreadable"];
    assert!(told[0]["line"] == 3 && told[0]["why"].as_str().unwrap().contains("not UTF-8"), "{told}");
    assert!(told[1]["line"] == 4, "{told}");
    let twice = "{\"operation\": \"x\", \"arguments\": {\"a\": 1, \"a\": 2}}\n";
    let found = stats(&world.run_with(&["records", "stats", "-", "--format", "json"], &[], &twice.repeat(3)));
    assert_eq!(found["doubts"], json!([{"name": "`arguments` cannot be relied on; taken as unknown", "count": 3}]));
}

#[test]
fn what_holds_no_call_or_is_no_log_is_refused() {
    let world =
        World::with(&[("empty", ""), ("blank", "\n \n"), ("table", "a,b\n1,2\n"), ("other", "{\"decision_id\": 1}")]);
    let done = world.run(&["records", "stats", "empty"]);
    assert!(done.code == 1 && done.err.contains("empty is empty") && done.err.contains("no recorded call"), "{done:?}");
    assert_eq!(world.run(&["records", "convert", "--from", "native", "blank"]).code, 1);
    let done = world.run(&["records", "stats", "table"]);
    assert!(done.code == 3 && done.err.contains("table cannot be read: its beginning holds no JSON"), "{done:?}");
    let done = world.run(&["records", "stats", "other"]);
    assert!(done.err.contains("an OPA decision log") && done.err.contains("records.mappings"), "{done:?}");
    let done = world.run(&["records", "stats", "--from", "opa", "other"]);
    assert!(done.code == 2 && done.err.contains("`opa` is no form"), "{done:?}");
    world.write("policyc.yaml", "records: {mappings: {opa: {operation: /path, agent_id: agent}}}\n");
    let done = world.run(&["records", "stats", "--from", "opa", "other"]);
    assert!(done.code == 3 && done.err.contains("cannot be relied on"), "{done:?}");
    assert_eq!(world.run(&["records", "catalog", "--strict", "--from", "native", "other", "empty"]).code, 1);
}

#[test]
fn names_of_strangers_do_no_harm() {
    let names =
        ["rm -rf *", "a\\b", "yes", "123", "\u{1b}[31mred", "x: y", "#", "a..b", "", " pad", "'q'", "\u{202e}rtl"];
    let line =
        |name: &&str| json!({"operation": format!("t{name}"), "agent_id": name, "arguments": {*name: 1}}).to_string();
    let text = names.iter().map(|name| line(name) + "\n").collect::<String>();
    let world = World::with(&[("log", &text), ("policies/a.yaml", "denied_actions: [a.b]\n")]);
    let done = world.run(&["records", "catalog", "log"]);
    world.write("catalog.yaml", &done.out);
    let checked = world.run(&["check"]);
    assert!(checked.code == 0 && done.out.contains("Left out"), "{checked:?}\n{}", done.out);
    let done = world.run(&["records", "stats", "log"]);
    assert!(!done.out.contains('\u{1b}') && !done.out.contains('\u{202e}'), "{done:?}");
}

/// A line of 100 MB, which is more than is read of one, takes no more memory than one of the longest that is read.
#[test]
fn a_line_without_end_is_passed_over_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.jsonl");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(b"{\"operation\": \"x\", \"arguments\": {\"a\": \"").unwrap();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        file.write_all(&piece).unwrap();
    }
    file.write_all(b"\"}}\n{\"operation\": \"y\"}\n").unwrap();
    drop(file);
    for (form, most) in [(Form::Native, 16), (Form::Mcp, 64)] {
        let mut found = Vec::new();
        let used = allocation_counter::measure(|| {
            let log = policyc::host::open_log(Path::new(&path)).unwrap();
            read_all(form, log.reader, &mut |item| found.push(item));
        });
        assert!(
            matches!(&found[0].found, Found::Unreadable(why) if why.contains(&format!("longer than {most} MiB"))),
            "{form}"
        );
        assert_eq!((found.len(), found[1].place.line), (2, 2));
        assert!(used.bytes_max < 4 * (most << 20), "{form}: {} bytes", used.bytes_max);
    }
}
