use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use super::{Stats, StatsFormat};
use crate::cli::logs::{Taker, nothing};
use crate::cli::output::{say, say_json};
use crate::cli::{Exit, Stop};
use crate::engine::Call;
use crate::model::{Fact, Time};
use crate::records::{Found, Item, Record, kind_of_doubt};
use crate::report::{Counted, FactStats, LogStats, RecordStats, UnreadablePlace, record_stats};

/// How many places that cannot be read are told.
const PLACES: usize = 10;

/// Runs `records stats`.
///
/// # Errors
/// When a log cannot be read.
pub fn run(args: &Stats, here: &Path) -> Result<Exit, Stop> {
    let mut counter = Counter::default();
    args.logs.read(here, &mut counter)?;
    let stats = counter.stats();
    if stats.calls == 0 && stats.unreadable == 0 {
        return Err(nothing());
    }
    match args.format {
        StatsFormat::Human => say(&record_stats(&stats))?,
        StatsFormat::Json => say_json(&stats)?,
    }
    Ok(if stats.calls == 0 { Exit::Findings } else { super::exit(args.strict, stats.unreadable) })
}

/// Counts what comes.
#[derive(Default)]
struct Counter {
    logs: Vec<LogStats>,
    places: Vec<UnreadablePlace>,
    doubts: HashMap<String, u64>,
    span: Option<(Time, Time)>,
    agents: HashMap<String, u64>,
    runs: HashSet<String>,
    sessions: HashSet<String>,
    operations: HashMap<String, u64>,
    facts: BTreeMap<Fact, (u64, u64)>,
}

impl Taker for Counter {
    fn begin(&mut self, name: &str, form: &str) {
        self.logs.push(LogStats { name: name.to_owned(), form: form.to_owned(), ..LogStats::default() });
    }

    fn take(&mut self, name: &str, item: Item) {
        let Some(log) = self.logs.last_mut() else { return };
        match item.found {
            Found::Record(record) => {
                log.calls += 1;
                self.record(*record);
            }
            Found::Repeated => log.repeated += 1,
            Found::Unreadable(why) => {
                log.unreadable += 1;
                if self.places.len() < PLACES {
                    let (line, part) = (item.place.line, item.place.part);
                    self.places.push(UnreadablePlace { log: name.to_owned(), line, part, why });
                }
            }
        }
    }

    fn end(&mut self) -> Result<(), Stop> {
        Ok(())
    }
}

impl Counter {
    fn record(&mut self, record: Record) {
        for doubt in &record.doubts {
            *self.doubts.entry(kind_of_doubt(doubt)).or_default() += 1;
        }
        let action = record.action;
        for fact in Fact::ALL {
            let (given, unreliable) = self.facts.entry(fact).or_default();
            *given += u64::from(action.gives(fact));
            *unreliable += u64::from(action.broken.contains(&fact));
        }
        *self.operations.entry(Call::of(&action).name()).or_default() += 1;
        if let Some(time) = action.timestamp {
            let (first, last) = self.span.unwrap_or((time, time));
            self.span = Some((first.min(time), last.max(time)));
        }
        if let Some(agent) = action.agent_id {
            *self.agents.entry(agent).or_default() += 1;
        }
        self.runs.extend(action.run_id);
        self.sessions.extend(action.session_id);
    }

    fn stats(self) -> RecordStats {
        let sum = |of: fn(&LogStats) -> u64| self.logs.iter().map(of).sum();
        let fact = |(fact, (given, unreliable)): (Fact, (u64, u64))| FactStats {
            fact: fact.key().to_owned(),
            given,
            unreliable,
        };
        RecordStats {
            calls: sum(|log| log.calls),
            repeated: sum(|log| log.repeated),
            unreadable: sum(|log| log.unreadable),
            first_unreadable: self.places,
            doubts: sorted(self.doubts),
            first_time: self.span.map(|(first, _)| first.to_string()),
            last_time: self.span.map(|(_, last)| last.to_string()),
            agents: sorted(self.agents),
            runs: self.runs.len() as u64,
            sessions: self.sessions.len() as u64,
            operations: sorted(self.operations),
            facts: self.facts.into_iter().map(fact).collect(),
            logs: self.logs,
        }
    }
}

/// The most frequent first, those of one count by name.
fn sorted(counts: HashMap<String, u64>) -> Vec<Counted> {
    let mut sorted: Vec<Counted> = counts.into_iter().map(|(name, count)| Counted { name, count }).collect();
    sorted.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    sorted
}
