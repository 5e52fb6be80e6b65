//! The report of a replay for people: coverage first, then what changes, then the rest; read in ten seconds.

use super::shape::{Effects, GroupLine, Pair, SampleLine, SideLine, Simulation, VerdictLine};
use super::words::{advice, count, edited, effect, moved, rows, share};
use crate::model::Effect;
use crate::report::Look;
use crate::report::visible::visible_line;

/// How many groups of each direction are shown; the others are counted.
const GROUPS_SHOWN: usize = 5;
/// How many operations, facts and documents are named.
const NAMED: usize = 8;

/// Shows a report for people.
#[must_use]
pub fn simulation_human(report: &Simulation, look: Look) -> String {
    let page = Page { report, look };
    let parts = [
        page.head(),
        page.coverage(),
        page.totals(),
        page.changes(),
        page.documents(),
        page.approvals(),
        page.recorded(),
        page.truth(),
        page.gates(),
        format!("digest {}\n", report.digest),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

struct Page<'r> {
    report: &'r Simulation,
    look: Look,
}

impl Page<'_> {
    fn painted(&self, paint: &str, text: &str) -> String {
        if self.look.colour { format!("\u{1b}[{paint}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn title(&self, text: &str) -> String {
        self.painted("1", text)
    }

    fn word(&self, of: Effect) -> String {
        let paint = match of {
            Effect::Allow => "32",
            Effect::ApprovalRequired => "33",
            Effect::Deny => "31",
        };
        self.painted(paint, effect(of))
    }

    fn head(&self) -> String {
        let report = self.report;
        let logs: Vec<String> = report
            .logs
            .iter()
            .take(3)
            .map(|log| format!("{} ({})", visible_line(&log.name), visible_line(&log.form)))
            .collect();
        let more = report.logs.len().saturating_sub(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let actions = count(report.coverage.actions, "action");
        let span = match (&report.coverage.from, &report.coverage.to) {
            (Some(from), Some(to)) => format!(", {} to {}", day(from), day(to)),
            _ => String::new(),
        };
        let mut text = format!("{} of {}{more}{span}\n", self.title(&actions), logs.join(", "));
        for (word, side) in report.base.iter().map(|side| ("base", side)).chain([("head", &report.head)]) {
            text.push_str(&side_text(word, side));
        }
        if let Some(words) = edited(report) {
            text.push_str(&format!("  change  {}\n", visible_line(&words)));
        }
        for line in super::words::asked(report) {
            text.push_str(&format!("  {}\n", visible_line(&line)));
        }
        text
    }

    fn coverage(&self) -> String {
        let report = self.report;
        let coverage = &report.coverage;
        let was = coverage.percent.base.map(|base| format!(" (base {base:.1} %)")).unwrap_or_default();
        let mut text = format!("{} {:.1} % decided for certain{was}\n", self.title("coverage"), coverage.percent.head);
        for line in coverage.missing.iter().take(NAMED) {
            let lacking = count(line.actions.head, "action");
            let verb = if line.actions.head == 1 { "lacks" } else { "lack" };
            text.push_str(&format!("  {lacking} {verb} {}: {}\n", line.facts.join(" + "), advice(line)));
        }
        for seen in &coverage.breaks {
            let at = place(&seen.place.log, seen.place.line, seen.place.part.as_deref());
            let word = self.painted("1;31", "INCOMPLETE");
            text.push_str(&format!(
                "  {word}: {at}: {}; what stands behind is not counted\n",
                visible_line(&seen.message)
            ));
        }
        let seen = [
            ("cannot be read", coverage.unreadable, &coverage.unreadable_places),
            ("partly unreliable", coverage.doubtful, &coverage.doubtful_places),
        ];
        for (what, number, places) in seen {
            if let (true, Some(first)) = (number > 0, places.first()) {
                let shown = visible_line(&first.message);
                text.push_str(&format!(
                    "  {number} {what}, the first at {}: {}\n",
                    place(&first.place.log, first.place.line, first.place.part.as_deref()),
                    clipped(&shown, 160)
                ));
            }
        }
        let notes = [
            (coverage.repeated, "told before in the log and not counted again"),
            (coverage.untimed, "without a time: what hangs on the clock is unknown for them"),
            (coverage.times_back, "times go back in the log; the replay goes by time where that matters"),
        ];
        for (number, what) in notes.into_iter().filter(|(number, _)| *number > 0) {
            text.push_str(&format!("  {} {what}\n", super::words::grouped(number)));
        }
        text
    }

    fn totals(&self) -> String {
        let report = self.report;
        let Pair { base, head } = &report.totals;
        let Some((base, matrix)) = base.as_ref().zip(report.matrix.as_ref()) else {
            return self.one_side(head);
        };
        let mut text = format!("{:<14}{:>12}{:>12}\n", self.title("decisions"), "base", "head");
        // Escapes take no room on the screen.
        if self.look.colour {
            text = format!("{}     {:>12}{:>12}\n", self.title("decisions"), "base", "head");
        }
        for of in Effect::ALL {
            let (before, after) = (base.get(of), head.get(of));
            let change = moved(before, after);
            text.push_str(&format!(
                "  {}{}{:>12}{:>12}  {change}\n",
                self.word(of),
                " ".repeat(12 - effect(of).len()),
                super::words::grouped(before),
                super::words::grouped(after)
            ));
        }
        text.push_str(&format!("\n  {:<16}{:>10}{:>10}{:>10}\n", "base to head", "allow", "approval", "deny"));
        for of in Effect::ALL {
            let row = matrix.get(&of).copied().unwrap_or_default();
            let cells: String =
                Effect::ALL.into_iter().map(|to| format!("{:>10}", super::words::grouped(row.get(to)))).collect();
            text.push_str(&format!("  {}{}{cells}\n", self.word(of), " ".repeat(16 - effect(of).len())));
        }
        text
    }

    fn one_side(&self, head: &Effects) -> String {
        let mut text = format!("{}\n", self.title("decisions"));
        for of in Effect::ALL {
            let share = share(head.get(of), head.sum());
            text.push_str(&format!(
                "  {}{}{:>12}  {share}\n",
                self.word(of),
                " ".repeat(12 - effect(of).len()),
                super::words::grouped(head.get(of))
            ));
        }
        text
    }

    fn changes(&self) -> String {
        let report = self.report;
        let mut text = String::new();
        match &report.changes {
            Some(changes) if changes.tightened + changes.loosened == 0 => {
                text.push_str(&format!("{} no recorded action is decided otherwise\n", self.title("changes")));
            }
            Some(changes) => {
                let (tightened, loosened) = (count(changes.tightened, "action"), count(changes.loosened, "action"));
                text.push_str(&format!("{} {tightened} tightened, {loosened} loosened; in the worst case {} newly denied, {} newly allowed\n", self.title("changes"), changes.newly_denied, changes.newly_allowed));
            }
            None => {}
        }
        if let Some(certainty) =
            report.changes.as_ref().map(|changes| changes.only_certainty).filter(|number| *number > 0)
        {
            text.push_str(&format!("  {} decided alike with other certainty\n", count(certainty, "action")));
        }
        for direction in ["loosened", "tightened", "stopped"] {
            text.push_str(&self.direction(direction));
        }
        text
    }

    fn direction(&self, direction: &str) -> String {
        let groups: Vec<&GroupLine> = self.report.groups.iter().filter(|group| group.direction == direction).collect();
        if groups.is_empty() {
            return String::new();
        }
        let mut text = format!("{}\n", self.title(direction));
        for group in groups.iter().take(GROUPS_SHOWN) {
            text.push_str(&self.group(group));
        }
        let rest = groups.get(GROUPS_SHOWN..).unwrap_or_default();
        if !rest.is_empty() {
            let actions = rest.iter().map(|group| group.actions).sum();
            text.push_str(&format!(
                "  and {} in {} more groups (--format json has all)\n",
                count(actions, "action"),
                rest.len()
            ));
        }
        text
    }

    fn group(&self, group: &GroupLine) -> String {
        let by = group.agent_id.as_ref().map(|agent| format!(" by {}", visible_line(agent))).unwrap_or_default();
        let from = group.base.as_ref().map(|base| format!("{} → ", self.word(base.effect))).unwrap_or_default();
        let mut text = format!(
            "  {:>8}  {}{by}  {from}{}\n",
            super::words::grouped(group.actions),
            visible_line(&group.action),
            self.word(group.head.effect)
        );
        let Some(sample) = group.samples.first() else { return text };
        if let Some(base) = &sample.base {
            text.push_str(&format!("            base  {}\n", verdict(base)));
            text.push_str(&format!("            head  {}\n", verdict(&sample.head)));
        } else {
            text.push_str(&format!("            {}\n", verdict(&sample.head)));
        }
        text.extend(rows(group).map(|rows| format!("            {rows}\n")));
        text.push_str(&format!("            such as {}\n", sample_text(sample)));
        text
    }

    fn documents(&self) -> String {
        let never = &self.report.never_hit;
        if never.is_empty() {
            return String::new();
        }
        let shown: Vec<&str> = never.iter().take(NAMED).map(String::as_str).collect();
        let more = never.len() - shown.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{} {}{more}\n", self.title("never hit"), shown.join(", "))
    }

    fn approvals(&self) -> String {
        let Pair { base, head } = &self.report.approvals;
        if head.total == 0 && base.as_ref().is_none_or(|base| base.total == 0) {
            return String::new();
        }
        let was =
            base.as_ref().map(|base| format!(" (base {}, at most {})", base.total, base.most)).unwrap_or_default();
        let on = head.busiest_day.as_ref().map(|day| format!(", {day}")).unwrap_or_default();
        format!(
            "{} up to {} are asked for, at most {} on one day{on}{was}\n",
            self.title("approvals"),
            super::words::grouped(head.total),
            super::words::grouped(head.most)
        )
    }

    fn recorded(&self) -> String {
        let Some(recorded) = &self.report.recorded else { return String::new() };
        let was = recorded
            .base
            .as_ref()
            .map(|base| format!(" (base {})", share(base.agree, base.actions)))
            .unwrap_or_default();
        let head = &recorded.head;
        format!(
            "{} {} of {} decisions that the log recorded are the same here, {}{was}\n",
            self.title("recorded"),
            head.agree,
            head.actions,
            share(head.agree, head.actions)
        )
    }

    fn truth(&self) -> String {
        let Some(truth) = &self.report.truth else { return String::new() };
        let mut text = format!(
            "{} {} = {}\n",
            self.title("ground truth"),
            visible_line(&truth.pointer),
            visible_line(&truth.bad_value.to_string())
        );
        for (word, side) in truth.sides.base.iter().map(|side| ("base", side)).chain([("head", &truth.sides.head)]) {
            let (bad, good) = (&side.bad, &side.good);
            if bad.sum() == 0 {
                text.push_str(&format!("  {word}  no action has that value: nothing is bad\n"));
                continue;
            }
            text.push_str(&format!(
                "  {word}  stopped {} of the bad ({} denied, {} asked, {} allowed), {} of the good ({} of {})\n",
                share(bad.stopped(), bad.sum()),
                bad.deny,
                bad.approval_required,
                bad.allow,
                share(good.stopped(), good.sum()),
                good.stopped(),
                good.sum(),
            ));
            if side.untold.sum() > 0 {
                text.push_str(&format!(
                    "        of {} the log does not tell whether they are bad\n",
                    count(side.untold.sum(), "action")
                ));
            }
        }
        text
    }

    fn gates(&self) -> String {
        let gates = &self.report.gates;
        let mut text = if gates.is_empty() { String::new() } else { format!("{}\n", self.title("gates")) };
        for gate in gates {
            let word = if gate.met { self.painted("32", "met    ") } else { self.painted("1;31", "NOT MET") };
            text.push_str(&format!("  {word}  {} {}: {}\n", gate.gate, gate.allowed, gate.found));
        }
        text
    }
}

fn side_text(word: &str, side: &SideLine) -> String {
    let only = side.only.as_ref().map(|id| format!(", only {id}")).unwrap_or_default();
    let switch = if side.kill_switch { ", kill switch ON" } else { "" };
    let digest: String = side.bundle.chars().take(19).collect();
    format!("  {word}  {}{only}  {digest}  default {}{switch}\n", visible_line(&side.name), effect(side.default_effect))
}

/// The day of a time.
fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

/// A place in a log, on one line.
fn place(log: &str, line: u64, part: Option<&str>) -> String {
    let part = part.map(|part| format!(", {}", visible_line(part))).unwrap_or_default();
    format!("{}:{line}{part}", visible_line(log))
}

fn verdict(verdict: &VerdictLine) -> String {
    let by = match (&verdict.id, &verdict.file, verdict.line) {
        (Some(_), Some(file), Some(line)) => format!("{}:{line}", visible_line(file)),
        (Some(id), ..) => id.clone(),
        (None, ..) => format!("the {}", verdict.kind),
    };
    let code = verdict.code.map(|code| format!(" {}", code.as_str())).unwrap_or_default();
    let unsure = if verdict.missing.is_empty() {
        String::new()
    } else {
        format!(" (uncertain: {})", verdict.missing.join(", "))
    };
    let id = verdict.id.as_ref().map(|id| format!("{} `{id}` at ", verdict.kind)).unwrap_or_default();
    format!("{id}{by}{code}{unsure}")
}

fn sample_text(sample: &SampleLine) -> String {
    let id = sample.id.as_ref().map(|id| format!("{} at ", clipped(&visible_line(id), 60))).unwrap_or_default();
    format!("{id}{}", place(&sample.place.log, sample.place.line, sample.place.part.as_deref()))
}

/// So many characters of a text.
fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
