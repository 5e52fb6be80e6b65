use serde_json::Value;
use serde_json::value::RawValue;

use super::claude_code::splits;
use super::doubts::Doubts;
use super::node::{Fields, Node};
use super::{Record, unix};
use crate::model::{Action, Fact, Outcome};

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
        self.doubts.unknown(fact, why);
    }

    /// The arguments: an object, or a text that holds one.
    pub fn arguments(&mut self, raw: Option<&RawValue>) {
        self.action.arguments = self.doubts.arguments(raw);
    }

    /// What the call gave back: a text that holds an object or a list is that, blocks of text are their text.
    pub fn result(&mut self, node: Option<Node<'_>>) {
        if let Some(result) = self.doubts.result(node.map(|node| node.0)) {
            self.action.result = Some(result);
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

    fn name(&mut self, fact: Fact, key: &str, node: Option<Node<'_>>) -> Option<String> {
        self.doubts.name(Some(fact), key, node.map(|node| node.0))
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

    /// The time as a number of units of so many nanoseconds each, given as a number or as a text, with all its digits.
    pub fn unix(&mut self, node: Option<Node<'_>>, unit: i128) {
        let Some(node) = node else { return };
        let time = node.word().and_then(|number| unix::moment(&number, unit));
        if time.is_none() {
            self.unknown(Fact::Timestamp, "the time is no number of Unix time");
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
        self.action.id = self.action.id.filter(|id| !id.is_empty());
        Record { action: self.action, recorded_decision: None, labels: self.labels, doubts: self.doubts.told }
    }
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
    fn digits_of_times_are_kept() {
        let mut draft = Draft::default();
        draft.unix(Some(Node::parse("1777555053780274701").unwrap()), 1);
        assert_eq!(draft.action.timestamp.unwrap().nanoseconds(), 1_777_555_053_780_274_701);
        draft.unix(Some(Node::parse("1.7e18").unwrap()), 1);
        assert_eq!((draft.action.timestamp, draft.doubts.broken.len()), (None, 1));
    }
}
