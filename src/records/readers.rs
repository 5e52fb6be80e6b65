use std::io::{self, BufRead, Read};

use super::claude_hooks;
use super::claude_transcript::Transcript;
use super::documents::{Documents, MAX_DOCUMENT_BYTES};
use super::item::{Form, Found, Item, Place};
use super::lines::{Lines, broken};
use super::mcp::Exchange;
use super::node::Node;
use super::stream::is_stream;
use super::talk::Talk;
use super::waiting::Waiting;
use super::{anthropic, native, openai_chat, openai_responses, otel};

/// Reads a log of a form to its end and hands over, in its order, every call with its place, and every place that cannot
/// be read with the reason, the place where the reader fails among them. Calls are held back until their results have
/// come.
pub fn read_all(form: Form, mut reader: impl BufRead, take: &mut dyn FnMut(Item)) {
    if form == Form::Native {
        return natives(reader, take);
    }
    let mut waiting = Waiting::new(take);
    let may_stream = matches!(form, Form::OpenAiChat | Form::OpenAiResponses | Form::Anthropic);
    match if may_stream { begins_as_stream(&mut reader) } else { Ok(false) } {
        Ok(true) => streamed(form, reader, &mut waiting),
        Ok(false) => documents(form, reader, &mut waiting),
        Err(error) => waiting.unreadable(Place { line: 1, part: None }, broken(&error)),
    }
    waiting.finish();
}

/// Native records, one a line.
fn natives(reader: impl BufRead, take: &mut dyn FnMut(Item)) {
    for (line, text) in Lines::new(reader) {
        let found = match text.and_then(|text| native::read(&text)) {
            Ok(record) => Found::Record(Box::new(record)),
            Err(why) => Found::Unreadable(why),
        };
        take(Item { place: Place { line, part: None }, found });
    }
}

fn documents(form: Form, reader: impl BufRead, waiting: &mut Waiting<'_>) {
    let (mut transcript, mut exchange, mut turn) = (Transcript::default(), Exchange::default(), 0);
    for (line, text) in Documents::new(reader) {
        let read = text.and_then(|text| {
            let node = Node::parse(&text)?;
            match form {
                Form::ClaudeCode => transcript.line(line, node, waiting),
                Form::ClaudeCodeHook => claude_hooks::event(line, node, waiting),
                Form::Mcp => exchange.line(line, node, waiting),
                Form::Otel => otel::document(line, node, waiting),
                _ => talks(form, line, node, &mut turn, waiting),
            }
        });
        if let Err(why) = read {
            waiting.unreadable(Place { line, part: None }, why);
        }
    }
}

/// A document of messages, or a list of such.
fn talks(form: Form, line: usize, node: Node<'_>, turn: &mut u64, waiting: &mut Waiting<'_>) -> Result<(), String> {
    let several = node.is_list() && node.items().iter().any(|item| is_exchange(*item));
    if !several {
        return talk(form, line, node, turn, waiting);
    }
    for (rank, item) in node.items().into_iter().enumerate() {
        if let Err(why) = talk(form, line, item, turn, waiting) {
            waiting.unreadable(Place { line, part: Some(format!("[{rank}]")) }, why);
        }
    }
    Ok(())
}

/// Whether something is a whole exchange and no message or item of one.
fn is_exchange(node: Node<'_>) -> bool {
    let exchange = ["request", "response", "messages", "traj", "choices", "input", "output"];
    node.fields().is_ok_and(|fields| !fields.has("role") && !fields.has("type") && fields.first(&exchange).is_some())
}

/// Whether a document does not hold all that was said before: its turns go on from those of the document before it.
fn goes_on(node: Node<'_>) -> bool {
    let Ok(fields) = node.fields() else { return false };
    let parts = [fields.object("request"), fields.object("response"), Some(fields)];
    let has = |key: &str| parts.iter().flatten().any(|part| part.get(key).is_some());
    has("previous_response_id") || !["request", "messages", "traj", "input"].into_iter().any(has)
}

fn talk(form: Form, line: usize, node: Node<'_>, turn: &mut u64, waiting: &mut Waiting<'_>) -> Result<(), String> {
    let mut talk = Talk::new(waiting, line);
    talk.turn = if goes_on(node) { *turn } else { 0 };
    talk.within(node.fields().ok());
    let read = match form {
        Form::OpenAiResponses => openai_responses::document(node, &mut talk),
        Form::Anthropic => anthropic::document(node, &mut talk),
        _ => openai_chat::document(node, &mut talk),
    };
    *turn = talk.turn;
    talk.finish();
    read
}

fn begins_as_stream(reader: &mut impl BufRead) -> io::Result<bool> {
    let beginning = reader.fill_buf()?;
    Ok(is_stream(&String::from_utf8_lossy(beginning.get(..beginning.len().min(64)).unwrap_or_default())))
}

/// A log that is one streamed answer.
fn streamed(form: Form, reader: impl BufRead, waiting: &mut Waiting<'_>) {
    let limit = u64::try_from(MAX_DOCUMENT_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let failed = reader.take(limit.saturating_add(1)).read_to_end(&mut bytes).err();
    let place = Place { line: 1, part: None };
    if bytes.len() > MAX_DOCUMENT_BYTES {
        return waiting.unreadable(place, format!("the stream is longer than {} MiB", MAX_DOCUMENT_BYTES >> 20));
    }
    let end = bytes.split(|byte| *byte == b'\n').count();
    let Ok(text) = String::from_utf8(bytes) else {
        return waiting.unreadable(place, "the stream is not UTF-8");
    };
    let mut talk = Talk::new(waiting, 1);
    match form {
        Form::OpenAiResponses => openai_responses::stream(&text, "", &mut talk),
        Form::Anthropic => anthropic::stream(&text, "", &mut talk),
        _ => openai_chat::stream(&text, "", &mut talk),
    }
    talk.finish();
    if let Some(error) = failed {
        waiting.unreadable(Place { line: end, part: None }, broken(&error));
    }
}
