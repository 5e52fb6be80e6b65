use smallvec::SmallVec;

use super::tri::Facts;
use crate::model::{Effect, Reason};

/// Who gives a reason, in the order in which reasons of one effect are told. Numbers are ranks in the bundle's lists,
/// which are sorted by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The catalog.
    Catalog,
    /// The default of the settings.
    Default,
    /// An environment.
    Environment,
    /// A policy.
    Policy(u32),
    /// A rule.
    Rule(u32),
}

/// The part of a document that gives a reason. Numbers are ranks in the policy's entries, as the engine lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The environment's kill switch.
    KillSwitch,
    /// The catalog.
    Catalog,
    /// `defaults.effect`.
    DefaultEffect,
    /// A rule's effect.
    Effect,
    /// A rule's `conditions.rate_limit`.
    RateCondition,
    /// A rule's `conditions.time_restriction`.
    TimeRestriction,
    /// A rule's `conditions.cost_threshold`.
    CostThreshold,
    /// A rule's `conditions.webhook_check`.
    Webhook,
    /// An entry of `denied_actions`: the first that surely matches, else the first that may.
    Denied(u32),
    /// `allowed_actions`.
    Allowed,
    /// One limit of `rate_limits`.
    Limit(u32),
    /// `session_budget`.
    SessionBudget,
    /// `run_budget`.
    RunBudget,
    /// One of `action_budgets`.
    ActionBudget(u32),
    /// One required action of `evidence_requirements`.
    Evidence(u32),
    /// One of `argument_constraints`.
    Constraint(u32),
    /// One argument of `grounding_rules`.
    Grounding(u32),
    /// `require_approval` with its criteria.
    Approval(Criteria),
    /// One of `approval_rules`.
    ApprovalRule(u32),
}

/// The criteria of `require_approval` that are met, or may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Criteria {
    /// None is given: every action.
    pub everything: bool,
    /// `approval_actions`.
    pub actions: bool,
    /// `approval_tags`.
    pub tags: bool,
    /// `approval_risk_levels`.
    pub risk: bool,
    /// `approval_threshold_usd`.
    pub cost: bool,
}

/// Why a decision is what it is: one reason, or one that may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// What it asks for.
    pub effect: Effect,
    /// Who gives it.
    pub source: Source,
    /// Its code.
    pub code: Reason,
    /// Which part gives it.
    pub part: Part,
    /// The facts without which it is not certain; none: it is.
    pub missing: Facts,
    /// Whether it surely is a reason. Uncertain without a missing fact where an earlier rule may decide.
    pub certain: bool,
    /// What was counted, at least and at most: actions, or nano-dollars with this action; the largest number stands
    /// for no end.
    pub counted: (u64, u64),
}

/// A reason that an exception lifted, or may have lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifted {
    /// The exception's rank in the bundle.
    pub exception: u32,
    /// Who would have given the reason.
    pub source: Source,
    /// The code of the reason.
    pub code: Reason,
    /// The part that would have given it.
    pub part: Part,
    /// Whether it surely was lifted.
    pub certain: bool,
}

/// The decision about an action: everything that holds, by ranks; [`super::Engine::told`] puts it into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The restrictive bound: what is enforced.
    pub effect: Effect,
    /// The permissive bound.
    pub lower: Effect,
    /// The rule that decided, by its rank in the bundle.
    pub rule: Option<u32>,
    /// All reasons: the most restrictive first, then by kind, id, code and part.
    pub causes: SmallVec<[Cause; 3]>,
    /// What exceptions lifted.
    pub lifted: SmallVec<[Lifted; 1]>,
}

impl Decision {
    /// Whether the unknown facts change nothing.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.effect == self.lower
    }

    /// The reason that carries the effect: one that surely holds says more than one that may, and one of a document more
    /// than the default; the first of those.
    #[must_use]
    pub fn deciding(&self) -> Option<&Cause> {
        let of_document = |cause: &Cause| matches!(cause.source, Source::Policy(_) | Source::Rule(_));
        let carrying = self.causes.iter().filter(|cause| cause.effect == self.effect);
        carrying.min_by_key(|cause| (!cause.certain, !of_document(cause))).or_else(|| self.causes.first())
    }

    /// The facts that would make it certain.
    #[must_use]
    pub fn missing(&self) -> Facts {
        let all = self.causes.iter().fold(Facts::NONE, |all, cause| all | cause.missing);
        all.when(!self.is_certain())
    }

    /// The first policy among the reasons that carry the decision's effect, by its rank in the bundle.
    #[must_use]
    pub fn policy(&self) -> Option<u32> {
        self.causes.iter().filter(|cause| cause.effect == self.effect).find_map(|cause| match cause.source {
            Source::Policy(rank) => Some(rank),
            _ => None,
        })
    }

    /// The exceptions that surely or possibly lifted something, by rank, each once.
    #[must_use]
    pub fn exceptions(&self) -> SmallVec<[u32; 2]> {
        let mut ranks: SmallVec<[u32; 2]> = self.lifted.iter().map(|lifted| lifted.exception).collect();
        ranks.sort_unstable();
        ranks.dedup();
        ranks
    }
}

impl Cause {
    /// Where the reason stands among others: the most restrictive first.
    pub fn order(&self) -> (std::cmp::Reverse<Effect>, Source, &'static str, Part) {
        (std::cmp::Reverse(self.effect), self.source, self.code.as_str(), self.part)
    }
}
