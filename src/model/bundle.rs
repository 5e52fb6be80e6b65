use super::{Catalog, Document, Effect, Exception, Policy, Rule};

/// Everything that decides, and nothing else: each list sorted by id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bundle {
    /// The policies.
    pub policies: Vec<Policy>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// The exceptions.
    pub exceptions: Vec<Exception>,
    /// What is known of actions and agents.
    pub catalog: Catalog,
    /// What holds where documents say nothing.
    pub defaults: EffectiveDefaults,
}

/// The defaults as they act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EffectiveDefaults {
    /// The effect of an action that no rule matches.
    pub effect: Effect,
    /// How long an approval holds where a rule does not say, in seconds.
    pub session_ttl: u64,
}

impl Bundle {
    /// Sorts documents into a bundle; suites stay outside.
    ///
    /// Where no default effect is set it is deny if there is any rule, active or not, else allow.
    #[must_use]
    pub fn new(documents: Vec<Document>, catalog: Catalog, effect: Option<Effect>, session_ttl: u64) -> Self {
        let (mut policies, mut rules, mut exceptions) = (Vec::new(), Vec::new(), Vec::new());
        for document in documents {
            match document {
                Document::Policy(policy) => policies.push(policy),
                Document::Rule(rule) => rules.push(rule),
                Document::Exception(exception) => exceptions.push(exception),
                Document::Suite(_) => {}
            }
        }
        policies.sort_by(|a, b| a.id.cmp(&b.id));
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        exceptions.sort_by(|a, b| a.id.cmp(&b.id));
        let fallback = if rules.is_empty() { Effect::Allow } else { Effect::Deny };
        let defaults = EffectiveDefaults { effect: effect.unwrap_or(fallback), session_ttl };
        Self { policies, rules, exceptions, catalog, defaults }
    }
}
