//! `policyc set`, `remove` and `exception` in real folders and repositories: what is written, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use serde_json::{Value, json};
use support::world::{Done, World};

const PAY: &str = "# careful\nid: pay\nrun_budget: 1 # dollar\ndenied_actions:\n  - mail.send # strangers read it\n  # and this\n  - shell.*\nrate_limits: {mail.read: {max_count: 5, window_seconds: 60}}\n---\n# another\nid: mail\nrun_budget: 5\n";

const RULE: &str = "id: r\nagent_id: a\ntarget_integration: mail\noperation: send\nresource_scope: '*'\npolicy_name: Send\ndata_classification: internal\npolicy_effect: allow\nrationale: because it is so\n";

fn json_of(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

fn world() -> World {
    World::with(&[("policies/pay.yaml", PAY)])
}

/// Runs a command that must be refused with a code, and leave every file as it is.
fn refused(world: &World, arguments: &[&str], exit: i32, said: &[&str]) {
    let files = || {
        let walk = walkdir::WalkDir::new(world.path()).sort_by_file_name().into_iter().map(Result::unwrap);
        walk.filter(|entry| entry.file_type().is_file())
            .map(|entry| (entry.path().to_owned(), std::fs::read(entry.path()).unwrap()))
            .collect::<Vec<_>>()
    };
    let before = files();
    let done = world.run(arguments);
    assert_eq!(done.code, exit, "{arguments:?} {done:?}");
    for said in said {
        assert!(done.err.contains(said), "{arguments:?} does not say {said:?}: {done:?}");
    }
    assert!(files() == before, "{arguments:?} wrote something");
}

fn done(world: &World, arguments: &[&str]) -> Done {
    let done = world.run(arguments);
    assert_eq!(done.code, 0, "{arguments:?} {done:?}");
    done
}

#[test]
fn a_field_is_set_where_it_stands_and_nothing_else_moves() {
    let world = world();
    world.commit();
    let said = done(&world, &["set", "pay", "run_budget=2.50"]).out;
    assert_eq!(world.read("policies/pay.yaml"), PAY.replace("run_budget: 1 #", "run_budget: 2.50 #"));
    for part in ["pay run_budget  policies/pay.yaml:3", "− 1\n", "+ 2.5\n", "loosening", "not committed"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(world.git(&["status", "--porcelain"]), " M policies/pay.yaml");
    let said = done(&world, &["set", "pay", "run_budget=1", "--format", "json", "--dry-run"]);
    let report = json_of(&said);
    assert_eq!(
        (&report["schema"], &report["written"], &report["files"]),
        (&json!("policyc.edit/v1"), &json!(false), &json!([{"file": "policies/pay.yaml", "fate": "changed"}]))
    );
    assert_eq!(
        report["fields"][0],
        json!({"id": "pay", "path": "run_budget", "pointer": "/run_budget", "what": "changed", "before": 2.5, "after": 1,
               "base": {"file": "policies/pay.yaml", "line": 3}, "head": {"file": "policies/pay.yaml", "line": 3}})
    );
    assert_eq!(report["change"]["direction"], json!("tightening"));
    assert!(world.read("policies/pay.yaml").contains("2.50"), "a dry run writes nothing");
}

#[test]
fn lists_and_parts_are_named_by_dots_and_pointers() {
    let world = world();
    done(
        &world,
        &[
            "set",
            "pay",
            "denied_actions+=files.delete",
            "/rate_limits/mail.read/max_count=3",
            "/denied_actions/0=mail.*",
        ],
    );
    let wanted = PAY
        .replace("- mail.send #", "- mail.* #")
        .replace("- shell.*\n", "- shell.*\n  - files.delete\n")
        .replace("max_count: 5", "max_count: 3");
    assert_eq!(world.read("policies/pay.yaml"), wanted);
    done(&world, &["set", "pay", "denied_actions-=mail.*", "--unset", "rate_limits"]);
    let wanted = "# careful\nid: pay\nrun_budget: 1 # dollar\ndenied_actions:\n  # strangers read it\n  # and this\n  - shell.*\n  - files.delete\n---\n# another\nid: mail\nrun_budget: 5\n";
    assert_eq!(world.read("policies/pay.yaml"), wanted);
    done(
        &world,
        &[
            "set",
            "mail",
            "rate_limits={a/b.c: {max_count: 1, window_seconds: 9}}",
            "approval_actions=[x.y]",
            "require_approval=true",
        ],
    );
    done(
        &world,
        &["set", "mail", "/rate_limits/a~1b.c/per=run", "/approval_actions/-=z.*", "action_budgets={\"*\": 1}"],
    );
    let mail = "id: mail\nrun_budget: 5\nrate_limits: {a/b.c: {max_count: 1, window_seconds: 9, per: run}}\napproval_actions: [x.y, z.*]\nrequire_approval: true\naction_budgets: {\"*\": 1}\n";
    assert!(
        world.read("policies/pay.yaml").ends_with(&format!("---\n# another\n{mail}")),
        "{}",
        world.read("policies/pay.yaml")
    );
}

#[test]
fn what_cannot_be_set_is_refused_and_nothing_is_written() {
    let world = world();
    refused(
        &world,
        &["set", "pay", "sesion_budget=2"],
        1,
        &["PC0301", "did you mean `session_budget`?", "nothing was written"],
    );
    refused(&world, &["set", "pay", "run_budget=-1"], 1, &["PC0305"]);
    refused(&world, &["set", "pay", "run_budget=[a"], 2, &["is no value"]);
    refused(&world, &["set", "pay", "denied_actions+=*.delete"], 2, &["put the pattern in quotes"]);
    refused(&world, &["set", "pay"], 2, &["required"]);
    refused(&world, &["set", "pay", "id=other"], 1, &["PC0922", "without a history"]);
    refused(&world, &["set", "pay", "kind=rule"], 1, &["PC0922"]);
    refused(&world, &["set", "pya", "run_budget=2"], 3, &["PC0905", "did you mean `pay`?"]);
    refused(&world, &["set", "pay", "run_budget=1"], 1, &["PC0916"]);
    refused(&world, &["set", "pay", "run_budget=1.0"], 1, &["PC0916"]);
    refused(&world, &["set", "pay", "run_budget=2", "run_budget=1"], 1, &["PC0916"]);
    refused(&world, &["set", "pay", "denied_actions+=shell.*"], 1, &["PC0916"]);
    refused(&world, &["set", "pay", "denied_actions-=shell"], 1, &["PC0916", "did you mean `shell.*`?"]);
    refused(&world, &["set", "pay", "--unset", "session_budget"], 1, &["PC0916"]);
    refused(&world, &["set", "pay", "allowed_actions+=a.b"], 1, &["PC0922", "allowed_actions=[a.b]"]);
    refused(&world, &["set", "pay", "denied_actions.0=a.b"], 1, &["PC0922", "/denied_actions/0"]);
    refused(&world, &["set", "pay", "/denied_actions/2=a.b"], 1, &["PC0922", "no position"]);
    refused(&world, &["set", "pay", "run_budget.x=1"], 1, &["PC0922", "leads through the number `1`"]);
    refused(&world, &["set", "pay", "run_budget+=1"], 1, &["PC0922", "not a list"]);
    let json = world.run(&["set", "pay", "run_buget=2", "--format", "json"]);
    let report = json_of(&json);
    assert_eq!((json.code, &report["errors"][0]["code"], &report["written"]), (1, &json!("PC0301"), &json!(false)));
    // Errors elsewhere are no reason to leave this one; an id used twice is.
    world.write("policies/other.yaml", "id: other\nrun_buget: 2\n");
    let said = done(&world, &["set", "pay", "run_budget=9"]).out;
    assert!(said.contains("in error"), "{said}");
    done(&world, &["set", "other", "run_budget=2", "--unset", "run_buget"]);
    assert_eq!(done(&world, &["check"]).code, 0);
    world.write("policies/twice.yaml", "id: pay\nrun_budget: 2\n");
    refused(&world, &["set", "pay", "run_budget=3"], 1, &["PC0922", "used twice"]);
    world.write("policies/twice.yaml", "id: [pay\n");
    refused(&world, &["set", "twice", "run_budget=3"], 1, &["PC0922", "policies/twice.yaml"]);
}

#[test]
fn what_an_alias_stands_for_is_left_alone() {
    let world = World::with(&[(
        "policies/a.yaml",
        "id: a\nrate_limits:\n  mail.send: &slow {max_count: 1, window_seconds: 60}\n  mail.read: *slow\n  x.y: {max_count: 1, window_seconds: 60}\n",
    )]);
    refused(&world, &["set", "a", "/rate_limits/mail.read/max_count=2"], 1, &["PC0922", "leads into an alias"]);
    refused(&world, &["set", "a", "/rate_limits/mail.send/max_count=2"], 1, &["PC0922", "anchor"]);
    done(
        &world,
        &["set", "a", "/rate_limits/mail.read={max_count: 2, window_seconds: 60}", "/rate_limits/x.y/max_count=3"],
    );
    let text = world.read("policies/a.yaml");
    assert!(text.contains("mail.send: &slow {max_count: 1") && text.contains("mail.read: {max_count: 2"), "{text}");
}

#[test]
fn json_and_pages_are_edited_as_they_are_written() {
    let page = "---\nid: page\nname: Old # shown\n---\n\n# For people\r\n\n> ```yaml policy\n> run_budget: 1 # c\n> denied_actions:\n>   - a.b\n> ```\n";
    let page = page.replace('\r', "");
    let two = "```yaml policy\nid: two\nrun_budget: 1\n```\n\nText.\n\n```json policy\n{\"denied_actions\": [\"a.b\"]}\n```\n";
    let world = World::with(&[
        (
            "policies/j.json",
            "[\n  {\n    \"id\": \"j\",\n    \"run_budget\": 1\n  },\n  {\"id\": \"k\", \"run_budget\": 1}\n]\n",
        ),
        ("policies/page.md", &page),
        ("policies/two.md", two),
    ]);
    done(&world, &["set", "j", "denied_actions=[a.b]", "run_budget=2"]);
    assert_eq!(
        world.read("policies/j.json"),
        "[\n  {\n    \"id\": \"j\",\n    \"run_budget\": 2,\n    \"denied_actions\": [\n      \"a.b\"\n    ]\n  },\n  {\"id\": \"k\", \"run_budget\": 1}\n]\n"
    );
    done(&world, &["set", "page", "name=New", "denied_actions+=c.d", "run_budget=2", "session_budget=9"]);
    assert_eq!(
        world.read("policies/page.md"),
        page.replace("Old", "New")
            .replace("run_budget: 1", "run_budget: 2")
            .replace(">   - a.b\n", ">   - a.b\n>   - c.d\n> session_budget: 9\n")
    );
    done(&world, &["set", "two", "/denied_actions/0=e.f", "run_budget=2"]);
    assert_eq!(world.read("policies/two.md"), two.replace("a.b", "e.f").replace("run_budget: 1", "run_budget: 2"));
    refused(&world, &["set", "two", "session_budget=9"], 1, &["PC0922", "none of its blocks"]);
}

#[test]
fn two_writers_never_undo_each_other() {
    let world = World::with(&[("policies/a.yaml", "id: a\ndenied_actions: [first.one]\n")]);
    let (mut written, mut lost) = (Vec::new(), 0);
    for round in 0..4 {
        let names: Vec<String> = (0..6).map(|at| format!("w{round}.n{at}")).collect();
        let children: Vec<_> = names
            .iter()
            .map(|name| {
                let change = format!("denied_actions+={name}");
                world
                    .command(&["set", "a", &change])
                    .stdout(std::process::Stdio::piped())
                    .stderr(std::process::Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for (child, name) in children.into_iter().zip(&names) {
            let output = child.wait_with_output().unwrap();
            match output.status.code() {
                Some(0) => written.push(name.clone()),
                Some(3) => {
                    let said = String::from_utf8(output.stderr).unwrap();
                    assert!(said.contains("PC0924"), "{said}");
                    lost += 1;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    let text = world.read("policies/a.yaml");
    assert_eq!(text.matches('w').count(), written.len(), "{text}");
    assert!(written.iter().all(|name| text.contains(name)), "{written:?} {text}");
    assert_eq!(written.len() + lost, 24);
    // A lock that was left behind by a kill stands in the way, and says so.
    world.write("policies/.a.yaml.lock", "");
    refused(&world, &["set", "a", "run_budget=1"], 3, &["PC0924", ".a.yaml.lock"]);
}

#[test]
fn a_rule_is_switched_off_and_kept() {
    let world = World::with(&[("policies/r.yaml", RULE), ("policies/other.yaml", "id: other\nrun_budget: 1\n")]);
    let said = done(&world, &["remove", "r"]).out;
    assert_eq!(world.read("policies/r.yaml"), format!("{RULE}is_active: false\n"));
    assert!(said.contains("never evaluated") && said.contains("tightening"), "{said}");
    refused(&world, &["remove", "r"], 1, &["PC0916", "--purge"]);
    done(&world, &["set", "r", "is_active=true"]);
    done(&world, &["remove", "r", "--purge"]);
    assert!(!world.at("policies/r.yaml").exists());
}

#[test]
fn a_document_leaves_its_file_and_the_neighbours_stay() {
    let world = world();
    world.write("policies/suite.yaml", "kind: suite\nid: s\ntests:\n  - name: no shell\n    action: {operation: shell.x, agent_id: a}\n    expect: {effect: deny, by: pay}\n");
    world.write(
        "policies/e.yaml",
        "kind: exception\nid: e\npolicy: pay\nreason: a reason of its own\nagents: [a]\nmax_uses: 1\n",
    );
    refused(&world, &["remove", "pay"], 1, &["PC0923", "the exception `e`", "the test `no shell` of `s`"]);
    refused(&world, &["remove", "pay", "--with-dependents"], 1, &["PC0923", "the test `no shell` of `s`"]);
    done(&world, &["remove", "s"]);
    let done_ = done(&world, &["remove", "pay", "--with-dependents", "--dry-run", "--format", "json"]);
    let files =
        json!([{"file": "policies/e.yaml", "fate": "removed"}, {"file": "policies/pay.yaml", "fate": "changed"}]);
    assert_eq!(json_of(&done_)["files"], files);
    done(&world, &["remove", "pay", "--with-dependents"]);
    assert_eq!(world.read("policies/pay.yaml"), "# another\nid: mail\nrun_budget: 5\n");
    assert!(!world.at("policies/e.yaml").exists() && !world.at("policies/suite.yaml").exists());
    refused(&world, &["remove", "mail"], 1, &["PC01"]);
    refused(&world, &["remove", "nobody"], 3, &["PC0905"]);
}

#[test]
fn exceptions_come_and_go() {
    let world = world();
    world.commit();
    let add =
        ["exception", "add", "pay", "--agent", "bot", "--reason", "the migration needs it", "--action", "mail.send"];
    refused(&world, &add, 2, &["--uses"]);
    refused(&world, &[&add[..], &["--until", "2020-01-01T00:00:00Z"]].concat(), 2, &["not after now"]);
    refused(&world, &[&add[..], &["--for", "soon"]].concat(), 2, &["30m, 12h or 7d"]);
    refused(
        &world,
        &["exception", "add", "nobody", "--agent", "bot", "--reason", "the migration needs it", "--uses", "1"],
        3,
        &["PC0905"],
    );
    refused(&world, &["exception", "add", "pay", "--agent", "bot", "--reason", "short", "--uses", "1"], 1, &["PC0305"]);
    refused(&world, &[&add[..], &["--uses", "1", "--lift", "DENIED"]].concat(), 1, &["PC0304", "DENIED_ACTION"]);
    refused(&world, &[&add[..], &["--uses", "1", "--file", "elsewhere/e.yaml"]].concat(), 1, &["PC0922", "policies/"]);
    refused(&world, &[&add[..], &["--uses", "1", "--file", "policies/pay.yaml"]].concat(), 3, &["PC0906"]);
    let said = done(
        &world,
        &[&add[..], &["--until", "2999-01-01T00:00:00Z", "--uses", "3", "--lift", "DENIED_ACTION", "--id", "move"]]
            .concat(),
    );
    assert_eq!(
        world.read("policies/exceptions/move.yaml"),
        "kind: exception\nid: move\npolicy: pay\nreason: the migration needs it\nagents: [bot]\nactions: [mail.send]\nreasons: [DENIED_ACTION]\nexpires_at: \"2999-01-01T00:00:00Z\"\nmax_uses: 3\n"
    );
    assert!(said.out.contains("created") && said.out.contains("loosening") && !said.out.contains("note:"), "{said:?}");
    assert!(said.out.contains("newly permitted"), "{said:?}");
    refused(&world, &[&add[..], &["--uses", "1", "--id", "move"]].concat(), 3, &["PC0906"]);
    let wide = [
        "exception",
        "add",
        "pay",
        "--agent",
        "*",
        "--reason",
        "everybody may, for once",
        "--for",
        "2h",
        "--format",
        "json",
    ];
    let (first, second) = (json_of(&done(&world, &wide)), json_of(&done(&world, &wide)));
    assert_eq!(first["remarks"].as_array().unwrap().len(), 2, "{first:#}");
    assert_ne!(first["files"], second["files"], "an id is never taken twice");
    let id = first["change"]["documents"][0]["id"].as_str().unwrap();
    let text = world.read(&format!("policies/exceptions/{id}.yaml"));
    assert!(id.starts_with("pay-2") && text.contains("expires_at: ") && text.contains('Z'), "{text}");

    let list = |more: &[&str]| json_of(&done(&world, &[&["exception", "list", "--format", "json"], more].concat()));
    let all = list(&[]);
    assert_eq!(all["pagination"], json!({"total": 3, "limit": 20, "offset": 0}));
    let moved = &list(&["--policy", "pay", "--skip", "0", "--limit", "1"])["data"][0];
    assert_eq!((&moved["id"], &moved["status"], &moved["used_up"]), (&json!("move"), &json!("active"), &Value::Null));
    assert_eq!(list(&["--status", "expired"])["pagination"]["total"], json!(0));
    assert_eq!(list(&["--status", "expired", "--now", "2999-01-01T00:00:00Z"])["pagination"]["total"], json!(3));
    assert_eq!(list(&["--agent", "bot"])["pagination"]["total"], json!(3));
    assert_eq!(list(&["--agent", "other"])["pagination"]["total"], json!(2));
    assert_eq!(list(&["--policy", "mail"])["data"], json!([]));
    let table = done(&world, &["exception", "list", "--now", "2026-01-01T00:00:00Z"]).out;
    assert!(
        table.contains("after 3 uses (used: unknown)") && table.contains("judged at 2026-01-01T00:00:00Z"),
        "{table}"
    );

    let suite = "kind: suite\nid: s\ntests:\n  - name: let off\n    action: {operation: mail.send, agent_id: bot}\n    expect: {effect: allow, by: move}\n";
    world.write("policies/suite.yaml", suite);
    refused(&world, &["exception", "revoke", "move"], 1, &["PC0923", "the test `let off` of `s`"]);
    std::fs::remove_file(world.at("policies/suite.yaml")).unwrap();
    refused(&world, &["exception", "revoke", "pay"], 1, &["PC0922", "is no exception"]);
    let said = done(&world, &["exception", "revoke", "move"]).out;
    assert!(!world.at("policies/exceptions/move.yaml").exists() && said.contains("tightening"), "{said}");
    assert_eq!(world.git(&["log", "--oneline"]).lines().count(), 1, "nothing is committed");
}

/// Words of a command line as a shell splits them, with its single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (rank, part) in line.split('\'').enumerate() {
        for c in part.chars() {
            match c {
                ' ' if rank % 2 == 0 => words.push(String::new()),
                c => words.last_mut().unwrap().push(c),
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What docs/editing.md shows is what commands say, one after the other; `POLICYC_ACCEPT=1` writes the blocks.
#[test]
fn the_page_about_editing_tells_what_commands_say() {
    let mut page = std::fs::read_to_string("docs/editing.md").unwrap();
    let world = World::with(&[
        ("policyc.yaml", "branch: main\ndefaults: {effect: allow}\n"),
        (
            "policies/pay.yaml",
            "# Money of customers.\nid: pay\nrun_budget: 20 # dollars, after the incident of May\ndenied_actions:\n  - bank.close_account # for ever\n",
        ),
        ("policies/refunds.yaml", &RULE.replace("id: r\n", "id: refunds\n")),
    ]);
    world.commit();
    let blocks: Vec<String> = page
        .split("```console\n$ policyc ")
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap().to_owned())
        .collect();
    assert!(blocks.len() >= 6, "the page shows too little");
    for block in blocks {
        let (command, output) = block.split_once('\n').unwrap_or((&block, ""));
        let arguments = words(command);
        let done = world.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let told = format!("{}{}", done.out, done.err);
        let told = told.trim_end();
        if std::env::var_os("POLICYC_ACCEPT").is_some() {
            page = page.replace(&format!("$ policyc {block}\n```"), &format!("$ policyc {command}\n{told}\n```"));
            std::fs::write("docs/editing.md", &page).unwrap();
        } else {
            assert_eq!(told, output, "policyc {command}");
        }
    }
}
