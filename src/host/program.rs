#![expect(clippy::disallowed_methods, reason = "the host is where processes are started")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::diag::{Failure, codes};

/// What a program answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it ended well.
    pub ok: bool,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub err: String,
}

/// Runs a program in a folder, with more environment, and gives it something to read.
///
/// # Errors
/// When it cannot be started.
pub fn run_program(
    program: &str,
    folder: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
    input: &[u8],
) -> Result<Answer, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(codes::IO, format!("`{program}` cannot be run: {error}")).help(format!("install `{program}`"))
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).envs(environment.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut pipe) = child.stdin.take() {
        // A program that reads nothing is no error.
        let _ = pipe.write_all(input);
    }
    let done = child.wait_with_output().map_err(failed)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Answer { ok: done.status.success(), out: text(&done.stdout), err: text(&done.stderr) })
}
