//! The laws of decisions that people rely on, over generated worlds.
//!
//! Longer: `PROPTEST_CASES=100000 cargo test --release --test laws`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads the environment"
)]

mod oracle;
mod support;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use oracle::worlds::{self, World};
use oracle::{Granted, Ground, Verdict, asked};
use policyc::canon;
use policyc::engine::{Call, Told, ToldReason};
use policyc::model::{Action, Effect, Fact, Outcome, Time};
use proptest::prelude::*;
use serde_json::{Value, json};

fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default);
    ProptestConfig { cases, max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() }
}

fn is_exception(document: &Value) -> bool {
    document["kind"] == "exception"
}

/// The world with one document more.
fn with(world: &World, mut document: Value, id: &str) -> World {
    document["id"] = json!(id);
    let documents = world.documents.iter().cloned().chain([document]).collect();
    World { documents, ..world.clone() }
}

proptest! {
    #![proptest_config(cases(600))]

    /// A deny that is added never permits more: whatever policy or rule it stands in, no bound of any decision falls.
    #[test]
    fn a_deny_added_never_permits_more(
        world in worlds::world(), policy in worlds::denial(), rule in worlds::rule_that("deny"), last in any::<bool>()
    ) {
        let before = asked::alone(&worlds::bundle(&world), &world);
        for document in [policy, rule] {
            let more = with(&world, document, if last { "z" } else { "a" });
            let after = asked::alone(&worlds::bundle(&more), &more);
            for (before, after) in before.iter().zip(&after) {
                prop_assert!(after.effect >= before.effect, "{:#?}\n{:#?}", before, after);
                prop_assert!(after.lower >= before.lower, "{:#?}\n{:#?}", before, after);
            }
        }
    }

    /// The order in which documents are read is irrelevant: the bundle is the same, and so is what it decides.
    #[test]
    fn the_order_of_documents_is_irrelevant(world in worlds::world(), shift in 0_usize..10) {
        let mut turned = world.clone();
        turned.documents.reverse();
        turned.documents.rotate_left(shift % world.documents.len());
        let (bundle, other) = (worlds::bundle(&world), worlds::bundle(&turned));
        prop_assert_eq!(asked::row(&bundle, &world), asked::row(&other, &turned));
        prop_assert_eq!(bundle, other);
    }

    /// An exception touches only its document: without any, documents that none names give the same reasons. Where
    /// none names a rule, that holds for all of step 2.
    #[test]
    fn an_exception_touches_only_its_document(world in worlds::world()) {
        let (exceptions, others): (Vec<Value>, _) = world.documents.iter().cloned().partition(is_exception);
        let without = World { documents: others, ..world.clone() };
        let named: BTreeSet<&str> = exceptions.iter().filter_map(|exception| exception["policy"].as_str()).collect();
        let (with, without) =
            (asked::alone(&worlds::bundle(&world), &world), asked::alone(&worlds::bundle(&without), &without));
        for (with, without) in with.iter().zip(&without) {
            prop_assert_eq!(untouched(with, &named), untouched(without, &named));
        }
    }
}

/// The reasons that exceptions from these documents cannot touch. Rules are named `r0`, `r1`, …
fn untouched<'v>(verdict: &'v Verdict, named: &BTreeSet<&str>) -> Vec<&'v Ground> {
    let names_a_rule = named.iter().any(|id| id.starts_with('r'));
    let touched = |ground: &Ground| match &ground.id {
        Some(id) if ground.kind == "policy" => named.contains(id.as_str()),
        _ => names_a_rule && matches!(ground.kind, "rule" | "default"),
    };
    verdict.reasons.iter().filter(|ground| !touched(ground)).collect()
}

/// What fills the gaps of an action: known values, which of them are used, and whether an approval was granted.
type Filling = (Action, u16, bool);

fn fillings() -> impl Strategy<Value = Vec<Filling>> {
    let chosen = prop_oneof![Just(u16::MAX), any::<u16>()];
    prop::collection::vec((worlds::known(), chosen, any::<bool>()), 12)
}

/// The world with gaps of its actions filled; no catalog fills any.
fn completed(world: &World, fillings: &[Filling]) -> World {
    let actions = world.actions.iter().zip(fillings).map(|(action, (known, chosen, _))| filled(action, known, *chosen));
    let granted = world.granted.iter().zip(fillings).map(|(granted, (_, chosen, yes))| match granted {
        Granted::Unknown if chosen & 1 << 15 != 0 => [Granted::No, Granted::Yes][usize::from(*yes)],
        given => *given,
    });
    World { actions: actions.collect(), granted: granted.collect(), ..world.clone() }
}

/// The action with those of its unknown facts known that are chosen by a bit each.
fn filled(action: &Action, known: &Action, chosen: u16) -> Action {
    let mut of = action.clone();
    let is = |bit: u16| chosen & 1 << bit != 0;
    fill(is(0), &mut of.timestamp, known.timestamp.as_ref());
    fill(is(1), &mut of.agent_id, known.agent_id.as_ref());
    fill(is(2), &mut of.cost_usd, known.cost_usd.as_ref());
    fill(is(3), &mut of.risk_level, known.risk_level.as_ref());
    fill(is(4), &mut of.data_classification, known.data_classification.as_ref());
    fill(is(5), &mut of.tags, known.tags.as_ref());
    fill(is(6), &mut of.group_id, known.group_id.as_ref());
    fill(is(7), &mut of.mission_id, known.mission_id.as_ref());
    fill(is(8), &mut of.arguments, known.arguments.as_ref());
    fill_where_it_is(&mut of, known, is);
    fill_what_came_of_it(&mut of, known, is);
    // What could not be relied on is known now, or merely absent; an unreliable integration is no absent one.
    let nameless = of.integration.is_none();
    of.broken.retain(|fact| *fact == Fact::Integration && nameless);
    of
}

/// A run and a session stand in for each other; an operation with a dot names its integration itself; a resource that
/// wanders is unknown.
fn fill_where_it_is(of: &mut Action, known: &Action, is: impl Fn(u16) -> bool) {
    let nameless = of.run_id.is_none() && of.session_id.is_none();
    fill(is(9) && nameless, &mut of.run_id, known.run_id.as_ref());
    fill(is(10) && nameless, &mut of.session_id, known.session_id.as_ref());
    fill(is(11) && !of.operation.contains('.'), &mut of.integration, known.integration.as_ref());
    if is(12) && Call::of(of).resource.is_none() {
        of.resource.clone_from(&known.resource);
    }
}

/// Nobody knows what would have come of an action that was stopped, nor of one without outcome and result.
fn fill_what_came_of_it(of: &mut Action, known: &Action, is: impl Fn(u16) -> bool) {
    let open = match of.outcome {
        None => of.result.is_none(),
        Some(outcome) => matches!(outcome, Outcome::Blocked | Outcome::Rejected),
    };
    if is(13) && open {
        of.outcome = known.outcome;
    }
    fill(is(14), &mut of.result, known.result.as_ref());
}

fn fill<T: Clone>(chosen: bool, gap: &mut Option<T>, known: Option<&T>) {
    if chosen && gap.is_none() {
        *gap = known.cloned();
    }
}

proptest! {
    #![proptest_config(cases(1200))]

    /// The bounds of a decision hold whatever the unknown facts are: every way of filling them in, for all actions of
    /// the row, decides between them.
    #[test]
    fn bounds_hold_every_completion(world in worlds::world(), fillings in fillings()) {
        let open = World { catalog: None, ..world };
        let bundle = worlds::bundle(&open);
        let known = completed(&open, &fillings);
        for (rank, (open, known)) in asked::row(&bundle, &open).iter().zip(asked::row(&bundle, &known)).enumerate() {
            prop_assert!(open.lower <= known.lower, "action #{}: {:#?}\n{:#?}", rank, open, known);
            prop_assert!(known.effect <= open.effect, "action #{}: {:#?}\n{:#?}", rank, open, known);
        }
    }
}

proptest! {
    #![proptest_config(cases(600))]

    /// Switching a document off is removing it, where the default does not hang on whether there is a rule.
    #[test]
    fn switched_off_is_removed(world in worlds::world(), pick in any::<prop::sample::Index>(), effect in effect()) {
        let (off, gone) = off_and_gone(&world, pick, effect);
        if !gone.documents.iter().all(is_exception) {
            prop_assert_eq!(asked::row(&worlds::bundle(&off), &off), asked::row(&worlds::bundle(&gone), &gone));
        }
    }

    /// A state that may forget what is older than every window says the same, if times never go back.
    #[test]
    fn forgetting_changes_nothing(world in worlds::world(), few in 1_usize..4, seconds in step()) {
        let world = in_order(&world, few, seconds);
        let bundle = worlds::bundle(&world);
        let forgetting = asked::told(&bundle, &world, true, asked::verdict);
        prop_assert_eq!(asked::row(&bundle, &world), forgetting);
    }

    /// What a decision says of itself agrees with its reasons.
    #[test]
    fn a_decision_agrees_with_its_reasons(world in worlds::world()) {
        asked::told(&worlds::bundle(&world), &world, false, agrees);
    }
}

fn step() -> impl Strategy<Value = i64> {
    prop::sample::select(vec![1_i64, 10, 25, 61, 601])
}

fn effect() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["allow", "approval_required", "deny"])
}

/// A world in which one document is switched off, and one without it; both without exceptions from it.
fn off_and_gone(world: &World, pick: prop::sample::Index, effect: &str) -> (World, World) {
    let mut gone = world.clone();
    gone.settings["defaults"]["effect"] = json!(effect);
    let picked = gone.documents.remove(pick.index(world.documents.iter().filter(|one| !is_exception(one)).count()));
    gone.documents.retain(|document| !is_exception(document) || document["policy"] != picked["id"]);
    let mut off = gone.clone();
    let mut switched = picked;
    let switch = if switched.get("policy_effect").is_some() { "is_active" } else { "enabled" };
    switched[switch] = json!(false);
    off.documents.push(switched);
    (off, gone)
}

/// How many actions are enough for something to be forgotten.
const LONG: usize = 96;

/// The first of the actions again and again, each time some seconds later, in the order of their times; actions without
/// a time first.
fn in_order(world: &World, few: usize, seconds: i64) -> World {
    let kinds = || world.actions.iter().zip(world.granted.iter().copied()).take(few);
    let row = (0..).flat_map(|times| kinds().map(move |(action, granted)| (later(action, times * seconds), granted)));
    let mut row: Vec<(Action, Granted)> = row.take(LONG).collect();
    row.sort_by_key(|(action, _)| action.timestamp.map(Time::nanoseconds));
    let (actions, granted) = row.into_iter().unzip();
    World { actions, granted, ..world.clone() }
}

fn later(action: &Action, seconds: i64) -> Action {
    let later =
        |time: Time| Time::of_unix_seconds(i64::try_from(time.nanoseconds() / 1_000_000_000).unwrap() + seconds);
    Action { timestamp: action.timestamp.and_then(later), ..action.clone() }
}

/// Holds what a decision says of itself to its reasons.
fn agrees(told: &Told<'_>) {
    let order = |reason: &ToldReason<'_>| {
        (Reverse(reason.effect), reason.kind, reason.id.map(ToString::to_string), reason.code.as_str())
    };
    assert!(told.reasons.is_sorted_by_key(order), "{told:#?}");
    assert_eq!(Some(told.effect), told.reasons.first().map(|reason| reason.effect), "{told:#?}");
    let sure = told.reasons.iter().filter(|reason| reason.certain).map(|reason| reason.effect).max();
    assert!(sure.is_none_or(|sure| sure <= told.lower) && told.lower <= told.effect, "{told:#?}");
    assert_eq!(told.lower == told.effect, told.missing.is_empty(), "{told:#?}");
    let carries = |reason: &&ToldReason<'_>| reason.kind == "policy" && reason.effect == told.effect;
    assert_eq!(told.policy_id, told.reasons.iter().find(carries).and_then(|reason| reason.id), "{told:#?}");
    assert_eq!(most(told, is_of_step_2), most(told, |reason| is_decider(told, reason)), "{told:#?}");
    let lifting: BTreeSet<_> = told.lifted.iter().map(|lift| lift.exception.to_string()).collect();
    let named: Vec<_> = told.exceptions.iter().map(ToString::to_string).collect();
    assert_eq!(named, lifting.into_iter().collect::<Vec<_>>(), "{told:#?}");
}

/// The most restrictive effect among some reasons.
fn most(told: &Told<'_>, of: impl Fn(&ToldReason<'_>) -> bool) -> Option<Effect> {
    told.reasons.iter().filter(|reason| of(reason)).map(|reason| reason.effect).max()
}

fn is_of_step_2(reason: &ToldReason<'_>) -> bool {
    matches!(reason.kind, "rule" | "default")
}

/// Whether a reason is of the rule that decided step 2, or of the default where none did.
fn is_decider(told: &Told<'_>, reason: &ToldReason<'_>) -> bool {
    match told.rule_id {
        Some(rule) => reason.kind == "rule" && reason.id == Some(rule),
        None => reason.kind == "default",
    }
}

proptest! {
    #![proptest_config(cases(60))]

    /// Deciding is repeatable: from a fresh state, and from the bundle read again from its canonical form.
    #[test]
    fn deciding_is_repeatable(world in worlds::world()) {
        let bundle = worlds::bundle(&world);
        let said = asked::row(&bundle, &world);
        prop_assert_eq!(&said, &asked::row(&bundle, &world));
        let canonical: Value = serde_json::from_slice(&canon::bundle(&bundle).unwrap().bytes).unwrap();
        let again = worlds::bundle(&reread(&world, &canonical));
        prop_assert_eq!(said, asked::row(&again, &world));
        prop_assert_eq!(bundle, again);
    }
}

/// The world with what decides taken from a canonical bundle.
fn reread(world: &World, canonical: &Value) -> World {
    let lists = ["policies", "rules", "exceptions"].map(|key| canonical[key].as_array().unwrap());
    let documents = lists.into_iter().flatten().cloned().collect();
    let settings = json!({ "defaults": canonical["defaults"] });
    World { documents, catalog: Some(canonical["catalog"].clone()), settings, ..world.clone() }
}
