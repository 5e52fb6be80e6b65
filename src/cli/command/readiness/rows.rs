//! The rows. Each has what was measured, what it is held against, and what to do.

use std::collections::BTreeSet;

use super::timing;
use super::{Args, Asked, roles};
use crate::cli::Stop;
use crate::cli::command::operating::health;
use crate::cli::history::Opened;
use crate::cli::live;
use crate::cli::session::Session;
use crate::git::ObjectId;
use crate::host::{self, Remote};
use crate::lifecycle::locks::{self, Step};
use crate::lifecycle::{Sources, State};
use crate::model::{Document, DocumentId};
use crate::report::{Counts, Row};
use crate::syntax::counted;
use crate::written::{Evidence, Lock};

const DAY: i64 = 86_400;

/// What is the same for all environments.
pub fn of_repository(args: &Args, opened: &Opened, session: &Session, sources: &Sources) -> Vec<Row> {
    let counts = Counts::of(&session.compilation.diagnostics);
    let value = format!("{}, {}", counted(counts.error, "error"), counted(counts.warning, "warning"));
    let policies = Row::of("policies are valid", counts.error == 0, value).against("no error").help("`policyc check`");
    vec![policies, health::remote(&opened.root, &args.remote), signing(opened), records(sources)]
}

/// Whether this machine could sign a review.
fn signing(opened: &Opened) -> Row {
    let format = opened.database.configured("gpg.format");
    let key = opened.database.configured("user.signingkey");
    let ready = format.as_deref() == Some("ssh") && key.is_some();
    let value = if ready { "an SSH key is set up for signing" } else { "no SSH key is set up for signing here" };
    Row::of("signing key", ready, value).mild().help("git config gpg.format ssh; git config user.signingkey FILE")
}

fn records(sources: &Sources) -> Row {
    let there = sources.records.is_some() && sources.unread.is_empty();
    let read = sources.records.as_ref().map_or(0, Vec::len);
    let value = format!("{}, {} unreadable", counted(read, "review record"), sources.unread.len());
    Row::of("audit records", there, value)
        .mild()
        .help("git fetch origin '+refs/notes/policyc*:refs/policyc/origin/notes*'")
}

impl Asked<'_> {
    /// All rows of the environment.
    pub fn rows(&self) -> Result<Vec<Row>, Stop> {
        let mut rows = vec![self.locks()];
        if self.standing.live().is_err() {
            rows.push(self.kill_switch());
            rows.extend([self.keys(), self.rollback_roles(), self.breaker()]);
            return Ok(rows);
        }
        let Some(lock) = self.standing.good().last().map(|good| good.lock.clone()) else {
            rows.push(self.row("live", false, "nothing is deployed").help("`policyc deploy`"));
            rows.extend([self.keys(), self.rollback_roles(), self.breaker()]);
            return Ok(rows);
        };
        let live = live::loaded(self.opened, self.environment.id.as_str(), &locks::pinned(&lock))?;
        rows.push(self.active(&live.compilation.documents));
        rows.extend([self.stale(&lock), self.orphaned(&lock, &live.compilation.documents)]);
        rows.extend([self.kill_switch(), self.rehearsed(), self.audit_lag()]);
        rows.extend(self.decisions(&live));
        rows.extend([self.tokens()?, self.token_keys(), self.alerts()]);
        rows.extend([self.keys(), self.rollback_roles(), self.rollback_plan(&lock), self.tried(), self.breaker()]);
        Ok(rows)
    }

    fn row(&self, name: &str, holds: bool, value: impl Into<String>) -> Row {
        Row::of(&format!("{}: {name}", self.environment.id), holds, value)
    }

    fn locks(&self) -> Row {
        let (good, refused) = (self.standing.good().len(), self.standing.refused.len());
        if let Err(unproven) = self.standing.live() {
            let value = format!("{good} good, {} without proof", self.standing.unproven().len());
            return self.row("locks", false, value).against("all proven").help(live::lacks_proof(unproven));
        }
        let why = self.standing.refused.last().map(|refused| refused.why.clone()).unwrap_or_default();
        self.row("locks", refused == 0, format!("{good} good, {refused} refused")).against("none refused").help(why)
    }

    /// Enabled policies that are live, against what the settings expect.
    fn active(&self, documents: &[Document]) -> Row {
        let is_active = |document: &&Document| matches!(document, Document::Policy(policy) if policy.enabled);
        let active = documents.iter().filter(is_active).count() as u64;
        match self.session.compilation.settings.expect.active_policies {
            Some(expected) => self
                .row("active policies", active == expected, active.to_string())
                .against(format!("{expected} expected"))
                .help("deploy what is missing, or change `expect.active_policies`"),
            None => self
                .row("active policies", false, active.to_string())
                .mild()
                .help("say how many there are to be: `expect.active_policies` in policyc.yaml"),
        }
    }

    /// Pins that have been behind the newest version for longer than is expected.
    fn stale(&self, lock: &Lock) -> Row {
        let Some(days) = self.session.compilation.settings.expect.stale_days else {
            return self
                .row("stale policies", false, "not measured")
                .mild()
                .help("set `expect.stale_days` in policyc.yaml");
        };
        let now = host::unix_seconds();
        let stale: Vec<String> = lock
            .documents
            .iter()
            .filter_map(|(id, pin)| {
                let next = self.opened.history.version(&DocumentId::parse(id)?, pin.version + 1)?;
                let since = self.opened.database.commit(next.commit).ok()?.committer.time;
                (now - since > i64::try_from(days).unwrap_or(i64::MAX / DAY) * DAY).then(|| id.clone())
            })
            .collect();
        self.row("stale policies", stale.is_empty(), stale.len().to_string())
            .against(format!("0 behind for more than {days} days"))
            .help(format!("deploy the newest of {}", stale.join(", ")))
    }

    /// Pins of what is gone, exceptions from what is not live, and scopes that nobody is in.
    fn orphaned(&self, lock: &Lock, documents: &[Document]) -> Row {
        let mut orphans = BTreeSet::new();
        for id in lock.documents.keys() {
            let known = DocumentId::parse(id);
            if known.is_none_or(|id| *self.opened.history.state(&id) == State::Absent) {
                orphans.insert(format!("{id} (gone from the protected branch)"));
            }
        }
        for document in documents {
            if let Document::Exception(exception) = document
                && !lock.documents.contains_key(exception.policy.as_str())
            {
                orphans.insert(format!("{} (its policy {} is not live)", exception.id, exception.policy));
            }
        }
        orphans.extend(self.empty_scopes(documents));
        let names: Vec<String> = orphans.into_iter().collect();
        self.row("orphaned policies", names.is_empty(), names.len().to_string()).against("0").help(names.join(", "))
    }

    /// Scopes that no agent of the catalog is in.
    fn empty_scopes(&self, documents: &[Document]) -> Vec<String> {
        let Some(catalog) = self.session.compilation.catalog.as_ref().filter(|catalog| !catalog.agents.is_empty())
        else {
            return Vec::new();
        };
        let nobody = |target: &crate::model::Pattern, of: &dyn Fn(&crate::model::AgentEntry) -> bool| {
            !target.as_str().contains('*') && !catalog.agents.values().any(of)
        };
        let lost = |document: &Document| {
            let Document::Policy(policy) = document else { return None };
            let has = |sets: &Option<BTreeSet<String>>, target: &crate::model::Pattern| {
                sets.iter().flatten().any(|name| target.matches(name))
            };
            let empty = match &policy.scope {
                crate::model::Scope::Group(target) => nobody(target, &|agent| has(&agent.groups, target)),
                crate::model::Scope::Mission(target) => nobody(target, &|agent| has(&agent.missions, target)),
                _ => false,
            };
            empty.then(|| format!("{} (nobody is in its scope)", policy.id))
        };
        documents.iter().filter_map(lost).collect()
    }

    fn kill_switch(&self) -> Row {
        let on = self.standing.kill.is_some();
        self.row("kill switch is off", !on, if on { "on" } else { "off" }).help("`policyc kill-switch deactivate`")
    }

    /// Whether the kill switch was ever used, here or elsewhere: an untried one is a hope.
    fn rehearsed(&self) -> Row {
        let steps = |standing: &live::Standing| standing.good().iter().filter(|good| good.step == Step::KillOn).count();
        let here = steps(self.standing);
        let all: usize = self.all.values().map(steps).sum();
        self.row("kill switch was tried", all > 0, format!("{here} times here, {all} in all"))
            .mild()
            .against("at least once")
            .help("`policyc kill-switch activate` in an environment where nothing is lost")
    }

    /// The audit of this clone tells what the protected branch had when it was fetched: where the remote is further, it lags.
    fn audit_lag(&self) -> Row {
        let protected = &self.opened.history.protected;
        let reference = format!("refs/heads/{}", protected.short());
        let remote = Remote::new(&self.opened.root, &self.args.remote);
        let there =
            remote.and_then(|remote| remote.heads(&[&reference])).ok().and_then(|heads| heads.into_iter().next());
        let row = |holds, value: String| self.row("audit lag", holds, value).against("as new as the remote");
        match there {
            None => row(false, format!("`{}` does not say how new it is", self.args.remote))
                .mild()
                .help("give the remote with --remote"),
            Some((_, commit)) if commit == protected.tip.to_string() => {
                row(true, format!("none: both are at {}", protected.tip.short()))
            }
            Some((_, commit)) => {
                let there = ObjectId::parse(&commit).map(|commit| commit.short()).unwrap_or_default();
                row(
                    false,
                    format!(
                        "`{}` is at {there}, and the audit here tells up to {}",
                        self.args.remote,
                        protected.tip.short()
                    ),
                )
                .help("`git fetch`, or push what is here")
            }
        }
    }

    fn decisions(&self, live: &Session) -> Option<Row> {
        let bundle = live.compilation.bundle.as_ref()?;
        let taken = timing::decisions(bundle, &self.session.compilation.documents)?;
        let most = self.environment.circuit_breaker.as_ref().and_then(|breaker| breaker.max_p99_ms);
        let name = "decision time";
        Some(match most {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of a threshold")]
            Some(most) => self
                .row(name, taken.p99 <= most as f64 * 1_000.0, taken.shown())
                .against(format!("p99 at most {most} ms")),
            None => self.row(name, true, taken.shown()),
        })
    }

    /// How long a decision takes to be signed and verified.
    fn tokens(&self) -> Result<Row, Stop> {
        let name = "token time";
        let key = self.args.key.as_deref();
        if self.environment.tokens.keys.is_empty() {
            return Ok(self
                .row(name, false, "no key signs here")
                .mild()
                .help("name keys under `tokens.keys` of the environment"));
        }
        if key.is_none() && host::variable("POLICYC_TOKEN_KEY").is_none() {
            return Ok(self
                .row(name, false, "no private key at hand")
                .mild()
                .help("give one with --key FILE or in POLICYC_TOKEN_KEY"));
        }
        match timing::tokens(self.here, self.environment.id.as_str(), key, &self.args.forge) {
            Ok(Some(taken)) => Ok(self.row(name, true, taken.shown())),
            Ok(None) => Ok(self.row(name, false, "nothing could be signed").mild()),
            Err(Stop::World(failure) | Stop::Nothing(failure)) => {
                Ok(self.row(name, false, failure.message).help(failure.help.unwrap_or_default()))
            }
            Err(usage) => Err(usage),
        }
    }

    /// Keys of other environments must not sign here.
    fn token_keys(&self) -> Row {
        let of = |environment: &crate::model::Environment| {
            environment.tokens.keys.iter().cloned().collect::<BTreeSet<String>>()
        };
        let material = |key: &String| key.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let own: BTreeSet<String> = of(self.environment).iter().map(material).collect();
        let others = self.session.compilation.environments.iter().filter(|other| other.id != self.environment.id);
        let shared: Vec<String> = others
            .filter(|other| of(other).iter().any(|key| own.contains(&material(key))))
            .map(|other| other.id.to_string())
            .collect();
        let value = format!("{}, {} of other environments", counted(own.len(), "key"), shared.len());
        self.row("token keys are its own", shared.is_empty(), value)
            .against("none of other environments")
            .help(format!("make a key of its own; {} has one of these too", shared.join(", ")))
    }

    fn alerts(&self) -> Row {
        let set = self.session.compilation.settings.alerts.is_some();
        let value = if set { "a mail server is set" } else { "no mail server is set" };
        self.row("alerts can be sent", set, value)
            .mild()
            .help("set `alerts` in policyc.yaml; `policyc alert test` tries it")
    }

    /// Whether those who approve have keys, where approvals must be signed.
    fn keys(&self) -> Row {
        let identities = self.session.compilation.identities.as_ref();
        let people = roles::people(identities, &self.environment.approvals.from);
        let has =
            |who: &&String| identities.and_then(|all| all.principals.get(*who)).is_some_and(|one| !one.keys.is_empty());
        let with = people.iter().filter(has).count();
        let row = self.row(
            "verifying keys",
            with == people.len(),
            format!("{with} of {} who approve have a key", people.len()),
        );
        let row = if self.environment.approvals.evidence == Evidence::Attested { row } else { row.mild() };
        row.help("add SSH public keys under `keys` of identities.yaml")
    }

    fn rollback_roles(&self) -> Row {
        let identities = self.session.compilation.identities.as_ref();
        let people = roles::people(identities, self.environment.may_roll_back());
        let value = if people.is_empty() { "everybody".to_owned() } else { people.join(", ") };
        self.row("who may roll back", !people.is_empty(), value)
            .mild()
            .help("name them under `rollback.from` of the environment: as it is, anybody may")
    }

    /// An earlier state that could be live again.
    fn rollback_plan(&self, lock: &Lock) -> Row {
        let earlier = self.standing.good().iter().rev().map(|good| &good.lock).find(|one| is_back(lock, one));
        match earlier {
            Some(earlier) => self.row("rollback plan", true, format!("back to sequence {}", earlier.sequence)),
            None => self
                .row("rollback plan", false, "nothing else was live here yet")
                .mild()
                .help("the first deployment has nothing to go back to; the kill switch is what is left"),
        }
    }

    fn tried(&self) -> Row {
        let steps = |standing: &live::Standing| {
            standing.good().iter().filter(|good| matches!(good.step, Step::Rollback | Step::Abort)).count()
        };
        let all: usize = self.all.values().map(steps).sum();
        self.row("rollback was tried", all > 0, format!("{all} times in all environments"))
            .mild()
            .against("at least once")
            .help("`policyc rollback --environment staging`")
    }

    fn breaker(&self) -> Row {
        match &self.environment.circuit_breaker {
            Some(breaker) => {
                let alerts = breaker.alerts.len();
                let value = format!("set, {} told", counted(alerts, "recipient"));
                self.row("circuit breaker", alerts > 0, value)
                    .mild()
                    .help("name whom it tells: `circuit_breaker.alerts`")
            }
            None => self
                .row("circuit breaker", false, "no thresholds")
                .mild()
                .help("set `circuit_breaker` of the environment"),
        }
    }
}

/// Whether a lock is one that a rollback could lead to.
fn is_back(now: &Lock, then: &Lock) -> bool {
    let newer =
        |(id, pin): (&String, &crate::written::Pin)| now.documents.get(id).is_some_and(|own| own.version < pin.version);
    let differs = then.bundle != now.bundle && !then.documents.is_empty() && then.rollout.is_none();
    differs && !then.documents.iter().any(newer)
}
