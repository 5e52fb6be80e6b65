//! What a model proposes that sentences mean, for the person who is to accept it.

use serde_json::Value;

use super::diff::{DiffReport, path, shortened};
use super::visible::visible_line;
use super::{Look, diff_human};
use crate::syntax::{Step, counted};

/// The proposals for one document.
#[derive(Debug, Clone)]
pub struct Proposals {
    /// Its file, from the root of the policy repository.
    pub file: String,
    /// The model that proposes.
    pub model: String,
    /// Every sentence that is not read, in order.
    pub sentences: Vec<ProposedSentence>,
    /// What taking the readings that can be taken does to the policies; `None` where the document is in error still.
    pub change: Option<DiffReport>,
}

/// A sentence that is not read, and what came of it.
#[derive(Debug, Clone)]
pub struct ProposedSentence {
    /// Its line.
    pub line: usize,
    /// Its text.
    pub text: String,
    /// What came of it.
    pub outcome: Proposed,
}

/// What came of asking about a sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Proposed {
    /// A reading that can be taken: the controlled sentences, and the fields that they set.
    Reading {
        /// The controlled sentences.
        means: Vec<String>,
        /// The fields and their values as they are meant.
        sets: Vec<(Vec<Step>, Value)>,
    },
    /// A reading that cannot be taken, and why.
    Unusable {
        /// What was proposed.
        means: Vec<String>,
        /// Why it cannot be taken.
        why: String,
    },
    /// The model says that it cannot say it.
    Refused(String),
    /// The model says nothing of it.
    Silent,
}

impl Proposals {
    /// How many sentences have a reading that can be taken.
    #[must_use]
    pub fn usable(&self) -> usize {
        let usable = |sentence: &&ProposedSentence| matches!(sentence.outcome, Proposed::Reading { .. });
        self.sentences.iter().filter(usable).count()
    }
}

/// Shows the proposals for people. Everything in them was written by strangers.
#[must_use]
pub fn proposals_human(proposals: &Proposals, look: Look) -> String {
    let (file, model) = (visible_line(&proposals.file), visible_line(&proposals.model));
    let count = counted(proposals.sentences.len(), "sentence");
    let mut text = format!("{file}: {count} not read; the model `{model}` was asked\n");
    for sentence in &proposals.sentences {
        text.push_str(&format!("\n{file}:{}  {}\n", sentence.line, visible_line(&sentence.text)));
        text.push_str(&outcome(&sentence.outcome));
    }
    match &proposals.change {
        _ if proposals.usable() == 0 => {}
        Some(change) => text.push_str(&format!("\n{}", diff_human(change, look))),
        None => text.push_str(
            "\nThe document is in error still, so nobody can tell what this does to the policies: judge it by the fields above.\n",
        ),
    }
    text.push('\n');
    text
}

fn outcome(outcome: &Proposed) -> String {
    let listed =
        |means: &[String], sign: char| means.iter().map(|one| format!("    {sign} {}\n", visible_line(one))).collect();
    match outcome {
        Proposed::Reading { means, sets } => {
            let mut text: String = listed(means, '+');
            text.insert_str(0, "  a model proposes, and nobody has accepted:\n");
            text.push_str(if sets.is_empty() { "  which sets nothing\n" } else { "  which sets\n" });
            for (steps, value) in sets {
                let value = shortened(&visible_line(&value.to_string()));
                text.push_str(&format!("    {}: {value}\n", visible_line(&path(steps))));
            }
            text
        }
        Proposed::Unusable { means, why } => {
            let mut text: String = listed(means, '-');
            text.insert_str(0, "  what the model proposes cannot be taken:\n");
            text.push_str(&format!("  since {}\n", visible_line(why)));
            text
        }
        Proposed::Refused(why) => format!("  the model proposes nothing: {}\n", visible_line(why)),
        Proposed::Silent => "  the model says nothing of it\n".to_owned(),
    }
}
