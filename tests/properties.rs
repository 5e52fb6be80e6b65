//! Laws of the canonical form, over generated documents that use every field.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use std::collections::BTreeSet;

use policyc::compile::Compilation;
use policyc::{canon, written};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use support::{Memory, told};

/// Each part is there or not.
fn some_of(parts: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Map<String, Value>> {
    let parts: Vec<_> = parts
        .into_iter()
        .map(|(key, value)| {
            proptest::option::weighted(0.5, value).prop_map(move |value| value.map(|value| (key.to_owned(), value)))
        })
        .collect();
    parts.prop_map(|parts| parts.into_iter().flatten().collect()).boxed()
}

fn one_of(values: Vec<Value>) -> BoxedStrategy<Value> {
    proptest::sample::select(values).boxed()
}

fn usd() -> BoxedStrategy<Value> {
    one_of(vec![json!(0), json!(0.1), json!(12.5), json!(0.000_000_001), json!(1_234_567.89), json!(200)])
}

fn action() -> BoxedStrategy<String> {
    proptest::sample::select(vec![
        "mail.send",
        "mail.*",
        "*",
        "send",
        "files.**",
        r"odd\*.name",
        "mcp.github.create",
        "yes",
        "1e3",
    ])
    .prop_map(str::to_owned)
    .boxed()
}

fn list(item: BoxedStrategy<String>, least: usize) -> BoxedStrategy<Value> {
    proptest::collection::vec(item, least..4).prop_map(Value::from).boxed()
}

fn by_action(value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    // Two spellings of one pattern would be an error.
    let key = proptest::sample::select(vec!["mail.send", "files.*", "*", "shop.refund"]).prop_map(str::to_owned);
    proptest::collection::btree_map(key, value, 0..3).prop_map(|map| Value::Object(map.into_iter().collect())).boxed()
}

fn words() -> BoxedStrategy<String> {
    proptest::sample::select(vec![
        "pii",
        "no",
        "2026-01-01",
        "with: colon",
        "# hash",
        "'quoted\"",
        "ümläut 😀",
        " padded ",
        "0x1F",
        "~",
    ])
    .prop_map(str::to_owned)
    .boxed()
}

/// Names that patterns compare; white space around them would be an error.
fn names() -> BoxedStrategy<String> {
    words()
        .prop_map(|word| word.trim().to_owned())
        .prop_filter("quotes are warned of", |word| !word.contains('"'))
        .boxed()
}

fn schema() -> BoxedStrategy<Value> {
    one_of(vec![
        json!({"type": "number", "exclusiveMinimum": 200}),
        json!({"type": "string", "pattern": "@example\\.com$", "maxLength": 99}),
        json!({"type": "array", "items": {"type": "string", "format": "email"}, "minItems": 1}),
        json!({"enum": ["a", 1, null, true, 2.5]}),
        json!({"$defs": {"x": {"const": "y"}}, "$ref": "#/$defs/x"}),
    ])
}

fn arguments() -> BoxedStrategy<Value> {
    proptest::collection::btree_map("[a-z]{1,6}", schema(), 1..3)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
        .boxed()
}

fn level() -> BoxedStrategy<Value> {
    one_of(vec![json!("public"), json!("internal"), json!("confidential"), json!("restricted")])
}

fn risk() -> BoxedStrategy<Value> {
    one_of(vec![json!("minimal"), json!("low"), json!("medium"), json!("high"), json!("critical")])
}

fn number(from: u64, to: u64) -> BoxedStrategy<Value> {
    (from..=to).prop_map(Value::from).boxed()
}

fn limit() -> BoxedStrategy<Value> {
    let per = one_of(vec![json!("agent"), json!("run"), json!("session"), json!("scope"), Value::Null]);
    (0_u64..50, 1_u64..9000, per)
        .prop_map(|(count, window, per)| match per {
            Value::Null => json!({"max_count": count, "window_seconds": window}),
            per => json!({"max_count": count, "window_seconds": window, "per": per}),
        })
        .boxed()
}

fn limits() -> BoxedStrategy<Value> {
    prop_oneof![limit(), proptest::collection::vec(limit(), 1..3).prop_map(Value::from)].boxed()
}

fn when() -> BoxedStrategy<Value> {
    let parts = some_of(vec![
        ("tags", list(names(), 1)),
        ("risk_at_least", risk()),
        ("cost_usd_at_least", usd()),
        ("data_classification_at_least", level()),
        ("arguments", arguments()),
    ]);
    (parts, list(action(), 1))
        .prop_map(|(mut parts, actions)| {
            parts.insert("actions".to_owned(), actions);
            Value::Object(parts)
        })
        .boxed()
}

fn approval_rules() -> BoxedStrategy<Value> {
    let parts = some_of(vec![
        ("name", words().prop_map(Value::from).boxed()),
        ("approvers", list(names(), 0)),
        ("required", number(1, 3)),
        ("timeout_seconds", number(1, 9999)),
    ]);
    let rule = (parts, when()).prop_map(|(mut parts, when)| {
        parts.insert("when".to_owned(), when);
        Value::Object(parts)
    });
    proptest::collection::vec(rule, 0..3).prop_map(Value::from).boxed()
}

fn grounding() -> BoxedStrategy<Value> {
    let from = one_of(vec![json!("result"), json!("arguments")]);
    let rule = (action(), from)
        .prop_map(|(action, from)| json!({"source_action": action, "source_field": "payee.iban", "source_from": from}));
    let rules = proptest::collection::btree_map("[a-z]{1,6}", rule, 1..3);
    by_action(rules.prop_map(|map| Value::Object(map.into_iter().collect())).boxed())
}

fn policy() -> BoxedStrategy<Value> {
    let max_age = prop_oneof![number(0, 999), by_action(number(0, 999)), Just(Value::Null)].boxed();
    let parts = some_of(vec![
        ("kind", Just(json!("policy")).boxed()),
        ("name", words().prop_map(Value::from).boxed()),
        ("description", words().prop_map(Value::from).boxed()),
        ("enabled", any::<bool>().prop_map(Value::from).boxed()),
        ("session_budget", usd()),
        ("run_budget", usd()),
        ("action_budgets", by_action(usd())),
        ("denied_actions", list(action(), 0)),
        ("allowed_actions", prop_oneof![list(action(), 0), Just(Value::Null)].boxed()),
        ("rate_limits", by_action(limits())),
        ("approval_actions", list(action(), 0)),
        ("approval_tags", list(names(), 0)),
        ("approval_risk_levels", proptest::collection::vec(risk(), 0..3).prop_map(Value::from).boxed()),
        ("approval_threshold_usd", usd()),
        ("approval_rules", approval_rules()),
        ("approval_timeout_seconds", number(1, 9999)),
        ("default_approvers", list(names(), 0)),
        ("evidence_requirements", by_action(list(action(), 1))),
        ("evidence_max_age_seconds", max_age),
        ("evidence_actions", list(action(), 0)),
        ("argument_constraints", by_action(Just(json!({"type": "object", "required": ["to"]})).boxed())),
        ("grounding_rules", grounding()),
    ]);
    let scope = prop_oneof![Just("global"), Just("agent"), Just("run"), Just("group"), Just("mission")];
    (parts, scope, any::<bool>())
        .prop_map(|(mut parts, scope, commits)| {
            parts.insert("scope".to_owned(), json!(scope));
            if scope != "global" {
                parts.insert("target_id".to_owned(), json!("a*"));
            }
            // Criteria beside `require_approval: false`, and commits without evidence, are errors.
            parts.insert("require_approval".to_owned(), json!(true));
            if commits {
                parts.insert("commit_actions".to_owned(), json!(["mail.send"]));
                parts.insert("evidence_requirements".to_owned(), json!({"mail.*": ["mail.read"]}));
            }
            Value::Object(parts)
        })
        .boxed()
}

fn conditions(effect: &'static str) -> BoxedStrategy<Value> {
    let types = || prop_oneof![list(action(), 1), Just(Value::Null)].boxed();
    let rate = (types(), 1_u64..9, 1_u64..99)
        .prop_map(|(types, most, window)| json!({"max_actions": most, "window_minutes": window, "action_types": types, "on_exceed": "deny"}));
    let time = types().prop_map(|types| {
        json!({"blocked_hours": [22, 3, 22], "blocked_days": ["sunday", "monday"], "timezone": "europe/berlin", "action_types": types})
    });
    let cost =
        usd().prop_map(|cost| json!({"max_cost_per_action": cost, "max_cost_per_hour": 100, "on_exceed": "deny"}));
    let webhook = Just(json!({"url": "https://example.com/check", "timeout_ms": 5, "on_timeout": "deny"}));
    if effect == "deny" {
        // Nothing is more restrictive than deny, so such a condition would never change anything.
        return some_of(vec![("arguments", arguments())]).prop_map(Value::Object).boxed();
    }
    let parts = some_of(vec![
        ("arguments", arguments()),
        ("rate_limit", rate.boxed()),
        ("time_restriction", time.boxed()),
        ("cost_threshold", cost.boxed()),
        ("webhook_check", webhook.boxed()),
    ]);
    parts.prop_map(Value::Object).boxed()
}

fn rule() -> BoxedStrategy<Value> {
    let classification = prop_oneof![
        level(),
        level().prop_map(|level| json!({"at_most": level})),
        level().prop_map(|level| json!({"at_least": level})),
        level().prop_map(|level| json!({"exactly": level})),
    ];
    let effect = proptest::sample::select(vec!["allow", "approval_required", "deny"]);
    effect
        .prop_flat_map(move |effect| {
            let parts = some_of(vec![
                ("kind", Just(json!("rule")).boxed()),
                ("priority", number(0, 1000)),
                ("conditions", conditions(effect)),
                ("max_session_ttl", number(1, 99)),
                ("is_active", any::<bool>().prop_map(Value::from).boxed()),
                ("modified_by", words().prop_map(Value::from).boxed()),
                ("modified_at", one_of(vec![json!("2026-03-21T10:00:00.000Z"), json!("2026-03-21T12:00:00+02:00")])),
            ]);
            (parts, classification.clone(), Just(effect), words(), names())
        })
        .prop_map(|(mut parts, classification, effect, name, agent)| {
            for (key, value) in [
                ("agent_id", json!(agent)),
                ("policy_name", json!(name)),
                ("target_integration", json!("mail")),
                ("operation", json!("se*")),
                ("resource_scope", json!("prod/**")),
                ("data_classification", classification),
                ("policy_effect", json!(effect)),
                ("rationale", json!("because it is: so")),
            ] {
                parts.insert(key.to_owned(), value);
            }
            Value::Object(parts)
        })
        .boxed()
}

fn exception() -> BoxedStrategy<Value> {
    let parts = some_of(vec![
        ("runs", list(names(), 1)),
        ("actions", list(action(), 1)),
        ("starts_at", Just(json!("2026-01-01T00:00:00Z")).boxed()),
        ("max_uses", number(1, 9)),
    ]);
    (parts, list(names(), 1), any::<bool>())
        .prop_map(|(mut parts, agents, narrowed)| {
            parts.insert("kind".to_owned(), json!("exception"));
            parts.insert("policy".to_owned(), json!("p0"));
            parts.insert("reason".to_owned(), json!("a reason of its own"));
            parts.insert("agents".to_owned(), agents);
            parts.insert("expires_at".to_owned(), json!("2027-01-01T01:00:00+01:00"));
            if narrowed {
                parts.insert("reasons".to_owned(), json!(["APPROVAL_REQUIRED", "APPROVAL_REQUIRED"]));
            }
            Value::Object(parts)
        })
        .boxed()
}

/// Documents with ids: policies `p0`, `p1`, rules `r0`, exceptions `e0`.
fn documents() -> BoxedStrategy<Vec<Value>> {
    let named = |prefix: &'static str, list: Vec<Value>| {
        list.into_iter().enumerate().map(move |(rank, mut value)| {
            value["id"] = json!(format!("{prefix}{rank}"));
            value
        })
    };
    (
        proptest::collection::vec(policy(), 1..3),
        proptest::collection::vec(rule(), 0..3),
        proptest::collection::vec(exception(), 0..2),
    )
        .prop_map(move |(policies, rules, exceptions)| {
            named("p", policies).chain(named("r", rules)).chain(named("e", exceptions)).collect()
        })
        .boxed()
}

fn compile(files: &[(String, String)]) -> Compilation {
    let (sources, compilation) = Memory::new(files.iter().map(|(path, text)| (path.as_str(), text.as_str()))).compile();
    assert!(compilation.bundle.is_some(), "{}\n{files:#?}", told(&compilation.diagnostics, &sources));
    compilation
}

fn bytes(files: &[(String, String)]) -> Vec<u8> {
    compile(files).canonical.unwrap().bytes
}

fn file(rank: usize, ending: &str, text: String) -> (String, String) {
    (format!("policies/f{rank}.{ending}"), text)
}

/// The same value with the keys of every map in the opposite order.
fn reversed(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            out.push('{');
            for (rank, (key, value)) in map.iter().rev().enumerate() {
                out.push_str(if rank > 0 { ",\n " } else { "" });
                out.push_str(&format!("{}: ", Value::from(key.as_str())));
                reversed(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (rank, item) in items.iter().enumerate() {
                out.push_str(if rank > 0 { ", " } else { "" });
                reversed(item, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// How many cases each law is tried on: `PROPTEST_CASES`, or as many as take a few seconds.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_meaning_gives_the_same_bytes_in_every_form(documents in documents()) {
        let json: Vec<_> = documents.iter().enumerate().map(|(rank, value)| file(rank, "json", value.to_string())).collect();
        let yaml = documents.iter().enumerate().map(|(rank, value)| file(rank, "yaml", serde_yaml::to_string(value).unwrap()));
        let markdown = documents.iter().enumerate().map(|(rank, value)| {
            file(rank, "md", format!("# For people\n\n````yaml policy\n{}````\n\nMore for people.\n", serde_yaml::to_string(value).unwrap()))
        });
        let flow = documents.iter().enumerate().map(|(rank, value)| {
            let mut text = String::new();
            reversed(value, &mut text);
            file(rank, "yml", text)
        });
        let together = documents.iter().map(|value| format!("---\n{}", serde_yaml::to_string(value).unwrap())).collect::<Vec<_>>().concat();
        let array = Value::from(documents.iter().rev().cloned().collect::<Vec<_>>()).to_string();
        let expected = bytes(&json);
        for other in [
            yaml.collect::<Vec<_>>(),
            markdown.collect(),
            flow.collect(),
            vec![file(0, "yaml", together.replace('\n', "\r\n"))],
            vec![file(0, "json", array)],
        ] {
            prop_assert_eq!(String::from_utf8(bytes(&other)).unwrap(), String::from_utf8(expected.clone()).unwrap());
        }
    }

    #[test]
    fn compiling_the_canonical_form_again_gives_the_same_bytes(documents in documents()) {
        let files: Vec<_> = documents.iter().enumerate().map(|(rank, value)| file(rank, "json", value.to_string())).collect();
        let first = compile(&files);
        let again: Vec<_> = first.documents.iter().enumerate()
            .map(|(rank, document)| file(rank, "json", canon::document(document).to_string()))
            .collect();
        prop_assert_eq!(bytes(&again), first.canonical.unwrap().bytes);
    }

    #[test]
    fn the_order_of_documents_and_files_is_irrelevant(documents in documents(), shift in 0_usize..7) {
        let files: Vec<_> = documents.iter().enumerate().map(|(rank, value)| file(rank, "json", value.to_string())).collect();
        let turned: Vec<_> = documents.iter().enumerate()
            .map(|(rank, value)| file((rank + shift) % documents.len(), "json", value.to_string()))
            .collect();
        prop_assert_eq!(bytes(&turned), bytes(&files));
    }
}

/// The bundle is joined from parts; joined or written as a whole, it must be the same bytes.
#[test]
fn the_bundle_is_what_jcs_writes_of_the_whole() {
    let page = std::fs::read_to_string("src/cli/templates/guardrails.yaml").unwrap();
    let canonical = compile(&[("policies/a.yaml".to_owned(), page)]).canonical.unwrap();
    let whole: Value = serde_json::from_slice(&canonical.bytes).unwrap();
    assert_eq!(policyc::text::jcs_bytes(&whole).unwrap(), canonical.bytes);
    let mut without = whole.clone();
    let digest = without.as_object_mut().unwrap().remove("digest").unwrap();
    let again = policyc::text::Digest::of(&policyc::text::jcs_bytes(&without).unwrap());
    assert_eq!(digest, json!(again.to_string()));
}

/// A field that the generators do not know would be a field that the laws are not tested on.
#[test]
fn the_generators_use_every_field() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let kinds =
        [(written::Kind::Policy, policy()), (written::Kind::Rule, rule()), (written::Kind::Exception, exception())];
    for (kind, strategy) in kinds {
        let mut used = BTreeSet::new();
        for _ in 0..200 {
            let value = strategy.new_tree(&mut runner).unwrap().current();
            used.extend(value.as_object().unwrap().keys().cloned());
        }
        let schema = written::schema_of(kind, written::PublishedDraft::Draft202012);
        let fields: BTreeSet<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        let missing: Vec<_> =
            fields.difference(&used).filter(|key| !matches!(key.as_str(), "$schema" | "id")).collect();
        assert!(missing.is_empty(), "{kind:?}: {missing:?}");
    }
}
