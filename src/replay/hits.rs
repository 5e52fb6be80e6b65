use crate::engine::{Decision, Source};

/// How often a document took part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hits {
    /// How often it gave a reason, surely or possibly.
    pub reasons: u64,
    /// How often it was the one that decided.
    pub decided: u64,
}

impl Hits {
    fn add(&mut self, other: Self) {
        self.reasons += other.reasons;
        self.decided += other.decided;
    }
}

/// Hits of everything that can decide on one side, by rank in the bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SideHits {
    /// Of policies.
    pub policies: Vec<Hits>,
    /// Of rules.
    pub rules: Vec<Hits>,
    /// How often each exception lifted something, surely or possibly.
    pub exceptions: Vec<Hits>,
    /// Of the catalog.
    pub catalog: Hits,
    /// Of the default.
    pub default: Hits,
    /// Of the environment's kill switch.
    pub environment: Hits,
}

impl SideHits {
    fn of(&mut self, source: Source) -> &mut Hits {
        match source {
            Source::Policy(rank) => nth(&mut self.policies, rank),
            Source::Rule(rank) => nth(&mut self.rules, rank),
            Source::Catalog => &mut self.catalog,
            Source::Default => &mut self.default,
            Source::Environment => &mut self.environment,
        }
    }

    /// Counts a decision. A document that gives several reasons is counted once.
    pub(super) fn count(&mut self, decision: &Decision) {
        let deciding = decision.deciding().map(|cause| cause.source);
        for (rank, cause) in decision.causes.iter().enumerate() {
            if !decision.causes.iter().take(rank).any(|before| before.source == cause.source) {
                self.of(cause.source).reasons += 1;
            }
        }
        if let Some(source) = deciding {
            self.of(source).decided += 1;
        }
        if !decision.lifted.is_empty() {
            decision.exceptions().into_iter().for_each(|rank| nth(&mut self.exceptions, rank).reasons += 1);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.policies, &other.policies),
            (&mut self.rules, &other.rules),
            (&mut self.exceptions, &other.exceptions),
        ] {
            for (rank, hits) in (0_u32..).zip(theirs) {
                nth(mine, rank).add(*hits);
            }
        }
        self.catalog.add(other.catalog);
        self.default.add(other.default);
        self.environment.add(other.environment);
    }
}

fn nth(all: &mut Vec<Hits>, rank: u32) -> &mut Hits {
    let rank = rank as usize;
    if all.len() <= rank {
        all.resize(rank + 1, Hits::default());
    }
    #[expect(clippy::indexing_slicing, reason = "made long enough above")]
    &mut all[rank]
}
