//! Floor 4: what documents mean. No places, no serde of documents, no I/O; equal meanings are equal values.
//!
//! [`crate::lower`] is the only producer.

mod action_pattern;
mod arguments;
mod bundle;
mod documents;
mod fact;
mod governance;
mod mapping;
mod money;
mod names;
mod pattern;
mod way;

pub use action_pattern::{ActionPattern, Polarity};
pub use arguments::{Arguments, JsonSchema, Validator};
pub use bundle::{Bundle, EffectiveDefaults};
pub use documents::{
    Action, ApprovalRule, ClassificationRange, Conditions, CostThreshold, Document, Earlier, Exception, Expectation,
    Fact, Grounding, Limit, Matrix, Policy, RateCondition, Rule, Scope, Suite, Test, TimeRestriction, WebhookCheck,
    When,
};
pub use governance::{
    AgentEntry, Alerts, Approvals, Catalog, CatalogAction, CatalogDefaults, Environment, Identities, Principal,
    Settings, TokenSettings,
};
pub use mapping::{FORMS, Mapping, Pointer, Source};
pub use money::{AmountError, Usd};
pub use names::{Clock, DocumentId, Time, Timezone};
pub use pattern::{Matcher, Pattern, PatternError};
pub use way::Way;

// Words that are the same as written and as meant.
pub use crate::written::{
    AgentState, Effect, Evidence, GroundingFrom, Kind, Level, Outcome, Per, Reason, Risk, TimeUnit, Weekday,
};
