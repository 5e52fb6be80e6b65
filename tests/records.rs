//! Every form of recorded calls: its small sample in examples/logs, and the real logs that stand beside the project.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test may fail, reads files, and says what it passes over"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use policyc::model::{Action, Fact, Outcome};
use policyc::records::{BEGINNING_BYTES, Form, Found, Item, Record, detect, read_all};
use serde_json::{Value, json};

fn items(form: Form, bytes: &[u8]) -> Vec<Item> {
    let mut found = Vec::new();
    read_all(form, bytes, &mut |item| found.push(item));
    found
}

/// The calls of a log in which everything can be read and nothing is told twice.
fn records(form: Form, bytes: &[u8]) -> Vec<Record> {
    let record = |item: Item| match item.found {
        Found::Record(record) => *record,
        other => panic!("{}: {other:?}", item.place),
    };
    items(form, bytes).into_iter().map(record).collect()
}

fn beginning(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(BEGINNING_BYTES)]
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(Path::new("examples/logs").join(name)).unwrap()
}

/// The calls of a sample, read in the form that is detected.
fn read(name: &str, form: Form) -> Vec<Record> {
    let bytes = sample(name);
    assert_eq!(detect(beginning(&bytes)), Ok(form), "{name}");
    records(form, &bytes)
}

fn named(action: &Action) -> String {
    format!("{} {}", action.integration.as_deref().unwrap_or("?"), action.operation)
}

fn told(records: &[Record]) -> Vec<(String, Option<Outcome>, Option<u64>)> {
    records.iter().map(|record| (named(&record.action), record.action.outcome, record.action.turn)).collect()
}

fn call(name: &str, outcome: Option<Outcome>, turn: Option<u64>) -> (String, Option<Outcome>, Option<u64>) {
    (name.to_owned(), outcome, turn)
}

fn arguments(record: &Record) -> Value {
    record.action.arguments.as_ref().map_or(Value::Null, |arguments| arguments.as_value().clone())
}

fn time(record: &Record) -> String {
    record.action.timestamp.map(|time| time.to_string()).unwrap_or_default()
}

const DONE: Option<Outcome> = Some(Outcome::Success);
const FAILED: Option<Outcome> = Some(Outcome::Error);

#[test]
fn native_records() {
    let found = read("native.jsonl", Form::Native);
    assert_eq!(told(&found), [call("shop search", DONE, Some(1)), call("shop order", None, Some(2))]);
    let found = items(Form::Native, b"{\"operation\": \"x\"}\n\nno\n");
    assert!(matches!(found[1].found, Found::Unreadable(_)) && found[1].place.line == 3, "{found:?}");
}

#[test]
fn spans_of_open_telemetry() {
    let found = read("otel.json", Form::Otel);
    assert_eq!(told(&found), [call("? find_trains", DONE, None), call("? book", FAILED, None)]);
    let first = &found[0].action;
    assert_eq!(time(&found[0]), "2026-03-02T09:00:01.123456789Z");
    assert_eq!(first.run_id.as_deref(), Some("5b8aa5a2d2c872e8321cf37308d69df2"));
    assert_eq!((first.agent_id.as_deref(), first.session_id.as_deref()), (Some("booker"), Some("conv-7")));
    assert_eq!(first.result, Some(json!({"trains": ["R 12"]})));
    assert_eq!(arguments(&found[1]), json!({"train": "R 12", "seats": 2}));
    assert_eq!(found[1].action.error.as_deref(), Some("no seats left"));

    let found = read("otel-tempo.json", Form::Otel);
    assert_eq!(told(&found), [call("mcp files.read_file", None, None)]);
    assert_eq!(time(&found[0]), "2026-03-02T09:00:01.123456789Z");
    assert!(found[0].action.broken.contains(&Fact::Result), "redacted");

    let found = read("otel-jaeger.json", Form::Otel);
    assert_eq!(told(&found), [call("? water", DONE, None)]);
    assert_eq!((time(&found[0]).as_str(), arguments(&found[0])), ("2026-03-02T09:00:01.123456Z", json!({"litres": 4})));
    assert_eq!(found[0].action.agent_id.as_deref(), Some("gardener"));
}

#[test]
fn chat_completions() {
    let found = read("openai-chat.json", Form::OpenAiChat);
    let looked = "? look_up";
    let expected = [call(looked, DONE, Some(1)), call(looked, None, Some(1)), call("? give_back", None, Some(2))];
    assert_eq!(told(&found), expected);
    assert_eq!(found[0].action.result, Some(json!({"reader": "r-1"})));
    let broken: Vec<Fact> = found[1].action.broken.iter().copied().collect();
    assert_eq!(broken, [Fact::Arguments, Fact::Outcome]);
    assert_eq!((time(&found[0]).as_str(), time(&found[2]).as_str()), ("", "2026-03-02T09:00:10Z"));
    assert!(found.iter().all(|record| record.action.session_id.as_deref() == Some("s-4")));

    let found = read("openai-chat-stream.json", Form::OpenAiChat);
    assert_eq!(told(&found), [call("? renew", None, Some(1)), call("? remind", None, Some(1))]);
    assert_eq!((arguments(&found[0]), arguments(&found[1])), (json!({"book": 14}), json!({})));
    assert_eq!(found[0].action.id.as_deref(), Some("call_d"));

    let document: Value = serde_json::from_slice(&sample("openai-chat-stream.json")).unwrap();
    let bare = document["response"].as_str().unwrap().as_bytes();
    assert_eq!(detect(bare), Ok(Form::OpenAiChat));
    assert_eq!(told(&records(Form::OpenAiChat, bare)), told(&found));
}

#[test]
fn a_history_that_a_later_request_repeats_is_told_once() {
    let document: Value = serde_json::from_slice(&sample("openai-chat.json")).unwrap();
    let mut later = document.clone();
    let messages = later["request"]["messages"].as_array_mut().unwrap();
    messages.push(document["response"]["choices"][0]["message"].clone());
    messages.push(json!({"role": "tool", "tool_call_id": "call_c", "content": "given back"}));
    later["response"]["choices"][0]["message"] = json!({"role": "assistant", "content": "Done."});
    let found = items(Form::OpenAiChat, format!("{document}\n{later}\n").as_bytes());
    let repeated = found.iter().filter(|item| item.found == Found::Repeated).count();
    assert_eq!((found.len(), repeated), (6, 3), "{found:#?}");
    let Found::Record(last) = &found[2].found else { panic!("{:?}", found[2]) };
    assert_eq!((last.action.id.as_deref(), last.action.outcome), (Some("call_c"), DONE));
}

#[test]
fn messages_of_one_talk_may_stand_on_lines_of_their_own() {
    let document: Value = serde_json::from_slice(&sample("openai-chat.json")).unwrap();
    let mut lines = list(&document["request"]["messages"]).to_vec();
    lines.push(document["response"]["choices"][0]["message"].clone());
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    assert_eq!(detect(text.as_bytes()), Ok(Form::OpenAiChat));
    let found = records(Form::OpenAiChat, text.as_bytes());
    let turns: Vec<_> = found.iter().map(|record| record.action.turn).collect();
    assert_eq!(turns, [Some(1), Some(1), Some(2)]);
    let piece = br#"{"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}}]}"#;
    assert!(matches!(items(Form::OpenAiChat, piece)[0].found, Found::Unreadable(_)));
}

#[test]
fn responses() {
    let found = read("openai-responses.json", Form::OpenAiResponses);
    let (hours, weather) = (call("? hours", DONE, Some(1)), call("? weather", DONE, Some(1)));
    assert_eq!(told(&found), [hours, weather, call("mcp tickets.reserve", DONE, Some(2))]);
    assert!(found[1].action.broken.contains(&Fact::Result) && found[1].action.result.is_none(), "cut");
    assert_eq!(time(&found[2]), "2026-03-02T09:00:30Z");

    let found = read("openai-responses-stream.json", Form::OpenAiResponses);
    assert_eq!(told(&found), [call("? ring", None, Some(1))]);
    assert_eq!((arguments(&found[0]), found[0].action.id.as_deref()), (json!({"bell": 1}), Some("call_h")));
}

#[test]
fn messages_of_anthropic() {
    let found = read("anthropic.json", Form::Anthropic);
    let (listed, switched) = (call("? list_tools", DONE, Some(1)), call("mcp lamps.switch", FAILED, Some(1)));
    assert_eq!(told(&found), [listed, switched, call("? hang_up", None, Some(2))]);
    assert_eq!(found[0].action.result, Some(json!(["rake"])));
    assert_eq!(found[1].action.error.as_deref(), Some("no lamp"));
}

#[test]
fn transcripts_of_claude_code() {
    let found = read("claude-code.jsonl", Form::ClaudeCode);
    let (bash, find) = ("claude-code Bash", "mcp tracker.find");
    let expected = [call(bash, FAILED, Some(1)), call(find, DONE, Some(1)), call("claude-code Read", None, Some(2))];
    assert_eq!(told(&found), expected);
    assert_eq!(
        (found[0].action.session_id.as_deref(), time(&found[0]).as_str()),
        (Some("sess-1"), "2026-03-02T10:00:01Z")
    );
    assert!(found[2].action.broken.contains(&Fact::Timestamp), "a time without zone");
    assert_eq!((&found[0].labels, &found[2].labels), (&Value::Null, &json!({"sidechain": true})));
    let twice = sample("claude-code.jsonl").repeat(2);
    let repeated = items(Form::ClaudeCode, &twice).into_iter().filter(|item| item.found == Found::Repeated);
    assert_eq!(repeated.count(), 3);
}

#[test]
fn hook_lines_of_claude_code() {
    let found = read("claude-code-hook.jsonl", Form::ClaudeCodeHook);
    let (bash, write) = (call("claude-code Bash", DONE, None), call("claude-code Write", None, None));
    assert_eq!(told(&found), [bash, call("mcp mail.send", FAILED, None), write]);
    assert_eq!(found[1].action.error.as_deref(), Some("the server is away"));
    let text = String::from_utf8(sample("claude-code-hook.jsonl")).unwrap();
    let after = text.lines().find(|line| line.contains("\"PostToolUse\"")).unwrap();
    assert_eq!(told(&records(Form::ClaudeCodeHook, after.as_bytes())), [call("claude-code Bash", DONE, None)]);
}

#[test]
fn lines_of_mcp() {
    let found = read("mcp.jsonl", Form::Mcp);
    let list = call("mcp notes.list_notes", None, None);
    assert_eq!(
        told(&found),
        [call("mcp notes.write_note", DONE, None), call("mcp notes.burn_note", FAILED, None), list]
    );
    assert_eq!(found[0].action.result, Some(json!("kept")), "not the answer that went the other way");
    assert_eq!(
        (found[0].action.session_id.as_deref(), time(&found[1]).as_str()),
        (Some("sess-3"), "2026-03-02T11:00:04Z")
    );
    let bare =
        br#"{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "x", "arguments": {"a": 1, "a": 2}}}
{"jsonrpc": "2.0", "id": 1, "result": {"isError": true, "content": [{"type": "text", "text": "no"}]}}
{"jsonrpc": "2.0", "id": 9, "result": {}}"#;
    let found = items(Form::Mcp, bare);
    let Found::Record(record) = &found[0].found else { panic!("{:?}", found[0]) };
    assert_eq!((named(&record.action).as_str(), record.action.outcome, record.doubts.len()), ("mcp x", FAILED, 2));
    assert!(record.action.broken.contains(&Fact::Arguments));
    assert!(matches!(found[1].found, Found::Unreadable(_)) && found[1].place.line == 3);
}

#[test]
fn what_is_broken_is_told_and_nothing_falls() {
    for entry in fs::read_dir("examples/logs").unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for end in (0..bytes.len()).step_by(61) {
            let _ = detect(&bytes[..end]);
            for form in Form::ALL {
                items(form, &bytes[..end]);
            }
        }
        for form in Form::ALL {
            let other = items(form, &bytes);
            assert!(!other.is_empty() || detect(&bytes) == Ok(form) || form != Form::Native, "{form}");
        }
    }
}

/// The real logs; `None`, and said, where they are not at hand.
fn raw() -> Option<PathBuf> {
    let shared = std::env::var_os("POLICYC_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let raw = shared.join("data/logs/raw");
    if raw.is_dir() {
        return Some(raw);
    }
    eprintln!("passed over: {} is not there; POLICYC_SHARED says where it is", raw.display());
    None
}

/// The files of a folder, unpacked.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let unpacked = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap();
        if !bytes.starts_with(b"\x1f\x8b") {
            return bytes;
        }
        Command::new("gzip").arg("-dc").arg(path).output().expect("gzip").stdout
    };
    paths.iter().map(|path| (path.display().to_string(), unpacked(path))).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn tool_calls(messages: &Value) -> usize {
    list(messages).iter().map(|message| list(&message["tool_calls"]).len()).sum()
}

fn blocks(message: &Value) -> usize {
    list(&message["content"]).iter().filter(|block| block["type"] == "tool_use").count()
}

fn function_calls(items: &Value) -> usize {
    list(items).iter().filter(|item| item["type"] == "function_call").count()
}

fn data(stream: &Value) -> Vec<Value> {
    let lines = stream.as_str().unwrap().lines().filter_map(|line| line.strip_prefix("data: "));
    lines.filter(|line| *line != "[DONE]").map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn is_tool(attributes: &Value) -> bool {
    list(attributes).iter().any(|attribute| attribute["key"] == "gen_ai.tool.name")
}

fn spans(export: &Value) -> usize {
    let scopes = list(&export["batches"]).iter().flat_map(|batch| list(&batch["instrumentationLibrarySpans"]));
    let typed = scopes.flat_map(|scope| list(&scope["spans"])).filter(|span| is_tool(&span["attributes"])).count();
    let traced = list(&export["data"]).iter().flat_map(|trace| list(&trace["spans"]));
    typed + traced.filter(|span| is_tool(&span["tags"])).count()
}

/// The calls of a document, counted without the readers.
fn count(folder: &str, document: &Value) -> usize {
    let (request, response) = (&document["request"], &document["response"]);
    match folder {
        "otel" => spans(document),
        "openai-chat" => {
            let answers = list(&response["choices"]).iter().map(|choice| list(&choice["message"]["tool_calls"]).len());
            tool_calls(&request["messages"]) + answers.sum::<usize>()
        }
        "openai-chat-stream" => {
            let events = data(response);
            let deltas = events.iter().flat_map(|event| list(&event["choices"]));
            let pieces = deltas.flat_map(|choice| list(&choice["delta"]["tool_calls"]));
            tool_calls(&request["messages"]) + pieces.filter(|piece| piece["id"].is_string()).count()
        }
        "openai-responses" => function_calls(&request["input"]) + function_calls(&response["output"]),
        "openai-responses-stream" => {
            let done = |event: &&Value| {
                event["type"] == "response.output_item.done" && event["item"]["type"] == "function_call"
            };
            function_calls(&request["input"]) + data(response).iter().filter(done).count()
        }
        "anthropic-messages" => list(&request["messages"]).iter().map(blocks).sum::<usize>() + blocks(response),
        "claude-code" => blocks(&document["message"]),
        "tau-bench" => tool_calls(&document["traj"]),
        other => panic!("{other}"),
    }
}

#[test]
fn real_logs_hold_as_many_calls_as_can_be_counted() {
    let Some(raw) = raw() else { return };
    for (folder, form) in [
        ("anthropic-messages", Form::Anthropic),
        ("claude-code", Form::ClaudeCode),
        ("openai-chat", Form::OpenAiChat),
        ("openai-chat-stream", Form::OpenAiChat),
        ("openai-responses", Form::OpenAiResponses),
        ("openai-responses-stream", Form::OpenAiResponses),
        ("otel", Form::Otel),
        ("tau-bench", Form::OpenAiChat),
    ] {
        let mut all = 0;
        let (mut results, mut doubts) = (0, 0);
        for (name, bytes) in files(&raw.join(folder)) {
            assert_eq!(detect(beginning(&bytes)), Ok(form), "{name}");
            let documents = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>().map(Result::unwrap);
            let expected: usize = documents.map(|document| count(folder, &document)).sum();
            let found = records(form, &bytes);
            assert_eq!(found.len(), expected, "{name}");
            all += found.len();
            results += found.iter().filter(|record| record.action.result.is_some()).count();
            doubts += found.iter().filter(|record| !record.doubts.is_empty()).count();
        }
        eprintln!("{folder}: {all} calls, {results} with results, {doubts} with doubts");
    }
}

#[test]
fn real_logs_of_other_forms_are_refused() {
    let Some(raw) = raw() else { return };
    for folder in ["agentdojo", "inspect", "swe-agent", "tau2-bench"] {
        for (name, bytes) in files(&raw.join(folder)) {
            let why = detect(beginning(&bytes)).expect_err(&name);
            assert!(why.starts_with("it looks like a"), "{name}: {why}");
        }
    }
}
