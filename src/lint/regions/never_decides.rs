use super::words::{listed, pointing, statement};
use super::{Seen, rank};
use crate::diag::{Diagnostic, codes};
use crate::effects::{Findings, Place, Shadowed};
use crate::engine::{Part, Source};
use crate::model::{Pattern, Scope, Way};
use crate::syntax::shortened;
use crate::text::Span;

/// A rule, an entry of a list or an approval rule that something always decides more restrictively.
pub fn lint(seen: &Seen<'_>, found: &Findings) -> Vec<Diagnostic> {
    let shadowed: Vec<_> = found.shadowed.iter().filter_map(|shadowed| rank(shadowed.what.source)).collect();
    let told = |dead: &&Shadowed| rank(dead.what.source).is_some_and(|rank| shadowed.contains(&rank));
    found.dead.iter().filter(|dead| !told(dead)).filter_map(|dead| of(seen, dead)).collect()
}

fn of(seen: &Seen<'_>, dead: &Shadowed) -> Option<Diagnostic> {
    let span = seen.span(&dead.what).filter(|span| !seen.told.contains(span))?;
    let names = seen.names(&dead.by);
    let verb = if names.len() == 1 { "denies" } else { "together deny" };
    let message = format!("{}: {} {verb} all that it matches", nothing(seen, &dead.what), listed(&names));
    let diagnostic = Diagnostic::new(codes::NEVER_DECIDES, span, message);
    let diagnostic = match seen.rule_of(dead.what.source) {
        Some(rule) => diagnostic.at(statement(rule)),
        None => diagnostic,
    };
    let places = dead.by.iter().map(|place| denied(seen, &dead.what, place)).collect();
    Some(pointing(diagnostic, places).help("remove it, or narrow what denies it"))
}

/// What never comes of it.
fn nothing(seen: &Seen<'_>, what: &Place) -> String {
    let way = seen.way(what);
    let entry = |text: &str, list: &str| format!("`{}` in `{list}`", shortened(text));
    match (what.source, way.as_slice()) {
        (Source::Policy(_), [Way::Key(list), Way::Entry(text)]) if list == "allowed_actions" => {
            format!("{} lets nothing pass", entry(text, list))
        }
        (Source::Policy(_), [Way::Key(list), Way::Entry(text)]) => format!("{} never asks", entry(text, list)),
        (Source::Policy(_), _) => format!("{} never asks", asking(seen, what)),
        (source, _) => format!("{} never decides", seen.name(source)),
    }
}

/// "the approval rule `refunds`", "approval rule 2".
fn asking(seen: &Seen<'_>, what: &Place) -> String {
    let Part::ApprovalRule(rank) = what.part else { return "it".to_owned() };
    let named = seen.policy(what.source).and_then(|policy| policy.approval_rules.get(rank as usize)?.name.as_deref());
    let number = || format!("approval rule {}", rank.saturating_add(1));
    named.map_or_else(number, |name| format!("the approval rule `{}`", shortened(name)))
}

/// Where it is denied, and how.
fn denied(seen: &Seen<'_>, what: &Place, by: &Place) -> (Option<Span>, String) {
    let span = if by.source == Source::Catalog { seen.stopped(agents(seen, what.source)) } else { seen.span(by) };
    let words = match (by.source, by.part) {
        (Source::Catalog, _) => "what the catalog does not let act",
        (_, Part::Allowed) => "not in this list",
        _ => "denied here",
    };
    (span, words.to_owned())
}

/// The agents that a document speaks of.
fn agents<'a>(seen: &Seen<'a>, source: Source) -> Option<&'a Pattern> {
    let of_policy = || match &seen.policy(source)?.scope {
        Scope::Agent(agents) => Some(agents),
        _ => None,
    };
    seen.rule_of(source).map(|rule| &rule.agent_id).or_else(of_policy)
}
