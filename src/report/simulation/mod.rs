//! The report of a replay: one value ([`Simulation`]), shown for people, as JSON, as Markdown and as a page.

mod build;
mod html;
mod human;
mod markdown;
mod shape;
mod words;

pub use build::{AskedOf, ShownSide, simulation};
pub use html::simulation_html;
pub use human::simulation_human;
pub use markdown::simulation_markdown;
pub(super) use markdown::{code, parts};
pub use shape::*;
pub(super) use words::{count, grouped};
