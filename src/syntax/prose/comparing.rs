//! What can be said of an argument: each comparison as people say it, and the JSON Schema that it means.

use std::ops::Range;
use std::sync::LazyLock;

use super::matching::{Caught, Reader};
use super::part::{Held, Part};
use super::pattern::{self, Piece};
use super::slots::Name;

/// Something that is said of one argument.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The argument.
    pub argument: Name,
    /// Whether the opposite is said.
    pub negated: bool,
    /// What is said.
    pub says: Says,
    /// Its bytes in the sentence.
    pub range: Range<usize>,
}

/// What a comparison asks of a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Says {
    /// The type of JSON that it speaks of; `None`: any.
    pub about: Option<&'static str>,
    /// The keywords.
    pub keywords: Vec<(&'static str, Part)>,
    /// The keywords of the exact opposite, where there are some.
    pub opposite: Option<Vec<(&'static str, Part)>>,
    /// The whole schema, where the author wrote it out.
    pub whole: Option<Part>,
}

/// How a schema treats a value of a type that the comparison does not speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Otherwise {
    /// It fails: for what an action must satisfy, and for what allows.
    Fails,
    /// It passes: for what denies or asks, which then happens.
    Passes,
}

impl Test {
    /// The JSON Schema of the argument's value.
    pub fn schema(&self, otherwise: Otherwise, opposite: bool) -> Part {
        let says = &self.says;
        let negated = self.negated != opposite;
        if let Some(whole) = &says.whole {
            return if negated { whole.clone().under(&["not"]) } else { whole.clone() };
        }
        let exact = if negated { says.opposite.as_ref() } else { Some(&says.keywords) };
        let typed = says.about.filter(|_| otherwise == Otherwise::Fails);
        let mut entries: Vec<(&str, Part)> = Vec::new();
        if let Some(about) = typed {
            entries.push(("type", Part::text(&self.range, about)));
        }
        if let Some(keywords) = exact {
            entries.extend(keywords.iter().map(|(key, part)| (*key, part.clone())));
        } else {
            let mut inner: Vec<(&str, Part)> = says.keywords.iter().map(|(key, part)| (*key, part.clone())).collect();
            // Without the type, a value of another type would satisfy what is inside, and so never the whole.
            if let (Otherwise::Passes, Some(about)) = (otherwise, says.about) {
                inner.insert(0, ("type", Part::text(&self.range, about)));
            }
            entries.push(("not", Part::map(&self.range, inner)));
        }
        // Two keywords `type` would be one too many.
        let mut seen = Vec::new();
        entries.retain(|(key, _)| {
            !seen.contains(key) && {
                seen.push(*key);
                true
            }
        });
        Part::map(&self.range, entries)
    }
}

/// The schema of all arguments in which none of these tests holds together with the others.
pub fn refuted(tests: &[Test], range: &Range<usize>) -> Part {
    let without = |test: &Test| {
        let property = test.schema(Otherwise::Fails, true).under(&[&test.argument.text]);
        let mut entries = vec![("properties", property)];
        // What is not there is not what was named either.
        if test.negated {
            let name = Part::text(&test.argument.range, test.argument.text.clone());
            entries.push(("required", Part::list(range, vec![name])));
        }
        Part::map(range, entries)
    };
    match tests {
        [one] => without(one),
        several => {
            let ways = several.iter().map(without).collect();
            let any = Part::map(range, vec![("anyOf", Part::list(range, ways))]);
            Part::map(range, vec![("allOf", Part::list(range, vec![any]))])
        }
    }
}

/// The tests of an approval or of a rule: a schema for each argument.
///
/// # Errors
/// The argument of which two things are said that one schema cannot hold side by side.
pub fn by_argument(tests: &[Test], otherwise: Otherwise, range: &Range<usize>) -> Result<Part, String> {
    let mut found: Vec<(String, Range<usize>, Part)> = Vec::new();
    for test in tests {
        let schema = test.schema(otherwise, false);
        match found.iter_mut().find(|(name, ..)| *name == test.argument.text) {
            None => found.push((test.argument.text.clone(), test.argument.range.clone(), schema)),
            Some((name, _, known)) => merge(known, schema).map_err(|()| name.clone())?,
        }
    }
    Ok(Part::new(range, Held::Map(found)))
}

/// Puts the keywords of a schema beside those of another.
fn merge(known: &mut Part, more: Part) -> Result<(), ()> {
    let (Held::Map(known), Held::Map(more)) = (&mut known.value, more.value) else { return Err(()) };
    for (key, range, part) in more {
        match known.iter().find(|(name, ..)| *name == key) {
            None => known.push((key, range, part)),
            Some((.., same)) if key == "type" && same.to_json() == part.to_json() => {}
            Some(_) => return Err(()),
        }
    }
    Ok(())
}

/// A comparison and the ways to say it.
pub struct Comparison {
    /// What it is called.
    pub name: &'static str,
    /// After `is` or `must be`.
    pub be: &'static [&'static str],
    /// After `must` or `does not`.
    pub verb: &'static [&'static str],
    /// By itself.
    pub verbs: &'static [&'static str],
    /// What it means.
    make: fn(&Caught<'_>) -> Option<Says>,
}

/// A comparison, its ways read into pieces.
pub struct Read {
    /// The comparison.
    pub comparison: &'static Comparison,
    be: Vec<Vec<Piece>>,
    verb: Vec<Vec<Piece>>,
    verbs: Vec<Vec<Piece>>,
}

fn says(about: Option<&'static str>, keyword: &'static str, part: Part) -> Says {
    Says { about, keywords: vec![(keyword, part)], opposite: None, whole: None }
}

fn bound(caught: &Caught<'_>, keyword: &'static str, opposite: &'static str) -> Option<Says> {
    let part = caught.number("n")?;
    let keywords = vec![(keyword, part.clone())];
    Some(Says { about: Some("number"), keywords, opposite: Some(vec![(opposite, part)]), whole: None })
}

fn length(caught: &Caught<'_>, keyword: &'static str, opposite: &'static str, by: i64, over: i64) -> Option<Says> {
    let part = caught.number("n")?;
    let Held::Number(digits) = &part.value else { return None };
    let count: i64 = digits.parse().ok()?;
    let at = |count: i64| (count >= 0).then(|| Part::number(&part.range, count));
    let keywords = vec![(keyword, at(count + by)?)];
    let opposite = at(count + over).map(|part| vec![(opposite, part)]);
    Some(Says { about: Some("string"), keywords, opposite, whole: None })
}

/// A regular expression that finds exactly a text.
fn literal(text: &str) -> String {
    let mut written = String::new();
    for c in text.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            written.push('\\');
        }
        written.push(c);
    }
    written
}

fn text(caught: &Caught<'_>, before: &str, after: &str) -> Option<Says> {
    let (text, range) = caught.text("t")?;
    Some(says(Some("string"), "pattern", Part::text(&range, format!("{before}{}{after}", literal(&text)))))
}

fn constant(caught: &Caught<'_>) -> Option<Says> {
    Some(says(None, "const", caught.value("v")?))
}

fn listed(caught: &Caught<'_>) -> Option<Says> {
    let (values, range) = caught.values("v")?;
    Some(says(None, "enum", Part::list(&range, values)))
}

fn typed(caught: &Caught<'_>) -> Option<Says> {
    let (kind, range) = caught.word("k")?;
    Some(says(None, "type", Part::text(&range, kind)))
}

fn items(caught: &Caught<'_>, keyword: &'static str, by: i64) -> Option<Says> {
    let part = caught.number("n")?;
    let Held::Number(digits) = &part.value else { return None };
    let count: i64 = digits.parse().ok()?;
    let part = Part::number(&part.range, count.checked_add(by).filter(|count| *count >= 0)?);
    Some(says(Some("array"), keyword, part))
}

/// The comparisons.
pub const COMPARISONS: &[Comparison] = &[
    Comparison {
        name: "over",
        be: &["(over|above|more than|greater than|larger than|higher than|bigger than) {n:amount}"],
        verb: &["exceed {n:amount}"],
        verbs: &["exceeds {n:amount}"],
        make: |caught| bound(caught, "exclusiveMinimum", "maximum"),
    },
    Comparison {
        name: "at least",
        be: &["at least {n:amount}", "{n:amount} or (more|above|higher)"],
        verb: &[],
        verbs: &[],
        make: |caught| bound(caught, "minimum", "exclusiveMaximum"),
    },
    Comparison {
        name: "under",
        be: &["(under|below|less than|lower than|smaller than) {n:amount}"],
        verb: &[],
        verbs: &[],
        make: |caught| bound(caught, "exclusiveMaximum", "minimum"),
    },
    Comparison {
        name: "at most",
        be: &[
            "(at most|no more than|no higher than|no greater than|up to) {n:amount}",
            "{n:amount} or (less|below|lower)",
        ],
        verb: &[],
        verbs: &[],
        make: |caught| bound(caught, "maximum", "exclusiveMinimum"),
    },
    Comparison {
        name: "between",
        be: &["between {a:amount} and {b:amount} [inclusive]", "from {a:amount} to {b:amount} [inclusive]"],
        verb: &["lie between {a:amount} and {b:amount} [inclusive]"],
        verbs: &["lies between {a:amount} and {b:amount}"],
        make: |caught| {
            let (a, b) = (caught.number("a")?, caught.number("b")?);
            // Nothing lies between 5 and 1.
            if a.to_json().as_f64()? > b.to_json().as_f64()? {
                return None;
            }
            let keywords = vec![("minimum", a), ("maximum", b)];
            Some(Says { about: Some("number"), keywords, opposite: None, whole: None })
        },
    },
    Comparison {
        name: "exactly",
        be: &["[exactly|equal to] {v:value}"],
        verb: &["equal {v:value}"],
        verbs: &["equals {v:value}"],
        make: constant,
    },
    Comparison {
        name: "one of",
        be: &["(one of|any of|either|in) {v:values}", "{v:several}"],
        verb: &[],
        verbs: &[],
        make: listed,
    },
    Comparison {
        name: "none of",
        be: &["none of {v:values}"],
        verb: &[],
        verbs: &[],
        make: |caught| {
            let (values, range) = caught.values("v")?;
            let listed = Part::map(&range, vec![("enum", Part::list(&range, values.clone()))]);
            let opposite = Some(vec![("enum", Part::list(&range, values))]);
            Some(Says { about: None, keywords: vec![("not", listed)], opposite, whole: None })
        },
    },
    Comparison {
        name: "starts with",
        be: &[],
        verb: &["(start|begin) with {t:text}"],
        verbs: &["(starts|begins) with {t:text}"],
        make: |caught| text(caught, "^", ""),
    },
    Comparison {
        name: "ends with",
        be: &[],
        verb: &["end (with|in) {t:text}"],
        verbs: &["ends (with|in) {t:text}"],
        make: |caught| text(caught, "", "$"),
    },
    Comparison {
        name: "contains",
        be: &[],
        verb: &["(contain|include|mention) {t:text}"],
        verbs: &["(contains|includes|mentions) {t:text}"],
        make: |caught| text(caught, "", ""),
    },
    Comparison {
        name: "matches",
        be: &[],
        verb: &["match {t:text}"],
        verbs: &["matches {t:text}"],
        make: |caught| {
            let (text, range) = caught.text("t")?;
            Some(says(Some("string"), "pattern", Part::text(&range, text)))
        },
    },
    Comparison {
        name: "longer than",
        be: &["longer than {n:count} (character|characters)", "more than {n:count} characters long"],
        verb: &[],
        verbs: &[],
        make: |caught| length(caught, "minLength", "maxLength", 1, 0),
    },
    Comparison {
        name: "at most long",
        be: &["(at most|no more than|no longer than|up to) {n:count} (character|characters) [long]"],
        verb: &["have (at most|no more than) {n:count} (character|characters)"],
        verbs: &["has (at most|no more than) {n:count} (character|characters)"],
        make: |caught| length(caught, "maxLength", "minLength", 0, 1),
    },
    Comparison {
        name: "shorter than",
        be: &["shorter than {n:count} (character|characters)"],
        verb: &[],
        verbs: &[],
        make: |caught| length(caught, "maxLength", "minLength", -1, 0),
    },
    Comparison {
        name: "at least long",
        be: &["at least {n:count} (character|characters) [long]"],
        verb: &["have at least {n:count} (character|characters)"],
        verbs: &["has at least {n:count} (character|characters)"],
        make: |caught| length(caught, "minLength", "maxLength", 0, -1),
    },
    Comparison {
        name: "at most items",
        be: &[],
        verb: &["(have|hold) (at most|no more than) {n:count} (item|items|entry|entries)"],
        verbs: &["(has|holds) (at most|no more than) {n:count} (item|items|entry|entries)"],
        make: |caught| items(caught, "maxItems", 0),
    },
    Comparison {
        name: "at least items",
        be: &[],
        verb: &["(have|hold) at least {n:count} (item|items|entry|entries)"],
        verbs: &["(has|holds) at least {n:count} (item|items|entry|entries)"],
        make: |caught| items(caught, "minItems", 0),
    },
    Comparison {
        name: "more items than",
        be: &[],
        verb: &["(have|hold) more than {n:count} (item|items|entry|entries)"],
        verbs: &["(has|holds) more than {n:count} (item|items|entry|entries)"],
        make: |caught| items(caught, "minItems", 1),
    },
    Comparison { name: "of a type", be: &["(a|an) {k:type}"], verb: &[], verbs: &[], make: typed },
    Comparison {
        name: "of a form",
        be: &["(a|an) (date !date|email address !email|web address !uri|uuid !uuid|date and time !date-time)"],
        verb: &[],
        verbs: &[],
        make: |caught| {
            let forms = ["date", "email", "uri", "uuid", "date-time"];
            let form = forms.into_iter().find(|form| caught.get(form).is_some())?;
            Some(says(Some("string"), "format", Part::text(&caught.range, form)))
        },
    },
    Comparison {
        name: "given",
        be: &["(given|present|set)"],
        verb: &[],
        verbs: &[],
        make: |_| Some(Says { about: None, keywords: Vec::new(), opposite: None, whole: None }),
    },
    Comparison {
        name: "satisfies",
        be: &[],
        verb: &["satisfy [the] [schema] {j:json}"],
        verbs: &["satisfies [the] [schema] {j:json}"],
        make: |caught| Some(Says { about: None, keywords: Vec::new(), opposite: None, whole: Some(caught.json("j")?) }),
    },
];

static READ: LazyLock<Vec<Read>> = LazyLock::new(|| {
    let pieces = |shapes: &'static [&'static str]| shapes.iter().filter_map(|shape| pattern::shape(shape)).collect();
    let read = |comparison: &'static Comparison| Read {
        comparison,
        be: pieces(comparison.be),
        verb: pieces(comparison.verb),
        verbs: pieces(comparison.verbs),
    };
    COMPARISONS.iter().map(read).collect()
});

/// The words of all comparisons: no bare name is made of them.
pub fn words() -> Vec<&'static str> {
    let mut words = Vec::new();
    for read in READ.iter() {
        for pieces in read.be.iter().chain(&read.verb).chain(&read.verbs) {
            pattern::words_of(pieces, &mut words);
        }
    }
    words
}

/// Ends of what is said after the argument, with whether it is negated.
pub type Said = Vec<(usize, bool, Says)>;

/// What is said of an argument in a condition, from its verb on: `is over 5`, `does not start with "a"`.
pub fn stated(reader: &Reader<'_>, at: usize) -> Said {
    let mut found = Said::new();
    let at = ["that", "which"].iter().find_map(|word| reader.quiet(&[word], at)).unwrap_or(at);
    for be in ["is", "are"] {
        if let Some(at) = reader.word(be, at) {
            found.extend(after(reader, at, &[], false, |read| &read.be));
            if let Some(at) = reader.word("not", at) {
                found.extend(after(reader, at, &[], true, |read| &read.be));
            }
        }
    }
    for denial in [["does", "not"], ["do", "not"]] {
        if let Some(at) = denial.iter().try_fold(at, |at, word| reader.word(word, at)) {
            found.extend(after(reader, at, &[], true, |read| &read.verb));
        }
    }
    if let Some(at) = reader.word("doesn't", at) {
        found.extend(after(reader, at, &[], true, |read| &read.verb));
    }
    found.extend(after(reader, at, &[], false, |read| &read.verbs));
    found
}

impl Test {
    /// The same, said elsewhere: what a class tests stands where the class is named.
    pub fn at(&self, range: &Range<usize>) -> Self {
        let all = |keywords: &Vec<(&'static str, Part)>| {
            keywords.iter().map(|(key, part)| (*key, part.at(range))).collect::<Vec<_>>()
        };
        let says = Says {
            about: self.says.about,
            keywords: all(&self.says.keywords),
            opposite: self.says.opposite.as_ref().map(all),
            whole: self.says.whole.as_ref().map(|whole| whole.at(range)),
        };
        let argument = Name { range: range.clone(), ..self.argument.clone() };
        Self { argument, negated: self.negated, says, range: range.clone() }
    }

    /// The types of JSON of which a value can be that it speaks of; empty: any.
    pub fn types(&self) -> Vec<&'static str> {
        let of = |part: &Part| match part.to_json() {
            serde_json::Value::String(_) => "string",
            serde_json::Value::Number(_) => "number",
            serde_json::Value::Bool(_) => "boolean",
            _ => "null",
        };
        let values = self.says.keywords.iter().filter(|(key, _)| matches!(*key, "const" | "enum"));
        let values = values.flat_map(|(_, part)| match &part.value {
            Held::List(items) => items.iter().map(of).collect(),
            _ => vec![of(part)],
        });
        self.says.about.into_iter().chain(values).collect()
    }

    /// Whether it says that the argument is not there: nothing can be said of its value then.
    pub fn is_absence(&self) -> bool {
        self.negated && self.says.keywords.is_empty() && self.says.whole.is_none()
    }
}

/// What is demanded of an argument: `must be at most 5`, `may not exceed 5`.
pub fn demanded(reader: &Reader<'_>, at: usize) -> Said {
    let mut found = Said::new();
    let sayings: [(&[&str], bool); 14] = [
        (&["must"], false),
        (&["shall"], false),
        (&["shall", "not"], true),
        (&["must", "always"], false),
        (&["has", "to"], false),
        (&["have", "to"], false),
        (&["must", "not"], true),
        (&["must", "never"], true),
        (&["may", "not"], true),
        (&["may", "never"], true),
        (&["cannot"], true),
        (&["can", "not"], true),
        (&["can", "never"], true),
        (&["may", "only"], false),
    ];
    for (words, negated) in sayings {
        let Some(at) = words.iter().try_fold(at, |at, word| reader.word(word, at)) else { continue };
        found.extend(after(reader, at, &["be"], negated, |read| &read.be));
        if words != ["may", "only"].as_slice() {
            found.extend(after(reader, at, &[], negated, |read| &read.verb));
        }
    }
    found
}

fn after(
    reader: &Reader<'_>,
    at: usize,
    words: &[&str],
    negated: bool,
    shapes: impl Fn(&'static Read) -> &'static [Vec<Piece>],
) -> Said {
    let Some(at) = words.iter().try_fold(at, |at, word| reader.word(word, at)) else { return Said::new() };
    let mut found = Said::new();
    for read in READ.iter() {
        for pieces in shapes(read) {
            for (end, caught) in reader.sequence(pieces, at) {
                let caught = Caught::new(&caught, reader.bytes(at, end));
                if let Some(says) = (read.comparison.make)(&caught) {
                    found.push((end, negated, says));
                }
            }
        }
    }
    found
}
