use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::written::Weekday;

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

    /// A moment of Unix nanoseconds; `None` outside the years −9999 to 9999.
    #[must_use]
    pub fn of_unix_nanoseconds(nanoseconds: i128) -> Option<Self> {
        Timestamp::from_nanosecond(nanoseconds).ok().map(Self)
    }

    /// So many seconds later; `None` after the year 9999.
    #[must_use]
    pub fn after(self, seconds: u64) -> Option<Self> {
        let seconds = jiff::SignedDuration::from_secs(i64::try_from(seconds).ok()?);
        self.0.checked_add(seconds).ok().map(Self)
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn nanoseconds(self) -> i128 {
        self.0.as_nanosecond()
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

    /// The clock that hangs there; `None` if the database does not have the zone.
    #[must_use]
    pub fn clock(&self) -> Option<Clock> {
        TimeZone::get(&self.0).ok().map(Clock)
    }

    /// All names, for "did you mean".
    #[must_use]
    pub fn names() -> Vec<String> {
        jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect()
    }
}

/// What a clock of a timezone shows.
#[derive(Debug, Clone)]
pub struct Clock(TimeZone);

impl Clock {
    /// The hour, 0 to 23, and the day of the week at a moment.
    #[must_use]
    pub fn read(&self, time: Time) -> (u8, Weekday) {
        let local = self.0.to_datetime(time.0);
        let day = match local.date().weekday() {
            jiff::civil::Weekday::Monday => Weekday::Monday,
            jiff::civil::Weekday::Tuesday => Weekday::Tuesday,
            jiff::civil::Weekday::Wednesday => Weekday::Wednesday,
            jiff::civil::Weekday::Thursday => Weekday::Thursday,
            jiff::civil::Weekday::Friday => Weekday::Friday,
            jiff::civil::Weekday::Saturday => Weekday::Saturday,
            jiff::civil::Weekday::Sunday => Weekday::Sunday,
        };
        (u8::try_from(local.hour()).unwrap_or(0), day)
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
