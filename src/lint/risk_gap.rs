use super::View;
use crate::diag::{Diagnostic, codes};
use crate::model::{Document, Risk};

/// Risk levels are exact: one above the lowest named that is not named itself needs no approval.
pub fn lint(view: &View<'_>, document: &Document) -> Vec<Diagnostic> {
    let Document::Policy(policy) = document else { return Vec::new() };
    let named = &policy.approval_risk_levels;
    let Some(lowest) = named.first() else { return Vec::new() };
    let all = [Risk::Minimal, Risk::Low, Risk::Medium, Risk::High, Risk::Critical];
    // A criterion of its own may ask for the rest.
    let asked = policy.approval_rules.iter().filter(|rule| {
        rule.when == crate::model::When { risk_at_least: rule.when.risk_at_least, ..Default::default() }
    });
    let asked = asked.filter_map(|rule| rule.when.risk_at_least).min();
    let left_out: Vec<String> = all
        .iter()
        .filter(|risk| *risk > lowest && !named.contains(risk) && asked.is_none_or(|asked| **risk < asked))
        .map(|risk| format!("`{}`", serde_json::json!(risk).as_str().unwrap_or_default()))
        .collect();
    let span = view.span(&policy.id, &["approval_risk_levels".into()]);
    let (false, Some(span)) = (left_out.is_empty(), span) else { return Vec::new() };
    let message = format!("actions of risk {} need no approval, though less risky ones do", left_out.join(", "));
    let help = "risk levels are exact: name them all, or use `approval_rules` with `risk_at_least`";
    vec![Diagnostic::new(codes::RISK_GAP, span, message).help(help)]
}
