//! What the catalog adds to a record, and what it refuses (SPEC 2.5, SPEC 4 step 1).

use std::collections::BTreeSet;

use policyc::model::{AgentEntry, AgentState, Arguments, Catalog, CatalogAction, CatalogDefaults, Reason};
use serde_json::Value;

use super::facts::Facts;
use super::json;
use super::matching::{self, Use};
use super::truth::Truth;

/// The entries of the catalog, each with whether it applies to an action ("catalog names are patterns").
pub struct Entries<'c> {
    catalog: &'c Catalog,
    actions: Vec<(Truth, &'c CatalogAction)>,
    agents: Vec<(Truth, &'c AgentEntry)>,
}

impl<'c> Entries<'c> {
    /// By names and agent only; the other facts of the action are not yet there.
    pub fn of(catalog: &'c Catalog, facts: &Facts) -> Self {
        let action = |(name, entry)| (matching::action(name, facts, Use::Permits), entry);
        let agent = |(name, entry)| (matching::pattern(name, facts.agent(), "agent_id"), entry);
        let actions = catalog.actions.iter().map(action).collect();
        Self { catalog, actions, agents: catalog.agents.iter().map(agent).collect() }
    }

    /// "Of several entries that apply the more restrictive value holds (the higher cost, risk, classification); an entry
    /// that only may apply makes what it would change unknown"; "what neither says: the catalog's defaults".
    pub fn highest<T: Ord + Copy>(
        &self,
        record: Option<T>,
        of: impl Fn(&CatalogAction) -> Option<T>,
        default: impl Fn(&CatalogDefaults) -> Option<T>,
    ) -> Option<T> {
        let sure = self.actions.iter().filter(|(applies, _)| applies.is_true());
        let said = record.into_iter().chain(sure.filter_map(|(_, entry)| of(entry))).max();
        let found = said.or(default(&self.catalog.defaults));
        let may = self.actions.iter().filter(|(applies, _)| applies.is_possible());
        let unchanged = may.filter_map(|(_, entry)| of(entry)).all(|value| said.max(Some(value)) == found);
        found.filter(|_| unchanged)
    }

    /// The templates of the entries, filled in; unknown where one cannot be, or where two differ. What is assumed stands
    /// in for those that surely apply, if none of them says anything.
    pub fn resource(&self, arguments: Option<&Arguments>, assumed: Option<&String>) -> Option<String> {
        let filled = |wanted: fn(&Truth) -> bool| -> Vec<Option<String>> {
            let entries = self.actions.iter().filter(|(applies, _)| wanted(applies));
            let templates = entries.filter_map(|(_, entry)| entry.resource.as_deref());
            templates.map(|template| fill(template, arguments)).collect()
        };
        let mut sure = filled(Truth::is_true);
        if let Some(assumed) = assumed.filter(|_| sure.is_empty()) {
            sure = vec![Some(assumed.clone())];
        }
        let first = sure.first()?.clone()?;
        let may = filled(|applies| applies.is_possible() && !applies.is_true());
        sure.iter().chain(&may).all(|one| one.as_ref() == Some(&first)).then_some(first)
    }

    pub fn tags(&self) -> Vec<(Truth, BTreeSet<String>)> {
        said(&self.actions, |entry| entry.tags.clone())
    }

    pub fn groups(&self) -> Vec<(Truth, BTreeSet<String>)> {
        said(&self.agents, |entry| entry.groups.clone())
    }

    pub fn missions(&self) -> Vec<(Truth, BTreeSet<String>)> {
        said(&self.agents, |entry| entry.missions.clone())
    }
}

/// The sets that entries say; an entry that does not say one is left out.
fn said<E>(entries: &[(Truth, &E)], set: impl Fn(&E) -> Option<BTreeSet<String>>) -> Vec<(Truth, BTreeSet<String>)> {
    entries.iter().filter_map(|(applies, entry)| Some((applies.clone(), set(entry)?))).collect()
}

/// A "template such as `{arguments.path}`" with what the arguments say; strings as they are, numbers and truth values as
/// JSON writes them, anything else not at all.
fn fill(template: &str, arguments: Option<&Arguments>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, next) = after.split_once('}')?;
        filled.push_str(before);
        match json::at(arguments?.as_value(), name.strip_prefix("arguments.")?)? {
            Value::String(text) => filled.push_str(text),
            value @ (Value::Number(_) | Value::Bool(_)) => filled.push_str(&value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        }
        rest = next;
    }
    filled.push_str(rest);
    Some(filled)
}

/// "A resource with a `..` segment (plain, percent-encoded or with backslashes) is an unknown fact" (SPEC 2.6).
pub fn climbs(resource: &str) -> bool {
    let mut bytes = resource.as_bytes().to_vec();
    for _ in 0..5 {
        bytes = percent_decoded(&bytes);
    }
    bytes.split(|byte| matches!(byte, b'/' | b'\\')).any(|segment| segment == b"..")
}

fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    let hex =
        |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let mut decoded = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = hex(bytes.get(at + 1)).zip(hex(bytes.get(at + 2))).filter(|_| *byte == b'%');
        decoded.push(code.map_or(*byte, |(high, low)| high * 16 + low));
        at += if code.is_some() { 3 } else { 1 };
    }
    decoded
}

/// "When closed, (…) such an action is denied (`UNKNOWN_ACTION`); an agent that is suspended or retired, or unknown when
/// `closed_agents`, is denied (`AGENT_INACTIVE`, `UNKNOWN_AGENT`)" (SPEC 2.5).
pub fn refusals(catalog: &Catalog, facts: &Facts) -> Vec<(Reason, Truth)> {
    let entries = Entries::of(catalog, facts);
    let inactive = entries.agents.iter().filter(|(_, entry)| entry.state != AgentState::Active);
    let inactive = Truth::any(inactive.map(|(applies, _)| applies.clone()));
    let known_agent = Truth::any(entries.agents.iter().map(|(applies, _)| applies.clone()));
    let known_action = Truth::any(entries.actions.iter().map(|(applies, _)| applies.clone()));
    vec![
        (Reason::AgentInactive, inactive),
        (Reason::UnknownAgent, Truth::of(catalog.closed_agents).and(known_agent.not())),
        (Reason::UnknownAction, Truth::of(catalog.closed).and(known_action.not())),
    ]
}
