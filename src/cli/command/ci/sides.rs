//! What is compared with what, and by whose settings: read from commits, never from what happens to be checked out.

use std::path::{Path, PathBuf};

use super::Args;
use super::commits::{self, Commits};
use crate::cli::Stop;
use crate::cli::history;
use crate::cli::logs::talk;
use crate::cli::output::{self, Formats, Place};
use crate::cli::session::{From, Session, find_root, no_repository};
use crate::cli::sides::{Loaded, Part};
use crate::compile::Compilation;
use crate::diag::{Failure, codes};
use crate::forge::{self, Event, EventKind};
use crate::git::{self, Database, ObjectId};
use crate::host;
use crate::report::{Counts, Told};
use crate::source::SETTINGS;

/// Both sides of a change.
pub struct Sides {
    /// The root of the policy repository, on every side.
    pub root: PathBuf,
    /// Its objects.
    pub database: Database,
    /// The objects of the Git repository around it.
    pub top: Database,
    /// What the run is about; `None` outside of a CI system.
    pub event: Option<Event>,
    /// What it starts from.
    pub base: Told<Loaded>,
    /// The commits of all of it.
    pub commits: Commits,
    /// What is merged into as it is now, where that is not base.
    now: Option<Session>,
    /// What is judged.
    pub head: Loaded,
    /// Whether what is merged into is the protected branch; else why not.
    pub protected: Result<(), String>,
}

impl Sides {
    /// What a change is judged by: what is merged into, as it is now; head, where there is nothing to merge into.
    pub fn judge(&self) -> &Compilation {
        let base = || self.base.answer().map(|base| &base.session);
        &self.now.as_ref().or_else(base).unwrap_or(&self.head.session).compilation
    }

    /// That what a change is judged by is in error, so that nobody knows what it asks for.
    pub fn judge_in_error(&self) -> Option<String> {
        let errors = Counts::of(&self.judge().diagnostics).error;
        (errors > 0).then(|| format!("what is merged into is in error ({errors}), so nobody can say what it asks for"))
    }

    /// Shows what is wrong with the other sides: nothing can be compared with them.
    ///
    /// # Errors
    /// When it cannot be shown.
    pub fn tell_errors(&self) -> Result<(), Stop> {
        let base = self.base.answer().map(|base| (base.name.as_str(), &base.session));
        let now = self.now.as_ref().map(|now| ("what is merged into, as it is now,", now));
        for (name, session) in base.into_iter().chain(now).filter(|(_, session)| session.compilation.has_errors()) {
            talk(&format!("{name} is in error:"));
            let found = &session.compilation.diagnostics;
            output::findings(&Formats::human(), session, found, &session.root, Place::Talk)?;
        }
        Ok(())
    }

    /// Whether the change lacks what the branch that it is merged into has by now.
    pub fn is_behind(&self) -> bool {
        self.commits.bases.is_some_and(|bases| bases.start != bases.now)
    }
}

/// Finds and opens both sides.
///
/// # Errors
/// When the event cannot be read, a commit is not in the clone, or the change moves what it is judged by.
pub fn open(args: &Args, here: &Path) -> Result<Sides, Stop> {
    let event = event()?;
    let top = top(here)?;
    let commits = commits::find(args, here, &top, event.as_ref())?;
    of(args, here, top, event, commits)
}

/// The Git repository around a folder, whole.
///
/// # Errors
/// When there is none, or a part of its history is missing.
pub fn top(here: &Path) -> Result<Database, Stop> {
    refuse_links(here)?;
    let around = git::discover(here)?.ok_or_else(|| {
        Failure::new(codes::GIT, "there is no Git repository here, so there is no change to judge")
            .help("`git init`, and commit the policies")
    })?;
    let folder = around.workdir().unwrap_or(around.path()).to_path_buf();
    let top = Database::open(&folder)?.ok_or_else(no_repository)?;
    top.whole()?;
    Ok(top)
}

/// Opens both sides of a change whose commits are known.
///
/// # Errors
/// When the change moves what it is judged by, or a side cannot be read.
pub fn of(args: &Args, here: &Path, top: Database, event: Option<Event>, commits: Commits) -> Result<Sides, Stop> {
    let folder = folder(here, &top, &commits)?;
    let root = top.work_folder().join(&folder);
    if !host::exists(&root) {
        let message = format!("the folder `{folder}` of the policies is not checked out");
        return Err(Failure::new(codes::IO, message).help("check out the commit that is judged").into());
    }
    let database = Database::open(&root)?.ok_or_else(no_repository)?;
    let load = |commit: Option<ObjectId>| -> Result<Session, Stop> {
        let from = From { rev: commit.map(|commit| commit.to_string()), now: args.now };
        let mut session = Session::at(root.clone(), &from)?;
        session.compilation.versions = history::numbers(&session, from.rev.as_deref());
        Ok(session)
    };
    let head =
        Loaded { name: head_name(event.as_ref(), commits.result), session: load(commits.result)?, part: Part::Whole };
    let (base, now) = base(&database, &commits, event.as_ref(), &load)?;
    let protected = event.as_ref().map_or(Ok(Ok(())), |event| protected(&database, event, &commits))?;
    Ok(Sides { root, database, top, event, base, commits, now, head, protected })
}

/// Refuses a path through a link that lies in a Git repository: a change could have put it there, and lead elsewhere.
///
/// # Errors
/// When there is one.
pub fn refuse_links(path: &Path) -> Result<(), Stop> {
    for link in host::links_on_the_way(path) {
        let folder = link.parent().map_or(Ok(None), git::discover)?;
        if folder.is_some() {
            let message = format!("`{}` is a link in a Git repository, and may lead anywhere", link.display());
            return Err(Failure::new(codes::IO, message).help("name the folder or file itself").into());
        }
    }
    Ok(())
}

/// What the change starts from, and what it is merged into where that is another commit.
fn base(
    database: &Database,
    commits: &Commits,
    event: Option<&Event>,
    load: &dyn Fn(Option<ObjectId>) -> Result<Session, Stop>,
) -> Result<(Told<Loaded>, Option<Session>), Stop> {
    let Some(bases) = commits.bases else {
        return Ok((Told::Absent("there is nothing to compare with: nothing was there before".to_owned()), None));
    };
    let has = |commit| database.at(commit, SETTINGS).map(|found| found.is_some());
    if !has(bases.now)? {
        let what = "what is merged into holds no policies, so everything is new, and judged by itself";
        return Ok((Told::Absent(what.to_owned()), None));
    }
    let now = (bases.start != bases.now).then(|| load(Some(bases.now))).transpose()?;
    if !has(bases.start)? {
        let why = "the branch began where there were no policies yet, so nobody can say what it changes: merge what it goes into";
        return Ok((Told::NotRun(why.to_owned()), now));
    }
    let session = load(Some(bases.start))?;
    Ok((Told::Is(Loaded { name: base_name(event, bases.start), session, part: Part::Whole }), now))
}

/// The folder of the policies from the top of the Git repository, the same on both sides.
///
/// A change that brings settings at another place would be judged by those.
fn folder(here: &Path, top: &Database, commits: &Commits) -> Result<String, Stop> {
    let within = git::prefix_of(here);
    let of_head = match commits.result {
        Some(result) => settled(top, result, &within)?,
        None => find_root(here)?.map(|root| git::prefix_of(&root).trim_end_matches('/').to_owned()),
    };
    let of_head = of_head.ok_or_else(no_repository)?;
    let Some(bases) = commits.bases else { return Ok(of_head) };
    let of_base = match settled(top, bases.now, &within)? {
        None => top.file_named(bases.now, SETTINGS)?.map(|path| path.trim_end_matches(SETTINGS).to_owned()),
        found => found,
    };
    match of_base {
        Some(folder) if folder.trim_end_matches('/') != of_head => {
            let shown = |folder: &str| match folder.trim_end_matches('/') {
                "" => "the top of the repository".to_owned(),
                folder => format!("`{folder}`"),
            };
            let message = format!(
                "what is merged into has its policies in {}, and the change has them in {}",
                shown(&folder),
                shown(&of_head)
            );
            let help = "a change cannot bring the settings that it is judged by: name the folder with -C, or have somebody who \
                        may do so move it without this check";
            Err(Failure::new(codes::GIT, message).help(help).into())
        }
        _ => Ok(of_head),
    }
}

/// The nearest folder at or above another that holds settings, in a commit.
fn settled(top: &Database, commit: ObjectId, within: &str) -> Result<Option<String>, Failure> {
    let mut folder = within.trim_end_matches('/');
    loop {
        let file = if folder.is_empty() { SETTINGS.to_owned() } else { format!("{folder}/{SETTINGS}") };
        if top.at(commit, &file)?.is_some() {
            return Ok(Some(folder.to_owned()));
        }
        if folder.is_empty() {
            return Ok(None);
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

/// What the CI system says; `None` outside of one.
fn event() -> Result<Option<Event>, Stop> {
    if host::is_set("GITHUB_ACTIONS") {
        let missing = |name: &str| {
            let message = format!("`{name}` is not set, so nobody can say what this run is about");
            Failure::new(codes::BAD_FORGE_FACTS, message).help("run in a workflow, where GitHub sets it")
        };
        let name = host::variable("GITHUB_EVENT_NAME").ok_or_else(|| missing("GITHUB_EVENT_NAME"))?;
        let path = host::variable("GITHUB_EVENT_PATH").ok_or_else(|| missing("GITHUB_EVENT_PATH"))?;
        let payload = host::read_up_to(Path::new(&path), forge::MAX_FACTS_BYTES)?;
        let event = forge::github_event(&name, &payload)?;
        let own = host::variable("GITHUB_REPOSITORY");
        if let Some((own, of)) = own.zip(event.repository.as_ref()).filter(|(own, of)| !own.eq_ignore_ascii_case(of)) {
            let message = format!("the event is of `{of}`, and this run is in `{own}`");
            return Err(Failure::new(codes::BAD_FORGE_FACTS, message)
                .help("leave GITHUB_EVENT_PATH as GitHub sets it")
                .into());
        }
        return Ok(Some(event));
    }
    if host::is_set("GITLAB_CI") {
        return Ok(Some(forge::gitlab_event(&host::variable)?));
    }
    Ok(None)
}

/// Whether a pull request or a queue goes into the protected branch, as the default branch names it: whoever opens a branch
/// can write into its settings that it is protected, and by whom it is to be approved.
fn protected(database: &Database, event: &Event, commits: &Commits) -> Result<Result<(), String>, Failure> {
    let (EventKind::Pull | EventKind::Queue, Some(bases)) = (event.kind, commits.bases) else { return Ok(Ok(())) };
    let (Some(target), Some(default)) = (&event.target, &event.default_branch) else {
        return Ok(Err("nobody says which branch is the default one".to_owned()));
    };
    let tip = if target == default {
        Some(bases.now)
    } else if commits::is_origin(database, event) {
        database.head_of(&format!("refs/remotes/origin/{default}"))?.map(|head| head.commit)
    } else {
        None
    };
    let named = tip.map(|tip| history::branch_named_at(database, tip)).transpose()?.flatten();
    Ok(match named {
        Some(name) if name == *target => Ok(()),
        None if target == default => Ok(()),
        Some(name) => Err(format!("the change goes into `{target}`, and the protected branch is `{name}`")),
        None => Err(format!("the change goes into `{target}`, and nobody knows whether that is the protected branch")),
    })
}

fn base_name(event: Option<&Event>, commit: ObjectId) -> String {
    match event.and_then(|event| event.target.as_deref()) {
        Some(target) => format!("{target} at {}", commit.short()),
        None => commit.short(),
    }
}

fn head_name(event: Option<&Event>, commit: Option<ObjectId>) -> String {
    match (event.and_then(|event| event.pull), commit) {
        (_, None) => "work tree".to_owned(),
        (Some(number), Some(commit)) => format!("pull request {number} at {}", commit.short()),
        (None, Some(commit)) => commit.short(),
    }
}
