use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::here::Here;
use super::uses::Named;
use crate::diag::{Diagnostic, codes, nearest};
use crate::model::{Approvals, DocumentId, Environment, FORMS, Identities, Principal, Settings};
use crate::syntax::{Node, Value, shortened};
use crate::written;

/// Lowers an environment.
pub fn environment(cx: &mut Context<'_>, id: DocumentId, written: &written::Environment, root: &Node) -> Environment {
    let at = Here::root(root);
    let steps = &written.rollout.steps;
    let rises = steps.iter().zip(steps.iter().skip(1)).all(|(a, b)| a < b);
    if !rises || steps.last() != Some(&100) {
        let span = at.key("rollout").key("steps").span();
        cx.push(
            Diagnostic::new(codes::ROLLOUT_STEPS, span, "the steps do not rise to 100")
                .help("write rising shares that end with 100, such as [5, 25, 50, 100]"),
        );
    }
    let mut circuit_breaker = written.circuit_breaker.clone();
    if let Some(breaker) = &mut circuit_breaker {
        let here = at.key("circuit_breaker");
        breaker.alerts = cx.principals(&breaker.alerts, here.key("alerts")).into_iter().collect();
        if breaker.max_deny_ratio.is_none() && breaker.max_error_ratio.is_none() && breaker.max_p99_ms.is_none() {
            let message = "the circuit breaker names no threshold and never fires";
            cx.push(
                Diagnostic::new(codes::EMPTY_CONDITION, here.key_span(), message)
                    .help("add `max_deny_ratio`, `max_error_ratio` or `max_p99_ms`"),
            );
        }
    }
    Environment {
        id,
        description: written.description.clone(),
        approvals: approvals(cx, &written.approvals, at.key("approvals")),
        gates: written.gates.clone(),
        rollback_from: cx.principals(&written.rollback.from, at.key("rollback").key("from")),
        rollout_steps: steps.clone(),
        circuit_breaker,
        tokens: super::signing::tokens(cx, &written.tokens, at.key("tokens")),
    }
}

fn approvals(cx: &mut Context<'_>, written: &written::Approvals, at: Here<'_>) -> Approvals {
    cx.names(at.key("required").key_span(), Named::Quorum(written.required, written.from.clone()));
    let from = cx.principals(&written.from, at.key("from"));
    let loosening = written.loosening.as_ref().map(|loosening| {
        let at = at.key("loosening");
        let who = if loosening.from.is_empty() { &written.from } else { &loosening.from };
        cx.names(at.key("required").key_span(), Named::Quorum(loosening.required, who.clone()));
        (loosening.required, cx.principals(&loosening.from, at.key("from")))
    });
    Approvals { required: written.required, from, evidence: written.evidence, loosening }
}

/// Lowers identities.
pub fn identities(cx: &mut Context<'_>, written: &written::Identities, root: &Node) -> Identities {
    let at = Here::root(root);
    let mut owners = BTreeMap::new();
    let mut principals = BTreeMap::new();
    for (id, principal) in &written.principals {
        let at = at.key("principals").key(id);
        if DocumentId::parse(id).is_none() {
            cx.push(super::context::bad_id(id, at.key_span()));
        }
        for (rank, account) in principal.accounts.iter().chain(&principal.keys).enumerate() {
            let (list, rank) = match rank.checked_sub(principal.accounts.len()) {
                Some(rank) => ("keys", rank),
                None => ("accounts", rank),
            };
            let span = at.key(list).item(rank).span();
            cx.visible(account, span);
            match owners.insert(account.to_lowercase(), (id, span)) {
                Some((other, first)) if other != id => cx.push(shared(account, span, first, other)),
                _ => {}
            }
        }
        let entry = Principal {
            name: principal.name.clone(),
            accounts: principal.accounts.iter().cloned().collect(),
            agents: cx.patterns(&principal.agents, at.key("agents")),
            keys: principal.keys.iter().cloned().collect(),
        };
        principals.insert(id.clone(), entry);
    }
    let groups = groups(cx, written, at.key("groups"));
    Identities { principals, groups }
}

fn shared(account: &str, span: crate::text::Span, first: crate::text::Span, other: &str) -> Diagnostic {
    let message = format!("`{}` already belongs to `{}`", shortened(account), shortened(other));
    Diagnostic::new(codes::SHARED_ACCOUNT, span, message)
        .and(first, "it is given here first")
        .help("an account belongs to one principal: nobody may approve a change under two names")
}

fn groups(cx: &mut Context<'_>, written: &written::Identities, at: Here<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut groups = BTreeMap::new();
    for (id, members) in &written.groups {
        let at = at.key(id);
        if DocumentId::parse(id).is_none() {
            cx.push(super::context::bad_id(id, at.key_span()));
        }
        if written.principals.contains_key(id) {
            let message = format!("`{}` is a principal and a group", shortened(id));
            cx.push(Diagnostic::new(codes::DUPLICATE_ID, at.key_span(), message).help("give the group another name"));
        }
        for (rank, member) in members.0.iter().enumerate() {
            if !written.principals.contains_key(member) {
                let message = format!("the principal `{}` does not exist", shortened(member));
                cx.push(
                    Diagnostic::new(codes::UNKNOWN_PRINCIPAL, at.item(rank).span(), message)
                        .help("add it under `principals`; a group holds principals, not groups"),
                );
            }
        }
        groups.insert(id.clone(), members.0.iter().cloned().collect());
    }
    groups
}

/// The protected branch that settings name, when nothing else of them is asked; `None` where it cannot be read.
#[must_use]
pub fn protected_branch(root: &Node) -> Option<String> {
    match root.entry("branch") {
        _ if !matches!(root.value, Value::Map(_)) => None,
        None => Some(written::Settings::default().branch),
        Some(entry) => entry.value.text().map(str::to_owned),
    }
}

/// The folders of documents that settings name, when nothing else of them is asked; `None` where they cannot be read.
#[must_use]
pub fn document_folders(root: &Node) -> Option<Vec<String>> {
    if !matches!(root.value, Value::Map(_)) {
        return None;
    }
    let Some(entry) = root.entry("documents") else {
        return written::Settings::default().documents.iter().map(|folder| inside(folder)).collect();
    };
    match &entry.value.value {
        Value::List(items) => items.iter().map(|item| inside(item.text()?)).collect(),
        _ => None,
    }
}

/// Lowers settings.
pub fn settings(cx: &mut Context<'_>, written: &written::Settings, root: &Node) -> Settings {
    let at = Here::root(root);
    let mut documents = Vec::new();
    for (rank, folder) in written.documents.iter().enumerate() {
        let span = at.key("documents").item(rank).span();
        match inside(folder) {
            Some(folder) => documents.push(folder),
            None => cx.push(
                Diagnostic::new(
                    codes::BAD_PATH,
                    span,
                    format!("`{}` leads out of the policy repository", shortened(folder)),
                )
                .help("name a folder by its path from the folder of policyc.yaml, without `..`"),
            ),
        }
    }
    for (rank, log) in written.logs.iter().enumerate() {
        if inside(&log.path).is_none() {
            let span = at.key("logs").item(rank).key("path").span();
            let message = format!("`{}` leads out of the policy repository", shortened(&log.path));
            cx.push(Diagnostic::new(codes::BAD_PATH, span, message).help("name a file or folder inside, without `..`"));
        }
        let known = || FORMS.into_iter().chain(written.records.mappings.keys().map(String::as_str));
        if let Some(from) = log.from.as_deref().filter(|from| !known().any(|name| name == *from)) {
            let message = format!("`{}` is neither a form of records nor one of `records.mappings`", shortened(from));
            let found = Diagnostic::new(codes::UNKNOWN_VALUE, at.key("logs").item(rank).key("from").span(), message);
            cx.push(found.help(match nearest(from, known()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the forms are {}", FORMS.join(", ")),
            }));
        }
    }
    Settings {
        branch: written.branch.clone(),
        documents,
        default_effect: written.defaults.effect,
        session_ttl: written.defaults.session_ttl,
        review: approvals(cx, &written.review, at.key("review")),
        checks: written.checks.clone(),
        logs: written.logs.clone(),
        mappings: super::mapping::mappings(cx, &written.records.mappings, at.key("records").key("mappings")),
        expect: written.expect.clone(),
        max_findings: usize::try_from(written.limits.max_findings).unwrap_or(usize::MAX),
        alerts: written.alerts.as_ref().and_then(|alerts| super::alerts::alerts(cx, alerts, at.key("alerts"))),
        assist: written.assist.clone(),
    }
}

/// A path inside the repository without `.` parts and without `/` at the end; `None` if it leads out of it.
fn inside(path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains(['\\', ':', '\0']) {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let leads_out = parts.iter().any(|part| *part == ".." || part.eq_ignore_ascii_case(".git"));
    (!leads_out).then(|| parts.join("/"))
}
