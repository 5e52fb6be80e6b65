use std::path::Path;

use clap::ValueEnum;

use crate::cli::history::{self, Branch, Forge, Opened};
use crate::cli::output::{say, say_json};
use crate::cli::{Exit, Stop, history::known_id};
use crate::lifecycle::{Event, Live, Sources, Teller};
use crate::report::{VersionLine, VersionPage, version_line, versions_human};

/// Arguments of `versions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The id of a document, also of one that is gone; default: all documents.
    id: Option<String>,
    /// How many of the newest to pass over.
    #[arg(long, default_value_t = 0)]
    skip: usize,
    /// The most to show; 0: all.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// How to show them.
    #[arg(long, value_enum, default_value_t = VersionsFormat::Human)]
    format: VersionsFormat,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    forge: Forge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum VersionsFormat {
    Human,
    Json,
}

/// Runs `versions`.
///
/// # Errors
/// When there is no such document, or the history cannot be told.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let opened = history::open(here, &args.branch)?;
    let wanted = args.id.as_deref().map(|id| known_id(&opened.history, id)).transpose()?;
    let mut events: Vec<&Event> =
        opened.history.events().iter().filter(|event| wanted.as_ref().is_none_or(|id| event.id == *id)).collect();
    // The newest commit first; what one commit did, by id.
    events.sort_by(|a, b| b.rank.cmp(&a.rank).then_with(|| a.id.cmp(&b.id)));
    let count = events.len();
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let page: Vec<&Event> = events.into_iter().skip(args.skip).take(limit).collect();
    let sources = args.forge.sources(here, &opened.database)?;
    let data = lines(&opened, &page, &sources)?;
    match args.format {
        VersionsFormat::Json => say_json(&VersionPage { data, count })?,
        VersionsFormat::Human => say(&versions_human(&data, count, args.skip))?,
    }
    Ok(Exit::Clean)
}

fn lines(opened: &Opened, events: &[&Event], sources: &Sources) -> Result<Vec<VersionLine>, Stop> {
    let live = Live::read(&opened.database, opened.history.protected.tip)?;
    history::tell_unreadable(&live);
    let mut teller = Teller::new(&opened.database, &opened.history, sources);
    let mut lines = Vec::with_capacity(events.len());
    for event in events {
        let told = teller.tell(event)?;
        let live_in = match (event.number, event.digest()) {
            (Some(number), Some(digest)) => live.pinning(&event.id, number, digest),
            _ => Vec::new(),
        };
        lines.push(version_line(&told, live_in));
    }
    Ok(lines)
}
