//! The small marks of the page: texts of strangers, effects, directions, tables in boxes of their own.

use maud::{Markup, html};

use super::super::shape::{DeciderLine, LogPlace, Pair, VerdictLine};
use super::super::words::{effect, grouped};
use crate::model::Effect;
use crate::report::visible::visible_line;

/// The longest text of a stranger that is shown whole, in characters.
const LONGEST: usize = 300;

/// A text of a stranger as plain text on one line: what cannot be seen is an escape, and it turns nothing around it. It
/// may be broken after a slash or a low line.
pub fn told(text: &str) -> Markup {
    let shown = plain(text);
    let parts: Vec<&str> = shown.split_inclusive(['/', '_']).collect();
    html! {
        bdi {
            @for (rank, part) in parts.iter().enumerate() {
                @if rank > 0 { wbr; }
                (part)
            }
        }
    }
}

/// A time on two lines, day and clock; whole where it is not written that way.
pub fn time(text: &str) -> Markup {
    html! {
        @match text.split_once('T') {
            Some((day, clock)) => { (told(day)) small { (told(clock)) } }
            None => { (told(text)) }
        }
    }
}

/// The same without an element around it, for titles and options; the page escapes it.
pub fn plain(text: &str) -> String {
    let shown = visible_line(text);
    match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown,
    }
}

/// The word by which style and script know an effect.
pub fn class(of: Effect) -> &'static str {
    effect(of)
}

/// Where an effect stands among the three.
pub fn rank(of: Effect) -> u8 {
    match of {
        Effect::Allow => 0,
        Effect::ApprovalRequired => 1,
        Effect::Deny => 2,
    }
}

/// The shape of an effect: it is known without its colour.
pub fn shape(of: Effect) -> &'static str {
    match of {
        Effect::Allow => "●",
        Effect::ApprovalRequired => "◆",
        Effect::Deny => "■",
    }
}

/// An effect: shape and word.
pub fn fx(of: Effect) -> Markup {
    html! { span class={ "fx chip " (class(of)) } { i aria-hidden="true" { (shape(of)) } (effect(of)) } }
}

/// From what to what; what only head says on one side alone.
pub fn step(from: Option<Effect>, to: Effect) -> Markup {
    html! {
        span class="fxs" {
            @if let Some(from) = from { (fx(from)) span class="to" { "→" } }
            (fx(to))
        }
    }
}

/// A direction: shape and word.
pub fn way(direction: &str) -> Markup {
    let shape = match direction {
        "tightened" => "▲",
        "loosened" => "▼",
        _ => "■",
    };
    html! { span class={ "way " (direction) } { i aria-hidden="true" { (shape) } (direction) } }
}

/// The direction from one effect to the other; `None` where they are the same.
pub fn direction(from: Effect, to: Effect) -> Option<&'static str> {
    match to.cmp(&from) {
        std::cmp::Ordering::Greater => Some("tightened"),
        std::cmp::Ordering::Less => Some("loosened"),
        std::cmp::Ordering::Equal => None,
    }
}

/// Base, where there is one, and head, each with its word.
pub fn sides<T>(pair: &Pair<T>) -> Vec<(&'static str, &T)> {
    pair.base.iter().map(|base| ("base", base)).chain([("head", &pair.head)]).collect()
}

/// A place in a log.
pub fn place(place: &LogPlace) -> Markup {
    html! {
        code {
            (told(&place.log)) wbr; span class="line" { ":" (place.line) }
            @if let Some(part) = &place.part { ", " (told(part)) }
        }
    }
}

/// Who decided, in a few words.
pub fn decider(kind: &str, id: Option<&str>) -> Markup {
    html! {
        @match id {
            Some(id) => { (told(kind)) " " code { (told(id)) } }
            None => { "the " (told(if kind.is_empty() { "default" } else { kind })) }
        }
    }
}

/// Who decided for a group.
pub fn decider_line(line: &DeciderLine) -> Markup {
    decider(&line.kind, line.id.as_deref())
}

/// The file and the place in it that decided.
pub fn source(verdict: &VerdictLine) -> Option<Markup> {
    let file = verdict.file.as_ref()?;
    Some(html! {
        code {
            (told(file))
            @if let Some(line) = verdict.line { wbr; span class="line" { ":" (line) } }
        }
    })
}

/// A table that scrolls in its own box, also with the keys.
pub fn scrolling(label: &str, tall: bool, table: &Markup) -> Markup {
    html! {
        div class=(if tall { "scroll tall" } else { "scroll" }) role="region" aria-label=(label) tabindex="0" { (table) }
    }
}

/// The title of a part and a sentence on how to read it.
pub fn titled(title: &str, lead: &str) -> Markup {
    html! {
        header {
            h2 { (title) }
            @if !lead.is_empty() { p { (lead) } }
        }
    }
}

/// What the three colours and shapes are.
pub fn legend() -> Markup {
    html! {
        ul class="legend" {
            @for of in Effect::ALL {
                li { span class={ "key " (class(of)) } {} (shape(of)) " " (effect(of)) }
            }
        }
    }
}

/// A number in a cell of a table.
pub fn cell(number: u64) -> Markup {
    html! { td class=(if number == 0 { "num muted" } else { "num" }) { (grouped(number)) } }
}
