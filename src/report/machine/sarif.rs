use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fingerprint::Fingerprints;
use super::relative;
use crate::diag::{Code, Diagnostic, Severity};
use crate::report::findings::{Place, Places};
use crate::report::visible::visible;
use crate::source::SourceSet;

/// GitHub takes no run with more results.
const MOST_RESULTS: usize = 25_000;
/// GitHub shows no more places beside the first.
const MOST_RELATED: usize = 100;
/// The name under which fingerprints are kept; another way to make them gets another name.
const FINGERPRINT: &str = "policyc/v1";

/// Findings as one SARIF 2.1.0 run, errors first. `prefix` leads from the top of the Git repository to the policy repository.
#[must_use]
pub fn sarif(found: &[Diagnostic], sources: &SourceSet, prefix: &str) -> Value {
    let mut sorted: Vec<&Diagnostic> = found.iter().collect();
    sorted.sort_by_key(|found| found.severity());
    let left_out = sorted.len().saturating_sub(MOST_RESULTS);
    sorted.truncate(MOST_RESULTS);
    let ids: BTreeSet<&str> = sorted.iter().map(|found| found.code.id()).collect();
    let codes: Vec<Code> = ids.into_iter().filter_map(Code::find).collect();
    let mut places = Places::new(sources);
    let mut fingerprints = Fingerprints::default();
    let results: Vec<Value> =
        sorted.iter().map(|found| result(found, &codes, (&mut places, &mut fingerprints), sources, prefix)).collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    let mut run = json!({
        "tool": {"driver": {"name": "policyc", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "the top of the Git repository"}}},
        "results": results,
    });
    if left_out > 0 {
        let text = format!("{left_out} more findings are left out; `policyc check` tells them all");
        let notice = json!({"level": "warning", "message": {"text": text}});
        let invocation = json!([{"executionSuccessful": true, "toolExecutionNotifications": [notice]}]);
        if let Some(run) = run.as_object_mut() {
            run.insert("invocations".to_owned(), invocation);
        }
    }
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.id(),
        "name": code.name(),
        "shortDescription": {"text": code.summary()},
        "help": {"text": code.page(), "markdown": code.page()},
        "defaultConfiguration": {"level": level(code.severity())},
    })
}

fn result(
    found: &Diagnostic,
    codes: &[Code],
    (places, fingerprints): (&mut Places<'_>, &mut Fingerprints),
    sources: &SourceSet,
    prefix: &str,
) -> Value {
    let finding = places.finding(found);
    let path = format!("{prefix}{}", finding.place.file);
    let fingerprint = fingerprints.of(found, &finding, &path, sources);
    let mut text = visible(&finding.message);
    if let Some(help) = &finding.help {
        text.push_str(&format!("\nhelp: {}", visible(help)));
    }
    let related = finding.labels.iter().take(MOST_RELATED).enumerate().map(|(at, label)| {
        let mut place = location(&label.place, prefix);
        if let Some(place) = place.as_object_mut() {
            place.insert("id".to_owned(), json!(at));
            place.insert("message".to_owned(), json!({"text": visible(&label.message)}));
        }
        place
    });
    json!({
        "ruleId": found.code.id(),
        "ruleIndex": codes.iter().position(|code| *code == found.code),
        "level": level(found.severity()),
        "message": {"text": text},
        "locations": [location(&finding.place, prefix)],
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": {FINGERPRINT: fingerprint},
    })
}

fn location(place: &Place, prefix: &str) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": {"uri": relative(&format!("{prefix}{}", place.file)), "uriBaseId": "SRCROOT"},
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": place.end_line,
                "endColumn": place.end_column,
            },
        },
    })
}
