//! What needs approval, whose, and how soon.

use super::super::comparing::{self, Otherwise, Test};
use super::super::matching::{Caught, Definitions};
use super::super::part::{Held, Part};
use super::super::slots::{How, Joined};
use super::permits::{each, names};
use super::{Make, Of, Refused, Row};

/// The forms.
pub const ROWS: &[Row] = &[
    Row {
        name: "approval",
        of: Of::Policy,
        shapes: &[
            "[always] (require|demand|get|obtain|ask for|wait for|insist on) %approval (for|of|before|on|to) [%use|using|calling|running] %what <subject> <asking>",
            "[always] (require|demand|ask for) %approval <asking> (for|of|before) [%use|using|calling|running] %what <subject> <asking>",
            "[always] (require|demand|ask for) {required:count} approvals <asking> (for|of|before|on) [%use|using] %what <subject> <asking>",
            "{required:count} (approvals|approvers) are (required|needed) (for|before) %what <subject> <asking>",
            "%who (may|can) [%use] {what:actions} <subject> only with %approval <asking>",
            "[always] ask [a person|a human|someone] for %what <subject> <asking>",
            "%what <subject> %needs %approval <asking>",
            "%what <subject> %needs {required:count} (approvals|approvers) <asking>",
            "%what <subject> (needs|need|has|have) to be (approved|confirmed|signed off) <asking>",
            "%what <subject> %must_be (approved|confirmed|signed off) <asking>",
            "%nobody %may [%use] {what:actions} <subject> without %approval <asking>",
            "%never [(let|allow|permit) %who [to]] [%use|allow|permit] {what:actions} <subject> without %approval <asking>",
            "%who %cannot [%use] {what:actions} <subject> without %approval <asking>",
            "%approval (is|are) (required|needed|mandatory) (for|before|to) [%use|using] %what <subject> <asking>",
            "(for|before) [%use|using] %what <subject> %approval (is|are) (required|needed|mandatory) <asking>",
            "[always] ask {people:people} before [%use|using|calling|running] %what <subject> <asking>",
            "{people:people} (must|has to|have to) (approve|confirm|sign off) %what <subject> <asking>",
            "(a person|a human|someone|somebody) (must|has to) (approve|confirm|sign off) %what <subject> <asking>",
            "[always] ask [a person|a human|someone] before [%use|using|calling|running] %what <subject> <asking>",
            "(allow|permit) {what:actions} <subject> only with %approval <asking>",
            "{what:actions} <subject> (is|are) (allowed|permitted) only with %approval <asking>",
            "(hold|stop|pause) %what <subject> for %approval <asking>",
        ],
        example: "Require approval for `banking.send_money` when `amount` is over 1,000 from @treasury within 30 minutes.",
        sets: &["require_approval", "approval_actions", "approval_tags", "approval_risk_levels", "approval_rules"],
        make: Make::Sets(approval),
    },
    Row {
        name: "approval by cost",
        of: Of::Policy,
        shapes: &[
            "[always] (require|demand|ask for) %approval %over {cost_over:money} <asking>",
            "[always] (require|demand|ask for) %approval from {cost_least:money} (on|up|upwards) <asking>",
            "%approval is (required|needed) %when the cost [of (an|the|a) [single] (action|call)] is (over|more than) {cost_over:money}",
            "%when (an|a) [single] (action|call) costs (over|more than) {cost_over:money} %approval is (required|needed)",
            "%when (an|a) [single] (action|call) costs at least {cost_least:money} %approval is (required|needed)",
        ],
        example: "Require approval above $500.",
        sets: &["require_approval", "approval_threshold_usd", "approval_rules"],
        make: Make::Sets(approval),
    },
    Row {
        name: "approvers",
        of: Of::Policy,
        shapes: &[
            "[all|every] (approval|approvals) (come from|comes from|must come from|go to|are given by) {people:people}",
            "[the] [default] (approver|approvers) (is|are) {people:people}",
            "{people:people} (is|are) the [default] (approver|approvers)",
        ],
        example: "Approvals come from @treasury or `anna@northwind.example`.",
        sets: &["default_approvers"],
        make: Make::Sets(|caught, _| {
            let people = approvers(caught)?.ok_or_else(|| Refused::because("it names nobody"))?;
            Ok(people.under(&["default_approvers"]))
        }),
    },
    Row {
        name: "approval timeout",
        of: Of::Policy,
        shapes: &[
            "[an|every|each|all] (approval|approvals) must (come|be given|arrive) within {timeout:duration}",
            "[an|every|each|all] (approval|approvals) (times out|time out|expires|expire|lapse|lapses) after {timeout:duration}",
        ],
        example: "Approvals must come within 30 minutes.",
        sets: &["approval_timeout_seconds"],
        make: Make::Sets(|caught, _| {
            let seconds = caught.seconds("timeout").ok_or_else(|| Refused::because("it says no time"))?;
            Ok(seconds.under(&["approval_timeout_seconds"]))
        }),
    },
];

/// Which calls of the actions are meant.
pub struct Subject {
    /// By their arguments.
    pub tests: Vec<Test>,
    /// By what they cost: from this many US dollars on.
    pub cost: Option<Part>,
}

/// The smallest difference between two amounts that documents can hold, in US dollars: more than an amount is at least
/// this much more.
const LEAST: &str = "0.000000001";

/// The smallest amount that is more than another.
fn more_than(amount: &Part) -> Option<Part> {
    let Held::Number(digits) = &amount.value else { return None };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let places = LEAST.len() - 2;
    if fraction.len() > places {
        return None;
    }
    let scaled: u128 = format!("{whole}{fraction:0<places$}").parse().ok()?;
    let next = (scaled + 1).to_string();
    let next = format!("{next:0>width$}", width = places + 1);
    let (whole, fraction) = next.split_at(next.len() - places);
    Some(Part::number(&amount.range, format!("{whole}.{fraction}")))
}

/// What the words after an action, and after `when`, say of its calls.
///
/// # Errors
/// When an amount may be an argument as well as a cost.
pub fn subject_tests(caught: &Caught<'_>, defined: &Definitions) -> Result<Subject, Refused> {
    let mut tests: Vec<Test> = Vec::new();
    for slot in ["class", "whose", "tests"] {
        tests.extend(caught.tests(slot).unwrap_or_default().iter().cloned());
    }
    let explicit =
        caught.number("cost_over").map(|amount| more_than(&amount)).or_else(|| caught.number("cost_least").map(Some));
    let mut cost = match explicit {
        None => None,
        Some(Some(amount)) => Some(amount),
        Some(None) => return Err(Refused::because("amounts have at most nine places after the point")),
    };
    for (slot, strictly) in [("over", true), ("from_usd", false)] {
        let Some(amount) = caught.number(slot) else { continue };
        match measured(caught, defined, &amount, strictly)? {
            Measured::Argument(test) => tests.push(*test),
            Measured::Cost if cost.is_some() => return Err(Refused::because("it names two costs")),
            Measured::Cost => cost = if strictly { more_than(&amount) } else { Some(amount) },
        }
    }
    Ok(Subject { tests, cost })
}

enum Measured {
    Argument(Box<Test>),
    Cost,
}

/// What `over $200` is said of.
fn measured(caught: &Caught<'_>, defined: &Definitions, amount: &Part, strictly: bool) -> Result<Measured, Refused> {
    let Some((actions, ..)) = caught.names("what") else { return Ok(Measured::Cost) };
    if actions.iter().all(|action| action.how == How::Every && action.text == "*") {
        return Ok(Measured::Cost);
    }
    let words: Vec<&String> = defined.amounts.values().collect();
    let known = |name: &super::super::slots::Name| name.how == How::Defined;
    let argument = actions.iter().all(known).then(|| argument_of(caught, defined)).flatten();
    if let Some(argument) = argument {
        let keyword = if strictly { ("exclusiveMinimum", "maximum") } else { ("minimum", "exclusiveMaximum") };
        let says = comparing::Says {
            about: Some("number"),
            keywords: vec![(keyword.0, amount.clone())],
            opposite: Some(vec![(keyword.1, amount.clone())]),
            whole: None,
        };
        let argument =
            super::super::slots::Name { text: argument, how: How::Exact, range: amount.range.clone(), noun: None };
        return Ok(Measured::Argument(Box::new(Test { argument, negated: false, says, range: amount.range.clone() })));
    }
    let Held::Number(digits) = &amount.value else { return Ok(Measured::Cost) };
    let name = actions.first().map_or("send_money", |action| action.text.as_str());
    let compared = if strictly { "over" } else { "at least" };
    let which = words.first().map_or("amount", |word| word.as_str());
    let found = Refused::because(format!(
        "${digits} may be an argument of the action or what the call itself costs: say which of the two"
    ))
    .or_write(format!("Require approval for `{name}` when `{which}` is {compared} {digits}."))
    .or_write(format!(
        "Require approval for `{name}` that costs {} ${digits}.",
        if strictly { "over" } else { "at least" }
    ));
    Err(found)
}

/// The argument that is the amount of every noun that was said.
fn argument_of(caught: &Caught<'_>, defined: &Definitions) -> Option<String> {
    let mut found: Option<&String> = None;
    for (_, name, _) in caught.every_name().filter(|(slot, name, _)| *slot == "what" && name.how == How::Defined) {
        let amount = defined.amounts.get(name.noun.as_ref()?)?;
        if found.is_some_and(|known| known != amount) {
            return None;
        }
        found = Some(amount);
    }
    found.cloned()
}

/// What fires: the criteria that a sentence names.
struct Criteria {
    actions: Option<Part>,
    every: bool,
    tags: Option<Part>,
    risks: Option<Part>,
    least: Option<Part>,
    cost: Option<Part>,
    level: Option<Part>,
    arguments: Option<Part>,
}

fn criteria(caught: &Caught<'_>, defined: &Definitions) -> Result<Criteria, Refused> {
    let subject = subject_tests(caught, defined)?;
    let actions = caught.names("what").map(|(actions, ..)| actions);
    let every =
        actions.is_some_and(|actions| actions.iter().any(|action| action.text == "*" && action.how == How::Every));
    if subject.tests.iter().any(Test::is_absence) {
        return Err(Refused::because(
            "approval cannot depend on an argument that is not there: demand with `must be given` that it is",
        ));
    }
    let arguments = match subject.tests.as_slice() {
        [] => None,
        tests => Some(comparing::by_argument(tests, Otherwise::Passes, &caught.range).map_err(|argument| {
            Refused::because(format!("two things are said of `{argument}` that one condition cannot hold"))
        })?),
    };
    Ok(Criteria {
        actions: actions.map(|_| names(caught, "what")),
        every,
        tags: tags(caught)?,
        risks: risks(caught)?,
        least: level_word(caught, "least").or_else(|| level_word(caught, "also_least")),
        cost: subject.cost,
        level: level_word(caught, "level")
            .or_else(|| caught.get("restricted").map(|(_, range)| Part::text(range, "restricted"))),
        arguments,
    })
}

fn level_word(caught: &Caught<'_>, slot: &str) -> Option<Part> {
    caught.word(slot).map(|(word, range)| Part::text(&range, word))
}

fn tags(caught: &Caught<'_>) -> Result<Option<Part>, Refused> {
    for slot in ["tags", "also_tags"] {
        let Some((tags, joined, range)) = caught.names(slot) else { continue };
        if joined == Joined::And && tags.len() > 1 {
            let listed = tags.iter().map(|tag| format!("`{}`", tag.text)).collect::<Vec<_>>().join(" or ");
            return Err(Refused::because("`and` between tags may ask for any of them or for all of them at once")
                .or_write(format!("Require approval for actions tagged {listed}.")));
        }
        return Ok(Some(Part::list(range, each(tags))));
    }
    Ok(None)
}

fn risks(caught: &Caught<'_>) -> Result<Option<Part>, Refused> {
    if let Some((only, range)) = caught.word("only") {
        return Ok(Some(Part::list(&range, vec![Part::text(&range, only)])));
    }
    let Some((first, range)) = caught.word("risk") else { return Ok(None) };
    let mut levels = vec![(first, range.clone())];
    levels.extend(caught.word("more"));
    let ladder = super::super::words::RISKS;
    let lowest = ladder.iter().position(|risk| levels.iter().any(|(level, _)| level == risk)).unwrap_or(0);
    let missing = ladder.iter().skip(lowest).find(|risk| !levels.iter().any(|(level, _)| level == *risk));
    if let Some(missing) = missing {
        let from = ladder.get(lowest).copied().unwrap_or("high");
        return Err(Refused::because(format!(
            "it does not say whether {missing} risk is meant as well: say from which risk on"
        ))
        .or_write(format!("Require approval for actions of {from} risk or higher.")));
    }
    levels.sort_by_key(|(level, _)| ladder.iter().position(|risk| risk == level));
    Ok(Some(Part::list(&range, levels.iter().map(|(level, range)| Part::text(range, *level)).collect())))
}

fn approvers(caught: &Caught<'_>) -> Result<Option<Part>, Refused> {
    let Some((people, joined, range)) = caught.names("people") else { return Ok(None) };
    if joined != Joined::Or && people.len() > 1 && caught.number("required").is_none() {
        let listed: Vec<String> = people.iter().map(|person| format!("`{}`", person.text)).collect();
        let any = listed.join(" or ");
        return Err(Refused::because(
            "several approvers may mean any one of them or all of them: join them by `or`, or say how many",
        )
        .or_write(format!("from {any}"))
        .or_write(format!("from {} of {any}", people.len())));
    }
    Ok(Some(Part::list(range, each(people))))
}

fn approval(caught: &Caught<'_>, defined: &Definitions) -> Result<Part, Refused> {
    let found = criteria(caught, defined)?;
    let people = approvers(caught)?;
    let (required, timeout) = (caught.number("required"), caught.seconds("timeout"));
    let plain = people.is_none()
        && required.is_none()
        && timeout.is_none()
        && caught.text("label").is_none()
        && caught.get("own").is_none()
        && found.level.is_none()
        && found.least.is_none()
        && found.arguments.is_none();
    let several =
        [found.actions.is_some() && !found.every, found.tags.is_some(), found.risks.is_some(), found.cost.is_some()];
    let several = several.iter().filter(|given| **given).count();
    if several == 0
        && found.actions.is_none()
        && found.least.is_none()
        && found.level.is_none()
        && found.arguments.is_none()
    {
        return Err(
            Refused::because("it does not say what needs approval").or_write("Require approval for every action.")
        );
    }
    let on = || ("require_approval", Part::bool(&caught.range, true));
    let field = |key: &'static str, part: Part| Ok(Part::map(&caught.range, vec![on(), (key, part)]));
    if plain && several <= 1 {
        if let (Some(actions), false) = (&found.actions, found.every) {
            return field("approval_actions", actions.clone());
        }
        if let Some(tags) = found.tags {
            return field("approval_tags", tags);
        }
        if let Some(risks) = found.risks {
            return field("approval_risk_levels", risks);
        }
        if let Some(cost) = found.cost {
            return field("approval_threshold_usd", cost);
        }
        return Ok(Part::map(&caught.range, vec![on()]));
    }
    rule(caught, found, people, required, timeout)
}

fn rule(
    caught: &Caught<'_>,
    found: Criteria,
    people: Option<Part>,
    required: Option<Part>,
    timeout: Option<Part>,
) -> Result<Part, Refused> {
    if caught.word("only").is_some() {
        return Err(Refused::because(
            "beside other conditions a risk is given from where on: say `of at least … risk`",
        ));
    }
    let least = found.least.or_else(|| {
        found.risks.as_ref().and_then(|risks| match &risks.value {
            Held::List(items) => items.first().cloned(),
            _ => None,
        })
    });
    let narrowed = found.tags.is_some()
        || least.is_some()
        || found.cost.is_some()
        || found.level.is_some()
        || found.arguments.is_some();
    let actions = if found.every && narrowed { None } else { found.actions };
    let when = [
        ("actions", actions),
        ("tags", found.tags),
        ("risk_at_least", least),
        ("cost_usd_at_least", found.cost),
        ("data_classification_at_least", found.level),
        ("arguments", found.arguments),
    ];
    let when: Vec<(&str, Part)> = when.into_iter().filter_map(|(key, part)| Some((key, part?))).collect();
    let entries = [
        ("name", caught.text_part("label")),
        ("when", Some(Part::map(&caught.range, when))),
        ("approvers", people),
        ("required", required),
        ("timeout_seconds", timeout),
    ];
    let entries = entries.into_iter().filter_map(|(key, part)| Some((key, part?))).collect();
    let rule = Part::map(&caught.range, entries);
    Ok(Part::list(&caught.range, vec![rule]).under(&["approval_rules"]))
}
