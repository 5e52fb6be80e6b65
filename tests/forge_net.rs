//! How forges are asked over a real socket, what is written, and what is refused (PC0914, PC0917). Every run asserts that
//! the token is in no output. People and repositories are invented.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use std::fs;

use policyc::forge::{self, Facts, Forge, ReviewState};
use serde_json::{Value, json};
use support::server::{Reply, Server, raw, says};
use support::world::{Done, World};

const TOKEN: &str = "tok_4f1d2c3b9a8e7766";
const REPOSITORY: &str = "harbor-lane/agent-policies";
const HEAD: &str = "84af7893a1ad067fc450949594a3ec764b17f43c";
const PULL: &str = "GET /repos/harbor-lane/agent-policies/pulls/12";
const REVIEWS: &str = "GET /repos/harbor-lane/agent-policies/pulls/12/reviews?per_page=100";
const COMMENTS: &str = "GET /repos/harbor-lane/agent-policies/issues/12/comments?per_page=100";
const FETCH: [&str; 7] = ["forge", "fetch", "--github", "--pull", "12", "--out", "facts.json"];

fn sample(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(format!("tests/forge/{name}.json")).unwrap()).unwrap()
}

fn permission(login: &str) -> String {
    format!("GET /repos/{REPOSITORY}/collaborators/{login}/permission")
}

/// A run in an environment of a job, and nothing else; the token may be nowhere in what it says or writes.
fn run(world: &World, server: &Server, arguments: &[&str], environment: &[(&str, &str)]) -> Done {
    let mut all = vec![("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", &server.base), ("GITHUB_REPOSITORY", REPOSITORY)];
    all.push(("GITHUB_SERVER_URL", "https://github.com"));
    all.extend(environment);
    checked(world, arguments, &all)
}

fn checked(world: &World, arguments: &[&str], environment: &[(&str, &str)]) -> Done {
    let done = world.run_with(arguments, environment, "");
    assert!(!done.out.contains(TOKEN) && !done.err.contains(TOKEN), "the token is shown: {done:?}");
    if let Ok(facts) = fs::read_to_string(world.at("facts.json")) {
        assert!(!facts.contains(TOKEN), "the token is written");
    }
    done
}

/// A run that must end with 3 and write nothing; what it said, on one line.
fn fails(server: &Server) -> String {
    let world = World::new();
    let done = run(&world, server, &FETCH, &[]);
    assert_eq!(done.code, 3, "{done:?}");
    assert!(done.out.is_empty() && !world.at("facts.json").exists(), "{done:?}");
    flat(&done.err)
}

fn flat(text: &str) -> String {
    text.replace("\n  │", "").replace('\n', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn facts(world: &World) -> Facts {
    forge::read("facts.json", world.read("facts.json").as_bytes()).unwrap()
}

fn review(id: u64, login: &str, state: &str) -> Value {
    json!({
        "id": id, "user": {"login": login, "type": "User"}, "state": state, "commit_id": HEAD,
        "pull_request_url": format!("https://api.github.com/repos/{REPOSITORY}/pulls/12"),
        "submitted_at": "2026-03-04T09:30:00Z", "author_association": "MEMBER",
    })
}

fn may(login: &str, permission: &str) -> Reply {
    says(200, &json!({"permission": permission, "role_name": permission, "user": {"login": login}}))
}

/// A server that says of pull 12 what is given, and of its reviews nothing.
fn of_pull(replies: Vec<Reply>) -> Server {
    Server::new(&[(PULL, replies), (REVIEWS, vec![says(200, &json!([]))])])
}

#[test]
fn pages_of_reviews_become_one_sorted_file() {
    let next = r#"<{base}/repositories/7/pulls/12/reviews?per_page=100&page=2>; rel="next""#;
    let server = Server::new(&[
        (PULL, vec![says(200, &sample("pull"))]),
        (
            REVIEWS,
            vec![
                says(200, &json!([review(9, "ines-albrecht", "APPROVED")]))
                    .with("Link", r#"<{base}/x>; rel="last""#)
                    .with("Link", next),
            ],
        ),
        (
            "GET /repositories/7/pulls/12/reviews?per_page=100&page=2",
            vec![says(
                200,
                &json!([
                    review(7, "dconti", "APPROVED"),
                    review(8, "octo-guest", "APPROVED"),
                    review(6, "twrona", "COMMENTED"),
                    review(5, "policy-helper[bot]", "APPROVED")
                ]),
            )],
        ),
        (&permission("ines-albrecht"), vec![may("ines-albrecht", "admin")]),
        (&permission("dconti"), vec![says(403, &json!({"message": "Must have push access"}))]),
        (&permission("octo-guest"), vec![may("octo-guest", "read")]),
    ]);
    let world = World::new();
    let done = run(&world, &server, &FETCH, &[]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.err.contains("whether `dconti` may write (403)"), "{done:?}");
    assert!(done.err.contains("whether `policy-helper[bot]` may write (404)"), "{done:?}");
    assert!(done.err.contains("fetched pull request 12 of github.com/harbor-lane/agent-policies with 5 reviews"));
    let facts = facts(&world);
    assert!(facts.tells_reviews && facts.forge == Some(Forge::GitHub));
    assert_eq!(facts.repository.as_ref().unwrap().to_string(), "github.com/harbor-lane/agent-policies");
    assert_eq!(facts.pull(12).unwrap().head.sha.as_deref(), Some(HEAD));
    let access: Vec<_> = facts.reviews.iter().map(|review| (review.id, review.write_access)).collect();
    assert_eq!(access, [(5, None), (6, None), (7, None), (8, Some(false)), (9, Some(true))]);
    let may: Vec<bool> = facts.reviews.iter().map(policyc::forge::Review::has_write_access).collect();
    assert_eq!(may, [true, true, true, false, true], "what the forge says goes before the word in the review");
    let first = world.read("facts.json");
    assert_eq!(run(&world, &server, &FETCH, &[]).code, 0);
    assert_eq!(world.read("facts.json"), first, "the same bytes");
    for seen in server.seen() {
        assert_eq!(seen.headers["authorization"], format!("Bearer {TOKEN}"));
        assert_eq!(seen.headers["accept"], "application/vnd.github+json");
        assert_eq!(seen.headers["user-agent"], concat!("policyc/", env!("CARGO_PKG_VERSION")));
        assert!(seen.headers.contains_key("x-github-api-version"));
    }
}

#[test]
fn a_next_page_elsewhere_is_not_asked_for() {
    let foreign = Server::new(&[]);
    let cases = [
        foreign.base.clone(),
        "https://evil.example".to_owned(),
        "{base}@evil.example".to_owned(),
        "{base}/ü".to_owned(),
    ];
    for origin in cases {
        let link = format!(r#"<{origin}/x?page=2>; rel="next""#);
        let reviews = says(200, &json!([review(9, "ines-albrecht", "COMMENTED")])).with("link", &link);
        let server = Server::new(&[(PULL, vec![says(200, &sample("pull"))]), (REVIEWS, vec![reviews])]);
        let told = fails(&server);
        assert!(told.contains("PC0917") && told.contains("the next page is said to be at another origin"), "{told}");
    }
    assert!(foreign.seen().is_empty(), "nobody was asked there");
}

#[test]
fn pages_without_end_are_an_error() {
    let again = r#"<{base}/repos/harbor-lane/agent-policies/pulls/12/reviews?per_page=100>; rel="next""#;
    let reviews = says(200, &json!([])).with("link", again);
    let server = Server::new(&[(PULL, vec![says(200, &sample("pull"))]), (REVIEWS, vec![reviews])]);
    assert!(fails(&server).contains("there are more than 100 pages"));
    assert_eq!(server.seen().len(), 101);
}

#[test]
fn trouble_that_passes_is_waited_for() {
    let server = of_pull(vec![raw(502, "<html>"), raw(503, ""), says(200, &sample("pull"))]);
    let world = World::new();
    let done = run(&world, &server, &FETCH, &[]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(server.lines(), [PULL, PULL, PULL, REVIEWS]);
}

#[test]
fn trouble_that_does_not_pass_is_told() {
    let server = of_pull(vec![says(500, &json!({"message": "Oops"})).breaking_off(), raw(502, "<html>")]);
    let told = fails(&server);
    assert!(told.contains("GET /repos/harbor-lane/agent-policies/pulls/12: the forge answered 502"), "{told}");
    assert_eq!(server.seen().len(), 4, "one try and three more");
}

#[test]
fn a_body_that_breaks_off_is_no_answer() {
    let server = of_pull(vec![says(200, &sample("pull")).breaking_off()]);
    let told = fails(&server);
    assert!(told.contains("PC0917") && told.contains("the connection broke"), "{told}");
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn a_forge_that_wants_to_be_left_alone_is() {
    let world = World::new();
    let server =
        of_pull(vec![says(429, &json!({"message": "slow down"})).with("retry-after", "1"), says(200, &sample("pull"))]);
    assert_eq!(run(&world, &server, &FETCH, &[]).code, 0);
    let hour = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 3600;
    for (reply, when) in [
        (
            raw(403, "{}").with("x-ratelimit-remaining", "0").with("x-ratelimit-reset", &hour.to_string()),
            "try again after 2",
        ),
        (raw(429, "{}").with("retry-after", "61"), "try again after 2"),
        (raw(403, "{}").with("retry-after", "99999999999999999999"), "it does not say until when"),
        (raw(429, "{}").with("retry-after", "18446744073709551615"), "it does not say until when"),
        (raw(429, "{}"), "it does not say until when"),
    ] {
        let server = of_pull(vec![reply]);
        let told = fails(&server);
        assert!(told.contains("the forge answers no more for a while") && told.contains(when), "{told}");
        assert_eq!(server.seen().len(), 1, "nothing is asked again");
    }
}

#[test]
fn answers_that_cannot_be_used_are_refused() {
    let mut other = sample("pull");
    other["url"] = json!("https://api.github.com/repos/harbor-lane/site/pulls/12");
    let mut numbered = sample("pull");
    numbered["number"] = json!(13);
    numbered["url"] = json!(format!("https://api.github.com/repos/{REPOSITORY}/pulls/13"));
    let huge = raw(200, vec![b' '; (16 << 20) + 1]);
    let cases = [
        (raw(200, "{\"number\": 12,"), "PC0914", "it is no JSON that can be read"),
        (raw(200, "<html>"), "PC0914", "it is no JSON that can be read"),
        (raw(200, b"\xff\xfe".to_vec()), "PC0914", "it is no UTF-8 text"),
        (raw(200, r#"{"number": 12, "number": 13}"#), "PC0914", "`number` is given twice"),
        (says(200, &json!({"message": "hello"})), "PC0914", "it is neither a pull request nor an event about one"),
        (says(200, &other), "PC0914", "it is of `harbor-lane/site`, not of `harbor-lane/agent-policies`"),
        (says(200, &numbered), "PC0914", "it is not pull request 12"),
        (huge, "PC0917", "it has more than 16 MiB"),
        (
            says(401, &json!({"message": format!("Bad credentials \u{1b}[31m{TOKEN}")})),
            "PC0917",
            "answered 401: Bad credentials \\u{1b}[31m***",
        ),
        (says(404, &json!({"message": "Not Found"})), "PC0917", "the forge answered 404: Not Found"),
        (says(418, &json!({"message": "x".repeat(5000)})), "PC0917", "the forge answered 418: xxx"),
        (
            raw(301, "").with("location", "{base}/repositories/7?token=x"),
            "PC0917",
            "the forge redirects to http://127.0.0.1",
        ),
        (
            raw(307, "").with("location", &format!("https://evil.example/{TOKEN}")),
            "PC0917",
            "redirects to https://evil.example/***",
        ),
    ];
    for (reply, code, why) in cases {
        let server = of_pull(vec![reply]);
        let told = fails(&server);
        assert!(told.replace(' ', "").contains(&why.replace(' ', "")) && told.contains(code), "{told}\n{why}");
        assert!(told.len() < 1500 && !told.contains("token=x"), "{told}");
        assert_eq!(server.seen().len(), 1, "{why}: nothing is asked again, and no redirect followed");
    }
    let list = Server::new(&[(PULL, vec![says(200, &sample("pull"))]), (REVIEWS, vec![says(200, &json!({}))])]);
    assert!(fails(&list).contains("it is no list"));
    let gone = World::new();
    let nobody = Server::new(&[]);
    let base = nobody.base.clone();
    drop(nobody);
    let environment = [("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", base.as_str()), ("GITHUB_REPOSITORY", REPOSITORY)];
    let done = checked(&gone, &FETCH, &environment);
    assert!(done.code == 3 && done.err.contains("PC0917"), "{done:?}");
}

/// A command line, its environment, and what is said of it.
type Missing<'a> = (&'a [&'a str], Vec<(&'a str, &'a str)>, &'a str);

#[test]
fn what_is_missing_is_said_before_anything_is_sent() {
    let server = Server::new(&[]);
    let world = World::new();
    let fetch = ["forge", "fetch", "--out", "facts.json"];
    let api = server.base.as_str();
    let here = [("GITHUB_ACTIONS", "true"), ("GITHUB_API_URL", api)];
    let full = [("GITHUB_REPOSITORY", REPOSITORY), ("GITHUB_TOKEN", TOKEN), ("GITHUB_EVENT_NAME", "push")];
    let lab = [("GITLAB_CI", "true"), ("CI_PROJECT_PATH", "a/b"), ("GITLAB_TOKEN", TOKEN)];
    let cases: [Missing<'_>; 14] = [
        (&fetch, vec![], "which forge is meant?"),
        (&fetch, [&here[..], &lab[..]].concat(), "which forge is meant?"),
        (&FETCH, here.to_vec(), "the repository is missing: give --repository OWNER/NAME, or set GITHUB_REPOSITORY"),
        (&FETCH, [&here[..], &full[..1]].concat(), "neither GITHUB_TOKEN nor GH_TOKEN is set"),
        (
            &FETCH,
            [&here[..], &full[..1], &[("GH_TOKEN", "tok_4f1d2c3b9a8e7766\n\rx")]].concat(),
            "GH_TOKEN holds characters that no token has",
        ),
        (&fetch, [&here[..], &full[..2]].concat(), "set GITHUB_EVENT_NAME as the CI does"),
        (&fetch, [&here[..], &full[..]].concat(), "set GITHUB_EVENT_PATH as the CI does"),
        (&fetch, [&here[..], &full[..], &[("GITHUB_EVENT_PATH", "event.json")]].concat(), "no JSON that can be read"),
        (
            &["forge", "fetch", "--commit", "abc", "--out", "facts.json"],
            [&here[..], &full[..]].concat(),
            "`abc` is no commit in full",
        ),
        (
            &["forge", "fetch", "--pull", "1", "--api", "http://git.example", "--out", "x"],
            [&here[..], &full[..]].concat(),
            "it is not https",
        ),
        (
            &["forge", "fetch", "--pull", "1", "--api", "https://tok_4f1d2c3b9a8e7766@git.example", "--out", "x"],
            [&here[..], &full[..]].concat(),
            "no address such as",
        ),
        (
            &["forge", "fetch", "--pull", "1", "--repository", "../x", "--out", "x"],
            [&here[..], &full[..]].concat(),
            "no repository such as",
        ),
        (
            &["forge", "fetch", "--repository", "a/b", "--out", "x"],
            [&here[..], &full[..]].concat(),
            "the CI is that of another repository",
        ),
        (&fetch, [&lab[..], &[("CI_MERGE_REQUEST_IID", "3")]].concat(), "set CI_API_V4_URL as the CI does"),
    ];
    world.write("event.json", "{");
    for (arguments, environment, why) in cases {
        let done = checked(&world, arguments, &environment);
        assert!(done.code == 2 && done.err.contains(why), "{why}: {done:?}");
    }
    assert!(server.seen().is_empty());
}

#[test]
fn events_say_whose_facts_are_wanted() {
    let commit = "9".repeat(40);
    let of_commit = format!("GET /repos/{REPOSITORY}/commits/{commit}/pulls?per_page=100");
    let mut fork = sample("commit-pulls")[0].clone();
    fork["url"] = json!("https://api.github.com/repos/octo-guest/agent-policies/pulls/3");
    fork["number"] = json!(3);
    let script = |with: &Value| {
        Server::new(&[
            (PULL, vec![says(200, &sample("pull"))]),
            (REVIEWS, vec![says(200, &json!([]))]),
            (&of_commit, vec![says(200, with)]),
        ])
    };
    let repository = json!({"full_name": REPOSITORY});
    let queue = json!({
        "head_commit": {"id": commit}, "head_ref": "refs/heads/gh-readonly-queue/main/pr-12-0123abcd",
    });
    let both = json!([sample("commit-pulls")[0], fork]);
    let pulled = json!({"pull_request": sample("pull"), "repository": repository, "action": "opened"});
    let cases = [
        ("pull_request", pulled.clone(), json!([]), "12"),
        ("pull_request_review", pulled, json!([]), "12"),
        ("merge_group", json!({"merge_group": queue, "repository": repository}), json!([]), "12"),
        ("push", json!({"after": commit, "repository": repository}), both, "12"),
        ("push", json!({"after": commit, "repository": repository}), json!([]), ""),
    ];
    for (name, payload, with, numbers) in cases {
        let (world, server) = (World::new(), script(&with));
        world.write("event.json", payload.to_string());
        let environment =
            [("GITHUB_EVENT_NAME", name), ("GITHUB_EVENT_PATH", "event.json"), ("GITHUB_ACTIONS", "true")];
        let done = run(&world, &server, &["forge", "fetch", "--out", "facts.json"], &environment);
        assert_eq!(done.code, 0, "{name}: {done:?}");
        let found: Vec<String> = facts(&world).pulls.iter().map(|pull| pull.number.to_string()).collect();
        assert_eq!(found.join(" "), numbers, "{name}");
    }
    for (name, payload, why) in [
        ("push", json!({"after": "0".repeat(40), "repository": repository}), "says no commit"),
        ("pull_request", json!({"repository": repository}), "says no number"),
        ("issues", json!({"repository": repository}), "the event `issues` is none about a pull request"),
        (
            "push",
            json!({"after": commit, "repository": {"full_name": "a/b"}}),
            "the event is not one of the repository",
        ),
    ] {
        let (world, server) = (World::new(), script(&json!([])));
        world.write("event.json", payload.to_string());
        let environment = [("GITHUB_EVENT_NAME", name), ("GITHUB_EVENT_PATH", "event.json")];
        let done = run(&world, &server, &["forge", "fetch", "--out", "facts.json"], &environment);
        assert!(done.code == 2 && done.err.contains(why) && server.seen().is_empty(), "{name}: {done:?}");
    }
}

#[test]
fn a_document_is_not_overwritten() {
    let world = World::with(&[("policies/a.yaml", "id: a\n")]);
    let server = of_pull(vec![says(200, &sample("pull"))]);
    let done = run(&world, &server, &["forge", "fetch", "--pull", "12", "--out", "policies/a.yaml"], &[]);
    assert!(done.code == 3 && done.err.contains("PC0906") && server.seen().is_empty(), "{done:?}");
}

const OLD: &str = "1111111111111111111111111111111111111111";
const NEW: &str = "2222222222222222222222222222222222222222";

fn at_gitlab(base: &str) -> Vec<(&'static str, String)> {
    let pairs = [
        ("GITLAB_CI", "true"),
        ("GITLAB_TOKEN", TOKEN),
        ("CI_PROJECT_ID", "42"),
        ("CI_PROJECT_PATH", "harbor/ai/policies"),
        ("CI_SERVER_HOST", "gitlab.example"),
        ("CI_MERGE_REQUEST_IID", "7"),
    ];
    let mut all: Vec<_> = pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    all.push(("CI_API_V4_URL", format!("{base}/api/v4")));
    all
}

fn run_gitlab(world: &World, server: &Server, arguments: &[&str], more: &[(&str, &str)]) -> Done {
    let own = at_gitlab(&server.base);
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    checked(world, arguments, &[&own[..], more].concat())
}

fn merge_request() -> Value {
    json!({
        "iid": 7, "state": "opened", "draft": false, "title": "Ask for refunds", "sha": NEW, "source_branch": "refunds",
        "target_branch": "main", "source_project_id": 42, "target_project_id": 42, "author": {"username": "lfaber", "id": 1},
        "merge_commit_sha": null, "squash_commit_sha": null, "web_url": "https://gitlab.example/harbor/ai/policies/-/merge_requests/7",
        "updated_at": "2026-03-04T12:00:00.000+01:00", "references": {"full": "harbor/ai/policies!7"},
        "diff_refs": {"start_sha": "3333333333333333333333333333333333333333"},
    })
}

fn note(id: u64, who: (u64, &str), at: &str, body: &str, system: bool) -> Value {
    let author = json!({"id": who.0, "username": who.1});
    json!({"id": id, "author": author, "created_at": format!("2026-03-04T{at}Z"), "body": body, "system": system})
}

#[test]
fn an_approval_at_gitlab_is_of_the_version_that_was_there() {
    let (ines, dconti, octo, priya) = ((2, "ines"), (3, "dconti"), (4, "octo"), (5, "priya"));
    let (torsten, bot) = ((6, "torsten"), (8, "project_42_bot_1f"));
    let yes = "approved this merge request";
    let approved = |(id, username): (u64, &str)| json!({"user": {"id": id, "username": username}});
    let approvals =
        json!({"approved_by": [approved(ines), approved(dconti), approved(octo), approved(torsten), approved(bot)]});
    let version = |head: &str, at: &str| json!({"head_commit_sha": head, "created_at": format!("2026-03-04T{at}Z")});
    let mr = "GET /api/v4/projects/42/merge_requests/7";
    let notes = "notes?sort=asc&order_by=created_at&per_page=100";
    let first = json!([
        note(100, ines, "09:30:00", yes, true),
        note(101, dconti, "09:31:00", yes, true),
        note(102, dconti, "10:30:00", yes, false),
        note(103, priya, "09:40:00", yes, true),
        note(104, priya, "09:50:00", "unapproved this merge request", true),
    ]);
    // Ines looked again after the push; Octo approved at the very moment of it; of Torsten there is no note.
    let second = json!([
        note(105, ines, "10:31:00", yes, true),
        note(106, octo, "10:00:00", yes, true),
        note(107, bot, "10:40:00", yes, true)
    ]);
    let member = |id: u64, level: i64| says(200, &json!({"id": id, "access_level": level}));
    let server = Server::new(&[
        (mr, vec![says(200, &merge_request())]),
        (&format!("{mr}/approvals"), vec![says(200, &approvals)]),
        (
            &format!("{mr}/versions?per_page=100"),
            vec![says(200, &json!([version(NEW, "10:00:00"), version(OLD, "09:00:00")]))],
        ),
        (&format!("{mr}/{notes}"), vec![says(200, &first).with("x-next-page", "2")]),
        (&format!("{mr}/{notes}&page=2"), vec![says(200, &second).with("x-next-page", "")]),
        ("GET /api/v4/projects/42/members/all/2", vec![member(2, 40)]),
        ("GET /api/v4/projects/42/members/all/3", vec![member(3, 30)]),
        ("GET /api/v4/projects/42/members/all/4", vec![member(4, 20)]),
        ("GET /api/v4/projects/42/members/all/8", vec![member(8, 30)]),
    ]);
    let world = World::new();
    let done = run_gitlab(&world, &server, &["forge", "fetch", "--out", "facts.json"], &[]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.err.contains("which commit `octo` approved") && done.err.contains("which commit `torsten` approved"));
    assert!(done.err.contains("whether `torsten` may write (404)"), "{done:?}");
    let facts = facts(&world);
    assert_eq!(facts.repository.as_ref().unwrap().to_string(), "gitlab.example/harbor/ai/policies");
    assert_eq!(facts.account("ines"), "gitlab:ines");
    let of = |login: &str| facts.reviews.iter().find(|review| review.login.as_deref() == Some(login)).unwrap();
    let told = |login: &str| (of(login).id, of(login).state, of(login).commit.as_deref(), of(login).write_access);
    assert_eq!(told("ines"), (105, ReviewState::Approved, Some(NEW), Some(true)));
    assert_eq!(told("dconti"), (101, ReviewState::Approved, Some(OLD), Some(true)), "a push came after it");
    assert_eq!(told("octo"), (106, ReviewState::Approved, None, Some(false)));
    assert_eq!(told("torsten"), (6, ReviewState::Approved, None, None));
    assert_eq!(told("priya"), (104, ReviewState::Dismissed, None, None));
    assert!(of("project_42_bot_1f").bot && !of("ines").bot && !of("torsten").has_write_access());
    let pull = facts.pull(7).unwrap();
    assert!(!pull.merged && pull.head.sha.as_deref() == Some(NEW) && pull.base.name == "main");
    for seen in server.seen() {
        assert_eq!(seen.headers["private-token"], TOKEN);
        assert!(!seen.headers.contains_key("authorization") && !seen.headers.contains_key("job-token"));
    }
}

#[test]
fn a_merge_request_is_found_by_its_commit_and_its_project_by_name() {
    let project = "/api/v4/projects/harbor%2Fai%2Fpolicies";
    let mut merged = merge_request();
    merged["state"] = json!("merged");
    merged["source_project_id"] = json!(43);
    merged["squash_commit_sha"] = json!(OLD);
    merged["merged_by"] = json!({"username": "twrona"});
    let mut elsewhere = merge_request();
    elsewhere["references"] = json!({"full": "octo/policies!7"});
    let mr = format!("GET {project}/merge_requests/7");
    let server = Server::new(&[
        (
            &format!("GET {project}/repository/commits/{OLD}/merge_requests?per_page=100"),
            vec![says(200, &json!([merged, elsewhere]))],
        ),
        (&mr, vec![says(200, &merged)]),
        (&format!("{mr}/approvals"), vec![says(200, &json!({"approved_by": []}))]),
        (&format!("{mr}/versions?per_page=100"), vec![says(200, &json!([]))]),
        (&format!("{mr}/notes?sort=asc&order_by=created_at&per_page=100"), vec![says(200, &json!([]))]),
    ]);
    let world = World::new();
    let api = format!("{}/api/v4", server.base);
    let arguments = [
        "forge",
        "fetch",
        "--gitlab",
        "--repository",
        "harbor/ai/policies",
        "--api",
        &api,
        "--commit",
        OLD,
        "--out",
        "facts.json",
    ];
    let done = checked(&world, &arguments, &[("CI_JOB_TOKEN", TOKEN)]);
    assert_eq!(done.code, 0, "{done:?}");
    let facts = facts(&world);
    let pull = facts.pull(7).unwrap();
    assert!(pull.merged && pull.merge_commit.as_deref() == Some(OLD) && pull.merged_by.as_deref() == Some("twrona"));
    assert_eq!(pull.head.repository, None, "the fork is not to be seen");
    assert!(server.seen().iter().all(|seen| seen.headers["job-token"] == TOKEN));
    // Without its versions or notes nothing is written.
    let half = Server::new(&[
        (&mr, vec![says(200, &merged)]),
        (&format!("{mr}/approvals"), vec![says(200, &json!({"approved_by": []}))]),
    ]);
    let api = format!("{}/api/v4", half.base);
    let other = World::new();
    let arguments = [
        "forge",
        "fetch",
        "--gitlab",
        "--repository",
        "harbor/ai/policies",
        "--api",
        &api,
        "--pull",
        "7",
        "--out",
        "facts.json",
    ];
    let done = checked(&other, &arguments, &[("CI_JOB_TOKEN", TOKEN)]);
    assert!(done.code == 3 && !other.at("facts.json").exists(), "{done:?}");
}

const TEXT: &str = "<!-- policyc:report -->\n## Policies\n\nNothing changed.\n";
const COMMENT: [&str; 6] = ["forge", "comment", "--pull", "12", "--file", "report.md"];

fn said(id: u64, login: &str, body: &str) -> Value {
    json!({"id": id, "user": {"login": login}, "body": body})
}

fn commenting(comments: &Value, more: &[(&str, Vec<Reply>)]) -> Server {
    let user = says(403, &json!({"message": "Resource not accessible by integration"}));
    let mut script = vec![(COMMENTS, vec![says(200, comments)]), ("GET /user", vec![user])];
    script.extend(more.iter().cloned());
    Server::new(&script)
}

fn with_report() -> World {
    let world = World::new();
    world.write("report.md", TEXT);
    world
}

const POST: &str = "POST /repos/harbor-lane/agent-policies/issues/12/comments";

#[test]
fn a_comment_is_made_once_and_changed_after() {
    let world = with_report();
    // Somebody else has the marker, and we have quoted it.
    let others = json!([
        said(1, "octo-guest", TEXT),
        said(2, "github-actions[bot]", &format!("see\n{TEXT}")),
        said(3, "github-actions[bot]", "<!-- policyc:report --> x"),
    ]);
    let server = commenting(&others, &[(POST, vec![says(201, &json!({"id": 4}))])]);
    let done = run(&world, &server, &COMMENT, &[]);
    assert!(done.code == 0 && done.err.contains("commented on 12"), "{done:?}");
    assert_eq!(server.lines(), ["GET /user", COMMENTS, POST]);
    let sent = server.seen().pop().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&sent.body).unwrap(), json!({ "body": TEXT }));
    assert_eq!(sent.headers["content-type"], "application/json");

    let ours = json!([
        said(9, "github-actions[bot]", "<!-- policyc:report -->\nyoungest"),
        said(8, "GitHub-Actions[bot]", "<!-- policyc:report -->\nold"),
        said(1, "octo-guest", "<!-- policyc:report -->\nforeign"),
    ]);
    let patch = "PATCH /repos/harbor-lane/agent-policies/issues/comments/8";
    let server = commenting(&ours, &[(patch, vec![raw(502, ""), says(200, &json!({}))])]);
    let done = run(&world, &server, &COMMENT, &[]);
    assert!(done.code == 0 && done.err.contains("changed the comment on 12"), "{done:?}");
    assert_eq!(server.lines(), ["GET /user", COMMENTS, patch, patch]);

    let same = json!([said(8, "me", &TEXT.trim_end().replace('\n', "\r\n"))]);
    let server = commenting(&same, &[]);
    let done = run(&world, &server, &[&COMMENT[..], &["--author", "me"]].concat(), &[]);
    assert!(done.code == 0 && done.err.contains("says so already"), "{done:?}");
    assert_eq!(server.lines(), [COMMENTS], "nothing is sent");

    // A comment might be there twice: what is not sure to have failed is not sent again.
    let server = commenting(&json!([]), &[(POST, vec![raw(502, "")])]);
    assert_eq!(run(&world, &server, &COMMENT, &[]).code, 3);
    assert_eq!(server.lines().iter().filter(|line| *line == POST).count(), 1);
}

#[test]
fn a_merge_request_has_its_comment_too() {
    let world = with_report();
    let notes = "/api/v4/projects/42/merge_requests/7/notes";
    let old = "<!-- policyc:report -->\nold";
    let ours =
        json!([note(5, (9, "policy-bot"), "09:00:00", old, false), note(4, (9, "policy-bot"), "08:00:00", old, true)]);
    let server = Server::new(&[
        ("GET /api/v4/user", vec![says(200, &json!({"username": "policy-bot"}))]),
        (&format!("GET {notes}?per_page=100"), vec![says(200, &ours)]),
        (&format!("PUT {notes}/5"), vec![says(200, &json!({}))]),
    ]);
    let done = run_gitlab(&world, &server, &["forge", "comment", "--file", "report.md"], &[]);
    assert!(done.code == 0 && done.err.contains("changed the comment on 7"), "{done:?}");
    assert_eq!(server.lines().last().unwrap(), &format!("PUT {notes}/5"));
    let nobody = Server::new(&[("GET /api/v4/user", vec![says(401, &json!({"message": "401 Unauthorized"}))])]);
    let done = run_gitlab(&world, &nobody, &["forge", "comment", "--file", "report.md"], &[]);
    assert!(done.code == 3 && done.err.contains("--author LOGIN"), "{done:?}");
}

#[test]
fn a_token_that_may_not_write_leaves_the_report_elsewhere() {
    let denied = || vec![says(403, &json!({"message": "Resource not accessible by integration"}))];
    let server = || commenting(&json!([]), &[(POST, denied())]);
    let done = run(&with_report(), &server(), &COMMENT, &[]);
    assert!(done.code == 3 && flat(&done.err).contains("the comment could not be kept"), "{done:?}");

    let event = |head: Value| json!({"pull_request": {"number": 12, "head": {"repo": head}, "base": {"repo": {"full_name": REPOSITORY}}}});
    // An event about another pull request says nothing of this one.
    let world = with_report();
    let mut other = event(Value::Null);
    other["pull_request"]["number"] = json!(13);
    world.write("event.json", other.to_string());
    assert_eq!(
        run(&world, &server(), &COMMENT, &[("GITHUB_EVENT_NAME", "pull_request"), ("GITHUB_EVENT_PATH", "event.json")])
            .code,
        3
    );
    for (head, code) in [
        (json!({"full_name": "octo-guest/agent-policies"}), 0),
        (Value::Null, 0),
        (json!({"full_name": REPOSITORY}), 3),
    ] {
        let world = with_report();
        world.write("event.json", event(head).to_string());
        let environment = [("GITHUB_EVENT_NAME", "pull_request"), ("GITHUB_EVENT_PATH", "event.json")];
        let done = run(&world, &server(), &COMMENT, &environment);
        assert!(done.code == code && flat(&done.err).contains("the comment could not be kept"), "{done:?}");
    }
    let world = with_report();
    world.write("summary.md", "before\n");
    let or_summary = [&COMMENT[..], &["--or-summary"]].concat();
    let done = run(&world, &server(), &or_summary, &[("GITHUB_STEP_SUMMARY", "summary.md")]);
    assert!(done.code == 0 && done.err.contains("the report is in the job summary"), "{done:?}");
    assert_eq!(world.read("summary.md"), format!("before\n{TEXT}\n"));
    assert_eq!(run(&world, &server(), &or_summary, &[]).code, 3);
}

#[test]
fn a_text_that_cannot_be_kept_is_refused() {
    let server = Server::new(&[]);
    let long = format!("<!-- policyc:report -->\n{}", "x".repeat(65_536));
    let fits = format!("<!-- policyc:report -->\n{}", "ü".repeat(60_000));
    for (text, code) in
        [("## Policies\n", 2), ("\n<!-- policyc:report -->\n", 2), ("", 2), (long.as_str(), 2), (fits.as_str(), 3)]
    {
        let world = World::new();
        world.write("report.md", text);
        let done = run(&world, &server, &COMMENT, &[]);
        assert_eq!(done.code, code, "{done:?}");
    }
}
