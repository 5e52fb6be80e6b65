use serde_json::Value;

use super::documents::Documents;
use super::item::Form;
use super::stream::{events, is_stream};

/// How much of a log is looked at to tell its form.
pub const BEGINNING_BYTES: usize = 256 << 10;

/// How many items of a list are looked at.
const MOST_ITEMS: usize = 500;

/// What tells a form: it is this one if any of these holds.
const SIGNS: [(Form, &[Sign]); 7] = [
    (Form::Native, &[Sign::Text("operation")]),
    (
        Form::Otel,
        &[
            Sign::Has("resourceSpans"),
            Sign::Has("trace.resourceSpans"),
            Sign::Has("batches.*.resource"),
            Sign::Has("batches.*.scopeSpans"),
            Sign::Has("batches.*.instrumentationLibrarySpans"),
            Sign::Has("data.*.spans"),
        ],
    ),
    (
        Form::OpenAiChat,
        &[
            Sign::Has("messages.*.tool_calls.*.function.name"),
            Sign::Has("messages.*.function_call.name"),
            Sign::Is("messages.*.role", &["developer", "system"]),
            Sign::Has("messages.*.tool_call_id+content-tool_call-timestamp"),
            Sign::Has("choices.*.message"),
            Sign::Has("choices.*.delta"),
        ],
    ),
    (
        Form::OpenAiResponses,
        &[
            Sign::Is("object", &["response"]),
            Sign::Starts("type", "response."),
            Sign::Is(
                "items.*.type",
                &["function_call", "function_call_output", "custom_tool_call", "mcp_call", "reasoning"],
            ),
            Sign::Has("input.*.role"),
        ],
    ),
    (
        Form::Anthropic,
        &[
            Sign::Is("messages.*.content.*.type", &["tool_use", "tool_result", "mcp_tool_use", "server_tool_use"]),
            Sign::Is("type", &["message_start", "content_block_start"]),
            Sign::Has("tools.*.input_schema"),
            Sign::Has("anthropic_version"),
            Sign::Has("role+stop_reason+content"),
        ],
    ),
    (Form::ClaudeCodeHook, &[Sign::Text("hook_event_name")]),
    (Form::Mcp, &[Sign::Has("jsonrpc")]),
];

/// What other logs are told by, and what they are.
const OTHERS: [(&str, &str); 10] = [
    ("suite_name+pipeline_name", "an AgentDojo run"),
    ("eval+samples", "an Inspect evaluation log"),
    ("history.*.role", "a SWE-agent trajectory"),
    ("trajectory.*.action", "a SWE-agent trajectory"),
    ("termination_reason+messages", "a tau2-bench simulation"),
    ("decision_id", "an OPA decision log"),
    ("specversion", "CloudEvents"),
    ("eventVersion+eventSource", "a CloudTrail log"),
    ("kind+apiVersion", "a Kubernetes object"),
    ("log+version", "a HAR file"),
];

/// What to do about a log of none of the forms.
const MAPPED: &str =
    "; one that holds each call in an object can be read with a mapping (`records.mappings` in policyc.yaml)";

/// What may tell a form.
enum Sign {
    /// Something stands at a path; `a+b-c` asks for the keys `a` and `b` and no key `c`.
    Has(&'static str),
    /// A text stands at a path.
    Text(&'static str),
    /// One of these texts stands at a path.
    Is(&'static str, &'static [&'static str]),
    /// A text that begins so stands at a path.
    Starts(&'static str, &'static str),
}

/// Tells the form of a log from its beginning.
///
/// # Errors
/// In words, when it is of none of the forms, or when several fit.
pub fn detect(beginning: &[u8]) -> Result<Form, String> {
    let text = text_of(beginning)?;
    let documents = documents(&text);
    if documents.is_empty() {
        return Err("its beginning holds no JSON".to_owned());
    }
    if let Some((_, what)) = OTHERS.iter().find(|(keys, _)| documents.iter().any(|document| has(document, keys))) {
        return Err(format!("it looks like {what}, which is none of the forms: {}{MAPPED}", forms()));
    }
    let fitting: Vec<Form> = Form::ALL.into_iter().filter(|form| fits(*form, &documents)).collect();
    match fitting.as_slice() {
        [form] => Ok(*form),
        [] => Err(format!("{}, which tell none of the forms: {}{MAPPED}", keys_of(&documents), forms())),
        several => Err(format!("several forms fit: {}; say which it is", names(several))),
    }
}

fn names(forms: &[Form]) -> String {
    forms.iter().map(|form| form.name()).collect::<Vec<_>>().join(", ")
}

fn forms() -> String {
    names(&Form::ALL)
}

fn text_of(beginning: &[u8]) -> Result<String, String> {
    let packed =
        [(&b"\x1f\x8b"[..], "gzip"), (&b"\x28\xb5\x2f\xfd"[..], "zstd"), (&b"PK\x03\x04"[..], "a zip archive")];
    if let Some((_, what)) = packed.iter().find(|(magic, _)| beginning.starts_with(magic)) {
        return Err(format!("it is {what} within what was unpacked; unpack it first"));
    }
    if beginning.starts_with(&[0xff, 0xfe]) || beginning.starts_with(&[0xfe, 0xff]) {
        return Err("it is UTF-16; save it as UTF-8".to_owned());
    }
    if beginning.contains(&0) {
        return Err("it is no text".to_owned());
    }
    let text = String::from_utf8_lossy(beginning).into_owned();
    if text.trim().is_empty() { Err("it is empty".to_owned()) } else { Ok(text) }
}

/// The JSON documents of a beginning; the last one may be cut and is closed where it last could be.
fn documents(text: &str) -> Vec<Value> {
    if is_stream(text) {
        return events(text).iter().filter_map(|event| serde_json::from_str(event).ok()).collect();
    }
    let whole = Documents::new(text.as_bytes()).filter_map(|document| document.1.ok());
    let mut found: Vec<Value> = whole.filter_map(|text| serde_json::from_str(&text).ok()).collect();
    // What is cut begins at the start of a line.
    let text = text.trim_start_matches('\u{feff}');
    let starts = text.match_indices('\n').map(|(at, _)| at + 1).rev().chain([0]);
    let starts = starts.filter(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(['{', '['])));
    let cut = starts.take(2).find_map(|at| closed(text.get(at..)?));
    found.extend(cut);
    flat(found)
}

/// Lists of documents are their documents.
fn flat(found: Vec<Value>) -> Vec<Value> {
    let items = |value| match value {
        Value::Array(items) => items,
        other => vec![other],
    };
    let is_message = |value: &Value| value.get("role").is_some() || value.get("type").is_some();
    let mut documents = Vec::new();
    for value in found {
        match value {
            Value::Array(list) if list.iter().any(is_message) => documents.push(Value::Array(list)),
            other => documents.extend(items(other)),
        }
    }
    documents
}

/// A document whose end is missing, closed behind its last whole part.
fn closed(text: &str) -> Option<Value> {
    let (mut stack, mut in_text, mut escaped) = (Vec::new(), false, false);
    let mut last = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' => stack.push('}'),
            b'[' => stack.push(']'),
            b'}' | b']' => {
                stack.pop()?;
            }
            b',' => last = Some((at, stack.clone())),
            _ => {}
        }
    }
    let (end, stack) = last.filter(|_| !stack.is_empty())?;
    let closers: String = stack.iter().rev().collect();
    serde_json::from_str(&format!("{}{closers}", text.get(..end)?)).ok()
}

fn fits(form: Form, documents: &[Value]) -> bool {
    if form == Form::ClaudeCode {
        return documents.iter().any(is_transcript);
    }
    let signs = SIGNS.iter().find(|(of, _)| *of == form).map(|(_, signs)| *signs).unwrap_or_default();
    documents.iter().filter(|document| !is_transcript(document)).any(|document| {
        let parts = parts(form, document);
        signs.iter().any(|sign| parts.iter().any(|part| holds(sign, part)))
    })
}

/// A line of a transcript holds a message of another form.
fn is_transcript(document: &Value) -> bool {
    let said = document.get("message").is_some_and(|message| message.get("role").is_some());
    let summary = document.get("leafUuid").is_some() && document.get("summary").is_some();
    summary || (said && document.get("sessionId").is_some() && document.get("uuid").is_some())
}

/// The parts of a document at which a form is looked for.
fn parts(form: Form, document: &Value) -> Vec<Value> {
    let mut parts = vec![document.clone()];
    match form {
        Form::OpenAiChat | Form::OpenAiResponses | Form::Anthropic => exchanged(document, &mut parts),
        Form::Mcp => {
            let inner = document.as_object().into_iter().flat_map(serde_json::Map::values);
            let held = inner.filter_map(|value| value.as_str().filter(|text| text.contains("jsonrpc")));
            parts.extend(held.filter_map(|text| serde_json::from_str(text).ok()));
            let inner = document.as_object().into_iter().flat_map(serde_json::Map::values);
            parts.extend(inner.filter(|value| value.get("jsonrpc").is_some()).cloned());
        }
        _ => {}
    }
    parts
}

/// Request and answer, and messages and items under one name whatever they are called.
fn exchanged(document: &Value, parts: &mut Vec<Value>) {
    for path in ["request", "response", "request.body", "response.body"] {
        parts.extend(at(document, path).into_iter().cloned());
    }
    let streamed = document.get("response").and_then(Value::as_str).filter(|text| is_stream(text));
    let streamed = streamed.map(events).unwrap_or_default();
    parts.extend(streamed.iter().filter_map(|event| serde_json::from_str(event).ok()));
    let wrapped = |key: &str, list: Value| Value::Object([(key.to_owned(), list)].into_iter().collect());
    let mut more = Vec::new();
    for part in parts.iter() {
        let lists = [("messages", "traj"), ("items", "input"), ("items", "output")];
        more.extend(lists.iter().filter_map(|(key, from)| Some(wrapped(key, part.get(from)?.clone()))));
        if part.is_array() {
            more.extend([wrapped("messages", part.clone()), wrapped("items", part.clone())]);
        } else if part.get("role").is_some() {
            more.push(wrapped("messages", Value::Array(vec![part.clone()])));
        }
    }
    parts.extend(more);
}

fn holds(sign: &Sign, part: &Value) -> bool {
    match sign {
        Sign::Has(path) => has(part, path),
        Sign::Text(path) => at(part, path).iter().any(|value| value.is_string()),
        Sign::Is(path, texts) => {
            at(part, path).iter().any(|value| value.as_str().is_some_and(|text| texts.contains(&text)))
        }
        Sign::Starts(path, start) => {
            at(part, path).iter().any(|value| value.as_str().is_some_and(|text| text.starts_with(start)))
        }
    }
}

/// Whether something stands at a path.
fn has(value: &Value, path: &str) -> bool {
    let (way, last) = path.rsplit_once('.').unwrap_or(("", path));
    let mut wanted = last.split('-');
    let present: Vec<&str> = wanted.next().unwrap_or_default().split('+').collect();
    let absent: Vec<&str> = wanted.collect();
    at(value, way).iter().any(|holder| {
        let is_there = |key: &&str| match *key {
            "*" => holder.as_array().is_some_and(|items| !items.is_empty()),
            key => holder.get(key).is_some(),
        };
        present.iter().all(is_there) && !absent.iter().any(is_there)
    })
}

/// What stands at a path, whose parts are keys or `*` for each item.
fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    for part in path.split('.').filter(|part| !part.is_empty()) {
        found = match part {
            "*" => found
                .iter()
                .filter_map(|value| value.as_array())
                .flat_map(|items| items.iter().take(MOST_ITEMS))
                .collect(),
            key => found.iter().filter_map(|value| value.get(key)).collect(),
        };
    }
    found
}

fn keys_of(documents: &[Value]) -> String {
    let Some(map) = documents.iter().find_map(Value::as_object) else { return "no object among its JSON".to_owned() };
    let keys: Vec<String> =
        map.keys().take(6).map(|key| format!("`{}`", key.chars().take(40).collect::<String>())).collect();
    format!("its first object has the keys {}", keys.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_document_is_closed_behind_its_last_whole_part() {
        let value = closed(r#"{"a": [1, {"b": "x,]", "c": "y"#).unwrap();
        assert_eq!(value, serde_json::json!({"a": [1, {"b": "x,]"}]}));
        assert!(closed(r#"{"a": "#).is_none());
    }

    #[test]
    fn forms_are_told_apart_or_refused() {
        let told = |text: &str| detect(text.as_bytes());
        assert_eq!(told(r#"{"operation": "x"}"#), Ok(Form::Native));
        assert_eq!(told(r#"{"hook_event_name": "PreToolUse", "tool_name": "x"}"#), Ok(Form::ClaudeCodeHook));
        assert_eq!(told(r#"{"direction": "out", "message": "{\"jsonrpc\": \"2.0\"}"}"#), Ok(Form::Mcp));
        assert_eq!(told("data: {\"choices\": [{\"delta\": {}}]}\n\n"), Ok(Form::OpenAiChat));
        assert_eq!(told(r#"{"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [{"#), Ok(Form::Otel));
        for (text, word) in [
            ("", "empty"),
            ("\x1f\u{8b}", "none"),
            ("a,b\n1,2\n", "no JSON"),
            (r#"{"operation": "x", "hook_event_name": "y"}"#, "native, claude-code-hook"),
            (r#"{"decision_id": "1", "input": {}}"#, "OPA"),
            (r#"{"x": 1, "y": 2}"#, "`x`, `y`"),
            (r#"{"messages": [{"role": "user", "content": "hi"}]}"#, "`messages`"),
        ] {
            let why = told(text).unwrap_err();
            assert!(why.contains(word) || word == "none", "{text}: {why}");
        }
        assert!(detect(b"\x1f\x8b\x08").unwrap_err().contains("gzip"));
    }
}
