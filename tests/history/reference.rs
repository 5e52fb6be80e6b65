//! The map from history to versions, slowly: every tree of every commit is read again as a whole, and everything
//! else is asked of sets of commits.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::documents;
use crate::program::{Objects, Program};
use crate::states::{Leaf, Leaves, Seen, State};

pub struct Commit {
    pub parents: Vec<String>,
    pub tree: String,
    pub author: String,
    pub message: String,
    pub co_authors: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub commit: String,
    /// 1 is the root.
    pub position: usize,
    pub id: String,
    pub kind: &'static str,
    pub number: Option<u64>,
    pub digest: Option<String>,
    pub rollback_of: Option<u64>,
    pub author: String,
    pub contributors: BTreeSet<String>,
    pub pull: Option<(u64, &'static str)>,
    pub status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Draft {
    pub id: String,
    /// The work tree sorts last.
    pub work: bool,
    pub reference: Option<String>,
    pub status: &'static str,
    pub inferred: bool,
    pub change: &'static str,
    pub digest: Option<String>,
}

pub struct Reference {
    program: Program,
    objects: Objects,
    folder: String,
    pub commits: BTreeMap<String, Commit>,
    pub seen: BTreeMap<String, Seen>,
    pub refs: BTreeMap<String, String>,
    pub head: String,
    /// From the root to the tip.
    pub chain: Vec<String>,
    pub events: Vec<Event>,
}

impl Reference {
    /// Everything about a repository whose policy repository is `folder` (empty or ending in `/`).
    pub fn of(place: &Path, folder: &str, branch: &str) -> Self {
        let program = Program::at(place);
        let objects = Objects::of(&program);
        let mut refs = BTreeMap::new();
        for line in program.run(&["for-each-ref", "--format=%(objectname) %(refname) %(symref)"]).lines() {
            if let [id, name] = line.split_whitespace().collect::<Vec<_>>()[..] {
                refs.insert(name.to_owned(), id.to_owned());
            }
        }
        let head = program.run(&["rev-parse", "HEAD"]);
        let chain = vec![refs[&format!("refs/heads/{branch}")].clone()];
        let (commits, seen) = (BTreeMap::new(), BTreeMap::new());
        let folder = folder.to_owned();
        let mut found = Self { program, objects, folder, commits, seen, refs, head, chain, events: Vec::new() };
        found.read_commits();
        while let Some(parent) = found.commits[found.chain.last().unwrap()].parents.first() {
            let parent = parent.clone();
            found.chain.push(parent);
        }
        found.chain.reverse();
        found.events = found.find_events();
        found
    }

    fn read_commits(&mut self) {
        let names = "--format=tformat:%H%x00%(trailers:key=Co-authored-by,valueonly,unfold)%x01";
        let told = self.program.run(&["log", "--reverse", "--topo-order", names, "--all", "HEAD"]);
        for one in told.split('\u{1}') {
            let Some((id, trailers)) = one.trim_start().split_once('\0') else { continue };
            let object = self.objects.get(id);
            let text = String::from_utf8_lossy(&object.1).into_owned();
            let (headers, message) = text.split_once("\n\n").unwrap();
            let all = |name: &str| -> Vec<String> {
                headers.lines().filter_map(|line| line.strip_prefix(name)).map(str::to_owned).collect()
            };
            let commit = Commit {
                parents: all("parent "),
                tree: all("tree ")[0].clone(),
                author: mail(&all("author ")[0]).unwrap(),
                message: message.to_owned(),
                // A co-author without an address is one all the same.
                co_authors: trailers
                    .lines()
                    .filter(|line| !line.trim().is_empty())
                    .map(|line| mail(line).unwrap_or_else(|| line.trim().to_lowercase()))
                    .collect(),
            };
            let before = commit.parents.first().map(|parent| self.seen[parent].clone()).unwrap_or_default();
            let seen = Seen::look(self.leaves(&commit.tree), &before, &|blob| self.objects.get(blob).1.clone());
            self.seen.insert(id.to_owned(), seen);
            self.commits.insert(id.to_owned(), commit);
        }
    }

    fn leaves(&self, tree: &str) -> Leaves {
        let files = self.objects.files(tree).into_iter();
        files
            .filter_map(|(path, mode, blob)| Some((path.strip_prefix(&self.folder)?.to_owned(), Leaf { mode, blob })))
            .collect()
    }

    /// The commit and all that it comes from.
    pub fn reachable(&self, from: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from.to_owned()];
        while let Some(id) = open.pop() {
            if reached.insert(id.clone()) {
                open.extend(self.commits[&id].parents.iter().cloned());
            }
        }
        reached
    }

    /// Common ancestors that no other common ancestor comes from.
    pub fn merge_bases(&self, one: &str, other: &str) -> BTreeSet<String> {
        let common: BTreeSet<String> = self.reachable(one).intersection(&self.reachable(other)).cloned().collect();
        let covered = |id: &String| common.iter().any(|above| above != id && self.reachable(above).contains(id));
        common.iter().filter(|id| !covered(id)).cloned().collect()
    }

    fn find_events(&self) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        let nothing = Seen::default();
        for (at, id) in self.chain.iter().enumerate() {
            let after = &self.seen[id];
            let before = at.checked_sub(1).map_or(&nothing, |at| &self.seen[&self.chain[at]]);
            let documents: BTreeSet<&String> = before.states.keys().chain(after.states.keys()).collect();
            for document in documents {
                let (was, is) = (before.state(document), after.state(document));
                if was == is {
                    continue;
                }
                let earlier: Vec<&Event> =
                    events.iter().filter(|event| event.id == *document && event.number.is_some()).collect();
                let same = earlier.iter().rev().find(|event| event.digest.as_deref() == is.digest());
                let rollback_of = same.and_then(|event| event.number);
                let (kind, number) = match (&was, &is) {
                    (State::Absent, State::Sound(_)) => ("added", Some(earlier.len() as u64 + 1)),
                    (_, State::Sound(_)) => ("changed", Some(earlier.len() as u64 + 1)),
                    (_, State::Absent) => ("removed", None),
                    (_, State::Broken(..)) => ("broken", None),
                };
                events.push(Event {
                    commit: id.clone(),
                    position: at + 1,
                    id: document.clone(),
                    kind,
                    number,
                    digest: is.digest().map(str::to_owned),
                    rollback_of: number.and(rollback_of),
                    author: self.author(id, document),
                    contributors: self.contributors(id, document),
                    pull: self.pull(id),
                    status: "archived",
                });
            }
        }
        let tip = &self.seen[self.chain.last().unwrap()];
        // What is there and cannot be read is there; a document that never could be read has no version.
        for document in tip.states.keys() {
            let newest = events.iter_mut().rev().find(|event| event.id == *document && event.number.is_some());
            if let Some(newest) = newest {
                newest.status = "active";
            }
        }
        events
    }

    /// What other parents bring that the first does not.
    fn branch_side(&self, commit: &str) -> BTreeSet<String> {
        let mut side = BTreeSet::new();
        let Some((first, others)) = self.commits[commit].parents.split_first() else { return side };
        for other in others {
            side.extend(self.reachable(other));
        }
        side.difference(&self.reachable(first)).cloned().collect()
    }

    fn author(&self, commit: &str, document: &str) -> String {
        let parents = &self.commits[commit].parents;
        let side = self.branch_side(commit);
        let mut walked = Vec::new();
        for other in parents.iter().skip(1) {
            let mut at = Some(other);
            while let Some(id) = at.filter(|id| side.contains(*id)) {
                walked.push(id);
                at = self.commits[id].parents.first();
            }
        }
        walked.retain(|id| self.commits[*id].parents.len() <= 1);
        let mut paths = self.seen[commit].paths_of(document);
        if let Some(first) = parents.first() {
            paths.extend(self.seen[first].paths_of(document));
        }
        let blob = |id: &str, path: &str| self.seen[id].leaves.get(path).map(|leaf| leaf.blob.clone());
        let touches = |id: &&&String| {
            let before = self.commits[**id].parents.first();
            paths.iter().any(|path| blob(id, path) != before.and_then(|before| blob(before, path)))
        };
        let found = walked.iter().find(touches).or(walked.first()).map_or(commit, |id| id.as_str());
        self.principal(&self.commits[found].author, commit)
    }

    fn contributors(&self, commit: &str, document: &str) -> BTreeSet<String> {
        let itself = &self.commits[commit];
        let mut accounts = itself.co_authors.clone();
        let mut side = self.branch_side(commit);
        // A squash hides who wrote on its branch; where its reference proves which one it was, they are told.
        if let ([first], Some((number, "ref"))) = (&itself.parents[..], self.pull(commit)) {
            let (_, place) = claim(&itself.message).unwrap();
            let head = self.reachable(&self.refs[&format!("{place}{number}/head")]);
            side.extend(head.difference(&self.reachable(first)).cloned());
        }
        for one in side.iter().map(|id| &self.commits[id]) {
            accounts.insert(one.author.clone());
            accounts.extend(one.co_authors.iter().cloned());
        }
        let state = self.seen[commit].state(document);
        let from_a_side = itself.parents.iter().skip(1).any(|other| self.seen[other].state(document) == state);
        if itself.parents.len() <= 1 || side.is_empty() || !from_a_side {
            accounts.insert(itself.author.clone());
        }
        accounts.iter().map(|account| self.principal(account, commit)).collect()
    }

    /// Who an account is, by what the first parent says.
    fn principal(&self, account: &str, commit: &str) -> String {
        let first = self.commits[commit].parents.first();
        let leaf = first.and_then(|first| self.seen[first].leaves.get("identities.yaml"));
        let Some(leaf) = leaf else { return account.to_owned() };
        let object = self.objects.get(&leaf.blob);
        let told = std::str::from_utf8(&object.1).ok().and_then(documents::yaml).unwrap_or_default();
        let principals = told.first().and_then(|told| told["principals"].as_object()).cloned().unwrap_or_default();
        let has = |person: &Value| {
            let accounts = person["accounts"].as_array().cloned().unwrap_or_default();
            accounts.iter().any(|one| one.as_str().unwrap_or_default().to_lowercase() == account)
        };
        principals.iter().find(|(_, person)| has(person)).map_or(account, |(id, _)| id).to_owned()
    }

    fn pull(&self, commit: &str) -> Option<(u64, &'static str)> {
        let Commit { parents, message, tree, .. } = &self.commits[commit];
        let (number, place) = claim(message)?;
        let Some(tip) = self.refs.get(&format!("{place}{number}/head")) else { return Some((number, "claimed")) };
        let proof = match &parents[..] {
            [parent] => {
                let merge = ["merge-tree", "--write-tree", "--allow-unrelated-histories", "--no-messages", parent, tip];
                let output = self.program.output(&merge);
                let merged = String::from_utf8(output.stdout).unwrap();
                match output.status.code() {
                    Some(0) if merged.trim() == tree => "ref",
                    Some(0) => "refuted",
                    Some(1) => "claimed",
                    _ => panic!("git merge-tree: {}", String::from_utf8_lossy(&output.stderr)),
                }
            }
            [_, others @ ..] if others.contains(tip) => "ref",
            _ => "refuted",
        };
        Some((number, proof))
    }

    pub fn leaves_of_work(&self, place: &Path) -> (Leaves, BTreeMap<String, Vec<u8>>) {
        let (mut leaves, mut contents, mut files) = (Leaves::new(), BTreeMap::new(), Vec::new());
        let folder = place.join(&self.folder);
        let walk = walkdir::WalkDir::new(&folder).into_iter().filter_entry(|entry| entry.file_name() != ".git");
        for entry in walk.map(Result::unwrap).filter(|entry| !entry.file_type().is_dir()) {
            let path = entry.path().strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
            if entry.file_type().is_symlink() {
                let target = std::fs::read_link(entry.path()).unwrap();
                let blob = self.program.feed(&["hash-object", "--stdin"], target.to_str().unwrap().as_bytes());
                leaves.insert(path, Leaf { mode: "120000".to_owned(), blob });
            } else {
                files.push((path, entry.path().to_owned()));
            }
        }
        let asked: String = files.iter().map(|(_, place)| format!("{}\n", place.display())).collect();
        let blobs = self.program.feed(&["hash-object", "--no-filters", "--stdin-paths"], asked.as_bytes());
        for ((path, place), blob) in files.into_iter().zip(blobs.lines()) {
            contents.insert(blob.to_owned(), std::fs::read(place).unwrap());
            leaves.insert(path, Leaf { mode: "100644".to_owned(), blob: blob.to_owned() });
        }
        (leaves, contents)
    }

    pub fn tip(&self) -> &str {
        self.chain.last().unwrap()
    }
}

/// The e-mail between the last brackets, in lower case.
fn mail(identity: &str) -> Option<String> {
    let (before, _) = identity.rsplit_once('>')?;
    Some(before.rsplit_once('<')?.1.to_lowercase())
}

/// The pull request that a message names, and where its ref would be.
fn claim(message: &str) -> Option<(u64, &'static str)> {
    let first = message.lines().next().unwrap_or_default().trim_end();
    let merged = first.strip_prefix("Merge pull request #").and_then(|rest| rest.split_once(" from ")?.0.parse().ok());
    let ending = || first.strip_suffix(')').and_then(|rest| rest.rsplit_once("(#")?.1.parse().ok());
    if let Some(number) = merged.or_else(ending) {
        return Some((number, "refs/pull/"));
    }
    let mut lines = message.lines().filter_map(|line| line.strip_prefix("See merge request "));
    lines.find_map(|line| Some((line.rsplit_once('!')?.1.trim_end().parse().ok()?, "refs/merge-requests/")))
}
