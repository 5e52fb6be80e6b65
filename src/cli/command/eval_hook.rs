//! Answers an agent that asks before it uses a tool. Whatever goes wrong, the answer is deny: an agent takes most exit
//! codes of a hook as leave to go on, all but 2.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::eval::{Args, Teller, now, opened};
use crate::cli::output::say_json_line;
use crate::cli::session::Session;
use crate::cli::{Exit, Stop};
use crate::diag::Severity;
use crate::engine::{Call, Engine, Told};
use crate::host;
use crate::model::{Action, Effect};
use crate::records::hook_line;
use crate::report::{HookAnswer, visible_line};
use crate::syntax::counted;

/// The most that is read from an agent, in bytes.
const MOST: u64 = 16 << 20;

/// Runs `eval --hook claude-code`.
///
/// # Errors
/// When the answer cannot be written: wrong usage to the agent, which stops it.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let answer = catch_unwind(AssertUnwindSafe(|| decide(args, here)));
    let answer = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(why)) => HookAnswer::new(Effect::Deny, format!("policyc cannot decide: {}", visible_line(&why))),
        Err(_) => HookAnswer::new(Effect::Deny, "policyc cannot decide: it met a bug of its own".to_owned()),
    };
    if say_json_line(&answer).is_err() || host::reader_is_gone() {
        return Err(Stop::Usage("policyc cannot tell its answer, so the tool must not be used".to_owned()));
    }
    Ok(Exit::Clean)
}

fn decide(args: &Args, here: &Path) -> Result<HookAnswer, String> {
    let text = host::read_stdin_up_to(MOST).map_err(|failure| failure.message)?;
    let text = text.ok_or_else(|| format!("the hook line is longer than {} MiB", MOST >> 20))?;
    let text = String::from_utf8(text).map_err(|_| "the hook line is not UTF-8".to_owned())?;
    let readings = hook_line(&text, args.facts().agent.as_deref(), args.facts().at.or_else(now))?;
    let opened = opened(args, here).map_err(told)?;
    let mut worst: Option<(Effect, String, &Action)> = None;
    for action in &readings {
        for session in opened.for_run(action.run_id.as_deref().or(action.session_id.as_deref())) {
            let (effect, why) = decided(args, here, session, opened.kill_switch, action)?;
            if worst.as_ref().is_none_or(|(known, ..)| effect > *known) {
                worst = Some((effect, why, action));
            }
        }
    }
    let (effect, reason, action) = worst.ok_or("the tool has no name")?;
    if let Some(file) = args.remember() {
        host::append_line(&here.join(file), &action.to_json().to_string()).map_err(|failure| failure.message)?;
    }
    Ok(HookAnswer::new(effect, reason))
}

/// One reading of the action under one side.
fn decided(
    args: &Args,
    here: &Path,
    session: &Session,
    kill_switch: bool,
    action: &Action,
) -> Result<(Effect, String), String> {
    let Some(bundle) = &session.compilation.bundle else {
        let errors = session.compilation.diagnostics.iter().filter(|found| found.severity() == Severity::Error).count();
        let errors = counted(errors, "error");
        return Err(format!("the policies have {errors}; `policyc check` tells them"));
    };
    let engine = Engine::new(bundle);
    let mut teller = Teller::new(args, session, &engine, kill_switch);
    teller.remember_all(here).map_err(told)?;
    let decision = teller.decide(action);
    Ok((decision.effect, reason(&engine.told(&decision, &Call::of(action)), action)))
}

/// The deciding reason in words; what an unknown fact does is said.
fn reason(told: &Told<'_>, action: &Action) -> String {
    let Some(first) = told.reasons.first() else { return String::new() };
    let by = first.id.map_or_else(|| first.kind.to_owned(), |id| format!("{} `{id}`", first.kind));
    let needed = if first.needed.is_empty() { String::new() } else { format!("; needed: {}", first.needed) };
    let unknown =
        if told.missing.is_empty() { String::new() } else { format!(" (not known: {})", told.missing.join(", ")) };
    visible_line(&format!(
        "{} {by}: {}{needed}{unknown} [{}]",
        first.code.as_str(),
        first.rationale,
        Call::of(action).name()
    ))
}

fn told(stop: Stop) -> String {
    match stop {
        Stop::Usage(message) => message,
        Stop::World(failure) | Stop::Nothing(failure) => failure.message,
    }
}
