use std::collections::HashMap;

use serde_json::Value;

use super::shape::{ChangeLine, ChangedDocument, DefaultLine, DiffCounts, DiffReport, DiffSideLine, LinePlace};
use super::words::{path, pointer};
use crate::compile::Compilation;
use crate::diff::{Change, Difference, Direction, DocumentChange, Fate, summary};
use crate::lower::way_span;
use crate::model::{DocumentId, Effect, Kind, Way};
use crate::report::findings::Places;
use crate::source::{Role, SourceSet};
use crate::syntax::{self, Node, Step};

/// A side as it is shown.
#[derive(Clone, Copy)]
pub struct DiffSide<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What it means.
    pub compilation: &'a Compilation,
    /// What was read.
    pub sources: &'a SourceSet,
}

/// The report of a difference.
#[must_use]
pub fn diff(of: &Difference, base: DiffSide<'_>, head: DiffSide<'_>) -> DiffReport {
    let (mut old, mut new) = (Lookup::new(base), Lookup::new(head));
    DiffReport {
        schema: "policyc.diff/v1",
        base: side_line(base),
        head: side_line(head),
        direction: of.direction().as_str(),
        counts: counts(of, false),
        governance: counts(of, true),
        default_effect: of.default_effect.map(|change| DefaultLine {
            before: change.before,
            after: change.after,
            direction: change.direction.as_str(),
            written: change.written,
        }),
        documents: of.documents.iter().map(|document| changed(document, &mut old, &mut new)).collect(),
    }
}

/// How a side is told.
pub fn side_line(side: DiffSide<'_>) -> DiffSideLine {
    let compilation = side.compilation;
    DiffSideLine {
        name: side.name.to_owned(),
        bundle: compilation.canonical.as_ref().map(|canonical| canonical.digest.to_string()).unwrap_or_default(),
        default_effect: compilation.bundle.as_ref().map_or(Effect::Deny, |bundle| bundle.defaults.effect),
    }
}

fn counts(of: &Difference, governs: bool) -> DiffCounts {
    let mut counts = DiffCounts {
        documents: of.documents.iter().filter(|document| document.governs == governs).count(),
        ..DiffCounts::default()
    };
    for direction in of.directions(governs) {
        match direction {
            Direction::Loosening => counts.loosening += 1,
            Direction::Tightening => counts.tightening += 1,
            Direction::Both => counts.both += 1,
            Direction::Neutral => counts.neutral += 1,
        }
    }
    counts
}

fn changed(document: &DocumentChange, old: &mut Lookup<'_>, new: &mut Lookup<'_>) -> ChangedDocument {
    let of = (document.kind, document.id.as_ref());
    let whole = |side: &mut Lookup<'_>| side.place(of.0, of.1, &[]);
    ChangedDocument {
        kind: document.kind.as_str(),
        id: document.id.as_ref().map(ToString::to_string),
        governs: document.governs,
        fate: document.fate.as_str(),
        summary: summarised(document),
        direction: document.direction.as_str(),
        base: if document.fate == Fate::Added { None } else { whole(old) },
        head: if document.fate == Fate::Removed { None } else { whole(new) },
        changes: document.changes.iter().map(|change| change_line(of, change, old, new)).collect(),
    }
}

/// The settings have no canonical form; their fields are those of the changes.
fn summarised(document: &DocumentChange) -> String {
    if document.before.is_some() || document.after.is_some() {
        return summary(document.before.as_ref(), document.after.as_ref());
    }
    let fields: std::collections::BTreeSet<&str> = document.changes.iter().map(Change::field).collect();
    format!("Updated: {}", fields.into_iter().collect::<Vec<_>>().join(", "))
}

/// A change of a document with its places on both sides.
pub fn change_line(
    (kind, id): (Kind, Option<&DocumentId>),
    change: &Change,
    old: &mut Lookup<'_>,
    new: &mut Lookup<'_>,
) -> ChangeLine {
    let what = match (&change.before, &change.after) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    };
    let way = |steps: &[Step], value: Option<&Value>| {
        let step = |step: &Step| match step {
            Step::Key(key) => Way::Key(key.clone()),
            Step::Index(at) => Way::Item(*at),
        };
        let entry = value.filter(|_| change.entry).and_then(Value::as_str).map(|text| Way::Entry(text.to_owned()));
        steps.iter().map(step).chain(entry).collect::<Vec<_>>()
    };
    let (was, is) = (way(&change.path_before, change.before.as_ref()), way(&change.path, change.after.as_ref()));
    ChangeLine {
        path: path(&change.path),
        pointer: pointer(&change.path),
        what,
        entry: change.entry,
        before: change.before.clone(),
        after: change.after.clone(),
        direction: change.direction.as_str(),
        base: change.before.as_ref().and_then(|_| old.place(kind, id, &was)),
        head: change.after.as_ref().and_then(|_| new.place(kind, id, &is)),
    }
}

/// Finds the lines of one side.
pub struct Lookup<'a> {
    side: DiffSide<'a>,
    places: Places<'a>,
    /// The trees of files of which there is one, and of environments, read when they are asked for.
    trees: HashMap<String, Option<Node>>,
}

impl<'a> Lookup<'a> {
    /// Of this side.
    pub fn new(side: DiffSide<'a>) -> Self {
        Self { side, places: Places::new(side.sources), trees: HashMap::new() }
    }

    /// The place that a way into a document leads to, or as far as it leads.
    pub fn place(&mut self, kind: Kind, id: Option<&DocumentId>, way: &[Way]) -> Option<LinePlace> {
        let span = match (kind, id) {
            (Kind::Policy | Kind::Rule | Kind::Exception | Kind::Suite, Some(id)) => {
                way_span(self.side.compilation.places.root(id)?, way)
            }
            (kind, id) => way_span(self.tree(kind, id)?, way),
        };
        let place = self.places.place(span);
        Some(LinePlace { file: place.file, line: place.line })
    }

    fn tree(&mut self, kind: Kind, id: Option<&DocumentId>) -> Option<&Node> {
        let name = id.map_or_else(|| kind.as_str().to_owned(), ToString::to_string);
        let sources = self.side.sources;
        let read = || {
            let (id, file) = sources.iter().find(|(_, file)| match kind {
                Kind::Settings => file.role == Role::Settings,
                Kind::Catalog => file.role == Role::Catalog,
                Kind::Identities => file.role == Role::Identities,
                _ => file.role == Role::Environment && stem(&file.path) == name,
            })?;
            syntax::parse(id, file).0.into_iter().next().map(|document| document.root)
        };
        self.trees.entry(name.clone()).or_insert_with(read).as_ref()
    }
}

/// A file's name without its ending.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
