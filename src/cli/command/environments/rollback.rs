use std::path::Path;

use super::next::Wanted;
use super::record::{Asked, Change};
use crate::cli::history::Opened;
use crate::cli::live::{self, Standing};
use crate::cli::session::{From, Session};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::lifecycle::locks;
use crate::written::{Lock, Pin, Pinned};

/// What is to be live again.
#[derive(Debug, Clone)]
pub enum Back {
    /// One document as it was.
    Document(String, u64),
    /// All of it as it was at a sequence.
    Sequence(u64),
}

/// Rolls an environment back.
///
/// # Errors
/// When that was never live there, it is not permitted, or cannot be written.
pub fn run(change: &Change, here: &Path, environment: &str, back: &Back) -> Result<Exit, Stop> {
    if change.reason.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Stop::Usage("a rollback of an environment says why: --reason TEXT".to_owned()));
    }
    change.run(here, environment, &|opened, standing| asked(opened, standing, environment, back))
}

fn asked(opened: &Opened, standing: &Standing, environment: &str, back: &Back) -> Result<Asked, Stop> {
    let Some(now) = live::lock_of(standing, environment)? else {
        let message = format!("nothing is live in `{environment}`, so nothing can be rolled back");
        return Err(Failure::new(codes::NOT_FOUND, message).help("`policyc deploy` deploys").into());
    };
    let pinned = match back {
        Back::Sequence(sequence) => at(standing, environment, *sequence)?,
        Back::Document(id, version) => {
            let pin = earlier(standing, environment, id, *version)?;
            let mut pinned = locks::pinned(now);
            pinned.documents.insert(id.clone(), pin);
            pinned
        }
    };
    forward(environment, now, &pinned)?;
    let tip = opened.history.protected.tip.to_string();
    let session = Session::at(opened.root.clone(), &From { rev: Some(tip), now: None })?;
    Ok((Wanted::Rollback(pinned), session.compilation.documents))
}

/// A rollback leads back; what is newer than what is live is deployed, with what that needs.
fn forward(environment: &str, now: &Lock, pinned: &Pinned) -> Result<(), Stop> {
    let newer = |(id, pin): &(&String, &Pin)| now.documents.get(*id).is_some_and(|own| own.version < pin.version);
    match pinned.documents.iter().find(newer) {
        None => Ok(()),
        Some((id, pin)) => {
            let message = format!("version {} of `{id}` is newer than what is live in `{environment}`", pin.version);
            let help = "what leads forward is a deployment, and needs its approvals: `policyc deploy`";
            Err(Stop::Nothing(Failure::new(codes::REFUSED, message).help(help)))
        }
    }
}

fn at(standing: &Standing, environment: &str, sequence: u64) -> Result<Pinned, Stop> {
    let found = standing.good().iter().find(|good| good.lock.sequence == sequence);
    let good = found.ok_or_else(|| {
        let last = standing.good().last().map_or(0, |good| good.lock.sequence);
        let message = format!("`{environment}` never was at sequence {sequence}: it is at {last}");
        Failure::new(codes::NOT_FOUND, message).help("`policyc audit` tells what was live when")
    })?;
    Ok(locks::pinned(&good.lock))
}

fn earlier(standing: &Standing, environment: &str, id: &str, version: u64) -> Result<Pin, Stop> {
    let pins = standing.good().iter().rev().filter_map(|good| good.lock.documents.get(id));
    let mut versions: Vec<u64> = pins.clone().map(|pin| pin.version).collect();
    let found = pins.into_iter().find(|pin| pin.version == version).cloned();
    found.ok_or_else(|| {
        versions.sort_unstable();
        versions.dedup();
        let had: Vec<String> = versions.iter().map(ToString::to_string).collect();
        let had =
            if had.is_empty() { "it never was live there".to_owned() } else { format!("live were {}", had.join(", ")) };
        let message = format!("version {version} of `{id}` never was live in `{environment}`: {had}");
        Failure::new(codes::NOT_FOUND, message)
            .help("what never was live is deployed: `policyc deploy --only ID`")
            .into()
    })
}
