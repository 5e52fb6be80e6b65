//! Logs in forms that are no lines: the same reference, and the same outcome as of the native log that is written of them.

use std::fs::File;
use std::io::{BufReader, Read as _};

use policyc::records::{self, BEGINNING_BYTES, Form, Found, Item};
use policyc::replay::Source;
use proptest::prelude::*;
use serde_json::json;

use crate::numbers::{Numbers, difference};
use crate::oracle::worlds::World as Documents;
use crate::questions::{self, Asked, Assumptions};
use crate::reading::Log;
use crate::running::{self, Engines, How};
use crate::worlds::{self, Bundles, Text, World};
use crate::{cases, expected_of, said};

/// The same log as a document of another form would give it: several calls on a line, some told again.
fn items(logs: &[Text]) -> Vec<Vec<Item>> {
    let log = Log::read(logs, &Assumptions::default());
    let mut items: Vec<Vec<Item>> = logs.iter().map(|_| Vec::new()).collect();
    let mut put = |(number, line): (u32, u64), found: Found| {
        let part = (line % 3 > 0).then(|| format!("messages[{line}]"));
        let place = records::Place { line: usize::try_from(line / 2 + 1).unwrap(), part };
        items[number as usize].push(Item { place, found });
    };
    let read = log.deeds.iter().map(|deed| (deed.place, Found::Record(Box::new(deed.record.clone()))));
    let unread = log.unreadable.iter().map(|place| (*place, Found::Unreadable("cut off".to_owned())));
    let mut all: Vec<_> = read.chain(unread).collect();
    all.sort_by_key(|(place, _)| *place);
    for (place, found) in all {
        put(place, found);
        if place.1 % 4 == 0 {
            put(place, Found::Repeated);
        }
    }
    items
}

fn others(logs: &[Vec<Item>]) -> Vec<Source> {
    let read = |items: Vec<Item>| -> Source {
        Source::Other(Box::new(move |_, take: &mut dyn FnMut(Item)| items.into_iter().for_each(take)))
    };
    logs.iter().cloned().map(read).collect()
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn every_number_of_another_form_is_that_of_the_reference(
        world in worlds::world(),
        asked in questions::asked(),
        how in running::how(),
    ) {
        let bundles = Bundles::of(&world);
        let engines = Engines::new(&bundles);
        let items = items(&world.logs);
        let outcome = engines.run(&asked, &|| others(&items), how);
        let log = Log::of_items(&items, &asked.assumed);
        let (said, expected) = (said(&outcome, &bundles), expected_of(&log, &bundles, &asked));
        prop_assert!(said == expected, "{}", difference(&said, &expected));
    }
}

/// Something that remembers, counts and looks at results, whatever actions are called.
fn documents() -> Documents {
    let documents = vec![
        json!({"id": "rates", "scope": "global", "rate_limits": {"*": {"max_count": 2, "window_seconds": 60, "per": "run"}},
               "evidence_requirements": {"*": ["*"]}, "commit_actions": ["*"], "run_budget": 1}),
        json!({"id": "asks", "scope": "global", "approval_rules": [{"when": {"arguments": {"path": {"type": "string"}}}}]}),
    ];
    let (catalog, settings) = (Some(json!({"defaults": {"cost_usd": 0.3}})), json!({}));
    Documents { documents, catalog, settings, actions: Vec::new(), kill_switch: false, granted: Vec::new() }
}

/// Every sample of the project, but the native one and those that need a mapping.
fn samples() -> Vec<(String, Vec<Item>)> {
    let files = std::fs::read_dir("examples/logs").unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let mut beginning = Vec::new();
        File::open(&path).unwrap().take(BEGINNING_BYTES as u64).read_to_end(&mut beginning).unwrap();
        let form = records::detect(&beginning).ok()?;
        let mut items = Vec::new();
        records::read_all(form, BufReader::new(File::open(&path).unwrap()), &mut |item| items.push(item));
        (form != Form::Native).then(|| (path.display().to_string(), items))
    };
    files.filter_map(read).collect()
}

#[test]
fn a_log_in_another_form_comes_to_the_same_as_the_native_log_written_of_it() {
    let bundles = Bundles::of(&World { base: None, head: documents(), logs: Vec::new() });
    let engines = Engines::new(&bundles);
    let samples = samples();
    assert!(samples.len() > 8, "{}", samples.len());
    for (name, items) in samples {
        let line = |item: &Item| match &item.found {
            Found::Record(record) => Some(record.to_native() + "\n"),
            Found::Repeated => None,
            Found::Unreadable(_) => Some("unreadable\n".to_owned()),
        };
        let native = Text(items.iter().filter_map(line).collect::<String>().into_bytes());
        let asked = Asked::nothing();
        let numbers = |open: running::Open<'_>| {
            let numbers = said(&engines.run(&asked, open, How::USUAL), &bundles);
            // Where things stand, and what was doubted on the way, is not the same.
            let unplaced = |sample: &mut crate::numbers::Sample| (sample.place, sample.part) = ((0, 0), None);
            let mut numbers = Numbers { repeated: 0, doubtful: (Vec::new(), 0), ..numbers };
            numbers.unreadable.0.clear();
            numbers.changed.0.iter_mut().for_each(unplaced);
            numbers.groups.values_mut().flat_map(|(_, samples)| samples).for_each(unplaced);
            numbers
        };
        let (other, native) = (
            numbers(&|| others(std::slice::from_ref(&items))),
            numbers(&|| running::native(std::slice::from_ref(&native))),
        );
        assert!(other.actions > 0, "{name}");
        assert!(other == native, "{name}: {}", difference(&other, &native));
    }
}
