//! Tries a law on many generated pairs, and makes the first that breaks it as small as it goes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRng, TestRunner};
use serde_json::Value;

use crate::worlds::{Pair, Repository, pair};

/// What a law says of a pair: what breaks it, or whether it was held to anything.
pub type Told = Result<bool, String>;

/// A pair that takes as long is told.
const SLOW: Duration = Duration::from_secs(2);

/// Tries a law on `PROPTEST_CASES` pairs, or on so few, and then always on the same.
///
/// # Panics
/// With the smallest pair that breaks the law.
pub fn on_pairs(law: &str, few: u32, test: impl Fn(&Pair) -> Told) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let mut runner = match cases {
        Some(_) => TestRunner::new(Config::default()),
        None => TestRunner::new_with_rng(Config::default(), seeded(law)),
    };
    let (strategy, cases) = (pair(), cases.unwrap_or(few));
    let (mut held, mut slowest) = (0_u32, Duration::ZERO);
    let begun = Instant::now();
    for _ in 0..cases {
        let pair = strategy.new_tree(&mut runner).expect("a pair").current();
        let begun = Instant::now();
        match caught(&test, &pair) {
            Ok(was) => held += u32::from(was),
            Err(told) => fail(law, &test, pair, told),
        }
        if begun.elapsed() > SLOW {
            eprintln!(
                "{law}: {:.1?} for\nbase: {}\nhead: {}",
                begun.elapsed(),
                pair.base.to_json(),
                pair.head.to_json()
            );
        }
        slowest = slowest.max(begun.elapsed());
    }
    eprintln!("{law}: {held} of {cases} pairs in {:.1?}, the slowest in {slowest:.1?}", begun.elapsed());
    assert!(held * 4 > cases, "{law}: only {held} of {cases} pairs were held to it");
}

/// Every law has pairs of its own.
fn seeded(law: &str) -> TestRng {
    let mut seed = [7; 32];
    for (at, byte) in law.bytes().enumerate() {
        seed[at % 32] ^= byte.rotate_left((at / 32) as u32);
    }
    TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &seed)
}

fn caught(test: impl Fn(&Pair) -> Told, pair: &Pair) -> Told {
    let told = catch_unwind(AssertUnwindSafe(|| test(pair)));
    told.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("it panics: {}", text.unwrap_or_default()))
    })
}

/// How long a pair is made smaller at most.
const PATIENCE: Duration = Duration::from_mins(1);

fn fail(law: &str, test: impl Fn(&Pair) -> Told, mut pair: Pair, mut told: String) -> ! {
    eprintln!("{law}: broken, and made smaller\nbase: {}\nhead: {}", pair.base.to_json(), pair.head.to_json());
    let (begun, mut size) = (Instant::now(), usize::MAX);
    while smaller(&pair).len() < size && begun.elapsed() < PATIENCE {
        let (mut tried, mut pairs) = (0, smaller(&pair));
        size = pairs.len();
        while let Some(one) = pairs.get(tried).filter(|_| begun.elapsed() < PATIENCE) {
            match caught(&test, one) {
                Ok(_) => tried += 1,
                Err(why) => {
                    (pair, told) = (one.clone(), why);
                    pairs = smaller(&pair);
                }
            }
        }
    }
    panic!("{law}:\n{told}\nbase: {}\nhead: {}", pair.base.to_json(), pair.head.to_json());
}

/// Pairs with one thing less, on both sides where both have it.
fn smaller(pair: &Pair) -> Vec<Pair> {
    let whole = [to_value(&pair.base), to_value(&pair.head)];
    let mut ways = Vec::new();
    for side in &whole {
        collect(side, &mut Vec::new(), &mut ways);
    }
    // Documents are known by their ids.
    ways.retain(|way| way.last().is_none_or(|last| last != "id"));
    ways.sort_by_key(Vec::len);
    ways.dedup();
    let mut all = Vec::new();
    for way in ways {
        for sides in [[true, true], [true, false], [false, true]] {
            let without = |side: usize| if sides[side] { without(&whole[side], &way) } else { whole[side].clone() };
            let less = of_value(&without(0)).zip(of_value(&without(1))).map(|(base, head)| Pair { base, head });
            // What is not there is written as null, and stays so.
            all.extend(less.filter(|less| less.base != pair.base || less.head != pair.head));
        }
    }
    all
}

/// Documents by their id, so that the same one is met on both sides.
fn to_value(side: &Repository) -> Value {
    let documents =
        side.documents.iter().map(|document| (document["id"].as_str().unwrap().to_owned(), document.clone()));
    serde_json::json!({
        "documents": documents.collect::<serde_json::Map<_, _>>(), "catalog": side.catalog, "settings": side.settings,
    })
}

fn of_value(value: &Value) -> Option<Repository> {
    let documents: Vec<Value> = value["documents"].as_object()?.values().cloned().collect();
    let catalog = value.get("catalog").filter(|catalog| !catalog.is_null()).cloned();
    Some(Repository { documents, catalog, settings: value.get("settings")?.clone() })
}

fn collect(value: &Value, way: &mut Vec<String>, ways: &mut Vec<Vec<String>>) {
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => return,
    };
    for (key, part) in parts {
        way.push(key);
        ways.push(way.clone());
        collect(part, way, ways);
        way.pop();
    }
}

fn without(value: &Value, way: &[String]) -> Value {
    let mut value = value.clone();
    let Some((last, before)) = way.split_last() else { return value };
    let inside = before.iter().try_fold(&mut value, |value, key| match value {
        Value::Object(map) => map.get_mut(key),
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    });
    match inside {
        Some(Value::Object(map)) => drop(map.remove(last)),
        Some(Value::Array(items)) => {
            let at = last.parse::<usize>().unwrap_or(usize::MAX);
            if at < items.len() {
                items.remove(at);
            }
        }
        _ => {}
    }
    value
}
