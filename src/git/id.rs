use std::fmt;

use crate::diag::Failure;

/// The name of a Git object: SHA-1, written as 40 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId([u8; 20]);

impl ObjectId {
    /// The name in raw bytes, as trees hold it; `None` for another length.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads what [`fmt::Display`] writes; `None` for anything else, a shortened name included.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::of_hex(text.as_bytes())
    }

    /// Reads forty lower-case hexadecimal digits.
    #[must_use]
    pub fn of_hex(hex: &[u8]) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 20];
        let pairs = hex.chunks_exact(2);
        if pairs.len() != bytes.len() || !pairs.remainder().is_empty() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            let [high, low] = pair else { return None };
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(bytes))
    }

    /// The first eight digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string().chars().take(8).collect()
    }

    /// The name that a file of this content has, or would have.
    ///
    /// # Errors
    /// When it cannot be computed.
    pub fn of_content(bytes: &[u8]) -> Result<Self, Failure> {
        let name = git2::Oid::hash_object(git2::ObjectType::Blob, bytes).and_then(Self::try_from);
        name.map_err(|error| super::failure("the name of an object cannot be computed", &error))
    }

    pub(super) fn git(self) -> Result<git2::Oid, git2::Error> {
        git2::Oid::from_bytes(&self.0)
    }
}

impl TryFrom<git2::Oid> for ObjectId {
    type Error = git2::Error;

    fn try_from(oid: git2::Oid) -> Result<Self, Self::Error> {
        Self::of_bytes(oid.as_bytes()).ok_or_else(|| git2::Error::from_str("an object name is not SHA-1"))
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_what_it_writes_and_nothing_else() {
        let text = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(ObjectId::parse(text).unwrap().to_string(), text);
        for wrong in ["", "01", &text[1..], &text.to_uppercase(), &format!("{text}0"), &format!("{text}00")] {
            assert_eq!(ObjectId::parse(wrong), None, "{wrong}");
        }
    }
}
