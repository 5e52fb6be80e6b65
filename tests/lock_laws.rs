//! Laws of locks: what can follow what, and that an approval of one is an approval of no other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::collections::BTreeMap;

use policyc::lifecycle::locks::{Passed, Step, change, digest, pinned, share, steps};
use policyc::written::{CatalogPin, Effect, KillSwitch, Lock, Pin, Pinned, PinnedDefaults, RolloutState};
use proptest::prelude::*;
use serde_json::Value;

const SHARES: [&[u8]; 3] = [&[100], &[50, 100], &[5, 25, 100]];

fn pin(version: u64) -> Pin {
    let digest = |word: &str| policyc::text::Digest::of(format!("{word} {version}").as_bytes()).to_string();
    Pin {
        version,
        commit: digest("commit")[7..47].to_owned(),
        source_digest: digest("source"),
        canonical_digest: digest("canonical"),
    }
}

fn pins(versions: &[u64]) -> Pinned {
    let documents: BTreeMap<String, Pin> = ["a", "b"]
        .iter()
        .zip(versions)
        .filter(|(_, version)| **version > 0)
        .map(|(id, version)| ((*id).to_owned(), pin(*version)))
        .collect();
    let defaults = PinnedDefaults { commit: Some("1".repeat(40)), effect: Effect::Deny, session_ttl: 60 };
    Pinned { documents, catalog: Some(CatalogPin { commit: "2".repeat(40) }), defaults }
}

/// The bundle of some pins: any name that is another for other pins will do.
fn bundle(pins: &Pinned) -> String {
    policyc::text::Digest::of(serde_json::to_string(pins).unwrap().as_bytes()).to_string()
}

fn lock(before: Option<&Lock>, pins: Pinned, rollout: Option<RolloutState>, active: bool) -> Lock {
    Lock {
        schema: "policyc.lock/v1".to_owned(),
        environment: "production".to_owned(),
        sequence: before.map_or(1, |before| before.sequence + 1),
        previous: before.map(|before| digest(before).unwrap().to_string()),
        bundle: bundle(&pins),
        documents: pins.documents,
        catalog: pins.catalog,
        defaults: pins.defaults,
        approvals: Vec::new(),
        rollout,
        kill_switch: KillSwitch { active, reason: None, by: None, at: None },
    }
}

/// What a person may try next.
#[derive(Debug, Clone)]
enum Try {
    Pins([u64; 2], bool),
    Percent(u8),
    Hold,
    Abort,
    Kill(bool),
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let one = prop_oneof![
        4 => (0..4_u64, 0..4_u64, any::<bool>()).prop_map(|(a, b, rolled)| Try::Pins([a, b], rolled)),
        3 => prop_oneof![Just(5), Just(25), Just(50), Just(60), Just(100)].prop_map(Try::Percent),
        1 => Just(Try::Hold),
        2 => Just(Try::Abort),
        1 => any::<bool>().prop_map(Try::Kill),
    ];
    proptest::collection::vec(one, 1..14)
}

/// The lock that a try makes.
fn tried(before: Option<&Lock>, attempt: &Try, shares: &[u8]) -> Option<Lock> {
    let active = before.is_some_and(|before| before.kill_switch.active);
    let same = || before.map(pinned);
    let rollout = || before?.rollout.clone();
    Some(match attempt {
        Try::Pins(versions, rolled) => {
            let new = pins(versions);
            let state = before.filter(|_| *rolled).map(|before| RolloutState {
                from: before.bundle.clone(),
                to: bundle(&new),
                percent: shares[0].min(99),
                held: false,
                before: pinned(before),
            });
            lock(before, new, state, active)
        }
        Try::Percent(100) => lock(before, same()?, None, active),
        Try::Percent(percent) => {
            lock(before, same()?, Some(RolloutState { percent: *percent, held: false, ..rollout()? }), active)
        }
        Try::Hold => lock(before, same()?, Some(RolloutState { held: true, ..rollout()? }), active),
        Try::Abort => lock(before, rollout()?.before, None, active),
        Try::Kill(active) => lock(before, same()?, rollout(), *active),
    })
}

/// Whether a state was live to all runs before the state that is live now, told by going back over the whole story: a state that
/// was brought back takes the story back to where it was.
fn reached_back(good: &[(Lock, Step)], next: &Lock) -> bool {
    let mut story: Vec<Pinned> = Vec::new();
    for (lock, step) in good {
        let now = pinned(lock);
        match step {
            // The story ends again where this state stands in it; a state that never was begins a new end.
            Step::Rollback | Step::Abort => match story.iter().rposition(|one| *one == now) {
                Some(at) => story.truncate(at + 1),
                None => story.push(now),
            },
            // A rollout is told once it has reached everybody; until then it is an end of the story that nobody can come back to.
            _ if lock.rollout.is_some() => {}
            Step::Deploy | Step::Next => story.push(now),
            Step::Hold | Step::KillOn | Step::KillOff => {}
        }
    }
    let rolling = good.last().is_some_and(|(lock, _)| lock.rollout.is_some());
    let past = if rolling { story.as_slice() } else { &story[..story.len().saturating_sub(1)] };
    past.contains(&pinned(next))
}

/// Who is live for a share of runs, told plainly: the reference that the steps are held against.
fn live(lock: &Lock) -> (String, Option<(String, u8)>, bool) {
    let rollout = lock.rollout.as_ref().map(|rollout| (rollout.from.clone(), rollout.percent));
    (lock.bundle.clone(), rollout, lock.kill_switch.active)
}

proptest! {
    #[test]
    fn only_what_is_told_can_follow(tries in tries(), which in 0..SHARES.len()) {
        let shares = SHARES[which];
        let mut good: Vec<(Lock, Step)> = Vec::new();
        for attempt in &tries {
            let before = good.last().map(|(lock, _)| lock.clone());
            let earlier: Vec<Passed<'_>> = good.iter().map(|(lock, step)| Passed { lock, step: *step }).collect();
            let Some(next) = tried(before.as_ref(), attempt, shares) else { continue };
            let Ok(found) = steps(&next, &earlier, shares) else { continue };
            let taken = found[0];
            prop_assert!(!found.is_empty());
            let (was, is) = (before.as_ref().map(live), live(&next));
            for step in found {
                match (step, &was) {
                    (Step::KillOn, _) => prop_assert!(is.2 && was.as_ref().is_none_or(|was| !was.2 && was.0 == is.0)),
                    (Step::KillOff, Some(was)) => prop_assert!(was.2 && !is.2 && was.0 == is.0 && was.1 == is.1),
                    (Step::Next, Some(was)) => {
                        let now = was.1.as_ref().unwrap().1;
                        let wanted = shares.iter().copied().find(|share| *share > now).unwrap();
                        prop_assert_eq!(is.1.as_ref().map_or(100, |rollout| rollout.1), wanted);
                        prop_assert_eq!(&is.0, &was.0);
                    }
                    (Step::Hold, Some(was)) => prop_assert!(was.0 == is.0 && was.1 == is.1),
                    (Step::Abort, Some(was)) => prop_assert!(is.1.is_none() && was.1.as_ref().unwrap().0 == is.0),
                    // At once, no document newer than it is, and only what all runs met before what is live now came.
                    (Step::Rollback, Some(_)) => {
                        prop_assert!(is.1.is_none());
                        let old = before.as_ref().unwrap();
                        for (id, pin) in &next.documents {
                            prop_assert!(old.documents.get(id).is_none_or(|own| own.version >= pin.version));
                            let same = old.documents.get(id) == Some(pin);
                            let met = |(lock, _): &(Lock, Step)| lock.rollout.is_none() && lock.documents.get(id) == Some(pin);
                            prop_assert!(same || good.iter().any(met));
                        }
                        let one = old.rollout.is_none() && next.documents.keys().eq(old.documents.keys())
                            && next.documents.iter().filter(|(id, pin)| old.documents.get(*id) != Some(*pin)).count() == 1;
                        prop_assert!(one || reached_back(&good, &next), "{:?} after {:?}", pinned(&next), good);
                    }
                    // To all at once only where the environment says so, or nothing was live.
                    (Step::Deploy, Some(was)) => {
                        let first = before.as_ref().unwrap().documents.is_empty() || shares[0] == 100;
                        prop_assert_eq!(is.1.is_none(), first);
                        prop_assert!(was.1.is_none());
                    }
                    (Step::Deploy, None) => prop_assert!(is.1.is_none()),
                    (step, None) => prop_assert!(false, "{:?} of nothing", step),
                }
            }
            good.push((next, taken));
        }
    }

    #[test]
    fn whatever_is_changed_in_a_lock_is_another_change(tries in tries(), which in 0..SHARES.len(), at in any::<prop::sample::Index>()) {
        let shares = SHARES[which];
        let mut good: Vec<(Lock, Step)> = Vec::new();
        for attempt in &tries {
            let before = good.last().map(|(lock, _)| lock.clone());
            let earlier: Vec<Passed<'_>> = good.iter().map(|(lock, step)| Passed { lock, step: *step }).collect();
            let Some(next) = tried(before.as_ref(), attempt, shares) else { continue };
            if let Ok(found) = steps(&next, &earlier, shares) {
                let step = found[0];
                good.push((next, step));
            }
        }
        let Some((last, _)) = good.pop() else { return Ok(()) };
        let value = serde_json::to_value(&last).unwrap();
        let mut leaves = Vec::new();
        paths(&value, String::new(), &mut leaves);
        // Words about the switch, and the approvals themselves, are not what is approved.
        leaves.retain(|path| !["/kill_switch/reason", "/kill_switch/by", "/kill_switch/at", "/approvals"].contains(&path.as_str()));
        let path = at.get(&leaves);
        let mut other = value.clone();
        let leaf = other.pointer_mut(path).unwrap();
        *leaf = match leaf.clone() {
            Value::String(text) => Value::String(if text == "deny" { "allow".to_owned() } else { format!("{text}0") }),
            Value::Number(number) => Value::from(number.as_u64().unwrap() + 1),
            Value::Bool(flag) => Value::Bool(!flag),
            _ => return Ok(()),
        };
        let Ok(other) = serde_json::from_value::<Lock>(other) else { return Ok(()) };
        prop_assert_ne!(change(&last).unwrap(), change(&other).unwrap(), "{}", path);
        prop_assert_ne!(digest(&last).unwrap(), digest(&other).unwrap(), "{}", path);
    }

    #[test]
    fn a_growing_share_keeps_its_runs(run in "[a-z0-9-]{1,20}", to in "[0-9a-f]{64}") {
        let place = share("production", &to, &run);
        prop_assert!(place < 10_000);
        prop_assert_eq!(place, share("production", &to, &run));
        let reached = |percent: u16| place < percent * 100;
        prop_assert!(!reached(0) && reached(100));
        prop_assert!([5, 25, 50].windows(2).all(|pair| !reached(pair[0]) || reached(pair[1])));
    }
}

fn paths(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| paths(value, format!("{path}/{key}"), found)),
        Value::Array(items) if items.is_empty() => {}
        Value::Null => {}
        _ => found.push(path),
    }
}
