use serde_json::Value;

use super::Direction;
use crate::model::{DocumentId, Effect, Kind};
use crate::syntax::Step;
use crate::text::jcs_bytes;

/// One change in policy terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The way to what changed, keys that are patterns in their canonical form: in the document after, or in the one
    /// before if it is no longer there.
    pub path: Vec<Step>,
    /// The way in the document before, where items of a list moved.
    pub path_before: Vec<Step>,
    /// Whether the value is one entry of the list at the path: an entry has no place of its own in a set.
    pub entry: bool,
    /// The canonical value before; `None`: it was not there.
    pub before: Option<Value>,
    /// The canonical value after; `None`: it is no longer there.
    pub after: Option<Value>,
    /// What it can do to decisions.
    pub direction: Direction,
}

impl Change {
    /// A value in place of another.
    pub(super) fn value(path: &Path, before: Value, after: Value, direction: Direction) -> Self {
        Self::new(path, Some(before), Some(after), direction)
    }

    /// A value that may not have been there, or no longer be.
    pub(super) fn new(path: &Path, before: Option<Value>, after: Option<Value>, direction: Direction) -> Self {
        Self { path: path.after.clone(), path_before: path.before.clone(), entry: false, before, after, direction }
    }

    /// An entry of a list that was added.
    pub(super) fn added(path: &Path, entry: Value, direction: Direction) -> Self {
        Self { entry: true, ..Self::new(path, None, Some(entry), direction) }
    }

    /// An entry of a list that was removed.
    pub(super) fn removed(path: &Path, entry: Value, direction: Direction) -> Self {
        Self { entry: true, ..Self::new(path, Some(entry), None, direction) }
    }

    /// Whether it is one: numbers that are written differently are the same.
    pub(super) fn is_one(&self) -> bool {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => !same(before, after),
            _ => true,
        }
    }

    /// The name of the field at the top of the document.
    #[must_use]
    pub fn field(&self) -> &str {
        match self.path.first() {
            Some(Step::Key(key)) => key,
            _ => "",
        }
    }
}

/// Whether two values have the same canonical bytes.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    a == b || matches!((jcs_bytes(a), jcs_bytes(b)), (Ok(a), Ok(b)) if a == b)
}

/// The way to a part of a document on both sides.
#[derive(Debug, Clone, Default)]
pub(super) struct Path {
    before: Vec<Step>,
    after: Vec<Step>,
}

impl Path {
    /// A field at the top.
    pub fn of(name: &str) -> Self {
        Self::default().key(name)
    }

    /// The value of a key.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let mut longer = self.clone();
        longer.before.push(key.into());
        longer.after.push(key.into());
        longer
    }

    /// The item of a list, which may have moved.
    #[must_use]
    pub fn item(&self, before: usize, after: usize) -> Self {
        let mut longer = self.clone();
        longer.before.push(before.into());
        longer.after.push(after.into());
        longer
    }
}

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
}

impl Fate {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// A document that is not the same on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentChange {
    /// Its kind.
    pub kind: Kind,
    /// Its id; none of the catalog, the settings and the identities.
    pub id: Option<DocumentId>,
    /// Whether it is about who may change policies and how, and decides nothing itself.
    pub governs: bool,
    /// What became of it.
    pub fate: Fate,
    /// The canonical value before.
    pub before: Option<Value>,
    /// The canonical value after.
    pub after: Option<Value>,
    /// What changed in it, in the order of its fields; nothing for a document that was added or removed.
    pub changes: Vec<Change>,
    /// What all of it together can do to decisions.
    pub direction: Direction,
}

impl DocumentChange {
    /// How many changes it counts for: a whole document is one.
    pub fn directions(&self) -> impl Iterator<Item = Direction> {
        let whole = self.changes.is_empty().then_some(self.direction);
        self.changes.iter().map(|change| change.direction).chain(whole)
    }
}

/// The effect of an action that no rule matches, where it is not the same on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultChange {
    /// The effect before.
    pub before: Effect,
    /// The effect after.
    pub after: Effect,
    /// What it can do to decisions.
    pub direction: Direction,
    /// Whether the settings say so; otherwise there are rules now, or none any more.
    pub written: bool,
}
