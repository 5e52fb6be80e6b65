use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::model::{Effect, Reason};
use crate::report::diff::{ChangeLine, DiffSideLine};

/// What a change permits and forbids, region by region, `policyc.effects/v1`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc diff --effects")]
pub struct EffectsReport {
    /// Always `policyc.effects/v1`.
    pub schema: &'static str,
    /// What is compared with.
    pub base: DiffSideLine,
    /// What is asked about.
    pub head: DiffSideLine,
    /// What matters, in numbers and in one sentence.
    pub headline: EffectsHeadline,
    /// Every region of actions whose effect is another, newly permissive ones first. They share no action; what is in none
    /// of them has the same effect on both sides, unless it is unproven.
    pub rows: Vec<RegionLine>,
    /// What changed and is no region: how much, how often, until when and by whom.
    pub settings: Vec<SettingLine>,
    /// Rules that take the place of others of the same effect with other conditions.
    pub unlike: Vec<UnlikeLine>,
    /// Areas in which the effect may differ: neither a region nor proven to be none.
    pub unproven: Vec<UnprovenLine>,
    /// What the difference field by field can do, also to actions of which facts are unknown: `tightening`, `loosening`,
    /// `both` or `neutral`.
    pub difference: &'static str,
    /// The recorded actions that were looked at; null where no log was named.
    pub log: Option<EffectsLog>,
}

/// What matters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EffectsHeadline {
    /// Rows whose effect is less restrictive in head.
    pub newly_permissive: usize,
    /// Rows whose effect is more restrictive in head.
    pub newly_restrictive: usize,
    /// Areas that are not proven either way.
    pub unproven: usize,
    /// Settings that changed.
    pub settings: usize,
    /// Those of them that may permit more.
    pub settings_that_may_loosen: usize,
    /// Rules that take the place of others with other conditions.
    pub unlike: usize,
    /// Rows and places of `unlike` that lose conditions.
    pub losing_conditions: usize,
    /// The same as one sentence.
    pub sentence: String,
}

/// One region: all actions that one part decides in base and another in head, with another effect.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RegionLine {
    /// Its number, from 1; `policyc simulate --base` names changed actions by it.
    pub number: usize,
    /// `permissive` or `restrictive`.
    pub transition: &'static str,
    /// The side whose decider is the change: `base`, where it is no longer there, or `head`.
    pub changed: &'static str,
    /// What stands there: mostly what decides, but another part may speak for it.
    pub cause: PartLine,
    /// What decides in base.
    pub base: DecidingLine,
    /// What decides in head.
    pub head: DecidingLine,
    /// Conditions of the rule that decides in base which can be more restrictive than head is: there, a row that restricts
    /// may permit more.
    pub lost: Vec<&'static str>,
    /// An action of the region, all of whose facts are known; both sides were asked about it.
    pub witness: Value,
    /// The exceptions for a number of uses that are used up, on a side that has them, when the witness is taken; the others
    /// have uses left.
    pub used_up: BTreeSet<String>,
    /// The actions of it, apart from the exceptions.
    #[serde(rename = "box")]
    pub area: AreaLine,
    /// What is taken out of the box.
    pub exceptions: Vec<ExceptLine>,
    /// Further areas of the region.
    pub more: Vec<PieceLine>,
    /// How often recorded actions fall into it; null where no log was named.
    pub seen: Option<SeenTimes>,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct PartLine {
    /// catalog, default, environment, policy or rule.
    pub kind: &'static str,
    /// The document; null for the first three.
    pub id: Option<String>,
    /// The part of it, with `/` between its steps.
    pub part: String,
    /// The file; null where it is not known.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
}

/// What decides, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DecidingLine {
    /// The effect.
    pub effect: Effect,
    /// The code of the reason.
    pub code: Reason,
    /// Who gives it.
    #[serde(flatten)]
    pub part: PartLine,
}

/// What facts must be. A fact that is not named may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct AreaLine {
    /// Patterns by fact: all patterns of a fact match.
    pub patterns: BTreeMap<&'static str, Vec<String>>,
    /// What other facts are, in words.
    pub values: BTreeMap<String, String>,
}

/// What is taken out of a box.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExceptLine {
    /// Who decides there; null: an entry of a list, or an exception, holds.
    pub by: Option<ByLine>,
    /// Where.
    #[serde(rename = "box")]
    pub area: AreaLine,
}

/// A part of one side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct ByLine {
    /// `base` or `head`.
    pub side: &'static str,
    /// The part.
    #[serde(flatten)]
    pub part: PartLine,
}

/// A further area of a region.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PieceLine {
    /// The actions of it, apart from the exceptions.
    #[serde(rename = "box")]
    pub area: AreaLine,
    /// What is taken out of the box.
    pub exceptions: Vec<ExceptLine>,
}

/// How often recorded actions fall into a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SeenTimes {
    /// How many actions.
    pub times: u64,
    /// How many more, if exceptions for a number of uses had uses left then, or had none.
    pub perhaps: u64,
    /// The earliest time of one; null where none bears a time.
    pub first: Option<String>,
    /// The latest time of one.
    pub last: Option<String>,
}

/// A setting that changed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SettingLine {
    /// `policy`, `rule`, `exception`, `catalog` or `settings`.
    pub kind: &'static str,
    /// The document; null for the last two.
    pub id: Option<String>,
    /// What changed.
    #[serde(flatten)]
    pub change: ChangeLine,
    /// What it holds for, in words.
    pub scope: String,
}

/// A rule in the place of another one of the same effect.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UnlikeLine {
    /// What decides in base.
    pub base: PartLine,
    /// What decides in head.
    pub head: PartLine,
    /// Where.
    #[serde(rename = "box")]
    pub area: AreaLine,
    /// Conditions that only hold in base, or are others there.
    pub lost: Vec<&'static str>,
    /// Conditions that only hold in head, or are others there.
    pub gained: Vec<&'static str>,
}

/// An area in which the effect may differ.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UnprovenLine {
    /// What decides in base; null where that is open.
    pub base: Option<DecidingLine>,
    /// What decides in head; null where that is open.
    pub head: Option<DecidingLine>,
    /// The part that is not the same on both sides and was not looked at to the end; null where something else is open.
    pub changed: Option<ByLine>,
    /// Where.
    #[serde(rename = "box")]
    pub area: AreaLine,
    /// Why it is open.
    pub why: &'static str,
}

/// The recorded actions that were looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EffectsLog {
    /// How many there are.
    pub actions: u64,
    /// How many of them fall into a region or not, depending on a fact that is unknown.
    pub unplaced: u64,
    /// Places that cannot be read.
    pub unreadable: u64,
    /// On how many days lie between the first and the last of them; null where none bears a time.
    pub days: Option<u64>,
}
