//! Values held against fields: configuration and interface data.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Origin;
use crate::{
    Stop,
    diagnostic::{Code, Diagnostic, Problems},
    expression::is_expression,
    findings::{Finding, either, findings},
    model::{Field, Property},
    schema::compile,
};

/// The codes of what can be wrong with fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Codes {
    pub(crate) unknown: Code,
    pub(crate) missing: Code,
    pub(crate) invalid: Code,
}

/// For configuration.
pub(crate) const CONFIG: Codes =
    Codes { unknown: Code::UnknownConfig, missing: Code::MissingConfig, invalid: Code::InvalidConfig };

/// For interface data.
pub(crate) const DATA: Codes =
    Codes { unknown: Code::InvalidData, missing: Code::InvalidData, invalid: Code::InvalidData };

/// Holds authored values against fields. Values with expressions are not judged, and neither are missing ones a site may fill in.
pub(crate) fn check_fields(
    codes: Codes,
    fields: &BTreeMap<Field, Property>,
    values: &BTreeMap<Field, Value>,
    origin: &Origin,
    path: &[&str],
    block: &str,
    problems: &mut Problems,
) {
    for (name, value) in values {
        let Some(field) = fields.get(name) else {
            let known = fields.keys().map(Field::as_str);
            problems.push(
                Diagnostic::new(codes.unknown, format!("there is no {:?} to set", name.as_str()))
                    .at(origin.at_key(path, name.as_str()))
                    .block(block)
                    .expected(either(known.clone()))
                    .near(name.as_str(), known),
            );
            continue;
        };
        if let Some(mut diagnostic) = secret_literal(name, field, value) {
            diagnostic.at = origin.at(&[path, &[name.as_str()]].concat());
            problems.push(diagnostic.block(block));
            continue;
        }
        for finding in judge(field, value, &is_expression) {
            let mut whole: Vec<&str> = path.to_vec();
            whole.push(name.as_str());
            whole.extend(finding.path.iter().map(String::as_str));
            problems.push(describe(codes.invalid, name.as_str(), &finding).at(origin.at(&whole)).block(block));
        }
    }
    for (name, field) in fields {
        if field.required && !field.local && field.default.is_none() && !values.contains_key(name) {
            let what =
                if field.description.is_empty() { name.as_str() } else { field.description.trim_end_matches('.') };
            problems.push(
                Diagnostic::new(codes.missing, format!("{:?} must be set", name.as_str()))
                    .at(origin.at(path))
                    .block(block)
                    .expected(format!("{name}: {what}")),
            );
        }
    }
}

/// Holds a value that a participant fills in against the fields that parts leave to sites.
pub(crate) fn check_filled_in<'p>(
    parts: impl Iterator<Item = (&'p str, &'p BTreeMap<Field, Property>)>,
    path: &str,
    field: &str,
    value: &Value,
) -> Result<(), Problems> {
    let mut problems = Problems::default();
    let all: Vec<(String, &Field, &Property)> = parts
        .flat_map(|(path, local)| local.iter().map(move |(name, field)| (format!("{path}.{name}"), name, field)))
        .collect();
    let wanted = format!("{path}.{field}");
    match all.iter().find(|(known, ..)| *known == wanted) {
        Some((_, name, field)) => {
            if let Some(diagnostic) = secret_literal(name, field, value) {
                problems.push(diagnostic);
            } else {
                let found = judge(field, value, &|_| false);
                found.iter().for_each(|finding| problems.push(describe(CONFIG.invalid, &wanted, finding)));
            }
        }
        None => {
            let known = all.iter().map(|(known, ..)| known.as_str());
            let expected = if all.is_empty() {
                "none: nothing here is left to the site".to_owned()
            } else {
                either(known.clone())
            };
            let diagnostic = Diagnostic::new(CONFIG.unknown, format!("there is no {wanted} to fill in"));
            problems.push(diagnostic.expected(expected).near(&wanted, known));
        }
    }
    problems.or(())
}

/// What a field's schema finds wrong with a value.
pub(crate) fn judge(field: &Property, value: &Value, unknown: &dyn Fn(&Value) -> bool) -> Vec<Finding> {
    let schema = field.schema();
    match compile(&schema) {
        Ok(validator) => findings(&schema, &validator, value, unknown),
        // A schema that does not compile is reported where it is written.
        Err(_) => Vec::new(),
    }
}

/// A finding about a field, in the words of what it is for.
pub(crate) fn describe(code: Code, name: &str, finding: &Finding) -> Diagnostic {
    let inner = if finding.path.is_empty() { String::new() } else { format!(".{}", finding.path.join(".")) };
    let mut diagnostic =
        Diagnostic::new(code, format!("{name}{inner}: {}", finding.message)).expected(finding.expected.clone());
    diagnostic.nearest = finding.nearest.clone();
    diagnostic
}

/// A secret must be a reference, never the secret itself. The value does not appear in the message.
pub(crate) fn secret_literal(name: &Field, field: &Property, value: &Value) -> Option<Diagnostic> {
    if !field.secret || is_expression(value) || value.is_object() {
        return None;
    }
    let mut diagnostic =
        Diagnostic::new(Code::SecretLiteral, format!("{:?} is a secret and is given as a value", name.as_str()))
            .expected("a reference to a secret of the network");
    diagnostic.nearest = Some("{secret: NAME}".to_owned());
    Some(diagnostic)
}

/// What holds for every field: its schema compiles, its default fits, and a secret has none.
pub(super) fn check_schemas(
    codes: Codes,
    fields: &BTreeMap<Field, Property>,
    origin: &Origin,
    path: &[&str],
    block: &str,
    stop: &Stop,
    problems: &mut Problems,
) {
    for (name, field) in fields {
        if stop.is_said() {
            return;
        }
        let here: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
        if let Err(message) = compile(&field.schema()) {
            problems.push(
                Diagnostic::new(Code::InvalidValue, format!("{name}: {message}"))
                    .at(origin.at(&here))
                    .block(block)
                    .expected("a JSON Schema"),
            );
        }
        let Some(default) = &field.default else { continue };
        let there: Vec<&str> = here.iter().copied().chain(["default"]).collect();
        if let Some(diagnostic) = secret_literal(name, field, default) {
            problems.push(diagnostic.at(origin.at(&there)).block(block));
            continue;
        }
        if is_expression(default) {
            problems.push(
                Diagnostic::new(Code::InvalidExpression, format!("the default of {name} is an expression"))
                    .at(origin.at(&there))
                    .block(block)
                    .expected("a plain value: expressions are for those who set the field"),
            );
            continue;
        }
        for finding in judge(field, default, &|_| false) {
            problems.push(describe(codes.invalid, name.as_str(), &finding).at(origin.at(&there)).block(block));
        }
    }
}

/// The values of fields with the defaults of those that are not set.
pub(crate) fn with_defaults(fields: &BTreeMap<Field, Property>, values: Map<String, Value>) -> Map<String, Value> {
    let mut all: Map<String, Value> =
        fields.iter().filter_map(|(name, f)| Some((name.to_string(), f.default.clone()?))).collect();
    all.extend(values);
    all
}
