//! How much could be replayed for certain, and what would make it more.

use maud::{Markup, html};

use super::super::shape::{SeenLine, Simulation};
use super::super::words::{advice, count, grouped};
use super::marks::{cell, place, scrolling, titled, told};

/// The part of the page.
pub fn shown(report: &Simulation) -> Markup {
    let coverage = &report.coverage;
    let was = coverage.percent.base.map(|base| format!(" (base {base:.1} %)")).unwrap_or_default();
    let lead = format!(
        "{:.1} % decided for certain{was}: {} of {} and places that cannot be read.",
        coverage.percent.head,
        grouped(coverage.certain.head),
        count(coverage.actions + coverage.unreadable, "action")
    );
    html! {
        (titled("Coverage", &lead))
        div class="half" {
            div class="card" {
                h3 { "Facts that are missing" }
                @if coverage.missing.is_empty() { p class="muted" { "None: every action that can be read is decided for certain." } }
                @else { (missing(report)) }
            }
            div class="card" { h3 { "What was read" } (read(report)) }
        }
        (places("Places that cannot be read", coverage.unreadable, &coverage.unreadable_places))
        (places("Places that cannot be relied on", coverage.doubtful, &coverage.doubtful_places))
    }
}

fn missing(report: &Simulation) -> Markup {
    let compared = report.base.is_some();
    scrolling(
        "Facts that are missing",
        false,
        &html! {
            table {
                thead {
                    tr {
                        th scope="col" { "fact" }
                        @if compared { th scope="col" class="num" { "base" } }
                        th scope="col" class="num" { @if compared { "head" } @else { "actions" } }
                        th scope="col" { "what helps" }
                    }
                }
                tbody {
                    @for line in &report.coverage.missing {
                        tr {
                            th scope="row" { code { (told(&line.facts.join(" + "))) } }
                            @if compared { (cell(line.actions.base.unwrap_or(0))) }
                            (cell(line.actions.head))
                            td { (advice(line)) }
                        }
                    }
                }
            }
        },
    )
}

fn read(report: &Simulation) -> Markup {
    let coverage = &report.coverage;
    let lines = [
        ("replayed", coverage.replayed, "actions, reported or not"),
        ("reported", coverage.actions, "actions in this report"),
        ("unreadable", coverage.unreadable, "places that cannot be read"),
        ("doubtful", coverage.doubtful, "actions of which something was taken as unknown"),
        ("repeated", coverage.repeated, "calls told before and not counted again"),
        ("untimed", coverage.untimed, "actions without a time"),
        ("times back", coverage.times_back, "times before the one above them"),
    ];
    scrolling(
        "What was read",
        false,
        &html! {
            table id="read" {
                tbody {
                    @for (name, number, what) in lines {
                        tr { th scope="row" { (name) } (cell(number)) td class="muted" { (what) } }
                    }
                }
            }
        },
    )
}

fn places(title: &str, number: u64, seen: &[SeenLine]) -> Markup {
    let left = number.saturating_sub(seen.len() as u64);
    html! {
        @if number > 0 {
            div class="card" {
                h3 { (title) ": " (grouped(number)) }
                details class="more" {
                    summary { "The first " (count(seen.len() as u64, "place")) }
                    (scrolling(title, true, &html! {
                        table { tbody { @for line in seen { tr { td { (place(&line.place)) } td { (told(&line.message)) } } } } }
                    }))
                    @if left > 0 { p class="note after" { (grouped(left)) " more are not listed." } }
                }
            }
        }
    }
}
