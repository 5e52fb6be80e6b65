use serde_json::Value;

/// What a JSON pointer leads to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Pointed {
    /// A value.
    Value(Value),
    /// Nothing is there.
    Nothing,
    /// Something that cannot be relied on, such as a key that is given twice.
    Unreliable,
}

impl Pointed {
    fn of(value: Option<Value>) -> Self {
        value.map_or(Self::Nothing, Self::Value)
    }
}

/// What a JSON pointer (RFC 6901) leads to in a line.
pub(super) fn at_pointer(line: &str, pointer: &str) -> Pointed {
    // Only the part behind the first step is built: lines are long, labels short.
    let Some((first, rest)) = steps(pointer) else { return Pointed::Nothing };
    match crate::records::member(line, &first) {
        Ok(Some(part)) => within(part, rest),
        Ok(None) => Pointed::Nothing,
        Err(_) => Pointed::Unreliable,
    }
}

/// What a pointer leads to in JSON of which nothing may be in doubt.
fn within(part: &str, rest: &str) -> Pointed {
    match crate::text::distinct(part) {
        Ok(value) => Pointed::of(value.pointer(rest).cloned()),
        Err(_) => Pointed::Unreliable,
    }
}

/// What a pointer leads to in the labels of a record that has no line of its own.
pub(super) fn in_labels(labels: &Value, pointer: &str) -> Pointed {
    Pointed::of(pointer.strip_prefix("/labels").and_then(|rest| labels.pointer(rest)).cloned())
}

/// The first step, and the pointer behind it.
fn steps(pointer: &str) -> Option<(String, &str)> {
    let inner = pointer.strip_prefix('/')?;
    let end = inner.find('/').unwrap_or(inner.len());
    let (first, rest) = inner.split_at(end);
    Some((first.replace("~1", "/").replace("~0", "~"), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_leads_where_serde_json_says() {
        let line =
            r#"{"a": {"b/c": [1, {"d": null}]}, "e~f": "g", "a2": 1e5, "twice": 1, "twice": 2, "t": {"u": 1, "u": 1}}"#;
        let whole: Value = serde_json::from_str(line).unwrap();
        for pointer in ["/a/b~1c/0", "/a/b~1c/1/d", "/e~0f", "/a2", "/a", "/nothing", "/a/b~1c/7", "/a/b~1c/1/d/x"] {
            assert_eq!(at_pointer(line, pointer), Pointed::of(whole.pointer(pointer).cloned()), "{pointer}");
        }
        for pointer in ["/twice", "/t/u"] {
            assert_eq!(at_pointer(line, pointer), Pointed::Unreliable, "{pointer}");
        }
        assert_eq!(at_pointer("{\"a\": 1", "/a"), Pointed::Unreliable);
    }
}
