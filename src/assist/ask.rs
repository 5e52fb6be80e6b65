use serde_json::Value;

use super::answer::{self, Meaning, Reading};
use super::endpoint::Endpoint;
use super::question::Question;
use crate::diag::{Failure, codes};
use crate::forge::net::{Credential, Lost, Method, Request, Response, Talk, Token};
use crate::syntax::counted;
use crate::text::distinct;

/// The longest answer that is read, in bytes.
pub const MAX_ANSWER_BYTES: u64 = 1 << 20;
/// How often one question is sent at most.
pub const TRIES: usize = 3;
/// The longest that is waited because the API told so, in seconds.
pub const MAX_WAIT: u64 = 30;
/// How long is waited before a further try where the API does not say, in seconds.
const PAUSES: [u64; TRIES - 1] = [1, 2];
/// The longest part of the API's own words that is shown, in characters.
const MAX_MESSAGE: usize = 300;

/// Asks, again where the trouble may pass, and reads the answer.
///
/// # Errors
/// `PC0940` where there is no answer, or none that can be used. The key is in none of the words.
pub fn ask(
    endpoint: &Endpoint,
    key: &Token,
    question: &Question,
    talk: &mut dyn Talk,
) -> Result<Vec<Reading>, Failure> {
    let whom = Whom { endpoint, key };
    let response = whom.send(question, talk)?;
    if response.status != 200 {
        return Err(whom.refused(&response));
    }
    if response.body.len() as u64 > MAX_ANSWER_BYTES {
        return Err(whom.unusable(&format!("it has more than {} MiB", MAX_ANSWER_BYTES >> 20)));
    }
    let readings = answer::read(&response.body, question.count).map_err(|why| whom.unusable(&why))?;
    // Whoever sends the key back has it shown, or written down.
    if readings.iter().any(|reading| whom.holds_the_key(reading)) {
        return Err(whom.unusable("it holds the key"));
    }
    Ok(readings)
}

/// Who is asked, with what.
struct Whom<'a> {
    endpoint: &'a Endpoint,
    key: &'a Token,
}

impl Whom<'_> {
    fn send(&self, question: &Question, talk: &mut dyn Talk) -> Result<Response, Failure> {
        let request = Request {
            method: Method::Post,
            address: self.endpoint.address(),
            headers: vec![("accept", "application/json".to_owned())],
            credential: Credential::key(self.key.clone()),
            body: Some(question.body.to_string()),
        };
        let mut pauses = PAUSES.into_iter();
        loop {
            let seconds = match talk.send(&request) {
                Ok(response) if !passes(response.status) => return Ok(response),
                Ok(response) => match (pauses.next(), wanted(&response)) {
                    (None, _) => return Ok(response),
                    (Some(_), Some(told)) if told > MAX_WAIT => return Ok(response),
                    (Some(pause), told) => told.unwrap_or(pause).max(1),
                },
                Err(lost) => match pauses.next().filter(|_| lost.again && !lost.late) {
                    None => return Err(self.lost(&lost)),
                    Some(pause) => pause,
                },
            };
            talk.wait(seconds);
        }
    }

    fn failure(&self, what: &str) -> Failure {
        let (model, host) = (&self.endpoint.model, self.endpoint.api.host());
        Failure::new(codes::ASSIST, format!("`{model}` at {host}: {}", self.shown(what)))
    }

    fn lost(&self, lost: &Lost) -> Failure {
        let failure = self.failure(&format!("no answer that can be used: {}", lost.why));
        failure.help(if lost.late {
            let seconds = usize::try_from(self.endpoint.timeout_seconds).unwrap_or(usize::MAX);
            format!("it has {}: `assist.timeout_seconds` in policyc.yaml", counted(seconds, "second"))
        } else {
            "nothing was written; `compile` without --assist needs no network".to_owned()
        })
    }

    fn unusable(&self, why: &str) -> Failure {
        self.failure(&format!("the answer cannot be used: {why}"))
            .help("nothing was written; ask again, or write the sentence so that it is read")
    }

    /// What to say of an answer that says no.
    fn refused(&self, response: &Response) -> Failure {
        let status = response.status;
        if (300..400).contains(&status) {
            return self
                .failure(&format!("it redirects ({status}), and the key is not sent after it"))
                .help("name the address where the API is now: POLICYC_ASSIST_URL");
        }
        let said = self.message(response);
        let wait = wanted(response).filter(|_| status == 429 || status == 503);
        let failure = self.failure(&format!("it answered {status}{said}"));
        failure.help(match (status, wait) {
            (429, None) => "it was asked too often, or the quota is used up; try again later".to_owned(),
            (429 | 503, Some(seconds)) => format!("try again in {seconds} seconds"),
            (400 | 401 | 403, _) => "is GEMINI_API_KEY the key of this API, and may it use this model?".to_owned(),
            (404, _) => {
                "is there such a model? POLICYC_ASSIST_MODEL, or `assist.model` in policyc.yaml, names it".to_owned()
            }
            (500..=599, _) => "the API has trouble of its own; try again later".to_owned(),
            _ => "docs/assist.md says what is asked for".to_owned(),
        })
    }

    /// What the API says in its own words: a stranger's text.
    fn message(&self, response: &Response) -> String {
        let value: Value =
            std::str::from_utf8(&response.body).ok().and_then(|text| distinct(text).ok()).unwrap_or_default();
        let said = value.pointer("/error/message").and_then(Value::as_str);
        said.map_or(String::new(), |said| format!(": {}", self.shown(said)))
    }

    fn shown(&self, text: &str) -> String {
        self.key.kept_out_of(text).chars().take(MAX_MESSAGE).collect()
    }

    fn holds_the_key(&self, reading: &Reading) -> bool {
        let holds = |text: &str| text.contains(self.key.reveal());
        match &reading.meaning {
            Meaning::Sentences(sentences) => sentences.iter().any(|sentence| holds(sentence)),
            Meaning::Refused(why) => holds(why),
        }
    }
}

/// Whether the trouble may pass. Asking twice costs twice, and changes nothing.
fn passes(status: u16) -> bool {
    matches!(status, 429 | 500 | 503)
}

/// How long the API wants to be left alone, in seconds, where it says so as a number.
fn wanted(response: &Response) -> Option<u64> {
    response.header("retry-after")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::assist::{Sentences, Wishes};
    use crate::written::AssistSettings;

    const KEY: &str = "AIzaSecretOfATest";

    /// Says what it was given to say, and remembers how often it was asked and how long was waited.
    struct Paper {
        says: Vec<Result<Response, Lost>>,
        asked: usize,
        waits: Vec<u64>,
    }

    impl Talk for Paper {
        fn send(&mut self, request: &Request) -> Result<Response, Lost> {
            assert_eq!(request.credential.header, "x-goog-api-key");
            assert!(!request.address.contains(KEY) && !request.body.clone().unwrap().contains(KEY));
            self.asked += 1;
            if self.says.len() > 1 { self.says.remove(0) } else { self.says[0].clone() }
        }

        fn wait(&mut self, seconds: u64) {
            self.waits.push(seconds);
        }

        fn now(&self) -> i64 {
            0
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "what a talk gives is a result")]
    fn says(status: u16, headers: &[(&str, &str)], body: &Value) -> Result<Response, Lost> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Ok(Response { status, headers, body: body.to_string().into_bytes() })
    }

    fn good(text: &str) -> Result<Response, Lost> {
        let parts = json!([{"text": json!({"readings": [{"sentence": 0, "means": [text]}]}).to_string()}]);
        says(200, &[], &json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}))
    }

    fn lost(again: bool, late: bool) -> Result<Response, Lost> {
        Err(Lost { why: format!("it broke, {KEY}"), again, late })
    }

    fn asked(says: Vec<Result<Response, Lost>>) -> (Result<Vec<Reading>, Failure>, usize, Vec<u64>) {
        let endpoint = Endpoint::new(&AssistSettings::default(), &Wishes::default()).unwrap();
        let of = Sentences { kind: None, texts: vec!["No mail.".to_owned()] };
        let question = Question::new(&of, None).unwrap();
        let mut paper = Paper { says, asked: 0, waits: Vec::new() };
        let done = ask(&endpoint, &Token::new(KEY).unwrap(), &question, &mut paper);
        if let Err(failure) = &done {
            assert!(!format!("{failure:?}").contains(KEY), "{failure:?}");
            assert_eq!(failure.code, codes::ASSIST);
        }
        (done, paper.asked, paper.waits)
    }

    #[test]
    fn trouble_that_may_pass_is_waited_for_three_times_at_most() {
        let (done, asked_times, waits) = asked(vec![says(429, &[("retry-after", "7")], &json!({})), good("Deny a.")]);
        assert_eq!((done.unwrap().len(), asked_times, waits), (1, 2, vec![7]));
        let (done, asked_times, waits) = asked(vec![says(500, &[], &json!({"error": {"message": KEY}}))]);
        assert_eq!((asked_times, waits), (3, vec![1, 2]));
        assert!(done.unwrap_err().message.contains("answered 500: ***"));
        let (done, asked_times, waits) = asked(vec![lost(true, false), lost(true, false), good("Deny a.")]);
        assert_eq!((done.unwrap().len(), asked_times, waits), (1, 3, vec![1, 2]));
        let (done, asked_times, _) = asked(vec![lost(true, false)]);
        assert!(done.is_err() && asked_times == 3);
    }

    #[test]
    fn what_does_not_pass_is_not_tried_again() {
        let long = says(503, &[("retry-after", "3600")], &json!({}));
        let moved = says(302, &[("location", "https://evil.example/")], &json!({}));
        for once in
            [long, moved, says(400, &[], &json!({})), says(404, &[], &json!([])), lost(false, false), lost(true, true)]
        {
            let (done, asked_times, waits) = asked(vec![once]);
            assert!(done.is_err() && asked_times == 1 && waits.is_empty());
        }
        let (done, ..) = asked(vec![says(503, &[("retry-after", "3600")], &json!({}))]);
        assert_eq!(done.unwrap_err().help.unwrap(), "try again in 3600 seconds");
        let (_, _, waits) = asked(vec![says(429, &[("retry-after", "0")], &json!({})), good("Deny a.")]);
        assert_eq!(waits, [1], "at once is no time at all");
    }

    #[test]
    fn whoever_sends_the_key_back_is_not_heard() {
        let (done, ..) = asked(vec![good(&format!("Deny {KEY}."))]);
        assert!(done.unwrap_err().message.contains("holds the key"));
        let twice = format!("{{\"{KEY}\": 1, \"{KEY}\": 2}}");
        let (done, ..) = asked(vec![Ok(Response { status: 200, headers: Vec::new(), body: twice.into_bytes() })]);
        assert!(done.is_err());
    }
}
