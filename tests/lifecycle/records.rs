use policyc::lifecycle::record::{self, About, Bound, Record};
use policyc::written::ReviewKind;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::world::{at, cases, change, content, said};

fn written() -> Value {
    let bound = json!({"after": 3, "from": content("old").to_string(), "to": content("new").to_string()});
    json!({"at": "2026-03-04T09:05:00Z", "type": "approve", "by": "ines", "documents": {"refunds": bound}})
}

fn altered(pointer: &str, key: &str, new: Option<Value>) -> Result<Record, String> {
    let mut value = written();
    let map = value.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
    match new {
        Some(new) => map.insert(key.to_owned(), new),
        None => map.remove(key),
    };
    Record::read(&value.to_string())
}

#[test]
fn a_record_that_is_written_reads_back_and_begins_with_its_time() {
    let changes = [change(3, "old", "new"), change(0, "", "new")];
    for change in &changes {
        let mut made = record::unsigned(at(5), ReviewKind::Comment, "ines", std::slice::from_ref(change));
        made.comment = Some("two\nlines \u{2028}".to_owned());
        made.head = Some("a".repeat(40));
        let line = record::line(&made).unwrap();
        assert!(line.starts_with(r#"{"at":"2026-03-04T09:05:00Z","type":"comment","by":"ines","#), "{line}");
        assert!(!line.contains('\n') && !line.contains("signature"));
        let read = Record::read(&line).unwrap();
        assert_eq!((&read.written, read.at, read.changes()), (&made, at(5), std::slice::from_ref(change)));
    }
}

#[test]
fn a_record_is_bound_to_one_change_exactly() {
    let record = said(ReviewKind::Approve, "ines", &change(3, "old", "new"), 5);
    for (other, bound) in [
        (change(3, "old", "new"), Bound::This),
        (change(3, "old", "newer"), Bound::Other),
        (change(3, "older", "new"), Bound::Other),
        (change(3, "old", ""), Bound::Other),
        (change(3, "", "new"), Bound::Other),
        // The same content comes back later: another change.
        (change(5, "old", "new"), Bound::No),
    ] {
        assert_eq!(record.about(About::Document(&other)), bound, "{other:?}");
    }
    let removal = said(ReviewKind::Approve, "ines", &change(3, "old", ""), 5);
    assert_eq!(removal.about(About::Document(&change(3, "old", ""))), Bound::This);
    let mut elsewhere = change(3, "old", "new");
    elsewhere.document = policyc::model::DocumentId::parse("mail").unwrap();
    assert_eq!(record.about(About::Document(&elsewhere)), Bound::No);
}

#[test]
fn a_line_that_cannot_be_read_is_told_and_the_others_are_read() {
    let text = format!("{}\n\n  \nnot json\r\n{}\r\n", written(), written());
    let (records, unread) = record::read(&text);
    assert_eq!(records.len(), 2);
    assert_eq!(unread.iter().map(|line| line.line).collect::<Vec<_>>(), [4]);
    assert!(!unread[0].why.is_empty());
    assert_eq!(record::read(""), (vec![], vec![]));
}

#[test]
fn whatever_is_not_exactly_a_record_is_none() {
    let bound = "/documents/refunds";
    for (pointer, key, new, why) in [
        ("", "at", None, "missing field `at`"),
        ("", "at", Some(json!("2026-03-04")), "no RFC 3339"),
        ("", "at", Some(json!("2026-03-04T09:05:00")), "no RFC 3339"),
        ("", "type", Some(json!("approved")), "unknown variant"),
        ("", "by", Some(json!("  ")), "names nobody"),
        ("", "by", Some(json!(["ines"])), "invalid type"),
        ("", "documents", Some(json!({})), "about no document"),
        ("", "documents", None, "about no document"),
        ("", "governing", Some(json!({"policyc.yaml": {"from": null}})), "missing field `to`"),
        (
            "",
            "governing",
            Some(json!({"policyc.yaml": {"from": null, "to": null}})),
            "a digest of `policyc.yaml` is none",
        ),
        (
            "",
            "governing",
            Some(json!({"policyc.yaml": {"from": null, "to": "sha256:1"}})),
            "a digest of `policyc.yaml` is none",
        ),
        ("", "environment", Some(json!({"name": "production"})), "missing field `change`"),
        ("", "document", Some(json!({})), "unknown field"),
        ("", "signature", Some(json!(1)), "invalid type"),
        ("/documents", "Refunds!", Some(json!({"after": 0, "from": null, "to": null})), "no id of a document"),
        (bound, "from", None, "missing field `from`"),
        (bound, "to", None, "missing field `to`"),
        (bound, "after", None, "missing field `after`"),
        (bound, "after", Some(json!(-1)), "invalid value"),
        (bound, "after", Some(json!(1.5)), "invalid type"),
        (bound, "after", Some(json!(9_007_199_254_740_992_u64)), "too great"),
        (bound, "to", Some(json!("sha256:abc")), "a digest of `refunds` is none"),
        (bound, "to", Some(json!(content("new").to_string().to_uppercase())), "a digest of `refunds` is none"),
        (bound, "kind", Some(json!("policy")), "unknown field"),
    ] {
        let told = altered(pointer, key, new).expect_err(why);
        assert!(told.contains(why), "{pointer}/{key}: {told}");
    }
    let twice = written().to_string().replacen(r#""by":"ines""#, r#""by":"eve","by":"ines""#, 1);
    assert!(Record::read(&twice).unwrap_err().contains("given twice"));
    assert!(altered(bound, "from", Some(Value::Null)).is_ok());
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), cut in 0..400_usize, inserted in any::<char>()) {
        let _ = record::read(&text);
        let mut line = written().to_string();
        let cut = cut.min(line.len());
        line.insert(cut, inserted);
        let _ = record::read(&line);
        line.truncate(cut);
        let _ = record::read(&line);
    }
}
