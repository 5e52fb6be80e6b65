//! What a caller is bound by, as JSON, `policyc.sync/v1`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::canon;
use crate::engine::{Merged, Resolved};
use crate::model::{Document, Exception, Limit, Policy, Scope};

/// The policies that apply to a caller, merged most restrictively. Everything in it binds.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc sync")]
pub struct Sync {
    /// Always `policyc.sync/v1`.
    pub schema: &'static str,
    /// The digest of the bundle.
    pub bundle: String,
    /// Who asked.
    pub agent_id: String,
    /// For which run.
    pub run_id: Option<String>,
    /// Whether the environment's kill switch is on: nothing is allowed then.
    pub kill_switch: bool,
    /// Why the caller may do nothing at all: `AGENT_INACTIVE`, `UNKNOWN_AGENT`.
    pub refused: Vec<&'static str>,
    /// The facts that would tell which policies and exceptions apply; what only may apply is merged too.
    pub missing: Vec<&'static str>,
    /// The policies: global, group, mission, agent, run.
    pub policies: Vec<SyncPolicy>,
    /// USD for a session; null: no limit.
    pub session_budget: Option<Value>,
    /// USD for a run; null: no limit.
    pub run_budget: Option<Value>,
    /// USD for matching actions of a session.
    pub action_budgets: serde_json::Map<String, Value>,
    /// Everything that is denied.
    pub denied_actions: Vec<String>,
    /// Lists of allowed actions, and an action must be on every one; null: no list; `[]`: nothing is allowed.
    pub allowed_actions: Option<Vec<Vec<String>>>,
    /// Every limit, each with its own counter.
    pub rate_limits: Vec<Value>,
    /// Whether approval is asked for; without a criterion below, for everything.
    pub require_approval: bool,
    /// Criterion: these actions.
    pub approval_actions: Vec<String>,
    /// Criterion: these tags.
    pub approval_tags: Vec<String>,
    /// Criterion: these risks.
    pub approval_risk_levels: Vec<&'static str>,
    /// Criterion: this cost or more, in USD.
    pub approval_threshold_usd: Option<Value>,
    /// Who approves and how fast, for each policy that asks: each must be met where its own criteria are.
    pub approval_duties: Vec<Value>,
    /// Further criteria, whatever `require_approval` says.
    pub approval_rules: Vec<Value>,
    /// What must have succeeded earlier in the run.
    pub evidence_requirements: Vec<Value>,
    /// What arguments must satisfy.
    pub argument_constraints: Vec<Value>,
    /// What arguments must equal.
    pub grounding_rules: Vec<Value>,
    /// The exceptions that are applied already, and until when.
    pub exceptions_applied: Vec<Value>,
    /// Other exceptions that may lift something, still to be applied.
    pub exceptions: Vec<Value>,
    /// Until when this holds (RFC 3339), where an applied exception ends; null: until something changes.
    pub valid_until: Option<String>,
    /// The rules that may match the caller, in the order in which they are asked.
    pub rules: Vec<Value>,
    /// The effect of an action that no rule matches.
    pub default_effect: &'static str,
    /// Where policies disagree, and what holds.
    pub conflicts: Vec<SyncConflict>,
}

/// A policy that applies, or may.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncPolicy {
    /// The policy.
    pub id: String,
    /// global, group, mission, agent or run.
    pub scope: &'static str,
    /// Whether it surely applies.
    pub certain: bool,
}

/// Where policies disagree.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncConflict {
    /// The field.
    pub field: String,
    /// Who says what.
    pub description: String,
    /// What holds.
    pub resolved_value: Value,
}

/// Who asked, and under what.
pub struct Asked {
    /// The agent.
    pub agent: String,
    /// The run.
    pub run: Option<String>,
    /// The digest of the bundle.
    pub bundle: String,
    /// The default effect.
    pub default_effect: &'static str,
    /// Whether the kill switch is on.
    pub kill_switch: bool,
}

/// What a caller is bound by, as JSON.
#[must_use]
pub fn sync(merged: &Merged<'_>, asked: Asked) -> Sync {
    let nothing = asked.kill_switch || !merged.refused.is_empty();
    let lists: Vec<Vec<String>> = merged.allowed_actions.iter().map(|list| texts(list.says)).collect();
    let allowed = if lists.is_empty() { None } else { Some(lists) };
    let blanket = merged.everything_asked;
    // A blanket stays one: with criteria beside it, it would be read as asking only for those.
    let unless = |list: Vec<String>| if blanket { Vec::new() } else { list };
    Sync {
        schema: "policyc.sync/v1",
        bundle: asked.bundle,
        agent_id: asked.agent,
        run_id: asked.run,
        kill_switch: asked.kill_switch,
        refused: merged.refused.iter().map(|code| code.as_str()).collect(),
        missing: merged.missing.names().collect(),
        policies: merged.policies.iter().map(|(policy, certain)| applies(policy, *certain)).collect(),
        session_budget: merged.session_budget.map(crate::model::Usd::to_json),
        run_budget: merged.run_budget.map(crate::model::Usd::to_json),
        action_budgets: merged
            .action_budgets
            .iter()
            .map(|(actions, limit)| (actions.to_string(), limit.to_json()))
            .collect(),
        denied_actions: texts(&merged.denied_actions),
        allowed_actions: if nothing { Some(Vec::new()) } else { allowed },
        rate_limits: merged.rate_limits.iter().map(|one| limit(one.policy, one.says)).collect(),
        require_approval: !merged.duties.is_empty(),
        approval_actions: unless(texts(&merged.approval_actions)),
        approval_tags: unless(texts(&merged.approval_tags)),
        approval_risk_levels: if blanket {
            Vec::new()
        } else {
            merged.approval_risk_levels.iter().map(|risk| risk.as_str()).collect()
        },
        approval_threshold_usd: merged.approval_threshold_usd.filter(|_| !blanket).map(crate::model::Usd::to_json),
        approval_duties: merged.duties.iter().map(|policy| duty(policy)).collect(),
        approval_rules: merged
            .approval_rules
            .iter()
            .map(|one| said(one.policy, canon::approval_rule(one.says)))
            .collect(),
        evidence_requirements: merged.evidence.iter().map(|one| evidence(one.policy, one.says)).collect(),
        argument_constraints: merged
            .constraints
            .iter()
            .map(
                |one| json!({"policy": one.policy.id.as_str(), "actions": one.says.0.as_str(), "schema": one.says.1.0}),
            )
            .collect(),
        grounding_rules: merged.groundings.iter().map(|one| grounding(one.policy, one.says)).collect(),
        exceptions_applied: merged.applied.iter().map(|exception| canonical(exception)).collect(),
        exceptions: merged.listed.iter().map(|exception| canonical(exception)).collect(),
        valid_until: merged
            .applied
            .iter()
            .filter_map(|exception| exception.expires_at)
            .min()
            .map(|time| time.to_string()),
        rules: merged.rules.iter().map(|rule| canon::document(&Document::Rule((*rule).clone()))).collect(),
        default_effect: asked.default_effect,
        conflicts: merged.conflicts.iter().map(conflict).collect(),
    }
}

fn texts<T: ToString>(patterns: impl IntoIterator<Item = T>) -> Vec<String> {
    patterns.into_iter().map(|pattern| pattern.to_string()).collect()
}

fn applies(policy: &Policy, certain: bool) -> SyncPolicy {
    let scope = match policy.scope {
        Scope::Global => "global",
        Scope::Agent(_) => "agent",
        Scope::Run(_) => "run",
        Scope::Group(_) => "group",
        Scope::Mission(_) => "mission",
    };
    SyncPolicy { id: policy.id.to_string(), scope, certain }
}

fn said(policy: &Policy, mut value: Value) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.insert("policy".to_owned(), json!(policy.id.as_str()));
        let own = map.get("approvers").and_then(Value::as_array).is_some_and(|approvers| !approvers.is_empty());
        if !own {
            map.insert("approvers".to_owned(), json!(policy.default_approvers));
        }
        if map.get("timeout_seconds").is_none_or(Value::is_null) {
            map.insert("timeout_seconds".to_owned(), json!(policy.approval_timeout_seconds));
        }
    }
    value
}

fn limit(policy: &Policy, (actions, limit): (&crate::model::ActionPattern, &Limit)) -> Value {
    json!({
        "policy": policy.id.as_str(),
        "actions": actions.as_str(),
        "max_count": limit.max_count,
        "window_seconds": limit.window_seconds,
        "per": limit.per,
    })
}

fn duty(policy: &Policy) -> Value {
    json!({
        "policy": policy.id.as_str(),
        "actions": policy.approval_actions.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "tags": policy.approval_tags,
        "risk_levels": policy.approval_risk_levels,
        "threshold_usd": policy.approval_threshold_usd.map(crate::model::Usd::to_json),
        "approvers": policy.default_approvers,
        "required": 1,
        "timeout_seconds": policy.approval_timeout_seconds,
    })
}

fn evidence(
    policy: &Policy,
    (actions, required): (&crate::model::ActionPattern, &std::collections::BTreeSet<crate::model::ActionPattern>),
) -> Value {
    let ages = policy.evidence_max_age_seconds.iter().map(|(actions, age)| (actions.to_string(), json!(age)));
    json!({
        "policy": policy.id.as_str(),
        "actions": actions.as_str(),
        "required": texts(required),
        "evidence_actions": texts(&policy.evidence_actions),
        "max_age_seconds": ages.collect::<serde_json::Map<_, _>>(),
    })
}

fn grounding(
    policy: &Policy,
    (actions, argument, grounding): (&crate::model::ActionPattern, &str, &crate::model::Grounding),
) -> Value {
    json!({
        "policy": policy.id.as_str(),
        "actions": actions.as_str(),
        "argument": argument,
        "source_action": grounding.source_action.as_str(),
        "source_field": grounding.source_field,
        "source_from": grounding.source_from,
    })
}

fn canonical(exception: &Exception) -> Value {
    canon::document(&Document::Exception(exception.clone()))
}

fn conflict(conflict: &crate::engine::Conflict<'_>) -> SyncConflict {
    let resolved_value = match &conflict.resolved {
        Resolved::Amount(amount) => amount.to_json(),
        Resolved::Lists(lists) => json!(lists.iter().map(|list| texts(*list)).collect::<Vec<_>>()),
        Resolved::Denied(denied) => json!(texts(denied)),
    };
    SyncConflict { field: conflict.field.clone(), description: conflict.description.clone(), resolved_value }
}
