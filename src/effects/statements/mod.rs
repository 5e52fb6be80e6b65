//! One side as three lists of statements, each a cuboid with holes: what denies whatever rules say, the rules, and what asks
//! for approval.
//!
//! The effect of an action is deny if anything of the first list holds; else what the first rule that holds says, but at
//! least approval where anything of the third list holds. In each list the first statement that holds is the one that is
//! told, because statements stand in the order in which reasons are told.

mod catalog;
mod facts;
mod policies;
mod region;
mod rules;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Decider;
use super::cuboid::{Cuboid, TooMany, Words};
use super::space::Space;
use crate::model::{Bundle, DocumentId, Effect, Exception, Reason};
use facts::Facts;
pub use region::Region;

/// One of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum List {
    /// What denies: the catalog and the policies.
    Denials,
    /// The rules and the default.
    Rules,
    /// What asks for approval: the policies.
    Asks,
}

/// Where a statement stands in its list: alike on both sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// A reason of the catalog, by its code.
    Catalog(&'static str),
    /// A part of a policy: by the policy, the code, and where it stands among those.
    Policy(DocumentId, &'static str, (u32, Box<str>)),
    /// A part of a rule: by priority, effect, id and rank.
    Rule(Reverse<u64>, Reverse<Effect>, DocumentId, u32),
    /// The default.
    Default,
}

/// A statement of one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The list it stands in.
    pub list: List,
    /// Where in the list.
    pub order: Order,
    /// What it says, and which part says it.
    pub decider: Decider,
    /// The actions it is about, as unions of cuboids with holes.
    pub regions: Vec<Region>,
    /// The conditions of a rule that hang on earlier actions, by its rank in the side's bundle.
    pub rule: Option<u32>,
}

/// All statements of a bundle.
///
/// # Errors
/// When patterns fall into too many parts.
pub fn of(bundle: &Bundle, space: &Space, words: &mut Words) -> Result<Vec<Statement>, TooMany> {
    let mut side = Builder::new(bundle, space, words);
    let mut statements = side.catalog();
    statements.extend(side.policies()?);
    statements.extend(side.rules()?);
    for region in statements.iter_mut().flat_map(|statement| &mut statement.regions) {
        region.cuboids.retain(|cuboid| words.possible(&cuboid.words));
    }
    statements.retain(|statement| statement.regions.iter().any(|region| !region.cuboids.is_empty()));
    Ok(statements)
}

/// What it takes to write statements of a bundle.
pub struct Builder<'s> {
    bundle: &'s Bundle,
    space: &'s Space,
    words: &'s mut Words,
    facts: Facts,
    /// The exceptions by what they are from.
    exceptions: BTreeMap<&'s DocumentId, Vec<&'s Exception>>,
    /// Where exceptions lift, by what they are from and the reason.
    holes: BTreeMap<(DocumentId, Reason), Vec<Cuboid>>,
}

impl<'s> Builder<'s> {
    /// For a bundle.
    pub fn new(bundle: &'s Bundle, space: &'s Space, words: &'s mut Words) -> Self {
        let facts = Facts::new(bundle, words);
        let mut exceptions: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for exception in &bundle.exceptions {
            exceptions.entry(&exception.policy).or_default().push(exception);
        }
        Self { bundle, space, words, facts, exceptions, holes: BTreeMap::new() }
    }

    /// The actions that the catalog lists.
    pub fn listed(&self) -> Vec<Cuboid> {
        self.facts.listed()
    }
}

/// Everything, as a region.
fn everything() -> Region {
    Region::of(Cuboid::everything())
}
