use std::path::{Path, PathBuf};

use crate::diag::{Failure, codes};
use crate::git::Database;
use crate::host;
use crate::lifecycle::record::{self, NAMESPACE};
use crate::lifecycle::{self, signing::Signed};
use crate::model::Time;
use crate::written::ReviewRecord;

/// How a record is signed.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Signing {
    /// Sign with the SSH key that Git signs with (`user.signingkey`); done anyway where Git has `gpg.format=ssh`.
    #[arg(long, conflicts_with = "no_sign")]
    sign: bool,
    /// Sign with this SSH key.
    #[arg(long, value_name = "FILE", conflicts_with = "no_sign")]
    key: Option<PathBuf>,
    /// Do not sign, whatever Git is set up for.
    #[arg(long)]
    no_sign: bool,
}

/// Who runs a command, as Git would write it into a commit.
#[derive(Debug, Clone)]
pub struct Who {
    /// The address, else the name.
    pub account: String,
    /// This moment, as Git would write it into a commit.
    pub at: Time,
}

impl Who {
    /// Reads it from Git's settings and environment.
    ///
    /// # Errors
    /// When nobody is named.
    pub fn of(database: &Database) -> Result<Self, Failure> {
        let person = database.committer()?;
        let at = Time::of_unix_seconds(person.time)
            .ok_or_else(|| Failure::new(codes::GIT, "the time that Git would commit at cannot be written"))?;
        Ok(Self { account: lifecycle::account(&person), at })
    }
}

/// A key to sign with.
enum Key {
    /// The file of a private key, or of a public one whose private one an agent has.
    File(PathBuf),
    /// A public key whose private one an agent has.
    Literal(String),
}

impl Signing {
    /// Signs a record, where that is asked for or Git is set up for it.
    ///
    /// # Errors
    /// When a key is named and cannot be used: an approval must not become weaker than it was meant to be.
    pub fn signed(&self, record: ReviewRecord, database: &Database, here: &Path) -> Result<ReviewRecord, Failure> {
        let Some(key) = self.key(database, here)? else { return Ok(record) };
        let bytes = record::signed_bytes(&record).map_err(|error| failed(&error.0))?;
        let signature = match &key {
            Key::File(file) => with_file(file, &bytes, here)?,
            Key::Literal(public) => {
                let folder = host::scratch_folder().map_err(|error| failed(&error.to_string()))?;
                let file = folder.path().join("key.pub");
                host::write_whole(&file, format!("{public}\n").as_bytes())?;
                with_program(&file, &bytes, here)?
            }
        };
        Ok(ReviewRecord { signature: Some(signature), ..record })
    }

    fn key(&self, database: &Database, here: &Path) -> Result<Option<Key>, Failure> {
        if let Some(file) = &self.key {
            return Ok(Some(Key::File(here.join(file))));
        }
        let asked = self.sign || database.configured("gpg.format").as_deref() == Some("ssh");
        if self.no_sign || !asked {
            return Ok(None);
        }
        let Some(named) = database.configured("user.signingkey") else {
            // Git signs with what an agent offers first; whose key that is would be a guess.
            let message = "Git names no key to sign with";
            return Err(Failure::new(codes::GIT, message)
                .help("set `git config user.signingkey`, name one with --key, or say --no-sign"));
        };
        if let Some(public) = named.strip_prefix("key::") {
            return Ok(Some(Key::Literal(public.to_owned())));
        }
        if named.starts_with("ssh-") || named.starts_with("ecdsa-") || named.starts_with("sk-") {
            return Ok(Some(Key::Literal(named)));
        }
        let file = match (named.strip_prefix("~/"), host::variable("HOME")) {
            (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
            _ => here.join(named),
        };
        Ok(Some(Key::File(file)))
    }
}

fn with_file(file: &Path, bytes: &[u8], here: &Path) -> Result<String, Failure> {
    // Beside a public key lies the private one, unless an agent has it.
    let private = match file.extension().is_some_and(|ending| ending == "pub") {
        true if host::exists(&file.with_extension("")) => file.with_extension(""),
        true => return with_program(file, bytes, here),
        false => file.to_path_buf(),
    };
    let text = host::read_up_to(&private, 1 << 16)?;
    match lifecycle::signing::sign(&String::from_utf8_lossy(&text), bytes) {
        Ok(Signed::Armored(signature)) => Ok(signature),
        Ok(Signed::Elsewhere) => with_program(&private, bytes, here),
        Err(why) => Err(failed(&format!("`{}`: {why}", private.display()))),
    }
}

/// Keys with a passphrase, in an agent or on a token: OpenSSH knows how to ask for them.
fn with_program(file: &Path, bytes: &[u8], here: &Path) -> Result<String, Failure> {
    let file = file.to_string_lossy().into_owned();
    let answer = host::run_program("ssh-keygen", here, &["-Y", "sign", "-n", NAMESPACE, "-f", &file], &[], bytes)?;
    if answer.ok { Ok(answer.out) } else { Err(failed(answer.err.trim())) }
}

fn failed(why: &str) -> Failure {
    Failure::new(codes::GIT, format!("the record cannot be signed: {why}"))
        .help("name a key that can sign with --key, or say --no-sign; nothing was written")
}
