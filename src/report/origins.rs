//! Where each part of each document stands: the side table of a bundle, which itself holds no paths.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::findings::{Place, Places};
use crate::compile::Compilation;
use crate::source::SourceSet;
use crate::syntax::{Node, Value};

/// The origins of a bundle.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc origins")]
pub struct Origins {
    /// Always `policyc.origins/v1`.
    pub schema: &'static str,
    /// The digest of the bundle; null where there is none.
    pub bundle: Option<String>,
    /// Documents by id.
    pub documents: BTreeMap<String, Origin>,
}

/// Where a document stands.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Origin {
    /// The whole document.
    #[serde(flatten)]
    pub place: Place,
    /// Its parts, by JSON pointer into what was written.
    pub parts: BTreeMap<String, Place>,
}

/// The origins of a compilation.
#[must_use]
pub fn origins(compilation: &Compilation, sources: &SourceSet) -> Origins {
    let mut places = Places::new(sources);
    let mut documents = BTreeMap::new();
    for (id, root) in compilation.places.iter() {
        let mut parts = BTreeMap::new();
        walk(root, "", &mut places, &mut parts);
        documents.insert(id.to_string(), Origin { place: places.place(root.span), parts });
    }
    let bundle = compilation.canonical.as_ref().map(|canonical| canonical.digest.to_string());
    Origins { schema: "policyc.origins/v1", bundle, documents }
}

fn walk(node: &Node, pointer: &str, places: &mut Places<'_>, parts: &mut BTreeMap<String, Place>) {
    if !pointer.is_empty() {
        parts.insert(pointer.to_owned(), places.place(node.span));
    }
    match &node.value {
        Value::List(items) => {
            for (rank, item) in items.iter().enumerate() {
                walk(item, &format!("{pointer}/{rank}"), places, parts);
            }
        }
        Value::Map(map) => {
            for entry in map.entries() {
                let key = entry.key.replace('~', "~0").replace('/', "~1");
                walk(&entry.value, &format!("{pointer}/{key}"), places, parts);
            }
        }
        _ => {}
    }
}
