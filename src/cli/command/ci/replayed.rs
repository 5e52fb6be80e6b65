//! What a change would have done to recorded actions, and whether the gates of environments permit that.

use std::io;

use super::parts::{Change, Parts};
use crate::cli::Stop;
use crate::cli::command::simulate_world::Logs;
use crate::cli::logs::{self, Located};
use crate::cli::sides::Loaded;
use crate::diag::{Failure, codes, nearest};
use crate::engine::Engine;
use crate::host;
use crate::model::{Effect, Environment};
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

impl Replayed {
    /// That nothing was replayed.
    pub fn without(simulation: Told<Simulation>) -> Self {
        Self { simulation, seen: None, gates: None }
    }
}

/// Replays all logs, and judges the gates of environments.
///
/// # Errors
/// When a log cannot be read, or holds nothing.
pub fn replay(parts: &Parts<'_>, change: &Told<Change<'_>>, environments: &[&Environment]) -> Result<Replayed, Stop> {
    if let Some(why) = parts.sides.judge_in_error() {
        return Ok(Replayed::without(Told::NotRun(why)));
    }
    let found = super::logs::find(parts)?;
    if found.is_empty() {
        let what = "no log of recorded actions is configured".to_owned();
        return Ok(Replayed::without(Told::Absent(what)));
    }
    let change = match change {
        Told::Is(change) => change,
        Told::Absent(what) => return Ok(Replayed::without(Told::Absent(what.clone()))),
        Told::NotRun(why) => return Ok(Replayed::without(Told::NotRun(why.clone()))),
    };
    logs::refuse_results(parts.args.outputs.files(), parts.here, &opened(&found))?;
    of(change, &found, environments, true)
}

/// Replays logs against both sides of a change, and judges the gates of environments; `compared`: base was live.
///
/// # Errors
/// When a log cannot be read, or holds nothing.
pub fn of(
    change: &Change<'_>,
    found: &[Located],
    environments: &[&Environment],
    compared: bool,
) -> Result<Replayed, Stop> {
    let names = found.iter().map(|log| LogLine { name: log.name.clone(), form: log.form().to_owned() }).collect();
    let [base, head] = change.bundles.map(Engine::new);
    let regions = Regions { sides: &change.stateless, effects: &change.effects };
    let sides = Sides { base: Some(live(&base)), head: live(&head), regions: Some(regions) };
    let threads = host::processors();
    let mut world = Logs::new(opened(found), false).map_err(failed)?;
    let question = Question { threads, ..Question::default() };
    let outcome = replay::run(sides, &question, None, &mut world, &mut Nobody).map_err(failed)?;
    if outcome.replayed == 0 {
        return Err(logs::nothing());
    }
    let seen = regions.occurrences(world.open().map_err(failed)?, threads).map_err(failed)?;
    let gates = environments.iter().map(|one| gates(one, &outcome, compared)).collect::<Result<Vec<_>, _>>()?;
    let (base_line, head_line) = (line(change.base), line(change.head));
    let (base, head) = (shown(change.base, &base_line, &base), shown(change.head, &head_line, &head));
    let asked = AskedOf { logs: names, asked: plain(), rows: true, truth: None, gates: Vec::new() };
    Ok(Replayed {
        simulation: Told::Is(report::simulation(&outcome, Some(base), head, asked)),
        seen: Some(seen),
        gates: Some(gates.concat()),
    })
}

fn line(loaded: &Loaded) -> SideLine {
    let compilation = &loaded.session.compilation;
    SideLine {
        name: loaded.name.clone(),
        bundle: compilation.canonical.as_ref().map(|canonical| canonical.digest.to_string()).unwrap_or_default(),
        default_effect: compilation.bundle.as_ref().map_or(Effect::Deny, |bundle| bundle.defaults.effect),
        kill_switch: false,
        only: None,
    }
}

fn shown<'a>(loaded: &'a Loaded, line: &'a SideLine, engine: &'a Engine<'a>) -> ShownSide<'a> {
    ShownSide { line, engine, compilation: &loaded.session.compilation, sources: &loaded.session.sources }
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
///
/// # Errors
/// When there is none of the name that was given.
pub fn environments<'p>(parts: &'p Parts<'_>) -> Result<Vec<&'p Environment>, Stop> {
    let all = &parts.sides.judge().environments;
    let Some(name) = &parts.args.environment else { return Ok(all.iter().collect()) };
    let found = all.iter().find(|environment| environment.id.as_str() == name);
    // A new one is judged by itself.
    let found = found.or_else(|| {
        parts.sides.head.session.compilation.environments.iter().find(|environment| environment.id.as_str() == name)
    });
    found.map(|found| vec![found]).ok_or_else(|| {
        let names = all.iter().map(|environment| environment.id.as_str());
        let help = match nearest(name, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("write `environments/{name}.yaml`"),
        };
        Stop::Usage(format!("there is no environment `{name}`: {help}"))
    })
}

impl Parts<'_> {
    /// The gates of all environments that count.
    pub fn gates(&self, environments: &[&Environment], replayed: &Replayed) -> Told<Vec<EnvironmentGate>> {
        if let Some(why) = self.sides.judge_in_error() {
            return Told::NotRun(why);
        }
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
fn gates(environment: &Environment, outcome: &Outcome<'_>, compared: bool) -> Result<Vec<EnvironmentGate>, Stop> {
    let asked = parsed(&environment.gates)
        .map_err(|why| Stop::World(Failure::new(codes::BUG, format!("a gate of `{}`: {why}", environment.id))))?;
    // What is newly denied or allowed is so over something that was live.
    let asked = if compared { asked } else { Gates { max_newly_denied: None, max_newly_allowed: None, ..asked } };
    let judged = asked.judged(outcome, compared);
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
