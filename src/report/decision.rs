//! Decisions as JSON, one object a line, and the way from a reason back to its line.

use schemars::JsonSchema;
use serde::Serialize;

use super::findings::{Place, Places};
use crate::compile::Compilation;
use crate::engine::{Told, ToldReason};
use crate::lower::lead;
use crate::model::{DocumentId, Effect, Reason};
use crate::source::SourceSet;
use crate::text::Span;

/// The decision about one action.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc decision")]
pub struct DecisionLine {
    /// The action's own id, or the number of its line.
    pub id: String,
    /// What is enforced: the restrictive bound.
    pub effect: Effect,
    /// The permissive bound.
    pub lower: Effect,
    /// Whether the two bounds are one.
    pub certain: bool,
    /// The facts that would make it certain.
    pub missing: Vec<String>,
    /// The rule that decided; null where none or only the default did.
    pub rule_id: Option<String>,
    /// The first policy that carries the effect.
    pub policy_id: Option<String>,
    /// The version of the first document that carries the effect; null without history.
    pub policy_version: Option<u64>,
    /// Why the deciding document says so.
    pub rationale: String,
    /// All reasons, the deciding one first.
    pub reasons: Vec<ReasonLine>,
    /// The exceptions that surely or possibly lifted something.
    pub exceptions: Vec<String>,
    /// What they lifted.
    pub lifted: Vec<LiftLine>,
    /// The digest of the bundle; null where nothing could be decided.
    pub bundle: Option<String>,
    /// What the record says in a way that cannot be relied on, in words; taken as unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
    /// Why nothing could be decided; the effect is deny then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One reason.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReasonLine {
    /// The code, such as `DENIED_ACTION`.
    pub code: Reason,
    /// What it asks for.
    pub effect: Effect,
    /// Whether it surely is a reason.
    pub certain: bool,
    /// The facts without which it is not.
    pub missing: Vec<String>,
    /// catalog, default, environment, policy or rule.
    pub kind: String,
    /// The document; null for the catalog, the default and an environment.
    pub id: Option<String>,
    /// The document's version; null without history.
    pub version: Option<u64>,
    /// The part of the document, with `/` between its steps.
    pub part: String,
    /// The file.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    pub column: Option<usize>,
    /// Why the document says so.
    pub rationale: String,
    /// What would have been needed; empty where nothing was in the way.
    pub needed: String,
    /// Who approves.
    pub approvers: Vec<String>,
    /// How many must approve; null where no approval is asked for.
    pub required: Option<u64>,
    /// How long an approval is waited for, in seconds.
    pub timeout_seconds: Option<u64>,
    /// How long an approval that a rule asks for holds, in seconds.
    pub session_ttl_seconds: Option<u64>,
}

/// A reason that an exception lifted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LiftLine {
    /// The exception.
    pub exception: String,
    /// The reason.
    pub code: Reason,
    /// policy or rule.
    pub kind: String,
    /// The document that would have given it.
    pub id: String,
    /// The part of the document.
    pub part: String,
    /// Whether it surely was lifted.
    pub certain: bool,
}

/// Turns decisions into lines; remembers where lines begin.
pub struct Decisions<'a> {
    compilation: &'a Compilation,
    places: Places<'a>,
}

impl<'a> Decisions<'a> {
    /// Decisions under a compilation.
    #[must_use]
    pub fn new(compilation: &'a Compilation, sources: &'a SourceSet) -> Self {
        Self { compilation, places: Places::new(sources) }
    }

    /// One decision.
    pub fn line(&mut self, told: &Told<'_>, id: String) -> DecisionLine {
        let reasons: Vec<ReasonLine> = told.reasons.iter().map(|reason| self.reason(reason)).collect();
        let deciding = deciding(&reasons, told.effect);
        let text = |id: &&DocumentId| id.to_string();
        DecisionLine {
            id,
            effect: told.effect,
            lower: told.lower,
            certain: told.effect == told.lower,
            missing: told.missing.iter().map(ToString::to_string).collect(),
            rule_id: told.rule_id.as_ref().map(text),
            policy_id: told.policy_id.as_ref().map(text),
            policy_version: deciding.and_then(|reason| reason.version),
            rationale: deciding.map(|reason| reason.rationale.clone()).unwrap_or_default(),
            reasons,
            exceptions: told.exceptions.iter().map(ToString::to_string).collect(),
            lifted: told.lifted.iter().map(lift).collect(),
            bundle: self.compilation.canonical.as_ref().map(|canonical| canonical.digest.to_string()),
            doubts: Vec::new(),
            error: None,
        }
    }

    fn reason(&mut self, reason: &ToldReason<'_>) -> ReasonLine {
        let span = spans(reason, self.compilation).first().map(|(span, _)| *span);
        let place: Option<Place> = span.map(|span| self.places.place(span));
        let asks = reason.required > 0;
        ReasonLine {
            code: reason.code,
            effect: reason.effect,
            certain: reason.certain,
            missing: reason.missing.iter().map(ToString::to_string).collect(),
            kind: reason.kind.to_owned(),
            id: reason.id.map(ToString::to_string),
            version: reason.id.and_then(|id| self.compilation.versions.get(id).copied()),
            part: reason.part.clone(),
            line: place.as_ref().map(|place| place.line),
            column: place.as_ref().map(|place| place.column),
            file: place.map(|place| place.file),
            rationale: reason.rationale.to_owned(),
            needed: reason.needed.clone(),
            approvers: reason.approvers.iter().map(ToString::to_string).collect(),
            required: asks.then_some(reason.required),
            timeout_seconds: asks.then_some(reason.timeout_seconds),
            session_ttl_seconds: reason.session_ttl,
        }
    }
}

fn lift(lift: &crate::engine::ToldLift<'_>) -> LiftLine {
    LiftLine {
        exception: lift.exception.to_string(),
        code: lift.code,
        kind: lift.kind.to_owned(),
        id: lift.id.to_string(),
        part: lift.part.clone(),
        certain: lift.certain,
    }
}

/// The reason that carries the effect, as [`crate::engine::Decision::deciding`] chooses it.
fn deciding(reasons: &[ReasonLine], effect: Effect) -> Option<&ReasonLine> {
    let carrying = reasons.iter().filter(|reason| reason.effect == effect);
    carrying.min_by_key(|reason| (!reason.certain, reason.id.is_none())).or_else(|| reasons.first())
}

impl DecisionLine {
    /// The reason that decides.
    #[must_use]
    pub fn deciding(&self) -> Option<&ReasonLine> {
        deciding(&self.reasons, self.effect)
    }

    /// The answer to an action that could not be read: deny, because nothing is known of it.
    #[must_use]
    pub fn unreadable(id: String, error: String) -> Self {
        Self {
            id,
            effect: Effect::Deny,
            lower: Effect::Allow,
            certain: false,
            missing: vec!["record".to_owned()],
            rule_id: None,
            policy_id: None,
            policy_version: None,
            rationale: "the action cannot be read, so nothing is known of it".to_owned(),
            reasons: Vec::new(),
            exceptions: Vec::new(),
            lifted: Vec::new(),
            bundle: None,
            doubts: Vec::new(),
            error: Some(error),
        }
    }
}

/// The places of a reason, each with what the action has there; the one that gives the reason first.
pub fn spans<'t>(reason: &'t ToldReason<'_>, compilation: &Compilation) -> Vec<(Span, &'t str)> {
    let Some(root) = reason.id.and_then(|id| compilation.places.root(id)) else { return Vec::new() };
    let mut labels = reason.labels.iter();
    let first = labels.next().map(|(way, text)| (lead(root, way).0, text.as_str()));
    // What a document does not say has no place of its own.
    let others = labels.filter_map(|(way, text)| match lead(root, way) {
        (span, true) => Some((span, text.as_str())),
        (_, false) => None,
    });
    first.into_iter().chain(others).collect()
}
