use std::collections::{BTreeMap, BTreeSet};

use super::Brought;
use crate::diag::Failure;
use crate::git::{Database, ObjectId};
use crate::lifecycle::approvals::{Judgement, Proof};
use crate::lifecycle::{Event, Governed, History, Sources, State, Teller, Version};
use crate::model::{Approvals, DocumentId, Kind};
use crate::source::SETTINGS;
use crate::written::{CatalogPin, Pin, Pinned};

/// The pins of every deciding document as the protected branch had it at a commit, given by its rank.
///
/// # Errors
/// Why one of them cannot be pinned.
pub fn pins_of(database: &Database, history: &History, rank: usize) -> Result<BTreeMap<String, Pin>, String> {
    let mut pins = BTreeMap::new();
    for id in history.ids() {
        let Some(event) = history.newest_at(id, rank) else { continue };
        match &event.state {
            State::Absent => continue,
            State::Broken(trouble) => return Err(format!("`{id}` cannot be read there: {}", trouble.why.in_words())),
            State::Sound(_) => {}
        }
        if event.kind.is_some_and(|kind| !decides(kind)) {
            continue;
        }
        pins.insert(id.to_string(), pin(database, event)?);
    }
    Ok(pins)
}

/// Whether documents of a kind decide.
#[must_use]
pub fn decides(kind: Kind) -> bool {
    matches!(kind, Kind::Policy | Kind::Rule | Kind::Exception)
}

/// The pin of a version.
///
/// # Errors
/// Why it cannot be pinned.
pub fn pin(database: &Database, event: &Event) -> Result<Pin, String> {
    let id = &event.id;
    let (Some(version), Some(source)) = (event.number, event.digest()) else {
        return Err(format!("`{id}` has no version there"));
    };
    let read = Version::read(database, event).map_err(|failure| failure.message)?;
    let canonical = read.and_then(|version| version.canonical());
    let (_, canonical) =
        canonical.ok_or_else(|| format!("version {version} of `{id}` was merged with errors and means nothing"))?;
    Ok(Pin {
        version,
        commit: event.commit.to_string(),
        source_digest: source.to_string(),
        canonical_digest: canonical.to_string(),
    })
}

/// The pin of the catalog as a commit of the protected branch had it, given by its rank.
#[must_use]
pub fn catalog_pin(history: &History, rank: usize) -> Option<CatalogPin> {
    let newest = history.governed().iter().rfind(|event| event.path == "catalog.yaml" && event.rank <= rank)?;
    (newest.change != crate::lifecycle::Change::Removed).then(|| CatalogPin { commit: newest.commit.to_string() })
}

/// What a deployment brings: the changes on the protected branch that it comes with, and whether they lead there from what is
/// live. Where something goes back, or comes from elsewhere, the reviews of single changes say nothing of it.
struct Way<'h> {
    events: Vec<&'h Event>,
    commits: BTreeSet<ObjectId>,
    leads: bool,
}

impl<'h> Way<'h> {
    /// As the protected branch was at a commit, given by its rank.
    fn between(history: &'h History, before: &Pinned, after: &Pinned, rank: usize) -> Self {
        let mut way = Self { events: Vec::new(), commits: BTreeSet::new(), leads: true };
        let ids: BTreeSet<&String> = before.documents.keys().chain(after.documents.keys()).collect();
        for id in ids.into_iter().filter(|id| before.documents.get(*id) != after.documents.get(*id)) {
            match DocumentId::parse(id) {
                Some(known) => way.document(history, &known, before.documents.get(id), after.documents.get(id), rank),
                None => way.leads = false,
            }
        }
        let catalog = |pinned: &'_ Pinned| pinned.catalog.as_ref().map(|pin| pin.commit.clone());
        way.governing(history, "catalog.yaml", catalog(before).as_ref(), catalog(after).as_ref());
        way.governing(history, SETTINGS, before.defaults.commit.as_ref(), after.defaults.commit.as_ref());
        way
    }

    fn document(&mut self, history: &'h History, id: &DocumentId, old: Option<&Pin>, new: Option<&Pin>, rank: usize) {
        let of = |pin: &Pin| history.version(id, pin.version).map(|event| event.rank);
        let start = old.map(of);
        let end = match new {
            Some(pin) => of(pin),
            // What is no longer pinned must be gone from the branch by then.
            None => history.newest_at(id, rank).filter(|event| event.state == State::Absent).map(|event| event.rank),
        };
        let forward = match (start, end) {
            (Some(None), _) | (_, None) => false,
            (None, Some(_)) => true,
            (Some(Some(start)), Some(end)) => start < end,
        };
        self.leads &= forward;
        // Whichever way it goes, whoever had a hand in what lies between has one in it.
        let (low, high) = match (start.flatten(), end) {
            (Some(start), Some(end)) => (Some(start.min(end)), start.max(end)),
            (start, end) => (start, end.unwrap_or(rank)),
        };
        let inside = |event: &&Event| low.is_none_or(|low| event.rank > low) && event.rank <= high;
        let target = new.and_then(|pin| history.version(id, pin.version));
        self.events.extend(history.of_document(id).filter(inside).chain(target.filter(|_| !forward)));
    }

    fn governing(&mut self, history: &History, path: &str, old: Option<&String>, new: Option<&String>) {
        if old == new {
            return;
        }
        let rank_of = |commit: &String| {
            let own = |event: &&Governed| event.commit.to_string() == *commit && event.path == path;
            history.governed().iter().find(own).map(|event| event.rank)
        };
        let (start, end) = (old.map(rank_of), new.map(rank_of));
        let (low, high) = match (start, end) {
            (None, Some(Some(end))) => (None, end),
            (Some(Some(start)), Some(Some(end))) if start < end => (Some(start), end),
            // It goes back, vanishes, or is of no commit that is known.
            (start, end) => {
                self.leads = false;
                let ranks = [start.flatten(), end.flatten()];
                (ranks.iter().flatten().min().copied(), ranks.into_iter().flatten().max().unwrap_or(usize::MAX))
            }
        };
        let inside =
            |event: &&Governed| event.path == path && low.is_none_or(|low| event.rank > low) && event.rank <= high;
        self.commits.extend(history.governed().iter().filter(inside).map(|event| event.commit));
    }
}

/// What the reviews of everything that a deployment brings come to, as the protected branch was at a commit, given by its
/// rank.
///
/// # Errors
/// When an object is not there.
pub fn brought(
    database: &Database,
    history: &History,
    sources: &Sources,
    sides: (&Pinned, &Pinned),
    needs: &Approvals,
    rank: usize,
) -> Result<Brought, Failure> {
    let mut teller = Teller::new(database, history, sources);
    let way = Way::between(history, sides.0, sides.1, rank);
    let mut contributors = BTreeSet::new();
    let mut common: Option<BTreeMap<String, Proof>> = None;
    let mut add = |(judgement, of): (Judgement, BTreeSet<String>)| {
        contributors.extend(of);
        let own = counted(&judgement);
        common = Some(match common.take() {
            None => own,
            Some(known) => both(&known, &own),
        });
    };
    for event in way.events {
        add(teller.judged_by(event, needs)?);
    }
    for commit in way.commits {
        add(teller.governed_judged_by(commit, needs)?);
    }
    Ok(Brought { contributors, approvers: common.filter(|_| way.leads) })
}

fn counted(judgement: &Judgement) -> BTreeMap<String, Proof> {
    judgement.reviews.iter().filter(|review| review.counts).map(|review| (review.by.clone(), review.evidence)).collect()
}

fn both(one: &BTreeMap<String, Proof>, other: &BTreeMap<String, Proof>) -> BTreeMap<String, Proof> {
    let common = one.iter().filter_map(|(who, proof)| Some((who.clone(), *proof.min(other.get(who)?))));
    common.collect()
}

/// What is live with some documents as they are to be, and all others as they are.
#[must_use]
pub fn with_only(before: &Pinned, wanted: &Pinned, only: &BTreeSet<String>) -> Pinned {
    let mut documents = before.documents.clone();
    for id in only {
        match wanted.documents.get(id) {
            Some(pin) => drop(documents.insert(id.clone(), pin.clone())),
            None => drop(documents.remove(id)),
        }
    }
    Pinned { documents, catalog: before.catalog.clone(), defaults: before.defaults.clone() }
}
