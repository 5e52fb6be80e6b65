use std::collections::BTreeMap;

use super::bits::Bits;
use super::cover::Budget;
use super::cuboid::{Axis, Cells, Cuboid, NAMES, Words};
use super::merged::Merged;
use super::search::{Leaf, Names, Region, Replaced, Search, Stop};
use super::space::Space;
use super::statements::List;
use super::unlike::{Pair, conditions, lost};
use super::vocabulary::ANY;
use super::witness::{self, Replay};
use super::{
    Area, Decider, Effects, Except, Limits, Piece, Row, Side, Transition, Unlike, Unproven, statements, told,
    with_uses_left,
};
use crate::engine::Source;
use crate::model::Bundle;

/// The answer on the way.
struct Gathered<'s> {
    bundles: [&'s Bundle; 2],
    merged: &'s Merged,
    space: &'s Space,
    replay: Replay<'s>,
    rows: BTreeMap<[Decider; 2], Row>,
    /// Pairs without an action that was replayed.
    open: BTreeMap<[Decider; 2], Vec<Piece>>,
    unproven: Vec<Unproven>,
    unlike: BTreeMap<Pair, Unlike>,
}

/// Why a pair is open.
const APART: &str = "the conditions may not hold together";
const BUDGET: &str = "there was too much to look at";
const PARTS: &str = "the patterns fall into too many parts";

/// The regions of two bundles, and what they say of conditions in the bundles as they were.
pub fn of(bundles: [&Bundle; 2], counting: [&Bundle; 2], limits: Limits) -> Effects {
    let [base, head] = counting;
    let left = counting.map(|side| with_uses_left(side, |_| true));
    let space = Space::new(&counting, limits.steps);
    let mut words = Words::default();
    let sides = counting.map(|bundle| statements::of(bundle, &space, &mut words));
    let [Ok(of_base), Ok(of_head)] = sides else {
        let unproven = Unproven { base: None, head: None, changed: None, area: Area::default(), why: PARTS };
        return Effects { unproven: vec![unproven], ..Effects::default() };
    };
    let merged = Merged::new(of_base, of_head, Vec::new(), &mut words);
    let mut all = Gathered {
        bundles,
        merged: &merged,
        space: &space,
        replay: Replay::new([base, head], &left),
        rows: BTreeMap::new(),
        open: BTreeMap::new(),
        unproven: Vec::new(),
        unlike: BTreeMap::new(),
    };
    let mut left = limits.steps;
    let unlike = |rules: Pair, effect| conditions(bundles, rules, effect).is_some();
    for (place, side) in merged.changed() {
        let budget = Budget { left: limits.steps_each.min(left) };
        let given = budget.left;
        let (leaves, replaced) = (Vec::new(), Vec::new());
        let (merged, space, words_of) = (&merged, &space, &mut words);
        let begun = List::Rules;
        let mut search =
            Search { merged, space, words: words_of, unlike: &unlike, begun, depth: 0, budget, leaves, replaced };
        let end = search.from(place, side);
        left = left.saturating_sub(given - search.budget.left);
        let (leaves, replaced) = (search.leaves, search.replaced);
        let cause = merged.entries.get(place).and_then(|entry| entry.decider(side));
        if let Some(cause) = cause {
            for leaf in leaves {
                all.leaf(leaf, (side, cause), &words);
            }
        }
        for replaced in &replaced {
            all.replaced(replaced, bundles, &words);
        }
        if let Err(stop) = end {
            all.undecided(place, side, stop, &words);
        }
    }
    all.finish()
}

impl Gathered<'_> {
    fn leaf(&mut self, leaf: Leaf, (side, cause): (Side, Decider), words: &Words) {
        let piece = self.piece(&leaf.region, words);
        let lost = self.lost(&leaf);
        if let Some(row) = self.rows.get_mut(&leaf.deciders) {
            if side > row.changed {
                (row.changed, row.cause) = (side, cause);
            }
            if !row.pieces.contains(&piece) {
                row.pieces.push(piece);
            }
            add(&mut row.lost, lost);
            return;
        }
        // What the search says is only said once the engine says it too.
        let witness = leaf.found.and_then(|found| witness::of(&found, self.space, words));
        match witness.filter(|witness| self.replay.deciders(witness) == Some(leaf.deciders)) {
            Some(witness) => {
                let [base, head] = leaf.deciders;
                let (used_up, witness) = (witness.used_up, witness.action);
                let row = Row { base, head, changed: side, cause, pieces: vec![piece], witness, used_up, lost };
                self.rows.insert(leaf.deciders, row);
            }
            None => self.open.entry(leaf.deciders).or_default().push(piece),
        }
    }

    /// What the rules of the head lack, where it restricts and a rule decides in the base.
    fn lost(&self, leaf: &Leaf) -> Vec<&'static str> {
        let [base, head] = leaf.deciders;
        let ([before, after], [old, new]) = (self.bundles, leaf.rules);
        let conditions = |bundle: &'_ Bundle, rank: Option<u32>| {
            rank.and_then(|rank| bundle.rules.get(rank as usize)).map(|rule| rule.conditions.clone())
        };
        let ruled = matches!(base.source, Source::Rule(_)) && head.effect > base.effect;
        let old = conditions(before, old).filter(|_| ruled);
        old.map(|old| lost(&old, conditions(after, new).as_ref(), head.effect)).unwrap_or_default()
    }

    fn piece(&self, region: &Region, words: &Words) -> Piece {
        let touches = |cuboid: &Cuboid| {
            let names = region.told.iter().all(|names| words.names_meet(names, &cuboid.words));
            names && cuboid.cells.meets(&region.area.cells)
        };
        let mut cells = region.area.cells.clone();
        let mut left: Vec<(usize, &Cuboid, Names)> = Vec::new();
        for at in region.avoid.iter() {
            let Some(cuboid) = self.merged.cuboids.get(at).filter(|cuboid| touches(cuboid)) else { continue };
            let own = words.beyond(&cuboid.words, &region.told);
            // What is taken out whatever the names are narrows the one fact that it speaks of.
            match self.only(&cells, &cuboid.cells).filter(|_| own == [ANY; NAMES]) {
                Some((axis, bits)) => cells = cells.with(axis, bits),
                None => left.push((at, cuboid, own)),
            }
        }
        let mut exceptions: Vec<Except> = Vec::new();
        for (at, cuboid, own) in left.into_iter().filter(|(_, cuboid, _)| cuboid.cells.meets(&cells)) {
            let speaks = cuboid.cells.beyond(&cells);
            let except = Except { by: self.by(at), area: told::area(&[own], &speaks, self.space, words) };
            if !exceptions.contains(&except) {
                exceptions.push(except);
            }
        }
        Piece { area: told::area(&region.told, &cells, self.space, words), exceptions }
    }

    /// What is left of the one axis on which cells are not all within others; `None`: there are several.
    fn only(&self, cells: &Cells, others: &Cells) -> Option<(Axis, Bits)> {
        let mut beyond = others.beyond(cells).into_iter();
        let (axis, bits) = beyond.next().filter(|_| beyond.next().is_none())?;
        let own = cells.get(axis).cloned().unwrap_or_else(|| Bits::all(self.space.size(axis)));
        Some((axis, own.minus(&bits))).filter(|(_, left)| !left.is_empty())
    }

    /// Who decides in a cuboid: the head's part, where both have it.
    fn by(&self, at: usize) -> Option<(Side, Decider)> {
        let entry = self.merged.entries.get(at)?;
        let on = |side: Side| entry.decider(side).map(|decider| (side, decider));
        on(Side::Head).or_else(|| on(Side::Base))
    }

    fn replaced(&mut self, replaced: &Replaced, bundles: [&Bundle; 2], words: &Words) {
        let [base, head] = replaced.rules;
        let Some((lost, gained)) = conditions(bundles, replaced.rules, replaced.effect) else { return };
        let area = told::area(&replaced.region.told, &replaced.region.area.cells, self.space, words);
        let nothing = Unlike { base, head, area, lost: Vec::new(), gained: Vec::new() };
        let unlike = self.unlike.entry(replaced.rules).or_insert(nothing);
        add(&mut unlike.lost, lost);
        add(&mut unlike.gained, gained);
    }

    fn undecided(&mut self, place: usize, side: Side, stop: Stop, words: &Words) {
        let decider = self.merged.entries.get(place).and_then(|entry| entry.decider(side));
        let why = if stop == Stop::Spent { BUDGET } else { PARTS };
        let area =
            self.merged.cuboids.get(place).map(|cuboid| told::area(&[cuboid.words], &cuboid.cells, self.space, words));
        let changed = decider.map(|decider| (side, decider));
        let unproven = Unproven { base: None, head: None, changed, area: area.unwrap_or_default(), why };
        if !self.unproven.contains(&unproven) {
            self.unproven.push(unproven);
        }
    }

    fn finish(self) -> Effects {
        let mut rows: Vec<Row> = self.rows.into_values().collect();
        let mut unproven = self.unproven;
        for (deciders, mut pieces) in self.open {
            if let Some(row) = rows.iter_mut().find(|row| [row.base, row.head] == deciders) {
                pieces.retain(|piece| !row.pieces.contains(piece));
                row.pieces.append(&mut pieces);
                continue;
            }
            let [base, head] = deciders.map(Some);
            let open =
                pieces.into_iter().map(|piece| Unproven { base, head, changed: None, area: piece.area, why: APART });
            for one in open {
                if !unproven.contains(&one) {
                    unproven.push(one);
                }
            }
        }
        rows.sort_by_key(|row| {
            let Decider { source, part, code, .. } = row.cause;
            (row.transition() == Transition::Restrictive, source, part, code, row.changed, row.base, row.head)
        });
        Effects { rows, unproven, unlike: self.unlike.into_values().collect() }
    }
}

/// Adds what is not there.
fn add(all: &mut Vec<&'static str>, more: Vec<&'static str>) {
    let new: Vec<_> = more.into_iter().filter(|one| !all.contains(one)).collect();
    all.extend(new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Catalog, Effect};

    /// Were the search wrong, nothing of it would be told: what the engine does not say of the witness is left open.
    #[test]
    fn what_the_engine_does_not_confirm_is_no_row() {
        let bundle = |effect| Bundle::new(Vec::new(), Catalog::default(), Some(effect), 60);
        let (base, head) = (bundle(Effect::Allow), bundle(Effect::Deny));
        let left = [&base, &head].map(|side| with_uses_left(side, |_| true));
        let steps = Limits::default().steps;
        let space = Space::new(&[&base, &head], steps);
        let mut words = Words::default();
        let [Ok(of_base), Ok(of_head)] = [&base, &head].map(|side| statements::of(side, &space, &mut words)) else {
            panic!("a default is one part")
        };
        let merged = Merged::new(of_base, of_head, Vec::new(), &mut words);
        for turned in [false, true] {
            let mut all = Gathered {
                bundles: [&base, &head],
                merged: &merged,
                space: &space,
                replay: Replay::new([&base, &head], &left),
                rows: BTreeMap::new(),
                open: BTreeMap::new(),
                unproven: Vec::new(),
                unlike: BTreeMap::new(),
            };
            for (place, side) in merged.changed() {
                let (merged, space, words_of) = (&merged, &space, &mut words);
                let (leaves, replaced, unlike) = (Vec::new(), Vec::new(), |_: Pair, _| false);
                let mut search = Search {
                    merged,
                    space,
                    words: words_of,
                    unlike: &unlike,
                    begun: List::Rules,
                    depth: 0,
                    budget: Budget { left: steps },
                    leaves,
                    replaced,
                };
                assert!(search.from(place, side).is_ok());
                let leaves = std::mem::take(&mut search.leaves);
                let cause = merged.entries.get(place).and_then(|entry| entry.decider(side)).unwrap();
                for mut leaf in leaves {
                    if turned {
                        leaf.deciders.reverse();
                    }
                    all.leaf(leaf, (side, cause), &words);
                }
            }
            assert_eq!((all.rows.is_empty(), all.open.is_empty()), (turned, !turned));
        }
    }
}
