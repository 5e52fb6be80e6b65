//! A decision for people.

use super::DecisionLine;
use super::decision::{ReasonLine, spans};
use super::human::{Shown, Told as Note};
use super::visible::visible_line;
use crate::compile::Compilation;
use crate::diag::Severity;
use crate::engine::Told;
use crate::model::Effect;
use crate::source::SourceSet;

/// How a decision is shown.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// With colour.
    pub colour: bool,
    /// Columns.
    pub width: usize,
    /// With the lines of the documents.
    pub lines: bool,
}

/// A decision: its effect, then every reason with its place.
#[must_use]
pub fn explained(
    line: &DecisionLine,
    told: &Told<'_>,
    name: &str,
    compilation: &Compilation,
    sources: &SourceSet,
    look: Look,
) -> String {
    let mut text = headline(line, name, look.colour);
    for (reason, said) in line.reasons.iter().zip(&told.reasons) {
        let places = spans(said, compilation);
        if look.lines && !places.is_empty() {
            let note = Note {
                title: title(reason),
                severity: severity(reason.effect),
                places,
                help: (!reason.needed.is_empty()).then(|| format!("needed: {}", reason.needed)),
            };
            text.push_str(&Shown::new(sources).note(&note, look.colour, look.width));
        } else {
            text.push_str(&short(reason));
        }
    }
    for lift in &line.lifted {
        let may = if lift.certain { "lifted" } else { "may have lifted" };
        let (exception, code, kind, id) = (&lift.exception, lift.code.as_str(), &lift.kind, &lift.id);
        text.push_str(&format!("  exception `{exception}` {may} {code} of {kind} `{id}`\n"));
    }
    text
}

fn headline(line: &DecisionLine, name: &str, colour: bool) -> String {
    let word = painted(line.effect, colour);
    let name = visible_line(name);
    if line.certain {
        return format!("{word}  {name}\n");
    }
    let lower = line.lower.as_str();
    let missing = line.missing.join(", ");
    format!("{word}  {name}\n  not certain: it may be {lower}; not known: {missing}\n")
}

fn painted(effect: Effect, colour: bool) -> String {
    let word = effect.as_str();
    if !colour {
        return word.to_owned();
    }
    let paint = match effect {
        Effect::Allow => 32,
        Effect::ApprovalRequired => 33,
        Effect::Deny => 31,
    };
    format!("\u{1b}[1;{paint}m{word}\u{1b}[0m")
}

fn severity(effect: Effect) -> Severity {
    match effect {
        Effect::Allow => Severity::Note,
        Effect::ApprovalRequired => Severity::Warning,
        Effect::Deny => Severity::Error,
    }
}

/// What a reason says, in a line.
fn title(reason: &ReasonLine) -> String {
    let (code, effect) = (reason.code.as_str(), reason.effect.as_str());
    let maybe = if reason.certain { "" } else { " (possible)" };
    let by = match &reason.id {
        Some(id) => format!("{} `{id}`", reason.kind),
        None => format!("the {}", reason.kind),
    };
    format!("{code}{maybe}: {by} says {effect}: {}", reason.rationale)
}

fn short(reason: &ReasonLine) -> String {
    let mut text = format!("  {}\n", visible_line(&title(reason)));
    if let (Some(file), Some(line), Some(column)) = (&reason.file, reason.line, reason.column) {
        text.push_str(&format!("    at {}:{line}:{column}\n", visible_line(file)));
    }
    if !reason.needed.is_empty() {
        text.push_str(&format!("    needed: {}\n", visible_line(&reason.needed)));
    }
    text
}
