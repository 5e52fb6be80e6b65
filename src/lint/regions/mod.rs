//! What is likely a mistake among documents that decide together, one file a finding: [`crate::effects`] compares the regions
//! of actions, these files put what it found into words and point at every line involved.

mod broad_allow;
mod never_decides;
mod not_compared;
mod redundant_rule;
mod shadowed_rule;
mod tie_of_priorities;
mod words;

use std::collections::HashSet;

use crate::diag::{Diagnostic, Sink, codes};
use crate::effects::{self, Findings, Limits, Place};
use crate::engine::{Engine, Part, Source};
use crate::lower::{Places, lead};
use crate::model::{AgentState, Bundle, DocumentId, Kind, Pattern, Policy, Rule, Way};
use crate::text::Span;

/// How many places a finding points at beside its own.
const MOST_LABELS: usize = 8;

/// How much is compared: what some ten thousand rules take, so that a stranger's rules do not hold up a check.
const LIMITS: Limits = Limits { steps: 1_000_000, steps_each: 1_000_000 };

/// What the findings are told of.
struct Seen<'a> {
    bundle: &'a Bundle,
    engine: Engine<'a>,
    places: &'a Places,
    /// Entries that something was said of before: they are not told twice.
    told: HashSet<Span>,
    /// Rules that never decide: nothing else is said of them.
    idle: HashSet<u32>,
}

/// Compares the regions of everything that decides, and says what is likely not meant; `before` is what was found until then.
#[must_use]
pub fn regions(bundle: &Bundle, places: &Places, before: &[Diagnostic]) -> Sink {
    let found = effects::findings(bundle, LIMITS);
    let mut sink = tell(bundle, places, before, &found);
    if let Some(found) = not_compared::lint(places, &found) {
        sink.push(found);
    }
    sink
}

fn tell(bundle: &Bundle, places: &Places, before: &[Diagnostic], found: &Findings) -> Sink {
    let never = found.shadowed.iter().chain(&found.dead);
    let seen = Seen {
        bundle,
        engine: Engine::new(bundle),
        places,
        told: before.iter().filter(|told| says_of_entry(told)).map(|told| told.span).collect(),
        idle: never.filter_map(|never| rank(never.what.source)).collect(),
    };
    let mut sink = Sink::new();
    [shadowed_rule::lint, never_decides::lint, redundant_rule::lint, tie_of_priorities::lint, broad_allow::lint]
        .into_iter()
        .flat_map(|lint| lint(&seen, found))
        .for_each(|found| sink.push(found));
    sink
}

/// Whether a finding already says that an entry does nothing.
fn says_of_entry(told: &Diagnostic) -> bool {
    told.code == codes::OVERLAP || told.code == codes::REPEATED_ENTRY
}

/// The rank of a rule.
fn rank(source: Source) -> Option<u32> {
    match source {
        Source::Rule(rank) => Some(rank),
        _ => None,
    }
}

impl<'a> Seen<'a> {
    fn rule(&self, rank: u32) -> Option<&'a Rule> {
        self.bundle.rules.get(rank as usize)
    }

    fn rule_of(&self, source: Source) -> Option<&'a Rule> {
        rank(source).and_then(|rank| self.rule(rank))
    }

    fn policy(&self, source: Source) -> Option<&'a Policy> {
        let Source::Policy(rank) = source else { return None };
        self.bundle.policies.get(rank as usize)
    }

    fn id(&self, source: Source) -> Option<&'a DocumentId> {
        self.engine.document(source)
    }

    /// Who decides, for a sentence.
    fn name(&self, source: Source) -> String {
        match (self.id(source), source) {
            (Some(id), _) => format!("`{id}`"),
            (None, Source::Catalog) => "the catalog".to_owned(),
            (None, Source::Environment) => "the environment".to_owned(),
            (None, _) => format!("the default ({})", self.bundle.defaults.effect.as_str()),
        }
    }

    /// The names of those that places belong to, each once.
    fn names(&self, places: &[Place]) -> Vec<String> {
        let mut named = HashSet::new();
        let once = places.iter().filter(|place| named.insert(place.source));
        once.map(|place| self.name(place.source)).collect()
    }

    fn way(&self, place: &Place) -> Vec<Way> {
        self.way_to_entry(place).unwrap_or_else(|| self.engine.way(place.source, place.part))
    }

    /// The way to one entry of a list.
    fn way_to_entry(&self, place: &Place) -> Option<Vec<Way>> {
        let (rank, policy) = (place.entry?, self.policy(place.source)?);
        let (list, entries) = match place.part {
            Part::Allowed => ("allowed_actions", policy.allowed_actions.as_ref()?),
            _ => ("approval_actions", &policy.approval_actions),
        };
        let entry = entries.iter().nth(rank as usize)?;
        Some(vec![Way::Key(list.to_owned()), Way::Entry(entry.to_string())])
    }

    /// Where a part stands, by its key where it may go on for many lines; `None` where nobody wrote it.
    fn span(&self, place: &Place) -> Option<Span> {
        let way = self.way(place);
        if place.source == Source::Default {
            return self.written(Kind::Settings, &way);
        }
        let id = self.id(place.source)?;
        match place.part {
            Part::Allowed if place.entry.is_none() => self.places.key_span(id, &["allowed_actions".into()]),
            Part::ApprovalRule(at) => {
                self.places.key_span(id, &["approval_rules".into(), (at as usize).into(), "when".into()])
            }
            _ => self.places.way_span(id, &way),
        }
    }

    /// Where a rule says what it decides.
    fn effect_span(&self, rule: &Rule) -> Option<Span> {
        self.key(rule, "policy_effect")
    }

    /// Where a key of a rule stands.
    fn key(&self, rule: &Rule, key: &str) -> Option<Span> {
        self.places.span(&rule.id, &[key.into()])
    }

    /// Where a part of the settings or of the catalog stands, if it is written.
    fn written(&self, kind: Kind, way: &[Way]) -> Option<Span> {
        let (span, whole) = lead(self.places.single(kind)?, way);
        whole.then_some(span)
    }

    /// Where the catalog says that agents of a pattern may not act.
    fn stopped(&self, agents: Option<&Pattern>) -> Option<Span> {
        let key = |text: &str| Way::Key(text.to_owned());
        let catalog = &self.bundle.catalog;
        let stops = |(of, entry): &(&Pattern, &crate::model::AgentEntry)| {
            entry.state != AgentState::Active && agents.is_some_and(|agents| of.covers(agents))
        };
        let entry = catalog.agents.iter().find(stops);
        let state = |of: &Pattern| self.written(Kind::Catalog, &[key("agents"), key(of.as_str()), key("state")]);
        let closed = || ["closed_agents", "closed"].into_iter().find_map(|of| self.written(Kind::Catalog, &[key(of)]));
        entry.and_then(|(of, _)| state(of)).or_else(closed)
    }
}

#[cfg(test)]
mod tests {
    use super::tell;
    use crate::compile::{self, Compilation};
    use crate::diag::Diagnostic;
    use crate::effects::{Broad, Findings, Place, Shadowed, Tie};
    use crate::engine::{Part, Source};
    use crate::model::{Action, Level};
    use crate::source::{Content, Format, Role, SourceFile, SourceSet};

    /// What a repository of a catalog and documents means, and the text of its documents.
    fn compiled(documents: &str) -> (Compilation, SourceSet) {
        let catalog = "actions:\n  mail.read: {}\nagents:\n  \"old-*\": {state: retired}\n";
        let settings = "branch: main\ndefaults:\n  effect: deny\n";
        let files = [
            ("catalog.yaml", Role::Catalog, catalog),
            ("policies/all.yaml", Role::Document, documents),
            ("policyc.yaml", Role::Settings, settings),
        ];
        let file = |(path, role, text): (&str, Role, &str)| SourceFile {
            path: path.to_owned(),
            role,
            format: Format::Yaml,
            content: Content::decode(text.as_bytes().to_vec()),
            tracked: None,
            assist: None,
        };
        let sources = SourceSet::new(files.map(file).into());
        let compilation = compile::compile(&sources, None);
        assert!(compilation.bundle.is_some(), "{:?}", compilation.diagnostics);
        (compilation, sources)
    }

    fn rule(id: &str, operation: &str, effect: &str, priority: u64) -> String {
        let data = if effect == "allow" { "restricted" } else { "public" };
        format!(
            "---\nid: {id}\npolicy_name: {id}\nagent_id: old-bot\ntarget_integration: mail\noperation: \"{operation}\"\n\
             resource_scope: \"*\"\ndata_classification: {data}\npolicy_effect: {effect}\npriority: {priority}\n\
             rationale: needed for a test of findings\n"
        )
    }

    fn whole(rule: u32) -> Place {
        Place { source: Source::Rule(rule), part: Part::Effect, entry: None }
    }

    fn never(what: Place, by: &[Place]) -> Shadowed {
        Shadowed { what, by: by.to_vec() }
    }

    fn sending() -> Action {
        Action {
            integration: Some("mail".to_owned()),
            operation: "send".to_owned(),
            agent_id: Some("old-bot".to_owned()),
            resource: Some("inbox".to_owned()),
            data_classification: Some(Level::Public),
            ..Action::default()
        }
    }

    /// The findings as lines: the message, then each place by its line and what is said there, then the help.
    fn said(documents: &str, found: &Findings) -> String {
        let (compilation, sources) = compiled(documents);
        let bundle = compilation.bundle.as_ref().unwrap();
        let sink = tell(bundle, &compilation.places, &compilation.diagnostics, found);
        let place = |span: crate::text::Span, words: &str| {
            let under = sources.text(span.file).get(span.range()).unwrap();
            let line = sources.lines(span.file).position(sources.text(span.file), span.start as usize).line;
            format!("  {}:{line} {under:?} {words}\n", sources.path(span.file))
        };
        let tell = |found: &Diagnostic| {
            let labels: String = found.labels.iter().map(|label| place(label.span, &label.message)).collect();
            format!("{}\n{}{labels}", found.message, place(found.span, &found.label))
        };
        sink.as_slice().iter().map(tell).collect()
    }

    #[test]
    fn a_shadowed_rule_names_what_is_asked_first_and_why() {
        let rules =
            [rule("a", "*", "deny", 900), rule("b", "send", "deny", 100), rule("c", "send", "allow", 100)].concat();
        let found = Findings { shadowed: vec![never(whole(2), &[whole(0), whole(1)])], ..Findings::default() };
        assert_eq!(
            said(&rules, &found),
            "`c` never decides: `a` and `b` are asked first and together match all that it matches\n  \
             policies/all.yaml:31 \"allow\" allow, priority 100\n  \
             policies/all.yaml:9 \"deny\" deny, priority 900: asked first\n  \
             policies/all.yaml:20 \"deny\" deny, priority 100: of equal priority the more restrictive is asked first\n"
        );
    }

    #[test]
    fn of_a_shadowed_rule_nothing_else_is_said() {
        let rules = [rule("a", "*", "deny", 100), rule("b", "send", "allow", 100)].concat();
        let found = Findings {
            shadowed: vec![never(whole(1), &[whole(0)])],
            redundant: vec![never(whole(1), &[whole(0)])],
            dead: vec![never(whole(1), &[Place { source: Source::Catalog, part: Part::Catalog, entry: None }])],
            ties: vec![Tie { decides: 0, other: 1, witness: sending() }],
            broad: vec![Broad { rule: 1, witness: sending() }],
            complete: true,
        };
        assert_eq!(said(&rules, &found).lines().filter(|line| !line.starts_with(' ')).count(), 1);
    }

    #[test]
    fn a_redundant_rule_points_at_the_default() {
        let rules = [rule("a", "send", "deny", 100), rule("b", "read", "deny", 50)].concat();
        let default = Place { source: Source::Default, part: Part::DefaultEffect, entry: None };
        let found = Findings { redundant: vec![never(whole(0), &[whole(1), default])], ..Findings::default() };
        assert_eq!(
            said(&rules, &found),
            "without `a` every action has the same effect: `b` and the default (deny) decide then\n  \
             policies/all.yaml:9 \"deny\" deny, priority 100\n  \
             policies/all.yaml:20 \"deny\" deny, priority 50: decides then\n  \
             policyc.yaml:3 \"deny\" decides then, where no rule matches\n"
        );
    }

    #[test]
    fn what_is_always_denied_points_at_what_denies_it() {
        let documents = [
            "---\nid: never\ndenied_actions: [mail.purge, mail.send]\nargument_constraints: {}\n",
            "---\nid: only\nallowed_actions: [mail.read]\napproval_rules:\n- name: big\n  when: {actions: [mail.send]}\n",
            &rule("a", "send", "allow", 100),
        ]
        .concat();
        let denied = Place { source: Source::Policy(0), part: Part::Denied(1), entry: None };
        let unlisted = Place { source: Source::Policy(1), part: Part::Allowed, entry: None };
        let catalog = Place { source: Source::Catalog, part: Part::Catalog, entry: None };
        let asking = Place { source: Source::Policy(1), part: Part::ApprovalRule(0), entry: None };
        let found = Findings {
            dead: vec![never(asking, &[denied, unlisted]), never(whole(0), &[catalog])],
            ..Findings::default()
        };
        assert_eq!(
            said(&documents, &found),
            "the approval rule `big` never asks: `never` and `only` together deny all that it matches\n  \
             policies/all.yaml:10 \"when\" \n  \
             policies/all.yaml:3 \"mail.send\" denied here\n  \
             policies/all.yaml:7 \"allowed_actions\" not in this list\n\
             `a` never decides: the catalog denies all that it matches\n  \
             policies/all.yaml:19 \"allow\" allow, priority 100\n  \
             catalog.yaml:4 \"retired\" what the catalog does not let act\n"
        );
    }

    /// Twelve ties between a broad rule and narrow ones, and one more between two of the narrow ones: two findings.
    #[test]
    fn ties_are_told_at_the_rule_that_is_in_the_most() {
        let mut rules = rule("all", "*", "allow", 100);
        (0..12).for_each(|at| rules.push_str(&rule(&format!("b{at:02}"), "send", "deny", 100)));
        rules.push_str(&rule("c", "s*", "approval_required", 100));
        let tie = |decides, other| Tie { decides, other, witness: sending() };
        let mut ties: Vec<Tie> = (1..13).map(|rank| tie(rank, 0)).collect();
        ties.push(tie(12, 13));
        let said = said(&rules, &Findings { ties, ..Findings::default() });
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 2 + 8 + 3, "{said}");
        assert_eq!(
            lines[0],
            "`all` meets `b00`, `b01`, `b02` and 9 more of its own priority and of other effect: only the rule for ties separates them"
        );
        assert_eq!(
            lines[2],
            "  policies/all.yaml:20 \"deny\" deny, priority 100: decides, for example over `mail.send` by agent `old-bot`"
        );
        assert!(lines[9].ends_with("`old-bot`; and 4 more"), "{said}");
        assert_eq!(
            lines[10],
            "`b11` meets `c` of its own priority and of another effect: only the rule for ties separates them"
        );
        assert!(lines[12].contains("approval_required, priority 100: is decided against, for example over"), "{said}");
    }

    /// What its own policy denies was told before; of the other entry it is said which policy denies it.
    #[test]
    fn an_entry_is_told_once() {
        let documents = "---\nid: clerks\nallowed_actions: [mail.read, mail.send]\ndenied_actions: [mail.read]\n\
            ---\nid: never\ndenied_actions: [\"mail.*\"]\n";
        let entry = |rank| Place { source: Source::Policy(0), part: Part::Allowed, entry: Some(rank) };
        let denied = Place { source: Source::Policy(1), part: Part::Denied(0), entry: None };
        let by = [denied];
        let dead = vec![never(entry(0), &by), never(entry(1), &by)];
        assert_eq!(
            said(documents, &Findings { dead, ..Findings::default() }),
            "`mail.send` in `allowed_actions` lets nothing pass: `never` denies all that it matches\n  \
             policies/all.yaml:3 \"mail.send\" \n  \
             policies/all.yaml:7 \"\\\"mail.*\\\"\" denied here\n"
        );
    }

    #[test]
    fn a_broad_rule_shows_what_nobody_knows_of() {
        let rules = rule("a", "*", "allow", 100);
        let found = Findings { broad: vec![Broad { rule: 0, witness: sending() }], ..Findings::default() };
        assert_eq!(
            said(&rules, &found),
            "`a` allows what the catalog knows nothing of, such as `mail.send` by agent `old-bot`\n  \
             policies/all.yaml:6 \"\\\"*\\\"\" holds `send`\n  \
             policies/all.yaml:5 \"mail\" holds `mail`\n  \
             policies/all.yaml:9 \"allow\" allow, priority 100\n  \
             catalog.yaml:1 \"actions\" the actions that are known\n"
        );
    }
}
