use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::arguments::ArgumentTest;
use super::call::Call;
use super::tri::{Facts, Tri};
use crate::model::{ClassificationRange, Clock, Effect, Level, Matcher, Pattern, Rule};

/// A rule made ready to decide.
pub struct Statement<'b> {
    /// The rule.
    pub rule: &'b Rule,
    /// Its rank in the bundle.
    pub rank: u32,
    /// How sensitive data may be; here, since it is asked of every rule that is looked at.
    range: ClassificationRange,
    /// What it names: operation, integration, agent and resource.
    names: [Matcher<'b>; 4],
    /// Its tests of arguments.
    pub arguments: Vec<ArgumentTest<'b>>,
    /// The clock of its time restriction.
    pub clock: Option<Clock>,
    /// Whether it has conditions that can make it more restrictive.
    pub escalates: bool,
    /// The exceptions from it, by their rank in the bundle.
    pub exceptions: Vec<u32>,
}

impl<'b> Statement<'b> {
    /// Makes a rule ready.
    pub fn new(rule: &'b Rule, rank: u32, exceptions: Vec<u32>) -> Self {
        let conditions = &rule.conditions;
        let permits = rule.policy_effect == Effect::Allow;
        let escalates = conditions.rate_limit.is_some()
            || conditions.time_restriction.is_some()
            || conditions.cost_threshold.is_some()
            || conditions.webhook_check.is_some();
        Self {
            rule,
            rank,
            range: rule.data_classification,
            names: [&rule.operation, &rule.target_integration, &rule.agent_id, &rule.resource_scope]
                .map(Pattern::matcher),
            arguments: conditions
                .arguments
                .iter()
                .map(|(name, schema)| ArgumentTest::new(name, schema, permits))
                .collect(),
            clock: conditions.time_restriction.as_ref().and_then(|time| time.timezone.clock()),
            escalates,
            exceptions,
        }
    }

    /// Whether the rule matches; cheap tests first, and none after one that fails.
    pub fn matches(&self, call: &Call<'_>, level: Option<Level>, resource: Option<&str>) -> Tri {
        let [operation, integration, agent, scope] = &self.names;
        let mut all = within(self.range, level);
        // The index found the rule by the names it holds, so what tells rules apart is asked first.
        let tests: [(&Matcher<'_>, Option<&str>, Facts); 4] = [
            (scope, resource, Facts::RESOURCE),
            (operation, Some(&call.operation), Facts::NONE),
            (integration, call.integration, Facts::INTEGRATION),
            (agent, call.agent, Facts::AGENT),
        ];
        for (matcher, value, fact) in tests {
            if all == Tri::False {
                return all;
            }
            all = all.and(match value {
                Some(value) => matcher.matches(value).into(),
                None if *matcher == Matcher::Any => Tri::True,
                None => Tri::Unknown(fact),
            });
        }
        if all == Tri::False || self.arguments.is_empty() {
            return all;
        }
        all.and(ArgumentTest::all_pass(&self.arguments, call.details))
    }
}

/// Whether a level lies in a range; of an unknown one only the whole range is known to hold it.
fn within(range: ClassificationRange, level: Option<Level>) -> Tri {
    match level {
        Some(level) => (range.low <= level && level <= range.high).into(),
        None if range.low == Level::Public && range.high == Level::Restricted => Tri::True,
        None => Tri::Unknown(Facts::LEVEL),
    }
}

/// Passes a number on: the keys are hashes already.
#[derive(Default)]
pub struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        // Small numbers are spread over all bits: the table looks at the highest ones, too.
        self.0 = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

type ByHash<T> = HashMap<u64, T, BuildHasherDefault<Hashed>>;

/// A hash of a name, the same in every run.
pub fn hash(text: &str) -> u64 {
    FixedState::with_seed(0x706f_6c69).hash_one(text)
}

/// Which of agent, integration and operation a rule names as they are; the others are patterns.
const SHAPES: usize = 8;
const AGENT: usize = 4;
const INTEGRATION: usize = 2;
const OPERATION: usize = 1;

/// All active rules in the order in which they are asked, found by the names they hold.
pub struct Rules<'b> {
    all: Vec<Statement<'b>>,
    /// By shape and by the names of that shape; hashes that collide only bring more rules to ask.
    named: [ByHash<Vec<u32>>; SHAPES],
    /// By operation alone, for actions whose agent or integration is unknown.
    by_operation: ByHash<Vec<u32>>,
    any_operation: Vec<u32>,
}

impl<'b> Rules<'b> {
    /// Orders rules: highest priority first, then the most restrictive, then the smallest id.
    pub fn new(mut all: Vec<Statement<'b>>) -> Self {
        all.sort_by(|a, b| {
            let key =
                |of: &Statement<'b>| (std::cmp::Reverse(of.rule.priority), std::cmp::Reverse(of.rule.policy_effect));
            key(a).cmp(&key(b)).then_with(|| a.rank.cmp(&b.rank))
        });
        let mut rules = Self {
            all: Vec::new(),
            named: Default::default(),
            by_operation: ByHash::default(),
            any_operation: Vec::new(),
        };
        for (place, statement) in (0_u32..).zip(&all) {
            rules.file(place, statement.rule);
        }
        rules.all = all;
        rules
    }

    fn file(&mut self, place: u32, rule: &Rule) {
        let names = [&rule.agent_id, &rule.target_integration, &rule.operation].map(Pattern::as_literal);
        let shape = names.iter().fold(0, |shape, name| shape * 2 + usize::from(name.is_some()));
        if let Some(by_names) = self.named.get_mut(shape) {
            by_names.entry(combined(shape, names.map(|name| name.map_or(0, hash)))).or_default().push(place);
        }
        match rule.operation.as_literal() {
            Some(operation) => self.by_operation.entry(hash(operation)).or_default().push(place),
            None => self.any_operation.push(place),
        }
    }

    /// The rules that may match, in order, each by its place.
    pub fn candidates(&self, call: &Call<'_>) -> Candidates<'_> {
        let operation = hash(&call.operation);
        let mut lists: SmallVec<[&[u32]; SHAPES]> = SmallVec::new();
        if let (Some(agent), Some(integration)) = (call.agent, call.integration) {
            let names = [hash(agent), hash(integration), operation];
            for (shape, by_names) in self.named.iter().enumerate().filter(|(_, by_names)| !by_names.is_empty()) {
                lists.extend(by_names.get(&combined(shape, names)).map(Vec::as_slice));
            }
        } else {
            lists.extend(self.by_operation.get(&operation).map(Vec::as_slice));
            lists.push(&self.any_operation);
        }
        Candidates { lists }
    }

    /// The rule at a place.
    pub fn get(&self, place: u32) -> Option<&Statement<'b>> {
        self.all.get(place as usize)
    }

    /// All rules, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Statement<'b>> {
        self.all.iter()
    }
}

/// One hash of the names that a shape asks for.
fn combined(shape: usize, [agent, integration, operation]: [u64; 3]) -> u64 {
    let part = |bit: usize, hash: u64| if shape & bit == 0 { 0 } else { hash };
    part(AGENT, agent).rotate_left(21) ^ part(INTEGRATION, integration).rotate_left(42) ^ part(OPERATION, operation)
}

/// Several sorted lists of places as one.
pub struct Candidates<'r> {
    lists: SmallVec<[&'r [u32]; SHAPES]>,
}

impl Iterator for Candidates<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let first = |list: &&mut &[u32]| list.first().copied().unwrap_or(u32::MAX);
        let list = self.lists.iter_mut().min_by_key(first)?;
        let (place, rest) = list.split_first()?;
        *list = rest;
        Some(*place)
    }
}
