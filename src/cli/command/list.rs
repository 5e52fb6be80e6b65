use std::path::Path;

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::canon;
use crate::cli::history::Forge;
use crate::cli::output::{self, say, say_json};
use crate::cli::session::{From, Session};
use crate::cli::words::{EffectArg, LevelArg, Shown};
use crate::cli::{Exit, Stop};
use crate::model::{Document, Effect, Kind, Level, Pattern, Rule, Scope};
use crate::report::{Page, Pagination, aligned, visible_line};

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only what applies to this agent.
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// Only documents that can give this effect.
    #[arg(long, value_enum)]
    effect: Option<EffectArg>,
    /// Only rules about data of this classification.
    #[arg(long, value_enum)]
    classification: Option<LevelArg>,
    /// What is live in this environment, instead of what is here.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Only documents of this status: active (not switched off) or inactive.
    #[arg(long, value_enum, conflicts_with = "active")]
    status: Option<StatusArg>,
    /// Only documents that are, or are not, active.
    #[arg(long, value_name = "BOOL")]
    active: Option<bool>,
    /// Only documents of this kind.
    #[arg(long, value_enum)]
    kind: Option<KindArg>,
    /// Only documents with this text in id, name, description, rationale or reason; case does not matter.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// The most documents to show, 1 to 100.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
    limit: u16,
    /// How many to pass over.
    #[arg(long, default_value_t = 0)]
    offset: usize,
    /// How to show them.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    from: From,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StatusArg {
    Active,
    Inactive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindArg {
    Policy,
    Rule,
    Exception,
    Suite,
}

/// Runs `list`.
///
/// # Errors
/// When the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let (session, kill_switch) = Session::open_for(here, &args.from, args.environment.as_deref(), &Forge::default())?;
    if kill_switch {
        output::remark("note: the kill switch is on: every action there is denied");
    }
    // A list that silently lacks what could not be read would be taken for the truth.
    if session.compilation.has_errors() {
        output::tell(&session)?;
        return Ok(Exit::Findings);
    }
    let chosen: Vec<&Document> = session.compilation.documents.iter().filter(|document| fits(document, args)).collect();
    let limit = usize::from(args.limit);
    let pagination = Pagination { total: chosen.len(), limit, offset: args.offset };
    let page = chosen.into_iter().skip(args.offset).take(limit);
    match args.format {
        Shown::Json => {
            say_json(&Page { data: page.map(|document| item(document, &session)).collect(), pagination })?;
        }
        Shown::Human => say(&table(page, pagination, &session))?,
    }
    Ok(Exit::Clean)
}

impl Args {
    /// Whether only active or only inactive documents are asked for.
    fn active(&self) -> Option<bool> {
        self.active.or(self.status.map(|status| status == StatusArg::Active))
    }
}

fn fits(document: &Document, args: &Args) -> bool {
    let kind = args.kind.is_none_or(|kind| {
        document.kind()
            == match kind {
                KindArg::Policy => Kind::Policy,
                KindArg::Rule => Kind::Rule,
                KindArg::Exception => Kind::Exception,
                KindArg::Suite => Kind::Suite,
            }
    });
    kind && args.agent.as_ref().is_none_or(|agent| applies(document, agent))
        && args.effect.is_none_or(|effect| gives(document, effect))
        && args.classification.is_none_or(|level| concerns(document, level))
        && args.active().is_none_or(|active| document.is_active() == active)
        && args.search.as_ref().is_none_or(|text| mentions(document, text))
}

/// Whether a document applies to an agent, as far as agents are named by it.
fn applies(document: &Document, agent: &str) -> bool {
    match document {
        Document::Rule(rule) => rule.agent_id.matches(agent),
        Document::Policy(policy) => match &policy.scope {
            Scope::Agent(target) => target.matches(agent),
            Scope::Global => true,
            Scope::Run(_) | Scope::Group(_) | Scope::Mission(_) => false,
        },
        Document::Exception(exception) => exception
            .agents
            .as_ref()
            .is_some_and(|agents| agents.iter().any(|pattern: &Pattern| pattern.matches(agent))),
        Document::Suite(_) => false,
    }
}

fn gives(document: &Document, effect: EffectArg) -> bool {
    let effect = Effect::from(effect);
    match document {
        Document::Rule(rule) => rule.policy_effect == effect || escalations(rule).contains(&effect),
        Document::Policy(policy) => match effect {
            Effect::Allow => false,
            Effect::ApprovalRequired => policy.require_approval || !policy.approval_rules.is_empty(),
            Effect::Deny => {
                !policy.denied_actions.is_empty()
                    || policy.allowed_actions.is_some()
                    || !policy.rate_limits.is_empty()
                    || !policy.action_budgets.is_empty()
                    || policy.session_budget.is_some()
                    || policy.run_budget.is_some()
                    || !policy.evidence_requirements.is_empty()
                    || !policy.argument_constraints.is_empty()
                    || !policy.grounding_rules.is_empty()
            }
        },
        Document::Exception(_) | Document::Suite(_) => false,
    }
}

/// What the conditions of a rule can make it say.
fn escalations(rule: &Rule) -> Vec<Effect> {
    let conditions = &rule.conditions;
    let rate = conditions.rate_limit.as_ref().map(|rate| rate.on_exceed);
    let time = conditions.time_restriction.as_ref().map(|time| time.on_violation);
    let cost = conditions.cost_threshold.as_ref().map(|cost| cost.on_exceed);
    let webhook = conditions.webhook_check.as_ref().map(|_| Effect::Deny);
    [rate, time, cost, webhook].into_iter().flatten().collect()
}

fn concerns(document: &Document, level: LevelArg) -> bool {
    let level = Level::from(level);
    let Document::Rule(rule) = document else { return false };
    (rule.data_classification.low..=rule.data_classification.high).contains(&level)
}

fn mentions(document: &Document, text: &str) -> bool {
    let texts: Vec<&str> = match document {
        Document::Policy(policy) => vec![&policy.name, &policy.description],
        Document::Rule(rule) => vec![&rule.policy_name, &rule.rationale],
        Document::Exception(exception) => vec![&exception.reason, exception.policy.as_str()],
        Document::Suite(suite) => vec![&suite.description],
    };
    let wanted = text.to_lowercase();
    texts.into_iter().chain([document.id().as_str()]).any(|text| text.to_lowercase().contains(&wanted))
}

/// The canonical form with where it stands; the version is null for a draft, and without history.
fn item(document: &Document, session: &Session) -> Value {
    let mut value = canon::document(document);
    if let Value::Object(map) = &mut value {
        map.insert("policy_version".to_owned(), json!(session.compilation.versions.get(document.id())));
        let span = session.compilation.places.span(document.id(), &[]);
        let (file, line) = span.map(|span| place(session, span)).unwrap_or_default();
        map.insert("file".to_owned(), json!(file));
        map.insert("line".to_owned(), json!(line));
    }
    value
}

fn place(session: &Session, span: crate::text::Span) -> (String, usize) {
    let line = session.sources.lines(span.file).position(session.sources.text(span.file), span.start as usize).line;
    (session.sources.path(span.file).to_owned(), line)
}

fn table<'a>(page: impl Iterator<Item = &'a Document>, pagination: Pagination, session: &Session) -> String {
    let mut rows = vec![["ID", "KIND", "ACTIVE", "SAYS", "PLACE"].map(str::to_owned).to_vec()];
    for document in page {
        let span = session.compilation.places.span(document.id(), &[]);
        let (file, line) = span.map(|span| place(session, span)).unwrap_or_default();
        rows.push(vec![
            document.id().to_string(),
            document.kind().as_str().to_owned(),
            if document.is_active() { "yes" } else { "no" }.to_owned(),
            says(document),
            match session.compilation.versions.get(document.id()) {
                // What is live is of several commits, and has versions instead of places.
                Some(version) if file.is_empty() => format!("version {version}"),
                _ => visible_line(&format!("{file}:{line}")),
            },
        ]);
    }
    let shown = rows.len() - 1;
    let mut text = aligned(&rows);
    text.push_str(&format!("{shown} of {}", pagination.total));
    if pagination.offset + shown < pagination.total {
        text.push_str(&format!("; more with --offset {}", pagination.offset + shown));
    }
    text.push('\n');
    text
}

fn says(document: &Document) -> String {
    let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
    match document {
        Document::Rule(rule) => visible_line(&format!(
            "{} {}.{} @{}",
            word(json!(rule.policy_effect)),
            rule.target_integration,
            rule.operation,
            rule.priority
        )),
        Document::Policy(policy) => match &policy.scope {
            Scope::Global => "global".to_owned(),
            Scope::Agent(target) => visible_line(&format!("agent {target}")),
            Scope::Run(target) => visible_line(&format!("run {target}")),
            Scope::Group(target) => visible_line(&format!("group {target}")),
            Scope::Mission(target) => visible_line(&format!("mission {target}")),
        },
        Document::Exception(exception) => format!("from {}", exception.policy),
        Document::Suite(suite) => format!("{} tests", suite.tests.len()),
    }
}
