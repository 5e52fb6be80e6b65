//! Who holds which role: what a review of least privilege looks at.

use std::collections::BTreeSet;

use crate::cli::session::Session;
use crate::model::{Approvals, Environment, Identities};
use crate::report::RoleLine;

/// Who reviews changes.
pub fn of_review(session: &Session) -> Vec<RoleLine> {
    of_approvals(session, "review", None, &session.compilation.settings.review)
}

/// Who decides over an environment.
pub fn of_environment(session: &Session, environment: &Environment) -> Vec<RoleLine> {
    let name = Some(environment.id.to_string());
    let mut roles = of_approvals(session, "approve", name.clone(), &environment.approvals);
    roles.push(role(session, "roll back", name, 1, environment.may_roll_back()));
    roles
}

fn of_approvals(session: &Session, word: &str, environment: Option<String>, approvals: &Approvals) -> Vec<RoleLine> {
    let mut roles = vec![role(session, word, environment.clone(), approvals.required, &approvals.from)];
    if let Some((required, from)) = &approvals.loosening {
        let from = if from.is_empty() { &approvals.from } else { from };
        roles.push(role(session, &format!("{word} loosening"), environment, *required, from));
    }
    roles
}

fn role(
    session: &Session,
    word: &str,
    environment: Option<String>,
    required: u64,
    from: &BTreeSet<String>,
) -> RoleLine {
    let principals = people(session.compilation.identities.as_ref(), from);
    RoleLine { role: word.to_owned(), environment, required, principals }
}

/// The principals behind groups and names, sorted.
pub fn people(identities: Option<&Identities>, from: &BTreeSet<String>) -> Vec<String> {
    let members = |name: &String| match identities.and_then(|identities| identities.groups.get(name)) {
        Some(members) => members.iter().cloned().collect(),
        None => vec![name.clone()],
    };
    let all: BTreeSet<String> = from.iter().flat_map(members).collect();
    all.into_iter().collect()
}
