use std::fmt;

use crate::written::{Effect, TokenClaims};

/// Why a token does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is not of the form of a token.
    Form(&'static str),
    /// Its header is not the one that tokens have.
    Header(String),
    /// It names another algorithm.
    Algorithm(String),
    /// It names a key that the environment does not have.
    UnknownKey(String),
    /// It is by a key that is revoked.
    RevokedKey(String),
    /// Its signature is not by the key that it names over what it says.
    Signature,
    /// It says what no token says.
    Claims(String),
    /// It is for another environment.
    Environment(String),
    /// It is issued in the future.
    Future,
    /// It has ended.
    Expired,
    /// It holds longer than the environment lets tokens hold.
    TooLong,
    /// Another bundle decided than the one that is live.
    Bundle,
    /// It is of a lock that is not known here yet.
    Sequence,
    /// What is revoked cannot be read.
    Unreadable(String),
    /// It is revoked.
    RevokedToken,
    /// Everything that was issued before some time is revoked.
    RevokedBefore,
    /// The kill switch is on.
    KillSwitch,
    /// It is about another action.
    Action,
    /// What was decided is not that the action may go ahead.
    Effect(Effect),
}

impl Refusal {
    /// Its name for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Form(_) => "form",
            Self::Header(_) => "header",
            Self::Algorithm(_) => "algorithm",
            Self::UnknownKey(_) => "unknown_key",
            Self::RevokedKey(_) => "revoked_key",
            Self::Signature => "signature",
            Self::Claims(_) => "claims",
            Self::Environment(_) => "environment",
            Self::Future => "future",
            Self::Expired => "expired",
            Self::TooLong => "too_long",
            Self::Bundle => "bundle",
            Self::Sequence => "sequence",
            Self::Unreadable(_) => "unreadable_revocations",
            Self::RevokedToken => "revoked_token",
            Self::RevokedBefore => "revoked_before",
            Self::KillSwitch => "kill_switch",
            Self::Action => "action",
            Self::Effect(_) => "effect",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(why) => write!(f, "it is no token: {why}"),
            Self::Header(why) => write!(f, "its header is none of a decision token: {why}"),
            Self::Algorithm(name) => write!(f, "its algorithm is `{name}`, and only EdDSA is taken"),
            Self::UnknownKey(id) => write!(f, "the environment has no key `{id}`"),
            Self::RevokedKey(id) => write!(f, "the key `{id}` is revoked"),
            Self::Signature => f.write_str("its signature is not by that key over what it says"),
            Self::Claims(why) => write!(f, "it says what no decision token says: {why}"),
            Self::Environment(name) => write!(f, "it is a token of `{name}`"),
            Self::Future => f.write_str("it is issued in the future"),
            Self::Expired => f.write_str("it has expired"),
            Self::TooLong => f.write_str("it holds longer than the environment lets tokens hold"),
            Self::Bundle => f.write_str("another bundle decided than the one that is live"),
            Self::Sequence => f.write_str("it is of a later lock than the one that is known here"),
            Self::Unreadable(why) => write!(f, "nobody can say what is revoked: {why}"),
            Self::RevokedToken => f.write_str("it is revoked"),
            Self::RevokedBefore => f.write_str("everything that was issued when it was is revoked"),
            Self::KillSwitch => f.write_str("the kill switch of the environment is on"),
            Self::Action => f.write_str("it is about another action"),
            Self::Effect(effect) => write!(f, "it says `{}`, not `allow`", effect.as_str()),
        }
    }
}

/// A token that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub why: Refusal,
    /// What it says, where its signature proves that it was said.
    pub claims: Option<Box<TokenClaims>>,
}

impl From<Refusal> for Refused {
    fn from(why: Refusal) -> Self {
        Self { why, claims: None }
    }
}
