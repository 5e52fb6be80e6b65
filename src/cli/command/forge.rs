//! `forge`: ask GitHub or GitLab about pull requests, and keep a comment there.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::cli::forge::{Event, Where};
use crate::cli::output::{self, remark};
use crate::cli::session::{self, From, Session};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::forge::net::{self, Kept};
use crate::forge::{self, Facts};
use crate::host;

/// The longest file of a comment that is read: the most characters that a forge takes, of four bytes each.
const MAX_COMMENT_BYTES: usize = 4_000_000;

/// Arguments of `forge`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask for pull requests, their reviews and who may write, and keep the facts in a file for --forge.
    Fetch(Fetch),
    /// Keep one comment on a pull request: make it, or change it where it says something else.
    Comment(Comment),
}

/// Arguments of `forge fetch`.
#[derive(Debug, clap::Args)]
#[command(after_help = TOKENS)]
struct Fetch {
    #[command(flatten)]
    at: Where,
    /// The pull requests that a commit came with, instead of one by its number.
    #[arg(long, value_name = "SHA", conflicts_with = "pull")]
    commit: Option<String>,
    /// Where to write the facts.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Arguments of `forge comment`.
#[derive(Debug, clap::Args)]
#[command(after_help = TOKENS)]
struct Comment {
    #[command(flatten)]
    at: Where,
    /// Who comments; default: whoever the token is of, and `github-actions[bot]` where it may not say.
    #[arg(long, value_name = "LOGIN")]
    author: Option<String>,
    /// What to say; the first line is `<!-- policyc:report -->`.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Where the token may not write, append the text to the summary of the job (`GITHUB_STEP_SUMMARY`).
    #[arg(long)]
    or_summary: bool,
}

const TOKENS: &str = "The token comes from the environment: GITHUB_TOKEN or GH_TOKEN, GITLAB_TOKEN or CI_JOB_TOKEN.";

/// Runs `forge`.
///
/// # Errors
/// When something is not said, or the forge does not answer.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    match &args.command {
        Command::Fetch(args) => fetch(args, here),
        Command::Comment(args) => comment(args, here),
    }
}

fn fetch(args: &Fetch, here: &Path) -> Result<Exit, Stop> {
    let wanted = args.at.wanted(args.commit.as_deref(), here)?;
    let mut meant = args.at.meant()?;
    if session::find_root(here)?.is_some() {
        let session = Session::open(here, &From { rev: None, now: None })?;
        output::refuse_sources([args.out.as_path()].into_iter(), here, &session)?;
    }
    let fetched = net::fetch(&mut meant.asker(), &wanted)?;
    let text = forge::write(&fetched.facts).ok_or_else(|| {
        Failure::new(codes::BAD_FORGE_FACTS, "the answers of the forge contradict each other or name nothing")
            .help("nothing was written; please report this, with `--pull` and the repository")
    })?;
    host::write_whole(&here.join(&args.out), text.as_bytes())?;
    for unsaid in &fetched.unsaid {
        remark(&format!("warning: {unsaid}"));
    }
    remark(&told(&fetched.facts, &args.out));
    Ok(Exit::Clean)
}

fn told(facts: &Facts, out: &Path) -> String {
    let numbers: Vec<String> = facts.pulls.iter().map(|pull| pull.number.to_string()).collect();
    let which = match numbers.as_slice() {
        [] => "no pull request".to_owned(),
        [one] => format!("pull request {one}"),
        many => format!("pull requests {}", many.join(", ")),
    };
    let repository = facts.repository.as_ref().map(ToString::to_string).unwrap_or_default();
    let reviews = match facts.reviews.len() {
        1 => "1 review".to_owned(),
        count => format!("{count} reviews"),
    };
    format!("fetched {which} of {repository} with {reviews} into {}", out.display())
}

fn comment(args: &Comment, here: &Path) -> Result<Exit, Stop> {
    let text = text(args, here)?;
    let number = args.at.number(here)?;
    let mut meant = args.at.meant()?;
    let kept = net::keep(&mut meant.asker(), number, args.author.as_deref(), &text)?;
    let why = match kept {
        Kept::Created => return Ok(done(&format!("commented on {number}"))),
        Kept::Updated => return Ok(done(&format!("changed the comment on {number}"))),
        Kept::Same => return Ok(done(&format!("the comment on {number} says so already"))),
        Kept::Forbidden(why) => why,
    };
    if args.or_summary {
        let summary =
            host::variable("GITHUB_STEP_SUMMARY").ok_or_else(|| unkept(&why, "GITHUB_STEP_SUMMARY is not set"))?;
        host::append_line(&here.join(summary), &text)?;
        return Ok(done(&format!("warning: the comment could not be kept; the report is in the job summary ({why})")));
    }
    let fork = meant.forge() == forge::Forge::GitHub && Event::read(here).is_ok_and(|event| event.is_of_fork(number));
    if fork {
        let what = "a pull request from a fork has a token that may not write, so the comment could not be kept";
        let how = "the report is in the job summary where --or-summary, or the workflow, puts it";
        return Ok(done(&format!("warning: {what}; {how} ({why})")));
    }
    Err(unkept(&why, "the token must be permitted to write to pull requests, or use --or-summary").into())
}

/// What is to be said, if the forge can keep it.
fn text(args: &Comment, here: &Path) -> Result<String, Stop> {
    let refused = |why: &str| Stop::Usage(format!("`{}` cannot be kept as a comment: {why}", args.file.display()));
    let forge = args.at.forge()?;
    let bytes = host::read_up_to(&here.join(&args.file), MAX_COMMENT_BYTES)?;
    if bytes.len() > MAX_COMMENT_BYTES {
        return Err(refused("it is too long"));
    }
    let text = String::from_utf8(bytes).map_err(|_| refused("it is no UTF-8 text"))?;
    match net::refusal(&text, forge) {
        Some(why) => Err(refused(&why)),
        None => Ok(text),
    }
}

fn done(message: &str) -> Exit {
    remark(message);
    Exit::Clean
}

fn unkept(why: &str, help: &str) -> Failure {
    Failure::new(codes::FORGE, format!("the comment could not be kept: {why}")).help(help)
}
