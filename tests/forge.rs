//! What is read of a forge's events and answers, and what is refused (PC0914). The samples are trimmed; people and
//! repository are invented.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

use std::fs;

use policyc::diag::{Failure, codes};
use policyc::forge::{self, Facts, MAX_FACTS_BYTES, PullState, ReviewState};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use serde_json::{Value, json};

const SAMPLES: [&str; 6] = ["event-pull-request", "event-review", "pulls", "pull", "reviews", "commit-pulls"];

fn sample(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(format!("tests/forge/{name}.json")).unwrap()).unwrap()
}

fn read(value: &Value) -> Result<Facts, Failure> {
    forge::read("facts.json", value.to_string().as_bytes())
}

fn facts(name: &str) -> Facts {
    read(&sample(name)).unwrap()
}

/// A sample with one place changed; `Null` at a place that is not there adds nothing.
fn changed(name: &str, pointer: &str, new: Value) -> Value {
    let mut value = sample(name);
    *value.pointer_mut(pointer).unwrap_or_else(|| panic!("{name} has no {pointer}")) = new;
    value
}

fn without(name: &str, parent: &str, key: &str) -> Value {
    let mut value = sample(name);
    value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).expect("the key was there");
    value
}

fn refusal(value: &Value) -> String {
    let failure = read(value).expect_err("it is refused");
    assert_eq!(failure.code, codes::BAD_FORGE_FACTS);
    assert!(failure.help.is_some_and(|help| help.contains("/pulls/N/reviews")), "the help names the forms");
    failure.message.strip_prefix("`facts.json` holds no facts of a forge: ").expect("the file is named").to_owned()
}

#[test]
fn the_code_of_refusals_is_pc0914() {
    assert_eq!(codes::BAD_FORGE_FACTS.id(), "PC0914");
}

#[test]
fn a_merged_pull_is_the_same_from_an_event_and_from_an_answer() {
    let (event, answer) = (facts("event-pull-request"), facts("pull"));
    assert_eq!(event, answer);
    assert_eq!(event.repository.as_ref().unwrap().to_string(), "github.com/harbor-lane/agent-policies");
    assert!(!event.tells_reviews, "an event about a pull says nothing of its reviews");
    let written = sample("pull");
    let pull = event.pull(12).unwrap();
    assert!(pull.merged && pull.state == PullState::Closed && !pull.draft);
    assert_eq!(pull.merge_commit.as_deref(), written["merge_commit_sha"].as_str());
    assert_eq!(pull.head.sha.as_deref(), written["head"]["sha"].as_str());
    assert_eq!((pull.head.name.as_str(), pull.base.name.as_str()), ("refunds-150", "main"));
    assert_eq!(pull.head.repository.as_deref(), Some("harbor-lane/agent-policies"));
    assert_eq!(pull.base.sha.as_deref(), written["base"]["sha"].as_str());
    assert_eq!((pull.author.as_deref(), pull.merged_by.as_deref()), (Some("lfaber"), Some("twrona")));
    assert_eq!(pull.title, "Ask finance for refunds above 150");
    assert_eq!(pull.url, "https://github.com/harbor-lane/agent-policies/pull/12");
    assert_eq!(pull.updated_at, Some("2026-03-04T10:02:12Z".parse().unwrap()));
}

#[test]
fn a_list_knows_what_was_merged_by_its_time_only() {
    let list = facts("pulls");
    let numbers: Vec<u64> = list.pulls.iter().map(|pull| pull.number).collect();
    assert_eq!(numbers, [9, 12, 14, 15]);
    let merged: Vec<u64> = list.pulls.iter().filter(|pull| pull.merged).map(|pull| pull.number).collect();
    assert_eq!(merged, [12]);
    assert_eq!(list.pull(12).unwrap().merged_by, None);
    assert!(list.pull(14).unwrap().draft);
    // An open pull, and one that was given up, name the commit of a trial merge.
    for number in [9, 14, 15] {
        assert_eq!(list.pull(number).unwrap().merge_commit, None, "{number}");
    }
    assert_eq!(list.pull(15).unwrap().head.repository.as_deref(), Some("octo-guest/agent-policies"));
    assert_eq!(facts("commit-pulls").pulls, list.pulls[1..2]);
    let commit = list.pull(12).unwrap().merge_commit.clone().unwrap();
    assert_eq!(list.merged_as(&commit, "main").map(|pull| pull.number).collect::<Vec<_>>(), [12]);
    assert_eq!(list.merged_as(&commit, "release").count(), 0);
}

#[test]
fn reviews_are_read_from_answers_and_events() {
    let list = facts("reviews");
    assert!(list.tells_reviews && list.pulls.is_empty());
    let states: Vec<ReviewState> = list.reviews_of(12).map(|review| review.state).collect();
    assert_eq!(states.len(), 9);
    assert_eq!(states[0], ReviewState::ChangesRequested);
    let guest = list.reviews.iter().find(|review| review.login.as_deref() == Some("octo-guest")).unwrap();
    assert!(!guest.has_write_access() && !guest.bot);
    let bot = list.reviews.iter().find(|review| review.bot).unwrap();
    assert_eq!(bot.login.as_deref(), Some("policy-helper[bot]"));
    assert_eq!(list.reviews.iter().filter(|review| review.login.is_none()).count(), 1);
    let pending = list.reviews.iter().find(|review| review.state == ReviewState::Pending).unwrap();
    assert_eq!(pending.submitted_at, None);

    let event = facts("event-review");
    assert!(event.tells_reviews);
    let [review] = &event.reviews[..] else { panic!("{:?}", event.reviews) };
    assert_eq!((review.pull, review.state), (14, ReviewState::ChangesRequested));
    assert_eq!(event.pulls.len(), 1);
}

#[test]
fn an_empty_list_is_an_answer() {
    let empty = read(&json!([])).unwrap();
    assert_eq!(empty, Facts { tells_reviews: true, ..Facts::default() });
}

#[test]
fn what_is_not_said_proves_nothing() {
    let review = |value: &Value| read(value).unwrap().reviews[0].clone();
    assert!(!review(&without("reviews", "/0", "author_association")).has_write_access());
    assert_eq!(review(&without("reviews", "/0", "commit_id")).commit, None);
    assert_eq!(review(&changed("reviews", "/0/commit_id", json!("HEAD"))).commit, None);
    assert_eq!(review(&changed("reviews", "/0/commit_id", json!("abc1234"))).commit, None);
    assert_eq!(review(&without("reviews", "/0", "submitted_at")).submitted_at, None);
    for word in ["CONTRIBUTOR", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN", "NONE", "owner", "ADMIN"] {
        assert!(!review(&changed("reviews", "/0/author_association", json!(word))).has_write_access(), "{word}");
    }
    for word in ["OWNER", "MEMBER", "COLLABORATOR"] {
        assert!(review(&changed("reviews", "/0/author_association", json!(word))).has_write_access(), "{word}");
    }
    let pull = |value: &Value| read(value).unwrap().pulls[0].clone();
    assert!(pull(&without("pull", "", "draft")).draft, "not said to be up for review");
    let bare = pull(&without("pull", "", "merged_at"));
    assert!(bare.merged, "`merged` says it");
    assert!(!pull(&changed("pull", "/merged", json!(false))).merged, "what contradicts itself is not merged");
    assert!(!pull(&changed("pull", "/state", json!("open"))).merged);
    assert_eq!(pull(&changed("pull", "/head/repo", Value::Null)).head.repository, None);
    assert_eq!(pull(&changed("pull", "/user", Value::Null)).author, None);
    assert_eq!(pull(&without("pull", "", "updated_at")).updated_at, None);
    assert_eq!(pull(&without("pull", "/head", "sha")).head.sha, None);
}

#[test]
fn anything_else_is_refused() {
    let cases = [
        (json!({}), "it is neither a pull request nor an event about one"),
        (json!("pull"), "it is neither an object nor a list"),
        (json!([1]), "it is a list, and not all of it are pull requests or all of it reviews"),
        (json!({"action": "opened", "issue": {"number": 1}}), "it is neither a pull request nor an event about one"),
        (changed("pull", "/number", json!("12")), "`number` is no number"),
        (changed("pull", "/number", json!(13)), "`url` is of pull request 12, not of 13"),
        (changed("pull", "/state", json!("merged")), "`state` is neither `open` nor `closed`"),
        (without("pull", "", "url"), "`url` is no address of a pull request in the API"),
        (changed("pull", "/head", json!("main")), "`head` is no branch"),
        (without("pull", "/base", "ref"), "`base` has no `ref`"),
        (without("pull", "", "head"), "it is neither a pull request nor an event about one"),
        (changed("reviews", "/2/state", json!("HEARTED")), "in item 3, `state` is not that of a review"),
        (changed("reviews", "/0/id", Value::Null), "in item 1, `id` is no number"),
        (without("event-pull-request", "/pull_request", "base"), "in `pull_request`, `base` is no branch"),
        (changed("event-review", "/review/state", json!(7)), "in `review`, `state` is no text"),
        (
            changed(
                "event-review",
                "/review/pull_request_url",
                json!("https://api.github.com/repos/harbor-lane/agent-policies/pulls/9"),
            ),
            "in `review`, `pull_request_url` is of pull request 9, not of 14",
        ),
    ];
    for (value, why) in cases {
        assert_eq!(refusal(&value), why);
    }
    for (key, of) in [("comment", "event-pull-request"), ("thread", "event-pull-request")] {
        let mut value = sample(of);
        value[key] = json!({"id": 1});
        assert_eq!(refusal(&value), "it is neither a pull request nor an event about one", "{key}");
    }
    // Comments of a review name the pull request as reviews do.
    let comment = json!([{"id": 1, "pull_request_url": sample("pull")["url"], "path": "a.yaml", "diff_hunk": ""}]);
    assert!(refusal(&comment).starts_with("it is a list"));
    let mixed = json!([sample("pull"), sample("reviews")[0]]);
    assert!(refusal(&mixed).starts_with("it is a list"));
}

#[test]
fn texts_that_are_no_json_or_say_something_twice_are_refused() {
    let told = |bytes: &[u8]| forge::read("f", bytes).unwrap_err().message;
    assert!(told(b"{").contains("EOF"));
    assert!(told(b"\xff\xfe[\0]\0").contains("no UTF-8"));
    assert!(told(b"[] []").contains("trailing"));
    assert!(told(br#"{"action": "x", "action": "y"}"#).contains("`action` is given twice"));
    let twice = sample("reviews").to_string().replacen(r#""state""#, r#""state":"APPROVED","state""#, 1);
    assert!(told(twice.as_bytes()).contains("`state` is given twice"));
    let deep = "[".repeat(5000);
    assert!(told(deep.as_bytes()).contains("recursion"));
    assert!(told(&vec![b' '; MAX_FACTS_BYTES + 1]).contains("more than 64 MiB"));
}

#[test]
fn addresses_name_the_repository() {
    let named =
        |url: &str| read(&changed("pull", "/url", json!(url))).map(|facts| facts.repository.unwrap().to_string());
    assert_eq!(named("https://api.github.com/repos/a/b/pulls/12").unwrap(), "github.com/a/b");
    assert_eq!(named("https://git.example/api/v3/repos/a/b/pulls/12").unwrap(), "git.example/a/b");
    assert_eq!(named("https://api.harbor.ghe.com/repos/a/b/pulls/12").unwrap(), "harbor.ghe.com/a/b");
    for url in [
        "repos/a/b/pulls/12",
        "https://api.github.com/repos/a/b/pulls/12/files",
        "https://api.github.com/repos/a/b/issues/12",
        "https://api.github.com/repos/a/pulls/12",
        "https://api.github.com/repos//b/pulls/12",
        "https:///repos/a/b/pulls/12",
        "https://api.github.com/repos/a/b/pulls/+12",
        "https://api.github.com/repos/a/b/pulls/",
        "https://github.com/a/b/pull/12",
    ] {
        assert!(named(url).is_err(), "{url}");
    }
}

#[test]
fn two_repositories_do_not_belong_together() {
    let other = changed("pull", "/url", json!("https://api.github.com/repos/harbor-lane/site/pulls/12"));
    let both = [sample("reviews").to_string(), other.to_string()];
    let told = |first: usize| {
        let files = [("a", both[first].as_bytes()), ("b", both[1 - first].as_bytes())];
        forge::read_all(files).unwrap_err()
    };
    assert_eq!(told(0), told(1), "the same words whatever the order");
    assert_eq!(told(0).code, codes::BAD_FORGE_FACTS);
    assert!(told(0).message.contains("harbor-lane/agent-policies") && told(0).message.contains("harbor-lane/site"));
    assert!(refusal(&json!([sample("pull"), other])).contains("harbor-lane/site"));
    let capitals = changed("pull", "/url", json!("https://api.github.com/repos/Harbor-Lane/Agent-Policies/pulls/12"));
    assert!(read(&capitals).unwrap().merge(facts("reviews")).is_ok(), "case does not matter");
    let event = changed(
        "event-review",
        "/review/pull_request_url",
        json!("https://api.github.com/repos/harbor-lane/site/pulls/14"),
    );
    assert!(refusal(&event).contains("two repositories"));
}

#[test]
fn the_newer_account_of_a_pull_wins_and_the_lesser_of_a_review() {
    // The list saw pull 14 as a draft; the event is newer.
    let both = facts("pulls").merge(facts("event-review")).unwrap();
    assert!(!both.pull(14).unwrap().draft);
    // Of one moment, the answer that says who merged is kept.
    let both = facts("pulls").merge(facts("pull")).unwrap();
    assert_eq!(both.pull(12).unwrap().merged_by.as_deref(), Some("twrona"));
    let dismissed = read(&changed("reviews", "/1/state", json!("DISMISSED"))).unwrap();
    let demoted = read(&changed("reviews", "/1/author_association", json!("NONE"))).unwrap();
    for other in [dismissed, demoted] {
        let both = facts("reviews").merge(other.clone()).unwrap();
        assert_eq!(both.reviews[1], other.reviews[1]);
    }
    let pending = read(&changed("reviews", "/1/state", json!("PENDING"))).unwrap();
    let both = pending.merge(facts("reviews")).unwrap();
    assert_eq!(both.reviews[1].state, ReviewState::Approved, "it was handed in since");
}

/// Files about few pulls and reviews, so that they contradict each other often.
fn file() -> impl Strategy<Value = Value> {
    let moment = (0..3_u8).prop_map(|hour| format!("2026-03-04T1{hour}:00:00Z"));
    let sha = prop_oneof![Just("a"), Just("b")].prop_map(|letter| letter.repeat(40));
    let pull = (1..3_u64, any::<(bool, bool, bool)>(), moment.clone(), sha.clone());
    let pull = pull.prop_map(|(number, (merged, draft, full), updated, head)| {
        let mut pull = sample("pull");
        pull["number"] = json!(number);
        pull["url"] = json!(format!("https://api.github.com/repos/harbor-lane/agent-policies/pulls/{number}"));
        pull["updated_at"] = json!(updated);
        pull["draft"] = json!(draft);
        pull["head"]["sha"] = json!(head);
        if !merged {
            pull["state"] = json!("open");
            pull["merged_at"] = Value::Null;
        }
        if !full {
            pull.as_object_mut().unwrap().remove("merged_by");
        }
        pull
    });
    let state = prop_oneof![Just("APPROVED"), Just("DISMISSED"), Just("CHANGES_REQUESTED"), Just("PENDING")];
    let review = (1..3_u64, 1..3_u64, state, any::<bool>(), proptest::option::of(sha), moment);
    let review = review.prop_map(|(id, pull, state, member, commit, at)| {
        let mut review = sample("reviews")[0].clone();
        review["id"] = json!(id);
        review["pull_request_url"] =
            json!(format!("https://api.github.com/repos/harbor-lane/agent-policies/pulls/{pull}"));
        review["state"] = json!(state);
        review["author_association"] = json!(if member { "MEMBER" } else { "NONE" });
        review["commit_id"] = json!(commit);
        review["submitted_at"] = json!(at);
        review
    });
    prop_oneof![
        proptest::collection::vec(pull, 0..4).prop_map(Value::from),
        proptest::collection::vec(review, 0..4).prop_map(Value::from),
        proptest::sample::select(&SAMPLES[..]).prop_map(sample),
    ]
}

fn all(files: &[Value]) -> Facts {
    let texts: Vec<String> = files.iter().map(Value::to_string).collect();
    forge::read_all(texts.iter().map(|text| ("f", text.as_bytes()))).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn the_order_of_files_does_not_matter_nor_does_repeating_one(
        files in proptest::collection::vec(file(), 1..5), order in any::<Vec<Index>>(), again in any::<Index>()
    ) {
        let straight = all(&files);
        let mut shuffled = files.clone();
        for (rank, other) in order.iter().enumerate().take(8) {
            let (rank, other) = (rank % files.len(), other.index(files.len()));
            shuffled.swap(rank, other);
        }
        shuffled.push(again.get(&files).clone());
        prop_assert_eq!(&straight, &all(&shuffled));
        // And however they are put together in groups.
        let (left, right) = files.split_at(again.index(files.len()));
        prop_assert_eq!(&straight, &all(left).merge(all(right)).unwrap());
        prop_assert!(straight.pulls.is_sorted_by_key(|pull| pull.number));
        prop_assert!(straight.reviews.is_sorted_by_key(|review| (review.pull, review.id)));
    }

    #[test]
    fn a_file_with_parts_left_out_never_panics_and_never_proves_more(
        name in proptest::sample::select(&SAMPLES[..]), gone in subsequence(KEYS.to_vec(), 0..KEYS.len())
    ) {
        let mut value = sample(name);
        drop_keys(&mut value, &gone);
        if let Ok(fewer) = read(&value) {
            let whole = facts(name);
            for review in &fewer.reviews {
                let same = whole.reviews.iter().find(|other| other.id == review.id).unwrap();
                prop_assert!(!review.has_write_access() || same.has_write_access());
                prop_assert!(review.commit.is_none() || review.commit == same.commit);
            }
            for pull in &fewer.pulls {
                prop_assert!(pull.draft || !whole.pull(pull.number).unwrap().draft);
                prop_assert!(!pull.merged || whole.pull(pull.number).unwrap().merged);
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
        let _ = forge::read("f", &bytes);
    }
}

const KEYS: [&str; 16] = [
    "number",
    "state",
    "draft",
    "merged",
    "merged_at",
    "head",
    "sha",
    "repo",
    "user",
    "updated_at",
    "id",
    "commit_id",
    "submitted_at",
    "author_association",
    "login",
    "merge_commit_sha",
];

fn drop_keys(value: &mut Value, gone: &[&str]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| drop_keys(item, gone)),
        Value::Object(map) => {
            map.retain(|key, _| !gone.contains(&key.as_str()));
            map.values_mut().for_each(|value| drop_keys(value, gone));
        }
        _ => {}
    }
}
