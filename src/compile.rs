//! Floor 10: the one door. A [`SourceSet`] goes in, a [`Compilation`] comes out; nothing fails on the way.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::canon::{self, CanonicalBundle};
use crate::diag::{Diagnostic, Failure, Severity, Sink, codes};
use crate::lint;
use crate::lower::{self, Lowered, Meaning, Places, whole};
use crate::model::{Bundle, Catalog, Document, DocumentId, Environment, Identities, Kind, Settings, Time};
use crate::source::{self, Content, Format, Role, SETTINGS, SourceFile, SourceSet, Tree};
use crate::stray;
use crate::syntax::{self, Node};
use crate::text::{FileId, Span};

/// What a source set means, and everything there is to say about it.
#[derive(Debug)]
pub struct Compilation {
    /// The settings; the defaults where there are none that could be read.
    pub settings: Settings,
    /// The documents with an id that could be understood, by id.
    pub documents: Vec<Document>,
    /// The catalog, where there is one that could be read.
    pub catalog: Option<Catalog>,
    /// The identities, where there are any that could be read.
    pub identities: Option<Identities>,
    /// The environments that could be read, by name.
    pub environments: Vec<Environment>,
    /// What decides; `None` where something is in error.
    pub bundle: Option<Bundle>,
    /// The canonical bytes and digest of the bundle.
    pub canonical: Option<CanonicalBundle>,
    /// The way back from documents to text.
    pub places: Places,
    /// The numbers of the versions that documents are, where they are any; filled by whoever knows the history.
    pub versions: BTreeMap<DocumentId, u64>,
    /// The findings, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Compilation {
    /// Whether a finding is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity() == Severity::Error)
    }

    /// Adds what the regions of actions say: rules and entries that never decide, or make no difference. It compares rules
    /// with one another and takes its time, so it is done where findings are shown, not where actions are decided.
    pub fn lint_regions(&mut self) {
        let Some(bundle) = &self.bundle else { return };
        let mut sink = lint::regions(bundle, &self.places, &self.diagnostics);
        self.diagnostics.drain(..).for_each(|found| sink.push(found));
        self.diagnostics = sink.into_sorted();
    }

    /// A document by its id.
    #[must_use]
    pub fn document(&self, id: &DocumentId) -> Option<&Document> {
        let at = self.documents.binary_search_by(|document| document.id().cmp(id)).ok()?;
        self.documents.get(at)
    }
}

/// Loads everything that a policy repository is made of.
///
/// # Errors
/// When the world cannot answer, or there is no `policyc.yaml`.
pub fn load(tree: &dyn Tree) -> Result<SourceSet, Failure> {
    let content = tree.read(&[SETTINGS])?.into_iter().next().flatten();
    let content = content.ok_or_else(|| {
        Failure::new(codes::NO_REPOSITORY, format!("there is no `{SETTINGS}`"))
            .help("run `policyc init`, or go to a policy repository with -C DIR")
    })?;
    let settings = settings_of(content);
    source::collect(tree, &settings.documents)
}

/// The settings in a file's content, as far as they can be read; its findings are told when it is compiled.
fn settings_of(content: Content) -> Settings {
    let (path, role, format) = (SETTINGS.to_owned(), Role::Settings, Format::Yaml);
    let file = SourceFile { path, role, format, content, tracked: None, assist: None };
    let parsed = parse(FileId(0), &file);
    let lowered = parsed.documents.into_iter().find_map(|(_, lowered)| match lowered.meaning {
        Some(Meaning::Settings(settings)) => Some(settings),
        _ => None,
    });
    lowered.unwrap_or_else(lower::default_settings)
}

/// One file, read and lowered.
struct Parsed {
    file: FileId,
    documents: Vec<(Node, Lowered)>,
    sink: Sink,
}

/// Compiles a source set. `now` is the moment at which expiry is judged, where it is known.
#[must_use]
pub fn compile(sources: &SourceSet, now: Option<Time>) -> Compilation {
    let files: Vec<(FileId, &SourceFile)> = sources.iter().collect();
    let parsed: Vec<Parsed> = files.par_iter().map(|(id, file)| parse(*id, file)).collect();
    let mut sink = Sink::new();
    sources.iter().for_each(|(id, file)| untracked(id, file, &mut sink));
    let mut gathered = Gathered::default();
    let mut lowered = Vec::new();
    for parsed in parsed {
        sink.append(parsed.sink);
        let role = sources.get(parsed.file).map(|file| file.role);
        for (root, mut document) in parsed.documents {
            gathered.take(root, &mut document, role);
            sink.append(std::mem::take(&mut document.sink));
            lowered.push(document);
        }
    }
    gathered.missing(sources, &lowered, &mut sink);
    let has = |wanted: Role| sources.iter().any(|(_, file)| file.role == wanted);
    let nobody = has(Role::Settings) && !has(Role::Identities);
    let known = whole::Known { catalog: gathered.catalog.as_ref(), identities: gathered.identities.as_ref(), nobody };
    sink.append(whole::check(&lowered.iter().collect::<Vec<_>>(), &known));
    let mut compilation = gathered.finish(sink, now);
    compilation.diagnostics.iter_mut().for_each(|found| keep_quotes(found, sources));
    compilation
}

/// A fix replaces a text with its quotes, so it must bring its own; a number or `true` wants none.
fn keep_quotes(found: &mut Diagnostic, sources: &SourceSet) {
    let Some(fix) = &mut found.fix else { return };
    let old = sources.text(fix.span.file).get(fix.span.range()).unwrap_or_default();
    let quote = old.chars().next().filter(|c| matches!(c, '"' | '\''));
    let plain = serde_json::from_str::<serde_json::Value>(&fix.replacement).is_err();
    if let (Some(quote), true) = (quote, plain) {
        fix.replacement = format!("{quote}{}{quote}", fix.replacement);
    }
}

fn parse(id: FileId, file: &SourceFile) -> Parsed {
    if file.role == Role::Stray {
        return Parsed { file: id, documents: Vec::new(), sink: stray::check(id, file) };
    }
    let (documents, sink) = syntax::parse(id, file);
    let stem = stem(&file.path);
    let documents = documents
        .into_iter()
        .map(|document| {
            let lowered = lower::document(&document, file.role, stem, file.content.shown());
            (document.root, lowered)
        })
        .collect();
    Parsed { file: id, documents, sink }
}

/// A file's name without its ending; `unnamed` for standard input.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name == "<stdin>" {
        return "unnamed";
    }
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn untracked(id: FileId, file: &SourceFile, sink: &mut Sink) {
    if file.tracked == Some(false) && file.role != Role::Stray {
        let message = "the file is not tracked by Git: no clone, no review and no version will hold it";
        sink.push(
            Diagnostic::new(codes::UNTRACKED, Span::whole(id), message).help("run `git add` on it, or remove it"),
        );
    }
}

/// What the files of a repository add up to.
#[derive(Default)]
struct Gathered {
    settings: Option<Settings>,
    catalog: Option<Catalog>,
    identities: Option<Identities>,
    environments: Vec<Environment>,
    /// Where environments have gates.
    gates: Vec<Span>,
    documents: Vec<Document>,
    places: Places,
    singles: Vec<(Kind, Span)>,
}

impl Gathered {
    fn take(&mut self, root: Node, lowered: &mut Lowered, role: Option<Role>) {
        let repeated = match (role, lowered.kind) {
            (Some(Role::Document), _) | (_, None) => None,
            (_, Some(kind)) => {
                self.singles.iter().find(|(known, at)| *known == kind && at.file == root.span.file).map(|(_, at)| *at)
            }
        };
        if let (Some(first), Some(kind)) = (repeated, lowered.kind) {
            let message = format!("the file holds a second document of kind `{}`", kind.as_str());
            lowered.sink.push(
                Diagnostic::new(codes::NOT_A_DOCUMENT, root.span, message).and(first, "the first one").help("keep one"),
            );
            return;
        }
        if let (Some(kind), true) = (lowered.kind, role != Some(Role::Document)) {
            self.singles.push((kind, root.span));
        }
        match lowered.meaning.take() {
            Some(Meaning::Settings(settings)) => {
                self.settings = Some(settings);
                self.places.insert_single(Kind::Settings, root);
            }
            Some(Meaning::Catalog(catalog)) => {
                self.catalog = Some(catalog);
                self.places.insert_single(Kind::Catalog, root);
            }
            Some(Meaning::Identities(identities)) => self.identities = Some(identities),
            Some(Meaning::Environment(environment)) => {
                let gated = environment.has_gates();
                self.gates.extend(root.get("gates").filter(|_| gated).map(|node| node.span));
                self.environments.push(environment);
            }
            Some(Meaning::Document(document)) if lowered.id.is_some() => {
                self.places.insert(document.id().clone(), root);
                self.documents.push(document);
            }
            Some(Meaning::Document(_)) | None => {}
        }
    }

    /// Says when nothing was found where documents should be.
    fn missing(&self, sources: &SourceSet, lowered: &[Lowered], sink: &mut Sink) {
        let Some((file, _)) = sources.iter().find(|(_, file)| file.role == Role::Settings) else { return };
        let settings = self.settings.as_ref();
        let written = self.places.single(Kind::Settings).and_then(|root| root.get("documents"));
        let mut told = false;
        for (rank, folder) in settings.into_iter().flat_map(|settings| &settings.documents).enumerate() {
            let inside = |path: &str| {
                folder.is_empty()
                    || path == folder
                    || path.strip_prefix(&**folder).is_some_and(|rest| rest.starts_with('/'))
            };
            let read = sources.iter().any(|(_, file)| file.role == Role::Document && inside(&file.path));
            if let (false, Some(node)) = (read, written.and_then(|list| list.items().get(rank))) {
                let message = format!("`{}` holds no document", syntax::shortened(folder));
                sink.push(
                    Diagnostic::new(codes::MISSING_FOLDER, node.span, message).help("mend the path, or add a document"),
                );
                told = true;
            }
        }
        // A suite alone tests nothing; what could not be read may be anything.
        let nothing =
            |kind| matches!(kind, Kind::Settings | Kind::Catalog | Kind::Identities | Kind::Environment | Kind::Suite);
        let any = lowered.iter().any(|lowered| lowered.kind.is_none_or(|kind| !nothing(kind)));
        if !any && !told && !sink.has_errors() {
            let message = "no policy, rule or exception was found";
            sink.push(
                Diagnostic::new(codes::NO_DOCUMENT, Span::whole(file), message)
                    .help("put documents into the folders named under `documents`; the default is `policies/`"),
            );
        }
    }

    fn finish(mut self, mut sink: Sink, now: Option<Time>) -> Compilation {
        self.documents.sort_by(|a, b| a.id().cmp(b.id()));
        self.environments.sort_by(|a, b| a.id.cmp(&b.id));
        sink.append(lint::run(&lint::View {
            documents: &self.documents,
            places: &self.places,
            sound: !sink.has_errors(),
            now,
        }));
        let settings = self.settings.unwrap_or_else(lower::default_settings);
        for span in self.gates.iter().filter(|_| settings.logs.is_empty()) {
            let message = "these gates are never judged: no log of recorded actions is named";
            let help = "name logs under `logs` in policyc.yaml, or give them to `policyc simulate` yourself";
            sink.push(Diagnostic::new(codes::GATES_NEVER_JUDGED, *span, message).help(help));
        }
        let mut bundle = None;
        let mut canonical = None;
        if !sink.has_errors() {
            let catalog = self.catalog.clone().unwrap_or_default();
            let made = Bundle::new(
                self.documents.par_iter().cloned().collect(),
                catalog,
                settings.default_effect,
                settings.session_ttl,
            );
            match canon::bundle(&made) {
                Ok(written) => (bundle, canonical) = (Some(made), Some(written)),
                Err(error) => sink.push(
                    Diagnostic::new(codes::BUG, Span::whole(FileId(0)), error.to_string())
                        .help("please report this repository"),
                ),
            }
        }
        Compilation {
            settings,
            documents: self.documents,
            catalog: self.catalog,
            identities: self.identities,
            environments: self.environments,
            bundle,
            canonical,
            places: self.places,
            versions: BTreeMap::new(),
            diagnostics: sink.into_sorted(),
        }
    }
}
