//! What is proposed and not merged, from the definitions.

use std::collections::BTreeSet;
use std::path::Path;

use crate::reference::{Draft, Reference};
use crate::states::{Seen, State};

impl Reference {
    pub fn drafts(&self, place: &Path, branch: &str) -> Vec<Draft> {
        let protected = format!("refs/heads/{branch}");
        let mut drafts = Vec::new();
        for (name, tip) in self.refs.iter().filter(|(name, _)| **name != protected && is_proposal(name)) {
            // References of pull requests and merge requests say that something is up for review.
            let open = self.refs.iter().any(|(other, at)| at == tip && is_review(other));
            for (id, change, digest) in self.changes(&self.seen[tip], tip, None) {
                let status = if open { "in_review" } else { "draft" };
                let reference = Some(name.clone());
                drafts.push(Draft { id, work: false, reference, status, inferred: open, change, digest });
            }
        }
        let (leaves, contents) = self.leaves_of_work(place);
        let head = &self.seen[&self.head];
        let work = Seen::look(leaves, head, &|blob| contents[blob].clone());
        for (id, change, digest) in self.changes(&work, &self.head, Some(head)) {
            let reference = None;
            drafts.push(Draft { id, work: true, reference, status: "draft", inferred: false, change, digest });
        }
        drafts.sort();
        drafts
    }

    /// The documents that `seen`, which stands on the commit `tip`, would change.
    fn changes(&self, seen: &Seen, tip: &str, head: Option<&Seen>) -> Vec<(String, &'static str, Option<String>)> {
        let merged = &self.seen[self.tip()];
        let bases: Vec<&Seen> = self.merge_bases(tip, self.tip()).iter().map(|base| &self.seen[base]).collect();
        let known = self.reachable(tip);
        let mut ids: BTreeSet<&String> = seen.states.keys().chain(merged.states.keys()).collect();
        ids.extend(bases.iter().flat_map(|base| base.states.keys()));
        let mut changes = Vec::new();
        for id in ids {
            let state = seen.state(id);
            // Without a merge base the document was absent.
            let was = |test: &dyn Fn(State) -> bool| match &bases[..] {
                [] => test(State::Absent),
                bases => bases.iter().all(|base| test(base.state(id))),
            };
            let new = was(&|base| base != state) && merged.state(id) != state;
            let had = |event: &&crate::reference::Event| {
                let same = match &state {
                    State::Sound(digest) => event.digest.as_ref() == Some(digest),
                    State::Absent => event.kind == "removed",
                    State::Broken(..) => false,
                };
                event.id == *id && !known.contains(&event.commit) && same
            };
            let unsaved = head.is_none_or(|head| head.state(id) != state);
            if new && unsaved && !self.events.iter().any(|event| had(&event)) {
                let change = match &state {
                    State::Absent => "removed",
                    State::Broken(..) => "broken",
                    State::Sound(_) if was(&|base| base == State::Absent) => "added",
                    State::Sound(_) => "changed",
                };
                changes.push((id.clone(), change, state.digest().map(str::to_owned)));
            }
        }
        changes
    }
}

/// A ref that may propose something.
fn is_proposal(name: &str) -> bool {
    name.starts_with("refs/heads/") || name.starts_with("refs/remotes/") || is_review(name)
}

fn is_review(name: &str) -> bool {
    let of_review = ["refs/pull/", "refs/merge-requests/"].iter().any(|place| name.starts_with(place));
    of_review && name.ends_with("/head")
}
