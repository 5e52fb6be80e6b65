use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Its first eight bytes as a number: as good as a random one, and the same everywhere.
    #[must_use]
    pub fn leading(&self) -> u64 {
        self.0.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// Reads what [`fmt::Display`] writes; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:").filter(|hex| hex.len() == 64)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            let lower_hex = pair.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            *byte = u8::from_str_radix(pair, 16).ok().filter(|_| lower_hex)?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a sha256 digest"))
    }
}

/// A value that RFC 8785 cannot write: only possible for numbers that no reader of documents lets pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCanonical(pub String);

/// The RFC 8785 (JCS) bytes of a JSON value: keys sorted by UTF-16, numbers as ECMAScript writes them.
///
/// # Errors
/// [`NotCanonical`] for numbers outside JSON.
pub fn jcs_bytes(value: &Value) -> Result<Vec<u8>, NotCanonical> {
    let written = if is_plain(value) { serde_json::to_vec(value) } else { serde_json_canonicalizer::to_vec(value) };
    written.map_err(|error| NotCanonical(error.to_string()))
}

/// Whether the ordinary writer gives the canonical bytes: keys are sorted by it as UTF-8, which is the same order as
/// UTF-16 within ASCII, and whole numbers are written alike. Nearly every document is plain, and the general writer
/// takes many times as long.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => !number.is_f64(),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(map) => map.iter().all(|(key, value)| key.is_ascii() && is_plain(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_digest_reads_back_what_it_writes() {
        let digest = Digest::of(b"");
        let text = digest.to_string();
        assert_eq!(text, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(Digest::parse(&text), Some(digest));
        assert_eq!(Digest::parse(&text.to_uppercase()), None);
        assert_eq!(Digest::parse("sha256:+1"), None);
    }

    #[test]
    fn canonical_bytes_do_not_depend_on_key_order_or_on_how_a_number_was_written() {
        let a: serde_json::Value = serde_json::from_str(r#"{"b": 1.0, "a": [1e2, "é"]}"#).unwrap();
        let b: serde_json::Value = serde_json::from_str(r#"{"a":[100,"\u00e9"],"b":1}"#).unwrap();
        assert_eq!(jcs_bytes(&a).unwrap(), jcs_bytes(&b).unwrap());
    }

    fn value() -> impl Strategy<Value = Value> {
        let text = "[ -~\u{0}-\u{1f}\u{7f}-\u{a0}ü€😀\u{e000}\u{2028}]{0,6}";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
            prop_oneof![Just(0.1), Just(1e-9), Just(123_456.789), Just(-0.5)].prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map(text, inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_short_way_writes_what_the_long_way_writes(value in value()) {
            let long = serde_json_canonicalizer::to_vec(&value).unwrap();
            prop_assert_eq!(String::from_utf8(jcs_bytes(&value).unwrap()), String::from_utf8(long));
        }
    }
}
