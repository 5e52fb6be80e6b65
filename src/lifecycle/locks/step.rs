use super::{digest, pinned};
use crate::text::Digest;
use crate::written::{KillSwitch, Lock, Pin};

/// What happened from one lock to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Other versions are live, or begin to be.
    Deploy,
    /// What was live earlier is live again, at once.
    Rollback,
    /// A rollout reaches more runs, or all.
    Next,
    /// A rollout waits.
    Hold,
    /// A rollout is given up.
    Abort,
    /// Everything is stopped.
    KillOn,
    /// It goes on.
    KillOff,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 7] =
        [Self::Deploy, Self::Rollback, Self::Next, Self::Hold, Self::Abort, Self::KillOn, Self::KillOff];

    /// Whether other versions are live by it.
    #[must_use]
    pub fn moves(self) -> bool {
        matches!(self, Self::Deploy | Self::Rollback | Self::Abort)
    }

    /// The word, as reports write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Rollback => "rollback",
            Self::Next => "rollout_next",
            Self::Hold => "rollout_hold",
            Self::Abort => "rollout_abort",
            Self::KillOn => "kill_switch_on",
            Self::KillOff => "kill_switch_off",
        }
    }
}

/// Which steps may lead from a lock to the next: one, or where an environment deploys to all runs at once a deployment and a
/// rollback that come to the same. `earlier` are the good locks before it, the newest last; `shares` those that the
/// environment's rollouts go through.
///
/// # Errors
/// Why the one cannot follow the other.
pub fn steps(after: &Lock, earlier: &[Passed<'_>], shares: &[u8]) -> Result<Vec<Step>, String> {
    let before = earlier.last().map(|passed| passed.lock);
    follows(before, after)?;
    let Some(before) = before else { return first(after).map(|step| vec![step]) };
    let back = may_be_rollback(before, after, earlier);
    match step(before, after, shares) {
        // What is both is a rollback first: it needs its own people, and whoever may deploy may do it as well.
        Ok(Step::Deploy) if back => Ok(vec![Step::Rollback, Step::Deploy]),
        Ok(step) => Ok(vec![step]),
        Err(_) if back => Ok(vec![Step::Rollback]),
        Err(why) => Err(why),
    }
}

/// A good lock, and the step that it was.
#[derive(Debug, Clone, Copy)]
pub struct Passed<'a> {
    /// The lock.
    pub lock: &'a Lock,
    /// The step.
    pub step: Step,
}

/// Whether what is live becomes, at once, what was live earlier: all of it, or one document as it was.
fn may_be_rollback(before: &Lock, after: &Lock, earlier: &[Passed<'_>]) -> bool {
    let moves = pinned(before) != pinned(after) && before.kill_switch == after.kill_switch;
    let may = moves && after.rollout.is_none() && !leads_forward(before, after);
    may && (is_older(earlier, after) || is_one_back(earlier, before, after))
}

/// Whether a document would be newer than it is.
fn leads_forward(before: &Lock, after: &Lock) -> bool {
    let newer = |(id, pin): (&String, &Pin)| before.documents.get(id).is_some_and(|own| own.version < pin.version);
    after.documents.iter().any(newer)
}

/// Since which lock each has been what it is: a deployment since itself; what was brought back, since it first was, so that
/// nobody rolls forward again by rolling back; anything else since the one before.
fn since(earlier: &[Passed<'_>]) -> Vec<usize> {
    let mut since: Vec<usize> = Vec::new();
    for (at, passed) in earlier.iter().enumerate() {
        let same = |then: &usize| {
            earlier.get(*then).is_some_and(|one| one.lock.rollout.is_none() && pinned(one.lock) == pinned(passed.lock))
        };
        let known = |then: usize| since.get(then).copied().unwrap_or(then);
        since.push(match passed.step {
            Step::Deploy => at,
            Step::Rollback | Step::Abort => (0..at).rev().find(same).map_or(at, known),
            Step::Next | Step::Hold | Step::KillOn | Step::KillOff => at.checked_sub(1).map_or(at, known),
        });
    }
    since
}

/// Whether all of it was live before what is live now was. What only a part of the runs met was never live.
fn is_older(earlier: &[Passed<'_>], after: &Lock) -> bool {
    let since = since(earlier);
    let Some(now) = since.last() else { return false };
    let is_it = |passed: &Passed<'_>| passed.lock.rollout.is_none() && pinned(passed.lock) == pinned(after);
    earlier.iter().zip(&since).any(|(passed, then)| then < now && is_it(passed))
}

/// Whether one document, and nothing else, is as it was live in an older version. Not while a rollout is on its way: the others
/// would be what only some runs met, for all.
fn is_one_back(earlier: &[Passed<'_>], before: &Lock, after: &Lock) -> bool {
    let (old, new) = (pinned(before), pinned(after));
    let rest = (&old.catalog, &old.defaults) == (&new.catalog, &new.defaults);
    let same_ids = old.documents.keys().eq(new.documents.keys());
    let mut changed = new.documents.iter().filter(|(id, pin)| old.documents.get(*id) != Some(*pin));
    let (Some((id, pin)), None) = (changed.next(), changed.next()) else { return false };
    let was = |passed: &Passed<'_>| passed.lock.rollout.is_none() && passed.lock.documents.get(id) == Some(pin);
    before.rollout.is_none() && rest && same_ids && earlier.iter().any(was)
}

fn step(before: &Lock, after: &Lock, steps: &[u8]) -> Result<Step, String> {
    let same_pins = pinned(before) == pinned(after) && before.bundle == after.bundle;
    if before.kill_switch != after.kill_switch {
        if !same_pins || before.rollout != after.rollout {
            return Err("the kill switch and what is pinned change in one step".to_owned());
        }
        return switched(&before.kill_switch, &after.kill_switch);
    }
    if before.rollout.is_some() && same_pins {
        return rolled(before, after, steps);
    }
    if let Some(rollout) = &before.rollout
        && after.rollout.is_none()
        && pinned(after) == rollout.before
        && after.bundle == rollout.from
    {
        return Ok(Step::Abort);
    }
    if same_pins {
        return Err("it changes nothing".to_owned());
    }
    deployed(before, after, steps)
}

fn follows(before: Option<&Lock>, after: &Lock) -> Result<(), String> {
    let (sequence, previous) = match before {
        None => (1, None),
        Some(before) => (before.sequence + 1, Some(digest(before)?.to_string())),
    };
    if after.sequence != sequence {
        return Err(format!("its sequence is {}, and {sequence} comes next", after.sequence));
    }
    if after.previous != previous {
        return Err("it does not follow the last good lock: `previous` is another digest".to_owned());
    }
    Ok(())
}

/// The first lock stops everything, or deploys to all runs at once: there is nothing that the others could go on with.
fn first(after: &Lock) -> Result<Step, String> {
    match (after.kill_switch.active, after.documents.is_empty(), &after.rollout) {
        (_, _, Some(_)) => Err("a rollout needs something that is live before it".to_owned()),
        (true, true, None) if after.catalog.is_none() && after.defaults.commit.is_none() => Ok(Step::KillOn),
        (true, _, None) => Err("the kill switch and what is pinned change in one step".to_owned()),
        (false, _, None) => Ok(Step::Deploy),
    }
}

fn switched(before: &KillSwitch, after: &KillSwitch) -> Result<Step, String> {
    match (before.active, after.active) {
        (false, true) => Ok(Step::KillOn),
        (true, false) => Ok(Step::KillOff),
        _ => Err("only the words about the kill switch change".to_owned()),
    }
}

/// A rollout on its way, with the same sides.
fn rolled(before: &Lock, after: &Lock, steps: &[u8]) -> Result<Step, String> {
    let Some(old) = &before.rollout else { return Err("no rollout is on its way".to_owned()) };
    if before.kill_switch.active {
        return Err("the kill switch is on: a rollout goes no further before it is off".to_owned());
    }
    let next = steps.iter().copied().find(|step| *step > old.percent).unwrap_or(100);
    let Some(new) = &after.rollout else {
        return if next == 100 { Ok(Step::Next) } else { Err(skipped(next)) };
    };
    if (&old.from, &old.to, &old.before) != (&new.from, &new.to, &new.before) {
        return Err("its rollout has other sides".to_owned());
    }
    match (new.percent, old.held, new.held) {
        (percent, false, true) if percent == old.percent => Ok(Step::Hold),
        (percent, _, false) if percent == next => Ok(Step::Next),
        (percent, ..) if percent == old.percent => Err("it changes nothing".to_owned()),
        _ => Err(skipped(next)),
    }
}

fn skipped(next: u8) -> String {
    format!("the environment's next share is {next} %")
}

fn deployed(before: &Lock, after: &Lock, steps: &[u8]) -> Result<Step, String> {
    if before.rollout.is_some() {
        return Err("a rollout is on its way: it ends, or is given up, before the next".to_owned());
    }
    let at_once = before.documents.is_empty() || steps.first().copied().unwrap_or(100) >= 100;
    match (&after.rollout, at_once) {
        (None, true) => Ok(Step::Deploy),
        (Some(_), true) => Err("the environment deploys to all runs at once".to_owned()),
        (None, false) => {
            Err(format!("the environment's rollouts begin with {} %", steps.first().copied().unwrap_or(100)))
        }
        (Some(rollout), false) => {
            let whole = rollout.before == pinned(before)
                && rollout.from == before.bundle
                && rollout.to == after.bundle
                && !rollout.held
                && Some(&rollout.percent) == steps.first();
            if whole { Ok(Step::Deploy) } else { Err("its rollout is not the one that begins here".to_owned()) }
        }
    }
}

/// The share of runs that a run is among, in hundredths of a percent: the same run is always at the same place, and a rollout
/// that grows keeps the runs that it has.
#[must_use]
pub fn share(environment: &str, to: &str, run: &str) -> u16 {
    let leading = Digest::of(format!("policyc.rollout/v1\n{environment}\n{to}\n{run}").as_bytes()).leading();
    u16::try_from(leading % 10_000).unwrap_or(9_999)
}
