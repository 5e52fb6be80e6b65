//! What no region shows: conditions that hang on earlier actions or on a service, and how long an approval holds, where one
//! rule takes the place of another without another effect.

use crate::model::{Bundle, Conditions, Effect, Rule};

/// The conditions of a rule that hang on earlier actions or on a service, would make an effect more restrictive, and are not
/// the same in another.
#[must_use]
pub fn lost(of: &Conditions, against: Option<&Conditions>, effect: Effect) -> Vec<&'static str> {
    let hourly = |of: &Conditions| {
        let cost = of.cost_threshold.as_ref()?;
        Some((cost.max_cost_per_hour?, cost.on_exceed))
    };
    let kept = |same: fn(&Conditions, &Conditions) -> bool| against.is_some_and(|against| same(of, against));
    let all = [
        (
            "rate_limit",
            of.rate_limit.as_ref().map(|rate| rate.on_exceed),
            kept(|of, against| of.rate_limit == against.rate_limit),
        ),
        (
            "webhook_check",
            of.webhook_check.as_ref().map(|_| Effect::Deny),
            kept(|of, against| of.webhook_check == against.webhook_check),
        ),
        (
            "cost_threshold.max_cost_per_hour",
            hourly(of).map(|(_, on_exceed)| on_exceed),
            against.is_some_and(|against| hourly(of) == hourly(against)),
        ),
    ];
    let restricts = |to: Option<Effect>| to.is_some_and(|to| to > effect);
    all.into_iter().filter(|(_, to, kept)| restricts(*to) && !kept).map(|(name, ..)| name).collect()
}

/// What decides among the rules on each side, by its rank; none is the default.
pub type Pair = [Option<u32>; 2];

/// The conditions that one side loses and the other gains, where what decides among the rules is not the same and both sides
/// say an effect; `None`: nothing is lost or gained.
pub fn conditions(
    [base, head]: [&Bundle; 2],
    [one, other]: Pair,
    effect: Effect,
) -> Option<(Vec<&'static str>, Vec<&'static str>)> {
    let rule = |bundle: &'_ Bundle, rank: Option<u32>| rank.and_then(|rank| bundle.rules.get(rank as usize).cloned());
    let (before, after) = (rule(base, one), rule(head, other));
    // What changes within one document is a setting.
    let other = before.as_ref().map(|rule| &rule.id) != after.as_ref().map(|rule| &rule.id);
    let of = |rule: &Option<Rule>| rule.as_ref().map(|rule| rule.conditions.clone()).unwrap_or_default();
    let (old, new) = (of(&before), of(&after));
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    if other {
        (gone, come) = (lost(&old, Some(&new), effect), lost(&new, Some(&old), effect));
    }
    if effect == Effect::ApprovalRequired {
        match (asks_for(base, before.as_ref()), asks_for(head, after.as_ref())) {
            (Some(before), Some(after)) if before != after && other => {
                gone.push("max_session_ttl");
                come.push("max_session_ttl");
            }
            // A policy asks anyway, and with the rule's own demand the approval holds as long as the rule says.
            (Some(_), None) => gone.push("approval_required"),
            (None, Some(_)) => come.push("approval_required"),
            _ => {}
        }
    }
    (!gone.is_empty() || !come.is_empty()).then_some((gone, come))
}

/// How long an approval holds that a rule, or the default, asks for; `None`: it asks for none.
fn asks_for(bundle: &Bundle, rule: Option<&Rule>) -> Option<u64> {
    let effect = rule.map_or(bundle.defaults.effect, |rule| rule.policy_effect);
    let own = rule.and_then(|rule| rule.max_session_ttl);
    (effect == Effect::ApprovalRequired).then(|| own.unwrap_or(bundle.defaults.session_ttl))
}
