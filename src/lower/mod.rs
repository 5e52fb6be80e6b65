//! Floor 5: trees become written documents become the model; the only producer of [`crate::model`].
//!
//! Lowering never fails: it returns what could be understood and findings about the rest. What only the whole
//! repository can answer is collected as [`Use`]s and answered by [`crate::lower::whole`].

mod alerts;
mod catalog;
mod context;
mod exception;
mod governance;
mod here;
pub mod json_schema;
mod keywords;
mod kind;
mod mapping;
mod places;
mod policy;
mod rule;
mod signing;
mod spoken;
mod suite;
mod uses;
mod validate;
mod way;
pub mod whole;

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::diag::{Diagnostic, Sink, codes};
use crate::model::{self, DocumentId, Kind};
use crate::source::Role;
use crate::syntax::{Document, Node, Step};
use crate::text::Span;
use crate::written;
use context::Context;
pub use governance::{document_folders, protected_branch};
pub use here::Here;
pub use places::{NodeId, Places};
pub use uses::{ArgumentOf, Named, Use};
pub use way::{lead, way_span};

/// What one document became.
#[derive(Debug)]
pub struct Lowered {
    /// The kind, where it could be told.
    pub kind: Option<Kind>,
    /// The id, where it has one.
    pub id: Option<DocumentId>,
    /// Where the id stands, or the document begins.
    pub id_span: Span,
    /// What it means; `None` where that could not be understood.
    pub meaning: Option<Meaning>,
    /// What it names.
    pub uses: Vec<Use>,
    /// The findings.
    pub sink: Sink,
}

/// What a document means.
#[derive(Debug, Clone)]
pub enum Meaning {
    /// A document with an id of its own.
    Document(model::Document),
    /// The catalog.
    Catalog(model::Catalog),
    /// The identities.
    Identities(model::Identities),
    /// An environment.
    Environment(model::Environment),
    /// The settings.
    Settings(model::Settings),
}

/// Lowers one document of a file with this text. `stem` is the file's name without ending, or `unnamed` for standard
/// input.
#[must_use]
pub fn document(document: &Document, role: Role, stem: &str, text: &str) -> Lowered {
    with(document, document.root.to_json(), role, stem, Context { text, ..Context::default() })
}

/// Lowers a document, given as tree and as value, that was written from what had been lowered before; its schemas are
/// not compiled again.
#[must_use]
pub fn reread(document: &Document, json: Json, role: Role) -> Lowered {
    with(document, json, role, "unnamed", Context { reread: true, ..Context::default() })
}

/// The kind that a document under one of the folders of documents is of; `None` where it cannot be told.
#[must_use]
pub fn kind_of(root: &Node) -> Option<Kind> {
    kind::of(root, Role::Document, &mut Sink::new())
}

fn with(document: &Document, json: Json, role: Role, stem: &str, mut cx: Context<'_>) -> Lowered {
    let root = &document.root;
    let kind = kind::of(root, role, &mut cx.sink);
    let id_span = root.entry("id").map_or(root.span, |entry| entry.value.span);
    let id = kind.and_then(|kind| kind::id(document, kind, stem, &mut cx.sink));
    let meaning = kind.and_then(|kind| lower(&mut cx, kind, id.clone(), root, json));
    let spoken = document.prose.iter().flat_map(|prose| &prose.names);
    for said in spoken {
        cx.names(said.span, Named::Spoken(said.clone()));
    }
    Lowered { kind, id, id_span, meaning, uses: cx.uses, sink: cx.sink }
}

fn lower(cx: &mut Context<'_>, kind: Kind, id: Option<DocumentId>, root: &Node, json: Json) -> Option<Meaning> {
    // A document whose id is missing or wrong is still looked at.
    let id = id.or_else(|| DocumentId::parse("unnamed"))?;
    let faults = validate::validate(kind, root, &json, cx.text);
    let sound = faults.found.is_empty();
    let json = prune(json, root, &faults, cx);
    faults.found.into_iter().for_each(|found| cx.push(found));
    let meaning = match kind {
        Kind::Policy => {
            read(&json).map(|written| Meaning::Document(model::Document::Policy(policy::lower(cx, id, &written, root))))
        }
        Kind::Rule => read(&json)
            .and_then(|written| rule::lower(cx, id, &written, root))
            .map(|rule| Meaning::Document(model::Document::Rule(rule))),
        Kind::Exception => read(&json)
            .and_then(|written| exception::lower(cx, id, &written, root))
            .map(|exception| Meaning::Document(model::Document::Exception(exception))),
        Kind::Suite => {
            read(&json).map(|written| Meaning::Document(model::Document::Suite(suite::lower(cx, id, &written, root))))
        }
        Kind::Catalog => read(&json).map(|written| Meaning::Catalog(catalog::lower(cx, &written, root))),
        Kind::Identities => read(&json).map(|written| Meaning::Identities(governance::identities(cx, &written, root))),
        Kind::Environment => {
            read(&json).map(|written| Meaning::Environment(governance::environment(cx, id, &written, root)))
        }
        Kind::Settings => read(&json).map(|written| Meaning::Settings(governance::settings(cx, &written, root))),
    };
    if sound && meaning.is_none() && !cx.sink.has_errors() {
        let message = "the document passed its schema and could not be read";
        cx.push(Diagnostic::new(codes::BUG, root.span, message).help("please report this document"));
    }
    // A part that could not be read leaves no meaning, only findings.
    meaning.filter(|_| sound && !root.is_broken() && !cx.sink.has_errors())
}

fn read<T: DeserializeOwned>(json: &Json) -> Option<T> {
    T::deserialize(json).ok()
}

/// Takes out of a document what is already known to be wrong, so that the rest can be looked at.
fn prune(mut json: Json, root: &Node, faults: &validate::Faults, cx: &mut Context<'_>) -> Json {
    let broken =
        root.entries().iter().filter(|entry| entry.value.is_broken()).map(|entry| vec![Step::from(&*entry.key)]);
    let wrong: HashSet<Vec<Step>> = faults.wrong.iter().cloned().chain(broken).collect();
    for path in wrong {
        if let Some(Step::Key(key)) = path.first() {
            cx.doubtful.insert(key.clone());
        }
        remove(&mut json, &path);
    }
    cx.doubtful.extend(faults.meant.iter().cloned());
    json
}

/// Removes a part; of a list, the whole list, so that the ranks of the others stay what they are.
fn remove(json: &mut Json, path: &[Step]) {
    let keys = path.iter().take_while(|step| matches!(step, Step::Key(_))).count();
    let Some((Step::Key(last), above)) = path.get(..keys).and_then(<[Step]>::split_last) else { return };
    let parent = above.iter().try_fold(json, |json, step| match step {
        Step::Key(key) => json.get_mut(key),
        Step::Index(_) => None,
    });
    if let Some(Json::Object(map)) = parent {
        map.remove(last);
    }
}

/// The settings of a repository that says nothing.
#[must_use]
pub fn default_settings() -> model::Settings {
    let nowhere =
        Node::new(Span::whole(crate::text::FileId(0)), crate::syntax::Value::Map(crate::syntax::Map::new(Vec::new())));
    governance::settings(&mut Context::default(), &written::Settings::default(), &nowhere)
}
