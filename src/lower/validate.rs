//! The form of documents: a tree against the JSON Schema of its kind, every failure in the words of policies.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kinds};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{JsonType, ValidationError, Validator};
use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, codes, nearest};
use crate::syntax::{Node, Step, Value, shortened, with_article};
use crate::text::Span;
use crate::written::{Kind, PublishedDraft, schema_of};

/// The schema of a kind and its validator, built when first used.
struct Form {
    schema: Json,
    validator: Option<Validator>,
}

static FORMS: [LazyLock<Form>; 8] = [
    LazyLock::new(|| form(Kind::Policy)),
    LazyLock::new(|| form(Kind::Rule)),
    LazyLock::new(|| form(Kind::Exception)),
    LazyLock::new(|| form(Kind::Suite)),
    LazyLock::new(|| form(Kind::Catalog)),
    LazyLock::new(|| form(Kind::Environment)),
    LazyLock::new(|| form(Kind::Identities)),
    LazyLock::new(|| form(Kind::Settings)),
];

fn form(kind: Kind) -> Form {
    let schema = schema_of(kind, PublishedDraft::Draft202012);
    // schemars' `uint64` and `double` describe Rust's types; the bounds beside them are what counts.
    let options = crate::model::JsonSchema::options().should_ignore_unknown_formats(true);
    let validator = options.build(&schema).ok();
    Form { schema, validator }
}

/// What is wrong with the form of a document.
#[derive(Debug, Default)]
pub struct Faults {
    /// The findings.
    pub found: Vec<Diagnostic>,
    /// The parts that are wrong, as paths.
    pub wrong: Vec<Vec<Step>>,
    /// Keys that a misspelt key was probably meant to be.
    pub meant: HashSet<String>,
}

/// Holds a document against the schema of its kind; `text` is the file's.
pub fn validate(kind: Kind, node: &Node, json: &Json, text: &str) -> Faults {
    let mut faults = Faults::default();
    let Some(form) = FORMS.iter().zip(Kind::ALL).find(|(_, known)| *known == kind).map(|(form, _)| form) else {
        return faults;
    };
    let Some(validator) = &form.validator else { return faults };
    if validator.is_valid(json) {
        return faults;
    }
    let mut explain = Explain { kind, schema: &form.schema, node, text, faults: &mut faults };
    let mut missing = Vec::new();
    for error in validator.iter_errors(json) {
        explain.error(&error, &mut missing);
    }
    explain.missing(missing);
    faults
}

/// The steps of a place in an instance.
pub fn steps(location: &Location) -> Vec<Step> {
    let segments = location.iter();
    segments
        .map(|segment| match segment {
            LocationSegment::Property(key) => Step::Key(key.to_string()),
            LocationSegment::Index(index) => Step::Index(index),
        })
        .collect()
}

struct Explain<'a> {
    kind: Kind,
    schema: &'a Json,
    node: &'a Node,
    text: &'a str,
    faults: &'a mut Faults,
}

impl Explain<'_> {
    fn error(&mut self, error: &ValidationError<'_>, missing: &mut Vec<(Vec<Step>, String)>) {
        let path = steps(error.instance_path());
        match error.kind() {
            Kinds::AdditionalProperties { unexpected } => {
                for key in unexpected {
                    self.unknown_key(&path, key);
                }
            }
            Kinds::Required { property } => missing.push((path, property.as_str().unwrap_or_default().to_owned())),
            Kinds::AnyOf { context } | Kinds::OneOfNotValid { context } => self.any_of(&path, context, missing),
            kind => {
                // What cannot be read was already complained about.
                if !self.node.at(&path).is_none_or(Node::is_broken) {
                    let (code, message, help) = self.words(kind, &path);
                    self.wrong(code, path, message, help);
                }
            }
        }
    }

    /// Of several forms, the one that was meant is the one whose type fits; if none does, all are named.
    fn any_of(
        &mut self,
        path: &[Step],
        context: &[Vec<ValidationError<'static>>],
        missing: &mut Vec<(Vec<Step>, String)>,
    ) {
        let misfits = |errors: &Vec<ValidationError<'static>>| errors.iter().any(|error| misfit(error, path));
        if let Some(errors) = context.iter().find(|errors| !errors.is_empty() && !misfits(errors)) {
            for error in errors {
                self.error(error, missing);
            }
            return;
        }
        if self.node.at(path).is_none_or(Node::is_broken) {
            return;
        }
        let mut wanted = Wanted::default();
        context.iter().flatten().for_each(|error| wanted.take(error, path));
        let (code, message, help) = self.none_fits(&wanted, path);
        self.wrong(code, path.to_vec(), message, help);
    }

    fn none_fits(&self, wanted: &Wanted, path: &[Step]) -> (Code, String, Option<Help>) {
        let node = self.node.at(path);
        if let (false, Some(Value::Text(_))) = (wanted.values.is_empty(), node.map(|node| &node.value)) {
            return self.unknown_value(&wanted.values, path);
        }
        let values = wanted.values.iter().map(|value| format!("`{value}`"));
        // Where there are words, a text is told by the words.
        let types = wanted.types.iter().filter(|words| wanted.values.is_empty() || *words != "a text").cloned();
        let forms: Vec<String> = values.chain(types).collect();
        let found = node.map(Node::in_words).unwrap_or_default();
        (codes::WRONG_TYPE, format!("{} must be {}, not {found}", self.name(path), forms.join(" or ")), None)
    }

    fn wrong(&mut self, code: Code, path: Vec<Step>, message: String, help: Option<Help>) {
        let span = self.node.span_at(&path);
        let mut found = Diagnostic::new(code, span, message);
        if let Some(help) = help {
            found = found.help(help.text);
            if let Some(replacement) = help.replacement {
                found = found.fix(format!("write `{replacement}`"), span, replacement);
            }
        }
        self.faults.found.push(found);
        self.faults.wrong.push(path);
    }

    /// A part by its name: "`priority`", "the document", "an item of `denied_actions`".
    fn name(&self, path: &[Step]) -> String {
        match path.split_last() {
            None => format!("the {}", self.kind.as_str()),
            Some((Step::Key(key), _)) => format!("`{}`", shortened(key)),
            Some((Step::Index(_), above)) => format!("an item of {}", self.name(above)),
        }
    }

    fn unknown_key(&mut self, path: &[Step], key: &str) {
        let mut place = path.to_vec();
        place.push(key.into());
        let span = self.node.key_span_at(&place);
        let known = keys_at(self.schema, path);
        if let Some(c) = key.chars().find(|c| c.is_whitespace() && *c != ' ') {
            let message = format!("the key `{}` holds the invisible character U+{:04X}", shortened(key), c as u32);
            let found = Diagnostic::new(codes::INVISIBLE, span, message);
            self.faults.found.push(found.help("replace it by a space, or remove it"));
            self.faults.wrong.push(place);
            return;
        }
        let of = if path.is_empty() { with_article(self.kind.as_str()) } else { self.name(path) };
        let message = format!("{of} has no key `{}`", shortened(key));
        let mut found = Diagnostic::new(codes::UNKNOWN_KEY, span, message);
        let taken = |candidate: &&str| self.node.at(path).is_none_or(|node| node.get(candidate).is_none());
        if let Some(meant) = nearest(key, known.iter().map(String::as_str).filter(taken)) {
            self.faults.meant.insert(meant.to_owned());
            found = found.help(format!("did you mean `{meant}`?")).fix(format!("write `{meant}`"), span, meant);
        } else if let Some(kind) = other_kind(self.kind, key).filter(|_| path.is_empty()) {
            found = found.help(format!("`{}` is a key of {}", shortened(key), with_article(kind.as_str())));
        } else {
            found = found.help(format!("it has {}", in_list(&known)));
        }
        self.faults.found.push(found);
        self.faults.wrong.push(place);
    }

    /// All missing keys of one map are one finding.
    fn missing(&mut self, missing: Vec<(Vec<Step>, String)>) {
        let mut by_map: BTreeMap<Vec<Step>, Vec<String>> = BTreeMap::new();
        for (path, key) in missing {
            // A misspelt key is one mistake, not two; a key that could not be read is there.
            if !self.faults.meant.contains(&key) && self.node.at(&path).is_some_and(|node| node.get(&key).is_none()) {
                by_map.entry(path).or_default().push(key);
            }
        }
        for (path, keys) in by_map {
            let list: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            let found = Diagnostic::new(
                codes::MISSING_KEY,
                self.needing(&path),
                format!("{} has no {}", self.name(&path), list.join(", ")),
            );
            self.faults.found.push(match keys.as_slice() {
                [key] => found.help(format!("add `{key}`: {}", describe(self.schema, &path, key))),
                _ => found.help(format!("add {}", list.join(", "))),
            });
            for key in keys {
                let mut wrong = path.clone();
                wrong.push(Step::Key(key));
                self.faults.wrong.push(wrong);
            }
        }
    }

    /// The key that makes a missing key necessary.
    fn needing(&self, path: &[Step]) -> Span {
        if !path.is_empty() {
            let part = self.node.at(path);
            let first = part.and_then(|node| node.entries().first()).map(|entry| entry.key_span);
            return match path.last() {
                Some(Step::Key(_)) => self.node.key_span_at(path),
                _ => first.unwrap_or_else(|| self.node.span_at(path)),
            };
        }
        let telling = ["kind", "policy_effect", "id"].into_iter().find_map(|key| self.node.entry(key));
        telling.or_else(|| self.node.entries().first()).map_or(self.node.span, |entry| entry.key_span)
    }

    fn words(&self, kind: &Kinds, path: &[Step]) -> (Code, String, Option<Help>) {
        let name = self.name(path);
        let node = self.node.at(path);
        let found = node.map(Node::in_words).unwrap_or_default();
        let out = |message: String| (codes::OUT_OF_RANGE, message, None);
        match kind {
            Kinds::Type { kind } => {
                let message = format!("{name} must be {}, not {found}", types_in_words(kind));
                (codes::WRONG_TYPE, message, node.and_then(|node| repair(kind, node)))
            }
            Kinds::Enum { options } => {
                let options: Vec<String> = options.as_array().into_iter().flatten().map(plain).collect();
                self.unknown_value(&options, path)
            }
            Kinds::Constant { expected_value } => {
                (codes::UNKNOWN_VALUE, format!("{name} must be `{}`, not {found}", plain(expected_value)), None)
            }
            Kinds::Minimum { limit } => out(format!("{name} must be at least {limit}, not {found}")),
            Kinds::Maximum { limit } => out(format!("{name} must be at most {limit}, not {found}")),
            Kinds::ExclusiveMinimum { limit } => out(format!("{name} must be more than {limit}, not {found}")),
            Kinds::ExclusiveMaximum { limit } => out(format!("{name} must be less than {limit}, not {found}")),
            Kinds::MinLength { limit: 1 } | Kinds::MinItems { .. } | Kinds::MinProperties { .. } => {
                out(format!("{name} must not be empty"))
            }
            Kinds::MinLength { limit } => {
                let message = format!("{name} must have at least {limit} characters");
                (codes::OUT_OF_RANGE, message, node.and_then(|node| self.cut_by_comment(node)))
            }
            Kinds::MaxLength { limit } => out(format!("{name} must have at most {limit} characters")),
            Kinds::MaxProperties { limit } => out(format!("{name} must have only {limit} of its keys")),
            Kinds::Pattern { .. } => {
                let help = format!("it is {}", describe_at(self.schema, path));
                (codes::WRONG_FORM, format!("{name} has not the form it needs: {found}"), Some(Help::text(help)))
            }
            other => (codes::WRONG_FORM, format!("{name} is not valid: {}", shortened(&format!("{other:?}"))), None),
        }
    }

    /// A text that ends where a comment begins was probably meant to go on.
    fn cut_by_comment(&self, node: &Node) -> Option<Help> {
        let line = self.text.get(node.span.end as usize..)?.lines().next()?;
        let text = node.text()?;
        let message =
            format!("only `{}` was read, since ` #` begins a comment: put the text in quotes", shortened(text));
        line.trim_start().starts_with('#').then(|| Help::text(message))
    }

    fn unknown_value(&self, options: &[String], path: &[Step]) -> (Code, String, Option<Help>) {
        let node = self.node.at(path);
        let found = node.map(Node::in_words).unwrap_or_default();
        let list: Vec<String> = options.iter().map(|option| format!("`{option}`")).collect();
        let message = format!("{} must be {}, not {found}", self.name(path), list.join(" or "));
        let meant = node.and_then(Node::text).and_then(|text| {
            let text = synonym(text, options).unwrap_or(text);
            nearest(text, options.iter().map(String::as_str))
        });
        let help =
            meant.map(|meant| Help { text: format!("did you mean `{meant}`?"), replacement: Some(meant.to_owned()) });
        (codes::UNKNOWN_VALUE, message, help)
    }
}

/// Words that people use for the effects.
fn synonym(text: &str, options: &[String]) -> Option<&'static str> {
    let meant = match text.to_lowercase().replace('-', "_").as_str() {
        "require_approval" | "requires_approval" | "approval" | "approve" | "ask" | "escalate" | "review" => {
            "approval_required"
        }
        "block" | "blocked" | "forbid" | "reject" | "never" => "deny",
        "permit" | "permitted" | "accept" => "allow",
        _ => return None,
    };
    options.iter().any(|option| option == meant).then_some(meant)
}

struct Help {
    text: String,
    replacement: Option<String>,
}

impl Help {
    fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), replacement: None }
    }

    fn write(text: impl Into<String>, replacement: impl Into<String>) -> Self {
        Self { text: text.into(), replacement: Some(replacement.into()) }
    }
}

/// What to write instead, where it can be told.
fn repair(wanted: &TypeKind, node: &Node) -> Option<Help> {
    let takes = |ty: JsonType| match wanted {
        TypeKind::Single(single) => *single == ty,
        TypeKind::Multiple(set) => set.contains(ty),
    };
    let number = takes(JsonType::Number) || takes(JsonType::Integer);
    match &node.value {
        Value::Text(text) if takes(JsonType::Boolean) => {
            let meant = match text.to_lowercase().as_str() {
                "yes" | "on" | "true" | "y" => "true",
                "no" | "off" | "false" | "n" => "false",
                _ => return None,
            };
            let why = match &**text {
                "true" | "false" => "remove the quotes".to_owned(),
                other => format!("write `{meant}`: in YAML 1.2 `{}` is a text", shortened(other)),
            };
            Some(Help::write(why, meant))
        }
        Value::Text(text) if number && text.parse::<f64>().is_ok_and(f64::is_finite) => {
            Some(Help::write("remove the quotes", &**text))
        }
        Value::Text(text) if number && text.contains(|c: char| c.is_ascii_digit()) => {
            Some(Help::text("write the number alone, without unit, currency or thousands separators"))
        }
        Value::Null if takes(JsonType::Array) => Some(Help::write("write `[]` for an empty list", "[]")),
        Value::Text(text) if takes(JsonType::Array) => Some(Help::text(as_list(text))),
        Value::Number(number) if takes(JsonType::String) => {
            Some(Help::write("put it in quotes", format!("\"{}\"", number.written)))
        }
        Value::Bool(value) if takes(JsonType::String) => Some(Help::write("put it in quotes", format!("\"{value}\""))),
        _ => None,
    }
}

/// How a text is written as the list it was meant to be.
fn as_list(text: &str) -> String {
    if text.starts_with('-') {
        return "put a space behind each `-`, and each item on a line of its own".to_owned();
    }
    let items: Vec<String> =
        text.split(',').map(|item| serde_json::Value::from(shortened(item.trim())).to_string()).collect();
    format!("write a list, also for one item: [{}]", items.join(", "))
}

/// Whether an error says that the value itself, not a part of it, has another type or is another word.
fn misfit(error: &ValidationError<'_>, path: &[Step]) -> bool {
    steps(error.instance_path()) == path
        && match error.kind() {
            Kinds::Type { .. } | Kinds::Constant { .. } | Kinds::Enum { .. } => true,
            Kinds::AnyOf { context } | Kinds::OneOfNotValid { context } => {
                context.iter().all(|errors| errors.iter().any(|error| misfit(error, path)))
            }
            _ => false,
        }
}

/// What a value could have been.
#[derive(Default)]
struct Wanted {
    values: Vec<String>,
    types: Vec<String>,
}

impl Wanted {
    fn take(&mut self, error: &ValidationError<'_>, path: &[Step]) {
        if steps(error.instance_path()) != path {
            return;
        }
        match error.kind() {
            Kinds::Type { kind } => {
                let words = types_in_words(kind);
                if !self.types.contains(&words) {
                    self.types.push(words);
                }
            }
            Kinds::Constant { expected_value } => self.value(expected_value),
            Kinds::Enum { options } => options.as_array().into_iter().flatten().for_each(|value| self.value(value)),
            Kinds::AnyOf { context } | Kinds::OneOfNotValid { context } => {
                context.iter().flatten().for_each(|error| self.take(error, path));
            }
            _ => {}
        }
    }

    fn value(&mut self, value: &Json) {
        let text = plain(value);
        if !value.is_null() && !self.values.contains(&text) {
            self.values.push(text);
        }
    }
}

fn types_in_words(kind: &TypeKind) -> String {
    let word = |ty: JsonType| match ty {
        JsonType::Array => "a list",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "a map",
        JsonType::String => "a text",
    };
    match kind {
        TypeKind::Single(single) => word(*single).to_owned(),
        TypeKind::Multiple(set) => {
            let mut words: Vec<&str> = set.iter().map(word).collect();
            words.sort_unstable_by_key(|word| (*word == "null", *word));
            words.join(" or ")
        }
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn in_list(keys: &[String]) -> String {
    keys.iter().filter(|key| *key != "$schema").map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

/// Another kind of document that has a key, for "`priority` is a key of a rule".
fn other_kind(this: Kind, key: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| {
        *kind != this
            && FORMS.iter().zip(Kind::ALL).any(|(form, known)| {
                known == *kind && form.schema.pointer("/properties").and_then(|keys| keys.get(key)).is_some()
            })
    })
}

/// The schemas that a part of a document is held against.
fn schemas_at<'a>(root: &'a Json, path: &[Step]) -> Vec<&'a Json> {
    let mut current = resolve(root, root);
    for step in path {
        current = current
            .into_iter()
            .filter_map(|schema| match step {
                Step::Key(key) => schema
                    .pointer("/properties")
                    .and_then(|keys| keys.get(key))
                    .or_else(|| schema.get("additionalProperties")),
                Step::Index(_) => schema.get("items"),
            })
            .flat_map(|schema| resolve(root, schema))
            .collect();
    }
    current
}

/// A schema with its references followed and its alternatives laid side by side.
fn resolve<'a>(root: &'a Json, schema: &'a Json) -> Vec<&'a Json> {
    let target =
        schema.get("$ref").and_then(Json::as_str).and_then(|target| root.pointer(target.trim_start_matches('#')));
    let parts = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|key| schema.get(key)?.as_array()).flatten();
    let mut all = vec![schema];
    all.extend(target.into_iter().flat_map(|target| resolve(root, target)));
    all.extend(parts.flat_map(|part| resolve(root, part)));
    all
}

fn keys_at(root: &Json, path: &[Step]) -> Vec<String> {
    let schemas = schemas_at(root, path);
    let maps = schemas.iter().filter_map(|schema| schema.get("properties")?.as_object());
    let mut keys: Vec<String> = maps.flat_map(|map| map.keys().cloned()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn describe(root: &Json, path: &[Step], key: &str) -> String {
    let mut full = path.to_vec();
    full.push(key.into());
    describe_at(root, &full)
}

/// What the schema says of a part, as half a sentence.
fn describe_at(root: &Json, path: &[Step]) -> String {
    let schemas = schemas_at(root, path);
    let text = schemas.iter().find_map(|schema| schema.get("description")?.as_str()).unwrap_or("see `policyc schema`");
    let mut chars = text.trim_end_matches('.').chars();
    let first = chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    format!("{first}{}", chars.as_str().replace('\n', " "))
}
