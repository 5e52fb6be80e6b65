use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use notify::{Event, RecursiveMode, Watcher};

use crate::canon;
use crate::cli::output::{self, Formats, Place, say};
use crate::cli::session::{From, Session};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::host;
use crate::text::{Digest, jcs_bytes};

/// Arguments of `watch`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    formats: Formats,
    /// Stop after so many checks; 0 goes on until it is interrupted.
    #[arg(long, value_name = "N", default_value_t = 0, hide = true)]
    checks: usize,
}

/// How long nothing may happen before the files are taken to be at rest: editors write, rename and touch.
const QUIET: Duration = Duration::from_millis(120);

/// Runs `watch`.
///
/// # Errors
/// When there is no policy repository, or it cannot be watched.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let from = From { rev: None, now: None };
    let root = crate::cli::session::root(here, false)?;
    let (sender, receiver) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(sender).map_err(|error| cannot(&error))?;
    // Folders are watched, not files: an editor that renames leaves a new file under the old name.
    watcher.watch(&root, RecursiveMode::Recursive).map_err(|error| cannot(&error))?;
    let mut before = BTreeMap::new();
    let mut checks = 0;
    loop {
        let session = Session::open(&root, &from);
        checks += 1;
        let exit = match session {
            Ok(mut session) => {
                session.compilation.lint_regions();
                let now = digests(&session);
                if checks > 1 {
                    say(&changes(&before, &now))?;
                }
                before = now;
                tell(args, &session, here)?
            }
            // A file that is gone for a moment is no reason to stop watching.
            Err(stop) => crate::cli::stopped(&stop),
        };
        if checks == args.checks || host::reader_is_gone() {
            return Ok(exit);
        }
        wait(&receiver, &root)?;
    }
}

fn tell(args: &Args, session: &Session, here: &Path) -> Result<Exit, Stop> {
    let found = &session.compilation.diagnostics;
    output::findings(&args.formats, session, found, here, Place::Result)?;
    if args.formats.is_human() {
        say(&super::check::summary(session, found))?;
    }
    Ok(output::exit(found, false))
}

/// What each part of the repository means, by name: a change of the catalog or the defaults changes decisions too.
fn digests(session: &Session) -> BTreeMap<String, Option<Digest>> {
    let compilation = &session.compilation;
    let digest = |value: &serde_json::Value| jcs_bytes(value).ok().map(|bytes| Digest::of(&bytes));
    let documents = compilation.documents.iter();
    let mut digests: BTreeMap<String, Option<Digest>> =
        documents.map(|document| (document.id().to_string(), digest(&canon::document(document)))).collect();
    let environments = compilation.environments.iter();
    digests.extend(
        environments
            .map(|environment| (format!("environment {}", environment.id), digest(&canon::environment(environment)))),
    );
    let catalog = compilation.catalog.as_ref().map(canon::catalog);
    let identities = compilation.identities.as_ref().map(canon::identities);
    let others = [("the catalog", catalog), ("the identities", identities)];
    digests.extend(others.into_iter().filter_map(|(name, value)| Some((name.to_owned(), digest(&value?)))));
    let settings = Digest::of(format!("{:?}", compilation.settings).as_bytes());
    digests.insert("the settings".to_owned(), Some(settings));
    digests
}

fn changes(before: &BTreeMap<String, Option<Digest>>, now: &BTreeMap<String, Option<Digest>>) -> String {
    let added = now.keys().filter(|id| !before.contains_key(*id)).map(|id| format!("+ {id}\n"));
    let removed = before.keys().filter(|id| !now.contains_key(*id)).map(|id| format!("- {id}\n"));
    let changed = now.iter().filter(|(id, digest)| before.get(*id).is_some_and(|old| old != *digest));
    let text: String = added.chain(removed).chain(changed.map(|(id, _)| format!("~ {id}\n"))).collect();
    if text.is_empty() { "no change of meaning\n".to_owned() } else { text }
}

/// Waits until something that matters happened and then nothing for a while.
fn wait(receiver: &mpsc::Receiver<notify::Result<Event>>, root: &Path) -> Result<(), Stop> {
    let ended = || Stop::World(Failure::new(codes::IO, "the folder can no longer be watched"));
    loop {
        let event = receiver.recv().map_err(|_| ended())?;
        if event.is_ok_and(|event| matters(&event, root)) {
            break;
        }
    }
    loop {
        match receiver.recv_timeout(QUIET) {
            Ok(_) => {}
            Err(mpsc::RecvTimeoutError::Timeout) => return Ok(()),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(ended()),
        }
    }
}

/// Reading is no change, and Git's own files say nothing about documents.
fn matters(event: &Event, root: &Path) -> bool {
    let inside = |path: &std::path::PathBuf| {
        path.strip_prefix(root).map_or(true, |below| !below.starts_with(".git") && !below.starts_with("target"))
    };
    !event.kind.is_access() && event.paths.iter().any(inside)
}

fn cannot(error: &notify::Error) -> Stop {
    Stop::World(Failure::new(codes::IO, format!("the folder cannot be watched: {error}")))
}
