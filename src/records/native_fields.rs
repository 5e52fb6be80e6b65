use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

macro_rules! fields {
    ($($name:ident)*) => {
        /// The fields of a native record as they stand in the text, and the keys that are none of them.
        #[derive(Debug, Default)]
        pub(super) struct Fields<'a> {
            $(pub $name: Option<&'a RawValue>,)*
            pub others: Vec<String>,
        }

        /// The keys of a native record, in the order in which they are written.
        pub(super) const KEYS: &[&str] = &[$(stringify!($name)),*];

        impl<'a> Fields<'a> {
            /// The field of a key; `None` if there is no such key.
            pub fn slot(&mut self, key: &str) -> Option<&mut Option<&'a RawValue>> {
                match key {
                    $(stringify!($name) => Some(&mut self.$name),)*
                    _ => None,
                }
            }

            /// Whether the field of a key is given; null is not.
            pub fn has(&self, key: &str) -> bool {
                match key {
                    $(stringify!($name) => self.$name.is_some_and(|raw| raw.get() != "null"),)*
                    _ => false,
                }
            }
        }
    };
}

fields! {
    id timestamp agent_id run_id session_id turn group_id mission_id integration operation resource data_classification
    arguments tags risk_level cost_usd outcome error result recorded_decision labels unreliable
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some((Key(key), raw)) = entries.next_entry::<Key<'de>, &'de RawValue>()? {
            match fields.slot(&key) {
                Some(Some(_)) => return Err(A::Error::custom(format!("the key `{key}` is given twice"))),
                Some(slot) => *slot = Some(raw),
                None => fields.others.push(key.into_owned()),
            }
        }
        Ok(fields)
    }
}

/// A key that is borrowed where it holds no escape.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(KeyReader)
    }
}

struct KeyReader;

impl<'de> Visitor<'de> for KeyReader {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(text.to_owned())))
    }
}
