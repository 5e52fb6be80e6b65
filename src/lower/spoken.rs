//! The names that sentences say, against the catalog: a plain word is the name of something only where the catalog has it.

use crate::diag::{Diagnostic, codes, nearest};
use crate::model::{ActionPattern, Catalog, Polarity};
use crate::syntax::prose::{How, Spoken, SpokenName};
use crate::syntax::shortened;
use crate::text::Span;

/// What is wrong with a name.
pub fn check(catalog: Option<&Catalog>, said: &SpokenName, at: Span) -> Option<Diagnostic> {
    let (name, how) = (said.name.as_str(), said.how);
    match (said.names, how) {
        (_, How::Unlisted | How::Every) => None,
        (Spoken::Action, _) => action(catalog, how, name, at),
        (Spoken::Argument, _) => argument(catalog?, said, at),
        (Spoken::Noun, _) => noun(catalog?, said, at),
        (Spoken::Tag, _) => {
            let tags = catalog.into_iter().flat_map(|catalog| catalog.actions.values());
            let known: Vec<&str> =
                tags.filter_map(|action| action.tags.as_ref()).flatten().map(String::as_str).collect();
            let looked_up = how == How::Bare || !known.is_empty();
            looked_up.then(|| unknown("tag", how, catalog, &known, name, at)).flatten()
        }
        (Spoken::Agent, _) => {
            let agents = catalog.iter().flat_map(|catalog| catalog.agents.keys());
            let known: Vec<&str> = agents.map(crate::model::Pattern::as_str).collect();
            (how == How::Bare).then(|| unknown("agent", how, catalog, &known, name, at)).flatten()
        }
    }
}

/// A word of the document that is also the name of an action, and stands for another.
fn noun(catalog: &Catalog, said: &SpokenName, at: Span) -> Option<Diagnostic> {
    let names = catalog.actions.keys().map(ActionPattern::as_str);
    let hidden = names.filter(|known| *known == said.name || is_operation(known, &said.name));
    let hidden = hidden.into_iter().find(|known| !said.of.iter().any(|of| of == known))?;
    let message = format!("the word that is defined here is also the name of the action `{}`", shortened(hidden));
    Some(
        Diagnostic::new(codes::SPOKEN_NAME, at, message)
            .help("define another word: people would read this one as the action"),
    )
}

/// An argument that one of the actions does not have, or has with another type, as far as the catalog says it.
fn argument(catalog: &Catalog, said: &SpokenName, at: Span) -> Option<Diagnostic> {
    let patterns = said.of.iter().filter_map(|name| ActionPattern::parse(name).ok());
    patterns.into_iter().find_map(|pattern| argument_of(catalog, &pattern, said, at))
}

fn argument_of(catalog: &Catalog, pattern: &ActionPattern, said: &SpokenName, at: Span) -> Option<Diagnostic> {
    let actions = catalog.actions.iter().filter(|(action, _)| pattern.meets(action, Polarity::Restricts));
    let schemas: Option<Vec<_>> = actions.map(|(_, entry)| entry.arguments.as_ref().map(|schema| &schema.0)).collect();
    // An action of which nothing is known, or not in plain sight, could have the argument.
    let plain = |schema: &&serde_json::Value| {
        let hidden = ["allOf", "anyOf", "oneOf", "$ref", "if", "patternProperties", "dependentSchemas"];
        schema.get("type").is_some() && !hidden.iter().any(|key| schema.get(key).is_some())
    };
    let schemas = schemas.filter(|schemas| !schemas.is_empty() && schemas.iter().all(plain))?;
    let properties = || schemas.iter().filter_map(|schema| schema.get("properties")?.as_object());
    let types = properties().filter_map(|map| map.get(&said.name));
    let types: Vec<Option<&serde_json::Value>> = types.map(|property| property.get("type")).collect();
    if types.is_empty() {
        let names: Vec<&str> = properties().flat_map(|map| map.keys().map(String::as_str)).collect();
        let message =
            format!("the catalog gives `{}` no argument `{}`", shortened(pattern.as_str()), shortened(&said.name));
        let found = Diagnostic::new(codes::SPOKEN_NAME, at, message);
        return Some(with_meant(
            found,
            &said.name,
            names.into_iter(),
            at,
            "mend the name, or add the argument to `catalog.yaml`",
        ));
    }
    let fits =
        |known: Option<&serde_json::Value>| known.is_none_or(|known| said.types.iter().any(|of| includes(known, of)));
    if said.types.is_empty() || types.iter().copied().any(fits) {
        return None;
    }
    let known = types.first().copied().flatten().map(ToString::to_string).unwrap_or_default();
    let message = format!(
        "`{}` is compared as a {}, and the catalog says that it is {known}",
        shortened(&said.name),
        said.types.join(" or ")
    );
    Some(
        Diagnostic::new(codes::SPOKEN_NAME, at, message)
            .help("compare it with a value of its type, or mend the catalog"),
    )
}

/// Whether a type of the catalog has values of a type.
fn includes(known: &serde_json::Value, of: &str) -> bool {
    let is = |known: &serde_json::Value| known == of || (of == "number" && known == "integer");
    is(known) || known.as_array().is_some_and(|list| list.iter().any(is))
}

/// A plain word that must be one of the names.
fn unknown(
    what: &str,
    how: How,
    catalog: Option<&Catalog>,
    known: &[&str],
    name: &str,
    at: Span,
) -> Option<Diagnostic> {
    if known.contains(&name) {
        return None;
    }
    let why = if catalog.is_some() {
        format!("is no {what} of the catalog")
    } else {
        "cannot be looked up: there is no catalog".to_owned()
    };
    let found = Diagnostic::new(codes::SPOKEN_NAME, at, format!("`{}` {why}", shortened(name)));
    let otherwise = if how == How::Exact {
        format!("write `the unlisted {what}` before it if only recorded actions bear it")
    } else {
        format!("write the name in backticks if it is exactly this {what}")
    };
    Some(with_meant(found, name, known.iter().copied(), at, &otherwise))
}

fn with_meant<'a>(
    found: Diagnostic,
    name: &str,
    known: impl Iterator<Item = &'a str>,
    at: Span,
    otherwise: &str,
) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    let Some(meant) = alike(name, known.iter().copied()).or_else(|| nearest(name, known)) else {
        return found.help(otherwise);
    };
    let found = found.help(format!("did you mean `{meant}`? If not, {otherwise}"));
    // A name in an accepted reading stands nowhere in the file: its place is the whole sentence.
    let stands_there = usize::try_from(at.end - at.start).is_ok_and(|length| length == name.len());
    if stands_there { found.fix(format!("write `{meant}`"), at, meant) } else { found }
}

/// The name of which a name in a sentence is another form.
pub fn alike<'a>(name: &str, mut known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let operation = |known: &str| known.split_once('.').map_or(known.to_owned(), |(_, operation)| operation.to_owned());
    known.find(|known| *known != name && (stem(known) == stem(name) || stem(&operation(known)) == stem(name)))
}

/// A name without the endings that sentences give it: `deleting_files` and `delete_file` are alike.
fn stem(name: &str) -> String {
    let ending = |word: &str| {
        let word = word.strip_suffix("ing").or_else(|| word.strip_suffix("ed")).unwrap_or(word);
        let word = word.strip_suffix('s').unwrap_or(word);
        let word = word.strip_suffix('e').unwrap_or(word);
        let mut letters: Vec<char> = word.chars().collect();
        if let [.., before, last] = letters.as_slice()
            && before == last
        {
            letters.pop();
        }
        letters.into_iter().collect::<String>()
    };
    name.split('_').map(ending).collect::<Vec<_>>().join("_")
}

fn action(catalog: Option<&Catalog>, how: How, name: &str, at: Span) -> Option<Diagnostic> {
    let Some(catalog) = catalog.filter(|catalog| !catalog.actions.is_empty()) else {
        let message = format!("`{}` cannot be looked up: there is no catalog that lists actions", shortened(name));
        let found = || Diagnostic::new(codes::SPOKEN_NAME, at, message);
        return (how == How::Bare).then(|| found().help("write the exact name in backticks"));
    };
    let names = || catalog.actions.keys().map(ActionPattern::as_str);
    let meets =
        |pattern: ActionPattern| catalog.actions.keys().any(|action| pattern.meets(action, Polarity::Restricts));
    // A closed catalog is held against every pattern, wherever it is written.
    if catalog.closed && (how != How::Bare || ActionPattern::parse(name).is_ok_and(|pattern| !meets(pattern))) {
        return None;
    }
    let several: Vec<&str> = names().filter(|known| how == How::Bare && is_operation(known, name)).collect();
    if let [first, second, ..] = several.as_slice() {
        let message = format!("`{}` may be `{first}`, `{second}` or another action of that name", shortened(name));
        return Some(Diagnostic::new(codes::SPOKEN_NAME, at, message).help("write the whole name in backticks"));
    }
    let known = if how == How::Bare {
        names().any(|known| known == name || is_operation(known, name) || is_integration(known, name))
    } else {
        ActionPattern::parse(name).is_ok_and(meets)
    };
    if known {
        return None;
    }
    let found = Diagnostic::new(codes::SPOKEN_NAME, at, format!("`{}` is no action of the catalog", shortened(name)));
    let operations = || names().filter_map(|name| name.split_once('.').map(|(_, operation)| operation));
    let otherwise = match how {
        How::Bare => "write the name of an action as the catalog has it, or in backticks",
        _ => "add it to `catalog.yaml`, or write `the unlisted action` before it",
    };
    Some(with_meant(found, name, names().chain(operations()), at, otherwise))
}

fn is_operation(known: &str, name: &str) -> bool {
    known.split_once('.').is_some_and(|(_, operation)| operation == name)
}

/// `mail.*`, where the catalog has an action of `mail`.
fn is_integration(known: &str, name: &str) -> bool {
    let integration = name.strip_suffix(".*");
    integration.is_some_and(|integration| known.split_once('.').is_some_and(|(known, _)| known == integration))
}
