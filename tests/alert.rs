//! Test alerts: mails that a real server on this machine takes, or does not, over a real socket.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and touches files, sockets and processes"
)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use policyc::host::{Letter, MailServer, Post, Sealed, Unsent};
use policyc::written::AlertTls;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use support::world::{Done, World};

/// How a server behaves.
#[derive(Clone, Default)]
struct Manner {
    /// Offers STARTTLS, with a certificate for these names.
    starttls: bool,
    /// What else it says that it can, such as `AUTH PLAIN`.
    can: Vec<&'static str>,
    /// Says this at once behind the answer to STARTTLS, before TLS.
    injects: &'static str,
    /// Says no to a recipient that holds this.
    refuses: &'static str,
    /// Ends the conversation when it is told this.
    hangs_up_at: &'static str,
    /// Never answers to this.
    silent_at: &'static str,
    /// Greets with this instead.
    greeting: &'static str,
}

/// What a server was told, line by line; a mail is one line. `!` before a line: through TLS.
type Heard = Arc<Mutex<Vec<String>>>;

struct Smtp {
    address: SocketAddr,
    heard: Heard,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// The certificate, to be trusted.
    pem: String,
}

impl Smtp {
    fn new(manner: &Manner) -> Self {
        Self::for_names(manner, &["127.0.0.1", "localhost"])
    }

    fn for_names(manner: &Manner, names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let chain: Vec<CertificateDer<'static>> = vec![made.cert.der().clone()];
        let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (heard, ended) = (Heard::default(), Arc::new(AtomicBool::new(false)));
        let thread = {
            let (heard, ended, manner) = (Arc::clone(&heard), Arc::clone(&ended), manner.clone());
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    if ended.load(Ordering::SeqCst) {
                        return;
                    }
                    // Whoever talks may go; that is what some tests are about.
                    let _ = stream.and_then(|stream| serve(stream, &config, &manner, &heard));
                }
            })
        };
        Self { address, heard, ended, thread: Some(thread), pem: made.cert.pem() }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    fn place(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn serve(stream: TcpStream, config: &Arc<ServerConfig>, manner: &Manner, heard: &Heard) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let greeting = if manner.greeting.is_empty() { "220 here\r\n" } else { manner.greeting };
    (&stream).write_all(greeting.as_bytes())?;
    let sealed = talk(&mut Wire(BufReader::new(stream.try_clone()?)), manner, heard, "")?;
    if sealed {
        let connection = ServerConnection::new(Arc::clone(config)).unwrap();
        let stream = StreamOwned::new(connection, stream);
        talk(&mut Wire(BufReader::new(stream)), manner, heard, "!")?;
    }
    Ok(())
}

struct Wire<S>(BufReader<S>);

impl<S: Read + Write> Wire<S> {
    fn say(&mut self, text: &str) -> std::io::Result<()> {
        let stream = self.0.get_mut();
        stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
    }

    fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line)?;
        if read == 0 { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(line) }
    }
}

/// Talks until the end, or until TLS is to begin: then true.
fn talk<S: Read + Write>(wire: &mut Wire<S>, manner: &Manner, heard: &Heard, mark: &str) -> std::io::Result<bool> {
    loop {
        let line = wire.line()?;
        let line = line.trim_end();
        heard.lock().unwrap().push(format!("{mark}{line}"));
        let told = |word: &str| !word.is_empty() && line.contains(word);
        if told(manner.hangs_up_at) {
            return Ok(false);
        }
        if told(manner.silent_at) {
            // Until whoever waits has gone.
            let _ = wire.line();
            return Ok(false);
        }
        match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => {
                let mut can = manner.can.clone();
                can.extend((manner.starttls && mark.is_empty()).then_some("STARTTLS"));
                can.push("HELP");
                let mut answer = String::from("250-here\r\n");
                for (rank, word) in can.iter().enumerate() {
                    answer.push_str(&format!("250{}{word}\r\n", if rank + 1 == can.len() { ' ' } else { '-' }));
                }
                wire.say(&answer)?;
            }
            "STARTTLS" => {
                wire.say(&format!("220 go on\r\n{}", manner.injects))?;
                return Ok(true);
            }
            "AUTH" if line == "AUTH LOGIN" => {
                for question in ["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"] {
                    wire.say(question)?;
                    let answer = wire.line()?;
                    heard.lock().unwrap().push(format!("{mark}{}", answer.trim_end()));
                }
                wire.say("235 welcome\r\n")?;
            }
            "AUTH" => wire.say("235 welcome\r\n")?,
            "RCPT" if told(manner.refuses) => wire.say("550 nobody of this name\u{1b}[31m\r\n")?,
            "DATA" => {
                wire.say("354 go on\r\n")?;
                let mut mail = String::new();
                loop {
                    let line = wire.line()?;
                    if line == ".\r\n" {
                        break;
                    }
                    mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                }
                heard.lock().unwrap().push(format!("{mark}{mail}"));
                wire.say("250 taken\r\n")?;
            }
            "QUIT" => {
                wire.say("221 bye\r\n")?;
                return Ok(false);
            }
            _ => wire.say("250 ok\r\n")?,
        }
    }
}

const IDENTITIES: &str = "principals:\n  ada: {name: \"Ada \\u00c4sop\", accounts: [\"github:ada\", ada@example.com]}\n  \
     bob: {accounts: [bob@example.com, \"1+bob@users.noreply.github.com\"]}\n  eve: {accounts: [\"github:eve\"]}\n\
     groups:\n  security: [ada, bob]\n  quiet: [eve]\n";
const PAY: &str = "id: payments\nrequire_approval: true\ndefault_approvers: [security, cy@example.org]\n\
     approval_rules: [{when: {actions: [x]}, approvers: [ada]}]\n";

fn repository(place: &str, tls: &str) -> World {
    let world = World::with(&[
        ("identities.yaml", IDENTITIES),
        ("policies/payments.yaml", PAY),
        ("policies/quiet.yaml", "id: quiet\nrequire_approval: true\ndefault_approvers: [quiet, ada]\n"),
        ("policies/mute.yaml", "id: mute\nrequire_approval: true\n"),
        ("policies/both.yaml", "id: production\nrequire_approval: true\ndefault_approvers: [ada]\n"),
        ("environments/production.yaml", "circuit_breaker: {window_seconds: 60, max_deny_ratio: 0.5, alerts: [bob]}\n"),
    ]);
    world.write(
        "policyc.yaml",
        format!("branch: main\nalerts: {{smtp: \"{place}\", from: policyc@example.com, tls: {tls}}}\n"),
    );
    world.commit();
    world
}

fn alert(world: &World, more: &[&str], environment: &[(&str, &str)]) -> Done {
    world.run_with(&[&["alert", "test"], more].concat(), environment, "")
}

fn mails(smtp: &Smtp) -> Vec<String> {
    smtp.heard().into_iter().filter(|line| line.contains("Subject: ")).collect()
}

#[test]
fn everybody_who_is_named_gets_a_mail() {
    let smtp = Smtp::new(&Manner::default());
    let world = repository(&smtp.place(), "when_offered");
    let done = alert(&world, &["payments"], &[]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("sent  ada@example.com  (ada)\n"), "{done:?}");
    assert!(done.out.ends_with("the mails went without TLS\n"), "{done:?}");
    let heard = smtp.heard();
    let to: Vec<&String> = heard.iter().filter(|line| line.starts_with("RCPT")).collect();
    assert_eq!(to, ["RCPT TO:<ada@example.com>", "RCPT TO:<bob@example.com>", "RCPT TO:<cy@example.org>"]);
    assert_eq!(heard.first().unwrap(), "EHLO example.com");
    assert_eq!(heard.last().unwrap(), "QUIT");
    let mails = mails(&smtp);
    assert_eq!(mails.len(), 3);
    assert!(mails[0].contains("Subject: policyc test alert: policy payments\r\n"), "{}", mails[0]);
    assert!(mails[0].contains("named as: ada, security"), "{}", mails[0]);
    assert!(mails.iter().all(|mail| mail.is_ascii()), "{mails:?}");
    let report: Value =
        serde_json::from_str(&alert(&world, &["environment:production", "--format", "json"], &[]).out).unwrap();
    assert_eq!(
        (&report["recipients"][0]["address"], &report["recipients"][0]["outcome"]),
        (&json!("bob@example.com"), &json!("sent"))
    );
    assert_eq!(report["sealed"], false);
    let schema: Value = serde_json::from_str(&world.run(&["schema", "alert"]).out).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&report), "{report}");
}

#[test]
fn a_dry_run_talks_to_nobody_and_is_always_the_same() {
    let smtp = Smtp::new(&Manner::default());
    let world = repository(&smtp.place(), "when_offered");
    let done = alert(&world, &["policy:production", "--dry-run"], &[]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(done.out, alert(&world, &["policy:production", "--dry-run"], &[]).out);
    for line in [
        "From: policyc@example.com\r\n",
        "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n",
        "Message-ID: <dry-run@example.com>\r\n",
        "<ada@example.com>\r\n",
    ] {
        assert!(done.out.contains(line), "{line}: {done:?}");
    }
    assert_eq!(smtp.heard(), Vec::<String>::new());
    // What is sent differs in its time and its name only.
    let bare = |mail: &str| {
        let lines = mail.lines().filter(|line| !line.starts_with("Date: ") && !line.starts_with("Message-ID: "));
        lines.collect::<Vec<_>>().join("\n")
    };
    alert(&world, &["policy:production"], &[]);
    assert_eq!(bare(&mails(&smtp)[0]), bare(&done.out));
    assert!(!mails(&smtp)[0].contains("1970"), "{:?}", mails(&smtp));
}

#[test]
fn who_has_no_address_is_told_of_after_the_others_are_mailed() {
    let smtp = Smtp::new(&Manner::default());
    let world = repository(&smtp.place(), "when_offered");
    let done = alert(&world, &["quiet"], &[]);
    assert!(
        done.code == 1 && done.err.contains("PC0935") && done.err.contains("`eve` has no mail address"),
        "{done:?}"
    );
    assert_eq!(mails(&smtp).len(), 1);
    let nobody = alert(&world, &["mute"], &[]);
    assert!(nobody.code == 1 && nobody.err.contains("names nobody who is told"), "{nobody:?}");
    let two = alert(&world, &["production"], &[]);
    assert!(two.code == 2 && two.err.contains("policy:production"), "{two:?}");
    let unknown = alert(&world, &["paymets"], &[]);
    assert!(unknown.code == 3 && unknown.err.contains("did you mean `payments`"), "{unknown:?}");
    // What is not merged mails nobody, and no other server.
    world.write("policies/new.yaml", "id: new\nrequire_approval: true\ndefault_approvers: [ada]\n");
    assert_eq!(alert(&world, &["new"], &[]).code, 3);
    world.write("policyc.yaml", "branch: main\n");
    assert_eq!(alert(&world, &["policy:production"], &[]).code, 0);
    world.git(&["commit", "-q", "-a", "-m", "No alerts"]);
    let unset = alert(&world, &["policy:production"], &[]);
    assert!(unset.code == 3 && unset.err.contains("PC0934") && unset.err.contains("alerts: {smtp"), "{unset:?}");
}

#[test]
fn a_password_goes_through_tls_or_nowhere() {
    let secret = [("POLICYC_SMTP_USER", "robot"), ("POLICYC_SMTP_PASSWORD", "hunter2")];
    let told = |smtp: &Smtp| smtp.heard().iter().any(|line| line.contains("AUTH") || line.contains("MAIL"));
    for tls in ["when_offered", "required", "never"] {
        let smtp = Smtp::new(&Manner { can: vec!["AUTH PLAIN LOGIN"], ..Manner::default() });
        let done = alert(&repository(&smtp.place(), tls), &["payments"], &secret);
        assert!(done.code == 3 && done.err.contains("PC0934") && !told(&smtp), "{tls}: {done:?}");
        assert!(!format!("{done:?}").contains("hunter2"));
    }
    for (can, line) in [("AUTH PLAIN", "!AUTH PLAIN AHJvYm90AGh1bnRlcjI="), ("AUTH LOGIN", "!aHVudGVyMg==")] {
        let smtp = Smtp::new(&Manner { starttls: true, can: vec![can], ..Manner::default() });
        let world = repository(&smtp.place(), "required");
        world.write("ca.pem", &smtp.pem);
        let file = world.at("ca.pem");
        let trusting = [&secret[..], &[("POLICYC_SMTP_CA", file.to_str().unwrap())]].concat();
        let done = alert(&world, &["payments"], &trusting);
        assert!(done.code == 0 && !done.out.contains("without TLS"), "{done:?}");
        let heard = smtp.heard();
        assert!(heard.iter().any(|heard| heard == line), "{heard:?}");
        let plain: Vec<&String> = heard.iter().filter(|line| !line.starts_with('!')).collect();
        assert_eq!(plain, ["EHLO example.com", "STARTTLS"], "nothing else is said in the open");
        assert_eq!(mails(&smtp).len(), 3);
        // Nobody vouches for the certificate.
        let done = alert(&world, &["payments"], &secret);
        assert!(done.code == 3 && done.err.contains("is not to be trusted"), "{done:?}");
        assert_eq!(mails(&smtp).len(), 3);
    }
    let one = alert(&repository("localhost:1", "never"), &["payments"], &secret[..1]);
    assert_eq!(one.code, 2, "{one:?}");
}

#[test]
fn a_certificate_is_for_the_host() {
    let smtp = Smtp::for_names(&Manner { starttls: true, ..Manner::default() }, &["mail.example.com"]);
    let world = repository(&smtp.place(), "when_offered");
    world.write("ca.pem", &smtp.pem);
    let file = world.at("ca.pem");
    let done = alert(&world, &["payments"], &[("POLICYC_SMTP_CA", file.to_str().unwrap())]);
    assert!(done.code == 3 && done.err.contains("is not to be trusted") && mails(&smtp).is_empty(), "{done:?}");
    world.write("ca.pem", "no certificate\n");
    let done = alert(&world, &["payments"], &[("POLICYC_SMTP_CA", file.to_str().unwrap())]);
    assert!(done.code == 3 && done.err.contains("holds no certificate"), "{done:?}");
}

/// Whoever is on the way can leave out that the server offers TLS; then nothing is sent where TLS is asked for.
#[test]
fn tls_that_is_stripped_is_missed() {
    let smtp = Smtp::new(&Manner::default());
    let done = alert(&repository(&smtp.place(), "required"), &["payments"], &[]);
    assert!(done.code == 3 && done.err.contains("does not offer TLS"), "{done:?}");
    assert!(smtp.heard().iter().all(|line| !line.contains("MAIL")), "{:?}", smtp.heard());
}

/// An answer that comes before TLS must not be taken for one that comes through it.
#[test]
fn what_is_said_before_tls_is_no_answer_behind_it() {
    for injects in ["250-here\r\n250 AUTH PLAIN\r\n", "250 ok\r\n", "x"] {
        let smtp = Smtp::new(&Manner { starttls: true, injects, ..Manner::default() });
        let world = repository(&smtp.place(), "when_offered");
        world.write("ca.pem", &smtp.pem);
        let file = world.at("ca.pem");
        let done = alert(&world, &["payments"], &[("POLICYC_SMTP_CA", file.to_str().unwrap())]);
        assert!(done.code == 3 && done.err.contains("is not to be trusted"), "{injects:?}: {done:?}");
        assert!(smtp.heard().iter().all(|line| !line.contains("MAIL")), "{:?}", smtp.heard());
    }
}

#[test]
fn one_who_is_refused_does_not_keep_the_others_from_being_told() {
    let smtp = Smtp::new(&Manner { refuses: "bob@", ..Manner::default() });
    let done = alert(&repository(&smtp.place(), "when_offered"), &["payments"], &[]);
    assert!(done.code == 3 && done.err.contains("PC0934"), "{done:?}");
    assert!(done.out.contains("refused  bob@example.com") && done.out.contains("said no: 550 nobody"), "{done:?}");
    assert!(!format!("{}{}", done.out, done.err).contains('\u{1b}'), "{done:?}");
    assert_eq!(mails(&smtp).len(), 2);
}

#[test]
fn servers_that_break_off_or_talk_nonsense_are_told_of() {
    for (manner, words) in [
        (Manner { hangs_up_at: "EHLO", ..Manner::default() }, "ended the conversation"),
        (Manner { hangs_up_at: "DATA", ..Manner::default() }, "ended the conversation"),
        (Manner { greeting: "554 go away\r\n", ..Manner::default() }, "said no: 554 go away"),
        (Manner { greeting: "HTTP/1.1 200 OK\r\n", ..Manner::default() }, "says what no mail server says"),
    ] {
        let smtp = Smtp::new(&manner);
        let done = alert(&repository(&smtp.place(), "when_offered"), &["payments"], &[]);
        assert!(done.code == 3 && done.err.contains("PC0934"), "{done:?}");
        let told = done.err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "{words}: {done:?}");
        assert!(mails(&smtp).is_empty());
    }
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let done = alert(&repository(&gone.to_string(), "when_offered"), &["payments"], &[]);
    assert!(done.code == 3 && done.err.contains("cannot be reached"), "{done:?}");
}

fn letter(to: &str, name: &str, text: &str) -> Letter {
    Letter {
        from: "policyc@example.com".to_owned(),
        to: to.to_owned(),
        name: name.to_owned(),
        subject: "a\r\nBcc: eve@example.com".to_owned(),
        text: text.to_owned(),
        at: 0,
        id: "one".to_owned(),
    }
}

#[test]
fn a_server_that_never_answers_is_not_waited_for() {
    let smtp = Smtp::new(&Manner { silent_at: "RCPT", ..Manner::default() });
    let patience = Duration::from_millis(200);
    let server = MailServer { patience, ..MailServer::new("127.0.0.1", smtp.address.port(), AlertTls::Never) };
    let mut post = Post::open(&server, "policyc@example.com").unwrap();
    let sent = post.send(&Sealed::new(&letter("ada@example.com", "", "x")).unwrap());
    assert_eq!(sent, Err(Unsent::Lost("took too long to answer".to_owned())));
    drop(post);
    let smtp = Smtp::new(&Manner { silent_at: "EHLO", ..Manner::default() });
    let server = MailServer { patience, ..MailServer::new("127.0.0.1", smtp.address.port(), AlertTls::Never) };
    let failure = Post::open(&server, "policyc@example.com").err().unwrap();
    assert!(failure.message.contains("took too long"), "{failure}");
}

/// A name, a subject or a text of several lines makes no header, no recipient and no second mail.
#[test]
fn nothing_gets_out_of_its_line() {
    let text = "one\n.\r\nQUIT\r\n.. two";
    let names = [
        "Ada\r\nBcc: eve@example.com",
        "\u{1b}[31m\r\n\r\nA body",
        "\"><eve@example.com>,",
        "Ädä\u{202e}",
        "a\u{85}b\u{2028}c",
    ];
    for name in names {
        let mail = Sealed::new(&letter("ada@example.com", name, text)).unwrap();
        let written = mail.text();
        let (head, _) = written.split_once("\r\n\r\n").unwrap();
        assert!(head.is_ascii() && !head.contains('\u{1b}'), "{head:?}");
        let headers: Vec<&str> = head
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap())
            .collect();
        assert_eq!(
            headers,
            ["From", "To", "Subject", "Date", "Message-ID", "Content-Type", "Content-Transfer-Encoding"]
        );
        let smtp = Smtp::new(&Manner::default());
        let server = MailServer::new("127.0.0.1", smtp.address.port(), AlertTls::Never);
        let mut post = Post::open(&server, "policyc@example.com").unwrap();
        post.send(&mail).unwrap();
        post.close();
        let heard = smtp.heard();
        let commands: Vec<&str> = heard.iter().map(|line| line.split([' ', ':']).next().unwrap()).collect();
        assert_eq!(commands, ["EHLO", "MAIL", "RCPT", "DATA", "From", "QUIT"], "{heard:?}");
        assert!(heard[4].contains("one\r\n.\r\nQUIT\r\n.. two"), "{heard:?}");
        assert_eq!(heard[2], "RCPT TO:<ada@example.com>");
    }
    for to in [
        "ada@example.com\r\nRCPT TO:<eve@example.com>",
        "ada@example.com>",
        "",
        "ada",
        "a b@example.com",
        "ada@exa\r\nmple.com",
    ] {
        assert!(Sealed::new(&letter(to, "", text)).is_err(), "{to:?}");
    }
    // Half a line break is mended or refused, never sent.
    let half = Sealed::new(&letter("ada@example.com", "", "half\rof\na break"));
    assert!(half.map_or(true, |mail| !mail.text().replace("\r\n", "").contains(['\r', '\n'])));
}

#[test]
fn settings_that_name_no_server_or_address_are_errors() {
    for (smtp, from) in [
        ("mail.example.com:0", "a@b"),
        ("mail.example.com:65536", "a@b"),
        ("mail.example.com:", "a@b"),
        ("mail.example.com:25x", "a@b"),
        ("::1", "a@b"),
        ("smtp://mail.example.com", "a@b"),
        ("mail example", "a@b"),
        ("mail.example.com", "Ada <a@b>"),
        ("mail.example.com", "a@b, c@d"),
        ("mail.example.com", "a"),
    ] {
        let world = World::with(&[("policies/a.yaml", "id: a\nrun_budget: 1\n")]);
        world.write("policyc.yaml", format!("alerts: {{smtp: \"{smtp}\", from: \"{from}\"}}\n"));
        let done = world.run(&["check"]);
        assert!(done.code == 1 && done.out.contains("PC0306"), "{smtp} {from}: {done:?}");
    }
    for smtp in ["mail.example.com", "[::1]:25", "10.0.0.1:465"] {
        let world = World::with(&[("policies/a.yaml", "id: a\nrun_budget: 1\n")]);
        world.write("policyc.yaml", format!("alerts: {{smtp: \"{smtp}\", from: a@b.example}}\n"));
        assert_eq!(world.run(&["check"]).code, 0, "{smtp}");
    }
}

/// The commands of the page run, and its settings are settings.
#[test]
fn the_page_shows_commands_that_run() {
    let smtp = Smtp::new(&Manner::default());
    let world = repository(&smtp.place(), "when_offered");
    let page = std::fs::read_to_string("docs/alerts.md").unwrap();
    let blocks = support::blocks(&page);
    let of =
        |word: &str| blocks.iter().find(|(info, _)| info.first().is_some_and(|first| first == word)).unwrap().1.clone();
    let commands = of("sh");
    assert_eq!(commands.lines().count(), 3);
    for line in commands.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let done = world.run(&words[1..]);
        assert_eq!((words[0], done.code), ("policyc", 0), "{line}: {done:?}");
    }
    world.write("policyc.yaml", of("yaml"));
    assert_eq!(world.run(&["check"]).code, 0);
}
