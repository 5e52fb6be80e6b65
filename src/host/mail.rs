//! Mail over SMTP (RFC 5321), with TLS where that is wanted or needed. Addresses, headers and texts are written by the
//! library; the conversation is held here, byte for byte: what a server, or somebody before it, says in advance of TLS is
//! never taken for what it says behind it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::{Auth, Data, Ehlo, Mail, Quit, Rcpt, Rset, Starttls};
use lettre::transport::smtp::extension::{ClientId, MailParameter};
use lettre::transport::smtp::response::Response;
use lettre::{Address, Message};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::read_up_to;
use crate::diag::{Failure, codes};
use crate::written::AlertTls;

/// How long one answer of a server may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest line of an answer, and the longest answer.
const MAX_LINE_BYTES: usize = 2048;
const MAX_ANSWER_BYTES: usize = 64 << 10;
/// The port that speaks TLS from the start.
const SEALED_PORT: u16 = 465;
/// The longest file of certificates that is read.
const MAX_CERTIFICATES: usize = 16 << 20;

/// A mail server, and how it is spoken to.
#[derive(Clone)]
pub struct MailServer {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether the way there is sealed.
    pub tls: AlertTls,
    /// User and password.
    pub credentials: Option<(String, String)>,
    /// A file of certificates that are trusted instead of Mozilla's authorities.
    pub authorities: Option<String>,
    /// How long one answer may take.
    pub patience: Duration,
}

impl MailServer {
    /// A server that may take as long as is usual.
    #[must_use]
    pub fn new(host: &str, port: u16, tls: AlertTls) -> Self {
        Self { host: host.to_owned(), port, tls, credentials: None, authorities: None, patience: PATIENCE }
    }

    /// How people name it.
    #[must_use]
    pub fn name(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    fn failure(&self, why: &str) -> Failure {
        Failure::new(codes::MAIL, format!("`{}` {why}", self.name()))
            .help("`--dry-run` shows the mail and talks to nobody")
    }

    /// Whom we trust, Mozilla's authorities or those of the file, to say that the server is this host.
    fn seal(&self, stream: TcpStream) -> Result<Wire, Failure> {
        let mut roots = RootCertStore::empty();
        match &self.authorities {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(file) => {
                let bytes = read_up_to(Path::new(file), MAX_CERTIFICATES)?;
                roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&bytes).filter_map(Result::ok));
                if roots.is_empty() {
                    return Err(Failure::new(codes::MAIL, format!("`{file}` holds no certificate"))
                        .help("POLICYC_SMTP_CA names a file of certificates in PEM, or is not set"));
                }
            }
        }
        let bad = |error: rustls::Error| self.failure(&format!("cannot be spoken to with TLS: {error}"));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(bad)?;
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from(self.host.clone());
        let name = name.map_err(|_| self.failure("has no name that a certificate could be for"))?;
        let connection = ClientConnection::new(Arc::new(config), name).map_err(bad)?;
        Ok(Wire::Sealed(Box::new(StreamOwned::new(connection, stream))))
    }

    fn reach(&self) -> Result<TcpStream, Failure> {
        let places = (self.host.as_str(), self.port).to_socket_addrs();
        let places = places.map_err(|_| self.failure("cannot be reached: nobody knows this host"))?;
        let mut why = ErrorKind::NotFound;
        for place in places {
            match TcpStream::connect_timeout(&place, self.patience) {
                Ok(stream) => return Ok(stream),
                Err(error) => why = error.kind(),
            }
        }
        Err(self.failure(&format!("cannot be reached: {why}")))
    }
}

/// The way to a server.
enum Wire {
    /// Open to everybody on the way.
    Plain(TcpStream),
    /// Through TLS.
    Sealed(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Wire {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Sealed(stream) => &stream.sock,
        }
    }

    fn read(&mut self, byte: &mut [u8; 1]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(byte),
            Self::Sealed(stream) => stream.read(byte),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes),
            Self::Sealed(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }
}

/// What is to be mailed to one person.
#[derive(Debug, Clone)]
pub struct Letter {
    /// From which address.
    pub from: String,
    /// To which address.
    pub to: String,
    /// Whose it is; may be empty.
    pub name: String,
    /// What it is about.
    pub subject: String,
    /// The text.
    pub text: String,
    /// When, in Unix seconds.
    pub at: u64,
    /// What tells it from all others; letters, digits and dots.
    pub id: String,
}

/// A mail as it is sent.
pub struct Sealed {
    message: Message,
    bytes: Vec<u8>,
}

impl Sealed {
    /// Writes a mail.
    ///
    /// # Errors
    /// In words, when an address is none, or something cannot be written into a mail.
    pub fn new(letter: &Letter) -> Result<Self, String> {
        let address = |text: &str| text.parse::<Address>().map_err(|_| format!("`{text}` is no mail address"));
        let (from, to) = (address(&letter.from)?, address(&letter.to)?);
        // A name of several lines would be several headers.
        let name: String = letter.name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
        let id = format!("<{}@{}>", letter.id, from.domain());
        let subject: String = letter.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let built = Message::builder()
            .from(Mailbox::new(None, from))
            .to(Mailbox::new(name, to))
            .subject(subject)
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(letter.at))
            .message_id(Some(id))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.clone());
        let message = built.map_err(|error| format!("the mail to `{}` cannot be written: {error}", letter.to))?;
        let bytes = message.formatted();
        // A line break that only some servers take for one could hide a second mail.
        if !has_whole_breaks(&bytes) {
            return Err(format!("the mail to `{}` cannot be written: a line break in it is half of one", letter.to));
        }
        Ok(Self { message, bytes })
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// Whether every CR is followed by an LF, and every LF follows a CR.
fn has_whole_breaks(bytes: &[u8]) -> bool {
    let mut after_cr = false;
    for byte in bytes {
        if after_cr != (*byte == b'\n') {
            return false;
        }
        after_cr = *byte == b'\r';
    }
    !after_cr
}

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// The server takes no mail for this address; others may be.
    Refused(String),
    /// Nobody can be talked to any more.
    Lost(String),
}

/// An open conversation with a mail server.
pub struct Post {
    wire: Wire,
    patience: Duration,
    /// What the server said that it can do: words in capitals.
    can: Vec<Vec<String>>,
}

impl Post {
    /// Greets a server: with TLS where it is wanted, and says who we are where we have a password. `from`: our address.
    ///
    /// # Errors
    /// When it cannot be reached, does not answer as it must, is not to be trusted, or the way to it is not sealed and must be.
    pub fn open(server: &MailServer, from: &str) -> Result<Self, Failure> {
        if server.tls == AlertTls::Never && server.credentials.is_some() {
            let message = "a password is never sent without TLS, and `alerts` says `tls: never`";
            return Err(Failure::new(codes::MAIL, message).help("change that, or leave POLICYC_SMTP_PASSWORD out"));
        }
        let lost = |why: Unsent| server.failure(&why.words());
        let hello = ClientId::Domain(from.rsplit('@').next().unwrap_or("localhost").to_owned());
        let stream = server.reach()?;
        let at_once = server.port == SEALED_PORT && server.tls != AlertTls::Never;
        let wire = if at_once { server.seal(stream)? } else { Wire::Plain(stream) };
        let mut post = Self { wire, patience: server.patience, can: Vec::new() };
        post.answer().and_then(|greeting| expect(greeting, &[220])).map_err(lost)?;
        post.hello(&hello).map_err(lost)?;
        if server.tls != AlertTls::Never && post.offers("STARTTLS") && !post.is_sealed() {
            post.ask(&Starttls, &[220]).map_err(lost)?;
            // Nothing was read beyond the answer: what else came before TLS is taken for TLS, and is none.
            let stream = post.wire.socket().try_clone().map_err(|error| server.failure(&broken(&error)))?;
            post.wire = server.seal(stream)?;
            post.hello(&hello).map_err(lost)?;
        }
        post.enter(server)?;
        Ok(post)
    }

    /// Holds the way against what is asked of it, and only then says a password.
    fn enter(&mut self, server: &MailServer) -> Result<(), Failure> {
        if !self.is_sealed() && server.tls == AlertTls::Required {
            return Err(server.failure("does not offer TLS, and `alerts` asks for it").help("nothing was sent"));
        }
        let Some((user, password)) = &server.credentials else { return Ok(()) };
        if !self.is_sealed() {
            return Err(server
                .failure("does not offer TLS, and a password is never sent without it")
                .help("nothing was sent"));
        }
        let known = [(Mechanism::Plain, "PLAIN"), (Mechanism::Login, "LOGIN")];
        let found = known.into_iter().find(|(_, name)| self.can.iter().any(|words| is_auth(words, name)));
        let Some((mechanism, _)) = found else {
            return Err(server.failure("takes no password in a way that is known here: PLAIN or LOGIN"));
        };
        let credentials = Credentials::new(user.clone(), password.clone());
        self.say_password(mechanism, &credentials).map_err(|why| server.failure(&why.words()))
    }

    fn say_password(&mut self, mechanism: Mechanism, credentials: &Credentials) -> Result<(), Unsent> {
        let bad = |_| Unsent::Lost("asks for the password in a way that cannot be understood".to_owned());
        let mut auth = Auth::new(mechanism, credentials.clone(), None).map_err(bad)?;
        // LOGIN asks for the user, then for the password.
        for _ in 0..3 {
            let answer = self.ask(&auth, &[235, 334])?;
            if answer.has_code(235) {
                return Ok(());
            }
            auth = Auth::new_from_response(mechanism, credentials.clone(), &answer).map_err(bad)?;
        }
        Err(Unsent::Lost("asks for the password again and again".to_owned()))
    }

    /// Whether what is said goes through TLS.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        matches!(self.wire, Wire::Sealed(_))
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// When the server does not take it, or cannot be talked to any more.
    pub fn send(&mut self, mail: &Sealed) -> Result<(), Unsent> {
        match self.hand_in(mail) {
            // What was begun is given up, so that the next mail begins anew.
            Err(Unsent::Refused(why)) => match self.ask(&Rset, &[250]) {
                Ok(_) => Err(Unsent::Refused(why)),
                Err(_) => Err(Unsent::Lost(why)),
            },
            done => done,
        }
    }

    fn hand_in(&mut self, mail: &Sealed) -> Result<(), Unsent> {
        let envelope = mail.message.envelope();
        let mut options = Vec::new();
        let plain =
            envelope.from().into_iter().chain(envelope.to()).all(|address| AsRef::<str>::as_ref(address).is_ascii());
        if !plain || !mail.bytes.is_ascii() {
            if !self.offers("SMTPUTF8") {
                return Err(Unsent::Refused("takes no address with such letters".to_owned()));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        self.ask(&Mail::new(envelope.from().cloned(), options), &[250])?;
        for to in envelope.to() {
            self.ask(&Rcpt::new(to.clone(), Vec::new()), &[250, 251])?;
        }
        self.ask(&Data, &[354])?;
        let mut text = Vec::with_capacity(mail.bytes.len() + 8);
        let mut starts = true;
        for byte in &mail.bytes {
            // A dot alone on a line would end the mail.
            if starts && *byte == b'.' {
                text.push(b'.');
            }
            text.push(*byte);
            starts = *byte == b'\n';
        }
        text.extend_from_slice(if starts { b".\r\n" } else { b"\r\n.\r\n" });
        self.write(&text)?;
        self.answer().and_then(|answer| expect(answer, &[250])).map(drop)
    }

    /// Says goodbye, as well as it goes.
    pub fn close(mut self) {
        let _ = self.ask(&Quit, &[221]);
    }

    fn hello(&mut self, name: &ClientId) -> Result<(), Unsent> {
        let answer = self.ask(&Ehlo::new(name.clone()), &[250])?;
        let words = |line: &str| line.split_whitespace().map(str::to_ascii_uppercase).collect();
        self.can = answer.message().skip(1).map(words).collect();
        Ok(())
    }

    fn offers(&self, word: &str) -> bool {
        self.can.iter().any(|words| words.first().is_some_and(|first| first == word))
    }

    fn ask(&mut self, command: &impl std::fmt::Display, wanted: &[u16]) -> Result<Response, Unsent> {
        self.write(command.to_string().as_bytes())?;
        self.answer().and_then(|answer| expect(answer, wanted))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Unsent> {
        let lost = |error: io::Error| Unsent::Lost(broken(&error));
        self.wire.socket().set_write_timeout(Some(self.patience)).map_err(lost)?;
        // A handshake reads, too.
        self.wire.socket().set_read_timeout(Some(self.patience)).map_err(lost)?;
        self.wire.write_all(bytes).map_err(lost)
    }

    /// Reads one answer and not a byte more.
    fn answer(&mut self) -> Result<Response, Unsent> {
        let until = now() + self.patience;
        let mut text = Vec::new();
        loop {
            let start = text.len();
            self.line(&mut text, until)?;
            let line = text.get(start..).unwrap_or_default();
            if line.get(3) != Some(&b'-') {
                break;
            }
        }
        let text = String::from_utf8_lossy(&text);
        text.parse().map_err(|_| Unsent::Lost("says what no mail server says".to_owned()))
    }

    fn line(&mut self, text: &mut Vec<u8>, until: Instant) -> Result<(), Unsent> {
        let lost = |why: &str| Err(Unsent::Lost(why.to_owned()));
        let start = text.len();
        let mut byte = [0];
        loop {
            let left = until.saturating_duration_since(now());
            if left.is_zero() {
                return lost(TOO_LONG);
            }
            let read = self.wire.socket().set_read_timeout(Some(left)).and_then(|()| self.wire.read(&mut byte));
            match read {
                Ok(0) => return lost("ended the conversation"),
                Ok(_) => text.extend_from_slice(&byte),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return lost(&broken(&error)),
            }
            if byte == *b"\n" {
                return Ok(());
            }
            if text.len() - start > MAX_LINE_BYTES || text.len() > MAX_ANSWER_BYTES {
                return lost("talks without end");
            }
            byte = [0];
        }
    }
}

const TOO_LONG: &str = "took too long to answer";

impl Unsent {
    /// Why, to be said behind the name of the server.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Refused(why) | Self::Lost(why) => why.clone(),
        }
    }
}

fn is_auth(words: &[String], mechanism: &str) -> bool {
    words.first().is_some_and(|first| first == "AUTH") && words.iter().skip(1).any(|word| word == mechanism)
}

/// An answer of one of some codes, or what the server said instead.
fn expect(answer: Response, wanted: &[u16]) -> Result<Response, Unsent> {
    if wanted.iter().any(|code| answer.has_code(*code)) {
        return Ok(answer);
    }
    let words: String = answer.message().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    Err(Unsent::Refused(format!("said no: {} {words}", answer.code()).trim_end().to_owned()))
}

fn broken(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => TOO_LONG.to_owned(),
        ErrorKind::InvalidData => format!("is not to be trusted: {error}"),
        ErrorKind::UnexpectedEof => "ended the conversation".to_owned(),
        kind => format!("is lost: {kind}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "the host is where the clock is read")]
fn now() -> Instant {
    Instant::now()
}
