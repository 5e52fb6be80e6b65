//! The history of a policy repository, as commands open it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Stop;
use super::session::{self, From, Session};
use crate::diag::{Failure, codes, nearest};
use crate::forge;
use crate::git::{Database, ObjectId, Protected};
use crate::host::{self, Folder};
use crate::lifecycle::{self, Event, History, Live, Memory, Sources};
use crate::lower;
use crate::model::DocumentId;
use crate::source::{Content, Format, SETTINGS, Tree};
use crate::text::Digest;

/// Which branch is protected.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Branch {
    /// The protected branch; default: `branch` of policyc.yaml.
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
}

/// What a forge says of pull requests and reviews.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Forge {
    /// Take facts about pull requests and reviews from a file: what `policyc forge fetch` wrote, a GitHub event payload, or
    /// what GitHub's REST API answers for pulls, reviews, or a commit's pulls. May be repeated.
    #[arg(long = "forge", value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

impl Forge {
    /// All that is known of reviews: these facts, and the notes of the clone. Says what of it cannot be read.
    ///
    /// # Errors
    /// When a file or note cannot be read.
    pub fn sources(&self, here: &Path, database: &Database) -> Result<Sources, Failure> {
        let mut read = Vec::new();
        for file in &self.files {
            read.push((file.display().to_string(), host::read_up_to(&here.join(file), forge::MAX_FACTS_BYTES)?));
        }
        let facts = forge::read_all(read.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))?;
        let sources = Sources::read(database, (!read.is_empty()).then_some(facts))?;
        for why in &sources.unread {
            warn(&format!("a line of {} is no review record and counts for nothing: {why}", crate::git::NOTES));
        }
        Ok(sources)
    }
}

/// Says something beside the result.
fn warn(message: &str) {
    super::output::remark(&format!("warning: {message}"));
}

/// A policy repository with its history.
pub struct Opened {
    /// The root of the policy repository.
    pub root: PathBuf,
    /// Its objects.
    pub database: Database,
    /// Its history.
    pub history: History,
}

/// Opens the repository around a folder and reads the history of its protected branch.
///
/// # Errors
/// When there is none, or its history cannot be told.
pub fn open(here: &Path, branch: &Branch) -> Result<Opened, Stop> {
    let (root, database) = database(here)?;
    let protected = protected(&root, &database, branch)?;
    let history = read(&database, protected)?;
    // A wrong folder must not look like policies without a history.
    if session::find_root(&root)?.is_none() && history.events().is_empty() && history.governed().is_empty() {
        return Err(session::no_repository().into());
    }
    Ok(Opened { root, database, history })
}

/// A policy repository as its protected branch has it; outside Git, as the folder has it.
pub struct Merged {
    /// The root of the policy repository.
    pub root: PathBuf,
    /// Its history; `None` outside Git.
    pub opened: Option<Opened>,
    /// What it means.
    pub session: Session,
}

impl Merged {
    /// Opens and compiles it.
    ///
    /// # Errors
    /// When there is none, or its history cannot be told.
    pub fn open(here: &Path) -> Result<Self, Stop> {
        let root = session::root(here, true)?;
        let opened = match Database::open(&root)? {
            Some(_) => Some(open(here, &Branch::default())?),
            None => None,
        };
        let rev = opened.as_ref().map(|opened| opened.history.protected.reference.clone());
        let session = Session::at(root.clone(), &From { rev, now: None })?;
        Ok(Self { root, opened, session })
    }
}

/// The root of the policy repository around a folder, and its objects.
///
/// # Errors
/// When there is none, or it is not kept in Git.
pub fn database(here: &Path) -> Result<(PathBuf, Database), Stop> {
    let root = session::root(here, true)?;
    let database = Database::open(&root)?.ok_or_else(|| {
        Failure::new(codes::GIT, "this policy repository is not kept in Git, so it has no history")
            .help("`git init`, commit the policies, and every commit on the protected branch counts")
    })?;
    Ok((root, database))
}

/// How much of a list is shown.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Page {
    /// How many of the newest to pass over.
    #[arg(long, default_value_t = 0)]
    pub skip: usize,
    /// The most to show; 0: all.
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

impl Page {
    /// The part of a list that is shown.
    pub fn of<T>(self, list: Vec<T>) -> impl Iterator<Item = T> {
        let limit = if self.limit == 0 { usize::MAX } else { self.limit };
        list.into_iter().skip(self.skip).take(limit)
    }
}

/// Reads a history, with what is remembered of it; remembers what is new.
///
/// # Errors
/// When it cannot be told.
pub fn read(database: &Database, protected: Protected) -> Result<History, Failure> {
    let name = Digest::of(format!("{}\n{}", protected.reference, database.prefix()).as_bytes()).leading();
    let path = database.common_folder().join("policyc").join(format!("history-{name:016x}"));
    let memory = host::recall(&path).and_then(|bytes| Memory::of_bytes(&bytes));
    let history = History::read(database, protected, memory)?;
    if history.news {
        host::remember(&path, &history.to_bytes());
    }
    Ok(history)
}

/// The protected branch: as the command line says, else as the settings of the folder say, if those of the branch agree.
///
/// # Errors
/// When it cannot be told which one it is.
pub fn protected(root: &Path, database: &Database, branch: &Branch) -> Result<Protected, Failure> {
    if let Some(name) = &branch.branch {
        return database.protected(name);
    }
    let settings = match Folder::new(root).read(&[SETTINGS])?.into_iter().next().flatten() {
        Some(content) => Some(content),
        None => database.checked_out()?.map_or(Ok(None), |head| settings_at(database, head.commit))?,
    };
    let name = match settings {
        Some(content) => named(content).ok_or_else(|| {
            Failure::new(
                codes::NO_BRANCH,
                format!("`{SETTINGS}` does not say which branch is protected: it cannot be read"),
            )
            .help("mend it, or name the branch with --branch")
        })?,
        None => crate::written::Settings::default().branch,
    };
    if name.starts_with("refs/") || name == "HEAD" {
        let message = format!("`{SETTINGS}` names `{name}` as protected, which is no name of a branch");
        return Err(Failure::new(codes::NO_BRANCH, message).help("write the branch's own name, such as `main`"));
    }
    let protected = database.protected(&name)?;
    if let Some(other) = rival(database, &name)? {
        let message = format!("`{SETTINGS}` here names `{name}` as protected, and `{other}` names itself");
        return Err(Failure::new(codes::NO_BRANCH, message).help("say which one is meant with --branch"));
    }
    match settings_at(database, protected.tip)?.and_then(named) {
        Some(other) if other != name => {
            let message = format!("`{SETTINGS}` here names `{name}` as protected, and on `{name}` it names `{other}`");
            Err(Failure::new(codes::NO_BRANCH, message).help("say which one is meant with --branch"))
        }
        _ => Ok(protected),
    }
}

/// Another branch that says of itself that it is protected, among those that everybody takes for it: a change that is not
/// merged must not choose by what it is judged.
fn rival(database: &Database, name: &str) -> Result<Option<String>, Failure> {
    let usual = ["main", "master"].map(str::to_owned);
    for other in database.default_of_origin().into_iter().chain(usual).filter(|other| other != name) {
        let Ok(known) = database.protected(&other) else { continue };
        if settings_at(database, known.tip)?.and_then(named).as_ref() == Some(&other) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// The branch that the settings of a commit name as protected; `None` where it has no settings.
///
/// # Errors
/// When they cannot be read.
pub fn branch_named_at(database: &Database, commit: ObjectId) -> Result<Option<String>, Failure> {
    let Some(content) = settings_at(database, commit)? else { return Ok(None) };
    named(content).map(Some).ok_or_else(|| {
        let message = format!("`{SETTINGS}` does not say which branch is protected: it cannot be read");
        Failure::new(codes::NO_BRANCH, message).help("mend it")
    })
}

fn settings_at(database: &Database, commit: ObjectId) -> Result<Option<Content>, Failure> {
    database.at(commit, SETTINGS)?.map(|id| database.content(id)).transpose()
}

/// The branch that settings name; `None` where that cannot be read.
fn named(content: Content) -> Option<String> {
    match lifecycle::parse(content, Format::Yaml, None)?.as_slice() {
        [settings] => lower::protected_branch(&settings.root),
        _ => None,
    }
}

/// The numbers of the versions that the documents of a session are. A draft has none; where the history cannot be told
/// nothing has.
pub fn numbers(session: &Session, revision: Option<&str>) -> BTreeMap<DocumentId, u64> {
    let found = || -> Result<BTreeMap<DocumentId, u64>, Failure> {
        let Some(database) = Database::open(&session.root)? else { return Ok(BTreeMap::new()) };
        let commit = match revision {
            Some(revision) => Some(database.revision(revision)?),
            None => database.checked_out()?.map(|head| head.commit),
        };
        let protected = protected(&session.root, &database, &Branch::default())?;
        let history = read(&database, protected)?;
        let places = session.compilation.places.iter();
        let digests = places.map(|(id, root)| (id, lifecycle::source_digest(root)));
        history.numbers(&database, commit, digests)
    };
    found().unwrap_or_default()
}

/// A document that is, or was, on the protected branch.
///
/// # Errors
/// When it never was.
pub fn known_id(history: &History, text: &str) -> Result<DocumentId, Stop> {
    let id = DocumentId::parse(text);
    if let Some(id) = id.filter(|id| history.newest(id).is_some()) {
        return Ok(id);
    }
    let branch = &history.protected.name;
    let failure = Failure::new(codes::NOT_FOUND, format!("no document `{text}` ever was on `{branch}`"));
    let meant = nearest(text, history.ids().into_iter().map(DocumentId::as_str));
    Err(Stop::World(match meant {
        Some(meant) => failure.help(format!("did you mean `{meant}`?")),
        None => failure.help("`policyc versions` lists all; a document has versions once it is merged"),
    }))
}

/// A version that there is.
///
/// # Errors
/// When the document never was on the protected branch, or never had so many versions.
pub fn known_version<'a>(history: &'a History, id: &str, number: u64) -> Result<&'a Event, Stop> {
    let id = known_id(history, id)?;
    history.version(&id, number).ok_or_else(|| {
        let count = history.count_at(&id, usize::MAX);
        let had = if count == 0 { "no version".to_owned() } else { format!("versions 1 to {count}") };
        let message = format!("`{id}` has no version {number}: it had {had} on `{}`", history.protected.name);
        Stop::World(Failure::new(codes::NOT_FOUND, message).help(format!("`policyc versions {id}` lists them")))
    })
}

/// What to say of a version whose file cannot be read any more as it was when its history was.
pub fn unreadable_version(event: &Event) -> Stop {
    let message = format!("the file of `{}` at {} cannot be read again", event.id, event.commit.short());
    Stop::World(Failure::new(codes::GIT, message).help("`git fsck` says what is damaged"))
}

/// Says which locks cannot be read, so that nobody takes their silence for an answer.
pub fn tell_unreadable(live: &Live) {
    for path in &live.refused {
        warn(&format!(
            "`{path}` is refused: what was live before stays live (`policyc check --environment NAME` says why)"
        ));
    }
    for (name, why) in &live.untold {
        warn(&format!("nobody can say here what is live in `{name}`: {why}"));
    }
}
