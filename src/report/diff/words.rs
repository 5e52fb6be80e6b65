//! Words that the formats of the report share.

use serde_json::Value;

use super::shape::{ChangeLine, ChangedDocument, DiffCounts, DiffReport, LinePlace};
use crate::syntax::Step;

/// A way to a part of a document as people write it.
pub fn path(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Index(at) => text.push_str(&format!("[{at}]")),
            Step::Key(key) if is_plain(key) && text.is_empty() => text.push_str(key),
            Step::Key(key) if is_plain(key) => text.push_str(&format!(".{key}")),
            Step::Key(key) => text.push_str(&format!("[{}]", Value::from(key.as_str()))),
        }
    }
    text
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A way to a part of a document as a JSON pointer.
pub fn pointer(steps: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::Index(at) => format!("/{at}"),
        Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
    };
    steps.iter().map(step).collect()
}

/// The one line that matters.
pub fn headline(report: &DiffReport) -> String {
    if report.documents.is_empty() && report.default_effect.is_none() {
        return "no difference in policy terms".to_owned();
    }
    let counts = report.counts;
    let changes = counts.loosening + counts.tightening + counts.both + counts.neutral;
    let decides = format!("{} in {}", counted(counts), plural(counts.documents, "document"));
    match (changes, governed(report.governance)) {
        (0, Some(governed)) => governed,
        (_, Some(governed)) => format!("{decides}; {governed}"),
        (_, None) => decides,
    }
}

fn governed(counts: DiffCounts) -> Option<String> {
    let changes = counts.loosening + counts.tightening + counts.both + counts.neutral;
    (changes > 0).then(|| format!("{} of what governs", counted(counts)))
}

/// What there is of each direction; none is left out.
fn counted(counts: DiffCounts) -> String {
    let all = [
        (counts.loosening, "loosening"),
        (counts.tightening, "tightening"),
        (counts.both, "both"),
        (counts.neutral, "neutral"),
    ];
    let sum: usize = all.iter().map(|(number, _)| number).sum();
    let told: Vec<String> =
        all.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    format!("{} {}", told.join(", "), if sum == 1 { "change" } else { "changes" })
}

/// So many of something.
pub fn plural(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// What is to be said of the default, if it is another.
pub fn default_line(report: &DiffReport) -> Option<String> {
    let default = report.default_effect.as_ref()?;
    let why = match (default.written, default.direction) {
        (true, _) => "the settings say so",
        (false, "tightening") => "there are rules now",
        (false, _) => "there are no rules any more",
    };
    Some(format!(
        "an action that no rule matches: {} → {} ({}; {why})",
        default.before.as_str(),
        default.after.as_str(),
        default.direction
    ))
}

/// A document by its kind and id.
pub fn title(document: &ChangedDocument) -> String {
    match &document.id {
        Some(id) => format!("{} {id}", document.kind),
        None => document.kind.to_owned(),
    }
}

/// Where something stands on both sides: `policies/pay.yaml:12 → :14`.
pub fn places(base: Option<&LinePlace>, head: Option<&LinePlace>) -> String {
    match (base, head) {
        (Some(base), Some(head)) if base == head => format!("{}:{}", head.file, head.line),
        (Some(base), Some(head)) if base.file == head.file => format!("{}:{} → :{}", base.file, base.line, head.line),
        (Some(base), Some(head)) => format!("{}:{} → {}:{}", base.file, base.line, head.file, head.line),
        (Some(place), None) | (None, Some(place)) => format!("{}:{}", place.file, place.line),
        (None, None) => String::new(),
    }
}

/// The values of a change, each with its sign.
pub fn values(change: &ChangeLine) -> Vec<(char, String)> {
    let text = |value: &Value| match value {
        Value::Null => "nothing".to_owned(),
        other => other.to_string(),
    };
    let before = change.before.as_ref().map(|value| ('−', text(value)));
    let after = change.after.as_ref().map(|value| ('+', text(value)));
    before.into_iter().chain(after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_written_as_people_do() {
        let steps = ["rate_limits".into(), "mail.send".into(), "max_count".into()];
        assert_eq!(path(&steps), r#"rate_limits["mail.send"].max_count"#);
        assert_eq!(path(&["approval_rules".into(), 0.into(), "when".into()]), "approval_rules[0].when");
        assert_eq!(pointer(&["a/b".into(), 1.into()]), "/a~1b/1");
    }

    #[test]
    fn places_are_told_once_where_they_can() {
        let at = |file: &str, line: usize| LinePlace { file: file.to_owned(), line };
        assert_eq!(places(Some(&at("a", 1)), Some(&at("a", 2))), "a:1 → :2");
        assert_eq!(places(Some(&at("a", 1)), Some(&at("b", 1))), "a:1 → b:1");
        assert_eq!(places(Some(&at("a", 1)), Some(&at("a", 1))), "a:1");
        assert_eq!(places(None, Some(&at("a", 1))), "a:1");
    }
}
