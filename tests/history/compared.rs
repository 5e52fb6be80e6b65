//! The command held to the model, history by history.

use serde_json::Value;

use crate::asking::{parsed, same, versions};
use crate::on_histories;

#[test]
fn versions_are_what_the_model_finds() {
    on_histories("versions", 100, 30, |drawn| {
        let written = drawn.write();
        let expected = written.reference().versions_told();
        same("versions", drawn, &written.ids, &written.versions()?, &expected)
    });
}

#[test]
fn status_is_what_the_model_finds() {
    on_histories("status", 100, 30, |drawn| {
        let written = drawn.write();
        let expected = written.reference().status_told(&written.world);
        same("status", drawn, &written.ids, &written.status()?, &expected)
    });
}

/// One id, and page by page, are parts of the whole.
#[test]
fn parts_of_the_versions_are_parts_of_the_whole() {
    on_histories("parts of versions", 15, 30, |drawn| {
        let written = drawn.write();
        let whole = written.versions()?;
        let whole = whole.as_array().unwrap();
        let ids: std::collections::BTreeSet<&str> =
            whole.iter().map(|event| event["policy_id"].as_str().unwrap()).collect();
        for id in ids {
            let told = versions(&written.policyc(&["versions", id, "--format", "json", "--limit", "0"]))?;
            let expected = whole.iter().filter(|event| event["policy_id"] == id).cloned().collect();
            same(&format!("versions {id}"), drawn, &written.ids, &told, &expected)?;
        }
        let done = written.policyc(&["versions", "--format", "json", "--skip", "2", "--limit", "3"]);
        let expected: Value = whole.iter().skip(2).take(3).cloned().collect();
        same("a page", drawn, &written.ids, &versions(&done)?, &expected)?;
        if parsed(&done)?["count"] != whole.len() {
            return Err(format!("the count is not that of all: {}", done.out));
        }
        Ok(())
    });
}

/// What is shown of a version is what was written then.
#[test]
fn the_text_of_a_version_is_what_was_written() {
    on_histories("texts of versions", 15, 25, |drawn| {
        let written = drawn.write();
        let reference = written.reference();
        for event in reference.events.iter().filter(|event| event.number.is_some()).take(6) {
            let name = format!("{}@{}", event.id, event.number.unwrap());
            let done = written.policyc(&["show", &name, "--source"]);
            if done.code != 0 {
                return Err(format!("show {name} --source: {done:?}\n{}", drawn.told(&written.ids)));
            }
            let seen = &reference.seen[&event.commit];
            let [path] = &seen.paths_of(&event.id).into_iter().collect::<Vec<_>>()[..] else { panic!("{name}") };
            let at = written.ids.iter().position(|id| *id == event.commit).unwrap();
            let file = &drawn.commits[at].files[&format!("{}{path}", drawn.folder)];
            let whole = String::from_utf8(file.bytes.to_vec()).unwrap();
            // A file with several documents holds this one as a part.
            let alone =
                seen.held[path].len() == 1 && crate::documents::documents(path, &file.bytes).unwrap().len() == 1;
            let array = path.ends_with("json") && whole.starts_with('[');
            if if alone && !array { done.out != whole } else { !whole.contains(done.out.trim_end()) } {
                return Err(format!("show {name} --source:\n{}\nof\n{whole}", done.out));
            }
        }
        Ok(())
    });
}
