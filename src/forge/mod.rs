//! Floor 5: what a forge says about pull requests and their reviews, and how it is asked. See SPEC, section 7.
//!
//! A file of facts is a webhook's payload, an answer of the forge's API, or our own form ([`write()`]), told by its
//! structure; reading it needs no network. [`net`] knows how forges are spoken to, page by page, and does no speaking of
//! its own: whoever calls it brings the [`net::Talk`].
//!
//! What a file does not say is taken as what proves least: a review of
//! nobody's commit is bound to nothing, a reviewer without an association has no write access.

mod event;
mod facts;
mod github;
mod kept;
pub mod net;
mod url;

use crate::diag::{Failure, codes};
use crate::text::distinct;

pub use event::{Event, EventKind, github_event, gitlab_event, queued};
pub use facts::{Branch, Facts, Forge, Pull, PullState, Repository, Review, ReviewState};
pub use kept::{FACTS_SCHEMA, write};

/// The longest file of facts that is read: a page of pull requests has about 2 MiB.
pub const MAX_FACTS_BYTES: usize = 64 * 1024 * 1024;

/// Reads one file; `name` is how messages call it.
///
/// # Errors
/// `PC0914` when the file is too long, no JSON text, says something twice, or is of no form that is known.
pub fn read(name: &str, bytes: &[u8]) -> Result<Facts, Failure> {
    if bytes.len() > MAX_FACTS_BYTES {
        return Err(refused(name, "it has more than 64 MiB"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| refused(name, "it is no UTF-8 text"))?;
    let value = distinct(text).map_err(|error| refused(name, &error.to_string()))?;
    let facts = if kept::is_kept(&value) { kept::facts(value) } else { github::facts(&value) };
    facts.map_err(|why| refused(name, &why))
}

/// Reads several files, each with its name, as one set of facts: the same set whatever their order.
///
/// # Errors
/// As [`read`], and where two files are of two repositories or forges.
pub fn read_all<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Facts, Failure> {
    files.into_iter().try_fold(Facts::default(), |facts, (name, bytes)| facts.merge(read(name, bytes)?))
}

fn refused(name: &str, why: &str) -> Failure {
    Failure::new(codes::BAD_FORGE_FACTS, format!("`{name}` holds no facts of a forge: {why}")).help(FORMS)
}

const FORMS: &str = "let `policyc forge fetch` write it, or save the payload of a `pull_request` or `pull_request_review` event (GITHUB_EVENT_PATH), or what \
                     GitHub's REST API answers for `/repos/OWNER/NAME/pulls`, `/pulls/N`, `/pulls/N/reviews` or \
                     `/commits/SHA/pulls`";
