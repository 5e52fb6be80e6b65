use std::collections::{BTreeMap, BTreeSet};

use super::{ActionPattern, AgentState, DocumentId, Effect, Evidence, JsonSchema, Level, Mapping, Pattern, Risk, Usd};
use crate::written::{AlertTls, AssistSettings, Checks, CircuitBreaker, ExpectedState, Gates, LogSource};

/// What is known of actions and agents. See SPEC, section 2.5.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Catalog {
    /// Actions by pattern.
    pub actions: BTreeMap<ActionPattern, CatalogAction>,
    /// Agents by pattern.
    pub agents: BTreeMap<Pattern, AgentEntry>,
    /// What holds where nothing else is said.
    pub defaults: CatalogDefaults,
    /// Whether there is no other action.
    pub closed: bool,
    /// Whether there is no other agent.
    pub closed_agents: bool,
}

/// What is known of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct CatalogAction {
    /// What it does.
    pub description: String,
    /// A JSON Schema of its arguments.
    pub arguments: Option<JsonSchema>,
    /// Its tags; `None`: the entry does not say.
    pub tags: Option<BTreeSet<String>>,
    /// Its risk.
    pub risk_level: Option<Risk>,
    /// What a call costs.
    pub cost_usd: Option<Usd>,
    /// How sensitive its data is.
    pub data_classification: Option<Level>,
    /// What it is done to, with arguments in braces.
    pub resource: Option<String>,
}

/// What is known of an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct AgentEntry {
    /// Its groups; `None`: the entry does not say.
    pub groups: Option<BTreeSet<String>>,
    /// Its missions; `None`: the entry does not say.
    pub missions: Option<BTreeSet<String>>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Whether it may act.
    pub state: AgentState,
}

/// What holds where neither record nor catalog say anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct CatalogDefaults {
    /// The cost of a call.
    pub cost_usd: Option<Usd>,
    /// How sensitive the data is.
    pub data_classification: Option<Level>,
    /// How risky it is.
    pub risk_level: Option<Risk>,
}

/// Who is who.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Identities {
    /// People by id.
    pub principals: BTreeMap<String, Principal>,
    /// Groups by id.
    pub groups: BTreeMap<String, BTreeSet<String>>,
}

/// One person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Principal {
    /// The name.
    pub name: String,
    /// Accounts and addresses.
    pub accounts: BTreeSet<String>,
    /// Agents that act for this person.
    pub agents: BTreeSet<Pattern>,
    /// SSH public keys.
    pub keys: BTreeSet<String>,
}

/// Where versions are live.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// The name.
    pub id: DocumentId,
    /// What it is.
    pub description: String,
    /// What a deployment needs.
    pub approvals: Approvals,
    /// What a replay must show.
    pub gates: Gates,
    /// Who may roll back; empty: whoever may approve.
    pub rollback_from: BTreeSet<String>,
    /// Shares in percent, rising to 100.
    pub rollout_steps: Vec<u8>,
    /// When the runtime is to stop by itself.
    pub circuit_breaker: Option<CircuitBreaker>,
    /// Who signs decisions, and for how long.
    pub tokens: TokenSettings,
}

/// Who signs decisions, and for how long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TokenSettings {
    /// OpenSSH public keys of the kind Ed25519, without comments.
    pub keys: BTreeSet<String>,
    /// The longest that a token holds, in seconds.
    pub max_ttl_seconds: Option<u64>,
}

/// How alerts are mailed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Alerts {
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The address that alerts come from.
    pub from: String,
    /// Whether the way to the server is sealed.
    pub tls: AlertTls,
}

impl Environment {
    /// Who may roll back: whoever may approve, where nobody else is named; empty: everybody.
    #[must_use]
    pub fn may_roll_back(&self) -> &BTreeSet<String> {
        if self.rollback_from.is_empty() { &self.approvals.from } else { &self.rollback_from }
    }

    /// Whether a replay must show anything.
    #[must_use]
    pub fn has_gates(&self) -> bool {
        self.gates != Gates::default()
    }
}

/// How many must approve, who, and how well proven.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Approvals {
    /// How many.
    pub required: u64,
    /// Who; empty: everybody.
    pub from: BTreeSet<String>,
    /// The weakest evidence that counts.
    pub evidence: Evidence,
    /// How many, and who, for what permits more.
    pub loosening: Option<(u64, BTreeSet<String>)>,
}

/// The settings of a policy repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The protected branch.
    pub branch: String,
    /// Folders where documents are read: from the root, no `..`, no `/` at the end.
    pub documents: Vec<String>,
    /// The effect of an action that no rule matches, where set.
    pub default_effect: Option<Effect>,
    /// How long an approval holds where a rule does not say, in seconds.
    pub session_ttl: u64,
    /// What a change needs before it is merged.
    pub review: Approvals,
    /// What `policyc ci` asks of a change beside approvals and gates.
    pub checks: Checks,
    /// Logs to replay changes against.
    pub logs: Vec<LogSource>,
    /// Forms of records by name.
    pub mappings: BTreeMap<String, Mapping>,
    /// What the operator expects.
    pub expect: ExpectedState,
    /// How many findings are shown.
    pub max_findings: usize,
    /// How alerts are mailed; `None`: they are not.
    pub alerts: Option<Alerts>,
    /// Which model proposes readings of sentences, and where it is asked.
    pub assist: AssistSettings,
}
