//! Which forge, repository and pull request is meant: as the command line says, else as the CI does.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::Stop;
use crate::forge::net::{Api, Asker, Credential, Place, Token, Wanted, is_commit, is_repository};
use crate::forge::{Forge, MAX_FACTS_BYTES, queued};
use crate::host::{self, Http, variable};
use crate::text::distinct;

/// Where a forge is asked; what is not said comes from the environment of the CI.
#[derive(Debug, Clone, clap::Args)]
pub struct Where {
    /// Ask GitHub; default: told by the environment of the CI.
    #[arg(long, conflicts_with = "gitlab")]
    github: bool,
    /// Ask GitLab.
    #[arg(long)]
    gitlab: bool,
    /// The repository; default: `GITHUB_REPOSITORY`, or `CI_PROJECT_PATH`.
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    /// The number of the pull request; default: that of the event, or `CI_MERGE_REQUEST_IID`.
    #[arg(long, value_name = "N")]
    pull: Option<u64>,
    /// Where the API is; default: `GITHUB_API_URL` or GitHub's own, or `CI_API_V4_URL`. The token is sent there, and nowhere
    /// else.
    #[arg(long, value_name = "URL")]
    api: Option<String>,
}

/// What is meant.
pub struct Meant {
    place: Place,
    credential: Credential,
    http: Http,
}

impl Meant {
    /// Somebody who asks there.
    pub fn asker(&mut self) -> Asker<'_> {
        Asker::new(self.place.clone(), self.credential.clone(), &mut self.http)
    }

    /// Which forge it is.
    pub fn forge(&self) -> Forge {
        self.place.forge
    }
}

impl Where {
    /// Everything that must be known to ask.
    ///
    /// # Errors
    /// When something is neither given nor told by the CI.
    pub fn meant(&self) -> Result<Meant, Stop> {
        let place = match self.forge()? {
            Forge::GitHub => self.at_github()?,
            Forge::GitLab => self.at_gitlab()?,
        };
        let credential = credential(place.forge)?;
        let http = Http::new(&place.api)?;
        Ok(Meant { place, credential, http })
    }

    /// Which forge is meant.
    ///
    /// # Errors
    /// When nothing tells.
    pub fn forge(&self) -> Result<Forge, Stop> {
        let set = |names: [&str; 2]| names.iter().any(|name| host::is_set(name));
        let (github, gitlab) = (set(["GITHUB_ACTIONS", "GITHUB_REPOSITORY"]), set(["GITLAB_CI", "CI_PROJECT_PATH"]));
        match (self.github, self.gitlab, github, gitlab) {
            (true, ..) | (false, false, true, false) => Ok(Forge::GitHub),
            (_, true, ..) | (false, false, false, true) => Ok(Forge::GitLab),
            _ => Err(usage("which forge is meant? this is the CI of neither, or of both; say --github or --gitlab")),
        }
    }

    fn at_github(&self) -> Result<Place, Stop> {
        let repository = self.repository.clone().or_else(|| variable("GITHUB_REPOSITORY"));
        let repository =
            repository.ok_or_else(|| missing("the repository", "--repository OWNER/NAME", "GITHUB_REPOSITORY"))?;
        if repository.split('/').count() != 2 {
            return Err(usage(&format!("`{repository}` is no repository such as acme/policies")));
        }
        let api = self.api.clone().or_else(|| variable("GITHUB_API_URL"));
        let api = address("the API", &api.unwrap_or_else(|| "https://api.github.com".to_owned()))?;
        let host = match variable("GITHUB_SERVER_URL") {
            Some(server) => address("GITHUB_SERVER_URL", &server)?.host(),
            None => api.web_host(),
        };
        Ok(Place { forge: Forge::GitHub, api, host, repository: known(repository)?, project: None })
    }

    /// A pipeline of a merge request may run in a fork; the number is that of the project it is to be merged into.
    fn at_gitlab(&self) -> Result<Place, Stop> {
        let target = host::is_set("CI_MERGE_REQUEST_PROJECT_ID");
        let name = if target { "CI_MERGE_REQUEST_PROJECT_PATH" } else { "CI_PROJECT_PATH" };
        let id = if target { "CI_MERGE_REQUEST_PROJECT_ID" } else { "CI_PROJECT_ID" };
        let repository = self.repository.clone().or_else(|| variable(name));
        let repository = repository.ok_or_else(|| missing("the project", "--repository GROUP/NAME", name))?;
        let project = variable(id).filter(|_| self.is_of_ci(Forge::GitLab));
        if project.as_ref().is_some_and(|id| !id.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(usage(&format!("{id} is no number")));
        }
        let api = self.api.clone().or_else(|| variable("CI_API_V4_URL"));
        let api = api.ok_or_else(|| missing("the API", "--api https://HOST/api/v4", "CI_API_V4_URL"))?;
        let api = address("the API", &api)?;
        let host = match variable("CI_SERVER_HOST") {
            Some(host) => address("CI_SERVER_HOST", &format!("https://{host}"))?.host(),
            None => api.host(),
        };
        Ok(Place { forge: Forge::GitLab, api, host, repository: known(repository)?, project })
    }

    /// Whether the repository is the one that the CI runs for: the number in an event is one of that.
    fn is_of_ci(&self, forge: Forge) -> bool {
        let names: &[&str] = match forge {
            Forge::GitHub => &["GITHUB_REPOSITORY"],
            Forge::GitLab if host::is_set("CI_MERGE_REQUEST_PROJECT_ID") => &["CI_MERGE_REQUEST_PROJECT_PATH"],
            Forge::GitLab => &["CI_PROJECT_PATH"],
        };
        let same = |named: &String| {
            names.iter().filter_map(|name| variable(name)).any(|other| other.eq_ignore_ascii_case(named))
        };
        self.repository.as_ref().is_none_or(same)
    }

    /// The pull requests and commits that are meant.
    ///
    /// # Errors
    /// When nothing tells.
    pub fn wanted(&self, commit: Option<&str>, here: &Path) -> Result<Wanted, Stop> {
        if let Some(number) = self.pull {
            return Ok(of_pull(number));
        }
        if let Some(commit) = commit {
            return of_commit(commit);
        }
        let forge = self.forge()?;
        if !self.is_of_ci(forge) {
            return Err(usage(
                "the CI is that of another repository; say which pull request with --pull N or --commit SHA",
            ));
        }
        if forge == Forge::GitHub {
            let event = Event::read(here)?;
            event.is_of(&self.at_github()?.repository)?;
            return event.wanted();
        }
        match (variable("CI_MERGE_REQUEST_IID"), variable("CI_COMMIT_SHA")) {
            (Some(number), _) => number.parse().map(of_pull).map_err(|_| usage("CI_MERGE_REQUEST_IID is no number")),
            (None, Some(commit)) => of_commit(&commit),
            (None, None) => Err(missing("the merge request", "--pull N or --commit SHA", "CI_MERGE_REQUEST_IID")),
        }
    }

    /// The one pull request that is meant.
    ///
    /// # Errors
    /// When nothing tells.
    pub fn number(&self, here: &Path) -> Result<u64, Stop> {
        let wanted = self.wanted(None, here)?;
        let mut numbers = wanted.pulls.into_iter();
        match (numbers.next(), wanted.commits.is_empty()) {
            (Some(number), true) => Ok(number),
            _ => Err(usage("this is no run for one pull request; say which one with --pull N")),
        }
    }
}

/// The event that a workflow of GitHub runs for.
pub struct Event {
    name: String,
    payload: Value,
}

impl Event {
    /// Reads it.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn read(here: &Path) -> Result<Self, Stop> {
        let name = variable("GITHUB_EVENT_NAME");
        let name = name.ok_or_else(|| missing("the pull request", "--pull N or --commit SHA", "GITHUB_EVENT_NAME"))?;
        let path = variable("GITHUB_EVENT_PATH");
        let path = path.ok_or_else(|| missing("the pull request", "--pull N or --commit SHA", "GITHUB_EVENT_PATH"))?;
        let bytes = host::read_up_to(&here.join(path), MAX_FACTS_BYTES)?;
        let read = std::str::from_utf8(&bytes).ok().and_then(|text| distinct(text).ok());
        let payload = read.filter(|_| bytes.len() <= MAX_FACTS_BYTES);
        let payload =
            payload.ok_or_else(|| usage("the file that GITHUB_EVENT_PATH names is no JSON that can be read"))?;
        Ok(Self { name, payload })
    }

    fn text(&self, pointer: &str) -> Option<&str> {
        self.payload.pointer(pointer).and_then(Value::as_str)
    }

    fn is_of(&self, repository: &str) -> Result<(), Stop> {
        match self.text("/repository/full_name") {
            Some(other) if other.eq_ignore_ascii_case(repository) => Ok(()),
            _ => Err(usage(
                "the event is not one of the repository; say which pull request with --pull N or --commit SHA",
            )),
        }
    }

    fn wanted(&self) -> Result<Wanted, Stop> {
        let lacks = |what: &str| usage(&format!("the event `{}` says no {what}", self.name));
        match self.name.as_str() {
            "pull_request" | "pull_request_target" | "pull_request_review" => {
                let number = self.payload.pointer("/pull_request/number").and_then(Value::as_u64);
                number.map(of_pull).ok_or_else(|| lacks("number of a pull request"))
            }
            "merge_group" => {
                let commit = self.text("/merge_group/head_commit/id").or_else(|| self.text("/merge_group/head_sha"));
                let mut wanted = of_commit(commit.ok_or_else(|| lacks("commit"))?)?;
                wanted.pulls.extend(self.text("/merge_group/head_ref").and_then(queued));
                Ok(wanted)
            }
            "push" => {
                let commit = self.text("/after").filter(|after| after.bytes().any(|byte| byte != b'0'));
                of_commit(commit.ok_or_else(|| lacks("commit that is there now"))?)
            }
            other => Err(usage(&format!(
                "the event `{other}` is none about a pull request; say which one with --pull N or --commit SHA"
            ))),
        }
    }

    /// Whether it is about this pull request, and that is from another repository: its runs get no token that may write.
    pub fn is_of_fork(&self, number: u64) -> bool {
        let Some(pull) = self.payload.get("pull_request").filter(|pull| pull.is_object()) else { return false };
        if pull.get("number").and_then(Value::as_u64) != Some(number) {
            return false;
        }
        let name = |side: &str| pull.pointer(&format!("/{side}/repo/full_name")).and_then(Value::as_str);
        name("head").is_none_or(|head| name("base").is_none_or(|base| !head.eq_ignore_ascii_case(base)))
    }
}

fn of_pull(number: u64) -> Wanted {
    Wanted { pulls: BTreeSet::from([number]), ..Wanted::default() }
}

fn of_commit(commit: &str) -> Result<Wanted, Stop> {
    let commit = commit.to_ascii_lowercase();
    if is_commit(&commit) {
        Ok(Wanted { commits: BTreeSet::from([commit]), ..Wanted::default() })
    } else {
        Err(usage(&format!("`{commit}` is no commit in full: 40 or 64 hexadecimal digits")))
    }
}

fn known(repository: String) -> Result<String, Stop> {
    if is_repository(&repository) {
        Ok(repository)
    } else {
        Err(usage(&format!("`{repository}` is no repository such as acme/policies")))
    }
}

fn address(what: &str, text: &str) -> Result<Api, Stop> {
    // An address may hold a password by mistake, so it is not repeated.
    Api::parse(text).map_err(|why| usage(&format!("the address of {what} cannot be used: {why}")))
}

/// A variable that may hold a token, and how such a token is sent.
type Source = (&'static str, fn(Token) -> Credential);

/// The token, from the environment and nowhere else: arguments can be read by everybody on the machine.
fn credential(forge: Forge) -> Result<Credential, Stop> {
    let kinds: [Source; 2] = match forge {
        Forge::GitHub => [("GITHUB_TOKEN", Credential::bearer), ("GH_TOKEN", Credential::bearer)],
        Forge::GitLab => [("GITLAB_TOKEN", Credential::private), ("CI_JOB_TOKEN", Credential::of_job)],
    };
    for (name, kind) in kinds {
        if let Some(secret) = variable(name) {
            let token = Token::new(&secret);
            return token.map(kind).ok_or_else(|| usage(&format!("{name} holds characters that no token has")));
        }
    }
    let [(first, _), (second, _)] = kinds;
    Err(usage(&format!("there is no token: neither {first} nor {second} is set")))
}

fn usage(message: &str) -> Stop {
    Stop::Usage(message.to_owned())
}

fn missing(what: &str, flag: &str, name: &str) -> Stop {
    usage(&format!("{what} is missing: give {flag}, or set {name} as the CI does"))
}
