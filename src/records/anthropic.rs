use super::node::{Fields, Node};
use super::openai_chat::{around, join};
use super::stream::{Assembly, events, is_stream};
use super::talk::{Side, Spoken, Talk};

/// Reads a document of Messages: a request with its answer, an answer, or messages.
pub(super) fn document<'w>(node: Node<'w>, talk: &mut Talk<'w, '_>) -> Result<(), String> {
    if node.is_list() {
        messages(&node.items(), "", talk);
        return Ok(());
    }
    let fields = node.fields()?;
    let mut found = false;
    if fields.has("role") {
        message(&fields, "", Side::Answer, talk);
        found = true;
    }
    for (part, inner) in around(&fields) {
        if inner.has("role") {
            message(&inner, part, Side::Answer, talk);
            found = true;
        }
        found |= request(&inner, part, talk);
    }
    found |= request(&fields, "", talk);
    if let Some(text) = fields.text("response").filter(|text| is_stream(text)) {
        stream(&text, "response", talk);
        found = true;
    }
    if found { Ok(()) } else { Err("no messages and no answer of Messages".to_owned()) }
}

fn request(fields: &Fields<'_>, part: &str, talk: &mut Talk<'_, '_>) -> bool {
    let Some(list) = fields.get("messages").filter(|node| node.is_list()) else { return false };
    messages(&list.items(), &join(part, "messages"), talk);
    true
}

fn messages(items: &[Node<'_>], part: &str, talk: &mut Talk<'_, '_>) {
    for (rank, item) in items.iter().enumerate() {
        let part = format!("{part}[{rank}]");
        match item.fields() {
            Ok(fields) => message(&fields, &part, Side::History, talk),
            Err(why) => talk.unreadable(&part, why),
        }
    }
}

/// One message of anybody.
fn message(fields: &Fields<'_>, part: &str, side: Side, talk: &mut Talk<'_, '_>) {
    match fields.text("role").as_deref() {
        Some("assistant") => talk.speaks(),
        Some(_) => {}
        None => return talk.unreadable(part, "a message without a role"),
    }
    let Some(content) = fields.get("content") else { return };
    if !content.is_list() {
        if !is_model(fields) {
            talk.hears(content.0.get());
        }
        return;
    }
    for (rank, block) in content.items().into_iter().enumerate() {
        let part = join(part, &format!("content[{rank}]"));
        match block.fields() {
            Ok(block) if !is_model(fields) && block.text("type").as_deref() == Some("text") => {
                talk.hears(&block.text("text").unwrap_or_default());
            }
            Ok(block) => read_block(&block, &part, side, talk),
            Err(why) => talk.unreadable(&part, why),
        }
    }
}

fn is_model(fields: &Fields<'_>) -> bool {
    fields.text("role").as_deref() == Some("assistant")
}

/// One block of a message: a call or a result.
fn read_block(fields: &Fields<'_>, part: &str, side: Side, talk: &mut Talk<'_, '_>) {
    let kind = fields.text("type").unwrap_or_default();
    if kind.ends_with("tool_use") {
        let (name, integration) = tool_name(fields);
        let (id, arguments) = (fields.text("id"), fields.get("input").map(|node| node.0));
        talk.call(part, Spoken { id, name, arguments, integration, side });
    } else if kind.ends_with("tool_result") {
        let id = fields.text("tool_use_id");
        let failed = fields.get("is_error").is_some_and(Node::is_true) || is_error(fields);
        talk.answer(part, id.as_deref(), |draft| draft.ended(fields.get("content"), failed));
    }
}

/// The name of a tool: that of a server is preceded by it.
pub(super) fn tool_name(fields: &Fields<'_>) -> (Option<String>, Option<&'static str>) {
    let (name, server) = (fields.text("name"), fields.text("server_name"));
    match (name, server) {
        (Some(name), Some(server)) => (Some(format!("{server}.{name}")), Some("mcp")),
        (name, _) => (name, None),
    }
}

/// Whether a tool that the service runs tells an error in its result.
fn is_error(fields: &Fields<'_>) -> bool {
    let kind = fields.object("content").and_then(|content| content.text("type"));
    kind.is_some_and(|kind| kind.ends_with("_error"))
}

/// A streamed answer: the pieces of each call are joined.
pub(super) fn stream(text: &str, part: &str, talk: &mut Talk<'_, '_>) {
    let mut assembly = Assembly::default();
    for (rank, event) in events(text).iter().enumerate() {
        if let Err(why) = take(event, &mut assembly) {
            talk.unreadable(&format!("{part} event {}", rank + 1), why);
        }
    }
    talk.speaks();
    for (rank, pieces) in assembly.0.iter().enumerate() {
        talk.assembled_at(&format!("{part} call {}", rank + 1), pieces, None);
    }
}

fn take(event: &str, assembly: &mut Assembly) -> Result<(), String> {
    let fields = Node::parse(event)?.fields()?;
    let key = fields.get("index").map(|node| node.0.get().to_owned()).unwrap_or_default();
    if let Some(block) = fields.object("content_block") {
        let kind = block.text("type").unwrap_or_default();
        if kind.ends_with("tool_use") {
            let Some(pieces) = assembly.of(key) else { return Ok(()) };
            pieces.named(&block, "id");
            pieces.server = block.text("server_name");
        }
    } else if let Some(delta) = fields.object("delta")
        && let Some(piece) = delta.text("partial_json")
        && let Some(pieces) = assembly.of(key)
    {
        pieces.arguments.push_str(&piece);
    }
    Ok(())
}
