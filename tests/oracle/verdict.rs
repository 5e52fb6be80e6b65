//! What the evaluator says.

use std::collections::BTreeSet;

use policyc::model::{Effect, Reason};

use super::truth::{Names, Truth};

/// Whether an approval was granted, if this decision asks for one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Granted {
    #[default]
    Yes,
    No,
    Unknown,
}

/// A decision: "`effect` is the upper (restrictive) bound, `lower` the other, `missing` names the facts".
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub effect: Effect,
    pub lower: Effect,
    pub missing: BTreeSet<&'static str>,
    pub rule_id: Option<String>,
    pub policy_id: Option<String>,
    pub reasons: BTreeSet<Ground>,
    pub lifted: BTreeSet<Lifted>,
}

impl Verdict {
    /// Allowed, for no reason.
    pub fn nothing() -> Self {
        Self {
            effect: Effect::Allow,
            lower: Effect::Allow,
            missing: BTreeSet::new(),
            rule_id: None,
            policy_id: None,
            reasons: BTreeSet::new(),
            lifted: BTreeSet::new(),
        }
    }

    /// "`certain` iff they meet".
    pub fn certain(&self) -> bool {
        self.lower == self.effect
    }
}

/// One reason, sure or possible.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ground {
    pub effect: Effect,
    /// `catalog`, `default`, `environment`, `policy` or `rule`.
    pub kind: &'static str,
    /// The document; none for the first three kinds.
    pub id: Option<String>,
    pub code: Reason,
    /// Which part of the document.
    pub part: String,
    pub certain: bool,
    /// The facts that an uncertain reason hangs on.
    pub missing: BTreeSet<&'static str>,
    /// Of `APPROVAL_REQUIRED`, as the next two.
    pub approvers: Vec<String>,
    pub required: u64,
    pub timeout_seconds: u64,
}

impl Ground {
    /// A sure reason that is not yet of any document.
    pub fn new(effect: Effect, code: Reason) -> Self {
        Self {
            effect,
            kind: "",
            id: None,
            code,
            part: String::new(),
            certain: true,
            missing: Names::new(),
            approvers: Vec::new(),
            required: 0,
            timeout_seconds: 0,
        }
    }

    /// The reason, as sure as a test that is not false.
    pub fn when(mut self, test: &Truth) -> Self {
        self.certain = test.is_true();
        self.missing = test.names();
        self
    }
}

/// A reason that an exception lifted, surely or possibly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifted {
    pub exception: String,
    /// `policy` or `rule`.
    pub kind: &'static str,
    pub id: String,
    pub code: Reason,
    pub part: String,
    pub certain: bool,
}
