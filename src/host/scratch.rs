use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

/// An empty file without a name, gone when it is closed: room for what does not fit into memory.
///
/// # Errors
/// When there is no room.
pub fn scratch() -> io::Result<File> {
    tempfile::tempfile()
}

/// An empty folder that nobody else can read, gone with the value.
///
/// # Errors
/// When it cannot be made.
pub fn scratch_folder() -> io::Result<tempfile::TempDir> {
    tempfile::tempdir()
}

/// What can be read only once, copied so that it can be read again.
pub struct Copied {
    file: File,
    /// Why the copy ends early, if it does.
    broken: Option<(io::ErrorKind, String)>,
}

impl Copied {
    /// Copies what a reader gives. Where it fails, the copy fails at the same place.
    ///
    /// # Errors
    /// When there is no room.
    pub fn of(reader: &mut dyn BufRead) -> io::Result<Self> {
        let mut copied = Self { file: scratch()?, broken: None };
        loop {
            let piece = match reader.fill_buf() {
                Ok([]) => return Ok(copied),
                Ok(piece) => piece,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    copied.broken = Some((error.kind(), error.to_string()));
                    return Ok(copied);
                }
            };
            io::Write::write_all(&mut copied.file, piece)?;
            let length = piece.len();
            reader.consume(length);
        }
    }

    /// Reads it from its beginning.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn open(&self) -> io::Result<Box<dyn BufRead + Send>> {
        let end = self.broken.clone().map(|(kind, words)| io::Error::new(kind, words));
        let file = At { file: self.file.try_clone()?, offset: 0 };
        Ok(Box::new(BufReader::new(file.chain(End(end)))))
    }
}

/// A file read from a place of its own: handles of one file share theirs, and an earlier reader may not be at its end.
struct At {
    file: File,
    offset: u64,
}

impl Read for At {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let length = std::os::unix::fs::FileExt::read_at(&self.file, into, self.offset)?;
        #[cfg(windows)]
        let length = std::os::windows::fs::FileExt::seek_read(&self.file, into, self.offset)?;
        self.offset += length as u64;
        Ok(length)
    }
}

/// The end of a copy: an error, if there was one.
struct End(Option<io::Error>);

impl Read for End {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// How many threads the machine works with at once.
#[must_use]
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_reads_again_and_breaks_off_where_the_original_did() {
        let broken = io::Error::new(io::ErrorKind::UnexpectedEof, "its end is missing");
        let mut reader = BufReader::new(b"some text".chain(End(Some(broken))));
        let copied = Copied::of(&mut reader).unwrap();
        let mut early = copied.open().unwrap();
        early.read_exact(&mut [0; 3]).unwrap();
        for _ in 0..2 {
            let mut text = String::new();
            let error = copied.open().unwrap().read_to_string(&mut text).unwrap_err();
            assert_eq!((text.as_str(), error.to_string().as_str()), ("some text", "its end is missing"));
        }
    }
}
