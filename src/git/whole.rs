//! Histories that would be answered wrongly, refused.

use super::Database;
use crate::diag::{Failure, codes};

impl Database {
    /// Whether the history is all there and as it was written: versions are counted from its very beginning.
    ///
    /// # Errors
    /// For a shallow clone, replaced objects and grafted parents.
    pub fn whole(&self) -> Result<(), Failure> {
        if self.repository.is_shallow() {
            let message =
                "this clone is shallow: the beginning of the history is missing, and versions are counted from there";
            return Err(Failure::new(codes::INCOMPLETE_HISTORY, message).help(
                "fetch the rest with `git fetch --unshallow`; in GitHub Actions give `fetch-depth: 0` to actions/checkout",
            ));
        }
        let mut replaced = self
            .repository
            .references_glob("refs/replace/*")
            .map_err(|error| super::failure("the references cannot be read", &error))?;
        if replaced.next().is_some() {
            let message =
                "objects of this repository are replaced (refs/replace): the history is not the one that was written";
            return Err(Failure::new(codes::REPLACED_HISTORY, message)
                .help("list them with `git replace -l` and remove them with `git replace -d`"));
        }
        // An empty file grafts nothing.
        if self.common_folder().join("info/grafts").metadata().is_ok_and(|file| file.len() > 0) {
            let message = "parents of commits are grafted (info/grafts): the history is not the one that was written";
            return Err(
                Failure::new(codes::REPLACED_HISTORY, message).help("remove the file `info/grafts` of the Git folder")
            );
        }
        Ok(())
    }
}
