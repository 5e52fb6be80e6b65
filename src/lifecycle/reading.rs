//! What the files of a history hold, each blob read once.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::source_value;
use crate::diag::Failure;
use crate::git::{Database, Entry, ObjectId};
use crate::lower;
use crate::model::{DocumentId, Kind};
use crate::source::{Content, Format, Role, SourceFile, document_format};
use crate::syntax::{self, Document, Value};
use crate::text::{Digest, FileId};

/// What one file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It cannot be read: whatever it says is unknown.
    Unreadable,
    /// Documents, in their order.
    Documents(Vec<Held>),
}

/// One document of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Which document it is.
    pub name: Name,
    /// Its kind, where that can be told.
    pub kind: Option<Kind>,
    /// The digest of its source value.
    pub digest: Digest,
}

/// How a document is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// By an id in it.
    Written(DocumentId),
    /// By the file's name without its ending.
    Stem,
    /// Not at all.
    Nameless,
}

impl Held {
    fn of(document: &Document) -> Self {
        let root = &document.root;
        let name = match (root.get("id"), &root.value) {
            (Some(id), _) => id.text().and_then(DocumentId::parse).map_or(Name::Nameless, Name::Written),
            (None, Value::Map(_)) if document.alone => Name::Stem,
            (None, _) => Name::Nameless,
        };
        Self { name, kind: lower::kind_of(root), digest: source_value::digest(root) }
    }

    /// Its id in a file of this path.
    #[must_use]
    pub fn id(&self, path: &str) -> Option<DocumentId> {
        match &self.name {
            Name::Written(id) => Some(id.clone()),
            Name::Stem => DocumentId::parse(stem(path)),
            Name::Nameless => None,
        }
    }
}

/// A file's name without its ending.
pub fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Reads one file's content, with the accepted readings beside it.
#[must_use]
pub fn read(content: Content, format: Format, assist: Option<Content>) -> Reading {
    match parse(content, format, assist) {
        Some(documents) => Reading::Documents(documents.iter().map(Held::of).collect()),
        None => Reading::Unreadable,
    }
}

/// The documents of a file; `None` where anything in it cannot be read.
pub fn parse(content: Content, format: Format, assist: Option<Content>) -> Option<Vec<Document>> {
    let file = SourceFile { path: String::new(), role: Role::Document, format, content, tracked: None, assist };
    let (documents, sink) = syntax::parse(FileId(0), &file);
    (!sink.has_errors()).then_some(documents)
}

/// Readings by what was read and how.
#[derive(Debug, Default)]
pub struct Readings {
    known: HashMap<Key, Reading>,
}

/// A content, how it is read, and the accepted readings beside it.
type Key = (ObjectId, Format, Option<ObjectId>);

/// How many files one thread reads before it takes the next.
const SEGMENT: usize = 64;

impl Readings {
    /// Reads what is not known yet, side by side.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn fill<'a>(
        &mut self,
        database: &Database,
        wanted: impl Iterator<Item = (&'a str, Entry)>,
    ) -> Result<(), Failure> {
        let mut missing: HashSet<Key> = HashSet::new();
        for (path, entry) in wanted {
            let format = document_format(path);
            missing.extend(format.filter(|_| entry.plain).map(|format| (entry.id, format, entry.assist)));
        }
        missing.retain(|key| !self.known.contains_key(key));
        let mut missing: Vec<_> = missing.into_iter().collect();
        missing.sort_unstable_by_key(|(id, ..)| *id);
        let place = database.place();
        let read: Result<Vec<Vec<_>>, Failure> = missing
            .par_chunks(SEGMENT)
            .map(|segment| {
                let database = place.open()?;
                let one = |key: &Key| {
                    let (id, format, assist) = *key;
                    let assist = assist.map(|assist| database.content(assist)).transpose()?;
                    Ok((*key, read(database.content(id)?, format, assist)))
                };
                segment.iter().map(one).collect()
            })
            .collect();
        self.known.extend(read?.into_iter().flatten());
        Ok(())
    }

    /// Adds what was read elsewhere.
    pub fn insert(&mut self, entry: Entry, format: Format, reading: Reading) {
        self.known.insert((entry.id, format, entry.assist), reading);
    }

    /// What a path holds.
    #[must_use]
    pub fn get(&self, path: &str, entry: Entry) -> &Reading {
        let known = document_format(path)
            .filter(|_| entry.plain)
            .and_then(|format| self.known.get(&(entry.id, format, entry.assist)));
        // What was not asked for is unknown, and unknown is never taken for nothing.
        known.unwrap_or(&Reading::Unreadable)
    }
}
