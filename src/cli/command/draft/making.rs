use std::path::Path;

use crate::cli::drafts::{self, DRAFTS};
use crate::cli::history::{Branch, Opened};
use crate::cli::output::{remark, say};
use crate::cli::session::{From, Session};
use crate::cli::writing::{self, Move, Push, Writer};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::git::{FileEdit, ObjectId};
use crate::host::{self, fault};
use crate::lifecycle::GOVERNING;
use crate::report::{Counts, visible_line};
use crate::syntax::counted;

/// Arguments of `draft new`.
#[derive(Debug, clap::Args)]
pub struct New {
    /// A name for it: letters, digits, `-`, `_` and `.`.
    name: String,
    /// What it is for; the message of its first commit.
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Leave the branch that is checked out, and the changes here, alone.
    #[arg(long)]
    no_switch: bool,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    push: Push,
}

/// Arguments of `draft update`.
#[derive(Debug, clap::Args)]
pub struct Update {
    /// What was changed, and why.
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    push: Push,
}

/// Arguments of `draft delete`.
#[derive(Debug, clap::Args)]
pub struct Delete {
    /// The draft.
    name: String,
    /// Also where nobody merged it.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    push: Push,
}

/// Begins a draft.
pub fn new(args: &New, here: &Path) -> Result<Exit, Stop> {
    let (writer, opened) = writing::open(here, &args.branch)?;
    let name = args.name.strip_prefix("draft/").unwrap_or(&args.name);
    let reference = format!("{DRAFTS}{name}");
    refuse_taken(&opened, name, &reference)?;
    let (database, tip) = (&opened.database, opened.history.protected.tip);
    let here_now = database.checked_out()?.map(|head| head.commit);
    writer.advance(&Move { what: "draft new", reference: &reference, from: None, to: tip })?;
    let switch = !args.no_switch && database.has_work_tree() && here_now == Some(tip);
    let mut told = format!("draft {name} begins at {} of {}", tip.short(), opened.history.protected.name);
    if switch {
        fault::step("head")?;
        database.switch_in_place(&reference)?;
        let message = args.message.clone().unwrap_or_else(|| format!("Draft {name}"));
        if let Some((_, files)) = committed(&writer, &opened, &reference, tip, &message)? {
            told.push_str(&format!(", with what is changed in {}", listed(&files)));
        }
        told.push_str(&format!("; branch draft/{name} is checked out\n"));
    } else {
        told.push_str(&format!("; `git switch draft/{name}` checks it out\n"));
    }
    sent(args.push.shared(&opened.root)?, &writer, &opened, &reference)?;
    say(&told)?;
    Ok(Exit::Clean)
}

/// A name that is taken here, or at a remote, would mix two drafts.
fn refuse_taken(opened: &Opened, name: &str, reference: &str) -> Result<(), Stop> {
    let valid = !name.is_empty() && is_name(name);
    if !valid {
        return Err(Stop::Usage(format!("`{name}` is no name for a draft: use letters, digits, `-`, `_` and `.`")));
    }
    for taken in [reference.to_owned(), format!("refs/remotes/origin/draft/{name}")] {
        if opened.database.head_of(&taken)?.is_some() {
            let message = format!("there is a draft `{name}` already, at `{taken}`");
            return Err(Failure::new(codes::WOULD_OVERWRITE, message).help("give another name").into());
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    let parts = || name.split('/');
    // Git keeps `.lock` for itself, in whatever case a file system may confuse it with.
    let locked = |part: &str| part.to_ascii_lowercase().ends_with(".lock");
    let odd = parts().any(|part| part.is_empty() || part.starts_with(['.', '-']) || locked(part));
    name.bytes().all(plain) && !odd && !name.contains("..") && !name.ends_with('.')
}

/// Commits what is changed here.
pub fn update(args: &Update, here: &Path) -> Result<Exit, Stop> {
    let (writer, opened) = writing::open(here, &args.branch)?;
    let draft = drafts::named(&opened, None)?;
    let message = args.message.clone().unwrap_or_else(|| format!("Update draft {}", draft.name));
    let made = committed(&writer, &opened, &draft.reference, draft.commit, &message)?;
    let shared = args.push.shared(&opened.root)?;
    let Some((commit, files)) = made else {
        if shared.is_some() {
            sent(shared, &writer, &opened, &draft.reference)?;
            say(&format!(
                "draft {}: nothing is changed in the policies here; what was committed is sent\n",
                draft.name
            ))?;
            return Ok(Exit::Clean);
        }
        let message = format!("nothing is changed in the policies here over draft `{}`", draft.name);
        return Err(Stop::Nothing(Failure::new(codes::NOTHING_TO_DO, message).help("nothing was written")));
    };
    sent(shared, &writer, &opened, &draft.reference)?;
    let name = visible_line(&draft.name);
    say(&format!("draft {name} is at {}, with what is changed in {}\n", commit.short(), listed(&files)))?;
    tell_errors(here)?;
    Ok(Exit::Clean)
}

/// A draft may be in error; nobody should find that out late.
fn tell_errors(here: &Path) -> Result<(), Stop> {
    let session = Session::open(here, &From { rev: None, now: None })?;
    let errors = Counts::of(&session.compilation.diagnostics).error;
    if errors > 0 {
        let of = counted(errors, "error");
        remark(&format!("note: it is in error ({of}): `policyc check` tells where; it cannot be submitted like this"));
    }
    Ok(())
}

fn sent(shared: Option<writing::Shared>, writer: &Writer, opened: &Opened, reference: &str) -> Result<(), Stop> {
    let protected = format!("refs/heads/{}", opened.history.protected.short());
    shared.map_or(Ok(()), |shared| shared.send(writer, reference, "draft", &protected))
}

fn listed(files: &[String]) -> String {
    let names: Vec<String> = files.iter().take(3).map(|file| format!("`{}`", visible_line(file))).collect();
    match files.len() - names.len() {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// Commits the policy files that are not as the branch has them; `None` where all are.
fn committed(
    writer: &Writer,
    opened: &Opened,
    reference: &str,
    over: ObjectId,
    message: &str,
) -> Result<Option<(ObjectId, Vec<String>)>, Stop> {
    let edits = edits(opened, over)?;
    if edits.is_empty() {
        return Ok(None);
    }
    if let Some(what) = opened.database.in_the_middle_of() {
        let message = format!("Git is in the middle of {what}");
        return Err(Failure::new(codes::NOT_PLACED, message).help("finish it or give it up").into());
    }
    let files = edits.iter().map(|edit| edit.path.clone()).collect();
    let made = opened.database.commit_over(over, &edits, &format!("{}\n", message.trim()))?;
    // The index first: should this end here, Git shows the files as staged, and nothing is lost.
    fault::step("index")?;
    opened.database.stage(&edits, made)?;
    fault::step("reference")?;
    writer.top().move_reference(reference, Some(over), Some(made), "policyc draft")?;
    Ok(Some((made, files)))
}

/// What is not as HEAD has it, among documents and what governs.
fn edits(opened: &Opened, over: ObjectId) -> Result<Vec<FileEdit>, Stop> {
    let settings = Session::at(opened.root.clone(), &From { rev: None, now: None })?.compilation.settings;
    let logs = settings.logs.iter().map(|log| log.path.trim_end_matches('/').to_owned());
    let places = GOVERNING.map(str::to_owned).into_iter().chain(settings.documents.iter().cloned()).chain(logs);
    let mut edits = Vec::new();
    for path in opened.database.changed_files(&places.collect::<Vec<_>>())? {
        let file = opened.root.join(&path);
        if !host::exists(&file) {
            edits.push(FileEdit { path, text: None });
            continue;
        }
        // As Git keeps it, with the line ends that it is set up for.
        let kept = if host::is_link(&file) { None } else { Some(opened.database.kept(&path)?) };
        if kept.is_some() && kept == opened.database.at(over, &path)? {
            continue;
        }
        let bytes = kept.map(|kept| opened.database.bytes(kept)).transpose()?;
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.ok_or_else(|| {
            let message = format!("`{path}` is no plain file of text, and cannot be part of a draft");
            Failure::new(codes::NOT_PLACED, message).help("commit it with Git, or move it elsewhere")
        })?;
        edits.push(FileEdit { path, text: Some(text) });
    }
    Ok(edits)
}

/// Removes a draft.
pub fn delete(args: &Delete, here: &Path) -> Result<Exit, Stop> {
    let (writer, opened) = writing::open(here, &args.branch)?;
    let draft = drafts::named(&opened, Some(&args.name))?;
    let merged = opened.database.is_ancestor(draft.commit, opened.history.protected.tip)?;
    if !merged && !args.force {
        let message = format!("draft `{}` has commits that were not merged", draft.name);
        let help = format!("say --force to remove it; its newest commit is {}", draft.commit);
        return Err(Stop::Nothing(Failure::new(codes::REFUSED, message).help(help)));
    }
    let own = drafts::own_name(&draft.reference);
    let shared = args.push.shared(&opened.root)?;
    if shared.is_none() && !draft.reference.starts_with("refs/heads/") {
        let message = format!("draft `{}` is only at a remote", draft.name);
        return Err(Stop::Nothing(Failure::new(codes::REFUSED, message).help("say --push to remove it there")));
    }
    if let Some(shared) = shared {
        shared.remove(&writer, &format!("refs/heads/{own}"), draft.commit)?;
    }
    if draft.reference.starts_with("refs/heads/") {
        writer.remove(&draft.reference, draft.commit)?;
    }
    say(&format!(
        "draft {} is removed; `git branch {} {}` brings it back\n",
        visible_line(&draft.name),
        visible_line(own),
        draft.commit
    ))?;
    Ok(Exit::Clean)
}
