use super::{Action, Fact};

impl Fact {
    /// All facts, in the order of a record.
    pub const ALL: [Self; 16] = [
        Self::Timestamp,
        Self::Agent,
        Self::Run,
        Self::Session,
        Self::Turn,
        Self::Group,
        Self::Mission,
        Self::Integration,
        Self::Resource,
        Self::Level,
        Self::Arguments,
        Self::Tags,
        Self::Risk,
        Self::Cost,
        Self::Outcome,
        Self::Result,
    ];

    /// The key of a record that gives it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Timestamp => "timestamp",
            Self::Agent => "agent_id",
            Self::Run => "run_id",
            Self::Session => "session_id",
            Self::Turn => "turn",
            Self::Group => "group_id",
            Self::Mission => "mission_id",
            Self::Integration => "integration",
            Self::Resource => "resource",
            Self::Level => "data_classification",
            Self::Arguments => "arguments",
            Self::Tags => "tags",
            Self::Risk => "risk_level",
            Self::Cost => "cost_usd",
            Self::Outcome => "outcome",
            Self::Result => "result",
        }
    }

    /// The fact that a key of a record gives.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.key() == key)
    }
}

impl Action {
    /// Whether a fact is given in a way that can be relied on.
    #[must_use]
    pub fn gives(&self, fact: Fact) -> bool {
        match fact {
            Fact::Timestamp => self.timestamp.is_some(),
            Fact::Agent => self.agent_id.is_some(),
            Fact::Run => self.run_id.is_some(),
            Fact::Session => self.session_id.is_some(),
            Fact::Turn => self.turn.is_some(),
            Fact::Group => self.group_id.is_some(),
            Fact::Mission => self.mission_id.is_some(),
            Fact::Integration => self.integration.is_some(),
            Fact::Resource => self.resource.is_some(),
            Fact::Level => self.data_classification.is_some(),
            Fact::Arguments => self.arguments.is_some(),
            Fact::Tags => self.tags.is_some(),
            Fact::Risk => self.risk_level.is_some(),
            Fact::Cost => self.cost_usd.is_some(),
            Fact::Outcome => self.outcome.is_some(),
            Fact::Result => self.result.is_some(),
        }
    }

    /// Takes a fact as unknown, although something is said of it.
    pub fn mark_broken(&mut self, fact: Fact) {
        self.broken.insert(fact);
        match fact {
            Fact::Timestamp => self.timestamp = None,
            Fact::Agent => self.agent_id = None,
            Fact::Run => self.run_id = None,
            Fact::Session => self.session_id = None,
            Fact::Turn => self.turn = None,
            Fact::Group => self.group_id = None,
            Fact::Mission => self.mission_id = None,
            Fact::Integration => self.integration = None,
            Fact::Resource => self.resource = None,
            Fact::Level => self.data_classification = None,
            Fact::Arguments => self.arguments = None,
            Fact::Tags => self.tags = None,
            Fact::Risk => self.risk_level = None,
            Fact::Cost => self.cost_usd = None,
            Fact::Outcome => self.outcome = None,
            Fact::Result => self.result = None,
        }
    }
}
