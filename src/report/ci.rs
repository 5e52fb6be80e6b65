//! Everything that is printed under GitHub Actions goes through here: a stranger's text must not become a command.

use super::findings::Places;
use crate::diag::{Diagnostic, Severity};
use crate::source::SourceSet;

/// GitHub shows ten annotations of a type for each step; the last one says how many there are.
const PER_TYPE: usize = 9;

/// Text in which no line is a workflow command any more: neither `::name` at its start nor `##[name]` inside.
///
/// A carriage return begins a line for the runner as much as a line feed does.
#[must_use]
pub fn neutralised(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut line_start = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        safe.push(c);
        if line_start && c == ':' && chars.peek() == Some(&':') {
            safe.push(' ');
        }
        if c == '#' && chars.peek() == Some(&'#') {
            let mut ahead = chars.clone();
            ahead.next();
            if ahead.peek() == Some(&'[') {
                safe.push(' ');
            }
        }
        // The runner trims what precedes a command, in any script.
        line_start = is_break(c) || (line_start && (c.is_whitespace() || c.is_control() || c == '\u{feff}'));
    }
    safe
}

/// Whatever any reader takes for the end of a line.
fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Findings as annotations: errors first, at most nine of a type and a line that counts the rest.
///
/// `prefix` leads from the top of the Git repository, where GitHub looks for files, to the policy repository.
#[must_use]
pub fn annotations(found: &[Diagnostic], sources: &SourceSet, prefix: &str) -> String {
    let mut places = Places::new(sources);
    let mut text = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let of_type: Vec<&Diagnostic> = found.iter().filter(|found| found.severity() == severity).collect();
        for diagnostic in of_type.iter().take(PER_TYPE) {
            text.push_str(&annotation(diagnostic, &mut places, prefix));
        }
        if of_type.len() > PER_TYPE {
            let rest = of_type.len() - PER_TYPE;
            let message =
                format!("and {rest} more of severity {}; run `policyc check` to see them all", severity.as_str());
            text.push_str(&command(severity, &[("title", "policyc".to_owned())], &message));
        }
    }
    text
}

fn annotation(found: &Diagnostic, places: &mut Places<'_>, prefix: &str) -> String {
    let finding = places.finding(found);
    let place = &finding.place;
    let mut properties = vec![("file", format!("{prefix}{}", place.file)), ("line", place.line.to_string())];
    // GitHub ignores columns, or worse, when an annotation runs over lines.
    if place.line == place.end_line {
        properties.push(("col", place.column.to_string()));
        if place.end_column > place.column {
            properties.push(("endColumn", (place.end_column - 1).to_string()));
        }
    } else {
        properties.push(("endLine", place.end_line.to_string()));
    }
    properties.push(("title", format!("{} {}", finding.code, finding.name)));
    let mut message = finding.message.clone();
    for label in &finding.labels {
        message.push_str(&format!("\n{}: {}:{}", label.message, label.place.file, label.place.line));
    }
    if let Some(help) = &finding.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    command(found.severity(), &properties, &message)
}

fn command(severity: Severity, properties: &[(&str, String)], message: &str) -> String {
    let name = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let properties: Vec<String> = properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    format!("::{name} {}::{}\n", properties.join(","), data(message))
}

/// A refusal as an annotation without a place.
#[must_use]
pub fn refusal(sentence: &str) -> String {
    command(Severity::Error, &[("title", "policyc".to_owned())], sentence)
}

/// A message: one line, hidden characters shown, and no `##[` that the runner's older form would read.
fn data(text: &str) -> String {
    let shown = super::visible::visible(text).replace("##[", "# #[");
    shown.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_begins_with_a_command() {
        assert_eq!(neutralised("::error::x"), ": :error::x");
        assert_eq!(neutralised("a\n \t::add-mask::x\r::stop::y"), "a\n \t: :add-mask::x\r: :stop::y");
        assert_eq!(neutralised("a ##[error]x"), "a # #[error]x");
        assert_eq!(neutralised("###[error]"), "## #[error]");
        assert_eq!(neutralised("std::fmt # [x]"), "std::fmt # [x]");
        assert_eq!(neutralised("\u{a0}::warning::x"), "\u{a0}: :warning::x");
    }

    #[test]
    fn data_and_properties_are_escaped() {
        assert_eq!(data("100%\n::x"), "100%25%0A::x");
        assert_eq!(property("a:b,c\n"), "a%3Ab%2Cc%0A");
        assert_eq!(data("\u{1b}##[x]"), "\\u{1b}# #[x]");
    }
}
