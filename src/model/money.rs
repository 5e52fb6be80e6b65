use std::fmt;

/// An amount of US dollars, exact: a whole number of nano-dollars (10⁻⁹ USD).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(u64);

/// Why a number is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountError {
    /// Not a decimal number, or negative.
    NotDecimal,
    /// More than nine decimal places.
    TooFine,
    /// More than fifteen significant digits, or more than nine thousand million dollars.
    TooLong,
}

/// Decimal places of a nano-dollar.
const PLACES: i32 = 9;
/// Significant digits that a JSON number holds exactly in every reader.
const DIGITS: usize = 15;
/// The largest amount in nano-dollars: nine thousand million dollars.
const MAX: u64 = 9_000_000_000 * 1_000_000_000;

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of nano-dollars.
    #[must_use]
    pub fn from_nano(nano: u64) -> Self {
        Self(nano)
    }

    /// The nano-dollars.
    #[must_use]
    pub fn nano(self) -> u64 {
        self.0
    }

    /// Reads a decimal number as JSON and YAML write it, also with an exponent.
    ///
    /// # Errors
    /// [`AmountError`] when it cannot be held exactly here and in every reader of the canonical form.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let text = text.strip_prefix('+').unwrap_or(text);
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().map_err(|_| AmountError::NotDecimal)?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let zero = mantissa.strip_prefix('-').is_some_and(|rest| rest.bytes().all(|b| matches!(b, b'0' | b'.')));
            return if zero { Ok(Self::ZERO) } else { Err(AmountError::NotDecimal) };
        }
        let trailing = digits.len() - digits.trim_end_matches('0').len();
        digits.truncate(digits.len() - trailing);
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Ok(Self::ZERO);
        }
        let fraction = i32::try_from(fraction.len()).map_err(|_| AmountError::TooFine)?;
        let trailing = i32::try_from(trailing).map_err(|_| AmountError::TooLong)?;
        let power = exponent.saturating_sub(fraction).saturating_add(trailing).saturating_add(PLACES);
        Self::scaled(digits, power)
    }

    /// Reads an amount that was recorded: what is finer than a nano-dollar is rounded up. `None` for what is no
    /// amount, negative, or more than this type holds.
    #[must_use]
    pub fn rounded_up(text: &str) -> Option<Self> {
        if let Some(exact) = plain(text.as_bytes()).or_else(|| Self::parse(text).ok()) {
            return Some(exact);
        }
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        // How many of the digits stand before the point once nano-dollars are whole.
        let kept = i32::try_from(whole.len()).ok()?.checked_add(exponent)?.checked_add(PLACES)?;
        let kept = usize::try_from(kept.max(0)).ok()?;
        let mut nano: u128 = 0;
        for rank in 0..kept {
            let digit = digits.get(rank).map_or(0, |digit| digit - b'0');
            nano = nano.checked_mul(10)?.checked_add(u128::from(digit))?;
        }
        let finer = digits.iter().skip(kept).any(|digit| *digit != b'0');
        u64::try_from(nano + u128::from(finer)).ok().map(Self)
    }

    /// `digits`, without zeros around them, times ten to the `power` nano-dollars.
    fn scaled(digits: &str, power: i32) -> Result<Self, AmountError> {
        let power = u32::try_from(power).map_err(|_| AmountError::TooFine)?;
        if digits.len() > DIGITS {
            return Err(AmountError::TooLong);
        }
        let value: u64 = digits.parse().map_err(|_| AmountError::TooLong)?;
        let nano = 10_u64.checked_pow(power).and_then(|scale| value.checked_mul(scale));
        nano.filter(|nano| *nano <= MAX).map(Self).ok_or(AmountError::TooLong)
    }

    /// The amount as a JSON number: the double nearest to it, from which every reader gets the same decimal back.
    #[must_use]
    pub fn to_json(self) -> serde_json::Value {
        let dollars = self.0 / 1_000_000_000;
        if self.0.is_multiple_of(1_000_000_000) {
            return dollars.into();
        }
        self.to_string().parse::<f64>().ok().and_then(serde_json::Number::from_f64).map_or(dollars.into(), Into::into)
    }
}

/// An amount as records nearly always write it: few digits, perhaps with a point; `None`: the general reader looks at it.
fn plain(text: &[u8]) -> Option<Usd> {
    let (whole, fraction) = match text.iter().position(|byte| *byte == b'.') {
        Some(point) => (text.get(..point)?, text.get(point + 1..)?),
        None => (text, &b"0"[..]),
    };
    if whole.is_empty() || fraction.is_empty() || whole.len() > 9 || fraction.len() > 6 {
        return None;
    }
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u64, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0')))
    };
    let scale = 10_u64.pow(9 - u32::try_from(fraction.len()).ok()?);
    Some(Usd(number(whole)? * 1_000_000_000 + number(fraction)? * scale))
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dollars, nano) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        if nano == 0 {
            return write!(f, "{dollars}");
        }
        write!(f, "{dollars}.{}", format!("{nano:09}").trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    proptest! {
        #[test]
        fn plain_amounts_are_read_as_the_general_reader_reads_them(text in "[0-9]{0,11}(\\.[0-9]{0,8})?") {
            if let Some(amount) = plain(text.as_bytes()) {
                prop_assert_eq!(Usd::parse(&text), Ok(amount));
            }
        }
    }

    use proptest::prelude::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        assert_eq!(Usd::parse("0.3").unwrap().nano(), 300_000_000);
        assert_eq!(Usd::parse("1e-9").unwrap().nano(), 1);
        assert_eq!(Usd::parse("1.50").unwrap(), Usd::parse("1.5").unwrap());
        assert_eq!(Usd::parse("2E2").unwrap().to_string(), "200");
        assert_eq!(Usd::parse("-0.0").unwrap(), Usd::ZERO);
        assert_eq!(Usd::parse("0.0000000001"), Err(AmountError::TooFine));
        assert_eq!(Usd::parse("0.0000000010").unwrap().nano(), 1);
        assert_eq!(Usd::parse("9000000000.000001"), Err(AmountError::TooLong));
        assert_eq!(Usd::parse("1e99"), Err(AmountError::TooLong));
        assert_eq!(Usd::parse("-5"), Err(AmountError::NotDecimal));
        assert_eq!(Usd::parse("0x10"), Err(AmountError::NotDecimal));
    }

    #[test]
    fn recorded_amounts_are_rounded_up() {
        let nano = |text: &str| Usd::rounded_up(text).map(Usd::nano);
        assert_eq!(nano("0.1"), Some(100_000_000));
        assert_eq!(nano("0.30000000000000004"), Some(300_000_001));
        assert_eq!(nano("1e-10"), Some(1));
        assert_eq!(nano("1e-300"), Some(1));
        assert_eq!(nano("12345.6789012345"), Some(12_345_678_901_235));
        assert_eq!(nano("0.0"), Some(0));
        assert_eq!(nano("9999999999"), Some(9_999_999_999_000_000_000));
        for text in ["-1", "1e99", "x", "", ".", "1e999999999999"] {
            assert_eq!(nano(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_json_number_reads_back_as_the_same_amount(digits in 0_u64..1_000_000_000_000_000, places in 0_u32..10) {
            let text = format!("{digits}e-{places}");
            if let Ok(amount) = Usd::parse(&text) {
                prop_assert_eq!(Usd::parse(&amount.to_json().to_string()).unwrap(), amount);
                prop_assert_eq!(Usd::parse(&amount.to_string()).unwrap(), amount);
            }
        }
    }
}
