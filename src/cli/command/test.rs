use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::cli::output::{self, Formats, Place, pretty, say};
use crate::cli::session::{From, Session};
use crate::cli::{Exit, Stop};
use crate::diag::{Diagnostic, Failure, codes};
use crate::engine::Engine;
use crate::host;
use crate::model::{Document, DocumentId, Pattern, Suite};
use crate::report::{self, TestCounts, TestsReport};
use crate::suite::{Chosen, Runner, SuiteRun};
use crate::syntax::counted;

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only tests that match: suite=PATTERN, test=PATTERN, agent=PATTERN; all of several, joined by commas. May be
    /// repeated: any of them.
    #[arg(long, value_name = "KEY=PATTERN,…", value_parser = Filter::from_str)]
    filter: Vec<Filter>,
    /// Say what the tests cover: human, json or lcov; with =FILE into a file. May be repeated.
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = CoverageTarget::from_str)]
    coverage: Vec<CoverageTarget>,
    /// End with 1 unless so many percent of all rules, list entries, criteria and constraints decided something.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    min_coverage: Option<f64>,
    /// Fail tests whose decision hangs on facts that they do not give.
    #[arg(long)]
    deny_uncertain: bool,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    formats: Formats,
}

fn percent(text: &str) -> Result<f64, String> {
    let value: f64 = text.trim_end_matches('%').parse().map_err(|_| "a share is a number from 0 to 100".to_owned())?;
    if (0.0..=100.0).contains(&value) { Ok(value) } else { Err("a share is a number from 0 to 100".to_owned()) }
}

/// One filter: all its parts must match.
#[derive(Debug, Clone, Default)]
struct Filter {
    suite: Option<Pattern>,
    test: Option<Pattern>,
    agent: Option<Pattern>,
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        for part in text.split(',') {
            let (key, pattern) = part.split_once('=').ok_or("a filter is suite=…, test=… or agent=…")?;
            let pattern = Pattern::parse(pattern).map_err(|_| format!("`{pattern}` is no pattern"))?;
            match key {
                "suite" => filter.suite = Some(pattern),
                "test" => filter.test = Some(pattern),
                "agent" => filter.agent = Some(pattern),
                _ => return Err(format!("`{key}` is none of suite, test and agent")),
            }
        }
        Ok(filter)
    }
}

impl Chosen for Args {
    fn holds(&self, suite: &DocumentId, test: &str, agents: &[&str]) -> bool {
        let fits = |filter: &Filter| {
            filter.suite.as_ref().is_none_or(|pattern| pattern.matches(suite.as_str()))
                && filter.test.as_ref().is_none_or(|pattern| pattern.matches(test))
                && filter.agent.as_ref().is_none_or(|pattern| agents.iter().any(|agent| pattern.matches(agent)))
        };
        self.filter.is_empty() || self.filter.iter().any(fits)
    }
}

/// A format of coverage, and the file it goes to.
#[derive(Debug, Clone)]
struct CoverageTarget {
    format: CoverageFormat,
    file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CoverageFormat {
    Human,
    Json,
    Lcov,
}

impl FromStr for CoverageTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = output::name_and_file(text)?;
        let format = match name {
            "human" => CoverageFormat::Human,
            "json" => CoverageFormat::Json,
            "lcov" => CoverageFormat::Lcov,
            _ => return Err("the formats of coverage are human, json and lcov".to_owned()),
        };
        Ok(Self { format, file })
    }
}

/// Runs `test`.
///
/// # Errors
/// When the command line does not fit, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let session = Session::open_numbered(here, &args.from)?;
    let Some(bundle) = &session.compilation.bundle else {
        output::tell(&session)?;
        return Ok(Exit::Findings);
    };
    let on_stdout = args.coverage.iter().any(|target| target.file.is_none() && target.format != CoverageFormat::Human);
    if on_stdout && !args.formats.is_human() || args.coverage.iter().filter(|target| target.file.is_none()).count() > 1
    {
        let message = "only one result can go to standard output; write --coverage FORMAT=FILE".to_owned();
        return Err(Stop::Usage(message));
    }
    let files = args.formats.files().chain(args.coverage.iter().filter_map(|target| target.file.as_deref()));
    output::refuse_sources(files, here, &session)?;
    let engine = Engine::new(bundle);
    let mut runner = Runner::new(&engine).strict(args.deny_uncertain);
    let runs: Vec<SuiteRun<'_>> = suites(&session).map(|suite| runner.run(suite, args)).collect();
    if runs.iter().all(|run| run.tests.is_empty()) {
        return Err(none(args, &session));
    }
    let report = report::tests(&runs, runner.coverage(), &session.compilation, &session.sources);
    let mut found = report::test_findings(&runs, &session.compilation);
    // A misspelt action is denied for that alone, and a test of it proves nothing.
    let misspelt = session.compilation.diagnostics.iter().filter(|found| found.code == codes::UNKNOWN_TRIED);
    found.extend(misspelt.cloned());
    tell(args, here, &session, (&runs, &report, &found))?;
    let low = args.min_coverage.is_some_and(|least| report.coverage.percent < least);
    if let (true, Some(least)) = (low, args.min_coverage) {
        let message = format!("the tests cover {:.1} %, and {least} % are asked for\n", report.coverage.percent);
        host::print_error(&output::guarded(&format!("error: {message}")));
    }
    Ok(if low { Exit::Findings } else { output::exit(&found, false) })
}

fn suites(session: &Session) -> impl Iterator<Item = &Suite> {
    session.compilation.documents.iter().filter_map(|document| match document {
        Document::Suite(suite) => Some(suite),
        _ => None,
    })
}

/// No test is no success.
fn none(args: &Args, session: &Session) -> Stop {
    let message = match (suites(session).next(), args.filter.is_empty()) {
        (None, _) => "there is no suite in this policy repository",
        (Some(_), _) => "no test matches the filter",
    };
    let help = if args.filter.is_empty() {
        "a suite is a document of kind `suite`; docs/reference/documents.md shows one"
    } else {
        "a pattern matches a whole name: `test=*refund*`"
    };
    Stop::Nothing(Failure::new(codes::NOT_FOUND, message).help(help))
}

type Outcome<'o, 'b> = (&'o [SuiteRun<'b>], &'o TestsReport, &'o [Diagnostic]);

fn tell(args: &Args, here: &Path, session: &Session, (runs, report, found): Outcome<'_, '_>) -> Result<(), Stop> {
    let special = |format| match format {
        super::super::Format::Json => Some(pretty(report)),
        super::super::Format::Junit => Some(report::junit(runs)),
        _ => None,
    };
    output::findings_or(&args.formats, session, found, here, Place::Result, &special)?;
    if args.formats.is_human() {
        say(&summary(report.counts))?;
    }
    for target in &args.coverage {
        let text = match target.format {
            CoverageFormat::Human => report::uncovered(&report.coverage),
            CoverageFormat::Json => pretty(&report.coverage),
            CoverageFormat::Lcov => report::lcov(&report.coverage),
        };
        match &target.file {
            Some(file) => host::write_whole(&here.join(file), text.as_bytes())?,
            None => say(&text)?,
        }
    }
    Ok(())
}

fn summary(counts: TestCounts) -> String {
    let all = counts.passed + counts.failed;
    let uncertain = match counts.uncertain {
        0 => String::new(),
        number => format!(
            "; {} on facts that are not given",
            if number == 1 { "1 hangs".to_owned() } else { format!("{number} hang") }
        ),
    };
    match counts.failed {
        0 => format!("{} passed{uncertain}\n", counted(all, "test")),
        failed => format!("{failed} of {} failed{uncertain}\n", counted(all, "test")),
    }
}
