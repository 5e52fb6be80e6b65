use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Seen;
use super::words::{example, listed, pointing, statement};
use crate::diag::{Diagnostic, codes};
use crate::effects::{Findings, Tie};
use crate::engine::Source;
use crate::text::Span;

/// Ties by the rules that are in them.
type ByRule<'f> = BTreeMap<u32, Vec<&'f Tie>>;

/// Rules of one priority and different effects that meet: a reader of one of the files cannot tell which one decides.
pub fn lint(seen: &Seen<'_>, found: &Findings) -> Vec<Diagnostic> {
    let mut by_rule = ByRule::new();
    let asked = |tie: &&Tie| !seen.idle.contains(&tie.decides) && !seen.idle.contains(&tie.other);
    for tie in found.ties.iter().filter(asked) {
        by_rule.entry(tie.decides).or_default().push(tie);
        by_rule.entry(tie.other).or_default().push(tie);
    }
    grouped(by_rule).into_iter().filter_map(|(rule, ties)| of(seen, rule, &ties)).collect()
}

/// Each tie once, at the rule that is in the most of them, so that a broad rule with many carve-outs is one finding.
fn grouped(mut by_rule: ByRule<'_>) -> Vec<(u32, Vec<&Tie>)> {
    let size = |rule: u32, ties: &[&Tie]| (Reverse(ties.len()), rule);
    let mut sizes: BTreeSet<_> = by_rule.iter().map(|(rule, ties)| size(*rule, ties)).collect();
    let mut groups = Vec::new();
    while let Some((_, rule)) = sizes.pop_first() {
        let ties = by_rule.remove(&rule).unwrap_or_default();
        for tie in &ties {
            let other = opposite(tie, rule);
            let Some(others) = by_rule.get_mut(&other) else { continue };
            sizes.remove(&size(other, others));
            others.retain(|kept| kept.decides != rule && kept.other != rule);
            sizes.insert(size(other, others));
        }
        if !ties.is_empty() {
            groups.push((rule, ties));
        }
    }
    groups
}

/// The other rule of a tie.
fn opposite(tie: &Tie, rule: u32) -> u32 {
    if tie.decides == rule { tie.other } else { tie.decides }
}

fn of(seen: &Seen<'_>, rank: u32, ties: &[&Tie]) -> Option<Diagnostic> {
    let rule = seen.rule(rank)?;
    let names: Vec<String> = ties.iter().map(|tie| seen.name(Source::Rule(opposite(tie, rank)))).collect();
    let message = format!(
        "`{}` meets {} of its own priority and of {} effect: only the rule for ties separates them",
        rule.id,
        listed(&names),
        if names.len() == 1 { "another" } else { "other" }
    );
    let diagnostic = Diagnostic::new(codes::TIE_OF_PRIORITIES, seen.effect_span(rule)?, message).at(statement(rule));
    let places = ties.iter().filter_map(|tie| meeting(seen, rank, tie));
    let help = "give what is meant to decide a higher priority, so that its own file says so";
    Some(pointing(diagnostic, places.collect()).help(help))
}

/// Where the other rule of a tie stands, and what comes of an action that both match.
fn meeting(seen: &Seen<'_>, rank: u32, tie: &Tie) -> Option<(Option<Span>, String)> {
    let (decides, against) = (seen.rule(tie.decides)?, seen.rule(tie.other)?);
    let (other, what) = if tie.decides == rank { (against, "is decided against") } else { (decides, "decides") };
    let action = example(&tie.witness, &[decides, against]);
    Some((seen.effect_span(other), format!("{}: {what}, for example over {action}", statement(other))))
}
