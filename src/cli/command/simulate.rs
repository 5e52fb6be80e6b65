use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;

use super::simulate_regions::Change;
use super::simulate_sides::{Compiled, Named};
use super::simulate_world::{Journal, Logs};
use crate::cli::logs::{self, Located, talk};
use crate::cli::output::{self, pretty, say};
use crate::cli::words::moment;
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::engine::Engine;
use crate::host::{self, Terminal};
use crate::model::Time;
use crate::replay::{
    self, Approvals, Assumption, Condition, Filter, Gates, Listener, Most, Nobody, Outcome, Question, Share, Side,
    Sides, Truth,
};
use crate::report::{self, AskedLine, AskedOf, LogLine, Look, ShownSide, Simulation};

/// Arguments of `simulate`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Sides are revisions, or environment:NAME. Exit code 1: a gate is not met, or with --strict something cannot be read."
)]
pub struct Args {
    #[command(flatten)]
    logs: logs::Logs,
    /// Compare with this side: a revision, or environment:NAME for what is live there.
    #[arg(long, value_name = "SIDE")]
    base: Option<Named>,
    /// The side that is asked about; default: the work tree.
    #[arg(long, value_name = "SIDE", conflicts_with = "environment")]
    head: Option<Named>,
    /// Ask about what is live in this environment.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Ask about one policy or rule alone, with the exceptions from it: nothing else decides, the rest is allowed.
    #[arg(long, value_name = "ID")]
    policy: Option<String>,
    /// Count kill switches of environments that are on; left out otherwise.
    #[arg(long)]
    kill_switch: bool,
    /// Judge the expiry of exceptions for warnings at this moment (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    now: Option<Time>,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    limits: Limits,
    /// How to show the report: human, json, markdown or html; with =FILE into a file. May be repeated.
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    targets: Vec<Target>,
    /// Write every decision into this file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
    /// End with 1 if anything cannot be read.
    #[arg(long)]
    strict: bool,
    /// How many threads work; default: as many as the machine has.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

/// What is asked beside the sides.
#[derive(Debug, clap::Args)]
#[group(id = "SimulationAsked", multiple = true)]
struct Asked {
    /// What becomes of approvals that are asked for.
    #[arg(long, value_enum, default_value = "granted")]
    approvals: ApprovalsArg,
    /// Take a fact as given where record and catalog say nothing of it. May be repeated.
    #[arg(long = "assume", value_name = "FACT=VALUE")]
    assumed: Vec<String>,
    /// Where the ground truth stands in a record, and the value of bad actions: precision and recall.
    #[arg(long, value_name = "/POINTER=VALUE", value_parser = Truth::parse)]
    truth: Option<Truth>,
    /// Report only what happened then or later; everything is replayed.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Time>,
    /// Report only what happened before.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Time>,
    /// Report only actions whose field, or value at a JSON pointer, matches (`field=pattern`) or does not
    /// (`field!=pattern`). May be repeated: all must hold.
    #[arg(long = "where", value_name = "FIELD=PATTERN", value_parser = Condition::parse)]
    conditions: Vec<Condition>,
    /// Report only so many actions, drawn by their ids: the same from the same log.
    #[arg(long, value_name = "NUMBER")]
    sample: Option<NonZero<usize>>,
}

/// Gates.
#[derive(Debug, clap::Args)]
#[group(id = "Gates", multiple = true)]
struct Limits {
    /// How many actions may be newly denied in the worst case, a number or a share (`1%`).
    #[arg(long, value_name = "N|N%", requires = "base")]
    max_newly_denied: Option<Most>,
    /// How many actions may be newly allowed in the worst case.
    #[arg(long, value_name = "N|N%", requires = "base")]
    max_newly_allowed: Option<Most>,
    /// How many approvals may be asked for on one day.
    #[arg(long, value_name = "N")]
    max_approvals_per_day: Option<u64>,
    /// Which share must be decided for certain; without it head must know as much as base.
    #[arg(long, value_name = "N%")]
    min_coverage: Option<Share>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ApprovalsArg {
    Granted,
    Denied,
    AsRecorded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    Human,
    Json,
    Markdown,
    Html,
}

/// A format of the report, and the file it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    format: ReportFormat,
    file: Option<PathBuf>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = output::name_and_file(text)?;
        let format = ReportFormat::from_str(name, false)
            .map_err(|_| "the formats of the report are human, json, markdown and html".to_owned())?;
        Ok(Self { format, file })
    }
}

/// Runs `simulate`.
///
/// # Errors
/// When the command line does not fit, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let question = args.question()?;
    args.checked()?;
    let Some((base, head)) = args.sides(here)? else { return Ok(Exit::Findings) };
    let base_engine = base.as_ref().map(Compiled::engine);
    let head_engine = head.engine();
    let base_shown = base.as_ref().zip(base_engine.as_ref()).map(|(side, engine)| side.shown(engine));
    let head_shown = head.shown(&head_engine);
    let change = args.change(base.as_ref(), &head);
    let sides = Sides {
        base: base_shown.map(|shown| side(shown.engine, base.as_ref().is_some_and(Compiled::kill_switch))),
        head: side(&head_engine, head.kill_switch()),
        regions: change.as_ref().map(Change::regions),
    };
    let found = args.logs.locate(here)?;
    args.refuse_results(here, &head, &found)?;
    Args::refuse_pointers(&question, &found)?;
    let names: Vec<LogLine> =
        found.iter().map(|(log, _)| LogLine { name: log.name.clone(), form: log.form().to_owned() }).collect();
    let again = sides.remember() || args.asked.sample.is_some();
    let mut world = Logs::new(found, again).map_err(failed)?;
    let sample = args.asked.sample.map(NonZero::get);
    let outcome = match &args.decisions {
        None => replay::run(sides, &question, sample, &mut world, &mut Nobody).map_err(failed)?,
        Some(file) => {
            let logs = names.iter().map(|log| log.name.clone()).collect();
            let mut journal = Journal::new(logs, base_shown, head_shown).map_err(failed)?;
            let outcome = replay::run(sides, &question, sample, &mut world, &mut journal as &mut dyn Listener);
            let outcome = outcome.map_err(failed)?;
            host::write_copy(&here.join(file), &mut journal.finish().map_err(failed)?)?;
            outcome
        }
    };
    drop(world);
    args.refuse_nothing(&outcome)?;
    let report = args.report(&outcome, base_shown, head_shown, names);
    args.show(&report, here)?;
    Ok(args.exit(&outcome, &report))
}

fn side<'b>(engine: &'b Engine<'b>, kill_switch: bool) -> Side<'b> {
    Side { engine, kill_switch }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn failed(error: io::Error) -> Stop {
    Stop::World(Failure::new(codes::IO, format!("the replay cannot go on: {error}")))
}

impl Args {
    /// The files that results go to.
    fn files(&self) -> impl Iterator<Item = &Path> {
        self.targets.iter().filter_map(|target| target.file.as_deref()).chain(self.decisions.as_deref())
    }

    fn checked(&self) -> Result<(), Stop> {
        let on_stdout = self.targets.iter().filter(|target| target.file.is_none()).count();
        if on_stdout > 1 {
            return Err(Stop::Usage(
                "only one --format can go to standard output; write FORMAT=FILE for the others".to_owned(),
            ));
        }
        if self.files().any(|file| file == Path::new("-")) {
            return Err(Stop::Usage("a result goes to standard output without =FILE; `-` is no file".to_owned()));
        }
        let environment = |side: &Option<Named>| matches!(side, Some(Named::Environment(_)));
        if self.kill_switch && self.environment.is_none() && !environment(&self.base) && !environment(&self.head) {
            return Err(Stop::Usage("--kill-switch counts those of environments, and no side is one".to_owned()));
        }
        Ok(())
    }

    /// Results take the place of nothing that is read.
    fn refuse_results(&self, here: &Path, head: &Compiled, found: &[(Located, Option<host::Log>)]) -> Result<(), Stop> {
        head.refuse_results(self.files(), here)?;
        logs::refuse_results(self.files(), here, found)
    }

    /// In forms without lines of their own, pointers lead nowhere but into labels: they would find nothing for ever.
    fn refuse_pointers(question: &Question, found: &[(Located, Option<host::Log>)]) -> Result<(), Stop> {
        let conditions = question.filter.conditions.iter().filter_map(Condition::pointer);
        let pointers = conditions.chain(question.truth.as_ref().map(|truth| truth.pointer.as_str()));
        let outside = pointers.into_iter().find(|pointer| *pointer != "/labels" && !pointer.starts_with("/labels/"));
        let without = found.iter().find(|(log, _)| !log.has_lines());
        match (outside, without) {
            (Some(pointer), Some((log, _))) => Err(Stop::Usage(format!(
                "`{pointer}` leads nowhere in {} ({}): in forms other than native only /labels/… can be asked for",
                log.name,
                log.form()
            ))),
            _ => Ok(()),
        }
    }

    fn question(&self) -> Result<Question, Stop> {
        let (mut assumption, mut assumed) = (Assumption::default(), Vec::new());
        for text in &self.asked.assumed {
            let (fact, value) = text
                .split_once('=')
                .ok_or_else(|| Stop::Usage(format!("--assume {text}: write FACT=VALUE, such as risk_level=low")))?;
            if assumed.contains(&fact) {
                return Err(Stop::Usage(format!("--assume {text}: `{fact}` is assumed twice")));
            }
            assumed.push(fact);
            assumption.assume(fact, value).map_err(|why| Stop::Usage(format!("--assume {text}: {why}")))?;
        }
        let filter = Filter {
            since: self.asked.since,
            until: self.asked.until,
            conditions: self.asked.conditions.clone(),
            sample: None,
        };
        let approvals = match self.asked.approvals {
            ApprovalsArg::Granted => Approvals::Granted,
            ApprovalsArg::Denied => Approvals::Denied,
            ApprovalsArg::AsRecorded => Approvals::AsRecorded,
        };
        let threads = self.threads.map_or_else(host::processors, usize::from);
        Ok(Question { approvals, assumption, filter, truth: self.asked.truth.clone(), threads })
    }

    /// Base and head; `None`, and findings told, where one does not compile.
    fn sides(&self, here: &Path) -> Result<Option<(Option<Compiled>, Compiled)>, Stop> {
        let head = match (&self.head, &self.environment) {
            (Some(named), _) => named.clone(),
            (None, Some(name)) => Named::Environment(name.clone()),
            (None, None) => Named::WorkTree,
        };
        let open = |named: &Named| Compiled::open(here, named, self.now, self.kill_switch);
        let mut base = None;
        if let Some(named) = &self.base {
            let Some(side) = open(named)? else {
                talk("base does not compile (its findings are above): nothing was replayed");
                return Ok(None);
            };
            base = Some(side);
        }
        let Some(mut head) = open(&head)? else {
            talk("head does not compile (its findings are above): nothing was replayed");
            return Ok(None);
        };
        if let Some(id) = &self.policy {
            let ids: Vec<String> = base.iter().flat_map(Compiled::ids).chain(head.ids()).collect();
            let of_base = base.as_mut().is_some_and(|base| base.keep_only(id));
            if !head.keep_only(id) && !of_base {
                return Err(Compiled::lacks(id, &ids));
            }
        }
        Ok(Some((base, head)))
    }

    /// The regions between the sides. Of one document alone they are others than those that `diff --effects` numbers.
    fn change(&self, base: Option<&Compiled>, head: &Compiled) -> Option<Change> {
        let base = base.filter(|_| self.policy.is_none())?;
        Some(Change::between(base.bundle(), head.bundle()))
    }

    fn gates(&self) -> Gates {
        Gates {
            max_newly_denied: self.limits.max_newly_denied,
            max_newly_allowed: self.limits.max_newly_allowed,
            max_approvals_per_day: self.limits.max_approvals_per_day,
            min_coverage: self.limits.min_coverage,
        }
    }

    fn report(
        &self,
        outcome: &Outcome<'_>,
        base: Option<ShownSide<'_>>,
        head: ShownSide<'_>,
        logs: Vec<LogLine>,
    ) -> Simulation {
        let assumed = self.asked.assumed.iter().filter_map(|text| text.split_once('='));
        let asked = AskedLine {
            approvals: self
                .asked
                .approvals
                .to_possible_value()
                .map(|value| value.get_name().to_owned())
                .unwrap_or_default(),
            assumed: assumed.map(|(fact, value)| (fact.to_owned(), value.to_owned())).collect(),
            since: self.asked.since.map(|time| time.to_string()),
            until: self.asked.until.map(|time| time.to_string()),
            conditions: self.asked.conditions.iter().map(|condition| condition.as_str().to_owned()).collect(),
            sample: self.asked.sample.map(NonZero::get),
        };
        let gates = self.gates().judged(outcome, base.is_some());
        let truth = self.asked.truth.as_ref();
        let rows = base.is_some() && self.policy.is_none();
        report::simulation(outcome, base, head, AskedOf { logs, asked, rows, truth, gates })
    }

    /// A report of nothing would look like a good one: no action breaks a gate.
    fn refuse_nothing(&self, outcome: &Outcome<'_>) -> Result<(), Stop> {
        let nothing = |what: &str, help: &str| Err(Stop::Nothing(Failure::new(codes::NOT_FOUND, what).help(help)));
        if outcome.replayed == 0 {
            return nothing(
                "no recorded action could be replayed",
                "`policyc records stats LOG` shows what stands in a log",
            );
        }
        if outcome.actions == 0 {
            let what = format!("none of the {} actions that were replayed is to be reported", outcome.replayed);
            return nothing(&what, "look at --where, --since and --until: no action fits all of them");
        }
        let [good, bad, _] = outcome.head.truth;
        if let Some(truth) = self.asked.truth.as_ref().filter(|_| good.iter().chain(&bad).sum::<u64>() == 0) {
            let what = format!(
                "no action has a value at `{}`, so there is no ground truth (a value of another type is none)",
                truth.pointer
            );
            return nothing(&what, "--truth takes a JSON pointer into the record, such as /labels/attack=true");
        }
        Ok(())
    }

    fn show(&self, report: &Simulation, here: &Path) -> Result<(), Stop> {
        let mut targets = self.targets.clone();
        if !targets.iter().any(|target| target.file.is_none()) {
            targets.push(Target { format: ReportFormat::Human, file: None });
        }
        for Target { format, file } in targets {
            let terminal = Terminal::of_stdout();
            let colour = terminal.colour && file.is_none();
            let text = match format {
                ReportFormat::Human => {
                    report::simulation_human(report, Look { colour, width: terminal.width, lines: false })
                }
                ReportFormat::Json => pretty(report),
                ReportFormat::Markdown => report::simulation_markdown(report),
                ReportFormat::Html => report::simulation_html(report),
            };
            match file {
                Some(file) => host::write_whole(&here.join(file), text.as_bytes())?,
                None if matches!(format, ReportFormat::Human | ReportFormat::Markdown) => say(&text)?,
                None => host::print(text.as_bytes())?,
            }
        }
        Ok(())
    }

    fn exit(&self, outcome: &Outcome<'_>, report: &Simulation) -> Exit {
        let unmet = report.gates.iter().any(|gate| !gate.met);
        let unread = self.strict && outcome.unreadable.1 > 0;
        if unmet || unread { Exit::Findings } else { Exit::Clean }
    }
}
