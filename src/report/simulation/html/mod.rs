//! The report of a replay as a page: one file that loads nothing, with its drawings inside. All of it stands in the
//! page as it is written; the script only filters, sorts and folds. What strangers wrote is text, and nothing else: see
//! [`marks::told`].

mod bars;
mod beside;
mod changed;
mod columns;
mod coverage;
mod flow;
mod groups;
mod head;
mod marks;
mod sealed;
#[cfg(test)]
mod tests;
mod truth;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::shape::Simulation;

const STYLE: &str = concat!(include_str!("page.css"), include_str!("parts.css"));
const SCRIPT: &str = include_str!("page.js");

/// A part of the page: its id, its name in the navigation, and what it holds.
struct Part {
    id: &'static str,
    name: &'static str,
    body: Markup,
}

/// Shows a report as a page of its own.
#[must_use]
pub fn simulation_html(report: &Simulation) -> String {
    let parts: Vec<Part> = [
        ("decisions", "Decisions", flow::shown(report)),
        ("time", "Over time", columns::shown(report)),
        ("operations", "Operations", bars::shown(report)),
        ("groups", "Groups", groups::shown(report)),
        ("changed", "Actions", changed::shown(report)),
        ("truth", "Ground truth", truth::shown(report)),
        ("coverage", "Coverage", Some(coverage::shown(report))),
        ("documents", "Documents", beside::documents(report)),
        ("approvals", "Approvals", beside::approvals(report)),
        ("recorded", "Recorded", beside::recorded(report)),
    ]
    .into_iter()
    .filter_map(|(id, name, body)| Some(Part { id, name, body: body? }))
    .collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (meta(report))
            body {
                div class="wrap" { (head::shown(report)) }
                (navigation(&parts))
                main class="wrap" {
                    @for part in &parts {
                        section id=(part.id) { (part.body) }
                    }
                    (footer(report))
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// The head of the document: what it may do, which is nothing but what stands in it.
fn meta(report: &Simulation) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(sealed::policy(STYLE, SCRIPT));
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="referrer" content="no-referrer";
            meta name="robots" content="noindex";
            meta name="generator" content={ "policyc " (env!("CARGO_PKG_VERSION")) };
            title { (head::title(report)) " · policyc" }
            style { (PreEscaped(STYLE)) }
        }
    }
}

fn navigation(parts: &[Part]) -> Markup {
    html! {
        nav class="nav" aria-label="Parts of the report" {
            div class="wrap" {
                ul {
                    @for part in parts {
                        li { a href={ "#" (part.id) } { (part.name) } }
                    }
                }
            }
        }
    }
}

fn footer(report: &Simulation) -> Markup {
    html! {
        footer {
            p { "Digest of this report, without places, samples and names of logs: " code id="digest" { (marks::told(&report.digest)) } }
            p { "Made by policyc " (env!("CARGO_PKG_VERSION")) " as " code { (report.schema) } ". " code { "--format json" } " has all of it for programs." }
        }
    }
}
