//! One sentence: what it means, or why it means nothing for sure.

use std::ops::Range;

use super::matching::{Caught, Definitions, Reader, Way};
use super::part::Part;
use super::slots::{How, Name};
use super::table::{self, Form, Make, Of, Refused};
use super::token::{Kind, Token};
use super::words;
use crate::diag::{Code, codes, nearest};

/// A sentence of a list item: its tokens and its bytes in the item.
#[derive(Debug, Clone)]
pub struct Sentence {
    /// Its tokens; places are bytes of the item.
    pub tokens: Vec<Token>,
    /// Its bytes in the item.
    pub range: Range<usize>,
}

/// The sentences of an item: they end at a full stop, an exclamation mark or a semicolon.
pub fn sentences(text: &str) -> Vec<Sentence> {
    let mut found = Vec::new();
    let mut open: Vec<Token> = Vec::new();
    for token in super::token::tokens(text) {
        // What follows without a space is no new sentence but something that nobody meant.
        let parted =
            text.get(token.range.end..).is_none_or(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        let end = parted && matches!(token.kind, Kind::Sign('.' | '!' | ';'));
        // Dots in a row trail off; they are no ends of sentences.
        if end && open.is_empty() && !found.is_empty() {
            close(&mut found, vec![token]);
            continue;
        }
        open.push(token);
        if end {
            close(&mut found, std::mem::take(&mut open));
        }
    }
    close(&mut found, open);
    found
}

fn close(found: &mut Vec<Sentence>, mut tokens: Vec<Token>) {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return };
    let range = first.range.start..last.range.end;
    if matches!(last.kind, Kind::Sign(';')) && tokens.len() > 1 {
        tokens.pop();
    }
    found.push(Sentence { tokens, range });
}

/// A name that a sentence says.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The slot that it fills.
    pub slot: &'static str,
    /// The name.
    pub name: Name,
    /// Of an argument: the types of JSON that are compared with.
    pub types: Vec<&'static str>,
}

/// What a sentence means.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// The fields that it sets; `None` for a definition.
    pub part: Option<Part>,
    /// The names that it says.
    pub names: Vec<Said>,
    /// The word that it defines.
    pub noun: Option<String>,
}

/// Why a sentence means nothing for sure.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// What kind of problem.
    pub code: Code,
    /// Its bytes in the item.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub helps: Vec<String>,
    /// Other bytes for some bytes of the item, where one thing alone can be meant.
    pub fix: Option<(String, Range<usize>, String)>,
}

impl Problem {
    fn new(code: Code, range: Range<usize>, message: impl Into<String>) -> Self {
        Self { code, range, message: message.into(), helps: Vec::new(), fix: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.helps.push(help.into());
        self
    }
}

/// Reads a sentence for a kind of document.
///
/// # Errors
/// Why it cannot be read, or cannot be read in one way only.
pub fn read(text: &str, sentence: &Sentence, of: Of, defined: &Definitions) -> Result<Meaning, Box<Problem>> {
    if let Some(problem) = unreadable(sentence) {
        return Err(Box::new(problem));
    }
    let reader = Reader::new(text, &sentence.tokens, defined);
    let belongs = |form: &&'static Form| form.row.of == of || form.row.of == Of::Definition;
    let forms = || table::forms().iter().filter(belongs);
    let plain = |form: &&'static Form| !matches!(form.row.make, Make::Refuses(_));
    let ways = reader.ways(forms().filter(plain));
    if reader.is_exhausted() {
        let problem = Problem::new(codes::SENTENCE, sentence.range.clone(), "the sentence is too long to be read");
        return Err(Box::new(problem.help("say it in several sentences")));
    }
    match meanings(&ways, sentence, defined) {
        Outcome::One(meaning) => Ok(meaning),
        Outcome::Several(readings) => Err(Box::new(ambiguous(sentence, &readings))),
        Outcome::Refused(refused) => Err(Box::new(refusal(sentence, &refused))),
        Outcome::None => Err(Box::new(unread(&reader, sentence, of, forms()))),
    }
}

/// The definitions of a document.
pub fn definitions(items: &[(&str, Vec<Sentence>)]) -> (Definitions, Vec<(usize, usize)>) {
    let mut defined = Definitions::default();
    let mut twice = Vec::new();
    let none = Definitions::default();
    for (item, (text, sentences)) in items.iter().enumerate() {
        for (rank, sentence) in sentences.iter().enumerate() {
            let reader = Reader::new(text, &sentence.tokens, &none);
            for way in reader.ways(table::forms().iter().filter(|form| form.row.of == Of::Definition)) {
                let Make::Defines(make) = way.form.row.make else { continue };
                let mut more = Definitions::default();
                make(&Caught::new(&way.caught, sentence.range.clone()), &mut more);
                if !defined.take(more) {
                    twice.push((item, rank));
                }
            }
        }
    }
    (defined, twice)
}

enum Outcome {
    One(Meaning),
    Several(Vec<String>),
    Refused(Refused),
    None,
}

fn meanings(ways: &[Way], sentence: &Sentence, defined: &Definitions) -> Outcome {
    let mut found: Vec<Meaning> = Vec::new();
    let mut refused: Option<Refused> = None;
    for way in ways {
        let caught = Caught::new(&way.caught, sentence.range.clone());
        let names =
            || caught.every_name().map(|(slot, name, types)| Said { slot, name: name.clone(), types }).collect();
        let meaning = match way.form.row.make {
            Make::Sets(make) => match make(&caught, defined) {
                Ok(part) => {
                    if let Some(catch) = caught.passed_over() {
                        refused.get_or_insert_with(|| {
                            Refused::because(format!(
                                "the sentence says its `{}` twice, or in a place where it has no meaning",
                                catch.name
                            ))
                        });
                        continue;
                    }
                    Meaning { part: Some(part), names: names(), noun: None }
                }
                Err(why) => {
                    refused.get_or_insert(why);
                    continue;
                }
            },
            Make::Defines(_) if caught.every_name().any(|(_, name, _)| name.how == How::Defined) => {
                refused.get_or_insert_with(|| {
                    Refused::because("a definition names actions and arguments, not another word that is defined")
                });
                continue;
            }
            Make::Defines(_) => Meaning { part: None, names: names(), noun: caught.text("noun").map(|(noun, _)| noun) },
            Make::Refuses(_) => continue,
        };
        let json = |meaning: &Meaning| meaning.part.as_ref().map(Part::to_json);
        // Readings that differ in nothing but the way they were found are one; a bare name beats the same name as a pattern.
        match found.iter_mut().find(|known| json(known) == json(&meaning)) {
            None => found.push(meaning),
            Some(known) if strictness(&meaning) > strictness(known) => *known = meaning,
            Some(_) => {}
        }
    }
    match (found.len(), refused) {
        (0, None) => Outcome::None,
        (0, Some(refused)) => Outcome::Refused(refused),
        (1, _) => found.into_iter().next().map_or(Outcome::None, Outcome::One),
        _ => Outcome::Several(found.iter().map(in_words).collect()),
    }
}

/// How many names of a reading have to be known by the catalog.
fn strictness(meaning: &Meaning) -> usize {
    meaning.names.iter().filter(|said| said.name.how == How::Bare).count()
}

/// A reading, for people: its fields in one line.
fn in_words(meaning: &Meaning) -> String {
    meaning.part.as_ref().map_or_else(|| "a definition".to_owned(), |part| part.to_json().to_string())
}

fn ambiguous(sentence: &Sentence, readings: &[String]) -> Problem {
    let message = format!("the sentence can be read in {} ways", readings.len());
    let problem = Problem::new(codes::AMBIGUOUS, sentence.range.clone(), message);
    let problem = readings
        .iter()
        .take(4)
        .enumerate()
        .fold(problem, |problem, (rank, reading)| problem.help(format!("reading {}: {reading}", rank + 1)));
    problem.help("put names in backticks, or write one sentence for each thing")
}

fn refusal(sentence: &Sentence, refused: &Refused) -> Problem {
    let problem = Problem::new(codes::NOT_ONE_MEANING, sentence.range.clone(), refused.why.clone());
    let problem = refused.instead.iter().fold(problem, |problem, instead| problem.help(format!("write: {instead}")));
    match refused.instead.as_slice() {
        [one] if !one.contains('…') && !one.starts_with('(') => {
            let fix = (format!("write `{one}`"), sentence.range.clone(), one.clone());
            Problem { fix: Some(fix), ..problem }
        }
        _ => problem,
    }
}

/// What no form can pass over.
fn unreadable(sentence: &Sentence) -> Option<Problem> {
    sentence.tokens.iter().find_map(|token| match &token.kind {
        Kind::Broken(why) => {
            Some(Problem::new(codes::SENTENCE, token.range.clone(), format!("the sentence cannot be read: {why}")))
        }
        Kind::Sign('?') => {
            let problem = Problem::new(codes::SENTENCE, token.range.clone(), "a question demands nothing");
            Some(problem.help("say what must hold"))
        }
        _ => None,
    })
}

fn weak(sentence: &Sentence) -> Option<Problem> {
    let mut before = "";
    for token in &sentence.tokens {
        let Kind::Word(lower, _) = &token.kind else {
            before = "";
            continue;
        };
        if words::is_weak(lower) && !(before == "at" && lower == "most") {
            let message = format!("`{lower}` weakens the sentence, and nobody can say by how much");
            let problem = Problem::new(codes::WEAK_WORD, token.range.clone(), message);
            return Some(match lower.as_str() {
                "should" => problem.help("write `must`"),
                "shouldn't" => problem.help("write `must not`"),
                "unless" => {
                    problem.help("say when it holds (`when `amount` is over 200`), or write an exception with an end")
                }
                _ => problem.help("leave it out, or say exactly when the sentence holds"),
            });
        }
        before = lower;
    }
    None
}

fn unread(reader: &Reader<'_>, sentence: &Sentence, of: Of, forms: impl Iterator<Item = &'static Form>) -> Problem {
    if let Some(problem) = weak(sentence) {
        return problem;
    }
    let (farthest, wanted, nearest_forms) = (reader.farthest(), reader.wanted(), reader.nearest_forms());
    let traps = reader.ways(forms.filter(|form| matches!(form.row.make, Make::Refuses(_))));
    if let Some(Way { form, caught }) = traps.first()
        && let Make::Refuses(make) = form.row.make
    {
        return refusal(sentence, &make(&Caught::new(caught, sentence.range.clone())));
    }
    let at = sentence.tokens.get(farthest).map_or(sentence.range.end..sentence.range.end, |token| token.range.clone());
    let read = reader.text.get(sentence.range.start..at.start).unwrap_or_default().trim_end();
    let message = match (read.is_empty(), reader.text.get(at.clone()).filter(|word| !word.is_empty())) {
        (true, Some(word)) => format!("no sentence begins with `{}`", crate::syntax::shortened(word)),
        (false, Some(word)) => format!(
            "the sentence is read up to `{}`, and `{}` is not understood there",
            crate::syntax::shortened(last_words(read)),
            crate::syntax::shortened(word)
        ),
        (_, None) => format!("the sentence ends too early, after `{}`", crate::syntax::shortened(last_words(read))),
    };
    let whole = if at.is_empty() { sentence.range.clone() } else { at.clone() };
    let mut problem = Problem::new(codes::SENTENCE, whole, message);
    // What is to be filled in tells more than the words of the grammar, of which there can be many.
    let slots: Vec<String> = wanted.iter().filter(|wanted| !wanted.starts_with('`')).cloned().collect();
    let listed = if wanted.len() <= 8 { wanted.iter().cloned().collect() } else { slots };
    let asks_who = wanted.contains(super::slots::Slot::People.in_words());
    if let (true, Some(Token { kind: Kind::Word(lower, _), .. })) = (asks_who, reader.tokens.get(farthest))
        && !table::is_reserved(lower)
    {
        problem = problem.help(format!("write `@{lower}` for a person or group, or an address in backticks"));
    }
    if farthest > 0 && (1..=8).contains(&listed.len()) {
        problem = problem.help(format!("what can stand there: {}", listed.join(", ")));
    }
    let kinds = other_kinds(reader, of);
    if let Some(kind) = kinds {
        problem = problem.help(format!("this is a sentence of {kind}: give it a document of its own"));
        return problem;
    }
    problem = with_spelling(reader, sentence, of, problem, farthest);
    let known = nearest_forms.into_iter().filter_map(|rank| table::forms().get(rank));
    let known = known.filter(|form| form.row.of == of && !matches!(form.row.make, Make::Refuses(_)));
    for form in known.take(2) {
        problem = problem.help(format!("like: {}", form.row.example));
    }
    if farthest == 0 || problem.helps.is_empty() {
        problem = problem.help(
            "docs/reference/prose.md lists every form; a field can also be written in a block marked `yaml policy`",
        );
    }
    problem
}

fn last_words(text: &str) -> &str {
    let cut = text.char_indices().rev().filter(|(_, c)| c.is_whitespace()).nth(3);
    cut.map_or(text, |(at, _)| text.get(at..).unwrap_or(text).trim_start())
}

/// The other kind of document of which the whole sentence can be read.
fn other_kinds(reader: &Reader<'_>, of: Of) -> Option<&'static str> {
    let kinds = [(Of::Policy, "a policy"), (Of::Rule, "a rule"), (Of::Exception, "an exception")];
    let others = kinds.into_iter().filter(|(kind, _)| *kind != of);
    let reads = |kind: Of| {
        let forms = table::forms().iter().filter(|form| form.row.of == kind && matches!(form.row.make, Make::Sets(_)));
        !Reader::new(reader.text, reader.tokens, reader.defined).ways(forms).is_empty()
    };
    others.into_iter().find(|(kind, _)| reads(*kind)).map(|(_, name)| name)
}

/// A word of the grammar that was meant: only one with which the whole sentence can be read.
fn with_spelling(reader: &Reader<'_>, sentence: &Sentence, of: Of, problem: Problem, farthest: usize) -> Problem {
    for rank in 0..=farthest.saturating_add(1).min(sentence.tokens.len().saturating_sub(1)) {
        let Some(Token { kind: Kind::Word(lower, _), range }) = sentence.tokens.get(rank) else { continue };
        let Some(meant) = nearest(lower, table::reserved().filter(|word| word != lower)) else { continue };
        let mut tokens = sentence.tokens.clone();
        if let Some(token) = tokens.get_mut(rank) {
            token.kind = Kind::Word(meant.to_owned(), meant.to_owned());
        }
        let again = Reader::new(reader.text, &tokens, reader.defined);
        let forms = table::forms().iter().filter(|form| form.row.of == of && matches!(form.row.make, Make::Sets(_)));
        if again.ways(forms).is_empty() {
            continue;
        }
        let mut problem = problem.help(format!("did you mean `{meant}`?"));
        problem.fix = Some((format!("write `{meant}`"), range.clone(), meant.to_owned()));
        return problem;
    }
    problem
}
