//! One file a command.

pub mod check;
pub mod compile;
pub mod completions;
pub mod diff;
mod diff_effects;
pub mod eval;
pub mod eval_hook;
pub mod explain;
pub mod init;
pub mod list;
pub mod log;
pub mod man;
pub mod records;
pub mod rollback;
pub mod schema;
pub mod show;
pub mod simulate;
mod simulate_regions;
mod simulate_sides;
mod simulate_world;
pub mod status;
pub mod sync;
pub mod test;
pub mod versions;
pub mod watch;
