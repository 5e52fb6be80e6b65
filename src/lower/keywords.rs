//! The keywords of JSON Schema 2020-12 that documents may use.

/// The one draft.
pub const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The formats that are asserted.
pub const FORMATS: &[&str] = &[
    "date",
    "date-time",
    "time",
    "duration",
    "email",
    "idn-email",
    "hostname",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uri-reference",
    "uri-template",
    "iri",
    "iri-reference",
    "uuid",
    "json-pointer",
    "relative-json-pointer",
    "regex",
];

/// What stands under a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// No schema.
    Plain,
    /// A schema of the same value.
    InPlace,
    /// Several schemas of the same value.
    InPlaceList,
    /// Several schemas of the same value, by name.
    InPlaceMap,
    /// A schema of a part of the value, or of another value.
    Part,
    /// Several of them, in a list.
    PartList,
    /// Several of them, by name.
    PartMap,
    /// Several of them, by regular expression.
    PatternMap,
}

/// Every keyword, what stands under it, and the one type it is about.
const KEYWORDS: &[(&str, Shape, Option<&str>)] = &[
    ("$schema", Shape::Plain, None),
    ("$ref", Shape::Plain, None),
    ("$defs", Shape::PartMap, None),
    ("$comment", Shape::Plain, None),
    ("title", Shape::Plain, None),
    ("description", Shape::Plain, None),
    ("default", Shape::Plain, None),
    ("examples", Shape::Plain, None),
    ("deprecated", Shape::Plain, None),
    ("readOnly", Shape::Plain, None),
    ("writeOnly", Shape::Plain, None),
    ("type", Shape::Plain, None),
    ("enum", Shape::Plain, None),
    ("const", Shape::Plain, None),
    ("allOf", Shape::InPlaceList, None),
    ("anyOf", Shape::InPlaceList, None),
    ("oneOf", Shape::InPlaceList, None),
    ("not", Shape::InPlace, None),
    ("if", Shape::InPlace, None),
    ("then", Shape::InPlace, None),
    ("else", Shape::InPlace, None),
    ("maximum", Shape::Plain, Some("number")),
    ("minimum", Shape::Plain, Some("number")),
    ("exclusiveMaximum", Shape::Plain, Some("number")),
    ("exclusiveMinimum", Shape::Plain, Some("number")),
    ("multipleOf", Shape::Plain, Some("number")),
    ("pattern", Shape::Plain, Some("string")),
    ("format", Shape::Plain, Some("string")),
    ("minLength", Shape::Plain, Some("string")),
    ("maxLength", Shape::Plain, Some("string")),
    ("items", Shape::Part, Some("array")),
    ("prefixItems", Shape::PartList, Some("array")),
    ("contains", Shape::Part, Some("array")),
    ("minContains", Shape::Plain, Some("array")),
    ("maxContains", Shape::Plain, Some("array")),
    ("minItems", Shape::Plain, Some("array")),
    ("maxItems", Shape::Plain, Some("array")),
    ("uniqueItems", Shape::Plain, Some("array")),
    ("unevaluatedItems", Shape::Part, Some("array")),
    ("properties", Shape::PartMap, Some("object")),
    ("patternProperties", Shape::PatternMap, Some("object")),
    ("additionalProperties", Shape::Part, Some("object")),
    ("unevaluatedProperties", Shape::Part, Some("object")),
    ("propertyNames", Shape::Part, Some("object")),
    ("required", Shape::Plain, Some("object")),
    ("dependentRequired", Shape::Plain, Some("object")),
    ("dependentSchemas", Shape::InPlaceMap, Some("object")),
    ("minProperties", Shape::Plain, Some("object")),
    ("maxProperties", Shape::Plain, Some("object")),
];

/// What stands under a keyword; `None` if it does not exist.
pub fn shape(keyword: &str) -> Option<Shape> {
    find(keyword).map(|(_, shape, _)| *shape)
}

/// The type a keyword is about.
pub fn about(keyword: &str) -> Option<&'static str> {
    find(keyword).and_then(|(.., about)| *about)
}

/// All names, for "did you mean".
pub fn names() -> Vec<&'static str> {
    KEYWORDS.iter().map(|(name, ..)| *name).collect()
}

fn find(keyword: &str) -> Option<&'static (&'static str, Shape, Option<&'static str>)> {
    KEYWORDS.iter().find(|(name, ..)| *name == keyword)
}

/// Why a keyword that exists is not taken.
pub fn refused(keyword: &str) -> Option<&'static str> {
    match keyword {
        "contentEncoding" | "contentMediaType" | "contentSchema" => {
            Some("remove it: content keywords only describe, and nothing would be checked")
        }
        "$id" | "$anchor" | "$dynamicAnchor" | "$dynamicRef" | "$vocabulary" => {
            Some("remove it: a schema in a document has no address; refer to its parts as `#/$defs/name`")
        }
        "definitions" => Some("write `$defs`"),
        "dependencies" => Some("write `dependentRequired` or `dependentSchemas`"),
        "additionalItems" => Some("write `items` beside `prefixItems`"),
        _ => None,
    }
}

/// The types of JSON.
pub const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
