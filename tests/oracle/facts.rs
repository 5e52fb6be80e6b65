//! What is known of one action: what the record and the catalog say (SPEC 2.5 and 2.6).

use std::collections::BTreeSet;

use policyc::engine::Assumed;
use policyc::model::{Action, Arguments, Catalog, Fact, Level, Per, Risk, Time, Usd};

use super::catalog::{self, Entries};
use super::truth::Truth;

/// The facts of an action; what is `None` is unknown.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The record itself.
    pub record: Action,
    pub integration: Option<String>,
    pub operation: String,
    pub resource: Option<String>,
    pub level: Option<Level>,
    pub risk: Option<Risk>,
    pub cost: Option<Usd>,
    pub tags: Members,
    pub groups: Members,
    pub missions: Members,
}

impl Facts {
    /// The facts of a record beside a catalog, and beside what somebody assumes where both say nothing.
    pub fn of(record: &Action, catalog: &Catalog, assumed: &Assumed) -> Self {
        let (integration, operation) = names(record);
        let mut facts = Self {
            record: record.clone(),
            integration,
            operation,
            resource: None,
            level: None,
            risk: None,
            cost: None,
            tags: Members::new("tags"),
            groups: Members::new("group_id"),
            missions: Members::new("mission_id"),
        };
        facts.take(catalog, assumed);
        facts
    }

    /// "What a record and the catalog both say: classification and risk, the higher; tags, groups, missions, the union;
    /// cost and resource, the record's" (SPEC 2.5).
    ///
    /// What is assumed stands behind the catalog's defaults: an entry that only may apply makes it unknown as well.
    fn take(&mut self, catalog: &Catalog, assumed: &Assumed) {
        let entries = Entries::of(catalog, self);
        let record = self.record.clone();
        let unreliable = |fact: Fact| record.broken.contains(&fact);
        self.level = entries.highest(
            record.data_classification,
            |entry| entry.data_classification,
            |it| it.data_classification.or(assumed.level),
        );
        self.risk = entries.highest(record.risk_level, |entry| entry.risk_level, |it| it.risk_level.or(assumed.risk));
        self.cost = match record.cost_usd {
            _ if unreliable(Fact::Cost) => None,
            Some(cost) => Some(cost),
            None => entries.highest(None, |entry| entry.cost_usd, |it| it.cost_usd.or(assumed.cost)),
        };
        let resource =
            record.resource.clone().or_else(|| entries.resource(record.arguments.as_ref(), assumed.resource.as_ref()));
        self.resource = resource.filter(|resource| !catalog::climbs(resource)).filter(|_| !unreliable(Fact::Resource));
        let alone = |name: &String| BTreeSet::from([name.clone()]);
        self.tags.say(record.tags.clone(), entries.tags());
        self.groups.say(record.group_id.as_ref().map(alone), entries.groups());
        self.missions.say(record.mission_id.as_ref().map(alone), entries.missions());
        self.tags.assume(assumed.tags.clone());
        self.groups.assume(assumed.group.as_ref().map(alone));
        self.missions.assume(assumed.mission.as_ref().map(alone));
        // "A fact that record and catalog do not give (also redacted, truncated, broken)": what a record says brokenly is
        // not what the catalog says instead.
        self.level = self.level.filter(|_| !unreliable(Fact::Level));
        self.risk = self.risk.filter(|_| !unreliable(Fact::Risk));
        let sets = [(Fact::Tags, &mut self.tags), (Fact::Group, &mut self.groups), (Fact::Mission, &mut self.missions)];
        for (_, set) in sets.into_iter().filter(|(fact, _)| unreliable(*fact)) {
            set.unsay();
        }
    }

    pub fn agent(&self) -> Option<&str> {
        self.record.agent_id.as_deref()
    }

    /// "Run and session id stand in for each other everywhere."
    pub fn run(&self) -> Option<&str> {
        let session = self.record.session_id.as_deref().filter(|_| !self.record.broken.contains(&Fact::Run));
        self.record.run_id.as_deref().or(session)
    }

    /// "Run and session id stand in for each other everywhere."
    pub fn session(&self) -> Option<&str> {
        let run = self.record.run_id.as_deref().filter(|_| !self.record.broken.contains(&Fact::Session));
        self.record.session_id.as_deref().or(run)
    }

    pub fn time(&self) -> Option<Time> {
        self.record.timestamp
    }

    pub fn arguments(&self) -> Option<&Arguments> {
        self.record.arguments.as_ref()
    }

    /// The key that a counter is kept by, with the name of the fact; nothing where there is one counter for all.
    pub fn key(&self, per: Per) -> Option<(Option<&str>, &'static str)> {
        match per {
            Per::Agent => Some((self.agent(), "agent_id")),
            Per::Run => Some((self.run(), "run_id")),
            Per::Session => Some((self.session(), "session_id")),
            Per::Scope => None,
        }
    }
}

/// "An integration has no dot: a record's `mcp.github` with `create` is read as `mcp` with `github.create`, and `db.drop`
/// without an integration as `db` with `drop`" (SPEC 2.6).
fn names(record: &Action) -> (Option<String>, String) {
    let split = |text: &str| text.split_once('.').map(|(first, rest)| (first.to_owned(), rest.to_owned()));
    if record.broken.contains(&Fact::Integration) {
        return (None, record.operation.clone());
    }
    match &record.integration {
        Some(integration) => match split(integration) {
            Some((first, rest)) => (Some(first), format!("{rest}.{}", record.operation)),
            None => (Some(integration.clone()), record.operation.clone()),
        },
        None => match split(&record.operation) {
            Some((first, rest)) => (Some(first), rest),
            None => (None, record.operation.clone()),
        },
    }
}

/// A set of which not all members need be known.
#[derive(Debug, Clone)]
pub struct Members {
    /// What the fact is called.
    name: &'static str,
    /// Whether anything says what is in it.
    said: bool,
    sure: BTreeSet<String>,
    possible: BTreeSet<String>,
    assumed: BTreeSet<String>,
}

impl Members {
    fn new(name: &'static str) -> Self {
        Self { name, said: false, sure: BTreeSet::new(), possible: BTreeSet::new(), assumed: BTreeSet::new() }
    }

    /// "The union" of the record's and the entries'; of an entry that only may apply, the members are possible.
    fn say(&mut self, record: Option<BTreeSet<String>>, entries: Vec<(Truth, BTreeSet<String>)>) {
        let record = record.map(|members| (Truth::True, members));
        for (applies, members) in record.into_iter().chain(entries) {
            if applies.is_true() {
                self.said = true;
                self.sure.extend(members);
            } else if applies.is_possible() {
                self.possible.extend(members);
            }
        }
    }

    /// What is assumed counts where nothing surely says what is in it.
    fn assume(&mut self, assumed: Option<BTreeSet<String>>) {
        if let Some(members) = assumed.filter(|_| !self.said) {
            (self.said, self.assumed) = (true, members);
        }
    }

    /// What was recorded cannot be relied on; what the catalog says holds.
    fn unsay(&mut self) {
        (self.said, self.assumed) = (false, BTreeSet::new());
    }

    /// Whether a member is as wanted; of a set of which nothing is said, nothing is known.
    pub fn has(&self, wanted: impl Fn(&str) -> bool) -> Truth {
        if self.sure.iter().chain(&self.assumed).any(|member| wanted(member)) {
            Truth::True
        } else if !self.said || self.possible.iter().any(|member| wanted(member)) {
            Truth::unknown(self.name)
        } else {
            Truth::False
        }
    }
}
