//! What was decided when: columns of both sides, one beside the other.

use maud::{Markup, html};

use super::super::shape::{BucketLine, Effects, Simulation};
use super::super::words::{effect, grouped};
use super::marks::{cell, class, legend, plain, scrolling, titled};
use crate::model::Effect;
use crate::model::Time;

/// How high the drawing is, in pixels, and how far its zero lies below its top.
const HIGH: u64 = 220;
const TOP: u64 = 8;
/// How wide it is, in units of its own.
const WIDE: u64 = 12_000;
/// The widest column, so that few of them are no walls.
const WIDEST: u64 = 420;
/// How many stretches are named below the axis.
const NAMED: usize = 6;

/// The part of the page.
pub fn shown(report: &Simulation) -> Option<Markup> {
    let buckets = &report.over_time.buckets;
    if buckets.is_empty() {
        return None;
    }
    let compared = report.base.is_some();
    let gaps = gaps(buckets, report.over_time.unit);
    let lead = format!("Actions per {}, by what is enforced.", report.over_time.unit);
    Some(html! {
        (titled("Over time", &lead))
        div class="card" {
            (legend())
            @if compared || !gaps.is_empty() {
                p class="note" {
                    @if compared { "Of each pair, the pale column is base and the full one is head. " }
                    @if !gaps.is_empty() { "A dotted line: a stretch without an action is left out." }
                }
            }
            div class="chart after" { (axis(buckets)) (plot(buckets, &gaps, report.over_time.unit)) }
            details class="more" {
                summary { "The same in numbers" }
                (scrolling("Over time in numbers", true, &numbers(buckets, compared)))
            }
        }
    })
}

fn sides(bucket: &BucketLine) -> impl Iterator<Item = (&'static str, &Effects)> {
    bucket.base.iter().map(|base| ("base", base)).chain([("head", &bucket.head)])
}

/// The first round number that no column is above.
fn top(buckets: &[BucketLine]) -> u64 {
    let most = buckets.iter().flat_map(sides).map(|(_, effects)| effects.sum()).max().unwrap_or(0).max(1);
    let mut ten: u64 = 1;
    while ten.saturating_mul(10) < most {
        ten = ten.saturating_mul(10);
    }
    [1, 2, 3, 4, 5, 6, 8, 10].into_iter().map(|step| ten.saturating_mul(step)).find(|top| *top >= most).unwrap_or(most)
}

/// The numbers at the axis: as many as divide the top without a rest.
fn ticks(top: u64) -> Vec<u64> {
    let parts = [4, 3, 2, 5, 1].into_iter().find(|parts| top.is_multiple_of(*parts)).unwrap_or(1);
    (0..=parts).map(|part| top / parts * part).collect()
}

/// How far a number lies above zero, in pixels of the drawing times hundred.
fn above(number: u64, top: u64) -> u64 {
    u64::try_from(u128::from(number) * u128::from(HIGH) * 100 / u128::from(top)).unwrap_or(0)
}

fn level(number: u64, top: u64) -> u64 {
    TOP + HIGH - above(number, top) / 100
}

fn axis(buckets: &[BucketLine]) -> Markup {
    let top = top(buckets);
    html! {
        svg height=(TOP + HIGH + 26) aria-hidden="true" {
            @for tick in ticks(top) {
                text class="axis" x="100%" dx="-10" y=(level(tick, top) + 4) text-anchor="end" { (grouped(tick)) }
            }
        }
    }
}

fn plot(buckets: &[BucketLine], gaps: &[usize], unit: &str) -> Markup {
    let top = top(buckets);
    let slot = WIDE / (buckets.len() as u64).max(1);
    html! {
        svg id="columns" height=(TOP + HIGH + 26) role="img" aria-labelledby="columns-title columns-text" {
            title id="columns-title" { "Decisions over time" }
            desc id="columns-text" { (buckets.len()) " columns, one per " (unit) " with actions. The same numbers stand in the table below." }
            @for tick in ticks(top) {
                line class=(if tick == 0 { "zero" } else { "grid" }) x1="0" x2="100%" y1=(level(tick, top)) y2=(level(tick, top)) {}
            }
            svg x="0" y=(TOP) width="100%" height=(HIGH) viewBox={ "0 0 " (WIDE) " " (HIGH * 100) } preserveAspectRatio="none" {
                @for (rank, bucket) in (0..).zip(buckets) { (pair(bucket, unit, slot * rank, slot, top)) }
            }
            @for gap in gaps {
                @let x = percent(slot * (*gap as u64));
                line class="gap" x1=(x) x2=(x) y1=(TOP) y2=(TOP + HIGH) {}
            }
            @for (nth, rank) in named(buckets.len()).into_iter().enumerate() {
                @if let Some(bucket) = buckets.get(rank) {
                    text class=(if nth % 2 == 1 && buckets.len() > 3 { "axis odd" } else { "axis" }) x=(percent(slot * (rank as u64) + slot / 2))
                        y=(TOP + HIGH + 20) text-anchor=(anchor(rank, buckets.len())) { (plain(&bucket.from)) }
                }
            }
        }
    }
}

/// Units of the drawing as a share of its width.
fn percent(units: u64) -> String {
    let hundredths = units * 10_000 / WIDE;
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// Which stretches are named: the first, the last, and some between.
fn named(all: usize) -> Vec<usize> {
    let most = NAMED.min(all);
    let mut ranks: Vec<usize> = (0..most).map(|nth| nth * (all - 1) / (most - 1).max(1)).collect();
    ranks.dedup();
    ranks
}

fn anchor(rank: usize, all: usize) -> &'static str {
    match rank {
        _ if all <= 4 => "middle",
        0 => "start",
        _ if rank + 1 == all => "end",
        _ => "middle",
    }
}

/// The columns of one stretch, with what they say.
fn pair(bucket: &BucketLine, unit: &str, left: u64, slot: u64, top: u64) -> Markup {
    let number = sides(bucket).count() as u64;
    let wide = (slot * 4 / 5 / number).clamp(1, WIDEST);
    let first = left + slot.saturating_sub(wide * number) / 2;
    html! {
        g {
            title {
                (unit) " from " (plain(&bucket.from))
                @for (side, effects) in sides(bucket) {
                    "\n" (side) ": "
                    @for of in Effect::ALL { (effect(of)) " " (grouped(effects.get(of))) " " }
                }
            }
            @for (nth, (_, effects)) in (0..).zip(sides(bucket)) {
                g class=[(nth + 1 < number).then_some("was")] { (column(effects, first + wide * nth, wide * 9 / 10, top)) }
            }
            rect class="hit" x=(left) y="0" width=(slot) height=(HIGH * 100) {}
        }
    }
}

fn column(effects: &Effects, left: u64, wide: u64, top: u64) -> Markup {
    let mut below = 0;
    let pieces = Effect::ALL.map(|of| {
        let high = above(effects.get(of), top);
        below += high;
        (of, (HIGH * 100).saturating_sub(below), high)
    });
    html! {
        @for (of, y, high) in pieces.into_iter().filter(|(.., high)| *high > 0) {
            rect class={ "f-" (class(of)) } x=(left) y=(y) width=(wide.max(1)) height=(high) {}
        }
    }
}

/// The stretches before which others without an action are left out.
fn gaps(buckets: &[BucketLine], unit: &str) -> Vec<usize> {
    let hours = match unit {
        "hour" => 1,
        "day" => 24,
        "week" => 168,
        _ => 720,
    };
    let starts: Vec<Option<i64>> = buckets.iter().map(|bucket| seconds(&bucket.from)).collect();
    let apart = |pair: &[Option<i64>]| match pair {
        [Some(before), Some(after)] => after - before > hours * 3_600,
        _ => false,
    };
    starts.windows(2).enumerate().filter(|(_, pair)| apart(pair)).map(|(rank, _)| rank + 1).collect()
}

/// When a stretch begins: a day, or a day with hour and minute.
fn seconds(from: &str) -> Option<i64> {
    let full = if from.len() == 10 { format!("{from}T00:00:00Z") } else { format!("{from}:00Z") };
    Time::parse(&full).map(Time::unix_seconds)
}

fn numbers(buckets: &[BucketLine], compared: bool) -> Markup {
    let words: &[&str] = if compared { &["base", "head"] } else { &["head"] };
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "from" }
                    @for side in words { @for of in Effect::ALL { th scope="col" class="num" { (side) " " (effect(of)) } } }
                }
            }
            tbody {
                @for bucket in buckets {
                    tr {
                        th scope="row" { (told_from(bucket)) }
                        @for (_, effects) in sides(bucket) { @for of in Effect::ALL { (cell(effects.get(of))) } }
                    }
                }
            }
        }
    }
}

fn told_from(bucket: &BucketLine) -> Markup {
    html! { code { (plain(&bucket.from)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(from: &str, allow: u64) -> BucketLine {
        BucketLine { from: from.to_owned(), base: None, head: Effects::of([allow, 0, 0]) }
    }

    #[test]
    fn the_axis_ends_at_a_round_number() {
        for (most, end) in [(0, 1), (1, 1), (7, 8), (11, 20), (6_523, 8_000), (10_000, 10_000)] {
            assert_eq!(top(&[bucket("2026-01-01", most)]), end, "{most}");
            assert_eq!(ticks(end).last(), Some(&end));
        }
    }

    #[test]
    fn what_is_left_out_is_marked() {
        let days = ["2026-01-01", "2026-01-02", "2026-01-05"].map(|day| bucket(day, 1));
        assert_eq!(gaps(&days, "day"), [2]);
        let hours = ["2026-01-01T00:00", "2026-01-01T01:00", "2026-01-01T04:00"].map(|hour| bucket(hour, 1));
        assert_eq!(gaps(&hours, "hour"), [2]);
        assert_eq!(named(1), [0]);
        assert_eq!(named(3), [0, 1, 2]);
        assert_eq!(named(100).last(), Some(&99));
    }
}
