use std::collections::VecDeque;
use std::io::{self, BufRead, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use super::journal::Position;
use super::order::Merge;
use crate::records::{self, Item, MAX_LINE_BYTES};

/// How many bytes of a log are worked on at a time: few enough to stay near the processor.
const BLOCK_BYTES: usize = 256 << 10;
/// How many records of a log that is no lines are worked on at a time.
const BLOCK_ITEMS: usize = 256;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A log that is to be read, from its beginning.
pub enum Source {
    /// Native records, one a line.
    Native(Box<dyn BufRead + Send>),
    /// Any other form: what reads it to its end and hands over what stands in it.
    Other(Read),
}

/// Reads a log to its end and hands over what stands in it; it is at its end early once nobody waits for more.
pub type Read = Box<dyn FnOnce(Arc<AtomicBool>, &mut dyn FnMut(Item)) + Send>;

/// Hands out logs in blocks, one log after the other.
pub struct Feed {
    waiting: VecDeque<Source>,
    open: Option<Open>,
    log: u32,
    block: u32,
    sequence: u64,
    spare: Vec<Vec<u8>>,
    failure: Option<io::Error>,
    sizes: Sizes,
}

/// How much is worked on at a time.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    bytes: usize,
    items: usize,
}

enum Open {
    Sorted(Merge),
    Lines(LineBlocks),
    Items(Items),
}

/// What a thread reads of a log that is no lines.
struct Items {
    batches: Receiver<Vec<Item>>,
    thread: Option<JoinHandle<()>>,
    /// Whether nobody waits for more.
    gone: Arc<AtomicBool>,
}

impl Items {
    fn next(&mut self) -> Option<Vec<Item>> {
        if let Ok(batch) = self.batches.recv() {
            return Some(batch);
        }
        // A reader that fails must not look like the end of its log.
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
        None
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
    }
}

/// A part of a log.
pub(super) struct Block {
    /// Its number among all blocks, from 0.
    pub sequence: u64,
    /// The position of its first line or item.
    pub start: Position,
    pub content: Content,
}

pub(super) enum Content {
    /// Whole lines of native records.
    Lines(Vec<u8>),
    /// Items of another form.
    Items(Vec<Item>),
    /// Native lines in another order than in their logs, each with where it stands.
    Placed(Vec<u8>, Vec<Origin>),
    /// What cannot be read, why, and how many lines it is.
    Broken { words: String, lines: u32 },
}

/// Where a record comes from that is handed on as a native line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    pub position: Position,
    /// The place within the log in forms that are no lines.
    pub place: Option<String>,
    /// In forms that are no lines: what could not be relied on. `None`: the line is the record's own.
    pub doubts: Option<Vec<String>>,
}

impl Feed {
    /// Reads logs in this order.
    #[must_use]
    pub fn new(sources: Vec<Source>) -> Self {
        let waiting = sources.into();
        let sizes = Sizes { bytes: BLOCK_BYTES, items: BLOCK_ITEMS };
        Self { waiting, open: None, log: 0, block: 0, sequence: 0, spare: Vec::new(), failure: None, sizes }
    }

    /// In blocks of so many bytes, or items where a log is no lines; at least one. What comes out is the same.
    #[must_use]
    pub fn in_blocks_of(self, bytes: usize, items: usize) -> Self {
        Self { sizes: Sizes { bytes: bytes.max(1), items: items.max(1) }, ..self }
    }

    /// Reads what was sorted, in blocks of the same size.
    pub(super) fn sorted(&self, rows: Merge) -> Self {
        Self { open: Some(Open::Sorted(rows)), sizes: self.sizes, ..Self::new(Vec::new()) }
    }

    /// Why not everything could be read, if so: other than a log that breaks off, this is an end of the replay.
    pub(super) fn end(self) -> io::Result<()> {
        self.failure.map_or(Ok(()), Err)
    }

    /// The next block.
    pub(super) fn next_block(&mut self) -> Option<Block> {
        loop {
            if self.open.is_none() {
                self.open = Some(opened(self.waiting.pop_front()?, self.sizes));
            }
            if let Some(content) = self.read() {
                let start = Position { log: self.log, block: self.block, ..Position::default() };
                let sequence = self.sequence;
                self.block += 1;
                self.sequence += 1;
                return Some(Block { sequence, start, content });
            }
            self.open = None;
            self.log += 1;
            self.block = 0;
        }
    }

    /// Takes the memory of a block back.
    pub(super) fn give_back(&mut self, block: Block) {
        if let Content::Lines(mut bytes) = block.content {
            bytes.clear();
            self.spare.push(bytes);
        }
    }

    fn read(&mut self) -> Option<Content> {
        match self.open.as_mut()? {
            Open::Sorted(merge) => match merge.next_content(self.sizes.bytes) {
                Ok(content) => content,
                Err(error) => {
                    self.failure = Some(error);
                    None
                }
            },
            Open::Items(items) => items.next().map(Content::Items),
            Open::Lines(lines) => lines.next(self.spare.pop().unwrap_or_default()),
        }
    }
}

fn opened(source: Source, Sizes { bytes, items: most }: Sizes) -> Open {
    let read = match source {
        Source::Native(reader) => {
            let reader = Some(reader);
            return Open::Lines(LineBlocks { reader, bytes, carry: Vec::new(), broken: None, begun: false });
        }
        Source::Other(read) => read,
    };
    // Readers of other forms hand over what they find; a thread of their own lets blocks be asked for.
    let (sender, batches) = sync_channel(2);
    let gone = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&gone);
    let thread = std::thread::spawn(move || {
        let mut batch = Vec::new();
        read(told, &mut |item| {
            batch.push(item);
            if batch.len() >= most {
                let _ = sender.send(std::mem::take(&mut batch));
            }
        });
        let _ = sender.send(batch);
    });
    Open::Items(Items { batches, thread: Some(thread), gone })
}

/// Reads native records in blocks of whole lines.
struct LineBlocks {
    reader: Option<Box<dyn BufRead + Send>>,
    /// How many bytes a block has, about.
    bytes: usize,
    /// The beginning of the line that the last block ended in.
    carry: Vec<u8>,
    /// Why the log breaks off, until that is told.
    broken: Option<String>,
    begun: bool,
}

impl LineBlocks {
    fn next(&mut self, mut bytes: Vec<u8>) -> Option<Content> {
        bytes.append(&mut self.carry);
        loop {
            let ended = self.fill(&mut bytes);
            if let Some(last) = memchr::memrchr(b'\n', &bytes).filter(|_| !ended) {
                self.carry.extend_from_slice(bytes.get(last + 1..).unwrap_or_default());
                bytes.truncate(last + 1);
                return Some(Content::Lines(bytes));
            }
            if bytes.len() > MAX_LINE_BYTES {
                bytes.clear();
                return Some(self.skip_line());
            }
            if ended && bytes.is_empty() {
                return self.broken.take().map(|words| Content::Broken { words, lines: 0 });
            }
            if ended {
                return Some(Content::Lines(bytes));
            }
        }
    }

    /// Reads on; whether the log is at its end.
    fn fill(&mut self, bytes: &mut Vec<u8>) -> bool {
        let Some(reader) = &mut self.reader else { return true };
        let wanted = self.bytes.saturating_sub(bytes.len()).max(self.bytes / 4).max(BYTE_ORDER_MARK.len());
        let read = reader.by_ref().take(wanted as u64).read_to_end(bytes);
        if !std::mem::replace(&mut self.begun, true) && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        self.broken = self.broken.take().or_else(|| read.as_ref().err().map(records::broken));
        let ended = matches!(read, Ok(0) | Err(_));
        if ended {
            self.reader = None;
        }
        ended
    }

    /// Passes over a line that is too long to be kept.
    fn skip_line(&mut self) -> Content {
        let words = records::too_long();
        let mut rest = Vec::new();
        loop {
            let ended = self.fill(&mut rest);
            if let Some(end) = memchr::memchr(b'\n', &rest) {
                self.carry.extend_from_slice(rest.get(end + 1..).unwrap_or_default());
                break;
            }
            if ended {
                break;
            }
            rest.clear();
        }
        Content::Broken { words, lines: 1 }
    }
}
