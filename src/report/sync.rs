//! What a caller is bound by, as JSON, `policyc.sync/v1`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::canon;
use crate::engine::{Merged, Resolved};
use crate::model::{
    ActionPattern, Catalog, Document, DocumentId, Exception, Grounding, GroundingFrom, Limit, Per, Policy, Risk, Scope,
    Usd,
};

/// The policies that apply to a caller, merged most restrictively. Everything in it binds.
///
/// How to read it: a pattern of actions without a dot is the operation; one with a dot is split at its first dot into
/// integration and operation, and `*` stands for any characters. In whatever denies, asks, counts or demands, a pattern
/// with a dot also matches when the whole of it matches the operation. What is not known of an action (a fact that
/// neither its record nor the catalog gives) must be taken restrictively: as denied, asked, counted, not proven.
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
    pub session_budget: Option<f64>,
    /// USD for a run; null: no limit.
    pub run_budget: Option<f64>,
    /// USD for matching actions of a session.
    pub action_budgets: BTreeMap<String, f64>,
    /// Everything that is denied.
    pub denied_actions: Vec<String>,
    /// Lists of allowed actions, and an action must be on every one; null: no list; `[]`: nothing is allowed. A closed
    /// catalog is one of the lists: what it does not name is denied.
    pub allowed_actions: Option<Vec<Vec<String>>>,
    /// Every limit, each with its own counter.
    pub rate_limits: Vec<SyncLimit>,
    /// Whether approval is asked for; without a criterion below, for everything.
    pub require_approval: bool,
    /// Criterion: these actions.
    pub approval_actions: Vec<String>,
    /// Criterion: these tags.
    pub approval_tags: Vec<String>,
    /// Criterion: these risks.
    pub approval_risk_levels: Vec<&'static str>,
    /// Criterion: this cost or more, in USD.
    pub approval_threshold_usd: Option<f64>,
    /// Who approves and how fast, for each policy that asks: each must be met where its own criteria are.
    pub approval_duties: Vec<SyncDuty>,
    /// Further criteria, whatever `require_approval` says: approval rules as documents write them, with their policy.
    /// Inside one, everything under `when` must hold; an argument of another type than the schema's matches.
    pub approval_rules: Vec<serde_json::Map<String, Value>>,
    /// What must have succeeded earlier in the run.
    pub evidence_requirements: Vec<SyncEvidence>,
    /// What arguments must satisfy.
    pub argument_constraints: Vec<SyncConstraint>,
    /// What arguments must equal.
    pub grounding_rules: Vec<SyncGrounding>,
    /// The exceptions that are applied already: what they lift is left out of this answer. Documents in canonical form.
    pub exceptions_applied: Vec<serde_json::Map<String, Value>>,
    /// Other exceptions that may lift something of a policy or pass over a rule, still to be applied; one from a rule that
    /// allows takes that permission away.
    pub exceptions: Vec<serde_json::Map<String, Value>>,
    /// Until when this holds (RFC 3339), where an applied exception ends; null: until something changes.
    pub valid_until: Option<String>,
    /// The rules that may match the caller, in the order in which they are asked.
    /// Documents in canonical form; the first that matches decides beside the policies, and the more restrictive of the two
    /// holds.
    pub rules: Vec<serde_json::Map<String, Value>>,
    /// What is known of actions (tags, risk, cost, classification) and agents, in canonical form: of a record and the
    /// catalog, the higher risk and classification and the union of tags hold, and the record's cost.
    pub catalog: serde_json::Map<String, Value>,
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
    /// The number of its version; null for a draft, and without history.
    pub version: Option<u64>,
    /// global, group, mission, agent or run.
    pub scope: &'static str,
    /// Whether it surely applies.
    pub certain: bool,
}

/// How often matching actions may happen: one more is denied once so many lie in (now − window, now].
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncLimit {
    /// The policy, which has a counter of its own.
    pub policy: String,
    /// The actions.
    pub actions: String,
    /// The most actions in the window.
    pub max_count: u64,
    /// The window, in seconds.
    pub window_seconds: u64,
    /// Whose actions are counted together: agent, run, session, or scope for all that the policy applies to.
    pub per: Per,
}

/// An approval that one policy asks for by its criteria; without any, for everything.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncDuty {
    /// The policy.
    pub policy: String,
    /// Criterion: these actions.
    pub actions: Vec<String>,
    /// Criterion: any of these tags.
    pub tags: Vec<String>,
    /// Criterion: exactly these risks.
    pub risk_levels: Vec<Risk>,
    /// Criterion: this cost or more, in USD.
    pub threshold_usd: Option<f64>,
    /// Who approves; empty: nobody is named.
    pub approvers: Vec<String>,
    /// How many must approve.
    pub required: u64,
    /// How long it is waited for, in seconds.
    pub timeout_seconds: u64,
}

/// What must have succeeded earlier in the run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncEvidence {
    /// The policy.
    pub policy: String,
    /// The actions that need it.
    pub actions: String,
    /// The actions of which each must have succeeded.
    pub required: Vec<String>,
    /// The only actions that count; empty: all do.
    pub evidence_actions: Vec<String>,
    /// How old it may be in seconds, by the action that needs it; the smallest that matches holds.
    pub max_age_seconds: BTreeMap<String, u64>,
}

/// What arguments must satisfy.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncConstraint {
    /// The policy.
    pub policy: String,
    /// The actions.
    pub actions: String,
    /// A JSON Schema (2020-12, `format` asserts) of the whole object of arguments.
    pub schema: Value,
}

/// An argument that, where it is present, must equal what an earlier successful action of the run brought.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncGrounding {
    /// The policy.
    pub policy: String,
    /// The actions.
    pub actions: String,
    /// The argument.
    pub argument: String,
    /// The earlier action.
    pub source_action: String,
    /// The field, with dots between its parts.
    pub source_field: String,
    /// In its result or in its arguments.
    pub source_from: GroundingFrom,
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
pub struct Asked<'v> {
    /// The numbers of the versions that documents are.
    pub versions: &'v BTreeMap<DocumentId, u64>,
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
pub fn sync(merged: &Merged<'_>, catalog: &Catalog, asked: Asked<'_>) -> Sync {
    let nothing = asked.kill_switch || !merged.refused.is_empty();
    let mut lists: Vec<Vec<String>> = merged.allowed_actions.iter().map(|list| texts(list.says)).collect();
    lists.extend(merged.known_actions.as_ref().map(texts));
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
        policies: merged.policies.iter().map(|(policy, certain)| applies(policy, *certain, asked.versions)).collect(),
        session_budget: merged.session_budget.map(dollars),
        run_budget: merged.run_budget.map(dollars),
        action_budgets: merged
            .action_budgets
            .iter()
            .map(|(actions, limit)| (actions.to_string(), dollars(*limit)))
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
        approval_threshold_usd: merged.approval_threshold_usd.filter(|_| !blanket).map(dollars),
        approval_duties: merged.duties.iter().map(|policy| duty(policy)).collect(),
        approval_rules: merged
            .approval_rules
            .iter()
            .map(|one| said(one.policy, map(canon::approval_rule(one.says))))
            .collect(),
        evidence_requirements: merged.evidence.iter().map(|one| evidence(one.policy, one.says)).collect(),
        argument_constraints: merged.constraints.iter().map(|one| constraint(one.policy, one.says)).collect(),
        grounding_rules: merged.groundings.iter().map(|one| grounding(one.policy, one.says)).collect(),
        exceptions_applied: merged.applied.iter().map(|exception| canonical(exception)).collect(),
        exceptions: merged.listed.iter().map(|exception| canonical(exception)).collect(),
        valid_until: merged
            .applied
            .iter()
            .filter_map(|exception| exception.expires_at)
            .min()
            .map(|time| time.to_string()),
        rules: merged.rules.iter().map(|rule| map(canon::document(&Document::Rule((*rule).clone())))).collect(),
        catalog: map(canon::catalog(catalog)),
        default_effect: asked.default_effect,
        conflicts: merged.conflicts.iter().map(conflict).collect(),
    }
}

fn texts<T: ToString>(patterns: impl IntoIterator<Item = T>) -> Vec<String> {
    patterns.into_iter().map(|pattern| pattern.to_string()).collect()
}

fn applies(policy: &Policy, certain: bool, versions: &BTreeMap<DocumentId, u64>) -> SyncPolicy {
    let scope = match policy.scope {
        Scope::Global => "global",
        Scope::Agent(_) => "agent",
        Scope::Run(_) => "run",
        Scope::Group(_) => "group",
        Scope::Mission(_) => "mission",
    };
    SyncPolicy { id: policy.id.to_string(), version: versions.get(&policy.id).copied(), scope, certain }
}

/// A canonical value is a map.
fn map(value: Value) -> serde_json::Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "JSON numbers are doubles; amounts hold at most fifteen digits")]
fn dollars(amount: Usd) -> f64 {
    amount.to_json().as_f64().unwrap_or(amount.nano() as f64 / 1e9)
}

fn said(policy: &Policy, mut rule: serde_json::Map<String, Value>) -> serde_json::Map<String, Value> {
    rule.insert("policy".to_owned(), json!(policy.id.as_str()));
    let own = rule.get("approvers").and_then(Value::as_array).is_some_and(|approvers| !approvers.is_empty());
    if !own {
        rule.insert("approvers".to_owned(), json!(policy.default_approvers));
    }
    if rule.get("timeout_seconds").is_none_or(Value::is_null) {
        rule.insert("timeout_seconds".to_owned(), json!(policy.approval_timeout_seconds));
    }
    rule
}

fn limit(policy: &Policy, (actions, limit): (&ActionPattern, &Limit)) -> SyncLimit {
    SyncLimit {
        policy: policy.id.to_string(),
        actions: actions.to_string(),
        max_count: limit.max_count,
        window_seconds: limit.window_seconds,
        per: limit.per,
    }
}

fn duty(policy: &Policy) -> SyncDuty {
    SyncDuty {
        policy: policy.id.to_string(),
        actions: texts(&policy.approval_actions),
        tags: texts(&policy.approval_tags),
        risk_levels: policy.approval_risk_levels.iter().copied().collect(),
        threshold_usd: policy.approval_threshold_usd.map(dollars),
        approvers: texts(&policy.default_approvers),
        required: 1,
        timeout_seconds: policy.approval_timeout_seconds,
    }
}

fn evidence(policy: &Policy, (actions, required): (&ActionPattern, &BTreeSet<ActionPattern>)) -> SyncEvidence {
    let ages = policy.evidence_max_age_seconds.iter().map(|(actions, age)| (actions.to_string(), *age));
    SyncEvidence {
        policy: policy.id.to_string(),
        actions: actions.to_string(),
        required: texts(required),
        evidence_actions: texts(&policy.evidence_actions),
        max_age_seconds: ages.collect(),
    }
}

fn constraint(policy: &Policy, (actions, schema): (&ActionPattern, &crate::model::JsonSchema)) -> SyncConstraint {
    SyncConstraint { policy: policy.id.to_string(), actions: actions.to_string(), schema: schema.0.clone() }
}

fn grounding(policy: &Policy, (actions, argument, grounding): (&ActionPattern, &str, &Grounding)) -> SyncGrounding {
    SyncGrounding {
        policy: policy.id.to_string(),
        actions: actions.to_string(),
        argument: argument.to_owned(),
        source_action: grounding.source_action.to_string(),
        source_field: grounding.source_field.clone(),
        source_from: grounding.source_from,
    }
}

fn canonical(exception: &Exception) -> serde_json::Map<String, Value> {
    map(canon::document(&Document::Exception(exception.clone())))
}

fn conflict(conflict: &crate::engine::Conflict<'_>) -> SyncConflict {
    let resolved_value = match &conflict.resolved {
        Resolved::Amount(amount) => amount.to_json(),
        Resolved::Lists(lists) => json!(lists.iter().map(|list| texts(*list)).collect::<Vec<_>>()),
        Resolved::Denied(denied) => json!(texts(denied)),
    };
    SyncConflict { field: conflict.field.clone(), description: conflict.description.clone(), resolved_value }
}
