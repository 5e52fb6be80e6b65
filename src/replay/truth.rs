use std::mem::discriminant;

use serde_json::Value;

use super::entry::Attempt;
use super::pointer::Pointed;

/// Where the ground truth of a record stands, and which value means that the action was bad.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// A JSON pointer into the record.
    pub pointer: String,
    /// The value of bad actions.
    pub bad: Value,
}

impl Truth {
    /// Reads `/pointer=value`; a value that is no JSON is a text.
    ///
    /// # Errors
    /// In words, when it is not of that form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = "the ground truth is told as a JSON pointer and the value of bad actions, such as /injected=true";
        let (pointer, value) = text.split_once('=').filter(|(pointer, _)| pointer.starts_with('/')).ok_or(wrong)?;
        let bad = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        Ok(Self { pointer: pointer.to_owned(), bad })
    }

    /// Whether an action was bad; `None`: nobody says so, or not in a way that can be relied on. A value of another type
    /// is no answer.
    pub(super) fn of(&self, attempt: &Attempt<'_>) -> Option<bool> {
        match (attempt.at(&self.pointer), &self.bad) {
            (Pointed::Value(Value::Null), _) => None,
            (Pointed::Value(Value::Number(told)), Value::Number(bad)) => Some(told.as_f64() == bad.as_f64()),
            (Pointed::Value(told), bad) if discriminant(&told) == discriminant(bad) => Some(told == *bad),
            _ => None,
        }
    }
}
