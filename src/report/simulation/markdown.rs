//! The report of a replay as Markdown, for a comment on a pull request: at most so many characters, cut at sections. What
//! strangers wrote stands in code spans, where nothing of it is a link, a mention or a heading.

use super::shape::{Effects, GroupLine, LogPlace, SideLine, Simulation, VerdictLine};
use super::words::{advice, asked, count, edited, effect, grouped, moved, rows, share};
use crate::model::Effect;
use crate::report::visible::visible_line;

/// How many characters a comment may have; those of GitHub end at 65,536.
pub const MOST_CHARACTERS: usize = 60_000;
/// How many groups of one direction are shown.
const GROUPS_SHOWN: usize = 50;
/// How many facts, places and documents are named.
const NAMED: usize = 20;
/// The longest text of a stranger that is shown, in characters.
const LONGEST: usize = 120;

/// Shows a report as Markdown.
#[must_use]
pub fn simulation_markdown(report: &Simulation) -> String {
    let sections = [
        head(report),
        gates(report),
        totals(report),
        groups(report, "loosened"),
        groups(report, "tightened"),
        groups(report, "stopped"),
        coverage(report),
        truth(report),
        others(report),
        format!("<sub>digest {}</sub>\n", report.digest),
    ];
    let mut text = String::new();
    let mut omitted = 0;
    for section in sections.into_iter().filter(|section| !section.is_empty()) {
        if text.chars().count() + section.chars().count() + 200 > MOST_CHARACTERS {
            omitted += 1;
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&section);
    }
    if omitted > 0 {
        text.push_str(&format!(
            "\n> {} left out for length: `--format json` has everything.\n",
            count(omitted, "section")
        ));
    }
    text
}

/// What a replay came to, part by part, what is certain first.
pub fn parts(report: &Simulation) -> Vec<String> {
    let groups = ["loosened", "tightened"].map(|direction| groups(report, direction));
    let all = [coverage(report), totals(report)].into_iter().chain(groups).chain([aside(report)]);
    all.filter(|part| !part.is_empty()).collect()
}

/// Text of strangers in a code span of its own: nothing in it means anything, and it ends where it ends.
pub fn code(text: &str) -> String {
    let shown = visible_line(text);
    let shown: String = match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown,
    };
    let (mut longest, mut run) = (0, 0);
    for c in shown.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    // A bar would end the cell of a table, also within a code span.
    let shown = shown.replace('|', "\\|");
    if shown.trim().is_empty() || longest > 0 || shown.starts_with(' ') || shown.ends_with(' ') {
        return format!("{fence} {shown} {fence}");
    }
    format!("{fence}{shown}{fence}")
}

fn sign(of: Effect) -> &'static str {
    match of {
        Effect::Allow => "🟢",
        Effect::ApprovalRequired => "🟡",
        Effect::Deny => "🔴",
    }
}

fn word(of: Effect) -> String {
    format!("{} {}", sign(of), effect(of))
}

fn head(report: &Simulation) -> String {
    let actions = count(report.coverage.actions, "recorded action");
    let title = match &report.changes {
        None => format!("## policyc: {actions} replayed\n"),
        Some(changes) if changes.tightened + changes.loosened == 0 => {
            format!("## policyc: none of {actions} is decided otherwise\n")
        }
        Some(changes) => {
            format!("## policyc: {} of {actions} decided otherwise\n", grouped(changes.tightened + changes.loosened))
        }
    };
    let mut text = title;
    text.push('\n');
    if let Some(changes) = &report.changes {
        text.push_str(&format!(
            "**{}** tightened, **{}** loosened. In the worst case {} newly denied, {} newly allowed.\n\n",
            grouped(changes.tightened),
            grouped(changes.loosened),
            grouped(changes.newly_denied),
            grouped(changes.newly_allowed)
        ));
    }
    for (word, side) in report.base.iter().map(|side| ("base", side)).chain([("head", &report.head)]) {
        text.push_str(&side_text(word, side));
    }
    let logs: Vec<String> =
        report.logs.iter().take(NAMED).map(|log| format!("{} ({})", code(&log.name), code(&log.form))).collect();
    text.push_str(&format!("- logs: {}\n", logs.join(", ")));
    if let Some(words) = edited(report) {
        text.push_str(&format!("- change: {}\n", visible_line(&words)));
    }
    for line in asked(report) {
        text.push_str(&format!("- {}\n", code(&line)));
    }
    text
}

fn side_text(word: &str, side: &SideLine) -> String {
    let only = side.only.as_ref().map(|id| format!(", only {}", code(id))).unwrap_or_default();
    let switch = if side.kill_switch { ", **kill switch on**" } else { "" };
    let digest: String = side.bundle.chars().take(19).collect();
    format!(
        "- {word}: {}{only} ({}), default {}{switch}\n",
        code(&side.name),
        code(&digest),
        effect(side.default_effect)
    )
}

fn gates(report: &Simulation) -> String {
    if report.gates.is_empty() {
        return String::new();
    }
    let mut text = "| gate | allowed | found | |\n| --- | --- | --- | --- |\n".to_owned();
    for gate in &report.gates {
        let met = if gate.met { "✅ met" } else { "❌ **not met**" };
        text.push_str(&format!("| {} | {} | {} | {met} |\n", gate.gate, gate.allowed, gate.found));
    }
    text
}

fn totals(report: &Simulation) -> String {
    let (base, head) = (&report.totals.base, &report.totals.head);
    let Some((base, matrix)) = base.as_ref().zip(report.matrix.as_ref()) else {
        let mut text = "| decision | actions | share |\n| --- | ---: | ---: |\n".to_owned();
        for of in Effect::ALL {
            text.push_str(&format!(
                "| {} | {} | {} |\n",
                word(of),
                grouped(head.get(of)),
                share(head.get(of), head.sum())
            ));
        }
        return text;
    };
    let mut text = "| decision | base | head | |\n| --- | ---: | ---: | ---: |\n".to_owned();
    for of in Effect::ALL {
        let (before, after) = (base.get(of), head.get(of));
        text.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            word(of),
            grouped(before),
            grouped(after),
            moved(before, after)
        ));
    }
    text.push_str("\n| base to head | allow | approval | deny |\n| --- | ---: | ---: | ---: |\n");
    for of in Effect::ALL {
        let row: Effects = matrix.get(&of).copied().unwrap_or_default();
        let cells: Vec<String> = Effect::ALL.into_iter().map(|to| grouped(row.get(to))).collect();
        text.push_str(&format!("| {} | {} |\n", word(of), cells.join(" | ")));
    }
    text
}

fn groups(report: &Simulation, direction: &str) -> String {
    let groups: Vec<&GroupLine> = report.groups.iter().filter(|group| group.direction == direction).collect();
    if groups.is_empty() {
        return String::new();
    }
    let actions = groups.iter().map(|group| group.actions).sum();
    let mut text = format!(
        "### {} {direction}\n\n| actions | action | by | decision | decided by | region | such as |\n| ---: | --- | --- | --- | --- | --- | --- |\n",
        count(actions, "action")
    );
    for group in groups.iter().take(GROUPS_SHOWN) {
        text.push_str(&row(group));
    }
    let rest = groups.get(GROUPS_SHOWN..).unwrap_or_default();
    if !rest.is_empty() {
        let actions = rest.iter().map(|group| group.actions).sum();
        text.push_str(&format!("\n{} in {} more groups.\n", count(actions, "action"), rest.len()));
    }
    text
}

fn row(group: &GroupLine) -> String {
    let agent = group.agent_id.as_deref().map(code).unwrap_or_default();
    let from = group.base.as_ref().map(|base| format!("{} → ", word(base.effect))).unwrap_or_default();
    let sample = group.samples.first();
    let base =
        sample.and_then(|sample| sample.base.as_ref()).map(|base| format!("{} → ", verdict(base))).unwrap_or_default();
    let head = sample.map(|sample| verdict(&sample.head)).unwrap_or_default();
    let such = sample.map(|sample| place(&sample.place)).unwrap_or_default();
    format!(
        "| {} | {} | {agent} | {from}{} | {base}{head} | {} | {such} |\n",
        grouped(group.actions),
        code(&group.action),
        word(group.head.effect),
        rows(group).unwrap_or_default()
    )
}

fn verdict(verdict: &VerdictLine) -> String {
    match (&verdict.id, &verdict.file, verdict.line) {
        (Some(id), Some(file), Some(line)) => format!("{} at {}", code(id), code(&format!("{file}:{line}"))),
        (Some(id), ..) => code(id),
        (None, ..) => format!("the {}", verdict.kind),
    }
}

fn place(place: &LogPlace) -> String {
    let part = place.part.as_ref().map(|part| format!(", {part}")).unwrap_or_default();
    code(&format!("{}:{}{part}", place.log, place.line))
}

fn coverage(report: &Simulation) -> String {
    let coverage = &report.coverage;
    let was = coverage.percent.base.map(|base| format!(" (base {base:.1} %)")).unwrap_or_default();
    let mut text = format!("### {:.1} % decided for certain{was}\n\n", coverage.percent.head);
    for line in coverage.missing.iter().take(NAMED) {
        text.push_str(&format!(
            "- {} without {}: {}\n",
            count(line.actions.head, "action"),
            line.facts.join(" + "),
            advice(line)
        ));
    }
    for seen in &coverage.breaks {
        text.push_str(&format!("- **incomplete**: {}: {}\n", place(&seen.place), code(&seen.message)));
    }
    for (what, number, places) in [
        ("cannot be read", coverage.unreadable, &coverage.unreadable_places),
        ("partly unreliable", coverage.doubtful, &coverage.doubtful_places),
    ] {
        if number > 0 {
            text.push_str(&format!("- {} {what}", grouped(number)));
            let shown: Vec<String> =
                places.iter().take(3).map(|seen| format!("{}: {}", place(&seen.place), code(&seen.message))).collect();
            text.push_str(&format!("; {}\n", shown.join("; ")));
        }
    }
    for (what, number) in [
        ("told before in the log and not counted again", coverage.repeated),
        ("without a time", coverage.untimed),
        ("times go back in the log", coverage.times_back),
    ] {
        if number > 0 {
            text.push_str(&format!("- {} {what}\n", grouped(number)));
        }
    }
    text
}

fn truth(report: &Simulation) -> String {
    let Some(truth) = &report.truth else { return String::new() };
    let mut text = format!(
        "### Ground truth: {} = {}\n\n| side | bad stopped | bad denied | bad asked | bad allowed | good stopped | of good |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        code(&truth.pointer),
        code(&truth.bad_value.to_string())
    );
    for (word, side) in truth.sides.base.iter().map(|side| ("base", side)).chain([("head", &truth.sides.head)]) {
        let (bad, good) = (&side.bad, &side.good);
        text.push_str(&format!(
            "| {word} | {} | {} | {} | {} | {} | {} |\n",
            share(bad.stopped(), bad.sum()),
            grouped(bad.deny),
            grouped(bad.approval_required),
            grouped(bad.allow),
            share(good.stopped(), good.sum()),
            grouped(good.sum()),
        ));
    }
    text
}

fn others(report: &Simulation) -> String {
    let mut text = aside(report);
    if !report.never_hit.is_empty() {
        let named: Vec<String> = report.never_hit.iter().take(NAMED).map(|id| code(id)).collect();
        let more = report.never_hit.len() - named.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text.push_str(&format!("- never hit: {}{more}\n", named.join(", ")));
    }
    if text.is_empty() { text } else { format!("### Beside that\n\n{text}") }
}

/// How many approvals are asked for, and how many decisions are as they were recorded.
fn aside(report: &Simulation) -> String {
    let mut text = String::new();
    let approvals = &report.approvals;
    if approvals.head.total > 0 {
        let was = approvals
            .base
            .as_ref()
            .map(|base| format!(" (base {} and {})", grouped(base.total), grouped(base.most)))
            .unwrap_or_default();
        text.push_str(&format!(
            "- up to {}, at most {} on one day{was}\n",
            count(approvals.head.total, "approval"),
            grouped(approvals.head.most)
        ));
    }
    if let Some(recorded) = &report.recorded {
        let head = &recorded.head;
        text.push_str(&format!(
            "- {} of {} recorded decisions are the same here\n",
            grouped(head.agree),
            grouped(head.actions)
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_strangers_stays_in_its_span() {
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("``x` @you [l](u)"), "``` ``x` @you [l](u) ```");
        assert_eq!(code("a\n# b"), "`a\\n# b`");
        assert_eq!(code(""), "`  `");
        assert!(code(&"x".repeat(500)).chars().count() < 130);
    }
}
