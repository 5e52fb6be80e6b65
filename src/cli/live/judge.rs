use std::collections::BTreeMap;

use super::named::{Held, Named, Verdict};
use super::{assembled, compared, loaded, logs_at, pinned, suites};
use crate::canon;
use crate::cli::Stop;
use crate::cli::history::Opened;
use crate::git::ObjectId;
use crate::lifecycle::approvals::PullHead;
use crate::lifecycle::locks::{self, Asked, Brought, Change, Passed, Step};
use crate::lifecycle::record::Record;
use crate::lifecycle::{GovernedBy, Proof as PullProof, Sources, pull_of};
use crate::model::{DocumentId, Evidence, Kind};
use crate::written::{Effect, Lock, Pin, PinnedDefaults, ReviewedLock};

/// What came of holding a lock against what it must be.
pub(super) enum Judged {
    /// It is what it says.
    Good(Step),
    /// It may be; who approved it is not known here, and why.
    Unproven(Step, String),
    /// It is not.
    Refused(String),
}

/// What one lock is held against.
pub(super) struct Judge<'a> {
    /// The repository.
    pub opened: &'a Opened,
    /// The environment.
    pub name: &'a str,
    /// What is known of reviews.
    pub sources: &'a Sources,
    /// The locks before it that were not refused, the newest last.
    pub earlier: &'a [Passed<'a>],
    /// Its commit.
    pub change: &'a Change,
}

impl Judge<'_> {
    /// Holds a lock against what it must be. `known`: it was found to be good already, as this step.
    pub(super) fn judged(&self, lock: &Lock, known: Option<Step>) -> Result<Judged, Stop> {
        let commit = self.opened.database.commit(self.change.commit)?;
        let Some(parent) = commit.parents.first().copied() else {
            return Ok(Judged::Refused("it came with the first commit, before anything governed it".to_owned()));
        };
        let before = self.earlier.last().map(|passed| passed.lock);
        let judged = GovernedBy::at(&self.opened.database, parent, self.name).and_then(|governed| {
            let steps = locks::steps(lock, self.earlier, &governed.environment.rollout_steps)?;
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
        if let Some(test) = self.reopens_further(step, before, parent)? {
            return Ok(Judged::Refused(format!("it reopens `{test}`, which must never fail again, for more runs")));
        }
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
        let pull = self.pull(parent)?;
        let authority = locks::authority(
            step,
            &Asked {
                environment: &governed.environment,
                principals: &governed.principals,
                change: &change,
                records: Some(&records),
                facts: self.sources.facts.as_ref(),
                pull: pull.as_ref(),
                brought: &moved.brought,
                loosens: moved.loosens,
            },
        );
        let named = Named { step, change: &change, governed, authority: &authority, brought: &moved.brought };
        let held = match named.held(&lock.approvals) {
            Ok(held) => held,
            Err(why) => return Ok(Judged::Refused(why)),
        };
        let pull = self.pull_may_say(governed.environment.approvals.evidence)?;
        let judged = match named.judged(&held, pull) {
            Verdict::Met if moved.unjudged.is_none() => return Ok(Judged::Good(step)),
            Verdict::Met => moved.unjudged.unwrap_or_default(),
            Verdict::Lacks(why) => return Ok(Judged::Refused(why)),
            Verdict::Unknown(why) if held.absent.is_empty() => why,
            Verdict::Unknown(why) => format!("{why}; {}", self.where_to_look(&held)),
        };
        Ok(Judged::Unproven(step, judged))
    }

    /// A test that must never fail again, and would for more runs by a rollout that began before it was written.
    fn reopens_further(&self, step: Step, before: Option<&Lock>, parent: ObjectId) -> Result<Option<String>, Stop> {
        let rollout = before.filter(|_| step == Step::Next).and_then(|before| Some((before, before.rollout.as_ref()?)));
        let Some((before, rollout)) = rollout else { return Ok(None) };
        let sides = (&rollout.before, &locks::pinned(before));
        let (old, new) = (loaded(self.opened, self.name, sides.0)?, loaded(self.opened, self.name, sides.1)?);
        Ok(suites::reopened(self.opened, parent, (&old, &new))?.into_iter().next())
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
        let mut moved = Moved { loosens: true, brought: Brought::default(), unjudged: None };
        if !step.moves() {
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
            let logs = match logs_at(database, parent, &governed.settings) {
                Ok(logs) => logs,
                // What nothing is asked of keeps nobody from reading the lock.
                Err(_) if !governed.environment.has_gates() => Vec::new(),
                Err(stop) => {
                    moved.unjudged = Some(format!("its gates cannot be judged: {}", stop.failure()?.message));
                    Vec::new()
                }
            };
            let first = before.is_none_or(|before| before.documents.is_empty());
            let compared = compared(old, new, &governed.environment, &logs, first)?;
            if let Some(why) = compared.unmet().first().filter(|_| moved.unjudged.is_none()) {
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

    /// What is not known of the reviews of the pull request that brought the lock; `None`: nothing that could count.
    fn pull_may_say(&self, evidence: Evidence) -> Result<Option<String>, Stop> {
        if evidence == Evidence::Attested {
            return Ok(None);
        }
        let Opened { database, history, .. } = self.opened;
        let commit = database.commit(self.change.commit)?;
        let facts = self.sources.facts.as_ref();
        let pull = pull_of(database, &commit, history.protected.short(), facts)?;
        let pull = pull.filter(|pull| pull.proof != PullProof::Refuted);
        let Some(facts) = facts else {
            // A merge, or what says that it came from a pull request, may have been reviewed at a forge whatever is asked for.
            let may = evidence == Evidence::Forge || pull.is_some() || commit.parents.len() > 1;
            return Ok(may.then(|| "facts of the forge were not given (--forge)".to_owned()));
        };
        let told = |number: u64| facts.every_review || facts.reviews_of(number).next().is_some();
        Ok(match pull {
            Some(pull) if pull.proof == PullProof::Forge && told(pull.number) => None,
            Some(pull) => Some(format!("the facts of the forge do not tell of pull request {} as it", pull.number)),
            // Facts are of some pull requests, and nothing says of which commits there were none.
            None if evidence == Evidence::Forge || commit.parents.len() > 1 => {
                Some("the facts of the forge tell of no pull request that brought it".to_owned())
            }
            None => None,
        })
    }

    /// Where the approvals that a lock names, and that are not found, may be.
    fn where_to_look(&self, held: &Held) -> &'static str {
        match (held.of_forge, self.sources.facts.is_some(), self.sources.records.is_some()) {
            (true, false, _) => "facts of the forge were not given (--forge)",
            (true, true, _) => "the facts of the forge that were given do not tell of it",
            (false, _, false) => {
                "the review records are not in this clone (git fetch origin '+refs/notes/policyc*:refs/policyc/origin/notes*')"
            }
            (false, _, true) => {
                "the review records of this clone do not have it (git fetch origin '+refs/notes/policyc*:refs/policyc/origin/notes*')"
            }
        }
    }
}

/// What a change of what is live comes with.
struct Moved {
    loosens: bool,
    brought: Brought,
    /// Why its gates cannot be judged.
    unjudged: Option<String>,
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
