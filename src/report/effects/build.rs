//! From the regions of a change to its report.

use super::shape::{
    AreaLine, ByLine, DecidingLine, EffectsHeadline, EffectsLog, EffectsReport, ExceptLine, PartLine, PieceLine,
    RegionLine, SeenTimes, SettingLine, UnlikeLine, UnprovenLine,
};
use super::words::sentence;
use crate::diff::{Direction, Setting};
use crate::effects::{Area, Decider, Effects, Except, Piece, Row, Side, Transition, Unlike, Unproven};
use crate::engine::{Engine, Part, Source};
use crate::model::{Bundle, Kind, Reason, Time, Way};
use crate::replay::{Occurrence, Occurrences};
use crate::report::diff::{DiffSide, Lookup, change_line, side_line};

/// Everything that is told of a change.
#[derive(Clone, Copy)]
pub struct EffectsOf<'a> {
    /// What is compared with.
    pub base: DiffSide<'a>,
    /// What is asked about.
    pub head: DiffSide<'a>,
    /// The bundles of both sides.
    pub bundles: (&'a Bundle, &'a Bundle),
    /// The regions.
    pub effects: &'a Effects,
    /// The settings that changed.
    pub settings: &'a [Setting],
    /// What the difference field by field can do.
    pub difference: Direction,
    /// How often recorded actions fall into the regions, if a log was named.
    pub occurrences: Option<&'a Occurrences>,
}

/// The report of a change.
#[must_use]
pub fn effects(of: &EffectsOf<'_>) -> EffectsReport {
    let mut base = Teller::new(of.base, of.bundles.0);
    let mut head = Teller::new(of.head, of.bundles.1);
    let seen = |at: usize| of.occurrences.and_then(|seen| seen.rows.get(at)).map(seen_times);
    let rows = of.effects.rows.iter().enumerate();
    let rows: Vec<_> = rows.map(|(at, row)| region(at + 1, row, (&mut base, &mut head), seen(at))).collect();
    let unlike: Vec<_> = of.effects.unlike.iter().map(|one| unlike(one, &mut base, &mut head)).collect();
    let unproven: Vec<_> = of.effects.unproven.iter().map(|one| unproven(one, &mut base, &mut head)).collect();
    let settings: Vec<_> = of.settings.iter().map(|one| setting(one, &mut base, &mut head)).collect();
    EffectsReport {
        schema: "policyc.effects/v1",
        base: side_line(of.base),
        head: side_line(of.head),
        headline: headline(of, &rows),
        rows,
        settings,
        unlike,
        unproven,
        difference: of.difference.as_str(),
        log: of.occurrences.map(log),
    }
}

fn headline(of: &EffectsOf<'_>, rows: &[RegionLine]) -> EffectsHeadline {
    let going = |transition: &str| rows.iter().filter(|row| row.transition == transition).count();
    let lost = of.effects.unlike.iter().filter(|one| !one.lost.is_empty()).count();
    let mut headline = EffectsHeadline {
        newly_permissive: going("permissive"),
        newly_restrictive: going("restrictive"),
        unproven: of.effects.unproven.len(),
        settings: of.settings.len(),
        settings_that_may_loosen: of.settings.iter().filter(|one| one.change.direction.may_loosen()).count(),
        unlike: of.effects.unlike.len(),
        losing_conditions: lost + rows.iter().filter(|row| !row.lost.is_empty()).count(),
        sentence: String::new(),
    };
    headline.sentence = sentence(&headline);
    headline
}

type Tellers<'t, 'a> = (&'t mut Teller<'a>, &'t mut Teller<'a>);

fn region(number: usize, row: &Row, (base, head): Tellers<'_, '_>, seen: Option<SeenTimes>) -> RegionLine {
    let mut pieces = row.pieces.iter().map(|one| piece(one, base, head)).collect::<Vec<_>>().into_iter();
    let first = pieces.next();
    let (area, exceptions) = first.map(|first| (first.area, first.exceptions)).unwrap_or_default();
    let transition = row.transition();
    RegionLine {
        number,
        transition: if transition == Transition::Permissive { "permissive" } else { "restrictive" },
        changed: side_word(row.changed),
        cause: if row.changed == Side::Base { base.part(row.cause) } else { head.part(row.cause) },
        lost: row.lost.clone(),
        base: base.deciding(row.base),
        head: head.deciding(row.head),
        witness: row.witness.to_json(),
        used_up: row.used_up.iter().map(ToString::to_string).collect(),
        area,
        exceptions,
        more: pieces.collect(),
        seen,
    }
}

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Base => "base",
        Side::Head => "head",
    }
}

fn piece(piece: &Piece, base: &mut Teller<'_>, head: &mut Teller<'_>) -> PieceLine {
    let mut except =
        |except: &Except| ExceptLine { by: except.by.map(|by| self::by(by, base, head)), area: area(&except.area) };
    PieceLine { area: area(&piece.area), exceptions: piece.exceptions.iter().map(&mut except).collect() }
}

fn by((side, decider): (Side, Decider), base: &mut Teller<'_>, head: &mut Teller<'_>) -> ByLine {
    let part = if side == Side::Base { base.part(decider) } else { head.part(decider) };
    ByLine { side: side_word(side), part }
}

fn area(area: &Area) -> AreaLine {
    AreaLine { patterns: area.patterns.clone(), values: area.values.clone() }
}

fn unlike(of: &Unlike, base: &mut Teller<'_>, head: &mut Teller<'_>) -> UnlikeLine {
    UnlikeLine {
        base: base.deciding_rule(of.base),
        head: head.deciding_rule(of.head),
        area: area(&of.area),
        lost: of.lost.clone(),
        gained: of.gained.clone(),
    }
}

fn unproven(of: &Unproven, base: &mut Teller<'_>, head: &mut Teller<'_>) -> UnprovenLine {
    UnprovenLine {
        base: of.base.map(|decider| base.deciding(decider)),
        head: of.head.map(|decider| head.deciding(decider)),
        changed: of.changed.map(|by| self::by(by, base, head)),
        area: area(&of.area),
        why: of.why,
    }
}

fn setting(of: &Setting, base: &mut Teller<'_>, head: &mut Teller<'_>) -> SettingLine {
    let id = of.id.as_ref();
    SettingLine {
        kind: of.kind.as_str(),
        id: id.map(ToString::to_string),
        change: change_line((of.kind, id), &of.change, &mut base.lookup, &mut head.lookup),
        scope: of.scope.clone(),
    }
}

fn seen_times(seen: &Occurrence) -> SeenTimes {
    let text = |time: Time| time.to_string();
    SeenTimes {
        times: seen.times,
        perhaps: seen.perhaps,
        first: seen.span.map(|(first, _)| text(first)),
        last: seen.span.map(|(_, last)| text(last)),
    }
}

fn log(of: &Occurrences) -> EffectsLog {
    // A day that has begun is one.
    let days = of.span.map(|(first, last)| (last.unix_seconds() - first.unix_seconds()).unsigned_abs() / 86_400 + 1);
    EffectsLog { actions: of.actions, unplaced: of.unplaced, unreadable: of.unreadable, days }
}

/// Finds the parts of one side.
struct Teller<'a> {
    side: DiffSide<'a>,
    engine: Engine<'a>,
    lookup: Lookup<'a>,
}

impl<'a> Teller<'a> {
    fn new(side: DiffSide<'a>, bundle: &'a Bundle) -> Self {
        Self { side, engine: Engine::new(bundle), lookup: Lookup::new(side) }
    }

    fn deciding(&mut self, of: Decider) -> DecidingLine {
        DecidingLine { effect: of.effect, code: of.code, part: self.part(of) }
    }

    fn part(&mut self, of: Decider) -> PartLine {
        self.place(of.source, of.part, of.code)
    }

    /// A rule by its rank, or the default.
    fn deciding_rule(&mut self, rank: Option<u32>) -> PartLine {
        match rank {
            Some(rank) => self.place(Source::Rule(rank), Part::Effect, Reason::Rule),
            None => self.place(Source::Default, Part::DefaultEffect, Reason::NoMatchingRule),
        }
    }

    fn place(&mut self, source: Source, part: Part, code: Reason) -> PartLine {
        let (kind, id) = self.engine.named(source);
        let way = self.engine.way(source, part);
        let place = match source {
            Source::Policy(_) => self.lookup.place(Kind::Policy, id, &way),
            Source::Rule(_) => self.lookup.place(Kind::Rule, id, &way),
            Source::Catalog => self.lookup.place(Kind::Catalog, None, &[Way::Key(key_of(code).to_owned())]),
            // A default that nobody wrote stands nowhere.
            Source::Default if self.side.compilation.settings.default_effect.is_some() => {
                self.lookup.place(Kind::Settings, None, &way)
            }
            Source::Default | Source::Environment => None,
        };
        PartLine {
            kind,
            id: id.map(ToString::to_string),
            part: self.engine.part(source, part),
            line: place.as_ref().map(|place| place.line),
            file: place.map(|place| place.file),
        }
    }
}

/// The key of the catalog that a reason comes from.
fn key_of(code: Reason) -> &'static str {
    match code {
        Reason::AgentInactive => "agents",
        Reason::UnknownAgent => "closed_agents",
        _ => "closed",
    }
}
