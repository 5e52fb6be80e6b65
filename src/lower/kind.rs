//! Which kind a document is, and which id it has.

use super::context::bad_id;
use crate::diag::{Diagnostic, Sink, codes, nearest};
use crate::model::{DocumentId, Kind};
use crate::source::Role;
use crate::syntax::{Document, Node, Value, shortened, with_article};

/// The keys that only a rule has; two of them without `policy_effect` are a rule that lacks it.
const RULE_KEYS: [&str; 6] =
    ["agent_id", "policy_name", "target_integration", "operation", "resource_scope", "data_classification"];

/// The kind of a document; `None`, with a finding, where it cannot be told or does not belong here.
pub fn of(root: &Node, role: Role, sink: &mut Sink) -> Option<Kind> {
    if !matches!(root.value, Value::Map(_)) {
        if !matches!(root.value, Value::Broken) {
            let message = format!("a document is a map of keys and values, not {}", root.in_words());
            let help = match root.value {
                Value::List(_) if role == Role::Document => {
                    "write one document after the other, with a line `---` between them"
                }
                _ => "write keys with values, such as `denied_actions: [shell.*]`",
            };
            sink.push(Diagnostic::new(codes::NOT_A_DOCUMENT, root.span, message).help(help));
        }
        return None;
    }
    let implied = implied(role);
    let Some(entry) = root.entry("kind") else {
        return implied.or_else(|| forgotten(root, sink));
    };
    if matches!(entry.value.value, Value::Broken) {
        return None;
    }
    let kind = entry.value.text().and_then(Kind::of_document);
    let Some(kind) = kind else {
        let words = Kind::ALL.iter().filter(|kind| **kind != Kind::Settings).map(|kind| kind.as_str());
        let list: Vec<String> = words.clone().map(|word| format!("`{word}`")).collect();
        let message = format!("`kind` must be {}, not {}", list.join(" or "), entry.value.in_words());
        let mut found = Diagnostic::new(codes::UNKNOWN_VALUE, entry.value.span, message);
        if let Some(meant) = entry.value.text().and_then(|text| nearest(text, words)) {
            found =
                found.help(format!("did you mean `{meant}`?")).fix(format!("write `{meant}`"), entry.value.span, meant);
        }
        sink.push(found);
        return None;
    };
    let belongs = match implied {
        Some(implied) => kind == implied,
        None => matches!(kind, Kind::Policy | Kind::Rule | Kind::Exception | Kind::Suite),
    };
    if belongs {
        return Some(kind);
    }
    sink.push(wrong_place(kind, entry.value.span));
    None
}

fn wrong_place(kind: Kind, at: crate::text::Span) -> Diagnostic {
    let place = match kind {
        Kind::Catalog => "`catalog.yaml` at the root",
        Kind::Identities => "`identities.yaml` at the root",
        Kind::Environment => "a file of its own under `environments/`",
        _ => "a folder named under `documents` in policyc.yaml",
    };
    let message = format!("a document of kind `{}` is not read here", kind.as_str());
    Diagnostic::new(codes::WRONG_PLACE, at, message).help(format!("move it to {place}"))
}

fn implied(role: Role) -> Option<Kind> {
    match role {
        Role::Settings => Some(Kind::Settings),
        Role::Catalog => Some(Kind::Catalog),
        Role::Identities => Some(Kind::Identities),
        Role::Environment => Some(Kind::Environment),
        Role::Document | Role::Stray => None,
    }
}

/// The kind of a document that does not say it; `None`, with a finding, where it plainly is one that must.
fn forgotten(root: &Node, sink: &mut Sink) -> Option<Kind> {
    let has = |key: &str| root.get(key).is_some();
    let kind = if has("policy") && has("reason") {
        Kind::Exception
    } else if has("tests") {
        Kind::Suite
    } else {
        return Some(guess(root));
    };
    let place = root.entries().first().map_or(root.span, |entry| entry.key_span);
    let word = kind.as_str();
    let message = format!("this looks like {} and does not say so", with_article(word));
    sink.push(Diagnostic::new(codes::MISSING_KEY, place, message).help(format!("add `kind: {word}`")));
    None
}

/// A document with `policy_effect` is a rule, any other is a policy. One that has keys only rules have is taken
/// for a rule that lacks the effect: it is an error either way, and this is the one that helps.
fn guess(root: &Node) -> Kind {
    let rule_keys = RULE_KEYS.iter().filter(|key| root.get(key).is_some()).count();
    if root.get("policy_effect").is_some() || rule_keys >= 2 { Kind::Rule } else { Kind::Policy }
}

/// The id of a document; `None`, with a finding, where it has none.
pub fn id(document: &Document, kind: Kind, stem: &str, sink: &mut Sink) -> Option<DocumentId> {
    let root = &document.root;
    if matches!(kind, Kind::Catalog | Kind::Identities | Kind::Settings) {
        return DocumentId::parse(kind.as_str());
    }
    let Some(entry) = root.entry("id") else { return from_stem(document, kind, stem, sink) };
    let text = entry.value.text()?;
    let id = DocumentId::parse(text);
    if id.is_none() {
        let mut found = bad_id(text, entry.value.span);
        let mended = text.to_lowercase().replace([' ', '/', ':'], "-");
        if DocumentId::parse(&mended).is_some() {
            found = found.fix(format!("write `{mended}`"), entry.value.span, mended);
        }
        sink.push(found);
    } else if kind == Kind::Environment && text != stem {
        let message = format!(
            "the environment in `{}.yaml` is `{}`, not `{}`",
            shortened(stem),
            shortened(stem),
            shortened(text)
        );
        sink.push(Diagnostic::new(codes::BAD_ID, entry.value.span, message).help("remove `id`, or rename the file"));
    }
    id
}

fn from_stem(document: &Document, kind: Kind, stem: &str, sink: &mut Sink) -> Option<DocumentId> {
    let root = &document.root;
    let place = root.entries().first().map_or(root.span, |entry| entry.key_span);
    if document.doubtful {
        return DocumentId::parse(stem).filter(|_| document.alone);
    }
    if !document.alone {
        let message = "a document in a file of several has no `id`";
        sink.push(Diagnostic::new(codes::MISSING_ID, place, message).help("add `id`"));
        return None;
    }
    let id = DocumentId::parse(stem);
    if id.is_none() {
        let message = format!("the document has no `id`, and `{}` cannot serve as one", shortened(stem));
        sink.push(Diagnostic::new(codes::MISSING_ID, place, message).help("add `id`"));
    } else if kind != Kind::Environment && stem != "unnamed" {
        let message = format!("the document takes its id `{}` from the file's name", shortened(stem));
        sink.push(
            Diagnostic::new(codes::STEM_ID, place, message)
                .help(format!("add `id: {stem}`; without it a new file name would be a new identity")),
        );
    }
    id
}
