use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Recorded actions in forms of one's own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordSettings {
    /// Forms of records by name, for `--from NAME`.
    #[serde(default)]
    pub mappings: BTreeMap<String, Mapping>,
}

/// Where in a JSON document the facts of a record stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Where a list of records stands in each document; null: each document is one record.
    #[serde(default)]
    pub records: Option<String>,
    /// Where lists of pointers to what was taken out of a record stand; a fact that one of them touches is unknown.
    #[serde(default)]
    pub erased: Vec<String>,
    /// The record's own id.
    #[serde(default)]
    pub id: Option<FieldSource>,
    /// When it happened.
    #[serde(default)]
    pub timestamp: Option<FieldSource>,
    /// Who acted.
    #[serde(default)]
    pub agent_id: Option<FieldSource>,
    /// In which run.
    #[serde(default)]
    pub run_id: Option<FieldSource>,
    /// In which session.
    #[serde(default)]
    pub session_id: Option<FieldSource>,
    /// In which turn.
    #[serde(default)]
    pub turn: Option<FieldSource>,
    /// A group the agent belongs to.
    #[serde(default)]
    pub group_id: Option<FieldSource>,
    /// The mission it was for.
    #[serde(default)]
    pub mission_id: Option<FieldSource>,
    /// The integration.
    #[serde(default)]
    pub integration: Option<FieldSource>,
    /// The operation.
    pub operation: FieldSource,
    /// What it was done to.
    #[serde(default)]
    pub resource: Option<FieldSource>,
    /// How sensitive the data was.
    #[serde(default)]
    pub data_classification: Option<FieldSource>,
    /// The arguments.
    #[serde(default)]
    pub arguments: Option<FieldSource>,
    /// The tags.
    #[serde(default)]
    pub tags: Option<FieldSource>,
    /// How risky it was.
    #[serde(default)]
    pub risk_level: Option<FieldSource>,
    /// What it cost, in USD.
    #[serde(default)]
    pub cost_usd: Option<FieldSource>,
    /// What came of it: success, error, blocked or rejected.
    #[serde(default)]
    pub outcome: Option<FieldSource>,
    /// The error it ended with.
    #[serde(default)]
    pub error: Option<FieldSource>,
    /// What it gave back.
    #[serde(default)]
    pub result: Option<FieldSource>,
    /// What was decided when it was recorded.
    #[serde(default)]
    pub recorded_decision: Option<FieldSource>,
    /// What people know of it.
    #[serde(default)]
    pub labels: Option<FieldSource>,
}

impl Mapping {
    /// The fields of a record, in the order in which they are written, each with where it stands.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &FieldSource)> {
        let all = [
            ("id", self.id.as_ref()),
            ("timestamp", self.timestamp.as_ref()),
            ("agent_id", self.agent_id.as_ref()),
            ("run_id", self.run_id.as_ref()),
            ("session_id", self.session_id.as_ref()),
            ("turn", self.turn.as_ref()),
            ("group_id", self.group_id.as_ref()),
            ("mission_id", self.mission_id.as_ref()),
            ("integration", self.integration.as_ref()),
            ("operation", Some(&self.operation)),
            ("resource", self.resource.as_ref()),
            ("data_classification", self.data_classification.as_ref()),
            ("arguments", self.arguments.as_ref()),
            ("tags", self.tags.as_ref()),
            ("risk_level", self.risk_level.as_ref()),
            ("cost_usd", self.cost_usd.as_ref()),
            ("outcome", self.outcome.as_ref()),
            ("error", self.error.as_ref()),
            ("result", self.result.as_ref()),
            ("recorded_decision", self.recorded_decision.as_ref()),
            ("labels", self.labels.as_ref()),
        ];
        all.into_iter().filter_map(|(name, source)| Some((name, source?)))
    }
}

/// Where a field stands: a JSON pointer (RFC 6901) from the record, or more than that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FieldSource {
    /// A JSON pointer, such as `/input/agent`.
    Pointer(String),
    /// A pointer with how its value is to be read, or a value.
    Detailed(DetailedSource),
}

/// A pointer with how its value is to be read, or a value: exactly one of `pointer`, `document` and `const`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DetailedSource {
    /// A JSON pointer from the record.
    #[serde(default)]
    pub pointer: Option<String>,
    /// A JSON pointer from the document that `records` leads into.
    #[serde(default)]
    pub document: Option<String>,
    /// The value in every record.
    #[serde(default, rename = "const")]
    pub value: Option<Value>,
    /// How a timestamp is written.
    #[serde(default)]
    pub unit: TimeUnit,
    /// What values of the log mean: a text, number or truth value of it, or `null`, and the value of the record.
    #[serde(default)]
    pub values: BTreeMap<String, Value>,
}

/// How a timestamp is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// An RFC 3339 text.
    #[default]
    Rfc3339,
    /// Unix time in seconds, also with a fraction.
    UnixS,
    /// Unix time in milliseconds.
    UnixMs,
    /// Unix time in microseconds.
    UnixUs,
    /// Unix time in nanoseconds.
    UnixNs,
}
