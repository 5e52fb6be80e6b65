//! What docs/effects.md shows, told again: each edit of this project's policies is made, and the command below it is run.
//! `POLICYC_ACCEPT=1 cargo test --test effects_pages` writes the blocks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use support::world::World;

const PAGE: &str = "docs/effects.md";

/// This project's policies, committed, with an edit as the page shows it.
fn edited(edit: &str) -> World {
    let world = World::of_project();
    world.commit();
    let line = |sign: &str| edit.lines().filter_map(|line| line.strip_prefix(sign)).collect::<Vec<_>>();
    let path = line("--- a/")[0];
    let lines = |sign: &str| {
        let named = |line: &&&str| !line.starts_with("-- a/") && !line.starts_with("++ b/");
        line(sign).iter().filter(named).map(|line| format!("{line}\n")).collect::<String>()
    };
    let (before, text) = (lines("-"), world.read(path));
    assert_eq!(text.matches(&before).count(), 1, "{path} holds this once:\n{before}");
    world.write(path, text.replace(&before, &lines("+")));
    world
}

#[test]
fn the_page_about_effects_tells_what_commands_say() {
    let mut page = std::fs::read_to_string(PAGE).unwrap();
    let mut shown = 0;
    for part in page.clone().split("\n```diff\n").skip(1) {
        let (edit, rest) = part.split_once("\n```\n").unwrap();
        let (_, block) = rest.split_once("\n```text\n$ policyc ").unwrap();
        let (block, _) = block.split_once("\n```").unwrap();
        let (command, output) = block.split_once('\n').unwrap_or((block, ""));
        let world = edited(edit);
        let done = world.run(&command.split(' ').collect::<Vec<_>>());
        assert_eq!(done.code, 0, "{command}: {done:?}");
        let told = done.out.trim_end();
        if std::env::var_os("POLICYC_ACCEPT").is_some() {
            page = page.replace(block, &format!("{command}\n{told}"));
            std::fs::write(PAGE, &page).unwrap();
        } else {
            assert_eq!(told, output, "{PAGE}: policyc {command}");
        }
        shown += 1;
    }
    assert!(shown >= 3, "{PAGE} shows too little");
}
