//! Answers an agent that asks before it uses a tool. Whatever goes wrong, the answer is deny: an agent takes most exit
//! codes of a hook as leave to go on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::eval::{Args, Teller, now, opened};
use crate::cli::output::say_json_line;
use crate::cli::{Exit, Stop};
use crate::diag::Severity;
use crate::engine::{Call, Engine};
use crate::host;
use crate::model::{Action, Effect};
use crate::records::{HookAnswer, Lines, hook_line};
use crate::report::visible_line;

/// Runs `eval --hook claude-code`.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let answer = catch_unwind(AssertUnwindSafe(|| decide(args, here)));
    let answer = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(why)) => HookAnswer::new(Effect::Deny, format!("policyc cannot decide: {}", visible_line(&why))),
        Err(_) => HookAnswer::new(Effect::Deny, "policyc cannot decide: it met a bug of its own".to_owned()),
    };
    say_json_line(&answer)?;
    Ok(Exit::Clean)
}

fn decide(args: &Args, here: &Path) -> Result<HookAnswer, String> {
    let mut text = String::new();
    for line in Lines::new(host::open_log(Path::new("-")).map_err(|failure| failure.message)?) {
        let (_, line) = line.map_err(|error| error.to_string())?;
        text.push_str(&line?);
        text.push('\n');
    }
    let action = hook_line(&text, args.facts().agent.as_deref(), args.facts().at.or_else(now))?;
    let (session, pinned) = opened(args, here).map_err(told)?;
    let compilation = pinned.as_ref().map_or(&session.compilation, |pinned| &pinned.compilation);
    let Some(bundle) = &compilation.bundle else {
        let errors = session.compilation.diagnostics.iter().filter(|found| found.severity() == Severity::Error).count();
        return Err(format!("the policies have {errors} errors; `policyc check` tells them"));
    };
    let engine = Engine::new(bundle);
    let mut teller = Teller::new(args, &session, &engine, pinned.as_ref());
    if let Some(history) = args.history() {
        teller.remember(history, here).map_err(told)?;
    }
    let decision = teller.decide(&action);
    let told = engine.told(&decision, &Call::of(&action));
    Ok(HookAnswer::new(decision.effect, reason(&told, &action)))
}

/// The deciding reason in words; what an unknown fact does is said.
fn reason(told: &crate::engine::Told<'_>, action: &Action) -> String {
    let Some(first) = told.reasons.first() else { return String::new() };
    let by = first.id.map_or_else(|| first.kind.to_owned(), |id| format!("{} `{id}`", first.kind));
    let needed = if first.needed.is_empty() { String::new() } else { format!("; needed: {}", first.needed) };
    let unknown =
        if told.missing.is_empty() { String::new() } else { format!(" (not known: {})", told.missing.join(", ")) };
    visible_line(&format!("{} {by}: {}{needed}{unknown} [{}]", first.code.as_str(), first.rationale, action.operation))
}

fn told(stop: Stop) -> String {
    match stop {
        Stop::Usage(message) => message,
        Stop::World(failure) | Stop::Nothing(failure) => failure.message,
    }
}
