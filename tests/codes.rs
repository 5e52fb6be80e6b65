//! Every code is unique and in order, has a page whose example gives it and whose mended example does not, and a
//! corpus case or command test that fires it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;

use policyc::diag::{Code, Severity, codes};

/// Codes of the world: what gives them is not in a document. Their pages show a command; `tests/cmd` runs it.
const WORLD: [&str; 2] = ["PC06", "PC09"];

fn section<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("\n## {name}\n"))?;
    Some(rest.split("\n## ").next().unwrap_or(rest))
}

fn fired(page: &str, part: &str) -> Result<Vec<Code>, String> {
    let text = section(page, part).ok_or_else(|| format!("no section `{part}`"))?;
    let blocks = support::blocks(text);
    if blocks.is_empty() {
        return Err(format!("no files in `{part}`"));
    }
    let (_, compilation) = support::checked(support::repository(&blocks));
    Ok(compilation.diagnostics.iter().map(|found| found.code).collect())
}

#[test]
fn codes_are_unique_and_in_order() {
    let ids: Vec<&str> = codes::ALL.iter().map(|code| code.id()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "ids must rise");
    let names: BTreeSet<&str> = codes::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names.len(), codes::ALL.len(), "names must differ");
    for code in codes::ALL {
        assert!(code.id().len() == 6 && code.id().starts_with("PC"), "{code:?}");
        assert!(
            code.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{code:?}"
        );
    }
}

#[test]
fn pages_and_codes_are_the_same_set() {
    let mut pages: Vec<String> = fs::read_dir("docs/codes")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    pages.sort();
    let wanted: Vec<String> = codes::ALL.iter().map(|code| format!("{}.md", code.id())).collect();
    assert_eq!(pages, wanted);
}

/// `docs/codes/README.md` is the registry as a table; `POLICYC_ACCEPT=1` writes it.
#[test]
fn the_table_of_codes_is_fresh() {
    let row = |code: &Code| {
        format!(
            "| [{0}]({0}.md) | {1} | {2} | {3} |\n",
            code.id(),
            code.name(),
            code.severity().as_str(),
            code.summary()
        )
    };
    let rows: String = codes::ALL.iter().map(row).collect();
    let page = format!(
        "# Codes\n\nEvery finding has a code, and every code a page; `policyc explain CODE` prints it.\n\n\
         | code | name | severity | summary |\n| --- | --- | --- | --- |\n{rows}"
    );
    if std::env::var_os("POLICYC_ACCEPT").is_some() {
        fs::write("docs/codes/README.md", &page).unwrap();
    }
    assert_eq!(fs::read_to_string("docs/codes/README.md").unwrap(), page);
}

#[test]
fn pages_begin_with_what_the_registry_says() {
    for code in codes::ALL {
        let head = format!("# {} {}\n\nSeverity: {}\n\n", code.id(), code.name(), code.severity().as_str());
        assert!(code.page().starts_with(&head), "{code:?}: the page must begin with\n{head}");
        assert!(code.page().len() > head.len() + 80, "{code:?}: the page explains nothing");
    }
}

#[test]
fn examples_give_their_code_and_mended_examples_do_not() {
    let mut wrong = Vec::new();
    for code in codes::ALL.iter().filter(|code| !WORLD.iter().any(|world| code.id().starts_with(world))) {
        match fired(code.page(), "Example") {
            Ok(found) if found.contains(code) && found.iter().filter(|other| *other != code).count() <= 1 => {}
            Ok(found) => wrong.push(format!("{code:?}: the example gives {found:?}")),
            Err(error) => wrong.push(format!("{code:?}: {error}")),
        }
        match fired(code.page(), "Mended") {
            Ok(found) if found.contains(code) => wrong.push(format!("{code:?}: the mended example still gives it")),
            Ok(found) if found.iter().any(|code| code.severity() == Severity::Error) => {
                wrong.push(format!("{code:?}: the mended example gives {found:?}"));
            }
            Ok(_) => {}
            Err(error) => wrong.push(format!("{code:?}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A corpus case's snapshot, or a test of commands, names each code.
#[test]
fn every_code_is_fired_by_a_case() {
    let mut texts = String::new();
    for entry in walkdir::WalkDir::new("tests") {
        let path = entry.unwrap().into_path();
        let tells = ["snap", "trycmd"].map(|ending| path.extension().is_some_and(|of| of == ending));
        if tells.contains(&true)
            || path.ends_with("cli.rs")
            || path.ends_with("deciding.rs")
            || path.ends_with("git.rs")
            || path.ends_with("forge.rs")
            || path.ends_with("token.rs")
            || path.ends_with("alert.rs")
            || path.ends_with("assist.rs")
            || path.ends_with("drafting.rs")
            || path.ends_with("environments.rs")
            || path.ends_with("faults.rs")
            || path.ends_with("forge_net.rs")
            || path.ends_with("refusals.rs")
            || path.ends_with("history_commands.rs")
            || path.ends_with("edit.rs")
        {
            texts.push_str(&String::from_utf8_lossy(&fs::read(path).unwrap()));
        }
    }
    let silent: Vec<&Code> =
        codes::ALL.iter().filter(|code| !texts.contains(code.id()) && **code != codes::BUG).collect();
    assert!(silent.is_empty(), "no case fires {silent:?}");
}
