use std::path::Path;

use crate::cli::drafts::{self, Trial};
use crate::cli::history::{Branch, Forge};
use crate::cli::output::{self, Place, say};
use crate::cli::session::{From, Session};
use crate::cli::writing::{self, Push, Signing, Who};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::lifecycle::record;
use crate::report::visible_line;
use crate::written::ReviewKind;

/// Arguments of `submit`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The draft; default: the branch that is checked out.
    name: Option<String>,
    /// What reviewers should know.
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    forge: Forge,
    #[command(flatten)]
    push: Push,
}

/// Runs `submit`.
///
/// # Errors
/// When there is no such draft, it is in error, or it was submitted like this already.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let (writer, opened) = writing::open(here, &args.branch)?;
    let named = drafts::named(&opened, args.name.as_deref())?;
    let trial = Trial::of(&opened, named, "Try a merge\n")?;
    let session = Session::at(opened.root.clone(), &From { rev: Some(trial.merge.to_string()), now: None })?;
    if session.compilation.has_errors() {
        let found = &session.compilation.diagnostics;
        output::findings(&output::Formats::human(), &session, found, &session.root, Place::Talk)?;
        let message = format!("draft `{}` is in error, and cannot be reviewed like this", trial.named.name);
        return Err(Stop::Nothing(Failure::new(codes::REFUSED, message).help("mend it, and submit it again")));
    }
    let sources = args.forge.sources(here, &opened.database)?;
    let proposal = trial.proposal(&opened, &sources)?;
    let who = Who::of(&opened.database)?;
    let mut written = drafts::record(&proposal, ReviewKind::Submit, &who.account, who.at, trial.named.commit);
    written.comment.clone_from(&args.message);
    let again = sources.records.iter().flatten().any(|known| {
        let same = &known.written;
        same.kind == ReviewKind::Submit && same.documents == written.documents && same.governing == written.governing
    });
    if written.documents.is_empty() && written.governing.is_empty() {
        let message = format!("draft `{}` changes no document and nothing that governs", trial.named.name);
        return Err(Stop::Nothing(Failure::new(codes::NOTHING_TO_DO, message).help("nothing was written")));
    }
    if !again {
        let signed = args.signing.signed(written, &opened.database, here)?;
        writer.note(trial.named.commit, &[record::line(&signed).map_err(drafts::unwritable)?])?;
    }
    if let Some(shared) = args.push.shared(&opened.root)? {
        let protected = format!("refs/heads/{}", opened.history.protected.short());
        shared.send(&writer, &trial.named.reference, "submit", &protected)?;
    } else if again {
        let message = format!("draft `{}` was submitted like this already", trial.named.name);
        return Err(Stop::Nothing(Failure::new(codes::NOTHING_TO_DO, message).help("nothing was written")));
    }
    let proposal = trial.proposal(&opened, &args.forge.sources(here, &opened.database)?)?;
    let missing = super::review::missing(&proposal);
    let missing = if missing.is_empty() { "nothing is missing".to_owned() } else { missing.join("; ") };
    let name = &visible_line(&trial.named.name);
    say(&format!(
        "draft {name} is up for review: {missing}\n`policyc review {name}` with --approve, --request-changes or --comment answers it\n"
    ))?;
    Ok(Exit::Clean)
}
