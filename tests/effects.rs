//! What a change permits and forbids, held to every action of small alphabets: the engine decides them all on both sides.
//!
//! Longer: `PROPTEST_CASES=100000 cargo test --release --test effects -- --nocapture`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test may fail, and reads files, the clock and the environment"
)]

#[path = "effects/alphabet.rs"]
mod alphabet;
#[path = "effects/arguments.rs"]
mod arguments;
#[path = "effects/findings.rs"]
mod findings;
#[path = "effects/itself.rs"]
mod itself;
#[path = "effects/laws.rs"]
mod laws;
#[path = "effects/project.rs"]
mod project;
#[path = "effects/reader.rs"]
mod reader;
#[path = "effects/reference.rs"]
mod reference;
#[path = "effects/rows.rs"]
mod rows;
mod support;
#[path = "effects/taught.rs"]
mod taught;
#[path = "effects/times.rs"]
mod times;
#[path = "effects/trying.rs"]
mod trying;
#[path = "effects/unlike.rs"]
mod unlike;
#[path = "effects/words.rs"]
mod words;
#[path = "effects/worlds.rs"]
mod worlds;
