//! A table of attacks: what strangers can write, in every place where they can write it, held against readers of everything
//! that `policyc ci` puts out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

#[path = "ci/forge.rs"]
mod forge;
#[path = "ci/readers.rs"]
mod readers;
mod support;

use forge::{FACTS, Forge, MAIL, SUITE};
use serde_json::json;
use support::world::World;

/// What a stranger would write.
const ATTACKS: [&str; 28] = [
    "::error file=x::taken",
    "::add-mask::taken",
    "::stop-commands::taken",
    "\n::set-output name=x::taken",
    "\r\n  ::set-env name=PATH::taken",
    "%0A::error::taken",
    "##[error]taken",
    "x ##[add-path]taken",
    "\u{a0}::error::taken",
    "@everybody",
    "[taken](https://evil.test)",
    "![taken](https://evil.test/x.png)",
    "https://evil.test/?x=1",
    "www.evil.test",
    "<img src=x onerror=taken>",
    "<!-- policyc:report -->",
    "--> </details><script>taken</script>",
    "`` ` `` `@everybody`",
    "``` \n@everybody\n```",
    "| a | [taken](https://evil.test) |\n| - | - |",
    "\n\n# taken\n\n- [ ] @everybody",
    "#1 GH-1 0123456789abcdef0123456789abcdef01234567",
    "\u{1b}[2J\u{1b}]0;taken\u{7}",
    "\u{202e}nekat\u{202c}\u{200b}",
    ":tada: \\",
    "a\\|b @everybody \\` [taken](https://evil.test)",
    "a | @everybody | `taken",
    "a\u{2028}::error::taken\u{85}::error::taken",
];

/// Text as a JSON string, which is a YAML string too.
fn quoted(text: &str) -> String {
    json!(text).to_string()
}

/// Writes it wherever a branch can.
fn write_everywhere(world: &World, attack: &str) {
    let text = quoted(attack);
    let mail = MAIL.replace("name: Mail", &format!("name: {text}")).replace("denied_actions: [mail.delete]\n", "");
    world.write(
        "policies/mail.yaml",
        mail.replace("What the assistant may send.", "x") + &format!("labels: {{team: {text}}}\n"),
    );
    let rule = forge::OPEN.replace("The rest", "x").replace("policy_name: x", &format!("policy_name: {text}"));
    let rule = rule.replace("rationale: Mail is what the assistant is for.", &format!("rationale: {text}"));
    world.write(
        "policies/open.yaml",
        rule.replace(
            "resource_scope: \"*\"",
            &format!("resource_scope: {}", quoted(&attack.replace(['\n', '\r'], " "))),
        ),
    );
    world.write(
        "policies/tests.yaml",
        SUITE.replace("deleting is denied", "x").replace("name: x", &format!("name: {text}")),
    );
    let name: String = attack.chars().filter(|c| !c.is_control() && *c != '/').collect();
    world.write(
        &format!("policies/{}.yaml", name.trim()),
        format!("id: other\nname: {text}\n{text}: 1\ndenied_actions: [{text}]\n"),
    );
    world.write(&format!(".github/workflows/{}.yml", name.trim()), "on: push\n");
    let line = json!({
        "id": attack, "timestamp": "2026-01-01T10:30:00Z", "agent_id": attack, "run_id": attack, "session_id": attack,
        "integration": "mail", "operation": attack, "resource": attack, "data_classification": "internal", "arguments": {attack: attack},
        "outcome": "success",
    });
    world.write("log.jsonl", format!("{}{line}\n{text}\n{attack}\n", forge::record(0, "delete")));
}

struct Told {
    printed: String,
    pages: Vec<String>,
    machines: Vec<String>,
}

/// What policyc says of a pull request in which it stands everywhere; `broken`: with a document that cannot be read.
fn told(attack: &str, broken: bool) -> Told {
    let forge = Forge::open(|world| {
        write_everywhere(world, attack);
        if !broken {
            let name: String = attack.chars().filter(|c| !c.is_control() && *c != '/').collect();
            std::fs::remove_file(world.at(&format!("policies/{}.yaml", name.trim()))).unwrap();
        }
    });
    let person = attack.replace(['\n', '\r', '<', '>', '\0'], " ");
    forge.world.git(&["commit", "-q", "--allow-empty", "-m", attack, &format!("--author=x {person} <a {person}>")]);
    let head = forge.world.git(&["rev-parse", "HEAD"]);
    let forge = Forge { head, ..forge };
    forge.trial();
    forge.facts(None, &[(attack, &forge.head, "APPROVED"), ("benben", &forge.head, "COMMENTED")]);
    let files = ["--summary=s.md", "--comment=c.md", "--sarif=r.sarif", "--junit=j.xml", "--code-quality=q.json"];
    let (done, _) = forge.ci(&[files.as_slice(), FACTS.as_slice()].concat());
    assert_eq!(done.code, 1, "{attack:?}: {done:?}");
    Told {
        printed: format!("{}\n{}", done.out, done.err),
        pages: ["s.md", "c.md"].map(|file| forge.world.read(file)).to_vec(),
        machines: ["r.sarif", "j.xml", "q.json", "ci.json"].map(|file| forge.world.read(file)).to_vec(),
    }
}

#[test]
fn nothing_that_strangers_write_is_more_than_text() {
    let mut seen = 0;
    for (rank, attack) in ATTACKS.iter().enumerate() {
        for broken in [false, true] {
            let told = told(attack, broken);
            for (name, properties, message) in readers::commands(&told.printed) {
                let ours = ["error", "warning", "notice"].contains(&name.as_str());
                let titled = properties
                    .iter()
                    .any(|(key, value)| key == "title" && (value.starts_with("PC") || value == "policyc"));
                assert!(ours && titled, "{rank} {attack:?}: ::{name} {properties:?}::{message}");
                let known = ["file", "line", "col", "endLine", "endColumn", "title"];
                assert!(properties.iter().all(|(key, _)| known.contains(&key.as_str())), "{attack:?}: {properties:?}");
            }
            for page in &told.pages {
                assert_eq!(readers::active(page), Vec::<String>::new(), "{rank} {attack:?}:\n{page}");
                assert_eq!(
                    page.matches("<!-- policyc:report -->\n## ").count(),
                    usize::from(page.starts_with("<!--")),
                    "{attack:?}"
                );
                seen += usize::from(page.contains("taken") || page.contains("everybody") || page.contains("evil"));
            }
            for text in told.pages.iter().chain(&told.machines).chain([&told.printed]) {
                assert_eq!(readers::hidden(text), Vec::<char>::new(), "{rank} {attack:?}:\n{text}");
            }
            // Files are read by runners too, where somebody prints them.
            for text in &told.machines {
                assert_eq!(readers::commands(text), Vec::<readers::Command>::new(), "{rank} {attack:?}");
            }
        }
    }
    // The attacks do come through, as text.
    assert!(seen > ATTACKS.len(), "{seen}");
}

/// The readers would notice.
#[test]
fn the_readers_find_what_they_look_for() {
    assert_eq!(
        readers::commands("a\n  ::error file=a%2Cb::x%0Ay\n")[0],
        ("error".to_owned(), vec![("file".to_owned(), "a,b".to_owned())], "x\ny".to_owned())
    );
    assert_eq!(readers::commands("a ##[add-mask]x")[0].0, "add-mask");
    for page in [
        "[a](https://b)",
        "![a](b)",
        "a @you",
        "see https://x.test",
        "<img src=x>",
        "<!-- policyc:other -->",
        "fixes #12",
        ":tada:",
        "www.x.test",
        "- [ ] a",
    ] {
        assert!(!readers::active(page).is_empty(), "{page}");
    }
    assert_eq!(readers::active("`@you https://x.test <b> #1` and **text**<br>"), Vec::<String>::new());
    assert_eq!(readers::hidden("a\u{1b}b\u{202e}c\n"), ['\u{1b}', '\u{202e}']);
}
