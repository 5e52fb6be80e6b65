//! A test alert, as JSON and for people.

use schemars::JsonSchema;
use serde::Serialize;

use super::table::aligned;
use super::visible_line;

/// What `policyc alert test` answers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "policyc alert")]
pub struct AlertReport {
    /// Always `policyc.alert/v1`.
    pub schema: &'static str,
    /// Whose alert it is.
    pub of: AlertOf,
    /// Whether nothing was sent because nothing was to be sent.
    pub dry_run: bool,
    /// The mail server.
    pub server: String,
    /// Whether the way there was sealed with TLS; null: nobody was talked to.
    pub sealed: Option<bool>,
    /// Everybody who is to be told.
    pub recipients: Vec<AlertLine>,
}

/// Whose alert it is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AlertOf {
    /// policy or environment.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
}

/// Somebody who is to be told, at one address.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AlertLine {
    /// The principal, or the name or address itself.
    pub who: String,
    /// How the document names them.
    pub named: Vec<String>,
    /// The address; null: there is none.
    pub address: Option<String>,
    /// What became of the mail.
    pub outcome: AlertOutcome,
    /// Why it was not sent.
    pub why: Option<String>,
    /// The mail, as it would be sent; only of a dry run.
    pub mail: Option<String>,
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertOutcome {
    /// The server took it.
    Sent,
    /// It would be sent.
    WouldBeSent,
    /// The server did not take it.
    Refused,
    /// The server could not be talked to.
    NotSent,
    /// There is no address.
    NoAddress,
}

/// The alert for people: a line for each who is to be told.
#[must_use]
pub fn alert_human(report: &AlertReport) -> String {
    let row = |line: &AlertLine| {
        let outcome = match line.outcome {
            AlertOutcome::Sent => "sent",
            AlertOutcome::WouldBeSent => "would be sent",
            AlertOutcome::Refused => "refused",
            AlertOutcome::NotSent => "not sent",
            AlertOutcome::NoAddress => "no address",
        };
        let who = visible_line(&line.who);
        let (place, who) = match &line.address {
            Some(address) if *address == line.who => (who, String::new()),
            Some(address) => (visible_line(address), format!("({who})")),
            None => (who, String::new()),
        };
        let why = line.why.as_ref().map(|why| visible_line(why)).unwrap_or_default();
        vec![outcome.to_owned(), place, format!("{who} {why}").trim().to_owned()]
    };
    let rows: Vec<Vec<String>> = report.recipients.iter().map(row).collect();
    let open = if report.sealed == Some(false) { "the mails went without TLS\n" } else { "" };
    format!("{}{open}", aligned(&rows))
}
