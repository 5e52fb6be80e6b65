//! What is told of regions, held to what a reviewer reads.

use serde_json::json;

use super::words::sentence;
use super::*;
use crate::model::{Effect, Reason};
use crate::report::Look;
use crate::report::diff::MOST_CHARACTERS;
use crate::report::diff::{ChangeLine, DiffSideLine};

const LOOK: Look = Look { colour: false, width: 100, lines: false };

fn part(id: Option<&str>, line: usize) -> PartLine {
    let kind = if id.is_some() { "rule" } else { "default" };
    let part = if id.is_some() { "policy_effect" } else { "defaults/effect" };
    let file = Some(if id.is_some() { "policies/x.yaml" } else { "policyc.yaml" }.to_owned());
    PartLine { kind, id: id.map(str::to_owned), part: part.to_owned(), file, line: Some(line) }
}

fn deciding(effect: Effect, id: Option<&str>, line: usize) -> DecidingLine {
    DecidingLine { effect, code: Reason::Rule, part: part(id, line) }
}

fn area(patterns: &[(&'static str, &[&str])], values: &[(&str, &str)]) -> AreaLine {
    let list = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
    AreaLine {
        patterns: patterns.iter().map(|(fact, all)| (*fact, list(all))).collect(),
        values: values.iter().map(|(fact, value)| ((*fact).to_owned(), (*value).to_owned())).collect(),
    }
}

fn except(by: Option<&str>, area: AreaLine) -> ExceptLine {
    ExceptLine { by: by.map(|id| ByLine { side: "head", part: part(Some(id), 9) }), area }
}

fn row(number: usize) -> RegionLine {
    RegionLine {
        number,
        transition: "permissive",
        changed: "base",
        cause: part(Some("deny-drop"), 3),
        base: deciding(Effect::Deny, Some("deny-drop"), 3),
        head: deciding(Effect::Allow, Some("allow-all"), 20),
        lost: Vec::new(),
        used_up: std::collections::BTreeSet::new(),
        witness: json!({
            "agent_id": "bot-7", "integration": "db", "operation": "drop", "resource": "proj-3/secrets/1",
            "data_classification": "public", "arguments": {"amount": 201}, "tags": [], "cost_usd": 0,
        }),
        area: area(
            &[
                ("agent_id", &["bot-*"]),
                ("integration", &["db"]),
                ("operation", &["drop"]),
                ("resource", &["*secrets*", "proj-3/*"]),
            ],
            &[("data_classification", "up to internal"), ("arguments.amount", "more than 200")],
        ),
        exceptions: vec![
            except(Some("keep"), area(&[("agent_id", &["bot-1"])], &[])),
            except(None, area(&[("agent_id", &["bot-2"])], &[])),
            except(Some("R5"), area(&[("agent_id", &["bot-3"]), ("resource", &["proj-3/a"])], &[])),
        ],
        more: Vec::new(),
        seen: None,
    }
}

fn report(rows: Vec<RegionLine>) -> EffectsReport {
    let side = |name: &str| DiffSideLine { name: name.to_owned(), bundle: String::new(), default_effect: Effect::Deny };
    let going = |word: &str| rows.iter().filter(|row| row.transition == word).count();
    let mut headline = EffectsHeadline {
        newly_permissive: going("permissive"),
        newly_restrictive: going("restrictive"),
        ..EffectsHeadline::default()
    };
    headline.sentence = sentence(&headline);
    EffectsReport {
        schema: "policyc.effects/v1",
        base: side("main"),
        head: side("topic"),
        headline,
        rows,
        settings: Vec::new(),
        unlike: Vec::new(),
        unproven: Vec::new(),
        difference: "tightening",
        log: None,
    }
}

#[test]
fn a_region_is_told_with_who_decides_where_and_an_example() {
    let text = effects_human(&report(vec![row(1)]), LOOK);
    let expected = "\
main → topic
1 region newly permitted, nothing newly forbidden.

newly permitted
  R1 deny → allow  rule `deny-drop` (policies/x.yaml:3) no longer decides; rule `allow-all` (policies/x.yaml:20) does
     agent `bot-*` except `bot-1`, `bot-2`, action `db.drop`, resource matching both `*secrets*` and `proj-3/*`, argument `amount` more than 200, data up to internal
     except where rule `R5` (policies/x.yaml:9) decides
     for example: agent `bot-7`, `db.drop` on `proj-3/secrets/1`, data public, arguments `{\"amount\":201}`

Regions speak of actions whose facts are all known, and leave history out; what hangs on history is among the settings.
";
    assert_eq!(text, expected);
}

#[test]
fn the_default_and_everything_are_told_as_such() {
    let mut one = row(1);
    (one.area, one.exceptions) = (AreaLine::default(), vec![except(None, area(&[("agent_id", &["a1"])], &[]))]);
    one.head = deciding(Effect::Allow, None, 4);
    one.seen = Some(SeenTimes { times: 418, perhaps: 0, first: None, last: None });
    let mut of = report(vec![one]);
    of.log = Some(EffectsLog { actions: 12_345, unplaced: 2, unreadable: 1, days: Some(30) });
    let text = effects_human(&of, LOOK);
    assert!(text.contains("; the default (policyc.yaml:4) does\n     any agent except `a1`\n"), "{text}");
    assert!(text.contains("seen 418 times in 30 days\n"), "{text}");
    let log = "log: 12,345 recorded actions in 30 days; 2 could not be placed, since a fact is unknown; 1 place could not be read\n";
    assert!(text.contains(log), "{text}");
    let mut one = row(1);
    (one.area, one.exceptions) = (AreaLine::default(), Vec::new());
    one.seen = Some(SeenTimes { times: 0, perhaps: 0, first: None, last: None });
    of.rows = vec![one];
    let text = effects_human(&of, LOOK);
    assert!(text.contains("     every action\n") && text.contains("never seen in 12,345 recorded actions\n"), "{text}");
}

/// Rows of one group are told together, and of many the first.
#[test]
fn many_rows_of_one_change_are_counted() {
    let rows = |number| {
        let mut one = row(number);
        one.head = deciding(Effect::Allow, Some(&format!("r{number}")), number);
        one
    };
    let text = effects_human(&report((1..=25).map(rows).collect()), LOOK);
    assert!(
        text.contains("newly permitted\n  rule `deny-drop` (policies/x.yaml:3) no longer decides\n  R1 "),
        "{text}"
    );
    assert_eq!(text.matches("  R").count(), 20, "{text}");
    assert!(text.contains("  and 5 more (all with --format json)\n"), "{text}");
}

#[test]
fn the_sentence_never_says_that_nothing_changed_while_something_is_open() {
    let of = |newly_permissive, newly_restrictive, unproven, settings, settings_that_may_loosen| {
        sentence(&EffectsHeadline {
            newly_permissive,
            newly_restrictive,
            unproven,
            settings,
            settings_that_may_loosen,
            ..EffectsHeadline::default()
        })
    };
    let proven = "proven for actions whose facts are known";
    for (told, expected) in [
        (of(0, 0, 0, 0, 0), format!("Nothing newly permitted, nothing newly forbidden; {proven}.")),
        (of(2, 1, 0, 3, 1), "2 regions newly permitted, 1 newly forbidden; 1 setting may loosen.".to_owned()),
        (of(0, 1, 0, 0, 0), format!("Nothing newly permitted, 1 region newly forbidden; {proven}.")),
        (of(0, 0, 0, 1, 0), format!("Nothing newly permitted, nothing newly forbidden; {proven}; 1 setting changed, none may loosen.")),
        (of(0, 0, 2, 0, 0), "No region shown to be newly permitted, no region shown to be newly forbidden; 2 areas not proven either way.".to_owned()),
    ] {
        assert_eq!(told, expected);
    }
}

fn hostile() -> EffectsReport {
    let text = "a|b`@you\u{1b}[31m";
    let mut one = row(1);
    one.base.part.id = Some(text.to_owned());
    one.area = area(&[("agent_id", &[text])], &[("arguments.x", text), ("data_classification", text)]);
    one.exceptions = vec![
        except(None, area(&[("resource", &[text])], &[])),
        except(Some(text), area(&[("resource", &[text])], &[("tags.t", text)])),
    ];
    one.witness = json!({"agent_id": text, "operation": text, "resource": text, "arguments": {text: text}});
    let mut of = report(vec![one]);
    let change = ChangeLine {
        path: text.to_owned(),
        pointer: String::new(),
        what: "changed",
        entry: false,
        before: Some(json!(text)),
        after: Some(json!(text)),
        direction: "loosening",
        base: None,
        head: None,
    };
    of.settings = vec![SettingLine { kind: "policy", id: Some(text.to_owned()), change, scope: text.to_owned() }];
    of.unlike = vec![UnlikeLine {
        base: part(Some(text), 1),
        head: part(Some(text), 2),
        area: area(&[("run_id", &[text])], &[]),
        lost: vec!["rate_limit"],
        gained: Vec::new(),
    }];
    of.unproven =
        vec![UnprovenLine { base: None, head: None, changed: None, area: area(&[], &[("arguments", text)]), why: "x" }];
    of
}

#[test]
fn strangers_stay_in_their_spans() {
    let text = effects_markdown(&hostile());
    assert!(!text.contains('\u{1b}') && text.contains("a\\|b`@you"), "{text}");
    for (at, _) in text.match_indices("@you") {
        let before = &text[..at];
        let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
        assert!(line.matches("``").count() % 2 == 1, "{line}");
    }
    assert!(!effects_human(&hostile(), LOOK).contains('\u{1b}'));
}

/// What is shown and what is told to be left out is all there is.
#[test]
fn what_is_left_out_is_counted() {
    for number in [1, 5, 2000] {
        let text = effects_markdown(&report((1..=number).map(row).collect()));
        assert!(text.chars().count() <= MOST_CHARACTERS, "{}", text.chars().count());
        let shown = text.matches("**R").count();
        let omitted = text.split_once("\n> ").map_or(0, |(_, line)| line.split(' ').next().unwrap().parse().unwrap());
        assert_eq!(shown + omitted, number);
    }
}
