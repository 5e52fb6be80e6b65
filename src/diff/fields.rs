//! How the changes of a document are judged: one field after the other, as if each had been committed on its own.

use std::cmp::Ordering;

use serde_json::Value;

use super::change::Path;
use super::context::Context;
use super::{Change, Direction};

/// A field of a kind of document.
pub(super) struct Field<D> {
    /// Takes the field over from another document.
    pub take: fn(&mut D, &D),
    /// The changes between two documents of which only this field differs.
    pub compare: fn(&D, &D, &Context<'_>) -> Vec<Change>,
}

/// A field by its name, with how it is compared.
macro_rules! field {
    ($($name:ident).+, $compare:expr) => {
        $crate::diff::fields::Field { take: |to, from| to.$($name).+ = from.$($name).+.clone(), compare: $compare }
    };
}
pub(super) use field;

/// A kind of document that is compared by its fields.
pub(super) trait ByField: Clone + PartialEq + Sized + 'static {
    /// Its fields, in the order in which they are told.
    const FIELDS: &'static [Field<Self>];

    /// What is said of a change of one field once the whole document is looked at.
    fn settle(before: &Self, after: &Self, change: &Change, cx: &Context<'_>) -> Direction;
}

/// The changes of a document.
///
/// What one field means may hang on the others, and fields may be taken over in any order: from the first to the last, and
/// from the last to the first. Each way proves what it tells of the whole; the one that tells more is told, and what holds
/// both ways where they tell as much. So it is the opposite with the sides changed.
pub(super) fn compare<D: ByField>(before: &D, after: &D, cx: &Context<'_>) -> Vec<Change> {
    let first = steps(before, after, D::FIELDS.iter(), cx);
    let mut last = steps(before, after, D::FIELDS.iter().rev(), cx);
    last.reverse();
    let told = |steps: Vec<Vec<Change>>| steps.into_iter().flatten().filter(Change::is_one).collect::<Vec<_>>();
    let (first, last) = (told(first), told(last));
    let doubt = |changes: &[Change]| match Direction::all(changes.iter().map(|change| change.direction)) {
        Direction::Neutral => 0,
        Direction::Tightening | Direction::Loosening => 1,
        Direction::Both => 2,
    };
    match doubt(&first).cmp(&doubt(&last)) {
        Ordering::Less => first,
        Ordering::Greater => last,
        Ordering::Equal => {
            let join = |(one, other): (Change, Change)| {
                let direction = one.direction.join(other.direction);
                Change { direction, ..one }
            };
            first.into_iter().zip(last).map(join).collect()
        }
    }
}

fn steps<'f, D: ByField>(
    before: &D,
    after: &D,
    fields: impl Iterator<Item = &'f Field<D>>,
    cx: &Context<'_>,
) -> Vec<Vec<Change>> {
    let mut so_far = before.clone();
    let mut changes = Vec::new();
    for field in fields {
        let mut next = so_far.clone();
        (field.take)(&mut next, after);
        let mut found = if next == so_far { Vec::new() } else { (field.compare)(&so_far, &next, cx) };
        for change in &mut found {
            change.direction = D::settle(&so_far, &next, change, cx);
        }
        changes.push(found);
        so_far = next;
    }
    changes
}

/// A single value that changed.
pub(super) fn one(path: &Path, before: impl Into<Value>, after: impl Into<Value>, direction: Direction) -> Vec<Change> {
    vec![Change::value(path, before.into(), after.into(), direction)]
}
