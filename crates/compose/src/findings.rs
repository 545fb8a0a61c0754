//! What a JSON Schema finds wrong with a value, in words and with the nearest valid alternative.

use jsonschema::{ValidationError, Validator, error::TypeKind, error::ValidationErrorKind as K};
use serde_json::Value;

use crate::diagnostic::Code;

/// One thing a schema finds wrong.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) expected: String,
    pub(crate) nearest: Option<String>,
    /// Where in the value.
    pub(crate) path: Vec<String>,
    /// The key that is wrong, if it is a key.
    pub(crate) key: Option<String>,
}

/// Holds a value against a schema. Values for which `unknown` holds are not judged: expressions, whose result is not known yet.
pub(crate) fn findings(
    schema: &Value,
    validator: &Validator,
    value: &Value,
    unknown: &dyn Fn(&Value) -> bool,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for error in validator.iter_errors(value) {
        collect(schema, &error, unknown, &mut found);
    }
    found
}

fn collect(schema: &Value, error: &ValidationError<'_>, unknown: &dyn Fn(&Value) -> bool, found: &mut Vec<Finding>) {
    if unknown(error.instance()) {
        return;
    }
    let path = segments(error.instance_path().as_str());
    let finding = |code, message: String, expected: String| Finding {
        code,
        message,
        expected,
        nearest: None,
        path: path.clone(),
        key: None,
    };
    match error.kind() {
        K::AnyOf { context } | K::OneOfNotValid { context } => {
            let words: Vec<String> = context.iter().flatten().flat_map(|e| possible(e.kind())).collect();
            // An enumeration whose values have descriptions.
            if context.iter().all(|branch| branch.iter().any(|e| !possible(e.kind()).is_empty())) {
                let mut one = finding(
                    Code::InvalidValue,
                    format!("{} is not possible here", shown(error.instance())),
                    either(words.iter().map(String::as_str)),
                );
                one.nearest = crate::diagnostic::nearest(&plain(error.instance()), words.iter().map(String::as_str));
                found.push(one);
                return;
            }
            if let Some(branch) = meant(context, error, unknown) {
                branch.iter().for_each(|inner| collect(schema, inner, unknown, found));
                return;
            }
            let expected =
                either(context.iter().filter_map(|branch| branch.iter().find_map(|e| expected_type(e.kind()))));
            found.push(finding(Code::WrongType, format!("{} is not possible here", shown(error.instance())), expected));
        }
        K::AdditionalProperties { unexpected } => {
            let parent = parent_schema(schema, error);
            let valid: Vec<&str> = parent
                .and_then(|p| p.get("properties"))
                .and_then(Value::as_object)
                .map(|p| p.keys().map(String::as_str).collect())
                .unwrap_or_default();
            for key in unexpected {
                let named = quoted(key);
                let mut one = if valid.is_empty() {
                    finding(Code::InvalidValue, format!("{named} is not a valid name here"), name_form(parent))
                } else {
                    finding(Code::UnknownKey, format!("unknown key {named}"), either(valid.iter().copied()))
                };
                one.nearest = crate::diagnostic::nearest(key, valid.iter().copied());
                one.key = Some(key.clone());
                found.push(one);
            }
        }
        K::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            found.push(finding(Code::MissingKey, format!("{name:?} is missing"), describe(schema, error, name)));
        }
        K::Type { .. } => {
            let expected = expected_type(error.kind()).unwrap_or("another type");
            let mut one = finding(
                Code::WrongType,
                format!("{} is not {}", shown(error.instance()), with_article(expected)),
                hint(expected, error.instance()),
            );
            one.nearest = boolean(expected, error.instance());
            found.push(one);
        }
        K::Enum { options } => {
            let words: Vec<String> = options.as_array().into_iter().flatten().map(plain).collect();
            let mut one = finding(
                Code::InvalidValue,
                format!("{} is not possible here", shown(error.instance())),
                either(words.iter().map(String::as_str)),
            );
            one.nearest = crate::diagnostic::nearest(&plain(error.instance()), words.iter().map(String::as_str));
            found.push(one);
        }
        K::Constant { expected_value } => found.push(finding(
            Code::InvalidValue,
            format!("{} is not possible here", shown(error.instance())),
            plain(expected_value),
        )),
        K::Pattern { pattern } => {
            let words = parent_schema(schema, error).and_then(|p| p.get("description")).and_then(Value::as_str);
            let expected = words.map_or_else(|| format!("text that matches {pattern}"), str::to_owned);
            found.push(finding(
                Code::InvalidValue,
                format!("{} does not have the right form", shown(error.instance())),
                expected,
            ));
        }
        kind => found.push(finding(Code::InvalidValue, error.to_string(), bound(kind))),
    }
}

/// The values an enumeration or constant asks for.
fn possible(kind: &K) -> Vec<String> {
    match kind {
        K::Enum { options } => options.as_array().into_iter().flatten().map(plain).collect(),
        K::Constant { expected_value } => vec![plain(expected_value)],
        _ => Vec::new(),
    }
}

/// The alternative that was meant: the one whose type is right, with the fewest mistakes in it.
fn meant<'e>(
    context: &'e [Vec<ValidationError<'static>>],
    error: &ValidationError<'_>,
    unknown: &dyn Fn(&Value) -> bool,
) -> Option<Vec<&'e ValidationError<'static>>> {
    let here = error.instance_path().as_str();
    context
        .iter()
        .filter(|branch| {
            !branch.iter().any(|e| matches!(e.kind(), K::Type { .. }) && e.instance_path().as_str() == here)
        })
        .map(|branch| branch.iter().filter(|e| !unknown(e.instance())).collect::<Vec<_>>())
        .min_by_key(Vec::len)
}

fn parent_schema<'s>(schema: &'s Value, error: &ValidationError<'_>) -> Option<&'s Value> {
    let (parent, _) = error.schema_path().as_str().rsplit_once('/')?;
    schema.pointer(parent)
}

fn describe(schema: &Value, error: &ValidationError<'_>, property: &str) -> String {
    let words = parent_schema(schema, error)
        .and_then(|p| p.pointer(&format!("/properties/{property}/description")))
        .and_then(Value::as_str);
    words
        .map_or_else(|| format!("the key {property:?}"), |words| format!("{property}: {}", words.trim_end_matches('.')))
}

fn name_form(parent: Option<&Value>) -> String {
    let pattern =
        parent.and_then(|p| p.get("patternProperties")).and_then(Value::as_object).and_then(|p| p.keys().next());
    match pattern.map(String::as_str) {
        Some(p) if p.contains("[-a-z0-9]") => "1 to 63 lower-case letters, digits and hyphens".to_owned(),
        Some(p) if p.contains("a-zA-Z") => "a lower-case letter, then letters, digits and underscores".to_owned(),
        Some(_) => "a lower-case letter, then lower-case letters, digits and underscores".to_owned(),
        None => "no keys".to_owned(),
    }
}

fn expected_type(kind: &K) -> Option<&'static str> {
    match kind {
        K::Type { kind: TypeKind::Single(one) } => Some(words(one.as_str())),
        K::Type { .. } => Some("another type"),
        _ => None,
    }
}

fn words(kind: &'static str) -> &'static str {
    match kind {
        "string" => "text",
        "integer" => "whole number",
        "array" => "list",
        "object" => "mapping",
        "boolean" => "boolean",
        other => other,
    }
}

fn with_article(kind: &str) -> String {
    match kind {
        "text" | "null" => kind.to_owned(),
        "another type" => "of the right type".to_owned(),
        _ => format!("a {kind}"),
    }
}

fn hint(expected: &str, found: &Value) -> String {
    match (expected, found) {
        ("text", Value::Number(_) | Value::Bool(_)) => "text; put it in quotes".to_owned(),
        ("text", _) => "text".to_owned(),
        ("boolean", _) => "true or false".to_owned(),
        ("whole number" | "number", Value::String(_)) => format!("a {expected}, without quotes"),
        _ => with_article(expected),
    }
}

fn boolean(expected: &str, found: &Value) -> Option<String> {
    if expected != "boolean" {
        return None;
    }
    match found.as_str()?.to_lowercase().as_str() {
        "yes" | "y" | "on" => Some("true".to_owned()),
        "no" | "n" | "off" => Some("false".to_owned()),
        other => crate::diagnostic::nearest(other, ["true", "false"]),
    }
}

fn bound(kind: &K) -> String {
    match kind {
        K::Minimum { limit } => format!("at least {limit}"),
        K::Maximum { limit } => format!("at most {limit}"),
        K::MinItems { limit } => format!("at least {limit} items"),
        K::MaxItems { limit } => format!("at most {limit} items"),
        K::MinLength { limit } => format!("at least {limit} characters"),
        K::MaxLength { limit } => format!("at most {limit} characters"),
        K::MinProperties { limit } => format!("at least {limit} entries"),
        _ => String::new(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing (null)".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// A text in quotes, no longer than is read at a glance, and with nothing in it that a terminal would obey.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}", format!("{}…", &text[..end])),
        None => format!("{text:?}"),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn either<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut words: Vec<&str> = words.into_iter().collect();
    words.dedup();
    match words.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|s| s.replace("~1", "/").replace("~0", "~")).collect()
}
