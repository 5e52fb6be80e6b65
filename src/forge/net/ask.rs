use jiff::Timestamp;
use serde_json::Value;

use super::api::next_link;
use super::{Credential, Lost, Method, Place, Request, Response, Talk};
use crate::diag::{Failure, codes};
use crate::forge::Forge;
use crate::text::distinct;

/// The most pages of one list.
pub const MAX_PAGES: usize = 100;
/// The longest that a command waits because a forge told it to, in seconds.
pub const MAX_WAIT: u64 = 60;
/// How long is waited before a further try, in seconds.
const PAUSES: [u64; 3] = [1, 2, 4];
/// The longest part of a forge's message that is shown, in characters.
const MAX_MESSAGE: usize = 300;

/// Asks a forge about one repository.
pub struct Asker<'a> {
    /// What is asked about.
    pub place: Place,
    talk: &'a mut dyn Talk,
    credential: Credential,
    /// How long was waited because the forge told so.
    waited: u64,
}

/// An answer, and the words for what was asked.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Method and path.
    pub asked: String,
    /// What came.
    pub response: Response,
}

impl<'a> Asker<'a> {
    /// Somebody who asks.
    pub fn new(place: Place, credential: Credential, talk: &'a mut dyn Talk) -> Self {
        Self { place, talk, credential, waited: 0 }
    }

    /// Asks for a path of the API; an answer of any status.
    ///
    /// # Errors
    /// When there is none, or the forge wants to be left alone for long.
    pub fn get(&mut self, path: &str) -> Result<Answer, Failure> {
        let address = self.place.api.at(path);
        self.send(Method::Get, address, None)
    }

    /// Sends a JSON value to a path of the API; an answer of any status.
    ///
    /// # Errors
    /// As [`Asker::get`].
    pub fn give(&mut self, method: Method, path: &str, value: &Value) -> Result<Answer, Failure> {
        let address = self.place.api.at(path);
        self.send(method, address, Some(value.to_string()))
    }

    /// The JSON value at a path.
    ///
    /// # Errors
    /// Also when the forge refuses, or its answer is no JSON.
    pub fn json(&mut self, path: &str) -> Result<Value, Failure> {
        let answer = self.get(path)?;
        self.value(&answer)
    }

    /// Every item of a list, over all its pages.
    ///
    /// # Errors
    /// Also when there are too many pages, or the next one is said to be elsewhere.
    pub fn pages(&mut self, path: &str) -> Result<Vec<Value>, Failure> {
        let first = self.place.api.at(&format!("{path}{}per_page=100", if path.contains('?') { '&' } else { '?' }));
        let (mut items, mut address) = (Vec::new(), first.clone());
        for _ in 0..MAX_PAGES {
            let answer = self.send(Method::Get, address, None)?;
            match self.value(&answer)? {
                Value::Array(page) => items.extend(page),
                _ => return Err(answer.strange("it is no list")),
            }
            match self.next(&answer, &first)? {
                Some(next) => address = next,
                None => return Ok(items),
            }
        }
        let message = format!("GET {path}: there are more than {MAX_PAGES} pages");
        Err(Failure::new(codes::FORGE, message).help("nothing was left out silently: nothing is said at all"))
    }

    /// The address of the next page.
    fn next(&self, answer: &Answer, first: &str) -> Result<Option<String>, Failure> {
        let page = answer.response.header("x-next-page").filter(|_| self.place.forge == Forge::GitLab);
        if let Some(page) = page {
            return match page.trim() {
                "" => Ok(None),
                page if page.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Some(format!("{first}&page={page}"))),
                _ => Err(answer.strange("its `x-next-page` is no number")),
            };
        }
        match answer.response.headers_of("link").find_map(next_link) {
            Some(next) if self.place.api.holds(next) => Ok(Some(next.to_owned())),
            Some(_) => {
                let message = format!("{}: the next page is said to be at another origin", answer.asked);
                Err(Failure::new(codes::FORGE, message).help("nothing was sent there; name the API with --api"))
            }
            None => Ok(None),
        }
    }

    /// The JSON value of an answer that says yes.
    ///
    /// # Errors
    /// When it says no, or is no JSON.
    pub fn value(&self, answer: &Answer) -> Result<Value, Failure> {
        if !(200..300).contains(&answer.response.status) {
            return Err(self.refused(answer));
        }
        let text = std::str::from_utf8(&answer.response.body).map_err(|_| answer.strange("it is no UTF-8 text"))?;
        distinct(text).map_err(|error| {
            answer.strange(&format!("it is no JSON that can be read: {}", self.shown(&error.to_string())))
        })
    }

    /// What to say of an answer that says no.
    #[must_use]
    pub fn refused(&self, answer: &Answer) -> Failure {
        let status = answer.response.status;
        if (300..400).contains(&status) {
            return self.moved(answer);
        }
        let said = self.message(&answer.response);
        let message = format!("{}: the forge answered {status}{said}", answer.asked);
        Failure::new(codes::FORGE, message).help(match status {
            401 => "the forge does not know the token, or it has run out",
            403 => "the token may not do this; docs/forge.md lists what a job must be permitted",
            404 => "it is not there, or the token may not see it; docs/forge.md lists what a job must be permitted",
            500..=599 => "the forge has trouble of its own; try again later",
            _ => "docs/forge.md says what is asked for",
        })
    }

    fn moved(&self, answer: &Answer) -> Failure {
        let to = answer.response.header("location").map(|to| to.split(['?', '#']).next().unwrap_or(to));
        let to = to.map_or(String::new(), |to| format!(" to {}", self.shown(to)));
        let message = format!("{}: the forge redirects{to} ({})", answer.asked, answer.response.status);
        Failure::new(codes::FORGE, message).help("nothing was sent there; name the repository, or --api, as it is now")
    }

    /// What the forge says in its own words: a stranger's text, cut, and without the token should it send it back.
    fn message(&self, response: &Response) -> String {
        let value: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let said = ["message", "error_description", "error"].iter().find_map(|key| value.get(key)?.as_str());
        said.map_or(String::new(), |said| format!(": {}", self.shown(said)))
    }

    fn shown(&self, text: &str) -> String {
        self.credential.token.kept_out_of(text).chars().take(MAX_MESSAGE).collect()
    }

    /// Sends a request, again where that may help and does no harm.
    fn send(&mut self, method: Method, address: String, body: Option<String>) -> Result<Answer, Failure> {
        let path = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
        let path = path.find('/').and_then(|at| path.get(at..)).unwrap_or("/");
        let asked = format!("{} {}", method.as_str(), path.split('?').next().unwrap_or(path));
        let headers = match self.place.forge {
            Forge::GitHub => vec![
                ("accept", "application/vnd.github+json".to_owned()),
                ("x-github-api-version", "2022-11-28".to_owned()),
            ],
            Forge::GitLab => vec![("accept", "application/json".to_owned())],
        };
        let request = Request { method, address, headers, credential: self.credential.clone(), body };
        let mut pauses = PAUSES.into_iter();
        loop {
            let pause = match self.talk.send(&request) {
                Ok(response) => match self.limit(&asked, &response)? {
                    Some(seconds) => Some(seconds),
                    None if passes(method, response.status) => match pauses.next() {
                        None => return Ok(Answer { asked, response }),
                        pause => pause,
                    },
                    None => return Ok(Answer { asked, response }),
                },
                Err(lost) => match pauses.next().filter(|_| lost.again && method != Method::Post) {
                    None => return Err(self.lost(&asked, &lost)),
                    pause => pause,
                },
            };
            self.talk.wait(pause.unwrap_or_default());
        }
    }

    fn lost(&self, asked: &str, lost: &Lost) -> Failure {
        Failure::new(codes::FORGE, format!("{asked}: no answer that can be used: {}", self.shown(&lost.why)))
            .help("the address of the API is that of the CI, or what --api says")
    }

    /// How long the forge wants to be left alone, if it does; a failure where that is too long.
    fn limit(&mut self, asked: &str, response: &Response) -> Result<Option<u64>, Failure> {
        let now = self.talk.now();
        let Some(told) = limited(response, now) else { return Ok(None) };
        // At once is no time at all, and would be asked again without end.
        let told = told.map(|seconds| seconds.max(1));
        if let Some(seconds) = told.filter(|seconds| self.waited.saturating_add(*seconds) <= MAX_WAIT) {
            self.waited += seconds;
            return Ok(Some(seconds));
        }
        let at = told.and_then(|seconds| Timestamp::from_second(now.checked_add_unsigned(seconds)?).ok());
        let when = at.map_or("it does not say until when".to_owned(), |at| format!("try again after {at}"));
        let message = format!("{asked}: the forge answers no more for a while ({})", response.status);
        Err(Failure::new(codes::FORGE, message).help(when))
    }
}

impl Answer {
    /// What to say of an answer that is not what it should be.
    #[must_use]
    pub fn strange(&self, why: &str) -> Failure {
        strange(&self.asked, why)
    }
}

/// What to say of an answer that is not what it should be.
pub(super) fn strange(asked: &str, why: &str) -> Failure {
    Failure::new(codes::BAD_FORGE_FACTS, format!("{asked}: the answer of the forge cannot be used: {why}"))
        .help("is it the API of the forge that is asked? `--api` says where it is")
}

/// Whether the forge's trouble may pass and asking again does no harm: a comment might be there twice.
fn passes(method: Method, status: u16) -> bool {
    match method {
        Method::Post => status == 503,
        _ => matches!(status, 500 | 502 | 503 | 504),
    }
}

/// Whether the forge says that it was asked too often, and for how many seconds it wants to be left alone.
#[expect(clippy::option_option, reason = "it may say that, and not say for how long")]
fn limited(response: &Response, now: i64) -> Option<Option<u64>> {
    if !matches!(response.status, 403 | 429) {
        return None;
    }
    let either = |one: &str, two: &str| response.header(one).or_else(|| response.header(two)).map(str::trim);
    let after = response.header("retry-after").map(|after| after.trim().parse::<u64>().ok());
    let spent = either("x-ratelimit-remaining", "ratelimit-remaining") == Some("0");
    let reset = either("x-ratelimit-reset", "ratelimit-reset").filter(|_| spent);
    let reset = reset.map(|at| at.parse::<i64>().ok().map(|at| u64::try_from(at.saturating_sub(now)).unwrap_or(0)));
    match after.or(reset) {
        None if response.status == 429 => Some(None),
        told => told,
    }
}
