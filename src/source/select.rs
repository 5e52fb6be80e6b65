use std::collections::BTreeMap;

use super::{ASSIST_LOCK, Content, Format, Role, SETTINGS, SourceFile, SourceSet, Tree, TreeEntry};
use crate::diag::Failure;

/// How many folders deep documents are read: enough for every real repository. What lies deeper is told, not read.
pub const ALL_LEVELS: usize = 64;

/// Reads everything a policy repository is made of from a tree.
///
/// `documents` are the folders (or files) of the settings, already free of `..` and absolute paths.
///
/// # Errors
/// When the world cannot answer; what is wrong with a file is no error but part of its [`Content`].
pub fn collect(tree: &dyn Tree, documents: &[String]) -> Result<SourceSet, Failure> {
    let mut chosen: BTreeMap<String, (Role, Format, bool)> = BTreeMap::new();
    let mut locks: BTreeMap<String, bool> = BTreeMap::new();
    let mut choose = |entry: TreeEntry, role: Role| {
        let format = document_format(&entry.path).unwrap_or(Format::Yaml);
        chosen.entry(entry.path).or_insert((role, format, entry.link));
    };
    for folder in documents {
        for entry in tree.list(folder, ALL_LEVELS)? {
            if entry.path.ends_with(ASSIST_LOCK) {
                locks.insert(entry.path, entry.link);
            } else if let Some(role) = role_in_documents(&entry) {
                choose(entry, role);
            }
        }
    }
    for entry in tree.list("environments", ALL_LEVELS)? {
        if let Some(role) = role_in_environments(&entry) {
            choose(entry, role);
        }
    }
    for entry in tree.list("", 2)? {
        if let Some(role) = role_at_root(&entry) {
            choose(entry, role);
        }
    }
    read(tree, &chosen, &locks)
}

fn read(
    tree: &dyn Tree,
    chosen: &BTreeMap<String, (Role, Format, bool)>,
    locks: &BTreeMap<String, bool>,
) -> Result<SourceSet, Failure> {
    let read: Vec<&str> = chosen.iter().filter(|(_, (.., link))| !link).map(|(path, _)| path.as_str()).collect();
    let mut contents = tree.read(&read)?.into_iter();
    let tracked = tree.tracked(&chosen.keys().map(String::as_str).collect::<Vec<_>>())?;
    let mut tracked = tracked.map(Vec::into_iter);
    let mut locks = read_locks(tree, locks_of(chosen, locks))?;
    let mut files = Vec::with_capacity(chosen.len());
    for (path, (role, format, link)) in chosen {
        let content = if *link { Some(Content::Link) } else { contents.next().flatten() };
        let mut tracked = tracked.as_mut().and_then(Iterator::next);
        let lock = locks.remove(path.as_str());
        if let Some((_, false)) = lock {
            tracked = tracked.map(|_| false);
        }
        let assist = lock.map(|(content, _)| content);
        if let Some(content) = content {
            files.push(SourceFile { path: path.clone(), role: *role, format: *format, content, tracked, assist });
        }
    }
    Ok(SourceSet::new(files))
}

/// The paths of the Markdown documents that have accepted readings, and whether those are links.
fn locks_of<'a>(
    chosen: &'a BTreeMap<String, (Role, Format, bool)>,
    locks: &BTreeMap<String, bool>,
) -> Vec<(&'a str, bool)> {
    let prose = chosen.iter().filter(|(_, (role, format, _))| (*role, *format) == (Role::Document, Format::Markdown));
    prose.filter_map(|(path, _)| Some((path.as_str(), *locks.get(&lock_path(path))?))).collect()
}

/// The accepted readings by the path of their document, and whether Git tracks them as far as that can be told.
fn read_locks<'a>(
    tree: &dyn Tree,
    wanted: Vec<(&'a str, bool)>,
) -> Result<BTreeMap<&'a str, (Content, bool)>, Failure> {
    let paths: Vec<String> = wanted.iter().map(|(path, _)| lock_path(path)).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let plain: Vec<&str> = paths.iter().zip(&wanted).filter(|(_, (_, link))| !link).map(|(path, _)| *path).collect();
    let mut contents = tree.read(&plain)?.into_iter();
    let tracked = tree.tracked(&paths)?.unwrap_or_else(|| vec![true; paths.len()]);
    let read = wanted.into_iter().zip(tracked).filter_map(|((path, link), tracked)| {
        let content = if link { Some(Content::Link) } else { contents.next().flatten() };
        Some((path, (content?, tracked)))
    });
    Ok(read.collect())
}

/// The path of the accepted readings of a document.
#[must_use]
pub fn lock_path(path: &str) -> String {
    format!("{path}{ASSIST_LOCK}")
}

/// The accepted readings of one document.
///
/// # Errors
/// When the world cannot answer.
pub fn assisted(tree: &dyn Tree, path: &str) -> Result<Option<Content>, Failure> {
    if document_format(path) != Some(Format::Markdown) {
        return Ok(None);
    }
    Ok(tree.read(&[&lock_path(path)])?.into_iter().next().flatten())
}

/// The format that a path's ending stands for, in any case.
#[must_use]
pub fn document_format(path: &str) -> Option<Format> {
    match ending(path).as_str() {
        "yaml" | "yml" => Some(Format::Yaml),
        "json" => Some(Format::Json),
        "md" => Some(Format::Markdown),
        _ => None,
    }
}

fn role_in_documents(entry: &TreeEntry) -> Option<Role> {
    let name = file_name(&entry.path);
    if is_document(&entry.path, entry.link) {
        return Some(Role::Document);
    }
    let stray = name == "README.md" || !entry.link && looks_like_a_document(name);
    stray.then_some(Role::Stray)
}

/// Whether a path below a folder of documents is read as one: by its name, and links in any case, since a policy may
/// lie behind them.
#[must_use]
pub fn is_document(path: &str, link: bool) -> bool {
    match file_name(path) {
        "README.md" => false,
        // Emacs marks a buffer that is being edited with a dangling link of this name.
        name if link => !name.starts_with(".#"),
        name if name.ends_with(ASSIST_LOCK) => false,
        _ => document_format(path).is_some(),
    }
}

/// Names such as `pay.yaml.txt` and `pay.toml` look as if they were read; those of editors' own files do not.
fn looks_like_a_document(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let of_editor = lower.ends_with('~') || lower.starts_with('.') || lower.starts_with('#');
    let inside = [".yaml", ".yml", ".json", ".md."].iter().any(|ending| lower.contains(ending));
    !of_editor
        && (inside
            || matches!(
                ending(name).as_str(),
                "markdown" | "mdown" | "mdx" | "mkd" | "jsonc" | "json5" | "jsn" | "toml" | "txt" | "ymal" | "yam"
            ))
}

fn role_at_root(entry: &TreeEntry) -> Option<Role> {
    match entry.path.as_str() {
        SETTINGS => return Some(Role::Settings),
        "catalog.yaml" => return Some(Role::Catalog),
        "identities.yaml" => return Some(Role::Identities),
        _ => {}
    }
    (!entry.link && !is_of_policyc(&entry.path) && document_format(&entry.path).is_some()).then_some(Role::Stray)
}

/// Names of files that policyc itself writes beside the environments: they are no documents.
fn is_of_policyc(path: &str) -> bool {
    [".lock.json", ".revoked.json"].iter().any(|ending| path.ends_with(ending))
}

/// Environments are the YAML files of the folder itself; a document in another form or deeper down is a mistake.
fn role_in_environments(entry: &TreeEntry) -> Option<Role> {
    let path = entry.path.as_str();
    if entry.link {
        return Some(Role::Environment);
    }
    let name = path.strip_prefix("environments/").unwrap_or(path);
    if is_of_policyc(name) || file_name(path) == "README.md" {
        return None;
    }
    match document_format(path)? {
        Format::Yaml if !name.contains('/') => Some(Role::Environment),
        _ => Some(Role::Stray),
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn ending(path: &str) -> String {
    let name = file_name(path);
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}
