//! Floor 1: what policyc has to say, as plain data.
//!
//! A [`Diagnostic`] has one [`Code`] from the [registry](codes), one primary span by construction, labels
//! on every other place that matters, help that says what to do, and a fix where it is safe. How it is
//! shown is decided in [`crate::report`].

pub mod codes;
mod failure;
mod sink;

use crate::text::Span;
pub use codes::Code;
pub use failure::Failure;
pub use sink::Sink;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The policy set cannot be used: exit code 1.
    Error,
    /// Likely a mistake: exit code 1 only under `--deny-warnings`.
    Warning,
    /// Something to know.
    Note,
}

impl Severity {
    /// `error`, `warning` or `note`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A remark on a second place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there.
    pub message: String,
}

/// A change of the text that makes the finding go away without changing anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, as an instruction: "write `denied_actions`".
    pub title: String,
    /// The bytes to replace.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of finding it is; it fixes the severity.
    pub code: Code,
    /// What is wrong, in the words of policies: lower case, no full stop, one line.
    pub message: String,
    /// The place that is wrong.
    pub span: Span,
    /// What to say under the primary place; empty: nothing.
    pub label: String,
    /// Other places that matter.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// A safe change that mends it.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A finding at a place.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message, span, label: String::new(), labels: Vec::new(), help: None, fix: None }
    }

    /// Says something under the primary place.
    #[must_use]
    pub fn at(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds a second place; a place that is not known adds nothing.
    #[must_use]
    pub fn and(mut self, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        if let Some(span) = span.into() {
            self.labels.push(Label { span, message: message.into() });
        }
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Offers a safe change.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { title: title.into(), span, replacement: replacement.into() });
        self
    }

    /// The code's severity.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// How many candidates of a fitting length are compared: enough for every real list, few enough for a hostile one.
const MOST_COMPARED: usize = 5_000;

/// The candidate nearest to what was written, where it is near enough to be meant: the one place that
/// decides every "did you mean".
///
/// A beginning of just one candidate, or its last word, is near; else near is an edit distance (with transpositions) of at most a third of the longer word, case and `-`/`_`
/// apart. Among equals the first in order wins, so the answer is the same every time.
#[must_use]
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let wanted = plain(written);
    if wanted.len() > 200 {
        return None;
    }
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let ending = format!("_{wanted}");
    let short = |candidate: &&&str| {
        let candidate = plain(candidate);
        wanted.len() >= 3 && (candidate.starts_with(&wanted) || candidate.ends_with(&ending))
    };
    let mut longer = candidates.iter().filter(short);
    if let (Some(only), None) = (longer.next(), longer.next()) {
        return Some(only);
    }
    let near_in_length =
        |candidate: &&str| candidate.len().abs_diff(wanted.len()) * 3 <= candidate.len().max(wanted.len());
    candidates
        .into_iter()
        .filter(near_in_length)
        .take(MOST_COMPARED)
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| *distance * 3 <= wanted.chars().count().max(candidate.chars().count()))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_words_are_meant_and_far_ones_are_not() {
        let keys = ["denied_actions", "allowed_actions", "name"];
        assert_eq!(nearest("deny_actions", keys), Some("denied_actions"));
        assert_eq!(nearest("denied-actions", keys), Some("denied_actions"));
        assert_eq!(nearest("Allowed_Actions", keys), Some("allowed_actions"));
        assert_eq!(nearest("nmae", keys), Some("name"));
        assert_eq!(nearest("budget", keys), None);
        assert_eq!(nearest("Sat", ["saturday", "sunday"]), Some("saturday"));
    }
}
