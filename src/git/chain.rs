use std::collections::HashSet;

use rayon::prelude::*;

use super::folders::{Comparison, entry_of};
use super::{Change, Database, Interest, ObjectId};
use crate::diag::Failure;

/// A commit of a first-parent chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The commit.
    pub commit: ObjectId,
    /// Its folder, at the top of the repository.
    tree: ObjectId,
}

/// A first-parent chain, the oldest commit first, down to a commit that is known already or to the very first.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The known commit that the chain goes on from; `None`: it goes down to the first commit.
    pub known: Option<ObjectId>,
    links: Vec<Link>,
    /// The folder of the known commit.
    base: Option<ObjectId>,
}

impl Chain {
    /// How many commits it has, the known one not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// Whether there is no commit that is not known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// The commits, the oldest first.
    pub fn commits(&self) -> impl Iterator<Item = ObjectId> {
        self.links.iter().map(|link| link.commit)
    }
}

/// What one commit of a chain changed among the paths of interest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The commit.
    pub commit: ObjectId,
    /// Its rank in the chain, from 0.
    pub rank: usize,
    /// What it changed, at least one path.
    pub changes: Vec<Change>,
}

/// How many commits one thread looks at before it takes the next: enough to keep folders at hand.
const SEGMENT: usize = 256;

impl Database {
    /// Walks first parents from a commit down to one of the known commits, or to the first.
    ///
    /// # Errors
    /// When a commit is not there.
    pub fn chain(&self, tip: ObjectId, known: &HashSet<ObjectId>) -> Result<Chain, Failure> {
        let objects = self.objects()?;
        let mut links = Vec::new();
        let mut next = Some(tip);
        let mut end = (None, None);
        while let Some(commit) = next {
            let read = Self::links(&objects, commit)?;
            if known.contains(&commit) {
                end = (Some(commit), Some(read.tree));
                break;
            }
            links.push(Link { commit, tree: read.tree });
            next = read.parents.first().copied();
        }
        links.reverse();
        Ok(Chain { known: end.0, links, base: end.1 })
    }

    /// What each commit of a chain changed among the paths of interest; commits that changed none are left out.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn steps(&self, chain: &Chain, interest: &Interest) -> Result<Vec<Step>, Failure> {
        let befores = std::iter::once(chain.base).chain(chain.links.iter().map(|link| Some(link.tree)));
        let pairs: Vec<(usize, Option<ObjectId>, Link)> =
            befores.zip(&chain.links).enumerate().map(|(rank, (before, link))| (rank, before, *link)).collect();
        let changed: Vec<_> = pairs.into_iter().filter(|(_, before, link)| *before != Some(link.tree)).collect();
        if changed.len() <= SEGMENT {
            return self.segment(&changed, interest);
        }
        let place = self.place();
        let segments: Result<Vec<Vec<Step>>, Failure> =
            changed.par_chunks(SEGMENT).map(|segment| place.open()?.segment(segment, interest)).collect();
        Ok(segments?.into_iter().flatten().collect())
    }

    fn segment(&self, commits: &[(usize, Option<ObjectId>, Link)], interest: &Interest) -> Result<Vec<Step>, Failure> {
        let objects = self.objects()?;
        let mut comparison = Comparison::new(&objects, interest);
        let mut steps = Vec::new();
        for (rank, before, link) in commits {
            let before = before.map_or(Ok(None), |tree| comparison.below(tree, &self.prefix))?;
            let after = comparison.below(link.tree, &self.prefix)?;
            comparison.folders(before, after, "")?;
            let changes = comparison.take();
            if !changes.is_empty() {
                steps.push(Step { commit: link.commit, rank: *rank, changes });
            }
        }
        Ok(steps)
    }

    /// The folder of the policy repository in a folder at the top; `None` where it is not there.
    fn below(&self, objects: &git2::Odb<'_>, tree: ObjectId) -> Result<Option<ObjectId>, Failure> {
        let mut folder = tree;
        for part in &self.prefix {
            match entry_of(objects, folder, part.as_encoded_bytes())? {
                Some((id, true)) => folder = id,
                _ => return Ok(None),
            }
        }
        Ok(Some(folder))
    }

    /// What differs among the paths of interest between two commits, either of which may be nothing.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn changes(
        &self,
        before: Option<ObjectId>,
        after: Option<ObjectId>,
        interest: &Interest,
    ) -> Result<Vec<Change>, Failure> {
        let objects = self.objects()?;
        let folder = |commit: Option<ObjectId>| -> Result<Option<ObjectId>, Failure> {
            let Some(commit) = commit else { return Ok(None) };
            self.below(&objects, Self::links(&objects, commit)?.tree)
        };
        let mut comparison = Comparison::new(&objects, interest);
        comparison.folders(folder(before)?, folder(after)?, "")?;
        Ok(comparison.take())
    }

    /// What a path below the policy repository's root holds at a commit: the object, and whether it is a folder.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn at(&self, commit: ObjectId, path: &str) -> Result<Option<ObjectId>, Failure> {
        let objects = self.objects()?;
        let Some(mut id) = self.below(&objects, Self::links(&objects, commit)?.tree)? else { return Ok(None) };
        let mut folder = true;
        for part in path.split('/') {
            let found = if folder { entry_of(&objects, id, part.as_bytes())? } else { None };
            let Some((next, is_folder)) = found else { return Ok(None) };
            (id, folder) = (next, is_folder);
        }
        Ok(Some(id))
    }
}
