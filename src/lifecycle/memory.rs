//! What is remembered of a history between two calls, by the name of the commit up to which it was read. It is only ever
//! a way to be quick: what cannot be read back whole is forgotten, and read from Git again.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::event::{Change, Event, State, Trouble, Why};
use super::folders::Folders;
use super::governed::Governed;
use crate::git::{Interest, ObjectId};
use crate::model::{DocumentId, Kind};
use crate::text::Digest;

/// Grows whenever documents are read, or events told, in another way.
const FORM: &str = concat!("policyc history 2 ", env!("CARGO_PKG_VERSION"));

/// A history up to a commit.
#[derive(Debug, Clone)]
pub struct Memory {
    /// The last commit that was read.
    pub tip: ObjectId,
    /// How many commits there are up to it.
    pub length: usize,
    /// Where documents were looked for.
    pub interest: Interest,
    /// Where the settings of the last commit say that documents are.
    pub folders: Folders,
    /// What happened to documents.
    pub events: Vec<Event>,
    /// What happened to what governs.
    pub governed: Vec<Governed>,
}

impl Memory {
    /// Nothing yet of the history that ends with a commit.
    pub fn beginning(tip: ObjectId, interest: Interest) -> Self {
        Self { tip, length: 0, interest, folders: Folders::None, events: Vec::new(), governed: Vec::new() }
    }

    /// The states of documents at the tip, without those that are absent.
    pub fn states(&self) -> HashMap<DocumentId, State> {
        let mut states = HashMap::new();
        for event in &self.events {
            match &event.state {
                State::Absent => drop(states.remove(&event.id)),
                state => drop(states.insert(event.id.clone(), state.clone())),
            }
        }
        states
    }

    /// Whether later commits can be read without the earlier: what an unreadable file claims hangs on the past.
    pub fn can_go_on(&self) -> bool {
        !matches!(self.folders, Folders::Unreadable(_))
            && self.states().values().all(|state| matches!(state, State::Sound(_)))
    }

    /// The history as it is kept: one line with a digest, one with everything.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = serde_json::to_string(&Kept::of(self)).unwrap_or_default();
        format!("{FORM} {}\n{body}", Digest::of(body.as_bytes())).into_bytes()
    }

    /// Reads what [`Memory::to_bytes`] writes; `None` for anything else.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, body) = std::str::from_utf8(bytes).ok()?.split_once('\n')?;
        let digest = Digest::parse(head.strip_prefix(FORM)?.trim_start())?;
        if digest != Digest::of(body.as_bytes()) {
            return None;
        }
        serde_json::from_str::<Kept>(body).ok()?.meant()
    }
}

/// The form in which it is kept: texts once, and ranks in their place.
#[derive(Serialize, Deserialize)]
struct Kept {
    tip: String,
    length: usize,
    interest: Vec<String>,
    folders: KeptFolders,
    texts: Vec<String>,
    events: Vec<KeptEvent>,
    governed: Vec<(usize, usize, usize, u8)>,
}

#[derive(Serialize, Deserialize)]
enum KeptFolders {
    None,
    Some(Vec<String>),
    Unreadable(String),
}

/// Rank, commit, id, change, number (0: none), state, kind (empty: none), place, paths.
#[derive(Serialize, Deserialize)]
struct KeptEvent(usize, usize, usize, u8, u64, KeptState, usize, Option<(usize, usize)>, Vec<usize>);

#[derive(Serialize, Deserialize)]
enum KeptState {
    A,
    S(usize),
    B(u8, Vec<String>),
}

/// Texts that occur often, by rank.
#[derive(Default)]
struct Texts {
    ranks: BTreeMap<String, usize>,
    texts: Vec<String>,
}

impl Texts {
    fn rank(&mut self, text: String) -> usize {
        if let Some(rank) = self.ranks.get(&text) {
            return *rank;
        }
        let rank = self.texts.len();
        self.texts.push(text.clone());
        self.ranks.insert(text, rank);
        rank
    }
}

impl Kept {
    fn of(memory: &Memory) -> Self {
        let mut texts = Texts::default();
        let events = memory.events.iter().map(|event| KeptEvent::of(event, &mut texts)).collect();
        let governed = |event: &Governed| {
            (
                event.rank,
                texts.rank(event.commit.to_string()),
                texts.rank(event.path.clone()),
                change_rank(event.change),
            )
        };
        let governed = memory.governed.iter().map(governed).collect();
        let folders = match &memory.folders {
            Folders::None => KeptFolders::None,
            Folders::Some(folders) => KeptFolders::Some(folders.clone()),
            Folders::Unreadable(object) => KeptFolders::Unreadable(object.to_string()),
        };
        let Memory { tip, length, interest, .. } = memory;
        Self {
            tip: tip.to_string(),
            length: *length,
            interest: interest.0.clone(),
            folders,
            texts: texts.texts,
            events,
            governed,
        }
    }

    fn meant(self) -> Option<Memory> {
        let texts = &self.texts;
        let text = |rank: usize| texts.get(rank).map(String::as_str);
        let events = self.events.iter().map(|event| event.meant(&text)).collect::<Option<_>>()?;
        let governed = |(rank, commit, path, change): &(usize, usize, usize, u8)| {
            let commit = ObjectId::parse(text(*commit)?)?;
            Some(Governed { rank: *rank, commit, path: text(*path)?.to_owned(), change: change_of(*change)? })
        };
        let folders = match self.folders {
            KeptFolders::None => Folders::None,
            KeptFolders::Some(folders) => Folders::Some(folders),
            KeptFolders::Unreadable(object) => Folders::Unreadable(ObjectId::parse(&object)?),
        };
        Some(Memory {
            tip: ObjectId::parse(&self.tip)?,
            length: self.length,
            interest: Interest(self.interest),
            folders,
            events,
            governed: self.governed.iter().map(governed).collect::<Option<_>>()?,
        })
    }
}

impl KeptEvent {
    fn of(event: &Event, texts: &mut Texts) -> Self {
        let state = match &event.state {
            State::Absent => KeptState::A,
            State::Sound(digest) => KeptState::S(texts.rank(digest.to_string())),
            State::Broken(trouble) => {
                let why = Why::ALL.iter().position(|why| *why == trouble.why).and_then(|rank| u8::try_from(rank).ok());
                KeptState::B(why.unwrap_or(u8::MAX), trouble.objects.iter().map(ToString::to_string).collect())
            }
        };
        Self(
            event.rank,
            texts.rank(event.commit.to_string()),
            texts.rank(event.id.to_string()),
            change_rank(event.change),
            event.number.unwrap_or(0),
            state,
            texts.rank(event.kind.map_or_else(String::new, |kind| kind.as_str().to_owned())),
            event.place.as_ref().map(|(path, rank)| (texts.rank(path.clone()), *rank)),
            event.paths.iter().map(|path| texts.rank(path.clone())).collect(),
        )
    }

    fn meant<'t>(&self, text: &impl Fn(usize) -> Option<&'t str>) -> Option<Event> {
        let Self(rank, commit, id, change, number, state, kind, place, paths) = self;
        let state = match state {
            KeptState::A => State::Absent,
            KeptState::S(digest) => State::Sound(Digest::parse(text(*digest)?)?),
            KeptState::B(why, objects) => State::Broken(Trouble {
                why: *Why::ALL.get(usize::from(*why))?,
                objects: objects.iter().map(|object| ObjectId::parse(object)).collect::<Option<_>>()?,
            }),
        };
        let place = match place {
            Some((path, rank)) => Some((text(*path)?.to_owned(), *rank)),
            None => None,
        };
        Some(Event {
            rank: *rank,
            commit: ObjectId::parse(text(*commit)?)?,
            id: DocumentId::parse(text(*id)?)?,
            change: change_of(*change)?,
            number: Some(*number).filter(|number| *number > 0),
            state,
            kind: Kind::of_document(text(*kind)?),
            place,
            paths: paths.iter().map(|path| Some(text(*path)?.to_owned())).collect::<Option<_>>()?,
        })
    }
}

fn change_rank(change: Change) -> u8 {
    Change::ALL.iter().position(|known| *known == change).and_then(|rank| u8::try_from(rank).ok()).unwrap_or(u8::MAX)
}

fn change_of(rank: u8) -> Option<Change> {
    Change::ALL.get(usize::from(rank)).copied()
}
