use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::environment::Percent;
use super::{Approvals, Effect, RecordSettings};

/// The settings of a policy repository, `policyc.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(
    title = "policyc settings",
    example = serde_json::json!({"branch": "main", "documents": ["policies/"], "defaults": {"effect": "deny"}})
)]
pub struct Settings {
    /// The schema that an editor uses; without meaning.
    #[serde(rename = "$schema")]
    #[schemars(with = "String")]
    pub schema: Option<String>,
    /// The protected branch, whose merged commits are versions.
    #[schemars(length(min = 1))]
    pub branch: String,
    /// The folders where documents are read.
    #[schemars(length(min = 1))]
    pub documents: Vec<String>,
    /// What holds where documents say nothing.
    pub defaults: Defaults,
    /// What a change of policies needs before it is merged.
    pub review: Approvals,
    /// What `policyc ci` asks of a change beside approvals and gates; judged as the base side has it.
    pub checks: Checks,
    /// Recorded actions to replay changes against.
    pub logs: Vec<LogSource>,
    /// How records in forms of one's own are read.
    pub records: RecordSettings,
    /// What the operator expects to be true.
    pub expect: ExpectedState,
    /// Limits of this repository.
    pub limits: SettingsLimits,
    /// How alerts are mailed; absent: they are not.
    pub alerts: Option<AlertSettings>,
    /// Which model proposes readings of sentences for `compile --assist`, and where it is asked.
    pub assist: AssistSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            schema: None,
            branch: "main".to_owned(),
            documents: vec!["policies/".to_owned()],
            defaults: Defaults::default(),
            review: Approvals::default(),
            checks: Checks::default(),
            logs: Vec::new(),
            records: RecordSettings::default(),
            expect: ExpectedState::default(),
            limits: SettingsLimits::default(),
            alerts: None,
            assist: AssistSettings::default(),
        }
    }
}

/// What holds where documents say nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// The effect of an action that no rule matches; null: deny if there is any rule, else allow.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// How long an approval holds where a rule does not say, in seconds.
    #[serde(default = "a_day")]
    #[schemars(range(min = 1))]
    pub session_ttl: u64,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { effect: None, session_ttl: a_day() }
    }
}

/// What `policyc ci` asks of a change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Checks {
    /// Whether warnings refuse a change.
    pub deny_warnings: bool,
    /// Whether a test whose decision hangs on facts that it does not give fails.
    pub deny_uncertain: bool,
    /// The least share of rules, list entries, criteria and constraints that tests must cover.
    #[schemars(with = "Option<Percent>")]
    pub min_coverage: Option<String>,
}

/// A log of recorded actions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogSource {
    /// A file or folder in the repository.
    #[schemars(length(min = 1))]
    pub path: String,
    /// The form of its records, or the name of a mapping; absent: detected and told.
    #[serde(default)]
    pub from: Option<String>,
}

/// What the operator expects to be true.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedState {
    /// How many enabled documents of kind policy are live.
    #[serde(default)]
    pub active_policies: Option<u64>,
    /// After how many days a pin behind the newest version is stale.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub stale_days: Option<u64>,
}

/// Limits of a repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsLimits {
    /// How many findings are shown; the rest is counted.
    #[serde(default = "two_hundred")]
    #[schemars(range(min = 1, max = 10_000))]
    pub max_findings: u64,
}

impl Default for SettingsLimits {
    fn default() -> Self {
        Self { max_findings: two_hundred() }
    }
}

/// How alerts are mailed. User and password are never written here: `POLICYC_SMTP_USER` and `POLICYC_SMTP_PASSWORD`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertSettings {
    /// The mail server, `host` or `host:port`; the port is 587 where none is written, and 465 speaks TLS from the start.
    #[schemars(length(min = 1))]
    pub smtp: String,
    /// The address that alerts come from.
    #[schemars(length(min = 1))]
    pub from: String,
    /// Whether the way to the server is sealed.
    #[serde(default)]
    pub tls: AlertTls,
}

/// Whether the way to a mail server is sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertTls {
    /// Nothing is sent without TLS.
    Required,
    /// With TLS where the server offers it.
    #[default]
    WhenOffered,
    /// Never, and without user and password.
    Never,
}

/// Which model proposes readings of sentences, and where it is asked. The key is never written here: `GEMINI_API_KEY`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssistSettings {
    /// The model; absent: `gemini-2.5-flash`. `POLICYC_ASSIST_MODEL` goes before it.
    #[serde(default)]
    #[schemars(with = "Option<ModelName>")]
    pub model: Option<String>,
    /// Where the API is, without `/v1beta`; absent: Google's. A key is sent elsewhere only where `POLICYC_ASSIST_URL` says so.
    #[serde(default)]
    #[schemars(with = "Option<BaseUrl>")]
    pub base_url: Option<String>,
    /// How long one request may take, in seconds.
    #[serde(default = "half_a_minute")]
    #[schemars(range(min = 1, max = 600))]
    pub timeout_seconds: u64,
}

impl Default for AssistSettings {
    fn default() -> Self {
        Self { model: None, base_url: None, timeout_seconds: half_a_minute() }
    }
}

/// The name of a model, for the schema.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
#[schemars(inline)]
struct ModelName(#[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"))] String);

/// The address of an API, for the schema.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
#[schemars(inline)]
struct BaseUrl(
    #[schemars(regex(pattern = r"^https?://[!-~]{1,500}$"))]
    String,
);

fn half_a_minute() -> u64 {
    30
}

fn a_day() -> u64 {
    86_400
}

fn two_hundred() -> u64 {
    200
}
