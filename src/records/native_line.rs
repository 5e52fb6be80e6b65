use serde::Serialize;

use super::Record;
use crate::model::{Arguments, Fact};

impl Record {
    /// The record as one line of JSON, without a line break: what is absent is left out, and facts that cannot be relied
    /// on are named under `unreliable`. Reading the line gives the same action, decision and labels.
    #[must_use]
    pub fn to_native(&self) -> String {
        let action = &self.action;
        let mut line = Line::default();
        line.put("id", action.id.as_ref());
        line.put("timestamp", action.timestamp.map(|time| time.to_string()));
        line.put("agent_id", action.agent_id.as_ref());
        line.put("run_id", action.run_id.as_ref());
        line.put("session_id", action.session_id.as_ref());
        line.put("turn", action.turn);
        line.put("group_id", action.group_id.as_ref());
        line.put("mission_id", action.mission_id.as_ref());
        line.put("integration", action.integration.as_ref());
        line.put("operation", Some(&action.operation));
        line.put("resource", action.resource.as_ref());
        line.put("data_classification", action.data_classification);
        line.put("arguments", action.arguments.as_ref().map(Arguments::as_value));
        line.put("tags", action.tags.as_ref());
        line.put("risk_level", action.risk_level);
        // As written out: the nearest double would lose digits of large amounts.
        line.put_json("cost_usd", action.cost_usd.map(|cost| cost.to_string()));
        line.put("outcome", action.outcome);
        line.put("error", action.error.as_ref());
        line.put("result", action.result.as_ref());
        line.put("recorded_decision", self.recorded_decision);
        line.put("labels", Some(&self.labels).filter(|labels| !labels.is_null()));
        let broken: Vec<&str> = action.broken.iter().map(|fact: &Fact| fact.key()).collect();
        line.put("unreliable", Some(broken).filter(|broken| !broken.is_empty()));
        line.finish()
    }
}

/// An object that is written key by key, in the order of the keys.
#[derive(Default)]
struct Line(String);

impl Line {
    fn put(&mut self, key: &str, value: Option<impl Serialize>) {
        // Texts, numbers and maps with text keys can always be written.
        self.put_json(key, value.and_then(|value| serde_json::to_string(&value).ok()));
    }

    fn put_json(&mut self, key: &str, json: Option<String>) {
        let Some(json) = json else { return };
        let start = if self.0.is_empty() { '{' } else { ',' };
        self.0.push_str(&format!("{start}\"{key}\":{json}"));
    }

    fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}
