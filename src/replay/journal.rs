use std::borrow::Cow;
use std::collections::BinaryHeap;

use crate::engine::{Call, Decision, Engine, Told};
use crate::model::Time;
use crate::text::Digest;

/// Where an action stands: in which log, in which block of it, and in which line and item of that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The log, from 0.
    pub log: u32,
    /// The block, from 0.
    pub block: u32,
    /// The line of the block, from 0; in logs that are no lines, the line of the log.
    pub row: u32,
    /// In logs that are no lines, the item of the block, from 0: many may stand on one line.
    pub item: u32,
}

/// What was seen at a position, in words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Where.
    pub position: Position,
    /// The place within the log in forms that are no lines, such as `line 3, messages[2]`.
    pub place: Option<String>,
    /// What.
    pub words: String,
}

/// One action with its decisions, in full.
#[derive(Debug, Clone)]
pub struct Sample<'b> {
    /// Where it stands.
    pub position: Position,
    /// The place within the log in forms that are no lines.
    pub place: Option<String>,
    /// The record's own id.
    pub id: Option<String>,
    /// When.
    pub time: Option<Time>,
    /// Who.
    pub agent: Option<String>,
    /// What.
    pub action: String,
    /// Done to what.
    pub resource: Option<String>,
    /// The row of the regions that accounts for the change, by its place among the rows; `None`: none does.
    pub row: Option<usize>,
    /// What base says.
    pub base: Option<Told<'b>>,
    /// What head says.
    pub head: Told<'b>,
}

/// What is to be known of an action to keep it as a sample.
pub(super) struct Subject<'s, 'b> {
    pub call: &'s Call<'s>,
    pub id: Option<&'s str>,
    pub position: Position,
    pub place: Option<&'s str>,
    pub row: Option<usize>,
    pub base: Option<(&'b Engine<'b>, &'s Decision)>,
    pub head: (&'b Engine<'b>, &'s Decision),
}

impl<'b> Subject<'_, 'b> {
    pub fn sample(&self) -> Sample<'b> {
        let call = self.call;
        let told = |(engine, decision): (&'b Engine<'b>, &Decision)| brief(engine.told(decision, call));
        let owned = |text: &str| short(text).into_owned();
        Sample {
            position: self.position,
            place: self.place.map(str::to_owned),
            id: self.id.map(owned),
            time: call.time,
            agent: call.agent.map(owned),
            action: owned(&call.name()),
            resource: call.resource.map(owned),
            row: self.row,
            base: self.base.map(told),
            head: told(self.head),
        }
    }
}

/// The longest text of a log that a report holds, in bytes.
const LONGEST: usize = 400;

/// A text as a report holds it: what is longer is cut, and told apart from others by its digest.
pub(super) fn short(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return Cow::Borrowed(text);
    }
    let mut end = LONGEST / 2;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let digest = Digest::of(text.as_bytes()).leading();
    Cow::Owned(format!("{}… ({} bytes, {digest:016x})", text.get(..end).unwrap_or_default(), text.len()))
}

/// What a report holds of a decision: the places, without what the action has there.
fn brief(mut told: Told<'_>) -> Told<'_> {
    for reason in &mut told.reasons {
        reason.labels.truncate(1);
        reason.labels.iter_mut().for_each(|(_, text)| text.clear());
        reason.needed = short(&reason.needed).into_owned();
    }
    told
}

/// The first so many of something, by position.
#[derive(Debug)]
pub(super) struct First<T> {
    most: usize,
    kept: BinaryHeap<Placed<T>>,
    /// How many there were.
    pub count: u64,
}

#[derive(Debug)]
struct Placed<T>(Position, T);

impl<T> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Placed<T> {}

impl<T> PartialOrd for Placed<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Placed<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T> First<T> {
    pub fn new(most: usize) -> Self {
        Self { most, kept: BinaryHeap::new(), count: 0 }
    }

    /// Counts one, and keeps it if it is among the first.
    pub fn add(&mut self, position: Position, make: impl FnOnce() -> T) {
        self.count += 1;
        self.keep(position, make);
    }

    fn keep(&mut self, position: Position, make: impl FnOnce() -> T) {
        if self.kept.len() >= self.most && self.kept.peek().is_none_or(|last| last.0 <= position) {
            return;
        }
        self.kept.push(Placed(position, make()));
        if self.kept.len() > self.most {
            self.kept.pop();
        }
    }

    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
        for Placed(position, thing) in other.kept {
            self.keep(position, || thing);
        }
    }

    /// Those that were kept, in order, and how many there were.
    pub fn sorted(self) -> (Vec<T>, u64) {
        let kept = self.kept.into_sorted_vec().into_iter().map(|placed| placed.1).collect();
        (kept, self.count)
    }
}
