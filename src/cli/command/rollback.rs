use std::path::Path;

use super::environments::rollback::Back;
use super::environments::{self, Change};
use crate::cli::history::{self, Opened};
use crate::cli::output::say;
use crate::cli::writing::{self, Move, Writer};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::git::{FileEdit, Head, ObjectId};
use crate::host::{self, Folder};
use crate::lifecycle::{self, Event, Snapshots, Version};
use crate::report::visible_line;
use crate::source::Content;

/// Arguments of `rollback`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The id of a document.
    #[arg(requires = "number")]
    id: Option<String>,
    /// The number of the version to bring back.
    number: Option<u64>,
    /// Roll back what is live in this environment, instead of what is on the protected branch.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// With --environment: everything as it was at this sequence of its lock.
    #[arg(long, value_name = "SEQUENCE", requires = "environment", conflicts_with = "id")]
    to_version: Option<u64>,
    /// Commit on the branch that is checked out; the default while that is no draft's base.
    #[arg(long, conflicts_with_all = ["environment", "draft"])]
    commit: bool,
    #[command(flatten)]
    change: Change,
}

/// Runs `rollback`.
///
/// # Errors
/// When there is no such version, it cannot be put back, or Git cannot write it.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let back = match (&args.id, args.number, args.to_version) {
        (Some(id), Some(number), _) => Back::Document(id.clone(), number),
        (_, _, Some(sequence)) => Back::Sequence(sequence),
        _ => {
            let message = "say what is to come back: ID NUMBER, or with --environment also --to-version SEQUENCE";
            return Err(Stop::Usage(message.to_owned()));
        }
    };
    match (&args.environment, back) {
        (Some(environment), back) => environments::rollback::run(&args.change, here, environment, &back),
        (None, Back::Document(id, number)) => {
            args.change.refuse_environment_options()?;
            document(&Wanted { args, id, number }, here)
        }
        (None, Back::Sequence(_)) => Err(Stop::Usage("--to-version is about an environment".to_owned())),
    }
}

/// A document's old version, as a new one.
struct Wanted<'a> {
    args: &'a Args,
    id: String,
    number: u64,
}

fn document(wanted: &Wanted<'_>, here: &Path) -> Result<Exit, Stop> {
    let (writer, opened) = writing::open(here, &wanted.args.change.branch)?;
    let event = history::known_version(&opened.history, &wanted.id, wanted.number)?;
    let version = Version::read(&opened.database, event)?.ok_or_else(|| history::unreadable_version(event))?;
    let head = opened.database.checked_out()?;
    let on_protected = head.as_ref().is_none_or(|head| head.reference == opened.history.protected.reference);
    if wanted.args.commit && (head.is_none() || !opened.database.has_work_tree()) {
        let message = "there is no branch with commits and files to commit on here";
        return Err(Stop::World(Failure::new(codes::NOT_PLACED, message).help("use --draft NAME")));
    }
    if version.document.is_none() {
        let message = format!("`{}@{}` was merged with errors and means nothing", wanted.id, wanted.number);
        let help = format!("`policyc show {}@{} --source` prints it, to be mended by hand", wanted.id, wanted.number);
        return Err(Stop::World(Failure::new(codes::NOT_PLACED, message).help(help)));
    }
    let draft = wanted.args.change.draft().is_some()
        || !wanted.args.commit && (on_protected || !opened.database.has_work_tree());
    let told = match head.filter(|_| !draft) {
        Some(head) => commit(&writer, &opened, wanted, event, &version, &head)?,
        None => branch(&writer, &opened, wanted, event, &version)?,
    };
    say(&told)?;
    Ok(Exit::Clean)
}

/// The old content on a branch of its own, over the protected branch; the work tree is left alone.
fn branch(
    writer: &Writer,
    opened: &Opened,
    wanted: &Wanted<'_>,
    event: &Event,
    version: &Version,
) -> Result<String, Stop> {
    let (database, tip) = (&opened.database, opened.history.protected.tip);
    let edits = planned(lifecycle::rollback(database, &mut Snapshots::default(), tip, event, version))?;
    let name =
        wanted.args.change.draft().map_or_else(|| format!("rollback/{}-{}", event.id, wanted.number), str::to_owned);
    let reference = database.free_branch(&name)?;
    let commit = database.commit_over(tip, &edits, &message(wanted))?;
    writer.advance(&Move { what: "rollback", reference: &reference, from: None, to: commit })?;
    Ok(format!(
        "branch {name} at {}: {}\nReview it and merge it into {}; then it is version {}.\n",
        commit.short(),
        what(wanted, &edits),
        opened.history.protected.name,
        next(opened, event)
    ))
}

/// The old content as a commit of the branch that is checked out, and in the work tree.
fn commit(
    writer: &Writer,
    opened: &Opened,
    wanted: &Wanted<'_>,
    event: &Event,
    version: &Version,
    head: &Head,
) -> Result<String, Stop> {
    let database = &opened.database;
    let edits = planned(lifecycle::rollback(database, &mut Snapshots::default(), head.commit, event, version))?;
    refuse_unsettled(opened, head, &edits)?;
    let made = database.commit_over(head.commit, &edits, &message(wanted))?;
    writer.advance(&Move { what: "rollback", reference: &head.reference, from: Some(head.commit), to: made })?;
    Ok(format!("commit {} on {}: {}\n", made.short(), short(&head.reference), what(wanted, &edits)))
}

/// What cannot be planned because it is so already is no error of the world.
fn planned(edits: Result<Vec<FileEdit>, Failure>) -> Result<Vec<FileEdit>, Stop> {
    edits.map_err(
        |failure| if failure.code == codes::NOTHING_TO_DO { Stop::Nothing(failure) } else { Stop::World(failure) },
    )
}

/// A commit is made only over files that are as they were committed.
fn refuse_unsettled(opened: &Opened, head: &Head, edits: &[FileEdit]) -> Result<(), Stop> {
    let database = &opened.database;
    let refused = |message: String, help: &str| Err(Stop::World(Failure::new(codes::NOT_PLACED, message).help(help)));
    if let Some(what) = database.in_the_middle_of() {
        return refused(format!("Git is in the middle of {what}"), "finish it or give it up, or use --draft NAME");
    }
    if !head.reference.starts_with("refs/heads/") {
        return refused("no branch is checked out".to_owned(), "check one out, or use --draft NAME");
    }
    let commit = database.commit(head.commit)?;
    for edit in edits {
        // Byte for byte, and a plain file of text: nothing else could be put back.
        let path = opened.root.join(&edit.path);
        let now = host::raw(&path).map(|bytes| ObjectId::of_content(&bytes)).transpose()?;
        let then = database.at(head.commit, &edit.path)?;
        let content = then.map(|id| database.content(id)).transpose()?;
        let link = Folder::new(&opened.root).link_on_the_way(&edit.path).is_some();
        let plain = content.is_none_or(|content| matches!(content, Content::Text(_))) && !link;
        if now != then || !plain || !database.staged_as(&edit.path, &commit)? {
            let message = format!("`{}` has changes that are not committed", edit.path);
            return refused(message, "commit or stash them, or use --draft NAME");
        }
    }
    Ok(())
}

fn message(wanted: &Wanted<'_>) -> String {
    let Wanted { args, id, number } = wanted;
    let reason = args.change.reason.as_ref().map(|reason| format!("{}\n\n", reason.trim())).unwrap_or_default();
    format!("Roll back {id} to version {number}\n\n{reason}Policyc-Rollback: {id}@{number}\n")
}

fn what(args: &Wanted<'_>, edits: &[FileEdit]) -> String {
    let files: Vec<String> = edits.iter().map(|edit| format!("`{}`", visible_line(&edit.path))).collect();
    format!("{} says again what version {} said, in {}", args.id, args.number, files.join(" and "))
}

/// The number that the document's next version has.
fn next(opened: &Opened, event: &Event) -> u64 {
    opened.history.count_at(&event.id, usize::MAX) + 1
}

fn short(reference: &str) -> &str {
    reference.strip_prefix("refs/heads/").unwrap_or(reference)
}
