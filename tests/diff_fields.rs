//! Every field that can be written has a direction, told in both ways; a field that is new has none and fails here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::needless_pass_by_value,
    clippy::match_same_arms,
    clippy::too_many_lines,
    reason = "a test may fail, and a table is as long as it is"
)]

mod support;

use std::collections::BTreeSet;

use policyc::compile::Compilation;
use policyc::diff::{Difference, Direction, difference, settings as changed_settings, summary};
use policyc::effects::{Effects, Limits, effects};
use policyc::syntax::Step;
use policyc::written::Kind;
use serde_json::{Value, json};
use support::{Memory, published, side, told};

use Direction::{Both, Loosening, Neutral, Tightening};

/// A field, what it is before and after beside what a document of the kind must have, and what that does.
type Row = (&'static str, Value, Value, Direction);

fn policies() -> Vec<Row> {
    let asks = |more: Value| merged(&json!({"require_approval": true}), &more);
    vec![
        ("policy.name", json!({"name": "one"}), json!({"name": "two"}), Neutral),
        ("policy.description", json!({}), json!({"description": "of it"}), Neutral),
        ("policy.enabled", json!({"enabled": false}), json!({"enabled": true}), Tightening),
        ("policy.scope", json!({"scope": "agent", "target_id": "a"}), json!({"scope": "global"}), Tightening),
        (
            "policy.scope",
            json!({"scope": "agent", "target_id": "a"}),
            json!({"scope": "group", "target_id": "a"}),
            Both,
        ),
        (
            "policy.target_id",
            json!({"scope": "run", "target_id": "a"}),
            json!({"scope": "run", "target_id": "a*"}),
            Tightening,
        ),
        (
            "policy.target_id",
            json!({"scope": "mission", "target_id": "a"}),
            json!({"scope": "mission", "target_id": "b"}),
            Both,
        ),
        ("policy.session_budget", json!({}), json!({"session_budget": 5}), Tightening),
        ("policy.session_budget", json!({"session_budget": 5}), json!({"session_budget": 7}), Loosening),
        ("policy.run_budget", json!({"run_budget": 0}), json!({"run_budget": null}), Loosening),
        ("policy.run_budget", json!({"run_budget": 2}), json!({"run_budget": 0.5}), Tightening),
        ("policy.action_budgets", json!({}), json!({"action_budgets": {"x": 1}}), Tightening),
        ("policy.action_budgets", json!({"action_budgets": {"x": 1}}), json!({"action_budgets": {"x": 2}}), Loosening),
        (
            "policy.action_budgets",
            json!({"action_budgets": {"m.*": 1}}),
            json!({"action_budgets": {"m.*": 1, "m.x": 2}}),
            Neutral,
        ),
        ("policy.action_budgets", json!({"action_budgets": {"x": 1}}), json!({"action_budgets": {"y": 1}}), Both),
        ("policy.denied_actions", json!({}), json!({"denied_actions": ["z", "x"]}), Tightening),
        ("policy.denied_actions", json!({"denied_actions": ["m.x"]}), json!({"denied_actions": ["m.*"]}), Tightening),
        ("policy.denied_actions", json!({"denied_actions": ["m.x"]}), json!({"denied_actions": ["x"]}), Both),
        ("policy.denied_actions", json!({"denied_actions": ["*", "x"]}), json!({"denied_actions": ["*"]}), Neutral),
        ("policy.allowed_actions", json!({}), json!({"allowed_actions": []}), Tightening),
        ("policy.allowed_actions", json!({"allowed_actions": null}), json!({"allowed_actions": ["x"]}), Tightening),
        ("policy.allowed_actions", json!({"allowed_actions": []}), json!({"allowed_actions": ["x"]}), Loosening),
        (
            "policy.allowed_actions",
            json!({"allowed_actions": ["x"]}),
            json!({"allowed_actions": ["x", "m.x"]}),
            Neutral,
        ),
        rates(
            json!([{"max_count": 5, "window_seconds": 60}]),
            json!([{"max_count": 3, "window_seconds": 60}]),
            Tightening,
        )
        .named("policy.rate_limits{}.max_count"),
        rates(
            json!([{"max_count": 5, "window_seconds": 60}]),
            json!([{"max_count": 5, "window_seconds": 90}]),
            Tightening,
        )
        .named("policy.rate_limits{}.window_seconds"),
        rates(
            json!([{"max_count": 5, "window_seconds": 60, "per": "run"}]),
            json!([{"max_count": 5, "window_seconds": 60, "per": "agent"}]),
            Both,
        )
        .named("policy.rate_limits{}.per"),
        rates(
            json!([{"max_count": 5, "window_seconds": 60, "per": "run"}]),
            json!([{"max_count": 5, "window_seconds": 60, "per": "scope"}]),
            Tightening,
        )
        .named("policy.rate_limits{}.per"),
        rates(
            json!([{"max_count": 5, "window_seconds": 60}]),
            json!([{"max_count": 5, "window_seconds": 60}, {"max_count": 9, "window_seconds": 30}]),
            Neutral,
        )
        .named("policy.rate_limits"),
        ("policy.rate_limits", json!({}), json!({"rate_limits": {"x": LIMIT()}}), Tightening),
        (
            "policy.rate_limits",
            json!({"rate_limits": {"m.*": LIMIT()}}),
            json!({"rate_limits": {"m.*": LIMIT(), "m.x": LIMIT()}}),
            Neutral,
        ),
        // Neither a limit of each run nor one of a shorter time keeps what a limit of each agent demands.
        (
            "policy.rate_limits",
            json!({"rate_limits": {"m.*": merged(&LIMIT(), &json!({"per": "run"}))}}),
            json!({"rate_limits": {"m.*": merged(&LIMIT(), &json!({"per": "run"})), "m.x": LIMIT()}}),
            Tightening,
        ),
        (
            "policy.rate_limits",
            json!({"rate_limits": {"m.*": LIMIT()}}),
            json!({"rate_limits": {"m.*": LIMIT(), "m.x": merged(&LIMIT(), &json!({"window_seconds": 90}))}}),
            Tightening,
        ),
        ("policy.require_approval", json!({}), json!({"require_approval": true}), Tightening),
        ("policy.approval_actions", asks(json!({})), asks(json!({"approval_actions": ["x"]})), Loosening),
        (
            "policy.approval_actions",
            asks(json!({"approval_tags": ["t"]})),
            asks(json!({"approval_tags": ["t"], "approval_actions": ["x"]})),
            Tightening,
        ),
        (
            "policy.approval_actions",
            asks(json!({"approval_actions": ["x"]})),
            asks(json!({"approval_actions": ["x", "m.y"]})),
            Tightening,
        ),
        (
            "policy.approval_tags",
            asks(json!({"approval_tags": ["t"]})),
            asks(json!({"approval_tags": ["t", "u"]})),
            Tightening,
        ),
        ("policy.approval_tags", asks(json!({})), asks(json!({"approval_tags": ["t"]})), Loosening),
        (
            "policy.approval_risk_levels",
            asks(json!({"approval_risk_levels": ["high", "critical"]})),
            asks(json!({"approval_risk_levels": ["critical"]})),
            Loosening,
        ),
        (
            "policy.approval_threshold_usd",
            asks(json!({"approval_threshold_usd": 5})),
            asks(json!({"approval_threshold_usd": 9})),
            Loosening,
        ),
        (
            "policy.approval_threshold_usd",
            asks(json!({"approval_threshold_usd": 5, "approval_tags": ["t"]})),
            asks(json!({"approval_tags": ["t"]})),
            Loosening,
        ),
        ("policy.approval_threshold_usd", asks(json!({"approval_threshold_usd": 5})), asks(json!({})), Tightening),
        ("policy.approval_timeout_seconds", asks(json!({})), asks(json!({"approval_timeout_seconds": 60})), Tightening),
        ("policy.approval_timeout_seconds", json!({}), json!({"approval_timeout_seconds": 60}), Neutral),
        (
            "policy.default_approvers",
            asks(json!({"default_approvers": ["ada@example.com"]})),
            asks(json!({"default_approvers": ["ada@example.com", "bob@example.com"]})),
            Loosening,
        ),
        ("policy.default_approvers", asks(json!({})), asks(json!({"default_approvers": ["ada@example.com"]})), Both),
        ("policy.default_approvers", json!({}), json!({"default_approvers": ["ada@example.com"]}), Neutral),
        ("policy.evidence_requirements", json!({}), json!({"evidence_requirements": {"x": ["y"]}}), Tightening),
        (
            "policy.evidence_requirements",
            json!({"evidence_requirements": {"x": ["y", "z"]}}),
            json!({"evidence_requirements": {"x": ["y"]}}),
            Loosening,
        ),
        (
            "policy.evidence_requirements",
            json!({"evidence_requirements": {"m.*": ["y"]}}),
            json!({"evidence_requirements": {"m.*": ["y"], "m.x": ["z"]}}),
            Tightening,
        ),
        (
            "policy.evidence_max_age_seconds",
            json!({"evidence_requirements": {"x": ["y"]}}),
            json!({"evidence_requirements": {"x": ["y"]}, "evidence_max_age_seconds": 60}),
            Tightening,
        ),
        (
            "policy.evidence_max_age_seconds",
            json!({"evidence_requirements": {"x": ["y"]}, "evidence_max_age_seconds": {"x": 60}}),
            json!({"evidence_requirements": {"x": ["y"]}, "evidence_max_age_seconds": {"x": 90}}),
            Loosening,
        ),
        (
            "policy.commit_actions",
            json!({"evidence_requirements": {"x": ["y"]}}),
            json!({"evidence_requirements": {"x": ["y"]}, "commit_actions": ["x"]}),
            Neutral,
        ),
        (
            "policy.evidence_actions",
            json!({"evidence_requirements": {"x": ["y"]}}),
            json!({"evidence_requirements": {"x": ["y"]}, "evidence_actions": ["y"]}),
            Tightening,
        ),
        (
            "policy.evidence_actions",
            json!({"evidence_requirements": {"x": ["*"]}, "evidence_actions": ["y"]}),
            json!({"evidence_requirements": {"x": ["*"]}, "evidence_actions": ["y", "z"]}),
            Loosening,
        ),
        (
            "policy.argument_constraints",
            json!({}),
            constraint(json!({"type": "object", "maxProperties": 1})),
            Tightening,
        ),
        (
            "policy.argument_constraints",
            constraint(json!({"type": "object", "properties": {"a": {"type": "number", "maximum": 200}}})),
            constraint(json!({"type": "object", "properties": {"a": {"type": "number", "maximum": 500}}})),
            Loosening,
        ),
        (
            "policy.argument_constraints",
            constraint(json!({"type": "object", "required": ["a"]})),
            constraint(json!({"type": "object", "required": ["a", "b"], "maxProperties": 3})),
            Tightening,
        ),
        (
            "policy.argument_constraints",
            constraint(json!({"type": "object", "properties": {"a": {"type": "number"}}})),
            constraint(json!({"type": "object", "properties": {"a": {"type": "string"}}})),
            Both,
        ),
        (
            "policy.argument_constraints",
            constraint(json!({"not": {"$ref": "#/$defs/a"}, "$defs": {"a": {"type": "number", "maximum": 1}}})),
            constraint(json!({"not": {"$ref": "#/$defs/a"}, "$defs": {"a": {"type": "number", "maximum": 2}}})),
            Both,
        ),
        // What is allowed beside the properties is less, and what is allowed as one of them more.
        (
            "policy.argument_constraints",
            constraint(
                json!({"type": "object", "additionalProperties": false, "properties": {"a": {"type": "number"}}}),
            ),
            constraint(json!({
                "type": "object", "additionalProperties": false,
                "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
            })),
            Both,
        ),
        ("policy.grounding_rules", json!({}), grounding("m.y", "a", "result"), Tightening),
        (
            "policy.grounding_rules{}{}.source_action",
            grounding("m.y", "a", "result"),
            grounding("m.*", "a", "result"),
            Loosening,
        ),
        (
            "policy.grounding_rules{}{}.source_action",
            grounding("m.y", "a", "result"),
            grounding("n.y", "a", "result"),
            Both,
        ),
        (
            "policy.grounding_rules{}{}.source_field",
            grounding("m.y", "a", "result"),
            grounding("m.y", "b", "result"),
            Both,
        ),
        (
            "policy.grounding_rules{}{}.source_from",
            grounding("m.y", "a", "result"),
            grounding("m.y", "a", "arguments"),
            Both,
        ),
    ]
}

fn approval_rules() -> Vec<Row> {
    let rule = |more: Value| json!({"approval_rules": [merged(&json!({"when": {"actions": ["x"]}}), &more)]});
    let when = |more: Value| json!({"approval_rules": [{"when": more}]});
    let two =
        |one: &str, other: &str| json!({"approval_rules": [{"when": {"actions": [one]}}, {"when": {"tags": [other]}}]});
    vec![
        ("policy.approval_rules", json!({}), rule(json!({})), Tightening),
        ("policy.approval_rules", two("x", "t"), json!({"approval_rules": [{"when": {"tags": ["t"]}}]}), Loosening),
        (
            "policy.approval_rules",
            two("x", "t"),
            json!({"approval_rules": [{"when": {"tags": ["t"]}}, {"when": {"actions": ["x"]}}]}),
            Neutral,
        ),
        ("policy.approval_rules[].name", rule(json!({})), rule(json!({"name": "one"})), Neutral),
        (
            "policy.approval_rules[].when.actions",
            when(json!({"actions": ["x"]})),
            when(json!({"actions": ["x", "y"]})),
            Tightening,
        ),
        (
            "policy.approval_rules[].when.actions",
            when(json!({"actions": ["x"], "tags": ["t"]})),
            when(json!({"tags": ["t"]})),
            Tightening,
        ),
        (
            "policy.approval_rules[].when.tags",
            when(json!({"tags": ["t"]})),
            when(json!({"tags": ["t", "u"]})),
            Tightening,
        ),
        (
            "policy.approval_rules[].when.risk_at_least",
            when(json!({"risk_at_least": "low"})),
            when(json!({"risk_at_least": "high"})),
            Loosening,
        ),
        (
            "policy.approval_rules[].when.cost_usd_at_least",
            when(json!({"actions": ["x"]})),
            when(json!({"actions": ["x"], "cost_usd_at_least": 5})),
            Loosening,
        ),
        (
            "policy.approval_rules[].when.data_classification_at_least",
            when(json!({"data_classification_at_least": "restricted"})),
            when(json!({"data_classification_at_least": "internal"})),
            Tightening,
        ),
        (
            "policy.approval_rules[].when.arguments",
            when(json!({"arguments": {"a": {"type": "number", "exclusiveMinimum": 200}}})),
            when(json!({"arguments": {"a": {"type": "number", "exclusiveMinimum": 100}}})),
            Tightening,
        ),
        (
            "policy.approval_rules[].when.arguments",
            when(json!({"actions": ["x"]})),
            when(json!({"actions": ["x"], "arguments": {"a": {"type": "number"}}})),
            Loosening,
        ),
        (
            "policy.approval_rules[].approvers",
            rule(json!({"approvers": ["ada@example.com", "bob@example.com"]})),
            rule(json!({"approvers": ["ada@example.com"]})),
            Tightening,
        ),
        ("policy.approval_rules[].approvers", rule(json!({})), rule(json!({"approvers": ["ada@example.com"]})), Both),
        ("policy.approval_rules[].required", rule(json!({})), rule(json!({"required": 2})), Tightening),
        ("policy.approval_rules[].timeout_seconds", rule(json!({})), rule(json!({"timeout_seconds": 60})), Tightening),
        ("policy.approval_rules[].timeout_seconds", rule(json!({})), rule(json!({"timeout_seconds": 3600})), Neutral),
    ]
}

#[expect(non_snake_case, reason = "reads as the constant it is")]
fn LIMIT() -> Value {
    json!({"max_count": 5, "window_seconds": 60})
}

fn rates(before: Value, after: Value, direction: Direction) -> Row {
    ("", json!({"rate_limits": {"x": before}}), json!({"rate_limits": {"x": after}}), direction)
}

trait Named {
    fn named(self, name: &'static str) -> Row;
}

impl Named for Row {
    fn named(self, name: &'static str) -> Row {
        (name, self.1, self.2, self.3)
    }
}

fn constraint(schema: Value) -> Value {
    json!({"argument_constraints": {"x": schema}})
}

fn grounding(action: &str, field: &str, from: &str) -> Value {
    json!({"grounding_rules": {"x": {"to": {"source_action": action, "source_field": field, "source_from": from}}}})
}

/// A rule that denies if it says nothing else.
fn rules() -> Vec<Row> {
    let effect = |effect: &str| json!({ "policy_effect": effect });
    let allow = |more: Value| merged(&json!({"policy_effect": "allow"}), &more);
    let argument = |schema: Value| json!({"conditions": {"arguments": {"a": schema}}});
    vec![
        ("rule.agent_id", json!({"agent_id": "a"}), json!({"agent_id": "a*"}), Tightening),
        ("rule.agent_id", allow(json!({"agent_id": "a"})), allow(json!({"agent_id": "a*"})), Loosening),
        ("rule.agent_id", json!({"agent_id": "a"}), json!({"agent_id": "b"}), Both),
        ("rule.policy_name", json!({}), json!({"policy_name": "another"}), Neutral),
        ("rule.target_integration", json!({"target_integration": "*"}), json!({"target_integration": "m"}), Loosening),
        ("rule.operation", json!({"operation": "*"}), json!({"operation": "send"}), Loosening),
        ("rule.resource_scope", json!({"resource_scope": "prod/*"}), json!({"resource_scope": "*"}), Tightening),
        (
            "rule.data_classification",
            json!({"data_classification": "confidential"}),
            json!({"data_classification": "internal"}),
            Tightening,
        ),
        (
            "rule.data_classification",
            allow(json!({"data_classification": "confidential"})),
            allow(json!({"data_classification": "internal"})),
            Tightening,
        ),
        (
            "rule.data_classification.at_most",
            json!({"data_classification": {"at_most": "internal"}}),
            json!({"data_classification": {"at_most": "confidential"}}),
            Tightening,
        ),
        (
            "rule.data_classification.at_least",
            json!({"data_classification": {"at_least": "internal"}}),
            json!({"data_classification": {"at_most": "internal"}}),
            Both,
        ),
        (
            "rule.data_classification.exactly",
            json!({"data_classification": {"exactly": "internal"}}),
            json!({"data_classification": {"at_least": "internal"}}),
            Tightening,
        ),
        ("rule.policy_effect", range(effect("allow")), range(effect("deny")), Tightening),
        ("rule.policy_effect", range(effect("allow")), range(effect("approval_required")), Tightening),
        ("rule.policy_effect", range(effect("deny")), range(effect("approval_required")), Loosening),
        ("rule.rationale", json!({}), json!({"rationale": "another reason for it"}), Neutral),
        ("rule.priority", json!({"priority": 1}), json!({"priority": 2}), Neutral),
        // Beside a rule that asks, of priority 100.
        ("rule.priority", json!({"priority": 1}), json!({"priority": 200}), Neutral),
        ("rule.conditions.arguments", json!({}), argument(json!({"type": "integer"})), Loosening),
        ("rule.conditions.arguments", argument(json!({"type": "integer"})), argument(json!({"type": "string"})), Both),
        (
            "rule.conditions.arguments",
            allow(argument(json!({"type": "integer", "maximum": 5}))),
            allow(argument(json!({"type": "integer", "maximum": 9}))),
            Loosening,
        ),
        ("rule.max_session_ttl", json!({}), json!({"max_session_ttl": 60}), Tightening),
        ("rule.max_session_ttl", json!({"max_session_ttl": 60}), json!({"max_session_ttl": 90}), Loosening),
        ("rule.is_active", json!({"is_active": false}), json!({"is_active": true}), Tightening),
        ("rule.is_active", allow(json!({"is_active": false})), allow(json!({"is_active": true})), Loosening),
        ("rule.modified_by", json!({}), json!({"modified_by": "ada"}), Neutral),
        ("rule.modified_at", json!({}), json!({"modified_at": "2026-01-01T00:00:00Z"}), Neutral),
    ]
}

/// A range that does not move with the effect.
fn range(value: Value) -> Value {
    merged(&json!({"data_classification": {"at_least": "public"}}), &value)
}

fn conditions() -> Vec<Row> {
    let with = |conditions: Value| json!({"policy_effect": "allow", "conditions": conditions});
    let rate =
        |more: Value| with(json!({"rate_limit": merged(&json!({"max_actions": 5, "window_minutes": 1}), &more)}));
    let time = |more: Value| {
        with(json!({"time_restriction": merged(&json!({"blocked_hours": [1], "blocked_days": ["monday"]}), &more)}))
    };
    let cost = |more: Value| with(json!({"cost_threshold": merged(&json!({"max_cost_per_action": 5}), &more)}));
    let hook = |more: Value| with(json!({"webhook_check": merged(&json!({"url": "https://example.com/one"}), &more)}));
    vec![
        ("rule.conditions.rate_limit", with(json!({})), rate(json!({})), Tightening),
        ("rule.conditions.rate_limit.max_actions", rate(json!({})), rate(json!({"max_actions": 3})), Tightening),
        ("rule.conditions.rate_limit.window_minutes", rate(json!({})), rate(json!({"window_minutes": 9})), Tightening),
        ("rule.conditions.rate_limit.action_types", rate(json!({})), rate(json!({"action_types": ["x"]})), Loosening),
        (
            "rule.conditions.rate_limit.action_types",
            rate(json!({"action_types": ["x"]})),
            rate(json!({"action_types": ["x", "y"]})),
            Tightening,
        ),
        ("rule.conditions.rate_limit.on_exceed", rate(json!({})), rate(json!({"on_exceed": "deny"})), Tightening),
        ("rule.conditions.time_restriction", with(json!({})), time(json!({})), Tightening),
        (
            "rule.conditions.time_restriction.blocked_hours",
            time(json!({})),
            time(json!({"blocked_hours": [1, 2]})),
            Tightening,
        ),
        (
            "rule.conditions.time_restriction.blocked_days",
            time(json!({})),
            time(json!({"blocked_days": []})),
            Loosening,
        ),
        (
            "rule.conditions.time_restriction.timezone",
            time(json!({})),
            time(json!({"timezone": "Europe/Berlin"})),
            Both,
        ),
        (
            "rule.conditions.time_restriction.action_types",
            time(json!({})),
            time(json!({"action_types": ["x"]})),
            Loosening,
        ),
        (
            "rule.conditions.time_restriction.on_violation",
            time(json!({})),
            time(json!({"on_violation": "approval_required"})),
            Loosening,
        ),
        ("rule.conditions.cost_threshold", with(json!({})), cost(json!({})), Tightening),
        (
            "rule.conditions.cost_threshold.max_cost_per_action",
            cost(json!({})),
            cost(json!({"max_cost_per_action": 9})),
            Loosening,
        ),
        (
            "rule.conditions.cost_threshold.max_cost_per_hour",
            cost(json!({})),
            cost(json!({"max_cost_per_hour": 9})),
            Tightening,
        ),
        ("rule.conditions.cost_threshold.on_exceed", cost(json!({})), cost(json!({"on_exceed": "deny"})), Tightening),
        ("rule.conditions.webhook_check", with(json!({})), hook(json!({})), Tightening),
        ("rule.conditions.webhook_check.url", hook(json!({})), hook(json!({"url": "https://example.com/two"})), Both),
        ("rule.conditions.webhook_check.timeout_ms", hook(json!({})), hook(json!({"timeout_ms": 5})), Both),
        (
            "rule.conditions.webhook_check.on_timeout",
            hook(json!({})),
            hook(json!({"on_timeout": "approval_required"})),
            Loosening,
        ),
    ]
}

/// An exception for the agent `a` without an end by uses, from a policy.
fn exceptions() -> Vec<Row> {
    vec![
        ("exception.policy", json!({}), json!({"policy": "p1"}), Both),
        ("exception.reason", json!({}), json!({"reason": "another reason for it"}), Neutral),
        ("exception.agents", json!({"agents": ["a"]}), json!({"agents": ["a", "b"]}), Loosening),
        ("exception.agents", json!({"agents": ["a*"]}), json!({"agents": ["a*", "ab"]}), Neutral),
        ("exception.runs", json!({}), json!({"runs": ["r"]}), Tightening),
        ("exception.actions", json!({}), json!({"actions": ["x"]}), Tightening),
        ("exception.actions", json!({"actions": ["x"]}), json!({"actions": ["x", "y"]}), Loosening),
        ("exception.reasons", json!({}), json!({"reasons": ["DENIED_ACTION"]}), Tightening),
        (
            "exception.reasons",
            json!({"reasons": ["DENIED_ACTION"]}),
            json!({"reasons": ["DENIED_ACTION", "BUDGET_EXCEEDED"]}),
            Loosening,
        ),
        ("exception.starts_at", json!({}), json!({"starts_at": "2026-06-01T00:00:00Z"}), Tightening),
        ("exception.expires_at", json!({}), json!({"expires_at": "2028-01-01T00:00:00Z"}), Loosening),
        ("exception.max_uses", json!({}), json!({"max_uses": 3}), Tightening),
        ("exception.max_uses", json!({"max_uses": 3}), json!({"max_uses": 5}), Loosening),
        // The uses of one action are missing to another.
        (
            "exception.actions",
            json!({"max_uses": 3, "actions": ["x"]}),
            json!({"max_uses": 3, "actions": ["x", "y"]}),
            Both,
        ),
    ]
}

fn catalogs() -> Vec<Row> {
    let action = |more: Value| json!({"actions": {"m.x": more}});
    let agent = |more: Value| json!({"agents": {"a": more}});
    vec![
        ("catalog.actions", json!({}), action(json!({})), Neutral),
        (
            "catalog.actions",
            json!({"closed": true, "actions": {"*": {}}}),
            json!({"closed": true, "actions": {"*": {}, "m.x": {}}}),
            Neutral,
        ),
        (
            "catalog.actions",
            json!({"closed": true, "actions": {"z": {}}}),
            json!({"closed": true, "actions": {"z": {}, "m.y": {}}}),
            Loosening,
        ),
        ("catalog.actions{}.description", action(json!({})), action(json!({"description": "it"})), Neutral),
        ("catalog.actions{}.arguments", action(json!({})), action(json!({"arguments": {"type": "object"}})), Neutral),
        ("catalog.actions{}.tags", action(json!({"tags": ["t"]})), action(json!({"tags": ["t", "u"]})), Tightening),
        ("catalog.actions{}.tags", action(json!({})), action(json!({"tags": []})), Loosening),
        ("catalog.actions{}.tags", action(json!({})), action(json!({"tags": ["t"]})), Both),
        (
            "catalog.actions{}.risk_level",
            action(json!({"risk_level": "low"})),
            action(json!({"risk_level": "high"})),
            Both,
        ),
        ("catalog.actions{}.cost_usd", action(json!({"cost_usd": 1})), action(json!({"cost_usd": 2})), Tightening),
        ("catalog.actions{}.cost_usd", action(json!({})), action(json!({"cost_usd": 2})), Both),
        (
            "catalog.actions{}.cost_usd",
            json!({"actions": {"m.x": {"cost_usd": 1}, "*": {"cost_usd": 5}}}),
            json!({"actions": {"m.x": {"cost_usd": 2}, "*": {"cost_usd": 5}}}),
            Both,
        ),
        (
            "catalog.actions{}.data_classification",
            action(json!({"data_classification": "public"})),
            action(json!({"data_classification": "restricted"})),
            Both,
        ),
        ("catalog.actions{}.resource", action(json!({"resource": "a"})), action(json!({"resource": "b"})), Both),
        ("catalog.agents", json!({}), agent(json!({"state": "suspended"})), Tightening),
        (
            "catalog.agents",
            json!({"closed_agents": true, "agents": {"a": {}}}),
            json!({"closed_agents": true, "agents": {"a": {}, "b": {}}}),
            Loosening,
        ),
        ("catalog.agents{}.groups", agent(json!({"groups": []})), agent(json!({"groups": ["g"]})), Tightening),
        ("catalog.agents{}.groups", agent(json!({})), agent(json!({"groups": []})), Loosening),
        (
            "catalog.agents{}.missions",
            agent(json!({"missions": ["j", "k"]})),
            agent(json!({"missions": ["k"]})),
            Loosening,
        ),
        ("catalog.agents{}.owner", agent(json!({})), agent(json!({"owner": "ada"})), Neutral),
        ("catalog.agents{}.state", agent(json!({})), agent(json!({"state": "suspended"})), Tightening),
        ("catalog.agents{}.state", agent(json!({"state": "retired"})), agent(json!({"state": "suspended"})), Neutral),
        (
            "catalog.defaults.cost_usd",
            json!({"defaults": {"cost_usd": 1}}),
            json!({"defaults": {"cost_usd": 2}}),
            Tightening,
        ),
        ("catalog.defaults.cost_usd", json!({}), json!({"defaults": {"cost_usd": 2}}), Both),
        (
            "catalog.defaults.data_classification",
            json!({}),
            json!({"defaults": {"data_classification": "public"}}),
            Both,
        ),
        ("catalog.defaults.risk_level", json!({}), json!({"defaults": {"risk_level": "low"}}), Both),
        ("catalog.closed", json!({"actions": {"*": {}}}), json!({"actions": {"*": {}}, "closed": true}), Tightening),
        (
            "catalog.closed_agents",
            agent(json!({})),
            merged(&agent(json!({})), &json!({"closed_agents": true})),
            Tightening,
        ),
    ]
}

fn approvals(kind: &str, rows: [&'static str; 5]) -> Vec<Row> {
    let of = |more: Value| json!({ kind: more });
    let [required, from, evidence, loosening_required, loosening_from] = rows;
    vec![
        (required, of(json!({"required": 2})), of(json!({"required": 1})), Loosening),
        (from, of(json!({"from": ["ada"]})), of(json!({"from": ["ada", "bob"]})), Loosening),
        (from, of(json!({"from": ["ada"]})), of(json!({"from": []})), Loosening),
        (evidence, of(json!({"evidence": "recorded"})), of(json!({"evidence": "attested"})), Tightening),
        (loosening_required, of(json!({})), of(json!({"loosening": {"required": 2}})), Tightening),
        (
            loosening_required,
            of(json!({"required": 2})),
            of(json!({"required": 2, "loosening": {"required": 1}})),
            Both,
        ),
        (
            loosening_required,
            of(json!({"loosening": {"required": 1}})),
            of(json!({"loosening": {"required": 2}})),
            Tightening,
        ),
        (
            loosening_from,
            of(json!({"loosening": {"required": 1, "from": ["ada"]}})),
            of(json!({"loosening": {"required": 1, "from": ["ada", "bob"]}})),
            Loosening,
        ),
        (
            loosening_from,
            of(json!({"loosening": {"required": 1, "from": ["ada"]}})),
            of(json!({"loosening": {"required": 1}})),
            Both,
        ),
    ]
}

fn settings() -> Vec<Row> {
    let effect = |effect: Value| json!({"defaults": {"effect": effect}});
    let alerts =
        |more: Value| json!({"alerts": merged(&json!({"smtp": "mail.example.com", "from": "a@example.com"}), &more)});
    let mapping = |operation: &str| json!({"records": {"mappings": {"own": {"operation": operation}}}});
    let mut rows = vec![
        ("settings.branch", json!({}), json!({"branch": "trunk"}), Both),
        ("settings.documents", json!({}), json!({"documents": ["policies/", "policies/documents.json"]}), Both),
        ("settings.defaults.effect", effect(json!("allow")), effect(json!("deny")), Tightening),
        ("settings.defaults.effect", effect(json!("deny")), effect(json!("approval_required")), Loosening),
        // There is no rule.
        ("settings.defaults.effect", effect(Value::Null), effect(json!("allow")), Neutral),
        ("settings.defaults.effect", effect(Value::Null), effect(json!("deny")), Tightening),
        ("settings.defaults.session_ttl", json!({}), json!({"defaults": {"session_ttl": 60}}), Tightening),
        ("settings.checks.deny_warnings", json!({}), json!({"checks": {"deny_warnings": true}}), Tightening),
        ("settings.checks.deny_uncertain", json!({}), json!({"checks": {"deny_uncertain": true}}), Tightening),
        ("settings.checks.min_coverage", json!({}), json!({"checks": {"min_coverage": "95%"}}), Tightening),
        (
            "settings.checks.min_coverage",
            json!({"checks": {"min_coverage": "95%"}}),
            json!({"checks": {"min_coverage": "90.5%"}}),
            Loosening,
        ),
        ("settings.logs", json!({}), json!({"logs": [{"path": "logs/a.jsonl"}]}), Both),
        ("settings.records.mappings", mapping("/tool"), mapping("/name"), Both),
        ("settings.expect.active_policies", json!({}), json!({"expect": {"active_policies": 3}}), Neutral),
        ("settings.expect.stale_days", json!({}), json!({"expect": {"stale_days": 3}}), Neutral),
        ("settings.limits.max_findings", json!({}), json!({"limits": {"max_findings": 3}}), Neutral),
        ("settings.assist.model", json!({}), json!({"assist": {"model": "gemini-2.5-pro"}}), Neutral),
        ("settings.assist.base_url", json!({}), json!({"assist": {"base_url": "https://a.example"}}), Neutral),
        ("settings.assist.timeout_seconds", json!({}), json!({"assist": {"timeout_seconds": 60}}), Neutral),
        ("settings.alerts", json!({}), alerts(json!({})), Neutral),
        ("settings.alerts.smtp", alerts(json!({})), alerts(json!({"smtp": "mail.example.org:25"})), Neutral),
        ("settings.alerts.from", alerts(json!({})), alerts(json!({"from": "b@example.com"})), Neutral),
        ("settings.alerts.tls", alerts(json!({})), alerts(json!({"tls": "required"})), Neutral),
    ];
    rows.extend(approvals(
        "review",
        [
            "settings.review.required",
            "settings.review.from",
            "settings.review.evidence",
            "settings.review.loosening.required",
            "settings.review.loosening.from",
        ],
    ));
    rows
}

fn identities() -> Vec<Row> {
    let ada = |more: Value| json!({"principals": {"ada": merged(&json!({"accounts": ["github:ada"]}), &more)}});
    let group = |members: Value| json!({"groups": {"security": members}});
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB";
    vec![
        ("identities.principals", json!({}), json!({"principals": {"eve": {"accounts": ["github:eve"]}}}), Both),
        ("identities.principals{}.name", json!({}), ada(json!({"name": "Ada"})), Neutral),
        ("identities.principals{}.accounts", json!({}), ada(json!({"accounts": ["github:ada", "gitlab:ada"]})), Both),
        ("identities.principals{}.agents", json!({}), ada(json!({"agents": ["a"]})), Both),
        ("identities.principals{}.keys", json!({}), ada(json!({"keys": [key]})), Loosening),
        ("identities.groups", json!({}), json!({"groups": {"others": ["ada"]}}), Loosening),
        ("identities.groups", group(json!(["ada"])), group(json!(["ada", "bob"])), Loosening),
    ]
}

const SIGNER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

fn environments() -> Vec<Row> {
    let gate = |name: &str, value: Value| json!({"gates": {name: value}});
    let breaker =
        |more: Value| json!({"circuit_breaker": merged(&json!({"window_seconds": 60, "max_p99_ms": 5}), &more)});
    let mut rows = vec![
        ("environment.description", json!({}), json!({"description": "of it"}), Neutral),
        ("environment.gates.max_newly_denied", json!({}), gate("max_newly_denied", json!(5)), Tightening),
        (
            "environment.gates.max_newly_denied",
            gate("max_newly_denied", json!("1.5%")),
            gate("max_newly_denied", json!("0.25%")),
            Tightening,
        ),
        (
            "environment.gates.max_newly_allowed",
            gate("max_newly_allowed", json!(1)),
            gate("max_newly_allowed", json!(2)),
            Loosening,
        ),
        (
            "environment.gates.max_newly_allowed",
            gate("max_newly_allowed", json!(1)),
            gate("max_newly_allowed", json!("2%")),
            Both,
        ),
        ("environment.gates.max_approvals_per_day", gate("max_approvals_per_day", json!(9)), json!({}), Loosening),
        (
            "environment.gates.min_coverage",
            gate("min_coverage", json!("90%")),
            gate("min_coverage", json!("95%")),
            Tightening,
        ),
        ("environment.rollback.from", json!({}), json!({"rollback": {"from": ["ada"]}}), Both),
        (
            "environment.rollback.from",
            json!({"rollback": {"from": ["ada"]}}),
            json!({"rollback": {"from": ["ada", "bob"]}}),
            Loosening,
        ),
        ("environment.rollout.steps", json!({}), json!({"rollout": {"steps": [50, 100]}}), Both),
        ("environment.circuit_breaker", json!({}), breaker(json!({})), Tightening),
        (
            "environment.circuit_breaker.window_seconds",
            breaker(json!({})),
            breaker(json!({"window_seconds": 90})),
            Both,
        ),
        (
            "environment.circuit_breaker.max_deny_ratio",
            breaker(json!({})),
            breaker(json!({"max_deny_ratio": 0.5})),
            Tightening,
        ),
        (
            "environment.circuit_breaker.max_error_ratio",
            breaker(json!({"max_error_ratio": 0.25})),
            breaker(json!({"max_error_ratio": 0.5})),
            Loosening,
        ),
        ("environment.circuit_breaker.max_p99_ms", breaker(json!({})), breaker(json!({"max_p99_ms": 9})), Loosening),
        ("environment.tokens.keys", json!({}), json!({"tokens": {"keys": [SIGNER]}}), Loosening),
        ("environment.tokens.keys", json!({"tokens": {"keys": [SIGNER]}}), json!({}), Tightening),
        ("environment.tokens.max_ttl_seconds", json!({}), json!({"tokens": {"max_ttl_seconds": 60}}), Tightening),
        (
            "environment.tokens.max_ttl_seconds",
            json!({"tokens": {"max_ttl_seconds": 60}}),
            json!({"tokens": {"max_ttl_seconds": 90}}),
            Loosening,
        ),
        ("environment.circuit_breaker.alerts", breaker(json!({})), breaker(json!({"alerts": ["ada"]})), Neutral),
    ];
    rows.extend(approvals(
        "approvals",
        [
            "environment.approvals.required",
            "environment.approvals.from",
            "environment.approvals.evidence",
            "environment.approvals.loosening.required",
            "environment.approvals.loosening.from",
        ],
    ));
    rows
}

fn suites() -> Vec<Row> {
    let test = |name: &str, effect: &str| {
        json!({"tests": [
            {"name": name, "action": {"operation": "x"}, "expect": {"effect": effect}},
            {"name": "other", "action": {"operation": "y"}, "expect": {"effect": "allow"}},
        ]})
    };
    let matrix = |effect: &str| json!({"matrix": {"agents": ["a"], "actions": {"one": {"operation": "x"}}, "expect": {"a": {"one": effect}}}});
    vec![
        ("suite.description", json!({}), json!({"description": "of it"}), Neutral),
        ("suite.tests", test("one", "deny"), test("one", "allow"), Neutral),
        ("suite.tests", test("one", "deny"), test("two", "deny"), Neutral),
        ("suite.matrix", matrix("deny"), matrix("allow"), Neutral),
    ]
}

fn rows() -> Vec<Row> {
    [
        policies(),
        approval_rules(),
        rules(),
        conditions(),
        exceptions(),
        catalogs(),
        settings(),
        identities(),
        environments(),
        suites(),
    ]
    .concat()
}

fn merged(base: &Value, more: &Value) -> Value {
    let mut map = base.as_object().unwrap().clone();
    map.extend(more.as_object().unwrap().clone());
    Value::Object(map)
}

/// What a document of a kind is if it says nothing else.
fn base(kind: &str) -> Value {
    match kind {
        "policy" => json!({"id": "p0", "denied_actions": ["z"]}),
        "rule" => json!({
            "id": "r0", "agent_id": "*", "policy_name": "a rule", "target_integration": "*", "operation": "*",
            "resource_scope": "*", "data_classification": "confidential", "policy_effect": "deny",
            "rationale": "because it is so",
        }),
        "exception" => json!({
            "kind": "exception", "id": "e0", "policy": "p0", "reason": "a reason of its own", "agents": ["a"],
            "expires_at": "2027-01-01T00:00:00Z",
        }),
        "suite" => json!({
            "kind": "suite", "id": "s0",
            "tests": [{"name": "one", "action": {"operation": "x"}, "expect": {"effect": "allow"}}],
        }),
        "identities" => {
            json!({"principals": {"ada": {"accounts": ["github:ada"]}, "bob": {"accounts": ["github:bob"]}}})
        }
        _ => json!({}),
    }
}

/// A repository with one document of a kind, and what it needs.
fn repository(kind: &str, more: &Value) -> Compilation {
    let principals = kind == "identities";
    let mut document = merged(&base(kind), more);
    if let (true, Some(given)) = (principals, more.get("principals")) {
        document["principals"] = merged(&base(kind)["principals"], given);
    }
    let mut documents = vec![json!({"id": "p1", "denied_actions": ["z"], "run_budget": 5})];
    match kind {
        "exception" => {
            documents.push(json!({"id": "p0", "denied_actions": ["x", "y"], "run_budget": 5}));
            documents.push(document.clone());
        }
        "policy" | "rule" | "suite" => documents.push(document.clone()),
        _ => {}
    }
    let file =
        |wanted: &str, otherwise: Value| if kind == wanted { document.to_string() } else { otherwise.to_string() };
    let files = [
        ("policies/documents.json", Value::from(documents).to_string()),
        ("policyc.yaml", file("settings", json!({}))),
        ("catalog.yaml", file("catalog", json!({}))),
        ("identities.yaml", file("identities", base("identities"))),
        ("environments/production.yaml", file("environment", json!({}))),
    ];
    let (sources, compilation) = Memory::new(files.iter().map(|(path, text)| (*path, text.as_str()))).compile();
    assert!(compilation.bundle.is_some(), "{kind} {more}: {}", told(&compilation.diagnostics, &sources));
    compilation
}

/// The direction of everything, of what governs too.
fn direction(of: &Difference) -> Direction {
    of.documents.iter().fold(Neutral, |so_far, document| so_far.join(document.direction))
}

/// A path as the rows write it, without what stands inside lists and maps.
fn is_led_to(path: &[Step], field: &str) -> bool {
    let names: Vec<&str> = field.split('.').skip(1).map(|name| name.trim_end_matches(['[', ']', '{', '}'])).collect();
    let mut steps = path.iter().filter_map(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None });
    // Steps between two names are keys of maps; a whole that came or went ends the path early.
    let mut missing = names.iter().filter(|name| !steps.by_ref().any(|step| step == **name));
    missing.next().is_none() || path.len() < names.len() || field.contains("data_classification.")
}

#[test]
fn every_row_is_told_in_both_ways() {
    let mut wrong = Vec::new();
    for (field, before, after, expected) in rows() {
        let kind = field.split('.').next().unwrap();
        let (old, new) = (repository(kind, &before), repository(kind, &after));
        let there = difference(&side(&old), &side(&new));
        let back = difference(&side(&new), &side(&old));
        let changes: Vec<_> = there.documents.iter().flat_map(|document| &document.changes).collect();
        if direction(&there) != expected || direction(&back) != expected.flip() {
            let told = (direction(&there).as_str(), direction(&back).as_str());
            wrong.push(format!("{field}: {before} -> {after}: {told:?} is not {}", expected.as_str()));
        }
        if changes.is_empty() || !changes.iter().any(|change| is_led_to(&change.path, field)) {
            wrong.push(format!("{field}: {before} -> {after}: told elsewhere: {changes:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The paths of all fields.
fn fields() -> BTreeSet<String> {
    Kind::ALL.into_iter().flat_map(|kind| published::fields(&published::schema(kind), kind.as_str())).collect()
}

/// Compared as values, part by part: what is inside needs no row of its own.
const AS_VALUES: [&str; 4] = ["suite.tests", "suite.matrix", "settings.logs", "settings.records.mappings"];

#[test]
fn every_field_has_a_row() {
    let rows: BTreeSet<&str> = rows().iter().map(|(field, ..)| *field).collect();
    let fields = fields();
    let holds_others = |field: &str| fields.iter().any(|other| other.len() > field.len() && other.starts_with(field));
    let known = |field: &&String| {
        let last = field.rsplit('.').next().unwrap();
        let fixed = matches!(last, "$schema" | "kind" | "id") && field.matches('.').count() == 1;
        let inside = AS_VALUES.iter().any(|values| field.len() > values.len() && field.starts_with(values));
        // One limit stands for a list of one.
        let row = field.replace("{}[].", "{}.");
        fixed || inside || rows.contains(row.as_str()) || holds_others(field)
    };
    let unknown: Vec<_> = fields.iter().filter(|field| !known(field)).collect();
    assert!(unknown.is_empty(), "no direction is tested for {unknown:#?}");
    let wrong: Vec<_> = rows.iter().filter(|row| !fields.contains(**row)).collect();
    assert!(wrong.is_empty(), "no fields: {wrong:?}");
}

/// What a field of everything that decides is to whoever tells which actions a change permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// A change of it is a region of actions, or none.
    Region,
    /// It is told as a setting.
    Setting,
    /// It is a region as far as the action alone decides, and a setting where something else asks too or history counts.
    Either,
    /// It decides nothing.
    Nothing,
}

fn told_as(field: &str) -> Option<Told> {
    use Told::{Either, Nothing, Region, Setting};
    let (kind, name) = field.split_once('.')?;
    let told = match (kind, name) {
        ("policy", "name" | "description" | "commit_actions" | "approval_rules[].name") => Nothing,
        ("policy", "denied_actions" | "allowed_actions" | "argument_constraints") => Region,
        ("policy", "enabled" | "scope" | "target_id" | "require_approval" | "approval_rules") => Either,
        ("policy", "approval_actions" | "approval_tags" | "approval_risk_levels" | "approval_threshold_usd") => Either,
        ("policy", name) if name.starts_with("approval_rules[].when.") => Either,
        ("policy", "session_budget" | "run_budget" | "action_budgets" | "default_approvers") => Setting,
        ("policy", "approval_timeout_seconds" | "approval_rules[].approvers") => Setting,
        ("policy", "approval_rules[].required" | "approval_rules[].timeout_seconds") => Setting,
        ("policy", "evidence_requirements" | "evidence_max_age_seconds" | "evidence_actions") => Setting,
        ("policy", name) if name.starts_with("rate_limits") || name.starts_with("grounding_rules") => Setting,
        ("rule", "policy_name" | "rationale" | "modified_by" | "modified_at") => Nothing,
        ("rule", "agent_id" | "target_integration" | "operation" | "resource_scope" | "policy_effect") => Region,
        ("rule", "priority" | "is_active" | "conditions.arguments") => Region,
        ("rule", name) if name.starts_with("data_classification") => Region,
        ("rule", "max_session_ttl" | "conditions.time_restriction.timezone") => Setting,
        ("rule", name) if name.starts_with("conditions.rate_limit") => Setting,
        ("rule", name) if name.starts_with("conditions.webhook_check") => Setting,
        ("rule", name) if name.starts_with("conditions.time_restriction") => Region,
        ("rule", "conditions.cost_threshold.max_cost_per_action") => Region,
        ("rule", "conditions.cost_threshold.max_cost_per_hour") => Setting,
        ("rule", "conditions.cost_threshold" | "conditions.cost_threshold.on_exceed") => Either,
        ("exception", "reason") => Nothing,
        ("exception", "policy" | "agents" | "runs" | "actions" | "reasons") => Either,
        ("exception", "starts_at" | "expires_at" | "max_uses") => Setting,
        ("catalog", "actions{}.cost_usd" | "actions{}.resource") => Setting,
        ("catalog", name) if name.starts_with("defaults.") => Setting,
        ("catalog", "actions{}.description" | "actions{}.arguments" | "agents{}.owner") => Nothing,
        ("catalog", "actions") => Either,
        ("catalog", "actions{}.tags" | "actions{}.risk_level" | "actions{}.data_classification") => Region,
        ("catalog", "agents" | "agents{}.groups" | "agents{}.missions" | "agents{}.state") => Region,
        ("catalog", "closed" | "closed_agents") => Region,
        ("settings", "defaults.effect") => Region,
        ("settings", "defaults.session_ttl") => Setting,
        _ => return None,
    };
    Some(told)
}

/// Whether a field is about what decides: not of suites, and not of who may change it.
fn decides(field: &str) -> bool {
    let (kind, name) = field.split_once('.').unwrap();
    matches!(kind, "policy" | "rule" | "exception" | "catalog") || kind == "settings" && name.starts_with("defaults.")
}

/// Whoever tells which actions a change permits leaves no field out.
#[test]
fn every_field_that_decides_is_a_region_or_a_setting() {
    let deciding = rows().into_iter().filter(|(field, ..)| decides(field));
    let mut wrong = Vec::new();
    for (field, before, after, direction) in deciding {
        let Some(told) = told_as(field) else {
            wrong.push(format!("{field}: neither a region nor a setting"));
            continue;
        };
        let kind = field.split('.').next().unwrap();
        let sides = (repository(kind, &before), repository(kind, &after));
        for (old, new) in [(&sides.0, &sides.1), (&sides.1, &sides.0)] {
            let changed = changed_settings(&side(old), &side(new));
            let found = effects(old.bundle.as_ref().unwrap(), new.bundle.as_ref().unwrap(), Limits::default());
            let named = changed.iter().any(|one| is_led_to(&one.change.path, field));
            let fits = match told {
                Told::Nothing => changed.is_empty() && found == Effects::default(),
                // Not every change of such a field makes a difference to an action whose facts are known.
                Told::Region => changed.is_empty(),
                Told::Setting => named == (direction != Neutral),
                Told::Either => !named || direction != Neutral,
            };
            if !fits {
                wrong.push(format!("{field} {told:?}: {before} -> {after}: {changed:#?} {found:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The settings between two lists of documents, with their directions.
fn settings_between(before: &Value, after: &Value) -> Vec<(String, Direction, String)> {
    let compiled = |documents: &Value| {
        let text = documents.to_string();
        let (sources, compilation) = Memory::new([("policies/documents.json", text.as_str())]).compile();
        assert!(compilation.bundle.is_some(), "{}", told(&compilation.diagnostics, &sources));
        compilation
    };
    let (old, new) = (compiled(before), compiled(after));
    let path = |path: &[Step]| {
        let step = |step: &Step| match step {
            Step::Key(key) => key.clone(),
            Step::Index(at) => at.to_string(),
        };
        path.iter().map(step).collect::<Vec<_>>().join("/")
    };
    let all = changed_settings(&side(&old), &side(&new)).into_iter();
    all.map(|one| (path(&one.change.path), one.change.direction, one.scope)).collect()
}

/// A document that comes shows its settings as those of a policy or rule without them.
#[test]
fn documents_that_come_and_go_show_their_settings() {
    let one = json!([{"id": "q", "run_budget": 1}]);
    let policy = json!({
        "id": "p", "scope": "agent", "target_id": "a*", "run_budget": 5, "denied_actions": ["z"],
        "approval_rules": [{"when": {"actions": ["x"]}, "required": 2}],
    });
    let with = |document: &Value| json!([one[0], document]);
    let all = |direction| {
        let scope = "agent a*".to_owned();
        vec![("run_budget".to_owned(), direction, scope.clone()), ("approval_rules/0".to_owned(), direction, scope)]
    };
    assert_eq!(settings_between(&one, &with(&policy)), all(Tightening));
    assert_eq!(settings_between(&with(&policy), &one)[0], all(Loosening)[0]);
    let off = merged(&policy, &json!({"enabled": false}));
    assert_eq!(settings_between(&with(&off), &with(&policy)), all(Tightening));
    assert_eq!(settings_between(&with(&off), &with(&merged(&off, &json!({"run_budget": 9})))), []);
    let limit = json!({"rate_limit": {"max_actions": 1, "window_minutes": 1, "on_exceed": "deny"}});
    let allow = rule("r", json!({"policy_effect": "allow", "agent_id": "b", "conditions": limit}));
    let limited = |direction| vec![("conditions/rate_limit".to_owned(), direction, "agent b".to_owned())];
    assert_eq!(settings_between(&one, &with(&allow)), limited(Tightening));
    // It goes with its rule: what decides instead stands in the regions.
    assert_eq!(settings_between(&with(&allow), &one), limited(Neutral));
}

/// What an approval asks for matters where another one is asked for as well: the effect stays, and fewer may suffice.
#[test]
fn who_approves_is_told_where_several_ask() {
    let asks = |most: u64| json!({"when": {"actions": ["m.x"], "arguments": {"a": {"type": "number", "exclusiveMinimum": most}}}, "required": 2});
    let with = |most: u64, others: &Value| json!([{"id": "p", "approval_rules": [asks(most)]}, others]);
    let told = |others: Value| settings_between(&with(5, &others), &with(9, &others));
    assert_eq!(told(json!({"id": "q", "run_budget": 1})), []);
    assert_eq!(told(json!({"id": "q", "approval_rules": [{"when": {"actions": ["m.y"]}}]})), []);
    for others in [
        json!({"id": "q", "approval_rules": [{"when": {"actions": ["m.*"]}}]}),
        json!({"id": "q", "require_approval": true}),
        rule("r", json!({"policy_effect": "approval_required"})),
    ] {
        let expected = [("approval_rules/0/when/arguments/a".to_owned(), Loosening, "every action".to_owned())];
        assert_eq!(told(others), expected);
    }
}

/// An exception from what counts is no region.
#[test]
fn an_exception_from_what_counts_is_a_setting() {
    let policies = |more: Value| merged(&json!({"id": "p0", "denied_actions": ["z"]}), &more);
    let exception = merged(&base("exception"), &json!({"max_uses": 3}));
    let added = |policy: Value| {
        let told = settings_between(&json!([policy]), &json!([policy, exception]));
        told.into_iter().map(|(path, direction, _)| (path, direction)).collect::<Vec<_>>()
    };
    let bounds = [("expires_at".to_owned(), Tightening), ("max_uses".to_owned(), Tightening)];
    assert_eq!(added(policies(json!({}))), bounds);
    let whole = [&[(String::new(), Loosening)][..], &bounds].concat();
    assert_eq!(added(policies(json!({"run_budget": 5}))), whole);
}

/// Documents of a repository, and the direction of what is not the same.
fn between(before: &Value, after: &Value) -> Difference {
    let compiled = |documents: &Value| {
        let text = documents.to_string();
        let (sources, compilation) = Memory::new([("policies/documents.json", text.as_str())]).compile();
        assert!(compilation.bundle.is_some(), "{}", told(&compilation.diagnostics, &sources));
        compilation
    };
    let (old, new) = (compiled(before), compiled(after));
    difference(&side(&old), &side(&new))
}

fn rule(id: &str, more: Value) -> Value {
    merged(&merged(&base("rule"), &json!({ "id": id, "data_classification": {"at_least": "public"} })), &more)
}

/// The first rule makes the default a deny, the last one that goes makes it an allow; whether it is active or not.
#[test]
fn the_first_rule_changes_the_default() {
    let without = json!([{"id": "p", "denied_actions": ["z"]}]);
    let with =
        json!([{"id": "p", "denied_actions": ["z"]}, rule("r", json!({"policy_effect": "allow", "is_active": false}))]);
    let of = between(&without, &with);
    let default = of.default_effect.unwrap();
    assert_eq!((default.direction, default.written), (Tightening, false));
    assert_eq!(of.documents[0].direction, Neutral, "it is not active");
    assert_eq!(of.direction(), Tightening);
    assert_eq!(between(&with, &without).direction(), Loosening);
    let more = json!([with[0], with[1], rule("s", json!({"policy_effect": "allow", "is_active": false}))]);
    assert_eq!(between(&with, &more).default_effect, None);
}

/// What a rule that asks does hangs on what would decide instead.
#[test]
fn a_rule_that_asks_is_held_against_the_others() {
    let asks = rule("a", json!({"policy_effect": "approval_required", "priority": 200}));
    let deny = rule("d", json!({"policy_effect": "deny"}));
    let allow = rule("c", json!({"policy_effect": "allow"}));
    let added = |others: &[&Value]| {
        let all: Vec<&Value> = others.iter().copied().chain([&asks]).collect();
        between(&json!(others), &json!(all)).documents[0].direction
    };
    assert_eq!(added(&[&deny]), Loosening);
    // The default is a deny.
    assert_eq!(added(&[&allow]), Both);
    assert_eq!(added(&[&deny, &allow]), Both);
    let first = rule("d", json!({"policy_effect": "deny", "priority": 300}));
    assert_eq!(added(&[&first]), Loosening, "the default is a deny, and the other one goes before");
}

#[test]
fn a_rule_that_is_asked_earlier_decides_instead_of_those_it_passes() {
    let moved = |effect: &str, passed: &str, conditions: Value| {
        let other = rule("o", json!({"policy_effect": passed, "conditions": conditions}));
        let at = |priority: u64| json!([other, rule("m", json!({"policy_effect": effect, "priority": priority}))]);
        between(&at(1), &at(200)).direction()
    };
    assert_eq!(moved("deny", "allow", Value::Null), Tightening);
    assert_eq!(moved("allow", "deny", Value::Null), Loosening);
    assert_eq!(moved("approval_required", "allow", Value::Null), Tightening);
    assert_eq!(moved("approval_required", "deny", Value::Null), Loosening);
    let night = json!({"time_restriction": {"blocked_hours": [1]}});
    assert_eq!(moved("approval_required", "allow", night), Both);
}

/// A rule that becomes more restrictive goes before others of its priority, and matches arguments of any type.
#[test]
fn a_more_restrictive_effect_may_permit_more() {
    let raised = |others: &[Value], conditions: Value| {
        let of = |effect: &str| rule("m", json!({"policy_effect": effect, "conditions": conditions}));
        let with = |effect: &str| json!(others.iter().cloned().chain([of(effect)]).collect::<Vec<_>>());
        between(&with("allow"), &with("approval_required")).direction()
    };
    let night = json!({"time_restriction": {"blocked_hours": [1]}});
    let other = |priority: u64| rule("a", json!({"policy_effect": "allow", "priority": priority, "conditions": night}));
    assert_eq!(raised(&[other(100)], Value::Null), Both);
    assert_eq!(raised(&[other(99)], Value::Null), Tightening);
    assert_eq!(
        raised(&[], json!({"arguments": {"a": {"type": "integer"}}})),
        Both,
        "a text was denied, and is asked about"
    );
}

/// A rule that decides instead of one with an exception leaves a use of it to another action.
#[test]
fn counted_exceptions_from_rules_leave_nothing_certain_but_denials() {
    let counted = merged(&base("exception"), &json!({"policy": "d", "max_uses": 1}));
    let wider = |effect: &str| {
        let with = |agent: &str| {
            let of = rule("m", json!({"policy_effect": effect, "agent_id": agent, "priority": 200}));
            json!([rule("d", json!({})), counted, of])
        };
        between(&with("a"), &with("a*")).direction()
    };
    assert_eq!(wider("allow"), Both);
    assert_eq!(wider("deny"), Tightening);
}

/// An exception from a rule passes it over, and what is asked after it decides.
#[test]
fn an_exception_from_a_rule_is_held_against_the_others() {
    let added = |effect: &str, reasons: Value| {
        let of = rule(
            "r",
            json!({"policy_effect": effect, "conditions": if effect == "deny" { Value::Null } else { json!({"rate_limit": {"max_actions": 1, "window_minutes": 1, "on_exceed": "deny"}}) }}),
        );
        let exception = merged(&base("exception"), &merged(&json!({"policy": "r"}), &reasons));
        between(&json!([of]), &json!([of, exception])).direction()
    };
    assert_eq!(added("deny", json!({})), Loosening);
    assert_eq!(added("allow", json!({})), Both);
    // The default is a deny.
    assert_eq!(added("allow", json!({"reasons": ["RULE"]})), Tightening);
    assert_eq!(added("allow", json!({"reasons": ["RULE_CONDITION"]})), Loosening);
}

#[test]
fn whole_documents_have_a_direction() {
    let policy = json!({"id": "p", "denied_actions": ["z"]});
    let one = json!([{"id": "q", "run_budget": 1}]);
    let with = |document: Value| json!([one[0], document]);
    assert_eq!(between(&one, &with(policy.clone())).direction(), Tightening);
    assert_eq!(between(&with(policy.clone()), &one).direction(), Loosening);
    let off = merged(&policy, &json!({"enabled": false}));
    assert_eq!(between(&one, &with(off.clone())).direction(), Neutral);
    // What a policy says that is not enabled says nothing, until it is.
    let other = merged(&off, &json!({"denied_actions": []}));
    assert_eq!(between(&with(off.clone()), &with(other.clone())).direction(), Neutral);
    let on = merged(&other, &json!({"enabled": true, "denied_actions": ["y"]}));
    let of = between(&with(off), &with(on));
    assert_eq!(of.direction(), Tightening, "{of:#?}");
    let renamed = between(&with(policy.clone()), &with(merged(&policy, &json!({"id": "r"}))));
    assert_eq!(renamed.direction(), Both, "{renamed:#?}");
    let kind = between(&with(policy), &with(rule("p", json!({}))));
    assert_eq!(kind.documents.len(), 2, "a rule under the id of a policy is another document");
}

/// What an exception that holds for a number of uses is used up by is another thing when its policy says something else.
#[test]
fn counted_exceptions_leave_nothing_certain() {
    let counted = merged(&base("exception"), &json!({"max_uses": 1}));
    let with = |denied: Value| json!([{"id": "p0", "denied_actions": denied}, counted]);
    assert_eq!(between(&with(json!(["x"])), &with(json!(["x", "y"]))).direction(), Both);
}

/// A requirement that is met too long ago is another reason than one that is not met: an exception may lift one of them.
#[test]
fn what_counts_as_evidence_may_change_the_reason() {
    let policy = |actions: Value| json!({"id": "p0", "evidence_requirements": {"x": ["*"]}, "evidence_actions": actions, "evidence_max_age_seconds": 60});
    let one = |reasons: Value| merged(&base("exception"), &json!({ "reasons": reasons }));
    let of = |reasons: Value| {
        between(&json!([policy(json!(["y"])), one(reasons.clone())]), &json!([policy(json!(["y", "z"])), one(reasons)]))
            .direction()
    };
    assert_eq!(of(json!(["MISSING_EVIDENCE"])), Both);
    assert_eq!(of(json!(["MISSING_EVIDENCE", "STALE_EVIDENCE"])), Loosening);
}

#[test]
fn a_summary_names_the_fields() {
    let (before, after) = (json!({"id": "p", "a": 1, "b": [1]}), json!({"id": "p", "a": 1.0, "b": [2], "c": null}));
    assert_eq!(summary(Some(&before), Some(&after)), "Updated: b, c");
    assert_eq!(summary(None, Some(&after)), "Created");
    assert_eq!(summary(Some(&before), None), "Removed");
    assert_eq!(summary(Some(&before), Some(&before)), "");
}
