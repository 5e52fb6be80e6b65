use std::path::{Path, PathBuf};

use super::init_ci::{self, Ci, Pin};
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
    /// Write only what runs policyc in CI, for the policy repository that is there.
    #[arg(long, value_enum)]
    ci: Option<Ci>,
    /// The commit of policyc that CI runs; default: that of this build, where it knows it.
    #[arg(long, value_name = "OWNER/NAME@COMMIT", requires = "ci")]
    pin: Option<Pin>,
}

/// The files of a new policy repository, without the schemas.
const FILES: &[(&str, &str)] = &[
    ("policyc.yaml", include_str!("../templates/policyc.yaml")),
    ("catalog.yaml", include_str!("../templates/catalog.yaml")),
    ("identities.yaml", include_str!("../templates/identities.yaml")),
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
    if let Some(ci) = args.ci {
        return init_ci::run(ci, args.pin.as_ref(), &root);
    }
    let schemas = schema_files();
    let schemas = schemas.iter().map(|(path, schema)| (format!("schemas/{path}"), pretty(schema)));
    // A workflow below the top of a Git repository would never run.
    let prefix = crate::git::prefix_of(&root);
    let own = FILES.iter().filter(|(path, _)| prefix.is_empty() || !path.starts_with(".github/"));
    let version = env!("CARGO_PKG_VERSION");
    let files = own.map(|(path, text)| ((*path).to_owned(), text.replace("@VERSION@", version))).chain(schemas);
    let mut text = String::new();
    let mut kept_settings = false;
    for (path, content) in files {
        let created = host::create_new(&root.join(&path), content.as_bytes())?;
        let bound = || {
            host::read_source(&root.join(&path))
                .ok()
                .flatten()
                .is_some_and(|there| there.shown().contains("schemas/draft-07/"))
        };
        kept_settings |= !created && path == ".vscode/settings.json" && !bound();
        text.push_str(&format!("{} {path}\n", if created { "created" } else { "kept   " }));
    }
    if kept_settings {
        text.push_str(
            "\nadd `yaml.schemas` to your .vscode/settings.json to have keys completed; see docs/editors.md\n",
        );
    }
    if !prefix.is_empty() {
        text.push_str(&format!(
            "\nfor GitHub Actions, run `policyc -C {prefix} check` in a workflow at the top of the Git repository\n"
        ));
    }
    if let Some(database) = crate::git::Database::open(&root)?
        && database.fetch_notes()?
    {
        text.push_str("\n`git fetch` brings review notes (refs/notes/policyc) from origin\n");
    }
    let folder = args.folder.display().to_string();
    let there = if folder == "." { String::new() } else { format!(" -C {folder}") };
    let git = if crate::git::discover(&root)?.is_some() { "git add the files" } else { "git init, git add the files" };
    text.push_str(&format!("\nnext: {git}, then policyc{there} check and policyc{there} test\n"));
    say(&text)?;
    Ok(Exit::Clean)
}
