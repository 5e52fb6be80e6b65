//! Histories whose events were worked out by hand; the model and the command both have to find them.

use serde_json::Value;

use crate::drawn::{Drawn, Written};
use crate::told;

struct Case {
    name: &'static str,
    told: &'static str,
    events: &'static str,
    drafts: &'static str,
}

fn cases() -> Vec<Case> {
    let texts = [include_str!("cases/changes.txt"), include_str!("cases/people.txt"), include_str!("cases/drafts.txt")];
    let mut cases = Vec::new();
    for text in texts {
        for case in text.split("\n== ").skip(1) {
            let (name, rest) = case.split_once('\n').unwrap();
            let (told, rest) = rest.split_once("\n-- events\n").unwrap();
            let (events, drafts) = rest.split_once("\n-- drafts").unwrap_or((rest, ""));
            cases.push(Case { name, told, events, drafts });
        }
    }
    cases
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

fn hold(ask: impl Fn(&Drawn, &Written) -> Result<(Value, Value), String>) {
    let cases = cases();
    let mut failed = String::new();
    for case in &cases {
        let (drawn, names) = told::drawn(case.told);
        let written = drawn.write();
        match ask(&drawn, &written) {
            Err(error) => failed.push_str(&format!("\n== {}\n{error}\n", case.name)),
            Ok((versions, status)) => {
                let (events, drafts) = (told::events(&versions, &names, &written.ids), told::drafts(&status));
                if events != lines(case.events) || drafts != lines(case.drafts) {
                    let found = [events.join("\n"), drafts.join("\n")].join("\n-- drafts\n");
                    failed.push_str(&format!(
                        "\n== {}{}\n-- found\n{found}\n-- expected{}\n-- drafts{}\n",
                        case.name, case.told, case.events, case.drafts
                    ));
                }
            }
        }
    }
    eprintln!("{} cases by hand", cases.len());
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn the_model_finds_what_was_worked_out_by_hand() {
    hold(|_, written| {
        let reference = written.reference();
        Ok((reference.versions_told(), reference.status_told(&written.world)))
    });
}

#[test]
fn the_command_finds_what_was_worked_out_by_hand() {
    hold(|_, written| Ok((written.versions()?, written.status()?)));
}

/// The digest is that of RFC 8785 bytes: here those of `{"id":"pay","run_budget":1}`.
#[test]
fn a_source_digest_is_the_digest_of_the_values() {
    let digest = "sha256:bb52490f8ac32c3ffb3bcbb144860808b698cbde221fe43e238a7dccb8d7a3f9";
    let (drawn, _) = told::drawn("a\n  + policies/pay.yaml \"# one\\nrun_budget: 1.0\\nid: 'pay'\\n\"\n");
    let written = drawn.write();
    assert_eq!(written.reference().versions_told()[0]["source_digest"], digest);
    assert_eq!(written.versions().unwrap()[0]["source_digest"], digest);
}
