use std::path::Path;

use clap::ValueEnum;

use crate::canon;
use crate::cli::output::{self, say, say_json};
use crate::cli::session::{From, Session};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes, nearest};
use crate::model::{Document, DocumentId};
use crate::report::visible;
use crate::source::Format;

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The id of a policy, rule, exception or suite.
    id: String,
    /// As it is written, instead of what it means.
    #[arg(long, conflicts_with = "format")]
    source: bool,
    /// How to show what it means.
    #[arg(long, value_enum, default_value_t = ShowFormat::Yaml)]
    format: ShowFormat,
    #[command(flatten)]
    from: From,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    Yaml,
    Json,
}

/// Runs `show`.
///
/// # Errors
/// When there is no such document, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let session = Session::open(here, &args.from)?;
    if session.compilation.has_errors() {
        output::tell(&session)?;
        return Ok(Exit::Findings);
    }
    let document = find(&session, &args.id)?;
    if args.source {
        say(&visible(&source(&session, document.id())))?;
        return Ok(Exit::Clean);
    }
    let value = canon::document(document);
    match args.format {
        ShowFormat::Json => say_json(&value)?,
        ShowFormat::Yaml => say(&visible(&yaml(&value)))?,
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

/// The lines of a document; of Markdown the whole file, which is one document.
fn source(session: &Session, id: &DocumentId) -> String {
    let Some(span) = session.compilation.places.span(id, &[]) else { return String::new() };
    let text = session.sources.text(span.file);
    let file = session.sources.get(span.file);
    let shares = session.compilation.places.iter().filter(|(_, root)| root.span.file == span.file).count() > 1;
    if !shares || file.is_some_and(|file| file.format == Format::Markdown) {
        return text.to_owned();
    }
    let start = text.get(..span.start as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let end = text
        .get(span.end as usize..)
        .and_then(|after| after.find('\n'))
        .map_or(text.len(), |at| span.end as usize + at + 1);
    text.get(start..end).unwrap_or_default().to_owned()
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
