//! What rows must be, held to every action of the reference.

use std::collections::{BTreeMap, BTreeSet};

use policyc::effects::{
    Area, Decider, Effects, Limits, Observer, Row, Stateless, Transition, Unproven, effects, with_uses_left,
};
use policyc::engine::{Call, Source};
use policyc::model::{Action, Bundle, JsonSchema};
use serde_json::Value;

use crate::reader::{Catalogs, Holds, ReadArea, ReadRow, in_space};
use crate::reference::{Compared, compare, decide};
use crate::trying::Told;

type Deciders = (Decider, Decider);

/// Two sides, what is decided of every action, and what is said of them.
pub struct Case {
    pub bundles: [Bundle; 2],
    pub compared: Compared,
    pub effects: Effects,
    /// Whether every schema can be taken apart.
    pub exact: bool,
    /// Whether every clock goes evenly.
    pub even: bool,
}

impl Case {
    /// `None`: there is too much to enumerate.
    pub fn new(bundles: [Bundle; 2], limits: Limits) -> Option<Self> {
        let compared = compare(&bundles[0], &bundles[1])?;
        let effects = effects(&bundles[0], &bundles[1], limits);
        let exact = bundles.iter().all(is_exact);
        let even = bundles.iter().all(is_even);
        Some(Self { bundles, compared, effects, exact, even })
    }

    /// Everything that rows, pieces and what is not proven must be.
    pub fn check(&self) -> Told {
        self.rows()?;
        self.complete()?;
        self.proven()?;
        self.pieces()?;
        self.changed()?;
        Ok(!self.compared.differing.is_empty())
    }

    /// Each row holds by itself: it differs, stands once, and its witness shows it.
    fn rows(&self) -> Result<(), String> {
        let rows = &self.effects.rows;
        let once: BTreeSet<Deciders> = rows.iter().map(|row| (row.base, row.head)).collect();
        demand(once.len() == rows.len(), || format!("a row stands twice: {rows:#?}"))?;
        demand(rows.is_sorted_by_key(|row| row.transition() == Transition::Restrictive), || {
            format!("what is newly permitted does not stand first: {rows:#?}")
        })?;
        let sides = Stateless::of(&self.bundles[0], &self.bundles[1]);
        let mut observer = Observer::new(&sides, &self.effects);
        for (at, row) in rows.iter().enumerate() {
            demand(row.base.effect != row.head.effect && !row.pieces.is_empty(), || {
                format!("this is no row: {}", told(row))
            })?;
            shown(&self.bundles, row)?;
            let found = observer.row(&Call::of(&row.witness), (row.base, row.head));
            // Where some exceptions are used up and others are not, what holds in between may be another one.
            let between = sides.used_up.is_some() && found.is_none() && !row.used_up.is_empty();
            demand(found == Some(at) || between, || format!("the observer does not find {}", told(row)))?;
        }
        Ok(())
    }

    /// Every difference that enumeration finds is a row or left open there; every row is one that it finds.
    fn complete(&self) -> Result<(), String> {
        let rows: BTreeSet<Deciders> = self.effects.rows.iter().map(|row| (row.base, row.head)).collect();
        for (deciders, actions) in &self.compared.differing {
            let open =
                |action: &Action| self.effects.unproven.iter().any(|open| left_open(open, &self.bundles, action));
            let missed = |at: &usize| !rows.contains(deciders) && !open(&self.compared.actions[*at]);
            if let Some(at) = actions.iter().find(|at| missed(at)) {
                return Err(self.told(&format!("missing: {}", brief(*deciders)), *at));
            }
        }
        // The enumeration has no time before 2020, when clocks of zones may have gone otherwise.
        let surplus = self.effects.rows.iter().find(|row| !self.compared.differing.contains_key(&(row.base, row.head)));
        match surplus.filter(|_| self.exact && self.even) {
            Some(row) => Err(format!("enumeration does not find this row: {}", told(row))),
            None => Ok(()),
        }
    }

    /// Without schemas that are taken as they are, nothing is left open.
    fn proven(&self) -> Result<(), String> {
        demand(!self.exact || self.effects.unproven.is_empty(), || format!("left open: {:#?}", self.effects.unproven))
    }

    /// The pieces of a row hold exactly its actions.
    fn pieces(&self) -> Result<(), String> {
        let catalogs = Catalogs::of(&self.bundles);
        let rows: Vec<ReadRow> = self.effects.rows.iter().map(|row| ReadRow::new(row, catalogs)).collect();
        let places: BTreeMap<Deciders, usize> =
            self.effects.rows.iter().enumerate().map(|(at, row)| ((row.base, row.head), at)).collect();
        for (at, action) in self.compared.actions.iter().enumerate() {
            let own = places.get(&self.compared.deciders[at]);
            for (place, row) in rows.iter().enumerate() {
                let wrong = match row.holds(action) {
                    Holds::Yes => own != Some(&place),
                    Holds::No => own == Some(&place),
                    Holds::InWords => false,
                };
                if wrong {
                    let of = if own == Some(&place) { "does not hold its action" } else { "holds another's action" };
                    return Err(self.told(&format!("{}: it {of}", told(&self.effects.rows[place])), at));
                }
            }
        }
        Ok(())
    }

    /// What is said to have changed is not the same on the other side.
    fn changed(&self) -> Result<(), String> {
        for row in &self.effects.rows {
            let same = self.stays(row.cause.source, row.changed as usize);
            demand(!same, || format!("{:?} is the same on the other side: {}", row.changed, told(row)))?;
        }
        Ok(())
    }

    /// Whether what gives a reason on one side is the same on the other, with its exceptions.
    fn stays(&self, source: Source, side: usize) -> bool {
        let (own, other) = (&self.bundles[side], &self.bundles[1 - side]);
        if own.catalog != other.catalog || own.exceptions != other.exceptions {
            return false;
        }
        match source {
            Source::Rule(rank) => other.rules.contains(&own.rules[rank as usize]),
            Source::Policy(rank) => other.policies.contains(&own.policies[rank as usize]),
            Source::Default => own.defaults == other.defaults,
            Source::Catalog => true,
            Source::Environment => false,
        }
    }

    fn told(&self, what: &str, at: usize) -> String {
        let (action, pair) = (self.compared.actions[at].to_json(), self.compared.deciders[at]);
        let rows: Vec<_> = self.effects.rows.iter().map(|row| brief((row.base, row.head))).collect();
        let (engine, rows) = (brief(pair), rows.join("\n  "));
        format!("{what}\naction: {action}\nengine: {engine}\nrows:\n  {rows}\nopen: {:#?}", self.effects.unproven)
    }
}

pub fn demand(holds: bool, told: impl Fn() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(told()) }
}

/// Two deciders in a line.
fn brief((base, head): Deciders) -> String {
    let one = |of: Decider| format!("{:?} by {:?} {} {:?}", of.effect, of.source, of.code.as_str(), of.part);
    format!("{} -> {}", one(base), one(head))
}

/// A row in a few lines.
fn told(row: &Row) -> String {
    let area = |area: &Area| format!("{:?} {:?}", area.patterns, area.values);
    let mut text = format!("{}\n  witness {}", brief((row.base, row.head)), row.witness.to_json());
    for piece in &row.pieces {
        text.push_str(&format!("\n  in {}", area(&piece.area)));
        text.extend(piece.exceptions.iter().map(|except| format!("\n    not in {}", area(&except.area))));
    }
    text
}

/// The witness of a row is decided on both sides as the row says.
pub fn shown(sides: &[Bundle; 2], row: &Row) -> Result<(), String> {
    demand(in_space(&row.witness), || format!("the witness has an unknown fact: {}", told(row)))?;
    let actions = std::slice::from_ref(&row.witness);
    let decided = |side: usize| {
        let now = with_uses_left(&sides[side], |one| !row.used_up.contains(&one.id));
        Decider::of(&decide(&now, actions)[0]).unwrap()
    };
    let deciders = (decided(0), decided(1));
    demand(deciders == (row.base, row.head), || format!("the witness shows {}, not {}", brief(deciders), told(row)))?;
    demand(ReadRow::new(row, Catalogs::of(sides)).holds(&row.witness) != Holds::No, || {
        format!("the pieces do not hold the witness: {}", told(row))
    })
}

/// Whether it is left open how an action is decided.
pub fn left_open(open: &Unproven, sides: &[Bundle; 2], action: &Action) -> bool {
    ReadArea::new(&open.area, Catalogs::of(sides)).holds(action) != Holds::No
}

/// Whether every schema of a bundle is one that can be taken apart.
pub fn is_exact(bundle: &Bundle) -> bool {
    let rules = bundle.rules.iter().filter(|rule| rule.is_active).flat_map(|rule| rule.conditions.arguments.values());
    let policies = || bundle.policies.iter().filter(|policy| policy.enabled);
    let asks = policies().flat_map(|policy| &policy.approval_rules);
    let asked = asks.filter_map(|rule| rule.when.arguments.as_ref()).flat_map(BTreeMap::values);
    let mut whole = policies().flat_map(|policy| policy.argument_constraints.values());
    rules.chain(asked).all(|schema: &JsonSchema| is_simple(&schema.0)) && whole.all(|schema| is_plain(&schema.0))
}

fn is_simple(schema: &Value) -> bool {
    let Value::Object(map) = schema else { return true };
    map.iter().all(|(key, value)| match key.as_str() {
        "type" | "enum" | "const" | "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "minLength"
        | "maxLength" => true,
        "not" => is_simple(value),
        "allOf" | "anyOf" | "oneOf" => value.as_array().unwrap().iter().all(is_simple),
        _ => false,
    })
}

fn is_plain(schema: &Value) -> bool {
    let Value::Object(map) = schema else { return true };
    map.iter().all(|(key, value)| match key.as_str() {
        "type" | "required" => true,
        "properties" => value.as_object().unwrap().values().all(is_simple),
        "additionalProperties" => *value == Value::Bool(false),
        _ => false,
    })
}

/// Whether every clock of a bundle is always as far from UTC.
fn is_even(bundle: &Bundle) -> bool {
    let clocks = bundle.rules.iter().filter_map(|rule| rule.conditions.time_restriction.as_ref());
    clocks.map(|time| time.timezone.as_str()).all(|zone| zone == "UTC" || zone.starts_with("Etc/"))
}
