use std::io;
use std::sync::{Mutex, PoisonError};

use super::blocks::{Block, Feed};
use super::journal::Position;
use super::lines::Lines;
use super::order;
use super::outcome::Outcome;
use super::sample::{self, Drawn};
use super::tally::Tally;
use super::turns::Turns;
use super::worker::{Decided, Placed, Times, Worker, entries};
use super::{Question, Sides};
use crate::model::Time;

/// The world around a replay: logs that can be read again from their beginning, and room for what does not fit.
pub trait World {
    /// The logs, from their beginning.
    ///
    /// # Errors
    /// When they cannot be opened.
    fn open(&mut self) -> io::Result<Feed>;

    /// An empty file that is gone when it is closed.
    ///
    /// # Errors
    /// When there is no room.
    fn scratch(&self) -> io::Result<Box<dyn Room>>;

    /// How many bytes of records are sorted by time at once; the rest waits in files.
    fn sorted_at_once(&self) -> usize {
        8 << 20
    }
}

/// Something like a file.
pub trait Room: io::Read + io::Write + io::Seek + Send {}

impl<T: io::Read + io::Write + io::Seek + Send> Room for T {}

/// Hears of every decision, in the order of the replay.
pub trait Listener: Send {
    /// Whether it wants to: then decisions are made in turn.
    fn listens(&self) -> bool {
        true
    }

    /// Everything begins anew.
    fn begin(&mut self);
    /// An action was decided that stands on this line of its log, from 1.
    fn hear(&mut self, line: u64, decided: &Decided<'_>);
}

/// Hears nothing.
pub struct Nobody;

impl Listener for Nobody {
    fn listens(&self) -> bool {
        false
    }

    fn begin(&mut self) {}

    fn hear(&mut self, _: u64, _: &Decided<'_>) {}
}

/// Replays logs.
///
/// # Errors
/// When the logs cannot be opened, or there is no room to sort them.
pub fn run<'b>(
    sides: Sides<'b>,
    question: &Question,
    sample: Option<usize>,
    world: &mut dyn World,
    listener: &mut dyn Listener,
) -> io::Result<Outcome<'b>> {
    let mut question = question.clone();
    if let Some(most) = sample {
        question.filter.sample = draw(&question, most, world.open()?)?.or(Some((0, Position::default())));
    }
    if !sides.remember() && !listener.listens() {
        return side_by_side(sides, &question, world.open()?).map(Outcome::new);
    }
    if let Some(tally) = in_turn(sides, &question, world.open()?, Lines::default(), listener)? {
        return Ok(Outcome::new(tally));
    }
    let order::Sorted { tally: seen, feed } = order::sorted(world)?;
    let tally = in_turn(sides, &question, feed, Lines::of(&seen.stretches), listener)?;
    let mut tally = tally.ok_or_else(|| io::Error::other("records that were sorted by time are not in order"))?;
    tally.stretches.clear();
    tally.merge(seen);
    Ok(Outcome::new(tally))
}

type Shared<'f> = &'f Mutex<Feed>;

fn next(feed: Shared<'_>, done: Option<Block>) -> Option<Block> {
    let mut feed = feed.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(done) = done {
        feed.give_back(done);
    }
    feed.next_block()
}

/// Works on blocks with so many threads, each with a thing of its own.
pub(super) fn sweep<T: Send>(
    feed: Feed,
    threads: usize,
    new: impl Fn() -> T + Sync,
    work: impl Fn(&mut T, &Block) -> bool + Sync,
) -> io::Result<Vec<T>> {
    let feed = Mutex::new(feed);
    let one = || {
        let mut own = new();
        let mut done = None;
        while let Some(block) = next(&feed, done.take()) {
            if !work(&mut own, &block) {
                break;
            }
            done = Some(block);
        }
        own
    };
    let all = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(one)).collect();
        let mut all = vec![one()];
        for other in others {
            match other.join() {
                Ok(thing) => all.push(thing),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    feed.into_inner().unwrap_or_else(PoisonError::into_inner).end().map(|()| all)
}

/// No decision hangs on another one: every thread counts for itself.
fn side_by_side<'b>(sides: Sides<'b>, question: &Question, feed: Feed) -> io::Result<Tally<'b>> {
    let work = |worker: &mut Worker<'_, 'b>, block: &Block| {
        worker.block(block);
        true
    };
    let workers = sweep(feed, question.threads, || Worker::new(sides, question, false), work)?;
    let mut tallies = workers.into_iter().map(|worker| worker.tally);
    let mut whole = tallies.next().unwrap_or_default();
    tallies.for_each(|tally| whole.merge(tally));
    Ok(whole)
}

/// What is used in turn: the one worker, the time of the last action, where lines stand, and who hears of decisions.
struct Ordered<'q, 'b, 'l> {
    worker: Worker<'q, 'b>,
    latest: Option<Time>,
    lines: Lines,
    listener: &'l mut dyn Listener,
}

/// Decisions hang on earlier ones: threads read side by side, and decide in turn. `None`: a time goes back where that matters.
fn in_turn<'b>(
    sides: Sides<'b>,
    question: &Question,
    feed: Feed,
    lines: Lines,
    listener: &mut dyn Listener,
) -> io::Result<Option<Tally<'b>>> {
    listener.begin();
    let ordered = sides.remember();
    let worker = Worker::new(sides, question, ordered);
    let turns = Turns::new(Ordered { worker, latest: None, lines, listener });
    let work = |(): &mut (), block: &Block| {
        let _watched = turns.watched();
        let (mut times, mut all) = (Times::default(), Vec::new());
        let lines = entries(block, &mut |placed| {
            times.add(placed.entry.time());
            all.push(placed);
        });
        turns.take(block.sequence, |shared| {
            let stretch = times.stretch(block.start, lines);
            shared.lines.add(&stretch);
            shared.worker.tally.stretches.push(stretch);
            all.iter().all(|placed| shared.replay(placed, ordered))
        })
    };
    sweep(feed, question.threads, || (), work)?;
    let (shared, over) = turns.finish();
    Ok((!over).then_some(shared.worker.tally))
}

impl Ordered<'_, '_, '_> {
    /// Replays an entry; false: it lies before the last one.
    fn replay(&mut self, placed: &Placed<'_>, ordered: bool) -> bool {
        let time = placed.entry.time();
        if ordered && time.is_some() && time < self.latest {
            return false;
        }
        self.latest = time.or(self.latest);
        let line = self.lines.line(placed.position);
        self.worker.replay(placed, &mut |decided| self.listener.hear(line, decided));
        true
    }
}

/// The last one of so many actions in the order of samples, among those that are reported; `None`: there is none.
fn draw(question: &Question, most: usize, feed: Feed) -> io::Result<Option<(u64, Position)>> {
    let work = |drawn: &mut Drawn, block: &Block| {
        entries(block, &mut |placed| {
            let Some(attempt) = placed.entry.attempt(&question.assumption) else { return };
            if question.filter.takes(&attempt, &attempt.call(), placed.position) {
                drawn.add(sample::rank(&attempt), placed.position);
            }
        });
        true
    };
    let mut drawn = Drawn::new(most);
    for other in sweep(feed, question.threads, || Drawn::new(most), work)? {
        drawn.merge(other);
    }
    Ok(drawn.last())
}
