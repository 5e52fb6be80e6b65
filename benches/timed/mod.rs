//! How benchmarks that look at the clock themselves measure.

use std::time::{Duration, Instant};

/// So often everything is measured.
const RUNS: usize = 5;

/// The median of how long it takes.
pub fn median(mut measure: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            measure();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    *times.get(RUNS / 2).unwrap()
}
