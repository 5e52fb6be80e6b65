//! Cases worked by hand: what a change of policies permits and forbids, and what it does not.

use std::collections::BTreeSet;

use policyc::effects::{Decider, Effects, Findings, Limits, Row, Transition, effects, findings};
use policyc::engine::{Part, Source};
use policyc::model::{Action, Arguments, Catalog, Effect, Level, Reason, Risk, Time, Usd};
use serde_json::{Value, json};

use crate::reader::{Catalogs, Holds, ReadRow};
use crate::reference::decide;
use crate::rows::shown;
use crate::worlds::Repository;

/// A rule about everything, but for what is given.
fn rule(id: &str, effect: &str, mut given: Value) -> Value {
    let all = if effect == "allow" { "restricted" } else { "public" };
    let mut rule = json!({
        "id": id, "policy_effect": effect, "data_classification": all, "policy_name": id,
        "agent_id": "*", "target_integration": "*", "operation": "*", "resource_scope": "*",
        "rationale": "a rule of a worked case",
    });
    rule.as_object_mut().unwrap().append(given.as_object_mut().unwrap());
    rule
}

fn with(mut side: Repository, catalog: Value) -> Repository {
    side.catalog = Some(catalog);
    side
}

/// The rows of a change, of which every witness holds; nothing is left open.
fn rows(base: &Repository, head: &Repository) -> Vec<Row> {
    let (base, head) = (base.bundle().unwrap(), head.bundle().unwrap());
    let Effects { rows, unproven, .. } = effects(&base, &head, Limits::default());
    assert_eq!(unproven, []);
    let sides = [base.clone(), head.clone()];
    rows.iter().try_for_each(|row| shown(&sides, row)).unwrap();
    rows
}

fn only(mut rows: Vec<Row>) -> Row {
    assert_eq!(rows.len(), 1, "{rows:#?}");
    rows.remove(0)
}

fn found(side: &Repository) -> Findings {
    let found = findings(&side.bundle().unwrap(), Limits::default());
    assert!(found.complete);
    found
}

/// An action of an agent, called by its integration and operation.
fn call(agent: &str, integration: &str, operation: &str) -> Action {
    let text = |text: &str| Some(text.to_owned());
    Action {
        agent_id: text(agent),
        integration: text(integration),
        operation: operation.to_owned(),
        resource: text("z"),
        run_id: text("z"),
        session_id: text("z"),
        group_id: text("z"),
        mission_id: text("z"),
        data_classification: Some(Level::Public),
        risk_level: Some(Risk::Minimal),
        cost_usd: Some(Usd::ZERO),
        tags: Some(BTreeSet::new()),
        arguments: Some(Arguments::from_iter([])),
        timestamp: Time::parse("2026-01-05T12:00:00Z"),
        ..Action::default()
    }
}

/// Whether the pieces of a row hold an action, said in patterns alone.
fn holds(row: &Row, action: &Action) -> bool {
    let nothing = Catalog::default();
    match ReadRow::new(row, Catalogs([&nothing, &nothing])).holds(action) {
        Holds::Yes => true,
        Holds::No => false,
        Holds::InWords => panic!("patterns say it all: {row:#?}"),
    }
}

#[test]
fn a_deny_under_a_wider_deny_can_go() {
    let (wide, narrow) =
        (rule("wide", "deny", json!({"operation": "del*"})), rule("narrow", "deny", json!({"operation": "delete"})));
    let (base, head) = (Repository::new("allow", json!([wide, narrow])), Repository::new("allow", json!([wide])));
    assert_eq!(rows(&base, &head), []);
}

/// Between the two denies stands an allow: the narrow one mattered.
#[test]
fn a_deny_above_an_allow_cannot() {
    let wide = rule("wide", "deny", json!({"operation": "del*", "priority": 10}));
    let allow = rule("allow", "allow", json!({"agent_id": "ops", "operation": "*"}));
    let narrow = rule("narrow", "deny", json!({"operation": "delete", "priority": 200}));
    let base = Repository::new("allow", json!([wide, allow, narrow]));
    let row = only(rows(&base, &Repository::new("allow", json!([wide, allow]))));
    assert_eq!((row.transition(), row.head.effect), (Transition::Permissive, Effect::Allow));
    assert!(holds(&row, &call("ops", "db", "delete")));
    assert!(!holds(&row, &call("dev", "db", "delete")) && !holds(&row, &call("ops", "db", "deletes")));
}

#[test]
fn two_prefixes_do_not_cover_a_star() {
    let base = Repository::new("allow", json!([rule("all", "deny", json!({}))]));
    let (a, b) = (rule("a", "deny", json!({"agent_id": "a*"})), rule("b", "deny", json!({"agent_id": "b*"})));
    let row = only(rows(&base, &Repository::new("allow", json!([a, b]))));
    assert_eq!((row.base.source, row.head.source), (Source::Rule(0), Source::Default));
    assert!(holds(&row, &call("z", "m", "x")) && holds(&row, &call("", "m", "x")));
    assert!(!holds(&row, &call("ab", "m", "x")) && !holds(&row, &call("b", "m", "x")));
}

#[test]
fn a_closed_catalog_makes_two_names_cover_a_star() {
    let base = Repository::new("deny", json!([rule("all", "allow", json!({}))]));
    let names = ["read", "write"].map(|name| rule(name, "allow", json!({"operation": name})));
    let head = Repository::new("deny", json!(names));
    let catalog = |closed: bool| json!({"actions": {"read": {}, "write": {}}, "closed": closed});
    assert_eq!(rows(&with(base.clone(), catalog(true)), &with(head.clone(), catalog(true))), []);
    let row = only(rows(&with(base, catalog(false)), &with(head, catalog(false))));
    assert_eq!(row.transition(), Transition::Restrictive);
    assert!(!holds(&row, &call("z", "m", "read")) && holds(&row, &call("z", "m", "drop")));
}

#[test]
fn an_exception_leaves_a_hole() {
    let policy = json!({"id": "p", "denied_actions": ["send"]});
    let exception = json!({
        "id": "e", "kind": "exception", "policy": "p", "reason": "a migration of mail", "agents": ["ops-*"], "max_uses": 1,
    });
    let base = Repository::new("allow", json!([policy]));
    let mut row = only(rows(&base, &Repository::new("allow", json!([policy, exception]))));
    assert_eq!(row.used_up, BTreeSet::new());
    let left = row.pieces[0].area.values.remove("exceptions.e");
    assert_eq!(left.as_deref(), Some("with uses left"));
    assert_eq!((row.base.code, row.base.part), (Reason::DeniedAction, Part::Denied(0)));
    assert!(holds(&row, &call("ops-1", "mail", "send")));
    assert!(!holds(&row, &call("dev-1", "mail", "send")) && !holds(&row, &call("ops-1", "mail", "read")));
}

/// An exception for a number of uses hides what is behind it only while uses are left.
#[test]
fn once_an_exception_is_used_up_what_it_hid_shows() {
    let exception = json!({
        "id": "e", "kind": "exception", "policy": "p", "reason": "a migration of mail", "max_uses": 1,
        "agents": ["*"], "reasons": ["DENIED_ACTION"],
    });
    let side = |denied: &str| {
        let policy = json!({"id": "p", "denied_actions": [denied]});
        Repository::new("allow", json!([policy, exception.clone()]))
    };
    let rows = rows(&side("read"), &side("send"));
    assert_eq!(rows.iter().map(Row::transition).collect::<Vec<_>>(), [Transition::Permissive, Transition::Restrictive]);
    for row in &rows {
        assert!(row.used_up.iter().map(policyc::model::DocumentId::as_str).eq(["e"]), "{row:#?}");
        assert_eq!(row.pieces[0].area.values["exceptions.e"], "used up");
    }
}

/// A part of a region that no action can be in hides no part that some are in.
#[test]
fn a_resource_that_wanders_hides_none_that_stays() {
    let documents = [
        rule(
            "c",
            "deny",
            json!({"priority": 20, "resource_scope": "a/.*../b", "data_classification": {"exactly": "restricted"}}),
        ),
        rule("b", "allow", json!({"priority": 5, "resource_scope": "*../b"})),
        rule("a", "deny", json!({"priority": 10, "resource_scope": "a/.*"})),
    ];
    let (base, head) = (Repository::new("deny", json!(documents)), Repository::new("deny", json!(documents[..2])));
    let row = only(rows(&base, &head));
    assert_eq!(row.transition(), Transition::Permissive);
}

/// What one rule loses where it says one effect is told although it gains something where it says another.
#[test]
fn conditions_are_told_for_every_effect() {
    let rate = json!({"max_actions": 1, "window_minutes": 60, "on_exceed": "approval_required"});
    let cost = json!({"max_cost_per_action": 5, "on_exceed": "approval_required"});
    let hook = json!({"url": "https://example.com/", "timeout_ms": 100, "on_timeout": "deny"});
    let before = rule("one", "allow", json!({"conditions": {"cost_threshold": cost, "rate_limit": rate}}));
    let after = rule("two", "allow", json!({"conditions": {"cost_threshold": cost, "webhook_check": hook}}));
    let [base, head] = [before, after].map(|rule| Repository::new("deny", json!([rule])).bundle().unwrap());
    let found = effects(&base, &head, Limits::default());
    assert_eq!((found.rows.len(), found.unlike.len()), (0, 1), "{found:#?}");
    assert_eq!((&*found.unlike[0].lost, &*found.unlike[0].gained), (&["rate_limit"][..], &["webhook_check"][..]));
}

/// A rule's own demand for approval is told as lost where a policy asks anyway.
#[test]
fn a_demand_of_a_rule_under_that_of_a_policy_is_told() {
    let policy = json!({"id": "p", "require_approval": true});
    let side = |effect: &str| {
        let rule = rule("r", effect, json!({}));
        Repository::new("allow", json!([policy, rule])).bundle().unwrap()
    };
    let found = effects(&side("approval_required"), &side("allow"), Limits::default());
    assert_eq!((found.rows.len(), found.unlike.len()), (0, 1), "{found:#?}");
    assert_eq!(found.unlike[0].lost, ["approval_required"]);
    assert_eq!(effects(&side("allow"), &side("allow"), Limits::default()), Effects::default());
}

/// A policy that asks takes no condition from the rule beneath.
#[test]
fn what_stays_beneath_a_demand_is_not_lost() {
    let hook = json!({"webhook_check": {"url": "https://example.com/", "timeout_ms": 100, "on_timeout": "deny"}});
    let rule = rule("r", "allow", json!({"conditions": hook}));
    let policy = json!({"id": "p", "require_approval": true});
    let (base, head) = (Repository::new("deny", json!([rule])), Repository::new("deny", json!([policy, rule])));
    assert_eq!(only(rows(&base, &head)).lost, Vec::<&str>::new());
    assert_eq!(only(rows(&base, &Repository::new("deny", json!([policy])))).lost, Vec::<&str>::new());
}

/// What an exception is given as its reason, and how often it may be used, is no region.
#[test]
fn words_and_numbers_of_an_exception_are_no_region() {
    let side = |reason: &str, uses: u32| {
        let policy = json!({"id": "p", "denied_actions": ["send"]});
        let exception = json!({
            "id": "e", "kind": "exception", "policy": "p", "reason": reason, "agents": ["*"], "max_uses": uses,
        });
        Repository::new("allow", json!([policy, exception]))
    };
    assert_eq!(rows(&side("for the move of mail", 2), &side("for the move of all mail", 4)), []);
}

/// What an argument is, in words: bounds, what is left of a list, and types.
#[test]
fn arguments_are_told_as_they_are() {
    let told = |name: &str, schema: Value| {
        let other = json!({"id": "p", "denied_actions": ["other"]});
        let rule = rule("r", "allow", json!({"conditions": {"arguments": {name: schema}}}));
        let row = only(rows(&Repository::new("deny", json!([other])), &Repository::new("deny", json!([other, rule]))));
        row.pieces[0].area.values[&format!("arguments.{name}")].clone()
    };
    assert_eq!(told("a", json!({"type": "number"})), "of type \"number\"");
    assert_eq!(told("a", json!({"type": "integer", "maximum": 100})), "at most 100 and of type \"integer\"");
    assert_eq!(told("a", json!({"type": "number", "exclusiveMinimum": 5, "maximum": 9})), "more than 5, at most 9");
    assert_eq!(
        told("a", json!({"type": "number", "not": {"enum": [5]}})),
        "matching `{\"not\":{\"enum\":[5]},\"type\":\"number\"}`"
    );
}

/// The rule sees the level that the catalog raises: internal data of an export is restricted.
#[test]
fn the_catalog_raises_the_level_under_a_ceiling() {
    let side = |ceiling: &str| {
        let rule = rule("r", "allow", json!({"data_classification": ceiling}));
        with(
            Repository::new("deny", json!([rule])),
            json!({"actions": {"export": {"data_classification": "restricted"}}}),
        )
    };
    let (low, high, all) = (side("internal"), side("confidential"), side("restricted"));
    assert_ne!(only(rows(&low, &high)).witness.operation, "export");
    let row = only(rows(&high, &all));
    let action = Action { operation: "export".into(), ..row.witness.clone() };
    let decided = Decider::of(&decide(&all.bundle().unwrap(), &[action])[0]).unwrap();
    assert_eq!(decided, row.head);
}

#[test]
fn a_threshold_raised_permits_the_interval() {
    let side = |most: u32| {
        let arguments = json!({"amount": {"type": "number", "maximum": most}});
        Repository::new("deny", json!([rule("r", "allow", json!({"conditions": {"arguments": arguments}}))]))
    };
    let amount = |row: &Row| row.witness.arguments.as_ref().unwrap().get("amount").unwrap().as_f64().unwrap();
    let row = only(rows(&side(200), &side(500)));
    assert_eq!(row.transition(), Transition::Permissive);
    assert!((200.0..=500.0).contains(&amount(&row)) && amount(&row) > 200.0, "{row:#?}");
    assert!(row.pieces.iter().all(|piece| piece.area.values.keys().any(|key| key == "arguments.amount")), "{row:#?}");
    assert_eq!(only(rows(&side(500), &side(200))).transition(), Transition::Restrictive);
}

#[test]
fn an_hour_more_is_blocked() {
    let side = |hours: Value| {
        let time = json!({"blocked_hours": hours, "timezone": "Etc/GMT-3"});
        Repository::new("deny", json!([rule("r", "allow", json!({"conditions": {"time_restriction": time}}))]))
    };
    let row = only(rows(&side(json!([1])), &side(json!([1, 2]))));
    assert_eq!((row.base.code, row.head.code), (Reason::Rule, Reason::RuleCondition));
    assert_eq!(row.head.part, Part::TimeRestriction);
    // Two o'clock there is eleven at night here.
    let hour = row.witness.timestamp.unwrap().unix_seconds().rem_euclid(86_400) / 3600;
    assert_eq!(hour, 23);
}

#[test]
fn a_narrower_scope_lets_the_others_go() {
    let side = |target: &str| {
        Repository::new("allow", json!([{"id": "p", "scope": "agent", "target_id": target, "denied_actions": ["pay"]}]))
    };
    let row = only(rows(&side("a*"), &side("ab*")));
    assert_eq!(row.transition(), Transition::Permissive);
    assert!(holds(&row, &call("a", "bank", "pay")) && holds(&row, &call("az", "bank", "pay")));
    assert!(!holds(&row, &call("ab", "bank", "pay")) && !holds(&row, &call("z", "bank", "pay")));
}

/// A group that the catalog gives an agent is one, whatever the record says beside it.
#[test]
fn the_catalog_gives_groups() {
    let catalog = json!({"agents": {"teller": {"groups": ["payers"]}}});
    let policy = json!({"id": "p", "scope": "group", "target_id": "payers", "denied_actions": ["pay"]});
    let base = with(Repository::new("allow", json!([{"id": "p", "denied_actions": ["pay"]}])), catalog.clone());
    let row = only(rows(&base, &with(Repository::new("allow", json!([policy])), catalog)));
    let payer = Action { group_id: Some("payers".into()), ..call("z", "bank", "pay") };
    assert!(holds(&row, &call("z", "bank", "pay")));
    assert!(!holds(&row, &call("teller", "bank", "pay")) && !holds(&row, &payer));
}

#[test]
fn another_default_changes_what_no_rule_speaks_of() {
    let side = |default: &str| Repository::new(default, json!([rule("r", "allow", json!({"operation": "read"}))]));
    let row = only(rows(&side("deny"), &side("approval_required")));
    assert_eq!((row.base.source, row.head.source), (Source::Default, Source::Default));
    assert!(!holds(&row, &call("z", "m", "read")) && holds(&row, &call("z", "m", "write")));
}

/// What is asked for by one policy alone is permitted without it; what another denies stays denied.
#[test]
fn an_approval_less_permits_what_nobody_denies() {
    let asks = json!({"id": "asks", "require_approval": true, "approval_actions": ["pay", "drop"]});
    let denies = json!({"id": "denies", "denied_actions": ["drop"]});
    let base = Repository::new("allow", json!([asks, denies]));
    let row = only(rows(&base, &Repository::new("allow", json!([denies]))));
    assert_eq!((row.base.effect, row.head.effect), (Effect::ApprovalRequired, Effect::Allow));
    assert!(holds(&row, &call("z", "bank", "pay")) && !holds(&row, &call("z", "db", "drop")));
}

/// Two rules of one priority change their effects: where both match, the deny still decides, and no row is there.
#[test]
fn two_rules_change_their_effects() {
    let side = |one: &str, other: &str| {
        let (a, b) = (rule("a", one, json!({"agent_id": "a*"})), rule("b", other, json!({"agent_id": "*b"})));
        Repository::new("approval_required", json!([a, b]))
    };
    let rows = rows(&side("allow", "deny"), &side("deny", "allow"));
    let [permitted, forbidden] = &rows[..] else { panic!("{rows:#?}") };
    assert_eq!((permitted.transition(), forbidden.transition()), (Transition::Permissive, Transition::Restrictive));
    assert!(holds(permitted, &call("b", "m", "x")) && holds(forbidden, &call("a", "m", "x")));
    assert!(!rows.iter().any(|row| holds(row, &call("ab", "m", "x")) || holds(row, &call("azb", "m", "x"))));
}

#[test]
fn an_escaped_star_is_a_name() {
    let base = Repository::new("allow", json!([rule("r", "deny", json!({"operation": r"\*"}))]));
    let other = Repository::new("allow", json!([rule("r", "deny", json!({"operation": "x"}))]));
    let rows = rows(&base, &other);
    assert_eq!(rows.iter().map(|row| row.witness.operation.as_str()).collect::<Vec<_>>(), ["*", "x"]);
    assert!(!holds(&rows[0], &call("z", "m", "z")) && holds(&rows[0], &call("z", "m", "*")));
}

/// A denied `mail.send` is denied under any server's name for it.
#[test]
fn a_dotted_name_that_denies_is_seen_elsewhere() {
    let base = Repository::new("allow", json!([{"id": "p", "denied_actions": ["mail.send"]}]));
    let row = only(rows(&base, &Repository::new("allow", json!([{"id": "p", "denied_actions": []}]))));
    assert!(holds(&row, &call("z", "mail", "send")) && holds(&row, &call("z", "evil", "mail.send")));
    assert!(!holds(&row, &call("z", "evil", "send")));
}

/// Lists restrict side by side: an empty one allows nothing, none at all allows everything.
#[test]
fn no_list_and_an_empty_list_are_two_things() {
    let side = |list: Value| Repository::new("allow", json!([{"id": "p", "allowed_actions": list}]));
    assert_eq!(only(rows(&side(Value::Null), &side(json!([])))).transition(), Transition::Restrictive);
    let row = only(rows(&side(json!(["read"])), &side(json!(["read", "m.*"]))));
    assert!(holds(&row, &call("z", "m", "write")) && !holds(&row, &call("z", "m", "read")));
}

#[test]
fn what_is_likely_not_meant_is_found() {
    let rules = json!([
        rule("a-wide", "deny", json!({"operation": "del*", "priority": 200})),
        rule("b-shadowed", "allow", json!({"operation": "delete"})),
        rule("c-tied", "deny", json!({"operation": "drop"})),
        rule("d-tied", "allow", json!({"operation": "d*"})),
        rule("e-tied", "approval_required", json!({"agent_id": "ops"})),
        {"id": "p", "denied_actions": ["pay"], "require_approval": true, "approval_actions": ["pay"]},
    ]);
    let catalog = json!({"actions": {"delete": {}, "drop": {}, "pay": {}}});
    let found = found(&with(Repository::new("deny", rules), catalog));
    let sources = |list: &[policyc::effects::Shadowed]| list.iter().map(|one| one.what.source).collect::<Vec<_>>();
    assert_eq!(sources(&found.shadowed), [Source::Rule(1)], "{found:#?}");
    assert_eq!(found.shadowed[0].by[0].source, Source::Rule(0));
    assert_eq!(sources(&found.redundant), [], "{found:#?}");
    assert_eq!(sources(&found.dead), [Source::Policy(0)], "{found:#?}");
    let ties: std::collections::BTreeSet<(u32, u32)> = found.ties.iter().map(|tie| (tie.decides, tie.other)).collect();
    assert_eq!(ties, [(2, 3), (2, 4), (4, 3)].into(), "{found:#?}");
    assert_eq!(found.broad.iter().map(|broad| broad.rule).collect::<Vec<_>>(), [3], "{found:#?}");
}

#[test]
fn a_rule_that_says_what_holds_anyway_is_redundant() {
    let deny = rule("r", "deny", json!({"operation": "drop"}));
    let found = found(&Repository::new("deny", json!([deny, rule("s", "allow", json!({"operation": "read"}))])));
    assert_eq!(found.redundant.len(), 1, "{found:#?}");
    assert_eq!((found.redundant[0].what.source, found.redundant[0].by[0].source), (Source::Rule(0), Source::Default));
}

/// Of two regular expressions nobody proves here that one holds wherever the other does: the area between them is neither
/// said to change, with an action that does not, nor left out.
#[test]
fn what_no_action_is_found_for_is_open_and_no_row() {
    let note = |pattern: &str| json!({"conditions": {"arguments": {"note": {"type": "string", "pattern": pattern}}}});
    let mut first = rule("first", "deny", note("^a"));
    first["priority"] = json!(900);
    let base = Repository::new("deny", json!([first, rule("never", "allow", note("^ab"))]));
    let head = Repository::new("deny", json!([first]));
    let Effects { rows, unproven, .. } = effects(&base.bundle().unwrap(), &head.bundle().unwrap(), Limits::default());
    assert_eq!(rows, []);
    assert_eq!(unproven.iter().map(|one| one.why).collect::<Vec<_>>(), ["the conditions may not hold together"]);
}

/// What a closed catalog knows is above the rule's ceiling, and it denies everything else: the rule never decides.
#[test]
fn a_rule_below_the_levels_of_a_closed_catalog_is_dead() {
    let rule = rule("low", "allow", json!({"data_classification": "confidential", "target_integration": "a*a"}));
    let catalog = |closed: bool| json!({"closed": closed, "actions": {"a": {"data_classification": "restricted"}}});
    let side = |closed| with(Repository::new("deny", json!([rule])), catalog(closed));
    assert_eq!(found(&side(true)).dead.len(), 1);
    assert!(found(&side(false)).dead.is_empty());
}
