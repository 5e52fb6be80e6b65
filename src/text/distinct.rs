use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A JSON value in which no map has a key twice: which of the two another reader would take is not known.
struct Distinct(Value);

/// Reads a JSON text.
///
/// # Errors
/// When it is no JSON, a map in it has a key twice, or a number has more digits than can be kept.
pub fn distinct(text: &str) -> Result<Value, serde_json::Error> {
    let value = serde_json::from_str::<Distinct>(text)?;
    match numbers(text).find(|number| !is_exact(number)) {
        Some(number) => {
            let shown: String = number.chars().take(40).collect();
            Err(serde_json::Error::custom(format!("the number {shown} has more digits than can be kept")))
        }
        None => Ok(value.0),
    }
}

/// The numbers of a JSON text that are long enough to lose digits.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    // Every second piece between quotation marks that are not escaped is the inside of a text.
    let mut inside = false;
    let mut escaped = false;
    let outside = move |c: char| {
        let was_inside = inside;
        match c {
            '\\' if inside => escaped = !escaped,
            '"' if !escaped => inside = !inside,
            _ => escaped = false,
        }
        was_inside || !(c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E'))
    };
    text.split(outside).filter(|piece| piece.len() > 15 && piece.contains(|c: char| c.is_ascii_digit()))
}

/// Whether a number can be kept without losing a digit.
fn is_exact(number: &str) -> bool {
    if number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return true;
    }
    let kept = number.parse::<f64>().ok().map(|float| format!("{float:e}"));
    kept.is_some_and(|kept| decimal(&kept) == decimal(number))
}

/// Sign, digits without zeros around them, and the power of ten of the last one.
fn decimal(number: &str) -> (bool, String, i64) {
    let (negative, number) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let kept = digits.trim_end_matches('0');
    let zeros = i64::try_from(digits.len() - kept.len()).unwrap_or(0);
    let places = i64::try_from(fraction.len()).unwrap_or(0);
    let exponent = exponent.parse::<i64>().unwrap_or(i64::MAX);
    let kept = kept.trim_start_matches('0');
    if kept.is_empty() {
        return (false, String::new(), 0);
    }
    (negative, kept.to_owned(), exponent.saturating_sub(places).saturating_add(zeros))
}

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Distinct(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Distinct(value))) = entries.next_entry::<String, Distinct>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` is given twice")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_twice_is_refused_at_any_depth() {
        assert!(distinct(r#"{"a": {"b": 1, "b": 1}}"#).unwrap_err().to_string().contains("`b` is given twice"));
        assert!(distinct(r#"[{"a": 1}, {"a": 1}]"#).is_ok());
    }

    #[test]
    fn a_number_keeps_its_digits_or_is_refused() {
        for text in [
            "184467440737095516159",
            "10.000000000000000001",
            "200.00000000000000001",
            "[{\"a\": 9007199254740993.0}]",
            "1e400",
        ] {
            assert!(distinct(text).is_err(), "{text}");
        }
        for text in [
            "18446744073709551615",
            "-9223372036854775808",
            "0.1",
            "0.30000000000000004",
            "1.000000000000000000",
            "100000000000000000000",
            "1e22",
            r#""184467440737095516159""#,
            r#"{"a\"184467440737095516159": 1}"#,
        ] {
            assert!(distinct(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn everything_else_is_read_as_serde_json_reads_it() {
        let text = r#"{"a": [1, -1, 1.5, 18446744073709551615, null, true, "x\u00e4"], "b": {}}"#;
        assert_eq!(distinct(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }
}
