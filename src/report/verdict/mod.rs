//! The report on a change, for whoever reviews it: one verdict and everything behind it, as JSON, for people, and as Markdown
//! for the summary of a job and for a comment.

mod build;
mod human;
mod markdown;
mod shape;

pub use build::{CiOf, Told, approvals, ci};
pub use human::ci_human;
pub use markdown::{Place, ci_failure, ci_markdown};
pub use shape::*;
