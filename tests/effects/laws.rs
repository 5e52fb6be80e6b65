//! The laws of rows, over generated pairs.

use std::collections::BTreeSet;

use policyc::effects::{Decider, Effects, Limits, Row, effects, stateless};
use policyc::model::{Bundle, DocumentId, Effect, Rule};

use crate::rows::{Case, demand, left_open, shown};
use crate::trying::{Told, on_pairs};
use crate::worlds::Pair;

fn said(base: &Bundle, head: &Bundle) -> Effects {
    effects(base, head, Limits::default())
}

fn deciders(rows: &[Row]) -> BTreeSet<(Decider, Decider)> {
    rows.iter().map(|row| (row.base, row.head)).collect()
}

fn whole(pair: &Pair) -> Told {
    let Some(bundles) = pair.bundles() else { return Ok(false) };
    Case::new(bundles, Limits::default()).map_or(Ok(false), |case| case.check())
}

/// The rows are the differences, no more and no fewer; their pieces hold their actions and no others.
#[test]
fn rows_are_all_differences() {
    on_pairs("rows are all differences", 2500, whole);
}

/// A bundle does not differ from itself.
#[test]
fn nothing_differs_from_itself() {
    on_pairs("nothing differs from itself", 600, |pair| {
        let Ok(bundle) = pair.base.bundle() else { return Ok(false) };
        let said = said(&bundle, &bundle.clone());
        demand(said == Effects::default(), || format!("{said:#?}"))?;
        Ok(true)
    });
}

/// Seen from the other side, the same rows stand there the other way round; asked again, the same is said.
#[test]
fn the_other_way_round_rows_are_turned() {
    on_pairs("the other way round rows are turned", 800, |pair| {
        let Some([base, head]) = pair.bundles() else { return Ok(false) };
        let (there, back) = (said(&base, &head), said(&head, &base));
        let turned: BTreeSet<_> = deciders(&back.rows).into_iter().map(|(base, head)| (head, base)).collect();
        let open = !there.unproven.is_empty() || !back.unproven.is_empty();
        demand(open || deciders(&there.rows) == turned, || format!("{there:#?}\n{back:#?}"))?;
        demand(there.unproven.is_empty() == back.unproven.is_empty(), || format!("{there:#?}\n{back:#?}"))?;
        let again = said(&base, &head);
        demand(again == there, || format!("{there:#?}\n{again:#?}"))?;
        Ok(true)
    });
}

/// Without anything that hangs on earlier actions but how often exceptions were used.
fn counting(bundle: &Bundle) -> Bundle {
    Bundle { exceptions: bundle.exceptions.clone(), ..stateless(bundle) }
}

/// Whatever is not decided by the action alone, and by uses of exceptions, is in no row.
#[test]
fn what_hangs_on_earlier_actions_is_in_no_row() {
    on_pairs("what hangs on earlier actions is in no row", 400, |pair| {
        let Some([base, head]) = pair.bundles() else { return Ok(false) };
        let (whole, alone) = (said(&base, &head), said(&counting(&base), &counting(&head)));
        // That a rule loses a condition on earlier actions is told beside the row, and is what is left out here.
        let bare = |effects: &Effects| {
            effects.rows.iter().map(|row| Row { lost: Vec::new(), ..row.clone() }).collect::<Vec<_>>()
        };
        demand(bare(&whole) == bare(&alone), || format!("{whole:#?}\n{alone:#?}"))?;
        demand(said(&base, &counting(&base)).rows.is_empty(), || "stateless is a change".to_owned())?;
        Ok(true)
    });
}

/// With hardly any steps, nothing is lost: what is no row is left open.
#[test]
fn with_few_steps_nothing_is_lost() {
    on_pairs("with few steps nothing is lost", 600, |pair| {
        let Some(bundles) = pair.bundles() else { return Ok(false) };
        let sides = bundles.clone();
        let Some(mut case) = Case::new(bundles, Limits::default()) else { return Ok(false) };
        for steps in [0, 10, 50, 400] {
            let limits = Limits { steps, steps_each: steps };
            case.effects = effects(&case.bundles[0], &case.bundles[1], limits);
            let rows = deciders(&case.effects.rows);
            case.effects.rows.iter().try_for_each(|row| shown(&sides, row))?;
            for (pair, actions) in case.compared.differing.iter().filter(|(pair, _)| !rows.contains(pair)) {
                let open = |at: &usize| {
                    let action = &case.compared.actions[*at];
                    case.effects.unproven.iter().any(|open| left_open(open, &sides, action))
                };
                demand(actions.iter().all(open), || format!("{steps} steps: lost {pair:#?} of {:#?}", case.effects))?;
            }
        }
        Ok(true)
    });
}

fn renamed(bundle: &Bundle, name: impl Fn(&DocumentId) -> String) -> Bundle {
    let mut bundle = bundle.clone();
    let ids: BTreeSet<DocumentId> = bundle.rules.iter().map(|rule| rule.id.clone()).collect();
    let new = |id: &DocumentId| DocumentId::parse(&name(id)).unwrap();
    bundle.rules.iter_mut().for_each(|rule| rule.id = new(&rule.id));
    for exception in bundle.exceptions.iter_mut().filter(|exception| ids.contains(&exception.policy)) {
        exception.policy = new(&exception.policy);
    }
    bundle.rules.sort_by(|a, b| a.id.cmp(&b.id));
    bundle
}

/// `r0`, `r1`, … in the other order.
fn backwards(id: &DocumentId) -> String {
    let letters = id.as_str().bytes().map(|byte| char::from(b'z' - (byte % 26)));
    format!("x{}", letters.collect::<String>())
}

/// Whether no rule does more than match: then rules of one priority and effect may stand in any order.
fn plain(bundle: &Bundle) -> bool {
    let plain = |rule: &Rule| {
        let conditions = &rule.conditions;
        conditions.time_restriction.is_none() && conditions.cost_threshold.is_none()
    };
    bundle.rules.iter().all(plain)
}

/// The ids of rules mean nothing but their order among equals.
#[test]
fn names_of_rules_mean_nothing() {
    on_pairs("names of rules mean nothing", 500, |pair| {
        let Some([base, head]) = pair.bundles() else { return Ok(false) };
        let longer = renamed(&base, |id| format!("x-{id}"));
        demand(said(&base, &longer).rows.is_empty(), || format!("{:#?}", said(&base, &longer)))?;
        if plain(&base) {
            let turned = renamed(&base, backwards);
            demand(said(&base, &turned).rows.is_empty(), || format!("{:#?}", said(&base, &turned)))?;
        }
        let changes = |of: Effects| -> BTreeSet<(Effect, Effect)> {
            of.rows.iter().map(|row| (row.base.effect, row.head.effect)).collect()
        };
        let (before, after) = (said(&base, &head), said(&longer, &renamed(&head, |id| format!("x-{id}"))));
        demand(before.rows.len() == after.rows.len(), || format!("{before:#?}\n{after:#?}"))?;
        demand(changes(before) == changes(after), || "other transitions".to_owned())?;
        Ok(!base.rules.is_empty())
    });
}

/// What is switched off says nothing, and taking it away changes nothing.
#[test]
fn what_is_switched_off_says_nothing() {
    on_pairs("what is switched off says nothing", 500, |pair| {
        let Some([base, head]) = pair.bundles() else { return Ok(false) };
        let mut more = head.clone();
        more.rules.extend(base.rules.iter().cloned().map(|rule| Rule {
            id: DocumentId::parse(&format!("zz-{}", rule.id)).unwrap(),
            is_active: false,
            ..rule
        }));
        for mut policy in base.policies.iter().cloned() {
            policy.id = DocumentId::parse(&format!("zz-{}", policy.id)).unwrap();
            policy.enabled = false;
            more.policies.push(policy);
        }
        let (before, after) = (said(&base, &head), said(&base, &more));
        demand(deciders(&before.rows) == deciders(&after.rows), || format!("{before:#?}\n{after:#?}"))?;
        demand(said(&head, &more).rows.is_empty(), || "something that is off decides".to_owned())?;
        Ok(true)
    });
}

/// The change from one side to the other and on to a third has only rows that one of the two steps had: nothing newly
/// permitted by both steps together was permitted by neither.
#[test]
fn a_change_in_two_steps_permits_what_one_of_them_permits() {
    on_pairs("a change in two steps", 300, |pair| {
        let Some([base, head]) = pair.bundles() else { return Ok(false) };
        let mut between = base.clone();
        between.rules.clone_from(&head.rules);
        let whole = said(&base, &head);
        let (first, second) = (said(&base, &between), said(&between, &head));
        let open = !first.unproven.is_empty() || !second.unproven.is_empty();
        let silent = first.rows.is_empty() && second.rows.is_empty();
        demand(open || !silent || whole.rows.is_empty(), || format!("{whole:#?}"))?;
        Ok(true)
    });
}

/// Rules that take the place of others with other conditions are told, and only those.
#[test]
fn other_conditions_are_told() {
    on_pairs("other conditions are told", 800, |pair| {
        let Some(bundles) = pair.bundles() else { return Ok(false) };
        let Some(case) = Case::new(bundles, Limits::default()) else { return Ok(false) };
        crate::unlike::check(&case)
    });
}
