//! The `policyc` command; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(policyc::cli::run(std::env::args_os()).code())
}
