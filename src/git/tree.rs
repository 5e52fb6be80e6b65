use std::cell::Cell;
use std::path::Path;

use git2::{ObjectType, Repository, Tree as Git2Tree};

use super::{failure, prefix};
use crate::diag::{Failure, codes};
use crate::source::{ALL_LEVELS, Content, MAX_FILE_BYTES, Tree, TreeEntry};

/// The files of a commit, read from the object database; nothing is checked out.
pub struct GitTree {
    repository: Repository,
    root: git2::Oid,
    time: i64,
    /// How many entries of folders were looked at.
    looked: Cell<usize>,
}

/// How many entries of folders are looked at.
const MOST_ENTRIES: usize = 400_000;

/// The modes of entries that are not followed.
const LINK: i32 = 0o120_000;

impl GitTree {
    /// The files below `folder` as they are at a revision.
    ///
    /// # Errors
    /// When there is no repository or no such revision, or the folder does not exist there.
    pub fn open(folder: &Path, revision: &str) -> Result<Self, Failure> {
        let database = super::Database::open(folder)?
            .ok_or_else(|| Failure::new(codes::GIT, "a revision was asked for, and there is no Git repository here"))?;
        let id = database.revision(revision)?;
        let repository = database.repository;
        let (root, time) = {
            let found = id.git().and_then(|oid| repository.find_commit(oid));
            let commit = found.map_err(|error| unknown(revision, &error))?;
            let tree = commit.tree().map_err(|error| failure("the commit cannot be read", &error))?;
            let below = prefix(&repository, folder).filter(|path| !path.as_os_str().is_empty());
            let root = match below {
                None => tree.id(),
                Some(path) => {
                    let entry = tree.get_path(&path).ok().filter(|entry| entry.kind() == Some(ObjectType::Tree));
                    entry.map(|entry| entry.id()).ok_or_else(|| {
                        let message = format!("`{}` does not exist at `{revision}`", path.display());
                        Failure::new(codes::UNKNOWN_REVISION, message)
                    })?
                }
            };
            (root, commit.committer().when().seconds())
        };
        Ok(Self { repository, root, time, looked: Cell::new(0) })
    }

    /// The committer time of the commit in Unix seconds.
    #[must_use]
    pub fn time(&self) -> i64 {
        self.time
    }

    fn tree(&self, id: git2::Oid) -> Result<Git2Tree<'_>, Failure> {
        self.repository.find_tree(id).map_err(|error| failure("a folder of the commit cannot be read", &error))
    }

    fn walk(&self, id: git2::Oid, path: &str, depth: usize, entries: &mut Vec<TreeEntry>) -> Result<(), Failure> {
        if depth == 0 {
            // The last level of a deep walk is told, not passed over; a shallow walk ends here.
            if path.matches('/').count() >= ALL_LEVELS {
                entries.push(TreeEntry { path: path.trim_end_matches('/').to_owned(), link: true });
            }
            return Ok(());
        }
        for entry in &self.tree(id)? {
            self.looked.set(self.looked.get() + 1);
            // One small folder may stand at ever so many places.
            if self.looked.get() > MOST_ENTRIES {
                let message =
                    format!("a commit holds more than {MOST_ENTRIES} files and folders where documents are read");
                return Err(Failure::new(codes::GIT, message).help("look at what was committed there"));
            }
            let name = entry.name_bytes();
            let text = std::str::from_utf8(name);
            let below = format!("{path}{}", String::from_utf8_lossy(name));
            match entry.kind() {
                Some(ObjectType::Tree) if text.is_ok() => {
                    self.walk(entry.id(), &format!("{below}/"), depth - 1, entries)?;
                }
                kind => {
                    let plain = kind == Some(ObjectType::Blob) && entry.filemode() != LINK && text.is_ok();
                    entries.push(TreeEntry { path: below, link: !plain });
                }
            }
        }
        Ok(())
    }

    fn content(&self, path: &str) -> Result<Option<Content>, Failure> {
        let Ok(entry) = self.tree(self.root)?.get_path(Path::new(path)) else { return Ok(None) };
        if entry.filemode() == LINK {
            return Ok(Some(Content::Link));
        }
        if entry.kind() != Some(ObjectType::Blob) {
            return Ok(None);
        }
        let unreadable = |error: git2::Error| failure(&format!("`{path}` cannot be read from the commit"), &error);
        let database = self.repository.odb().map_err(unreadable)?;
        let absent = |error: git2::Error| match super::ObjectId::try_from(entry.id()) {
            Ok(id) => super::database::unreadable(id, &error),
            Err(_) => unreadable(error),
        };
        let (size, _) = database.read_header(entry.id()).map_err(absent)?;
        if size as u64 > MAX_FILE_BYTES {
            return Ok(Some(Content::TooLarge { bytes: size as u64 }));
        }
        let object = database.read(entry.id()).map_err(unreadable)?;
        Ok(Some(Content::decode(object.data().to_vec())))
    }
}

impl Tree for GitTree {
    fn list(&self, folder: &str, depth: usize) -> Result<Vec<TreeEntry>, Failure> {
        let mut entries = Vec::new();
        if folder.is_empty() {
            self.walk(self.root, "", depth, &mut entries)?;
            return Ok(entries);
        }
        let Ok(entry) = self.tree(self.root)?.get_path(Path::new(folder)) else { return Ok(entries) };
        match entry.kind() {
            Some(ObjectType::Tree) => self.walk(entry.id(), &format!("{folder}/"), depth, &mut entries)?,
            kind => {
                let plain = kind == Some(ObjectType::Blob) && entry.filemode() != LINK;
                entries.push(TreeEntry { path: folder.to_owned(), link: !plain });
            }
        }
        Ok(entries)
    }

    fn read(&self, paths: &[&str]) -> Result<Vec<Option<Content>>, Failure> {
        paths.iter().map(|path| self.content(path)).collect()
    }

    fn tracked(&self, _: &[&str]) -> Result<Option<Vec<bool>>, Failure> {
        Ok(None)
    }
}

pub(super) fn unknown(revision: &str, error: &git2::Error) -> Failure {
    let message = format!("the revision `{revision}` does not exist: {}", error.message());
    Failure::new(codes::UNKNOWN_REVISION, message)
        .help("name a commit, a tag or a branch; a shallow clone may lack it: `git fetch --unshallow`")
}
