//! Fields of a document as people name them, and what becomes of its value when one of them changes; how that is written
//! is [`super::rewritten`]'s.

use std::fmt;

use super::edit::{Refusal, refusal};
use super::yaml::{self, Dialect};
use super::{Embedded, Entry, Map, Node, Step, Value, shortened};
use crate::diag::Sink;
use crate::text::{FileId, Span};

/// A part of a document as people name it: `conditions.rate_limit.max_actions`, or the JSON pointer
/// `/rate_limits/mail.send/max_count`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    written: String,
    parts: Vec<String>,
    pointer: bool,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// What becomes of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// It has this value.
    Set(Node),
    /// Its list has this entry too.
    Add(Node),
    /// Its list has this entry no more.
    Take(Node),
    /// It is not written any more.
    Unset,
}

impl Field {
    /// Reads the name of a field.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (pointer, parts) = match text.strip_prefix('/') {
            Some(rest) => (true, rest.split('/').map(unescaped).collect::<Result<Vec<_>, _>>()?),
            None => (false, text.split('.').map(str::to_owned).collect()),
        };
        let plain = |part: &String| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$'))
        };
        if !pointer && !parts.iter().all(plain) {
            return Err(format!(
                "`{text}` is no field: write keys with dots between them, such as `conditions.rate_limit`, or a JSON pointer, such as `/rate_limits/mail.send`"
            ));
        }
        Ok(Self { written: text.to_owned(), parts, pointer })
    }

    /// The key of the document that it begins with.
    #[must_use]
    pub fn first(&self) -> &str {
        self.parts.first().map_or("", String::as_str)
    }

    /// The way to the part in a document; what is not there yet is a key.
    ///
    /// # Errors
    /// When the way leads through something that has no such parts.
    pub fn steps(&self, root: &Node) -> Result<Vec<Step>, Refusal> {
        let mut node = Some(root);
        let mut steps = Vec::new();
        for part in &self.parts {
            if let Some(alias) = node.filter(|node| !steps.is_empty() && node.is_alias()) {
                return Err(self.shared(alias));
            }
            let rank_of_nothing = part == "-" || self.pointer && part.bytes().all(|byte| byte.is_ascii_digit());
            let step = match node.map(|node| &node.value) {
                Some(Value::List(items)) => Step::Index(self.rank(part, items.len())?),
                None | Some(Value::Null) if rank_of_nothing => {
                    return Err(refusal(
                        format!("`{self}` leads into a list that is not there"),
                        "give the whole list as a value, or use `+=`",
                    ));
                }
                None | Some(Value::Null | Value::Map(_)) => Step::from(part.as_str()),
                Some(_) => {
                    let found = node.map(Node::in_words).unwrap_or_default();
                    return Err(refusal(format!("`{self}` leads through {found}"), "name a part of a list or map"));
                }
            };
            node = node.and_then(|node| node.at(std::slice::from_ref(&step)));
            steps.push(step);
        }
        Ok(steps)
    }

    fn shared(&self, alias: &Node) -> Refusal {
        let message = format!("`{self}` leads into an alias, which stands for {} of another place", alias.in_words());
        refusal(message, "give the value here as a whole, or change it where its anchor is, by hand")
    }

    fn rank(&self, part: &str, length: usize) -> Result<usize, Refusal> {
        if !self.pointer {
            let message = format!("`{self}` leads into a list");
            let way = self.parts.iter().take_while(|other| *other != part).map(|part| format!("/{part}"));
            let help =
                format!("use `+=` and `-=`, or name a position with a JSON pointer: `{}/0`", way.collect::<String>());
            return Err(refusal(message, help));
        }
        if part == "-" {
            return Ok(length);
        }
        let digits = part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
        match part.parse::<usize>() {
            Ok(rank) if digits && rank < length => Ok(rank),
            _ => Err(refusal(
                format!("`{}` is no position of a list with {}", shortened(part), super::counted(length, "entry")),
                "positions begin with 0; `-` stands behind the last",
            )),
        }
    }

    /// The value of a document after a change of this field, and the way to it.
    ///
    /// # Errors
    /// When the change cannot be made, or changes nothing.
    pub fn changed(&self, root: &Node, operation: &Operation) -> Result<(Node, Vec<Step>), Refusal> {
        let steps = self.steps(root)?;
        let there = root.at(&steps);
        let new = match (operation, there) {
            (Operation::Set(new), Some(old)) if super::edit::alike(old, new) => {
                return Err(Refusal::nothing(format!("`{self}` is {} already", old.in_words())));
            }
            (Operation::Set(new), _) => Some(new.clone()),
            (Operation::Unset, None) => return Err(Refusal::nothing(format!("`{self}` is not written"))),
            (Operation::Unset, Some(_)) => None,
            (Operation::Add(entry), None) => Some(anew(Value::List(vec![entry.clone()]))),
            (Operation::Add(entry), Some(old)) => Some(self.with_entry(old, entry)?),
            (Operation::Take(entry), there) => Some(self.without_entry(there, entry)?),
        };
        Ok((with(root, &steps, new.as_ref()), steps))
    }

    fn with_entry(&self, list: &Node, entry: &Node) -> Result<Node, Refusal> {
        let items = self.items(list)?;
        if items.iter().any(|item| super::edit::alike(item, entry)) {
            return Err(Refusal::nothing(format!("`{self}` holds {} already", entry.in_words())));
        }
        Ok(anew(Value::List(items.iter().chain([entry]).cloned().collect())))
    }

    fn without_entry(&self, list: Option<&Node>, entry: &Node) -> Result<Node, Refusal> {
        let none = || Refusal::nothing(format!("`{self}` does not hold {}", entry.in_words()));
        let items = self.items(list.ok_or_else(none)?)?;
        let others: Vec<Node> = items.iter().filter(|item| !super::edit::alike(item, entry)).cloned().collect();
        if others.len() == items.len() {
            let texts = items.iter().filter_map(Node::text);
            let meant = entry.text().and_then(|text| crate::diag::nearest(text, texts));
            let refusal = none();
            return Err(match meant {
                Some(meant) => Refusal { help: format!("did you mean `{}`?", shortened(meant)), ..refusal },
                None => refusal,
            });
        }
        Ok(anew(Value::List(others)))
    }

    fn items<'n>(&self, list: &'n Node) -> Result<&'n [Node], Refusal> {
        match &list.value {
            _ if list.is_alias() => Err(self.shared(list)),
            Value::List(items) => Ok(items),
            _ => Err(refusal(
                format!("`{self}` is {}, not a list", list.in_words()),
                "give the whole value with `=`; a list with one entry says that there is no other",
            )),
        }
    }
}

fn unescaped(part: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut chars = part.chars();
    while let Some(c) = chars.next() {
        match (c, c == '~') {
            (c, false) => text.push(c),
            _ => text.push(match chars.next() {
                Some('0') => '~',
                Some('1') => '/',
                _ => return Err(format!("in the JSON pointer part `{part}` a `~` is written as `~0`, a `/` as `~1`")),
            }),
        }
    }
    Ok(text)
}

fn anew(value: Value) -> Node {
    Node::new(Span::whole(FileId(0)), value)
}

/// A value in which the part that some steps lead to is another, or gone; maps on the way to it are made.
fn with(node: &Node, steps: &[Step], new: Option<&Node>) -> Node {
    let Some((step, rest)) = steps.split_first() else { return new.unwrap_or(node).clone() };
    let last = rest.is_empty();
    let value = match (step, &node.value) {
        (Step::Index(rank), Value::List(items)) => {
            let mut items = items.clone();
            match (items.get_mut(*rank), new) {
                (Some(_), None) if last => drop(items.remove(*rank)),
                (Some(item), _) => *item = with(item, rest, new),
                (None, Some(new)) => items.push(new.clone()),
                (None, None) => {}
            }
            Value::List(items)
        }
        (Step::Key(key), value) => {
            let mut entries = if let Value::Map(map) = value { map.entries().to_vec() } else { Vec::new() };
            let rank = entries.iter().position(|entry| *entry.key == **key);
            match (rank.and_then(|rank| entries.get_mut(rank)), new) {
                (Some(_), None) if last => entries.retain(|entry| *entry.key != **key),
                (Some(entry), _) => entry.value = with(&entry.value, rest, new),
                (None, Some(_)) => {
                    let value = with(&anew(Value::Map(Map::new(Vec::new()))), rest, new);
                    entries.push(Entry { key: key.as_str().into(), key_span: Span::whole(FileId(0)), value });
                }
                (None, None) => {}
            }
            Value::Map(Map::new(entries))
        }
        (_, other) => other.clone(),
    };
    Node::new(node.span, value)
}

/// Reads a value as it stands between the brackets of YAML: `[a, b]`, `200`, `null`, `"0"`, `{max_count: 5}`; a bare word
/// is a text.
///
/// # Errors
/// What is wrong with it.
pub fn flow_value(text: &str) -> Result<Node, Refusal> {
    let quote = "put a text with special characters in double quotes, inside the quotes of the shell: '\"*.delete\"'";
    if text.trim().is_empty() {
        return Err(refusal("there is no value", "write the value; `null`, `\"\"` and `[]` mean different things"));
    }
    let listed = format!("[{text}]");
    let mut sink = Sink::new();
    let roots = yaml::parse(&Embedded::file(FileId(0), &listed), Dialect::Yaml, &mut sink);
    if let Some(found) = sink.as_slice().first() {
        let help = found.help.clone().unwrap_or_else(|| quote.to_owned());
        return Err(refusal(format!("`{}` is no value: {}", shortened(text), found.message), help));
    }
    let whole = |root: &&Node| root.span.range() == (0..listed.len());
    let items = match roots.as_slice() {
        [root] if whole(&root) => root.items(),
        _ => &[],
    };
    match items {
        // A map without brackets is a text with a colon more often than a map.
        [value] if matches!(value.value, Value::Map(_)) && !text.trim_start().starts_with('{') => Err(refusal(
            format!("`{}` is a map without its brackets", shortened(text)),
            "put a map in `{ }`, a text in double quotes",
        )),
        [value] => Ok(value.clone()),
        _ => Err(refusal(format!("`{}` is not one value", shortened(text)), format!("put a list in `[ ]`; {quote}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Option<String> {
        flow_value(text).ok().map(|node| node.to_json().to_string())
    }

    #[test]
    fn values_are_read_as_yaml_has_them_between_brackets() {
        for (text, value) in [
            ("200", "200"),
            ("[a, b]", r#"["a","b"]"#),
            ("null", "null"),
            ("\"0\"", "\"0\""),
            ("{max_count: 5, window_seconds: 60}", r#"{"max_count":5,"window_seconds":60}"#),
            ("yes", "\"yes\""),
            ("mail.*", "\"mail.*\""),
            ("two words", "\"two words\""),
            ("[]", "[]"),
        ] {
            assert_eq!(json(text).as_deref(), Some(value), "{text}");
        }
        for text in [
            "",
            " ",
            "a, b",
            "*",
            "*.delete",
            "a: b",
            "a #b",
            "]",
            "a], [b",
            "!x y",
            "017",
            "[a",
            "\"a",
            "a\n---\nb",
            "&x a, *x",
        ] {
            assert!(flow_value(text).is_err(), "{text:?} {:?}", json(text));
        }
    }

    #[test]
    fn fields_are_keys_or_pointers() {
        let parts = |text: &str| Field::parse(text).map(|field| field.parts);
        assert_eq!(parts("a.b_c").unwrap(), ["a", "b_c"]);
        assert_eq!(parts("/a.b/c~1d~0/-").unwrap(), ["a.b", "c/d~", "-"]);
        for text in ["", "a..b", ".a", "a b", "a.mail/send", "/a~2", "/a~"] {
            assert!(Field::parse(text).is_err(), "{text}");
        }
    }
}
