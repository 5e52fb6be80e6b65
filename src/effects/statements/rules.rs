use std::cmp::Reverse;

use super::facts::{any_actions, named};
use super::{Builder, List, Order, Region, Statement, everything};
use crate::effects::Decider;
use crate::effects::cuboid::{Cells, Cuboid, Name, TooMany};
use crate::effects::space::{Mode, TimeTest};
use crate::engine::{Part, Source};
use crate::model::{ActionPattern, DocumentId, Effect, Exception, Polarity, Reason, Rule};
use std::collections::BTreeSet;

impl Builder<'_> {
    /// The rules, and the default behind them.
    pub fn rules(&mut self) -> Result<Vec<Statement>, TooMany> {
        let mut found = Vec::new();
        for (rank, rule) in (0_u32..).zip(&self.bundle.rules).filter(|(_, rule)| rule.is_active) {
            found.extend(self.rule(rank, rule)?);
        }
        let effect = self.bundle.defaults.effect;
        let (source, code, part) = (Source::Default, Reason::NoMatchingRule, Part::DefaultEffect);
        found.push(Statement {
            list: List::Rules,
            order: Order::Default,
            decider: Decider { effect, source, code, part },
            regions: vec![everything()],
            rule: None,
        });
        Ok(found)
    }

    /// A rule: where a condition makes it more restrictive, and the rest.
    fn rule(&mut self, rank: u32, rule: &Rule) -> Result<Vec<Statement>, TooMany> {
        let matching = self.matching(rule)?;
        let mut of_rule = matching.clone();
        of_rule.without(&self.exceptions(&rule.id, Reason::Rule)?, self.words);
        let mut of_conditions = of_rule.clone();
        of_conditions.without(&self.exceptions(&rule.id, Reason::RuleCondition)?, self.words);
        let mut conditions = Vec::new();
        if let Some(time) = &rule.conditions.time_restriction {
            let cells = self.space.times.test(&TimeTest::Blocked(time));
            conditions.push((time.on_violation, Part::TimeRestriction, time.action_types.as_ref(), cells));
        }
        let cost = rule.conditions.cost_threshold.as_ref();
        if let Some((on_exceed, limit)) = cost.and_then(|cost| Some((cost.on_exceed, cost.max_cost_per_action?))) {
            let cells = self.space.cost_at_least(limit.nano().saturating_add(1));
            conditions.push((on_exceed, Part::CostThreshold, None, cells));
        }
        // The most restrictive one that fires is told; among equals the first part.
        conditions.retain(|(effect, ..)| *effect > rule.policy_effect);
        conditions.sort_by_key(|(effect, part, ..)| (Reverse(*effect), *part));
        let mut found = Vec::new();
        for (effect, part, types, cells) in conditions {
            let region = of_conditions.clone().and(&self.firing(types, cells), self.words)?;
            found.push((Decider { effect, source: Source::Rule(rank), code: Reason::RuleCondition, part }, region));
        }
        let decider =
            Decider { effect: rule.policy_effect, source: Source::Rule(rank), code: Reason::Rule, part: Part::Effect };
        found.push((decider, of_rule));
        let order = |at| Order::Rule(Reverse(rule.priority), Reverse(rule.policy_effect), rule.id.clone(), at);
        let statement = |(at, (decider, region)): (u32, (Decider, Region))| Statement {
            list: List::Rules,
            order: order(at),
            decider,
            regions: vec![region],
            rule: Some(rank),
        };
        // The rule itself is the last of its statements whatever conditions it has.
        let last = u32::try_from(found.len()).unwrap_or(u32::MAX).saturating_sub(1);
        let at = |at: u32| if at == last { u32::MAX } else { at };
        Ok((0_u32..).map(at).zip(found).map(statement).collect())
    }

    /// The actions that a rule matches, before exceptions.
    fn matching(&mut self, rule: &Rule) -> Result<Region, TooMany> {
        let names = [
            (Name::Agent, &rule.agent_id),
            (Name::Integration, &rule.target_integration),
            (Name::Operation, &rule.operation),
            (Name::Resource, &rule.resource_scope),
        ];
        let mut cuboid = Cuboid::everything();
        for (name, pattern) in names {
            cuboid = cuboid.named(name, named(name, pattern, self.words).word(name));
        }
        let mode = if rule.policy_effect == Effect::Allow { Mode::Permits } else { Mode::Restricts };
        for (name, schema) in &rule.conditions.arguments {
            match cuboid.cells.and(&self.space.argument(name, schema, mode)) {
                Some(cells) => cuboid.cells = cells,
                None => return Ok(Region::default()),
            }
        }
        let range = rule.data_classification;
        let region = Region::of(cuboid);
        self.facts.levels(range.low, range.high, self.words, &region)
    }

    /// Where a condition fires.
    fn firing(&mut self, types: Option<&BTreeSet<ActionPattern>>, cells: Option<Cells>) -> Region {
        let mut region = types.map_or_else(everything, |types| any_actions(types, Polarity::Restricts, self.words));
        if let Some(cells) = cells {
            region.cuboids.iter_mut().for_each(|cuboid| cuboid.cells = cells.clone());
        }
        region
    }

    /// Where exceptions from a document lift reasons of a code.
    pub fn exceptions(&mut self, id: &DocumentId, code: Reason) -> Result<Vec<Cuboid>, TooMany> {
        let mut holes = Vec::new();
        let lifts = |one: &&Exception| one.reasons.as_ref().is_none_or(|reasons| reasons.contains(&code));
        let known = (id.clone(), code);
        if let Some(holes) = self.holes.get(&known) {
            return Ok(holes.clone());
        }
        let from = self.exceptions.get(id).into_iter().flatten().copied();
        for exception in from.filter(lifts) {
            let mut region = everything();
            for (name, patterns) in [(Name::Agent, &exception.agents), (Name::Run, &exception.runs)] {
                if let Some(patterns) = patterns {
                    let any = patterns.iter().map(|pattern| named(name, pattern, self.words)).collect();
                    region = region.and(&Region::any(any), self.words)?;
                }
            }
            if let Some(patterns) = &exception.actions {
                let any = any_actions(patterns, Polarity::Permits, self.words);
                region = region.and(&any, self.words)?;
            }
            let during = self.space.times.test(&TimeTest::During(exception)).unwrap_or_default();
            let uses = self.space.has_uses(exception).unwrap_or_default();
            let cells = during.and(&uses).unwrap_or_default();
            region.cuboids.iter_mut().for_each(|cuboid| cuboid.cells = cells.clone());
            holes.append(&mut region.cuboids);
        }
        self.holes.insert(known, holes.clone());
        Ok(holes)
    }
}
