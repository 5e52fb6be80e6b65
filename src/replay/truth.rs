use serde_json::Value;

use super::entry::Attempt;

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

    /// Whether an action was bad; `None`: nobody says so.
    pub(super) fn of(&self, attempt: &Attempt<'_>) -> Option<bool> {
        match attempt.at(&self.pointer)? {
            Value::Null => None,
            value => Some(value == self.bad),
        }
    }
}
