use super::Engine;
use super::call::Call;
use super::decision::{Cause, Criteria, Part, Source};
use super::guard::{Constraint, Guard};
use super::told::per;
use crate::model::{ActionPattern, CostThreshold, Effect, Reason, Rule, TimeRestriction, Usd};

/// How many of a constraint's complaints are told.
const MOST_COMPLAINTS: usize = 3;

/// What would have been needed for a reason not to be given, or to be met; empty where it permits.
pub(super) fn needed(engine: &Engine<'_>, cause: &Cause, call: &Call<'_>) -> String {
    match (cause.source, engine.guard_of(cause.source)) {
        (Source::Policy(_), Some(guard)) => of_policy(guard, cause, call),
        (Source::Rule(rank), _) => {
            engine.bundle.rules.get(rank as usize).map(|rule| of_rule(engine, rule, cause)).unwrap_or_default()
        }
        (Source::Default, _) => match cause.effect {
            Effect::Allow => String::new(),
            Effect::ApprovalRequired => "an approval, or a rule that allows it".to_owned(),
            Effect::Deny => "a rule that allows it".to_owned(),
        },
        _ => match cause.code {
            Reason::KillSwitch => "the kill switch to be off".to_owned(),
            Reason::AgentInactive => "an agent that the catalog says is active".to_owned(),
            Reason::UnknownAgent => "an agent that the catalog lists".to_owned(),
            _ => "an action that the catalog lists".to_owned(),
        },
    }
}

fn of_rule(engine: &Engine<'_>, rule: &Rule, cause: &Cause) -> String {
    let conditions = &rule.conditions;
    match cause.part {
        Part::RateCondition => conditions.rate_limit.as_ref().map(|rate| {
            let window = rate.window_minutes;
            format!(
                "fewer than {} of the agent's actions of this operation in {window} min; {}",
                rate.max_actions,
                counted(cause)
            )
        }),
        Part::TimeRestriction => conditions.time_restriction.as_ref().map(another_time),
        Part::CostThreshold => conditions.cost_threshold.as_ref().map(|cost| less_cost(cost, cause)),
        Part::Webhook => conditions.webhook_check.as_ref().map(|check| {
            format!("the agreement of {}, which is asked only when the action is really taken", check.url)
        }),
        _ => return of_effect(engine, rule),
    }
    .unwrap_or_default()
}

fn of_effect(engine: &Engine<'_>, rule: &Rule) -> String {
    match rule.policy_effect {
        Effect::Allow => String::new(),
        Effect::ApprovalRequired => {
            let ttl = rule.max_session_ttl.unwrap_or(engine.bundle.defaults.session_ttl);
            format!("an approval; it holds for {ttl} s")
        }
        Effect::Deny => "an exception from the rule, or a rule of higher priority that allows it".to_owned(),
    }
}

fn another_time(time: &TimeRestriction) -> String {
    let hours: Vec<String> = time.blocked_hours.iter().map(u8::to_string).collect();
    let days: Vec<String> = time.blocked_days.iter().map(|day| format!("{day:?}").to_lowercase()).collect();
    let mut blocked = Vec::new();
    if !hours.is_empty() {
        blocked.push(format!("the hours {}", hours.join(", ")));
    }
    if !days.is_empty() {
        blocked.push(days.join(", "));
    }
    format!("a time outside {} ({})", blocked.join(" and "), time.timezone.as_str())
}

fn less_cost(cost: &CostThreshold, cause: &Cause) -> String {
    let mut limits = Vec::new();
    limits.extend(cost.max_cost_per_action.map(|limit| format!("at most ${limit} for one action")));
    limits.extend(cost.max_cost_per_hour.map(|limit| format!("at most ${limit} by the agent in an hour")));
    format!("{}; {}", limits.join(" and "), spent(cause))
}

fn of_policy(guard: &Guard<'_>, cause: &Cause, call: &Call<'_>) -> String {
    let policy = guard.policy;
    match cause.part {
        Part::Denied(at) => guard.denied.get(at as usize).map(|entry| format!("an exception; `{entry}` is denied")),
        Part::Allowed => Some(listed(policy.allowed_actions.iter().flatten())),
        Part::Limit(at) => guard.limits.get(at as usize).map(|one| {
            let (limit, actions) = (&one.limit, one.actions);
            format!(
                "fewer than {} `{actions}` per {} in {} s; {}",
                limit.max_count,
                per(limit.per),
                limit.window_seconds,
                counted(cause)
            )
        }),
        Part::SessionBudget => {
            policy.session_budget.map(|limit| format!("at most ${limit} per session; {}", spent(cause)))
        }
        Part::RunBudget => policy.run_budget.map(|limit| format!("at most ${limit} per run; {}", spent(cause))),
        Part::ActionBudget(at) => guard
            .budgets
            .get(at as usize)
            .map(|one| format!("at most ${} for `{}` per session; {}", one.limit, one.actions, spent(cause))),
        Part::Evidence(at) => guard.evidence.get(at as usize).map(|one| {
            let age = policy
                .evidence_max_age_seconds
                .iter()
                .filter(|(actions, _)| call.matches(actions, crate::model::Polarity::Restricts).is_possible());
            let age =
                age.map(|(_, age)| *age).min().map_or_else(String::new, |age| format!(", not more than {age} s ago"));
            format!("a success of `{}` earlier in the run{age}", one.required)
        }),
        Part::Constraint(at) => guard.constraints.get(at as usize).map(|one| valid(one, call)),
        Part::Grounding(at) => guard.groundings.get(at as usize).map(|one| {
            let from = match one.grounding.source_from {
                crate::model::GroundingFrom::Result => "result",
                crate::model::GroundingFrom::Arguments => "arguments",
            };
            let source = one.grounding;
            format!(
                "`{}` equal to `{}` in the {from} of an earlier, successful `{}` of the run",
                one.argument, source.source_field, source.source_action
            )
        }),
        Part::Approval(criteria) => {
            Some(approval(1, policy.approval_timeout_seconds, &policy.default_approvers, &because(criteria)))
        }
        Part::ApprovalRule(at) => policy.approval_rules.get(at as usize).map(|rule| {
            let approvers = if rule.approvers.is_empty() { &policy.default_approvers } else { &rule.approvers };
            let timeout = rule.timeout_seconds.unwrap_or(policy.approval_timeout_seconds);
            let name = rule.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
            approval(rule.required, timeout, approvers, &name)
        }),
        _ => None,
    }
    .unwrap_or_default()
}

fn listed<'a>(patterns: impl Iterator<Item = &'a ActionPattern>) -> String {
    let names: Vec<String> = patterns.take(6).map(|pattern| format!("`{pattern}`")).collect();
    match names.as_slice() {
        [] => "an exception; the list of allowed actions is empty".to_owned(),
        names if names.len() > 5 => {
            format!("an action of the list: {}, …", names.get(..5).unwrap_or_default().join(", "))
        }
        names => format!("an action of the list: {}", names.join(", ")),
    }
}

/// What a constraint says of the arguments.
fn valid(constraint: &Constraint<'_>, call: &Call<'_>) -> String {
    let complaints = call
        .details
        .arguments()
        .map(|arguments| constraint.schema.complaints(arguments, MOST_COMPLAINTS))
        .unwrap_or_default();
    if complaints.is_empty() {
        return format!("arguments that satisfy the constraint of `{}`", constraint.actions);
    }
    format!("arguments that satisfy the constraint of `{}`: {}", constraint.actions, complaints.join("; "))
}

fn approval(required: u64, timeout: u64, approvers: &std::collections::BTreeSet<String>, because: &str) -> String {
    let by = if approvers.is_empty() {
        String::new()
    } else {
        format!(" by {}", approvers.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
    };
    let approvals = if required == 1 { "an approval".to_owned() } else { format!("{required} approvals") };
    format!("{approvals}{by} within {timeout} s{because}")
}

/// Which criteria ask.
fn because(criteria: Criteria) -> String {
    let all = [
        (criteria.actions, "the action"),
        (criteria.tags, "its tags"),
        (criteria.risk, "its risk"),
        (criteria.cost, "its cost"),
    ];
    let named: Vec<&str> = all.iter().filter(|(asks, _)| *asks).map(|(_, name)| *name).collect();
    if named.is_empty() { String::new() } else { format!(" because of {}", named.join(" and ")) }
}

fn counted(cause: &Cause) -> String {
    match cause.counted {
        (low, high) if low == high => format!("{low} counted"),
        (low, u64::MAX) => format!("{low} counted, and how many more there were is not known"),
        (low, high) => format!("{low} to {high} counted"),
    }
}

fn spent(cause: &Cause) -> String {
    let money = |nano: u64| {
        if nano == u64::MAX { "an unknown amount".to_owned() } else { format!("${}", Usd::from_nano(nano)) }
    };
    match cause.counted {
        (low, high) if low == high => format!("{} with this action", money(low)),
        (low, high) => format!("{} to {} with this action", money(low), money(high)),
    }
}
