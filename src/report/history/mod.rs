//! What the history of policies is, for people and for programs.

mod log;
mod status;
mod versions;

pub use log::{Entry as LogEntry, LogEvent, LogPage, log_human};
pub use status::{ActiveLine, DraftLine, ProtectedLine, StatusReport, status_human};
pub use versions::{PullLine, ReviewLine, VersionLine, VersionPage, version_line, versions_human};

use crate::model::Time;

/// A moment of a commit; empty for one outside the years that can be written.
fn moment(seconds: i64) -> String {
    Time::of_unix_seconds(seconds).map(|time| time.to_string()).unwrap_or_default()
}

/// The day of a moment.
fn day(moment: &str) -> String {
    moment.chars().take(10).collect()
}
