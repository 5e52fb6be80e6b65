use std::collections::BTreeMap;

use crate::canon;
use crate::cli::Stop;
use crate::cli::history::Opened;
use crate::cli::session::Session;
use crate::compile::Compilation;
use crate::diag::{Failure, codes};
use crate::git::ObjectId;
use crate::lifecycle::{self, Version};
use crate::lower::{Places, default_settings};
use crate::model::{Bundle, Document, DocumentId, Settings};
use crate::source::SourceSet;
use crate::written::{Effect, Pinned, PinnedDefaults};

/// What is live where nothing was deployed: nothing is allowed.
pub fn empty() -> Pinned {
    let defaults = PinnedDefaults { commit: None, effect: Effect::Deny, session_ttl: 86_400 };
    Pinned { documents: BTreeMap::new(), catalog: None, defaults }
}

/// What a lock pins, as a session: its documents without places, since its files are of several commits.
///
/// # Errors
/// When a pin is not what the history says.
pub fn loaded(opened: &Opened, name: &str, pinned: &Pinned) -> Result<Session, Stop> {
    let bundle = bundle(opened, pinned).map_err(|why| refused(name, &why))?;
    let canonical = canon::bundle(&bundle).map_err(|error| refused(name, &error.to_string()))?;
    let policies = bundle.policies.iter().cloned().map(Document::Policy);
    let rules = bundle.rules.iter().cloned().map(Document::Rule);
    let exceptions = bundle.exceptions.iter().cloned().map(Document::Exception);
    let mut documents: Vec<Document> = policies.chain(rules).chain(exceptions).collect();
    documents.sort_by(|a, b| a.id().cmp(b.id()));
    let versions = pinned.documents.iter().filter_map(|(id, pin)| Some((DocumentId::parse(id)?, pin.version)));
    let compilation = Compilation {
        catalog: Some(bundle.catalog.clone()),
        settings: Settings {
            default_effect: Some(bundle.defaults.effect),
            session_ttl: bundle.defaults.session_ttl,
            ..default_settings()
        },
        versions: versions.collect(),
        documents,
        bundle: Some(bundle),
        canonical: Some(canonical),
        places: Places::default(),
        identities: None,
        environments: Vec::new(),
        diagnostics: Vec::new(),
    };
    let root = opened.root.clone();
    Ok(Session {
        prefix: crate::git::prefix_of(&root),
        root,
        sources: SourceSet::new(Vec::new()),
        compilation,
        now: None,
    })
}

/// The bundle that pins make, each held against the history.
///
/// # Errors
/// Which pin is not what the history says.
pub fn bundle(opened: &Opened, pinned: &Pinned) -> Result<Bundle, String> {
    let mut documents = Vec::new();
    for (id, pin) in &pinned.documents {
        let known = DocumentId::parse(id).ok_or_else(|| format!("`{id}` is no id"))?;
        let event = opened.history.version(&known, pin.version);
        let event = event.ok_or_else(|| format!("`{id}` has no version {} in the history", pin.version))?;
        let proven = lifecycle::locks::pin(&opened.database, event)?;
        if proven != *pin {
            return Err(format!("version {} of `{id}` is not what it names", pin.version));
        }
        let read = Version::read(&opened.database, event).map_err(|failure| failure.message)?;
        let document = read.and_then(|version| version.document);
        documents.push(document.ok_or_else(|| format!("version {} of `{id}` means nothing", pin.version))?);
    }
    let catalog = match &pinned.catalog {
        None => None,
        Some(pin) => {
            let commit = ObjectId::parse(&pin.commit).ok_or("the catalog's commit is no full object id")?;
            let catalog = lifecycle::catalog_at(&opened.database, commit).map_err(|failure| failure.message)?;
            Some(catalog.ok_or("the catalog that it names cannot be read")?)
        }
    };
    let PinnedDefaults { effect, session_ttl, .. } = pinned.defaults;
    Ok(Bundle::new(documents, catalog.unwrap_or_default(), Some(effect), session_ttl))
}

fn refused(name: &str, why: &str) -> Stop {
    let message = format!("the lock of `{name}` is refused: {why}");
    Failure::new(codes::BAD_LOCK, message)
        .help(format!("`policyc check --environment {name}` tells all of its locks"))
        .into()
}
