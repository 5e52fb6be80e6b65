#![expect(clippy::disallowed_methods, reason = "the host is where the environment is read")]

use std::io::IsTerminal;

/// How output is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// With colour.
    pub colour: bool,
    /// Columns.
    pub width: usize,
}

/// The width where nobody says: wide enough for a line of policy, narrow enough for a review.
const WIDTH: usize = 100;

impl Terminal {
    /// What standard output is, after `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `COLUMNS`.
    #[must_use]
    pub fn of_stdout() -> Self {
        Self::of(std::io::stdout().is_terminal())
    }

    /// What standard error is.
    #[must_use]
    pub fn of_stderr() -> Self {
        Self::of(std::io::stderr().is_terminal())
    }

    fn of(terminal: bool) -> Self {
        let value = |name: &str| std::env::var(name).unwrap_or_default();
        let colour = if is_set("NO_COLOR") {
            false
        } else if is_set("CLICOLOR_FORCE") && value("CLICOLOR_FORCE") != "0" {
            true
        } else {
            terminal && value("CLICOLOR") != "0" && value("TERM") != "dumb"
        };
        let columns = value("COLUMNS").parse().ok().or_else(|| {
            let (width, _) = terminal_size::terminal_size()?;
            terminal.then_some(usize::from(width.0))
        });
        Self { colour, width: columns.filter(|width| *width >= 40).unwrap_or(WIDTH).min(160) }
    }
}

/// Whether a person reads standard output.
#[must_use]
pub fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether a person types into standard input.
#[must_use]
pub fn stdin_is_terminal() -> bool {
    std::io::stdin().is_terminal()
}

/// Whether a person reads standard error.
#[must_use]
pub fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether an environment variable is there and not empty.
#[must_use]
pub fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}
