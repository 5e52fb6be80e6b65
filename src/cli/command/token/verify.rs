use std::path::{Path, PathBuf};

use super::issue::{Intent, seconds};
use crate::cli::command::eval::moment_or_now;
use crate::cli::history::Forge;
use crate::cli::output::{say, say_json};
use crate::cli::tokens::{self, Signing};
use crate::cli::words::Shown;
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::model::Time;
use crate::report::{TokenVerdict, visible_line};
use crate::token::{self, Refused, Trust};
use crate::written::TokenClaims;

/// Arguments of `token verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The token; `-`: on standard input.
    token: String,
    /// The environment in which it is to hold.
    #[arg(long, value_name = "NAME")]
    environment: String,
    /// The action that is about to happen, a JSON object in a file: the token must be about it.
    #[arg(long, value_name = "FILE")]
    action: Option<PathBuf>,
    /// Take a token that says `deny` or `approval_required` too.
    #[arg(long)]
    any_effect: bool,
    /// Judge it at this moment (RFC 3339); default: now.
    #[arg(long, value_name = "TIME", value_parser = moment_or_now)]
    now: Option<Time>,
    /// How to show what came out.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    forge: Forge,
}

/// Runs `token verify`.
///
/// # Errors
/// When nothing is live in the environment, or the world cannot answer. A token that does not hold is an answer.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    if args.token == "-" && args.action.as_deref() == Some(Path::new("-")) {
        return Err(Stop::Usage("standard input cannot be both the token and the action".to_owned()));
    }
    let token = super::given(&args.token)?;
    let action = args.action.as_deref().map(|path| Intent::read(path, here)).transpose()?;
    let now = args.now.map_or_else(tokens::now, seconds);
    // Which side of a rollout it is of, it says itself; if that is not true, the bundle is another.
    let run = token::unverified(&token).map_or(Some(String::new()), |claims| claims.run_id);
    let (_, trust) = Signing::open(here, &args.environment)?.live(now, run.as_deref(), &args.forge)?;
    let trust = Trust { action: action.map(|intent| intent.digest), any_effect: args.any_effect, ..trust };
    let verified = token::verify(&token, &trust);
    if args.format == Shown::Json {
        let exit = if verified.is_ok() { Exit::Clean } else { Exit::Findings };
        say_json(&match verified {
            Ok(claims) => TokenVerdict::valid(claims),
            Err(Refused { why, claims }) => {
                TokenVerdict::refused(why.word(), why.to_string(), claims.map(|claims| *claims))
            }
        })?;
        return Ok(exit);
    }
    match verified {
        Ok(claims) => say(&valid(&claims, now)).map(|()| Exit::Clean),
        Err(refused) => {
            let message = format!("the token does not hold: {}", visible_line(&refused.why.to_string()));
            let help = format!("decide again: `policyc token issue --environment {}`", args.environment);
            Err(Stop::Nothing(Failure::new(codes::TOKEN_REFUSED, message).help(help)))
        }
    }
}

fn valid(claims: &TokenClaims, now: u64) -> String {
    let who = |name: &str, value: Option<&String>| value.map_or(String::new(), |value| format!(" {name} `{value}`"));
    let line = format!(
        "valid: {}{}{}, for {} more seconds, id {}",
        claims.decision.effect.as_str(),
        who("for", claims.agent_id.as_ref()),
        who("in run", claims.run_id.as_ref()),
        claims.exp.saturating_sub(now),
        claims.jti
    );
    format!("{}\n", visible_line(&line))
}
