//! What takes the place of another rule without another effect: with other conditions that hang on earlier actions, or
//! approvals that hold for another time.

use std::collections::BTreeSet;

use policyc::model::{Bundle, Effect, Rule};

use crate::reference::rules_alone;
use crate::rows::{Case, demand};
use crate::trying::Told;

/// What decides among the rules on both sides; none is the default.
type Pair = (Option<u32>, Option<u32>);

pub fn check(case: &Case) -> Told {
    let told: BTreeSet<Pair> = case.effects.unlike.iter().map(|unlike| (unlike.base, unlike.head)).collect();
    let alone = [0, 1].map(|side| case.compared.decided(side, rules_alone));
    let (mut meeting, mut carrying) = (BTreeSet::new(), BTreeSet::new());
    for (at, (before, after)) in alone[0].iter().zip(&alone[1]).enumerate() {
        let (base, head) = case.compared.deciders[at];
        let pair = (before.rule, after.rule);
        if before.effect == after.effect {
            meeting.insert(pair);
        }
        // What is denied cannot become more restrictive.
        if base.effect == head.effect && base.effect < Effect::Deny {
            meeting.insert(pair);
            carrying.insert((pair, base.effect));
        }
    }
    for pair in &told {
        let some = [Effect::Allow, Effect::ApprovalRequired].into_iter().any(|effect| unlike(case, *pair, effect));
        demand(some, || format!("{pair:?} are not unlike: {:#?}", case.effects.unlike))?;
        demand(!case.exact || meeting.contains(pair), || format!("{pair:?} never change places"))?;
    }
    for (pair, effect) in carrying {
        let missing = case.exact && unlike(case, pair, effect) && !told.contains(&pair);
        demand(!missing, || format!("{pair:?} are unlike, and not told"))?;
    }
    Ok(true)
}

/// Whether two that say an effect are not the same, and say something else beside it.
fn unlike(case: &Case, (one, other): Pair, effect: Effect) -> bool {
    let rule = |bundle: &Bundle, rank: Option<u32>| rank.map(|rank| bundle.rules[rank as usize].clone());
    let (before, after) = (rule(&case.bundles[0], one), rule(&case.bundles[1], other));
    let id = |rule: &Option<Rule>| rule.as_ref().map(|rule| rule.id.clone());
    let lasts = (lasts(&case.bundles[0], before.as_ref()), lasts(&case.bundles[1], after.as_ref()));
    let asks = effect == Effect::ApprovalRequired;
    let other = id(&before) != id(&after);
    let alone = asks && lasts.0.is_some() != lasts.1.is_some();
    let beside = beside(before.as_ref(), effect) != beside(after.as_ref(), effect);
    alone || (other && ((asks && lasts.0 != lasts.1) || beside))
}

/// The conditions of a rule that hang on earlier actions and may make an effect more restrictive.
fn beside(rule: Option<&Rule>, effect: Effect) -> impl PartialEq + use<> {
    let conditions = rule.map(|rule| rule.conditions.clone()).unwrap_or_default();
    let cost = conditions.cost_threshold.filter(|cost| cost.on_exceed > effect);
    let hour = cost.and_then(|cost| Some((cost.max_cost_per_hour?, cost.on_exceed)));
    let webhook = conditions.webhook_check.filter(|_| effect < Effect::Deny);
    (conditions.rate_limit.filter(|rate| rate.on_exceed > effect), hour, webhook)
}

/// How long an approval holds, if the rule, or the default, asks for one.
fn lasts(bundle: &Bundle, rule: Option<&Rule>) -> Option<u64> {
    let effect = rule.map_or(bundle.defaults.effect, |rule| rule.policy_effect);
    let own = rule.and_then(|rule| rule.max_session_ttl);
    (effect == Effect::ApprovalRequired).then(|| own.unwrap_or(bundle.defaults.session_ttl))
}
