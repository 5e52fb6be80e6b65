use crate::model::{ActionPattern, DocumentId, Pattern, Polarity, Reason};
use crate::syntax::prose::SpokenName;
use crate::text::Span;

/// Something that a document names and that only the whole repository can answer for.
#[derive(Debug, Clone)]
pub struct Use {
    /// Where it is named.
    pub span: Span,
    /// What is named.
    pub what: Named,
}

/// What a document can name.
#[derive(Debug, Clone)]
pub enum Named {
    /// Actions, by one pattern.
    Action(ActionPattern, Polarity),
    /// Actions, by the patterns of a rule.
    RuleAction(Pattern, Pattern),
    /// Agents.
    Agent(Pattern),
    /// Groups of agents.
    Group(Pattern),
    /// Missions of agents.
    Mission(Pattern),
    /// Somebody who approves or is told: an address, a principal or a group.
    Principal(String),
    /// Another document, with the reasons that are lifted from it.
    Document(DocumentId, Vec<(Reason, Span)>),
    /// The document that a test expects to decide.
    Decider(DocumentId),
    /// An action that a suite tries: its integration and operation.
    Tried(Option<String>, String),
    /// An argument that is tested.
    Argument {
        /// Its name.
        name: String,
        /// Of which actions.
        of: ArgumentOf,
        /// Whether the test is silent where the argument is absent, and that would permit more.
        must_be_there: bool,
    },
    /// A name that a sentence says.
    Spoken(SpokenName),
    /// So many approvals out of these approvers.
    Quorum(u64, Vec<String>),
}

/// Which actions an argument belongs to.
#[derive(Debug, Clone)]
pub enum ArgumentOf {
    /// Of the actions of these patterns.
    Actions(Vec<ActionPattern>),
    /// Of the actions of a rule: integration and operation.
    Rule(Pattern, Pattern),
}
