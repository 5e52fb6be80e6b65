use std::thread;
use std::time::Duration;

use ureq::http::{HeaderValue, Request as Outgoing, Response as Incoming};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Error, Proxy};

use super::{read_up_to, unix_seconds, variable};
use crate::diag::{Failure, codes};
use crate::forge::net::{Api, Lost, MAX_ANSWER_BYTES, Request, Response, Talk};

/// How long it may take to reach the server.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a request may take in all.
const WHOLE: Duration = Duration::from_secs(30);
/// The longest file of certificates that is read.
const MAX_CERTIFICATES: usize = 16 << 20;

/// Speaks HTTPS to an API. Follows no redirect, keeps no cookies, and does not understand packed answers.
pub struct Http {
    agent: Agent,
    /// The longest answer that is read, in bytes.
    most: u64,
}

impl Http {
    /// Somebody who can speak to an API: through the proxy of the environment, unless the API is on this machine, and
    /// trusting Mozilla's authorities, or those in the file that `SSL_CERT_FILE` names.
    ///
    /// # Errors
    /// When that file cannot be read.
    pub fn new(api: &Api) -> Result<Self, Failure> {
        Self::within(api, WHOLE, MAX_ANSWER_BYTES)
    }

    /// The same with limits of its own: how long a request may take in all, and how many bytes an answer may have.
    ///
    /// # Errors
    /// As [`Http::new`].
    pub fn within(api: &Api, whole: Duration, most: u64) -> Result<Self, Failure> {
        let roots = match variable("SSL_CERT_FILE") {
            Some(file) => RootCerts::from(certificates(&file)?),
            None => RootCerts::WebPki,
        };
        // Plain text to this machine must not go anywhere else first.
        let proxy = if api.is_plain() { None } else { Proxy::try_from_env() };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(!api.is_plain())
            .max_redirects(0)
            .proxy(proxy)
            .timeout_connect(Some(CONNECT.min(whole)))
            .timeout_global(Some(whole))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(concat!("policyc/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: Agent::new_with_config(config), most })
    }
}

fn certificates(file: &str) -> Result<Vec<Certificate<'static>>, Failure> {
    let bytes = read_up_to(file.as_ref(), MAX_CERTIFICATES)?;
    let items = parse_pem(&bytes).filter_map(Result::ok);
    let found: Vec<_> = items
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    if found.is_empty() {
        Err(Failure::new(codes::IO, format!("`{file}` holds no certificate"))
            .help("SSL_CERT_FILE names a file of certificates in PEM, or is not set"))
    } else {
        Ok(found)
    }
}

impl Talk for Http {
    fn send(&mut self, request: &Request) -> Result<Response, Lost> {
        let bad = |_| Lost { why: "the request cannot be written as HTTP".to_owned(), again: false, late: false };
        let mut outgoing = Outgoing::builder().method(request.method.as_str()).uri(&request.address);
        for (name, value) in &request.headers {
            outgoing = outgoing.header(*name, value);
        }
        let credential = &request.credential;
        let mut secret = HeaderValue::from_str(&format!("{}{}", credential.scheme, credential.token.reveal()))
            .map_err(|_| Lost { why: "the token cannot be written as HTTP".to_owned(), again: false, late: false })?;
        secret.set_sensitive(true);
        outgoing = outgoing.header(credential.header, secret);
        let came = match &request.body {
            None => self.agent.run(outgoing.body(()).map_err(bad)?),
            Some(body) => {
                let outgoing = outgoing.header("content-type", "application/json");
                self.agent.run(outgoing.body(body.as_str()).map_err(bad)?)
            }
        };
        read(came.map_err(|error| lost(&error, self.most))?, self.most)
    }

    fn wait(&mut self, seconds: u64) {
        thread::sleep(Duration::from_secs(seconds));
    }

    fn now(&self) -> i64 {
        unix_seconds()
    }
}

fn read(mut incoming: Incoming<Body>, most: u64) -> Result<Response, Lost> {
    // What is no text is kept, so that a link to a next page never goes missing.
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = incoming.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
    let (status, headers) = (incoming.status().as_u16(), headers.collect());
    let body = incoming.body_mut().with_config().limit(most).read_to_vec().map_err(|error| lost(&error, most))?;
    Ok(Response { status, headers, body })
}

/// Why there is no answer, in words that hold nothing of the request.
fn lost(error: &Error, most: u64) -> Lost {
    let (why, again) = match error {
        Error::Io(error) => (format!("the connection broke: {}", error.kind()), true),
        Error::Timeout(_) => ("it took too long".to_owned(), true),
        Error::HostNotFound => ("nobody knows this host".to_owned(), true),
        Error::ConnectionFailed => ("it cannot be reached".to_owned(), true),
        Error::BodyExceedsLimit(_) => (format!("it has more than {} MiB", most >> 20), false),
        Error::LargeResponseHeader(..) => ("its headers are too long".to_owned(), false),
        Error::InvalidProxyUrl | Error::ConnectProxyFailed(_) => ("the proxy says no".to_owned(), false),
        Error::Rustls(error) => (format!("it is not to be trusted: {error}"), false),
        Error::Tls(why) => (format!("it is not to be trusted: {why}"), false),
        Error::RequireHttpsOnly(_) => ("it is not https".to_owned(), false),
        _ => ("it is no HTTP that is understood".to_owned(), false),
    };
    Lost { why, again, late: matches!(error, Error::Timeout(_)) }
}
