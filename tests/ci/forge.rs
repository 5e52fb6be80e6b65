//! A forge played by hand: branches, what it checks out for a pull request, payloads, reviews, and the commit that it makes
//! when it merges, in real repositories.
#![allow(dead_code, reason = "each test uses its part")]

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::support::world::{Done, World};

/// What the report is published as.
static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let text = std::fs::read_to_string("schemas/ci.json").unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
});

/// The pull request of all tests.
pub const NUMBER: u64 = 7;

/// How a forge lands a pull request.
#[derive(Debug, Clone, Copy)]
pub enum Landing {
    Merge,
    Squash,
    Rebase,
}

/// A repository with a pull request.
pub struct Forge {
    pub world: World,
    /// The tip of `main` when the pull request was opened.
    pub base: String,
    /// The head of its branch.
    pub head: String,
}

pub const SETTINGS: &str = "branch: main\ndefaults: {effect: deny}\nreview: {required: 1, from: [security], loosening: {required: 2}}\nlogs: [{path: log.jsonl}]\n";
pub const IDENTITIES: &str = "kind: identities\nprincipals:\n  ada: {accounts: [ada@example.com, \"github:ada\"]}\n  ben: {accounts: [ben@example.com, \"github:benben\"]}\n  cleo: {accounts: [cleo@example.com, \"github:cleo\"]}\n  dan: {accounts: [dan@example.com, \"github:dan\"]}\ngroups:\n  security: [ada, ben, cleo]\n";
pub const MAIL: &str = "id: mail\nname: Mail\ndescription: What the assistant may send.\nallowed_actions: [mail.send, mail.read]\ndenied_actions: [mail.delete]\n";
pub const OPEN: &str = "id: open\npolicy_name: The rest\nagent_id: \"*\"\ntarget_integration: mail\noperation: \"*\"\nresource_scope: \"*\"\ndata_classification: restricted\npolicy_effect: allow\nrationale: Mail is what the assistant is for.\n";
pub const SUITE: &str = "kind: suite\nid: mail-tests\ntests:\n  - name: sending is allowed\n    action: {agent_id: assistant, integration: mail, operation: send, resource: a, data_classification: internal}\n    expect: {effect: allow}\n  - name: deleting is denied\n    action: {agent_id: assistant, integration: mail, operation: delete, resource: a, data_classification: internal}\n    expect: {effect: deny}\n";
pub const PRODUCTION: &str = "kind: environment\ngates: {max_newly_allowed: 0, max_newly_denied: 2}\n";

/// A record of an action.
pub fn record(rank: u32, operation: &str) -> String {
    let record = json!({
        "id": format!("r{rank}"), "timestamp": format!("2026-01-01T10:{:02}:00Z", rank % 60), "agent_id": "assistant",
        "run_id": "run", "session_id": "s", "integration": "mail", "operation": operation, "resource": "inbox",
        "data_classification": "internal", "arguments": {}, "outcome": "success",
    });
    format!("{record}\n")
}

impl Forge {
    /// A pull request of Ada's that does something to a repository with one policy, one rule, a suite, a log and an
    /// environment.
    pub fn open(change: impl FnOnce(&World)) -> Self {
        let world = World::new();
        world.write("policyc.yaml", SETTINGS);
        world.write("identities.yaml", IDENTITIES);
        world.write("policies/mail.yaml", MAIL);
        world.write("policies/open.yaml", OPEN);
        world.write("policies/tests.yaml", SUITE);
        world.write("environments/production.yaml", PRODUCTION);
        let log: String =
            ["send", "read", "delete", "send"].iter().zip(0..).map(|(what, at)| record(at, what)).collect();
        world.write("log.jsonl", log);
        world.commit();
        Self::branch(world, change)
    }

    fn branch(world: World, change: impl FnOnce(&World)) -> Self {
        let base = world.git(&["rev-parse", "HEAD"]);
        // As a clone of it has it.
        world.git(&["remote", "add", "origin", "https://github.com/acme/policies.git"]);
        world.git(&["update-ref", "refs/remotes/origin/main", &base]);
        world.git(&["checkout", "-q", "-b", "topic"]);
        change(&world);
        world.git(&["add", "-A"]);
        world.git(&["commit", "-q", "-m", "Change what the assistant may do"]);
        let head = world.git(&["rev-parse", "HEAD"]);
        Self { world, base, head }
    }

    /// What happens on `main` meanwhile.
    pub fn meanwhile(&self, change: impl FnOnce(&World)) {
        self.world.git(&["checkout", "-q", "main"]);
        change(&self.world);
        self.world.git(&["add", "-A"]);
        self.world.git(&["commit", "-q", "-m", "Meanwhile"]);
        self.world.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    }

    /// What GitHub checks out for a pull request: a merge of base and head, on no branch.
    pub fn trial(&self) -> String {
        self.world.git(&["checkout", "-q", "--detach", "main"]);
        self.world.git(&["merge", "-q", "--no-ff", "-m", "Merge head into base", &self.head]);
        self.world.git(&["rev-parse", "HEAD"])
    }

    /// Lands the pull request, as the forge does; the commit that it makes of it.
    pub fn land(&self, how: Landing) -> String {
        let git = |arguments: &[&str]| self.world.git(arguments);
        git(&["checkout", "-q", "main"]);
        match how {
            Landing::Merge => {
                git(&[
                    "merge",
                    "-q",
                    "--no-ff",
                    "-m",
                    &format!("Merge pull request #{NUMBER} from acme/topic"),
                    &self.head,
                ]);
            }
            Landing::Squash => {
                git(&["merge", "-q", "--squash", &self.head]);
                git(&["commit", "-q", "-m", &format!("Change what the assistant may do (#{NUMBER})")]);
            }
            Landing::Rebase => {
                // Something came between, so that the commit becomes another one.
                git(&["commit", "-q", "--allow-empty", "-m", "In between"]);
                git(&["cherry-pick", &self.head]);
            }
        }
        git(&["rev-parse", "HEAD"])
    }

    fn pull(&self, merged: Option<&str>) -> Value {
        let repository = json!({"full_name": "acme/policies"});
        json!({
            "url": format!("https://api.github.com/repos/acme/policies/pulls/{NUMBER}"),
            "html_url": format!("https://github.com/acme/policies/pull/{NUMBER}"),
            "number": NUMBER, "state": if merged.is_some() { "closed" } else { "open" }, "draft": false,
            "merged": merged.is_some(), "merged_at": merged.map(|_| "2026-01-02T00:00:00Z"), "merge_commit_sha": merged,
            "title": "Change what the assistant may do", "user": {"login": "ada", "type": "User"},
            "updated_at": "2026-01-02T00:00:00Z",
            "head": {"ref": "topic", "sha": self.head, "repo": repository},
            "base": {"ref": "main", "sha": self.base, "repo": repository},
        })
    }

    /// Writes the payload of the event of the pull request.
    pub fn payload(&self) {
        self.event(json!({"action": "synchronize", "number": NUMBER, "pull_request": self.pull(None)}));
    }

    /// Writes a payload, with what every payload says of the repository.
    pub fn event(&self, mut payload: Value) {
        payload["repository"] = json!({"full_name": "acme/policies", "default_branch": "main"});
        self.world.write("event.json", payload.to_string());
    }
}

/// A review: by whom, of which commit, what it says.
pub type Review<'a> = (&'a str, &'a str, &'a str);

impl Forge {
    /// Writes what the forge says of the pull request and its reviews.
    pub fn facts(&self, merged: Option<&str>, reviews: &[Review<'_>]) {
        self.world.write("pull.json", self.pull(merged).to_string());
        let review = |(id, (login, commit, state)): (usize, &Review<'_>)| {
            json!({
                "id": id + 1, "user": {"login": login, "type": "User"}, "state": state, "commit_id": commit,
                "submitted_at": format!("2026-01-01T12:{id:02}:00Z"), "author_association": "MEMBER",
                "pull_request_url": format!("https://api.github.com/repos/acme/policies/pulls/{NUMBER}"),
            })
        };
        let reviews: Vec<Value> = reviews.iter().enumerate().map(review).collect();
        self.world.write("reviews.json", Value::from(reviews).to_string());
    }

    /// `policyc ci` as in GitHub Actions on a pull request.
    pub fn ci(&self, arguments: &[&str]) -> (Done, Value) {
        self.payload();
        self.ci_on("pull_request", arguments)
    }

    /// The same on any event whose payload was written.
    pub fn ci_on(&self, event: &str, arguments: &[&str]) -> (Done, Value) {
        let path = self.world.at("event.json");
        let environment =
            [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", event), ("GITHUB_EVENT_PATH", path.to_str().unwrap())];
        let all = [&["ci", "--json", "ci.json"], arguments].concat();
        let done = self.world.run_with(&all, &environment, "");
        let report = std::fs::read_to_string(self.world.at("ci.json")).unwrap_or_else(|_| "null".to_owned());
        let report: Value = serde_json::from_str(&report).unwrap();
        let wrong: Vec<String> = SCHEMA.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(report.is_null() || wrong.is_empty(), "{wrong:#?}");
        (done, report)
    }
}

pub const FACTS: [&str; 4] = ["--forge", "pull.json", "--forge", "reviews.json"];

impl Forge {
    /// A pull request to this project's own policies.
    pub fn of_project(change: impl FnOnce(&World)) -> Self {
        let world = World::of_project();
        world.commit();
        Self::branch(world, change)
    }
}
