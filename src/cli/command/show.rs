use std::path::Path;

use clap::ValueEnum;

use crate::canon;
use crate::cli::history::{self, Branch};
use crate::cli::output::{self, say, say_json};
use crate::cli::session::{From, Session};
use crate::cli::sides;
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes, nearest};
use crate::host;
use crate::lifecycle::Version;
use crate::model::{Document, DocumentId};
use crate::report::visible;
use crate::source::Format;
use crate::syntax;

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The id of a policy, rule, exception or suite; with `@3` its third version, with `@REV` as it is at a revision.
    id: String,
    /// As it is written, instead of what it means.
    #[arg(long, conflicts_with = "format")]
    source: bool,
    /// How to show what it means.
    #[arg(long, value_enum, default_value_t = ShowFormat::Yaml)]
    format: ShowFormat,
    /// What it means, as sentences of the controlled English that compile to the same.
    #[arg(long = "as", value_name = "FORM", value_enum, conflicts_with_all = ["source", "format"])]
    form: Option<Form>,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    branch: Branch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    Yaml,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Prose,
}

/// Runs `show`.
///
/// # Errors
/// When there is no such document or version, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let Some((id, at)) = args.id.split_once('@') else { return current(args, &args.id, &args.from, here) };
    if args.from.rev.is_some() {
        return Err(Stop::Usage("name a version or revision after `@`, or with --rev, not both".to_owned()));
    }
    match sides::version_name(&args.id) {
        Some((id, number)) => version(args, id, number, here),
        None => current(args, id, &From { rev: Some(at.to_owned()), ..args.from.clone() }, here),
    }
}

/// A document of a folder or a revision.
fn current(args: &Args, id: &str, from: &From, here: &Path) -> Result<Exit, Stop> {
    let session = Session::open(here, from)?;
    if session.compilation.has_errors() {
        output::tell(&session)?;
        return Ok(Exit::Findings);
    }
    let document = find(&session, id)?;
    if args.source {
        written(&source(&session, document.id()))?;
        return Ok(Exit::Clean);
    }
    canonical(&canon::document(document), args)
}

/// A version of the protected branch.
fn version(args: &Args, id: &str, number: u64, here: &Path) -> Result<Exit, Stop> {
    let opened = history::open(here, &args.branch)?;
    let event = history::known_version(&opened.history, id, number)?;
    let version = Version::read(&opened.database, event)?;
    let version = version.ok_or_else(|| history::unreadable_version(event))?;
    if args.source {
        written(version.source())?;
        return Ok(Exit::Clean);
    }
    let Some((value, _)) = version.canonical() else {
        let message = format!("`{id}@{number}` was merged with errors and means nothing");
        let help = "`--source` shows what was written; `policyc check --rev REV` says what is wrong with it";
        return Err(Stop::World(Failure::new(codes::NOT_FOUND, message).help(help)));
    };
    canonical(&value, args)
}

/// What was written, as it was written: a person at a terminal sees controls, a file or pipe gets every byte.
fn written(text: &str) -> Result<(), Stop> {
    if host::stdout_is_terminal() || output::under_github() {
        return say(&visible(text));
    }
    Ok(host::print(text.as_bytes())?)
}

fn canonical(value: &serde_json::Value, args: &Args) -> Result<Exit, Stop> {
    if args.form == Some(Form::Prose) {
        let said = syntax::prose::say(value).map_err(|syntax::prose::Unsaid(why)| {
            let failure = Failure::new(codes::NOT_FOUND, format!("the document cannot be said in sentences: {why}"));
            Stop::World(failure.help("`policyc show ID` shows it as YAML"))
        })?;
        // Characters that nobody sees would not compile again as others: the text is given out as it is.
        written(&said)?;
        return Ok(Exit::Clean);
    }
    match args.format {
        ShowFormat::Json => say_json(value)?,
        ShowFormat::Yaml => say(&visible(&yaml(value)))?,
    }
    Ok(Exit::Clean)
}

fn find<'a>(session: &'a Session, id: &str) -> Result<&'a Document, Stop> {
    let found = DocumentId::parse(id).and_then(|id| session.compilation.document(&id));
    found.ok_or_else(|| {
        let failure = Failure::new(codes::NOT_FOUND, format!("no document has the id `{id}`"));
        let ids = session.compilation.documents.iter().map(|document| document.id().as_str());
        Stop::World(match nearest(id, ids) {
            Some(meant) => failure.help(format!("did you mean `{meant}`?")),
            None => failure.help("`policyc list` lists them"),
        })
    })
}

/// The text of a document, with the comments that belong to it; of Markdown the whole file, which is one document.
fn source(session: &Session, id: &DocumentId) -> String {
    let Some(span) = session.compilation.places.span(id, &[]) else { return String::new() };
    let Some(file) = session.sources.get(span.file) else { return String::new() };
    let (documents, _) = syntax::parse(span.file, file);
    let rank = documents.iter().position(|document| document.root.span == span).unwrap_or(0);
    syntax::own_text(session.sources.text(span.file), file.format, &documents, rank).to_owned()
}

/// The value as YAML, read again before it is shown: the writer leaves texts unquoted that others read as
/// something else.
fn yaml(value: &serde_json::Value) -> String {
    let text = serde_yaml::to_string(value).unwrap_or_default();
    let sources =
        crate::source::SourceSet::single("<stdin>", Format::Yaml, crate::source::Content::Text(text.as_str().into()));
    let read = sources.iter().flat_map(|(id, file)| crate::syntax::parse(id, file).0).next();
    if read.is_some_and(|document| document.root.to_json() == *value) {
        return text;
    }
    // JSON is YAML too, and leaves no doubt.
    crate::cli::output::pretty(value)
}
