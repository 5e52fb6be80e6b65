//! What the replay says, in the shape of the comparison.

use std::collections::BTreeMap;

use policyc::model::{Bundle, Effect};
use policyc::replay::{self, Decider, Hits, Outcome, Position, SideHits, SideOutcome, Which};

use crate::numbers::{EFFECTS, Key, Numbers, OfSide, Operation, Sample, Who};
use crate::oracle::asked;
use crate::reading::Place;

/// The bundles of both sides.
#[derive(Clone, Copy)]
pub struct Bundles<'b> {
    pub base: Option<&'b Bundle>,
    pub head: &'b Bundle,
}

/// Puts an outcome into the shape of the comparison.
pub fn numbers(outcome: &Outcome<'_>, bundles: Bundles<'_>) -> Numbers {
    let place = |position: Position| (position.log, outcome.line(position));
    let places = |seen: &(Vec<replay::Seen>, u64)| {
        (seen.0.iter().map(|seen| place(seen.position)).collect::<Vec<Place>>(), seen.1)
    };
    let samples = |samples: &[replay::Sample<'_>]| samples.iter().map(|one| sample(one, place(one.position))).collect();
    let groups =
        outcome.groups.iter().map(|group| (key(&group.key, bundles), (group.actions, samples(&group.samples))));
    Numbers {
        replayed: outcome.replayed,
        actions: outcome.actions,
        repeated: outcome.repeated,
        unreadable: places(&outcome.unreadable),
        doubtful: places(&outcome.doubtful),
        times_back: outcome.times_back,
        span: outcome.span,
        bounds: bounds(outcome),
        matrix: outcome.matrix(),
        newly: EFFECTS.map(|effect| outcome.newly(effect)),
        base: bundles.base.map(|bundle| of_side(outcome, Which::Base, &outcome.base, bundle)),
        head: of_side(outcome, Which::Head, &outcome.head, bundles.head),
        operations: outcome.operations.iter().map(operation).collect(),
        groups: groups.collect(),
        changed: (samples(&outcome.changed.0), outcome.changed.1),
    }
}

fn bounds(outcome: &Outcome<'_>) -> BTreeMap<[Effect; 4], u64> {
    let mut bounds = BTreeMap::new();
    for base in pairs() {
        for head in pairs() {
            let count = outcome.bounds.matching(|a, b| a == base && b == head);
            bounds.insert([base.0, base.1, head.0, head.1], count);
        }
    }
    bounds.retain(|_, count| *count > 0);
    bounds
}

fn pairs() -> impl Iterator<Item = (Effect, Effect)> {
    EFFECTS.into_iter().flat_map(|lower| EFFECTS.map(|upper| (lower, upper)))
}

fn of_side(outcome: &Outcome<'_>, which: Which, side: &SideOutcome, bundle: &Bundle) -> OfSide {
    let timed = outcome.hours.iter().map(|(hour, counts)| (Some(*hour), counts));
    let hours = timed.chain([(None, &outcome.untimed)]).map(|(hour, counts)| {
        let effects = which.of(counts.effects[0], counts.effects[1]);
        (hour, (effects, which.of(counts.asks[0], counts.asks[1])))
    });
    OfSide {
        effects: outcome.effects(which),
        certain: outcome.certain(which),
        missing: side.missing.iter().map(|(facts, count)| (facts.names().collect(), *count)).collect(),
        hits: hits(&side.hits, bundle),
        recorded: side.recorded,
        truth: side.truth,
        hours: hours.filter(|(hour, counts)| hour.is_some() || *counts != ([0; 3], 0)).collect(),
        approvals: outcome.approvals(which),
        most_approvals: outcome.most_approvals(which),
    }
}

fn hits(hits: &SideHits, bundle: &Bundle) -> BTreeMap<Who, (u64, u64)> {
    let alone = [("catalog", hits.catalog), ("default", hits.default), ("environment", hits.environment)];
    let alone = alone.map(|(kind, hits)| ((kind, None), hits));
    let policies = hits.policies.iter().zip(&bundle.policies).map(|(hits, one)| (document("policy", &one.id), *hits));
    let rules = hits.rules.iter().zip(&bundle.rules).map(|(hits, one)| (document("rule", &one.id), *hits));
    let lifts = hits.exceptions.iter().zip(&bundle.exceptions);
    let lifts = lifts.map(|(hits, one)| (document("exception", &one.id), *hits));
    let all = policies.chain(rules).chain(lifts).chain(alone);
    all.filter(|(_, hits)| *hits != Hits::default()).map(|(who, hits)| (who, (hits.reasons, hits.decided))).collect()
}

fn document(kind: &'static str, id: &impl ToString) -> Who {
    (kind, Some(id.to_string()))
}

fn operation(one: &replay::Operation) -> ((Option<String>, String), Operation) {
    let name = (one.integration.as_deref().map(str::to_owned), one.operation.to_string());
    let line = Operation {
        base: one.effects[0],
        head: one.effects[1],
        tightened: one.tightened,
        loosened: one.loosened,
        uncertain: one.uncertain,
    };
    (name, line)
}

fn key(key: &replay::Key, bundles: Bundles<'_>) -> Key {
    Key {
        base: key.base.map(|base| who(base, bundles.base.unwrap())),
        head: who(key.head, bundles.head),
        agent: key.agent.as_deref().map(str::to_owned),
        integration: key.integration.as_deref().map(str::to_owned),
        operation: key.operation.to_string(),
    }
}

fn who(decider: Decider, bundle: &Bundle) -> (Effect, Who) {
    use policyc::engine::Source;
    let source = match decider.source {
        Source::Catalog => ("catalog", None),
        Source::Default => ("default", None),
        Source::Environment => ("environment", None),
        Source::Policy(rank) => document("policy", &bundle.policies[rank as usize].id),
        Source::Rule(rank) => document("rule", &bundle.rules[rank as usize].id),
    };
    (decider.effect, source)
}

fn sample(one: &replay::Sample<'_>, place: Place) -> Sample {
    Sample {
        place,
        part: one.place.clone(),
        id: one.id.clone(),
        time: one.time,
        agent: one.agent.clone(),
        action: one.action.clone(),
        resource: one.resource.clone(),
        base: one.base.as_ref().map(asked::verdict),
        head: asked::verdict(&one.head),
    }
}
