use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::Catalog;
use crate::cli::logs::{Taker, nothing, talk};
use crate::cli::output::say;
use crate::cli::{Exit, Stop};
use crate::compile;
use crate::diag::codes;
use crate::engine::Call;
use crate::model::Action;
use crate::records::{Found, Item};
use crate::report::visible_json;
use crate::source::{Content, Format, Role, SourceFile, SourceSet};
use crate::syntax::counted;

/// How many arguments of an action are written; one whose arguments have that many names takes them from data.
const MOST_ARGUMENTS: usize = 100;

const HEAD: &str = "\
# It says what was called, not what that means, and only what these logs hold. For a person to fill in, for each action:
#   description          what it does
#   risk_level           minimal, low, medium, high or critical
#   tags                 what rules may ask for; [] says that there are none
#   cost_usd             what one call costs
#   data_classification  public, internal, confidential or restricted
#   resource             what it is done to, such as \"{arguments.path}\"
# What is not filled in is unknown, and decided restrictively where a policy asks for it.
# Arguments and their types are those that were seen: others may exist, and one that was always there may be optional.
# Write `closed: true` (and `closed_agents: true`) once there are no others; then unknown ones are denied.
";

/// Runs `records catalog`.
///
/// # Errors
/// When a log cannot be read.
pub fn run(args: &Catalog, here: &Path) -> Result<Exit, Stop> {
    let mut seen = Seen::default();
    args.logs.read(here, &mut seen)?;
    if seen.calls == 0 {
        return Err(nothing());
    }
    if seen.unreadable > 0 {
        talk(&format!("{} cannot be read; `policyc records stats` tells them", counted(seen.unreadable, "place")));
    }
    say(&seen.catalog())?;
    Ok(super::exit(args.strict, seen.unreadable as u64))
}

/// What was seen.
#[derive(Default)]
struct Seen {
    calls: usize,
    unreadable: usize,
    actions: BTreeMap<String, Calls>,
    agents: BTreeMap<String, usize>,
}

/// The calls of one action.
#[derive(Default)]
struct Calls {
    count: usize,
    /// How many of them told their arguments.
    told: usize,
    arguments: BTreeMap<String, BTreeSet<&'static str>>,
}

impl Taker for Seen {
    fn begin(&mut self, _: &str, _: &str) {}

    fn take(&mut self, _: &str, item: Item) {
        match item.found {
            Found::Record(record) => self.call(&record.action),
            Found::Repeated => {}
            Found::Unreadable(_) => self.unreadable += 1,
        }
    }

    fn end(&mut self) -> Result<(), Stop> {
        Ok(())
    }
}

impl Seen {
    fn call(&mut self, action: &Action) {
        self.calls += 1;
        let calls = self.actions.entry(Call::of(action).name()).or_default();
        calls.count += 1;
        if let Some(arguments) = &action.arguments {
            calls.told += 1;
            for (name, value) in arguments.as_value().as_object().into_iter().flatten() {
                if calls.arguments.contains_key(name) || calls.arguments.len() < MOST_ARGUMENTS {
                    calls.arguments.entry(name.clone()).or_default().insert(type_of(value));
                }
            }
        }
        if let Some(agent) = &action.agent_id {
            *self.agents.entry(agent.clone()).or_default() += 1;
        }
    }

    fn catalog(&self) -> String {
        let (calls, actions, agents) = (self.calls, self.actions.len(), self.agents.len());
        let told = [counted(calls, "call"), counted(actions, "action"), counted(agents, "agent")].join(", ");
        let mut text = format!("# A draft that `policyc records catalog` wrote from recorded calls: {told}.\n{HEAD}");
        text.push_str("kind: catalog\n");
        let mut left_out = 0;
        let actions: Vec<_> = self.actions.iter().filter(|(name, _)| keeps(&mut left_out, "actions", name)).collect();
        text.push_str(if actions.is_empty() { "actions: {}\n" } else { "actions:\n" });
        for (name, calls) in actions {
            text.push_str(&entry(name, calls));
        }
        let agents: Vec<_> = self.agents.iter().filter(|(name, _)| keeps(&mut left_out, "agents", name)).collect();
        text.push_str(if agents.is_empty() { "agents: {}\n" } else { "agents:\n" });
        for (name, count) in agents {
            text.push_str(&format!("  # {}\n  {}: {{}}\n", counted(*count, "call"), quoted(&pattern(name))));
        }
        if left_out > 0 {
            text.push_str(&format!("# Left out: {}, which no catalog can name.\n", counted(left_out, "name")));
        }
        text
    }
}

/// Whether a name can stand in a catalog; counts those that cannot.
fn keeps(left_out: &mut usize, list: &str, name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let kept = name.split('.').all(|part| !part.is_empty() && part.chars().all(is_plain)) && name.len() < 200;
    let kept = kept || compiles(&format!("kind: catalog\n{list}:\n  {}: {{}}\n", quoted(&pattern(name))));
    *left_out += usize::from(!kept);
    kept
}

/// Whether a catalog is without errors.
fn compiles(text: &str) -> bool {
    let (content, format) = (Content::decode(text.as_bytes().to_vec()), Format::Yaml);
    let file = SourceFile {
        path: "catalog.yaml".to_owned(),
        role: Role::Catalog,
        format,
        content,
        tracked: None,
        assist: None,
    };
    let compilation = compile::compile(&SourceSet::new(vec![file]), None);
    let mut errors = compilation.diagnostics.iter().filter(|found| found.severity() == crate::diag::Severity::Error);
    // Only the catalog is looked at.
    errors.all(|found| found.code == codes::NO_DOCUMENT || found.code == codes::MISSING_FOLDER)
}

fn entry(name: &str, calls: &Calls) -> String {
    let mut text = format!("  # {}", counted(calls.count, "call"));
    match calls.count - calls.told {
        0 => text.push('\n'),
        untold => text.push_str(&format!(", of {untold} the arguments are unknown\n")),
    }
    let name = quoted(&pattern(name));
    if calls.told == 0 {
        return format!("{text}  {name}: {{}}\n");
    }
    if calls.arguments.is_empty() {
        return format!("{text}  {name}:\n    arguments: {{type: object}}\n");
    }
    text.push_str(&format!("  {name}:\n    arguments:\n      type: object\n      properties:\n"));
    for (argument, types) in &calls.arguments {
        text.push_str(&format!("        {}: {}\n", quoted(argument), schema(types)));
    }
    if calls.arguments.len() == MOST_ARGUMENTS {
        text.push_str("        # and perhaps more\n");
    }
    text
}

fn schema(types: &BTreeSet<&'static str>) -> String {
    let names: Vec<&str> = types.iter().copied().collect();
    // A whole number is a number too.
    let names: Vec<&str> =
        names.iter().copied().filter(|name| *name != "integer" || !types.contains("number")).collect();
    match names.as_slice() {
        [only] => format!("{{type: {}}}", quoted(only)),
        several => format!("{{type: [{}]}}", several.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A pattern that matches a name and nothing else.
fn pattern(name: &str) -> String {
    name.replace('\\', r"\\").replace('*', r"\*")
}

/// A text in YAML: in quotes, as JSON has them, unless it is surely a text without.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_word = words.iter().any(|word| text.eq_ignore_ascii_case(word));
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if begins && !is_word && text.chars().all(is_plain) {
        return text.to_owned();
    }
    visible_json(&Value::from(text).to_string())
}
