use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use git2::Odb;

use super::ObjectId;
use super::database::{damaged, read};
use crate::diag::{Failure, codes};
use crate::source::{ALL_LEVELS, ASSIST_LOCK};

/// How many entries of folders one comparison looks at. A few kilobytes of folders that hold each other can stand for
/// more files than there is memory for.
const MOST_ENTRIES: usize = 400_000;

/// What a path holds in a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The object.
    pub id: ObjectId,
    /// Whether it is a plain file with a name that is text; links, submodules and what lies too deep are not.
    pub plain: bool,
    /// Of a Markdown file: the object of the accepted readings beside it. It changes what the file says.
    pub assist: Option<ObjectId>,
}

/// A path that holds something else than before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The path from the policy repository's root, with `/`.
    pub path: String,
    /// What it held before.
    pub before: Option<Entry>,
    /// What it holds now.
    pub after: Option<Entry>,
}

/// Which part of a tree is looked at: paths that lead to, or lie below, one of these. An empty one stands for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interest(pub Vec<String>);

impl Interest {
    /// Whether a path leads to or lies below a path of interest.
    fn meets(&self, path: &str) -> bool {
        let below = |long: &str, short: &str| {
            short.is_empty() || long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.0.iter().any(|wanted| below(path, wanted) || below(wanted, path))
    }
}

/// The differences between folders of commits, by the names of their entries; contents are never compared.
pub(super) struct Comparison<'o> {
    objects: &'o Odb<'o>,
    interest: &'o Interest,
    entries: usize,
    changes: Vec<Change>,
    folders: Folders,
}

/// Folders as they were read, for a while: what one commit has, the next one has before it.
#[derive(Default)]
struct Folders {
    young: HashMap<ObjectId, Rc<[u8]>>,
    old: HashMap<ObjectId, Rc<[u8]>>,
}

/// How many folders are kept before the older ones go.
const MOST_FOLDERS: usize = 64;

impl Folders {
    fn read(&mut self, objects: &Odb<'_>, id: ObjectId) -> Result<Rc<[u8]>, Failure> {
        if let Some(known) = self.young.get(&id) {
            return Ok(Rc::clone(known));
        }
        let folder = match self.old.remove(&id) {
            Some(known) => known,
            None => Rc::from(read(objects, id)?.data()),
        };
        if self.young.len() >= MOST_FOLDERS {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id, Rc::clone(&folder));
        Ok(folder)
    }
}

impl<'o> Comparison<'o> {
    pub fn new(objects: &'o Odb<'o>, interest: &'o Interest) -> Self {
        Self { objects, interest, entries: 0, changes: Vec::new(), folders: Folders::default() }
    }

    /// The changes found since they were last taken.
    pub fn take(&mut self) -> Vec<Change> {
        self.entries = 0;
        std::mem::take(&mut self.changes)
    }

    /// The folder that a way leads to from another; `None` where there is none.
    pub fn below(&mut self, folder: ObjectId, way: &Path) -> Result<Option<ObjectId>, Failure> {
        let mut folder = folder;
        for part in way {
            let rows = self.folders.read(self.objects, folder)?;
            match find(&rows, part.as_encoded_bytes())? {
                Some((id, true)) => folder = id,
                _ => return Ok(None),
            }
        }
        Ok(Some(folder))
    }

    /// Adds the differences between two folders, either of which may not be there.
    pub fn folders(&mut self, before: Option<ObjectId>, after: Option<ObjectId>, path: &str) -> Result<(), Failure> {
        if before == after {
            return Ok(());
        }
        let (before, after) = (self.rows(before)?, self.rows(after)?);
        let (mut old, mut new) = (Rows(&before), Rows(&after));
        let (mut left, mut right) = (old.next_row()?, new.next_row()?);
        loop {
            let order = match (&left, &right) {
                (None, None) => return Ok(()),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(a), Some(b)) => a.sorted().cmp(&b.sorted()),
            };
            let (a, b) = (left.filter(|_| order.is_le()), right.filter(|_| order.is_ge()));
            self.row(a, b, path)?;
            if order.is_le() {
                left = old.next_row()?;
            }
            if order.is_ge() {
                right = new.next_row()?;
            }
        }
    }

    fn rows(&mut self, folder: Option<ObjectId>) -> Result<Rc<[u8]>, Failure> {
        folder.map_or(Ok(Rc::from([])), |id| self.folders.read(self.objects, id))
    }

    /// One name, as it is on either side.
    fn row(&mut self, before: Option<Row<'_>>, after: Option<Row<'_>>, path: &str) -> Result<(), Failure> {
        self.entries += 1;
        if self.entries > MOST_ENTRIES {
            let message = format!("a commit holds more than {MOST_ENTRIES} changed files where documents are read");
            return Err(Failure::new(codes::GIT, message).help("look at what was committed there"));
        }
        if before == after {
            return Ok(());
        }
        let Some(named) = after.or(before) else { return Ok(()) };
        let name = String::from_utf8_lossy(named.name);
        let full = if path.is_empty() { name.into_owned() } else { format!("{path}/{name}") };
        if !self.interest.meets(&full) {
            return Ok(());
        }
        let deep = full.matches('/').count() >= ALL_LEVELS;
        if named.folder && named.is_text() && !deep {
            return self.folders(before.map(|row| row.id), after.map(|row| row.id), &full);
        }
        let (before, after) = (before.map(Row::entry), after.map(Row::entry));
        if before != after {
            self.changes.push(Change { path: full, before, after });
        }
        Ok(())
    }
}

/// One line of a folder as Git stores it.
#[derive(Clone, Copy)]
struct Row<'a> {
    folder: bool,
    plain: bool,
    name: &'a [u8],
    id: ObjectId,
    /// The accepted readings beside it, and whether they are a plain file.
    assist: Option<(ObjectId, bool)>,
}

impl PartialEq for Row<'_> {
    /// Whether a file may be executed makes no difference.
    fn eq(&self, other: &Self) -> bool {
        (self.id, self.folder, self.plain, self.name, self.assist)
            == (other.id, other.folder, other.plain, other.name, other.assist)
    }
}

impl<'a> Row<'a> {
    fn is_text(self) -> bool {
        std::str::from_utf8(self.name).is_ok()
    }

    fn entry(self) -> Entry {
        let beside = self.assist.is_none_or(|(_, plain)| plain);
        // Readings behind a link are no readings, and a file that needs them cannot be read.
        Entry { id: self.id, plain: self.plain && self.is_text() && beside, assist: self.assist.map(|(id, _)| id) }
    }

    /// Git sorts a folder as if its name ended with `/`; a file and a folder of one name are two entries.
    fn sorted(&self) -> SortedName<'a> {
        SortedName { name: self.name, folder: self.folder }
    }
}

#[derive(PartialEq, Eq)]
struct SortedName<'a> {
    name: &'a [u8],
    folder: bool,
}

impl SortedName<'_> {
    fn bytes(&self) -> impl Iterator<Item = u8> {
        self.name.iter().copied().chain(self.folder.then_some(b'/'))
    }
}

impl Ord for SortedName<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let shared = self.name.len().min(other.name.len());
        match self.name.get(..shared).cmp(&other.name.get(..shared)) {
            std::cmp::Ordering::Equal => self.bytes().skip(shared).cmp(other.bytes().skip(shared)),
            order => order,
        }
    }
}

impl PartialOrd for SortedName<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The lines of a folder: `mode name NUL` and twenty bytes.
struct Rows<'a>(&'a [u8]);

impl<'a> Rows<'a> {
    fn next_row(&mut self) -> Result<Option<Row<'a>>, Failure> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let row = self.read().map(|row| Row { assist: self.assist(&row), ..row });
        row.map(Some).ok_or_else(|| {
            Failure::new(codes::GIT, "a folder of a commit is damaged").help("`git fsck` says what is damaged")
        })
    }

    /// The accepted readings beside a file: names are sorted, so they stand among the next that begin with its name.
    fn assist(&self, file: &Row<'_>) -> Option<(ObjectId, bool)> {
        let markdown = file.name.len() > 3 && file.name.to_ascii_lowercase().ends_with(b".md");
        if file.folder || !markdown {
            return None;
        }
        let mut next = Rows(self.0);
        while let Some(row) = next.read() {
            let rest = row.name.strip_prefix(file.name)?;
            if rest == ASSIST_LOCK.as_bytes() && !row.folder {
                return Some((row.id, row.plain));
            }
        }
        None
    }

    fn read(&mut self) -> Option<Row<'a>> {
        let space = memchr::memchr(b' ', self.0)?;
        let (mode, rest) = self.0.split_at_checked(space)?;
        let rest = rest.get(1..)?;
        let end = memchr::memchr(0, rest)?;
        let (name, rest) = (rest.get(..end)?, rest.get(end + 1..)?);
        let (id, rest) = rest.split_at_checked(20)?;
        self.0 = rest;
        let folder = matches!(mode, b"40000" | b"040000");
        let plain = mode.starts_with(b"100") && mode.len() == 6;
        Some(Row { folder, plain, name, id: ObjectId::of_bytes(id)?, assist: None })
    }
}

/// The entry of a folder, by name: its object and whether that is a folder.
fn find(rows: &[u8], name: &[u8]) -> Result<Option<(ObjectId, bool)>, Failure> {
    let mut rows = Rows(rows);
    while let Some(row) = rows.next_row()? {
        if row.name == name {
            return Ok(Some((row.id, row.folder)));
        }
    }
    Ok(None)
}

/// The entry of a folder as an object, by name.
pub(super) fn entry_of(objects: &Odb<'_>, folder: ObjectId, name: &[u8]) -> Result<Option<(ObjectId, bool)>, Failure> {
    let object = read(objects, folder)?;
    if object.kind() != git2::ObjectType::Tree {
        return Err(damaged(folder, "a folder"));
    }
    find(object.data(), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interest_reaches_up_to_what_leads_there_and_down_to_what_lies_there() {
        let interest = Interest(vec!["policies/pay".into(), "policyc.yaml".into()]);
        for path in ["policies", "policies/pay", "policies/pay/a.yaml", "policyc.yaml"] {
            assert!(interest.meets(path), "{path}");
        }
        for path in ["pol", "policies/payments", "policies/a.yaml", "policyc.yaml.bak", "src"] {
            assert!(!interest.meets(path), "{path}");
        }
        assert!(Interest(vec![String::new()]).meets("anything/at/all"));
    }

    #[test]
    fn names_are_sorted_as_git_sorts_them() {
        let name = |name: &'static str, folder| SortedName { name: name.as_bytes(), folder };
        assert!(name("a", false) < name("a.b", false));
        assert!(name("a.b", false) < name("a", true), "`a/` comes after `a.b`");
        assert!(name("a", true) < name("a0", false));
        assert!(name("a", false) != name("a", true));
    }
}
