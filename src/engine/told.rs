use super::Engine;
use super::call::Call;
use super::decision::{Cause, Criteria, Decision, Part, Source};
use super::needed::needed;
use crate::model::{DocumentId, Effect, Per, Reason, Way};

/// A decision with its documents: what [`super::Decision`] holds by ranks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<'b> {
    /// The restrictive bound: what is enforced.
    pub effect: Effect,
    /// The permissive bound.
    pub lower: Effect,
    /// The facts that would make it certain.
    pub missing: Vec<&'static str>,
    /// The rule that decided.
    pub rule_id: Option<&'b DocumentId>,
    /// The first policy that carries the effect.
    pub policy_id: Option<&'b DocumentId>,
    /// All reasons, the deciding one first.
    pub reasons: Vec<ToldReason<'b>>,
    /// The exceptions that surely or possibly lifted something.
    pub exceptions: Vec<&'b DocumentId>,
    /// What they lifted.
    pub lifted: Vec<ToldLift<'b>>,
}

/// One reason, or one that may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldReason<'b> {
    /// Its code.
    pub code: Reason,
    /// What it asks for.
    pub effect: Effect,
    /// Whether it surely is a reason.
    pub certain: bool,
    /// The facts without which it is not.
    pub missing: Vec<&'static str>,
    /// catalog, default, environment, policy or rule.
    pub kind: &'static str,
    /// The document.
    pub id: Option<&'b DocumentId>,
    /// Parts of the document and what the action has there: the part that gives the reason first.
    pub labels: Vec<(Vec<Way>, String)>,
    /// The part as text, alike for equal parts.
    pub part: String,
    /// Why the document says so, in its own words.
    pub rationale: &'b str,
    /// What would have been needed; empty where nothing was in the way.
    pub needed: String,
    /// Who approves.
    pub approvers: Vec<&'b str>,
    /// How many must approve; 0 where none is asked for.
    pub required: u64,
    /// How long an approval is waited for, in seconds; 0 where none is asked for.
    pub timeout_seconds: u64,
    /// How long an approval holds, in seconds, where a rule asks for one.
    pub session_ttl: Option<u64>,
}

/// A reason that an exception lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldLift<'b> {
    /// The exception.
    pub exception: &'b DocumentId,
    /// The code of the reason.
    pub code: Reason,
    /// policy or rule.
    pub kind: &'static str,
    /// The document that would have given it.
    pub id: &'b DocumentId,
    /// The part as text.
    pub part: String,
    /// Whether it surely was lifted.
    pub certain: bool,
}

impl<'b> Engine<'b> {
    /// Puts a decision about an action into words.
    #[must_use]
    pub fn told(&self, decision: &Decision, call: &Call<'_>) -> Told<'b> {
        let policy = |rank: u32| self.bundle.policies.get(rank as usize).map(|policy| &policy.id);
        let rule = |rank: u32| self.bundle.rules.get(rank as usize).map(|rule| &rule.id);
        let exception = |rank: u32| self.bundle.exceptions.get(rank as usize).map(|exception| &exception.id);
        let lifted = decision.lifted.iter().filter_map(|lifted| {
            Some(ToldLift {
                exception: exception(lifted.exception)?,
                code: lifted.code,
                kind: kind(lifted.source),
                id: self.document(lifted.source)?,
                part: self.part(lifted.source, lifted.part),
                certain: lifted.certain,
            })
        });
        Told {
            effect: decision.effect,
            lower: decision.lower,
            missing: decision.missing().names().collect(),
            rule_id: decision.rule.and_then(rule),
            policy_id: decision.policy().and_then(policy),
            reasons: decision.causes.iter().map(|cause| self.reason(cause, call)).collect(),
            exceptions: decision.exceptions().into_iter().filter_map(exception).collect(),
            lifted: lifted.collect(),
        }
    }

    /// The kind and the id of who gives a reason.
    #[must_use]
    pub fn named(&self, source: Source) -> (&'static str, Option<&'b DocumentId>) {
        (kind(source), self.document(source))
    }

    /// The document of who gives a reason.
    #[must_use]
    pub fn document(&self, source: Source) -> Option<&'b DocumentId> {
        match source {
            Source::Policy(rank) => self.bundle.policies.get(rank as usize).map(|policy| &policy.id),
            Source::Rule(rank) => self.bundle.rules.get(rank as usize).map(|rule| &rule.id),
            Source::Catalog | Source::Default | Source::Environment => None,
        }
    }

    fn reason(&self, cause: &Cause, call: &Call<'_>) -> ToldReason<'b> {
        let mut told = ToldReason {
            code: cause.code,
            effect: cause.effect,
            certain: cause.certain,
            missing: cause.missing.names().collect(),
            kind: kind(cause.source),
            id: self.document(cause.source),
            labels: self.labels(cause, call),
            part: self.part(cause.source, cause.part),
            rationale: self.rationale(cause),
            needed: needed(self, cause, call),
            approvers: Vec::new(),
            required: 0,
            timeout_seconds: 0,
            session_ttl: None,
        };
        self.approval(cause, &mut told);
        told
    }

    /// Why a document says what it says: a rule's rationale; a policy's description, else its name.
    fn rationale(&self, cause: &Cause) -> &'b str {
        match cause.source {
            Source::Rule(rank) => self.bundle.rules.get(rank as usize).map_or("", |rule| &rule.rationale),
            Source::Policy(rank) => self
                .bundle
                .policies
                .get(rank as usize)
                .map_or("", |policy| if policy.description.is_empty() { &policy.name } else { &policy.description }),
            Source::Default => "no rule matches; the default decides",
            Source::Catalog => match cause.code {
                Reason::AgentInactive => "the catalog says that the agent is suspended or retired",
                Reason::UnknownAgent => "the catalog is closed and does not list the agent",
                _ => "the catalog is closed and does not list the action",
            },
            Source::Environment => "the kill switch of the environment is on",
        }
    }

    fn approval(&self, cause: &Cause, told: &mut ToldReason<'b>) {
        match (cause.source, cause.part) {
            (Source::Rule(rank), Part::Effect) if cause.effect == Effect::ApprovalRequired => {
                let own = self.bundle.rules.get(rank as usize).and_then(|rule| rule.max_session_ttl);
                told.session_ttl = Some(own.unwrap_or(self.bundle.defaults.session_ttl));
            }
            (Source::Policy(rank), part) if cause.code == Reason::ApprovalRequired => {
                let Some(policy) = self.bundle.policies.get(rank as usize) else { return };
                let rule = match part {
                    Part::ApprovalRule(rank) => policy.approval_rules.get(rank as usize),
                    _ => None,
                };
                let own = rule.map(|rule| &rule.approvers).filter(|own| !own.is_empty());
                told.approvers = own.unwrap_or(&policy.default_approvers).iter().map(String::as_str).collect();
                told.required = rule.map_or(1, |rule| rule.required);
                let timeout = rule.and_then(|rule| rule.timeout_seconds);
                told.timeout_seconds = timeout.unwrap_or(policy.approval_timeout_seconds);
            }
            _ => {}
        }
    }

    /// The way to a part of a document.
    #[must_use]
    pub fn way(&self, source: Source, part: Part) -> Vec<Way> {
        let key = |text: &str| Way::Key(text.to_owned());
        let under = |name: &str, pattern: Option<String>| {
            let mut way = vec![key(name)];
            way.extend(pattern.map(Way::Key));
            way
        };
        let guard = self.guard_of(source);
        match part {
            Part::KillSwitch | Part::Catalog => Vec::new(),
            Part::DefaultEffect => vec![key("defaults"), key("effect")],
            Part::Effect => vec![key("policy_effect")],
            Part::RateCondition => vec![key("conditions"), key("rate_limit")],
            Part::TimeRestriction => vec![key("conditions"), key("time_restriction")],
            Part::CostThreshold => vec![key("conditions"), key("cost_threshold")],
            Part::Webhook => vec![key("conditions"), key("webhook_check")],
            Part::Denied(at) => {
                let entry = guard.and_then(|guard| guard.denied.get(at as usize)).map(ToString::to_string);
                std::iter::once(key("denied_actions")).chain(entry.map(Way::Entry)).collect()
            }
            Part::Allowed => vec![key("allowed_actions")],
            Part::SessionBudget => vec![key("session_budget")],
            Part::RunBudget => vec![key("run_budget")],
            Part::Limit(at) => under(
                "rate_limits",
                guard.and_then(|guard| guard.limits.get(at as usize)).map(|limit| limit.actions.to_string()),
            ),
            Part::ActionBudget(at) => under(
                "action_budgets",
                guard.and_then(|guard| guard.budgets.get(at as usize)).map(|one| one.actions.to_string()),
            ),
            Part::Constraint(at) => {
                let found = guard.and_then(|guard| guard.constraints.get(at as usize));
                under("argument_constraints", found.map(|one| one.actions.to_string()))
            }
            Part::Evidence(at) => {
                let found = guard.and_then(|guard| guard.evidence.get(at as usize));
                let mut way = under("evidence_requirements", found.map(|one| one.actions.to_string()));
                way.extend(found.map(|one| Way::Entry(one.required.to_string())));
                way
            }
            Part::Grounding(at) => {
                let found = guard.and_then(|guard| guard.groundings.get(at as usize));
                let mut way = under("grounding_rules", found.map(|one| one.actions.to_string()));
                way.extend(found.map(|one| key(one.argument)));
                way
            }
            Part::Approval(criteria) => vec![key(criterion(criteria))],
            Part::ApprovalRule(at) => vec![key("approval_rules"), Way::Item(at as usize)],
        }
    }

    /// A part as text, alike for equal parts.
    #[must_use]
    pub fn part(&self, source: Source, part: Part) -> String {
        match part {
            Part::KillSwitch => return "kill_switch".to_owned(),
            Part::Catalog => return "catalog".to_owned(),
            Part::Denied(_) => return "denied_actions".to_owned(),
            Part::Approval(_) => return "require_approval".to_owned(),
            _ => {}
        }
        let mut path = self.way(source, part).iter().map(Way::text).collect::<Vec<_>>().join("/");
        let Part::Limit(at) = part else { return path };
        if let Some(one) = self.guard_of(source).and_then(|guard| guard.limits.get(at as usize)) {
            path.push_str(&format!("/{}/{}/{}", one.limit.window_seconds, one.limit.max_count, per(one.limit.per)));
        }
        path
    }

    pub(super) fn guard_of(&self, source: Source) -> Option<&super::guard::Guard<'b>> {
        let Source::Policy(rank) = source else { return None };
        let at = self.guards.binary_search_by_key(&rank, |guard| guard.rank).ok()?;
        self.guards.get(at)
    }
}

/// The key of the criterion that asks, or of the switch where several or none do.
fn criterion(criteria: Criteria) -> &'static str {
    match criteria {
        Criteria { actions: true, tags: false, risk: false, cost: false, .. } => "approval_actions",
        Criteria { actions: false, tags: true, risk: false, cost: false, .. } => "approval_tags",
        Criteria { actions: false, tags: false, risk: true, cost: false, .. } => "approval_risk_levels",
        Criteria { actions: false, tags: false, risk: false, cost: true, .. } => "approval_threshold_usd",
        _ => "require_approval",
    }
}

pub(super) fn kind(source: Source) -> &'static str {
    match source {
        Source::Catalog => "catalog",
        Source::Default => "default",
        Source::Environment => "environment",
        Source::Policy(_) => "policy",
        Source::Rule(_) => "rule",
    }
}

pub(super) fn per(per: Per) -> &'static str {
    match per {
        Per::Agent => "agent",
        Per::Run => "run",
        Per::Session => "session",
        Per::Scope => "scope",
    }
}
