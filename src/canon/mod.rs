//! Floor 6: the canonical form. Equal meanings give equal bytes; what was written is read again before it is
//! handed on.

mod governance;
mod policy;
mod reread;
mod rule;
mod suite;

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::model::{Bundle, Document, Exception};
use crate::source::Role;
use crate::text::{Digest, NotCanonical, jcs_bytes};
pub use governance::{catalog, environment, identities};
pub use policy::approval_rule;
pub use reread::RereadError;
pub use rule::classification;

/// The version of the bundle's form.
pub const BUNDLE_SCHEMA: &str = "policyc.bundle/v1";

/// A bundle in canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalBundle {
    /// The RFC 8785 bytes, the digest in them.
    pub bytes: Vec<u8>,
    /// The digest over the bundle without its `digest` key.
    pub digest: Digest,
}

/// Writes a bundle; each document is read again as it is written.
///
/// # Errors
/// [`RereadError`] when what was written does not mean the same: a bug of ours, never handed on.
pub fn bundle(bundle: &Bundle) -> Result<CanonicalBundle, RereadError> {
    let policies = list(&bundle.policies, policy::policy)?;
    let rules = list(&bundle.rules, rule::rule)?;
    let exceptions = list(&bundle.exceptions, exception)?;
    let catalog = reread::checked(&catalog(&bundle.catalog), Role::Catalog)?;
    let defaults = jcs_bytes(&json!({"effect": bundle.defaults.effect, "session_ttl": bundle.defaults.session_ttl}))?;
    let schema = jcs_bytes(&json!(BUNDLE_SCHEMA))?;
    let parts: [(&str, &[u8]); 6] = [
        ("catalog", &catalog),
        ("defaults", &defaults),
        ("exceptions", &exceptions),
        ("policies", &policies),
        ("rules", &rules),
        ("schema", &schema),
    ];
    let digest = Digest::of(&object(parts.iter().copied()));
    let quoted = jcs_bytes(&json!(digest))?;
    let (before, after) = parts.split_at(2);
    let with_digest = before.iter().copied().chain([("digest", &*quoted)]).chain(after.iter().copied());
    Ok(CanonicalBundle { bytes: object(with_digest), digest })
}

/// A list of documents as canonical bytes, each one read again.
fn list<T: Sync>(documents: &[T], write: impl Fn(&T) -> Value + Sync) -> Result<Vec<u8>, RereadError> {
    let written: Result<Vec<Vec<u8>>, RereadError> =
        documents.par_iter().map(|document| reread::checked(&write(document), Role::Document)).collect();
    let mut bytes = vec![b'['];
    bytes.extend(written?.join(&b','));
    bytes.push(b']');
    Ok(bytes)
}

/// An object of parts that are canonical already; the names are given in their canonical order.
fn object<'a>(parts: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut bytes = vec![b'{'];
    for (rank, (name, part)) in parts.enumerate() {
        if rank > 0 {
            bytes.push(b',');
        }
        bytes.extend(format!("\"{name}\":").bytes());
        bytes.extend(part);
    }
    bytes.push(b'}');
    bytes
}

/// The canonical value of a document: every default filled in, sets sorted.
#[must_use]
pub fn document(document: &Document) -> Value {
    match document {
        Document::Policy(policy) => policy::policy(policy),
        Document::Rule(rule) => rule::rule(rule),
        Document::Exception(exception) => self::exception(exception),
        Document::Suite(suite) => suite::suite(suite),
    }
}

/// The digest of a document's canonical bytes.
///
/// # Errors
/// [`NotCanonical`] for numbers outside JSON.
pub fn document_digest(document: &Document) -> Result<Digest, NotCanonical> {
    jcs_bytes(&self::document(document)).map(|bytes| Digest::of(&bytes))
}

fn exception(exception: &Exception) -> Value {
    json!({
        "kind": "exception",
        "id": exception.id.as_str(),
        "policy": exception.policy.as_str(),
        "reason": exception.reason,
        "agents": exception.agents.as_ref().map(texts),
        "runs": exception.runs.as_ref().map(texts),
        "actions": exception.actions.as_ref().map(texts),
        "reasons": exception.reasons.as_ref().map(|reasons| sorted(reasons.iter().map(|reason| json!(reason)))),
        "starts_at": exception.starts_at.map(|time| time.to_string()),
        "expires_at": exception.expires_at.map(|time| time.to_string()),
        "max_uses": exception.max_uses,
    })
}

/// A set as a list of its texts, sorted as texts.
fn texts<T: std::fmt::Display>(set: &std::collections::BTreeSet<T>) -> Vec<String> {
    let mut texts: Vec<String> = set.iter().map(ToString::to_string).collect();
    texts.sort_unstable();
    texts
}

/// Values sorted by their text, for sets of words.
fn sorted(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut values: Vec<Value> = values.collect();
    values.sort_by_key(ToString::to_string);
    values
}
