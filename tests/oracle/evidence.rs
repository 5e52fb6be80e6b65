//! What must have happened earlier in the run: evidence and grounding (SPEC 2.1).

use policyc::model::{ActionPattern, Grounding, GroundingFrom, Outcome, Policy, Reason};
use serde_json::Value;

use super::Now;
use super::history::Past;
use super::json;
use super::matching::{self, Use};
use super::policies::Finding;
use super::truth::Truth;

const NANOSECONDS: i128 = 1_000_000_000;

/// `evidence_requirements`: "these must have succeeded earlier in the run"; one reason for each required action.
pub fn requirements(now: Now<'_>, policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pattern, required) in &policy.evidence_requirements {
        let named = matching::action(pattern, now.facts, Use::Restricts);
        for required in required {
            let part = format!("evidence_requirements/{}/{}", pattern.as_str(), required.as_str());
            findings.push(requirement(now, policy, &named, required, part));
        }
    }
    findings
}

/// "An unmet evidence requirement is one reason: `STALE_EVIDENCE` if any success is possible, else `MISSING_EVIDENCE`."
fn requirement(now: Now<'_>, policy: &Policy, named: &Truth, required: &ActionPattern, part: String) -> Finding {
    let earlier: Vec<&Past> = now.past.iter().filter(|past| !past.parallel_to(now.facts)).collect();
    let successes: Vec<Truth> = earlier.iter().map(|past| is_success(now, policy, required, past)).collect();
    let fresh = earlier.iter().map(|past| is_fresh(now, policy, past));
    let met = Truth::any(successes.iter().cloned().zip(fresh).map(|(success, fresh)| success.and(fresh)));
    let (possible, sure) = (successes.iter().any(Truth::is_possible), successes.iter().any(Truth::is_true));
    let code = if possible { Reason::StaleEvidence } else { Reason::MissingEvidence };
    let or_else = (possible && !sure).then_some(Reason::MissingEvidence);
    let ages: Vec<Truth> = policy
        .evidence_max_age_seconds
        .keys()
        .map(|pattern| matching::action(pattern, now.facts, Use::Restricts))
        .collect();
    let reads_time = ages.iter().any(Truth::is_possible);
    let reads_name = ages.iter().any(|age| age.is_possible() && !age.is_true());
    let read = [("run_id", true), ("timestamp", reads_time), ("integration", reads_name)];
    Finding { or_else, ..Finding::new(code, part, named.clone().and(hanging(now, met.not(), &read))) }
}

/// What an open test of the past hangs on: the facts of the action being decided that it reads and that are unknown; only
/// if there are none, the past.
fn hanging(now: Now<'_>, test: Truth, read: &[(&'static str, bool)]) -> Truth {
    if test.is_true() || !test.is_possible() {
        return test;
    }
    let is_unknown = |name: &str| match name {
        "run_id" => now.facts.run().is_none(),
        "timestamp" => now.facts.time().is_none(),
        _ => true,
    };
    let names = read.iter().filter(|(name, reads)| *reads && is_unknown(name)).map(|(name, _)| *name);
    names.map(Truth::unknown).reduce(Truth::and).unwrap_or(Truth::unknown("history"))
}

/// Whether an earlier action is the required one and succeeded in this run; "where `evidence_actions` is given only those
/// count as evidence".
fn is_success(now: Now<'_>, policy: &Policy, required: &ActionPattern, past: &Past) -> Truth {
    let is_required = matching::action(required, &past.facts, Use::Permits);
    let evidence = &policy.evidence_actions;
    let is_evidence = matching::any_action(evidence, &past.facts, Use::Permits);
    let counts = if evidence.is_empty() { Truth::True } else { is_evidence };
    let of_the_past = Truth::all([is_required, counts, past.succeeded()]).of_the_past();
    past.in_run_of(now.facts).and(of_the_past)
}

/// `evidence_max_age_seconds`: "the pattern names the action being decided", "the smallest match holds": every entry that
/// matches must find the evidence fresh.
fn is_fresh(now: Now<'_>, policy: &Policy, past: &Past) -> Truth {
    Truth::all(policy.evidence_max_age_seconds.iter().map(|(pattern, seconds)| {
        let named = matching::action(pattern, now.facts, Use::Restricts);
        named.not().or(is_young(now, past, *seconds))
    }))
}

/// "An age equal to it is fresh."
fn is_young(now: Now<'_>, past: &Past, seconds: u64) -> Truth {
    match (now.facts.time(), past.facts.time()) {
        (Some(now), Some(then)) => {
            Truth::of(now.nanoseconds() - then.nanoseconds() <= i128::from(seconds) * NANOSECONDS)
        }
        (None, _) => Truth::unknown("timestamp"),
        (Some(_), None) => Truth::unknown("history"),
    }
}

/// `grounding_rules`: "the argument, where present, must equal that field of an earlier successful action of the run".
pub fn groundings(now: Now<'_>, policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pattern, arguments) in &policy.grounding_rules {
        let named = matching::action(pattern, now.facts, Use::Restricts);
        for (argument, grounding) in arguments {
            let part = format!("grounding_rules/{}/{argument}", pattern.as_str());
            let test = named.clone().and(is_ungrounded(now, argument, grounding));
            findings.push(Finding::new(Reason::UngroundedArgument, part, test));
        }
    }
    findings
}

fn is_ungrounded(now: Now<'_>, argument: &str, grounding: &Grounding) -> Truth {
    let Some(arguments) = now.facts.arguments() else { return Truth::unknown("arguments") };
    let Some(value) = arguments.get(argument) else { return Truth::False };
    let earlier = now.past.iter().filter(|past| !past.parallel_to(now.facts));
    let found = Truth::any(earlier.map(|past| is_source(now, grounding, past, value)));
    hanging(now, found.not(), &[("run_id", true)])
}

/// Whether an earlier action is a source of a value; "`evidence_actions` does not filter grounding".
fn is_source(now: Now<'_>, grounding: &Grounding, past: &Past, value: &Value) -> Truth {
    let named = matching::action(&grounding.source_action, &past.facts, Use::Permits);
    let of_the_past = Truth::all([named, past.succeeded(), has_value(grounding, past, value)]).of_the_past();
    past.in_run_of(now.facts).and(of_the_past)
}

/// "Recorded as blocked or rejected and not denied here: outcome and result unknown."
fn has_value(grounding: &Grounding, past: &Past, value: &Value) -> Truth {
    let record = &past.facts.record;
    let stopped = matches!(record.outcome, Some(Outcome::Blocked | Outcome::Rejected));
    let source = match grounding.source_from {
        GroundingFrom::Result => record.result.as_ref().filter(|_| !stopped),
        GroundingFrom::Arguments => past.facts.arguments().map(policyc::model::Arguments::as_value),
    };
    let Some(source) = source else { return Truth::unknown("history") };
    Truth::of(json::at(source, &grounding.source_field).is_some_and(|found| json::equal(found, value)))
}
