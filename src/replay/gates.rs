use std::fmt;
use std::str::FromStr;

use super::outcome::{Outcome, Which};
use crate::model::Effect;

/// What a change may do at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gates {
    /// How many actions head may deny that base does not.
    pub max_newly_denied: Option<Most>,
    /// How many actions head may allow that base does not.
    pub max_newly_allowed: Option<Most>,
    /// How many approvals head may ask for on one day.
    pub max_approvals_per_day: Option<u64>,
    /// Which share of the actions head must decide for certain; without it, head must not know less than base.
    pub min_coverage: Option<Share>,
}

/// A number of actions, or a share of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Most {
    /// So many.
    Actions(u64),
    /// So many of a hundred.
    Share(Share),
}

/// A share, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u64);

/// A gate, and whether it is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The gate, as its option is called.
    pub gate: &'static str,
    /// What is allowed.
    pub allowed: String,
    /// What was found.
    pub found: String,
    /// Whether that is allowed.
    pub met: bool,
}

/// Millionths of a whole.
const WHOLE: u64 = 1_000_000;

impl Share {
    /// Whether `part` of `whole` is more than this share. Of nothing, nothing is.
    fn is_below(self, part: u64, whole: u64) -> bool {
        u128::from(part) * u128::from(WHOLE) > u128::from(whole) * u128::from(self.0)
    }

    /// Whether `part` of `whole` is less than this share. Of nothing, everything is missing.
    fn is_above(self, part: u64, whole: u64) -> bool {
        whole == 0 || u128::from(part) * u128::from(WHOLE) < u128::from(whole) * u128::from(self.0)
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no share; write it as 95% or 99.5%");
        let number = text.strip_suffix('%').ok_or_else(wrong)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 4 {
            return Err(wrong());
        }
        let millionths = format!("{whole}{fraction:0<4}").parse().map_err(|_| wrong())?;
        if millionths > WHOLE { Err(format!("`{text}` is more than all")) } else { Ok(Self(millionths)) }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:04}", self.0 % 10_000);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{}%", self.0 / 10_000),
            fraction => write!(f, "{}.{fraction}%", self.0 / 10_000),
        }
    }
}

impl FromStr for Most {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.ends_with('%') {
            return text.parse().map(Self::Share);
        }
        text.parse()
            .map(Self::Actions)
            .map_err(|_| format!("`{text}` is neither a number of actions nor a share such as 1%"))
    }
}

impl fmt::Display for Most {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Actions(number) => number.fmt(f),
            Self::Share(share) => share.fmt(f),
        }
    }
}

impl Most {
    fn is_below(self, part: u64, whole: u64) -> bool {
        match self {
            Self::Actions(most) => part > most,
            Self::Share(share) => share.is_below(part, whole),
        }
    }
}

impl Gates {
    /// Whether a gate compares two sides.
    #[must_use]
    pub fn compare(&self) -> bool {
        self.max_newly_denied.is_some() || self.max_newly_allowed.is_some()
    }

    /// The gates that are asked for, held against an outcome; `compared`: there was a base side.
    #[must_use]
    pub fn judged(&self, outcome: &Outcome<'_>, compared: bool) -> Vec<Judged> {
        let newly = |gate, most: Option<Most>, effect| {
            let (found, most) = (outcome.newly(effect), most?);
            let met = !most.is_below(found, outcome.actions);
            Some(Judged {
                gate,
                allowed: most.to_string(),
                found: format!("{found} of {} actions", outcome.actions),
                met,
            })
        };
        let approvals = self.max_approvals_per_day.map(|most| {
            let found = outcome.most_approvals(Which::Head);
            let (gate, allowed) = ("max-approvals-per-day", most.to_string());
            Judged { gate, allowed, found: format!("{found} on the busiest day"), met: found <= most }
        });
        let all = [
            newly("max-newly-denied", self.max_newly_denied, Effect::Deny),
            newly("max-newly-allowed", self.max_newly_allowed, Effect::Allow),
            approvals,
            self.coverage(outcome, compared),
        ];
        all.into_iter().flatten().collect()
    }

    fn coverage(&self, outcome: &Outcome<'_>, compared: bool) -> Option<Judged> {
        let (certain, all) = (outcome.certain(Which::Head), outcome.all());
        let before = outcome.certain(Which::Base);
        let (allowed, met) = match self.min_coverage {
            Some(least) => (least.to_string(), !least.is_above(certain, all)),
            None if compared => (format!("{before} of {all} certain, as base"), certain >= before),
            None => return None,
        };
        Some(Judged { gate: "min-coverage", allowed, found: format!("{certain} of {all} certain"), met })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact() {
        let share = |text: &str| text.parse::<Share>().unwrap();
        assert_eq!(share("99.5%").to_string(), "99.5%");
        assert_eq!(share("100%").to_string(), "100%");
        assert!(!share("1%").is_below(1, 100) && share("1%").is_below(2, 100) && !share("0%").is_below(0, 0));
        assert!(
            share("99.5%").is_above(994, 1000) && !share("99.5%").is_above(995, 1000) && share("0%").is_above(0, 0)
        );
        for text in ["", "5", "%", "1.%", "101%", "-1%", "1.00001%", "1e1%"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}
