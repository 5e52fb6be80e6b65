use super::Seen;
use super::words::{listed, pointing, statement};
use crate::diag::{Diagnostic, codes};
use crate::effects::{Findings, Shadowed};
use crate::model::Rule;

/// A rule that never decides, because rules that are asked before it match all that it matches.
pub fn lint(seen: &Seen<'_>, found: &Findings) -> Vec<Diagnostic> {
    found.shadowed.iter().filter(|shadowed| !shadowed.by.is_empty()).filter_map(|shadowed| of(seen, shadowed)).collect()
}

fn of(seen: &Seen<'_>, shadowed: &Shadowed) -> Option<Diagnostic> {
    let rule = seen.rule_of(shadowed.what.source)?;
    let before: Vec<&Rule> = shadowed.by.iter().filter_map(|place| seen.rule_of(place.source)).collect();
    let verbs = if before.len() == 1 { ("is", "matches") } else { ("are", "together match") };
    let message = format!(
        "`{}` never decides: {} {} asked first and {} all that it matches",
        rule.id,
        listed(&seen.names(&shadowed.by)),
        verbs.0,
        verbs.1
    );
    let alike = before.iter().all(|before| before.policy_effect == rule.policy_effect);
    let help = if alike {
        "remove it, or narrow what is asked first"
    } else {
        "give it a higher priority, narrow what is asked first, or remove it"
    };
    let diagnostic = Diagnostic::new(codes::SHADOWED_RULE, seen.effect_span(rule)?, message).at(statement(rule));
    let places = before.into_iter().map(|before| (seen.effect_span(before), first(before, rule)));
    Some(pointing(diagnostic, places.collect()).help(help))
}

/// Why a rule is asked before another.
fn first(before: &Rule, rule: &Rule) -> String {
    let why = if before.priority > rule.priority {
        "asked first"
    } else if before.policy_effect > rule.policy_effect {
        "of equal priority the more restrictive is asked first"
    } else {
        "of equal priority and effect the smaller id is asked first"
    };
    format!("{}: {why}", statement(before))
}
