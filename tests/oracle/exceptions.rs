//! Carve-outs (SPEC 2.3): "while it holds, the reasons that this policy or rule would give for a matching action are
//! lifted".

use policyc::model::{DocumentId, Exception, Reason};

use super::Now;
use super::history::Past;
use super::matching::{self, Use};
use super::truth::Truth;

/// The exceptions from a document that lift a reason (`reasons?`: "default all").
pub fn covering<'a>(now: Now<'a>, id: &DocumentId, code: Reason) -> Vec<&'a Exception> {
    now.bundle.exceptions.iter().filter(|exception| exception.policy == *id && covers(exception, code)).collect()
}

pub fn covers(exception: &Exception, code: Reason) -> bool {
    exception.reasons.as_ref().is_none_or(|reasons| reasons.contains(&code))
}

/// Whether a reason of a document is lifted.
pub fn lifts(now: Now<'_>, id: &DocumentId, code: Reason) -> Truth {
    Truth::any(covering(now, id, code).into_iter().map(|exception| holds(now, exception)))
}

/// "An exception's given keys must all match."
pub fn holds(now: Now<'_>, exception: &Exception) -> Truth {
    let facts = now.facts;
    let agents = exception.agents.as_ref().map_or(Truth::True, |agents| {
        Truth::any(agents.iter().map(|agent| matching::pattern(agent, facts.agent(), "agent_id")))
    });
    let runs = exception
        .runs
        .as_ref()
        .map_or(Truth::True, |runs| Truth::any(runs.iter().map(|run| matching::pattern(run, facts.run(), "run_id"))));
    let actions =
        exception.actions.as_ref().map_or(Truth::True, |actions| matching::any_action(actions, facts, Use::Permits));
    Truth::all([agents, runs, actions, in_time(now, exception), uses_left(now, exception)])
}

/// "`starts_at?`, `expires_at` (RFC 3339, exclusive)".
fn in_time(now: Now<'_>, exception: &Exception) -> Truth {
    let unknown = || Truth::unknown("timestamp");
    let time = now.facts.time();
    let started =
        exception.starts_at.map_or(Truth::True, |start| time.map_or_else(unknown, |now| Truth::of(start <= now)));
    let not_over =
        exception.expires_at.map_or(Truth::True, |end| time.map_or_else(unknown, |now| Truth::of(now < end)));
    started.and(not_over)
}

/// `max_uses`: "A use is an action that was not finally denied and from which something was lifted."
fn uses_left(now: Now<'_>, exception: &Exception) -> Truth {
    let Some(most) = exception.max_uses else { return Truth::True };
    let (mut sure, mut possible) = (0, 0);
    for past in now.past {
        let (used, certainly) = used_in(past, exception);
        sure += u64::from(used && certainly && past.executed().is_true());
        possible += u64::from(used && past.executed().is_possible());
    }
    if possible < most {
        Truth::True
    } else if sure >= most {
        Truth::False
    } else {
        Truth::unknown("history")
    }
}

/// Whether an exception may have lifted something from an earlier action, and whether it surely did.
fn used_in(past: &Past, exception: &Exception) -> (bool, bool) {
    let of_it = past.verdict.lifted.iter().filter(|lifted| lifted.exception == exception.id.as_str());
    let certain: Vec<bool> = of_it.map(|lifted| lifted.certain).collect();
    (!certain.is_empty(), certain.contains(&true))
}
