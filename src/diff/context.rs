use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Side;
use crate::model::{Conditions, Document, DocumentId, Effect, Exception, Reason, Rule};

/// What the direction of a change hangs on beside the document itself. It holds what stands on either side, so that what
/// is said of one document holds whatever becomes of the others.
pub(super) struct Context<'a> {
    /// The rules that act on either side.
    rules: Vec<&'a Rule>,
    /// Every document on either side.
    documents: BTreeMap<&'a DocumentId, Vec<&'a Document>>,
    /// The exceptions on either side, by what they are from.
    exceptions: BTreeMap<&'a DocumentId, Vec<&'a Exception>>,
    /// Whether an exception from a rule holds for a number of uses.
    counts_for_rules: bool,
    defaults: [Effect; 2],
    ttls: [u64; 2],
}

impl<'a> Context<'a> {
    pub fn new(before: &Side<'a>, after: &Side<'a>) -> Self {
        let mut cx = Self {
            rules: Vec::new(),
            documents: BTreeMap::new(),
            exceptions: BTreeMap::new(),
            counts_for_rules: false,
            defaults: [before.default_effect(), after.default_effect()],
            ttls: [before.settings.session_ttl, after.settings.session_ttl],
        };
        for document in before.documents.iter().chain(after.documents) {
            let versions = cx.documents.entry(document.id()).or_default();
            if versions.contains(&document) {
                continue;
            }
            versions.push(document);
            match document {
                Document::Rule(rule) if rule.is_active => cx.rules.push(rule),
                Document::Exception(exception) => cx.exceptions.entry(&exception.policy).or_default().push(exception),
                _ => {}
            }
        }
        let counted =
            |id: &DocumentId| cx.is_counted(id) && cx.versions(id).any(|one| matches!(one, Document::Rule(_)));
        cx.counts_for_rules = cx.exceptions.keys().any(|id| counted(id));
        cx
    }

    /// What a document is on either side.
    pub fn versions(&self, id: &DocumentId) -> impl Iterator<Item = &'a Document> {
        self.documents.get(id).into_iter().flatten().copied()
    }

    fn exceptions(&self, id: &DocumentId) -> impl Iterator<Item = &'a Exception> {
        self.exceptions.get(id).into_iter().flatten().copied()
    }

    /// Whether an exception from a document holds for a number of uses. Then what the document says now decides how many
    /// are left later.
    pub fn is_counted(&self, id: &DocumentId) -> bool {
        self.exceptions(id).any(|exception| exception.max_uses.is_some())
    }

    /// Whether an exception from any rule holds for a number of uses: then what a rule above it decides is a use less.
    pub fn counts_for_rules(&self) -> bool {
        self.counts_for_rules
    }

    /// Whether any exception holds for a number of uses.
    pub fn counts(&self) -> bool {
        self.exceptions.values().flatten().any(|exception| exception.max_uses.is_some())
    }

    /// Whether an exception from a policy tells stale evidence from missing evidence.
    pub fn tells_stale_from_missing(&self, id: &DocumentId) -> bool {
        let has =
            |exception: &Exception, code| exception.reasons.as_ref().is_none_or(|reasons| reasons.contains(&code));
        self.exceptions(id).any(|one| has(one, Reason::StaleEvidence) != has(one, Reason::MissingEvidence))
    }

    /// How long approvals hold where a rule does not say, on both sides.
    pub fn ttls(&self) -> [u64; 2] {
        self.ttls
    }

    /// The least and the most restrictive effect of what may decide where a rule does not match, or only may: any rule
    /// asked after it, with its conditions, and the default. Since facts may be unknown, no pattern rules any of them out.
    pub fn rest(&self, rule: &Rule) -> (Effect, Effect) {
        let [one, other] = self.defaults;
        let later = self.others(rule).filter(|other| order(rule) < order(other));
        later.fold((one.min(other), one.max(other)), |(low, high), other| {
            let (least, most) = range(other);
            (low.min(least), high.max(most))
        })
    }

    /// The other rules that act.
    pub fn others(&self, rule: &Rule) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().copied().filter(move |other| other.id != rule.id)
    }
}

/// Where a rule stands in the order in which rules are asked. Ids are unique, and sorted in the bundle.
pub(super) fn order(rule: &Rule) -> (Reverse<u64>, Reverse<Effect>, &DocumentId) {
    (Reverse(rule.priority), Reverse(rule.policy_effect), &rule.id)
}

/// What a rule that matches can decide: its effect, and the most restrictive one that its conditions make of it.
pub(super) fn range(rule: &Rule) -> (Effect, Effect) {
    let Conditions { arguments: _, rate_limit, time_restriction, cost_threshold, webhook_check } = &rule.conditions;
    let effects = [
        rate_limit.as_ref().map(|rate| rate.on_exceed),
        time_restriction.as_ref().map(|time| time.on_violation),
        cost_threshold.as_ref().map(|cost| cost.on_exceed),
        // It may have answered deny, whatever it says on a timeout.
        webhook_check.as_ref().map(|_| Effect::Deny),
    ];
    let most = effects.into_iter().flatten().fold(rule.policy_effect, Effect::max);
    (rule.policy_effect, most)
}
