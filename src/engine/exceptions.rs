use super::call::matches;
use super::judge::Judge;
use super::tri::{Facts, Tri};
use crate::model::{Exception, Polarity, Reason};

impl Judge<'_, '_, '_> {
    fn exception(&self, rank: u32) -> Option<&Exception> {
        self.engine.bundle.exceptions.get(rank as usize)
    }

    /// Whether an exception is from reasons of this code.
    pub fn covers(&self, rank: u32, code: Reason) -> bool {
        self.exception(rank)
            .is_some_and(|exception| exception.reasons.as_ref().is_none_or(|reasons| reasons.contains(&code)))
    }

    /// Whether an exception holds for this action and lifts reasons of this code.
    pub fn holds(&self, rank: u32, code: Reason) -> Tri {
        match self.exception(rank) {
            Some(exception) if self.covers(rank, code) => self.applies(rank, exception),
            _ => Tri::False,
        }
    }

    fn applies(&self, rank: u32, exception: &Exception) -> Tri {
        let actions = exception.actions.as_ref().map_or(Tri::True, |patterns| {
            Tri::any(patterns.iter().map(|pattern| self.call.matches(pattern, Polarity::Permits)))
        });
        self.holds_for_caller(exception).and(actions).and(self.unspent(rank, exception))
    }

    /// Whether an exception is for a caller at this time, whatever is done.
    pub fn holds_for_caller(&self, exception: &Exception) -> Tri {
        let call = self.call;
        let agents = exception.agents.as_ref().map_or(Tri::True, |patterns| {
            Tri::any(patterns.iter().map(|pattern| matches(pattern, call.agent, Facts::AGENT)))
        });
        let runs = exception.runs.as_ref().map_or(Tri::True, |patterns| {
            Tri::any(patterns.iter().map(|pattern| matches(pattern, call.run, Facts::RUN)))
        });
        agents.and(runs).and(self.in_time(exception))
    }

    /// Whether it has begun and not ended yet.
    fn in_time(&self, exception: &Exception) -> Tri {
        let Some(now) = self.call.time else {
            let bounded = exception.starts_at.is_some() || exception.expires_at.is_some();
            return if bounded { Tri::Unknown(Facts::TIME) } else { Tri::True };
        };
        let begun = exception.starts_at.is_none_or(|start| start <= now);
        (begun && exception.expires_at.is_none_or(|end| now < end)).into()
    }

    /// Whether a use is left.
    fn unspent(&self, rank: u32, exception: &Exception) -> Tri {
        let Some(most) = exception.max_uses else { return Tri::True };
        let uses = self.and_untold(self.memory.uses.get(rank as usize).copied().unwrap_or_default());
        Tri::reaches(&uses.low, &uses.high, &most, Facts::HISTORY).not()
    }
}
