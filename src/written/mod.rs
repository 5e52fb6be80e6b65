//! Floor 4: documents as people type them.
//!
//! These types mirror the text: serde reads them, schemars derives the published JSON Schemas from them, and
//! nothing else does. What a document means is [`crate::model`]; the way from one to the other is
//! [`crate::lower`].

mod catalog;
mod environment;
mod exception;
mod forge_facts;
mod identities;
mod lock;
mod mapping;
mod policy;
mod review;
mod revocations;
mod rule;
mod schemas;
mod settings;
mod suite;
mod terms;
mod token;

pub use catalog::{AgentEntry, AgentState, Catalog, CatalogAction, CatalogDefaults};
pub use environment::{
    Approvals, CircuitBreaker, Environment, Evidence, Gates, Loosening, NumberOrPercent, Rollback, Rollout,
    TokenSettings,
};
pub use exception::Exception;
pub use forge_facts::{ForgeBranch, ForgeFacts, ForgeName, ForgePull, ForgePullState, ForgeReview, ForgeReviewState};
pub use identities::{Identities, Principal};
pub use lock::{CatalogPin, KillSwitch, Lock, Pin, Pinned, PinnedDefaults, RolloutState, UsedApproval};
pub use mapping::{DetailedSource, FieldSource, Mapping, RecordSettings, TimeUnit};
pub use policy::{
    ApprovalRule, GroundedArguments, Grounding, GroundingFrom, Limit, Limits, MaxAge, Per, Policy, ScopeKind, When,
};
pub use review::{ReviewKind, ReviewRecord, ReviewedChange, ReviewedFile, ReviewedLock};
pub use revocations::{Revocation, Revocations};
pub use rule::{
    ActionRateLimit, Bound, Classification, Conditions, CostThreshold, Rule, TimeRestriction, WebhookCheck, Weekday,
};
pub use schemas::{Kind, PublishedDraft, schema_of};
pub use settings::{
    AlertSettings, AlertTls, AssistSettings, Checks, Defaults, ExpectedState, LogSource, Settings, SettingsLimits,
};
pub use suite::{Action, Earlier, Expectation, Expectations, Matrix, Outcome, Suite, Test};
pub use terms::{Amount, Effect, JsonSchemaValue, Level, NonEmptyList, Reason, Risk};
pub use token::{TokenClaims, TokenDecision};
