//! A second reader of rows: whether an action lies in an area, a piece, a row.
//!
//! Patterns are read to the end. Words are read where they are plain: levels, risks, costs, tags, ends of time, and what a
//! closed catalog lists; others may hold or not.

use policyc::effects::{Area, Piece, Row};
use policyc::engine::Call;
use policyc::model::{Action, Bundle, Catalog, Level, Pattern, Polarity, Risk, Time, Usd};

/// Whether something holds: it does, it does not, or words decide that are not read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    Yes,
    No,
    InWords,
}

impl Holds {
    fn all(mut self, others: impl IntoIterator<Item = Self>) -> Self {
        for other in others {
            self = match (self, other) {
                (Self::No, _) | (_, Self::No) => Self::No,
                (Self::InWords, _) | (_, Self::InWords) => Self::InWords,
                (Self::Yes, Self::Yes) => Self::Yes,
            };
        }
        self
    }

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::InWords => Self::InWords,
        }
    }
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// The catalogs of both sides: words speak of what an action is with them.
#[derive(Clone, Copy)]
pub struct Catalogs<'b>(pub [&'b Catalog; 2]);

impl<'b> Catalogs<'b> {
    pub fn of(bundles: &'b [Bundle; 2]) -> Self {
        Self(bundles.each_ref().map(|bundle| &bundle.catalog))
    }

    /// Whether all closed catalogs list an action, or none does.
    fn list(self, action: &Action) -> Holds {
        let lists = |catalog: &&Catalog| {
            let integration = action.integration.as_deref().unwrap();
            catalog.actions.keys().any(|name| name.matches(integration, &action.operation, Polarity::Permits))
        };
        let closed: Vec<bool> = self.0.iter().filter(|catalog| catalog.closed).map(lists).collect();
        match (closed.contains(&true), closed.contains(&false)) {
            (true, false) => Holds::Yes,
            (false, true) => Holds::No,
            _ => Holds::InWords,
        }
    }

    /// Whether a catalog may make more of a fact than the record says.
    fn raise(self, fact: &str) -> bool {
        self.0.iter().flat_map(|catalog| catalog.actions.values()).any(|entry| match fact {
            "data_classification" => entry.data_classification.is_some(),
            "risk_level" => entry.risk_level.is_some(),
            _ => entry.tags.is_some(),
        })
    }
}

/// An area with its patterns and plain words read.
pub struct ReadArea<'b> {
    patterns: Vec<(&'static str, Vec<Pattern>)>,
    words: Vec<(String, Words)>,
    catalogs: Catalogs<'b>,
}

/// What words say of a fact.
enum Words {
    Levels(Vec<Level>),
    Risks(Vec<Risk>),
    Cost(Option<Usd>, Option<Usd>),
    Tag(String, bool),
    Times(Option<Time>, Option<Time>),
    Listed,
    /// Anything else.
    Others,
}

/// A row with its pieces read: area and exceptions.
pub struct ReadRow<'b> {
    pieces: Vec<(ReadArea<'b>, Vec<ReadArea<'b>>)>,
}

impl<'b> ReadArea<'b> {
    /// # Panics
    /// Where a pattern is none.
    pub fn new(area: &Area, catalogs: Catalogs<'b>) -> Self {
        let read = |texts: &Vec<String>| texts.iter().map(|text| Pattern::parse(text).unwrap()).collect();
        let patterns = area.patterns.iter().map(|(fact, texts)| (*fact, read(texts))).collect();
        let words = area.values.iter().map(|(fact, text)| (fact.clone(), Words::read(fact, text, catalogs)));
        Self { patterns, words: words.collect(), catalogs }
    }

    /// Whether an action lies in it.
    pub fn holds(&self, action: &Action) -> Holds {
        let matches = |(fact, patterns): &(&'static str, Vec<Pattern>)| {
            let value = text(action, fact);
            patterns.iter().all(|pattern| pattern.matches(value)).into()
        };
        let patterns = Holds::Yes.all(self.patterns.iter().map(matches));
        patterns.all(self.words.iter().map(|(_, words)| words.hold(action, self.catalogs)))
    }
}

impl<'b> ReadRow<'b> {
    pub fn new(row: &Row, catalogs: Catalogs<'b>) -> Self {
        let piece = |piece: &Piece| {
            let exceptions = piece.exceptions.iter().map(|except| ReadArea::new(&except.area, catalogs)).collect();
            (ReadArea::new(&piece.area, catalogs), exceptions)
        };
        Self { pieces: row.pieces.iter().map(piece).collect() }
    }

    /// Whether an action lies in one of the pieces.
    pub fn holds(&self, action: &Action) -> Holds {
        let outside = |(area, exceptions): &(ReadArea, Vec<ReadArea>)| {
            area.holds(action).all(exceptions.iter().map(|except| except.holds(action).not())).not()
        };
        Holds::Yes.all(self.pieces.iter().map(outside)).not()
    }
}

impl Words {
    fn read(fact: &str, text: &str, catalogs: Catalogs<'_>) -> Self {
        let plain = match fact {
            "catalog" => (text == "lists the action").then_some(Self::Listed),
            "data_classification" if !catalogs.raise(fact) => {
                named(text, &[Level::Public, Level::Internal, Level::Confidential, Level::Restricted]).map(Self::Levels)
            }
            "risk_level" if !catalogs.raise(fact) => {
                named(text, &[Risk::Minimal, Risk::Low, Risk::Medium, Risk::High, Risk::Critical]).map(Self::Risks)
            }
            "cost_usd" => cost(text),
            "timestamp" => times(text),
            fact => fact.strip_prefix("tags.").filter(|_| !catalogs.raise(fact)).and_then(|tag| match text {
                "borne" => Some(Self::Tag(tag.to_owned(), true)),
                "not borne" => Some(Self::Tag(tag.to_owned(), false)),
                _ => None,
            }),
        };
        plain.unwrap_or(Self::Others)
    }

    fn hold(&self, action: &Action, catalogs: Catalogs<'_>) -> Holds {
        match self {
            Self::Levels(levels) => levels.contains(&action.data_classification.unwrap()).into(),
            Self::Risks(risks) => risks.contains(&action.risk_level.unwrap()).into(),
            Self::Cost(least, less_than) => within(*least, action.cost_usd.unwrap(), *less_than).into(),
            Self::Times(from, before) => within(*from, action.timestamp.unwrap(), *before).into(),
            Self::Tag(tag, borne) => (action.tags.as_ref().unwrap().contains(tag) == *borne).into(),
            Self::Listed => catalogs.list(action),
            Self::Others => Holds::InWords,
        }
    }
}

fn within<T: Copy + Ord>(from: Option<T>, value: T, before: Option<T>) -> bool {
    from.is_none_or(|from| from <= value) && before.is_none_or(|before| value < before)
}

/// `b`, `a, c`, `b or higher`, `b or lower` of ordered values.
fn named<T: Copy + serde::Serialize>(text: &str, all: &[T]) -> Option<Vec<T>> {
    let place = |name: &str| all.iter().position(|one| serde_json::to_value(one).unwrap() == name);
    if let Some(name) = text.strip_suffix(" or higher") {
        return Some(all[place(name)?..].to_vec());
    }
    if let Some(name) = text.strip_suffix(" or lower") {
        return Some(all[..=place(name)?].to_vec());
    }
    text.split(", ").map(|name| place(name).map(|place| all[place])).collect()
}

/// `$1 or more`, `less than $2`, `$1 to less than $2`.
fn cost(text: &str) -> Option<Words> {
    let usd = |text: &str| Usd::parse(text.strip_prefix('$')?).ok();
    if let Some(least) = text.strip_suffix(" or more") {
        return Some(Words::Cost(Some(usd(least)?), None));
    }
    if let Some(less) = text.strip_prefix("less than ") {
        return Some(Words::Cost(None, Some(usd(less)?)));
    }
    let (least, less) = text.split_once(" to less than ")?;
    Some(Words::Cost(Some(usd(least)?), Some(usd(less)?)))
}

/// `from T`, `before T`, both.
fn times(text: &str) -> Option<Words> {
    let (mut from, mut before) = (None, None);
    for part in text.split(", ") {
        match (part.strip_prefix("from "), part.strip_prefix("before ")) {
            (Some(time), _) => from = Some(Time::parse(time)?),
            (_, Some(time)) => before = Some(Time::parse(time)?),
            _ => return None,
        }
    }
    Some(Words::Times(from, before))
}

/// What an action says of a fact, as the engine names it.
fn text<'a>(action: &'a Action, fact: &str) -> &'a str {
    let call = Call::of(action);
    match fact {
        "agent_id" => call.agent,
        "run_id" => call.run,
        "group_id" => call.group,
        "mission_id" => call.mission,
        "integration" => call.integration,
        "operation" => Some(action.operation.as_str()),
        "resource" => call.resource,
        other => panic!("no fact of an area is called {other}"),
    }
    .unwrap()
}

/// Whether an action is one that rows speak of: every fact is known.
pub fn in_space(action: &Action) -> bool {
    let call = Call::of(action);
    let names = [call.agent, call.run, call.session, call.group, call.mission, call.integration, call.resource];
    names.iter().all(Option::is_some)
        && action.run_id == action.session_id
        && call.integration == action.integration.as_deref()
        && call.operation == action.operation
        && action.data_classification.is_some()
        && action.risk_level.is_some()
        && action.cost_usd.is_some()
        && action.tags.is_some()
        && action.arguments.is_some()
        && action.timestamp.is_some()
        && action.broken.is_empty()
}
