//! One file, one case: `tests/corpus/<stage>/<valid|invalid>/<case>.<ending>` is compiled as the only document of a
//! repository. A case in a folder is a whole repository. Add a case by adding a file; `cargo insta` accepts what it says.
//!
//! A file whose name ends with `.escaped.<ending>` may hold `\xNN` and `\u{N}` for bytes that an editor would not keep.
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
use std::path::Path;

use policyc::canon;
use policyc::diag::Severity;
use policyc::source::Content;
use support::{Memory, told};

fn memory(case: &Path) -> Memory {
    let mut memory = Memory::default();
    let read = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        let escaped = path.file_name().unwrap().to_string_lossy().contains(".escaped.");
        let bytes = if escaped { support::unescaped(std::str::from_utf8(&bytes).unwrap()) } else { bytes };
        Content::decode(bytes)
    };
    if case.is_dir() {
        for entry in walkdir::WalkDir::new(case).sort_by_file_name() {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                let path = entry.path().strip_prefix(case).unwrap().to_str().unwrap().replace('\\', "/");
                memory.put(&path, read(entry.path()), true);
            }
        }
    } else {
        let name = case.file_name().unwrap().to_str().unwrap();
        memory.put(&format!("policies/{name}"), read(case), true);
    }
    memory
}

fn cases(kind: &str) -> Vec<std::path::PathBuf> {
    let mut cases = Vec::new();
    for stage in fs::read_dir("tests/corpus").unwrap() {
        let folder = stage.unwrap().path().join(kind);
        if folder.is_dir() {
            cases.extend(
                fs::read_dir(folder)
                    .unwrap()
                    .map(|case| case.unwrap().path())
                    .filter(|path| path.extension().is_none_or(|e| e != "snap")),
            );
        }
    }
    cases.sort();
    cases
}

fn check(case: &Path, text: &str) -> Result<(), String> {
    let mut snapshot = case.as_os_str().to_owned();
    snapshot.push(".snap");
    let old = fs::read_to_string(&snapshot).unwrap_or_default();
    if old == text {
        return Ok(());
    }
    if std::env::var_os("POLICYC_ACCEPT").is_some() {
        fs::write(&snapshot, text).unwrap();
        return Ok(());
    }
    Err(format!("{}\n--- snapshot\n{old}--- now\n{text}", case.display()))
}

fn run(kind: &str, tell: impl Fn(&Path) -> Result<String, String>) {
    let cases = cases(kind);
    assert!(!cases.is_empty());
    let wrong: Vec<String> =
        cases.iter().filter_map(|case| tell(case).and_then(|text| check(case, &text)).err()).collect();
    assert!(
        wrong.is_empty(),
        "{} of {} cases differ; accept with POLICYC_ACCEPT=1\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// Every case that is not valid gives at least one error or warning, and at most the findings it is named for.
#[test]
fn invalid_cases_say_what_is_wrong() {
    run("invalid", |case| {
        let (sources, compilation) = support::checked(memory(case));
        if compilation.diagnostics.is_empty() {
            return Err(format!("{}: nothing is said", case.display()));
        }
        if compilation.has_errors() != compilation.bundle.is_none() {
            return Err(format!("{}: a bundle beside errors, or none without", case.display()));
        }
        Ok(told(&compilation.diagnostics, &sources))
    });
}

/// Every valid case compiles without errors; the snapshot holds its documents in canonical form and its warnings.
#[test]
fn valid_cases_compile() {
    run("valid", |case| {
        let (sources, compilation) = support::checked(memory(case));
        let said = told(&compilation.diagnostics, &sources);
        if compilation.diagnostics.iter().any(|found| found.severity() == Severity::Error) {
            return Err(format!("{}: {said}", case.display()));
        }
        let mut text = said;
        for document in &compilation.documents {
            text.push_str(&serde_json::to_string_pretty(&canon::document(document)).unwrap());
            text.push('\n');
        }
        Ok(text)
    });
}

/// A mistake that people make gives one clear finding, at most two.
#[test]
fn a_mistake_gives_one_or_two_findings() {
    let mut mistakes = 0;
    for case in cases("invalid").iter().filter(|case| case.starts_with("tests/corpus/mistakes")) {
        let (sources, compilation) = support::checked(memory(case));
        let found = compilation.diagnostics.len();
        assert!(
            (1..=2).contains(&found),
            "{}: {found} findings\n{}",
            case.display(),
            told(&compilation.diagnostics, &sources)
        );
        mistakes += 1;
    }
    assert!(mistakes >= 30, "{mistakes} mistakes");
}
