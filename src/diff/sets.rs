//! Sets and maps: what was added and removed, each on its own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::change::Path;
use super::{Change, Direction};
use crate::model::{ActionPattern, Pattern, Polarity};

/// How entries of a set are told and judged.
pub(super) struct Entries<T> {
    /// An entry as a canonical value.
    pub write: fn(&T) -> Value,
    /// What one entry more does.
    pub grow: Direction,
    /// Whether an entry says nothing that an entry of a set does not say.
    pub within: fn(&T, &BTreeSet<T>) -> bool,
}

impl<T: Ord> Entries<T> {
    /// The same where one entry more does the opposite, as in a set that means everything while it is empty.
    pub fn turned(self) -> Self {
        Self { grow: self.grow.flip(), within: |_, _| false, ..self }
    }

    /// What was removed and added. First everything is added, then the rest removed: so an entry is judged against the
    /// other side as a whole.
    pub fn changes(&self, path: &Path, before: &BTreeSet<T>, after: &BTreeSet<T>) -> Vec<Change> {
        let direction = |entry: &T, other: &BTreeSet<T>| {
            if (self.within)(entry, other) { Direction::Neutral } else { self.grow }
        };
        let removed = before
            .difference(after)
            .map(|entry| Change::removed(path, (self.write)(entry), direction(entry, after).flip()));
        let added =
            after.difference(before).map(|entry| Change::added(path, (self.write)(entry), direction(entry, before)));
        removed.chain(added).collect()
    }

    /// The same of a set that means everything where it is not given.
    pub fn optional(&self, path: &Path, before: Option<&BTreeSet<T>>, after: Option<&BTreeSet<T>>) -> Vec<Change> {
        let write = |set: Option<&BTreeSet<T>>| set.map(|set| self.list(set));
        match (before, after) {
            (Some(before), Some(after)) => self.changes(path, before, after),
            (None, None) => Vec::new(),
            (None, Some(_)) => vec![Change::new(path, None, write(after), self.grow.flip())],
            (Some(_), None) => vec![Change::new(path, write(before), None, self.grow)],
        }
    }

    /// All entries as a canonical value.
    pub fn list(&self, set: &BTreeSet<T>) -> Value {
        set.iter().map(self.write).collect()
    }
}

/// Patterns of actions in what denies, asks, counts or demands.
pub(super) fn restricting(grow: Direction) -> Entries<ActionPattern> {
    let within = |one: &ActionPattern, set: &BTreeSet<ActionPattern>| {
        set.iter().any(|other| other.covers(one, Polarity::Restricts))
    };
    Entries { write: |pattern| json!(pattern.as_str()), grow, within }
}

/// Patterns of actions in what permits.
pub(super) fn permitting(grow: Direction) -> Entries<ActionPattern> {
    let within = |one: &ActionPattern, set: &BTreeSet<ActionPattern>| {
        set.iter().any(|other| other.covers(one, Polarity::Permits))
    };
    Entries { write: |pattern| json!(pattern.as_str()), grow, within }
}

/// Patterns of names.
pub(super) fn patterns(grow: Direction) -> Entries<Pattern> {
    let within = |one: &Pattern, set: &BTreeSet<Pattern>| set.iter().any(|other| other.covers(one));
    Entries { write: |pattern| json!(pattern.as_str()), grow, within }
}

/// Words that stand for themselves.
pub(super) fn words<T: Ord + serde::Serialize>(grow: Direction) -> Entries<T> {
    Entries { write: |word| json!(word), grow, within: |_, _| false }
}

/// How the values of a map by patterns of actions are told and judged: every entry demands something of what matches.
pub(super) struct ByAction<V> {
    /// A value as a canonical value.
    pub write: fn(&V) -> Value,
    /// Whether whoever meets the first demand meets the second.
    pub implies: fn(&V, &V) -> bool,
    /// The changes of a value under a key that stays.
    pub inside: fn(&Path, &V, &V) -> Vec<Change>,
}

impl<V: PartialEq> ByAction<V> {
    /// What changed, key by key.
    pub fn changes(
        &self,
        path: &Path,
        before: &BTreeMap<ActionPattern, V>,
        after: &BTreeMap<ActionPattern, V>,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        for pattern in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let at = path.key(pattern.as_str());
            match (before.get(pattern), after.get(pattern)) {
                (Some(old), Some(new)) if old != new => changes.extend((self.inside)(&at, old, new)),
                (Some(old), None) => {
                    let direction = self.direction(pattern, old, after).flip();
                    changes.push(Change::new(&at, Some((self.write)(old)), None, direction));
                }
                (None, Some(new)) => {
                    let direction = self.direction(pattern, new, before);
                    changes.push(Change::new(&at, None, Some((self.write)(new)), direction));
                }
                _ => {}
            }
        }
        changes
    }

    /// What an entry demands beside the entries of the other side.
    fn direction(&self, pattern: &ActionPattern, value: &V, others: &BTreeMap<ActionPattern, V>) -> Direction {
        let covering = others.iter().filter(|(other, _)| other.covers(pattern, Polarity::Restricts));
        let said = covering.into_iter().any(|(_, other)| (self.implies)(other, value));
        if said { Direction::Neutral } else { Direction::Tightening }
    }
}
