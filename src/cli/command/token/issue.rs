use std::path::{Path, PathBuf};

use crate::cli::command::eval::{action_text, earlier, moment_or_now, unreadable};
use crate::cli::history::Forge;
use crate::cli::live::Deciding;
use crate::cli::output::{remark, say, say_json};
use crate::cli::tokens::{self, Signing};
use crate::cli::words::Shown;
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::engine::{Call, Decision, Engine, Granted, State};
use crate::host;
use crate::model::{Action, Bundle, Time};
use crate::records;
use crate::report::{IssuedToken, visible_line};
use crate::text::{Digest, NotCanonical, distinct, jcs_bytes};
use crate::token::{self, Draft, Live, Trust};
use crate::written::TokenDecision;

/// Arguments of `token issue`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A deny gets a token too: it says so. A fact that is not given is unknown, and without --history whatever \
                  hangs on earlier actions is unknown too."
)]
pub struct Args {
    /// The action, a JSON object in a file; `-` or nothing: on standard input.
    action: Option<PathBuf>,
    /// The environment whose live policies decide.
    #[arg(long, value_name = "NAME")]
    environment: String,
    /// The private key, as `ssh-keygen` wrote it; default: its text in the variable `POLICYC_TOKEN_KEY`.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Earlier actions, one JSON object a line: decided first, and not told.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// When it is issued (RFC 3339); default: now.
    #[arg(long, value_name = "TIME", value_parser = moment_or_now)]
    now: Option<Time>,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    forge: Forge,
}

/// Runs `token issue`.
///
/// # Errors
/// When the key is none of the environment's, the action cannot be read, or nothing is live there.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let path = args.action.clone().unwrap_or_else(|| PathBuf::from("-"));
    let stdin = path == Path::new("-");
    if stdin && args.history.as_deref() == Some(Path::new("-")) {
        return Err(Stop::Usage("standard input cannot be both the history and the action".to_owned()));
    }
    if stdin && args.action.is_none() && host::stdin_is_terminal() {
        return Err(Stop::Usage("name the file of an action, or pipe one in".to_owned()));
    }
    let signing = Signing::open(here, &args.environment)?;
    let key = signing.signer(args.key.as_deref(), here)?;
    let intent = Intent::read(&path, here)?;
    let issued_at = args.now.map_or_else(tokens::now, seconds);
    let (pinned, trust) = signing.live(issued_at, intent.run(), &args.forge)?;
    let Some(bundle) = &pinned.session.compilation.bundle else { return Ok(Exit::Findings) };
    let draft = draft(&trust, bundle, &pinned, &intent, args.history.as_deref(), here)?;
    let issued = token::issue(&key, &draft).map_err(not_canonical)?;
    let claims = &issued.claims;
    let effect = claims.decision.effect.as_str();
    remark(&format!("{effect}, holds for {} seconds, id {}", claims.exp - claims.iat, claims.jti));
    super::remark_unreadable(trust.revoked.unreadable.as_ref());
    match args.format {
        Shown::Human => say(&format!("{}\n", issued.token))?,
        Shown::Json => say_json(&IssuedToken::new(issued.token, issued.claims))?,
    }
    Ok(Exit::Clean)
}

/// What is attempted, and the digest of what was read.
pub(super) struct Intent {
    action: Action,
    /// The digest of the RFC 8785 bytes of the action, as it was read.
    pub digest: Digest,
}

impl Intent {
    /// Reads an action from a file or standard input.
    ///
    /// # Errors
    /// When it is no action, or one that two readers of JSON could take for different ones.
    pub fn read(path: &Path, here: &Path) -> Result<Self, Stop> {
        let text = action_text(path, here)?;
        let (intent, doubts) = Self::of(&text).map_err(|why| unreadable(path, &format!("it is no action: {why}")))?;
        for doubt in doubts {
            remark(&format!("note: {doubt}"));
        }
        Ok(intent)
    }

    /// The run that it is of.
    pub fn run(&self) -> Option<&str> {
        self.action.run_id.as_deref().or(self.action.session_id.as_deref())
    }

    /// Reads the text of an action; beside it what of it could not be relied on.
    ///
    /// # Errors
    /// As above, in words.
    pub fn of(text: &str) -> Result<(Self, Vec<String>), String> {
        let record = records::read(text)?;
        let value = distinct(text).map_err(|error| error.to_string())?;
        let digest = Digest::of(&jcs_bytes(&value).map_err(|error| error.0)?);
        Ok((Self { action: record.action, digest }, record.doubts))
    }
}

/// What a token says of an action that is decided under what is live.
pub(super) fn draft(
    trust: &Trust,
    bundle: &Bundle,
    pinned: &Deciding,
    intent: &Intent,
    history: Option<&Path>,
    here: &Path,
) -> Result<Draft, Stop> {
    let engine = Engine::new(bundle);
    let mut state = State::new(&engine).with_kill_switch(pinned.kill_switch);
    match history {
        Some(history) => earlier(history, here, |action| drop(engine.decide(&mut state, action)))?,
        // A token lets something happen: what nobody told may have happened before it.
        None => state = state.with_open_past(),
    }
    let call = Call::of(&intent.action);
    let decision = engine.decide_call(&mut state, &call, |_| Granted::Yes);
    let Live { bundle: digest, sequence, .. } = &trust.live;
    Ok(Draft {
        environment: trust.environment.clone(),
        bundle: digest.clone(),
        sequence: *sequence,
        decision: decided(&engine, &decision, &call),
        action: intent.digest,
        agent_id: call.agent.map(str::to_owned),
        run_id: intent.run().map(str::to_owned),
        issued_at: trust.now,
        ttl: lifetime(bundle, &decision, trust.max_ttl),
    })
}

fn decided(engine: &Engine<'_>, decision: &Decision, call: &Call<'_>) -> TokenDecision {
    let told = engine.told(decision, call);
    let mut reasons: Vec<String> = Vec::new();
    for reason in &told.reasons {
        let code = reason.code.as_str();
        if !reasons.iter().any(|known| known == code) {
            reasons.push(code.to_owned());
        }
    }
    TokenDecision {
        effect: decision.effect,
        certain: decision.is_certain(),
        rule_id: told.rule_id.map(ToString::to_string),
        policy_id: told.policy_id.map(ToString::to_string),
        reasons,
    }
}

/// How long a token holds: as an approval does, and no longer than the environment lets it.
fn lifetime(bundle: &Bundle, decision: &Decision, max_ttl: Option<u64>) -> u64 {
    let rule = decision.rule.and_then(|rank| bundle.rules.get(rank as usize));
    let ttl = rule.and_then(|rule| rule.max_session_ttl).unwrap_or(bundle.defaults.session_ttl);
    max_ttl.map_or(ttl, |most| ttl.min(most))
}

/// A moment in Unix seconds.
pub(super) fn seconds(time: Time) -> u64 {
    u64::try_from(time.unix_seconds()).unwrap_or(0)
}

/// That a token cannot be written.
pub(super) fn not_canonical(NotCanonical(why): NotCanonical) -> Stop {
    let message = format!("the token cannot be written: {}", visible_line(&why));
    Stop::World(Failure::new(codes::SIGNING_KEY, message).help("look at `max_session_ttl` and `session_ttl`"))
}
