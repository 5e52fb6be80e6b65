use serde_json::Value;

use super::SigningKey;
use super::jose::{encode, header, part};
use crate::text::{Digest, NotCanonical, jcs_bytes};
use crate::written::{TokenClaims, TokenDecision};

/// Who issues.
pub(super) const ISSUER: &str = "policyc";
/// The greatest number that every reader of JSON reads alike.
pub(super) const MAX_NUMBER: u64 = (1 << 53) - 1;

/// What a token is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The environment.
    pub environment: String,
    /// The digest of the bundle that decided.
    pub bundle: String,
    /// The sequence of its lock.
    pub sequence: u64,
    /// The decision.
    pub decision: TokenDecision,
    /// The digest of the action.
    pub action: Digest,
    /// Who acts.
    pub agent_id: Option<String>,
    /// The run.
    pub run_id: Option<String>,
    /// When it is issued, in Unix seconds.
    pub issued_at: u64,
    /// How long it holds, in seconds.
    pub ttl: u64,
}

/// A token, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The token.
    pub token: String,
    /// What it says.
    pub claims: TokenClaims,
}

/// Where the tokens of an environment hold.
#[must_use]
pub fn audience(environment: &str) -> String {
    format!("environment:{environment}")
}

/// Signs a token.
///
/// # Errors
/// [`NotCanonical`] when a number is one that not every reader of JSON reads alike.
pub fn issue(key: &SigningKey, draft: &Draft) -> Result<Issued, NotCanonical> {
    let claims = claims(draft)?;
    let payload = serde_json::to_value(&claims).map_err(|error| NotCanonical(error.to_string()))?;
    Ok(Issued { token: sign(key, &header(&key.public().id()), &payload)?, claims })
}

/// Signs any header and payload: what [`issue`] does with its own, and what attacks do with theirs.
pub(super) fn sign(key: &SigningKey, header: &Value, payload: &Value) -> Result<String, NotCanonical> {
    let signed = format!("{}.{}", part(header)?, part(payload)?);
    Ok(format!("{signed}.{}", encode(&key.sign(signed.as_bytes()))))
}

fn claims(draft: &Draft) -> Result<TokenClaims, NotCanonical> {
    let exp = draft.issued_at.checked_add(draft.ttl).filter(|exp| *exp <= MAX_NUMBER && draft.sequence <= MAX_NUMBER);
    let exp = exp.ok_or_else(|| NotCanonical("a number of the token is too great".to_owned()))?;
    let claims = TokenClaims {
        iss: ISSUER.to_owned(),
        aud: audience(&draft.environment),
        jti: String::new(),
        iat: draft.issued_at,
        exp,
        bundle: draft.bundle.clone(),
        sequence: draft.sequence,
        decision: draft.decision.clone(),
        action: draft.action.to_string(),
        agent_id: draft.agent_id.clone(),
        run_id: draft.run_id.clone(),
    };
    let jti = id(&claims)?;
    Ok(TokenClaims { jti, ..claims })
}

/// The id of a token: the digest of everything that it says but the id.
pub(super) fn id(claims: &TokenClaims) -> Result<String, NotCanonical> {
    let mut value = serde_json::to_value(claims).map_err(|error| NotCanonical(error.to_string()))?;
    value.as_object_mut().and_then(|map| map.remove("jti"));
    Ok(Digest::of(&jcs_bytes(&value)?).to_string())
}
