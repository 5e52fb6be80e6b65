use std::path::{Path, PathBuf};

use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::host;

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write a page for every command into this folder, instead of printing the main one.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs `man`.
///
/// # Errors
/// When a page cannot be written.
pub fn run(args: &Args, mut command: clap::Command, here: &Path) -> Result<Exit, Stop> {
    command.build();
    let Some(folder) = &args.out else {
        host::print(&page(command)?)?;
        return Ok(Exit::Clean);
    };
    let commands: Vec<clap::Command> =
        command.get_subcommands().filter(|sub| sub.get_name() != "help").cloned().collect();
    for sub in commands {
        let name = format!("policyc-{}", sub.get_name());
        let file = here.join(folder).join(format!("{name}.1"));
        host::write_whole(&file, &page(sub.name(name))?)?;
    }
    host::write_whole(&here.join(folder).join("policyc.1"), &page(command)?)?;
    Ok(Exit::Clean)
}

fn page(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command).date("").render(&mut page);
    rendered.map_err(|error| Failure::new(codes::BUG, format!("a manual page cannot be made: {error}")))?;
    Ok(page)
}
