use super::context::Context;
use super::here::Here;
use super::uses::Named;
use crate::diag::{Diagnostic, codes};
use crate::model::{DocumentId, Exception, Polarity};
use crate::syntax::Node;
use crate::written;

/// Lowers an exception; `None` where it names no document.
pub fn lower(cx: &mut Context<'_>, id: DocumentId, exception: &written::Exception, root: &Node) -> Option<Exception> {
    let at = Here::root(root);
    let policy = cx.reference(&exception.policy, at.key("policy").span());
    if let Some(policy) = &policy {
        let lifted = exception.reasons.iter().flatten().enumerate();
        let lifted = lifted.map(|(rank, reason)| (*reason, at.key("reasons").item(rank).span())).collect();
        cx.names(at.key("policy").span(), Named::Document(policy.clone(), lifted));
    }
    check_subject_and_end(cx, exception, at);
    let agents = exception.agents.as_ref().map(|list| cx.patterns(list, at.key("agents")));
    for (rank, agent) in exception.agents.iter().flatten().enumerate() {
        if let Ok(pattern) = crate::model::Pattern::parse(agent) {
            cx.names(at.key("agents").item(rank).span(), Named::Agent(pattern));
        }
    }
    let starts_at = cx.time(exception.starts_at.as_ref(), at.key("starts_at"));
    let expires_at = cx.time(exception.expires_at.as_ref(), at.key("expires_at"));
    if let (Some(start), Some(end)) = (starts_at, expires_at)
        && end <= start
    {
        cx.push(
            Diagnostic::new(codes::NEVER_HOLDS, at.key("expires_at").span(), "the exception ends before it starts")
                .and(at.key("starts_at").span(), "it starts here")
                .help("set `expires_at` to a time after `starts_at`"),
        );
    }
    Some(Exception {
        id,
        policy: policy?,
        reason: exception.reason.clone(),
        agents,
        runs: exception.runs.as_ref().map(|list| cx.patterns(list, at.key("runs"))),
        actions: exception.actions.as_ref().map(|list| cx.action_patterns(list, at.key("actions"), Polarity::Permits)),
        reasons: exception.reasons.as_ref().map(|reasons| reasons.iter().copied().collect()),
        starts_at,
        expires_at,
        max_uses: exception.max_uses,
    })
}

fn check_subject_and_end(cx: &mut Context<'_>, exception: &written::Exception, at: Here<'_>) {
    let place = at.key("kind").key_span();
    if exception.agents.is_none() && exception.runs.is_none() && cx.sure_of(&["agents", "runs"]) {
        cx.push(
            Diagnostic::new(codes::NO_SUBJECT, place, "the exception does not say whom it is for")
                .help("add `agents` or `runs`; `[\"*\"]` is for everybody"),
        );
    }
    if exception.expires_at.is_none() && exception.max_uses.is_none() && cx.sure_of(&["expires_at", "max_uses"]) {
        cx.push(
            Diagnostic::new(codes::NO_END, place, "the exception never ends")
                .help("add `expires_at` or `max_uses`; what is meant for ever is a change of the policy"),
        );
    }
}
