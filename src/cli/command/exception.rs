use std::path::{Path, PathBuf};

use super::exception_list;
use crate::cli::edits::{Edits, How};
use crate::cli::words::moment;
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::host;
use crate::model::{Document, DocumentId, Time};
use crate::syntax::text_in_flow;

/// Arguments of `exception`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the exceptions: from what, for whom, until when.
    List(exception_list::Args),
    /// Write a new exception into a file of its own, and tell what it opens.
    Add(Add),
    /// Take an exception out of its file, and tell what is closed again.
    Revoke(Revoke),
}

/// Arguments of `exception add`.
#[derive(Debug, clap::Args)]
struct Add {
    /// The id of the policy or rule to make the exception from.
    policy: String,
    /// For agents of this pattern. May be repeated.
    #[arg(long = "agent", value_name = "PATTERN", required_unless_present = "runs")]
    agents: Vec<String>,
    /// For runs of this pattern. May be repeated.
    #[arg(long = "run", value_name = "PATTERN")]
    runs: Vec<String>,
    /// Why, in at least ten characters.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Until when (RFC 3339), exclusive.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Time>,
    /// For how long from now on: 30m, 12h, 7d.
    #[arg(long = "for", value_name = "DURATION", value_parser = seconds, conflicts_with = "until")]
    duration: Option<u64>,
    /// For how many actions.
    #[arg(long, value_name = "N", required_unless_present_any = ["until", "duration"])]
    uses: Option<u64>,
    /// For actions of this pattern; default: all. May be repeated.
    #[arg(long = "action", value_name = "PATTERN")]
    actions: Vec<String>,
    /// Lift this reason, such as `DENIED_ACTION`; default: all. May be repeated.
    #[arg(long = "lift", value_name = "CODE")]
    lifts: Vec<String>,
    /// The id; default: that of the policy with today's date.
    #[arg(long)]
    id: Option<String>,
    /// The file, from here; default: `exceptions/ID.yaml` in the first folder of documents.
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    #[command(flatten)]
    how: How,
}

/// Arguments of `exception revoke`.
#[derive(Debug, clap::Args)]
struct Revoke {
    /// The id of the exception.
    id: String,
    #[command(flatten)]
    how: How,
}

/// Runs `exception`.
///
/// # Errors
/// When the command line does not fit, the policies stand in the way, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    match &args.what {
        What::List(args) => exception_list::run(args, here),
        What::Add(args) => add(args, here),
        What::Revoke(args) => revoke(args, here),
    }
}

fn revoke(args: &Revoke, here: &Path) -> Result<Exit, Stop> {
    let mut edits = Edits::open(here)?;
    let located = edits.locate(&args.id)?;
    if crate::lower::kind_of(&located.root) != Some(crate::model::Kind::Exception) {
        let failure = Failure::new(codes::NOT_EDITED, format!("`{}` is no exception", args.id));
        return Err(Stop::Nothing(
            failure.help("`policyc exception list` lists them; `policyc remove` removes other documents"),
        ));
    }
    super::remove::dependents(&edits, &args.id, false)?;
    edits.take_out(&args.id)?;
    edits.with_effects = true;
    edits.finish(&args.how)
}

fn add(args: &Add, here: &Path) -> Result<Exit, Stop> {
    let now = now()?;
    if args.until.is_some_and(|until| until <= now) {
        return Err(Stop::Usage(format!("--until is not after now, {now}: such an exception lifts nothing")));
    }
    let ends = || Stop::Usage("--for leads beyond the year 9999".to_owned());
    let until = match args.duration {
        Some(duration) => Some(now.after(duration).ok_or_else(ends)?),
        None => args.until,
    };
    let mut edits = Edits::open(here)?;
    let policy = edits.locate(&args.policy)?;
    let id = args.id.clone().map_or_else(|| free_id(&edits, &args.policy, now), Ok)?;
    if DocumentId::parse(&id).is_none() {
        return Err(Stop::Usage(format!("`{id}` is no id: small letters, digits, `.`, `_` and `-`, at most 64")));
    }
    let path = match &args.file {
        Some(file) => host::written_at(&edits.before().root, here, file)
            .ok_or_else(|| Stop::Usage(format!("`{}` lies outside the policy repository", file.display())))?,
        None => default_file(&edits, &id),
    };
    edits.create(&path, args.document(&id, until))?;
    edits.remarks =
        args.warnings(crate::lower::kind_of(&policy.root).is_some_and(|kind| kind == crate::model::Kind::Rule));
    edits.with_effects = true;
    edits.finish(&args.how)
}

/// The time by the clock of the machine, in whole seconds.
pub fn now() -> Result<Time, Stop> {
    let time = Time::of_unix_seconds(host::unix_seconds());
    time.ok_or_else(|| Stop::World(Failure::new(codes::IO, "the clock of this machine shows no year")))
}

/// The id of the policy with the date of today, and a number where that is taken.
fn free_id(edits: &Edits, policy: &str, now: Time) -> Result<String, Stop> {
    let date: String = now.to_string().chars().take(10).collect();
    for number in 1..1_000 {
        let tail = if number == 1 { format!("-{date}") } else { format!("-{date}-{number}") };
        let stem: String = policy.chars().take(64 - tail.len()).collect();
        let id = format!("{stem}{tail}");
        let taken = edits.meaning(&id).is_some() || edits.locate(&id).is_ok();
        if !taken && !host::exists(&edits.before().root.join(default_file(edits, &id))) {
            return Ok(id);
        }
    }
    Err(Stop::Usage("there are a thousand exceptions of that name: give an id with --id".to_owned()))
}

fn default_file(edits: &Edits, id: &str) -> String {
    let folders = &edits.before().compilation.settings.documents;
    match folders.first().map(|folder| folder.trim_end_matches('/')) {
        None | Some("") => format!("exceptions/{id}.yaml"),
        Some(folder) => format!("{folder}/exceptions/{id}.yaml"),
    }
}

/// A time as `30m`, `12h` or `7d`, in seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let wrong = || "a duration is written like 30m, 12h or 7d".to_owned();
    let (digits, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let factor = match unit {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: Option<u64> = digits.parse().ok().filter(|number| plain && *number > 0);
    number.and_then(|number| number.checked_mul(factor)).ok_or_else(wrong)
}

impl Add {
    /// The document as text.
    fn document(&self, id: &str, until: Option<Time>) -> String {
        let list = |values: &[String]| {
            let values: Vec<String> = values.iter().map(|value| text_in_flow(value)).collect();
            (!values.is_empty()).then(|| format!("[{}]", values.join(", ")))
        };
        let lines = [
            ("kind", Some("exception".to_owned())),
            ("id", Some(text_in_flow(id))),
            ("policy", Some(text_in_flow(&self.policy))),
            ("reason", Some(text_in_flow(&self.reason))),
            ("agents", list(&self.agents)),
            ("runs", list(&self.runs)),
            ("actions", list(&self.actions)),
            ("reasons", list(&self.lifts)),
            ("expires_at", until.map(|until| text_in_flow(&until.to_string()))),
            ("max_uses", self.uses.map(|uses| uses.to_string())),
        ];
        lines.into_iter().filter_map(|(key, value)| value.map(|value| format!("{key}: {value}\n"))).collect()
    }

    /// What is opened more widely than most exceptions should.
    fn warnings(&self, of_rule: bool) -> Vec<String> {
        let all = |patterns: &[String]| patterns.iter().any(|pattern| pattern.trim_matches('*').is_empty());
        let everybody = [&self.agents, &self.runs].into_iter().all(|patterns| patterns.is_empty() || all(patterns));
        let everything = self.actions.is_empty() || all(&self.actions);
        let mut warnings = Vec::new();
        if everybody {
            warnings.push("the exception is for every agent: name those that need it".to_owned());
        }
        if everything && !of_rule {
            warnings.push("the exception is for every action: name those that are needed with --action".to_owned());
        }
        if everything && of_rule {
            warnings.push("the exception is for every action of the rule; --action names fewer".to_owned());
        }
        warnings
    }
}

/// Whether a document is an exception, and which.
pub fn as_exception(document: &Document) -> Option<&crate::model::Exception> {
    if let Document::Exception(exception) = document { Some(exception) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_minutes_hours_and_days() {
        assert_eq!((seconds("30m"), seconds("12h"), seconds("7d")), (Ok(1_800), Ok(43_200), Ok(604_800)));
        for text in [
            "",
            "7",
            "d",
            "0d",
            "-1d",
            "+1d",
            "1w",
            "1.5h",
            "7 d",
            "7ä",
            "99999999999999999999d",
            "999999999999999999d",
        ] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
