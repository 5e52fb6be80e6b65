//! Floor 8: how a model is asked what sentences mean that the grammar does not read: the question, the answer, and what is
//! taken of it. Nothing is sent here: a [`Talk`](crate::forge::net::Talk) does that, which the host has for real.
//!
//! A model is a stranger. What it says is read strictly and within limits, may use no name that neither the sentence nor the
//! catalog has, and is only ever a proposal: sentences of the grammar, which a person accepts and a file keeps.

mod answer;
mod ask;
mod endpoint;
mod names;
mod question;

pub use answer::{Meaning, Reading, read};
pub use ask::{MAX_ANSWER_BYTES, MAX_WAIT, TRIES, ask};
pub use endpoint::{DEFAULT_MODEL, DEFAULT_URL, Endpoint, Unasked, Wishes};
pub use names::Names;
pub use question::{MAX_SENTENCES, Question, Sentences};
