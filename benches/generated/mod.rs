//! What benchmarks decide with: generated rules, the same in every run.

use policyc::compile::{self, Compilation};
use policyc::source::{Content, Format, Role, SourceFile, SourceSet};
use serde_json::{Value, json};

/// Names that actions and rules share.
pub const OPERATIONS: [&str; 8] = ["send", "read", "delete", "list", "create", "update", "export", "share"];
/// The same of integrations.
pub const INTEGRATIONS: [&str; 4] = ["mail", "files", "bank", "shell"];

/// A small generator with a fixed seed, so that every run measures the same.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    /// Small numbers far more often than large ones.
    pub fn skewed(&mut self, limit: usize) -> usize {
        let reach = self.below(limit) + 1;
        self.below(reach)
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// Documents, compiled.
pub fn compiled(documents: &[Value]) -> Compilation {
    let files = documents.chunks(1000).enumerate().map(|(rank, documents)| SourceFile {
        path: format!("policies/{rank}.json"),
        role: Role::Document,
        format: Format::Json,
        content: Content::decode(Value::from(documents.to_vec()).to_string().into_bytes()),
        tracked: None,
        assist: None,
    });
    let compilation = compile::compile(&SourceSet::new(files.collect()), None);
    assert!(compilation.bundle.is_some(), "{:?}", compilation.diagnostics.first());
    compilation
}

/// Rules of which three in four name their agent, half name an integration, and one in eight has an open operation.
pub fn rules(count: usize) -> Vec<Value> {
    let mut random = Random(7);
    let agents = (count / 4).max(4);
    let rule = |rank: usize| {
        let effect = random.pick(&["allow", "approval_required", "deny"]);
        let agent = if random.below(4) == 0 { "*".to_owned() } else { format!("agent-{}", random.below(agents)) };
        let operation = if random.below(8) == 0 { "*" } else { random.pick(&OPERATIONS) };
        json!({
            "id": format!("r{rank}"), "policy_name": "generated", "rationale": "generated to be measured",
            "agent_id": agent,
            "target_integration": if random.below(2) == 0 { random.pick(&INTEGRATIONS) } else { "*" },
            "operation": operation,
            "resource_scope": format!("{}/*", random.pick(&["prod", "dev", "hr", "lab"])),
            "data_classification": random.pick(&["public", "internal", "confidential", "restricted"]),
            "policy_effect": effect, "priority": random.below(1000),
        })
    };
    (0..count).map(rule).collect()
}
