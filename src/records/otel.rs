use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::attributes::Attributes;
use super::draft::Draft;
use super::item::Place;
use super::node::{Fields, Node};
use super::waiting::Waiting;
use crate::model::{Fact, Outcome};

/// Where the arguments of a call stand: as the conventions have it, and as instrumentations had it before.
const ARGUMENTS: [&str; 4] =
    ["gen_ai.tool.call.arguments", "gcp.vertex.agent.tool_call_args", "traceloop.entity.input", "input.value"];
/// Where its result stands.
const RESULT: [&str; 4] =
    ["gen_ai.tool.call.result", "gcp.vertex.agent.tool_response", "traceloop.entity.output", "output.value"];
const TOOL: [&str; 4] = ["gen_ai.tool.name", "mcp.tool.name", "traceloop.entity.name", "tool.name"];
const AGENT: [&str; 3] = ["gen_ai.agent.name", "gen_ai.agent.id", "traceloop.association.properties.agent_name"];
const SESSION: [&str; 5] = [
    "gen_ai.conversation.id",
    "session.id",
    "traceloop.association.properties.session_id",
    "gcp.vertex.agent.session_id",
    "mcp.session.id",
];

/// A span of any export.
struct Span<'a> {
    place: Place,
    fields: Fields<'a>,
    attributes: Attributes<'a>,
    id: Option<String>,
    parent: Option<String>,
    /// How many nanoseconds a unit of its times is.
    unit: i128,
}

/// Reads an export of traces.
pub(super) fn document(line: usize, node: Node<'_>, waiting: &mut Waiting<'_>) -> Result<(), String> {
    let mut export = Export { line, spans: Vec::new(), waiting };
    if node.is_list() {
        export.list("", &node.items());
    } else {
        let fields = node.fields()?;
        if !export.object("", &fields) {
            return Err("no spans: neither OTLP/JSON nor an export of Tempo or Jaeger".to_owned());
        }
    }
    let Export { spans, waiting, .. } = export;
    let by_id: HashMap<&str, &Span<'_>> = spans.iter().filter_map(|span| Some((span.id.as_deref()?, span))).collect();
    for span in spans.iter().filter(|span| is_tool(span)) {
        match record(span, &by_id) {
            Ok(draft) => waiting.call(span.place.clone(), draft, None),
            Err(why) => waiting.unreadable(span.place.clone(), why),
        }
    }
    Ok(())
}

/// The spans of a document, gathered.
struct Export<'a, 'w, 't> {
    line: usize,
    spans: Vec<Span<'a>>,
    waiting: &'w mut Waiting<'t>,
}

impl<'a> Export<'a, '_, '_> {
    fn place(&self, part: String) -> Place {
        Place { line: self.line, part: Some(part) }
    }

    /// Several exports, or bare spans, in one list.
    fn list(&mut self, part: &str, items: &[Node<'a>]) {
        for (rank, item) in items.iter().enumerate() {
            let part = format!("{part}[{rank}]");
            match item.fields() {
                Ok(fields) => {
                    if !self.object(&format!("{part}."), &fields) {
                        self.waiting.unreadable(self.place(part), "no spans");
                    }
                }
                Err(why) => self.waiting.unreadable(self.place(part), why),
            }
        }
    }

    /// What an object holds, whichever export it is of.
    fn object(&mut self, part: &str, fields: &Fields<'a>) -> bool {
        let mut found = false;
        for key in ["resourceSpans", "batches", "scopeSpans", "instrumentationLibrarySpans"] {
            if let Some(node) = fields.get(key) {
                self.list(&format!("{part}{key}"), &node.items());
                found = true;
            }
        }
        if let Some(trace) = fields.object("trace") {
            found |= self.object(&format!("{part}trace."), &trace);
        }
        for traced in [fields.get("data"), fields.get("spans")].into_iter().flatten() {
            let is_data = fields.has("data");
            let name = if is_data { "data" } else { "spans" };
            for (rank, item) in traced.items().into_iter().enumerate() {
                self.traced(format!("{part}{name}[{rank}]"), item, is_data);
            }
            found = true;
        }
        found || fields.has("resource") || fields.has("scope")
    }

    /// A trace as Jaeger has it, or a span.
    fn traced(&mut self, part: String, node: Node<'a>, is_trace: bool) {
        match node.fields() {
            Err(why) => self.waiting.unreadable(self.place(part), why),
            Ok(fields) if is_trace => {
                self.object(&format!("{part}."), &fields);
            }
            Ok(fields) => self.span(part, fields),
        }
    }

    fn span(&mut self, part: String, fields: Fields<'a>) {
        let place = self.place(part);
        let is_jaeger = fields.has("tags") || fields.has("startTime");
        let attributes = match Attributes::read(&fields, if is_jaeger { "tags" } else { "attributes" }) {
            Ok(attributes) => attributes,
            Err(why) => return self.waiting.unreadable(place, why),
        };
        let id = fields.first(&["spanId", "spanID"]).and_then(Node::text);
        let referenced = |node: &Node<'_>| node.fields().ok().and_then(|reference| reference.text("spanID"));
        let parent = fields.text("parentSpanId").or_else(|| fields.items("references").first().and_then(referenced));
        let unit = if is_jaeger { 1000 } else { 1 };
        self.spans.push(Span { place, fields, attributes, id, parent, unit });
    }
}

/// Whether a span is the execution of a tool.
fn is_tool(span: &Span<'_>) -> bool {
    let is = |key: &str, word: &str| span.attributes.text(key).is_some_and(|value| value.eq_ignore_ascii_case(word));
    is("gen_ai.operation.name", "execute_tool")
        || span.attributes.has("gen_ai.tool.name")
        || is("traceloop.span.kind", "tool")
        || is("openinference.span.kind", "tool")
        || is("mcp.method.name", "tools/call")
}

fn record(span: &Span<'_>, by_id: &HashMap<&str, &Span<'_>>) -> Result<Draft, String> {
    let attributes = &span.attributes;
    if let Some(key) = TOOL.iter().find(|key| attributes.is_twice(key)) {
        return Err(format!("the attribute `{key}` is given twice"));
    }
    let title = span.fields.first(&["name", "operationName"]).and_then(Node::text);
    let named = TOOL.iter().find_map(|key| attributes.text(key));
    let named = named.or_else(|| title.as_deref()?.strip_prefix("execute_tool ").map(str::to_owned));
    let server = attributes.text("mcp.server.name").or_else(|| attributes.text("gen_ai.tool.server.name"));
    let name = server.as_ref().zip(named.as_ref()).map(|(server, tool)| format!("{server}.{tool}")).or(named);
    let mut draft = Draft::of_tool(name.as_deref(), server.is_some().then_some("mcp"))?;
    let call = attributes.text("gen_ai.tool.call.id");
    draft.action.id = call.filter(|id| !id.is_empty()).or_else(|| span.id.clone());
    draft.run(span.fields.first(&["traceId", "traceID"]));
    draft.unix(span.fields.first(&["startTimeUnixNano", "startTime"]), span.unit);
    let (agent, session) = (inherited(span, by_id, &AGENT), inherited(span, by_id, &SESSION));
    draft.agent(agent.as_deref().and_then(|text| Node::parse(text).ok()));
    draft.session(session.as_deref().and_then(|text| Node::parse(text).ok()));
    said(&mut draft, attributes);
    status(&mut draft, span);
    Ok(draft)
}

/// A text of a span, else of the nearest span around it that has one, as JSON.
fn inherited(span: &Span<'_>, by_id: &HashMap<&str, &Span<'_>>, keys: &[&str]) -> Option<String> {
    let mut seen = HashSet::new();
    let mut span = span;
    loop {
        let own = keys.iter().find_map(|key| span.attributes.text(key)).filter(|text| !text.is_empty());
        if let Some(own) = own {
            return Some(Value::String(own).to_string());
        }
        let parent = span.parent.as_deref()?;
        if !seen.insert(parent) {
            return None;
        }
        span = by_id.get(parent)?;
    }
}

/// Arguments and result, as they are told.
fn said(draft: &mut Draft, attributes: &Attributes<'_>) {
    let found = |keys: &[&str]| keys.iter().find_map(|key| Some((attributes.json(key)?, attributes.is_twice(key))));
    let (arguments, result) = (found(&ARGUMENTS), found(&RESULT));
    // The instrumentation writes `{}` for both when it was told to leave contents out.
    let left_out = |key: &str| attributes.text(key).is_some_and(|text| text == "{}");
    if left_out("gcp.vertex.agent.tool_call_args") && left_out("gcp.vertex.agent.tool_response") {
        draft.unknown(Fact::Arguments, "arguments and result are both `{}`, as where contents are left out");
        return draft.unknown(Fact::Result, "so is the result");
    }
    match arguments {
        Some((_, true)) => draft.unknown(Fact::Arguments, "the arguments are given twice"),
        Some((Err(why), _)) => draft.unknown(Fact::Arguments, &why),
        Some((Ok(text), _)) => {
            let text = unwrapped(&text).unwrap_or(text);
            draft.arguments(Node::parse(&text).ok().map(|node| node.0));
        }
        None => {}
    }
    match result {
        Some((_, true)) => draft.unknown(Fact::Result, "the result is given twice"),
        Some((Err(why), _)) => draft.unknown(Fact::Result, &why),
        Some((Ok(text), _)) => draft.result(Node::parse(&text).ok()),
        None => {}
    }
}

/// The arguments within what some instrumentations put around them: `{"args": [], "kwargs": {}}` or `{"inputs": {}}`.
fn unwrapped(text: &str) -> Option<String> {
    let held = Node::parse(text).ok()?.text().unwrap_or_else(|| text.to_owned());
    let fields = Node::parse(&held).ok()?.fields().ok()?;
    let positional = fields.items("args");
    let named = fields.get("kwargs").filter(|_| fields.has("args") && positional.is_empty());
    let inner = named.or_else(|| fields.get("inputs").filter(|_| fields.has("tags") || fields.has("metadata")));
    inner.filter(|node| node.is_object()).map(|node| node.0.get().to_owned())
}

/// What the span says of how it ended: an error, that it went well, or nothing.
fn status(draft: &mut Draft, span: &Span<'_>) {
    let attributes = &span.attributes;
    let status = span.fields.object("status").unwrap_or_default();
    let code = status.get("code").and_then(Node::word).or_else(|| attributes.text("otel.status_code"));
    let code = code.unwrap_or_default();
    let failed = matches!(code.as_str(), "2" | "STATUS_CODE_ERROR" | "ERROR")
        || attributes.text("error").is_some_and(|error| error == "true")
        || attributes.has("error.type")
        || draft.action.result.as_ref().is_some_and(|result| result.get("isError") == Some(&Value::Bool(true)));
    let went_well = matches!(code.as_str(), "1" | "STATUS_CODE_OK" | "OK");
    let has_result = draft.action.result.is_some();
    if failed {
        let words = status.text("message").filter(|text| !text.is_empty());
        let words = words.or_else(|| attributes.text("otel.status_description"));
        draft.failed(words.or_else(|| attributes.text("error.type")).unwrap_or_default());
    } else if went_well || has_result {
        draft.action.outcome = Some(Outcome::Success);
    }
}
