//! Floor 8: what Git says, read as policies: versions, drafts, reviews.
//!
//! The first-parent chain of the protected branch is the history. Each of its commits gives every document a state, by
//! the source value of the document; where the state differs from that at the first parent there is an event, and an event
//! that leaves a document that can be read is a version. Nothing here hangs on dates, on the branch that is checked out, or
//! on what Git is configured to do. `docs/git.md` has the rules.

mod addresses;
pub mod approvals;
mod authors;
mod content;
mod drafts;
mod event;
mod fold;
mod folders;
mod governed;
mod history;
mod live;
pub mod locks;
mod memory;
pub mod principals;
mod proposal;
mod pulls;
mod reading;
pub mod record;
mod rollback;
pub mod signing;
mod snapshots;
mod source_value;
mod sources;
mod told;
pub mod trailers;
mod work_tree;

pub use addresses::{Reached, reached};
pub use authors::{Authors, account};
pub use content::{GovernedBy, Version, catalog_at, settings_of};
pub use drafts::{Draft, drafts, of_work_tree, references};
pub use event::{Change, Event, State, Trouble, Why};
pub use governed::Governed;
pub use history::{GOVERNING, History};
pub use live::Live;
pub use memory::Memory;
pub use proposal::{Proposal, Proposed, ProposedDocument};
pub use pulls::{Proof, Pull, of_commit as pull_of};
pub use reading::parse;
pub use rollback::rollback;
pub use snapshots::{Snapshots, States};
pub use source_value::digest as source_digest;
pub use sources::{Base, Sources};
pub use told::{Status, Teller, Told};
pub use trailers::Message;
pub use work_tree::{OnDisk, states as work_tree_states};
