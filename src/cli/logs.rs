//! What commands that read recorded actions have in common: find the logs, tell their form, read them.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Stop;
use super::output::guarded;
use super::session::{From, Session};
use crate::diag::{Diagnostic, Failure, Severity, codes};
use crate::host::{self, Log};
use crate::model::Mapping;
use crate::records::{self, BEGINNING_BYTES, Form, Item};
use crate::replay::Source;
use crate::report::visible_line;
use crate::source::SETTINGS;

/// Which logs, and in which form.
#[derive(Debug, Clone, clap::Args)]
pub struct Logs {
    /// Logs, plain or packed with gzip or zstd; a folder means all files in it, `-` standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The form of the records, or a mapping of policyc.yaml; left out: told from the beginning of each log, and said.
    #[arg(long = "from", value_name = "FORM")]
    form: Option<String>,
}

/// How a log is read.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// In a form that is built in.
    Form(Form),
    /// By a mapping of the settings, which has a name.
    Mapped(String, Box<Mapping>),
}

impl Reading {
    /// The name of the form or mapping.
    pub fn name(&self) -> &str {
        match self {
            Self::Form(form) => form.name(),
            Self::Mapped(name, _) => name,
        }
    }

    fn read(&self, reader: impl BufRead, take: &mut dyn FnMut(Item)) {
        match self {
            Self::Form(form) => records::read_all(*form, reader, take),
            Self::Mapped(_, mapping) => records::read_mapped(mapping, reader, take),
        }
    }
}

impl Logs {
    /// These files, in this form.
    pub fn of(files: Vec<PathBuf>, form: Option<String>) -> Self {
        Self { files, form }
    }

    /// Reads all logs, one after the other, and hands over what stands in each, under its name. A log that is empty is
    /// said to be.
    ///
    /// # Errors
    /// When a log cannot be opened, or is of none of the forms.
    pub fn read(&self, here: &Path, taker: &mut dyn Taker) -> Result<(), Stop> {
        let told = self.told(here)?;
        for path in host::find_logs(here, &self.files)? {
            let Some((Located { name, reading, .. }, log)) = located(path, told.as_ref())? else { continue };
            taker.begin(&name, reading.name());
            let reader = Until { reader: log.reader, over: host::reader_is_gone };
            reading.read(reader, &mut |item| taker.take(&name, item));
            if host::reader_is_gone() {
                break;
            }
        }
        taker.end()
    }

    /// Finds all logs and tells their forms. A log of which the beginning was read and that can be read only once is
    /// handed over open.
    ///
    /// # Errors
    /// When a log cannot be opened, or is of none of the forms.
    pub fn locate(&self, here: &Path) -> Result<Vec<(Located, Option<Log>)>, Stop> {
        let told = self.told(here)?;
        let mut all = Vec::new();
        for path in host::find_logs(here, &self.files)? {
            if let Some((located, log)) = located(path, told.as_ref())? {
                let once = located.bytes.is_none();
                all.push((located, once.then_some(log)));
            }
        }
        Ok(all)
    }

    /// How all of them are read, where that is said.
    fn told(&self, here: &Path) -> Result<Option<Reading>, Stop> {
        self.form.as_ref().map(|name| reading(name, here)).transpose()
    }
}

/// A log, opened, with its form, which is told from its beginning where it is not said; `None` where it is empty.
fn located(path: PathBuf, told: Option<&Reading>) -> Result<Option<(Located, Log)>, Stop> {
    let log = host::open_log(&path)?;
    with_form(shown(&path), Place::Path(path), log, told)
}

/// A file, under a name of its own; `None` where it is empty.
///
/// # Errors
/// When it cannot be opened, or is of none of the forms.
pub fn located_as(name: String, path: PathBuf, told: Option<&Reading>) -> Result<Option<Located>, Stop> {
    let log = host::open_log(&path)?;
    Ok(with_form(name, Place::Path(path), log, told)?.map(|(located, _)| located))
}

/// What a log holds, such as a file of a commit; `None` where it is empty.
///
/// # Errors
/// When it is of none of the forms, or cannot be unpacked.
pub fn held(name: String, bytes: Vec<u8>, told: Option<&Reading>) -> Result<Option<Located>, Stop> {
    let bytes: Arc<[u8]> = bytes.into();
    let log = host::log_of(&name, Arc::clone(&bytes))?;
    Ok(with_form(name, Place::Held(bytes), log, told)?.map(|(located, _)| located))
}

fn with_form(name: String, place: Place, mut log: Log, told: Option<&Reading>) -> Result<Option<(Located, Log)>, Stop> {
    let reading = match told {
        Some(reading) => Some(reading.clone()),
        None => detected(&name, &mut log)?,
    };
    let bytes = log.bytes;
    Ok(reading.map(|reading| (Located { name, place, reading, bytes }, log)))
}

/// Refuses results that would take the place of a log.
///
/// # Errors
/// When one would.
pub fn refuse_results<'a>(
    mut files: impl Iterator<Item = &'a Path>,
    here: &Path,
    found: &[(Located, Option<Log>)],
) -> Result<(), Stop> {
    let logs: Vec<_> = found.iter().filter_map(|(log, _)| host::destination(Path::new("."), log.path()?)).collect();
    match files.find(|file| host::destination(here, file).is_some_and(|full| logs.contains(&full))) {
        Some(file) => {
            let message = format!("`{}` is one of the logs that are read", file.display());
            Err(Failure::new(codes::WOULD_OVERWRITE, message).help("write the result to another file").into())
        }
        None => Ok(()),
    }
}

/// Where a log stands.
#[derive(Debug, Clone)]
enum Place {
    /// At a path.
    Path(PathBuf),
    /// Here.
    Held(Arc<[u8]>),
}

/// A log that was found, and how it is read.
#[derive(Debug, Clone)]
pub struct Located {
    /// As it is named to people.
    pub name: String,
    place: Place,
    reading: Reading,
    /// How many bytes it has as it is stored; `None`: it is no plain file and can be read only once.
    bytes: Option<u64>,
}

impl Located {
    /// The form of its records.
    pub fn form(&self) -> &str {
        self.reading.name()
    }

    /// How many bytes it has as it is stored; `None`: it is no plain file and can be read only once.
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// Whether its records are lines of its own.
    pub fn has_lines(&self) -> bool {
        matches!(self.reading, Reading::Form(Form::Native))
    }

    /// The file that it stands in; `None`: it is held here.
    pub fn path(&self) -> Option<&Path> {
        if let Place::Path(path) = &self.place { Some(path) } else { None }
    }

    /// What a replay reads of it, from its beginning.
    pub fn source(&self, reader: Box<dyn BufRead + Send>) -> Source {
        match &self.reading {
            Reading::Form(Form::Native) => Source::Native(reader),
            other => {
                let reading = other.clone();
                Source::Other(Box::new(move |gone, take| {
                    let over = || gone.load(Ordering::Relaxed);
                    reading.read(Until { reader, over }, take);
                }))
            }
        }
    }

    /// Opens it.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn open(&self) -> Result<Log, Failure> {
        match &self.place {
            Place::Path(path) => host::open_log(path),
            Place::Held(bytes) => host::log_of(&self.name, Arc::clone(bytes)),
        }
    }
}

/// Takes what stands in logs.
pub trait Taker {
    /// A log begins, which is read in a form.
    fn begin(&mut self, name: &str, form: &str);
    /// Something stands in it.
    fn take(&mut self, name: &str, item: Item);
    /// All logs are read.
    ///
    /// # Errors
    /// When what is left cannot be written.
    fn end(&mut self) -> Result<(), Stop>;
}

/// How a form of this name is read.
fn reading(name: &str, here: &Path) -> Result<Reading, Stop> {
    if let Some(form) = Form::of_name(name) {
        return Ok(Reading::Form(form));
    }
    reading_of(name, &mappings(here)?)
}

/// How a form of this name is read, or a mapping among these.
///
/// # Errors
/// When there is neither.
pub fn reading_of(name: &str, mappings: &BTreeMap<String, Mapping>) -> Result<Reading, Stop> {
    if let Some(form) = Form::of_name(name) {
        return Ok(Reading::Form(form));
    }
    if let Some(mapping) = mappings.get(name) {
        return Ok(Reading::Mapped(name.to_owned(), Box::new(mapping.clone())));
    }
    let forms: Vec<&str> = Form::ALL.iter().map(|form| form.name()).collect();
    let known: Vec<&str> = mappings.keys().map(String::as_str).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(Stop::Usage(format!(
        "`{name}` is no form of records: the forms are {}; mappings in policyc.yaml (`records.mappings`): {known}",
        forms.join(", ")
    )))
}

/// The mappings of the settings around a folder; none where there are no settings.
fn mappings(here: &Path) -> Result<BTreeMap<String, Mapping>, Stop> {
    let session = match Session::open(here, &From { rev: None, now: None }) {
        Err(Stop::World(failure)) if failure.code == codes::NO_REPOSITORY => return Ok(BTreeMap::new()),
        session => session?,
    };
    // That there are no policies is told of the settings too, and makes no mapping wrong.
    let elsewhere = [codes::NO_DOCUMENT, codes::MISSING_FOLDER];
    let is_of_settings =
        |found: &&Diagnostic| session.sources.path(found.span.file) == SETTINGS && !elsewhere.contains(&found.code);
    let mut wrong = session.compilation.diagnostics.iter().filter(is_of_settings);
    // A mapping that lacks what could not be read would make facts unknown without a word.
    if let Some(found) = wrong.find(|found| found.severity() == Severity::Error) {
        let message = format!("the mappings of {SETTINGS} cannot be relied on: {}", found.message);
        return Err(Failure::new(codes::BAD_RECORD, message).help("`policyc check` shows what to mend").into());
    }
    Ok(session.compilation.settings.mappings)
}

/// The form that a log's beginning tells, which is said; `None`, and said, where it is empty.
fn detected(name: &str, log: &mut Log) -> Result<Option<Reading>, Stop> {
    let beginning = log.beginning(BEGINNING_BYTES);
    if beginning.is_empty() {
        if let Err(error) = log.reader.fill_buf() {
            return Err(refused(name, &error.to_string(), "pack or copy it again"));
        }
        talk(&format!("{name} is empty"));
        return Ok(None);
    }
    let help = "say the form with --from, or describe it with a mapping; see docs/reference/records.md";
    let form = records::detect(&beginning).map_err(|why| refused(name, &why, help))?;
    talk(&format!("reading {name} as {form}"));
    Ok(Some(Reading::Form(form)))
}

fn refused(name: &str, why: &str, help: &str) -> Stop {
    Stop::World(Failure::new(codes::BAD_RECORD, format!("{name} cannot be read: {why}")).help(help))
}

/// There is nothing in the logs, which is no success.
pub fn nothing() -> Stop {
    let failure = Failure::new(codes::NOT_FOUND, "the logs hold no recorded call");
    Stop::Nothing(failure.help("name logs with calls of tools; see docs/reference/records.md for the forms"))
}

/// Says something beside the result.
pub fn talk(words: &str) {
    host::print_error(&guarded(&format!("{}\n", visible_line(words))));
}

fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// Ends once something is over, such as the wait of whoever reads the result.
struct Until<R, O> {
    reader: R,
    over: O,
}

impl<R: BufRead, O: Fn() -> bool> Read for Until<R, O> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if (self.over)() { Ok(0) } else { self.reader.read(into) }
    }
}

impl<R: BufRead, O: Fn() -> bool> BufRead for Until<R, O> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if (self.over)() { Ok(&[]) } else { self.reader.fill_buf() }
    }

    fn consume(&mut self, length: usize) {
        self.reader.consume(length);
    }
}
