use super::blocks::{Block, Content, Origin};
use super::entry::{Attempt, Entry};
use super::journal::{Position, Seen, Subject};
use super::tally::{Span, Stretch, Tally, Told};
use super::{Approvals, Question, Regions, Side, Sides};
use crate::effects::{Decider, Observer};
use crate::engine::{Call, Decision, Granted, State};
use crate::model::{Outcome, Time};
use crate::records::{self, Found, Item, MAX_LINE_BYTES, Rows};

/// Decides entries on both sides and counts what comes out.
pub(super) struct Worker<'q, 'b> {
    question: &'q Question,
    base: Option<Replayed<'b>>,
    head: Replayed<'b>,
    regions: Option<(Regions<'b>, Observer<'b>)>,
    pub tally: Tally<'b>,
}

/// A side with what its own decisions left behind.
struct Replayed<'b> {
    side: Side<'b>,
    state: State<'b>,
}

/// An entry with its place.
pub(super) struct Placed<'a> {
    pub position: Position,
    pub place: Option<&'a str>,
    pub entry: Entry<'a>,
}

/// What is told of an action that was decided.
pub struct Decided<'d> {
    /// Where it stands.
    pub position: Position,
    /// The place within its log, in forms that are no lines.
    pub place: Option<&'d str>,
    /// The record's own id.
    pub id: Option<&'d str>,
    /// The action.
    pub call: &'d Call<'d>,
    /// What base decides.
    pub base: Option<&'d Decision>,
    /// What head decides.
    pub head: &'d Decision,
    /// What could not be relied on.
    pub doubts: &'d [String],
}

impl<'b> Replayed<'b> {
    fn new(side: Side<'b>, ordered: bool) -> Self {
        let state = State::new(side.engine).with_kill_switch(side.kill_switch);
        Self { side, state: if ordered { state.in_order() } else { state } }
    }

    fn decide(&mut self, call: &Call<'_>, approvals: Approvals) -> Decision {
        self.side.engine.decide_call(&mut self.state, call, |_| granted(call, approvals))
    }
}

/// Whether an approval that is asked for was granted.
fn granted(call: &Call<'_>, approvals: Approvals) -> Granted {
    match approvals {
        Approvals::Granted => Granted::Yes,
        Approvals::Denied => Granted::No,
        Approvals::AsRecorded => as_recorded(call),
    }
}

/// What was done was granted, what was rejected was not, and of anything else nobody knows.
fn as_recorded(call: &Call<'_>) -> Granted {
    match call.outcome {
        Some(Outcome::Rejected) => Granted::No,
        Some(Outcome::Success | Outcome::Error) => Granted::Yes,
        None if call.failed || call.succeeded().is_sure() => Granted::Yes,
        Some(Outcome::Blocked) | None => Granted::Unknown,
    }
}

impl<'q, 'b> Worker<'q, 'b> {
    /// `ordered`: entries come in the order of their times.
    pub fn new(sides: Sides<'b>, question: &'q Question, ordered: bool) -> Self {
        Self {
            question,
            base: sides.base.map(|side| Replayed::new(side, ordered)),
            head: Replayed::new(sides.head, ordered),
            regions: sides.regions.map(|regions| (regions, regions.observer())),
            tally: Tally::default(),
        }
    }

    /// Replays one entry; `tell` hears of it if it is reported.
    pub fn replay(&mut self, placed: &Placed<'_>, tell: &mut dyn FnMut(&Decided<'_>)) {
        match &placed.entry {
            Entry::Unreadable(why) => self.tally.unread(placed.seen(why)),
            Entry::Repeated => self.tally.repeated += 1,
            Entry::Row(..) | Entry::Record(..) | Entry::Item(_) => {
                if let Some(attempt) = placed.entry.attempt(&self.question.assumption) {
                    self.attempt(placed, &attempt, tell);
                }
            }
        }
    }

    fn attempt(&mut self, placed: &Placed<'_>, attempt: &Attempt<'_>, tell: &mut dyn FnMut(&Decided<'_>)) {
        let call = attempt.call();
        let approvals = self.question.approvals;
        let base = self.base.as_mut().map(|base| base.decide(&call, approvals));
        let head = self.head.decide(&call, approvals);
        self.tally.replayed += 1;
        if !self.question.filter.takes(attempt, &call, placed.position) {
            return;
        }
        let doubts = attempt.doubts();
        if !doubts.is_empty() {
            self.tally.doubtful.add(placed.position, || placed.seen(&doubts.join("; ")));
        }
        let told = Told {
            recorded: attempt.recorded_decision(),
            bad: self.question.truth.as_ref().and_then(|truth| truth.of(attempt)),
        };
        let row = base.as_ref().and_then(|base| self.row(&call, base, &head));
        let engine = |side: &Replayed<'b>| side.side.engine;
        let (position, place, id) = (placed.position, placed.place, attempt.id());
        let subject = Subject {
            call: &call,
            id,
            position,
            place,
            row,
            base: self.base.as_ref().map(engine).zip(base.as_ref()),
            head: (engine(&self.head), &head),
        };
        self.tally.count(&subject, told);
        tell(&Decided { position, place, id, call: &call, base: base.as_ref(), head: &head, doubts });
    }

    /// The row that accounts for a change, which is looked for only where there is one. Where the past, a setting or an
    /// unknown fact decided, there is none.
    fn row(&mut self, call: &Call<'_>, base: &Decision, head: &Decision) -> Option<usize> {
        let (_, observer) = self.regions.as_mut().filter(|_| base.effect != head.effect)?;
        observer.row(call, Decider::of(base).zip(Decider::of(head))?)
    }

    /// Replays a whole block as it comes.
    pub fn block(&mut self, block: &Block) {
        let mut times = Times::default();
        let lines = entries(block, &mut |placed| {
            times.add(placed.entry.time());
            self.replay(&placed, &mut |_| {});
        });
        self.tally.stretches.push(times.stretch(block.start, lines));
    }
}

impl Placed<'_> {
    fn seen(&self, words: &str) -> Seen {
        Seen { position: self.position, place: self.place.map(str::to_owned), words: words.to_owned() }
    }
}

/// The times of a block.
#[derive(Default)]
pub(super) struct Times {
    span: Option<Span>,
    back: u32,
}

impl Times {
    pub fn add(&mut self, time: Option<Time>) {
        let Some(time) = time else { return };
        match &mut self.span {
            None => self.span = Some(Span { first: time, last: time, least: time, most: time }),
            Some(span) => {
                self.back += u32::from(time < span.last);
                span.last = time;
                span.least = span.least.min(time);
                span.most = span.most.max(time);
            }
        }
    }

    pub fn stretch(self, start: Position, lines: u32) -> Stretch {
        Stretch { log: start.log, block: start.block, lines, times: self.span, back: self.back }
    }
}

/// Hands over the entries of a block; how many lines it holds.
pub(super) fn entries<'a>(block: &'a Block, take: &mut dyn FnMut(Placed<'a>)) -> u32 {
    match &block.content {
        Content::Lines(bytes) => of_lines(bytes, block.start, take),
        Content::Items(items) => {
            for (rank, item) in (0..).zip(items) {
                take(of_item(item, Position { item: rank, ..block.start }));
            }
            0
        }
        Content::Placed(bytes, places) => {
            let mut rank = 0;
            of_lines(bytes, Position::default(), &mut |mut placed| {
                if let Some(Origin { position, place, doubts }) = places.get(rank) {
                    (placed.position, placed.place) = (*position, place.as_deref());
                    placed.entry = doubts.iter().fold(placed.entry, |entry, doubts| entry.without_line(doubts));
                }
                rank += 1;
                take(placed);
            });
            0
        }
        Content::Broken { words, lines } => {
            take(Placed { position: block.start, place: None, entry: Entry::Unreadable(words.clone()) });
            *lines
        }
    }
}

fn of_lines<'a>(bytes: &'a [u8], start: Position, take: &mut dyn FnMut(Placed<'a>)) -> u32 {
    // Looked at once as a whole: that is much cheaper than line by line.
    let whole = std::str::from_utf8(bytes).ok();
    let (mut from, mut row, mut rows) = (0, 0, Rows::default());
    while from < bytes.len() {
        let rest = bytes.get(from..).unwrap_or_default();
        let end = from + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = match whole {
            Some(text) => text.get(from..end),
            None => bytes.get(from..end).and_then(|line| std::str::from_utf8(line).ok()),
        };
        let position = Position { row, ..start };
        let entry = match line {
            _ if end - from > MAX_LINE_BYTES => Some(Entry::Unreadable(records::too_long())),
            Some(line) if !line.starts_with('{') && line.trim().is_empty() => None,
            Some(line) => Some(Entry::of_line(line.strip_suffix('\r').unwrap_or(line), &mut rows)),
            None => Some(Entry::Unreadable("the line is not UTF-8".to_owned())),
        };
        if let Some(entry) = entry {
            take(Placed { position, place: None, entry });
        }
        (from, row) = (end + 1, row + 1);
    }
    row
}

fn of_item(item: &Item, start: Position) -> Placed<'_> {
    let row = u32::try_from(item.place.line.saturating_sub(1)).unwrap_or(u32::MAX);
    let entry = match &item.found {
        Found::Record(record) => Entry::Item(record),
        Found::Repeated => Entry::Repeated,
        Found::Unreadable(why) => Entry::Unreadable(why.clone()),
    };
    Placed { position: Position { row, ..start }, place: item.place.part.as_deref(), entry }
}
