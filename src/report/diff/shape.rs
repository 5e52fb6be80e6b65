use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::model::Effect;

/// The difference of two states of the policies, `policyc.diff/v1`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc diff")]
pub struct DiffReport {
    /// Always `policyc.diff/v1`.
    pub schema: &'static str,
    /// What is compared with.
    pub base: DiffSideLine,
    /// What is asked about.
    pub head: DiffSideLine,
    /// What all changes together can do to decisions: `tightening`, `loosening`, `both` or `neutral`.
    pub direction: &'static str,
    /// How many changes there are of what decides.
    pub counts: DiffCounts,
    /// How many changes there are of who may change what decides, and how: there, loosening means that it takes less.
    pub governance: DiffCounts,
    /// The effect of an action that no rule matches, if it is another; null if it is the same.
    pub default_effect: Option<DefaultLine>,
    /// The documents that are not the same.
    pub documents: Vec<ChangedDocument>,
}

/// One side.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiffSideLine {
    /// What it is called.
    pub name: String,
    /// The digest of its bundle.
    pub bundle: String,
    /// The effect of an action that no rule matches.
    pub default_effect: Effect,
}

/// Changes by what they can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiffCounts {
    /// Changes that restrict no decision and may permit more.
    pub loosening: usize,
    /// Changes that permit no more and may restrict decisions.
    pub tightening: usize,
    /// Changes that may do either, depending on the action, or of which nothing is proven.
    pub both: usize,
    /// Changes that change no decision.
    pub neutral: usize,
    /// How many documents they are in.
    pub documents: usize,
}

/// The effect of an action that no rule matches.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DefaultLine {
    /// The effect before.
    pub before: Effect,
    /// The effect after.
    pub after: Effect,
    /// What the change can do to decisions.
    pub direction: &'static str,
    /// Whether the settings say so; otherwise there are rules now, or none any more.
    pub written: bool,
}

/// A document that is not the same on both sides.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChangedDocument {
    /// `policy`, `rule`, `exception`, `suite`, `catalog`, `settings`, `identities` or `environment`.
    pub kind: &'static str,
    /// The id; null for the catalog, the settings and the identities.
    pub id: Option<String>,
    /// Whether it is about who may change what decides, and how.
    pub governs: bool,
    /// `added`, `removed` or `changed`.
    pub fate: &'static str,
    /// `Created`, `Removed`, or `Updated:` with the fields.
    pub summary: String,
    /// What its changes together can do: `tightening`, `loosening`, `both` or `neutral`.
    pub direction: &'static str,
    /// Where it stands in base; null where it does not, or that is not known.
    pub base: Option<LinePlace>,
    /// Where it stands in head; null where it does not, or that is not known.
    pub head: Option<LinePlace>,
    /// The changes, by field; none of a document that was added or removed as a whole.
    pub changes: Vec<ChangeLine>,
}

/// One change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChangeLine {
    /// The field as people write it: `rate_limits["mail.send"].max_count`.
    pub path: String,
    /// The field as a JSON pointer into the document as it is meant.
    pub pointer: String,
    /// `added`, `removed` or `changed`.
    pub what: &'static str,
    /// Whether the value is one entry of the list at the path.
    pub entry: bool,
    /// The value before, in canonical form; null where there was none.
    pub before: Option<Value>,
    /// The value after, in canonical form; null where there is none.
    pub after: Option<Value>,
    /// What it can do: `tightening`, `loosening`, `both` or `neutral`.
    pub direction: &'static str,
    /// Where it stands in base, or the nearest part above it.
    pub base: Option<LinePlace>,
    /// Where it stands in head, or the nearest part above it.
    pub head: Option<LinePlace>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LinePlace {
    /// The file, from the root of the policy repository.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}
