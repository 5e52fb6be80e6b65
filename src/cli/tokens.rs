//! What decision tokens of an environment are held against. All of it comes from the protected branch, where there is
//! one: a change that is not merged adds no key. What is revoked counts wherever it stands.

use std::path::{Path, PathBuf};

use super::Stop;
use super::history::{Forge, Merged, Opened};
use super::live::{self, Deciding};
use super::session::Session;
use crate::diag::{Failure, codes};
use crate::git::ObjectId;
use crate::host::{self, Folder};
use crate::lifecycle::Change;
use crate::model::TokenSettings;
use crate::source::{Content, Tree};
use crate::token::{Live, PublicKey, Revoked, SigningKey, Target, Trust};
use crate::written::Revocation;

/// The longest file of a key that is read.
const MAX_KEY_BYTES: usize = 64 << 10;
/// The variable that holds the text of a private key.
const KEY_VARIABLE: &str = "POLICYC_TOKEN_KEY";

/// An environment, as the protected branch has it.
pub struct Signing {
    /// Its name.
    pub name: String,
    /// The root of the policy repository.
    pub root: PathBuf,
    /// The history; `None` outside Git.
    pub opened: Option<Opened>,
    /// Who signs its decisions.
    pub settings: TokenSettings,
    session: Session,
}

impl Signing {
    /// Opens an environment.
    ///
    /// # Errors
    /// When there is none of this name, or the world cannot answer.
    pub fn open(here: &Path, name: &str) -> Result<Self, Stop> {
        let Merged { root, opened, session } = Merged::open(here)?;
        let settings = live::known(&session, name)?.tokens.clone();
        Ok(Self { name: name.to_owned(), root, opened, settings, session })
    }

    /// The keys that sign there.
    #[must_use]
    pub fn keys(&self) -> Vec<PublicKey> {
        self.settings.keys.iter().filter_map(|key| PublicKey::parse(key).ok()).collect()
    }

    /// The private key of a file, or of the environment variable. Only a key of the environment signs.
    ///
    /// # Errors
    /// When there is none, it cannot be used, or it is none of the environment's.
    pub fn signer(&self, file: Option<&Path>, here: &Path) -> Result<SigningKey, Stop> {
        let text = match file {
            Some(file) => String::from_utf8(host::read_up_to(&here.join(file), MAX_KEY_BYTES)?).unwrap_or_default(),
            None => host::variable(KEY_VARIABLE).ok_or_else(|| {
                Stop::Usage(format!("say which key signs: --key FILE, or its text in {KEY_VARIABLE}"))
            })?,
        };
        let key = SigningKey::parse(&text).map_err(|why| {
            let place = file.map_or(KEY_VARIABLE.to_owned(), |file| format!("`{}`", file.display()));
            let message = format!("the private key in {place} signs no tokens: {why}");
            let help =
                "make one without a passphrase, `ssh-keygen -t ed25519 -N \"\" -f FILE`, and keep it in a secret store";
            Stop::World(Failure::new(codes::SIGNING_KEY, message).help(help))
        })?;
        let own = key.public();
        if self.keys().contains(&own) {
            return Ok(key);
        }
        let message = format!("the key `{}` signs no tokens of `{}`", own.id(), self.name);
        let help = format!(
            "its public half must stand under `tokens.keys` of `environments/{}.yaml` on the protected branch",
            self.name
        );
        Err(Stop::World(Failure::new(codes::SIGNING_KEY, message).help(help)))
    }

    /// What is revoked.
    ///
    /// # Errors
    /// When an object of Git cannot be read.
    pub fn revocations(&self) -> Result<Revocations, Stop> {
        let mut all = Revocations::default();
        if let Some(opened) = &self.opened {
            all.committed(opened, &self.name)?;
        }
        all.of_folder(&self.root, &self.name)?;
        Ok(all)
    }

    /// What decides for a run, and what its tokens are held against, at a time.
    ///
    /// # Errors
    /// When nothing is live there, the lock is refused, or a rollout is on its way and nobody says which run it is.
    pub fn live(self, now: u64, run: Option<&str>, forge: &Forge) -> Result<(Deciding, Trust), Stop> {
        let (keys, revoked) = (self.keys(), self.revocations()?.revoked);
        let deciding = live::for_run(&self.session, &self.name, forge, run)?;
        let canonical = deciding.session.compilation.canonical.as_ref();
        let bundle = canonical.map(|bundle| bundle.digest.to_string()).unwrap_or_default();
        let live = Live { bundle, sequence: deciding.sequence, kill_switch: deciding.kill_switch };
        let max_ttl = self.settings.max_ttl_seconds;
        let trust =
            Trust { environment: self.name, keys, max_ttl, revoked, live, now, action: None, any_effect: false };
        Ok((deciding, trust))
    }
}

/// The machine's clock in Unix seconds.
pub fn now() -> u64 {
    u64::try_from(host::unix_seconds()).unwrap_or(0)
}

/// Where what is revoked in an environment stands.
pub fn file_of(name: &str) -> String {
    format!("environments/{name}.revoked.json")
}

/// Everything that is revoked in an environment, from every commit of the protected branch that says so and from the
/// folder: what is taken out again stays revoked.
#[derive(Default)]
pub struct Revocations {
    /// All of it, to be asked.
    pub revoked: Revoked,
    /// The entries, each once, in the order in which they came.
    pub entries: Vec<Revocation>,
    /// What a commit holds that cannot be read, where nothing since has settled that.
    broken: Option<Content>,
    /// Whether what is in the folder cannot be read, and is not what a commit holds.
    pub broken_folder: bool,
}

impl Revocations {
    fn committed(&mut self, opened: &Opened, name: &str) -> Result<(), Stop> {
        let path = file_of(name);
        let events = opened.history.governed().iter();
        for event in events.filter(|event| event.path == path && event.change != Change::Removed) {
            let Some(content) = content(opened, event.commit, &path)? else { continue };
            match read(&content, name) {
                // Everything that was issued until later is refused, by somebody who has seen what could not be read.
                Ok(entries) => {
                    if self.take(entries) {
                        self.broken = None;
                        self.revoked.unreadable = None;
                    }
                }
                Err(why) => {
                    self.revoked.unreadable = Some(format!("`{path}` at {}: {why}", event.commit.short()));
                    self.broken = Some(content);
                }
            }
        }
        Ok(())
    }

    fn of_folder(&mut self, root: &Path, name: &str) -> Result<(), Stop> {
        let path = file_of(name);
        let Some(content) = Folder::new(root).read(&[&path])?.into_iter().next().flatten() else { return Ok(()) };
        match read(&content, name) {
            Ok(entries) => drop(self.take(entries)),
            // The same as in the commit, checked out.
            Err(_) if self.broken.as_ref() == Some(&content) => {}
            Err(why) => {
                self.broken_folder = true;
                self.revoked.unreadable = Some(format!("`{path}` in the folder: {why}"));
            }
        }
        Ok(())
    }

    /// Takes entries; says whether one of them refuses more of what was issued before some time.
    fn take(&mut self, entries: Vec<Revocation>) -> bool {
        let mut later = false;
        for entry in entries {
            let Ok(target) = Target::of(&entry) else { continue };
            let by_time = matches!(target, Target::IssuedBefore(_));
            if self.revoked.take(target) {
                later |= by_time;
                self.entries.push(entry);
            }
        }
        later
    }
}

fn content(opened: &Opened, commit: ObjectId, path: &str) -> Result<Option<Content>, Stop> {
    let found = opened.database.at(commit, path)?;
    Ok(found.map(|id| opened.database.content(id)).transpose()?)
}

fn read(content: &Content, name: &str) -> Result<Vec<Revocation>, String> {
    let Content::Text(text) = content else { return Err("it is no text file".to_owned()) };
    Ok(Revoked::read(text, name)?.revoked)
}
