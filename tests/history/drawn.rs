//! A history as a plain value, and the repository that is written from it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::rc::Rc;

use crate::program::Program;
use crate::support::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Plain,
    Executable,
    Link,
    Submodule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    pub mode: Mode,
    pub bytes: Rc<[u8]>,
}

impl Blob {
    pub fn plain(text: impl AsRef<[u8]>) -> Self {
        Self { mode: Mode::Plain, bytes: text.as_ref().into() }
    }
}

pub type Files = BTreeMap<String, Blob>;

/// The commit that every submodule here names.
const ELSEWHERE: &str = "1111111111111111111111111111111111111111";

#[derive(Clone, Debug)]
pub struct Commit {
    pub parents: Vec<usize>,
    pub files: Files,
    pub author: String,
    pub message: String,
    pub date: i64,
}

#[derive(Clone, Debug)]
pub enum Head {
    Branch(String),
    Detached(usize),
}

/// Commits name their parents by number; a parent comes before its children.
#[derive(Clone, Debug)]
pub struct Drawn {
    pub commits: Vec<Commit>,
    pub refs: BTreeMap<String, usize>,
    pub head: Head,
    /// What lies in the work tree.
    pub work: Files,
    /// The policy repository's folder, empty or ending in `/`.
    pub folder: String,
    pub packed: bool,
}

/// A drawn history in a folder.
pub struct Written {
    pub world: World,
    /// The ids of the drawn commits.
    pub ids: Vec<String>,
    pub folder: String,
}

impl Drawn {
    pub fn write(&self) -> Written {
        let world = World::in_memory();
        skeleton(&world, ".git/", false);
        let head = match &self.head {
            Head::Branch(branch) => format!("ref: refs/heads/{branch}\n"),
            Head::Detached(_) => "ref: refs/heads/main\n".to_owned(),
        };
        world.write(".git/HEAD", head);
        let limit = if self.packed { "fastimport.unpackLimit=1" } else { "fastimport.unpackLimit=100000" };
        let program = Program::at(world.path());
        program.feed(&["-c", limit, "fast-import", "--quiet", "--force", "--export-marks=.git/marks"], &self.stream());
        let mut ids = vec![String::new(); self.commits.len()];
        for line in world.read(".git/marks").lines() {
            let (mark, id) = line[1..].split_once(' ').unwrap();
            if let Some(place) = ids.get_mut(mark.parse::<usize>().unwrap() - 1) {
                id.clone_into(place);
            }
        }
        fs::remove_file(world.at(".git/marks")).unwrap();
        fs::remove_dir_all(world.at(".git/refs/drawn")).unwrap();
        if let Head::Detached(at) = self.head {
            world.write(".git/HEAD", format!("{}\n", ids[at]));
        }
        program.run(&["read-tree", "HEAD"]);
        lay(&world, &self.work);
        Written { world, ids, folder: self.folder.clone() }
    }

    /// What `git fast-import` reads. Commits have the marks 1, 2, …; blobs those after them.
    fn stream(&self) -> Vec<u8> {
        let mut stream = Vec::new();
        let mut marks: BTreeMap<&[u8], usize> = BTreeMap::new();
        for commit in &self.commits {
            for blob in commit.files.values() {
                let mark = self.commits.len() + marks.len() + 1;
                if blob.mode != Mode::Submodule && !marks.contains_key(&*blob.bytes) {
                    marks.insert(&blob.bytes, mark);
                    stream.extend(format!("blob\nmark :{mark}\ndata {}\n", blob.bytes.len()).bytes());
                    stream.extend(&*blob.bytes);
                    stream.push(b'\n');
                }
            }
        }
        for (at, commit) in self.commits.iter().enumerate() {
            let Commit { parents, files, author, message, date } = commit;
            let mut text = format!("commit refs/drawn/{at}\nmark :{}\n", at + 1);
            write!(text, "author Somebody <{author}> {date} +0100\ncommitter Robot <robot@example.com> {date} +0000\n")
                .unwrap();
            write!(text, "data {}\n{message}\n", message.len()).unwrap();
            for (place, parent) in parents.iter().enumerate() {
                writeln!(text, "{} :{}", if place == 0 { "from" } else { "merge" }, parent + 1).unwrap();
            }
            text.push_str("deleteall\n");
            for (path, blob) in files {
                let mode = match blob.mode {
                    Mode::Plain => "100644",
                    Mode::Executable => "100755",
                    Mode::Link => "120000",
                    Mode::Submodule => "160000",
                };
                match marks.get(&*blob.bytes) {
                    Some(mark) if blob.mode != Mode::Submodule => writeln!(text, "M {mode} :{mark} {path}").unwrap(),
                    _ => writeln!(text, "M {mode} {ELSEWHERE} {path}").unwrap(),
                }
            }
            stream.extend(text.bytes());
        }
        for (name, at) in &self.refs {
            stream.extend(format!("reset {name}\nfrom :{}\n", at + 1).bytes());
        }
        stream
    }

    /// The history for people who look into a failure.
    pub fn told(&self, ids: &[String]) -> String {
        let mut text = String::new();
        for (at, commit) in self.commits.iter().enumerate() {
            writeln!(text, "commit {at} {} parents {:?} by {}", ids[at], commit.parents, commit.author).unwrap();
            writeln!(text, "  says {:?}", commit.message).unwrap();
            let before = commit.parents.first().map(|parent| &self.commits[*parent].files);
            tell(&mut text, before, &commit.files);
        }
        writeln!(text, "refs {:?}\nHEAD {:?}, folder {:?}", self.refs, self.head, self.folder).unwrap();
        let head = match &self.head {
            Head::Branch(branch) => self.refs[&format!("refs/heads/{branch}")],
            Head::Detached(at) => *at,
        };
        writeln!(text, "work tree").unwrap();
        tell(&mut text, Some(&self.commits[head].files), &self.work);
        text
    }
}

fn tell(text: &mut String, before: Option<&Files>, after: &Files) {
    let none = Files::new();
    let before = before.unwrap_or(&none);
    for (path, blob) in after.iter().filter(|(path, blob)| before.get(*path) != Some(blob)) {
        let shown: String = String::from_utf8_lossy(&blob.bytes).chars().take(600).collect();
        writeln!(text, "  {path} {:?} {shown:?}", blob.mode).unwrap();
    }
    for path in before.keys().filter(|path| !after.contains_key(*path)) {
        writeln!(text, "  {path} gone").unwrap();
    }
}

/// An empty repository, as `git init` makes it without asking anybody's templates.
pub fn skeleton(world: &World, at: &str, bare: bool) {
    for folder in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
        fs::create_dir_all(world.at(&format!("{at}{folder}"))).unwrap();
    }
    world.write(&format!("{at}HEAD"), "ref: refs/heads/main\n");
    let config = format!("[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = {bare}\n");
    world.write(&format!("{at}config"), config);
}

/// Lays files into a work tree that has nothing yet.
pub fn lay(world: &World, files: &Files) {
    for (path, blob) in files {
        let place = world.at(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        match blob.mode {
            Mode::Submodule => fs::create_dir_all(place).unwrap(),
            Mode::Link => std::os::unix::fs::symlink(std::str::from_utf8(&blob.bytes).unwrap(), place).unwrap(),
            Mode::Plain | Mode::Executable => {
                fs::write(&place, &blob.bytes).unwrap();
                if blob.mode == Mode::Executable {
                    use std::os::unix::fs::PermissionsExt as _;
                    fs::set_permissions(place, fs::Permissions::from_mode(0o755)).unwrap();
                }
            }
        }
    }
}
