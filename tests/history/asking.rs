//! The command's answers and the model's, as the same JSON.

use serde_json::{Value, json};

use crate::drawn::{Drawn, Written};
use crate::reference::{Draft, Event, Reference};
use crate::states::State;
use crate::support::world::{Done, World};

/// What is compared of an event, a document and a draft.
const OF_EVENT: [&str; 11] = [
    "id",
    "policy_id",
    "version_number",
    "event",
    "status",
    "author_id",
    "contributors",
    "commit",
    "source_digest",
    "pr",
    "rollback_of",
];
const OF_DRAFT: [&str; 6] = ["policy_id", "status", "inferred", "reference", "change", "source_digest"];

impl Written {
    /// The command, which is told the branch where the settings of the folder cannot say it.
    fn asked(&self, arguments: &[&str]) -> Done {
        let done = self.policyc(arguments);
        if done.code == 3 && done.err.contains("which branch is protected") {
            return self.policyc(&[arguments, &["--branch", "main"]].concat());
        }
        done
    }

    /// The command in the policy repository.
    pub fn policyc(&self, arguments: &[&str]) -> Done {
        self.policyc_with(arguments, &[])
    }

    pub fn policyc_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Done {
        let place = if self.folder.is_empty() { "." } else { &self.folder };
        self.world.run_with(&[&["-C", place], arguments].concat(), environment, "")
    }

    pub fn versions(&self) -> Result<Value, String> {
        versions(&self.asked(&["versions", "--format", "json", "--limit", "0"]))
    }

    pub fn status(&self) -> Result<Value, String> {
        status(&self.asked(&["status", "--format", "json"]))
    }

    pub fn reference(&self) -> Reference {
        Reference::of(self.world.path(), &self.folder, "main")
    }
}

/// Standard output of a command that went well, as JSON.
pub fn parsed(done: &Done) -> Result<Value, String> {
    if done.code != 0 {
        return Err(format!("exit {}: {}{}", done.code, done.out, done.err));
    }
    serde_json::from_str(&done.out).map_err(|error| format!("{error}: {}", done.out))
}

pub fn versions(done: &Done) -> Result<Value, String> {
    let told = parsed(done)?;
    let data = told["data"].as_array().ok_or_else(|| format!("no data: {told}"))?;
    let events: Vec<Value> = data.iter().map(|event| only(event, &OF_EVENT)).collect();
    Ok(Value::Array(events))
}

pub fn status(done: &Done) -> Result<Value, String> {
    let told = parsed(done)?;
    let list = |key: &str| told[key].as_array().cloned().ok_or_else(|| format!("no {key}: {told}"));
    let documents = list("documents")?.into_iter().map(|document| {
        let broken = document["broken"] == true;
        json!({
            "policy_id": document["policy_id"],
            "status": document["status"],
            "version_number": document["version_number"],
            "broken": broken,
            // Nobody says what a broken document's digest is.
            "source_digest": if broken { Value::Null } else { document["source_digest"].clone() },
        })
    });
    let drafts = list("drafts")?;
    Ok(json!({
        "protected": only(&told["protected"], &["branch", "reference", "commit"]),
        "documents": documents.collect::<Vec<_>>(),
        "drafts": drafts.iter().map(|draft| only(draft, &OF_DRAFT)).collect::<Vec<_>>(),
    }))
}

fn only(from: &Value, keys: &[&str]) -> Value {
    let mut kept = serde_json::Map::new();
    for key in keys {
        let mut value = from.get(*key).cloned().unwrap_or_else(|| json!("(there is no such key)"));
        if *key == "pr" && value.is_object() {
            value = only(&value, &["number", "proof"]);
        }
        kept.insert((*key).to_owned(), value);
    }
    Value::Object(kept)
}

fn event(event: &Event) -> Value {
    json!({
        "id": event.number.map(|number| format!("{}@{number}", event.id)),
        "policy_id": event.id,
        "version_number": event.number,
        "event": event.kind,
        "status": event.status,
        "author_id": event.author,
        "contributors": event.contributors,
        "commit": event.commit,
        "source_digest": event.digest,
        "pr": event.pull.map(|(number, proof)| json!({"number": number, "proof": proof})),
        "rollback_of": event.rollback_of,
    })
}

fn draft(draft: &Draft) -> Value {
    json!({
        "policy_id": draft.id,
        "status": draft.status,
        "inferred": draft.inferred,
        "reference": draft.reference,
        "change": draft.change,
        "source_digest": draft.digest,
    })
}

impl Reference {
    /// Newest first; within a commit by id.
    pub fn newest_first(&self) -> Vec<&Event> {
        let mut events: Vec<&Event> = self.events.iter().collect();
        events.sort_by_key(|event| (std::cmp::Reverse(event.position), event.id.clone()));
        events
    }

    pub fn versions_told(&self) -> Value {
        self.newest_first().into_iter().map(event).collect()
    }

    pub fn status_told(&self, world: &World) -> Value {
        let documents = self.seen[self.tip()].states.iter().map(|(id, state)| {
            let newest = self.events.iter().filter(|event| event.id == *id).filter_map(|event| event.number).max();
            json!({
                "policy_id": id,
                "status": "active",
                "version_number": newest,
                "broken": matches!(state, State::Broken(..)),
                "source_digest": state.digest(),
            })
        });
        json!({
            "protected": {"branch": "main", "reference": "refs/heads/main", "commit": self.tip()},
            "documents": documents.collect::<Vec<_>>(),
            "drafts": self.drafts(world.path(), "main").iter().map(draft).collect::<Vec<_>>(),
        })
    }
}

/// Both sides in full where they differ.
pub fn same(what: &str, drawn: &Drawn, ids: &[String], found: &Value, expected: &Value) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    let lines = |value: &Value| -> Vec<String> {
        let lists = [value, &value["documents"], &value["drafts"]];
        let items = lists.iter().filter_map(|list| list.as_array()).flatten().map(Value::to_string);
        items.chain([value["protected"].to_string()]).collect()
    };
    let (found, expected) = (lines(found), lines(expected));
    let mut text = format!("{what}\n");
    for line in found.iter().filter(|line| !expected.contains(line)) {
        text.push_str(&format!("  found only     {line}\n"));
    }
    for line in expected.iter().filter(|line| !found.contains(line)) {
        text.push_str(&format!("  expected only  {line}\n"));
    }
    text.push_str(&format!("found, in order\n  {}\n", found.join("\n  ")));
    text.push_str(&drawn.told(ids));
    Err(text)
}
