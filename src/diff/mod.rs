//! Floor 8: the difference between two states of the policies, in policy terms: which documents, which fields, and what
//! each change can do to decisions. Pure.
//!
//! A [`Direction`] is proven or it is [`Direction::Both`]. It says what can become of one action after the same past; see
//! docs/reference/diff.md for every field.

mod approvals;
mod asking;
mod catalog;
mod catalog_settings;
mod change;
mod conditions;
mod context;
mod direction;
mod exception;
mod fields;
mod governance;
mod policy;
mod rule;
mod schema;
mod scoped;
mod sets;
mod settings;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::Value;

pub use change::{Change, DefaultChange, DocumentChange, Fate};
pub use direction::Direction;
pub use settings::{Setting, settings};
pub use values::summary;

use crate::canon;
use crate::model::{Catalog, Document, DocumentId, Effect, Environment, Identities, Kind, Settings};
use change::{Path, same};
use context::Context;

/// One state of everything that decides, and of who may change it.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The documents with an id.
    pub documents: &'a [Document],
    /// The catalog, if there is one.
    pub catalog: Option<&'a Catalog>,
    /// The settings.
    pub settings: &'a Settings,
    /// The identities, if there are any.
    pub identities: Option<&'a Identities>,
    /// The environments.
    pub environments: &'a [Environment],
}

impl Side<'_> {
    /// The effect of an action that no rule matches: as set, else deny if there is any rule, active or not.
    #[must_use]
    pub fn default_effect(&self) -> Effect {
        let any = self.documents.iter().any(|document| matches!(document, Document::Rule(_)));
        self.settings.default_effect.unwrap_or(if any { Effect::Deny } else { Effect::Allow })
    }
}

/// What is not the same on two sides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// The documents: policies, rules, exceptions and suites by kind and id, then the catalog, the settings, and what
    /// governs.
    pub documents: Vec<DocumentChange>,
    /// The effect of an action that no rule matches, if it is another.
    pub default_effect: Option<DefaultChange>,
}

impl Difference {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.default_effect.is_none()
    }

    /// What all of it together can do to decisions; what governs aside.
    #[must_use]
    pub fn direction(&self) -> Direction {
        let deciding = self.documents.iter().filter(|document| !document.governs);
        let documents = Direction::all(deciding.map(|document| document.direction));
        documents.join(self.default_effect.map(|change| change.direction).unwrap_or_default())
    }

    /// The direction of every change, of what governs or of what decides; a default that settings do not name is one.
    pub fn directions(&self, governs: bool) -> impl Iterator<Item = Direction> {
        let told = self.default_effect.filter(|change| !governs && !change.written).map(|change| change.direction);
        let of = self.documents.iter().filter(move |document| document.governs == governs);
        of.flat_map(DocumentChange::directions).chain(told)
    }
}

/// The difference between two sides.
#[must_use]
pub fn difference(before: &Side<'_>, after: &Side<'_>) -> Difference {
    let cx = Context::new(before, after);
    let default_effect = default_effect(before, after);
    let mut documents = documents(before, after, &cx);
    documents.extend(catalog(before.catalog, after.catalog, &cx));
    documents.extend(settings_changes(before.settings, after.settings, default_effect));
    documents.extend(identities(before.identities, after.identities));
    documents.extend(environments(before.environments, after.environments));
    Difference { documents, default_effect }
}

fn default_effect(before: &Side<'_>, after: &Side<'_>) -> Option<DefaultChange> {
    let (old, new) = (before.default_effect(), after.default_effect());
    let written = before.settings.default_effect != after.settings.default_effect;
    let direction = Direction::Tightening.of(&old, &new);
    (old != new).then_some(DefaultChange { before: old, after: new, direction, written })
}

type ByIdentity<'a> = BTreeMap<(u8, &'a DocumentId), &'a Document>;

/// Documents in the order in which they are told.
fn by_identity(documents: &[Document]) -> ByIdentity<'_> {
    let rank = |document: &Document| match document {
        Document::Policy(_) => 0,
        Document::Rule(_) => 1,
        Document::Exception(_) => 2,
        Document::Suite(_) => 3,
    };
    documents.iter().map(|document| ((rank(document), document.id()), document)).collect()
}

fn documents(before: &Side<'_>, after: &Side<'_>, cx: &Context<'_>) -> Vec<DocumentChange> {
    let (old, new) = (by_identity(before.documents), by_identity(after.documents));
    let all: Vec<_> = old.keys().chain(new.keys()).copied().collect::<BTreeSet<_>>().into_iter().collect();
    let pair = |identity| (old.get(identity).copied(), new.get(identity).copied());
    all.par_iter().filter_map(|identity| document(pair(identity), cx)).collect()
}

fn document((before, after): (Option<&Document>, Option<&Document>), cx: &Context<'_>) -> Option<DocumentChange> {
    let either = before.or(after)?;
    let (old, new) = (before.map(canon::document), after.map(canon::document));
    let (fate, changes, direction) = match (before, after) {
        (Some(one), Some(other)) if one == other => return None,
        (Some(one), Some(other)) => {
            let changes = changes(one, other, cx);
            let direction = Direction::all(changes.iter().map(|change| change.direction));
            (Fate::Changed, changes, direction)
        }
        (Some(gone), None) => (Fate::Removed, Vec::new(), whole(gone, cx).flip()),
        (None, Some(come)) => (Fate::Added, Vec::new(), whole(come, cx)),
        (None, None) => return None,
    };
    let change = DocumentChange {
        kind: either.kind(),
        id: Some(either.id().clone()),
        governs: false,
        fate,
        before: old,
        after: new,
        changes,
        direction,
    };
    (fate != Fate::Changed || !change.changes.is_empty()).then_some(change)
}

fn changes(before: &Document, after: &Document, cx: &Context<'_>) -> Vec<Change> {
    match (before, after) {
        (Document::Policy(before), Document::Policy(after)) => fields::compare(before, after, cx),
        (Document::Rule(before), Document::Rule(after)) => fields::compare(before, after, cx),
        (Document::Exception(before), Document::Exception(after)) => fields::compare(before, after, cx),
        _ => {
            let direction = if reopens(before, after) { Direction::Loosening } else { Direction::Neutral };
            values::changes(&Path::default(), &canon::document(before), &canon::document(after), direction)
        }
    }
}

/// What it does that a document is there.
fn whole(document: &Document, cx: &Context<'_>) -> Direction {
    match document {
        Document::Policy(policy) if policy.enabled => Direction::Tightening,
        Document::Rule(of) if of.is_active => rule::grow(of, cx),
        Document::Exception(of) => exception::lifts(of, cx),
        // What must never fail again keeps a rollback or a deployment from being made.
        Document::Suite(suite) if suite.tests.iter().any(|test| test.never_again) => Direction::Tightening,
        Document::Policy(_) | Document::Rule(_) | Document::Suite(_) => Direction::Neutral,
    }
}

/// Whether a test that must never fail again is no longer there as it was.
fn reopens(before: &Document, after: &Document) -> bool {
    let (Document::Suite(before), Document::Suite(after)) = (before, after) else { return false };
    let mut kept = before.tests.iter().filter(|test| test.never_again);
    kept.any(|test| !after.tests.contains(test))
}

/// A file of which there is one: it may not be there at all, and then says nothing.
fn single(
    kind: Kind,
    governs: bool,
    (before, after): (Option<Value>, Option<Value>),
    changes: Vec<Change>,
) -> Option<DocumentChange> {
    let fate = match (&before, &after) {
        (None, None) => return None,
        (None, Some(_)) => Fate::Added,
        (Some(_), None) => Fate::Removed,
        (Some(before), Some(after)) if same(before, after) => return None,
        (Some(_), Some(_)) => Fate::Changed,
    };
    let direction = Direction::all(changes.iter().map(|change| change.direction));
    Some(DocumentChange { kind, id: None, governs, fate, before, after, changes, direction })
}

fn catalog(before: Option<&Catalog>, after: Option<&Catalog>, cx: &Context<'_>) -> Option<DocumentChange> {
    let nothing = Catalog::default();
    let changes = catalog::changes(before.unwrap_or(&nothing), after.unwrap_or(&nothing), cx);
    single(Kind::Catalog, false, (before.map(canon::catalog), after.map(canon::catalog)), changes)
}

/// Settings have no canonical form: their changes are all there is.
fn settings_changes(
    before: &Settings,
    after: &Settings,
    default: Option<DefaultChange>,
) -> impl Iterator<Item = DocumentChange> {
    let effective = default.map(|change| change.direction).unwrap_or_default();
    let parts = [(false, governance::settings(before, after, effective)), (true, governance::review(before, after))];
    parts.into_iter().filter(|(_, changes)| !changes.is_empty()).map(|(governs, changes)| DocumentChange {
        kind: Kind::Settings,
        id: None,
        governs,
        fate: Fate::Changed,
        before: None,
        after: None,
        direction: Direction::all(changes.iter().map(|change| change.direction)),
        changes,
    })
}

fn identities(before: Option<&Identities>, after: Option<&Identities>) -> Option<DocumentChange> {
    let nothing = Identities::default();
    let changes = governance::identities(before.unwrap_or(&nothing), after.unwrap_or(&nothing));
    single(Kind::Identities, true, (before.map(canon::identities), after.map(canon::identities)), changes)
}

fn environments(before: &[Environment], after: &[Environment]) -> Vec<DocumentChange> {
    let by_id = |all: &'_ [Environment]| -> BTreeMap<DocumentId, Environment> {
        all.iter().map(|environment| (environment.id.clone(), environment.clone())).collect()
    };
    let (old, new) = (by_id(before), by_id(after));
    let all: BTreeSet<&DocumentId> = old.keys().chain(new.keys()).collect();
    let change = |id: &DocumentId| {
        let (before, after) = (old.get(id), new.get(id));
        let changes = match (before, after) {
            (Some(before), Some(after)) => governance::environment(before, after),
            _ => Vec::new(),
        };
        let written = (before.map(canon::environment), after.map(canon::environment));
        let change = single(Kind::Environment, true, written, changes)?;
        // What it takes to deploy where nothing could be deployed before is neither more nor less.
        let direction = if change.fate == Fate::Changed { change.direction } else { Direction::Both };
        Some(DocumentChange { id: Some(id.clone()), direction, ..change })
    };
    all.into_iter().filter_map(change).collect()
}
