use super::facts::{actions, any_actions, named};
use super::{Builder, List, Order, Region, Statement, everything};
use crate::effects::Decider;
use crate::effects::cuboid::{Cells, Cuboid, Name, TooMany};
use crate::effects::space::{Mode, RISKS};
use crate::engine::{Criteria, Part, Source};
use crate::model::{Effect, Level, Polarity, Policy, Reason, Risk, Scope, When};

impl Builder<'_> {
    /// What every enabled policy denies and asks for.
    pub fn policies(&mut self) -> Result<Vec<Statement>, TooMany> {
        let mut found = Vec::new();
        for (rank, policy) in (0_u32..).zip(&self.bundle.policies).filter(|(_, policy)| policy.enabled) {
            let scope = self.scope(&policy.scope);
            let mut parts = self.denials(policy);
            parts.extend(self.asks(policy)?);
            for (code, part, regions) in parts {
                let holes = self.exceptions(&policy.id, code)?;
                let mut within = Vec::new();
                for region in regions {
                    let mut region = region.and(&scope, self.words)?;
                    region.without(&holes, self.words);
                    within.push(region);
                }
                let asks = code == Reason::ApprovalRequired;
                let effect = if asks { Effect::ApprovalRequired } else { Effect::Deny };
                found.push(Statement {
                    list: if asks { List::Asks } else { List::Denials },
                    order: Order::Policy(policy.id.clone(), code.as_str(), among(policy, part)),
                    decider: Decider { effect, source: Source::Policy(rank), code, part },
                    regions: within,
                    rule: None,
                });
            }
        }
        Ok(found)
    }

    /// Every entry of a policy's lists that is dead if what it is about is denied anyway, with its part and rank.
    pub fn entries(&mut self, policy: &Policy) -> Result<Vec<(Part, u32, Region)>, TooMany> {
        let scope = self.scope(&policy.scope);
        let asks = (0_u32..).zip(&policy.approval_actions).filter(|_| policy.require_approval);
        let asks =
            asks.map(|(rank, pattern)| (Part::Approval(Criteria::default()), rank, pattern, Polarity::Restricts));
        let allowed = (0_u32..).zip(policy.allowed_actions.iter().flatten());
        let allowed = allowed.map(|(rank, pattern)| (Part::Allowed, rank, pattern, Polarity::Permits));
        let mut found = Vec::new();
        for (part, rank, pattern, polarity) in asks.chain(allowed) {
            let region = Region::any(actions(pattern, polarity, self.words)).and(&scope, self.words)?;
            found.push((part, rank, region));
        }
        Ok(found)
    }

    fn scope(&mut self, scope: &Scope) -> Region {
        match scope {
            Scope::Global => everything(),
            Scope::Agent(pattern) => Region::of(named(Name::Agent, pattern, self.words)),
            Scope::Run(pattern) => Region::of(named(Name::Run, pattern, self.words)),
            Scope::Group(pattern) => self.facts.in_group(pattern, self.words),
            Scope::Mission(pattern) => self.facts.on_mission(pattern, self.words),
        }
    }

    fn denials(&mut self, policy: &Policy) -> Vec<(Reason, Part, Vec<Region>)> {
        let mut found = Vec::new();
        for (rank, pattern) in (0_u32..).zip(&policy.denied_actions) {
            let region = Region::any(actions(pattern, Polarity::Restricts, self.words));
            found.push((Reason::DeniedAction, Part::Denied(rank), vec![region]));
        }
        if let Some(allowed) = &policy.allowed_actions {
            let listed = any_actions(allowed, Polarity::Permits, self.words);
            let region = Region { holes: listed.cuboids, ..everything() };
            found.push((Reason::NotInAllowlist, Part::Allowed, vec![region]));
        }
        for (rank, (pattern, schema)) in (0_u32..).zip(&policy.argument_constraints) {
            let mut cuboids = Vec::new();
            for cells in self.space.arguments.violation(schema) {
                let named = actions(pattern, Polarity::Restricts, self.words);
                cuboids.extend(named.into_iter().map(|cuboid| Cuboid { cells: cells.clone(), ..cuboid }));
            }
            found.push((Reason::ArgumentConstraint, Part::Constraint(rank), vec![Region::any(cuboids)]));
        }
        found
    }

    fn asks(&mut self, policy: &Policy) -> Result<Vec<(Reason, Part, Vec<Region>)>, TooMany> {
        let mut found = Vec::new();
        if policy.require_approval {
            let criteria = self.criteria(policy)?;
            found.push((Reason::ApprovalRequired, Part::Approval(Criteria::default()), criteria));
        }
        for (rank, rule) in (0_u32..).zip(&policy.approval_rules) {
            let region = self.when(&rule.when)?;
            found.push((Reason::ApprovalRequired, Part::ApprovalRule(rank), vec![region]));
        }
        Ok(found)
    }

    /// The criteria of `require_approval`, any of them; without any, everything asks.
    fn criteria(&mut self, policy: &Policy) -> Result<Vec<Region>, TooMany> {
        let mut found = Vec::new();
        if !policy.approval_actions.is_empty() {
            found.push(any_actions(&policy.approval_actions, Polarity::Restricts, self.words));
        }
        if !policy.approval_tags.is_empty() {
            found.push(self.facts.tagged(&policy.approval_tags, self.space));
        }
        for (low, high) in runs(policy) {
            found.push(self.facts.risks(low, high, self.words, &everything())?);
        }
        if let Some(least) = policy.approval_threshold_usd {
            found.push(of_cells(self.space.cost_at_least(least.nano())));
        }
        Ok(if found.is_empty() { vec![everything()] } else { found })
    }

    /// The parts of an approval rule, all of them.
    fn when(&mut self, when: &When) -> Result<Region, TooMany> {
        let mut region = everything();
        if let Some(named) = &when.actions {
            region = any_actions(named, Polarity::Restricts, self.words);
        }
        if let Some(tags) = &when.tags {
            let tagged = self.facts.tagged(tags, self.space);
            region = region.and(&tagged, self.words)?;
        }
        if let Some(least) = when.risk_at_least {
            region = self.facts.risks(least, Risk::Critical, self.words, &region)?;
        }
        if let Some(least) = when.data_classification_at_least {
            region = self.facts.levels(least, Level::Restricted, self.words, &region)?;
        }
        if let Some(least) = when.cost_usd_at_least {
            region = region.and(&of_cells(self.space.cost_at_least(least.nano())), self.words)?;
        }
        for (name, schema) in when.arguments.iter().flatten() {
            let cells = self.space.argument(name, schema, Mode::Restricts);
            let possible = cells.iter().all(|(_, bits)| !bits.is_empty());
            let passes = if possible { of_cells(Some(cells)) } else { Region::default() };
            region = region.and(&passes, self.words)?;
        }
        Ok(region)
    }
}

/// Where a part stands among those of one policy and code: entries by their patterns, rules by their rank.
fn among(policy: &Policy, part: Part) -> (u32, Box<str>) {
    let pattern = match part {
        Part::Denied(rank) => policy.denied_actions.iter().nth(rank as usize),
        Part::Constraint(rank) => policy.argument_constraints.keys().nth(rank as usize),
        Part::ApprovalRule(rank) => return (rank + 1, "".into()),
        _ => None,
    };
    (0, pattern.map_or("", |pattern| pattern.as_str()).into())
}

fn of_cells(cells: Option<Cells>) -> Region {
    Region::of(Cuboid { cells: cells.unwrap_or_default(), ..Cuboid::everything() })
}

/// The named risks as spans without gaps.
fn runs(policy: &Policy) -> Vec<(Risk, Risk)> {
    let mut spans: Vec<(Risk, Risk)> = Vec::new();
    for risk in RISKS.into_iter().filter(|risk| policy.approval_risk_levels.contains(risk)) {
        match spans.last_mut() {
            Some((_, last)) if *last as usize + 1 == risk as usize => *last = risk,
            _ => spans.push((risk, risk)),
        }
    }
    spans
}
