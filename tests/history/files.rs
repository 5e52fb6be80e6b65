//! The files of generated histories: documents as values that are written in one of many ways.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use crate::drawn::{Blob, Mode};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    As(u8),
    /// By the stem of its file, if it is alone there.
    Stem,
    /// Under what is no id.
    Badly,
}

pub const IDS: [&str; 8] = ["pay", "mail", "no-shell", "a.b", "x1", "refunds", "7", "data_1"];
pub const STEMS: [&str; 6] = ["pay", "mail", "no-shell", "Upper", "x1", "both"];
pub const FOLDERS: [&str; 5] = ["policies", "policies/mail", "policies/deep/er", "rules", "policies"];

/// Few values of each, so that old content comes back by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document {
    pub named: Named,
    pub budget: u8,
    pub denied: u8,
    pub more: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Yaml,
    Object,
    Array,
    Markdown,
}

impl Form {
    pub fn of(selector: u8) -> Self {
        [Form::Yaml, Form::Yaml, Form::Object, Form::Array, Form::Markdown][usize::from(selector) % 5]
    }

    /// An object and a page hold one document.
    pub fn holding(self, documents: usize) -> Self {
        match self {
            Form::Object if documents != 1 => Form::Array,
            Form::Markdown if documents != 1 => Form::Yaml,
            form => form,
        }
    }

    pub fn ending(self, style: u8) -> &'static str {
        match self {
            Form::Yaml => ["yaml", "yml", "yaml", "YAML"][usize::from(style) % 4],
            Form::Object | Form::Array => "json",
            Form::Markdown => ["md", "md", "MD"][usize::from(style) % 3],
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub form: Form,
    pub documents: Vec<Document>,
    /// Comments, layout, key order, quoting.
    pub style: u8,
    /// 0 is well-formed.
    pub wrong: u8,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sort {
    Page(Page),
    Other(Rc<[u8]>),
    Link,
    Submodule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub sort: Sort,
    pub executable: bool,
}

impl Item {
    pub fn page(form: Form, documents: Vec<Document>, style: u8) -> Self {
        let form = form.holding(documents.len());
        Self { sort: Sort::Page(Page { form, documents, style, wrong: 0 }), executable: false }
    }

    pub fn other(bytes: impl AsRef<[u8]>) -> Self {
        Self { sort: Sort::Other(bytes.as_ref().into()), executable: false }
    }

    pub fn blob(&self) -> Blob {
        match &self.sort {
            Sort::Page(page) => {
                let mode = if self.executable { Mode::Executable } else { Mode::Plain };
                Blob { mode, bytes: page.text().into_bytes().into() }
            }
            Sort::Other(bytes) => Blob { mode: Mode::Plain, bytes: Rc::clone(bytes) },
            Sort::Link => Blob { mode: Mode::Link, bytes: b"elsewhere.yaml"[..].into() },
            Sort::Submodule => Blob { mode: Mode::Submodule, bytes: b""[..].into() },
        }
    }
}

impl Document {
    pub fn value(self) -> Map<String, Value> {
        let mut map = Map::new();
        match self.named {
            Named::As(id) => drop(map.insert("id".to_owned(), json!(IDS[usize::from(id) % IDS.len()]))),
            Named::Stem => {}
            Named::Badly => drop(map.insert("id".to_owned(), json!("No Such Id!"))),
        }
        let budget = [json!(1), json!(2.5), json!(200), json!(0.1)][usize::from(self.budget) % 4].clone();
        map.insert("session_budget".to_owned(), budget);
        let denied = [json!(["shell.*"]), json!(["shell.*", "ssh"]), json!(["ssh", "shell.*"]), json!([])];
        map.insert("denied_actions".to_owned(), denied[usize::from(self.denied) % 4].clone());
        let more = [
            json!({}),
            json!({"name": "Zahlung über \"10\" – é"}),
            json!({"enabled": false, "description": null}),
            json!({"rate_limits": {"mail.*": {"max_count": 3, "window_seconds": 60}, "db": {"max_count": 1, "window_seconds": 5}}}),
            json!({"colour": "red"}),
            json!({"policy_effect": "deny", "policy_name": "no"}),
        ];
        let more = more[usize::from(self.more) % 6].clone();
        map.extend(more.as_object().unwrap().clone());
        map
    }
}

impl Page {
    pub fn text(&self) -> String {
        let values: Vec<_> = self.documents.iter().map(|document| document.value()).collect();
        match self.form {
            Form::Yaml => self.yaml_file(&values),
            Form::Object => self.json_wrong(self.json(&Value::Object(values[0].clone()))),
            Form::Array => self.json_wrong(self.json(&values.into_iter().map(Value::Object).collect())),
            Form::Markdown => self.markdown(&values[0]),
        }
    }

    fn yaml_file(&self, values: &[Map<String, Value>]) -> String {
        let mut text = String::new();
        for (at, value) in values.iter().enumerate() {
            if at > 0 || self.style & 64 != 0 {
                text.push_str("---\n");
            }
            text.push_str(&self.yaml(value));
        }
        text + self.yaml_wrong()
    }

    fn yaml_wrong(&self) -> &'static str {
        match self.wrong % 5 {
            0 => "",
            1 => "open: [a, b\n",
            2 => "open: \"never closed\n",
            3 => "session_budget: 7\n",
            _ => "<<<<<<< ours\nname: one\n=======\nname: two\n>>>>>>> theirs\n",
        }
    }

    /// One map as block YAML.
    fn yaml(&self, map: &Map<String, Value>) -> String {
        let style = self.style;
        let mut keys: Vec<(&String, &Value)> = map.iter().collect();
        if style & 1 != 0 {
            keys.reverse();
        }
        let mut text = String::new();
        if style & 2 != 0 {
            text.push_str("# why this is so\n");
        }
        for (at, (key, value)) in keys.into_iter().enumerate() {
            let written = match value {
                Value::Array(list) if style & 4 != 0 && !list.is_empty() => {
                    list.iter().map(|item| format!("\n  - {}", self.scalar(item))).collect()
                }
                Value::Array(list) => {
                    let items: Vec<_> = list.iter().map(|item| self.scalar(item)).collect();
                    format!(" [{}]", items.join(if style & 8 != 0 { ",   " } else { ", " }))
                }
                // Two equal maps, one of them by reference.
                Value::Object(_) => format!(" {value}"),
                value if style & 8 != 0 => format!(" &n{at} {}", self.scalar(value)),
                value => format!(" {}", self.scalar(value)),
            };
            text.push_str(&format!("{key}:{written}"));
            text.push_str(if style & 16 != 0 { "  # here\n" } else { "\n" });
            if style & 32 != 0 {
                text.push('\n');
            }
        }
        text
    }

    fn scalar(&self, value: &Value) -> String {
        match value {
            Value::String(text) if text == "7" => "'7'".into(),
            Value::Number(number) if *number == 200.into() => {
                ["200", "200.0", "2e2"][usize::from(self.style) % 3].into()
            }
            Value::String(_) if self.style & 4 != 0 => value.to_string(),
            Value::String(text) if self.style & 32 == 0 || text.contains(['*', '"', '!']) => format!("'{text}'"),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    fn json(&self, value: &Value) -> String {
        let text =
            if self.style & 1 != 0 { serde_json::to_string_pretty(value).unwrap() + "\n" } else { value.to_string() };
        let text = if self.style & 2 != 0 { text.replace('é', "\\u00e9") } else { text };
        if self.style & 4 != 0 { text.replace("200", "2.00e2") } else { text }
    }

    fn json_wrong(&self, mut text: String) -> String {
        match self.wrong % 3 {
            0 if self.wrong == 0 => {}
            0 => text.push_str(" ]"),
            1 => text.truncate(text.trim_end().len() - 1),
            _ => text.insert(1, ':'),
        }
        text
    }

    fn markdown(&self, map: &Map<String, Value>) -> String {
        let (mut front, mut first, mut second) = (Map::new(), Map::new(), Map::new());
        for (key, value) in map {
            let place = match key.as_str() {
                "id" | "name" | "description" | "enabled" => &mut front,
                "denied_actions" => &mut second,
                _ => &mut first,
            };
            place.insert(key.clone(), value.clone());
        }
        if self.style & 16 != 0 {
            first.append(&mut second);
        }
        let mut text = String::new();
        if !front.is_empty() {
            text.push_str(&format!("---\n{}---\n", self.yaml(&front)));
        }
        text.push_str(if self.style & 2 != 0 {
            "# Payments\n\nWhy: `ssh` is *not* for agents.\n"
        } else {
            "# Payments\n"
        });
        text.push_str(&format!("\n```yaml policy\n{}{}```\n", self.yaml(&first), self.yaml_wrong()));
        if !second.is_empty() {
            text.push_str(&format!(
                "\nAnd:\n\n```json policy\n{}\n```\n",
                self.json(&Value::Object(second)).trim_end()
            ));
        }
        text.push_str("\nThe end.\n");
        text
    }
}
