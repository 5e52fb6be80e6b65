use serde_json::Value;
use serde_json::value::RawValue;

use super::claude_code::splits;
use super::doubts::Doubts;
use super::node::{Fields, Node};
use super::{Record, distinct};
use crate::model::{Action, Fact, Outcome, Time};

/// A record in the making: the call is known, its result may still come.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub action: Action,
    pub labels: Value,
    pub doubts: Doubts,
}

impl Draft {
    /// The call of a tool. `mcp__server__tool` is `server.tool` of `mcp`; of any other name the form says to which
    /// integration it belongs, if to one.
    ///
    /// # Errors
    /// In words, when the name is missing.
    pub fn of_tool(name: Option<&str>, integration: Option<&str>) -> Result<Self, String> {
        let name = name.filter(|name| !name.is_empty()).ok_or("a call that names no tool")?;
        let mut draft = Self::default();
        let mut ways = splits(name);
        let first = ways.next();
        if first.is_some() && ways.next().is_some() {
            draft.doubt(format!("`{name}` can be split into server and tool in several ways; the first is taken"));
        }
        let integration = if first.is_some() { Some("mcp") } else { integration };
        draft.action.integration = integration.map(str::to_owned);
        draft.action.operation = first.unwrap_or_else(|| name.to_owned());
        Ok(draft)
    }

    /// Notes something.
    pub fn doubt(&mut self, words: String) {
        self.doubts.told.push(words);
    }

    /// Takes a fact as unknown, although something is said of it.
    pub fn unknown(&mut self, fact: Fact, why: &str) {
        self.doubts.broken.insert(fact);
        self.doubts.told.push(format!("{why}; taken as unknown"));
    }

    /// The arguments: an object, or a text that holds one.
    pub fn arguments(&mut self, raw: Option<&RawValue>) {
        let arguments = self.doubts.arguments(raw);
        if arguments.as_ref().is_some_and(|arguments| leaf(arguments.as_value(), &is_redacted)) {
            return self.unknown(Fact::Arguments, "`arguments` are redacted");
        }
        self.action.arguments = arguments;
    }

    /// What the call gave back: a text that holds an object or a list is that, blocks of text are their text.
    pub fn result(&mut self, node: Option<Node<'_>>) {
        let Some(value) = self.doubts.json(Some(Fact::Result), "result", node.map(|node| node.0)) else { return };
        let value = plain(value);
        if leaf(&value, &is_cut) {
            self.unknown(Fact::Result, "`result` was cut");
        } else if leaf(&value, &is_redacted) {
            self.unknown(Fact::Result, "`result` is redacted");
        } else {
            self.action.result = Some(value);
        }
    }

    /// The result of a call in a form that says whether it failed.
    pub fn ended(&mut self, result: Option<Node<'_>>, failed: bool) {
        self.result(result);
        if failed {
            let told = self
                .action
                .result
                .as_ref()
                .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            self.failed(told.unwrap_or_default());
        } else {
            self.action.outcome = Some(Outcome::Success);
        }
    }

    /// The result of a call in a form that cannot say whether it failed: one that begins as errors do leaves it unknown.
    pub fn answered(&mut self, result: Option<Node<'_>>) {
        self.ended(result, false);
        if self.action.result.as_ref().is_some_and(looks_failed) {
            self.action.outcome = None;
            self.unknown(
                Fact::Outcome,
                "the result reads like an error, and the form does not say whether the call failed",
            );
        }
    }

    /// The call failed.
    pub fn failed(&mut self, error: String) {
        self.action.outcome = Some(Outcome::Error);
        self.action.error = Some(error);
    }

    /// A name that is not redacted.
    fn name(&mut self, fact: Fact, key: &str, node: Option<Node<'_>>) -> Option<String> {
        let name = self.doubts.name(Some(fact), key, node.map(|node| node.0))?;
        if is_redacted(&name) {
            self.unknown(fact, &format!("`{key}` is redacted"));
            return None;
        }
        Some(name)
    }

    /// The agent.
    pub fn agent(&mut self, node: Option<Node<'_>>) {
        self.action.agent_id = self.name(Fact::Agent, "agent_id", node);
    }

    /// The session.
    pub fn session(&mut self, node: Option<Node<'_>>) {
        self.action.session_id = self.name(Fact::Session, "session_id", node);
    }

    /// The run.
    pub fn run(&mut self, node: Option<Node<'_>>) {
        self.action.run_id = self.name(Fact::Run, "run_id", node);
    }

    /// The time, as RFC 3339 has it.
    pub fn time(&mut self, node: Option<Node<'_>>) {
        self.action.timestamp = self.doubts.time(node.map(|node| node.0));
    }

    /// The time in Unix seconds.
    pub fn seconds(&mut self, node: Option<Node<'_>>) {
        self.unix(node, 1_000_000_000);
    }

    /// The time as a whole number of so many nanoseconds each, given as a number or as a text, with all its digits.
    pub fn unix(&mut self, node: Option<Node<'_>>, unit: i128) {
        let Some(node) = node else { return };
        let number = node.word().and_then(|digits| digits.parse::<i128>().ok()).filter(|number| *number > 0);
        let time = number.and_then(|number| number.checked_mul(unit)).and_then(Time::of_unix_nanoseconds);
        if time.is_none() {
            self.unknown(Fact::Timestamp, "the time is no whole number of Unix time");
        }
        self.action.timestamp = time;
    }

    /// Who, where and when, as an object around the call says it in its own fields.
    pub fn frame(&mut self, fields: &Fields<'_>) {
        let scalar = |keys: &[&str]| fields.first(keys).filter(|node| node.is_scalar());
        self.session(scalar(&["session_id", "sessionId", "session", "conversation_id", "thread_id"]));
        self.run(scalar(&["run_id", "runId", "trace_id", "traceId"]));
        self.agent(scalar(&["agent_id", "agentId", "agent", "agent_name"]));
        self.time(scalar(&["timestamp", "time", "ts"]));
    }

    /// The record.
    pub fn finish(mut self) -> Record {
        self.action.broken = self.doubts.broken;
        Record { action: self.action, recorded_decision: None, labels: self.labels, doubts: self.doubts.told }
    }
}

/// What a result holds, without the wrapping that protocols put around it.
fn plain(value: Value) -> Value {
    let text = match value {
        Value::String(text) => text,
        Value::Array(blocks) => match texts(&blocks) {
            Some(text) => text,
            None => return Value::Array(blocks),
        },
        other => return other,
    };
    let held = if text.trim_start().starts_with(['{', '[']) { distinct(&text).ok() } else { None };
    held.unwrap_or(Value::String(text))
}

/// The text of blocks that are all text.
fn texts(blocks: &[Value]) -> Option<String> {
    let text = |block: &Value| {
        let kind = block.get("type")?.as_str()?;
        matches!(kind, "text" | "output_text" | "input_text").then(|| block.get("text")?.as_str().map(str::to_owned))?
    };
    let texts: Option<Vec<String>> = blocks.iter().map(text).collect();
    texts.filter(|texts| !texts.is_empty()).map(|texts| texts.join("\n"))
}

/// Whether a text of a value is such.
fn leaf(value: &Value, is_such: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_such(text),
        Value::Array(items) => items.iter().any(|item| leaf(item, is_such)),
        Value::Object(map) => map.values().any(|item| leaf(item, is_such)),
        _ => false,
    }
}

/// Whether a text says that its end is missing.
pub(super) fn is_cut(text: &str) -> bool {
    let end = text.trim_end();
    let tail: String = end.chars().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect();
    let tail = tail.to_lowercase();
    let bare = tail.trim_end_matches([']', ')', '>', '.', '…']);
    end.ends_with('…')
        || (bare.len() < tail.len() && bare.ends_with("truncated"))
        || text.contains("characters truncated]")
}

/// Whether somebody took a value out and left a mark.
pub(super) fn is_redacted(text: &str) -> bool {
    let text = text.trim();
    let bare = text.trim_matches(['[', ']', '<', '>', '(', ')', '*', '{', '}', '_']);
    let marked = bare.len() < text.len();
    let stars = text.len() >= 3 && text.bytes().all(|byte| byte == b'*');
    let word = bare.to_ascii_lowercase();
    stars
        || text == "REDACTED"
        || (marked && ["redacted", "filtered", "masked", "removed", "elided"].iter().any(|mark| word == *mark))
        || (marked && word.starts_with("redacted:"))
        || word == "__redacted__"
}

/// Whether a result reads as errors do.
fn looks_failed(result: &Value) -> bool {
    match result {
        Value::String(text) => {
            let start: String = text.trim_start().chars().take(16).collect::<String>().to_lowercase();
            ["error", "traceback", "exception", "failed", "failure"].iter().any(|word| start.starts_with(word))
        }
        Value::Object(map) => {
            let flagged = |key: &str| map.get(key) == Some(&Value::Bool(true));
            map.get("error").is_some_and(|error| !matches!(error, Value::Null | Value::Bool(false)))
                || flagged("isError")
                || flagged("is_error")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(result: &str) -> Record {
        let mut draft = Draft::of_tool(Some("x"), None).unwrap();
        draft.answered(Some(Node::parse(result).unwrap()));
        draft.finish()
    }

    #[test]
    fn names_of_servers_tools_are_split() {
        let named = |name| {
            let record = Draft::of_tool(Some(name), None).unwrap().finish();
            (record.action.integration, record.action.operation, record.doubts.len())
        };
        assert_eq!(named("mcp__github__create"), (Some("mcp".to_owned()), "github.create".to_owned(), 0));
        assert_eq!(named("mcp__a__b__c"), (Some("mcp".to_owned()), "a.b__c".to_owned(), 1));
        assert_eq!(named("send"), (None, "send".to_owned(), 0));
        assert!(Draft::of_tool(Some(""), None).is_err());
    }

    #[test]
    fn results_are_unwrapped_and_judged() {
        let record = answered(r#"[{"type": "text", "text": "{\"a\": 1}"}]"#);
        assert_eq!(record.action.result, Some(serde_json::json!({"a": 1})));
        assert_eq!(record.action.outcome, Some(Outcome::Success));
        let record = answered(r#""Error: no such file""#);
        assert_eq!((record.action.outcome, record.action.broken.contains(&Fact::Outcome)), (None, true));
        for text in [r#""some tex…""#, r#"{"a": "some [truncated]"}"#, r#""[REDACTED]""#, r#"{"a": 1, "a": 2}"#] {
            let record = answered(text);
            assert!(record.action.broken.contains(&Fact::Result) && record.action.result.is_none(), "{text}");
            assert_eq!(record.doubts.len(), 1);
        }
    }

    #[test]
    fn marks_are_told_from_texts() {
        for text in ["[REDACTED]", "<redacted>", "****", "__REDACTED__", "[redacted: email]"] {
            assert!(is_redacted(text), "{text}");
        }
        for text in ["redacted", "*", "[ok]", "the redacted report"] {
            assert!(!is_redacted(text), "{text}");
        }
        assert!(!is_cut("Loading...") && !is_cut("it was truncated") && is_cut("abc... [truncated]"));
    }

    #[test]
    fn digits_of_times_are_kept() {
        let mut draft = Draft::default();
        draft.unix(Some(Node::parse("1777555053780274701").unwrap()), 1);
        assert_eq!(draft.action.timestamp.unwrap().nanoseconds(), 1_777_555_053_780_274_701);
        draft.unix(Some(Node::parse("1.7e18").unwrap()), 1);
        assert_eq!((draft.action.timestamp, draft.doubts.broken.len()), (None, 1));
    }
}
