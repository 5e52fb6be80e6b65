//! What the reference counts.

use serde_json::Value;
use std::collections::BTreeSet;

use policyc::model::{Effect, Time};
use policyc::text::Digest;

use crate::numbers::{EFFECTS, Key, Numbers, OfSide, Operation, Sample, Who, rank};
use crate::oracle::Verdict;
use crate::questions::Asked;
use crate::reading::{Deed, Log, Rank};
use crate::reference::Decided;

/// How many places, samples of a group and changed actions are told.
const PLACES: usize = 20;
const SAMPLES: usize = 3;
const CHANGES: usize = 1000;

/// Counts what was decided, in any order.
pub fn numbers(log: &Log, asked: &Asked, mut decided: Vec<Decided<'_>>) -> Numbers {
    let replayed = decided.len() as u64;
    decided.sort_by_key(|one| one.deed.rank);
    let compared = decided.first().is_some_and(|one| one.base.is_some());
    let reported = reported(decided, asked);
    let doubtful: Vec<_> =
        reported.iter().filter(|one| !one.deed.record.doubts.is_empty()).map(|one| one.deed.place).collect();
    let times = || log.deeds.iter().filter_map(|deed| deed.action.timestamp);
    let mut numbers = Numbers {
        replayed,
        repeated: log.repeated,
        actions: reported.len() as u64,
        unreadable: (log.unreadable.iter().copied().take(PLACES).collect(), log.unreadable.len() as u64),
        doubtful: (doubtful.iter().copied().take(PLACES).collect(), doubtful.len() as u64),
        times_back: times_back(&log.deeds),
        span: times().min().zip(times().max()),
        head: of_side(&reported, asked, |one| Some(&one.head)),
        base: compared.then(|| of_side(&reported, asked, |one| one.base.as_ref())),
        ..Numbers::default()
    };
    for one in &reported {
        numbers.count(one);
    }
    numbers.newly = EFFECTS.map(|effect| reported.iter().filter(|one| is_newly(one, effect)).count() as u64);
    numbers
}

/// What the filter takes; of that the first ones by the digest of the id, else of the line.
pub fn drawn(decided: &[Decided<'_>], asked: &Asked) -> BTreeSet<Rank> {
    let taken = decided.iter().map(|one| one.deed).filter(|deed| asked.reports(deed));
    let named = |deed: &Deed| {
        let own = deed.record.action.id.clone().or(deed.text.clone());
        own.unwrap_or_else(|| deed.record.to_native())
    };
    let mut ranked: Vec<(u64, Rank)> =
        taken.map(|deed| (Digest::of(named(deed).as_bytes()).leading(), deed.rank)).collect();
    ranked.sort_unstable();
    ranked.truncate(asked.sample.unwrap_or(ranked.len()));
    ranked.into_iter().map(|(_, rank)| rank).collect()
}

fn reported<'d>(mut decided: Vec<Decided<'d>>, asked: &Asked) -> Vec<Decided<'d>> {
    let drawn = drawn(&decided, asked);
    decided.retain(|one| drawn.contains(&one.deed.rank));
    decided
}

/// How often a time lies before the one that stands before it in its log.
fn times_back(deeds: &[Deed]) -> u64 {
    let timed: Vec<(u32, Time)> =
        deeds.iter().filter_map(|deed| Some((deed.place.0, deed.action.timestamp?))).collect();
    timed.windows(2).filter(|pair| pair[0].0 == pair[1].0 && pair[1].1 < pair[0].1).count() as u64
}

/// "They take the worst case: an action is newly allowed if on either bound head allows what base on that bound does not."
fn is_newly(one: &Decided<'_>, effect: Effect) -> bool {
    let (lower, upper) = one.base.as_ref().map_or((Effect::Allow, Effect::Allow), |base| (base.lower, base.effect));
    (one.head.lower == effect && lower != effect) || (one.head.effect == effect && upper != effect)
}

/// Of the reasons that carry the effect: if some are sure, one of those; of these, if some belong to documents, one of
/// those; the first.
fn deciding(verdict: &Verdict) -> Who {
    let mut carrying: Vec<(bool, Who)> = verdict
        .reasons
        .iter()
        .filter(|ground| ground.effect == verdict.effect)
        .map(|ground| (ground.certain, (ground.kind, ground.id.clone())))
        .collect();
    if carrying.iter().any(|(certain, _)| *certain) {
        carrying.retain(|(certain, _)| *certain);
    }
    let mut all: Vec<Who> = carrying.into_iter().map(|(_, who)| who).collect();
    all.sort();
    all.iter().find(|(_, id)| id.is_some()).or(all.first()).cloned().unwrap()
}

fn of_side<'r>(
    reported: &'r [Decided<'_>],
    asked: &Asked,
    of: impl Fn(&'r Decided<'_>) -> Option<&'r Verdict>,
) -> OfSide {
    let mut side = OfSide::default();
    for (one, verdict) in reported.iter().filter_map(|one| Some((one, of(one)?))) {
        let effect = rank(verdict.effect);
        side.effects[effect] += 1;
        if verdict.certain() {
            side.certain += 1;
        } else {
            *side.missing.entry(verdict.missing.clone()).or_default() += 1;
        }
        side.hit(verdict);
        if let Some(recorded) = one.deed.record.recorded_decision {
            side.recorded[rank(recorded)][effect] += 1;
        }
        side.truth[truth(one.deed, asked)][effect] += 1;
        side.count_time(one.deed, verdict);
    }
    let untimed = side.hours.get(&None).map_or(0, |(_, asks)| *asks);
    side.most_approvals = side.approvals.values().max().unwrap_or(&0) + untimed;
    side
}

/// Good, bad, not told.
fn truth(deed: &Deed, asked: &Asked) -> usize {
    let told = asked.truth.as_ref().and_then(|(pointer, bad)| Some((deed.at(pointer).ok()??, bad)));
    match told {
        None | Some((Value::Null, _)) => 2,
        // Numbers are compared by their values; a value of another type is no answer.
        Some((value, bad)) if value.is_number() && bad.is_number() => usize::from(value.as_f64() == bad.as_f64()),
        Some((Value::Bool(value), bad)) => bad.as_bool().map_or(2, |bad| usize::from(value == bad)),
        Some((Value::String(value), bad)) => bad.as_str().map_or(2, |bad| usize::from(value == bad)),
        Some((value, bad)) if value.is_array() == bad.is_array() && value.is_object() == bad.is_object() => {
            if value.is_array() || value.is_object() { usize::from(value == *bad) } else { 2 }
        }
        Some(_) => 2,
    }
}

impl OfSide {
    /// "Hits per document": once an action, however many reasons it gives.
    fn hit(&mut self, verdict: &Verdict) {
        let reasons = verdict.reasons.iter().map(|ground| (ground.kind, ground.id.clone()));
        let lifted = verdict.lifted.iter().map(|lifted| ("exception", Some(lifted.exception.clone())));
        for who in reasons.chain(lifted).collect::<BTreeSet<Who>>() {
            self.hits.entry(who).or_default().0 += 1;
        }
        self.hits.entry(deciding(verdict)).or_default().1 += 1;
    }

    /// "Approvals per day" of UTC: those that are asked for, or may be.
    fn count_time(&mut self, deed: &Deed, verdict: &Verdict) {
        let seconds = deed.action.timestamp.map(Time::unix_seconds);
        let asks = u64::from(verdict.lower <= Effect::ApprovalRequired && Effect::ApprovalRequired <= verdict.effect);
        let hour = self.hours.entry(seconds.map(|seconds| seconds.div_euclid(3600))).or_default();
        hour.0[rank(verdict.effect)] += 1;
        hour.1 += asks;
        if let Some(seconds) = seconds.filter(|_| asks > 0) {
            *self.approvals.entry(seconds.div_euclid(86_400)).or_default() += asks;
        }
    }
}

impl Numbers {
    fn count(&mut self, one: &Decided<'_>) {
        let head = &one.head;
        let (base_lower, base) =
            one.base.as_ref().map_or((Effect::Allow, Effect::Allow), |base| (base.lower, base.effect));
        *self.bounds.entry([base_lower, base, head.lower, head.effect]).or_default() += 1;
        self.matrix[rank(base)][rank(head.effect)] += 1;
        let (integration, operation) = one.deed.names();
        let line = self.operations.entry((integration.clone(), operation.clone())).or_default();
        line.count(one);
        if base == head.effect {
            return;
        }
        let key = Key {
            base: one.base.as_ref().map(|base| (base.effect, deciding(base))),
            head: (head.effect, deciding(head)),
            agent: one.deed.action.agent_id.clone().filter(|_| one.base.is_some()),
            integration,
            operation,
        };
        let sample = sample(one);
        let group = self.groups.entry(key).or_default();
        group.0 += 1;
        if group.1.len() < SAMPLES {
            group.1.push(sample.clone());
        }
        self.changed.1 += 1;
        if self.changed.0.len() < CHANGES {
            self.changed.0.push(sample);
        }
    }
}

impl Operation {
    fn count(&mut self, one: &Decided<'_>) {
        self.head[rank(one.head.effect)] += 1;
        self.uncertain += u64::from(!one.head.certain());
        if let Some(base) = &one.base {
            self.base[rank(base.effect)] += 1;
            self.tightened += u64::from(one.head.effect > base.effect);
            self.loosened += u64::from(one.head.effect < base.effect);
        }
    }
}

fn sample(one: &Decided<'_>) -> Sample {
    let action = &one.deed.action;
    Sample {
        place: one.deed.place,
        part: one.deed.part.clone(),
        id: action.id.clone(),
        time: action.timestamp,
        agent: action.agent_id.clone(),
        action: one.deed.name(),
        resource: one.deed.resource().map(str::to_owned),
        base: one.base.clone(),
        head: one.head.clone(),
    }
}
