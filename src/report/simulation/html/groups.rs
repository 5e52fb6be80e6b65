//! Changed actions by what they have in common: who decides, where that stands, why, and the first of them.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::shape::{GroupLine, SampleLine, Simulation, VerdictLine};
use super::super::words::{count, grouped, rows};
use super::changed::Names;
use super::marks::{class, decider, decider_line, fx, place, scrolling, source, step, titled, told, way};

/// How many are seen at once; the others are folded.
const SHOWN: usize = 15;
/// How many are shown with their samples; the others are lines of a table.
const WHOLE: usize = 200;
/// How many are open from the start.
const OPEN: usize = 1;

/// The part of the page.
pub fn shown(report: &Simulation) -> Option<Markup> {
    let groups = &report.groups;
    if groups.is_empty() {
        return None;
    }
    let names = Names::of(report);
    let shown = groups.get(..SHOWN).unwrap_or(groups);
    let rest = groups.get(SHOWN..).unwrap_or_default();
    let title = if report.base.is_some() { "What changes, and why" } else { "What is stopped, and why" };
    let lead = format!(
        "{} with the same deciders, agent and action in common, the largest first.",
        count(groups.len() as u64, "group")
    );
    Some(html! {
        (titled(title, &lead))
        (tabs(groups))
        div class="card flush" {
            @for (rank, group) in shown.iter().enumerate() { (one(group, rank < OPEN, &names)) }
            @if !rest.is_empty() { (folded(rest, &names)) }
        }
    })
}

/// One direction or all; only where there are two.
fn tabs(groups: &[GroupLine]) -> Markup {
    let mut ways: BTreeMap<&str, u64> = BTreeMap::new();
    for group in groups {
        *ways.entry(group.direction).or_default() += 1;
    }
    html! {
        @if ways.len() > 1 {
            div class="tabs" id="group-tabs" role="group" aria-label="Direction" hidden {
                button type="button" data-way="" aria-pressed="true" { "All " (groups.len()) }
                @for (direction, number) in &ways {
                    button type="button" data-way=(direction) aria-pressed="false" { (way(direction)) " " (grouped(*number)) }
                }
            }
        }
    }
}

fn one(group: &GroupLine, open: bool, names: &Names<'_>) -> Markup {
    let from = group.base.as_ref().map(|base| base.effect);
    html! {
        details class="group one-way" data-way=(group.direction) open[open] {
            summary {
                span class="n" { (grouped(group.actions)) span class="sr" { " actions" } }
                code { (told(&group.action)) }
                span class="who muted" { @if let Some(agent) = &group.agent_id { (told(agent)) } }
                (step(from, group.head.effect))
                (way(group.direction))
            }
            div class="body" {
                (deciders(group))
                @if let Some(rows) = rows(group) { p class="muted" { (rows) " (policyc diff --effects)" } }
                @if !group.samples.is_empty() {
                    h3 { (if group.samples.len() as u64 == group.actions { "All of them" } else { "The first of them" }) }
                    ul class="samples" { @for one in &group.samples { (sample(one)) } }
                }
                p class="after" { (pick(group, names)) }
            }
        }
    }
}

/// Leads to the actions of a group in the table of all; the script shows it.
fn pick(group: &GroupLine, names: &Names<'_>) -> Markup {
    html! {
        @if let Some(action) = names.action(&group.action) {
            button type="button" class="plain pick" hidden data-action=(action)
                data-way=(group.direction)
                data-agent=[group.agent_id.as_ref().and_then(|agent| names.agent(agent))]
                data-from=[group.base.as_ref().map(|base| class(base.effect))]
                data-to=(class(group.head.effect)) { "Show such actions in the table" }
        }
    }
}

/// Who decides on both sides, where and why, as the first sample has it.
fn deciders(group: &GroupLine) -> Markup {
    let first = group.samples.first();
    let base = group.base.as_ref().map(|line| (line, first.and_then(|sample| sample.base.as_ref())));
    html! {
        div class=(if base.is_some() { "deciders" } else { "deciders one" }) {
            @if let Some((line, verdict)) = base {
                div class="decider" { p class="role" { span { "base" } (fx(line.effect)) } p { (decider_line(line)) } (why(verdict)) }
            }
            div class="decider" {
                p class="role" { span { "head" } (fx(group.head.effect)) }
                p { (decider_line(&group.head)) }
                (why(first.map(|sample| &sample.head)))
            }
        }
    }
}

fn why(verdict: Option<&VerdictLine>) -> Markup {
    let Some(verdict) = verdict else { return html! {} };
    html! {
        p {
            @if let Some(source) = source(verdict) { (source) " " }
            @if let Some(code) = verdict.code { code class="muted" { (code.as_str()) } }
        }
        @if !verdict.part.is_empty() { p class="muted" { "at " code { (told(&verdict.part)) } } }
        @if !verdict.rationale.is_empty() { p { (told(&verdict.rationale)) } }
        @if !verdict.needed.is_empty() { p { span class="muted" { "needed: " } (told(&verdict.needed)) } }
        @if !verdict.missing.is_empty() { p { span class="warn" { "uncertain without " (told(&verdict.missing.join(", "))) } } }
    }
}

fn sample(sample: &SampleLine) -> Markup {
    html! {
        li {
            (place(&sample.place))
            @if let Some(id) = &sample.id { span { (told(id)) } }
            @if let Some(time) = &sample.time { span class="muted" { (told(time)) } }
            @if let Some(resource) = &sample.resource { span { "on " (told(resource)) } }
        }
    }
}

/// The groups beyond the first: some as those before, and those beyond them a line each.
fn folded(rest: &[GroupLine], names: &Names<'_>) -> Markup {
    let actions = rest.iter().map(|group| group.actions).sum();
    let whole = rest.get(..WHOLE - SHOWN).unwrap_or(rest);
    let lines = rest.get(WHOLE - SHOWN..).unwrap_or_default();
    html! {
        details class="more folded" id="more-groups" {
            summary { (count(rest.len() as u64, "more group")) " with " (count(actions, "action")) }
            @for group in whole { (one(group, false, names)) }
            @if !lines.is_empty() {
                p class="note after" id="small-groups" { (count(lines.len() as u64, "smaller group")) ", a line each:" }
                (scrolling("Smaller groups", true, &table(lines)))
            }
        }
    }
}

fn table(lines: &[GroupLine]) -> Markup {
    html! {
        table {
            thead { tr { @for name in ["actions", "direction", "action", "agent", "decision", "decided by"] { th scope="col" { (name) } } } }
            tbody { @for group in lines { (line(group)) } }
        }
    }
}

fn line(group: &GroupLine) -> Markup {
    let by = |line: &super::super::shape::DeciderLine| decider(&line.kind, line.id.as_deref());
    html! {
        tr class="one-way" data-way=(group.direction) {
            td class="num" { (grouped(group.actions)) }
            td { (way(group.direction)) }
            td { code { (told(&group.action)) } }
            td { @if let Some(agent) = &group.agent_id { (told(agent)) } }
            td { (step(group.base.as_ref().map(|base| base.effect), group.head.effect)) }
            td { @if let Some(base) = &group.base { (by(base)) " → " } (by(&group.head)) }
        }
    }
}
