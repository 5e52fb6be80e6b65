#![expect(clippy::disallowed_methods, reason = "the host is where files are touched")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::diag::{Failure, codes};
use crate::source::{Content, MAX_FILE_BYTES};

/// Reads a file that may be anything; larger ones are not read, links not followed.
///
/// # Errors
/// When it is there and cannot be read. A file that is gone is `None`.
pub fn read_source(path: &Path) -> Result<Option<Content>, Failure> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(failure("read", path, &error)),
    };
    if meta.is_dir() {
        return Ok(None);
    }
    if !meta.is_file() {
        return Ok(Some(Content::Link));
    }
    if meta.len() > MAX_FILE_BYTES {
        return Ok(Some(Content::TooLarge { bytes: meta.len() }));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1);
    let file = File::open(path).map_err(|error| failure("read", path, &error))?;
    // The file may have grown since it was measured.
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failure("read", path, &error))?;
    Ok(Some(Content::decode(bytes)))
}

/// Reads standard input up to the limit.
///
/// # Errors
/// When it cannot be read.
pub fn read_stdin() -> Result<Content, Failure> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::new(codes::IO, format!("standard input cannot be read: {error}")))?;
    Ok(Content::decode(bytes))
}

/// Reads one line from standard input, as far as a thousand bytes; `None` where there is none.
#[must_use]
pub fn read_line() -> Option<String> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(1_000).read_until(b'\n', &mut bytes).ok().filter(|read| *read > 0)?;
    String::from_utf8(bytes).ok()
}

/// Reads standard input, unless it is longer than so many bytes: then `None`.
///
/// # Errors
/// When it cannot be read.
pub fn read_stdin_up_to(most: u64) -> Result<Option<Vec<u8>>, Failure> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::new(codes::IO, format!("standard input cannot be read: {error}")))?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// Reads a file as far as so many bytes and one more, so that a longer one can be told.
///
/// # Errors
/// When it cannot be read.
pub fn read_up_to(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| failure("read", path, &error))?;
    Ok(bytes)
}

/// Appends a line to a file, made if there is none.
///
/// # Errors
/// When it cannot be written.
pub fn append_line(path: &Path, line: &str) -> Result<(), Failure> {
    let fail = |error: io::Error| failure("write", path, &error);
    let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(fail)?;
    // One write, so that lines of several agents do not mix.
    file.write_all(format!("{line}\n").as_bytes()).map_err(fail)
}

/// Writes a file so that at every moment either the old or the new content is there whole.
///
/// What is no plain file keeps what it is: a device or pipe is written into, also through a link such as
/// `/dev/stdout`; a link to anything else is refused, since a stranger's repository may have put it there.
///
/// # Errors
/// When it cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_copy(path, &mut &*bytes)
}

/// The same with all that a reader gives.
///
/// # Errors
/// When it cannot be read or written.
pub fn write_copy(path: &Path, from: &mut dyn Read) -> Result<(), Failure> {
    let fail = |error: io::Error| failure("write", path, &error);
    if fs::symlink_metadata(path).is_ok_and(|meta| !meta.is_file()) {
        let target = fs::metadata(path).map_err(fail)?;
        if target.is_file() || target.is_dir() {
            let message = format!("cannot write `{}`: it is a link or a folder", path.display());
            return Err(Failure::new(codes::IO, message).help("name a plain file"));
        }
        return OpenOptions::new()
            .write(true)
            .open(path)
            .and_then(|mut device| io::copy(from, &mut device))
            .map(drop)
            .map_err(fail);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(fail)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = write_synced(&temporary, from)
        // What may be executed stays so.
        .and_then(|()| fs::metadata(path).map_or(Ok(()), |old| fs::set_permissions(&temporary, old.permissions())))
        .and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(fail(error));
    }
    // The name is safe only when the folder is; some file systems cannot sync a folder, and need not.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

fn write_synced(path: &Path, from: &mut dyn Read) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    io::copy(from, &mut file)?;
    file.sync_all()
}

/// Writes a file that must not be there yet; false, and nothing done, if it is.
///
/// # Errors
/// When it cannot be written.
pub fn create_new(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| failure("write", folder, &error))?;
    }
    match write_synced(path, &mut &*bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failure("write", path, &error)),
    }
}

/// Puts new content in the place of what was read before, `None` for no file; false, and nothing done, if something else
/// is there by now. Two that edit one file at once cannot both succeed: each holds the name `.FILE.lock` while it looks
/// and writes, and where that is taken, nothing is done.
///
/// # Errors
/// When another holds the name, or the file cannot be written.
pub fn replace(path: &Path, read: Option<&[u8]>, new: Option<&[u8]>) -> Result<bool, Failure> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let lock = path.with_file_name(format!(".{name}.lock"));
    if !create_new(&lock, b"")? {
        let message = format!("`{}` is being edited by another run of policyc", path.display());
        let help = format!("try again; if no other runs, one was killed: remove `{}`", lock.display());
        return Err(Failure::new(codes::CHANGED_MEANWHILE, message).help(help));
    }
    let done = match (raw(path).as_deref() == read && !is_link(path), new) {
        (false, _) => Ok(false),
        (true, Some(new)) => write_whole(path, new).map(|()| true),
        (true, None) => remove(path).map(|()| true),
    };
    let unlocked = remove(&lock);
    done.and_then(|done| unlocked.map(|()| done))
}

/// Removes a file.
///
/// # Errors
/// When it cannot be removed.
pub fn remove(path: &Path) -> Result<(), Failure> {
    fs::remove_file(path).map_err(|error| failure("remove", path, &error))
}

/// The bytes of a file as Git would keep them: of a link, where it leads. `None` where there is nothing, a folder, or more
/// than 64 MiB.
#[must_use]
pub fn raw(path: &Path) -> Option<Vec<u8>> {
    let meta = fs::symlink_metadata(path).ok()?;
    if meta.is_symlink() {
        return Some(fs::read_link(path).ok()?.into_os_string().into_encoded_bytes());
    }
    (meta.is_file() && meta.len() <= 64 << 20).then(|| fs::read(path).ok()).flatten()
}

/// What was remembered in a file; `None` where there is nothing that can be read.
#[must_use]
pub fn recall(path: &Path) -> Option<Vec<u8>> {
    fs::read(path).ok()
}

/// Remembers something in a file. Where that fails nothing is lost: it is found out again.
pub fn remember(path: &Path, bytes: &[u8]) {
    let _ = write_whole(path, bytes);
}

/// Whether something is at a path, also a dangling link.
#[must_use]
pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether a path is a symbolic link.
#[must_use]
pub fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink())
}

/// The nearest folder, from `start` upwards, that holds a file of this name.
///
/// # Errors
/// When `start` does not exist.
pub fn find_upwards(start: &Path, name: &str) -> Result<Option<PathBuf>, Failure> {
    let start = start.canonicalize().map_err(|error| failure("read", start, &error))?;
    Ok(start.ancestors().find(|folder| exists(&folder.join(name))).map(Path::to_path_buf))
}

/// The links among the folders that a path leads through, itself included.
#[must_use]
pub fn links_on_the_way(path: &Path) -> Vec<PathBuf> {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    full.ancestors().filter(|part| is_link(part)).map(Path::to_path_buf).collect()
}

/// A path given from `base`, as one below `root` with `/`; `None` if it lies outside or does not exist.
#[must_use]
pub fn relative(root: &Path, base: &Path, path: &Path) -> Option<String> {
    let joined = base.join(path);
    // The last part may be a link, which is told, not followed.
    let (parent, name) = (joined.parent()?, joined.file_name());
    let full = match name {
        Some(name) if exists(&joined) => parent.canonicalize().ok()?.join(name),
        _ => joined.canonicalize().ok()?,
    };
    let below = full.strip_prefix(root.canonicalize().ok()?).ok()?;
    let parts: Option<Vec<&str>> = below.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

/// Set when the reader of standard output has gone.
static READER_GONE: AtomicBool = AtomicBool::new(false);

/// Prints to standard output; a pipe that was closed is no error, the reader has seen enough.
///
/// # Errors
/// When it cannot be written for another reason.
pub fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            READER_GONE.store(true, Ordering::Relaxed);
            Ok(())
        }
        Err(error) => Err(Failure::new(codes::IO, format!("standard output cannot be written: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Whether nobody reads standard output any more.
#[must_use]
pub fn reader_is_gone() -> bool {
    READER_GONE.load(Ordering::Relaxed)
}

/// Where a file would be written, with the links of its folders followed.
#[must_use]
pub fn destination(base: &Path, file: &Path) -> Option<PathBuf> {
    let mut joined = PathBuf::new();
    for part in base.canonicalize().ok()?.join(file).components() {
        match part {
            // A folder that is not there yet is no link, so `..` takes it back.
            std::path::Component::ParentDir if !joined.exists() => drop(joined.pop()),
            std::path::Component::ParentDir => joined = joined.canonicalize().ok()?.parent()?.to_path_buf(),
            std::path::Component::CurDir => {}
            part => joined.push(part),
        }
    }
    let name = joined.file_name()?.to_owned();
    let folder = joined.parent()?;
    let there = folder.ancestors().find(|folder| folder.exists())?;
    let rest = folder.strip_prefix(there).ok()?;
    Some(there.canonicalize().ok()?.join(rest).join(name))
}

/// The same, from the root of a policy repository with `/`; `None` outside it.
#[must_use]
pub fn written_at(root: &Path, base: &Path, file: &Path) -> Option<String> {
    let full = destination(base, file)?;
    let below = full.strip_prefix(root.canonicalize().ok()?).ok()?;
    Some(below.to_string_lossy().replace('\\', "/"))
}

/// Prints to standard error, as well as it goes.
pub fn print_error(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn failure(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(codes::IO, format!("cannot {what} `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_since_it_was_read_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        assert!(replace(&path, None, Some(b"one")).unwrap());
        assert!(!replace(&path, None, Some(b"two")).unwrap(), "it is there by now");
        assert!(replace(&path, Some(b"one"), Some(b"two")).unwrap());
        assert!(!replace(&path, Some(b"one"), Some(b"three")).unwrap(), "another wrote it");
        assert_eq!(raw(&path).unwrap(), b"two");
        fs::write(folder.path().join(".a.yaml.lock"), "").unwrap();
        let failure = replace(&path, Some(b"two"), Some(b"three")).unwrap_err();
        assert_eq!(failure.code, codes::CHANGED_MEANWHILE);
        assert_eq!(raw(&path).unwrap(), b"two");
        fs::remove_file(folder.path().join(".a.yaml.lock")).unwrap();
        assert!(replace(&path, Some(b"two"), None).unwrap() && !exists(&path));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
}
