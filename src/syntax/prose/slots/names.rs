//! Names: of actions, agents, arguments, tags and people, one or several.

use super::super::comparing::{self, Test};
use super::super::matching::Reader;
use super::super::table;
use super::super::token::Kind;
use super::super::words;
use super::{Ends, Filled, How, Joined, Name, kind, range, word, written};

type Items<'f> = &'f dyn Fn(&Reader<'_>, usize) -> Vec<(usize, Vec<Name>)>;

/// One name or several, parted by commas, `and` and `or`; never by both words.
pub fn list(reader: &Reader<'_>, at: usize, item: Items<'_>) -> Ends {
    let mut found: Vec<(usize, Vec<Name>, Joined)> = Vec::new();
    let mut open: Vec<(usize, Vec<Name>, Joined)> =
        item(reader, at).into_iter().map(|(end, names)| (end, names, Joined::Not)).collect();
    while let Some((end, names, joined)) = open.pop() {
        if found.len() > 200 {
            reader.exhaust();
            break;
        }
        for (next, by) in separators(reader, end) {
            if by != Joined::Not && joined != Joined::Not && by != joined {
                reader.missed(next, "one of `and` and `or` throughout a list");
                continue;
            }
            for (end, more) in item(reader, next) {
                let names = names.iter().cloned().chain(more).collect();
                open.push((end, names, if by == Joined::Not { joined } else { by }));
            }
        }
        found.push((end, names, joined));
    }
    found.into_iter().map(|(end, names, joined)| (end, Filled::Names(names, joined))).collect()
}

/// Where the next item of a list begins, and the word before it.
pub fn separators(reader: &Reader<'_>, at: usize) -> Vec<(usize, Joined)> {
    let mut found = Vec::new();
    let comma = matches!(kind(reader, at), Some(Kind::Sign(',')));
    let next = if comma { at + 1 } else { at };
    match word(reader, next) {
        Some("and") => found.push((next + 1, Joined::And)),
        Some("or" | "nor") => found.push((next + 1, Joined::Or)),
        _ => {}
    }
    if comma {
        found.push((next, Joined::Not));
    }
    found
}

pub fn action(reader: &Reader<'_>, at: usize) -> Vec<(usize, Vec<Name>)> {
    let mut found = Vec::new();
    for at in [Some(at), calls_to(reader, at)].into_iter().flatten() {
        found.extend(every_action(reader, at));
        for start in [Some(at), reader.quiet(&["the"], at), every(reader, at)].into_iter().flatten() {
            for (end, names) in named_action(reader, start) {
                // `the airline tools` are those of an integration.
                let whole = names.iter().all(|name| name.text.contains('.') || name.how == How::Defined);
                let called: &[&str] = if whole { &CALLED } else { &["action", "tool", "call", "calls"] };
                found.extend(called.iter().filter_map(|w| Some((reader.quiet(&[w], end)?, names.clone()))));
                found.push((end, names));
            }
        }
    }
    found
}

/// `calls to`, `the use of`: what is said before the name of an action without meaning more.
pub fn calls_to(reader: &Reader<'_>, at: usize) -> Option<usize> {
    let at = ["any", "all", "every", "the"].iter().find_map(|word| reader.quiet(&[word], at)).unwrap_or(at);
    let ways: [&[&str]; 7] =
        [&["call", "to"], &["calls", "to"], &["use", "of"], &["uses", "of"], &["calling"], &["using"], &["running"]];
    ways.iter().find_map(|words| reader.quiet(words, at))
}

pub fn every(reader: &Reader<'_>, at: usize) -> Option<usize> {
    ["every", "all", "any"].iter().find_map(|word| reader.quiet(&[word], at))
}

/// What may stand behind the name of an action.
const CALLED: [&str; 7] = ["action", "actions", "tool", "tools", "operation", "call", "calls"];

pub fn every_action(reader: &Reader<'_>, at: usize) -> Vec<(usize, Vec<Name>)> {
    let name =
        |end: usize, text: String, how| (end, vec![Name { text, how, range: reader.bytes(at, end), noun: None }]);
    let mut found = Vec::new();
    for word in ["everything", "anything"] {
        found.extend(reader.quiet(&[word], at).map(|end| name(end, "*".to_owned(), How::Every)));
    }
    let said = every(reader, at);
    let next = said.or_else(|| reader.quiet(&["the"], at)).unwrap_or(at);
    for word in ["action", "actions", "tool", "tools", "operation", "operations", "everything", "anything"] {
        let Some(end) = reader.quiet(&[word], if word.ends_with("thing") { at } else { next }) else { continue };
        if said.is_some() {
            found.push(name(end, "*".to_owned(), How::Every));
        }
        for joint in ["of", "in", "on", "from"] {
            let Some(of) = reader.quiet(&[joint], end) else { continue };
            let of = reader.quiet(&["the"], of).unwrap_or(of);
            found.extend(integration(reader, of).map(|(end, text, how)| name(end, format!("{text}.*"), how)));
        }
    }
    if let Some((end, text, how)) = integration(reader, next) {
        for word in ["actions", "tools", "operations"] {
            found.extend(reader.quiet(&[word], end).map(|end| name(end, format!("{text}.*"), how)));
        }
    }
    found
}

/// The name of an integration: one without a dot and without a star.
pub fn integration(reader: &Reader<'_>, at: usize) -> Option<(usize, String, How)> {
    let (text, how) = match kind(reader, at)? {
        Kind::Word(lower, text) if !table::is_reserved(lower) => (text.clone(), How::Bare),
        _ => (written(reader, at)?.0, How::Exact),
    };
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let end = reader.quiet(&["integration"], at + 1).unwrap_or(at + 1);
    plain.then_some((end, text, how))
}

/// The most words of which a bare name is made.
const MOST_WORDS: usize = 4;

pub fn named_action(reader: &Reader<'_>, at: usize) -> Vec<(usize, Vec<Name>)> {
    let unlisted = reader.quiet(&["unlisted", "action"], at).or_else(|| reader.quiet(&["unlisted", "actions"], at));
    let mut found = Vec::new();
    for (start, how) in [(Some(at), How::Exact), (unlisted, How::Unlisted)] {
        let Some(start) = start else { continue };
        if let Some((text, range)) = written(reader, start) {
            found.push((start + 1, vec![Name { text, how, range, noun: None }]));
        }
    }
    found.extend(defined(reader, at));
    found.extend(bare(reader, at));
    found
}

/// A word that the document defines as actions.
pub fn defined(reader: &Reader<'_>, at: usize) -> Vec<(usize, Vec<Name>)> {
    let mut found = Vec::new();
    for at in [Some(at), reader.quiet(&["a"], at), reader.quiet(&["an"], at)].into_iter().flatten() {
        for length in 1..=MOST_WORDS {
            let Some(noun) = phrase(reader, at, length) else { break };
            let Some(actions) = reader.defined.nouns.get(&noun) else { continue };
            let range = reader.bytes(at, at + length);
            let name = |text: &String| Name {
                text: text.clone(),
                how: How::Defined,
                range: range.clone(),
                noun: Some(noun.clone()),
            };
            found.push((at + length, actions.iter().map(name).collect()));
        }
    }
    found
}

/// Some plain words in a row, in lower case.
pub fn phrase(reader: &Reader<'_>, at: usize, length: usize) -> Option<String> {
    let words: Option<Vec<&str>> = (at..at + length).map(|at| word(reader, at)).collect();
    Some(words?.join(" "))
}

/// A name without quotes: one word that looks like an identifier, or up to four plain words that belong together.
pub fn bare(reader: &Reader<'_>, at: usize) -> Vec<(usize, Vec<Name>)> {
    let mut found = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    for length in 1..=MOST_WORDS {
        let Some(Kind::Word(lower, text)) = kind(reader, at + length - 1) else { break };
        // `update a password` is `update_password`.
        if length > 1 && matches!(lower.as_str(), "a" | "an") {
            continue;
        }
        let identifier = text.contains(['_', '.']);
        let named = if identifier { is_identifier(text) } else { lower.bytes().all(|c| c.is_ascii_alphanumeric()) };
        if !named || (!identifier && table::is_reserved(lower)) || (identifier && length > 1) {
            break;
        }
        parts.push(if identifier { text.clone() } else { lower.clone() });
        let name = Name { text: parts.join("_"), how: How::Bare, range: reader.bytes(at, at + length), noun: None };
        // What the document defines is not also the name of an action.
        if !reader.defined.nouns.contains_key(&parts.join(" ")) {
            found.push((at + length, vec![name]));
        }
        if identifier {
            break;
        }
    }
    found
}

pub fn is_identifier(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'-')) && !text.contains("..")
}

pub fn exact(reader: &Reader<'_>, at: usize) -> Vec<(usize, Vec<Name>)> {
    let name = |(text, range)| (at + 1, vec![Name { text, how: How::Exact, range, noun: None }]);
    written(reader, at).map(name).into_iter().collect()
}

/// Words of the grammar that are names of arguments where one stands.
const ALSO_ARGUMENTS: [&str; 16] = [
    "amount", "name", "date", "reason", "resource", "priority", "data", "text", "number", "list", "object", "code",
    "limit", "subject", "command", "schema",
];

pub fn argument(reader: &Reader<'_>, at: usize) -> Vec<(usize, Vec<Name>)> {
    let at = ["the", "its", "their", "whose"].iter().find_map(|word| reader.quiet(&[word], at)).unwrap_or(at);
    let mut found = exact(reader, at);
    if let Some(Kind::Word(lower, text)) = kind(reader, at)
        && (!table::is_reserved(lower) || text.contains('_') || ALSO_ARGUMENTS.contains(&lower.as_str()))
        && is_identifier(text)
    {
        let name = Name { text: text.clone(), how: How::Bare, range: range(reader, at), noun: None };
        found.push((at + 1, vec![name]));
    }
    found
}

pub fn agent(reader: &Reader<'_>, at: usize) -> Vec<(usize, Vec<Name>)> {
    let mut found = exact(reader, at);
    if let Some(next) = every(reader, at) {
        for word in ["agent", "agents", "run", "runs"] {
            let name = |end| {
                (end, vec![Name { text: "*".to_owned(), how: How::Every, range: reader.bytes(at, end), noun: None }])
            };
            found.extend(reader.quiet(&[word], next).map(name));
        }
    }
    if let Some(Kind::Word(lower, text)) = kind(reader, at)
        && !table::is_reserved(lower)
        && is_identifier(text)
    {
        found.push((at + 1, vec![Name { text: text.clone(), how: How::Bare, range: range(reader, at), noun: None }]));
    }
    found
}

pub fn run(reader: &Reader<'_>, at: usize) -> Vec<(usize, Vec<Name>)> {
    let mut found = exact(reader, at);
    if let Some(next) = every(reader, at) {
        let name =
            |end| (end, vec![Name { text: "*".to_owned(), how: How::Every, range: reader.bytes(at, end), noun: None }]);
        found.extend(reader.quiet(&["run"], next).or_else(|| reader.quiet(&["runs"], next)).map(name));
    }
    found
}

pub fn person(reader: &Reader<'_>, at: usize) -> Vec<(usize, Vec<Name>)> {
    // A name in backticks holds no white space: what does was not meant as one name.
    let mut found = exact(reader, at);
    found.retain(|(_, names)| {
        matches!(kind(reader, at), Some(Kind::Quoted(_)))
            || names.iter().all(|name| !name.text.contains(char::is_whitespace))
    });
    if let Some(Kind::Word(_, text)) = kind(reader, at)
        && text.contains('@')
    {
        found.push((at + 1, vec![Name { text: text.clone(), how: How::Exact, range: range(reader, at), noun: None }]));
    }
    found
}

pub fn tag(reader: &Reader<'_>, at: usize) -> Vec<(usize, Vec<Name>)> {
    let mut found = exact(reader, at);
    if let Some(start) = reader.quiet(&["unlisted", "tag"], at)
        && let Some((text, range)) = written(reader, start)
    {
        found.push((start + 1, vec![Name { text, how: How::Unlisted, range, noun: None }]));
    }
    if let Some(Kind::Word(lower, text)) = kind(reader, at)
        && !table::is_reserved(lower)
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'))
    {
        found.push((at + 1, vec![Name { text: text.clone(), how: How::Bare, range: range(reader, at), noun: None }]));
    }
    found
}

pub fn reason(reader: &Reader<'_>, at: usize) -> Vec<(usize, Vec<Name>)> {
    let mut found = exact(reader, at);
    if let Some(Kind::Word(_, text)) = kind(reader, at)
        && text.bytes().all(|c| c.is_ascii_uppercase() || c == b'_')
    {
        found.push((at + 1, vec![Name { text: text.clone(), how: How::Exact, range: range(reader, at), noun: None }]));
    }
    found
}

pub fn tests(reader: &Reader<'_>, at: usize) -> Ends {
    let mut found = Ends::new();
    let mut open: Vec<(usize, Vec<Test>)> = vec![(at, Vec::new())];
    while let Some((at, tests)) = open.pop() {
        if found.len() > 100 || tests.len() > 20 {
            reader.exhaust();
            break;
        }
        for (verb, names) in argument(reader, at) {
            let Some(name) = names.into_iter().next() else { continue };
            for (end, negated, says) in comparing::stated(reader, verb) {
                let test = Test { argument: name.clone(), negated, says, range: reader.bytes(at, end) };
                let tests: Vec<Test> = tests.iter().cloned().chain([test]).collect();
                if let Some(next) = reader.quiet(&["and"], reader.past_comma(end)) {
                    open.push((next, tests.clone()));
                }
                found.push((end, Filled::Tests(tests)));
            }
        }
    }
    found
}

/// A demand has no name of its own: the subject of the sentence is the argument.
pub fn demand(reader: &Reader<'_>, at: usize) -> Ends {
    let test = |(end, negated, says)| {
        let argument = Name { text: String::new(), how: How::Exact, range: reader.bytes(at, end), noun: None };
        (end, Filled::Tests(vec![Test { argument, negated, says, range: reader.bytes(at, end) }]))
    };
    comparing::demanded(reader, at).into_iter().map(test).collect()
}

/// Up to four plain words that have no meaning of their own.
pub fn noun(reader: &Reader<'_>, at: usize) -> Ends {
    let mut found = Ends::new();
    for length in 1..=MOST_WORDS {
        let Some(last) = word(reader, at + length - 1) else { break };
        if table::is_reserved(last) || words::is_weak(last) || !last.bytes().all(|c| c.is_ascii_alphabetic()) {
            break;
        }
        let noun = phrase(reader, at, length).unwrap_or_default();
        found.push((at + length, Filled::Text(noun, reader.bytes(at, at + length))));
    }
    found
}

pub fn class(reader: &Reader<'_>, at: usize) -> Ends {
    let mut found = Ends::new();
    for at in [Some(at), every(reader, at), reader.quiet(&["the"], at)].into_iter().flatten() {
        for length in 1..=MOST_WORDS {
            let Some(noun) = phrase(reader, at, length) else { break };
            if let Some(tests) = reader.defined.classes.get(&noun) {
                let range = reader.bytes(at, at + length);
                found.push((at + length, Filled::Tests(tests.iter().map(|test| test.at(&range)).collect())));
            }
        }
    }
    found
}
