//! Policies with every field and rules with every condition, without ids.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::words::{self, Values, action_pattern, by_action, list, number, one_of, some_of, with};

/// A policy with a few of its fields. Most are about one thing, or little would ever be allowed.
pub fn policy() -> impl Strategy<Value = Value> {
    let fields = prop_oneof![
        5 => some_of(0.2, restrictions()),
        2 => approvals(),
        1 => evidence(),
        1 => (some_of(0.1, restrictions()), approvals(), evidence()).prop_map(|(mut fields, approvals, evidence)| {
            fields.extend(approvals.into_iter().chain(evidence));
            fields
        }),
    ];
    (fields, some_of(0.2, common()), scope()).prop_map(|(mut fields, common, scope)| {
        fields.extend(common);
        with(fields, scope)
    })
}

fn common() -> Vec<(&'static str, Values)> {
    vec![
        ("kind", one_of(json!(["policy"]))),
        ("$schema", words::schema()),
        ("name", one_of(json!(["a policy", "one"]))),
        ("description", one_of(json!(["of one", ""]))),
        ("enabled", one_of(json!([true, true, false]))),
        ("default_approvers", approvers()),
        ("approval_timeout_seconds", number(1, 3)),
    ]
}

/// A policy that only denies.
pub fn denial() -> Values {
    (denied(1), scope())
        .prop_map(|(denied, scope)| with(Map::from_iter([("denied_actions".to_owned(), denied)]), scope))
        .boxed()
}

fn denied(least: usize) -> Values {
    list(one_of(json!(["x", "m.x", "n.*", "*.y", "m.m.x"])), least, 1)
}

fn scope() -> Values {
    let target = |scope: &'static str, targets| {
        one_of(targets).prop_map(move |target| json!({"scope": scope, "target_id": target})).boxed()
    };
    prop_oneof![
        4 => Just(json!({"scope": "global"})),
        2 => target("agent", json!(["a", "a*", "b", "*"])),
        1 => target("run", json!(["r", "s", "t", "*"])),
        1 => target("group", json!(["g", "h", "*"])),
        1 => target("mission", json!(["j", "k", "*"])),
    ]
    .boxed()
}

fn restrictions() -> Vec<(&'static str, Values)> {
    let limits = prop_oneof![limit(), list(limit(), 1, 2)].boxed();
    let allowed = list(one_of(json!(["*", "x", "m.*", "*.y", "m.x", "*x"])), 0, 3);
    vec![
        ("session_budget", words::budget()),
        ("run_budget", words::budget()),
        ("action_budgets", by_action(words::budget())),
        ("denied_actions", denied(0)),
        ("allowed_actions", prop_oneof![3 => allowed, 1 => Just(Value::Null)].boxed()),
        ("rate_limits", by_action(limits.clone())),
        ("rate_limits", by_action(limits)),
        ("argument_constraints", by_action(constraint())),
        ("grounding_rules", by_action(groundings())),
    ]
}

fn limit() -> Values {
    let window = one_of(json!([1, 30, 60, 3600]));
    let per = one_of(json!(["agent", "run", "session", "scope", null]));
    (0_u64..4, window, per)
        .prop_map(|(count, window, per)| match per {
            Value::Null => json!({"max_count": count, "window_seconds": window}),
            per => json!({"max_count": count, "window_seconds": window, "per": per}),
        })
        .boxed()
}

fn constraint() -> Values {
    one_of(json!([
        {"type": "object", "required": ["p"]},
        {"type": "object", "properties": {"p": {"type": "integer", "maximum": 1}}},
        {"type": "object", "maxProperties": 1},
        {"type": "object", "properties": {"q": {"const": "x"}}, "additionalProperties": false},
        {"type": "object", "minProperties": 1, "properties": {"p": {"enum": [1, null, "x"]}}}
    ]))
}

fn groundings() -> Values {
    let field = one_of(json!(["v", "v.w", "0", "p", "q", "p.v"]));
    let parts = some_of(0.6, vec![("source_from", one_of(json!(["result", "arguments"])))]);
    let grounding = (action_pattern(), field, parts)
        .prop_map(|(action, field, parts)| with(parts, json!({"source_action": action, "source_field": field})));
    words::map(words::argument(), grounding.boxed(), 1, 2)
}

fn approvers() -> Values {
    list(one_of(json!(["k@example.org", "l@example.org"])), 0, 2)
}

/// Criteria, which need `require_approval: true`, and further rules, which do not.
fn approvals() -> BoxedStrategy<Map<String, Value>> {
    let criteria = some_of(
        0.4,
        vec![
            ("approval_actions", list(action_pattern(), 0, 1)),
            ("approval_tags", words::tags(0)),
            ("approval_risk_levels", risks()),
            ("approval_threshold_usd", words::cost()),
        ],
    );
    let rules = prop::option::of(list(approval_rule(), 0, 2));
    (prop::option::of(criteria), rules)
        .prop_map(|(criteria, rules)| {
            let mut fields = criteria.map_or_else(Map::new, |mut criteria| {
                criteria.insert("require_approval".to_owned(), json!(true));
                criteria
            });
            fields.extend(rules.map(|rules| ("approval_rules".to_owned(), rules)));
            fields
        })
        .boxed()
}

fn risks() -> Values {
    let all = Just(json!(["minimal", "low", "medium", "high", "critical"]));
    prop_oneof![5 => list(words::risk(), 0, 2), 1 => all].boxed()
}

fn approval_rule() -> Values {
    let when = some_of(
        0.35,
        vec![
            ("actions", list(action_pattern(), 1, 2)),
            ("tags", words::tags(1)),
            ("risk_at_least", words::risk()),
            ("cost_usd_at_least", words::cost()),
            ("data_classification_at_least", words::level()),
            ("arguments", words::tests(words::loose_schema())),
        ],
    );
    let parts = some_of(
        0.4,
        vec![
            ("name", one_of(json!(["a rule", "one"]))),
            ("approvers", approvers()),
            ("required", number(1, 2)),
            ("timeout_seconds", number(4, 5)),
        ],
    );
    (parts, when)
        .prop_map(|(parts, mut when)| {
            // A criterion that asks nothing is an error.
            if when.is_empty() {
                when.insert("cost_usd_at_least".to_owned(), json!(1));
            }
            with(parts, json!({"when": when}))
        })
        .boxed()
}

/// Requirements, and commit actions that they cover.
fn evidence() -> BoxedStrategy<Map<String, Value>> {
    let age = || one_of(json!([0, 10, 30, 60, 3600]));
    let ages = prop_oneof![2 => age(), 2 => by_action(age()), 1 => Just(Value::Null)];
    let key = one_of(json!(["m.x", "y", "m.*", "x", "*", "m.m.x"]));
    let required = list(one_of(json!(["x", "m.x", "y", "*", "n.*", "m.m.x"])), 1, 2);
    let optional = vec![
        ("evidence_max_age_seconds", ages.boxed()),
        ("evidence_actions", list(action_pattern(), 0, 2)),
        ("commit_actions", one_of(json!([["m.x"], []]))),
    ];
    (some_of(0.5, optional), words::map(key, required, 1, 2))
        .prop_map(|(mut fields, mut requirements)| {
            // A commit action without a requirement is an error.
            if fields.contains_key("commit_actions") && requirements.get("m.x").is_none() {
                requirements["m.x"] = json!(["y"]);
            }
            fields.insert("evidence_requirements".to_owned(), requirements);
            fields
        })
        .boxed()
}

/// A rule of any effect.
pub fn rule() -> impl Strategy<Value = Value> {
    let effect = prop::sample::select(vec!["allow", "allow", "approval_required", "deny"]);
    effect.prop_flat_map(rule_that)
}

/// A rule of one effect.
pub fn rule_that(effect: &'static str) -> impl Strategy<Value = Value> {
    (optional(effect), required(effect)).prop_map(|(parts, required)| with(parts, required))
}

fn required(effect: &'static str) -> impl Strategy<Value = Value> {
    let integration = one_of(json!(["*", "*", "m", "n"]));
    let operation = one_of(json!(["*", "*", "x", "y", "x*", "*x", "m.x"]));
    let resource = one_of(json!(["*", "*", "*", "prod/*", "dev/*", "*b"]));
    let level = || words::level();
    let bound = |key: &'static str| level().prop_map(move |level| json!({key: level}));
    // The level that is true of every action, or any.
    let widest = json!(if effect == "allow" { "restricted" } else { "public" });
    let levels = prop_oneof![4 => Just(widest), 3 => level(), 1 => bound("at_most"), 1 => bound("at_least"), 1 => bound("exactly")];
    let words = (one_of(json!(["a rule", "one"])), one_of(json!(["ten characters", "ten other characters"])));
    (words::agent_pattern(), integration, operation, resource, levels, words).prop_map(
        move |(agent, integration, operation, resource, level, (name, rationale))| {
            json!({
                "agent_id": agent,
                "policy_name": name,
                "target_integration": integration,
                "operation": operation,
                "resource_scope": resource,
                "data_classification": level,
                "policy_effect": effect,
                "rationale": rationale,
            })
        },
    )
}

fn optional(effect: &'static str) -> BoxedStrategy<Map<String, Value>> {
    let parts = vec![
        ("kind", one_of(json!(["rule"]))),
        ("$schema", words::schema()),
        ("priority", one_of(json!([0, 99, 100, 101]))),
        ("max_session_ttl", number(1, 9)),
        ("is_active", one_of(json!([true, true, true, false]))),
        ("modified_by", one_of(json!(["k", "l"]))),
        ("modified_at", one_of(json!(["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"]))),
    ];
    let conditions = prop::option::weighted(0.6, conditions(effect));
    (some_of(0.4, parts), conditions)
        .prop_map(|(mut parts, conditions)| {
            parts.extend(conditions.map(|conditions| ("conditions".to_owned(), conditions)));
            parts
        })
        .boxed()
}

/// Conditions that are more restrictive than their rule; nothing is more restrictive than deny.
fn conditions(effect: &'static str) -> Values {
    let schema = if effect == "allow" { words::strict_schema() } else { words::loose_schema() };
    let mut parts = vec![("arguments", words::tests(schema))];
    if effect != "deny" {
        parts.extend([("rate_limit", rate(effect)), ("time_restriction", time(effect))]);
        parts.extend([("cost_threshold", costs(effect)), ("webhook_check", webhook(effect))]);
    }
    some_of(0.35, parts).prop_map(Value::Object).boxed()
}

/// What a condition may make of a rule.
fn escalated(effect: &str) -> Values {
    one_of(if effect == "allow" { json!(["approval_required", "deny"]) } else { json!(["deny"]) })
}

fn action_types() -> Values {
    prop_oneof![2 => Just(Value::Null), 1 => list(action_pattern(), 1, 2)].boxed()
}

fn rate(effect: &'static str) -> Values {
    (1_u64..3, one_of(json!([1, 60])), action_types(), escalated(effect))
        .prop_map(|(most, window, types, to)| {
            json!({"max_actions": most, "window_minutes": window, "action_types": types, "on_exceed": to})
        })
        .boxed()
}

fn time(effect: &'static str) -> Values {
    let day: Vec<u8> = (0..24).collect();
    let hours = one_of(json!([[0], [1, 23], [2], [], day]));
    let days = one_of(json!([["monday"], ["thursday", "sunday"]]));
    let zone = one_of(json!(["UTC", "Europe/Berlin", "America/New_York"]));
    (hours, days, zone, action_types(), escalated(effect), any::<bool>())
        .prop_map(|(hours, days, zone, types, to, only_days)| {
            let hours = if only_days { json!([]) } else { hours };
            let days = if only_days || hours == json!([]) { days } else { json!([]) };
            json!({"blocked_hours": hours, "blocked_days": days, "timezone": zone, "action_types": types, "on_violation": to})
        })
        .boxed()
}

fn costs(effect: &'static str) -> Values {
    let both = (words::cost(), words::budget(), 0..3, escalated(effect));
    both.prop_map(|(one, hour, which, to)| match which {
        0 => json!({"max_cost_per_action": one, "on_exceed": to}),
        1 => json!({"max_cost_per_hour": hour, "on_exceed": to}),
        _ => json!({"max_cost_per_action": one, "max_cost_per_hour": hour, "on_exceed": to}),
    })
    .boxed()
}

fn webhook(effect: &'static str) -> Values {
    let parts = some_of(0.5, vec![("timeout_ms", number(4, 5)), ("on_timeout", escalated(effect))]);
    let url = one_of(json!(["https://example.com/check", "https://example.com/other"]));
    (parts, url).prop_map(|(parts, url)| with(parts, json!({ "url": url }))).boxed()
}
