use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

use super::blocks::{Block, Content, Feed, Origin};
use super::entry::Entry;
use super::journal::{Position, Seen};
use super::run::{Room, World};
use super::tally::Tally;
use super::worker::{Placed, Times, entries};
use crate::model::Time;

/// How many files wait at once; more are made one.
const MOST_FILES: usize = 32;

/// A record on its way to its place: when it happened, where it stands, and its text. One without a time stays behind the
/// one that stands before it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    time: Option<i128>,
    rank: u64,
    origin: Origin,
    text: String,
}

/// Logs in the order of their times, and what was seen on the way that is no record.
pub(super) struct Sorted<'b> {
    pub tally: Tally<'b>,
    pub feed: Feed,
}

/// Sorts logs by time.
///
/// # Errors
/// When they cannot be opened, or there is no room.
pub(super) fn sorted<'b>(world: &mut dyn World) -> io::Result<Sorted<'b>> {
    let mut feed = world.open()?;
    let mut sorter =
        Sorter { tally: Tally::default(), latest: None, rank: 0, rows: Vec::new(), bytes: 0, files: Vec::new() };
    while let Some(block) = feed.next_block() {
        sorter.block(&block);
        feed.give_back(block);
        if sorter.bytes > world.sorted_at_once() {
            sorter.put_away(world)?;
        }
    }
    sorter.rows.sort_unstable();
    let rows = Merge::new(sorter.rows, sorter.files)?;
    Ok(Sorted { tally: sorter.tally, feed: feed.sorted(rows) })
}

struct Sorter<'b> {
    tally: Tally<'b>,
    latest: Option<i128>,
    rank: u64,
    rows: Vec<Waiting>,
    bytes: usize,
    files: Vec<Box<dyn Room>>,
}

impl Sorter<'_> {
    fn block(&mut self, block: &Block) {
        let mut times = Times::default();
        let lines = entries(block, &mut |placed| {
            times.add(placed.entry.time());
            self.entry(placed);
        });
        self.tally.stretches.push(times.stretch(block.start, lines));
    }

    fn entry(&mut self, placed: Placed<'_>) {
        let Placed { position, place, entry } = placed;
        let time = entry.time().map(Time::nanoseconds);
        let (text, doubts) = match entry {
            Entry::Row(_, line) | Entry::Record(_, Some(line)) => (line.to_owned(), None),
            Entry::Item(record) => (record.to_native(), Some(record.doubts.clone())),
            Entry::Record(record, None) => (record.to_native(), Some(record.doubts)),
            Entry::Repeated => return self.tally.repeated += 1,
            Entry::Unreadable(words) => {
                let place = place.map(str::to_owned);
                return self.tally.unread(Seen { position, place, words });
            }
        };
        self.latest = time.or(self.latest);
        self.bytes += text.len() + size_of::<Waiting>();
        let origin = Origin { position, place: place.map(str::to_owned), doubts };
        self.rows.push(Waiting { time: self.latest, rank: self.rank, origin, text });
        self.rank += 1;
    }

    /// Writes what is sorted so far into a file.
    fn put_away(&mut self, world: &dyn World) -> io::Result<()> {
        self.rows.sort_unstable();
        self.files.push(written(world, self.rows.drain(..).map(Ok))?);
        self.bytes = 0;
        if self.files.len() >= MOST_FILES {
            let mut merge = Merge::new(Vec::new(), std::mem::take(&mut self.files))?;
            self.files.push(written(world, std::iter::from_fn(|| merge.pop().transpose()))?);
        }
        Ok(())
    }
}

/// A file with these rows, at its beginning.
fn written(world: &dyn World, rows: impl Iterator<Item = io::Result<Waiting>>) -> io::Result<Box<dyn Room>> {
    let mut file = BufWriter::new(world.scratch()?);
    for row in rows {
        row?.write(&mut file)?;
    }
    let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(file)
}

impl Waiting {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { time, rank, origin: Origin { position, place, doubts }, text } = self;
        out.write_all(&[u8::from(time.is_some()), u8::from(place.is_some()), u8::from(doubts.is_some())])?;
        out.write_all(&time.unwrap_or_default().to_le_bytes())?;
        out.write_all(&rank.to_le_bytes())?;
        for part in [position.log, position.block, position.row, position.item] {
            out.write_all(&part.to_le_bytes())?;
        }
        let doubts = doubts.as_deref().unwrap_or_default();
        out.write_all(&(doubts.len() as u64).to_le_bytes())?;
        for text in doubts.iter().map(String::as_str).chain([place.as_deref().unwrap_or_default(), text]) {
            out.write_all(&(text.len() as u64).to_le_bytes())?;
            out.write_all(text.as_bytes())?;
        }
        Ok(())
    }

    /// The next one of a file; `None` at its end.
    fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut flags = [0; 3];
        match from.read_exact(&mut flags) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        let time = i128::from_le_bytes(bytes(from)?);
        let rank = u64::from_le_bytes(bytes(from)?);
        let [log, block, row, item] = [bytes(from)?, bytes(from)?, bytes(from)?, bytes(from)?].map(u32::from_le_bytes);
        let doubts = (0..u64::from_le_bytes(bytes(from)?)).map(|_| text(from)).collect::<io::Result<Vec<_>>>()?;
        let (place, text) = (text(from)?, text(from)?);
        let [timed, placed, doubted] = flags.map(|flag| flag == 1);
        let origin = Origin {
            position: Position { log, block, row, item },
            place: placed.then_some(place),
            doubts: doubted.then_some(doubts),
        };
        Ok(Some(Self { time: timed.then_some(time), rank, origin, text }))
    }
}

fn bytes<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes).map(|()| bytes)
}

fn text(from: &mut impl Read) -> io::Result<String> {
    let length = u64::from_le_bytes(bytes(from)?);
    let mut text = vec![0; usize::try_from(length).unwrap_or(0)];
    from.read_exact(&mut text)?;
    String::from_utf8(text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Sorted rows of memory and of files, as one sorted row.
pub(super) struct Merge {
    memory: std::vec::IntoIter<Waiting>,
    files: Vec<BufReader<Box<dyn Room>>>,
    next: BinaryHeap<Reverse<(Waiting, usize)>>,
}

impl Merge {
    fn new(rows: Vec<Waiting>, files: Vec<Box<dyn Room>>) -> io::Result<Self> {
        let files = files.into_iter().map(|file| BufReader::with_capacity(1 << 15, file)).collect();
        let mut merge = Self { memory: rows.into_iter(), files, next: BinaryHeap::new() };
        for rank in 0..=merge.files.len() {
            merge.refill(rank)?;
        }
        Ok(merge)
    }

    /// Takes the next one of a file; those in memory come behind all files.
    fn refill(&mut self, rank: usize) -> io::Result<()> {
        let row = match self.files.get_mut(rank) {
            Some(file) => Waiting::read(file)?,
            None => self.memory.next(),
        };
        self.next.extend(row.map(|row| Reverse((row, rank))));
        Ok(())
    }

    /// The next row.
    fn pop(&mut self) -> io::Result<Option<Waiting>> {
        let Some(Reverse((row, rank))) = self.next.pop() else { return Ok(None) };
        self.refill(rank)?;
        Ok(Some(row))
    }

    /// The next block of about so many bytes of lines, each with its place.
    pub fn next_content(&mut self, bytes: usize) -> io::Result<Option<Content>> {
        let (mut lines, mut places) = (Vec::new(), Vec::new());
        while lines.len() < bytes {
            let Some(row) = self.pop()? else { break };
            lines.extend_from_slice(row.text.as_bytes());
            lines.push(b'\n');
            places.push(row.origin);
        }
        Ok((!places.is_empty()).then_some(Content::Placed(lines, places)))
    }
}
