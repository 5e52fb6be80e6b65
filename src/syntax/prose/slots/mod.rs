//! What can be filled in: names, numbers, times, lists. Every way to read a slot is found; a name of several words that
//! nobody quoted is one only where none of its words has a meaning of its own.

mod names;
mod values;

use std::ops::Range;

use super::comparing::Test;
use super::matching::Reader;
use super::part::Part;
use super::token::Kind;
use super::words::{LEVELS, RISKS};

/// What a name was written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// In backticks or quotes: exactly as it is.
    Exact,
    /// In backticks, and said to be in no catalog.
    Unlisted,
    /// As plain words: the catalog must know it.
    Bare,
    /// As words that stand for a pattern: `every action`.
    Every,
    /// As a word that the document defines.
    Defined,
}

/// A name.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// The name or pattern.
    pub text: String,
    /// How it was written.
    pub how: How,
    /// Its bytes in the sentence, without quotes.
    pub range: Range<usize>,
    /// The word of the document that stands for it.
    pub noun: Option<String>,
}

/// The word that joined the items of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// There is one item, or only commas.
    Not,
    /// `and`.
    And,
    /// `or`.
    Or,
}

/// What a slot was filled with.
#[derive(Debug, Clone, PartialEq)]
pub enum Filled {
    /// Names.
    Names(Vec<Name>, Joined),
    /// A text.
    Text(String, Range<usize>),
    /// The digits of a number, or of an amount of US dollars.
    Number(String),
    /// A duration.
    Seconds(u64),
    /// One of a closed set of words.
    Word(&'static str),
    /// Several of them.
    Words(Vec<(&'static str, Range<usize>)>, Joined),
    /// A time of day.
    Clock(u8, u8),
    /// Values.
    Values(Vec<Part>),
    /// What is said of arguments.
    Tests(Vec<Test>),
}

macro_rules! slots {
    ($($variant:ident $name:literal $words:literal;)*) => {
        /// What can be filled in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Slot { $($variant,)* }

        impl Slot {
            /// The slot of a name in the table.
            pub fn of(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// What belongs there, for people.
            pub fn in_words(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }
        }
    };
}

slots! {
    Actions "actions" "the names of actions";
    Action "action" "the name of an action";
    Exact "exact" "a name in backticks";
    Argument "argument" "the name of an argument";
    Tests "tests" "what is said of arguments (`amount` is over 200)";
    Demand "demand" "what an argument must be (must be at most 200)";
    Count "count" "a whole number";
    Amount "amount" "a number";
    Money "money" "an amount in US dollars ($50)";
    Duration "duration" "a duration (30 minutes)";
    Per "per" "agent, run, session or scope";
    Window "window" "a window of time (per hour, in 10 minutes)";
    People "people" "who approves (@finance, anna@example.com)";
    Agents "agents" "the names of agents";
    Runs "runs" "runs, in backticks";
    Agent "agent" "the name of an agent";
    Tags "tags" "tags";
    Risk "risk" "a risk level (minimal, low, medium, high, critical)";
    Risky "risky" "a risk level with `-risk` (high-risk)";
    Level "level" "how sensitive data is (public, internal, confidential, restricted)";
    Text "text" "a text in quotes";
    Value "value" "a number, a text in quotes, true or false";
    Values "values" "values (\"EUR\", \"USD\")";
    Several "several" "values with `or` between them";
    Type "type" "a type (text, number, whole number, list, object)";
    Json "json" "JSON in backticks";
    Moment "moment" "a day (2027-01-31) or a moment (2027-01-31T12:00:00Z)";
    Clock "clock" "a time of day (22:00)";
    Hours "hours" "hours of the day (`at 3:00 and 4:00`)";
    Days "days" "days of the week";
    Zone "zone" "a time zone (Europe/Berlin)";
    Noun "noun" "words to be defined";
    Class "class" "words that the document defines by `are those whose`";
    Reasons "reasons" "codes of reasons (ACTION_DENIED)";
    Rest "rest" "the rest of the sentence";
}

type Ends = Vec<(usize, Filled)>;

/// Every way to fill a slot from a token on.
pub fn fill(reader: &Reader<'_>, slot: Slot, at: usize) -> Ends {
    match slot {
        Slot::Actions => names::list(reader, at, &names::action),
        Slot::Action => single(names::action(reader, at)),
        Slot::Exact => single(names::exact(reader, at)),
        Slot::Argument => single(names::argument(reader, at)),
        Slot::Tests => names::tests(reader, at),
        Slot::Demand => names::demand(reader, at),
        Slot::Count => {
            values::count(reader, at).map(|(end, n)| (end, Filled::Number(n.to_string()))).into_iter().collect()
        }
        Slot::Amount => values::amount(reader, at),
        Slot::Money => values::money(reader, at),
        Slot::Duration => values::duration(reader, at).map(|(end, s)| (end, Filled::Seconds(s))).into_iter().collect(),
        Slot::Per => values::one_word(reader, at, &["agent", "run", "session", "scope"], ""),
        Slot::Window => values::window(reader, at),
        Slot::People => names::list(reader, at, &names::person),
        Slot::Agents => names::list(reader, at, &names::agent),
        Slot::Runs => names::list(reader, at, &names::run),
        Slot::Agent => single(names::agent(reader, at)),
        Slot::Tags => names::list(reader, at, &names::tag),
        Slot::Risk => values::one_word(reader, at, &RISKS, ""),
        Slot::Risky => values::one_word(reader, at, &RISKS, "-risk"),
        Slot::Level => values::one_word(reader, at, &LEVELS, ""),
        Slot::Text => values::text(reader, at),
        Slot::Value => {
            values::value(reader, at).map(|(end, part)| (end, Filled::Values(vec![part]))).into_iter().collect()
        }
        Slot::Values => values::values(reader, at, false),
        Slot::Several => values::values(reader, at, true),
        Slot::Type => values::type_name(reader, at),
        Slot::Json => values::json(reader, at),
        Slot::Moment => values::moment(reader, at),
        Slot::Clock => values::clock(reader, at),
        Slot::Hours => values::hours(reader, at),
        Slot::Days => values::days(reader, at),
        Slot::Zone => values::zone(reader, at),
        Slot::Noun => names::noun(reader, at),
        Slot::Class => names::class(reader, at),
        Slot::Reasons => names::list(reader, at, &names::reason),
        Slot::Rest => values::rest(reader, at),
    }
}

fn single(found: Vec<(usize, Vec<Name>)>) -> Ends {
    found.into_iter().map(|(end, names)| (end, Filled::Names(names, Joined::Not))).collect()
}

fn kind<'a>(reader: &Reader<'a>, at: usize) -> Option<&'a Kind> {
    reader.tokens.get(at).map(|token| &token.kind)
}

fn word<'a>(reader: &Reader<'a>, at: usize) -> Option<&'a str> {
    match kind(reader, at)? {
        Kind::Word(lower, _) => Some(lower),
        _ => None,
    }
}

fn range(reader: &Reader<'_>, at: usize) -> Range<usize> {
    reader.bytes(at, at + 1)
}

/// The bytes between the quotes of a token.
fn inside(reader: &Reader<'_>, at: usize) -> Range<usize> {
    let whole = range(reader, at);
    let text = reader.text.get(whole.clone()).unwrap_or_default();
    let fence = text.len() - text.trim_start_matches('`').len();
    let fence = match text.chars().next() {
        Some('`') => fence,
        Some(c) => c.len_utf8(),
        None => 0,
    };
    if whole.len() >= 2 * fence { whole.start + fence..whole.end - fence } else { whole }
}

/// What stands in backticks or quotes.
fn written(reader: &Reader<'_>, at: usize) -> Option<(String, Range<usize>)> {
    match kind(reader, at)? {
        Kind::Code(text) | Kind::Quoted(text) if !text.trim().is_empty() => Some((text.clone(), inside(reader, at))),
        _ => None,
    }
}
