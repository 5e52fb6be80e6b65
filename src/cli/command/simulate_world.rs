//! The world around a replay: logs that are opened again when they are needed again, and who writes every decision down.

use std::io::{self, BufWriter, Read, Seek, Write};

use serde::Serialize;

use crate::cli::logs::Located;
use crate::engine::{Decision, Engine};
use crate::host::{self, Copied, Log, Progress};
use crate::replay::{Decided, Feed, Listener, Room, World};
use crate::report::{DecisionLine, Decisions, ShownSide};

/// Logs, opened as often as they are needed.
pub struct Logs {
    found: Vec<(Located, Way)>,
    progress: Progress,
}

/// How a log is read.
enum Way {
    /// It is opened.
    Again,
    /// It can be read only once, and its beginning was read already.
    Once(Option<Box<Log>>),
    /// It can be read only once, and was copied.
    Copied(Copied),
}

impl Logs {
    /// `again`: whether logs may be read twice; then what can be read only once is copied first.
    ///
    /// # Errors
    /// When there is no room for the copy.
    pub fn new(found: Vec<(Located, Option<Log>)>, again: bool) -> io::Result<Self> {
        let total = found.iter().map(|(located, _)| located.bytes()).sum();
        let way = |open: Option<Log>| match open {
            None => Ok(Way::Again),
            Some(mut log) if again => Copied::of(&mut *log.reader).map(Way::Copied),
            Some(log) => Ok(Way::Once(Some(Box::new(log)))),
        };
        let found = found.into_iter().map(|(located, open)| Ok((located, way(open)?))).collect::<io::Result<_>>()?;
        Ok(Self { found, progress: Progress::begin(total) })
    }
}

impl Way {
    fn open(&mut self, located: &Located) -> io::Result<Log> {
        match self {
            Self::Again => located.open().map_err(|failure| io::Error::other(failure.message)),
            Self::Copied(copy) => Ok(Log { reader: copy.open()?, bytes: None, consumed: std::sync::Arc::default() }),
            Self::Once(log) => {
                let log = log.take().ok_or_else(|| io::Error::other("it can be read only once"))?;
                Ok(*log)
            }
        }
    }
}

impl World for Logs {
    fn open(&mut self) -> io::Result<Feed> {
        let (mut sources, mut counters) = (Vec::new(), Vec::new());
        for (located, way) in &mut self.found {
            let log = way.open(located)?;
            counters.push(log.consumed);
            sources.push(located.source(log.reader));
        }
        self.progress.watch(counters);
        Ok(Feed::new(sources))
    }

    fn scratch(&self) -> io::Result<Box<dyn Room>> {
        room()
    }
}

fn room() -> io::Result<Box<dyn Room>> {
    Ok(Box::new(host::scratch()?))
}

/// Every decision of a replay, one a line.
#[derive(Serialize)]
struct Line<'d> {
    /// The log.
    log: &'d str,
    /// The action's own id.
    id: Option<&'d str>,
    agent_id: Option<&'d str>,
    action: String,
    base: Option<DecisionLine>,
    head: DecisionLine,
}

/// Writes every decision down.
pub struct Journal<'a> {
    names: Vec<String>,
    base: Option<Side<'a>>,
    head: Side<'a>,
    out: BufWriter<Box<dyn Room>>,
    failed: Option<io::Error>,
}

/// A side, ready to tell decisions.
type Side<'a> = (Decisions<'a>, &'a Engine<'a>);

impl<'a> Journal<'a> {
    /// Writes into a file without a name; see [`Journal::finish`].
    ///
    /// # Errors
    /// When there is no room.
    pub fn new(names: Vec<String>, base: Option<ShownSide<'a>>, head: ShownSide<'a>) -> io::Result<Self> {
        let side = |side: ShownSide<'a>| (Decisions::new(side.compilation, side.sources), side.engine);
        let out = BufWriter::new(room()?);
        Ok(Self { names, base: base.map(side), head: side(head), out, failed: None })
    }

    /// What was written.
    ///
    /// # Errors
    /// When not everything could be.
    pub fn finish(self) -> io::Result<impl Read> {
        self.failed.map_or(Ok(()), Err)?;
        let mut file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(file)
    }

    fn write(&mut self, line: u64, decided: &Decided<'_>) -> io::Result<()> {
        let id = || decided.id.map_or_else(|| line.to_string(), str::to_owned);
        let line = |(decisions, engine): &mut Side<'a>, decision: &Decision| {
            let line = decisions.line(&engine.told(decision, decided.call), id());
            DecisionLine { doubts: decided.doubts.to_vec(), ..line }
        };
        let base = self.base.as_mut().zip(decided.base).map(|(side, decision)| line(side, decision));
        let head = line(&mut self.head, decided.head);
        let log = self.names.get(decided.position.log as usize).map_or("", String::as_str);
        let line = Line { log, id: decided.id, agent_id: decided.call.agent, action: decided.call.name(), base, head };
        let text = serde_json::to_string(&line).map_err(io::Error::other)?;
        writeln!(self.out, "{}", crate::report::visible_json(&text))
    }
}

impl Listener for Journal<'_> {
    fn begin(&mut self) {
        match room() {
            Ok(room) => (self.out, self.failed) = (BufWriter::new(room), None),
            Err(error) => self.failed = Some(error),
        }
    }

    fn hear(&mut self, line: u64, decided: &Decided<'_>) {
        if self.failed.is_none() {
            self.failed = self.write(line, decided).err();
        }
    }
}
