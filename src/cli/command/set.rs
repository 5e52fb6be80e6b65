use std::path::Path;

use crate::cli::edits::{Edits, How, refused};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::syntax::{Field, Operation, flow_value};

/// Arguments of `set`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "FIELD is a key (run_budget), keys with dots (conditions.rate_limit.max_actions) or a JSON pointer (/rate_limits/mail.send/max_count, with ~1 for / and ~0 for ~, positions of lists from 0, - behind the last). VALUE is read as YAML between brackets: 200, null, [a, b], {max_count: 5, window_seconds: 60}; a bare word is a text, special characters need double quotes: 'denied_actions+=\"*.delete\"'."
)]
pub struct Args {
    /// The id of a policy, rule, exception or suite.
    id: String,
    /// What to change: FIELD=VALUE, FIELD+=VALUE adds an entry to a list, FIELD-=VALUE takes one out.
    #[arg(value_name = "FIELD=VALUE", value_parser = Assignment::parse, required_unless_present = "unset")]
    changes: Vec<Assignment>,
    /// Take a field out. May be repeated.
    #[arg(long, value_name = "FIELD", value_parser = Field::parse)]
    unset: Vec<Field>,
    #[command(flatten)]
    how: How,
}

/// A field and what becomes of it.
#[derive(Debug, Clone)]
struct Assignment {
    field: Field,
    operation: Operation,
}

impl Assignment {
    fn parse(text: &str) -> Result<Self, String> {
        let wanted = "write FIELD=VALUE, FIELD+=VALUE or FIELD-=VALUE";
        let (field, value) = text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`: {wanted}"))?;
        // The `-` at the end of a JSON pointer is the place behind the last.
        let take = field.strip_suffix('-').filter(|field| !(field.starts_with('/') && field.ends_with('/')));
        let (field, operation): (_, fn(_) -> _) = match (field.strip_suffix('+'), take) {
            (Some(field), _) => (field, Operation::Add),
            (_, Some(field)) => (field, Operation::Take),
            _ => (field, Operation::Set),
        };
        let value = flow_value(value).map_err(|refusal| format!("{}; {}", refusal.message, refusal.help))?;
        Ok(Self { field: Field::parse(field)?, operation: operation(value) })
    }
}

/// Runs `set`.
///
/// # Errors
/// When the change cannot be made, changes nothing, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let mut edits = Edits::open(here)?;
    let unset = args.unset.iter().map(|field| (field, &Operation::Unset));
    let changes = args.changes.iter().map(|change| (&change.field, &change.operation));
    for (field, operation) in changes.chain(unset) {
        refuse_identity(field)?;
        refuse_narrowing(&edits, &args.id, field, operation)?;
        edits.change(&args.id, field, operation)?;
    }
    edits.finish(&args.how)
}

/// What a document is called and what it is are no fields of it.
fn refuse_identity(field: &Field) -> Result<(), Stop> {
    if !matches!(field.first(), "id" | "kind") {
        return Ok(());
    }
    let message =
        format!("`{}` says which document it is: with another it would be a new one without a history", field.first());
    let help = "write a new document, and take this one out with `policyc remove`";
    Err(Stop::Nothing(Failure::new(codes::NOT_EDITED, message).help(help)))
}

/// Where there is no list, everything is meant; a first entry would turn that into "nothing but this".
fn refuse_narrowing(edits: &Edits, id: &str, field: &Field, operation: &Operation) -> Result<(), Stop> {
    let Operation::Add(entry) = operation else { return Ok(()) };
    let there = edits.locate(id)?;
    let steps = field.steps(&there.root).map_err(refused)?;
    let written = there.root.at(&steps).is_some_and(|node| !node.items().is_empty());
    if written || !edits.meant(id, field).is_some_and(|value| value.is_null()) {
        return Ok(());
    }
    let message =
        format!("`{field}` is no list here, which means everything; with one entry it would mean nothing else");
    let value = crate::syntax::in_flow(entry);
    Err(Stop::Nothing(
        Failure::new(codes::NOT_EDITED, message).help(format!("write `{field}=[{value}]` if that is meant")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_are_taken_apart() {
        let told = |text: &str| Assignment::parse(text).map(|of| (of.field.to_string(), of.operation));
        assert!(matches!(told("a=1").unwrap(), (field, Operation::Set(_)) if field == "a"));
        assert!(
            matches!(told("a.b+=x=y").unwrap(), (field, Operation::Add(node)) if field == "a.b" && node.text() == Some("x=y"))
        );
        assert!(matches!(told("a-=x").unwrap(), (field, Operation::Take(_)) if field == "a"));
        assert!(matches!(told("/a/-=x").unwrap(), (field, Operation::Set(_)) if field == "/a/-"));
        assert!(matches!(told("/a-=x").unwrap(), (field, Operation::Take(_)) if field == "/a"));
        for text in ["a", "=1", "a=", "a b=1", "+=1"] {
            assert!(told(text).is_err(), "{text}");
        }
    }
}
