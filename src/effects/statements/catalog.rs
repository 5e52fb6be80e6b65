use super::facts::named;
use super::{Builder, List, Order, Region, Statement, everything};
use crate::effects::Decider;
use crate::effects::cuboid::{Cuboid, Name};
use crate::engine::{Part, Source};
use crate::model::{AgentState, Effect, Reason};

impl Builder<'_> {
    /// What ends a decision: agents that may not act, and what nobody knows.
    pub fn catalog(&mut self) -> Vec<Statement> {
        let catalog = &self.bundle.catalog;
        let mut agents = |may: &dyn Fn(AgentState) -> bool| -> Vec<Cuboid> {
            let entries = catalog.agents.iter().filter(|(_, entry)| may(entry.state));
            entries.map(|(pattern, _)| named(Name::Agent, pattern, self.words)).collect()
        };
        let inactive = Region::any(agents(&|state| state != AgentState::Active));
        let mut found = vec![statement(Reason::AgentInactive, inactive)];
        if catalog.closed_agents {
            let region = Region { holes: agents(&|_| true), ..everything() };
            found.push(statement(Reason::UnknownAgent, region));
        }
        if catalog.closed {
            let region = Region { holes: self.facts.listed(), ..everything() };
            found.push(statement(Reason::UnknownAction, region));
        }
        found
    }
}

fn statement(code: Reason, region: Region) -> Statement {
    let decider = Decider { effect: Effect::Deny, source: Source::Catalog, code, part: Part::Catalog };
    let order = Order::Catalog(code.as_str());
    Statement { list: List::Denials, order, decider, regions: vec![region], rule: None }
}
