//! Records as lines of JSON, in the many ways in which loggers write them.

use policyc::model::{Action, Time};
use proptest::prelude::*;
use serde_json::{Value, json};

/// How a line is written.
#[derive(Debug, Clone, Default)]
pub struct Spelling {
    reversed: bool,
    blanks: bool,
    escaped: bool,
    nulls: bool,
    /// Further members, as they are written.
    others: &'static str,
    time: u8,
    cost: u8,
    arguments: u8,
    /// A member that the action does not have, in a way that cannot be relied on.
    mistake: &'static str,
    end: &'static str,
}

/// Plain in most lines; otherwise anything.
pub fn spelling() -> impl Strategy<Value = Spelling> {
    let plain = Just(Spelling::plain());
    let others = vec!["", "", r#""note":"a \"b\" ]} c""#, r#""x":{"y":[1,{"operation":"z"}]},"x":2"#, r#""":1e5"#];
    let mistakes = vec![
        "",
        "",
        "",
        r#""data_classification":"secret""#,
        r#""cost_usd":"0.1""#,
        r#""turn":-1"#,
        r#""agent_id":7"#,
        r#""risk_level":3"#,
        r#""tags":"t""#,
        r#""resource":"[REDACTED]""#,
        r#""agent":"a""#,
        r#""outcome":"odd""#,
        r#""recorded_decision":"maybe""#,
        r#""result":"cut [truncated]""#,
        r#""error":{"code":5}"#,
    ];
    let ends = vec!["\n", "\n", "\r\n", " \t\n", "\n\n"];
    let flags = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.3), any::<bool>());
    let parts = (0_u8..5, 0_u8..4, 0_u8..4);
    let texts = (prop::sample::select(others), prop::sample::select(mistakes), prop::sample::select(ends));
    let odd = (flags, parts, texts).prop_map(|(flags, parts, (others, mistake, end))| Spelling {
        reversed: flags.0,
        blanks: flags.1,
        escaped: flags.2,
        nulls: flags.3,
        others,
        time: parts.0,
        cost: parts.1,
        arguments: parts.2,
        mistake,
        end,
    });
    prop_oneof![2 => plain, 1 => odd]
}

/// What else stands in a log, with its end of line; mostly nothing.
pub fn noise() -> impl Strategy<Value = Vec<&'static [u8]>> {
    let lines: Vec<&'static [u8]> = vec![
        b"\n",
        b"\r\n",
        b" \t \n",
        b"{\n",
        b"[]\n",
        b"null\n",
        b"{}\n",
        b"not a record\n",
        b"{\"operation\": 1}\n",
        b"{\"operation\": \"x\", \"operation\": \"y\"}\n",
        b"{\"operation\": \"x\"} {\"operation\": \"y\"}\n",
        b"{\"operation\": \"x\", \"agent_id\": \"\xff\"}\n",
        b"{\"operation\": \"x\", \"note\": tru}\n",
        b"{\"operation\": \"x\", \"unreliable\": [\"nothing\"]}\n",
    ];
    let some = prop::collection::vec(prop::sample::select(lines), 1..=2);
    prop_oneof![6 => Just(Vec::new()), 1 => some]
}

impl Spelling {
    /// As policyc would.
    pub fn plain() -> Self {
        Self { end: "\n", ..Self::default() }
    }

    /// An action as a line, with its end.
    pub fn line(&self, action: &Action, recorded_decision: Option<&str>, labels: Option<&Value>) -> String {
        let mut members: Vec<(&str, String)> = Vec::new();
        let mut put = |key: &'static str, value: Option<String>| {
            members.extend(value.or(self.nulls.then(|| "null".to_owned())).map(|value| (key, value)));
        };
        put("id", self.of(action.id.as_ref()));
        put("timestamp", action.timestamp.map(|time| self.time(time)));
        put("agent_id", self.of(action.agent_id.as_ref()));
        put("run_id", self.of(action.run_id.as_ref()));
        put("session_id", self.of(action.session_id.as_ref()));
        put("turn", self.of(action.turn));
        put("group_id", self.of(action.group_id.as_ref()));
        put("mission_id", self.of(action.mission_id.as_ref()));
        put("integration", self.of(action.integration.as_ref()));
        put("operation", self.of(Some(&action.operation)));
        put("resource", self.of(action.resource.as_ref()));
        put("data_classification", self.of(action.data_classification));
        put("arguments", action.arguments.as_ref().map(|arguments| self.arguments(arguments.as_value())));
        put("tags", self.of(action.tags.as_ref()));
        put("risk_level", self.of(action.risk_level));
        put("cost_usd", action.cost_usd.map(|cost| self.cost(&cost.to_string())));
        put("outcome", self.of(action.outcome));
        put("error", self.of(action.error.as_ref()));
        put("result", self.of(action.result.as_ref()));
        put("recorded_decision", self.of(recorded_decision));
        put("labels", self.of(labels));
        let broken: Vec<&str> = action.broken.iter().map(|fact| fact.key()).collect();
        put("unreliable", self.of(Some(broken).filter(|broken| !broken.is_empty())));
        self.mistaken(&mut members);
        if self.reversed {
            members.reverse();
        }
        let between = if self.blanks { " : " } else { ":" };
        let mut texts: Vec<String> =
            members.iter().map(|(key, value)| format!("{}{between}{value}", self.text(key))).collect();
        texts.extend(Some(self.others.to_owned()).filter(|others| !others.is_empty()));
        if self.blanks {
            format!(" {{ {} }}{}", texts.join(" , "), self.end)
        } else {
            format!("{{{}}}{}", texts.join(","), self.end)
        }
    }

    /// Puts the mistake in, where nothing else is said of its fact.
    fn mistaken<'s>(&'s self, members: &mut Vec<(&'s str, String)>) {
        let Some((key, value)) = self.mistake.split_once(':') else { return };
        let key = key.trim_matches('"');
        members.retain(|(other, value)| *other != key || value != "null");
        if members.iter().all(|(other, _)| *other != key) {
            members.push((key, value.to_owned()));
        }
    }

    fn of(&self, value: Option<impl serde::Serialize>) -> Option<String> {
        value.map(|value| self.value(&json!(value)))
    }

    fn value(&self, value: &Value) -> String {
        let (comma, colon) = if self.blanks { (" , ", " : ") } else { (",", ":") };
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                format!("[{}]", items.iter().map(|item| self.value(item)).collect::<Vec<_>>().join(comma))
            }
            Value::Object(map) => {
                let members = map.iter().map(|(key, value)| format!("{}{colon}{}", self.text(key), self.value(value)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(comma))
            }
            other => other.to_string(),
        }
    }

    fn text(&self, text: &str) -> String {
        if self.escaped {
            format!("\"{}\"", text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect::<String>())
        } else {
            json!(text).to_string()
        }
    }

    fn time(&self, time: Time) -> String {
        let later = Time::of_unix_seconds(time.unix_seconds() + 7200).unwrap().to_string();
        self.text(&match self.time {
            0 | 1 => time.to_string(),
            2 => later.replace('Z', "+02:00"),
            3 => time.to_string().replace('Z', ".000Z"),
            _ => time.to_string().replace('Z', ""),
        })
    }

    fn cost(&self, cost: &str) -> String {
        match self.cost {
            0 | 1 => cost.to_owned(),
            2 => format!("{cost}e0"),
            _ if cost.contains('.') => format!("{cost}00000000001"),
            _ => format!("{cost}.0"),
        }
    }

    fn arguments(&self, arguments: &Value) -> String {
        let plain = self.value(arguments);
        match self.arguments {
            0 | 1 => plain,
            2 => json!(plain).to_string(),
            _ => r#"{"p":"[REDACTED]"}"#.to_owned(),
        }
    }
}
