#![expect(clippy::disallowed_methods, reason = "the host is where the environment is read")]

/// The number of this process.
#[must_use]
pub fn process() -> u32 {
    std::process::id()
}

/// An environment variable; `None` where it is not there, empty, or no text.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
