//! Floor 8: exactly what a change permits and forbids: every region of actions whose effect differs between two bundles,
//! each with a witness and the deciding parts on both sides, or the proof that there is none. Pure: bundles go in, regions
//! come out; no file, no clock, no solver.
//!
//! The regions speak of actions all of whose facts are known, and of what the action alone decides: what hangs on earlier
//! actions or on a service (budgets, rates, evidence, grounding, webhooks) is left out on both sides ([`stateless`]).
//! Exceptions for a number of uses are looked at both ways, with uses left and used up. See docs/effects.md.

mod bits;
mod cover;
mod cuboid;
mod findings;
mod merged;
mod observed;
mod rows;
mod search;
mod shape;
mod space;
mod stateless;
mod statements;
mod told;
mod unlike;
mod vocabulary;
mod witness;

pub use observed::{Found, Observer};
pub use shape::{
    Area, Broad, Decider, Effects, Except, Findings, Limits, Piece, Place, Row, Shadowed, Side, Tie, Transition,
    Unlike, Unproven,
};
pub use stateless::{Stateless, stateless, with_uses_left};

use crate::model::Bundle;
use stateless::counting;

/// Every region whose effect is another on the two sides.
#[must_use]
pub fn effects(base: &Bundle, head: &Bundle, limits: Limits) -> Effects {
    let (counting_base, counting_head) = (counting(base), counting(head));
    rows::of([base, head], [&counting_base, &counting_head], limits)
}

/// What the same regions say of one bundle: rules that never decide, or make no difference.
#[must_use]
pub fn findings(bundle: &Bundle, limits: Limits) -> Findings {
    findings::of(bundle, &counting(bundle), limits)
}
