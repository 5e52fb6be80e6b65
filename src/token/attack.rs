//! Tokens that nobody may take, made from one that holds: what `policyc token test` tries.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::claims::sign;
use super::jose::{encode, header, part};
use super::{Draft, SigningKey, issue};
use crate::text::{Digest, NotCanonical};
use crate::written::Effect;

/// A token that must be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attack {
    /// What is wrong with it.
    pub name: &'static str,
    /// The token.
    pub token: String,
}

/// Every attack on a token of this draft by this key, which is one of the environment. `stranger` is a key that is not.
///
/// # Errors
/// [`NotCanonical`] as [`issue`].
pub fn attacks(key: &SigningKey, stranger: &SigningKey, draft: &Draft) -> Result<Vec<Attack>, NotCanonical> {
    let mut all = signed_for_another_use(key, draft)?;
    all.extend(altered(key, stranger, draft)?);
    Ok(all)
}

/// Sound tokens, signed by a key of the environment, that are not of here and now.
fn signed_for_another_use(key: &SigningKey, draft: &Draft) -> Result<Vec<Attack>, NotCanonical> {
    let past = draft.issued_at.saturating_sub(draft.ttl.saturating_add(1));
    let other_bundle = Digest::of(b"another bundle").to_string();
    let later = draft.issued_at.saturating_add(super::LEEWAY_SECONDS + 600);
    let drafts = [
        ("expired", Draft { issued_at: past, ..draft.clone() }),
        ("issued in the future", Draft { issued_at: later, ..draft.clone() }),
        ("other bundle", Draft { bundle: other_bundle, ..draft.clone() }),
        ("other environment", Draft { environment: format!("{}-other", draft.environment), ..draft.clone() }),
        ("later lock", Draft { sequence: draft.sequence.saturating_add(1), ..draft.clone() }),
    ];
    drafts.into_iter().map(|(name, draft)| Ok(Attack { name, token: issue(key, &draft)?.token })).collect()
}

/// Tokens that were not signed as they stand.
fn altered(key: &SigningKey, stranger: &SigningKey, draft: &Draft) -> Result<Vec<Attack>, NotCanonical> {
    let issued = issue(key, draft)?;
    let claims = serde_json::to_value(&issued.claims).map_err(|error| NotCanonical(error.to_string()))?;
    let kid = key.public().id();
    let (signed, signature) = issued.token.rsplit_once('.').unwrap_or_default();
    let with = |name: &str, value: Value| {
        let mut header = header(&kid);
        header.as_object_mut().map(|map| map.insert(name.to_owned(), value));
        header
    };
    let payload = part(&claims)?;
    let none = part(&with("alg", json!("none")))?;
    // A key that is public must not be taken for a secret that is shared.
    let hs256 = part(&with("alg", json!("HS256")))?;
    let secret = key.public().to_openssh();
    let as_secret = encode(&hmac(secret.as_bytes(), format!("{hs256}.{payload}").as_bytes()));
    let mut flipped = claims.clone();
    if let Some(effect) = flipped.pointer_mut("/decision/effect") {
        *effect = json!(if draft.decision.effect == Effect::Allow { Effect::Deny } else { Effect::Allow });
    }
    let attacks = [
        ("algorithm none", format!("{none}.{payload}.")),
        ("algorithm none, signed", sign(key, &with("alg", json!("none")), &claims)?),
        ("algorithm HS256", format!("{hs256}.{payload}.{as_secret}")),
        ("algorithm ES256", sign(key, &with("alg", json!("ES256")), &claims)?),
        ("critical extension", sign(key, &with("crit", json!(["exp"])), &claims)?),
        ("key in the header", sign(stranger, &with("jwk", json!({"kty": "OKP"})), &claims)?),
        ("signature stripped", format!("{signed}.")),
        ("signature left out", signed.to_owned()),
        ("signature padded", format!("{signed}.{signature}=")),
        ("payload flipped", format!("{}.{}.{signature}", part(&header(&kid))?, part(&flipped)?)),
        ("other key", issue(stranger, draft)?.token),
        ("other key under this name", sign(stranger, &header(&kid), &claims)?),
    ];
    Ok(attacks.into_iter().map(|(name, token)| Attack { name, token }).collect())
}

/// HMAC with SHA-256, which no part of policyc takes for a signature.
fn hmac(secret: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; 64];
    let secret = if secret.len() > block.len() { Sha256::digest(secret).to_vec() } else { secret.to_vec() };
    block.iter_mut().zip(&secret).for_each(|(byte, own)| *byte = *own);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_wrong_algorithm_is_done_right() {
        let mac = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(encode(&mac), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM");
    }
}
