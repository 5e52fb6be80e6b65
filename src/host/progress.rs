use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often it is drawn.
const BEAT: Duration = Duration::from_millis(100);
/// Nothing is drawn of what is done sooner.
const PATIENCE: Duration = Duration::from_millis(400);

type Counters = Arc<Mutex<Vec<Arc<AtomicU64>>>>;

/// How far the reading of logs is, drawn on standard error while it is a terminal; taken away at the end.
pub struct Progress {
    counters: Counters,
    ended: Arc<AtomicBool>,
    drawing: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins to draw; `bytes`: how many there are to read, if that is known.
    #[must_use]
    pub fn begin(bytes: Option<u64>) -> Self {
        let (counters, ended) = (Counters::default(), Arc::new(AtomicBool::new(false)));
        let seen = (Arc::clone(&counters), Arc::clone(&ended));
        let drawing =
            std::io::stderr().is_terminal().then(|| std::thread::spawn(move || draw(bytes, &seen.0, &seen.1)));
        Self { counters, ended, drawing }
    }

    /// What is read from now on: the counters of bytes read so far, one a log.
    pub fn watch(&self, counters: Vec<Arc<AtomicU64>>) {
        *self.counters.lock().unwrap_or_else(PoisonError::into_inner) = counters;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(drawing) = self.drawing.take() {
            drawing.thread().unpark();
            let _ = drawing.join();
        }
    }
}

fn draw(bytes: Option<u64>, counters: &Counters, ended: &AtomicBool) {
    std::thread::park_timeout(PATIENCE);
    if ended.load(Ordering::Relaxed) {
        return;
    }
    let bar = bytes.map_or_else(ProgressBar::no_length, ProgressBar::new);
    let look = match bytes {
        Some(_) => "replaying  {bar:30}  {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left",
        None => "replaying  {bytes}  {bytes_per_sec}",
    };
    if let Ok(style) = ProgressStyle::with_template(look) {
        bar.set_style(style);
    }
    while !ended.load(Ordering::Relaxed) {
        let counters = counters.lock().unwrap_or_else(PoisonError::into_inner);
        bar.set_position(counters.iter().map(|counter| counter.load(Ordering::Relaxed)).sum());
        drop(counters);
        std::thread::park_timeout(BEAT);
    }
    bar.finish_and_clear();
}
