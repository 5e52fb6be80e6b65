use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::approvals::{self, Judgement, PullHead, Question};
use super::authors::{Authors, Brought, authors};
use super::content::{GovernedBy, Version};
use super::event::{Change as Kind, Event, State};
use super::history::History;
use super::pulls::{self, Pull};
use super::record::{About, Change};
use super::snapshots::Snapshots;
use super::sources::{Base, Bases, Sources};
use super::trailers::Message;
use crate::diag::Failure;
use crate::git::{Commit, Database, ObjectId};
use crate::model::Approvals;

/// What the life of a version is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// On a branch or in the work tree, and not up for review.
    Draft,
    /// Up for review.
    InReview,
    /// Merged, and the newest of a document that is there.
    Active,
    /// Merged, and not active.
    Archived,
}

impl Status {
    /// The status as one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in_review",
            Self::Active => "active",
            Self::Archived => "archived",
        }
    }
}

/// An event with everything that Git knows of it.
#[derive(Debug, Clone)]
pub struct Told {
    /// The event.
    pub event: Event,
    /// Active or archived.
    pub status: Status,
    /// Its commit.
    pub commit: Commit,
    /// Who is behind it.
    pub authors: Authors,
    /// The pull request it came from.
    pub pull: Option<Pull>,
    /// Who reviewed it.
    pub judgement: Judgement,
    /// The earlier version that it brings back.
    pub brought_back: Option<u64>,
    /// What it says; `None` where nothing can be read.
    pub version: Option<Version>,
    /// What the document said before; `None` where nothing could be read.
    pub before: Option<Version>,
}

/// What the events of one commit share.
struct Found {
    commit: Commit,
    brought: Brought,
    pull: Option<Pull>,
}

/// Looks events up; what several events share is looked up once.
pub struct Teller<'a> {
    database: &'a Database,
    history: &'a History,
    sources: &'a Sources,
    snapshots: Snapshots,
    bases: Bases,
    commits: HashMap<ObjectId, Rc<Found>>,
}

impl<'a> Teller<'a> {
    /// Tells of the events of a history.
    #[must_use]
    pub fn new(database: &'a Database, history: &'a History, sources: &'a Sources) -> Self {
        let (snapshots, bases, commits) = (Snapshots::default(), Bases::default(), HashMap::new());
        Self { database, history, sources, snapshots, bases, commits }
    }

    /// Everything about an event.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn tell(&mut self, event: &Event) -> Result<Told, Failure> {
        let found = self.commit(event.commit)?;
        let Found { commit, brought, pull } = &*found;
        let authors = authors(self.database, &mut self.snapshots, event, commit, brought)?;
        let base = self.bases.at(self.database, commit.parents.first().copied())?;
        let before = self.history.of_document(&event.id).rfind(|other| other.rank < event.rank);
        let judgement = self.judge(event, before, commit, &authors, pull.as_ref(), &base, &base.needs);
        Ok(Told {
            judgement,
            status: self.status(event),
            commit: commit.clone(),
            authors: authors.of(&base.principals),
            pull: pull.clone(),
            brought_back: self.history.brought_back(event),
            version: Version::read(self.database, event)?,
            before: self.readable_before(event).map_or(Ok(None), |before| Version::read(self.database, before))?,
            event: event.clone(),
        })
    }

    /// The reviews of an event held against other needs than those of its merge, and the accounts of its contributors.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn judged_by(&mut self, event: &Event, needs: &Approvals) -> Result<(Judgement, BTreeSet<String>), Failure> {
        let found = self.commit(event.commit)?;
        let Found { commit, brought, pull } = &*found;
        let authors = authors(self.database, &mut self.snapshots, event, commit, brought)?;
        let base = self.bases.at(self.database, commit.parents.first().copied())?;
        let before = self.history.of_document(&event.id).rfind(|other| other.rank < event.rank);
        let judgement = self.judge(event, before, commit, &authors, pull.as_ref(), &base, needs);
        Ok((judgement, authors.contributors))
    }

    /// The same for what governs and a commit changed.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn governed_judged_by(
        &mut self,
        commit: ObjectId,
        needs: &Approvals,
    ) -> Result<(Judgement, BTreeSet<String>), Failure> {
        let found = self.commit(commit)?;
        let Found { commit, brought, pull } = &*found;
        let parent = commit.parents.first().copied();
        let base = self.bases.at(self.database, parent)?;
        let settings = parent.and_then(|parent| GovernedBy::settings_at(self.database, parent).ok());
        let logs = settings.iter().flat_map(|settings| &settings.logs);
        let logs: Vec<String> = logs.map(|log| log.path.trim_end_matches('/').to_owned()).collect();
        let files = super::proposal::governing_between(self.database, parent, commit.id, &logs)?;
        let contributors = brought.everybody(commit);
        let head = pull.as_ref().map(|pull| PullHead { number: pull.number, head: pull.head.clone() });
        let judgement = approvals::judge(&Question {
            about: Some(About::Governing(&files)),
            contributors: &contributors,
            pull: head.as_ref(),
            facts: self.sources.facts.as_ref().filter(|_| base.known),
            records: self.sources.records.as_deref().filter(|_| base.known),
            claims: &[],
            principals: &base.principals,
            needs,
            loosens: true,
        });
        Ok((judgement, contributors))
    }

    /// The last version that could be read before an event that changes or mends one.
    fn readable_before(&self, event: &Event) -> Option<&'a Event> {
        let goes_on = event.change == Kind::Changed;
        self.history.of_document(&event.id).rfind(|other| goes_on && other.rank < event.rank && other.number.is_some())
    }

    /// Judges what was said about the change that an event is.
    #[expect(clippy::too_many_arguments, reason = "what one event and its commit are known by")]
    fn judge(
        &self,
        event: &Event,
        before: Option<&Event>,
        commit: &Commit,
        authors: &Authors,
        pull: Option<&Pull>,
        base: &Base,
        needs: &Approvals,
    ) -> Judgement {
        let change = Change {
            document: event.id.clone(),
            after: event.rank.checked_sub(1).map_or(0, |rank| self.history.count_at(&event.id, rank)),
            from: before.and_then(Event::digest),
            to: event.digest(),
        };
        let head = pull.map(|pull| PullHead { number: pull.number, head: pull.head.clone() });
        let said = Message::read(&commit.message);
        approvals::judge(&Question {
            about: Some(About::Document(&change)),
            contributors: &authors.contributors,
            pull: head.as_ref(),
            facts: self.sources.facts.as_ref().filter(|_| base.known),
            records: self.sources.records.as_deref().filter(|_| base.known),
            claims: &said.reviews,
            principals: &base.principals,
            needs,
            // What is not told apart may permit more.
            loosens: true,
        })
    }

    fn commit(&mut self, id: ObjectId) -> Result<Rc<Found>, Failure> {
        if let Some(known) = self.commits.get(&id) {
            return Ok(Rc::clone(known));
        }
        let commit = self.database.commit(id)?;
        let branch = self.history.protected.short();
        let pull = pulls::of_commit(self.database, &commit, branch, self.sources.facts.as_ref())?;
        // A squash hides who wrote on its branch; where the branch is at hand they are told.
        let head = pull.as_ref().and_then(|pull| ObjectId::parse(pull.head.as_deref()?));
        let head = head.filter(|head| self.database.has(*head));
        let brought = Brought::by(self.database, &commit, head, self.history.interest())?;
        let found = Rc::new(Found { commit, brought, pull });
        self.commits.insert(id, Rc::clone(&found));
        Ok(found)
    }

    /// The newest version of a document that is there is active, also while nobody can read what became of it.
    fn status(&self, event: &Event) -> Status {
        let newest = self.history.of_document(&event.id).rfind(|other| other.number.is_some());
        let there = *self.history.state(&event.id) != State::Absent;
        let is_newest = event.number.is_some() && newest.is_some_and(|newest| newest.number == event.number);
        if there && is_newest { Status::Active } else { Status::Archived }
    }
}
