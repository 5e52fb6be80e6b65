use super::call::Call;
use super::decision::Decision;
use super::guard::Guard;
use super::judge::Applied;
use super::ledger::Ledger;
use super::plan::{Aspect, Plan};
use super::sightings::{Sighting, field};
use super::state::Memory;
use super::tally::{Count, Series, Spend, Tally};
use super::tri::{Facts, Tri};
use super::walk::SECOND;
use super::{Engine, Granted};
use crate::model::{Effect, GroundingFrom, Per, Time};

/// Remembers an action that was decided. See SPEC, section 4, "Counters".
pub(super) fn record(
    engine: &Engine<'_>,
    memory: &mut Memory,
    call: &Call<'_>,
    plan: Option<&Plan<'_>>,
    decision: &Decision,
    applied: &Applied,
    granted: impl FnOnce(&Decision) -> Granted,
) {
    if plan.is_none() && engine.rate_window == 0 && !engine.looks_at_costs {
        return;
    }
    if call.agent.is_none() {
        memory.agents.met_unknown();
    }
    if call.run.is_none() || call.session.is_none() {
        memory.runs.met_unknown();
    }
    let executed = executed(decision, granted);
    use_exceptions(memory, decision, executed);
    if executed == Tri::False {
        return;
    }
    let now = call.time.map(Time::nanoseconds);
    of_rules(engine, memory, call, now, executed, applied);
    let Some(plan) = plan else { return };
    let done = Done { engine, call, now, plan, applied, executed, in_order: memory.in_order };
    // Each ledger is looked up once, however many policies count.
    let [agent, run, session, scope] = plan.counts;
    if agent {
        memory.agents.write(call.agent, |ledger| done.count(ledger, Per::Agent));
    }
    if run {
        memory.runs.write(call.run, |ledger| done.count(ledger, Per::Run));
    }
    if session {
        memory.runs.write(call.session, |ledger| done.count(ledger, Per::Session));
    }
    if scope {
        done.count(&mut memory.scope, Per::Scope);
    }
    of_run(engine, memory, call, now, plan, executed);
}

/// An action that was done, or may have been.
struct Done<'r, 'b> {
    engine: &'r Engine<'b>,
    call: &'r Call<'r>,
    now: Option<i128>,
    plan: &'r Plan<'b>,
    applied: &'r Applied,
    executed: Tri,
    in_order: bool,
}

impl Done<'_, '_> {
    /// Writes into the ledger of one key what every policy counts under it.
    fn count(&self, ledger: &mut Ledger, per: Per) {
        for (aspect, scope) in self.plan.aspects(self.call.agent).zip(&self.applied.scopes) {
            let Some(guard) = self.engine.guards.get(aspect.guard).filter(|_| scope.is_possible()) else { continue };
            let counts = self.executed.and(*scope);
            self.count_actions(ledger, guard, aspect, per, counts);
            match per {
                Per::Run => self.spend(ledger, guard.run_sum, counts),
                Per::Session => {
                    self.spend(ledger, guard.session_sum, counts);
                    for (rank, names) in &aspect.budgets {
                        let sum = guard.budgets.get(*rank as usize).map(|budget| budget.sum);
                        self.spend(ledger, sum, counts.and(*names));
                    }
                }
                Per::Agent | Per::Scope => {}
            }
        }
    }

    fn count_actions(&self, ledger: &mut Ledger, guard: &Guard<'_>, aspect: &Aspect, per: Per, counts: Tri) {
        for (rank, names) in &aspect.limits {
            let limit = guard.limits.get(*rank as usize).filter(|limit| limit.feeds && limit.limit.per == per);
            let (Some(limit), Some(one)) = (limit, weighed(Count::ONE, counts.and(*names))) else { continue };
            let longest = self.engine.numbers.counters.get(limit.counter).copied().unwrap_or(u64::MAX);
            let keep = self.in_order.then(|| i128::from(longest) * SECOND);
            ledger.counters.entry(limit.counter as u64).or_default().add(self.now, one, keep);
        }
    }

    fn spend(&self, ledger: &mut Ledger, sum: Option<usize>, counts: Tri) {
        if let (Some(sum), Some(cost)) = (sum, weighed(Spend::of(self.applied.cost), counts)) {
            ledger.sums.entry(sum as u64).or_default().add(cost);
        }
    }
}

/// Whether the action was done, as far as the decision says: an effect that is possible may be the one.
fn executed(decision: &Decision, granted: impl FnOnce(&Decision) -> Granted) -> Tri {
    let asks = decision.lower <= Effect::ApprovalRequired && decision.effect >= Effect::ApprovalRequired;
    let granted = if asks { granted(decision) } else { Granted::Yes };
    let done = |effect: Effect| match (effect, granted) {
        (Effect::Allow, _) | (Effect::ApprovalRequired, Granted::Yes) => Tri::True,
        (Effect::Deny, _) | (Effect::ApprovalRequired, Granted::No) => Tri::False,
        (Effect::ApprovalRequired, Granted::Unknown) => Tri::Unknown(Facts::HISTORY),
    };
    let mut possible =
        Effect::ALL.into_iter().filter(|effect| (decision.lower..=decision.effect).contains(effect)).map(done);
    let first = possible.next().unwrap_or(Tri::False);
    if possible.all(|other| other == first) { first } else { Tri::Unknown(Facts::HISTORY) }
}

fn use_exceptions(memory: &mut Memory, decision: &Decision, executed: Tri) {
    if decision.lifted.is_empty() {
        return;
    }
    for exception in decision.exceptions() {
        let Some(uses) = memory.uses.get_mut(exception as usize) else { continue };
        let sure = decision.lifted.iter().any(|lifted| lifted.exception == exception && lifted.certain);
        uses.low += u64::from(sure && executed.is_sure());
        uses.high += u64::from(executed.is_possible());
    }
}

/// What counts surely as it is, what counts perhaps as an interval from nothing.
fn weighed<T: Tally>(amount: T, counts: Tri) -> Option<T> {
    match counts {
        Tri::True => Some(amount),
        Tri::Unknown(_) => Some(amount.maybe()),
        Tri::False => None,
    }
}

/// Nanoseconds of a window, if what is older may be forgotten.
fn keep(memory: &Memory, seconds: u64) -> Option<i128> {
    memory.in_order.then(|| i128::from(seconds) * SECOND)
}

fn of_rules(
    engine: &Engine<'_>,
    memory: &mut Memory,
    call: &Call<'_>,
    now: Option<i128>,
    executed: Tri,
    applied: &Applied,
) {
    if let (true, Some(one)) = (engine.rate_window > 0, weighed(Count::ONE, executed)) {
        let keep = keep(memory, engine.rate_window);
        memory.agents.write(call.agent, |ledger| {
            // Looked up twice so that only a new name is copied.
            if !ledger.operations.contains_key(&*call.operation) {
                ledger.operations.insert(call.operation.as_ref().into(), Series::default());
            }
            if let Some(series) = ledger.operations.get_mut(&*call.operation) {
                series.add(now, one, keep);
            }
        });
    }
    if let (true, Some(cost)) = (engine.looks_at_costs, weighed(Spend::of(applied.cost), executed)) {
        let keep = keep(memory, 3600);
        memory.agents.write(call.agent, |ledger| ledger.costs.add(now, cost, keep));
    }
}

/// What the action proves and brings to its run, if it succeeded.
fn of_run(
    engine: &Engine<'_>,
    memory: &mut Memory,
    call: &Call<'_>,
    now: Option<i128>,
    plan: &Plan<'_>,
    executed: Tri,
) {
    if plan.evidence.is_empty() && plan.values.is_empty() {
        return;
    }
    let succeeded = executed.and(call.succeeded());
    if succeeded == Tri::False {
        return;
    }
    memory.runs.write(call.run, |seen| {
        for (number, matches) in &plan.evidence {
            let sure = succeeded.and(*matches).is_sure();
            seen.evidence.entry(*number as u64).or_default().add(Sighting { sure, at: now, turn: call.turn });
        }
        for (number, matches) in &plan.values {
            let sighting = Sighting { sure: succeeded.and(*matches).is_sure(), at: None, turn: call.turn };
            bring(engine, seen, call, *number, sighting);
        }
    });
}

fn bring(engine: &Engine<'_>, seen: &mut Ledger, call: &Call<'_>, number: usize, sighting: Sighting) {
    let Some((_, from, path)) = engine.numbers.values.all().get(number) else { return };
    let whole = match from {
        GroundingFrom::Result => call.result(),
        GroundingFrom::Arguments => call.details.arguments(),
    };
    let value = whole.map(|whole| field(whole, path));
    // A whole that is there without the field brings nothing; one that is unknown may bring anything.
    if value != Some(None) {
        seen.values.entry(number as u64).or_default().add(value.flatten(), sighting);
    }
}
