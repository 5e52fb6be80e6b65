use super::database::read;
use super::{Database, ObjectId, failure};
use crate::diag::Failure;

/// Where review records are kept.
pub const NOTES: &str = "refs/notes/policyc";
/// The largest note that is read, in bytes (4 MiB).
const MOST_BYTES: usize = 4 << 20;

impl Database {
    /// The text of every review note, in the order of what it was written on; `None` where this clone has no notes.
    ///
    /// # Errors
    /// When a note is not there.
    pub fn notes(&self) -> Result<Option<Vec<String>>, Failure> {
        if self.head_of(NOTES)?.is_none() {
            return Ok(None);
        }
        let failed = |error: git2::Error| failure("the review notes cannot be read", &error);
        let mut found: Vec<(ObjectId, ObjectId)> = Vec::new();
        for note in self.repository.notes(Some(NOTES)).map_err(failed)? {
            let (note, about) = note.map_err(failed)?;
            found.push((ObjectId::try_from(about).map_err(failed)?, ObjectId::try_from(note).map_err(failed)?));
        }
        found.sort();
        let objects = self.objects()?;
        let text = |(_, note): &(ObjectId, ObjectId)| {
            let object = read(&objects, *note)?;
            let bytes = object.data().get(..MOST_BYTES.min(object.len())).unwrap_or_default();
            Ok(String::from_utf8_lossy(bytes).into_owned())
        };
        found.iter().map(text).collect::<Result<Vec<_>, Failure>>().map(Some)
    }
}
