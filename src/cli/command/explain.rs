use crate::cli::output::say;
use crate::cli::{Exit, Stop};
use crate::diag::{Code, codes, nearest};

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A code or its name, such as PC0204 or duplicate-key; none: all of them.
    code: Option<String>,
}

/// Runs `explain`.
///
/// # Errors
/// When there is no such code.
pub fn run(args: &Args) -> Result<Exit, Stop> {
    let Some(text) = &args.code else {
        let line = |code: &Code| {
            format!("{} {:8} {:24} {}\n", code.id(), code.severity().as_str(), code.name(), code.summary())
        };
        say(&codes::ALL.iter().map(line).collect::<String>())?;
        return Ok(Exit::Clean);
    };
    let Some(code) = Code::find(text) else {
        let names = codes::ALL.iter().flat_map(|code| [code.id(), code.name()]);
        let meant = nearest(text, names).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        return Err(Stop::Usage(format!("there is no code `{text}`{meant}")));
    };
    say(code.page())?;
    Ok(Exit::Clean)
}
