//! Everything that commands change in a repository goes through here: one writer at a time, references only from where they
//! were seen, and what an interrupted call left behind is told and settled first.

mod journal;
mod push;
mod who;

use std::cell::RefCell;
use std::path::PathBuf;

pub use push::{Push, Shared};
pub use who::{Signing, Who};

use self::journal::Journal;
use super::Stop;
use super::history::{self, Branch, Opened};
use super::output::remark;
use crate::diag::{Failure, codes};
use crate::git::{Database, ObjectId};
use crate::host::{Exclusive, fault};

/// The right to write to a repository.
pub struct Writer {
    top: Database,
    journal: Journal,
    place: PathBuf,
    alone: RefCell<Option<Exclusive>>,
    /// Why what an interrupted call left could not be settled: checked-out files must not be moved over it.
    unsettled: Option<Failure>,
}

/// A branch that is to move.
#[derive(Debug, Clone)]
pub struct Move<'a> {
    /// The command, for people who find it interrupted.
    pub what: &'a str,
    /// The full name of the branch.
    pub reference: &'a str,
    /// Where it is; `None`: it is made.
    pub from: Option<ObjectId>,
    /// Where it goes.
    pub to: ObjectId,
}

impl Writer {
    /// Waits for other writers, and settles what an interrupted one left.
    ///
    /// # Errors
    /// When the repository is busy, or what was left cannot be settled.
    pub fn begin(root: &std::path::Path) -> Result<Self, Stop> {
        let top = top(root)?;
        let place = top.common_folder().join("policyc").join("lock");
        let alone = Exclusive::take(&place)?;
        let journal = Journal::of(&top);
        let unsettled = match journal.settle(&top) {
            Ok(words) => {
                if let Some(words) = words {
                    remark(&format!("note: {words}"));
                }
                None
            }
            Err(failure) => Some(failure),
        };
        Ok(Self { top, journal, place, alone: RefCell::new(Some(alone)), unsettled })
    }

    /// Does something that may take long, such as asking a remote, and lets other writers go on meanwhile. References move only
    /// from where they are seen afterwards.
    ///
    /// # Errors
    /// When another writer does not end.
    pub fn apart<T>(&self, long: impl FnOnce() -> T) -> Result<T, Stop> {
        self.alone.replace(None);
        let done = long();
        self.alone.replace(Some(Exclusive::take(&self.place)?));
        Ok(done)
    }

    /// Moves a branch, and the files where it is checked out here. Either all of it is done, or the next call takes it back.
    ///
    /// # Errors
    /// When somebody else moved the branch, files stand in the way, or something cannot be written.
    pub fn advance(&self, wanted: &Move<'_>) -> Result<(), Stop> {
        let Move { what, reference, from, to } = *wanted;
        let why = format!("policyc {what}");
        let here = self.top.is_checked_out(reference)?;
        let (Some(from), true) = (from, here) else {
            self.refuse_elsewhere(reference)?;
            fault::step("reference")?;
            return Ok(self.top.move_reference(reference, from, Some(to), &why)?);
        };
        if let Some(failure) = &self.unsettled {
            return Err(failure.clone().into());
        }
        self.ready_files(from, to)?;
        fault::step("journal")?;
        self.journal.write(wanted)?;
        fault::step("files")?;
        let moved = self.top.bring_files(from, to).and_then(|()| {
            fault::step("reference")?;
            self.top.move_reference(reference, Some(from), Some(to), &why)
        });
        if let Err(failure) = moved {
            // Somebody else may have moved the branch: the files follow it to where it is now. What cannot be taken back now is
            // taken back by the next call.
            let now = self.top.head_of(reference).ok().flatten().map_or(from, |head| head.commit);
            if self.top.take_files_back(from, to, now).is_ok() {
                self.journal.close()?;
            }
            return Err(failure.into());
        }
        fault::step("end")?;
        Ok(self.journal.close()?)
    }

    /// Whether the files could follow a branch from one commit to another.
    ///
    /// # Errors
    /// When they could not.
    pub fn ready(&self, reference: &str, from: ObjectId, to: ObjectId) -> Result<(), Stop> {
        if self.top.is_checked_out(reference)? { self.ready_files(from, to) } else { self.refuse_elsewhere(reference) }
    }

    fn ready_files(&self, from: ObjectId, to: ObjectId) -> Result<(), Stop> {
        if let Some(what) = self.top.in_the_middle_of() {
            let message = format!("Git is in the middle of {what}");
            return Err(Failure::new(codes::NOT_PLACED, message).help("finish it or give it up").into());
        }
        Ok(self.top.can_bring_files(from, to)?)
    }

    /// Files of another work tree would fall behind its branch.
    fn refuse_elsewhere(&self, reference: &str) -> Result<(), Stop> {
        match self.top.elsewhere(reference)?.first() {
            None => Ok(()),
            Some(name) => {
                let message = format!("`{reference}` is checked out in the work tree `{name}`");
                Err(Failure::new(codes::NOT_PLACED, message).help("run the command there").into())
            }
        }
    }

    /// Adds review records to the notes.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn note(&self, about: ObjectId, lines: &[String]) -> Result<(), Stop> {
        fault::step("notes")?;
        if let Some((from, to)) = self.top.notes_with(about, lines)? {
            fault::step("reference")?;
            self.top.move_reference(crate::git::NOTES, from, Some(to), "policyc review")?;
        }
        Ok(())
    }

    /// Removes a branch.
    ///
    /// # Errors
    /// When it is checked out, or somebody else moved it.
    pub fn remove(&self, reference: &str, from: ObjectId) -> Result<(), Stop> {
        if self.top.is_checked_out(reference)? {
            let message = format!("`{reference}` is checked out here");
            return Err(Failure::new(codes::NOT_PLACED, message).help("switch to another branch first").into());
        }
        self.refuse_elsewhere(reference)?;
        fault::step("reference")?;
        Ok(self.top.move_reference(reference, Some(from), None, "policyc draft delete")?)
    }

    /// The Git repository around the policies.
    pub fn top(&self) -> &Database {
        &self.top
    }
}

/// What an interrupted call left and the next one that writes will settle, in words.
///
/// # Errors
/// When the repository cannot be opened.
pub fn interrupted(root: &std::path::Path) -> Result<Option<String>, Stop> {
    let top = top(root)?;
    Ok(Journal::of(&top).pending().map(|pending| format!("`policyc {}` was interrupted", pending.what)))
}

/// The whole Git repository around a folder.
fn top(root: &std::path::Path) -> Result<Database, Failure> {
    let missing = || {
        Failure::new(codes::GIT, "this policy repository is not kept in Git, so nothing can be recorded")
            .help("`git init`, and commit the policies")
    };
    let around = crate::git::discover(root)?.ok_or_else(missing)?;
    let folder: PathBuf = around.workdir().unwrap_or(around.path()).to_path_buf();
    Database::open(&folder)?.ok_or_else(missing)
}

/// Opens the repository to write to: as writer first, so that what is read is not half done.
///
/// # Errors
/// When it is busy, or its history cannot be told.
pub fn open(here: &std::path::Path, branch: &Branch) -> Result<(Writer, Opened), Stop> {
    let (root, _) = history::database(here)?;
    let writer = Writer::begin(&root)?;
    let opened = history::open(here, branch)?;
    Ok((writer, opened))
}
