use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::cli::assist::Assist;
use crate::cli::output::{self, Formats, Place};
use crate::cli::session::{self, From, Session};
use crate::cli::{Exit, Stop};
use crate::compile::{self, Compilation};
use crate::host;
use crate::model::Document;
use crate::report;
use crate::source::{Format, SourceSet};
use crate::syntax::counted;

/// Arguments of `compile`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these files and folders; `-` reads one source from standard input.
    #[arg(value_name = "PATHS")]
    paths: Vec<PathBuf>,
    /// Write the canonical bundle to this file; `-` for standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write where each part of each document stands to this file.
    #[arg(long, value_name = "FILE")]
    origins: Option<PathBuf>,
    /// The form of standard input.
    #[arg(long, value_name = "FORMAT")]
    source_format: Option<SourceFormat>,
    /// Fail on warnings too.
    #[arg(long)]
    deny_warnings: bool,
    #[command(flatten)]
    assist: Assist,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    formats: Formats,
}

/// The forms a source on standard input can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SourceFormat {
    /// YAML.
    Yaml,
    /// YAML.
    Yml,
    /// JSON.
    Json,
    /// Markdown.
    Markdown,
    /// Markdown.
    Md,
    /// Sentences of the controlled English.
    Prose,
}

impl SourceFormat {
    fn format(self) -> Format {
        match self {
            Self::Yaml | Self::Yml => Format::Yaml,
            Self::Json => Format::Json,
            Self::Markdown | Self::Md => Format::Markdown,
            Self::Prose => Format::Prose,
        }
    }
}

/// Runs `compile`.
///
/// # Errors
/// When the command line does not fit, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let from_stdin = args.paths.iter().any(|path| path.as_os_str() == "-");
    let to_stdout = [&args.output, &args.origins].into_iter().flatten().filter(|file| file.as_os_str() == "-").count();
    if to_stdout > 1 || (to_stdout == 1 && !args.formats.is_human()) {
        return Err(Stop::Usage("only one result can go to standard output; write the others to files".to_owned()));
    }
    refuse_assist(args, from_stdin)?;
    let mut session = open(args, here, from_stdin)?;
    // What was accepted is read from where it was written.
    if args.assist.is_wanted() && args.assist.run(&session)? {
        session = open(args, here, from_stdin)?;
    }
    session.compilation.lint_regions();
    let results = [&args.output, &args.origins].into_iter().flatten().filter(|file| file.as_os_str() != "-");
    output::refuse_sources(results.map(PathBuf::as_path).chain(args.formats.files()), here, &session)?;
    let found = &session.compilation.diagnostics;
    let exit = output::exit(found, args.deny_warnings);
    if from_stdin && args.formats.is_json() {
        output::say_json(&report::single(&session.compilation, &session.sources))?;
    } else {
        output::findings(&args.formats, &session, found, here, Place::Talk)?;
    }
    if exit == Exit::Clean {
        write(args, here, &session)?;
    }
    if args.formats.is_human() {
        let summary = summary(&session, exit, from_stdin);
        if to_stdout > 0 {
            host::print_error(&output::guarded(&summary));
        } else {
            output::say(&summary)?;
        }
    }
    // The process ends now; the system takes all memory back at once, faster than we could piece by piece.
    std::mem::forget(session);
    Ok(exit)
}

/// What is compiled.
fn open(args: &Args, here: &Path, from_stdin: bool) -> Result<Session, Stop> {
    match (from_stdin, args.source_format) {
        (false, Some(_)) => Err(Stop::Usage("--source-format is for standard input: `compile -`".to_owned())),
        (false, None) => Session::open_only(here, &args.from, &args.paths),
        (true, _) if args.paths.len() > 1 || args.from.rev.is_some() => {
            Err(Stop::Usage("`-` stands alone, without other paths and without --rev".to_owned()))
        }
        (true, None) => {
            Err(Stop::Usage("say what standard input holds: --source-format yaml, json, markdown or prose".to_owned()))
        }
        (true, Some(format)) => stdin(here, format.format(), &args.from),
    }
}

/// What is accepted is written beside a file, so there must be one.
fn refuse_assist(args: &Args, from_stdin: bool) -> Result<(), Stop> {
    let refused = |what: &str| Err(Stop::Usage(format!("--assist writes beside files of the work tree, and {what}")));
    match (from_stdin, &args.from.rev) {
        _ if !args.assist.is_wanted() => Ok(()),
        (true, _) => refused("standard input has no file"),
        (false, Some(_)) => refused("--rev reads a commit"),
        (false, None) => Ok(()),
    }
}

fn stdin(here: &Path, format: Format, from: &From) -> Result<Session, Stop> {
    let sources = SourceSet::single("<stdin>", format, host::read_stdin()?);
    let compilation = compile::compile(&sources, from.now);
    // The repository around is not read, but its files are not written over either.
    let root = session::root(here, false).unwrap_or_else(|_| here.to_path_buf());
    Ok(Session { root, prefix: String::new(), sources, compilation, now: None })
}

/// Writes what was asked for; nothing where an error stands in the way.
fn write(args: &Args, here: &Path, session: &Session) -> Result<(), Stop> {
    let Some(canonical) = &session.compilation.canonical else { return Ok(()) };
    match args.output.as_deref() {
        Some(file) if file == Path::new("-") => host::print(&canonical.bytes)?,
        Some(file) => host::write_whole(&here.join(file), &canonical.bytes)?,
        None => {}
    }
    if let Some(file) = &args.origins {
        let origins = output::pretty(&report::origins(&session.compilation, &session.sources));
        if file.as_os_str() == "-" {
            host::print(origins.as_bytes())?;
        } else {
            host::write_whole(&here.join(file), origins.as_bytes())?;
        }
    }
    Ok(())
}

fn summary(session: &Session, exit: Exit, from_stdin: bool) -> String {
    let compilation = &session.compilation;
    let Some(canonical) = &compilation.canonical else {
        let counts = report::Counts::of(&compilation.diagnostics);
        return format!("not compiled: {}\n", counted(counts.error, "error"));
    };
    let mut text =
        format!("compiled {} from {}\n", documents(compilation), counted(session.sources.read_count(), "file"));
    if let Some(bundle) = &compilation.bundle {
        let effect = serde_json::json!(bundle.defaults.effect);
        text.push_str(&format!("default  {} where no rule matches\n", effect.as_str().unwrap_or_default()));
    }
    text.push_str(&format!("bundle   {}\n", canonical.digest));
    if from_stdin {
        text.push_str("alone    without the settings, catalog and identities of a policy repository\n");
    }
    if exit != Exit::Clean {
        text.push_str("nothing is written: there are warnings, and --deny-warnings was given\n");
    }
    text
}

/// "3 policies, 1 rule, 2 suites".
pub fn documents(compilation: &Compilation) -> String {
    let number =
        |wanted: fn(&Document) -> bool| compilation.documents.iter().filter(|document| wanted(document)).count();
    let counts = [
        (number(|document| matches!(document, Document::Policy(_))), "policy"),
        (number(|document| matches!(document, Document::Rule(_))), "rule"),
        (number(|document| matches!(document, Document::Exception(_))), "exception"),
        (number(|document| matches!(document, Document::Suite(_))), "suite"),
    ];
    counts.into_iter().map(|(number, what)| counted(number, what)).collect::<Vec<_>>().join(", ")
}
