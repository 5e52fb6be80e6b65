//! `docs/reference/documents.md` is written from the JSON Schemas; `POLICYC_ACCEPT=1` writes it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

use std::fmt::Write as _;
use std::fs;

mod support;

use policyc::written::{Kind, PublishedDraft, schema_of};
use serde_json::Value;

/// What a schema takes, in a few words.
fn takes(schema: &Value, root: &Value) -> String {
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.rsplit('/').next().unwrap();
        return match root["$defs"][name]["oneOf"].as_array() {
            Some(words) => takes(&serde_json::json!({ "oneOf": words }), root),
            None => format!("[{name}](#{})", name.to_lowercase()),
        };
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(forms) = schema[key].as_array() {
            return forms.iter().map(|form| takes(form, root)).collect::<Vec<_>>().join(", ");
        }
    }
    if let Some(value) = schema.get("const") {
        return format!("`{}`", value.as_str().map_or(value.to_string(), str::to_owned));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => return "anything".to_owned(),
    };
    let word = |ty: &&str| match *ty {
        "array" => format!("list of {}", takes(&schema["items"], root)),
        "object" if schema["additionalProperties"].is_object() => {
            format!("map to {}", takes(&schema["additionalProperties"], root))
        }
        "object" => "map".to_owned(),
        "string" => "text".to_owned(),
        "boolean" => "true, false".to_owned(),
        "integer" => "whole number".to_owned(),
        other => other.to_owned(),
    };
    types.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn rows(schema: &Value, root: &Value, page: &mut String) {
    let Some(fields) = schema["properties"].as_object() else { return };
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    page.push_str("| field | takes | default | meaning |\n| --- | --- | --- | --- |\n");
    for (name, field) in fields.iter().filter(|(name, _)| *name != "$schema") {
        let default = match (required.contains(&name.as_str()), field.get("default")) {
            (true, _) => "required".to_owned(),
            (false, Some(value)) => format!("`{value}`"),
            (false, None) => String::new(),
        };
        let target = field["$ref"].as_str().map(|target| &root["$defs"][target.rsplit('/').next().unwrap()]);
        let described = field["description"].as_str().or_else(|| target?["description"].as_str()).unwrap_or_default();
        writeln!(page, "| `{name}` | {} | {default} | {} |", takes(field, root), described.replace('\n', " ")).unwrap();
    }
    page.push('\n');
}

#[test]
fn the_reference_of_documents_is_fresh() {
    let mut page =
        "# Documents\n\nEvery field of every document, written from the JSON Schemas (`policyc schema KIND`).\n\
        What the fields mean for a decision is told in the comments of `policies/`, where each of them is used.\n\n"
            .to_owned();
    let mut parts = std::collections::BTreeMap::new();
    for kind in Kind::ALL {
        let schema = schema_of(kind, PublishedDraft::Draft202012);
        writeln!(page, "## {}\n\n{}\n", kind.as_str(), schema["description"].as_str().unwrap_or_default()).unwrap();
        rows(&schema, &schema, &mut page);
        let example = serde_yaml::to_string(&schema["examples"][0]).unwrap();
        writeln!(page, "```yaml\n{example}```\n").unwrap();
        for (name, part) in schema["$defs"].as_object().into_iter().flatten() {
            parts.insert(name.clone(), (part.clone(), schema.clone()));
        }
    }
    page.push_str("# Parts\n\n");
    for (name, (part, root)) in parts {
        if part["oneOf"].is_array() {
            continue;
        }
        writeln!(page, "## {name}\n\n{}\n", part["description"].as_str().unwrap_or_default()).unwrap();
        match part["anyOf"].as_array() {
            Some(_) => writeln!(page, "It is {}.\n", takes(&part, &root)).unwrap(),
            None => rows(&part, &root, &mut page),
        }
    }
    let page = format!("{}\n", page.trim_end());
    let path = "docs/reference/documents.md";
    if std::env::var_os("POLICYC_ACCEPT").is_some() {
        fs::write(path, &page).unwrap();
    }
    assert!(fs::read_to_string(path).unwrap_or_default() == page, "run with POLICYC_ACCEPT=1");
}

/// Documents shown in pages are documents.
#[test]
fn examples_in_pages_compile() {
    for (page, language, path) in [
        ("README.md", "yaml", "policies/a.yaml"),
        ("docs/reference/patterns-and-forms.md", "markdown", "policies/a.md"),
    ] {
        let text = fs::read_to_string(page).unwrap();
        let shown = support::blocks(&text).into_iter().find(|(words, _)| *words == [language]);
        let (_, example) = shown.unwrap_or_else(|| panic!("{page}: no example"));
        let (sources, compilation) = support::Memory::new([(path, example.as_str())]).compile();
        assert!(compilation.bundle.is_some(), "{page}: {}", support::told(&compilation.diagnostics, &sources));
    }
}
