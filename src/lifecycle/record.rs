//! Review records: one JSON line each, kept in `refs/notes/policyc`. A record is bound to the exact change of each
//! document, so it survives a rebase and nothing else; signed, it is bound to a key as well.

use std::collections::BTreeMap;

use ssh_key::{PublicKey, SshSig};

use super::principals::Principals;
use crate::model::{DocumentId, Time};
use crate::text::{Digest, NotCanonical, distinct, jcs_bytes};
use crate::written::{ReviewKind, ReviewRecord, ReviewedChange, ReviewedFile, ReviewedLock};

/// What signatures of records are for: a signature made for anything else proves nothing here.
pub const NAMESPACE: &str = "policyc-review";

/// The greatest number that every reader of JSON reads alike.
const MAX_COUNT: u64 = (1 << 53) - 1;

/// The change of one document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change {
    /// The document.
    pub document: DocumentId,
    /// How many versions it had on the base.
    pub after: u64,
    /// The digest of what was written on the base; `None`: it was not there.
    pub from: Option<Digest>,
    /// The digest of what is written on the head; `None`: it is removed.
    pub to: Option<Digest>,
}

/// The change of files that govern, by path: from one content to another.
pub type Governing = BTreeMap<String, ReviewedFile>;

/// What a record may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About<'a> {
    /// The change of a document.
    Document(&'a Change),
    /// The change of files that govern, all together.
    Governing(&'a Governing),
    /// The next lock of an environment.
    Lock(&'a ReviewedLock),
}

/// What a record has to do with a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// It is about exactly this change.
    This,
    /// It is about the same next version of the document, with another content on one of the sides.
    Other,
    /// It is about something else.
    No,
}

/// A record that could be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// As written.
    pub written: ReviewRecord,
    /// When, as its author says.
    pub at: Time,
    changes: Vec<Change>,
    signed: Vec<u8>,
}

/// A line that is no record: told to people, and never counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// How far a record is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attestation {
    /// It is not signed.
    Unsigned,
    /// It is signed with a key of the principal that it names.
    Attested,
    /// It is signed, and the signature does not prove what it should; why.
    Refuted(String),
}

/// Reads the text of a note. Blank lines, which `git notes append` leaves, mean nothing.
#[must_use]
pub fn read(text: &str) -> (Vec<Record>, Vec<Unread>) {
    let (mut records, mut unread) = (Vec::new(), Vec::new());
    for (rank, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match Record::read(line) {
            Ok(record) => records.push(record),
            Err(why) => unread.push(Unread { line: rank + 1, why }),
        }
    }
    (records, unread)
}

impl Record {
    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(line: &str) -> Result<Self, String> {
        let value = distinct(line).map_err(|error| error.to_string())?;
        let mut bare = value.clone();
        bare.as_object_mut().and_then(|map| map.remove("signature"));
        let signed = jcs_bytes(&bare).map_err(|NotCanonical(why)| why)?;
        let written: ReviewRecord = serde_json::from_value(value).map_err(|error| error.to_string())?;
        let at = Time::parse(&written.at).ok_or("`at` is no RFC 3339 timestamp")?;
        if written.by.trim().is_empty() {
            return Err("`by` names nobody".to_owned());
        }
        if written.documents.is_empty() && written.governing.is_empty() && written.environment.is_none() {
            return Err("it is about no document, no file that governs and no environment".to_owned());
        }
        for (path, file) in &written.governing {
            let digests = file.from.iter().chain(&file.to);
            if digests.clone().any(|digest| Digest::parse(digest).is_none()) || digests.count() == 0 {
                return Err(format!("a digest of `{path}` is none"));
            }
        }
        let changes = written.documents.iter().map(|(id, change)| bound(id, change)).collect::<Result<_, _>>()?;
        Ok(Self { written, at, changes, signed })
    }

    /// What it has to do with a change.
    #[must_use]
    pub fn about(&self, what: About<'_>) -> Bound {
        match what {
            About::Document(change) => self.about_document(change),
            About::Governing(files) if self.written.governing.is_empty() || files.is_empty() => Bound::No,
            About::Governing(files) if self.written.governing == *files => Bound::This,
            About::Governing(_) => Bound::Other,
            About::Lock(lock) => match &self.written.environment {
                Some(own) if own == lock => Bound::This,
                // Every change of an environment has approvals of its own: what was said of others says nothing of it.
                _ => Bound::No,
            },
        }
    }

    fn about_document(&self, change: &Change) -> Bound {
        match self.changes.iter().find(|own| own.document == change.document) {
            Some(own) if own == change => Bound::This,
            Some(own) if own.after == change.after => Bound::Other,
            _ => Bound::No,
        }
    }

    /// The changes that it is about.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Holds its signature against the keys of the principal that it names.
    #[must_use]
    pub fn attestation(&self, principals: &Principals) -> Attestation {
        let Some(signature) = &self.written.signature else { return Attestation::Unsigned };
        let by = principals.everyone(&self.written.by);
        let mut by = by.iter();
        let (Some(principal), None) = (by.next(), by.next()) else {
            return Attestation::Refuted("it is signed, and who it names is several principals".to_owned());
        };
        match proven(signature, &self.signed, principal, principals) {
            Ok(()) => Attestation::Attested,
            Err(why) => Attestation::Refuted(why),
        }
    }
}

fn proven(signature: &str, signed: &[u8], principal: &str, principals: &Principals) -> Result<(), String> {
    let signature = SshSig::from_pem(signature).ok().filter(|signature| signature.version() == SshSig::VERSION);
    let signature = signature.ok_or_else(|| "its signature cannot be read".to_owned())?;
    if signature.namespace() != NAMESPACE {
        return Err(format!("its signature is not made for the namespace `{NAMESPACE}`"));
    }
    let mut keys = principals.keys(principal).filter_map(|key| PublicKey::from_openssh(key.trim()).ok());
    let key = keys.find(|key| key.key_data() == signature.public_key());
    let key = key.ok_or_else(|| format!("its signature is not by a key that identities give `{principal}`"))?;
    key.verify(NAMESPACE, signed, &signature).map_err(|_| "its signature is not over what it says".to_owned())
}

fn bound(id: &str, written: &ReviewedChange) -> Result<Change, String> {
    let document = DocumentId::parse(id).ok_or("a name in `documents` is no id of a document")?;
    let digest = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => Digest::parse(text).map(Some).ok_or_else(|| format!("a digest of `{id}` is none")),
    };
    if written.after > MAX_COUNT {
        return Err(format!("`after` of `{id}` is too great"));
    }
    Ok(Change { document, after: written.after, from: digest(&written.from)?, to: digest(&written.to)? })
}

/// A record that is yet to be signed, or is not to be. Sign [`signed_bytes`] of it, and put the armored signature into
/// `signature`.
#[must_use]
pub fn unsigned(at: Time, kind: ReviewKind, by: &str, changes: &[Change]) -> ReviewRecord {
    let text = |digest: Option<Digest>| digest.map(|digest| digest.to_string());
    let entry = |change: &Change| {
        let bound = ReviewedChange { after: change.after, from: text(change.from), to: text(change.to) };
        (change.document.to_string(), bound)
    };
    let documents: BTreeMap<String, ReviewedChange> = changes.iter().map(entry).collect();
    ReviewRecord {
        at: at.to_string(),
        kind,
        by: by.to_owned(),
        documents,
        governing: BTreeMap::new(),
        environment: None,
        head: None,
        comment: None,
        signature: None,
    }
}

/// The bytes that a signature of a record is over: RFC 8785, without the signature. What `ssh-keygen -Y sign -n
/// policyc-review` gets on standard input.
///
/// # Errors
/// [`NotCanonical`] for a number of versions that RFC 8785 cannot write.
pub fn signed_bytes(record: &ReviewRecord) -> Result<Vec<u8>, NotCanonical> {
    let bare = ReviewRecord { signature: None, ..record.clone() };
    jcs_bytes(&serde_json::to_value(bare).map_err(|error| NotCanonical(error.to_string()))?)
}

/// The line of a record, without a line break.
///
/// # Errors
/// [`NotCanonical`] as [`signed_bytes`].
pub fn line(record: &ReviewRecord) -> Result<String, NotCanonical> {
    serde_json::to_string(record).map_err(|error| NotCanonical(error.to_string()))
}
