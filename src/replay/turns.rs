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

    /// Ends it for all if the thread that holds this panics: the others would wait for its turn for ever.
    pub fn watched(&self) -> Watched<'_, T> {
        Watched(self)
    }

    /// The thing, and whether it was ended early.
    pub fn finish(self) -> (T, bool) {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        (state.thing, state.over)
    }
}

/// See [`Turns::watched`].
pub(super) struct Watched<'t, T>(&'t Turns<T>);

impl<T> Drop for Watched<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.state.lock().unwrap_or_else(PoisonError::into_inner).over = true;
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_panics_keeps_nobody_waiting() {
        let turns = Turns::new(Vec::new());
        let ended = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                turns.take(1, |all| {
                    all.push(1);
                    true
                })
            });
            let failing = scope.spawn(|| {
                let _watched = turns.watched();
                panic!("as a test");
            });
            (waiting.join().unwrap(), failing.join().is_err())
        });
        assert_eq!(ended, (false, true));
        assert!(turns.finish().0.is_empty());
    }
}
