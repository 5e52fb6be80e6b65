//! Versions held to a model that reads every tree of every commit again with the git program.
//!
//! Longer: `PROPTEST_CASES=100000 cargo test --release --test history`; about 80 ms a history and property.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test may fail, and reads files and the environment"
)]

#[path = "history/asking.rs"]
mod asking;
#[path = "history/cases.rs"]
mod cases;
#[path = "history/changing.rs"]
mod changing;
#[path = "history/compared.rs"]
mod compared;
#[path = "history/documents.rs"]
mod documents;
#[path = "history/drafts.rs"]
mod drafts;
#[path = "history/drawn.rs"]
mod drawn;
#[path = "history/files.rs"]
mod files;
#[path = "history/generator.rs"]
mod generator;
#[path = "history/itself.rs"]
mod itself;
#[path = "history/laws.rs"]
mod laws;
#[path = "history/program.rs"]
mod program;
#[path = "history/reference.rs"]
mod reference;
#[path = "history/refusals.rs"]
mod refusals;
#[path = "history/states.rs"]
mod states;
mod support;
#[path = "history/telling.rs"]
mod telling;
#[path = "history/told.rs"]
mod told;

use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// `PROPTEST_CASES`, or as many as take a few seconds.
fn cases(few: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(few)
}

/// Tries a law on that many histories, always the same ones unless `PROPTEST_CASES` says how many.
fn on_histories(law: &str, few: u32, length: usize, test: impl Fn(&drawn::Drawn) -> Result<(), String>) {
    let cases = cases(few);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let seed = proptest::test_runner::RngAlgorithm::ChaCha;
    let random = proptest::test_runner::TestRng::deterministic_rng(seed);
    let mut runner = TestRunner::new_with_rng(config, random);
    let told =
        runner.run(&generator::stories(length), |story| test(&telling::tell(&story)).map_err(TestCaseError::fail));
    if let Err(error) = told {
        panic!("{law}: {error}");
    }
    eprintln!("{law}: {cases} histories");
}
