//! Answers to agents that ask before they act.

use serde::Serialize;

use crate::model::Effect;

/// The answer to a hook.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HookAnswer {
    hook_specific_output: Output,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    hook_event_name: &'static str,
    permission_decision: &'static str,
    permission_decision_reason: String,
}

impl HookAnswer {
    /// Allow, ask or deny, with the reason.
    #[must_use]
    pub fn new(effect: Effect, reason: String) -> Self {
        let permission_decision = match effect {
            Effect::Allow => "allow",
            Effect::ApprovalRequired => "ask",
            Effect::Deny => "deny",
        };
        let output = Output { hook_event_name: "PreToolUse", permission_decision, permission_decision_reason: reason };
        Self { hook_specific_output: output }
    }
}
