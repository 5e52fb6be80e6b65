//! What a listener hears, decision by decision.

use policyc::engine::Engine;
use policyc::replay::{Decided, Listener};

use crate::counting;
use crate::oracle::{Verdict, asked};
use crate::questions::Asked;
use crate::reading::Log;
use crate::reference;
use crate::running::Engines;
use crate::worlds::Bundles;

/// What is told of one action: its log, line, id and name, what base and head say, and whether something is in doubt.
type Told = (u32, u64, Option<String>, String, Option<Verdict>, Verdict, bool);

/// Hears everything.
pub struct Heard<'e> {
    engines: (Option<&'e Engine<'e>>, &'e Engine<'e>),
    pub told: Vec<Told>,
}

impl<'e> Heard<'e> {
    pub fn new(engines: &'e Engines<'e>) -> Self {
        Self { engines: (engines.base(), engines.head()), told: Vec::new() }
    }
}

impl Listener for Heard<'_> {
    fn begin(&mut self) {
        self.told.clear();
    }

    fn hear(&mut self, line: u64, decided: &Decided<'_>) {
        let base =
            self.engines.0.zip(decided.base).map(|(engine, base)| asked::verdict(&engine.told(base, decided.call)));
        let head = asked::verdict(&self.engines.1.told(decided.head, decided.call));
        let (id, name) = (decided.id.map(str::to_owned), decided.call.name());
        self.told.push((decided.position.log, line, id, name, base, head, !decided.doubts.is_empty()));
    }
}

/// What should be heard: by time where a side remembers, else as the log has it.
pub fn expected(log: &Log, bundles: &Bundles, asked: &Asked, remember: bool) -> Vec<Told> {
    let (base, head) = bundles.sides();
    let mut decided = reference::replay(log, asked, base, head);
    if !remember {
        decided.sort_by_key(|one| one.deed.rank);
    }
    let drawn = counting::drawn(&decided, asked);
    let reported = decided.into_iter().filter(|one| drawn.contains(&one.deed.rank));
    let told = reported.map(|one| {
        let doubted = !one.deed.record.doubts.is_empty();
        (one.deed.place.0, one.deed.place.1, one.deed.action.id.clone(), one.deed.name(), one.base, one.head, doubted)
    });
    told.collect()
}
