use std::path::{Path, PathBuf};

use super::compile::documents;
use crate::cli::history::{self, Branch, Forge};
use crate::cli::live;
use crate::cli::output::{self, Formats, Place};
use crate::cli::session::{From, Session, is_below};
use crate::cli::{Exit, Stop};
use crate::diag::{Diagnostic, Failure, codes, nearest};
use crate::host;
use crate::report::Counts;
use crate::syntax::counted;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only findings in these files and folders; the whole repository is read all the same.
    #[arg(value_name = "PATHS")]
    paths: Vec<PathBuf>,
    /// Everything: the default, said aloud.
    #[arg(long, conflicts_with = "paths")]
    all: bool,
    /// Fail on warnings too.
    #[arg(long)]
    deny_warnings: bool,
    /// Hold the locks of this environment against the history too, and fail where the newest is refused.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    #[command(flatten)]
    forge: Forge,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    formats: Formats,
}

/// Runs `check`.
///
/// # Errors
/// When the command line does not fit, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let mut session = Session::open(here, &args.from)?;
    session.compilation.lint_regions();
    let found = chosen(args, here, &session)?;
    output::refuse_sources(args.formats.files(), here, &session)?;
    output::findings(&args.formats, &session, &found, here, Place::Result)?;
    if args.formats.is_human() {
        output::say(&summary(&session, &found))?;
    }
    let mut sound = true;
    if let Some(name) = &args.environment {
        environment(&session, name)?;
        sound = locks(&session, here, name, args)?;
    }
    // The process ends now; the system takes all memory back at once, faster than we could piece by piece.
    std::mem::forget(session);
    let exit = output::exit(&found, args.deny_warnings);
    Ok(if sound || exit == Exit::Bug { exit } else { Exit::Findings })
}

/// Whether the newest lock of an environment is good, told.
fn locks(session: &Session, here: &Path, name: &str, args: &Args) -> Result<bool, Stop> {
    let Ok(opened) = history::open(&session.root, &Branch::default()) else {
        output::remark(&format!("note: without Git nothing can be live in `{name}`"));
        return Ok(true);
    };
    let sources = args.forge.sources(here, &opened.database)?;
    let found = live::standing(&opened, name, &sources)?;
    for refused in &found.all_refused {
        output::remark(&format!(
            "error: the lock of `{name}` at {} is refused: {}",
            refused.commit.short(),
            refused.why
        ));
    }
    for unproven in found.unproven() {
        output::remark(&format!("error: {}", live::lacks_proof(unproven)));
    }
    let told = match found.live() {
        Ok(Some(good)) => {
            let (sequence, pins) = (good.lock.sequence, counted(good.lock.documents.len(), "document"));
            format!(
                "{name} is at sequence {sequence} with {pins}; {} good, {} refused\n",
                counted(found.good().len(), "lock"),
                found.all_refused.len()
            )
        }
        Ok(None) => format!("nothing is live in {name}\n"),
        Err(_) => format!(
            "nobody can say here what is live in {name}; {} good, {} without proof, {} refused\n",
            counted(found.good().len(), "lock"),
            found.unproven().len(),
            found.all_refused.len()
        ),
    };
    if args.formats.is_human() {
        output::say(&told)?;
    }
    if found.kill.is_some() {
        output::remark(&format!("note: the kill switch of `{name}` is on"));
    }
    found.live().map_err(|unproven| live::cannot_tell(name, unproven))?;
    Ok(found.refused.is_empty())
}

fn chosen(args: &Args, here: &Path, session: &Session) -> Result<Vec<Diagnostic>, Stop> {
    let mut found = session.compilation.diagnostics.clone();
    if args.paths.is_empty() {
        return Ok(found);
    }
    let mut below = Vec::new();
    for path in &args.paths {
        let path = host::relative(&session.root, here, path).ok_or_else(|| {
            let message = format!("`{}` does not exist in this policy repository", path.display());
            Stop::World(Failure::new(codes::IO, message))
        })?;
        // A file named by hand and not read at all would look clean.
        if !session.sources.iter().any(|(_, file)| is_below(&file.path, &path)) {
            let message = format!(
                "`{path}` holds nothing that is read; documents are read from the folders of `documents` in policyc.yaml"
            );
            return Err(Stop::World(Failure::new(codes::NOT_FOUND, message)));
        }
        below.push(path);
    }
    found.retain(|found| {
        let file = session.sources.path(found.span.file);
        below.iter().any(|path| is_below(file, path))
    });
    Ok(found)
}

/// The environment must be there; what is wrong with its file is among the findings.
fn environment(session: &Session, name: &str) -> Result<(), Stop> {
    let is = |path: &str| path == format!("environments/{name}.yaml") || path == format!("environments/{name}.yml");
    if session.sources.iter().any(|(_, file)| is(&file.path)) {
        return Ok(());
    }
    let names = session.compilation.environments.iter().map(|environment| environment.id.as_str());
    let failure = Failure::new(codes::NOT_FOUND, format!("there is no environment `{name}`"));
    Err(Stop::World(match nearest(name, names) {
        Some(meant) => failure.help(format!("did you mean `{meant}`?")),
        None => failure.help(format!("write `environments/{name}.yaml`")),
    }))
}

pub fn summary(session: &Session, found: &[Diagnostic]) -> String {
    let counts = Counts::of(found);
    let said = match (counts.error, counts.warning, counts.note) {
        (0, 0, 0) => "no findings".to_owned(),
        (errors, warnings, notes) => {
            let parts = [(errors, "error"), (warnings, "warning"), (notes, "note")];
            let parts = parts.into_iter().filter(|(number, _)| *number > 0);
            parts.map(|(number, what)| counted(number, what)).collect::<Vec<_>>().join(", ")
        }
    };
    let read = counted(session.sources.read_count(), "file");
    let elsewhere = match session.compilation.diagnostics.len() - found.len() {
        0 => String::new(),
        others => format!(" here, {} elsewhere", counted(others, "finding")),
    };
    format!("checked {} in {read}: {said}{elsewhere}\n", documents(&session.compilation))
}
