use std::borrow::Cow;

use serde_json::Value;
use smallvec::SmallVec;

use super::call::{Call, matches, name_matches, wanders};
use super::tri::{Facts, Tri};
use crate::model::{AgentEntry, AgentState, Catalog, CatalogAction, Fact, Level, Pattern, Polarity, Risk, Usd};

/// What the catalog says of a named action. See SPEC, section 2.5.
pub struct KnownAction<'b> {
    /// Whether the catalog lists it.
    pub listed: Tri,
    /// The entries that apply.
    sure: Vec<&'b CatalogAction>,
    /// The entries that only may apply.
    may: Vec<&'b CatalogAction>,
}

/// A fact that the catalog gives.
struct Said<T> {
    /// The highest value of the entries that apply.
    sure: Option<T>,
    /// Whether an entry that only may apply would change what follows from the others.
    open: bool,
}

impl<T> Said<T> {
    fn known(self) -> Option<T> {
        self.sure.filter(|_| !self.open)
    }
}

impl<'b> KnownAction<'b> {
    /// Looks a name up.
    pub fn new(catalog: &'b Catalog, integration: Option<&str>, operation: &str) -> Self {
        let mut known = Self { listed: Tri::False, sure: Vec::new(), may: Vec::new() };
        for (pattern, entry) in &catalog.actions {
            let applies = name_matches(integration, operation, pattern, Polarity::Permits);
            known.listed = known.listed.or(applies);
            match applies {
                Tri::True => known.sure.push(entry),
                Tri::Unknown(_) => known.may.push(entry),
                Tri::False => {}
            }
        }
        known
    }

    /// The highest of what was recorded and what entries say; an entry that only may apply makes what it would
    /// change unknown. A default counts only where nothing else is said, so an entry changes it by any other value.
    fn said<T: Ord + Copy>(
        &self,
        recorded: Option<T>,
        default: Option<T>,
        of: impl Fn(&CatalogAction) -> Option<T>,
    ) -> Said<T> {
        let sure = self.sure.iter().filter_map(|entry| of(entry)).max().max(recorded);
        let without = sure.or(default);
        let open = self.may.iter().filter_map(|entry| of(entry)).any(|value| sure.max(Some(value)) != without);
        Said { sure: without, open }
    }

    /// How sensitive the data is; `None`: unknown.
    pub fn level(&self, call: &Call<'_>, catalog: &Catalog) -> Option<Level> {
        if call.broken.holds(Fact::Level) {
            return None;
        }
        let default = catalog.defaults.data_classification;
        let default = default.or_else(|| call.assume(Fact::Level, |assumed| assumed.level));
        self.said(call.level, default, |entry| entry.data_classification).known()
    }

    /// How risky it is; `None`: unknown.
    pub fn risk(&self, call: &Call<'_>, catalog: &Catalog) -> Option<Risk> {
        if call.broken.holds(Fact::Risk) {
            return None;
        }
        let default = catalog.defaults.risk_level;
        let default = default.or_else(|| call.assume(Fact::Risk, |assumed| assumed.risk));
        self.said(call.risk, default, |entry| entry.risk_level).known()
    }

    /// What it costs: as recorded, else as the catalog says; `None`: unknown.
    pub fn cost(&self, call: &Call<'_>, catalog: &Catalog) -> Option<Usd> {
        if call.cost.is_some() || call.broken.holds(Fact::Cost) {
            return call.cost;
        }
        let default = catalog.defaults.cost_usd;
        let default = default.or_else(|| call.assume(Fact::Cost, |assumed| assumed.cost));
        self.said(None, default, |entry| entry.cost_usd).known()
    }

    /// What it is done to: as recorded, else as the templates of the catalog say; `None`: unknown.
    pub fn resource<'c>(&self, call: &Call<'c>) -> Option<Cow<'c, str>> {
        if call.resource.is_some() || call.broken.holds(Fact::Resource) {
            return call.resource.map(Cow::Borrowed);
        }
        self.templated(call).map(Cow::Owned)
    }

    /// What is assumed stands in for the entries that apply, if none of them says anything.
    fn templated(&self, call: &Call<'_>) -> Option<String> {
        let templates = |entries: &[&'b CatalogAction]| {
            let of = |entry: &&'b CatalogAction| Some(filled(entry.resource.as_deref()?, call));
            entries.iter().filter_map(of).collect::<SmallVec<[Option<String>; 2]>>()
        };
        let (mut sure, may) = (templates(&self.sure), templates(&self.may));
        if let (true, Some(assumed)) = (sure.is_empty(), assumed_resource(call)) {
            sure = SmallVec::from_iter([Some(assumed.into_owned())]);
        }
        let first = sure.first().cloned()??;
        let same = sure.iter().chain(&may).all(|one| one.as_ref() == Some(&first));
        (same && !wanders(&first)).then_some(first)
    }

    /// Tags are assumed where nobody gives any: one that only may apply would add to them.
    fn assumed_tag(&self, call: &Call<'_>, tag: &str) -> Option<bool> {
        let given = self.sure.iter().any(|entry| entry.tags.is_some());
        call.assume(Fact::Tags, |assumed| assumed.tags.as_ref()).filter(|_| !given).map(|tags| tags.contains(tag))
    }

    /// Whether it bears a tag.
    pub fn has_tag(&self, call: &Call<'_>, tag: &str) -> Tri {
        let recorded = call.details.has_tag(tag);
        let recorded = recorded.or_else(|| self.assumed_tag(call, tag));
        let said = recorded.is_some() || self.sure.iter().any(|entry| entry.tags.is_some());
        let said = said && !call.broken.holds(Fact::Tags);
        let bears = |entry: &&&CatalogAction| entry.tags.as_ref().is_some_and(|tags| tags.contains(tag));
        if recorded == Some(true) || self.sure.iter().any(|entry| bears(&entry)) {
            Tri::True
        } else if !said || self.may.iter().any(|entry| bears(&entry)) {
            Tri::Unknown(Facts::TAGS)
        } else {
            Tri::False
        }
    }
}

/// What is assumed to be acted on.
pub fn assumed_resource<'c>(call: &Call<'c>) -> Option<Cow<'c, str>> {
    let assumed = call.assume(Fact::Resource, |assumed| assumed.resource.as_deref());
    assumed.filter(|resource| !wanders(resource)).map(Cow::Borrowed)
}

/// A template with its arguments filled in; `None` where one is unknown, missing or no single value.
fn filled(template: &str, call: &Call<'_>) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, next) = after.split_once('}')?;
        text.push_str(before);
        let path = name.strip_prefix("arguments.")?;
        let value = path.split('.').try_fold(call.details.arguments()?, |value, step| value.get(step))?;
        match value {
            Value::String(value) => text.push_str(value),
            Value::Number(_) | Value::Bool(_) => text.push_str(&value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        }
        rest = next;
    }
    text.push_str(rest);
    Some(text)
}

/// What the catalog says of an agent: the entries that apply or may apply.
pub struct KnownAgent<'b> {
    entries: SmallVec<[(&'b AgentEntry, Tri); 4]>,
}

impl<'b> KnownAgent<'b> {
    /// Looks an agent up.
    pub fn new(catalog: &'b Catalog, agent: Option<&str>) -> Self {
        let applies = |(pattern, entry): (&Pattern, &'b AgentEntry)| (entry, matches(pattern, agent, Facts::AGENT));
        Self { entries: catalog.agents.iter().map(applies).filter(|(_, applies)| applies.is_possible()).collect() }
    }

    /// Whether the catalog lists it.
    pub fn listed(&self) -> Tri {
        Tri::any(self.entries.iter().map(|(_, applies)| *applies))
    }

    /// Whether it is suspended or retired.
    pub fn inactive(&self) -> Tri {
        Tri::any(
            self.entries.iter().filter(|(entry, _)| entry.state != AgentState::Active).map(|(_, applies)| *applies),
        )
    }

    /// Whether one of its groups matches.
    pub fn in_group(&self, call: &Call<'_>, pattern: &Pattern) -> Tri {
        let assumed = call.assume(Fact::Group, |assumed| assumed.group.as_deref());
        self.belongs(call, (call.group, assumed, Fact::Group), pattern, Facts::GROUP, |entry| entry.groups.as_ref())
    }

    /// Whether one of its missions matches.
    pub fn on_mission(&self, call: &Call<'_>, pattern: &Pattern) -> Tri {
        let assumed = call.assume(Fact::Mission, |assumed| assumed.mission.as_deref());
        self.belongs(call, (call.mission, assumed, Fact::Mission), pattern, Facts::MISSION, |entry| {
            entry.missions.as_ref()
        })
    }

    /// An agent may belong nowhere: of a set that nobody gave, not even `*` is known to match an element.
    fn belongs(
        &self,
        call: &Call<'_>,
        (recorded, assumed, given): (Option<&str>, Option<&str>, Fact),
        pattern: &Pattern,
        fact: Facts,
        of: impl Fn(&'b AgentEntry) -> Option<&'b std::collections::BTreeSet<String>>,
    ) -> Tri {
        let mut said = recorded.is_some();
        let mut belongs = Tri::from(recorded.is_some_and(|name| pattern.matches(name)));
        for (entry, applies) in &self.entries {
            let Some(names) = of(entry) else { continue };
            said |= applies.is_sure();
            if names.iter().any(|name| pattern.matches(name)) {
                belongs = belongs.or(if applies.is_sure() { Tri::True } else { Tri::Unknown(fact) });
            }
        }
        if said && !call.broken.holds(given) {
            return belongs;
        }
        belongs.or(assumed.map_or(Tri::Unknown(fact), |name| pattern.matches(name).into()))
    }
}
