//! The parts of JOSE that a token is made of.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::text::jcs_bytes;

/// The one algorithm.
pub(super) const ALGORITHM: &str = "EdDSA";
/// What a token says that it is.
pub(super) const KIND: &str = "policyc-decision+jwt";

/// In base64url, without padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// The bytes of a text in base64url; `None` for padding, other characters, and bits left over that are not zero: a text
/// that means the same bytes must be the same text.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = Base64UrlUnpadded::decode_vec(text).ok()?;
    (encode(&bytes) == text).then_some(bytes)
}

/// SHA-256, in base64url.
pub(super) fn sha256(bytes: &[u8]) -> String {
    encode(&Sha256::digest(bytes))
}

/// The header of a token by a key.
pub(super) fn header(kid: &str) -> Value {
    json!({"alg": ALGORITHM, "typ": KIND, "kid": kid})
}

/// A JSON value as a part of a token.
pub(super) fn part(value: &Value) -> Result<String, crate::text::NotCanonical> {
    Ok(encode(&jcs_bytes(value)?))
}
