//! The recorded actions that a change is judged by. A change cannot bring them: those that are in Git are read from the
//! branch that it is merged into, and how they are read is told by the settings there.

use std::path::Path;

use super::parts::Parts;
use crate::cli::Stop;
use crate::cli::logs::{self, Located, Reading};
use crate::diag::{Failure, codes};
use crate::git::{Interest, ObjectId};
use crate::host::{self, Folder};
use crate::source::{ALL_LEVELS, Tree};
use crate::written::LogSource;

/// Every log, ready to be opened; none where none is named.
///
/// # Errors
/// When one is not there, cannot be read, or is brought by the change.
pub fn find(parts: &Parts<'_>) -> Result<Vec<Located>, Stop> {
    let mut all = Vec::new();
    for source in named(parts)? {
        let reading = source.from.as_deref().map(|name| logs::reading_of(name, &parts.sides.judge().settings.mappings));
        let reading = reading.transpose()?;
        let found = match of_commit(parts, &source.path, reading.as_ref())? {
            Some(found) => found,
            None => of_folder(parts, &source.path, reading.as_ref())?,
        };
        if found.is_empty() {
            let message = format!("`{}` holds no recorded action", source.path);
            return Err(Failure::new(codes::IO, message)
                .help("name a log, or a folder with logs, under `logs`")
                .into());
        }
        all.extend(found);
    }
    Ok(all)
}

/// The logs of the command line, else of the settings that judge the change, else of its own.
fn named(parts: &Parts<'_>) -> Result<Vec<LogSource>, Stop> {
    let judge = &parts.sides.judge().settings.logs;
    let own = &parts.sides.head.session.compilation.settings.logs;
    let settings = || if judge.is_empty() { own } else { judge }.clone();
    let of_line = parts.args.logs.iter().map(|path| {
        super::sides::refuse_links(&parts.here.join(path))?;
        let below = host::written_at(&parts.sides.root, parts.here, path);
        let below = below.filter(|below| !below.starts_with("../"));
        let path = below.ok_or_else(|| {
            Stop::Usage(format!("`{}` lies outside of the policy repository; put logs below it", path.display()))
        })?;
        Ok(LogSource { path, from: None })
    });
    let of_line = of_line.collect::<Result<Vec<_>, Stop>>()?;
    Ok(if of_line.is_empty() { settings() } else { of_line })
}

/// The logs at a path as the branch that is merged into has them; `None` where it has none there.
fn of_commit(parts: &Parts<'_>, path: &str, reading: Option<&Reading>) -> Result<Option<Vec<Located>>, Stop> {
    let Some(bases) = parts.sides.commits.bases else { return Ok(None) };
    let held = |commit: ObjectId| {
        let interest = Interest(vec![path.trim_end_matches('/').to_owned()]);
        parts.sides.database.changes(None, Some(commit), &interest)
    };
    let files = held(bases.now)?;
    if files.is_empty() {
        let brought = parts.sides.commits.result.map(held).transpose()?.unwrap_or_default();
        let adopted = parts.sides.judge().settings.logs.is_empty() && parts.args.logs.is_empty();
        if !brought.is_empty() && !adopted {
            let message = format!("the change brings `{path}`, by which it would be judged");
            return Err(Failure::new(codes::IO, message).help("merge logs before the changes that they judge").into());
        }
        return Ok(None);
    }
    let mut all = Vec::new();
    for file in files {
        let Some(entry) = file.after.filter(|entry| entry.plain) else { return Err(link(&file.path)) };
        let bytes = parts.sides.database.bytes(entry.id)?;
        all.extend(logs::held(file.path, bytes, reading)?);
    }
    Ok(Some(all))
}

/// The logs at a path on disk: files of their own, not what a link leads to.
fn of_folder(parts: &Parts<'_>, path: &str, reading: Option<&Reading>) -> Result<Vec<Located>, Stop> {
    let folder = Folder::new(&parts.sides.root);
    let entries = folder.list(path.trim_end_matches('/'), ALL_LEVELS)?;
    if entries.is_empty() {
        let message = format!("there is no log `{path}`");
        return Err(Failure::new(codes::IO, message)
            .help("put it there before `policyc ci` runs, or change `logs`")
            .into());
    }
    let mut all = Vec::new();
    for entry in entries {
        if entry.link {
            return Err(link(&entry.path));
        }
        let place = parts.sides.root.join(Path::new(&entry.path));
        all.extend(logs::located_as(entry.path, place, reading)?);
    }
    Ok(all)
}

fn link(path: &str) -> Stop {
    let message = format!("`{path}` is no file of its own, and what it leads to is not read as a log");
    Failure::new(codes::IO, message).help("put the file itself there").into()
}
