use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::exact::{Whole, is_exact};
use super::{OTHERS, samples};
use crate::effects::bits::Bits;
use crate::effects::cuboid::{Axis, Cells};
use crate::engine::{ArgumentTest, Tri};
use crate::model::{Action, Arguments as Given, Bundle, Effect, JsonSchema, Validator};

/// How a test on an argument reads a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// There and valid, for what allows.
    Permits,
    /// There and valid, or of a type that the schema does not speak of, for what denies or asks.
    Restricts,
    /// Not valid, where it is there: a property of a schema of all arguments.
    Violates,
}

/// The key under which all arguments together are told.
pub const WHOLE: &str = "arguments";
/// An argument that no document names.
const OTHER: &str = "other-argument";
/// So many ways to fill in the arguments are tried where a schema speaks of all of them.
const TRIES: usize = 300;
/// What it costs to make a test ready, in steps.
const MAKING: u64 = 2000;
/// So often values are held against tests of one argument.
const HELD: usize = 400_000;

/// A test on one argument.
struct Test {
    schema: JsonSchema,
    mode: Mode,
    /// The cells in which it holds.
    cells: Cells,
}

/// One argument that documents name.
#[derive(Default)]
pub struct Argument {
    name: String,
    axis: Axis,
    /// How many cells samples tell apart; the first one is: not there.
    size: usize,
    tests: Vec<Test>,
    /// The tests by what they ask.
    places: BTreeMap<(Mode, String), usize>,
    /// Values that were held against all tests; `None`: the argument is not there.
    samples: Vec<Option<Value>>,
    /// The samples of each cell.
    in_cell: Vec<Bits>,
}

impl Argument {
    fn test(&self, mode: Mode, schema: &JsonSchema) -> Option<&Test> {
        self.places.get(&(mode, schema.0.to_string())).and_then(|at| self.tests.get(*at))
    }

    /// The samples that lie in some cells.
    fn samples_in(&self, cells: &Bits) -> Bits {
        let mut found = Bits::none(self.samples.len());
        cells.iter().filter_map(|cell| self.in_cell.get(cell)).for_each(|samples| found.join(samples));
        found
    }
}

/// What an axis tells apart.
enum Axled {
    /// Cells of an argument, by its place.
    Cells(usize),
    /// Whether a test of an argument holds, by the places of both, and the samples for which it does.
    Atom(usize, usize, Bits),
    /// A schema of all arguments, by its place.
    Whole(usize),
}

/// A schema of all arguments that cannot be taken apart.
struct Entirety {
    schema: JsonSchema,
    axis: Axis,
    validator: Option<Validator>,
}

/// What is common to some cells of an argument.
#[derive(Default)]
pub struct Said<'a> {
    /// Whether it is there, if that is the same in all of them.
    pub there: Option<bool>,
    /// The tests that hold in all of them, or in none.
    tests: Vec<(&'a Test, bool)>,
}

impl<'a> Said<'a> {
    /// The tests that hold in all of the cells, or in none.
    pub fn tests(&self) -> impl Iterator<Item = (&'a JsonSchema, Mode, bool)> {
        self.tests.iter().map(|(test, holds)| (&test.schema, test.mode, *holds))
    }

    /// Leaves out what follows from another: more than 500, of more than 800.
    fn sharpen(&mut self, axis: Axis) {
        let all = self.tests.clone();
        let follows = |(at, (test, holds)): (usize, &(&Test, bool))| {
            let stronger = |(other_at, (other, other_holds)): (usize, &(&Test, bool))| {
                let (Some(own), Some(others)) = (test.cells.get(axis), other.cells.get(axis)) else { return false };
                let (wide, narrow) = if *holds { (own, others) } else { (others, own) };
                let strict = own != others || other_at < at;
                holds == other_holds && other_at != at && wide.covers(narrow) && strict
            };
            all.iter().enumerate().any(stronger)
        };
        let kept = all.iter().enumerate().filter(|one| !follows(*one)).map(|(_, test)| *test);
        self.tests = kept.collect();
    }
}

/// Everything that looks at arguments.
pub struct Arguments {
    /// Sorted by name.
    named: Vec<Argument>,
    /// Schemas of all arguments that cannot be taken apart.
    wholes: Vec<Entirety>,
    /// The axes from the first one on.
    first: Axis,
    axes: Vec<Axled>,
}

impl Arguments {
    /// For all documents of some bundles; axes are given out from `first` on. Tests of one argument cost so many steps at
    /// most; what costs more is not held against values.
    pub fn new(bundles: &[&Bundle], first: Axis, steps: u64) -> Self {
        let mut tests = Tests::new();
        let mut wholes = BTreeMap::new();
        for bundle in bundles {
            gather(bundle, &mut tests, &mut wholes);
        }
        let mut all = Self { named: Vec::new(), wholes: Vec::new(), first, axes: Vec::new() };
        for (name, tests) in tests {
            let affordable = (tests.len() as u64).saturating_mul(MAKING) <= steps;
            let argument = all.argument(name, tests, affordable);
            all.named.push(argument);
        }
        for schema in wholes.into_values() {
            let axis = all.axis(Axled::Whole(all.wholes.len()));
            let validator = schema.validator();
            all.wholes.push(Entirety { schema, axis, validator });
        }
        all
    }

    fn axis(&mut self, axled: Axled) -> Axis {
        self.axes.push(axled);
        self.first.saturating_add(Axis::try_from(self.axes.len() - 1).unwrap_or(Axis::MAX))
    }

    fn axled(&self, axis: Axis) -> Option<&Axled> {
        axis.checked_sub(self.first).and_then(|at| self.axes.get(at as usize))
    }

    /// How many cells an axis has.
    pub fn size(&self, axis: Axis) -> usize {
        match self.axled(axis) {
            Some(Axled::Cells(at)) => self.named.get(*at).map_or(1, |argument| argument.size),
            Some(Axled::Atom(..) | Axled::Whole(_)) => 2,
            None => 1,
        }
    }

    fn named(&self, name: &str) -> Option<&Argument> {
        let at = self.named.binary_search_by(|argument| argument.name.as_str().cmp(name)).ok()?;
        self.named.get(at)
    }

    fn argument(&mut self, name: String, tests: BTreeMap<(Mode, String), JsonSchema>, affordable: bool) -> Argument {
        let most = if affordable { HELD / tests.len().max(1) } else { 0 };
        let (samples, complete) = samples::of(tests.values().map(|schema| &schema.0), most);
        let samples: Vec<Option<Value>> = std::iter::once(None).chain(samples.into_iter().map(Some)).collect();
        let answers =
            if affordable { answers(&name, &tests, &samples) } else { vec![Bits::none(samples.len()); tests.len()] };
        let exact: Vec<bool> = tests.values().map(|schema| complete && is_exact(&schema.0)).collect();
        let (cell_of, size) = cells(&samples, &answers, &exact);
        // It may be there also where no value is known.
        let size = size.max(2);
        let place = self.named.len();
        let axis = self.axis(Axled::Cells(place));
        let mut argument = Argument { name, axis, size, ..Argument::default() };
        argument.in_cell = vec![Bits::none(samples.len()); size];
        for (sample, cell) in cell_of.iter().enumerate() {
            argument.in_cell.iter_mut().skip(*cell).take(1).for_each(|samples| samples.put(sample));
        }
        for (at, ((key, schema), (holds, exact))) in tests.into_iter().zip(answers.into_iter().zip(exact)).enumerate() {
            let cells = if exact {
                let held = cell_of.iter().enumerate().filter(|(sample, _)| holds.has(*sample)).map(|(_, cell)| *cell);
                Cells::of(axis, Bits::of(size, held))
            } else {
                let atom = self.axis(Axled::Atom(place, at, holds));
                Cells::of(axis, Bits::of(size, 1..size)).with(atom, Bits::of(2, [1]))
            };
            argument.tests.push(Test { schema, mode: key.0, cells });
            argument.places.insert(key, at);
        }
        argument.samples = samples;
        argument
    }

    /// The cells in which a test on an argument holds.
    pub fn test(&self, name: &str, schema: &JsonSchema, mode: Mode) -> Cells {
        let test = self.named(name).and_then(|argument| argument.test(mode, schema));
        test.map(|test| test.cells.clone()).unwrap_or_default()
    }

    /// Where all arguments together violate a schema, as a union.
    pub fn violation(&self, schema: &JsonSchema) -> Vec<Cells> {
        match schema.same_for_all() {
            Some(true) => return Vec::new(),
            Some(false) => return vec![Cells::default()],
            None => {}
        }
        let Some(whole) = Whole::of(&schema.0) else {
            let axis = self.wholes.iter().find(|whole| whole.schema == *schema).map(|whole| whole.axis);
            return axis.map(|axis| Cells::of(axis, Bits::of(2, [0]))).into_iter().collect();
        };
        let presence = |name: &str, there: bool| {
            self.named(name).map(|argument| {
                let cells = if there { 1..argument.size } else { 0..1 };
                Cells::of(argument.axis, Bits::of(argument.size, cells))
            })
        };
        let wrong = whole
            .properties
            .iter()
            .map(|(name, schema)| self.test(name, &JsonSchema((*schema).clone()), Mode::Violates));
        let mut found: Vec<Cells> = wrong.collect();
        found.extend(whole.required.iter().filter_map(|name| presence(name, false)));
        if whole.closed {
            let listed = |name: &str| whole.properties.iter().any(|(own, _)| *own == name);
            let others = self.named.iter().filter(|argument| !listed(&argument.name));
            found.extend(others.filter_map(|argument| presence(&argument.name, true)));
            found.push(Cells::of(OTHERS, Bits::of(2, [1])));
        }
        found.retain(|cells| cells.iter().all(|(_, bits)| !bits.is_empty()));
        found
    }

    /// The name and the test of an axis, in words for people: `None` for the cells that samples tell apart.
    pub fn told(&self, axis: Axis) -> Option<(&str, Option<(&JsonSchema, Mode)>)> {
        match self.axled(axis)? {
            Axled::Cells(at) => self.named.get(*at).map(|argument| (argument.name.as_str(), None)),
            Axled::Atom(at, test, _) => {
                let argument = self.named.get(*at)?;
                let test = argument.tests.get(*test)?;
                Some((argument.name.as_str(), Some((&test.schema, test.mode))))
            }
            Axled::Whole(at) => self.wholes.get(*at).map(|whole| (WHOLE, Some((&whole.schema, Mode::Violates)))),
        }
    }

    /// What holds in all of some cells of an argument, or in none.
    pub fn said(&self, name: &str, cells: &Bits) -> Said<'_> {
        let Some(argument) = self.named(name) else { return Said::default() };
        let there = Bits::of(argument.size, 1..argument.size);
        let mut said = Said::default();
        if there.covers(cells) {
            said.there = Some(true);
        } else if !there.meets(cells) {
            said.there = Some(false);
        }
        for test in argument.tests.iter().filter(|test| test.cells.iter().count() == 1) {
            let Some(own) = test.cells.get(argument.axis) else { continue };
            if own.covers(cells) || (!own.meets(cells) && said.there == Some(true)) {
                said.tests.push((test, own.covers(cells)));
            }
        }
        said.sharpen(argument.axis);
        said
    }

    /// Whether some cells are all in which an argument is there.
    pub fn is_all_there(&self, name: &str, cells: &Bits) -> bool {
        self.named(name).is_some_and(|argument| *cells == Bits::of(argument.size, 1..argument.size))
    }

    /// Values that lie in some cells of an argument.
    pub fn examples(&self, name: &str, cells: &Bits) -> impl Iterator<Item = Option<&Value>> {
        let argument = self.named(name);
        let within = argument.map(|argument| argument.samples_in(cells)).unwrap_or_default();
        let samples = argument.map(|argument| argument.samples.iter()).into_iter().flatten().enumerate();
        samples.filter(move |(at, _)| within.has(*at)).map(|(_, sample)| sample.as_ref())
    }

    /// Arguments that lie in some cells, if any are known.
    pub fn realise(&self, cells: &Cells) -> Option<Map<String, Value>> {
        let other = cells.get(OTHERS).is_some_and(|bits| !bits.has(0));
        let fitting = self.fitting(cells)?;
        let map = self.filled(&fitting, None, other);
        if self.satisfies(&map, cells) {
            return Some(map);
        }
        let places = 0..self.named.len();
        let others = places.flat_map(|at| self.samples(&fitting, at).skip(1).map(move |sample| (at, sample)));
        let mut tries = others.take(TRIES).map(|instead| self.filled(&fitting, Some(instead), other));
        tries.find(|map| self.satisfies(map, cells))
    }

    /// The samples of arguments, by their places, that lie in some cells; any of an argument that is not there. `None`: no
    /// sample does.
    fn fitting(&self, cells: &Cells) -> Option<BTreeMap<usize, Bits>> {
        let mut fitting: BTreeMap<usize, Bits> = BTreeMap::new();
        for (axis, bits) in cells.iter() {
            let (at, within) = match self.axled(axis) {
                Some(Axled::Cells(at)) => (*at, self.named.get(*at)?.samples_in(bits)),
                Some(Axled::Atom(at, _, holds)) => {
                    let all = Bits::all(self.named.get(*at)?.samples.len());
                    match (bits.has(0), bits.has(1)) {
                        (true, true) => (*at, all),
                        (false, _) => (*at, holds.clone()),
                        (true, false) => (*at, all.minus(holds)),
                    }
                }
                Some(Axled::Whole(_)) | None => continue,
            };
            let left = match fitting.remove(&at) {
                Some(own) => own.and(&within),
                None => within,
            };
            if left.is_empty() {
                return None;
            }
            fitting.insert(at, left);
        }
        Some(fitting)
    }

    /// The samples of an argument that fit.
    fn samples<'a>(&'a self, fitting: &'a BTreeMap<usize, Bits>, at: usize) -> impl Iterator<Item = &'a Option<Value>> {
        let samples = self.named.get(at).map(|argument| argument.samples.iter()).into_iter().flatten().enumerate();
        let fits = fitting.get(&at);
        samples.filter(move |(sample, _)| fits.is_none_or(|fits| fits.has(*sample))).map(|(_, sample)| sample)
    }

    /// The first samples that fit, with another one of one argument.
    fn filled(
        &self,
        fitting: &BTreeMap<usize, Bits>,
        instead: Option<(usize, &Option<Value>)>,
        other: bool,
    ) -> Map<String, Value> {
        let mut map = Map::new();
        // An argument of which nothing is asked is not there.
        for at in fitting.keys().copied().chain(instead.map(|(at, _)| at)) {
            let own = instead.filter(|(own, _)| *own == at).map(|(_, sample)| sample);
            let sample = own.or_else(|| self.samples(fitting, at).next());
            if let Some((argument, Some(value))) = self.named.get(at).zip(sample) {
                map.insert(argument.name.clone(), value.clone());
            }
        }
        if other {
            map.insert(OTHER.to_owned(), Value::Bool(true));
        }
        map
    }

    /// Whether arguments lie in the cells of the schemas that speak of all of them.
    fn satisfies(&self, map: &Map<String, Value>, cells: &Cells) -> bool {
        self.wholes.iter().all(|whole| match cells.get(whole.axis) {
            Some(bits) => {
                let value = Value::Object(map.clone());
                bits.has(usize::from(whole.validator.as_ref().is_some_and(|validator| validator.is_valid(&value))))
            }
            None => true,
        })
    }
}

/// Tests by argument, and by what they ask.
type Tests = BTreeMap<String, BTreeMap<(Mode, String), JsonSchema>>;

fn gather(bundle: &Bundle, tests: &mut Tests, wholes: &mut BTreeMap<String, JsonSchema>) {
    let mut test = |name: &str, schema: &JsonSchema, mode: Mode| {
        let tests = tests.entry(name.to_owned()).or_default();
        tests.entry((mode, schema.0.to_string())).or_insert_with(|| schema.clone());
    };
    for rule in &bundle.rules {
        let mode = if rule.policy_effect == Effect::Allow { Mode::Permits } else { Mode::Restricts };
        rule.conditions.arguments.iter().for_each(|(name, schema)| test(name, schema, mode));
    }
    for policy in &bundle.policies {
        for (name, schema) in policy.approval_rules.iter().flat_map(|rule| rule.when.arguments.iter().flatten()) {
            test(name, schema, Mode::Restricts);
        }
        for schema in policy.argument_constraints.values().filter(|schema| schema.same_for_all().is_none()) {
            let Some(whole) = Whole::of(&schema.0) else {
                wholes.insert(schema.0.to_string(), schema.clone());
                continue;
            };
            for (name, schema) in &whole.properties {
                test(name, &JsonSchema((*schema).clone()), Mode::Violates);
            }
            // One that must be there is told apart from one that is not.
            let anything = JsonSchema(Value::Bool(true));
            whole.required.iter().for_each(|name| test(name, &anything, Mode::Violates));
        }
    }
}

/// The samples for which each test holds.
fn answers(name: &str, tests: &BTreeMap<(Mode, String), JsonSchema>, samples: &[Option<Value>]) -> Vec<Bits> {
    let given = |sample: &Option<Value>| {
        let arguments: Given = sample.iter().map(|value| (name.to_owned(), value.clone())).collect();
        Action { arguments: Some(arguments), ..Action::default() }
    };
    let actions: Vec<Action> = samples.iter().map(given).collect();
    let those = |holds: &dyn Fn(usize) -> bool| Bits::of(samples.len(), (0..samples.len()).filter(|at| holds(*at)));
    let answer = |((mode, _), schema): (&(Mode, String), &JsonSchema)| {
        if *mode == Mode::Violates {
            let validator = schema.validator();
            let violates = |value: &Value| !validator.as_ref().is_some_and(|validator| validator.is_valid(value));
            return those(&|at| samples.get(at).and_then(Option::as_ref).is_some_and(violates));
        }
        let test = ArgumentTest::new(name, schema, *mode == Mode::Permits);
        those(&|at| actions.get(at).is_some_and(|action| test.passes(action) == Tri::True))
    };
    tests.iter().map(answer).collect()
}

/// The cell of each value: values that are there, or not, and on which all exact tests agree share one. The first value is
/// "not there", and its cell is the first.
fn cells(samples: &[Option<Value>], answers: &[Bits], exact: &[bool]) -> (Vec<usize>, usize) {
    let mut known: BTreeMap<(bool, Bits), usize> = BTreeMap::new();
    let mut cell_of = Vec::new();
    for (at, sample) in samples.iter().enumerate() {
        let holding = answers.iter().zip(exact).enumerate().filter(|(_, (answers, exact))| **exact && answers.has(at));
        let signature = Bits::of(answers.len(), holding.map(|(test, _)| test));
        let next = known.len();
        cell_of.push(*known.entry((sample.is_some(), signature)).or_insert(next));
    }
    (cell_of, known.len())
}
