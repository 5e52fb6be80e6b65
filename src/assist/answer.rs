use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::syntax::prose;
use crate::text::distinct;

/// The longest reason for a refusal, in characters.
const LONGEST_REASON: usize = 500;
/// The longest word of the API that is shown, in characters.
const LONGEST_WORD: usize = 60;

/// What the model says of one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Which sentence, from 0.
    pub sentence: usize,
    /// What it says.
    pub meaning: Meaning,
}

/// What a sentence is said to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// These sentences together. Nothing has been checked but their characters and length.
    Sentences(Vec<String>),
    /// The model says that it cannot say it.
    Refused(String),
}

/// Reads an answer about so many sentences. The readings are in the order of the sentences; not every sentence need have one.
///
/// # Errors
/// Why it cannot be used, in words that hold nothing of it but words of the API.
pub fn read(body: &[u8], count: usize) -> Result<Vec<Reading>, String> {
    let text = std::str::from_utf8(body).map_err(|_| "it is no UTF-8 text".to_owned())?;
    let answer = distinct(text).map_err(|error| format!("it is no JSON that can be read: {error}"))?;
    let said = said(&answer)?;
    let said = distinct(&said).map_err(|_| "what the model says is no JSON that can be read".to_owned())?;
    let said = object(&said, &["readings"]).ok_or("what the model says is no object with `readings` alone")?;
    let Some(Value::Array(list)) = said.get("readings") else { return Err("`readings` is no list".to_owned()) };
    let mut readings = BTreeMap::new();
    for value in list {
        let reading = reading(value, count)?;
        if readings.insert(reading.sentence, reading).is_some() {
            return Err("a sentence has two readings".to_owned());
        }
    }
    Ok(readings.into_values().collect())
}

/// The text of the one answer, if the model came to its end.
fn said(answer: &Value) -> Result<String, String> {
    let word = |value: &Value| value.as_str().map(shown);
    if let Some(reason) = answer.pointer("/promptFeedback/blockReason").and_then(word) {
        return Err(format!("the question was blocked: {reason}"));
    }
    let candidate = match answer.get("candidates").and_then(Value::as_array).map(Vec::as_slice) {
        Some([candidate]) => candidate,
        Some([_, _, ..]) => return Err("it holds several answers, and one was asked for".to_owned()),
        Some([]) | None => return Err("it holds no answer (`candidates`)".to_owned()),
    };
    match candidate.get("finishReason").and_then(word).as_deref() {
        Some("STOP") => {}
        Some("MAX_TOKENS") => return Err("the model was cut off before the end (MAX_TOKENS)".to_owned()),
        Some(reason) => return Err(format!("the model did not come to its end: {reason}")),
        None => return Err("it does not say that the model came to its end (`finishReason`)".to_owned()),
    }
    let parts = candidate.pointer("/content/parts").and_then(Value::as_array).ok_or("it holds no text")?;
    let mut text = String::new();
    // What the model thought on the way is no part of what it says.
    for part in parts.iter().filter(|part| part.get("thought") != Some(&Value::Bool(true))) {
        text.push_str(part.get("text").and_then(Value::as_str).ok_or("a part of it is no text")?);
    }
    Ok(text)
}

/// A word of the API as it may be shown, since whoever answers may be anybody.
fn shown(word: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    word.chars().filter(plain).take(LONGEST_WORD).collect()
}

fn reading(value: &Value, count: usize) -> Result<Reading, String> {
    let map = object(value, &["sentence", "means", "refused"]).ok_or("a reading has a key that was not asked for")?;
    let sentence = map.get("sentence").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
    let sentence =
        sentence.filter(|index| *index < count).ok_or("a reading is of a sentence that was not asked about")?;
    let refused = match map.get("refused") {
        None | Some(Value::Null) => None,
        Some(Value::String(why)) => Some(why.as_str()).filter(|why| !why.trim().is_empty()),
        Some(_) => return Err("`refused` is no text".to_owned()),
    };
    let means = match map.get("means") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(means)) => means.as_slice(),
        Some(_) => return Err("`means` is no list".to_owned()),
    };
    let meaning = match (refused, means) {
        (Some(why), []) => Meaning::Refused(reason(why)?),
        (None, [_, ..]) => Meaning::Sentences(sentences(means)?),
        (Some(_), _) => return Err("a reading is given and refused at once".to_owned()),
        (None, []) => return Err("a reading is neither given nor refused".to_owned()),
    };
    Ok(Reading { sentence, meaning })
}

fn reason(why: &str) -> Result<String, String> {
    let why = why.trim();
    if why.chars().nth(LONGEST_REASON).is_some() {
        return Err(format!("a reason has more than {LONGEST_REASON} characters"));
    }
    match why.chars().find(|c| prose::is_hidden(*c)) {
        Some(c) => Err(format!("a reason holds the character U+{:04X}, which nobody can see", c as u32)),
        None => Ok(why.to_owned()),
    }
}

fn sentences(means: &[Value]) -> Result<Vec<String>, String> {
    if means.len() > prose::MOST_MEANINGS {
        return Err(format!("a reading has more than {} sentences", prose::MOST_MEANINGS));
    }
    let mut sentences = Vec::new();
    for value in means {
        // Spaces around a sentence say nothing; anything else that nobody sees is refused.
        let sentence = value.as_str().ok_or("`means` holds what is no text")?.trim_matches(' ');
        if let Some(why) = prose::fault(sentence) {
            return Err(why);
        }
        sentences.push(sentence.to_owned());
    }
    Ok(sentences)
}

fn object<'a>(value: &'a Value, known: &[&str]) -> Option<&'a Map<String, Value>> {
    value.as_object().filter(|map| map.keys().all(|key| known.contains(&key.as_str())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(text: &str) -> Vec<u8> {
        let content = json!({"role": "model", "parts": [{"text": text}]});
        json!({"candidates": [{"content": content, "finishReason": "STOP", "index": 0}]}).to_string().into_bytes()
    }

    fn says(readings: &Value) -> Result<Vec<Reading>, String> {
        read(&answer(&json!({ "readings": readings }).to_string()), 2)
    }

    #[test]
    fn a_whole_answer_is_read() {
        let readings = says(&json!([
            {"sentence": 1, "refused": "vague"},
            {"sentence": 0, "means": [" Deny a. ", "Deny b."], "refused": ""},
        ]));
        let first = Meaning::Sentences(vec!["Deny a.".to_owned(), "Deny b.".to_owned()]);
        let second = Meaning::Refused("vague".to_owned());
        let wanted = [Reading { sentence: 0, meaning: first }, Reading { sentence: 1, meaning: second }];
        assert_eq!(readings.unwrap(), wanted);
        assert_eq!(says(&json!([])).unwrap(), []);
        let parts = json!([{"text": "hm", "thought": true}, {"text": "{\"readings\""}, {"text": ": []}"}]);
        let body = json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], "modelVersion": "x"});
        assert_eq!(read(body.to_string().as_bytes(), 2).unwrap(), []);
    }

    #[test]
    fn whatever_is_not_as_it_was_asked_for_is_refused() {
        let long = "a".repeat(501);
        for (bad, why) in [
            (json!([{"sentence": 2, "means": ["a"]}]), "not asked about"),
            (json!([{"sentence": -1, "means": ["a"]}]), "not asked about"),
            (json!([{"sentence": "0", "means": ["a"]}]), "not asked about"),
            (json!([{"means": ["a"]}]), "not asked about"),
            (json!([{"sentence": 0, "means": ["a"], "note": 1}]), "not asked for"),
            (json!([{"sentence": 0, "means": ["a"]}, {"sentence": 0, "means": ["b"]}]), "two readings"),
            (json!([{"sentence": 0, "means": ["a"], "refused": "b"}]), "at once"),
            (json!([{"sentence": 0, "means": []}]), "neither"),
            (json!([{"sentence": 0, "means": "a"}]), "no list"),
            (json!([{"sentence": 0, "means": [1]}]), "no text"),
            (json!([{"sentence": 0, "means": [""]}]), "empty"),
            (json!([{"sentence": 0, "means": [long]}]), "500"),
            (json!([{"sentence": 0, "means": vec!["a"; 9]}]), "more than 8"),
            (json!([{"sentence": 0, "means": ["a\nb"]}]), "U+000A"),
            (json!([{"sentence": 0, "means": ["a\u{202e}b"]}]), "U+202E"),
            (json!([{"sentence": 0, "means": ["a\u{200b}b"]}]), "U+200B"),
            (json!([{"sentence": 0, "means": ["a\u{1b}[31m"]}]), "U+001B"),
            (json!([{"sentence": 0, "means": ["a  b"]}]), "white space"),
            (json!([{"sentence": 0, "refused": "a\u{7}"}]), "U+0007"),
            (json!([{"sentence": 0, "refused": long}]), "500"),
            (json!({"sentence": 0}), "no list"),
            (json!(["a"]), "not asked for"),
        ] {
            let told = says(&bad).unwrap_err();
            assert!(told.contains(why), "{bad}: {told}");
        }
    }

    #[test]
    fn an_answer_that_is_none_is_refused() {
        let candidate = |reason: Value| json!({"candidates": [{"content": {"parts": []}, "finishReason": reason}]});
        for (bad, why) in [
            (json!({}), "no answer"),
            (json!({"candidates": []}), "no answer"),
            (json!([]), "no answer"),
            (json!({"promptFeedback": {"blockReason": "SAFETY"}}), "blocked: SAFETY"),
            (candidate(json!("SAFETY")), "SAFETY"),
            (candidate(json!("MAX_TOKENS")), "MAX_TOKENS"),
            (candidate(json!("\u{1b}[31mX\n")), "end: 31mX"),
            (candidate(Value::Null), "finishReason"),
            (candidate(json!("STOP")), "no JSON"),
            (json!({"candidates": [{"finishReason": "STOP"}]}), "no text"),
            (json!({"candidates": [{"finishReason": "STOP"}, {"finishReason": "STOP"}]}), "several"),
            (json!({"candidates": [{"finishReason": "STOP", "content": {"parts": [{"inlineData": 1}]}}]}), "no text"),
        ] {
            let told = read(bad.to_string().as_bytes(), 2).unwrap_err();
            assert!(told.contains(why), "{bad}: {told}");
        }
        for bad in [&b"\xff"[..], b"", b"<html>", br#"{"candidates": [], "candidates": []}"#] {
            assert!(read(bad, 2).is_err());
        }
        for text in ["", "[]", "{}", "```json\n{\"readings\": []}\n```", r#"{"readings": [], "more": 1}"#] {
            assert!(read(&answer(text), 2).is_err(), "{text}");
        }
    }
}
