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
#[cfg(test)]
pub(super) use markdown::MOST_CHARACTERS;
pub use markdown::diff_markdown;
pub(super) use markdown::{Page, sign};
pub use shape::*;
pub(super) use words::{headline, path, places, plural, pointer, values};
