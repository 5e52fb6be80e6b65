//! The generator and the model, looked at by themselves.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::on_histories;
use crate::reference::Reference;

/// What the model finds in generated histories is of every kind there is.
#[test]
fn generated_histories_have_everything_in_them() {
    let seen: RefCell<BTreeMap<String, usize>> = RefCell::default();
    let spent = RefCell::new([Duration::ZERO; 2]);
    on_histories("kinds of events", 40, 40, |drawn| {
        let start = Instant::now();
        let written = drawn.write();
        let then = Instant::now();
        let reference = Reference::of(written.world.path(), &written.folder, "main");
        let drafts = reference.drafts(written.world.path(), "main");
        let mut spent = spent.borrow_mut();
        spent[0] += then - start;
        spent[1] += then.elapsed();
        let mut seen = seen.borrow_mut();
        let mut count = |what: String| *seen.entry(what).or_default() += 1;
        for event in &reference.events {
            count(format!("event {}", event.kind));
            event.pull.iter().for_each(|(_, proof)| count(format!("pull {proof}")));
            event.rollback_of.iter().for_each(|_| count("rollback".to_owned()));
            if event.contributors.len() > 1 {
                count("contributors".to_owned());
            }
            if !event.contributors.contains(&event.author) {
                count("foreign author".to_owned());
            }
        }
        for draft in drafts {
            count(format!("{} {} {}", if draft.work { "work" } else { "ref" }, draft.status, draft.change));
        }
        *seen.entry("commits on main".to_owned()).or_default() += reference.chain.len();
        *seen.entry("commits".to_owned()).or_default() += reference.commits.len();
        for commit in &reference.chain {
            for state in reference.seen[commit].states.values() {
                if let crate::states::State::Broken(why, _) = state {
                    *seen.entry(format!("{why:?}")).or_default() += 1;
                }
            }
        }
        Ok(())
    });
    eprintln!("{:?}; writing and finding took {:?}", seen.borrow(), spent.borrow());
    let kinds = ["event added", "event changed", "event removed", "event broken", "rollback", "contributors"];
    let proofs = ["pull ref", "pull claimed", "pull refuted", "Settings", "Twice", "Unreadable"];
    let drafts = ["ref draft added", "ref draft changed", "ref draft broken", "ref in_review changed"];
    for kind in kinds.into_iter().chain(proofs).chain(drafts) {
        assert!(crate::cases(40) < 40 || seen.borrow().contains_key(kind), "no history has {kind}");
    }
}

/// The model's own sets say what the git program says.
#[test]
fn the_model_agrees_with_git_about_ancestry() {
    on_histories("ancestry", 15, 25, |drawn| {
        let written = drawn.write();
        let reference = Reference::of(written.world.path(), &written.folder, "main");
        let program = crate::program::Program::at(written.world.path());
        let chain = program.run(&["rev-list", "--first-parent", "--reverse", "main"]);
        assert_eq!(chain.lines().collect::<Vec<_>>(), reference.chain);
        for tip in reference.refs.values() {
            let output = program.output(&["merge-base", "--all", tip, "main"]);
            let bases = String::from_utf8(output.stdout).unwrap();
            let bases: std::collections::BTreeSet<String> = bases.lines().map(str::to_owned).collect();
            assert_eq!(bases, reference.merge_bases(tip, reference.tip()));
        }
        Ok(())
    });
}

/// A generated page reads as the documents it was written from, and a broken one not at all; so says the reader of
/// policyc, too.
#[test]
fn generated_pages_read_as_what_they_are() {
    use crate::files::{Document, Form, Item, Named, Sort};
    use crate::support::Memory;
    for turn in 0..6000_u32 {
        let at = |shift: u32| (turn.wrapping_mul(2_654_435_761) >> shift).to_le_bytes()[0];
        let form = Form::of(at(3));
        let named = [Named::As(at(7)), Named::Stem, Named::Badly][usize::from(at(9) % 3)];
        let mut documents = vec![Document { named, budget: at(5), denied: at(11), more: at(13) % 6 }];
        if at(17) % 3 == 0 {
            documents.push(Document { named: Named::As(at(19)), budget: at(2), denied: at(4), more: at(6) % 6 });
        }
        let mut item = Item::page(form, documents, at(21));
        let Sort::Page(page) = &mut item.sort else { unreachable!() };
        page.wrong = if turn % 2 == 0 { 0 } else { at(23) % 4 + 1 };
        let (path, text) = (format!("policies/pay.{}", page.form.ending(page.style)), page.text());
        let read = crate::documents::documents(&path, text.as_bytes());
        let values = read.map(|read| read.into_iter().map(|(_, value)| value).collect::<Vec<_>>());
        let expected =
            page.documents.iter().map(|document| document.value().into()).collect::<Vec<serde_json::Value>>();
        let canonical = |values: &Vec<serde_json::Value>| serde_json_canonicalizer::to_string(values).unwrap();
        let expected = (page.wrong == 0).then(|| canonical(&expected));
        assert_eq!(values.as_ref().map(canonical), expected, "{text}");
        if turn % 8 < 2 {
            let (_, compilation) = Memory::new([(path.as_str(), text.as_str())]).compile();
            let syntax = |code: &str| code.starts_with("PC02") || code == "PC0103";
            let found: Vec<String> =
                compilation.diagnostics.iter().map(|found| format!("{:?} {}", found.code, found.message)).collect();
            assert_eq!(found.iter().any(|found| syntax(found)), page.wrong != 0, "{text}\n{found:?}");
        }
    }
}
