use std::collections::HashMap;
use std::path::Path;

use crate::cli::history::{self, Branch, Opened, Page, known_id};
use crate::cli::output::{say, say_json};
use crate::cli::words::Shown;
use crate::cli::{Exit, Stop};
use crate::git::{Commit, ObjectId};
use crate::report::{LogEntry, LogEvent, LogPage, log_human};

/// Arguments of `log`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only what happened to this document.
    id: Option<String>,
    #[command(flatten)]
    page: Page,
    /// How to show them.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    branch: Branch,
}

/// Runs `log`.
///
/// # Errors
/// When there is no such document, or the history cannot be told.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let opened = history::open(here, &args.branch)?;
    let wanted = args.id.as_deref().map(|id| known_id(&opened.history, id)).transpose()?;
    let documents = opened.history.events().iter().filter(|event| wanted.as_ref().is_none_or(|id| event.id == *id));
    let governed = opened.history.governed().iter().filter(|_| wanted.is_none());
    let mut entries: Vec<(usize, ObjectId, LogEntry<'_>)> = documents
        .map(|event| (event.rank, event.commit, LogEntry::Document(event)))
        .chain(governed.map(|governed| (governed.rank, governed.commit, LogEntry::Governed(governed))))
        .collect();
    // Stable: within a commit, documents by id, then what governs by path.
    entries.sort_by_key(|(rank, ..)| std::cmp::Reverse(*rank));
    let count = entries.len();
    let data = lines(&opened, args.page.of(entries))?;
    let page = LogPage { data, count };
    match args.format {
        Shown::Json => say_json(&page)?,
        Shown::Human => say(&log_human(&page, args.page.skip))?,
    }
    Ok(Exit::Clean)
}

fn lines<'a>(
    opened: &Opened,
    entries: impl Iterator<Item = (usize, ObjectId, LogEntry<'a>)>,
) -> Result<Vec<LogEvent>, Stop> {
    let mut commits: HashMap<ObjectId, Commit> = HashMap::new();
    let mut lines = Vec::new();
    for (_, id, entry) in entries {
        let commit = match commits.remove(&id) {
            Some(commit) => commit,
            None => opened.database.commit(id)?,
        };
        lines.push(LogEvent::of(&entry, &commit));
        commits.insert(id, commit);
    }
    Ok(lines)
}
