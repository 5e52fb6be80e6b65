use std::path::Path;

use crate::cli::command::ci::Verdict;
use crate::cli::drafts::{self, Trial};
use crate::cli::history::{self, Branch, Forge, Opened};
use crate::cli::output::{remark, say, say_json};
use crate::cli::words::Shown;
use crate::cli::{Exit, Stop};
use crate::git::{Head, Interest};
use crate::lifecycle::{self, Draft, GOVERNING, Snapshots, Sources, Status};
use crate::report::{DraftEntry, DraftPage, DraftReport, draft_human, drafts_human};

/// Arguments of `draft list`.
#[derive(Debug, clap::Args)]
pub struct List {
    /// How to show them.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    forge: Forge,
}

/// Arguments of `draft show`.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The draft; default: the branch that is checked out.
    name: Option<String>,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    forge: Forge,
}

/// Lists drafts.
pub fn list(args: &List, here: &Path) -> Result<Exit, Stop> {
    let opened = history::open(here, &args.branch)?;
    let sources = args.forge.sources(here, &opened.database)?;
    let data = entries(&opened, &sources)?;
    let page = DraftPage { count: data.len(), data };
    match args.format {
        Shown::Json => say_json(&page)?,
        Shown::Human => say(&drafts_human(&page))?,
    }
    Ok(Exit::Clean)
}

fn entries(opened: &Opened, sources: &Sources) -> Result<Vec<DraftEntry>, Stop> {
    let Opened { database, history, .. } = opened;
    let (heads, lost) = lifecycle::references(database, history)?;
    let (found, unreadable) = lifecycle::drafts(database, history, &mut Snapshots::default(), &heads, sources);
    for why in unreadable.into_iter().chain(lost) {
        remark(&format!("note: {why}"));
    }
    let mut entries = Vec::new();
    for head in &heads {
        let documents: Vec<&Draft> =
            found.iter().filter(|draft| draft.reference.as_ref() == Some(&head.reference)).collect();
        let governing = governing(opened, head)?;
        // A branch of origin that is here too is told once, unless it is elsewhere there.
        let twin = head.reference.strip_prefix("refs/remotes/origin/").map(|name| format!("refs/heads/{name}"));
        let same = |other: &&Head| Some(&other.reference) == twin.as_ref() && other.commit == head.commit;
        if documents.is_empty() && governing.is_empty() || heads.iter().any(|other| same(&other)) {
            continue;
        }
        entries.push(entry(head, &documents, governing));
    }
    Ok(entries)
}

fn entry(head: &Head, documents: &[&Draft], governing: Vec<String>) -> DraftEntry {
    let in_review = documents.iter().any(|draft| draft.status == Status::InReview);
    let status = if in_review { Status::InReview } else { Status::Draft };
    DraftEntry {
        name: drafts::shown(&head.reference).to_owned(),
        reference: head.reference.clone(),
        commit: head.commit.to_string(),
        status: status.as_str().to_owned(),
        author: documents.iter().find_map(|draft| draft.author.clone()),
        documents: documents.iter().map(|draft| format!("{} {}", draft.id, draft.change.as_str())).collect(),
        governing,
    }
}

/// The files that govern and that a branch has otherwise than where it parted.
fn governing(opened: &Opened, head: &Head) -> Result<Vec<String>, Stop> {
    let Opened { database, history, .. } = opened;
    let bases = database.merge_bases(history.protected.tip, head.commit)?;
    let Some(base) = bases.first() else { return Ok(Vec::new()) };
    let interest = Interest(GOVERNING.map(str::to_owned).to_vec());
    let changes = database.changes(Some(*base), Some(head.commit), &interest)?;
    Ok(changes.into_iter().map(|change| change.path).collect())
}

/// Shows a draft.
pub fn show(args: &Show, here: &Path) -> Result<Exit, Stop> {
    let opened = history::open(here, &args.branch)?;
    let named = drafts::named(&opened, args.name.as_deref())?;
    let head = Head { reference: named.reference.clone(), commit: named.commit };
    let sources = args.forge.sources(here, &opened.database)?;
    let found = lifecycle::drafts(
        &opened.database,
        &opened.history,
        &mut Snapshots::default(),
        std::slice::from_ref(&head),
        &sources,
    )
    .0;
    let entry = entry(&head, &found.iter().collect::<Vec<_>>(), governing(&opened, &head)?);
    let trial = Trial::of(&opened, named, "Try a merge\n")?;
    let verdict: Verdict = trial.verdict(here, &args.forge)?;
    match args.format {
        Shown::Json => say_json(&DraftReport { schema: "policyc.draft/v1", draft: entry, verdict: verdict.report })?,
        Shown::Human => {
            say(&draft_human(&entry))?;
            verdict.show()?;
        }
    }
    Ok(Exit::Clean)
}
