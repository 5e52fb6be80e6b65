//! What is likely not meant, held to every action: definitions written out, over one bundle.
//!
//! What must be told is what holds of all actions, also of those that a closed catalog denies anyway; what is told must hold
//! at least of those that it lets through. Between the two, both answers are right.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use policyc::effects::{Findings, Limits, Place, Shadowed, Tie, findings, stateless};
use policyc::engine::{Call, Cause, Criteria, Decision, Part, Source};
use policyc::model::{Action, ActionPattern, AgentState, Bundle, Catalog, Effect, Exception, Polarity, Reason, Rule};

use crate::alphabet::Alphabet;
use crate::arguments::Test;
use crate::reader::in_space;
use crate::reference::{decide, rules_alone, worlds};
use crate::rows::{demand, is_exact};
use crate::trying::{Told, on_pairs};

/// The bundle with a catalog that denies nothing, and without exceptions.
fn opened(bundle: &Bundle) -> Bundle {
    let mut bundle = bundle.clone();
    (bundle.catalog.closed, bundle.catalog.closed_agents) = (false, false);
    bundle.catalog.agents.values_mut().for_each(|entry| entry.state = AgentState::Active);
    bundle.exceptions.clear();
    bundle
}

/// The most actions of one case, and about how many are decided.
const LIMIT: usize = 12_000;
const MOST: usize = 800;

/// One bundle, and everything about every action.
struct Looked {
    /// The rules with all of their conditions.
    written: Vec<Rule>,
    /// While all exceptions for a number of uses have uses left.
    bundle: Bundle,
    /// In every way in which some of them are used up.
    worlds: Vec<Bundle>,
    found: Findings,
    /// All actions in the first world, then all in the next.
    actions: Vec<Action>,
    /// What is decided.
    decisions: Vec<Decision>,
    /// What the rules and the default alone decide.
    alone: Vec<Decision>,
    /// The actions that each rule matches, if it is active.
    matched: Vec<Vec<bool>>,
    /// Those of them for which an exception passes it over.
    passed: Vec<Vec<bool>>,
    exact: bool,
}

impl Looked {
    fn new(original: &Bundle) -> Option<Self> {
        let bundle = stateless(original);
        let worlds: Vec<Bundle> = worlds([original])?.into_iter().flatten().collect();
        let one = Alphabet::of([&bundle, &bundle]).actions(MOST / worlds.len(), LIMIT / worlds.len())?;
        let actions: Vec<Action> = worlds.iter().flat_map(|_| one.clone()).collect();
        let matched = bundle.rules.iter().map(|rule| matched(&bundle.catalog, rule, &actions)).collect();
        let passed_by = |rule| worlds.iter().flat_map(|world| passed(world, rule, &one)).collect();
        let passed = bundle.rules.iter().map(passed_by).collect();
        Some(Self {
            written: original.rules.clone(),
            found: findings(original, Limits::default()),
            decisions: everywhere(&worlds, &actions, Bundle::clone),
            alone: everywhere(&worlds, &actions, rules_alone),
            exact: is_exact(&bundle),
            bundle,
            worlds,
            actions,
            matched,
            passed,
        })
    }

    fn rules(&self) -> impl Iterator<Item = (usize, &Rule)> {
        self.bundle.rules.iter().enumerate().filter(|(_, rule)| rule.is_active)
    }

    /// Whether one rule is asked before another.
    fn precedes(&self, one: usize, other: usize) -> bool {
        let key =
            |at: usize| (Reverse(self.bundle.rules[at].priority), Reverse(self.bundle.rules[at].policy_effect), at);
        key(one) < key(other)
    }

    /// Whether a rule matches, and no exception passes it over.
    fn takes(&self, rule: usize, action: usize) -> bool {
        self.matched[rule][action] && !self.passed[rule][action]
    }

    /// Whether the catalog lets an action come to the rules at all.
    fn stands(&self, action: usize) -> bool {
        self.decisions[action].causes.iter().all(|cause| cause.source != Source::Catalog)
    }

    fn of(&self, rule: usize) -> impl Iterator<Item = usize> {
        (0..self.actions.len()).filter(move |at| self.matched[rule][*at])
    }

    fn check(&self) -> Told {
        demand(self.found.complete || !self.exact, || "not everything was looked at".to_owned())?;
        self.shadowed()?;
        self.redundant()?;
        self.dead()?;
        self.ties()?;
        self.broad()?;
        Ok(!self.bundle.rules.is_empty())
    }

    fn shadowed(&self) -> Result<(), String> {
        let told = ranks(&self.found.shadowed)?;
        for (rule, _) in self.rules() {
            let mut all = self.of(rule).peekable();
            let some = all.peek().is_some();
            let is = some && all.all(|at| self.rules().any(|(one, _)| self.precedes(one, rule) && self.takes(one, at)));
            demand(!is || told.contains(&rule) || !self.exact, || self.told("is shadowed, and not told", rule))?;
        }
        for shadowed in &self.found.shadowed {
            let rule = rank(shadowed.what)?;
            let decides =
                self.alone.iter().enumerate().find(|(at, one)| one.rule == Some(rule as u32) && self.stands(*at));
            demand(decides.is_none(), || self.told("is told to be shadowed, and decides", rule))?;
            let by = by(shadowed)?;
            demand(by.is_sorted_by(|one, other| self.precedes(*one, *other)), || format!("in no order: {by:?}"))?;
            demand(by.iter().all(|one| self.precedes(*one, rule)), || format!("not before it: {shadowed:?}"))?;
            let hidden = |at: usize| by.iter().any(|one| self.takes(*one, at)) || self.passed[rule][at];
            demand(self.of(rule).filter(|at| self.stands(*at)).all(hidden), || {
                self.told(&format!("is not shadowed by {by:?} alone"), rule)
            })?;
        }
        Ok(())
    }

    /// What the rules decide without one of them.
    fn without(&self, rule: usize) -> Vec<Decision> {
        everywhere(&self.worlds, &self.actions, |world| {
            let mut bundle = rules_alone(world);
            bundle.rules[rule].is_active = false;
            bundle
        })
    }

    fn redundant(&self) -> Result<(), String> {
        let (told, shadowed) = (ranks(&self.found.redundant)?, ranks(&self.found.shadowed)?);
        let dead: BTreeSet<Source> = self.found.dead.iter().map(|dead| dead.what.source).collect();
        for (rule, _) in self.rules() {
            let without = self.without(rule);
            let same = |at: usize| without[at].effect == self.alone[at].effect;
            let plain = self.rules().all(|(at, _)| is_plain(&self.written[at]));
            let all = (0..self.actions.len()).all(same);
            // What is dead is told as that.
            let elsewhere = shadowed.contains(&rule) || dead.contains(&Source::Rule(rule as u32));
            let is = all && plain && self.of(rule).next().is_some() && !elsewhere;
            demand(!is || told.contains(&rule) || !self.exact, || self.told("is redundant, and not told", rule))?;
            if told.contains(&rule) {
                demand(!shadowed.contains(&rule), || self.told("is told twice", rule))?;
                let conditions = &self.written[rule].conditions;
                let hour = conditions.cost_threshold.as_ref().is_some_and(|cost| cost.max_cost_per_hour.is_some());
                let stateful = hour || conditions.rate_limit.is_some() || conditions.webhook_check.is_some();
                demand(!stateful, || self.told("has conditions of its own", rule))?;
                demand((0..self.actions.len()).all(|at| same(at) || !self.stands(at)), || {
                    self.told("is told to be redundant, and is not", rule)
                })?;
            }
        }
        Ok(())
    }

    /// Whether a policy or the catalog denies an action.
    fn denied(&self, action: usize) -> bool {
        let denies =
            |cause: &Cause| cause.effect == Effect::Deny && matches!(cause.source, Source::Policy(_) | Source::Catalog);
        self.decisions[action].causes.iter().any(denies)
    }

    fn dead(&self) -> Result<(), String> {
        let told: BTreeSet<Place> = self.found.dead.iter().map(|dead| whole(dead.what)).collect();
        let elsewhere: BTreeSet<Place> =
            self.found.shadowed.iter().chain(&self.found.redundant).map(|one| one.what).collect();
        for (rule, own) in self.rules().filter(|(_, rule)| rule.policy_effect != Effect::Deny) {
            let place = Place { source: Source::Rule(rule as u32), part: Part::Effect, entry: None };
            let is = self.of(rule).next().is_some() && self.of(rule).all(|at| self.denied(at));
            let said = told.contains(&place) || elsewhere.contains(&place);
            demand(!is || said || !self.exact, || self.told(&format!("{} is dead, and not told", own.id), rule))?;
        }
        for (rank, policy) in (0_u32..).zip(&self.bundle.policies).filter(|(_, policy)| policy.enabled) {
            for (place, about) in self.entries(rank) {
                let lives = about.iter().any(|at| !self.denied(*at));
                let why = || format!("{:?} {:?} of {}: {:#?}", place.part, place.entry, policy.id, self.found.dead);
                // An entry that is about nothing at all is told, or not.
                let is = !lives && !about.is_empty() && self.exact;
                demand(!is || told.contains(&place), || format!("dead, and not told: {}", why()))?;
                demand(!lives || !told.contains(&place), || format!("told to be dead, and alive: {}", why()))?;
            }
        }
        for place in &told {
            if let Source::Rule(rule) = place.source {
                let rule = rule as usize;
                demand(self.of(rule).all(|at| self.denied(at)), || self.told("is told to be dead, and is not", rule))?;
            }
        }
        Ok(())
    }

    /// The entries of a policy's lists and its approval rules, and the actions that each is about.
    fn entries(&self, rank: u32) -> Vec<(Place, Vec<usize>)> {
        let (policy, source, applies) =
            (&self.bundle.policies[rank as usize], Source::Policy(rank), self.applies(rank));
        let about = |entry: &ActionPattern, polarity| {
            let all = 0..self.actions.len();
            all.filter(|at| applies[*at] && names(entry, &self.actions[*at], polarity)).collect()
        };
        let place = |part, entry| Place { source, part, entry };
        let asking = (0..).zip(&policy.approval_actions).map(|(at, entry)| {
            (place(Part::Approval(Criteria::default()), Some(at)), about(entry, Polarity::Restricts))
        });
        let allowed = (0..).zip(policy.allowed_actions.iter().flatten());
        let allowed = allowed.map(|(at, entry)| (place(Part::Allowed, Some(at)), about(entry, Polarity::Permits)));
        let rules = (0..policy.approval_rules.len() as u32).map(Part::ApprovalRule);
        asking.chain(allowed).chain(rules.map(|part| (place(part, None), self.asked(rank, part)))).collect()
    }

    /// For which actions a policy's scope applies: those that it would deny if it allowed nothing.
    fn applies(&self, policy: u32) -> Vec<bool> {
        let mut alone = opened(&self.bundle);
        alone.policies = vec![self.bundle.policies[policy as usize].clone()];
        alone.policies[0].allowed_actions = Some(BTreeSet::new());
        let denies = |decision: &Decision| decision.causes.iter().any(|cause| cause.code == Reason::NotInAllowlist);
        decide(&alone, &self.actions).iter().map(denies).collect()
    }

    /// The actions that an approval rule asks for, whatever else is decided.
    fn asked(&self, policy: u32, part: Part) -> Vec<usize> {
        let asks = |decision: &Decision| {
            decision.causes.iter().any(|cause| (cause.source, cause.part) == (Source::Policy(policy), part))
        };
        let decided = decide(&opened(&self.bundle), &self.actions);
        decided.iter().enumerate().filter(|(_, decision)| asks(decision)).map(|(at, _)| at).collect()
    }

    fn ties(&self) -> Result<(), String> {
        let told: BTreeSet<(usize, usize)> =
            self.found.ties.iter().map(|tie| (tie.decides as usize, tie.other as usize)).collect();
        for (one, strict) in self.rules() {
            for (other, loose) in self.rules().filter(|(_, loose)| loose.priority == strict.priority) {
                let decides = |at: &usize| {
                    !self.denied(*at) && self.alone[*at].rule == Some(one as u32) && self.takes(other, *at)
                };
                let is = strict.policy_effect > loose.policy_effect && self.of(one).any(|at| decides(&at));
                demand(!is || told.contains(&(one, other)) || !self.exact, || {
                    self.told(&format!("is tied with {}, and that is not told", loose.id), one)
                })?;
            }
        }
        demand(told.len() == self.found.ties.len(), || format!("told twice: {:#?}", self.found.ties))?;
        self.found.ties.iter().try_for_each(|tie| self.tie(tie))
    }

    /// Whether a rule decides an action in one of the worlds.
    fn decides(&self, rule: u32, action: &[Action]) -> bool {
        self.worlds.iter().any(|world| decide(&rules_alone(world), action)[0].rule == Some(rule))
    }

    fn tie(&self, tie: &Tie) -> Result<(), String> {
        let (one, other) = (&self.bundle.rules[tie.decides as usize], &self.bundle.rules[tie.other as usize]);
        let witness = std::slice::from_ref(&tie.witness);
        let both = [one, other].iter().all(|rule| matched(&self.bundle.catalog, rule, witness)[0]);
        let is = one.is_active && other.is_active && one.priority == other.priority;
        let is = is && one.policy_effect > other.policy_effect && both && self.decides(tie.decides, witness);
        demand(is && in_space(&tie.witness), || format!("this is no tie: {tie:#?}"))
    }

    fn broad(&self) -> Result<(), String> {
        let told: BTreeSet<u32> = self.found.broad.iter().map(|broad| broad.rule).collect();
        let catalog = &self.bundle.catalog;
        let asked = !catalog.closed && !catalog.actions.is_empty();
        for (at, decision) in self.decisions.iter().enumerate() {
            let allows = decision.effect == Effect::Allow && !knows(catalog, &self.actions[at]);
            if let Some(rule) = decision.rule.filter(|_| asked && allows) {
                demand(told.contains(&rule), || self.told("is broader than the catalog", rule as usize))?;
            }
        }
        for broad in &self.found.broad {
            let rule = &self.bundle.rules[broad.rule as usize];
            let is = asked && rule.is_active && rule.policy_effect == Effect::Allow && in_space(&broad.witness);
            let witness = std::slice::from_ref(&broad.witness);
            let is = is && self.decides(broad.rule, witness) && !knows(catalog, &broad.witness);
            demand(is, || format!("this is not broad: {broad:#?}"))?;
        }
        Ok(())
    }

    fn told(&self, what: &str, rule: usize) -> String {
        format!("{} {what}: {:#?}", self.bundle.rules[rule].id, self.found)
    }
}

/// Decides every action in its world, as the world is after a change.
fn everywhere(worlds: &[Bundle], actions: &[Action], change: impl Fn(&Bundle) -> Bundle) -> Vec<Decision> {
    let each = actions.chunks(actions.len() / worlds.len());
    worlds.iter().zip(each).flat_map(|(world, actions)| decide(&change(world), actions)).collect()
}

/// A place whose criteria are not told apart.
fn whole(place: Place) -> Place {
    let part = if let Part::Approval(_) = place.part { Part::Approval(Criteria::default()) } else { place.part };
    Place { part, ..place }
}

fn rank(place: Place) -> Result<usize, String> {
    match place {
        Place { source: Source::Rule(rank), part: Part::Effect, .. } => Ok(rank as usize),
        other => Err(format!("not a rule: {other:?}")),
    }
}

fn ranks(told: &[Shadowed]) -> Result<BTreeSet<usize>, String> {
    let all: BTreeSet<usize> = told.iter().map(|one| rank(one.what)).collect::<Result<_, _>>()?;
    demand(all.len() == told.len(), || format!("told twice: {told:#?}"))?;
    Ok(all)
}

/// The rules that decide instead, in their order; each may with its effect, its conditions or both.
fn by(shadowed: &Shadowed) -> Result<Vec<usize>, String> {
    let mut all = shadowed.by.iter().map(|place| rank(Place { part: Part::Effect, ..*place })).collect();
    if let Ok(all) = &mut all {
        Vec::dedup(all);
    }
    all
}

/// Whether a rule does nothing but say its effect.
fn is_plain(rule: &Rule) -> bool {
    let conditions = &rule.conditions;
    let none = conditions.rate_limit.is_none() && conditions.webhook_check.is_none();
    none && conditions.cost_threshold.is_none()
        && conditions.time_restriction.is_none()
        && rule.max_session_ttl.is_none()
}

fn names(pattern: &ActionPattern, action: &Action, polarity: Polarity) -> bool {
    pattern.matches(action.integration.as_deref().unwrap(), &action.operation, polarity)
}

fn knows(catalog: &Catalog, action: &Action) -> bool {
    catalog.actions.keys().any(|pattern| names(pattern, action, Polarity::Permits))
}

/// Which actions a rule matches, by the definition.
fn matched(catalog: &Catalog, rule: &Rule, actions: &[Action]) -> Vec<bool> {
    let permits = rule.policy_effect == Effect::Allow;
    let tests: Vec<(&String, Test)> =
        rule.conditions.arguments.iter().map(|(name, schema)| (name, Test::new(schema, permits))).collect();
    let matches = |action: &Action| {
        let call = Call::of(action);
        let entries = catalog.actions.iter().filter(|(pattern, _)| names(pattern, action, Polarity::Permits));
        let level = entries.filter_map(|(_, entry)| entry.data_classification).max().max(action.data_classification);
        let range = rule.data_classification;
        rule.is_active
            && rule.agent_id.matches(call.agent.unwrap())
            && rule.target_integration.matches(call.integration.unwrap())
            && rule.operation.matches(&call.operation)
            && rule.resource_scope.matches(call.resource.unwrap())
            && level.is_some_and(|level| range.low <= level && level <= range.high)
            && tests.iter().all(|(name, test)| test.passes(action.arguments.as_ref().unwrap().get(name)))
    };
    actions.iter().map(matches).collect()
}

/// For which actions an exception passes a rule over.
fn passed(bundle: &Bundle, rule: &Rule, actions: &[Action]) -> Vec<bool> {
    let from: Vec<&Exception> = bundle
        .exceptions
        .iter()
        .filter(|one| one.policy == rule.id && one.reasons.as_ref().is_none_or(|codes| codes.contains(&Reason::Rule)))
        .collect();
    let holds = |action: &Action, one: &Exception| {
        let (agent, run) = (action.agent_id.as_deref().unwrap(), action.run_id.as_deref().unwrap());
        let now = action.timestamp.unwrap();
        one.agents.as_ref().is_none_or(|all| all.iter().any(|pattern| pattern.matches(agent)))
            && one.runs.as_ref().is_none_or(|all| all.iter().any(|pattern| pattern.matches(run)))
            && one.actions.as_ref().is_none_or(|all| all.iter().any(|entry| names(entry, action, Polarity::Permits)))
            && one.starts_at.is_none_or(|start| start <= now)
            && one.expires_at.is_none_or(|end| now < end)
    };
    actions.iter().map(|action| from.iter().any(|one| holds(action, one))).collect()
}

/// What is found is what holds of all actions.
#[test]
fn findings_are_what_holds_of_all_actions() {
    on_pairs("findings are what holds of all actions", 1200, |pair| {
        let Ok(bundle) = pair.head.bundle() else { return Ok(false) };
        Looked::new(&bundle).map_or(Ok(false), |looked| looked.check())
    });
}
