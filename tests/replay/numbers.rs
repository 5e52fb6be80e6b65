//! Every number of a replay, in a shape that both sides of the comparison can be put into.

use std::collections::{BTreeMap, BTreeSet};

use policyc::model::{Effect, Time};

use crate::oracle::Verdict;
use crate::reading::Place;

/// What a replay came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Numbers {
    pub replayed: u64,
    pub actions: u64,
    pub repeated: u64,
    /// The first places, and how many there are.
    pub unreadable: (Vec<Place>, u64),
    pub doubtful: (Vec<Place>, u64),
    pub times_back: u64,
    pub span: Option<(Time, Time)>,
    /// By base lower, base upper, head lower, head upper.
    pub bounds: BTreeMap<[Effect; 4], u64>,
    pub matrix: [[u64; 3]; 3],
    /// By effect.
    pub newly: [u64; 3],
    pub base: Option<OfSide>,
    pub head: OfSide,
    /// By integration and operation.
    pub operations: BTreeMap<(Option<String>, String), Operation>,
    /// By what their actions have in common.
    pub groups: BTreeMap<Key, (u64, Vec<Sample>)>,
    pub changed: (Vec<Sample>, u64),
}

/// What one side did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OfSide {
    pub effects: [u64; 3],
    pub certain: u64,
    pub missing: BTreeMap<BTreeSet<&'static str>, u64>,
    /// By kind and id: how often it gave a reason, how often it decided.
    pub hits: BTreeMap<Who, (u64, u64)>,
    pub recorded: [[u64; 3]; 3],
    pub truth: [[u64; 3]; 3],
    /// By the hour since 1970, `None`: untimed; effects, and approvals that are or may be asked for.
    pub hours: BTreeMap<Option<i64>, ([u64; 3], u64)>,
    /// By the day since 1970.
    pub approvals: BTreeMap<i64, u64>,
    pub most_approvals: u64,
}

/// A kind, and the document.
pub type Who = (&'static str, Option<String>);

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Operation {
    pub base: [u64; 3],
    pub head: [u64; 3],
    pub tightened: u64,
    pub loosened: u64,
    pub uncertain: u64,
}

/// Effect and source of base and of head, agent, integration, operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub base: Option<(Effect, Who)>,
    pub head: (Effect, Who),
    pub agent: Option<String>,
    pub integration: Option<String>,
    pub operation: String,
}

/// An action in full.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub place: Place,
    /// The part of a document that begins there.
    pub part: Option<String>,
    pub id: Option<String>,
    pub time: Option<Time>,
    pub agent: Option<String>,
    pub action: String,
    pub resource: Option<String>,
    pub base: Option<Verdict>,
    pub head: Verdict,
}

pub const EFFECTS: [Effect; 3] = [Effect::Allow, Effect::ApprovalRequired, Effect::Deny];

/// The rank of an effect.
pub fn rank(effect: Effect) -> usize {
    EFFECTS.iter().position(|one| *one == effect).unwrap()
}

/// The lines in which two of something differ, as they are shown.
pub fn difference(said: &impl std::fmt::Debug, expected: &impl std::fmt::Debug) -> String {
    let (said, expected) = (format!("{said:#?}"), format!("{expected:#?}"));
    let (said, expected): (Vec<&str>, Vec<&str>) = (said.lines().collect(), expected.lines().collect());
    let before = said.iter().zip(&expected).take_while(|(a, b)| a == b).count();
    let rest = || said[before..].iter().rev().zip(expected[before..].iter().rev());
    let after = rest().take_while(|(a, b)| a == b).count();
    let shown = |lines: &[&str]| lines[before..lines.len() - after].join("\n");
    let head = said[before.saturating_sub(6)..before].join("\n");
    format!("{head}\nit says\n{}\nexpected\n{}", shown(&said), shown(&expected))
}
