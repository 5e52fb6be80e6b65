//! The report of `policyc ci` as a forge shows it: the Markdown made into a page and looked at in a real browser, light and
//! dark. `POLICYC_PICTURES=1` keeps the pictures that docs/ci.md shows. Where no Chromium is at hand, that is said.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may fail, reads files, starts programs and says what it left out"
)]

#[path = "ci/forge.rs"]
mod forge;
mod support;

use forge::{FACTS, Forge};
use pulldown_cmark::{Options, Parser, html};
use support::browser::Browser;

/// About as a forge shows it; the colours are those that its users choose from.
const STYLE: &str = "
  :root { color-scheme: light dark; --ground: #fff; --ink: #1f2328; --line: #d1d9e0; --soft: #eff2f5; --grey: #59636e }
  @media (prefers-color-scheme: dark) {
    :root { --ground: #0d1117; --ink: #f0f6fc; --line: #3d444d; --soft: #262c36; --grey: #9198a1 }
  }
  body { background: var(--ground); color: var(--ink); font: 14px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 24px; max-width: 860px }
  .ok { color: #1a7f37 } .bad { color: #d1242f } .so { color: #9a6700 } .grey { color: var(--grey) }
  h2, h3 { border-bottom: 1px solid var(--line); padding-bottom: .3em }
  code { background: var(--soft); border-radius: 6px; padding: .15em .4em; font: 85% ui-monospace, monospace; overflow-wrap: anywhere }
  table { border-collapse: collapse; display: block; overflow-x: auto; max-width: 100% }
  td, th { border: 1px solid var(--line); padding: 6px 13px; text-align: left }
  sub { color: var(--grey); font-size: 12px; vertical-align: baseline; overflow-wrap: anywhere }
  blockquote { border-left: 4px solid var(--line); margin: 0; padding: 0 1em; color: var(--grey) }
";

/// A pull request of this project: payments up to 2,500 without a person, and one of two reviews.
fn report() -> Forge {
    let forge = Forge::of_project(|world| {
        let payments = world.read("policies/banking/payments.yaml");
        let raised = payments
            .replace(
                "amount: {not: {type: [number, \"null\"], maximum: 1500}}",
                "amount: {not: {type: [number, \"null\"], maximum: 2500}}",
            )
            .replace("amount: {exclusiveMinimum: 1500}", "amount: {exclusiveMinimum: 2500}");
        assert_ne!(raised, payments);
        world.write("policies/banking/payments.yaml", raised);
    });
    forge.trial();
    forge.facts(None, &[("twrona", &forge.head, "APPROVED")]);
    let (done, _) = forge.ci(&[["--summary=summary.md", "--comment=comment.md"].as_slice(), &FACTS].concat());
    assert_eq!(done.code, 1, "{done:?}");
    forge
}

fn page(markdown: &str) -> String {
    let mut body = String::new();
    // A forge draws these as pictures of its own; not every machine has a font for them.
    let drawn = [
        ("✅", "ok", "✔"),
        ("❌", "bad", "✘"),
        ("🔴", "bad", "●"),
        ("🟢", "ok", "●"),
        ("🟡", "so", "●"),
        ("⚪", "grey", "●"),
        ("⚠️", "so", "⚠"),
        ("⏳", "so", "…"),
        ("➖", "grey", "–"),
        ("❔", "grey", "?"),
    ];
    html::push_html(&mut body, Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH));
    for (picture, class, sign) in drawn {
        body = body.replace(picture, &format!("<b class={class}>{sign}</b>"));
    }
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>report</title><style>{STYLE}</style><body>{body}</body></html>"
    )
}

/// What docs/ci.md shows of a terminal is what is printed.
#[test]
fn the_page_tells_what_is_printed() {
    let world = support::world::World::of_project();
    world.commit();
    let done = world.run(&["ci"]);
    assert_eq!(done.code, 0, "{done:?}");
    let told = std::fs::read_to_string("docs/ci.md").unwrap();
    let block =
        support::blocks(&told).into_iter().find(|(words, _)| words.iter().any(|word| word == "console")).unwrap().1;
    assert!(done.out.ends_with(block.trim_start()), "{}", done.out);
}

#[test]
fn the_report_is_read_in_a_browser_light_and_dark() {
    let forge = report();
    forge.world.write("report.html", page(&forge.world.read("comment.md")));
    let browser = match Browser::start() {
        Ok(browser) => browser,
        Err(why) => {
            println!("SKIPPED: the report was not looked at in a browser: {why}");
            return;
        }
    };
    for (name, dark) in [("light", false), ("dark", true)] {
        browser.look(920, 1180, dark);
        browser.open(&forge.world.at("report.html"));
        assert_eq!(browser.text("h2"), "✘ policyc: refused");
        // What matters is seen without scrolling.
        let seen =
            "const box = document.querySelectorAll('h3')[0].getBoundingClientRect(); return box.bottom < innerHeight";
        assert_eq!(browser.run(seen), true);
        let titles = browser.run("return Array.from(document.querySelectorAll('h3'), (title) => title.textContent)");
        for title in ["● Newly permitted", "Settings", "Recorded actions", "Gates", "Failed tests", "Approvals"] {
            assert!(titles.as_array().unwrap().iter().any(|one| one == title), "{title}: {titles}");
        }
        assert_eq!(browser.run("return document.querySelectorAll('a, img, script').length"), 0);
        assert_eq!(browser.run("return document.documentElement.scrollWidth <= innerWidth"), true, "it fits");
        if std::env::var_os("POLICYC_PICTURES").is_some() {
            std::fs::write(format!("docs/images/ci-{name}.png"), browser.picture()).unwrap();
        }
    }
    assert_eq!(browser.requests().len(), 2, "the two pages, and nothing else");
    println!("the report was looked at in a browser");
}
