use std::collections::BTreeMap;

use super::way_span;
use crate::model::{DocumentId, Kind, Way};
use crate::syntax::{Node, Step};
use crate::text::Span;

/// A part of a document, by meaning: survives every change of layout.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    /// The document.
    pub document: DocumentId,
    /// The way to the part.
    pub path: Vec<Step>,
}

/// The way back from meaning to text: where each part of each document stands.
#[derive(Debug, Default)]
pub struct Places {
    roots: BTreeMap<DocumentId, Node>,
    singles: BTreeMap<Kind, Node>,
}

impl Places {
    /// Notes where a document stands; the first of two with the same id counts.
    pub fn insert(&mut self, id: DocumentId, root: Node) {
        self.roots.entry(id).or_insert(root);
    }

    /// Notes where a document stands of whose kind there is one: the settings, the catalog.
    pub fn insert_single(&mut self, kind: Kind, root: Node) {
        self.singles.insert(kind, root);
    }

    /// The tree of the only document of a kind.
    #[must_use]
    pub fn single(&self, kind: Kind) -> Option<&Node> {
        self.singles.get(&kind)
    }

    /// The place that a way leads to, or as far as it leads. `None`: no such document.
    #[must_use]
    pub fn way_span(&self, document: &DocumentId, way: &[Way]) -> Option<Span> {
        self.roots.get(document).map(|root| way_span(root, way))
    }

    /// The place of a part; of the nearest part above it where it was not written. `None`: no such document.
    #[must_use]
    pub fn span(&self, document: &DocumentId, path: &[Step]) -> Option<Span> {
        self.roots.get(document).map(|root| root.span_at(path))
    }

    /// The place of the key of a part.
    #[must_use]
    pub fn key_span(&self, document: &DocumentId, path: &[Step]) -> Option<Span> {
        self.roots.get(document).map(|root| root.key_span_at(path))
    }

    /// The tree of a document.
    #[must_use]
    pub fn root(&self, document: &DocumentId) -> Option<&Node> {
        self.roots.get(document)
    }

    /// All documents with their trees, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&DocumentId, &Node)> {
        self.roots.iter()
    }
}
