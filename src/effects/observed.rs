use std::collections::HashMap;

use super::{Decider, Effects, Stateless};
use crate::engine::{Call, Cause, Criteria, Decision, Engine, Granted, Part, State};
use crate::model::Bundle;

/// Finds the row that an action falls into.
pub struct Observer<'b> {
    /// While exceptions for a number of uses have uses left.
    left: Pair<'b>,
    /// Once they are used up, if there are any.
    used_up: Option<Pair<'b>>,
    rows: HashMap<Deciders, usize>,
}

type Deciders = (Decider, Decider);

/// Where an action falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Into a row, by its place among the rows.
    Row(usize),
    /// Into none: both sides decide alike.
    Alike,
    /// That hangs on uses of exceptions: the rows it falls into while uses are left, and once they are used up.
    Either([Option<usize>; 2]),
    /// That is open: it hangs on a fact that is unknown, or the two deciders are not proven to meet.
    Open,
}

impl Decider {
    /// What carries the effect of a decision.
    #[must_use]
    pub fn of(decision: &Decision) -> Option<Self> {
        decision.deciding().map(Self::of_cause)
    }

    fn of_cause(cause: &Cause) -> Self {
        // Which criteria are met hangs on the action; they are one part of the policy.
        let part = if let Part::Approval(_) = cause.part { Part::Approval(Criteria::default()) } else { cause.part };
        Self { effect: cause.effect, source: cause.source, code: cause.code, part }
    }
}

/// Both sides of a change, ready to decide.
struct Pair<'b> {
    engines: [Engine<'b>; 2],
    states: [State<'b>; 2],
}

impl<'b> Pair<'b> {
    fn new(sides: &'b [Bundle; 2]) -> Self {
        let [base, head] = sides;
        let engines = [Engine::new(base), Engine::new(head)];
        let [base, head] = &engines;
        Self { states: [State::new(base), State::new(head)], engines }
    }

    /// What decides on both sides, and which rules do; `None` where that hangs on a fact that is unknown.
    fn deciders(&mut self, call: &Call<'_>) -> Option<(Deciders, [Option<u32>; 2])> {
        let ([base, head], [of_base, of_head]) = (&self.engines, &mut self.states);
        let base = base.decide_call(of_base, call, |_| Granted::Yes);
        let head = head.decide_call(of_head, call, |_| Granted::Yes);
        let certain = base.is_certain() && head.is_certain();
        let deciders = Decider::of(&base).zip(Decider::of(&head)).filter(|_| certain);
        deciders.map(|deciders| (deciders, [base.rule, head.rule]))
    }
}

impl<'b> Observer<'b> {
    /// For rows of these two sides.
    #[must_use]
    pub fn new(sides: &'b Stateless, effects: &Effects) -> Self {
        let rows = effects.rows.iter().enumerate().map(|(at, row)| ((row.base, row.head), at)).collect();
        Self { left: Pair::new(&sides.left), used_up: sides.used_up.as_ref().map(Pair::new), rows }
    }

    /// Where an action falls.
    pub fn found(&mut self, call: &Call<'_>) -> Found {
        let left = self.left.deciders(call);
        let used_up = self.used_up.as_mut().map(|used_up| used_up.deciders(call));
        // Where neither all exceptions nor none change the rule that decides, or what carries the effect, some of them do
        // not either.
        match used_up.filter(|used_up| *used_up != left) {
            None => self.place(left.map(|(deciders, _)| deciders)),
            Some(used_up) => {
                let [left, used_up] = [left, used_up].map(|one| self.place(one.map(|(deciders, _)| deciders)));
                match [left, used_up] {
                    [Found::Alike | Found::Row(_), Found::Alike | Found::Row(_)] => {
                        Found::Either([left, used_up].map(Found::row))
                    }
                    _ => Found::Open,
                }
            }
        }
    }

    fn place(&self, deciders: Option<Deciders>) -> Found {
        match deciders {
            Some((base, head)) if base.effect == head.effect => Found::Alike,
            Some(deciders) => self.rows.get(&deciders).map_or(Found::Open, |at| Found::Row(*at)),
            None => Found::Open,
        }
    }

    /// The row of an action that was decided so, by its place among the rows: where nothing but the action, and exceptions
    /// that have uses left or are used up, decided it.
    pub fn row(&mut self, call: &Call<'_>, decided: Deciders) -> Option<usize> {
        let (left, _) = self.left.deciders(call)?;
        let used_up = match &mut self.used_up {
            Some(used_up) => used_up.deciders(call)?.0,
            None => left,
        };
        let is_one = |one: Decider, left: Decider, used_up: Decider| one == left || one == used_up;
        let is = is_one(decided.0, left.0, used_up.0) && is_one(decided.1, left.1, used_up.1);
        self.rows.get(&decided).copied().filter(|_| is)
    }
}

impl Found {
    fn row(self) -> Option<usize> {
        if let Self::Row(at) = self { Some(at) } else { None }
    }
}
