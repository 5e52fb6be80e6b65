use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The identity of a document: `^[a-z0-9][a-z0-9._-]{0,63}$`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(Box<str>);

impl DocumentId {
    /// Reads an id; `None` if it has not the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let first = text.bytes().next().is_some_and(word);
        let rest = text.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'_' | b'-'));
        (first && rest && text.len() <= 64).then(|| Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

/// A moment, exact to the nanosecond; written in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Timestamp);

impl Time {
    /// Reads an RFC 3339 timestamp; `None` for anything else, a time without zone among it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let date_then_time = bytes.len() >= 20 && matches!(bytes.get(10), Some(b'T' | b't' | b' '));
        let zone = text.ends_with(['Z', 'z']) || bytes.iter().rev().nth(5).is_some_and(|b| matches!(b, b'+' | b'-'));
        (date_then_time && zone).then(|| text.parse().ok()).flatten().map(Self)
    }

    /// A moment of Unix seconds; `None` outside the years −9999 to 9999.
    #[must_use]
    pub fn of_unix_seconds(seconds: i64) -> Option<Self> {
        Timestamp::from_second(seconds).ok().map(Self)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// An IANA timezone, by its own name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timezone(Box<str>);

impl Timezone {
    /// Finds a timezone in the database that policyc carries; `None` if it does not exist.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let zone = TimeZone::get(name).ok()?;
        zone.iana_name().map(|name| Self(name.into()))
    }

    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self("UTC".into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// All names, for "did you mean".
    #[must_use]
    pub fn names() -> Vec<String> {
        jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_what_the_specification_says() {
        for id in ["a", "0", "550e8400-e29b-41d4-a716-446655440000", "a.b_c-d"] {
            assert!(DocumentId::parse(id).is_some(), "{id}");
        }
        for id in ["", "-a", "A", "a b", "ä", &"a".repeat(65)] {
            assert!(DocumentId::parse(id).is_none(), "{id}");
        }
    }

    #[test]
    fn a_time_needs_a_zone_and_is_written_in_utc() {
        assert_eq!(Time::parse("2027-01-31T01:00:00+01:00").unwrap().to_string(), "2027-01-31T00:00:00Z");
        for text in ["2027-01-31", "2027-01-31T00:00:00", "tomorrow", "2027-02-30T00:00:00Z", "20270131T000000Z"] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }

    #[test]
    fn timezones_are_the_database_s() {
        assert_eq!(Timezone::find("europe/berlin").unwrap().as_str(), "Europe/Berlin");
        assert_eq!(Timezone::find("Europe/Bonn"), None);
    }
}
