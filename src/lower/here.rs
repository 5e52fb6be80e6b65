use crate::syntax::{Node, Step};
use crate::text::Span;

/// A place in a document's tree, walked in step with the written value; cheap to copy.
///
/// Where the walk leaves the tree (a default that nobody wrote), the place is the nearest one above.
#[derive(Debug, Clone, Copy)]
pub struct Here<'a> {
    node: Option<&'a Node>,
    key: Span,
    value: Span,
}

impl<'a> Here<'a> {
    /// The root of a document.
    pub fn root(node: &'a Node) -> Self {
        Self { node: Some(node), key: node.span, value: node.span }
    }

    /// The value of a key.
    pub fn key(self, key: &str) -> Self {
        let entry = self.node.and_then(|node| node.entry(key));
        match entry {
            Some(entry) => Self { node: Some(&entry.value), key: entry.key_span, value: entry.value.span },
            None => Self { node: None, ..self },
        }
    }

    /// An item of a list; the value itself where one item stands without a list.
    pub fn item(self, index: usize) -> Self {
        let item = self.node.and_then(|node| node.items().get(index));
        item.map_or(self, |node| Self { node: Some(node), key: node.span, value: node.span })
    }

    /// The part that some steps lead to.
    pub fn at(self, steps: &[Step]) -> Self {
        steps.iter().fold(self, |here, step| match step {
            Step::Key(key) => here.key(key),
            Step::Index(index) => here.item(*index),
        })
    }

    /// The node, where it was written.
    pub fn node(self) -> Option<&'a Node> {
        self.node
    }

    /// The place of the value.
    pub fn span(self) -> Span {
        self.value
    }

    /// The place of the key, for what is wrong with a part as a whole.
    pub fn key_span(self) -> Span {
        self.key
    }

    /// The number as written, for exact decimals.
    pub fn number(self) -> Option<&'a str> {
        match &self.node?.value {
            crate::syntax::Value::Number(number) => Some(&number.written),
            _ => None,
        }
    }
}
