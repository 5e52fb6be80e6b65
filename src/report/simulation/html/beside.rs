//! Documents with their hits, approvals, and what was recorded of decisions.

use maud::{Markup, html};

use super::super::shape::{ApprovalsLine, DocumentLine, HitsLine, Simulation};
use super::super::words::{count, effect, grouped, share};
use super::marks::{cell, fx, scrolling, sides, titled, told};
use crate::model::Effect;

/// Which documents took part, and which never did.
pub fn documents(report: &Simulation) -> Option<Markup> {
    if report.documents.is_empty() {
        return None;
    }
    let mut hit: Vec<&DocumentLine> = report.documents.iter().filter(|line| reasons(line) > 0).collect();
    hit.sort_by_key(|line| std::cmp::Reverse(line.head.map_or(0, |hits| hits.decided)));
    let never = &report.never_hit;
    Some(html! {
        (titled("Documents", "How often each gave a reason, and how often it was the one that decided."))
        div class="card" {
            @if hit.is_empty() { p class="muted" { "No document gave a reason." } }
            @else { (scrolling("Documents with hits", true, &hits(&hit, report.base.is_some()))) }
        }
        @if !never.is_empty() {
            div class="card" {
                h3 { "Never hit: " (never.len()) }
                p class="note" { "Documents of head that gave no reason for any of these actions. The log may hold none of their kind, or they may be dead." }
                details class="more" open[never.len() <= 12] {
                    summary { "Their names" }
                    div id="never" { @for (rank, id) in never.iter().enumerate() { @if rank > 0 { ", " } code { (told(id)) } } }
                }
            }
        }
    })
}

fn reasons(line: &DocumentLine) -> u64 {
    line.base.iter().chain(&line.head).map(|hits| hits.reasons + hits.decided).sum()
}

fn hits(all: &[&DocumentLine], compared: bool) -> Markup {
    let pair = |hits: Option<HitsLine>| {
        html! {
            @match hits {
                Some(hits) => { (cell(hits.reasons)) (cell(hits.decided)) }
                None => { td class="num muted" colspan="2" { "not there" } }
            }
        }
    };
    html! {
        table id="hits" {
            thead {
                tr {
                    th scope="col" { "document" }
                    th scope="col" { "kind" }
                    @if compared { th scope="col" class="num" { "base reasons" } th scope="col" class="num" { "base decided" } }
                    th scope="col" class="num" { @if compared { "head " } "reasons" }
                    th scope="col" class="num" { @if compared { "head " } "decided" }
                }
            }
            tbody {
                @for line in all {
                    tr {
                        th scope="row" { @match &line.id { Some(id) => { code { (told(id)) } } None => { "the " (line.kind) } } }
                        td class="muted" { (line.kind) }
                        @if compared { (pair(line.base)) }
                        (pair(line.head))
                    }
                }
            }
        }
    }
}

/// Approvals that are asked for, or may be.
pub fn approvals(report: &Simulation) -> Option<Markup> {
    let all = sides(&report.approvals);
    if all.iter().all(|(_, line)| line.total == 0) {
        return None;
    }
    let row = |(side, line): &(&str, &ApprovalsLine)| {
        html! {
            tr {
                th scope="row" { (side) }
                (cell(line.total)) (cell(line.days)) (cell(line.most))
                td { @if let Some(day) = &line.busiest_day { (told(day)) } }
            }
        }
    };
    Some(html! {
        (titled("Approvals", "How often somebody is asked first, or may be. On the busiest day all are counted that bear no time."))
        div class="card" {
            (scrolling("Approvals", false, &html! {
                table id="asks" {
                    thead { tr { th scope="col" { "side" } @for name in ["in all", "days", "most on a day"] { th scope="col" class="num" { (name) } } th scope="col" { "busiest day" } } }
                    tbody { @for line in &all { (row(line)) } }
                }
            }))
        }
    })
}

/// Against the decisions that were recorded.
pub fn recorded(report: &Simulation) -> Option<Markup> {
    let recorded = report.recorded.as_ref()?;
    Some(html! {
        (titled("Recorded decisions", "What was decided then, against what is enforced here."))
        div class="half" {
            @for (side, line) in sides(recorded) {
                div class="card" {
                    h3 { (side) ": " (grouped(line.agree)) " of " (count(line.actions, "decision")) " are the same, " (share(line.agree, line.actions)) }
                    (scrolling("Recorded decisions", false, &html! {
                        table {
                            thead { tr { th scope="col" { "recorded ↓ here →" } @for to in Effect::ALL { th scope="col" class="num" { (effect(to)) } } } }
                            tbody {
                                @for from in Effect::ALL {
                                    tr {
                                        th scope="row" { (fx(from)) }
                                        @for to in Effect::ALL { (cell(line.matrix.get(&from).map_or(0, |row| row.get(to)))) }
                                    }
                                }
                            }
                        }
                    }))
                }
            }
        }
    })
}
