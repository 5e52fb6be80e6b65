//! What commands that look at a policy repository have in common: find it, load it, compile it.

use std::path::{Path, PathBuf};

use super::Stop;
use super::history::Forge;
use crate::compile::{self, Compilation};
use crate::diag::{Failure, codes};
use crate::git::{self, GitTree};
use crate::host::{self, Folder};
use crate::model::Time;
use crate::source::{ALL_LEVELS, Role, SETTINGS, SourceFile, SourceSet, Tree, assisted, document_format};

/// Where documents come from.
#[derive(Debug, Clone, clap::Args)]
pub struct From {
    /// Read a commit instead of the folder.
    #[arg(long, value_name = "REV")]
    pub rev: Option<String>,
    /// Judge the expiry of exceptions at this moment (RFC 3339); default: when HEAD was committed.
    #[arg(long, value_name = "TIME", value_parser = super::words::moment)]
    pub now: Option<Time>,
}

/// A source set and what it means.
pub struct Session {
    /// The root of the policy repository.
    pub root: PathBuf,
    /// The way from the top of the Git repository around it: empty, or with `/` at its end.
    pub prefix: String,
    /// What was read.
    pub sources: SourceSet,
    /// What it means.
    pub compilation: Compilation,
    /// The moment at which expiry is judged, where it is known.
    pub now: Option<Time>,
}

impl Session {
    /// Loads and compiles the policy repository around a folder.
    ///
    /// # Errors
    /// When there is none, or the world cannot answer.
    pub fn open(here: &Path, from: &From) -> Result<Self, Stop> {
        Self::at(root(here, from.rev.is_some())?, from)
    }

    /// Loads and compiles the policy repository in a folder.
    ///
    /// # Errors
    /// When there is none, or the world cannot answer.
    pub fn at(root: PathBuf, from: &From) -> Result<Self, Stop> {
        let (tree, time) = tree(&root, from)?;
        let sources = compile::load(&*tree)?;
        let now = from.now.or(time);
        let compilation = compile::compile(&sources, now);
        Ok(Self { prefix: git::prefix_of(&root), root, sources, compilation, now })
    }

    /// The same policy repository with other files, as if they were written.
    pub fn with(&self, sources: SourceSet) -> Self {
        let compilation = compile::compile(&sources, self.now);
        Self { root: self.root.clone(), prefix: self.prefix.clone(), sources, compilation, now: self.now }
    }

    /// The same with the numbers of the versions that its documents are.
    ///
    /// # Errors
    /// When there is none, or the world cannot answer.
    pub fn open_numbered(here: &Path, from: &From) -> Result<Self, Stop> {
        let mut session = Self::open(here, from)?;
        session.compilation.versions = super::history::numbers(&session, from.rev.as_deref());
        Ok(session)
    }

    /// The same; what is live in an environment brings numbers of its own.
    ///
    /// # Errors
    /// When there is none, or the world cannot answer.
    pub fn open_for(here: &Path, from: &From, environment: Option<&str>, forge: &Forge) -> Result<(Self, bool), Stop> {
        let Some(name) = environment else { return Ok((Self::open_numbered(here, from)?, false)) };
        refuse_revision(from)?;
        super::live::open_side(&Self::open(here, from)?, name, forge)
    }

    /// The same with only some documents, named by files or folders.
    ///
    /// # Errors
    /// When a path does not exist, or the world cannot answer.
    pub fn open_only(here: &Path, from: &From, paths: &[PathBuf]) -> Result<Self, Stop> {
        if paths.is_empty() {
            return Self::open(here, from);
        }
        if find_root(here)?.is_none() && from.rev.is_none() {
            return Self::open_loose(here, from, paths);
        }
        let root = root(here, from.rev.is_some())?;
        let (tree, time) = tree(&root, from)?;
        let mut below = Vec::new();
        for path in paths {
            below.push(host::written_at(&root, here, path).ok_or_else(|| not_there(path))?);
        }
        let mut files: Vec<SourceFile> = compile::load(&*tree)?.iter().map(|(_, file)| file.clone()).collect();
        files.retain(|file| file.role != Role::Document || below.iter().any(|path| is_below(&file.path, path)));
        for (path, named) in below.iter().zip(paths) {
            if !files.iter().any(|file| file.role != Role::Stray && is_below(&file.path, path)) {
                files.retain(|file| !is_below(&file.path, path));
                let found = documents(&*tree, path)?;
                if found.is_empty() {
                    return Err(no_document(named));
                }
                files.extend(found);
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        let sources = SourceSet::new(files);
        let now = from.now.or(time);
        let compilation = compile::compile(&sources, now);
        Ok(Self { prefix: git::prefix_of(&root), root, sources, compilation, now })
    }

    /// Documents outside any policy repository, with the default settings.
    fn open_loose(here: &Path, from: &From, paths: &[PathBuf]) -> Result<Self, Stop> {
        if from.rev.is_some() {
            return Err(no_repository().into());
        }
        let mut files = Vec::new();
        for path in paths {
            let below = host::relative(here, here, path).ok_or_else(|| not_there(path))?;
            let found = documents(&Folder::new(here), &below)?;
            if found.is_empty() {
                return Err(no_document(path));
            }
            files.extend(found);
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        let sources = SourceSet::new(files);
        let compilation = compile::compile(&sources, from.now);
        Ok(Self { root: here.to_path_buf(), prefix: git::prefix_of(here), sources, compilation, now: from.now })
    }
}

/// What is live is what the protected branch says now.
///
/// # Errors
/// When a revision is named beside an environment.
pub fn refuse_revision(from: &From) -> Result<(), Stop> {
    match &from.rev {
        None => Ok(()),
        Some(_) => Err(Stop::Usage(
            "--rev reads documents of a commit, and --environment what is live now: give one of them".to_owned(),
        )),
    }
}

/// The files of a policy repository, and when they were committed.
fn tree(root: &Path, from: &From) -> Result<(Box<dyn Tree>, Option<Time>), Stop> {
    if let Some(revision) = &from.rev {
        let tree = GitTree::open(root, revision)?;
        let time = Time::of_unix_seconds(tree.time());
        return Ok((Box::new(tree), time));
    }
    let head = git::discover(root)?.and_then(|repository| git::head_time(&repository));
    Ok((Box::new(Folder::new(root)), head.and_then(Time::of_unix_seconds)))
}

/// The documents below a path that was named on the command line.
fn documents(folder: &dyn Tree, path: &str) -> Result<Vec<SourceFile>, Stop> {
    let entries = folder.list(path, ALL_LEVELS)?;
    let named = entries.len() == 1 && entries.first().is_some_and(|entry| entry.path == path);
    let paths: Vec<&str> = entries
        .iter()
        .map(|entry| entry.path.as_str())
        .filter(|path| document_format(path).is_some() && !path.ends_with("README.md"))
        .collect();
    if named && paths.is_empty() {
        return Err(Stop::Usage(format!("`{path}` is no document: its ending is none of .yaml, .yml, .json and .md")));
    }
    let contents = folder.read(&paths)?;
    let file = |(path, content, assist): (&&str, _, _)| SourceFile {
        path: (*path).to_owned(),
        role: Role::Document,
        format: document_format(path).unwrap_or(crate::source::Format::Yaml),
        content,
        tracked: None,
        assist,
    };
    let locks: Result<Vec<_>, _> = paths.iter().map(|path| assisted(folder, path)).collect();
    let present = paths.iter().zip(contents).zip(locks?);
    let present = present.filter_map(|((path, content), assist)| Some((path, content?, assist)));
    Ok(present.map(file).collect())
}

/// Whether a file is, or lies below, a path.
pub fn is_below(file: &str, path: &str) -> bool {
    path.is_empty() || file == path || file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// The root of the policy repository around a folder.
///
/// # Errors
/// When there is none. At a revision the settings may be missing now: then the top of the work tree is meant.
pub fn root(here: &Path, at_revision: bool) -> Result<PathBuf, Stop> {
    if let Some(root) = find_root(here)? {
        return Ok(root);
    }
    let top = if at_revision { git::discover(here)? } else { None };
    top.map(|repository| repository.workdir().unwrap_or(repository.path()).to_path_buf())
        .ok_or_else(|| no_repository().into())
}

/// The root of the policy repository around a folder, by its settings.
///
/// # Errors
/// When the folder does not exist.
pub fn find_root(here: &Path) -> Result<Option<PathBuf>, Failure> {
    host::find_upwards(here, SETTINGS)
}

/// That there is no policy repository.
pub fn no_repository() -> Failure {
    Failure::new(codes::NO_REPOSITORY, format!("there is no `{SETTINGS}` here or in a folder above"))
        .help("run `policyc init` to make a policy repository, or go to one with -C DIR; the file is called policyc.yaml, not policyc.yml")
}

/// A path that was named and holds nothing to read must not look like a clean one.
fn no_document(path: &Path) -> Stop {
    let message = format!("`{}` does not exist or holds no document", path.display());
    Stop::World(Failure::new(codes::IO, message))
}

fn not_there(path: &Path) -> Stop {
    let message = format!("`{}` does not exist in this policy repository", path.display());
    Stop::World(Failure::new(codes::IO, message))
}
