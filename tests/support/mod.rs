//! What tests share: policy repositories in memory and in hermetic folders.
#![allow(dead_code, reason = "each test uses its part")]

pub mod browser;
pub mod published;
pub mod server;
pub mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use policyc::compile::{self, Compilation};
use policyc::diag::{Diagnostic, Failure};
use policyc::diff::Side;
use policyc::model::Time;
use policyc::source::{Content, SourceSet, Tree, TreeEntry};

/// What a compilation is as one side of a difference.
pub fn side(compilation: &Compilation) -> Side<'_> {
    Side {
        documents: &compilation.documents,
        catalog: compilation.catalog.as_ref(),
        settings: &compilation.settings,
        identities: compilation.identities.as_ref(),
        environments: &compilation.environments,
    }
}

/// A policy repository in memory.
#[derive(Default)]
pub struct Memory {
    files: BTreeMap<String, (Content, bool)>,
}

impl Memory {
    /// A repository with these files, and an empty `policyc.yaml` if there is none among them.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut memory = Self::default();
        for (path, text) in files {
            memory.put(path, Content::decode(text.as_bytes().to_vec()), true);
        }
        memory
    }

    pub fn put(&mut self, path: &str, content: Content, tracked: bool) {
        self.files.insert(path.to_owned(), (content, tracked));
    }

    /// Loads and compiles, judging expiry at the beginning of 2026.
    pub fn compile(mut self) -> (SourceSet, Compilation) {
        let settings = Content::decode(b"branch: main\n".to_vec());
        self.files.entry("policyc.yaml".to_owned()).or_insert((settings, true));
        let sources = compile::load(&self).expect("memory never fails");
        let compilation = compile::compile(&sources, Time::parse("2026-01-01T00:00:00Z"));
        (sources, compilation)
    }
}

/// The same with what the regions of actions say, as `check` does it.
pub fn checked(memory: Memory) -> (SourceSet, Compilation) {
    let (sources, mut compilation) = memory.compile();
    compilation.lint_regions();
    (sources, compilation)
}

impl Tree for Memory {
    fn list(&self, folder: &str, depth: usize) -> Result<Vec<TreeEntry>, Failure> {
        let below = |path: &str| match folder {
            "" => Some(path.to_owned()),
            _ if path == folder => Some(String::new()),
            _ => path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned),
        };
        let entry = |(path, (content, _)): (&String, &(Content, bool))| {
            let inside = below(path)?.split('/').count() <= depth;
            inside.then(|| TreeEntry { path: path.clone(), link: *content == Content::Link })
        };
        Ok(self.files.iter().filter_map(entry).collect())
    }

    fn read(&self, paths: &[&str]) -> Result<Vec<Option<Content>>, Failure> {
        Ok(paths.iter().map(|path| self.files.get(*path).map(|(content, _)| content.clone())).collect())
    }

    fn tracked(&self, paths: &[&str]) -> Result<Option<Vec<bool>>, Failure> {
        Ok(Some(paths.iter().map(|path| self.files.get(*path).is_some_and(|(_, tracked)| *tracked)).collect()))
    }
}

/// Findings as a snapshot: one block each, with the text under the primary place and under every label.
pub fn told(found: &[Diagnostic], sources: &SourceSet) -> String {
    let mut text = String::new();
    let place = |span: policyc::text::Span| {
        let source = sources.text(span.file);
        let lines = sources.lines(span.file);
        let (start, end) = (lines.position(source, span.start as usize), lines.position(source, span.end as usize));
        let under = source.get(span.range()).unwrap_or_default();
        let under: String = under.chars().take(60).collect();
        format!("{}:{}:{}-{}:{} {under:?}", sources.path(span.file), start.line, start.column, end.line, end.column)
    };
    for found in found {
        writeln!(text, "{:?} {}: {}", found.code, found.severity().as_str(), found.message).unwrap();
        writeln!(text, "  at {}{}", place(found.span), prefixed(" = ", &found.label)).unwrap();
        for label in &found.labels {
            writeln!(text, "  and {} = {}", place(label.span), label.message).unwrap();
        }
        if let Some(help) = &found.help {
            writeln!(text, "  help: {help}").unwrap();
        }
        if let Some(fix) = &found.fix {
            writeln!(text, "  fix: {} at {} -> {:?}", fix.title, place(fix.span), fix.replacement).unwrap();
        }
    }
    text
}

fn prefixed(prefix: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{prefix}{text}") }
}

/// The fenced blocks of a part of a Markdown page: (words of the info string, text).
pub fn blocks(markdown: &str) -> Vec<(Vec<String>, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, Vec<String>, String)> = None;
    for line in markdown.split_inclusive('\n') {
        let bare = line.trim_end();
        if let Some((fence, words, text)) = &mut open {
            if bare == *fence {
                blocks.push((std::mem::take(words), std::mem::take(text)));
                open = None;
            } else {
                text.push_str(line);
            }
            continue;
        }
        let info = bare.trim_start_matches('`');
        let fence = &bare[..bare.len() - info.len()];
        if fence.len() >= 3 {
            let words = info.split_whitespace().map(str::to_owned).collect();
            open = Some((fence.to_owned(), words, String::new()));
        }
    }
    blocks
}

/// Puts the files that blocks describe into a repository: `yaml policies/a.yaml [escaped] [untracked] [link] [bytes=N]`.
pub fn repository(blocks: &[(Vec<String>, String)]) -> Memory {
    let mut memory = Memory::default();
    for (words, text) in blocks {
        let [_, path, flags @ ..] = words.as_slice() else { continue };
        let flag = |name: &str| flags.iter().any(|flag| flag == name);
        let bytes = flags.iter().find_map(|flag| flag.strip_prefix("bytes=")?.parse().ok());
        let content = if flag("link") {
            Content::Link
        } else if let Some(bytes) = bytes {
            Content::TooLarge { bytes }
        } else if flag("escaped") {
            Content::decode(unescaped(text))
        } else {
            Content::decode(text.clone().into_bytes())
        };
        memory.put(path, content, !flag("untracked"));
    }
    memory
}

/// Text in which `\xNN` is a byte and `\u{N}` a character, for what a page cannot show.
pub fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend(rest[..at].bytes());
        let tail = &rest[at..];
        if let Some(hex) = tail.strip_prefix("\\x").and_then(|tail| tail.get(..2)) {
            bytes.push(u8::from_str_radix(hex, 16).expect("two hexadecimal digits"));
            rest = &tail[4..];
        } else if let Some((hex, after)) = tail.strip_prefix("\\u{").and_then(|tail| tail.split_once('}')) {
            let c = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32).expect("a character");
            bytes.extend(c.encode_utf8(&mut [0; 4]).bytes());
            rest = after;
        } else {
            bytes.push(b'\\');
            rest = &tail[1..];
        }
    }
    bytes.extend(rest.bytes());
    bytes
}
