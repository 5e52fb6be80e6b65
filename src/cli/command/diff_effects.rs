//! `policyc diff --effects`: which actions a change permits and forbids.

use std::path::{Path, PathBuf};

use super::diff::{DiffFormat, FailOn, shown};
use super::simulate_world::Logs;
use crate::cli::Stop;
use crate::cli::logs;
use crate::cli::output::pretty;
use crate::cli::sides::{Loaded, Part};
use crate::diag::{Failure, codes};
use crate::diff::{Difference, Side, settings};
use crate::effects::{self, Effects, Limits, Stateless};
use crate::host;
use crate::model::Bundle;
use crate::replay::{Occurrences, Regions, World as _};
use crate::report::{self, EffectsOf, EffectsReport, Look};

/// What is asked of the actions that a change permits and forbids.
#[derive(Debug, clap::Args)]
#[group(id = "EffectsAsked", multiple = true)]
pub(super) struct Asked {
    /// Tell every region of actions that the change permits or forbids, each with an example, or prove that there is none.
    #[arg(long)]
    effects: bool,
    /// Count how often recorded actions fall into each region: a log, plain or packed, a folder of logs, or `-`. May be
    /// repeated.
    #[arg(long = "log", value_name = "FILE", requires = "effects")]
    logs: Vec<PathBuf>,
    /// The form of the records, or a mapping of policyc.yaml; left out: told from the beginning of each log, and said.
    #[arg(long = "from", value_name = "FORM", requires = "logs")]
    form: Option<String>,
}

/// What a change permits and forbids.
pub(super) struct Answer(EffectsReport);

impl Asked {
    /// Whether the regions are asked for.
    pub fn is_asked(&self) -> bool {
        self.effects
    }

    /// Refuses sides of one document: what it does hangs on all others.
    ///
    /// # Errors
    /// When a side is one.
    pub fn refuse_documents(&self, sides: [&Loaded; 2]) -> Result<(), Stop> {
        let named = sides.into_iter().find_map(|side| match &side.part {
            Part::Document(id) => Some((&side.name, id)),
            Part::Whole | Part::Deciding => None,
        });
        match named.filter(|_| self.effects) {
            None => Ok(()),
            Some((name, id)) => Err(Stop::Usage(format!(
                "`{name}` is one document, and which actions it permits hangs on all others: compare revisions with --effects \
                 (`policyc versions {id}` tells those of its versions)"
            ))),
        }
    }

    /// Looks at the regions of a change, and for them in the logs; results go to the files of the place.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn answer(
        &self,
        (base, head): (&Loaded, &Loaded),
        (old, new): (Side<'_>, Side<'_>),
        of: &Difference,
        place: (&Path, &[&Path]),
    ) -> Result<Answer, Stop> {
        let (base_bundle, head_bundle) = (bundle(base)?, bundle(head)?);
        let found = effects::effects(base_bundle, head_bundle, Limits::default());
        let sides = Stateless::of(base_bundle, head_bundle);
        let occurrences = self.occurrences(&sides, &found, place)?;
        Ok(Answer(report::effects(&EffectsOf {
            base: shown(base),
            head: shown(head),
            bundles: (base_bundle, head_bundle),
            effects: &found,
            settings: &settings(&old, &new),
            difference: of.direction(),
            occurrences: occurrences.as_ref(),
        })))
    }

    /// How often recorded actions fall into the regions; `None` where no log is named.
    fn occurrences(
        &self,
        sides: &Stateless,
        effects: &Effects,
        (here, results): (&Path, &[&Path]),
    ) -> Result<Option<Occurrences>, Stop> {
        if self.logs.is_empty() {
            return Ok(None);
        }
        let found = logs::Logs::of(self.logs.clone(), self.form.clone()).locate(here)?;
        let failed = |error: std::io::Error| {
            Stop::World(Failure::new(codes::IO, format!("the logs cannot be read to their end: {error}")))
        };
        logs::refuse_results(results.iter().copied(), here, &found)?;
        let mut world = Logs::new(found, false).map_err(failed)?;
        let feed = world.open().map_err(failed)?;
        let seen = Regions { sides, effects }.occurrences(feed, host::processors()).map_err(failed)?;
        if seen.actions == 0 { Err(logs::nothing()) } else { Ok(Some(seen)) }
    }
}

/// What decides on a side; it compiles, or the command has ended before.
fn bundle(side: &Loaded) -> Result<&Bundle, Stop> {
    let missing = || Failure::new(codes::BUG, format!("{} has no bundle", report::visible_line(&side.name)));
    side.session.compilation.bundle.as_ref().ok_or_else(|| Stop::World(missing()))
}

impl Answer {
    /// The answer in a format.
    pub fn shown(&self, format: DiffFormat, look: Look) -> String {
        match format {
            DiffFormat::Human => report::effects_human(&self.0, look),
            DiffFormat::Json => pretty(&self.0),
            DiffFormat::Markdown => report::effects_markdown(&self.0),
        }
    }

    /// Whether there is what the command is to fail on. What is not proven may be anything.
    pub fn is_met(&self, on: FailOn) -> bool {
        let of = &self.0.headline;
        let may_loosen = of.newly_permissive + of.unproven + of.settings_that_may_loosen + of.losing_conditions > 0;
        match on {
            FailOn::Loosening => may_loosen,
            FailOn::Any => may_loosen || of.newly_restrictive + of.settings + of.unlike > 0,
        }
    }
}
