//! What a change does to who may change policies, and how: the review and the protected branch, identities, environments.
//! Here loosening means that it takes less to change what decides.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::change::Path;
use super::fields::one;
use super::sets::{patterns, words};
use super::{Change, Direction, values};
use crate::canon;
use crate::model::{Approvals, Environment, Identities, Mapping, Pointer, Principal, Settings, Source, TokenSettings};
use crate::written::{Checks, CircuitBreaker, Gates, NumberOrPercent};

/// What settings say of decisions.
pub(super) fn settings(before: &Settings, after: &Settings, effective: Direction) -> Vec<Change> {
    let defaults = Path::of("defaults");
    let (ttl, new_ttl) = (before.session_ttl, after.session_ttl);
    let mut changes =
        one(&defaults.key("effect"), json!(before.default_effect), json!(after.default_effect), effective);
    changes.extend(one(&defaults.key("session_ttl"), ttl, new_ttl, Direction::Loosening.of(&ttl, &new_ttl)));
    changes.extend(values::changes(
        &Path::of("expect"),
        &json!(before.expect),
        &json!(after.expect),
        Direction::Neutral,
    ));
    let (most, new_most) = (before.max_findings, after.max_findings);
    changes.extend(one(&Path::of("limits").key("max_findings"), most, new_most, Direction::Neutral));
    // Who is told, and how, changes no decision.
    let alerts = |settings: &Settings| {
        settings.alerts.as_ref().map_or(Value::Null, |alerts| {
            let smtp = format!("{}:{}", alerts.host, alerts.port);
            json!({"smtp": smtp, "from": alerts.from, "tls": alerts.tls})
        })
    };
    changes.extend(values::changes(&Path::of("alerts"), &alerts(before), &alerts(after), Direction::Neutral));
    // What a model proposes is accepted by a person and locked; no decision asks it.
    let (old, new) = (json!(before.assist), json!(after.assist));
    changes.extend(values::changes(&Path::of("assist"), &old, &new, Direction::Neutral));
    changes.retain(Change::is_one);
    changes
}

/// What settings say of who may change what decides, and what such a change is held against.
pub(super) fn review(before: &Settings, after: &Settings) -> Vec<Change> {
    let mut changes = one(&Path::of("branch"), &*before.branch, &*after.branch, Direction::Both);
    let folders = |settings: &Settings| settings.documents.iter().cloned().collect::<BTreeSet<String>>();
    let documents = Path::of("documents");
    changes.extend(words(Direction::Both).changes(&documents, &folders(before), &folders(after)));
    if folders(before) == folders(after) {
        changes.extend(one(&documents, json!(before.documents), json!(after.documents), Direction::Neutral));
    }
    changes.extend(approvals(&Path::of("review"), &before.review, &after.review));
    changes.extend(checks(&before.checks, &after.checks));
    changes.extend(values::changes(&Path::of("logs"), &json!(before.logs), &json!(after.logs), Direction::Both));
    let mappings = |settings: &Settings| {
        settings.mappings.iter().map(|(name, one)| (name.clone(), mapping(one))).collect::<Value>()
    };
    let path = Path::of("records").key("mappings");
    changes.extend(values::changes(&path, &mappings(before), &mappings(after), Direction::Both));
    changes.retain(Change::is_one);
    changes
}

/// What is asked of a change beside approvals and gates.
fn checks(before: &Checks, after: &Checks) -> Vec<Change> {
    let path = Path::of("checks");
    let Checks { deny_warnings, deny_uncertain, min_coverage } = before;
    let mut changes = Vec::new();
    for (name, old, new) in [
        ("deny_warnings", *deny_warnings, after.deny_warnings),
        ("deny_uncertain", *deny_uncertain, after.deny_uncertain),
    ] {
        changes.extend(one(&path.key(name), old, new, Direction::Tightening.of(&old, &new)));
    }
    changes.extend(least(&path.key("min_coverage"), min_coverage.as_deref(), after.min_coverage.as_deref()));
    changes
}

/// A least share; without one nothing is asked.
fn least(path: &Path, before: Option<&str>, after: Option<&str>) -> Vec<Change> {
    let direction = match (share(before), share(after)) {
        (Some(old), Some(new)) => Direction::Tightening.of(&old, &new),
        (None, Some(_)) => Direction::Tightening,
        (Some(_), None) => Direction::Loosening,
        (None, None) => Direction::Both,
    };
    one(path, json!(before), json!(after), direction)
}

/// A mapping as it may be written.
fn mapping(mapping: &Mapping) -> Value {
    let text = |pointer: &Pointer| {
        pointer
            .steps()
            .iter()
            .map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1")))
            .collect::<String>()
    };
    let source = |source: &Source| match source {
        Source::Const(value) => json!({ "const": value }),
        Source::At { pointer, of_document, unit, values } => {
            let key = if *of_document { "document" } else { "pointer" };
            json!({key: text(pointer), "unit": unit, "values": values})
        }
    };
    let fields = mapping.fields.iter().map(|(name, one)| ((*name).to_owned(), source(one)));
    let mut all: BTreeMap<String, Value> = fields.collect();
    all.insert("records".to_owned(), json!(mapping.records.as_ref().map(text)));
    all.insert("erased".to_owned(), mapping.erased.iter().map(text).collect());
    json!(all)
}

/// One name more of those who may; nobody named is everybody.
fn people(path: &Path, before: &BTreeSet<String>, after: &BTreeSet<String>) -> Vec<Change> {
    let entries = words(Direction::Loosening);
    let entries = if before.is_empty() || after.is_empty() { entries.turned() } else { entries };
    entries.changes(path, before, after)
}

fn approvals(path: &Path, before: &Approvals, after: &Approvals) -> Vec<Change> {
    let Approvals { required, from, evidence, loosening } = before;
    let direction = Direction::Tightening.of(required, &after.required);
    let mut changes = one(&path.key("required"), *required, after.required, direction);
    changes.extend(people(&path.key("from"), from, &after.from));
    let direction = Direction::Tightening.of(evidence, &after.evidence);
    changes.extend(one(&path.key("evidence"), json!(evidence), json!(after.evidence), direction));
    let path = path.key("loosening");
    match (loosening, &after.loosening) {
        (Some((required, who)), Some((new_required, new_who))) => {
            let direction = Direction::Tightening.of(required, new_required);
            changes.extend(one(&path.key("required"), *required, *new_required, direction));
            // Nobody named is whoever may approve at all.
            let known = !who.is_empty() && !new_who.is_empty();
            let entries = words(if known { Direction::Loosening } else { Direction::Both });
            changes.extend(entries.changes(&path.key("from"), who, new_who));
        }
        (None, None) => {}
        (old, new) => {
            let write = |rule: &(u64, BTreeSet<String>)| json!({"required": rule.0, "from": rule.1});
            let direction = if new.is_some() { Direction::Tightening } else { Direction::Loosening };
            // It asks for more only if it asks for as many.
            let asks = old.as_ref().or(new.as_ref()).is_some_and(|(number, _)| number >= required.max(&after.required));
            let direction = if asks { direction } else { Direction::Both };
            changes.push(Change::new(&path, old.as_ref().map(write), new.as_ref().map(write), direction));
        }
    }
    changes
}

/// Which accounts are one person decides what counts as an approval of another, either way.
pub(super) fn identities(before: &Identities, after: &Identities) -> Vec<Change> {
    let mut changes = Vec::new();
    let written = |identities: &Identities, id: &str| canon::identities(identities).get("principals")?.get(id).cloned();
    for id in before.principals.keys().chain(after.principals.keys()).collect::<BTreeSet<_>>() {
        let at = Path::of("principals").key(id);
        match (before.principals.get(id), after.principals.get(id)) {
            (Some(old), Some(new)) => changes.extend(principal(&at, old, new)),
            _ => changes.push(Change::new(&at, written(before, id), written(after, id), Direction::Both)),
        }
    }
    for id in before.groups.keys().chain(after.groups.keys()).collect::<BTreeSet<_>>() {
        let at = Path::of("groups").key(id);
        match (before.groups.get(id), after.groups.get(id)) {
            (Some(old), Some(new)) => changes.extend(words(Direction::Loosening).changes(&at, old, new)),
            (old, new) => {
                let direction = if new.is_some() { Direction::Loosening } else { Direction::Tightening };
                changes.push(Change::new(&at, old.map(|one| json!(one)), new.map(|one| json!(one)), direction));
            }
        }
    }
    changes.retain(Change::is_one);
    changes
}

fn principal(path: &Path, before: &Principal, after: &Principal) -> Vec<Change> {
    let Principal { name, accounts, agents, keys } = before;
    let mut changes = one(&path.key("name"), &**name, &*after.name, Direction::Neutral);
    changes.extend(words(Direction::Both).changes(&path.key("accounts"), accounts, &after.accounts));
    changes.extend(patterns(Direction::Both).changes(&path.key("agents"), agents, &after.agents));
    // A key more can attest for this person.
    changes.extend(words(Direction::Loosening).changes(&path.key("keys"), keys, &after.keys));
    changes
}

pub(super) fn environment(before: &Environment, after: &Environment) -> Vec<Change> {
    let Environment {
        id: _,
        description,
        approvals: asked,
        gates: _,
        rollback_from,
        rollout_steps,
        circuit_breaker,
        tokens: signed,
    } = before;
    let mut changes = one(&Path::of("description"), &**description, &*after.description, Direction::Neutral);
    changes.extend(approvals(&Path::of("approvals"), asked, &after.approvals));
    changes.extend(gates(&before.gates, &after.gates));
    let known = !rollback_from.is_empty() && !after.rollback_from.is_empty();
    let entries = words(if known { Direction::Loosening } else { Direction::Both });
    changes.extend(entries.changes(&Path::of("rollback").key("from"), rollback_from, &after.rollback_from));
    let (steps, new_steps) = (json!(rollout_steps), json!(after.rollout_steps));
    changes.extend(one(&Path::of("rollout").key("steps"), steps, new_steps, Direction::Both));
    changes.extend(breaker(circuit_breaker.as_ref(), after.circuit_breaker.as_ref()));
    changes.extend(tokens(signed, &after.tokens));
    changes.retain(Change::is_one);
    changes
}

/// A key more can sign, and a longer life is a longer leave.
fn tokens(before: &TokenSettings, after: &TokenSettings) -> Vec<Change> {
    let path = Path::of("tokens");
    let TokenSettings { keys, max_ttl_seconds } = before;
    let mut changes = words(Direction::Loosening).changes(&path.key("keys"), keys, &after.keys);
    let (old, new) = (max_ttl_seconds, &after.max_ttl_seconds);
    let direction = Direction::of_limit(old.as_ref(), new.as_ref());
    changes.extend(one(&path.key("max_ttl_seconds"), json!(old), json!(new), direction));
    changes
}

/// What a replay may show at most. Numbers and shares are not compared with each other.
fn gates(before: &Gates, after: &Gates) -> Vec<Change> {
    let path = Path::of("gates");
    let Gates { max_newly_denied, max_newly_allowed, max_approvals_per_day, min_coverage } = before;
    let mut changes = Vec::new();
    for (name, old, new) in [
        ("max_newly_denied", max_newly_denied, &after.max_newly_denied),
        ("max_newly_allowed", max_newly_allowed, &after.max_newly_allowed),
    ] {
        changes.extend(one(&path.key(name), json!(old), json!(new), most(old.as_ref(), new.as_ref())));
    }
    let (old, new) = (max_approvals_per_day, &after.max_approvals_per_day);
    let direction = Direction::of_limit(old.as_ref(), new.as_ref());
    changes.extend(one(&path.key("max_approvals_per_day"), json!(old), json!(new), direction));
    changes.extend(least(&path.key("min_coverage"), min_coverage.as_deref(), after.min_coverage.as_deref()));
    changes
}

fn most(before: Option<&NumberOrPercent>, after: Option<&NumberOrPercent>) -> Direction {
    use NumberOrPercent::{Number, Percent};
    match (before, after) {
        (Some(Number(old)), Some(Number(new))) => Direction::Loosening.of(old, new),
        (Some(Percent(old)), Some(Percent(new))) => match (share(Some(old)), share(Some(new))) {
            (Some(old), Some(new)) => Direction::Loosening.of(&old, &new),
            _ => Direction::Both,
        },
        (Some(_), Some(_)) => Direction::Both,
        (old, new) => Direction::of_limit(old.map(|_| &()), new.map(|_| &())),
    }
}

/// A share in ten thousandths of a percent.
fn share(text: Option<&str>) -> Option<u64> {
    let (whole, fraction) = text?.strip_suffix('%').map(|text| text.split_once('.').unwrap_or((text, "")))?;
    let digits: String = fraction.chars().chain("0000".chars()).take(4).collect();
    format!("{whole}{digits}").parse().ok()
}

fn breaker(before: Option<&CircuitBreaker>, after: Option<&CircuitBreaker>) -> Vec<Change> {
    let path = Path::of("circuit_breaker");
    let (Some(old), Some(new)) = (before, after) else {
        let direction = if after.is_some() { Direction::Tightening } else { Direction::Loosening };
        let changed = before.is_some() || after.is_some();
        let write = |one: Option<&CircuitBreaker>| one.map(|one| json!(one));
        return changed.then(|| Change::new(&path, write(before), write(after), direction)).into_iter().collect();
    };
    let CircuitBreaker { window_seconds, max_deny_ratio, max_error_ratio, max_p99_ms, alerts } = old;
    let mut changes = one(&path.key("window_seconds"), *window_seconds, new.window_seconds, Direction::Both);
    for (name, old, new) in [
        ("max_deny_ratio", max_deny_ratio, new.max_deny_ratio),
        ("max_error_ratio", max_error_ratio, new.max_error_ratio),
    ] {
        let bits = |ratio: Option<f64>| ratio.map(f64::to_bits);
        // The bits of numbers that are not negative are in their order.
        let direction = Direction::of_limit(bits(*old).as_ref(), bits(new).as_ref());
        changes.extend(one(&path.key(name), json!(old), json!(new), direction));
    }
    let direction = Direction::of_limit(max_p99_ms.as_ref(), new.max_p99_ms.as_ref());
    changes.extend(one(&path.key("max_p99_ms"), json!(max_p99_ms), json!(new.max_p99_ms), direction));
    changes.extend(one(&path.key("alerts"), json!(alerts), json!(new.alerts), Direction::Neutral));
    changes
}
