//! policyc: policy as code for the policies that govern AI agents.
//!
//! Data flows one way. A [`source::SourceSet`] (a folder, a commit, standard input) is read by [`syntax`] into
//! trees with places; [`lower`] holds each tree against the JSON Schema of its kind ([`written`]) and turns it
//! into what it means ([`model`]); [`canon`] writes the meaning as canonical bytes with a digest and reads them
//! again; [`lint`] looks for likely mistakes. [`compile`] is the one door through all of this. Findings are plain
//! data ([`diag`]) until [`report`] shows them. [`git`] stands beside the pipeline, [`host`] is the only place
//! that touches the world, [`cli`] is what people type.
//!
//! ARCHITECTURE.md says who may use whom; `tests/floors.rs` holds it.

pub mod assist;
pub mod canon;
pub mod cli;
pub mod compile;
pub mod diag;
pub mod diff;
pub mod effects;
pub mod engine;
pub mod forge;
pub mod git;
pub mod host;
pub mod lifecycle;
pub mod lint;
pub mod lower;
pub mod model;
pub mod records;
pub mod replay;
pub mod report;
pub mod source;
mod stray;
pub mod suite;
pub mod syntax;
pub mod text;
pub mod token;
pub mod written;
