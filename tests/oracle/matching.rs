//! Single tests: patterns, levels, amounts and arguments, each against one fact that may be unknown.

use std::collections::{BTreeMap, BTreeSet};

use policyc::model::{
    ActionPattern, Arguments, ClassificationRange, Effect, JsonSchema, Level, Pattern, Risk, Scope, Usd,
};
use serde_json::json;

use super::facts::Facts;
use super::truth::Truth;

/// What a pattern of actions is used for (SPEC 2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// By parts only.
    Permits,
    /// By parts, "and, in what denies or asks, also whole against the operation".
    Restricts,
}

/// "`*` is true of an unknown"; every other pattern is unknown of it.
pub fn pattern(pattern: &Pattern, value: Option<&str>, name: &'static str) -> Truth {
    match value {
        Some(value) => Truth::of(pattern.matches(value)),
        None if pattern.is_any() => Truth::True,
        None => Truth::unknown(name),
    }
}

/// "A pattern without a dot is matched against the operation; one with a dot is split at its first dot and matched part
/// by part", "without an integration its part is unknown, unless it is `*`" (SPEC 2.6).
pub fn action(wanted: &ActionPattern, facts: &Facts, used: Use) -> Truth {
    let (integration, operation) = wanted.parts();
    let integration = integration
        .map_or(Truth::True, |integration| pattern(integration, facts.integration.as_deref(), "integration"));
    let by_parts = Truth::of(operation.matches(&facts.operation)).and(integration);
    match used {
        Use::Permits => by_parts,
        Use::Restricts => by_parts.or(Truth::of(wanted.whole().matches(&facts.operation))),
    }
}

/// Whether one of several patterns of actions matches.
pub fn any_action<'a>(wanted: impl IntoIterator<Item = &'a ActionPattern>, facts: &Facts, used: Use) -> Truth {
    Truth::any(wanted.into_iter().map(|wanted| action(wanted, facts, used)))
}

/// Whether a policy applies: "global, agent, run, group, mission; pattern" (SPEC 2.1).
pub fn scope(scope: &Scope, facts: &Facts) -> Truth {
    match scope {
        Scope::Global => Truth::True,
        Scope::Agent(target) => pattern(target, facts.agent(), "agent_id"),
        Scope::Run(target) => pattern(target, facts.run(), "run_id"),
        Scope::Group(target) => facts.groups.has(|group| target.matches(group)),
        Scope::Mission(target) => facts.missions.has(|mission| target.matches(mission)),
    }
}

/// "This level and below", "this level and above"; the whole range is true of an unknown level.
pub fn range(range: ClassificationRange, level: Option<Level>) -> Truth {
    match level {
        Some(level) => Truth::of(range.low <= level && level <= range.high),
        None if range.low == Level::Public && range.high == Level::Restricted => Truth::True,
        None => Truth::unknown("data_classification"),
    }
}

/// "A floor of public" is true of an unknown level.
pub fn level_at_least(floor: Level, level: Option<Level>) -> Truth {
    range(ClassificationRange { low: floor, high: Level::Restricted }, level)
}

/// The lowest risk as a floor is true of an unknown one.
pub fn risk_at_least(floor: Risk, risk: Option<Risk>) -> Truth {
    match risk {
        Some(risk) => Truth::of(risk >= floor),
        None if floor == Risk::Minimal => Truth::True,
        None => Truth::unknown("risk_level"),
    }
}

/// "Risk levels are exact members"; all of them together are true of an unknown one.
pub fn risk_among(levels: &BTreeSet<Risk>, risk: Option<Risk>) -> Truth {
    let all = [Risk::Minimal, Risk::Low, Risk::Medium, Risk::High, Risk::Critical];
    match risk {
        Some(risk) => Truth::of(levels.contains(&risk)),
        None if all.iter().all(|risk| levels.contains(risk)) => Truth::True,
        None => Truth::unknown("risk_level"),
    }
}

/// "A threshold asks when cost ≥ threshold"; "a threshold of 0" is true of an unknown cost.
pub fn cost_at_least(threshold: Usd, cost: Option<Usd>) -> Truth {
    match cost {
        Some(cost) => Truth::of(cost >= threshold),
        None if threshold == Usd::ZERO => Truth::True,
        None => Truth::unknown("cost_usd"),
    }
}

/// "Each named argument is present and validates" (SPEC 2.2); "in what denies or asks, a present argument of a type that
/// the keywords do not speak of matches. An absent argument does not match" (SPEC 2.7).
pub fn arguments(wanted: &BTreeMap<String, JsonSchema>, given: Option<&Arguments>, effect: Effect) -> Truth {
    Truth::all(wanted.iter().map(|(name, schema)| match given {
        None => Truth::unknown("arguments"),
        Some(given) => Truth::of(given.get(name).is_some_and(|value| match effect {
            Effect::Allow => validates(schema, value),
            Effect::ApprovalRequired | Effect::Deny => validates(schema, value) || of_another_type(schema, value),
        })),
    }))
}

/// "The arguments object must validate" (SPEC 2.1); what every object passes, or none, is known of unknown arguments.
pub fn constraint(schema: &JsonSchema, given: Option<&Arguments>) -> Truth {
    match (given, schema.same_for_all()) {
        (Some(given), _) => Truth::of(validates(schema, given.as_value())),
        (None, Some(passes)) => Truth::of(passes),
        (None, None) => Truth::unknown("arguments"),
    }
}

fn validates(schema: &JsonSchema, value: &serde_json::Value) -> bool {
    schema.validator().is_some_and(|validator| validator.is_valid(value))
}

/// "Looks at the top level of the argument's schema": a value that is not of its `type`, where it names one.
fn of_another_type(schema: &JsonSchema, value: &serde_json::Value) -> bool {
    let only_type = schema.0.get("type").map(|of| JsonSchema(json!({ "type": of })));
    only_type.is_some_and(|only_type| !validates(&only_type, value))
}
