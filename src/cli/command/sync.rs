use std::path::Path;

use crate::cli::history::Forge;
use crate::cli::live;
use crate::cli::output::{self, say_json};
use crate::cli::session::{From, Session, refuse_revision};
use crate::cli::{Exit, Stop};
use crate::engine::{Caller, Engine};
use crate::model::{Action, Time};
use crate::report::{self, Asked};

/// Arguments of `sync`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Who asks.
    #[arg(long, value_name = "ID")]
    agent: String,
    /// In which run.
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// In which session.
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// A group of the agent.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// The mission it works for.
    #[arg(long, value_name = "NAME")]
    mission: Option<String>,
    /// When (RFC 3339), or `now` for the machine's clock; without it, exceptions that end are not applied.
    #[arg(long, value_name = "TIME", value_parser = super::eval::moment_or_now)]
    at: Option<Time>,
    /// Tell what is live in this environment; its kill switch stops everything.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    #[command(flatten)]
    forge: Forge,
    #[command(flatten)]
    from: From,
}

impl Args {
    /// What binds the caller; during a rollout that hangs on the run.
    fn opened(&self, here: &Path) -> Result<(Session, bool), Stop> {
        let Some(name) = &self.environment else {
            return Session::open_for(here, &self.from, None, &self.forge);
        };
        refuse_revision(&self.from)?;
        let run = self.run.as_deref().or(self.session.as_deref());
        let found = live::for_run(&Session::open(here, &self.from)?, name, &self.forge, run)?;
        Ok((found.session, found.kill_switch))
    }
}

/// Runs `sync`.
///
/// # Errors
/// When the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let (session, kill_switch) = args.opened(here)?;
    let (Some(bundle), Some(canonical)) = (&session.compilation.bundle, &session.compilation.canonical) else {
        output::tell(&session)?;
        return Ok(Exit::Findings);
    };
    let engine = Engine::new(bundle);
    let caller = Caller::new(Action {
        timestamp: args.at,
        agent_id: Some(args.agent.clone()),
        run_id: args.run.clone(),
        session_id: args.session.clone(),
        group_id: args.group.clone(),
        mission_id: args.mission.clone(),
        ..Action::default()
    });
    let asked = Asked {
        agent: args.agent.clone(),
        versions: &session.compilation.versions,
        run: args.run.clone(),
        bundle: canonical.digest.to_string(),
        default_effect: bundle.defaults.effect.as_str(),
        kill_switch,
    };
    say_json(&report::sync(&engine.merged(&caller), &bundle.catalog, asked))?;
    Ok(Exit::Clean)
}
