//! The engine held to the reference evaluator.
//!
//! Longer: `PROPTEST_CASES=1000000 cargo test --release --test engine`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads the environment"
)]

mod oracle;
mod support;

use oracle::{Oracle, asked, worlds};
use proptest::prelude::*;

fn cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1500);
    ProptestConfig { cases, max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_engine_says_what_the_reference_says(world in worlds::world()) {
        let bundle = worlds::bundle(&world);
        let mut oracle = Oracle::new(&bundle, world.kill_switch);
        for (rank, (said, action)) in asked::row(&bundle, &world).into_iter().zip(&world.actions).enumerate() {
            let expected = oracle.decide(action, world.granted[rank]);
            prop_assert_eq!(said, expected, "action #{}: {:?}", rank, action);
        }
    }
}
