use super::context::Context;
use super::here::Here;
use super::json_schema::Purpose;
use super::policy;
use super::uses::{ArgumentOf, Named};
use crate::diag::{Diagnostic, codes, nearest};
use crate::model::{
    ClassificationRange, Conditions, CostThreshold, DocumentId, Effect, Level, Pattern, Polarity, RateCondition, Rule,
    TimeRestriction, Timezone, WebhookCheck,
};
use crate::syntax::{Node, shortened};
use crate::written::{self, Bound, Classification};

/// Lowers a rule; `None` where a pattern it needs is none.
pub fn lower(cx: &mut Context<'_>, id: DocumentId, rule: &written::Rule, root: &Node) -> Option<Rule> {
    let at = Here::root(root);
    let agent_id = cx.pattern(&rule.agent_id, at.key("agent_id").span());
    let target_integration = cx.pattern(&rule.target_integration, at.key("target_integration").span());
    let operation = cx.pattern(&rule.operation, at.key("operation").span());
    let resource_scope = cx.pattern(&rule.resource_scope, at.key("resource_scope").span());
    check_integration(cx, &rule.target_integration, at.key("target_integration"));
    let (agent_id, target_integration, operation) = (agent_id?, target_integration?, operation?);
    cx.names(at.key("agent_id").span(), Named::Agent(agent_id.clone()));
    cx.names(at.key("operation").span(), Named::RuleAction(target_integration.clone(), operation.clone()));
    let conditions = rule.conditions.as_ref().map(|conditions| {
        self::conditions(cx, conditions, rule.policy_effect, (&target_integration, &operation), at.key("conditions"))
    });
    Some(Rule {
        id,
        policy_name: rule.policy_name.clone(),
        agent_id,
        target_integration,
        operation,
        resource_scope: resource_scope?,
        data_classification: classification(&rule.data_classification, rule.policy_effect),
        policy_effect: rule.policy_effect,
        rationale: rule.rationale.clone(),
        priority: rule.priority,
        conditions: conditions.unwrap_or_default(),
        max_session_ttl: rule.max_session_ttl,
        is_active: rule.is_active,
        modified_by: rule.modified_by.clone(),
        modified_at: cx.time(rule.modified_at.as_ref(), at.key("modified_at")),
    })
}

fn check_integration(cx: &mut Context<'_>, text: &str, at: Here<'_>) {
    if let Some((integration, operation)) = text.split_once('.') {
        let message = format!("`{}` never matches: an integration has no dot", shortened(text));
        let help = format!("write `target_integration: {integration}` and put `{operation}.` before the operation");
        cx.push(Diagnostic::new(codes::DOTTED_INTEGRATION, at.span(), message).help(help));
    }
}

fn classification(written: &Classification, effect: Effect) -> ClassificationRange {
    let at_most = |high| ClassificationRange { low: Level::Public, high };
    let at_least = |low| ClassificationRange { low, high: Level::Restricted };
    match written {
        Classification::Level(level) => {
            if effect == Effect::Allow {
                at_most(*level)
            } else {
                at_least(*level)
            }
        }
        // The schema lets exactly one of the three through.
        Classification::Bound(Bound { at_most: Some(level), .. }) => at_most(*level),
        Classification::Bound(Bound { at_least: Some(level), .. }) => at_least(*level),
        Classification::Bound(Bound { exactly, .. }) => {
            ClassificationRange { low: exactly.unwrap_or(Level::Public), high: exactly.unwrap_or(Level::Restricted) }
        }
    }
}

fn conditions(
    cx: &mut Context<'_>,
    written: &written::Conditions,
    effect: Effect,
    action: (&Pattern, &Pattern),
    at: Here<'_>,
) -> Conditions {
    let purpose = if effect == Effect::Allow { Purpose::Allow } else { Purpose::DenyOrAsk };
    let of = ArgumentOf::Rule(action.0.clone(), action.1.clone());
    Conditions {
        arguments: policy::arguments(cx, &written.arguments, at.key("arguments"), &of, purpose),
        rate_limit: written.rate_limit.as_ref().map(|limit| rate(cx, limit, effect, at.key("rate_limit"))),
        time_restriction: written
            .time_restriction
            .as_ref()
            .and_then(|restriction| time(cx, restriction, effect, at.key("time_restriction"))),
        cost_threshold: written
            .cost_threshold
            .as_ref()
            .map(|threshold| cost(cx, threshold, effect, at.key("cost_threshold"))),
        webhook_check: written.webhook_check.as_ref().map(|check| {
            cx.visible(&check.url, at.key("webhook_check").key("url").span());
            WebhookCheck { url: check.url.clone(), timeout_ms: check.timeout_ms, on_timeout: check.on_timeout }
        }),
    }
}

fn action_types(
    cx: &mut Context<'_>,
    types: Option<&Vec<String>>,
    at: Here<'_>,
) -> Option<std::collections::BTreeSet<crate::model::ActionPattern>> {
    types.map(|list| cx.action_patterns(list, at.key("action_types"), Polarity::Restricts))
}

fn rate(cx: &mut Context<'_>, limit: &written::ActionRateLimit, effect: Effect, at: Here<'_>) -> RateCondition {
    check_escalates(cx, limit.on_exceed, effect, at, "on_exceed");
    RateCondition {
        max_actions: limit.max_actions,
        window_minutes: limit.window_minutes,
        action_types: action_types(cx, limit.action_types.as_ref(), at),
        on_exceed: limit.on_exceed,
    }
}

fn time(
    cx: &mut Context<'_>,
    written: &written::TimeRestriction,
    effect: Effect,
    at: Here<'_>,
) -> Option<TimeRestriction> {
    check_escalates(cx, written.on_violation, effect, at, "on_violation");
    if written.blocked_hours.is_empty() && written.blocked_days.is_empty() && cx.sure_of(&["conditions"]) {
        cx.push(never_fires(
            at,
            "the time restriction blocks no hour and no day",
            "add `blocked_hours` or `blocked_days`",
        ));
    }
    let timezone = Timezone::find(&written.timezone);
    if timezone.is_none() {
        let span = at.key("timezone").span();
        let mut found = Diagnostic::new(
            codes::UNKNOWN_TIMEZONE,
            span,
            format!("the timezone `{}` does not exist", shortened(&written.timezone)),
        )
        .help("write an IANA name such as `Europe/Berlin`");
        let names = Timezone::names();
        // An offset is no misspelling of another offset.
        let names = names.iter().map(String::as_str).filter(|name| !name.contains(['+', '-']));
        if let Some(meant) = nearest(&written.timezone, names) {
            found = found.help(format!("did you mean `{meant}`?"));
        }
        cx.push(found);
    }
    Some(TimeRestriction {
        blocked_hours: written.blocked_hours.iter().copied().collect(),
        blocked_days: written.blocked_days.iter().copied().collect(),
        timezone: timezone?,
        action_types: action_types(cx, written.action_types.as_ref(), at),
        on_violation: written.on_violation,
    })
}

fn cost(cx: &mut Context<'_>, written: &written::CostThreshold, effect: Effect, at: Here<'_>) -> CostThreshold {
    check_escalates(cx, written.on_exceed, effect, at, "on_exceed");
    if written.max_cost_per_action.is_none() && written.max_cost_per_hour.is_none() && cx.sure_of(&["conditions"]) {
        let help = "add `max_cost_per_action` or `max_cost_per_hour`";
        cx.push(never_fires(at, "the cost threshold names no cost", help));
    }
    CostThreshold {
        max_cost_per_action: cx.optional_usd(written.max_cost_per_action, at.key("max_cost_per_action")),
        max_cost_per_hour: cx.optional_usd(written.max_cost_per_hour, at.key("max_cost_per_hour")),
        on_exceed: written.on_exceed,
    }
}

/// A condition can only make a rule more restrictive; one that says no more than the rule never does anything.
fn check_escalates(cx: &mut Context<'_>, to: Effect, from: Effect, at: Here<'_>, key: &str) {
    if !cx.sure_of(&["policy_effect"]) || to > from {
        return;
    }
    let span = if at.key(key).node().is_some() { at.key(key).span() } else { at.key_span() };
    let message = "the condition never changes anything: it says nothing more restrictive than its rule";
    cx.push(
        Diagnostic::new(codes::EMPTY_CONDITION, span, message)
            .help(format!("remove the condition, or set `{key}` to a more restrictive effect than the rule's")),
    );
}

fn never_fires(at: Here<'_>, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(codes::EMPTY_CONDITION, at.key_span(), format!("{message} and never fires")).help(help)
}
