//! What a change permits and forbids, shown: as JSON, for people, and as Markdown.

mod build;
mod human;
mod markdown;
mod shape;
#[cfg(test)]
mod tests;
mod words;

pub use build::{EffectsOf, effects};
pub use human::effects_human;
pub use markdown::effects_markdown;
pub(super) use markdown::{Section, is_plain, sections};
pub use shape::*;
pub(super) use words::notes;
