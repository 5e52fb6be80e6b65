//! The sentence of an exception.

use serde_json::{Map, Value as Json};

use super::{Speech, Unsaid, actions, digits, listed, name, quoted, texts};

pub fn say(speech: &mut Speech<'_>) -> Result<(), Unsaid> {
    let text = |key: &str| speech.document.get(key).and_then(Json::as_str);
    let names =
        |key: &str| speech.get(key).map(|list| listed(&texts(list).into_iter().map(name).collect::<Vec<_>>(), "and"));
    let mut said = "Except".to_owned();
    let mut clause = |words: Option<String>| {
        if let Some(words) = words {
            said.push(' ');
            said.push_str(&words);
        }
    };
    clause(names("agents").map(|agents| format!("agents {agents}")));
    clause(names("runs").map(|runs| format!("in runs {runs}")));
    clause(text("policy").map(|policy| format!("from {}", name(policy))));
    clause(speech.get("actions").map(|list| format!("for actions {}", actions(list, "and"))));
    clause(speech.get("reasons").map(|list| {
        let reasons: Vec<String> = texts(list).into_iter().map(str::to_owned).collect();
        format!("lifting {}", listed(&reasons, "and"))
    }));
    clause(text("starts_at").map(|at| format!("starting {at}")));
    clause(text("expires_at").map(|at| format!("until {at}")));
    clause(speech.get("max_uses").map(|uses| format!("or {} times", digits(uses))));
    clause(text("reason").map(|reason| format!("because {}", quoted(reason))));
    let means: Map<String, Json> = speech
        .document
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, value)| !value.is_null() && !["kind", "id"].contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    speech.add(&Json::Object(means), &[format!("{said}.")])
}
