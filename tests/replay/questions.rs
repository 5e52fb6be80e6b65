//! What is asked of a replay: plainly, and as the replay wants it.

use std::collections::BTreeSet;

use policyc::engine::Assumed;
use policyc::model::{Action, Arguments, Fact, Pattern, Time, Usd};
use policyc::replay::{Approvals, Assumption, Condition, Filter, Question, Truth};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::reading::Deed;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub approvals: Approvals,
    pub assumed: Assumptions,
    pub since: Option<Time>,
    pub until: Option<Time>,
    pub conditions: Vec<Test>,
    /// The pointer to the ground truth, and the value of bad actions.
    pub truth: Option<(&'static str, Value)>,
    pub sample: Option<usize>,
}

/// `field=pattern` or `field!=pattern`.
#[derive(Debug, Clone)]
pub struct Test {
    field: &'static str,
    wanted: bool,
    pattern: &'static str,
}

/// `--assume FACT=VALUE`, each fact at most once.
#[derive(Debug, Clone, Default)]
pub struct Assumptions(Vec<(&'static str, &'static str)>);

impl Asked {
    /// Nothing but what everybody asks.
    pub fn nothing() -> Self {
        Self {
            approvals: Approvals::Granted,
            assumed: Assumptions::default(),
            since: None,
            until: None,
            conditions: Vec::new(),
            truth: None,
            sample: None,
        }
    }

    /// As the replay wants it.
    pub fn question(&self, threads: usize) -> Question {
        let mut assumption = Assumption::default();
        for (fact, value) in &self.assumed.0 {
            assumption.assume(fact, value).unwrap();
        }
        let conditions = self.conditions.iter().map(|test| {
            Condition::parse(&format!("{}{}{}", test.field, if test.wanted { "=" } else { "!=" }, test.pattern))
        });
        Question {
            approvals: self.approvals,
            assumption,
            filter: Filter {
                since: self.since,
                until: self.until,
                conditions: conditions.map(Result::unwrap).collect(),
                ..Filter::default()
            },
            truth: self.truth.as_ref().map(|(pointer, bad)| Truth::parse(&format!("{pointer}={bad}")).unwrap()),
            threads,
        }
    }

    /// Whether an action is reported; one whose field is unknown is.
    pub fn reports(&self, deed: &Deed) -> bool {
        let time = deed.action.timestamp;
        let early = time.zip(self.since).is_some_and(|(time, since)| time < since);
        let late = time.zip(self.until).is_some_and(|(time, until)| until <= time);
        !early && !late && self.conditions.iter().all(|test| test.may_hold(deed))
    }
}

impl Test {
    fn may_hold(&self, deed: &Deed) -> bool {
        let pattern = Pattern::parse(self.pattern).unwrap();
        let value = match self.field {
            "agent_id" => deed.action.agent_id.clone(),
            "run_id" => deed.run().map(str::to_owned),
            "session_id" => deed.session().map(str::to_owned),
            "integration" => deed.names().0,
            "operation" => Some(deed.names().1),
            "action" => deed.names().0.map(|_| deed.name()),
            "resource" => deed.resource().map(str::to_owned),
            pointer => {
                let Ok(value) = deed.at(pointer) else { return true };
                let value = value.map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
                // Nothing is there to match: that is known.
                return value.is_some_and(|value| pattern.matches(&value)) == self.wanted;
            }
        };
        value.is_none_or(|value| pattern.matches(&value) == self.wanted)
    }
}

impl Assumptions {
    fn get(&self, fact: &str) -> Option<String> {
        self.0.iter().find(|(name, _)| *name == fact).map(|(_, value)| (*value).to_owned())
    }

    fn word<T: serde::de::DeserializeOwned>(&self, fact: &str) -> Option<T> {
        self.get(fact).map(|value| serde_json::from_value(json!(value)).unwrap())
    }

    /// What is assumed only where the catalog does not say it either.
    pub fn beside_catalog(&self) -> Assumed {
        Assumed {
            group: self.get("group_id"),
            mission: self.get("mission_id"),
            resource: self.get("resource"),
            level: self.word("data_classification"),
            risk: self.word("risk_level"),
            cost: self.get("cost_usd").map(|value| Usd::parse(&value).unwrap()),
            tags: self.get("tags").map(|tags| tags.split(',').map(str::to_owned).collect::<BTreeSet<_>>()),
        }
    }

    /// An action with the facts that only a record gives: what it does not give, nor gives brokenly, is as assumed.
    pub fn added_to(&self, action: &Action) -> Action {
        let mut action = action.clone();
        let given = action.clone();
        let assume = |fact: Fact, of: &str| self.get(of).filter(|_| !given.broken.contains(&fact));
        action.agent_id = action.agent_id.or(assume(Fact::Agent, "agent_id"));
        if given.run_id.is_none() && given.session_id.is_none() {
            action.run_id = assume(Fact::Run, "run_id");
            action.session_id = assume(Fact::Session, "session_id");
        }
        if !given.operation.contains('.') {
            action.integration = action.integration.or(assume(Fact::Integration, "integration"));
        }
        let arguments = || -> Option<Arguments> {
            let Value::Object(map) = serde_json::from_str(&assume(Fact::Arguments, "arguments")?).unwrap() else {
                return None;
            };
            Some(map.into_iter().collect())
        };
        action.arguments = action.arguments.or_else(arguments);
        // An error or a result says what came of it.
        if given.outcome.is_none() && given.error.is_none() && given.result.is_none() {
            action.outcome = assume(Fact::Outcome, "outcome").map(|word| serde_json::from_value(json!(word)).unwrap());
        }
        action
    }
}

/// Anything that can be asked, mostly little.
pub fn asked() -> impl Strategy<Value = Asked> {
    let approvals = prop::sample::select(vec![
        Approvals::Granted,
        Approvals::Granted,
        Approvals::Denied,
        Approvals::AsRecorded,
        Approvals::AsRecorded,
    ]);
    let truths = vec![
        ("/labels/injected", json!(true)),
        ("/labels/injected", json!(1)),
        ("/labels/team", json!("red")),
        ("/turn", json!(1)),
        ("/no~1where", json!(true)),
    ];
    let assumed = prop_oneof![2 => Just(Assumptions::default()), 1 => assumptions()];
    let conditions = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(test(), 1..=2)];
    let sample = prop::option::weighted(0.15, 0_usize..12);
    let times = (prop::option::weighted(0.15, time()), prop::option::weighted(0.15, time()));
    let truth = prop::option::weighted(0.5, prop::sample::select(truths));
    (approvals, assumed, times, conditions, truth, sample).prop_map(
        |(approvals, assumed, (since, until), conditions, truth, sample)| Asked {
            approvals,
            assumed,
            since,
            until,
            conditions,
            truth,
            sample,
        },
    )
}

fn time() -> impl Strategy<Value = Time> {
    let seconds = prop::sample::select(vec![0, 1, 30, 60, 90, 3600, 345_600]);
    seconds.prop_map(|after| Time::of_unix_seconds(crate::worlds::START + after).unwrap())
}

fn assumptions() -> impl Strategy<Value = Assumptions> {
    let facts = vec![
        ("agent_id", "a"),
        ("run_id", "r"),
        ("session_id", "t"),
        ("group_id", "g"),
        ("mission_id", "j"),
        ("integration", "m"),
        ("integration", "m.m"),
        ("resource", "prod/a"),
        ("resource", "prod/../b"),
        ("data_classification", "public"),
        ("data_classification", "confidential"),
        ("arguments", r#"{"p": 1, "q": "x"}"#),
        ("tags", "t"),
        ("tags", "t,u"),
        ("risk_level", "medium"),
        ("cost_usd", "1"),
        ("cost_usd", "0.1"),
        ("outcome", "success"),
        ("outcome", "error"),
        ("outcome", "rejected"),
        ("outcome", "blocked"),
    ];
    prop::sample::subsequence(facts, 1..=8).prop_map(|mut facts| {
        facts.dedup_by_key(|(name, _)| *name);
        Assumptions(facts)
    })
}

fn test() -> impl Strategy<Value = Test> {
    let tests = vec![
        ("agent_id", "a*"),
        ("agent_id", "b"),
        ("run_id", "r"),
        ("session_id", "t"),
        ("integration", "m"),
        ("operation", "*x"),
        ("action", "m.*"),
        ("resource", "prod/*"),
        ("/labels/team", "red"),
        ("/labels/injected", "true"),
        ("/arguments/p", "1"),
        ("/turn", "1"),
        ("/labels/a~1b", "null"),
    ];
    (prop::sample::select(tests), any::<bool>()).prop_map(|((field, pattern), wanted)| Test { field, wanted, pattern })
}
