use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::distinct;
use crate::model::{Action, Arguments, Effect, Time};

/// The integration under which the built-in tools of Claude Code are named.
const BUILT_IN: &str = "claude-code";

/// What Claude Code sends to a hook before it uses a tool, as far as it matters; other keys are passed over.
/// See its hooks reference, event `PreToolUse`.
#[derive(Deserialize)]
struct PreToolUse<'a> {
    hook_event_name: String,
    tool_name: String,
    #[serde(borrow)]
    tool_input: Option<&'a RawValue>,
    session_id: Option<String>,
    tool_use_id: Option<String>,
}

/// Reads the line of a `PreToolUse` hook. The line says neither who acts nor when: the caller does.
///
/// # Errors
/// In words, when it is none.
pub fn hook_line(text: &str, agent: Option<&str>, now: Option<Time>) -> Result<Action, String> {
    let line: PreToolUse<'_> = serde_json::from_str(text).map_err(|error| format!("no hook line: {error}"))?;
    if line.hook_event_name != "PreToolUse" {
        return Err(format!("a hook for `{}`, and only `PreToolUse` asks for a decision", line.hook_event_name));
    }
    let (integration, operation) = tool(&line.tool_name);
    let input = line.tool_input.and_then(|raw| distinct(raw.get()).ok());
    let arguments = match input {
        Some(Value::Object(map)) => Some(Arguments::new(map)),
        _ => None,
    };
    Ok(Action {
        id: line.tool_use_id,
        timestamp: now,
        agent_id: agent.map(str::to_owned),
        session_id: line.session_id,
        integration: Some(integration),
        operation,
        arguments,
        ..Action::default()
    })
}

/// The name of a tool: `mcp__github__create_issue` is `github.create_issue` of `mcp`, everything else is built in.
pub fn tool(name: &str) -> (String, String) {
    match name.strip_prefix("mcp__").and_then(|rest| rest.split_once("__")) {
        Some((server, tool)) if !server.is_empty() && !tool.is_empty() => {
            ("mcp".to_owned(), format!("{server}.{tool}"))
        }
        _ => (BUILT_IN.to_owned(), name.to_owned()),
    }
}

/// The answer to a hook.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HookAnswer {
    hook_specific_output: Output,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    hook_event_name: &'static str,
    permission_decision: &'static str,
    permission_decision_reason: String,
}

impl HookAnswer {
    /// Allow, ask or deny, with the reason.
    #[must_use]
    pub fn new(effect: Effect, reason: String) -> Self {
        let permission_decision = match effect {
            Effect::Allow => "allow",
            Effect::ApprovalRequired => "ask",
            Effect::Deny => "deny",
        };
        let output = Output { hook_event_name: "PreToolUse", permission_decision, permission_decision_reason: reason };
        Self { hook_specific_output: output }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_of_servers_and_built_in_ones_are_named() {
        let named = |name: &str| tool(name);
        assert_eq!(named("mcp__github__create_issue"), ("mcp".to_owned(), "github.create_issue".to_owned()));
        assert_eq!(named("Bash"), ("claude-code".to_owned(), "Bash".to_owned()));
        assert_eq!(named("mcp__x"), ("claude-code".to_owned(), "mcp__x".to_owned()));
    }

    #[test]
    fn a_line_becomes_an_action() {
        let text = r#"{"session_id":"s1","transcript_path":"/x","cwd":"/w","permission_mode":"default",
            "hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"t1"}"#;
        let action = hook_line(text, Some("dev"), None).unwrap();
        assert_eq!((action.operation.as_str(), action.session_id.as_deref()), ("Bash", Some("s1")));
        assert_eq!(action.arguments.unwrap().get("command"), Some(&Value::from("ls")));
        assert!(hook_line(r#"{"hook_event_name":"Stop","tool_name":"x"}"#, None, None).is_err());
        assert!(hook_line("{", None, None).is_err());
        let twice = r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"a","command":"b"}}"#;
        assert_eq!(hook_line(twice, None, None).unwrap().arguments, None);
    }
}
