use std::collections::{HashMap, HashSet};

use super::event::State;
use super::fold::Fold;
use super::folders::{Folders, Settings};
use super::history::{self, History};
use super::reading::Readings;
use crate::diag::Failure;
use crate::git::{Database, Interest, ObjectId, Step};
use crate::model::DocumentId;
use crate::source::SETTINGS;

/// How many first parents are tried before a history is read from its beginning.
const NEAR: usize = 32;

/// What documents are at commits, on the protected branch or not: the absent ones left out.
pub type States = HashMap<DocumentId, State>;

/// The states of documents at commits that need not lie on the protected branch, each commit looked at once.
#[derive(Default)]
pub struct Snapshots {
    settings: Settings,
    readings: Readings,
    known: HashMap<ObjectId, States>,
}

impl Snapshots {
    /// The states at a commit.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn at(&mut self, database: &Database, commit: ObjectId) -> Result<&States, Failure> {
        if !self.known.contains_key(&commit) {
            let states = self.read(database, commit)?;
            self.known.insert(commit, states);
        }
        Ok(self.known.entry(commit).or_default())
    }

    fn read(&mut self, database: &Database, commit: ObjectId) -> Result<States, Failure> {
        Ok(self.standing_at(database, commit, &[])?.into_states())
    }

    /// A fold that stands at a commit, and knows of the files in `more` folders.
    ///
    /// # Errors
    /// When an object is not there.
    pub(super) fn standing_at(
        &mut self,
        database: &Database,
        commit: ObjectId,
        more: &[String],
    ) -> Result<Fold, Failure> {
        let looked = self.folders_at(database, commit)?.named().iter().chain(more).cloned().collect::<Vec<_>>();
        if let Some(fold) = self.readable(database, commit, &looked)? {
            return Ok(fold);
        }
        // What an unreadable file stands for hangs on what was before: from where all could be read, if that is near.
        if let Some(fold) = self.near(database, commit, looked)? {
            return Ok(fold);
        }
        let chain = database.chain(commit, &HashSet::new())?;
        Ok(History::from_the_beginning(database, &chain, commit, more)?.1)
    }

    fn folders_at(&mut self, database: &Database, commit: ObjectId) -> Result<Folders, Failure> {
        let own = database.changes(None, Some(commit), &Interest(vec![SETTINGS.to_owned()]))?;
        Ok(self.settings.after(database, &own)?.unwrap_or_default())
    }

    /// A fold at a commit of which everything can be read; `None` for any other.
    fn readable(&mut self, database: &Database, commit: ObjectId, looked: &[String]) -> Result<Option<Fold>, Failure> {
        let folders = self.folders_at(database, commit)?;
        if matches!(folders, Folders::Unreadable(_)) {
            return Ok(None);
        }
        let files = database.changes(None, Some(commit), &Interest(looked.to_vec()))?;
        self.readings.fill(database, history::entries(&files))?;
        let fold = Fold::of_known(folders, files, &self.readings, HashMap::new());
        Ok(fold.all_readable().then_some(fold))
    }

    /// A fold that goes from the nearest first parent of which everything can be read; `None` where none is near.
    fn near(
        &mut self,
        database: &Database,
        commit: ObjectId,
        mut looked: Vec<String>,
    ) -> Result<Option<Fold>, Failure> {
        let mut line = vec![commit];
        let mut base = None;
        while line.len() <= NEAR {
            let last = line.last().copied().unwrap_or(commit);
            let Some(parent) = database.commit(last)?.parents.first().copied() else { return Ok(None) };
            looked.extend(self.folders_at(database, parent)?.named().iter().cloned());
            base = self.readable(database, parent, &looked)?.map(|fold| (parent, fold));
            if base.is_some() {
                break;
            }
            line.push(parent);
        }
        let Some((mut before, mut fold)) = base else { return Ok(None) };
        let interest = Interest(looked.into_iter().chain([SETTINGS.to_owned()]).collect());
        for next in line.into_iter().rev() {
            let changes = database.changes(Some(before), Some(next), &interest)?;
            self.readings.fill(database, history::entries(&changes))?;
            let folders = self.settings.after(database, &changes)?;
            fold.take(Step { commit: next, rank: 0, changes }, folders, &self.readings);
            before = next;
        }
        Ok(Some(fold))
    }
}
