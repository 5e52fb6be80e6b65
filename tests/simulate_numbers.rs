//! Every number of a report, counted again: from the log as it is written and from the decisions that were written down
//! beside the report, by code that knows nothing of how the report counts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use support::world::World;

const LOG: &str = "examples/logs/week.jsonl";
const EFFECTS: [&str; 3] = ["allow", "approval_required", "deny"];

/// One action: its record, and what both sides said of it.
struct Deed {
    line: u64,
    record: Value,
    base: Value,
    head: Value,
    action: String,
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn rank(effect: &Value) -> usize {
    EFFECTS.iter().position(|known| effect == known).unwrap()
}

/// The bounds of a decision.
fn bounds(decision: &Value) -> (usize, usize) {
    (rank(&decision["lower"]), rank(&decision["effect"]))
}

/// How many there are of each effect.
fn effects<'d>(decisions: impl Iterator<Item = &'d Value>) -> Value {
    let mut counts = [0; 3];
    decisions.for_each(|decision| counts[rank(&decision["effect"])] += 1);
    json!({"allow": counts[0], "approval_required": counts[1], "deny": counts[2]})
}

type Who = (String, Value);

/// The reason that carries the effect: sure ones first, then those of documents.
fn deciding(decision: &Value) -> Who {
    let reasons = decision["reasons"].as_array().unwrap();
    let carries = reasons.iter().filter(|reason| reason["effect"] == decision["effect"]);
    let first = carries.min_by_key(|reason| (reason["certain"] != true, reason["id"].is_null())).unwrap();
    (first["kind"].as_str().unwrap().to_owned(), first["id"].clone())
}

struct Run {
    report: Value,
    deeds: Vec<Deed>,
    world: World,
}

/// README's change, one more policy, and one that is switched off on both sides.
fn run() -> Run {
    let world = World::of_project();
    world.write("policies/old.yaml", "id: old\nenabled: false\ndenied_actions: ['*']\n");
    world.commit();
    let payments = world.read("policies/banking/payments.yaml");
    let changed = payments.replace("exclusiveMinimum: 1500", "exclusiveMinimum: 2500");
    world.write("policies/banking/payments.yaml", changed.replace("max_count: 5, window", "max_count: 3, window"));
    world.write("policies/new.yaml", "id: new\nrequire_approval: true\napproval_tags: [read]\n");
    let out = world.run(&[
        "simulate",
        LOG,
        "--base",
        "HEAD",
        "--format",
        "json",
        "--decisions",
        "out/decisions.jsonl",
        "--truth",
        "/outcome=rejected",
        "--max-newly-denied",
        "0",
        "--max-approvals-per-day",
        "5",
    ]);
    let report = parsed(&out.out);
    let log = world.read(LOG);
    let records: Vec<(u64, Value)> = (1..)
        .zip(log.lines())
        .filter_map(|(line, text)| Some((line, serde_json::from_str::<Value>(text).ok()?)))
        .collect();
    let decided: Vec<Value> = world.read("out/decisions.jsonl").lines().map(parsed).collect();
    assert_eq!(records.len(), decided.len(), "as many decisions as lines that are JSON");
    let deed = |((line, record), decided): ((u64, Value), Value)| {
        assert_eq!(record["id"], decided["id"]);
        let action = format!("{}.{}", record["integration"].as_str().unwrap(), record["operation"].as_str().unwrap());
        Deed { line, record, base: decided["base"].clone(), head: decided["head"].clone(), action }
    };
    Run { report, deeds: records.into_iter().zip(decided).map(deed).collect(), world }
}

#[test]
fn every_number_is_counted_again() {
    let run = run();
    totals(&run);
    coverage(&run);
    groups(&run);
    documents(&run);
    over_time(&run);
    beside(&run);
}

fn totals(Run { report, deeds, .. }: &Run) {
    let (base, head) = (effects(deeds.iter().map(|deed| &deed.base)), effects(deeds.iter().map(|deed| &deed.head)));
    assert_eq!(report["totals"], json!({"base": base, "head": head}));
    for from in EFFECTS {
        let of = deeds.iter().filter(|deed| deed.base["effect"] == from).map(|deed| &deed.head);
        assert_eq!(report["matrix"][from], effects(of), "{from}");
    }
    let count = |test: &dyn Fn((usize, usize), (usize, usize)) -> bool| {
        deeds.iter().filter(|deed| test(bounds(&deed.base), bounds(&deed.head))).count()
    };
    let newly = |effect: usize| {
        count(&|base, head| (head.0 == effect && base.0 != effect) || (head.1 == effect && base.1 != effect))
    };
    let changes = json!({
        "tightened": count(&|base, head| head.1 > base.1),
        "loosened": count(&|base, head| head.1 < base.1),
        "only_certainty": count(&|base, head| head.1 == base.1 && head.0 != base.0),
        "newly_denied": newly(2),
        "newly_allowed": newly(0),
    });
    assert_eq!(report["changes"], changes);
    assert!(changes["tightened"].as_u64() > Some(0) && changes["loosened"].as_u64() > Some(0), "{changes}");
}

fn coverage(Run { report, deeds, world }: &Run) {
    let said = &report["coverage"];
    let lines = world.read(LOG).lines().count();
    let unreadable = lines - deeds.len();
    let certain = |side: fn(&Deed) -> &Value| deeds.iter().filter(|deed| side(deed)["certain"] == true).count();
    let (base, head) = (certain(|deed| &deed.base), certain(|deed| &deed.head));
    assert_eq!(said["certain"], json!({"base": base, "head": head}));
    let percent = |certain: usize| (certain * 1000 / lines) as f64 / 10.0;
    assert_eq!(said["percent"], json!({"base": percent(base), "head": percent(head)}));
    assert_eq!((&said["actions"], &said["replayed"]), (&json!(deeds.len()), &json!(deeds.len())));
    assert_eq!((&said["unreadable"], &said["repeated"], &said["untimed"]), (&json!(unreadable), &json!(0), &json!(0)));
    let doubtful: Vec<u64> =
        deeds.iter().filter(|deed| deed.head.get("doubts").is_some()).map(|deed| deed.line).collect();
    assert_eq!(said["doubtful"], json!(doubtful.len()));
    let places =
        |places: &Value| places.as_array().unwrap().iter().map(|seen| seen["line"].as_u64().unwrap()).collect();
    let told: Vec<u64> = places(&said["doubtful_places"]);
    assert_eq!(told, doubtful);
    let read: BTreeSet<u64> = deeds.iter().map(|deed| deed.line).collect();
    let told: Vec<u64> = places(&said["unreadable_places"]);
    assert_eq!(told, (1..=lines as u64).filter(|line| !read.contains(line)).collect::<Vec<_>>());
    let mut missing: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for deed in deeds {
        for (side, decision) in
            [&deed.base, &deed.head].into_iter().enumerate().filter(|(_, one)| one["certain"] == false)
        {
            missing.entry(decision["missing"].to_string()).or_default()[side] += 1;
        }
    }
    let told: BTreeMap<String, [u64; 2]> = said["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["facts"].to_string(), ["base", "head"].map(|side| line["actions"][side].as_u64().unwrap())))
        .collect();
    assert_eq!(told, missing);
    let times = || deeds.iter().map(|deed| deed.record["timestamp"].as_str().unwrap());
    assert_eq!((&said["from"], &said["to"]), (&json!(times().min()), &json!(times().max())));
    assert_eq!(said["times_back"], 0);
}

fn groups(Run { report, deeds, .. }: &Run) {
    let changed = || deeds.iter().filter(|deed| deed.base["effect"] != deed.head["effect"]);
    let mut groups: BTreeMap<String, (u64, Vec<u64>)> = BTreeMap::new();
    for deed in changed() {
        let decider = |decision: &Value| {
            let (kind, id) = deciding(decision);
            json!({"effect": decision["effect"], "kind": kind, "id": id})
        };
        let key = json!([decider(&deed.base), decider(&deed.head), deed.record["agent_id"], deed.action]);
        let (count, lines) = groups.entry(key.to_string()).or_default();
        *count += 1;
        lines.push(deed.line);
    }
    for (_, lines) in groups.values_mut() {
        lines.truncate(3);
    }
    let lines = |samples: &Value| -> Vec<u64> {
        samples.as_array().unwrap().iter().map(|sample| sample["line"].as_u64().unwrap()).collect()
    };
    let told: BTreeMap<String, (u64, Vec<u64>)> = report["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            let key = json!([group["base"], group["head"], group["agent_id"], group["action"]]);
            (key.to_string(), (group["actions"].as_u64().unwrap(), lines(&group["samples"])))
        })
        .collect();
    assert_eq!(told, groups);
    assert_eq!(lines(&report["changed"]), changed().map(|deed| deed.line).collect::<Vec<_>>());
    assert_eq!(report["changed_omitted"], 0);
}

/// Kind and id of a document, with reasons and decisions of both sides.
type Hits = BTreeMap<(String, String), [[u64; 2]; 2]>;

fn documents(Run { report, deeds, world }: &Run) {
    let mut hits = Hits::new();
    for deed in deeds {
        for (side, decision) in [&deed.base, &deed.head].into_iter().enumerate() {
            let who = |(kind, id): Who| (kind, id.to_string());
            let reasons = decision["reasons"].as_array().unwrap().iter();
            let named = reasons.map(|one| who((one["kind"].as_str().unwrap().to_owned(), one["id"].clone())));
            let lifting = decision["exceptions"].as_array().unwrap().iter();
            let lifting = lifting.map(|id| ("exception".to_owned(), id.to_string()));
            for one in named.chain(lifting).collect::<BTreeSet<_>>() {
                hits.entry(one).or_default()[side][0] += 1;
            }
            hits.entry(who(deciding(decision))).or_default()[side][1] += 1;
        }
    }
    let told = |line: &Value| {
        let of = |side: &str| ["reasons", "decided"].map(|key| line[side][key].as_u64().unwrap_or(0));
        let who = (line["kind"].as_str().unwrap().to_owned(), line["id"].to_string());
        (who, [of("base"), of("head")])
    };
    let told: Hits = report["documents"].as_array().unwrap().iter().map(told).collect();
    let some: Hits =
        told.iter().filter(|(_, hits)| **hits != [[0; 2]; 2]).map(|(who, hits)| (who.clone(), *hits)).collect();
    assert_eq!(some, hits);
    // Everything of the bundle that can act is told of; what never gave a reason is named.
    world.run(&["compile", "-o", "out/bundle.json"]);
    let bundle = parsed(&world.read("out/bundle.json"));
    let mut all = BTreeSet::new();
    for (list, kind, switch) in
        [("policies", "policy", "enabled"), ("rules", "rule", "is_active"), ("exceptions", "exception", "")]
    {
        let acting = bundle[list].as_array().unwrap().iter().filter(|one| one.get(switch) != Some(&json!(false)));
        all.extend(acting.map(|one| (kind.to_owned(), one["id"].to_string())));
    }
    let never: BTreeSet<String> = all
        .iter()
        .filter(|who| hits.get(*who).is_none_or(|hits| hits[1][0] == 0))
        .map(|(_, id)| parsed(id).as_str().unwrap().to_owned())
        .collect();
    let said: BTreeSet<String> =
        report["never_hit"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    assert_eq!(said, never);
    let reasons = |kind: &str, id: &str| {
        let hits = hits.get(&(kind.to_owned(), format!("\"{id}\""))).copied().unwrap_or_default();
        hits[0][0].max(hits[1][0])
    };
    let edits = json!([
        {"kind": "policy", "id": "new", "edit": "added", "reasons": reasons("policy", "new")},
        {"kind": "policy", "id": "payments", "edit": "changed", "reasons": reasons("policy", "payments")},
    ]);
    assert_eq!(report["edits"], edits);
}

fn over_time(Run { report, deeds, .. }: &Run) {
    let mut days: BTreeMap<&str, Vec<&Deed>> = BTreeMap::new();
    for deed in deeds {
        days.entry(&deed.record["timestamp"].as_str().unwrap()[..10]).or_default().push(deed);
    }
    let buckets: Vec<Value> = days
        .iter()
        .map(|(day, deeds)| {
            let (base, head) = (deeds.iter().map(|deed| &deed.base), deeds.iter().map(|deed| &deed.head));
            json!({"from": day, "base": effects(base), "head": effects(head)})
        })
        .collect();
    assert_eq!(report["over_time"], json!({"unit": "day", "buckets": buckets}));
    let mut approvals = BTreeMap::new();
    for (side, of) in [("base", (|deed| &deed.base) as fn(&Deed) -> &Value), ("head", |deed| &deed.head)] {
        let asks = |deed: &&&Deed| (bounds(of(deed)).0..=bounds(of(deed)).1).contains(&1);
        let counts: Vec<(usize, &str)> = days
            .iter()
            .map(|(day, deeds)| (deeds.iter().filter(asks).count(), *day))
            .filter(|(count, _)| *count > 0)
            .collect();
        let most = counts.iter().map(|(count, _)| *count).max().unwrap();
        let busiest = counts.iter().find(|(count, _)| *count == most).unwrap().1;
        let total: usize = counts.iter().map(|(count, _)| count).sum();
        approvals.insert(side, json!({"total": total, "days": counts.len(), "busiest_day": busiest, "most": most}));
    }
    assert_eq!(report["approvals"], json!(approvals));
}

fn beside(Run { report, deeds, .. }: &Run) {
    let mut operations: BTreeMap<&str, Vec<&Deed>> = BTreeMap::new();
    for deed in deeds {
        operations.entry(&deed.action).or_default().push(deed);
    }
    let line = |(action, deeds): (&&str, &Vec<&Deed>)| {
        let count = |test: &dyn Fn(&Deed) -> bool| deeds.iter().filter(|deed| test(deed)).count();
        json!({
            "action": action,
            "base": effects(deeds.iter().map(|deed| &deed.base)),
            "head": effects(deeds.iter().map(|deed| &deed.head)),
            "tightened": count(&|deed| bounds(&deed.head).1 > bounds(&deed.base).1),
            "loosened": count(&|deed| bounds(&deed.head).1 < bounds(&deed.base).1),
            "uncertain": count(&|deed| deed.head["certain"] == false),
        })
    };
    assert_eq!(report["operations"], json!(operations.iter().map(line).collect::<Vec<_>>()));
    for (side, of) in [("base", (|deed| &deed.base) as fn(&Deed) -> &Value), ("head", |deed| &deed.head)] {
        let recorded: Vec<&Deed> = deeds.iter().filter(|deed| deed.record["recorded_decision"].is_string()).collect();
        let agree = recorded.iter().filter(|deed| deed.record["recorded_decision"] == of(deed)["effect"]).count();
        let told = &report["recorded"][side];
        assert_eq!((&told["actions"], &told["agree"]), (&json!(recorded.len()), &json!(agree)), "{side}");
        for effect in EFFECTS {
            let such = recorded.iter().filter(|deed| deed.record["recorded_decision"] == effect).map(|deed| of(deed));
            assert_eq!(told["matrix"][effect], effects(such), "{side} {effect}");
        }
        let truth = &report["truth"]["sides"][side];
        let such =
            |test: &dyn Fn(&Value) -> bool| effects(deeds.iter().filter(|deed| test(&deed.record["outcome"])).map(of));
        let (bad, good) =
            (such(&|outcome| outcome == "rejected"), such(&|outcome| outcome.is_string() && outcome != "rejected"));
        assert_eq!((&truth["bad"], &truth["good"]), (&bad, &good), "{side}");
        assert_eq!(truth["untold"], such(&Value::is_null), "{side}");
        let stopped = |of: &Value| of["approval_required"].as_f64().unwrap() + of["deny"].as_f64().unwrap();
        let all = |of: &Value| stopped(of) + of["allow"].as_f64().unwrap();
        let near = |told: &Value, share: f64| (told.as_f64().unwrap() - share).abs() < 1e-6;
        assert!(near(&truth["recall"], stopped(&bad) / all(&bad)), "{side}: {truth}");
        assert!(near(&truth["good_stopped"], stopped(&good) / all(&good)), "{side}: {truth}");
        assert!(near(&truth["precision"], stopped(&bad) / (stopped(&bad) + stopped(&good))), "{side}: {truth}");
    }
    let found =
        |gate: &str| report["gates"].as_array().unwrap().iter().find(|line| line["gate"] == gate).unwrap().clone();
    let denied = found("max-newly-denied");
    assert_eq!(denied["found"], format!("{} of {} actions", report["changes"]["newly_denied"], deeds.len()));
    assert_eq!((&denied["met"], &found("max-approvals-per-day")["met"]), (&json!(false), &json!(false)));
    let most = &report["approvals"]["head"]["most"];
    assert_eq!(found("max-approvals-per-day")["found"], format!("{most} on the busiest day"));
}
