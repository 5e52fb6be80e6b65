//! `compile --assist`: sentences that the grammar does not read are asked about, what comes back is held against everything
//! that is known, shown, and written down once a person has accepted it.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::ValueEnum;

use super::Stop;
use super::edits::{shown, side};
use super::output::{guarded, remark};
use super::session::Session;
use crate::assist::{self, Endpoint, Meaning, Names, Question, Reading, Sentences, Unasked, Wishes};
use crate::diag::{Diagnostic, Failure, Severity, codes};
use crate::diff::difference;
use crate::forge::net::Token;
use crate::host::{self, Folder, Http, Terminal, variable};
use crate::report::{self, Look, Proposals, Proposed, ProposedSentence, proposals_human};
use crate::source::{Content, Format, Role, SourceFile, SourceSet, lock_path};
use crate::syntax::prose::{self, Lock, Reading as Read, Said};
use crate::syntax::{self, Document, Node, Step, counted};
use crate::text::{FileId, Span};

/// Whether a model is asked.
#[derive(Debug, Clone, clap::Args)]
pub struct Assist {
    /// Ask a model what sentences mean that are not read, over the network; what it proposes is shown and asked about, and
    /// kept in `<file>.assist.lock.json`. The key comes from `GEMINI_API_KEY`. docs/assist.md.
    #[arg(long, value_name = "API")]
    assist: Option<Speaks>,
    /// Accept every reading that is proposed and can be taken, without being asked.
    #[arg(long, requires = "assist")]
    yes: bool,
}

/// The APIs that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Speaks {
    /// Google's Gemini API, or whatever speaks it at `POLICYC_ASSIST_URL`.
    Gemini,
}

/// A document with sentences that are not read.
struct Unread<'a> {
    file: &'a SourceFile,
    /// What was accepted before.
    lock: Lock,
    kind: Option<String>,
    /// The sentences, each once, with the place where it stands first.
    sentences: Vec<(Span, String)>,
    /// The sentences of the document that use what was accepted.
    kept: BTreeSet<String>,
}

/// What came of the sentences of a document, and the lock that holds what can be taken.
struct Weighed {
    outcomes: Vec<Proposed>,
    lock: Lock,
    after: Session,
}

impl Assist {
    /// Whether a model is to be asked.
    pub fn is_wanted(&self) -> bool {
        self.assist.is_some()
    }

    /// Asks about every sentence that is not read, and writes down what is accepted. Whether anything was.
    ///
    /// # Errors
    /// When a model cannot be asked, its answer cannot be used, or nobody is there to accept it.
    pub fn run(&self, session: &Session) -> Result<bool, Stop> {
        let unread = unread(session);
        if unread.is_empty() {
            remark("assist: every sentence is read; no model is asked");
            return Ok(false);
        }
        let endpoint = endpoint(session)?;
        let key = key()?;
        let mut http =
            Http::within(&endpoint.api, Duration::from_secs(endpoint.timeout_seconds), assist::MAX_ANSWER_BYTES)?;
        let (mut written, mut pending) = (false, 0);
        for document in &unread {
            let question = question(document, session)?;
            told_of(document, &question, &endpoint);
            let readings = assist::ask(&endpoint, &key, &question, &mut http)?;
            let weighed = weigh(session, document, &readings, &endpoint.model);
            let proposals = proposals(session, document, &weighed, &endpoint.model);
            show(&proposals);
            match proposals.usable() {
                0 => remark(&format!("{}: nothing can be taken, so nothing is written", document.file.path)),
                count if self.is_accepted(count, &document.file.path, &mut pending) => {
                    write(session, document, &weighed.lock)?;
                    written = true;
                }
                _ => {}
            }
        }
        if pending > 0 {
            let are = if pending == 1 { "is" } else { "are" };
            let message = format!(
                "{} {are} proposed, and nobody has accepted {}; nothing is written",
                counted(pending, "reading"),
                if pending == 1 { "it" } else { "them" }
            );
            let help = "run it on a terminal, where it asks, or with --yes";
            return Err(Stop::Nothing(Failure::new(codes::NOT_ACCEPTED, message).help(help)));
        }
        Ok(written)
    }

    /// Whether somebody accepts so many readings; where nobody can be asked they are counted as pending.
    fn is_accepted(&self, count: usize, path: &str, pending: &mut usize) -> bool {
        if self.yes {
            return true;
        }
        if !host::stdin_is_terminal() || !host::stderr_is_terminal() {
            *pending += count;
            return false;
        }
        let what = counted(count, "proposed reading");
        host::print_error(&format!("Accept the {what} for {}? [y/N] ", report::visible_line(path)));
        let said = host::read_line().unwrap_or_default();
        let accepted = matches!(said.trim().to_ascii_lowercase().as_str(), "y" | "yes");
        if !accepted {
            remark("not accepted; nothing is written");
        }
        accepted
    }
}

/// The documents with sentences that are not read, in the order of their files.
fn unread(session: &Session) -> Vec<Unread<'_>> {
    let prose = |file: &SourceFile| file.role == Role::Document && file.format == Format::Markdown;
    let files = session.sources.iter().filter(|(_, file)| prose(file));
    files.filter_map(|(id, file)| unread_of(id, file)).collect()
}

fn unread_of(id: FileId, file: &SourceFile) -> Option<Unread<'_>> {
    let (documents, _) = syntax::parse(id, file);
    let document = documents.first()?;
    let said = document.prose.as_deref().map(|prose| prose.sentences.as_slice()).unwrap_or_default();
    let mut sentences: Vec<(Span, String)> = Vec::new();
    for one in said.iter().filter(|one| one.reading == Read::Unread) {
        let text = prose::folded(&one.text);
        if !sentences.iter().any(|(_, known)| *known == text) {
            sentences.push((one.span, text));
        }
    }
    if sentences.is_empty() {
        return None;
    }
    let Ok(lock) = Lock::beside(file.assist.as_ref()) else {
        remark(&format!("{}: not asked about, since what was accepted of it cannot be read", file.path));
        return None;
    };
    let is_kept = |one: &&Said| matches!(one.reading, Read::Accepted(_));
    let kept = said.iter().filter(is_kept).map(|one| prose::folded(&one.text)).collect();
    Some(Unread { file, lock, kind: kind(&document.root), sentences, kept })
}

/// What kind of document it is, as far as its keys say; `None`: sentences of any kind may be proposed, and what it is then is
/// shown with the rest.
fn kind(root: &Node) -> Option<String> {
    let keyed = |keys: &[&str]| keys.iter().any(|key| root.get(key).is_some());
    match root.get("kind").and_then(Node::text) {
        Some(kind) => Some(kind.to_owned()),
        None if keyed(&["policy_effect"]) => Some("rule".to_owned()),
        None if keyed(&["scope", "target_id", "enabled", "name"]) => Some("policy".to_owned()),
        None => None,
    }
}

/// Who is asked.
fn endpoint(session: &Session) -> Result<Endpoint, Failure> {
    let wishes = Wishes { url: variable("POLICYC_ASSIST_URL"), model: variable("POLICYC_ASSIST_MODEL") };
    Endpoint::new(&session.compilation.settings.assist, &wishes).map_err(|why| match why {
        Unasked::BadAddress(of, why) => {
            Failure::new(codes::ASSIST, format!("{of} cannot be used: {why}")).help("write it as https://HOST, without a key")
        }
        Unasked::BadModel(of) => Failure::new(codes::ASSIST, format!("{of} names no model"))
            .help("write the bare name, such as `gemini-2.5-flash`"),
        Unasked::OnlySettings(host) => {
            let message = format!("only `assist.base_url` in policyc.yaml names {host}, and your key is not sent there");
            Failure::new(codes::ASSIST, message).help(
                "whoever opens a pull request can write policyc.yaml; if you trust the address with your key, set POLICYC_ASSIST_URL to it",
            )
        }
    })
}

/// The key, from the environment and nowhere else.
fn key() -> Result<Token, Failure> {
    let Some(secret) = variable("GEMINI_API_KEY") else {
        let help = "set it to a key of the Gemini API; `policyc compile` without --assist needs no key and no network";
        return Err(Failure::new(codes::ASSIST, "GEMINI_API_KEY is not set, so no model can be asked").help(help));
    };
    Token::new(&secret).ok_or_else(|| {
        Failure::new(codes::ASSIST, "GEMINI_API_KEY holds characters that no key has").help("set it again")
    })
}

fn question(document: &Unread<'_>, session: &Session) -> Result<Question, Stop> {
    let texts = document.sentences.iter().map(|(_, text)| text.clone()).collect();
    let of = Sentences { kind: document.kind.clone(), texts };
    Question::new(&of, session.compilation.catalog.as_ref()).map_err(|why| {
        let message = format!("`{}` cannot be asked about: {why}", document.file.path);
        Stop::Nothing(Failure::new(codes::ASSIST, message).help("make several documents of it, or shorter sentences"))
    })
}

fn told_of(document: &Unread<'_>, question: &Question, endpoint: &Endpoint) {
    let (model, host) = (&endpoint.model, endpoint.api.host());
    let count = counted(question.count, "sentence");
    remark(&format!("assist: asking `{model}` at {host} about {count} of {}", document.file.path));
    if question.left_out > 0 {
        let left = counted(question.left_out, "action");
        remark(&format!("warning: the catalog is long: {left} are not told to the model"));
    }
}

/// What can be taken of what was answered: the grammar reads it, no name in it is invented, and no error comes with it.
fn weigh(session: &Session, document: &Unread<'_>, readings: &[Reading], model: &str) -> Weighed {
    let names = Names::of(session.compilation.catalog.as_ref());
    let mut outcomes: Vec<Proposed> = (0..document.sentences.len())
        .map(|rank| match readings.iter().find(|reading| reading.sentence == rank).map(|reading| &reading.meaning) {
            None => Proposed::Silent,
            Some(Meaning::Refused(why)) => Proposed::Refused(why.clone()),
            Some(Meaning::Sentences(means)) => match document.fault(rank, means, &names) {
                None => Proposed::Reading { means: means.clone(), sets: Vec::new() },
                Some(why) => Proposed::Unusable { means: means.clone(), why },
            },
        })
        .collect();
    // Each round gives up at least one reading, or is the last.
    loop {
        let lock = document.locked(&mut outcomes, model);
        let after = session.with(document.sources(session, &lock));
        if !give_up(session, &after, document, &mut outcomes) {
            return Weighed { outcomes, lock, after };
        }
    }
}

/// Gives up the readings that errors come with; false where none comes.
fn give_up(before: &Session, after: &Session, document: &Unread<'_>, outcomes: &mut [Proposed]) -> bool {
    let is_of = |span: Span, found: &Diagnostic| {
        let places = std::iter::once(found.span).chain(found.labels.iter().map(|label| label.span));
        places.into_iter().any(|place| within(place, span))
    };
    let is_taken = |outcome: &Proposed| matches!(outcome, Proposed::Reading { .. });
    let is_error = |found: &&Diagnostic| found.severity() == Severity::Error;
    let known: BTreeSet<(&str, Span)> =
        before.compilation.diagnostics.iter().filter(is_error).map(|found| (found.code.id(), found.span)).collect();
    // The text is the same, so what was wrong before is wrong at the same place; a sentence that has a reading has no error.
    let is_new = |found: &Diagnostic| {
        let mut asked = document.sentences.iter().zip(&*outcomes);
        match asked.find(|((span, _), _)| within(found.span, *span)) {
            Some((_, outcome)) => is_taken(outcome),
            None => !known.contains(&(found.code.id(), found.span)),
        }
    };
    let errors: Vec<Diagnostic> =
        after.compilation.diagnostics.iter().filter(is_error).filter(|found| is_new(found)).cloned().collect();
    let mut any = false;
    // An error that is at no sentence may come of any of them.
    for all in [false, true] {
        for ((span, _), outcome) in document.sentences.iter().zip(outcomes.iter_mut()) {
            let found = errors.iter().find(|found| all || is_of(*span, found));
            if let (Some(found), Proposed::Reading { means, .. }) = (found, &*outcome) {
                let why = format!("it brings an error: {} {}", found.code.id(), found.message);
                *outcome = Proposed::Unusable { means: means.clone(), why };
                any = true;
            }
        }
        if any {
            break;
        }
    }
    any
}

impl Unread<'_> {
    /// Why a reading cannot be taken, before it is compiled.
    fn fault(&self, rank: usize, means: &[String], names: &Names) -> Option<String> {
        let (_, sentence) = self.sentences.get(rank)?;
        means.iter().find_map(|one| {
            if self.sentences.iter().any(|(_, unread)| unread.eq_ignore_ascii_case(one)) {
                return Some("it says the sentence again, which is not read".to_owned());
            }
            if let Err(why) = prose::reads(one, self.kind.as_deref()) {
                return Some(format!("the grammar does not read `{one}`: {why}"));
            }
            // A word that a reading defines is known to nobody else, and the sentence would be gone.
            if prose::stray(one, &[]).is_none() {
                return Some(format!("`{one}` demands nothing"));
            }
            let invented = names.invented(one, sentence)?;
            Some(format!("`{invented}` stands neither in the sentence nor in the catalog, and names are not invented"))
        })
    }

    /// What was accepted before and is still used, and what can be taken now.
    fn locked(&self, outcomes: &mut [Proposed], model: &str) -> Lock {
        let mut lock = self.lock.clone();
        lock.keep(|sentence| self.kept.contains(sentence));
        for ((_, sentence), outcome) in self.sentences.iter().zip(outcomes) {
            let Proposed::Reading { means, .. } = outcome else { continue };
            if let Err(why) = lock.accept(sentence, means, model) {
                let why = format!("it could not be kept: {why}");
                *outcome = Proposed::Unusable { means: means.clone(), why };
            }
        }
        lock
    }

    /// Everything that is read, with this lock beside the document.
    fn sources(&self, session: &Session, lock: &Lock) -> SourceSet {
        let assist = Some(Content::decode(lock.write().into_bytes()));
        let files = session.sources.iter().map(|(_, file)| {
            let assist = if file.path == self.file.path { assist.clone() } else { file.assist.clone() };
            SourceFile { assist, ..file.clone() }
        });
        SourceSet::new(files.collect())
    }
}

/// What is shown to the person who is to accept it.
fn proposals(session: &Session, document: &Unread<'_>, weighed: &Weighed, model: &str) -> Proposals {
    let after = &weighed.after;
    let id = after.sources.find(&document.file.path);
    let file = id.and_then(|id| Some((id, after.sources.get(id)?)));
    let documents = file.map(|(id, file)| syntax::parse(id, file).0).unwrap_or_default();
    let (lines, text) = id.map(|id| (after.sources.lines(id), after.sources.text(id))).unzip();
    let line = |span: Span| match (&lines, text) {
        (Some(lines), Some(text)) => lines.position(text, span.start as usize).line,
        _ => 0,
    };
    let sentences = document.sentences.iter().zip(&weighed.outcomes).map(|((span, text), outcome)| {
        let outcome = match outcome {
            Proposed::Reading { means, .. } => {
                Proposed::Reading { means: means.clone(), sets: sets(&documents, *span) }
            }
            other => other.clone(),
        };
        ProposedSentence { line: line(*span), text: text.clone(), outcome }
    });
    let of = difference(&side(&session.compilation), &side(&after.compilation));
    let (base, head) = (shown("as it is read now", session), shown("with what is proposed", after));
    // A document that is in error still is none, and then "no difference" would be no truth.
    let is_whole = after.compilation.places.iter().any(|(_, root)| Some(root.span.file) == id);
    Proposals {
        file: document.file.path.clone(),
        model: model.to_owned(),
        sentences: sentences.collect(),
        change: is_whole.then(|| report::diff(&of, base, head)),
    }
}

/// The fields that a sentence sets: every field keeps the place of what it was read from.
fn sets(documents: &[Document], span: Span) -> Vec<(Vec<Step>, serde_json::Value)> {
    let mut found = Vec::new();
    for document in documents {
        inside(&document.root, span, &mut Vec::new(), &mut found);
    }
    found
}

fn inside(node: &Node, span: Span, steps: &mut Vec<Step>, found: &mut Vec<(Vec<Step>, serde_json::Value)>) {
    if is_whole_within(node, span) {
        found.push((steps.clone(), node.to_json()));
        return;
    }
    for entry in node.entries() {
        steps.push(Step::Key(entry.key.to_string()));
        inside(&entry.value, span, steps, found);
        steps.pop();
    }
    for (rank, item) in node.items().iter().enumerate() {
        steps.push(Step::Index(rank));
        inside(item, span, steps, found);
        steps.pop();
    }
}

/// Whether a value, and everything in it, was read from one place.
fn is_whole_within(node: &Node, span: Span) -> bool {
    within(node.span, span)
        && node.entries().iter().all(|entry| is_whole_within(&entry.value, span))
        && node.items().iter().all(|item| is_whole_within(item, span))
}

fn within(inner: Span, outer: Span) -> bool {
    inner.file == outer.file && inner.start >= outer.start && inner.end <= outer.end
}

/// Shows proposals beside the result of the command.
fn show(proposals: &Proposals) {
    let terminal = Terminal::of_stderr();
    let look = Look { colour: terminal.colour, width: terminal.width, lines: false };
    host::print_error(&guarded(&format!("\n{}", proposals_human(proposals, look))));
}

/// Writes the lock of a document, unless it is no longer what was read.
fn write(session: &Session, document: &Unread<'_>, lock: &Lock) -> Result<(), Stop> {
    let path = lock_path(&document.file.path);
    let refused = |message: String, help: &str| Stop::World(Failure::new(codes::CHANGED_MEANWHILE, message).help(help));
    if let Some(link) = Folder::new(&session.root).link_on_the_way(&path) {
        return Err(refused(
            format!("`{link}` is a link, and nothing is written behind it"),
            "put a plain folder there",
        ));
    }
    let old = match &document.file.assist {
        Some(Content::Text(text)) => Some(text.as_bytes()),
        _ => None,
    };
    if !host::replace(&session.root.join(&path), old, Some(lock.write().as_bytes()))? {
        return Err(refused(format!("`{path}` changed while it was being asked about"), "run the command again"));
    }
    remark(&format!("assist: wrote {path}; commit it beside the document"));
    Ok(())
}
