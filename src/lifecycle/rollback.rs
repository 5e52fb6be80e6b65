//! Old content as a new version: which files to write so that a document says again what it said, and nothing else says
//! anything else.

use super::content::{Version, accepted};
use super::event::{Event, State, Why};
use super::fold::Fold;
use super::reading::{self, Readings};
use super::snapshots::Snapshots;
use crate::diag::{Failure, codes};
use crate::git::{Change, Database, Entry, FileEdit, ObjectId, Step};
use crate::source::{Content, Format, document_format, lock_path};
use crate::syntax;

/// The files to write over a commit so that a document says what a version said.
///
/// # Errors
/// When it says so already, when it cannot be placed without touching other documents, or an object is not there.
pub fn rollback(
    database: &Database,
    snapshots: &mut Snapshots,
    over: ObjectId,
    event: &Event,
    version: &Version,
) -> Result<Vec<FileEdit>, Failure> {
    let fold = snapshots.standing_at(database, over, &[])?;
    let state = fold.states().get(&event.id).cloned().unwrap_or_default();
    let number = event.number.unwrap_or_default();
    if state == event.state {
        let message = format!("`{}` says already what version {number} says", event.id);
        return Err(Failure::new(codes::NOTHING_TO_DO, message).help("nothing was written"));
    }
    let Some((old_path, _)) = &event.place else { return Err(unplaced(event)) };
    let place = Place { database, fold: &fold, over, event, version, old_path };
    let edits = match &state {
        State::Sound(_) => place.over_document()?,
        State::Absent => place.anew()?,
        State::Broken(trouble) if trouble.why == Why::Unreadable => place.over_unreadable()?,
        State::Broken(trouble) => {
            let message = format!("`{}` cannot be rolled back: {}", event.id, trouble.why.in_words());
            return Err(Failure::new(codes::NOT_PLACED, message).help("mend that first"));
        }
    };
    proven(database, fold, over, event, &edits)?;
    Ok(edits)
}

struct Place<'a> {
    database: &'a Database,
    fold: &'a Fold,
    over: ObjectId,
    event: &'a Event,
    version: &'a Version,
    old_path: &'a str,
}

impl Place<'_> {
    /// The document is there: its old text takes the place of its text.
    fn over_document(&self) -> Result<Vec<FileEdit>, Failure> {
        let Some((path, rank)) = self.fold.place(&self.event.id) else { return Err(unplaced(self.event)) };
        let (text, format, documents) = self.file(&path)?;
        let alone = documents.len() == 1;
        if format == self.version.format {
            let own = if alone && self.version.documents.len() == 1 {
                &self.version.text
            } else {
                self.version.among_others()
            };
            return Ok(vec![edit(&path, syntax::with_document(&text, format, &documents, rank, own))]);
        }
        // It was written in another format: the file goes, and the old one comes back.
        if alone && (path == self.old_path || self.is_free(self.old_path)?) {
            let old = edit(self.old_path, self.version.source().to_owned());
            return Ok(vec![FileEdit { path, text: None }, old]);
        }
        let message = format!(
            "version {} of `{}` was written in another format than `{path}`, which holds other documents too",
            self.event.number.unwrap_or_default(),
            self.event.id
        );
        Err(Failure::new(codes::NOT_PLACED, message).help(format!(
            "move `{}` into a file of its own first, or copy from `policyc show {}@{} --source`",
            self.event.id,
            self.event.id,
            self.event.number.unwrap_or_default()
        )))
    }

    /// The document is gone: it comes back where it was, or into a file of its own beside.
    fn anew(&self) -> Result<Vec<FileEdit>, Failure> {
        if self.is_free(self.old_path)? {
            return Ok(vec![edit(self.old_path, self.version.source().to_owned())]);
        }
        let (text, format, documents) = self.file(self.old_path)?;
        if format == Format::Yaml && self.version.format == format && !documents.is_empty() {
            let gap = if text.ends_with('\n') { "" } else { "\n" };
            return Ok(vec![edit(self.old_path, format!("{text}{gap}---\n{}", self.version.source()))]);
        }
        let folder = self.old_path.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        let ending = self.old_path.rsplit_once('.').map_or("yaml", |(_, ending)| ending);
        let path = format!("{folder}{}.{ending}", self.event.id);
        if self.is_free(&path)? {
            return Ok(vec![edit(&path, self.version.source().to_owned())]);
        }
        Err(unplaced(self.event))
    }

    /// The file cannot be read: if it held nothing else, the old one takes its place.
    fn over_unreadable(&self) -> Result<Vec<FileEdit>, Failure> {
        match self.fold.claiming(&self.event.id).as_slice() {
            [path] if self.version.documents.len() == 1 && document_format(path) == Some(self.version.format) => {
                Ok(vec![edit(path, self.version.text.clone())])
            }
            _ => Err(unplaced(self.event)),
        }
    }

    fn file(&self, path: &str) -> Result<(String, Format, Vec<syntax::Document>), Failure> {
        let gone = || unplaced(self.event);
        let object = self.database.at(self.over, path)?.ok_or_else(gone)?;
        let Content::Text(text) = self.database.content(object)? else { return Err(gone()) };
        let format = document_format(path).ok_or_else(gone)?;
        let assist = accepted(self.database, self.over, path)?;
        let documents = reading::parse(Content::Text(text.clone()), format, assist).ok_or_else(gone)?;
        Ok((text.to_string(), format, documents))
    }

    fn is_free(&self, path: &str) -> Result<bool, Failure> {
        Ok(self.database.at(self.over, path)?.is_none())
    }
}

fn edit(path: &str, text: String) -> FileEdit {
    FileEdit { path: path.to_owned(), text: Some(text) }
}

/// Reads what would be written, as if it were committed: the document must say what it said, all others what they say.
fn proven(
    database: &Database,
    mut fold: Fold,
    over: ObjectId,
    event: &Event,
    edits: &[FileEdit],
) -> Result<(), Failure> {
    let mut readings = Readings::default();
    let mut changes = Vec::new();
    for edit in edits {
        // The accepted readings beside the file stay what they are.
        let beside = if document_format(&edit.path) == Some(Format::Markdown) {
            database.at(over, &lock_path(&edit.path))?
        } else {
            None
        };
        let entry = |id| Entry { id, plain: true, assist: beside };
        let before = database.at(over, &edit.path)?.map(entry);
        let after = edit.text.as_ref().map(|text| ObjectId::of_content(text.as_bytes())).transpose()?;
        if let (Some(id), Some(format), Some(text)) = (after, document_format(&edit.path), &edit.text) {
            let assist = accepted(database, over, &edit.path)?;
            let reading = reading::read(Content::decode(text.as_bytes().to_vec()), format, assist);
            readings.insert(entry(id), format, reading);
        }
        changes.push(Change { path: edit.path.clone(), before, after: after.map(entry) });
    }
    let events = fold.take(Step { commit: over, rank: 0, changes }, None, &readings);
    match events.as_slice() {
        [only] if only.id == event.id && only.state == event.state => Ok(()),
        _ => Err(unplaced(event)),
    }
}

fn unplaced(event: &Event) -> Failure {
    let (id, number) = (&event.id, event.number.unwrap_or_default());
    let message = format!("version {number} of `{id}` cannot be put back without touching what else its file holds");
    Failure::new(codes::NOT_PLACED, message).help(format!("copy it by hand from `policyc show {id}@{number} --source`"))
}
