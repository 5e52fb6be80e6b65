//! The replay, written plainly over the reference evaluator: SPEC section 6, sentence by sentence.

use policyc::model::{Bundle, Fact, Time};
use policyc::replay::Approvals;

use crate::oracle::{Granted, Oracle, Verdict};
use crate::questions::Asked;
use crate::reading::{Deed, Log};

/// One side: what decides, and whether the kill switch is on.
#[derive(Clone, Copy)]
pub struct Side<'b> {
    pub bundle: &'b Bundle,
    pub kill_switch: bool,
}

/// An action with what each side decides.
pub struct Decided<'d> {
    pub deed: &'d Deed,
    pub base: Option<Verdict>,
    pub head: Verdict,
}

/// Replays logs; the decisions are in the order in which they were made.
pub fn replay<'d>(log: &'d Log, asked: &Asked, base: Option<Side<'_>>, head: Side<'_>) -> Vec<Decided<'d>> {
    let deeds = by_time(&log.deeds);
    let mut base = base.map(|side| decisions(side, &deeds, asked).into_iter());
    let head = decisions(head, &deeds, asked);
    let decided = deeds.into_iter().zip(head);
    decided.map(|(deed, head)| Decided { deed, base: base.as_mut().and_then(Iterator::next), head }).collect()
}

/// "Order is timestamp, then input order; records without a time keep input order": right behind the one before them.
fn by_time(deeds: &[Deed]) -> Vec<&Deed> {
    let mut now: Option<Time> = None;
    let mut placed: Vec<(Option<Time>, &Deed)> = Vec::new();
    for deed in deeds {
        now = deed.action.timestamp.or(now);
        placed.push((now, deed));
    }
    placed.sort_by_key(|(time, _)| *time);
    placed.into_iter().map(|(_, deed)| deed).collect()
}

/// "Each with its own defaults and its own state from its own decisions."
fn decisions(side: Side<'_>, deeds: &[&Deed], asked: &Asked) -> Vec<Verdict> {
    let mut oracle = Oracle::new(side.bundle, side.kill_switch).assuming(asked.assumed.beside_catalog());
    deeds.iter().map(|deed| oracle.decide(&deed.action, granted(deed, asked.approvals))).collect()
}

/// "`--approvals granted`, the default of simulate; `denied`; `as-recorded`."
fn granted(deed: &Deed, approvals: Approvals) -> Granted {
    use policyc::model::Outcome::{Blocked, Error, Rejected, Success};
    let action = &deed.action;
    let as_recorded = || match action.outcome {
        Some(Rejected) => Granted::No,
        Some(Success | Error) => Granted::Yes,
        None if action.error.is_some() => Granted::Yes,
        // An outcome that is given brokenly may be any, whatever the result.
        None if action.result.is_some() && !action.broken.contains(&Fact::Outcome) => Granted::Yes,
        Some(Blocked) | None => Granted::Unknown,
    };
    match approvals {
        Approvals::Granted => Granted::Yes,
        Approvals::Denied => Granted::No,
        Approvals::AsRecorded => as_recorded(),
    }
}
