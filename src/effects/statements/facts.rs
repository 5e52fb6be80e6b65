use std::collections::BTreeSet;

use super::region::Region;
use crate::effects::bits::Bits;
use crate::effects::cuboid::{Axis, Cells, Cuboid, Name, TooMany, Words};
use crate::effects::space::{LEVEL, LEVELS, RISK, RISKS, Space};
use crate::model::{ActionPattern, Bundle, Level, Pattern, Polarity, Risk};

/// What the catalog adds to the facts that a record gives.
pub struct Facts {
    /// What each entry of actions is about, with its level, risk and tags.
    actions: Vec<Known>,
    /// The agents of each entry, with their groups and missions.
    agents: Vec<(Cuboid, BTreeSet<String>, BTreeSet<String>)>,
}

struct Known {
    names: Vec<Cuboid>,
    level: Option<Level>,
    risk: Option<Risk>,
    tags: BTreeSet<String>,
}

impl Facts {
    /// What the catalog of a bundle says.
    pub fn new(bundle: &Bundle, words: &mut Words) -> Self {
        let action = |(pattern, entry): (&ActionPattern, &crate::model::CatalogAction)| Known {
            names: actions(pattern, Polarity::Permits, words),
            level: entry.data_classification,
            risk: entry.risk_level,
            tags: entry.tags.clone().unwrap_or_default(),
        };
        let actions = bundle.catalog.actions.iter().map(action).collect();
        let agent = |(pattern, entry): (&Pattern, &crate::model::AgentEntry)| {
            let names = named(Name::Agent, pattern, words);
            (names, entry.groups.clone().unwrap_or_default(), entry.missions.clone().unwrap_or_default())
        };
        let agents = bundle.catalog.agents.iter().map(agent).collect();
        Self { actions, agents }
    }

    /// Data from one level to another. What the catalog says raises what the record says.
    pub fn levels(&self, low: Level, high: Level, words: &mut Words, within: &Region) -> Result<Region, TooMany> {
        let span = Span { axis: LEVEL, size: LEVELS.len(), low: low as usize, high: high as usize };
        self.span(span, |known| known.level.map(|level| level as usize), words, within)
    }

    /// A risk from one to another.
    pub fn risks(&self, low: Risk, high: Risk, words: &mut Words, within: &Region) -> Result<Region, TooMany> {
        let span = Span { axis: RISK, size: RISKS.len(), low: low as usize, high: high as usize };
        self.span(span, |known| known.risk.map(|risk| risk as usize), words, within)
    }

    /// The record says a value of the span, or less and the catalog says one of the span; and the catalog says nothing
    /// above it.
    fn span(
        &self,
        Span { axis, size, low, high }: Span,
        value: impl Fn(&Known) -> Option<usize>,
        words: &mut Words,
        within: &Region,
    ) -> Result<Region, TooMany> {
        let cells = |low: usize, high: usize| {
            let bits = Bits::of(size, low..=high);
            if bits == Bits::all(size) { Cells::default() } else { Cells::of(axis, bits) }
        };
        let mut region = Region::of(Cuboid { cells: cells(low, high), ..Cuboid::everything() });
        for known in &self.actions {
            match value(known) {
                Some(value) if value > high => region.holes.extend(known.names.iter().cloned()),
                Some(value) if value >= low && low > 0 => {
                    let raised = |names: &Cuboid| Cuboid { cells: cells(0, low - 1), ..names.clone() };
                    region.cuboids.extend(known.names.iter().map(raised));
                }
                _ => {}
            }
        }
        within.clone().and(&region, words)
    }

    /// Actions with one of these tags, from the record or the catalog.
    pub fn tagged(&self, tags: &BTreeSet<String>, space: &Space) -> Region {
        let recorded = tags.iter().filter_map(|tag| space.tagged(tag));
        let mut cuboids: Vec<Cuboid> = recorded.map(|cells| Cuboid { cells, ..Cuboid::everything() }).collect();
        let bear = self.actions.iter().filter(|known| !known.tags.is_disjoint(tags));
        cuboids.extend(bear.flat_map(|known| known.names.iter().cloned()));
        Region::any(cuboids)
    }

    /// Agents in a group, from the record or the catalog.
    pub fn in_group(&self, pattern: &Pattern, words: &mut Words) -> Region {
        self.belonging(Name::Group, pattern, words, |(_, groups, _)| groups)
    }

    /// Agents on a mission.
    pub fn on_mission(&self, pattern: &Pattern, words: &mut Words) -> Region {
        self.belonging(Name::Mission, pattern, words, |(_, _, missions)| missions)
    }

    fn belonging(
        &self,
        name: Name,
        pattern: &Pattern,
        words: &mut Words,
        of: impl Fn(&(Cuboid, BTreeSet<String>, BTreeSet<String>)) -> &BTreeSet<String>,
    ) -> Region {
        let mut cuboids = vec![named(name, pattern, words)];
        let belong = self.agents.iter().filter(|entry| of(entry).iter().any(|group| pattern.matches(group)));
        cuboids.extend(belong.map(|(agents, ..)| agents.clone()));
        Region::any(cuboids)
    }

    /// The names that the catalog lists.
    pub fn listed(&self) -> Vec<Cuboid> {
        self.actions.iter().flat_map(|known| known.names.iter().cloned()).collect()
    }
}

/// Values of an ordered fact, both ends included.
struct Span {
    axis: Axis,
    size: usize,
    low: usize,
    high: usize,
}

/// A name that matches.
pub fn named(name: Name, pattern: &Pattern, words: &mut Words) -> Cuboid {
    let word = words.of(name).map(|vocabulary| vocabulary.number(pattern)).unwrap_or_default();
    Cuboid::everything().named(name, word)
}

/// The actions that a pattern names: what restricts is also held against the whole operation.
pub fn actions(pattern: &ActionPattern, polarity: Polarity, words: &mut Words) -> Vec<Cuboid> {
    let mut named_so = |integration: Option<&Pattern>, operation: &Pattern| {
        let mut cuboid = Cuboid::everything();
        for (name, pattern) in [(Name::Integration, integration), (Name::Operation, Some(operation))] {
            let word = pattern.and_then(|pattern| Some(words.of(name)?.number(pattern)));
            cuboid = cuboid.named(name, word.unwrap_or_default());
        }
        cuboid
    };
    let (integration, operation) = pattern.parts();
    let mut found = vec![named_so(integration, operation)];
    if integration.is_some() && polarity == Polarity::Restricts {
        found.push(named_so(None, pattern.whole()));
    }
    found
}

/// The actions that any of some patterns names.
pub fn any_actions<'p>(
    patterns: impl IntoIterator<Item = &'p ActionPattern>,
    polarity: Polarity,
    words: &mut Words,
) -> Region {
    Region::any(patterns.into_iter().flat_map(|pattern| actions(pattern, polarity, words)).collect())
}
