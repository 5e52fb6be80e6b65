use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::text::Digest;
use crate::written::{Revocation, Revocations, TokenClaims};

/// The form of the file.
const SCHEMA: &str = "policyc.revocations/v1";

/// What one revocation is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// One token, by its id.
    Token(String),
    /// Everything by a key.
    Key(String),
    /// Everything that was issued before a time.
    IssuedBefore(Timestamp),
}

impl Target {
    /// What a revocation is about.
    ///
    /// # Errors
    /// In words, when it is about nothing, about several things, or about nothing that there can be.
    pub fn of(written: &Revocation) -> Result<Self, String> {
        match (&written.token, &written.key, &written.issued_before) {
            (Some(token), None, None) => Self::token(token),
            (None, Some(key), None) => Self::key(key),
            (None, None, Some(time)) => Self::issued_before(time),
            _ => Err("an entry names not exactly one of `token`, `key` and `issued_before`".to_owned()),
        }
    }

    /// One token.
    ///
    /// # Errors
    /// When the text is no id of a token.
    pub fn token(text: &str) -> Result<Self, String> {
        Digest::parse(text).map(|id| Self::Token(id.to_string())).ok_or_else(|| format!("`{text}` is no id of a token"))
    }

    /// Everything by a key.
    ///
    /// # Errors
    /// When the text is no id of a key.
    pub fn key(text: &str) -> Result<Self, String> {
        let fits = super::jose::decode(text).is_some_and(|bytes| bytes.len() == 32);
        if fits { Ok(Self::Key(text.to_owned())) } else { Err(format!("`{text}` is no id of a key")) }
    }

    /// Everything that was issued before a time.
    ///
    /// # Errors
    /// When the text is no RFC 3339 time.
    pub fn issued_before(text: &str) -> Result<Self, String> {
        text.parse().map(Self::IssuedBefore).map_err(|_| format!("`{text}` is no RFC 3339 time"))
    }
}

/// What is revoked in an environment. It only ever grows: whatever says that something is revoked, counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revoked {
    tokens: BTreeSet<String>,
    keys: BTreeSet<String>,
    issued_before: Option<Timestamp>,
    /// Why not everything that is revoked is known; then no token holds.
    pub unreadable: Option<String>,
}

impl Revoked {
    /// Reads the text of a file of revocations.
    ///
    /// # Errors
    /// In words, when it is none of this environment.
    pub fn read(text: &str, environment: &str) -> Result<Revocations, String> {
        let value = crate::text::distinct(text).map_err(|error| error.to_string())?;
        let written: Revocations = serde_json::from_value(value).map_err(|error| error.to_string())?;
        if written.schema != SCHEMA || written.environment != environment {
            return Err("it is of another environment, or of another form".to_owned());
        }
        written.revoked.iter().try_for_each(|entry| Target::of(entry).map(drop))?;
        Ok(written)
    }

    /// A file of revocations.
    #[must_use]
    pub fn file(environment: &str, revoked: Vec<Revocation>) -> Revocations {
        Revocations { schema: SCHEMA.to_owned(), environment: environment.to_owned(), revoked }
    }

    /// Takes another revocation; false if it says nothing new.
    pub fn take(&mut self, target: Target) -> bool {
        match target {
            Target::Token(id) => self.tokens.insert(id),
            Target::Key(id) => self.keys.insert(id),
            Target::IssuedBefore(time) => {
                let news = self.issued_before.is_none_or(|known| known < time);
                self.issued_before = self.issued_before.max(Some(time));
                news
            }
        }
    }

    /// Whether a key is revoked.
    #[must_use]
    pub fn holds_key(&self, id: &str) -> bool {
        self.keys.contains(id)
    }

    /// Whether a token is revoked by its id.
    #[must_use]
    pub fn holds_token(&self, claims: &TokenClaims) -> bool {
        self.tokens.contains(&claims.jti)
    }

    /// Whether a token was issued when everything that was issued is revoked. What cannot be told apart is.
    #[must_use]
    pub fn holds_time(&self, claims: &TokenClaims) -> bool {
        let issued = i64::try_from(claims.iat).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        self.issued_before.is_some_and(|before| issued.is_none_or(|issued| issued < before))
    }
}
