//! What changes do to the files of a tree.

use std::collections::BTreeMap;

use crate::files::{Document, FOLDERS, Form, IDS, Item, Named, Page, STEMS, Sort};
use crate::generator::Change;

/// Paths are relative to the policy repository.
pub type Tree = BTreeMap<String, Item>;

pub const SETTINGS: &str = "policyc.yaml";

pub fn settings(how: u8) -> Item {
    Item::other(match how % 9 {
        0..3 => "branch: main\n",
        3 => "documents: [policies, rules]\n",
        4 => "documents:\n- rules/\n",
        5 => "documents: [policies/mail, policies, policies/deep]\n",
        6 => "documents: [policies/pay.yaml, policies/deep/er]\n",
        7 => "documents: []\n",
        _ => "# all\ndocuments: [rules, policies]\nbranch: main\n",
    })
}

#[derive(Default)]
pub struct Changer {
    deleted: Option<(String, Item)>,
}

impl Changer {
    pub fn apply(&mut self, tree: &mut Tree, change: &Change) {
        match change {
            Change::Edit { file, field, value } => with_page(tree, *file, |page| edit(page, *field, *value)),
            Change::Restyle { file, style } => with_page(tree, *file, |page| page.style = *style),
            Change::Rename { file, to } => rename(tree, *file, *to),
            Change::MoveAndEdit { file, to, value } => {
                with_page(tree, *file, |page| edit(page, *value, value / 4));
                rename(tree, *file, *to);
            }
            Change::Chmod { file } => with_item(tree, *file, |item| item.executable = !item.executable),
            Change::Delete { file } => {
                self.deleted = chosen(tree, *file).and_then(|path| Some((path.clone(), tree.remove(&path)?)));
            }
            Change::AddAgain { to } => {
                if let Some((path, item)) = self.deleted.clone() {
                    let path = to.map_or(path, |to| place(to, &item));
                    tree.insert(path, item);
                }
            }
            Change::Documents { how } => drop(tree.insert(SETTINGS.to_owned(), settings(*how))),
            Change::MendSettings => drop(tree.insert(SETTINGS.to_owned(), settings(0))),
            Change::BreakSettings { how } => {
                let texts =
                    ["branch: [main\n", "documents: 7\n", "branch: main\nbranch: main\n", "documents: {a: b}\n"];
                tree.insert(SETTINGS.to_owned(), Item::other(texts[usize::from(*how) % 4]));
            }
            Change::RemoveSettings => drop(tree.remove(SETTINGS)),
            Change::Huge { file } => with_item(tree, *file, |item| {
                item.sort = Sort::Other(format!("id: pay\n# {}\n", "x".repeat(1024 * 1024)).into_bytes().into());
            }),
            Change::Latin { file } => {
                with_item(tree, *file, |item| item.sort = Sort::Other(b"id: pay\nname: caf\xe9\n"[..].into()));
            }
            Change::Link { file } => with_item(tree, *file, |item| item.sort = Sort::Link),
            Change::Submodule { file } => with_item(tree, *file, |item| item.sort = Sort::Submodule),
            Change::Unrelated { value } => {
                let path = ["policies/README.md", "notes.txt", "src/main.yaml", "policies/mail/notes.txt"];
                let text = format!("id: pay\nvalue: {value}\n");
                tree.insert(path[usize::from(*value) % 4].to_owned(), Item::other(text));
            }
            Change::Identities { value } => {
                let text = [
                    "principals: {ada: {accounts: [ada@example.com]}}\n",
                    "principals: {bob: {accounts: [BOB@example.com, cyn@example.com]}, dee: {accounts: ['github:dee', dee+x@example.com]}}\n",
                ];
                tree.insert("identities.yaml".to_owned(), Item::other(text[usize::from(*value) % 2]));
            }
            _ => rearrange(tree, change),
        }
    }
}

/// Changes of which documents stand in which files.
fn rearrange(tree: &mut Tree, change: &Change) {
    match change {
        Change::Reform { file, form } => {
            let Some((path, mut page)) = chosen_page(tree, *file) else { return };
            tree.remove(&path);
            page.form = Form::of(*form).holding(page.documents.len());
            page.wrong = 0;
            let stem = path.rsplit_once('.').unwrap().0;
            let path = format!("{stem}.{}", page.form.ending(page.style));
            tree.insert(path, Item { sort: Sort::Page(page), executable: false });
        }
        Change::Add { at, id, form, value } => {
            let documents = vec![fresh(tree, document(*id, *value), *value)];
            let item = Item::page(Form::of(*form), documents, value / 8);
            tree.insert(place(*at, &item), item);
        }
        Change::AddDocument { file, id, value } => {
            let document = fresh(tree, document(*id, *value), *value);
            with_page(tree, *file, |page| {
                page.documents.push(document);
                reform(page);
            });
        }
        Change::RemoveDocument { file } => with_page(tree, *file, |page| {
            if page.documents.len() > 1 {
                page.documents.remove(0);
            }
        }),
        Change::Split { file, to } => {
            let Some((path, mut page)) = chosen_page(tree, *file) else { return };
            if page.documents.len() > 1 {
                let item = Item::page(page.form, page.documents.split_off(1), page.style);
                put(tree, &path, page);
                tree.insert(place(*to, &item), item);
            }
        }
        Change::Join { file, other } => {
            let (Some((path, mut page)), Some((from, moved))) = (chosen_page(tree, *file), chosen_page(tree, *other))
            else {
                return;
            };
            if path != from {
                tree.remove(&from);
                page.documents.extend(moved.documents);
                reform(&mut page);
                put(tree, &path, page);
            }
        }
        Change::Break { file, how } => with_page(tree, *file, |page| page.wrong = how % 4 + 1),
        Change::Repair { file, value } => {
            let broken = |item: &Item| !matches!(&item.sort, Sort::Page(Page { wrong: 0, .. }));
            let broken: Vec<String> = paths(tree).into_iter().filter(|path| broken(&tree[path])).collect();
            let Some(path) = pick(&broken, *file) else { return };
            match &mut tree.get_mut(path).unwrap().sort {
                Sort::Page(page) => {
                    page.wrong = 0;
                    if let Some(value) = value {
                        edit(page, *value, value / 4);
                    }
                }
                _ => drop(tree.remove(&path.clone())),
            }
        }
        Change::BreakAndMove { file, to, how } => {
            let Some((path, mut page)) = chosen_page(tree, *file) else { return };
            let item = Item::page(page.form, page.documents.clone(), page.style);
            page.wrong = how % 4 + 1;
            put(tree, &path, page);
            tree.insert(place(*to, &item), item);
        }
        Change::Copy { file, to, value } => {
            let Some((_, mut page)) = chosen_page(tree, *file) else { return };
            if let Some(value) = value {
                edit(&mut page, *value, value / 4);
            }
            let item = Item { sort: Sort::Page(page), executable: false };
            tree.insert(place(*to, &item), item);
        }
        Change::Identify { file, id } => {
            with_page(tree, *file, |page| page.documents[0].named = document(*id, 0).named);
        }
        _ => {}
    }
}

fn document(id: u8, value: u8) -> Document {
    let named = match id % 16 {
        12..15 => Named::Stem,
        15 => Named::Badly,
        _ => Named::As(id / 2),
    };
    Document { named, budget: value % 4, denied: value / 4 % 4, more: value / 16 % 6 }
}

/// Mostly an id that nothing else in the tree has.
fn fresh(tree: &Tree, mut document: Document, value: u8) -> Document {
    let used = |named: Named| {
        tree.values().any(|item| match &item.sort {
            Sort::Page(page) => page.documents.iter().any(|other| match (other.named, named) {
                (Named::As(one), Named::As(other)) => usize::from(one) % IDS.len() == usize::from(other) % IDS.len(),
                _ => false,
            }),
            _ => false,
        })
    };
    if let Named::As(id) = document.named
        && value < 224
    {
        let ids = (0..8).map(|step| Named::As((id % 8 + step) % 8));
        document.named = ids.into_iter().find(|named| !used(*named)).unwrap_or(document.named);
    }
    document
}

fn edit(page: &mut Page, field: u8, value: u8) {
    let count = page.documents.len();
    let document = &mut page.documents[usize::from(field / 4) % count];
    match field % 4 {
        0 => document.budget = value,
        1 => document.denied = value,
        2 => document.more = value,
        _ => document.budget = document.budget.wrapping_add(1),
    }
}

fn reform(page: &mut Page) {
    page.form = page.form.holding(page.documents.len());
}

/// The files that changes are about, in order.
fn paths(tree: &Tree) -> Vec<String> {
    let ours = |path: &&String| path.starts_with("policies/") || path.starts_with("rules/");
    tree.keys().filter(ours).cloned().collect()
}

fn pick<T>(of: &[T], selector: u8) -> Option<&T> {
    of.get(usize::from(selector) % of.len().max(1))
}

fn chosen(tree: &Tree, file: u8) -> Option<String> {
    pick(&paths(tree), file).cloned()
}

fn chosen_page(tree: &Tree, file: u8) -> Option<(String, Page)> {
    let pages = paths(tree).into_iter().filter_map(|path| match &tree[&path].sort {
        Sort::Page(page) => Some((path, page.clone())),
        _ => None,
    });
    pick(&pages.collect::<Vec<_>>(), file).cloned()
}

fn with_item(tree: &mut Tree, file: u8, change: impl FnOnce(&mut Item)) {
    if let Some(path) = chosen(tree, file) {
        change(tree.get_mut(&path).unwrap());
    }
}

fn with_page(tree: &mut Tree, file: u8, change: impl FnOnce(&mut Page)) {
    if let Some((path, mut page)) = chosen_page(tree, file) {
        change(&mut page);
        put(tree, &path, page);
    }
}

/// Keeps a path's ending true to what the file is: a page that became another form moves.
fn put(tree: &mut Tree, path: &str, page: Page) {
    let (stem, ending) = path.rsplit_once('.').unwrap();
    let fits = match page.form {
        Form::Yaml => ending.to_lowercase().starts_with('y'),
        Form::Object | Form::Array => ending == "json",
        Form::Markdown => ending.to_lowercase() == "md",
    };
    let at = if fits { path.to_owned() } else { format!("{stem}.{}", page.form.ending(page.style)) };
    let executable = tree.remove(path).is_some_and(|item| item.executable);
    tree.insert(at, Item { sort: Sort::Page(page), executable });
}

fn rename(tree: &mut Tree, file: u8, to: u8) {
    if let Some(path) = chosen(tree, file) {
        let item = tree.remove(&path).unwrap();
        let ending = path.rsplit_once('.').unwrap().1;
        let stem = place_of(to);
        tree.insert(format!("{stem}.{ending}"), item);
    }
}

fn place(at: u8, item: &Item) -> String {
    let ending = match &item.sort {
        Sort::Page(page) => page.form.ending(page.style),
        _ => "yaml",
    };
    format!("{}.{ending}", place_of(at))
}

fn place_of(at: u8) -> String {
    let folder = FOLDERS[usize::from(at / 6) % FOLDERS.len()];
    format!("{folder}/{}", STEMS[usize::from(at) % STEMS.len()])
}
