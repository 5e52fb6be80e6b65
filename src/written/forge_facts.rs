use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a forge said about pull requests and their reviews, the same for GitHub and GitLab: written by `policyc forge
/// fetch`, read with `--forge FILE`. All reviews of the pull requests that it names are in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "policyc facts of a forge")]
pub struct ForgeFacts {
    /// Always `policyc.forge/v1`.
    #[schemars(extend("const" = "policyc.forge/v1"))]
    pub schema: String,
    /// Which forge it is; accounts are `github:login` or `gitlab:login`.
    pub forge: ForgeName,
    /// The host that people meet, such as `github.com`.
    #[schemars(length(min = 1))]
    pub host: String,
    /// Owner and name, such as `acme/policies`; at GitLab there may be several groups.
    #[schemars(length(min = 3))]
    pub repository: String,
    /// Pull requests (merge requests), by number.
    pub pulls: Vec<ForgePull>,
    /// Their reviews, by pull request and id.
    pub reviews: Vec<ForgeReview>,
}

/// A forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ForgeName {
    /// GitHub, also run by a company.
    GitHub,
    /// GitLab, also run by a company.
    GitLab,
}

/// A pull request as it was at `updated_at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgePull {
    /// Its number in the repository.
    pub number: u64,
    /// Whether it can still be merged.
    pub state: ForgePullState,
    /// Whether it was merged; then it is closed.
    pub merged: bool,
    /// Whether it is not up for review.
    pub draft: bool,
    /// The commit on the base branch that brought it there; null unless merged.
    pub merge_commit: Option<String>,
    /// What is to be merged.
    pub head: ForgeBranch,
    /// Where to.
    pub base: ForgeBranch,
    /// The login of who opened it; null: not known.
    pub author: Option<String>,
    /// The login of who merged it; null: not known.
    pub merged_by: Option<String>,
    /// The title.
    pub title: String,
    /// The page of it; empty: not known.
    pub url: String,
    /// When any of this changed last (RFC 3339).
    #[schemars(extend("format" = "date-time"))]
    pub updated_at: Option<String>,
}

/// Whether a pull request can still be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForgePullState {
    /// It can.
    Open,
    /// It is merged or given up.
    Closed,
}

/// One side of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgeBranch {
    /// The name of the branch, without `refs/heads/`.
    pub name: String,
    /// The commit, in full; null: not known.
    #[schemars(extend("pattern" = "^([0-9a-f]{40}|[0-9a-f]{64})$"))]
    pub sha: Option<String>,
    /// Owner and name of its repository; null: it is gone or not known.
    pub repository: Option<String>,
}

/// A review of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgeReview {
    /// The number of the pull request.
    pub pull: u64,
    /// The forge's own number; later reviews have higher ones.
    pub id: u64,
    /// The login of the reviewer; null: the account is gone.
    pub login: Option<String>,
    /// Whether the account is a program's.
    pub bot: bool,
    /// What it says, or that it was taken back.
    pub state: ForgeReviewState,
    /// The commit that it is about, in full; null: not known, so it counts for nothing.
    #[schemars(extend("pattern" = "^([0-9a-f]{40}|[0-9a-f]{64})$"))]
    pub commit: Option<String>,
    /// When (RFC 3339); null: not known.
    #[schemars(extend("format" = "date-time"))]
    pub submitted_at: Option<String>,
    /// Whether the reviewer may write to the repository; null: the forge did not say, and `author_association` decides.
    pub write_access: Option<bool>,
    /// What the reviewer is to the repository, in the forge's word; null: not said.
    pub author_association: Option<String>,
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForgeReviewState {
    /// Yes.
    Approved,
    /// No.
    ChangesRequested,
    /// Neither.
    Commented,
    /// Taken back, whatever it was.
    Dismissed,
    /// Not handed in yet.
    Pending,
}
