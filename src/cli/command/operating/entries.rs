//! What was done, from the history, the locks and the review records.

use std::collections::BTreeMap;

use super::keys::{Attested, Keys};
use crate::cli::Stop;
use crate::cli::history::Opened;
use crate::cli::live;
use crate::diag::Failure;
use crate::git::{Commit, ObjectId};
use crate::lifecycle::locks::{self, Step};
use crate::lifecycle::record::Record;
use crate::lifecycle::{self, GovernedBy, Sources};
use crate::model::Time;
use crate::report::AuditEntry;
use crate::written::ReviewKind;

/// What was done.
pub struct Audit {
    /// Every entry, the newest first.
    pub entries: Vec<AuditEntry>,
    /// The environments whose locks nobody can judge, and why: nothing is told of what was deployed there.
    pub untold: Vec<(String, Failure)>,
}

/// Everything that was done, the newest first: commits by their rank on the protected branch, records by the time that they say.
///
/// # Errors
/// When an object is not there.
pub fn entries(opened: &Opened, sources: &Sources) -> Result<Audit, Stop> {
    let (mut found, mut untold): (Vec<(String, usize, AuditEntry)>, _) = (Vec::new(), Vec::new());
    let mut commits = Commits { opened, known: BTreeMap::new() };
    for event in opened.history.events() {
        let commit = commits.get(event.commit)?;
        let number = event.number.map(|number| format!(" (version {number})")).unwrap_or_default();
        let what = format!("{} {}{number}", event.id, event.change.as_str());
        found.push((commits.at(event.commit)?, event.rank, of_commit(&commit, "version", what)));
    }
    for (name, standing) in live::each(opened, sources)? {
        let standing = match standing {
            Ok(standing) => standing,
            Err(failure) => {
                untold.push((name, failure));
                continue;
            }
        };
        for unproven in standing.unproven() {
            let commit = commits.get(unproven.commit)?;
            let entry = of_step(&commit, &name, unproven.step, &unproven.lock);
            let what = format!("{}, which is not proven here: {}", entry.what, unproven.why);
            let entry = AuditEntry { what, evidence: Some("unproven".to_owned()), ..entry };
            found.push((commits.at(unproven.commit)?, commits.rank(unproven.commit), entry));
        }
        for good in standing.good() {
            let commit = commits.get(good.commit)?;
            found.push((
                commits.at(good.commit)?,
                commits.rank(good.commit),
                of_step(&commit, &name, good.step, &good.lock),
            ));
        }
        for refused in &standing.all_refused {
            let commit = commits.get(refused.commit)?;
            let what = format!("a lock that is refused: {}", refused.why);
            let entry = AuditEntry { environment: Some(name.clone()), ..of_commit(&commit, "refused", what) };
            found.push((commits.at(refused.commit)?, commits.rank(refused.commit), entry));
        }
    }
    for governed in opened.history.governed().iter().filter(|event| !event.path.ends_with(".lock.json")) {
        let commit = commits.get(governed.commit)?;
        let kind = if governed.path.ends_with(".revoked.json") { "revocation" } else { "governing" };
        let of = governed.path.strip_prefix("environments/").and_then(|file| file.split('.').next());
        let environment = of.map(str::to_owned);
        let what = format!("{} {}", governed.path, governed.change.as_str());
        let entry = AuditEntry { environment, ..of_commit(&commit, kind, what) };
        found.push((commits.at(governed.commit)?, governed.rank, entry));
    }
    for name in live::environments(opened) {
        for branch in locks::kill_branches(&opened.database, &name)? {
            // What it leads to is not in this clone, and nobody here can say when and by whom.
            let Some(commit) = branch.commit else { continue };
            let (at, commit) = (commits.at(commit)?, commits.get(commit)?);
            let what = format!("everything is stopped by the branch {}", branch.reference);
            let entry = AuditEntry { environment: Some(name.clone()), ..of_commit(&commit, "kill_switch", what) };
            found.push((at, usize::MAX, entry));
        }
    }
    let (principals, keys) = (principals(opened), Keys::of(opened));
    for record in sources.records.iter().flatten() {
        found.push((record.at.to_string(), usize::MAX, of_record(record, &principals, &keys)));
    }
    // What the branch has is in its own order; the times of records place them among it as well as they can.
    found.sort_by(|a, b| (&b.0, b.1, &b.2.what).cmp(&(&a.0, a.1, &a.2.what)));
    Ok(Audit { entries: found.into_iter().map(|(_, _, entry)| entry).collect(), untold })
}

struct Commits<'a> {
    opened: &'a Opened,
    known: BTreeMap<ObjectId, Commit>,
}

impl Commits<'_> {
    fn get(&mut self, id: ObjectId) -> Result<Commit, Stop> {
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        let commit = self.opened.database.commit(id)?;
        self.known.insert(id, commit.clone());
        Ok(commit)
    }

    fn at(&mut self, id: ObjectId) -> Result<String, Stop> {
        Ok(moment(&self.get(id)?))
    }

    fn rank(&self, id: ObjectId) -> usize {
        let governed = self.opened.history.governed().iter().find(|event| event.commit == id);
        governed.map_or(0, |event| event.rank)
    }
}

fn moment(commit: &Commit) -> String {
    Time::of_unix_seconds(commit.committer.time).map(|time| time.to_string()).unwrap_or_default()
}

fn of_commit(commit: &Commit, kind: &str, what: String) -> AuditEntry {
    AuditEntry {
        at: moment(commit),
        kind: kind.to_owned(),
        who: lifecycle::account(&commit.author),
        what,
        reason: None,
        environment: None,
        sequence: None,
        commit: Some(commit.id.to_string()),
        evidence: None,
    }
}

fn of_step(commit: &Commit, name: &str, step: Step, lock: &crate::written::Lock) -> AuditEntry {
    let (kind, what) = match step {
        Step::Deploy => ("deploy", "deployed"),
        Step::Rollback => ("rollback", "rolled back"),
        Step::Next => ("rollout", "the rollout reaches more runs"),
        Step::Hold => ("rollout", "the rollout waits"),
        Step::Abort => ("rollout", "the rollout is given up"),
        Step::KillOn => ("kill_switch", "everything is stopped"),
        Step::KillOff => ("kill_switch", "it goes on"),
    };
    let switch = &lock.kill_switch;
    let killed = matches!(step, Step::KillOn | Step::KillOff);
    let reason = if killed { switch.reason.clone() } else { reason(commit) };
    let used: Vec<&str> = lock.approvals.iter().map(|used| used.principal.as_str()).collect();
    let approved = if used.is_empty() { String::new() } else { format!(", approved by {}", used.join(", ")) };
    let rollout = lock.rollout.as_ref().filter(|_| !killed);
    let share = rollout.map(|rollout| format!(" ({} % of runs)", rollout.percent)).unwrap_or_default();
    let entry = of_commit(commit, kind, format!("{what}{share}{approved}"));
    AuditEntry { reason, environment: Some(name.to_owned()), sequence: Some(lock.sequence), ..entry }
}

/// What a message says beside its title, the pins and the trailers.
fn reason(commit: &Commit) -> Option<String> {
    let mut paragraphs = commit.message.split("\n\n").skip(1);
    let first = paragraphs.next()?.trim();
    let said = !first.contains(" -> ") && !first.contains("Policyc-Environment:");
    said.then(|| first.to_owned()).filter(|reason| !reason.is_empty())
}

/// Who is who at the tip; where that cannot be read, accounts stand for themselves.
fn principals(opened: &Opened) -> lifecycle::principals::Principals {
    GovernedBy::principals_at(&opened.database, opened.history.protected.tip).unwrap_or_default()
}

fn of_record(record: &Record, principals: &lifecycle::principals::Principals, keys: &Keys) -> AuditEntry {
    let written = &record.written;
    let about: Vec<String> = written
        .documents
        .keys()
        .chain(written.governing.keys())
        .cloned()
        .chain(written.environment.iter().map(|lock| format!("a change of {}", lock.name)))
        .collect();
    let word = match written.kind {
        ReviewKind::Approve => "approved",
        ReviewKind::RequestChanges => "asked for changes of",
        ReviewKind::Comment => "commented on",
        ReviewKind::Submit => "put up for review",
    };
    let evidence = match keys.attestation(record) {
        Attested::Now | Attested::Earlier => "attested",
        Attested::Unsigned => "recorded",
        Attested::Refuted(_) => "refuted",
    };
    AuditEntry {
        at: record.at.to_string(),
        kind: "review".to_owned(),
        who: principals.of(&written.by),
        what: format!("{word} {}", about.join(", ")),
        reason: written.comment.clone(),
        environment: written.environment.as_ref().map(|lock| lock.name.clone()),
        sequence: None,
        commit: None,
        evidence: Some(evidence.to_owned()),
    }
}
