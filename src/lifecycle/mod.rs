//! Floor 8: the people behind accounts, what they said about changes, and whether a change is approved. See SPEC, section 7.
//!
//! Pure: facts of a forge, texts of notes and messages of commits come in; who reads them stands above.

pub mod approvals;
pub mod principals;
pub mod record;
pub mod trailers;
