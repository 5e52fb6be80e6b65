use std::collections::{BTreeMap, BTreeSet};

use super::database::read;
use super::{Database, ObjectId, failure};
use crate::diag::Failure;

/// Where review records are kept.
pub const NOTES: &str = "refs/notes/policyc";
/// Where fetches bring those of remotes.
const BROUGHT: &str = "refs/policyc/*";
/// The largest note that is read, in bytes (4 MiB).
const MOST_BYTES: usize = 4 << 20;

impl Database {
    /// The text of every review note, of this clone and of what fetches brought, in the order of what it was written on; `None`
    /// where there are none.
    ///
    /// # Errors
    /// When a note is not there.
    pub fn notes(&self) -> Result<Option<Vec<String>>, Failure> {
        let own = self.head_of(NOTES)?;
        let (brought, _) = self.heads(BROUGHT)?;
        let tips: BTreeSet<ObjectId> = own.into_iter().chain(brought).map(|head| head.commit).collect();
        if tips.is_empty() {
            return Ok(None);
        }
        let mut found: BTreeSet<(ObjectId, ObjectId)> = BTreeSet::new();
        for tip in tips {
            found.extend(self.notes_at(Some(tip))?);
        }
        let objects = self.objects()?;
        let text = |(_, note): &(ObjectId, ObjectId)| {
            let object = read(&objects, *note)?;
            let bytes = object.data().get(..MOST_BYTES.min(object.len())).unwrap_or_default();
            Ok(String::from_utf8_lossy(bytes).into_owned())
        };
        let texts = found.iter().map(text).collect::<Result<Vec<_>, Failure>>()?;
        // Both may have a line, and it is said once.
        let mut seen = BTreeSet::new();
        let once = |text: String| {
            text.lines().filter(|line| seen.insert((*line).to_owned())).map(|line| format!("{line}\n")).collect()
        };
        Ok(Some(texts.into_iter().map(once).collect()))
    }

    /// A commit of notes that has some more lines on an object, over those that are there; `None`: they are there already.
    ///
    /// # Errors
    /// When notes cannot be read or written.
    pub fn notes_with(
        &self,
        about: ObjectId,
        lines: &[String],
    ) -> Result<Option<(Option<ObjectId>, ObjectId)>, Failure> {
        let tip = self.head_of(NOTES)?.map(|head| head.commit);
        let mut notes = self.notes_at(tip)?;
        let old = match notes.get(&about) {
            Some(note) => self.note_text(*note)?,
            None => String::new(),
        };
        let text = united(&[&old, &lines.join("\n")]);
        if text == old {
            return Ok(None);
        }
        notes.insert(about, self.note_of(&text)?);
        let parents: Vec<ObjectId> = tip.into_iter().collect();
        Ok(Some((tip, self.commit_notes(&notes, &parents, "Add review records")?)))
    }

    /// A commit of notes that has every line of both; one of the two where that has them already.
    ///
    /// # Errors
    /// When notes cannot be read or written.
    pub fn notes_of_both(&self, one: ObjectId, other: ObjectId) -> Result<ObjectId, Failure> {
        if self.is_ancestor(one, other)? {
            return Ok(other);
        }
        if self.is_ancestor(other, one)? {
            return Ok(one);
        }
        let mut notes = self.notes_at(Some(one))?;
        for (about, note) in self.notes_at(Some(other))? {
            let own = notes.get(&about).copied();
            let note = match own {
                Some(own) if own != note => {
                    let text = united(&[&self.note_text(own)?, &self.note_text(note)?]);
                    self.note_of(&text)?
                }
                _ => note,
            };
            notes.insert(about, note);
        }
        self.commit_notes(&notes, &[one, other], "Merge review records")
    }

    /// The notes of a commit, by what they are about.
    fn notes_at(&self, tip: Option<ObjectId>) -> Result<BTreeMap<ObjectId, ObjectId>, Failure> {
        let failed = |error: git2::Error| failure("the review notes cannot be read", &error);
        let Some(tip) = tip else { return Ok(BTreeMap::new()) };
        let tree = tip.git().and_then(|oid| self.repository.find_commit(oid)?.tree()).map_err(failed)?;
        let mut notes = BTreeMap::new();
        // Git spreads notes over folders of two digits, or of more levels, as they grow.
        let walked = tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
            let name = format!("{folder}{}", String::from_utf8_lossy(entry.name_bytes())).replace('/', "");
            let note = (entry.kind() == Some(git2::ObjectType::Blob)).then(|| ObjectId::try_from(entry.id()).ok());
            if let (Some(about), Some(note)) = (ObjectId::parse(&name), note.flatten()) {
                notes.insert(about, note);
            }
            git2::TreeWalkResult::Ok
        });
        walked.map_err(failed)?;
        Ok(notes)
    }

    fn note_text(&self, note: ObjectId) -> Result<String, Failure> {
        let objects = self.objects()?;
        Ok(String::from_utf8_lossy(read(&objects, note)?.data()).into_owned())
    }

    fn note_of(&self, text: &str) -> Result<ObjectId, Failure> {
        let made = self.repository.blob(text.as_bytes()).and_then(ObjectId::try_from);
        made.map_err(|error| failure("a review note cannot be written", &error))
    }

    fn commit_notes(
        &self,
        notes: &BTreeMap<ObjectId, ObjectId>,
        parents: &[ObjectId],
        message: &str,
    ) -> Result<ObjectId, Failure> {
        let failed = |error: git2::Error| failure("the review notes cannot be written", &error);
        let mut tree = self.repository.treebuilder(None).map_err(failed)?;
        for (about, note) in notes {
            let note = note.git().map_err(failed)?;
            tree.insert(about.to_string(), note, i32::from(git2::FileMode::Blob)).map_err(failed)?;
        }
        let tree = tree.write().and_then(|id| self.repository.find_tree(id)).map_err(failed)?;
        let (author, committer) = self.signatures()?;
        let parents: Result<Vec<_>, _> =
            parents.iter().map(|id| id.git().and_then(|oid| self.repository.find_commit(oid))).collect();
        let parents = parents.map_err(failed)?;
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        let made = self.repository.commit(None, &author, &committer, message, &tree, &parents);
        made.and_then(ObjectId::try_from).map_err(failed)
    }
}

/// The lines of texts, sorted, each once: as Git's own strategy `cat_sort_uniq` merges notes.
fn united(texts: &[&str]) -> String {
    let lines: BTreeSet<&str> =
        texts.iter().flat_map(|text| text.lines()).filter(|line| !line.trim().is_empty()).collect();
    lines.into_iter().map(|line| format!("{line}\n")).collect()
}
