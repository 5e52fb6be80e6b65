//! What was compared, and what it came to in one glance.

use maud::{Markup, html};

use super::super::shape::{ChangesLine, Effects, SideLine, Simulation};
use super::super::words::{asked, count, edited, grouped, share};
use super::marks::{fx, place, plain, told};

/// How many logs are named; the others are counted.
const LOGS_NAMED: usize = 6;

/// The report in one sentence.
pub fn title(report: &Simulation) -> String {
    let all = count(report.coverage.actions, "recorded action");
    match &report.changes {
        None => {
            let stopped = report.totals.head.stopped();
            let verb = if stopped == 1 { "is" } else { "are" };
            format!("{} of {all} {verb} stopped", grouped(stopped))
        }
        Some(changes) => match changes.tightened + changes.loosened {
            0 => format!("None of {all} is decided otherwise"),
            1 => format!("1 of {all} is decided otherwise"),
            some => format!("{} of {all} are decided otherwise", grouped(some)),
        },
    }
}

/// The head of the page.
pub fn shown(report: &Simulation) -> Markup {
    html! {
        header class="top" {
            p class="brand" { strong { "policyc" } " simulate" }
            h1 { (title(report)) }
            (lead(report))
            (tiles(report))
            div class=(if report.base.is_some() { "facts" } else { "facts one" }) {
                @if let Some(base) = &report.base {
                    (side("Base", base))
                    span class="arrow" aria-hidden="true" { "→" }
                }
                (side("Head", &report.head))
            }
            (facts(report))
        }
    }
}

fn lead(report: &Simulation) -> Markup {
    let span = report.coverage.from.as_ref().zip(report.coverage.to.as_ref());
    html! {
        p class="lead" {
            @if let Some(base) = &report.base {
                "Replayed against " b { (told(&base.name)) } " and " b { (told(&report.head.name)) }
            } @else {
                "Replayed against " b { (told(&report.head.name)) }
            }
            @if let Some((from, to)) = span { ", from " (day(from)) " to " (day(to)) }
            "."
        }
    }
}

/// The day of a time.
fn day(time: &str) -> String {
    plain(time.get(..10).unwrap_or(time))
}

/// Numbers that decide, side by side.
fn tiles(report: &Simulation) -> Markup {
    let mut all = report.changes.as_ref().map_or_else(|| split(&report.totals.head), turned);
    all.push(certain(report));
    all.extend(gates(report));
    let columns = match all.len() {
        4 => "tiles four",
        5 => "tiles five",
        _ => "tiles",
    };
    html! { dl class=(columns) { @for one in &all { (one) } } }
}

/// How many actions go which way.
fn turned(changes: &ChangesLine) -> Vec<Markup> {
    vec![
        tile("Tightened", "▲", "tightened", changes.tightened, "more restrictive"),
        tile("Loosened", "▼", "loosened", changes.loosened, "less restrictive"),
        tile("Newly denied", "■", "deny", changes.newly_denied, "in the worst case"),
        tile("Newly allowed", "●", "allow", changes.newly_allowed, "in the worst case"),
    ]
}

/// What one side enforces.
fn split(head: &Effects) -> Vec<Markup> {
    let of = |number| format!("{} of all", share(number, head.sum()));
    vec![
        tile("Allowed", "●", "allow", head.allow, &of(head.allow)),
        tile("Approval asked", "◆", "approval", head.approval_required, &of(head.approval_required)),
        tile("Denied", "■", "deny", head.deny, &of(head.deny)),
    ]
}

fn tile(name: &str, shape: &str, class: &str, number: u64, note: &str) -> Markup {
    html! {
        div class="tile" {
            dt { span class=(class) aria-hidden="true" { (shape) } " " (name) }
            dd { span class="big" { (grouped(number)) } small { (note) } }
        }
    }
}

fn certain(report: &Simulation) -> Markup {
    let percent = &report.coverage.percent;
    html! {
        div class="tile" {
            dt { "Decided for certain" }
            dd {
                span class="big" { (format!("{:.1} %", percent.head)) }
                small {
                    @match percent.base { Some(base) => { (format!("base {base:.1} %")) } None => { "of what was replayed" } }
                }
            }
        }
    }
}

fn gates(report: &Simulation) -> Option<Markup> {
    let all = report.gates.len();
    let met = report.gates.iter().filter(|gate| gate.met).count();
    (all > 0).then(|| {
        html! {
            div class="tile" {
                dt { "Gates" }
                dd {
                    span class={ "big " (if met == all { "met" } else { "unmet" }) } {
                        (if met == all { "✓ met" } else { "✗ not met" })
                    }
                    small { (met) " of " (all) }
                }
            }
        }
    })
}

fn side(role: &str, side: &SideLine) -> Markup {
    let digest: String = side.bundle.chars().take(19).collect();
    html! {
        div class="card side" {
            p class="role" { (role) }
            p class="name" { (told(&side.name)) }
            p class="line" {
                @if let Some(only) = &side.only { span class="warn" { "only " code { (told(only)) } } }
                span { "default " (fx(side.default_effect)) }
                @if side.kill_switch { span class="warn" { "⏻ kill switch on" } } @else { span { "kill switch off" } }
                code title=(plain(&side.bundle)) { (told(&digest)) }
            }
        }
    }
}

fn facts(report: &Simulation) -> Markup {
    let more = report.logs.len().saturating_sub(LOGS_NAMED);
    let asked = asked(report);
    html! {
        dl class="pairs" {
            dt { (if report.logs.len() == 1 { "Log" } else { "Logs" }) }
            dd {
                ul {
                    @for log in report.logs.iter().take(LOGS_NAMED) {
                        li { code { (told(&log.name)) } span class="muted" { " " (told(&log.form)) } }
                    }
                    @if more > 0 { li class="muted" { "and " (more) " more" } }
                }
            }
            @if let Some(words) = edited(report) {
                dt { "Change" }
                dd { (told(&words)) }
            }
            @if !report.coverage.breaks.is_empty() {
                dt class="warn" { "Incomplete" }
                dd { ul { @for seen in &report.coverage.breaks { li { (place(&seen.place)) " " (told(&seen.message)) } } } }
            }
            @if !asked.is_empty() {
                dt { "Asked" }
                dd { ul { @for line in &asked { li { (told(line)) } } } }
            }
            @if !report.gates.is_empty() {
                dt { "Gates" }
                dd {
                    ul {
                        @for gate in &report.gates {
                            li {
                                span class=(if gate.met { "way met" } else { "way unmet" }) { (if gate.met { "✓ met" } else { "✗ NOT MET" }) }
                                " " code { (told(&gate.gate)) } " " (told(&gate.allowed))
                                span class="muted" { " — found " (told(&gate.found)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
