//! Generated worlds: documents, a catalog, settings and actions over alphabets so small that things often match.

mod actions;
mod documents;
mod exceptions;
mod surroundings;
mod words;

use policyc::compile::Compilation;
use policyc::model::{Action, Bundle};
use policyc::source::SourceSet;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::Granted;
use crate::support::{Memory, told};

#[allow(unused_imports, reason = "each test uses its part")]
pub use actions::{action, actions, known};
#[allow(unused_imports, reason = "each test uses its part")]
pub use documents::{denial, policy, rule, rule_that};

/// Everything that decides, and what is decided.
#[derive(Debug, Clone)]
pub struct World {
    pub documents: Vec<Value>,
    pub catalog: Option<Value>,
    pub settings: Value,
    pub actions: Vec<Action>,
    pub kill_switch: bool,
    /// One for each action.
    pub granted: Vec<Granted>,
}

/// Any world; its documents compile.
pub fn world() -> impl Strategy<Value = World> {
    let parts = (documents(), surroundings::catalog(), surroundings::settings(), actions());
    let switch = prop::bool::weighted(0.02);
    (parts, switch, prop::collection::vec(granted(), 12)).prop_map(|(parts, kill_switch, mut granted)| {
        let (documents, catalog, settings, actions) = parts;
        granted.truncate(actions.len());
        World { documents, catalog, settings, actions, kill_switch, granted }
    })
}

/// Policies `p0`…, rules `r0`…, and exceptions `e0`… from them.
pub fn documents() -> impl Strategy<Value = Vec<Value>> {
    let policies = prop::collection::vec(policy(), 0..=3).prop_map(|list| named("p", list));
    let rules = prop::collection::vec(rule(), 0..=4).prop_map(|list| named("r", list));
    let deciding = (policies, rules).prop_map(|(policies, rules)| {
        let documents: Vec<Value> = policies.into_iter().chain(rules).collect();
        // A repository without a document is an error.
        if documents.is_empty() { vec![json!({"id": "p0", "scope": "global"})] } else { documents }
    });
    deciding.prop_flat_map(|documents| {
        let from = prop::sample::select(documents.clone()).prop_flat_map(|document| exceptions::from(&document));
        let exceptions = prop::collection::vec(from, 0..=3).prop_map(|list| named("e", list));
        (Just(documents), exceptions)
            .prop_map(|(documents, exceptions)| documents.into_iter().chain(exceptions).collect())
    })
}

fn named(prefix: &str, mut list: Vec<Value>) -> Vec<Value> {
    for (rank, document) in list.iter_mut().enumerate() {
        document["id"] = json!(format!("{prefix}{rank}"));
    }
    list
}

fn granted() -> impl Strategy<Value = Granted> {
    prop_oneof![6 => Just(Granted::Yes), 1 => Just(Granted::No), 1 => Just(Granted::Unknown)]
}

/// The bundle of a world.
///
/// # Panics
/// With the findings, if it does not compile.
pub fn bundle(world: &World) -> Bundle {
    compiled(world).unwrap_or_else(|findings| panic!("{findings}\n{world:#?}"))
}

/// The bundle of a world.
///
/// # Errors
/// The findings, if it does not compile.
pub fn compiled(world: &World) -> Result<Bundle, String> {
    let (sources, compilation) = compilation(world);
    compilation.bundle.ok_or_else(|| told(&compilation.diagnostics, &sources))
}

/// A world compiled, with its files.
pub fn compilation(world: &World) -> (SourceSet, Compilation) {
    let documents = Value::from(world.documents.clone()).to_string();
    let mut files = vec![("policies/documents.json", documents), ("policyc.yaml", world.settings.to_string())];
    files.extend(world.catalog.iter().map(|catalog| ("catalog.yaml", catalog.to_string())));
    Memory::new(files.iter().map(|(path, text)| (*path, text.as_str()))).compile()
}
