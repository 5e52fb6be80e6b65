//! The sides of a replay: what a revision, an environment or the work tree means.

use std::path::Path;

use crate::cli::Stop;
use crate::cli::history::Forge;
use crate::cli::output;
use crate::cli::session::{From, Session};
use crate::diag::{Failure, codes, nearest};
use crate::engine::Engine;
use crate::model::{AgentState, Bundle, Effect, EffectiveDefaults, Time};
use crate::report::{ShownSide, SideLine};

/// What a side is called on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// The files as they are.
    WorkTree,
    /// A commit.
    Revision(String),
    /// What is live in an environment.
    Environment(String),
}

impl std::str::FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("environment", "")) => Err("name the environment: environment:production".to_owned()),
            Some(("environment", name)) => Ok(Self::Environment(name.to_owned())),
            _ => Ok(Self::Revision(text.to_owned())),
        }
    }
}

/// A side that compiles.
pub struct Compiled {
    session: Session,
    bundle: Bundle,
    line: SideLine,
}

impl Compiled {
    /// Compiles a side; `None`, and its findings told, where it does not compile.
    ///
    /// # Errors
    /// When there is no such side.
    pub fn open(here: &Path, named: &Named, now: Option<Time>, kill_switch: bool) -> Result<Option<Self>, Stop> {
        let rev = if let Named::Revision(rev) = named { Some(rev.clone()) } else { None };
        let from = From { rev, now };
        let environment = if let Named::Environment(name) = named { Some(name.as_str()) } else { None };
        let (mut session, on) = Session::open_for(here, &from, environment, &Forge::default())?;
        let name = match named {
            Named::WorkTree => "work tree".to_owned(),
            Named::Revision(rev) => rev.clone(),
            Named::Environment(name) => format!("environment {name}"),
        };
        let (Some(bundle), Some(canonical)) = (session.compilation.bundle.take(), &session.compilation.canonical)
        else {
            output::tell(&session)?;
            return Ok(None);
        };
        let line = SideLine {
            name,
            bundle: canonical.digest.to_string(),
            default_effect: bundle.defaults.effect,
            kill_switch: on && kill_switch,
            only: None,
        };
        Ok(Some(Self { session, bundle, line }))
    }

    /// Refuses results that would take the place of what is read from its repository.
    ///
    /// # Errors
    /// When one would.
    pub fn refuse_results<'a>(&self, files: impl Iterator<Item = &'a Path>, here: &Path) -> Result<(), Stop> {
        output::refuse_sources(files, here, &self.session)
    }

    /// Its bundle, made ready.
    pub fn engine(&self) -> Engine<'_> {
        Engine::new(&self.bundle)
    }

    /// What decides.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Whether its kill switch counts.
    pub fn kill_switch(&self) -> bool {
        self.line.kill_switch
    }

    /// The side as it is shown.
    pub fn shown<'a>(&'a self, engine: &'a Engine<'a>) -> ShownSide<'a> {
        ShownSide { line: &self.line, engine, compilation: &self.session.compilation, sources: &self.session.sources }
    }

    /// Keeps one policy or rule with the exceptions from it, so that what is left is what it does alone: nothing else
    /// decides, and what it says nothing of is allowed. False where it is not there.
    pub fn keep_only(&mut self, id: &str) -> bool {
        let bundle = &mut self.bundle;
        bundle.policies.retain(|policy| policy.id.as_str() == id);
        bundle.rules.retain(|rule| rule.id.as_str() == id);
        bundle.exceptions.retain(|exception| exception.policy.as_str() == id);
        bundle.catalog.closed = false;
        bundle.catalog.closed_agents = false;
        bundle.catalog.agents.iter_mut().for_each(|(_, agent)| agent.state = AgentState::Active);
        bundle.defaults = EffectiveDefaults { effect: Effect::Allow, ..bundle.defaults };
        self.line.default_effect = Effect::Allow;
        self.line.only = Some(id.to_owned());
        !(bundle.policies.is_empty() && bundle.rules.is_empty())
    }

    /// That no side has such a document.
    pub fn lacks(id: &str, ids: &[String]) -> Stop {
        let failure = Failure::new(codes::NOT_FOUND, format!("there is no policy and no rule `{id}`"));
        let meant = nearest(id, ids.iter().map(String::as_str));
        Stop::World(match meant {
            Some(meant) => failure.help(format!("did you mean `{meant}`?")),
            None => failure.help("`policyc list` shows all of them"),
        })
    }

    /// The ids of everything that can be asked about alone.
    pub fn ids(&self) -> Vec<String> {
        let policies = self.bundle.policies.iter().map(|policy| policy.id.to_string());
        policies.chain(self.bundle.rules.iter().map(|rule| rule.id.to_string())).collect()
    }
}
