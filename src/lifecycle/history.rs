use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::event::{Event, State};
use super::fold::Fold;
use super::folders::Settings;
use super::governed::{Governed, GovernedFold};
use super::memory::Memory;
use super::reading::Readings;
use crate::diag::Failure;
use crate::git::{Change, Database, Interest, ObjectId, Protected, Step};
use crate::model::DocumentId;
use crate::source::SETTINGS;
use crate::text::Digest;

/// What governs beside the documents: files of the root, and environments with their locks.
pub const GOVERNING: [&str; 4] = [SETTINGS, "catalog.yaml", "identities.yaml", "environments"];

/// The events of the protected branch, from its first commit to its tip.
#[derive(Debug, Clone)]
pub struct History {
    /// The branch.
    pub protected: Protected,
    /// Whether anything was read that was not remembered.
    pub news: bool,
    memory: Memory,
    by_id: HashMap<DocumentId, Vec<usize>>,
}

impl History {
    /// Reads the history of a branch; goes on from what is remembered of it, where that is still a part of it.
    ///
    /// # Errors
    /// When the history is not whole, or an object is not there.
    pub fn read(database: &Database, protected: Protected, memory: Option<Memory>) -> Result<Self, Failure> {
        database.whole()?;
        let known: HashSet<ObjectId> = memory.iter().map(|memory| memory.tip).collect();
        let chain = database.chain(protected.tip, &known)?;
        if let Some(memory) = memory.filter(|_| chain.known.is_some()) {
            if chain.is_empty() {
                return Ok(Self::of(protected, memory, false));
            }
            if memory.can_go_on()
                && let Some(memory) = Self::go_on(database, &chain, memory)?
            {
                return Ok(Self::of(protected, memory, true));
            }
        }
        let chain = if chain.known.is_some() { database.chain(protected.tip, &HashSet::new())? } else { chain };
        let (memory, _) = Self::from_the_beginning(database, &chain, protected.tip, &[])?;
        Ok(Self::of(protected, memory, true))
    }

    fn of(protected: Protected, memory: Memory, news: bool) -> Self {
        let mut by_id: HashMap<DocumentId, Vec<usize>> = HashMap::new();
        for (at, event) in memory.events.iter().enumerate() {
            by_id.entry(event.id.clone()).or_default().push(at);
        }
        Self { protected, news, memory, by_id }
    }

    /// What to remember of it for the next time.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.memory.to_bytes()
    }

    /// How many commits the branch has.
    #[must_use]
    pub fn length(&self) -> usize {
        self.memory.length
    }

    /// What happened to documents, by rank of the commit and then by id.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.memory.events
    }

    /// What happened to what governs, by rank of the commit and then by path.
    #[must_use]
    pub fn governed(&self) -> &[Governed] {
        &self.memory.governed
    }

    /// Where documents and what governs were looked for.
    #[must_use]
    pub fn interest(&self) -> &Interest {
        &self.memory.interest
    }

    /// Every commit, once. Where settings of the past named other folders, the walk is done again with those too.
    pub(super) fn from_the_beginning(
        database: &Database,
        chain: &crate::git::Chain,
        tip: ObjectId,
        more: &[String],
    ) -> Result<(Memory, Fold), Failure> {
        let mut settings = Settings::default();
        let mut interest = interest(database, &mut settings, tip, more)?;
        loop {
            let steps = database.steps(chain, &interest)?;
            let wider = widened(database, &mut settings, &interest, &steps)?;
            if wider == interest {
                let memory = Memory::beginning(tip, interest);
                return fold(database, chain, steps, &mut settings, memory, Fold::default(), GovernedFold::default());
            }
            interest = wider;
        }
    }

    /// The commits after those that are remembered; `None` where what is remembered did not look at enough folders.
    fn go_on(database: &Database, chain: &crate::git::Chain, memory: Memory) -> Result<Option<Memory>, Failure> {
        let mut settings = Settings::default();
        let steps = database.steps(chain, &memory.interest)?;
        if widened(database, &mut settings, &memory.interest, &steps)? != memory.interest {
            return Ok(None);
        }
        let files = database.changes(None, Some(memory.tip), &memory.interest)?;
        let mut readings = Readings::default();
        readings.fill(database, entries(&files))?;
        let mut numbers = HashMap::new();
        for event in &memory.events {
            *numbers.entry(event.id.clone()).or_default() += u64::from(event.number.is_some());
        }
        let governed = GovernedFold::of_known(&files, &readings);
        let documents = Fold::of_known(memory.folders.clone(), files, &readings, numbers);
        // What is remembered must be what the commit says, or it is not used.
        if memory.states() != *documents.states() {
            return Ok(None);
        }
        let (memory, _) = fold(database, chain, steps, &mut settings, memory, documents, governed)?;
        Ok(Some(memory))
    }

    /// The events of one document, the oldest first.
    pub fn of_document(&self, id: &DocumentId) -> impl DoubleEndedIterator<Item = &Event> {
        self.by_id.get(id).into_iter().flatten().filter_map(|at| self.memory.events.get(*at))
    }

    /// The version of a number.
    #[must_use]
    pub fn version(&self, id: &DocumentId, number: u64) -> Option<&Event> {
        self.of_document(id).find(|event| event.number == Some(number))
    }

    /// Every document that ever was on the branch, sorted.
    #[must_use]
    pub fn ids(&self) -> BTreeSet<&DocumentId> {
        self.by_id.keys().collect()
    }

    /// The last event of a document; `None`: it never was on the branch.
    #[must_use]
    pub fn newest(&self, id: &DocumentId) -> Option<&Event> {
        self.of_document(id).next_back()
    }

    /// The last event of a document up to a commit of the branch, given by its rank.
    #[must_use]
    pub fn newest_at(&self, id: &DocumentId, rank: usize) -> Option<&Event> {
        self.of_document(id).rfind(|event| event.rank <= rank)
    }

    /// What a document is at the tip.
    #[must_use]
    pub fn state(&self, id: &DocumentId) -> &State {
        self.newest(id).map_or(&State::Absent, |event| &event.state)
    }

    /// How many versions a document had up to, and with, a commit of the branch.
    #[must_use]
    pub fn count_at(&self, id: &DocumentId, rank: usize) -> u64 {
        self.of_document(id).take_while(|event| event.rank <= rank).filter_map(|event| event.number).max().unwrap_or(0)
    }

    /// The newest earlier version with the same source value: what a version brings back.
    #[must_use]
    pub fn brought_back(&self, event: &Event) -> Option<u64> {
        let digest = event.digest()?;
        let earlier = self.of_document(&event.id).take_while(|other| other.rank < event.rank);
        earlier.filter(|other| other.digest() == Some(digest)).filter_map(|other| other.number).last()
    }

    /// The rank of the last commit with an event that a commit follows by first parents; `None`: there is none.
    ///
    /// # Errors
    /// When a commit is not there.
    pub fn rank_below(&self, database: &Database, commit: ObjectId) -> Result<Option<usize>, Failure> {
        let ranks: HashMap<ObjectId, usize> = self.events().iter().map(|event| (event.commit, event.rank)).collect();
        // Between two commits with events nothing happens, so the nearest one below says what was current.
        let known: HashSet<ObjectId> = ranks.keys().copied().collect();
        Ok(database.chain(commit, &known)?.known.and_then(|commit| ranks.get(&commit).copied()))
    }

    /// The numbers of the versions that documents with these source values are, as seen from a commit: the version that
    /// was current where the commit left the protected branch, or the newest. A document that is neither is a draft.
    ///
    /// # Errors
    /// When a commit is not there.
    pub fn numbers<'a>(
        &self,
        database: &Database,
        commit: Option<ObjectId>,
        documents: impl Iterator<Item = (&'a DocumentId, Digest)>,
    ) -> Result<BTreeMap<DocumentId, u64>, Failure> {
        let left = commit.map_or(Ok(None), |commit| self.rank_below(database, commit))?;
        let mut numbers = BTreeMap::new();
        for (id, digest) in documents {
            let then = left.and_then(|rank| self.newest_at(id, rank));
            let current = then.into_iter().chain(self.newest(id)).find(|event| event.digest() == Some(digest));
            if let Some(number) = current.and_then(|event| event.number) {
                numbers.insert(id.clone(), number);
            }
        }
        Ok(numbers)
    }
}

/// Where to look, judged by one commit's settings.
fn interest(
    database: &Database,
    settings: &mut Settings,
    commit: ObjectId,
    more: &[String],
) -> Result<Interest, Failure> {
    let own = Interest(vec![SETTINGS.to_owned()]);
    let changes = database.changes(None, Some(commit), &own)?;
    let folders = settings.after(database, &changes)?.unwrap_or_default();
    let governing = GOVERNING.iter().map(|path| (*path).to_owned());
    Ok(Interest(normal(governing.chain(folders.named().iter().cloned()).chain(more.iter().cloned()))))
}

/// The same with every folder that settings on the way named.
fn widened(
    database: &Database,
    settings: &mut Settings,
    known: &Interest,
    steps: &[Step],
) -> Result<Interest, Failure> {
    let mut paths = known.0.clone();
    for step in steps {
        if let Some(folders) = settings.after(database, &step.changes)? {
            paths.extend(folders.named().iter().cloned());
        }
    }
    Ok(Interest(normal(paths.into_iter())))
}

fn normal(paths: impl Iterator<Item = String>) -> Vec<String> {
    paths.collect::<BTreeSet<_>>().into_iter().collect()
}

pub(super) fn entries(changes: &[Change]) -> impl Iterator<Item = (&str, crate::git::Entry)> {
    changes.iter().filter_map(|change| Some((change.path.as_str(), change.after?)))
}

/// Reads what the commits hold, and takes one after the other.
fn fold(
    database: &Database,
    chain: &crate::git::Chain,
    steps: Vec<Step>,
    settings: &mut Settings,
    mut memory: Memory,
    mut documents: Fold,
    mut governed: GovernedFold,
) -> Result<(Memory, Fold), Failure> {
    let mut readings = Readings::default();
    readings.fill(database, steps.iter().flat_map(|step| entries(&step.changes)))?;
    let start = memory.length;
    for mut step in steps {
        step.rank += start;
        memory.governed.extend(governed.take(&step, &readings));
        let folders = settings.after(database, &step.changes)?;
        memory.folders = folders.clone().unwrap_or(memory.folders);
        memory.events.extend(documents.take(step, folders, &readings));
    }
    memory.length += chain.len();
    memory.tip = chain.commits().last().unwrap_or(memory.tip);
    Ok((memory, documents))
}
