use std::collections::BTreeSet;

use super::cuboid::{Cuboid, Name, Words};
use super::space::{COST, LEVEL, LEVELS, RISK, RISKS, Space, TIME};
use super::{Decider, with_uses_left};
use crate::engine::{Call, Engine, Granted, State};
use crate::model::{Action, Arguments, Bundle, DocumentId, Exception};

/// An action, all of whose facts are given, and the exceptions for a number of uses that are used up when it is taken.
pub struct Witness {
    /// The action.
    pub action: Action,
    /// Their ids.
    pub used_up: BTreeSet<DocumentId>,
}

/// A witness of an area; `None`: none is known.
pub fn of(area: &Cuboid, space: &Space, words: &Words) -> Option<Witness> {
    let left = |axis| area.cells.get(axis).is_none_or(|bits| bits.has(1));
    let used_up = space.counted().filter(|(_, axis)| !left(*axis)).map(|(id, _)| id.clone()).collect();
    Some(Witness { action: action(area, space, words)?, used_up })
}

fn action(area: &Cuboid, space: &Space, words: &Words) -> Option<Action> {
    let cells = &area.cells;
    let fresh = words.fresh().to_string();
    let value = |name: Name| {
        let pattern = words.iter().nth(name as usize)?.pattern(area.word(name))?;
        Some(pattern.with_stars(&fresh))
    };
    let first = |axis| cells.get(axis).map_or(Some(0), |bits| bits.next(0));
    let borne = |axis| cells.get(axis).is_some_and(|bits| !bits.has(0));
    let tags: BTreeSet<String> = space.tags().filter(|(_, axis)| borne(*axis)).map(|(tag, _)| tag.to_owned()).collect();
    let run = value(Name::Run);
    Some(Action {
        agent_id: value(Name::Agent),
        session_id: run.clone(),
        run_id: run,
        group_id: value(Name::Group),
        mission_id: value(Name::Mission),
        integration: value(Name::Integration),
        operation: value(Name::Operation)?,
        resource: value(Name::Resource),
        data_classification: LEVELS.get(first(LEVEL)?).copied(),
        risk_level: RISKS.get(first(RISK)?).copied(),
        cost_usd: Some(space.cost(first(COST)?).0),
        timestamp: Some(space.times.realise(first(TIME)?)?),
        tags: Some(tags),
        arguments: Some(Arguments::new(space.arguments.realise(cells)?)),
        ..Action::default()
    })
}

/// Both sides as the engine decides them.
pub struct Replay<'b> {
    /// The sides with the numbers of uses of exceptions.
    counting: [&'b Bundle; 2],
    /// While all of them have uses left.
    left: [Engine<'b>; 2],
}

impl<'b> Replay<'b> {
    /// For two sides without what hangs on earlier actions, with the numbers of uses of exceptions, and without.
    pub fn new(counting: [&'b Bundle; 2], left: &'b [Bundle; 2]) -> Self {
        Self { counting, left: left.each_ref().map(Engine::new) }
    }

    /// What decides a witness on both sides, for sure.
    pub fn deciders(&self, witness: &Witness) -> Option<[Decider; 2]> {
        if witness.used_up.is_empty() {
            let [base, head] = &self.left;
            return Some([decider(base, &witness.action)?, decider(head, &witness.action)?]);
        }
        let has_left = |exception: &Exception| !witness.used_up.contains(&exception.id);
        let decider = |side: &Bundle| decider(&Engine::new(&with_uses_left(side, has_left)), &witness.action);
        let [base, head] = self.counting;
        Some([decider(base)?, decider(head)?])
    }
}

fn decider(engine: &Engine<'_>, action: &Action) -> Option<Decider> {
    let decision = engine.decide_call(&mut State::new(engine), &Call::of(action), |_| Granted::Yes);
    Decider::of(&decision).filter(|_| decision.is_certain())
}
