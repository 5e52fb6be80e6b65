//! What state every document has at a commit: the whole tree read again, and the claims of what cannot be read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::documents;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    Settings,
    Twice,
    Unreadable,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Absent,
    Sound(String),
    Broken(Why, BTreeSet<String>),
}

impl State {
    pub fn digest(&self) -> Option<&str> {
        if let State::Sound(digest) = self { Some(digest) } else { None }
    }
}

/// A file of a tree of the policy repository: its mode as Git writes it, and the id of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    pub mode: String,
    pub blob: String,
}

/// A tree, paths relative to the policy repository.
pub type Leaves = BTreeMap<String, Leaf>;

/// Everything that is known of one tree.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub leaves: Leaves,
    /// Where a document is not here, it is absent.
    pub states: BTreeMap<String, State>,
    /// The ids that each path holds, soundly or by claim.
    pub held: BTreeMap<String, BTreeSet<String>>,
    pub unreadable: BTreeSet<String>,
    /// The paths that were read as documents, with their blobs; while settings cannot be read, those read before.
    pub read: BTreeMap<String, String>,
}

impl Seen {
    pub fn state(&self, id: &str) -> State {
        self.states.get(id).cloned().unwrap_or(State::Absent)
    }

    pub fn paths_of(&self, id: &str) -> BTreeSet<String> {
        self.held.iter().filter(|(_, ids)| ids.contains(id)).map(|(path, _)| path.clone()).collect()
    }

    /// Reads a whole tree, knowing what was seen at the first parent.
    pub fn look(leaves: Leaves, before: &Seen, read: &dyn Fn(&str) -> Vec<u8>) -> Seen {
        let mut seen = Seen { leaves, ..Seen::default() };
        let Some(settings) = seen.leaves.get("policyc.yaml").cloned() else { return seen };
        let places = match settings.mode.as_str() {
            "120000" | "160000" => None,
            _ => places(&read(&settings.blob)),
        };
        let Some(places) = places else {
            let broken = State::Broken(Why::Settings, BTreeSet::from([settings.blob]));
            seen.states = before.states.keys().map(|id| (id.clone(), broken.clone())).collect();
            // Nobody looked, so what paths held stays what it was.
            (seen.held, seen.unreadable, seen.read) =
                (before.held.clone(), before.unreadable.clone(), before.read.clone());
            return seen;
        };
        let mut sound: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for (path, leaf) in &seen.leaves {
            if !is_document(path, &places) {
                continue;
            }
            seen.read.insert(path.clone(), leaf.blob.clone());
            let plain = !matches!(leaf.mode.as_str(), "120000" | "160000");
            let held = plain.then(|| documents::documents(path, &read(&leaf.blob))).flatten();
            let Some(held) = held else {
                seen.unreadable.insert(path.clone());
                continue;
            };
            for (id, value) in held {
                let Some(id) = id else { continue };
                let digest = documents::digest(&value);
                sound.entry(id.clone()).or_default().push((leaf.blob.clone(), digest));
                seen.held.entry(path.clone()).or_default().insert(id);
            }
        }
        let mut claimed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for path in &seen.unreadable {
            let blob = &seen.leaves[path].blob;
            let mut claims = before.held.get(path).cloned().unwrap_or_default();
            if !before.read.contains_key(path) {
                for from in &before.unreadable {
                    if before.read[from] == *blob && !seen.read.contains_key(from) {
                        claims.extend(before.held.get(from).cloned().unwrap_or_default());
                    }
                }
            }
            claims.retain(|id| !sound.contains_key(id));
            for id in &claims {
                claimed.entry(id.clone()).or_default().insert(blob.clone());
            }
            if !claims.is_empty() {
                seen.held.insert(path.clone(), claims);
            }
        }
        for (id, blobs) in claimed {
            seen.states.insert(id, State::Broken(Why::Unreadable, blobs));
        }
        for (id, holders) in sound {
            let state = match &holders[..] {
                [(_, digest)] => State::Sound(digest.clone()),
                _ => State::Broken(Why::Twice, holders.into_iter().map(|(blob, _)| blob).collect()),
            };
            seen.states.insert(id, state);
        }
        seen
    }
}

/// The folders and files that settings name; nothing where they cannot be read.
fn places(settings: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(settings).ok().filter(|text| text.len() <= 1024 * 1024)?;
    let values = documents::yaml(text)?;
    let settings = values.first().cloned().unwrap_or(Value::Null);
    match settings.get("documents") {
        None => Some(vec!["policies".to_owned()]),
        Some(Value::Array(places)) => {
            places.iter().map(|place| Some(place.as_str()?.trim_end_matches('/').to_owned())).collect()
        }
        Some(_) => None,
    }
}

fn is_document(path: &str, places: &[String]) -> bool {
    let within = |place: &String| path == place || path.starts_with(&format!("{place}/"));
    let name = path.rsplit('/').next().unwrap();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    places.iter().any(within) && matches!(ending.as_str(), "yaml" | "yml" | "json" | "md") && name != "README.md"
}
