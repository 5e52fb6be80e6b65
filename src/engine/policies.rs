use smallvec::SmallVec;

use super::arguments::ArgumentTest;
use super::decision::{Cause, Criteria, Lifted, Part, Source};
use super::guard::{Ask, Guard};
use super::judge::Judge;
use super::ledger::Account;
use super::plan::Aspect;
use super::tally::{Spend, Tally};
use super::tri::{Facts, Tri};
use super::walk::{SECOND, counted, exceeds};
use crate::model::{Effect, Level, Per, Reason, Risk, Usd};

/// A reason that a policy gives if a test holds.
#[derive(Clone, Copy)]
pub(super) struct Finding {
    pub code: Reason,
    pub part: Part,
    pub test: Tri,
    pub counted: (u64, u64),
}

impl<'e, 'b> Judge<'e, 'b, '_> {
    /// Step 3: the reasons of every policy whose scope applies. Answers whether each scope does.
    pub fn policies(&mut self) -> SmallVec<[Tri; 8]> {
        let Some(plan) = self.plan else { return SmallVec::new() };
        let mut scopes = SmallVec::new();
        for aspect in plan.aspects(self.call.agent) {
            let Some(guard) = self.engine.guards.get(aspect.guard) else { continue };
            let scope = self.scope(guard);
            scopes.push(scope);
            if scope.is_possible() {
                self.policy(guard, aspect, scope);
            }
        }
        scopes
    }

    fn policy(&mut self, guard: &Guard<'b>, aspect: &Aspect, scope: Tri) {
        let (denied, entry) = aspect.denied;
        self.give(
            guard,
            scope,
            Finding { code: Reason::DeniedAction, part: Part::Denied(entry), test: denied, counted: (0, 0) },
        );
        let (code, part) = (Reason::NotInAllowlist, Part::Allowed);
        self.give(guard, scope, Finding { code, part, test: aspect.outside, counted: (0, 0) });
        self.limits(guard, aspect, scope);
        self.budgets(guard, aspect, scope);
        self.approvals(guard, aspect, scope);
        for (rank, names) in &aspect.constraints {
            let Some(constraint) = guard.constraints.get(*rank as usize) else { continue };
            let test = names.and(constraint.schema.accepts_all(self.call.details).not());
            let (code, part) = (Reason::ArgumentConstraint, Part::Constraint(*rank));
            self.give(guard, scope, Finding { code, part, test, counted: (0, 0) });
        }
        self.evidence(guard, aspect, scope);
        self.groundings(guard, aspect, scope);
    }

    /// Gives a reason, unless it does not hold or is lifted.
    pub fn give(&mut self, guard: &Guard<'b>, scope: Tri, finding: Finding) {
        if finding.test == Tri::False {
            return;
        }
        let test = scope.and(finding.test);
        let mut lift = Tri::False;
        for rank in &guard.exceptions {
            let holds = self.holds(*rank, finding.code);
            self.note(guard, *rank, &finding, test, holds.is_possible(), holds.is_sure());
            lift = lift.or(holds);
        }
        self.push(guard, &finding, test.and(lift.not()));
    }

    /// Notes that an exception lifts a reason, or may.
    pub fn note(&mut self, guard: &Guard<'b>, exception: u32, finding: &Finding, test: Tri, may: bool, sure: bool) {
        if may {
            let (source, certain) = (Source::Policy(guard.rank), test.is_sure() && sure);
            self.lifted.push(Lifted { exception, source, code: finding.code, part: finding.part, certain });
        }
    }

    /// Adds a reason that holds, or may.
    pub fn push(&mut self, guard: &Guard<'b>, finding: &Finding, test: Tri) {
        if test == Tri::False {
            return;
        }
        let effect = if finding.code == Reason::ApprovalRequired { Effect::ApprovalRequired } else { Effect::Deny };
        self.causes.push(Cause {
            effect,
            source: Source::Policy(guard.rank),
            code: finding.code,
            part: finding.part,
            missing: test.facts(),
            certain: test.is_sure(),
            counted: finding.counted,
        });
    }

    fn limits(&mut self, guard: &Guard<'b>, aspect: &Aspect, scope: Tri) {
        for (rank, names) in &aspect.limits {
            let Some(limit) = guard.limits.get(*rank as usize) else { continue };
            let (account, open) = self.account(limit.limit.per);
            let window = i128::from(limit.limit.window_seconds) * SECOND;
            let count = self.and_untold(account.within(limit.counter, self.now, window));
            let facts = (open | self.time_fact()).or(Facts::HISTORY);
            let blocks = Tri::reaches(&count.low, &count.high, &limit.limit.max_count, facts);
            let (code, part) = (Reason::RateLimited, Part::Limit(*rank));
            self.give(guard, scope, Finding { code, part, test: names.and(blocks), counted: (count.low, count.high) });
        }
    }

    /// What the actions that are counted together amount to, and the fact that is missing to say whose they are.
    fn account(&self, per: Per) -> (Account<'e>, Facts) {
        let call = self.call;
        match per {
            Per::Agent => (self.agents, Facts::AGENT.when(call.agent.is_none())),
            Per::Run => (self.runs, Facts::RUN.when(call.run.is_none())),
            Per::Session => (self.sessions, Facts::SESSION.when(call.session.is_none())),
            Per::Scope => (Account::only(&self.memory.scope), Facts::NONE),
        }
    }

    fn budgets(&mut self, guard: &Guard<'b>, aspect: &Aspect, scope: Tri) {
        let policy = guard.policy;
        if let (Some(limit), Some(sum)) = (policy.session_budget, guard.session_sum) {
            self.budget(guard, scope, Tri::True, (Part::SessionBudget, Per::Session, limit, sum));
        }
        if let (Some(limit), Some(sum)) = (policy.run_budget, guard.run_sum) {
            self.budget(guard, scope, Tri::True, (Part::RunBudget, Per::Run, limit, sum));
        }
        for (rank, names) in &aspect.budgets {
            if let Some(budget) = guard.budgets.get(*rank as usize) {
                self.budget(guard, scope, *names, (Part::ActionBudget(*rank), Per::Session, budget.limit, budget.sum));
            }
        }
    }

    fn budget(&mut self, guard: &Guard<'b>, scope: Tri, names: Tri, (part, per, limit, sum): (Part, Per, Usd, usize)) {
        let (account, open) = self.account(per);
        let spent = self.and_unpaid(account.spent(sum).plus(Spend::of(self.cost)));
        let facts = (open | self.cost_fact()).or(Facts::HISTORY);
        let test = names.and(exceeds(spent, limit.nano(), facts));
        self.give(guard, scope, Finding { code: Reason::BudgetExceeded, part, test, counted: counted(spent) });
    }

    fn approvals(&mut self, guard: &Guard<'b>, aspect: &Aspect, scope: Tri) {
        if guard.policy.require_approval {
            let (test, criteria) = self.criteria(guard, aspect);
            let (code, part) = (Reason::ApprovalRequired, Part::Approval(criteria));
            self.give(guard, scope, Finding { code, part, test, counted: (0, 0) });
        }
        for (rank, names) in &aspect.asks {
            let Some(ask) = guard.asks.get(*rank as usize) else { continue };
            let test = self.asks(ask, *names);
            let (code, part) = (Reason::ApprovalRequired, Part::ApprovalRule(*rank));
            self.give(guard, scope, Finding { code, part, test, counted: (0, 0) });
        }
    }

    /// The criteria of `require_approval`, joined by OR; without any, everything asks.
    fn criteria(&self, guard: &Guard<'b>, aspect: &Aspect) -> (Tri, Criteria) {
        let policy = guard.policy;
        let none = policy.approval_actions.is_empty()
            && policy.approval_tags.is_empty()
            && policy.approval_risk_levels.is_empty()
            && policy.approval_threshold_usd.is_none();
        if none {
            return (Tri::True, Criteria { everything: true, ..Criteria::default() });
        }
        let tags = Tri::any(policy.approval_tags.iter().map(|tag| self.has_tag(tag)));
        let levels = &policy.approval_risk_levels;
        let risk = match self.risk().filter(|_| !levels.is_empty()) {
            Some(risk) => levels.contains(&risk).into(),
            None if levels.is_empty() => Tri::False,
            None if levels.len() == 5 => Tri::True,
            None => Tri::Unknown(Facts::RISK),
        };
        let cost = policy.approval_threshold_usd.map_or(Tri::False, |least| self.costs_at_least(least));
        let criteria = Criteria {
            everything: false,
            actions: aspect.asked.is_possible(),
            tags: tags.is_possible(),
            risk: risk.is_possible(),
            cost: cost.is_possible(),
        };
        (aspect.asked.or(tags).or(risk).or(cost), criteria)
    }

    /// The parts of an approval rule, joined by AND.
    fn asks(&self, ask: &Ask<'b>, names: Tri) -> Tri {
        let when = &ask.rule.when;
        let tags = when.tags.as_ref().map_or(Tri::True, |tags| Tri::any(tags.iter().map(|tag| self.has_tag(tag))));
        let risk =
            when.risk_at_least.map_or(Tri::True, |least| at_least(self.risk(), least, Risk::Minimal, Facts::RISK));
        let level = when
            .data_classification_at_least
            .map_or(Tri::True, |least| at_least(self.level, least, Level::Public, Facts::LEVEL));
        let cost = when.cost_usd_at_least.map_or(Tri::True, |least| self.costs_at_least(least));
        let all = names.and(tags).and(risk).and(level).and(cost);
        if all == Tri::False { all } else { all.and(ArgumentTest::all_pass(&ask.arguments, self.call.details)) }
    }

    fn has_tag(&self, tag: &str) -> Tri {
        self.plan.map_or(Tri::Unknown(Facts::TAGS), |plan| plan.known.has_tag(self.call, tag))
    }

    fn risk(&self) -> Option<Risk> {
        self.plan.and_then(|plan| plan.known.risk(self.call, self.engine.catalog()))
    }

    /// Whether it costs as much; an unknown cost is at least nothing.
    fn costs_at_least(&self, least: Usd) -> Tri {
        let own = Spend::of(self.cost);
        Tri::reaches(&own.low(), &own.high(), &u128::from(least.nano()), Facts::COST)
    }
}

/// Whether a fact is a value or a higher one; an unknown one is at least the lowest.
fn at_least<T: Ord + Copy>(value: Option<T>, least: T, lowest: T, fact: Facts) -> Tri {
    match value {
        Some(value) => (value >= least).into(),
        None if least == lowest => Tri::True,
        None => Tri::Unknown(fact),
    }
}
