//! What a change of an environment would do, and what it needs, before it is done.

use std::collections::BTreeSet;

use super::next::{Wanted, next};
use crate::cli::Stop;
use crate::cli::history::Opened;
use crate::cli::live::{self, Compared, Standing};
use crate::cli::logs::Located;
use crate::cli::output::remark;
use crate::diag::{Failure, codes, nearest};
use crate::lifecycle::approvals::{Proof, Review, ReviewState};
use crate::lifecycle::locks::{self, Asked, Authority, Brought, Step};
use crate::lifecycle::{GovernedBy, Sources};
use crate::model::{Document, DocumentId, Exception};
use crate::report::{PinLine, PlanApprovals, PlanReport, PlanSaid, PlanTests};
use crate::written::{Lock, Pinned, ReviewedLock};

/// A change that is thought through.
pub struct Plan {
    /// What it does.
    pub step: Step,
    /// The lock that it writes, with the approvals that it uses.
    pub lock: Lock,
    /// What people approve.
    pub change: ReviewedLock,
    /// The report.
    pub report: PlanReport,
}

/// What a plan is made from.
pub struct Planner<'a> {
    /// The repository.
    pub opened: &'a Opened,
    /// What is known of reviews.
    pub sources: &'a Sources,
    /// The environment.
    pub name: &'a str,
    /// Logs beside those of the settings.
    pub logs: &'a [Located],
    /// The documents whose suites are run: those of what is deployed.
    pub suites: &'a [Document],
}

impl Planner<'_> {
    /// What governs the environment on the protected branch, as it is now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn governed(&self) -> Result<GovernedBy, Stop> {
        let tip = self.opened.history.protected.tip;
        GovernedBy::at(&self.opened.database, tip, self.name).map_err(|why| {
            let message = format!("`{}` cannot be changed: on the protected branch {why}", self.name);
            let failure = Failure::new(codes::NOT_FOUND, message);
            let known = live::environments(self.opened);
            let others = known.iter().map(String::as_str).filter(|name| *name != self.name);
            Stop::World(match nearest(self.name, others) {
                Some(meant) => failure.help(format!("did you mean `{meant}`?")),
                None => failure.help("what governs an environment is merged before it is used"),
            })
        })
    }

    fn unknown(&self) -> Result<GovernedBy, Stop> {
        let known = live::environments(self.opened).contains(self.name);
        let id = DocumentId::parse(self.name).filter(|_| known);
        let missing = || Failure::new(codes::NOT_FOUND, format!("there is no environment `{}`", self.name));
        Ok(GovernedBy::unknown(id.ok_or_else(missing)?))
    }

    /// Thinks a change through.
    ///
    /// # Errors
    /// When there is no such change, or a log cannot be read.
    pub fn plan(&self, standing: &Standing, wanted: &Wanted) -> Result<Plan, Stop> {
        let governed = match (self.governed(), wanted) {
            // What is broken must not keep anybody from stopping it.
            (Err(_), Wanted::Kill(switch)) if switch.active => self.unknown()?,
            (governed, _) => governed?,
        };
        let mut lock =
            next(self.opened, standing, &governed.environment, wanted).map_err(|why| impossible(self.name, &why))?;
        let before = standing.newest();
        let steps = locks::steps(&lock, &standing.passed(), &governed.environment.rollout_steps);
        let steps = steps.map_err(|why| match wanted {
            Wanted::Rollback(_) => impossible(self.name, NEVER_LIVE),
            _ => impossible(self.name, &why),
        })?;
        let step = chosen(&steps, wanted).ok_or_else(|| impossible(self.name, NEVER_LIVE))?;
        let change = locks::change(&lock).map_err(|why| impossible(self.name, &why))?.to_string();
        let change = ReviewedLock { name: self.name.to_owned(), change };
        let sides = (live::pinned(before), locks::pinned(&lock));
        let compared = if step.moves() { Some(self.compared(step, &governed, before, &sides)?) } else { None };
        let tests = match (step, before.and_then(|before| before.rollout.as_ref())) {
            // It goes the way that was approved, but no further with what must never happen again by now.
            (Step::Next, Some(rollout)) => Some(self.tests(&(rollout.before.clone(), sides.0.clone()))?),
            _ if step.moves() => Some(self.tests(&sides)?),
            _ => None,
        };
        let authority = self.authority(step, &governed, &change, compared.as_ref(), &sides)?;
        lock.approvals.clone_from(&authority.approvals);
        let refused = refused(step, compared.as_ref(), tests.as_ref());
        let report = self.report(
            &Parts { step, before, lock: &lock, change: &change, authority, refused, tests },
            &sides,
            compared,
        )?;
        Ok(Plan { step, lock, change, report })
    }

    fn compared(
        &self,
        step: Step,
        governed: &GovernedBy,
        before: Option<&Lock>,
        sides: &(Pinned, Pinned),
    ) -> Result<Compared, Stop> {
        let old = live::loaded(self.opened, self.name, &sides.0)?;
        let new = live::loaded(self.opened, self.name, &sides.1)?;
        let tip = self.opened.history.protected.tip;
        let mut logs = match live::logs_at(&self.opened.database, tip, &governed.settings) {
            Ok(logs) => logs,
            Err(stop) if step == Step::Deploy && governed.environment.has_gates() => return Err(stop),
            // Where no gate is asked, a log that cannot be read must not keep anybody from going back.
            Err(stop) => {
                let why = stop.failure()?.message;
                remark(&format!("warning: the recorded actions of the settings are not replayed: {why}"));
                Vec::new()
            }
        };
        logs.extend(self.logs.iter().cloned());
        let first = before.is_none_or(|before| before.documents.is_empty());
        live::compared(old, new, &governed.environment, &logs, first)
    }

    fn tests(&self, sides: &(Pinned, Pinned)) -> Result<PlanTests, Stop> {
        let wrong = |why: String| impossible(self.name, &why);
        let live = live::bundle(self.opened, &sides.0).map_err(wrong)?;
        let bundle = live::bundle(self.opened, &sides.1).map_err(wrong)?;
        let mut tests = live::suites::run(self.suites, &live, &bundle);
        // An incident may be younger than what is deployed: what must never happen again is what the branch says now.
        let (old, new) =
            (live::loaded(self.opened, self.name, &sides.0)?, live::loaded(self.opened, self.name, &sides.1)?);
        tests.reopened = live::suites::reopened(self.opened, self.opened.history.protected.tip, (&old, &new))?;
        Ok(tests)
    }

    fn authority(
        &self,
        step: Step,
        governed: &GovernedBy,
        change: &ReviewedLock,
        compared: Option<&Compared>,
        sides: &(Pinned, Pinned),
    ) -> Result<Authority, Stop> {
        let Opened { database, history, .. } = self.opened;
        let brought = match step {
            Step::Deploy => {
                let needs = &governed.environment.approvals;
                locks::brought(database, history, self.sources, (&sides.0, &sides.1), needs, usize::MAX)?
            }
            _ => Brought::default(),
        };
        Ok(locks::authority(
            step,
            &Asked {
                environment: &governed.environment,
                principals: &governed.principals,
                change,
                records: self.sources.records.as_deref(),
                facts: self.sources.facts.as_ref(),
                pull: None,
                brought: &brought,
                loosens: compared.is_none_or(|compared| compared.loosens),
            },
        ))
    }

    fn report(
        &self,
        parts: &Parts<'_>,
        sides: &(Pinned, Pinned),
        compared: Option<Compared>,
    ) -> Result<PlanReport, Stop> {
        let (old, new) = sides;
        let ids: BTreeSet<&String> = old.documents.keys().chain(new.documents.keys()).collect();
        let version = |pinned: &Pinned, id: &String| pinned.documents.get(id).map(|pin| pin.version);
        let pins: Vec<PinLine> = ids
            .into_iter()
            .filter(|id| old.documents.get(*id) != new.documents.get(*id))
            .map(|id| PinLine { id: id.clone(), from: version(old, id), to: version(new, id) })
            .collect();
        let exceptions = self.exceptions(sides, &pins)?;
        let Authority { needs, loosens, approvals, missing, judgement } = parts.authority.clone();
        let (mut difference, mut effects, mut simulation, mut gates) = (None, None, None, Vec::new());
        if let Some(compared) = compared {
            (difference, effects) = (Some(compared.difference), Some(compared.effects));
            (simulation, gates) = (compared.simulation, compared.gates.into_iter().map(|gate| gate.gate).collect());
        }
        let ready = missing.is_empty() && parts.refused.is_empty();
        Ok(PlanReport {
            schema: "policyc.plan/v1",
            environment: self.name.to_owned(),
            step: parts.step.as_str(),
            verdict: if ready { "ready" } else { "refused" },
            sequence: parts.lock.sequence,
            change: parts.change.change.clone(),
            from: parts.before.map(|before| before.bundle.clone()),
            to: parts.lock.bundle.clone(),
            percent: parts.lock.rollout.as_ref().map(|rollout| rollout.percent),
            pins,
            exceptions,
            difference,
            effects,
            simulation,
            gates,
            tests: parts.tests.clone(),
            approvals: PlanApprovals {
                required: needs.required,
                from: needs.from.into_iter().collect(),
                evidence: needs.evidence,
                loosens,
                counted: approvals
                    .iter()
                    .map(|used| (used.principal.clone(), used.evidence))
                    .map(PlanSaid::of)
                    .collect(),
                not_counted: judgement.reviews.iter().filter_map(not_counted).collect(),
                missing,
            },
            refused: parts.refused.clone(),
        })
    }

    /// The exceptions from what changes, on either side.
    fn exceptions(&self, sides: &(Pinned, Pinned), pins: &[PinLine]) -> Result<Vec<String>, Stop> {
        let mut found = BTreeSet::new();
        for side in [&sides.0, &sides.1] {
            let bundle = live::bundle(self.opened, side).map_err(|why| impossible(self.name, &why))?;
            let touched = |id: &DocumentId| pins.iter().any(|pin| pin.id == id.as_str());
            let of = |exception: &&Exception| touched(&exception.policy) || touched(&exception.id);
            found.extend(bundle.exceptions.iter().filter(of).map(|one| format!("{} (from {})", one.id, one.policy)));
        }
        Ok(found.into_iter().collect())
    }
}

/// Why a rollback leads nowhere.
const NEVER_LIVE: &str = "that never was live there before what is live now";

/// What is known before the report.
struct Parts<'a> {
    step: Step,
    before: Option<&'a Lock>,
    lock: &'a Lock,
    change: &'a ReviewedLock,
    authority: Authority,
    refused: Vec<String>,
    tests: Option<PlanTests>,
}

/// The step that is meant, among those that it may be.
fn chosen(steps: &[Step], wanted: &Wanted) -> Option<Step> {
    let is = |step: &Step| match wanted {
        Wanted::Deploy(_) => *step == Step::Deploy,
        // To what was live before a rollout, that is given up.
        Wanted::Rollback(_) => matches!(step, Step::Rollback | Step::Abort),
        Wanted::Next | Wanted::Hold | Wanted::Abort | Wanted::Kill(_) => true,
    };
    steps.iter().copied().find(is)
}

/// What stands against it beside approvals.
fn refused(step: Step, compared: Option<&Compared>, tests: Option<&PlanTests>) -> Vec<String> {
    let mut refused = Vec::new();
    if step == Step::Deploy {
        refused.extend(compared.iter().flat_map(|compared| compared.unmet()));
        let failed = tests.iter().flat_map(|tests| &tests.failed);
        refused.extend(failed.map(|test| format!("the test `{test}` fails with it")));
    }
    if step.moves() || step == Step::Next {
        let reopened = tests.iter().flat_map(|tests| &tests.reopened);
        refused.extend(reopened.map(|test| format!("it would reopen `{test}`, which must never fail again")));
    }
    refused
}

fn not_counted(review: &Review) -> Option<PlanSaid> {
    let why = review.why_not.clone().filter(|_| review.state == ReviewState::Approved)?;
    let evidence = match review.evidence {
        Proof::Refuted => "refuted",
        proof => proof.as_str(),
    };
    let (principal, account) = (review.by.clone(), review.account.clone());
    Some(PlanSaid { principal, account, evidence: evidence.to_owned(), why: Some(why) })
}

/// A change that there is not.
pub fn impossible(name: &str, why: &str) -> Stop {
    let message = format!("`{name}` cannot be changed like this: {why}");
    if why == "it changes nothing" || why.ends_with("already") {
        return Stop::Nothing(
            Failure::new(codes::NOTHING_TO_DO, format!("nothing of `{name}` would change")).help("nothing was written"),
        );
    }
    Stop::Nothing(Failure::new(codes::REFUSED, message).help("nothing was written"))
}
