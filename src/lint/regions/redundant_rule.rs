use super::words::{listed, pointing, statement};
use super::{Seen, rank};
use crate::diag::{Diagnostic, codes};
use crate::effects::{Findings, Place, Shadowed};
use crate::engine::Source;

/// A rule without which every action has the same effect. Not one that only a rule stands in for of which it is said that it
/// never decides: of two equal rules one is reported.
pub fn lint(seen: &Seen<'_>, found: &Findings) -> Vec<Diagnostic> {
    let idle = |place: &Place| rank(place.source).is_some_and(|rank| seen.idle.contains(&rank));
    let told = |redundant: &&Shadowed| idle(&redundant.what) || redundant.by.iter().any(idle);
    found.redundant.iter().filter(|redundant| !told(redundant)).filter_map(|redundant| of(seen, redundant)).collect()
}

fn of(seen: &Seen<'_>, redundant: &Shadowed) -> Option<Diagnostic> {
    let rule = seen.rule_of(redundant.what.source)?;
    let names = seen.names(&redundant.by);
    let verb = if names.len() == 1 { "decides" } else { "decide" };
    let message = format!("without `{}` every action has the same effect: {} {verb} then", rule.id, listed(&names));
    let diagnostic = Diagnostic::new(codes::REDUNDANT_RULE, seen.effect_span(rule)?, message).at(statement(rule));
    let places = redundant.by.iter().map(|place| (seen.span(place), then(seen, place)));
    let help = "remove it, then check again: another rule may be redundant only as long as this one is there";
    Some(pointing(diagnostic, places.collect()).help(help))
}

fn then(seen: &Seen<'_>, place: &Place) -> String {
    match (seen.rule_of(place.source), place.source) {
        (Some(rule), _) => format!("{}: decides then", statement(rule)),
        (None, Source::Default) => "decides then, where no rule matches".to_owned(),
        (None, _) => "decides then".to_owned(),
    }
}
