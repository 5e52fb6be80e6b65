//! Floor 7: recorded actions. A record is read as it is; what it does not say, or says in a way that cannot be relied
//! on, is unknown and noted, never guessed. See SPEC, section 5.

mod claude_code;
mod distinct;
mod lines;
mod native;

pub use claude_code::hook_line;
pub use distinct::distinct;
pub use lines::{Lines, MAX_LINE_BYTES};
pub use native::{Record, native_line, read};
