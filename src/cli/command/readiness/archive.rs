//! The evidence of a readiness check in one file: the same input gives the same bytes, but for what is measured.

use std::path::Path;

use serde_json::json;

use crate::canon;
use crate::cli::Stop;
use crate::cli::command::operating::entries;
use crate::cli::history::Opened;
use crate::cli::live::{self, Standing};
use crate::cli::output::pretty;
use crate::diag::{Failure, codes};
use crate::host;
use crate::lifecycle::Sources;
use crate::lifecycle::locks;
use crate::report::RowsReport;
use crate::text::Digest;

/// Writes the archive.
///
/// # Errors
/// When something that belongs into it cannot be read, or it cannot be written.
pub fn write(
    file: &Path,
    report: &RowsReport,
    opened: &Opened,
    sources: &Sources,
    name: &str,
    standing: &Standing,
) -> Result<(), Stop> {
    let mut files: Vec<(String, Vec<u8>)> = vec![("readiness.json".to_owned(), pretty(report).into_bytes())];
    let audit = entries::entries(opened, sources)?;
    if let Some((_, failure)) = audit.untold.into_iter().next() {
        return Err(failure.into());
    }
    let audit: String = audit
        .entries
        .iter()
        .filter_map(|entry| serde_json::to_string(entry).ok())
        .map(|line| format!("{line}\n"))
        .collect();
    files.push(("audit.jsonl".to_owned(), audit.into_bytes()));
    if let Some(lock) = live::lock_of(standing, name)? {
        files.push((locks::path(name), locks::text(lock).into_bytes()));
        let bundle = live::bundle(opened, &locks::pinned(lock));
        let canonical = bundle.ok().and_then(|bundle| canon::bundle(&bundle).ok());
        files.extend(canonical.map(|canonical| ("bundle.json".to_owned(), canonical.bytes)));
    }
    let tip = opened.history.protected.tip;
    for path in ["policyc.yaml", "identities.yaml", "catalog.yaml", &format!("environments/{name}.yaml")] {
        if let Some(object) = opened.database.at(tip, path)? {
            files.push((path.to_owned(), opened.database.bytes(object)?));
        }
    }
    let about = json!({"environment": name, "branch": opened.history.protected.name, "commit": tip.to_string()});
    files.push(("about.json".to_owned(), pretty(&about).into_bytes()));
    files.sort();
    let sums: String = files
        .iter()
        .map(|(path, bytes)| format!("{}  {path}\n", Digest::of(bytes).to_string().trim_start_matches("sha256:")))
        .collect();
    files.push(("SHA256SUMS".to_owned(), sums.into_bytes()));
    let bytes = host::packed(&files)
        .map_err(|error| Failure::new(codes::IO, format!("the archive cannot be made: {error}")))?;
    Ok(host::write_whole(file, &bytes)?)
}
