use super::native_fields::{Fields, KEYS};

/// What other systems call a key, without `_`, `-` and capitals.
const ALIASES: [(&str, &[&str]); 15] = [
    ("timestamp", &["time", "ts", "when", "date", "datetime"]),
    ("agent_id", &["agent", "agentname", "actor"]),
    ("run_id", &["run", "trace", "traceid"]),
    ("session_id", &["session", "conversation", "conversationid", "thread", "threadid"]),
    ("turn", &["step"]),
    ("group_id", &["group"]),
    ("mission_id", &["mission"]),
    ("operation", &["tool", "toolname", "action", "function"]),
    ("data_classification", &["classification", "sensitivity"]),
    ("arguments", &["args", "input", "params", "parameters", "toolinput"]),
    ("risk_level", &["risk"]),
    ("cost_usd", &["cost", "usd", "price"]),
    ("outcome", &["status"]),
    ("result", &["output", "response"]),
    ("recorded_decision", &["decision", "effect"]),
];

/// What to say of keys that are not read and were probably meant to be: only where the key that is meant is not given.
pub(super) fn doubts<'f>(fields: &'f Fields<'_>) -> impl Iterator<Item = String> + 'f {
    let told = |key: &String| {
        let meant = meant(key).filter(|meant| !fields.has(meant))?;
        let shown: String = key.chars().take(40).collect();
        Some(format!("`{shown}` is not read; is `{meant}` meant?"))
    };
    fields.others.iter().filter_map(told)
}

/// The key that another one probably stands for.
pub(super) fn meant(key: &str) -> Option<&'static str> {
    if key.len() > 24 {
        return None;
    }
    let bare = bare(key);
    let alias = ALIASES.iter().find(|(_, names)| names.contains(&bare.as_str())).map(|(known, _)| *known);
    alias.or_else(|| KEYS.iter().copied().find(|known| is_close(&bare, &self::bare(known))))
}

fn bare(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '_' | '-' | ' ' | '.')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a key is another one with a slip of the finger in it.
fn is_close(bare: &str, known: &str) -> bool {
    let slips = if known.len() < 5 { 0 } else { 1 + usize::from(known.len() > 9) };
    bare.len().abs_diff(known.len()) <= slips && strsim::osa_distance(bare, known) <= slips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_found() {
        let cases = [
            ("agent", "agent_id"),
            ("agentId", "agent_id"),
            ("time", "timestamp"),
            ("args", "arguments"),
            ("tool", "operation"),
            ("opertion", "operation"),
            ("risk-level", "risk_level"),
            ("recorded_desicion", "recorded_decision"),
            ("unreliabel", "unreliable"),
        ];
        for (key, wanted) in cases {
            assert_eq!(meant(key), Some(wanted), "{key}");
        }
        for key in ["", "id2", "host", "latency_ms", "model", "note", "x-request", "decision_id"] {
            assert_eq!(meant(key), None, "{key}");
        }
    }
}
