use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::git::{Database, ObjectId};
use crate::host;
use crate::lifecycle::locks::Step;

/// The locks that were found to be good, so that what they needed is not looked up again: facts of a forge that were at hand
/// then, and replays.
pub struct Memory {
    path: PathBuf,
    known: BTreeMap<String, Step>,
    news: bool,
    forgets: bool,
}

/// What is remembered holds for one way of judging only.
const FORM: &str = "policyc.locks/v3";

impl Memory {
    /// Nothing; and nothing that is found is remembered.
    pub fn empty(database: &Database, environment: &str) -> Self {
        let mut memory = Self::of(database, environment);
        memory.known.clear();
        memory.forgets = true;
        memory
    }

    /// What is remembered of an environment.
    pub fn of(database: &Database, environment: &str) -> Self {
        let name = crate::text::Digest::of(format!("{}\n{environment}", database.prefix()).as_bytes()).leading();
        let path = database.common_folder().join("policyc").join(format!("locks-{name:016x}"));
        let text = host::recall(&path).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let mut lines = text.lines();
        let entry = |line: &str| {
            let (commit, word) = line.split_once(' ')?;
            Some((commit.to_owned(), Step::ALL.into_iter().find(|step| step.as_str() == word)?))
        };
        let known = if lines.next() == Some(FORM) { lines.filter_map(entry).collect() } else { BTreeMap::new() };
        Self { path, known, news: false, forgets: false }
    }

    /// The step that the lock of a commit is known to be; `None`: it is not known to be good.
    pub fn knows(&self, commit: ObjectId) -> Option<Step> {
        self.known.get(&commit.to_string()).copied()
    }

    /// Remembers that it is.
    pub fn add(&mut self, commit: ObjectId, step: Step) {
        self.news |= self.known.insert(commit.to_string(), step) != Some(step);
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.news && !self.forgets {
            let lines: String =
                self.known.iter().map(|(commit, step)| format!("{commit} {}\n", step.as_str())).collect();
            host::remember(&self.path, format!("{FORM}\n{lines}").as_bytes());
        }
    }
}
