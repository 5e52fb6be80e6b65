use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::here::Here;
use super::json_schema::{self, Purpose};
use super::uses::{ArgumentOf, Named};
use crate::diag::{Diagnostic, codes};
use crate::model::{
    ActionPattern, ApprovalRule, DocumentId, Grounding, JsonSchema, Limit, Polarity, Policy, Scope, When,
};
use crate::syntax::{Node, shortened};
use crate::written::{self, Limits, MaxAge, ScopeKind};

/// Lowers a policy.
pub fn lower(cx: &mut Context<'_>, id: DocumentId, policy: &written::Policy, root: &Node) -> Policy {
    use Polarity::{Permits, Restricts};
    let at = Here::root(root);
    check_criteria(cx, policy, at);
    check_commits(cx, policy, at);
    Policy {
        name: policy.name.clone().unwrap_or_else(|| id.to_string()),
        description: policy.description.clone(),
        enabled: policy.enabled,
        scope: scope(cx, policy, at),
        session_budget: cx.optional_usd(policy.session_budget, at.key("session_budget")),
        run_budget: cx.optional_usd(policy.run_budget, at.key("run_budget")),
        action_budgets: cx
            .by_action(&policy.action_budgets, at.key("action_budgets"), Restricts, |cx, _, _, at| cx.usd(at)),
        denied_actions: cx.action_patterns(&policy.denied_actions, at.key("denied_actions"), Restricts),
        allowed_actions: policy
            .allowed_actions
            .as_ref()
            .map(|list| cx.action_patterns(list, at.key("allowed_actions"), Permits)),
        rate_limits: cx.by_action(&policy.rate_limits, at.key("rate_limits"), Restricts, |_, limits, _, _| {
            Some(self::limits(limits))
        }),
        require_approval: policy.require_approval,
        approval_actions: cx.action_patterns(&policy.approval_actions, at.key("approval_actions"), Restricts),
        approval_tags: cx.words(&policy.approval_tags, at.key("approval_tags")),
        approval_risk_levels: policy.approval_risk_levels.iter().copied().collect(),
        approval_threshold_usd: cx.optional_usd(policy.approval_threshold_usd, at.key("approval_threshold_usd")),
        approval_rules: approval_rules(cx, policy, at.key("approval_rules")),
        approval_timeout_seconds: policy.approval_timeout_seconds,
        default_approvers: cx.principals(&policy.default_approvers, at.key("default_approvers")),
        evidence_requirements: cx.by_action(
            &policy.evidence_requirements,
            at.key("evidence_requirements"),
            Restricts,
            |cx, list, _, at| Some(cx.action_patterns(&list.0, at, Permits)),
        ),
        evidence_max_age_seconds: max_age(
            cx,
            policy.evidence_max_age_seconds.as_ref(),
            at.key("evidence_max_age_seconds"),
        ),
        commit_actions: cx.action_patterns(&policy.commit_actions, at.key("commit_actions"), Restricts),
        evidence_actions: cx.action_patterns(&policy.evidence_actions, at.key("evidence_actions"), Permits),
        argument_constraints: constraints(cx, policy, at.key("argument_constraints")),
        grounding_rules: cx.by_action(
            &policy.grounding_rules,
            at.key("grounding_rules"),
            Restricts,
            |cx, map, action, at| Some(grounding(cx, &map.0, action, at)),
        ),
        id,
    }
}

fn scope(cx: &mut Context<'_>, policy: &written::Policy, at: Here<'_>) -> Scope {
    let target_at = at.key("target_id");
    let Some(target) = &policy.target_id else {
        if policy.scope != ScopeKind::Global && cx.sure_of(&["scope", "target_id"]) {
            let message = "a scope other than global needs a target";
            cx.push(
                Diagnostic::new(codes::TARGET_MISSING, at.key("scope").key_span(), message)
                    .help("add `target_id`: a pattern of the agents, runs, groups or missions it applies to"),
            );
        }
        return Scope::Global;
    };
    let pattern = cx.pattern(target, target_at.span());
    if policy.scope == ScopeKind::Global {
        if cx.sure_of(&["scope"]) {
            let message = "a global policy applies to everything and has no target";
            cx.push(
                Diagnostic::new(codes::TARGET_UNUSED, target_at.key_span(), message)
                    .help("remove `target_id`, or set `scope` to agent, run, group or mission"),
            );
        }
        return Scope::Global;
    }
    let Some(pattern) = pattern else { return Scope::Global };
    let span = target_at.span();
    match policy.scope {
        ScopeKind::Agent => cx.names(span, Named::Agent(pattern.clone())),
        ScopeKind::Group => cx.names(span, Named::Group(pattern.clone())),
        ScopeKind::Mission => cx.names(span, Named::Mission(pattern.clone())),
        ScopeKind::Run | ScopeKind::Global => {}
    }
    match policy.scope {
        ScopeKind::Global => Scope::Global,
        ScopeKind::Agent => Scope::Agent(pattern),
        ScopeKind::Run => Scope::Run(pattern),
        ScopeKind::Group => Scope::Group(pattern),
        ScopeKind::Mission => Scope::Mission(pattern),
    }
}

/// Criteria beside `require_approval: false` would never fire.
fn check_criteria(cx: &mut Context<'_>, policy: &written::Policy, at: Here<'_>) {
    if policy.require_approval || !cx.sure_of(&["require_approval"]) {
        return;
    }
    let given = [
        ("approval_actions", !policy.approval_actions.is_empty()),
        ("approval_tags", !policy.approval_tags.is_empty()),
        ("approval_risk_levels", !policy.approval_risk_levels.is_empty()),
        ("approval_threshold_usd", policy.approval_threshold_usd.is_some()),
    ];
    let mut given = given.into_iter().filter(|(_, given)| *given).map(|(key, _)| key);
    let Some(first) = given.next() else { return };
    let mut found = Diagnostic::new(
        codes::CRITERIA_UNUSED,
        at.key(first).key_span(),
        format!("`{first}` never asks for approval: `require_approval` is false"),
    )
    .help("set `require_approval: true`, or remove the criteria");
    if at.key("require_approval").node().is_some() {
        found = found.and(at.key("require_approval").span(), "approval is switched off here");
    }
    for other in given {
        found = found.and(at.key(other).key_span(), "neither does this");
    }
    cx.push(found);
}

/// Each commit action needs an evidence requirement.
fn check_commits(cx: &mut Context<'_>, policy: &written::Policy, at: Here<'_>) {
    if !cx.sure_of(&["evidence_requirements"]) {
        return;
    }
    let required: Vec<ActionPattern> =
        policy.evidence_requirements.keys().filter_map(|key| ActionPattern::parse(key).ok()).collect();
    for (rank, text) in policy.commit_actions.iter().enumerate() {
        let Ok(commit) = ActionPattern::parse(text) else { continue };
        if !required.iter().any(|pattern| pattern.covers(&commit, Polarity::Restricts)) {
            let message = format!("the commit action `{}` has no evidence requirement", shortened(text));
            cx.push(
                Diagnostic::new(codes::COMMIT_WITHOUT_EVIDENCE, at.key("commit_actions").item(rank).span(), message)
                    .help("add it to `evidence_requirements` with the actions that must have succeeded before"),
            );
        }
    }
}

fn limits(limits: &Limits) -> BTreeSet<Limit> {
    let limits = match limits {
        Limits::One(limit) => std::slice::from_ref(limit),
        Limits::Many(limits) => limits,
    };
    let limit = |limit: &written::Limit| Limit {
        window_seconds: limit.window_seconds,
        max_count: limit.max_count,
        per: limit.per,
    };
    limits.iter().map(limit).collect()
}

fn approval_rules(cx: &mut Context<'_>, policy: &written::Policy, at: Here<'_>) -> Vec<ApprovalRule> {
    let mut rules = Vec::with_capacity(policy.approval_rules.len());
    for (rank, rule) in policy.approval_rules.iter().enumerate() {
        let at = at.item(rank);
        let approvers = cx.principals(&rule.approvers, at.key("approvers"));
        let who = if rule.approvers.is_empty() { &policy.default_approvers } else { &rule.approvers };
        cx.names(at.key("required").key_span(), Named::Quorum(rule.required, who.clone()));
        rules.push(ApprovalRule {
            name: rule.name.clone(),
            when: when(cx, &rule.when, at.key("when")),
            approvers,
            required: rule.required,
            timeout_seconds: rule.timeout_seconds,
        });
    }
    rules
}

fn when(cx: &mut Context<'_>, when: &written::When, at: Here<'_>) -> When {
    let actions = when.actions.as_ref().map(|list| cx.action_patterns(list, at.key("actions"), Polarity::Restricts));
    let of = ArgumentOf::Actions(actions.iter().flatten().cloned().collect());
    When {
        tags: when.tags.as_ref().map(|list| cx.words(list, at.key("tags"))),
        risk_at_least: when.risk_at_least,
        cost_usd_at_least: cx.optional_usd(when.cost_usd_at_least, at.key("cost_usd_at_least")),
        data_classification_at_least: when.data_classification_at_least,
        arguments: when.arguments.as_ref().map(|map| arguments(cx, map, at.key("arguments"), &of, Purpose::DenyOrAsk)),
        actions,
    }
}

/// Reads tests of arguments by name, of a criterion or a rule.
pub fn arguments(
    cx: &mut Context<'_>,
    map: &BTreeMap<String, written::JsonSchemaValue>,
    at: Here<'_>,
    of: &ArgumentOf,
    purpose: Purpose,
) -> BTreeMap<String, JsonSchema> {
    let mut result = BTreeMap::new();
    for name in map.keys() {
        let at = at.key(name);
        cx.visible(name, at.key_span());
        let must_be_there = purpose != Purpose::Allow;
        cx.names(at.key_span(), Named::Argument { name: name.clone(), of: of.clone(), must_be_there });
        if let Some(schema) = at.node().and_then(|node| json_schema::lower(cx, node, purpose)) {
            if json_schema::accepts_nothing(&schema.0) {
                let message = format!("no value of `{}` passes the test, so it never fires", shortened(name));
                cx.push(
                    Diagnostic::new(codes::EMPTY_CONDITION, at.key_span(), message)
                        .help("mend the limits, or remove it"),
                );
            }
            result.insert(name.clone(), schema);
        }
    }
    result
}

fn constraints(cx: &mut Context<'_>, policy: &written::Policy, at: Here<'_>) -> BTreeMap<ActionPattern, JsonSchema> {
    cx.by_action(&policy.argument_constraints, at, Polarity::Restricts, |cx, _, action, at| {
        let schema = at.node().and_then(|node| json_schema::lower(cx, node, Purpose::Constraint))?;
        if json_schema::accepts_everything(&schema.0) {
            let message = "the constraint accepts all arguments and never denies anything";
            cx.push(
                Diagnostic::new(codes::EMPTY_CONDITION, at.key_span(), message)
                    .help("say what the arguments must be, or remove it"),
            );
        }
        let of = ArgumentOf::Actions(vec![action.clone()]);
        for entry in at.key("properties").node().map(Node::entries).unwrap_or_default() {
            let named = Named::Argument { name: entry.key.to_string(), of: of.clone(), must_be_there: false };
            cx.names(entry.key_span, named);
        }
        Some(schema)
    })
}

fn max_age(cx: &mut Context<'_>, age: Option<&MaxAge>, at: Here<'_>) -> BTreeMap<ActionPattern, u64> {
    match age {
        None => BTreeMap::new(),
        Some(MaxAge::All(seconds)) => ActionPattern::parse("*").map(|any| (any, *seconds)).into_iter().collect(),
        Some(MaxAge::ByPattern(map)) => cx.by_action(map, at, Polarity::Restricts, |_, seconds, _, _| Some(*seconds)),
    }
}

fn grounding(
    cx: &mut Context<'_>,
    map: &BTreeMap<String, written::Grounding>,
    action: &ActionPattern,
    at: Here<'_>,
) -> BTreeMap<String, Grounding> {
    let mut result = BTreeMap::new();
    for (argument, grounding) in map {
        let at = at.key(argument);
        cx.visible(argument, at.key_span());
        let of = ArgumentOf::Actions(vec![action.clone()]);
        cx.names(at.key_span(), Named::Argument { name: argument.clone(), of, must_be_there: false });
        let source = at.key("source_action").span();
        let Some(source_action) = cx.action_pattern(&grounding.source_action, source, Polarity::Permits) else {
            continue;
        };
        let field = at.key("source_field").span();
        cx.visible(&grounding.source_field, field);
        if grounding.source_field.split('.').any(str::is_empty) {
            let message = format!("`{}` names no field", shortened(&grounding.source_field));
            cx.push(
                Diagnostic::new(codes::WRONG_FORM, field, message)
                    .help("write names with dots between, such as `payee.iban`"),
            );
        }
        let (source_field, source_from) = (grounding.source_field.clone(), grounding.source_from);
        result.insert(argument.clone(), Grounding { source_action, source_field, source_from });
    }
    result
}
