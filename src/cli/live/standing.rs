use super::judge::{Judge, Judged};
use super::memory::Memory;
use crate::cli::Stop;
use crate::cli::history::Opened;
use crate::diag::Failure;
use crate::git::ObjectId;
use crate::lifecycle::Sources;
use crate::lifecycle::locks::{self, Passed, Step};
use crate::written::{KillSwitch, Lock, ReviewKind};

/// A lock that stood every check.
#[derive(Debug, Clone)]
pub struct Good {
    /// The lock.
    pub lock: Lock,
    /// Its commit on the protected branch.
    pub commit: ObjectId,
    /// What it did.
    pub step: Step,
}

/// A lock that did not.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Its commit on the protected branch.
    pub commit: ObjectId,
    /// Why.
    pub why: String,
}

/// A lock that can be told neither good nor bad here, or that follows one: who stands behind it is not known in this clone.
/// Nothing is decided by it, and nothing older is taken for what is live.
#[derive(Debug, Clone)]
pub struct Unproven {
    /// The lock.
    pub lock: Lock,
    /// Its commit on the protected branch.
    pub commit: ObjectId,
    /// What it does, if it is good.
    pub step: Step,
    /// What is not known here.
    pub why: String,
}

/// All locks of an environment.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    good: Vec<Good>,
    unproven: Vec<Unproven>,
    /// The refused ones since the last that is not.
    pub refused: Vec<Refused>,
    /// Every refused one, the oldest first.
    pub all_refused: Vec<Refused>,
    /// That a lock, good or not, says that everything is stopped, and none since lets it go on.
    claimed: Option<KillSwitch>,
    /// That everything is stopped, and who says so.
    pub kill: Option<KillSwitch>,
}

/// Reads and holds every lock of an environment against what it must be.
///
/// # Errors
/// When an object is not there.
pub fn standing(opened: &Opened, name: &str, sources: &Sources) -> Result<Standing, Stop> {
    read(opened, name, sources, Memory::of(&opened.database, name))
}

/// The same, with nothing taken from what is remembered.
///
/// # Errors
/// When an object is not there.
pub fn standing_anew(opened: &Opened, name: &str, sources: &Sources) -> Result<Standing, Stop> {
    read(opened, name, sources, Memory::empty(&opened.database, name))
}

fn read(opened: &Opened, name: &str, sources: &Sources, mut memory: Memory) -> Result<Standing, Stop> {
    let sources = without_refusals(sources);
    let mut found = Standing::default();
    for change in locks::changes(&opened.database, &opened.history, name)? {
        found.claimed = change.text.as_deref().and_then(switched_on).or(found.claimed);
        let lock = match &change.text {
            None => Err("it is gone, or no plain file".to_owned()),
            Some(text) => locks::read(text, name),
        };
        let lock = match lock {
            Ok(lock) => lock,
            Err(why) => {
                found.refuse(change.commit, why);
                continue;
            }
        };
        let judge = Judge { opened, name, sources: &sources, earlier: &found.passed(), change: &change };
        let judged = judge.judged(&lock, memory.knows(change.commit))?;
        let commit = change.commit;
        match (judged, found.unproven.first()) {
            (Judged::Refused(why), None) => found.refuse(commit, why),
            (Judged::Refused(why), Some(first)) => {
                let why = format!("{why} (if the one at {}, which lacks proof, is good)", first.commit.short());
                found.refuse(commit, why);
            }
            (Judged::Good(step), None) => {
                memory.add(commit, step);
                found.take(Good { lock, commit, step });
            }
            // What follows can only be told if that is taken for good; nothing is decided by it.
            (Judged::Good(step), Some(first)) => {
                let why = format!("it follows the lock at {}, which lacks proof", first.commit.short());
                found.doubt(Unproven { lock, commit, step, why });
            }
            (Judged::Unproven(step, why), _) => found.doubt(Unproven { lock, commit, step, why }),
        }
    }
    found.kill = kill(opened, name, &found)?;
    Ok(found)
}

impl Standing {
    /// The proven locks, the oldest first. The last of them is what is live only where nothing unproven came since:
    /// [`Self::live`] says that.
    pub fn good(&self) -> &[Good] {
        &self.good
    }

    /// The locks that can be told neither good nor bad here, the oldest first.
    pub fn unproven(&self) -> &[Unproven] {
        &self.unproven
    }

    /// The lock that is live; `None`: nothing was deployed.
    ///
    /// # Errors
    /// The first lock that can be told neither good nor bad here: nobody can say here what is live.
    pub fn live(&self) -> Result<Option<&Good>, &Unproven> {
        self.unproven.first().map_or(Ok(self.good.last()), Err)
    }

    /// The lock that the next one follows. Only what stops may be put over one that is not proven.
    pub fn newest(&self) -> Option<&Lock> {
        self.unproven.last().map(|one| &one.lock).or(self.good.last().map(|good| &good.lock))
    }

    /// The locks that the next one is held against, proven or not.
    pub fn passed(&self) -> Vec<Passed<'_>> {
        let good = self.good.iter().map(|good| Passed { lock: &good.lock, step: good.step });
        good.chain(self.unproven.iter().map(|one| Passed { lock: &one.lock, step: one.step })).collect()
    }

    fn refuse(&mut self, commit: ObjectId, why: String) {
        let refused = Refused { commit, why };
        self.all_refused.push(refused.clone());
        self.refused.push(refused);
    }

    fn take(&mut self, good: Good) {
        // Whoever says that all is stopped, in whatever lock, is answered by nobody but who lets it go on.
        if good.step == Step::KillOff {
            self.claimed = None;
        }
        self.refused.clear();
        self.good.push(good);
    }

    /// What is not proven lets nothing go on.
    fn doubt(&mut self, unproven: Unproven) {
        self.refused.clear();
        self.unproven.push(unproven);
    }
}

/// What was said against an approval counts when a lock is made. Later it would take back what is live, for whoever may write
/// notes, and readers would not agree.
fn without_refusals(sources: &Sources) -> Sources {
    let records = sources.records.as_ref().map(|records| {
        let yes = records.iter().filter(|record| record.written.kind != ReviewKind::RequestChanges);
        yes.cloned().collect()
    });
    Sources { facts: sources.facts.clone(), records, unread: Vec::new() }
}

/// The kill switch that a text says is on, whatever else is wrong with it.
pub fn switched_on(text: &str) -> Option<KillSwitch> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let switch = value.get("kill_switch")?;
    if switch.get("active")?.as_bool() != Some(true) {
        return None;
    }
    let words = |key: &str| switch.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    Some(KillSwitch { active: true, reason: words("reason"), by: words("by"), at: words("at") })
}

/// Whether anything says that everything is stopped: a lock that nobody let go on since, or a branch for it.
fn kill(opened: &Opened, name: &str, found: &Standing) -> Result<Option<KillSwitch>, Stop> {
    if found.claimed.is_some() {
        return Ok(found.claimed.clone());
    }
    let database = &opened.database;
    let Some(branch) = locks::kill_branches(database, name)?.into_iter().next() else { return Ok(None) };
    // A branch of this name stops, whatever is in it, and also where that is not in this clone.
    let text = || -> Result<Option<String>, Failure> {
        let Some(commit) = branch.commit else { return Ok(None) };
        let content = database.at(commit, &locks::path(name))?.map(|id| database.content(id)).transpose()?;
        Ok(content.map(|content| content.shown().to_owned()))
    };
    let said = text().ok().flatten().and_then(|text| switched_on(&text));
    Ok(Some(said.unwrap_or_else(|| KillSwitch {
        active: true,
        reason: Some(format!("there is a branch `{}`", branch.reference)),
        by: None,
        at: None,
    })))
}
