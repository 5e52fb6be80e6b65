use std::fmt;

use super::Code;

/// The world said no: a file, Git or the network. Exit code 3; never used for what is wrong in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The code, one of PC09.
    pub code: Code,
    /// What happened, naming the path or revision.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Failure {
    /// A failure without advice.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
