use std::collections::BTreeMap;
use std::io::BufRead;

use serde_json::value::{RawValue, to_raw_value};

use super::documents::Documents;
use super::doubts::Doubts;
use super::item::{Found, Item, Place};
use super::native_fields::Fields;
use super::node::Node;
use super::{Record, native, unix};
use crate::model::{Fact, Mapping, Pointer, Source, TimeUnit};

/// Reads a log by a mapping to its end and hands over, in its order, every call with its place, and every place that
/// cannot be read with the reason.
pub fn read_mapped(mapping: &Mapping, reader: impl BufRead, take: &mut dyn FnMut(Item)) {
    let plan = Plan::new(mapping);
    for (line, text) in Documents::new(reader) {
        let read = text.and_then(|text| {
            let node = Node::parse(&text)?;
            if node.is_list() {
                for (rank, item) in node.items().into_iter().enumerate() {
                    plan.document(line, &format!("[{rank}]"), item, take);
                }
            } else {
                plan.document(line, "", node, take);
            }
            Ok(())
        });
        if let Err(why) = read {
            take(Item { place: Place { line, part: None }, found: Found::Unreadable(why) });
        }
    }
}

/// A mapping made ready.
struct Plan<'m> {
    records: Option<&'m Pointer>,
    fields: Vec<Field<'m>>,
    of_record: Tree,
    of_document: Tree,
    /// How many lists of pointers to what was taken out there may be.
    erased: usize,
}

/// A field made ready: what it is where it is always the same, and what its values mean.
struct Field<'m> {
    key: &'static str,
    source: &'m Source,
    constant: Option<Box<RawValue>>,
    values: BTreeMap<&'m str, Box<RawValue>>,
}

/// Where fields stand, by their ranks: each object of a record is read once.
#[derive(Default)]
struct Tree {
    ends: Vec<usize>,
    below: BTreeMap<String, Tree>,
}

/// What stands where a field is looked for.
#[derive(Clone, Default)]
enum Spot<'a> {
    #[default]
    Nothing,
    Value(Node<'a>),
    Broken(String),
}

impl<'a> Spot<'a> {
    /// The value, unless it is null.
    fn value(&self) -> Option<Node<'a>> {
        match self {
            Self::Value(node) if node.0.get() != "null" => Some(*node),
            _ => None,
        }
    }
}

impl Tree {
    fn add(&mut self, steps: &[String], rank: usize) {
        match steps.split_first() {
            None => self.ends.push(rank),
            Some((step, rest)) => self.below.entry(step.clone()).or_default().add(rest, rank),
        }
    }

    fn walk<'a>(&self, node: Node<'a>, found: &mut [Spot<'a>]) {
        self.mark(&Spot::Value(node), found);
        if self.below.is_empty() {
            return;
        }
        if node.is_list() {
            let items = node.items();
            for (step, tree) in &self.below {
                if let Some(item) = rank(step).and_then(|rank| items.get(rank)) {
                    tree.walk(*item, found);
                }
            }
        } else if node.is_object() {
            match node.fields() {
                Ok(fields) => {
                    for (step, tree) in &self.below {
                        if let Some(node) = fields.raw(step) {
                            tree.walk(node, found);
                        }
                    }
                }
                Err(why) => self.below.values().for_each(|tree| tree.mark_all(&Spot::Broken(why.clone()), found)),
            }
        }
    }

    fn mark<'a>(&self, spot: &Spot<'a>, found: &mut [Spot<'a>]) {
        for end in &self.ends {
            if let Some(slot) = found.get_mut(*end) {
                *slot = spot.clone();
            }
        }
    }

    fn mark_all<'a>(&self, spot: &Spot<'a>, found: &mut [Spot<'a>]) {
        self.mark(spot, found);
        self.below.values().for_each(|tree| tree.mark_all(spot, found));
    }
}

impl<'m> Field<'m> {
    fn new(key: &'static str, source: &'m Source) -> Self {
        let (constant, values) = match source {
            Source::Const(value) => (to_raw_value(value).ok(), BTreeMap::new()),
            Source::At { values, .. } => {
                let raw = |(word, value): (&'m String, _)| Some((word.as_str(), to_raw_value(value).ok()?));
                (None, values.iter().filter_map(raw).collect())
            }
        };
        Self { key, source, constant, values }
    }

    /// Where it stands in a record.
    fn pointer(&self) -> Option<&'m Pointer> {
        match self.source {
            Source::At { pointer, of_document: false, .. } => Some(pointer),
            _ => None,
        }
    }

    fn unit(&self) -> Option<i128> {
        match self.source {
            Source::At { unit, .. } => nanoseconds(*unit),
            Source::Const(_) => None,
        }
    }

    /// What a record says.
    fn value<'a>(&'a self, spot: &Spot<'a>) -> Result<Option<&'a RawValue>, String> {
        match (spot, &self.constant) {
            (_, Some(constant)) => Ok(Some(constant)),
            (Spot::Nothing, None) => Ok(None),
            (Spot::Broken(why), None) => Err(format!("`{}` cannot be relied on ({why})", self.key)),
            (Spot::Value(node), None) => self.meaning(*node),
        }
    }

    /// What a value of the log means; `None`: nothing is said of that, and null is nothing anyway.
    fn meaning<'a>(&'a self, node: Node<'a>) -> Result<Option<&'a RawValue>, String> {
        if self.values.is_empty() {
            return Ok(Some(node.0));
        }
        let word = node.word().unwrap_or_default();
        match self.values.get(word.as_str()) {
            Some(value) => Ok(Some(value)),
            None if node.0.get() == "null" => Ok(None),
            None => {
                let shown: String = if node.is_scalar() { word.chars().take(40).collect() } else { "…".to_owned() };
                Err(format!("`{}` is `{shown}` in the log, which the mapping's `values` do not name", self.key))
            }
        }
    }
}

/// How many nanoseconds a unit is; `None` of what is no number.
fn nanoseconds(unit: TimeUnit) -> Option<i128> {
    match unit {
        TimeUnit::Rfc3339 => None,
        TimeUnit::UnixS => Some(1_000_000_000),
        TimeUnit::UnixMs => Some(1_000_000),
        TimeUnit::UnixUs => Some(1_000),
        TimeUnit::UnixNs => Some(1),
    }
}

impl<'m> Plan<'m> {
    fn new(mapping: &'m Mapping) -> Self {
        let fields: Vec<Field<'m>> = mapping.fields.iter().map(|(key, source)| Field::new(key, source)).collect();
        let (mut of_record, mut of_document) = (Tree::default(), Tree::default());
        for (rank, field) in fields.iter().enumerate() {
            if let Source::At { pointer, of_document: outer, .. } = field.source {
                let tree = if *outer { &mut of_document } else { &mut of_record };
                tree.add(pointer.steps(), rank);
            }
        }
        for (rank, pointer) in mapping.erased.iter().enumerate() {
            of_record.add(pointer.steps(), fields.len() + rank);
        }
        let erased = mapping.erased.len();
        Self { records: mapping.records.as_ref(), fields, of_record, of_document, erased }
    }

    /// A document: a record, or one that holds a list of them.
    fn document(&self, line: usize, part: &str, node: Node<'_>, take: &mut dyn FnMut(Item)) {
        let place = |part: String| Place { line, part: (!part.is_empty()).then_some(part) };
        let mut tell = |part: String, read: Result<Record, String>| {
            let found = read.map_or_else(Found::Unreadable, |record| Found::Record(Box::new(record)));
            take(Item { place: place(part), found });
        };
        let mut around = vec![Spot::Nothing; self.fields.len() + self.erased];
        self.of_document.walk(node, &mut around);
        let Some(records) = self.records else { return tell(part.to_owned(), self.record(node, around)) };
        let path: String = records.steps().iter().map(|step| format!("/{step}")).collect();
        match at(node, records.steps()) {
            Ok(list) => {
                for (rank, item) in list.into_iter().enumerate() {
                    tell(format!("{part}{path}/{rank}"), self.record(item, around.clone()));
                }
            }
            Err(why) => tell(part.to_owned(), Err(format!("no list of records stands at `{path}`: {why}"))),
        }
    }

    /// A record; the fields that the document around it gives are found already.
    fn record<'a>(&'a self, node: Node<'a>, mut found: Vec<Spot<'a>>) -> Result<Record, String> {
        // A key that is given twice at the top makes nothing of the record sure.
        node.fields()?;
        self.of_record.walk(node, &mut found);
        let (mut doubts, mut fields, mut moment) = (Doubts::default(), Fields::default(), None);
        let erased = self.erased(&found);
        for (field, spot) in self.fields.iter().zip(&found) {
            let is_erased = field.pointer().is_some_and(|pointer| erased.iter().any(|gone| gone.touches(pointer)));
            let value = match field.unit().zip(spot.value()) {
                _ if is_erased => Err(format!("a part of `{}` was taken out", field.key)),
                Some((unit, node)) => time(node, unit).map(|time| {
                    moment = Some(time);
                    None
                }),
                None => field.value(spot),
            };
            match (value, fields.slot(field.key)) {
                (Ok(value), Some(slot)) => *slot = value,
                (Err(why), _) if field.key == "operation" => return Err(why),
                (Err(why), _) => unknown(&mut doubts, field.key, &why),
                (Ok(_), None) => {}
            }
        }
        if let Some(moment) = &moment {
            fields.timestamp = Some(moment);
        }
        native::record(&fields, doubts)
    }

    /// The pointers to what was taken out; where one cannot be read, everything may have been.
    fn erased(&self, found: &[Spot<'_>]) -> Vec<Pointer> {
        let lists = found.iter().skip(self.fields.len()).filter_map(|spot| match spot {
            Spot::Value(node) => Some(node.items()),
            Spot::Nothing | Spot::Broken(_) => None,
        });
        let read = |node: Node<'_>| node.text().and_then(|text| Pointer::parse(&text));
        lists.flatten().map(|node| read(node).unwrap_or_else(Pointer::whole)).collect()
    }
}

/// The rank of an item that a step names: digits without a zero in front.
fn rank(step: &str) -> Option<usize> {
    let rank = step.parse().ok()?;
    (step == "0" || !step.starts_with(['0', '+'])).then_some(rank)
}

/// A time in units of so many nanoseconds, as a record writes it.
fn time(node: Node<'_>, unit: i128) -> Result<Box<RawValue>, String> {
    let time = node.word().and_then(|number| unix::moment(&number, unit));
    let written = time.and_then(|time| to_raw_value(&time.to_string()).ok());
    written.ok_or_else(|| "`timestamp` is no number of Unix time".to_owned())
}

/// Takes the fact of a field as unknown. An error nobody can see leaves open what came of the call.
fn unknown(doubts: &mut Doubts, key: &str, why: &str) {
    let fact = if key == "error" { Some(Fact::Outcome) } else { Fact::of_key(key) };
    match fact {
        Some(fact) => doubts.unknown(fact, why),
        None => doubts.told.push(why.to_owned()),
    }
}

/// The items of the list that some steps lead to.
fn at<'a>(node: Node<'a>, steps: &[String]) -> Result<Vec<Node<'a>>, String> {
    let Some((step, rest)) = steps.split_first() else {
        return if node.is_list() { Ok(node.items()) } else { Err("what stands there is no list".to_owned()) };
    };
    let next = if node.is_list() {
        rank(step).and_then(|rank| node.items().into_iter().nth(rank))
    } else {
        node.fields()?.get(step)
    };
    at(next.ok_or_else(|| format!("there is no `{step}`"))?, rest)
}
