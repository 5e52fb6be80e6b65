//! `policyc init --ci`: files that run policyc in CI, for the repository around a folder.

use std::path::Path;

use clap::ValueEnum;

use crate::cli::output::say;
use crate::cli::session::{find_root, no_repository};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::git;
use crate::host;
use crate::source::Content;

/// Where policyc is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ci {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// pre-commit, on each machine.
    PreCommit,
}

/// The commit of policyc that is run: a tag can be moved, and this decides what agents may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    repository: String,
    commit: String,
}

impl std::str::FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a pin is written OWNER/NAME@COMMIT, the commit with all its 40 digits".to_owned();
        let (repository, commit) = text.split_once('@').ok_or_else(wrong)?;
        let (owner, name) = repository.split_once('/').ok_or_else(wrong)?;
        let plain = |part: &str, more: &[u8]| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
        };
        let hex = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        if !plain(owner, b"-") || !plain(name, b"-._") || commit.len() != 40 || !commit.bytes().all(hex) {
            return Err(wrong());
        }
        Ok(Self { repository: repository.to_owned(), commit: commit.to_owned() })
    }
}

/// What a release of policyc knows of itself: `OWNER/NAME@COMMIT`, set where it is built.
const OWN: Option<&str> = option_env!("POLICYC_PIN");

impl Ci {
    fn file(self) -> (&'static str, &'static str) {
        match self {
            Self::Github => (".github/workflows/policy.yml", include_str!("../templates/ci-github.yml")),
            Self::Gitlab => (".gitlab/policyc.yml", include_str!("../templates/ci-gitlab.yml")),
            Self::PreCommit => (".pre-commit-config.yaml", include_str!("../templates/ci-pre-commit.yaml")),
        }
    }

    fn next(self) -> &'static str {
        match self {
            Self::Github => "commit it, and make `policyc ci` a required check of the protected branch",
            Self::Gitlab => "add `include: {local: .gitlab/policyc.yml}` to .gitlab-ci.yml",
            Self::PreCommit => "run `pre-commit install --hook-type pre-commit --hook-type pre-push`",
        }
    }
}

/// Writes the file; one that is there is kept.
///
/// # Errors
/// When nobody says which commit is to be run, or the file cannot be written.
pub fn run(ci: Ci, pin: Option<&Pin>, root: &Path) -> Result<Exit, Stop> {
    let own = OWN.and_then(|own| own.parse::<Pin>().ok());
    let pin = pin.or(own.as_ref()).ok_or_else(|| {
        let message = "this build of policyc does not know which commit it is, and CI must not run just any: name it with \
                       --pin OWNER/NAME@COMMIT";
        Stop::Usage(message.to_owned())
    })?;
    // CI systems look at the top of the Git repository only.
    let top = git::discover(root)?.and_then(|repository| repository.workdir().map(Path::to_path_buf));
    let prefix = git::prefix_of(root);
    let (path, template) = ci.file();
    let text = filled(template, pin, &prefix);
    if find_root(root)?.is_none() {
        return Err(no_repository().into());
    }
    let file = top.as_deref().unwrap_or(root).join(path);
    let created = host::create_new(&file, text.as_bytes())?;
    let is_same = |content: Content| matches!(content, Content::Text(there) if *there == *text);
    if !created && !host::read_source(&file)?.is_some_and(is_same) {
        let message = format!("`{path}` is there already, and says something else");
        return Err(Failure::new(codes::WOULD_OVERWRITE, message)
            .help("remove it first, if it is to be replaced")
            .into());
    }
    let next = if created { format!("\nnext: {}\n", ci.next()) } else { String::new() };
    say(&format!("{} {path}\n{next}", if created { "created" } else { "kept   " }))?;
    Ok(Exit::Clean)
}

fn filled(template: &str, pin: &Pin, prefix: &str) -> String {
    let folder = prefix.trim_end_matches('/');
    let quoted = serde_json::Value::from(folder).to_string();
    let working = if folder.is_empty() { String::new() } else { format!("          working-directory: {quoted}\n") };
    template
        .replace("@POLICYC_REPOSITORY@", &pin.repository)
        .replace("@POLICYC_COMMIT@", &pin.commit)
        .replace("@POLICYC_VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@WORKING_DIRECTORY@", &working)
        .replace("@FOLDER@", if folder.is_empty() { "\".\"" } else { &quoted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_a_whole_commit_of_a_plain_repository() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert!(format!("acme/policyc@{commit}").parse::<Pin>().is_ok());
        for text in [
            "",
            "acme/policyc@v1",
            "acme@x",
            &format!("a b/c@{commit}"),
            &format!("a/b\n@{commit}"),
            &format!("a/b@{commit}0"),
        ] {
            assert!(text.parse::<Pin>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        let pin = "acme/policyc@0123456789abcdef0123456789abcdef01234567".parse().unwrap();
        for ci in Ci::value_variants() {
            for prefix in ["", "agents/"] {
                let text = filled(ci.file().1, &pin, prefix);
                assert!(!text.split_whitespace().any(|word| word.starts_with('@')), "{text}");
                assert!(text.contains("acme/policyc"));
            }
        }
    }
}
