//! The worked cases of the specification, each decided and compared with what it says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use policyc::engine::{Call, Engine, State};
use policyc::records;
use serde_json::{Value, json};
use support::{Memory, told};

#[test]
fn the_worked_cases_are_decided_as_the_specification_says() {
    let text = std::fs::read_to_string("tests/vectors/decisions.yaml").unwrap();
    let cases: Vec<Value> = serde_yaml::from_str(&text).unwrap();
    assert_eq!(cases.len(), 54);
    let mut wrong = Vec::new();
    for case in &cases {
        let mut files = vec![("policies/documents.json", case["documents"].to_string())];
        for (key, path) in [("settings", "policyc.yaml"), ("catalog", "catalog.yaml")] {
            files.extend(case.get(key).map(|value| (path, value.to_string())));
        }
        let (sources, compilation) = Memory::new(files.iter().map(|(path, text)| (*path, text.as_str()))).compile();
        let Some(bundle) = &compilation.bundle else {
            panic!("{}: {}", case["name"], told(&compilation.diagnostics, &sources));
        };
        let engine = Engine::new(bundle);
        let mut state = State::new(&engine);
        let (actions, expected) = (case["actions"].as_array().unwrap(), case["expect"].as_array().unwrap());
        assert_eq!(actions.len(), expected.len(), "{}", case["name"]);
        for (rank, (action, expected)) in actions.iter().zip(expected).enumerate() {
            let action = records::read(&action.to_string()).unwrap().action;
            let decision = engine.decide(&mut state, &action);
            let told = engine.told(&decision, &Call::of(&action));
            let mut codes: Vec<&str> = told.reasons.iter().map(|reason| reason.code.as_str()).collect();
            codes.sort_unstable();
            let got = json!({
                "effect": told.effect, "lower": told.lower, "certain": decision.is_certain(), "codes": codes,
                "rule_id": told.rule_id.map(ToString::to_string), "policy_id": told.policy_id.map(ToString::to_string),
            });
            let mut expected = expected.clone();
            if let Some(codes) = expected.get_mut("codes") {
                codes.as_array_mut().unwrap().sort_by_key(|code| code.as_str().unwrap().to_owned());
            }
            let effect = expected["effect"].clone();
            for (key, default) in [("lower", effect), ("certain", json!(true))] {
                expected.as_object_mut().unwrap().entry(key).or_insert(default);
            }
            for (key, value) in expected.as_object().unwrap() {
                if got[key] != *value {
                    wrong.push(format!("{} #{rank} {key}: {} instead of {value}", case["name"], got[key]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
