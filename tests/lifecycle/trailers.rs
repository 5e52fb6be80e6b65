use std::io::Write as _;
use std::process::{Command, Stdio};

use policyc::lifecycle::trailers::{ClaimedPull, ClaimedReview, Message, Person, trailers};
use proptest::prelude::*;

use super::world::cases;

fn person(name: &str, email: &str) -> Person {
    Person { name: name.to_owned(), email: (!email.is_empty()).then(|| email.to_owned()) }
}

#[test]
fn the_trailers_that_matter_are_read() {
    let message = Message::read(
        "Ask finance earlier\n\nBecause of March.\n\nco-authored-by: Leonie Faber <leonie@example.com>\n\
         Approved-by: ines@example.com\nReviewed-By: Priya\n  Raman <priya@example.com>\nCo-Authored-By: swe-agent\n\
         Policyc-Rollback: refunds@3\nPolicyc-Rollback: refunds@0\nPolicyc-Rollback: Refunds@2\nApproved-by:\n",
    );
    assert_eq!(message.co_authors, [person("Leonie Faber", "leonie@example.com"), person("swe-agent", "")]);
    assert_eq!(message.co_authors[1].account(), "swe-agent");
    let claims = [
        ClaimedReview::Approved(person("", "ines@example.com")),
        ClaimedReview::Reviewed(person("Priya Raman", "priya@example.com")),
    ];
    assert_eq!(message.reviews, claims);
    let rollbacks: Vec<(&str, u64)> = message.rollbacks.iter().map(|one| (one.id.as_str(), one.version)).collect();
    assert_eq!(rollbacks, [("refunds", 3)]);
    assert_eq!(message.pulls, []);
}

#[test]
fn trailers_stand_in_the_last_paragraph_only() {
    for none in [
        "",
        "Approved-by: a@example.com",
        "Title\nApproved-by: a@example.com",
        "Title\n\nApproved-by: a@example.com\n\nBut then more text.",
        "Title\n\nSome text\nApproved-by: a@example.com",
        "Title\n\n  Approved-by: a@example.com",
        "Title\n\nApproved by: a@example.com",
        "\n\nApproved-by: a@example.com\n",
    ] {
        assert_eq!(Message::read(none), Message::default(), "{none:?}");
    }
    for one in [
        "Title\n\nApproved-by: a@example.com",
        "Title\r\n\r\nApproved-by: a@example.com\r\n",
        "Title\n\nApproved-by : a@example.com\n\n\n",
        "Title\n\nSome text\nApproved-by: a@example.com\nSigned-off-by: B <b@example.com>",
        "Title (#4)\n\n* one\n\n---------\n\nApproved-by: a@example.com",
    ] {
        let claims = [ClaimedReview::Approved(person("", "a@example.com"))];
        assert_eq!(Message::read(one).reviews, claims, "{one:?}");
    }
}

#[test]
fn people_are_read_in_every_form() {
    for (text, name, email) in [
        ("Ada <ada@example.com>", "Ada", "ada@example.com"),
        ("<ada@example.com>", "", "ada@example.com"),
        ("Ada <b> <ada@example.com>", "Ada <b>", "ada@example.com"),
        ("ada@example.com", "", "ada@example.com"),
        ("Ada", "Ada", ""),
        ("Ada <>", "Ada", ""),
        ("Ada at ada@example.com", "Ada at ada@example.com", ""),
        ("Ada <ada@example.com", "Ada <ada@example.com", ""),
    ] {
        assert_eq!(Person::parse(text), person(name, email), "{text}");
    }
}

#[test]
fn claims_to_be_a_pull_request_are_read() {
    let claims = |text: &str| Message::read(text).pulls;
    assert_eq!(claims("Merge pull request #12 from lfaber/refunds\n\nAsk finance"), [ClaimedPull::GitHub(12)]);
    assert_eq!(claims("Ask finance for refunds (#12)"), [ClaimedPull::GitHub(12)]);
    assert_eq!(claims("Ask finance for refunds (#12) \r\n\r\nwhy"), [ClaimedPull::GitHub(12)]);
    assert_eq!(claims("Revert \"Ask finance (#12)\" (#13)"), [ClaimedPull::GitHub(13)]);
    // The branch is a stranger's text.
    assert_eq!(claims("Merge pull request #12 from eve/x(#7)"), [ClaimedPull::GitHub(12)]);
    let gitlab = "Merge branch 'x' into 'main'\n\nAsk finance\n\nSee merge request group/sub/policies!34";
    assert_eq!(claims(gitlab), [ClaimedPull::GitLab(34)]);
    let with_trailers = "Merge branch 'x'\n\nSee merge request g/p!34\nApproved-by: a@example.com\n";
    assert_eq!(claims(with_trailers), [ClaimedPull::GitLab(34)]);
    for none in [
        "Revert \"Ask finance (#12)\"",
        "Ask finance (#)",
        "Ask finance (#0)",
        "Ask finance (#+1)",
        "Ask finance (#12) and more",
        "Title\n\nbody (#12)",
        "Merge pull request #x from a/b",
        "See merge request g/p!1\n\nthen text",
        "Ask finance (#99999999999999999999)",
    ] {
        assert_eq!(claims(none), [], "{none:?}");
    }
}

/// What Git itself says; `None`: there is no Git.
fn git(message: &str) -> Option<Vec<(String, String)>> {
    let mut child = Command::new("git")
        .args(["-c", "core.commentChar=#", "interpret-trailers", "--parse", "--no-divider"])
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
    let told = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let pair = |line: &str| line.split_once(':').map(|(key, value)| (key.to_owned(), value.trim().to_owned()));
    Some(told.lines().filter_map(pair).collect())
}

fn line() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        4 => Just(""),
        4 => prop_oneof![Just("Approved-by: A <a@example.com>"), Just("Co-authored-by:b@example.com"), Just("key : v")],
        2 => prop_oneof![Just("Signed-off-by: C <c@example.com>"), Just("(cherry picked from commit 123abc)")],
        3 => prop_oneof![Just("some text"), Just("not a key: text"), Just(": no key"), Just("See merge request g/p!1")],
        2 => prop_oneof![Just("  goes on"), Just("\tgoes: on"), Just("  "), Just("# a comment"), Just("Empty:")],
    ]
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn trailers_are_what_git_says(lines in proptest::collection::vec(line(), 0..12)) {
        let message = format!("Title\n{}\n", lines.join("\n"));
        match git(&message) {
            Some(told) => prop_assert_eq!(told, trailers(&message), "{:?}", message),
            None => eprintln!("SKIPPED: there is no git"),
        }
    }

    #[test]
    fn no_message_makes_it_panic(text in any::<String>(), lines in proptest::collection::vec(any::<String>(), 0..5)) {
        let _ = Message::read(&text);
        let _ = Message::read(&lines.join("\n"));
    }
}
