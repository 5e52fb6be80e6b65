#![expect(clippy::disallowed_methods, reason = "the host is where files are touched")]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::diag::{Failure, codes};

/// How long another writer is waited for, in tries of a twentieth of a second: ten seconds.
const TRIES: u32 = 200;

/// The right to write to a repository; it ends with this value, or with the process.
#[derive(Debug)]
pub struct Exclusive {
    _file: File,
}

impl Exclusive {
    /// Waits until nobody else has it.
    ///
    /// # Errors
    /// When somebody has it for too long, or the file of the lock cannot be made.
    pub fn take(path: &Path) -> Result<Self, Failure> {
        let failed =
            |error: std::io::Error| Failure::new(codes::IO, format!("cannot lock `{}`: {error}", path.display()));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(failed)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(50)),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        let message = "another policyc is writing to this repository";
        Err(Failure::new(codes::BUSY, message).help("wait until it has finished, and run the command again"))
    }
}
