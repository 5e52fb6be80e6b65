//! Gates, judged by exact fractions.

use policyc::replay::{Gates, Most, Share};
use proptest::prelude::*;

use crate::numbers::{Numbers, difference};
use crate::running::{self, Engines, How};
use crate::worlds::{self, Bundles};
use crate::{cases, expected, questions};

/// A number of actions, or a percentage in ten-thousandths of a percent.
#[derive(Debug, Clone, Copy)]
enum Limit {
    Actions(u64),
    Share(u64),
}

fn limit() -> impl Strategy<Value = Limit> {
    prop_oneof![(0_u64..6).prop_map(Limit::Actions), share().prop_map(Limit::Share)]
}

/// Shares that counts of a few actions hit exactly, and those right beside them.
fn share() -> impl Strategy<Value = u64> {
    let exact = (0_u64..=20, 1_u64..=20).prop_map(|(part, whole)| part.min(whole) * 1_000_000 / whole);
    (exact, 0_u64..3).prop_map(|(share, beside)| (share + beside).saturating_sub(1).min(1_000_000))
}

fn text(share: u64) -> String {
    format!("{}.{:04}%", share / 10_000, share % 10_000)
}

impl Limit {
    fn most(self) -> Most {
        match self {
            Self::Actions(most) => most.to_string().parse().unwrap(),
            Self::Share(most) => text(most).parse().unwrap(),
        }
    }

    /// "At most N, or N%."
    fn holds(self, found: u64, all: u64) -> bool {
        match self {
            Self::Actions(most) => found <= most,
            Self::Share(most) => u128::from(found) * 1_000_000 <= u128::from(most) * u128::from(all),
        }
    }
}

/// What is asked for: newly denied, newly allowed, approvals a day, coverage.
type Limits = (Option<Limit>, Option<Limit>, Option<u64>, Option<u64>);

fn limits() -> impl Strategy<Value = Limits> {
    use prop::option::of;
    (of(limit()), of(limit()), of(0_u64..6), of(share()))
}

/// Each gate that is asked for, and whether it is met.
fn judged(limits: Limits, numbers: &Numbers) -> Vec<(&'static str, bool)> {
    let [allowed, _, denied] = numbers.newly;
    let (certain, all) = (numbers.head.certain, numbers.actions + numbers.unreadable.1);
    let mut judged = Vec::new();
    judged.extend(limits.0.map(|most| ("max-newly-denied", most.holds(denied, numbers.actions))));
    judged.extend(limits.1.map(|most| ("max-newly-allowed", most.holds(allowed, numbers.actions))));
    judged.extend(limits.2.map(|most| ("max-approvals-per-day", numbers.head.most_approvals <= most)));
    // "Coverage below base's fails unless `--min-coverage` says otherwise." Of nothing, nothing is covered.
    let enough = |least: u64| all > 0 && u128::from(certain) * 1_000_000 >= u128::from(least) * u128::from(all);
    let coverage = limits.3.map(enough).or(numbers.base.as_ref().map(|base| certain >= base.certain));
    judged.extend(coverage.map(|met| ("min-coverage", met)));
    judged
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn gates_are_judged_exactly(world in worlds::world(), asked in questions::asked(), limits in limits()) {
        let bundles = Bundles::of(&world);
        let engines = Engines::new(&bundles);
        let outcome = engines.run(&asked, &|| running::native(&world.logs), How::USUAL);
        let gates = Gates {
            max_newly_denied: limits.0.map(Limit::most),
            max_newly_allowed: limits.1.map(Limit::most),
            max_approvals_per_day: limits.2,
            min_coverage: limits.3.map(|least| text(least).parse::<Share>().unwrap()),
        };
        let said = gates.judged(&outcome, bundles.base.is_some());
        let said: Vec<_> = said.into_iter().map(|gate| (gate.gate, gate.met)).collect();
        let expected = judged(limits, &expected(&bundles, &world, &asked));
        prop_assert!(said == expected, "{:?}: {}", limits, difference(&said, &expected));
    }
}
