//! From what a replay came to, to its report.

use std::collections::{BTreeMap, BTreeSet};

use super::shape::{
    ApprovalsLine, AskedLine, BucketLine, ChangesLine, CoverageLine, DeciderLine, DocumentLine, EditLine, Effects,
    GateLine, GroupLine, HitsLine, LogLine, LogPlace, MissingLine, OperationLine, OverTime, Pair, RecordedLine,
    RowCount, SampleLine, SeenLine, SideLine, Simulation, TruthLine, TruthSide, VerdictLine,
};
use crate::compile::Compilation;
use crate::engine::{Engine, Facts, Told};
use crate::model::{DocumentId, Effect, Time};
use crate::replay::{
    Decider, Group, Hits, Hour, Judged, Outcome, Position, Sample, Seen, SideHits, SideOutcome, Truth, Which,
};
use crate::report::decision::Decisions;
use crate::source::SourceSet;
use crate::text::{Digest, jcs_bytes};

/// A side of a replay with what is needed to show it.
#[derive(Clone, Copy)]
pub struct ShownSide<'a> {
    /// How it is named.
    pub line: &'a SideLine,
    /// What decided.
    pub engine: &'a Engine<'a>,
    /// Where its documents stand.
    pub compilation: &'a Compilation,
    /// Their texts.
    pub sources: &'a SourceSet,
}

/// What was asked, and of which logs.
pub struct AskedOf<'a> {
    /// The logs.
    pub logs: Vec<LogLine>,
    /// What was asked.
    pub asked: AskedLine,
    /// Whether the rows were asked for that account for changes.
    pub rows: bool,
    /// Where the ground truth stands.
    pub truth: Option<&'a Truth>,
    /// The gates.
    pub gates: Vec<Judged>,
}

/// Reports what a replay came to.
#[must_use]
pub fn simulation(
    outcome: &Outcome<'_>,
    base: Option<ShownSide<'_>>,
    head: ShownSide<'_>,
    asked: AskedOf<'_>,
) -> Simulation {
    let mut teller = Teller::new(outcome, base, head, &asked);
    let samples: Vec<SampleLine> = outcome.changed.0.iter().map(|sample| teller.sample(sample)).collect();
    let groups = outcome.groups.iter().map(|group| teller.group(group)).collect();
    let (documents, never_hit) = documents(outcome, base, head);
    let report = Simulation {
        schema: "policyc.simulation/v1",
        base: base.map(|side| side.line.clone()),
        head: head.line.clone(),
        coverage: coverage(&teller),
        totals: teller.pair(|side| Effects::of(outcome.effects(side))),
        matrix: base.map(|_| matrix(outcome.matrix())),
        edits: base.map(|base| edits(base, head, &documents)),
        changes: base.map(|_| changes(outcome)),
        rows: asked.rows.then(|| row_counts(&outcome.rows())),
        groups,
        changed_omitted: outcome.changed.1 - samples.len() as u64,
        changed: samples,
        documents,
        never_hit,
        approvals: teller.pair(|side| approvals(outcome, side)),
        over_time: over_time(outcome, base.is_some()),
        operations: operations(outcome, base.is_some()),
        recorded: recorded(&teller),
        truth: asked.truth.map(|truth| truth_line(truth, &teller)),
        gates: asked.gates.into_iter().map(GateLine::of).collect(),
        logs: asked.logs,
        asked: asked.asked,
        digest: String::new(),
    };
    Simulation { digest: digest(&report), ..report }
}

/// Everything but what hangs on the order of lines and on names of files and revisions.
fn digest(report: &Simulation) -> String {
    let mut value = serde_json::to_value(report).unwrap_or_default();
    let mut remove = |at: &str, keys: &[&str]| {
        if let Some(map) = value.pointer_mut(at).and_then(serde_json::Value::as_object_mut) {
            for key in keys {
                map.remove(*key);
            }
        }
    };
    remove("", &["logs", "changed", "digest"]);
    remove("/coverage", &["unreadable_places", "doubtful_places", "breaks", "times_back"]);
    remove("/base", &["name"]);
    remove("/head", &["name"]);
    for rank in 0..report.groups.len() {
        remove(&format!("/groups/{rank}"), &["samples"]);
    }
    Digest::of(&jcs_bytes(&value).unwrap_or_default()).to_string()
}

struct Teller<'t> {
    outcome: &'t Outcome<'t>,
    base: Option<(ShownSide<'t>, Decisions<'t>)>,
    head: (ShownSide<'t>, Decisions<'t>),
    asked: &'t AskedOf<'t>,
}

impl<'t> Teller<'t> {
    fn new(outcome: &'t Outcome<'t>, base: Option<ShownSide<'t>>, head: ShownSide<'t>, asked: &'t AskedOf<'t>) -> Self {
        let with = |side: ShownSide<'t>| (side, Decisions::new(side.compilation, side.sources));
        Self { outcome, base: base.map(with), head: with(head), asked }
    }

    fn pair<T>(&self, of: impl Fn(Which) -> T) -> Pair<T> {
        Pair { base: self.base.as_ref().map(|_| of(Which::Base)), head: of(Which::Head) }
    }

    fn place(&self, position: Position, part: Option<&str>) -> LogPlace {
        let log = self.asked.logs.get(position.log as usize).map(|log| log.name.clone()).unwrap_or_default();
        LogPlace { log, line: self.outcome.line(position), part: part.map(str::to_owned) }
    }

    fn seen(&self, seen: &Seen) -> SeenLine {
        SeenLine { place: self.place(seen.position, seen.place.as_deref()), message: seen.words.clone() }
    }

    fn sample(&mut self, sample: &Sample<'_>) -> SampleLine {
        let base = self.base.as_mut().zip(sample.base.as_ref()).map(|((_, decisions), told)| verdict(decisions, told));
        SampleLine {
            place: self.place(sample.position, sample.place.as_deref()),
            id: sample.id.clone(),
            time: sample.time.map(|time| time.to_string()),
            agent_id: sample.agent.clone(),
            action: sample.action.clone(),
            resource: sample.resource.clone(),
            row: sample.row.map(|at| at + 1),
            base,
            head: verdict(&mut self.head.1, &sample.head),
        }
    }

    fn group(&mut self, group: &Group<'_>) -> GroupLine {
        let key = &group.key;
        let base = self.base.as_ref().zip(key.base).map(|((side, _), decider)| decider_line(side, decider));
        let direction = match key.base {
            None => "stopped",
            Some(base) if base.effect < key.head.effect => "tightened",
            Some(_) => "loosened",
        };
        let name = |integration: &str| format!("{integration}.{}", key.operation);
        GroupLine {
            direction,
            actions: group.actions,
            base,
            head: decider_line(&self.head.0, key.head),
            agent_id: key.agent.as_deref().map(str::to_owned),
            action: key.integration.as_deref().map_or_else(|| key.operation.to_string(), name),
            rows: if self.asked.rows { row_counts(&group.rows) } else { Vec::new() },
            samples: group.samples.iter().map(|sample| self.sample(sample)).collect(),
        }
    }
}

/// The rows by their numbers, what no row accounts for last.
fn row_counts(rows: &BTreeMap<Option<usize>, u64>) -> Vec<RowCount> {
    let count = |(at, actions): (&Option<usize>, &u64)| RowCount { row: at.map(|at| at + 1), actions: *actions };
    let mut counts: Vec<RowCount> = rows.iter().map(count).collect();
    counts.sort_by_key(|count| (count.row.is_none(), count.row));
    counts
}

fn decider_line(side: &ShownSide<'_>, decider: Decider) -> DeciderLine {
    let (kind, id) = side.engine.named(decider.source);
    DeciderLine { effect: decider.effect, kind: kind.to_owned(), id: id.map(ToString::to_string) }
}

/// What a side says, by the reason that decides.
fn verdict(decisions: &mut Decisions<'_>, told: &Told<'_>) -> VerdictLine {
    let line = decisions.line(told, String::new());
    let deciding = line.deciding().cloned();
    let part = |of: fn(&crate::report::ReasonLine) -> String| deciding.as_ref().map(of).unwrap_or_default();
    VerdictLine {
        effect: told.effect,
        lower: told.lower,
        missing: line.missing.clone(),
        code: deciding.as_ref().map(|reason| reason.code),
        kind: part(|reason| reason.kind.clone()),
        id: deciding.as_ref().and_then(|reason| reason.id.clone()),
        version: deciding.as_ref().and_then(|reason| reason.version),
        part: part(|reason| reason.part.clone()),
        file: deciding.as_ref().and_then(|reason| reason.file.clone()),
        line: deciding.as_ref().and_then(|reason| reason.line),
        column: deciding.as_ref().and_then(|reason| reason.column),
        rationale: part(|reason| reason.rationale.clone()),
        needed: part(|reason| reason.needed.clone()),
    }
}

fn coverage(teller: &Teller<'_>) -> CoverageLine {
    let outcome = teller.outcome;
    let all = outcome.all();
    CoverageLine {
        replayed: outcome.replayed,
        actions: outcome.actions,
        unreadable: outcome.unreadable.1,
        breaks: outcome.broken.0.iter().map(|seen| teller.seen(seen)).collect(),
        repeated: outcome.repeated,
        doubtful: outcome.doubtful.1,
        times_back: outcome.times_back,
        certain: teller.pair(|side| outcome.certain(side)),
        percent: teller.pair(|side| percent(outcome.certain(side), all)),
        from: outcome.span.map(|(from, _)| from.to_string()),
        to: outcome.span.map(|(_, to)| to.to_string()),
        untimed: Effects::of(outcome.untimed.effects[1]).sum(),
        missing: missing(teller),
        unreadable_places: outcome.unreadable.0.iter().map(|seen| teller.seen(seen)).collect(),
        doubtful_places: outcome.doubtful.0.iter().map(|seen| teller.seen(seen)).collect(),
    }
}

/// In percent, rounded down to a tenth; of nothing: 0.
fn percent(part: u64, whole: u64) -> f64 {
    let tenths = (u128::from(part) * 1000).checked_div(u128::from(whole)).unwrap_or(0);
    f64::from(u32::try_from(tenths).unwrap_or(1000)) / 10.0
}

/// A share with six digits behind the point; none of nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    let millionths = (u128::from(part) * 1_000_000 + u128::from(whole) / 2).checked_div(u128::from(whole))?;
    Some(f64::from(u32::try_from(millionths).unwrap_or(1_000_000)) / 1_000_000.0)
}

fn missing(teller: &Teller<'_>) -> Vec<MissingLine> {
    let outcome = teller.outcome;
    let sides = [&outcome.base.missing, &outcome.head.missing];
    let all: BTreeSet<Facts> = sides.iter().flat_map(|missing| missing.keys().copied()).collect();
    let of = |side: &BTreeMap<Facts, u64>, facts: Facts| side.get(&facts).copied().unwrap_or(0);
    let mut lines: Vec<MissingLine> = all
        .into_iter()
        .map(|facts| MissingLine {
            facts: facts.names().map(str::to_owned).collect(),
            actions: teller.pair(|side| of(side.of(&outcome.base.missing, &outcome.head.missing), facts)),
            unreliable: teller.pair(|side| of(side.of(&outcome.base.unreliable, &outcome.head.unreliable), facts)),
        })
        .collect();
    let most = |line: &MissingLine| line.actions.head.max(line.actions.base.unwrap_or(0));
    lines.sort_by(|a, b| most(b).cmp(&most(a)).then_with(|| a.facts.cmp(&b.facts)));
    lines
}

fn matrix(cells: [[u64; 3]; 3]) -> BTreeMap<Effect, Effects> {
    Effect::ALL.into_iter().zip(cells.map(Effects::of)).collect()
}

fn changes(outcome: &Outcome<'_>) -> ChangesLine {
    let bounds = &outcome.bounds;
    ChangesLine {
        tightened: bounds.matching(|base, head| head.1 > base.1),
        loosened: bounds.matching(|base, head| head.1 < base.1),
        only_certainty: bounds.matching(|base, head| head.1 == base.1 && head.0 != base.0),
        newly_denied: outcome.newly(Effect::Deny),
        newly_allowed: outcome.newly(Effect::Allow),
    }
}

/// What differs between two sides, and how often it took part.
fn edits(base: ShownSide<'_>, head: ShownSide<'_>, documents: &[DocumentLine]) -> Vec<EditLine> {
    let (old, new) = (base.engine.bundle(), head.engine.bundle());
    let mut all = Vec::new();
    let mut note = |kind: &'static str, id: Option<&DocumentId>, edit| {
        let id = id.map(ToString::to_string);
        let line = documents.iter().find(|line| line.kind == kind && line.id == id);
        let reasons = |hits: Option<HitsLine>| hits.map_or(0, |hits| hits.reasons);
        let reasons = line.map_or(0, |line| reasons(line.base).max(reasons(line.head)));
        all.push(EditLine { kind, id, edit, reasons });
    };
    differing(&old.policies, &new.policies, |policy| &policy.id, |id, edit| note("policy", Some(id), edit));
    differing(&old.rules, &new.rules, |rule| &rule.id, |id, edit| note("rule", Some(id), edit));
    differing(&old.exceptions, &new.exceptions, |one| &one.id, |id, edit| note("exception", Some(id), edit));
    if old.catalog != new.catalog {
        note("catalog", None, "changed");
    }
    if old.defaults != new.defaults {
        note("default", None, "changed");
    }
    all
}

/// Tells what two lists, each sorted by id, do not have in common.
fn differing<'d, T: PartialEq>(
    old: &'d [T],
    new: &'d [T],
    id: impl Fn(&'d T) -> &'d DocumentId,
    mut note: impl FnMut(&'d DocumentId, &'static str),
) {
    let by_id = |list: &'d [T]| list.iter().map(|one| (id(one), one)).collect::<BTreeMap<_, _>>();
    let (old, new) = (by_id(old), by_id(new));
    for id in old.keys().chain(new.keys()).copied().collect::<BTreeSet<_>>() {
        match (old.get(id), new.get(id)) {
            (Some(before), Some(after)) if before != after => note(id, "changed"),
            (Some(_), None) => note(id, "removed"),
            (None, Some(_)) => note(id, "added"),
            _ => {}
        }
    }
}

/// Every document of a side by kind and id, with its hits.
fn hits_of(side: ShownSide<'_>, hits: &SideHits) -> BTreeMap<(&'static str, Option<String>), HitsLine> {
    let bundle = side.engine.bundle();
    let line = |hits: Option<&Hits>| {
        hits.map(|hits| HitsLine { reasons: hits.reasons, decided: hits.decided }).unwrap_or_default()
    };
    let mut all = BTreeMap::new();
    for (rank, policy) in bundle.policies.iter().enumerate().filter(|(_, policy)| policy.enabled) {
        all.insert(("policy", Some(policy.id.to_string())), line(hits.policies.get(rank)));
    }
    for (rank, rule) in bundle.rules.iter().enumerate().filter(|(_, rule)| rule.is_active) {
        all.insert(("rule", Some(rule.id.to_string())), line(hits.rules.get(rank)));
    }
    for (rank, exception) in bundle.exceptions.iter().enumerate() {
        all.insert(("exception", Some(exception.id.to_string())), line(hits.exceptions.get(rank)));
    }
    for (kind, hits) in [("catalog", hits.catalog), ("default", hits.default), ("environment", hits.environment)] {
        if hits != Hits::default() {
            all.insert((kind, None), line(Some(&hits)));
        }
    }
    all
}

/// All documents of both sides; those of head that never gave a reason.
fn documents(
    outcome: &Outcome<'_>,
    base: Option<ShownSide<'_>>,
    head: ShownSide<'_>,
) -> (Vec<DocumentLine>, Vec<String>) {
    let of_base = base.map(|side| hits_of(side, &outcome.base.hits)).unwrap_or_default();
    let of_head = hits_of(head, &outcome.head.hits);
    let keys: BTreeSet<_> = of_base.keys().chain(of_head.keys()).cloned().collect();
    let lines = keys.into_iter().map(|key| DocumentLine {
        kind: key.0,
        id: key.1.clone(),
        base: of_base.get(&key).copied(),
        head: of_head.get(&key).copied(),
    });
    let never = of_head.iter().filter(|(_, hits)| hits.reasons == 0).filter_map(|((_, id), _)| id.clone());
    (lines.collect(), never.collect())
}

fn approvals(outcome: &Outcome<'_>, side: Which) -> ApprovalsLine {
    let days = outcome.approvals(side);
    let untimed = side.of(outcome.untimed.asks[0], outcome.untimed.asks[1]);
    // The first of the busiest days.
    let busiest = days.iter().rev().max_by_key(|(_, count)| **count).map(|(day, _)| date(day * 24, 10));
    ApprovalsLine {
        total: days.values().sum::<u64>() + untimed,
        days: days.len() as u64,
        busiest_day: busiest,
        most: outcome.most_approvals(side),
    }
}

/// When an hour begins, its text cut after so many characters.
fn date(hour: i64, length: usize) -> String {
    let text = Time::of_unix_seconds(hour.saturating_mul(3600)).map(|time| time.to_string()).unwrap_or_default();
    text.get(..length).unwrap_or(&text).to_owned()
}

fn over_time(outcome: &Outcome<'_>, compared: bool) -> OverTime {
    let first = outcome.hours.keys().next().copied().unwrap_or(0);
    let hours = outcome.hours.keys().next_back().map_or(0, |last| last - first);
    let (unit, length) = match hours {
        0..=72 => ("hour", 1),
        73..=2_208 => ("day", 24),
        2_209..=17_520 => ("week", 168),
        _ => ("month", 720),
    };
    let mut buckets: BTreeMap<i64, [[u64; 3]; 2]> = BTreeMap::new();
    for (hour, Hour { effects, .. }) in &outcome.hours {
        let bucket = buckets.entry(hour.div_euclid(length) * length).or_default();
        bucket.iter_mut().flatten().zip(effects.iter().flatten()).for_each(|(sum, count)| *sum += count);
    }
    let line = |(hour, [base, head]): (i64, [[u64; 3]; 2])| BucketLine {
        from: date(hour, if length == 1 { 16 } else { 10 }),
        base: compared.then(|| Effects::of(base)),
        head: Effects::of(head),
    };
    OverTime { unit, buckets: buckets.into_iter().map(line).collect() }
}

fn operations(outcome: &Outcome<'_>, compared: bool) -> Vec<OperationLine> {
    let line = |operation: &crate::replay::Operation| OperationLine {
        action: operation.name(),
        base: compared.then(|| Effects::of(operation.effects[0])),
        head: Effects::of(operation.effects[1]),
        tightened: operation.tightened,
        loosened: operation.loosened,
        uncertain: operation.uncertain,
    };
    outcome.operations.iter().map(line).collect()
}

fn side_of<'o>(outcome: &'o Outcome<'_>, side: Which) -> &'o SideOutcome {
    side.of(&outcome.base, &outcome.head)
}

fn recorded(teller: &Teller<'_>) -> Option<Pair<RecordedLine>> {
    let line = |side: Which| {
        let cells = side_of(teller.outcome, side).recorded;
        let agree = cells.iter().enumerate().filter_map(|(rank, row)| row.get(rank)).sum();
        RecordedLine { actions: cells.iter().flatten().sum(), agree, matrix: matrix(cells) }
    };
    (line(Which::Head).actions > 0).then(|| teller.pair(line))
}

fn truth_line(truth: &Truth, teller: &Teller<'_>) -> TruthLine {
    let side = |side: Which| {
        let [good, bad, untold] = side_of(teller.outcome, side).truth.map(Effects::of);
        TruthSide {
            recall: share(bad.stopped(), bad.sum()),
            good_stopped: share(good.stopped(), good.sum()),
            precision: share(bad.stopped(), bad.stopped() + good.stopped()),
            bad,
            good,
            untold,
        }
    };
    TruthLine { pointer: truth.pointer.clone(), bad_value: truth.bad.clone(), sides: teller.pair(side) }
}

impl GateLine {
    /// A gate as it is shown.
    #[must_use]
    pub fn of(judged: Judged) -> Self {
        Self { gate: judged.gate.to_owned(), allowed: judged.allowed, found: judged.found, met: judged.met }
    }
}
