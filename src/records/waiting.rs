use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};

use super::draft::Draft;
use super::item::{Found, Item, Place};

/// How many calls may stand behind one whose result has not come.
const MOST: usize = 10_000;

/// Calls in the order of the log, held back until their result has come or cannot come any more.
pub(super) struct Waiting<'t> {
    take: &'t mut dyn FnMut(Item),
    held: VecDeque<Held>,
    /// How many were let go.
    gone: usize,
    /// The rank of the call that waits for the result of a key.
    open: HashMap<String, usize>,
    told: HashSet<u64>,
    hasher: RandomState,
}

struct Held {
    place: Place,
    what: What,
}

enum What {
    Call { draft: Box<Draft>, waits: bool },
    Told(Found),
}

impl<'t> Waiting<'t> {
    /// Nothing yet; what comes is handed to `take`.
    pub fn new(take: &'t mut dyn FnMut(Item)) -> Self {
        let (held, open, told) = Default::default();
        Self { take, held, gone: 0, open, told, hasher: RandomState::new() }
    }

    /// A call; with a key, its result is waited for.
    pub fn call(&mut self, place: Place, draft: Draft, key: Option<String>) {
        let waits = key.is_some();
        if let Some(key) = key {
            self.give_up(&key);
            self.open.insert(key, self.gone + self.held.len());
        }
        let what = What::Call { draft: Box::new(draft), waits };
        self.held.push_back(Held { place, what });
        self.flush();
    }

    /// Another call comes with the same key: whose result comes next is the later one's.
    fn give_up(&mut self, key: &str) {
        let rank = self.open.remove(key);
        let held = rank.and_then(|rank| rank.checked_sub(self.gone)).and_then(|at| self.held.get_mut(at));
        if let Some(Held { what: What::Call { draft, waits }, .. }) = held {
            *waits = false;
            draft.doubt("a later call bears the same id; no result is taken".to_owned());
        }
    }

    /// The result of the call of a key; `false` when no such call waits.
    pub fn answer(&mut self, key: &str, tell: impl FnOnce(&mut Draft)) -> bool {
        let rank = self.open.remove(key);
        let held = rank.and_then(|rank| rank.checked_sub(self.gone)).and_then(|at| self.held.get_mut(at));
        let Some(Held { what: What::Call { draft, waits }, .. }) = held else { return false };
        tell(draft);
        *waits = false;
        self.flush();
        true
    }

    /// Something that cannot be read.
    pub fn unreadable(&mut self, place: Place, why: impl Into<String>) {
        self.tell(place, Found::Unreadable(why.into()));
    }

    /// A call that was told before.
    pub fn repeated(&mut self, place: Place) {
        self.tell(place, Found::Repeated);
    }

    fn tell(&mut self, place: Place, found: Found) {
        self.held.push_back(Held { place, what: What::Told(found) });
        self.flush();
    }

    /// A mark of what tells a call apart from others.
    pub fn mark(&self, of: &[&str]) -> u64 {
        self.hasher.hash_one(of)
    }

    /// Whether a call of this mark was told.
    pub fn knows(&self, mark: u64) -> bool {
        self.told.contains(&mark)
    }

    /// Remembers that a call of this mark was told.
    pub fn remember(&mut self, mark: u64) {
        self.told.insert(mark);
    }

    fn flush(&mut self) {
        loop {
            let full = self.held.len() > MOST;
            match self.held.front_mut() {
                None => return,
                Some(Held { what: What::Call { draft, waits: true }, .. }) => {
                    if !full {
                        return;
                    }
                    draft.doubt(format!("no result came within {MOST} records"));
                }
                Some(_) => {}
            }
            self.let_go();
        }
    }

    fn let_go(&mut self) {
        let Some(Held { place, what }) = self.held.pop_front() else { return };
        self.gone += 1;
        let found = match what {
            What::Call { draft, .. } => Found::Record(Box::new(draft.finish())),
            What::Told(found) => found,
        };
        (self.take)(Item { place, found });
    }

    /// The log is at its end: no result comes any more.
    pub fn finish(mut self) {
        while !self.held.is_empty() {
            self.let_go();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: usize) -> Place {
        Place { line, part: None }
    }

    #[test]
    fn calls_keep_their_order_and_wait_for_their_results() {
        let mut found = Vec::new();
        let mut take = |item: Item| found.push(item);
        let mut waiting = Waiting::new(&mut take);
        for (line, key) in [(1, "a"), (2, "b"), (3, "a")] {
            waiting.call(place(line), Draft::of_tool(Some("x"), None).unwrap(), Some(key.to_owned()));
        }
        waiting.unreadable(place(4), "no");
        assert!(waiting.answer("a", |draft| draft.failed("late".to_owned())));
        assert!(!waiting.answer("a", |_| ()) && !waiting.answer("c", |_| ()));
        waiting.finish();
        let told: Vec<_> = found.iter().map(|item| item.place.line).collect();
        assert_eq!(told, [1, 2, 3, 4]);
        let errors: Vec<_> =
            found.iter().map(|item| matches!(&item.found, Found::Record(r) if r.action.error.is_some())).collect();
        assert_eq!(errors, [false, false, true, false]);
    }

    #[test]
    fn one_call_without_result_does_not_hold_everything_back() {
        let mut count = 0;
        let mut take = |_: Item| count += 1;
        let mut waiting = Waiting::new(&mut take);
        for line in 0..=MOST {
            let key = (line == 0).then(|| "a".to_owned());
            waiting.call(place(line), Draft::of_tool(Some("x"), None).unwrap(), key);
        }
        assert!(!waiting.answer("a", |_| ()));
        drop(waiting);
        assert_eq!(count, MOST + 1);
    }
}
