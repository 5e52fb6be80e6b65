use std::sync::OnceLock;

use serde_json::{Value, json};

use super::call::Details;
use super::tri::{Facts, Tri};
use crate::model::{JsonSchema, Validator};

/// A schema that is compiled when the first value is held against it: most are never asked for.
pub struct Schema<'b> {
    /// The schema.
    pub written: &'b JsonSchema,
    compiled: OnceLock<Option<Validator>>,
}

impl<'b> Schema<'b> {
    /// A schema that is not compiled yet.
    pub fn new(written: &'b JsonSchema) -> Self {
        Self { written, compiled: OnceLock::new() }
    }

    /// Whether a value is valid. Of a schema that cannot be compiled nothing would be known; lowering lets none pass.
    pub fn accepts(&self, value: &Value) -> Tri {
        let compiled = self.compiled.get_or_init(|| self.written.validator());
        compiled.as_ref().map_or(Tri::Unknown(Facts::ARGUMENTS), |validator| validator.is_valid(value).into())
    }

    /// What is wrong with a value, in words: at most so many complaints.
    pub fn complaints(&self, value: &Value, most: usize) -> Vec<String> {
        let compiled = self.compiled.get_or_init(|| self.written.validator());
        compiled.as_ref().map(|validator| validator.complaints(value, most)).unwrap_or_default()
    }

    /// Whether the arguments of an action, all of them, are valid.
    pub fn accepts_all(&self, details: &dyn Details) -> Tri {
        match (self.written.same_for_all(), details.arguments()) {
            (Some(all), _) => all.into(),
            (None, Some(arguments)) => self.accepts(arguments),
            (None, None) => Tri::Unknown(Facts::ARGUMENTS),
        }
    }
}

/// A test of one argument: present, and valid. See SPEC, section 2.7.
pub struct ArgumentTest<'b> {
    /// The argument.
    pub name: &'b str,
    /// The schema.
    pub schema: Schema<'b>,
    /// The schema's `type` alone, where what is tested for denies or asks: a value of another type matches.
    own_type: Option<Validator>,
}

impl<'b> ArgumentTest<'b> {
    /// Makes a test ready. What it is for `permits`, or it denies or asks.
    pub fn new(name: &'b str, schema: &'b JsonSchema, permits: bool) -> Self {
        let types = schema.0.get("type").filter(|_| !permits);
        let own_type = types.and_then(|types| JsonSchema(json!({ "type": types })).validator());
        Self { name, schema: Schema::new(schema), own_type }
    }

    /// Whether the arguments pass.
    pub fn passes(&self, details: &dyn Details) -> Tri {
        let Some(arguments) = details.arguments() else { return Tri::Unknown(Facts::ARGUMENTS) };
        arguments.get(self.name).map_or(Tri::False, |value| self.matches(value))
    }

    /// Whether a value that is there matches.
    fn matches(&self, value: &Value) -> Tri {
        let other_type = self.own_type.as_ref().is_some_and(|own| !own.is_valid(value));
        if other_type { Tri::True } else { self.schema.accepts(value) }
    }

    /// Whether all of several tests pass.
    pub fn all_pass(tests: &[Self], details: &dyn Details) -> Tri {
        let mut all = Tri::True;
        for test in tests {
            all = all.and(test.passes(details));
            if all == Tri::False {
                break;
            }
        }
        all
    }
}
