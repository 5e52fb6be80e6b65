#![expect(clippy::disallowed_methods, reason = "the host is where the clock is read")]

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970 by the machine's clock; only for what happens now, never for what was recorded.
#[must_use]
pub fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
