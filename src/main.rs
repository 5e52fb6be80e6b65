//! The `policyc` command; everything is in the library.

use std::process::ExitCode;

/// Compiling makes many small values on several threads, and the system's allocator is what they wait for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(policyc::cli::run(std::env::args_os()).code())
}
