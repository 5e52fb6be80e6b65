//! How forges are asked: addresses, pages, repeated tries, limits, and what their answers mean. Nothing is sent here: a
//! [`Talk`] does that, which the host has for real and a test has from paper.
//!
//! Whatever a forge does not answer is a failure, never less facts: a page that is left out might hold the review that
//! takes an approval back.

mod api;
mod ask;
mod comment;
mod github;
mod gitlab;

use std::collections::BTreeSet;
use std::fmt;

use super::{Facts, Forge};
use crate::diag::Failure;

pub use api::{Api, is_commit, is_repository};
pub use ask::{Answer, Asker, MAX_PAGES, MAX_WAIT};
pub use comment::{Kept, MARKER, keep, refusal};

/// The longest answer that is read.
pub const MAX_ANSWER_BYTES: u64 = 16 << 20;

/// The most pull requests of one commit that are asked for.
const MAX_PULLS: usize = 100;

/// What sends a request, waits, and knows the time.
pub trait Talk {
    /// Sends a request once and reads the whole answer, whatever its status. Follows no redirect.
    ///
    /// # Errors
    /// When there is no answer, or not a whole one.
    fn send(&mut self, request: &Request) -> Result<Response, Lost>;
    /// Lets so many seconds pass.
    fn wait(&mut self, seconds: u64);
    /// Seconds since 1970.
    fn now(&self) -> i64;
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Make something new: done twice, it is there twice.
    Post,
    /// Change, at GitHub.
    Patch,
    /// Change, at GitLab.
    Put,
}

impl Method {
    /// As HTTP writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
        }
    }
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is to be done.
    pub method: Method,
    /// The whole address, below the origin of the API.
    pub address: String,
    /// Names and values, without the credential.
    pub headers: Vec<(&'static str, String)>,
    /// Who asks.
    pub credential: Credential,
    /// A JSON text.
    pub body: Option<String>,
}

/// An answer, of whatever status.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names in small letters, and values.
    pub headers: Vec<(String, String)>,
    /// All of it.
    pub body: Vec<u8>,
}

impl Response {
    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a header.
    pub fn headers_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// There was no whole answer.
#[derive(Debug, Clone)]
pub struct Lost {
    /// Why, in words that hold nothing of the request.
    pub why: String,
    /// Whether it may go well the next time.
    pub again: bool,
    /// Whether it is lost because it took too long.
    pub late: bool,
}

/// A secret that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The secret, without the white space around it; `None` where it cannot be one: it is empty, or could break out of a
    /// header.
    #[must_use]
    pub fn new(secret: &str) -> Option<Self> {
        let secret = secret.trim();
        let fits = !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(secret.to_owned()))
    }

    /// For the one place that writes it into a header.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// A text of whoever was asked without the secret, should it have been sent back.
    #[must_use]
    pub fn kept_out_of(&self, text: &str) -> String {
        text.replace(&self.0, "***")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// How a token is sent.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The header.
    pub header: &'static str,
    /// What stands before the token.
    pub scheme: &'static str,
    /// The token.
    pub token: Token,
}

impl Credential {
    /// As GitHub takes tokens.
    #[must_use]
    pub fn bearer(token: Token) -> Self {
        Self { header: "authorization", scheme: "Bearer ", token }
    }

    /// As GitLab takes the tokens of people and projects.
    #[must_use]
    pub fn private(token: Token) -> Self {
        Self { header: "private-token", scheme: "", token }
    }

    /// As Google's APIs take keys.
    #[must_use]
    pub fn key(token: Token) -> Self {
        Self { header: "x-goog-api-key", scheme: "", token }
    }

    /// As GitLab takes the tokens of its jobs.
    #[must_use]
    pub fn of_job(token: Token) -> Self {
        Self { header: "job-token", scheme: "", token }
    }
}

/// A repository, and where its forge is asked.
#[derive(Debug, Clone)]
pub struct Place {
    /// Which forge it is.
    pub forge: Forge,
    /// Where its API is.
    pub api: Api,
    /// The host that people meet.
    pub host: String,
    /// Owner and name; at GitLab there may be several groups.
    pub repository: String,
    /// GitLab's number of the project, where it is known.
    pub project: Option<String>,
}

/// Whose facts are wanted: pull requests by number, and those that commits came with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Numbers.
    pub pulls: BTreeSet<u64>,
    /// Commits, in full.
    pub commits: BTreeSet<String>,
}

/// What was fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The facts.
    pub facts: Facts,
    /// What the forge would not say and the facts can do without, in words.
    pub unsaid: Vec<String>,
}

/// Asks for everything that is to be known of pull requests and their reviews.
///
/// # Errors
/// `PC0917` where the forge does not answer, `PC0914` where an answer is not what it should be.
pub fn fetch(asker: &mut Asker<'_>, wanted: &Wanted) -> Result<Fetched, Failure> {
    match asker.place.forge {
        Forge::GitHub => github::fetch(asker, wanted),
        Forge::GitLab => gitlab::fetch(asker, wanted),
    }
}
