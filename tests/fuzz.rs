//! Fuzz targets: a short bounded run here; `POLICYC_FUZZ_RUNS` makes it longer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

#[path = "ci/readers.rs"]
mod readers;
mod support;

use std::sync::LazyLock;

use policyc::diag::Sink;
use policyc::model::{ActionPattern, Pattern};
use policyc::source::{Content, Format, Role, SourceFile};
use policyc::syntax::{self, Node};
use policyc::text::FileId;
use policyc::{compile, report, source};

/// How many inputs each target is given: `POLICYC_FUZZ_RUNS`, or as many as take a second or two.
fn runs() -> usize {
    std::env::var("POLICYC_FUZZ_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(20_000)
}

/// Texts to begin with: the corpus and the project's own policies.
static SEEDS: LazyLock<Vec<(Format, String)>> = LazyLock::new(|| {
    let walk =
        ["tests/corpus", "policies"].into_iter().flat_map(|folder| walkdir::WalkDir::new(folder).sort_by_file_name());
    let files = walk.map(|entry| entry.unwrap()).filter(|entry| entry.file_type().is_file());
    let texts = files.filter_map(|entry| {
        let format = source::document_format(entry.path().to_str()?)?;
        let text = std::fs::read_to_string(entry.path()).ok()?;
        (text.len() < 20_000).then_some((format, text))
    });
    texts.collect()
});

type Edits = (u16, Vec<(u16, u8, u8)>);

/// A seed with bytes replaced, removed, doubled and spliced in from elsewhere.
fn mutated(format: Format, (seed, edits): &Edits) -> String {
    let seeds: Vec<&String> = SEEDS.iter().filter(|(of, _)| *of == format).map(|(_, text)| text).collect();
    let mut bytes = seeds[usize::from(*seed) % seeds.len()].clone().into_bytes();
    let tricks: &[&[u8]] = &[
        b"*",
        b"&a ",
        b"*a",
        b"<<: ",
        b"!x ",
        b"\t",
        b"\"",
        b"'",
        b"[",
        b"}",
        b"\n---\n",
        b": ",
        b"- ",
        b"```",
        b"#",
        b"\xef\xbb\xbf",
        b"\r\n",
        b"1e999",
        b"017",
        b"\\u",
        b"? ",
        b"|\n",
        b"> ",
        b"%",
    ];
    for (at, what, trick) in edits.iter().take(8) {
        let at = usize::from(*at) % (bytes.len() + 1);
        match what % 4 {
            0 if at < bytes.len() => bytes[at] = *trick,
            1 if at < bytes.len() => drop(bytes.drain(at..(at + usize::from(*trick % 16)).min(bytes.len()))),
            2 => drop(bytes.splice(at..at, tricks[usize::from(*trick) % tricks.len()].iter().copied())),
            _ => {
                let piece: Vec<u8> = bytes[..at].iter().rev().take(usize::from(*trick)).copied().collect();
                drop(bytes.splice(at..at, piece));
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn file(format: Format, text: &str) -> SourceFile {
    let path = "policies/x.yaml".to_owned();
    SourceFile {
        path,
        role: Role::Document,
        format,
        content: Content::decode(text.as_bytes().to_vec()),
        tracked: None,
        assist: None,
    }
}

/// Every place lies in the text, on character boundaries; parts lie in what they are part of, aliases apart.
fn check_places(node: &Node, text: &str) {
    assert!(text.get(node.span.range()).is_some(), "{:?}", node.span);
    node.items().iter().for_each(|item| check_places(item, text));
    for entry in node.entries() {
        assert!(text.get(entry.key_span.range()).is_some());
        check_places(&entry.value, text);
    }
}

fn check_findings(sink: &Sink, text: &str) {
    for found in sink.as_slice() {
        assert!(text.get(found.span.range()).is_some(), "{found:?}");
        assert!(!found.message.contains('\n') && !found.message.ends_with('.'), "{found:?}");
    }
}

/// Reading, lowering and saying never panic, whatever the text.
fn check_text(format: Format, text: &str) {
    let file = file(format, text);
    let (documents, sink) = syntax::parse(FileId(0), &file);
    check_findings(&sink, text);
    for document in &documents {
        check_places(&document.root, text);
    }
    let sources = source::SourceSet::new(vec![file]);
    let compilation = compile::compile(&sources, None);
    assert_eq!(compilation.has_errors(), compilation.canonical.is_none());
    let _ = report::human(&compilation.diagnostics, &sources, true, 80);
    for line in report::annotations(&compilation.diagnostics, &sources, "").lines() {
        assert!(line.starts_with("::"), "{line:?}");
        assert!(!line.contains("##["), "{line:?}");
    }
}

macro_rules! texts {
    ($name:ident, $format:expr) => {
        #[test]
        fn $name() {
            bolero::check!()
                .with_iterations(runs())
                .with_type::<Edits>()
                .for_each(|edits| check_text($format, &mutated($format, edits)));
        }
    };
}

texts!(yaml, Format::Yaml);
texts!(json, Format::Json);
texts!(markdown, Format::Markdown);

/// What the strict reader of JSON takes, ours takes too, with the same values, unless it says why not.
#[test]
fn json_means_what_a_strict_reader_says() {
    bolero::check!().with_iterations(runs()).with_type::<Edits>().for_each(|edits| {
        let text = mutated(Format::Json, edits);
        let (documents, sink) = syntax::parse(FileId(0), &file(Format::Json, &text));
        if sink.as_slice().is_empty() && !documents.is_empty() {
            let strict: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
            let ours: Vec<_> = documents.iter().map(|document| document.root.to_json()).collect();
            let same = match &strict {
                serde_json::Value::Array(items) => {
                    items.len() == ours.len() && items.iter().zip(&ours).all(|(a, b)| equal(a, b))
                }
                other => ours.len() == 1 && equal(other, &ours[0]),
            };
            assert!(same, "{text}");
        }
    });
}

/// Equal but for how a whole number is written.
fn equal(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (a, b) {
        (Number(a), Number(b)) => a.as_f64() == b.as_f64(),
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Object(a), Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

#[test]
fn pattern() {
    bolero::check!().with_iterations(runs() * 5).with_type::<(Vec<u8>, Vec<u8>)>().for_each(|(pattern, value)| {
        let (text, value) = (String::from_utf8_lossy(pattern), String::from_utf8_lossy(value));
        let Ok(pattern) = Pattern::parse(&text) else { return };
        assert_eq!(Pattern::parse(pattern.as_str()), Ok(pattern.clone()));
        assert!(pattern.covers(&pattern) && pattern.meets(&pattern));
        let literal = Pattern::literal(&value);
        if !value.contains('\0') {
            assert!(literal.matches(&value));
            assert_eq!(pattern.matches(&value), pattern.covers(&literal));
        }
        let action = ActionPattern::parse(&text).unwrap();
        assert!(action.covers(&action, policyc::model::Polarity::Restricts));
    });
}

/// Whatever a stranger writes, no line that is printed under GitHub Actions is a command.
#[test]
fn ci_sink() {
    bolero::check!().with_iterations(runs() * 5).with_type::<Vec<u8>>().for_each(|bytes| {
        // Few letters, so that commands come up often.
        let text: String = bytes
            .iter()
            .map(|byte| [':', ':', '#', '[', '\n', '\r', ' ', 'e', '\u{feff}', '\u{85}'][usize::from(*byte % 10)])
            .collect();
        let safe = report::neutralised(&text);
        for line in safe.split(['\n', '\r', '\u{85}']) {
            let bare = line.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
            assert!(!bare.starts_with("::"), "{text:?} -> {safe:?}");
        }
        assert!(!safe.contains("##["), "{text:?} -> {safe:?}");
        let kept = |text: &str| text.replace(' ', "");
        assert_eq!(kept(&safe), kept(&text), "only spaces are added");
    });
}

/// Text of strangers, wherever a report on a change shows some.
fn reported(texts: &[String]) -> report::CiReport {
    use report::{
        ApprovalsLine, ApprovedLine, CiOf, CiSideLine, EnvironmentGate, EventLine, GateLine, ReviewLine, Told,
    };
    let text = |rank: usize| texts[rank % texts.len()].clone();
    let side = |rank| CiSideLine {
        name: text(rank),
        commit: Some(text(rank + 1)),
        reviewed: Some(text(rank + 3)),
        bundle: Some(text(rank + 2)),
    };
    let gate = GateLine { gate: text(3), allowed: text(4), found: text(5), met: false };
    let review = ReviewLine {
        by: text(6),
        state: text(7),
        evidence: text(8),
        at: Some(text(9)),
        counts: false,
        why_not: Some(text(10)),
    };
    let change = ApprovedLine {
        document: Some(text(11)),
        change: "changed",
        from: None,
        to: None,
        outcome: "not_met",
        approvers: vec![text(12)],
        missing: vec![text(13)],
        reviews: vec![review],
    };
    report::ci(CiOf {
        event: EventLine { name: Some(text(0)), pull: Some(1), target: Some(text(1)) },
        base: Some(side(2)),
        behind: true,
        mends: false,
        head: side(5),
        checks: policyc::written::Checks::default(),
        least_coverage: None,
        findings: report::findings(&[], report::Counts::default(), &source::SourceSet::new(Vec::new()), None),
        tests: Told::NotRun(text(14)),
        difference: Told::NotRun(text(15)),
        effects: Told::Absent(text(16)),
        simulation: Told::NotRun(text(17)),
        gates: Told::Is(vec![EnvironmentGate { environment: text(18), gate }]),
        governing: vec![text(19), text(20)],
        approvals: Told::Is(ApprovalsLine {
            outcome: "not_met",
            asked: true,
            loosens: true,
            required: 2,
            from: vec![text(21)],
            evidence: "forge".to_owned(),
            loosening: None,
            contributors: vec![text(22)],
            approvers: Vec::new(),
            changes: vec![change],
        }),
    })
}

/// However long everything is, a page has no more than its place takes, says what is left out, and keeps what must be there.
#[test]
fn a_report_is_cut_to_what_its_place_takes() {
    // Four bytes a character, as long as a name is shown.
    let long = vec!["\u{1f600}".repeat(200)];
    let mut report = reported(&long);
    let approvals = report.approvals.as_mut().unwrap();
    let mut change = approvals.changes[0].clone();
    change.reviews = vec![change.reviews[0].clone(); 40];
    change.approvers = vec![long[0].clone(); 40];
    change.missing = vec![long[0].clone(); 3];
    approvals.changes = vec![change; 1000];
    for names in [&mut approvals.from, &mut approvals.contributors] {
        *names = vec![long[0].clone(); 40];
    }
    approvals.loosening = Some(report::LooseningLine { required: 2, from: approvals.from.clone() });
    report.governing = vec![long[0].clone(); 10_000];
    report.gates = vec![report.gates[0].clone(); 10_000];
    for (place, most) in [(report::ReportPlace::Comment, 60_000), (report::ReportPlace::Summary, 900 * 1024)] {
        let page = report::ci_markdown(&report, place);
        assert!(page.len() <= most, "{}", page.len());
        for words in ["policyc: refused", "### Approvals", "left out:", "approvals are for:"] {
            assert!(page.contains(words), "{words}");
        }
    }
}

/// Whatever strangers write, the report is text and code spans of it, and as short as its place takes.
#[test]
fn nothing_in_a_report_is_more_than_text() {
    bolero::check!().with_iterations(runs() / 10).with_type::<Vec<(u8, String)>>().for_each(|drawn| {
        let tricks = [
            "",
            "::error::",
            "##[error]",
            "@you ",
            "](https://x.test)",
            "![",
            "<img src=x>",
            "<!-- ",
            "-->",
            "`",
            "``",
            "|",
            "\n",
            "\r",
            "\\",
            "*",
            "_",
            "# ",
            "- ",
            "> ",
            "1. ",
            "[^1]",
            "https://",
            "www.",
            ":tada:",
            "#1",
            "\u{1b}[2J",
            "\u{202e}",
            "&lt;",
        ];
        let mut texts: Vec<String> = drawn
            .iter()
            .map(|(trick, text)| {
                format!(
                    "{}{text}{}",
                    tricks[usize::from(*trick) % tricks.len()],
                    tricks[usize::from(trick.reverse_bits()) % tricks.len()]
                )
            })
            .collect();
        texts.push("::error::@you".to_owned());
        let report = reported(&texts);
        for (place, most) in [(report::ReportPlace::Comment, 60_000), (report::ReportPlace::Summary, 900 * 1024)] {
            let page = report::ci_markdown(&report, place);
            assert!(page.len() <= most);
            assert_eq!(readers::active(&page), Vec::<String>::new(), "{page}");
            assert_eq!(readers::hidden(&page), Vec::<char>::new(), "{page}");
        }
        let human = report::ci_human(&report, report::Look { colour: false, width: 80, lines: false });
        assert_eq!(readers::hidden(&human), Vec::<char>::new(), "{human}");
        let printed = format!("{}{}", report::neutralised(&human), report::refusal(&texts[0]));
        assert_eq!(readers::commands(&printed).len(), 1, "{printed}");
    });
}
