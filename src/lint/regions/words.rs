use super::MOST_LABELS;
use crate::diag::Diagnostic;
use crate::engine::Call;
use crate::model::{Action, Arguments, Level, Rule};
use crate::syntax::shortened;
use crate::text::Span;

/// How many names a sentence lists.
const MOST_NAMES: usize = 3;

/// "`a`", "`a` and `b`", "`a`, `b`, `c` and 4 more".
pub fn listed(names: &[String]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) if names.len() <= MOST_NAMES => format!("{} and {last}", others.join(", ")),
        Some(_) => {
            let shown: Vec<&str> = names.iter().take(MOST_NAMES).map(String::as_str).collect();
            format!("{} and {} more", shown.join(", "), names.len() - MOST_NAMES)
        }
    }
}

/// "deny, priority 900".
pub fn statement(rule: &Rule) -> String {
    format!("{}, priority {}", rule.policy_effect.as_str(), rule.priority)
}

/// Points at further places: at the first few of them, the last of which says how many more there are.
pub fn pointing(found: Diagnostic, places: Vec<(Option<Span>, String)>) -> Diagnostic {
    let others = places.len().saturating_sub(MOST_LABELS);
    let shown = places.into_iter().take(MOST_LABELS).enumerate();
    shown.fold(found, |found, (at, (span, words))| {
        let more = if others > 0 && at + 1 == MOST_LABELS { format!("; and {others} more") } else { String::new() };
        found.and(span, format!("{words}{more}"))
    })
}

/// An action in the words of rules: what some of them ask about, nothing else.
pub fn example(action: &Action, rules: &[&Rule]) -> String {
    let quoted = |text: &str| format!("`{}`", shortened(text));
    let asked = |asks: fn(&Rule) -> bool| rules.iter().any(|rule| asks(rule));
    let mut words = quoted(&Call::of(action).name());
    if let (Some(agent), true) = (&action.agent_id, asked(|rule| !rule.agent_id.is_any())) {
        words.push_str(&format!(" by agent {}", quoted(agent)));
    }
    if let (Some(resource), true) = (&action.resource, asked(|rule| !rule.resource_scope.is_any())) {
        words.push_str(&format!(" on {}", quoted(resource)));
    }
    if let (Some(level), true) = (action.data_classification, asked(asks_level)) {
        words.push_str(&format!(" with {} data", level.as_str()));
    }
    if let (Some(arguments), true) = (&action.arguments, asked(|rule| !rule.conditions.arguments.is_empty())) {
        words.push_str(&format!(" and the arguments {}", quoted(&told(arguments))));
    }
    words
}

fn asks_level(rule: &Rule) -> bool {
    rule.data_classification.low != Level::Public || rule.data_classification.high != Level::Restricted
}

fn told(arguments: &Arguments) -> String {
    arguments.as_value().to_string()
}
