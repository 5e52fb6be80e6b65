//! The report as a page, in a real browser: made by the command, opened from a file, looked at in Chromium. Where no
//! Chromium is at hand, nothing is looked at, and that is said.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may fail, reads files, starts programs and says what it left out"
)]

mod support;

use serde_json::{Value, json};
use support::browser::Browser;
use support::world::World;

/// Runs if it is taken as a page; turned around and hidden besides.
const HOSTILE: &str = "</td></script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">' onmouseover='document.title=1\u{202e}\u{7}\u{0}";

/// How many actions of one kind the log holds.
const MANY: usize = 40;

const OPEN: &str = "id: open\npolicy_name: All is open\nagent_id: \"*\"\ntarget_integration: shop\noperation: \"*\"\nresource_scope: \"*\"\ndata_classification: confidential\npolicy_effect: allow\nrationale: \"First <b>day</b>\"\n";
const ORDERS: &str = "id: orders\nname: Orders\ndescription: Orders are approved, and nothing is thrown away.\ndenied_actions: [shop.delete]\napproval_rules:\n  - name: Order\n    when: {actions: [shop.order]}\ndefault_approvers: [buyers]\n";

/// A repository with two commits, its log, and the report in both forms.
struct Reported {
    world: World,
    json: Value,
}

fn record(rank: usize, agent: &str, operation: &str, bad: bool) -> String {
    let record = json!({
        "id": format!("{rank}-{HOSTILE}"), "timestamp": format!("2026-03-{:02}T09:00:{:02}Z", 1 + rank / 30, rank % 60),
        "agent_id": agent, "run_id": format!("r{rank}"), "session_id": HOSTILE, "integration": "shop",
        "operation": operation, "resource": HOSTILE, "data_classification": "internal", "arguments": {"n": rank},
        "outcome": "success", "recorded_decision": "allow", "labels": {"bad": bad},
    });
    format!("{record}\n")
}

fn log() -> String {
    let mut text: String = (0..MANY).map(|rank| record(rank, "buyer", "order", false)).collect();
    text.extend((0..7).map(|rank| record(MANY + rank, HOSTILE, "delete", true)));
    text.extend((0..20).map(|rank| record(MANY + 7 + rank, "buyer", "search", false)));
    text.push_str("this is no record <script>document.title='taken'</script>\n");
    text
}

impl Reported {
    fn make(arguments: &[&str]) -> Self {
        let world = World::with(&[("policies/open.yaml", OPEN), ("log.jsonl", &log())]);
        world.write("policyc.yaml", "branch: main\ndefaults: {effect: deny}\n");
        world.commit();
        world.write("policies/orders.yaml", ORDERS);
        world.commit();
        let mut all = vec!["simulate", "log.jsonl", "--format", "html=report.html", "--format", "json=report.json"];
        all.extend(arguments);
        let done = world.run(&all);
        assert!(world.at("report.json").exists(), "{}{}", done.out, done.err);
        let json = serde_json::from_str(&world.read("report.json")).unwrap();
        Self { world, json }
    }

    fn number(&self, pointer: &str) -> u64 {
        self.json.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer} is no number"))
    }

    fn open(&self, browser: &Browser) {
        browser.open(&self.world.at("report.html"));
    }
}

/// The digits of a text, as a number.
fn digits(text: &str) -> u64 {
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or_else(|_| panic!("{text}"))
}

fn number(browser: &Browser, selector: &str) -> u64 {
    digits(&browser.text(selector))
}

#[test]
fn the_report_in_a_browser() {
    let browser = match Browser::start() {
        Ok(browser) => browser,
        Err(why) => {
            println!("SKIPPED: the report was not looked at in a browser: {why}");
            return;
        }
    };
    let two = Reported::make(&["--base", "HEAD~1", "--truth", "/labels/bad=true", "--max-newly-denied", "3"]);
    browser.look(1440, 900, false);
    two.open(&browser);
    numbers_are_those_of_the_json(&browser, &two);
    filters_narrow_and_say_so(&browser, &two);
    sorting_sorts(&browser);
    groups_lead_to_their_actions(&browser);
    it_fits(&browser, &two);
    all_of_it_is_there_without_a_script(&browser, &two);
    let one = Reported::make(&[]);
    one.open(&browser);
    assert_eq!(number(&browser, "#all"), one.json["changed"].as_array().unwrap().len() as u64);
    it_fits(&browser, &one);
    nothing_was_executed_or_fetched(&browser);
    println!("the report was looked at in a browser");
}

fn numbers_are_those_of_the_json(browser: &Browser, report: &Reported) {
    let tiles = browser.run("return Array.from(document.querySelectorAll('.tile .big'), (tile) => tile.textContent)");
    let tile = |rank: usize| digits(tiles[rank].as_str().unwrap());
    for (rank, name) in ["tightened", "loosened", "newly_denied", "newly_allowed"].into_iter().enumerate() {
        assert_eq!(tile(rank), report.number(&format!("/changes/{name}")), "{name}");
    }
    assert_eq!(tile(0), (MANY + 7) as u64);
    assert!(tiles[5].as_str().unwrap().contains("not met"), "{tiles}");
    for (row, from) in ["allow", "approval_required", "deny"].into_iter().enumerate() {
        for (column, to) in ["allow", "approval_required", "deny"].into_iter().enumerate() {
            let cell = format!("#matrix tbody tr:nth-child({}) td:nth-child({})", row + 1, column + 2);
            assert_eq!(number(browser, &cell), report.number(&format!("/matrix/{from}/{to}")), "{from} to {to}");
        }
        let totals = |side| number(browser, &format!("#totals tbody tr:nth-child({}) td:nth-child({side})", row + 1));
        assert_eq!(totals(2), report.number(&format!("/totals/base/{from}")));
        assert_eq!(totals(3), report.number(&format!("/totals/head/{from}")));
    }
    assert_eq!(browser.text("#digest"), report.json["digest"].as_str().unwrap());
    assert_eq!(number(browser, "#read tr:nth-child(3) td"), report.number("/coverage/unreadable"));
    let recall = report.json["truth"]["sides"]["head"]["recall"].as_f64().unwrap();
    assert_eq!(browser.text("#rates tbody tr:first-child td:nth-child(3)"), format!("{:.1} %", recall * 100.0));
    let groups = browser.run("return document.querySelectorAll('#groups .one-way').length");
    assert_eq!(groups.as_u64().unwrap(), report.json["groups"].as_array().unwrap().len() as u64);
}

/// How many rows of the table are seen.
fn seen(browser: &Browser) -> u64 {
    let rows =
        "Array.from(document.querySelectorAll('#changed tbody tr')).filter((row) => row.getClientRects().length)";
    browser.run(&format!("return {rows}.length")).as_u64().unwrap()
}

fn choose(browser: &Browser, name: &str, value: &str) {
    browser.run(&format!(
        "const field = document.querySelector('#filters [name={name}]'); field.value = {}; \
         field.dispatchEvent(new Event(field.tagName === 'INPUT' ? 'input' : 'change', {{bubbles: true}}));",
        json!(value)
    ));
    std::thread::sleep(std::time::Duration::from_millis(250));
}

fn filters_narrow_and_say_so(browser: &Browser, report: &Reported) {
    let all = report.json["changed"].as_array().unwrap().len() as u64;
    assert_eq!((seen(browser), number(browser, "#shown"), number(browser, "#all")), (all, all, all));
    choose(browser, "to", "deny");
    assert_eq!((seen(browser), number(browser, "#shown")), (7, 7));
    choose(browser, "to", "");
    choose(browser, "text", "SHOP.ORDER buyer");
    assert_eq!((seen(browser), number(browser, "#shown")), (MANY as u64, MANY as u64));
    choose(browser, "text", "of nobody");
    assert_eq!((seen(browser), number(browser, "#shown")), (0, 0));
    browser.run("document.querySelector('#clear').click()");
    assert_eq!(seen(browser), all);
    // An agent is chosen by number: nothing of a stranger's text is compared.
    let agents = browser.run(
        "return Array.from(document.querySelectorAll('#filters [name=agent] option'), (option) => option.textContent)",
    );
    assert!(
        agents.as_array().unwrap().iter().any(|name| name.as_str().unwrap().contains("\\u{202e}\\u{7}\\u{0}")),
        "{agents}"
    );
}

fn sorting_sorts(browser: &Browser) {
    let column = |browser: &Browser| {
        let cells = browser.run("return Array.from(document.querySelectorAll('#changed tbody tr td:nth-child(3)'), (cell) => cell.textContent)");
        cells.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // With the keys alone.
    browser.run("document.querySelector('#changed th:nth-child(3) button').focus()");
    browser.keys("\u{e007}");
    assert!(column(browser).first().unwrap().contains("approval"));
    browser.keys("\u{e007}");
    assert!(column(browser).first().unwrap().contains("deny"));
    assert_eq!(browser.run("return document.querySelector('#changed th:nth-child(3)').ariaSort"), "descending");
    let all = column(browser);
    let denied = all.iter().take_while(|cell| cell.contains("deny")).count();
    assert_eq!((denied, all.iter().filter(|cell| cell.contains("deny")).count()), (7, 7), "{all:?}");
}

fn groups_lead_to_their_actions(browser: &Browser) {
    browser.run("document.querySelectorAll('#groups .group')[1].querySelector('.pick').click()");
    assert_eq!((seen(browser), number(browser, "#shown")), (7, 7));
    browser.run("document.querySelector('#clear').click()");
}

/// No page is wider than the screen, in light and dark; and dark is dark.
fn it_fits(browser: &Browser, report: &Reported) {
    let mut grounds = Vec::new();
    for (width, height, dark) in [(1440, 900, false), (390, 844, false), (1440, 900, true), (390, 844, true)] {
        browser.look(width, height, dark);
        report.open(browser);
        browser.run("for (const fold of document.querySelectorAll('details')) fold.open = true;");
        let wide = browser.run("return document.documentElement.scrollWidth").as_u64().unwrap();
        assert!(wide <= u64::from(width), "{wide} of {width} px");
        grounds.push(browser.run("return getComputedStyle(document.body).backgroundColor"));
    }
    assert_eq!(grounds[0], grounds[1]);
    assert_ne!(grounds[0], grounds[2]);
    browser.look(1440, 900, false);
}

fn all_of_it_is_there_without_a_script(browser: &Browser, report: &Reported) {
    browser.scripts(false);
    report.open(browser);
    browser.scripts(true);
    assert_eq!(seen(browser), report.json["changed"].as_array().unwrap().len() as u64);
    let idle = "return Array.from(document.querySelectorAll('#filters, #clear, #group-tabs, .pick'), (e) => e.hidden)";
    assert!(
        browser.run(idle).as_array().unwrap().iter().all(|hidden| *hidden == json!(true)),
        "what needs a script is not shown"
    );
}

fn nothing_was_executed_or_fetched(browser: &Browser) {
    let title = browser.run("return document.title");
    assert!(title.as_str().unwrap().ends_with("· policyc"), "{title}");
    assert_eq!(browser.run("return [document.scripts.length, document.images.length]"), json!([1, 0]));
    let said = browser.log("browser");
    assert!(said.is_empty(), "the console: {said:?}");
    let asked = browser.requests();
    assert!(
        !asked.is_empty() && asked.iter().all(|url| url.starts_with("file://") && url.ends_with("/report.html")),
        "{asked:?}"
    );
}
