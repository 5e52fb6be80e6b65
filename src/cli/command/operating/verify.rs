use std::collections::BTreeSet;
use std::path::Path;

use super::keys::{Attested, Keys};
use crate::cli::history::{self, Branch, Forge, Opened};
use crate::cli::live::{self, Standing, standing_anew};
use crate::cli::output::{say, say_json};
use crate::cli::words::Shown;
use crate::cli::{Exit, Stop};
use crate::git::ObjectId;
use crate::lifecycle::approvals::Outcome;
use crate::lifecycle::record::Record;
use crate::lifecycle::{GovernedBy, Sources, Teller};
use crate::report::{Row, RowOutcome, RowsReport, rows_human};
use crate::source::{Format, document_format};
use crate::syntax::counted;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only the locks of this environment.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    forge: Forge,
}

/// Runs `verify`: everything that is told of versions, reviews and deployments, held against Git, and what could not be.
///
/// # Errors
/// When the history cannot be told.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let opened = history::open(here, &args.branch)?;
    args.environment.as_deref().map_or(Ok(()), |name| live::refuse_unknown(&opened, name))?;
    let sources = args.forge.sources(here, &opened.database)?;
    let mut rows = vec![versions(&opened)];
    let names: BTreeSet<String> = match &args.environment {
        Some(name) => BTreeSet::from([name.clone()]),
        None => live::environments(&opened),
    };
    // What could not be answered is no answer, whatever else was.
    let mut unanswered = None;
    for name in &names {
        // Nothing that was remembered counts here.
        match standing_anew(&opened, name, &sources) {
            Ok(standing) => {
                rows.push(locks(name, &standing));
                let stop = standing.live().err().map(|unproven| live::cannot_tell(name, unproven));
                unanswered = unanswered.or(stop);
            }
            Err(stop) => {
                let failure = stop.failure()?;
                rows.push(Row::of(&format!("locks of {name}"), false, failure.message.clone()));
                unanswered.get_or_insert(Stop::World(failure));
            }
        }
    }
    rows.push(governing(&opened, &sources)?);
    rows.extend(records(&opened, &sources));
    rows.push(facts(&sources));
    let report = RowsReport::new("policyc.verify/v1", args.environment.clone(), rows, Vec::new());
    match args.format {
        Shown::Json => say_json(&report)?,
        Shown::Human => say(&rows_human(&report, true))?,
    }
    let exit = if report.outcome == RowOutcome::Fail { Exit::Findings } else { Exit::Clean };
    unanswered.map_or(Ok(exit), Err)
}

/// Ranks, counted anew: every version has the next number of its document.
fn versions(opened: &Opened) -> Row {
    let history = &opened.history;
    let mut wrong = Vec::new();
    for id in history.ids() {
        let numbers: Vec<u64> = history.of_document(id).filter_map(|event| event.number).collect();
        if numbers.iter().copied().ne(1..=numbers.len() as u64) {
            wrong.push(id.to_string());
        }
    }
    let value = format!("{} in {}", counted(history.events().len(), "event"), counted(history.length(), "commit"));
    Row::of("versions", wrong.is_empty(), value).help(format!("ranks are not those of {}", wrong.join(", ")))
}

fn locks(name: &str, standing: &Standing) -> Row {
    let (good, refused) = (standing.good().len(), standing.all_refused.len());
    let why: Vec<String> =
        standing.all_refused.iter().map(|one| format!("{}: {}", one.commit.short(), one.why)).collect();
    let title = format!("locks of {name}");
    if let Err(unproven) = standing.live() {
        let value = format!("{good} good, {} without proof, {refused} refused", standing.unproven().len());
        return Row::of(&title, false, value).help(live::lacks_proof(unproven));
    }
    let value = format!("{good} good, {refused} refused");
    // A lock that was refused and answered by a good one since does no harm any more.
    let row = Row::of(&title, refused == 0, value).help(why.join("; "));
    if standing.refused.is_empty() { row.mild() } else { row }
}

/// Whether changes of what governs were approved as what governed before them asks for.
fn governing(opened: &Opened, sources: &Sources) -> Result<Row, Stop> {
    let mut teller = Teller::new(&opened.database, &opened.history, sources);
    let commits: BTreeSet<ObjectId> = opened
        .history
        .governed()
        .iter()
        // What policyc writes there is held against what it must be elsewhere.
        .filter(|event| document_format(&event.path) == Some(Format::Yaml))
        .map(|event| event.commit)
        .collect();
    let mut open = Vec::new();
    for commit in &commits {
        // The first commit has nothing before it that could ask for anything.
        let Some(parent) = opened.database.commit(*commit)?.parents.first().copied() else { continue };
        let Ok(settings) = GovernedBy::settings_at(&opened.database, parent) else { continue };
        let (judgement, _) = teller.governed_judged_by(*commit, &settings.review)?;
        if judgement.outcome != Outcome::Met {
            open.push(commit.short());
        }
    }
    let value = format!("{} of {} without approvals that are known here", open.len(), counted(commits.len(), "change"));
    Ok(Row::of("changes of what governs", open.is_empty(), value).mild().help(format!("look at {}", open.join(", "))))
}

/// Signatures of records, and whether what they are about ever was in Git.
fn records(opened: &Opened, sources: &Sources) -> Vec<Row> {
    let Some(records) = &sources.records else {
        let row = Row::of("review records", false, "not in this clone").mild();
        return vec![row.help("git fetch origin '+refs/notes/policyc*:refs/policyc/origin/notes*'")];
    };
    let keys = Keys::of(opened);
    let (mut attested, mut earlier, mut unsigned, mut refuted) = (0, 0, 0, Vec::new());
    for record in records {
        match keys.attestation(record) {
            Attested::Now => attested += 1,
            Attested::Earlier => earlier += 1,
            Attested::Unsigned => unsigned += 1,
            Attested::Refuted(why) => refuted.push(format!("by `{}` at {}: {why}", record.written.by, record.at)),
        }
    }
    let lost = records.iter().filter(|record| !is_there(opened, record)).count();
    let unread = sources.unread.len();
    let before = if earlier == 0 { String::new() } else { format!("{earlier} with keys of earlier, ") };
    let value = format!("{attested} signed, {before}{unsigned} not signed, {} refuted", refuted.len());
    let signatures = Row::of("signatures of records", refuted.is_empty(), value).help(refuted.join("; "));
    let lines = Row::of("lines of records", unread == 0, format!("{} read, {unread} not", records.len()))
        .help(sources.unread.join("; "));
    let about =
        Row::of("what records are about", lost == 0, format!("{lost} about commits that are not in this clone"))
            .mild()
            .help("they may be of drafts that were removed; nothing hangs on it");
    vec![signatures, lines, about]
}

fn is_there(opened: &Opened, record: &Record) -> bool {
    let head = record.written.head.as_deref();
    head.is_none_or(|head| ObjectId::parse(head).is_some_and(|head| opened.database.has(head)))
}

fn facts(sources: &Sources) -> Row {
    let given = sources.facts.is_some();
    let value = if given { "given" } else { "not given: reviews and pull requests at a forge could not be checked" };
    Row::of("facts of a forge", given, value)
        .mild()
        .help("`policyc forge fetch --out facts.json`, then --forge facts.json")
}
