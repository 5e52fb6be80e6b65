//! What is said of the document as a whole.

use super::super::matching::Caught;
use super::super::part::Part;
use super::{Make, Of, Refused, Row};

/// The forms.
pub const ROWS: &[Row] = &[
    Row {
        name: "scope",
        of: Of::Policy,
        shapes: &[
            "this policy (applies|is only|applies only|is) (to|for) (every agent|all agents|everyone|everything) !global",
            "(this policy|it) (applies|applies only|is only|is|holds|holds only) (to|for) [the] (agent|agents) {target:exact} [only] !agent",
            "(this policy|it) (applies|applies only|is only|is|holds|holds only) (to|for) [the] (run|runs) {target:exact} [only] !run",
            "(this policy|it) (applies|applies only|is only|is|holds|holds only) (to|for) [the] [agents of the] (group|groups) {target:exact} [only] !group",
            "(this policy|it) (applies|applies only|is only|is|holds|holds only) (to|for) [the] [agents on the] (mission|missions) {target:exact} [only] !mission",
        ],
        example: "This policy applies to the agents `finance-*`.",
        sets: &["scope", "target_id"],
        make: Make::Sets(|caught, _| Ok(scope(caught))),
    },
    Row {
        name: "name",
        of: Of::Policy,
        shapes: &["this policy is (called|named) {text:text}"],
        example: r#"This policy is called "Money out"."#,
        sets: &["name"],
        make: Make::Sets(|caught, _| text(caught, "text", "name")),
    },
    Row {
        name: "description",
        of: Of::Policy,
        shapes: &["this policy is described as {text:text}"],
        example: r#"This policy is described as "Nobody is paid by accident"."#,
        sets: &["description"],
        make: Make::Sets(|caught, _| text(caught, "text", "description")),
    },
    Row {
        name: "switched off",
        of: Of::Policy,
        shapes: &[
            "this policy is (disabled|switched off|off|not enforced) !off",
            "this policy is (enabled|switched on|on)",
        ],
        example: "This policy is switched off.",
        sets: &["enabled"],
        make: Make::Sets(|caught, _| Ok(Part::bool(&caught.range, caught.get("off").is_none()).under(&["enabled"]))),
    },
];

fn scope(caught: &Caught<'_>) -> Part {
    let kinds = ["global", "agent", "run", "group", "mission"];
    let kind = kinds.into_iter().find(|kind| caught.get(kind).is_some()).unwrap_or("global");
    let mut entries = vec![("scope", Part::text(&caught.range, kind))];
    if let Some(target) = caught.name("target") {
        entries.push(("target_id", Part::text(&target.range, target.text.clone())));
    }
    Part::map(&caught.range, entries)
}

/// A field that is a text.
pub fn text(caught: &Caught<'_>, slot: &str, key: &str) -> Result<Part, Refused> {
    let part = caught.text_part(slot).ok_or_else(|| Refused::because("it holds no text"))?;
    Ok(part.under(&[key]))
}

/// A reason, which stands in quotes: what is in it is for people, and without quotes nobody would see where that begins.
pub fn free(caught: &Caught<'_>, slot: &str) -> Result<Option<Part>, Refused> {
    let Some((text, range)) = caught.text(slot) else { return Ok(None) };
    let quoted = caught.get(slot).is_some_and(|(_, whole)| *whole != range);
    if !quoted {
        let why = "the reason is for people and is not read: put it in quotes, so that nobody takes it for a condition";
        return Err(Refused::because(why).or_write(format!("… because {}.", serde_json::Value::String(text))));
    }
    Ok(Some(Part::text(&range, text)))
}
