use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::eval_hook;
use crate::cli::history::Forge;
use crate::cli::live::{self, Shares, Side};
use crate::cli::output::{self, guarded, say};
use crate::cli::session::{From, Session, refuse_revision};
use crate::cli::words::{EffectArg, LevelArg, RiskArg, moment};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::engine::{Call, Decision, Engine, Granted, State};
use crate::host::{self, Terminal};
use crate::model::{Action, Arguments, Effect, Time, Usd};
use crate::records::{self, Lines};
use crate::report::{self, DecisionLine, Decisions, Look};
use crate::text::distinct;

/// Arguments of `eval`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A fact that is not given is unknown, and an unknown fact is decided restrictively. A deny is an \
                        answer: the exit code is 0 unless --fail-on says otherwise."
)]
pub struct Args {
    #[command(flatten)]
    facts: Facts,
    /// Read the action, a JSON object, from a file; `-` or nothing: from standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "Facts")]
    action: Option<PathBuf>,
    /// Read one action a line from standard input and answer one decision a line; each sees those before it.
    #[arg(long, conflicts_with_all = ["Facts", "hook", "action"])]
    stream: bool,
    /// Earlier actions, one JSON object a line: decided first, and not told.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// With --hook: read earlier actions from this file, and append this one. Without it and --history, whatever hangs on
    /// earlier actions is unknown.
    #[arg(long, value_name = "FILE", requires = "hook", conflicts_with = "history")]
    remember: Option<PathBuf>,
    /// Decide under what is live in this environment: the versions that its lock pins, and its kill switch.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Whether approvals that earlier decisions asked for were given.
    #[arg(long, value_enum, default_value_t = ApprovalsArg::Granted)]
    approvals: ApprovalsArg,
    /// End with 1 if a decision is this or more restrictive.
    #[arg(long, value_name = "EFFECT", value_enum)]
    fail_on: Option<EffectArg>,
    /// Show the lines of the policies, with what the action has there.
    #[arg(long)]
    explain: bool,
    /// Answer the hook of an agent: reads its line from standard input; --agent and --at say who and when.
    #[arg(long, value_enum, value_name = "AGENT", conflicts_with_all = ["action", "fail_on", "explain", "format"])]
    pub(super) hook: Option<HookArg>,
    /// How to show decisions; a stream is JSON unless told.
    #[arg(long, value_enum)]
    format: Option<EvalFormat>,
    #[command(flatten)]
    forge: Forge,
    #[command(flatten)]
    pub(super) from: From,
}

impl Args {
    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(super) fn remember(&self) -> Option<&Path> {
        self.remember.as_deref()
    }

    /// Refuses what would pass something over in silence.
    fn checked(&self) -> Result<(), Stop> {
        let facts = self.facts.given();
        let refused = if self.hook.is_some() && facts.iter().any(|name| !matches!(*name, "--agent" | "--at")) {
            "the hook says what is attempted; only --agent and --at can be told beside it"
        } else if self.facts.operation.is_none() && self.hook.is_none() && !facts.is_empty() {
            "an action needs an operation: --operation send, or --operation mail.send"
        } else if self.explain && self.format == Some(EvalFormat::Json) {
            "--explain is for people; JSON holds every reason with its place anyway"
        } else if self.facts.operation.as_deref() == Some("") {
            "an operation has a name"
        } else if self.history.as_deref() == Some(Path::new("-")) && self.reads_stdin() {
            "standard input cannot be both the history and what is decided"
        } else {
            return Ok(());
        };
        Err(Stop::Usage(refused.to_owned()))
    }

    fn reads_stdin(&self) -> bool {
        let of_file = self.action.as_ref().is_some_and(|file| file != Path::new("-"));
        self.hook.is_some() || self.stream || (self.facts.operation.is_none() && !of_file)
    }
}

/// The facts of one action.
#[derive(Debug, Default, clap::Args)]
#[group(id = "Facts", multiple = true)]
pub struct Facts {
    /// Who acts.
    #[arg(long, value_name = "ID")]
    pub(super) agent: Option<String>,
    /// The integration, such as `mail`.
    #[arg(long, value_name = "NAME")]
    integration: Option<String>,
    /// The operation, such as `send`, or both as `mail.send`.
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// What it is done to.
    #[arg(long, value_name = "NAME")]
    resource: Option<String>,
    /// How sensitive the data is.
    #[arg(long, value_enum, value_name = "LEVEL")]
    classification: Option<LevelArg>,
    /// The arguments, a JSON object.
    #[arg(long, value_name = "JSON", value_parser = arguments)]
    arguments: Option<Arguments>,
    /// A tag; may be repeated. `--tag ''` says that there are none.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// How risky it is.
    #[arg(long, value_enum)]
    risk: Option<RiskArg>,
    /// What it costs, in USD.
    #[arg(long, value_name = "USD", value_parser = usd, allow_negative_numbers = true)]
    cost: Option<Usd>,
    /// The run.
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// The session.
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// The turn of the run.
    #[arg(long, value_name = "NUMBER")]
    turn: Option<u64>,
    /// A group of the agent.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// The mission it is for.
    #[arg(long, value_name = "NAME")]
    mission: Option<String>,
    /// When (RFC 3339), or `now` for the machine's clock.
    #[arg(long, value_name = "TIME", value_parser = moment_or_now)]
    pub(super) at: Option<Time>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EvalFormat {
    Human,
    Json,
}

/// An agent that can ask before it acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HookArg {
    /// Claude Code, event `PreToolUse`.
    ClaudeCode,
}

/// What became of approvals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ApprovalsArg {
    Granted,
    Denied,
}

fn arguments(text: &str) -> Result<Arguments, String> {
    match distinct(text) {
        Ok(serde_json::Value::Object(map)) => Ok(Arguments::new(map)),
        Ok(_) => Err("arguments are a JSON object, such as '{\"amount\": 5}'".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn usd(text: &str) -> Result<Usd, String> {
    Usd::rounded_up(text).ok_or_else(|| "a cost is an amount of dollars, such as 0.05".to_owned())
}

/// A moment, or the machine's clock.
///
/// # Errors
/// When it is neither.
pub fn moment_or_now(text: &str) -> Result<Time, String> {
    match text {
        "now" => now().ok_or_else(|| "the machine's clock shows no time".to_owned()),
        _ => moment(text),
    }
}

/// The machine's clock.
pub fn now() -> Option<Time> {
    Time::of_unix_seconds(host::unix_seconds())
}

/// Runs `eval`.
///
/// # Errors
/// When the command line does not fit, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    args.checked()?;
    if let Some(HookArg::ClaudeCode) = args.hook {
        return eval_hook::run(args, here);
    }
    with_sides(args, here, |teller| if args.stream { teller.stream() } else { teller.one(here) })
}

/// Opens the policy repository, or what is live in the environment that is asked for, and has somebody decide under it.
///
/// # Errors
/// When one of them cannot be read.
pub(super) fn with_sides(
    args: &Args,
    here: &Path,
    then: impl FnOnce(Teller<'_>) -> Result<Exit, Stop>,
) -> Result<Exit, Stop> {
    let opened = opened(args, here)?;
    let Some(bundle) = &opened.session.compilation.bundle else {
        output::tell(&opened.session)?;
        return Ok(Exit::Findings);
    };
    let engine = Engine::new(bundle);
    let mut teller = Teller::new(args, &opened.session, &engine, opened.kill_switch);
    teller.remember_all(here)?;
    let Some((live, other)) = opened.before.as_ref() else { return then(teller) };
    let Some(bundle) = &other.compilation.bundle else {
        output::tell(other)?;
        return Ok(Exit::Findings);
    };
    let engine = Engine::new(bundle);
    let mut before = Teller::new(args, other, &engine, opened.kill_switch);
    before.remember_all(here)?;
    teller.rollout = Some((live, Box::new(before)));
    then(teller)
}

/// What decides.
pub(super) struct Opened {
    /// What decides, for the runs that a rollout has reached.
    pub session: Session,
    /// What decides for those that it has not.
    before: Option<(Shares, Session)>,
    /// Whether everything is stopped.
    pub kill_switch: bool,
}

impl Opened {
    /// What decides for a run: both sides of a rollout where nobody says which run it is.
    pub fn for_run(&self, run: Option<&str>) -> Vec<&Session> {
        match &self.before {
            None => vec![&self.session],
            Some((shares, before)) => match shares.side_of(run) {
                Side::Before => vec![before],
                Side::After => vec![&self.session],
                Side::Both => vec![before, &self.session],
            },
        }
    }
}

/// Opens what decides.
///
/// # Errors
/// When it cannot be read.
pub(super) fn opened(args: &Args, here: &Path) -> Result<Opened, Stop> {
    let Some(name) = &args.environment else {
        let session = Session::open_numbered(here, &args.from)?;
        return Ok(Opened { session, before: None, kill_switch: false });
    };
    refuse_revision(&args.from)?;
    let live = live::open(&Session::open(here, &args.from)?, name, &args.forge)?;
    let shares = live.shares();
    let before = live.before.map(|before| (shares, before));
    Ok(Opened { session: live.session, before, kill_switch: live.kill_switch })
}

/// Decides and tells.
pub(super) struct Teller<'a> {
    args: &'a Args,
    session: &'a Session,
    engine: &'a Engine<'a>,
    state: State<'a>,
    kill_switch: bool,
    decisions: Decisions<'a>,
    look: Look,
    failed: bool,
    /// What decides for the runs that a rollout has not reached, and which those are.
    rollout: Option<(&'a Shares, Box<Teller<'a>>)>,
}

impl<'a> Teller<'a> {
    pub fn new(args: &'a Args, session: &'a Session, engine: &'a Engine<'a>, kill_switch: bool) -> Self {
        let terminal = Terminal::of_stdout();
        Self {
            args,
            session,
            engine,
            state: State::new(engine).with_kill_switch(kill_switch),
            kill_switch,
            decisions: Decisions::new(&session.compilation, &session.sources),
            look: Look { colour: terminal.colour, width: terminal.width, lines: args.explain },
            failed: false,
            rollout: None,
        }
    }

    /// Decides all earlier actions there are to know. An agent's hook begins anew each time: untold ones may have happened.
    pub fn remember_all(&mut self, here: &Path) -> Result<(), Stop> {
        if let Some(history) = &self.args.history {
            return self.remember(history, here);
        }
        match &self.args.remember {
            Some(file) if host::exists(&here.join(file)) => self.remember(file, here),
            Some(_) => Ok(()),
            None => {
                if self.args.hook.is_some() {
                    self.state = State::new(self.engine).with_open_past().with_kill_switch(self.kill_switch);
                }
                Ok(())
            }
        }
    }

    fn remember(&mut self, history: &Path, here: &Path) -> Result<(), Stop> {
        earlier(history, here, |action| drop(self.decide(action)))
    }

    pub fn decide(&mut self, action: &Action) -> Decision {
        let granted = match self.args.approvals {
            ApprovalsArg::Granted => Granted::Yes,
            ApprovalsArg::Denied => Granted::No,
        };
        self.engine.decide_call(&mut self.state, &Call::of(action), |_| granted)
    }

    fn one(mut self, here: &Path) -> Result<Exit, Stop> {
        let action = self.args.facts.action();
        let action = match action {
            Some(action) => (action, Vec::new()),
            None => self.read(here)?,
        };
        let (action, doubts) = action;
        let id = action.id.clone().unwrap_or_else(|| "1".to_owned());
        self.tell(&action, id, doubts)?;
        Ok(self.exit())
    }

    /// The action in a file or on standard input.
    fn read(&self, here: &Path) -> Result<(Action, Vec<String>), Stop> {
        let path = self.args.action.clone().unwrap_or_else(|| PathBuf::from("-"));
        let stdin = path == Path::new("-");
        if stdin && self.args.action.is_none() && host::stdin_is_terminal() {
            let help =
                "say what is attempted, such as `policyc eval --agent a --operation mail.send`, or pipe an action in";
            return Err(Stop::Usage(help.to_owned()));
        }
        let text = action_text(&path, here)?;
        let record = records::read(&text).map_err(|why| {
            let several = text.lines().count() > 1 && text.lines().all(|line| records::read(line).is_ok());
            let hint = if several { " (several actions, one a line, are read with --stream)" } else { "" };
            unreadable(&path, &format!("it is no action: {why}{hint}"))
        })?;
        Ok((record.action, record.doubts))
    }

    /// Answers every line. A line that cannot be read is denied.
    fn stream(mut self) -> Result<Exit, Stop> {
        let (mut unread, mut any) = (false, false);
        for (number, line) in Lines::new(host::open_log(Path::new("-"))?.reader) {
            any = true;
            match line.and_then(|line| records::read(&line)) {
                Ok(record) => {
                    let id = record.action.id.clone().unwrap_or_else(|| number.to_string());
                    self.tell(&record.action, id, record.doubts)?;
                }
                Err(why) => {
                    unread = true;
                    self.show(&DecisionLine::unreadable(number.to_string(), why), None)?;
                }
            }
            if host::reader_is_gone() {
                break;
            }
        }
        if !any {
            let failure = Failure::new(codes::NOT_FOUND, "standard input holds no action");
            return Err(Stop::Nothing(failure.help("a stream has one action a line")));
        }
        Ok(if unread { Exit::Findings } else { self.exit() })
    }

    fn exit(&self) -> Exit {
        if self.failed { Exit::Findings } else { Exit::Clean }
    }

    fn tell(&mut self, action: &Action, id: String, doubts: Vec<String>) -> Result<(), Stop> {
        let decision = self.decide(action);
        // Both sides see every action, so that each counts what it would have counted alone.
        if let Some((shares, before)) = &mut self.rollout {
            let other = before.decide(action);
            let by_before = match shares.side_of(action.run_id.as_deref().or(action.session_id.as_deref())) {
                Side::Before => true,
                Side::After => false,
                Side::Both => other.effect > decision.effect,
            };
            if by_before {
                self.failed |= before.decided(&other, action, id, doubts)?;
                return Ok(());
            }
        }
        self.failed |= self.decided(&decision, action, id, doubts)?;
        Ok(())
    }

    /// Tells a decision; answers whether it is one that the command fails on.
    fn decided(&mut self, decision: &Decision, action: &Action, id: String, doubts: Vec<String>) -> Result<bool, Stop> {
        let call = Call::of(action);
        let told = self.engine.told(decision, &call);
        let line = DecisionLine { doubts, ..self.decisions.line(&told, id) };
        self.show(&line, Some((&told, &headline(&call))))?;
        Ok(self.args.fail_on.is_some_and(|least| decision.effect >= Effect::from(least)))
    }

    fn show(&self, line: &DecisionLine, told: Option<(&crate::engine::Told<'_>, &str)>) -> Result<(), Stop> {
        let default = if self.args.stream && !self.args.explain { EvalFormat::Json } else { EvalFormat::Human };
        match (self.args.format.unwrap_or(default), told) {
            (EvalFormat::Json, _) => output::say_json_line(line),
            (EvalFormat::Human, Some((told, name))) => {
                for doubt in &line.doubts {
                    host::print_error(&guarded(&format!("note: {}\n", report::visible_line(doubt))));
                }
                say(&report::explained(line, told, name, &self.session.compilation, &self.session.sources, self.look))
            }
            (EvalFormat::Human, None) => {
                let why = report::visible_line(line.error.as_deref().unwrap_or_default());
                say(&format!("deny  line {}: {why}\n", line.id))
            }
        }
    }
}

/// The text of one action, in a file or on standard input.
///
/// # Errors
/// When it cannot be read.
pub fn action_text(path: &Path, here: &Path) -> Result<String, Stop> {
    let mut text = String::new();
    let log = host::open_log(&if path == Path::new("-") { path.to_path_buf() } else { here.join(path) })?;
    for (_, line) in Lines::new(log.reader) {
        text.push_str(&line.map_err(|why| unreadable(path, &why))?);
        text.push('\n');
    }
    Ok(text)
}

/// Gives earlier actions, one a line, to whoever remembers them. One that cannot be read might be the one that matters,
/// so it is refused.
///
/// # Errors
/// When one cannot be read.
pub fn earlier(history: &Path, here: &Path, mut remember: impl FnMut(&Action)) -> Result<(), Stop> {
    let path = if history == Path::new("-") { history.to_path_buf() } else { here.join(history) };
    for (number, line) in Lines::new(host::open_log(&path)?.reader) {
        let record = line.and_then(|line| records::read(&line));
        let record = record.map_err(|why| unreadable(history, &format!("line {number}: {why}")))?;
        for doubt in &record.doubts {
            host::print_error(&guarded(&format!("note: line {number}: {}\n", report::visible_line(doubt))));
        }
        remember(&record.action);
    }
    Ok(())
}

/// The action in a few words.
fn headline(call: &Call<'_>) -> String {
    let agent = call.agent.map_or(String::new(), |agent| format!(" by {agent}"));
    format!("{}{agent}", call.name())
}

/// That an action cannot be read.
pub fn unreadable(path: &Path, why: &str) -> Stop {
    let name = if path == Path::new("-") { "standard input".to_owned() } else { format!("`{}`", path.display()) };
    Stop::World(Failure::new(codes::BAD_RECORD, format!("{name}: {why}")).help(
        "an action is a JSON object such as {\"agent_id\": \"a\", \"operation\": \"mail.send\", \"arguments\": {}}",
    ))
}

impl Facts {
    /// The action that the arguments describe; `None` where none is given.
    fn action(&self) -> Option<Action> {
        let operation = self.operation.as_ref()?;
        Some(Action {
            id: None,
            timestamp: self.at,
            agent_id: self.agent.clone(),
            run_id: self.run.clone(),
            session_id: self.session.clone(),
            turn: self.turn,
            group_id: self.group.clone(),
            mission_id: self.mission.clone(),
            integration: self.integration.clone(),
            operation: operation.clone(),
            resource: self.resource.clone(),
            data_classification: self.classification.map(Into::into),
            arguments: self.arguments.clone(),
            tags: (!self.tags.is_empty()).then(|| self.tags.iter().filter(|tag| !tag.is_empty()).cloned().collect()),
            risk_level: self.risk.map(Into::into),
            cost_usd: self.cost,
            ..Action::default()
        })
    }

    /// The options that are given.
    fn given(&self) -> Vec<&'static str> {
        let all = [
            (self.agent.is_some(), "--agent"),
            (self.integration.is_some(), "--integration"),
            (self.operation.is_some(), "--operation"),
            (self.resource.is_some(), "--resource"),
            (self.classification.is_some(), "--classification"),
            (self.arguments.is_some(), "--arguments"),
            (!self.tags.is_empty(), "--tag"),
            (self.risk.is_some(), "--risk"),
            (self.cost.is_some(), "--cost"),
            (self.run.is_some(), "--run"),
            (self.session.is_some(), "--session"),
            (self.turn.is_some(), "--turn"),
            (self.group.is_some(), "--group"),
            (self.mission.is_some(), "--mission"),
            (self.at.is_some(), "--at"),
        ];
        all.into_iter().filter(|(given, _)| *given).map(|(_, name)| name).collect()
    }
}
