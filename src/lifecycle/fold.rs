//! One commit after the other, from files to states: the way in which histories are read.
//!
//! `tests/history/reference.rs` says the same from the whole tree of each commit.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::event::{Change, Event, State, Trouble, Why};
use super::folders::Folders;
use super::reading::{Reading, Readings};
use crate::git::{self, Entry, ObjectId};
use crate::model::{DocumentId, Kind};
use crate::source::{SETTINGS, is_document};
use crate::text::Digest;

/// The states of documents after some commits.
#[derive(Debug, Default)]
pub struct Fold {
    folders: Folders,
    /// Set while the settings cannot be read: files went on, and nobody looked.
    behind: bool,
    /// The files that could hold documents, wherever they lie.
    files: BTreeMap<String, Entry>,
    /// The files that are read under the settings.
    read: HashMap<String, Kept>,
    /// Where each document is held.
    holders: HashMap<DocumentId, Vec<Holder>>,
    /// The unreadable files that held it last.
    claimants: HashMap<DocumentId, BTreeSet<String>>,
    states: HashMap<DocumentId, State>,
    numbers: HashMap<DocumentId, u64>,
}

/// A file that is read.
#[derive(Debug, Clone)]
struct Kept {
    entry: Entry,
    unreadable: bool,
    /// What it holds or, where it cannot be read, held.
    ids: BTreeSet<DocumentId>,
}

/// A document in a file.
#[derive(Debug, Clone)]
struct Holder {
    path: String,
    rank: usize,
    object: ObjectId,
    digest: Digest,
    kind: Option<Kind>,
}

/// What one commit touched.
#[derive(Default)]
struct Touched {
    ids: BTreeSet<DocumentId>,
    before: BTreeMap<String, Kept>,
}

impl Fold {
    /// States of documents that are known already, for a fold that goes on; nothing in it is broken.
    pub fn of_known(
        folders: Folders,
        files: Vec<git::Change>,
        readings: &Readings,
        numbers: HashMap<DocumentId, u64>,
    ) -> Self {
        let mut fold = Self { folders, numbers, ..Self::default() };
        let touched = fold.take_files(files);
        let mut ids = Touched::default();
        fold.reread(touched, readings, &mut ids);
        let states = ids.ids.into_iter().map(|id| (fold.state(&id), id)).filter(|(state, _)| *state != State::Absent);
        fold.states = states.map(|(state, id)| (id, state)).collect();
        fold
    }

    /// The states now, without those that are absent.
    pub fn states(&self) -> &HashMap<DocumentId, State> {
        &self.states
    }

    /// The file that holds a document, and the document's rank in it; `None` where none or several do.
    pub fn place(&self, id: &DocumentId) -> Option<(String, usize)> {
        match self.holders.get(id).map(Vec::as_slice) {
            Some([holder]) => Some((holder.path.clone(), holder.rank)),
            _ => None,
        }
    }

    /// The unreadable files that stand for a document.
    pub fn claiming(&self, id: &DocumentId) -> Vec<String> {
        self.claimants.get(id).into_iter().flatten().cloned().collect()
    }

    /// Where documents are looked for.
    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// The states, given away.
    pub fn into_states(self) -> HashMap<DocumentId, State> {
        self.states
    }

    /// Whether every file that is read can be read.
    pub fn all_readable(&self) -> bool {
        self.read.values().all(|kept| !kept.unreadable)
    }

    /// Takes the changes of one commit. `folders` is what its settings say, where they changed.
    pub fn take(&mut self, step: git::Step, folders: Option<Folders>, readings: &Readings) -> Vec<Event> {
        let (rank, commit) = (step.rank, step.commit);
        let mut paths = self.take_files(step.changes);
        let other = folders.filter(|folders| *folders != self.folders);
        if let Some(folders) = other {
            self.folders = folders;
            self.behind = true;
        }
        if let Folders::Unreadable(object) = self.folders {
            self.behind = true;
            return self.all_unknown(rank, commit, object);
        }
        if std::mem::take(&mut self.behind) {
            paths = self.files.keys().chain(self.read.keys()).cloned().collect();
        }
        let mut touched = Touched::default();
        self.reread(paths, readings, &mut touched);
        let ids = std::mem::take(&mut touched.ids);
        ids.into_iter().filter_map(|id| self.settle(rank, commit, id, &touched.before)).collect()
    }

    /// Notes what paths hold, and tells which of them could hold documents.
    fn take_files(&mut self, changes: Vec<git::Change>) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        for change in changes {
            let possible = |entry: &Entry| is_document(&change.path, !entry.plain);
            let after = change.after.filter(possible);
            if change.path == SETTINGS || after.is_none() && !change.before.is_some_and(|before| possible(&before)) {
                continue;
            }
            match after {
                Some(entry) => drop(self.files.insert(change.path.clone(), entry)),
                None => drop(self.files.remove(&change.path)),
            }
            paths.insert(change.path);
        }
        paths
    }

    /// While the settings cannot be read, every document that was there is there, and unknown.
    fn all_unknown(&mut self, rank: usize, commit: ObjectId, object: ObjectId) -> Vec<Event> {
        let ids: BTreeSet<DocumentId> = self.states.keys().cloned().collect();
        let state = State::Broken(Trouble { why: Why::Settings, objects: vec![object] });
        let nothing = BTreeMap::new();
        ids.into_iter().filter_map(|id| self.become_state(rank, commit, id, state.clone(), &nothing)).collect()
    }

    /// Reads files again, and notes which documents that touches.
    fn reread(&mut self, paths: BTreeSet<String>, readings: &Readings, touched: &mut Touched) {
        for path in &paths {
            self.forget(path, touched);
        }
        let mut unreadable = Vec::new();
        for path in paths {
            let Some(entry) = self.files.get(&path).copied().filter(|_| self.folders.hold(&path)) else { continue };
            match readings.get(&path, entry) {
                Reading::Documents(documents) => {
                    let mut ids = BTreeSet::new();
                    for (rank, held) in documents.iter().enumerate() {
                        let Some(id) = held.id(&path) else { continue };
                        let holder =
                            Holder { path: path.clone(), rank, object: entry.id, digest: held.digest, kind: held.kind };
                        self.holders.entry(id.clone()).or_default().push(holder);
                        ids.insert(id);
                    }
                    touched.ids.extend(ids.iter().cloned());
                    self.read.insert(path, Kept { entry, unreadable: false, ids });
                }
                Reading::Unreadable => unreadable.push((path, entry)),
            }
        }
        self.claim(unreadable, touched);
    }

    fn forget(&mut self, path: &str, touched: &mut Touched) {
        let Some(kept) = self.read.remove(path) else { return };
        for id in &kept.ids {
            if let Some(holders) = self.holders.get_mut(id) {
                holders.retain(|holder| holder.path != path);
                if holders.is_empty() {
                    self.holders.remove(id);
                }
            }
            if let Some(claimants) = self.claimants.get_mut(id) {
                claimants.remove(path);
            }
        }
        touched.ids.extend(kept.ids.iter().cloned());
        touched.before.insert(path.to_owned(), kept);
    }

    /// A file that cannot be read stands for what it held, or what the same bytes held elsewhere, as far as no other
    /// file holds it.
    fn claim(&mut self, unreadable: Vec<(String, Entry)>, touched: &mut Touched) {
        let mut gone: HashMap<ObjectId, BTreeSet<DocumentId>> = HashMap::new();
        for (path, kept) in touched.before.iter().filter(|(_, kept)| kept.unreadable) {
            if !self.files.contains_key(path) || !self.folders.hold(path) {
                gone.entry(kept.entry.id).or_default().extend(kept.ids.iter().cloned());
            }
        }
        for (path, entry) in unreadable {
            let held = match touched.before.get(&path) {
                Some(kept) => kept.ids.clone(),
                None => gone.get(&entry.id).cloned().unwrap_or_default(),
            };
            let ids: BTreeSet<DocumentId> = held.into_iter().filter(|id| !self.holders.contains_key(id)).collect();
            for id in &ids {
                self.claimants.entry(id.clone()).or_default().insert(path.clone());
            }
            touched.ids.extend(ids.iter().cloned());
            self.read.insert(path, Kept { entry, unreadable: true, ids });
        }
        // What is held by a file that can be read is claimed by no other.
        for id in touched.ids.iter().filter(|id| self.holders.contains_key(*id)) {
            for path in self.claimants.remove(id).unwrap_or_default() {
                if let Some(kept) = self.read.get_mut(&path) {
                    kept.ids.remove(id);
                }
            }
        }
    }

    /// The state of a document under the settings.
    fn state(&self, id: &DocumentId) -> State {
        let broken = |why, mut objects: Vec<ObjectId>| {
            objects.sort_unstable();
            objects.dedup();
            State::Broken(Trouble { why, objects })
        };
        match self.holders.get(id).map(Vec::as_slice) {
            Some([one]) => State::Sound(one.digest),
            Some(several) => broken(Why::Twice, several.iter().map(|holder| holder.object).collect()),
            None => {
                let claimants = self.claimants.get(id).into_iter().flatten();
                let objects: Vec<_> =
                    claimants.filter_map(|path| self.read.get(path)).map(|kept| kept.entry.id).collect();
                if objects.is_empty() { State::Absent } else { broken(Why::Unreadable, objects) }
            }
        }
    }

    fn settle(
        &mut self,
        rank: usize,
        commit: ObjectId,
        id: DocumentId,
        before: &BTreeMap<String, Kept>,
    ) -> Option<Event> {
        let state = self.state(&id);
        self.become_state(rank, commit, id, state, before)
    }

    /// The event of a document's becoming something else; `None` where it stays what it was.
    fn become_state(
        &mut self,
        rank: usize,
        commit: ObjectId,
        id: DocumentId,
        state: State,
        before: &BTreeMap<String, Kept>,
    ) -> Option<Event> {
        let change = Change::between(self.states.get(&id).unwrap_or(&State::Absent), &state)?;
        let number = matches!(change, Change::Added | Change::Changed).then(|| {
            let number = self.numbers.entry(id.clone()).or_default();
            *number += 1;
            *number
        });
        match &state {
            State::Absent => drop(self.states.remove(&id)),
            state => drop(self.states.insert(id.clone(), state.clone())),
        }
        let holders = self.holders.get(&id).map(Vec::as_slice).unwrap_or_default();
        let holder = holders.first().filter(|_| number.is_some());
        let now = holders.iter().map(|holder| &holder.path).chain(self.claimants.get(&id).into_iter().flatten());
        let was = before.iter().filter(|(_, kept)| kept.ids.contains(&id)).map(|(path, _)| path);
        let paths: BTreeSet<String> = now.chain(was).cloned().collect();
        Some(Event {
            rank,
            commit,
            change,
            number,
            state,
            kind: holders.first().and_then(|holder| holder.kind),
            place: holder.map(|holder| (holder.path.clone(), holder.rank)),
            paths: paths.into_iter().collect(),
            id,
        })
    }
}
