//! Floor 5: decision tokens. A token is a compact JWS (RFC 7515) with an Ed25519 signature (RFC 8037) over a decision, the
//! digest of the bundle that made it, and the digest of the action. Nothing here knows a clock, a file or a repository:
//! whoever verifies says what holds now ([`Trust`]), and every reason not to take a token is a [`Refusal`].
//!
//! There is one way to write a token, and only that way is read: header and payload are the RFC 8785 bytes of what they
//! say, in base64url without padding. So each token has one spelling, and its id is the digest of what it says.

mod attack;
mod claims;
mod jose;
mod key;
mod refusal;
mod rehearsal;
mod revoked;
mod verify;

pub use attack::{Attack, attacks};
pub use claims::{Draft, Issued, audience, issue};
pub use key::{BadKey, PublicKey, SigningKey};
pub use refusal::{Refusal, Refused};
pub use rehearsal::Rehearsal;
pub use revoked::{Revoked, Target};
pub use verify::{LEEWAY_SECONDS, Live, MAX_TOKEN_BYTES, Trust, unverified, verify};
