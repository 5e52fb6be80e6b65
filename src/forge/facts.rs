use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use crate::diag::{Failure, codes};

/// What a forge says about one repository. Pulls are sorted by number, reviews by pull and id, each is there once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The repository; `None`: nothing was said of any.
    pub repository: Option<Repository>,
    /// Which forge it is; `None`: nothing was said of any.
    pub forge: Option<Forge>,
    /// Pull requests.
    pub pulls: Vec<Pull>,
    /// Reviews of them.
    pub reviews: Vec<Review>,
    /// Whether a source tells of reviews at all: without one, reviews are unknown, not none.
    pub tells_reviews: bool,
    /// Whether every review of the pull requests is among them: what is not there was not given.
    pub every_review: bool,
}

/// A forge, by the form of its answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Forge {
    /// GitHub.
    #[default]
    GitHub,
    /// GitLab.
    GitLab,
}

impl Forge {
    /// As accounts begin with it: `github:login`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
        }
    }
}

/// A repository at a forge; case does not matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Repository {
    /// The host that people meet, such as `github.com`.
    pub host: String,
    /// Owner and name, such as `acme/policies`.
    pub name: String,
}

impl Repository {
    /// Whether both are the same repository.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.host.eq_ignore_ascii_case(&other.host) && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.name)
    }
}

/// A pull request as it was at `updated_at`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pull {
    /// Its number in the repository.
    pub number: u64,
    /// Whether it was merged.
    pub merged: bool,
    /// Open or closed.
    pub state: PullState,
    /// Whether it is not up for review; not said: it is not.
    pub draft: bool,
    /// The commit on the base branch that brought it there; `None` unless merged (the forge names a trial merge before).
    pub merge_commit: Option<String>,
    /// What is to be merged.
    pub head: Branch,
    /// Where to.
    pub base: Branch,
    /// The login of who opened it.
    pub author: Option<String>,
    /// The login of who merged it; lists do not say.
    pub merged_by: Option<String>,
    /// The title, a stranger's text.
    pub title: String,
    /// The page of it; empty: not said.
    pub url: String,
    /// When any of this changed last.
    pub updated_at: Option<Timestamp>,
}

/// Whether a pull request can still be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PullState {
    /// It can.
    Open,
    /// It is merged or given up.
    Closed,
}

/// One side of a pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Branch {
    /// The name of the branch, without `refs/heads/`.
    pub name: String,
    /// The commit, in full; `None`: not said.
    pub sha: Option<String>,
    /// Owner and name of its repository; `None`: it is gone.
    pub repository: Option<String>,
}

/// A review of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Review {
    /// The number of the pull request.
    pub pull: u64,
    /// The forge's own number; later reviews have higher ones.
    pub id: u64,
    /// The login of the reviewer; `None`: the account is gone.
    pub login: Option<String>,
    /// Whether the account is a program's.
    pub bot: bool,
    /// What it says, or that it was dismissed.
    pub state: ReviewState,
    /// The commit it was made on, in full; `None`: not said, so it is bound to nothing.
    pub commit: Option<String>,
    /// When; `None`: not said.
    pub submitted_at: Option<Timestamp>,
    /// Whether the reviewer may write to the repository, where the forge was asked for it and said so.
    pub write_access: Option<bool>,
    /// What the reviewer is to the repository, in the forge's word; `None`: not said.
    pub author_association: Option<String>,
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReviewState {
    /// Not handed in yet.
    Pending,
    /// Yes.
    Approved,
    /// Neither.
    Commented,
    /// No.
    ChangesRequested,
    /// Taken back, whatever it was.
    Dismissed,
}

impl Review {
    /// Whether the reviewer may write to the repository: as the forge says, else as far as its word for them tells.
    #[must_use]
    pub fn has_write_access(&self) -> bool {
        let word = || matches!(self.author_association.as_deref(), Some("OWNER" | "MEMBER" | "COLLABORATOR"));
        self.write_access.unwrap_or_else(word)
    }

    /// Of two accounts of one review the greater one is kept, which proves less: a review changes only by being handed
    /// in and by being dismissed, and carries no time of that.
    fn least_proven(&self, other: &Self) -> Ordering {
        let rank = |review: &Self| (review.state, !review.has_write_access(), review.commit.is_none());
        rank(self).cmp(&rank(other)).then_with(|| self.cmp(other))
    }
}

impl Pull {
    /// Of two accounts of one pull the greater one is kept, which is the newer. Of one second, which is as exact as the
    /// forge is, merged comes after open, and an account that says more after one that says less.
    fn newest(&self, other: &Self) -> Ordering {
        let rank = |pull: &Self| (pull.updated_at, pull.merged, pull.state);
        rank(self).cmp(&rank(other)).then_with(|| self.cmp(other))
    }
}

impl Facts {
    /// Both together; the order does not matter, nor how often something is said.
    ///
    /// # Errors
    /// `PC0914` when they are of two repositories or of two forges.
    pub fn merge(self, other: Self) -> Result<Self, Failure> {
        let repository = match (self.repository, other.repository) {
            (Some(one), Some(two)) if !one.is(&two) => return Err(two_repositories(&one, &two)),
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        let forge = match (self.forge, other.forge) {
            (Some(one), Some(two)) if one != two => return Err(two_forges(one.min(two), one.max(two))),
            (one, two) => one.or(two),
        };
        let every_review = match (self.pulls.is_empty(), other.pulls.is_empty()) {
            (true, true) => self.every_review || other.every_review,
            (true, false) => other.every_review,
            (false, true) => self.every_review,
            (false, false) => self.every_review && other.every_review,
        };
        let mut pulls: BTreeMap<u64, Pull> = BTreeMap::new();
        for pull in self.pulls.into_iter().chain(other.pulls) {
            keep(&mut pulls, pull.number, pull, Pull::newest);
        }
        let mut reviews: BTreeMap<(u64, u64), Review> = BTreeMap::new();
        for review in self.reviews.into_iter().chain(other.reviews) {
            keep(&mut reviews, (review.pull, review.id), review, Review::least_proven);
        }
        let (pulls, reviews) = (pulls.into_values().collect(), reviews.into_values().collect());
        let tells_reviews = self.tells_reviews || other.tells_reviews;
        Ok(Self { repository, forge, pulls, reviews, tells_reviews, every_review })
    }

    /// Which forge it is: GitHub where nothing says so.
    #[must_use]
    pub fn forge(&self) -> Forge {
        self.forge.unwrap_or_default()
    }

    /// How identities write the account of a login there.
    #[must_use]
    pub fn account(&self, login: &str) -> String {
        format!("{}:{login}", self.forge().as_str())
    }

    /// The pull request of a number.
    #[must_use]
    pub fn pull(&self, number: u64) -> Option<&Pull> {
        self.pulls.iter().find(|pull| pull.number == number)
    }

    /// The pull requests that a commit on a branch merged, by number.
    pub fn merged_as<'a>(&'a self, commit: &'a str, branch: &'a str) -> impl Iterator<Item = &'a Pull> {
        let merged = move |pull: &&Pull| pull.merge_commit.as_deref() == Some(commit) && pull.base.name == branch;
        self.pulls.iter().filter(merged)
    }

    /// The reviews of a pull request, by id.
    pub fn reviews_of(&self, number: u64) -> impl Iterator<Item = &Review> {
        self.reviews.iter().filter(move |review| review.pull == number)
    }
}

/// Keeps the greatest of what has one key.
fn keep<K: Ord, T>(kept: &mut BTreeMap<K, T>, key: K, new: T, order: fn(&T, &T) -> Ordering) {
    match kept.get(&key) {
        Some(old) if order(old, &new) != Ordering::Less => {}
        _ => {
            kept.insert(key, new);
        }
    }
}

fn two_repositories(one: &Repository, two: &Repository) -> Failure {
    let (one, two) = (one.min(two), one.max(two));
    Failure::new(codes::BAD_FORGE_FACTS, format!("the facts of the forge are of two repositories, `{one}` and `{two}`"))
        .help("give files of one repository")
}

fn two_forges(one: Forge, two: Forge) -> Failure {
    let message = format!("the facts of the forge are of two forges, {} and {}", one.as_str(), two.as_str());
    Failure::new(codes::BAD_FORGE_FACTS, message).help("give files of one forge")
}
