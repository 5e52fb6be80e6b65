use std::collections::HashSet;

use serde_json::value::{RawValue, to_raw_value};

use super::draft::Draft;
use super::item::Place;
use super::node::{Fields, Node};
use super::stream::Pieces;
use super::waiting::Waiting;
use crate::model::Fact;

/// Where a call stands in a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Among the messages that were sent to the model: it may have been told before.
    History,
    /// In what the model answered.
    Answer,
}

/// A call as a message carries it.
pub(super) struct Spoken<'a> {
    pub id: Option<String>,
    pub name: Option<String>,
    pub arguments: Option<&'a RawValue>,
    /// The integration that the form names.
    pub integration: Option<&'a str>,
    pub side: Side,
}

/// The messages of one document, from the first to the last, and what they have in common.
pub(super) struct Talk<'w, 't> {
    pub waiting: &'w mut Waiting<'t>,
    line: usize,
    frame: Option<Fields<'w>>,
    /// When the answer was made, in Unix seconds.
    pub created: Option<Node<'w>>,
    /// How often the model has spoken.
    pub turn: u64,
    /// What was said so far by others than the model.
    heard: u64,
    fresh: Vec<u64>,
    repeated: HashSet<String>,
    /// The one call of this turn that bears no id.
    nameless: Vec<String>,
}

impl<'w, 't> Talk<'w, 't> {
    /// A talk that begins on a line.
    pub fn new(waiting: &'w mut Waiting<'t>, line: usize) -> Self {
        let (fresh, repeated, nameless) = Default::default();
        Self { waiting, line, frame: None, created: None, turn: 0, heard: 0, fresh, repeated, nameless }
    }

    /// What the object around the talk says of all its calls.
    pub fn within(&mut self, fields: Option<Fields<'w>>) {
        self.frame = fields;
    }

    /// The place of a part.
    pub fn place(&self, part: &str) -> Place {
        Place { line: self.line, part: (!part.is_empty()).then(|| part.to_owned()) }
    }

    /// The model begins to speak.
    pub fn speaks(&mut self) {
        self.turn += 1;
        self.nameless.clear();
    }

    /// Somebody else than the model said this.
    pub fn hears(&mut self, content: &str) {
        self.heard = self.waiting.mark(&[&self.heard.to_string(), content]);
    }

    /// A part that cannot be read.
    pub fn unreadable(&mut self, part: &str, why: impl Into<String>) {
        let place = self.place(part);
        self.waiting.unreadable(place, why);
    }

    /// A call.
    pub fn call(&mut self, part: &str, spoken: Spoken<'_>) {
        self.call_with(part, spoken, |_| ());
    }

    /// A call of which more is known.
    pub fn call_with(&mut self, part: &str, spoken: Spoken<'_>, more: impl FnOnce(&mut Draft)) {
        let place = self.place(part);
        let mut draft = match Draft::of_tool(spoken.name.as_deref(), spoken.integration) {
            Ok(draft) => draft,
            Err(why) => return self.waiting.unreadable(place, why),
        };
        if self.is_known(&spoken, &draft) {
            self.repeated.extend(spoken.id);
            return self.waiting.repeated(place);
        }
        self.surround(&mut draft, spoken.side);
        draft.arguments(spoken.arguments);
        draft.action.id.clone_from(&spoken.id);
        more(&mut draft);
        let ended = draft.action.outcome.is_some() || draft.action.result.is_some();
        let key = spoken.id.unwrap_or_else(|| format!("\0{}#{part}", self.line));
        if draft.action.id.is_none() {
            self.nameless.push(key.clone());
        }
        self.waiting.call(place, draft, (!ended).then_some(key));
    }

    fn surround(&self, draft: &mut Draft, side: Side) {
        if let Some(fields) = &self.frame {
            draft.frame(fields);
        }
        if side == Side::Answer && draft.action.timestamp.is_none() {
            draft.seconds(self.created);
        }
        draft.action.turn = Some(self.turn);
    }

    /// Whether an earlier document told the call: after the same words, with the same id, name and arguments.
    fn is_known(&mut self, spoken: &Spoken<'_>, draft: &Draft) -> bool {
        let Some(id) = &spoken.id else { return false };
        let arguments = spoken.arguments.map(RawValue::get).unwrap_or_default();
        let mark = self.waiting.mark(&[&self.heard.to_string(), id, &draft.action.operation, arguments]);
        self.fresh.push(mark);
        spoken.side == Side::History && self.waiting.knows(mark)
    }

    /// A call of a streamed answer that was made at a time in Unix seconds.
    pub fn assembled_at(&mut self, part: &str, pieces: &Pieces, created: Option<Node<'_>>) {
        let arguments = to_raw_value(&pieces.arguments).ok();
        let server = pieces.server.as_ref().zip(pieces.name.as_ref()).map(|(server, name)| format!("{server}.{name}"));
        let integration = server.is_some().then_some("mcp");
        let name = server.or_else(|| pieces.name.clone());
        let (id, arguments) = (pieces.id.clone(), arguments.as_deref());
        self.call_with(part, Spoken { id, name, arguments, integration, side: Side::Answer }, |draft| {
            if draft.action.timestamp.is_none() && !draft.doubts.broken.contains(&Fact::Timestamp) {
                draft.seconds(created);
            }
        });
    }

    /// The result of a call, by its id; without one, of the only call of the turn that bears none.
    pub fn answer(&mut self, part: &str, id: Option<&str>, tell: impl FnOnce(&mut Draft)) {
        let nameless = if let ([only], None) = (self.nameless.as_slice(), id) { Some(only.clone()) } else { None };
        let Some(key) = id.map(str::to_owned).or(nameless) else {
            return self.unreadable(part, "a result that does not say of which call");
        };
        if !self.waiting.answer(&key, tell) && !self.repeated.contains(&key) {
            self.unreadable(part, format!("a result for the call `{key}`, which does not wait for one"));
        }
    }

    /// The talk is over: what it told may be repeated by later ones.
    pub fn finish(self) {
        for mark in self.fresh {
            self.waiting.remember(mark);
        }
    }
}
