//! Small histories written down by hand, one line a fact, and answers in the same hand.
//!
//! ```text
//! a                              a commit without parents; every root holds an empty `policyc.yaml`
//! m < b c by bob says "…"        a merge; `b` is its first parent, whose files it starts from
//!   + policies/pay.yaml "text"   a file; `-` removes one, `>` moves one, `x` makes it executable,
//!                                `@` puts a link, `%` a submodule there
//! ref refs/pull/1/head c
//! head c | head main
//! work                           what follows changes the work tree
//! ```
//! The last commit is `main` unless a line says `ref refs/heads/main …`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::drawn::{Blob, Commit, Drawn, Files, Head, Mode};

/// Draws what is told; the names of the commits in order.
pub fn drawn(told: &str) -> (Drawn, Vec<String>) {
    let mut names: Vec<String> = Vec::new();
    let mut commits: Vec<Commit> = Vec::new();
    let mut refs: BTreeMap<String, usize> = BTreeMap::new();
    let (mut head, mut work) = (None, None::<Files>);
    for line in told.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()) {
        let at = |name: &str| names.iter().position(|known| known == name).unwrap_or_else(|| panic!("{name}: {line}"));
        if let Some(change) = line.strip_prefix("  ") {
            let files = work.as_mut().unwrap_or_else(|| &mut commits.last_mut().unwrap().files);
            changed(files, change.trim_start());
        } else if let Some(rest) = line.strip_prefix("ref ") {
            let (name, commit) = rest.split_once(' ').unwrap();
            refs.insert(name.to_owned(), at(commit));
        } else if let Some(name) = line.strip_prefix("head ") {
            let branch = names.iter().all(|known| known != name);
            head = Some(if branch { Head::Branch(name.to_owned()) } else { Head::Detached(at(name)) });
        } else if line == "work" {
            let main = refs.get("refs/heads/main").copied().unwrap_or(commits.len() - 1);
            let on = match &head {
                Some(Head::Detached(commit)) => *commit,
                Some(Head::Branch(branch)) if branch != "main" => refs[&format!("refs/heads/{branch}")],
                _ => main,
            };
            work = Some(commits[on].files.clone());
        } else {
            let (line, message) = line.split_once(" says ").unwrap_or((line, "\"words\""));
            let (line, author) = line.split_once(" by ").unwrap_or((line, "ada"));
            let (name, parents) = line.split_once(" < ").unwrap_or((line, ""));
            let parents: Vec<usize> = parents.split_whitespace().map(at).collect();
            let root = || Files::from([("policyc.yaml".to_owned(), Blob::plain("branch: main\n"))]);
            let files = parents.first().map_or_else(root, |first| commits[*first].files.clone());
            let author = if author.contains('@') { author.to_owned() } else { format!("{author}@example.com") };
            let message = serde_json::from_str(message).unwrap();
            // Dates order nothing: they fall.
            let date = 1_700_000_000 - 1000 * i64::try_from(commits.len()).unwrap();
            commits.push(Commit { parents, files, author, message, date });
            names.push(name.to_owned());
        }
    }
    refs.entry("refs/heads/main".to_owned()).or_insert(commits.len() - 1);
    let head = head.unwrap_or_else(|| Head::Branch("main".to_owned()));
    let on = match &head {
        Head::Detached(commit) => *commit,
        Head::Branch(branch) => refs[&format!("refs/heads/{branch}")],
    };
    let work = work.unwrap_or_else(|| commits[on].files.clone());
    (Drawn { commits, refs, head, work, folder: String::new(), packed: false }, names)
}

fn changed(files: &mut Files, change: &str) {
    let (sign, rest) = change.split_once(' ').unwrap();
    let (path, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let put = |files: &mut Files, mode, bytes: &[u8]| files.insert(path.to_owned(), Blob { mode, bytes: bytes.into() });
    match sign {
        "+" => {
            let text: String = serde_json::from_str(rest).unwrap_or_else(|error| panic!("{change}: {error}"));
            put(files, Mode::Plain, text.as_bytes());
        }
        "-" => drop(files.remove(path).unwrap()),
        ">" => {
            let blob = files.remove(path).unwrap();
            files.insert(rest.to_owned(), blob);
        }
        "x" => files.get_mut(path).unwrap().mode = Mode::Executable,
        "@" => drop(put(files, Mode::Link, b"elsewhere.yaml")),
        "%" => drop(put(files, Mode::Submodule, b"")),
        _ => panic!("{change}"),
    }
}

/// Events in the hand of the cases, oldest first: `c pay changed 2 of 1 active by bob with ada bob pull 7 ref`.
/// Without `by` it is Ada, without `with` it is the author alone.
pub fn events(versions: &Value, names: &[String], ids: &[String]) -> Vec<String> {
    let person = |value: &Value| value.as_str().unwrap_or("?").trim_end_matches("@example.com").to_owned();
    let mut lines = Vec::new();
    for event in versions.as_array().unwrap() {
        let at = ids.iter().position(|id| event["commit"] == id.as_str());
        let word = |key: &str| event[key].as_str().unwrap_or("?").to_owned();
        let mut line = format!("{} {} {}", at.map_or("?", |at| names[at].as_str()), word("policy_id"), word("event"));
        if let Some(number) = event["version_number"].as_u64() {
            line.push_str(&format!(" {number}"));
        }
        if let Some(number) = event["rollback_of"].as_u64() {
            line.push_str(&format!(" of {number}"));
        }
        if event["status"] == "active" {
            line.push_str(" active");
        }
        let author = person(&event["author_id"]);
        if author != "ada" {
            line.push_str(&format!(" by {author}"));
        }
        let with: Vec<String> = event["contributors"].as_array().into_iter().flatten().map(person).collect();
        if with != [author] {
            line.push_str(&format!(" with {}", with.join(" ")));
        }
        if event["pr"].is_object() {
            line.push_str(&format!(" pull {} {}", event["pr"]["number"], event["pr"]["proof"].as_str().unwrap_or("?")));
        }
        lines.push((std::cmp::Reverse(at), line));
    }
    // Newest first became oldest first; within a commit by id, as it was.
    lines.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    lines.into_iter().map(|(_, line)| line).collect()
}

/// Drafts: `pay changed in_review refs/heads/x`, and `work tree` for what is not committed.
pub fn drafts(status: &Value) -> Vec<String> {
    let word = |draft: &Value, key: &str| draft[key].as_str().unwrap_or("work tree").to_owned();
    let drafts = status["drafts"].as_array().unwrap().iter();
    drafts.map(|draft| ["policy_id", "change", "status", "reference"].map(|key| word(draft, key)).join(" ")).collect()
}
