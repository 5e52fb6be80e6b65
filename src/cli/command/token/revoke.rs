use std::path::Path;

use crate::cli::history::{self, Branch};
use crate::cli::output::{pretty, remark, say};
use crate::cli::tokens::{Revocations, Signing, file_of};
use crate::cli::words::moment;
use crate::cli::writing::{Move, Push, Writer};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::git::{FileEdit, ObjectId};
use crate::host;
use crate::model::Time;
use crate::report::visible_line;
use crate::token::{Revoked, Target, audience, unverified};
use crate::written::Revocation;

/// Arguments of `token revoke`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The environment.
    #[arg(long, value_name = "NAME")]
    environment: String,
    #[command(flatten)]
    what: What,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    push: Push,
}

/// What is to hold no longer.
#[derive(Debug, clap::Args)]
#[group(id = "What", required = true, multiple = false)]
struct What {
    /// One token, as it was issued; `-`: on standard input.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// One token, by its id (`jti`).
    #[arg(long, value_name = "JTI", allow_hyphen_values = true)]
    id: Option<String>,
    /// Everything that a key signed, by the id of the key (`kid`).
    #[arg(long, value_name = "KID", allow_hyphen_values = true)]
    key_id: Option<String>,
    /// Everything that was issued before a time (RFC 3339), or `now`.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    issued_before: Option<Time>,
}

/// Runs `token revoke`.
///
/// # Errors
/// When it is revoked already, or cannot be written.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let reason = args.reason.trim();
    if reason.is_empty() {
        return Err(Stop::Usage("say why: --reason TEXT".to_owned()));
    }
    let target = target(&args.what, &args.environment)?;
    let (root, _) = history::database(here)?;
    let writer = Writer::begin(&root)?;
    let mut branch = String::new();
    let mut make = || {
        let (commit, name) = made(args, here, reason, &target)?;
        branch = name;
        Ok(commit)
    };
    let reference = protected(here)?;
    let shared = args.push.shared(&root)?;
    let commit = if let Some(shared) = &shared {
        shared.commit_on(&writer, &reference, "token revoke", &mut make)?
    } else {
        let from = writer.top().head_of(&reference)?.map(|head| head.commit);
        let to = make()?;
        writer.advance(&Move { what: "token revoke", reference: &reference, from, to })?;
        to
    };
    let line = format!("commit {} on {branch}: {} is revoked in {}", commit.short(), told(&target), args.environment);
    let next = match shared {
        Some(shared) => format!("`{}` has it\n", shared.name()),
        None => format!("Push it, so that everybody refuses it: git push origin {branch}\n"),
    };
    say(&format!("{}\n{next}", visible_line(&line)))?;
    Ok(Exit::Clean)
}

/// The protected branch of this clone.
fn protected(here: &Path) -> Result<String, Stop> {
    let opened = history::open(here, &Branch::default())?;
    let protected = &opened.history.protected;
    if protected.reference.starts_with("refs/heads/") {
        return Ok(protected.reference.clone());
    }
    let message = format!("the protected branch is here as `{}` only", protected.reference);
    let help = format!(
        "make it a branch of this clone: `git branch {0} {0}@{{upstream}}`, or `git switch {0}`",
        protected.short()
    );
    Err(Stop::World(Failure::new(codes::NOT_PLACED, message).help(help)))
}

/// The commit over the protected branch as it is, and the name of that.
fn made(args: &Args, here: &Path, reason: &str, target: &Target) -> Result<(ObjectId, String), Stop> {
    let target = target.clone();
    let signing = Signing::open(here, &args.environment)?;
    let opened = signing.opened.as_ref().ok_or_else(|| {
        let message = "this policy repository is not kept in Git, so nobody would learn what is revoked";
        Stop::World(Failure::new(codes::GIT, message).help("`git init`, and commit the policies"))
    })?;
    let mut known = signing.revocations()?;
    refuse_unreadable(&known, &target, &args.environment)?;
    if !known.revoked.take(target.clone()) {
        let failure = Failure::new(codes::NOTHING_TO_DO, format!("{} is revoked already", told(&target)));
        return Err(Stop::Nothing(failure.help("nothing was written")));
    }
    if let Target::Key(id) = &target
        && !signing.keys().iter().any(|key| key.id() == *id)
    {
        remark(&format!("note: `{}` has no key `{id}`; it is revoked for whenever it comes", args.environment));
    }
    let by = opened.database.committer()?;
    known.entries.push(entry(&target, reason, &format!("{} <{}>", by.name, by.email))?);
    let file = Revoked::file(&args.environment, known.entries);
    let edit = FileEdit { path: file_of(&args.environment), text: Some(pretty(&file)) };
    let message = format!("Revoke {} in {}\n\n{reason}\n", told(&target), args.environment);
    let commit = opened.database.commit_over(opened.history.protected.tip, &[edit], &message)?;
    Ok((commit, opened.history.protected.name.clone()))
}

fn target(what: &What, environment: &str) -> Result<Target, Stop> {
    let wrong = |why: String| Stop::Usage(why);
    if let Some(token) = &what.token {
        let token = super::given(token)?;
        let claims = unverified(&token).map_err(|why| wrong(format!("this cannot be revoked: {why}")))?;
        if claims.aud != audience(environment) {
            return Err(wrong(format!("this is no token of `{environment}`: it is for `{}`", claims.aud)));
        }
        return Target::token(&claims.jti).map_err(wrong);
    }
    if let Some(time) = what.issued_before {
        // Nobody could take back what is refused in advance.
        if this_instant().is_none_or(|now| time > now) {
            return Err(wrong(
                "--issued-before is in the future: it would refuse what nobody has issued yet".to_owned(),
            ));
        }
        return Target::issued_before(&time.to_string()).map_err(wrong);
    }
    match (&what.id, &what.key_id) {
        (Some(id), _) => Target::token(id).map_err(wrong),
        (_, Some(id)) => Target::key(id).map_err(wrong),
        (None, None) => Err(wrong("say what is to be revoked".to_owned())),
    }
}

/// Over a file that cannot be read nothing is written, but for what settles a commit that cannot be.
fn refuse_unreadable(known: &Revocations, target: &Target, environment: &str) -> Result<(), Stop> {
    let Some(why) = &known.revoked.unreadable else { return Ok(()) };
    let help = if known.broken_folder {
        "restore the file with `git checkout`"
    } else if matches!(target, Target::IssuedBefore(_)) {
        return Ok(());
    } else {
        "look at what it held with `git show`, and settle it with --issued-before now"
    };
    let message = format!("nobody can say what is revoked in `{environment}`: {}", visible_line(why));
    Err(Stop::World(Failure::new(codes::BAD_REVOCATIONS, message).help(help)))
}

fn entry(target: &Target, reason: &str, by: &str) -> Result<Revocation, Stop> {
    let at = Time::of_unix_seconds(host::unix_seconds()).map(|time| time.to_string());
    let at = at.ok_or_else(|| Failure::new(codes::IO, "the machine's clock shows no time"))?;
    let mut entry =
        Revocation { token: None, key: None, issued_before: None, at, by: by.to_owned(), reason: reason.to_owned() };
    match target {
        Target::Token(id) => entry.token = Some(id.clone()),
        Target::Key(id) => entry.key = Some(id.clone()),
        Target::IssuedBefore(time) => entry.issued_before = Some(time.to_string()),
    }
    Ok(entry)
}

fn told(target: &Target) -> String {
    match target {
        Target::Token(id) => format!("the token `{id}`"),
        Target::Key(id) => format!("everything by the key `{id}`"),
        Target::IssuedBefore(time) => format!("everything issued before {time}"),
    }
}

/// A moment; `now` to the nanosecond, so that what was issued in this very second is before it.
fn instant(text: &str) -> Result<Time, String> {
    match text {
        "now" => this_instant().ok_or_else(|| "the machine's clock shows no time".to_owned()),
        _ => moment(text),
    }
}

fn this_instant() -> Option<Time> {
    Time::of_unix_nanoseconds(host::unix_nanoseconds())
}
