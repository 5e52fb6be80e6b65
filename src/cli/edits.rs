//! Edits of the work tree: made in memory, proven by compiling all of it, shown, and only then written.

use std::collections::BTreeMap;
use std::path::Path;

use super::output::{self, Formats, Place, say, say_json};
use super::session::{From, Session};
use super::words::Shown;
use super::{Exit, Stop};
use crate::canon;
use crate::compile::Compilation;
use crate::diag::{Diagnostic, Failure, Severity, codes, nearest};
use crate::diff::{Side, difference, settings};
use crate::effects::{self, Limits};
use crate::host::{self, Folder, Terminal};
use crate::lifecycle;
use crate::model::{Document, DocumentId};
use crate::report::{self, DiffSide, EditLook, EditReport, EditedFile, EffectsOf, FieldEdit, Look};
use crate::source::{Content, Format, Role, SourceFile, SourceSet, document_format, is_document};
use crate::syntax::{self, Field, Node, Operation, Refusal};
use crate::text::Digest;

/// How an edit is made and shown.
#[derive(Debug, Clone, clap::Args)]
pub struct How {
    /// Show what would change, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// How to show what changes.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    pub format: Shown,
}

/// The files of a policy repository with edits that are not written yet.
pub struct Edits {
    before: Session,
    /// The new texts of files; `None`: the file goes.
    files: BTreeMap<String, Option<String>>,
    fields: Vec<FieldEdit>,
    /// What the documents said whose fields change.
    originals: BTreeMap<String, Digest>,
    /// What to know about the change.
    pub remarks: Vec<String>,
    /// Whether to tell which actions the change permits and forbids.
    pub with_effects: bool,
}

/// Where a document is written.
pub struct Located {
    pub path: String,
    format: Format,
    rank: usize,
    pub root: Node,
}

impl Edits {
    /// The files of the policy repository around a folder, unchanged.
    ///
    /// # Errors
    /// When there is none, or the world cannot answer.
    pub fn open(here: &Path) -> Result<Self, Stop> {
        let before = Session::open(here, &From { rev: None, now: None })?;
        let (files, fields, originals) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        Ok(Self { before, files, fields, originals, remarks: Vec::new(), with_effects: false })
    }

    /// The policies before the edits.
    pub fn before(&self) -> &Session {
        &self.before
    }

    /// What a document means before the edits; `None` where it is in error.
    pub fn meaning(&self, id: &str) -> Option<&Document> {
        DocumentId::parse(id).and_then(|id| self.before.compilation.document(&id))
    }

    fn text<'a>(&'a self, file: &'a SourceFile) -> Option<&'a str> {
        match (self.files.get(&file.path), &file.content) {
            (Some(text), _) => text.as_deref(),
            (None, Content::Text(text)) => Some(text),
            (None, _) => None,
        }
    }

    /// Where a document is written, as the edits have it.
    ///
    /// # Errors
    /// When there is none, there are several, or its file cannot be read.
    pub fn locate(&self, id: &str) -> Result<Located, Stop> {
        let mut found = Vec::new();
        let mut unreadable = Vec::new();
        for (_, file) in self.before.sources.iter().filter(|(_, file)| file.role == Role::Document) {
            let Some(text) = self.text(file) else { continue };
            let may_hold = text.contains(id) || text.contains('\\') || stem(&file.path) == id;
            if !may_hold {
                continue;
            }
            let content = Content::decode(text.as_bytes().to_vec());
            let sources = SourceSet::single(&file.path, file.format, content);
            for (at, source) in sources.iter() {
                let (documents, sink) = syntax::parse(at, source);
                if sink.has_errors() {
                    unreadable.push(file.path.clone());
                }
                let bears = |document: &syntax::Document| match document.root.get("id") {
                    Some(written) => written.text() == Some(id),
                    None => document.alone && stem(&file.path) == id,
                };
                let ranked = documents.into_iter().enumerate().filter(|(_, document)| bears(document));
                found.extend(ranked.map(|(rank, document)| Located {
                    path: file.path.clone(),
                    format: file.format,
                    rank,
                    root: document.root,
                }));
            }
        }
        self.only(id, found, &unreadable)
    }

    fn only(&self, id: &str, mut found: Vec<Located>, unreadable: &[String]) -> Result<Located, Stop> {
        let refused =
            |message: String, help: &str| Err(Stop::Nothing(Failure::new(codes::NOT_EDITED, message).help(help)));
        match (found.pop(), found.first()) {
            (Some(only), None) if unreadable.contains(&only.path) => {
                refused(format!("`{}` cannot be read", only.path), "mend it first; `policyc check` tells what is wrong")
            }
            (Some(only), None) => Ok(only),
            (Some(one), Some(other)) => refused(
                format!("the id `{id}` is used twice: in `{}` and `{}`", other.path, one.path),
                "give one of the two another id first",
            ),
            (None, _) if !unreadable.is_empty() => refused(
                format!("`{}` may hold `{id}`, and cannot be read", unreadable.join("`, `")),
                "mend it first; `policyc check` tells what is wrong",
            ),
            (None, _) => Err(self.unknown(id)),
        }
    }

    fn unknown(&self, id: &str) -> Stop {
        let failure = Failure::new(codes::NOT_FOUND, format!("no document has the id `{id}`"));
        let ids = self.before.compilation.documents.iter().map(|document| document.id().as_str());
        Stop::World(match nearest(id, ids) {
            Some(meant) => failure.help(format!("did you mean `{meant}`?")),
            None => failure.help("`policyc list` lists them"),
        })
    }

    /// Changes a field of a document.
    ///
    /// # Errors
    /// When that cannot be done, or changes nothing.
    pub fn change(&mut self, id: &str, field: &Field, operation: &Operation) -> Result<(), Stop> {
        let located = self.locate(id)?;
        let (wanted, steps) = field.changed(&located.root, operation).map_err(refused)?;
        let text = self.current(&located)?;
        let new = syntax::rewritten(&text, located.format, located.rank, &wanted).map_err(refused)?;
        let original = || lifecycle::source_digest(&located.root);
        self.originals.entry(id.to_owned()).or_insert_with(original);
        self.note(id, &located.root, &wanted, steps, operation);
        self.files.insert(located.path, Some(new));
        Ok(())
    }

    fn current(&self, located: &Located) -> Result<String, Stop> {
        let file = self.before.sources.iter().find(|(_, file)| file.path == located.path);
        let text = file.and_then(|(_, file)| self.text(file)).map(str::to_owned);
        text.ok_or_else(|| Stop::World(Failure::new(codes::BUG, format!("`{}` has no text", located.path))))
    }

    /// Notes what is told of a field: the whole of it, or the entry that came to its list or left it.
    fn note(&mut self, id: &str, old: &Node, new: &Node, mut steps: Vec<syntax::Step>, operation: &Operation) {
        let (before, after) = match operation {
            Operation::Add(entry) => {
                let last = new.at(&steps).map_or(0, |list| list.items().len()).saturating_sub(1);
                steps.push(last.into());
                (None, Some(entry.clone()))
            }
            Operation::Take(entry) => {
                let items = old.at(&steps).map_or(&[][..], Node::items);
                let rank = items.iter().position(|item| item.to_json() == entry.to_json()).unwrap_or(0);
                steps.push(rank.into());
                (Some(entry.clone()), None)
            }
            Operation::Set(_) | Operation::Unset => (old.at(&steps).cloned(), new.at(&steps).cloned()),
        };
        self.fields.push(FieldEdit { id: id.to_owned(), steps, before, after });
    }

    /// Takes a document out of its file; a file that held nothing else goes.
    ///
    /// # Errors
    /// When there is no such document, or it cannot be taken out alone.
    pub fn take_out(&mut self, id: &str) -> Result<(), Stop> {
        let located = self.locate(id)?;
        let text = self.current(&located)?;
        let new = syntax::without_document(&text, located.format, located.rank).map_err(refused)?;
        self.files.insert(located.path, new);
        Ok(())
    }

    /// Puts a new file down.
    ///
    /// # Errors
    /// When something is there, or nothing would be read there.
    pub fn create(&mut self, path: &str, text: String) -> Result<(), Stop> {
        let root = &self.before.root;
        if self.before.sources.find(path).is_some() || host::exists(&root.join(path)) {
            let failure = Failure::new(codes::WOULD_OVERWRITE, format!("`{path}` is there already"));
            return Err(Stop::World(failure.help("name another file with --file; nothing is written over")));
        }
        let folders = &self.before.compilation.settings.documents;
        let read = folders.iter().any(|folder| super::session::is_below(path, folder)) && is_document(path, false);
        if !read || document_format(path) != Some(Format::Yaml) {
            let message = format!("`{path}` is no YAML file in a folder of documents");
            let help = format!(
                "name a file below {}",
                folders.iter().map(|folder| format!("`{folder}/`")).collect::<Vec<_>>().join(" or ")
            );
            return Err(Stop::Nothing(Failure::new(codes::NOT_EDITED, message).help(help)));
        }
        if let Some(link) = Folder::new(root).link_on_the_way(path) {
            let message = format!("`{link}` is a link, and nothing is read or written behind it");
            return Err(Stop::Nothing(Failure::new(codes::NOT_EDITED, message).help("name another file with --file")));
        }
        self.files.insert(path.to_owned(), Some(text));
        Ok(())
    }

    /// Everything that is read, with the edits.
    fn sources(&self) -> SourceSet {
        let kept = |(_, file): (_, &SourceFile)| match self.files.get(&file.path) {
            Some(None) => None,
            Some(Some(text)) => {
                Some(SourceFile { content: Content::decode(text.clone().into_bytes()), ..file.clone() })
            }
            None => Some(file.clone()),
        };
        let mut files: Vec<SourceFile> = self.before.sources.iter().filter_map(kept).collect();
        for (path, text) in &self.files {
            if let (Some(text), None) = (text, self.before.sources.find(path)) {
                let content = Content::decode(text.clone().into_bytes());
                let format = document_format(path).unwrap_or(Format::Yaml);
                files.push(SourceFile {
                    path: path.clone(),
                    role: Role::Document,
                    format,
                    content,
                    tracked: None,
                    assist: None,
                });
            }
        }
        SourceSet::new(files)
    }

    /// Compiles what would be written, shows what changes, and writes it unless errors would come with it.
    ///
    /// # Errors
    /// When nothing changes, the files changed meanwhile, or cannot be written.
    pub fn finish(self, how: &How) -> Result<Exit, Stop> {
        self.refuse_empty()?;
        let after = self.before.with(self.sources());
        let fresh = fresh(&self.before, &after);
        let (errors, warnings): (Vec<_>, Vec<_>) =
            fresh.into_iter().partition(|found| found.severity() == Severity::Error);
        let sound = errors.is_empty();
        if sound && !how.dry_run {
            self.write()?;
        }
        let report = self.report(&after, (&errors, &warnings), sound && !how.dry_run);
        match how.format {
            Shown::Json => say_json(&report)?,
            Shown::Human if !sound => {
                output::findings(&Formats::human(), &after, &errors, &after.root, Place::Talk)?;
                output::remark("the change would bring these errors, so nothing was written");
            }
            Shown::Human => {
                if !warnings.is_empty() {
                    output::findings(&Formats::human(), &after, &warnings, &after.root, Place::Talk)?;
                }
                let terminal = Terminal::of_stdout();
                let look = Look { colour: terminal.colour, width: terminal.width, lines: false };
                say(&report::edit_human(&report, EditLook { look, dry_run: how.dry_run }))?;
            }
        }
        Ok(if sound { Exit::Clean } else { Exit::Findings })
    }

    /// What is written already in other words is no change.
    fn refuse_empty(&self) -> Result<(), Stop> {
        let mut same = !self.originals.is_empty();
        for (id, old) in &self.originals {
            same &= lifecycle::source_digest(&self.locate(id)?.root) == *old;
        }
        if same {
            let failure = Failure::new(codes::NOTHING_TO_DO, "all of it together changes nothing");
            return Err(Stop::Nothing(failure.help("nothing was written")));
        }
        Ok(())
    }

    fn report(&self, after: &Session, (errors, warnings): (&[Diagnostic], &[Diagnostic]), written: bool) -> EditReport {
        let (base, head) = (shown("before", &self.before), shown("after", after));
        let both = self.before.compilation.bundle.as_ref().zip(after.compilation.bundle.as_ref());
        let (old, new) = (side(&self.before.compilation), side(&after.compilation));
        let of = both.map(|_| difference(&old, &new));
        let effects = both.zip(of.as_ref()).filter(|_| self.with_effects).map(|(bundles, of)| {
            let found = effects::effects(bundles.0, bundles.1, Limits::default());
            let (settings, difference) = (&settings(&old, &new)[..], of.direction());
            report::effects(&EffectsOf {
                base,
                head,
                bundles,
                effects: &found,
                settings,
                difference,
                occurrences: None,
            })
        });
        let findings =
            |found: &[Diagnostic]| report::findings(found, report::Counts::of(found), &after.sources, None).findings;
        let file = |(path, text): (&String, &Option<String>)| {
            let fate = match (self.before.sources.find(path), text) {
                (_, None) => "removed",
                (None, _) => "created",
                _ => "changed",
            };
            EditedFile { file: path.clone(), fate }
        };
        EditReport {
            schema: "policyc.edit/v1",
            written,
            files: self.files.iter().map(file).collect(),
            fields: self.fields.iter().map(|edit| report::edited_field(edit, base, head)).collect(),
            change: of.map(|of| report::diff(&of, base, head)),
            effects,
            remarks: self.remarks.clone(),
            errors: findings(errors),
            warnings: findings(warnings),
        }
    }

    /// Writes the files, unless one of them is no longer what was read: then those before it are put back.
    fn write(&self) -> Result<(), Stop> {
        let mut written = Vec::new();
        for (path, text) in &self.files {
            let full = self.before.root.join(path);
            let old = self.before.sources.find(path).map(|id| self.before.sources.text(id).as_bytes());
            let new = text.as_ref().map(String::as_bytes);
            let failure = match host::replace(&full, old, new) {
                Ok(true) => {
                    written.push((full, old, new));
                    continue;
                }
                Ok(false) => {
                    Failure::new(codes::CHANGED_MEANWHILE, format!("`{path}` changed while it was being edited"))
                        .help("run the command again")
                }
                Err(failure) => failure,
            };
            for (full, old, new) in written {
                let _ = host::replace(&full, new, old);
            }
            return Err(Stop::World(failure));
        }
        Ok(())
    }

    /// The canonical value at a field, where the document means something.
    pub fn meant(&self, id: &str, field: &Field) -> Option<serde_json::Value> {
        let located = self.locate(id).ok()?;
        let steps = field.steps(&located.root).ok()?;
        let mut value = canon::document(self.meaning(id)?);
        for step in steps {
            value = match step {
                syntax::Step::Key(key) => value.get_mut(key)?.take(),
                syntax::Step::Index(rank) => value.get_mut(rank)?.take(),
            };
        }
        Some(value)
    }
}

/// A refusal of an edit, as commands end with it.
pub fn refused(refusal: Refusal) -> Stop {
    let code = if refusal.nothing { codes::NOTHING_TO_DO } else { codes::NOT_EDITED };
    Stop::Nothing(Failure::new(code, refusal.message).help(refusal.help))
}

/// A session as one side of what is shown.
pub fn shown<'a>(name: &'a str, session: &'a Session) -> DiffSide<'a> {
    DiffSide { name, compilation: &session.compilation, sources: &session.sources }
}

/// What is compared of a compilation.
pub fn side(of: &Compilation) -> Side<'_> {
    Side {
        documents: &of.documents,
        catalog: of.catalog.as_ref(),
        settings: &of.settings,
        identities: of.identities.as_ref(),
        environments: &of.environments,
    }
}

/// The findings that were not there before; lines may have moved.
fn fresh(before: &Session, after: &Session) -> Vec<Diagnostic> {
    let told = |session: &Session, found: &Diagnostic| {
        (found.code.id(), session.sources.path(found.span.file).to_owned(), found.message.clone())
    };
    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    for found in &before.compilation.diagnostics {
        *known.entry(told(before, found)).or_default() += 1;
    }
    let is_fresh = |found: &&Diagnostic| match known.get_mut(&told(after, found)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    };
    after.compilation.diagnostics.iter().filter(is_fresh).cloned().collect()
}

/// A file's name without its ending.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
