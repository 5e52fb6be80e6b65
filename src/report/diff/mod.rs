//! The difference of two sides, shown: as JSON, for people, and as Markdown.

mod build;
mod human;
mod markdown;
mod shape;
mod words;

pub use build::{DiffSide, diff};
pub(super) use build::{Lookup, change_line, side_line};
pub use human::diff_human;
pub(super) use human::{paint, shortened};
pub use markdown::diff_markdown;
pub(super) use markdown::sign;
pub use shape::*;
pub(super) use words::{headline, places, plural, values};
