//! The words and signs of a sentence, with their places in it. Nothing is dropped: what is no word of ours becomes a sign
//! that no form has.

use std::ops::Range;

/// A word, a name, a number or a sign.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its bytes in the sentence.
    pub range: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A bare word: as it is compared (lower case) and as it was written.
    Word(String, String),
    /// What stands between backticks.
    Code(String),
    /// What stands between double quotes.
    Quoted(String),
    /// A number without a unit, its thousands separators taken out.
    Number(String),
    /// An amount in US dollars.
    Money(String),
    /// A day (`2027-01-31`) or a moment (RFC 3339).
    Date(String),
    /// A time of day: hours and minutes.
    Clock(u8, u8),
    /// Any other sign.
    Sign(char),
    /// What cannot be read for sure, with the reason.
    Broken(&'static str),
}

/// The tokens of a sentence.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if c == ' ' || c == '\n' || c == '\r' || c == '\t' {
            at += 1;
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let (kind, length) = one(rest, c);
        found.push(Token { kind, range: at..at + length.max(c.len_utf8()) });
        at += length.max(c.len_utf8());
    }
    found
}

fn one(rest: &str, c: char) -> (Kind, usize) {
    match c {
        '`' => code(rest),
        '"' => quoted(rest),
        '\u{201c}' => curly(rest),
        '$' => money(rest),
        '-' if rest.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) => {
            let (kind, length) = number(rest.get(1..).unwrap_or_default());
            match kind {
                Kind::Number(digits) => (Kind::Number(format!("-{digits}")), length + 1),
                _ => (Kind::Broken("a number or date after a minus sign"), length + 1),
            }
        }
        c if c.is_ascii_digit() => number(rest),
        c if c.is_ascii_alphabetic() || c == '_' || c == '@' => word(rest),
        c if c.is_alphanumeric() => (Kind::Broken("a letter or digit that is not plain English"), c.len_utf8()),
        c => (Kind::Sign(c), c.len_utf8()),
    }
}

/// A code span as in Markdown: as many backticks at its end as at its beginning.
fn code(rest: &str) -> (Kind, usize) {
    let fence = rest.len() - rest.trim_start_matches('`').len();
    let body = rest.get(fence..).unwrap_or_default();
    let mut from = 0;
    while let Some(found) = body.get(from..).and_then(|rest| rest.find('`')) {
        let start = from + found;
        let run = body.get(start..).map_or(0, |rest| rest.len() - rest.trim_start_matches('`').len());
        if run == fence {
            let inside = body.get(..start).unwrap_or_default().replace("\r\n", " ").replace('\n', " ");
            let padded = inside.len() > 2 && inside.starts_with(' ') && inside.ends_with(' ');
            let inside = if padded && !inside.trim().is_empty() {
                inside.get(1..inside.len() - 1).unwrap_or_default().to_owned()
            } else {
                inside
            };
            return (Kind::Code(inside), fence + start + fence);
        }
        from = start + run;
    }
    (Kind::Broken("a backtick that is never closed"), rest.len())
}

/// A text in straight quotes, with the escapes of JSON.
fn quoted(rest: &str) -> (Kind, usize) {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let written = rest.get(..=at).unwrap_or_default().replace("\r\n", " ").replace('\n', " ");
                let read = serde_json::from_str::<String>(&written);
                return match read {
                    Ok(text) => (Kind::Quoted(text), at + 1),
                    Err(_) => (Kind::Broken("an escape in quotes that JSON does not have"), at + 1),
                };
            }
            _ => {}
        }
    }
    (Kind::Broken("a quotation mark that is never closed"), rest.len())
}

fn curly(rest: &str) -> (Kind, usize) {
    let Some(end) = rest.find('\u{201d}') else {
        return (Kind::Broken("a quotation mark that is never closed"), rest.len());
    };
    let open = '\u{201c}'.len_utf8();
    let inside = rest.get(open..end).unwrap_or_default().replace("\r\n", " ").replace('\n', " ");
    (Kind::Quoted(inside), end + '\u{201d}'.len_utf8())
}

fn money(rest: &str) -> (Kind, usize) {
    let body = rest.get(1..).unwrap_or_default();
    if !body.starts_with(|c: char| c.is_ascii_digit()) {
        return (Kind::Sign('$'), 1);
    }
    match number(body) {
        (Kind::Number(amount), length) => (Kind::Money(amount), length + 1),
        (Kind::Broken(why), length) => (Kind::Broken(why), length + 1),
        (_, length) => (Kind::Broken("an amount that is no number"), length + 1),
    }
}

fn number(rest: &str) -> (Kind, usize) {
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ',' | '.' | ':' | '-' | '+')));
    let whole = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
    // A comma, point or colon at the end belongs to the sentence.
    let whole = whole.trim_end_matches([',', '.', ':', '-', '+']);
    let read = date(whole).or_else(|| clock(whole)).or_else(|| plain(whole));
    read.unwrap_or_else(|| with_unit(whole))
}

fn date(whole: &str) -> Option<(Kind, usize)> {
    let shape = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(c, f)| if f == b'0' { c.is_ascii_digit() } else { c == f })
    };
    let day = whole.get(..10).filter(|day| shape(day, "0000-00-00"))?;
    let moment = whole.len() == day.len() || whole.get(10..11) == Some("T");
    moment.then(|| (Kind::Date(whole.to_owned()), whole.len()))
}

fn clock(whole: &str) -> Option<(Kind, usize)> {
    let (hours, minutes) = whole.split_once(':')?;
    let digits = |text: &str| text.len() <= 2 && !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    if !digits(hours) || minutes.len() != 2 || !digits(minutes) {
        return Some((Kind::Broken("a time of day that is not written as 22:00"), whole.len()));
    }
    Some((Kind::Clock(hours.parse().ok()?, minutes.parse().ok()?), whole.len()))
}

/// Digits with at most one point; commas only where they part thousands.
fn plain(whole: &str) -> Option<(Kind, usize)> {
    if whole.bytes().any(|c| !(c.is_ascii_digit() || c == b',' || c == b'.')) {
        return None;
    }
    let (integer, fraction) = whole.split_once('.').map_or((whole, None), |(i, f)| (i, Some(f)));
    let mut groups = integer.split(',');
    let first = groups.next().unwrap_or_default();
    let parted = integer.contains(',');
    let grouped = groups.all(|group| group.len() == 3) && (!parted || (1..=3).contains(&first.len()));
    let broken = |why| Some((Kind::Broken(why), whole.len()));
    if !grouped {
        return broken("a comma in a number that parts no thousands");
    }
    if first.len() > 1 && first.starts_with('0') {
        return broken("a number that begins with zeros");
    }
    let written = integer.replace(',', "");
    if written.parse::<u64>().is_ok_and(|whole| whole > crate::syntax::scalar::MAX_SAFE) || written.len() > 16 {
        return broken("a number with more digits than can be kept");
    }
    match fraction {
        None => Some((Kind::Number(written), whole.len())),
        Some(fraction) if fraction.contains(['.', ',']) || fraction.is_empty() => {
            broken("a number with several points")
        }
        // Half the world reads it as a thousand.
        Some(fraction) if fraction.len() == 3 && !parted => broken(
            "a point before three digits, which some read as thousands: write 1000, or 1.0 with fewer or more digits",
        ),
        Some(fraction) => Some((Kind::Number(format!("{written}.{fraction}")), whole.len())),
    }
}

/// `30min`: the number, and the unit as the next word; any other mixture of digits and letters is no number.
fn with_unit(whole: &str) -> (Kind, usize) {
    let digits = whole.find(|c: char| !c.is_ascii_digit()).unwrap_or(whole.len());
    let (number, unit) = whole.split_at(digits);
    if super::words::UNITS.iter().any(|(name, _)| name.eq_ignore_ascii_case(unit)) {
        return plain(number).unwrap_or((Kind::Broken("digits that are no number"), whole.len()));
    }
    (Kind::Broken("digits and letters in one word: write the number out, or put a name in backticks"), whole.len())
}

fn word(rest: &str) -> (Kind, usize) {
    let mut end = 0;
    for (at, c) in rest.char_indices() {
        let inner = matches!(c, '.' | '-' | '@' | '/' | '\'' | '\u{2019}' | '+' | ':');
        let follows = || rest.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        let goes_on = c.is_ascii_alphanumeric()
            || c == '_'
            || (at == 0 && c == '@')
            || (inner && follows().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_'));
        if !goes_on {
            break;
        }
        end = at + c.len_utf8();
    }
    let written = rest.get(..end).unwrap_or_default();
    // A letter from another alphabet inside a word makes it another word than it looks.
    if rest.get(end..).and_then(|rest| rest.chars().next()).is_some_and(|c| !c.is_ascii() && c.is_alphanumeric()) {
        let more = rest.find(char::is_whitespace).unwrap_or(rest.len());
        return (Kind::Broken("a letter or digit that is not plain English"), more);
    }
    let plain = written.replace('\u{2019}', "'");
    (Kind::Word(plain.to_ascii_lowercase(), plain), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokens(text).into_iter().map(|token| token.kind).collect()
    }

    fn word(text: &str) -> Kind {
        Kind::Word(text.to_lowercase(), text.to_owned())
    }

    #[test]
    fn words_names_and_numbers_are_told_apart() {
        assert_eq!(
            kinds("Deny `a b`, mail.send and $1,000.50."),
            [
                word("Deny"),
                Kind::Code("a b".to_owned()),
                Kind::Sign(','),
                word("mail.send"),
                word("and"),
                Kind::Money("1000.50".to_owned()),
                Kind::Sign('.'),
            ]
        );
        assert_eq!(kinds("30min don\u{2019}t"), [Kind::Number("30".to_owned()), word("min"), word("don't")]);
        assert_eq!(kinds("2027-01-31 22:00"), [Kind::Date("2027-01-31".to_owned()), Kind::Clock(22, 0)]);
        assert_eq!(kinds("`` a`b ``"), [Kind::Code("a`b".to_owned())]);
    }

    #[test]
    fn what_some_read_otherwise_is_no_number() {
        for text in
            ["1.000", "5k", "1,00", "$5m", "0x10", "007", "12345678901234567", "\u{ff15}", "\u{440}ay", "2027-1-3"]
        {
            assert!(matches!(kinds(text).as_slice(), [Kind::Broken(_), ..]), "{text}: {:?}", kinds(text));
        }
    }
}
