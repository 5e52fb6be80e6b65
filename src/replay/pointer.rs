use serde_json::Value;

/// The value that a JSON pointer (RFC 6901) leads to in a line; `None` where it leads nowhere.
pub(super) fn at_pointer(line: &str, pointer: &str) -> Option<Value> {
    // Only the part behind the first step is built: lines are long, labels short.
    let (first, rest) = steps(pointer)?;
    let part = crate::records::member(line, &first)?;
    let value: Value = serde_json::from_str(part).ok()?;
    value.pointer(rest).cloned()
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
        let line = r#"{"a": {"b/c": [1, {"d": null}], "x": 1, "x": 2}, "e~f": "g", "a2": 1e5}"#;
        let whole: Value = serde_json::from_str(line).unwrap();
        for pointer in ["/a/b~1c/0", "/a/b~1c/1/d", "/e~0f", "/a2", "/a", "/nothing", "/a/b~1c/7", "/a/b~1c/1/d/x"] {
            assert_eq!(at_pointer(line, pointer).as_ref(), whole.pointer(pointer), "{pointer}");
        }
        assert_eq!(at_pointer("{\"a\": 1", "/a"), None);
    }
}
