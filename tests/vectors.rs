//! The worked cases of the specification: their documents, catalogs and settings compile without an error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use serde_json::Value;
use support::{Memory, told};

#[test]
fn the_documents_of_the_worked_cases_compile() {
    let text = std::fs::read_to_string("tests/vectors/decisions.yaml").unwrap();
    let cases: Vec<Value> = serde_yaml::from_str(&text).unwrap();
    assert_eq!(cases.len(), 54);
    for case in &cases {
        let mut files = vec![("policies/documents.json", case["documents"].to_string())];
        for (key, path) in [("settings", "policyc.yaml"), ("catalog", "catalog.yaml")] {
            files.extend(case.get(key).map(|value| (path, value.to_string())));
        }
        let (sources, compilation) = Memory::new(files.iter().map(|(path, text)| (*path, text.as_str()))).compile();
        assert!(compilation.bundle.is_some(), "{}: {}", case["name"], told(&compilation.diagnostics, &sources));
    }
}
