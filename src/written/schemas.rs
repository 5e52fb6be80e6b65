use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use super::{Catalog, Environment, Exception, Identities, Policy, Rule, Settings, Suite};

/// The kinds of documents, and the settings file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A guardrail.
    Policy,
    /// A prioritised statement.
    Rule,
    /// A carve-out.
    Exception,
    /// Expected decisions.
    Suite,
    /// What is known of actions and agents.
    Catalog,
    /// Where versions are live.
    Environment,
    /// Who is who.
    Identities,
    /// `policyc.yaml`.
    Settings,
}

impl Kind {
    /// Every kind, documents first.
    pub const ALL: [Self; 8] = [
        Self::Policy,
        Self::Rule,
        Self::Exception,
        Self::Suite,
        Self::Catalog,
        Self::Environment,
        Self::Identities,
        Self::Settings,
    ];

    /// The word for `kind:`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Rule => "rule",
            Self::Exception => "exception",
            Self::Suite => "suite",
            Self::Catalog => "catalog",
            Self::Environment => "environment",
            Self::Identities => "identities",
            Self::Settings => "settings",
        }
    }

    /// The kind of a word; `settings` is no kind a document can have.
    #[must_use]
    pub fn of_document(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word && *kind != Self::Settings)
    }
}

/// A draft of JSON Schema that schemas are published in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishedDraft {
    /// Draft 2020-12, which policyc itself validates with.
    Draft202012,
    /// Draft 7, the newest that yaml-language-server reads.
    Draft7,
}

/// The JSON Schema of a kind.
#[must_use]
pub fn schema_of(kind: Kind, draft: PublishedDraft) -> Value {
    match kind {
        Kind::Policy => generate::<Policy>(draft),
        Kind::Rule => generate::<Rule>(draft),
        Kind::Exception => generate::<Exception>(draft),
        Kind::Suite => generate::<Suite>(draft),
        Kind::Catalog => generate::<Catalog>(draft),
        Kind::Environment => generate::<Environment>(draft),
        Kind::Identities => generate::<Identities>(draft),
        Kind::Settings => generate::<Settings>(draft),
    }
}

fn generate<T: JsonSchema>(draft: PublishedDraft) -> Value {
    let settings = match draft {
        PublishedDraft::Draft202012 => SchemaSettings::draft2020_12(),
        PublishedDraft::Draft7 => SchemaSettings::draft07(),
    };
    settings.into_generator().into_root_schema_for::<T>().to_value()
}
