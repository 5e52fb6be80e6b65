//! What was decided before.

use policyc::model::{Effect, Fact, Outcome};

use super::facts::Facts;
use super::truth::Truth;
use super::verdict::{Granted, Verdict};

/// An earlier action with its decision.
pub struct Past {
    pub facts: Facts,
    pub verdict: Verdict,
    pub granted: Granted,
}

impl Past {
    /// "An action counts if its decision was not deny, and, for `approval_required`, if the approval was granted"; "an action
    /// whose decision may or may not have been a deny adds 0 to 1".
    pub fn executed(&self) -> Truth {
        let effects = [Effect::Allow, Effect::ApprovalRequired, Effect::Deny];
        let possible =
            effects.into_iter().filter(|effect| self.verdict.lower <= *effect && *effect <= self.verdict.effect);
        let counts: Vec<Truth> = possible.map(|effect| self.counts_as(effect)).collect();
        if counts.iter().all(Truth::is_true) {
            Truth::True
        } else if counts.iter().all(Truth::is_false) {
            Truth::False
        } else {
            Truth::unknown("history")
        }
    }

    fn counts_as(&self, effect: Effect) -> Truth {
        match (effect, self.granted) {
            (Effect::Allow, _) | (Effect::ApprovalRequired, Granted::Yes) => Truth::True,
            (Effect::Deny, _) | (Effect::ApprovalRequired, Granted::No) => Truth::False,
            (Effect::ApprovalRequired, Granted::Unknown) => Truth::unknown("history"),
        }
    }

    /// Whether it was done and done successfully.
    pub fn succeeded(&self) -> Truth {
        self.executed().and(self.recorded_success())
    }

    /// "A non-null `error` is outcome error; `error: null` with a result is success" (SPEC 5); "an absent `error` beside a
    /// result is null"; "recorded as blocked or rejected and not denied here: outcome and result unknown".
    fn recorded_success(&self) -> Truth {
        let record = &self.facts.record;
        match record.outcome {
            _ if record.error.is_some() => Truth::False,
            Some(Outcome::Error) => Truth::False,
            Some(Outcome::Success) => Truth::True,
            None if record.broken.contains(&Fact::Outcome) => Truth::unknown("history"),
            None if record.result.is_some() => Truth::True,
            Some(Outcome::Blocked | Outcome::Rejected) | None => Truth::unknown("history"),
        }
    }

    /// "Calls are parallel only where both turns are known and equal."
    pub fn parallel_to(&self, now: &Facts) -> bool {
        now.record.turn.is_some() && now.record.turn == self.facts.record.turn
    }

    /// Whether it was in the run of the action that is decided now; an unknown run may be any.
    pub fn in_run_of(&self, now: &Facts) -> Truth {
        match (now.run(), self.facts.run()) {
            (Some(now), Some(then)) => Truth::of(now == then),
            (None, _) => Truth::unknown("run_id"),
            (Some(_), None) => Truth::unknown("history"),
        }
    }
}
