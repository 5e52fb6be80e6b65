use std::path::Path;

use crate::cli::drafts::{self, Trial};
use crate::cli::history::{self, Branch, Forge};
use crate::cli::output::{say, say_json};
use crate::cli::words::Shown;
use crate::cli::writing::{self, Move, Push, Writer};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::git::ObjectId;
use crate::report::{CiReport, PartOutcome, PartVerdict, visible_line};

/// Arguments of `merge`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The draft; default: the branch that is checked out.
    name: Option<String>,
    /// What the message of the merge says beside the names.
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Only judge it.
    #[arg(long)]
    dry_run: bool,
    /// How to show the verdict.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    forge: Forge,
    #[command(flatten)]
    push: Push,
}

/// Runs `merge`.
///
/// # Errors
/// When there is no such draft, both sides changed the same places, or somebody was faster.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let (writer, opened) = writing::open(here, &args.branch)?;
    let draft = drafts::named(&opened, args.name.as_deref())?;
    let reference = format!("refs/heads/{}", opened.history.protected.short());
    drop(opened);
    let mut told = String::new();
    let mut make = || {
        let (merge, words) = judged(args, here, &draft)?;
        told = words;
        Ok(merge)
    };
    if args.dry_run {
        make()?;
        return Ok(Exit::Clean);
    }
    match args.push.shared(writer.top().work_folder().as_path())? {
        Some(shared) => {
            shared.commit_on(&writer, &reference, "merge", &mut make)?;
        }
        None => here_only(&writer, &reference, &mut make)?,
    }
    if args.format == Shown::Human {
        say(&told)?;
    }
    Ok(Exit::Clean)
}

/// Moves the branch of this clone. One that only origin has is made first.
fn here_only(writer: &Writer, reference: &str, make: &mut dyn FnMut() -> Result<ObjectId, Stop>) -> Result<(), Stop> {
    let to = make()?;
    let from = writer.top().head_of(reference)?.map(|head| head.commit);
    let parent = writer.top().commit(to)?.parents.first().copied();
    if from.is_some() && from != parent {
        let message = format!("`{reference}` is not what was judged");
        return Err(Failure::new(codes::GIT, message).help("run the command again").into());
    }
    writer.advance(&Move { what: "merge", reference, from, to })
}

/// Merges the draft in memory, and judges that as CI would. Answers the merge, and what to say once it is done.
fn judged(args: &Args, here: &Path, draft: &drafts::Named) -> Result<(ObjectId, String), Stop> {
    let opened = history::open(here, &args.branch)?;
    let trial = Trial::of(&opened, draft.clone(), "Try a merge\n")?;
    let verdict = trial.verdict(here, &args.forge)?;
    match args.format {
        Shown::Json => say_json(&verdict.report)?,
        Shown::Human => verdict.show()?,
    }
    if !verdict.passed() {
        let message = format!("draft `{}` cannot be merged: {}", draft.name, lacking(&verdict.report).join("; "));
        return Err(Stop::Nothing(Failure::new(codes::REFUSED, message).help("nothing was written")));
    }
    let title = format!("Merge draft {}", draft.name);
    let merge = opened.database.merge(trial.tip, draft.commit, &message(&title, args, &verdict.report))?;
    let merge = merge.commit(&format!("`{}`", draft.name))?;
    let branch = visible_line(&opened.history.protected.name);
    Ok((merge, format!("draft {} is merged: {branch} is at {}\n", visible_line(&draft.name), merge.short())))
}

/// The parts that stand against it.
fn lacking(report: &CiReport) -> Vec<String> {
    // What head's errors leave unanswered is not named beside them.
    let in_error = report.parts.iter().any(|part| part.part == "check" && part.outcome == PartOutcome::Refused);
    let named = |part: &&PartVerdict| part.is_against() && !(in_error && part.outcome == PartOutcome::NotRun);
    let against = report.parts.iter().filter(named);
    let mut words: Vec<String> = against.map(|part| format!("{} ({})", part.part, part.sentence)).collect();
    let missing = report.approvals.iter().flat_map(|line| &line.changes).flat_map(|change| change.missing.clone());
    let mut missing: Vec<String> = missing.collect();
    missing.sort();
    missing.dedup();
    words.extend(missing);
    words
}

fn message(title: &str, args: &Args, report: &CiReport) -> String {
    let words = args.message.as_ref().map(|text| format!("{}\n\n", text.trim())).unwrap_or_default();
    let approvers = report.approvals.iter().flat_map(|line| &line.approvers);
    let trailers: String = approvers.map(|who| format!("Approved-by: {who}\n")).collect();
    let draft = title.trim_start_matches("Merge draft ");
    format!("{title}\n\n{words}{trailers}Policyc-Draft: {draft}\n")
}
