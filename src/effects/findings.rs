use super::bits::Bits;
use super::cover::{Budget, Found};
use super::cuboid::{Cuboid, Words, Zone};
use super::merged::{Entry, Merged, Sides};
use super::search::{Region, Search, Stop};
use super::space::Space;
use super::statements::{self, Builder, List};
use super::{Broad, Findings, Limits, Place, Shadowed, Side, Tie, witness};
use crate::engine::{Part, Source};
use crate::model::{Bundle, Effect, Rule};
use smallvec::SmallVec;

/// So many ties of one rule are told.
const MOST_TIES: usize = 50;

/// What denies so many areas of one finding is told.
const MOST_AREAS: usize = 64;

/// What an entry means on the way to an action.
enum Way {
    /// It is not looked at.
    Skip,
    /// It must not hold.
    Miss,
    /// An action in which it holds is what is looked for.
    Hit,
}

/// Everything that is asked of one bundle.
struct Finder<'s> {
    /// With what hangs on earlier actions.
    bundle: &'s Bundle,
    search: Search<'s>,
    found: Findings,
}

/// What is likely not meant in a bundle; `stateless` is the same without what hangs on earlier actions.
pub fn of(bundle: &Bundle, stateless: &Bundle, limits: Limits) -> Findings {
    let space = Space::new(&[stateless], limits.steps);
    let mut words = Words::default();
    let Ok(statements) = statements::of(stateless, &space, &mut words) else { return Findings::default() };
    let entries = entries(stateless, &space, &mut words);
    let listed = listed(stateless, &space, &mut words);
    let merged = Merged::new(statements, Vec::new(), listed, &mut words);
    let budget = Budget { left: limits.steps };
    let (leaves, replaced) = (Vec::new(), Vec::new());
    let (merged, space, words) = (&merged, &space, &mut words);
    let search =
        Search { merged, space, words, unlike: &|_, _| false, begun: List::Rules, depth: 0, budget, leaves, replaced };
    let mut finder = Finder { bundle, search, found: Findings { complete: true, ..Findings::default() } };
    let ended = finder.rules().and_then(|()| finder.entries(&entries)).is_ok();
    let complete = ended && finder.found.complete;
    Findings { complete, ..finder.found }
}

/// A policy by its rank, an entry of a part of it, and what the entry is about.
type OfPolicy = (u32, Part, u32, Vec<Cuboid>);

fn entries(bundle: &Bundle, space: &Space, words: &mut Words) -> Vec<OfPolicy> {
    let mut builder = Builder::new(bundle, space, words);
    let mut found = Vec::new();
    for (rank, policy) in (0_u32..).zip(&bundle.policies).filter(|(_, policy)| policy.enabled) {
        let entries = builder.entries(policy).unwrap_or_default().into_iter();
        found.extend(entries.map(|(part, entry, region)| (rank, part, entry, region.cuboids)));
    }
    found
}

/// What an open catalog lists.
fn listed(bundle: &Bundle, space: &Space, words: &mut Words) -> Vec<Cuboid> {
    if bundle.catalog.closed { Vec::new() } else { Builder::new(bundle, space, words).listed() }
}

impl Finder<'_> {
    fn entry(&self, place: usize) -> Option<&Entry> {
        self.search.merged.entries.get(place)
    }

    fn cuboid(&self, place: usize) -> Option<&Cuboid> {
        self.search.merged.cuboids.get(place)
    }

    fn rule_of(&self, place: usize) -> Option<u32> {
        self.entry(place)?.rules.first().copied().flatten()
    }

    fn rules(&mut self) -> Result<(), Stop> {
        let list = self.search.merged.list(List::Rules);
        let mut by_rule: Vec<(u32, Vec<usize>)> = Vec::new();
        for place in list {
            match (by_rule.last_mut(), self.rule_of(place)) {
                (Some((last, places)), Some(rule)) if *last == rule => places.push(place),
                (_, Some(rule)) => by_rule.push((rule, vec![place])),
                _ => {}
            }
        }
        for (rule, places) in &by_rule {
            let looked = self.rule(*rule, places);
            self.or_left_out(looked)?;
        }
        Ok(())
    }

    /// What falls into too many parts is left out; the others are looked at all the same.
    fn or_left_out(&mut self, looked: Result<(), Stop>) -> Result<(), Stop> {
        if looked == Err(Stop::TooMany) {
            self.found.complete = false;
            return Ok(());
        }
        looked
    }

    /// One rule, with the entries that are its own.
    fn rule(&mut self, rank: u32, places: &[usize]) -> Result<(), Stop> {
        let bundle = self.bundle;
        let Some(rule) = bundle.rules.get(rank as usize) else { return Ok(()) };
        let own = Place { source: Source::Rule(rank), part: Part::Effect, entry: None };
        let Some(first) = places.first().copied() else { return Ok(()) };
        if self.is_shadowed(places, first)? {
            let by = self.deciding(places, |place| place < first, List::Rules);
            self.found.shadowed.push(Shadowed { what: own, by });
            return Ok(());
        }
        if rule.policy_effect < Effect::Deny && self.is_denied(self.regions(places))? {
            let by = self.deciding(places, |_| true, List::Denials);
            self.found.dead.push(Shadowed { what: own, by });
            return Ok(());
        }
        if self.is_redundant(rank, rule, places)? {
            let merged = self.search.merged;
            let is_own = |place: usize| {
                merged.entries.get(place).and_then(|entry| entry.rules.first().copied().flatten()) == Some(rank)
            };
            let by = self.deciding(places, |place| place > first && !is_own(place), List::Rules);
            self.found.redundant.push(Shadowed { what: own, by });
        }
        self.ties(rank, rule, places)?;
        self.breadth(rank, rule, places)
    }

    fn cuboids(&self, places: &[usize]) -> Vec<Cuboid> {
        places.iter().filter_map(|place| self.cuboid(*place)).cloned().collect()
    }

    /// The regions of entries.
    fn regions(&self, places: &[usize]) -> Vec<Region> {
        places.iter().filter_map(|place| self.region(*place)).collect()
    }

    /// The region of an entry.
    fn region(&self, place: usize) -> Option<Region> {
        let mut region = self.all_of(self.cuboid(place)?);
        self.entry(place)?.holes.clone().for_each(|hole| region.avoid.put(hole));
        Some(region)
    }

    fn all_of(&self, area: &Cuboid) -> Region {
        let avoid = Bits::none(self.search.merged.cuboids.len());
        Region { told: SmallVec::from_slice(&[area.words]), area: Zone::of(area), avoid }
    }

    /// Whether rules before it match all that it matches.
    fn is_shadowed(&mut self, places: &[usize], first: usize) -> Result<bool, Stop> {
        for place in self.regions(places) {
            let way = |_: &Self, at: usize| if at < first { Way::Miss } else { Way::Skip };
            let start = self.search.merged.list(List::Rules).start;
            if self.finds(place, (start, first), &way, true)?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether all of some areas is denied by policies or the catalog.
    fn is_denied(&mut self, areas: Vec<Region>) -> Result<bool, Stop> {
        let list = self.search.merged.list(List::Denials);
        for region in areas {
            if self.finds(region, (list.start, list.end), &|_, _| Way::Miss, true)?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the next rules, or the default, say the same wherever it decides.
    fn is_redundant(&mut self, rank: u32, rule: &Rule, places: &[usize]) -> Result<bool, Stop> {
        if remembers(rule) {
            return Ok(false);
        }
        let list = self.search.merged.list(List::Rules);
        for place in places {
            let Some((region, entry)) = self.region(*place).zip(self.entry(*place)) else { continue };
            let Some(effect) = entry.decider(Side::Base).map(|decider| decider.effect) else { continue };
            let way = |finder: &Self, at: usize| {
                let own = finder.rule_of(at) == Some(rank);
                // What decides another way before this part of the rule does is not its own.
                match (own, at < *place) {
                    (true, false) => Way::Skip,
                    (_, true) => Way::Miss,
                    (false, false) if finder.says(at, effect, rule) => Way::Miss,
                    (false, false) => Way::Hit,
                }
            };
            if self.finds(region, (list.start, list.end), &way, false)?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether an entry says an effect, and nothing else that a rule does not say.
    fn says(&self, place: usize, effect: Effect, rule: &Rule) -> bool {
        let decider = self.entry(place).and_then(|entry| entry.decider(Side::Base));
        let other = self.rule_of(place).and_then(|rank| self.bundle.rules.get(rank as usize));
        let default = self.bundle.defaults.session_ttl;
        let lasts = |rule: Option<&Rule>| rule.and_then(|rule| rule.max_session_ttl).unwrap_or(default);
        let alike = effect != Effect::ApprovalRequired || lasts(other) == lasts(Some(rule));
        decider.is_some_and(|own| own.effect == effect) && alike && !other.is_some_and(remembers)
    }

    /// The rules of the same priority and another effect that come after it and match what it decides.
    fn ties(&mut self, rank: u32, rule: &Rule, places: &[usize]) -> Result<(), Stop> {
        let list = self.search.merged.list(List::Rules);
        let mut told: Vec<u32> = Vec::new();
        for place in places {
            let Some(region) = self.region(*place) else { continue };
            let candidates = self.search.candidates(&region.area, Sides::BOTH);
            for at in candidates.iter().skip_while(|at| *at <= *place).take_while(|at| *at < list.end) {
                self.search.budget.spend(1)?;
                let Some(other) = self.rule_of(at).filter(|other| *other != rank && !told.contains(other)) else {
                    continue;
                };
                let Some(after) = self.bundle.rules.get(other as usize) else { continue };
                if after.priority != rule.priority || told.len() >= MOST_TIES {
                    break;
                }
                if after.policy_effect == rule.policy_effect {
                    continue;
                }
                if let Some(witness) = self.tied(&region, *place, at)? {
                    told.push(other);
                    self.found.ties.push(Tie { decides: rank, other, witness });
                }
            }
        }
        Ok(())
    }

    /// An action that one entry decides although another one holds too.
    fn tied(&mut self, region: &Region, place: usize, other: usize) -> Result<Option<crate::model::Action>, Stop> {
        let Some((cuboid, entry)) = self.cuboid(other).cloned().zip(self.entry(other).cloned()) else {
            return Ok(None);
        };
        let start = self.search.merged.list(List::Rules).start;
        if let Some(mut inside) = self.search.inside(region, &cuboid)? {
            entry.holes.clone().for_each(|hole| inside.avoid.put(hole));
            let own = self.rule_of(place);
            let way = move |finder: &Self, at: usize| {
                if at < place && finder.rule_of(at) != own { Way::Miss } else { Way::Skip }
            };
            if let Some(region) = self.finds(inside, (start, place), &way, true)? {
                return self.example(&region);
            }
        }
        Ok(None)
    }

    fn example(&mut self, region: &Region) -> Result<Option<crate::model::Action>, Stop> {
        Ok(match self.search.look(region)? {
            Found::Action(words, cells) => {
                let found = witness::of(&Cuboid { words, cells }, self.search.space, self.search.words);
                found.map(|witness| witness.action)
            }
            Found::Nothing | Found::Perhaps => None,
        })
    }

    /// Whether it allows what an open catalog does not list.
    fn breadth(&mut self, rank: u32, rule: &Rule, places: &[usize]) -> Result<(), Stop> {
        let listed = self.search.merged.others.clone();
        if rule.policy_effect != Effect::Allow || listed.is_empty() {
            return Ok(());
        }
        for place in places {
            let Some(mut region) = self.region(*place) else { continue };
            let knows =
                |entry: usize| self.cuboid(entry).is_some_and(|entry| self.search.words.contain(entry, &region.area));
            if listed.clone().any(knows) {
                continue;
            }
            listed.clone().for_each(|entry| region.avoid.put(entry));
            // Nothing is allowed that a policy denies, or that a rule before it decides.
            let way = |finder: &Self, at: usize| {
                if finder.rule_of(at) == Some(rank) { Way::Skip } else { Way::Miss }
            };
            if let Some(region) = self.finds(region, (0, *place), &way, true)?
                && let Some(witness) = self.example(&region)?
            {
                self.found.broad.push(Broad { rule: rank, witness });
                return Ok(());
            }
        }
        Ok(())
    }

    /// Entries and approval rules of policies whose actions are all denied.
    fn entries(&mut self, entries: &[OfPolicy]) -> Result<(), Stop> {
        for (rank, part, entry, cuboids) in entries {
            let areas: Vec<Region> = cuboids.iter().map(|area| self.all_of(area)).collect();
            if !areas.is_empty() && self.is_denied(areas)? {
                let what = Place { source: Source::Policy(*rank), part: *part, entry: Some(*entry) };
                let by = self.denying(cuboids);
                self.found.dead.push(Shadowed { what, by });
            }
        }
        let mut by_part: Vec<(Place, Vec<usize>)> = Vec::new();
        for place in self.search.merged.list(List::Asks) {
            let Some(decider) = self.entry(place).and_then(|entry| entry.decider(Side::Base)) else { continue };
            let Part::ApprovalRule(_) = decider.part else { continue };
            let what = Place { source: decider.source, part: decider.part, entry: None };
            match by_part.last_mut() {
                Some((last, places)) if *last == what => places.push(place),
                _ => by_part.push((what, vec![place])),
            }
        }
        for (what, places) in by_part {
            let cuboids = self.cuboids(&places);
            // Where an exception lifts the denial, the approval rule is not in force either; it is not called dead for that.
            let areas = cuboids.iter().map(|area| self.all_of(area)).collect();
            if self.is_denied(areas)? {
                let by = self.denying(&cuboids);
                self.found.dead.push(Shadowed { what, by });
            }
        }
        Ok(())
    }

    /// The entries of a list that hold the names of some entries, else those that meet them: each part once.
    fn deciding(&mut self, places: &[usize], among: impl Fn(usize) -> bool, list: List) -> Vec<Place> {
        let areas = self.cuboids(places);
        self.those(&areas, among, list)
    }

    fn denying(&mut self, areas: &[Cuboid]) -> Vec<Place> {
        self.those(areas, |_| true, List::Denials)
    }

    fn those(&mut self, areas: &[Cuboid], among: impl Fn(usize) -> bool, list: List) -> Vec<Place> {
        let areas = areas.get(..areas.len().min(MOST_AREAS)).unwrap_or_default();
        let mut near = Bits::none(self.search.merged.cuboids.len());
        for area in areas {
            near.join(&self.search.candidates(&Zone::of(area), Sides::BOTH));
        }
        let list = self.search.merged.list(list);
        // What is spent here ends what comes next, if it was too much.
        self.search.budget.spend((near.iter().count() * areas.len()) as u64).ok();
        let mut found = self.found_among(areas, |place| list.contains(&place) && among(place), &near);
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, place)| place).collect()
    }

    fn found_among(&self, areas: &[Cuboid], among: impl Fn(usize) -> bool, near: &Bits) -> Vec<(usize, Place)> {
        let words = &*self.search.words;
        let mut found: Vec<(usize, Place)> = Vec::new();
        let mut holed = false;
        for wide in [true, false] {
            for place in near.iter().filter(|place| among(*place)) {
                let Some((cuboid, entry)) = self.cuboid(place).zip(self.entry(place)) else { continue };
                let covers = |area: &Cuboid| words.cover(cuboid, area) && cuboid.cells.meets(&area.cells);
                let meets = |area: &Cuboid| words.meet(cuboid, area);
                let holes = || entry.holes.clone().filter_map(|hole| self.cuboid(hole));
                let left = |area: &Cuboid| !holes().any(|hole| words.within(hole, area));
                if !areas.iter().any(|area| left(area) && if wide { covers(area) } else { meets(area) }) {
                    continue;
                }
                let Some(decider) = entry.decider(Side::Base) else { continue };
                let what = Place { source: decider.source, part: decider.part, entry: None };
                holed |= !entry.holes.is_empty();
                match found.iter_mut().find(|(_, known)| *known == what) {
                    Some((at, _)) => *at = place.min(*at),
                    None => found.push((place, what)),
                }
                if areas.iter().all(|area| words.within(cuboid, area)) && entry.holes.is_empty() {
                    return found;
                }
            }
            // Through a hole others decide, too.
            if !found.is_empty() && !holed {
                break;
            }
        }
        found
    }

    /// Walks from one place to another; answers the region in which an entry that is looked for holds, or, if the end counts,
    /// what is left at the end.
    fn finds(
        &mut self,
        mut region: Region,
        (from, to): (usize, usize),
        way: &dyn Fn(&Self, usize) -> Way,
        end: bool,
    ) -> Result<Option<Region>, Stop> {
        let candidates = self.search.candidates(&region.area, Sides::BOTH);
        let mut at = from;
        while let Some(place) = candidates.next(at).filter(|place| *place < to) {
            at = place + 1;
            self.search.budget.spend(1)?;
            let way_of = way(self, place);
            let (Some(cuboid), Some(entry)) = (self.cuboid(place).cloned(), self.entry(place).cloned()) else {
                continue;
            };
            if matches!(way_of, Way::Skip)
                || self.search.passes(place, &region.area)
                || !self.search.words.touch(&region.area, &cuboid)
            {
                continue;
            }
            if matches!(way_of, Way::Hit)
                && let Some(mut inside) = self.search.inside(&region, &cuboid)?
            {
                entry.holes.clone().for_each(|hole| inside.avoid.put(hole));
                if self.search.look(&inside)? != Found::Nothing {
                    return Ok(Some(inside));
                }
            }
            for hole in entry.holes.clone().filter_map(|hole| self.cuboid(hole).cloned()).collect::<Vec<_>>() {
                let Some(inside) = self.search.inside(&region, &cuboid)? else { continue };
                let Some(within) = self.search.inside(&inside, &hole)? else { continue };
                if self.search.look(&within)? != Found::Nothing {
                    self.search.deeper()?;
                    let found = self.finds(within, (at, to), way, end)?;
                    self.search.depth -= 1;
                    if found.is_some() {
                        return Ok(found);
                    }
                }
            }
            region.avoid.put(place);
            if self.search.words.contains(&cuboid, &region.area) {
                return Ok(None);
            }
        }
        Ok(if end && self.search.look(&region)? != Found::Nothing { Some(region) } else { None })
    }
}

/// Whether a rule has conditions that hang on earlier actions or on a service.
fn remembers(rule: &Rule) -> bool {
    let conditions = &rule.conditions;
    let hourly = conditions.cost_threshold.as_ref().is_some_and(|cost| cost.max_cost_per_hour.is_some());
    conditions.rate_limit.is_some() || conditions.webhook_check.is_some() || hourly
}
