use std::path::{Path, PathBuf};

use super::issue::{Intent, draft, not_canonical};
use crate::cli::history::Forge;
use crate::cli::output::{remark, say, say_json};
use crate::cli::tokens::{self, Signing};
use crate::cli::words::Shown;
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::host::Stopwatch;
use crate::report::{TokenAttempt, TokenTest, token_test_human};
use crate::text::Digest;
use crate::token::{self, Live, Refused, Rehearsal, Revoked, SigningKey, Trust};
use crate::written::TokenClaims;

/// Arguments of `token test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The environment.
    #[arg(long, value_name = "NAME")]
    environment: String,
    /// The private key, as `ssh-keygen` wrote it; default: its text in the variable `POLICYC_TOKEN_KEY`.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// How to show what came out.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    forge: Forge,
}

/// An action that nobody attempts.
const INTENT: &str = r#"{"agent_id": "policyc-token-test", "integration": "policyc", "operation": "token-test", "run_id": "policyc-token-test"}"#;
/// Its run.
const RUN: &str = "policyc-token-test";

/// How long it takes to sign a decision and to verify it, in microseconds, so many times.
///
/// # Errors
/// When the key is none of the environment's, or nothing is live there.
pub fn timed(here: &Path, environment: &str, key: Option<&Path>, forge: &Forge, times: u64) -> Result<Vec<f64>, Stop> {
    let signing = Signing::open(here, environment)?;
    let key = signing.signer(key, here)?;
    let (pinned, trust) = signing.live(tokens::now(), Some(RUN), forge)?;
    let Some(bundle) = &pinned.session.compilation.bundle else { return Ok(Vec::new()) };
    let (intent, _) = Intent::of(INTENT).map_err(|why| Failure::new(codes::BUG, why))?;
    let draft = draft(&trust, bundle, &pinned, &intent, None, here)?;
    let trust = Trust { any_effect: true, live: Live { kill_switch: false, ..trust.live.clone() }, ..trust };
    let rehearsal = Rehearsal { key: &key, draft: &draft, trust: &trust };
    let mut taken = Vec::new();
    for round in 0..times {
        let watch = Stopwatch::begin();
        let issued = rehearsal.issue(round).map_err(not_canonical)?;
        let verified = rehearsal.verify(&issued);
        taken.push(watch.microseconds());
        if let Err(refused) = verified {
            let message = format!("a token that was signed now does not hold: {}", refused.why);
            return Err(Failure::new(codes::TOKEN_REFUSED, message).help("`policyc token test` tells more").into());
        }
    }
    Ok(taken)
}

/// Runs `token test`.
///
/// # Errors
/// When the key is none of the environment's, or nothing is live there.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let signing = Signing::open(here, &args.environment)?;
    let key = signing.signer(args.key.as_deref(), here)?;
    let (pinned, trust) = signing.live(tokens::now(), Some(RUN), &args.forge)?;
    let Some(bundle) = &pinned.session.compilation.bundle else { return Ok(Exit::Findings) };
    let (intent, _) = Intent::of(INTENT).map_err(|why| Failure::new(codes::BUG, why))?;
    let draft = draft(&trust, bundle, &pinned, &intent, None, here)?;
    let mut attempts = vec![sound(&key, &draft, &trust)?];
    let stranger = SigningKey::of_seed(&stranger(&key));
    // What stops every token must not hide that a forgery would be taken.
    let bare = Trust {
        live: Live { kill_switch: false, ..trust.live.clone() },
        revoked: Revoked::default(),
        any_effect: true,
        ..trust.clone()
    };
    for attack in token::attacks(&key, &stranger, &draft).map_err(not_canonical)? {
        attempts.push(attempt(attack.name, false, token::verify(&attack.token, &bare)));
    }
    let report = TokenTest::new(args.environment.clone(), key.public().id(), draft.decision.effect, attempts);
    if trust.live.kill_switch {
        remark("note: the kill switch is on, so no token holds");
    }
    match args.format {
        Shown::Human => say(&token_test_human(&report))?,
        Shown::Json => say_json(&report)?,
    }
    Ok(if report.passed { Exit::Clean } else { Exit::Findings })
}

/// A token that must hold, unless everything is stopped.
fn sound(key: &SigningKey, draft: &token::Draft, trust: &Trust) -> Result<TokenAttempt, Stop> {
    let trust = Trust { any_effect: true, ..trust.clone() };
    let rehearsal = Rehearsal { key, draft, trust: &trust };
    let issued = rehearsal.issue(0).map_err(not_canonical)?;
    let verified = token::verify(&issued.token, &trust);
    Ok(attempt("sound", !trust.live.kill_switch, verified))
}

fn attempt(name: &'static str, must_hold: bool, verified: Result<TokenClaims, Refused>) -> TokenAttempt {
    TokenAttempt::new(name, must_hold, verified.err().map(|refused| (refused.why.word(), refused.why.to_string())))
}

/// The seed of a key that is none of the environment's.
fn stranger(key: &SigningKey) -> [u8; 32] {
    let name = Digest::of(format!("a stranger to {}", key.public().id()).as_bytes()).to_string();
    let mut seed = [0; 32];
    seed.iter_mut().zip(name.bytes().rev()).for_each(|(byte, digit)| *byte = digit);
    seed
}
