//! How often, how dear, and only after what.

use super::super::matching::Caught;
use super::super::part::Part;
use super::super::slots::Joined;
use super::permits::{for_each, names};
use super::{Make, Of, Refused, Row};

/// The forms.
pub const ROWS: &[Row] = &[
    Row {
        name: "rate limit",
        of: Of::Policy,
        shapes: &[
            "(limit|restrict|cap|throttle) [each !each [of]] {what:actions} to [%most] {n:count} %times {window:window} <per>",
            "%most {n:count} %times {what:actions} {window:window} <per>",
            "%most {n:count} %times {window:window} <per> (for|of|to) [each !each [of]] {what:actions}",
            "(allow|permit) %most {n:count} %times [(of|to)] {what:actions} {window:window} <per>",
            "{what:actions} (may|can) [each !each] [only] be %used [%most|only] {n:count} %times {window:window} <per>",
            "{what:actions} must [each !each] be %used (%most|only) {n:count} %times {window:window} <per>",
            "{what:actions} (is|are) [each !each] limited to [%most] {n:count} %times {window:window} <per>",
            "%who %may [only] %use [each !each [of]] {what:actions} [%most|only] {n:count} %times {window:window} <per>",
            "(%who %cannot|%never|%nobody %may) %use [each !each [of]] {what:actions} more than {n:count} %times {window:window} <per>",
            "%deny more than {n:count} %times [(of|to)] {what:actions} {window:window} <per>",
            "{what:actions} (is|are) (rate-limited|capped|restricted) to [%most] {n:count} %times {window:window} <per>",
            "{what:actions} (is|are) (limited|rate-limited|capped|restricted) to [%most] {n:count} %times {window:window} <per> each !each",
            "{what:actions} (must|may|shall) not exceed {n:count} %times {window:window} <per>",
        ],
        example: "Limit `slack.send_channel_message` to 20 per hour per agent.",
        sets: &["rate_limits"],
        make: Make::Sets(|caught, _| rate(caught)),
    },
    Row {
        name: "budget",
        of: Of::Policy,
        shapes: &[
            "[%who (may|can|must)] [only] spend %most {n:money} (per|in a|in any|in one|each|every) (session !session|run !run)",
            "%most {n:money} [may be spent] (per|in a|in any|in one|each|every) (session !session|run !run)",
            "(limit|cap) [the] (spending|cost|costs) [of] (a|each|every) (session !session|run !run) to [%most] {n:money}",
            "(limit|cap) [the] (spending|cost|costs) (to|at) [%most] {n:money} (per|in a|in any|each|every) (session !session|run !run)",
            "(a|each|every) (session !session|run !run) (may|can|must) [only] (cost|spend) %most {n:money}",
            "no (session !session|run !run) (may|can|must) (cost|spend) more than {n:money}",
            "[the] budget (of|for) (a|each|every) (session !session|run !run) is {n:money}",
            "%never spend more than {n:money} (per|in a|in any|in one|each|every) (session !session|run !run)",
        ],
        example: "Spend at most $50 per session.",
        sets: &["session_budget", "run_budget"],
        make: Make::Sets(|caught, _| {
            let amount = caught.number("n").ok_or_else(|| Refused::because("it names no amount"))?;
            Ok(amount.under(&[if caught.get("session").is_some() { "session_budget" } else { "run_budget" }]))
        }),
    },
    Row {
        name: "budget of an action",
        of: Of::Policy,
        shapes: &[
            "[%who (may|can|must)] [only] spend %most {n:money} on [each !each [of]] {what:actions} [(per|in a|each) session]",
            "(limit|cap) [the] (spending|cost|costs) (on|of) [each !each [of]] {what:actions} to [%most] {n:money} [(per|in a|each) session]",
            "{what:actions} (may|can|must) [each !each] cost %most {n:money} (per|in a|each) session",
            "%most {n:money} may be spent on [each !each [of]] {what:actions} [(per|in a|in one|each) session]",
            "{what:actions} (has|have) a session budget of {n:money}",
            "%never spend more than {n:money} on [each !each [of]] {what:actions} [(per|in a|each) session]",
        ],
        example: "Spend at most $5 on `platform.launch_job` per session.",
        sets: &["action_budgets"],
        make: Make::Sets(|caught, _| {
            one_each(caught, "share one budget", |name| format!("Spend at most $… on each of {name} per session."))?;
            let amount = caught.number("n").ok_or_else(|| Refused::because("it names no amount"))?;
            Ok(for_each(caught, "what", &amount).under(&["action_budgets"]))
        }),
    },
    Row {
        name: "evidence",
        of: Of::Policy,
        shapes: &[
            "[always] (require|demand) %first {first:actions} %after <fresh> before [%use|using|calling] {what:actions} <fresh>",
            "[always] %use {first:actions} <fresh> before [%use|using|calling] {what:actions}",
            "{first:actions} (must|has to|have to) [always] (come before|be %used before|have succeeded before|succeed before|run before) [%use|using|calling] {what:actions} <fresh>",
            "before [%use|using|calling] {what:actions} %who (must|has to|have to) [always] [first|have] [%use|%used] {first:actions} %after <fresh>",
            "(allow|permit) {what:actions} only after %first {first:actions} %after <fresh>",
            "(only (allow|permit)|(allow|permit) only) {what:actions} after %first {first:actions} %after <fresh>",
            "(only %use|%use) {what:actions} only after %first {first:actions} %after <fresh>",
            "only %use {what:actions} after %first {first:actions} %after <fresh>",
            "%who (may|can) only %use {what:actions} after %first {first:actions} %after <fresh>",
            "%who (may|can|must) %use {what:actions} only after %first {first:actions} %after <fresh>",
            "{what:actions} (is|are) [only] (allowed|permitted) only after %first {first:actions} %after <fresh>",
            "{what:actions} (is|are) only (allowed|permitted) after %first {first:actions} %after <fresh>",
            "{what:actions} (may|can|must) [only] be %used only after %first {first:actions} %after <fresh>",
            "{what:actions} (may|can|must) only be %used after %first {first:actions} %after <fresh>",
            "{what:actions} ((requires|require|needs|need) [an earlier|a prior|a successful]|must (come after|follow)|must be preceded by) [(call|calls) to] {first:actions} %after <fresh>",
            "{what:actions} (requires|require) that {first:actions} (has|have) (succeeded|run|been called) [before|earlier] [in the run]",
            "first [%use] {first:actions} then [%use] {what:actions}",
            "(%never|%who %cannot|%nobody %may) [%use] {what:actions} (before|without) %first {first:actions} %after [first] <fresh>",
        ],
        example: "Require `banking.get_iban` before `banking.send_money`.",
        sets: &["evidence_requirements", "evidence_max_age_seconds"],
        make: Make::Sets(|caught, _| evidence(caught)),
    },
    Row {
        name: "age of evidence",
        of: Of::Policy,
        shapes: &[
            "[the] evidence [for {what:actions}] (must|may) (be (no|not) older than|be at most|not be older than) {age:duration} [old]",
            "evidence (expires|lapses) after {age:duration}",
        ],
        example: "Evidence must be no older than 15 minutes.",
        sets: &["evidence_max_age_seconds"],
        make: Make::Sets(|caught, _| {
            let age = caught.seconds("age").ok_or_else(|| Refused::because("it names no age"))?;
            let age = if caught.names("what").is_some() { for_each(caught, "what", &age) } else { age };
            Ok(age.under(&["evidence_max_age_seconds"]))
        }),
    },
    Row {
        name: "commit actions",
        of: Of::Policy,
        shapes: &[
            "{what:actions} (is|are) [a] commit (action|actions)",
            "treat {what:actions} as [a] commit (action|actions)",
            "[the] commit (action|actions) (is|are) {what:actions}",
        ],
        example: "`banking.send_money` is a commit action.",
        sets: &["commit_actions"],
        make: Make::Sets(|caught, _| Ok(names(caught, "what").under(&["commit_actions"]))),
    },
    Row {
        name: "evidence actions",
        of: Of::Policy,
        shapes: &[
            "only {what:actions} (counts|count|is accepted|are accepted) as evidence",
            "evidence (comes only|may only come|can only come|must come) from {what:actions}",
        ],
        example: "Only `banking.get_iban` and `banking.get_balance` count as evidence.",
        sets: &["evidence_actions"],
        make: Make::Sets(|caught, _| Ok(names(caught, "what").under(&["evidence_actions"]))),
    },
];

/// Refuses a number that several actions may share or have each for itself.
fn one_each(caught: &Caught<'_>, share: &str, example: impl Fn(&str) -> String) -> Result<(), Refused> {
    let Some((actions, ..)) = caught.names("what") else { return Ok(()) };
    let each = caught.get("each").is_some();
    if each && actions.iter().any(|action| action.text.contains('*')) {
        return Err(Refused::because(
            "`each` and a pattern of several actions: a pattern has one count for all that it matches; name the actions",
        ));
    }
    if actions.len() < 2 || each {
        return Ok(());
    }
    let listed: Vec<String> = actions.iter().map(|action| format!("`{}`", action.text)).collect();
    let message = format!(
        "several actions may {share} or have one each: say `each`, which a policy can hold; for one that is shared name them by one pattern, such as `mail.*`"
    );
    Err(Refused::because(message).or_write(example(&listed.join(" and "))))
}

fn rate(caught: &Caught<'_>) -> Result<Part, Refused> {
    let (count, window) = (caught.number("n"), caught.seconds("window"));
    let (Some(count), Some(window)) = (count, window) else {
        return Err(Refused::because("it names no number or time"));
    };
    let digits = count.to_json();
    one_each(caught, "share one limit", |names| format!("Limit each of {names} to {digits} per hour."))?;
    let mut limit = vec![("max_count", count), ("window_seconds", window)];
    if let Some((per, range)) = caught.word("per") {
        limit.push(("per", Part::text(&range, per)));
    }
    let limit = Part::list(&caught.range, vec![Part::map(&caught.range, limit)]);
    Ok(for_each(caught, "what", &limit).under(&["rate_limits"]))
}

fn evidence(caught: &Caught<'_>) -> Result<Part, Refused> {
    let Some((first, joined, _)) = caught.names("first") else { return Err(Refused::because("it names no evidence")) };
    if joined == Joined::Or {
        let all = first.iter().map(|name| format!("`{}`", name.text)).collect::<Vec<_>>().join(" and ");
        let what = caught.name("what").map_or("the action", |name| name.text.as_str());
        return Err(Refused::because(
            "any one of several actions cannot be evidence: a policy asks for all that it names",
        )
        .or_write(format!("Require {all} before `{what}`.")));
    }
    let required = for_each(caught, "what", &names(caught, "first"));
    let mut entries = vec![("evidence_requirements", required)];
    if let Some(age) = caught.seconds("age") {
        entries.push(("evidence_max_age_seconds", for_each(caught, "what", &age)));
    }
    Ok(Part::map(&caught.range, entries))
}
