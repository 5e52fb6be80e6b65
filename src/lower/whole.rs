//! What only the whole repository can answer: ids are unique, and what is named exists.

use std::collections::{BTreeMap, HashMap};

use super::{ArgumentOf, Lowered, Named, Use};
use crate::diag::{Diagnostic, Sink, codes, nearest};
use crate::model::{ActionPattern, Catalog, DocumentId, Identities, Kind, Pattern, Polarity, Reason};
use crate::syntax::{shortened, with_article};
use crate::text::Span;

/// What documents are held against. A catalog or identities that could not be read answer nothing.
pub struct Known<'a> {
    /// The catalog, where there is one that could be read.
    pub catalog: Option<&'a Catalog>,
    /// The identities, where there are any that could be read.
    pub identities: Option<&'a Identities>,
    /// Whether there is a repository and no file of identities in it.
    pub nobody: bool,
}

/// Checks all documents against each other.
#[must_use]
pub fn check(documents: &[&Lowered], known: &Known<'_>) -> Sink {
    let mut sink = Sink::new();
    let ids = unique_ids(documents, &mut sink);
    let mut answers = Answers { known, ids: &ids, actions: HashMap::new(), sink };
    for lowered in documents {
        for named in &lowered.uses {
            answers.answer(named);
        }
    }
    answers.sink
}

fn unique_ids(documents: &[&Lowered], sink: &mut Sink) -> BTreeMap<DocumentId, (Kind, Span)> {
    let mut ids: BTreeMap<DocumentId, (Kind, Span)> = BTreeMap::new();
    for lowered in documents {
        let (Some(id), Some(kind)) = (&lowered.id, lowered.kind) else { continue };
        if !matches!(kind, Kind::Policy | Kind::Rule | Kind::Exception | Kind::Suite) {
            continue;
        }
        match ids.get(id) {
            None => {
                ids.insert(id.clone(), (kind, lowered.id_span));
            }
            Some((_, first)) => sink.push(
                Diagnostic::new(codes::DUPLICATE_ID, lowered.id_span, format!("the id `{id}` is used twice"))
                    .at("used again here")
                    .and(*first, "first used here")
                    .help("give one of the two another id"),
            ),
        }
    }
    ids
}

struct Answers<'a> {
    known: &'a Known<'a>,
    ids: &'a BTreeMap<DocumentId, (Kind, Span)>,
    /// Whether the closed catalog knows an action of a pattern; the same few patterns stand in many documents.
    actions: HashMap<(ActionPattern, Polarity), bool>,
    sink: Sink,
}

impl Answers<'_> {
    fn answer(&mut self, named: &Use) {
        let at = named.span;
        match &named.what {
            Named::Action(pattern, polarity) => self.action(pattern, *polarity, at),
            Named::RuleAction(integration, operation) => self.rule_action(integration, operation, at),
            Named::Agent(pattern) => self.agent(pattern, at),
            Named::Group(pattern) => self.group(pattern, at, "group"),
            Named::Mission(pattern) => self.group(pattern, at, "mission"),
            Named::Principal(name) => self.principal(name, at),
            Named::Document(id, reasons) => self.document(id, reasons, at),
            Named::Decider(id) => self.decider(id, at),
            Named::Tried(integration, operation) => self.tried(integration.as_deref(), operation, at),
            Named::Argument { name, of, must_be_there } => self.argument(name, of, *must_be_there, at),
            Named::Spoken(said) => {
                if let Some(found) = super::spoken::check(self.known.catalog, said, at) {
                    self.sink.push(found);
                }
            }
            Named::Quorum(required, who) => self.quorum(*required, who, at),
        }
    }

    fn closed(&self) -> Option<&Catalog> {
        self.known.catalog.filter(|catalog| catalog.closed)
    }

    fn action(&mut self, pattern: &ActionPattern, polarity: Polarity, at: Span) {
        let Some(catalog) = self.closed() else { return };
        let named = catalog.actions.contains_key(pattern);
        let meets = || named || catalog.actions.keys().any(|action| pattern.meets(action, polarity));
        let known = self.actions.get(&(pattern.clone(), polarity)).copied().unwrap_or_else(meets);
        self.actions.insert((pattern.clone(), polarity), known);
        if !known {
            self.unknown_action(pattern.as_str(), at, true);
        }
    }

    fn rule_action(&mut self, integration: &Pattern, operation: &Pattern, at: Span) {
        let Some(catalog) = self.closed() else { return };
        let known = catalog.actions.keys().any(|action| rule_meets(integration, operation, action));
        if !known && integration.as_literal().is_none_or(|text| !text.contains('.')) {
            self.unknown_action(&format!("{integration}.{operation}"), at, false);
        }
    }

    /// An action that a suite tries and the closed catalog does not know is denied for that alone.
    fn tried(&mut self, integration: Option<&str>, operation: &str, at: Span) {
        let Some(catalog) = self.closed() else { return };
        let name = integration.map_or(operation.to_owned(), |integration| format!("{integration}.{operation}"));
        let (integration, operation) = match name.split_once('.') {
            Some((integration, operation)) => (Some(integration), operation),
            None => (None, name.as_str()),
        };
        let known = catalog.actions.keys().any(|action| match integration {
            Some(integration) => action.matches(integration, operation, Polarity::Permits),
            None => action.parts().1.matches(operation),
        });
        if known {
            return;
        }
        let message = format!("the catalog has no action `{}`, so the test is about nothing else", shortened(&name));
        let found = Diagnostic::new(codes::UNKNOWN_TRIED, at, message);
        let meant = nearest(&name, catalog.actions.keys().map(ActionPattern::as_str));
        self.sink.push(match meant {
            Some(meant) => found.help(format!("did you mean `{meant}`?")),
            None => found.help("mend the name; a test of what is unknown says `reason: UNKNOWN_ACTION`"),
        });
    }

    fn unknown_action(&mut self, pattern: &str, at: Span, whole: bool) {
        let message = format!("`{}` matches no action of the catalog and never fires", shortened(pattern));
        let found = Diagnostic::new(codes::UNKNOWN_ACTION, at, message);
        let meant = self.meant_action(pattern).or_else(|| self.another_form(pattern));
        self.sink.push(match meant {
            Some(meant) => {
                let found = found.help(format!("did you mean `{meant}`?"));
                // A rule names its action in two places; only a text that is the whole name can be replaced.
                if whole { found.fix(format!("write `{meant}`"), at, meant) } else { found }
            }
            None => found.help("add the action to `catalog.yaml`, or mend the pattern; the catalog is closed"),
        });
    }

    /// The action of which a name is another form: sentences say `deleting files`.
    fn another_form(&self, name: &str) -> Option<String> {
        let names = self.closed()?.actions.keys().map(ActionPattern::as_str);
        super::spoken::alike(name, names).map(str::to_owned)
    }

    /// The action, or the pattern with another integration, that was probably meant.
    fn meant_action(&self, pattern: &str) -> Option<String> {
        let names = || self.closed().into_iter().flat_map(|catalog| catalog.actions.keys()).map(ActionPattern::as_str);
        let (integration, operation) = pattern.split_once('.').unwrap_or(("", pattern));
        if operation.contains('*') {
            let integrations = names().filter_map(|name| name.split_once('.')).map(|(integration, _)| integration);
            let meant = nearest(integration, integrations).map(|meant| format!("{meant}.{operation}"))?;
            let parsed = ActionPattern::parse(&meant).ok()?;
            let fires = self.closed()?.actions.keys().any(|action| parsed.meets(action, Polarity::Permits));
            return fires.then_some(meant);
        }
        nearest(pattern, names()).map(str::to_owned)
    }

    fn agent(&mut self, pattern: &Pattern, at: Span) {
        let Some(catalog) = self.known.catalog.filter(|catalog| catalog.closed_agents) else { return };
        if !catalog.agents.keys().any(|agent| agent.meets(pattern)) {
            let message = format!("`{}` matches no agent of the catalog", shortened(pattern.as_str()));
            let mut found = Diagnostic::new(codes::UNKNOWN_AGENT, at, message);
            found = match nearest(pattern.as_str(), catalog.agents.keys().map(Pattern::as_str)) {
                Some(meant) => found.help(format!("did you mean `{meant}`?")),
                None => found.help("add the agent to `catalog.yaml`; its agents are closed"),
            };
            self.sink.push(found);
        }
    }

    fn group(&mut self, pattern: &Pattern, at: Span, what: &str) {
        let Some(catalog) = self.known.catalog.filter(|catalog| !catalog.agents.is_empty()) else { return };
        let of = |agent: &crate::model::AgentEntry| {
            if what == "group" { agent.groups.clone() } else { agent.missions.clone() }
        };
        let names: Vec<String> = catalog.agents.values().filter_map(of).flatten().collect();
        if !names.iter().any(|name| pattern.matches(name)) {
            let message =
                format!("no agent of the catalog has a {what} that matches `{}`", shortened(pattern.as_str()));
            let mut found = Diagnostic::new(codes::UNKNOWN_GROUP, at, message);
            found = match nearest(pattern.as_str(), names.iter().map(String::as_str)) {
                Some(meant) => found.help(format!("did you mean `{meant}`?")),
                None => found.help(format!("add the {what} to an agent in `catalog.yaml`, unless records name it")),
            };
            self.sink.push(found);
        }
    }

    fn principal(&mut self, name: &str, at: Span) {
        let Some(identities) = self.known.identities else {
            if self.known.nobody && !name.contains('@') {
                let message = format!("nobody says who `{}` is: there is no `identities.yaml`", shortened(name));
                let help = "write `identities.yaml` with principals and groups, or name a mail address";
                self.sink.push(Diagnostic::new(codes::UNKNOWN_APPROVER, at, message).help(help));
            }
            return;
        };
        let known = identities.principals.contains_key(name) || identities.groups.contains_key(name);
        if name.contains('@') || known || owner(identities, name).is_some() {
            return;
        }
        let names = identities.principals.keys().chain(identities.groups.keys()).map(String::as_str);
        let message = format!("`{}` is no address, and no principal or group of that name exists", shortened(name));
        let mut found = Diagnostic::new(codes::UNKNOWN_PRINCIPAL, at, message);
        found = match nearest(name, names) {
            Some(meant) => found.help(format!("did you mean `{meant}`?")).fix(format!("write `{meant}`"), at, meant),
            None => found.help("add it to `identities.yaml`"),
        };
        self.sink.push(found);
    }

    fn quorum(&mut self, required: u64, who: &[String], at: Span) {
        let Some(identities) = self.known.identities else { return };
        if who.is_empty() {
            return;
        }
        let mut people = std::collections::BTreeSet::new();
        for name in who {
            let name = name.strip_prefix('@').unwrap_or(name);
            if let Some(members) = identities.groups.get(name) {
                people.extend(members.iter().map(String::as_str));
                continue;
            }
            // Two addresses of one principal are one person.
            people.insert(owner(identities, name).unwrap_or(name));
        }
        if (people.len() as u64) < required {
            let message = format!("more must approve ({required}) than can ({})", people.len());
            self.sink
                .push(Diagnostic::new(codes::QUORUM, at, message).help("require fewer, or name more who may approve"));
        }
    }

    fn unknown_document(&self, id: &DocumentId, at: Span) -> Diagnostic {
        let message = format!("no document has the id `{id}`");
        let found = Diagnostic::new(codes::UNKNOWN_DOCUMENT, at, message);
        match nearest(id.as_str(), self.ids.keys().map(DocumentId::as_str)) {
            Some(meant) => found.help(format!("did you mean `{meant}`?")).fix(format!("write `{meant}`"), at, meant),
            None => found.help("name the id of a policy or rule"),
        }
    }

    fn document(&mut self, id: &DocumentId, reasons: &[(Reason, Span)], at: Span) {
        let Some((kind, place)) = self.ids.get(id) else { return self.sink.push(self.unknown_document(id, at)) };
        if !matches!(kind, Kind::Policy | Kind::Rule) {
            let message = format!("`{id}` is {}; an exception is from a policy or rule", with_article(kind.as_str()));
            self.sink.push(Diagnostic::new(codes::UNKNOWN_DOCUMENT, at, message).and(*place, "it stands here"));
            return;
        }
        for (reason, at) in reasons {
            if !gives(*kind, *reason) {
                let name = serde_json::to_value(reason).ok();
                let name = name.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
                let message =
                    format!("a {} never gives the reason `{name}`: the exception lifts nothing", kind.as_str());
                let help = format!("name reasons that a {} gives: {}", kind.as_str(), reasons_of(*kind));
                self.sink.push(
                    Diagnostic::new(codes::REASON_NEVER_GIVEN, *at, message)
                        .and(*place, format!("the {} stands here", kind.as_str()))
                        .help(help),
                );
            }
        }
    }

    fn decider(&mut self, id: &DocumentId, at: Span) {
        match self.ids.get(id) {
            None => self.sink.push(self.unknown_document(id, at)),
            Some((Kind::Suite, _)) => {
                let message = format!("`{id}` is a suite and decides nothing");
                self.sink.push(Diagnostic::new(codes::UNKNOWN_DOCUMENT, at, message));
            }
            Some(_) => {}
        }
    }

    fn argument(&mut self, name: &str, of: &ArgumentOf, must_be_there: bool, at: Span) {
        let Some(catalog) = self.known.catalog else { return };
        let concerned = |action: &ActionPattern| match of {
            ArgumentOf::Actions(patterns) => {
                patterns.is_empty() || patterns.iter().any(|pattern| pattern.meets(action, Polarity::Restricts))
            }
            ArgumentOf::Rule(integration, operation) => rule_meets(integration, operation, action),
        };
        let concerned = catalog.actions.iter().filter(|(action, _)| concerned(action)).map(|(_, entry)| entry);
        let schemas: Option<Vec<_>> = concerned.map(|entry| entry.arguments.as_ref().map(|schema| &schema.0)).collect();
        // An action of which nothing is known, or not in plain sight, could have the argument.
        let plain = |schema: &&serde_json::Value| {
            let hidden = ["allOf", "anyOf", "oneOf", "$ref", "if", "patternProperties", "dependentSchemas"];
            schema.get("properties").is_some() && !hidden.iter().any(|key| schema.get(key).is_some())
        };
        let Some(schemas) = schemas.filter(|schemas| !schemas.is_empty() && schemas.iter().all(plain)) else { return };
        let has = |schema: &&&serde_json::Value| schema["properties"].get(name).is_some();
        let requires = |schema: &&serde_json::Value| {
            schema
                .get("required")
                .and_then(serde_json::Value::as_array)
                .is_some_and(|list| list.iter().any(|key| key == name))
        };
        let is_open =
            |schema: &&serde_json::Value| schema.get("additionalProperties") != Some(&serde_json::Value::Bool(false));
        let knowing: Vec<_> = schemas.iter().filter(has).collect();
        if knowing.is_empty() {
            let names = schemas.iter().filter_map(|schema| schema["properties"].as_object()).flat_map(|map| map.keys());
            let meant = nearest(name, names.map(String::as_str)).map(str::to_owned);
            if meant.is_some() || !schemas.iter().any(is_open) {
                self.unknown_argument(name, meant.as_deref(), at);
            }
        } else if must_be_there && !knowing.into_iter().all(requires) {
            let message = format!("an action can do without `{}`, and the test does not fire then", shortened(name));
            let help = "if the tool always needs it, say so under `required` in the catalog; else deny calls without it by `argument_constraints`";
            self.sink.push(Diagnostic::new(codes::OPTIONAL_ARGUMENT, at, message).help(help));
        }
    }

    fn unknown_argument(&mut self, name: &str, meant: Option<&str>, at: Span) {
        let message = format!("the catalog knows no argument `{}` of the action", shortened(name));
        let found = Diagnostic::new(codes::UNKNOWN_ARGUMENT, at, message);
        self.sink.push(match meant {
            Some(meant) => found.help(format!("did you mean `{meant}`?")).fix(format!("write `{meant}`"), at, meant),
            None => found.help("add it to the action's `arguments` in `catalog.yaml`, or mend the name"),
        });
    }
}

/// The principal an account belongs to; case does not matter.
fn owner<'a>(identities: &'a Identities, account: &str) -> Option<&'a str> {
    let owns =
        |principal: &crate::model::Principal| principal.accounts.iter().any(|own| own.eq_ignore_ascii_case(account));
    identities.principals.iter().find(|(_, principal)| owns(principal)).map(|(id, _)| id.as_str())
}

fn rule_meets(integration: &Pattern, operation: &Pattern, action: &ActionPattern) -> bool {
    let (of, named) = action.parts();
    of.is_none_or(|of| of.meets(integration)) && named.meets(operation)
}

/// Whether a kind of document can give a reason. See SPEC, section 4.
fn gives(kind: Kind, reason: Reason) -> bool {
    match reason {
        Reason::Rule | Reason::RuleCondition => kind == Kind::Rule,
        Reason::KillSwitch
        | Reason::AgentInactive
        | Reason::UnknownAgent
        | Reason::UnknownAction
        | Reason::NoMatchingRule => false,
        _ => kind == Kind::Policy,
    }
}

fn reasons_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Rule => "RULE, RULE_CONDITION",
        _ => {
            "DENIED_ACTION, NOT_IN_ALLOWLIST, RATE_LIMITED, BUDGET_EXCEEDED, MISSING_EVIDENCE, STALE_EVIDENCE, ARGUMENT_CONSTRAINT, UNGROUNDED_ARGUMENT, APPROVAL_REQUIRED"
        }
    }
}
