use std::collections::BTreeMap;

use super::context::Context;
use super::here::Here;
use super::uses::Named;
use crate::diag::{Diagnostic, codes, nearest};
use crate::model::{Action, DocumentId, Earlier, Expectation, Matrix, Reason, Suite, Test};
use crate::syntax::{Node, counted, shortened};
use crate::written::{self, Expectations};

/// Lowers a suite.
pub fn lower(cx: &mut Context<'_>, id: DocumentId, suite: &written::Suite, root: &Node) -> Suite {
    let whole = Here::root(root);
    let at = whole.key("tests");
    let written = suite.tests.as_deref().unwrap_or_default();
    let silent = whole.key("tests").node().is_none();
    if suite.tests.is_none() && suite.matrix.is_none() && silent {
        let message = "the suite has neither `tests` nor a `matrix`";
        cx.push(Diagnostic::new(codes::EXPECTATIONS, whole.key("kind").key_span(), message).help("write `tests`"));
    }
    let mut names = BTreeMap::new();
    let mut tests = Vec::with_capacity(written.len());
    for (rank, test) in written.iter().enumerate() {
        let at = at.item(rank);
        if let Some(first) = names.insert(test.name.clone(), at.key("name").span()) {
            let message = format!("two tests are named `{}`", shortened(&test.name));
            cx.push(
                Diagnostic::new(codes::DUPLICATE_TEST, at.key("name").span(), message)
                    .and(first, "the other one")
                    .help("give each test a name of its own"),
            );
        }
        tests.push(self::test(cx, test, at));
    }
    let matrix = suite.matrix.as_ref().map(|written| matrix(cx, written, whole.key("matrix")));
    Suite { id, description: suite.description.clone(), tests, matrix }
}

fn matrix(cx: &mut Context<'_>, written: &written::Matrix, at: Here<'_>) -> Matrix {
    let (agents, expect) = (&written.agents, at.key("expect"));
    for (agent, effects) in &written.expect {
        let here = expect.key(agent);
        unlisted(cx, agent, agents.contains(agent), here, ("agents", agents.iter().map(String::as_str).collect()));
        for action in effects.keys() {
            let known = written.actions.contains_key(action);
            let names = written.actions.keys().map(String::as_str).collect();
            unlisted(cx, action, known, here.key(action), ("actions", names));
        }
    }
    for (rank, agent) in agents.iter().enumerate() {
        if agents.iter().take(rank).any(|earlier| earlier == agent) {
            let message = format!("the agent `{}` is listed twice", shortened(agent));
            cx.push(
                Diagnostic::new(codes::DUPLICATE_TEST, at.key("agents").item(rank).span(), message).help("remove one"),
            );
        }
    }
    let action = |(name, action): (&String, &written::Action)| {
        let here = at.key("actions").key(name);
        if action.agent_id.is_some() {
            let message = "an action of a matrix has no agent of its own";
            let help = "remove `agent_id`: the agents of the matrix take the action, one after the other";
            cx.push(Diagnostic::new(codes::EXPECTATIONS, here.key("agent_id").key_span(), message).help(help));
        }
        tried(cx, action, here);
        (name.clone(), self::action(cx, action, here))
    };
    Matrix {
        actions: written.actions.iter().map(action).collect(),
        agents: agents.clone(),
        expect: written.expect.clone(),
        now: cx.time(written.now.as_ref(), at.key("now")),
    }
}

/// What is expected of somebody or something that is not in the matrix would never be tried.
fn unlisted(cx: &mut Context<'_>, name: &str, known: bool, at: Here<'_>, (list, names): (&str, Vec<&str>)) {
    if known {
        return;
    }
    let message = format!("`{}` is not among the `{list}` of the matrix, so this is never tried", shortened(name));
    let found = Diagnostic::new(codes::EXPECTATIONS, at.key_span(), message);
    cx.push(match nearest(name, names) {
        Some(meant) => found.help(format!("did you mean `{meant}`?")),
        None => found.help(format!("add it to `{list}`, or remove it here")),
    });
}

fn test(cx: &mut Context<'_>, test: &written::Test, at: Here<'_>) -> Test {
    let (actions, actions_at): (&[written::Action], _) = match (&test.action, &test.actions) {
        (Some(action), None) => (std::slice::from_ref(action), at.key("action")),
        (None, Some(actions)) => (actions, at.key("actions")),
        _ => (&[], at),
    };
    let (expectations, expect_at): (&[written::Expectation], _) = match &test.expect {
        Expectations::One(one) => (std::slice::from_ref(one), at.key("expect")),
        Expectations::Many(many) => (many, at.key("expect")),
    };
    check_counts(cx, test, at, actions.len(), expectations.len());
    let mut steps = Vec::new();
    for (rank, (action, expected)) in actions.iter().zip(expectations).enumerate() {
        let here = actions_at.item(rank);
        if expected.reason != Some(Reason::UnknownAction) {
            tried(cx, action, here);
        }
        let action = self::action(cx, action, here);
        steps.push((action, expectation(cx, expected, expect_at.item(rank))));
    }
    let mut before = Vec::new();
    for (rank, earlier) in test.before.iter().enumerate() {
        let here = at.key("before").item(rank).key("action");
        tried(cx, &earlier.action, here);
        let action = self::action(cx, &earlier.action, here);
        before.push(Earlier {
            action,
            times: earlier.times,
            every_seconds: earlier.every_seconds,
            expect: earlier.expect,
        });
    }
    Test {
        name: test.name.clone(),
        before,
        steps,
        sequence: test.actions.is_some(),
        now: cx.time(test.now.as_ref(), at.key("now")),
        never_again: test.never_again,
    }
}

fn check_counts(cx: &mut Context<'_>, test: &written::Test, at: Here<'_>, actions: usize, expectations: usize) {
    let (place, message) = match (&test.action, &test.actions, &test.expect) {
        (None, None, _) => (at.key("name").key_span(), "the test has no action".to_owned()),
        (Some(_), Some(_), _) => (at.key("actions").key_span(), "the test has both `action` and `actions`".to_owned()),
        (Some(_), None, Expectations::Many(_)) => {
            (at.key("expect").key_span(), "one `action` has one expectation, not a list".to_owned())
        }
        (None, Some(_), Expectations::One(_)) => {
            (at.key("expect").key_span(), "`actions` have a list of expectations, one each".to_owned())
        }
        _ if actions != expectations => (
            at.key("expect").key_span(),
            format!("the test has {} and {}", counted(actions, "action"), counted(expectations, "expectation")),
        ),
        _ => return,
    };
    let help = "write `action` with one `expect`, or `actions` with as many";
    cx.push(Diagnostic::new(codes::EXPECTATIONS, place, message).help(help));
}

fn tried(cx: &mut Context<'_>, action: &written::Action, at: Here<'_>) {
    cx.names(at.key("operation").span(), Named::Tried(action.integration.clone(), action.operation.clone()));
}

fn expectation(cx: &mut Context<'_>, written: &written::Expectation, at: Here<'_>) -> Expectation {
    let by = written.by.as_ref().and_then(|by| cx.reference(by, at.key("by").span()));
    if let Some(by) = &by {
        cx.names(at.key("by").span(), Named::Decider(by.clone()));
    }
    let approvers = written.approvers.as_ref().map(|list| cx.words(list, at.key("approvers")));
    if let Some(lower) = written.lower.filter(|lower| *lower > written.effect) {
        let message = format!("the permissive bound `{}` is more restrictive than the effect", lower.as_str());
        let help = "`effect` is the restrictive bound, `lower` the permissive one";
        cx.push(Diagnostic::new(codes::EXPECTATIONS, at.key("lower").span(), message).help(help));
    }
    Expectation {
        effect: written.effect,
        by,
        reason: written.reason,
        lower: written.lower,
        approvers,
        required: written.required,
    }
}

fn action(cx: &mut Context<'_>, written: &written::Action, at: Here<'_>) -> Action {
    Action {
        id: written.id.clone(),
        timestamp: cx.time(written.timestamp.as_ref(), at.key("timestamp")),
        agent_id: written.agent_id.clone(),
        run_id: written.run_id.clone(),
        session_id: written.session_id.clone(),
        turn: written.turn,
        group_id: written.group_id.clone(),
        mission_id: written.mission_id.clone(),
        integration: written.integration.clone(),
        operation: written.operation.clone(),
        resource: written.resource.clone(),
        data_classification: written.data_classification,
        arguments: written.arguments.clone().map(|map| map.into_iter().collect()),
        tags: written.tags.as_ref().map(|tags| tags.iter().cloned().collect()),
        risk_level: written.risk_level,
        cost_usd: cx.optional_usd(written.cost_usd, at.key("cost_usd")),
        outcome: written.outcome,
        error: written.error.clone(),
        result: written.result.clone(),
        broken: std::collections::BTreeSet::new(),
    }
}
