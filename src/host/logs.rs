#![expect(clippy::disallowed_methods, reason = "the host is where files are touched")]

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use crate::diag::{Failure, codes};

/// How much is read at once.
const PIECE_BYTES: usize = 1 << 16;

/// A log that is read; one that is packed is unpacked on the way.
pub struct Log {
    /// What stands in it.
    pub reader: Box<dyn BufRead + Send>,
    /// How many bytes it has as it is stored; `None` where that is not known, such as of a pipe.
    pub bytes: Option<u64>,
    /// How many of the stored bytes have been read so far.
    pub consumed: Arc<AtomicU64>,
}

/// The files that some paths mean, ready to be opened: a file means itself, `-` standard input, and a folder all files in
/// it and below, sorted. Hidden files and links in a folder are left out; a file that is named twice is read once.
///
/// # Errors
/// When a path does not exist, or a folder holds no file.
pub fn find_logs(here: &Path, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        let joined = if here == Path::new(".") || path == Path::new("-") { path.clone() } else { here.join(path) };
        if joined == Path::new("-") {
            found.push(joined);
        } else if fs::metadata(&joined).map_err(|error| unreadable(&joined, &error))?.is_dir() {
            found.extend(files_below(&joined)?);
        } else {
            found.push(joined);
        }
    }
    let mut seen = HashSet::new();
    found.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(found)
}

/// The files in a folder and below.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let is_hidden = |entry: &walkdir::DirEntry| entry.file_name().to_string_lossy().starts_with('.');
    let walk = walkdir::WalkDir::new(folder).into_iter().filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry));
    let mut files = Vec::new();
    for entry in walk {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_path_buf();
            unreadable(&path, &error.into())
        })?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    if files.is_empty() {
        let message = format!("the folder `{}` holds no file", folder.display());
        return Err(Failure::new(codes::IO, message)
            .help("name a log, or a folder with logs; hidden files and links in it are left out"));
    }
    files.sort();
    Ok(files)
}

/// Opens a log; `-` is standard input. What is packed with gzip or zstd, told by its first bytes, is unpacked: several
/// members or frames in one file are read one after the other.
///
/// # Errors
/// When it cannot be opened.
pub fn open_log(path: &Path) -> Result<Log, Failure> {
    let consumed = Arc::new(AtomicU64::new(0));
    let (inner, bytes): (Box<dyn Read + Send>, _) = if path == Path::new("-") {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let meta = file.metadata().map_err(|error| unreadable(path, &error))?;
        if meta.is_dir() {
            return Err(Failure::new(codes::IO, format!("cannot read `{}`: it is a folder", path.display())));
        }
        (Box::new(file), meta.is_file().then_some(meta.len()))
    };
    let stored = Counted { inner, consumed: Arc::clone(&consumed) };
    let reader = unpacked(stored).map_err(|error| unreadable(path, &error))?;
    Ok(Log { reader, bytes, consumed })
}

/// A log that is held already; what is packed is unpacked.
///
/// # Errors
/// When it cannot be unpacked.
pub fn log_of(name: &str, bytes: Arc<[u8]>) -> Result<Log, Failure> {
    let consumed = Arc::new(AtomicU64::new(0));
    let length = bytes.len() as u64;
    let stored = Counted { inner: Box::new(Cursor::new(bytes)), consumed: Arc::clone(&consumed) };
    let reader = unpacked(stored).map_err(|error| Failure::new(codes::IO, format!("cannot read `{name}`: {error}")))?;
    Ok(Log { reader, bytes: Some(length), consumed })
}

impl Log {
    /// The beginning of what stands in it, up to so many bytes; reading begins with them all the same. An error behind
    /// them shows when reading comes there.
    pub fn beginning(&mut self, most: usize) -> Vec<u8> {
        let mut rest: Box<dyn BufRead + Send> = Box::new(io::empty());
        std::mem::swap(&mut rest, &mut self.reader);
        let mut head = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX);
        let failed = rest.by_ref().take(limit).read_to_end(&mut head).err();
        self.reader = Box::new(Again { head: Cursor::new(head.clone()), failed, rest });
        head
    }
}

/// How a log is packed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// What the first bytes say; `None`: more of them are needed.
fn packing(head: &[u8]) -> Option<Packing> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    // A frame that is passed over may come first: sixteen numbers mark those.
    const PASSED_OVER: [u8; 3] = [0x2a, 0x4d, 0x18];
    if head.starts_with(&GZIP) {
        return Some(Packing::Gzip);
    }
    let skips = head.first().is_some_and(|first| first & 0xf0 == 0x50);
    let Some(rest) = head.get(1..4) else {
        let may_skip = skips && PASSED_OVER.starts_with(head.get(1..).unwrap_or_default());
        return (!may_skip && !GZIP.starts_with(head) && !ZSTD.starts_with(head)).then_some(Packing::Plain);
    };
    let is_zstd = head.starts_with(&ZSTD) || (skips && rest == PASSED_OVER);
    Some(if is_zstd { Packing::Zstd } else { Packing::Plain })
}

/// Unpacks what is packed. No more is waited for than tells how it is packed, so that a pipe is read as it comes.
fn unpacked(mut stored: Counted) -> io::Result<Box<dyn BufRead + Send>> {
    let mut head = Vec::new();
    let mut piece = vec![0; PIECE_BYTES];
    let packing = loop {
        let length = match stored.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read?,
        };
        head.extend_from_slice(piece.get(..length).unwrap_or_default());
        match packing(&head) {
            Some(packing) => break packing,
            None if length == 0 => break Packing::Plain,
            None => {}
        }
    };
    let stored = BufReader::with_capacity(PIECE_BYTES, Cursor::new(head).chain(stored));
    Ok(match packing {
        Packing::Plain => Box::new(stored),
        Packing::Gzip => Box::new(buffered(MultiGzDecoder::new(stored), "gzip")),
        Packing::Zstd => Box::new(buffered(zstd::Decoder::with_buffer(stored)?, "zstd")),
    })
}

fn buffered<R: Read>(inner: R, how: &'static str) -> BufReader<Unpacked<R>> {
    BufReader::with_capacity(PIECE_BYTES, Unpacked { inner, how })
}

/// Counts the bytes that were read.
struct Counted {
    inner: Box<dyn Read + Send>,
    consumed: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(into)?;
        self.consumed.fetch_add(u64::try_from(length).unwrap_or(0), Ordering::Relaxed);
        Ok(length)
    }
}

/// Tells in words what is wrong with a packed log.
struct Unpacked<R> {
    inner: R,
    how: &'static str,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.inner.read(into).map_err(|error| {
            let words = match error.kind() {
                ErrorKind::Interrupted => return error,
                ErrorKind::UnexpectedEof => {
                    format!("the log is packed with {} and breaks off here: its end is missing", self.how)
                }
                _ => format!("the log is packed with {} and cannot be unpacked from here on ({error})", self.how),
            };
            io::Error::new(error.kind(), words)
        })
    }
}

/// What was looked at already, then the rest.
struct Again {
    head: Cursor<Vec<u8>>,
    failed: Option<io::Error>,
    rest: Box<dyn BufRead + Send>,
}

impl Again {
    fn is_past_head(&self) -> bool {
        self.head.position() >= self.head.get_ref().len() as u64
    }
}

impl Read for Again {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.is_past_head() {
            return self.head.read(into);
        }
        // Asked directly: large pieces then go past every buffer.
        self.failed.take().map_or_else(|| self.rest.read(into), Err)
    }
}

impl BufRead for Again {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if !self.is_past_head() {
            return self.head.fill_buf();
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.rest.fill_buf(),
        }
    }

    fn consume(&mut self, length: usize) {
        if self.is_past_head() {
            self.rest.consume(length);
        } else {
            self.head.consume(length);
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let name = if path == Path::new("-") { "standard input".to_owned() } else { format!("`{}`", path.display()) };
    Failure::new(codes::IO, format!("cannot read {name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn open(bytes: &[u8]) -> Log {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        open_log(file.path()).unwrap()
    }

    /// What can be read, and the error at its end.
    fn read(mut log: Log) -> (Vec<u8>, Option<String>) {
        let mut bytes = Vec::new();
        let error = log.reader.read_to_end(&mut bytes).err();
        (bytes, error.map(|error| error.to_string()))
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn text() -> Vec<u8> {
        (0..20_000).flat_map(|line| format!("{{\"line\": {}}}\n", line * 7919 % 10_007).into_bytes()).collect()
    }

    #[test]
    fn what_is_packed_is_told_by_its_first_bytes() {
        let text = text();
        let zstd = zstd::encode_all(&text[..], 3).unwrap();
        let skipped = [&[0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9][..], &zstd].concat();
        for (packed, times) in [
            (text.clone(), 1),
            (gzip(&text), 1),
            ([gzip(&text), gzip(&text)].concat(), 2),
            (zstd.clone(), 1),
            ([zstd.clone(), zstd].concat(), 2),
            (skipped, 1),
        ] {
            let mut log = open(&packed);
            assert_eq!(log.bytes, Some(packed.len() as u64));
            assert_eq!(log.beginning(10), text[..10]);
            let consumed = Arc::clone(&log.consumed);
            assert!(read(log) == (text.repeat(times), None));
            assert_eq!(consumed.load(Ordering::Relaxed), packed.len() as u64);
        }
        for short in ["", "(", "P", "{", "\x1f", "\x1fa"] {
            assert_eq!(read(open(short.as_bytes())), (short.as_bytes().to_vec(), None));
        }
    }

    #[test]
    fn what_came_before_a_break_is_read() {
        let text = text();
        for packed in [gzip(&text), zstd::encode_all(&text[..], 3).unwrap()] {
            for end in [packed.len() / 2, packed.len() - 1] {
                let mut log = open(&packed[..end]);
                let head = log.beginning(text.len() * 2);
                let (found, error) = read(log);
                assert_eq!(head, found);
                // A block of zstd is told as a whole.
                assert!(text.starts_with(&found) && (!found.is_empty() || packed[0] == 0x28), "{end}");
                assert!(
                    error.as_ref().is_some_and(|error| error.contains("breaks off here")),
                    "{end} {error:?} {}",
                    packed.len()
                );
            }
        }
        let mut broken = gzip(&text);
        let at = broken.len() - 8;
        broken[at] ^= 1;
        assert!(read(open(&broken)).1.unwrap().contains("cannot be unpacked from here on"));
    }

    #[test]
    fn folders_mean_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        for path in ["b/1", "a", ".hidden", "b/.git/2", "b/0"] {
            write(path);
        }
        fs::create_dir(folder.path().join("empty")).unwrap();
        let find = |paths: &[&str]| {
            let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            let found = find_logs(folder.path(), &paths).map_err(|failure| failure.message.clone())?;
            let bare = |path: PathBuf| path.strip_prefix(folder.path()).unwrap_or(&path).display().to_string();
            Ok::<_, String>(found.into_iter().map(bare).collect::<Vec<_>>())
        };
        assert_eq!(find(&["b", "."]).unwrap(), ["b/0", "b/1", "a"]);
        assert_eq!(find(&["-", "a", ".hidden"]).unwrap(), ["-", "a", ".hidden"]);
        assert!(find(&["empty"]).unwrap_err().contains("holds no file"));
        assert!(find(&["gone"]).unwrap_err().contains("cannot read"));
    }
}
