use serde_json::Value;

use crate::engine::Assumed;
use crate::model::{Level, Outcome, Risk, Usd};

/// Facts that are taken as given of every action whose record, and the catalog, say nothing of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assumption {
    /// Who.
    pub agent: Option<String>,
    /// In which run.
    pub run: Option<String>,
    /// In which session.
    pub session: Option<String>,
    /// The integration.
    pub integration: Option<String>,
    /// The arguments.
    pub arguments: Option<Value>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// What a catalog may say, too.
    pub others: Assumed,
}

/// The facts that can be assumed.
pub const FACTS: [&str; 13] = [
    "agent_id",
    "run_id",
    "session_id",
    "group_id",
    "mission_id",
    "integration",
    "resource",
    "data_classification",
    "arguments",
    "tags",
    "risk_level",
    "cost_usd",
    "outcome",
];

impl Assumption {
    /// Whether nothing is assumed.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Assumes a fact; lists of tags are separated by commas.
    ///
    /// # Errors
    /// In words, when the fact cannot be assumed, or the value is none of it.
    pub fn assume(&mut self, fact: &str, value: &str) -> Result<(), String> {
        let name = || {
            if value.is_empty() { Err(format!("`{fact}` is assumed to be empty")) } else { Ok(Some(value.to_owned())) }
        };
        match fact {
            "agent_id" => self.agent = name()?,
            "run_id" => self.run = name()?,
            "session_id" => self.session = name()?,
            "group_id" => self.others.group = name()?,
            "mission_id" => self.others.mission = name()?,
            "integration" => self.integration = name()?,
            "resource" => self.others.resource = name()?,
            "data_classification" => {
                self.others.level = Some(word::<Level>(fact, value, "public, internal, confidential, restricted")?);
            }
            "risk_level" => self.others.risk = Some(word::<Risk>(fact, value, "minimal, low, medium, high, critical")?),
            "outcome" => self.outcome = Some(word::<Outcome>(fact, value, "success, error, blocked, rejected")?),
            "cost_usd" => {
                self.others.cost =
                    Some(Usd::rounded_up(value).ok_or("`cost_usd` is an amount of dollars, such as 0.05")?);
            }
            "tags" => {
                self.others.tags = Some(value.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect());
            }
            "arguments" => self.arguments = Some(object(value)?),
            _ => return Err(format!("`{fact}` cannot be assumed; what can be: {}", FACTS.join(", "))),
        }
        Ok(())
    }
}

fn word<T: serde::de::DeserializeOwned>(fact: &str, value: &str, known: &str) -> Result<T, String> {
    serde_json::from_value(Value::from(value)).map_err(|_| format!("`{fact}` is one of {known}"))
}

fn object(value: &str) -> Result<Value, String> {
    match crate::text::distinct(value) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err("`arguments` are a JSON object, such as {\"amount\": 5}".to_owned()),
    }
}
