//! What the words of a document mean. A definition holds for its own document only, and stands in it for everybody to see.

use super::{Make, Of, Row};

/// The forms.
pub const ROWS: &[Row] = &[
    Row {
        name: "noun",
        of: Of::Definition,
        shapes: &["[a|an|the] {noun:noun} (is|are|means|mean) [(a|the|any)] [(call|calls) (to|of)] {actions:actions}"],
        example: "A payment is `banking.send_money`.",
        sets: &[],
        make: Make::Defines(|caught, defined| {
            let (Some((noun, _)), Some((actions, ..))) = (caught.text("noun"), caught.names("actions")) else { return };
            let actions: Vec<String> = actions.iter().map(|action| action.text.clone()).collect();
            for form in forms_of(&noun) {
                defined.nouns.insert(form, actions.clone());
            }
        }),
    },
    Row {
        name: "amount of a noun",
        of: Of::Definition,
        shapes: &["the amount of [a|an|the] {noun:noun} is [its|their|the] {argument:argument}"],
        example: "The amount of a payment is its `amount`.",
        sets: &[],
        make: Make::Defines(|caught, defined| {
            let (Some((noun, _)), Some(argument)) = (caught.text("noun"), caught.name("argument")) else { return };
            for form in forms_of(&noun) {
                defined.amounts.insert(form, argument.text.clone());
            }
        }),
    },
    Row {
        name: "class",
        of: Of::Definition,
        shapes: &["[a|an|the] {noun:noun} (is|are) (those|one|the ones) (whose|where) {tests:tests}"],
        example: r#"External recipients are those whose `recipient` does not start with "DE"."#,
        sets: &[],
        make: Make::Defines(|caught, defined| {
            let (Some((noun, _)), Some(tests)) = (caught.text("noun"), caught.tests("tests")) else { return };
            for form in forms_of(&noun) {
                defined.classes.insert(form, tests.to_vec());
            }
        }),
    },
];

/// A noun as it was said, in the singular and in the plural.
pub fn forms_of(noun: &str) -> Vec<String> {
    let mut forms = vec![noun.to_owned(), plural(noun)];
    forms.extend(singular(noun));
    forms.dedup();
    forms
}

fn plural(noun: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|ending| noun.ends_with(ending));
    match noun.strip_suffix('y') {
        Some(stem) if !ends(&["ay", "ey", "oy", "uy"]) => format!("{stem}ies"),
        _ if ends(&["s", "x", "z", "ch", "sh"]) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

fn singular(noun: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    found.extend(noun.strip_suffix("ies").map(|stem| format!("{stem}y")));
    found.extend(noun.strip_suffix("es").map(str::to_owned));
    found.extend(noun.strip_suffix('s').map(str::to_owned));
    // Only what leads back to what was written is its singular.
    found.retain(|form| plural(form) == noun);
    found
}
