use std::collections::HashMap;

use super::draft::Draft;
use super::item::Place;
use super::node::{Fields, Node};
use super::waiting::Waiting;

/// Under which keys a line that wraps a message holds it.
const WITHIN: [&str; 10] =
    ["message", "payload", "data", "msg", "body", "frame", "rpc", "request", "response", "jsonrpc_message"];

/// What the messages of a log have in common.
#[derive(Default)]
pub(super) struct Exchange {
    /// The requests that wait for their answers, by session, server and id.
    open: HashMap<String, Vec<Open>>,
    /// How a server called itself, by session.
    servers: HashMap<String, String>,
    count: usize,
}

/// A request without its answer.
struct Open {
    direction: Option<String>,
    /// The key of the call; other requests have none.
    call: Option<String>,
    /// Whether it began the session.
    first: bool,
}

impl Exchange {
    /// Reads a line: a message, several, or an object around one.
    pub fn line(&mut self, line: usize, node: Node<'_>, waiting: &mut Waiting<'_>) -> Result<(), String> {
        if node.is_list() {
            for (rank, message) in node.items().into_iter().enumerate() {
                let place = Place { line, part: Some(format!("[{rank}]")) };
                self.within(place, None, message, waiting);
            }
            return Ok(());
        }
        let fields = node.fields()?;
        if fields.has("jsonrpc") && !fields.get("jsonrpc").is_some_and(Node::is_object) {
            return self.message(Place { line, part: None }, None, &fields, waiting);
        }
        let mut found = false;
        for key in WITHIN {
            let Some(inner) = fields.get(key) else { continue };
            let text = inner.text().filter(|text| text.contains("jsonrpc"));
            let held = text.as_deref().map_or(Ok(inner), Node::parse)?;
            if held.is_list() || held.fields().is_ok_and(|held| held.has("jsonrpc")) {
                found = true;
                self.within(Place { line, part: Some(key.to_owned()) }, Some(&fields), held, waiting);
            }
        }
        if found { Ok(()) } else { Err("no JSON-RPC message".to_owned()) }
    }

    fn within(&mut self, place: Place, around: Option<&Fields<'_>>, node: Node<'_>, waiting: &mut Waiting<'_>) {
        if node.is_list() {
            for message in node.items() {
                self.within(place.clone(), around, message, waiting);
            }
            return;
        }
        let read = node.fields().and_then(|fields| self.message(place.clone(), around, &fields, waiting));
        if let Err(why) = read {
            waiting.unreadable(place, why);
        }
    }

    fn message(
        &mut self,
        place: Place,
        around: Option<&Fields<'_>>,
        fields: &Fields<'_>,
        waiting: &mut Waiting<'_>,
    ) -> Result<(), String> {
        match fields.text("method").as_deref() {
            Some("tools/call") => self.call(place, around, fields, waiting),
            Some(method) => {
                self.wait(around, fields, None, method == "initialize");
                Ok(())
            }
            None if fields.has("result") || fields.has("error") => self.answer(place, around, fields, waiting),
            None => Err("a JSON-RPC message that neither asks nor answers".to_owned()),
        }
    }

    /// Remembers that a request waits for its answer.
    fn wait(&mut self, around: Option<&Fields<'_>>, fields: &Fields<'_>, call: Option<String>, first: bool) {
        if let Some(id) = fields.get("id") {
            let open = Open { direction: direction(around), call, first };
            self.open.entry(key(around, id)).or_default().push(open);
        }
    }

    fn call(
        &mut self,
        place: Place,
        around: Option<&Fields<'_>>,
        fields: &Fields<'_>,
        waiting: &mut Waiting<'_>,
    ) -> Result<(), String> {
        let params = fields.get("params").ok_or("a call without `params`")?.fields()?;
        let tool = params.text("name").filter(|name| !name.is_empty()).ok_or("a call that names no tool")?;
        let server = server(around).or_else(|| self.servers.get(&session(around)).cloned());
        let name = server.as_ref().map_or_else(|| tool.clone(), |server| format!("{server}.{tool}"));
        let mut draft = Draft::of_tool(Some(&name), Some("mcp"))?;
        if server.is_none() && draft.action.operation == tool {
            draft.doubt("the log does not name the server; the operation is the name of its tool alone".to_owned());
        }
        if let Some(around) = around {
            draft.frame(around);
        }
        draft.arguments(params.get("arguments").map(|node| node.0));
        draft.action.id = fields.get("id").and_then(Node::word);
        self.count += 1;
        let key = fields.get("id").map(|_| self.count.to_string());
        self.wait(around, fields, key.clone(), false);
        waiting.call(place, draft, key);
        Ok(())
    }

    fn answer(
        &mut self,
        place: Place,
        around: Option<&Fields<'_>>,
        fields: &Fields<'_>,
        waiting: &mut Waiting<'_>,
    ) -> Result<(), String> {
        let id = fields.get("id").ok_or("an answer without an `id`")?;
        let open = self.answered(&key(around, id), direction(around).as_deref());
        let open =
            open.ok_or_else(|| format!("an answer to the request {}, which does not wait for one", id.0.get()))?;
        if open.first {
            self.introduce(around, fields);
        }
        let Some(call) = open.call else { return Ok(()) };
        if !waiting.answer(&call, |draft| end(draft, fields)) {
            waiting.unreadable(place, "an answer to a call that was told without it");
        }
        Ok(())
    }

    /// The request that an answer belongs to: the first of its id that went the other way.
    fn answered(&mut self, key: &str, direction: Option<&str>) -> Option<Open> {
        let open = self.open.get_mut(key)?;
        let fits =
            |open: &Open| open.direction.is_none() || direction.is_none() || open.direction.as_deref() != direction;
        let at = open.iter().position(fits)?;
        let found = open.remove(at);
        if open.is_empty() {
            self.open.remove(key);
        }
        Some(found)
    }

    /// The server says what it is called.
    fn introduce(&mut self, around: Option<&Fields<'_>>, fields: &Fields<'_>) {
        let info = fields.object("result").and_then(|result| result.object("serverInfo"));
        if let Some(name) = info.and_then(|info| info.text("name")).filter(|name| !name.is_empty()) {
            self.servers.insert(session(around), name);
        }
    }
}

/// What came of a call: an error of the protocol, or a result that says whether it is one.
fn end(draft: &mut Draft, fields: &Fields<'_>) {
    if let Some(error) = fields.get("error") {
        let message = error.fields().ok().and_then(|error| error.text("message"));
        return draft.failed(message.unwrap_or_else(|| error.0.get().to_owned()));
    }
    let Some(node) = fields.get("result") else { return };
    let result = node.fields().unwrap_or_default();
    let failed = result.get("isError").is_some_and(Node::is_true);
    let held = result.first(&["structuredContent", "content"]);
    draft.ended(held.or(Some(node)), failed);
}

fn word(around: Option<&Fields<'_>>, keys: &[&str]) -> Option<String> {
    around?.first(keys).and_then(Node::word).filter(|word| !word.is_empty())
}

fn direction(around: Option<&Fields<'_>>) -> Option<String> {
    word(around, &["direction", "dir", "from", "sender"])
}

fn server(around: Option<&Fields<'_>>) -> Option<String> {
    word(around, &["server", "server_name", "serverName", "server_label"])
}

fn session(around: Option<&Fields<'_>>) -> String {
    let session = word(around, &["session_id", "sessionId", "session"]).unwrap_or_default();
    format!("{session}\0{}", server(around).unwrap_or_default())
}

/// What tells requests apart; 1 and "1" are two ids.
fn key(around: Option<&Fields<'_>>, id: Node<'_>) -> String {
    format!("{}\0{}", session(around), id.0.get())
}
