//! The difference of two sides, shown: as JSON, for people, and as Markdown.

mod build;
mod human;
mod markdown;
mod shape;
mod words;

pub use build::{DiffSide, diff};
pub use human::diff_human;
pub use markdown::diff_markdown;
pub use shape::*;
