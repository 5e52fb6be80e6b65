use std::path::{Path, PathBuf};

use crate::cli::output::{pretty, say};
use crate::cli::{Exit, Stop};
use crate::host;
use crate::report::schema_files;

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder; made if it is not there.
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
}

/// The files of a new policy repository, without the schemas.
const FILES: &[(&str, &str)] = &[
    ("policyc.yaml", include_str!("../templates/policyc.yaml")),
    ("catalog.yaml", include_str!("../templates/catalog.yaml")),
    ("policies/guardrails.yaml", include_str!("../templates/guardrails.yaml")),
    ("policies/tests.yaml", include_str!("../templates/tests.yaml")),
    ("environments/production.yaml", include_str!("../templates/production.yaml")),
    (".vscode/settings.json", include_str!("../templates/vscode-settings.json")),
    (".github/workflows/policy.yml", include_str!("../templates/policy-workflow.yml")),
];

/// Runs `init`.
///
/// # Errors
/// When a file cannot be written.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let root = here.join(&args.folder);
    let schemas = schema_files();
    let schemas = schemas.iter().filter(|(path, _)| path.starts_with("draft-07/"));
    let schemas = schemas.map(|(path, schema)| (format!("schemas/{path}"), pretty(schema)));
    let files = FILES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).chain(schemas);
    let mut text = String::new();
    let mut kept_settings = false;
    for (path, content) in files {
        let created = host::create_new(&root.join(&path), content.as_bytes())?;
        kept_settings |= !created && path == ".vscode/settings.json";
        text.push_str(&format!("{} {path}\n", if created { "created" } else { "kept   " }));
    }
    if kept_settings {
        text.push_str(
            "\nadd `yaml.schemas` to your .vscode/settings.json to have keys completed; see docs/editors.md\n",
        );
    }
    text.push_str("\nnext: policyc check\n");
    say(&text)?;
    Ok(Exit::Clean)
}
