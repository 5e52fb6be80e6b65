//! The sentences of a policy.

use serde_json::{Map, Value as Json, json};

use super::{Speech, Unsaid, action, actions, digits, duration, listed, name, quoted, texts, under};

pub fn say(speech: &mut Speech<'_>) -> Result<(), Unsaid> {
    whole(speech)?;
    permits(speech)?;
    limits(speech)?;
    approvals(speech)?;
    evidence(speech)?;
    arguments(speech)
}

fn whole(speech: &mut Speech<'_>) -> Result<(), Unsaid> {
    let text = |key: &str| speech.document.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let (called, described, scope) = (text("name"), text("description"), text("scope"));
    if called != text("id") {
        speech.add(&under(&["name"], json!(called)), &[format!("This policy is called {}.", quoted(&called))])?;
    }
    if !described.is_empty() {
        let sentence = format!("This policy is described as {}.", quoted(&described));
        speech.add(&under(&["description"], json!(described)), &[sentence])?;
    }
    if let Some(target) = speech.get("target_id").and_then(Json::as_str) {
        let means = json!({"scope": scope, "target_id": target});
        speech.add(&means, &[format!("This policy applies to {scope} {}.", name(target))])?;
    }
    if speech.document.get("enabled") == Some(&json!(false)) {
        speech.add(&json!({"enabled": false}), &["This policy is switched off.".to_owned()])?;
    }
    Ok(())
}

fn permits(speech: &mut Speech<'_>) -> Result<(), Unsaid> {
    if let Some(denied) = speech.get("denied_actions") {
        speech.add(&under(&["denied_actions"], denied.clone()), &[format!("Deny {}.", actions(denied, "and"))])?;
    }
    match speech.document.get("allowed_actions") {
        Some(Json::Array(none)) if none.is_empty() => {
            speech.add(&json!({"allowed_actions": []}), &["Allow nothing.".to_owned()])
        }
        Some(allowed @ Json::Array(_)) => {
            let sentence = format!("Only allow {}.", actions(allowed, "and"));
            speech.add(&under(&["allowed_actions"], allowed.clone()), &[sentence])
        }
        _ => Ok(()),
    }
}

fn limits(speech: &mut Speech<'_>) -> Result<(), Unsaid> {
    for (key, unit) in [("session_budget", "session"), ("run_budget", "run")] {
        if let Some(amount) = speech.get(key) {
            let sentence = format!("Spend at most ${} per {unit}.", digits(amount));
            speech.add(&under(&[key], amount.clone()), &[sentence])?;
        }
    }
    for (pattern, amount) in speech.entries("action_budgets") {
        let sentence = format!("Spend at most ${} on {} per session.", digits(amount), action(pattern));
        speech.add(&under(&["action_budgets", pattern], amount.clone()), &[sentence])?;
    }
    for (pattern, limits) in speech.entries("rate_limits") {
        for limit in limits.as_array().into_iter().flatten() {
            let part = |key: &str| limit.get(key).cloned().unwrap_or_default();
            let (count, window, per) = (part("max_count"), part("window_seconds"), part("per"));
            let sentence = format!(
                "Limit {} to {} in {} per {}.",
                action(pattern),
                digits(&count),
                duration(&window),
                per.as_str().unwrap_or("agent")
            );
            speech.add(&under(&["rate_limits", pattern], json!([limit])), &[sentence])?;
        }
    }
    Ok(())
}

fn approvals(speech: &mut Speech<'_>) -> Result<(), Unsaid> {
    let mut criteria: Vec<(&str, Json, String)> = Vec::new();
    if let Some(wanted) = speech.get("approval_actions") {
        // Not `every action`, which is no criterion.
        let names = listed(&texts(wanted).into_iter().map(name).collect::<Vec<_>>(), "and");
        criteria.push(("approval_actions", wanted.clone(), names));
    }
    if let Some(tags) = speech.get("approval_tags") {
        criteria.push(("approval_tags", tags.clone(), format!("actions tagged {}", any_of(tags))));
    }
    for risk in speech.get("approval_risk_levels").map(texts).unwrap_or_default() {
        criteria.push(("approval_risk_levels", json!([risk]), format!("actions of exactly {risk} risk")));
    }
    for (key, value, what) in &criteria {
        let means = json!({"require_approval": true, *key: value});
        speech.add(&means, &[format!("Require approval for {what}.")])?;
    }
    let threshold = speech.get("approval_threshold_usd");
    if let Some(amount) = threshold {
        let means = json!({"require_approval": true, "approval_threshold_usd": amount});
        speech.add(&means, &[format!("Require approval from ${} on.", digits(amount))])?;
    }
    let asked = speech.document.get("require_approval") == Some(&json!(true));
    if asked && criteria.is_empty() && threshold.is_none() {
        speech.add(&json!({"require_approval": true}), &["Require approval for every action.".to_owned()])?;
    }
    for rule in speech.get("approval_rules").and_then(Json::as_array).into_iter().flatten() {
        approval_rule(speech, rule)?;
    }
    if let Some(seconds) = speech.get("approval_timeout_seconds").filter(|seconds| **seconds != json!(3600)) {
        let sentence = format!("Approvals must come within {}.", duration(seconds));
        speech.add(&under(&["approval_timeout_seconds"], seconds.clone()), &[sentence])?;
    }
    if let Some(people) = speech.get("default_approvers") {
        let sentence = format!("Approvals come from {}.", any_of(people));
        speech.add(&under(&["default_approvers"], people.clone()), &[sentence])?;
    }
    Ok(())
}

fn any_of(list: &Json) -> String {
    listed(&texts(list).into_iter().map(name).collect::<Vec<_>>(), "or")
}

fn approval_rule(speech: &mut Speech<'_>, rule: &Json) -> Result<(), Unsaid> {
    let mut means = Map::new();
    let default = |key: &str, value: &Json| match key {
        "required" => *value == json!(1),
        _ => value.is_null() || value.as_array().is_some_and(Vec::is_empty),
    };
    for (key, value) in rule.as_object().into_iter().flatten().filter(|(key, value)| !default(key, value)) {
        means.insert(key.clone(), value.clone());
    }
    let when = rule.get("when").cloned().unwrap_or_default();
    // The pattern of all actions in backticks: `every action` is what needs no pattern.
    let what = when.get("actions").map_or_else(
        || "every action".to_owned(),
        |actions| listed(&texts(actions).into_iter().map(name).collect::<Vec<_>>(), "or"),
    );
    let mut said = format!("Require approval for {what}");
    let mut clause = |words: String| {
        said.push(' ');
        said.push_str(&words);
    };
    if let Some(tags) = when.get("tags") {
        clause(format!("tagged {}", any_of(tags)));
    }
    if let Some(risk) = when.get("risk_at_least").and_then(Json::as_str) {
        clause(format!("of at least {risk} risk"));
    }
    if let Some(amount) = when.get("cost_usd_at_least") {
        clause(format!("that costs at least ${}", digits(amount)));
    }
    if let Some(level) = when.get("data_classification_at_least").and_then(Json::as_str) {
        clause(format!("with data of at least {level}"));
    }
    if let Some(arguments) = when.get("arguments").and_then(Json::as_object) {
        clause(format!("when {}", tests(arguments)));
    }
    if let Some(people) = means.get("approvers") {
        clause(format!("from {}", any_of(people)));
    }
    if let Some(required) = means.get("required") {
        clause(format!("with {} approvals", digits(required)));
    }
    if let Some(seconds) = means.get("timeout_seconds") {
        clause(format!("within {}", duration(seconds)));
    }
    if let Some(called) = means.get("name").and_then(Json::as_str) {
        clause(format!("called {}", quoted(called)));
    }
    let own = format!("{said} as a rule of its own.");
    speech.add(&json!({"approval_rules": [means]}), &[format!("{said}."), own])
}

/// Tests of arguments, each by its schema.
pub fn tests(arguments: &Map<String, Json>) -> String {
    let tests = arguments.iter().map(|(argument, schema)| {
        let simple = super::rule::stated(schema);
        match simple {
            Some(words) => format!("{} {words}", name(argument)),
            None => format!("{} satisfies the schema {}", name(argument), super::json(schema)),
        }
    });
    tests.collect::<Vec<_>>().join(" and ")
}

fn evidence(speech: &mut Speech<'_>) -> Result<(), Unsaid> {
    for (pattern, evidence) in speech.entries("evidence_requirements") {
        let sentence = format!("Require {} before {}.", actions(evidence, "and"), action(pattern));
        speech.add(&under(&["evidence_requirements", pattern], evidence.clone()), &[sentence])?;
    }
    for (pattern, age) in speech.entries("evidence_max_age_seconds") {
        let sentence = format!("Evidence for {} must be no older than {}.", action(pattern), duration(age));
        speech.add(&under(&["evidence_max_age_seconds", pattern], age.clone()), &[sentence])?;
    }
    if let Some(commits) = speech.get("commit_actions") {
        let sentence = format!("Commit actions are {}.", actions(commits, "and"));
        speech.add(&under(&["commit_actions"], commits.clone()), &[sentence])?;
    }
    if let Some(counted) = speech.get("evidence_actions") {
        let sentence = format!("Only {} count as evidence.", actions(counted, "and"));
        speech.add(&under(&["evidence_actions"], counted.clone()), &[sentence])?;
    }
    Ok(())
}

fn arguments(speech: &mut Speech<'_>) -> Result<(), Unsaid> {
    for (pattern, schema) in speech.entries("argument_constraints") {
        let mut candidates: Vec<String> = simple(pattern, schema).into_iter().collect();
        let what = action(pattern);
        candidates.push(format!("The arguments of {what} must satisfy the schema {}.", super::json(schema)));
        speech.add(&under(&["argument_constraints", pattern], schema.clone()), &candidates)?;
    }
    for (pattern, arguments) in speech.entries("grounding_rules") {
        for (argument, source) in arguments.as_object().into_iter().flatten() {
            let text = |key: &str| source.get(key).and_then(Json::as_str).unwrap_or_default();
            let from = if text("source_from") == "arguments" { "the arguments of " } else { "" };
            let sentence = format!(
                "The {} of {} must equal the {} of {from}{}.",
                name(argument),
                action(pattern),
                name(text("source_field")),
                name(text("source_action"))
            );
            speech.add(&under(&["grounding_rules", pattern, argument], source.clone()), &[sentence])?;
        }
    }
    Ok(())
}

/// A constraint of one argument in plain words.
fn simple(pattern: &str, schema: &Json) -> Option<String> {
    let properties = schema.get("properties")?.as_object()?;
    let mut properties = properties.iter();
    let (argument, inner) = properties.next()?;
    if properties.next().is_some() {
        return None;
    }
    let given = if schema.get("required").is_some() { "" } else { " where given" };
    let words = super::rule::demanded(inner)?;
    Some(format!("The {} of {} must {words}{given}.", name(argument), action(pattern)))
}
