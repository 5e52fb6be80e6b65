//! Logs as the reference reads them.

use policyc::model::{Action, Fact};
use policyc::records::{self, Found, Item, Record};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::questions::Assumptions;
use crate::worlds::Text;

/// A place: the log, from 0, and the line, from 1.
pub type Place = (u32, u64);

/// Where something stands among all that stands in the logs.
pub type Rank = usize;

/// A recorded action.
#[derive(Debug)]
pub struct Deed {
    pub place: Place,
    pub rank: Rank,
    pub record: Record,
    /// With what is assumed.
    pub action: Action,
    /// The line, in forms that have lines.
    pub text: Option<String>,
    /// The part of a document that begins there.
    pub part: Option<String>,
}

/// Everything that stands in some logs.
#[derive(Debug, Default)]
pub struct Log {
    pub deeds: Vec<Deed>,
    pub unreadable: Vec<Place>,
    pub repeated: u64,
}

impl Log {
    /// Reads logs of native records, one after the other.
    pub fn read(texts: &[Text], assumed: &Assumptions) -> Self {
        let mut log = Self::default();
        for (number, Text(bytes)) in (0..).zip(texts) {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            for (line, bytes) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
                log.take((number, line), bytes, assumed);
            }
        }
        log
    }

    /// Reads logs in forms that are no lines.
    pub fn of_items(logs: &[Vec<Item>], assumed: &Assumptions) -> Self {
        let mut log = Self::default();
        for (number, items) in (0..).zip(logs) {
            for Item { place, found } in items {
                let part = place.part.clone();
                let place = (number, place.line as u64);
                match found {
                    Found::Record(record) => {
                        let (record, action) = (Record::clone(record), assumed.added_to(&record.action));
                        let rank = log.deeds.len();
                        log.deeds.push(Deed { place, rank, record, action, text: None, part });
                    }
                    Found::Repeated => log.repeated += 1,
                    Found::Unreadable(_) => log.unreadable.push(place),
                }
            }
        }
        log
    }

    fn take(&mut self, place: Place, bytes: &[u8], assumed: &Assumptions) {
        let text = std::str::from_utf8(bytes.strip_suffix(b"\r").unwrap_or(bytes));
        match text.map_err(|_| String::new()).and_then(|text| Ok((text, records::read(text)?))) {
            Ok((text, record)) => {
                let action = assumed.added_to(&record.action);
                let rank = self.deeds.len();
                self.deeds.push(Deed { place, rank, record, action, text: Some(text.to_owned()), part: None });
            }
            Err(_) if text.is_ok_and(|text| text.trim().is_empty()) => {}
            Err(_) => self.unreadable.push(place),
        }
    }
}

impl Deed {
    /// Integration and operation: "a record's `mcp.github` with `create` is read as `mcp` with `github.create`, and
    /// `db.drop` without an integration as `db` with `drop`".
    pub fn names(&self) -> (Option<String>, String) {
        let Action { integration, operation, broken, .. } = &self.action;
        let whole = match integration {
            _ if broken.contains(&Fact::Integration) => return (None, operation.clone()),
            Some(integration) => format!("{integration}.{operation}"),
            None => operation.clone(),
        };
        match whole.split_once('.') {
            Some((integration, operation)) => (Some(integration.to_owned()), operation.to_owned()),
            None => (None, whole),
        }
    }

    /// The name as it is shown.
    pub fn name(&self) -> String {
        let (integration, operation) = self.names();
        integration.map_or(operation.clone(), |integration| format!("{integration}.{operation}"))
    }

    /// "Run and session id stand in for each other", but not for one that is broken.
    pub fn run(&self) -> Option<&str> {
        let session = self.action.session_id.as_deref().filter(|_| !self.action.broken.contains(&Fact::Run));
        self.action.run_id.as_deref().or(session)
    }

    /// The same of the session.
    pub fn session(&self) -> Option<&str> {
        let run = self.action.run_id.as_deref().filter(|_| !self.action.broken.contains(&Fact::Session));
        self.action.session_id.as_deref().or(run)
    }

    /// What is acted on, as recorded: "a resource with a `..` segment is an unknown fact".
    pub fn resource(&self) -> Option<&str> {
        self.action.resource.as_deref().filter(|resource| !crate::oracle::climbs(resource))
    }

    /// What a JSON pointer leads to in the record; without a line of its own it has labels only.
    ///
    /// # Errors
    /// When it cannot be relied on: a key that is given twice, a number that loses digits.
    pub fn at(&self, pointer: &str) -> Result<Option<Value>, ()> {
        let Some(text) = &self.text else {
            return Ok(pointer.strip_prefix("/labels").and_then(|rest| self.record.labels.pointer(rest)).cloned());
        };
        let (first, rest) = pointer[1..].split_at(pointer[1..].find('/').unwrap_or(pointer.len() - 1));
        let members = serde_json::from_str::<Members<'_>>(text).map_err(|_| ())?;
        let mut found = members.0.into_iter().filter(|(key, _)| key == first);
        let part = found.next().map(|(_, part)| policyc::text::distinct(part.get()).map_err(|_| ())).transpose()?;
        if found.next().is_some() { Err(()) } else { Ok(part.and_then(|part| part.pointer(rest).cloned())) }
    }
}

/// All members of an object, also those whose key comes again.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Members<'de>, A::Error> {
                std::iter::from_fn(|| all.next_entry().transpose()).collect::<Result<_, _>>().map(Members)
            }
        }
        from.deserialize_map(All)
    }
}
