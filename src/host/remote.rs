//! Another repository, through the git program: it alone knows the transports and credentials of its users.

use std::path::{Path, PathBuf};

use super::program::{Answer, run_program};
use super::terminal::stdin_is_terminal;
use crate::diag::{Failure, codes};

/// A remote of a clone.
#[derive(Debug, Clone)]
pub struct Remote {
    folder: PathBuf,
    name: String,
}

/// How a reference of the remote is to move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Its full name there.
    pub reference: String,
    /// Where it must be; `None`: it must not be there.
    pub from: Option<String>,
    /// Where it goes; `None`: it is removed.
    pub to: Option<String>,
}

/// What came of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// Everything moved.
    Done,
    /// Somebody else moved a reference meanwhile; nothing moved.
    Stale,
    /// The remote refuses it; why, as it says.
    Refused(String),
}

/// What the remote says when a reference is no longer where it was expected.
const MOVED: [&str; 7] = [
    "stale info",
    "fetch first",
    "non-fast-forward",
    "cannot lock ref",
    "reference already exists",
    "failed to update ref",
    "incorrect old value",
];
/// The program at the other end, whatever the clone is set up to run there.
const UPLOAD: &str = "--upload-pack=git-upload-pack";

impl Remote {
    /// A remote, by its name in the clone.
    ///
    /// # Errors
    /// When that is no name.
    pub fn new(folder: &Path, name: &str) -> Result<Self, Failure> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
        if name.is_empty() || name.starts_with('-') || !name.bytes().all(plain) {
            let message = format!("`{name}` is no name of a remote");
            return Err(Failure::new(codes::REMOTE, message).help("`git remote` lists them"));
        }
        Ok(Self { folder: folder.to_path_buf(), name: name.to_owned() })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Brings references here. `pairs` are patterns there and here.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn fetch(&self, pairs: &[(String, String)]) -> Result<(), Failure> {
        let specs: Vec<String> = pairs.iter().map(|(there, here)| format!("+{there}:{here}")).collect();
        let mut arguments = vec!["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
        // Only what is asked for: what else the clone is set up to fetch may be refused by Git, and fail all of it.
        arguments.extend(["--refmap=", "--no-recurse-submodules", UPLOAD, "--", &self.name]);
        arguments.extend(specs.iter().map(String::as_str));
        let answer = self.git(&arguments)?;
        if answer.ok { Ok(()) } else { Err(self.unreachable(&answer)) }
    }

    /// Where references are there, by name; those that are not there are left out.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn heads(&self, names: &[&str]) -> Result<Vec<(String, String)>, Failure> {
        let answer = self.git(&[&["ls-remote", "--quiet", UPLOAD, "--", &self.name], names].concat())?;
        if !answer.ok {
            return Err(self.unreachable(&answer));
        }
        let line = |line: &str| line.split_once('\t').map(|(id, name)| (name.to_owned(), id.to_owned()));
        Ok(answer.out.lines().filter_map(line).filter(|(name, _)| names.contains(&name.as_str())).collect())
    }

    /// Moves references there: all or none, and each only from where it is expected.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn push(&self, updates: &[Update]) -> Result<Pushed, Failure> {
        let lease = |update: &Update| {
            format!("--force-with-lease={}:{}", update.reference, update.from.as_deref().unwrap_or_default())
        };
        let spec = |update: &Update| format!("{}:{}", update.to.as_deref().unwrap_or_default(), update.reference);
        let (leases, specs): (Vec<String>, Vec<String>) = updates.iter().map(|one| (lease(one), spec(one))).unzip();
        let mut arguments = vec!["push", "--porcelain", "--atomic", "--no-verify", "--no-follow-tags"];
        arguments.extend(["--recurse-submodules=no", "--receive-pack=git-receive-pack"]);
        arguments.extend(leases.iter().map(String::as_str));
        arguments.extend(["--", &self.name]);
        arguments.extend(specs.iter().map(String::as_str));
        let answer = self.git(&arguments)?;
        if answer.ok {
            return Ok(Pushed::Done);
        }
        let refused: Vec<&str> = answer.out.lines().filter(|line| line.starts_with('!')).collect();
        if refused.is_empty() {
            return Err(self.unreachable(&answer));
        }
        if refused
            .iter()
            .copied()
            .chain([answer.err.as_str()])
            .any(|text| MOVED.iter().any(|moved| text.contains(moved)))
        {
            return Ok(Pushed::Stale);
        }
        Ok(Pushed::Refused(words(&answer.err, refused.first().copied().unwrap_or_default())))
    }

    fn git(&self, arguments: &[&str]) -> Result<Answer, Failure> {
        // No hook of the clone runs, and no address is a command.
        let safe = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never"];
        let prompt = if stdin_is_terminal() { "1" } else { "0" };
        let environment = [("LC_ALL", "C"), ("GIT_TERMINAL_PROMPT", prompt)];
        run_program("git", &self.folder, &[&safe, arguments].concat(), &environment, b"")
    }

    fn unreachable(&self, answer: &Answer) -> Failure {
        let message = format!("`{}` could not be asked: {}", self.name, words(&answer.err, "git gave no reason"));
        Failure::new(codes::REMOTE, message).help(
            "run it again when the remote can be reached; what was recorded here before stays, and goes along then",
        )
    }
}

/// The last lines that tell something, of what git wrote.
fn words(err: &str, otherwise: &str) -> String {
    let tells = |line: &&str| {
        ["remote: ", "fatal: ", "error: "].iter().any(|start| line.starts_with(start)) && line.trim().len() > 8
    };
    let lines: Vec<&str> = err.lines().filter(tells).map(str::trim).take(3).collect();
    if lines.is_empty() { otherwise.trim().to_owned() } else { lines.join("; ") }
}
