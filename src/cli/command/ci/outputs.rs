//! Where the report goes: files, the summary of the job, and standard output.

use std::path::{Path, PathBuf};

use crate::cli::Stop;
use crate::cli::output::{self, Formats, Place, pretty, say};
use crate::cli::session::Session;
use crate::diag::{Diagnostic, Failure};
use crate::forge;
use crate::host::{self, Terminal};
use crate::report::{self, CiReport, Look, ReportPlace};

/// The files that are written.
#[derive(Debug, Default, clap::Args)]
pub struct Outputs {
    /// Write the report as JSON (schemas/ci.json).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write findings as SARIF 2.1.0, for code scanning.
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
    /// Write tests as `JUnit` XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write findings as a code quality report of GitLab.
    #[arg(long, value_name = "FILE")]
    code_quality: Option<PathBuf>,
    /// Write the report as Markdown for the summary of a job; default: to `GITHUB_STEP_SUMMARY`, where that is set.
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Write the report as Markdown for a comment, which `policyc forge comment` keeps.
    #[arg(long, value_name = "FILE")]
    comment: Option<PathBuf>,
}

impl Outputs {
    /// The files.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let all = [&self.json, &self.sarif, &self.junit, &self.code_quality, &self.summary, &self.comment];
        all.into_iter().filter_map(|file| file.as_deref())
    }

    /// Refuses `-`, which is the name of no file.
    ///
    /// # Errors
    /// When it is one of them.
    pub fn checked(&self) -> Result<(), Stop> {
        if self.files().any(|file| file == Path::new("-")) {
            return Err(Stop::Usage(
                "a result goes to a file, and `-` is none; /dev/stdout is standard output".to_owned(),
            ));
        }
        Ok(())
    }

    /// Writes that the change could not be judged, so that nobody takes an older report for this one's.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_failure(&self, here: &Path, failure: &Failure) -> Result<(), Failure> {
        let page = report::ci_failure(&failure.message, failure.help.as_deref());
        // Nothing is known of the policies, so that only what is no file yet, or an older report, is replaced.
        let write = |file: &Path, text: &str| {
            let file = here.join(file);
            let there = if host::exists(&file) { host::read_up_to(&file, 1 << 20)? } else { Vec::new() };
            let starts = [forge::net::MARKER, "## ✅ policyc: ", "## ❌ policyc: ", "## ⏳ policyc: "];
            let is_report = starts.iter().any(|start| there.starts_with(start.as_bytes()));
            if there.is_empty() || is_report { host::write_whole(&file, text.as_bytes()) } else { Ok(()) }
        };
        if let Some(file) = &self.comment {
            write(file, &format!("{}\n{page}", forge::net::MARKER))?;
        }
        if let Some(file) = &self.summary {
            write(file, &page)?;
        } else if let Some(file) = host::variable("GITHUB_STEP_SUMMARY") {
            host::append_line(Path::new(&file), &page)?;
        }
        Ok(())
    }

    /// Writes all of them.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn write(
        &self,
        here: &Path,
        report: &CiReport,
        session: &Session,
        found: &[Diagnostic],
        junit: &str,
    ) -> Result<(), Stop> {
        let write = |file: &Option<PathBuf>, text: &dyn Fn() -> String| match file {
            Some(file) => host::write_whole(&here.join(file), text().as_bytes()),
            None => Ok(()),
        };
        let (sources, prefix) = (&session.sources, session.prefix.as_str());
        write(&self.json, &|| pretty(report))?;
        write(&self.sarif, &|| pretty(&report::sarif(found, sources, prefix)))?;
        write(&self.junit, &|| junit.to_owned())?;
        write(&self.code_quality, &|| pretty(&report::code_quality(found, sources, prefix)))?;
        write(&self.summary, &|| report::ci_markdown(report, ReportPlace::Summary))?;
        write(&self.comment, &|| {
            format!("{}\n{}", forge::net::MARKER, report::ci_markdown(report, ReportPlace::Comment))
        })?;
        if let (None, Some(file)) = (&self.summary, host::variable("GITHUB_STEP_SUMMARY")) {
            host::append_line(Path::new(&file), &report::ci_markdown(report, ReportPlace::Summary))?;
        }
        Ok(())
    }
}

/// Shows findings, what is permitted and forbidden, and the verdict.
///
/// # Errors
/// When it cannot be written.
pub fn show(report: &CiReport, session: &Session, found: &[Diagnostic]) -> Result<(), Stop> {
    output::findings(&Formats::human(), session, found, &session.root, Place::Result)?;
    let terminal = Terminal::of_stdout();
    let look = Look { colour: terminal.colour, width: terminal.width, lines: false };
    if let Some(effects) = &report.effects {
        say(&format!("{}\n", report::effects_human(effects, look)))?;
    }
    say(&report::ci_human(report, look))?;
    if output::under_github() && report.verdict != "passed" {
        host::print(report::refusal(&report.sentence).as_bytes())?;
    }
    Ok(())
}
