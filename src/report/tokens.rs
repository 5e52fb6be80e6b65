//! Decision tokens, as JSON and for people.

use schemars::JsonSchema;
use serde::Serialize;

use super::table::aligned;
use super::visible_line;
use crate::written::{Effect, TokenClaims};

/// What `policyc token issue` answers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "policyc issued token")]
pub struct IssuedToken {
    /// Always `policyc.issued-token/v1`.
    schema: &'static str,
    /// The token.
    token: String,
    /// What it says.
    claims: TokenClaims,
}

impl IssuedToken {
    /// A token and what it says.
    #[must_use]
    pub fn new(token: String, claims: TokenClaims) -> Self {
        Self { schema: "policyc.issued-token/v1", token, claims }
    }
}

/// What `policyc token verify` answers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "policyc token")]
pub struct TokenVerdict {
    /// Always `policyc.token/v1`.
    schema: &'static str,
    /// Whether it holds.
    valid: bool,
    /// The name of the first reason against it; null: it holds.
    refused: Option<&'static str>,
    /// That reason in words; null: it holds.
    why: Option<String>,
    /// What it says; null where its signature does not prove that it was said.
    claims: Option<TokenClaims>,
}

impl TokenVerdict {
    /// A token that holds.
    #[must_use]
    pub fn valid(claims: TokenClaims) -> Self {
        Self { schema: "policyc.token/v1", valid: true, refused: None, why: None, claims: Some(claims) }
    }

    /// A token that does not hold.
    #[must_use]
    pub fn refused(word: &'static str, why: String, claims: Option<TokenClaims>) -> Self {
        Self { schema: "policyc.token/v1", valid: false, refused: Some(word), why: Some(why), claims }
    }
}

/// What `policyc token test` answers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "policyc token test")]
pub struct TokenTest {
    /// Always `policyc.token-test/v1`.
    schema: &'static str,
    /// The environment.
    environment: String,
    /// The id of the key.
    key: String,
    /// What was decided of an action that nobody attempts.
    effect: Effect,
    /// The tokens that were tried.
    attempts: Vec<TokenAttempt>,
    /// Whether the sound one held and no other did.
    pub passed: bool,
}

/// One token that was tried.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TokenAttempt {
    /// What it is.
    name: &'static str,
    /// Whether it must hold.
    must_hold: bool,
    /// Whether it held.
    held: bool,
    /// The name of the first reason against it.
    refused: Option<&'static str>,
    /// That reason in words.
    why: Option<String>,
}

impl TokenAttempt {
    /// What came of a token; `against`: name and words of the first reason against it.
    #[must_use]
    pub fn new(name: &'static str, must_hold: bool, against: Option<(&'static str, String)>) -> Self {
        let (refused, why) = against.unzip();
        Self { name, must_hold, held: refused.is_none(), refused, why }
    }
}

impl TokenTest {
    /// Sums up what was tried.
    #[must_use]
    pub fn new(environment: String, key: String, effect: Effect, attempts: Vec<TokenAttempt>) -> Self {
        let passed = attempts.iter().all(|attempt| attempt.held == attempt.must_hold);
        Self { schema: "policyc.token-test/v1", environment, key, effect, attempts, passed }
    }
}

/// The attempts for people: a line each.
#[must_use]
pub fn token_test_human(test: &TokenTest) -> String {
    let row = |attempt: &TokenAttempt| {
        let outcome = if attempt.held { "accepted" } else { "refused" };
        let mark = if attempt.held == attempt.must_hold { "ok" } else { "FAILED" };
        let why = visible_line(attempt.why.as_deref().unwrap_or_default());
        vec![mark.to_owned(), attempt.name.to_owned(), outcome.to_owned(), why]
    };
    let rows: Vec<Vec<String>> = test.attempts.iter().map(row).collect();
    let failed = test.attempts.iter().filter(|attempt| attempt.held != attempt.must_hold).count();
    let sum = match failed {
        0 => format!("all {} as they must be", rows.len()),
        _ => format!("{failed} of {} not as they must be", rows.len()),
    };
    format!("{}{sum}\n", aligned(&rows))
}
