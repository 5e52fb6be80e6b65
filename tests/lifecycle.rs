//! The people behind accounts, review records and their signatures, trailers, and the judging of approvals: what each
//! rule says, the laws that hold for all of them, and a second judge written plainly from the rules.
//!
//! Longer: `PROPTEST_CASES=100000 cargo test --release --test lifecycle`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test may fail, runs programs, and reads the environment"
)]

mod lifecycle {
    mod judging;
    mod laws;
    mod oracle;
    mod people;
    mod records;
    mod signatures;
    mod trailers;
    mod world;
}
