use std::path::Path;

use crate::cli::history::{self, Branch, Forge, Opened, Page, known_id};
use crate::cli::live;
use crate::cli::output::{say, say_json};
use crate::cli::words::Shown;
use crate::cli::{Exit, Stop};
use crate::lifecycle::{Event, Sources, Teller};
use crate::report::{VersionLine, VersionPage, version_line, versions_human};

/// Arguments of `versions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The id of a document, also of one that is gone; default: all documents.
    id: Option<String>,
    #[command(flatten)]
    page: Page,
    /// How to show them.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    forge: Forge,
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
    let page: Vec<&Event> = args.page.of(events).collect();
    let sources = args.forge.sources(here, &opened.database)?;
    let data = lines(&opened, &page, &sources)?;
    match args.format {
        Shown::Json => say_json(&VersionPage { data, count })?,
        Shown::Human => say(&versions_human(&data, count, args.page.skip))?,
    }
    Ok(Exit::Clean)
}

fn lines(opened: &Opened, events: &[&Event], sources: &Sources) -> Result<Vec<VersionLine>, Stop> {
    let live = live::everywhere(opened, sources)?;
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
