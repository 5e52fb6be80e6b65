//! The approvals that a lock names, held against those that are found.

use std::collections::BTreeSet;

use crate::lifecycle::GovernedBy;
use crate::lifecycle::approvals;
use crate::lifecycle::locks::{Authority, Brought, Step, may_approve};
use crate::written::{Evidence, ReviewKind, ReviewedLock, UsedApproval};

/// What the approvals that a lock names are held against.
pub(super) struct Named<'a> {
    /// What the lock does.
    pub step: Step,
    /// The change that was to be approved.
    pub change: &'a ReviewedLock,
    /// What governs it, on the base side.
    pub governed: &'a GovernedBy,
    /// What is needed, and found.
    pub authority: &'a Authority,
    /// What comes with it.
    pub brought: &'a Brought,
}

/// What the approvals that a lock names come to.
pub(super) struct Held {
    /// The principals whose approvals are found.
    proven: BTreeSet<String>,
    /// Those whose approvals are not, and may be where this clone does not see them.
    pub absent: BTreeSet<String>,
    /// Whether one of these is to be at a forge.
    pub of_forge: bool,
}

/// Whether who must stand behind a lock does.
pub(super) enum Verdict {
    /// They do.
    Met,
    /// They do not; why.
    Lacks(String),
    /// Nobody can tell here; why.
    Unknown(String),
}

impl Named<'_> {
    /// Looks each of them up.
    ///
    /// # Errors
    /// Why one of them cannot be, wherever it is looked for.
    pub fn held(&self, named: &[UsedApproval]) -> Result<Held, String> {
        let mut held = Held { proven: BTreeSet::new(), absent: BTreeSet::new(), of_forge: false };
        for used in named {
            let who = &used.principal;
            if used.digest != self.change.change {
                return Err(format!("the approval by `{who}` that it names is of another change"));
            }
            self.carried(used)?;
            let found = self.authority.approvals.iter().find(|own| own.principal == *who);
            // What is proven better than it says is proven.
            if found.is_some_and(|own| own.evidence >= used.evidence) {
                held.proven.insert(who.clone());
            } else if self.may_be_elsewhere(used) {
                held.absent.insert(who.clone());
                held.of_forge |= used.evidence == Evidence::Forge;
            } else {
                return Err(format!("the approval by `{who}` that it names is not there"));
            }
        }
        Ok(held)
    }

    /// A record that a lock carries is one of whom it names, about exactly this.
    fn carried(&self, used: &UsedApproval) -> Result<(), String> {
        let Some(record) = &used.record else { return Ok(()) };
        let of = self.governed.principals.everyone(record.by.trim());
        let is_it = record.kind == ReviewKind::Approve && record.environment.as_ref() == Some(self.change);
        if is_it && of.contains(&used.principal) {
            return Ok(());
        }
        Err(format!("the record that it carries is no approval of it by `{}`", used.principal))
    }

    /// Whether an approval that is not found may be one all the same. Those of the environment itself travel in the lock; what is
    /// elsewhere are the reviews of what it brings.
    fn may_be_elsewhere(&self, used: &UsedApproval) -> bool {
        let principals = &self.governed.principals;
        let needs = &self.authority.needs;
        let brings = self.step == Step::Deploy && self.brought.approvers.is_some() && used.record.is_none();
        let wrote = || self.brought.contributors.iter().any(|who| principals.everyone(who).contains(&used.principal));
        brings && used.evidence >= needs.evidence && may_approve(principals, &used.principal, needs) && !wrote()
    }

    /// Whether all together is enough. What counts is what the lock names, so that every reader counts the same, and the reviews
    /// of the pull request that brought it, which it could not name. `pull`: what of these is not known.
    pub fn judged(&self, held: &Held, pull: Option<String>) -> Verdict {
        let Authority { needs, loosens, judgement, .. } = self.authority;
        let lacking =
            |who: &BTreeSet<String>| approvals::missing(needs, *loosens, &self.governed.principals, who).join("; ");
        let counted: BTreeSet<String> = held.proven.union(&judgement.approvers).cloned().collect();
        let lacks = lacking(&counted);
        if held.absent.is_empty() {
            return match (lacks.is_empty(), pull) {
                (true, _) => Verdict::Met,
                (false, Some(unknown)) => Verdict::Unknown(format!("{lacks}; {unknown}")),
                (false, None) => Verdict::Lacks(lacks),
            };
        }
        // As much as it can be, if all that it names is true.
        let most = lacking(&counted.union(&held.absent).cloned().collect());
        if !most.is_empty() && pull.is_none() {
            return Verdict::Lacks(most);
        }
        let names: Vec<String> = held.absent.iter().map(|who| format!("`{who}`")).collect();
        Verdict::Unknown(format!("the approval by {} that it names is not found here", names.join(", ")))
    }
}
