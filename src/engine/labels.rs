use serde_json::Value;

use super::Engine;
use super::call::Call;
use super::decision::{Cause, Part, Source};
use crate::model::{Policy, Rule, Usd, Way, When};

/// How many characters of a value are shown.
const SHOWN: usize = 60;

/// A part of a document and what the action has there.
pub type Label = (Vec<Way>, String);

impl Engine<'_> {
    /// What the action has at the parts of the document that were held against it: the part that gives the reason
    /// first.
    pub(super) fn labels(&self, cause: &Cause, call: &Call<'_>) -> Vec<Label> {
        let mut labels = vec![(self.way(cause.source, cause.part), self.at_the_part(cause, call))];
        match (cause.source, cause.part) {
            (Source::Rule(rank), Part::Effect) => {
                let rule = self.bundle.rules.get(rank as usize);
                labels.extend(rule.map(|rule| of_rule(rule, call)).unwrap_or_default());
            }
            (Source::Policy(rank), Part::Approval(_)) => {
                let policy = self.bundle.policies.get(rank as usize);
                labels.extend(policy.map(|policy| of_criteria(policy, cause, call)).unwrap_or_default());
            }
            (Source::Policy(rank), Part::ApprovalRule(at)) => {
                let policy = self.bundle.policies.get(rank as usize);
                let rule = policy.and_then(|policy| policy.approval_rules.get(at as usize));
                labels.extend(rule.map(|rule| of_when(&rule.when, at as usize, call)).unwrap_or_default());
            }
            _ => {}
        }
        labels
    }

    fn at_the_part(&self, cause: &Cause, call: &Call<'_>) -> String {
        let name = call.name();
        match cause.part {
            Part::Denied(_) => format!("matches `{name}`"),
            Part::Allowed => format!("does not hold `{name}`"),
            Part::Limit(_) | Part::RateCondition => match cause.counted {
                (low, high) if low == high => format!("{low} counted"),
                (low, u64::MAX) => format!("{low} or more counted"),
                (low, high) => format!("{low} to {high} counted"),
            },
            Part::SessionBudget | Part::RunBudget | Part::ActionBudget(_) | Part::CostThreshold => {
                match cause.counted {
                    (low, high) if low == high => format!("${} with this action", Usd::from_nano(low)),
                    (_, u64::MAX) => "what it costs is not known".to_owned(),
                    (low, high) => format!("${} to ${} with this action", Usd::from_nano(low), Usd::from_nano(high)),
                }
            }
            Part::TimeRestriction => call.time.map_or("when is not known".to_owned(), |time| format!("it is {time}")),
            Part::Evidence(_) if cause.code == crate::model::Reason::StaleEvidence => {
                "no success that is known to be recent enough".to_owned()
            }
            Part::Evidence(_) => "did not succeed earlier in the run".to_owned(),
            Part::Constraint(at) => {
                let complaint = self.guard_of(cause.source).and_then(|guard| {
                    guard.constraints.get(at as usize)?.schema.complaints(call.details.arguments()?, 1).pop()
                });
                complaint.unwrap_or_else(|| "the arguments are not known".to_owned())
            }
            Part::Grounding(at) => {
                let grounded = self.guard_of(cause.source).and_then(|guard| guard.groundings.get(at as usize));
                grounded.map(|grounded| argument(call, grounded.argument)).unwrap_or_default()
            }
            Part::Webhook => "is not asked here".to_owned(),
            _ => String::new(),
        }
    }
}

fn key(text: &str) -> Way {
    Way::Key(text.to_owned())
}

fn of_rule(rule: &Rule, call: &Call<'_>) -> Vec<Label> {
    let name = |value: Option<&str>| value.map_or("not known".to_owned(), |value| format!("`{}`", shown(value)));
    let mut labels = vec![
        (vec![key("agent_id")], name(call.agent)),
        (vec![key("target_integration")], name(call.integration)),
        (vec![key("operation")], name(Some(&call.operation))),
        (vec![key("resource_scope")], name(call.resource)),
    ];
    labels.extend(
        rule.conditions
            .arguments
            .keys()
            .map(|name| (vec![key("conditions"), key("arguments"), key(name)], argument(call, name))),
    );
    labels
}

fn of_criteria(policy: &Policy, cause: &Cause, call: &Call<'_>) -> Vec<Label> {
    let Part::Approval(criteria) = cause.part else { return Vec::new() };
    let mut labels = Vec::new();
    if criteria.actions {
        labels.push((vec![key("approval_actions")], format!("holds `{}`", call.name())));
    }
    if criteria.tags {
        let borne = policy.approval_tags.iter().filter(|tag| call.details.has_tag(tag) == Some(true));
        let borne: Vec<String> = borne.map(|tag| format!("`{tag}`")).collect();
        labels.push((vec![key("approval_tags")], if borne.is_empty() { "met".to_owned() } else { borne.join(", ") }));
    }
    if criteria.risk {
        labels.push((vec![key("approval_risk_levels")], "holds the action's risk".to_owned()));
    }
    if criteria.cost {
        let cost = call.cost.map_or("met".to_owned(), |cost| format!("${cost}"));
        labels.push((vec![key("approval_threshold_usd")], cost));
    }
    labels
}

fn of_when(when: &When, rank: usize, call: &Call<'_>) -> Vec<Label> {
    let under = |name: &str| vec![key("approval_rules"), Way::Item(rank), key("when"), key(name)];
    let mut labels = Vec::new();
    if when.actions.is_some() {
        labels.push((under("actions"), format!("holds `{}`", call.name())));
    }
    if let (Some(_), Some(cost)) = (when.cost_usd_at_least, call.cost) {
        labels.push((under("cost_usd_at_least"), format!("${cost}")));
    }
    for name in when.arguments.iter().flat_map(|arguments| arguments.keys()) {
        let mut way = under("arguments");
        way.push(key(name));
        labels.push((way, argument(call, name)));
    }
    labels
}

fn argument(call: &Call<'_>, name: &str) -> String {
    let Some(arguments) = call.details.arguments() else { return format!("`{name}` is not known") };
    arguments.get(name).map_or_else(|| format!("`{name}` is not there"), |value| format!("is {}", json(value)))
}

fn json(value: &Value) -> String {
    shown(&value.to_string())
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
