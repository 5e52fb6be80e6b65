//! The `policyc` command; everything is in the library.

use std::process::ExitCode;

use policyc::cli::{Exit, run};

/// Compiling makes many small values on several threads, and the system's allocator is what they wait for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // A bug of ours has its own exit code, and is never taken for a clean run or for findings.
    let exit = std::panic::catch_unwind(|| run(std::env::args_os())).unwrap_or(Exit::Bug);
    ExitCode::from(exit.code())
}
