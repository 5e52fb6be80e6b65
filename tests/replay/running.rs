//! The replay, run over logs in memory.

use std::io::{self, BufReader, Cursor};

use policyc::engine::Engine;
use policyc::replay::{self, Feed, Listener, Nobody, Outcome, Room, Side, Sides, Source, World};

use proptest::prelude::*;

use crate::questions::Asked;
use crate::worlds::{Bundles, Text};

/// How a replay is run; nothing of it may matter.
#[derive(Debug, Clone, Copy)]
pub struct How {
    pub threads: usize,
    pub block_bytes: usize,
    pub block_items: usize,
    pub sorted_at_once: usize,
}

impl How {
    /// As the program does.
    pub const USUAL: Self = Self { threads: 1, block_bytes: 256 << 10, block_items: 256, sorted_at_once: 16 << 20 };
}

/// In any way: mostly by tiny blocks, and often without room to sort.
pub fn how() -> impl Strategy<Value = How> {
    let bytes = prop::sample::select(vec![1, 3, 50, 200, 700, 2000, 256 << 10]);
    let items = prop::sample::select(vec![1, 2, 3, 256]);
    let sorted = prop::sample::select(vec![0, 500, 2000, 6000, 16 << 20]);
    (1_usize..=4, bytes, items, sorted).prop_map(|(threads, block_bytes, block_items, sorted_at_once)| How {
        threads,
        block_bytes,
        block_items,
        sorted_at_once,
    })
}

/// What opens a log.
pub type Open<'o> = &'o dyn Fn() -> Vec<Source>;

struct Memory<'o> {
    open: Open<'o>,
    how: How,
}

impl World for Memory<'_> {
    fn open(&mut self) -> io::Result<Feed> {
        Ok(Feed::new((self.open)()).in_blocks_of(self.how.block_bytes, self.how.block_items))
    }

    fn scratch(&self) -> io::Result<Box<dyn Room>> {
        Ok(Box::new(tempfile::tempfile()?))
    }

    fn sorted_at_once(&self) -> usize {
        self.how.sorted_at_once
    }
}

/// Native logs.
pub fn native(logs: &[Text]) -> Vec<Source> {
    let source = |log: &Text| Source::Native(Box::new(BufReader::with_capacity(61, Cursor::new(log.0.clone()))));
    logs.iter().map(source).collect()
}

/// Two sides made ready.
pub struct Engines<'b> {
    base: Option<(Engine<'b>, bool)>,
    head: (Engine<'b>, bool),
}

impl<'b> Engines<'b> {
    pub fn new(bundles: &'b Bundles) -> Self {
        let base = bundles.base.as_ref().map(|(bundle, kill_switch)| (Engine::new(bundle), *kill_switch));
        Self { base, head: (Engine::new(&bundles.head.0), bundles.head.1) }
    }

    /// Whether order matters.
    pub fn remember(&'b self) -> bool {
        self.sides().remember()
    }

    pub fn base(&self) -> Option<&Engine<'b>> {
        self.base.as_ref().map(|(engine, _)| engine)
    }

    pub fn head(&self) -> &Engine<'b> {
        &self.head.0
    }

    fn sides(&'b self) -> Sides<'b> {
        let base = self.base.as_ref().map(|(engine, kill_switch)| Side { engine, kill_switch: *kill_switch });
        Sides { base, head: Side { engine: &self.head.0, kill_switch: self.head.1 }, regions: None }
    }

    /// Replays logs.
    pub fn run(&'b self, asked: &Asked, open: Open<'_>, how: How) -> Outcome<'b> {
        self.listened(asked, open, how, &mut Nobody)
    }

    /// Replays logs; somebody hears of it.
    pub fn listened(&'b self, asked: &Asked, open: Open<'_>, how: How, listener: &mut dyn Listener) -> Outcome<'b> {
        let question = asked.question(how.threads);
        replay::run(self.sides(), &question, asked.sample, &mut Memory { open, how }, listener).unwrap()
    }
}
