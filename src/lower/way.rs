use crate::model::{ActionPattern, Pattern, Way};
use crate::syntax::{Entry, Node};
use crate::text::Span;

/// The place that a way leads to, or as far as it leads.
#[must_use]
pub fn way_span(root: &Node, way: &[Way]) -> Span {
    lead(root, way).0
}

/// The place that a way leads to, or as far as it leads, and whether it leads to its end.
#[must_use]
pub fn lead(root: &Node, way: &[Way]) -> (Span, bool) {
    let (mut node, mut span) = (root, root.span);
    for step in way {
        let next = match step {
            Way::Key(key) => entry(node, key).map(|entry| (&entry.value, entry.value.span)),
            Way::Item(at) => node.items().get(*at).map(|item| (item, item.span)),
            Way::Entry(text) => node.items().iter().find(|item| is(item.text(), text)).map(|item| (item, item.span)),
        };
        match next {
            Some((found, at)) => (node, span) = (found, at),
            None => return (span, false),
        }
    }
    (span, true)
}

/// The entry of a key; of a pattern, however it is spelt.
fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n Entry> {
    node.entry(key).or_else(|| node.entries().iter().find(|entry| is(Some(&entry.key), key)))
}

/// Whether a text as written is a pattern in its canonical form.
fn is(written: Option<&str>, canonical: &str) -> bool {
    written.is_some_and(|written| {
        written == canonical
            || ActionPattern::parse(written).is_ok_and(|pattern| pattern.as_str() == canonical)
            || Pattern::parse(written).is_ok_and(|pattern| pattern.as_str() == canonical)
    })
}
