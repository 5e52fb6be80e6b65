//! Laws of edits, over generated documents in every layout, and over the real texts of the corpus: the value is the wanted
//! one, every comment and everything else stays.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use policyc::source::{Content, Format, SourceSet, document_format};
use policyc::syntax::{self, Document, Field, Node, Operation, flow_value};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Numbers that a seed gives, one after the other.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Writes values in layouts as people do: blocks and brackets, comments everywhere, empty lines.
struct Scribe {
    dice: Dice,
    comments: usize,
    newline: &'static str,
}

impl Scribe {
    fn comment(&mut self) -> String {
        self.comments += 1;
        format!("# c{}: - [x, {{ \"", self.comments)
    }

    fn beside(&mut self) -> String {
        if self.dice.roll(3) == 0 { format!("  {}", self.comment()) } else { String::new() }
    }

    fn above(&mut self, indent: usize) -> String {
        match self.dice.roll(6) {
            0 => format!("{}{}{}", " ".repeat(indent), self.comment(), self.newline),
            1 => self.newline.to_owned(),
            _ => String::new(),
        }
    }

    fn text(&mut self, text: &str) -> String {
        match self.dice.roll(4) {
            0 => format!("'{}'", text.replace('\'', "''")),
            1 if text.chars().all(|c| c.is_ascii_alphanumeric())
                && text.starts_with(|c: char| c.is_alphabetic())
                && !matches!(text, "true" | "null") =>
            {
                text.to_owned()
            }
            _ => Value::from(text).to_string(),
        }
    }

    fn flow(&mut self, value: &Value, indent: usize) -> String {
        let lines = self.dice.roll(4) == 0;
        let gap = |scribe: &mut Self| {
            if !lines {
                return String::new();
            }
            let comment = if scribe.dice.roll(3) == 0 { format!(" {}", scribe.comment()) } else { String::new() };
            format!("{comment}{}{}", scribe.newline, " ".repeat(indent + 2))
        };
        let (open, close, parts): (_, _, Vec<String>) = match value {
            Value::Array(items) => ('[', ']', items.iter().map(|item| self.flow(item, indent + 2)).collect()),
            Value::Object(map) => (
                '{',
                '}',
                map.iter()
                    .map(|(key, value)| {
                        let key = self.text(key);
                        format!("{key}: {}", self.flow(value, indent + 2))
                    })
                    .collect(),
            ),
            Value::String(text) => return self.text(text),
            other => return other.to_string(),
        };
        let mut text = String::from(open);
        for (rank, part) in parts.iter().enumerate() {
            if rank > 0 {
                text.push_str(if lines { "," } else { ", " });
            }
            text.push_str(&gap(self));
            text.push_str(part);
        }
        if lines && self.dice.roll(3) == 0 && !parts.is_empty() {
            text.push(',');
        }
        text.push_str(&gap(self));
        text.push(close);
        text
    }

    /// What stands behind `key:` or `-`, with its line break.
    fn value(&mut self, value: &Value, indent: usize, in_list: bool) -> String {
        let newline = self.newline;
        match value {
            Value::Object(map) if !map.is_empty() && self.dice.roll(4) > 0 => {
                let entries: Vec<String> = map.iter().map(|(key, value)| self.entry(key, value, indent)).collect();
                if in_list
                    && entries[0].trim_start_matches(' ').starts_with(|c: char| c != '#' && c != '\n' && c != '\r')
                {
                    return format!(" {}", entries.concat().trim_start_matches(' '));
                }
                format!("{}{newline}{}", self.beside(), entries.concat())
            }
            Value::Array(items) if !items.is_empty() && self.dice.roll(4) > 0 => {
                let indent = if in_list || self.dice.roll(2) == 0 { indent } else { indent.saturating_sub(2) };
                let mut text = format!("{}{newline}", self.beside());
                for item in items {
                    text.push_str(&self.above(indent));
                    text.push_str(&format!("{}-{}", " ".repeat(indent), self.value(item, indent + 2, true)));
                }
                text
            }
            Value::String(words) if self.dice.roll(5) == 0 && !words.is_empty() && words.trim() == words => {
                let sign = ["|-", ">-", "|2-"][usize::try_from(self.dice.roll(3)).unwrap()];
                let sign = if sign == "|2-" { if indent == 2 { sign } else { "|-" } } else { sign };
                format!(" {sign}{}{newline}{}{words}{newline}", self.beside(), " ".repeat(indent.max(2)))
            }
            other => {
                let text = self.flow(other, indent);
                format!(" {text}{}{newline}", self.beside())
            }
        }
    }

    fn entry(&mut self, key: &str, value: &Value, indent: usize) -> String {
        let above = self.above(indent);
        let name = if key.chars().all(|c| c.is_ascii_alphanumeric()) && key != "true" && self.dice.roll(4) > 0 {
            key.to_owned()
        } else {
            Value::from(key).to_string()
        };
        let pad = " ".repeat(indent);
        let value = self.value(value, indent + 2, false);
        format!("{above}{pad}{name}:{value}")
    }
}

fn word() -> BoxedStrategy<String> {
    proptest::sample::select(vec![
        "mail",
        "pii",
        "no",
        "a b",
        "x: y",
        "it's",
        "# no",
        "*",
        "mail.*",
        "12",
        "",
        "ümläut 😀",
        "-",
        "a, b",
        "[x",
        "null",
        "\"q\"",
        "tab\there",
    ])
    .prop_map(str::to_owned)
    .boxed()
}

fn scalar() -> BoxedStrategy<Value> {
    prop_oneof![
        word().prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0_u64..1000).prop_map(Value::from),
        Just(json!(0.25)),
    ]
    .boxed()
}

fn keys() -> BoxedStrategy<String> {
    proptest::sample::select(vec!["a", "b", "c1", "mail.send", "files.*", "x y", "true", "d/e~f"])
        .prop_map(str::to_owned)
        .boxed()
}

fn tree() -> BoxedStrategy<Value> {
    scalar()
        .prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(keys(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
        .boxed()
}

/// The entries of a document.
fn document() -> BoxedStrategy<Vec<(String, Value)>> {
    proptest::collection::btree_map("k[0-9]", tree(), 1..5).prop_map(|map| map.into_iter().collect()).boxed()
}

fn object(entries: &[(String, Value)]) -> Value {
    Value::Object(entries.iter().cloned().collect::<Map<_, _>>())
}

fn read(text: &str, format: Format) -> Vec<Document> {
    let sources = SourceSet::single("a", format, Content::decode(text.as_bytes().to_vec()));
    let (id, file) = sources.iter().next().unwrap();
    let (documents, sink) = syntax::parse(id, file);
    assert!(!sink.has_errors(), "{:?}\n{text}", sink.as_slice());
    documents
}

/// A value as the reader has it.
fn node(value: &Value) -> Node {
    flow_value(&value.to_string()).unwrap_or_else(|refusal| panic!("{value}: {refusal:?}"))
}

/// The numbered comments of a text, in order.
fn marks(text: &str) -> Vec<&str> {
    text.match_indices("# c").map(|(at, _)| text[at..].split(':').next().unwrap()).collect()
}

struct Case {
    text: String,
    documents: Vec<Vec<(String, Value)>>,
    /// The text of each entry of each document.
    entries: Vec<Vec<String>>,
}

fn case(documents: Vec<Vec<(String, Value)>>, seed: u64) -> Case {
    let newline = if seed.is_multiple_of(5) { "\r\n" } else { "\n" };
    let mut scribe = Scribe { dice: Dice(seed), comments: 0, newline };
    let mut text = if seed.is_multiple_of(7) { format!("---{newline}") } else { String::new() };
    let mut entries = Vec::new();
    for (rank, document) in documents.iter().enumerate() {
        if rank > 0 {
            text.push_str(&format!("---{newline}"));
        }
        let own: Vec<String> = document.iter().map(|(key, value)| scribe.entry(key, value, 0)).collect();
        text.push_str(&own.concat());
        entries.push(own);
    }
    if seed.is_multiple_of(3) {
        text.push_str(&scribe.comment());
        text.push_str(newline);
    } else if seed % 3 == 1 {
        text.truncate(text.trim_end().len());
    }
    Case { text, documents, entries }
}

/// What every edit keeps, whatever it is.
fn kept(case: &Case, new: &str, rank: usize, key: &str) {
    assert_eq!(marks(&case.text), marks(new), "comments\n{}\n--- new\n{new}", case.text);
    let documents = read(new, Format::Yaml);
    assert_eq!(documents.len(), case.documents.len());
    for (at, (own, texts)) in case.documents.iter().zip(&case.entries).enumerate() {
        if at != rank {
            assert_eq!(documents[at].root.to_json(), object(own));
        }
        for ((name, _), text) in own.iter().zip(texts) {
            if at != rank || name != key {
                assert!(new.contains(text.trim_end()), "`{name}` is not as it was\n{}\n--- new\n{new}", case.text);
            }
        }
    }
    if case.text.contains("\r\n") {
        assert_eq!(new.matches('\n').count(), new.matches("\r\n").count(), "{new:?}");
    } else {
        assert!(!new.contains('\r') || case.text.contains('\r'));
    }
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn a_field_is_set_and_set_back(
        documents in proptest::collection::vec(document(), 1..4),
        (rank, key, seed) in (any::<proptest::sample::Index>(), any::<proptest::sample::Index>(), any::<u64>()),
        value in tree(),
        fresh in proptest::bool::weighted(0.2),
    ) {
        let case = case(documents, seed);
        let rank = rank.index(case.documents.len());
        let own = &case.documents[rank];
        let key = if fresh { "new".to_owned() } else { own[key.index(own.len())].0.clone() };
        let before = read(&case.text, Format::Yaml)[rank].root.clone();
        prop_assert_eq!(before.to_json(), object(own), "{}", case.text);
        let field = Field::parse(&key).unwrap();
        let Ok((wanted, steps)) = field.changed(&before, &Operation::Set(node(&value))) else {
            prop_assert_eq!(before.get(&key).map(Node::to_json), Some(value));
            return Ok(());
        };
        let new = syntax::rewritten(&case.text, Format::Yaml, rank, &wanted)
            .unwrap_or_else(|refusal| panic!("{refusal:?}: {key}={value}\n{}", case.text));
        kept(&case, &new, rank, &key);
        let after = read(&new, Format::Yaml)[rank].root.clone();
        prop_assert_eq!(after.at(&steps).unwrap().to_json(), value);
        let back = syntax::rewritten(&new, Format::Yaml, rank, &before)
            .unwrap_or_else(|refusal| panic!("{refusal:?}: back\n{}\n--- new\n{new}", case.text));
        kept(&case, &back, rank, &key);
        prop_assert_eq!(read(&back, Format::Yaml)[rank].root.to_json(), object(own));
    }

    #[test]
    fn what_is_unset_is_gone_and_nothing_else(
        documents in proptest::collection::vec(document(), 1..4),
        (rank, key, seed) in (any::<proptest::sample::Index>(), any::<proptest::sample::Index>(), any::<u64>()),
    ) {
        let case = case(documents, seed);
        let rank = rank.index(case.documents.len());
        let own = &case.documents[rank];
        let key = own[key.index(own.len())].0.clone();
        let before = read(&case.text, Format::Yaml)[rank].root.clone();
        let (wanted, _) = Field::parse(&key).unwrap().changed(&before, &Operation::Unset).unwrap();
        let edited = syntax::rewritten(&case.text, Format::Yaml, rank, &wanted);
        if own.len() == 1 {
            prop_assert!(edited.is_err(), "nothing is left: {}", case.text);
            return Ok(());
        }
        let new = edited.unwrap_or_else(|refusal| panic!("{refusal:?}: {key}\n{}", case.text));
        kept(&case, &new, rank, &key);
        let others: Vec<_> = own.iter().filter(|(name, _)| *name != key).cloned().collect();
        prop_assert_eq!(read(&new, Format::Yaml)[rank].root.to_json(), object(&others));
    }

    #[test]
    fn entries_come_to_lists_and_go(
        items in proptest::collection::vec(scalar(), 0..4),
        (entry, seed, nested) in (scalar(), any::<u64>(), any::<bool>()),
    ) {
        let list = if nested { json!({"in": items, "z": 1}) } else { json!(items) };
        let case = case(vec![vec![("k0".to_owned(), list), ("k1".to_owned(), json!("end"))]], seed);
        let (name, pointer) = if nested { ("k0.in", "/k0/in") } else { ("k0", "/k0") };
        let before = read(&case.text, Format::Yaml)[0].root.clone();
        let field = Field::parse(name).unwrap();
        let holds = items.contains(&entry);
        let operation = if holds { Operation::Take(node(&entry)) } else { Operation::Add(node(&entry)) };
        let (wanted, _) = field.changed(&before, &operation).unwrap();
        let new = syntax::rewritten(&case.text, Format::Yaml, 0, &wanted).unwrap_or_else(|refusal| panic!("{refusal:?}: {entry}\n{}", case.text));
        kept(&case, &new, 0, "k0");
        let expected: Vec<Value> =
            if holds { items.iter().filter(|item| **item != entry).cloned().collect() } else { items.iter().chain([&entry]).cloned().collect() };
        let after = read(&new, Format::Yaml)[0].root.to_json();
        prop_assert_eq!(after.pointer(pointer).unwrap(), &json!(expected));
        let inverse = if holds { Operation::Take(node(&entry)) } else { Operation::Add(node(&entry)) };
        let again = field.changed(&read(&new, Format::Yaml)[0].root, &inverse);
        prop_assert!(again.is_err_and(|refusal| refusal.nothing), "the same again changes nothing");
    }

    #[test]
    fn json_keeps_its_layout(
        documents in proptest::collection::vec(document(), 1..4),
        (rank, key, pretty) in (any::<proptest::sample::Index>(), any::<proptest::sample::Index>(), any::<bool>()),
        value in tree(),
    ) {
        let values: Vec<Value> = documents.iter().map(|own| object(own)).collect();
        let all = if values.len() == 1 { values[0].clone() } else { Value::from(values.clone()) };
        let text = if pretty { serde_json::to_string_pretty(&all).unwrap() } else { all.to_string() };
        let rank = rank.index(values.len());
        let key = &documents[rank][key.index(documents[rank].len())].0;
        let before = read(&text, Format::Json)[rank].root.clone();
        let Ok((wanted, _)) = Field::parse(key).unwrap().changed(&before, &Operation::Set(node(&value))) else { return Ok(()) };
        let new = syntax::rewritten(&text, Format::Json, rank, &wanted).unwrap_or_else(|refusal| panic!("{refusal:?}: {key}={value}\n{text}"));
        let mut expected = values;
        expected[rank][key] = value;
        let expected = if expected.len() == 1 { expected[0].clone() } else { Value::from(expected) };
        prop_assert_eq!(serde_json::from_str::<Value>(&new).unwrap(), expected.clone());
        if pretty && !new.contains("[]") && !new.contains("{}") {
            // New keys come behind those that are there.
            let lines = |text: &str| {
                let mut lines: Vec<_> = text.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
                lines.sort();
                lines
            };
            prop_assert_eq!(lines(&new), lines(&serde_json::to_string_pretty(&expected).unwrap()));
        }
    }

    #[test]
    fn a_document_goes_and_the_others_stay(documents in proptest::collection::vec(document(), 1..4), rank in any::<proptest::sample::Index>(), seed in any::<u64>()) {
        let case = case(documents, seed);
        let rank = rank.index(case.documents.len());
        let new = syntax::without_document(&case.text, Format::Yaml, rank).unwrap_or_else(|refusal| panic!("{refusal:?}\n{}", case.text));
        let mut others = case.documents.clone();
        others.remove(rank);
        let Some(new) = new else {
            prop_assert!(others.is_empty());
            return Ok(());
        };
        let left: Vec<Value> = read(&new, Format::Yaml).iter().map(|document| document.root.to_json()).collect();
        prop_assert_eq!(left, others.iter().map(|own| object(own)).collect::<Vec<_>>());
        for (at, texts) in case.entries.iter().enumerate().filter(|(at, _)| *at != rank) {
            let own = texts.concat();
            prop_assert!(new.contains(own.trim()), "document {at} is not as it was\n{}\n--- new\n{new}", case.text);
        }
    }
}

/// Every field of every valid document of the corpus, set to something else, back, and unset.
#[test]
fn real_texts_are_edited_or_refused_with_a_reason() {
    let (mut edited, mut refused) = (0, Vec::new());
    for entry in walkdir::WalkDir::new("tests/corpus").into_iter().chain(walkdir::WalkDir::new("policies")) {
        let path = entry.unwrap().into_path();
        let shown = path.to_str().unwrap().to_owned();
        let valid = shown.contains("/valid/") || shown.starts_with("policies/");
        let Some(format) = document_format(&shown).filter(|_| valid && path.is_file() && !shown.ends_with("README.md"))
        else {
            continue;
        };
        let bytes = std::fs::read(&path).unwrap();
        let bytes =
            if shown.contains(".escaped.") { support::unescaped(std::str::from_utf8(&bytes).unwrap()) } else { bytes };
        let Ok(text) = String::from_utf8(bytes) else { continue };
        for (rank, document) in read(&text, format).iter().enumerate() {
            for entry in document.root.entries() {
                for value in [json!("another text"), json!([1, "two"]), json!({"a": {"b": 1}})] {
                    let wanted = with(&document.root, &entry.key, Some(&value));
                    match syntax::rewritten(&text, format, rank, &wanted) {
                        Ok(new) => {
                            assert_eq!(
                                read(&new, format)[rank].root.get(&entry.key).unwrap().to_json(),
                                value,
                                "{shown}"
                            );
                            let back = syntax::rewritten(&new, format, rank, &document.root)
                                .unwrap_or_else(|refusal| panic!("{shown}: {refusal:?}\n{new}"));
                            assert_eq!(read(&back, format)[rank].root.to_json(), document.root.to_json(), "{shown}");
                            assert_eq!(syntax::comments(&text, format), syntax::comments(&back, format), "{shown}");
                            edited += 1;
                        }
                        Err(refusal) => refused.push(format!("{shown}: {}: {}", entry.key, refusal.message)),
                    }
                }
                if document.root.entries().len() > 1 {
                    let wanted = with(&document.root, &entry.key, None);
                    match syntax::rewritten(&text, format, rank, &wanted) {
                        Ok(new) => assert!(read(&new, format)[rank].root.get(&entry.key).is_none(), "{shown}"),
                        Err(refusal) => refused.push(format!("{shown}: {} away: {}", entry.key, refusal.message)),
                    }
                }
            }
        }
    }
    refused.sort();
    refused.dedup();
    let snapshot = "tests/edit_laws.refused";
    let told = refused.join("\n") + "\n";
    if std::env::var_os("POLICYC_ACCEPT").is_some() {
        std::fs::write(snapshot, &told).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(snapshot).unwrap_or_default(),
        told,
        "what is refused is written down: POLICYC_ACCEPT=1"
    );
    assert!(edited > 500, "{edited}");
}

fn with(root: &Node, key: &str, value: Option<&Value>) -> Node {
    let entries =
        root.entries().iter().filter(|entry| value.is_some() || *entry.key != *key).cloned().map(|mut entry| {
            if let Some(value) = value.filter(|_| *entry.key == *key) {
                entry.value = node(value);
            }
            entry
        });
    Node::new(root.span, syntax::Value::Map(syntax::Map::new(entries.collect())))
}
