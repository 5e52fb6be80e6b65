//! The parts of the verdict. One that cannot be answered is told as that, and never left out.

use std::path::Path;

use super::replayed::{self, Replayed};
use super::sides::Sides;
use super::{Args, people};
use crate::cli::Stop;
use crate::cli::command::diff::shown;
use crate::cli::sides::Loaded;
use crate::compile::Compilation;
use crate::diag::{Diagnostic, codes};
use crate::diff::{self, Difference, Direction, difference, settings};
use crate::effects::{self, Effects, Limits, Stateless};
use crate::engine::Engine;
use crate::forge::EventKind;
use crate::git::Interest;
use crate::model::{Bundle, Document, Environment};
use crate::replay::Occurrences;
use crate::report::{
    self, BundleSummary, CiOf, CiSideLine, Counts, DiffReport, EffectsOf, EffectsReport, EventLine, TestsReport, Told,
};
use crate::suite::{Every, Runner, SuiteRun};

/// What the parts are made from.
pub struct Parts<'a> {
    /// What was asked.
    pub args: &'a Args,
    /// The folder that files are named from.
    pub here: &'a Path,
    /// What is compared with what.
    pub sides: &'a Sides,
}

/// What came of all parts.
pub struct Run {
    /// For the report.
    pub of: CiOf,
    /// Everything that is wrong, failed tests included.
    pub found: Vec<Diagnostic>,
    /// The tests as `JUnit` XML.
    pub junit: String,
}

/// Both sides of a change that can be compared.
pub struct Change<'a> {
    /// What it starts from.
    pub base: &'a Loaded,
    /// What it makes.
    pub head: &'a Loaded,
    /// What decides on both.
    pub bundles: [&'a Bundle; 2],
    /// What is not the same, field by field.
    pub difference: Difference,
    /// The regions of actions that it alters.
    pub effects: Effects,
    /// What these are about.
    pub stateless: Stateless,
}

/// Files that say whether and how policyc runs.
const RUNNERS: [&str; 8] = [
    ".github",
    ".gitlab",
    ".gitlab-ci.yml",
    ".pre-commit-config.yaml",
    "CODEOWNERS",
    "docs/CODEOWNERS",
    ".gitattributes",
    "action.yml",
];

impl Parts<'_> {
    /// Answers all parts.
    ///
    /// # Errors
    /// When the command line does not fit.
    pub fn run(&self) -> Result<Run, Stop> {
        // What was given and cannot be read is no answer, and no missing approval either.
        let sources = self.args.forge.sources(self.here, &self.sides.database)?;
        let head = &self.sides.head.session;
        let (tests, junit, failed) = self.tests();
        let documents = &head.compilation.diagnostics;
        let change = self.change();
        let environments = replayed::environments(self)?;
        let replayed = self.replayed(&change, &environments)?;
        let loosens = change.answer().is_none_or(Change::may_loosen);
        let shown = documents.get(..head.compilation.settings.max_findings).unwrap_or(documents);
        let counts = Counts { omitted: documents.len() - shown.len(), ..Counts::of(documents) };
        let checks = self.sides.judge().settings.checks.clone();
        let of = CiOf {
            event: self.event(),
            base: self.base_line(),
            behind: self.sides.is_behind(),
            mends: self.mends(),
            head: self.head_line(),
            least_coverage: checks.min_coverage.as_deref().and_then(|text| text.strip_suffix('%')?.parse().ok()),
            checks,
            findings: report::findings(shown, counts, &head.sources, BundleSummary::of(&head.compilation)),
            tests,
            effects: change.map(|change| change.effects(replayed.seen.as_ref())),
            difference: change.map(Change::difference),
            gates: self.gates(&environments, &replayed),
            simulation: replayed.simulation,
            governing: self.governing()?,
            approvals: people::approvals(self, &sources, loosens),
        };
        Ok(Run { of, found: documents.iter().cloned().chain(failed).collect(), junit })
    }

    fn event(&self) -> EventLine {
        let Some(event) = &self.sides.event else { return EventLine::default() };
        EventLine { name: Some(event.name.clone()), pull: event.pull, target: event.target.clone() }
    }

    fn base_line(&self) -> Option<CiSideLine> {
        let commit = self.sides.commits.bases.map(|bases| bases.start.to_string());
        self.sides.base.answer().map(|base| line(&base.name, commit, &base.session.compilation))
    }

    fn head_line(&self) -> CiSideLine {
        let text = |id: Option<crate::git::ObjectId>| id.map(|id| id.to_string());
        let reviewed = self.sides.commits.written.filter(|written| Some(*written) != self.sides.commits.result);
        let line = line(&self.sides.head.name, text(self.sides.commits.result), &self.sides.head.session.compilation);
        CiSideLine { reviewed: text(reviewed), ..line }
    }

    /// Whether what is merged into is in error as it is now, and what merging makes of it is not. Of a branch that is behind
    /// nobody can say what merging makes.
    fn mends(&self) -> bool {
        let sound = !self.sides.head.session.compilation.has_errors();
        self.sides.judge_in_error().is_some() && !self.sides.is_behind() && sound
    }

    /// Runs all suites of head.
    fn tests(&self) -> (Told<TestsReport>, String, Vec<Diagnostic>) {
        let session = &self.sides.head.session;
        let Some(bundle) = &session.compilation.bundle else {
            let why = "head is in error, so no test can be run";
            return (Told::NotRun(why.to_owned()), report::junit_not_run(why), Vec::new());
        };
        let suites = session.compilation.documents.iter().filter_map(|document| match document {
            Document::Suite(suite) => Some(suite),
            _ => None,
        });
        let engine = Engine::new(bundle);
        let strict = self.sides.judge().settings.checks.deny_uncertain;
        let mut runner = Runner::new(&engine).strict(strict);
        let runs: Vec<SuiteRun<'_>> = suites.map(|suite| runner.run(suite, &Every)).collect();
        let junit = report::junit(&runs);
        if runs.iter().all(|run| run.tests.is_empty()) {
            return (self.no_tests(), junit, Vec::new());
        }
        let tests = report::tests(&runs, runner.coverage(), &session.compilation, &session.sources);
        let failed = report::test_findings(&runs, &session.compilation);
        (Told::Is(tests), junit, failed)
    }

    /// That there are no tests refuses a change where tests are asked for.
    fn no_tests(&self) -> Told<TestsReport> {
        match self.sides.judge().settings.checks.min_coverage {
            Some(_) => Told::NotRun("there is no test, and `checks` asks what tests cover".to_owned()),
            None => Told::Absent("there is no test".to_owned()),
        }
    }

    /// Both sides, where both mean something.
    fn change(&self) -> Told<Change<'_>> {
        let base = match &self.sides.base {
            Told::Is(base) => base,
            Told::Absent(what) => return Told::Absent(what.clone()),
            Told::NotRun(why) => return Told::NotRun(why.clone()),
        };
        let head = &self.sides.head;
        let in_error = |side: &str, loaded: &Loaded| {
            let errors = Counts::of(&loaded.session.compilation.diagnostics).error;
            Told::NotRun(format!("{side} is in error ({errors}), so nothing can be said of what changes"))
        };
        match (&base.session.compilation.bundle, &head.session.compilation.bundle) {
            (None, _) => in_error("base", base),
            (_, None) => in_error("head", head),
            _ => Change::of(base, head).map_or_else(|| in_error("head", head), Told::Is),
        }
    }

    /// The files that govern, or say whether policyc runs, and are not the same; from the top of the Git repository.
    fn governing(&self) -> Result<Vec<String>, Stop> {
        let (Some(bases), Some(result)) = (self.sides.commits.bases, self.sides.commits.result) else {
            return Ok(Vec::new());
        };
        let prefix = &self.sides.head.session.prefix;
        let logs = self.sides.judge().settings.logs.iter().map(|log| log.path.trim_end_matches('/'));
        let below = crate::lifecycle::GOVERNING.into_iter().chain(logs).map(|path| format!("{prefix}{path}"));
        let interest = Interest(below.chain(RUNNERS.map(str::to_owned)).collect());
        let changes = self.sides.top.changes(Some(bases.start), Some(result), &interest)?;
        Ok(changes.into_iter().map(|change| change.path).collect())
    }

    /// Whether approvals that are missing refuse the change.
    pub fn asks_for_approvals(&self) -> bool {
        let kind = self.sides.event.as_ref().map(|event| event.kind);
        let asked = matches!(kind, Some(EventKind::Pull | EventKind::Queue));
        self.args.approvals.map_or(asked, |said| said == super::ApprovalsArg::Required)
    }

    fn replayed(&self, change: &Told<Change<'_>>, environments: &[&Environment]) -> Result<Replayed, Stop> {
        match replayed::replay(self, change, environments) {
            Err(Stop::World(failure) | Stop::Nothing(failure)) if failure.code != codes::BUG => {
                let simulation = Told::NotRun(format!("the recorded actions cannot be replayed: {}", failure.message));
                Ok(Replayed::without(simulation))
            }
            other => other,
        }
    }
}

/// Whether one side permits more than another, or takes less to change, or nobody can tell.
pub fn may_loosen(base: &Loaded, head: &Loaded) -> bool {
    let of = difference(&side(base), &side(head));
    of.directions(false).chain(of.directions(true)).any(Direction::may_loosen)
}

impl<'a> Change<'a> {
    /// Both sides, where both mean something.
    pub fn of(base: &'a Loaded, head: &'a Loaded) -> Option<Self> {
        let old = base.session.compilation.bundle.as_ref()?;
        let new = head.session.compilation.bundle.as_ref()?;
        Some(Self {
            base,
            head,
            bundles: [old, new],
            difference: difference(&side(base), &side(head)),
            effects: effects::effects(old, new, Limits::default()),
            stateless: Stateless::of(old, new),
        })
    }

    /// Whether it permits more, or takes less to change, or nobody can tell.
    pub fn may_loosen(&self) -> bool {
        let of = &self.difference;
        of.directions(false).chain(of.directions(true)).any(Direction::may_loosen)
    }

    /// The difference field by field.
    pub fn difference(&self) -> DiffReport {
        report::diff(&self.difference, shown(self.base), shown(self.head))
    }

    /// The regions of actions that it alters, and how often recorded actions fall into them.
    pub fn effects(&self, seen: Option<&Occurrences>) -> EffectsReport {
        let [base, head] = self.bundles;
        report::effects(&EffectsOf {
            base: shown(self.base),
            head: shown(self.head),
            bundles: (base, head),
            effects: &self.effects,
            settings: &settings(&side(self.base), &side(self.head)),
            difference: self.difference.direction(),
            occurrences: seen,
        })
    }
}

fn side(loaded: &Loaded) -> diff::Side<'_> {
    let compilation = &loaded.session.compilation;
    diff::Side {
        documents: &compilation.documents,
        catalog: compilation.catalog.as_ref(),
        settings: &compilation.settings,
        identities: compilation.identities.as_ref(),
        environments: &compilation.environments,
    }
}

fn line(name: &str, commit: Option<String>, compilation: &Compilation) -> CiSideLine {
    let bundle = compilation.canonical.as_ref().map(|canonical| canonical.digest.to_string());
    CiSideLine { name: name.to_owned(), commit, reviewed: None, bundle }
}
