//! How actions flow from what base enforces to what head enforces; on one side alone, how they split.

use maud::{Markup, html};

use super::super::shape::{Effects, Simulation};
use super::super::words::{count, effect, grouped, moved, share};
use super::marks::{class, direction, fx, scrolling, shape, titled};
use crate::model::Effect;

/// How high all flows are together, in tenths of a pixel.
const HIGH: u64 = 2_600;
/// How high the thinnest flow is, so that one action among millions is seen.
const THIN: u64 = 20;
/// Room above a node for its label.
const LABEL: u64 = 300;

/// How many actions go from one effect to another, and where that stands.
struct Ribbon {
    from: Effect,
    to: Effect,
    actions: u64,
    thick: u64,
    left: u64,
    right: u64,
}

/// One effect on one side.
struct Node {
    of: Effect,
    actions: u64,
    top: u64,
    thick: u64,
}

/// Where everything stands, in tenths of a pixel.
struct Drawing {
    ribbons: Vec<Ribbon>,
    left: Vec<Node>,
    right: Vec<Node>,
    high: u64,
}

/// The part of the page.
pub fn shown(report: &Simulation) -> Option<Markup> {
    let Some((base, matrix)) = report.totals.base.as_ref().zip(report.matrix.as_ref()) else {
        return one_side(&report.totals.head);
    };
    let cells = |from: Effect, to: Effect| matrix.get(&from).map_or(0, |row| row.get(to));
    if base.sum() == 0 {
        return None;
    }
    Some(html! {
        (titled("From base to head", "Every action, by what base enforces on the left and what head enforces on the right. What crosses is what the change alters."))
        div class="two" {
            div class="card" {
                div class="ends" aria-hidden="true" { span { "base" } span { "head" } }
                (drawn(&Drawing::of(&cells)))
            }
            div class="card" {
                h3 { "The same in numbers" }
                (scrolling("From base to head in numbers", false, &numbers(&cells)))
                div class="after" { (scrolling("Decisions of both sides", false, &totals(base, &report.totals.head))) }
            }
        }
    })
}

impl Drawing {
    fn of(cells: &impl Fn(Effect, Effect) -> u64) -> Self {
        let pairs = || Effect::ALL.into_iter().flat_map(|from| Effect::ALL.into_iter().map(move |to| (from, to)));
        let all: u64 = pairs().map(|(from, to)| cells(from, to)).sum();
        let thick = |actions: u64| {
            let part = u128::from(actions) * u128::from(HIGH) / u128::from(all.max(1));
            u64::try_from(part).unwrap_or(HIGH).max(THIN)
        };
        let mut ribbons: Vec<Ribbon> = pairs()
            .map(|(from, to)| (from, to, cells(from, to)))
            .filter(|(.., actions)| *actions > 0)
            .map(|(from, to, actions)| Ribbon { from, to, actions, thick: thick(actions), left: 0, right: 0 })
            .collect();
        let left = nodes(&mut ribbons, |ribbon| ribbon.from, |ribbon, at| ribbon.left = at);
        let right = nodes(&mut ribbons, |ribbon| ribbon.to, |ribbon, at| ribbon.right = at);
        let high = left.iter().chain(&right).map(|node| node.top + node.thick).max().unwrap_or(0);
        Self { ribbons, left, right, high }
    }
}

/// The nodes of one side, one below the other, and where each ribbon meets its node.
fn nodes(ribbons: &mut [Ribbon], side: fn(&Ribbon) -> Effect, meet: fn(&mut Ribbon, u64)) -> Vec<Node> {
    let mut all = Vec::new();
    let mut at = 0;
    for of in Effect::ALL {
        let mut node = Node { of, actions: 0, top: at + LABEL, thick: 0 };
        for ribbon in ribbons.iter_mut().filter(|ribbon| side(ribbon) == of) {
            meet(ribbon, node.top + node.thick);
            node.thick += ribbon.thick;
            node.actions += ribbon.actions;
        }
        if node.actions > 0 {
            at = node.top + node.thick;
            all.push(node);
        }
    }
    all
}

fn drawn(drawing: &Drawing) -> Markup {
    let high = pixels(drawing.high);
    html! {
        svg id="flow" height=(high) role="img" aria-labelledby="flow-title flow-text" {
            title id="flow-title" { "From base to head" }
            desc id="flow-text" {
                @for ribbon in &drawing.ribbons {
                    (effect(ribbon.from)) " to " (effect(ribbon.to)) ": " (count(ribbon.actions, "action")) ". "
                }
                "The same numbers stand in the table beside it."
            }
            svg width="100%" height=(high) viewBox={ "0 0 1000 " (drawing.high) } preserveAspectRatio="none" {
                @for ribbon in drawing.ribbons.iter().filter(|ribbon| ribbon.from == ribbon.to) { (band(ribbon)) }
                @for ribbon in drawing.ribbons.iter().filter(|ribbon| ribbon.from != ribbon.to) { (band(ribbon)) }
            }
            @for node in &drawing.left {
                rect class={ "f-" (class(node.of)) } x="0" y=(pixels(node.top)) width="7" height=(pixels(node.thick)) {}
                text x="0" y=(pixels(node.top.saturating_sub(80))) { (shape(node.of)) " " (effect(node.of)) " " (grouped(node.actions)) }
            }
            @for node in &drawing.right {
                rect class={ "f-" (class(node.of)) } x="100%" y=(pixels(node.top)) width="7" height=(pixels(node.thick)) transform="translate(-7)" {}
                text x="100%" y=(pixels(node.top.saturating_sub(80))) text-anchor="end" { (shape(node.of)) " " (effect(node.of)) " " (grouped(node.actions)) }
            }
        }
    }
}

fn band(ribbon: &Ribbon) -> Markup {
    let Ribbon { left, right, thick, .. } = ribbon;
    let (left_end, right_end) = (left + thick, right + thick);
    let path = format!(
        "M0 {left}C500 {left} 500 {right} 1000 {right}V{right_end}C500 {right_end} 500 {left_end} 0 {left_end}Z"
    );
    let way = direction(ribbon.from, ribbon.to);
    html! {
        path class={ "ribbon f-" (class(ribbon.to)) (if way.is_none() { " quiet" } else { "" }) } d=(path) {
            title {
                (effect(ribbon.from)) " → " (effect(ribbon.to)) ": " (count(ribbon.actions, "action")) ", " (way.unwrap_or("as before"))
            }
        }
    }
}

/// Tenths of a pixel as pixels.
fn pixels(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The matrix, its crossing cells marked by shape and tint.
fn numbers(cells: &impl Fn(Effect, Effect) -> u64) -> Markup {
    html! {
        table id="matrix" {
            thead { tr { th scope="col" { "base ↓ head →" } @for to in Effect::ALL { th scope="col" class="num" { (effect(to)) } } } }
            tbody {
                @for from in Effect::ALL {
                    tr {
                        th scope="row" { (fx(from)) }
                        @for to in Effect::ALL { (crossing(cells(from, to), direction(from, to))) }
                    }
                }
            }
        }
    }
}

fn crossing(actions: u64, way: Option<&str>) -> Markup {
    let (class, sign) = match way {
        _ if actions == 0 => ("num muted", ""),
        Some("tightened") => ("num cell-t", "▲ "),
        Some(_) => ("num cell-l", "▼ "),
        None => ("num same", ""),
    };
    html! {
        td class=(class) {
            @if !sign.is_empty() { span aria-hidden="true" { (sign) } }
            (grouped(actions))
            @if !sign.is_empty() { span class="sr" { " " (way.unwrap_or_default()) } }
        }
    }
}

fn totals(base: &Effects, head: &Effects) -> Markup {
    html! {
        table id="totals" {
            thead { tr { th scope="col" { "decision" } th scope="col" class="num" { "base" } th scope="col" class="num" { "head" } th scope="col" class="num" { "moved" } } }
            tbody {
                @for of in Effect::ALL {
                    tr {
                        th scope="row" { (fx(of)) }
                        td class="num" { (grouped(base.get(of))) }
                        td class="num" { (grouped(head.get(of))) }
                        td class="num muted" { (moved(base.get(of), head.get(of))) }
                    }
                }
            }
        }
    }
}

/// One bar, split by effect.
fn one_side(head: &Effects) -> Option<Markup> {
    let all = head.sum();
    let width =
        |of: Effect| u64::try_from(u128::from(head.get(of)) * 10_000 / u128::from(all.max(1))).unwrap_or(10_000);
    let left = |of: Effect| Effect::ALL.into_iter().take_while(|other| *other != of).map(width).sum::<u64>();
    (all > 0).then(|| html! {
        (titled("What is enforced", "Every action, by what this side enforces."))
        div class="card" {
            svg height="34" role="img" aria-labelledby="flow-title flow-text" {
                title id="flow-title" { "What is enforced" }
                desc id="flow-text" {
                    @for of in Effect::ALL { (effect(of)) ": " (count(head.get(of), "action")) ". " }
                }
                svg width="100%" height="34" viewBox="0 0 10000 34" preserveAspectRatio="none" {
                    @for of in Effect::ALL.into_iter().filter(|of| head.get(*of) > 0) {
                        rect class={ "f-" (class(of)) } x=(left(of).min(9_960)) y="0" width=(width(of).max(40)) height="34" {
                            title { (effect(of)) ": " (count(head.get(of), "action")) }
                        }
                    }
                }
            }
            div class="after" { (scrolling("What is enforced in numbers", false, &split(head))) }
        }
    })
}

fn split(head: &Effects) -> Markup {
    html! {
        table id="totals" {
            thead { tr { th scope="col" { "decision" } th scope="col" class="num" { "actions" } th scope="col" class="num" { "share" } } }
            tbody {
                @for of in Effect::ALL {
                    tr {
                        th scope="row" { (fx(of)) }
                        td class="num" { (grouped(head.get(of))) }
                        td class="num muted" { (share(head.get(of), head.sum())) }
                    }
                }
            }
        }
    }
}
