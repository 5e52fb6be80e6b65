//! Floor 7: recorded actions. A record is read as it is; what it does not say, or says in a way that cannot be relied
//! on, is unknown and noted, never guessed. See SPEC, section 5.

mod distinct;
mod native;

pub use distinct::distinct;
pub use native::{Record, read};
