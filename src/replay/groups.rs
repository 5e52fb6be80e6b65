use std::collections::BTreeMap;

use hashbrown::HashTable;

use super::journal::{Position, Sample, Subject, short};
use super::operations::hash;
use crate::engine::{Decision, Source};
use crate::model::Effect;

/// How many actions of a group are kept as samples.
const SAMPLES: usize = 3;

/// Who decided on a side, and what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decider {
    /// What is enforced.
    pub effect: Effect,
    /// Whose reason carries it.
    pub source: Source,
}

impl Decider {
    /// Of a decision. Without a reason, nothing was in the way: the default.
    #[must_use]
    pub fn of(decision: &Decision) -> Self {
        let source = decision.deciding().map_or(Source::Default, |cause| cause.source);
        Self { effect: decision.effect, source }
    }
}

/// What the actions of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Who decided on the base side, where there are two.
    pub base: Option<Decider>,
    /// Who decided on the head side.
    pub head: Decider,
    /// Who acted; of actions that are stopped on one side alone, nobody is named.
    pub agent: Option<Box<str>>,
    /// The integration.
    pub integration: Option<Box<str>>,
    /// The operation.
    pub operation: Box<str>,
}

/// Actions whose outcome a change alters in one way; on one side alone, actions that are stopped in one way.
#[derive(Debug, Clone)]
pub struct Group<'b> {
    /// What they have in common.
    pub key: Key,
    /// How many there are.
    pub actions: u64,
    /// The same by the row that accounts for them, as in [`Sample::row`].
    pub rows: BTreeMap<Option<usize>, u64>,
    /// The first of them.
    pub samples: Vec<Sample<'b>>,
}

/// All groups.
#[derive(Debug, Default)]
pub(super) struct Groups<'b>(HashTable<Group<'b>>);

type Parts<'a> = (Option<Decider>, Decider, Option<&'a str>, Option<&'a str>, &'a str);

fn parts(key: &Key) -> Parts<'_> {
    (key.base, key.head, key.agent.as_deref(), key.integration.as_deref(), &key.operation)
}

impl<'b> Groups<'b> {
    fn entry(&mut self, wanted: Parts<'_>) -> &mut Group<'b> {
        let own = |group: &Group<'b>| hash(&parts(&group.key));
        let found = self.0.entry(hash(&wanted), |group| parts(&group.key) == wanted, own);
        let (base, head, agent, integration, operation) = wanted;
        let key = || Key {
            base,
            head,
            agent: agent.map(Into::into),
            integration: integration.map(Into::into),
            operation: operation.into(),
        };
        found.or_insert_with(|| Group { key: key(), actions: 0, rows: BTreeMap::new(), samples: Vec::new() }).into_mut()
    }

    /// Counts an action, and keeps it as a sample if it is one of the first.
    pub fn count(&mut self, subject: &Subject<'_, 'b>, agent: Option<&str>, (base, head): (Option<Decider>, Decider)) {
        let call = subject.call;
        let (agent, integration) = (agent.map(short), call.integration.map(short));
        let group = self.entry((base, head, agent.as_deref(), integration.as_deref(), &short(&call.operation)));
        group.actions += 1;
        *group.rows.entry(subject.row).or_default() += 1;
        group.keep(subject.position, || subject.sample());
    }

    pub fn merge(&mut self, other: Self) {
        for theirs in other.0 {
            let mine = self.entry(parts(&theirs.key));
            mine.actions += theirs.actions;
            for (row, actions) in theirs.rows {
                *mine.rows.entry(row).or_default() += actions;
            }
            for sample in theirs.samples {
                mine.keep(sample.position, || sample);
            }
        }
    }

    /// All of them: the largest first, then by what they have in common.
    pub fn sorted(self) -> Vec<Group<'b>> {
        let mut all: Vec<Group<'b>> = self.0.into_iter().collect();
        all.sort_by(|a, b| b.actions.cmp(&a.actions).then_with(|| a.key.cmp(&b.key)));
        all
    }
}

impl<'b> Group<'b> {
    fn keep(&mut self, position: Position, sample: impl FnOnce() -> Sample<'b>) {
        let rank = self.samples.partition_point(|kept| kept.position < position);
        if rank < SAMPLES {
            self.samples.insert(rank, sample());
            self.samples.truncate(SAMPLES);
        }
    }
}
