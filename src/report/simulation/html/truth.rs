//! How well each side tells bad actions from good ones.

use maud::{Markup, html};

use super::super::shape::{Simulation, TruthSide};
use super::super::words::{effect, grouped, share};
use super::marks::{cell, scrolling, sides, told};
use crate::model::Effect;

/// The part of the page.
pub fn shown(report: &Simulation) -> Option<Markup> {
    let truth = report.truth.as_ref()?;
    let sides = sides(&truth.sides);
    Some(html! {
        header {
            h2 { "Ground truth" }
            p { "Bad actions are those with " code { (told(&truth.pointer)) } " = " code { (told(&truth.bad_value.to_string())) } ". Stopped: denied, or somebody is asked first." }
        }
        div class="card" { (scrolling("Rates", false, &rates(&sides))) }
        div class=(if sides.len() > 1 { "half card-row" } else { "card-row" }) {
            @for (side, line) in &sides { (matrix(side, line)) }
        }
    })
}

fn rates(sides: &[(&str, &TruthSide)]) -> Markup {
    html! {
        table id="rates" {
            thead {
                tr {
                    th scope="col" { "rate" }
                    @for (side, _) in sides { th scope="col" class="num" { (side) } }
                    th scope="col" { "of what" }
                }
            }
            tbody {
                (rate("Recall", "bad actions that are stopped; more is better", sides, |line| (line.bad.stopped(), line.bad.sum())))
                (rate("Good stopped", "good actions that are stopped; less is better", sides, |line| (line.good.stopped(), line.good.sum())))
                (rate("Precision", "stopped actions that are bad; more is better", sides, |line| (line.bad.stopped(), line.bad.stopped() + line.good.stopped())))
            }
        }
    }
}

fn rate(name: &str, what: &str, sides: &[(&str, &TruthSide)], of: fn(&TruthSide) -> (u64, u64)) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            @for (_, line) in sides {
                @let (part, whole) = of(line);
                td class="num" { b { (share(part, whole)) } }
            }
            td class="muted" { (what) }
        }
    }
}

fn matrix(side: &str, line: &TruthSide) -> Markup {
    let rows = [("bad", &line.bad), ("good", &line.good), ("untold", &line.untold)];
    html! {
        div class="card" {
            h3 { (side) }
            (scrolling("Ground truth in numbers", false, &html! {
                table {
                    thead { tr { th scope="col" { "actions" } @for of in Effect::ALL { th scope="col" class="num" { (effect(of)) } } th scope="col" class="num" { "all" } } }
                    tbody {
                        @for (name, effects) in rows.into_iter().filter(|(_, effects)| effects.sum() > 0) {
                            tr {
                                th scope="row" { (name) }
                                @for of in Effect::ALL { (cell(effects.get(of))) }
                                td class="num" { (grouped(effects.sum())) }
                            }
                        }
                    }
                }
            }))
        }
    }
}
