//! Floor 12: what people type. One file a command, with its arguments and its function.

mod assist;
mod command;
mod drafts;
mod edits;
mod exit;
mod forge;
mod history;
mod live;
mod logs;
mod output;
mod session;
mod sides;
mod tokens;
mod words;
mod writing;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::diag::{Failure, codes};
use crate::host;
use crate::report;
pub use exit::Exit;

/// Policy as code for AI agents: compile, check and look at policies kept in Git.
#[derive(Debug, Parser)]
#[command(name = "policyc", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 clean, 1 findings, 2 usage, 3 the world (files, Git, forges), 70 a bug of policyc."
)]
struct Cli {
    /// Work as if started in this folder.
    #[arg(short = 'C', value_name = "DIR", global = true, default_value = ".", hide_default_value = true)]
    directory: PathBuf,
    #[command(subcommand)]
    command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
enum Command {
    /// Write a working policy repository; nothing that is there is overwritten.
    Init(command::init::Args),
    /// Compile documents into one canonical, digested bundle.
    Compile(command::compile::Args),
    /// Check documents and say what is wrong with them.
    #[command(visible_alias = "validate")]
    Check(command::check::Args),
    /// Decide one action, or a stream of them, and say why.
    Eval(command::eval::Args),
    /// List policies, rules, exceptions and suites.
    List(command::list::Args),
    /// Show one document, as it is meant or as it is written.
    Show(command::show::Args),
    /// List the versions that the protected branch went through.
    Versions(command::versions::Args),
    /// Show what is active, and what branches and the work tree would change.
    Status(command::status::Args),
    /// Tell what happened to policies, commit by commit.
    Log(command::log::Args),
    /// Begin, change, list, show and delete drafts: changes on their way.
    Draft(command::draft::Args),
    /// Put a draft up for review.
    Submit(command::submit::Args),
    /// Say what you think of a draft: a record bound to exactly what it changes.
    Review(command::review::Args),
    /// Merge a draft, if everything that it needs is there.
    Merge(command::merge::Args),
    /// Make versions live in an environment.
    Deploy(command::environments::deploy::Args),
    /// Let a deployment reach more runs, wait, or give it up.
    Rollout(command::environments::rollout::Args),
    /// Stop an environment, or let it go on.
    #[command(name = "kill-switch")]
    KillSwitch(command::environments::kill_switch::Args),
    /// Bring an old version back: as a new one, or with --environment as the one that is live.
    Rollback(command::rollback::Args),
    /// Change fields of a document in its file; comments and layout stay, nothing is committed.
    Set(command::set::Args),
    /// Switch a rule off, or take a document out of its file.
    Remove(command::remove::Args),
    /// List, add and revoke exceptions.
    Exception(command::exception::Args),
    /// Run the suites: compare decisions with what is expected, and say what the tests cover.
    Test(command::test::Args),
    /// Replay recorded actions: what policies do with them, or what a change would alter.
    Simulate(command::simulate::Args),
    /// Tell what two states of the policies have not in common, and what each change can do.
    Diff(command::diff::Args),
    /// Judge a change as CI does: everything that its pull request needs, in one call.
    Ci(command::ci::Args),
    /// Tell what an agent is bound by, merged most restrictively, as JSON for its SDK.
    Sync(command::sync::Args),
    /// Look at logs of recorded actions: count them, convert them, draft a catalog from them.
    Records(command::records::Args),
    /// Ask GitHub or GitLab about pull requests, and keep a comment there, over the network.
    Forge(command::forge::Args),
    /// Tell who did what: merges, deployments, kill switches, reviews.
    Audit(command::operating::audit::Args),
    /// Tell whether everything is well: the policies, the history, the environments.
    Health(command::operating::health::Args),
    /// Tell whether an environment may go live, row by row.
    Readiness(command::readiness::Args),
    /// Hold versions, locks, signatures and records against Git, and tell what could not be checked.
    Verify(command::operating::verify::Args),
    /// Sign decisions, and say whether signed decisions hold.
    Token(command::token::Args),
    /// Mail those who are to be told, to see that it reaches them.
    Alert(command::alert::Args),
    /// Explain a code such as PC0204.
    Explain(command::explain::Args),
    /// Print or write the JSON Schemas of documents and outputs.
    Schema(command::schema::Args),
    /// Check again whenever a file changes.
    Watch(command::watch::Args),
    /// Print a completion script for a shell.
    Completions(command::completions::Args),
    /// Print or write the manual pages.
    Man(command::man::Args),
}

/// How results are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// Annotations of GitHub Actions.
    Github,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// A code quality report of GitLab.
    Gitlab,
    /// `JUnit` XML, of tests only.
    Junit,
}

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub enum Stop {
    /// The words on the command line do not fit: exit code 2.
    Usage(String),
    /// The world said no: exit code 3.
    World(Failure),
    /// There was nothing to do, or documents stand in the way, which is no success: exit code 1.
    Nothing(Failure),
}

impl Stop {
    /// What went wrong with one of several things, so that the others can go on.
    ///
    /// # Errors
    /// Where the command line does not fit, nothing of it goes on.
    pub fn failure(self) -> Result<Failure, Self> {
        match self {
            Self::World(failure) | Self::Nothing(failure) => Ok(failure),
            usage @ Self::Usage(_) => Err(usage),
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::World(failure)
    }
}

/// Runs policyc with the arguments of a command line, the program's name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return told(&error),
    };
    let here = cli.directory.as_path();
    let done = match cli.command {
        Command::Init(args) => command::init::run(&args, here),
        Command::Compile(args) => command::compile::run(&args, here),
        Command::Check(args) => command::check::run(&args, here),
        Command::Eval(args) => command::eval::run(&args, here),
        Command::List(args) => command::list::run(&args, here),
        Command::Show(args) => command::show::run(&args, here),
        Command::Versions(args) => command::versions::run(&args, here),
        Command::Status(args) => command::status::run(&args, here),
        Command::Log(args) => command::log::run(&args, here),
        Command::Draft(args) => command::draft::run(&args, here),
        Command::Submit(args) => command::submit::run(&args, here),
        Command::Review(args) => command::review::run(&args, here),
        Command::Merge(args) => command::merge::run(&args, here),
        Command::Deploy(args) => command::environments::deploy::run(&args, here),
        Command::Rollout(args) => command::environments::rollout::run(&args, here),
        Command::KillSwitch(args) => command::environments::kill_switch::run(&args, here),
        Command::Rollback(args) => command::rollback::run(&args, here),
        Command::Set(args) => command::set::run(&args, here),
        Command::Remove(args) => command::remove::run(&args, here),
        Command::Exception(args) => command::exception::run(&args, here),
        Command::Test(args) => command::test::run(&args, here),
        Command::Simulate(args) => command::simulate::run(&args, here),
        Command::Diff(args) => command::diff::run(&args, here),
        Command::Ci(args) => command::ci::run(&args, here),
        Command::Sync(args) => command::sync::run(&args, here),
        Command::Records(args) => command::records::run(&args, here),
        Command::Forge(args) => command::forge::run(&args, here),
        Command::Audit(args) => command::operating::audit::run(&args, here),
        Command::Health(args) => command::operating::health::run(&args, here),
        Command::Readiness(args) => command::readiness::run(&args, here),
        Command::Verify(args) => command::operating::verify::run(&args, here),
        Command::Token(args) => command::token::run(&args, here),
        Command::Alert(args) => command::alert::run(&args, here),
        Command::Explain(args) => command::explain::run(&args),
        Command::Schema(args) => command::schema::run(&args, here),
        Command::Watch(args) => command::watch::run(&args, here),
        Command::Completions(args) => command::completions::run(&args, Cli::command()),
        Command::Man(args) => command::man::run(&args, Cli::command(), here),
    };
    done.unwrap_or_else(|stop| stopped(&stop))
}

/// What clap has to say: help and versions are results, everything else is wrong usage.
fn told(error: &clap::Error) -> Exit {
    if error.use_stderr() {
        host::print_error(&output::guarded(&error.to_string()));
        return Exit::Usage;
    }
    match host::print(error.render().to_string().as_bytes()) {
        Ok(()) => Exit::Clean,
        Err(_) => Exit::World,
    }
}

fn stopped(stop: &Stop) -> Exit {
    match stop {
        Stop::Usage(message) => {
            host::print_error(&output::guarded(&format!("error: {}\n", report::visible(message))));
            Exit::Usage
        }
        Stop::Nothing(failure) => {
            output::tell_failure(failure);
            Exit::Findings
        }
        Stop::World(failure) => {
            output::tell_failure(failure);
            if failure.code == codes::BUG { Exit::Bug } else { Exit::World }
        }
    }
}
