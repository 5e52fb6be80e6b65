use std::sync::{Condvar, Mutex, PoisonError};

/// Something that threads use one after the other, in the order of numbers that they were given.
pub(super) struct Turns<T> {
    state: Mutex<Turn<T>>,
    changed: Condvar,
}

struct Turn<T> {
    next: u64,
    over: bool,
    thing: T,
}

impl<T> Turns<T> {
    pub fn new(thing: T) -> Self {
        Self { state: Mutex::new(Turn { next: 0, over: false, thing }), changed: Condvar::new() }
    }

    /// Waits until it is the turn of `number`, then uses the thing; false: it is over for all. Whoever returns false ends it.
    pub fn take(&self, number: u64, with: impl FnOnce(&mut T) -> bool) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |turn: &mut Turn<T>| turn.next != number && !turn.over;
        let mut state = self.changed.wait_while(state, waiting).unwrap_or_else(PoisonError::into_inner);
        if !state.over {
            state.over = !with(&mut state.thing);
            state.next += 1;
        }
        self.changed.notify_all();
        !state.over
    }

    /// The thing, and whether it was ended early.
    pub fn finish(self) -> (T, bool) {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        (state.thing, state.over)
    }
}
