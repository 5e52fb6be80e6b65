//! The sentences of a document together: what each sets becomes one tree, and what two of them set is said to be so.

use super::matching::Definitions;
use super::sentence::{self, Meaning, Problem, Sentence};
use super::slots::How;
use super::table::Of;
use super::{Item, Lock, Prose, Reading, Said, Spoken, SpokenName};
use crate::diag::{Diagnostic, Sink, codes};
use crate::syntax::{Embedded, Entry, Map, Node, Value};
use crate::text::Span;

/// How many sentences one document may hold.
const MOST_SENTENCES: usize = 1_000;

/// Reads the items of a document. `kind`: what the document says that it is, where it says so.
///
/// Returns the entries that the sentences set, each key at the sentence that set it first.
pub fn read(items: &[Item<'_>], kind: Option<&str>, lock: &Lock, sink: &mut Sink) -> (Vec<Entry>, Prose) {
    let parsed: Vec<(&str, Vec<Sentence>)> =
        items.iter().map(|item| (&*item.text.text, sentence::sentences(&item.text.text))).collect();
    let (defined, twice) = sentence::definitions(&parsed);
    for (item, rank) in twice {
        let (Some(item), Some(sentence)) = (items.get(item), parsed.get(item).and_then(|(_, all)| all.get(rank)))
        else {
            continue;
        };
        let span = item.text.span(sentence.range.clone());
        let found = Diagnostic::new(codes::AMBIGUOUS, span, "a word is defined twice, and not alike");
        sink.push(found.help("define each word once; the singular and the plural are one word"));
    }
    let of = kind.and_then(kind_of).unwrap_or_else(|| guess(&parsed, &defined, lock));
    let mut gathered =
        Gathered { of, defined: &defined, lock, entries: Vec::new(), prose: Prose::default(), blanket: None };
    for (item, (text, sentences)) in items.iter().zip(&parsed) {
        if sentences.is_empty() {
            let span = item.text.span(0..item.text.text.len());
            sink.push(
                Diagnostic::new(codes::SENTENCE, span, "the item holds no sentence")
                    .help("remove it, or say what must hold"),
            );
        }
        for sentence in sentences {
            if gathered.prose.sentences.len() >= MOST_SENTENCES {
                let span = item.text.span(sentence.range.clone());
                let message = format!("the document holds more than {MOST_SENTENCES} sentences");
                sink.push(Diagnostic::new(codes::SENTENCE, span, message).help("split it into several documents"));
                return (gathered.entries, gathered.prose);
            }
            gathered.sentence(&item.text, text, sentence, sink);
        }
    }
    gathered.prose.blanket = gathered.blanket;
    if of == Of::Exception && kind.is_none() && !gathered.entries.is_empty() {
        let span = gathered.entries.first().map_or(Span::whole(sink_file(items)), |entry| entry.key_span);
        gathered.entries.push(Entry {
            key: "kind".into(),
            key_span: span,
            value: Node::new(span, Value::Text("exception".into())),
        });
    }
    (gathered.entries, gathered.prose)
}

fn sink_file(items: &[Item<'_>]) -> crate::text::FileId {
    items.first().map_or(crate::text::FileId(0), |item| item.text.span(0..0).file)
}

fn kind_of(kind: &str) -> Option<Of> {
    [Of::Policy, Of::Rule, Of::Exception].into_iter().find(|of| of.kind() == Some(kind))
}

/// The kind of which the most sentences can be read; a policy where nothing tells.
fn guess(parsed: &[(&str, Vec<Sentence>)], defined: &Definitions, lock: &Lock) -> Of {
    let reads = |of: Of| {
        let sentences = parsed.iter().flat_map(|(text, all)| all.iter().map(move |one| (text, one)));
        let read = |(text, one): &(&&str, &Sentence)| match sentence::read(text, one, of, defined) {
            Ok(_) => true,
            Err(_) => lock
                .of(&folded(text, one))
                .is_some_and(|means| means.iter().all(|said| read_alone(said, of, defined).is_ok())),
        };
        sentences.filter(read).count()
    };
    // The first of the best: `max_by_key` would take the last.
    let kinds = [Of::Exception, Of::Rule, Of::Policy];
    kinds.into_iter().max_by_key(|of| reads(*of)).unwrap_or(Of::Policy)
}

/// A sentence on one line.
fn folded(text: &str, sentence: &Sentence) -> String {
    let text = text.get(sentence.range.clone()).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads a sentence that stands alone.
fn read_alone(text: &str, of: Of, defined: &Definitions) -> Result<Meaning, Box<Problem>> {
    let sentences = sentence::sentences(text);
    let [one] = sentences.as_slice() else {
        return Err(Box::new(Problem {
            code: codes::SENTENCE,
            range: 0..text.len(),
            message: "an accepted reading is not one sentence".to_owned(),
            helps: Vec::new(),
            fix: None,
        }));
    };
    sentence::read(text, one, of, defined)
}

struct Gathered<'a> {
    of: Of,
    defined: &'a Definitions,
    lock: &'a Lock,
    entries: Vec<Entry>,
    prose: Prose,
    /// The sentence that asks for approval of everything.
    blanket: Option<Span>,
}

impl Gathered<'_> {
    fn sentence(&mut self, item: &Embedded<'_>, text: &str, sentence: &Sentence, sink: &mut Sink) {
        let span = item.span(sentence.range.clone());
        let reading = match sentence::read(text, sentence, self.of, self.defined) {
            Ok(meaning) => {
                self.take(item, span, &meaning, None, sink);
                Reading::Grammar
            }
            Err(problem) => self.accepted(item, text, sentence, &problem, sink),
        };
        self.prose.sentences.push(Said { span, text: folded(text, sentence), reading });
    }

    /// What a person accepted for a sentence that the grammar does not read.
    fn accepted(
        &mut self,
        item: &Embedded<'_>,
        text: &str,
        sentence: &Sentence,
        problem: &Problem,
        sink: &mut Sink,
    ) -> Reading {
        let span = item.span(sentence.range.clone());
        let Some(means) = self.lock.of(&folded(text, sentence)) else {
            sink.push(told(problem, item));
            return Reading::Unread;
        };
        let mut wrong = false;
        for said in means {
            match read_alone(said, self.of, self.defined) {
                Ok(meaning) if meaning.part.is_none() => {
                    wrong = true;
                    let message = format!("the accepted reading `{}` demands nothing", crate::syntax::shortened(said));
                    sink.push(
                        Diagnostic::new(codes::SENTENCE, span, message)
                            .help("say the sentence in the controlled English"),
                    );
                }
                Ok(meaning) => self.take(item, span, &meaning, Some(&sentence.range), sink),
                Err(problem) => {
                    wrong = true;
                    let message = format!(
                        "the accepted reading `{}` cannot be read: {}",
                        crate::syntax::shortened(said),
                        problem.message
                    );
                    sink.push(Diagnostic::new(codes::SENTENCE, span, message).help(
                        "run `policyc compile --assist gemini` again, or say the sentence in the controlled English",
                    ));
                }
            }
        }
        if wrong { Reading::Unread } else { Reading::Accepted(means.to_vec()) }
    }

    /// Adds what a sentence means. `place`: where all of it stands, if not where its words do.
    fn take(
        &mut self,
        item: &Embedded<'_>,
        span: Span,
        meaning: &Meaning,
        place: Option<&std::ops::Range<usize>>,
        sink: &mut Sink,
    ) {
        let actions = || {
            let slots = ["what", "operation"];
            meaning.names.iter().filter(move |said| slots.contains(&said.slot)).map(|said| said.name.text.clone())
        };
        for said in &meaning.names {
            let names = match (said.slot, said.name.how) {
                (_, How::Defined) => continue,
                ("what" | "first" | "source" | "actions" | "types" | "operation", _) => Spoken::Action,
                ("tags" | "also_tags", _) => Spoken::Tag,
                ("agents" | "agent", How::Bare) => Spoken::Agent,
                ("argument" | "tests" | "whose" | "class", _) => Spoken::Argument,
                _ => continue,
            };
            let span = if place.is_some() { span } else { item.span(said.name.range.clone()) };
            let how = said.name.how;
            let integration =
                meaning.names.iter().find(|other| said.slot == "operation" && other.slot == "integration");
            let name = match integration {
                Some(integration) => format!("{}.{}", integration.name.text, said.name.text),
                None => said.name.text.clone(),
            };
            let of = if names == Spoken::Argument { actions().collect() } else { Vec::new() };
            self.prose.names.push(SpokenName { span, name, names, how, of, types: said.types.clone() });
        }
        let amounts =
            meaning.names.iter().filter_map(|said| Some((said, self.defined.amounts.get(said.name.noun.as_ref()?)?)));
        for (said, argument) in amounts {
            let (name, of) = (argument.clone(), vec![said.name.text.clone()]);
            self.prose.names.push(SpokenName {
                span,
                name,
                names: Spoken::Argument,
                how: How::Exact,
                of,
                types: vec!["number"],
            });
        }
        if let Some(noun) = &meaning.noun {
            let of = meaning.names.iter().map(|said| said.name.text.clone()).collect();
            let (name, names) = (noun.replace(' ', "_"), Spoken::Noun);
            self.prose.names.push(SpokenName { span, name, names, how: How::Defined, of, types: Vec::new() });
        }
        let Some(part) = &meaning.part else { return };
        let node = match place {
            None => part.node(item, 0),
            Some(_) => at_one_place(part.node(item, 0), span),
        };
        let Value::Map(map) = node.value else { return };
        let alone = matches!(map.entries(), [one] if &*one.key == "require_approval");
        if alone {
            self.blanket.get_or_insert(span);
        }
        for entry in map.into_entries() {
            merge(&mut self.entries, Entry { key_span: span, ..entry }, &mut Vec::new(), sink);
        }
    }
}

/// Approval for everything, beside approval for something: the second would silently narrow the first.
pub fn narrowed(blanket: Option<Span>, entries: &[Entry]) -> Option<Diagnostic> {
    let criteria = ["approval_actions", "approval_tags", "approval_risk_levels", "approval_threshold_usd"];
    let (blanket, other) = (blanket?, entries.iter().find(|entry| criteria.contains(&&*entry.key))?);
    let message = "approval is asked for every action here and for some actions elsewhere in the document";
    let found = Diagnostic::new(codes::SAID_TWICE, blanket, message).and(other.key_span, "for some actions here");
    Some(found.help("remove one of the two: together they would ask for some actions only"))
}

/// A problem as a finding.
fn told(problem: &Problem, item: &Embedded<'_>) -> Diagnostic {
    let found = Diagnostic::new(problem.code, item.span(problem.range.clone()), problem.message.clone());
    let found = if problem.helps.is_empty() { found } else { found.help(problem.helps.join("\n")) };
    match &problem.fix {
        Some((title, range, replacement)) => found.fix(title.clone(), item.span(range.clone()), replacement.clone()),
        None => found,
    }
}

/// The same values, all at one place.
fn at_one_place(node: Node, span: Span) -> Node {
    let value = match node.value {
        Value::List(items) => Value::List(items.into_iter().map(|item| at_one_place(item, span)).collect()),
        Value::Map(map) => {
            let entry = |entry: Entry| Entry { key_span: span, value: at_one_place(entry.value, span), ..entry };
            Value::Map(Map::new(map.into_entries().into_iter().map(entry).collect()))
        }
        other => other,
    };
    Node::new(span, value)
}

/// The lists to which every sentence adds: more items only ever restrict more.
fn accumulates(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    matches!(
        path.as_slice(),
        ["denied_actions"
            | "approval_actions"
            | "approval_tags"
            | "approval_risk_levels"
            | "approval_rules"
            | "commit_actions"]
            | ["rate_limits" | "evidence_requirements", _]
            | ["argument_constraints", _, "required" | "allOf"]
            | ["conditions", "time_restriction", "blocked_hours" | "blocked_days"]
    )
}

/// The keywords that can stand side by side in one schema and mean both: none of them changes what another one means.
const INDEPENDENT: [&str; 18] = [
    "type",
    "const",
    "enum",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "properties",
    "required",
    "allOf",
    "anyOf",
    "not",
    "multipleOf",
];

/// Whether the keys of two maps can be put together without changing what either means.
fn joins(path: &[String], known: &Map, more: &Map) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        [
            "rate_limits"
            | "action_budgets"
            | "evidence_requirements"
            | "evidence_max_age_seconds"
            | "argument_constraints"
            | "grounding_rules"
            | "conditions",
        ]
        | ["grounding_rules", ..]
        | ["argument_constraints", _, "properties"]
        | ["conditions", "cost_threshold"] => true,
        // What one sentence narrows to some actions, another says of all.
        ["conditions", "time_restriction"] => {
            let types = |map: &Map| map.entries().iter().any(|entry| &*entry.key == "action_types");
            types(known) == types(more)
        }
        ["argument_constraints", _] | ["argument_constraints", _, "properties", _] => {
            known.entries().iter().chain(more.entries()).all(|entry| INDEPENDENT.contains(&&*entry.key))
        }
        _ => false,
    }
}

/// Puts a value beside what is there, or says that it is there already.
fn merge(entries: &mut Vec<Entry>, more: Entry, path: &mut Vec<String>, sink: &mut Sink) {
    path.push(more.key.to_string());
    if let Some(known) = entries.iter_mut().find(|known| known.key == more.key) {
        merge_values(known, more, path, sink);
    } else {
        entries.push(more);
    }
    path.pop();
}

fn merge_values(known: &mut Entry, more: Entry, path: &mut Vec<String>, sink: &mut Sink) {
    let grows = match (&known.value.value, &more.value.value) {
        (Value::List(_), Value::List(_)) => accumulates(path),
        (Value::Map(map), Value::Map(others)) => joins(path, map, others),
        _ => false,
    };
    if !grows {
        // A second sentence that decides would narrow the first, even where both say `deny`.
        let decides = matches!(path.as_slice(), [one] if one == "policy_effect" || one == "policy");
        if decides || !is_same(&known.value, &more.value) {
            sink.push(said_twice(path, known, &more));
        }
        return;
    }
    match (&mut known.value.value, more.value.value) {
        (Value::List(items), Value::List(others)) => {
            for other in others {
                if !items.iter().any(|item| is_same(item, &other)) {
                    items.push(other);
                }
            }
        }
        (Value::Map(map), Value::Map(others)) => {
            let mut inner = std::mem::replace(map, Map::new(Vec::new())).into_entries();
            for other in others.into_entries() {
                merge(&mut inner, other, path, sink);
            }
            *map = Map::new(inner);
        }
        _ => {}
    }
}

/// Whether two values are the same, wherever they stand.
fn is_same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Text(_), _) | (_, Value::Text(_)) => false,
        _ => a.to_json() == b.to_json(),
    }
}

fn said_twice(path: &[String], known: &Entry, more: &Entry) -> Diagnostic {
    let message = format!("`{}` is said twice, and not alike", path.join("."));
    let found = Diagnostic::new(codes::SAID_TWICE, more.value.span, message).and(known.value.span, "said here first");
    found.help("say it in one sentence, or in a document for each")
}
