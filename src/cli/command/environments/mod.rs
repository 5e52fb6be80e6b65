//! What changes what is live: `deploy`, `rollback --environment`, `rollout` and `kill-switch`, each one commit of a lock.

pub mod deploy;
pub mod kill_switch;
mod next;
mod plan;
mod record;
pub mod rollback;
pub mod rollout;

pub use record::Change;
