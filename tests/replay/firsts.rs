//! More than is told: the first in the log are, whatever their times, blocks and threads.

use serde_json::json;

use crate::oracle::worlds::World as Documents;
use crate::questions::Asked;
use crate::running::{self, Engines, How};
use crate::worlds::{Bundles, Text, World};

fn documents(remember: bool) -> Documents {
    let mut policy = json!({"id": "p0", "scope": "global", "denied_actions": ["*"]});
    if remember {
        policy["run_budget"] = json!(1);
    }
    let settings = json!({});
    let (documents, actions, granted) = (vec![policy], Vec::new(), Vec::new());
    Documents { documents, catalog: None, settings, actions, kill_switch: false, granted }
}

#[test]
fn the_first_in_the_log_are_told() {
    let second = |rank: usize| format!("{:02}:{:02}", rank / 60, rank % 60);
    let line = |rank: usize| {
        let time = second(1199 - rank);
        format!("{{\"timestamp\":\"2026-01-01T00:{time}Z\",\"operation\":\"x\",\"turn\":-1}}\nunreadable\n")
    };
    let log = Text((0..1200).map(line).collect::<String>().into_bytes());
    for remember in [false, true] {
        let bundles = Bundles::of(&World { base: None, head: documents(remember), logs: Vec::new() });
        let engines = Engines::new(&bundles);
        for (threads, block_bytes) in [(1, 256 << 10), (1, 500), (3, 500)] {
            let how = How { threads, block_bytes, sorted_at_once: 10_000, ..How::USUAL };
            let outcome = engines.run(&Asked::nothing(), &|| running::native(std::slice::from_ref(&log)), how);
            let lines = |seen: &[policyc::replay::Seen]| -> Vec<u64> {
                seen.iter().map(|seen| outcome.line(seen.position)).collect()
            };
            let odd = |many: u64| (0..many).map(|rank| 2 * rank + 1).collect::<Vec<_>>();
            let even = |many: u64| (1..=many).map(|rank| 2 * rank).collect::<Vec<_>>();
            assert_eq!((lines(&outcome.doubtful.0), outcome.doubtful.1), (odd(20), 1200), "{how:?}");
            assert_eq!((lines(&outcome.unreadable.0), outcome.unreadable.1), (even(20), 1200), "{how:?}");
            let changed: Vec<u64> = outcome.changed.0.iter().map(|sample| outcome.line(sample.position)).collect();
            assert_eq!((changed, outcome.changed.1), (odd(1000), 1200), "{how:?}");
            assert_eq!((outcome.groups.len(), outcome.groups[0].actions), (1, 1200));
            let samples = outcome.groups[0].samples.iter().map(|sample| outcome.line(sample.position));
            assert_eq!(samples.collect::<Vec<_>>(), odd(3), "{how:?}");
        }
    }
}
