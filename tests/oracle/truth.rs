//! Three-valued logic: "neither true nor false", and on which facts it hangs (SPEC 4, Unknown facts).

use std::collections::BTreeSet;

/// The names of facts.
pub type Names = BTreeSet<&'static str>;

/// What a test says of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    False,
    True,
    /// Depends on these facts, which nobody gave.
    Unknown(Names),
}

impl Truth {
    pub fn of(known: bool) -> Self {
        if known { Self::True } else { Self::False }
    }

    pub fn unknown(name: &'static str) -> Self {
        Self::Unknown(Names::from([name]))
    }

    pub fn is_true(&self) -> bool {
        *self == Self::True
    }

    pub fn is_false(&self) -> bool {
        *self == Self::False
    }

    /// True or unknown.
    pub fn is_possible(&self) -> bool {
        !self.is_false()
    }

    /// False if one is false, else unknown by all that is unknown, else true.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Unknown(mut names), Self::Unknown(others)) => {
                names.extend(others);
                Self::Unknown(names)
            }
            (Self::Unknown(names), Self::True) | (Self::True, Self::Unknown(names)) => Self::Unknown(names),
            (Self::True, Self::True) => Self::True,
        }
    }

    /// True if one is true, else unknown by all that is unknown, else false.
    pub fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// The opposite; what is unknown stays so.
    pub fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::True => Self::False,
            Self::Unknown(names) => Self::Unknown(names),
        }
    }

    /// Whether all hold; each is looked at.
    pub fn all(tests: impl IntoIterator<Item = Self>) -> Self {
        tests.into_iter().fold(Self::True, Self::and)
    }

    /// Whether one holds; each is looked at.
    pub fn any(tests: impl IntoIterator<Item = Self>) -> Self {
        tests.into_iter().fold(Self::False, Self::or)
    }

    /// The facts it hangs on; none where it is known.
    pub fn names(&self) -> Names {
        match self {
            Self::Unknown(names) => names.clone(),
            Self::False | Self::True => Names::new(),
        }
    }

    /// The same said of an earlier action: whatever is not known of it is `history`.
    pub fn of_the_past(self) -> Self {
        match self {
            Self::Unknown(_) => Self::unknown("history"),
            known => known,
        }
    }
}
