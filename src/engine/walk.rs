use smallvec::SmallVec;

use super::decision::{Cause, Lifted, Part, Source};
use super::judge::Judge;
use super::rules::Statement;
use super::tally::{Count, Spend, Tally};
use super::tri::{Facts, Tri};
use crate::model::{CostThreshold, Effect, Polarity, RateCondition, Reason, TimeRestriction};

/// What step 2 says, or one rule of it: the bounds of the effect, and the rule that carries the upper one.
pub(super) struct Walk {
    pub low: Effect,
    pub high: Effect,
    pub rule: Option<u32>,
}

/// A condition: which part, what it asks for, whether it fires, and what was counted.
type Fired = (Part, Effect, Tri, (u64, u64));

/// Nanoseconds of a second.
pub(super) const SECOND: i128 = 1_000_000_000;
/// Seconds of an hour.
const HOUR: u64 = 3600;

impl<'b> Judge<'_, 'b, '_> {
    /// Step 2: the first rule that surely matches decides; every rule before it that may match may decide.
    pub fn walk(&mut self) -> Walk {
        let engine = self.engine;
        let mut walk = None;
        for place in engine.rules.candidates(self.call) {
            let Some(statement) = engine.rules.get(place) else { continue };
            let matches = statement.matches(self.call, self.level, self.resource.as_deref());
            if matches == Tri::False {
                continue;
            }
            let alone = walk.is_none();
            let lift = self.pass_over(statement, matches, alone);
            if lift == Tri::True {
                continue;
            }
            let test = matches.and(lift.not());
            let candidate = self.candidate(statement, test, alone && test.is_sure());
            let so_far = joined(walk, candidate);
            if test.is_sure() {
                return so_far;
            }
            walk = Some(so_far);
        }
        self.fall_back(walk)
    }

    /// No rule surely matched: the default decides, or may.
    fn fall_back(&mut self, walk: Option<Walk>) -> Walk {
        let effect = self.engine.default_effect();
        self.causes.push(Cause {
            effect,
            source: Source::Default,
            code: Reason::NoMatchingRule,
            part: Part::DefaultEffect,
            missing: Facts::NONE,
            certain: walk.is_none(),
            counted: (0, 0),
        });
        joined(walk, Walk { low: effect, high: effect, rule: None })
    }

    /// Whether exceptions pass the rule over; notes those that lift it. Without any, it is not lifted.
    fn pass_over(&mut self, statement: &Statement<'b>, matches: Tri, alone: bool) -> Tri {
        let mut lift = Tri::False;
        for rank in &statement.exceptions {
            let holds = self.holds(*rank, Reason::Rule);
            if holds.is_possible() {
                let (exception, source) = (*rank, Source::Rule(statement.rank));
                let certain = alone && matches.is_sure() && holds.is_sure();
                self.lifted.push(Lifted { exception, source, code: Reason::Rule, part: Part::Effect, certain });
            }
            lift = lift.or(holds);
        }
        lift
    }

    /// The effect that a rule would have, with its conditions, and its reasons.
    fn candidate(&mut self, statement: &Statement<'b>, test: Tri, certain: bool) -> Walk {
        let effect = statement.rule.policy_effect;
        self.causes.push(Cause {
            effect,
            source: Source::Rule(statement.rank),
            code: Reason::Rule,
            part: Part::Effect,
            missing: test.facts(),
            certain,
            counted: (0, 0),
        });
        let mut candidate = Walk { low: effect, high: effect, rule: Some(statement.rank) };
        if statement.escalates {
            for fired in self.conditions(statement) {
                self.escalate(statement, test, certain, fired, &mut candidate);
            }
        }
        candidate
    }

    /// The conditions of a rule: which part, what it asks for, whether it fires, and what was counted.
    fn conditions(&self, statement: &Statement<'b>) -> SmallVec<[Fired; 4]> {
        let conditions = &statement.rule.conditions;
        let mut all = SmallVec::new();
        if let Some(rate) = &conditions.rate_limit {
            let (fires, counted) = self.rate(rate);
            all.push((Part::RateCondition, rate.on_exceed, fires, counted));
        }
        if let Some(time) = &conditions.time_restriction {
            all.push((Part::TimeRestriction, time.on_violation, self.time(statement, time), (0, 0)));
        }
        if let Some(cost) = &conditions.cost_threshold {
            let (fires, counted) = self.cost(cost);
            all.push((Part::CostThreshold, cost.on_exceed, fires, counted));
        }
        if conditions.webhook_check.is_some() {
            // It may have answered deny, whatever it says on a timeout.
            all.push((Part::Webhook, Effect::Deny, Tri::Unknown(Facts::WEBHOOK), (0, 0)));
        }
        all
    }

    /// Takes a condition into account that fires, or may.
    fn escalate(
        &mut self,
        statement: &Statement<'b>,
        test: Tri,
        certain: bool,
        (part, effect, fires, counted): Fired,
        candidate: &mut Walk,
    ) {
        if fires == Tri::False {
            return;
        }
        let (source, code) = (Source::Rule(statement.rank), Reason::RuleCondition);
        let mut lift = Tri::False;
        for rank in &statement.exceptions {
            let holds = self.holds(*rank, code);
            // One that lifts the rule itself was noted there.
            if holds.is_possible() && !self.covers(*rank, Reason::Rule) {
                let certain = certain && fires.is_sure() && holds.is_sure();
                self.lifted.push(Lifted { exception: *rank, source, code, part, certain });
            }
            lift = lift.or(holds);
        }
        let fires = fires.and(lift.not());
        if fires == Tri::False {
            return;
        }
        candidate.high = candidate.high.max(effect);
        if fires.is_sure() {
            candidate.low = candidate.low.max(effect);
        }
        let missing = test.and(fires).facts();
        self.causes.push(Cause { effect, source, code, part, missing, certain: certain && fires.is_sure(), counted });
    }

    /// Whether actions of a condition are meant that names some.
    fn meant(&self, types: Option<&std::collections::BTreeSet<crate::model::ActionPattern>>) -> Tri {
        types.map_or(Tri::True, |types| Tri::any(types.iter().map(|ty| self.call.matches(ty, Polarity::Restricts))))
    }

    /// Whether the agent did the operation too often.
    fn rate(&self, rate: &RateCondition) -> (Tri, (u64, u64)) {
        let window = i128::from(rate.window_minutes) * 60 * SECOND;
        let count = self.and_untold(self.agents.of_operation(&self.call.operation, self.now, window));
        let facts = (Facts::AGENT.when(self.call.agent.is_none()) | self.time_fact()).or(Facts::HISTORY);
        let exceeded = Tri::reaches(&count.low, &count.high, &rate.max_actions, facts);
        (self.meant(rate.action_types.as_ref()).and(exceeded), (count.low, count.high))
    }

    /// Whether it is a blocked hour or a blocked day where the rule's clock hangs.
    fn time(&self, statement: &Statement<'b>, time: &TimeRestriction) -> Tri {
        let read = self.call.time.and_then(|now| statement.clock.as_ref().map(|clock| clock.read(now)));
        let blocked = match read {
            Some((hour, day)) => (time.blocked_hours.contains(&hour) || time.blocked_days.contains(&day)).into(),
            None if time.blocked_hours.len() == 24 || time.blocked_days.len() == 7 => Tri::True,
            None if time.blocked_hours.is_empty() && time.blocked_days.is_empty() => Tri::False,
            None => Tri::Unknown(Facts::TIME),
        };
        self.meant(time.action_types.as_ref()).and(blocked)
    }

    /// Whether the action costs too much, alone or with the agent's others of the last hour.
    fn cost(&self, cost: &CostThreshold) -> (Tri, (u64, u64)) {
        let own = Spend::of(self.cost);
        let alone = cost.max_cost_per_action.map_or(Tri::False, |limit| exceeds(own, limit.nano(), self.cost_fact()));
        let Some(limit) = cost.max_cost_per_hour else { return (alone, counted(own)) };
        let hour = self.agents.costs(self.now, i128::from(HOUR) * SECOND).plus(own);
        let hour = self.and_unpaid(hour);
        let facts = Facts::AGENT.when(self.call.agent.is_none()) | self.time_fact() | self.cost_fact();
        (alone.or(exceeds(hour, limit.nano(), facts.or(Facts::HISTORY))), counted(hour))
    }

    /// What was counted, and what may have happened untold.
    pub fn and_untold(&self, count: Count) -> Count {
        if self.memory.open_past { Count { high: u64::MAX, ..count } } else { count }
    }

    /// What was spent, and what may have been spent untold.
    pub fn and_unpaid(&self, spend: Spend) -> Spend {
        if self.memory.open_past { spend.plus(Spend::of(None)) } else { spend }
    }

    /// The time, if it is unknown.
    pub fn time_fact(&self) -> Facts {
        Facts::TIME.when(self.now.is_none())
    }

    /// The cost, if it is unknown.
    pub fn cost_fact(&self) -> Facts {
        Facts::COST.when(self.cost.is_none())
    }
}

/// Whether what was spent is more than a limit.
pub(super) fn exceeds(spend: Spend, limit: u64, facts: Facts) -> Tri {
    let more = u128::from(limit) + 1;
    Tri::reaches(&spend.low(), &spend.high(), &more, facts)
}

/// What was spent, in nano-dollars, as far as the number goes.
pub(super) fn counted(spend: Spend) -> (u64, u64) {
    let most = |amount: u128| u64::try_from(amount).unwrap_or(u64::MAX);
    (most(spend.low()), most(spend.high()))
}

/// One candidate more: the bounds widen, and the first rule that carries the upper bound is kept.
fn joined(walk: Option<Walk>, candidate: Walk) -> Walk {
    match walk {
        None => candidate,
        Some(walk) => Walk {
            low: walk.low.min(candidate.low),
            rule: if candidate.high > walk.high { candidate.rule } else { walk.rule },
            high: walk.high.max(candidate.high),
        },
    }
}
