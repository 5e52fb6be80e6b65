use std::path::Path;

use crate::cli::history::{self, Branch, Opened};
use crate::cli::output::say;
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
    id: String,
    /// The number of the version to bring back.
    number: u64,
    /// Why, for the message of the commit.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Make a branch of this name over the protected branch; the default while that is checked out.
    #[arg(long, value_name = "NAME", conflicts_with = "commit")]
    draft: Option<String>,
    /// Commit on the branch that is checked out; the default while that is another.
    #[arg(long)]
    commit: bool,
    #[command(flatten)]
    branch: Branch,
}

/// Runs `rollback`.
///
/// # Errors
/// When there is no such version, it cannot be put back, or Git cannot write it.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let opened = history::open(here, &args.branch)?;
    let event = history::known_version(&opened.history, &args.id, args.number)?;
    let version = Version::read(&opened.database, event)?.ok_or_else(|| history::unreadable_version(event))?;
    let head = opened.database.checked_out()?;
    let on_protected = head.as_ref().is_none_or(|head| head.reference == opened.history.protected.reference);
    if args.commit && (head.is_none() || !opened.database.has_work_tree()) {
        let message = "there is no branch with commits and files to commit on here";
        return Err(Stop::World(Failure::new(codes::NOT_PLACED, message).help("use --draft NAME")));
    }
    if version.document.is_none() {
        let message = format!("`{}@{}` was merged with errors and means nothing", args.id, args.number);
        let help = format!("`policyc show {}@{} --source` prints it, to be mended by hand", args.id, args.number);
        return Err(Stop::World(Failure::new(codes::NOT_PLACED, message).help(help)));
    }
    let draft = args.draft.is_some() || !args.commit && (on_protected || !opened.database.has_work_tree());
    let told = match head.filter(|_| !draft) {
        Some(head) => commit(&opened, args, event, &version, &head)?,
        None => branch(&opened, args, event, &version)?,
    };
    say(&told)?;
    Ok(Exit::Clean)
}

/// The old content on a branch of its own, over the protected branch; the work tree is left alone.
fn branch(opened: &Opened, args: &Args, event: &Event, version: &Version) -> Result<String, Stop> {
    let (database, tip) = (&opened.database, opened.history.protected.tip);
    let edits = planned(lifecycle::rollback(database, &mut Snapshots::default(), tip, event, version))?;
    let name = args.draft.clone().unwrap_or_else(|| format!("rollback/{}-{}", event.id, args.number));
    let commit = database.commit_over(tip, &edits, &message(args))?;
    database.new_branch(&name, commit, "policyc rollback")?;
    Ok(format!(
        "branch {name} at {}: {}\nReview it and merge it into {}; then it is version {}.\n",
        commit.short(),
        what(args, &edits),
        opened.history.protected.name,
        next(opened, event)
    ))
}

/// The old content as a commit of the branch that is checked out, and in the work tree.
fn commit(opened: &Opened, args: &Args, event: &Event, version: &Version, head: &Head) -> Result<String, Stop> {
    let database = &opened.database;
    let edits = planned(lifecycle::rollback(database, &mut Snapshots::default(), head.commit, event, version))?;
    refuse_unsettled(opened, head, &edits)?;
    let before = committed(opened, head, &edits)?;
    let made = database.commit_over(head.commit, &edits, &message(args))?;
    // Should this end here, the work tree holds the old content, not committed: nothing is lost and Git shows it.
    let done = write(opened, &edits)
        .and_then(|()| database.stage(&edits, made))
        .and_then(|()| database.move_branch(&head.reference, head.commit, made, "policyc rollback"));
    if let Err(failure) = done {
        // The files were as they were committed, so they can be put back.
        let _ = write(opened, &before).and_then(|()| database.stage(&before, head.commit));
        return Err(failure.into());
    }
    Ok(format!("commit {} on {}: {}\n", made.short(), short(&head.reference), what(args, &edits)))
}

fn write(opened: &Opened, edits: &[FileEdit]) -> Result<(), Failure> {
    for edit in edits {
        let path = opened.root.join(&edit.path);
        match &edit.text {
            Some(text) => host::write_whole(&path, text.as_bytes())?,
            None if host::exists(&path) => host::remove(&path)?,
            None => {}
        }
    }
    Ok(())
}

/// The same files as they are committed.
fn committed(opened: &Opened, head: &Head, edits: &[FileEdit]) -> Result<Vec<FileEdit>, Failure> {
    let database = &opened.database;
    let before = |edit: &FileEdit| {
        let content = database.at(head.commit, &edit.path)?.map(|id| database.content(id)).transpose()?;
        let text = content.map(|content| content.shown().to_owned());
        Ok(FileEdit { path: edit.path.clone(), text })
    };
    edits.iter().map(before).collect()
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

fn message(args: &Args) -> String {
    let Args { id, number, reason, .. } = args;
    let reason = reason.as_ref().map(|reason| format!("{}\n\n", reason.trim())).unwrap_or_default();
    format!("Roll back {id} to version {number}\n\n{reason}Policyc-Rollback: {id}@{number}\n")
}

fn what(args: &Args, edits: &[FileEdit]) -> String {
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
