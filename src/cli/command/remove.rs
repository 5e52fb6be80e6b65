use std::path::Path;

use crate::cli::edits::{Edits, How};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::model::{Document, DocumentId};
use crate::syntax::{Field, Operation, flow_value};

/// Arguments of `remove`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The id of a policy, rule, exception or suite.
    id: String,
    /// Take a rule out of its file too, instead of keeping it with `is_active: false`.
    #[arg(long)]
    purge: bool,
    /// Remove the exceptions that are made from it, too.
    #[arg(long)]
    with_dependents: bool,
    #[command(flatten)]
    how: How,
}

/// Runs `remove`.
///
/// # Errors
/// When there is nothing to remove, something names it, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let mut edits = Edits::open(here)?;
    let located = edits.locate(&args.id)?;
    let is_rule = crate::lower::kind_of(&located.root) == Some(crate::model::Kind::Rule);
    if is_rule && !args.purge {
        return deactivate(edits, args);
    }
    for exception in dependents(&edits, &args.id, args.with_dependents)? {
        edits.take_out(&exception)?;
        edits.remarks.push(format!("the exception `{exception}` goes with it"));
    }
    edits.take_out(&args.id)?;
    edits.finish(&args.how)
}

/// A rule is kept and versioned, and never evaluated.
fn deactivate(mut edits: Edits, args: &Args) -> Result<Exit, Stop> {
    let inactive = edits.meaning(&args.id).is_some_and(|document| !document.is_active());
    if inactive {
        let failure = Failure::new(codes::NOTHING_TO_DO, format!("`{}` is not active already", args.id));
        return Err(Stop::Nothing(failure.help("--purge takes it out of its file")));
    }
    let field = Field::parse("is_active").map_err(Stop::Usage)?;
    let off = flow_value("false").map_err(crate::cli::edits::refused)?;
    edits.change(&args.id, &field, &Operation::Set(off))?;
    edits.remarks.push(format!(
        "`{}` is kept and never evaluated; `policyc set {} is_active=true` brings it back",
        args.id, args.id
    ));
    edits.finish(&args.how)
}

/// The exceptions that go with a document; refused while anything else names it.
pub(super) fn dependents(edits: &Edits, id: &str, all: bool) -> Result<Vec<String>, Stop> {
    let documents = &edits.before().compilation.documents;
    let (mut exceptions, mut suites) = (Vec::new(), Vec::new());
    for document in documents.iter().filter(|document| document.id().as_str() != id) {
        match document {
            Document::Exception(exception) if exception.policy.as_str() == id => {
                exceptions.push(exception.id.to_string());
            }
            Document::Suite(suite) => {
                let by = |by: &Option<DocumentId>| by.as_ref().is_some_and(|by| by.as_str() == id);
                let named = suite.tests.iter().find(|test| test.steps.iter().any(|(_, expected)| by(&expected.by)));
                suites.extend(named.map(|test| format!("the test `{}` of `{}`", test.name, suite.id)));
            }
            _ => {}
        }
    }
    let told: Vec<String> = exceptions.iter().map(|exception| format!("the exception `{exception}`")).collect();
    let in_the_way: Vec<String> = if all { suites } else { told.into_iter().chain(suites).collect() };
    if in_the_way.is_empty() {
        return Ok(exceptions);
    }
    let message = format!("`{id}` is named by {}", in_the_way.join(" and "));
    let help = if exceptions.is_empty() {
        "change the test by hand: it says what was expected"
    } else {
        "remove that first, or use `policyc remove --with-dependents` to remove exceptions too; a test is changed by hand"
    };
    Err(Stop::Nothing(Failure::new(codes::IN_USE, message).help(help)))
}
