//! How a change of an environment is planned, approved, and committed.

use std::path::{Path, PathBuf};

use super::next::{Wanted, stopped};
use super::plan::{Plan, Planner, impossible};
use crate::cli::drafts;
use crate::cli::history::{self, Branch, Forge, Opened};
use crate::cli::live::{self, Standing, standing};
use crate::cli::logs::{self, Located};
use crate::cli::output::{remark, say, say_json};
use crate::cli::words::Shown;
use crate::cli::writing::{self, Move, Push, Signing, Who, Writer};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::git::{FileEdit, ObjectId};
use crate::host::Terminal;
use crate::lifecycle::Sources;
use crate::lifecycle::locks::{self, Step};
use crate::lifecycle::record::{Record, line, unsigned};
use crate::model::Document;
use crate::report::{Look, PlanReport, plan_human, visible_line};
use crate::written::{ReviewKind, ReviewRecord, ReviewedLock};

/// What changes of environments have in common.
#[derive(Debug, Clone, clap::Args)]
pub struct Change {
    /// Why; part of the commit and the audit.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Only show what it would do, and what it needs.
    #[arg(long, conflicts_with = "approve")]
    plan: bool,
    /// Record that you approve of exactly this, instead of doing it.
    #[arg(long)]
    approve: bool,
    /// Commit it to a draft of this name, for a pull request, where the protected branch takes no direct push.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["plan", "approve"])]
    draft: Option<String>,
    /// Replay these recorded actions for the plan, beside those of the settings. May be repeated.
    #[arg(long = "log", value_name = "FILE")]
    logs: Vec<PathBuf>,
    /// How to show the plan.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    pub branch: Branch,
    #[command(flatten)]
    forge: Forge,
    #[command(flatten)]
    push: Push,
}

/// What is wanted, and the documents whose suites are run.
pub type Asked = (Wanted, Vec<Document>);

/// Finds out what is wanted, from the repository and the locks as they are by then.
pub type Ask<'a> = dyn Fn(&Opened, &Standing) -> Result<Asked, Stop> + 'a;

impl Change {
    /// Plans it, and shows, approves or does it.
    ///
    /// # Errors
    /// When it is not permitted, or cannot be written.
    pub fn run(&self, here: &Path, name: &str, ask: &Ask<'_>) -> Result<Exit, Stop> {
        if self.plan {
            let opened = history::open(here, &self.branch)?;
            let plan = self.planned(here, &opened, name, ask, &[])?;
            self.show(&plan.report)?;
            return Ok(if plan.report.verdict == "ready" { Exit::Clean } else { Exit::Findings });
        }
        let (writer, opened) = writing::open(here, &self.branch)?;
        if self.approve {
            return self.approved(&writer, &opened, here, name, ask);
        }
        let reference = self.reference(&opened)?;
        let tip = opened.history.protected.tip;
        let protected = format!("refs/heads/{}", opened.history.protected.short());
        drop(opened);
        let mut done = None;
        let mut make = || {
            let (commit, plan) = self.made(here, name, ask)?;
            done = Some(plan);
            Ok(commit)
        };
        let commit = match self.push.shared(writer.top().work_folder().as_path())? {
            Some(shared) if self.draft.is_none() => shared.commit_on(&writer, &reference, "environment", &mut make)?,
            shared => {
                let to = make()?;
                let from = writer.top().head_of(&reference)?.map(|head| head.commit);
                if self.draft.is_none() && from.is_some_and(|from| from != tip) {
                    let message = format!("`{reference}` is not what was judged");
                    return Err(Failure::new(codes::GIT, message).help("run the command again").into());
                }
                if let Some(shared) = &shared {
                    shared.refuse_ahead(&writer, &protected, to)?;
                }
                writer.advance(&Move { what: "environment", reference: &reference, from, to })?;
                if let Some(shared) = shared {
                    shared.send(&writer, &reference, "environment", &protected)?;
                }
                to
            }
        };
        if let Some(plan) = done {
            self.tell(&plan, commit)?;
        }
        Ok(Exit::Clean)
    }

    /// The name of a draft, where one is asked for.
    pub fn draft(&self) -> Option<&str> {
        self.draft.as_deref()
    }

    /// Refuses options that say nothing of a document.
    ///
    /// # Errors
    /// When one is given.
    pub fn refuse_environment_options(&self) -> Result<(), Stop> {
        let plan = self.plan || self.approve || !self.logs.is_empty() || self.push.is_asked();
        if plan || self.format == Shown::Json {
            let message = "--plan, --approve, --log, --push and --format json are about an environment: name it with --environment";
            return Err(Stop::Usage(message.to_owned()));
        }
        Ok(())
    }

    /// Whether nothing is changed: a plan, or an approval.
    pub fn is_only_asked(&self) -> bool {
        self.plan || self.approve
    }

    /// The remote, where one is asked for.
    ///
    /// # Errors
    /// When its name is none.
    pub fn shared(&self, root: &Path) -> Result<Option<writing::Shared>, Stop> {
        self.push.shared(root)
    }

    /// A commit over another that stops an environment, whatever is wrong with its locks; no reference leads to it yet. Where the
    /// lock there, or here, says already that it is stopped, who said so first and why stays.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn stopping(&self, opened: &Opened, name: &str, over: ObjectId) -> Result<ObjectId, Stop> {
        let database = &opened.database;
        let text = |commit| -> Result<Option<String>, Failure> {
            let content = database.at(commit, &locks::path(name))?.map(|id| database.content(id)).transpose()?;
            Ok(content.map(|content| content.shown().to_owned()))
        };
        let before = text(over).ok().flatten();
        if before.as_deref().and_then(live::switched_on).is_some() {
            return Ok(over);
        }
        let said = locks::kill_branches(database, name)?.into_iter().filter_map(|branch| branch.commit);
        let said = said.chain([opened.history.protected.tip]).filter_map(|commit| text(commit).ok().flatten());
        let first = said.into_iter().find_map(|text| live::switched_on(&text));
        let who = Who::of(database)?;
        let switch = first.unwrap_or_else(|| crate::written::KillSwitch {
            active: true,
            reason: self.reason.clone(),
            by: Some(who.account),
            at: Some(who.at.to_string()),
        });
        let before = before.and_then(|text| locks::read(&text, name).ok());
        let lock = stopped(name, before.as_ref(), switch).map_err(|why| impossible(name, &why))?;
        let edit = FileEdit { path: locks::path(name), text: Some(locks::text(&lock)) };
        let (sequence, reason) = (lock.sequence, lock.kill_switch.reason.as_deref().unwrap_or_default().trim());
        let message =
            format!("Stop {name} (sequence {sequence})\n\n{reason}\n\nPolicyc-Environment: {name}@{sequence}\n");
        Ok(database.commit_over(over, &[edit], &message)?)
    }

    /// The branch that the commit goes to.
    fn reference(&self, opened: &Opened) -> Result<String, Stop> {
        let Some(name) = &self.draft else { return Ok(format!("refs/heads/{}", opened.history.protected.short())) };
        let reference = format!("{}{}", drafts::DRAFTS, name.strip_prefix("draft/").unwrap_or(name));
        if opened.database.head_of(&reference)?.is_some() {
            let message = format!("there is a draft `{name}` already");
            return Err(Failure::new(codes::WOULD_OVERWRITE, message).help("give another name").into());
        }
        Ok(reference)
    }

    fn planned(&self, here: &Path, opened: &Opened, name: &str, ask: &Ask<'_>, more: &[Record]) -> Result<Plan, Stop> {
        let mut sources = self.forge.sources(here, &opened.database)?;
        if !more.is_empty() {
            sources.records.get_or_insert_default().extend(more.iter().cloned());
        }
        let standing = known(opened, name, &sources)?;
        let (wanted, suites) = ask(opened, &standing)?;
        let stops = matches!(&wanted, Wanted::Kill(switch) if switch.active);
        if !stops {
            live::lock_of(&standing, name)?;
        }
        let logs = self.located(here)?;
        let planner = Planner { opened, sources: &sources, name, logs: &logs, suites: &suites };
        planner.plan(&standing, &wanted)
    }

    fn located(&self, here: &Path) -> Result<Vec<Located>, Stop> {
        let mut all = Vec::new();
        for log in &self.logs {
            all.extend(logs::located_as(log.display().to_string(), here.join(log), None)?);
        }
        Ok(all)
    }

    fn show(&self, report: &PlanReport) -> Result<(), Stop> {
        match self.format {
            Shown::Json => say_json(report),
            Shown::Human => say(&plan_human(report, look())),
        }
    }

    /// The commit, where nothing stands against it. Who rolls back says so themselves.
    fn made(&self, here: &Path, name: &str, ask: &Ask<'_>) -> Result<(ObjectId, Plan), Stop> {
        let opened = history::open(here, &self.branch)?;
        let mut plan = self.planned(here, &opened, name, ask, &[])?;
        let lacks = !plan.report.approvals.missing.is_empty();
        if lacks && matches!(plan.step, Step::Rollback | Step::Abort) {
            let own = self.own(&opened, here, &plan.change)?;
            let record = Record::read(&line(&own).map_err(drafts::unwritable)?);
            let record =
                record.map_err(|why| Failure::new(codes::BUG, format!("a record cannot be read again: {why}")))?;
            plan = self.planned(here, &opened, name, ask, &[record])?;
        }
        // A pull request is where the approvals of a draft come from.
        let waits = self.draft.is_some() && plan.report.refused.is_empty();
        if plan.report.verdict != "ready" && !waits {
            self.show(&plan.report)?;
            let report = &plan.report;
            let why: Vec<String> = report.refused.iter().chain(&report.approvals.missing).cloned().collect();
            let message = format!("`{name}` is not changed: {}", why.join("; "));
            let help =
                "nothing was written; the same command with --approve records an approval of exactly this change";
            return Err(Stop::Nothing(Failure::new(codes::REFUSED, message).help(help)));
        }
        let edit = FileEdit { path: locks::path(name), text: Some(locks::text(&plan.lock)) };
        let over = opened.history.protected.tip;
        let commit = opened.database.commit_over(over, &[edit], &message(&plan, self.reason.as_deref()))?;
        Ok((commit, plan))
    }

    /// An approval of exactly this change, by whoever runs the command.
    fn own(&self, opened: &Opened, here: &Path, change: &ReviewedLock) -> Result<ReviewRecord, Stop> {
        let who = Who::of(&opened.database)?;
        let record = ReviewRecord {
            environment: Some(change.clone()),
            comment: self.reason.clone(),
            ..unsigned(who.at, ReviewKind::Approve, &who.account, &[])
        };
        Ok(self.signing.signed(record, &opened.database, here)?)
    }

    fn approved(&self, writer: &Writer, opened: &Opened, here: &Path, name: &str, ask: &Ask<'_>) -> Result<Exit, Stop> {
        let shared = self.push.shared(&opened.root)?;
        let plan = self.planned(here, opened, name, ask, &[])?;
        let record = self.own(opened, here, &plan.change)?;
        drafts::refuse_refuted(opened, &record)?;
        if !drafts::is_said(opened, &self.forge.sources(here, &opened.database)?, &record) {
            let written = line(&record).map_err(drafts::unwritable)?;
            writer.note(opened.history.protected.tip, &[written])?;
        }
        if let Some(shared) = shared {
            shared.send_notes(writer)?;
        }
        let how = if record.signature.is_some() { ", signed" } else { "" };
        let line = format!("{} approved this change of {name}{how}: {}", record.by, plan.change.change);
        match self.planned(here, opened, name, ask, &[]) {
            Ok(plan) => {
                self.show(&plan.report)?;
                let uncounted = plan.report.approvals.not_counted.iter();
                for said in uncounted.filter(|said| said.account.eq_ignore_ascii_case(&record.by)) {
                    let why = said.why.as_deref().unwrap_or_default();
                    remark(&format!("warning: your approval counts for nothing: {why}"));
                }
            }
            // It is on the branch already, and this was the approval that it lacked.
            Err(Stop::Nothing(failure)) if failure.code == codes::NOTHING_TO_DO => {}
            Err(other) => return Err(other),
        }
        remark(&line);
        Ok(Exit::Clean)
    }

    fn tell(&self, plan: &Plan, commit: ObjectId) -> Result<(), Stop> {
        if self.format == Shown::Json {
            return say_json(&plan.report);
        }
        let name = visible_line(&plan.change.name);
        let place = match &self.draft {
            Some(draft) => format!("draft {draft} at {}: open a pull request with it", commit.short()),
            None => format!("commit {}", commit.short()),
        };
        say(&format!("{}\n{name} is at sequence {}; {place}\n", plan_human(&plan.report, look()), plan.lock.sequence))
    }
}

/// The locks of an environment that the protected branch has.
fn known(opened: &Opened, name: &str, sources: &Sources) -> Result<Standing, Stop> {
    let found = standing(opened, name, sources)?;
    for refused in &found.refused {
        remark(&format!("warning: the lock of `{name}` at {} is refused: {}", refused.commit.short(), refused.why));
    }
    Ok(found)
}

fn look() -> Look {
    let terminal = Terminal::of_stdout();
    Look { colour: terminal.colour, width: terminal.width, lines: false }
}

fn message(plan: &Plan, reason: Option<&str>) -> String {
    let name = &plan.change.name;
    let title = match plan.step {
        Step::Deploy => format!("Deploy to {name}"),
        Step::Rollback => format!("Roll back {name}"),
        Step::Next => format!("Roll out further in {name}"),
        Step::Hold => format!("Hold the rollout in {name}"),
        Step::Abort => format!("Give up the rollout in {name}"),
        Step::KillOn => format!("Stop {name}"),
        Step::KillOff => format!("Let {name} go on"),
    };
    let version = |version: Option<u64>| version.map_or("none".to_owned(), |version| version.to_string());
    let pins = plan.report.pins.iter();
    let pins: String = pins.map(|pin| format!("{} {} -> {}\n", pin.id, version(pin.from), version(pin.to))).collect();
    let pins = if pins.is_empty() { pins } else { format!("{pins}\n") };
    let reason = reason.map(|reason| format!("{}\n\n", reason.trim())).unwrap_or_default();
    format!(
        "{title} (sequence {})\n\n{reason}{pins}Policyc-Environment: {name}@{}\n",
        plan.lock.sequence, plan.lock.sequence
    )
}
