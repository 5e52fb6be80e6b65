//! The published schemas are fresh, valid in their drafts, and true of what policyc reads and writes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use std::fs;

use policyc::report::schema_files;
use policyc::written::{Kind, PublishedDraft, schema_of};
use serde_json::Value;
use support::world::World;

#[test]
fn the_schemas_of_this_repository_are_fresh() {
    let mut stale = Vec::new();
    for (path, schema) in schema_files() {
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if fs::read_to_string(format!("schemas/{path}")).unwrap_or_default() != text {
            stale.push(path);
        }
    }
    assert!(stale.is_empty(), "run `policyc schema --write`: {stale:?}");
    let known = schema_files();
    for entry in
        walkdir::WalkDir::new("schemas").into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file())
    {
        let path = entry.path().strip_prefix("schemas").unwrap().to_str().unwrap().replace('\\', "/");
        assert!(known.iter().any(|(known, _)| *known == path), "schemas/{path} is written by nobody");
    }
}

#[test]
fn schemas_are_valid_in_their_drafts() {
    for (path, schema) in schema_files() {
        let valid = if path.starts_with("draft-07/") {
            jsonschema::draft7::meta::validate(&schema)
        } else {
            jsonschema::draft202012::meta::validate(&schema)
        };
        assert!(valid.is_ok(), "{path}: {valid:?}");
        assert!(schema["title"].is_string(), "{path}: no title");
    }
}

/// Every field says what it is, and every kind has an example that is one.
#[test]
fn fields_are_described_and_examples_are_documents() {
    for kind in Kind::ALL {
        let schema = schema_of(kind, PublishedDraft::Draft202012);
        for (field, of) in schema["properties"].as_object().unwrap() {
            let described = of["description"].is_string() || of["$ref"].is_string();
            assert!(described, "{kind:?}: `{field}` is not described");
        }
        let examples = schema["examples"].as_array().unwrap();
        assert!(!examples.is_empty(), "{kind:?}");
        for draft in [PublishedDraft::Draft202012, PublishedDraft::Draft7] {
            let options =
                jsonschema::options().offline().should_ignore_unknown_formats(true).build(&schema_of(kind, draft));
            let validator = options.unwrap();
            for example in examples {
                assert!(validator.is_valid(example), "{kind:?} {draft:?}: {example}");
            }
        }
    }
}

/// A validator for a schema file, with the files it refers to beside it.
fn validator(name: &str) -> jsonschema::Validator {
    let base = "https://policyc.test/";
    let files = schema_files();
    let resources = files
        .iter()
        .map(|(path, schema)| (format!("{base}{path}"), jsonschema::Resource::from_contents(schema.clone())));
    let registry = jsonschema::Registry::new().extend(resources).unwrap().prepare().unwrap();
    let registry: &'static _ = Box::leak(Box::new(registry));
    let schema = serde_json::json!({ "$ref": format!("{base}{name}.json") });
    jsonschema::options().with_registry(registry).should_ignore_unknown_formats(true).build(&schema).unwrap()
}

#[test]
fn what_policyc_writes_fits_its_schemas() {
    let root = World::new();
    let here = env!("CARGO_MANIFEST_DIR");
    let run = |arguments: &[&str]| -> Value {
        let done = root.run(&[&["-C", here], arguments].concat());
        serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{arguments:?} {done:?}"))
    };
    let fits = |name: &str, value: &Value| {
        let validator = validator(name);
        let wrong: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).take(3).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
    };
    let bundle = run(&["compile", "-o", "-"]);
    fits("bundle", &bundle);
    fits("findings", &run(&["check", "--format", "json"]));
    fits("list", &run(&["list", "--format", "json", "--limit", "100"]));
    let world = World::new();
    let done = world.run_with(
        &["compile", "-", "--source-format", "yaml", "--format", "json"],
        &[],
        "deny_actions: []\nname: x\n",
    );
    fits("compile-source", &serde_json::from_str(&done.out).unwrap());
    let origins = world.at("origins.json");
    root.run(&["-C", here, "compile", "--origins", origins.to_str().unwrap()]);
    fits("origins", &serde_json::from_str(&fs::read_to_string(origins).unwrap()).unwrap());
    // Every canonical document is a document again, and fits the schema that editors bind.
    let document = validator("document");
    for list in ["policies", "rules", "exceptions"] {
        for value in bundle[list].as_array().unwrap() {
            assert!(document.is_valid(value), "{value}");
        }
    }
    assert!(!document.is_valid(&serde_json::json!({"id": "x", "deny_actions": []})));
}
