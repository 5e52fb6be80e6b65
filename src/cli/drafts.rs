//! Drafts as commands name them: branches over the protected one.

use crate::cli::Stop;
use crate::cli::command::ci::Verdict;
use crate::cli::command::ci::commits::{Bases, Commits};
use crate::cli::command::ci::parts::may_loosen;
use crate::cli::history::{Forge, Opened};
use crate::cli::session::{From, Session};
use crate::cli::sides::{Loaded, Part};
use crate::diag::{Failure, codes, nearest};
use crate::git::{Database, ObjectId};
use crate::lifecycle::record::{Attestation, Change, Record};
use crate::lifecycle::{GovernedBy, Proposal, Proposed, Sources};
use crate::model::Time;
use crate::written::{ReviewKind, ReviewRecord};
use std::path::Path;

/// Where branches of drafts are.
pub const DRAFTS: &str = "refs/heads/draft/";

/// A branch that is, or may become, a draft.
#[derive(Debug, Clone)]
pub struct Named {
    /// What people call it.
    pub name: String,
    /// The full name of the branch.
    pub reference: String,
    /// Where it is.
    pub commit: ObjectId,
}

/// A draft as merging it now would make it.
pub struct Trial {
    /// The draft.
    pub named: Named,
    /// What it would be merged into.
    pub tip: ObjectId,
    /// The merge; no reference leads to it.
    pub merge: ObjectId,
}

/// The draft of a name, else the branch that is checked out.
///
/// # Errors
/// When there is none, or the name means several.
pub fn named(opened: &Opened, text: Option<&str>) -> Result<Named, Stop> {
    let Opened { database, history, .. } = opened;
    let found = match text {
        None => checked_out(database)?,
        Some(text) => by_name(database, text)?,
    };
    // Whatever has the protected branch's name, here or at a remote, is that.
    let short = history.protected.short();
    if found.reference == history.protected.reference || own_name(&found.reference) == short {
        let message = format!("`{}` is the protected branch, and no draft", found.name);
        let help = "`policyc draft new NAME` begins one, with what is changed here";
        return Err(Failure::new(codes::NOT_FOUND, message).help(help).into());
    }
    Ok(found)
}

/// A branch's own name, of one of here or of a remote.
pub fn own_name(reference: &str) -> &str {
    let local = reference.strip_prefix("refs/heads/");
    let remote = || reference.strip_prefix("refs/remotes/")?.split_once('/').map(|(_, name)| name);
    local.or_else(remote).unwrap_or(reference)
}

/// What people call a branch.
pub fn shown(reference: &str) -> &str {
    let local = reference.strip_prefix("refs/heads/");
    // What a remote has under the name of a draft is that draft to people.
    let remote = || reference.strip_prefix("refs/remotes/")?.split_once('/').map(|(_, name)| name);
    let is_draft = |name: &&str| name.starts_with("draft/");
    let name = local.or_else(|| remote().filter(is_draft)).or_else(|| reference.strip_prefix("refs/remotes/"));
    name.map_or(reference, |name| name.strip_prefix("draft/").unwrap_or(name))
}

fn checked_out(database: &Database) -> Result<Named, Stop> {
    let head = database.checked_out()?.filter(|head| head.reference.starts_with("refs/heads/"));
    let head = head.ok_or_else(|| {
        Failure::new(codes::NOT_FOUND, "no branch is checked out, so no draft is meant").help("name the draft")
    })?;
    Ok(Named { name: shown(&head.reference).to_owned(), reference: head.reference, commit: head.commit })
}

fn by_name(database: &Database, text: &str) -> Result<Named, Stop> {
    let places = [DRAFTS, "refs/heads/", "refs/remotes/origin/draft/", "refs/remotes/origin/", "refs/remotes/"];
    let mut found: Option<Named> = None;
    for place in places {
        let reference = format!("{place}{text}");
        let Some(head) = database.head_of(&reference)? else { continue };
        match &found {
            // What origin has of a branch of here is the same draft at another time.
            Some(first) if place.starts_with("refs/remotes/") && first.reference.starts_with("refs/heads/") => {}
            Some(first) if first.commit != head.commit => {
                let message = format!("`{text}` means `{}` and `{reference}`", first.reference);
                return Err(Failure::new(codes::NO_BRANCH, message).help("say which by its full name").into());
            }
            Some(_) => {}
            None => found = Some(Named { name: shown(&reference).to_owned(), reference, commit: head.commit }),
        }
    }
    if found.is_none() && text.starts_with("refs/") {
        let head = database.head_of(text)?;
        found =
            head.map(|head| Named { name: shown(text).to_owned(), reference: text.to_owned(), commit: head.commit });
    }
    found.ok_or_else(|| missing(database, text))
}

fn missing(database: &Database, text: &str) -> Stop {
    let heads = database.heads("refs/heads/*").map(|(heads, _)| heads).unwrap_or_default();
    let names: Vec<&str> = heads.iter().map(|head| shown(&head.reference)).collect();
    let failure = Failure::new(codes::NOT_FOUND, format!("there is no draft `{text}`"));
    Stop::World(match nearest(text, names.iter().copied()) {
        Some(meant) => failure.help(format!("did you mean `{meant}`?")),
        None => failure.help("`policyc draft list` lists them"),
    })
}

impl Trial {
    /// Merges a draft into the protected branch, in memory.
    ///
    /// # Errors
    /// When both changed the same places, or the draft brings nothing.
    pub fn of(opened: &Opened, named: Named, message: &str) -> Result<Self, Stop> {
        let (database, tip) = (&opened.database, opened.history.protected.tip);
        if database.is_ancestor(named.commit, tip)? {
            let message =
                format!("`{}` brings nothing that `{}` does not have", named.name, opened.history.protected.name);
            return Err(Stop::Nothing(Failure::new(codes::NOTHING_TO_DO, message).help("nothing was written")));
        }
        let merged = database.merge(tip, named.commit, message)?;
        let merge = merged.commit(&format!("`{}`", named.name))?;
        Ok(Self { named, tip, merge })
    }

    /// Whether it permits more, or may: also where a side is in error, and nobody can tell.
    fn loosens(&self, opened: &Opened) -> bool {
        let side = |commit: ObjectId| {
            let from = From { rev: Some(commit.to_string()), now: None };
            let session = Session::at(opened.root.clone(), &from).ok()?;
            Some(Loaded { name: commit.short(), session, part: Part::Whole })
        };
        let (Some(before), Some(after)) = (side(self.tip), side(self.merge)) else { return true };
        let in_error = |side: &Loaded| side.session.compilation.bundle.is_none();
        in_error(&before) || in_error(&after) || may_loosen(&before, &after)
    }

    /// What it changes, and who must approve and has.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn proposal(&self, opened: &Opened, sources: &Sources) -> Result<Proposal, Failure> {
        let proposed = Proposed {
            base: self.tip,
            judged_by: self.tip,
            result: self.merge,
            written: self.named.commit,
            pull: None,
            opened_by: &[],
            loosens: self.loosens(opened),
            judged_with: &logs(opened, self.tip)?,
        };
        Proposal::read(&opened.database, &opened.history, sources, &proposed)
    }

    /// The verdict on it, as CI gives it.
    ///
    /// # Errors
    /// When it cannot be judged.
    pub fn verdict(&self, here: &Path, forge: &Forge) -> Result<Verdict, Stop> {
        let bases = Bases { start: self.tip, now: self.tip };
        let commits = Commits { bases: Some(bases), result: Some(self.merge), written: Some(self.named.commit) };
        Verdict::of(here, forge, commits)
    }
}

/// The logs that changes are judged with, as a commit has them.
fn logs(opened: &Opened, commit: ObjectId) -> Result<Vec<String>, Failure> {
    let Some(id) = opened.database.at(commit, crate::source::SETTINGS)? else { return Ok(Vec::new()) };
    let settings = crate::lifecycle::settings_of(&opened.database, id)?;
    let logs = settings.map(|settings| settings.logs).unwrap_or_default();
    Ok(logs.iter().map(|log| log.path.trim_end_matches('/').to_owned()).collect())
}

/// A record about everything that a draft changes.
pub fn record(proposal: &Proposal, kind: ReviewKind, by: &str, at: Time, head: ObjectId) -> ReviewRecord {
    let changes: Vec<Change> = proposal.documents.iter().map(|document| document.change.clone()).collect();
    let record = crate::lifecycle::record::unsigned(at, kind, by, &changes);
    ReviewRecord { governing: proposal.governing.clone(), head: Some(head.to_string()), ..record }
}

/// Whether somebody has said exactly this already, as well proven, and it was not taken back: a command that is run again says
/// nothing twice. A signature by a key that they no longer have proves nothing any more, so it is said anew.
pub fn is_said(opened: &Opened, sources: &Sources, record: &ReviewRecord) -> bool {
    let line = crate::lifecycle::record::line(record);
    let Some(new) = line.ok().and_then(|line| Record::read(&line).ok()) else { return false };
    // Where nobody can say who is who, it is said once more rather than not.
    let Ok(principals) = GovernedBy::principals_at(&opened.database, opened.history.protected.tip) else {
        return false;
    };
    let about = |other: &ReviewRecord| {
        let what = (&other.documents, &other.governing, &other.environment, &other.by);
        what == (&record.documents, &record.governing, &record.environment, &record.by)
    };
    let mut own: Vec<&Record> = sources.records.iter().flatten().filter(|other| about(&other.written)).collect();
    own.sort_by_key(|other| other.at);
    own.last().is_some_and(|last| {
        let same = (last.written.kind, &last.written.comment) == (record.kind, &record.comment);
        same && last.attestation(&principals) == new.attestation(&principals)
    })
}

/// Refuses a signature that proves nothing here: nobody should find that out from an approval that does not count.
///
/// # Errors
/// When the signature is not by a key of whoever it names.
pub fn refuse_refuted(opened: &Opened, record: &ReviewRecord) -> Result<(), Stop> {
    let line = crate::lifecycle::record::line(record).map_err(unwritable)?;
    let Ok(read) = Record::read(&line) else { return Ok(()) };
    let principals = GovernedBy::principals_at(&opened.database, opened.history.protected.tip).unwrap_or_default();
    match read.attestation(&principals) {
        Attestation::Refuted(why) => {
            let help = "sign with a key that `identities.yaml` of the protected branch gives you, or say --no-sign";
            let failure = Failure::new(codes::REFUSED, format!("this would count for nothing: {why}"));
            Err(Stop::Nothing(failure.help(help)))
        }
        Attestation::Attested | Attestation::Unsigned => Ok(()),
    }
}

/// What to say of a record that cannot be written as JSON.
#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
pub fn unwritable(error: crate::text::NotCanonical) -> Failure {
    Failure::new(codes::BUG, format!("a record cannot be written: {}", error.0))
}
