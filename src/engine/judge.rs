use std::borrow::Cow;

use smallvec::SmallVec;

use super::Engine;
use super::call::{Call, matches};
use super::decision::{Cause, Decision, Lifted, Part, Source};
use super::guard::Guard;
use super::known::KnownAgent;
use super::ledger::Account;
use super::plan::Plan;
use super::state::Memory;
use super::tri::{Facts, Tri};
use crate::model::{Effect, Level, Reason, Scope, Usd};

/// Decides one action: everything that is known of it, and the reasons found so far.
pub(super) struct Judge<'e, 'b, 'c> {
    pub engine: &'e Engine<'b>,
    pub memory: &'e Memory,
    pub call: &'e Call<'c>,
    pub plan: Option<&'e Plan<'b>>,
    pub level: Option<Level>,
    pub resource: Option<Cow<'c, str>>,
    pub cost: Option<Usd>,
    pub now: Option<i128>,
    agent: Option<KnownAgent<'b>>,
    /// What is known of the agent, the run and the session.
    pub agents: Account<'e>,
    pub runs: Account<'e>,
    pub sessions: Account<'e>,
    kill_switch: bool,
    pub causes: SmallVec<[Cause; 3]>,
    pub lifted: SmallVec<[Lifted; 1]>,
}

/// What is needed to remember an action: for which policies it was, and what it costs.
pub(super) struct Applied {
    /// For each aspect of the plan, in its order, whether the policy's scope applies.
    pub scopes: SmallVec<[Tri; 8]>,
    /// What it costs.
    pub cost: Option<Usd>,
}

impl<'e, 'b, 'c> Judge<'e, 'b, 'c> {
    pub fn new(
        engine: &'e Engine<'b>,
        memory: &'e Memory,
        call: &'e Call<'c>,
        plan: Option<&'e Plan<'b>>,
        kill_switch: bool,
    ) -> Self {
        let catalog = engine.catalog();
        let agents = !catalog.agents.is_empty() || catalog.closed_agents || !engine.guards.is_empty();
        Self {
            // Without a plan there is no catalog, and a broken fact is `None` already.
            level: plan.map_or(call.level, |plan| plan.known.level(call, catalog)),
            resource: plan.map_or(call.resource.map(Cow::Borrowed), |plan| plan.known.resource(call)),
            cost: plan.map_or(call.cost, |plan| plan.known.cost(call, catalog)),
            now: call.time.map(crate::model::Time::nanoseconds),
            agent: agents.then(|| KnownAgent::new(catalog, call.agent)),
            agents: memory.agents.read(call.agent),
            runs: memory.runs.read(call.run),
            sessions: memory.runs.read(call.session),
            engine,
            memory,
            call,
            plan,
            kill_switch,
            causes: SmallVec::new(),
            lifted: SmallVec::new(),
        }
    }

    /// The decision, and what is needed to remember it.
    pub fn decide(mut self) -> (Decision, Applied) {
        self.standing();
        if self.causes.iter().any(|cause| cause.certain) {
            // A sure deny counts nowhere, so nobody asks whose it was.
            let applied = Applied { scopes: SmallVec::new(), cost: self.cost };
            return (self.finish(Effect::Deny, Effect::Deny, None), applied);
        }
        let walk = self.walk();
        let scopes = self.policies();
        let applied = Applied { scopes, cost: self.cost };
        let of_policies = self.causes.iter().filter(|cause| !matches!(cause.source, Source::Rule(_) | Source::Default));
        let (mut lower, mut upper) = (walk.low, walk.high);
        for cause in of_policies {
            upper = upper.max(cause.effect);
            if cause.certain {
                lower = lower.max(cause.effect);
            }
        }
        (self.finish(lower, upper, walk.rule), applied)
    }

    fn finish(mut self, lower: Effect, effect: Effect, rule: Option<u32>) -> Decision {
        if self.causes.len() > 1 {
            self.causes.sort_unstable_by_key(Cause::order);
        }
        if self.lifted.len() > 1 {
            self.lifted
                .sort_unstable_by_key(|lifted| (lifted.exception, lifted.source, lifted.code.as_str(), lifted.part));
        }
        Decision { effect, lower, rule, causes: self.causes, lifted: self.lifted }
    }

    /// Step 1: what ends a decision.
    fn standing(&mut self) {
        let catalog = self.engine.catalog();
        if self.kill_switch {
            self.stand(Source::Environment, Part::KillSwitch, Reason::KillSwitch, Tri::True);
        }
        if let Some(agent) = &self.agent {
            let (inactive, unlisted) = (agent.inactive(), agent.listed().not());
            self.stand(Source::Catalog, Part::Catalog, Reason::AgentInactive, inactive);
            self.stand(
                Source::Catalog,
                Part::Catalog,
                Reason::UnknownAgent,
                unlisted.and(catalog.closed_agents.into()),
            );
        }
        if let Some(plan) = self.plan.filter(|_| catalog.closed) {
            self.stand(Source::Catalog, Part::Catalog, Reason::UnknownAction, plan.known.listed.not());
        }
    }

    /// Why the caller may do nothing at all, for sure.
    pub fn refused(mut self) -> Vec<Reason> {
        self.standing();
        self.causes.iter().filter(|cause| cause.certain).map(|cause| cause.code).collect()
    }

    fn stand(&mut self, source: Source, part: Part, code: Reason, test: Tri) {
        if test.is_possible() {
            self.causes.push(Cause {
                effect: Effect::Deny,
                source,
                code,
                part,
                missing: test.facts(),
                certain: test.is_sure(),
                counted: (0, 0),
            });
        }
    }

    /// Whether a policy's scope applies.
    pub fn scope(&self, guard: &Guard<'b>) -> Tri {
        match (&guard.policy.scope, &self.agent) {
            (Scope::Global, _) => Tri::True,
            (Scope::Agent(pattern), _) => matches(pattern, self.call.agent, Facts::AGENT),
            (Scope::Run(pattern), _) => matches(pattern, self.call.run, Facts::RUN),
            (Scope::Group(pattern), Some(agent)) => agent.in_group(self.call, pattern),
            (Scope::Mission(pattern), Some(agent)) => agent.on_mission(self.call, pattern),
            // Not reached: with a policy there is always a look at the agent.
            (Scope::Group(_), None) => Tri::Unknown(Facts::GROUP),
            (Scope::Mission(_), None) => Tri::Unknown(Facts::MISSION),
        }
    }
}
