//! The report as Markdown. What strangers wrote stands in code spans, where nothing of it is a link, a mention, an image or
//! a marker. It is cut at entries, and what is short and must be there is never cut.

use super::build::waits;
use super::shape::{ApprovalsLine, ApprovedLine, CiReport, CiSideLine, EnvironmentGate, PartOutcome};
use crate::report::diff::{ChangeLine, ChangedDocument, LinePlace, plural, sign};
use crate::report::effects::{self, Section, is_plain};
use crate::report::findings::Finding;
use crate::report::history::ReviewLine;
use crate::report::simulation::{self, code};
use crate::report::suites::PointLine;

/// Where the report goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The summary of a job. GitHub refuses one of more than 1 MiB as a whole.
    Summary,
    /// A comment on a pull request. GitHub refuses one of more than 65,536 characters.
    Comment,
}

impl Place {
    /// How many bytes it may have: of the least that both limits leave.
    fn most(self) -> usize {
        match self {
            Self::Summary => 900 * 1024,
            Self::Comment => 60_000,
        }
    }

    /// How many entries of one section are shown.
    fn entries(self) -> usize {
        match self {
            Self::Summary => 500,
            Self::Comment => 12,
        }
    }

    fn elsewhere(self) -> &'static str {
        match self {
            Self::Summary => "`policyc ci --json FILE` has everything",
            Self::Comment => "the summary of the job has more",
        }
    }
}

/// How many parts that no test covers are named, and how many reviews of one change.
const NAMED: usize = 20;
/// What is kept for the line that says what is left out of a section.
const RESERVED: usize = 120;

/// Shows the report as Markdown.
#[must_use]
pub fn ci_markdown(report: &CiReport, place: Place) -> String {
    let head = head(report);
    let foot = format!("{}{}", approvals(report.approvals.as_ref(), place), bound_to(report));
    let mut page = Page { text: head, left: 0, place };
    page.left = place.most().saturating_sub(page.text.len() + foot.len());
    for section in sections(report) {
        page.section(section);
    }
    page.text.push_str(&foot);
    page.text
}

/// That a change could not be judged.
#[must_use]
pub fn ci_failure(why: &str, help: Option<&str>) -> String {
    let help = help.map(|help| format!("\n{}\n", code(help))).unwrap_or_default();
    format!("## ❌ policyc: not judged\n\nThis change could not be judged: {}\n{help}", code(why))
}

/// A page that is filled up to what its place takes.
struct Page {
    text: String,
    left: usize,
    place: Place,
}

impl Page {
    /// Adds a section as far as there is room for it, and says what is left out.
    fn section(&mut self, section: Section) {
        if section.entries.is_empty() {
            return;
        }
        let all = section.entries.len();
        let mut text = format!("\n{}\n", section.title);
        let mut shown = 0;
        for entry in section.entries.into_iter().take(self.place.entries()) {
            if text.len() + entry.len() + RESERVED > self.left {
                break;
            }
            text.push_str(&entry);
            shown += 1;
        }
        if shown < all {
            text.push_str(&format!("\n> {} of {all} left out: {}.\n", all - shown, self.place.elsewhere()));
        }
        // A title alone says nothing; that there was no room for the section is said as long as there is room for that.
        if text.len() <= self.left {
            self.left -= text.len();
            self.text.push_str(&text);
        }
    }
}

/// Text in words of ours, or of a failure: what could mean anything stands in a code span.
fn said(text: &str) -> String {
    // A colon without a blank behind it may begin an address or a picture.
    let bare = text.replace(": ", " ").replace([';', '-', '(', ')'], " ");
    if is_plain(&bare) { text.to_owned() } else { code(text) }
}

fn head(report: &CiReport) -> String {
    let (mark, title) = match report.verdict {
        "passed" => ("✅", "policyc: passed"),
        _ if waits(&report.parts, report.approvals.as_ref()) => ("⏳", "policyc: waiting for approvals"),
        _ => ("❌", "policyc: refused"),
    };
    let mut text = format!("## {mark} {title}\n\n{}\n\n", said(&sentence(report)));
    text.push_str("| | | |\n| --- | --- | --- |\n");
    for part in &report.parts {
        let mark = match part.outcome {
            PartOutcome::Passed => "✅ passed",
            PartOutcome::Refused => "❌ **refused**",
            PartOutcome::NotRun => "❌ **not answered**",
            PartOutcome::Absent => "➖ none",
            PartOutcome::Open => "⏳ open",
        };
        text.push_str(&format!("| {mark} | **{}** | {} |\n", part.part, said(&part.sentence)));
    }
    if report.behind {
        text.push_str(&format!("\n> {BEHIND}\n"));
    }
    text
}

/// What is said of a branch that lacks what it is merged into has by now.
pub const BEHIND: &str = "The branch lacks commits of what it is merged into. It is judged by the rules there as they are \
                          now, and what it changes is told from where it began.";

fn sentence(report: &CiReport) -> String {
    let mut letters = report.sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
}

/// What is cut where there is no room, what matters most first.
fn sections(report: &CiReport) -> Vec<Section> {
    let mut all: Vec<Section> = report.effects.iter().flat_map(effects::sections).collect();
    let notes = report.effects.iter().flat_map(effects::notes);
    all.push(section("", notes.map(|note| format!("<sub>{note}</sub>\n\n")).collect()));
    let files = report.governing.iter().map(|file| format!("- {}\n", code(file))).collect();
    all.push(section("### ⚠️ What governs, or runs this check, is changed\n", files));
    all.push(governance(report));
    if let Some(simulation) = &report.simulation {
        let parts = simulation::parts(simulation);
        // One heading for all of it, theirs below.
        let demoted = parts.into_iter().map(|part| format!("{}\n", part.replace("\n### ", "\n#### ").trim_end()));
        let demoted = demoted.map(|part| part.strip_prefix("### ").map_or(part.clone(), |rest| format!("#### {rest}")));
        all.push(section("### Recorded actions", demoted.map(|part| format!("\n{part}")).collect()));
    }
    let table = "### Gates\n\n| environment | gate | allowed | found | |\n| --- | --- | --- | --- | --- |";
    all.push(section(table, report.gates.iter().map(gate).collect()));
    all.push(failed_tests(report));
    all.push(uncovered(report));
    all.push(section("### Findings\n", report.findings.findings.iter().map(finding).collect()));
    all
}

fn section(title: &str, entries: Vec<String>) -> Section {
    Section { title: title.to_owned(), entries }
}

/// What changed of who may change what decides, and how.
fn governance(report: &CiReport) -> Section {
    let governs = report.difference.iter().flat_map(|difference| &difference.documents).filter(|one| one.governs);
    let entry = |document: &ChangedDocument| {
        let id = document.id.as_ref().map(|id| format!(" {}", code(id))).unwrap_or_default();
        let value = |value: &Option<serde_json::Value>| {
            value.as_ref().map_or_else(|| "nothing".to_owned(), |value| code(&value.to_string()))
        };
        let field = |change: &ChangeLine| {
            format!("{} from {} to {}", code(&change.path), value(&change.before), value(&change.after))
        };
        let fields: Vec<String> = document.changes.iter().take(NAMED).map(field).collect();
        let fields = if fields.is_empty() { String::new() } else { format!(": {}", fields.join("; ")) };
        let direction = document.direction;
        format!("- {} {direction} {}{id} {}{fields}\n", sign(direction), document.kind, document.fate)
    };
    section("#### For who may change what decides, loosening means that it takes less\n", governs.map(entry).collect())
}

fn gate(gate: &EnvironmentGate) -> String {
    let met = if gate.gate.met { "✅ met" } else { "❌ **not met**" };
    let (of, environment) = (&gate.gate, code(&gate.environment));
    format!("| {environment} | {} | {} | {} | {met} |\n", said(&of.gate), said(&of.allowed), said(&of.found))
}

fn failed_tests(report: &CiReport) -> Section {
    let tests = report.tests.iter().flat_map(|tests| &tests.suites);
    let failed = tests.flat_map(|suite| suite.tests.iter().filter(|test| !test.passed).map(move |test| (suite, test)));
    let entry = |(suite, test): (&crate::report::SuiteLine, &crate::report::TestLine)| {
        let problem = test.steps.iter().find_map(|step| step.problem.clone()).unwrap_or_default();
        let place = at(&test.place.file, test.place.line);
        format!("- {} {} at {place}: {}\n", code(&suite.id), code(&test.name), code(&problem))
    };
    section("### Failed tests\n", failed.map(entry).collect())
}

fn uncovered(report: &CiReport) -> Section {
    let Some(touched) = &report.touched else { return section("", Vec::new()) };
    let title =
        format!("### Tests cover {} of {} of what is touched\n", touched.covered, plural(touched.parts, "part"));
    let entry = |point: &PointLine| {
        let id = point.id.as_deref().map(code).unwrap_or_default();
        let place = point.file.as_ref().zip(point.line).map(|(file, line)| format!(" at {}", at(file, line)));
        format!("- no test decides by {id} {}{}\n", code(&point.part), place.unwrap_or_default())
    };
    section(&title, touched.uncovered.iter().map(entry).collect())
}

fn finding(finding: &Finding) -> String {
    let mark = match finding.severity {
        "error" => "❌",
        "warning" => "⚠️",
        _ => "ℹ️",
    };
    let place = at(&finding.place.file, finding.place.line);
    format!("- {mark} {} {} at {place}: {}\n", finding.code, finding.name, code(&finding.message))
}

fn at(file: &str, line: usize) -> String {
    let LinePlace { file, line } = LinePlace { file: file.to_owned(), line };
    code(&format!("{file}:{line}"))
}

/// Who must approve, and who has: never cut but in the number of what is listed, which takes a third of the page at most.
fn approvals(line: Option<&ApprovalsLine>, place: Place) -> String {
    let Some(line) = line.filter(|line| !line.changes.is_empty()) else { return String::new() };
    let whom = |from: &[String]| if from.is_empty() { "anybody".to_owned() } else { names(from) };
    let mut text = format!(
        "\n### Approvals\n\n{} by {} needed, evidence {} or better",
        plural(usize::try_from(line.required).unwrap_or(usize::MAX), "approval"),
        whom(&line.from),
        said(&line.evidence)
    );
    if let Some(more) = &line.loosening {
        let from = if more.from.is_empty() { &line.from } else { &more.from };
        let asked = if line.loosens { "**as this one may**" } else { "as this one does not" };
        text.push_str(&format!("; {} by {} where a change may permit more, {asked}", more.required, whom(from)));
    }
    text.push_str(&format!(". Nobody approves what they wrote: {}.\n\n", names(&line.contributors)));
    text.push_str("| | what | approved by | missing | reviews |\n| --- | --- | --- | --- | --- |\n");
    let mut shown = 0;
    for row in line.changes.iter().take(place.entries()).map(approved) {
        // What is never cut must leave room for the rest.
        if text.len() + row.len() > place.most() / 3 {
            break;
        }
        text.push_str(&row);
        shown += 1;
    }
    let all = line.changes.len();
    if shown < all {
        text.push_str(&format!("\n> {} of {all} left out: {}.\n", all - shown, place.elsewhere()));
    }
    text
}

fn approved(change: &ApprovedLine) -> String {
    let mark = match change.outcome {
        "met" => "✅",
        "unknown" => "❔ unknown",
        _ => "⏳",
    };
    let what = change.document.as_deref().map_or_else(|| "what governs".to_owned(), code);
    let missing: Vec<String> = change.missing.iter().map(|words| code(words)).collect();
    let reviews: Vec<String> = change.reviews.iter().take(NAMED).map(review).collect();
    format!(
        "| {mark} | {what} {} | {} | {} | {} |\n",
        change.change,
        names(&change.approvers),
        missing.join("<br>"),
        reviews.join("<br>")
    )
}

fn review(review: &ReviewLine) -> String {
    let why = review.why_not.as_ref().map(|why| format!(": {}", code(why))).unwrap_or_default();
    let counts = if review.counts { "counts" } else { "does not count" };
    format!(
        "{} {} ({}), {counts}{why}",
        code(&review.by),
        said(&review.state.replace('_', " ")),
        said(&review.evidence)
    )
}

fn names(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| code(name)).collect();
    let more = names.len().saturating_sub(NAMED);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// What an approval is bound to.
fn bound_to(report: &CiReport) -> String {
    let side = |side: &CiSideLine| {
        let merged = |of: &String| format!(", merged as {}", code(of));
        let commit = match (&side.reviewed, &side.commit) {
            (Some(reviewed), of) => {
                format!(" commit {}{}", code(reviewed), of.as_ref().map(merged).unwrap_or_default())
            }
            (None, Some(commit)) => format!(" commit {}", code(commit)),
            (None, None) => String::new(),
        };
        let bundle = side.bundle.as_deref().map_or_else(|| "does not compile".to_owned(), code);
        format!("{}{commit}, canonical bundle {bundle}", code(&side.name))
    };
    let base = report.base.as_ref().map(|base| format!("base: {}<br>\n", side(base))).unwrap_or_default();
    format!("\n<sub>{base}approvals are for: {}</sub>\n", side(&report.head))
}
