//! Generated worlds: two sides, and logs as people have them.

use std::fmt;

use policyc::model::{Action, Bundle};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::oracle::worlds::{self, World as Documents};
use crate::reference::Side;
use crate::spelling::{self, Spelling};

/// 2026-01-01T00:00:00Z: when the generated actions begin.
pub const START: i64 = 1_767_225_600;

/// What is replayed against what.
#[derive(Debug, Clone)]
pub struct World {
    pub base: Option<Documents>,
    pub head: Documents,
    pub logs: Vec<Text>,
}

/// A log.
#[derive(Clone, Default)]
pub struct Text(pub Vec<u8>);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.split_inclusive(|byte| *byte == b'\n').map(String::from_utf8_lossy)).finish()
    }
}

/// The bundles of a world.
pub struct Bundles {
    pub base: Option<(Bundle, bool)>,
    pub head: (Bundle, bool),
}

impl Bundles {
    pub fn of(world: &World) -> Self {
        let compiled = |documents: &Documents| (worlds::bundle(documents), documents.kill_switch);
        Self { base: world.base.as_ref().map(compiled), head: compiled(&world.head) }
    }

    /// The sides of the reference.
    pub fn sides(&self) -> (Option<Side<'_>>, Side<'_>) {
        let base = self.base.as_ref().map(|(bundle, kill_switch)| Side { bundle, kill_switch: *kill_switch });
        (base, Side { bundle: &self.head.0, kill_switch: self.head.1 })
    }
}

/// Two sides and logs.
pub fn world() -> impl Strategy<Value = World> {
    (sides(), logs()).prop_map(|((base, head), logs)| World { base, head, logs })
}

/// Two sides that differ by an edit or wholly, or head alone.
pub fn sides() -> impl Strategy<Value = (Option<Documents>, Documents)> {
    let edited = (worlds::world(), edit()).prop_map(|(base, edit)| (Some(base.clone()), edit.of(base)));
    let others = (worlds::world(), worlds::world()).prop_map(|(base, head)| (Some(base), head));
    let alone = worlds::world().prop_map(|head| (None, head));
    prop_oneof![3 => edited, 2 => others, 1 => alone]
}

/// A small change.
#[derive(Debug, Clone)]
enum Edit {
    Remove(Index),
    Disable(Index),
    Effect(Index, &'static str),
    Default(&'static str),
    WithoutCatalog,
    KillSwitch,
}

fn edit() -> impl Strategy<Value = Edit> {
    let effect = || prop::sample::select(vec!["allow", "approval_required", "deny"]);
    prop_oneof![
        3 => any::<Index>().prop_map(Edit::Remove),
        2 => any::<Index>().prop_map(Edit::Disable),
        3 => (any::<Index>(), effect()).prop_map(|(at, effect)| Edit::Effect(at, effect)),
        2 => effect().prop_map(Edit::Default),
        1 => Just(Edit::WithoutCatalog),
        1 => Just(Edit::KillSwitch),
    ]
}

impl Edit {
    /// The world with the edit; unchanged if it would not compile.
    fn of(self, before: Documents) -> Documents {
        let mut after = before.clone();
        let documents = &mut after.documents;
        match self {
            Self::Remove(at) => {
                let removed = documents.remove(at.index(documents.len()));
                documents.retain(|one| one["policy"] != removed["id"]);
            }
            Self::Disable(at) => {
                let document = at.get_mut(documents.as_mut_slice());
                let key = if document.get("policy_effect").is_some() { "is_active" } else { "enabled" };
                document[key] = json!(false);
            }
            Self::Effect(at, effect) => {
                let mut rules: Vec<&mut Value> =
                    documents.iter_mut().filter(|one| one.get("policy_effect").is_some()).collect();
                if !rules.is_empty() {
                    let at = at.index(rules.len());
                    rules[at]["policy_effect"] = json!(effect);
                }
            }
            Self::Default(effect) => after.settings["defaults"]["effect"] = json!(effect),
            Self::WithoutCatalog => after.catalog = None,
            Self::KillSwitch => after.kill_switch = !after.kill_switch,
        }
        if worlds::compiled(&after).is_ok() { after } else { before }
    }
}

/// A recorded action, and what is told of it.
#[derive(Debug, Clone)]
pub struct Told {
    pub action: Action,
    pub recorded_decision: Option<&'static str>,
    pub labels: Option<Value>,
}

/// Up to forty actions of several runs: one stretch after the other, or through each other.
pub fn actions() -> impl Strategy<Value = Vec<Told>> {
    let stretches = prop::collection::vec(worlds::actions(), 0..=4);
    let mixed = prop::option::of(prop::collection::vec(any::<u8>(), 40));
    (stretches, mixed, prop::collection::vec(told(), 40)).prop_map(|(stretches, mixed, told)| {
        let mut actions: Vec<Action> = stretches.into_iter().flatten().take(40).collect();
        if let Some(keys) = mixed {
            let mut keyed: Vec<(u8, Action)> = keys.into_iter().zip(actions).collect();
            keyed.sort_by_key(|(key, _)| *key);
            actions = keyed.into_iter().map(|(_, action)| action).collect();
        }
        let tell = |(rank, (action, (id, recorded_decision, labels))): (usize, (Action, Said))| {
            let id = id.map(|id| if id.is_empty() { format!("c{rank}") } else { id.to_owned() });
            Told { action: Action { id, ..action }, recorded_decision, labels }
        };
        actions.into_iter().zip(told).enumerate().map(tell).collect()
    })
}

/// An id (empty: one of its own), a recorded decision, labels.
type Said = (Option<&'static str>, Option<&'static str>, Option<Value>);

fn told() -> impl Strategy<Value = Said> {
    let labels = vec![
        json!({"injected": true}),
        json!({"injected": false, "team": "red"}),
        json!({"injected": 1, "team": "blue"}),
        json!({"injected": null, "a/b": null}),
        json!({"team": "red"}),
        json!("red"),
    ];
    (
        prop::option::weighted(0.85, prop::sample::select(vec!["", "", "", "", "twice"])),
        prop::option::weighted(0.5, prop::sample::select(vec!["allow", "approval_required", "deny"])),
        prop::option::weighted(0.6, prop::sample::select(labels)),
    )
}

/// One to three logs of these actions, with what else stands in logs.
pub fn logs() -> impl Strategy<Value = Vec<Text>> {
    let lines = (prop::collection::vec((spelling::spelling(), spelling::noise()), 41), prop::bool::weighted(0.1));
    let cuts = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(any::<Index>(), 1..=2)];
    (actions(), lines, cuts, any::<bool>()).prop_map(|(actions, (lines, mark), cuts, ended)| {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(actions.len() + 1)).collect();
        cuts.sort_unstable();
        let mut logs = vec![Text(if mark { b"\xef\xbb\xbf".to_vec() } else { Vec::new() })];
        for (rank, (spelling, noise)) in lines.iter().enumerate().take(actions.len() + 1) {
            cuts.iter().filter(|cut| **cut == rank).for_each(|_| logs.push(Text::default()));
            let Text(log) = logs.last_mut().unwrap();
            for noise in noise {
                log.extend_from_slice(noise);
            }
            if let Some(told) = actions.get(rank) {
                log.extend_from_slice(line(told, spelling).as_bytes());
            }
        }
        let Text(last) = logs.last_mut().unwrap();
        if !ended && last.ends_with(b"\n") {
            last.pop();
        }
        logs
    })
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

/// Actions as the plainest lines.
pub fn plain_lines(told: &[Told]) -> Vec<String> {
    told.iter().map(|told| line(told, &Spelling::plain())).collect()
}

fn line(told: &Told, spelling: &Spelling) -> String {
    spelling.line(&told.action, told.recorded_decision, told.labels.as_ref())
}
