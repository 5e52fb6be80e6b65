//! What must not matter: threads, the size of blocks, room to sort, and for some policies the order of lines.

use policyc::compile::Compilation;
use policyc::engine::Engine;
use policyc::model::Time;
use policyc::replay::Outcome;
use policyc::report::{self, AskedLine, AskedOf, LogLine, ShownSide, SideLine, Simulation};
use policyc::source::SourceSet;
use proptest::prelude::*;
use serde_json::Value;

use crate::numbers::difference;
use crate::oracle::worlds::{self as documents, World as Documents};
use crate::questions::{self, Asked};
use crate::running::{self, Engines, How};
use crate::worlds::{self, Bundles, Text, Told, World};
use crate::{cases, expected, said};

/// The sides of a world, to be shown.
struct Shown {
    base: Option<(SideLine, SourceSet, Compilation)>,
    head: (SideLine, SourceSet, Compilation),
}

impl Shown {
    fn new(world: &World) -> Self {
        let side = |side: &Documents| {
            let (sources, compilation) = documents::compilation(side);
            let line = SideLine {
                name: "work tree".to_owned(),
                bundle: compilation.canonical.as_ref().unwrap().digest.to_string(),
                default_effect: compilation.bundle.as_ref().unwrap().defaults.effect,
                kill_switch: side.kill_switch,
                only: None,
            };
            (line, sources, compilation)
        };
        Self { base: world.base.as_ref().map(side), head: side(&world.head) }
    }

    fn report(&self, outcome: &Outcome<'_>, engines: &Engines<'_>, asked: &Asked) -> Simulation {
        let base = self.base.as_ref().zip(engines.base()).map(|(side, engine)| shown(side, engine));
        let log = LogLine { name: "log".to_owned(), form: "native".to_owned() };
        let line = AskedLine {
            approvals: String::new(),
            assumed: std::collections::BTreeMap::new(),
            since: None,
            until: None,
            conditions: Vec::new(),
            sample: asked.sample,
        };
        let question = asked.question(1);
        let asked =
            AskedOf { logs: vec![log; 3], asked: line, truth: question.truth.as_ref(), gates: Vec::new(), rows: false };
        report::simulation(outcome, base, shown(&self.head, engines.head()), asked)
    }
}

fn shown<'s>(
    (line, sources, compilation): &'s (SideLine, SourceSet, Compilation),
    engine: &'s Engine<'s>,
) -> ShownSide<'s> {
    ShownSide { line, engine, compilation, sources }
}

/// A log whose lines come again and again, with other ids.
fn repeated(logs: &[Text], times: usize) -> Vec<Text> {
    let again = |round: usize| logs.iter().map(move |Text(log)| (round, log));
    let line = |round: usize, line: &[u8]| match String::from_utf8(line.to_vec()) {
        Ok(text) => text.replace("\"id\":\"c", &format!("\"id\":\"c{round}-")).into_bytes(),
        Err(_) => line.to_vec(),
    };
    let log = (0..times).flat_map(again).flat_map(|(round, log)| {
        let mut text: Vec<u8> =
            log.split_inclusive(|byte| *byte == b'\n').flat_map(|bytes| line(round, bytes)).collect();
        if !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        text
    });
    vec![Text(log.collect())]
}

proptest! {
    #![proptest_config(cases(120))]

    /// The whole report, places and samples included.
    #[test]
    fn how_it_is_run_does_not_matter(world in worlds::world(), asked in questions::asked(), how in running::how()) {
        let (bundles, shown) = (Bundles::of(&world), Shown::new(&world));
        let engines = Engines::new(&bundles);
        let logs = if world.logs.len() == 1 { repeated(&world.logs, 3) } else { world.logs.clone() };
        let report = |how: How| {
            let outcome = engines.run(&asked, &|| running::native(&logs), how);
            serde_json::to_value(shown.report(&outcome, &engines, &asked)).unwrap()
        };
        let usual = report(How::USUAL);
        for threads in [1, 2, 3, 7] {
            let said = report(How { threads, ..how });
            prop_assert!(said == usual, "{} threads: {}", threads, difference(&said, &usual));
        }
    }

    /// Of policies without memory, lines may come in any order.
    #[test]
    fn lines_may_come_in_any_order(
        sides in worlds::sides(),
        told in worlds::actions(),
        asked in questions::asked(),
        keys in prop::collection::vec(any::<u8>(), 40),
        how in running::how(),
    ) {
        let (base, head) = (sides.0.map(forgetful), forgetful(sides.1));
        let lines = worlds::plain_lines(&named(told));
        let sorted = World { base, head, logs: vec![lines.concat().into()] };
        let (bundles, shown) = (Bundles::of(&sorted), Shown::new(&sorted));
        let engines = Engines::new(&bundles);
        prop_assert!(!engines.remember());
        let digest = |logs: &[Text], how: How| {
            let outcome = engines.run(&asked, &|| running::native(logs), how);
            shown.report(&outcome, &engines, &asked).digest
        };
        prop_assert_eq!(digest(&sorted.logs, How::USUAL), digest(&[shuffled(lines, &keys)], how));
    }

    /// Of policies that remember, the times decide, not the lines.
    #[test]
    fn times_decide(
        sides in worlds::sides(),
        told in worlds::actions(),
        asked in questions::asked(),
        keys in prop::collection::vec(any::<u8>(), 40),
        how in running::how(),
    ) {
        let lines = worlds::plain_lines(&timed(named(told)));
        let sorted = World { base: sides.0, head: sides.1, logs: vec![lines.concat().into()] };
        let (bundles, shown) = (Bundles::of(&sorted), Shown::new(&sorted));
        let engines = Engines::new(&bundles);
        let digest = |logs: &[Text], how: How| {
            let outcome = engines.run(&asked, &|| running::native(logs), how);
            shown.report(&outcome, &engines, &asked).digest
        };
        let world = World { logs: vec![shuffled(lines, &keys)], ..sorted.clone() };
        prop_assert_eq!(digest(&sorted.logs, How::USUAL), digest(&world.logs, how));
        let outcome = engines.run(&asked, &|| running::native(&world.logs), how);
        let (said, expected) = (said(&outcome, &bundles), expected(&bundles, &world, &asked));
        prop_assert!(said == expected, "{}", difference(&said, &expected));
    }
}

fn shuffled(lines: Vec<String>, keys: &[u8]) -> Text {
    let mut keyed: Vec<(&u8, String)> = keys.iter().zip(lines).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, line)| line).collect::<String>().into()
}

/// Each with an id of its own.
fn named(told: Vec<Told>) -> Vec<Told> {
    let name = |(rank, mut told): (usize, Told)| {
        told.action.id = Some(format!("c{rank}"));
        told
    };
    told.into_iter().enumerate().map(name).collect()
}

/// Each at a time of its own, in this order.
fn timed(told: Vec<Told>) -> Vec<Told> {
    let time = |(after, mut told): (i64, Told)| {
        told.action.broken.remove(&policyc::model::Fact::Timestamp);
        told.action.timestamp = Time::of_unix_seconds(worlds::START + after * (after % 50));
        told
    };
    let mut told: Vec<Told> = (0..).zip(told).map(time).collect();
    told.sort_by_key(|told| told.action.timestamp);
    told.dedup_by_key(|told| told.action.timestamp);
    told
}

/// The documents without what looks at earlier actions.
fn forgetful(mut side: Documents) -> Documents {
    const COUNT: [&str; 9] = [
        "session_budget",
        "run_budget",
        "action_budgets",
        "rate_limits",
        "evidence_requirements",
        "evidence_max_age_seconds",
        "commit_actions",
        "evidence_actions",
        "grounding_rules",
    ];
    // What an exception names may be gone.
    side.documents.retain(|document| document.get("max_uses").is_none() && document.get("reasons").is_none());
    for map in side.documents.iter_mut().filter_map(Value::as_object_mut) {
        for key in COUNT {
            map.remove(key);
        }
        if let Some(conditions) = map.get_mut("conditions").and_then(Value::as_object_mut) {
            conditions.remove("rate_limit");
            conditions.remove("cost_threshold");
        }
    }
    side
}
