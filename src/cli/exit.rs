/// How policyc ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to complain about.
    Clean,
    /// Findings of severity error, or of severity warning under `--deny-warnings`.
    Findings,
    /// The command line does not fit.
    Usage,
    /// A file, Git or the network said no.
    World,
    /// A bug of policyc.
    Bug,
}

impl Exit {
    /// The number for the shell.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::World => 3,
            Self::Bug => 70,
        }
    }
}
