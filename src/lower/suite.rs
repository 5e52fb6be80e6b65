use std::collections::BTreeMap;

use super::context::Context;
use super::here::Here;
use super::uses::Named;
use crate::diag::{Diagnostic, codes};
use crate::model::{Action, DocumentId, Expectation, Suite, Test};
use crate::syntax::{Node, counted, shortened};
use crate::written::{self, Expectations};

/// Lowers a suite.
pub fn lower(cx: &mut Context<'_>, id: DocumentId, suite: &written::Suite, root: &Node) -> Suite {
    let at = Here::root(root).key("tests");
    let mut names = BTreeMap::new();
    let mut tests = Vec::with_capacity(suite.tests.len());
    for (rank, test) in suite.tests.iter().enumerate() {
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
    Suite { id, description: suite.description.clone(), tests }
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
    let steps = actions.iter().zip(expectations).enumerate().map(|(rank, (action, expected))| {
        let action = self::action(cx, action, actions_at.item(rank));
        (action, expectation(cx, expected, expect_at.item(rank)))
    });
    Test {
        name: test.name.clone(),
        steps: steps.collect(),
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

fn expectation(cx: &mut Context<'_>, written: &written::Expectation, at: Here<'_>) -> Expectation {
    let by = written.by.as_ref().and_then(|by| cx.reference(by, at.key("by").span()));
    if let Some(by) = &by {
        cx.names(at.key("by").span(), Named::Decider(by.clone()));
    }
    Expectation { effect: written.effect, by, reason: written.reason }
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
    }
}
