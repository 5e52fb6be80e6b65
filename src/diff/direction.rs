use std::cmp::Ordering;

/// What a change can do to decisions: to their effects, to who and how many must approve, and for how long.
///
/// It speaks of one action after the same past: what is denied spends nothing, so that a tightening may leave room for a
/// later action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// It changes no decision.
    #[default]
    Neutral,
    /// No decision becomes more permissive.
    Tightening,
    /// No decision becomes more restrictive.
    Loosening,
    /// Either, depending on the action, or nothing is proven.
    Both,
}

impl Direction {
    /// All of them: what deserves a look first.
    pub const ALL: [Self; 4] = [Self::Loosening, Self::Both, Self::Tightening, Self::Neutral];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Tightening => "tightening",
            Self::Loosening => "loosening",
            Self::Both => "both",
        }
    }

    /// Of two changes, one after the other.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Neutral, other) | (other, Self::Neutral) => other,
            (one, other) if one == other => one,
            _ => Self::Both,
        }
    }

    /// Of the same change the other way round.
    #[must_use]
    pub fn flip(self) -> Self {
        match self {
            Self::Tightening => Self::Loosening,
            Self::Loosening => Self::Tightening,
            other => other,
        }
    }

    /// Of several changes, one after the other.
    #[must_use]
    pub fn all(directions: impl IntoIterator<Item = Self>) -> Self {
        directions.into_iter().fold(Self::Neutral, Self::join)
    }

    /// Whether it may permit more.
    #[must_use]
    pub fn may_loosen(self) -> bool {
        matches!(self, Self::Loosening | Self::Both)
    }

    /// Of a value that grows from `before` to `after`, where growing has this direction.
    pub(super) fn of<T: Ord>(self, before: &T, after: &T) -> Self {
        match before.cmp(after) {
            Ordering::Less => self,
            Ordering::Equal => Self::Neutral,
            Ordering::Greater => self.flip(),
        }
    }

    /// Of a limit that may be absent: one that appears or falls restricts.
    pub(super) fn of_limit<T: Ord>(before: Option<&T>, after: Option<&T>) -> Self {
        match (before, after) {
            (None, None) => Self::Neutral,
            (None, Some(_)) => Self::Tightening,
            (Some(_), None) => Self::Loosening,
            (Some(before), Some(after)) => Self::Loosening.of(before, after),
        }
    }
}
