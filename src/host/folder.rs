#![expect(clippy::disallowed_methods, reason = "the host is where files are touched")]

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::{DirEntry, WalkDir};

use super::files::{exists, is_link, read_source};
use crate::diag::{Failure, codes};
use crate::git;
use crate::source::{ALL_LEVELS, Content, Tree, TreeEntry};

/// The files of a folder as they are now.
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The files below a folder.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    /// A path below the root with `/`, and whether its name is text at all.
    fn name(&self, entry: &DirEntry) -> (String, bool) {
        let below = entry.path().strip_prefix(&self.root).unwrap_or(entry.path());
        let parts: Vec<_> = below.components().map(std::path::Component::as_os_str).collect();
        let text = parts.iter().all(|part| part.to_str().is_some());
        let parts: Vec<_> = parts.iter().map(|part| part.to_string_lossy()).collect();
        (parts.join("/"), text)
    }

    /// A link among the folders that lead to a folder, itself included.
    #[must_use]
    pub fn link_on_the_way(&self, folder: &str) -> Option<String> {
        let mut path = String::new();
        for part in folder.split('/').filter(|part| !part.is_empty()) {
            path = if path.is_empty() { part.to_owned() } else { format!("{path}/{part}") };
            if is_link(&self.root.join(&path)) {
                return Some(path);
            }
        }
        None
    }

    /// Another repository below this one: a submodule, in Git's eyes.
    fn is_foreign(entry: &DirEntry) -> bool {
        entry.depth() > 0 && entry.file_type().is_dir() && exists(&entry.path().join(".git"))
    }
}

impl Tree for Folder {
    fn list(&self, folder: &str, depth: usize) -> Result<Vec<TreeEntry>, Failure> {
        let start = if folder.is_empty() { self.root.clone() } else { self.root.join(folder) };
        if let Some(path) = self.link_on_the_way(folder) {
            return Ok(vec![TreeEntry { path, link: true }]);
        }
        if !exists(&start) {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        let mut walk =
            WalkDir::new(&start).follow_links(false).follow_root_links(folder.is_empty()).max_depth(depth).into_iter();
        while let Some(entry) = walk.next() {
            let entry = entry.map_err(|error| Failure::new(codes::IO, format!("a folder cannot be read: {error}")))?;
            let (path, text) = self.name(&entry);
            let file_type = entry.file_type();
            if Self::is_foreign(&entry) {
                walk.skip_current_dir();
                entries.push(TreeEntry { path, link: true });
            } else if file_type.is_dir() {
                if entry.file_name() == ".git" {
                    walk.skip_current_dir();
                } else if entry.depth() == depth && depth >= ALL_LEVELS {
                    // What lies deeper is not passed over in silence.
                    entries.push(TreeEntry { path, link: true });
                }
            } else {
                entries.push(TreeEntry { path, link: !file_type.is_file() || !text });
            }
        }
        Ok(entries)
    }

    fn read(&self, paths: &[&str]) -> Result<Vec<Option<Content>>, Failure> {
        paths.par_iter().map(|path| read_source(&self.root.join(path))).collect()
    }

    fn tracked(&self, paths: &[&str]) -> Result<Option<Vec<bool>>, Failure> {
        match git::discover(&self.root)? {
            Some(repository) => git::tracked(&repository, &self.root, paths),
            None => Ok(None),
        }
    }
}
