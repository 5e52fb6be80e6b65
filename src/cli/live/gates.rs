use crate::cli::Stop;
use crate::cli::command::ci::parts::Change;
use crate::cli::command::ci::replayed;
use crate::cli::logs::{self, Located};
use crate::cli::session::Session;
use crate::cli::sides::{Loaded, Part};
use crate::diag::{Failure, codes};
use crate::git::{Database, Interest, ObjectId};
use crate::model::{Environment, Settings};
use crate::report::{DiffReport, EffectsReport, EnvironmentGate, Simulation, Told};

/// What a change of what is live does.
pub struct Compared {
    /// Whether it permits more, or may.
    pub loosens: bool,
    /// The gates of the environment; empty where no log is in Git to judge them by.
    pub gates: Vec<EnvironmentGate>,
    /// Whether there are gates, and no recorded action in Git to judge them by.
    pub unjudged: bool,
    /// Field by field.
    pub difference: DiffReport,
    /// In regions of actions.
    pub effects: EffectsReport,
    /// With recorded actions.
    pub simulation: Option<Simulation>,
}

impl Compared {
    /// Why its gates do not let it pass, in words; empty: they do.
    pub fn unmet(&self) -> Vec<String> {
        let unmet = self.gates.iter().map(|gate| &gate.gate).filter(|gate| !gate.met);
        let unmet = unmet
            .map(|gate| format!("the gate {} is not met: {}, {} is asked for", gate.gate, gate.found, gate.allowed));
        let unjudged = self.unjudged.then(|| {
            "its gates cannot be judged: `logs` of policyc.yaml names no recorded actions that are in Git".to_owned()
        });
        unmet.chain(unjudged).collect()
    }
}

/// Compares what was live with what is to be. `first`: nothing was.
///
/// # Errors
/// When a log cannot be read.
pub fn compared(
    before: Session,
    after: Session,
    environment: &Environment,
    found: &[Located],
    first: bool,
) -> Result<Compared, Stop> {
    let side = |name: &str, session| Loaded { name: name.to_owned(), session, part: Part::Deciding };
    let name = &environment.id;
    let (before, after) = (side(&format!("{name} as it is"), before), side(&format!("{name} as it is to be"), after));
    let change = Change::of(&before, &after)
        .ok_or_else(|| Stop::World(Failure::new(codes::BUG, format!("what is live in `{name}` has no bundle"))))?;
    let replayed = match found {
        [] => None,
        found => Some(replayed::of(&change, found, &[environment], !first)?),
    };
    let seen = replayed.as_ref().and_then(|replayed| replayed.seen.as_ref());
    let (difference, effects) = (change.difference(), change.effects(seen));
    let loosens = change.may_loosen();
    let (gates, simulation) = match replayed {
        None => (Vec::new(), None),
        Some(replayed) => (
            replayed.gates.unwrap_or_default(),
            match replayed.simulation {
                Told::Is(simulation) => Some(simulation),
                Told::Absent(_) | Told::NotRun(_) => None,
            },
        ),
    };
    let unjudged = environment.has_gates() && found.is_empty();
    Ok(Compared { loosens, gates, unjudged, difference, effects, simulation })
}

/// The recorded actions that settings name, as a commit has them: what is not in Git nobody can look at again.
///
/// # Errors
/// When one of them cannot be read.
pub fn logs_at(database: &Database, commit: ObjectId, settings: &Settings) -> Result<Vec<Located>, Stop> {
    let mut all = Vec::new();
    for source in &settings.logs {
        let reading = source.from.as_deref().map(|name| logs::reading_of(name, &settings.mappings)).transpose()?;
        let interest = Interest(vec![source.path.trim_end_matches('/').to_owned()]);
        for file in database.changes(None, Some(commit), &interest)? {
            let Some(entry) = file.after.filter(|entry| entry.plain) else {
                let message = format!("`{}` is no file of its own, and is not read as a log", file.path);
                return Err(Failure::new(codes::IO, message).help("put the file itself there").into());
            };
            all.extend(logs::held(file.path, database.bytes(entry.id)?, reading.as_ref())?);
        }
    }
    Ok(all)
}
