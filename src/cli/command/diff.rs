use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;

use super::diff_effects;
use crate::cli::output::{self, pretty, say};
use crate::cli::sides::{self, Loaded, Part};
use crate::cli::words::moment;
use crate::cli::{Exit, Stop};
use crate::compile::Compilation;
use crate::diff::{Difference, Direction, Side, difference};
use crate::host::{self, Terminal};
use crate::model::{Catalog, Document, Effect, Kind, Settings, Time};
use crate::report::{self, DiffSide, Look};

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A side is a revision (main, HEAD~2, a hash), a version (pay@3), environment:NAME, .git#branch=NAME, .git#tag=NAME or .git#ref=REVISION, also with the path of another repository, or WORKTREE. A..B compares A with B, A...B what both have in common with B."
)]
pub struct Args {
    /// What to compare; default: what the protected branch and HEAD have in common, with the files as they are.
    #[arg(value_name = "BASE[..HEAD]")]
    range: Option<String>,
    #[command(flatten)]
    effects: diff_effects::Asked,
    /// How to show the difference: human, json or markdown; with =FILE into a file. May be repeated.
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    targets: Vec<Target>,
    /// End with 1 if a change may permit more, or if there is any. With --effects, what is not proven may permit more.
    #[arg(long, value_enum)]
    fail_on: Option<FailOn>,
    /// Judge the expiry of exceptions for warnings at this moment (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    now: Option<Time>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// A change that may permit more, or takes less to change what decides.
    Loosening,
    /// Any change.
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    Human,
    Json,
    Markdown,
}

/// A format, and the file it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
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
    args.effects.refuse_documents([&base, &head])?;
    for side in [&base, &head] {
        let whole = !matches!(side.part, Part::Document(_));
        let there = matches!(&side.part, Part::Document(id) if side.session.compilation.document(id).is_some());
        // What else was merged with a version may be in error; the version itself must mean something.
        if side.session.compilation.bundle.is_none() && (whole || !there) {
            host::print_error(&output::guarded(&format!("{} is in error:\n", report::visible_line(&side.name))));
            output::tell(&side.session)?;
            return Ok(Exit::Findings);
        }
    }
    let results: Vec<&Path> = args.targets.iter().filter_map(|target| target.file.as_deref()).collect();
    output::refuse_sources(results.iter().copied(), here, &head.session)?;
    let (base_side, head_side) = compared(&base, &head)?;
    let of = difference(&base_side.side(), &head_side.side());
    if args.effects.is_asked() {
        let sides = (base_side.side(), head_side.side());
        let answer = args.effects.answer((&base, &head), sides, &of, (here, &results))?;
        show(&args.targets, here, |format, look| answer.shown(format, look))?;
        return Ok(if args.fail_on.is_some_and(|on| answer.is_met(on)) { Exit::Findings } else { Exit::Clean });
    }
    let report = report::diff(&of, shown(&base), shown(&head));
    show(&args.targets, here, |format, look| match format {
        DiffFormat::Human => report::diff_human(&report, look),
        DiffFormat::Json => pretty(&report),
        DiffFormat::Markdown => report::diff_markdown(&report),
    })?;
    Ok(if args.is_met(&of) { Exit::Findings } else { Exit::Clean })
}

/// What is compared of a side: the documents, and what governs beside them.
struct Compared<'a> {
    documents: Vec<Document>,
    catalog: Option<Catalog>,
    settings: Settings,
    governing: &'a Compilation,
}

impl Compared<'_> {
    fn side(&self) -> Side<'_> {
        Side {
            documents: &self.documents,
            catalog: self.catalog.as_ref(),
            settings: &self.settings,
            identities: self.governing.identities.as_ref(),
            environments: &self.governing.environments,
        }
    }
}

/// What two sides have in common to compare: where one names a version, that document alone; where one is what is live,
/// what decides.
fn compared<'a>(base: &'a Loaded, head: &'a Loaded) -> Result<(Compared<'a>, Compared<'a>), Stop> {
    let parts = [&base.part, &head.part];
    let mut named = parts.iter().filter_map(|part| if let Part::Document(id) = part { Some(id) } else { None });
    let id = named.next();
    if named.next().is_some_and(|other| Some(other) != id) {
        return Err(Stop::Usage("both versions must be of one document".to_owned()));
    }
    let deciding = parts.contains(&&Part::Deciding);
    let of = |side: &'a Loaded, other: &'a Loaded| {
        let own = &side.session.compilation;
        let fits = |document: &&Document| {
            id.is_none_or(|id| document.id() == id) && !(deciding && document.kind() == Kind::Suite)
        };
        // What governs is not live in an environment and not part of a version: the side that has it stands for both.
        let governing = if side.part == Part::Whole { own } else { &other.session.compilation };
        let governing = if id.is_some() { &head.session.compilation } else { governing };
        let mut settings = governing.settings.clone();
        if id.is_none() {
            settings.default_effect = own.settings.default_effect;
            settings.session_ttl = own.settings.session_ttl;
        }
        let mut catalog = if id.is_some() { governing.catalog.clone() } else { own.catalog.clone() };
        if deciding {
            // A lock says what acts, whether somebody wrote it or not.
            catalog = Some(catalog.unwrap_or_default());
            settings.default_effect = own.bundle.as_ref().map(|bundle| bundle.defaults.effect);
        }
        let documents = own.documents.iter().filter(fits).cloned().collect();
        Compared { documents, catalog, settings, governing }
    };
    let (mut base_side, mut head_side) = (of(base, head), of(head, base));
    if id.is_some() {
        // Which effect holds where no rule matches hangs on all rules, and one document is looked at.
        let effect = Some(Effect::Deny);
        (base_side.settings.default_effect, head_side.settings.default_effect) = (effect, effect);
    }
    Ok((base_side, head_side))
}

/// A side as reports show it.
pub fn shown(side: &Loaded) -> DiffSide<'_> {
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
}

/// Shows a report in every format that was asked for; people get it where none goes to standard output.
fn show(targets: &[Target], here: &Path, render: impl Fn(DiffFormat, Look) -> String) -> Result<(), Stop> {
    let mut targets = targets.to_vec();
    if !targets.iter().any(|target| target.file.is_none()) {
        targets.push(Target { format: DiffFormat::Human, file: None });
    }
    for Target { format, file } in targets {
        let terminal = Terminal::of_stdout();
        let colour = terminal.colour && file.is_none();
        let text = render(format, Look { colour, width: terminal.width, lines: false });
        match file {
            Some(file) => host::write_whole(&here.join(file), text.as_bytes())?,
            None if format == DiffFormat::Json => host::print(text.as_bytes())?,
            None => say(&text)?,
        }
    }
    Ok(())
}
