//! What holds of versions whatever the history.

use std::fs;

use serde_json::{Value, json};

use crate::asking::{parsed, same, status, versions};
use crate::drawn::{Drawn, Head, Mode, Written};
use crate::on_histories;
use crate::program::Program;

const ALL: [&str; 5] = ["versions", "--format", "json", "--limit", "0"];

fn without_status(events: &Value) -> Value {
    let mut events = events.clone();
    for event in events.as_array_mut().unwrap() {
        event.as_object_mut().unwrap().remove("status");
    }
    events
}

/// What was said of a commit is said of it ever after.
#[test]
fn numbers_stay_as_the_branch_goes_on() {
    on_histories("numbers stay", 15, 40, |drawn| {
        let written = drawn.write();
        let chain = written.reference().chain;
        let whole = without_status(&written.versions()?);
        for back in [1, 2, 5] {
            let Some(earlier) = chain.len().checked_sub(back).filter(|length| *length > 0) else { continue };
            let known = &chain[..earlier];
            written.world.write(".git/refs/heads/past", format!("{}\n", known[earlier - 1]));
            let told = written.policyc(&[&ALL[..], &["--branch", "past"]].concat());
            let told = without_status(&versions(&told)?);
            let then = |event: &&Value| known.iter().any(|commit| event["commit"] == commit.as_str());
            let expected = whole.as_array().unwrap().iter().filter(then).cloned().collect();
            same(&format!("{back} commits ago"), drawn, &written.ids, &told, &expected)?;
        }
        Ok(())
    });
}

/// Every document has one state at a place: it is one of those of the tip, and proposed at most once by each ref.
#[test]
fn every_document_has_one_state_at_every_place() {
    on_histories("one state", 15, 40, |drawn| {
        let written = drawn.write();
        let told = written.status()?;
        let versions = written.versions()?;
        let unique = |list: &Value, keys: &[&str]| {
            let mut named: Vec<String> = list
                .as_array()
                .unwrap()
                .iter()
                .map(|one| keys.iter().map(|key| one[key].to_string()).collect())
                .collect();
            let count = named.len();
            named.sort();
            named.dedup();
            named.len() == count
        };
        let once = unique(&told["documents"], &["policy_id"]) && unique(&told["drafts"], &["policy_id", "reference"]);
        let known = told["drafts"].as_array().unwrap().iter().all(|draft| {
            let state = draft["status"].as_str().unwrap();
            matches!(state, "draft" | "in_review") && (state == "in_review") >= (draft["inferred"] == true)
        });
        let active = |id: &Value| {
            let mine = versions.as_array().unwrap().iter().filter(|event| event["policy_id"] == *id);
            mine.filter(|event| event["status"] == "active").count()
        };
        let sound = told["documents"]
            .as_array()
            .unwrap()
            .iter()
            .all(|document| active(&document["policy_id"]) == usize::from(!document["version_number"].is_null()));
        let gone = versions.as_array().unwrap().iter().all(|event| {
            let id = &event["policy_id"];
            let here = told["documents"].as_array().unwrap().iter().any(|document| document["policy_id"] == *id);
            here || active(id) == 0
        });
        if once && known && sound && gone {
            return Ok(());
        }
        Err(format!("{once} {known} {sound} {gone}\n{told:#}\n{versions:#}\n{}", drawn.told(&written.ids)))
    });
}

/// A commit that changes comments, layout and modes only.
#[test]
fn comments_make_no_version() {
    on_histories("comments", 15, 40, |drawn| {
        let before = drawn.write().versions()?;
        let mut drawn = drawn.clone();
        let tip = drawn.refs["refs/heads/main"];
        let mut next = drawn.commits[tip].clone();
        next.parents = vec![tip];
        for (path, blob) in &mut next.files {
            if path.to_lowercase().ends_with("ml") && matches!(blob.mode, Mode::Plain | Mode::Executable) {
                let text = std::str::from_utf8(&blob.bytes).ok().filter(|text| text.len() < 10_000);
                if crate::documents::yaml(text.unwrap_or("[")).is_some() {
                    let text = format!("# first\n\n{}\n# last\n", text.unwrap());
                    blob.bytes = text.into_bytes().into();
                    blob.mode = if blob.mode == Mode::Plain { Mode::Executable } else { Mode::Plain };
                }
            }
        }
        // Two broken states are told apart by their files; settings that name a wrong place are broken, and YAML.
        let sound = before.as_array().unwrap().iter().all(|event| event["event"] != "broken");
        if sound {
            drawn.commits.push(next);
            drawn.refs.insert("refs/heads/main".to_owned(), drawn.commits.len() - 1);
            let written = drawn.write();
            same("comments", &drawn, &written.ids, &written.versions()?, &before)?;
        }
        Ok(())
    });
}

/// The history with `main` checked out and nothing uncommitted.
fn at_home(drawn: &Drawn) -> Drawn {
    let tip = drawn.refs["refs/heads/main"];
    let (head, work) = (Head::Branch("main".to_owned()), drawn.commits[tip].files.clone());
    Drawn { head, work, ..drawn.clone() }
}

fn shown(written: &Written, name: &str) -> Result<String, String> {
    let done = written.policyc(&["show", name, "--source"]);
    if done.code == 0 { Ok(done.out) } else { Err(format!("show {name}: {done:?}")) }
}

#[test]
fn a_rollback_is_a_new_version_with_the_old_text() {
    let tried = std::cell::Cell::new(0_u32);
    on_histories("rollback", 60, 40, |drawn| {
        let drawn = at_home(drawn);
        let written = drawn.write();
        let reference = written.reference();
        let tip = &reference.seen[reference.tip()];
        // A document whose newest version has another content than an older one.
        let candidate = reference.events.iter().find(|event| {
            let now = tip.state(&event.id);
            event.number.is_some() && now.digest().is_some() && now.digest() != event.digest.as_deref()
        });
        let Some(old) = candidate.filter(|_| tip.unreadable.is_empty()) else { return Ok(()) };
        tried.set(tried.get() + 1);
        Program::at(written.world.path()).run(&["config", "user.name", "Bob"]);
        Program::at(written.world.path()).run(&["config", "user.email", "Bob@example.com"]);
        let (id, number) = (old.id.as_str(), old.number.unwrap());
        let number = number.to_string();
        let before = written.versions()?;
        let text = shown(&written, &format!("{id}@{number}"))?;

        let done = written.policyc(&["rollback", id, &number, "--draft", "back"]);
        // What was merged with errors is not brought back.
        if done.code == 3 && done.err.contains("PC0915") && done.err.contains("means nothing") {
            return Ok(());
        }
        let failed = |what: &str| format!("{what} {id} {number}: {done:?}\n{}", drawn.told(&written.ids));
        if done.code != 0 || written.versions()? != before {
            return Err(failed("a draft of a rollback changes no version"));
        }
        let expected = json!({"policy_id": id, "status": "draft", "inferred": false, "reference": "refs/heads/back",
            "change": "changed", "source_digest": old.digest});
        if !written.status()?["drafts"].as_array().unwrap().contains(&expected) {
            return Err(failed("the draft of a rollback"));
        }

        let done = written.policyc(&["rollback", id, &number, "--commit", "--reason", "it was better"]);
        let failed = |what: &str| format!("{what} {id} {number}: {done:?}\n{}", drawn.told(&written.ids));
        if done.code != 0 {
            return Err(failed("rollback"));
        }
        let after = written.versions()?;
        same("after a rollback", &drawn, &written.ids, &after, &written.reference().versions_told())?;
        let newest = &after[0];
        let higher = before.as_array().unwrap().iter().filter(|event| event["policy_id"] == id);
        let higher = higher.filter_map(|event| event["version_number"].as_u64()).max().unwrap() + 1;
        if newest["policy_id"] != id
            || newest["version_number"] != higher
            || newest["source_digest"] != json!(old.digest)
            || newest["rollback_of"].is_null()
            || without_status(&after).as_array().unwrap()[1..] != without_status(&before).as_array().unwrap()[..]
            || shown(&written, &format!("{id}@{higher}"))? != text
        {
            return Err(failed("what came of a rollback"));
        }
        Ok(())
    });
    eprintln!("rollbacks: {}", tried.get());
    assert!(tried.get() * 12 >= crate::cases(60), "few histories have anything to roll back");
}

/// Configuration that changes what the git program shows.
const SETTINGS: &str = "[user]\n name = X\n email = x@example.com\n[core]\n quotePath = true\n abbrev = 4\n precomposeUnicode = true\n\
[i18n]\n commitEncoding = ISO-8859-1\n logOutputEncoding = UTF-16\n[log]\n mailmap = true\n follow = true\n date = relative\n\
 decorate = full\n showSignature = true\n[diff]\n renames = copies\n renameLimit = 1\n noprefix = true\n[merge]\n renames = false\n\
 directoryRenames = true\n ff = only\n conflictStyle = zdiff3\n renormalize = true\n[mailmap]\n file = .mailmap\n\
[init]\n defaultBranch = other\n[status]\n showUntrackedFiles = no\n[color]\n ui = always\n";

#[test]
fn the_answer_depends_on_the_history_alone() {
    on_histories("nothing else matters", 6, 40, |drawn| {
        let written = drawn.write();
        let world = &written.world;
        let program = Program::at(world.path());
        let (events, state) = (written.versions()?, written.status()?);
        let again = |what: &str, environment: &[(&str, &str)]| -> Result<(), String> {
            let found = versions(&written.policyc_with(&ALL, environment))?;
            same(&format!("versions, {what}"), drawn, &written.ids, &found, &events)?;
            let found = status(&written.policyc_with(&["status", "--format", "json"], environment))?;
            same(&format!("status, {what}"), drawn, &written.ids, &found, &state)
        };
        again("warm", &[])?;
        let home = world.at(".git/home");
        world.write(".git/home/.gitconfig", SETTINGS);
        let home = home.to_str().unwrap();
        again("HOME", &[("HOME", home), ("XDG_CONFIG_HOME", home)])?;
        again("locale", &[("LANG", "de_DE.UTF-8"), ("LC_ALL", "tr_TR.UTF-8"), ("TZ", "Asia/Tokyo")])?;
        let who = [("GIT_AUTHOR_EMAIL", "e@x"), ("GIT_COMMITTER_DATE", "@1 +0000"), ("GIT_AUTHOR_NAME", "E")];
        again("identity", &who)?;
        caches(&written, &again)?;

        let config = world.read(".git/config");
        world.write(".git/config", format!("{config}{SETTINGS}"));
        world.write(".mailmap", "Nobody <nobody@example.com> <ada@example.com>\n");
        again("configured", &[])?;
        world.write(".git/config", config);

        program.run(&["pack-refs", "--all"]);
        again("packed refs", &[])?;
        program.run(&["commit-graph", "write", "--reachable"]);
        program.run(&["gc", "-q"]);
        again("after gc", &[])?;
        let _ = fs::remove_dir_all(world.at(".git/policyc"));
        again("after gc, cold", &[])?;

        // Another HEAD is another work tree; all else stays.
        let refs_only = |state: &Value| {
            let mut state = state.clone();
            state["drafts"].as_array_mut().unwrap().retain(|draft| !draft["reference"].is_null());
            state
        };
        for head in ["ref: refs/heads/main", written.ids.last().unwrap()] {
            world.write(".git/HEAD", format!("{head}\n"));
            same("another HEAD", drawn, &written.ids, &written.versions()?, &events)?;
            same("another HEAD", drawn, &written.ids, &refs_only(&written.status()?), &refs_only(&state))?;
        }
        Ok(())
    });
}

type Again<'a> = &'a dyn Fn(&str, &[(&str, &str)]) -> Result<(), String>;
type Spoil = fn(&mut Vec<u8>);

/// Cold, cut and spoilt caches.
fn caches(written: &Written, again: Again) -> Result<(), String> {
    let place = written.world.at(".git/policyc");
    let files = || -> Vec<std::path::PathBuf> {
        let walk = walkdir::WalkDir::new(&place).into_iter().filter_map(Result::ok);
        walk.filter(|entry| entry.file_type().is_file()).map(|entry| entry.path().to_owned()).collect()
    };
    let spoils: [(&str, Spoil); 6] = [
        ("empty", Vec::clear),
        ("half", |bytes| bytes.truncate(bytes.len() / 2)),
        ("without an end", |bytes| bytes.truncate(bytes.len().saturating_sub(1))),
        ("first byte", |bytes| bytes.iter_mut().take(1).for_each(|byte| *byte ^= 0x55)),
        ("every seventh byte", |bytes| bytes.iter_mut().skip(3).step_by(7).for_each(|byte| *byte ^= 1)),
        ("a digit", |bytes| bytes.iter_mut().filter(|byte| **byte == b'1').for_each(|byte| *byte = b'2')),
    ];
    for (name, spoil) in spoils {
        for file in files() {
            let mut bytes = fs::read(&file).unwrap();
            spoil(&mut bytes);
            fs::write(&file, bytes).unwrap();
        }
        again(&format!("cache: {name}"), &[])?;
    }
    for file in files() {
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
    }
    again("cache: folders", &[])?;
    let _ = fs::remove_dir_all(&place);
    again("cache: cold", &[])?;
    let _ = fs::remove_dir_all(&place);
    fs::write(&place, "not a folder").unwrap();
    again("cache: a file in its place", &[])?;
    fs::remove_file(&place).unwrap();
    Ok(())
}

/// `count` is of all, and the page is empty beyond the end.
#[test]
fn beyond_the_end_is_an_empty_page() {
    let (drawn, _) = crate::told::drawn("a\n  + policies/pay.yaml \"id: pay\\n\"\n");
    let written = drawn.write();
    let told = parsed(&written.policyc(&["versions", "--format", "json", "--skip", "9", "--limit", "3"])).unwrap();
    assert_eq!((&told["data"], &told["count"]), (&json!([]), &json!(1)));
}
