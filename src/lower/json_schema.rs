//! JSON Schemas that documents hold: 2020-12, of known keywords, about the right types, self-contained, linear.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::context::Context;
use super::keywords::{self, Shape};
use crate::diag::{Diagnostic, codes, nearest};
use crate::model::JsonSchema;
use crate::syntax::{Node, Step, Value, shortened, with_article};
use crate::text::Span;

/// What a schema is for: it decides how a keyword without `type` is read. See SPEC, section 2.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// What the arguments object as a whole must satisfy.
    Constraint,
    /// A test on one argument of what allows.
    Allow,
    /// A test on one argument of what denies or asks: an argument of another type matches.
    DenyOrAsk,
    /// What the catalog says of an action's arguments.
    Description,
}

impl Purpose {
    fn needs_type(self) -> bool {
        matches!(self, Self::Constraint | Self::Allow)
    }
}

/// The most values a schema may grow to when its references are written out.
const MAX_EXPANDED: usize = 10_000;
/// The largest compiled regular expression, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// Checks a schema; `None`, with findings, if it cannot be used.
pub fn lower(cx: &mut Context<'_>, node: &Node, purpose: Purpose) -> Option<JsonSchema> {
    let before = cx.sink.as_slice().len();
    // The arguments of an action are always an object.
    let types = matches!(purpose, Purpose::Constraint | Purpose::Description).then(|| vec!["object".to_owned()]);
    Walk { cx, root: node, purpose }.schema(node, types.as_deref());
    if cx.sink.as_slice().iter().skip(before).any(|found| found.code != codes::SCHEMA_TYPE) {
        return None;
    }
    let value = node.to_json();
    // What is read again was checked when it was read first.
    if cx.reread {
        return Some(JsonSchema(value));
    }
    if let Err(found) = check_references(node, &value).and_then(|()| check_whole(node, &value)) {
        cx.push(*found);
        return None;
    }
    Some(JsonSchema(value))
}

/// The options every schema of a document is compiled with: nothing is fetched, formats assert, expressions are linear.
#[must_use]
pub fn options() -> jsonschema::ValidationOptions<'static> {
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        .with_pattern_options(jsonschema::PatternOptions::regex().size_limit(MAX_REGEX_BYTES))
        .offline()
}

struct Walk<'c, 't> {
    cx: &'c mut Context<'t>,
    /// The whole schema, in which references lead.
    root: &'c Node,
    purpose: Purpose,
}

impl Walk<'_, '_> {
    /// Looks at a schema of which the types are already known to be `outer`, if they are.
    fn schema(&mut self, node: &Node, outer: Option<&[String]>) {
        let Value::Map(map) = &node.value else {
            if !matches!(node.value, Value::Bool(_) | Value::Broken) {
                let message = format!("a JSON Schema is a map or true or false, not {}", node.in_words());
                self.cx.push(Diagnostic::new(codes::BAD_SCHEMA, node.span, message));
            }
            return;
        };
        if self.unknown_type(node) {
            return;
        }
        let own = types_of(node, self.root, 0);
        let types = own.as_deref().or(outer);
        let mut told = node.get("enum").is_some() || node.get("const").is_some();
        for entry in map.entries() {
            let Some(shape) = keywords::shape(&entry.key) else {
                let argument = self.purpose == Purpose::Constraint && matches!(entry.value.value, Value::Map(_));
                self.cx.push(unknown_keyword(&entry.key, entry.key_span, argument));
                continue;
            };
            if let Some(about) = keywords::about(&entry.key) {
                told |= self.check_type(about, entry.key_span, &entry.key, types, told, node);
            }
            self.keyword(&entry.key, &entry.value, shape, types);
        }
    }

    /// Refuses a type that does not exist; what is about it cannot be judged then.
    fn unknown_type(&mut self, node: &Node) -> bool {
        let Some(named) = node.get("type") else { return false };
        let all = named.text().map(|_| named).into_iter().chain(named.items());
        let unknown = all.filter(|node| node.text().is_some_and(|text| !keywords::TYPES.contains(&text)));
        let mut any = false;
        for node in unknown {
            let text = node.text().unwrap_or_default();
            let message = format!("the type `{}` does not exist", shortened(text));
            let found = Diagnostic::new(codes::BAD_SCHEMA, node.span, message);
            let meant = match text {
                "int" | "long" => "integer",
                "float" | "double" | "decimal" => "number",
                "bool" => "boolean",
                "list" => "array",
                "map" | "dict" => "object",
                "text" | "str" => "string",
                other => other,
            };
            self.cx.push(meaning(
                found,
                meant,
                &keywords::TYPES,
                node.span,
                "the types are array, boolean, integer, null, number, object and string",
            ));
            any = true;
        }
        any
    }

    fn keyword(&mut self, key: &str, value: &Node, shape: Shape, types: Option<&[String]>) {
        match shape {
            Shape::InPlace => self.schema(value, types),
            Shape::InPlaceList => value.items().iter().for_each(|item| self.schema(item, types)),
            Shape::InPlaceMap => value.entries().iter().for_each(|entry| self.schema(&entry.value, types)),
            Shape::Part => self.schema(value, None),
            Shape::PartList => value.items().iter().for_each(|item| self.schema(item, None)),
            Shape::PartMap => value.entries().iter().for_each(|entry| self.schema(&entry.value, None)),
            Shape::PatternMap => {
                for entry in value.entries() {
                    self.regex(&entry.key, entry.key_span);
                    self.schema(&entry.value, None);
                }
            }
            Shape::Plain => {}
        }
        match (key, value.text()) {
            ("pattern", Some(text)) => self.regex(text, value.span),
            ("format", Some(format)) if !keywords::FORMATS.contains(&format) => {
                let message = format!("the format `{}` does not exist", shortened(format));
                let found = Diagnostic::new(codes::SCHEMA_FORMAT, value.span, message);
                let help = "use `pattern` where there is no format";
                self.cx.push(meaning(found, format, keywords::FORMATS, value.span, help));
            }
            ("$ref", Some(target)) if !target.starts_with('#') => {
                let message = format!("`{}` lies outside the schema and is never fetched", shortened(target));
                let help = "put the schema under `$defs` and refer to it as `#/$defs/name`";
                self.cx.push(Diagnostic::new(codes::SCHEMA_REFERENCE, value.span, message).help(help));
            }
            ("$schema", Some(draft)) if draft.trim_end_matches('#') != keywords::DRAFT => {
                let message = format!("schemas in documents are 2020-12, not `{}`", shortened(draft));
                self.cx.push(Diagnostic::new(codes::BAD_SCHEMA, value.span, message).help("remove `$schema`"));
            }
            ("required", None) if matches!(value.value, Value::Bool(_)) => {
                let message = "`required` is a list of names, not true or false";
                let help = "write `required: [name]` beside `properties`";
                self.cx.push(Diagnostic::new(codes::BAD_SCHEMA, value.span, message).help(help));
            }
            _ => {}
        }
    }

    /// A keyword about one type accepts every other type: where that would permit more than meant, `type` must say
    /// so. True when it was told that `type` is missing; it is told once for each map.
    fn check_type(
        &mut self,
        about: &str,
        at: Span,
        key: &str,
        types: Option<&[String]>,
        told: bool,
        node: &Node,
    ) -> bool {
        let fits = |of: &String| of == about || (about == "number" && of == "integer");
        let noun = with_article(about);
        match types {
            Some(types) if types.iter().any(fits) => false,
            Some(types) => {
                let types = types.join(" or ");
                let message = format!("`{key}` is about {noun} and never fires: the type here is {types}");
                let found = Diagnostic::new(codes::SCHEMA_TYPE, at, message);
                self.cx.push(found.help("remove the keyword, or mend `type`"));
                false
            }
            None if told || !self.purpose.needs_type() => false,
            None => {
                let message = format!("`{key}` without `type` accepts everything that is not {noun}");
                let mut found = Diagnostic::new(codes::SCHEMA_TYPE, at, message);
                found = found.help(format!("add `type: {about}` beside it"));
                if let Some((place, text)) = self.with_type(about, node) {
                    found = found.fix(format!("add `type: {about}`"), place, text);
                }
                self.cx.push(found);
                true
            }
        }
    }

    /// The text that puts `type` before the first keyword, in the layout of the map; `None` where it cannot be told.
    fn with_type(&self, about: &str, node: &Node) -> Option<(Span, String)> {
        let first = node.entries().first()?.key_span;
        let place = Span { end: first.start, ..first };
        let before = self.cx.text.get(..first.start as usize)?;
        let line = before.rsplit('\n').next().unwrap_or_default();
        if first.start > node.span.start {
            let quoted = self.cx.text.get(first.range())?.starts_with('"');
            let text = if quoted { format!("\"type\": \"{about}\", ") } else { format!("type: {about}, ") };
            return Some((place, text));
        }
        // A block map: the next key stands under this one.
        let indented = line.chars().all(|c| matches!(c, ' ' | '-'));
        indented.then(|| (place, format!("type: {about}\n{}", " ".repeat(line.len()))))
    }

    fn regex(&mut self, text: &str, at: Span) {
        let schema = serde_json::json!({ "pattern": text });
        if options().build(&schema).is_err() {
            let message = format!("the regular expression `{}` cannot be used", shortened(text));
            let help = "it has a mistake, or is too large, or looks around or back: only expressions of the linear kind are taken";
            self.cx.push(Diagnostic::new(codes::SCHEMA_REGEX, at, message).help(help));
        }
    }
}

/// The types a schema says its value has: by itself, through a reference, or through one of `allOf`.
fn types_of(node: &Node, root: &Node, depth: usize) -> Option<Vec<String>> {
    if let Some(named) = node.get("type") {
        let many = named.items().iter().filter_map(Node::text);
        return Some(named.text().into_iter().chain(many).map(str::to_owned).collect());
    }
    // A circle of references is told elsewhere.
    if depth > 8 {
        return None;
    }
    let target = node.get("$ref").and_then(Node::text).and_then(|target| {
        let steps = target.strip_prefix("#/")?.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
        root.at(&steps.map(Step::Key).collect::<Vec<_>>())
    });
    let all = node.get("allOf").map(Node::items).unwrap_or_default();
    target.into_iter().chain(all).find_map(|part| types_of(part, root, depth + 1))
}

/// Whether a schema of an object accepts every object.
#[must_use]
pub fn accepts_everything(schema: &Json) -> bool {
    let says_nothing = |(key, value): (&String, &Json)| match key.as_str() {
        "title" | "description" | "default" | "examples" | "deprecated" | "readOnly" | "writeOnly" | "$comment"
        | "$defs" | "$schema" => true,
        "type" => value == "object" || value.as_array().is_some_and(|types| types.iter().any(|ty| ty == "object")),
        "properties" | "patternProperties" | "dependentSchemas" => value.as_object().is_some_and(|map| {
            map.values()
                .all(|part| *part == Json::Bool(true) || part.as_object().is_some_and(serde_json::Map::is_empty))
        }),
        "required" => value.as_array().is_some_and(Vec::is_empty),
        "additionalProperties" | "propertyNames" => *value == Json::Bool(true),
        _ => false,
    };
    match schema {
        Json::Bool(accepts) => *accepts,
        Json::Object(map) => map.iter().all(says_nothing),
        _ => false,
    }
}

fn unknown_keyword(key: &str, at: Span, argument: bool) -> Diagnostic {
    if let Some(why) = keywords::refused(key) {
        let message = format!("the keyword `{}` asserts nothing here", shortened(key));
        return Diagnostic::new(codes::SCHEMA_KEYWORD, at, message).help(why);
    }
    let message = format!("the keyword `{}` does not exist in JSON Schema 2020-12", shortened(key));
    let found = Diagnostic::new(codes::SCHEMA_KEYWORD, at, message);
    if argument {
        return found.help(format!("if `{}` is an argument, put it under `properties`", shortened(key)));
    }
    meaning(found, key, &keywords::names(), at, "remove it: a misspelt keyword asserts nothing")
}

/// Adds "did you mean" with its fix, or the other help.
fn meaning(found: Diagnostic, written: &str, candidates: &[&str], at: Span, otherwise: &str) -> Diagnostic {
    match nearest(written, candidates.iter().copied()) {
        Some(meant) => found.help(format!("did you mean `{meant}`?")).fix(format!("write `{meant}`"), at, meant),
        None => found.help(otherwise),
    }
}

/// References must lead to something, and writing them out must end, soon.
fn check_references(node: &Node, value: &Json) -> Result<(), Box<Diagnostic>> {
    let mut known = BTreeMap::new();
    let size = expanded(value, value, &mut known, 0);
    match size {
        Ok(size) if size <= MAX_EXPANDED => Ok(()),
        Ok(_) => Err(too_large(node)),
        Err(target) => {
            let message = match value.pointer(target.trim_start_matches('#')) {
                Some(_) => format!("the reference `{}` leads back to itself", shortened(&target)),
                None => format!("the reference `{}` leads to nothing in this schema", shortened(&target)),
            };
            Err(reference(node, &message))
        }
    }
}

fn reference(node: &Node, message: &str) -> Box<Diagnostic> {
    let place = find_reference(node).unwrap_or(node.span);
    let help = "refer to a schema under `$defs`, such as `#/$defs/name`, that does not refer back";
    Box::new(Diagnostic::new(codes::SCHEMA_REFERENCE, place, message).help(help))
}

fn too_large(node: &Node) -> Box<Diagnostic> {
    let message = format!("the schema, with its references written out, has more than {MAX_EXPANDED} values");
    Box::new(
        Diagnostic::new(codes::TOO_LARGE, node.span, message)
            .help("make it smaller: it is held against every matching action"),
    )
}

fn find_reference(node: &Node) -> Option<Span> {
    node.get("$ref").map(|target| target.span).or_else(|| {
        let parts = node.entries().iter().map(|entry| &entry.value).chain(node.items());
        parts.into_iter().find_map(find_reference)
    })
}

/// The number of values in a schema with its references written out; `Err` with a reference that has no end.
///
/// `known` holds the size of targets already measured and `None` for those being measured.
fn expanded(
    root: &Json,
    value: &Json,
    known: &mut BTreeMap<String, Option<usize>>,
    depth: usize,
) -> Result<usize, String> {
    let mut size = 1_usize;
    match value {
        Json::Array(items) => {
            for item in items {
                size = size.saturating_add(expanded(root, item, known, depth + 1)?);
            }
        }
        Json::Object(map) => {
            for (key, part) in map {
                let target = part.as_str().filter(|_| key == "$ref");
                size = size.saturating_add(match target {
                    Some(target) => target_size(root, target, known, depth)?,
                    None => expanded(root, part, known, depth + 1)?,
                });
            }
        }
        _ => {}
    }
    Ok(size)
}

fn target_size(
    root: &Json,
    target: &str,
    known: &mut BTreeMap<String, Option<usize>>,
    depth: usize,
) -> Result<usize, String> {
    match known.get(target) {
        Some(Some(size)) => return Ok(*size),
        Some(None) => return Err(target.to_owned()),
        None => {}
    }
    let pointer = target.trim_start_matches('#');
    // `#` alone is the whole schema, of which the reference is a part.
    let found = root.pointer(pointer).filter(|_| !pointer.is_empty()).ok_or_else(|| target.to_owned())?;
    known.insert(target.to_owned(), None);
    let size = expanded(root, found, known, depth + 1)?;
    known.insert(target.to_owned(), Some(size));
    Ok(size)
}

/// Compiled once, which holds it against the meta-schema too, so that no later use can fail.
fn check_whole(node: &Node, value: &Json) -> Result<(), Box<Diagnostic>> {
    let Err(error) = options().build(value) else { return Ok(()) };
    let steps = jsonschema::draft202012::meta::validate(value)
        .err()
        .map(|error| super::validate::steps(error.instance_path()))
        .unwrap_or_default();
    let message = format!("the schema is not valid: {}", shortened(&error.to_string()));
    let found = Diagnostic::new(codes::BAD_SCHEMA, node.span_at(&steps), message);
    Err(Box::new(found.help("see the keywords of JSON Schema 2020-12")))
}
