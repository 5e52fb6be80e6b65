//! The git program, knowing nothing of the machine it is on, and the objects it hands out.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::rc::Rc;

pub struct Program {
    place: PathBuf,
}

impl Program {
    pub fn at(place: &Path) -> Self {
        Self { place: place.to_owned() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .args([
                "-c",
                "core.fsync=none",
                "-c",
                "core.fsmonitor=false",
                "-c",
                "core.hooksPath=/nonexistent",
                "-c",
                "core.quotePath=false",
            ])
            .args(["-c", "log.mailmap=false", "-c", "log.showSignature=false", "-c", "merge.renames=true"])
            .args(["-c", "i18n.logOutputEncoding=UTF-8", "-c", "color.ui=false", "-c", "log.follow=false"])
            .args([
                "-c",
                "merge.directoryRenames=conflict",
                "-c",
                "merge.renormalize=false",
                "-c",
                "diff.renameLimit=1000",
            ])
            .args(arguments)
            .current_dir(&self.place)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1"), ("HOME", "/nonexistent")])
            .envs([("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn run(&self, arguments: &[&str]) -> String {
        self.feed(arguments, b"")
    }

    pub fn feed(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let input = input.to_owned();
        let writing = std::thread::spawn(move || pipe.write_all(&input));
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        writing.join().unwrap().unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }
}

/// Type and content.
type Object = Rc<(String, Vec<u8>)>;

/// `git cat-file --batch`, kept open.
pub struct Objects {
    child: Child,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
    known: RefCell<HashMap<String, Object>>,
}

impl Objects {
    pub fn of(program: &Program) -> Self {
        let mut child = program.command(&["cat-file", "--batch"]).stdin(Stdio::piped()).spawn().unwrap();
        let pipes = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, pipes: RefCell::new(pipes), known: RefCell::default() }
    }

    pub fn get(&self, id: &str) -> Object {
        if let Some(known) = self.known.borrow().get(id) {
            return Rc::clone(known);
        }
        let mut pipes = self.pipes.borrow_mut();
        let (asked, answered) = &mut *pipes;
        writeln!(asked, "{id}").unwrap();
        let mut line = String::new();
        answered.read_line(&mut line).unwrap();
        let [_, sort, size] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{id}: {line}") };
        let mut bytes = vec![0; size.parse::<usize>().unwrap() + 1];
        answered.read_exact(&mut bytes).unwrap();
        bytes.pop();
        let object = Rc::new((sort.to_owned(), bytes));
        self.known.borrow_mut().insert(id.to_owned(), Rc::clone(&object));
        object
    }

    /// Everything below a tree: (path, mode, id).
    pub fn files(&self, tree: &str) -> Vec<(String, String, String)> {
        let object = self.get(tree);
        let mut rest = &object.1[..];
        let mut files = Vec::new();
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == 0).unwrap();
            let (mode, name) = std::str::from_utf8(&rest[..end]).unwrap().split_once(' ').unwrap();
            let id: String = rest[end + 1..end + 21].iter().map(|byte| format!("{byte:02x}")).collect();
            if mode == "40000" {
                let below = self.files(&id).into_iter();
                files.extend(below.map(|(path, mode, id)| (format!("{name}/{path}"), mode, id)));
            } else {
                files.push((name.to_owned(), mode.to_owned(), id));
            }
            rest = &rest[end + 21..];
        }
        files
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
