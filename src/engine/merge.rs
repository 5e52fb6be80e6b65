//! What one caller is bound by, merged most restrictively: what `sync` answers. See SPEC, section 4, "Sync".

use std::collections::{BTreeMap, BTreeSet};

use super::Engine;
use super::call::{Call, matches};
use super::judge::Judge;
use super::state::State;
use super::tri::{Facts, Tri};
use crate::model::{
    Action, ActionPattern, ApprovalRule, DocumentId, Exception, Grounding, JsonSchema, Limit, Polarity, Policy, Reason,
    Risk, Rule, Usd,
};

/// Who asks, and when; nothing of it need be known.
#[derive(Debug, Clone, Default)]
pub struct Caller(Action);

impl Caller {
    /// The caller that an action names: its agent, run, session, group, mission and time.
    #[must_use]
    pub fn new(action: Action) -> Self {
        Self(action)
    }
}

/// The policies that apply to a caller, merged. Everything in it binds.
#[derive(Debug, Default)]
pub struct Merged<'b> {
    /// Why the caller may do nothing at all: the catalog does not know it as an active agent.
    pub refused: Vec<Reason>,
    /// The policies, in the order global, group, mission, agent, run; whether each surely applies.
    pub policies: Vec<(&'b Policy, bool)>,
    /// The facts that would tell which policies and exceptions apply.
    pub missing: Facts,
    /// The smallest session budget.
    pub session_budget: Option<Usd>,
    /// The smallest run budget.
    pub run_budget: Option<Usd>,
    /// The smallest budget of each pattern.
    pub action_budgets: BTreeMap<&'b ActionPattern, Usd>,
    /// Everything that is denied.
    pub denied_actions: BTreeSet<&'b ActionPattern>,
    /// The lists of allowed actions; an action must be on every one.
    pub allowed_actions: Vec<From<'b, &'b BTreeSet<ActionPattern>>>,
    /// Every limit.
    pub rate_limits: Vec<From<'b, (&'b ActionPattern, &'b Limit)>>,
    /// Whether everything needs approval.
    pub everything_asked: bool,
    /// Actions that need approval.
    pub approval_actions: BTreeSet<&'b ActionPattern>,
    /// Tags that need approval.
    pub approval_tags: BTreeSet<&'b str>,
    /// Risks that need approval.
    pub approval_risk_levels: BTreeSet<Risk>,
    /// The smallest cost that needs approval.
    pub approval_threshold_usd: Option<Usd>,
    /// The policies that ask by these criteria: each wants an approval of its own.
    pub duties: Vec<&'b Policy>,
    /// Every further criterion.
    pub approval_rules: Vec<From<'b, &'b ApprovalRule>>,
    /// What each policy requires earlier.
    pub evidence: Vec<From<'b, (&'b ActionPattern, &'b BTreeSet<ActionPattern>)>>,
    /// Every constraint.
    pub constraints: Vec<From<'b, (&'b ActionPattern, &'b JsonSchema)>>,
    /// Every argument that must be grounded.
    pub groundings: Vec<From<'b, (&'b ActionPattern, &'b str, &'b Grounding)>>,
    /// The exceptions that cover everything the caller does: what they lift is left out above.
    pub applied: Vec<&'b Exception>,
    /// Other exceptions that may hold for the caller.
    pub listed: Vec<&'b Exception>,
    /// The actions that a closed catalog lists: any other is denied.
    pub known_actions: Option<Vec<&'b ActionPattern>>,
    /// The rules that may match the caller, but those that an exception passes over, in the order in which they are asked.
    pub rules: Vec<&'b Rule>,
    /// Where policies disagree, and what holds.
    pub conflicts: Vec<Conflict<'b>>,
}

/// Something that a policy says.
#[derive(Debug, Clone, Copy)]
pub struct From<'b, T> {
    /// The policy.
    pub policy: &'b Policy,
    /// What it says.
    pub says: T,
}

/// Where policies disagree.
#[derive(Debug, Clone)]
pub struct Conflict<'b> {
    /// The field.
    pub field: String,
    /// Who says what.
    pub description: String,
    /// What holds.
    pub resolved: Resolved<'b>,
}

/// What holds where policies disagree.
#[derive(Debug, Clone)]
pub enum Resolved<'b> {
    /// An amount.
    Amount(Usd),
    /// Lists that must all match.
    Lists(Vec<&'b BTreeSet<ActionPattern>>),
    /// These are denied.
    Denied(BTreeSet<&'b ActionPattern>),
}

impl<'b> Engine<'b> {
    /// What a caller is bound by.
    #[must_use]
    pub fn merged(&self, caller: &Caller) -> Merged<'b> {
        let call = Call::of(&caller.0);
        let state = State::new(self);
        let judge = || Judge::new(self, &state.memory, &call, None, false);
        let mut merged = Merged { refused: judge().refused(), ..Merged::default() };
        let judge = judge();
        let mut scoped: Vec<_> = self.guards.iter().map(|guard| (guard, judge.scope(guard))).collect();
        scoped.retain(|(_, scope)| scope.is_possible());
        scoped.sort_by_key(|(guard, _)| (breadth(guard.policy), guard.rank));
        for (guard, scope) in scoped {
            merged.missing = merged.missing | scope.facts();
            let lifted = merged.exceptions(&guard.exceptions, &judge, self);
            merged.policies.push((guard.policy, scope.is_sure()));
            merged.add(guard.policy, &lifted);
        }
        for statement in self.rules.iter() {
            let may_match = matches(&statement.rule.agent_id, call.agent, Facts::AGENT).is_possible();
            let lifted = merged.exceptions(&statement.exceptions, &judge, self);
            if may_match && !lifted.contains(&Reason::Rule) {
                merged.rules.push(statement.rule);
            }
        }
        let catalog = self.catalog();
        merged.known_actions = catalog.closed.then(|| catalog.actions.keys().collect());
        merged.conflicts.extend(merged.between_lists());
        merged
    }
}

/// Seeds merge in this order; what holds does not depend on it.
fn breadth(policy: &Policy) -> u8 {
    use crate::model::Scope;
    match policy.scope {
        Scope::Global => 0,
        Scope::Group(_) => 1,
        Scope::Mission(_) => 2,
        Scope::Agent(_) => 3,
        Scope::Run(_) => 4,
    }
}

/// The reasons of one policy that are lifted for everything the caller does.
type LiftedReasons = BTreeSet<Reason>;

const REASONS: [Reason; 10] = [
    Reason::Rule,
    Reason::DeniedAction,
    Reason::NotInAllowlist,
    Reason::RateLimited,
    Reason::BudgetExceeded,
    Reason::MissingEvidence,
    Reason::StaleEvidence,
    Reason::ArgumentConstraint,
    Reason::UngroundedArgument,
    Reason::ApprovalRequired,
];

impl<'b> Merged<'b> {
    /// Sorts the exceptions from a policy into those that cover the whole caller and the others.
    fn exceptions(&mut self, ranks: &[u32], judge: &Judge<'_, 'b, '_>, engine: &Engine<'b>) -> LiftedReasons {
        let mut lifted = BTreeSet::new();
        for rank in ranks {
            let Some(exception) = engine.bundle.exceptions.get(*rank as usize) else { continue };
            let whole = exception.actions.is_none() && exception.max_uses.is_none();
            let holds = judge.holds_for_caller(exception);
            if whole && holds == Tri::True {
                self.applied.push(exception);
                lifted.extend(REASONS.into_iter().filter(|code| judge.covers(*rank, *code)));
            } else if holds.is_possible() {
                self.missing = self.missing | holds.facts();
                self.listed.push(exception);
            }
        }
        lifted
    }

    fn add(&mut self, policy: &'b Policy, lifted: &LiftedReasons) {
        let binds = |code: Reason| !lifted.contains(&code);
        if binds(Reason::BudgetExceeded) {
            self.budgets(policy);
        }
        if binds(Reason::DeniedAction) {
            self.denied_actions.extend(&policy.denied_actions);
        }
        if let Some(allowed) = policy.allowed_actions.as_ref().filter(|_| binds(Reason::NotInAllowlist)) {
            self.allowed_actions.push(From { policy, says: allowed });
        }
        if binds(Reason::RateLimited) {
            let limits =
                policy.rate_limits.iter().flat_map(|(actions, limits)| limits.iter().map(move |one| (actions, one)));
            self.rate_limits.extend(limits.map(|says| From { policy, says }));
        }
        if binds(Reason::ApprovalRequired) {
            self.approvals(policy);
        }
        // Both codes come from one requirement: it falls only with both.
        if binds(Reason::MissingEvidence) || binds(Reason::StaleEvidence) {
            self.evidence.extend(policy.evidence_requirements.iter().map(|says| From { policy, says }));
        }
        if binds(Reason::ArgumentConstraint) {
            self.constraints.extend(policy.argument_constraints.iter().map(|says| From { policy, says }));
        }
        if binds(Reason::UngroundedArgument) {
            let all = policy.grounding_rules.iter().flat_map(|(actions, arguments)| {
                arguments.iter().map(move |(argument, grounding)| (actions, argument.as_str(), grounding))
            });
            self.groundings.extend(all.map(|says| From { policy, says }));
        }
    }

    fn budgets(&mut self, policy: &'b Policy) {
        let id = &policy.id;
        least(&mut self.session_budget, policy.session_budget, "session_budget", id, &mut self.conflicts);
        least(&mut self.run_budget, policy.run_budget, "run_budget", id, &mut self.conflicts);
        for (actions, limit) in &policy.action_budgets {
            let mut so_far = self.action_budgets.get(actions).copied();
            least(&mut so_far, Some(*limit), &format!("action_budgets.{actions}"), id, &mut self.conflicts);
            self.action_budgets.extend(so_far.map(|smallest| (actions, smallest)));
        }
    }

    fn approvals(&mut self, policy: &'b Policy) {
        self.approval_rules.extend(policy.approval_rules.iter().map(|says| From { policy, says }));
        if !policy.require_approval {
            return;
        }
        self.duties.push(policy);
        self.everything_asked |= policy.approval_actions.is_empty()
            && policy.approval_tags.is_empty()
            && policy.approval_risk_levels.is_empty()
            && policy.approval_threshold_usd.is_none();
        self.approval_actions.extend(&policy.approval_actions);
        self.approval_tags.extend(policy.approval_tags.iter().map(String::as_str));
        self.approval_risk_levels.extend(&policy.approval_risk_levels);
        let (field, threshold) = ("approval_threshold_usd", policy.approval_threshold_usd);
        least(&mut self.approval_threshold_usd, threshold, field, &policy.id, &mut self.conflicts);
    }

    /// Lists that differ, and what one list allows and another denies.
    fn between_lists(&self) -> Vec<Conflict<'b>> {
        let mut conflicts = Vec::new();
        let lists: Vec<_> = self.allowed_actions.iter().map(|list| list.says).collect();
        if lists.iter().any(|list| Some(list) != lists.first()) {
            let ids: Vec<String> = self.allowed_actions.iter().map(|list| format!("`{}`", list.policy.id)).collect();
            let description = format!("{} allow different actions; an action must be on every list", ids.join(", "));
            conflicts.push(Conflict {
                field: "allowed_actions".to_owned(),
                description,
                resolved: Resolved::Lists(lists),
            });
        }
        for list in &self.allowed_actions {
            let others = self.policies.iter().map(|(policy, _)| *policy).filter(|policy| policy.id != list.policy.id);
            let denied =
                others.flat_map(|policy| &policy.denied_actions).filter(|one| self.denied_actions.contains(one));
            let meets = |one: &&ActionPattern| list.says.iter().any(|allowed| one.meets(allowed, Polarity::Restricts));
            let denied: BTreeSet<_> = denied.filter(meets).collect();
            if !denied.is_empty() {
                let description =
                    format!("`{}` allows actions that others deny; what is denied stays denied", list.policy.id);
                let field = "denied_actions".to_owned();
                conflicts.push(Conflict { field, description, resolved: Resolved::Denied(denied) });
            }
        }
        conflicts
    }
}

/// Keeps the smaller of two amounts, and notes where they differ.
fn least(so_far: &mut Option<Usd>, new: Option<Usd>, field: &str, id: &DocumentId, conflicts: &mut Vec<Conflict<'_>>) {
    let Some(new) = new else { return };
    let Some(old) = *so_far else {
        *so_far = Some(new);
        return;
    };
    let smaller = old.min(new);
    *so_far = Some(smaller);
    if old == new {
        return;
    }
    let resolved = Resolved::Amount(smaller);
    let description = format!("`{id}` says ${new}, others say ${old}; the smaller amount holds");
    match conflicts.iter_mut().find(|conflict| conflict.field == field) {
        Some(known) => *known = Conflict { field: field.to_owned(), description, resolved },
        None => conflicts.push(Conflict { field: field.to_owned(), description, resolved }),
    }
}
