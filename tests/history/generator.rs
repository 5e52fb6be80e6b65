//! Histories out of a small language of operations. Every list of operations is a history, so that shrinking is
//! leaving operations out.

use proptest::prelude::*;

#[derive(Clone, Debug)]
pub enum Change {
    Edit {
        file: u8,
        field: u8,
        value: u8,
    },
    Restyle {
        file: u8,
        style: u8,
    },
    Reform {
        file: u8,
        form: u8,
    },
    Rename {
        file: u8,
        to: u8,
    },
    MoveAndEdit {
        file: u8,
        to: u8,
        value: u8,
    },
    Chmod {
        file: u8,
    },
    Delete {
        file: u8,
    },
    Add {
        at: u8,
        id: u8,
        form: u8,
        value: u8,
    },
    /// What was last deleted, as it was, there or elsewhere.
    AddAgain {
        to: Option<u8>,
    },
    AddDocument {
        file: u8,
        id: u8,
        value: u8,
    },
    RemoveDocument {
        file: u8,
    },
    Split {
        file: u8,
        to: u8,
    },
    Join {
        file: u8,
        other: u8,
    },
    Break {
        file: u8,
        how: u8,
    },
    Repair {
        file: u8,
        value: Option<u8>,
    },
    /// The file breaks, and its ids are written into another.
    BreakAndMove {
        file: u8,
        to: u8,
        how: u8,
    },
    Copy {
        file: u8,
        to: u8,
        value: Option<u8>,
    },
    Identify {
        file: u8,
        id: u8,
    },
    Link {
        file: u8,
    },
    Submodule {
        file: u8,
    },
    Documents {
        how: u8,
    },
    BreakSettings {
        how: u8,
    },
    RemoveSettings,
    MendSettings,
    Huge {
        file: u8,
    },
    Latin {
        file: u8,
    },
    Unrelated {
        value: u8,
    },
    Identities {
        value: u8,
    },
}

#[derive(Clone, Debug)]
pub struct Words {
    pub author: u8,
    pub co_author: u8,
    pub message: u8,
    pub number: u8,
    pub date: i16,
}

#[derive(Clone, Copy, Debug)]
pub enum How {
    Merge,
    Forward,
    Squash,
    Rebase,
    Foxtrot,
    CrissCross,
}

#[derive(Clone, Debug)]
pub enum Op {
    Commit(Vec<Change>, Words),
    Branch {
        from: u8,
    },
    Switch {
        to: u8,
    },
    /// Other branches into the protected one, or into the current one.
    Merge {
        home: bool,
        from: Vec<u8>,
        how: How,
        resolve: u8,
        evil: Vec<Change>,
        /// The number of a pull request that points at the branch.
        pull: Option<u8>,
        words: Words,
    },
    Root {
        changes: Vec<Change>,
        words: Words,
    },
    Pick {
        commit: u8,
        words: Words,
    },
    Revert {
        commit: u8,
        words: Words,
    },
    Pull {
        branch: u8,
        number: u8,
        lab: bool,
    },
    Remote {
        branch: u8,
    },
}

#[derive(Clone, Debug)]
pub struct Story {
    pub begin: Vec<Change>,
    pub ops: Vec<Op>,
    pub head: u8,
    pub detached: bool,
    pub work: Vec<Change>,
    pub below: bool,
    pub packed: bool,
}

fn change() -> BoxedStrategy<Change> {
    let n = any::<u8>;
    let maybe = || proptest::option::of(any::<u8>());
    prop_oneof![
        40 => (n(), n(), n()).prop_map(|(file, field, value)| Change::Edit { file, field, value }),
        3 => (n(), n()).prop_map(|(file, style)| Change::Restyle { file, style }),
        3 => (n(), n()).prop_map(|(file, form)| Change::Reform { file, form }),
        3 => (n(), n()).prop_map(|(file, to)| Change::Rename { file, to }),
        2 => (n(), n(), n()).prop_map(|(file, to, value)| Change::MoveAndEdit { file, to, value }),
        1 => n().prop_map(|file| Change::Chmod { file }),
        4 => n().prop_map(|file| Change::Delete { file }),
        8 => (n(), n(), n(), n()).prop_map(|(at, id, form, value)| Change::Add { at, id, form, value }),
        3 => maybe().prop_map(|to| Change::AddAgain { to }),
        3 => (n(), n(), n()).prop_map(|(file, id, value)| Change::AddDocument { file, id, value }),
        1 => n().prop_map(|file| Change::RemoveDocument { file }),
        2 => (n(), n()).prop_map(|(file, to)| Change::Split { file, to }),
        2 => (n(), n()).prop_map(|(file, other)| Change::Join { file, other }),
        6 => (n(), n()).prop_map(|(file, how)| Change::Break { file, how }),
        6 => (n(), maybe()).prop_map(|(file, value)| Change::Repair { file, value }),
        3 => (n(), n(), n()).prop_map(|(file, to, how)| Change::BreakAndMove { file, to, how }),
        1 => (n(), n(), maybe()).prop_map(|(file, to, value)| Change::Copy { file, to, value }),
        2 => (n(), n()).prop_map(|(file, id)| Change::Identify { file, id }),
        1 => n().prop_map(|file| Change::Link { file }),
        1 => n().prop_map(|file| Change::Submodule { file }),
        2 => n().prop_map(|how| Change::Documents { how }),
        2 => n().prop_map(|how| Change::BreakSettings { how }),
        1 => Just(Change::RemoveSettings),
        4 => Just(Change::MendSettings),
        1 => prop_oneof![4 => n().prop_map(|file| Change::Latin { file }), 1 => n().prop_map(|file| Change::Huge { file })],
        2 => n().prop_map(|value| Change::Unrelated { value }),
        1 => n().prop_map(|value| Change::Identities { value }),
    ]
    .boxed()
}

fn words() -> BoxedStrategy<Words> {
    (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>(), any::<i16>())
        .prop_map(|(author, co_author, message, number, date)| Words { author, co_author, message, number, date })
        .boxed()
}

fn changes(most: usize) -> BoxedStrategy<Vec<Change>> {
    proptest::collection::vec(change(), 0..=most).boxed()
}

fn op() -> BoxedStrategy<Op> {
    let n = any::<u8>;
    let how = prop_oneof![
        6 => Just(How::Merge),
        2 => Just(How::Forward),
        4 => Just(How::Squash),
        2 => Just(How::Rebase),
        1 => Just(How::Foxtrot),
        2 => Just(How::CrissCross),
    ];
    let evil = prop_oneof![3 => Just(Vec::new()), 1 => changes(2)];
    let from = prop_oneof![5 => n().prop_map(|one| vec![one]), 1 => proptest::collection::vec(n(), 2..4)];
    let home = proptest::bool::weighted(0.8);
    let merge = (home, from, how, n(), evil, proptest::option::of(n()), words());
    prop_oneof![
        12 => (changes(3), words()).prop_map(|(changes, words)| Op::Commit(changes, words)),
        4 => n().prop_map(|from| Op::Branch { from }),
        3 => n().prop_map(|to| Op::Switch { to }),
        6 => merge.prop_map(|(home, from, how, resolve, evil, pull, words)| Op::Merge { home, from, how, resolve, evil, pull, words }),
        1 => (changes(3), words()).prop_map(|(changes, words)| Op::Root { changes, words }),
        1 => (n(), words()).prop_map(|(commit, words)| Op::Pick { commit, words }),
        1 => (n(), words()).prop_map(|(commit, words)| Op::Revert { commit, words }),
        3 => (n(), n(), any::<bool>()).prop_map(|(branch, number, lab)| Op::Pull { branch, number, lab }),
        1 => n().prop_map(|branch| Op::Remote { branch }),
    ]
    .boxed()
}

/// Histories of at most this many operations.
pub fn stories(most: usize) -> BoxedStrategy<Story> {
    let add = (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>());
    let add = add.prop_map(|(at, id, form, value)| Change::Add { at, id, form, value });
    let begin = proptest::collection::vec(add, 0..6);
    let work = prop_oneof![1 => Just(Vec::new()), 1 => changes(3)];
    let ops = proptest::collection::vec(op(), 1..=most);
    let detached = proptest::bool::weighted(0.2);
    let below = proptest::bool::weighted(0.2);
    (begin, ops, any::<u8>(), detached, work, below, any::<bool>())
        .prop_map(|(begin, ops, head, detached, work, below, packed)| Story {
            begin,
            ops,
            head,
            detached,
            work,
            below,
            packed,
        })
        .boxed()
}
