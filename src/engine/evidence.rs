use super::decision::Part;
use super::guard::{Evidence, Grounded, Guard};
use super::judge::Judge;
use super::plan::Aspect;
use super::policies::Finding;
use super::sightings::{Sighting, key};
use super::tri::{Facts, Tri};
use super::walk::SECOND;
use crate::model::Reason;

/// What earlier actions say of one required action.
struct Proof {
    /// Whether it succeeded, and recently enough.
    met: Tri,
    /// Whether it may have succeeded at all.
    possible: bool,
    /// Whether it surely succeeded, however long ago.
    sure: bool,
}

impl<'b> Judge<'_, 'b, '_> {
    /// Required actions that did not succeed earlier in the run.
    pub fn evidence(&mut self, guard: &Guard<'b>, aspect: &Aspect, scope: Tri) {
        for (rank, names) in &aspect.evidence {
            let Some(evidence) = guard.evidence.get(*rank as usize) else { continue };
            let proof = self.proof(evidence, aspect);
            let code = if proof.possible { Reason::StaleEvidence } else { Reason::MissingEvidence };
            let test = names.and(proof.met.not());
            let finding = Finding { code, part: Part::Evidence(*rank), test, counted: (0, 0) };
            if proof.possible && !proof.sure {
                self.give_either(guard, scope, &finding);
            } else {
                self.give(guard, scope, finding);
            }
        }
    }

    /// Gives a reason of which the code is not known: it is missing evidence if what may have succeeded did not, stale
    /// evidence else. An exception from one of the two lifts it for sure only if another one lifts the other.
    fn give_either(&mut self, guard: &Guard<'b>, scope: Tri, finding: &Finding) {
        let test = scope.and(finding.test);
        if test == Tri::False {
            return;
        }
        let (mut stale, mut missing) = (Tri::False, Tri::False);
        for rank in &guard.exceptions {
            let (of_stale, of_missing) =
                (self.holds(*rank, Reason::StaleEvidence), self.holds(*rank, Reason::MissingEvidence));
            let may = of_stale.is_possible() || of_missing.is_possible();
            self.note(guard, *rank, finding, test, may, of_stale.is_sure() && of_missing.is_sure());
            (stale, missing) = (stale.or(of_stale), missing.or(of_missing));
        }
        let lift = match (stale, missing) {
            (Tri::True, Tri::True) => Tri::True,
            (Tri::False, Tri::False) => Tri::False,
            _ => Tri::Unknown(stale.facts() | missing.facts() | Facts::HISTORY),
        };
        self.push(guard, finding, test.and(lift.not()));
    }

    fn proof(&self, evidence: &Evidence<'b>, aspect: &Aspect) -> Proof {
        let (age, may) = &aspect.age;
        let dated = age.is_some() || !may.is_empty();
        let facts = Facts::RUN.when(self.call.run.is_none())
            | self.time_fact().when(dated)
            | Facts::INTEGRATION.when(!may.is_empty());
        let facts = facts.or(Facts::HISTORY);
        let mut proof = Proof { met: Tri::False, possible: false, sure: false };
        for sighting in self.runs.evidence(evidence.seen, self.call.turn) {
            let fresh = self.fresh(sighting, aspect, facts);
            proof.met = proof.met.or(if sighting.sure { fresh } else { fresh.and(Tri::Unknown(facts)) });
            proof.possible = true;
            proof.sure |= sighting.sure;
        }
        if self.memory.open_past {
            proof.met = proof.met.or(Tri::Unknown(facts));
            proof.possible = true;
        }
        proof
    }

    /// Whether something seen is recent enough for an action whose evidence may be so old.
    fn fresh(&self, sighting: Sighting, aspect: &Aspect, facts: Facts) -> Tri {
        let within = |age: u64| match (self.now, sighting.at) {
            (Some(now), Some(at)) => (now.saturating_sub(at) <= i128::from(age) * SECOND).into(),
            _ => Tri::Unknown(facts),
        };
        let (age, may) = &aspect.age;
        let sure = age.map_or(Tri::True, within);
        let open = may.iter().any(|age| within(*age) != Tri::True);
        if open { sure.and(Tri::Unknown(facts)) } else { sure }
    }

    /// Arguments that do not equal what an earlier action brought.
    pub fn groundings(&mut self, guard: &Guard<'b>, aspect: &Aspect, scope: Tri) {
        for (rank, names) in &aspect.groundings {
            let Some(grounded) = guard.groundings.get(*rank as usize) else { continue };
            let test = names.and(self.ungrounded(grounded));
            let (code, part) = (Reason::UngroundedArgument, Part::Grounding(*rank));
            self.give(guard, scope, Finding { code, part, test, counted: (0, 0) });
        }
    }

    fn ungrounded(&self, grounded: &Grounded<'b>) -> Tri {
        let Some(arguments) = self.call.details.arguments() else { return Tri::Unknown(Facts::ARGUMENTS) };
        let Some(value) = arguments.get(grounded.argument) else { return Tri::False };
        let (sure, possible) = self.runs.finds(grounded.seen, &key(value), self.call.turn);
        match (sure, possible || self.memory.open_past) {
            (true, _) => Tri::False,
            (false, true) => Tri::Unknown(Facts::RUN.when(self.call.run.is_none()).or(Facts::HISTORY)),
            (false, false) => Tri::True,
        }
    }
}
