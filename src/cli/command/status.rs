use std::path::Path;

use crate::cli::history::{self, Branch, Forge, Opened};
use crate::cli::live;
use crate::cli::output::{say, say_json};
use crate::cli::words::Shown;
use crate::cli::{Exit, Stop};
use crate::compile;
use crate::diag::codes;
use crate::git::Head;
use crate::host::{self, Folder};
use crate::lifecycle::{self, Draft, Event, Live, OnDisk, Snapshots, Sources, State};
use crate::report::{ActiveLine, DraftLine, ProtectedLine, StatusReport, status_human};

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    forge: Forge,
}

/// Runs `status`.
///
/// # Errors
/// When the history cannot be told.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let opened = history::open(here, &args.branch)?;
    let sources = args.forge.sources(here, &opened.database)?;
    let report = report(&opened, &sources)?;
    match args.format {
        Shown::Json => say_json(&report)?,
        Shown::Human => say(&status_human(&report))?,
    }
    Ok(Exit::Clean)
}

fn report(opened: &Opened, sources: &Sources) -> Result<StatusReport, Stop> {
    let Opened { database, history, .. } = opened;
    let live = live::everywhere(opened, sources)?;
    history::tell_unreadable(&live);
    let head = database.checked_out()?;
    let (mut drafts, unreadable) = drafts(opened, head.as_ref(), sources)?;
    drafts.sort_by(|a, b| {
        (&a.id, a.reference.is_none(), &a.reference).cmp(&(&b.id, b.reference.is_none(), &b.reference))
    });
    let documents: Vec<ActiveLine> = history.ids().into_iter().filter_map(|id| active(opened, id, &live)).collect();
    let versions = history.events().iter().filter(|event| event.number.is_some()).count();
    let active = documents.iter().filter(|line| line.version_number.is_some()).count();
    Ok(StatusReport {
        protected: ProtectedLine {
            branch: history.protected.name.clone(),
            reference: history.protected.reference.clone(),
            commit: history.protected.tip.to_string(),
            commits: history.length(),
        },
        checked_out: head.filter(|head| head.reference.starts_with("refs/")).map(|head| head.reference),
        documents,
        archived: versions - active,
        drafts: drafts.iter().map(DraftLine::of).collect(),
        notes: [unreadable, notes(opened)?, stopped(opened, sources)?].concat(),
    })
}

/// What branches have, and the work tree where there is one.
fn drafts(opened: &Opened, head: Option<&Head>, sources: &Sources) -> Result<(Vec<Draft>, Vec<String>), Stop> {
    let Opened { root, database, history } = opened;
    let mut snapshots = Snapshots::default();
    let (heads, lost) = lifecycle::references(database, history)?;
    let (mut drafts, mut unreadable) = lifecycle::drafts(database, history, &mut snapshots, &heads, sources);
    unreadable.extend(lost.into_iter().map(|name| format!("`{name}` leads to an object that is not in this clone")));
    if database.has_work_tree() {
        let files = match compile::load(&Folder::new(root)) {
            Ok(files) => Some(files),
            Err(failure) if failure.code == codes::NO_REPOSITORY => None,
            Err(failure) => return Err(failure.into()),
        };
        let over = head.map(|head| head.commit);
        let left_out = database.left_out()?;
        let raw = |path: &str| host::raw(&root.join(path));
        let on_disk = OnDisk { files: files.as_ref(), left_out: &left_out, raw: &raw };
        let states = lifecycle::work_tree_states(database, &mut snapshots, over, &on_disk)?;
        drafts.extend(lifecycle::of_work_tree(database, history, &mut snapshots, over, &states)?);
    }
    Ok((drafts, unreadable))
}

fn active(opened: &Opened, id: &crate::model::DocumentId, live: &Live) -> Option<ActiveLine> {
    let history = &opened.history;
    let state = history.state(id);
    let newest: Option<&Event> = history.of_document(id).rfind(|event| event.number.is_some());
    let (broken, trouble) = match state {
        State::Absent => return None,
        State::Sound(_) => (false, None),
        State::Broken(trouble) => (true, Some(trouble.why.in_words().to_owned())),
    };
    let pinned = newest.and_then(|event| Some(live.pinning(id, event.number?, event.digest()?)));
    Some(ActiveLine {
        policy_id: id.to_string(),
        kind: newest.and_then(|event| event.kind).map(|kind| kind.as_str().to_owned()),
        status: "active".to_owned(),
        version_number: newest.and_then(|event| event.number),
        source_digest: match state {
            State::Sound(digest) => Some(digest.to_string()),
            State::Absent | State::Broken(_) => None,
        },
        broken,
        trouble,
        file: newest.and_then(|event| event.place.as_ref()).map(|(path, _)| path.clone()),
        live_in: pinned.unwrap_or_default(),
    })
}

/// What is stopped, and what is on its way.
fn stopped(opened: &Opened, sources: &Sources) -> Result<Vec<String>, Stop> {
    let mut notes = Vec::new();
    for (name, found) in live::each(opened, sources)? {
        // That it cannot be told is said beside this.
        let Ok(found) = found else { continue };
        if let Some(switch) = &found.kill {
            let why = switch.reason.as_deref().unwrap_or_default();
            notes.push(format!("the kill switch of `{name}` is on, and every action there is denied: {why}"));
        }
        if let Some(rollout) = found.live().ok().flatten().and_then(|good| good.lock.rollout.as_ref()) {
            notes.push(format!("a rollout of `{name}` has reached {} % of runs", rollout.percent));
        }
    }
    Ok(notes)
}

/// What a reader of the report should know besides.
fn notes(opened: &Opened) -> Result<Vec<String>, Stop> {
    let Opened { database, history, .. } = opened;
    let mut notes = Vec::new();
    if let Some(what) = database.in_the_middle_of() {
        notes.push(format!("Git is in the middle of {what}; the work tree may hold marks of conflicts"));
    }
    let short = history.protected.reference.strip_prefix("refs/heads/");
    for head in database.heads("refs/remotes/*")?.0 {
        let remote = head.reference.strip_prefix("refs/remotes/").and_then(|rest| rest.split_once('/'));
        let of_branch = |short: &str| remote.is_some_and(|(_, name)| name == short);
        if short.is_some_and(of_branch) && head.commit != history.protected.tip {
            notes.push(format!(
                "`{}` is at {}, not at {}: versions are those of `{}` in this clone",
                head.reference,
                head.commit.short(),
                history.protected.tip.short(),
                history.protected.reference
            ));
        }
    }
    Ok(notes)
}
