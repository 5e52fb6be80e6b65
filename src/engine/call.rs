use std::borrow::Cow;

use serde_json::Value;

use super::tri::{Facts, Tri};
use crate::model::{Action, ActionPattern, Arguments, Fact, Level, Outcome, Pattern, Polarity, Risk, Time, Usd};

/// The parts of an action that are looked at only when a policy asks, so that a log's reader need not parse them.
pub trait Details {
    /// The arguments, a JSON object; `None`: unknown.
    fn arguments(&self) -> Option<&Value>;
    /// What it gave back; `None`: unknown.
    fn result(&self) -> Option<&Value>;
    /// Whether it bears a tag; `None`: its tags are unknown.
    fn has_tag(&self, tag: &str) -> Option<bool>;
}

impl Details for Action {
    fn arguments(&self) -> Option<&Value> {
        self.arguments.as_ref().map(Arguments::as_value)
    }

    fn result(&self) -> Option<&Value> {
        self.result.as_ref()
    }

    fn has_tag(&self, tag: &str) -> Option<bool> {
        self.tags.as_ref().map(|tags| tags.contains(tag))
    }
}

/// An action as the engine looks at it: borrowed, and named by an integration without a dot and an operation.
#[derive(Clone)]
pub struct Call<'a> {
    /// Who.
    pub agent: Option<&'a str>,
    /// In which run; a session stands in for it.
    pub run: Option<&'a str>,
    /// In which session; a run stands in for it.
    pub session: Option<&'a str>,
    /// In which turn.
    pub turn: Option<u64>,
    /// A group of the agent.
    pub group: Option<&'a str>,
    /// The mission it is for.
    pub mission: Option<&'a str>,
    /// The integration: never with a dot.
    pub integration: Option<&'a str>,
    /// The operation.
    pub operation: Cow<'a, str>,
    /// What it is done to; `None` too where the name has a `..` segment.
    pub resource: Option<&'a str>,
    /// What was given in a way that cannot be relied on: unknown whatever the catalog says.
    pub broken: Broken,
    /// How sensitive the data is, as recorded.
    pub level: Option<Level>,
    /// The risk, as recorded.
    pub risk: Option<Risk>,
    /// The cost, as recorded.
    pub cost: Option<Usd>,
    /// When.
    pub time: Option<Time>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Whether it ended with an error.
    pub failed: bool,
    /// What is assumed where record and catalog say nothing.
    pub assumed: Option<&'a Assumed>,
    /// The rest.
    pub details: &'a dyn Details,
}

/// What was recorded of an action, as it was recorded.
#[derive(Clone, Copy)]
pub struct Given<'a> {
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
    /// What was given in a way that cannot be relied on.
    pub broken: Broken,
    /// How sensitive the data is.
    pub level: Option<Level>,
    /// The risk.
    pub risk: Option<Risk>,
    /// The cost.
    pub cost: Option<Usd>,
    /// When.
    pub time: Option<Time>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Whether it ended with an error.
    pub failed: bool,
    /// What is assumed where record and catalog say nothing.
    pub assumed: Option<&'a Assumed>,
    /// The rest.
    pub details: &'a dyn Details,
}

impl<'a> Given<'a> {
    /// What an action says.
    #[must_use]
    pub fn of(action: &'a Action) -> Self {
        Self {
            agent: action.agent_id.as_deref(),
            run: action.run_id.as_deref(),
            session: action.session_id.as_deref(),
            turn: action.turn,
            group: action.group_id.as_deref(),
            mission: action.mission_id.as_deref(),
            integration: action.integration.as_deref(),
            operation: &action.operation,
            resource: action.resource.as_deref(),
            broken: Broken::of(&action.broken),
            level: action.data_classification,
            risk: action.risk_level,
            cost: action.cost_usd,
            time: action.timestamp,
            outcome: action.outcome,
            failed: action.error.is_some(),
            assumed: None,
            details: action,
        }
    }
}

/// Facts that somebody assumes of every action of which neither record nor catalog says them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assumed {
    /// A group of the agent.
    pub group: Option<String>,
    /// The mission.
    pub mission: Option<String>,
    /// What it is done to.
    pub resource: Option<String>,
    /// How sensitive the data is.
    pub level: Option<Level>,
    /// The risk.
    pub risk: Option<Risk>,
    /// The cost.
    pub cost: Option<Usd>,
    /// The tags.
    pub tags: Option<std::collections::BTreeSet<String>>,
}

impl<'a> Call<'a> {
    /// The action as the engine looks at it.
    #[must_use]
    pub fn of(action: &'a Action) -> Self {
        Self::new(Given::of(action))
    }

    /// What was given, as the engine looks at it.
    #[must_use]
    pub fn new(given: Given<'a>) -> Self {
        let mut broken = given.broken;
        let (integration, operation) = if broken.holds(Fact::Integration) {
            (None, Cow::Borrowed(given.operation))
        } else {
            named(given.integration, given.operation)
        };
        let resource = given.resource.filter(|resource| !wanders(resource));
        broken.note(Fact::Resource, given.resource.is_some() && resource.is_none());
        let (run, session) = (given.run, given.session);
        // They stand in for each other, unless the one that is meant was given and is broken.
        let instead = |fact: Fact, own: Option<&'a str>, other| if broken.holds(fact) { own } else { own.or(other) };
        let (run, session) = (instead(Fact::Run, run, session), instead(Fact::Session, session, run));
        Self {
            agent: given.agent,
            run,
            session,
            turn: given.turn,
            group: given.group,
            mission: given.mission,
            integration,
            operation,
            resource,
            broken,
            level: given.level,
            risk: given.risk,
            cost: given.cost,
            time: given.time,
            outcome: given.outcome,
            failed: given.failed,
            assumed: given.assumed,
            details: given.details,
        }
    }

    /// What somebody assumes of a fact that the record says nothing of, also nothing that cannot be relied on.
    pub(super) fn assume<T>(&self, fact: Fact, of: impl Fn(&'a Assumed) -> Option<T>) -> Option<T> {
        self.assumed.filter(|_| !self.broken.holds(fact)).and_then(of)
    }

    /// The name: integration and operation, as far as they are known.
    #[must_use]
    pub fn name(&self) -> String {
        match self.integration {
            Some(integration) => format!("{integration}.{}", self.operation),
            None => self.operation.clone().into_owned(),
        }
    }

    /// Whether the recorded outcome is a success; what came of a call is known only from the record.
    #[must_use]
    pub fn succeeded(&self) -> Tri {
        match self.outcome {
            _ if self.failed || self.outcome == Some(Outcome::Error) => Tri::False,
            Some(Outcome::Success) => Tri::True,
            None if !self.broken.holds(Fact::Outcome) && self.details.result().is_some() => Tri::True,
            Some(Outcome::Blocked | Outcome::Rejected | Outcome::Error) | None => Tri::Unknown(Facts::HISTORY),
        }
    }

    /// What it gave back, if it was not stopped when it was recorded.
    #[must_use]
    pub fn result(&self) -> Option<&'a Value> {
        let stopped = matches!(self.outcome, Some(Outcome::Blocked | Outcome::Rejected));
        if stopped { None } else { self.details.result() }
    }

    /// Whether a pattern of actions matches it. See SPEC, section 2.6.
    #[must_use]
    pub fn matches(&self, pattern: &ActionPattern, polarity: Polarity) -> Tri {
        name_matches(self.integration, &self.operation, pattern, polarity)
    }

    /// Whether two actions belong to one turn: calls of one turn are parallel.
    #[must_use]
    pub fn parallel(turn: Option<u64>, other: Option<u64>) -> bool {
        turn.is_some() && turn == other
    }
}

/// The facts of an action that cannot be relied on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Broken(u32);

impl Broken {
    /// These facts.
    #[must_use]
    pub fn of(facts: &std::collections::BTreeSet<Fact>) -> Self {
        Self(facts.iter().fold(0, |all, fact| all | 1 << *fact as u32))
    }

    /// Whether a fact is one of them.
    #[must_use]
    pub fn holds(self, fact: Fact) -> bool {
        self.0 & (1 << fact as u32) != 0
    }

    fn note(&mut self, fact: Fact, is: bool) {
        self.0 |= u32::from(is) << fact as u32;
    }
}

/// Whether a pattern of actions matches a name; without an integration its part is unknown.
pub fn name_matches(integration: Option<&str>, operation: &str, pattern: &ActionPattern, polarity: Polarity) -> Tri {
    let (wanted, of) = pattern.parts();
    let part = match (wanted, integration) {
        (None, _) => Tri::True,
        (Some(wanted), given) => matches(wanted, given, Facts::INTEGRATION),
    };
    let whole = polarity == Polarity::Restricts && pattern.whole().matches(operation);
    part.and(of.matches(operation).into()).or(whole.into())
}

/// Whether a pattern matches a value; of an unknown one only `*` is known to.
pub fn matches(pattern: &Pattern, value: Option<&str>, fact: Facts) -> Tri {
    match value {
        Some(value) => pattern.matches(value).into(),
        None if pattern.is_any() => Tri::True,
        None => Tri::Unknown(fact),
    }
}

/// The name of an action: an integration has no dot, and a dotted operation without one is split at its first.
fn named<'a>(integration: Option<&'a str>, operation: &'a str) -> (Option<&'a str>, Cow<'a, str>) {
    // A name with an empty part is none: whose the action is, is not known.
    if integration.is_some_and(has_empty_part) {
        return (None, Cow::Borrowed(operation));
    }
    if let Some(integration) = integration.filter(|name| !has_dot(name)) {
        return (Some(integration), Cow::Borrowed(operation));
    }
    match (integration, operation.split_once('.')) {
        (Some(integration), _) => match integration.split_once('.') {
            Some((first, rest)) => (Some(first), Cow::Owned(format!("{rest}.{operation}"))),
            None => (Some(integration), Cow::Borrowed(operation)),
        },
        (None, Some((integration, operation))) => (Some(integration), Cow::Borrowed(operation)),
        (None, None) => (None, Cow::Borrowed(operation)),
    }
}

fn has_dot(name: &str) -> bool {
    name.bytes().any(|byte| byte == b'.')
}

fn has_empty_part(name: &str) -> bool {
    name.is_empty() || (has_dot(name) && name.split('.').any(str::is_empty))
}

/// How often a name is decoded: who resolves it may decode more than once.
const DECODINGS: usize = 5;

/// Whether a resource has a `..` segment, plain, percent-encoded or with backslashes.
pub fn wanders(resource: &str) -> bool {
    // Nearly all resources end here, at a look at each byte.
    let mut dotted = false;
    let suspicious = resource.bytes().any(|byte| {
        let pair = dotted && byte == b'.';
        dotted = byte == b'.';
        pair || byte == b'%' || !(b' '..=b'~').contains(&byte)
    });
    if !suspicious {
        return false;
    }
    let mut text = Cow::Borrowed(resource.as_bytes());
    for _ in 0..=DECODINGS {
        // What is no text once it is decoded is read differently by whoever resolves it.
        let Ok(plain) = std::str::from_utf8(&text) else { return true };
        if plain.split(['/', '\\']).any(goes_up) {
            return true;
        }
        match decoded(&text) {
            Some(next) => text = Cow::Owned(next),
            None => return false,
        }
    }
    // Encoded more often than anybody decodes in earnest: what it names is not known.
    true
}

/// Whether a segment is `..`, also with what some resolvers pass over: a drive, parameters, control characters, blanks.
fn goes_up(segment: &str) -> bool {
    let segment = segment.split(';').next().unwrap_or_default();
    let segment =
        segment.split_once(':').map_or(segment, |(drive, rest)| if drive.len() == 1 { rest } else { segment });
    let mut kept = segment.chars().filter(|c| !c.is_control() && !c.is_whitespace());
    // Full-width and leader dots become plain ones where names are normalised.
    let is_dot = |c: char| matches!(c, '.' | '\u{ff0e}' | '\u{2024}' | '\u{fe52}');
    let dots = kept.by_ref().take_while(|c| is_dot(*c)).count();
    dots == 2 && kept.next().is_none() && segment.chars().filter(|c| !c.is_control() && !c.is_whitespace()).count() == 2
}

/// The text with its percent-encoding undone once; `None` if there was none.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = tail.get(if byte.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    (bytes != text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dotted_integration_is_split() {
        let of = |integration: Option<&'static str>, operation: &'static str| {
            let (integration, operation) = named(integration, operation);
            (integration, operation.into_owned())
        };
        assert_eq!(of(Some("mcp.github"), "create"), (Some("mcp"), "github.create".to_owned()));
        assert_eq!(of(Some("mcp"), "github.create"), (Some("mcp"), "github.create".to_owned()));
        assert_eq!(of(None, "db.drop"), (Some("db"), "drop".to_owned()));
        assert_eq!(of(None, "drop"), (None, "drop".to_owned()));
        assert_eq!(of(Some("mail."), "send"), (None, "send".to_owned()));
        assert_eq!(of(Some(""), "a.send"), (None, "a.send".to_owned()));
    }

    #[test]
    fn a_resource_that_wanders_is_found_however_it_is_written() {
        for resource in [
            "..",
            "a/../b",
            r"a\..\b",
            "a/%2e%2E/b",
            "a/%252e%252e/b",
            "a%2f..%2fb",
            "../x",
            "a/..;/b",
            "a/..%3b/b",
            "a/..%00",
            "a/.. /b",
            "C:..\\x",
            "a/．．/b",
            "a/%c0%ae%c0%ae/b",
            "a/.\t./b",
        ] {
            assert!(wanders(resource), "{resource}");
        }
        for resource in
            ["a/..b", "a...b", "...", "100%", "%2", "a/.%2x/b", "%zz..", "a%20b", "über/x", "a:..b", "x;../y"]
        {
            assert!(!wanders(resource), "{resource}");
        }
    }

    #[test]
    fn without_an_integration_its_part_is_unknown() {
        let send = ActionPattern::parse("mail.send").unwrap();
        assert_eq!(name_matches(None, "send", &send, Polarity::Permits), Tri::Unknown(Facts::INTEGRATION));
        assert_eq!(name_matches(None, "read", &send, Polarity::Permits), Tri::False);
        assert_eq!(name_matches(Some("x"), "mail.send", &send, Polarity::Restricts), Tri::True);
        let any = ActionPattern::parse("*.send").unwrap();
        assert_eq!(name_matches(None, "send", &any, Polarity::Permits), Tri::True);
    }
}
