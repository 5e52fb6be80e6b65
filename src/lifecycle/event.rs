use crate::git::ObjectId;
use crate::model::{DocumentId, Kind};
use crate::text::Digest;

/// What a document is at a commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// Not there.
    #[default]
    Absent,
    /// There, with a source value of this digest.
    Sound(Digest),
    /// There, and nobody can say what it says.
    Broken(Trouble),
}

/// Why nobody can say what a document says, and the files it lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Why.
    pub why: Why,
    /// The objects concerned, sorted.
    pub objects: Vec<ObjectId>,
}

/// Why nobody can say what a document says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// `policyc.yaml` does not say where documents are.
    Settings,
    /// Two documents bear the id.
    Twice,
    /// The file that held it cannot be read.
    Unreadable,
}

impl Why {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Settings, Self::Twice, Self::Unreadable];

    /// The reason as one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Twice => "twice",
            Self::Unreadable => "unreadable",
        }
    }

    /// The reason in words.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Settings => "`policyc.yaml` does not say where documents are",
            Self::Twice => "two documents bear this id",
            Self::Unreadable => "the file that held it cannot be read",
        }
    }
}

/// What happened to a document at a commit of the protected branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It came, or came back: a version.
    Added,
    /// It says something else: a version.
    Changed,
    /// It went.
    Removed,
    /// Nobody can say any more what it says.
    Broken,
}

impl Change {
    /// Every change.
    pub const ALL: [Self; 4] = [Self::Added, Self::Changed, Self::Removed, Self::Broken];

    /// The change as one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Broken => "broken",
        }
    }
}

impl Change {
    /// What leads from one state to another; `None`: they are the same.
    #[must_use]
    pub fn between(before: &State, after: &State) -> Option<Self> {
        match (before, after) {
            (before, after) if before == after => None,
            (State::Absent, State::Sound(_)) => Some(Self::Added),
            (_, State::Sound(_)) => Some(Self::Changed),
            (_, State::Broken(_)) => Some(Self::Broken),
            (_, State::Absent) => Some(Self::Removed),
        }
    }
}

/// An event on the protected branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The rank of its commit on the protected branch, from 0 at the first commit.
    pub rank: usize,
    /// The commit.
    pub commit: ObjectId,
    /// The document.
    pub id: DocumentId,
    /// What happened.
    pub change: Change,
    /// The number of the version, from 1; `None` for a removal and for what cannot be read.
    pub number: Option<u64>,
    /// What the document is now.
    pub state: State,
    /// Its kind, where that can be told.
    pub kind: Option<Kind>,
    /// The file that holds it, and its rank among the documents of the file.
    pub place: Option<(String, usize)>,
    /// The files that hold or held it at this commit and at its first parent, sorted.
    pub paths: Vec<String>,
}

impl Event {
    /// The digest of the source value; `None` where there is none that can be read.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        match self.state {
            State::Sound(digest) => Some(digest),
            State::Absent | State::Broken(_) => None,
        }
    }
}
