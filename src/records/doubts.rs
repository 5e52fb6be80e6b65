use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::marks;
use super::native_fields::KEYS;
use crate::model::{Arguments, Fact, Time, Usd};
use crate::text::distinct;

/// What a doubt is about, without what differs from record to record: numbers, quoted texts that are no keys, and what
/// stands in parentheses.
#[must_use]
pub fn kind_of_doubt(doubt: &str) -> String {
    let bare = match (doubt.find(" ("), doubt.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            let (before, after) = (doubt.get(..open), doubt.get(close + 1..));
            format!("{}{}", before.unwrap_or_default(), after.unwrap_or_default())
        }
        _ => doubt.to_owned(),
    };
    let kept = |(rank, piece): (usize, &str)| match rank % 2 {
        1 if Fact::of_key(piece).is_none() && !KEYS.contains(&piece) => "…".to_owned(),
        _ => piece.to_owned(),
    };
    bare.split('`').enumerate().map(kept).collect::<Vec<_>>().join("`")
}

/// Collects what is taken as unknown.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    pub told: Vec<String>,
    pub broken: BTreeSet<Fact>,
}

impl Doubts {
    pub fn note(&mut self, fact: Option<Fact>, key: &str, wanted: &str) {
        self.broken.extend(fact);
        self.told.push(format!("`{key}` is not {wanted}; taken as unknown"));
    }

    /// Takes a fact as unknown, although something is said of it.
    pub fn unknown(&mut self, fact: Fact, why: &str) {
        self.broken.insert(fact);
        self.told.push(format!("{why}; taken as unknown"));
    }

    pub fn value<T: DeserializeOwned>(
        &mut self,
        fact: Option<Fact>,
        key: &str,
        raw: Option<&RawValue>,
        wanted: &str,
    ) -> Option<T> {
        let raw = raw.filter(|raw| raw.get() != "null")?;
        let value = serde_json::from_str(raw.get()).ok();
        if value.is_none() {
            self.note(fact, key, wanted);
        }
        value
    }

    /// A name: a text that is not empty, or a whole number, which some systems use.
    pub fn name(&mut self, fact: Option<Fact>, key: &str, raw: Option<&RawValue>) -> Option<String> {
        let raw = raw.filter(|raw| raw.get() != "null")?;
        if raw.get().bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(raw.get().to_owned());
        }
        let name: String = self.value(fact, key, Some(raw), "a text")?;
        if name.is_empty() {
            self.note(fact, key, "a text that is not empty");
            return None;
        }
        if let Some(fact) = fact.filter(|_| marks::is_redacted(&name)) {
            self.unknown(fact, &format!("`{key}` is redacted"));
            return None;
        }
        Some(name)
    }

    /// A whole number, also written as `1.0`.
    pub fn turn(&mut self, raw: Option<&RawValue>) -> Option<u64> {
        let raw = raw.filter(|raw| raw.get() != "null")?;
        let whole = raw.get().strip_suffix(".0").unwrap_or(raw.get()).parse().ok();
        if whole.is_none() {
            self.note(Some(Fact::Turn), "turn", "a whole number");
        }
        whole
    }

    pub fn time(&mut self, raw: Option<&RawValue>) -> Option<Time> {
        let text: String = self.value(Some(Fact::Timestamp), "timestamp", raw, "an RFC 3339 time")?;
        let time = Time::parse(&text);
        if time.is_none() {
            self.note(Some(Fact::Timestamp), "timestamp", "an RFC 3339 time with a zone");
        }
        time
    }

    pub fn cost(&mut self, raw: Option<&RawValue>) -> Option<Usd> {
        let raw = raw.filter(|raw| raw.get() != "null")?;
        let cost = Usd::rounded_up(raw.get());
        if cost.is_none() {
            self.note(Some(Fact::Cost), "cost_usd", "an amount of dollars");
        }
        cost
    }

    /// The arguments: an object, or a text that holds one.
    pub fn arguments(&mut self, raw: Option<&RawValue>) -> Option<Arguments> {
        let raw = raw.filter(|raw| raw.get() != "null")?;
        let value = match distinct(raw.get()) {
            Ok(Value::String(text)) => distinct(&text),
            other => other,
        };
        match value {
            Ok(Value::Object(map)) => {
                let arguments = Arguments::new(map);
                let Some(fault) = marks::of_arguments(arguments.as_value()) else { return Some(arguments) };
                self.unknown(Fact::Arguments, &format!("a part of `arguments` {fault}"));
            }
            Ok(_) => self.note(Some(Fact::Arguments), "arguments", "an object"),
            Err(error) => self.unreliable(Some(Fact::Arguments), "arguments", &error),
        }
        None
    }

    /// What a call gave back, unwrapped.
    pub fn result(&mut self, raw: Option<&RawValue>) -> Option<Value> {
        let value = marks::plain(self.json(Some(Fact::Result), "result", raw)?);
        let Some(fault) = marks::of_result(&value) else { return Some(value) };
        self.unknown(Fact::Result, &format!("a part of `result` {fault}"));
        None
    }

    pub fn json(&mut self, fact: Option<Fact>, key: &str, raw: Option<&RawValue>) -> Option<Value> {
        let raw = raw.filter(|raw| raw.get() != "null")?;
        let value = distinct(raw.get());
        if let Err(error) = &value {
            self.unreliable(fact, key, error);
        }
        value.ok()
    }

    pub fn unreliable(&mut self, fact: Option<Fact>, key: &str, error: &serde_json::Error) {
        self.broken.extend(fact);
        self.told.push(format!("`{key}` cannot be relied on ({error}); taken as unknown"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubts_of_one_kind_are_told_alike() {
        let kind = "`arguments` cannot be relied on; taken as unknown";
        let doubt = |column: u8| {
            let key = "(the key `x` is given twice (again) at line 1 column";
            format!("`arguments` cannot be relied on {key} {column}); taken as unknown")
        };
        assert_eq!((kind_of_doubt(&doubt(3)).as_str(), kind_of_doubt(&doubt(9)).as_str()), (kind, kind));
        assert_eq!(kind_of_doubt("`ag` is not read; is `agent_id` meant?"), "`…` is not read; is `agent_id` meant?");
    }
}
