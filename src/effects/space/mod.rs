//! The facts that are no names, each with finitely many cells: between the cut points that any document of either side
//! names, everything is decided alike.

mod arguments;
mod exact;
mod samples;
mod times;

use std::collections::{BTreeMap, BTreeSet};

pub use arguments::{Mode, WHOLE};
pub use times::TimeTest;

use super::bits::Bits;
use super::cuboid::{Axis, Cells};
use crate::model::{Bundle, DocumentId, Exception, JsonSchema, Level, Risk, Usd};
use arguments::Arguments;
use times::Times;

/// The levels, in order.
pub const LEVELS: [Level; 4] = [Level::Public, Level::Internal, Level::Confidential, Level::Restricted];
/// The risks, in order.
pub const RISKS: [Risk; 5] = [Risk::Minimal, Risk::Low, Risk::Medium, Risk::High, Risk::Critical];

/// `data_classification`.
pub const LEVEL: Axis = 0;
/// `risk_level`.
pub const RISK: Axis = 1;
/// `cost_usd`.
pub const COST: Axis = 2;
/// `timestamp`.
pub const TIME: Axis = 3;
/// Whether there is an argument that no document names.
pub const OTHERS: Axis = 4;
/// The first axis of tags.
const TAGS: Axis = 5;

/// All cells that anything of either side tells apart.
pub struct Space {
    /// The costs at which something changes, in nano-dollars, rising.
    costs: Vec<u64>,
    /// Whatever looks at the time.
    pub times: Times,
    tags: BTreeMap<String, Axis>,
    /// The exceptions for a number of uses: each has some left, or is used up.
    counted: Vec<DocumentId>,
    /// The axis of the first of them.
    first_counted: Axis,
    /// Whatever looks at arguments.
    pub arguments: Arguments,
}

impl Space {
    /// The space for some bundles, where tests of one argument cost so many steps at most.
    pub fn new(bundles: &[&Bundle], steps: u64) -> Self {
        let costs: BTreeSet<u64> = bundles.iter().flat_map(|bundle| costs(bundle)).filter(|cost| *cost > 0).collect();
        let tags: BTreeSet<&String> = bundles.iter().flat_map(|bundle| tags(bundle)).collect();
        let tags: BTreeMap<String, Axis> = tags.into_iter().cloned().zip(TAGS..).collect();
        let first_counted = after(TAGS, tags.len());
        // One that stands on both sides has uses left on both, or on none; how many is a setting.
        let exceptions = bundles.iter().flat_map(|bundle| &bundle.exceptions);
        let counted: BTreeSet<&DocumentId> =
            exceptions.filter(|one| one.max_uses.is_some()).map(|one| &one.id).collect();
        let counted: Vec<DocumentId> = counted.into_iter().cloned().collect();
        Self {
            costs: costs.into_iter().collect(),
            times: Times::new(bundles),
            tags,
            arguments: Arguments::new(bundles, after(first_counted, counted.len()), steps),
            counted,
            first_counted,
        }
    }

    /// How many cells an axis has.
    pub fn size(&self, axis: Axis) -> usize {
        match axis {
            LEVEL => LEVELS.len(),
            RISK => RISKS.len(),
            COST => self.costs.len() + 1,
            TIME => self.times.size(),
            OTHERS => 2,
            _ if axis < after(self.first_counted, self.counted.len()) => 2,
            _ => self.arguments.size(axis),
        }
    }

    /// A cost of so much or more; `None`: every cost is.
    pub fn cost_at_least(&self, nano: u64) -> Option<Cells> {
        let cells = self.costs.len() + 1;
        let from = self.costs.binary_search(&nano).map_or(0, |at| at + 1);
        (from > 0).then(|| Cells::of(COST, Bits::of(cells, from..cells)))
    }

    /// The least cost of a cell, and the least of the next.
    pub fn cost(&self, cell: usize) -> (Usd, Option<Usd>) {
        let from = cell.checked_sub(1).and_then(|at| self.costs.get(at)).copied().unwrap_or(0);
        (Usd::from_nano(from), self.costs.get(cell).map(|next| Usd::from_nano(*next)))
    }

    /// With a tag.
    pub fn tagged(&self, tag: &str) -> Option<Cells> {
        self.tags.get(tag).map(|axis| Cells::of(*axis, Bits::of(2, [1])))
    }

    /// While an exception for a number of uses has some left; `None`: it holds for any number.
    pub fn has_uses(&self, exception: &Exception) -> Option<Cells> {
        let at = self.counted.iter().position(|own| exception.max_uses.is_some() && *own == exception.id)?;
        Some(Cells::of(after(self.first_counted, at), Bits::of(2, [1])))
    }

    /// The exceptions for a number of uses, with their axes.
    pub fn counted(&self) -> impl Iterator<Item = (&DocumentId, Axis)> {
        self.counted.iter().zip(self.first_counted..)
    }

    /// The tags with their axes.
    pub fn tags(&self) -> impl Iterator<Item = (&str, Axis)> {
        self.tags.iter().map(|(tag, axis)| (tag.as_str(), *axis))
    }

    /// An argument that satisfies a schema, as it is read there.
    pub fn argument(&self, name: &str, schema: &JsonSchema, mode: Mode) -> Cells {
        self.arguments.test(name, schema, mode)
    }
}

/// The axis so many behind another.
fn after(axis: Axis, count: usize) -> Axis {
    axis.saturating_add(Axis::try_from(count).unwrap_or(Axis::MAX))
}

/// The costs at which something changes: a limit is exceeded by a nano-dollar more.
fn costs(bundle: &Bundle) -> impl Iterator<Item = u64> {
    let thresholds = bundle.policies.iter().flat_map(|policy| {
        let rules = policy.approval_rules.iter().filter_map(|rule| rule.when.cost_usd_at_least);
        rules.chain(policy.approval_threshold_usd).map(Usd::nano)
    });
    let conditions =
        bundle.rules.iter().filter_map(|rule| rule.conditions.cost_threshold.as_ref()?.max_cost_per_action);
    thresholds.chain(conditions.map(|limit| limit.nano().saturating_add(1)))
}

fn tags(bundle: &Bundle) -> impl Iterator<Item = &String> {
    bundle.policies.iter().flat_map(|policy| {
        let rules = policy.approval_rules.iter().filter_map(|rule| rule.when.tags.as_ref()).flatten();
        rules.chain(&policy.approval_tags)
    })
}
