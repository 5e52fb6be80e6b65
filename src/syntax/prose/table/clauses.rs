//! Words that stand for each other in every form, and clauses that can stand in several.

/// Words that mean the same everywhere.
pub const FRAGMENTS: &[(&str, &str)] = &[
    ("deny", "[always] (deny|forbid|block|prohibit|disallow|reject|refuse|ban)"),
    ("use", "(use|call|run|invoke|execute|perform|take|make)"),
    ("used", "(used|called|run|invoked|executed|performed|taken|made)"),
    ("never", "(never|do not|don't)"),
    ("who", "([all|the|our|any|every|an|ai] [ai] (agent|agents)|they|we)"),
    ("nobody", "(nobody|no one|no [ai] (agent|agents))"),
    (
        "cannot",
        "((must|may|can|shall) (not|never) [ever]|cannot|can't|mustn't|(isn't|aren't) (allowed|permitted) to|(is|are) (not|never) (allowed|permitted) to|(is|are) (forbidden|prohibited) to|never)",
    ),
    ("may", "(may|can|is allowed to|are allowed to|is permitted to|are permitted to)"),
    ("over", "(over|above|more than|exceeding|greater than|larger than|of more than|of over)"),
    ("when", "(when|where|if|whenever)"),
    ("most", "(at most|no more than|not more than|up to|a maximum of|maximum|max)"),
    ("times", "[time|times|calls|uses]"),
    ("approval", "[a|an|explicit|prior] [human|manual] (approval|sign-off|signoff|confirmation)"),
    ("every", "(every|any|all|each|everything|anything)"),
    ("action", "(action|actions|call|calls)"),
    ("tagged", "(tagged|labelled|labeled|(with|having|that has|that have|which has|which have) the (tag|tags))"),
    (
        "what",
        "({what:actions}|[%every] [%action] %tagged {tags:tags}|[%every] {risk:risky} [(and|or) ({more:risky}|{more:risk})] %action|[%every] [%action] (of|with|at|rated) {least:risk} risk [level] (or (higher|above|more)|and (above|up|higher))|[%every] [%action] (of|with|at) at least {least:risk} risk|[%every] [%action] (of|with|at) exactly {only:risk} risk|[%every] %action (on|with|that touch|that touches) {level:level} data or (higher|above|more sensitive)|[%every] %action (on|with) (restricted !restricted) data)",
    ),
    ("must_be", "(must|shall|has to|have to|needs to|need to|is to|are to) [always|first] be"),
    ("needs", "([always] (needs|need|requires|require)|must have|has to have|have to have)"),
    ("first", "[first] [%use|(a|an) [successful] call (to|of)|[a|the] (result|answer) (of|from)]"),
    ("after", "[has|have] [succeeded|run|been called|been used]"),
    ("else", "[[or|else|otherwise|or else] (deny !deny|(ask for|require) approval !ask)]"),
    ("this", "(this (policy|rule)|the (policy|rule)|it)"),
];

/// The words of a fragment.
pub fn fragment(name: &str) -> Option<&'static str> {
    FRAGMENTS.iter().find(|(known, _)| *known == name).map(|(_, shape)| *shape)
}

/// A clause: the ways to say it.
type Ways = &'static [&'static str];

/// Sets of clauses: each can be said once, in any order.
pub const CLAUSES: &[(&str, &[Ways])] = &[
    (
        // After the name of an action: which of its calls are meant.
        "subject",
        &[
            &["%over {over:money}"],
            &["of {from_usd:money} (or more|and more|and above|and up)", "of at least {from_usd:money}"],
            &[
                "(that|which) (cost|costs) [us] (over|more than) {cost_over:money}",
                "costing (over|more than) {cost_over:money}",
            ],
            &[
                "(that|which) (cost|costs) [us] at least {cost_least:money}",
                "costing at least {cost_least:money}",
                "(that|which) (cost|costs) [us] {cost_least:money} or more",
            ],
            &["(on|of|in|to|for|against|from) {class:class}"],
            &["(whose|with [a|an]) {whose:tests}"],
        ],
    ),
    (
        // After a demand for approval: when, from whom, how many, how soon.
        "asking",
        &[
            &["%when {tests:tests}"],
            &[
                "%when (the cost [of (an|the|a) [single] (action|call)] is|(an|a) [single] (action|call) costs) (over|more than) {cost_over:money}",
            ],
            &[
                "%when (the cost [of (an|the|a) [single] (action|call)] is|(an|a) [single] (action|call) costs) at least {cost_least:money}",
            ],
            &["(from|by|of) {people:people}", "(from|by) {required:count} of {people:people}"],
            &["(within|in) {timeout:duration}"],
            &["(with|by|from) {required:count} (approvals|approvers|people|persons)"],
            &["(called|named) {label:text}"],
            &["as a rule of its own !own"],
            &[
                "(with|on|for) {level:level} data or (higher|above|more sensitive)",
                "(with|on|for) {level:level} or (higher|more sensitive) data",
                "(with|on|for) data of at least {level:level} [level]",
            ],
            &["(that|which) (cost|costs) (over|more than) {cost_over:money}"],
            &["(that|which) (cost|costs) at least {cost_least:money}"],
            &["%tagged {also_tags:tags}"],
            &["(of|with|at) at least {also_least:risk} risk"],
        ],
    ),
    ("per", &[&["(per|for each|for every|each|in each|in every|by) {per:per}"]]),
    (
        "fresh",
        &[&[
            "[that (is|are)] (no|not) older than {age:duration}",
            "[that (is|are)] (no|not) more than {age:duration} (old|earlier|before)",
            "[that (is|are)] at most {age:duration} old",
            "(within|in|during) the last {age:duration}",
        ]],
    ),
    (
        // After the operation of a rule.
        "operation",
        &[
            &["(of|through|from) [the] [integration] {integration:exact}"],
            &["(by|for) [the] [agent|agents] {agent:agent}"],
            &["(on|to|in) [the] [resource|resources] {resource:exact}", "(on|to|in) (any|every) resource !anything"],
            &[
                "(with|on) {level:level} data !plain",
                "(with|on) data of at most {level:level} [level] !at_most",
                "(with|on) data of at least {level:level} [level] !at_least",
                "(with|on) data of exactly {level:level} [level] !exactly",
                "(with|on) {level:level} data or (lower|less|below) !at_most",
                "(with|on) data up to {level:level} !at_most",
                "(with|on) {level:level} data or (higher|more|above) !at_least",
                "(with|on) any data !any_data",
            ],
            &["%when {tests:tests}"],
            &["with priority {priority:count}"],
        ],
    ),
    (
        // In an exception.
        "exempt",
        &[
            &["[for] [the] (agent|agents) {agents:agents}", "{agents:agents}"],
            &["in [the] (run|runs) {runs:runs}", "for [the] (run|runs) {runs:runs}"],
            &["from [the] [policy|rule] {policy:exact}"],
            &[
                "for [the] (action|actions) {what:actions}",
                "for {what:actions}",
                "when (it|they) (use|uses|call|calls) {what:actions}",
            ],
            &["lifting {reasons:reasons}", "lifting [the] (reason|reasons) {reasons:reasons}"],
            &["(from|starting) {starts:moment}", "(from|starting) [on|at] {starts:moment} on"],
            &["(until|till|before) {until:moment}"],
            &["[or|and] [for] %most {uses:count} %times", "[or|and] [for] {uses:count} %times"],
            &[
                "because {reason:text}",
                "because {reason:rest}",
                "because of {reason:rest}",
                "since {reason:rest}",
                "reason : {reason:rest}",
                "reason : {reason:text}",
            ],
        ],
    ),
];
