use std::collections::HashMap;

use super::reading::parse;
use crate::diag::Failure;
use crate::git::{Change, Database, Entry, ObjectId};
use crate::lower;
use crate::source::{Content, Format, SETTINGS};

/// Where the documents of a commit are, as its settings say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Folders {
    /// There are no settings: the commit is no policy repository.
    #[default]
    None,
    /// In these folders or files.
    Some(Vec<String>),
    /// The settings, at this object, cannot be read.
    Unreadable(ObjectId),
}

impl Folders {
    /// Whether a path lies where documents are.
    #[must_use]
    pub fn hold(&self, path: &str) -> bool {
        let Self::Some(folders) = self else { return false };
        folders.iter().any(|folder| {
            folder.is_empty()
                || path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// The folders that can be named.
    pub fn named(&self) -> &[String] {
        match self {
            Self::Some(folders) => folders,
            Self::None | Self::Unreadable(_) => &[],
        }
    }

    /// What settings in this file say.
    fn read(database: &Database, entry: Option<Entry>) -> Result<Self, Failure> {
        let Some(entry) = entry else { return Ok(Self::None) };
        let content = if entry.plain { database.content(entry.id)? } else { Content::Link };
        Ok(Self::of_content(entry.id, content))
    }

    /// What settings say whose content, and its name as an object, is given.
    #[must_use]
    pub fn of_content(object: ObjectId, content: Content) -> Self {
        let documents = parse(content, Format::Yaml, None);
        let folders = match documents.as_deref() {
            Some([settings]) => lower::document_folders(&settings.root),
            _ => None,
        };
        folders.map_or(Self::Unreadable(object), Self::Some)
    }
}

/// What settings say, each file read once.
#[derive(Default)]
pub struct Settings(HashMap<Option<Entry>, Folders>);

impl Settings {
    /// What the settings say after some changes; `None` where the changes leave them alone.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn after(&mut self, database: &Database, changes: &[Change]) -> Result<Option<Folders>, Failure> {
        let Some(change) = changes.iter().find(|change| change.path == SETTINGS) else { return Ok(None) };
        if let Some(known) = self.0.get(&change.after) {
            return Ok(Some(known.clone()));
        }
        let folders = Folders::read(database, change.after)?;
        self.0.insert(change.after, folders.clone());
        Ok(Some(folders))
    }
}
