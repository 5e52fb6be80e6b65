//! What a change would have done to recorded actions, and whether the gates of environments permit that.

use std::io;

use super::parts::{Change, Parts, as_told};
use crate::cli::Stop;
use crate::cli::command::simulate_world::Logs;
use crate::cli::logs::{self, Located};
use crate::diag::{Failure, codes, nearest};
use crate::engine::Engine;
use crate::host;
use crate::model::Environment;
use crate::replay::{self, Gates, Judged, Nobody, Occurrences, Outcome, Question, Regions, Side, Sides, World as _};
use crate::report::{
    self, AskedLine, AskedOf, EnvironmentGate, GateLine, LogLine, ShownSide, SideLine, Simulation, Told,
};
use crate::syntax::counted;
use crate::written::{self, NumberOrPercent};

/// What came of recorded actions.
pub struct Replayed {
    /// The report.
    pub simulation: Told<Simulation>,
    /// How often they fall into the regions of the change.
    pub seen: Option<Occurrences>,
    /// The gates; `None`: nothing was replayed.
    pub gates: Option<Vec<EnvironmentGate>>,
}

/// Replays all logs.
///
/// # Errors
/// When a log cannot be read, or holds nothing.
pub fn replay(parts: &Parts<'_>, change: &Told<Change<'_>>) -> Result<Replayed, Stop> {
    let environments = environments(parts)?;
    if let Some(why) = parts.sides.judge_in_error() {
        return Ok(Replayed { simulation: Told::NotRun(why), seen: None, gates: None });
    }
    let found = super::logs::find(parts)?;
    let nothing = |simulation| Ok(Replayed { simulation, seen: None, gates: None });
    if found.is_empty() {
        return nothing(Told::Absent("no log of recorded actions is configured".to_owned()));
    }
    let Told::Is(change) = change else { return nothing(as_told(change, |_| None)) };
    let (Some(old), Some(new)) = (&change.base.bundle, &change.head.bundle) else {
        return nothing(Told::NotRun("a side that compiles has no bundle, which is a bug".to_owned()));
    };
    let (base, head) = (Engine::new(old), Engine::new(new));
    let regions = Regions { sides: &change.stateless, effects: &change.effects };
    let sides = Sides { base: Some(live(&base)), head: live(&head), regions: Some(regions) };
    let threads = host::processors();
    logs::refuse_results(parts.args.outputs.files(), parts.here, &opened(&found))?;
    let names = found.iter().map(|log| LogLine { name: log.name.clone(), form: log.form().to_owned() }).collect();
    let mut world = Logs::new(opened(&found), false).map_err(failed)?;
    let question = Question { threads, ..Question::default() };
    let outcome = replay::run(sides, &question, None, &mut world, &mut Nobody).map_err(failed)?;
    if outcome.replayed == 0 {
        return Err(logs::nothing());
    }
    let feed = world.open().map_err(failed)?;
    let seen = regions.occurrences(feed, threads).map_err(failed)?;
    let gates = environments.iter().map(|one| gates(one, &outcome)).collect::<Result<Vec<_>, _>>()?;
    let line = |name: &str, bundle: &crate::model::Bundle, compilation: &crate::compile::Compilation| SideLine {
        name: name.to_owned(),
        bundle: compilation.canonical.as_ref().map(|canonical| canonical.digest.to_string()).unwrap_or_default(),
        default_effect: bundle.defaults.effect,
        kill_switch: false,
        only: None,
    };
    let base_name = parts.sides.base.answer().map_or("base", |base| base.name.as_str());
    let (base_line, head_line) = (line(base_name, old, change.base), line(&parts.sides.head.name, new, change.head));
    let base_sources =
        parts.sides.base.answer().map_or(&parts.sides.head.session.sources, |base| &base.session.sources);
    let base = ShownSide { line: &base_line, engine: &base, compilation: change.base, sources: base_sources };
    let sources = &parts.sides.head.session.sources;
    let head = ShownSide { line: &head_line, engine: &head, compilation: change.head, sources };
    let asked = AskedOf { logs: names, asked: plain(), rows: true, truth: None, gates: Vec::new() };
    let simulation = report::simulation(&outcome, Some(base), head, asked);
    Ok(Replayed {
        simulation: Told::Is(simulation),
        seen: Some(seen),
        gates: Some(gates.into_iter().flatten().collect()),
    })
}

/// Nothing beside the sides was asked.
fn plain() -> AskedLine {
    AskedLine {
        approvals: "granted".to_owned(),
        assumed: std::collections::BTreeMap::new(),
        since: None,
        until: None,
        conditions: Vec::new(),
        sample: None,
    }
}

fn live<'b>(engine: &'b Engine<'b>) -> Side<'b> {
    Side { engine, kill_switch: false }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn failed(error: io::Error) -> Stop {
    Stop::World(Failure::new(codes::IO, format!("the replay cannot go on: {error}")))
}

fn opened(found: &[Located]) -> Vec<(Located, Option<host::Log>)> {
    found.iter().map(|log| (log.clone(), None)).collect()
}

/// The environments whose gates count: as the branch that is merged into has them.
fn environments<'p>(parts: &'p Parts<'_>) -> Result<Vec<&'p Environment>, Stop> {
    let all = &parts.sides.judge().environments;
    let Some(name) = &parts.args.environment else { return Ok(all.iter().collect()) };
    let found = all.iter().find(|environment| environment.id.as_str() == name);
    // A new one is judged by itself.
    let found = found.or_else(|| {
        parts.sides.head.session.compilation.environments.iter().find(|environment| environment.id.as_str() == name)
    });
    found.map(|found| vec![found]).ok_or_else(|| {
        let failure = Failure::new(codes::NOT_FOUND, format!("there is no environment `{name}`"));
        let names = all.iter().map(|environment| environment.id.as_str());
        let help = match nearest(name, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("write `environments/{name}.yaml`"),
        };
        Stop::Usage(format!("{}: {help}", failure.message))
    })
}

impl Parts<'_> {
    /// The gates of all environments that count.
    pub fn gates(&self, replayed: &Replayed) -> Told<Vec<EnvironmentGate>> {
        if let Some(why) = self.sides.judge_in_error() {
            return Told::NotRun(why);
        }
        let environments = environments(self).unwrap_or_default();
        if environments.is_empty() {
            return Told::Absent("no environment is configured".to_owned());
        }
        let gated = environments.iter().filter(|one| one.has_gates()).count();
        match (&replayed.gates, &replayed.simulation) {
            (Some(gates), _) => Told::Is(gates.clone()),
            (None, Told::NotRun(_)) => {
                Told::NotRun("no recorded action was replayed, so no gate was judged".to_owned())
            }
            (None, _) if gated == 0 => Told::Absent("no environment has a gate".to_owned()),
            (None, _) => {
                let of = counted(gated, "environment");
                Told::Absent(format!("gates of {of} are never judged: there is no log of recorded actions to replay"))
            }
        }
    }
}

/// The gates of an environment, judged.
fn gates(environment: &Environment, outcome: &Outcome<'_>) -> Result<Vec<EnvironmentGate>, Stop> {
    let judged = parsed(&environment.gates)
        .map_err(|why| Stop::World(Failure::new(codes::BUG, format!("a gate of `{}`: {why}", environment.id))))?
        .judged(outcome, true);
    let line = |gate: Judged| EnvironmentGate { environment: environment.id.to_string(), gate: GateLine::of(gate) };
    Ok(judged.into_iter().map(line).collect())
}

/// Gates as an environment writes them; its own check has refused what cannot be read.
fn parsed(written: &written::Gates) -> Result<Gates, String> {
    let most = |written: &Option<NumberOrPercent>| match written {
        None => Ok(None),
        Some(NumberOrPercent::Number(number)) => number.to_string().parse().map(Some),
        Some(NumberOrPercent::Percent(share)) => share.parse().map(Some),
    };
    Ok(Gates {
        max_newly_denied: most(&written.max_newly_denied)?,
        max_newly_allowed: most(&written.max_newly_allowed)?,
        max_approvals_per_day: written.max_approvals_per_day,
        min_coverage: written.min_coverage.as_deref().map(str::parse).transpose()?,
    })
}
