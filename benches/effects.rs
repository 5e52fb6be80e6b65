//! The effects diff and the findings of regions over generated rules, beside making both sides ready to decide.
//!
//! `cargo bench --bench effects` prints medians and the 95th percentile of different edits. Nothing here asserts a time.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a benchmark"
)]

#[expect(dead_code, reason = "what other benchmarks draw")]
mod generated;

use std::hint::black_box;
use std::time::Instant;

use generated::{OPERATIONS, Random, compiled, rules};
use policyc::effects::{Limits, effects, findings};
use policyc::engine::Engine;
use policyc::model::{Bundle, Effect, Pattern, Rule};
use serde_json::json;

/// So many different edits are measured.
const ROUNDS: usize = 21;

fn main() {
    println!(
        "{:>7} {:>6} {:>10} {:>10} {:>10} {:>8} {:>9}",
        "rules", "edits", "ready", "median", "p95", "rows", "unproven"
    );
    for count in [100, 1000, 10_000] {
        let base = compiled(&rules(count)).bundle.unwrap();
        for edits in [1, 10, 100] {
            measure(&format!("{count:>7} {edits:>6}"), &base, |seed| edited(&base, edits, seed));
        }
    }
    for count in [50, 100, 200] {
        let base = hostile(count);
        measure(&format!("{count:>7} globs "), &base, |seed| edited(&base, 1, seed));
    }
    for count in [1000, 10_000] {
        let base = compiled(&rules(count)).bundle.unwrap();
        let mut times: Vec<f64> = Vec::new();
        let mut found = None;
        for _ in 0..5 {
            let start = Instant::now();
            found = Some(findings(black_box(&base), Limits::default()));
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        let found = found.unwrap();
        let (shadowed, redundant, ties) = (found.shadowed.len(), found.redundant.len(), found.ties.len());
        println!(
            "{count:>7} findings: {:.1} ms ({shadowed} shadowed, {redundant} redundant, {ties} ties, complete: {})",
            at(&mut times, 0.5),
            found.complete
        );
    }
}

fn measure(name: &str, base: &Bundle, edited: impl Fn(u64) -> Bundle) {
    let (mut times, mut ready) = (Vec::new(), Vec::new());
    let (mut rows, mut unproven) = (Vec::new(), 0);
    for seed in 0..ROUNDS {
        let head = edited(seed as u64);
        let start = Instant::now();
        black_box((Engine::new(base), Engine::new(&head)));
        ready.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        let found = effects(black_box(base), black_box(&head), Limits::default());
        times.push(start.elapsed().as_secs_f64() * 1e3);
        rows.push(found.rows.len() as f64);
        unproven += found.unproven.len();
    }
    println!(
        "{name} {:>7.2} ms {:>7.2} ms {:>7.2} ms {:>8} {unproven:>9}",
        at(&mut ready, 0.5),
        at(&mut times, 0.5),
        at(&mut times, 0.95),
        at(&mut rows, 0.5)
    );
}

/// The value below which this share of all lies.
fn at(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
    let place = ((values.len() - 1) as f64 * share).ceil() as usize;
    values[place]
}

/// So many rules changed: another effect, another priority, another operation, or gone.
fn edited(base: &Bundle, edits: usize, seed: u64) -> Bundle {
    let mut head = base.clone();
    let mut random = Random(seed * 7919 + 13);
    for _ in 0..edits {
        let place = random.below(head.rules.len());
        let rule: &mut Rule = &mut head.rules[place];
        match random.below(4) {
            0 => {
                rule.policy_effect = if rule.policy_effect == Effect::Allow { Effect::Deny } else { Effect::Allow };
            }
            1 => rule.priority = random.below(1000) as u64,
            2 => rule.operation = Pattern::parse(random.pick(&OPERATIONS)).unwrap(),
            _ => {
                head.rules.remove(place);
            }
        }
    }
    head
}

/// Rules whose names are patterns that overlap in many ways.
fn hostile(count: usize) -> Bundle {
    let mut random = Random(3);
    let glob = |random: &mut Random| {
        let parts: Vec<&str> = (0..3).map(|_| random.pick(&["ab", "cd", "ef", "gh", "b", "d"])).collect();
        format!("*{}*", parts.join("*"))
    };
    let rule = |rank: usize, random: &mut Random| {
        json!({
            "id": format!("r{rank}"), "policy_name": "generated", "rationale": "generated to be measured",
            "agent_id": glob(random), "target_integration": "*", "operation": glob(random), "resource_scope": glob(random),
            "data_classification": random.pick(&["public", "internal", "confidential", "restricted"]),
            "policy_effect": random.pick(&["allow", "approval_required", "deny"]), "priority": random.below(1000),
        })
    };
    let documents: Vec<_> = (0..count).map(|rank| rule(rank, &mut random)).collect();
    compiled(&documents).bundle.unwrap()
}
