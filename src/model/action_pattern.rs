use std::fmt;

use super::{Pattern, PatternError};

/// What a pattern of actions is used for: what denies or asks reads a dotted pattern also as a whole operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Polarity {
    /// The pattern permits.
    Permits,
    /// The pattern denies, asks, counts or demands.
    Restricts,
}

/// A pattern of actions: `send` is an operation, `mail.send` an integration and an operation.
///
/// Split at the first dot; compared part by part. See SPEC, section 2.6.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionPattern {
    whole: Pattern,
    parts: Option<(Pattern, Pattern)>,
}

impl ActionPattern {
    /// Reads a pattern of actions.
    ///
    /// # Errors
    /// [`PatternError`] with the byte that is wrong.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let whole = Pattern::parse(text)?;
        let parts = match whole.as_str().split_once('.') {
            Some((integration, operation)) => Some((Pattern::parse(integration)?, Pattern::parse(operation)?)),
            None => None,
        };
        Ok(Self { whole, parts })
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.whole.as_str()
    }

    /// The whole text as one pattern.
    #[must_use]
    pub fn whole(&self) -> &Pattern {
        &self.whole
    }

    /// The patterns of integration and operation; the integration is `None` where any will do.
    #[must_use]
    pub fn parts(&self) -> (Option<&Pattern>, &Pattern) {
        match &self.parts {
            Some((integration, operation)) => (Some(integration), operation),
            None => (None, &self.whole),
        }
    }

    /// Whether an action of a known integration matches.
    #[must_use]
    pub fn matches(&self, integration: &str, operation: &str, polarity: Polarity) -> bool {
        let (wanted, of) = self.parts();
        let by_parts = wanted.is_none_or(|wanted| wanted.matches(integration)) && of.matches(operation);
        by_parts || (polarity == Polarity::Restricts && self.whole.matches(operation))
    }

    /// The sets of actions it matches, as pairs of integration (`None`: any) and operation.
    fn boxes(&self, polarity: Polarity) -> impl Iterator<Item = (Option<&Pattern>, &Pattern)> {
        let whole = (polarity == Polarity::Restricts && self.parts.is_some()).then_some((None, &self.whole));
        std::iter::once(self.parts()).chain(whole)
    }

    /// Whether every action that `other` matches is matched by this pattern too, both used alike.
    ///
    /// A set of pairs that lies within several others lies within one of them, as with plain patterns.
    #[must_use]
    pub fn covers(&self, other: &Self, polarity: Polarity) -> bool {
        let within = |(integration, operation): (Option<&Pattern>, &Pattern)| {
            self.boxes(polarity).any(|(of, wanted)| {
                let integrations = match (of, integration) {
                    (None, _) => true,
                    (Some(of), None) => of.is_any(),
                    (Some(of), Some(integration)) => of.covers(integration),
                };
                integrations && wanted.covers(operation)
            })
        };
        other.boxes(polarity).all(within)
    }

    /// Whether some action that `other` names by its parts is matched by this pattern.
    #[must_use]
    pub fn meets(&self, other: &Self, polarity: Polarity) -> bool {
        let (integration, operation) = other.parts();
        self.boxes(polarity).any(|(of, wanted)| {
            let integrations = match (of, integration) {
                (Some(a), Some(b)) => a.meets(b),
                _ => true,
            };
            integrations && wanted.meets(operation)
        })
    }
}

impl fmt::Display for ActionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.whole, f)
    }
}

impl fmt::Debug for ActionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.whole, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> ActionPattern {
        ActionPattern::parse(text).unwrap()
    }

    #[test]
    fn a_dotted_pattern_is_split_at_its_first_dot() {
        let create = pattern("mcp.github.create");
        assert!(create.matches("mcp", "github.create", Polarity::Permits));
        assert!(!create.matches("github", "create", Polarity::Permits));
        assert!(pattern("*.purge").matches("x", "purge", Polarity::Permits));
    }

    #[test]
    fn what_restricts_also_sees_the_name_at_another_server() {
        let send = pattern("mail.send");
        assert!(send.matches("evil", "mail.send", Polarity::Restricts));
        assert!(!send.matches("evil", "mail.send", Polarity::Permits));
        assert!(send.meets(&pattern("evil.mail.send"), Polarity::Restricts));
        assert!(!send.meets(&pattern("evil.mail.send"), Polarity::Permits));
    }

    #[test]
    fn covering_goes_by_parts() {
        let covers = |a: &str, b: &str| pattern(a).covers(&pattern(b), Polarity::Permits);
        assert!(covers("files.*", "files.delete"));
        assert!(covers("*", "files.delete"));
        assert!(covers("delete", "files.delete"));
        assert!(!covers("files.*", "delete"));
        assert!(covers("*.*", "delete"));
    }

    /// `mail.send` that restricts also sees the operation `mail.send` of another server; `send` does not.
    #[test]
    fn what_restricts_covers_only_what_sees_as_much() {
        let covers = |a: &str, b: &str| pattern(a).covers(&pattern(b), Polarity::Restricts);
        assert!(!covers("send", "mail.send"));
        assert!(covers("*send", "mail.send"));
        assert!(covers("mail.*", "mail.send"));
        assert!(!covers("mail.send", "send"));
        assert!(covers("*", "mail.send"));
    }
}
