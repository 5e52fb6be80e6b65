//! What is known of reviews, and by whose identities and requirements they are judged: those of the base side.

use std::collections::HashMap;
use std::rc::Rc;

use super::content::governing;
use super::principals::Principals;
use super::record::{self, Record};
use crate::diag::Failure;
use crate::forge::Facts;
use crate::git::{Database, ObjectId};
use crate::lower::{self, Meaning};
use crate::model::Approvals;
use crate::source::{Role, SETTINGS};

/// What was said about changes, as far as it is at hand.
#[derive(Debug, Default)]
pub struct Sources {
    /// What a forge says; `None`: nobody asked it.
    pub facts: Option<Facts>,
    /// The review records of the clone; `None`: its notes were not fetched, or there are none.
    pub records: Option<Vec<Record>>,
    /// Lines of the notes that are no records, and why: nobody may take them for nothing.
    pub unread: Vec<String>,
}

impl Sources {
    /// Reads the review notes of a clone, beside what a forge says.
    ///
    /// # Errors
    /// When a note is not there.
    pub fn read(database: &Database, facts: Option<Facts>) -> Result<Self, Failure> {
        let mut sources = Self { facts, ..Self::default() };
        for note in database.notes()?.into_iter().flatten() {
            let (records, unread) = record::read(&note);
            sources.records.get_or_insert_default().extend(records);
            sources.unread.extend(unread.into_iter().map(|line| line.why));
        }
        Ok(sources)
    }
}

/// Who is who, and what a change needs, on the base side of a change.
#[derive(Debug)]
pub struct Base {
    /// Who is who.
    pub principals: Principals,
    /// What a change needs.
    pub needs: Approvals,
    /// Whether both could be read: without knowing who is who, nobody can say whose approval counts.
    pub known: bool,
}

/// Base sides by the files that they are read from.
#[derive(Default)]
pub struct Bases(HashMap<(Option<ObjectId>, Option<ObjectId>), Rc<Base>>);

impl Bases {
    /// The base side that a commit is; `None`: there was nothing before.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn at(&mut self, database: &Database, commit: Option<ObjectId>) -> Result<Rc<Base>, Failure> {
        let at = |path| commit.map_or(Ok(None), |commit| database.at(commit, path));
        let key = (at("identities.yaml")?, at(SETTINGS)?);
        if let Some(known) = self.0.get(&key) {
            return Ok(Rc::clone(known));
        }
        let identities = match governing(database, key.0, Role::Identities)? {
            Some(Meaning::Identities(identities)) => Some(identities),
            _ => None,
        };
        let settings = match governing(database, key.1, Role::Settings)? {
            Some(Meaning::Settings(settings)) => Some(settings.review),
            _ => None,
        };
        let unreadable = key.0.is_some() && identities.is_none() || key.1.is_some() && settings.is_none();
        let needs = settings.unwrap_or_else(|| lower::default_settings().review);
        let base = Rc::new(Base { principals: Principals::new(identities.as_ref()), needs, known: !unreadable });
        self.0.insert(key, Rc::clone(&base));
        Ok(base)
    }
}
