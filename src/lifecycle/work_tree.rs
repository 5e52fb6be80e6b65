use std::collections::BTreeMap;

use super::fold::Fold;
use super::folders::Folders;
use super::reading::{self, Readings};
use super::snapshots::{Snapshots, States};
use crate::diag::Failure;
use crate::git::{Change, Database, Entry, Interest, ObjectId, Step};
use crate::source::{Content, Role, SourceFile, SourceSet, document_format, is_document, lock_path};

/// The files of a work tree.
pub struct OnDisk<'a> {
    /// What is read of them; `None`: there is no policy repository.
    pub files: Option<&'a SourceSet>,
    /// The files that are left out of a sparse work tree: they are as they were committed.
    pub left_out: &'a [String],
    /// The bytes of a file as Git would keep them.
    pub raw: &'a dyn Fn(&str) -> Option<Vec<u8>>,
}

/// The states of documents in a work tree over a commit, as if it were committed now.
///
/// # Errors
/// When an object is not there.
pub fn states(
    database: &Database,
    snapshots: &mut Snapshots,
    over: Option<ObjectId>,
    on_disk: &OnDisk<'_>,
) -> Result<States, Failure> {
    let mut readings = Readings::default();
    let mut now: BTreeMap<String, Entry> = BTreeMap::new();
    let mut folders = Folders::None;
    for (_, file) in on_disk.files.into_iter().flat_map(SourceSet::iter) {
        let entry = entry(file, on_disk)?;
        match file.role {
            Role::Settings => folders = Folders::of_content(entry.id, file.content.clone()),
            Role::Document if is_document(&file.path, !entry.plain) => {
                if let Some(format) = document_format(&file.path).filter(|_| entry.plain) {
                    let reading = reading::read(file.content.clone(), format, file.assist.clone());
                    readings.insert(entry, format, reading);
                }
                now.insert(file.path.clone(), entry);
            }
            _ => {}
        }
    }
    let Some(commit) = over else {
        let mut fold = Fold::default();
        let nowhere = ObjectId::of_content(&[])?;
        let step = Step { commit: nowhere, rank: 0, changes: changes(&BTreeMap::new(), &now) };
        fold.take(step, Some(folders), &readings);
        return Ok(fold.into_states());
    };
    let (mut fold, then) = snapshots.fold_at(database, commit, folders.named())?;
    for path in on_disk.left_out {
        if let (None, Some(entry)) = (now.get(path), then.get(path)) {
            now.insert(path.clone(), *entry);
        }
    }
    readings.fill(database, then.iter().map(|(path, entry)| (path.as_str(), *entry)))?;
    let step = Step { commit, rank: 0, changes: changes(&then, &now) };
    fold.take(step, Some(folders), &readings);
    Ok(fold.into_states())
}

/// What a file would be as an object of Git.
fn entry(file: &SourceFile, on_disk: &OnDisk<'_>) -> Result<Entry, Failure> {
    let object = |path: &str, content: &Content| {
        let bytes = match content {
            Content::Text(text) => text.as_bytes().to_vec(),
            // What nobody can read is told apart by its bytes alone.
            _ => (on_disk.raw)(path).unwrap_or_default(),
        };
        ObjectId::of_content(&bytes)
    };
    let assist = file.assist.as_ref().map(|assist| object(&lock_path(&file.path), assist)).transpose()?;
    let id = object(&file.path, &file.content)?;
    Ok(Entry { id, plain: !matches!(file.content, Content::Link), assist })
}

fn changes(before: &BTreeMap<String, Entry>, after: &BTreeMap<String, Entry>) -> Vec<Change> {
    let paths: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |path: &String| Change {
        path: path.clone(),
        before: before.get(path).copied(),
        after: after.get(path).copied(),
    };
    paths.into_iter().map(change).filter(|change| change.before != change.after).collect()
}

impl Snapshots {
    /// A fold that stands at a commit, and the files there that it looked at, those in `more` folders too.
    fn fold_at(
        &mut self,
        database: &Database,
        commit: ObjectId,
        more: &[String],
    ) -> Result<(Fold, BTreeMap<String, Entry>), Failure> {
        let fold = self.standing_at(database, commit, more)?;
        let looked: Vec<String> = fold.folders().named().iter().chain(more).cloned().collect();
        let files = database.changes(None, Some(commit), &Interest(looked))?;
        let files = files.into_iter().filter_map(|file| Some((file.path, file.after?))).collect();
        Ok((fold, files))
    }
}
