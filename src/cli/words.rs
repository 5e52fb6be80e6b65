//! Words of policies as arguments of commands.

use clap::ValueEnum;

use crate::model::{Effect, Level, Risk, Time};

/// How a result that has a form for people and one for programs is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shown {
    Human,
    Json,
}

/// An effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum EffectArg {
    Allow,
    ApprovalRequired,
    Deny,
}

impl From<EffectArg> for Effect {
    fn from(word: EffectArg) -> Self {
        match word {
            EffectArg::Allow => Self::Allow,
            EffectArg::ApprovalRequired => Self::ApprovalRequired,
            EffectArg::Deny => Self::Deny,
        }
    }
}

/// A classification of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LevelArg {
    Public,
    Internal,
    Confidential,
    Restricted,
}

impl From<LevelArg> for Level {
    fn from(word: LevelArg) -> Self {
        match word {
            LevelArg::Public => Self::Public,
            LevelArg::Internal => Self::Internal,
            LevelArg::Confidential => Self::Confidential,
            LevelArg::Restricted => Self::Restricted,
        }
    }
}

/// A risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RiskArg {
    Minimal,
    Low,
    Medium,
    High,
    Critical,
}

impl From<RiskArg> for Risk {
    fn from(word: RiskArg) -> Self {
        match word {
            RiskArg::Minimal => Self::Minimal,
            RiskArg::Low => Self::Low,
            RiskArg::Medium => Self::Medium,
            RiskArg::High => Self::High,
            RiskArg::Critical => Self::Critical,
        }
    }
}

/// A moment.
///
/// # Errors
/// When it is no RFC 3339 time with a zone.
pub fn moment(text: &str) -> Result<Time, String> {
    Time::parse(text).ok_or_else(|| "a moment is written like 2027-01-31T00:00:00Z".to_owned())
}
