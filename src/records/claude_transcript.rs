use std::collections::HashMap;

use serde_json::{Value, json};

use super::anthropic::tool_name;
use super::claude_code::BUILT_IN;
use super::draft::Draft;
use super::item::Place;
use super::node::{Fields, Node};
use super::waiting::Waiting;
use crate::model::Outcome;

/// What a transcript says instead of a result where a person refused.
const REFUSED: &str = "User rejected tool use";

/// What the lines of a transcript have in common.
#[derive(Default)]
pub(super) struct Transcript {
    /// Per session, how many messages of the model there were.
    turns: HashMap<String, u64>,
    /// The turn of a message, which may be spread over several lines.
    messages: HashMap<String, u64>,
}

impl Transcript {
    /// Reads a line; lines that are no messages say nothing of calls.
    pub fn line(&mut self, line: usize, node: Node<'_>, waiting: &mut Waiting<'_>) -> Result<(), String> {
        let fields = node.fields()?;
        let Some(message) = fields.get("message") else {
            return if fields.has("type") { Ok(()) } else { Err("no line of a Claude Code transcript".to_owned()) };
        };
        let message = message.fields()?;
        if message.text("role").as_deref() == Some("assistant") {
            self.speak(&fields, &message);
        }
        for (rank, block) in message.items("content").into_iter().enumerate() {
            let place = Place { line, part: Some(format!("message.content[{rank}]")) };
            match block.fields() {
                Ok(block) => self.block(place, &fields, &message, &block, waiting),
                Err(why) => waiting.unreadable(place, why),
            }
        }
        Ok(())
    }

    /// The model speaks: in a new turn, unless the line goes on with a message.
    fn speak(&mut self, fields: &Fields<'_>, message: &Fields<'_>) {
        let (session, id) = (session(fields), name_of(fields, message));
        let known = self.messages.contains_key(&id);
        if !known {
            let turn = self.turns.entry(session).or_default();
            *turn += 1;
            self.messages.insert(id, *turn);
        }
    }

    fn block(
        &self,
        place: Place,
        fields: &Fields<'_>,
        message: &Fields<'_>,
        block: &Fields<'_>,
        waiting: &mut Waiting<'_>,
    ) {
        let kind = block.text("type").unwrap_or_default();
        if kind.ends_with("tool_use") {
            self.call(place, fields, message, block, waiting);
        } else if kind.ends_with("tool_result") {
            answer(place, fields, block, waiting);
        }
    }

    fn call(
        &self,
        place: Place,
        fields: &Fields<'_>,
        message: &Fields<'_>,
        block: &Fields<'_>,
        waiting: &mut Waiting<'_>,
    ) {
        let (name, server) = tool_name(block);
        let mut draft = match Draft::of_tool(name.as_deref(), server.or(Some(BUILT_IN))) {
            Ok(draft) => draft,
            Err(why) => return waiting.unreadable(place, why),
        };
        let (id, input) = (block.text("id"), block.get("input"));
        let text = input.map(|node| node.0.get()).unwrap_or_default();
        let mark = waiting.mark(&[&session(fields), id.as_deref().unwrap_or_default(), &draft.action.operation, text]);
        if id.is_some() && waiting.knows(mark) {
            return waiting.repeated(place);
        }
        waiting.remember(mark);
        draft.session(fields.get("sessionId"));
        draft.time(fields.get("timestamp"));
        draft.arguments(input.map(|node| node.0));
        draft.action.turn = self.messages.get(&name_of(fields, message)).copied();
        draft.labels = labels(fields);
        let key = id.as_deref().map(|id| key(fields, id));
        draft.action.id = id;
        waiting.call(place, draft, key);
    }
}

/// The result of a call.
fn answer(place: Place, fields: &Fields<'_>, block: &Fields<'_>, waiting: &mut Waiting<'_>) {
    let Some(id) = block.text("tool_use_id") else {
        return waiting.unreadable(place, "a result that does not say of which call");
    };
    let failed = block.get("is_error").is_some_and(Node::is_true);
    let refused = fields.text("toolUseResult").is_some_and(|text| text.starts_with(REFUSED));
    let mark = waiting.mark(&["result", &session(fields), &id]);
    let found = waiting.answer(&key(fields, &id), |draft| {
        draft.ended(block.get("content"), failed);
        if refused {
            draft.action.outcome = Some(Outcome::Rejected);
        }
    });
    if !found && !waiting.knows(mark) {
        waiting.unreadable(place, format!("a result for the call `{id}`, which does not wait for one"));
    }
    waiting.remember(mark);
}

fn session(fields: &Fields<'_>) -> String {
    fields.text("sessionId").unwrap_or_default()
}

fn key(fields: &Fields<'_>, id: &str) -> String {
    format!("{}\0{id}", session(fields))
}

/// What tells the messages of a session apart.
fn name_of(fields: &Fields<'_>, message: &Fields<'_>) -> String {
    let id = message.text("id").or_else(|| fields.text("uuid")).unwrap_or_default();
    format!("{}\0{id}", session(fields))
}

/// That a call was made by an agent that the first one started.
fn labels(fields: &Fields<'_>) -> Value {
    match (fields.get("isSidechain").is_some_and(Node::is_true), fields.text("agentId")) {
        (false, _) => Value::Null,
        (true, None) => json!({"sidechain": true}),
        (true, Some(agent)) => json!({"sidechain": true, "sidechain_agent": agent}),
    }
}
