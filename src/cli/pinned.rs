//! What is live in an environment: the documents at the versions that its lock pins.

use std::collections::BTreeMap;
use std::path::Path;

use super::Stop;
use super::history::{self, Branch};
use super::session::{From, Session};
use crate::canon;
use crate::compile::{self, Compilation};
use crate::diag::{Failure, codes, nearest};
use crate::git::{Database, GitTree};
use crate::lower::Places;
use crate::model::{Bundle, Document, DocumentId, EffectiveDefaults};
use crate::source::{Content, SourceSet, Tree};
use crate::written::Lock;

/// Reads the lock of an environment, and the documents that it pins. What they mean is held against the digests that the
/// lock names, and the versions against the history; approvals, gates and the chain of locks are not. Answers a session of
/// what is live, without places (its files are of several commits), and whether the kill switch is on.
///
/// # Errors
/// When the environment does not exist, nothing is deployed there, or a digest is another.
pub fn open(session: Session, name: &str, from: &From) -> Result<(Session, bool), Stop> {
    known(&session, name)?;
    let lock = read(&session, name, from)?;
    let defaults = EffectiveDefaults { effect: lock.defaults.effect, session_ttl: lock.defaults.session_ttl };
    let kill_switch = lock.kill_switch.active || stopped(&session, name);
    let bundle = assembled(&session.root, &lock, name, defaults)?;
    let canonical = canon::bundle(&bundle).map_err(|error| refused(name, &error.to_string()))?;
    if canonical.digest.to_string() != lock.bundle {
        return Err(refused(name, "the documents that it pins make another bundle than the one it names"));
    }
    let compilation = Compilation {
        places: Places::default(),
        versions: ranked(&session.root, &lock, name)?,
        bundle: Some(bundle),
        canonical: Some(canonical),
        diagnostics: Vec::new(),
        ..session.compilation
    };
    Ok((Session { sources: SourceSet::new(Vec::new()), compilation, ..session }, kill_switch))
}

/// The numbers that the lock names, held against the history of the protected branch. Where that cannot be told, the
/// documents have no number: what a lock says of itself proves nothing.
fn ranked(root: &Path, lock: &Lock, name: &str) -> Result<BTreeMap<DocumentId, u64>, Stop> {
    let Ok(opened) = history::open(root, &Branch::default()) else { return Ok(BTreeMap::new()) };
    let mut numbers = BTreeMap::new();
    for (id, pin) in &lock.documents {
        let Some(id) = DocumentId::parse(id) else { continue };
        let event = opened.history.version(&id, pin.version);
        let digest = event.and_then(crate::lifecycle::Event::digest).map(|digest| digest.to_string());
        if digest.as_ref() != Some(&pin.source_digest) {
            let why = format!("version {} of `{id}` is not what it names", pin.version);
            return Err(refused(name, &why));
        }
        numbers.insert(id, pin.version);
    }
    Ok(numbers)
}

fn known(session: &Session, name: &str) -> Result<(), Stop> {
    let environments = &session.compilation.environments;
    if environments.iter().any(|environment| environment.id.as_str() == name) {
        return Ok(());
    }
    let failure = Failure::new(codes::NOT_FOUND, format!("there is no environment `{name}`"));
    let meant = nearest(name, environments.iter().map(|environment| environment.id.as_str()));
    Err(Stop::World(match meant {
        Some(meant) => failure.help(format!("did you mean `{meant}`?")),
        None => failure.help("an environment is a file in `environments/`"),
    }))
}

fn read(session: &Session, name: &str, from: &From) -> Result<Lock, Stop> {
    let path = format!("environments/{name}.lock.json");
    // Without a revision it is the protected branch that says what is live; a folder outside Git has none.
    let tree: Box<dyn Tree> = match &from.rev {
        Some(revision) => Box::new(GitTree::open(&session.root, revision)?),
        None => match Database::open(&session.root)? {
            Some(database) => {
                let protected = history::protected(&session.root, &database, &Branch::default())?;
                Box::new(GitTree::open(&session.root, &protected.reference)?)
            }
            None => Box::new(crate::host::Folder::new(&session.root)),
        },
    };
    let text = match tree.read(&[&path])?.into_iter().next().flatten() {
        None => {
            let message = format!("nothing is deployed to `{name}`: there is no `{path}`");
            let help = "leave --environment out to decide under the documents of this folder";
            return Err(Stop::World(Failure::new(codes::NOT_FOUND, message).help(help)));
        }
        Some(Content::Text(text)) => text,
        Some(_) => return Err(refused(name, "it is no text file")),
    };
    let lock: Lock = crate::text::distinct(&text)
        .and_then(serde_json::from_value)
        .map_err(|error| refused(name, &error.to_string()))?;
    if lock.schema != "policyc.lock/v1" || lock.environment != name {
        return Err(refused(name, "it is the lock of another environment, or of another form"));
    }
    if lock.rollout.is_some() {
        return Err(refused(name, "a rollout is on its way, and which side decides hangs on the run"));
    }
    Ok(lock)
}

/// Whether the kill switch is on by its own branch or by an edit that is not committed yet: on if anything says so.
fn stopped(session: &Session, name: &str) -> bool {
    let path = format!("environments/{name}.lock.json");
    let active = |tree: &dyn Tree| {
        let text = tree.read(&[&path]).ok()?.into_iter().next()??;
        let Content::Text(text) = text else { return None };
        serde_json::from_str::<serde_json::Value>(&text).ok()?.pointer("/kill_switch/active")?.as_bool()
    };
    let branch = GitTree::open(&session.root, &format!("refs/heads/kill-switch/{name}")).ok();
    let of_branch = branch.and_then(|tree| active(&tree)) == Some(true);
    of_branch || active(&crate::host::Folder::new(&session.root)) == Some(true)
}

fn refused(name: &str, why: &str) -> Stop {
    let message = format!("the lock of `{name}` is refused: {why}");
    Stop::World(
        Failure::new(codes::BAD_LOCK, message)
            .help("see environments/ in the history of this repository for the last good one"),
    )
}

/// The documents at the commits that the lock names, each of the digest that it names.
fn assembled(root: &Path, lock: &Lock, name: &str, defaults: EffectiveDefaults) -> Result<Bundle, Stop> {
    let mut commits: BTreeMap<&str, Compilation> = BTreeMap::new();
    let named = lock.documents.values().map(|pin| &pin.commit).chain(lock.catalog.iter().map(|pin| &pin.commit));
    for commit in named {
        if commit.len() < 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(refused(name, "it names a commit that is no full object id"));
        }
        if !commits.contains_key(commit.as_str()) {
            let sources = compile::load(&GitTree::open(root, commit)?)?;
            commits.insert(commit, compile::compile(&sources, None));
        }
    }
    let mut documents: Vec<Document> = Vec::new();
    for (id, pin) in &lock.documents {
        let at = commits.get(pin.commit.as_str());
        let found = DocumentId::parse(id).and_then(|id| at?.document(&id).cloned());
        let found =
            found.ok_or_else(|| refused(name, &format!("`{id}` does not exist at the commit that it names")))?;
        let digest = canon::document_digest(&found).map(|digest| digest.to_string());
        if digest.ok().as_ref() != Some(&pin.canonical_digest) {
            return Err(refused(name, &format!("`{id}` at the commit has another digest than the one it names")));
        }
        documents.push(found);
    }
    let catalog = lock.catalog.as_ref().and_then(|pin| commits.get(pin.commit.as_str())?.catalog.clone());
    let catalog = catalog.unwrap_or_default();
    Ok(Bundle::new(documents, catalog, Some(defaults.effect), defaults.session_ttl))
}
