//! JSON Schemas that documents hold: 2020-12, of known keywords, about the right types, self-contained, linear.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::context::Context;
use super::keywords::{self, Shape};
use crate::diag::{Diagnostic, codes, nearest};
use crate::model::JsonSchema;
use crate::syntax::{Entry, Node, Value, shortened, with_article};
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
/// How deep a schema may be with its references written out.
const MAX_REFERENCE_DEPTH: usize = 256;
/// How many references and `allOf` are followed to find a type.
const MAX_TYPE_DEPTH: usize = 8;
/// How many regular expressions a schema may hold: compiling one can take milliseconds.
const MAX_EXPRESSIONS: usize = 200;

/// Checks a schema; `None`, with findings, if it cannot be used.
pub fn lower(cx: &mut Context<'_>, node: &Node, purpose: Purpose) -> Option<JsonSchema> {
    let before = cx.sink.as_slice().len();
    let value = node.to_json();
    // What is read again was checked when it was read first.
    if cx.reread {
        return Some(JsonSchema(value));
    }
    // First of all: everything after this follows references.
    if let Err(found) = check_references(node, &value) {
        cx.push(*found);
        return None;
    }
    // The arguments of an action are always an object.
    let types = matches!(purpose, Purpose::Constraint | Purpose::Description).then(|| vec!["object".to_owned()]);
    Walk { cx, root: node, purpose, visits: 0, bound: true }.schema(node, types.as_deref());
    if cx.sink.as_slice().iter().skip(before).any(|found| found.code != codes::SCHEMA_TYPE) {
        return None;
    }
    if let Err(found) = check_whole(node, &value) {
        cx.push(*found);
        return None;
    }
    Some(JsonSchema(value))
}

struct Walk<'c, 't> {
    cx: &'c mut Context<'t>,
    /// The whole schema, in which references lead.
    root: &'c Node,
    purpose: Purpose,
    /// How often a type was looked for; references and `allOf` can fan out.
    visits: usize,
    /// Whether a type that is found binds the value: not so under `not` and `if`.
    bound: bool,
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
        let own = self.types_of(node, 0);
        let types = if self.bound { own.as_deref().or(outer) } else { outer.or(own.as_deref()) };
        self.check_pairs(node);
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
            self.keyword(entry, shape, types);
        }
    }

    /// The types a schema says its value has: by itself, through a reference, or through one of `allOf`.
    fn types_of(&mut self, node: &Node, depth: usize) -> Option<Vec<String>> {
        self.visits += 1;
        if depth > MAX_TYPE_DEPTH || self.visits > MAX_EXPANDED {
            return None;
        }
        if let Some(named) = node.get("type") {
            let many = named.items().iter().filter_map(Node::text);
            return Some(named.text().into_iter().chain(many).map(str::to_owned).collect());
        }
        let target = node.get("$ref").and_then(Node::text).and_then(|target| definition(self.root, target));
        let all = node.get("allOf").map(Node::items).unwrap_or_default();
        target.into_iter().chain(all).find_map(|part| self.types_of(part, depth + 1))
    }

    /// Keywords that assert nothing without another beside them.
    fn check_pairs(&mut self, node: &Node) {
        let pairs = [("then", "if"), ("else", "if"), ("minContains", "contains"), ("maxContains", "contains")];
        let lone = pairs.into_iter().filter(|(key, other)| node.get(key).is_some() && node.get(other).is_none());
        let branches = node.get("then").or_else(|| node.get("else"));
        let lone_if = (node.get("if").is_some() && branches.is_none()).then_some(("if", "then"));
        for (key, other) in lone.chain(lone_if).collect::<Vec<_>>() {
            let at = node.entry(key).map_or(node.span, |entry| entry.key_span);
            let message = format!("`{key}` asserts nothing without `{other}`");
            self.cx
                .push(Diagnostic::new(codes::SCHEMA_KEYWORD, at, message).help(format!("add `{other}`, or remove it")));
        }
    }

    /// A schema under `not` or `if`: a type in it only says for which values it speaks, so the type must stand outside.
    fn unbound(&mut self, key: &str, value: &Node, at: Span, types: Option<&[String]>) {
        if types.is_none() && self.bound && self.purpose.needs_type() && speaks_of_types(value, self.root, 0) {
            let message = format!("`{key}` without `type` beside it lets values of other types through");
            let help = format!("add `type` beside `{key}`: inside it, it binds nothing");
            self.cx.push(Diagnostic::new(codes::SCHEMA_TYPE, at, message).help(help));
        }
        let bound = std::mem::replace(&mut self.bound, false);
        self.schema(value, types);
        self.bound = bound;
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
        if matches!(&named.value, Value::List(items) if items.is_empty()) {
            let found = Diagnostic::new(codes::BAD_SCHEMA, named.span, "`type` names no type");
            self.cx.push(found.help("name a type, or remove `type`"));
            any = true;
        }
        any
    }

    fn keyword(&mut self, entry: &Entry, shape: Shape, types: Option<&[String]>) {
        let (key, value) = (&*entry.key, &entry.value);
        match shape {
            Shape::InPlace if matches!(key, "not" | "if") => self.unbound(key, value, entry.key_span, types),
            // The names of an object's parts are always texts.
            Shape::Part if key == "propertyNames" => self.schema(value, Some(&["string".to_owned()])),
            Shape::InPlace => self.schema(value, types),
            Shape::InPlaceList => value.items().iter().for_each(|item| self.schema(item, types)),
            Shape::InPlaceMap => value.entries().iter().for_each(|entry| self.schema(&entry.value, types)),
            Shape::Part => self.schema(value, None),
            Shape::PartList => value.items().iter().for_each(|item| self.schema(item, None)),
            Shape::PartMap => value.entries().iter().for_each(|entry| self.schema(&entry.value, None)),
            Shape::PatternMap => {
                for entry in value.entries() {
                    self.schema(&entry.value, None);
                }
            }
            Shape::Plain => {}
        }
        match (key, value.text()) {
            ("format", Some(format)) if !keywords::FORMATS.contains(&format) => {
                let message = format!("the format `{}` does not exist", shortened(format));
                let found = Diagnostic::new(codes::SCHEMA_FORMAT, value.span, message);
                let help = "use `pattern` where there is no format";
                self.cx.push(meaning(found, format, keywords::FORMATS, value.span, help));
            }
            ("$ref", Some(target)) if definition(self.root, target).is_none() => {
                let message = format!(
                    "`{}` leads to no schema under `$defs`; nothing else is followed or fetched",
                    shortened(target)
                );
                let help = "put the schema under `$defs` at the top and refer to it as `#/$defs/name`";
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
            // Under `not` and `if` a keyword without `type` makes more values match: nothing slips through by it.
            None if told || !self.purpose.needs_type() || !self.bound => false,
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
}

/// Whether a schema asserts something of values of one type only, by itself or by what it is made of.
fn speaks_of_types(node: &Node, root: &Node, depth: usize) -> bool {
    let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| node.get(key)).flat_map(Node::items);
    let target = node.get("$ref").and_then(Node::text).and_then(|target| definition(root, target));
    depth < MAX_TYPE_DEPTH
        && (node.entries().iter().any(|entry| keywords::about(&entry.key).is_some())
            || lists.chain(target).take(MAX_EXPRESSIONS).any(|part| speaks_of_types(part, root, depth + 1)))
}

/// The schema that `#/$defs/name` refers to.
fn definition<'a>(root: &'a Node, target: &str) -> Option<&'a Node> {
    let name = target.strip_prefix("#/$defs/")?.replace("~1", "/").replace("~0", "~");
    root.get("$defs")?.get(&name)
}

/// Whether a schema accepts every object, as far as that can be told at a look.
#[must_use]
pub fn accepts_everything(schema: &Json) -> bool {
    accepts(schema, true)
}

fn accepts(schema: &Json, of_object: bool) -> bool {
    let says_nothing = |(key, value): (&String, &Json)| match key.as_str() {
        "title" | "description" | "default" | "examples" | "deprecated" | "readOnly" | "writeOnly" | "$comment"
        | "$defs" | "$schema" => true,
        "type" => {
            of_object
                && (value == "object" || value.as_array().is_some_and(|types| types.iter().any(|ty| ty == "object")))
        }
        "properties" | "patternProperties" => {
            value.as_object().is_some_and(|map| map.values().all(|part| accepts(part, false)))
        }
        "dependentSchemas" => value.as_object().is_some_and(|map| map.values().all(|part| accepts(part, of_object))),
        "required" => value.as_array().is_some_and(Vec::is_empty),
        "additionalProperties" | "propertyNames" | "unevaluatedProperties" | "items" | "unevaluatedItems" => {
            accepts(value, false)
        }
        "allOf" => value.as_array().is_some_and(|all| all.iter().all(|part| accepts(part, of_object))),
        "anyOf" => value.as_array().is_some_and(|any| any.iter().any(|part| accepts(part, of_object))),
        "not" => *value == Json::Bool(false),
        "minProperties" | "minItems" | "minLength" => *value == 0,
        _ => false,
    };
    match schema {
        Json::Bool(accepts) => *accepts,
        Json::Object(map) => map.iter().all(says_nothing),
        _ => false,
    }
}

/// Whether a schema accepts nothing at all, as far as that can be told at a look.
#[must_use]
pub fn accepts_nothing(schema: &Json) -> bool {
    let limit = |key: &str| schema.get(key).and_then(Json::as_f64);
    let above = |low: Option<f64>, high: Option<f64>| matches!((low, high), (Some(low), Some(high)) if low > high);
    *schema == Json::Bool(false)
        || schema.get("enum").and_then(Json::as_array).is_some_and(Vec::is_empty)
        || above(limit("minimum"), limit("maximum"))
        || above(limit("exclusiveMinimum"), limit("maximum"))
        || above(limit("minimum"), limit("exclusiveMaximum"))
        || above(limit("minLength"), limit("maxLength"))
        || above(limit("minItems"), limit("maxItems"))
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

/// Writing references out must end, soon. Where they lead is checked by the walk.
fn check_references(node: &Node, value: &Json) -> Result<(), Box<Diagnostic>> {
    let mut known = BTreeMap::new();
    match expanded(value, value, &mut known, 0) {
        Ok(size) if size <= MAX_EXPANDED => Ok(()),
        Ok(_) | Err(Endless::Deep) => Err(too_large(node)),
        Err(Endless::Circle(target)) => {
            let message = format!("the reference `{}` leads back to itself", shortened(&target));
            let place = find_reference(node).unwrap_or(node.span);
            let help = "a schema under `$defs` may not refer back, directly or through others";
            Err(Box::new(Diagnostic::new(codes::SCHEMA_REFERENCE, place, message).help(help)))
        }
    }
}

/// Why references cannot be written out.
enum Endless {
    /// This one leads back to itself.
    Circle(String),
    /// They lead on and on.
    Deep,
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

/// The number of values in a schema with its references written out.
///
/// `known` holds the size of targets already measured and `None` for those being measured.
fn expanded(
    root: &Json,
    value: &Json,
    known: &mut BTreeMap<String, Option<usize>>,
    depth: usize,
) -> Result<usize, Endless> {
    if depth > MAX_REFERENCE_DEPTH {
        return Err(Endless::Deep);
    }
    let mut size = 1_usize;
    match value {
        Json::Array(items) => {
            for item in items {
                size = size.saturating_add(expanded(root, item, known, depth + 1)?);
            }
        }
        Json::Object(map) => {
            // What stands under these is data.
            let is_schema = |key: &str| !matches!(key, "enum" | "const" | "default" | "examples");
            for (key, part) in map.iter().filter(|(key, _)| is_schema(key)) {
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
) -> Result<usize, Endless> {
    match known.get(target) {
        Some(Some(size)) => return Ok(*size),
        Some(None) => return Err(Endless::Circle(target.to_owned())),
        None => {}
    }
    let pointer = target.strip_prefix('#').filter(|pointer| pointer.starts_with("/$defs/"));
    // What leads elsewhere is refused by the walk and never followed.
    let Some(found) = pointer.and_then(|pointer| root.pointer(pointer)) else { return Ok(1) };
    known.insert(target.to_owned(), None);
    let size = expanded(root, found, known, depth + 1)?;
    known.insert(target.to_owned(), Some(size));
    Ok(size)
}

/// Compiled once, which holds it against the meta-schema too, so that no later use can fail.
fn check_whole(node: &Node, value: &Json) -> Result<(), Box<Diagnostic>> {
    let mut expressions = Vec::new();
    collect_expressions(node, &mut expressions);
    if expressions.len() > MAX_EXPRESSIONS {
        let message = format!("the schema holds more than {MAX_EXPRESSIONS} regular expressions");
        return Err(Box::new(Diagnostic::new(codes::TOO_LARGE, node.span, message).help("join them, or use `enum`")));
    }
    let Err(error) = JsonSchema::options().build(value) else { return Ok(()) };
    let unusable =
        |text: &&(&str, Span)| JsonSchema::options().build(&serde_json::json!({ "pattern": text.0 })).is_err();
    if let Some((text, at)) = expressions.iter().find(unusable) {
        let message = format!("the regular expression `{}` cannot be used", shortened(text));
        let help =
            "it has a mistake, or is too large, or looks around or back: only expressions of the linear kind are taken";
        return Err(Box::new(Diagnostic::new(codes::SCHEMA_REGEX, *at, message).help(help)));
    }
    let steps = jsonschema::draft202012::meta::validate(value)
        .err()
        .map(|error| super::validate::steps(error.instance_path()))
        .unwrap_or_default();
    let message = format!("the schema is not valid: {}", shortened(&error.to_string()));
    let found = Diagnostic::new(codes::BAD_SCHEMA, node.span_at(&steps), message);
    Err(Box::new(found.help("see the keywords of JSON Schema 2020-12")))
}

/// Every regular expression of a schema with its place.
fn collect_expressions<'a>(node: &'a Node, found: &mut Vec<(&'a str, Span)>) {
    for entry in node.entries() {
        match (&*entry.key, entry.value.text()) {
            ("pattern", Some(text)) => found.push((text, entry.value.span)),
            ("patternProperties", _) => {
                found.extend(entry.value.entries().iter().map(|entry| (&*entry.key, entry.key_span)));
            }
            _ => {}
        }
        collect_expressions(&entry.value, found);
    }
    node.items().iter().for_each(|item| collect_expressions(item, found));
}
