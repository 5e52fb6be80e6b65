use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;

use crate::cli::output::{self, pretty, say};
use crate::cli::sides::{self, Loaded};
use crate::cli::words::moment;
use crate::cli::{Exit, Stop};
use crate::compile::Compilation;
use crate::diff::{Difference, Direction, Side, difference};
use crate::host::{self, Terminal};
use crate::model::Time;
use crate::report::{self, DiffReport, DiffSide, Look};

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A side is a revision (main, HEAD~2, a hash), .git#branch=NAME, .git#tag=NAME or .git#ref=REVISION, also with the path of another repository, or WORKTREE. A..B compares A with B, A...B what both have in common with B."
)]
pub struct Args {
    /// What to compare; default: what the protected branch and HEAD have in common, with the files as they are.
    #[arg(value_name = "BASE[..HEAD]")]
    range: Option<String>,
    /// How to show the difference: human, json or markdown; with =FILE into a file. May be repeated.
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    targets: Vec<Target>,
    /// End with 1 if a change may permit more, or if there is any.
    #[arg(long, value_enum)]
    fail_on: Option<FailOn>,
    /// Judge the expiry of exceptions for warnings at this moment (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    now: Option<Time>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// A change that may permit more, or takes less to change what decides.
    Loosening,
    /// Any change.
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    Human,
    Json,
    Markdown,
}

/// A format, and the file it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    format: DiffFormat,
    file: Option<PathBuf>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = output::name_and_file(text)?;
        let format = DiffFormat::from_str(name, false)
            .map_err(|_| "the formats of the difference are human, json and markdown".to_owned())?;
        Ok(Self { format, file })
    }
}

/// Runs `diff`.
///
/// # Errors
/// When the command line does not fit, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    if args.targets.iter().filter(|target| target.file.is_none()).count() > 1 {
        let message = "only one --format can go to standard output; write FORMAT=FILE for the others";
        return Err(Stop::Usage(message.to_owned()));
    }
    let (base, head) = sides::range(here, args.range.as_deref())?;
    let (base, head) = (sides::open(here, &base, args.now)?, sides::open(here, &head, args.now)?);
    for side in [&base, &head] {
        if side.session.compilation.bundle.is_none() {
            host::print_error(&output::guarded(&format!("{} is in error:\n", report::visible_line(&side.name))));
            output::tell(&side.session)?;
            return Ok(Exit::Findings);
        }
    }
    output::refuse_sources(args.targets.iter().filter_map(|target| target.file.as_deref()), here, &head.session)?;
    let of = difference(&side(&base.session.compilation), &side(&head.session.compilation));
    args.show(&report::diff(&of, shown(&base), shown(&head)), here)?;
    Ok(if args.is_met(&of) { Exit::Findings } else { Exit::Clean })
}

/// What is compared of a side.
fn side(compilation: &Compilation) -> Side<'_> {
    Side {
        documents: &compilation.documents,
        catalog: compilation.catalog.as_ref(),
        settings: &compilation.settings,
        identities: compilation.identities.as_ref(),
        environments: &compilation.environments,
    }
}

fn shown(side: &Loaded) -> DiffSide<'_> {
    DiffSide { name: &side.name, compilation: &side.session.compilation, sources: &side.session.sources }
}

impl Args {
    fn is_met(&self, of: &Difference) -> bool {
        match self.fail_on {
            None => false,
            Some(FailOn::Any) => !of.is_empty(),
            Some(FailOn::Loosening) => of.directions(false).chain(of.directions(true)).any(Direction::may_loosen),
        }
    }

    fn show(&self, report: &DiffReport, here: &Path) -> Result<(), Stop> {
        let mut targets = self.targets.clone();
        if !targets.iter().any(|target| target.file.is_none()) {
            targets.push(Target { format: DiffFormat::Human, file: None });
        }
        for Target { format, file } in targets {
            let terminal = Terminal::of_stdout();
            let colour = terminal.colour && file.is_none();
            let text = match format {
                DiffFormat::Human => report::diff_human(report, Look { colour, width: terminal.width, lines: false }),
                DiffFormat::Json => pretty(report),
                DiffFormat::Markdown => report::diff_markdown(report),
            };
            match file {
                Some(file) => host::write_whole(&here.join(file), text.as_bytes())?,
                None if format == DiffFormat::Json => host::print(text.as_bytes())?,
                None => say(&text)?,
            }
        }
        Ok(())
    }
}
