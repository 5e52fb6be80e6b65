//! Signatures of records, held against the keys that identities ever gave: what was signed before a key was changed was signed.

use crate::cli::history::Opened;
use crate::lifecycle::GovernedBy;
use crate::lifecycle::principals::Principals;
use crate::lifecycle::record::{Attestation, Record};

/// Who was who, the newest first.
pub struct Keys(Vec<Principals>);

/// How far a record is proven.
pub enum Attested {
    /// It is signed with a key that identities give now.
    Now,
    /// It is signed with a key that they gave once on the protected branch.
    Earlier,
    /// It is not signed.
    Unsigned,
    /// Its signature never proved what it should; why.
    Refuted(String),
}

impl Keys {
    /// Of the protected branch. What cannot be read gives nobody a key.
    pub fn of(opened: &Opened) -> Self {
        let tip = opened.history.protected.tip;
        let changes = opened.history.governed().iter().rev().filter(|event| event.path == "identities.yaml");
        let commits = std::iter::once(tip).chain(changes.map(|event| event.commit));
        Self(commits.map(|commit| GovernedBy::principals_at(&opened.database, commit).unwrap_or_default()).collect())
    }

    /// Holds the signature of a record against them.
    pub fn attestation(&self, record: &Record) -> Attested {
        let mut told = self.0.iter().map(|principals| record.attestation(principals));
        match told.next() {
            Some(Attestation::Attested) => Attested::Now,
            Some(Attestation::Refuted(_)) if told.any(|one| one == Attestation::Attested) => Attested::Earlier,
            Some(Attestation::Refuted(why)) => Attested::Refuted(why),
            Some(Attestation::Unsigned) | None => Attested::Unsigned,
        }
    }
}
