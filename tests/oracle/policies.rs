//! Step 3, policies: "every enabled one whose scope applies gives its reasons".

use std::collections::BTreeSet;

use policyc::model::{ActionPattern, ApprovalRule, Effect, Exception, Per, Policy, Reason, When};

use super::history::Past;
use super::matching::{self, Use};
use super::truth::Truth;
use super::verdict::{Ground, Lifted};
use super::{Now, counters, evidence, exceptions};

/// A reason that a policy gives where its scope applies, a test holds and no exception lifts it.
pub struct Finding {
    pub code: Reason,
    /// The other code, where it may really be that one.
    pub or_else: Option<Reason>,
    pub part: String,
    pub test: Truth,
    /// Of `APPROVAL_REQUIRED`.
    pub approval: Option<Approval>,
}

/// Who approves, how many, and how long that is waited for.
pub struct Approval {
    approvers: Vec<String>,
    required: u64,
    timeout_seconds: u64,
}

impl Finding {
    pub fn new(code: Reason, part: impl Into<String>, test: Truth) -> Self {
        Self { code, or_else: None, part: part.into(), test, approval: None }
    }

    fn codes(&self) -> impl Iterator<Item = Reason> {
        [self.code].into_iter().chain(self.or_else)
    }
}

/// The reasons of all policies, and what exceptions lifted from them.
pub fn third_step(now: Now<'_>) -> (Vec<Ground>, Vec<Lifted>) {
    let (mut grounds, mut lifted) = (Vec::new(), Vec::new());
    for policy in now.bundle.policies.iter().filter(|policy| policy.enabled) {
        for finding in findings(now, policy) {
            let test = matching::scope(&policy.scope, now.facts).and(finding.test.clone());
            lifted.extend(lifted_from(now, policy, &finding, &test));
            let given = test.and(lift(now, policy, &finding).not());
            if given.is_possible() {
                grounds.push(ground(policy, finding, &given));
            }
        }
    }
    (grounds, lifted)
}

fn findings(now: Now<'_>, policy: &Policy) -> Vec<Finding> {
    let mut findings = lists(now, policy);
    findings.extend(rate_limits(now, policy));
    findings.extend(budgets(now, policy));
    findings.extend(evidence::requirements(now, policy));
    findings.extend(constraints(now, policy));
    findings.extend(evidence::groundings(now, policy));
    findings.extend(approvals(now, policy));
    findings
}

fn ground(policy: &Policy, finding: Finding, given: &Truth) -> Ground {
    let asks = finding.code == Reason::ApprovalRequired;
    let effect = if asks { Effect::ApprovalRequired } else { Effect::Deny };
    let ground = Ground {
        kind: "policy",
        id: Some(policy.id.to_string()),
        part: finding.part,
        ..Ground::new(effect, finding.code).when(given)
    };
    match finding.approval {
        Some(Approval { approvers, required, timeout_seconds }) => {
            Ground { approvers, required, timeout_seconds, ..ground }
        }
        None => ground,
    }
}

/// Whether the reason is lifted. Where the code may be either of two, exceptions must lift both or neither.
fn lift(now: Now<'_>, policy: &Policy, finding: &Finding) -> Truth {
    let shown = exceptions::lifts(now, &policy.id, finding.code);
    let Some(other) = finding.or_else else { return shown };
    match (shown, exceptions::lifts(now, &policy.id, other)) {
        (Truth::True, Truth::True) => Truth::True,
        (Truth::False, Truth::False) => Truth::False,
        (shown, other) => {
            let mut names = shown.names();
            names.extend(other.names());
            names.insert("history");
            Truth::Unknown(names)
        }
    }
}

/// What exceptions lift, surely where the reason, the exception and that it covers the reason are sure.
fn lifted_from(now: Now<'_>, policy: &Policy, finding: &Finding, test: &Truth) -> Vec<Lifted> {
    let covers = |exception: &&Exception| {
        exception.policy == policy.id && finding.codes().any(|code| exceptions::covers(exception, code))
    };
    let mut lifted = Vec::new();
    for exception in now.bundle.exceptions.iter().filter(covers) {
        let holds = exceptions::holds(now, exception);
        let covers_all = finding.codes().all(|code| exceptions::covers(exception, code));
        if test.is_possible() && holds.is_possible() {
            lifted.push(Lifted {
                exception: exception.id.to_string(),
                kind: "policy",
                id: policy.id.to_string(),
                code: finding.code,
                part: finding.part.clone(),
                certain: test.is_true() && holds.is_true() && covers_all,
            });
        }
    }
    lifted
}

/// `denied_actions`, and `allowed_actions`: "null: no list. []: nothing is allowed".
fn lists(now: Now<'_>, policy: &Policy) -> Vec<Finding> {
    let denied = matching::any_action(&policy.denied_actions, now.facts, Use::Restricts);
    let denied = Finding::new(Reason::DeniedAction, "denied_actions", denied);
    let allowed = policy.allowed_actions.as_ref().map(|allowed| {
        let listed = matching::any_action(allowed, now.facts, Use::Permits);
        Finding::new(Reason::NotInAllowlist, "allowed_actions", listed.not())
    });
    [denied].into_iter().chain(allowed).collect()
}

/// Whether an earlier action counts for a policy: "for all that the policy applies to", by the pattern of the counter.
fn counts(policy: &Policy, pattern: Option<&ActionPattern>, past: &Past) -> Truth {
    let named = pattern.map_or(Truth::True, |pattern| matching::action(pattern, &past.facts, Use::Restricts));
    matching::scope(&policy.scope, &past.facts).and(named)
}

/// "A limit blocks when the actions already counted in (now − window, now] are ≥ `max_count`"; "one counter per document,
/// field, pattern and key"; "every matching pattern counts".
fn rate_limits(now: Now<'_>, policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pattern, limits) in &policy.rate_limits {
        for limit in limits {
            let window = counters::Window(limit.window_seconds);
            let count = counters::count(now, limit.per, window, |past| counts(policy, Some(pattern), past));
            let test = matching::action(pattern, now.facts, Use::Restricts).and(count.at_least(limit.max_count));
            let per = per_name(limit.per);
            let part = format!("rate_limits/{}/{}/{}/{per}", pattern.as_str(), limit.window_seconds, limit.max_count);
            findings.push(Finding::new(Reason::RateLimited, part, test));
        }
    }
    findings
}

fn per_name(per: Per) -> &'static str {
    match per {
        Per::Agent => "agent",
        Per::Run => "run",
        Per::Session => "session",
        Per::Scope => "scope",
    }
}

/// "A budget [blocks] when spent + cost > limit"; "`run_budget`: run; `session_budget` and `action_budgets`: session".
fn budgets(now: Now<'_>, policy: &Policy) -> Vec<Finding> {
    let exceeds = |per, pattern: Option<&ActionPattern>, limit| {
        counters::spent(now, per, None, |past| counts(policy, pattern, past)).exceeds(limit)
    };
    let finding = |part: String, test| Finding::new(Reason::BudgetExceeded, part, test);
    let session =
        policy.session_budget.map(|limit| finding("session_budget".to_owned(), exceeds(Per::Session, None, limit)));
    let run = policy.run_budget.map(|limit| finding("run_budget".to_owned(), exceeds(Per::Run, None, limit)));
    let by_action = policy.action_budgets.iter().map(|(pattern, limit)| {
        let named = matching::action(pattern, now.facts, Use::Restricts);
        let test = named.and(exceeds(Per::Session, Some(pattern), *limit));
        finding(format!("action_budgets/{}", pattern.as_str()), test)
    });
    session.into_iter().chain(run).chain(by_action).collect()
}

/// `argument_constraints`: "the arguments object must validate".
fn constraints(now: Now<'_>, policy: &Policy) -> Vec<Finding> {
    let constraint = |(pattern, schema): (&ActionPattern, _)| {
        let named = matching::action(pattern, now.facts, Use::Restricts);
        let test = named.and(matching::constraint(schema, now.facts.arguments()).not());
        Finding::new(Reason::ArgumentConstraint, format!("argument_constraints/{}", pattern.as_str()), test)
    };
    policy.argument_constraints.iter().map(constraint).collect()
}

/// `require_approval` with its criteria, "joined by OR", and `approval_rules`, "further criteria that fire whatever
/// `require_approval` says".
fn approvals(now: Now<'_>, policy: &Policy) -> Vec<Finding> {
    let blanket = policy.require_approval.then(|| {
        let approval = approval(policy, &policy.default_approvers, 1, None);
        let test = criteria(now, policy);
        Finding { approval: Some(approval), ..Finding::new(Reason::ApprovalRequired, "require_approval", test) }
    });
    let rule = |(index, rule): (usize, &ApprovalRule)| {
        let approvers = if rule.approvers.is_empty() { &policy.default_approvers } else { &rule.approvers };
        let approval = approval(policy, approvers, rule.required, rule.timeout_seconds);
        let part = format!("approval_rules/{index}");
        Finding { approval: Some(approval), ..Finding::new(Reason::ApprovalRequired, part, when(now, &rule.when)) }
    };
    blanket.into_iter().chain(policy.approval_rules.iter().enumerate().map(rule)).collect()
}

fn approval(policy: &Policy, approvers: &BTreeSet<String>, required: u64, timeout: Option<u64>) -> Approval {
    let timeout_seconds = timeout.unwrap_or(policy.approval_timeout_seconds);
    Approval { approvers: approvers.iter().cloned().collect(), required, timeout_seconds }
}

/// "True with no criteria below: every action"; else the criteria, "joined by OR".
fn criteria(now: Now<'_>, policy: &Policy) -> Truth {
    let facts = now.facts;
    let mut criteria = Vec::new();
    if !policy.approval_actions.is_empty() {
        criteria.push(matching::any_action(&policy.approval_actions, facts, Use::Restricts));
    }
    if !policy.approval_tags.is_empty() {
        criteria.push(facts.tags.has(|tag| policy.approval_tags.contains(tag)));
    }
    if !policy.approval_risk_levels.is_empty() {
        criteria.push(matching::risk_among(&policy.approval_risk_levels, facts.risk));
    }
    if let Some(threshold) = policy.approval_threshold_usd {
        criteria.push(matching::cost_at_least(threshold, facts.cost));
    }
    if criteria.is_empty() { Truth::True } else { Truth::any(criteria) }
}

/// "Inside one rule joined by AND"; what is not given asks nothing.
fn when(now: Now<'_>, when: &When) -> Truth {
    let facts = now.facts;
    let given = [
        when.actions.as_ref().map(|actions| matching::any_action(actions, facts, Use::Restricts)),
        when.tags.as_ref().map(|tags| facts.tags.has(|tag| tags.contains(tag))),
        when.risk_at_least.map(|floor| matching::risk_at_least(floor, facts.risk)),
        when.cost_usd_at_least.map(|threshold| matching::cost_at_least(threshold, facts.cost)),
        when.data_classification_at_least.map(|floor| matching::level_at_least(floor, facts.level)),
        when.arguments.as_ref().map(|it| matching::arguments(it, facts.arguments(), Effect::ApprovalRequired)),
    ];
    Truth::all(given.into_iter().flatten())
}
