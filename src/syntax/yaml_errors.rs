//! What a YAML syntax error means to the person who wrote the policy.

use granit_parser::{ErrorKind, ScanError};

use super::{Embedded, MAX_DEPTH, shortened};
use crate::diag::{Code, Diagnostic, codes};
use crate::text::Span;

/// Turns a syntax error into a finding at the place where the mistake was made.
pub fn explain(source: &Embedded<'_>, error: &ScanError) -> Diagnostic {
    let text = &*source.text;
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let rest = text.get(at..).unwrap_or("");
    if rest.starts_with('*') && matches!(error.kind(), ErrorKind::MissingAnchorOrAliasName) {
        return star(rest, source, at);
    }
    if rest.starts_with(',') {
        let message = "a comma stands where an item belongs";
        return Diagnostic::new(codes::YAML_SYNTAX, source.span(at..at + 1), message)
            .help("remove it, or write the item");
    }
    let (mut code, mut message, mut help) = words(error.kind());
    let mut at = at;
    if let Some((opened, c)) = opened_before(text, at, error.kind()) {
        (code, help, at) = (codes::UNCLOSED, "close it", opened);
        message = format!("a `{c}` is opened here and never closed");
    } else if code == codes::TAB {
        at = tab_near(text, at);
    }
    let rest = text.get(at..).unwrap_or("");
    let width = rest.chars().next().filter(|c| !matches!(c, '\n' | '\r')).map_or(0, char::len_utf8);
    Diagnostic::new(code, source.span(at..at + width), message).help(help)
}

/// The tab that is meant: on the line of the error before it, or at the beginning of a line after it.
fn tab_near(text: &str, at: usize) -> usize {
    let line = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let before = text.get(line..(at + 1).min(text.len())).and_then(|part| part.find('\t')).map(|tab| line + tab);
    let after = || text.get(at..).and_then(|part| part.find("\n\t")).map(|tab| at + tab + 1);
    before.or_else(after).unwrap_or(at)
}

/// The quote or bracket that was opened on an earlier line, or on this one with nothing behind it, and is still
/// open where the error was noticed: the mistake was made there.
fn opened_before(text: &str, at: usize, kind: &ErrorKind) -> Option<(usize, char)> {
    use ErrorKind as K;
    let unclosed = matches!(
        kind,
        K::UnclosedQuotedScalar
            | K::DocumentIndicatorInQuotedScalar
            | K::UnclosedFlowCollection { .. }
            | K::UnexpectedEofFlowMapping
            | K::UnexpectedEofFlowSequence
            | K::UnexpectedEofImplicitFlowMapping
            | K::InvalidQuotedScalarIndent
    );
    let document = text.get(..at)?.rfind("\n---").map_or(0, |start| start + 4);
    let mut opened = still_open(text.get(document..at)?);
    if unclosed && opened.is_none() {
        // The place of the error is where it was opened.
        opened = still_open(text.get(document..(at + 1).min(text.len()))?);
    }
    let (offset, c) = opened?;
    let opened = document + offset;
    let on_earlier_line = text.get(opened..at)?.contains('\n');
    (unclosed || on_earlier_line).then_some((opened, c))
}

/// The innermost quote or bracket that is open at the end of a text, as YAML counts them.
fn still_open(text: &str) -> Option<(usize, char)> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote: Option<(usize, char)> = None;
    // Whether a value may begin here: quotes and brackets inside a plain text are part of it.
    let mut fresh = true;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if let Some((_, opened)) = quote {
            match (opened, c) {
                ('"', '\\') => drop(chars.next()),
                ('\'', '\'') if chars.peek().is_some_and(|(_, next)| *next == '\'') => drop(chars.next()),
                _ if c == opened => quote = None,
                _ => {}
            }
            continue;
        }
        let spaced = chars.peek().is_none_or(|(_, next)| next.is_whitespace());
        match c {
            '"' | '\'' if fresh => quote = Some((at, c)),
            '[' | '{' if fresh || !open.is_empty() => open.push((at, c)),
            ']' | '}' => drop(open.pop()),
            '#' if text.get(..at).is_none_or(|before| before.is_empty() || before.ends_with(char::is_whitespace)) => {
                while chars.peek().is_some_and(|(_, next)| *next != '\n') {
                    chars.next();
                }
            }
            _ => {}
        }
        fresh = match c {
            '\n' | '[' | '{' => true,
            ',' => !open.is_empty(),
            ':' | '-' | '?' => spaced || !open.is_empty(),
            ' ' | '\t' | '\r' => fresh,
            _ => false,
        };
    }
    quote.or_else(|| open.pop())
}

type Words = (Code, String, &'static str);

fn words(kind: &ErrorKind) -> Words {
    let otherwise = || (codes::YAML_SYNTAX, kind.to_string().to_lowercase(), "mend the YAML at this place");
    of_structure(kind).or_else(|| of_text(kind)).unwrap_or_else(otherwise)
}

/// Errors of keys, lists, brackets and indentation.
fn of_structure(kind: &ErrorKind) -> Option<Words> {
    use ErrorKind as K;
    let indent = "write `key: value` with a colon and a space, and indent all keys of one map alike";
    let (message, help) = match kind {
        K::UnclosedFlowCollection { .. }
        | K::UnexpectedEofFlowMapping
        | K::UnexpectedEofFlowSequence
        | K::UnexpectedEofImplicitFlowMapping => {
            return Some((codes::UNCLOSED, "a bracket is opened here and never closed".to_owned(), "close it"));
        }
        K::RecursionLimitExceeded => {
            let message = format!("lists and maps are nested more than {MAX_DEPTH} deep");
            return Some((codes::TOO_DEEP, message, "flatten the document"));
        }
        K::TabNotAllowed
        | K::TabInBlockIndentation
        | K::TabInIndentation
        | K::TabAtBlockScalarStart
        | K::TabInPlainScalar => {
            let message = "a tab is used where YAML wants spaces".to_owned();
            return Some((codes::TAB, message, "indent with spaces"));
        }
        K::MisplacedFlowCollectionEnd => ("a bracket is closed that was not opened", "remove it"),
        K::MappingValueNotAllowed | K::InvalidColonPlacement | K::InvalidMappingValueWhitespace => {
            ("a `:` stands where no key can end", "put a text that holds `: ` in quotes, or mend the indentation")
        }
        K::InvalidIndentation | K::ExpectedBlockMappingKey | K::ExpectedBlockSequenceEntry => {
            ("the line does not fit the indentation around it", indent)
        }
        K::SimpleKeyExpected | K::InvalidSimpleKey => {
            ("a key without `:` and value, or a text that goes on at the wrong indentation", indent)
        }
        K::DirectiveDisallowed => ("YAML directives are not read", "remove the line that begins with `%`"),
        _ => return None,
    };
    Some((codes::YAML_SYNTAX, message.to_owned(), help))
}

/// Errors of texts, quotes and escapes.
fn of_text(kind: &ErrorKind) -> Option<Words> {
    use ErrorKind as K;
    let (code, message, help) = match kind {
        K::UnclosedQuotedScalar | K::DocumentIndicatorInQuotedScalar => {
            (codes::UNCLOSED, "a quote is opened here and never closed", "close it")
        }
        K::InvalidLowSurrogateHexEscape
        | K::InvalidLowSurrogate
        | K::MissingLowSurrogate
        | K::UnpairedLowSurrogate
        | K::InvalidUnicodeEscape => {
            (codes::SURROGATE, "the escape is half of a character", "write the character itself")
        }
        K::InvalidTrailingSingleQuotedScalar => (
            codes::YAML_SYNTAX,
            "the text goes on after its closing quote",
            "double an apostrophe inside single quotes, or use double quotes",
        ),
        K::InvalidTrailingDoubleQuotedScalar => (
            codes::YAML_SYNTAX,
            "the text goes on after its closing quote",
            r#"write a quote inside double quotes as `\"`, or use single quotes"#,
        ),
        K::UnknownQuotedScalarEscape => (
            codes::YAML_SYNTAX,
            "the escape does not exist in double quotes",
            r"use single quotes, in which a backslash is itself: '\d'",
        ),
        K::MissingAnchorOrAliasName => {
            (codes::YAML_SYNTAX, "an anchor without a name", "put a text that begins with `&` in quotes")
        }
        K::UnexpectedCharacter { character: '@' | '`' } => {
            (codes::YAML_SYNTAX, "a value cannot begin with this character", "put the value in quotes")
        }
        K::BomInsideDocument => {
            (codes::CONTROL_CHARACTER, "a byte order mark stands inside the document", "remove the invisible character")
        }
        _ => return None,
    };
    Some((code, message.to_owned(), help))
}

/// `*` and `*.delete` without quotes: the most natural mistake in a list of patterns.
pub fn unresolved_alias(name: &str, at: Span, text: &str) -> Diagnostic {
    let pattern = format!("*{name}");
    if text.contains(&format!("&{name}")) && !name.is_empty() {
        let message = format!("no anchor `&{}` stands before this in the same document", shortened(name));
        return Diagnostic::new(codes::ALIAS, at, message)
            .help("write the value out; an anchor ends with its document");
    }
    let message = format!("`{}` without quotes is a YAML alias, not a pattern", shortened(&pattern));
    Diagnostic::new(codes::ALIAS, at, message).help("put the pattern in quotes").fix(
        "put the pattern in quotes",
        at,
        format!("\"{pattern}\""),
    )
}

fn star(rest: &str, source: &Embedded<'_>, at: usize) -> Diagnostic {
    let end = rest.find([',', ']', '}', '\n', '\r', ' ', '#']).unwrap_or(rest.len());
    unresolved_alias(rest.get(1..end).unwrap_or(""), source.span(at..at + end), "")
}
