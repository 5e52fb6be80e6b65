//! What a version says: its text, its meaning, its canonical form.

use std::collections::BTreeSet;

use serde_json::Value;

use super::event::Event;
use super::principals::Principals;
use super::reading;
use crate::canon;
use crate::diag::Failure;
use crate::git::{Database, ObjectId};
use crate::lower::{self, Meaning};
use crate::model::{Catalog, Document, DocumentId, Environment, Settings, TokenSettings};
use crate::source::{Content, Format, Role, SETTINGS, document_format, lock_path};
use crate::syntax;
use crate::text::Digest;
use crate::written::Gates;

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
        let assist = accepted(database, event.commit, path)?;
        let Some(documents) = reading::parse(Content::Text(text.clone()), format, assist) else { return Ok(None) };
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

/// The accepted readings beside a file at a commit.
///
/// # Errors
/// When an object is not there.
pub(super) fn accepted(database: &Database, commit: ObjectId, path: &str) -> Result<Option<Content>, Failure> {
    if document_format(path) != Some(Format::Markdown) {
        return Ok(None);
    }
    let object = database.at(commit, &lock_path(path))?;
    object.map(|object| database.content(object)).transpose()
}

/// What a file that governs means; `None` where it is not there or cannot be read.
///
/// # Errors
/// When an object is not there.
pub fn governing(database: &Database, object: Option<ObjectId>, role: Role) -> Result<Option<Meaning>, Failure> {
    named(database, object, role, "")
}

fn named(database: &Database, object: Option<ObjectId>, role: Role, stem: &str) -> Result<Option<Meaning>, Failure> {
    let Some(object) = object else { return Ok(None) };
    let Content::Text(text) = database.content(object)? else { return Ok(None) };
    let documents = reading::parse(Content::Text(text.clone()), Format::Yaml, None);
    Ok(match documents.as_deref() {
        Some([document]) => lower::document(document, role, stem, &text).meaning,
        _ => None,
    })
}

/// The settings that an object holds; `None` where they cannot be read.
///
/// # Errors
/// When it is not there.
pub fn settings_of(database: &Database, object: ObjectId) -> Result<Option<Settings>, Failure> {
    Ok(match governing(database, Some(object), Role::Settings)? {
        Some(Meaning::Settings(settings)) => Some(settings),
        _ => None,
    })
}

/// What governs an environment at a commit.
#[derive(Debug)]
pub struct GovernedBy {
    /// The environment.
    pub environment: Environment,
    /// Who is who.
    pub principals: Principals,
    /// The settings.
    pub settings: Settings,
}

impl GovernedBy {
    /// What is known where nothing can be read: nobody, and approvals by default.
    #[must_use]
    pub fn unknown(name: DocumentId) -> Self {
        let settings = lower::default_settings();
        let environment = Environment {
            id: name,
            description: String::new(),
            approvals: settings.review.clone(),
            gates: Gates::default(),
            rollback_from: BTreeSet::new(),
            rollout_steps: vec![100],
            circuit_breaker: None,
            tokens: TokenSettings::default(),
        };
        Self { environment, principals: Principals::new(None), settings }
    }

    /// Who is who at a commit.
    ///
    /// # Errors
    /// That it cannot be read, in words.
    pub fn principals_at(database: &Database, commit: ObjectId) -> Result<Principals, String> {
        let object = database.at(commit, "identities.yaml").map_err(|failure| failure.message)?;
        let read = governing(database, object, Role::Identities).map_err(|failure| failure.message)?;
        match read {
            Some(Meaning::Identities(identities)) => Ok(Principals::new(Some(&identities))),
            _ if object.is_none() => Ok(Principals::new(None)),
            _ => Err("`identities.yaml` could not be read".to_owned()),
        }
    }

    /// The settings of a commit.
    ///
    /// # Errors
    /// That they are not there or cannot be read, in words.
    pub fn settings_at(database: &Database, commit: ObjectId) -> Result<Settings, String> {
        let object = database.at(commit, SETTINGS).map_err(|failure| failure.message)?;
        let settings =
            object.map(|object| settings_of(database, object)).transpose().map_err(|failure| failure.message)?;
        settings.flatten().ok_or_else(|| format!("`{SETTINGS}` could not be read at {}", commit.short()))
    }

    /// Reads it.
    ///
    /// # Errors
    /// What of it is missing or cannot be read, in words.
    pub fn at(database: &Database, commit: ObjectId, name: &str) -> Result<Self, String> {
        let at = |path: &str| database.at(commit, path).map_err(|failure| failure.message);
        let read = |object, role, stem: &str| named(database, object, role, stem).map_err(|failure| failure.message);
        // The endings that are read as environments; two files of one name would be two opinions.
        let object = match (at(&format!("environments/{name}.yaml"))?, at(&format!("environments/{name}.yml"))?) {
            (Some(_), Some(_)) => return Err(format!("there were two files of the environment `{name}`")),
            (one, other) => one.or(other),
        };
        let Some(Meaning::Environment(environment)) = read(object, Role::Environment, name)? else {
            return Err(format!("there was no environment `{name}` that can be read"));
        };
        let principals = Self::principals_at(database, commit)?;
        let settings = Self::settings_at(database, commit)?;
        Ok(Self { environment, principals, settings })
    }
}

/// The catalog that a commit has; `None` where it has none or it cannot be read.
///
/// # Errors
/// When an object is not there.
pub fn catalog_at(database: &Database, commit: ObjectId) -> Result<Option<Catalog>, Failure> {
    Ok(match governing(database, database.at(commit, "catalog.yaml")?, Role::Catalog)? {
        Some(Meaning::Catalog(catalog)) => Some(catalog),
        _ => None,
    })
}
