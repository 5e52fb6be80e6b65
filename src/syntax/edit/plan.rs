//! Which small changes lead from one value to another.

use super::splice::Action;
use crate::source::Format;
use crate::syntax::extent::extent;
use crate::syntax::{Document, Node, Step, Value};

/// One small change of a document.
#[derive(Debug, Clone)]
pub enum Primitive {
    /// Another value there.
    Replace(Vec<Step>, Node),
    /// A key more in a map.
    NewKey(Vec<Step>, String, Node),
    /// An item more in a list, before the one of this rank.
    NewItem(Vec<Step>, usize, Node),
    /// It goes.
    Remove(Vec<Step>),
}

impl Primitive {
    /// The way to the place.
    pub fn steps(&self) -> &[Step] {
        match self {
            Self::Replace(steps, _) | Self::NewKey(steps, ..) | Self::NewItem(steps, ..) | Self::Remove(steps) => steps,
        }
    }

    /// What is done there.
    pub fn action(&self) -> Action<'_> {
        match self {
            Self::Replace(_, new) => Action::Replace(new),
            Self::NewKey(_, key, new) => Action::NewKey(key, new),
            Self::NewItem(_, rank, new) => Action::NewItem(*rank, new),
            Self::Remove(_) => Action::Remove,
        }
    }

    /// The key of the document that it is about.
    pub fn first_key(&self) -> Option<&str> {
        match (self.steps().first(), self) {
            (Some(Step::Key(key)), _) | (None, Self::NewKey(_, key, _)) => Some(key),
            _ => None,
        }
    }
}

/// The changes that lead from one value to another, in the order in which they are made.
pub fn plan(old: &Node, new: &Node) -> Vec<Primitive> {
    let mut plan = Plan { primitives: Vec::new(), way: Vec::new() };
    plan.value(old, new);
    plan.primitives
}

struct Plan {
    primitives: Vec<Primitive>,
    way: Vec<Step>,
}

impl Plan {
    fn value(&mut self, old: &Node, new: &Node) {
        if alike(old, new) {
            return;
        }
        let alias = !self.way.is_empty() && old.is_alias();
        match (&old.value, &new.value) {
            // What it stands for is of another place, so it is replaced as a whole.
            _ if alias => self.primitives.push(Primitive::Replace(self.way.clone(), new.clone())),
            (Value::Map(a), Value::Map(b)) if !a.entries().is_empty() && !b.entries().is_empty() => self.map(old, new),
            (Value::List(a), Value::List(b)) if !a.is_empty() && !b.is_empty() => self.list(a, b),
            _ => self.primitives.push(Primitive::Replace(self.way.clone(), new.clone())),
        }
    }

    fn at(&mut self, step: Step, inner: impl FnOnce(&mut Self)) {
        self.way.push(step);
        inner(self);
        self.way.pop();
    }

    /// What comes is written before what goes is taken away: a map is never empty in between.
    fn map(&mut self, old: &Node, new: &Node) {
        for entry in new.entries() {
            match old.get(&entry.key) {
                Some(there) => self.at(Step::from(&*entry.key), |plan| plan.value(there, &entry.value)),
                None => self.primitives.push(Primitive::NewKey(
                    self.way.clone(),
                    entry.key.to_string(),
                    entry.value.clone(),
                )),
            }
        }
        for entry in old.entries().iter().filter(|entry| new.get(&entry.key).is_none()) {
            self.at(Step::from(&*entry.key), |plan| plan.primitives.push(Primitive::Remove(plan.way.clone())));
        }
    }

    /// From the back, so that the ranks in front stay what they are.
    fn list(&mut self, old: &[Node], new: &[Node]) {
        for (a, b) in gaps(old, new).into_iter().rev() {
            let (gone, come) = (old.get(a.clone()).unwrap_or_default(), new.get(b).unwrap_or_default());
            let paired = gone.len().min(come.len());
            for rank in (paired..gone.len()).rev() {
                self.at((a.start + rank).into(), |plan| plan.primitives.push(Primitive::Remove(plan.way.clone())));
            }
            for item in come.iter().skip(paired).rev() {
                self.primitives.push(Primitive::NewItem(self.way.clone(), a.start + paired, item.clone()));
            }
            for (rank, (one, other)) in gone.iter().zip(come).enumerate().rev() {
                self.at((a.start + rank).into(), |plan| plan.value(one, other));
            }
        }
    }
}

type Gap = (std::ops::Range<usize>, std::ops::Range<usize>);

/// How many pairs of items are compared to find those that stay.
const MOST_PAIRS: usize = 1 << 20;

/// What lies between the items that two lists have in common, in order.
fn gaps(old: &[Node], new: &[Node]) -> Vec<Gap> {
    let before = old.iter().zip(new).take_while(|(a, b)| alike(a, b)).count();
    let (a, b) = (old.get(before..).unwrap_or_default(), new.get(before..).unwrap_or_default());
    let after = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| alike(a, b)).count();
    let (rows, columns) = (a.len() - after, b.len() - after);
    let mut found = Vec::new();
    let (mut i, mut j, mut from) = (0, 0, (0, 0));
    let lengths = if rows.saturating_mul(columns) <= MOST_PAIRS { common(a, b, rows, columns) } else { Vec::new() };
    let length = |i: usize, j: usize| lengths.get(i * (columns + 1) + j).copied().unwrap_or(0);
    while i < rows && j < columns && !lengths.is_empty() {
        let equal = a.get(i).zip(b.get(j)).is_some_and(|(a, b)| alike(a, b));
        if equal {
            found.push((from.0..i, from.1..j));
            (i, j) = (i + 1, j + 1);
            from = (i, j);
        } else if length(i + 1, j) >= length(i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    found.push((from.0..rows, from.1..columns));
    let shifted = |(a, b): Gap| (a.start + before..a.end + before, b.start + before..b.end + before);
    found.into_iter().map(shifted).filter(|(a, b)| !a.is_empty() || !b.is_empty()).collect()
}

/// How many items the rests of two lists have in common, by where the rests begin.
fn common(a: &[Node], b: &[Node], rows: usize, columns: usize) -> Vec<u32> {
    let width = columns + 1;
    let mut lengths = vec![0; (rows + 1) * width];
    for (i, one) in a.iter().enumerate().take(rows).rev() {
        for (j, other) in b.iter().enumerate().take(columns).rev() {
            let at = |i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or(0);
            let best = if alike(one, other) { at(i + 1, j + 1) + 1 } else { at(i + 1, j).max(at(i, j + 1)) };
            if let Some(cell) = lengths.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    lengths
}

/// Whether two values are written alike but for their places; maps in any order.
pub fn alike(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| alike(a, b))
        }
        (Value::Map(one), Value::Map(other)) => {
            one.entries().len() == other.entries().len()
                && one.entries().iter().all(|entry| b.get(&entry.key).is_some_and(|there| alike(&entry.value, there)))
        }
        (one, other) => one == other,
    }
}

/// A YAML file without one of its documents: what stands between its `---` goes. The comment at the head of the file,
/// an empty line apart from the first document, is the file's.
pub fn cut(text: &str, format: Format, documents: &[Document], rank: usize) -> String {
    let own = extent(text, format, documents, rank);
    let range = if rank + 1 < documents.len() {
        let head = if rank == 0 { head_comment(text.get(own.clone()).unwrap_or_default()) } else { 0 };
        let next = extent(text, format, documents, rank + 1).start;
        // What the file begins with needs its `---` before the next document.
        if head > 0 { own.start + head..own.end } else { own.start..next }
    } else {
        let before = extent(text, format, documents, rank.saturating_sub(1)).end;
        before..text.len()
    };
    format!("{}{}", text.get(..range.start).unwrap_or_default(), text.get(range.end..).unwrap_or_default())
}

/// How long the comment at the head of a file is that an empty line sets apart from what follows.
fn head_comment(text: &str) -> usize {
    let mut at = 0;
    let mut length = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start_matches('\u{feff}').trim();
        at += line.len();
        match bare {
            "" if at > line.len() => length = at,
            _ if bare.starts_with('#') => {}
            _ => break,
        }
    }
    length
}
