//! All arguments, as far as schemas tell them apart: numbers and lengths around every number that a schema names, every
//! value that one names, a value of every type, and none.

use std::collections::{BTreeMap, BTreeSet};

use policyc::model::{Arguments, Bundle, JsonSchema, Validator};
use serde_json::{Map, Value, json};

/// The name of an argument that no schema knows.
const OTHER: &str = "other";
/// The longest text that is tried for a length.
const LONGEST: f64 = 8.0;

/// A test of one argument: present and valid; where it `permits` not, a type that the schema does not speak of is enough.
pub struct Test {
    schema: Validator,
    types: Option<Validator>,
}

impl Test {
    pub fn new(schema: &JsonSchema, permits: bool) -> Self {
        let types = schema.0.get("type").filter(|_| !permits);
        Self { schema: validator(&schema.0), types: types.map(|types| validator(&json!({ "type": types }))) }
    }

    pub fn passes(&self, value: Option<&Value>) -> bool {
        value.is_some_and(|value| {
            let other_type = self.types.as_ref().is_some_and(|types| !types.is_valid(value));
            other_type || self.schema.is_valid(value)
        })
    }
}

fn validator(schema: &Value) -> Validator {
    JsonSchema(schema.clone()).validator().unwrap()
}

/// Everything that two bundles ask of arguments.
#[derive(Default)]
struct Asked<'b> {
    by_name: BTreeMap<&'b str, BTreeSet<String>>,
    whole: Vec<&'b Value>,
}

/// Arguments that nothing tells apart, each list one class.
pub fn classes(bundles: [&Bundle; 2]) -> Vec<Vec<Arguments>> {
    let asked = Asked::by(bundles);
    if asked.by_name.is_empty() && asked.whole.is_empty() {
        return vec![vec![Arguments::new(Map::new())]];
    }
    let by_name: Vec<(&str, Vec<Option<Value>>)> =
        asked.names().into_iter().map(|name| (name, asked.values(name))).collect();
    let mut objects = vec![Map::new()];
    for (name, values) in &by_name {
        let with = |object: &Map<String, Value>, value: &Option<Value>| {
            let mut object = object.clone();
            object.extend(value.iter().map(|value| ((*name).to_owned(), value.clone())));
            object
        };
        objects = objects.iter().flat_map(|object| values.iter().map(|value| with(object, value))).collect();
    }
    asked.told_apart(objects)
}

/// Values of every argument that is asked for, by its name.
pub fn samples(bundles: [&Bundle; 2]) -> Vec<(String, Vec<Value>)> {
    let asked = Asked::by(bundles);
    let values = |name: &str| asked.values(name).into_iter().flatten().collect::<Vec<_>>();
    asked.by_name.keys().map(|name| ((*name).to_owned(), values(name))).collect()
}

impl<'b> Asked<'b> {
    fn by(bundles: [&'b Bundle; 2]) -> Self {
        let mut asked = Self::default();
        for bundle in bundles {
            for rule in bundle.rules.iter().filter(|rule| rule.is_active) {
                asked.tests(&rule.conditions.arguments);
            }
            for policy in bundle.policies.iter().filter(|policy| policy.enabled) {
                policy.approval_rules.iter().filter_map(|rule| rule.when.arguments.as_ref()).for_each(|tests| {
                    asked.tests(tests);
                });
                asked.whole.extend(policy.argument_constraints.values().map(|schema| &schema.0));
            }
        }
        for schema in asked.whole.clone() {
            asked.properties(schema);
        }
        asked
    }

    fn tests(&mut self, tests: &'b BTreeMap<String, JsonSchema>) {
        for (name, schema) in tests {
            self.by_name.entry(name).or_default().insert(schema.0.to_string());
        }
    }

    /// What a schema of whole arguments asks of one argument.
    fn properties(&mut self, schema: &'b Value) {
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            self.by_name.entry(name).or_default().insert(inner.to_string());
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            self.by_name.entry(name.as_str().unwrap()).or_default();
        }
        for inner in ["allOf", "anyOf", "oneOf"].iter().filter_map(|key| schema[key].as_array()).flatten() {
            self.properties(inner);
        }
    }

    fn names(&self) -> Vec<&'b str> {
        let other = (!self.whole.is_empty()).then_some(OTHER);
        self.by_name.keys().copied().chain(other).collect()
    }

    /// One or two values of every kind that the tests of a name tell apart, and none.
    fn values(&self, name: &str) -> Vec<Option<Value>> {
        let schemas: Vec<Value> =
            self.by_name.get(name).into_iter().flatten().map(|text| text.parse().unwrap()).collect();
        let mut tests: Vec<Validator> = schemas.iter().map(validator).collect();
        let types = schemas.iter().filter_map(|schema| schema.get("type"));
        tests.extend(types.map(|types| validator(&json!({ "type": types }))));
        let mut kinds: BTreeMap<Vec<bool>, Vec<Value>> = BTreeMap::new();
        for value in candidates(&schemas) {
            let kind = kinds.entry(tests.iter().map(|test| test.is_valid(&value)).collect()).or_default();
            if kind.is_empty() {
                kind.push(value);
            }
        }
        kinds.into_values().flatten().map(Some).chain([None]).collect()
    }

    fn told_apart(&self, objects: Vec<Map<String, Value>>) -> Vec<Vec<Arguments>> {
        let tests = self.by_name.iter().flat_map(|(name, schemas)| schemas.iter().map(move |schema| (*name, schema)));
        let tests: Vec<(&str, [Validator; 2])> = tests
            .map(|(name, text)| {
                let schema: Value = text.parse().unwrap();
                let types = schema.get("type").map_or(json!(true), |types| json!({ "type": types }));
                (name, [validator(&schema), validator(&types)])
            })
            .collect();
        let whole: Vec<Validator> = self.whole.iter().map(|schema| validator(schema)).collect();
        let mut classes: BTreeMap<Vec<bool>, Vec<Arguments>> = BTreeMap::new();
        for object in objects {
            let arguments = Arguments::new(object);
            let of = |name: &str, test: &Validator| arguments.get(name).is_some_and(|value| test.is_valid(value));
            let named = tests.iter().flat_map(|(name, pair)| pair.iter().map(|test| of(name, test)));
            let there = tests.iter().map(|(name, _)| arguments.get(name).is_some());
            let all = named.chain(there).chain(whole.iter().map(|test| test.is_valid(arguments.as_value())));
            let class = classes.entry(all.collect()).or_default();
            if class.len() < 2 {
                class.push(arguments);
            }
        }
        classes.into_values().collect()
    }
}

/// Values that schemas may tell apart.
fn candidates(schemas: &[Value]) -> Vec<Value> {
    let mut leaves = BTreeSet::new();
    for schema in schemas {
        collect(schema, &mut leaves);
    }
    let mut values: Vec<Value> = ["z", "a", "ab", "b", "x", ""].map(Value::from).to_vec();
    for leaf in leaves.iter().map(|leaf| leaf.parse::<Value>().unwrap()) {
        if let Some(number) = leaf.as_f64() {
            values.extend([-1.0, -0.5, 0.5, 1.0].map(|step| plain(number + step)));
            if (0.0..=LONGEST).contains(&number) {
                values.extend([-1.0, 0.0, 1.0].map(|step| json!("z".repeat((number + step).max(0.0) as usize))));
            }
        }
        if let Some(text) = leaf.as_str() {
            values.push(json!(format!("{text}z")));
        }
        values.push(leaf);
    }
    values.extend([json!(-1000), json!(1000), json!(1000.5), json!(-1000.5), json!(0), Value::Null]);
    values.extend([json!(true), json!(false), json!([]), json!([1]), json!(["z"]), json!({}), json!({"v": 1})]);
    values
}

/// A whole number as people write it.
fn plain(number: f64) -> Value {
    if number.fract() == 0.0 { json!(number as i64) } else { json!(number) }
}

/// Everything that stands in a schema and has no parts; parts of lists, too.
fn collect(schema: &Value, leaves: &mut BTreeSet<String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| collect(item, leaves)),
        Value::Object(map) => {
            let values =
                map.iter().filter(|(key, _)| !matches!(key.as_str(), "enum" | "const")).map(|(_, value)| value);
            values.for_each(|value| collect(value, leaves));
            leaves.extend(map.get("const").map(Value::to_string));
            leaves.extend(map.get("enum").and_then(Value::as_array).into_iter().flatten().map(Value::to_string));
            let named = ["const", "enum"].iter().filter_map(|key| map.get(*key));
            named.for_each(|value| collect(value, leaves));
        }
        leaf => {
            leaves.insert(leaf.to_string());
        }
    }
}
