use std::path::Path;

use crate::cli::drafts::{self, Trial};
use crate::cli::history::{self, Branch, Forge, Opened};
use crate::cli::output::{remark, say};
use crate::cli::writing::{self, Push, Signing, Who};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::lifecycle::approvals::{Outcome, Review};
use crate::lifecycle::{Proposal, Sources, record};
use crate::report::visible_line;
use crate::written::ReviewKind;

/// Arguments of `review`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The draft; default: the branch that is checked out.
    name: Option<String>,
    #[command(flatten)]
    said: Said,
    /// What you want to say.
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Refuse it where the draft is no longer at this commit.
    #[arg(long, value_name = "COMMIT")]
    at: Option<String>,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    forge: Forge,
    #[command(flatten)]
    push: Push,
}

/// What is said.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Said {
    /// Yes: this change, and no other.
    #[arg(long)]
    approve: bool,
    /// No, not like this; takes an earlier yes back.
    #[arg(long)]
    request_changes: bool,
    /// Neither.
    #[arg(long)]
    comment: bool,
}

impl Said {
    fn kind(&self) -> ReviewKind {
        match self {
            Self { approve: true, .. } => ReviewKind::Approve,
            Self { request_changes: true, .. } => ReviewKind::RequestChanges,
            _ => ReviewKind::Comment,
        }
    }
}

/// Runs `review`.
///
/// # Errors
/// When there is no such draft, or the record cannot be signed or written.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let kind = args.said.kind();
    if kind == ReviewKind::Comment && args.message.is_none() {
        return Err(Stop::Usage("a comment needs its text: --comment -m TEXT".to_owned()));
    }
    let (writer, opened) = writing::open(here, &args.branch)?;
    let shared = args.push.shared(&opened.root)?;
    if let Some(shared) = &shared {
        shared.catch_up(&writer, &format!("refs/heads/{}", opened.history.protected.short()))?;
    }
    let opened = history::open(here, &args.branch)?;
    let named = drafts::named(&opened, args.name.as_deref())?;
    if let Some(at) = &args.at
        && opened.database.revision(at)? != named.commit
    {
        let message = format!("draft `{}` is at {} by now", named.name, named.commit.short());
        return Err(Stop::Nothing(
            Failure::new(codes::REFUSED, message).help("look at what changed since, and review that"),
        ));
    }
    let trial = Trial::of(&opened, named, "Try a merge\n")?;
    let sources = args.forge.sources(here, &opened.database)?;
    let proposal = trial.proposal(&opened, &sources)?;
    let who = Who::of(&opened.database)?;
    let mut written = drafts::record(&proposal, kind, &who.account, who.at, trial.named.commit);
    if written.documents.is_empty() && written.governing.is_empty() {
        let message = format!("draft `{}` changes no document and nothing that governs", trial.named.name);
        return Err(Stop::Nothing(Failure::new(codes::NOTHING_TO_DO, message).help("nothing was written")));
    }
    written.comment.clone_from(&args.message);
    let signed = args.signing.signed(written, &opened.database, here)?;
    drafts::refuse_refuted(&opened, &signed)?;
    if !drafts::is_said(&opened, &sources, &signed) {
        writer.note(trial.named.commit, &[record::line(&signed).map_err(drafts::unwritable)?])?;
    }
    if let Some(shared) = shared {
        shared.send_notes(&writer)?;
    }
    tell(&opened, &trial, kind, &who, signed.signature.is_some())
}

/// Says what was recorded, and what it counts for.
fn tell(opened: &Opened, trial: &Trial, kind: ReviewKind, who: &Who, signed: bool) -> Result<Exit, Stop> {
    let sources = Sources::read(&opened.database, None)?;
    let proposal = trial.proposal(opened, &sources)?;
    let how = if signed { ", signed" } else { "" };
    let name = &visible_line(&trial.named.name);
    let said = match kind {
        ReviewKind::Approve => "approved",
        ReviewKind::RequestChanges => "asked for changes of",
        ReviewKind::Comment | ReviewKind::Submit => "commented on",
    };
    say(&format!("{} {said} draft {name} at {}{how}\n", visible_line(&who.account), trial.named.commit.short()))?;
    if kind == ReviewKind::Approve {
        for why in faults(&proposal, &who.account) {
            remark(&format!("warning: it counts for nothing: {why}"));
        }
    }
    let outcome = match proposal.outcome() {
        Outcome::Met => "the approvals that this change needs are there; `policyc merge` judges the rest".to_owned(),
        _ => format!("still missing: {}", missing(&proposal).join("; ")),
    };
    say(&format!("{outcome}\n"))?;
    Ok(Exit::Clean)
}

/// Why the newest approvals of an account do not count.
fn faults(proposal: &Proposal, account: &str) -> Vec<String> {
    let of = |judgement: &crate::lifecycle::approvals::Judgement| {
        let is_own = |review: &&Review| review.account.eq_ignore_ascii_case(account) && !review.stale;
        let own = judgement.reviews.iter().rfind(is_own);
        own.filter(|review| !review.counts).and_then(|review| review.why_not.clone())
    };
    let mut found: Vec<String> = proposal.judgements().filter_map(of).collect();
    found.sort();
    found.dedup();
    found
}

/// What is missing, each thing once.
pub fn missing(proposal: &Proposal) -> Vec<String> {
    let mut all: Vec<String> = proposal.judgements().flat_map(|judgement| judgement.missing.clone()).collect();
    all.sort();
    all.dedup();
    all
}
