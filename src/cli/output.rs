//! How findings and results are printed, in one or several formats at once.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;

use super::session::{Session, is_below};
use super::{Exit, Format, Stop};
use crate::diag::{Diagnostic, Failure, Severity, codes};
use crate::git;
use crate::host::{self, Terminal, is_set};
use crate::report::{self, BundleSummary, Counts};
use crate::source::{Role, SETTINGS};

/// A format, and the file it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    format: Format,
    file: Option<PathBuf>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = name_and_file(text)?;
        let format = Format::from_str(name, false).map_err(|_| {
            let known = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let known: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
            format!("the formats are {}", known.join(", "))
        })?;
        Ok(Self { format, file })
    }
}

/// Takes `FORMAT` or `FORMAT=FILE` apart.
///
/// # Errors
/// When there is no file behind the `=`.
pub fn name_and_file(text: &str) -> Result<(&str, Option<PathBuf>), String> {
    match text.split_once('=') {
        Some((_, "")) => Err("there is no file behind the `=`".to_owned()),
        Some((name, file)) => Ok((name, Some(PathBuf::from(file)))),
        None => Ok((text, None)),
    }
}

/// The formats asked for.
#[derive(Debug, Clone, clap::Args)]
pub struct Formats {
    /// How to show findings: human, json, github, sarif or gitlab, and junit of tests; with =FILE into a file. May be
    /// repeated.
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    targets: Vec<Target>,
}

impl Formats {
    /// Findings for people, with annotations under GitHub Actions.
    pub fn human() -> Self {
        Self { targets: Vec::new() }
    }

    /// The files that findings go to.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.targets.iter().filter_map(|target| target.file.as_deref())
    }

    /// Whether people read standard output.
    pub fn is_human(&self) -> bool {
        !self.targets.iter().any(|target| target.file.is_none() && target.format != Format::Human)
    }

    /// Whether standard output is JSON.
    pub fn is_json(&self) -> bool {
        self.targets.iter().any(|target| target.file.is_none() && target.format == Format::Json)
    }

    /// The targets; human on standard output, where none is named for it. Under GitHub Actions, people also get annotations.
    fn resolved(&self) -> Result<Vec<Target>, Stop> {
        let mut targets = self.targets.clone();
        if targets.iter().filter(|target| target.file.is_none()).count() > 1 {
            return Err(Stop::Usage(
                "only one --format can go to standard output; write FORMAT=FILE for the others".to_owned(),
            ));
        }
        if !targets.iter().any(|target| target.file.is_none()) {
            targets.push(Target { format: Format::Human, file: None });
        }
        if under_github() && targets.contains(&Target { format: Format::Human, file: None }) {
            targets.push(Target { format: Format::Github, file: None });
        }
        Ok(targets)
    }
}

/// A result must not take the place of what it was made from, of another result, or of what Git keeps, nor be read as a
/// document the next time.
///
/// # Errors
/// When a file that is to be written is one of those.
pub fn refuse_sources<'a>(files: impl Iterator<Item = &'a Path>, here: &Path, session: &Session) -> Result<(), Stop> {
    let git = git::folder_of(&session.root);
    let mut taken = Vec::new();
    for file in files {
        let Some(full) = host::destination(here, file) else { continue };
        if taken.contains(&full) {
            return Err(Stop::Usage(format!("two results are to be written to `{}`", full.display())));
        }
        let in_git = git.as_ref().is_some_and(|git| full.starts_with(git));
        let path = host::written_at(&session.root, here, file);
        if in_git || path.as_ref().is_some_and(|path| belongs_to_documents(path, session)) {
            let shown = path.unwrap_or_else(|| full.display().to_string());
            let message = format!("`{shown}` is, or would be, read as a document or belongs to Git");
            return Err(Failure::new(codes::WOULD_OVERWRITE, message)
                .help("write the result to another folder")
                .into());
        }
        taken.push(full);
    }
    Ok(())
}

/// Whether a path is one that documents, settings and the like are read from.
fn belongs_to_documents(path: &str, session: &Session) -> bool {
    let reserved = [SETTINGS, "catalog.yaml", "identities.yaml"].contains(&path) || is_below(path, "environments");
    reserved
        || session.sources.iter().any(|(_, source)| source.path == path && source.role != Role::Stray)
        || session.compilation.settings.documents.iter().any(|documents| is_below(path, documents))
}

/// Whether this runs in GitHub Actions.
pub fn under_github() -> bool {
    is_set("GITHUB_ACTIONS")
}

/// Text for people as it may be printed here: under GitHub Actions no line of it is a command.
pub fn guarded(text: &str) -> String {
    if under_github() { report::neutralised(text) } else { text.to_owned() }
}

/// Prints text for people on standard output.
///
/// # Errors
/// When it cannot be written.
pub fn say(text: &str) -> Result<(), Stop> {
    Ok(host::print(guarded(text).as_bytes())?)
}

/// Prints a JSON value on standard output, indented.
///
/// # Errors
/// When it cannot be written.
pub fn say_json(value: &impl serde::Serialize) -> Result<(), Stop> {
    Ok(host::print(pretty(value).as_bytes())?)
}

/// Prints a JSON value on standard output, as one line.
///
/// # Errors
/// When it cannot be written.
pub fn say_json_line(value: &impl serde::Serialize) -> Result<(), Stop> {
    let text = serde_json::to_string(value).unwrap_or_default();
    Ok(host::print(format!("{}\n", report::visible_json(&text)).as_bytes())?)
}

/// A JSON value, indented, with a line break at its end.
pub fn pretty(value: &impl serde::Serialize) -> String {
    // Our own types have text keys and finite numbers only.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("{}\n", report::visible_json(&text))
}

/// Whether findings are the result of a command, or talk beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The result: standard output.
    Result,
    /// Talk: standard error.
    Talk,
}

/// Prints findings in every format asked for.
///
/// # Errors
/// When something cannot be written.
pub fn findings(
    formats: &Formats,
    session: &Session,
    found: &[Diagnostic],
    here: &Path,
    place: Place,
) -> Result<(), Stop> {
    findings_or(formats, session, found, here, place, &|_| None)
}

/// The same, but for formats of which `special` knows a text of its own.
///
/// # Errors
/// When something cannot be written, or a format is not one of findings.
pub fn findings_or(
    formats: &Formats,
    session: &Session,
    found: &[Diagnostic],
    here: &Path,
    place: Place,
    special: &dyn Fn(Format) -> Option<String>,
) -> Result<(), Stop> {
    let counts = Counts::of(found);
    let shown = found.get(..session.compilation.settings.max_findings).unwrap_or(found);
    let counts = Counts { omitted: found.len() - shown.len(), ..counts };
    for target in formats.resolved()? {
        let special = special(target.format);
        let text = match target.format {
            _ if special.is_some() => special.unwrap_or_default(),
            Format::Junit => return Err(Stop::Usage("junit is a format of `policyc test`".to_owned())),
            Format::Human => human(session, shown, counts, &target, place),
            Format::Sarif => pretty(&report::sarif(shown, &session.sources, &session.prefix)),
            Format::Gitlab => pretty(&report::code_quality(shown, &session.sources, &session.prefix)),
            Format::Json => {
                let bundle = BundleSummary::of(&session.compilation);
                pretty(&report::findings(shown, counts, &session.sources, bundle))
            }
            Format::Github => report::annotations(found, &session.sources, &session.prefix),
        };
        match (&target.file, target.format, place) {
            (Some(file), ..) => host::write_whole(&here.join(file), text.as_bytes())?,
            (None, Format::Human, Place::Talk) => host::print_error(&guarded(&text)),
            // The runner reads annotations from standard error as well; the result stays alone on standard output.
            (None, Format::Github, Place::Talk) if formats.is_human() => host::print_error(&text),
            (None, Format::Human, Place::Result) => host::print(guarded(&text).as_bytes())?,
            (None, ..) => host::print(text.as_bytes())?,
        }
    }
    Ok(())
}

fn human(session: &Session, shown: &[Diagnostic], counts: Counts, target: &Target, place: Place) -> String {
    let terminal = match (target.file.is_some(), place) {
        (true, _) => Terminal { colour: false, width: 100 },
        (_, Place::Result) => Terminal::of_stdout(),
        (_, Place::Talk) => Terminal::of_stderr(),
    };
    let mut text = report::human(shown, &session.sources, terminal.colour, terminal.width);
    if counts.omitted > 0 {
        text.push_str(&format!("and {} more findings that are not shown\n", counts.omitted));
    }
    text
}

/// Prints the findings on standard error, for commands whose result they stand in the way of.
///
/// # Errors
/// When they cannot be written.
pub fn tell(session: &Session) -> Result<(), Stop> {
    findings(&Formats::human(), session, &session.compilation.diagnostics, &session.root, Place::Talk)
}

/// Says one line beside the result, on standard error.
pub fn remark(message: &str) {
    host::print_error(&guarded(&format!("{}\n", report::visible_line(message))));
}

/// Prints a failure on standard error.
pub fn tell_failure(failure: &Failure) {
    let terminal = Terminal::of_stderr();
    host::print_error(&guarded(&report::failure(failure, terminal.colour, terminal.width)));
}

/// How a run with these findings ends.
pub fn exit(found: &[Diagnostic], deny_warnings: bool) -> Exit {
    let fails = |found: &Diagnostic| match found.severity() {
        Severity::Error => true,
        Severity::Warning => deny_warnings,
        Severity::Note => false,
    };
    match found.iter().any(fails) {
        true if found.iter().any(|found| found.code == codes::BUG) => Exit::Bug,
        true => Exit::Findings,
        false => Exit::Clean,
    }
}
