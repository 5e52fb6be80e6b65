//! The next lock of an environment.

use std::collections::BTreeMap;

use crate::canon;
use crate::cli::history::Opened;
use crate::cli::live::{self, Standing};
use crate::lifecycle::locks;
use crate::model::Environment;
use crate::written::{KillSwitch, Lock, Pinned, RolloutState};

/// What is to happen.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// Other versions, by the environment's rollout.
    Deploy(Pinned),
    /// Versions that were live earlier, at once.
    Rollback(Pinned),
    /// The next share of a rollout.
    Next,
    /// A rollout waits.
    Hold,
    /// A rollout is given up.
    Abort,
    /// The kill switch.
    Kill(KillSwitch),
}

/// The lock that comes next, without approvals.
///
/// # Errors
/// Why there is none.
pub fn next(opened: &Opened, standing: &Standing, environment: &Environment, wanted: &Wanted) -> Result<Lock, String> {
    let name = environment.id.as_str();
    // Over what is not proven comes only what stops: whoever plans refuses all else.
    let before = standing.newest();
    let mut lock = match before {
        Some(before) => Lock {
            sequence: before.sequence + 1,
            previous: Some(locks::digest(before)?.to_string()),
            approvals: Vec::new(),
            ..before.clone()
        },
        None => first(name)?,
    };
    match wanted {
        Wanted::Deploy(pinned) => {
            if let Some(rollout) = &lock.rollout {
                let share = rollout.percent;
                return Err(format!(
                    "a rollout is on its way ({share} %): `policyc rollout next` or `abort` ends it first"
                ));
            }
            pin(opened, &mut lock, pinned)?;
            let steps = &environment.rollout_steps;
            if let Some(before) = before.filter(|before| !before.documents.is_empty())
                && let Some(percent) = steps.first().copied().filter(|first| *first < 100)
            {
                lock.rollout = Some(RolloutState {
                    from: before.bundle.clone(),
                    to: lock.bundle.clone(),
                    percent,
                    held: false,
                    before: locks::pinned(before),
                });
            }
        }
        Wanted::Rollback(pinned) => {
            lock.rollout = None;
            pin(opened, &mut lock, pinned)?;
        }
        Wanted::Kill(switch) => lock.kill_switch = switch.clone(),
        Wanted::Next | Wanted::Hold | Wanted::Abort => rolled(&mut lock, environment, wanted)?,
    }
    Ok(lock)
}

/// The lock that stops everything after another as it is written somewhere, good or not; nothing else changes by it.
///
/// # Errors
/// When it cannot be written.
pub fn stopped(name: &str, before: Option<&Lock>, switch: KillSwitch) -> Result<Lock, String> {
    let Some(before) = before else { return Ok(Lock { kill_switch: switch, ..first(name)? }) };
    Ok(Lock {
        sequence: before.sequence + 1,
        previous: Some(locks::digest(before)?.to_string()),
        approvals: Vec::new(),
        kill_switch: switch,
        ..before.clone()
    })
}

fn first(name: &str) -> Result<Lock, String> {
    let nothing = live::empty();
    let bundle = crate::model::Bundle::new(
        Vec::new(),
        crate::model::Catalog::default(),
        Some(nothing.defaults.effect),
        nothing.defaults.session_ttl,
    );
    Ok(Lock {
        schema: "policyc.lock/v1".to_owned(),
        environment: name.to_owned(),
        sequence: 1,
        previous: None,
        documents: BTreeMap::new(),
        catalog: None,
        defaults: nothing.defaults,
        bundle: canon::bundle(&bundle).map_err(|error| error.to_string())?.digest.to_string(),
        approvals: Vec::new(),
        rollout: None,
        kill_switch: KillSwitch::default(),
    })
}

fn pin(opened: &Opened, lock: &mut Lock, pinned: &Pinned) -> Result<(), String> {
    let bundle = live::bundle(opened, pinned)?;
    lock.bundle = canon::bundle(&bundle).map_err(|error| error.to_string())?.digest.to_string();
    lock.documents.clone_from(&pinned.documents);
    lock.catalog.clone_from(&pinned.catalog);
    lock.defaults.clone_from(&pinned.defaults);
    Ok(())
}

fn rolled(lock: &mut Lock, environment: &Environment, wanted: &Wanted) -> Result<(), String> {
    let Some(rollout) = lock.rollout.clone() else { return Err("no rollout is on its way".to_owned()) };
    match wanted {
        Wanted::Hold if rollout.held => return Err("the rollout waits already".to_owned()),
        Wanted::Hold => lock.rollout = Some(RolloutState { held: true, ..rollout }),
        Wanted::Abort => {
            lock.documents = rollout.before.documents;
            lock.catalog = rollout.before.catalog;
            lock.defaults = rollout.before.defaults;
            lock.bundle = rollout.from;
            lock.rollout = None;
        }
        _ => {
            let next = environment.rollout_steps.iter().copied().find(|step| *step > rollout.percent).unwrap_or(100);
            let on = RolloutState { percent: next, held: false, ..rollout };
            lock.rollout = (next < 100).then_some(on);
        }
    }
    Ok(())
}
