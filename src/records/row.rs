#![expect(clippy::option_option, reason = "what is in doubt is told from what is not given")]

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Record;
use super::misspelt::meant;
use super::scan::{Kind, Look, Scan};
use crate::model::{Action, Arguments, Effect, Level, Outcome, Risk, Time, Usd};
use crate::text::distinct;

/// A native record of which nothing is in doubt, as it stands in its line. What it holds in depth is read when asked for.
#[derive(Debug, Default)]
pub struct Row<'a> {
    /// The record's own id.
    pub id: Option<&'a str>,
    /// When.
    pub time: Option<Time>,
    /// Who.
    pub agent: Option<&'a str>,
    /// In which run.
    pub run: Option<&'a str>,
    /// In which session.
    pub session: Option<&'a str>,
    /// In which turn.
    pub turn: Option<u64>,
    /// A group of the agent.
    pub group: Option<&'a str>,
    /// The mission it is for.
    pub mission: Option<&'a str>,
    /// The integration.
    pub integration: Option<&'a str>,
    /// The operation.
    pub operation: &'a str,
    /// What it is done to.
    pub resource: Option<&'a str>,
    /// How sensitive the data is.
    pub level: Option<Level>,
    /// The risk.
    pub risk: Option<Risk>,
    /// The cost.
    pub cost: Option<Usd>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// The error it ended with, as JSON.
    pub error: Option<&'a str>,
    /// What was decided when it was recorded.
    pub recorded_decision: Option<Effect>,
    arguments: Lazy<'a>,
    result: Lazy<'a>,
    labels: Option<&'a str>,
    tags: Option<&'a str>,
    tags_read: OnceCell<BTreeSet<String>>,
}

/// JSON that is read when it is asked for.
#[derive(Debug, Default)]
struct Lazy<'a> {
    text: Option<&'a str>,
    read: OnceCell<Option<Value>>,
}

impl Lazy<'_> {
    fn value(&self) -> Option<&Value> {
        let text = self.text?;
        self.read.get_or_init(|| distinct(text).ok()).as_ref()
    }
}

/// Reads native records of which nothing is in doubt.
#[derive(Debug, Default)]
pub struct Rows {
    /// Keys that are none of a record's and not mistaken for one: logs have the same few in every line.
    others: Vec<Box<str>>,
}

/// How many other keys are remembered.
const OTHERS: usize = 64;

impl Rows {
    /// Reads a line; `None`: [`super::read`] has to look at it.
    pub fn read<'a>(&mut self, line: &'a str) -> Option<Box<Row<'a>>> {
        let mut row = self.fields(line)?;
        let told = row.outcome.is_none() && row.error.is_none() && row.result.text.is_some();
        if told {
            row.outcome = Some(Outcome::Success);
        }
        Some(row)
    }

    fn is_harmless(&mut self, key: &str) -> bool {
        if self.others.iter().any(|other| **other == *key) {
            return true;
        }
        let harmless = meant(key).is_none();
        if harmless && self.others.len() < OTHERS {
            self.others.push(key.into());
        }
        harmless
    }

    fn fields<'a>(&mut self, line: &'a str) -> Option<Box<Row<'a>>> {
        let mut scan = Scan::new(line);
        let mut row = Box::<Row<'_>>::default();
        let mut given = 0_u32;
        scan.takes(b'{')?;
        loop {
            let key = scan.key()?;
            let field = row.take(key, &mut scan)?;
            if field.is_none() && !self.is_harmless(key) {
                return None;
            }
            if let Some(field) = field {
                let bit = 1_u32 << field;
                // Which of two is meant is not known.
                if given & bit != 0 {
                    return None;
                }
                given |= bit;
            }
            if scan.next_byte()? != b',' {
                scan.takes(b'}')?;
                break;
            }
            scan.takes(b',')?;
        }
        (scan.is_at_end() && !row.operation.is_empty()).then_some(row)
    }
}

/// The value of a key of a JSON object, as it is written.
///
/// # Errors
/// In words, when the text is no object, or the key is given twice: which of the two is meant is not known.
pub fn member<'a>(object: &'a str, wanted: &str) -> Result<Option<&'a str>, String> {
    let (mut scan, mut found) = (Scan::new(object), None);
    if scanned(&mut scan, wanted, &mut found).is_some() {
        return Ok(found);
    }
    // The key twice, or what only the general reader understands.
    let Members(members) = serde_json::from_str(object).map_err(|error| error.to_string())?;
    let mut found = members.into_iter().filter(|(key, _)| key == wanted);
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(format!("the key `{wanted}` is given twice")),
        (one, None) => Ok(one.map(|(_, raw)| raw.get())),
    }
}

/// The members of an object as they stand in the text.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = entries.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Collect)
    }
}

/// Finds a key at a glance; `None`: the general reader has to look at the object.
fn scanned<'a>(scan: &mut Scan<'a>, wanted: &str, found: &mut Option<&'a str>) -> Option<()> {
    scan.takes(b'{')?;
    loop {
        let key = scan.any_key()?;
        let (_, text) = scan.value(Look::Passing)?;
        let is_wanted = if key.contains('\\') {
            serde_json::from_str::<String>(key).ok()? == wanted
        } else {
            key.get(1..key.len() - 1) == Some(wanted)
        };
        if is_wanted && found.replace(text).is_some() {
            return None;
        }
        if scan.next_byte()? != b',' {
            break;
        }
        scan.takes(b',')?;
    }
    scan.takes(b'}')?;
    scan.is_at_end().then_some(())
}

impl<'a> Row<'a> {
    /// Takes the value of a key; the number of the field, if it is one. `None`: something is in doubt.
    fn take(&mut self, key: &str, scan: &mut Scan<'a>) -> Option<Option<u32>> {
        let field = match key.as_bytes() {
            b"id" => return name(scan, 0, &mut self.id),
            b"agent_id" => return name(scan, 1, &mut self.agent),
            b"run_id" => return name(scan, 2, &mut self.run),
            b"session_id" => return name(scan, 3, &mut self.session),
            b"group_id" => return name(scan, 4, &mut self.group),
            b"mission_id" => return name(scan, 5, &mut self.mission),
            b"integration" => return name(scan, 6, &mut self.integration),
            b"resource" => return name(scan, 7, &mut self.resource),
            b"operation" => {
                self.operation = plain_text(scan)?.filter(|text| !text.is_empty())?;
                8
            }
            b"timestamp" => {
                self.time = known(plain_text(scan)?, Time::parse)?;
                9
            }
            b"data_classification" => {
                self.level = known(plain_text(scan)?, level)?;
                10
            }
            b"risk_level" => {
                self.risk = known(plain_text(scan)?, risk)?;
                11
            }
            b"outcome" => {
                self.outcome = known(plain_text(scan)?, outcome)?;
                12
            }
            b"recorded_decision" => {
                self.recorded_decision = known(plain_text(scan)?, effect)?;
                13
            }
            _ => return self.take_other(key, scan),
        };
        Some(Some(field))
    }

    fn take_other(&mut self, key: &str, scan: &mut Scan<'a>) -> Option<Option<u32>> {
        let field = match key.as_bytes() {
            b"turn" => {
                self.turn = known(number(scan)?, |text| text.parse().ok())?;
                14
            }
            b"cost_usd" => {
                self.cost = known(number(scan)?, Usd::rounded_up)?;
                15
            }
            b"arguments" => {
                self.arguments.text = untouched(scan, Look::Arguments, |kind| kind == Kind::Map)?;
                16
            }
            b"result" => {
                self.result.text = untouched(scan, Look::Result, |kind| kind != Kind::List)?;
                // A text that holds JSON is read as that.
                let inner = self.result.text.and_then(|text| text.strip_prefix('"'));
                if inner.is_some_and(|text| text.trim_start().starts_with(['{', '[', '\\'])) {
                    return None;
                }
                17
            }
            b"labels" => {
                self.labels = untouched(scan, Look::Distinct, |_| true)?;
                18
            }
            b"tags" => {
                self.tags = untouched(scan, Look::Distinct, |kind| kind == Kind::List)?;
                if self.tags.is_some() {
                    self.tags_read.set(serde_json::from_str(self.tags?).ok()?).ok()?;
                }
                19
            }
            b"error" => {
                let (kind, text) = scan.value(Look::Passing)?;
                self.error = (kind != Kind::Null).then_some(text);
                20
            }
            b"unreliable" => {
                scan.value(Look::Passing).filter(|(kind, _)| *kind == Kind::Null)?;
                21
            }
            _ => {
                scan.value(Look::Passing)?;
                return Some(None);
            }
        };
        Some(Some(field))
    }

    /// The arguments, a JSON object; `None`: unknown.
    pub fn arguments(&self) -> Option<&Value> {
        self.arguments.value()
    }

    /// What it gave back; `None`: unknown.
    pub fn result(&self) -> Option<&Value> {
        self.result.value()
    }

    /// Its tags; `None`: unknown.
    pub fn tags(&self) -> Option<&BTreeSet<String>> {
        self.tags_read.get()
    }

    /// The same as the careful reader builds it.
    #[must_use]
    pub fn to_record(&self) -> Record {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let error = self.error.map(|text| serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned()));
        let arguments = match self.arguments() {
            Some(Value::Object(map)) => Some(Arguments::new(map.clone())),
            _ => None,
        };
        let action = Action {
            id: owned(self.id),
            timestamp: self.time,
            agent_id: owned(self.agent),
            run_id: owned(self.run),
            session_id: owned(self.session),
            turn: self.turn,
            group_id: owned(self.group),
            mission_id: owned(self.mission),
            integration: owned(self.integration),
            operation: self.operation.to_owned(),
            resource: owned(self.resource),
            data_classification: self.level,
            arguments,
            tags: self.tags().cloned(),
            risk_level: self.risk,
            cost_usd: self.cost,
            outcome: self.outcome,
            error,
            result: self.result().cloned(),
            broken: BTreeSet::new(),
        };
        let labels = self.labels.and_then(|text| distinct(text).ok()).unwrap_or(Value::Null);
        Record { action, recorded_decision: self.recorded_decision, labels, doubts: Vec::new() }
    }
}

/// A text without escapes, or null.
fn plain_text<'a>(scan: &mut Scan<'a>) -> Option<Option<&'a str>> {
    let (kind, text) = scan.value(Look::Passing)?;
    match kind {
        Kind::Null => Some(None),
        Kind::Text { escaped: false } => text.get(1..text.len() - 1).map(Some),
        _ => None,
    }
}

/// A name: a text that is not empty, or a whole number, which some systems use.
fn name<'a>(scan: &mut Scan<'a>, field: u32, into: &mut Option<&'a str>) -> Option<Option<u32>> {
    let (kind, text) = scan.value(Look::Arguments)?;
    *into = match kind {
        Kind::Null => None,
        Kind::Text { escaped: false } => Some(text.get(1..text.len() - 1).filter(|text| !text.is_empty())?),
        Kind::Number if text.bytes().all(|byte| byte.is_ascii_digit()) => Some(text),
        _ => return None,
    };
    Some(Some(field))
}

/// A number as it is written, or null.
fn number<'a>(scan: &mut Scan<'a>) -> Option<Option<&'a str>> {
    let (kind, text) = scan.value(Look::Distinct)?;
    match kind {
        Kind::Null => Some(None),
        Kind::Number => Some(Some(text)),
        _ => None,
    }
}

/// What stands where somebody cut a text in its middle.
static CUT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("truncated]"));

/// Null, or JSON of a kind that is wanted and of which nothing is in doubt.
fn untouched<'a>(scan: &mut Scan<'a>, look: Look, wanted: impl Fn(Kind) -> bool) -> Option<Option<&'a str>> {
    let (kind, text) = scan.value(look)?;
    if kind == Kind::Null {
        return Some(None);
    }
    (wanted(kind) && CUT.find(text.as_bytes()).is_none()).then_some(Some(text))
}

/// What a word means; `None` where it means nothing.
fn known<T>(text: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    match text {
        None => Some(None),
        Some(text) => read(text).map(Some),
    }
}

fn level(text: &str) -> Option<Level> {
    [Level::Public, Level::Internal, Level::Confidential, Level::Restricted]
        .into_iter()
        .find(|level| level.as_str() == text)
}

fn risk(text: &str) -> Option<Risk> {
    [Risk::Minimal, Risk::Low, Risk::Medium, Risk::High, Risk::Critical].into_iter().find(|risk| risk.as_str() == text)
}

fn outcome(text: &str) -> Option<Outcome> {
    match text {
        "success" => Some(Outcome::Success),
        "error" => Some(Outcome::Error),
        "blocked" => Some(Outcome::Blocked),
        "rejected" => Some(Outcome::Rejected),
        _ => None,
    }
}

fn effect(text: &str) -> Option<Effect> {
    Effect::ALL.into_iter().find(|effect| effect.as_str() == text)
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    #[test]
    fn a_clean_record_is_read_at_once() {
        let line = r#"{"id": "1", "timestamp": "2026-03-02T09:00:00Z", "agent_id": "a", "run_id": 7, "turn": 3, "integration":
            "mail", "operation": "send", "resource": "x/y", "data_classification": "public", "arguments": {"to": "b", "n":
            [1, 2.5]}, "tags": ["t"], "risk_level": "low", "cost_usd": 0.25, "outcome": "success", "error": null, "result":
            "sent\n to b", "recorded_decision": "allow", "labels": {"x": true}, "other": {"a": 1, "a": 1e400}}"#;
        assert_eq!(Rows::default().read(line).expect("clean").to_record(), read(line).unwrap());
    }

    #[test]
    fn what_is_in_doubt_is_left_to_the_careful_reader() {
        for line in [
            "",
            "[]",
            "{}",
            r#"{"operation": ""}"#,
            r#"{"operation": "a", "operation": "b"}"#,
            r#"{"operation": "a\u0062"}"#,
            r#"{"operation": "a"} x"#,
            r#"{"operation": "a",}"#,
            r#"{"operation": "a", "arguments": {"b": 1, "b": 2}}"#,
            r#"{"operation": "a", "arguments": "{}"}"#,
            r#"{"operation": "a", "arguments": {"b": 1e5}}"#,
            r#"{"operation": "a", "arguments": {"b": 12345678901234567}}"#,
            r#"{"operation": "a", "arguments": {"b": "[REDACTED]"}}"#,
            r#"{"operation": "a", "result": "the end was cut…"}"#,
            r#"{"operation": "a", "result": "{\"b\": 1}"}"#,
            r#"{"operation": "a", "timestamp": "2026-01-01T00:00:00"}"#,
            r#"{"operation": "a", "x": 01}"#,
            r#"{"operation": "a", "x": tru}"#,
            "{\"operation\": \"a\", \"x\": \"\u{1}\"}",
        ] {
            assert!(Rows::default().read(line).is_none(), "{line}");
        }
    }
}
