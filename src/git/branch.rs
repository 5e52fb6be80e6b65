use git2::Reference;

use super::{Database, ObjectId, failure};
use crate::diag::{Failure, codes};

/// The protected branch: its first parents are the versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    /// Its name, as the settings or the command line have it.
    pub name: String,
    /// The reference that was taken for it.
    pub reference: String,
    /// Where it stands.
    pub tip: ObjectId,
}

/// A reference and the commit it leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Head {
    /// The full name, such as `refs/heads/main`.
    pub reference: String,
    /// The commit.
    pub commit: ObjectId,
}

impl Protected {
    /// The branch's name without what tells where it is kept: `main` of `refs/remotes/origin/main`.
    #[must_use]
    pub fn short(&self) -> &str {
        let remote = self.reference.strip_prefix("refs/remotes/").and_then(|rest| rest.split_once('/'));
        let local = self.reference.strip_prefix("refs/heads/");
        local.or(remote.map(|(_, name)| name)).unwrap_or(&self.name)
    }
}

impl Database {
    /// The branch of this name: the local one, else the only one that remotes have, or that of `origin`.
    ///
    /// # Errors
    /// When there is none, or remotes disagree and none is called `origin`.
    pub fn protected(&self, name: &str) -> Result<Protected, Failure> {
        let found = |head: Head| Protected { name: name.to_owned(), reference: head.reference, tip: head.commit };
        if let Some(exact) = name.starts_with("refs/").then(|| self.head_of(name)).transpose()?.flatten() {
            return Ok(found(exact));
        }
        let local = self.head_of(&format!("refs/heads/{name}"))?;
        // `--branch origin/main` names a remote's branch; a local branch may bear the same name.
        let remote = self.head_of(&format!("refs/remotes/{name}"))?;
        match (local, remote) {
            (Some(local), Some(remote)) if local.commit != remote.commit => {
                Err(ambiguous(name, &[local.reference, remote.reference]))
            }
            (Some(head), _) | (None, Some(head)) => Ok(found(head)),
            (None, None) => self.of_remotes(name).map(found),
        }
    }

    fn of_remotes(&self, name: &str) -> Result<Head, Failure> {
        let remotes = self.repository.remotes().map_err(|error| failure("the remotes cannot be read", &error))?;
        let mut heads = Vec::new();
        for remote in &remotes {
            let Ok(Some(remote)) = remote else { continue };
            if let Some(head) = self.head_of(&format!("refs/remotes/{remote}/{name}"))? {
                if remote == "origin" {
                    return Ok(head);
                }
                heads.push(head);
            }
        }
        match heads.as_slice() {
            [] => Err(self.missing(name)),
            [first, others @ ..] if others.iter().all(|other| other.commit == first.commit) => Ok(first.clone()),
            several => Err(ambiguous(name, &several.iter().map(|head| head.reference.clone()).collect::<Vec<_>>())),
        }
    }

    fn missing(&self, name: &str) -> Failure {
        let empty = self.repository.is_empty().unwrap_or(false);
        if empty {
            let message = "this repository has no commit yet, so it has no versions";
            return Failure::new(codes::NO_BRANCH, message).help(format!("commit the policies on `{name}`"));
        }
        let message = format!("there is no branch `{name}` here, so nothing can be said about versions");
        let help = format!(
            "name the protected branch under `branch` in policyc.yaml, say it with --branch, or fetch it: `git fetch origin {name}:refs/remotes/origin/{name}`"
        );
        Failure::new(codes::NO_BRANCH, message).help(help)
    }

    /// The commit that a reference leads to; `None` where there is no such reference.
    ///
    /// # Errors
    /// When it cannot be read, or leads to something that is no commit.
    pub fn head_of(&self, reference: &str) -> Result<Option<Head>, Failure> {
        if !Reference::is_valid_name(reference) {
            return Ok(None);
        }
        match self.repository.find_reference(reference) {
            Ok(found) => {
                match self.head(&found)? {
                    Some(head) => Ok(Some(head)),
                    None => Err(Failure::new(codes::NO_BRANCH, format!("`{reference}` leads to no commit"))
                        .help("name a branch")),
                }
            }
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(failure(&format!("`{reference}` cannot be read"), &error)),
        }
    }

    /// All references that match a pattern such as `refs/pull/*/head`, sorted by name, and the names of those whose object
    /// is not there. Those that lead to something else than a commit are left out: nobody can have written a policy there.
    ///
    /// # Errors
    /// When the references cannot be read.
    pub fn heads(&self, pattern: &str) -> Result<(Vec<Head>, Vec<String>), Failure> {
        let unreadable = |error: git2::Error| failure("the references cannot be read", &error);
        let found = self.repository.references_glob(pattern).map_err(unreadable)?;
        let (mut heads, mut lost) = (Vec::new(), Vec::new());
        for reference in found {
            let reference = reference.map_err(unreadable)?;
            // `refs/remotes/origin/HEAD` only repeats a branch.
            if reference.kind() == Some(git2::ReferenceType::Symbolic) {
                continue;
            }
            match self.head(&reference) {
                Ok(head) => heads.extend(head),
                Err(_) => lost.push(String::from_utf8_lossy(reference.name_bytes()).into_owned()),
            }
        }
        heads.sort();
        Ok((heads, lost))
    }

    /// The names of all references that match a pattern, sorted, whatever they lead to.
    ///
    /// # Errors
    /// When the references cannot be read.
    pub fn names(&self, pattern: &str) -> Result<Vec<String>, Failure> {
        let unreadable = |error: git2::Error| failure("the references cannot be read", &error);
        let mut names = Vec::new();
        for reference in self.repository.references_glob(pattern).map_err(unreadable)? {
            names.push(String::from_utf8_lossy(reference.map_err(unreadable)?.name_bytes()).into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// The commit that is checked out, and the branch; `None` where nothing was committed yet.
    ///
    /// # Errors
    /// When HEAD cannot be read.
    pub fn checked_out(&self) -> Result<Option<Head>, Failure> {
        match self.repository.head() {
            Ok(found) => self.head(&found),
            Err(error) if matches!(error.code(), git2::ErrorCode::UnbornBranch | git2::ErrorCode::NotFound) => Ok(None),
            Err(error) => Err(failure("HEAD cannot be read", &error)),
        }
    }

    /// The commit that a revision of the command line means. A name that two references bear is refused.
    ///
    /// # Errors
    /// When it is unknown or means two things.
    pub fn revision(&self, text: &str) -> Result<ObjectId, Failure> {
        let name = text.split(['~', '^', '@', ':']).next().unwrap_or(text);
        let mut bearers = Vec::new();
        for reference in [format!("refs/tags/{name}"), format!("refs/heads/{name}"), format!("refs/remotes/{name}")] {
            bearers.extend(self.head_of(&reference)?);
        }
        if let [first, others @ ..] = bearers.as_slice()
            && others.iter().any(|other| other.commit != first.commit)
        {
            return Err(ambiguous(name, &bearers.iter().map(|head| head.reference.clone()).collect::<Vec<_>>()));
        }
        let found = self.repository.revparse_single(text).and_then(|object| object.peel_to_commit());
        let commit = found.map_err(|error| super::tree::unknown(text, &error))?;
        commit.id().try_into().map_err(|error| failure("the revision cannot be read", &error))
    }

    /// The newest commit that two revisions have in common, in full.
    ///
    /// # Errors
    /// When one is unknown or means two things, or they have none in common.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<String, Failure> {
        let (first, second) = (self.revision(one)?, self.revision(other)?);
        let found = first.git().and_then(|first| self.repository.merge_base(first, second.git()?));
        let base = found.map_err(|_| {
            let message = format!("`{one}` and `{other}` have no commit in common");
            Failure::new(codes::UNKNOWN_REVISION, message)
                .help("name the commit to compare with; a shallow clone may lack it: `git fetch --unshallow`")
        })?;
        Ok(base.to_string())
    }

    /// The newest commits that both lead to; several where branches were merged crosswise, none for strangers.
    ///
    /// # Errors
    /// When a commit is not there.
    pub fn merge_bases(&self, one: ObjectId, other: ObjectId) -> Result<Vec<ObjectId>, Failure> {
        let found = one.git().and_then(|one| self.repository.merge_bases(one, other.git()?));
        match found {
            Ok(bases) => {
                let ids: Result<Vec<ObjectId>, _> = bases.iter().map(|oid| ObjectId::try_from(*oid)).collect();
                let mut ids = ids.map_err(|error| failure("a merge base cannot be read", &error))?;
                ids.sort();
                Ok(ids)
            }
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(Vec::new()),
            Err(error) => Err(failure("the merge base cannot be found", &error)),
        }
    }

    /// The commit that a reference leads to, over tags; `None` where it leads to something else. What a commit says of
    /// people may be of any form here.
    fn head(&self, reference: &Reference<'_>) -> Result<Option<Head>, Failure> {
        let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
        let failed = |error: git2::Error| failure(&format!("`{name}` cannot be followed"), &error);
        let resolved = reference.resolve().map_err(failed)?;
        let Some(target) = resolved.target() else { return Ok(None) };
        let id = ObjectId::try_from(target).map_err(failed)?;
        let objects = self.objects()?;
        let (_, kind) = objects.read_header(target).map_err(|error| super::database::unreadable(id, &error))?;
        let commit = match kind {
            git2::ObjectType::Commit => id,
            git2::ObjectType::Tag => match resolved.peel_to_commit() {
                Ok(commit) => commit.id().try_into().map_err(failed)?,
                Err(error) if error.code() == git2::ErrorCode::InvalidSpec => return Ok(None),
                Err(error) if error.code() == git2::ErrorCode::Peel => return Ok(None),
                Err(error) => return Err(failed(error)),
            },
            _ => return Ok(None),
        };
        Ok(Some(Head { reference: String::from_utf8_lossy(resolved.name_bytes()).into_owned(), commit }))
    }

    /// The paths that the index has and a sparse work tree leaves out, from the policy repository's root.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn left_out(&self) -> Result<Vec<String>, Failure> {
        /// Git's mark for it, among the extended flags.
        const SKIP_WORKTREE: u16 = 1 << 14;
        let index = self.repository.index().map_err(|error| failure("the Git index cannot be read", &error))?;
        let prefix = self.prefix();
        let below = |entry: git2::IndexEntry| {
            let path = String::from_utf8(entry.path).ok()?;
            let path = if prefix.is_empty() { path } else { path.strip_prefix(&format!("{prefix}/"))?.to_owned() };
            (entry.flags_extended & SKIP_WORKTREE != 0).then_some(path)
        };
        Ok(index.iter().filter_map(below).collect())
    }

    /// The branch that a clone took for the default one of `origin`; `None` where it does not know.
    #[must_use]
    pub fn default_of_origin(&self) -> Option<String> {
        let head = self.repository.find_reference("refs/remotes/origin/HEAD").ok()?;
        let target = String::from_utf8_lossy(head.symbolic_target_bytes()?).into_owned();
        target.strip_prefix("refs/remotes/origin/").map(str::to_owned)
    }

    /// Whether the work tree holds what HEAD has, and nothing beside it but what is ignored.
    ///
    /// # Errors
    /// When it cannot be compared.
    pub fn is_clean(&self) -> Result<bool, Failure> {
        if !self.has_work_tree() {
            return Ok(true);
        }
        let mut options = git2::StatusOptions::new();
        options.include_untracked(true).include_ignored(false).exclude_submodules(true);
        let statuses = self.repository.statuses(Some(&mut options));
        let statuses = statuses.map_err(|error| failure("the work tree cannot be compared with HEAD", &error))?;
        Ok(statuses.is_empty())
    }

    /// The files that are not as HEAD has them, in some folders or at some paths from the policy repository's root; sorted.
    /// What Git ignores is left out.
    ///
    /// # Errors
    /// When the work tree cannot be compared.
    pub fn changed_files(&self, paths: &[String]) -> Result<Vec<String>, Failure> {
        let mut options = git2::StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).include_ignored(false).exclude_submodules(true);
        options.disable_pathspec_match(true);
        for path in paths {
            options.pathspec(self.prefix.join(path));
        }
        let statuses = self.repository.statuses(Some(&mut options));
        let statuses = statuses.map_err(|error| failure("the work tree cannot be compared with HEAD", &error))?;
        let prefix = self.prefix();
        let below = |entry: git2::StatusEntry<'_>| {
            let path = String::from_utf8_lossy(entry.path_bytes()).into_owned();
            if prefix.is_empty() { Some(path) } else { path.strip_prefix(&format!("{prefix}/")).map(str::to_owned) }
        };
        let mut files: Vec<String> = statuses.iter().filter_map(below).collect();
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// The address of `origin`; `None` where there is none.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        let remote = self.repository.find_remote("origin").ok()?;
        remote.url().ok().map(str::to_owned)
    }

    /// The folder of the policy repository on disk.
    #[must_use]
    pub fn work_folder(&self) -> std::path::PathBuf {
        self.repository.workdir().unwrap_or(self.repository.path()).join(&self.prefix)
    }

    /// Whether files are checked out.
    #[must_use]
    pub fn has_work_tree(&self) -> bool {
        self.repository.workdir().is_some()
    }

    /// Whether a commit is another, or one that it follows.
    ///
    /// # Errors
    /// When a commit is not there.
    pub fn is_ancestor(&self, ancestor: ObjectId, of: ObjectId) -> Result<bool, Failure> {
        if ancestor == of {
            return Ok(true);
        }
        let found = of.git().and_then(|of| self.repository.graph_descendant_of(of, ancestor.git()?));
        found.map_err(|error| failure("the history cannot be walked", &error))
    }

    /// Has fetches bring review notes, where there is a remote `origin` and they do not yet; answers whether they do now.
    /// They are kept beside those of this clone, which no fetch overwrites; both are read.
    ///
    /// # Errors
    /// When the configuration cannot be written.
    pub fn fetch_notes(&self) -> Result<bool, Failure> {
        let failed = |error: git2::Error| failure("the remote cannot be set up", &error);
        let remote = match self.repository.find_remote("origin") {
            Ok(remote) => remote,
            Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(false),
            Err(error) => return Err(failed(error)),
        };
        let known = remote.fetch_refspecs().map_err(failed)?;
        let brings = |spec: Result<Option<&str>, _>| matches!(spec, Ok(Some(spec)) if spec.contains(super::NOTES));
        if !known.iter().any(brings) {
            // A pattern, because naming a reference that the remote does not have yet makes every fetch fail.
            let spec = format!("+{0}*:refs/policyc/origin/notes*", super::NOTES);
            self.repository.remote_add_fetch("origin", &spec).map_err(failed)?;
        }
        Ok(true)
    }

    /// What Git is in the middle of, in words; `None`: nothing.
    #[must_use]
    pub fn in_the_middle_of(&self) -> Option<&'static str> {
        use git2::RepositoryState as State;
        match self.repository.state() {
            State::Clean => None,
            State::Merge => Some("a merge"),
            State::Revert | State::RevertSequence => Some("a revert"),
            State::CherryPick | State::CherryPickSequence => Some("a cherry-pick"),
            State::Bisect => Some("a bisection"),
            State::Rebase | State::RebaseInteractive | State::RebaseMerge => Some("a rebase"),
            State::ApplyMailbox | State::ApplyMailboxOrRebase => Some("applying mailed changes"),
        }
    }
}

fn ambiguous(name: &str, bearers: &[String]) -> Failure {
    let message = format!("`{name}` is ambiguous: {} differ", bearers.join(" and "));
    Failure::new(codes::NO_BRANCH, message).help("say which one is meant by its full name, such as refs/heads/main")
}
