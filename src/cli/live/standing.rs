use std::collections::BTreeMap;

use super::memory::Memory;
use super::{assembled, compared, loaded, logs_at, pinned, suites};
use crate::canon;
use crate::cli::Stop;
use crate::cli::history::Opened;
use crate::git::ObjectId;
use crate::lifecycle::approvals::PullHead;
use crate::lifecycle::locks::{self, Asked, Brought, Change, Passed, Step};
use crate::lifecycle::record::Record;
use crate::lifecycle::{GovernedBy, Sources, pull_of};
use crate::model::{DocumentId, Environment, Evidence, Kind};
use crate::written::{Effect, KillSwitch, Lock, Pin, PinnedDefaults, ReviewKind, ReviewedLock, UsedApproval};

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

/// All locks of an environment.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// The good ones, the oldest first; the last one is live.
    pub good: Vec<Good>,
    /// The refused ones since the last good one.
    pub refused: Vec<Refused>,
    /// Every refused one, the oldest first.
    pub all_refused: Vec<Refused>,
    /// The first one that can be told neither good nor bad here, because who approved it is not known in this clone. It and what
    /// follows stand among the good ones, and nothing may be decided by them.
    pub unproven: Option<Refused>,
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
        let judge = Judge { opened, name, sources: &sources, good: &found.good, change: &change };
        let judged = judge.judged(&lock, memory.knows(change.commit))?;
        let good = |step| Good { lock, commit: change.commit, step };
        match judged {
            Judged::Refused(why) => found.refuse(change.commit, why),
            Judged::Good(step) => {
                if found.unproven.is_none() {
                    memory.add(change.commit, step);
                }
                found.take(good(step));
            }
            // What follows can only be told if it is taken for good; nothing is decided by it.
            Judged::Unproven(step, why) => {
                found.unproven.get_or_insert(Refused { commit: change.commit, why });
                found.take(good(step));
            }
        }
    }
    found.kill = kill(opened, name, &found)?;
    Ok(found)
}

impl Good {
    /// As the next one is held against it.
    pub fn passed(&self) -> Passed<'_> {
        Passed { lock: &self.lock, step: self.step }
    }
}

impl Standing {
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
    let Some(head) = locks::kill_branches(database, name)?.into_iter().next() else { return Ok(None) };
    let at = database.at(head.commit, &locks::path(name))?.map(|id| database.content(id)).transpose()?;
    // A branch of this name stops, whatever is in it.
    let switch = at.and_then(|content| switched_on(content.shown())).unwrap_or(KillSwitch {
        active: true,
        reason: Some(format!("there is a branch `{}`", head.reference)),
        by: None,
        at: None,
    });
    Ok(Some(switch))
}

/// What came of holding a lock against what it must be.
enum Judged {
    /// It is what it says.
    Good(Step),
    /// It may be; who approved it is not known here, and why.
    Unproven(Step, String),
    /// It is not.
    Refused(String),
}

/// What one lock is held against.
struct Judge<'a> {
    opened: &'a Opened,
    name: &'a str,
    sources: &'a Sources,
    good: &'a [Good],
    change: &'a Change,
}

impl Judge<'_> {
    /// Holds a lock against what it must be. `known`: it was found to be good already, as this step.
    fn judged(&self, lock: &Lock, known: Option<Step>) -> Result<Judged, Stop> {
        let commit = self.opened.database.commit(self.change.commit)?;
        let Some(parent) = commit.parents.first().copied() else {
            return Ok(Judged::Refused("it came with the first commit, before anything governed it".to_owned()));
        };
        let before = self.good.last().map(|good| &good.lock);
        let earlier: Vec<Passed<'_>> = self.good.iter().map(Good::passed).collect();
        let judged = GovernedBy::at(&self.opened.database, parent, self.name).and_then(|governed| {
            let steps = locks::steps(lock, &earlier, &governed.environment.rollout_steps)?;
            Ok((governed, steps))
        });
        let (governed, steps) = match judged {
            Ok(found) => found,
            Err(why) => return Ok(Judged::Refused(why)),
        };
        if let Some(step) = known.filter(|step| steps.contains(step)) {
            return Ok(Judged::Good(step));
        }
        if let Err(why) = self.pins(lock) {
            return Ok(Judged::Refused(why));
        }
        let mut best = Judged::Refused(String::new());
        for step in steps {
            match self.needs(step, lock, before, &governed, parent)? {
                Judged::Good(step) => return Ok(Judged::Good(step)),
                unproven @ Judged::Unproven(..) => best = unproven,
                Judged::Refused(why) if matches!(best, Judged::Refused(_)) => best = Judged::Refused(why),
                Judged::Refused(_) => {}
            }
        }
        Ok(best)
    }

    /// Whether what it pins is what the history had up to its commit, and makes the bundle that it names.
    fn pins(&self, lock: &Lock) -> Result<(), String> {
        let history = &self.opened.history;
        for (id, pin) in &lock.documents {
            let rank = DocumentId::parse(id).and_then(|id| Some(history.version(&id, pin.version)?.rank));
            if rank.is_none_or(|rank| rank > self.change.rank) {
                return Err(format!("version {} of `{id}` was not on the protected branch yet", pin.version));
            }
        }
        let governed = |commit: &str, path: &str| {
            let own = |event: &&crate::lifecycle::Governed| event.path == path && event.commit.to_string() == commit;
            history.governed().iter().find(own).is_some_and(|event| event.rank <= self.change.rank)
        };
        if lock.catalog.as_ref().is_some_and(|pin| !governed(&pin.commit, "catalog.yaml")) {
            return Err("the catalog that it names never was on the protected branch".to_owned());
        }
        self.defaults(lock, &governed)?;
        let bundle = assembled::bundle(self.opened, &locks::pinned(lock))?;
        let digest = canon::bundle(&bundle).map_err(|error| error.to_string())?.digest;
        if digest.to_string() != lock.bundle {
            return Err("the documents that it pins make another bundle than the one it names".to_owned());
        }
        Ok(())
    }

    /// Whether the defaults are those of the settings that they name.
    fn defaults(&self, lock: &Lock, governed: &dyn Fn(&str, &str) -> bool) -> Result<(), String> {
        let defaults = &lock.defaults;
        let Some(commit) = &defaults.commit else {
            let none = super::empty().defaults;
            return if *defaults == none { Ok(()) } else { Err("nobody says where its defaults are from".to_owned()) };
        };
        if !governed(commit, crate::source::SETTINGS) {
            return Err("the settings that its defaults are from never were on the protected branch".to_owned());
        }
        let proven = defaults_at(self.opened, commit, &lock.documents)?;
        if proven == *defaults {
            Ok(())
        } else {
            Err("its defaults are not those of the settings that it names".to_owned())
        }
    }

    /// Whether those who must have approved it have, its gates are met, and no incident is reopened.
    fn needs(
        &self,
        step: Step,
        lock: &Lock,
        before: Option<&Lock>,
        governed: &GovernedBy,
        parent: ObjectId,
    ) -> Result<Judged, Stop> {
        if matches!(step, Step::KillOn | Step::Next | Step::Hold) {
            let free = lock.approvals.is_empty();
            let named = || Judged::Refused("it names approvals, and this needs none".to_owned());
            return Ok(if free { Judged::Good(step) } else { named() });
        }
        let change = match locks::change(lock) {
            Ok(digest) => ReviewedLock { name: self.name.to_owned(), change: digest.to_string() },
            Err(why) => return Ok(Judged::Refused(why)),
        };
        let moved = match self.moved(step, lock, before, governed, parent)? {
            Ok(moved) => moved,
            Err(why) => return Ok(Judged::Refused(why)),
        };
        let records = Self::records(lock);
        let authority = locks::authority(
            step,
            &Asked {
                environment: &governed.environment,
                principals: &governed.principals,
                change: &change,
                records: Some(&records),
                facts: self.sources.facts.as_ref(),
                pull: self.pull(parent)?.as_ref(),
                brought: &moved.brought,
                loosens: moved.loosens,
            },
        );
        let computed = |used: &UsedApproval| {
            authority.approvals.iter().any(|own| own.principal == used.principal && own.evidence == used.evidence)
        };
        let claimed = lock.approvals.iter().find(|used| !computed(used)).map(|used| used.principal.clone());
        let lacks = match (&claimed, authority.missing.is_empty()) {
            (None, true) => return Ok(Judged::Good(step)),
            (Some(principal), true) => format!("the approval by `{principal}` that it names is not there"),
            (_, false) => authority.missing.join("; "),
        };
        Ok(match self.unknown(&governed.environment) {
            Some(what) => Judged::Unproven(step, format!("{lacks}; {what}")),
            None => Judged::Refused(lacks),
        })
    }

    /// What a change of what is live does, and brings; why it may not be.
    fn moved(
        &self,
        step: Step,
        lock: &Lock,
        before: Option<&Lock>,
        governed: &GovernedBy,
        parent: ObjectId,
    ) -> Result<Result<Moved, String>, Stop> {
        let mut moved = Moved { loosens: true, brought: Brought::default() };
        if !matches!(step, Step::Deploy | Step::Rollback) {
            return Ok(Ok(moved));
        }
        let Opened { database, history, .. } = self.opened;
        let sides = (pinned(before), locks::pinned(lock));
        let (old, new) = (loaded(self.opened, self.name, &sides.0)?, loaded(self.opened, self.name, &sides.1)?);
        let reopened = suites::reopened(self.opened, parent, (&old, &new))?;
        if let Some(test) = reopened.first() {
            return Ok(Err(format!("it reopens `{test}`, which must never fail again")));
        }
        if step == Step::Deploy {
            let logs = logs_at(database, parent, &governed.settings)?;
            let first = before.is_none_or(|before| before.documents.is_empty());
            let compared = compared(old, new, &governed.environment, &logs, first)?;
            if let Some(why) = compared.unmet().first() {
                return Ok(Err(why.clone()));
            }
            moved.loosens = compared.loosens;
            let needs = &governed.environment.approvals;
            let rank = self.change.rank.saturating_sub(1);
            moved.brought = locks::brought(database, history, self.sources, (&sides.0, &sides.1), needs, rank)?;
        }
        Ok(Ok(moved))
    }

    /// The pull request that brought the lock: its reviews are about its head, so they count where merging that head is all that
    /// the commit is.
    fn pull(&self, parent: ObjectId) -> Result<Option<PullHead>, Stop> {
        let Opened { database, history, .. } = self.opened;
        let commit = database.commit(self.change.commit)?;
        let found = pull_of(database, &commit, history.protected.short(), self.sources.facts.as_ref())?;
        let Some(pull) = found else { return Ok(None) };
        let head = pull.head.as_deref().and_then(ObjectId::parse).filter(|head| database.has(*head));
        let is_it = head.map_or(Ok(None), |head| database.is_merge_of(&commit, parent, head))? == Some(true);
        Ok(Some(PullHead { number: pull.number, head: pull.head.filter(|_| is_it) }))
    }

    /// What the lock brings as proof. What notes hold beside it changes nothing of what is live.
    fn records(lock: &Lock) -> Vec<Record> {
        let lines = lock.approvals.iter().filter_map(|used| serde_json::to_string(used.record.as_ref()?).ok());
        lines.filter_map(|line| Record::read(&line).ok()).collect()
    }

    /// What this clone lacks to tell who approved.
    fn unknown(&self, environment: &Environment) -> Option<&'static str> {
        if environment.approvals.evidence == Evidence::Forge && self.sources.facts.is_none() {
            return Some("facts of the forge were not given (--forge)");
        }
        let lacks = self.sources.records.is_none() && self.sources.facts.is_none();
        lacks.then_some("the review records are not in this clone (git fetch origin '+refs/notes/policyc*:refs/policyc/origin/notes*')")
    }
}

/// What a change of what is live comes with.
struct Moved {
    loosens: bool,
    brought: Brought,
}

/// The defaults as the settings of a commit have them, over what is pinned: where they set no effect, it hangs on whether there
/// is any rule.
///
/// # Errors
/// Why they cannot be told.
pub fn defaults_at(opened: &Opened, commit: &str, pins: &BTreeMap<String, Pin>) -> Result<PinnedDefaults, String> {
    let id = ObjectId::parse(commit).ok_or("the commit of the defaults is no full object id")?;
    let settings = GovernedBy::settings_at(&opened.database, id)?;
    let is_rule = |id: &String, pin: &Pin| {
        let event = opened.history.version(&DocumentId::parse(id)?, pin.version)?;
        Some(event.kind == Some(Kind::Rule))
    };
    let any_rule = pins.iter().any(|(id, pin)| is_rule(id, pin).unwrap_or(true));
    let fallback = if any_rule { Effect::Deny } else { Effect::Allow };
    Ok(PinnedDefaults {
        commit: Some(commit.to_owned()),
        effect: settings.default_effect.unwrap_or(fallback),
        session_ttl: settings.session_ttl,
    })
}
