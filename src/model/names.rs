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
        if let Some(time) = in_utc(text.as_bytes()) {
            return Some(time);
        }
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

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.as_second() - i64::from(self.0.subsec_nanosecond() < 0)
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn nanoseconds(self) -> i128 {
        self.0.as_nanosecond()
    }
}

/// A time as logs nearly always write it, `2026-01-31T09:00:00.123Z`; `None`: the general reader has to look at it.
fn in_utc(text: &[u8]) -> Option<Time> {
    let (shape, rest) = text.split_at_checked(19)?;
    let number = |from: usize, to: usize| {
        let digits = shape.get(from..to)?;
        digits.iter().try_fold(0_i64, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
    };
    let between = |at: usize, byte: u8| shape.get(at) == Some(&byte);
    if !(between(4, b'-') && between(7, b'-') && between(10, b'T') && between(13, b':') && between(16, b':')) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if hour > 23 || minute > 59 || second > 59 || !(1..=28).contains(&day) && !is_late_day(year, month, day) {
        return None;
    }
    let seconds = days(year, month, day)? * 86_400 + hour * 3600 + minute * 60 + second;
    Timestamp::new(seconds, nanoseconds(rest)?).ok().map(Time)
}

/// Whether a day after the 28th is one of its month.
fn is_late_day(year: i64, month: i64, day: i64) -> bool {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (29..=last).contains(&day)
}

/// Days from 1970-01-01 in the Gregorian calendar, counted in years that begin in March: their last day is the leap day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some(365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468)
}

/// What stands behind the seconds: a fraction of up to nine digits, then `Z`.
fn nanoseconds(rest: &[u8]) -> Option<i32> {
    match rest {
        [b'Z'] => Some(0),
        [b'.', digits @ .., b'Z'] if (1..=9).contains(&digits.len()) => {
            let all = digits.iter().copied().chain(std::iter::repeat(b'0')).take(9);
            all.into_iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i32::from(digit - b'0')))
        }
        _ => None,
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
    use proptest::prelude::*;

    proptest! {
        /// Held to the general reader; near-valid texts, so that both accept and refuse often.
        #[test]
        fn a_time_in_utc_is_read_as_the_general_reader_reads_it(
            year in prop_oneof![Just(0_u32), Just(1600), Just(1900), Just(2000), Just(2023), Just(2024), Just(9999), 0..10_000_u32],
            (month, day) in (0_u32..14, 0_u32..33),
            (hour, minute, second) in (0_u32..25, 0_u32..61, 0_u32..61),
            rest in "(\\.[0-9]{0,10})?(Z|z|\\+01:00)?",
            separator in "[T ]",
        ) {
            let text = format!("{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}{rest}");
            if let Some(fast) = in_utc(text.as_bytes()) {
                prop_assert_eq!(Some(fast.0), text.parse().ok(), "{}", text);
            } else {
                let plain = second < 60 && separator == "T" && rest.ends_with('Z') && rest.len() < 12 && rest != ".Z";
                prop_assert!(!plain || text.parse::<Timestamp>().is_err(), "{}", text);
            }
        }
    }

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
