use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::Catalog;

/// The names that a controlled sentence may use though the sentence itself does not: those of the catalog.
#[derive(Debug, Clone, Default)]
pub struct Names {
    known: BTreeSet<String>,
}

impl Names {
    /// The names of a catalog: actions, what they are integrations of, arguments, tags, agents, groups and missions.
    #[must_use]
    pub fn of(catalog: Option<&Catalog>) -> Self {
        let mut known = BTreeSet::new();
        let Some(catalog) = catalog else { return Self { known } };
        for (name, action) in &catalog.actions {
            known.insert(name.as_str().to_owned());
            let (integration, operation) = name.parts();
            let plain = |text: &str| !text.contains('*');
            if let Some(integration) = integration.map(crate::model::Pattern::as_str).filter(|text| plain(text)) {
                known.insert(integration.to_owned());
                known.insert(format!("{integration}.*"));
            }
            known.extend(Some(operation.as_str().to_owned()).filter(|text| plain(text)));
            known.extend(action.tags.iter().flatten().cloned());
            let schema = action.arguments.as_ref().map(|schema| &schema.0);
            let arguments = schema.and_then(|schema| schema.get("properties")?.as_object());
            known.extend(arguments.into_iter().flat_map(|map| map.keys().cloned()));
            let texts = arguments.into_iter().flat_map(|map| map.values()).filter_map(|one| one.get("enum"));
            known.extend(texts.filter_map(Value::as_array).flatten().filter_map(Value::as_str).map(str::to_owned));
        }
        for (name, agent) in &catalog.agents {
            known.insert(name.as_str().to_owned());
            known.extend(agent.groups.iter().chain(&agent.missions).flatten().cloned());
        }
        // What stands for everything is nobody's name.
        known.remove("*");
        known.remove("*.*");
        Self { known }
    }

    /// A name in a controlled sentence that neither the catalog has nor the sentence that it is said to mean.
    #[must_use]
    pub fn invented(&self, controlled: &str, sentence: &str) -> Option<String> {
        let mut names = names(controlled).into_iter();
        names.find(|name| !self.known.contains(name) && !stands_in(name, sentence))
    }
}

/// What a sentence uses as a name: what stands between backticks or quotes, and words with a sign inside that no word has.
fn names(sentence: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut bare = String::new();
    let mut rest = sentence;
    while let Some(at) = rest.find(['`', '"', '\u{201c}']) {
        let (before, open) = rest.split_at(at);
        bare.push_str(before);
        bare.push(' ');
        let quote = open.chars().next().unwrap_or('`');
        let close = if quote == '\u{201c}' { '\u{201d}' } else { quote };
        let inner = open.get(quote.len_utf8()..).unwrap_or_default();
        // What is never closed is taken whole: the grammar does not read it either.
        let (name, after) = inner.split_once(close).unwrap_or((inner, ""));
        names.extend(Some(name.trim().to_owned()).filter(|name| !name.is_empty()));
        rest = after;
    }
    bare.push_str(rest);
    for word in bare.split_whitespace() {
        let word = word.trim_matches(|c: char| matches!(c, ',' | '.' | ';' | ':' | '(' | ')' | '!' | '?'));
        let number = word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '$' | '-'));
        if !number && word.contains(['.', '_', '@', ':', '*', '\\']) {
            names.push(word.to_owned());
        }
    }
    names
}

/// Whether a name stands in a sentence as it is, and not as a part of a longer one.
fn stands_in(name: &str, sentence: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '*' | '@' | '-' | '\\' | '/');
    sentence.match_indices(name).any(|(at, _)| {
        let before = sentence.get(..at).unwrap_or_default().chars().next_back();
        let mut after = sentence.get(at + name.len()..).unwrap_or_default().chars();
        let (next, beyond) = (after.next(), after.next());
        // A point ends a sentence, or goes on with the name.
        let goes_on = next == Some('.') && beyond.is_some_and(part);
        !before.is_some_and(|c| part(c) || c == '.') && !next.is_some_and(part) && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ActionPattern, CatalogAction, JsonSchema};

    fn known() -> Names {
        let mut catalog = Catalog::default();
        let schema = serde_json::json!({"properties": {"amount": {}, "currency": {"enum": ["EUR"]}}});
        let action = CatalogAction {
            arguments: Some(JsonSchema(schema)),
            tags: Some(BTreeSet::from(["money_out".to_owned()])),
            ..CatalogAction::default()
        };
        for name in ["bank.send_money", "mail.*", "*"] {
            catalog.actions.insert(ActionPattern::parse(name).unwrap(), action.clone());
        }
        Names::of(Some(&catalog))
    }

    #[test]
    fn names_of_the_catalog_and_of_the_sentence_are_not_invented() {
        let names = known();
        for (controlled, sentence) in [
            ("Deny `bank.send_money`.", "No payments."),
            ("Deny bank.send_money.", "No payments."),
            ("Deny `bank.*`, `mail.*` and `send_money`.", "No payments."),
            ("Ask where `amount` is above 1,000.50 and `currency` is \"EUR\".", "Ask for large payments."),
            ("Deny actions tagged `money_out` after 22:00 from 2027-01-31.", "No."),
            ("Deny shell.run.", "Nobody uses shell.run."),
            ("Approvers are ada@example.com.", "Ada (ada@example.com) says yes."),
            ("Deny `*`.", "Deny `*` at night."),
        ] {
            assert_eq!(names.invented(controlled, sentence), None, "{controlled}");
        }
    }

    #[test]
    fn other_names_are() {
        let names = known();
        for (controlled, sentence, name) in [
            ("Allow `*`.", "No payments.", "*"),
            ("Allow `*.*`.", "No payments.", "*.*"),
            ("Allow *.", "No payments.", "*"),
            ("Allow `bank.wire`.", "No payments by bank.wiretap.", "bank.wire"),
            ("Allow bank.wire.", "No payments by a.bank.wire, thanks.", "bank.wire"),
            ("Allow `bank.send`.", "No `bank.send.later`.", "bank.send"),
            ("Allow `bank.send_money", "No.", ""),
            ("Approvers are eve@example.com.", "Ada says yes.", "eve@example.com"),
            ("Say \"yes\".", "Say no.", "yes"),
        ] {
            let found = names.invented(controlled, sentence);
            if name.is_empty() {
                assert_eq!(found, None, "{controlled}");
            } else {
                assert_eq!(found.as_deref(), Some(name), "{controlled}");
            }
        }
        let nobody = Names::of(None);
        assert_eq!(nobody.invented("Deny mail.send.", "No mail.").as_deref(), Some("mail.send"));
    }
}
