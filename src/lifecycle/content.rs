//! What a version says: its text, its meaning, its canonical form.

use serde_json::Value;

use super::event::Event;
use super::reading;
use crate::canon;
use crate::diag::Failure;
use crate::git::{Database, ObjectId};
use crate::lower::{self, Meaning};
use crate::model::Document;
use crate::source::{Content, Format, Role, document_format};
use crate::syntax;
use crate::text::Digest;

/// The content of a version.
#[derive(Debug, Clone)]
pub struct Version {
    /// The text of the file that held it.
    pub text: String,
    /// The format of the file.
    pub format: Format,
    /// The documents of the file, as trees.
    pub documents: Vec<syntax::Document>,
    /// The rank of the version's document among them.
    pub rank: usize,
    /// What it means; `None` where it was merged with errors and means nothing.
    pub document: Option<Document>,
}

impl Version {
    /// Reads the content of a version; `None` for an event that leaves nothing to read.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn read(database: &Database, event: &Event) -> Result<Option<Self>, Failure> {
        let Some((path, rank)) = &event.place else { return Ok(None) };
        let Some(format) = document_format(path) else { return Ok(None) };
        let Some(object) = database.at(event.commit, path)? else { return Ok(None) };
        let Content::Text(text) = database.content(object)? else { return Ok(None) };
        let Some(documents) = reading::parse(Content::Text(text.clone()), format) else { return Ok(None) };
        let meant = documents
            .get(*rank)
            .map(|document| lower::document(document, Role::Document, reading::stem(path), &text).meaning);
        let document = match meant.flatten() {
            Some(Meaning::Document(document)) => Some(document),
            _ => None,
        };
        Ok(Some(Self { text: text.to_string(), format, documents, rank: *rank, document }))
    }

    /// Its canonical form and the digest of that; `None` where it means nothing.
    #[must_use]
    pub fn canonical(&self) -> Option<(Value, Digest)> {
        let document = self.document.as_ref()?;
        Some((canon::document(document), canon::document_digest(document).ok()?))
    }

    /// The part of the file that is this document, with the comments that belong to it.
    #[must_use]
    pub fn source(&self) -> &str {
        syntax::own_text(&self.text, self.format, &self.documents, self.rank)
    }

    /// Its text as it can stand among other documents: of JSON the object alone, also where a list held nothing else.
    #[must_use]
    pub fn among_others(&self) -> &str {
        let object = self.documents.get(self.rank).filter(|_| self.format == Format::Json);
        object.and_then(|document| self.text.get(document.root.span.range())).unwrap_or_else(|| self.source())
    }
}

/// What a file that governs means; `None` where it is not there or cannot be read.
///
/// # Errors
/// When an object is not there.
pub fn governing(database: &Database, object: Option<ObjectId>, role: Role) -> Result<Option<Meaning>, Failure> {
    let Some(object) = object else { return Ok(None) };
    let Content::Text(text) = database.content(object)? else { return Ok(None) };
    let documents = reading::parse(Content::Text(text.clone()), Format::Yaml);
    Ok(match documents.as_deref() {
        Some([document]) => lower::document(document, role, "", &text).meaning,
        _ => None,
    })
}
