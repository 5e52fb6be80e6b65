//! How often `policyc diff --effects --log` says that a region was seen is how often the replay says that actions of it changed,
//! and every action that changed has a region: over generated worlds without what hangs on earlier actions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail, and reads the environment"
)]

#[path = "oracle/mod.rs"]
mod oracle;
mod support;

use std::io::{self, Cursor};

use oracle::worlds::{self, World as Documents};
use policyc::effects::{self, Limits, Stateless, stateless};
use policyc::engine::Engine;
use policyc::model::Action;
use policyc::replay::{self, Feed, Nobody, Question, Regions, Room, Side, Sides, Source, World};
use proptest::prelude::*;

/// A log of actions whose facts are all known.
struct Log(Vec<u8>);

impl World for Log {
    fn open(&mut self) -> io::Result<Feed> {
        Ok(Feed::new(vec![Source::Native(Box::new(Cursor::new(self.0.clone())))]))
    }

    fn scratch(&self) -> io::Result<Box<dyn Room>> {
        Ok(Box::new(tempfile::tempfile()?))
    }
}

fn log() -> impl Strategy<Value = Vec<Action>> {
    let names = (prop::sample::select(vec!["m", "n"]), prop::sample::select(vec!["x", "y", "xy", "x.y"]));
    let action = (worlds::known(), names).prop_map(|(action, (integration, operation))| Action {
        integration: Some(integration.to_owned()),
        operation: operation.to_owned(),
        ..action
    });
    prop::collection::vec(action, 40)
}

/// Two worlds, or one with a document less.
fn sides() -> impl Strategy<Value = (Documents, Documents)> {
    let fewer = (worlds::world(), any::<prop::sample::Index>()).prop_map(|(base, at)| {
        let mut head = base.clone();
        let removed = head.documents.remove(at.index(head.documents.len()));
        head.documents.retain(|one| one["policy"] != removed["id"]);
        if worlds::compiled(&head).is_ok() { (base, head) } else { (base.clone(), base) }
    });
    prop_oneof![2 => fewer, 1 => (worlds::world(), worlds::world())]
}

fn cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_was_seen_is_what_changed((base, head) in sides(), actions in log()) {
        let (base, head) = (stateless(&worlds::bundle(&base)), stateless(&worlds::bundle(&head)));
        let effects = effects::effects(&base, &head, Limits::default());
        let alone = Stateless::of(&base, &head);
        let regions = Regions { sides: &alone, effects: &effects };
        let text: String = actions.iter().map(|action| format!("{}\n", action.to_json())).collect();
        let mut log = Log(text.into_bytes());
        let seen = regions.occurrences(log.open().unwrap(), 1).unwrap();
        prop_assert_eq!((seen.actions, seen.unreadable), (40, 0));
        let engines = [Engine::new(&base), Engine::new(&head)];
        let [before, after] = engines.each_ref().map(|engine| Side { engine, kill_switch: false });
        let sides = Sides { base: Some(before), head: after, regions: Some(regions) };
        let question = Question { threads: 1, ..Question::default() };
        let outcome = replay::run(sides, &question, None, &mut log, &mut Nobody).unwrap();
        let mut changed = vec![0; effects.rows.len()];
        for (row, actions) in outcome.groups.iter().flat_map(|group| &group.rows) {
            match row {
                Some(at) => changed[*at] += actions,
                // Where nothing is open, every changed action whose facts are known has its row.
                None => prop_assert!(!effects.unproven.is_empty() || seen.unplaced > 0, "{:?}", outcome.changed.0),
            }
        }
        let times: Vec<u64> = seen.rows.iter().map(|row| row.times).collect();
        prop_assert_eq!(changed, times);
    }
}
