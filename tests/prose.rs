//! Sentences: every form's example says what it promises, nothing hostile or sloppy is read as something looser, and of
//! a list of natural sentences none is read wrongly. `POLICYC_SHOW=1` prints what became of each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may fail, and reads files"
)]

mod oracle;
mod support;

use std::collections::BTreeSet;
use std::fs;

use policyc::compile::Compilation;
use policyc::diag::Severity;
use policyc::source::{Content, Format, SourceSet};
use policyc::syntax;
use policyc::syntax::prose::reference;
use policyc::text::FileId;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use support::Memory;

fn shown() -> bool {
    std::env::var_os("POLICYC_SHOW").is_some()
}

/// A Markdown document of some items.
fn page(kind: &str, items: &[&str]) -> String {
    let list: String = items.iter().map(|item| format!("- {item}\n")).collect();
    format!("---\nkind: {kind}\nid: said\n---\n\n# Rules\n\n{list}")
}

/// The fields that a page sets, and what is wrong with it, before anything but the page is known.
fn fields(page: &str) -> (Map<String, Json>, Vec<String>) {
    let sources = SourceSet::single("policies/said.md", Format::Markdown, Content::decode(page.as_bytes().to_vec()));
    let (_, file) = sources.iter().next().unwrap();
    let (documents, sink) = syntax::parse(FileId(0), file);
    let told = sink.into_sorted();
    let told = told.iter().filter(|found| found.severity() == Severity::Error);
    let told =
        told.map(|found| format!("{:?} {} | {}", found.code, found.message, found.help.clone().unwrap_or_default()));
    let mut fields = match documents.first().map(|document| document.root.to_json()) {
        Some(Json::Object(map)) => map,
        _ => Map::new(),
    };
    fields.remove("kind");
    fields.remove("id");
    (fields, told.collect())
}

/// A document beside the project's own catalog.
fn compiled(path: &str, text: &str) -> (SourceSet, Compilation) {
    let catalog = fs::read_to_string("catalog.yaml").unwrap();
    let identities = fs::read_to_string("identities.yaml").unwrap();
    Memory::new([("catalog.yaml", catalog.as_str()), ("identities.yaml", &identities), (path, text)]).compile()
}

fn errors((sources, compilation): &(SourceSet, Compilation)) -> Vec<String> {
    let found = compilation.diagnostics.iter().filter(|found| found.severity() == Severity::Error);
    found.map(|found| format!("{:?} {} in {}", found.code, found.message, sources.path(found.span.file))).collect()
}

#[test]
fn the_example_of_every_form_sets_the_fields_that_the_form_names() {
    for form in reference().forms {
        let kind = form.kind.unwrap_or("policy");
        let (fields, told) = fields(&page(kind, &[form.example]));
        if form.refused {
            assert!(!told.is_empty(), "{}: {} is to be refused and is {fields:?}", form.name, form.example);
            continue;
        }
        assert!(told.is_empty(), "{}: {}\n{}", form.name, form.example, told.join("\n"));
        let named: BTreeSet<&str> = form.sets.iter().map(|field| field.split('.').next().unwrap()).collect();
        for field in fields.keys() {
            assert!(named.contains(field.as_str()), "{} sets {field}, which it does not name", form.name);
        }
        assert_eq!(fields.is_empty(), form.sets.is_empty(), "{}: {fields:?}", form.name);
    }
}

#[derive(Deserialize)]
struct Natural {
    id: String,
    kind: String,
    says: String,
    means: Option<Map<String, Json>>,
    /// Set by hand where the sentence is read as something else that a careful reader would accept too, with the reason.
    #[serde(default)]
    also: Option<Map<String, Json>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Must {
    #[expect(dead_code, reason = "it says `refused`")]
    Refused(String),
    Means {
        means: Map<String, Json>,
    },
}

#[derive(Deserialize)]
struct Hostile {
    says: String,
    why: String,
    must: Must,
}

fn read<T: for<'de> Deserialize<'de>>(path: &str) -> Vec<T> {
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The canonical document, without what it is called; `None` if it does not compile.
fn canonical(compilation: &Compilation) -> Option<Json> {
    let bytes = &compilation.canonical.as_ref()?.bytes;
    let mut bundle: Json = serde_json::from_slice(bytes).unwrap();
    Some(bundle.as_object_mut().unwrap().remove("documents").unwrap_or_default())
}

/// Whether two sets of fields mean the same: as canonical documents where both are whole, else field by field.
fn same(kind: &str, page: &str, got: &Map<String, Json>, wanted: &Map<String, Json>) -> bool {
    if got == wanted {
        return true;
    }
    let mut document = wanted.clone();
    document.insert("kind".to_owned(), json!(kind));
    document.insert("id".to_owned(), json!("said"));
    let wanted_text = serde_json::to_string(&document).unwrap();
    let (ours, theirs) = (compiled("policies/said.md", page), compiled("policies/said.json", &wanted_text));
    match (canonical(&ours.1), canonical(&theirs.1)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => wanted.iter().all(|(key, value)| got.get(key) == Some(value)),
    }
}

#[test]
fn hostile_and_sloppy_sentences_mean_nothing_looser() {
    let all: Vec<Hostile> = read("tests/prose/hostile.yaml");
    assert!(all.len() >= 100);
    let mut wrong = Vec::new();
    let mut accepted = 0;
    for hostile in &all {
        let kind = if hostile.says.contains("is exempt from") { "exception" } else { "policy" };
        let page = page(kind, &[&hostile.says]);
        let (got, mut told) = fields(&page);
        if told.is_empty() {
            told = errors(&compiled("policies/said.md", &page));
            told.retain(|told| !told.contains("PC0414"));
        }
        match (&hostile.must, told.is_empty()) {
            (_, false) => {
                if shown() {
                    println!("refused   {}\n          {}", hostile.says, told[0]);
                }
            }
            (Must::Means { means }, true) if same(kind, &page, &got, means) => accepted += 1,
            (Must::Refused(_) | Must::Means { .. }, true) => {
                wrong.push(format!("{}\n   is read as {}\n   {}", hostile.says, Json::Object(got), hostile.why));
            }
        }
    }
    let figures = format!("{} sentences that a careless reader would take for something looser", all.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    println!("{} hostile sentences: {accepted} read with their one safe meaning, all others refused", all.len());
    told_in_the_docs(&figures);
}

/// Figures stand in the page as they are counted here.
fn told_in_the_docs(figures: &str) {
    let page = fs::read_to_string("docs/prose.md").unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains(figures), "docs/prose.md must say: {figures}");
}

#[test]
fn of_natural_sentences_none_is_read_wrongly() {
    let all: Vec<Natural> = read("tests/prose/natural.yaml");
    assert_eq!(all.len(), 200);
    let (mut right, mut refused, mut rightly, mut wrong) = (0, 0, 0, Vec::new());
    for natural in &all {
        let page = page(&natural.kind, &[&natural.says]);
        let (got, mut told) = fields(&page);
        let found = compiled("policies/said.md", &page);
        if told.is_empty() {
            // Names that the catalog does not have; and what has no meaning has none also for want of a field.
            let unknown = |told: &String| {
                told.contains("PC0226")
                    || told.contains("PC0415")
                    || (natural.means.is_none() && !told.contains("PC0414"))
            };
            told = errors(&found).into_iter().filter(unknown).collect();
        }
        let matches = |means: &Option<Map<String, Json>>| {
            means.as_ref().is_some_and(|means| same(&natural.kind, &page, &got, means))
        };
        if !told.is_empty() {
            if natural.means.is_none() {
                rightly += 1;
            } else {
                refused += 1;
            }
            if shown() {
                let mark = if natural.means.is_none() { "rightly" } else { "REFUSED" };
                println!("{mark} {} {}: {}\n          {}", natural.id, natural.kind, natural.says, told[0]);
            }
        } else if natural.means.as_ref().is_some_and(|means| {
            got.len() < means.len() && got.iter().all(|(key, value)| means.get(key) == Some(value))
        }) && errors(&found).iter().any(|told| told.contains("PC0302"))
        {
            // What allows has to say everything: a key is missing, and that is an error.
            refused += 1;
        } else if matches(&natural.means) || matches(&natural.also) {
            right += 1;
        } else {
            let wanted = natural.means.clone().map_or(Json::Null, Json::Object);
            wrong.push(format!(
                "{} {}\n   is read as {}\n   and means   {wanted}\n   {}",
                natural.id,
                natural.says,
                Json::Object(got),
                errors(&found).join("; ")
            ));
        }
    }
    let figures = format!(
        "Of those {} that have one meaning, {right} are read as they stand and {refused} are refused with the nearest forms. \
         The {rightly} that have none are refused. None is read as anything else.",
        right + refused
    );
    println!("{figures}");
    assert!(wrong.is_empty(), "{} read wrongly:\n{}", wrong.len(), wrong.join("\n"));
    told_in_the_docs(&figures);
}

/// Documents in every shape that the canonical form has, said as sentences and compiled again.
#[test]
fn what_the_project_enforces_can_be_said_and_means_the_same() {
    let folder = |path: &str| {
        let mut found = Vec::new();
        let mut open = vec![std::path::PathBuf::from(path)];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    };
    let mut memory = Memory::default();
    let mut files = vec!["catalog.yaml".into(), "identities.yaml".into(), "policyc.yaml".into()];
    files.extend(folder("policies"));
    for path in files {
        let path = path.to_str().unwrap();
        memory.put(path, Content::decode(fs::read(path).unwrap()), true);
    }
    let (_, compilation) = memory.compile();
    let mut said = 0;
    for document in &compilation.documents {
        let value = policyc::canon::document(document);
        if value["kind"] == "suite" {
            continue;
        }
        round_trip(&value);
        said += 1;
    }
    assert!(said >= 20, "{said}");
}

/// Says a canonical document, compiles what was said, and compares the canonical bytes.
fn round_trip(value: &Json) {
    let text = syntax::prose::say(value).unwrap_or_else(|why| panic!("{why:?}\n{value:#}"));
    let sources = SourceSet::single("said.md", Format::Markdown, Content::decode(text.clone().into_bytes()));
    let (documents, sink) = syntax::parse(FileId(0), sources.iter().next().unwrap().1);
    let found: Vec<_> = sink.as_slice().iter().map(|found| &found.message).collect();
    assert!(found.is_empty(), "{found:?}\n{text}");
    let lowered = policyc::lower::document(&documents[0], policyc::source::Role::Document, "said", &text);
    let Some(policyc::lower::Meaning::Document(again)) = &lowered.meaning else {
        panic!("{:?}\n{text}\n{value:#}", lowered.sink.as_slice());
    };
    let again = policyc::canon::document(again);
    let bytes = |value: &Json| policyc::text::jcs_bytes(value).unwrap();
    assert_eq!(String::from_utf8(bytes(&again)).unwrap(), String::from_utf8(bytes(value)).unwrap(), "{text}");
}

/// The canonical value of a document; `None` if it does not compile.
fn canonical_of(document: &Json) -> Option<Json> {
    let text = document.to_string();
    let sources = SourceSet::single("said.json", Format::Json, Content::decode(text.clone().into_bytes()));
    let (documents, sink) = syntax::parse(FileId(0), sources.iter().next().unwrap().1);
    if sink.has_errors() {
        return None;
    }
    let lowered = policyc::lower::document(documents.first()?, policyc::source::Role::Document, "said", &text);
    match lowered.meaning {
        Some(policyc::lower::Meaning::Document(document)) => Some(policyc::canon::document(&document)),
        _ => None,
    }
}

/// Names and texts that break out of quotes, if anything can.
fn odd() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "`",
        "``",
        "\"",
        "\\",
        "*",
        "_",
        "a",
        "mail.send",
        " ",
        "  ",
        "\n",
        ". ",
        "; ",
        " and ",
        " or ",
        ", ",
        "<!--",
        "-->",
        "<b>",
        "[x](y)",
        "~~",
        "- ",
        "# Rules",
        "\u{201c}",
        "\u{e9}",
        "$5",
        "unless",
        "deny",
        "{",
        "}",
        "1.000",
        "\t",
        "\u{200b}",
    ]);
    prop::collection::vec(pieces, 1..6).prop_map(|pieces| pieces.concat())
}

/// Puts odd texts wherever a document holds a text of its own, or a name.
fn with_odd(document: &Json, texts: &[String]) -> Json {
    let mut texts = texts.iter().cycle();
    let mut next = || texts.next().cloned().unwrap_or_default();
    let mut document = document.clone();
    let map = document.as_object_mut().unwrap();
    for key in ["name", "description", "policy_name", "rationale", "reason", "modified_by", "operation", "agent_id"] {
        if map.contains_key(key) {
            map.insert(key.to_owned(), json!(format!("{} some text", next())));
        }
    }
    if map.get("kind") == Some(&json!("policy")) {
        map.insert("denied_actions".to_owned(), json!([next(), "mail.send"]));
        map.insert("rate_limits".to_owned(), json!({next(): {"max_count": 3, "window_seconds": 90}}));
        map.insert(
            "grounding_rules".to_owned(),
            json!({"mail.send": {next(): {"source_action": next(), "source_field": next()}}}),
        );
        let schema = json!({"properties": {next(): {"const": next()}, "n": {"type": "string", "pattern": "^`+$"}}});
        map.insert("argument_constraints".to_owned(), json!({next(): schema, "mail.send": {"type": "object", "properties": {next(): {"type": "number", "maximum": 1.125}}}}));
    }
    document
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_canonical_document_can_be_said_and_means_the_same(
        documents in oracle::worlds::documents(),
        texts in prop::collection::vec(odd(), 12),
    ) {
        for document in documents {
            if document.get("kind") == Some(&json!("suite")) {
                continue;
            }
            let Some(value) = canonical_of(&document) else { continue };
            round_trip(&value);
            if let Some(odd) = canonical_of(&with_odd(&value, &texts)) {
                round_trip(&odd);
            }
        }
    }
}

/// The pages that docs/prose.md shows are one repository without a finding that is an error.
#[test]
fn the_pages_that_are_shown_compile() {
    let page = fs::read_to_string("docs/prose.md").unwrap();
    let blocks: Vec<_> = support::blocks(&page).into_iter().filter(|(words, _)| words[0] == "markdown").collect();
    assert!(blocks.len() >= 4);
    let compiled = support::repository(&blocks).compile();
    assert_eq!(errors(&compiled), Vec::<String>::new());
    assert_eq!(compiled.1.documents.len(), blocks.len());
}

/// `docs/reference/prose.md` is the grammar as it is read; `POLICYC_ACCEPT=1` writes it.
#[test]
fn the_reference_of_sentences_is_fresh() {
    let page = reference_page();
    if std::env::var_os("POLICYC_ACCEPT").is_some() {
        fs::write("docs/reference/prose.md", &page).unwrap();
    }
    assert!(
        fs::read_to_string("docs/reference/prose.md").unwrap_or_default() == page,
        "run again with POLICYC_ACCEPT=1"
    );
}

fn reference_page() -> String {
    use std::fmt::Write as _;
    let grammar = reference();
    let mut page = "# Sentences\n\nEvery form in which something can be said, written from the table that the reader uses. \
        `(a|b)` is one of these, `[a]` can be left out, `{x}` is filled in, `\u{2039}x\u{203a}` are words that stand for each other \
        (listed below), `<x>` clauses of which each can be said once, in any order. Case makes no difference outside of names, and a comma \
        may stand between parts. [Policies in prose](../prose.md) explains the rest.\n"
        .to_owned();
    for (title, kind) in [
        ("In a policy", Some("policy")),
        ("In a rule", Some("rule")),
        ("In an exception", Some("exception")),
        ("Definitions", None),
    ] {
        write!(page, "\n## {title}\n").unwrap();
        for form in grammar.forms.iter().filter(|form| form.kind == kind && !form.refused) {
            write!(page, "\n### {}\n\n> {}\n\n", form.name, form.example).unwrap();
            if !form.sets.is_empty() {
                let fields: Vec<String> = form.sets.iter().map(|field| format!("`{field}`")).collect();
                write!(page, "Sets {}.\n\n", fields.join(", ")).unwrap();
            }
            page.push_str("```text\n");
            for shape in &form.shapes {
                writeln!(page, "{shape}").unwrap();
            }
            page.push_str("```\n");
        }
    }
    page.push_str("\n## What is said of an argument\n\n`is` or `are` and `must be` stand before the first, `must`, `must not` and `does not` before the second; the third stands alone. Several are joined by `and`.\n\n| | after `is`, `must be` | after `must` | alone |\n| --- | --- | --- | --- |\n");
    let cell = |shapes: &Vec<String>| {
        shapes.iter().map(|shape| format!("`{}`", shape.replace('|', "\\|"))).collect::<Vec<_>>().join("<br>")
    };
    for (name, [be, verb, verbs]) in &grammar.comparisons {
        writeln!(page, "| {name} | {} | {} | {} |", cell(be), cell(verb), cell(verbs)).unwrap();
    }
    page.push_str("\n## Clauses\n");
    for (name, clauses) in &grammar.clauses {
        write!(page, "\n`<{name}>`\n\n```text\n").unwrap();
        for ways in clauses {
            writeln!(page, "{}", ways.join("\n  or ")).unwrap();
        }
        page.push_str("```\n");
    }
    page.push_str("\n## Words that stand for each other\n\n```text\n");
    for (name, shape) in &grammar.fragments {
        writeln!(page, "\u{2039}{name}\u{203a} = {shape}").unwrap();
    }
    page.push_str("```\n\n## Refused, with the sentences to write instead\n\n");
    for form in grammar.forms.iter().filter(|form| form.refused) {
        writeln!(page, "- {}", form.example).unwrap();
    }
    write!(page, "\n## Words that weaken\n\nNo sentence may hold one of these: {}.\n", grammar.weak.join(", "))
        .unwrap();
    page
}

/// Ten sentences that were written before there was a grammar, and what each became: read as it stands, or an error
/// whose help leads to what stands beside it. docs/decisions/0012-sentences.md shows them.
#[test]
fn the_first_ten_sentences_compile_or_lead_to_what_does() {
    let first: [(&str, &[&str]); 10] = [
        ("Agents must never drop a production database.", &["Agents must never call `db.drop_database`."]),
        (
            "Refunds over $200 must be approved by a manager.",
            &[
                "A refund is `shop.issue_refund`.",
                "The amount of a refund is its `amount`.",
                "Refunds over $200 must be approved by @managers.",
            ],
        ),
        ("Nobody may send money to a new recipient without approval.", &["Nobody may send money without approval."]),
        ("Limit emails to 20 per hour per agent.", &["Limit `mail.send` to 20 per hour per agent."]),
        ("Spend at most $50 per session.", &[]),
        (
            "Before sending money, the agent must look up the IBAN.",
            &["Before `banking.send_money`, the agent must call `banking.get_iban`."],
        ),
        ("The subject of send_money may not be longer than 140 characters.", &[]),
        ("Don't let any agent run `shell.bash`.", &[]),
        ("Only allow banking.get_balance and banking.get_iban.", &[]),
        (
            "Transfers to addresses outside northwind.example need two approvals from @treasury.",
            &[
                "`banking.send_money` needs two approvals from @treasury when `recipient` does not end with \"@northwind.example\".",
            ],
        ),
    ];
    let catalog = "kind: catalog\nactions:\n  banking.send_money: {arguments: {type: object, properties: {recipient: {type: string}, subject: {type: string}}}}\n  \
        banking.get_balance: {}\n  banking.get_iban: {}\n  shop.issue_refund: {}\n  mail.send: {}\n  shell.bash: {}\n  db.drop_database: {}\n";
    let identities = "kind: identities\nprincipals:\n  ada: {accounts: [ada@example.com]}\n  ben: {accounts: [ben@example.com]}\n\
        groups:\n  managers: [ada, ben]\n  treasury: [ada, ben]\n";
    let of = |items: &[&str]| {
        let page = page("policy", items);
        errors(
            &Memory::new([("catalog.yaml", catalog), ("identities.yaml", identities), ("policies/said.md", &page)])
                .compile(),
        )
    };
    let decision = fs::read_to_string("docs/decisions/0012-sentences.md").unwrap();
    for (sentence, instead) in first {
        let told = of(&[sentence]);
        assert_eq!(told.is_empty(), instead.is_empty(), "{sentence}: {told:?}");
        assert!(decision.contains(sentence), "{sentence}");
        if !instead.is_empty() {
            assert_eq!(of(instead), Vec::<String>::new(), "{sentence}");
            assert!(instead.iter().all(|instead| decision.contains(instead)), "{instead:?}");
        }
    }
}

/// What reviewers got through, as sentences of one page: each is refused now.
#[test]
fn what_reviewers_got_through_is_refused() {
    let pages: &[(&str, &[&str])] = &[
        // A rule is about one action; a word that stands for several is none.
        ("rule", &["A removal is `db.delete_rows` or `bank.pay`.", "Deny removals."]),
        // A second sentence that decides would narrow the first.
        ("rule", &["Deny `shop.refund` when `amount` is over 5.", "Deny `shop.refund`."]),
        ("rule", &["Deny `mail.send` when `a` is over 5.", "Deny `mail.send` when `b` is over 3."]),
        ("rule", &["Deny `mail.send` of `mail` by agent `x`."]),
        ("rule", &["Deny `mail.send` with confidential data."]),
        ("rule", &["Deny `mail.send`.", "On Saturdays, deny."]),
        ("rule", &["Deny `a.b`.", "Between 22:00 and 06:00 UTC, deny.", "On Saturdays in UTC for `mail.send`, deny."]),
        ("rule", &["Allow `a.b` for every agent on any resource with any data because they must be approved first."]),
        (
            "rule",
            &["Every agent may call `m.x` for agent `finance` on any resource with any data because \"it is needed\"."],
        ),
        (
            "exception",
            &["Except agent `fin` from `p` until 2027-01-31 because the books are closed by hand, in run `r-17` once."],
        ),
        (
            "exception",
            &["Agents `*` are exempt from `p` for agent `closing` until 2027-01-31 because \"it is the month end\"."],
        ),
        ("policy", &["A transfer is `bank.pay`.", "A payment is a transfer.", "Deny payments."]),
        (
            "policy",
            &[
                "A refund is `shop.pay`.",
                "A payment is `shop.pay`.",
                "The amount of a refund is its `fee`.",
                "Payments over $200 must be approved.",
            ],
        ),
        ("policy", &["Require 2 approvals for `x.y` from 3 of `a@x.example` or `b@x.example`."]),
        ("policy", &["`x.y` needs 2 approvals with 3 approvers from `a@x.example`."]),
        ("policy", &["Require approval within 30 minutes for `x.y` within 5 minutes."]),
        ("policy", &["@a must approve `x.y` by @b."]),
        ("policy", &["Approvals come from @a and @b."]),
        ("policy", &["Require approval for `x.y` from @a, @b."]),
        ("policy", &["Deny `x.y` when `amount` is between 500 and 100."]),
        ("policy", &["`x.y` must be called 3 times per day."]),
        ("policy", &["Only allow `*.*`."]),
        ("policy", &["Limit each of `*.search` and `a.b` to 10 per hour."]),
        ("policy", &["Require approval for every action.", "Require approval for `a.b`."]),
    ];
    for (kind, items) in pages {
        let (fields, told) = fields(&page(kind, items));
        assert!(!told.is_empty(), "{items:?} became {fields:?}");
    }
    let front = "---\nkind: policy\nid: said\n---\n";
    let bodies = [
        "## Rules\n\n    - Deny `x.a`.\n\n- Deny `x.b`.\n",
        "## Rules\n\n<div>Deny `x.c`.</div>\n\n- Deny `x.b`.\n",
        "## Rules\n\n```text\n- Deny `x.c`.\n```\n\n- Deny `x.b`.\n",
        "## Rules\n\n> The rules hold only on weekends.\n\n- Deny `x.b`.\n",
        "## Rules\n\n### Only on weekends\n\n- Deny `x.b`.\n",
        "## Rules\n\n- Deny `x.b`.\n\n> # Note\n\n- Deny `x.c`.\n",
        "## The rules\n\n- Deny `x.c`.\n\n## Rules\n\n- Deny `x.b`.\n",
        "**Rules**\n\n- Something shall be.\n\n## Rules\n\n- Deny `x.b`.\n",
        "## Rules\n\nThese rules are for staging.\n\n- Deny `x.b`.\n",
        "Payments over $200 must be approved.\n\n## Rules\n\n- A payment is `x.pay`.\n- Deny `x.b`.\n",
        "```yaml policy\napproval_actions: [a.b]\n```\n\n## Rules\n\n- Require approval for every action.\n",
    ];
    for body in bodies {
        let (fields, told) = fields(&format!("{front}\n{body}"));
        assert!(!told.is_empty(), "{body} became {fields:?}");
    }
    // What is switched off on purpose, and keys beside sentences, stay possible.
    for body in [
        "## Rules\n\n<!-- - Deny `x.c`. -->\n\n- Deny `x.b`.\n",
        "## Rules\n\n- Deny `x.b`.\n\n```yaml policy\nrun_budget: 1\n```\n",
    ] {
        let (_, told) = fields(&format!("{front}\n{body}"));
        assert_eq!(told, Vec::<String>::new(), "{body}");
    }
}

/// What the catalog knows of arguments and names is asked for every action of a sentence.
#[test]
fn the_catalog_is_asked_about_every_name_and_argument() {
    let catalog = "kind: catalog\nactions:\n  bank.pay: {tags: [money], arguments: {type: object, properties: {amount: {type: number}, note: {type: string}}}}\n  \
        mail.search: {}\n  crm.search: {}\n  files.delete: {arguments: {type: object, properties: {recursive: {type: boolean}}}}\n";
    let of = |items: &[&str]| {
        let page = page("policy", items);
        errors(&Memory::new([("catalog.yaml", catalog), ("policies/said.md", &page)]).compile())
    };
    let refused: [&[&str]; 8] = [
        &["Deny `files.delete` when `recursive` is \"true\"."],
        &["Deny `bank.pay` and `files.delete` when `amount` is over 500."],
        &["The `amount` of `bank.pay` and `files.delete` must be at most 5."],
        &["Only allow search."],
        &["Pay is `files.delete`.", "Deny pay."],
        &["Require approval for actions tagged `mony`."],
        &["Large payments are those whose `amount` is over 5.", "Deny `files.delete` on large payments."],
        &["A payment is `bank.pay`.", "The amount of a payment is its `sum`.", "Payments over $5 must be approved."],
    ];
    for items in refused {
        let told = of(items);
        assert!(told.iter().any(|told| told.contains("PC0226")), "{items:?}: {told:?}");
    }
    assert_eq!(
        of(&["Deny `files.delete` when `recursive` is true.", "Deny `bank.pay` when `amount` is over 500."]),
        Vec::<String>::new()
    );
}
