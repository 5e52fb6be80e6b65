//! Suites against what is to be live.

use crate::cli::Stop;
use crate::cli::history::Opened;
use crate::cli::session::{From, Session};
use crate::engine::Engine;
use crate::git::ObjectId;
use crate::model::{Bundle, Document, Suite};
use crate::report::PlanTests;
use crate::suite::{Every, Runner};

/// The tests of a commit that must never fail again, and do with what is to be live though not with what is.
///
/// # Errors
/// When the commit cannot be read.
pub fn reopened(opened: &Opened, commit: ObjectId, sides: (&Session, &Session)) -> Result<Vec<String>, Stop> {
    let from = From { rev: Some(commit.to_string()), now: None };
    let documents = Session::at(opened.root.clone(), &from)?.compilation.documents;
    let (old, new) = (&sides.0.compilation.bundle, &sides.1.compilation.bundle);
    let (Some(old), Some(new)) = (old, new) else { return Ok(Vec::new()) };
    Ok(run(&documents, old, new).reopened)
}

/// Runs suites against a bundle and against what is live, and tells which fail, and which that must never fail again would.
pub fn run(documents: &[Document], live: &Bundle, bundle: &Bundle) -> PlanTests {
    let suites: Vec<&Suite> = documents
        .iter()
        .filter_map(|document| match document {
            Document::Suite(suite) => Some(suite),
            _ => None,
        })
        .collect();
    let (before, after) = (failing(&suites, live), failing(&suites, bundle));
    let never_again = |name: &&String| {
        let (suite, test) = name.split_once(": ").unwrap_or_default();
        let tests = suites.iter().filter(|one| one.id.as_str() == suite).flat_map(|suite| &suite.tests);
        tests.into_iter().any(|one| one.never_again && one.name == test)
    };
    let total: usize = suites.iter().map(|suite| suite.tests.len()).sum();
    PlanTests {
        tests: total,
        reopened: after.iter().filter(|name| !before.contains(name)).filter(never_again).cloned().collect(),
        newly: after.iter().filter(|name| !before.contains(name)).cloned().collect(),
        failed: after,
    }
}

/// The tests that fail, as suite and name.
fn failing(suites: &[&Suite], bundle: &Bundle) -> Vec<String> {
    let engine = Engine::new(bundle);
    let mut failed = Vec::new();
    for suite in suites {
        let run = Runner::new(&engine).run(suite, &Every);
        let names = run.tests.iter().filter(|test| !test.passed()).map(|test| format!("{}: {}", suite.id, test.name));
        failed.extend(names);
    }
    failed.sort();
    failed.dedup();
    failed
}
