use std::path::Path;

use clap::ValueEnum;

use crate::cli::output::{pretty, say, tell_failure};
use crate::cli::session::root;
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes, nearest};
use crate::host;
use crate::report::{DOCUMENT_SCHEMA, schema_files};

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A kind of document (policy, rule, …, document for any of them) or of output (findings, bundle, …).
    kind: Option<String>,
    /// The draft.
    #[arg(long, value_enum, default_value_t = Draft::Draft202012)]
    draft: Draft,
    /// Write all of them to `schemas/` of the policy repository.
    #[arg(long, conflicts_with = "kind")]
    write: bool,
    /// Fail unless `schemas/` of the policy repository holds all of them as they are now.
    #[arg(long, conflicts_with_all = ["kind", "write"])]
    check: bool,
}

/// The drafts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Draft {
    /// What policyc validates with.
    #[value(name = "2020-12")]
    Draft202012,
    /// What editors read.
    #[value(name = "draft-07")]
    Draft07,
}

/// Runs `schema`.
///
/// # Errors
/// When there is no such schema, or a file cannot be written.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let files = schema_files();
    if args.write {
        let folder = root(here, false)?.join("schemas");
        for (path, schema) in &files {
            host::write_whole(&folder.join(path), pretty(schema).as_bytes())?;
        }
        say(&format!("wrote {} schemas to schemas/\n", files.len()))?;
        return Ok(Exit::Clean);
    }
    if args.check {
        return check(&files, here);
    }
    let prefix = if args.draft == Draft::Draft07 { "draft-07/" } else { "" };
    let kind = args.kind.as_deref().unwrap_or(DOCUMENT_SCHEMA);
    let wanted = format!("{prefix}{kind}.json");
    if let Some((_, schema)) = files.iter().find(|(path, _)| *path == wanted) {
        host::print(pretty(schema).as_bytes())?;
        return Ok(Exit::Clean);
    }
    let names: Vec<&str> = files
        .iter()
        .filter_map(|(path, _)| path.strip_prefix(prefix)?.strip_suffix(".json"))
        .filter(|name| !name.contains('/'))
        .collect();
    let meant = nearest(kind, names.iter().copied()).map(|meant| format!("; did you mean `{meant}`?"));
    Err(Stop::Usage(format!(
        "there is no schema `{kind}`{}\nthere are {}",
        meant.unwrap_or_default(),
        names.join(", ")
    )))
}

fn check(files: &[(String, serde_json::Value)], here: &Path) -> Result<Exit, Stop> {
    let folder = root(here, false)?.join("schemas");
    let mut exit = Exit::Clean;
    for (path, schema) in files {
        let there = host::read_source(&folder.join(path))?;
        if there.is_none_or(|there| there.shown() != pretty(schema)) {
            let failure =
                Failure::new(codes::STALE, format!("`schemas/{path}` is missing or not what this version writes"));
            tell_failure(&failure.help("run `policyc schema --write`"));
            exit = Exit::Findings;
        }
    }
    Ok(exit)
}
