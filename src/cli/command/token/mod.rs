//! `token`: signed decisions, and whether they hold.

mod issue;
mod revoke;
pub mod test;
mod verify;

use std::path::Path;

use clap::Subcommand;

use crate::cli::output::remark;
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::host;
use crate::token::MAX_TOKEN_BYTES;

/// Arguments of `token`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Decide an action under what is live in an environment, and sign the decision.
    Issue(issue::Args),
    /// Say whether a token holds here and now; nothing is asked over the network.
    Verify(verify::Args),
    /// Refuse a token, a key, or everything that was issued before a time, from now on.
    Revoke(revoke::Args),
    /// Try a key: a token that must hold, and forgeries that must not.
    Test(test::Args),
}

/// Runs `token`.
///
/// # Errors
/// When the command line does not fit, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    match &args.command {
        Command::Issue(args) => issue::run(args, here),
        Command::Verify(args) => verify::run(args, here),
        Command::Revoke(args) => revoke::run(args, here),
        Command::Test(args) => test::run(args, here),
    }
}

/// A token of the command line, or of standard input.
fn given(token: &str) -> Result<String, Stop> {
    if token != "-" {
        return Ok(token.to_owned());
    }
    let bytes = host::read_stdin_up_to(MAX_TOKEN_BYTES as u64)?;
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    // One line break is what whoever prints a token adds; anything else is not a part of it.
    let text =
        text.map(|text| text.strip_suffix('\n').map(|text| text.trim_end_matches('\r').to_owned()).unwrap_or(text));
    text.ok_or_else(|| {
        let failure = Failure::new(codes::TOKEN_REFUSED, "standard input is no token: it is too long, or no text");
        Stop::Nothing(failure.help("give what `policyc token issue` printed"))
    })
}

/// Says why nobody can tell what is revoked, beside a result that does not hang on it.
fn remark_unreadable(why: Option<&String>) {
    if let Some(why) = why {
        remark(&format!("warning: nobody can say what is revoked, so no token holds: {why}"));
    }
}
