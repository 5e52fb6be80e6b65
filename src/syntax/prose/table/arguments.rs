//! What the arguments of an action must be.

use super::super::comparing::{Otherwise, Test};
use super::super::matching::Caught;
use super::super::part::{Held, Part};
use super::permits::for_each;
use super::{Make, Of, Refused, Row};

/// The forms.
pub const ROWS: &[Row] = &[
    Row {
        name: "argument",
        of: Of::Policy,
        shapes: &[
            "{argument:argument} (of|in|for) [every|any|each|a|an] {what:actions} {demand:demand} [(where|if|when) (given|present) !optional]",
            "(in|for|with) [every|any|each] {what:actions} {argument:argument} {demand:demand} [(where|if|when) (given|present) !optional]",
        ],
        example: "The `subject` of `banking.send_money` must be at most 140 characters long.",
        sets: &["argument_constraints"],
        make: Make::Sets(|caught, _| argument(caught)),
    },
    Row {
        name: "only when",
        of: Of::Policy,
        shapes: &[
            "(allow|permit) {what:actions} only (when|where|if) {tests:tests}",
            "{what:actions} (is|are) (allowed|permitted) only (when|where|if) {tests:tests}",
            "{what:actions} (is|are) only (allowed|permitted) (when|where|if) {tests:tests}",
            "%who (may|can) %use {what:actions} only (when|where|if) {tests:tests}",
            "%who (may|can) only %use {what:actions} (when|where|if) {tests:tests}",
            "{what:actions} must be %used with [a|an] {tests:tests}",
        ],
        example: "Allow `banking.send_money` only when `amount` is at most 500.",
        sets: &["argument_constraints"],
        make: Make::Sets(|caught, _| {
            let tests = caught.tests("tests").unwrap_or_default();
            demanded(caught, tests, true).map(|schema| under_each(caught, &schema))
        }),
    },
    Row {
        name: "argument needed",
        of: Of::Policy,
        shapes: &["{what:actions} must (have|give|name|carry|include|state) [a|an] {argument:argument}"],
        example: "`banking.send_money` must give a `subject`.",
        sets: &["argument_constraints"],
        make: Make::Sets(|caught, _| {
            let Some(name) = caught.name("argument") else { return Err(Refused::because("it names no argument")) };
            let needed = Part::list(&name.range, vec![Part::text(&name.range, name.text.clone())]);
            Ok(under_each(caught, &Part::map(&caught.range, vec![("required", needed)])))
        }),
    },
    Row {
        name: "schema of arguments",
        of: Of::Policy,
        shapes: &["[the|all] arguments of {what:actions} must satisfy [the] schema {schema:json}"],
        example: r#"The arguments of `banking.send_money` must satisfy the schema `{"required": ["subject"]}`."#,
        sets: &["argument_constraints"],
        make: Make::Sets(|caught, _| {
            let schema = caught.json("schema").ok_or_else(|| Refused::because("it holds no schema"))?;
            Ok(under_each(caught, &schema))
        }),
    },
    Row {
        name: "grounded argument",
        of: Of::Policy,
        shapes: &[
            "{argument:argument} (of|in) [every|any|each|a|an] {what:actions} must (be|equal|match|come from|be equal to|be the same as) {field:argument} (of|in|from|returned by|that came back from) [the (result|results|answer) of] {source:action}",
            "{argument:argument} (of|in) [every|any|each|a|an] {what:actions} must (be|equal|match|come from|be equal to|be the same as) {field:argument} (of|in|from) [the arguments of !arguments] {source:action}",
            "{argument:argument} (of|in) [every|any|each|a|an] {what:actions} must (be|equal|match|come from|be equal to|be the same as) {field:argument} (given to|passed to|that was passed to|that was given to) !arguments {source:action}",
        ],
        example: "The `recipient` of `banking.send_money` must equal the `iban` of `banking.get_iban`.",
        sets: &["grounding_rules"],
        make: Make::Sets(|caught, _| grounded(caught)),
    },
];

fn under_each(caught: &Caught<'_>, schema: &Part) -> Part {
    for_each(caught, "what", schema).under(&["argument_constraints"])
}

fn argument(caught: &Caught<'_>) -> Result<Part, Refused> {
    let (Some(name), Some([test])) = (caught.name("argument"), caught.tests("demand")) else {
        return Err(Refused::because("it does not say of which argument"));
    };
    let test = Test { argument: name.clone(), ..test.clone() };
    demanded(caught, &[test], caught.get("optional").is_none()).map(|schema| under_each(caught, &schema))
}

/// The schema of the arguments that satisfy every test.
fn demanded(caught: &Caught<'_>, tests: &[Test], present: bool) -> Result<Part, Refused> {
    let properties = super::super::comparing::by_argument(tests, Otherwise::Fails, &caught.range)
        .map_err(|name| Refused::because(format!("two things are said of `{name}` at once: write two sentences")))?;
    let mut entries = vec![("properties", properties)];
    // An argument that must not be given is not asked for.
    let needed = tests.iter().filter(|test| !test.is_absence());
    let needed: Vec<Part> = needed.map(|test| Part::text(&test.argument.range, test.argument.text.clone())).collect();
    if present && !needed.is_empty() {
        entries.push(("required", Part::list(&caught.range, needed)));
    }
    Ok(Part::map(&caught.range, entries))
}

fn grounded(caught: &Caught<'_>) -> Result<Part, Refused> {
    let (Some(argument), Some(field), Some(source)) =
        (caught.name("argument"), caught.name("field"), caught.name("source"))
    else {
        return Err(Refused::because("it does not say where the value comes from"));
    };
    let mut entries = vec![
        ("source_action", Part::text(&source.range, source.text.clone())),
        ("source_field", Part::text(&field.range, field.text.clone())),
    ];
    // Always set: no other sentence can change what this one meant.
    let from = if caught.get("arguments").is_some() { "arguments" } else { "result" };
    entries.push(("source_from", Part::text(&caught.range, from)));
    let rule = Part::new(
        &argument.range,
        Held::Map(vec![(argument.text.clone(), argument.range.clone(), Part::map(&caught.range, entries))]),
    );
    Ok(for_each(caught, "what", &rule).under(&["grounding_rules"]))
}
