//! The sentence of a rule, and what is said of the rule as a whole.

use super::super::comparing::{self, Otherwise};
use super::super::matching::Caught;
use super::super::part::{Held, Part};
use super::super::slots::How;
use super::whole::{free, text};
use super::{Make, Of, Refused, Row};

/// The forms.
pub const ROWS: &[Row] = &[
    Row {
        name: "rule",
        of: Of::Rule,
        shapes: &[
            "%deny !deny (operation !literal {operation:exact}|{operation:action}) <operation> [because {reason:text}|because {reason:rest}]",
            "%never (allow|permit|%use) !deny (operation !literal {operation:exact}|{operation:action}) <operation> [because {reason:text}|because {reason:rest}]",
            "(require|ask for) %approval !ask (for|of|before) (operation !literal {operation:exact}|{operation:action}) <operation> [because {reason:text}|because {reason:rest}]",
            "(allow|permit) !allow (operation !literal {operation:exact}|{operation:action}) <operation> [because {reason:text}|because {reason:rest}]",
            "(allow|permit) !allow [the] [agent|agents] {agent:agent} to %use (operation !literal {operation:exact}|{operation:action}) <operation> [because {reason:text}|because {reason:rest}]",
            "[the] [agent|agents] [matching|of] {agent:agent} %may !allow %use (operation !literal {operation:exact}|{operation:action}) <operation> [because {reason:text}|because {reason:rest}]",
            "[the] [agent|agents] [matching|of] {agent:agent} %cannot !deny %use (operation !literal {operation:exact}|{operation:action}) <operation> [because {reason:text}|because {reason:rest}]",
            "[the] [agent|agents] [matching|of] {agent:agent} (must ask|has to ask|have to ask|needs approval|need approval) !ask (before|for|to %use) [using|calling] (operation !literal {operation:exact}|{operation:action}) <operation> [because {reason:text}|because {reason:rest}]",
        ],
        example: r#"Deny `mail.send` by agent `intern-*` on any resource with data of at least confidential because "interns send nothing confidential"."#,
        sets: &[
            "policy_effect",
            "target_integration",
            "operation",
            "agent_id",
            "resource_scope",
            "data_classification",
            "conditions.arguments",
            "priority",
            "rationale",
        ],
        make: Make::Sets(|caught, _| rule(caught)),
    },
    Row {
        name: "name of a rule",
        of: Of::Rule,
        shapes: &["this rule is (called|named) {text:text}"],
        example: r#"This rule is called "No confidential mail from interns"."#,
        sets: &["policy_name"],
        make: Make::Sets(|caught, _| text(caught, "text", "policy_name")),
    },
    Row {
        name: "rationale",
        of: Of::Rule,
        shapes: &[
            "(the reason is|this rule exists because|the rationale is) [:] {text:text}",
            "(the reason is|the rationale is) [:] {reason:rest}",
        ],
        example: r#"The reason is "Confidential data leaves only when a person has looked at it"."#,
        sets: &["rationale"],
        make: Make::Sets(|caught, _| match free(caught, "reason")? {
            Some(reason) => Ok(reason.under(&["rationale"])),
            None => text(caught, "text", "rationale"),
        }),
    },
    Row {
        name: "priority",
        of: Of::Rule,
        shapes: &["[its|the] priority (is|:) {priority:count}", "this rule has priority {priority:count}"],
        example: "Its priority is 200.",
        sets: &["priority"],
        make: Make::Sets(|caught, _| {
            let part = caught.number("priority").ok_or_else(|| Refused::because("it holds no number"))?;
            Ok(part.under(&["priority"]))
        }),
    },
    Row {
        name: "holding of an approval",
        of: Of::Rule,
        shapes: &["(an approval|approvals|a session|sessions) (holds|hold|lasts|last) [for|at most] {ttl:duration}"],
        example: "An approval holds for 8 hours.",
        sets: &["max_session_ttl"],
        make: Make::Sets(|caught, _| {
            let part = caught.seconds("ttl").ok_or_else(|| Refused::because("it holds no time"))?;
            Ok(part.under(&["max_session_ttl"]))
        }),
    },
    Row {
        name: "switched off rule",
        of: Of::Rule,
        shapes: &[
            "this rule is (disabled|switched off|off|not active|inactive) !off",
            "this rule is (enabled|switched on|on|active)",
        ],
        example: "This rule is switched off.",
        sets: &["is_active"],
        make: Make::Sets(|caught, _| Ok(Part::bool(&caught.range, caught.get("off").is_none()).under(&["is_active"]))),
    },
    Row {
        name: "last change",
        of: Of::Rule,
        shapes: &[
            "it was [last] (changed|modified) by {by:text} [(at|on) {at:moment}]",
            "it was [last] (changed|modified) (at|on) {at:moment}",
        ],
        example: r#"It was last modified by "anna@northwind.example" at 2026-11-01T09:00:00Z."#,
        sets: &["modified_by", "modified_at"],
        make: Make::Sets(|caught, _| {
            let entries = [("modified_by", caught.text_part("by")), ("modified_at", caught.text_part("at"))];
            Ok(Part::map(&caught.range, entries.into_iter().filter_map(|(key, part)| Some((key, part?))).collect()))
        }),
    },
];

fn rule(caught: &Caught<'_>) -> Result<Part, Refused> {
    let kind = [("deny", "deny"), ("ask", "approval_required"), ("allow", "allow")];
    let effect = kind.into_iter().find(|(mark, _)| caught.get(mark).is_some()).map_or("deny", |(_, effect)| effect);
    let effect_part = Part::text(&caught.range, effect);
    let mut entries = vec![("policy_effect", effect_part)];
    entries.extend(operation(caught)?);
    let explicit = effect == "allow";
    entries.extend(agent(caught, explicit));
    entries.extend(resource(caught, explicit));
    entries.extend(data(caught, effect)?);
    entries.extend(caught.number("priority").map(|part| ("priority", part)));
    if let Some(tests) = caught.tests("tests") {
        let otherwise = if explicit { Otherwise::Fails } else { Otherwise::Passes };
        if let Some(test) = tests.iter().find(|test| test.is_absence()) {
            let why = format!("a rule cannot depend on `{}` not being there", test.argument.text);
            return Err(Refused::because(why));
        }
        let tests = comparing::by_argument(tests, otherwise, &caught.range).map_err(|name| {
            Refused::because(format!("two things are said of `{name}` that one condition cannot hold"))
        })?;
        entries.push(("conditions", Part::map(&caught.range, vec![("arguments", tests)])));
    }
    entries.extend(free(caught, "reason")?.map(|part| ("rationale", part)));
    Ok(Part::map(&caught.range, entries))
}

fn operation(caught: &Caught<'_>) -> Result<Vec<(&'static str, Part)>, Refused> {
    let Some(name) = caught.name("operation") else { return Err(Refused::because("it names no operation")) };
    if let Some(integration) = caught.name("integration") {
        if name.text.contains('.') && caught.get("literal").is_none() {
            let why = format!("`{}` names an integration of its own beside `{}`", name.text, integration.text);
            let operation = name.text.split_once('.').map_or("", |(_, operation)| operation);
            return Err(Refused::because(why)
                .or_write(format!("… `{operation}` of `{}` …", integration.text))
                .or_write(format!("… operation `{}` of `{}` …", name.text, integration.text)));
        }
        return Ok(vec![
            ("target_integration", Part::text(&integration.range, integration.text.clone())),
            ("operation", Part::text(&name.range, name.text.clone())),
        ]);
    }
    let (integration, operation) = match name.text.split_once('.') {
        Some(parts) => parts,
        None if name.how == How::Every => ("*", "*"),
        None => {
            let why = "it does not say of which integration the operation is";
            return Err(Refused::because(why).or_write(format!("… `{0}` of `mail` …", name.text)));
        }
    };
    Ok(vec![
        ("target_integration", Part::text(&name.range, integration)),
        ("operation", Part::text(&name.range, operation)),
    ])
}

/// Whom it is about; what denies or asks and says nothing is about everybody, what allows has to say it.
fn agent(caught: &Caught<'_>, explicit: bool) -> Option<(&'static str, Part)> {
    let said = caught.name("agent").map(|name| Part::text(&name.range, name.text.clone()));
    let part = said.or_else(|| (!explicit).then(|| Part::text(&caught.range, "*")))?;
    Some(("agent_id", part))
}

fn resource(caught: &Caught<'_>, explicit: bool) -> Option<(&'static str, Part)> {
    let every = !explicit || caught.get("anything").is_some();
    let said = caught.name("resource").map(|name| Part::text(&name.range, name.text.clone()));
    let part = said.or_else(|| every.then(|| Part::text(&caught.range, "*")))?;
    Some(("resource_scope", part))
}

fn data(caught: &Caught<'_>, effect: &str) -> Result<Option<(&'static str, Part)>, Refused> {
    let Some((level, range)) = caught.word("level") else {
        let every = if effect == "allow" { "restricted" } else { "public" };
        let said = effect != "allow" || caught.get("any_data").is_some();
        return Ok(said.then(|| ("data_classification", Part::text(&caught.range, every))));
    };
    let bound = ["at_most", "at_least", "exactly"].into_iter().find(|bound| caught.get(bound).is_some());
    let Some(bound) = bound else {
        let why = format!("`{level} data` may be meant with what is less or with what is more sensitive, or alone");
        return Err(Refused::because(why)
            .or_write(format!("… with data of at most {level} …"))
            .or_write(format!("… with data of at least {level} …"))
            .or_write(format!("… with data of exactly {level} …")));
    };
    let part = Part::new(&range, Held::Map(vec![(bound.to_owned(), range.clone(), Part::text(&range, level))]));
    Ok(Some(("data_classification", part)))
}
