use serde_json::{Map, Value, json};

use super::{Action, Usd};

/// The largest compiled regular expression, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// The arguments of an action: always a JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Arguments(Value);

impl Arguments {
    /// The arguments that a map holds.
    #[must_use]
    pub fn new(map: Map<String, Value>) -> Self {
        Self(Value::Object(map))
    }

    /// The value of an argument; JSON null is a value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All of them as one JSON object.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.0
    }
}

impl Action {
    /// The action as a record writes it; unknown facts are left out, since null is no value.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let facts = [
            ("id", json!(self.id)),
            ("timestamp", json!(self.timestamp.map(|time| time.to_string()))),
            ("agent_id", json!(self.agent_id)),
            ("run_id", json!(self.run_id)),
            ("session_id", json!(self.session_id)),
            ("turn", json!(self.turn)),
            ("group_id", json!(self.group_id)),
            ("mission_id", json!(self.mission_id)),
            ("integration", json!(self.integration)),
            ("operation", json!(self.operation)),
            ("resource", json!(self.resource)),
            ("data_classification", json!(self.data_classification)),
            ("arguments", json!(self.arguments.as_ref().map(Arguments::as_value))),
            ("tags", json!(self.tags)),
            ("risk_level", json!(self.risk_level)),
            ("cost_usd", json!(self.cost_usd.map(Usd::to_json))),
            ("outcome", json!(self.outcome)),
            ("error", json!(self.error)),
            ("result", json!(self.result)),
        ];
        let known = facts.into_iter().filter(|(_, value)| !value.is_null());
        Value::Object(known.map(|(key, value)| (key.to_owned(), value)).collect())
    }
}

impl FromIterator<(String, Value)> for Arguments {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(pairs: I) -> Self {
        Self(Value::Object(pairs.into_iter().collect()))
    }
}

/// A JSON Schema, 2020-12, checked: valid, of known keywords and formats, self-contained.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JsonSchema(pub Value);

/// A schema ready to validate.
#[derive(Debug)]
pub struct Validator(jsonschema::Validator);

impl Validator {
    /// Whether a value is valid.
    #[must_use]
    pub fn is_valid(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }

    /// What is wrong with a value, in words: at most so many complaints.
    #[must_use]
    pub fn complaints(&self, value: &Value, most: usize) -> Vec<String> {
        let told = self.0.iter_errors(value).take(most).map(|error| match error.instance_path().as_str() {
            "" => error.to_string(),
            path => format!("{error} at {path}"),
        });
        told.collect()
    }
}

impl JsonSchema {
    /// The options every schema of a document is compiled with: nothing is fetched, formats assert, expressions are
    /// linear.
    #[must_use]
    pub fn options() -> jsonschema::ValidationOptions<'static> {
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_pattern_options(jsonschema::PatternOptions::regex().size_limit(MAX_REGEX_BYTES))
            .offline()
    }

    /// The schema ready to validate; `None` if it is none, which [`crate::lower`] never lets through.
    #[must_use]
    pub fn validator(&self) -> Option<Validator> {
        Self::options().build(&self.0).ok().map(Validator)
    }

    /// Whether every value validates (`true`, `{}`) or none does (`false`); `None`: it depends.
    #[must_use]
    pub fn same_for_all(&self) -> Option<bool> {
        match &self.0 {
            Value::Bool(all) => Some(*all),
            Value::Object(map) if map.is_empty() => Some(true),
            _ => None,
        }
    }
}
