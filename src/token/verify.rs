use serde_json::Value;

use super::claims::{ISSUER, MAX_NUMBER, id};
use super::jose::{ALGORITHM, KIND, decode, header};
use super::{PublicKey, Refusal, Refused, Revoked, audience};
use crate::text::{Digest, distinct, jcs_bytes};
use crate::written::{Effect, TokenClaims};

/// How far the clock of whoever issued may be ahead, in seconds.
pub const LEEWAY_SECONDS: u64 = 60;
/// The longest token that is looked at.
pub const MAX_TOKEN_BYTES: usize = 64 << 10;

/// What is live in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// The digest of the bundle.
    pub bundle: String,
    /// The sequence of the lock.
    pub sequence: u64,
    /// Whether everything is stopped.
    pub kill_switch: bool,
}

/// What a token is held against.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The environment.
    pub environment: String,
    /// Its keys.
    pub keys: Vec<PublicKey>,
    /// The longest that its tokens hold, in seconds.
    pub max_ttl: Option<u64>,
    /// What is revoked there.
    pub revoked: Revoked,
    /// What is live there.
    pub live: Live,
    /// What time it is, in Unix seconds.
    pub now: u64,
    /// The action that is about to happen; `None`: it is not asked for.
    pub action: Option<Digest>,
    /// Whether a token that says something else than `allow` is taken too.
    pub any_effect: bool,
}

/// The three parts of a token, taken apart.
struct Parts<'a> {
    header: Value,
    payload: Value,
    signature: [u8; 64],
    signed: &'a str,
}

/// Takes a token, or says why not.
///
/// # Errors
/// The first reason against it.
pub fn verify(token: &str, trust: &Trust) -> Result<TokenClaims, Refused> {
    let parts = parts(token)?;
    let key = signer(&parts.header, trust)?;
    if !key.verifies(parts.signed.as_bytes(), &parts.signature) {
        return Err(Refusal::Signature.into());
    }
    let claims = claims(&parts.payload)?;
    match against(&claims, trust) {
        Ok(()) => Ok(claims),
        Err(why) => Err(Refused { why, claims: Some(Box::new(claims)) }),
    }
}

/// What a token says, whoever said it: to name it, never to believe it.
///
/// # Errors
/// When it is no token by its form.
pub fn unverified(token: &str) -> Result<TokenClaims, Refusal> {
    claims(&parts(token)?.payload)
}

fn parts(token: &str) -> Result<Parts<'_>, Refusal> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Refusal::Form("it is too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Form("it has not three parts"))?;
    let (header, payload) = signed.split_once('.').ok_or(Refusal::Form("it has not three parts"))?;
    if payload.contains('.') {
        return Err(Refusal::Form("it has not three parts"));
    }
    let bytes = |part: &str| decode(part).ok_or(Refusal::Form("a part is not base64url without padding"));
    let (header, payload, signature) = (bytes(header)?, bytes(payload)?, bytes(signature)?);
    let header = object(&header).map_err(Refusal::Header)?;
    // What the header says is looked at first: it says why a signature is missing.
    check_header(&header)?;
    let signature = signature.try_into().map_err(|_| Refusal::Form("its signature has not 64 bytes"))?;
    Ok(Parts { header, payload: object(&payload).map_err(Refusal::Claims)?, signature, signed })
}

/// A JSON object in the one form in which tokens have it.
fn object(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let value = distinct(text).map_err(|error| error.to_string())?;
    if !value.is_object() {
        return Err("it is no JSON object".to_owned());
    }
    let canonical = jcs_bytes(&value).map_err(|error| error.0)?;
    if canonical == bytes { Ok(value) } else { Err("it is not written as RFC 8785 has it".to_owned()) }
}

fn check_header(value: &Value) -> Result<(), Refusal> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    match text("alg") {
        Some(ALGORITHM) => {}
        Some(other) => return Err(Refusal::Algorithm(other.chars().take(40).collect())),
        None => return Err(Refusal::Header("it names no algorithm".to_owned())),
    }
    if text("typ") != Some(KIND) {
        return Err(Refusal::Header(format!("its `typ` is not `{KIND}`")));
    }
    // `crit`, `jwk`, `x5u` and the like ask to be understood, and are not.
    match text("kid") {
        Some(kid) if *value == header(kid) => Ok(()),
        Some(_) => Err(Refusal::Header("it has other members than `alg`, `typ` and `kid`".to_owned())),
        None => Err(Refusal::Header("it names no key".to_owned())),
    }
}

fn signer<'t>(header: &Value, trust: &'t Trust) -> Result<&'t PublicKey, Refusal> {
    let kid = header.get("kid").and_then(Value::as_str).unwrap_or_default();
    let unknown = || Refusal::UnknownKey(kid.chars().take(60).collect());
    let key = trust.keys.iter().find(|key| key.id() == kid).ok_or_else(unknown)?;
    if trust.revoked.holds_key(kid) { Err(Refusal::RevokedKey(kid.to_owned())) } else { Ok(key) }
}

/// What a payload says, where it says exactly what tokens say.
fn claims(payload: &Value) -> Result<TokenClaims, Refusal> {
    let wrong = |why: &str| Refusal::Claims(why.to_owned());
    let claims: TokenClaims =
        serde_json::from_value(payload.clone()).map_err(|error| Refusal::Claims(error.to_string()))?;
    // An absent name and one that is null are not the same text.
    if serde_json::to_value(&claims).ok().as_ref() != Some(payload) {
        return Err(wrong("it is not written as tokens are"));
    }
    if claims.iss != ISSUER {
        return Err(wrong("it is issued by somebody else"));
    }
    if Digest::parse(&claims.bundle).is_none() || Digest::parse(&claims.action).is_none() {
        return Err(wrong("a digest is none"));
    }
    if claims.exp <= claims.iat || claims.exp > MAX_NUMBER || claims.sequence > MAX_NUMBER {
        return Err(wrong("its times or its sequence cannot be"));
    }
    if id(&claims).ok().as_ref() != Some(&claims.jti) {
        return Err(wrong("its id is not the digest of what it says"));
    }
    Ok(claims)
}

fn against(claims: &TokenClaims, trust: &Trust) -> Result<(), Refusal> {
    let held = |holds: bool, why: Refusal| if holds { Ok(()) } else { Err(why) };
    let other = claims.aud.strip_prefix("environment:").unwrap_or(&claims.aud);
    held(claims.aud == audience(&trust.environment), Refusal::Environment(other.chars().take(64).collect()))?;
    held(claims.iat <= trust.now.saturating_add(LEEWAY_SECONDS), Refusal::Future)?;
    held(claims.exp > trust.now, Refusal::Expired)?;
    held(trust.max_ttl.is_none_or(|most| claims.exp.saturating_sub(claims.iat) <= most), Refusal::TooLong)?;
    if let Some(why) = &trust.revoked.unreadable {
        return Err(Refusal::Unreadable(why.clone()));
    }
    held(!trust.revoked.holds_token(claims), Refusal::RevokedToken)?;
    held(!trust.revoked.holds_time(claims), Refusal::RevokedBefore)?;
    held(!trust.live.kill_switch, Refusal::KillSwitch)?;
    held(claims.bundle == trust.live.bundle, Refusal::Bundle)?;
    held(claims.sequence <= trust.live.sequence, Refusal::Sequence)?;
    held(trust.action.is_none_or(|action| action.to_string() == claims.action), Refusal::Action)?;
    held(trust.any_effect || claims.decision.effect == Effect::Allow, Refusal::Effect(claims.decision.effect))
}
