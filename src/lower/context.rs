use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::here::Here;
use super::uses::{Named, Use};
use crate::diag::{Diagnostic, Sink, codes};
use crate::model::{ActionPattern, AmountError, DocumentId, Pattern, PatternError, Polarity, Time, Usd};
use crate::syntax::shortened;
use crate::text::Span;

/// The longest pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 1024;

/// What lowering one document collects.
#[derive(Debug, Default)]
pub struct Context<'t> {
    /// The file's text; empty where there is none.
    pub text: &'t str,
    /// Whether this is what was written from documents that were already checked.
    pub reread: bool,
    /// The findings.
    pub sink: Sink,
    /// What the document names.
    pub uses: Vec<Use>,
    /// Top-level keys whose value was already complained about: nothing is concluded from them.
    pub doubtful: HashSet<String>,
}

impl Context<'_> {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.sink.push(diagnostic);
    }

    /// Notes that something is named.
    pub fn names(&mut self, span: Span, what: Named) {
        self.uses.push(Use { span, what });
    }

    /// Whether none of some top-level keys was complained about.
    pub fn sure_of(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| !self.doubtful.contains(*key))
    }

    /// Reads a pattern; a finding and `None` if it is none.
    pub fn pattern(&mut self, text: &str, at: Span) -> Option<Pattern> {
        let shown = self.visible(text, at);
        if shown {
            self.unpadded(text, at);
        }
        if text.len() > MAX_PATTERN_BYTES {
            let message = format!("the pattern has {} bytes; a pattern has at most {MAX_PATTERN_BYTES}", text.len());
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, at, message));
            return None;
        }
        match Pattern::parse(text) {
            Ok(pattern) => {
                self.warn_of_wildcards(text, at);
                Some(pattern)
            }
            Err(error) => {
                // A NUL was already told as an invisible character.
                if let PatternError::Escape(_) = error {
                    self.push(bad_escape(text, at));
                }
                None
            }
        }
    }

    /// Reads a pattern of actions and notes that it is named.
    pub fn action_pattern(&mut self, text: &str, at: Span, polarity: Polarity) -> Option<ActionPattern> {
        self.pattern(text, at)?;
        let pattern = ActionPattern::parse(text).ok()?;
        self.check_action(&pattern, text, at);
        self.names(at, Named::Action(pattern.clone(), polarity));
        Some(pattern)
    }

    /// Refuses a pattern of actions with an empty part, and warns of one that was probably meant to be several.
    fn check_action(&mut self, pattern: &ActionPattern, text: &str, at: Span) {
        let (integration, operation) = pattern.parts();
        let empty = |part: &Pattern| part.as_literal() == Some("");
        if integration.is_some_and(|integration| empty(integration) || empty(operation)) {
            let message = format!("`{}` names an action without integration or operation", shortened(text));
            let help = "write both, such as `mail.send`, or the operation alone";
            self.push(Diagnostic::new(codes::WRONG_FORM, at, message).help(help));
        } else if text.trim().contains(' ') {
            let message =
                format!("`{}` is one pattern with a space in it, and hardly an action has one", shortened(text));
            let help = "write each pattern as an item of its own";
            self.push(Diagnostic::new(codes::LITERAL_WILDCARD, at, message).help(help));
        }
    }

    /// Reads a list of patterns of actions.
    pub fn action_patterns(&mut self, texts: &[String], at: Here<'_>, polarity: Polarity) -> BTreeSet<ActionPattern> {
        self.set(texts, at, |cx, text, at| cx.action_pattern(text, at, polarity))
    }

    /// Reads a list of patterns.
    pub fn patterns(&mut self, texts: &[String], at: Here<'_>) -> BTreeSet<Pattern> {
        self.set(texts, at, Self::pattern)
    }

    fn set<T: Ord>(
        &mut self,
        texts: &[String],
        at: Here<'_>,
        mut read: impl FnMut(&mut Self, &str, Span) -> Option<T>,
    ) -> BTreeSet<T> {
        texts.iter().enumerate().filter_map(|(rank, text)| read(self, text, at.item(rank).span())).collect()
    }

    /// Reads a map whose keys are patterns of actions; two keys of one meaning are a finding.
    pub fn by_action<V, T>(
        &mut self,
        map: &BTreeMap<String, V>,
        at: Here<'_>,
        polarity: Polarity,
        mut read: impl FnMut(&mut Self, &V, &ActionPattern, Here<'_>) -> Option<T>,
    ) -> BTreeMap<ActionPattern, T> {
        let mut result = BTreeMap::new();
        for (text, value) in map {
            let here = at.key(text);
            let Some(pattern) = self.action_pattern(text, here.key_span(), polarity) else { continue };
            let Some(value) = read(self, value, &pattern, here) else { continue };
            if result.insert(pattern, value).is_some() {
                self.push(two_spellings(text, here.key_span()));
            }
        }
        result
    }

    /// Refuses white space around a text that is compared, and the empty text: nothing is named so.
    fn unpadded(&mut self, text: &str, at: Span) {
        if text.trim() == text && !text.is_empty() {
            return;
        }
        let message = match text {
            "" => "an empty text matches only what has no name".to_owned(),
            _ => format!("`{}` begins or ends with white space, which no name does", shortened(text)),
        };
        self.push(Diagnostic::new(codes::INVISIBLE, at, message).help("remove it; in a pattern, `*` is everything"));
    }

    /// Refuses characters that nobody sees in texts that are compared; false if there is one.
    pub fn visible(&mut self, text: &str, at: Span) -> bool {
        let Some(c) = text.chars().find(|c| is_invisible(*c)) else { return true };
        let message = format!("`{}` holds the invisible character U+{:04X}", shortened(text), c as u32);
        self.push(
            Diagnostic::new(codes::INVISIBLE, at, message).help("remove it: what looks the same must be the same"),
        );
        false
    }

    fn warn_of_wildcards(&mut self, text: &str, at: Span) {
        let quoted = |c: char| matches!(c, '"' | '\'' | '\u{2018}'..='\u{201f}' | '«' | '»');
        if text.starts_with(quoted) || text.ends_with(quoted) {
            let message = format!("the quotes in `{}` are part of the pattern", shortened(text));
            self.push(
                Diagnostic::new(codes::LITERAL_WILDCARD, at, message).help("use straight quotes around it, once"),
            );
            return;
        }
        let Some(c) = text.chars().find(|c| matches!(c, '?' | '[' | ']' | '{' | '}')) else { return };
        let message = format!("`{c}` in `{}` stands for itself: only `*` is a wildcard", shortened(text));
        self.push(
            Diagnostic::new(codes::LITERAL_WILDCARD, at, message).help("write `*`, or one pattern for each value"),
        );
    }

    /// Reads an amount exactly as written.
    pub fn usd(&mut self, at: Here<'_>) -> Option<Usd> {
        let written = at.number()?;
        match Usd::parse(written) {
            Ok(amount) => Some(amount),
            Err(error) => {
                let why = match error {
                    AmountError::NotDecimal => "an amount is a decimal number",
                    AmountError::TooFine => "an amount has at most nine decimal places",
                    AmountError::TooLong => "an amount has at most 15 digits and is at most 9000000000",
                };
                let message = format!("`{}` is no amount that can be held exactly: {why}", shortened(written));
                self.push(
                    Diagnostic::new(codes::AMOUNT, at.span(), message)
                        .help("write US dollars such as 12.50, or `null` where no limit is wanted"),
                );
                None
            }
        }
    }

    /// Reads an amount that may be left out.
    pub fn optional_usd(&mut self, written: Option<f64>, at: Here<'_>) -> Option<Usd> {
        written.and_then(|_| self.usd(at))
    }

    /// Reads a time that may be left out.
    pub fn time(&mut self, text: Option<&String>, at: Here<'_>) -> Option<Time> {
        let text = text?;
        let time = Time::parse(text);
        if time.is_none() {
            let message = format!("`{}` is no time with date and zone", shortened(text));
            let help = "write RFC 3339, such as `2027-01-31T00:00:00Z`";
            self.push(Diagnostic::new(codes::BAD_TIME, at.span(), message).help(help));
        }
        time
    }

    /// Reads the id of another document.
    pub fn reference(&mut self, text: &str, at: Span) -> Option<DocumentId> {
        let id = DocumentId::parse(text);
        if id.is_none() {
            self.push(bad_id(text, at));
        }
        id
    }

    /// Reads a list of those who approve or are told.
    pub fn principals(&mut self, texts: &[String], at: Here<'_>) -> BTreeSet<String> {
        self.set(texts, at, |cx, text, at| {
            let name = text.strip_prefix('@').unwrap_or(text).to_owned();
            if cx.visible(text, at) {
                cx.unpadded(&name, at);
            }
            cx.names(at, Named::Principal(name.clone()));
            Some(name)
        })
    }

    /// Reads texts that are compared as they are, such as tags.
    pub fn words(&mut self, texts: &[String], at: Here<'_>) -> BTreeSet<String> {
        self.set(texts, at, |cx, text, at| {
            if cx.visible(text, at) {
                cx.unpadded(text, at);
            }
            Some(text.to_owned())
        })
    }
}

/// The finding for two keys that mean the same.
pub fn two_spellings(text: &str, at: Span) -> Diagnostic {
    let message = format!("`{}` is given twice under two spellings", shortened(text));
    Diagnostic::new(codes::DUPLICATE_KEY, at, message).help("keep one of the two")
}

/// The finding for a text that has not the form of an id.
pub fn bad_id(text: &str, at: Span) -> Diagnostic {
    let message = format!("`{}` is no id", shortened(text));
    Diagnostic::new(codes::BAD_ID, at, message)
        .help("an id has 1 to 64 of a-z, 0-9, `.`, `_` and `-`, and begins with a letter or digit")
}

fn bad_escape(text: &str, at: Span) -> Diagnostic {
    let message = format!("`{}` holds an escape that does not exist", shortened(text));
    Diagnostic::new(codes::BAD_ESCAPE, at, message)
        .help(r"only `\*` and `\\` are escapes; every other character stands for itself without one")
}

/// Controls, and what Unicode shows as nothing or uses to turn text around.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}
