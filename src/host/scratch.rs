use std::fs::File;
use std::io;

/// An empty file without a name, gone when it is closed: room for what does not fit into memory.
///
/// # Errors
/// When there is no room.
pub fn scratch() -> io::Result<File> {
    tempfile::tempfile()
}

/// How many threads the machine works with at once.
#[must_use]
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
