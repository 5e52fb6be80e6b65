//! What a change of what is live would do, for people and for programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::simulation::{GateLine, Simulation};
use super::{DiffReport, EffectsReport, Look, visible_line};
use crate::syntax::counted;
use crate::written::Evidence;

/// A change of what is live in an environment, before it is done.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc plan")]
pub struct PlanReport {
    /// Always `policyc.plan/v1`.
    pub schema: &'static str,
    /// The environment.
    pub environment: String,
    /// `deploy`, `rollback`, `rollout_next`, `rollout_hold`, `rollout_abort`, `kill_switch_on` or `kill_switch_off`.
    pub step: &'static str,
    /// `ready` or `refused`.
    pub verdict: &'static str,
    /// The sequence that the lock would have.
    pub sequence: u64,
    /// The digest that people approve.
    pub change: String,
    /// The digest of the bundle that is live; null: nothing is.
    pub from: Option<String>,
    /// The digest of the bundle that is to be.
    pub to: String,
    /// The share of runs that meet it; null: all.
    pub percent: Option<u8>,
    /// The pins that change, by id.
    pub pins: Vec<PinLine>,
    /// The exceptions from what changes.
    pub exceptions: Vec<String>,
    /// What changes, field by field; null where no pin changes.
    pub difference: Option<DiffReport>,
    /// What that permits and forbids.
    pub effects: Option<EffectsReport>,
    /// What it would have done to recorded actions; null where no log is named.
    pub simulation: Option<Simulation>,
    /// The gates of the environment.
    pub gates: Vec<GateLine>,
    /// What comes of the suites.
    pub tests: Option<PlanTests>,
    /// Who must approve, and who has.
    pub approvals: PlanApprovals,
    /// What stands against it beside missing approvals.
    pub refused: Vec<String>,
}

/// A pin that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PinLine {
    /// The document.
    pub id: String,
    /// The version that is live; null: none is.
    pub from: Option<u64>,
    /// The version that is to be; null: none.
    pub to: Option<u64>,
}

/// What comes of the suites with what is to be live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanTests {
    /// How many tests there are.
    pub tests: usize,
    /// Those that fail.
    pub failed: Vec<String>,
    /// Those of them that do not fail with what is live.
    pub newly: Vec<String>,
    /// Those that fail and must never fail again.
    pub reopened: Vec<String>,
}

/// Who must approve, and who has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanApprovals {
    /// How many are needed.
    pub required: u64,
    /// Of whom; empty: of anybody.
    pub from: Vec<String>,
    /// How well they must be proven.
    pub evidence: Evidence,
    /// Whether it permits more, or may.
    pub loosens: bool,
    /// The approvals that count.
    pub counted: Vec<PlanSaid>,
    /// Those that do not, and why.
    pub not_counted: Vec<PlanSaid>,
    /// What is missing, in words.
    pub missing: Vec<String>,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanSaid {
    /// Who.
    pub principal: String,
    /// The account that it was given with; empty where the reviews of what is brought count.
    pub account: String,
    /// How well it is proven.
    pub evidence: String,
    /// Why it does not count; null: it does.
    pub why: Option<String>,
}

impl PlanSaid {
    /// An approval that counts.
    #[must_use]
    pub fn of((principal, evidence): (String, Evidence)) -> Self {
        let evidence = match evidence {
            Evidence::Recorded => "recorded",
            Evidence::Forge => "forge",
            Evidence::Attested => "attested",
        };
        Self { principal, account: String::new(), evidence: evidence.to_owned(), why: None }
    }
}

/// A plan for people.
#[must_use]
pub fn plan_human(plan: &PlanReport, look: Look) -> String {
    let name = visible_line(&plan.environment);
    let mut text = format!("{} of {name}, sequence {}\n", words(plan), plan.sequence);
    for pin in &plan.pins {
        text.push_str(&format!("  {}\n", pinned(pin)));
    }
    for exception in &plan.exceptions {
        text.push_str(&format!("  exception {}\n", visible_line(exception)));
    }
    if let Some(difference) = plan.difference.as_ref().filter(|_| !plan.pins.is_empty() && plan.from.is_some()) {
        text.push_str(&format!("\n{}", super::diff_human(difference, look)));
    }
    if let Some(effects) = &plan.effects {
        text.push_str(&format!("\neffects    {}\n", effects.headline.sentence));
    }
    if let Some(simulation) = &plan.simulation {
        text.push_str(&format!("recorded   {}\n", recorded(simulation)));
    }
    for gate in &plan.gates {
        let met = if gate.met { "met" } else { "NOT MET" };
        text.push_str(&format!("gate       {} {}: {} ({met})\n", gate.gate, gate.allowed, gate.found));
    }
    if let Some(tests) = &plan.tests {
        text.push_str(&format!("tests      {}, {} failed\n", counted(tests.tests, "test"), tests.failed.len()));
        for test in tests.newly.iter().take(10) {
            text.push_str(&format!("           {} fails, and does not with what is live\n", visible_line(test)));
        }
    }
    text.push_str(&approvals(&plan.approvals));
    for why in &plan.refused {
        text.push_str(&format!("refused    {}\n", visible_line(why)));
    }
    text.push_str(&format!("change     {}\n", plan.change));
    text
}

fn words(plan: &PlanReport) -> String {
    let moves = plan.step.starts_with("deploy") || plan.step.starts_with("rollout");
    let share = plan.percent.filter(|_| moves).map(|percent| format!(" ({percent} % of runs)")).unwrap_or_default();
    let what = match plan.step {
        "deploy" => "deployment",
        "rollback" => "rollback",
        "rollout_next" => "next step of the rollout",
        "rollout_hold" => "hold of the rollout",
        "rollout_abort" => "end of the rollout, back to what was live",
        "kill_switch_on" => "kill switch on",
        _ => "kill switch off",
    };
    format!("{what}{share}")
}

fn pinned(pin: &PinLine) -> String {
    let id = visible_line(&pin.id);
    match (pin.from, pin.to) {
        (Some(from), Some(to)) => format!("{id} {from} → {to}"),
        (None, Some(to)) => format!("{id} → {to}, new here"),
        (Some(from), None) => format!("{id} {from} → gone"),
        (None, None) => id,
    }
}

fn recorded(simulation: &Simulation) -> String {
    let actions = simulation.coverage.actions;
    match &simulation.changes {
        Some(changes) => {
            format!("{} of {actions} recorded actions tightened, {} loosened", changes.tightened, changes.loosened)
        }
        None => counted(usize::try_from(actions).unwrap_or(usize::MAX), "recorded action"),
    }
}

fn approvals(line: &PlanApprovals) -> String {
    let mut text = String::new();
    for said in &line.counted {
        text.push_str(&format!("approved   by {} ({})\n", visible_line(&said.principal), said.evidence));
    }
    for said in &line.not_counted {
        let why = said.why.as_deref().unwrap_or_default();
        text.push_str(&format!(
            "approved   by {}, which does not count: {}\n",
            visible_line(&said.principal),
            visible_line(why)
        ));
    }
    for missing in &line.missing {
        text.push_str(&format!("missing    {}\n", visible_line(missing)));
    }
    text
}
