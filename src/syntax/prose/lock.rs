//! The file of accepted readings: what a person took a sentence to mean that the grammar does not read.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::source::Content;
use crate::text::{Digest, distinct};

/// What the file says that it is.
const SCHEMA: &str = "policyc.assist-lock/v1";
/// The most controlled sentences that one sentence may stand for.
pub const MOST_MEANINGS: usize = 8;
/// The longest controlled sentence, in characters.
pub const LONGEST_MEANING: usize = 500;
/// The longest name of a model, in characters.
const LONGEST_MODEL: usize = 100;

/// The accepted readings of sentences that the grammar does not read, as the file beside a document holds them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    accepted: BTreeMap<Digest, Accepted>,
}

/// What one sentence was accepted to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Accepted {
    sentence: String,
    means: Vec<String>,
    model: String,
}

/// The file, in the order in which it is written.
#[derive(Serialize)]
struct Written<'a> {
    schema: &'static str,
    sentences: Vec<WrittenSentence<'a>>,
}

#[derive(Serialize)]
struct WrittenSentence<'a> {
    digest: Digest,
    sentence: &'a str,
    means: &'a [String],
    model: &'a str,
}

impl Lock {
    /// Reads the file, as strictly as it is written: no key that is not known, none twice, every digest that of its sentence,
    /// all in order.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(text: &str) -> Result<Self, String> {
        let value = distinct(text).map_err(|error| format!("it is no JSON that can be read: {error}"))?;
        let file = object(&value, "the file", &["schema", "sentences"])?;
        if file.get("schema").and_then(Value::as_str) != Some(SCHEMA) {
            return Err(format!("its `schema` is not `{SCHEMA}`"));
        }
        let Some(Value::Array(sentences)) = file.get("sentences") else {
            return Err("`sentences` is no list".to_owned());
        };
        let mut accepted = BTreeMap::new();
        for (rank, value) in sentences.iter().enumerate() {
            let (digest, entry) = entry(value).map_err(|why| format!("entry {}: {why}", rank + 1))?;
            if accepted.last_key_value().is_some_and(|(last, _)| *last >= digest) {
                return Err(format!("entry {}: the digests do not rise, each given once", rank + 1));
            }
            accepted.insert(digest, entry);
        }
        Ok(Self { accepted })
    }

    /// Reads what stands beside a document; nothing there is a lock without entries.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn beside(content: Option<&Content>) -> Result<Self, String> {
        match content {
            None => Ok(Self::default()),
            Some(Content::Text(text)) => Self::read(text),
            Some(Content::TooLarge { bytes }) => Err(format!("it has {bytes} bytes, which is too much")),
            Some(Content::NotUtf8 { .. }) => Err("it is not UTF-8".to_owned()),
            Some(Content::Link) => Err("it is a link, and links are not followed".to_owned()),
        }
    }

    /// The controlled sentences that a sentence was accepted to mean, however its white space is broken.
    #[must_use]
    pub fn of(&self, sentence: &str) -> Option<&[String]> {
        let sentence = folded(sentence);
        let found = self.accepted.get(&digest(&sentence)).filter(|accepted| accepted.sentence == sentence);
        found.map(|accepted| accepted.means.as_slice())
    }

    /// The sentences that have a reading, in the order of the file.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        self.accepted.values().map(|accepted| accepted.sentence.as_str())
    }

    /// Takes down what a sentence was accepted to mean, and which model proposed it.
    ///
    /// # Errors
    /// Why that could not be read again, in words.
    pub fn accept(&mut self, sentence: &str, means: &[String], model: &str) -> Result<(), String> {
        let sentence = folded(sentence);
        let entry = Accepted { sentence, means: means.to_vec(), model: model.to_owned() };
        entry.fault().map_or(Ok(()), Err)?;
        self.accepted.insert(digest(&entry.sentence), entry);
        Ok(())
    }

    /// Drops the readings of all sentences but some.
    pub fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        self.accepted.retain(|_, accepted| wanted(&accepted.sentence));
    }

    /// The file: the same bytes for the same readings.
    #[must_use]
    pub fn write(&self) -> String {
        let sentences = self.accepted.iter().map(|(digest, accepted)| WrittenSentence {
            digest: *digest,
            sentence: &accepted.sentence,
            means: &accepted.means,
            model: &accepted.model,
        });
        let written = Written { schema: SCHEMA, sentences: sentences.collect() };
        // Only texts and lists of them: nothing that cannot be written.
        format!("{}\n", serde_json::to_string_pretty(&written).unwrap_or_default())
    }
}

impl Accepted {
    fn fault(&self) -> Option<String> {
        if self.sentence.is_empty() || folded(&self.sentence) != self.sentence {
            return Some("`sentence` is empty, or its white space is not folded into single spaces".to_owned());
        }
        if let Some(c) = self.sentence.chars().find(|c| is_hidden(*c)) {
            return Some(format!("`sentence` holds the character U+{:04X}, which nobody can see", c as u32));
        }
        if self.means.is_empty() || self.means.len() > MOST_MEANINGS {
            return Some(format!("`means` holds {}; it is 1 to {MOST_MEANINGS}", self.means.len()));
        }
        if let Some(why) = self.means.iter().find_map(|meaning| fault(meaning)) {
            return Some(format!("`means`: {why}"));
        }
        let model = &self.model;
        let fits =
            !model.is_empty() && model.len() <= LONGEST_MODEL && model.bytes().all(|byte| byte.is_ascii_graphic());
        (!fits).then(|| "`model` is no name of a model".to_owned())
    }
}

/// A text with its white space folded into single spaces: how a sentence is compared.
#[must_use]
pub fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why a text cannot be a controlled sentence, before the grammar is asked; `None` where nothing speaks against it.
#[must_use]
pub fn fault(sentence: &str) -> Option<String> {
    if sentence.trim().is_empty() {
        return Some("a sentence is empty".to_owned());
    }
    if sentence.chars().nth(LONGEST_MEANING).is_some() {
        return Some(format!("a sentence has more than {LONGEST_MEANING} characters"));
    }
    if let Some(c) = sentence.chars().find(|c| is_hidden(*c)) {
        return Some(format!("a sentence holds the character U+{:04X}, which nobody can see", c as u32));
    }
    (folded(sentence) != sentence).then(|| "a sentence has white space that is not a single space".to_owned())
}

/// Whether a character shows as nothing, turns text around, or breaks a line.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn digest(folded: &str) -> Digest {
    Digest::of(folded.as_bytes())
}

fn entry(value: &Value) -> Result<(Digest, Accepted), String> {
    let entry = object(value, "it", &["digest", "sentence", "means", "model"])?;
    let text = |key: &str| {
        let text = entry.get(key).and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| format!("`{key}` is no text"))
    };
    let written = Digest::parse(&text("digest")?).ok_or("`digest` is no digest such as `sha256:…`")?;
    let Some(Value::Array(means)) = entry.get("means") else { return Err("`means` is no list".to_owned()) };
    let means: Option<Vec<String>> = means.iter().map(|meaning| meaning.as_str().map(str::to_owned)).collect();
    let means = means.ok_or("`means` holds what is no text")?;
    let accepted = Accepted { sentence: text("sentence")?, means, model: text("model")? };
    if digest(&accepted.sentence) != written {
        return Err("`digest` is not that of `sentence`".to_owned());
    }
    accepted.fault().map_or(Ok((written, accepted)), Err)
}

/// The entries of an object that has exactly these keys.
fn object<'a>(value: &'a Value, what: &str, keys: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let Value::Object(map) = value else { return Err(format!("{what} is no object")) };
    if let Some(unknown) = map.keys().find(|key| !keys.contains(&key.as_str())) {
        let shown: String = unknown.chars().take(40).collect();
        return Err(format!("{what} has the key `{shown}`, which does not exist"));
    }
    match keys.iter().find(|key| !map.contains_key(**key)) {
        Some(missing) => Err(format!("{what} has no `{missing}`")),
        None => Ok(map),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let mut lock = Lock::default();
        lock.accept("No  payments\n at night.", &["Deny pay.send.".to_owned()], "gemini-2.5-flash").unwrap();
        lock.accept("Ask first.", &["One.".to_owned(), "Two.".to_owned()], "gemini-2.5-flash").unwrap();
        lock
    }

    #[test]
    fn what_is_written_is_read_and_the_same_every_time() {
        let lock = lock();
        let text = lock.write();
        assert_eq!(Lock::read(&text).unwrap(), lock);
        assert_eq!(Lock::read(&text).unwrap().write(), text);
        assert!(text.ends_with("}\n") && text.contains("\"sentence\": \"No payments at night.\""), "{text}");
        assert_eq!(lock.of("No payments at\tnight.").unwrap(), ["Deny pay.send."]);
        assert_eq!(lock.of("No payments at night"), None);
        assert_eq!(Lock::default().write(), "{\n  \"schema\": \"policyc.assist-lock/v1\",\n  \"sentences\": []\n}\n");
        let mut fewer = lock;
        fewer.keep(|sentence| sentence == "Ask first.");
        assert_eq!(fewer.sentences().collect::<Vec<_>>(), ["Ask first."]);
    }

    #[test]
    fn what_was_tampered_with_is_refused() {
        let good = lock().write();
        let digest = Digest::of(b"Ask first.").to_string();
        let entry = |means: &str| {
            format!(
                r#"{{"schema":"{SCHEMA}","sentences":[{{"digest":"{digest}","sentence":"Ask first.","means":{means},"model":"m"}}]}}"#
            )
        };
        assert!(Lock::read(&entry(r#"["Deny a."]"#)).is_ok());
        let many = format!("[{}]", ["\"a\""; 9].join(","));
        let long = format!("[\"{}\"]", "a".repeat(501));
        for bad in [
            good.replace("No payments", "No payment"),
            good.replace("lock/v1", "lock/v2"),
            good.replace("\"model\"", "\"models\""),
            good.replacen("\"schema\"", "\"schema\": \"x\", \"schema\"", 1),
            good.replace("gemini-2.5-flash", "a model"),
            good.replace("sha256:", "sha512:"),
            good.replace("at night", "at  night"),
            entry("[]"),
            entry("\"Deny a.\""),
            entry("[1]"),
            entry(&many),
            entry(&long),
            entry(r#"["Deny\u202ea."]"#),
            entry(r#"["Deny\na."]"#),
            entry(r#"["Deny a\u200b."]"#),
            entry(r#"[" Deny a."]"#),
            "[]".to_owned(),
            "{}".to_owned(),
            String::new(),
            format!("{good}{good}"),
        ] {
            assert!(Lock::read(&bad).is_err(), "{bad}");
        }
        let value: Value = serde_json::from_str(&good).unwrap();
        let mut entries = value["sentences"].as_array().unwrap().clone();
        entries.reverse();
        let turned = serde_json::json!({"schema": SCHEMA, "sentences": entries}).to_string();
        assert!(Lock::read(&turned).unwrap_err().contains("do not rise"));
        let twice = serde_json::json!({"schema": SCHEMA, "sentences": [entries[0], entries[0]]}).to_string();
        assert!(Lock::read(&twice).unwrap_err().contains("do not rise"));
    }
}
