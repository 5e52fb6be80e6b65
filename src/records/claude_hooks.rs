use super::claude_code::BUILT_IN;
use super::draft::Draft;
use super::item::Place;
use super::node::{Fields, Node};
use super::waiting::Waiting;

/// Reads what a hook was handed: a call before it is made, or what came of it. Other events say nothing of calls.
pub(super) fn event(line: usize, node: Node<'_>, waiting: &mut Waiting<'_>) -> Result<(), String> {
    let fields = node.fields()?;
    let name = fields.text("hook_event_name").ok_or("no hook line: it names no `hook_event_name`")?;
    match name.as_str() {
        "PreToolUse" => before(line, &fields, waiting),
        "PostToolUse" => after(line, &fields, false, waiting),
        "PostToolUseFailure" => after(line, &fields, true, waiting),
        _ => Ok(()),
    }
}

fn before(line: usize, fields: &Fields<'_>, waiting: &mut Waiting<'_>) -> Result<(), String> {
    let (place, draft) = (Place { line, part: None }, draft(fields)?);
    waiting.call(place, draft, Some(key(fields)));
    Ok(())
}

/// What came of a call; where no line told the call before, this one does.
fn after(line: usize, fields: &Fields<'_>, failed: bool, waiting: &mut Waiting<'_>) -> Result<(), String> {
    if waiting.answer(&key(fields), |draft| end(draft, fields, failed)) {
        return Ok(());
    }
    let mut draft = draft(fields)?;
    end(&mut draft, fields, failed);
    waiting.call(Place { line, part: None }, draft, None);
    Ok(())
}

fn end(draft: &mut Draft, fields: &Fields<'_>, failed: bool) {
    draft.ended(fields.get("tool_response"), failed);
    if let Some(error) = fields.get("error").filter(|_| failed) {
        draft.failed(error.word().unwrap_or_else(|| error.0.get().to_owned()));
    }
}

fn draft(fields: &Fields<'_>) -> Result<Draft, String> {
    let mut draft = Draft::of_tool(fields.text("tool_name").as_deref(), Some(BUILT_IN))?;
    draft.frame(fields);
    draft.arguments(fields.get("tool_input").map(|node| node.0));
    draft.action.id = fields.text("tool_use_id");
    Ok(draft)
}

/// What tells a call apart: its id; where there is none, what it does.
fn key(fields: &Fields<'_>) -> String {
    let session = fields.text("session_id").unwrap_or_default();
    let input = || fields.get("tool_input").map(|node| node.0.get()).unwrap_or_default();
    match fields.text("tool_use_id") {
        Some(id) => format!("{session}\0{id}"),
        None => format!("{session}\0{}\0{}", fields.text("tool_name").unwrap_or_default(), input()),
    }
}
