use std::path::Path;

use super::{Move, Writer};
use crate::cli::Stop;
use crate::cli::output::remark;
use crate::diag::{Failure, codes};
use crate::git::{NOTES, ObjectId};
use crate::host::{Pushed, Remote, Update, fault};

/// Whether what is done goes to a remote, too.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Push {
    /// Do it at this remote too (default: origin), from where it is by now: two people at once lose nothing.
    #[arg(long, value_name = "REMOTE", num_args = 0..=1, require_equals = true, default_missing_value = "origin")]
    push: Option<String>,
}

/// How often something is tried again after others moved a branch meanwhile.
const TRIES: usize = 6;

impl Push {
    /// Whether it is asked for.
    pub fn is_asked(&self) -> bool {
        self.push.is_some()
    }

    /// The remote, where one is asked for.
    ///
    /// # Errors
    /// When its name is none.
    pub fn shared(&self, root: &Path) -> Result<Option<Shared>, Stop> {
        let remote = self.push.as_ref().map(|name| Remote::new(root, name)).transpose()?;
        Ok(remote.map(|remote| Shared { remote }))
    }
}

/// A remote that others write to as well.
pub struct Shared {
    remote: Remote,
}

/// What a try came to.
enum Tried {
    /// It is done.
    Done,
    /// Somebody was faster.
    Again,
}

impl Shared {
    /// Its name.
    pub fn name(&self) -> &str {
        self.remote.name()
    }

    /// Where branches are at the remote, after their commits and the review notes were brought here.
    fn fetched(&self, writer: &Writer, references: &[&str]) -> Result<Vec<Option<ObjectId>>, Stop> {
        let names: Vec<&str> = references.iter().copied().chain([NOTES]).collect();
        let there = writer.apart(|| self.remote.heads(&names))??;
        let local = |name: &str| match name.strip_prefix("refs/heads/") {
            Some(short) => format!("refs/remotes/{}/{short}", self.name()),
            None => self.notes(),
        };
        let pairs: Vec<(String, String)> = there.iter().map(|(name, _)| (name.clone(), local(name))).collect();
        if !pairs.is_empty() {
            writer.apart(|| self.remote.fetch(&pairs))??;
        }
        let top = writer.top();
        let mut found = Vec::new();
        for reference in references {
            let is_there = there.iter().any(|(name, _)| name == reference);
            let head = if is_there { top.head_of(&local(reference))? } else { None };
            found.push(head.map(|head| head.commit));
        }
        Ok(found)
    }

    /// Where the remote's review notes are kept here.
    fn notes(&self) -> String {
        format!("refs/policyc/{}/notes", self.name())
    }

    /// Brings the remote's branch and notes here: a branch that is behind goes forward, one that parted is refused.
    ///
    /// # Errors
    /// When the remote cannot be reached, or both have commits that the other has not.
    pub fn catch_up(&self, writer: &Writer, reference: &str) -> Result<Option<ObjectId>, Stop> {
        let there = self.fetched(writer, &[reference])?.into_iter().next().flatten();
        self.join_notes(writer)?;
        let top = writer.top();
        let here = top.head_of(reference)?.map(|head| head.commit);
        let Some(theirs) = there else { return Ok(None) };
        match here {
            None => writer.advance(&Move { what: "fetch", reference, from: None, to: theirs })?,
            Some(ours) if ours == theirs || top.is_ancestor(theirs, ours)? => {}
            Some(ours) if top.is_ancestor(ours, theirs)? => {
                writer.advance(&Move { what: "fetch", reference, from: Some(ours), to: theirs })?;
            }
            Some(_) => {
                let message = format!("`{reference}` here and at `{}` have parted", self.name());
                let help =
                    "each has commits that the other has not: move those of here over what came, with `git rebase`";
                return Err(Failure::new(codes::REMOTE, message).help(help).into());
            }
        }
        Ok(Some(theirs))
    }

    /// Takes the remote's review records over; those of here stay.
    fn join_notes(&self, writer: &Writer) -> Result<(), Stop> {
        let top = writer.top();
        let (ours, theirs) = (top.head_of(NOTES)?, top.head_of(&self.notes())?);
        let Some(theirs) = theirs.map(|head| head.commit) else { return Ok(()) };
        let ours = ours.map(|head| head.commit);
        let both = ours.map_or(Ok(theirs), |ours| top.notes_of_both(ours, theirs))?;
        if ours != Some(both) {
            top.move_reference(NOTES, ours, Some(both), "policyc: records of others")?;
        }
        Ok(())
    }

    /// Moves a branch at the remote, together with the review notes of here.
    fn try_push(&self, writer: &Writer, reference: &str, to: ObjectId) -> Result<Tried, Stop> {
        let from = self.fetched(writer, &[reference])?.into_iter().next().flatten();
        self.join_notes(writer)?;
        let top = writer.top();
        if let Some(from) = from
            && !top.is_ancestor(from, to)?
        {
            return Ok(Tried::Again);
        }
        let mut updates = Vec::new();
        if from != Some(to) {
            updates.push(update(reference, from, Some(to)));
        }
        let (ours, theirs) = (top.head_of(NOTES)?, top.head_of(&self.notes())?);
        if let Some(ours) = ours.filter(|ours| theirs.as_ref().is_none_or(|theirs| theirs.commit != ours.commit)) {
            updates.push(update(NOTES, theirs.map(|head| head.commit), Some(ours.commit)));
        }
        fault::step("push")?;
        self.sent(writer, &updates)
    }

    fn sent(&self, writer: &Writer, updates: &[Update]) -> Result<Tried, Stop> {
        if updates.is_empty() {
            return Ok(Tried::Done);
        }
        match writer.apart(|| self.remote.push(updates))?? {
            Pushed::Done => Ok(Tried::Done),
            Pushed::Stale => Ok(Tried::Again),
            Pushed::Refused(why) => {
                let message = format!("`{}` refuses it: {why}", self.name());
                let help = "it may protect the branch: open a pull request instead";
                Err(Failure::new(codes::REMOTE, message).help(help).into())
            }
        }
    }

    /// Makes a commit over the branch as it is at the remote by now, and moves the branch there first and here then. `make`
    /// is called again where somebody was faster.
    ///
    /// # Errors
    /// When `make` fails, or the remote cannot be reached or refuses it.
    pub fn commit_on(
        &self,
        writer: &Writer,
        reference: &str,
        what: &str,
        make: &mut dyn FnMut() -> Result<ObjectId, Stop>,
    ) -> Result<ObjectId, Stop> {
        for _ in 0..TRIES {
            let there = self.catch_up(writer, reference)?;
            let before = writer.top().head_of(reference)?.map(|head| head.commit);
            if there != before {
                return Err(self.ahead(reference));
            }
            let made = make()?;
            if let Some(before) = before {
                writer.ready(reference, before, made)?;
            }
            match self.try_push(writer, reference, made)? {
                Tried::Again => remark(&format!("note: somebody moved `{reference}` meanwhile; trying again")),
                Tried::Done => {
                    fault::step("pushed")?;
                    writer.advance(&Move { what, reference, from: before, to: made })?;
                    return Ok(made);
                }
            }
        }
        Err(self.lost_race(reference))
    }

    /// Refuses to send a commit that comes with commits of the protected branch that only this clone has: nobody has reviewed
    /// these, and nobody asked to send them.
    ///
    /// # Errors
    /// When it does, or the remote cannot be reached.
    pub fn refuse_ahead(&self, writer: &Writer, protected: &str, to: ObjectId) -> Result<(), Stop> {
        let theirs = self.fetched(writer, &[protected])?.into_iter().next().flatten();
        let top = writer.top();
        let Some(ours) = top.head_of(protected)?.map(|head| head.commit) else { return Ok(()) };
        for base in top.merge_bases(ours, to)? {
            let has = theirs.map_or(Ok(false), |theirs| top.is_ancestor(base, theirs))?;
            if !has {
                return Err(self.ahead(protected));
            }
        }
        Ok(())
    }

    /// Sends a branch of here, merged with what others sent, and the notes.
    ///
    /// # Errors
    /// When both changed the same places, it comes with commits of the protected branch that the remote has not, or the remote
    /// cannot be reached or refuses it.
    pub fn send(&self, writer: &Writer, reference: &str, what: &str, protected: &str) -> Result<(), Stop> {
        let top = writer.top();
        if let Some(ours) = top.head_of(reference)? {
            self.refuse_ahead(writer, protected, ours.commit)?;
        }
        for _ in 0..TRIES {
            let theirs = self.fetched(writer, &[reference])?.into_iter().next().flatten();
            let Some(ours) = top.head_of(reference)?.map(|head| head.commit) else { return Ok(()) };
            let mut to = ours;
            if let Some(theirs) = theirs.filter(|theirs| *theirs != ours) {
                if top.is_ancestor(ours, theirs)? {
                    to = theirs;
                } else if !top.is_ancestor(theirs, ours)? {
                    let message =
                        format!("Merge what others wrote on {}\n", reference.trim_start_matches("refs/heads/"));
                    to = top.merge(ours, theirs, &message)?.commit(&format!("`{reference}` of here and of others"))?;
                }
            }
            if to != ours {
                writer.advance(&Move { what, reference, from: Some(ours), to })?;
            }
            if let Tried::Done = self.try_push(writer, reference, to)? {
                return Ok(());
            }
        }
        Err(self.lost_race(reference))
    }

    /// Puts a branch that stops an environment at the remote, with nothing else: where the commit of here comes with others that
    /// the remote has not, `make` makes one over its protected branch. Answers whether it was sent; a branch that is there stops
    /// already.
    ///
    /// # Errors
    /// When the remote cannot be reached or refuses it, or has no protected branch to put it over.
    pub fn stop(
        &self,
        writer: &Writer,
        (protected, reference): (&str, &str),
        ours: Option<ObjectId>,
        make: &dyn Fn(ObjectId) -> Result<ObjectId, Stop>,
    ) -> Result<bool, Stop> {
        let heads = self.fetched(writer, &[protected, reference])?;
        let mut heads = heads.into_iter();
        let (base, there) = (heads.next().flatten(), heads.next().flatten());
        if there.is_some() {
            return Ok(false);
        }
        let base = base.ok_or_else(|| self.ahead(protected))?;
        let top = writer.top();
        let alone = |commit: ObjectId| -> Result<bool, Stop> {
            let mut parents = top.commit(commit)?.parents.into_iter();
            let known = top.is_ancestor(commit, base)?;
            Ok(known || parents.try_fold(true, |all, one| Ok::<_, Failure>(all && top.is_ancestor(one, base)?))?)
        };
        let to = match ours {
            Some(ours) if alone(ours)? => ours,
            _ => make(base)?,
        };
        fault::step("push")?;
        match self.sent(writer, &[update(reference, None, Some(to))])? {
            Tried::Done => Ok(true),
            // Somebody else stopped it there meanwhile.
            Tried::Again => match self.fetched(writer, &[reference])?.into_iter().next().flatten() {
                Some(_) => Ok(false),
                None => Err(self.lost_race(reference)),
            },
        }
    }

    /// Removes a branch at the remote where it is at one of some commits; where it is elsewhere it stays, and that is said.
    ///
    /// # Errors
    /// When somebody moved it, or the remote cannot be reached or refuses it.
    pub fn remove_known(&self, writer: &Writer, reference: &str, known: &[ObjectId]) -> Result<(), Stop> {
        let Some(there) = self.fetched(writer, &[reference])?.into_iter().next().flatten() else { return Ok(()) };
        if !known.contains(&there) {
            let message = format!("`{reference}` at `{}` is not where it was seen", self.name());
            return Err(Failure::new(codes::REMOTE, message).help("look at it first; it was not removed").into());
        }
        match self.sent(writer, &[update(reference, Some(there), None)])? {
            Tried::Done => Ok(()),
            Tried::Again => Err(self.lost_race(reference)),
        }
    }

    /// Sends the review notes.
    ///
    /// # Errors
    /// When the remote cannot be reached or refuses it.
    pub fn send_notes(&self, writer: &Writer) -> Result<(), Stop> {
        for _ in 0..TRIES {
            self.fetched(writer, &[])?;
            self.join_notes(writer)?;
            let top = writer.top();
            let (ours, theirs) = (top.head_of(NOTES)?, top.head_of(&self.notes())?);
            let ours = ours.filter(|ours| theirs.as_ref().is_none_or(|theirs| theirs.commit != ours.commit));
            let updates: Vec<Update> = ours
                .map(|ours| update(NOTES, theirs.as_ref().map(|head| head.commit), Some(ours.commit)))
                .into_iter()
                .collect();
            if let Tried::Done = self.sent(writer, &updates)? {
                return Ok(());
            }
        }
        Err(self.lost_race(NOTES))
    }

    /// Removes a branch at the remote, if it is where it is known to be.
    ///
    /// # Errors
    /// When somebody moved it, or the remote cannot be reached or refuses it.
    pub fn remove(&self, writer: &Writer, reference: &str, expected: ObjectId) -> Result<(), Stop> {
        let Some(there) = self.fetched(writer, &[reference])?.into_iter().next().flatten() else { return Ok(()) };
        if !writer.top().is_ancestor(there, expected)? {
            let message = format!("`{reference}` at `{}` has commits that are not here", self.name());
            return Err(Failure::new(codes::REMOTE, message).help("look at them first; nothing was removed").into());
        }
        match self.sent(writer, &[update(reference, Some(there), None)])? {
            Tried::Done => Ok(()),
            Tried::Again => Err(self.lost_race(reference)),
        }
    }

    /// Nothing is judged by commits that only this clone has, and none of them are sent unasked.
    fn ahead(&self, reference: &str) -> Stop {
        let branch = reference.trim_start_matches("refs/heads/");
        let message = format!("`{branch}` here has commits that `{}` has not", self.name());
        let help = format!(
            "`git push {0} {branch}` sends them, if that is meant; else `git reset` takes them back",
            self.name()
        );
        Stop::World(Failure::new(codes::REMOTE, message).help(help))
    }

    fn lost_race(&self, reference: &str) -> Stop {
        let message = format!("others keep moving `{reference}` at `{}`", self.name());
        Stop::World(Failure::new(codes::REMOTE, message).help("run it again in a moment"))
    }
}

fn update(reference: &str, from: Option<ObjectId>, to: Option<ObjectId>) -> Update {
    let text = |id: Option<ObjectId>| id.map(|id| id.to_string());
    Update { reference: reference.to_owned(), from: text(from), to: text(to) }
}
