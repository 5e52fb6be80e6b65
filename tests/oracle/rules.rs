//! Step 2, rules: "those that match, highest priority first; among equals the most restrictive; then the smallest id".

use std::cmp::Reverse;
use std::collections::BTreeSet;

use policyc::model::{ActionPattern, CostThreshold, Effect, Per, RateCondition, Reason, Rule, TimeRestriction};

use super::history::Past;
use super::matching::{self, Use};
use super::truth::Truth;
use super::verdict::{Ground, Lifted};
use super::{Now, counters, exceptions};

/// What step 2 says.
pub struct Second {
    pub lower: Effect,
    pub upper: Effect,
    pub rule_id: Option<String>,
    pub grounds: Vec<Ground>,
    pub lifted: Vec<Lifted>,
}

/// A rule that may decide.
struct Candidate<'b> {
    rule: &'b Rule,
    /// That it matches and is not lifted: true or unknown.
    given: Truth,
    conditions: Vec<Condition>,
}

/// A condition of a rule that may make it more restrictive.
struct Condition {
    part: &'static str,
    effect: Effect,
    /// Whether it applies and is not met.
    violated: Truth,
    /// That, and that no exception lifts it.
    fires: Truth,
}

/// "The first decides (RULE; its escalating conditions then apply: `RULE_CONDITION`). None matches: `defaults.effect`
/// (`NO_MATCHING_RULE`)."
pub fn second_step(now: Now<'_>) -> Second {
    let (candidates, mut lifted) = walk(now);
    let default = now.bundle.defaults.effect;
    let decided = candidates.last().is_some_and(|candidate| candidate.given.is_true());
    let only = candidates.len() + usize::from(!decided) == 1;
    let mut grounds = Vec::new();
    for candidate in &candidates {
        let certain = only && candidate.given.is_true();
        grounds.extend(rule_grounds(candidate, certain));
        lifted.extend(lifted_conditions(now, candidate, certain));
    }
    if !decided {
        grounds.push(Ground {
            kind: "default",
            part: "defaults/effect".to_owned(),
            certain: only,
            ..Ground::new(default, Reason::NoMatchingRule)
        });
    }
    let unmatched = (!decided).then_some(default);
    let lowers = candidates.iter().map(Candidate::lower).chain(unmatched);
    let uppers = candidates.iter().map(Candidate::upper).chain(unmatched);
    // There is a rule that decided or the default.
    let (lower, upper) = (lowers.min().unwrap_or(default), uppers.max().unwrap_or(default));
    // "The first possible rule that carries step 2's upper bound, null if only the default does."
    let carrying = candidates.iter().find(|candidate| candidate.upper() == upper);
    let rule_id = carrying.map(|candidate| candidate.rule.id.to_string());
    Second { lower, upper, rule_id, grounds, lifted }
}

/// "An uncertain match adds its effect to the possible ones and the walk goes on until a sure match or the default"; "a
/// rule so lifted is passed over".
fn walk(now: Now<'_>) -> (Vec<Candidate<'_>>, Vec<Lifted>) {
    let (mut candidates, mut lifted) = (Vec::new(), Vec::new());
    for rule in in_order(now) {
        let matched = matches(now, rule);
        if matched.is_false() {
            continue;
        }
        for exception in exceptions::covering(now, &rule.id, Reason::Rule) {
            let holds = exceptions::holds(now, exception);
            let certain = candidates.is_empty() && matched.is_true() && holds.is_true();
            if holds.is_possible() {
                lifted.push(lifted_by(exception.id.as_str(), rule, Reason::Rule, "policy_effect", certain));
            }
        }
        let given = matched.and(exceptions::lifts(now, &rule.id, Reason::Rule).not());
        let decides = given.is_true();
        if given.is_possible() {
            candidates.push(Candidate { rule, given, conditions: conditions(now, rule) });
        }
        if decides {
            break;
        }
    }
    (candidates, lifted)
}

/// The active rules in the order in which they are asked.
fn in_order(now: Now<'_>) -> Vec<&Rule> {
    let mut rules: Vec<&Rule> = now.bundle.rules.iter().filter(|rule| rule.is_active).collect();
    rules.sort_by_key(|rule| (Reverse(rule.priority), Reverse(rule.policy_effect), &rule.id));
    rules
}

/// "A rule's `operation` is matched against the operation, `target_integration` against the integration" (SPEC 2.6);
/// `conditions.arguments` is "part of the match" (SPEC 2.2).
fn matches(now: Now<'_>, rule: &Rule) -> Truth {
    let facts = now.facts;
    Truth::all([
        matching::pattern(&rule.agent_id, facts.agent(), "agent_id"),
        matching::pattern(&rule.target_integration, facts.integration.as_deref(), "integration"),
        Truth::of(rule.operation.matches(&facts.operation)),
        matching::pattern(&rule.resource_scope, facts.resource.as_deref(), "resource"),
        matching::range(rule.data_classification, facts.level),
        matching::arguments(&rule.conditions.arguments, facts.arguments(), rule.policy_effect),
    ])
}

impl Candidate<'_> {
    /// The rule's effect with what surely fires.
    fn lower(&self) -> Effect {
        let firing = self.conditions.iter().filter(|condition| condition.fires.is_true());
        firing.map(|condition| condition.effect).fold(self.rule.policy_effect, Effect::max)
    }

    /// The rule's effect with what may fire.
    fn upper(&self) -> Effect {
        let firing = self.conditions.iter().filter(|condition| condition.fires.is_possible());
        firing.map(|condition| condition.effect).fold(self.rule.policy_effect, Effect::max)
    }
}

/// RULE, and "`RULE_CONDITION` is told whenever a condition fires, also where nothing becomes more restrictive".
fn rule_grounds(candidate: &Candidate<'_>, certain: bool) -> Vec<Ground> {
    let rule = candidate.rule;
    let ground = |effect, code, part: &str, certain, test: &Truth| Ground {
        kind: "rule",
        id: Some(rule.id.to_string()),
        part: part.to_owned(),
        certain,
        ..Ground::new(effect, code).when(test)
    };
    let mut grounds = vec![ground(rule.policy_effect, Reason::Rule, "policy_effect", certain, &candidate.given)];
    for condition in candidate.conditions.iter().filter(|condition| condition.fires.is_possible()) {
        let test = candidate.given.clone().and(condition.fires.clone());
        let certain = certain && condition.fires.is_true();
        grounds.push(ground(condition.effect, Reason::RuleCondition, condition.part, certain, &test));
    }
    grounds
}

/// What exceptions lift from the conditions alone; one that covers the rule as well has lifted the rule.
fn lifted_conditions(now: Now<'_>, candidate: &Candidate<'_>, certain: bool) -> Vec<Lifted> {
    let rule = candidate.rule;
    let mut lifted = Vec::new();
    for condition in candidate.conditions.iter().filter(|condition| condition.violated.is_possible()) {
        for exception in exceptions::covering(now, &rule.id, Reason::RuleCondition) {
            let holds = exceptions::holds(now, exception);
            if holds.is_possible() && !exceptions::covers(exception, Reason::Rule) {
                let certain = certain && condition.violated.is_true() && holds.is_true();
                lifted.push(lifted_by(exception.id.as_str(), rule, Reason::RuleCondition, condition.part, certain));
            }
        }
    }
    lifted
}

fn lifted_by(exception: &str, rule: &Rule, code: Reason, part: &str, certain: bool) -> Lifted {
    let (exception, part) = (exception.to_owned(), part.to_owned());
    Lifted { exception, kind: "rule", id: rule.id.to_string(), code, part, certain }
}

/// The four conditions "that can only make a matching rule more restrictive" (SPEC 2.2).
fn conditions(now: Now<'_>, rule: &Rule) -> Vec<Condition> {
    let given = &rule.conditions;
    let rate = given.rate_limit.as_ref().map(|it| ("conditions/rate_limit", it.on_exceed, rate(now, it)));
    let time =
        given.time_restriction.as_ref().map(|it| ("conditions/time_restriction", it.on_violation, time(now, it)));
    let cost = given.cost_threshold.as_ref().map(|it| ("conditions/cost_threshold", it.on_exceed, cost(now, it)));
    // "A webhook may have answered deny whatever on_timeout says."
    let asks = given.webhook_check.as_ref();
    let webhook = asks.map(|_| ("conditions/webhook_check", Effect::Deny, Truth::unknown("webhook")));
    let lift = exceptions::lifts(now, &rule.id, Reason::RuleCondition);
    let condition = |(part, effect, violated): (&'static str, Effect, Truth)| Condition {
        part,
        effect,
        fires: violated.clone().and(lift.clone().not()),
        violated,
    };
    [rate, time, cost, webhook].into_iter().flatten().map(condition).collect()
}

/// "`action_types` are action patterns: the condition applies only to matching actions."
fn concerns(now: Now<'_>, types: Option<&BTreeSet<ActionPattern>>) -> Truth {
    types.map_or(Truth::True, |types| matching::any_action(types, now.facts, Use::Restricts))
}

/// "A rule's rate and hourly-cost conditions count all of the agent's actions (rate: of the same operation), whichever rule
/// matched."
fn rate(now: Now<'_>, limit: &RateCondition) -> Truth {
    let window = counters::Window(limit.window_minutes * 60);
    let same = |past: &Past| Truth::of(past.facts.operation == now.facts.operation);
    let count = counters::count(now, Per::Agent, window, same);
    concerns(now, limit.action_types.as_ref()).and(count.at_least(limit.max_actions))
}

/// "A blocked hour or a blocked day violates", by the rule's own clock. Where every hour or every day is blocked, every
/// possible time violates.
fn time(now: Now<'_>, restriction: &TimeRestriction) -> Truth {
    let clock = restriction.timezone.clock();
    let violated = match now.facts.time().zip(clock) {
        Some((time, clock)) => {
            let (hour, day) = clock.read(time);
            Truth::of(restriction.blocked_hours.contains(&hour) || restriction.blocked_days.contains(&day))
        }
        None if restriction.blocked_hours.len() == 24 || restriction.blocked_days.len() == 7 => Truth::True,
        None => Truth::unknown("timestamp"),
    };
    concerns(now, restriction.action_types.as_ref()).and(violated)
}

/// "Exceeded when the cost, or the agent's cost of the last hour with this one, is greater" (SPEC 2.2).
fn cost(now: Now<'_>, threshold: &CostThreshold) -> Truth {
    let one = threshold.max_cost_per_action.map_or(Truth::False, |most| match now.facts.cost {
        Some(cost) => Truth::of(cost > most),
        None => Truth::unknown("cost_usd"),
    });
    let hour = threshold.max_cost_per_hour.map_or(Truth::False, |most| {
        counters::spent(now, Per::Agent, Some(counters::Window(3600)), |_| Truth::True).exceeds(most)
    });
    one.or(hour)
}
