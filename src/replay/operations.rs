use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

use super::journal::short;
use crate::engine::Call;
use crate::model::Effect;

/// What became of one operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operation {
    /// The integration, where it is known.
    pub integration: Option<Box<str>>,
    /// The operation.
    pub operation: Box<str>,
    /// Actions by enforced effect: `[allow, approval_required, deny]` of base, of head.
    pub effects: [[u64; 3]; 2],
    /// Actions that head decides more restrictively.
    pub tightened: u64,
    /// Actions that head decides less restrictively.
    pub loosened: u64,
    /// Actions that head does not decide for certain.
    pub uncertain: u64,
}

/// All operations that were met.
#[derive(Debug, Default)]
pub(super) struct Operations(HashTable<Operation>);

/// A hash that is the same in every thread.
pub(super) fn hash(parts: &impl std::hash::Hash) -> u64 {
    FixedState::with_seed(0x6f70_7321).hash_one(parts)
}

impl Operation {
    fn count(&mut self, base: Option<Effect>, head: (Effect, Effect)) {
        for (side, effect) in [base, Some(head.1)].into_iter().enumerate() {
            let count = self.effects.get_mut(side).zip(effect).and_then(|(side, effect)| side.get_mut(effect as usize));
            if let Some(count) = count {
                *count += 1;
            }
        }
        self.uncertain += u64::from(head.0 != head.1);
        if let Some(base) = base {
            self.tightened += u64::from(head.1 > base);
            self.loosened += u64::from(head.1 < base);
        }
    }

    fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.effects.iter_mut().flatten().zip(other.effects.iter().flatten()) {
            *mine += theirs;
        }
        self.tightened += other.tightened;
        self.loosened += other.loosened;
        self.uncertain += other.uncertain;
    }

    /// How many actions there were.
    #[must_use]
    pub fn actions(&self) -> u64 {
        self.effects.iter().map(|side| side.iter().sum()).max().unwrap_or(0)
    }

    /// The name of the action.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.integration {
            Some(integration) => format!("{integration}.{}", self.operation),
            None => self.operation.to_string(),
        }
    }
}

impl Operations {
    fn entry(&mut self, integration: Option<&str>, operation: &str) -> &mut Operation {
        let own = |integration: Option<&str>, operation: &str| hash(&(integration, operation));
        let wanted = own(integration, operation);
        let found = self.0.entry(
            wanted,
            |known| known.integration.as_deref() == integration && *known.operation == *operation,
            |known| own(known.integration.as_deref(), &known.operation),
        );
        let new = || Operation {
            integration: integration.map(Into::into),
            operation: operation.into(),
            ..Operation::default()
        };
        found.or_insert_with(new).into_mut()
    }

    /// Counts an action; head by its bounds, lower and upper.
    pub fn count(&mut self, call: &Call<'_>, base: Option<Effect>, head: (Effect, Effect)) {
        let integration = call.integration.map(short);
        self.entry(integration.as_deref(), &short(&call.operation)).count(base, head);
    }

    pub fn merge(&mut self, other: &Self) {
        for theirs in &other.0 {
            self.entry(theirs.integration.as_deref(), &theirs.operation).add(theirs);
        }
    }

    /// All of them, by name.
    pub fn sorted(self) -> Vec<Operation> {
        let mut all: Vec<Operation> = self.0.into_iter().collect();
        all.sort_by(|a, b| (&a.integration, &a.operation).cmp(&(&b.integration, &b.operation)));
        all
    }
}
