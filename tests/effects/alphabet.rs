//! What two bundles look at: for every fact its values, as far as the bundles tell them apart.

use std::collections::BTreeSet;

use policyc::engine::Call;
use policyc::model::{Action, ActionPattern, Arguments, Bundle, Level, Pattern, Policy, Risk, Rule, Scope, Time, Usd};

use crate::words::{self, Classes};
use crate::{arguments, times};

/// The values of every fact; what nobody looks at has one value.
pub struct Alphabet {
    agents: Classes,
    runs: Classes,
    groups: Classes,
    missions: Classes,
    integrations: Classes,
    operations: Classes,
    resources: Classes,
    levels: Vec<Level>,
    risks: Vec<Risk>,
    tags: Vec<BTreeSet<String>>,
    costs: Vec<Usd>,
    times: Vec<Vec<Time>>,
    arguments: Vec<Vec<Arguments>>,
}

/// The patterns by the facts that they are held against.
#[derive(Default)]
struct Patterns<'b> {
    agents: BTreeSet<&'b Pattern>,
    runs: BTreeSet<&'b Pattern>,
    groups: BTreeSet<&'b Pattern>,
    missions: BTreeSet<&'b Pattern>,
    integrations: BTreeSet<&'b Pattern>,
    operations: BTreeSet<&'b Pattern>,
    resources: BTreeSet<&'b Pattern>,
}

impl Alphabet {
    /// Of two bundles without what hangs on earlier actions.
    pub fn of(bundles: [&Bundle; 2]) -> Self {
        let mut patterns = Patterns::default();
        for bundle in bundles {
            patterns.bundle(bundle);
        }
        let policies: Vec<&Policy> =
            bundles.iter().flat_map(|bundle| &bundle.policies).filter(|policy| policy.enabled).collect();
        let rules: Vec<&Rule> = bundles.iter().flat_map(|bundle| &bundle.rules).filter(|rule| rule.is_active).collect();
        Self {
            agents: words::classes(&patterns.agents, |_| true),
            runs: words::classes(&patterns.runs, |_| true),
            groups: words::classes(&patterns.groups, |_| true),
            missions: words::classes(&patterns.missions, |_| true),
            integrations: words::classes(&patterns.integrations, |word| !word.is_empty() && !word.contains('.')),
            operations: words::classes(&patterns.operations, |_| true),
            resources: words::classes(&patterns.resources, stays),
            levels: levels(&policies, &rules),
            risks: risks(&policies),
            tags: tags(&policies),
            costs: costs(&policies, &rules),
            times: times::classes(bundles),
            arguments: arguments::classes(bundles),
        }
    }

    /// Every action: each class of every fact with each class of the others, and of each class as many values as make
    /// about `most` actions. `None`: one of each class are more than `limit`.
    pub fn actions(&self, most: usize, limit: usize) -> Option<Vec<Action>> {
        let mut each = 12;
        while each > 1 && self.with(each).product() > most {
            each -= 1;
        }
        let values = self.with(each);
        (values.product() <= limit).then(|| values.actions())
    }

    fn with(&self, each: usize) -> Values<'_> {
        Values {
            agents: some(&self.agents, each),
            runs: some(&self.runs, each),
            groups: some(&self.groups, each),
            missions: some(&self.missions, each),
            integrations: some(&self.integrations, each),
            operations: some(&self.operations, each),
            resources: some(&self.resources, each),
            levels: &self.levels,
            risks: &self.risks,
            tags: &self.tags,
            costs: &self.costs,
            times: some(&self.times, each),
            arguments: some(&self.arguments, each),
        }
    }
}

/// The values that are enumerated.
struct Values<'a> {
    agents: Vec<&'a String>,
    runs: Vec<&'a String>,
    groups: Vec<&'a String>,
    missions: Vec<&'a String>,
    integrations: Vec<&'a String>,
    operations: Vec<&'a String>,
    resources: Vec<&'a String>,
    levels: &'a [Level],
    risks: &'a [Risk],
    tags: &'a [BTreeSet<String>],
    costs: &'a [Usd],
    times: Vec<&'a Time>,
    arguments: Vec<&'a Arguments>,
}

fn some<T>(classes: &[Vec<T>], each: usize) -> Vec<&T> {
    classes.iter().flat_map(|class| class.iter().take(each)).collect()
}

impl Values<'_> {
    fn product(&self) -> usize {
        let who = [&self.agents, &self.runs, &self.groups, &self.missions].map(Vec::len);
        let what = [&self.integrations, &self.operations, &self.resources].map(Vec::len);
        let how = [self.levels.len(), self.risks.len(), self.tags.len(), self.costs.len()];
        let rest = [self.times.len(), self.arguments.len()];
        who.into_iter().chain(what).chain(how).chain(rest).product()
    }

    fn actions(&self) -> Vec<Action> {
        let mut actions = vec![Action::default()];
        actions = each(actions, &self.agents, |action, word| action.agent_id = Some((*word).clone()));
        actions = each(actions, &self.runs, |action, word| {
            (action.run_id, action.session_id) = (Some((*word).clone()), Some((*word).clone()));
        });
        actions = each(actions, &self.groups, |action, word| action.group_id = Some((*word).clone()));
        actions = each(actions, &self.missions, |action, word| action.mission_id = Some((*word).clone()));
        actions = each(actions, &self.integrations, |action, word| action.integration = Some((*word).clone()));
        actions = each(actions, &self.operations, |action, word| action.operation.clone_from(word));
        actions = each(actions, &self.resources, |action, word| action.resource = Some((*word).clone()));
        actions = each(actions, self.levels, |action, level| action.data_classification = Some(*level));
        actions = each(actions, self.risks, |action, risk| action.risk_level = Some(*risk));
        actions = each(actions, self.tags, |action, tags| action.tags = Some(tags.clone()));
        actions = each(actions, self.costs, |action, cost| action.cost_usd = Some(*cost));
        actions = each(actions, &self.times, |action, time| action.timestamp = Some(**time));
        each(actions, &self.arguments, |action, arguments| action.arguments = Some((*arguments).clone()))
    }
}

/// Every action with every value.
fn each<T>(actions: Vec<Action>, values: &[T], set: impl Fn(&mut Action, &T)) -> Vec<Action> {
    let mut all = Vec::with_capacity(actions.len() * values.len());
    for action in actions {
        for value in values {
            let mut action = action.clone();
            set(&mut action, value);
            all.push(action);
        }
    }
    all
}

/// Whether what a resource names is known.
fn stays(resource: &str) -> bool {
    let action = Action { resource: Some(resource.to_owned()), ..Action::default() };
    Call::of(&action).resource.is_some()
}

impl<'b> Patterns<'b> {
    fn bundle(&mut self, bundle: &'b Bundle) {
        bundle.rules.iter().filter(|rule| rule.is_active).for_each(|rule| self.rule(rule));
        bundle.policies.iter().filter(|policy| policy.enabled).for_each(|policy| self.policy(policy));
        for exception in &bundle.exceptions {
            self.agents.extend(exception.agents.iter().flatten());
            self.runs.extend(exception.runs.iter().flatten());
            self.actions(exception.actions.iter().flatten());
        }
        self.agents.extend(bundle.catalog.agents.keys());
        self.actions(bundle.catalog.actions.keys());
    }

    fn rule(&mut self, rule: &'b Rule) {
        self.agents.insert(&rule.agent_id);
        self.integrations.insert(&rule.target_integration);
        self.operations.insert(&rule.operation);
        self.resources.insert(&rule.resource_scope);
        self.actions(rule.conditions.time_restriction.iter().filter_map(|time| time.action_types.as_ref()).flatten());
    }

    fn policy(&mut self, policy: &'b Policy) {
        match &policy.scope {
            Scope::Global => {}
            Scope::Agent(pattern) => drop(self.agents.insert(pattern)),
            Scope::Run(pattern) => drop(self.runs.insert(pattern)),
            Scope::Group(pattern) => drop(self.groups.insert(pattern)),
            Scope::Mission(pattern) => drop(self.missions.insert(pattern)),
        }
        self.actions(&policy.denied_actions);
        self.actions(policy.allowed_actions.iter().flatten());
        self.actions(&policy.approval_actions);
        self.actions(policy.approval_rules.iter().filter_map(|rule| rule.when.actions.as_ref()).flatten());
        self.actions(policy.argument_constraints.keys());
    }

    fn actions(&mut self, patterns: impl IntoIterator<Item = &'b ActionPattern>) {
        for pattern in patterns {
            let (integration, operation) = pattern.parts();
            self.integrations.extend(integration);
            self.operations.extend([operation, pattern.whole()]);
        }
    }
}

fn levels(policies: &[&Policy], rules: &[&Rule]) -> Vec<Level> {
    let all = [Level::Public, Level::Internal, Level::Confidential, Level::Restricted];
    let by_rules = rules.iter().any(|rule| {
        (rule.data_classification.low, rule.data_classification.high) != (Level::Public, Level::Restricted)
    });
    let mut asks = policies.iter().flat_map(|policy| &policy.approval_rules);
    let looked_at = by_rules || asks.any(|rule| rule.when.data_classification_at_least.is_some());
    all[..if looked_at { 4 } else { 1 }].to_vec()
}

fn risks(policies: &[&Policy]) -> Vec<Risk> {
    let all = [Risk::Minimal, Risk::Low, Risk::Medium, Risk::High, Risk::Critical];
    let looked_at = policies.iter().any(|policy| {
        let asks = policy.approval_rules.iter().any(|rule| rule.when.risk_at_least.is_some());
        asks || !policy.approval_risk_levels.is_empty()
    });
    all[..if looked_at { 5 } else { 1 }].to_vec()
}

/// Every set of the tags that are named.
fn tags(policies: &[&Policy]) -> Vec<BTreeSet<String>> {
    let asks = policies.iter().flat_map(|policy| &policy.approval_rules).filter_map(|rule| rule.when.tags.as_ref());
    let named: BTreeSet<&String> =
        asks.flatten().chain(policies.iter().flat_map(|policy| &policy.approval_tags)).collect();
    let mut sets = vec![BTreeSet::new()];
    for tag in named {
        let with = |set: &BTreeSet<String>| set.iter().chain([tag]).cloned().collect();
        sets.extend(sets.iter().map(with).collect::<Vec<_>>());
    }
    sets
}

/// Nothing, and around every threshold.
fn costs(policies: &[&Policy], rules: &[&Rule]) -> Vec<Usd> {
    let asks = policies.iter().flat_map(|policy| &policy.approval_rules);
    let thresholds = policies.iter().filter_map(|policy| policy.approval_threshold_usd);
    let thresholds = thresholds.chain(asks.filter_map(|rule| rule.when.cost_usd_at_least));
    let conditions = rules.iter().filter_map(|rule| rule.conditions.cost_threshold.as_ref()?.max_cost_per_action);
    let cuts: BTreeSet<u64> = thresholds.chain(conditions).map(Usd::nano).collect();
    let around = cuts.iter().flat_map(|cut| [cut.saturating_sub(1), *cut, cut + 1]);
    around.chain([0]).collect::<BTreeSet<u64>>().into_iter().map(Usd::from_nano).collect()
}
