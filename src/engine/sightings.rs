use std::collections::HashMap;

use foldhash::fast::RandomState;
use serde_json::Value;

use super::call::Call;

/// One earlier action that is, or may be, a success of the kind that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// Whether it surely is one.
    pub sure: bool,
    /// When, in nanoseconds.
    pub at: Option<i128>,
    /// In which turn.
    pub turn: Option<u64>,
}

impl Sighting {
    /// Whether this one proves, at any moment, whatever the other one proves; turns aside.
    fn proves_as_much_as(&self, other: &Self) -> bool {
        let later = match (self.at, other.at) {
            (Some(mine), Some(theirs)) => mine >= theirs,
            (mine, theirs) => mine == theirs,
        };
        later && (self.sure || !other.sure)
    }
}

/// The earlier actions that matter: those whose answers no other one gives as well.
#[derive(Debug, Clone, Default)]
pub struct Sightings(Vec<Sighting>);

impl Sightings {
    /// Remembers one, and forgets those that are of no more use.
    pub fn add(&mut self, new: Sighting) {
        self.0.push(new);
        let mut rank = 0;
        while let Some(candidate) = self.0.get(rank).copied() {
            if self.useless(rank, candidate) {
                self.0.remove(rank);
            } else {
                rank += 1;
            }
        }
    }

    /// Remembers what another one remembers.
    pub fn absorb(&mut self, other: &Self) {
        other.0.iter().for_each(|sighting| self.add(*sighting));
    }

    /// Whether whoever may not look at one (its turn is the asker's own) may look at none of those that prove as
    /// much: one of the same turn or of no turn does, or two of different turns.
    fn useless(&self, rank: usize, candidate: Sighting) -> bool {
        let mut other_turn = None;
        let better = self.0.iter().enumerate().filter(|(at, _)| *at != rank).map(|(_, better)| better);
        for better in better.filter(|better| better.proves_as_much_as(&candidate)) {
            if better.turn.is_none() || better.turn == candidate.turn {
                return true;
            }
            if other_turn.is_some_and(|turn| turn != better.turn) {
                return true;
            }
            other_turn = Some(better.turn);
        }
        false
    }

    /// Those that an action of this turn may look at.
    pub fn before(&self, turn: Option<u64>) -> impl Iterator<Item = Sighting> {
        self.0.iter().copied().filter(move |sighting| !Call::parallel(sighting.turn, turn))
    }
}

/// The values of one field that earlier actions brought.
#[derive(Debug, Clone, Default)]
pub struct Values {
    known: HashMap<Box<str>, Sightings, RandomState>,
    /// Those of which the value is unknown.
    unknown: Sightings,
}

impl Values {
    /// Remembers a value; `None`: unknown which.
    pub fn add(&mut self, value: Option<&Value>, sighting: Sighting) {
        match value {
            Some(value) => self.known.entry(key(value).into()).or_default().add(sighting),
            None => self.unknown.add(sighting),
        }
    }

    /// Remembers what another one remembers.
    pub fn absorb(&mut self, other: &Self) {
        self.unknown.absorb(&other.unknown);
        for (key, same) in &other.known {
            self.known.entry(key.clone()).or_default().absorb(same);
        }
    }

    /// Whether an action of this turn may find the value for sure, and whether it may find it at all.
    pub fn finds(&self, key: &str, turn: Option<u64>) -> (bool, bool) {
        let mut same = self.known.get(key).into_iter().flat_map(|same| same.before(turn)).peekable();
        let possible = same.peek().is_some() || self.unknown.before(turn).next().is_some();
        (same.any(|sighting| sighting.sure), possible)
    }
}

/// A text that two JSON values share just when they are equal, numbers by their value.
pub fn key(value: &Value) -> String {
    match value {
        Value::Number(number) => {
            let whole = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0);
            #[expect(clippy::cast_possible_truncation, reason = "a whole number that a double holds exactly")]
            whole.map_or_else(|| number.to_string(), |float| (float as i64).to_string())
        }
        Value::Array(items) => format!("[{}]", items.iter().map(key).collect::<Vec<_>>().join(",")),
        Value::Object(map) => {
            let entry = |(name, value): (&String, &Value)| format!("{}:{}", Value::from(name.as_str()), key(value));
            let mut entries: Vec<String> = map.iter().map(entry).collect();
            entries.sort_unstable();
            format!("{{{}}}", entries.join(","))
        }
        other => other.to_string(),
    }
}

/// The part of a value that a dotted path leads to; a decimal step counts the items of a list.
pub fn field<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn equal_values_share_a_key() {
        assert_eq!(key(&json!({"a": [1, 2.5], "b": null})), key(&json!({"b": null, "a": [1.0, 2.5]})));
        assert_ne!(key(&json!("1")), key(&json!(1)));
        assert_ne!(key(&json!(9_007_199_254_740_993_u64)), key(&json!(9_007_199_254_740_992_u64)));
        assert_ne!(key(&json!(["a,b"])), key(&json!(["a", "b"])));
    }

    #[test]
    fn a_path_leads_through_maps_and_lists() {
        let value = json!({"payees": [{"iban": "DE1"}]});
        assert_eq!(field(&value, "payees.0.iban"), Some(&json!("DE1")));
        assert_eq!(field(&value, "payees.1.iban"), None);
        assert_eq!(field(&value, "payees.iban"), None);
        assert_eq!(field(&json!("text"), "a"), None);
    }

    fn sighting() -> impl Strategy<Value = Sighting> {
        (any::<bool>(), proptest::option::of(0_i128..6), proptest::option::of(0_u64..3))
            .prop_map(|(sure, at, turn)| Sighting { sure, at, turn })
    }

    /// Everything that can be asked: is there one, a sure one, one not older than a moment, a sure such one.
    fn answers(all: &[Sighting], turn: Option<u64>, since: i128) -> [bool; 4] {
        let seen: Vec<_> = all.iter().filter(|one| one.turn.is_none() || one.turn != turn).collect();
        let fresh = |one: &&&Sighting| one.at.is_none_or(|at| at >= since);
        let sure = |one: &&&Sighting| one.sure;
        let sure_fresh = |one: &&&Sighting| one.sure && one.at.is_some_and(|at| at >= since);
        [
            !seen.is_empty(),
            seen.iter().any(|one| sure(&one)),
            seen.iter().any(|one| fresh(&one)),
            seen.iter().any(|one| sure_fresh(&one)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_forgotten_changes_no_answer(
            all in proptest::collection::vec(sighting(), 0..12), turn in proptest::option::of(0_u64..4), since in 0_i128..7,
        ) {
            let mut kept = Sightings::default();
            for one in &all {
                kept.add(*one);
            }
            prop_assert_eq!(answers(&kept.0, turn, since), answers(&all, turn, since));
            prop_assert!(kept.0.len() <= 8, "{kept:?}");
        }
    }
}
