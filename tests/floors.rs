//! The house as ARCHITECTURE.md draws it: no arrow up, no circle, and nothing that is not in the table.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rows of the table in ARCHITECTURE.md: module, and the modules it may use.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let page = fs::read_to_string("ARCHITECTURE.md").unwrap();
    let (_, table) = page.split_once("| module | floor | may use |").expect("the table of floors");
    let mut rows = BTreeMap::new();
    for line in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
        let module = words(cells[0]).into_iter().next().expect("a module in the first cell");
        rows.insert(module, words(cells[2]));
    }
    rows
}

fn floors() -> BTreeMap<String, u32> {
    let page = fs::read_to_string("ARCHITECTURE.md").unwrap();
    let (_, table) = page.split_once("| module | floor | may use |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0].trim_matches('`').to_owned(), cells[1].parse().expect("a floor is a number"))
    })
    .collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    walk.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

/// The module a file of src/ belongs to.
fn module(path: &Path) -> String {
    let below = path.strip_prefix("src").unwrap();
    let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules that a file names as `crate::module`, its tests and doc comments left out.
fn uses(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        // `use crate::{a, b::c};` names several.
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap().split(',').map(str::trim).collect(),
            None => vec![rest],
        };
        for name in names {
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
            used.insert(name[..end].to_owned());
        }
    }
    used
}

#[test]
fn nobody_uses_what_the_table_does_not_allow() {
    let table = table();
    let mut wrong = Vec::new();
    for path in sources(Path::new("src")) {
        let module = module(&path);
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let allowed = table.get(&module).unwrap_or_else(|| panic!("`{module}` is not in ARCHITECTURE.md"));
        for used in uses(&path) {
            if used != module && !allowed.contains(&used) {
                wrong.push(format!("{}: uses `{used}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_module_and_no_other_and_no_arrow_goes_up() {
    let (table, floors) = (table(), floors());
    let modules: BTreeSet<String> = sources(Path::new("src"))
        .iter()
        .map(|path| module(path))
        .filter(|name| !matches!(name.as_str(), "lib" | "main"))
        .collect();
    assert_eq!(table.keys().cloned().collect::<BTreeSet<_>>(), modules);
    for (module, allowed) in &table {
        for other in allowed {
            let (from, to) = (floors[module], floors[other]);
            assert!(to < from, "`{module}` (floor {from}) may not use `{other}` (floor {to})");
        }
    }
}

#[test]
fn only_these_modules_know_these_crates() {
    let owners = [
        ("miette::", vec!["report"]),
        ("maud::", vec!["report"]),
        ("git2::", vec!["git"]),
        ("granit_parser::", vec!["syntax"]),
        ("ssh_key::", vec!["lifecycle", "token"]),
        ("ed25519_dalek::", vec!["token"]),
        ("base64ct::", vec!["token"]),
        ("lettre::", vec!["host"]),
        ("rustls::", vec!["host"]),
        ("webpki_roots::", vec!["host"]),
        ("pulldown_cmark::", vec!["syntax"]),
        ("notify::", vec!["cli"]),
        ("clap::", vec!["cli"]),
        ("walkdir::", vec!["host"]),
        ("tempfile::", vec!["host"]),
        ("indicatif::", vec!["host"]),
        ("flate2::", vec!["host"]),
        ("zstd::", vec!["host"]),
        ("tar::", vec!["host"]),
        ("ureq::", vec!["host"]),
        ("maud::", vec!["report"]),
        ("jsonschema::", vec!["lower", "model"]),
        ("schemars::", vec!["written", "report"]),
        ("std::fs", vec!["host"]),
        ("std::env", vec!["host", "main"]),
        ("std::net", vec!["host"]),
        ("std::process", vec!["host", "main"]),
    ];
    for path in sources(Path::new("src")) {
        let text = fs::read_to_string(&path).unwrap();
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for (name, owners) in &owners {
            let owned = owners.contains(&module(&path).as_str());
            assert!(owned || !code.contains(name), "{}: `{name}` belongs to {owners:?}", path.display());
        }
    }
}

/// The sizes seen in code bases worth copying; the tail is always the orchestrating function and the file called util.
#[test]
fn files_and_functions_stay_readable() {
    for path in sources(Path::new("src")) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.lines().count() <= 600, "{} is too long", path.display());
        let stem = path.file_stem().unwrap().to_str().unwrap();
        assert!(!["util", "utils", "common", "helper", "helpers", "misc"].contains(&stem), "{}", path.display());
        let mut start = None;
        for (number, line) in text.lines().enumerate() {
            let bare = line.trim_start();
            let indent = line.len() - bare.len();
            let is_fn = bare.starts_with("fn ") || bare.starts_with("pub fn ") || bare.starts_with("pub(crate) fn ");
            if is_fn && !line.trim_end().ends_with(';') && !line.trim_end().ends_with('}') {
                start = Some((number, indent));
            }
            if let Some((first, depth)) = start
                && indent == depth
                && bare.starts_with('}')
            {
                assert!(
                    number - first < 70,
                    "{}:{} is a function of {} lines",
                    path.display(),
                    first + 1,
                    number - first
                );
                start = None;
            }
        }
    }
}
