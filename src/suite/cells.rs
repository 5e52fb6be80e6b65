use super::Place;
use crate::model::{Effect, Expectation, Matrix, Test};

/// A test for every agent with every action; what the matrix does not list must be denied.
pub fn of(matrix: &Matrix) -> Vec<(Place, Test)> {
    let agents = matrix.agents.iter();
    agents.flat_map(|agent| matrix.actions.keys().filter_map(move |action| cell(matrix, agent, action))).collect()
}

fn cell(matrix: &Matrix, agent: &str, name: &str) -> Option<(Place, Test)> {
    let mut action = matrix.actions.get(name)?.clone();
    action.agent_id = Some(agent.to_owned());
    let listed = matrix.expect.get(agent).and_then(|effects| effects.get(name));
    let effect = listed.copied().unwrap_or(Effect::Deny);
    let test = Test {
        name: if listed.is_some() { format!("{agent} × {name}") } else { format!("{agent} × {name} (not listed)") },
        before: Vec::new(),
        steps: vec![(action, expected(effect))],
        sequence: false,
        now: matrix.now,
        never_again: false,
    };
    Some((Place::Cell(agent.to_owned(), name.to_owned()), test))
}

fn expected(effect: Effect) -> Expectation {
    Expectation { effect, by: None, reason: None, lower: None, approvers: None, required: None }
}
