use super::node::{Fields, Node};
use super::openai_chat::{around, join};
use super::stream::{Assembly, events, is_stream};
use super::talk::{Side, Spoken, Talk};

/// Reads a document of Responses: a request with its answer, an answer, or items.
pub(super) fn document<'w>(node: Node<'w>, talk: &mut Talk<'w, '_>) -> Result<(), String> {
    if node.is_list() {
        items(&node.items(), "", Side::History, talk);
        return Ok(());
    }
    let fields = node.fields()?;
    let mut found = false;
    if fields.text("type").is_some_and(|kind| kind.starts_with("response.")) {
        return Err("an event of a streamed answer outside of its stream".to_owned());
    }
    if fields.has("type") && !fields.has("output") && !fields.has("input") {
        item(node, "", Side::Answer, &mut false, talk);
        found = true;
    }
    for (part, inner) in around(&fields) {
        found |= both(&inner, part, talk);
    }
    found |= both(&fields, "", talk);
    if let Some(text) = fields.text("response").filter(|text| is_stream(text)) {
        stream(&text, "response", talk);
        found = true;
    }
    if found { Ok(()) } else { Err("no items and no answer of Responses".to_owned()) }
}

fn both<'w>(fields: &Fields<'w>, part: &str, talk: &mut Talk<'w, '_>) -> bool {
    let (input, output) = (fields.get("input"), fields.get("output").filter(|node| node.is_list()));
    if let Some(text) = input.filter(|node| !node.is_list()) {
        talk.hears(text.0.get());
    }
    if let Some(list) = input.filter(|node| node.is_list()) {
        items(&list.items(), &join(part, "input"), Side::History, talk);
    }
    if let Some(list) = output {
        talk.created = fields.get("created_at");
        items(&list.items(), &join(part, "output"), Side::Answer, talk);
    }
    input.is_some() || output.is_some()
}

fn items(list: &[Node<'_>], part: &str, side: Side, talk: &mut Talk<'_, '_>) {
    let mut speaking = false;
    for (rank, node) in list.iter().enumerate() {
        item(*node, &format!("{part}[{rank}]"), side, &mut speaking, talk);
    }
}

/// One item; what the model said without a break is one turn.
fn item(node: Node<'_>, part: &str, side: Side, speaking: &mut bool, talk: &mut Talk<'_, '_>) {
    let fields = match node.fields() {
        Ok(fields) => fields,
        Err(why) => return talk.unreadable(part, why),
    };
    let kind = fields.text("type").unwrap_or_else(|| "message".to_owned());
    let is_call = kind.ends_with("_call");
    let is_speech = is_call || kind == "reasoning" || fields.text("role").as_deref() == Some("assistant");
    if is_speech && !*speaking {
        talk.speaks();
    }
    *speaking = is_speech;
    if is_call {
        call(&fields, &kind, part, side, talk);
    } else if kind.ends_with("_call_output") {
        let id = fields.text("call_id");
        talk.answer(part, id.as_deref(), |draft| draft.answered(fields.get("output")));
    } else if !is_speech {
        talk.hears(fields.get("content").map(|node| node.0.get()).unwrap_or_default());
    }
}

/// A call: of a function, of a server's tool with its result, or of a tool that the service itself runs.
fn call(fields: &Fields<'_>, kind: &str, part: &str, side: Side, talk: &mut Talk<'_, '_>) {
    let id = fields.text("call_id").or_else(|| fields.text("id"));
    let server = fields.text("server_label").filter(|_| kind == "mcp_call");
    let name = match (fields.text("name"), &server) {
        (Some(name), Some(server)) => Some(format!("{server}.{name}")),
        (Some(name), None) => Some(name),
        (None, _) if matches!(kind, "function_call" | "custom_tool_call" | "mcp_call") => None,
        (None, _) => kind.strip_suffix("_call").map(str::to_owned),
    };
    let arguments = fields.first(&["arguments", "input", "action"]).map(|node| node.0);
    let integration = server.is_some().then_some("mcp");
    talk.call_with(part, Spoken { id, name, arguments, integration, side }, |draft| {
        if let Some(error) = fields.get("error") {
            draft.failed(error.word().unwrap_or_else(|| error.0.get().to_owned()));
        } else if let Some(output) = fields.get("output").filter(|_| kind == "mcp_call") {
            draft.ended(Some(output), false);
        }
    });
}

/// A streamed answer: each call as its last event has it, else joined from its pieces.
pub(super) fn stream(text: &str, part: &str, talk: &mut Talk<'_, '_>) {
    let mut assembly = Assembly::default();
    let mut created = None;
    for (rank, event) in events(text).iter().enumerate() {
        if let Err(why) = take(event, &mut assembly, &mut created) {
            talk.unreadable(&format!("{part} event {}", rank + 1), why);
        }
    }
    talk.speaks();
    for (rank, pieces) in assembly.0.iter().enumerate() {
        let created = created.as_deref().and_then(|text| Node::parse(text).ok());
        talk.assembled_at(&format!("{part} call {}", rank + 1), pieces, created);
    }
}

fn take(event: &str, assembly: &mut Assembly, created: &mut Option<String>) -> Result<(), String> {
    let fields = Node::parse(event)?.fields()?;
    let kind = fields.text("type").unwrap_or_default();
    if let Some(answer) = fields.object("response") {
        *created = created.take().or_else(|| answer.get("created_at").map(|node| node.0.get().to_owned()));
    }
    match kind.as_str() {
        "response.output_item.added" | "response.output_item.done" => {
            let item = fields.object("item").unwrap_or_default();
            whole(&item, assembly);
        }
        "response.function_call_arguments.delta" | "response.mcp_call_arguments.delta" => {
            let piece = fields.text("delta").unwrap_or_default();
            if let Some(pieces) = fields.text("item_id").and_then(|key| assembly.of(key)) {
                pieces.arguments.push_str(&piece);
            }
        }
        "response.completed" if assembly.0.is_empty() => {
            let answer = fields.object("response").unwrap_or_default();
            for item in answer.items("output") {
                whole(&item.fields()?, assembly);
            }
        }
        _ => {}
    }
    Ok(())
}

fn whole(item: &Fields<'_>, assembly: &mut Assembly) {
    let kind = item.text("type").unwrap_or_default();
    let Some(tool) = kind.strip_suffix("_call") else { return };
    let key = item.text("id").or_else(|| item.text("call_id")).unwrap_or_default();
    let Some(pieces) = assembly.of(key) else { return };
    pieces.named(item, "call_id");
    pieces.id = pieces.id.take().or_else(|| item.text("id"));
    pieces.server = item.text("server_label");
    if !matches!(tool, "function" | "custom_tool" | "mcp") {
        pieces.name = pieces.name.take().or_else(|| Some(tool.to_owned()));
    }
    let arguments = item.first(&["arguments", "input", "action"]);
    let arguments = arguments.map(|node| node.text().unwrap_or_else(|| node.0.get().to_owned()));
    if let Some(arguments) = arguments.filter(|arguments| !arguments.is_empty()) {
        pieces.arguments = arguments;
    }
}
