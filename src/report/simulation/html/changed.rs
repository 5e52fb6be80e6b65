//! The table of changed actions: the whole of it is there without a script, which only filters and sorts.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::super::shape::{SampleLine, Simulation, VerdictLine};
use super::super::words::{effect, grouped};
use super::marks::{class, decider, direction, fx, place, plain, rank, scrolling, source, time, titled, told, way};
use crate::model::Effect;

/// Agents and actions of the table by number, so that no text of strangers stands where the script compares.
pub struct Names<'r> {
    agents: BTreeMap<&'r str, usize>,
    actions: BTreeMap<&'r str, usize>,
}

impl<'r> Names<'r> {
    /// Those of the changed actions.
    pub fn of(report: &'r Simulation) -> Self {
        let numbered = |all: BTreeSet<&'r str>| all.into_iter().enumerate().map(|(rank, name)| (name, rank)).collect();
        Self {
            agents: numbered(report.changed.iter().filter_map(|line| line.agent_id.as_deref()).collect()),
            actions: numbered(report.changed.iter().map(|line| line.action.as_str()).collect()),
        }
    }

    /// The number of an agent.
    pub fn agent(&self, name: &str) -> Option<usize> {
        self.agents.get(name).copied()
    }

    /// The number of an action.
    pub fn action(&self, name: &str) -> Option<usize> {
        self.actions.get(name).copied()
    }
}

/// The part of the page.
pub fn shown(report: &Simulation) -> Option<Markup> {
    if report.changed.is_empty() {
        return None;
    }
    let compared = report.base.is_some();
    let names = Names::of(report);
    let all = grouped(report.changed.len() as u64);
    let title = if compared { "Changed actions" } else { "Stopped actions" };
    Some(html! {
        (titled(title, "In the order of the logs."))
        div class="card flush" {
            (filters(report, &names))
            p class="status" role="status" {
                span { b id="shown" { (all) } " of " b id="all" { (all) } " shown" }
                @if report.changed_omitted > 0 {
                    span id="omitted" { (grouped(report.changed_omitted)) " more are left out of this page; the groups count them" }
                }
                button type="button" class="plain" id="clear" hidden { "Clear the filters" }
            }
            (scrolling(title, true, &table(report, &names)))
        }
    })
}

/// What narrows the table; the script shows it.
fn filters(report: &Simulation, names: &Names<'_>) -> Markup {
    let compared = report.base.is_some();
    let effects = Effect::ALL.map(|of| (class(of).to_owned(), effect(of).to_owned()));
    let numbered = |all: &BTreeMap<&str, usize>| -> Vec<(String, String)> {
        all.iter().map(|(name, rank)| (rank.to_string(), plain(name))).collect()
    };
    let ways: BTreeSet<&str> = report.changed.iter().map(turned).collect();
    let ways: Vec<(String, String)> = ways.into_iter().map(|way| (way.to_owned(), way.to_owned())).collect();
    html! {
        form id="filters" class="filters" hidden {
            label class="wide" { "Search" input type="search" name="text" autocomplete="off" spellcheck="false"; }
            @if ways.len() > 1 { (choice("Direction", "way", &ways)) }
            @if compared { (choice("Base", "from", &effects)) }
            (choice(if compared { "Head" } else { "Effect" }, "to", &effects))
            (choice("Agent", "agent", &numbered(&names.agents)))
            (choice("Action", "action", &numbered(&names.actions)))
        }
    }
}

fn choice(label: &str, name: &str, options: &[(String, String)]) -> Markup {
    html! {
        label {
            (label)
            select name=(name) {
                option value="" { "all" }
                @for (value, word) in options { option value=(value) { (word) } }
            }
        }
    }
}

/// Which way an action went.
fn turned(line: &SampleLine) -> &'static str {
    line.base.as_ref().map_or("stopped", |base| direction(base.effect, line.head.effect).unwrap_or("certainty"))
}

fn table(report: &Simulation, names: &Names<'_>) -> Markup {
    let compared = report.base.is_some();
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "Direction" }
                    @if compared { th scope="col" { "Base" } th scope="col" { "Head" } } @else { th scope="col" { "Effect" } }
                    th scope="col" { "Action" }
                    th scope="col" { "Agent" }
                    th scope="col" { "Decided by" }
                    th scope="col" { "Time" }
                    th scope="col" { "Record" }
                }
            }
            tbody { @for (at, line) in report.changed.iter().enumerate() { (row(at, line, names)) } }
        }
    }
}

fn row(at: usize, line: &SampleLine, names: &Names<'_>) -> Markup {
    let way_word = turned(line);
    let base = line.base.as_ref();
    html! {
        tr data-way=(way_word) data-to=(class(line.head.effect)) data-from=[base.map(|base| class(base.effect))]
            data-agent=[line.agent_id.as_deref().and_then(|agent| names.agent(agent))]
            data-action=[names.action(&line.action)] {
            td { (way(way_word)) }
            @if let Some(base) = base { (effect_cell(base.effect)) }
            (effect_cell(line.head.effect))
            td { code { (told(&line.action)) } @if let Some(resource) = &line.resource { small { "on " (told(resource)) } } }
            td { @if let Some(agent) = &line.agent_id { (told(agent)) } @else { span class="muted" { "unknown" } } }
            td class="where" {
                @if let Some(base) = base { small { "base " (decider(&base.kind, base.id.as_deref())) } }
                (by(&line.head))
                @if let Some(row) = line.row { small { "region R" (row) } }
            }
            td { @if let Some(moment) = &line.time { (time(moment)) } @else { span class="muted" { "none" } } }
            td class="where" data-k=(at) { (place(&line.place)) @if let Some(id) = &line.id { small { (told(id)) } } }
        }
    }
}

fn effect_cell(of: Effect) -> Markup {
    html! { td data-k=(rank(of)) { (fx(of)) } }
}

/// Who decides on the head side.
fn by(verdict: &VerdictLine) -> Markup {
    html! {
        (decider(&verdict.kind, verdict.id.as_deref()))
        small {
            @if let Some(source) = source(verdict) { (source) " " }
            @if let Some(code) = verdict.code { code { (code.as_str()) } }
            @if !verdict.missing.is_empty() { " uncertain without " (told(&verdict.missing.join(", "))) }
        }
    }
}
