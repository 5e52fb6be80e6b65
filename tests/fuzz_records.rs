//! The quick reader of native records against the careful one, on mutated lines; `POLICYC_FUZZ_RUNS` makes it longer.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use policyc::records::{self, Rows};
use serde_json::Value;

fn runs() -> usize {
    std::env::var("POLICYC_FUZZ_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(60_000)
}

/// Lines to begin with.
const SEEDS: [&str; 10] = [
    r#"{"operation":"x"}"#,
    r#"{"id":"1","timestamp":"2026-03-02T09:00:00.5Z","agent_id":"a","run_id":"r","operation":"send","outcome":"success"}"#,
    r#"{"id":7,"turn":3,"integration":"m","operation":"x","resource":"prod/a","data_classification":"public","tags":["t"]}"#,
    r#"{"operation":"x","arguments":{"a":1,"b":[true,null,{"c":"d"}]},"risk_level":"low","cost_usd":0.25,"result":{"v":1}}"#,
    r#"{"operation":"x","error":null,"result":["x"],"recorded_decision":"deny","labels":{"injected":true},"note":"n"}"#,
    r#" { "operation" : "x" , "session_id" : "s" , "group_id" : "g" , "mission_id" : "k" , "result" : "done" } "#,
    r#"{"operation":"ä","arguments":{"p":"\u00e9 \"q\" \\ \n"},"unreliable":["turn"],"turn":1}"#,
    r#"{"timestamp":"2026-03-02T09:00:00+01:00","operation":"x","cost_usd":12,"outcome":"error","error":"it failed"}"#,
    r#"{"operation":"x","tags":[],"labels":{"a":{"b":[1,2,{"c":[[]]}]}},"other":{"a":1,"a":1e400},"result":false}"#,
    r#"{"operation":"x","outcome":"rejected","cost_usd":1.5,"id":"a-b","arguments":{},"agent_id":"a","run_id":null}"#,
];

/// Pieces that break most lines.
const PIECES: [&str; 24] = [
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\t",
    "null",
    "tru",
    "0",
    "-",
    "-0",
    "01",
    "1.",
    "1e5",
    "0.10",
    "é",
    "\u{1}",
    "\\u0061",
    "\\ud83d\\ude00",
    "\\x",
];

/// What may stand in a text, or make a reader look twice at it.
const TEXTS: [&str; 24] = [
    "a",
    "b c",
    " ",
    "é",
    "…",
    "\\n",
    "\\\"",
    "\\/",
    "\\u0061",
    "\\u00e9",
    "\\u2026",
    "\\ud83d\\ude00",
    "\\ud800",
    "\\u12",
    "[REDACTED]",
    "<redacted>",
    "****",
    "removed",
    "redacted: x",
    "[truncated]",
    "... (truncated)",
    "truncated]",
    "12 characters truncated]",
    "{\\\"a\\\":1}",
];

/// Further members; some are given already.
const MEMBERS: [&str; 40] = [
    "\"note\":\"n\"",
    "\"note\":[1,{\"a\":[true,false,null]}]",
    "\"x\":1,\"x\":2",
    "\"x\":{\"a\":1,\"a\":1e400}",
    "\"x\":\"\\ud83d\\ude00\"",
    "\"x\\u0061\":1",
    "\"turn\":4",
    "\"turn\":-4",
    "\"turn\":4.0",
    "\"turn\":18446744073709551616",
    "\"turn\":null",
    "\"agent\":\"a\"",
    "\"time\":1",
    "\"agent_id\":7",
    "\"agent_id\":1e3",
    "\"agent_id\":true",
    "\"run_id\":\"\"",
    "\"session_id\":123456789012345678",
    "\"operation\":\"y\"",
    "\"arguments\":{\"a\":1,\"a\":2}",
    "\"arguments\":\"{\\\"a\\\":1}\"",
    "\"arguments\":{\"a\":12345678901234567}",
    "\"arguments\":{\"a\":-0,\"b\":0.10,\"c\":[]}",
    "\"arguments\":[]",
    "\"result\":\"{\\\"a\\\":1}\"",
    "\"result\":[{\"type\":\"text\",\"text\":\"a\"}]",
    "\"result\":-0.0",
    "\"result\":\" {x\"",
    "\"labels\":{\"a\":1,\"a\":2}",
    "\"labels\":1e999",
    "\"labels\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    "\"tags\":[\"a\",\"a\"]",
    "\"tags\":[1]",
    "\"timestamp\":\"2026-13-02T09:00:00Z\"",
    "\"timestamp\":\"2026-03-02T23:59:60.123456789Z\"",
    "\"timestamp\":\"2026-02-29t09:00:00z\"",
    "\"unreliable\":[\"result\"]",
    "\"cost_usd\":0.0000000001",
    "\"cost_usd\":-1",
    "\"error\":{\"code\":5}",
];

type Edits = (u8, Vec<(u16, u8, u8)>);

/// A seed with a few changes: most stay records.
fn mutated((seed, edits): &Edits) -> String {
    let seed = usize::from(*seed);
    let mut line = SEEDS[seed % SEEDS.len()].to_owned();
    for (at, what, piece) in edits.iter().take(seed / SEEDS.len() % 4) {
        let places: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
        let Some(at) = places.get(usize::from(*at) % places.len().max(1)).copied() else { continue };
        let piece = usize::from(*piece);
        match what % 16 {
            0 => line.insert_str(at, PIECES[piece % PIECES.len()]),
            1 => drop(line.remove(at)),
            2 => {
                let next = line[at..].char_indices().nth(piece % 8).map_or(line.len(), |(after, _)| at + after);
                line.replace_range(at..next, PIECES[piece % PIECES.len()]);
            }
            // In a text, at its beginning or its end.
            3..=5 => {
                let start = line[at..].find("\":\"").map(|after| at + after + 3);
                line.insert_str(start.unwrap_or(at), TEXTS[piece % TEXTS.len()]);
            }
            6..=8 => {
                let end = line[at..].find("\",").map(|after| at + after);
                line.insert_str(end.unwrap_or(at), TEXTS[piece % TEXTS.len()]);
            }
            _ => {
                let last = line.rfind('}').unwrap_or(line.len());
                line.insert_str(last, &format!(",{}", MEMBERS[piece % MEMBERS.len()]));
            }
        }
    }
    line
}

/// What the quick reader takes, the careful one takes with the same meaning.
#[test]
fn the_quick_reader_says_what_the_careful_one_says() {
    let counts = [const { AtomicUsize::new(0) }; 3];
    // One reader for all lines, as in a log: what it remembers of one must not matter to the next.
    let rows = Mutex::new(Rows::default());
    bolero::check!().with_iterations(runs()).with_type::<Edits>().for_each(|edits| {
        let line = mutated(edits);
        let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
        let (quick, careful) = (rows.read(&line).map(|row| row.to_record()), records::read(&line));
        let verdict = usize::from(quick.is_none()) + usize::from(careful.is_err());
        if let Some(quick) = quick {
            assert_eq!(Ok(quick), careful, "{line}");
        }
        counts[verdict].fetch_add(1, Ordering::Relaxed);
    });
    // Taken at once, left to the careful reader, refused: each comes up often.
    let counts = counts.map(AtomicUsize::into_inner);
    let all: usize = counts.iter().sum();
    assert!(all < 1000 || counts.iter().all(|some| some * 20 > all), "{counts:?}");
}

/// A member is what the general reader finds.
#[test]
fn a_member_is_what_the_general_reader_finds() {
    const KEYS: [&str; 8] = ["operation", "labels", "result", "x", "arguments", "turn", "id", "nothing"];
    bolero::check!().with_iterations(runs()).with_type::<Edits>().for_each(|edits| {
        let line = mutated(edits);
        let Ok(whole) = serde_json::from_str::<Value>(&line) else { return };
        for key in KEYS {
            // Refused is only a key that is given twice, which the careful reader of JSON refuses, too.
            let Ok(found) = records::member(&line, key) else {
                assert!(policyc::text::distinct(&line).is_err(), "{key}: {line}");
                continue;
            };
            let found = found.map(|text| serde_json::from_str::<Value>(text).unwrap());
            assert_eq!(found.as_ref(), whole.get(key), "{key}: {line}");
        }
    });
}
