use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::model::{Action, Arguments, Time};
use crate::text::distinct;

/// The integration under which the built-in tools of Claude Code are named.
pub(super) const BUILT_IN: &str = "claude-code";

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
pub fn hook_line(text: &str, agent: Option<&str>, now: Option<Time>) -> Result<Vec<Action>, String> {
    // A list would be read as its fields in order.
    if !text.trim_start().starts_with('{') {
        return Err("no hook line: it is no JSON object".to_owned());
    }
    let line: PreToolUse<'_> = serde_json::from_str(text).map_err(|error| format!("no hook line: {error}"))?;
    if line.hook_event_name != "PreToolUse" {
        return Err(format!("a hook for `{}`, and only `PreToolUse` asks for a decision", line.hook_event_name));
    }
    if line.tool_name.is_empty() {
        return Err("a hook for a tool without a name".to_owned());
    }
    let input = line.tool_input.and_then(|raw| distinct(raw.get()).ok());
    let arguments = match input {
        Some(Value::Object(map)) => Some(Arguments::new(map)),
        _ => None,
    };
    let action = Action {
        id: line.tool_use_id,
        timestamp: now,
        agent_id: agent.map(str::to_owned),
        session_id: line.session_id,
        arguments,
        ..Action::default()
    };
    let named = |(integration, operation)| Action { integration: Some(integration), operation, ..action.clone() };
    Ok(readings(&line.tool_name).into_iter().map(named).collect())
}

/// What a tool's name may mean: `mcp__github__create_issue` is `github.create_issue` of `mcp`, everything else is built
/// in. Where `__` stands more than once behind the prefix, nobody can tell the server from the tool, and each way to split
/// is a reading.
fn readings(name: &str) -> Vec<(String, String)> {
    let readings: Vec<_> = splits(name).map(|operation| ("mcp".to_owned(), operation)).collect();
    if readings.is_empty() { vec![(BUILT_IN.to_owned(), name.to_owned())] } else { readings }
}

/// The ways to split the name of a server's tool into `server.tool`; none where it is no such name.
pub(super) fn splits(name: &str) -> impl Iterator<Item = String> {
    let rest = name.strip_prefix("mcp__").unwrap_or_default();
    let splits = rest.match_indices("__").map(|(at, mark)| (rest.get(..at), rest.get(at + mark.len()..)));
    let named = splits.filter_map(|(server, tool)| server.zip(tool));
    let named = named.filter(|(server, tool)| !server.is_empty() && !tool.is_empty());
    named.map(|(server, tool)| format!("{server}.{tool}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_of_servers_and_built_in_ones_are_named() {
        let named = |name: &str| -> Vec<String> {
            readings(name).into_iter().map(|(integration, operation)| format!("{integration} {operation}")).collect()
        };
        assert_eq!(named("mcp__github__create_issue"), ["mcp github.create_issue"]);
        assert_eq!(named("Bash"), ["claude-code Bash"]);
        assert_eq!(named("mcp__x"), ["claude-code mcp__x"]);
        assert_eq!(named("mcp__github__evil__x"), ["mcp github.evil__x", "mcp github__evil.x"]);
    }

    #[test]
    fn a_line_becomes_an_action() {
        let text = r#"{"session_id":"s1","transcript_path":"/x","cwd":"/w","permission_mode":"default",
            "hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"t1"}"#;
        let [action] = &hook_line(text, Some("dev"), None).unwrap()[..] else { panic!("one reading") };
        assert_eq!((action.operation.as_str(), action.session_id.as_deref()), ("Bash", Some("s1")));
        assert_eq!(action.arguments.as_ref().unwrap().get("command"), Some(&Value::from("ls")));
        assert!(hook_line(r#"{"hook_event_name":"Stop","tool_name":"x"}"#, None, None).is_err());
        assert!(hook_line("{", None, None).is_err());
        let twice = r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"a","command":"b"}}"#;
        assert_eq!(hook_line(twice, None, None).unwrap()[0].arguments, None);
        assert!(hook_line(r#"["PreToolUse", "Bash", {}, "s", "t"]"#, None, None).is_err());
    }
}
