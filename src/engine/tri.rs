use std::ops::BitOr;

/// Facts of an action that a decision hangs on, as a set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Facts(u16);

/// The facts and their names, in the order in which they are told.
const NAMES: [(Facts, &str); 15] = [
    (Facts::AGENT, "agent_id"),
    (Facts::ARGUMENTS, "arguments"),
    (Facts::COST, "cost_usd"),
    (Facts::LEVEL, "data_classification"),
    (Facts::GROUP, "group_id"),
    (Facts::HISTORY, "history"),
    (Facts::INTEGRATION, "integration"),
    (Facts::MISSION, "mission_id"),
    (Facts::RESOURCE, "resource"),
    (Facts::RISK, "risk_level"),
    (Facts::RUN, "run_id"),
    (Facts::SESSION, "session_id"),
    (Facts::TAGS, "tags"),
    (Facts::TIME, "timestamp"),
    (Facts::WEBHOOK, "webhook"),
];

impl Facts {
    /// No fact.
    pub const NONE: Self = Self(0);
    /// Who acts.
    pub const AGENT: Self = Self(1);
    /// The arguments.
    pub const ARGUMENTS: Self = Self(1 << 1);
    /// The cost.
    pub const COST: Self = Self(1 << 2);
    /// How sensitive the data is.
    pub const LEVEL: Self = Self(1 << 3);
    /// The groups of the agent.
    pub const GROUP: Self = Self(1 << 4);
    /// What came of earlier actions, or facts that they lack.
    pub const HISTORY: Self = Self(1 << 5);
    /// The integration.
    pub const INTEGRATION: Self = Self(1 << 6);
    /// The missions of the agent.
    pub const MISSION: Self = Self(1 << 7);
    /// What is acted on.
    pub const RESOURCE: Self = Self(1 << 8);
    /// The risk.
    pub const RISK: Self = Self(1 << 9);
    /// The run, where neither run nor session is given.
    pub const RUN: Self = Self(1 << 10);
    /// The session, where neither session nor run is given.
    pub const SESSION: Self = Self(1 << 11);
    /// The tags.
    pub const TAGS: Self = Self(1 << 12);
    /// When.
    pub const TIME: Self = Self(1 << 13);
    /// What a webhook would answer.
    pub const WEBHOOK: Self = Self(1 << 14);

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// The names, sorted.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().filter(move |(fact, _)| self.0 & fact.0 != 0).map(|(_, name)| name)
    }

    /// These facts, or the others if there are none.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        if self.is_empty() { others } else { self }
    }

    /// These facts if a condition holds, else none.
    #[must_use]
    pub fn when(self, holds: bool) -> Self {
        if holds { self } else { Self::NONE }
    }
}

impl BitOr for Facts {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The answer to a test: true, false, or unknown because of facts that nobody gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tri {
    /// It does not hold, whatever the unknown facts are.
    False,
    /// It hangs on these facts.
    Unknown(Facts),
    /// It holds, whatever the unknown facts are.
    True,
}

impl Tri {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Unknown(a), Self::Unknown(b)) => Self::Unknown(a | b),
            (Self::Unknown(facts), Self::True) | (Self::True, Self::Unknown(facts)) => Self::Unknown(facts),
            (Self::True, Self::True) => Self::True,
        }
    }

    /// At least one of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// The opposite.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "reads as the word of the logic beside `and` and `or`")]
    pub fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown(facts) => Self::Unknown(facts),
            Self::True => Self::False,
        }
    }

    /// Whether it holds for sure.
    #[must_use]
    pub fn is_sure(self) -> bool {
        self == Self::True
    }

    /// Whether it may hold.
    #[must_use]
    pub fn is_possible(self) -> bool {
        self != Self::False
    }

    /// The facts it hangs on.
    #[must_use]
    pub fn facts(self) -> Facts {
        match self {
            Self::Unknown(facts) => facts,
            Self::False | Self::True => Facts::NONE,
        }
    }

    /// Whether a quantity between `low` and `high` reaches `limit`; `facts` is what it hangs on where that is open.
    #[must_use]
    pub fn reaches<T: Ord>(low: &T, high: &T, limit: &T, facts: Facts) -> Self {
        match (low >= limit, high >= limit) {
            (true, _) => Self::True,
            (false, true) => Self::Unknown(facts),
            (false, false) => Self::False,
        }
    }

    /// Whether any of several holds.
    #[must_use]
    pub fn any(tests: impl IntoIterator<Item = Self>) -> Self {
        let mut any = Self::False;
        for test in tests {
            any = any.or(test);
            if any == Self::True {
                break;
            }
        }
        any
    }
}

impl From<bool> for Tri {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_neither_and_keeps_its_facts() {
        let (a, b) = (Tri::Unknown(Facts::AGENT), Tri::Unknown(Facts::COST));
        assert_eq!(a.and(b), Tri::Unknown(Facts::AGENT | Facts::COST));
        assert_eq!(a.or(b), Tri::Unknown(Facts::AGENT | Facts::COST));
        assert_eq!(a.and(Tri::False), Tri::False);
        assert_eq!(a.or(Tri::True), Tri::True);
        assert_eq!(a.not(), a);
        assert_eq!(Tri::any([a, Tri::False, b]), Tri::Unknown(Facts::AGENT | Facts::COST));
    }

    #[test]
    fn names_are_sorted() {
        let names: Vec<&str> = Facts(u16::MAX).names().collect();
        assert!(names.is_sorted());
        assert_eq!(names.len(), NAMES.len());
    }

    #[test]
    fn an_interval_is_held_against_a_limit() {
        assert_eq!(Tri::reaches(&2, &9, &2, Facts::TIME), Tri::True);
        assert_eq!(Tri::reaches(&1, &2, &2, Facts::TIME), Tri::Unknown(Facts::TIME));
        assert_eq!(Tri::reaches(&0, &1, &2, Facts::TIME), Tri::False);
    }
}
