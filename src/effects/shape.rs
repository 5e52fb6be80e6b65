use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{Part, Source};
use crate::model::{Action, DocumentId, Effect, Reason};

/// One of the two sides of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// What was.
    Base,
    /// What is to be.
    Head,
}

/// What carries the effect of an action on one side. Ranks of source and part are those of that side's bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decider {
    /// The effect.
    pub effect: Effect,
    /// Who gives it.
    pub source: Source,
    /// Its code.
    pub code: Reason,
    /// Which part gives it; the criteria of an approval are not told apart here.
    pub part: Part,
}

/// Which way the effect goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transition {
    /// The head's effect is less restrictive.
    Permissive,
    /// The head's effect is more restrictive.
    Restrictive,
}

/// All actions that are decided by one decider in the base and by another, of another effect, in the head. With the same
/// exceptions used up, rows share no action, and every action whose effect differs is in one.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What decides in the base.
    pub base: Decider,
    /// What decides in the head.
    pub head: Decider,
    /// The side on which something stands that is not the same, or is not there, on the other; both may be, then it is the
    /// head.
    pub changed: Side,
    /// What stands there: mostly the side's decider, but another part may speak for it (a policy asks for what a removed rule
    /// allowed).
    pub cause: Decider,
    /// The regions that the row is made of, at least one. The witness lies in one of them; each of the others was found by the
    /// search, and not asked about.
    pub pieces: Vec<Piece>,
    /// An action of it, replayed in the engine on both sides.
    pub witness: Action,
    /// The exceptions for a number of uses that are used up when the witness is taken; the others have uses left.
    pub used_up: BTreeSet<DocumentId>,
    /// Conditions of the rule that decides in the base which hang on earlier actions or on a service, which the rules of the
    /// head do not have, and which can be more restrictive than the head is: there, a row that restricts may permit more.
    pub lost: Vec<&'static str>,
}

impl Row {
    /// Which way the effect goes.
    #[must_use]
    pub fn transition(&self) -> Transition {
        if self.head.effect < self.base.effect { Transition::Permissive } else { Transition::Restrictive }
    }
}

/// The actions of an area, without those of the exceptions.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The area.
    pub area: Area,
    /// What is taken out of it.
    pub exceptions: Vec<Except>,
}

/// What is taken out of an area, and who decides there.
#[derive(Debug, Clone, PartialEq)]
pub struct Except {
    /// The side and the part that takes it out; `None`: an entry of a list, or an exception, holds there.
    pub by: Option<(Side, Decider)>,
    /// The area that is taken out, without what it has in common with the area it is taken out of.
    pub area: Area,
}

/// A product of facts: what each one must be. A fact that is not named may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Area {
    /// Patterns by fact (`agent_id`, `integration`, `operation`, `resource`, `run_id`, `group_id`, `mission_id`): all of
    /// the patterns match.
    pub patterns: BTreeMap<&'static str, Vec<String>>,
    /// Values by fact in words: `data_classification`, `risk_level`, `cost_usd`, `timestamp`, `tags.NAME`,
    /// `arguments.NAME`, `arguments`; and of an exception for a number of uses, `exceptions.ID`, whether some are left.
    pub values: BTreeMap<String, String>,
}

/// A pair that was not decided: an area in which the effect may differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Unproven {
    /// What decides in the base, where that was found out.
    pub base: Option<Decider>,
    /// What decides in the head, where that was found out.
    pub head: Option<Decider>,
    /// The part that is not the same on both sides and was not looked at to the end.
    pub changed: Option<(Side, Decider)>,
    /// Where it may differ.
    pub area: Area,
    /// Why it is open: one sentence part, such as "the conditions may not hold together".
    pub why: &'static str,
}

/// Other rules, or the default, that decide the same actions before and after to the same effect, with other conditions that
/// hang on earlier actions, or another duration of approvals: no region, and not the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Unlike {
    /// The rule that decides in the base, by its rank; `None`: the default.
    pub base: Option<u32>,
    /// The rule that decides in the head, by its rank; `None`: the default.
    pub head: Option<u32>,
    /// Where.
    pub area: Area,
    /// The conditions that only hold in the base, or are another there.
    pub lost: Vec<&'static str>,
    /// The conditions that only hold in the head, or are another there.
    pub gained: Vec<&'static str>,
}

/// The whole answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effects {
    /// The rows: newly permissive ones first, then by the changed decider, then by the other.
    pub rows: Vec<Row>,
    /// What is not proven either way. While there is any, nothing says that there is no change.
    pub unproven: Vec<Unproven>,
    /// Rules that take the place of others with other conditions.
    pub unlike: Vec<Unlike>,
}

/// How much work an answer may take. Counted in steps, not in time, so that the answer is the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most steps for everything.
    pub steps: u64,
    /// The most steps for one changed statement.
    pub steps_each: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 40_000_000, steps_each: 4_000_000 }
    }
}

/// A part of a document of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The document.
    pub source: Source,
    /// Its part; [`Part::Effect`] stands for a whole rule.
    pub part: Part,
    /// One entry of `approval_actions` ([`Part::Approval`]) or of `allowed_actions` ([`Part::Allowed`]), by its rank.
    pub entry: Option<u32>,
}

/// Something that never decides an action, because others always decide before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadowed {
    /// What never decides.
    pub what: Place,
    /// What decides instead, in the order in which they are asked.
    pub by: Vec<Place>,
}

/// Two rules of one priority and different effects that some action matches both of: only the tie rule separates them.
#[derive(Debug, Clone, PartialEq)]
pub struct Tie {
    /// The rule that decides, by its rank: the more restrictive one.
    pub decides: u32,
    /// The rule that it is decided against.
    pub other: u32,
    /// An action that both match and that one of them decides.
    pub witness: Action,
}

/// A rule that allows actions that the catalog does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Broad {
    /// The rule, by its rank.
    pub rule: u32,
    /// An action that it allows and the catalog does not know.
    pub witness: Action,
}

/// What is likely not meant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// Active rules that never decide, because rules before them match all that they match.
    pub shadowed: Vec<Shadowed>,
    /// Active rules without which every action has the same effect: `by` are the rules that then decide ([`Source::Default`]
    /// among them where no rule does).
    pub redundant: Vec<Shadowed>,
    /// Entries of lists and approval rules of policies, and rules, that something else always decides more restrictively.
    pub dead: Vec<Shadowed>,
    /// Pairs that only the tie rule separates.
    pub ties: Vec<Tie>,
    /// Allow rules broader than the catalog.
    pub broad: Vec<Broad>,
    /// Whether everything was looked at.
    pub complete: bool,
}
