//! The sentences of a rule, and schemas of one argument in plain words.

use serde_json::{Map, Value as Json, json};

use super::{Speech, Unsaid, actions, digits, duration, listed, name, quoted, texts};

pub fn say(speech: &mut Speech<'_>) -> Result<(), Unsaid> {
    deciding(speech)?;
    let text = |key: &str| speech.document.get(key).and_then(Json::as_str);
    if let Some(called) = text("policy_name") {
        speech.add(&json!({"policy_name": called}), &[format!("This rule is called {}.", quoted(called))])?;
    }
    if let Some(priority) = speech.get("priority").filter(|priority| **priority != json!(100)) {
        speech.add(&json!({"priority": priority}), &[format!("Its priority is {}.", digits(priority))])?;
    }
    if let Some(ttl) = speech.get("max_session_ttl") {
        speech.add(&json!({"max_session_ttl": ttl}), &[format!("An approval holds for {}.", duration(ttl))])?;
    }
    if speech.document.get("is_active") == Some(&json!(false)) {
        speech.add(&json!({"is_active": false}), &["This rule is switched off.".to_owned()])?;
    }
    changed(speech)?;
    conditions(speech)
}

/// The sentence that decides.
fn deciding(speech: &mut Speech<'_>) -> Result<(), Unsaid> {
    let document = speech.document;
    let text = |key: &str| document.get(key).and_then(Json::as_str).unwrap_or_default();
    let effect = text("policy_effect");
    let verb = match effect {
        "allow" => "Allow",
        "approval_required" => "Require approval for",
        _ => "Deny",
    };
    let class = document.get("data_classification").cloned().unwrap_or_default();
    let (bound, level) = class
        .as_object()
        .and_then(|map| map.iter().next())
        .map_or(("exactly", ""), |(bound, level)| (bound.as_str(), level.as_str().unwrap_or_default()));
    let mut said = format!(
        "{verb} operation {} of {} by agent {} on resource {} with data of {} {level}",
        name(text("operation")),
        name(text("target_integration")),
        name(text("agent_id")),
        name(text("resource_scope")),
        bound.replace('_', " "),
    );
    let mut means = Map::new();
    for key in ["policy_effect", "target_integration", "operation", "agent_id", "resource_scope", "data_classification"]
    {
        means.insert(key.to_owned(), document.get(key).cloned().unwrap_or_default());
    }
    let arguments = document.pointer("/conditions/arguments").and_then(Json::as_object);
    if let Some(arguments) = arguments.filter(|arguments| !arguments.is_empty()) {
        said.push_str(" when ");
        said.push_str(&super::policy::tests(arguments));
        means.insert("conditions".to_owned(), json!({"arguments": arguments}));
    }
    let because = format!("{said} because {}.", quoted(text("rationale")));
    means.insert("rationale".to_owned(), json!(text("rationale")));
    speech.add(&Json::Object(means), &[because])
}

fn changed(speech: &mut Speech<'_>) -> Result<(), Unsaid> {
    let text = |key: &str| speech.document.get(key).and_then(Json::as_str);
    let (by, at) = (text("modified_by"), text("modified_at"));
    let said = match (by, at) {
        (None, None) => return Ok(()),
        (Some(by), None) => format!("It was last modified by {}.", quoted(by)),
        (None, Some(at)) => format!("It was last modified at {at}."),
        (Some(by), Some(at)) => format!("It was last modified by {} at {at}.", quoted(by)),
    };
    let entries = [("modified_by", by), ("modified_at", at)];
    let means: Map<String, Json> =
        entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value?)))).collect();
    speech.add(&Json::Object(means), &[said])
}

fn conditions(speech: &mut Speech<'_>) -> Result<(), Unsaid> {
    let Some(conditions) = speech.get("conditions") else { return Ok(()) };
    let part = |key: &str| conditions.get(key).filter(|part| !part.is_null());
    if let Some(rate) = part("rate_limit") {
        rate_limit(speech, rate)?;
    }
    if let Some(time) = part("time_restriction") {
        time_restriction(speech, time)?;
    }
    if let Some(cost) = part("cost_threshold") {
        for (key, unit) in [("max_cost_per_action", "action"), ("max_cost_per_hour", "hour")] {
            let Some(amount) = cost.get(key).filter(|amount| !amount.is_null()) else { continue };
            let means = json!({"conditions": {"cost_threshold": {key: amount, "on_exceed": cost.get("on_exceed")}}});
            let said = format!("Above ${} per {unit}, {}.", digits(amount), then(cost, "on_exceed"));
            speech.add(&means, &[said])?;
        }
    }
    if let Some(check) = part("webhook_check") {
        let url = check.get("url").and_then(Json::as_str).unwrap_or_default();
        let said = format!(
            "Ask the webhook {} within {} milliseconds, or else {}.",
            quoted(url),
            check.get("timeout_ms").map(digits).unwrap_or_default(),
            then(check, "on_timeout")
        );
        speech.add(&json!({"conditions": {"webhook_check": check}}), &[said])?;
    }
    Ok(())
}

/// What happens then.
fn then(part: &Json, key: &str) -> &'static str {
    if part.get(key) == Some(&json!("approval_required")) { "ask for approval" } else { "deny" }
}

/// A part without what is null in it.
fn given(part: &Json) -> Json {
    let entries = part.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    Json::Object(entries.map(|(key, value)| (key.clone(), value.clone())).collect())
}

fn rate_limit(speech: &mut Speech<'_>, rate: &Json) -> Result<(), Unsaid> {
    let number = |key: &str| rate.get(key).map(digits).unwrap_or_default();
    let counting = rate.get("action_types").filter(|types| !types.is_null());
    let counting = counting.map(|types| format!(" counting {}", actions(types, "and"))).unwrap_or_default();
    let (most, minutes) = (number("max_actions"), number("window_minutes"));
    let said = format!("Above {most} calls in {minutes} minutes{counting}, {}.", then(rate, "on_exceed"));
    speech.add(&json!({"conditions": {"rate_limit": given(rate)}}), &[said])
}

fn time_restriction(speech: &mut Speech<'_>, time: &Json) -> Result<(), Unsaid> {
    let zone = name(time.get("timezone").and_then(Json::as_str).unwrap_or("UTC"));
    let types = time.get("action_types").filter(|types| !types.is_null());
    let types = types.map(|types| format!(" for {}", actions(types, "and"))).unwrap_or_default();
    let hours: Vec<String> = time
        .get("blocked_hours")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .map(|hour| format!("{}:00", digits(hour)))
        .collect();
    let days: Vec<String> =
        time.get("blocked_days").map(texts).unwrap_or_default().into_iter().map(|day| format!("{day}s")).collect();
    for (key, said, words) in [("blocked_hours", hours, "At"), ("blocked_days", days, "On")] {
        if said.is_empty() {
            continue;
        }
        let mut means = given(time);
        if let Some(map) = means.as_object_mut() {
            map.retain(|other, _| other == key || !other.starts_with("blocked_"));
        }
        let said = format!("{words} {} {zone}{types}, {}.", listed(&said, "and"), then(time, "on_violation"));
        speech.add(&json!({"conditions": {"time_restriction": means}}), &[said])?;
    }
    Ok(())
}

/// What a schema asks of one argument, in a condition: `is over 5`. Only what an untyped test means.
pub fn stated(schema: &Json) -> Option<String> {
    let map = schema.as_object()?;
    let mut entries = map.iter();
    let ((key, value), None) = (entries.next()?, entries.next()) else { return None };
    match (key.as_str(), value) {
        ("exclusiveMinimum", Json::Number(_)) => Some(format!("is over {}", digits(value))),
        ("minimum", Json::Number(_)) => Some(format!("is at least {}", digits(value))),
        ("exclusiveMaximum", Json::Number(_)) => Some(format!("is under {}", digits(value))),
        ("maximum", Json::Number(_)) => Some(format!("is at most {}", digits(value))),
        ("const", value) => Some(format!("is {}", scalar(value)?)),
        ("enum", Json::Array(values)) if !values.is_empty() => {
            let values: Option<Vec<String>> = values.iter().map(scalar).collect();
            Some(format!("is one of {}", listed(&values?, "or")))
        }
        ("pattern", Json::String(pattern)) => Some(format!("matches {}", quoted(pattern))),
        _ => None,
    }
}

/// What a schema asks of one argument, after `must`: `be at most 5`.
pub fn demanded(schema: &Json) -> Option<String> {
    let mut map = schema.as_object()?.clone();
    let kind = map.remove("type");
    let mut entries = map.iter();
    let ((key, value), None) = (entries.next()?, entries.next()) else { return None };
    let (typed, words) = match (key.as_str(), value) {
        ("maximum", Json::Number(_)) => ("number", format!("be at most {}", digits(value))),
        ("minimum", Json::Number(_)) => ("number", format!("be at least {}", digits(value))),
        ("exclusiveMaximum", Json::Number(_)) => ("number", format!("be under {}", digits(value))),
        ("exclusiveMinimum", Json::Number(_)) => ("number", format!("be over {}", digits(value))),
        ("maxLength", Json::Number(_)) => ("string", format!("be at most {} characters long", digits(value))),
        ("minLength", Json::Number(_)) => ("string", format!("be at least {} characters long", digits(value))),
        ("pattern", Json::String(pattern)) => ("string", format!("match {}", quoted(pattern))),
        _ => ("", format!("be {}", stated(&Json::Object(map.clone()))?.strip_prefix("is ")?)),
    };
    let fits = if typed.is_empty() { kind.is_none() } else { kind == Some(json!(typed)) };
    fits.then_some(words)
}

fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(quoted(text)),
        Json::Number(_) => Some(digits(value)),
        Json::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}
