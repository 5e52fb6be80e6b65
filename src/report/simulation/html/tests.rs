//! Tests of the page that need no browser.

use std::collections::BTreeMap;

use super::super::shape::{
    ApprovalsLine, AskedLine, BucketLine, ChangesLine, CoverageLine, DeciderLine, DocumentLine, EditLine, Effects,
    GateLine, GroupLine, HitsLine, LogLine, LogPlace, MissingLine, OperationLine, OverTime, Pair, RecordedLine,
    RowCount, SampleLine, SeenLine, SideLine, Simulation, TruthLine, TruthSide, VerdictLine,
};
use super::*;
use crate::model::{Effect, Reason};

const HOSTILE: &str =
    "</td></script><script>alert(1)</script><img src=x onerror=alert(2)>\"' onfocus='x\u{202e}\u{1b}[31m\u{0}\n&amp;";

fn side(text: &str) -> SideLine {
    SideLine {
        name: text.to_owned(),
        bundle: text.to_owned(),
        default_effect: Effect::Deny,
        kill_switch: true,
        only: Some(text.to_owned()),
    }
}

fn place(text: &str) -> LogPlace {
    LogPlace { log: text.to_owned(), line: 7, part: Some(text.to_owned()) }
}

fn verdict(text: &str, effect: Effect) -> VerdictLine {
    VerdictLine {
        effect,
        lower: Effect::Allow,
        missing: vec![text.to_owned()],
        code: Some(Reason::Rule),
        kind: text.to_owned(),
        id: Some(text.to_owned()),
        version: None,
        part: text.to_owned(),
        file: Some(text.to_owned()),
        line: Some(3),
        column: Some(4),
        rationale: text.to_owned(),
        needed: text.to_owned(),
    }
}

fn sample(text: &str) -> SampleLine {
    SampleLine {
        place: place(text),
        id: Some(text.to_owned()),
        time: Some(text.to_owned()),
        agent_id: Some(text.to_owned()),
        action: text.to_owned(),
        resource: Some(text.to_owned()),
        row: Some(3),
        base: Some(verdict(text, Effect::Allow)),
        head: verdict(text, Effect::Deny),
    }
}

fn group(text: &str) -> GroupLine {
    let decider = |effect| DeciderLine { effect, kind: text.to_owned(), id: Some(text.to_owned()) };
    GroupLine {
        direction: "tightened",
        actions: 5,
        base: Some(decider(Effect::Allow)),
        head: decider(Effect::Deny),
        agent_id: Some(text.to_owned()),
        action: text.to_owned(),
        rows: vec![RowCount { row: Some(3), actions: 5 }],
        samples: vec![sample(text)],
    }
}

fn both<T: Clone>(value: &T) -> Pair<T> {
    Pair { base: Some(value.clone()), head: value.clone() }
}

fn coverage(text: &str) -> CoverageLine {
    let seen = || vec![SeenLine { place: place(text), message: text.to_owned() }];
    CoverageLine {
        replayed: 10,
        actions: 10,
        unreadable: 2,
        repeated: 0,
        doubtful: 30,
        times_back: 0,
        certain: both(&9),
        percent: both(&90.0),
        from: Some(text.to_owned()),
        to: Some(text.to_owned()),
        untimed: 0,
        missing: vec![MissingLine { facts: vec![text.to_owned()], actions: both(&1), unreliable: both(&0) }],
        breaks: seen(),
        unreadable_places: seen(),
        doubtful_places: seen(),
    }
}

fn truth(text: &str) -> TruthLine {
    let some = Effects::of([1, 2, 3]);
    let side = TruthSide { bad: some, good: some, untold: some, recall: None, good_stopped: None, precision: None };
    TruthLine { pointer: text.to_owned(), bad_value: text.into(), sides: both(&side) }
}

/// A report of two sides with the same text of a stranger everywhere.
fn full(text: &str) -> Simulation {
    let some = Effects::of([5, 3, 2]);
    let matrix: BTreeMap<Effect, Effects> = [(Effect::Allow, some)].into();
    let document = |kind| DocumentLine {
        kind,
        id: Some(text.to_owned()),
        base: None,
        head: Some(HitsLine { reasons: 4, decided: 1 }),
    };
    Simulation {
        schema: "policyc.simulation/v1",
        base: Some(side(text)),
        head: side(text),
        logs: vec![LogLine { name: text.to_owned(), form: text.to_owned() }],
        asked: AskedLine {
            approvals: text.to_owned(),
            assumed: [(text.to_owned(), text.to_owned())].into(),
            since: Some(text.to_owned()),
            until: Some(text.to_owned()),
            conditions: vec![text.to_owned()],
            sample: Some(4),
        },
        coverage: coverage(text),
        totals: both(&some),
        matrix: Some(matrix.clone()),
        rows: Some(vec![RowCount { row: Some(3), actions: 5 }]),
        changes: Some(ChangesLine { tightened: 5, loosened: 0, only_certainty: 1, newly_denied: 2, newly_allowed: 0 }),
        edits: Some(vec![EditLine { kind: "policy", id: Some(text.to_owned()), edit: "changed", reasons: 3 }]),
        groups: vec![group(text)],
        changed: vec![sample(text)],
        changed_omitted: 1_234,
        documents: vec![document("policy"), document("rule")],
        never_hit: vec![text.to_owned()],
        approvals: both(&ApprovalsLine { total: 3, days: 1, busiest_day: Some(text.to_owned()), most: 3 }),
        over_time: OverTime {
            unit: "day",
            buckets: vec![BucketLine { from: text.to_owned(), base: Some(some), head: some }],
        },
        operations: vec![OperationLine {
            action: text.to_owned(),
            base: Some(some),
            head: some,
            tightened: 5,
            loosened: 0,
            uncertain: 1,
        }],
        recorded: Some(both(&RecordedLine { actions: 10, agree: 5, matrix })),
        truth: Some(truth(text)),
        gates: vec![GateLine { gate: text.to_owned(), allowed: text.to_owned(), found: text.to_owned(), met: false }],
        digest: text.to_owned(),
    }
}

/// A report of one side on which nothing is.
fn empty() -> Simulation {
    let none = Effects::default();
    Simulation {
        base: None,
        logs: Vec::new(),
        coverage: CoverageLine {
            actions: 0,
            unreadable: 0,
            doubtful: 0,
            certain: Pair { base: None, head: 0 },
            percent: Pair { base: None, head: 0.0 },
            from: None,
            to: None,
            missing: Vec::new(),
            unreadable_places: Vec::new(),
            doubtful_places: Vec::new(),
            ..coverage("")
        },
        totals: Pair { base: None, head: none },
        matrix: None,
        rows: None,
        changes: None,
        groups: Vec::new(),
        changed: Vec::new(),
        changed_omitted: 0,
        documents: Vec::new(),
        never_hit: Vec::new(),
        approvals: Pair { base: None, head: ApprovalsLine::default() },
        over_time: OverTime { unit: "hour", buckets: Vec::new() },
        operations: Vec::new(),
        recorded: None,
        truth: None,
        gates: Vec::new(),
        ..full("x")
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(simulation_html(&full("a")), simulation_html(&full("a")));
}

#[test]
fn text_of_strangers_is_text() {
    let page = simulation_html(&full(HOSTILE));
    assert_eq!(page.matches("<script").count(), 1, "our own");
    assert_eq!(page.matches("</script").count(), 1);
    assert!(!page.contains("<img"));
    assert!(page.chars().all(|c| c == '\n' || !c.is_control()), "nothing is hidden");
    assert!(!page.contains('\u{202e}') && page.contains("\\u{202e}\\u{1b}[31m\\u{0}\\n&amp;amp;"));
}

#[test]
fn every_field_of_strangers_is_on_the_page() {
    let page = simulation_html(&full("w0rd"));
    assert!(page.matches("w0rd").count() > 60, "{}", page.matches("w0rd").count());
    assert!(page.contains("1,234") && page.contains("✗ not met") && page.contains("kill switch on"));
}

#[test]
fn nothing_of_nothing_is_a_page() {
    let page = simulation_html(&empty());
    assert!(page.contains("0 of 0 recorded actions are stopped"));
    for id in ["groups", "changed", "time", "operations", "truth"] {
        assert!(!page.contains(&format!("id=\"{id}\"")) && !page.contains(&format!("href=\"#{id}\"")), "{id}");
    }
}

#[test]
fn one_side_has_a_bar_and_no_base() {
    let head = Effects::of([7, 2, 1]);
    let one = Simulation {
        totals: Pair { base: None, head },
        changed: vec![SampleLine { base: None, ..sample("x") }],
        ..empty()
    };
    let page = simulation_html(&one);
    assert!(page.contains("3 of 0 recorded actions are stopped") && page.contains("70.0 %"));
    assert!(
        !page.contains("id=\"matrix\"") && !page.contains("name=\"from\"") && page.contains("data-way=\"stopped\"")
    );
}

#[test]
fn the_page_may_do_nothing_but_what_stands_in_it() {
    let page = simulation_html(&full("a"));
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    assert!(
        page.contains(&sealed::policy(STYLE, SCRIPT).replace('\'', "&#39;"))
            || page.contains(&sealed::policy(STYLE, SCRIPT))
    );
    for word in ["http://", "https://", "url(", " style=\"", "@import", "innerHTML", "eval("] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn many_groups_are_folded_and_counted() {
    let mut report = full("x");
    report.groups = (0..2_000).map(|rank| group(&format!("g{rank}"))).collect();
    report.changed = (0..1_000).map(|_| sample("x")).collect();
    let page = simulation_html(&report);
    assert!(page.contains("1,985 more groups with 9,925 actions") && page.contains("1,800 smaller groups"));
    assert_eq!(page.matches("<details class=\"group").count(), 200);
    assert!(page.len() < 4_000_000, "{}", page.len());
}

/// The colours of the style as `name: #rrggbb`, those for light first.
fn colours() -> [BTreeMap<&'static str, [f64; 3]>; 2] {
    let read = |part: &'static str| {
        let pairs = part.lines().filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"));
        let channel = |hex: &str, at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        pairs.map(|(name, hex)| (name, [0, 2, 4].map(|at| channel(hex, at)))).collect::<BTreeMap<_, _>>()
    };
    let (light, rest) = STYLE.split_once("@media (prefers-color-scheme: dark)").unwrap();
    [read(light), read(rest.split_once("\n}\n").unwrap().0)]
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let linear = |c: f64| if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
    let light = |[r, g, b]: [f64; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) + 0.05;
    let (a, b) = (light(a), light(b));
    if a > b { a / b } else { b / a }
}

#[test]
fn words_can_be_read_and_shapes_seen() {
    for all in colours() {
        for ground in ["bg", "card", "soft"] {
            for ink in ["ink", "muted", "link", "allow-ink", "approval-ink", "deny-ink"] {
                assert!(
                    contrast(all[ink], all[ground]) >= 4.5,
                    "{ink} on {ground}: {}",
                    contrast(all[ink], all[ground])
                );
            }
        }
        for of in ["allow", "approval", "deny"] {
            let (ink, tint) = (all[format!("{of}-ink").as_str()], all[format!("{of}-tint").as_str()]);
            assert!(contrast(ink, tint) >= 4.5 && contrast(all["ink"], tint) >= 4.5, "{of}");
        }
    }
}
