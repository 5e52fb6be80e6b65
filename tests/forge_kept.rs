//! The file of facts that policyc writes itself, `policyc.forge/v1`: it reads back as what was written, is what its schema
//! says, and is refused (PC0914) where anything in it is strange.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use policyc::diag::codes;
use policyc::forge::{self, Branch, FACTS_SCHEMA, Facts, Forge, Pull, PullState, Repository, Review, ReviewState};
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Value, json};

fn commit() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9a-f]{40}", "[0-9a-f]{64}"]
}

fn time() -> impl Strategy<Value = jiff::Timestamp> {
    (0..4_000_000_000_i64, 0..1000_i32)
        .prop_map(|(seconds, millis)| jiff::Timestamp::new(seconds, millis * 1_000_000).unwrap())
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9ü/._-]{1,12}(\\[bot\\])?"
}

fn branch() -> impl Strategy<Value = Branch> {
    let repository = of("[a-z]{1,4}(/[a-z]{1,3}){1,2}");
    (name(), of(commit()), repository).prop_map(|(name, sha, repository)| Branch { name, sha, repository })
}

fn pull() -> impl Strategy<Value = Pull> {
    let flags = any::<(bool, bool, bool)>();
    let people = (of(name()), of(name()));
    (any::<u64>(), flags, of(commit()), branch(), branch(), people, any::<String>(), any::<String>(), of(time()))
        .prop_map(
            |(number, (merged, open, draft), merge_commit, head, base, (author, merged_by), title, url, updated_at)| {
                Pull {
                    number,
                    merged,
                    state: if open && !merged { PullState::Open } else { PullState::Closed },
                    draft,
                    merge_commit: merge_commit.filter(|_| merged),
                    head,
                    base,
                    author,
                    merged_by,
                    title,
                    url,
                    updated_at,
                }
            },
        )
}

fn review() -> impl Strategy<Value = Review> {
    let state = prop_oneof![
        Just(ReviewState::Approved),
        Just(ReviewState::ChangesRequested),
        Just(ReviewState::Commented),
        Just(ReviewState::Dismissed),
        Just(ReviewState::Pending),
    ];
    (any::<u64>(), of(name()), any::<bool>(), state, of(commit()), of(time()), of(any::<bool>()), of("[A-Z_]{1,8}"))
        .prop_map(|(id, login, bot, state, commit, submitted_at, write_access, author_association)| Review {
            pull: 0,
            id,
            login,
            bot,
            state,
            commit,
            submitted_at,
            write_access,
            author_association,
        })
}

fn facts() -> impl Strategy<Value = Facts> {
    let each = (pull(), proptest::collection::vec(review(), 0..4));
    let forge = prop_oneof![Just(Forge::GitHub), Just(Forge::GitLab)];
    (forge, "[a-z.]{1,8}(:[0-9]{1,4})?", "[a-z]{1,5}/[a-z]{1,5}", proptest::collection::vec(each, 0..4)).prop_map(
        |(forge, host, name, each)| {
            let mut all = Facts {
                repository: Some(Repository { host, name }),
                forge: Some(forge),
                tells_reviews: true,
                every_review: true,
                ..Facts::default()
            };
            for (pull, reviews) in each {
                all.reviews.extend(reviews.into_iter().map(|review| Review { pull: pull.number, ..review }));
                all.pulls.push(pull);
            }
            all.merge(Facts::default()).unwrap()
        },
    )
}

fn validator() -> jsonschema::Validator {
    let files = policyc::report::schema_files();
    let (_, schema) = files.iter().find(|(path, _)| path == "forge.json").unwrap();
    jsonschema::options().should_ignore_unknown_formats(true).build(schema).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn what_is_written_reads_back(facts in facts()) {
        let text = forge::write(&facts).expect("they can be written");
        prop_assert!(text.ends_with(char::from(10)));
        let again = forge::read("facts.json", text.as_bytes()).unwrap();
        prop_assert_eq!(&again, &facts);
        prop_assert_eq!(forge::write(&again).unwrap(), text);
        // Twice the same is the same.
        prop_assert_eq!(again.clone().merge(facts.clone()).unwrap(), facts);
    }
}

fn written() -> Value {
    let at = |letter: &str| letter.repeat(40);
    json!({
        "schema": FACTS_SCHEMA, "forge": "gitlab", "host": "gitlab.example", "repository": "harbor/ai/policies",
        "pulls": [{
            "number": 7, "state": "closed", "merged": true, "draft": false, "merge_commit": at("c"),
            "head": {"name": "refunds", "sha": at("a"), "repository": null},
            "base": {"name": "main", "sha": null, "repository": "harbor/ai/policies"},
            "author": "lfaber", "merged_by": null, "title": "Ask", "url": "", "updated_at": "2026-03-04T12:00:00Z",
        }],
        "reviews": [{
            "pull": 7, "id": 105, "login": "ines", "bot": false, "state": "approved", "commit": at("a"),
            "submitted_at": "2026-03-04T10:31:00Z", "write_access": true, "author_association": null,
        }],
    })
}

fn refusal(value: &Value) -> String {
    let failure = forge::read("f", value.to_string().as_bytes()).expect_err("it is refused");
    assert_eq!(failure.code, codes::BAD_FORGE_FACTS);
    failure.message
}

#[test]
fn a_file_fits_its_schema_and_says_all_it_says() {
    let value = written();
    let facts = forge::read("f", value.to_string().as_bytes()).unwrap();
    assert!(facts.tells_reviews && facts.account("ines") == "gitlab:ines");
    assert!(facts.reviews[0].has_write_access() && facts.pull(7).unwrap().merged);
    let text = forge::write(&facts).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    let validator = validator();
    assert!(validator.is_valid(&value), "{:?}", validator.iter_errors(&value).map(|e| e.to_string()).next());
    for pointer in ["/extra", "/pulls/0/extra", "/reviews/0/extra", "/pulls/0/head/extra"] {
        let mut strange = value.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        strange.pointer_mut(parent).unwrap()[key] = json!(1);
        assert!(!validator.is_valid(&strange), "{pointer}");
        assert!(refusal(&strange).contains("unknown field `extra`"), "{pointer}");
    }
}

#[test]
fn what_the_forge_says_of_access_goes_before_its_word() {
    for (access, word, may) in [
        (json!(true), json!("NONE"), true),
        (json!(false), json!("OWNER"), false),
        (Value::Null, json!("MEMBER"), true),
        (Value::Null, Value::Null, false),
    ] {
        let mut value = written();
        value["reviews"][0]["write_access"] = access;
        value["reviews"][0]["author_association"] = word;
        let facts = forge::read("f", value.to_string().as_bytes()).unwrap();
        assert_eq!(facts.reviews[0].has_write_access(), may, "{value}");
    }
}

#[test]
fn what_is_strange_is_refused() {
    let cases = [
        (
            "/schema",
            json!("policyc.forge/v2"),
            "its `schema` is `policyc.forge/v2`, and this version reads `policyc.forge/v1`",
        ),
        ("/schema", json!(1), "its `schema` is no text"),
        ("/forge", json!("gitea"), "unknown variant `gitea`"),
        ("/host", json!(""), "`host` is empty"),
        ("/host", json!("a\u{1b}b"), "`host` is empty, or holds a space or a control character"),
        ("/repository", json!("policies"), "`repository` is no OWNER/NAME"),
        ("/pulls/0/state", json!("open"), "in pull request 7, it is open and merged"),
        ("/pulls/0/merged", json!(false), "in pull request 7, it has a `merge_commit` and is not merged"),
        ("/pulls/0/head/sha", json!("abc"), "in pull request 7, `sha` is no commit in full"),
        ("/pulls/0/updated_at", json!("yesterday"), "in pull request 7, `updated_at` is no time"),
        ("/reviews/0/commit", json!("A".repeat(40)), "in review 105 of pull request 7, `commit` is no commit in full"),
        ("/reviews/0/login", json!(""), "in review 105 of pull request 7, `login` is empty"),
        ("/reviews/0/pull", json!(8), "review 105 is of pull request 8, which is not there"),
        ("/reviews/0/state", json!("APPROVED"), "unknown variant `APPROVED`"),
        ("/reviews/0/write_access", json!("yes"), "invalid type"),
    ];
    for (pointer, new, why) in cases {
        let mut value = written();
        *value.pointer_mut(pointer).unwrap() = new;
        let told = refusal(&value);
        assert!(told.contains(why), "{pointer}: {told}");
    }
    for list in ["pulls", "reviews"] {
        let mut value = written();
        let first = value[list][0].clone();
        value[list].as_array_mut().unwrap().push(first);
        assert!(refusal(&value).contains("is there twice"), "{list}");
        value.as_object_mut().unwrap().remove(list);
        assert!(refusal(&value).contains("missing field"), "{list}");
    }
}

#[test]
fn facts_of_two_forges_do_not_belong_together() {
    let lab = written();
    let mut hub = written();
    hub["forge"] = json!("github");
    let texts = [lab.to_string(), hub.to_string()];
    let told = |first: usize| {
        let files = [("a", texts[first].as_bytes()), ("b", texts[1 - first].as_bytes())];
        forge::read_all(files).unwrap_err()
    };
    assert_eq!(told(0), told(1), "the same words whatever the order");
    assert_eq!(told(0).code, codes::BAD_FORGE_FACTS);
    assert!(told(0).message.contains("of two forges, github and gitlab"));
    // An empty answer is of no forge.
    let empty = forge::read("e", b"[]").unwrap();
    assert_eq!(empty.merge(forge::read("f", texts[0].as_bytes()).unwrap()).unwrap().forge(), Forge::GitLab);
}
