//! Floor 7: recorded actions. A record is read as it is; what it does not say, or says in a way that cannot be relied
//! on, is unknown and noted, never guessed. See SPEC, section 5.
//!
//! [`detect`] tells the [`Form`] of a log from its beginning, [`read_all`] reads it to its end. Each form has a file;
//! they share `documents` (text → JSON documents), `node` (a part of one, as it stands), `draft` (a record in the making)
//! and `waiting` (calls whose results have not come yet). `mapped` reads what a mapping describes, as a native record.

mod anthropic;
mod attributes;
mod claude_code;
mod claude_hooks;
mod claude_transcript;
mod detect;
mod documents;
mod doubts;
mod draft;
mod item;
mod lines;
mod mapped;
mod marks;
mod mcp;
mod misspelt;
mod native;
mod native_fields;
mod native_line;
mod node;
mod openai_chat;
mod openai_responses;
mod otel;
mod readers;
mod row;
mod scan;
mod stream;
mod talk;
mod unix;
mod waiting;

pub use claude_code::hook_line;
pub use detect::{BEGINNING_BYTES, detect};
pub use documents::MAX_DOCUMENT_BYTES;
pub use doubts::kind_of_doubt;
pub use item::{Form, Found, Item, Place};
pub use lines::{BREAKS_OFF, Lines, MAX_LINE_BYTES, broken, too_long};
pub use mapped::read_mapped;
pub use native::{Record, read};
pub use readers::read_all;
pub use row::{Row, Rows, member};
