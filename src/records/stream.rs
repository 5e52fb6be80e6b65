use super::node::Fields;

/// Whether a text is a stream of server-sent events.
pub(super) fn is_stream(text: &str) -> bool {
    let text = text.trim_start();
    ["data:", "event:", "id:", "retry:", ":"].iter().any(|start| text.starts_with(start))
}

/// The data of a stream's events, joined as the lines of an event belong together; the mark of the end left out.
pub(super) fn events(text: &str) -> Vec<String> {
    let mut events = Vec::new();
    let mut data: Vec<&str> = Vec::new();
    for line in text.lines().chain([""]) {
        if let Some(rest) = line.strip_prefix("data:") {
            data.push(rest.strip_prefix(' ').unwrap_or(rest));
        } else if line.is_empty() && !data.is_empty() {
            events.push(data.join("\n"));
            data.clear();
        }
    }
    events.retain(|event| event.trim() != "[DONE]");
    events
}

/// A call of a streamed answer, put together from its pieces.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// What tells it apart within the stream.
    pub key: String,
    pub id: Option<String>,
    pub name: Option<String>,
    pub arguments: String,
    /// The server it belongs to.
    pub server: Option<String>,
}

/// The calls of a streamed answer, in the order of their first pieces.
#[derive(Debug, Default)]
pub(super) struct Assembly(pub Vec<Pieces>);

impl Assembly {
    /// The call of a key, new where there is none.
    pub fn of(&mut self, key: String) -> Option<&mut Pieces> {
        let at = self.0.iter().position(|pieces| pieces.key == key).unwrap_or(self.0.len());
        if at == self.0.len() {
            self.0.push(Pieces { key, ..Pieces::default() });
        }
        self.0.get_mut(at)
    }
}

impl Pieces {
    /// Takes what a piece says of id and name.
    pub fn named(&mut self, fields: &Fields<'_>, id: &str) {
        let given = |key: &str| fields.text(key).filter(|text| !text.is_empty());
        self.id = self.id.take().or_else(|| given(id));
        self.name = self.name.take().or_else(|| given("name"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_apart() {
        let text = "event: a\ndata: {\"x\":\ndata: 1}\r\n\r\n: nothing\n\ndata:[2]\n\ndata: [DONE]";
        assert_eq!(events(text), ["{\"x\":\n1}", "[2]"]);
        assert!(is_stream(text) && !is_stream("{}"));
    }
}
