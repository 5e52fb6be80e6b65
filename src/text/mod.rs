//! Floor 0: places in text, digests, and JSON in which nothing is said twice.
//!
//! Everything above speaks of places as byte [`Span`]s of a [`FileId`]; only reports turn them into
//! lines and columns, through a [`LineIndex`].

mod digest;
mod distinct;
mod line_index;

pub use digest::{Digest, NotCanonical, jcs_bytes};
pub use distinct::distinct;
pub use line_index::{LineIndex, Position};

/// A file of one [`crate::source::SourceSet`], by its rank in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of UTF-8 bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte; never less than `start`.
    pub end: u32,
}

impl Span {
    /// The span of `start..end`; an end before the start is moved to the start.
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let end = u32::try_from(end).unwrap_or(u32::MAX).max(start);
        Self { file, start, end }
    }

    /// The first byte of a file, for what is wrong with the file as a whole.
    #[must_use]
    pub fn whole(file: FileId) -> Self {
        Self::new(file, 0, 0)
    }

    /// The smallest span that holds both; `other` is ignored when it lies in another file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The bytes as a range.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}
