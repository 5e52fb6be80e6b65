//! The operations that the change alters most; on one side alone, those that are stopped most.

use maud::{Markup, html};

use super::super::shape::{OperationLine, Simulation};
use super::super::words::{count, effect, grouped};
use super::marks::{cell, scrolling, titled, told};
use crate::model::Effect;

/// How many have a bar.
const SHOWN: usize = 12;
/// How wide half a drawing is, in units of its own.
const HALF: u64 = 500;

/// The part of the page.
pub fn shown(report: &Simulation) -> Option<Markup> {
    if report.operations.is_empty() {
        return None;
    }
    let compared = report.base.is_some();
    let weight = |line: &OperationLine| if compared { line.tightened + line.loosened } else { line.head.stopped() };
    let mut top: Vec<&OperationLine> = report.operations.iter().filter(|line| weight(line) > 0).collect();
    top.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.action.cmp(&b.action)));
    let all = top.len();
    top.truncate(SHOWN);
    let lead = match (compared, all) {
        (true, 0) => "No operation is decided otherwise.".to_owned(),
        (false, 0) => "No operation is ever stopped.".to_owned(),
        (true, _) => "Bars to the left are loosened, bars to the right are tightened.".to_owned(),
        (false, _) => "How many actions of an operation are stopped: denied, or somebody is asked first.".to_owned(),
    };
    let title = if compared { "Operations that change most" } else { "Operations that are stopped most" };
    Some(html! {
        (titled(title, &lead))
        div class="card" {
            @if all > 0 { (if compared { both(&top) } else { stopped(&top) }) }
            @if all > SHOWN { p class="note after" { (count((all - SHOWN) as u64, "more operation")) ", smaller than these; they are in the table." } }
            details class="more" {
                summary { "All " (count(report.operations.len() as u64, "operation")) " in numbers" }
                (scrolling("All operations", true, &numbers(&report.operations, compared)))
            }
        }
    })
}

/// A part of the largest, in units of the drawing; what is there at all is seen.
fn length(number: u64, most: u64, whole: u64) -> u64 {
    let part = u64::try_from(u128::from(number) * u128::from(whole) / u128::from(most.max(1))).unwrap_or(whole);
    if number > 0 { part.max(3) } else { 0 }
}

fn both(top: &[&OperationLine]) -> Markup {
    let most = top.iter().map(|line| line.tightened.max(line.loosened)).max().unwrap_or(0);
    html! {
        div class="bars" {
            @for line in top {
                div class="row" {
                    span class="name" { (told(&line.action)) }
                    svg class="track" height="14" viewBox={ "0 0 " (HALF * 2) " 14" } preserveAspectRatio="none" aria-hidden="true" {
                        @let (loosened, tightened) = (length(line.loosened, most, HALF), length(line.tightened, most, HALF));
                        rect class="rest" x="0" y="0" width=(HALF * 2) height="14" {}
                        rect class="f-loosened" x=(HALF - loosened) y="0" width=(loosened) height="14" {}
                        rect class="f-tightened" x=(HALF) y="0" width=(tightened) height="14" {}
                        rect class="hit" x=(HALF - 1) y="0" width="2" height="14" {}
                    }
                    span class="tell" {
                        @if line.loosened > 0 { span class="way loosened" { "▼ " (grouped(line.loosened)) span class="sr" { " loosened" } } }
                        @if line.tightened > 0 { span class="way tightened" { "▲ " (grouped(line.tightened)) span class="sr" { " tightened" } } }
                        span class="of" { "of " (grouped(line.head.sum())) }
                    }
                }
            }
        }
    }
}

fn stopped(top: &[&OperationLine]) -> Markup {
    let most = top.iter().map(|line| line.head.stopped()).max().unwrap_or(0);
    html! {
        div class="bars" {
            @for line in top {
                div class="row" {
                    span class="name" { (told(&line.action)) }
                    svg class="track" height="14" viewBox={ "0 0 " (HALF * 2) " 14" } preserveAspectRatio="none" aria-hidden="true" {
                        @let asked = length(line.head.approval_required, most, HALF * 2);
                        rect class="rest" x="0" y="0" width=(HALF * 2) height="14" {}
                        rect class="f-approval" x="0" y="0" width=(asked) height="14" {}
                        rect class="f-deny" x=(asked) y="0" width=(length(line.head.deny, most, HALF * 2)) height="14" {}
                    }
                    span class="tell" {
                        @if line.head.approval_required > 0 { span class="way approval" { "◆ " (grouped(line.head.approval_required)) span class="sr" { " asked" } } }
                        @if line.head.deny > 0 { span class="way deny" { "■ " (grouped(line.head.deny)) span class="sr" { " denied" } } }
                        span class="of" { "of " (grouped(line.head.sum())) }
                    }
                }
            }
        }
    }
}

fn numbers(all: &[OperationLine], compared: bool) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "operation" }
                    @if compared { @for of in Effect::ALL { th scope="col" class="num" { "base " (effect(of)) } } }
                    @for of in Effect::ALL { th scope="col" class="num" { @if compared { "head " } (effect(of)) } }
                    @if compared { th scope="col" class="num" { "tightened" } th scope="col" class="num" { "loosened" } }
                    th scope="col" class="num" { "uncertain" }
                }
            }
            tbody {
                @for line in all {
                    tr {
                        th scope="row" { code { (told(&line.action)) } }
                        @if let Some(base) = &line.base { @for of in Effect::ALL { (cell(base.get(of))) } }
                        @for of in Effect::ALL { (cell(line.head.get(of))) }
                        @if compared { (cell(line.tightened)) (cell(line.loosened)) }
                        (cell(line.uncertain))
                    }
                }
            }
        }
    }
}
