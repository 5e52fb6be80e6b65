//! What a plain YAML scalar means: the YAML 1.2 core schema, with everything that readers disagree on refused.

use super::tree::{Number, Value};

/// The largest integer that every JSON reader holds exactly, 2^53 − 1.
pub const MAX_SAFE: u64 = (1 << 53) - 1;

/// Why a scalar cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `017`: octal for some readers, decimal for others.
    LeadingZero,
    /// Beyond ±(2^53−1).
    TooLarge,
    /// An infinity, or what is no number at all.
    NotFinite,
}

/// Reads a plain scalar. The empty scalar is null here; the caller knows whether that may stand.
///
/// # Errors
/// A [`Refusal`] for numbers that readers of YAML disagree on.
pub fn resolve(text: &str) -> Result<Value, Refusal> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Err(Refusal::NotFinite),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Err(Refusal::NotFinite);
    }
    if let Some(radix) = radix(text) {
        return radix.map(|value| integer(text, value, false));
    }
    if !looks_numeric(unsigned) {
        return Ok(Value::Text(text.into()));
    }
    if unsigned.len() > 1 && unsigned.starts_with('0') && unsigned.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
        return Err(Refusal::LeadingZero);
    }
    number(text, unsigned)
}

/// `0x1F` and `0o17`, which the core schema has; `None` for anything else.
fn radix(text: &str) -> Option<Result<u64, Refusal>> {
    let (digits, radix) = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => (digits, 16),
        (_, Some(digits)) => (digits, 8),
        _ => return None,
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    Some(u64::from_str_radix(digits, radix).ok().filter(|value| *value <= MAX_SAFE).ok_or(Refusal::TooLarge))
}

/// Whether the core schema reads an unsigned text as an integer or a float.
fn looks_numeric(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

fn number(text: &str, unsigned: &str) -> Result<Value, Refusal> {
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        let value = unsigned.parse::<u64>().ok().filter(|value| *value <= MAX_SAFE).ok_or(Refusal::TooLarge)?;
        return Ok(integer(text, value, text.starts_with('-')));
    }
    let value: f64 = text.parse().map_err(|_| Refusal::NotFinite)?;
    float(text, value)
}

fn integer(text: &str, magnitude: u64, negative: bool) -> Value {
    let magnitude = i64::try_from(magnitude).unwrap_or(i64::MAX);
    let value = if negative { -magnitude } else { magnitude };
    Value::Number(Number { written: text.into(), json: value.into() })
}

fn float(text: &str, value: f64) -> Result<Value, Refusal> {
    if !value.is_finite() {
        return Err(Refusal::NotFinite);
    }
    #[expect(clippy::cast_precision_loss, reason = "2^53 - 1 is exact in a double")]
    let limit = MAX_SAFE as f64;
    if value.abs() > limit {
        return Err(Refusal::TooLarge);
    }
    if value.fract() == 0.0 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53, checked above")]
        let whole = value as i64;
        return Ok(Value::Number(Number { written: text.into(), json: whole.into() }));
    }
    let json = serde_json::Number::from_f64(value).ok_or(Refusal::NotFinite)?;
    Ok(Value::Number(Number { written: text.into(), json }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Option<String> {
        match resolve(text).unwrap() {
            Value::Number(number) => Some(number.json.to_string()),
            _ => None,
        }
    }

    #[test]
    fn the_core_schema_and_nothing_else() {
        assert_eq!(json("0x1F").as_deref(), Some("31"));
        assert_eq!(json("0o17").as_deref(), Some("15"));
        assert_eq!(json("1.0").as_deref(), Some("1"));
        assert_eq!(json("-0").as_deref(), Some("0"));
        assert_eq!(json(".5").as_deref(), Some("0.5"));
        assert_eq!(json("1e-9").as_deref(), Some("1e-9"));
        for text in ["yes", "no", "on", "0b11", "1_000", "1.2.3", "2026-01-01", "e5", ".", "-", "+", "0x", "1e"] {
            assert_eq!(resolve(text), Ok(Value::Text(text.into())), "{text}");
        }
    }

    #[test]
    fn what_readers_disagree_on_is_refused() {
        assert_eq!(resolve("017"), Err(Refusal::LeadingZero));
        assert_eq!(resolve("-00.5"), Err(Refusal::LeadingZero));
        assert_eq!(resolve("9007199254740992"), Err(Refusal::TooLarge));
        assert_eq!(resolve("9007199254740993.0"), Err(Refusal::TooLarge));
        assert_eq!(resolve("1e999"), Err(Refusal::NotFinite));
        assert_eq!(resolve("-.inf"), Err(Refusal::NotFinite));
        assert_eq!(resolve(".nan"), Err(Refusal::NotFinite));
        assert_eq!(json("9007199254740991").as_deref(), Some("9007199254740991"));
    }
}
