//! What operators are told: the audit, health, readiness and verification, for people and for programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::table::aligned;
use super::visible_line;

/// What was done, the newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc audit")]
pub struct AuditPage {
    /// The entries of this page.
    pub data: Vec<AuditEntry>,
    /// How many there are on all pages.
    pub count: usize,
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditEntry {
    /// When (RFC 3339), as Git or the record has it; orders nothing but records.
    pub at: String,
    /// `version`, `governing`, `deploy`, `rollback`, `rollout`, `kill_switch`, `review`, `revocation` or `refused` (a lock that is not
    /// good).
    pub kind: String,
    /// Who: the principal or account.
    pub who: String,
    /// What was done, in words.
    pub what: String,
    /// Why, as they said.
    pub reason: Option<String>,
    /// The environment.
    pub environment: Option<String>,
    /// The sequence of its lock.
    pub sequence: Option<u64>,
    /// The commit; null for a review record.
    pub commit: Option<String>,
    /// How well it is proven who did it: `attested`, `recorded`, `refuted`, or null for what Git alone says.
    pub evidence: Option<String>,
}

/// Rows that were looked at one by one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc checks of an operator")]
pub struct RowsReport {
    /// `policyc.health/v1`, `policyc.readiness/v1` or `policyc.verify/v1`.
    pub schema: &'static str,
    /// The environment that was asked about; null: all.
    pub environment: Option<String>,
    /// The worst outcome of all rows.
    pub outcome: RowOutcome,
    /// The rows, in their order.
    pub rows: Vec<Row>,
    /// Who holds which role; empty where that was not asked.
    pub roles: Vec<RoleLine>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// What was looked at.
    pub name: String,
    /// What came of it.
    pub outcome: RowOutcome,
    /// What was measured.
    pub value: String,
    /// What it is held against; null: it is only told.
    pub threshold: Option<String>,
    /// What to do; null: nothing.
    pub help: Option<String>,
}

/// What came of a row, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// It is as it is to be.
    Pass,
    /// It could not be looked at, or is weaker than it could be.
    Degraded,
    /// It is not as it is to be.
    Fail,
}

/// Who holds a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RoleLine {
    /// The role: `review`, `approve`, `approve loosening` or `roll back`.
    pub role: String,
    /// The environment; null: the protected branch.
    pub environment: Option<String>,
    /// How many of them are needed.
    pub required: u64,
    /// The principals; empty: everybody.
    pub principals: Vec<String>,
}

impl Row {
    /// A row that passes if something holds, and fails otherwise.
    #[must_use]
    pub fn of(name: &str, holds: bool, value: impl Into<String>) -> Self {
        let outcome = if holds { RowOutcome::Pass } else { RowOutcome::Fail };
        Self { name: name.to_owned(), outcome, value: value.into(), threshold: None, help: None }
    }

    /// The same, but not worse than degraded.
    #[must_use]
    pub fn mild(mut self) -> Self {
        self.outcome = self.outcome.min(RowOutcome::Degraded);
        self
    }

    /// What it is held against.
    #[must_use]
    pub fn against(mut self, threshold: impl Into<String>) -> Self {
        self.threshold = Some(threshold.into());
        self
    }

    /// What to do where it does not pass.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into()).filter(|_| self.outcome != RowOutcome::Pass);
        self
    }
}

impl RowsReport {
    /// A report of rows.
    #[must_use]
    pub fn new(schema: &'static str, environment: Option<String>, rows: Vec<Row>, roles: Vec<RoleLine>) -> Self {
        let outcome = rows.iter().map(|row| row.outcome).max().unwrap_or(RowOutcome::Pass);
        Self { schema, environment, outcome, rows, roles }
    }
}

impl RowOutcome {
    /// The word, as reports write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Degraded => "degraded",
            Self::Fail => "fail",
        }
    }
}

/// Rows for people; what passes is told in full only when `verbose`.
#[must_use]
pub fn rows_human(report: &RowsReport, verbose: bool) -> String {
    let row = |row: &Row| {
        let threshold = row.threshold.as_ref().map(|threshold| format!(" ({threshold})")).unwrap_or_default();
        let value = visible_line(&format!("{}{threshold}", row.value));
        vec![row.outcome.as_str().to_owned(), visible_line(&row.name), value]
    };
    let shown: Vec<&Row> = report.rows.iter().filter(|row| verbose || row.outcome != RowOutcome::Pass).collect();
    let mut text = aligned(&shown.iter().map(|one| row(one)).collect::<Vec<_>>());
    for one in shown.iter().filter(|row| row.help.is_some()) {
        let help = one.help.as_deref().unwrap_or_default();
        text.push_str(&format!("help: {}: {}\n", visible_line(&one.name), visible_line(help)));
    }
    for role in report.roles.iter().filter(|_| verbose) {
        let place = role.environment.as_deref().unwrap_or("the protected branch");
        let who = if role.principals.is_empty() { "everybody".to_owned() } else { role.principals.join(", ") };
        let (role_name, required) = (&role.role, role.required);
        text.push_str(&visible_line(&format!("role: {role_name} in {place}: {required} of {who}")));
        text.push('\n');
    }
    let passed = report.rows.iter().filter(|row| row.outcome == RowOutcome::Pass).count();
    text.push_str(&format!("{}: {passed} of {} rows pass\n", report.outcome.as_str(), report.rows.len()));
    text
}

/// The audit for people: one line an entry.
#[must_use]
pub fn audit_human(page: &AuditPage, skipped: usize) -> String {
    let row = |entry: &AuditEntry| {
        let place = match (&entry.environment, entry.sequence) {
            (Some(environment), Some(sequence)) => format!("{environment}@{sequence}"),
            (Some(environment), None) => environment.clone(),
            _ => "-".to_owned(),
        };
        let why = entry.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let proof = entry.evidence.as_ref().map(|evidence| format!(" ({evidence})")).unwrap_or_default();
        [&entry.at, &entry.kind, &place, &format!("{}{proof}", entry.who), &format!("{}{why}", entry.what)]
            .map(|cell| visible_line(cell))
            .to_vec()
    };
    let head = ["WHEN", "KIND", "WHERE", "WHO", "WHAT"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = [head].into_iter().chain(page.data.iter().map(row)).collect();
    let mut text = aligned(&rows);
    text.push_str(&format!("{} of {} entries", page.data.len(), page.count));
    if skipped + page.data.len() < page.count {
        text.push_str(&format!("; more with --skip {}", skipped + page.data.len()));
    }
    text.push('\n');
    text
}
