use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// What somebody said about a change of documents: one line of `refs/notes/policyc`. The time comes first, so that lines
/// sort by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "policyc review record",
    example = serde_json::json!({
        "at": "2026-03-04T09:30:00Z",
        "type": "approve",
        "by": "ines",
        "documents": {"refunds": {
            "after": 3,
            "from": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "to": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        }},
    })
)]
pub struct ReviewRecord {
    /// When (RFC 3339, UTC).
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// What was said.
    #[serde(rename = "type")]
    pub kind: ReviewKind,
    /// By whom: a principal of identities.yaml, a mail address, or `github:login`.
    #[schemars(length(min = 1))]
    pub by: String,
    /// The changes of documents that it is about.
    #[serde(default)]
    pub documents: BTreeMap<String, ReviewedChange>,
    /// The change of files that govern that it is about: all of them together.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub governing: BTreeMap<String, ReviewedFile>,
    /// The change of what is live in an environment that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ReviewedLock")]
    pub environment: Option<ReviewedLock>,
    /// The commit that was looked at; for people, nothing hangs on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub head: Option<String>,
    /// What the reviewer wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub comment: Option<String>,
    /// An armored SSH signature, namespace `policyc-review`, over the RFC 8785 bytes of the record without this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub signature: Option<String>,
}

/// What a review record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewKind {
    /// Yes.
    Approve,
    /// No, not like this; takes an earlier yes back.
    RequestChanges,
    /// Neither.
    Comment,
    /// Up for review.
    Submit,
}

impl ReviewKind {
    /// The word, as records write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::RequestChanges => "request_changes",
            Self::Comment => "comment",
            Self::Submit => "submit",
        }
    }
}

/// The exact change of one document: from one content to another, after so many versions. It stays what it is under a
/// rebase, and is another one when the same content comes back later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewedChange {
    /// How many versions the document had on the base; 0: none.
    pub after: u64,
    /// The digest of what was written on the base; null: the document was not there.
    #[serde(deserialize_with = "given")]
    #[schemars(extend("pattern" = "^sha256:[0-9a-f]{64}$"))]
    pub from: Option<String>,
    /// The digest of what is written on the head; null: the document is removed.
    #[serde(deserialize_with = "given")]
    #[schemars(extend("pattern" = "^sha256:[0-9a-f]{64}$"))]
    pub to: Option<String>,
}

/// The exact change of a file that governs, such as `policyc.yaml`: from one content to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewedFile {
    /// The digest of the file's bytes on the base; null: it was not there.
    #[serde(deserialize_with = "given")]
    #[schemars(extend("pattern" = "^sha256:[0-9a-f]{64}$"))]
    pub from: Option<String>,
    /// The digest of the file's bytes on the head; null: it is removed.
    #[serde(deserialize_with = "given")]
    #[schemars(extend("pattern" = "^sha256:[0-9a-f]{64}$"))]
    pub to: Option<String>,
}

/// The exact next lock of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewedLock {
    /// The environment.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The digest of the next lock without the approvals that it uses; `policyc deploy --plan` shows it.
    #[schemars(extend("pattern" = "^sha256:[0-9a-f]{64}$"))]
    pub change: String,
}

/// A value that may be null and must be there: what is left out by mistake must not mean "no document".
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(from)
}
