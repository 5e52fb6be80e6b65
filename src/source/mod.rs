//! Floor 2: the one input. A folder, a commit, standard input and an editor's buffers all become the same
//! immutable [`SourceSet`]: paths and texts, sorted, with nothing of where they came from.
//!
//! Which files are read is decided here, once, for every [`Tree`] that files can come from.

mod select;

use std::sync::Arc;

use crate::diag::Failure;
use crate::text::{FileId, LineIndex};
pub use select::{ALL_LEVELS, assisted, collect, document_format, is_document, lock_path};

/// The name of the settings file that makes a folder a policy repository.
pub const SETTINGS: &str = "policyc.yaml";
/// The ending of the file beside a Markdown file that holds the accepted readings of its sentences.
pub const ASSIST_LOCK: &str = ".assist.lock.json";
/// The largest file that is read, in bytes (1 MiB).
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// How a file's text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// YAML 1.2, one or several documents.
    Yaml,
    /// JSON, an object or an array of objects.
    Json,
    /// Markdown, one document.
    Markdown,
    /// Sentences of the controlled English, one document; only from standard input.
    Prose,
}

/// Why a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// `policyc.yaml`.
    Settings,
    /// `catalog.yaml`.
    Catalog,
    /// `identities.yaml`.
    Identities,
    /// A file of `environments/`.
    Environment,
    /// A file under one of the folders of `documents:`.
    Document,
    /// A file that is not read, looked at only to warn when it holds a document.
    Stray,
}

/// What a path holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// UTF-8 text within the limit.
    Text(Arc<str>),
    /// Larger than [`MAX_FILE_BYTES`]; not read.
    TooLarge {
        /// The size in bytes.
        bytes: u64,
    },
    /// Not UTF-8.
    NotUtf8 {
        /// The text with U+FFFD for what is not UTF-8, for showing the place.
        lossy: Arc<str>,
        /// The first byte in `lossy` that stands for something else.
        at: usize,
    },
    /// A symbolic link or a submodule; never followed.
    Link,
}

impl Content {
    /// Decodes bytes that were read.
    #[must_use]
    pub fn decode(bytes: Vec<u8>) -> Self {
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Self::TooLarge { bytes: bytes.len() as u64 };
        }
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text.into()),
            Err(error) => Self::NotUtf8 {
                at: error.utf8_error().valid_up_to(),
                lossy: String::from_utf8_lossy(error.as_bytes()).into(),
            },
        }
    }

    /// The text to show places in; empty where nothing was read.
    #[must_use]
    pub fn shown(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::NotUtf8 { lossy, .. } => lossy,
            Self::TooLarge { .. } | Self::Link => "",
        }
    }
}

/// One file of a source set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path from the policy repository's root, with `/`.
    pub path: String,
    /// Why it is there.
    pub role: Role,
    /// How it is read.
    pub format: Format,
    /// What it holds.
    pub content: Content,
    /// Whether Git tracks it; `None` where nobody can tell (no Git, a commit, standard input).
    pub tracked: Option<bool>,
    /// The accepted readings of its sentences: the file beside it whose name ends with [`ASSIST_LOCK`].
    pub assist: Option<Content>,
}

/// Everything that a compilation reads: immutable, sorted by path.
#[derive(Debug, Clone, Default)]
pub struct SourceSet {
    files: Vec<SourceFile>,
}

impl SourceSet {
    /// A set of files; sorted here, so the order given does not matter.
    #[must_use]
    pub fn new(mut files: Vec<SourceFile>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files }
    }

    /// A set of one document, as from standard input.
    #[must_use]
    pub fn single(path: &str, format: Format, content: Content) -> Self {
        let path = path.to_owned();
        Self::new(vec![SourceFile { path, role: Role::Document, format, content, tracked: None, assist: None }])
    }

    /// The files with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0..).map(FileId).zip(&self.files)
    }

    /// The number of files that are read; those only looked at for stray documents do not count.
    #[must_use]
    pub fn read_count(&self) -> usize {
        self.files.iter().filter(|file| file.role != Role::Stray).count()
    }

    /// A file by its id.
    #[must_use]
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// A file's path; empty for an id of another set.
    #[must_use]
    pub fn path(&self, id: FileId) -> &str {
        self.get(id).map_or("", |file| &file.path)
    }

    /// A file's text for showing places; empty where nothing was read.
    #[must_use]
    pub fn text(&self, id: FileId) -> &str {
        self.get(id).map_or("", |file| file.content.shown())
    }

    /// A new line index of a file.
    #[must_use]
    pub fn lines(&self, id: FileId) -> LineIndex {
        LineIndex::new(self.text(id))
    }

    /// The id of the file at a path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FileId> {
        let at = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        u32::try_from(at).ok().map(FileId)
    }
}

/// An entry of a [`Tree`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// The path from the root, with `/`.
    pub path: String,
    /// Whether it is a link or submodule, which is never followed.
    pub link: bool,
}

/// Where files come from: a folder or a commit.
pub trait Tree {
    /// All files and links below `folder` (empty: the root), at most `depth` levels down; folders named
    /// `.git` are left out. A folder that is not there is an empty list.
    ///
    /// # Errors
    /// When the world cannot answer.
    fn list(&self, folder: &str, depth: usize) -> Result<Vec<TreeEntry>, Failure>;

    /// Reads files, in the order of the paths. A path that is gone or no file is `None`.
    ///
    /// # Errors
    /// When the world cannot answer.
    fn read(&self, paths: &[&str]) -> Result<Vec<Option<Content>>, Failure>;

    /// Which of the paths Git tracks; `None` where that has no meaning.
    ///
    /// # Errors
    /// When the world cannot answer.
    fn tracked(&self, paths: &[&str]) -> Result<Option<Vec<bool>>, Failure>;
}
