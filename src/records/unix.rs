use crate::model::Time;

/// A moment of Unix time, written as a decimal number of units of so many nanoseconds each, with all its digits; what is
/// finer than a nanosecond is cut off.
pub(super) fn moment(number: &str, unit: i128) -> Option<Time> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let fine: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    let fine = fine.parse::<i128>().ok()?.checked_mul(unit)? / 1_000_000_000;
    let time = whole.parse::<i128>().ok()?.checked_mul(unit)?.checked_add(fine)?;
    if time > 0 { Time::of_unix_nanoseconds(time) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_kept() {
        let of = |number: &str, unit| moment(number, unit).map(Time::nanoseconds);
        assert_eq!(of("1777555053780274701", 1), Some(1_777_555_053_780_274_701));
        assert_eq!(of("1777555053.780274701", 1_000_000_000), Some(1_777_555_053_780_274_701));
        assert_eq!(of("1777555053780.5", 1_000_000), Some(1_777_555_053_780_500_000));
        for text in ["", "-1", "0", "1e9", "1.2.3", ".5", "9".repeat(60).as_str()] {
            assert_eq!(of(text, 1_000_000_000), None, "{text}");
        }
    }
}
