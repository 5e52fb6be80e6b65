use serde_json::Value;

use super::entry::Attempt;
use super::journal::Position;
use super::pointer::Pointed;
use crate::engine::Call;
use crate::model::{Pattern, Time};

/// Which actions are reported. What is left out is replayed all the same: it did happen.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only what happened then or later.
    pub since: Option<Time>,
    /// Only what happened before.
    pub until: Option<Time>,
    /// All of these must hold.
    pub conditions: Vec<Condition>,
    /// Only actions up to this one in the order of samples.
    pub sample: Option<(u64, Position)>,
}

/// `field=pattern` or `field!=pattern`.
#[derive(Debug, Clone)]
pub struct Condition {
    text: String,
    field: Field,
    pattern: Pattern,
    wanted: bool,
}

#[derive(Debug, Clone)]
enum Field {
    Agent,
    Run,
    Session,
    Integration,
    Operation,
    Action,
    Resource,
    Pointer(String),
}

const FIELDS: &str = "agent_id, run_id, session_id, integration, operation, action (integration.operation), resource, or a JSON pointer such as /labels/team";

impl Condition {
    /// Reads `field=pattern` or `field!=pattern`.
    ///
    /// # Errors
    /// In words, when it is not of that form, the field is none, or the pattern cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (field, pattern) = text.split_once('=').ok_or("write field=pattern, such as agent_id=billing-*")?;
        let (field, wanted) = field.strip_suffix('!').map_or((field, true), |field| (field, false));
        let field = match field {
            "agent_id" => Field::Agent,
            "run_id" => Field::Run,
            "session_id" => Field::Session,
            "integration" => Field::Integration,
            "operation" => Field::Operation,
            "action" => Field::Action,
            "resource" => Field::Resource,
            pointer if pointer.starts_with('/') => Field::Pointer(pointer.to_owned()),
            other => return Err(format!("`{other}` is no field; the fields are {FIELDS}")),
        };
        let pattern = Pattern::parse(pattern).map_err(|_| format!("`{pattern}` is no pattern"))?;
        Ok(Self { text: text.to_owned(), field, pattern, wanted })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The JSON pointer that it looks at.
    #[must_use]
    pub fn pointer(&self) -> Option<&str> {
        match &self.field {
            Field::Pointer(pointer) => Some(pointer),
            _ => None,
        }
    }

    /// Whether it holds; `None`: the record does not say.
    fn holds(&self, attempt: &Attempt<'_>, call: &Call<'_>) -> Option<bool> {
        let matches = |text: &str| self.pattern.matches(text) == self.wanted;
        match &self.field {
            Field::Agent => call.agent.map(matches),
            Field::Run => call.run.map(matches),
            Field::Session => call.session.map(matches),
            Field::Integration => call.integration.map(matches),
            Field::Operation => Some(matches(&call.operation)),
            Field::Action => call.integration.map(|_| matches(&call.name())),
            Field::Resource => call.resource.map(matches),
            Field::Pointer(pointer) => match attempt.at(pointer) {
                Pointed::Value(Value::String(text)) => Some(matches(&text)),
                Pointed::Value(value) => Some(matches(&value.to_string())),
                Pointed::Nothing => Some(!self.wanted),
                Pointed::Unreliable => None,
            },
        }
    }
}

impl Filter {
    /// Whether everything is reported.
    pub(super) fn is_open(&self) -> bool {
        self.since.is_none() && self.until.is_none() && self.conditions.is_empty() && self.sample.is_none()
    }

    /// Whether an action is reported: what may belong to it does.
    pub(super) fn takes(&self, attempt: &Attempt<'_>, call: &Call<'_>, position: Position) -> bool {
        if self.is_open() {
            return true;
        }
        let late = self.until.zip(call.time).is_some_and(|(until, time)| time >= until);
        let early = self.since.zip(call.time).is_some_and(|(since, time)| time < since);
        !late
            && !early
            && self.conditions.iter().all(|condition| condition.holds(attempt, call).unwrap_or(true))
            && self.sample.is_none_or(|last| (super::sample::rank(attempt), position) <= last)
    }
}
