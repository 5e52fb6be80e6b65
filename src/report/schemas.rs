//! The published JSON Schemas: of documents, in two drafts, and of the shapes that others build on.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use super::{Findings, Origins, Page, SingleSource};
use crate::written::{Kind, PublishedDraft, schema_of};

/// The name of the schema that fits every document under `documents:`.
pub const DOCUMENT_SCHEMA: &str = "document";

/// Every schema with its path below `schemas/`, sorted by path.
#[must_use]
pub fn schema_files() -> Vec<(String, Value)> {
    let mut files = Vec::new();
    for (folder, draft) in [("", PublishedDraft::Draft202012), ("draft-07/", PublishedDraft::Draft7)] {
        for kind in Kind::ALL {
            files.push((format!("{folder}{}.json", kind.as_str()), schema_of(kind, draft)));
        }
        files.push((format!("{folder}{DOCUMENT_SCHEMA}.json"), document(draft)));
    }
    files.push(("findings.json".to_owned(), output::<Findings>()));
    files.push(("decision.json".to_owned(), output::<super::DecisionLine>()));
    files.push(("sync.json".to_owned(), output::<super::Sync>()));
    files.push(("simulation.json".to_owned(), output::<super::Simulation>()));
    files.push(("diff.json".to_owned(), output::<super::DiffReport>()));
    files.push(("edit.json".to_owned(), output::<super::EditReport>()));
    files.push(("effects.json".to_owned(), output::<super::EffectsReport>()));
    files.push(("ci.json".to_owned(), output::<super::CiReport>()));
    files.push(("forge.json".to_owned(), output::<crate::written::ForgeFacts>()));
    files.push(("lock.json".to_owned(), output::<crate::written::Lock>()));
    files.push(("revocations.json".to_owned(), output::<crate::written::Revocations>()));
    files.push(("alert.json".to_owned(), output::<super::AlertReport>()));
    files.push(("token.json".to_owned(), output::<super::TokenVerdict>()));
    files.push(("issued-token.json".to_owned(), output::<super::IssuedToken>()));
    files.push(("token-test.json".to_owned(), output::<super::TokenTest>()));
    files.push(("review-record.json".to_owned(), output::<crate::written::ReviewRecord>()));
    files.push(("tests.json".to_owned(), output::<super::TestsReport>()));
    files.push(("coverage.json".to_owned(), output::<super::CoverageReport>()));
    files.push(("origins.json".to_owned(), output::<Origins>()));
    files.push(("list.json".to_owned(), output::<Page>()));
    files.push(("compile-source.json".to_owned(), output::<SingleSource>()));
    files.push(("record-stats.json".to_owned(), output::<super::RecordStats>()));
    files.push(("versions.json".to_owned(), output::<super::VersionPage>()));
    files.push(("log.json".to_owned(), output::<super::LogPage>()));
    files.push(("audit.json".to_owned(), output::<super::AuditPage>()));
    files.push(("rows.json".to_owned(), output::<super::RowsReport>()));
    files.push(("plan.json".to_owned(), output::<super::PlanReport>()));
    files.push(("drafts.json".to_owned(), output::<super::DraftPage>()));
    files.push(("draft.json".to_owned(), output::<super::DraftReport>()));
    files.push(("status.json".to_owned(), output::<super::StatusReport>()));
    files.push(("bundle.json".to_owned(), bundle()));
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

fn output<T: JsonSchema>() -> Value {
    let generator: SchemaGenerator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<T>().to_value()
}

/// Chooses the kind as policyc does, so that an editor completes the right keys.
fn document(draft: PublishedDraft) -> Value {
    let dialect = match draft {
        PublishedDraft::Draft202012 => "https://json-schema.org/draft/2020-12/schema",
        PublishedDraft::Draft7 => "http://json-schema.org/draft-07/schema#",
    };
    let of_kind = |kind: &str| json!({"required": ["kind"], "properties": {"kind": {"const": kind}}});
    let file = |kind: &str| json!({ "$ref": format!("{kind}.json") });
    let rule = json!({"anyOf": [of_kind("rule"), {"required": ["policy_effect"], "not": {"required": ["kind"]}}]});
    let policy = json!({"if": rule, "then": file("rule"), "else": file("policy")});
    let suite = json!({"if": of_kind("suite"), "then": file("suite"), "else": policy});
    json!({
        "$schema": dialect,
        "title": "policyc document",
        "description": "a policy, rule, exception or suite; in JSON also a list of them",
        "if": {"type": "array"},
        "then": {"items": {"$ref": "#"}},
        "else": {"if": of_kind("exception"), "then": file("exception"), "else": suite},
    })
}

fn bundle() -> Value {
    let list = |kind: &str| json!({"type": "array", "items": {"$ref": format!("{kind}.json")}});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "policyc bundle",
        "description": "everything that decides, in canonical form (RFC 8785); the digest is over the bundle without `digest`",
        "type": "object",
        "additionalProperties": false,
        "required": ["schema", "policies", "rules", "exceptions", "catalog", "defaults", "digest"],
        "properties": {
            "schema": {"const": crate::canon::BUNDLE_SCHEMA},
            "policies": list("policy"),
            "rules": list("rule"),
            "exceptions": list("exception"),
            "catalog": {"$ref": "catalog.json"},
            "defaults": {
                "type": "object",
                "additionalProperties": false,
                "required": ["effect", "session_ttl"],
                "properties": {
                    "effect": {"enum": ["allow", "approval_required", "deny"]},
                    "session_ttl": {"type": "integer", "minimum": 1},
                },
            },
            "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        },
    })
}
