use std::collections::BTreeMap;

use serde_json::Value;

use super::context::Context;
use super::here::Here;
use crate::diag::{Diagnostic, codes};
use crate::model::{DocumentId, Effect, FORMS, Level, Mapping, Outcome, Pointer, Risk, Source};
use crate::syntax::shortened;
use crate::text::Span;
use crate::written::{self, FieldSource, TimeUnit};

/// Lowers the forms of records that settings describe.
pub fn mappings(
    cx: &mut Context<'_>,
    written: &BTreeMap<String, written::Mapping>,
    at: Here<'_>,
) -> BTreeMap<String, Mapping> {
    let mut mappings = BTreeMap::new();
    for (name, mapping) in written {
        let at = at.key(name);
        check_name(cx, name, at.key_span());
        if let Some(mapping) = self::mapping(cx, mapping, at) {
            mappings.insert(name.clone(), mapping);
        }
    }
    mappings
}

fn check_name(cx: &mut Context<'_>, name: &str, at: Span) {
    if DocumentId::parse(name).is_none() {
        cx.push(super::context::bad_id(name, at));
    } else if FORMS.contains(&name) {
        let message = format!("`{name}` is a form of records that is built in");
        complain(cx, at, message, "give the mapping another name: `--from` would always mean the built-in form");
    }
}

/// A mapping; `None` where its `operation` cannot be found.
fn mapping(cx: &mut Context<'_>, written: &written::Mapping, at: Here<'_>) -> Option<Mapping> {
    let records = written.records.as_ref().and_then(|text| pointer(cx, text, at.key("records").span()));
    let erased = written.erased.iter().enumerate();
    let erased = erased.filter_map(|(rank, text)| pointer(cx, text, at.key("erased").item(rank).span())).collect();
    let mut fields = BTreeMap::new();
    for (field, source) in written.fields() {
        let at = at.key(field);
        let in_batch = written.records.is_some();
        if let Some(source) = self::source(cx, field, source, in_batch, at) {
            fields.insert(field, source);
        }
    }
    fields.contains_key("operation").then_some(Mapping { records, erased, fields })
}

fn source(
    cx: &mut Context<'_>,
    field: &'static str,
    source: &FieldSource,
    in_batch: bool,
    at: Here<'_>,
) -> Option<Source> {
    let detailed = match source {
        FieldSource::Pointer(text) => {
            let pointer = pointer(cx, text, at.span())?;
            return Some(Source::At { pointer, of_document: false, unit: TimeUnit::Rfc3339, values: BTreeMap::new() });
        }
        FieldSource::Detailed(detailed) => detailed,
    };
    check_unit(cx, field, detailed, at);
    let place = match (&detailed.pointer, &detailed.document, &detailed.value) {
        (Some(text), None, None) => (text, "pointer"),
        (None, Some(text), None) => (text, "document"),
        (None, None, Some(value)) => {
            check_value(cx, field, value, at.key("const").span());
            return Some(Source::Const(value.clone()));
        }
        _ => {
            let message = format!("`{field}` does not say in one way where it stands");
            complain(cx, at.span(), message, "give exactly one of `pointer`, `document` and `const`");
            return None;
        }
    };
    let (text, key) = place;
    let of_document = key == "document";
    if of_document && !in_batch {
        let help = "add `records`, the pointer to the list of records, or write `pointer`";
        complain(cx, at.key(key).span(), format!("`{field}` is told by the document, which is the record"), help);
    }
    for (word, value) in &detailed.values {
        check_value(cx, field, value, at.key("values").key(word).span());
    }
    let pointer = pointer(cx, text, at.key(key).span())?;
    Some(Source::At { pointer, of_document, unit: detailed.unit, values: detailed.values.clone() })
}

/// Only a time has a unit, and only what is found is read in one.
fn check_unit(cx: &mut Context<'_>, field: &str, detailed: &written::DetailedSource, at: Here<'_>) {
    let span = at.key("unit").span();
    if field != "timestamp" && detailed.unit != TimeUnit::Rfc3339 {
        complain(cx, span, format!("`{field}` is no time and has no unit"), "remove `unit`");
    } else if detailed.value.is_some() && (detailed.unit != TimeUnit::Rfc3339 || !detailed.values.is_empty()) {
        complain(cx, at.span(), "a `const` is what it is".to_owned(), "remove `unit` and `values`");
    } else if detailed.unit != TimeUnit::Rfc3339 && !detailed.values.is_empty() {
        complain(cx, span, "`values` and `unit` do not go together".to_owned(), "remove one of them");
    }
}

/// Refuses what a field of a record cannot be.
fn check_value(cx: &mut Context<'_>, field: &str, value: &Value, at: Span) {
    let fits = match field {
        "recorded_decision" => serde_json::from_value::<Effect>(value.clone()).is_ok(),
        "outcome" => serde_json::from_value::<Outcome>(value.clone()).is_ok(),
        "data_classification" => serde_json::from_value::<Level>(value.clone()).is_ok(),
        "risk_level" => serde_json::from_value::<Risk>(value.clone()).is_ok(),
        "arguments" => value.is_object(),
        "tags" => value.as_array().is_some_and(|tags| tags.iter().all(Value::is_string)),
        "turn" => value.is_u64(),
        "cost_usd" => value.as_f64().is_some_and(|cost| cost >= 0.0),
        "timestamp" => value.as_str().is_some_and(|text| crate::model::Time::parse(text).is_some()),
        "error" | "result" | "labels" => true,
        _ => value.as_str().is_some_and(|text| !text.is_empty()),
    };
    if !fits {
        let wanted = match field {
            "recorded_decision" => "allow, approval_required or deny",
            "outcome" => "success, error, blocked or rejected",
            "data_classification" => "public, internal, confidential or restricted",
            "risk_level" => "minimal, low, medium, high or critical",
            "arguments" => "a map",
            "tags" => "a list of texts",
            "turn" => "a whole number",
            "cost_usd" => "an amount of dollars",
            "timestamp" => "an RFC 3339 time",
            _ => "a text",
        };
        let message = format!("`{field}` of a record is never `{}`", shortened(&value.to_string()));
        complain(cx, at, message, &format!("write {wanted}"));
    }
}

fn pointer(cx: &mut Context<'_>, text: &str, at: Span) -> Option<Pointer> {
    let pointer = Pointer::parse(text);
    if pointer.is_none() {
        let message = format!("`{}` is no JSON pointer", shortened(text));
        let bare = text.trim_start_matches(['$', '#', '.', '/']).replace(['.', '['], "/").replace(']', "");
        let help = if bare.contains('~') {
            "write `~0` for `~` and `~1` for `/` in a key".to_owned()
        } else {
            format!("a pointer begins with `/` and has one before every key: `/{}`", shortened(&bare))
        };
        complain(cx, at, message, &help);
    }
    pointer
}

fn complain(cx: &mut Context<'_>, at: Span, message: String, help: &str) {
    cx.push(Diagnostic::new(codes::RECORD_MAPPING, at, message).help(help));
}
