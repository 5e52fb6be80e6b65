use std::collections::HashSet;
use std::path::{Path, PathBuf};

use git2::{Odb, Repository};

use super::commit::{Links, links};
use super::{Commit, ObjectId, failure};
use crate::diag::{Failure, codes};
use crate::source::{Content, MAX_FILE_BYTES};

/// The objects of the repository around a folder, read as they are stored: nothing is checked out, nothing runs.
pub struct Database {
    pub(super) repository: Repository,
    /// The way from the top of the repository to the folder.
    pub(super) prefix: PathBuf,
}

impl Database {
    /// Opens the repository around a folder; `None` where there is none.
    ///
    /// # Errors
    /// When there is one and it cannot be opened, or is of a kind that cannot be read.
    pub fn open(folder: &Path) -> Result<Option<Self>, Failure> {
        let Some(repository) = super::discover(folder)? else { return Ok(None) };
        let prefix = super::prefix(&repository, folder).unwrap_or_default();
        Ok(Some(Self { repository, prefix }))
    }

    /// Where it is, for other threads: a handle on a repository belongs to one.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { path: self.repository.path().to_path_buf(), prefix: self.prefix.clone() }
    }

    /// The folder that all work trees of the repository share; policyc keeps what it remembers in `policyc/` below it.
    #[must_use]
    pub fn common_folder(&self) -> &Path {
        self.repository.commondir()
    }

    /// The folder of this work tree's own state, such as its HEAD and index.
    #[must_use]
    pub fn own_folder(&self) -> &Path {
        self.repository.path()
    }

    /// The way from the top of the repository to the policy repository, with `/`; empty at the top.
    #[must_use]
    pub fn prefix(&self) -> String {
        let parts: Vec<_> = self.prefix.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        parts.join("/")
    }

    pub(super) fn objects(&self) -> Result<Odb<'_>, Failure> {
        self.repository.odb().map_err(|error| failure("the objects of the Git repository cannot be read", &error))
    }

    /// A commit.
    ///
    /// # Errors
    /// When it is not there, or no commit.
    pub fn commit(&self, id: ObjectId) -> Result<Commit, Failure> {
        let objects = self.objects()?;
        let object = read(&objects, id)?;
        Commit::read(id, object.data()).ok_or_else(|| damaged(id, "a commit"))
    }

    /// The root folder and the parents of a commit; what a walk needs of it.
    pub(super) fn links(objects: &Odb<'_>, id: ObjectId) -> Result<Links, Failure> {
        let object = read(objects, id)?;
        links(object.data()).ok_or_else(|| damaged(id, "a commit"))
    }

    /// The bytes of a file of a commit, however many.
    ///
    /// # Errors
    /// When it is not there.
    pub fn bytes(&self, id: ObjectId) -> Result<Vec<u8>, Failure> {
        let objects = self.objects()?;
        Ok(read(&objects, id)?.data().to_vec())
    }

    /// The first file of a commit with this name, in whatever folder; from the top of the Git repository.
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub fn file_named(&self, commit: ObjectId, name: &str) -> Result<Option<String>, Failure> {
        let failed = |error: git2::Error| failure("the folders of a commit cannot be read", &error);
        let tree = commit.git().and_then(|oid| self.repository.find_commit(oid)?.tree()).map_err(failed)?;
        let mut folders = vec![(String::new(), tree.id())];
        // One folder may stand at many places, and is looked at once: otherwise a small commit could be without end.
        let mut seen = HashSet::from([tree.id()]);
        // The highest folder first, so that what is found is the nearest to the top.
        let mut at = 0;
        while let Some((folder, id)) = folders.get(at).cloned() {
            for entry in &self.repository.find_tree(id).map_err(failed)? {
                let full = format!("{folder}{}", String::from_utf8_lossy(entry.name_bytes()));
                match entry.kind() {
                    Some(git2::ObjectType::Blob) if entry.name_bytes() == name.as_bytes() => return Ok(Some(full)),
                    Some(git2::ObjectType::Tree) if seen.insert(entry.id()) => {
                        folders.push((format!("{full}/"), entry.id()));
                    }
                    _ => {}
                }
            }
            at += 1;
        }
        Ok(None)
    }

    /// What a file of a commit holds.
    ///
    /// # Errors
    /// When it is not there.
    pub fn content(&self, id: ObjectId) -> Result<Content, Failure> {
        let objects = self.objects()?;
        let header = id.git().and_then(|oid| objects.read_header(oid));
        let (bytes, _) = header.map_err(|error| unreadable(id, &error))?;
        if bytes as u64 > MAX_FILE_BYTES {
            return Ok(Content::TooLarge { bytes: bytes as u64 });
        }
        Ok(Content::decode(read(&objects, id)?.data().to_vec()))
    }
}

/// Where a repository is, and which folder of it is meant.
#[derive(Debug, Clone)]
pub struct Place {
    path: PathBuf,
    prefix: PathBuf,
}

impl Place {
    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(&self) -> Result<Database, Failure> {
        let opened = Repository::open(&self.path);
        let repository = opened.map_err(|error| failure("the Git repository cannot be opened", &error))?;
        Ok(Database { repository, prefix: self.prefix.clone() })
    }
}

/// An object in the form in which Git stores it.
pub(super) fn read<'o>(objects: &'o Odb<'_>, id: ObjectId) -> Result<git2::OdbObject<'o>, Failure> {
    id.git().and_then(|oid| objects.read(oid)).map_err(|error| unreadable(id, &error))
}

pub(super) fn damaged(id: ObjectId, what: &str) -> Failure {
    let message = format!("the object {id} is not {what} as Git writes it");
    Failure::new(codes::GIT, message).help("`git fsck` says what is damaged")
}

/// An object that is named and not there: the clone holds a part of the history only.
pub(super) fn unreadable(id: ObjectId, error: &git2::Error) -> Failure {
    if error.code() != git2::ErrorCode::NotFound {
        return failure(&format!("the object {id} cannot be read"), error);
    }
    Failure::new(codes::INCOMPLETE_HISTORY, format!("the object {id} is not in this clone"))
        .help("a partial clone leaves objects out: fetch them all with `git fetch --refetch --no-filter`, or clone without --filter; `git fsck` tells of damage")
}
