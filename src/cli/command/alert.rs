use std::collections::BTreeSet;
use std::path::Path;

use clap::Subcommand;

use crate::cli::history::Merged;
use crate::cli::output::{remark, say, say_json};
use crate::cli::words::Shown;
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes, nearest};
use crate::host::{self, Letter, MailServer, Post, Sealed, Unsent};
use crate::lifecycle::{Reached, reached};
use crate::model::{Alerts, Document, DocumentId};
use crate::report::{AlertLine, AlertOf, AlertOutcome, AlertReport, alert_human, visible_line};
use crate::text::Digest;

/// Arguments of `alert`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Mail everybody whom a policy asks for approvals, or an environment alerts, to see that it reaches them.
    Test(Test),
}

/// Arguments of `alert test`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Who is told, and by which server, is what the protected branch says. POLICYC_SMTP_USER and \
                  POLICYC_SMTP_PASSWORD are said to the server through TLS only; POLICYC_SMTP_CA names a file of \
                  certificates to trust instead of Mozilla's authorities.")]
struct Test {
    /// The id of a policy or an environment; `policy:ID` or `environment:ID` where both have it.
    id: String,
    /// Print the mails as they would be sent, and talk to nobody.
    #[arg(long)]
    dry_run: bool,
    /// How to show what came out.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
}

/// Runs `alert`.
///
/// # Errors
/// When nobody is named or can be told, or a mail cannot be sent.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let Command::Test(args) = &args.command;
    let merged = Merged::open(here)?;
    let (of, names) = named(&merged, &args.id)?;
    let people = reached(merged.session.compilation.identities.as_ref(), &names);
    if people.is_empty() {
        let message = format!("the {} `{}` names nobody who is told", of.kind, of.id);
        let help = if of.kind == "policy" { "add `default_approvers`" } else { "add `circuit_breaker.alerts`" };
        return Err(Stop::Nothing(Failure::new(codes::NO_ADDRESS, message).help(help)));
    }
    let alerts = merged.session.compilation.settings.alerts.as_ref().ok_or_else(|| {
        let message = "nothing says by which server alerts are mailed";
        let help =
            "add `alerts: {smtp: \"mail.example.com:587\", from: policyc@example.com}` to policyc.yaml, and merge it";
        Failure::new(codes::MAIL, message).help(help)
    })?;
    let server = server(alerts)?;
    let mut report = AlertReport {
        schema: "policyc.alert/v1",
        dry_run: args.dry_run,
        server: server.name(),
        sealed: None,
        recipients: lines(&people),
        of,
    };
    let failed =
        if args.dry_run { write(&mut report, alerts, &people) } else { send(&mut report, alerts, &people, &server) };
    show(&report, args.format)?;
    ended(&report, failed)
}

fn show(report: &AlertReport, format: Shown) -> Result<(), Stop> {
    if format == Shown::Json {
        return say_json(report);
    }
    let mails: Vec<&String> = report.recipients.iter().filter_map(|line| line.mail.as_ref()).collect();
    if mails.is_empty() {
        return say(&alert_human(report));
    }
    alert_human(report).lines().for_each(remark);
    // Exactly as they would be sent: the library writes what is no plain text in plain text.
    mails.into_iter().try_for_each(|mail| say(mail))
}

/// What the world said no to weighs more than that somebody has no address.
fn ended(report: &AlertReport, failed: Option<Failure>) -> Result<Exit, Stop> {
    if let Some(failure) = failed {
        return Err(Stop::World(failure));
    }
    let silent: Vec<String> = report
        .recipients
        .iter()
        .filter(|line| line.outcome == AlertOutcome::NoAddress)
        .map(|line| format!("`{}`", visible_line(&line.who)))
        .collect();
    if silent.is_empty() {
        return Ok(Exit::Clean);
    }
    let has = if silent.len() == 1 { "has" } else { "have" };
    let message = format!("{} {has} no mail address", silent.join(", "));
    Err(Stop::Nothing(Failure::new(codes::NO_ADDRESS, message).help("add one to `accounts` in identities.yaml")))
}

/// What an id means, and whom it names.
fn named(merged: &Merged, text: &str) -> Result<(AlertOf, BTreeSet<String>), Stop> {
    let compilation = &merged.session.compilation;
    let (kind, id) = match text.split_once(':') {
        Some((kind @ ("policy" | "environment"), id)) => (Some(kind), id),
        _ => (None, text),
    };
    let document = DocumentId::parse(id).and_then(|id| compilation.document(&id).cloned());
    let environment = compilation.environments.iter().find(|one| one.id.as_str() == id);
    let document = document.filter(|_| kind != Some("environment"));
    let environment = environment.filter(|_| kind != Some("policy"));
    let of = |kind| AlertOf { kind, id: id.to_owned() };
    match (document, environment) {
        (Some(_), Some(_)) => Err(Stop::Usage(format!(
            "`{id}` is a document and an environment: say `policy:{id}` or `environment:{id}`"
        ))),
        (Some(Document::Policy(policy)), None) => {
            let more = policy.approval_rules.iter().flat_map(|rule| &rule.approvers);
            Ok((of("policy"), policy.default_approvers.iter().chain(more).cloned().collect()))
        }
        (Some(_), None) => {
            let message = format!("`{id}` is no policy, and nobody is told of it");
            Err(Stop::World(Failure::new(codes::NOT_FOUND, message).help("name a policy or an environment")))
        }
        (None, Some(one)) => {
            let names = one.circuit_breaker.iter().flat_map(|breaker| &breaker.alerts).cloned();
            Ok((of("environment"), names.collect()))
        }
        (None, None) => Err(unknown(merged, id)),
    }
}

fn unknown(merged: &Merged, id: &str) -> Stop {
    let compilation = &merged.session.compilation;
    let policies = compilation.documents.iter().map(|document| document.id().as_str());
    let ids = policies.chain(compilation.environments.iter().map(|one| one.id.as_str()));
    let failure = Failure::new(codes::NOT_FOUND, format!("no policy and no environment `{id}` is merged"));
    Stop::World(match nearest(id, ids) {
        Some(meant) => failure.help(format!("did you mean `{meant}`?")),
        None => failure.help("`policyc list` lists the policies; a draft alerts nobody"),
    })
}

fn server(alerts: &Alerts) -> Result<MailServer, Stop> {
    let credentials = match (host::variable("POLICYC_SMTP_USER"), host::variable("POLICYC_SMTP_PASSWORD")) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        _ => return Err(Stop::Usage("give POLICYC_SMTP_USER and POLICYC_SMTP_PASSWORD both, or neither".to_owned())),
    };
    let authorities = host::variable("POLICYC_SMTP_CA");
    Ok(MailServer { credentials, authorities, ..MailServer::new(&alerts.host, alerts.port, alerts.tls) })
}

/// A line for each address, and for each who has none; an address that two have is mailed once.
fn lines(people: &[Reached]) -> Vec<AlertLine> {
    let mut taken = BTreeSet::new();
    let mut lines = Vec::new();
    for one in people {
        let line = |address: Option<&String>, outcome| AlertLine {
            who: one.who.clone(),
            named: one.named.iter().cloned().collect(),
            address: address.cloned(),
            outcome,
            why: None,
            mail: None,
        };
        if one.addresses.is_empty() {
            lines.push(line(None, AlertOutcome::NoAddress));
        }
        for address in one.addresses.iter().filter(|address| taken.insert(address.to_lowercase())) {
            lines.push(line(Some(address), AlertOutcome::NotSent));
        }
    }
    lines
}

/// The mails as they would be sent; their time and id are always the same.
fn write(report: &mut AlertReport, alerts: &Alerts, people: &[Reached]) -> Option<Failure> {
    let mut failed = None;
    for line in report.recipients.iter_mut().filter(|line| line.address.is_some()) {
        let letter = letter(&report.of, alerts, line, people, 0, "dry-run".to_owned());
        match Sealed::new(&letter) {
            Ok(mail) => (line.outcome, line.mail) = (AlertOutcome::WouldBeSent, Some(mail.text())),
            Err(why) => failed = failed.or(Some(refuse(line, AlertOutcome::Refused, &why))),
        }
    }
    failed
}

/// Sends to one after the other. What one is refused for does not keep the others from being told.
fn send(report: &mut AlertReport, alerts: &Alerts, people: &[Reached], server: &MailServer) -> Option<Failure> {
    if report.recipients.iter().all(|line| line.address.is_none()) {
        return None;
    }
    let mut post = match Post::open(server, &alerts.from) {
        Ok(post) => post,
        Err(failure) => return Some(failure),
    };
    report.sealed = Some(post.is_sealed());
    let now = u64::try_from(host::unix_seconds()).unwrap_or(0);
    let mut failed = None;
    for line in report.recipients.iter_mut().filter(|line| line.address.is_some()) {
        let address = line.address.clone().unwrap_or_default();
        let id = Digest::of(format!("{now} {} {} {address}", host::process(), report.of.id).as_bytes()).to_string();
        let id: String = id.trim_start_matches("sha256:").chars().take(32).collect();
        let sent = Sealed::new(&letter(&report.of, alerts, line, people, now, id))
            .map_err(Unsent::Refused)
            .and_then(|mail| post.send(&mail));
        match sent {
            Ok(()) => line.outcome = AlertOutcome::Sent,
            Err(Unsent::Refused(why)) => {
                let failure = refuse(line, AlertOutcome::Refused, &format!("`{}` {why}", server.name()));
                failed = failed.or(Some(failure));
            }
            Err(Unsent::Lost(why)) => {
                return Some(refuse(line, AlertOutcome::NotSent, &format!("`{}` {why}", server.name())));
            }
        }
    }
    post.close();
    failed
}

fn refuse(line: &mut AlertLine, outcome: AlertOutcome, why: &str) -> Failure {
    line.outcome = outcome;
    line.why = Some(why.to_owned());
    let to = line.address.as_ref().unwrap_or(&line.who);
    Failure::new(codes::MAIL, format!("the mail to `{}` was not sent: {}", visible_line(to), visible_line(why)))
        .help("what was sent to others before is sent")
}

fn letter(of: &AlertOf, alerts: &Alerts, line: &AlertLine, people: &[Reached], at: u64, id: String) -> Letter {
    let name = people.iter().find(|one| one.who == line.who).map(|one| one.name.clone()).unwrap_or_default();
    let why = match of.kind {
        "policy" => "is asked for an approval when the policy wants one",
        _ => "is told when the circuit breaker of the environment opens",
    };
    let text = format!(
        "This is a test of alerts. Nothing has happened, and nothing is to be done.\r\n\r\n\
         You get it because `{}` {why}:\r\n\r\n    {}: {}\r\n    named as: {}\r\n",
        line.who,
        of.kind,
        of.id,
        line.named.join(", ")
    );
    Letter {
        from: alerts.from.clone(),
        to: line.address.clone().unwrap_or_default(),
        name,
        subject: format!("policyc test alert: {} {}", of.kind, of.id),
        text,
        at,
        id,
    }
}
