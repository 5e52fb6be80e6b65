//! From a story to a drawn history.

use std::collections::{BTreeMap, BTreeSet};

use crate::changing::{Changer, SETTINGS, Tree, settings};
use crate::drawn::{self, Drawn, Files, Head};
use crate::files::{Item, Sort};
use crate::generator::{Change, How, Op, Story, Words};

const AUTHORS: [&str; 6] = [
    "ada@example.com",
    "Bob@Example.com",
    "bob@example.com",
    "cyn@example.com",
    "ADA@example.com",
    "dee+x@example.com",
];

struct Point {
    parents: Vec<usize>,
    tree: Tree,
    author: String,
    message: String,
    date: i64,
}

struct Branch {
    name: String,
    tip: usize,
}

struct Teller {
    points: Vec<Point>,
    /// The first is the protected one.
    branches: Vec<Branch>,
    current: usize,
    refs: BTreeMap<String, usize>,
    changer: Changer,
}

/// Draws the history that a story tells.
pub fn tell(story: &Story) -> Drawn {
    let mut teller = Teller {
        points: Vec::new(),
        branches: Vec::new(),
        current: 0,
        refs: BTreeMap::new(),
        changer: Changer::default(),
    };
    let mut tree = Tree::from([(SETTINGS.to_owned(), settings(0))]);
    teller.change(&mut tree, &story.begin);
    let words = Words { author: 0, co_author: 0, message: 0, number: 0, date: 0 };
    teller.point(Vec::new(), tree, &words, None);
    teller.branches.push(Branch { name: "main".to_owned(), tip: 0 });
    for op in &story.ops {
        teller.tell(op);
    }
    teller.end(story)
}

impl Teller {
    fn change(&mut self, tree: &mut Tree, changes: &[Change]) {
        for change in changes {
            self.changer.apply(tree, change);
        }
    }

    fn point(&mut self, parents: Vec<usize>, tree: Tree, words: &Words, claim: Option<String>) -> usize {
        let n = words.number % 4 + 1;
        let mut message = claim.unwrap_or_else(|| match words.message % 16 {
            0 => format!("Tighten (#{n})"),
            1 => format!("Merge pull request #{n} from ada/topic\n\nTighten"),
            2 => format!("Merge branch 'x' into 'main'\n\nTighten\n\nSee merge request a/b!{n}"),
            3 => format!("Tighten\n\nCloses (#{n})"),
            4 => "Tighten (#x)".to_owned(),
            _ => "Tighten".to_owned(),
        });
        message.push_str(match words.co_author % 10 {
            0 => "\n\nCo-authored-by: Cyn <CYN@example.com>",
            1 => "\n\nco-authored-by: Eve <eve@example.com>\nCo-Authored-By: Bob B. <bob@example.com>",
            2 => "\n\nReviewed-by: Flo <flo@example.com>\nCo-authored-by: Eve <Eve@example.com>",
            3 => "\n\nCo-authored-by: nobody",
            _ => "",
        });
        let author = AUTHORS[usize::from(words.author) % AUTHORS.len()].to_owned();
        let date = 1_700_000_000 + i64::from(words.date) * 977;
        self.points.push(Point { parents, tree, author, message, date });
        self.points.len() - 1
    }

    fn tip(&self) -> usize {
        self.branches[self.current].tip
    }

    fn tell(&mut self, op: &Op) {
        match op {
            Op::Commit(changes, words) => {
                let tip = self.tip();
                let mut tree = self.points[tip].tree.clone();
                self.change(&mut tree, changes);
                self.branches[self.current].tip = self.point(vec![tip], tree, words, None);
            }
            Op::Branch { from } => {
                let tip = if *from < 192 { self.tip() } else { usize::from(*from) % self.points.len() };
                self.branch(tip);
            }
            Op::Switch { to } => {
                self.current = if *to < 96 { 0 } else { usize::from(*to) % self.branches.len() };
            }
            Op::Root { changes, words } => {
                let mut tree = Tree::new();
                if words.number % 4 != 0 {
                    tree.insert(SETTINGS.to_owned(), settings(words.number));
                }
                self.change(&mut tree, changes);
                let tip = self.point(Vec::new(), tree, words, None);
                self.branch(tip);
            }
            Op::Pick { commit, words } | Op::Revert { commit, words } => {
                let from = usize::from(*commit) % self.points.len();
                let none = Tree::new();
                let before = self.points[from].parents.first().map_or(&none, |parent| &self.points[*parent].tree);
                let (before, after) = match op {
                    Op::Pick { .. } => (before, &self.points[from].tree),
                    _ => (&self.points[from].tree, before),
                };
                let tip = self.tip();
                let tree = moved(&self.points[tip].tree, before, after);
                self.branches[self.current].tip = self.point(vec![tip], tree, words, None);
            }
            Op::Pull { branch, number, lab } => {
                let tip = self.branches[usize::from(*branch) % self.branches.len()].tip;
                let place = if *lab { "merge-requests" } else { "pull" };
                self.refs.insert(format!("refs/{place}/{}/head", number % 4 + 1), tip);
            }
            Op::Remote { branch } => {
                let Branch { name, tip } = &self.branches[usize::from(*branch) % self.branches.len()];
                if *tip != self.branches[0].tip {
                    self.refs.insert(format!("refs/remotes/origin/{name}-far"), *tip);
                }
            }
            Op::Merge { home, from, how, resolve, evil, pull, words } => {
                if *home {
                    self.current = 0;
                }
                let from: BTreeSet<usize> = from.iter().map(|one| usize::from(*one) % self.branches.len()).collect();
                let mut from: Vec<usize> = from.into_iter().filter(|one| *one != self.current).collect();
                if resolve % 2 == 0 {
                    from.reverse();
                }
                if from.is_empty() {
                    return;
                }
                let claim = pull.map(|number| self.open(from[0], number, *how));
                self.merge(&from, *how, *resolve, evil, claim, words);
            }
        }
    }

    fn branch(&mut self, tip: usize) {
        let name = format!("topic/{}", self.branches.len());
        self.branches.push(Branch { name, tip });
        self.current = self.branches.len() - 1;
    }

    /// Opens a pull request for a branch; the message that merges it.
    fn open(&mut self, branch: usize, number: u8, how: How) -> String {
        let (lab, number) = (number.is_multiple_of(4), number % 16 + 1);
        let place = if lab { "merge-requests" } else { "pull" };
        self.refs.insert(format!("refs/{place}/{number}/head"), self.branches[branch].tip);
        match how {
            _ if lab => format!("Merge branch 'x' into 'main'\n\nWords\n\nSee merge request group/project!{number}"),
            How::Squash | How::Rebase => format!("Change things (#{number})"),
            _ => format!("Merge pull request #{number} from ada/topic\n\nChange things"),
        }
    }

    fn merge(&mut self, from: &[usize], how: How, resolve: u8, evil: &[Change], claim: Option<String>, words: &Words) {
        let tip = self.tip();
        let mut tips = vec![tip];
        for branch in from {
            let other = self.branches[*branch].tip;
            if !tips.contains(&other) {
                tips.push(other);
            }
        }
        let Some(first) = tips.get(1).copied() else { return };
        let ahead = self.reachable(first).contains(&tip);
        if matches!(how, How::Forward) && ahead {
            self.branches[self.current].tip = first;
            return;
        }
        if matches!(how, How::Rebase) {
            let known = self.reachable(tip);
            let mut commits: Vec<usize> = self.reachable(first).difference(&known).copied().collect();
            commits.retain(|commit| self.points[*commit].parents.len() == 1);
            let mut at = tip;
            for commit in commits {
                let parent = self.points[commit].parents[0];
                let tree = moved(&self.points[at].tree, &self.points[parent].tree, &self.points[commit].tree);
                let author = self.points[commit].author.clone();
                at = self.point(vec![at], tree, words, claim.clone());
                self.points[at].author = author;
            }
            self.branches[self.current].tip = at;
            return;
        }
        let mut tree = self.points[tip].tree.clone();
        for other in &tips[1..] {
            let base = self.reachable(tip).intersection(&self.reachable(*other)).max().copied();
            let base = base.map(|base| self.points[base].tree.clone()).unwrap_or_default();
            tree = merged(&base, &tree, &self.points[*other].tree, resolve);
        }
        let other_way = merged(&self.base(tip, first), &self.points[first].tree, &self.points[tip].tree, resolve / 4);
        self.change(&mut tree, evil);
        match how {
            How::Squash => self.branches[self.current].tip = self.point(vec![tip], tree, words, claim),
            How::Foxtrot => {
                // The branch takes this one in, and this one then follows the branch.
                let at = self.point(vec![first, tip], tree, words, claim);
                self.branches[from[0]].tip = at;
                self.branches[self.current].tip = at;
            }
            How::CrissCross => {
                let back = Words { author: words.author.wrapping_add(1), ..words.clone() };
                self.branches[from[0]].tip = self.point(vec![first, tip], other_way, &back, None);
                self.branches[self.current].tip = self.point(tips, tree, words, claim);
            }
            _ => self.branches[self.current].tip = self.point(tips, tree, words, claim),
        }
    }

    fn base(&self, one: usize, other: usize) -> Tree {
        let base = self.reachable(one).intersection(&self.reachable(other)).max().copied();
        base.map(|base| self.points[base].tree.clone()).unwrap_or_default()
    }

    fn reachable(&self, from: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            if reached.insert(at) {
                open.extend(&self.points[at].parents);
            }
        }
        reached
    }

    fn end(mut self, story: &Story) -> Drawn {
        let at = usize::from(story.head) % self.branches.len();
        let (head, tip) = (self.branches[at].name.clone(), self.branches[at].tip);
        let (head, tip) = if story.detached {
            let at = usize::from(story.head) % self.points.len();
            (Head::Detached(at), at)
        } else {
            (Head::Branch(head), tip)
        };
        let mut work = self.points[tip].tree.clone();
        self.change(&mut work, &story.work);
        // Commands look for readable settings in the work tree; a submodule there is a folder.
        let text = work.get(SETTINGS).map(|item| item.blob().bytes);
        if text.is_none_or(|text| crate::documents::yaml(&String::from_utf8_lossy(&text)).is_none() || unread(&text)) {
            work.insert(SETTINGS.to_owned(), settings(0));
        }
        work.retain(|_, item| item.sort != Sort::Submodule);
        let folder = if story.below { "teams/pay/" } else { "" };
        let files = |tree: &Tree| -> Files {
            let below = tree.iter().map(|(path, item)| (format!("{folder}{path}"), item.blob()));
            let outside = ("outside.txt".to_owned(), Item::other("outside\n").blob());
            below.chain([outside]).collect()
        };
        let commits = self.points.iter().map(|point| drawn::Commit {
            parents: point.parents.clone(),
            files: files(&point.tree),
            author: point.author.clone(),
            message: point.message.clone(),
            date: point.date,
        });
        let mut refs = self.refs.clone();
        refs.extend(self.branches.iter().map(|branch| (format!("refs/heads/{}", branch.name), branch.tip)));
        let (commits, work) = (commits.collect(), files(&work));
        Drawn { commits, refs, head, work, folder: folder.to_owned(), packed: story.packed }
    }
}

fn unread(settings: &[u8]) -> bool {
    settings.starts_with(b"documents: 7") || settings.starts_with(b"documents: {")
}

/// What changed from `before` to `after`, done to a tree.
fn moved(tree: &Tree, before: &Tree, after: &Tree) -> Tree {
    let mut tree = tree.clone();
    for path in before.keys().chain(after.keys()).filter(|path| before.get(*path) != after.get(*path)) {
        match after.get(path) {
            Some(item) => tree.insert(path.clone(), item.clone()),
            None => tree.remove(path),
        };
    }
    tree
}

/// A merge by paths; where both sides changed a path, it is resolved somehow.
fn merged(base: &Tree, ours: &Tree, theirs: &Tree, resolve: u8) -> Tree {
    let paths: BTreeSet<&String> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
    let mut tree = Tree::new();
    for path in paths {
        let (was, one, other) = (base.get(path), ours.get(path), theirs.get(path));
        let item = if one == other || other == was {
            one.cloned()
        } else if one == was {
            other.cloned()
        } else {
            resolved(one, other, resolve)
        };
        if let Some(item) = item {
            tree.insert(path.clone(), item);
        }
    }
    tree
}

fn resolved(one: Option<&Item>, other: Option<&Item>, resolve: u8) -> Option<Item> {
    let mut item = match resolve % 6 {
        0 | 1 => return one.cloned(),
        2 => return other.cloned(),
        _ => one.or(other)?.clone(),
    };
    if let Sort::Page(page) = &mut item.sort {
        match resolve % 6 {
            3 => page.wrong = 4,
            4 => page.documents[0].more = page.documents[0].more.wrapping_add(1),
            _ => page.documents[0].budget = page.documents[0].budget.wrapping_add(2),
        }
    }
    Some(item)
}
