//! JSON values: a field by its dotted path, and equality.

use serde_json::{Number, Value};

/// The field of a value, "dotted" (SPEC 2.1): through objects by key, through lists by decimal index.
pub fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, step| match value {
        Value::Object(map) => map.get(step),
        Value::Array(items) if step.bytes().all(|byte| byte.is_ascii_digit()) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Whether two values are equal, numbers by what they are worth: 1 equals 1.0.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a.as_f64() == b.as_f64(),
        _ => false,
    }
}

/// A number without a fraction, exactly.
#[allow(clippy::cast_possible_truncation, reason = "a float is cast only where its value is a whole number in range")]
fn whole(number: &Number) -> Option<i128> {
    let exact = number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
    let float =
        || number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e30).map(|float| float as i128);
    exact.or_else(float)
}
