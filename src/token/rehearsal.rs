use super::{Draft, Issued, Refused, SigningKey, Trust, issue, verify};
use crate::text::{Digest, NotCanonical};

/// Issues and verifies as often as somebody wants to see it done. It measures nothing: whoever asks holds the clock.
#[derive(Debug)]
pub struct Rehearsal<'a> {
    /// The key.
    pub key: &'a SigningKey,
    /// What every token says, but for its action.
    pub draft: &'a Draft,
    /// What the tokens are held against.
    pub trust: &'a Trust,
}

impl Rehearsal<'_> {
    /// Issues the token of a round; each round has an action of its own, so that no two tokens are the same.
    ///
    /// # Errors
    /// [`NotCanonical`] as [`issue`].
    pub fn issue(&self, round: u64) -> Result<Issued, NotCanonical> {
        issue(self.key, &Draft { action: Digest::of(format!("round {round}").as_bytes()), ..self.draft.clone() })
    }

    /// Verifies the token of a round.
    ///
    /// # Errors
    /// When it does not hold.
    pub fn verify(&self, issued: &Issued) -> Result<(), Refused> {
        verify(&issued.token, self.trust).map(drop)
    }
}
