use std::collections::BTreeSet;

use serde_json::Value;

use super::Assumption;
use super::pointer::{Pointed, at_pointer, in_labels};
use crate::engine::{Assumed, Broken, Call, Details, Given};
use crate::model::{Arguments, Effect, Fact, Outcome, Time};
use crate::records::{Record, Row, Rows};

/// What stands at a place of a log.
#[derive(Debug)]
pub enum Entry<'a> {
    /// A record without a doubt, with its line.
    Row(Box<Row<'a>>, &'a str),
    /// Any record, with its line where it has one.
    Record(Box<Record>, Option<&'a str>),
    /// A record of a form that has no lines of its own, as it was handed over.
    Item(&'a Record),
    /// A call that was told before.
    Repeated,
    /// What cannot be read, and why.
    Unreadable(String),
}

/// One recorded action, as it is replayed.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    recorded: Recorded<'a>,
    line: Option<&'a str>,
    assumption: &'a Assumption,
}

#[derive(Debug, Clone, Copy)]
enum Recorded<'a> {
    Row(&'a Row<'a>),
    Record(&'a Record),
}

impl<'a> Entry<'a> {
    /// A native line.
    pub fn of_line(line: &'a str, rows: &mut Rows) -> Self {
        if let Some(row) = rows.read(line) {
            return Self::Row(row, line);
        }
        match crate::records::read(line) {
            Ok(record) => Self::Record(Box::new(record), Some(line)),
            Err(why) => Self::Unreadable(why),
        }
    }

    /// The same in a form that has no lines of its own, with what of it could not be relied on.
    pub fn without_line(self, doubts: &[String]) -> Self {
        let record = match self {
            Self::Row(row, _) => row.to_record(),
            Self::Record(record, _) => *record,
            Self::Item(record) => record.clone(),
            other @ (Self::Repeated | Self::Unreadable(_)) => return other,
        };
        Self::Record(Box::new(Record { doubts: doubts.to_vec(), ..record }), None)
    }

    /// The action, if it is one.
    pub fn attempt(&'a self, assumption: &'a Assumption) -> Option<Attempt<'a>> {
        let (recorded, line) = match self {
            Self::Row(row, line) => (Recorded::Row(row), Some(*line)),
            Self::Record(record, line) => (Recorded::Record(record), *line),
            Self::Item(record) => (Recorded::Record(record), None),
            Self::Repeated | Self::Unreadable(_) => return None,
        };
        Some(Attempt { recorded, line, assumption })
    }

    /// When it happened.
    pub fn time(&self) -> Option<Time> {
        match self {
            Self::Row(row, _) => row.time,
            Self::Record(record, _) => record.action.timestamp,
            Self::Item(record) => record.action.timestamp,
            Self::Repeated | Self::Unreadable(_) => None,
        }
    }
}

impl<'a> Attempt<'a> {
    /// The record's own id.
    pub fn id(&self) -> Option<&'a str> {
        match self.recorded {
            Recorded::Row(row) => row.id,
            Recorded::Record(record) => record.action.id.as_deref(),
        }
    }

    /// What was decided when it was recorded.
    pub fn recorded_decision(&self) -> Option<Effect> {
        match self.recorded {
            Recorded::Row(row) => row.recorded_decision,
            Recorded::Record(record) => record.recorded_decision,
        }
    }

    /// What could not be relied on.
    pub fn doubts(&self) -> &'a [String] {
        match self.recorded {
            Recorded::Row(_) => &[],
            Recorded::Record(record) => &record.doubts,
        }
    }

    /// What a JSON pointer leads to in the record's line; in forms that have no line of their own only `/labels/…` leads
    /// anywhere.
    pub(super) fn at(&self, pointer: &str) -> Pointed {
        match (self.line, self.recorded) {
            (Some(line), _) => at_pointer(line, pointer),
            (None, Recorded::Record(record)) => in_labels(&record.labels, pointer),
            (None, Recorded::Row(_)) => Pointed::Nothing,
        }
    }

    /// The line, where it has one.
    pub fn line(&self) -> Option<&'a str> {
        self.line
    }

    /// The record as a native line.
    pub fn written(&self) -> String {
        match self.recorded {
            Recorded::Row(row) => row.to_record().to_native(),
            Recorded::Record(record) => record.to_native(),
        }
    }

    /// The action as the engine looks at it.
    pub fn call(&'a self) -> Call<'a> {
        let mut given = match self.recorded {
            Recorded::Row(row) => of_row(row, self),
            Recorded::Record(record) => of_record(record, self),
        };
        if !self.assumption.is_nothing() {
            self.assume(&mut given);
        }
        Call::new(given)
    }

    /// Adds what is assumed, where nothing is said. Run and session stand in for each other, so one is enough.
    fn assume(&'a self, given: &mut Given<'a>) {
        let assumption = self.assumption;
        let absent = |fact: Fact| !given.broken.holds(fact);
        let of = |fact: Fact, text: &'a Option<String>| text.as_deref().filter(|_| absent(fact));
        given.agent = given.agent.or(of(Fact::Agent, &assumption.agent));
        if given.run.is_none() && given.session.is_none() {
            given.run = of(Fact::Run, &assumption.run);
            given.session = of(Fact::Session, &assumption.session);
        }
        if !given.operation.contains('.') {
            given.integration = given.integration.or(of(Fact::Integration, &assumption.integration));
        }
        if given.outcome.is_none() && !given.failed && absent(Fact::Outcome) && self.result().is_none() {
            given.outcome = assumption.outcome;
            given.failed = assumption.outcome == Some(Outcome::Error);
        }
        given.assumed = (assumption.others != Assumed::default()).then_some(&assumption.others);
    }

    fn tags(&self) -> Option<&BTreeSet<String>> {
        match self.recorded {
            Recorded::Row(row) => row.tags(),
            Recorded::Record(record) => record.action.tags.as_ref(),
        }
    }
}

impl Details for Attempt<'_> {
    fn arguments(&self) -> Option<&Value> {
        match self.recorded {
            Recorded::Row(row) => row.arguments().or(self.assumption.arguments.as_ref()),
            Recorded::Record(record) => {
                let assumed = self.assumption.arguments.as_ref();
                let broken = record.action.broken.contains(&Fact::Arguments);
                record.action.arguments.as_ref().map(Arguments::as_value).or(assumed.filter(|_| !broken))
            }
        }
    }

    fn result(&self) -> Option<&Value> {
        match self.recorded {
            Recorded::Row(row) => row.result(),
            Recorded::Record(record) => record.action.result.as_ref(),
        }
    }

    fn has_tag(&self, tag: &str) -> Option<bool> {
        self.tags().map(|tags| tags.contains(tag))
    }
}

fn of_row<'a>(row: &'a Row<'a>, details: &'a dyn Details) -> Given<'a> {
    Given {
        agent: row.agent,
        run: row.run,
        session: row.session,
        turn: row.turn,
        group: row.group,
        mission: row.mission,
        integration: row.integration,
        operation: row.operation,
        resource: row.resource,
        broken: Broken::default(),
        level: row.level,
        risk: row.risk,
        cost: row.cost,
        time: row.time,
        outcome: row.outcome,
        failed: row.error.is_some(),
        assumed: None,
        details,
    }
}

fn of_record<'a>(record: &'a Record, details: &'a dyn Details) -> Given<'a> {
    Given { details, ..Given::of(&record.action) }
}
