//! The conditions that make a rule more restrictive: how often, when, how dear, and what a service says.

use super::super::matching::Caught;
use super::super::part::Part;
use super::super::slots::Filled;
use super::permits::names;
use super::{Make, Of, Refused, Row};

/// The forms.
pub const ROWS: &[Row] = &[
    Row {
        name: "rate of a rule",
        of: Of::Rule,
        shapes: &[
            "(after|above|beyond|over) {n:count} (actions|calls|times) {window:window} [counting {types:actions}] %else",
        ],
        example: "Above 20 calls per hour, ask for approval.",
        sets: &["conditions.rate_limit"],
        make: Make::Sets(|caught, _| rate(caught)),
    },
    Row {
        name: "times of a rule",
        of: Of::Rule,
        shapes: &[
            "between {from:clock} and {until:clock} [{zone:zone}] [for {types:actions}] %else",
            "from {from:clock} to {until:clock} [{zone:zone}] [for {types:actions}] %else",
            "(deny !deny|ask for approval !ask) between {from:clock} and {until:clock} [{zone:zone}] [for {types:actions}]",
            "(deny !deny|ask for approval !ask) from {from:clock} to {until:clock} [{zone:zone}] [for {types:actions}]",
            "at {hours:hours} [{zone:zone}] [for {types:actions}] %else",
        ],
        example: "Between 22:00 and 06:00 Europe/Berlin, deny.",
        sets: &["conditions.time_restriction"],
        make: Make::Sets(|caught, _| hours(caught)),
    },
    Row {
        name: "days of a rule",
        of: Of::Rule,
        shapes: &[
            "on {days:days} [in] [{zone:zone}] [for {types:actions}] %else",
            "(deny !deny|ask for approval !ask) on {days:days} [in] [{zone:zone}] [for {types:actions}]",
        ],
        example: "On Saturdays and Sundays in Europe/Berlin, deny.",
        sets: &["conditions.time_restriction"],
        make: Make::Sets(|caught, _| {
            let Some((Filled::Words(days, _), range)) = caught.get("days") else {
                return Err(Refused::because("it names no days"));
            };
            let days = days.iter().map(|(day, range)| Part::text(range, *day)).collect();
            restriction(caught, "blocked_days", Part::list(range, days))
        }),
    },
    Row {
        name: "cost of a rule",
        of: Of::Rule,
        shapes: &["(above|over|beyond) {n:money} (per action !action|per hour !hour) %else"],
        example: "Above $5 per action, ask for approval.",
        sets: &["conditions.cost_threshold"],
        make: Make::Sets(|caught, _| {
            let amount = caught.number("n").ok_or_else(|| Refused::because("it names no amount"))?;
            let key = if caught.get("hour").is_some() { "max_cost_per_hour" } else { "max_cost_per_action" };
            let effect = Part::text(&caught.range, exceeded(caught, "approval_required"));
            Ok(Part::map(&caught.range, vec![(key, amount), ("on_exceed", effect)])
                .under(&["conditions", "cost_threshold"]))
        }),
    },
    Row {
        name: "webhook of a rule",
        of: Of::Rule,
        shapes: &["ask [the] webhook {url:text} [within {timeout:count} (milliseconds|ms)] %else"],
        example: r#"Ask the webhook "https://risk.northwind.example/check" within 1500 milliseconds, or else deny."#,
        sets: &["conditions.webhook_check"],
        make: Make::Sets(|caught, _| {
            let url = caught.text_part("url").ok_or_else(|| Refused::because("it names no address"))?;
            let mut entries = vec![("url", url)];
            entries.extend(caught.number("timeout").map(|part| ("timeout_ms", part)));
            entries.push(("on_timeout", Part::text(&caught.range, exceeded(caught, "deny"))));
            Ok(Part::map(&caught.range, entries).under(&["conditions", "webhook_check"]))
        }),
    },
];

fn exceeded(caught: &Caught<'_>, otherwise: &'static str) -> &'static str {
    if caught.get("deny").is_some() {
        "deny"
    } else if caught.get("ask").is_some() {
        "approval_required"
    } else {
        otherwise
    }
}

fn rate(caught: &Caught<'_>) -> Result<Part, Refused> {
    let Some((Filled::Seconds(seconds), range)) = caught.get("window") else {
        return Err(Refused::because("it names no window"));
    };
    if seconds % 60 != 0 || *seconds == 0 {
        return Err(Refused::because("a rule counts in whole minutes"));
    }
    let count = caught.number("n").ok_or_else(|| Refused::because("it names no number"))?;
    let mut entries = vec![("max_actions", count), ("window_minutes", Part::number(range, seconds / 60))];
    if caught.names("types").is_some() {
        entries.push(("action_types", names(caught, "types")));
    }
    entries.push(("on_exceed", Part::text(&caught.range, exceeded(caught, "approval_required"))));
    Ok(Part::map(&caught.range, entries).under(&["conditions", "rate_limit"]))
}

fn hours(caught: &Caught<'_>) -> Result<Part, Refused> {
    if let Some((Filled::Values(hours), range)) = caught.get("hours") {
        return restriction(caught, "blocked_hours", Part::list(range, hours.clone()));
    }
    let (Some((Filled::Clock(from, first), range)), Some((Filled::Clock(until, last), end))) =
        (caught.get("from"), caught.get("until"))
    else {
        return Err(Refused::because("it names no times"));
    };
    if (*first, *last) != (0, 0) {
        return Err(Refused::because("a rule blocks whole hours: write 22:00, not 22:30"));
    }
    if *from > 23 || *until > 24 || from == until {
        return Err(Refused::because("the two times are no part of a day: from 0:00 to 24:00, and not the same"));
    }
    let mut hours = Vec::new();
    let mut hour = *from;
    while hour != *until % 24 || hours.is_empty() {
        hours.push(Part::number(&(range.start..end.end), hour));
        hour = (hour + 1) % 24;
    }
    restriction(caught, "blocked_hours", Part::list(&(range.start..end.end), hours))
}

/// The zone and the effect are always set, so that no other sentence can change what this one meant.
fn restriction(caught: &Caught<'_>, key: &'static str, value: Part) -> Result<Part, Refused> {
    let Some(zone) = caught.text_part("zone") else {
        let why = "it does not say in which time zone: name one, such as `UTC` or `Europe/Berlin`, after the time";
        return Err(Refused::because(why));
    };
    let mut entries = vec![(key, value), ("timezone", zone)];
    if caught.names("types").is_some() {
        entries.push(("action_types", names(caught, "types")));
    }
    entries.push(("on_violation", Part::text(&caught.range, exceeded(caught, "deny"))));
    Ok(Part::map(&caught.range, entries).under(&["conditions", "time_restriction"]))
}
