//! What operators ask: `audit`, `health` and `verify`.

pub mod audit;
pub mod entries;
pub mod health;
mod keys;
pub mod verify;
