use std::path::Path;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::exception::{as_exception, now};
use crate::canon;
use crate::cli::output::{self, say, say_json};
use crate::cli::session::{From, Session};
use crate::cli::words::{Shown, moment};
use crate::cli::{Exit, Stop};
use crate::model::{Exception, Time};
use crate::report::{Page, Pagination, aligned, visible_line};

/// Arguments of `exception list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only exceptions from this policy or rule.
    #[arg(long, value_name = "ID")]
    policy: Option<String>,
    /// Only exceptions for this agent; those for runs of any agent, too.
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// Only exceptions that hold now, later, or no more.
    #[arg(long, value_enum)]
    status: Option<Status>,
    /// The moment at which that is judged (RFC 3339); default: now, by the clock of this machine.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    now: Option<Time>,
    /// Read a commit instead of the folder.
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// The most exceptions to show, 1 to 100.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
    limit: u16,
    /// How many to pass over.
    #[arg(long, visible_alias = "offset", default_value_t = 0)]
    skip: usize,
    /// How to show them.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
}

/// Whether an exception holds by its times; whether its uses are used up, only a log could tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Status {
    Active,
    Upcoming,
    Expired,
}

impl Status {
    fn of(exception: &Exception, now: Time) -> Self {
        if exception.expires_at.is_some_and(|end| end <= now) {
            Self::Expired
        } else if exception.starts_at.is_some_and(|start| now < start) {
            Self::Upcoming
        } else {
            Self::Active
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Upcoming => "upcoming",
            Self::Expired => "expired",
        }
    }
}

/// Runs `exception list`.
///
/// # Errors
/// When the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let now = args.now.map_or_else(now, Ok)?;
    let session = Session::open(here, &From { rev: args.rev.clone(), now: Some(now) })?;
    // A list that silently lacks what could not be read would be taken for the truth.
    if session.compilation.has_errors() {
        output::tell(&session)?;
        return Ok(Exit::Findings);
    }
    let all = session.compilation.documents.iter().filter_map(as_exception);
    let chosen: Vec<&Exception> = all.filter(|exception| fits(exception, args, now)).collect();
    let limit = usize::from(args.limit);
    let pagination = Pagination { total: chosen.len(), limit, offset: args.skip };
    let page = chosen.into_iter().skip(args.skip).take(limit);
    match args.format {
        Shown::Json => {
            let data = page.map(|exception| item(exception, now, &session)).collect();
            say_json(&Page { data, pagination })?;
        }
        Shown::Human => say(&table(page, pagination, now, &session))?,
    }
    Ok(Exit::Clean)
}

fn fits(exception: &Exception, args: &Args, now: Time) -> bool {
    let policy = args.policy.as_ref().is_none_or(|policy| exception.policy.as_str() == policy);
    let may_be_for = |agent: &String| {
        exception.agents.as_ref().is_none_or(|agents| agents.iter().any(|pattern| pattern.matches(agent)))
    };
    policy
        && args.agent.as_ref().is_none_or(may_be_for)
        && args.status.is_none_or(|status| Status::of(exception, now) == status)
}

/// The canonical form with what is known of it now; how many uses are left only a log could tell, so that is null.
fn item(exception: &Exception, now: Time, session: &Session) -> Value {
    let mut value = canon::document(&crate::model::Document::Exception(exception.clone()));
    if let Value::Object(map) = &mut value {
        let (file, line) = place(exception, session);
        map.insert("status".to_owned(), json!(Status::of(exception, now).as_str()));
        map.insert("judged_at".to_owned(), json!(now.to_string()));
        map.insert("used_up".to_owned(), if exception.max_uses.is_some() { Value::Null } else { json!(false) });
        map.insert("file".to_owned(), json!(file));
        map.insert("line".to_owned(), json!(line));
    }
    value
}

fn place(exception: &Exception, session: &Session) -> (String, usize) {
    let Some(span) = session.compilation.places.span(&exception.id, &[]) else { return (String::new(), 0) };
    let line = session.sources.lines(span.file).position(session.sources.text(span.file), span.start as usize).line;
    (session.sources.path(span.file).to_owned(), line)
}

fn table<'a>(
    page: impl Iterator<Item = &'a Exception>,
    pagination: Pagination,
    now: Time,
    session: &Session,
) -> String {
    let mut rows = vec![["ID", "FROM", "STATUS", "LIFTS", "FOR", "ENDS", "PLACE"].map(str::to_owned).to_vec()];
    for exception in page {
        let (file, line) = place(exception, session);
        rows.push(vec![
            exception.id.to_string(),
            exception.policy.to_string(),
            Status::of(exception, now).as_str().to_owned(),
            lifts(exception),
            subjects(exception),
            ends(exception),
            visible_line(&format!("{file}:{line}")),
        ]);
    }
    let shown = rows.len() - 1;
    let mut text = aligned(&rows);
    text.push_str(&format!("{shown} of {}, judged at {now}", pagination.total));
    if pagination.offset + shown < pagination.total {
        text.push_str(&format!("; more with --skip {}", pagination.offset + shown));
    }
    text.push('\n');
    text
}

fn lifts(exception: &Exception) -> String {
    let reasons = exception.reasons.as_ref().map(|reasons| {
        let words = reasons.iter().filter_map(|reason| json!(reason).as_str().map(str::to_owned));
        words.collect::<Vec<_>>().join(", ")
    });
    let actions = exception.actions.as_ref().map(|actions| joined(actions.iter()));
    let what = reasons.unwrap_or_else(|| "every reason".to_owned());
    visible_line(&format!("{what} for {}", actions.unwrap_or_else(|| "every action".to_owned())))
}

fn subjects(exception: &Exception) -> String {
    let agents = exception.agents.as_ref().map(|agents| format!("agents {}", joined(agents.iter())));
    let runs = exception.runs.as_ref().map(|runs| format!("runs {}", joined(runs.iter())));
    visible_line(&agents.into_iter().chain(runs).collect::<Vec<_>>().join(" in "))
}

fn ends(exception: &Exception) -> String {
    let until = exception.expires_at.map(|end| end.to_string());
    let uses = exception.max_uses.map(|uses| format!("after {uses} uses (used: unknown)"));
    until.into_iter().chain(uses).collect::<Vec<_>>().join(" or ")
}

fn joined(patterns: impl Iterator<Item = impl std::fmt::Display>) -> String {
    patterns.map(|pattern| pattern.to_string()).collect::<Vec<_>>().join(", ")
}
