use super::node::{Fields, Node};
use super::stream::{Assembly, events, is_stream};
use super::talk::{Side, Spoken, Talk};

/// Reads a document of Chat Completions: a request with its answer, an answer, or messages.
pub(super) fn document<'w>(node: Node<'w>, talk: &mut Talk<'w, '_>) -> Result<(), String> {
    if node.is_list() {
        messages(&node.items(), "", talk);
        return Ok(());
    }
    let fields = node.fields()?;
    let mut found = false;
    if fields.has("role") {
        message(node, "", Side::Answer, talk);
        found = true;
    }
    for (part, inner) in around(&fields) {
        found |= request(&inner, part, talk) | answer(&inner, part, talk);
    }
    found |= request(&fields, "", talk) | answer(&fields, "", talk);
    if let Some(text) = fields.text("response").filter(|text| is_stream(text)) {
        stream(&text, "response", talk);
        found = true;
    }
    if found { Ok(()) } else { Err("no messages and no answer of Chat Completions".to_owned()) }
}

/// Request and answer of a recorded exchange, also where each is wrapped in its body.
pub(super) fn around<'a>(fields: &Fields<'a>) -> Vec<(&'static str, Fields<'a>)> {
    let mut found = Vec::new();
    for (key, body) in [("request", "request.body"), ("response", "response.body")] {
        let Some(inner) = fields.object(key) else { continue };
        found.push(match inner.object("body") {
            Some(within) => (body, within),
            None => (key, inner),
        });
    }
    found
}

/// A part within a part.
pub(super) fn join(part: &str, inner: &str) -> String {
    if part.is_empty() { inner.to_owned() } else { format!("{part}.{inner}") }
}

fn request(fields: &Fields<'_>, part: &str, talk: &mut Talk<'_, '_>) -> bool {
    let key = if fields.has("messages") { "messages" } else { "traj" };
    let Some(list) = fields.get(key).filter(|node| node.is_list()) else { return false };
    messages(&list.items(), &join(part, key), talk);
    true
}

fn answer<'w>(fields: &Fields<'w>, part: &str, talk: &mut Talk<'w, '_>) -> bool {
    let Some(choices) = fields.get("choices").filter(|node| node.is_list()) else { return false };
    talk.created = fields.get("created");
    for (rank, choice) in choices.items().into_iter().enumerate() {
        let part = join(part, &format!("choices[{rank}].message"));
        match choice.fields().map(|choice| choice.get("message")) {
            Ok(Some(node)) => message(node, &part, Side::Answer, talk),
            Ok(None) => talk.unreadable(&part, "an answer without a message, or a piece of one outside of its stream"),
            Err(why) => talk.unreadable(&part, why),
        }
    }
    true
}

fn messages(items: &[Node<'_>], part: &str, talk: &mut Talk<'_, '_>) {
    for (rank, item) in items.iter().enumerate() {
        message(*item, &format!("{part}[{rank}]"), Side::History, talk);
    }
}

/// One message of anybody.
fn message(node: Node<'_>, part: &str, side: Side, talk: &mut Talk<'_, '_>) {
    let fields = match node.fields() {
        Ok(fields) => fields,
        Err(why) => return talk.unreadable(part, why),
    };
    match fields.text("role").as_deref() {
        Some("assistant") => assistant(&fields, part, side, talk),
        Some("tool") => {
            let id = fields.text("tool_call_id");
            talk.answer(part, id.as_deref(), |draft| draft.answered(fields.get("content")));
        }
        Some("function") => {
            let key = fields.text("name").map(|name| by_name(&name));
            talk.answer(part, key.as_deref(), |draft| draft.answered(fields.get("content")));
        }
        Some(_) => talk.hears(fields.get("content").map(|node| node.0.get()).unwrap_or_default()),
        None => talk.unreadable(part, "a message without a role"),
    }
}

fn assistant(fields: &Fields<'_>, part: &str, side: Side, talk: &mut Talk<'_, '_>) {
    talk.speaks();
    for (rank, item) in fields.items("tool_calls").into_iter().enumerate() {
        call(item, &join(part, &format!("tool_calls[{rank}]")), side, talk);
    }
    if let Some(function) = fields.object("function_call") {
        // The form before `tool_calls`: one call a message, its result found by its name.
        let name = function.text("name");
        let id = name.as_deref().map(by_name);
        let spoken = Spoken { id, name, arguments: arguments(&function), integration: None, side };
        talk.call_with(&join(part, "function_call"), spoken, |draft| draft.action.id = None);
    }
}

/// The key of a call that is known by its name only.
fn by_name(name: &str) -> String {
    format!("\0function {name}")
}

fn call(item: Node<'_>, part: &str, side: Side, talk: &mut Talk<'_, '_>) {
    let fields = match item.fields() {
        Ok(fields) => fields,
        Err(why) => return talk.unreadable(part, why),
    };
    let Some(function) = fields.first(&["function", "custom"]).and_then(|node| node.fields().ok()) else {
        return talk.unreadable(part, "a call without a readable `function`");
    };
    let id = fields.text("id").filter(|id| !id.is_empty());
    let spoken = Spoken { id, name: function.text("name"), arguments: arguments(&function), integration: None, side };
    talk.call(part, spoken);
}

fn arguments<'a>(function: &Fields<'a>) -> Option<&'a serde_json::value::RawValue> {
    function.first(&["arguments", "input"]).map(|node| node.0)
}

/// A streamed answer: the pieces of each call are joined.
pub(super) fn stream(text: &str, part: &str, talk: &mut Talk<'_, '_>) {
    let mut assembly = Assembly::default();
    let mut created = None;
    for (rank, event) in events(text).iter().enumerate() {
        if let Err(why) = chunk(event, &mut assembly, &mut created) {
            talk.unreadable(&format!("{part} event {}", rank + 1), why);
        }
    }
    talk.speaks();
    for (rank, pieces) in assembly.0.iter().enumerate() {
        let created = created.as_deref().and_then(|text| Node::parse(text).ok());
        talk.assembled_at(&format!("{part} call {}", rank + 1), pieces, created);
    }
}

fn chunk(event: &str, assembly: &mut Assembly, created: &mut Option<String>) -> Result<(), String> {
    let fields = Node::parse(event)?.fields()?;
    *created = created.take().or_else(|| fields.get("created").map(|node| node.0.get().to_owned()));
    let answer = fields.text("id").unwrap_or_default();
    for choice in fields.items("choices") {
        let choice = choice.fields()?;
        let Some(delta) = choice.object("delta") else { continue };
        let number = |fields: &Fields<'_>| fields.get("index").map(|node| node.0.get().to_owned()).unwrap_or_default();
        for call in delta.items("tool_calls") {
            let call = call.fields()?;
            let Some(pieces) = assembly.of(format!("{answer} {} {}", number(&choice), number(&call))) else { continue };
            let function = call.object("function").unwrap_or_default();
            pieces.named(&function, "");
            pieces.id = pieces.id.take().or_else(|| call.text("id").filter(|id| !id.is_empty()));
            pieces.arguments.push_str(&function.text("arguments").unwrap_or_default());
        }
    }
    Ok(())
}
