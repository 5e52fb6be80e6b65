//! What is live in environments: locks, the steps from one to the next, and what each step needs. A lock is written by
//! policyc, and who wrote it proves nothing: every step is held against the lock before it, the history, and what governs on
//! the base side.

mod authority;
mod chain;
mod plan;
mod step;

pub use authority::{Asked, Authority, Brought, authority, may_approve};
pub use chain::{Change, KillBranch, changes, kill_branches};
pub use plan::{brought, catalog_pin, decides, pin, pins_of, with_only};
pub use step::{Passed, Step, share, steps};

use crate::text::{Digest, distinct, jcs_bytes};
use crate::written::{Lock, Pinned};

/// The path of an environment's lock.
#[must_use]
pub fn path(environment: &str) -> String {
    format!("environments/{environment}.lock.json")
}

/// Reads a lock.
///
/// # Errors
/// What is wrong with it.
pub fn read(text: &str, environment: &str) -> Result<Lock, String> {
    let value = distinct(text).map_err(|error| error.to_string())?;
    let lock: Lock = serde_json::from_value(value).map_err(|error| error.to_string())?;
    if lock.schema != "policyc.lock/v1" {
        return Err("it is of another form than `policyc.lock/v1`".to_owned());
    }
    if lock.environment != environment {
        return Err("it is the lock of another environment".to_owned());
    }
    Ok(lock)
}

/// The text of a lock, as it is committed.
#[must_use]
pub fn text(lock: &Lock) -> String {
    // Our own types have text keys and finite numbers only.
    format!("{}\n", serde_json::to_string_pretty(lock).unwrap_or_default())
}

/// The digest of a lock; the next one names it.
///
/// # Errors
/// When a number in it is too great to be written.
pub fn digest(lock: &Lock) -> Result<Digest, String> {
    let value = serde_json::to_value(lock).map_err(|error| error.to_string())?;
    Ok(Digest::of(&jcs_bytes(&value).map_err(|error| error.0)?))
}

/// The digest that people approve: of the lock without the approvals that it uses, and without the words about its kill
/// switch.
///
/// # Errors
/// When a number in it is too great to be written.
pub fn change(lock: &Lock) -> Result<Digest, String> {
    let mut bare = lock.clone();
    bare.approvals.clear();
    let switch = &mut bare.kill_switch;
    (switch.reason, switch.by, switch.at) = (None, None, None);
    digest(&bare)
}

/// What a lock pins for the runs that its rollout has reached.
#[must_use]
pub fn pinned(lock: &Lock) -> Pinned {
    Pinned { documents: lock.documents.clone(), catalog: lock.catalog.clone(), defaults: lock.defaults.clone() }
}
