//! The answer of `compile - --source-format F --format json`: what seed 002's endpoint answers.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::findings::{Finding, Places};
use crate::canon;
use crate::compile::Compilation;
use crate::diag::Severity;
use crate::model::Document;
use crate::source::SourceSet;

/// One source, compiled by itself.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc compile of one source")]
pub struct SingleSource {
    /// Whether there is no error.
    pub ok: bool,
    /// The policy; null unless there is exactly one and no error.
    pub policy: Option<Value>,
    /// The policies in canonical form; empty where there is an error.
    pub policies: Vec<Value>,
    /// The rules in canonical form; empty where there is an error.
    pub rules: Vec<Value>,
    /// The warnings; of very many, the first 200.
    pub warnings: Vec<Finding>,
    /// The errors; of very many, the first 200.
    pub errors: Vec<Finding>,
}

/// The answer for a compilation of one source.
#[must_use]
pub fn single(compilation: &Compilation, sources: &SourceSet) -> SingleSource {
    let mut places = Places::new(sources);
    let mut of = |wanted: Severity| {
        let found = compilation.diagnostics.iter().filter(|found| found.severity() == wanted);
        found.take(compilation.settings.max_findings).map(|found| places.finding(found)).collect()
    };
    let (errors, warnings): (Vec<Finding>, Vec<Finding>) = (of(Severity::Error), of(Severity::Warning));
    let ok = errors.is_empty();
    let documents = compilation.documents.iter().filter(|_| ok);
    let (mut policies, mut rules) = (Vec::new(), Vec::new());
    for document in documents {
        match document {
            Document::Policy(_) => policies.push(canon::document(document)),
            Document::Rule(_) => rules.push(canon::document(document)),
            Document::Exception(_) | Document::Suite(_) => {}
        }
    }
    let policy = match policies.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    SingleSource { ok, policy, policies, rules, warnings, errors }
}
