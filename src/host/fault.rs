//! Faults on request, for tests of what a crash or a full disk leaves behind. A release build has none of it.

use crate::diag::Failure;

/// A step of a write that a test can interrupt: `POLICYC_FAULT=crash:N` ends the process before the Nth step,
/// `POLICYC_FAULT=fail:N` has it fail, and `POLICYC_FAULT=wait:N` has it wait a second, for somebody else to be faster.
///
/// # Errors
/// When a test asked for it.
#[cfg(debug_assertions)]
pub fn step(name: &str) -> Result<(), Failure> {
    use std::sync::atomic::{AtomicU64, Ordering};

    use crate::diag::codes;
    static STEPS: AtomicU64 = AtomicU64::new(0);
    let Some(wish) = super::variable("POLICYC_FAULT") else { return Ok(()) };
    let at = STEPS.fetch_add(1, Ordering::SeqCst) + 1;
    match wish.split_once(':').map(|(what, number)| (what, number.parse::<u64>())) {
        Some(("crash", Ok(number))) if number == at => std::process::abort(),
        Some(("fail", Ok(number))) if number == at => {
            Err(Failure::new(codes::IO, format!("no space is left (a test asked for it, at `{name}`)")))
        }
        Some(("wait", Ok(number))) if number == at => {
            std::thread::sleep(std::time::Duration::from_secs(1));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A step of a write.
///
/// # Errors
/// None.
#[cfg(not(debug_assertions))]
#[expect(clippy::unnecessary_wraps, reason = "a debug build can fail here")]
pub fn step(_: &str) -> Result<(), Failure> {
    Ok(())
}
