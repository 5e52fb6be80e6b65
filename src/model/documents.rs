use std::collections::{BTreeMap, BTreeSet};

use super::{
    ActionPattern, Arguments, DocumentId, Effect, GroundingFrom, JsonSchema, Kind, Level, Outcome, Pattern, Per,
    Reason, Risk, Time, Timezone, Usd, Weekday,
};

/// A document that has an id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Document {
    /// A guardrail.
    Policy(Policy),
    /// A prioritised statement.
    Rule(Rule),
    /// A carve-out.
    Exception(Exception),
    /// Expected decisions.
    Suite(Suite),
}

impl Document {
    /// The id.
    #[must_use]
    pub fn id(&self) -> &DocumentId {
        match self {
            Self::Policy(policy) => &policy.id,
            Self::Rule(rule) => &rule.id,
            Self::Exception(exception) => &exception.id,
            Self::Suite(suite) => &suite.id,
        }
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Policy(_) => Kind::Policy,
            Self::Rule(_) => Kind::Rule,
            Self::Exception(_) => Kind::Exception,
            Self::Suite(_) => Kind::Suite,
        }
    }

    /// Whether it is evaluated: enabled, active, or of a kind that cannot be switched off.
    #[must_use]
    pub fn is_active(&self) -> bool {
        match self {
            Self::Policy(policy) => policy.enabled,
            Self::Rule(rule) => rule.is_active,
            Self::Exception(_) | Self::Suite(_) => true,
        }
    }
}

/// A guardrail for a scope. See SPEC, section 2.1; money in USD, times in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Policy {
    /// The identity.
    pub id: DocumentId,
    /// A name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it is evaluated.
    pub enabled: bool,
    /// What it applies to.
    pub scope: Scope,
    /// The most a session may cost.
    pub session_budget: Option<Usd>,
    /// The most a run may cost.
    pub run_budget: Option<Usd>,
    /// The most that matching actions may cost in a session.
    pub action_budgets: BTreeMap<ActionPattern, Usd>,
    /// What is denied.
    pub denied_actions: BTreeSet<ActionPattern>,
    /// The only actions allowed; `None` is no list, the empty list allows nothing.
    pub allowed_actions: Option<BTreeSet<ActionPattern>>,
    /// How often matching actions may happen; all limits bind.
    pub rate_limits: BTreeMap<ActionPattern, BTreeSet<Limit>>,
    /// Whether the criteria below ask for approval; without criteria, everything does.
    pub require_approval: bool,
    /// Criterion: these actions.
    pub approval_actions: BTreeSet<ActionPattern>,
    /// Criterion: any of these tags.
    pub approval_tags: BTreeSet<String>,
    /// Criterion: exactly these risks.
    pub approval_risk_levels: BTreeSet<Risk>,
    /// Criterion: this cost or more.
    pub approval_threshold_usd: Option<Usd>,
    /// Further criteria, whatever `require_approval` says.
    pub approval_rules: Vec<ApprovalRule>,
    /// How long an approval is waited for.
    pub approval_timeout_seconds: u64,
    /// Who approves where nothing else is said.
    pub default_approvers: BTreeSet<String>,
    /// What must have succeeded earlier in the run.
    pub evidence_requirements: BTreeMap<ActionPattern, BTreeSet<ActionPattern>>,
    /// How old evidence may be, by the action being decided; the smallest match holds.
    pub evidence_max_age_seconds: BTreeMap<ActionPattern, u64>,
    /// Actions that commit to something.
    pub commit_actions: BTreeSet<ActionPattern>,
    /// The only actions that count as evidence; empty: all do.
    pub evidence_actions: BTreeSet<ActionPattern>,
    /// What the arguments must satisfy.
    pub argument_constraints: BTreeMap<ActionPattern, JsonSchema>,
    /// What arguments must equal.
    pub grounding_rules: BTreeMap<ActionPattern, BTreeMap<String, Grounding>>,
}

/// What a policy applies to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everything.
    Global,
    /// Matching agents.
    Agent(Pattern),
    /// Matching runs.
    Run(Pattern),
    /// Agents of matching groups.
    Group(Pattern),
    /// Actions for matching missions.
    Mission(Pattern),
}

/// How often something may happen: blocked when `max_count` or more are in (now − window, now].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Limit {
    /// The window.
    pub window_seconds: u64,
    /// The most actions in it.
    pub max_count: u64,
    /// Whose actions are counted together.
    pub per: Per,
}

/// One criterion for approval.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ApprovalRule {
    /// A name for people.
    pub name: Option<String>,
    /// What must hold, all of it.
    pub when: When,
    /// Who approves; empty: the policy's default approvers.
    pub approvers: BTreeSet<String>,
    /// How many must approve.
    pub required: u64,
    /// How long it is waited for; `None`: as the policy says.
    pub timeout_seconds: Option<u64>,
}

/// What must hold, all of it; a part that is `None` asks nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct When {
    /// One of these actions.
    pub actions: Option<BTreeSet<ActionPattern>>,
    /// One of these tags.
    pub tags: Option<BTreeSet<String>>,
    /// This risk or higher.
    pub risk_at_least: Option<Risk>,
    /// This cost or more.
    pub cost_usd_at_least: Option<Usd>,
    /// Data this sensitive or more.
    pub data_classification_at_least: Option<Level>,
    /// Each argument present and valid.
    pub arguments: Option<BTreeMap<String, JsonSchema>>,
}

/// Where a value must have been read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grounding {
    /// By which action.
    pub source_action: ActionPattern,
    /// The field, with dots between its parts.
    pub source_field: String,
    /// In its result or its arguments.
    pub source_from: GroundingFrom,
}

/// One prioritised statement. See SPEC, section 2.2.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rule {
    /// The identity.
    pub id: DocumentId,
    /// A name for people.
    pub policy_name: String,
    /// Which agents.
    pub agent_id: Pattern,
    /// Which integration.
    pub target_integration: Pattern,
    /// Which operation.
    pub operation: Pattern,
    /// Which resource.
    pub resource_scope: Pattern,
    /// Which data.
    pub data_classification: ClassificationRange,
    /// What it says.
    pub policy_effect: Effect,
    /// Why.
    pub rationale: String,
    /// Higher goes first.
    pub priority: u64,
    /// What else must hold, and what makes it more restrictive.
    pub conditions: Conditions,
    /// How long an approval holds, in seconds; `None`: as the settings say.
    pub max_session_ttl: Option<u64>,
    /// Whether it is evaluated.
    pub is_active: bool,
    /// Who changed it last, as claimed.
    pub modified_by: Option<String>,
    /// When it was changed last, as claimed.
    pub modified_at: Option<Time>,
}

/// The levels of data from `low` to `high`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassificationRange {
    /// The least sensitive.
    pub low: Level,
    /// The most sensitive.
    pub high: Level,
}

/// The conditions of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Conditions {
    /// Part of the match: each argument present and valid.
    pub arguments: BTreeMap<String, JsonSchema>,
    /// More restrictive when done too often.
    pub rate_limit: Option<RateCondition>,
    /// More restrictive at certain times.
    pub time_restriction: Option<TimeRestriction>,
    /// More restrictive when it costs too much.
    pub cost_threshold: Option<CostThreshold>,
    /// More restrictive unless a service agrees.
    pub webhook_check: Option<WebhookCheck>,
}

/// How often one agent may do one operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RateCondition {
    /// The most actions in the window.
    pub max_actions: u64,
    /// The window in minutes.
    pub window_minutes: u64,
    /// Which actions; `None`: all.
    pub action_types: Option<BTreeSet<ActionPattern>>,
    /// What the rule says then.
    pub on_exceed: Effect,
}

/// When an action is not wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeRestriction {
    /// Hours of the day, 0 to 23.
    pub blocked_hours: BTreeSet<u8>,
    /// Days of the week.
    pub blocked_days: BTreeSet<Weekday>,
    /// Where the clock hangs.
    pub timezone: Timezone,
    /// Which actions; `None`: all.
    pub action_types: Option<BTreeSet<ActionPattern>>,
    /// What the rule says then.
    pub on_violation: Effect,
}

/// How much may be spent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CostThreshold {
    /// The most one action may cost.
    pub max_cost_per_action: Option<Usd>,
    /// The most the agent may spend in an hour with this action.
    pub max_cost_per_hour: Option<Usd>,
    /// What the rule says then.
    pub on_exceed: Effect,
}

/// A service that is asked at run time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookCheck {
    /// The address.
    pub url: String,
    /// How long its answer is waited for, in milliseconds.
    pub timeout_ms: u64,
    /// What the rule says when none comes.
    pub on_timeout: Effect,
}

/// A carve-out. See SPEC, section 2.3.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Exception {
    /// The identity.
    pub id: DocumentId,
    /// From which policy or rule.
    pub policy: DocumentId,
    /// Why.
    pub reason: String,
    /// For which agents; `None`: asked nothing.
    pub agents: Option<BTreeSet<Pattern>>,
    /// For which runs; `None`: asked nothing.
    pub runs: Option<BTreeSet<Pattern>>,
    /// For which actions; `None`: all.
    pub actions: Option<BTreeSet<ActionPattern>>,
    /// Which reasons it lifts; `None`: all.
    pub reasons: Option<BTreeSet<Reason>>,
    /// From when on.
    pub starts_at: Option<Time>,
    /// Until when, exclusive.
    pub expires_at: Option<Time>,
    /// For how many actions.
    pub max_uses: Option<u64>,
}

/// Expected decisions. See SPEC, section 2.4.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Suite {
    /// The identity.
    pub id: DocumentId,
    /// What it is for.
    pub description: String,
    /// The tests, in order.
    pub tests: Vec<Test>,
    /// Every agent with every action.
    pub matrix: Option<Matrix>,
}

/// Every agent with every action; what is not listed must be denied.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Matrix {
    /// The agents, in order.
    pub agents: Vec<String>,
    /// The actions by name, without an agent.
    pub actions: BTreeMap<String, Action>,
    /// The effects by agent and action.
    pub expect: BTreeMap<String, BTreeMap<String, Effect>>,
    /// The time of actions that bear none.
    pub now: Option<Time>,
}

/// Actions of one run and the decision expected of each.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Test {
    /// What the test says.
    pub name: String,
    /// What is decided before and not judged.
    pub before: Vec<Earlier>,
    /// The actions, in order, each with its expectation.
    pub steps: Vec<(Action, Expectation)>,
    /// Whether it was written as a sequence.
    pub sequence: bool,
    /// The time of actions that bear none.
    pub now: Option<Time>,
    /// Whether a rollback may not reopen it.
    pub never_again: bool,
}

/// An action before the one that is judged.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Earlier {
    /// The action.
    pub action: Action,
    /// How often it is done.
    pub times: u64,
    /// How many seconds lie between one and the next.
    pub every_seconds: u64,
    /// What each of them must be decided.
    pub expect: Option<Effect>,
}

/// A decision that is expected.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Expectation {
    /// The effect.
    pub effect: Effect,
    /// A document among the reasons.
    pub by: Option<DocumentId>,
    /// A reason given.
    pub reason: Option<Reason>,
    /// The permissive bound, where the test is about unknown facts.
    pub lower: Option<Effect>,
    /// Who is asked to approve.
    pub approvers: Option<BTreeSet<String>>,
    /// How many are asked to approve.
    pub required: Option<u64>,
}

/// A fact of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// `timestamp`.
    Timestamp,
    /// `agent_id`.
    Agent,
    /// `run_id`.
    Run,
    /// `session_id`.
    Session,
    /// `turn`.
    Turn,
    /// `group_id`.
    Group,
    /// `mission_id`.
    Mission,
    /// `integration`.
    Integration,
    /// `resource`.
    Resource,
    /// `data_classification`.
    Level,
    /// `arguments`.
    Arguments,
    /// `tags`.
    Tags,
    /// `risk_level`.
    Risk,
    /// `cost_usd`.
    Cost,
    /// `outcome`.
    Outcome,
    /// `result`.
    Result,
}

/// One attempted tool call; a part that is `None` is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Action {
    /// The record's own id.
    pub id: Option<String>,
    /// When.
    pub timestamp: Option<Time>,
    /// Who.
    pub agent_id: Option<String>,
    /// In which run.
    pub run_id: Option<String>,
    /// In which session.
    pub session_id: Option<String>,
    /// In which turn.
    pub turn: Option<u64>,
    /// A group the agent belongs to.
    pub group_id: Option<String>,
    /// The mission it is for.
    pub mission_id: Option<String>,
    /// The integration.
    pub integration: Option<String>,
    /// The operation.
    pub operation: String,
    /// What it is done to.
    pub resource: Option<String>,
    /// How sensitive the data is.
    pub data_classification: Option<Level>,
    /// The arguments.
    pub arguments: Option<Arguments>,
    /// The tags.
    pub tags: Option<BTreeSet<String>>,
    /// The risk.
    pub risk_level: Option<Risk>,
    /// The cost.
    pub cost_usd: Option<Usd>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// The error it ended with.
    pub error: Option<String>,
    /// What it gave back.
    pub result: Option<serde_json::Value>,
    /// What was given in a way that cannot be relied on (of another type, redacted, cut): `None` above, and unknown
    /// whatever the catalog says, because the record does say something.
    pub broken: BTreeSet<Fact>,
}
