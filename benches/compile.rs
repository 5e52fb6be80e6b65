//! Compile and check as cold processes on generated repositories, beside listing and reading the same files.
//!
//! `cargo bench --bench compile [-- FILES…]` prints medians of five and ratios; the default is 1000 and 10000 files of
//! five rules each. Nothing here asserts a time.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark reads files, starts processes, looks at the clock and prints"
)]

mod timed;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use timed::median;

const RULES: usize = 5;

/// A small generator with a fixed seed, so that every run compiles the same text.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let at = self.below(from.len() as u64);
        from.get(usize::try_from(at).unwrap()).unwrap()
    }
}

fn generate(root: &Path, files: usize) {
    let mut random = Random(1);
    std::fs::write(root.join("policyc.yaml"), "branch: main\n").unwrap();
    for file in 0..files {
        let folder = root.join(format!("policies/team-{}", file / 100));
        std::fs::create_dir_all(&folder).unwrap();
        let mut text = String::new();
        for rule in 0..RULES {
            let effect = random.pick(&["allow", "approval_required", "deny"]);
            write!(
                text,
                "---\nid: r{file}-{rule}\nkind: rule\nagent_id: \"agent-{}\"\npolicy_name: Rule {rule} of file {file}\n\
                 target_integration: {}\noperation: \"{}\"\nresource_scope: \"{}/*\"\ndata_classification: {}\n\
                 policy_effect: {effect}\nrationale: Generated to measure how long compiling takes.\npriority: {}\n",
                random.below(500),
                random.pick(&["mail", "bank", "files", "shell"]),
                random.pick(&["send", "read", "delete", "*"]),
                random.pick(&["prod", "dev", "hr", "public"]),
                random.pick(&["public", "internal", "confidential", "restricted"]),
                random.below(1000),
            )
            .unwrap();
            // One rule of a file tests an argument.
            if rule == 0 {
                let limit = random.below(10_000);
                writeln!(text, "conditions: {{arguments: {{note: {{type: string, maxLength: {limit}}}}}}}").unwrap();
            }
        }
        std::fs::write(folder.join(format!("f{file}.yaml")), text).unwrap();
    }
}

/// The limit: list every file and read it, on one thread.
fn list_and_read(root: &Path) {
    let mut bytes = 0;
    for entry in walkdir::WalkDir::new(root) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            bytes += std::fs::read(entry.path()).unwrap().len();
        }
    }
    std::hint::black_box(bytes);
}

fn policyc(root: &Path, arguments: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_policyc"))
        .arg("-C")
        .arg(root)
        .args(arguments)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{arguments:?}");
}

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000, 10_000] } else { sizes };
    let here = tempfile::tempdir().unwrap();
    let version = median(|| policyc(here.path(), &["--version"]));
    println!("policyc --version: {:.1} ms", version.as_secs_f64() * 1000.0);
    println!("| files | list and read | compile | × | check | × | compile, one thread | × |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for files in sizes {
        let folder = tempfile::tempdir().unwrap();
        generate(folder.path(), files);
        list_and_read(folder.path());
        let limit = median(|| list_and_read(folder.path()));
        let compile = median(|| policyc(folder.path(), &["compile"]));
        let check = median(|| policyc(folder.path(), &["check"]));
        let single = median(|| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_policyc"));
            command.arg("-C").arg(folder.path()).arg("compile").env("RAYON_NUM_THREADS", "1");
            assert!(command.stdout(std::process::Stdio::null()).status().unwrap().success());
        });
        let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
        let ratio = |time: Duration| format!("{:.1}", time.as_secs_f64() / limit.as_secs_f64());
        println!(
            "| {files} | {} | {} | {} | {} | {} | {} | {} |",
            ms(limit),
            ms(compile),
            ratio(compile),
            ms(check),
            ratio(check),
            ms(single),
            ratio(single)
        );
    }
}
