use super::bits::Bits;
use super::cover::{Budget, Found, Spent, uncovered};
use smallvec::SmallVec;

use super::cuboid::{Cuboid, NAMES, TooMany, Words, Zone};
use super::merged::{Merged, Sides};
use super::space::Space;
use super::statements::List;
use super::unlike::Pair;
use super::vocabulary::{ANY, Word};
use super::{Decider, Side};
use crate::model::Effect;

/// What ends a search before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The budget.
    Spent,
    /// Patterns that fall into too many parts.
    TooMany,
}

impl From<Spent> for Stop {
    fn from(_: Spent) -> Self {
        Self::Spent
    }
}

impl From<TooMany> for Stop {
    fn from(_: TooMany) -> Self {
        Self::TooMany
    }
}

/// The patterns of one cuboid, in the order of the names.
pub type Names = [Word; NAMES];

/// A region on the way: an area without the cuboids to avoid.
#[derive(Debug, Clone)]
pub struct Region {
    /// The area.
    pub area: Zone,
    /// The patterns of all cuboids that it lies in, as it is told.
    pub told: SmallVec<[Names; 2]>,
    /// The cuboids that are avoided.
    pub avoid: Bits,
}

/// A region in which both deciders are known.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// What decides on each side.
    pub deciders: [Decider; 2],
    /// What decides among the rules.
    pub rules: Pair,
    /// The region.
    pub region: Region,
    /// Names and cells with an action, if a real one was found.
    pub found: Option<Cuboid>,
}

/// Which statement decides in which list, on each side, as far as it is known: places of entries.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    denial: [Option<usize>; 2],
    rule: [Option<usize>; 2],
    ask: [Option<usize>; 2],
}

impl Known {
    fn of(&mut self, list: List) -> &mut [Option<usize>; 2] {
        match list {
            List::Denials => &mut self.denial,
            List::Rules => &mut self.rule,
            List::Asks => &mut self.ask,
        }
    }

    /// The sides on which it is known what decides in a list.
    fn decided(mut self, list: List) -> Sides {
        let of = *self.of(list);
        let known = |side: &Side| of.get(*side as usize).is_some_and(Option::is_some);
        [Side::Base, Side::Head].into_iter().filter(known).map(Sides::only).fold(Sides::NONE, Sides::or)
    }

    /// With what decides in a list on some sides.
    fn with(mut self, list: List, place: usize, sides: Sides) -> Self {
        for side in sides.iter() {
            if let Some(decided) = self.of(list).get_mut(side as usize) {
                *decided = Some(place);
            }
        }
        self
    }
}

/// So many holes deep a search goes.
const DEEPEST: usize = 300;

/// A walk through one list.
#[derive(Debug, Clone, Copy)]
struct Stage {
    list: List,
    /// The sides for which a decider is looked for.
    open: Sides,
    /// The sides on which nothing of the list may hold.
    missed: Sides,
    /// The entry that decides on its side.
    forced: Option<(usize, Side)>,
}

/// A rule that decides what another one of the same effect decided.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// What decides among the rules.
    pub rules: Pair,
    /// What both say.
    pub effect: Effect,
    /// Where.
    pub region: Region,
}

/// Everything that is asked on the way, and what was found.
pub struct Search<'s> {
    /// Both sides.
    pub merged: &'s Merged,
    /// The cells.
    pub space: &'s Space,
    /// The patterns.
    pub words: &'s mut Words,
    /// Whether what decides among the rules of both sides has other conditions that no region shows, where both sides say an
    /// effect.
    pub unlike: &'s dyn Fn(Pair, Effect) -> bool,
    /// The list of the entry that the search began with.
    pub begun: List,
    /// How many holes deep the search is.
    pub depth: usize,
    /// What is left to spend.
    pub budget: Budget,
    /// The regions found.
    pub leaves: Vec<Leaf>,
    /// Rules that decide what others decided, with the same effect.
    pub replaced: Vec<Replaced>,
}

impl Search<'_> {
    /// Finds the regions in which an entry that stands on one side only decides its list there, and the effects of both
    /// sides differ.
    ///
    /// An action whose effect differs has such an entry in at least one list: if the same statements decided all lists on
    /// both sides, the effects would be the same.
    ///
    /// # Errors
    /// When the budget ends, or there is too much to say; what was found so far is kept.
    pub fn from(&mut self, place: usize, side: Side) -> Result<(), Stop> {
        let Some((entry, cuboid)) = self.merged.entries.get(place).zip(self.merged.cuboids.get(place)) else {
            return Ok(());
        };
        let other = if side == Side::Base { Side::Head } else { Side::Base };
        let mut avoid = Bits::none(self.merged.cuboids.len());
        entry.holes.clone().for_each(|hole| avoid.put(hole));
        let region = Region { area: Zone::of(cuboid), told: SmallVec::from_slice(&[cuboid.words]), avoid };
        let forced = Some((place, side));
        self.begun = entry.list;
        let (denials, rules, asks) = (List::Denials, List::Rules, List::Asks);
        let stage = |list: List, open: Sides, missed: Sides| Stage { list, open, missed, forced: None };
        let (one, neither) = (Sides::only(other), Sides::NONE);
        let stages = match entry.list {
            // The side is denied; the other one must not be.
            List::Denials => vec![
                Stage { list: denials, open: Sides::only(side), missed: one, forced },
                stage(rules, one, neither),
                stage(asks, one, neither),
            ],
            List::Rules => vec![
                Stage { list: rules, open: Sides::BOTH, missed: neither, forced },
                stage(denials, neither, Sides::BOTH),
                stage(asks, Sides::BOTH, neither),
            ],
            // Where both ask, the effects differ only if rules do, and then a rule is not the same.
            List::Asks => vec![
                Stage { list: asks, open: Sides::only(side), missed: one, forced },
                stage(denials, neither, Sides::BOTH),
                stage(rules, Sides::BOTH, neither),
            ],
        };
        self.stage(&stages, region, Known::default())
    }

    fn stage(&mut self, stages: &[Stage], region: Region, known: Known) -> Result<(), Stop> {
        let Some((stage, rest)) = stages.split_first() else {
            return self.leaf(region, known);
        };
        if self.settled(known) {
            if stage.list == List::Denials {
                let effect = self.effect(known.rule, Side::Base);
                self.replace(region, known, effect)?;
            }
            return Ok(());
        }
        let from = self.merged.list(stage.list).start;
        // Nobody asks for approval of what is denied.
        let denied = |side: &Side| self.effect(known.rule, *side) == Some(Effect::Deny);
        let closed = [Side::Base, Side::Head].into_iter().filter(denied).map(Sides::only).fold(Sides::NONE, Sides::or);
        let closed = if stage.list == List::Asks { closed } else { Sides::NONE };
        self.walk(Stage { open: stage.open.minus(closed), ..*stage }, rest, from, region, known)
    }

    /// Whether nothing can come of it any more: before the asks, where the rules of both sides say the same, or the only
    /// side that is open is denied by its rule like the other.
    fn settled(&self, known: Known) -> bool {
        let effect = |side: Side| self.effect(known.rule, side);
        let denied = |side: Side| known.denial.get(side as usize).copied().flatten().is_some();
        match (effect(Side::Base), effect(Side::Head)) {
            (Some(base), Some(head)) => base == head && known.ask == [None, None],
            (Some(Effect::Deny), None) => denied(Side::Head),
            (None, Some(Effect::Deny)) => denied(Side::Base),
            _ => false,
        }
    }

    /// Notes that another rule, with other conditions, decides where both sides say an effect.
    fn replace(&mut self, region: Region, known: Known, effect: Option<Effect>) -> Result<(), Stop> {
        let Some((rules, effect)) = self.rules(known).zip(effect) else { return Ok(()) };
        let noted = |one: &Replaced| one.rules == rules && one.effect == effect;
        if (self.unlike)(rules, effect) && !self.replaced.iter().any(noted) && self.look(&region)? != Found::Nothing {
            self.replaced.push(Replaced { rules, effect, region });
        }
        Ok(())
    }

    /// What decides among the rules, if that is known of both sides.
    fn rules(&self, known: Known) -> Option<Pair> {
        let entry = |side: Side| self.merged.entries.get(known.rule.get(side as usize).copied().flatten()?);
        let (base, head) = entry(Side::Base).zip(entry(Side::Head))?;
        let [rule, _] = base.rules;
        let [_, other] = head.rules;
        Some([rule, other])
    }

    fn effect(&self, places: [Option<usize>; 2], side: Side) -> Option<Effect> {
        self.decider(places, side).map(|decider| decider.effect)
    }

    fn decider(&self, places: [Option<usize>; 2], side: Side) -> Option<Decider> {
        let place = places.get(side as usize).copied().flatten()?;
        self.merged.entries.get(place)?.decider(side)
    }

    /// Walks down a list from a place on. At each entry that meets the region there are two ways on: it holds, and decides
    /// the sides it stands on; or it does not, and is avoided, or one of its holes holds.
    fn walk(
        &mut self,
        stage: Stage,
        rest: &[Stage],
        from: usize,
        mut region: Region,
        known: Known,
    ) -> Result<(), Stop> {
        let decided = known.decided(stage.list);
        let open = stage.open.minus(decided);
        let asked = open.or(stage.missed);
        let mut at = from;
        let candidates = self.candidates(&region.area, asked);
        let end = self.merged.list(stage.list).end;
        while let Some(place) = candidates.next(at).filter(|place| *place < end) {
            at = place + 1;
            let (Some(entry), Some(cuboid)) = (self.merged.entries.get(place), self.merged.cuboids.get(place)) else {
                continue;
            };
            self.budget.spend(1)?;
            let sides = entry.sides().and(asked);
            if sides == Sides::NONE || self.passes(place, &region.area) || !self.words.touch(&region.area, cuboid) {
                continue;
            }
            if let Some((forced, side)) = stage.forced.filter(|(forced, _)| *forced == place) {
                // All of the region lies in it: on this side it decides.
                let known = known.with(stage.list, forced, Sides::only(side));
                return self.onward(stage, rest, at, region, known);
            }
            let forced_side = stage.forced.map_or(Sides::NONE, |(_, side)| Sides::only(side));
            let barred = stage.missed.or(forced_side.and(open));
            if sides.and(barred) == Sides::NONE {
                self.hold(stage, rest, place, &region, known)?;
            }
            self.through_holes(stage, rest, place, &region, known)?;
            let covers = self.words.contains(cuboid, &region.area);
            region.avoid.put(place);
            if covers || (self.words.contain(cuboid, &region.area) && self.look(&region)? == Found::Nothing) {
                return Ok(());
            }
        }
        // Where the entry that is to decide was passed by, nothing is left to be said.
        if stage.forced.is_some() { Ok(()) } else { self.stage(rest, region, known) }
    }

    /// The next entry, if a side is still open or must miss; else the next list.
    fn onward(&mut self, stage: Stage, rest: &[Stage], at: usize, region: Region, known: Known) -> Result<(), Stop> {
        let open = stage.open.minus(known.decided(stage.list));
        if open == Sides::NONE && stage.missed == Sides::NONE {
            return self.stage(rest, region, known);
        }
        self.walk(Stage { forced: stage.forced.filter(|(place, _)| *place >= at), ..stage }, rest, at, region, known)
    }

    /// The entry holds.
    fn hold(&mut self, stage: Stage, rest: &[Stage], place: usize, region: &Region, known: Known) -> Result<(), Stop> {
        let Some((entry, cuboid)) = self.merged.entries.get(place).zip(self.merged.cuboids.get(place)) else {
            return Ok(());
        };
        let sides = entry.sides().and(stage.open.minus(known.decided(stage.list)));
        let known = known.with(stage.list, place, sides);
        if let Some(mut inside) = self.inside(region, cuboid)? {
            entry.holes.clone().for_each(|hole| inside.avoid.put(hole));
            if self.look(&inside)? != Found::Nothing {
                self.onward(stage, rest, place + 1, inside, known)?;
            }
        }
        Ok(())
    }

    /// The entry does not hold because one of its holes does.
    fn through_holes(
        &mut self,
        stage: Stage,
        rest: &[Stage],
        place: usize,
        region: &Region,
        known: Known,
    ) -> Result<(), Stop> {
        let mut region = region.clone();
        let Some((entry, cuboid)) = self.merged.entries.get(place).zip(self.merged.cuboids.get(place)) else {
            return Ok(());
        };
        for at in entry.holes.clone() {
            let Some(hole) = self.merged.cuboids.get(at) else { continue };
            if !self.words.touch(&region.area, hole) {
                continue;
            }
            let Some(inside) = self.inside(&region, cuboid)? else { continue };
            let Some(within) = self.inside(&inside, hole)? else { continue };
            if self.look(&within)? != Found::Nothing {
                self.deeper()?;
                self.walk(stage, rest, place + 1, within, known)?;
                self.depth -= 1;
            }
            // What lies in several holes is looked at once.
            region.avoid.put(at);
        }
        Ok(())
    }

    /// One hole deeper.
    ///
    /// # Errors
    /// When it is too deep: each hole takes a part of the stack.
    pub fn deeper(&mut self) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(Stop::Spent) } else { Ok(()) }
    }

    /// A region within a cuboid.
    pub fn inside(&mut self, region: &Region, cuboid: &Cuboid) -> Result<Option<Region>, Stop> {
        self.budget.spend(2)?;
        let work = self.words.work();
        let area = self.words.narrowed(&region.area, cuboid)?;
        self.budget.spend((self.words.work() - work) / 4)?;
        Ok(area.map(|area| {
            let mut inside = Region { area, ..region.clone() };
            if !inside.told.contains(&cuboid.words) {
                inside.told.push(cuboid.words);
            }
            inside
        }))
    }

    /// Whether an entry does not hold anywhere in an area, because the area lies in one of its holes.
    pub fn passes(&self, place: usize, area: &Zone) -> bool {
        let holes = self.merged.entries.get(place).map(|entry| entry.holes.clone()).unwrap_or_default();
        holes.filter_map(|hole| self.merged.cuboids.get(hole)).any(|hole| self.words.contains(hole, area))
    }

    pub fn candidates(&mut self, area: &Zone, sides: Sides) -> Bits {
        let mut found = self.merged.on(sides).clone();
        for (vocabulary, word) in self.words.all().zip(area.names).filter(|(_, union)| *union != ANY) {
            found.keep(&vocabulary.meeting(word));
        }
        found
    }

    pub fn look(&mut self, region: &Region) -> Result<Found, Spent> {
        uncovered(&region.area, &region.avoid, (self.merged, self.space, self.words), &mut self.budget)
    }

    /// Whether a search that began with a part that asks came to what rules deny: a search that begins with a rule finds it.
    fn is_of_rules(&self, known: Known, deciders: [Decider; 2]) -> bool {
        let sides = [Side::Base, Side::Head].into_iter().zip(deciders);
        let asked = |side: Side| self.decider(known.ask, side);
        self.begun == List::Asks
            && !sides.into_iter().any(|(side, decider)| asked(side).is_some_and(|asked| asked == decider))
    }

    /// All lists are walked through: what decides on each side?
    fn leaf(&mut self, region: Region, known: Known) -> Result<(), Stop> {
        let decider = |side: Side| {
            let (denial, rule) = (self.decider(known.denial, side), self.decider(known.rule, side));
            let ask = self.decider(known.ask, side);
            denial.or_else(|| match (rule, ask) {
                (Some(rule), _) if rule.effect == Effect::Deny => Some(rule),
                (rule, ask) => ask.or(rule),
            })
        };
        let (Some(base), Some(head)) = (decider(Side::Base), decider(Side::Head)) else { return Ok(()) };
        if base.effect == head.effect {
            // A policy asks anyway, and the conditions of the rules say more.
            let by_rules = self.begun == List::Rules && known.denial == [None, None];
            return if by_rules { self.replace(region, known, Some(base.effect)) } else { Ok(()) };
        }
        if self.is_of_rules(known, [base, head]) {
            return Ok(());
        }
        let found = match self.look(&region)? {
            Found::Nothing => return Ok(()),
            Found::Action(words, cells) => Some(Cuboid { words, cells }),
            Found::Perhaps => None,
        };
        let rules = self.rules(known).unwrap_or_default();
        self.leaves.push(Leaf { deciders: [base, head], rules, region, found });
        Ok(())
    }
}
