//! The replay held to a replay that is written plainly over the reference evaluator.
//!
//! Longer: `PROPTEST_CASES=20000 cargo test --release --test replay`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail, and reads the environment"
)]

mod counting;
mod digests;
mod firsts;
mod forms;
mod gates;
mod listening;
mod numbers;
mod observed;
#[path = "../oracle/mod.rs"]
mod oracle;
mod questions;
mod reading;
mod reference;
mod running;
mod spelling;
#[path = "../support/mod.rs"]
mod support;
mod worlds;

use numbers::Numbers;
use policyc::replay::Outcome;
use proptest::prelude::*;
use questions::Asked;
use reading::Log;
use running::Engines;
use worlds::{Bundles, World};

/// `PROPTEST_CASES`, or as many as take a few seconds.
pub fn cases(few: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(few);
    ProptestConfig { cases, max_shrink_iters: 4000, failure_persistence: None, ..ProptestConfig::default() }
}

/// What the reference says of native logs.
fn expected(bundles: &Bundles, world: &World, asked: &Asked) -> Numbers {
    expected_of(&Log::read(&world.logs, &asked.assumed), bundles, asked)
}

/// What the reference says of anything that stands in logs.
fn expected_of(log: &Log, bundles: &Bundles, asked: &Asked) -> Numbers {
    let (base, head) = bundles.sides();
    let mut numbers = counting::numbers(log, asked, reference::replay(log, asked, base, head));
    if base.is_some() && log.deeds.is_empty() {
        numbers.base = Some(numbers::OfSide::default());
    }
    numbers
}

/// What the replay says.
fn said(outcome: &Outcome<'_>, bundles: &Bundles) -> Numbers {
    let base = bundles.base.as_ref().map(|(bundle, _)| bundle);
    observed::numbers(outcome, observed::Bundles { base, head: &bundles.head.0 })
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn every_number_is_that_of_the_reference(
        world in worlds::world(),
        asked in questions::asked(),
        how in running::how(),
    ) {
        let bundles = Bundles::of(&world);
        let engines = Engines::new(&bundles);
        let outcome = engines.run(&asked, &|| running::native(&world.logs), how);
        let (said, expected) = (said(&outcome, &bundles), expected(&bundles, &world, &asked));
        prop_assert!(said == expected, "{}", numbers::difference(&said, &expected));
    }

    #[test]
    fn decisions_are_told_in_the_order_of_the_replay(
        world in worlds::world(),
        asked in questions::asked(),
        how in running::how(),
    ) {
        let bundles = Bundles::of(&world);
        let engines = Engines::new(&bundles);
        let mut heard = listening::Heard::new(&engines);
        engines.listened(&asked, &|| running::native(&world.logs), how, &mut heard);
        let log = Log::read(&world.logs, &asked.assumed);
        let expected = listening::expected(&log, &bundles, &asked, engines.remember());
        prop_assert!(heard.told == expected, "{}", numbers::difference(&heard.told, &expected));
    }
}
