#![expect(clippy::disallowed_methods, reason = "the host is where the clock is read")]

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970 by the machine's clock; only for what happens now, never for what was recorded.
#[must_use]
pub fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Nanoseconds since 1970 by the machine's clock.
#[must_use]
pub fn unix_nanoseconds() -> i128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i128::try_from(since.as_nanos()).unwrap_or(i128::MAX)
}

/// How long something takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Begins now.
    #[must_use]
    pub fn begin() -> Self {
        Self(std::time::Instant::now())
    }

    /// Milliseconds since, rounded down.
    #[must_use]
    pub fn milliseconds(self) -> u128 {
        self.0.elapsed().as_millis()
    }

    /// Microseconds since, with three digits behind the point.
    #[must_use]
    pub fn microseconds(self) -> f64 {
        self.0.elapsed().as_secs_f64() * 1e6
    }
}
